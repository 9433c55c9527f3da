//! Why rows cannot be merged.

use crate::data::row::MalformedRow;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatherError {
    #[error(transparent)]
    Row(#[from] MalformedRow),
    /// Never contains the value itself: it may be a secret.
    #[error("a value of the type with oid {type_id} is not in PostgreSQL's default form (see DateStyle, bytea_output)")]
    Value { type_id: u32 },
    #[error("merging the shards' rows takes more than {limit} bytes of memory")]
    Memory { limit: usize },
    /// PostgreSQL would have answered this, as SQLSTATE 22003.
    #[error("{0}")]
    OutOfRange(&'static str),
    /// The shards do not compare as is done here, or not all alike.
    #[error("the rows of shard {input} are not in the requested order")]
    Unsorted { input: usize },
}

/// A value that is not in PostgreSQL's default form for its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedValue;

impl MalformedValue {
    pub(super) fn of_type(self, type_id: u32) -> GatherError {
        GatherError::Value { type_id }
    }
}
