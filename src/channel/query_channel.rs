//! The channel to one query server. All queries share one stream, which is opened when it is first needed, and again after a
//! loss. A server that answers UNIMPLEMENTED is called on the 1.x wire instead, until it says there that it was upgraded.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use prost::Message;
use tonic::{Code, Status};

use super::connection::ServerConnection;
use super::legacy::{self, LegacyAnswer, LegacyCall, LegacyFailure};
use super::listening::{self, ListenStream};
use super::session::ServerSession;
use super::stream::{Call, PlacedTenant, ReadSafety, Stream, StreamMethod};
use super::stream_places::StreamPlace;
use crate::data::shape::Descriptions;
use crate::dial::{Dial, is_refused};
use crate::error::Error;
use crate::proto::{ChannelRequest, QueryRequest, legacy_db};

/// From this many bytes on, a query's message is large.
const LARGE: usize = 256 * 1024;
/// The most bytes that a frame adds to its query.
const FRAME: usize = 32;

/// A server of 1.x is a Node.js process, whose timers end at once if their time is longer.
const LONGEST_LEGACY_TIMEOUT: Duration = Duration::from_millis(i32::MAX as u64);

/// The channel to one shard's query server.
#[derive(Debug)]
pub struct QueryChannel {
    server: ServerConnection,
    current: Mutex<Option<Arc<Stream>>>,
    /// Locked while a stream is being opened. Holds the failure of the last attempt, which those who waited for it share.
    opening: tokio::sync::Mutex<Option<Error>>,
    /// The server answered UNIMPLEMENTED, so it seems to speak the 1.x wire.
    is_legacy: AtomicBool,
    /// The application has been warned of that.
    warned: Once,
}

/// A query that was started, on the wire that its server speaks.
#[derive(Debug)]
pub enum StartedCall {
    Call(Call),
    /// Run it with `QueryChannel::run_legacy`.
    Legacy(LegacyCall),
}

/// True if a query's message would hold up others on the same stream, or may be larger than its server accepts.
fn is_large(query: &QueryRequest) -> bool {
    let params = query.params.iter().map(|param| param.value.as_ref().map_or(8, |value| 8 + value.len()));
    query.sql.len() + params.sum::<usize>() >= LARGE
}

/// The wire that a server turned out to speak.
enum Wire {
    Current(Arc<Stream>),
    Legacy,
}

impl QueryChannel {
    /// `settings`: the session settings that a local connection of the application would have. `descriptions`: shared
    /// by the whole client.
    pub fn new(
        shard: usize,
        address: String,
        dial: Dial,
        settings: HashMap<String, String>,
        descriptions: Arc<Descriptions>,
    ) -> Result<Self, Error> {
        let server = ServerConnection::new(shard, address, dial, settings, descriptions)?;
        Ok(QueryChannel {
            server,
            current: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            is_legacy: AtomicBool::new(false),
            warned: Once::new(),
        })
    }

    pub fn shard(&self) -> usize {
        self.server.shard
    }

    pub fn address(&self) -> &str {
        &self.server.address
    }

    /// The error of a listener that has ended.
    pub async fn listening_error(&self, status: &Status) -> Error {
        self.server.listening_error(status).await
    }

    /// The error of a query whose stream, or session, the server has refused.
    pub fn refusal(&self, reason: &str) -> Error {
        self.server.refusal(reason)
    }

    /// Opens what a query needs, if it is not open. After an error, no query can be sent.
    pub async fn ready(&self) -> Result<(), Error> {
        match self.current() {
            Some(_) => Ok(()),
            None => Box::pin(self.open()).await.map(drop),
        }
    }

    /// Starts one shard's part of a query for several shards. After an error, nothing was sent.
    pub async fn start(&self, query: QueryRequest) -> Result<Call, Error> {
        match self.start_on_any_wire(query).await? {
            StartedCall::Call(call) => Ok(call),
            StartedCall::Legacy(_) => Err(self.legacy_refusal()),
        }
    }

    /// Fails if the server speaks only the 1.x wire. A server that cannot be reached is no failure.
    pub async fn ensure_current_wire(&self) -> Result<(), Error> {
        if self.current().is_some() || !matches!(Box::pin(self.open()).await, Ok(Wire::Legacy)) {
            return Ok(());
        }
        Err(self.legacy_refusal())
    }

