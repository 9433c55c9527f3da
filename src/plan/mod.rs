//! What must be known of a statement before it is sent: whether it may be repeated, and, for one that is for all
//! shards, how it is run shard by shard so that the result is what one PostgreSQL holding all rows would give. Pure:
//! text in, plan out. The only room with a parser of SQL. `client` asks; `gather` acts on the plan.

mod aggregate;
mod catalogue;
mod clock;
mod columns;
mod commands;
mod copies;
mod ctes;
mod draft;
mod effort;
mod functions;
mod grammar;
mod keywords;
mod layout;
mod local;
mod moves;
mod name;
mod named;
mod planner;
mod readers;
mod rows;
mod sets;
mod shape;
mod stack;
mod text;
mod walk;
mod write;
mod written;

pub use crate::data::repeat::{may_commit, may_end_transaction, shows_only_reading};
pub use clock::has_word as means_a_moment;
pub use commands::is_command;
pub use layout::{Layout, Policy, Relation};
pub use planner::{Planning, begins_query, plan, plan_at_once};
pub use readers::Readers;
pub use shape::{
    Bit, Change, Column, Everywhere, Finish, Fold, Grouped, Key, Merge, Number, Origins, Output, Plan, Read, Source,
    Text,
};

/// How a statement for all shards was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// `.mtdd()`
    Implicitly,
    /// `.mtdd(null)`
    ByNull,
    /// `allServers: true`
    AllServers,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What it says would need rows of several shards at once, or cannot be proven not to.
    #[error("for all shards, this cannot be answered exactly: {0}")]
    Unsupported(String),
    /// The parser cannot read it; PostgreSQL may.
    #[error("for all shards, the statement cannot be read: {0}")]
    Unreadable(String),
}

fn unsupported(part: &str) -> Refusal {
    Refusal::Unsupported(part.to_owned())
}
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
