//! gRPC channels to the query servers: one per shard, opened when first needed and again after a loss. All queries of a
//! shard share one long-lived stream (`stream.rs`). This room says exactly what became of a query that failed (never
//! sent, or lost after sending); whether to try again is `scatter`'s business.

mod inbox;
mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tonic::Code;
use tonic::transport::{Channel, Endpoint};

pub use inbox::Event;
use stream::Stream;
pub use stream::{Call, CallHandle};

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
    current: Mutex<Option<Arc<Stream>>>,
    opening: tokio::sync::Mutex<Attempts>,
}

/// Openings so far; those who waited for a failed one share its failure.
#[derive(Debug, Default)]
struct Attempts {
    channel: Option<Channel>,
    failure: Option<Error>,
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

    /// Opens a stream; callers who come meanwhile wait for the same one, and share its failure.
    async fn open(&self) -> Result<Arc<Stream>, Error> {
        let waited = self.opening.try_lock().is_err();
        let mut attempts = self.opening.lock().await;
        if let Some(stream) = self.current() {
            return Ok(stream);
        }
        if waited && let Some(failure) = &attempts.failure {
            return Err(failure.clone());
        }
        let channel = attempts.channel.get_or_insert_with(|| self.endpoint.connect_lazy()).clone();
        let client =
            DbServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE).max_encoding_message_size(MAX_MESSAGE);
        match Stream::open(client, &self.dial, self.settings.clone(), &self.address).await {
            Ok(stream) => {
                tracing::info!(target: "mtdd::grpc", shard = self.shard, address = self.address, "connected to query server");
                attempts.failure = None;
                *self.lock() = Some(stream.clone());
                Ok(stream)
            }
            Err(status) => {
                let reason = describe(&status);
                let error = match status.code() {
                    Code::Unauthenticated | Code::PermissionDenied => Error::Unauthenticated {
                        server: format!("query server {}", self.address),
                        reason: status.message().into(),
                    },
                    Code::Unimplemented => Error::Protocol {
                        server: format!("query server {}", self.address),
                        reason: "it does not speak mtdd.v1; upgrade it".into(),
                    },
                    _ => Error::ShardUnavailable { shard: self.shard, address: self.address.clone(), reason },
                };
                tracing::debug!(target: "mtdd::grpc", shard = self.shard, address = self.address, %error, "cannot connect");
                attempts.failure = Some(error.clone());
                Err(error)
            }
        }
    }
}
