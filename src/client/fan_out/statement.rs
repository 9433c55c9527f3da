//! What a fan-out runs on its shards, and what is done when it fails or is lost on one of them. Run by `arms`.

use crate::channel::Reads;
use crate::plan::shows_only_reading;
use crate::proto::{Premise, QueryRequest};

/// What a failure on one shard means for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Nothing: each shard is awaited, because its part may have taken effect.
    Write,
    /// They are stopped.
    Read,
    /// Nothing: the result does without that shard.
    PartialRead,
}

/// What a statement's arms have in common.
#[derive(Debug)]
pub struct Statement {
    pub wire: QueryRequest,
    /// By shard, what has to hold for it to take effect there.
    pub premises: Vec<Option<Premise>>,
    pub policy: Policy,
    pub max_retries: u32,
    /// What the caller says of it.
    pub only_reads: Option<bool>,
    pub shows_only_reading: bool,
}

impl Statement {
    /// The request for a shard.
    pub fn wire_of(&self, shard: usize) -> QueryRequest {
        QueryRequest { premise: self.premises.get(shard).cloned().flatten(), ..self.wire.clone() }
    }

    /// True if it has no outcome that could be in doubt, by what a server says of reads.
    pub fn only_reads(&self, reads: Reads) -> bool {
        self.only_reads.unwrap_or(self.shows_only_reading && reads == Reads::OnlyRead)
    }

    /// True if it may be sent again once it was lost: its server then makes sure that this does no harm.
    pub fn may_be_repeated(&self, reads: Reads) -> bool {
        let shows = || self.shows_only_reading && shows_only_reading(&self.wire.sql);
        self.only_reads.unwrap_or_else(|| reads != Reads::MayWrite && shows())
    }
}
