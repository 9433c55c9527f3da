//! What a query server's failures mean: the class that decides whether to try again, and the error that is reported.
//! Shared by queries for one shard and for all.

mod size;

use std::time::Duration;

use serde_json::{Value, json};

use super::world::Interrupt;
use crate::channel::QueryChannel;
use crate::error::{Error, Fate};
use crate::proto::failure::Reason;
use crate::proto::{DatabaseError, Failure};
use crate::scatter::Class;

pub use size::fitted;

/// What a query may have done of which nobody says what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It only reads: its caller says so.
    Nothing,
    /// It only reads, as its server had found out before it fell silent. A change of the database may have come since.
    NothingOfLate,
    /// Whatever it was goes with its transaction.
    RolledBack,
    Anything,
}

/// An attempt that did not end in a reply.
#[derive(Debug)]
pub struct Failed {
    pub class: Class,
    pub error: Error,
}

impl Failed {
    pub fn never_sent(error: Error) -> Self {
        Failed { class: Class::NeverSent, error }
    }

    pub fn for_good(error: Error) -> Self {
        Failed { class: Class::Answered, error }
    }

    /// A call that could not be started.
    pub fn at_start(error: Error) -> Self {
        match error {
            Error::ShardUnavailable { .. } => Failed::never_sent(error),
            Error::WrongShard { .. } => Failed { class: Class::WrongShard, error },
            Error::OutcomeUnknown { .. } => Failed { class: Class::StaysUnknown, error },
            error => Failed::for_good(error),
        }
    }

    /// The server will not run what it was sent.
    pub fn never_ran(channel: &QueryChannel, reason: String) -> Self {
        Failed::never_sent(unavailable(channel, reason))
    }

    /// The connection broke after sending.
    pub fn lost(channel: &QueryChannel, reason: String) -> Self {
        let error = Error::OutcomeUnknown {
            shard: channel.shard,
            address: channel.address.clone(),
            reason,
            stopping_for: None,
        };
        Failed { class: Class::OutcomeUnknown, error }
    }

    /// The query was to stop, and nobody says that it has: of a write it is not known whether it took effect. `stopping`:
    /// the error for a query that only reads.
    pub fn in_doubt(channel: &QueryChannel, stopping: Error, reason: String, only_reads: bool) -> Self {
        if only_reads {
            return Failed::for_good(stopping);
        }
        let stopping_for = Some(stopping.code());
        let error =
            Error::OutcomeUnknown { shard: channel.shard, address: channel.address.clone(), reason, stopping_for };
        Failed { class: Class::StaysUnknown, error }
    }

    /// The server has not said in time what became of a query that was to stop.
    pub fn given_up(channel: &QueryChannel, interrupt: Interrupt, timeout: Duration, effect: Effect) -> Self {
        let consequence = match effect {
            Effect::Nothing => return Failed::for_good(interrupt.error(timeout, Fate::OnlyReads)),
            Effect::RolledBack => return Failed::for_good(interrupt.error(timeout, Fate::RolledBack)),
            Effect::NothingOfLate => {
                "when it last looked, such a query did nothing but read; whether it still did is not known"
            }
            Effect::Anything => "whether it took effect is not known",
        };
        let stopping = interrupt.error(timeout, Fate::Unknown);
        let why = match interrupt {
            Interrupt::Cancelled => "the query was cancelled".to_owned(),
            Interrupt::Closed => "the client was closed".to_owned(),
            Interrupt::Deadline => format!("the query did not finish within {} ms", timeout.as_millis()),
        };
        let reason = format!("{why}, but the server does not say what became of it; {consequence}");
        Failed::in_doubt(channel, stopping, reason, false)
    }

    /// The same of a query that only reads: it has no outcome that could be in doubt, but no answer either.
    pub fn of_a_read(self) -> Self {
        match self.error {
            Error::OutcomeUnknown { shard, address, reason, .. } if self.class == Class::OutcomeUnknown => {
                let reason = format!(
                    "it was lost after the query was sent, which only read when the server last looked, and was not \
                     repeated: {reason}"
                );
                Failed::for_good(Error::ShardUnavailable { shard, address, reason })
            }
            error => Failed { class: self.class, error },
        }
    }