    /// The same if the server is known to speak only the 1.x wire, without asking it.
    pub fn known_legacy(&self) -> Option<Error> {
        let is_legacy = self.current().is_none() && self.is_legacy.load(Ordering::Relaxed);
        is_legacy.then(|| self.legacy_refusal())
    }

    fn legacy_refusal(&self) -> Error {
        let reason = format!(
            "query server {} speaks the 1.x wire, whose rows cannot be merged: upgrade it, or name a tenant; nothing was \
             sent to it",
            self.server.address
        );
        Error::PlanUnsupported { reason }
    }

    /// Starts a query on whichever wire the server speaks. After an error, nothing was sent.
    pub async fn start_on_any_wire(&self, query: QueryRequest) -> Result<StartedCall, Error> {
        if is_large(&query) {
            return Box::pin(self.start_large(query)).await;
        }
        let mut query = query;
        loop {
            let stream = match self.current() {
                Some(stream) => stream,
                // Rare, and boxed, so that other queries have smaller tasks.
                None => match Box::pin(self.open()).await? {
                    Wire::Current(stream) => stream,
                    Wire::Legacy => return self.start_legacy(query),
                },
            };
            if query.may_have_run && !Box::pin(stream.checks_reads()).await {
                return Err(self.not_repeated_error());
            }
            match Stream::start(&stream, query) {
                Ok(call) => return Ok(StartedCall::Call(call)),
                // The stream closed in between; the next turn opens another.
                Err(refused) => {
                    self.forget(&stream);
                    if let Some(reason) = stream.refusal() {
                        return Err(self.refusal(&reason));
                    }
                    if stream.is_unknown() {
                        Box::pin(self.check_legacy()).await?;
                    }
                    query = *refused;
                }
            }
        }
    }

    fn start_legacy(&self, query: QueryRequest) -> Result<StartedCall, Error> {
        match query.may_have_run {
            true => Err(self.not_repeated_error()),
            false => LegacyCall::new(query).map(StartedCall::Legacy),
        }
    }

    /// The error of a query that may have run already, on a server that would not check that repeating it does no harm.
    fn not_repeated_error(&self) -> Error {
        Error::OutcomeUnknown {
            shard: self.server.shard,
            address: self.server.address.clone(),
            reason: "the connection was lost after the query was sent, and this server does not say whether it only reads; it is not sent again"
                .to_owned(),
            stopping_for: None,
        }
    }

    /// Starts a query on a stream of its own, where it does not hold up others: HTTP/2 lets streams take turns.
    async fn start_large(&self, query: QueryRequest) -> Result<StartedCall, Error> {
        let shared = match self.current() {
            Some(stream) => stream,
            None => match self.open().await? {
                Wire::Current(stream) => stream,
                Wire::Legacy => return self.start_legacy(query),
            },
        };
        self.check_size_on(&query, &shared).await?;
        if query.may_have_run && !shared.checks_reads().await {
            return Err(self.not_repeated_error());
        }
        let tenant = query.tenant.as_deref().map(|tenant| (tenant.into(), query.tenant_type.unwrap_or_default()));
        let place = self.server.place(&self.server.tenant_places, tenant)?;
        let own = match Stream::open(&self.server, Some(place), StreamMethod::Multiplex, None).await {
            Ok(stream) => stream,
            Err(status) => {
                self.forget(&shared);
                return Err(self.server.opening_error(&status).await);
            }
        };
        match Stream::start(&own, query) {
            Ok(call) => Ok(StartedCall::Call(call.alone())),
            Err(_) => {
                self.forget(&shared);
                if let Some(reason) = own.refusal() {
                    return Err(self.refusal(&reason));
                }
                let reason = own.end().unwrap_or_else(|| "it ended the stream".to_owned());
                Err(Error::ShardUnavailable { shard: self.server.shard, address: self.server.address.clone(), reason })
            }
        }
    }

    /// Refuses a query whose message is larger than the server accepts. After an error, nothing was sent.
    async fn check_size_on(&self, query: &QueryRequest, stream: &Stream) -> Result<(), Error> {
        let (size, largest) = (query.encoded_len() + FRAME, stream.max_message_size().await);
        if size <= largest {
            return Ok(());
        }
        Err(Error::Invalid {
            reason: format!(
                "the message for query server {} would have {size} bytes, more than the {largest} that it accepts (--max-message-size): send less at once, or start the server with a larger limit; nothing was sent to it",
                self.server.address
            ),
        })
    }

