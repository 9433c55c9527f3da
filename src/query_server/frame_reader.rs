//! Reads the frames of a stream, checks that the caller follows the protocol, and hands each query to Multiplex or
//! Session. Cancel and credit go directly to the query.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tonic::metadata::MetadataValue;
use tonic::{Request, Status, Streaming};

use super::in_flight::{InFlight, QueryControl};
use super::query::IncomingQuery;
use super::reply_chunk::{ReplyChunk, ReplyEnd, failure};
use super::run::Engine;
use super::screen::{LargeMessages, charge, out_of_memory};
use super::settings::SessionSettings;
use super::stream::{OutgoingFrame, ReplySender};
use crate::proto::client_frame::Frame;
use crate::proto::failure::Reason;
use crate::proto::{ClientFrame, Execute, Open, QueryRequest};
use crate::shutdown::Drain;

/// The default for the bytes of rows that may be under way for one query.
const DEFAULT_WINDOW: u32 = 1 << 20;

/// In the metadata of a stream's status: none of its queries has run.
const NEVER_RAN: &str = "mtdd-never-ran";

/// Whose stream it is.
pub struct StreamOrigin {
    /// The connection that the stream is on.
    pub address: Option<SocketAddr>,
    /// What happened to its large messages.
    pub large_messages: LargeMessages,
}

impl StreamOrigin {
    pub fn of<T>(request: &Request<T>) -> Self {
        let large_messages = request.extensions().get::<LargeMessages>().cloned().unwrap_or_default();
        StreamOrigin { address: request.remote_addr(), large_messages }
    }
}

/// The reading half of a stream.
pub struct FrameReader<S> {
    engine: Arc<Engine>,
    queries: Arc<InFlight>,
    /// None once the server drains: the stream then ends with its last answer.
    sender: Option<mpsc::Sender<OutgoingFrame>>,
    start: S,
    settings: SessionSettings,
    window: i64,
    last_id: u32,
    most_in_flight: usize,
    /// The connection that the stream is on.
    caller: Option<SocketAddr>,
    /// What happened to large messages.
    large_messages: LargeMessages,
}

impl<S: FnMut(IncomingQuery, ReplySender) + Send> FrameReader<S> {
    /// `start` gets each query and the sender of its reply, and must not wait.
    pub fn new(
        engine: Arc<Engine>,
        queries: Arc<InFlight>,
        sender: mpsc::Sender<OutgoingFrame>,
        most_in_flight: usize,
        caller: StreamOrigin,
        start: S,
    ) -> Self {
        let (settings, sender) = (SessionSettings::default(), Some(sender));
        let StreamOrigin { address: caller, large_messages } = caller;
        FrameReader {
            engine,
            queries,
            sender,
            start,
            settings,
            window: 0,
            last_id: 0,
            most_in_flight,
            caller,
            large_messages,
        }
    }

    /// Takes frames until the caller closes its half. With `drain`, no query is taken once the drain has started.
    pub async fn run(mut self, frames: Streaming<ClientFrame>, drain: Option<Drain>) {
        if let Err(status) = self.take_frames(frames, drain).await
            && let Some(sender) = self.sender
        {
            let _ = sender.send(OutgoingFrame::End(Err(status))).await;
        }
    }

    /// An error says whether a query may have run.
    async fn take_frames(&mut self, frames: Streaming<ClientFrame>, drain: Option<Drain>) -> Result<(), Status> {
        let mut opened = false;
        let taken = self.take_all(frames, drain, &mut opened).await;
        taken.map_err(|mut status| {
            let metadata = status.metadata_mut();
            metadata.remove(NEVER_RAN);
            if !opened {
                metadata.insert(NEVER_RAN, MetadataValue::from_static("true"));
            }
            status
        })
    }

