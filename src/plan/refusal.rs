//! Why a statement cannot run on all shards.

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It would need rows of several shards at once, or cannot be proven not to.
    #[error("the statement cannot be run exactly on all shards: {0}")]
    Unsupported(String),
    /// The parser does not accept it; PostgreSQL may.
    #[error("the statement cannot be parsed, so it cannot run on all shards: {0}")]
    Unreadable(String),
}

pub fn unsupported(part: &str) -> Refusal {
    Refusal::Unsupported(part.to_owned())
}
