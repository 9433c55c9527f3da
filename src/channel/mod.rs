//! gRPC channels to the query servers: one per shard, opened when first needed and again after a loss. All queries of a
//! shard share one long-lived stream (`stream.rs`). This room says exactly what became of a query that failed (never
//! sent, or lost after sending); whether to try again is `scatter`'s business. A server that answers UNIMPLEMENTED is
//! spoken to on the wire of 1.x instead (`legacy.rs`), until it says there that it has been upgraded.

mod inbox;
mod legacy;
mod listening;
mod stream;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use prost::Message;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

pub use inbox::Event;
pub use legacy::{LegacyAnswer, LegacyCall, LegacyFailure};
pub use listening::{Heard, Listening};
pub use stream::{Call, CallHandle, Owner, Reads};
use stream::{Method, Stream};

use crate::data::shape::Descriptions;
use crate::dial::{Dial, Link, is_refused};
use crate::error::{Error, Server};
use crate::proto::db_service_client::DbServiceClient;
use crate::proto::{ChannelRequest, QueryRequest, legacy_db};

/// Rows in flight for one query, in bytes, before its server waits for credit.
pub const WINDOW: u32 = 1024 * 1024;
/// The largest message that a query server may send: one row of the largest size that PostgreSQL can make.
const MAX_MESSAGE: usize = 1 << 30;

/// Bytes from which a query's message is large.
const LARGE: usize = 256 * 1024;
/// What a frame adds to its query, at most.
const FRAME: usize = 32;

/// A server of 1.x is a Node.js process, whose timers take no longer time for a time at all.
const LONGEST_LEGACY_TIMEOUT: Duration = Duration::from_millis(i32::MAX as u64);

/// The way to one shard's query server.
#[derive(Debug)]
pub struct QueryChannel {
    pub shard: usize,
    pub address: String,
    link: Link,
    dial: Dial,
    settings: HashMap<String, String>,
    descriptions: Arc<Descriptions>,
    current: Mutex<Option<Arc<Stream>>>,
    /// Held while a stream is being opened; the failure of the last attempt, which those who waited for it share.
    opening: tokio::sync::Mutex<Option<Error>>,
    /// The server has answered UNIMPLEMENTED: it is taken to speak the wire of 1.x.
    is_legacy: AtomicBool,
    /// The application has been told what that means.
    warned: Once,
}

/// A query on its way, on the wire that its server speaks.
#[derive(Debug)]
pub enum Begun {
    Call(Call),
    /// To be run by `QueryChannel::run_legacy`.
    Legacy(LegacyCall),
}

/// True if a query's message holds up others that share its stream, or may be larger than its server takes.
fn is_large(query: &QueryRequest) -> bool {
    let params = query.params.iter().map(|param| param.value.as_ref().map_or(8, |value| 8 + value.len()));
    query.sql.len() + params.sum::<usize>() >= LARGE
}

/// What a server turned out to speak.
enum Wire {
    Current(Arc<Stream>),
    Legacy,
}

/// True if the server says that it is another kind of server.
fn is_another(status: &Status) -> bool {
    status.metadata().get("mtdd-reason").is_some_and(|why| why == "WRONG_SERVER")
}

/// A PostgreSQL connection of a shard, held for one caller. Dropped, the server rolls back what is open.
#[derive(Debug)]
pub struct Session(Arc<Stream>);

impl Session {
    /// Starts a query; None: the session has ended. Queries run in the order in which they are started.
    pub fn start(&self, query: QueryRequest) -> Option<Call> {
        Stream::start(&self.0, query).ok()
    }

