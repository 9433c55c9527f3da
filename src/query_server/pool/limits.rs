//! What bounds a pool, and what is said where it has nothing to give.

use std::sync::Arc;

use crate::query_server::connect::ConnectError;

/// Why there was no connection. Nothing has run.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unavailable {
    /// Too many queries wait already.
    #[error("{0} queries are already waiting for a connection (--queue-limit)")]
    QueueFull(usize),
    /// The same, of one tenant.
    #[error("{0} queries of this tenant are already waiting for a connection (--tenant-queue-limit)")]
    TenantQueueFull(usize),
    /// PostgreSQL does not answer, or refuses.
    #[error("cannot reach PostgreSQL at {address}: {source}")]
    Unreachable { address: String, source: Arc<ConnectError> },
}

/// How many connections there may be, and how many may wait for one.
#[derive(Clone, Copy, Debug)]
pub struct PoolLimits {
    pub size: usize,
    pub queue: usize,
    /// Connections for one tenant's queries at once, without sessions.
    pub tenant_size: usize,
    /// Queries of one tenant that may wait.
    pub tenant_queue: usize,
}

/// How much connections are in demand.
#[derive(Clone, Copy, Debug)]
pub struct Pressure {
    /// Owners with a waiter that could be served.
    pub waiting: usize,
    /// Connections that there may be.
    pub size: usize,
}
