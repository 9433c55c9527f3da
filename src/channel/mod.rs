//! gRPC channels to the query servers: one per shard, opened when first needed and again after a loss. All queries of a
//! shard share one long-lived stream (`stream.rs`). This room says exactly what became of a query that failed (never
//! sent, or lost after sending); whether to try again is `scatter`'s business.

mod inbox;
mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

pub use inbox::Event;
pub use stream::{Call, CallHandle};
use stream::{Method, Stream};

use crate::dial::Dial;
use crate::error::{Error, describe};
use crate::proto::QueryRequest;
use crate::proto::db_service_client::DbServiceClient;

/// Rows in flight for one query, in bytes, before its server waits for credit.
pub const WINDOW: u32 = 1024 * 1024;
/// The largest message that a query server may send: one row of the largest size that PostgreSQL can make.
const MAX_MESSAGE: usize = 1 << 30;

/// The way to one shard's query server.
#[derive(Debug)]
pub struct QueryChannel {
    pub shard: usize,
    pub address: String,
    endpoint: Endpoint,
    dial: Dial,
    settings: HashMap<String, String>,
    channel: OnceLock<Channel>,
    current: Mutex<Option<Arc<Stream>>>,
    /// Held while a stream is being opened; the failure of the last attempt, which those who waited for it share.
    opening: tokio::sync::Mutex<Option<Error>>,
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
    /// `settings`: the session settings that a local connection of the application would have.
    pub fn new(shard: usize, address: String, dial: Dial, settings: HashMap<String, String>) -> Result<Self, Error> {
        let endpoint = dial.endpoint(&address)?;
        Ok(QueryChannel {
            shard,
            address,
            endpoint,
            dial,
            settings,
            channel: OnceLock::new(),
            current: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
        })
    }

    /// Starts a query. An error means that nothing was sent.
    pub async fn start(&self, query: QueryRequest) -> Result<Call, Error> {
        let mut query = query;
        loop {
            let stream = match self.current() {
                Some(stream) => stream,
                None => self.open().await?,
            };
            match Stream::start(&stream, query) {
                Ok(call) => return Ok(call),
                // It closed in between; the next turn opens another.
                Err(refused) => {
                    self.forget(&stream);
                    query = *refused;
                }
            }
        }
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
    pub async fn open_session(&self) -> Result<Session, Error> {
        let opened =
            Stream::open(self.client(), Method::Session, &self.dial, self.settings.clone(), &self.address).await;
        opened.map(Session).map_err(|status| self.opening_error(&status))
    }

    /// Opens a stream; callers who come meanwhile wait for the same one, and share its failure.
    async fn open(&self) -> Result<Arc<Stream>, Error> {
        let waited = self.opening.try_lock().is_err();
        let mut failure = self.opening.lock().await;
        if let Some(stream) = self.current() {
            return Ok(stream);
        }
        if waited && let Some(failure) = &*failure {
            return Err(failure.clone());
        }
        let settings = self.settings.clone();
        match Stream::open(self.client(), Method::Multiplex, &self.dial, settings, &self.address).await {
            Ok(stream) => {
                tracing::info!(target: "mtdd::grpc", shard = self.shard, address = self.address, "connected to query server");
                *failure = None;
                *self.lock() = Some(stream.clone());
                Ok(stream)
            }
            Err(status) => {
                let error = self.opening_error(&status);
                tracing::debug!(target: "mtdd::grpc", shard = self.shard, address = self.address, %error, "cannot connect");
                *failure = Some(error.clone());
                Err(error)
            }
        }
    }

    fn client(&self) -> DbServiceClient<Channel> {
        let channel = self.channel.get_or_init(|| self.endpoint.connect_lazy()).clone();
        DbServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE).max_encoding_message_size(MAX_MESSAGE)
    }

    fn opening_error(&self, status: &Status) -> Error {
        let server = || format!("query server {}", self.address);
        match status.code() {
            Code::Unauthenticated | Code::PermissionDenied => {
                Error::Unauthenticated { server: server(), reason: status.message().into() }
            }
            Code::Unimplemented => {
                Error::Protocol { server: server(), reason: "it does not speak mtdd.v1; upgrade it".into() }
            }
            _ => Error::ShardUnavailable { shard: self.shard, address: self.address.clone(), reason: describe(status) },
        }
    }
}
