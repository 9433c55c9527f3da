//! The gRPC service: turns calls into queries for `run`, and replies into messages. Unary calls are handled here,
//! streams in `multiplex` and `session`. The binary provides listening, TLS and bearer tokens.

use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use super::listen::{self, Messages};
use super::memory::Reserved;
use super::notifications::{Hub, Subscription};
use super::placement::{Admissions, Lapse};
use super::query::IncomingQuery;
use super::reply_chunk::{Described, GatheredResult, ReplyChunk, ReplyEnd, failure, status};
use super::revocation::revocation;
use super::run::Engine;
use super::screen::{LargeMessages, charge, out_of_memory};
use super::session::Sessions;
use super::settings::SessionSettings;
use super::stop::{Caller, StopReason, for_unary_caller};
use super::stream::ReplyStream;
use super::{frame_reader, multiplex};
use crate::proto::db_service_server::DbService;
use crate::proto::failure::Reason;
use crate::proto::{ChannelRequest, ClientFrame, Failure, QueryRequest, QueryResponse, ReplyPart};
use crate::shutdown::Drain;

/// Parts of a streamed reply that may wait for their caller.
const STREAMED_AHEAD: usize = 4;

/// The service; cheap to clone.
#[derive(Clone)]
pub struct QueryService {
    engine: Arc<Engine>,
    sessions: Arc<Sessions>,
    hub: Arc<Hub>,
    drain: Drain,
    /// Queries of one stream that may be unanswered at once.
    most_in_flight: usize,
}

impl QueryService {
    pub(super) fn new(
        engine: Arc<Engine>,
        sessions: Arc<Sessions>,
        hub: Arc<Hub>,
        drain: Drain,
        most_in_flight: usize,
    ) -> Self {
        QueryService { engine, sessions, hub, drain, most_in_flight }
    }

    /// Bytes of the largest message.
    pub(super) fn max_message_size(&self) -> usize {
        self.engine.max_message_size
    }

    /// True if a statement that has run is proven to only read.
    pub(super) async fn only_reads(&self, sql: &str) -> bool {
        self.engine.only_reads(sql).await
    }

    /// Runs a query and gathers its whole reply.
    pub(super) async fn collect(&self, request: Request<QueryRequest>) -> Result<QueryResponse, Status> {
        let query = self.query(request)?;
        let lapse = self.engine.placement.lapses();
        let memory = self.engine.replies.reserve(0).ok_or_else(|| status(StopReason::Overloaded.before()))?;
        let results = Mutex::new((Vec::new(), 0, memory));
        let caller = UnaryCaller { room: self.engine.max_message_size, lapse, results };
        // Dropped if the caller goes away; dropping the connection's slot does the cleanup.
        let last = self.engine.run(&query, &caller).await;
        match caller.finish(last) {
            Ok(response) => Ok(response),
            Err(failure) => Err(status(for_unary_caller(self.engine.with_read_verdict(failure, &query).await))),
        }
    }

    /// Subscribes to a PostgreSQL channel. `field`: the name of its field in the caller's protocol.
    pub(super) fn subscribe(&self, metadata: &MetadataMap, field: &str, channel: &str) -> Result<Subscription, Status> {
        self.accepts()?;
        self.engine.placement.check_shard(metadata)?;
        self.hub.subscribe(field, channel).map_err(status)
    }

    fn accepts(&self) -> Result<(), Status> {
        match self.drain.started() {
            true => Err(status(failure(Reason::Unavailable, true, "the server is going down"))),
            false => Ok(()),
        }
    }

    fn query(&self, request: Request<QueryRequest>) -> Result<IncomingQuery, Status> {
        self.accepts()?;
        self.engine.placement.check_shard(request.metadata())?;
        let (call, caller) = (call_timeout(request.metadata()), request.remote_addr());
        let large = request
            .extensions()
            .get::<LargeMessages>()
            .and_then(|large_messages| large_messages.take(0))
            .and_then(Result::ok);
        let mut request = request.into_inner();
        let settings = SessionSettings::new(std::mem::take(&mut request.settings))
            .map_err(|message| status(failure(Reason::Invalid, true, message)))?;
        let memory = large.or_else(|| self.engine.requests.reserve(IncomingQuery::size_of(&request)));
        let memory = memory.ok_or_else(|| status(out_of_memory()))?;
        let memory = match &request.tenant {
            Some(tenant) => charge(memory, tenant).map_err(status)?,
            None => memory,
        };
        let limit = self.engine.limit(&request, call);
        Ok(IncomingQuery::new(request, settings, limit, caller, Some(memory)))
    }
}

#[tonic::async_trait]
impl DbService for QueryService {
    async fn execute_query(&self, request: Request<QueryRequest>) -> Result<Response<QueryResponse>, Status> {
        self.collect(request).await.map(Response::new)
    }

    type StreamQueryStream = Pin<Box<dyn Stream<Item = Result<ReplyPart, Status>> + Send>>;

