//! Detects on each new connection whether a pooler stands in front of PostgreSQL, and whether it is in session mode. In
//! transaction mode, settings, prepared statements and resets of one query would reach another query's connection.
//! Called by `pool`.

use super::backend::Backend;
use super::connect::ConnectError;
use super::served::ServingProcesses;

/// What is known about poolers, for all connections of one pool.
pub struct Poolers {
    /// One in session mode is allowed.
    allowed: bool,
    /// The processes that serve our connections behind a pooler.
    serving: ServingProcesses,
}

impl Poolers {
    pub fn new(allowed: bool) -> Self {
        Poolers { allowed, serving: ServingProcesses::default() }
    }

    /// Refuses a connection behind a pooler that is not allowed, or does not keep sessions.
    pub async fn check(&self, backend: &mut Backend) -> Result<(), ConnectError> {
        if !backend.is_behind_pooler().await? {
            return Ok(());
        }
        if !self.allowed {
            return Err(ConnectError::Pooler);
        }
        let process = backend.process().await?;
        // In another transaction.
        let is_same = backend.process().await? == process;
        let served = self.serving.note(process).filter(|_| is_same).ok_or(ConnectError::TransactionPooler)?;
        backend.keep_served(served);
        Ok(())
    }
}
