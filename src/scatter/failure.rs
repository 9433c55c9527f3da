//! What a query server's failures mean: the class that decides whether to try again, and the error to report. Used for
//! queries on one shard and on all.

use std::sync::Arc;
use std::time::Duration;

use super::interrupt::Interrupt;
use super::retry::FailureClass;
use crate::channel::{QueryChannel, ReplyEvent};
use crate::data::shape::Description;
use crate::error::{Error, Fate};
use crate::proto::failure::Reason;
use crate::proto::{Failure, ReplyPart};

/// What a query may have done whose server does not say what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It only reads, the caller says.
    Nothing,
    /// It only read when the server last looked. The database may have changed since.
    NothingOfLate,
    /// Its transaction is rolled back.
    RolledBack,
    Anything,
}

/// An attempt that did not end in a reply.
#[derive(Debug)]
pub struct FailedAttempt {
    pub class: FailureClass,
    pub error: Error,
}

impl FailedAttempt {
    /// The part of the reply that an event brings, or the failure that it reports.
    pub fn part_or_failure(
        channel: &QueryChannel,
        event: ReplyEvent,
    ) -> Result<(ReplyPart, Option<Arc<Description>>), FailedAttempt> {
        match event {
            ReplyEvent::Part(part, description) => Ok((part, description)),
            ReplyEvent::NeverRan(reason) => Err(FailedAttempt::never_ran(channel, reason)),
            ReplyEvent::Refused(reason) => Err(FailedAttempt::final_error(channel.refusal(&reason))),
            ReplyEvent::Lost(reason) => Err(FailedAttempt::lost(channel, reason)),
            ReplyEvent::Broken(reason) => Err(FailedAttempt::broken(channel, reason)),
        }
    }

    pub fn never_sent(error: Error) -> Self {
        FailedAttempt { class: FailureClass::NeverSent, error }
    }

    pub fn final_error(error: Error) -> Self {
        FailedAttempt { class: FailureClass::Answered, error }
    }

    /// A call that could not start.
    pub fn at_start(error: Error) -> Self {
        match error {
            Error::ShardUnavailable { .. } => FailedAttempt::never_sent(error),
            Error::WrongShard { .. } => FailedAttempt { class: FailureClass::WrongShard, error },
            Error::OutcomeUnknown { .. } => FailedAttempt { class: FailureClass::StaysUnknown, error },
            error => FailedAttempt::final_error(error),
        }
    }

    /// The server will not run what it was sent.
    pub fn never_ran(channel: &QueryChannel, reason: String) -> Self {
        FailedAttempt::never_sent(unavailable(channel, reason))
    }

    /// The connection broke after sending.
    pub fn lost(channel: &QueryChannel, reason: String) -> Self {
        let error = Error::OutcomeUnknown {
            shard: channel.shard(),
            address: channel.address().to_owned(),
            reason,
            stopping_for: None,
        };
        FailedAttempt { class: FailureClass::OutcomeUnknown, error }
    }

    /// The query was told to stop, and the server does not confirm that it has: whether a write took effect is not known.
    /// `stopping` is the error for a query that only reads.
    pub fn in_doubt(channel: &QueryChannel, stopping: Error, reason: String, only_reads: bool) -> Self {
        if only_reads {
            return FailedAttempt::final_error(stopping);
        }
        let stopping_for = Some(stopping.code());
        let error = Error::OutcomeUnknown {
            shard: channel.shard(),
            address: channel.address().to_owned(),
            reason,
            stopping_for,
        };
        FailedAttempt { class: FailureClass::StaysUnknown, error }
    }

