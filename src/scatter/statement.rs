//! A statement as a fan-out sends it, and what a failure on one shard means for the others.

use crate::channel::ReadSafety;
use crate::plan::shows_only_reading;
use crate::proto::{Premise, QueryRequest};

/// What a failure on one shard means for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailurePolicy {
    /// A write: every shard is awaited, because it may have taken effect there.
    Write,
    /// A read: the others are stopped.
    Read,
    /// A read that does without the shard that failed.
    PartialRead,
}

#[derive(Debug)]
pub struct Statement {
    pub wire: QueryRequest,
    /// By shard, what must hold for the statement to take effect there.
    pub premises: Vec<Option<Premise>>,
    pub policy: FailurePolicy,
    pub max_retries: u32,
    /// The caller's word on whether it only reads.
    pub only_reads: Option<bool>,
    pub shows_only_reading: bool,
    /// Its plan holds only for what does nothing but read. Of one that was stopped or lost, this says nothing.
    pub is_planned_to_read: bool,
}

impl Statement {
    /// The request for a shard.
    pub fn wire_of(&self, shard: usize) -> QueryRequest {
        QueryRequest { premise: self.premises.get(shard).cloned().flatten(), ..self.wire.clone() }
    }

    /// True if its outcome cannot be in doubt, because it only reads. `reads` is the server's word.
    pub fn only_reads(&self, reads: ReadSafety) -> bool {
        self.only_reads.unwrap_or(self.shows_only_reading && reads == ReadSafety::OnlyRead)
    }

    /// True if it may be sent again after it was lost. The server then checks that this does no harm.
    pub fn may_be_repeated(&self, reads: ReadSafety) -> bool {
        let shows = || self.shows_only_reading && shows_only_reading(&self.wire.sql);
        self.only_reads.unwrap_or_else(|| reads != ReadSafety::MayWrite && shows())
    }
}