    pub fn broken(channel: &QueryChannel, reason: String) -> Self {
        Failed::for_good(Error::Protocol { server: format!("query server {}", channel.address), reason })
    }

    /// The server's own refusal, by what it says of the statement; `interrupted`: what it was asked to stop for.
    /// `only_reads`: whether the query has no outcome that could be in doubt, given what the server says of that; asked only
    /// where it matters.
    pub fn refused(
        channel: &QueryChannel,
        failure: Failure,
        interrupted: Option<Interrupt>,
        timeout: Duration,
        only_reads: impl FnOnce(Option<bool>) -> bool,
    ) -> Self {
        let (stopping_for, only_read) = (failure.stopping_for(), failure.only_read);
        let ended = if failure.never_ran { Fate::NotRun } else { Fate::Stopped };
        let (reason, cause) = (failure.message, failure.cause);
        let error = match Reason::try_from(failure.reason).unwrap_or_default() {
            Reason::Overloaded => Error::Overloaded { reason: format!("query server {}: {reason}", channel.address) },
            Reason::Timeout => Interrupt::Deadline.error(timeout, ended),
            Reason::Cancelled => interrupted.unwrap_or(Interrupt::Cancelled).error(timeout, ended),
            Reason::Unavailable => {
                let class = if failure.never_ran { Class::NeverSent } else { Class::OutcomeUnknown };
                return Failed { class, error: unavailable(channel, reason) };
            }
            // It was run before, and is not run again.
            Reason::OutcomeUnknown if failure.never_ran => {
                let Failed { error, .. } = Failed::lost(channel, reason);
                return Failed { class: Class::StaysUnknown, error };
            }
            Reason::OutcomeUnknown => {
                // What the server says of a write, whoever knows better does not say of a read.
                let of_a_read = match cause.as_str() {
                    "" => reason.clone(),
                    cause => format!("{cause}; the statement only reads"),
                };
                let stopping = match stopping_for {
                    Reason::Timeout => Interrupt::Deadline.error(timeout, Fate::OnlyReads),
                    Reason::Cancelled => interrupted.unwrap_or(Interrupt::Cancelled).error(timeout, Fate::OnlyReads),
                    Reason::Stalled => stalled(channel, of_a_read),
                    Reason::Invalid => Error::Invalid { reason: of_a_read },
                    Reason::Overloaded => Error::Overloaded { reason: of_a_read },
                    _ => return Failed::lost(channel, reason),
                };
                return Failed::in_doubt(channel, stopping, reason, only_reads(only_read));
            }
            Reason::Stalled => stalled(channel, reason),
            Reason::Invalid => Error::Invalid { reason },
            Reason::WrongShard => {
                let (shard, address) = (channel.shard, channel.address.clone());
                return Failed { class: Class::WrongShard, error: Error::WrongShard { shard, address, reason } };
            }
            Reason::Outdated => Error::PlanUnsupported {
                reason:
                    "the tables, views or functions that it names were changed while it ran, and nothing of it stays \
                         there"
                        .into(),
            },
            Reason::Unspecified => return Failed::broken(channel, format!("a failure without a reason: {reason}")),
        };
        Failed::for_good(error)
    }
}

fn stalled(channel: &QueryChannel, reason: String) -> Error {
    Error::Stalled { shard: channel.shard, address: channel.address.clone(), reason }
}

pub fn unavailable(channel: &QueryChannel, reason: String) -> Error {
    Error::ShardUnavailable { shard: channel.shard, address: channel.address.clone(), reason }
}

/// An error of the library's, as `js/native/failures.js` reads it.
pub fn error_record(error: &Error) -> Value {
    json!({ "code": error.code(), "message": error.to_string(), "context": error.context() })
}

/// PostgreSQL's refusal with every field, in the order in which `js/native/failures.js` reads them.
pub fn database_record(error: &DatabaseError) -> Value {
    json!({ "database": [
        error.message,
        error.length,
        error.severity,
        error.code,
        error.detail,
        error.hint,
        error.position,
        error.internal_position,
        error.internal_query,
        error.r#where,
        error.schema,
        error.table,
        error.column,
        error.data_type,
        error.constraint,
        error.file,
        error.line,
        error.routine,
    ] })
}

#[cfg(test)]
mod tests;