    /// The server did not say in time what became of a query that was told to stop.
    pub fn given_up(channel: &QueryChannel, interrupt: Interrupt, timeout: Duration, effect: Effect) -> Self {
        let consequence = match effect {
            Effect::Nothing => return FailedAttempt::final_error(interrupt.error(timeout, Fate::OnlyReads)),
            Effect::RolledBack => return FailedAttempt::final_error(interrupt.error(timeout, Fate::RolledBack)),
            Effect::NothingOfLate => {
                "such a query only read when the server last looked; whether it still did is not known"
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
        FailedAttempt::in_doubt(channel, stopping, reason, false)
    }

    /// The same for a query that only reads: no outcome is in doubt, but there is no answer either.
    pub fn for_read(self) -> Self {
        match self.error {
            Error::OutcomeUnknown { shard, address, reason, .. } if self.class == FailureClass::OutcomeUnknown => {
                let reason = format!(
                    "it was lost after the query was sent, which only read when the server last looked, and was not \
                     repeated: {reason}"
                );
                FailedAttempt::final_error(Error::ShardUnavailable { shard, address, reason })
            }
            error => FailedAttempt { class: self.class, error },
        }
    }

    pub fn broken(channel: &QueryChannel, reason: String) -> Self {
        FailedAttempt::final_error(Error::Protocol { server: format!("query server {}", channel.address()), reason })
    }

    /// The server's own refusal. `interrupted`: why it was asked to stop. `only_reads` says whether the query only reads,
    /// given the server's word on that; it is called only where it matters.
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
        // Whose time was up.
        let late = |reason: &str, fate| match failure.server_limit_ms {
            0 => Interrupt::Deadline.error(timeout, fate),
            limit_ms => Error::ServerLimit {
                shard: channel.shard(),
                address: channel.address().to_owned(),
                reason: reason.to_owned(),
                timeout_ms: limit_ms.into(),
                fate,
            },
        };
        let error = match Reason::try_from(failure.reason).unwrap_or_default() {
            Reason::Overloaded => Error::Overloaded { reason: format!("query server {}: {reason}", channel.address()) },
            Reason::Timeout => late(&reason, ended),
            Reason::Cancelled => interrupted.unwrap_or(Interrupt::Cancelled).error(timeout, ended),
            Reason::Unavailable => {
                let class = if failure.never_ran { FailureClass::NeverSent } else { FailureClass::OutcomeUnknown };
                return FailedAttempt { class, error: unavailable(channel, reason) };
            }
            // It may have run before, and is not run again.
            Reason::OutcomeUnknown if failure.never_ran => {
                let FailedAttempt { error, .. } = FailedAttempt::lost(channel, reason);
                return FailedAttempt { class: FailureClass::StaysUnknown, error };
            }
            Reason::OutcomeUnknown => {
                // The server speaks of a write; the caller may know that it is a read.
                let of_a_read = match cause.as_str() {
                    "" => reason.clone(),
                    cause => format!("{cause}; the statement only reads"),
                };
                let stopping = match stopping_for {
                    Reason::Timeout => late(&of_a_read, Fate::OnlyReads),
                    Reason::Cancelled => interrupted.unwrap_or(Interrupt::Cancelled).error(timeout, Fate::OnlyReads),
                    Reason::Stalled => stalled(channel, of_a_read),
                    Reason::Invalid => Error::Invalid { reason: of_a_read },
                    Reason::Overloaded => Error::Overloaded { reason: of_a_read },
                    _ => return FailedAttempt::lost(channel, reason),
                };
                return FailedAttempt::in_doubt(channel, stopping, reason, only_reads(only_read));
            }
            Reason::Stalled => stalled(channel, reason),
            Reason::Invalid => Error::Invalid { reason },
            Reason::WrongShard => {
                let (shard, address) = (channel.shard(), channel.address().to_owned());
                return FailedAttempt {
                    class: FailureClass::WrongShard,
                    error: Error::WrongShard { shard, address, reason },
                };
            }
            Reason::Outdated => Error::PlanUnsupported {
                reason:
                    "the tables, views or functions that it names were changed while it ran, and nothing of it stays \
                         there"
                        .into(),
            },
            Reason::Unspecified => {
                return FailedAttempt::broken(channel, format!("a failure without a reason: {reason}"));
            }
        };
        FailedAttempt::final_error(error)
    }
}

fn stalled(channel: &QueryChannel, reason: String) -> Error {
    Error::Stalled { shard: channel.shard(), address: channel.address().to_owned(), reason }
}

pub fn unavailable(channel: &QueryChannel, reason: String) -> Error {
    Error::ShardUnavailable { shard: channel.shard(), address: channel.address().to_owned(), reason }
}

#[cfg(test)]
mod tests;