    async fn stream_query(&self, request: Request<QueryRequest>) -> Result<Response<Self::StreamQueryStream>, Status> {
        let query = self.query(request)?;
        let (sender, receiver) = mpsc::channel(STREAMED_AHEAD);
        let engine = self.engine.clone();
        tokio::spawn(async move {
            let caller = StreamCaller { sender, lapse: engine.placement.lapses() };
            let last = engine.run(&query, &caller).await;
            caller.finish(last).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    type MultiplexStream = ReplyStream;

    async fn multiplex(&self, request: Request<Streaming<ClientFrame>>) -> Result<Response<ReplyStream>, Status> {
        self.engine.placement.check_shard(request.metadata())?;
        let caller = frame_reader::StreamOrigin::of(&request);
        // A stream whose token is revoked ends as it does when the server goes down.
        let drain = self.drain.clone().or(revocation(&request));
        let (frames, engine) = (request.into_inner(), self.engine.clone());
        Ok(Response::new(multiplex::answer(frames, engine, drain, self.most_in_flight, caller)))
    }

    type SessionStream = ReplyStream;

    async fn session(&self, request: Request<Streaming<ClientFrame>>) -> Result<Response<ReplyStream>, Status> {
        self.engine.placement.check_shard(request.metadata())?;
        let caller = frame_reader::StreamOrigin::of(&request);
        let mut admissions = Admissions::new(self.engine.placement.clone());
        admissions.admit_caller(request.metadata()).await?;
        let drain = self.drain.clone().or(revocation(&request));
        Ok(Response::new(self.sessions.open(request.into_inner(), caller, admissions, drain)))
    }

    type ListenToChannelStream = Messages;

    async fn listen_to_channel(&self, request: Request<ChannelRequest>) -> Result<Response<Messages>, Status> {
        self.engine.placement.check_shard(request.metadata())?;
        // Before LISTEN is in force, so that no change of the tenant's place in between goes unseen.
        let residence = self.engine.placement.admit_listener(request.metadata()).await?;
        let subscription = self.subscribe(request.metadata(), "channel", &request.get_ref().channel)?;
        Ok(Response::new(listen::messages(subscription, residence, revocation(&request))))
    }
}

/// A call's `grpc-timeout`: up to eight digits and a unit.
fn call_timeout(metadata: &MetadataMap) -> Option<Duration> {
    let text = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// The caller of ExecuteQuery: collects the whole reply, up to the size of a message.
struct UnaryCaller {
    /// Bytes.
    room: usize,
    lapse: Option<Lapse>,
    results: Mutex<(Vec<GatheredResult>, usize, Reserved)>,
}

impl UnaryCaller {
    fn take(&self, chunk: ReplyChunk) -> Result<(), StopReason> {
        let mut gathered = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        let (results, bytes, memory) = &mut *gathered;
        *bytes += chunk.rows.len();
        if !memory.grow(chunk.rows.len()) {
            return Err(StopReason::Overloaded);
        }
        if *bytes > self.room {
            return Err(StopReason::TooLarge);
        }
        chunk.gather_into(results);
        Ok(())
    }

    fn finish(self, mut last: ReplyChunk) -> Result<QueryResponse, Failure> {
        let ending = last.ending.take();
        self.take(last).map_err(StopReason::too_late)?;
        let error = match ending {
            Some(ReplyEnd::Failure(failure)) => return Err(failure),
            Some(ReplyEnd::Error(error)) => Some(*error),
            Some(ReplyEnd::Done) | None => None,
        };
        let (results, ..) = self.results.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(QueryResponse { results: results.into_iter().filter_map(GatheredResult::finish).collect(), error })
    }
}

impl Caller for UnaryCaller {
    async fn send(&self, chunk: ReplyChunk) -> Result<(), StopReason> {
        self.take(chunk)
    }

    async fn cancelled(&self) -> StopReason {
        lapsed(self.lapse.as_ref()).await;
        StopReason::Lapsed
    }
}

/// The caller of StreamQuery: reads parts at its own pace.
struct StreamCaller {
    sender: mpsc::Sender<Result<ReplyPart, Status>>,
    lapse: Option<Lapse>,
}

/// Returns when the lease has ended.
async fn lapsed(lapse: Option<&Lapse>) {
    match lapse {
        Some(lapse) => lapse.wait().await,
        None => pending().await,
    }
}

impl StreamCaller {
    fn part(chunk: ReplyChunk) -> ReplyPart {
        chunk.into_part(|description| Described::InFull(description.decode()))
    }

    async fn finish(self, mut last: ReplyChunk) {
        let last = match last.ending.take() {
            Some(ReplyEnd::Failure(failure)) => Err(status(for_unary_caller(failure))),
            ending => Ok(Self::part(ReplyChunk { ending, ..last })),
        };
        let _ = self.sender.send(last).await;
    }
}

impl Caller for StreamCaller {
    async fn send(&self, chunk: ReplyChunk) -> Result<(), StopReason> {
        self.sender.send(Ok(Self::part(chunk))).await.map_err(|_| StopReason::Cancelled)
    }

    async fn cancelled(&self) -> StopReason {
        tokio::select! {
            () = self.sender.closed() => StopReason::Cancelled,
            () = lapsed(self.lapse.as_ref()) => StopReason::Lapsed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_timeout_is_read_in_every_unit() {
        let timeout = |text: &'static str| {
            let mut metadata = MetadataMap::new();
            metadata.insert("grpc-timeout", tonic::metadata::MetadataValue::from_static(text));
            call_timeout(&metadata)
        };
        assert_eq!(timeout("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(timeout("150m"), Some(Duration::from_millis(150)));
        assert_eq!(timeout("99999999u"), Some(Duration::from_micros(99_999_999)));
        for wrong in ["", "m", "5", "5x", "123456789S", "-1S"] {
            assert_eq!(timeout(wrong), None, "{wrong:?}");
        }
        assert_eq!(call_timeout(&MetadataMap::new()), None);
    }
}