    async fn take_all(
        &mut self,
        mut frames: Streaming<ClientFrame>,
        drain: Option<Drain>,
        opened: &mut bool,
    ) -> Result<(), Status> {
        let mut draining = pin!(async {
            match drain {
                Some(mut drain) => drain.wait().await,
                None => std::future::pending().await,
            }
        });
        loop {
            tokio::select! {
                biased;
                () = &mut draining, if self.sender.is_some() => {
                    if let Some(sender) = self.sender.take() {
                        let _ = sender.send(OutgoingFrame::Draining(self.last_id)).await;
                    }
                }
                frame = frames.message() => match frame? {
                    Some(ClientFrame { frame: Some(frame) }) => {
                        self.take(frame, *opened).await?;
                        *opened = true;
                    }
                    Some(ClientFrame { frame: None }) => {
                        return Err(Status::invalid_argument("frame: missing or unknown"));
                    }
                    // The caller has closed its half; answers are still sent.
                    None => return Ok(()),
                },
            }
        }
    }

    async fn take(&mut self, frame: Frame, opened: bool) -> Result<(), Status> {
        match frame {
            Frame::Open(_) if opened => Err(Status::invalid_argument("open: this stream is open already")),
            Frame::Open(Open { settings, window }) => {
                self.settings = SessionSettings::new(settings)
                    .map_err(|message| Status::invalid_argument(format!("open.{message}")))?;
                self.window = if window == 0 { DEFAULT_WINDOW } else { window }.into();
                Ok(())
            }
            _ if !opened => Err(Status::invalid_argument("the first frame must be `open`")),
            Frame::Execute(execute) => self.execute(execute).await,
            Frame::Cancel(cancel) => Ok(self.tell("cancel", cancel.id, QueryControl::cancel)?),
            Frame::Credit(credit) => Ok(self.tell("credit", credit.id, |query| query.add_credit(credit.bytes))?),
        }
    }

    /// The query has already been answered; the frames have crossed.
    fn tell(&self, field: &str, id: u32, what: impl FnOnce(&QueryControl)) -> Result<(), Status> {
        // While draining, ids above the last one belong to queries that will not run.
        if id > self.last_id && self.sender.is_some() {
            return Err(Status::invalid_argument(format!("{field}.id: {id} has not been executed")));
        }
        if let Some(query) = self.queries.get(id) {
            what(&query);
        }
        Ok(())
    }

    async fn execute(&mut self, Execute { id, query }: Execute) -> Result<(), Status> {
        // Draining: the caller is told that this query will not run.
        let Some(sender) = self.sender.clone() else { return Ok(()) };
        if id <= self.last_id {
            return Err(Status::invalid_argument(format!("execute.id: {id} is not greater than {}", self.last_id)));
        }
        self.last_id = id;
        let large = self.large_messages.take(id);
        let refusal = match (&query, &large) {
            (None, Some(Err(refusal))) => Some(refusal.clone()),
            (None, _) => Some(failure(Reason::Invalid, true, "query: missing")),
            (Some(query), _) if !query.settings.is_empty() => {
                Some(failure(Reason::Invalid, true, "query.settings: on a stream, `open` gives the settings"))
            }
            (Some(_), _) if self.queries.count() >= self.most_in_flight => {
                Some(failure(Reason::Overloaded, true, "too many unanswered queries on this stream"))
            }
            (Some(_), _) => None,
        };
        let memory = match (large, &query) {
            (Some(large), _) => large.ok(),
            (None, Some(query)) => self.engine.requests.reserve(IncomingQuery::size_of(query)),
            (None, None) => None,
        };
        let memory = memory.ok_or_else(out_of_memory).and_then(|memory| match &query {
            Some(QueryRequest { tenant: Some(tenant), .. }) => charge(memory, tenant),
            _ => Ok(memory),
        });
        let (request, memory) = match (refusal, query, memory) {
            (None, Some(query), Ok(memory)) => (query, Some(memory)),
            (refusal, _, memory) => {
                let refusal = refusal.or(memory.err()).unwrap_or_else(out_of_memory);
                let _ =
                    sender.send(OutgoingFrame::Chunk(id, ReplyChunk::ending(ReplyEnd::Failure(refusal)), None)).await;
                return Ok(());
            }
        };
        let window = if request.window == 0 { self.window } else { request.window.into() };
        let limit = self.engine.limit(&request, None);
        let query = IncomingQuery::new(request, self.settings.clone(), limit, self.caller, memory);
        (self.start)(query, ReplySender::new(id, window, &self.queries, sender, self.engine.replies.clone()));
        Ok(())
    }
}
