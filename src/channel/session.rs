//! A PostgreSQL connection of a shard, held for one caller.

use std::sync::Arc;

use super::stream::{Call, Stream};
use crate::proto::QueryRequest;

/// Dropping it makes the server roll back the open transaction.
#[derive(Debug)]
pub struct ServerSession(pub(super) Arc<Stream>);

impl ServerSession {
    /// Starts a query. None: the session has ended. Queries run in the order in which they are started.
    pub fn start(&self, query: QueryRequest) -> Option<Call> {
        Stream::start(&self.0, query).ok()
    }

    /// Why the session has ended, if it is known.
    pub fn end(&self) -> Option<String> {
        self.0.end()
    }

    /// Why the server has refused it; None: it has not.
    pub fn refusal(&self) -> Option<String> {
        self.0.refusal()
    }
}

impl Drop for ServerSession {
    fn drop(&mut self) {
        self.0.close();
    }
}