    /// The same before a query is sent to any shard.
    pub async fn check_size(&self, query: &QueryRequest) -> Result<(), Error> {
        if !is_large(query) {
            return Ok(());
        }
        match self.current() {
            Some(stream) => self.check_size_on(query, &stream).await,
            None => match self.open().await? {
                Wire::Current(stream) => self.check_size_on(query, &stream).await,
                Wire::Legacy => Ok(()),
            },
        }
    }

    /// True if the server undoes a statement whose premise does not hold. False if it cannot be reached.
    pub async fn supports_premises(&self) -> bool {
        match self.current() {
            Some(stream) => stream.supports_premises().await,
            None => match Box::pin(self.open()).await {
                Ok(Wire::Current(stream)) => stream.supports_premises().await,
                _ => false,
            },
        }
    }

    /// Refuses a query in a session whose message is larger than the server accepts.
    pub async fn check_size_in(&self, session: &ServerSession, query: &QueryRequest) -> Result<(), Error> {
        match is_large(query) {
            true => self.check_size_on(query, &session.0).await,
            false => Ok(()),
        }
    }

    /// Runs a query that was started on the 1.x wire.
    pub async fn run_legacy(&self, call: LegacyCall) -> Result<LegacyAnswer, LegacyFailure> {
        let request = || {
            let mut request = self.server.request(call.message.clone());
            if call.timeout <= LONGEST_LEGACY_TIMEOUT {
                request.set_timeout(call.timeout);
            }
            request
        };
        let edition = self.server.dial.token.edition();
        let mut outcome = legacy::run(self.server.channel(), request()).await;
        if outcome.as_ref().is_err_and(is_refused) && self.server.dial.token.renewed(edition).await {
            outcome = legacy::run(self.server.channel(), request()).await;
        }
        let is_legacy = match &outcome {
            Ok(answer) => !answer.is_upgraded,
            Err(status) => status.code() != Code::Unimplemented,
        };
        self.note_wire(is_legacy);
        match outcome {
            Ok(answer) => Ok(answer),
            Err(status) => {
                let error = self.server.opening_error(&status).await;
                Err(legacy::failure(&status, || error))
            }
        }
    }

    /// Listens to a PostgreSQL channel. `tenant`: for whom, so that the server ends it when the tenant is moved. Servers of
    /// earlier versions do not.
    pub async fn listen(&self, channel: &str, tenant: Option<PlacedTenant<'_>>) -> Result<ListenStream, Error> {
        let edition = self.server.dial.token.edition();
        match self.listen_once(channel, tenant).await {
            Err(Error::Unauthenticated { .. }) if self.server.dial.token.renewed(edition).await => {
                self.listen_once(channel, tenant).await
            }
            outcome => outcome,
        }
    }

    async fn listen_once(&self, channel: &str, tenant: Option<PlacedTenant<'_>>) -> Result<ListenStream, Error> {
        let place = self.server.place(&self.server.listener_places, None)?;
        if !self.is_legacy.load(Ordering::Relaxed) {
            let mut request = self.server.request(ChannelRequest { channel: channel.to_owned() });
            if let Some(tenant) = tenant {
                tenant.note(request.metadata_mut());
            }
            match listening::listen(place.channel.clone(), request).await {
                Ok(listening) => return Ok(keeping(place, listening)),
                Err(status) if status.code() == Code::Unimplemented => self.check_legacy().await?,
                Err(status) => return Err(self.server.listening_error(&status).await),
            }
        }
        let request = self.server.request(legacy_db::ChannelRequest { channel_name: channel.to_owned() });
        let listening = listening::listen_legacy(place.channel.clone(), request).await;
        self.note_wire(listening.as_ref().err().is_none_or(|status| status.code() != Code::Unimplemented));
        match listening {
            Ok(listening) => Ok(keeping(place, listening)),
            Err(status) => Err(self.server.listening_error(&status).await),
        }
    }

    /// Notes which wire the server speaks, as a 1.x call has shown. It may speak neither, or have been upgraded.
    fn note_wire(&self, is_legacy: bool) {
        self.is_legacy.store(is_legacy, Ordering::Relaxed);
        if is_legacy {
            self.warned.call_once(|| {
                tracing::warn!(
                    target: "mtdd::grpc",
                    shard = self.server.shard,
                    address = self.server.address,
                    lost = "types (values arrive as JSON has them), fields other than names, SQLSTATEs, mtdd.tenant_id \
                            and with it row-level security, searchPath and other session settings, transactions, \
                            streaming, stopping a statement",
                    "query server speaks the 1.x wire only: upgrade it"
                );
            });
        }
    }

