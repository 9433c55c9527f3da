//! Sends statements to the shards and collects what comes back: retries, deadlines, cancellation, and the outcome on each
//! shard. It knows nothing of tenants (`route`) or of the meaning of rows (`gather`). `client` calls it.

mod error;
mod failure;
mod internal_queries;
mod interrupt;
mod interrupts;
mod outcome;
mod retry;
mod shard_call;
mod shard_calls;
mod shards;
mod statement;
mod unresponsive;

pub use error::{FanOutError, PartialFailure, ShardError, ShardReport};
pub use failure::{Effect, FailedAttempt, unavailable};
pub use internal_queries::{InternalQueries, all, all_until};
pub use interrupt::{CANCEL_GRACE, DEADLINE_GRACE, Interrupt};
pub use interrupts::{Interrupts, milliseconds_until};
pub use outcome::{FailedShard, ShardOutcome};
pub use retry::{FailureClass, Retry, RetryBudget};
pub use shard_call::DescribedPart;
pub use shard_calls::ShardCalls;
pub use shards::{Shards, StartTurn};
pub use statement::{FailurePolicy, Statement};
