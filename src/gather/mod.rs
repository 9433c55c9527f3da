//! Makes one result of what all shards answer, text for text what one PostgreSQL with all their rows would have given.
//! Pure: DataRow messages come in and go out, and whoever calls does the waiting. What is not proven to compare, or to
//! compute, as PostgreSQL does is `None` at the outset, and PostgreSQL has to do it. `client` calls.
//!
//! `Outlet` passes rows on, `Merge` merges sorted rows, `Ranked` does so by an order that PostgreSQL has to find,
//! and `Groups` makes groups of partial ones.

mod distinct;
mod equal;
mod float;
mod fold;
mod groups;
mod merge;
mod moment;
mod numeric;
mod order;
mod output;
#[cfg(test)]
mod random;
mod ranked;

pub use distinct::Distinct;
pub use equal::Equality;
pub use groups::{Finished, Groups};
pub use merge::{Merge, Next};
pub use order::{Collation, Order, SortValue};
pub use output::{Batch, Outlet};
pub use ranked::{Question, Ranked};

use crate::data::row::MalformedRow;
use crate::plan::Column;

/// `proto::Field::format` of a column in text format.
const TEXT: i32 = 0;

/// Why rows cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatherError {
    #[error(transparent)]
    Row(#[from] MalformedRow),
    /// Never the value itself: it may be a secret.
    #[error("a value of the type with oid {type_id} is not in PostgreSQL's default form (see DateStyle, bytea_output)")]
    Value { type_id: u32 },
    #[error("merging the shards' rows takes more than {limit} bytes of memory")]
    Memory { limit: usize },
    /// What PostgreSQL itself would have answered, as SQLSTATE 22003.
    #[error("{0}")]
    OutOfRange(&'static str),
    /// The shards do not compare as this side does, or not as each other.
    #[error("the rows of shard {input} do not come in the order that was asked for")]
    Unsorted { input: usize },
}

/// A value that is not in the form that PostgreSQL gives its type by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl Malformed {
    fn of_type(self, type_id: u32) -> GatherError {
        GatherError::Value { type_id }
    }
}

/// Where a column stands in a row of `columns` columns, the `hidden` last. None: nowhere.
fn position(column: Column, columns: usize, hidden: usize) -> Option<usize> {
    let visible = columns.checked_sub(hidden)?;
    match column {
        Column::Visible(index) => (index < visible).then_some(index),
        Column::Hidden(index) => (index < hidden).then(|| visible + index),
    }
}
