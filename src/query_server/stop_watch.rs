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
use super::stop::{Caller, STOP_TIMEOUT, StopReason};
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
    /// Under which the query was admitted; None: none is needed.
    pub lease: Option<Lease>,
    /// The caller has been waited for, and has taken rows since.
    reads: bool,
    /// It has been waited for so long that its owner's queries of the same text are to make way.
    is_slow: bool,
    /// It is to stop already, and why; the deadline is now that of our patience with PostgreSQL.
    pub stopping: Option<StopReason>,
}

impl<'w, C> StopWatch<'w, C> {
    /// Begins to watch. `deadline`: when the query must have ended.
    pub fn new(
        caller: &'w C,
        patience: &'w ReaderPatience,
        pool: &'w Pool,
        deadlines: &'w Deadlines,
        (owner, pace): (OwnerId, &'w Arc<ReaderPace>),
        deadline: Option<Instant>,
    ) -> Self {
        let deadline = deadline.map(|at| deadlines.at(at));
        let (lease, stopping) = (None, None);
        StopWatch {
            caller,
            patience,
            pool,
            deadlines,
            owner,
            pace,
            deadline,
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
            () = passed(&mut self.deadline) => Err(StopReason::Deadline),
        }
    }

    /// Gives the caller a piece. Looks for reasons to stop first: a reply that flows without a pause gives no other
    /// occasion.
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
            () = passed(&mut self.deadline) => Err(StopReason::Deadline),
            sent = self.caller.send(chunk) => sent,
            () = patience => Err(StopReason::Stalled),
        };
        self.reads |= waited && sent.is_ok();
        sent
    }

    /// The reply has been taken to its end.
    pub fn note_end(&self) {
        if !self.is_slow {
            self.pace.note(self.owner, false);
        }
    }

    /// From now on the only reason to stop is that PostgreSQL does not.
    pub fn be_patient(&mut self, stop: StopReason) {
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