    /// The server's last word on reads.
    pub fn reads(&self) -> ReadSafety {
        self.current().map_or(ReadSafety::Unknown, |stream| stream.reads())
    }

    /// How many queries without tenants the server runs at once, if it has said so.
    pub fn most_at_once(&self) -> Option<u32> {
        self.current().and_then(|stream| stream.most_at_once())
    }

    fn current(&self) -> Option<Arc<Stream>> {
        self.lock().clone()
    }

    fn forget(&self, stream: &Arc<Stream>) {
        let mut current = self.lock();
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, stream)) {
            *current = None;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<Stream>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session.
    pub async fn open_session(&self, owner: Option<PlacedTenant<'_>>) -> Result<ServerSession, Error> {
        if !self.is_legacy.load(Ordering::Relaxed) {
            let tenant = owner.map(|owner| (owner.tenant.into(), owner.kind));
            let place = self.server.place(&self.server.tenant_places, tenant)?;
            match self.open_stream(Some(place), StreamMethod::Session, owner).await {
                Ok(stream) => return Ok(ServerSession(stream)),
                Err(status) if status.code() == Code::Unimplemented => self.check_legacy().await?,
                Err(status) => return Err(self.server.opening_error(&status).await),
            }
        }
        let what = "has no transactions: upgrade it, or run the queries without one";
        Err(Error::PlanUnsupported {
            reason: format!("query server {} speaks the 1.x wire, which {what}; nothing was sent", self.server.address),
        })
    }

    /// Opens a stream. Callers that come meanwhile wait for the same stream, and share its failure.
    async fn open(&self) -> Result<Wire, Error> {
        if self.is_legacy.load(Ordering::Relaxed) {
            return Ok(Wire::Legacy);
        }
        let waited = self.opening.try_lock().is_err();
        let mut failure = self.opening.lock().await;
        if let Some(stream) = self.current() {
            return Ok(Wire::Current(stream));
        }
        if self.is_legacy.load(Ordering::Relaxed) {
            return Ok(Wire::Legacy);
        }
        if waited && let Some(failure) = &*failure {
            return Err(failure.clone());
        }
        match self.open_stream(None, StreamMethod::Multiplex, None).await {
            Ok(stream) => {
                tracing::info!(target: "mtdd::grpc", shard = self.server.shard, address = self.server.address, "connected to query server");
                *failure = None;
                *self.lock() = Some(stream.clone());
                Ok(Wire::Current(stream))
            }
            // Nothing but the opening frame was sent on this stream, so those that wait for it can use the 1.x wire.
            Err(status) if status.code() == Code::Unimplemented => match self.check_legacy().await {
                Ok(()) => {
                    *failure = None;
                    Ok(Wire::Legacy)
                }
                Err(error) => {
                    *failure = Some(error.clone());
                    Err(error)
                }
            },
            Err(status) => {
                let error = self.server.opening_error(&status).await;
                tracing::debug!(target: "mtdd::grpc", shard = self.server.shard, address = self.server.address, %error, "cannot connect");
                *failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// The server does not know mtdd.v1. Finds out whether it speaks the 1.x wire, without sending a query. Then that
    /// wire is used from now on, or the error says what is wrong.
    async fn check_legacy(&self) -> Result<(), Error> {
        match legacy::is_spoken(self.server.channel(), self.server.request(())).await {
            Ok(()) => {
                self.is_legacy.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(status) => Err(self.server.opening_error(&status).await),
        }
    }

    /// Opens a stream. Tries again with another token if the server refuses this one and the application has another.
    async fn open_stream(
        &self,
        place: Option<Arc<StreamPlace>>,
        method: StreamMethod,
        owner: Option<PlacedTenant<'_>>,
    ) -> Result<Arc<Stream>, Status> {
        let edition = self.server.dial.token.edition();
        match Stream::open(&self.server, place.clone(), method, owner).await {
            Err(status) if is_refused(&status) && self.server.dial.token.renewed(edition).await => {
                Stream::open(&self.server, place, method, owner).await
            }
            outcome => outcome,
        }
    }
}

/// A stream that has a place as long as it lasts.
fn keeping(place: Arc<StreamPlace>, listening: ListenStream) -> ListenStream {
    Box::pin(listening.inspect(move |_| {
        let _ = &place;
    }))
}
