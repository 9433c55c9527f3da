//! How a fan-out fails: on one shard, and as a whole.

use serde_json::Value;

use crate::error::Error;
use crate::plan::Refusal;
use crate::proto::DatabaseError;

/// The code of a query that was not answered in time.
pub(super) const LATE: &str = "TIMEOUT";

/// Why a statement failed on one shard.
#[derive(Clone, Debug)]
pub enum ShardError {
    /// PostgreSQL refused it.
    Database(Box<DatabaseError>),
    Failed(Error),
}

impl ShardError {
    /// SQLSTATE, or the library's own code.
    pub fn code(&self) -> &str {
        match self {
            ShardError::Database(error) => error.code.as_deref().unwrap_or_default(),
            ShardError::Failed(error) => error.code(),
        }
    }

    pub fn message(&self) -> String {
        match self {
            ShardError::Database(error) => error.message.clone(),
            ShardError::Failed(error) => error.to_string(),
        }
    }

    /// True if PostgreSQL refused a row or a value: a single PostgreSQL with all rows would have refused it too.
    pub fn is_about_data(&self) -> bool {
        const CLASSES: [&str; 5] = ["21", "22", "23", "44", "P0"];
        matches!(self, ShardError::Database(error)
            if error.code.as_deref().is_some_and(|code| CLASSES.iter().any(|class| code.starts_with(class))))
    }

    /// True if every shard is likely to refuse the statement in the same way: the statement is at fault, or a value in it.
    pub fn is_about_the_statement(&self) -> bool {
        const CLASSES: [&str; 7] = ["42", "22", "0A", "21", "25", "2B", "54"];
        matches!(self, ShardError::Database(error)
            if error.code.as_deref().is_some_and(|code| CLASSES.iter().any(|class| code.starts_with(class))))
    }

    /// The error of a statement for every shard that was sent to none, because this shard cannot be reached.
    pub fn sent_to_none(self) -> Self {
        match self {
            ShardError::Failed(Error::ShardUnavailable { shard, address, reason }) => {
                let reason = format!("{reason}; the statement was sent to no shard");
                ShardError::Failed(Error::ShardUnavailable { shard, address, reason })
            }
            error => error,
        }
    }
}

/// Why a fan-out ends without a result.
#[derive(Debug)]
pub enum FanOutError {
    Shard(ShardError),
    Partial(Box<PartialFailure>),
}

/// The statement ended differently from shard to shard.
#[derive(Debug)]
pub struct PartialFailure {
    pub error: Error,
    pub cause: ShardError,
    pub shards: Vec<ShardReport>,
}

/// One shard in the `outcomes` of an error.
#[derive(Debug)]
pub struct ShardReport {
    /// What may be logged: the shard, the outcome, the code.
    pub context: Value,
    pub error: Option<ShardError>,
}

impl FanOutError {
    /// The planner has no plan.
    pub fn refused(refusal: &Refusal) -> Self {
        Error::PlanUnsupported { reason: refusal.to_string() }.into()
    }

    /// A refusal in the planner's words, for what turns out only once the shards were asked.
    pub fn unsupported(reason: &str) -> Self {
        FanOutError::refused(&Refusal::Unsupported(reason.to_owned()))
    }

    /// The library's code; PostgreSQL's refusals have none.
    pub fn code(&self) -> &'static str {
        match self {
            FanOutError::Shard(ShardError::Database(_)) => "DATABASE",
            FanOutError::Shard(ShardError::Failed(error)) => error.code(),
            FanOutError::Partial(partial) => partial.error.code(),
        }
    }

    /// The same without the position in a text that the caller has never seen.
    pub fn without_position(self) -> Self {
        match self {
            FanOutError::Shard(ShardError::Database(mut error)) => {
                error.position = None;
                FanOutError::Shard(ShardError::Database(error))
            }
            error => error,
        }
    }
}

impl From<ShardError> for FanOutError {
    fn from(error: ShardError) -> Self {
        FanOutError::Shard(error)
    }
}

impl From<Error> for FanOutError {
    fn from(error: Error) -> Self {
        FanOutError::Shard(ShardError::Failed(error))
    }
}
