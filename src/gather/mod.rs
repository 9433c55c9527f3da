//! Makes one result from the rows of all shards: text for text what a single PostgreSQL with all rows would return. Pure:
//! DataRow messages come in and go out, and the caller does the waiting. A constructor returns None where comparing or
//! computing here is not proven to give what PostgreSQL gives; then PostgreSQL has to do it. `client` calls this room.
//!
//! `SortedMerge` merges sorted rows. `RankedMerge` does the same where only PostgreSQL can compare the keys; `rank` is the
//! query for that. `Groups` combines partial groups. `finish` leaves the whole result to PostgreSQL. `FinalSteps` applies
//! DISTINCT, OFFSET and LIMIT to what comes out.

mod columns;
mod datetime;
mod distinct;
mod equal;
mod error;
pub mod finish;
mod float;
mod fold;
mod groups;
mod merge;
mod numeric;
mod order;
mod output;
#[cfg(test)]
mod random;
pub mod rank;
mod ranked;

pub use columns::{CollationRules, ColumnType, GatheredColumn, GatheredColumns};
pub use distinct::Distinct;
pub use equal::Equality;
pub use error::GatherError;
pub use groups::{GroupRows, Groups};
pub use merge::{MergeStep, SortedMerge};
pub use order::{Collation, Order, SortValue};
pub use output::{FinalSteps, RowBatch};
pub use ranked::{RankStep, RankedMerge};