    /// Why the session has ended, if that is known.
    pub fn end(&self) -> Option<String> {
        self.0.end()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl QueryChannel {
    /// `settings`: the session settings that a local connection of the application would have; `descriptions`: those of
    /// the whole client.
    pub fn new(
        shard: usize,
        address: String,
        dial: Dial,
        settings: HashMap<String, String>,
        descriptions: Arc<Descriptions>,
    ) -> Result<Self, Error> {
        let link = dial.link(&address)?;
        Ok(QueryChannel {
            shard,
            address,
            link,
            dial,
            settings,
            descriptions,
            current: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            is_legacy: AtomicBool::new(false),
            warned: Once::new(),
        })
    }

    /// A request that says which shard is meant, so that a server which is another one refuses it.
    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = self.dial.request(message);
        request.metadata_mut().insert("mtdd-shard", MetadataValue::from(self.shard));
        request
    }

    /// Opens what a query needs, if it is not open. An error means that no query can be sent.
    pub async fn ready(&self) -> Result<(), Error> {
        match self.current() {
            Some(_) => Ok(()),
            None => Box::pin(self.open()).await.map(drop),
        }
    }

    /// Starts a query that makes up a larger one with those of other shards. An error means that nothing was sent.
    pub async fn start(&self, query: QueryRequest) -> Result<Call, Error> {
        match self.begin(query).await? {
            Begun::Call(call) => Ok(call),
            Begun::Legacy(_) => Err(self.legacy_refusal()),
        }
    }

    /// Fails if the server is known, or turns out, to speak the 1.x wire only. One that cannot be reached is no failure.
    pub async fn refuse_legacy(&self) -> Result<(), Error> {
        if self.current().is_some() || !matches!(Box::pin(self.open()).await, Ok(Wire::Legacy)) {
            return Ok(());
        }
        Err(self.legacy_refusal())
    }

    fn legacy_refusal(&self) -> Error {
        let reason = format!(
            "query server {} speaks the 1.x wire, whose rows cannot be merged: upgrade it, or name a tenant; nothing was \
             sent to it",
            self.address
        );
        Error::PlanUnsupported { reason }
    }

    /// Starts a query on whichever wire the server speaks. An error means that nothing was sent.
    pub async fn begin(&self, query: QueryRequest) -> Result<Begun, Error> {
        if is_large(&query) {
            return Box::pin(self.begin_large(query)).await;
        }
        let mut query = query;
        loop {
            let stream = match self.current() {
                Some(stream) => stream,
                // Rare, and in a box: the task of a query that finds a stream open is no larger for it.
                None => match Box::pin(self.open()).await? {
                    Wire::Current(stream) => stream,
                    Wire::Legacy => return self.begin_legacy(query),
                },
            };
            if query.may_have_run && !Box::pin(stream.knows_reads()).await {
                return Err(self.not_repeated());
            }
            match Stream::start(&stream, query) {
                Ok(call) => return Ok(Begun::Call(call)),
                // It closed in between; the next turn opens another.
                Err(refused) => {
                    self.forget(&stream);
                    if stream.is_unknown() {
                        Box::pin(self.check_legacy()).await?;
                    }
                    query = *refused;
                }
            }
        }
    }

    fn begin_legacy(&self, query: QueryRequest) -> Result<Begun, Error> {
        match query.may_have_run {
            true => Err(self.not_repeated()),
            false => LegacyCall::new(query).map(Begun::Legacy),
        }
    }

    /// A query may have run, and the server would run it again without a look at whether that does harm.
    fn not_repeated(&self) -> Error {
        Error::OutcomeUnknown {
            shard: self.shard,
            address: self.address.clone(),
            reason: "the connection was lost after the query was sent, and this server does not say whether it only reads:                      it is not sent again"
                .to_owned(),
            stopping_for: None,
        }
    }

    /// Starts a query on a stream of its own, where it holds up no other: HTTP/2 lets streams take turns.
    async fn begin_large(&self, query: QueryRequest) -> Result<Begun, Error> {
        let shared = match self.current() {
            Some(stream) => stream,
            None => match self.open().await? {
                Wire::Current(stream) => stream,
                Wire::Legacy => return self.begin_legacy(query),
            },
        };
        self.fits(&query, &shared).await?;
        if query.may_have_run && !shared.knows_reads().await {
            return Err(self.not_repeated());
        }
        let own = match Stream::open(self, Method::Multiplex, None).await {
            Ok(stream) => stream,
            Err(status) => {
                self.forget(&shared);
                return Err(self.opening_error(&status).await);
            }
        };
        match Stream::start(&own, query) {
            Ok(call) => Ok(Begun::Call(call.alone())),
            Err(_) => {
                self.forget(&shared);
                let reason = own.end().unwrap_or_else(|| "it ended the stream".to_owned());
                Err(Error::ShardUnavailable { shard: self.shard, address: self.address.clone(), reason })
            }
        }
    }

    /// Refuses a query whose message is larger than the server takes. An error means that nothing was sent.
    async fn fits(&self, query: &QueryRequest, stream: &Stream) -> Result<(), Error> {
        let (size, largest) = (query.encoded_len() + FRAME, stream.largest().await);
        if size <= largest {
            return Ok(());
        }
        Err(Error::Invalid {
            reason: format!(
                "the message for query server {} would have {size} bytes, more than the {largest} that it takes (--max-message-size): send less at once, or start the server with a larger limit; nothing was sent to it",
                self.address
            ),
        })
    }

    /// Refuses a query whose message is larger than the server takes, before it or its like is sent to any.
    pub async fn takes(&self, query: &QueryRequest) -> Result<(), Error> {
        if !is_large(query) {
            return Ok(());
        }
        match self.current() {
            Some(stream) => self.fits(query, &stream).await,
            None => match self.open().await? {
                Wire::Current(stream) => self.fits(query, &stream).await,
                Wire::Legacy => Ok(()),
            },
        }
    }

    /// True if the server undoes a statement whose premise does not hold. One that cannot be reached says nothing.
    pub async fn takes_premises(&self) -> bool {
        match self.current() {
            Some(stream) => stream.takes_premises().await,
            None => match Box::pin(self.open()).await {
                Ok(Wire::Current(stream)) => stream.takes_premises().await,
                _ => false,
            },
        }
    }

    /// The same for a session of this server's.
    pub async fn takes_in(&self, session: &Session, query: &QueryRequest) -> Result<(), Error> {
        match is_large(query) {
            true => self.fits(query, &session.0).await,
            false => Ok(()),
        }
    }

    /// Runs a query that has begun on the wire of 1.x.
    pub async fn run_legacy(&self, call: LegacyCall) -> Result<LegacyAnswer, LegacyFailure> {
        let request = || {
            let mut request = self.request(call.message.clone());
            if call.timeout <= LONGEST_LEGACY_TIMEOUT {
                request.set_timeout(call.timeout);
            }
            request
        };
        let edition = self.dial.token.edition();
        let mut outcome = legacy::run(self.connection(), request()).await;
        if outcome.as_ref().is_err_and(is_refused) && self.dial.token.renewed(edition).await {
            outcome = legacy::run(self.connection(), request()).await;
        }
        let is_legacy = match &outcome {
            Ok(answer) => !answer.is_upgraded,
            Err(status) => status.code() != Code::Unimplemented,
        };
        self.note_wire(is_legacy);
        match outcome {
            Ok(answer) => Ok(answer),
            Err(status) => {
                let error = self.opening_error(&status).await;
                Err(legacy::failure(&status, || error))
            }
        }
    }

    /// Listens to a PostgreSQL channel. An error means that the server does not.
    pub async fn listen(&self, channel: &str) -> Result<Listening, Error> {
        let edition = self.dial.token.edition();
        match self.listen_once(channel).await {
            Err(Error::Unauthenticated { .. }) if self.dial.token.renewed(edition).await => {
                self.listen_once(channel).await
            }
            outcome => outcome,
        }
    }

    async fn listen_once(&self, channel: &str) -> Result<Listening, Error> {
        if !self.is_legacy.load(Ordering::Relaxed) {
            let request = self.request(ChannelRequest { channel: channel.to_owned() });
            match listening::listen(self.connection(), request).await {
                Ok(listening) => return Ok(listening),
                Err(status) if status.code() == Code::Unimplemented => self.check_legacy().await?,
                Err(status) => return Err(self.listening_error(&status).await),
            }
        }
        let request = self.request(legacy_db::ChannelRequest { channel_name: channel.to_owned() });
        let listening = listening::listen_legacy(self.connection(), request).await;
        self.note_wire(listening.as_ref().err().is_none_or(|status| status.code() != Code::Unimplemented));
        match listening {
            Ok(listening) => Ok(listening),
            Err(status) => Err(self.listening_error(&status).await),
        }
    }

    /// Why a server that listened does so no more.
    pub async fn listening_error(&self, status: &Status) -> Error {
        let reason = status.message().to_owned();
        match status.code() {
            Code::InvalidArgument => Error::Invalid { reason },
            Code::ResourceExhausted => Error::Overloaded { reason: format!("query server {}: {reason}", self.address) },
            _ => self.opening_error(status).await,
        }
    }

    /// What a call on the wire of 1.x has shown: the server may speak neither wire, or have been upgraded.
    fn note_wire(&self, is_legacy: bool) {
        self.is_legacy.store(is_legacy, Ordering::Relaxed);
        if is_legacy {
            self.warned.call_once(|| {
                tracing::warn!(
                    target: "mtdd::grpc",
                    shard = self.shard,
                    address = self.address,
                    lost = "types (values arrive as JSON has them), fields other than names, SQLSTATEs, mtdd.tenant_id \
                            and with it row-level security, searchPath and other session settings, transactions, \
                            streaming, stopping a statement",
                    "query server speaks the 1.x wire only: upgrade it"
                );
            });
        }
    }

    /// What the server has last said of reads.
    pub fn reads(&self) -> Reads {
        self.current().map_or(Reads::Unknown, |stream| stream.reads())
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

    /// Opens a session. An error means that there is none.
    pub async fn open_session(&self, owner: Option<Owner<'_>>) -> Result<Session, Error> {
        if !self.is_legacy.load(Ordering::Relaxed) {
            match self.open_stream(Method::Session, owner).await {
                Ok(stream) => return Ok(Session(stream)),
                Err(status) if status.code() == Code::Unimplemented => self.check_legacy().await?,
                Err(status) => return Err(self.opening_error(&status).await),
            }
        }
        let what = "has no transactions: upgrade it, or run the queries without one";
        Err(Error::PlanUnsupported {
            reason: format!("query server {} speaks the 1.x wire, which {what}; nothing was sent", self.address),
        })
    }

    /// Opens a stream; callers who come meanwhile wait for the same one, and share its failure.
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
        match self.open_stream(Method::Multiplex, None).await {
            Ok(stream) => {
                tracing::info!(target: "mtdd::grpc", shard = self.shard, address = self.address, "connected to query server");
                *failure = None;
                *self.lock() = Some(stream.clone());
                Ok(Wire::Current(stream))
            }
            // Nothing has been sent on this stream but its opening frame: those who wait for it go the other way.
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
                let error = self.opening_error(&status).await;
                tracing::debug!(target: "mtdd::grpc", shard = self.shard, address = self.address, %error, "cannot connect");
                *failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// A server does not know mtdd.v1: sees whether it speaks the wire of 1.x. One that does not, such as a lookup server,
    /// is not sent a query to find out. From now on it is spoken to in that way, or an error says what is wrong.
    async fn check_legacy(&self) -> Result<(), Error> {
        match legacy::is_spoken(self.connection(), self.request(())).await {
            Ok(()) => {
                self.is_legacy.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(status) => Err(self.opening_error(&status).await),
        }
    }

    /// With another token, if the server does not take this one and the application has one.
    async fn open_stream(&self, method: Method, owner: Option<Owner<'_>>) -> Result<Arc<Stream>, Status> {
        let edition = self.dial.token.edition();
        match Stream::open(self, method, owner).await {
            Err(status) if is_refused(&status) && self.dial.token.renewed(edition).await => {
                Stream::open(self, method, owner).await
            }
            outcome => outcome,
        }
    }

    fn connection(&self) -> Channel {
        self.link.channel()
    }

    fn client(&self) -> DbServiceClient<Channel> {
        DbServiceClient::new(self.connection())
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE)
    }

    async fn opening_error(&self, status: &Status) -> Error {
        let server = || format!("query server {}", self.address);
        match status.code() {
            Code::Unauthenticated | Code::PermissionDenied => {
                let server = Server::Query { shard: self.shard, address: self.address.clone() };
                Error::Unauthenticated { server, reason: status.message().into() }
            }
            Code::FailedPrecondition
                if status.metadata().get("mtdd-reason").is_some_and(|why| why == "WRONG_SHARD") =>
            {
                let (shard, address) = (self.shard, self.address.clone());
                Error::WrongShard { shard, address, reason: status.message().into() }
            }
            Code::Unimplemented => Error::Protocol { server: server(), reason: self.link.explain(status).await },
            // A server of ours, but none that runs queries: it says so.
            Code::FailedPrecondition if is_another(status) => {
                let (shard, address) = (self.shard, self.address.clone());
                Error::ShardUnavailable { shard, address, reason: status.message().into() }
            }
            _ => {
                let (shard, address) = (self.shard, self.address.clone());
                Error::ShardUnavailable { shard, address, reason: self.link.explain(status).await }
            }
        }
    }
}
