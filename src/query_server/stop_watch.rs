//! Watches for reasons to stop a query while it waits or runs: its caller, its deadline, and a caller that does not
//! read.

use std::sync::Arc;

use tokio::time::Instant;

use super::fair::OwnerId;
use super::placement::Lease;
use super::pool::Pool;
use super::reader_pace::ReaderPace;
use super::reader_patience::ReaderPatience;
use super::reply_chunk::ReplyChunk;
use super::stop::{Caller, LimitOf, STOP_TIMEOUT, StopReason, TimeLimit};
use crate::deadline::{Deadline, Deadlines};

/// Watches for reasons to stop.
pub struct StopWatch<'w, C> {
    caller: &'w C,
    patience: &'w ReaderPatience,
    pool: &'w Pool,
    deadlines: &'w Deadlines,
    pub owner: OwnerId,
    pub pace: &'w Arc<ReaderPace>,
    deadline: Option<Deadline>,
    /// Whose limit the deadline is.
    limit_of: LimitOf,
    /// The lease of the query; None: none is needed.
    pub lease: Option<Lease>,
    /// The caller has read rows since an earlier wait.
    reads: bool,
    /// The wait was so long that the owner's queries of this text should let others go first.
    is_slow: bool,
    /// The reason, once the query is being stopped; the deadline is then that of the stop.
    pub stopping: Option<StopReason>,
}

impl<'w, C> StopWatch<'w, C> {
    /// Begins to watch. `limit`: when the query must have ended.
    pub fn new(
        caller: &'w C,
        patience: &'w ReaderPatience,
        pool: &'w Pool,
        deadlines: &'w Deadlines,
        (owner, pace): (OwnerId, &'w Arc<ReaderPace>),
        limit: Option<TimeLimit>,
    ) -> Self {
        let limit_of = limit.map_or(LimitOf::Caller, |limit| limit.of);
        let deadline = limit.map(|limit| deadlines.at(limit.at));
        let (lease, stopping) = (None, None);
        StopWatch {
            caller,
            patience,
            pool,
            deadlines,
            owner,
            pace,
            deadline,
            limit_of,
            lease,
            reads: false,
            is_slow: false,
            stopping,
        }
    }
}

impl<C: Caller> StopWatch<'_, C> {
    /// Does `work` unless there is a reason to stop first.
    pub async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Result<T, StopReason> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            stop = self.caller.cancelled(), if self.stopping.is_none() => Err(stop),
            () = passed(&mut self.deadline) => Err(StopReason::Deadline(self.limit_of)),
        }
    }

    /// Sends a chunk to the caller. Checks for reasons to stop first, because a reply that flows without a pause gives
    /// no other chance.
    pub async fn send(&mut self, chunk: ReplyChunk) -> Result<(), StopReason> {
        let mut waited = false;
        let patience = async {
            waited = true;
            let slow = || {
                self.is_slow = true;
                self.pace.note(self.owner, true);
            };
            self.patience.ends(self.pool, self.deadlines, self.reads, || self.caller.is_held_up(), slow).await;
        };
        let sent = tokio::select! {
            biased;
            stop = self.caller.cancelled(), if self.stopping.is_none() => Err(stop),
            () = passed(&mut self.deadline) => Err(StopReason::Deadline(self.limit_of)),
            sent = self.caller.send(chunk) => sent,
            () = patience => Err(StopReason::Stalled),
        };
        self.reads |= waited && sent.is_ok();
        sent
    }

    /// The whole reply has been read.
    pub fn note_end(&self) {
        if !self.is_slow {
            self.pace.note(self.owner, false);
        }
    }

    /// From now on, waits only for PostgreSQL to stop, up to `STOP_TIMEOUT`.
    pub fn wait_for_stop(&mut self, stop: StopReason) {
        self.stopping = Some(stop);
        self.deadline = Some(self.deadlines.at(Instant::now() + STOP_TIMEOUT));
    }
}

/// Returns once the deadline has passed; never without one.
pub async fn passed(deadline: &mut Option<Deadline>) {
    match deadline {
        Some(deadline) => deadline.await,
        None => std::future::pending().await,
    }
}
