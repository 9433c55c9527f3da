//! The outcome of a fan-out on each shard, and the error of the whole if not all is well.

use serde_json::{Value, json};

use super::error::{FanOutError, LATE, PartialFailure, ShardError, ShardReport};
use super::failure::FailedAttempt;
use super::retry::FailureClass;
use super::statement::{FailurePolicy, Statement};
use crate::channel::QueryChannel;
use crate::error::{Error, Fate};

/// The outcome of a fan-out on one shard.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// `begun`: the statement was sent.
    UnderWay {
        begun: bool,
    },
    /// The number of rows in the command tag.
    Done {
        count: Option<u64>,
    },
    Failed(ShardError),
    /// None: it was not needed any more.
    NotSent(Option<ShardError>),
    /// It was sent, and may have taken effect.
    Unknown(ShardError),
    /// It was stopped because another shard failed, or because no more rows were wanted.
    Cancelled,
}

impl Outcome {
    pub fn of(failed: FailedAttempt) -> Self {
        let failure = ShardError::Failed(failed.error);
        match failed.class {
            FailureClass::NeverSent | FailureClass::WrongShard => Outcome::NotSent(Some(failure)),
            FailureClass::OutcomeUnknown | FailureClass::StaysUnknown => Outcome::Unknown(failure),
            FailureClass::Answered => match &failure {
                ShardError::Failed(Error::Cancelled { .. } | Error::ClientClosed { .. }) => Outcome::Cancelled,
                ShardError::Failed(
                    Error::Timeout { fate: Fate::Unknown | Fate::OnlyReads, .. }
                    | Error::ServerLimit { fate: Fate::OnlyReads, .. },
                ) => Outcome::Unknown(failure),
                ShardError::Failed(Error::Overloaded { .. } | Error::Unauthenticated { .. }) => {
                    Outcome::NotSent(Some(failure))
                }
                _ => Outcome::Failed(failure),
            },
        }
    }

    pub fn error(&self) -> Option<&ShardError> {
        match self {
            Outcome::Failed(failure) | Outcome::NotSent(Some(failure)) | Outcome::Unknown(failure) => Some(failure),
            _ => None,
        }
    }

    pub fn is_over(&self) -> bool {
        !matches!(self, Outcome::UnderWay { .. })
    }

    fn word(&self) -> &'static str {
        match self {
            Outcome::Done { .. } => "done",
            Outcome::Failed(_) => "failed",
            Outcome::NotSent(_) | Outcome::UnderWay { begun: false } => "not sent",
            Outcome::Unknown(_) => "unknown",
            Outcome::Cancelled | Outcome::UnderWay { begun: true } => "cancelled",
        }
    }
}

/// A shard with its outcome.
#[derive(Debug)]
pub struct ShardOutcome<'a> {
    pub channel: &'a QueryChannel,
    pub outcome: &'a Outcome,
    /// It has begun to answer with a result.
    pub answered: bool,
    /// Some of its rows were used.
    pub used: bool,
}

impl ShardOutcome<'_> {
    fn place(&self) -> String {
        format!("shard {} ({})", self.channel.shard(), self.channel.address())
    }

    /// For the context of the error: only what may be logged.
    fn context(&self) -> Value {
        let mut context = json!({
            "shardIndex": self.channel.shard(),
            "queryServer": self.channel.address(),
            "outcome": self.outcome.word(),
        });
        if let Outcome::Done { count } = self.outcome {
            context["rowCount"] = json!(count);
        }
        if let Some(failure) = self.outcome.error() {
            context["code"] = json!(failure.code());
        }
        context
    }

    /// True unless it is known that nothing of the statement has run there.
    fn may_have_run(&self) -> bool {
        match self.outcome {
            Outcome::NotSent(_) | Outcome::UnderWay { begun: false } => false,
            Outcome::Failed(ShardError::Failed(Error::Timeout { fate, .. })) => *fate != Fate::NotRun,
            _ => true,
        }
    }

    fn report(&self) -> ShardReport {
        ShardReport { context: self.context(), error: self.outcome.error().cloned() }
    }

    /// For a result that does without this shard, if it failed.
    pub fn failed(&self) -> Option<FailedShard> {
        let error = self.outcome.error()?.clone();
        let (shard, address) = (self.channel.shard(), self.channel.address().to_owned());
        Some(FailedShard { shard, address, error, partial: self.used })
    }
}

/// A shard that is missing from a result.
#[derive(Debug)]
pub struct FailedShard {
    pub shard: usize,
    pub address: String,
    pub error: ShardError,
    /// Some of its rows are in the result.
    pub partial: bool,
}

/// The error of a fan-out that has not succeeded on every shard. `interrupt`: the error that it was told to stop for.
/// `may_write`: it may have done more than read, even as a query.
pub fn fan_out_error(
    shards: &[ShardOutcome<'_>],
    interrupt: Option<Error>,
    statement: &Statement,
    may_write: bool,
) -> FanOutError {
    let Statement { policy, is_planned_to_read, .. } = *statement;
    let writes = policy == FailurePolicy::Write;
    let errors = || shards.iter().filter_map(|shard| Some((shard, shard.outcome.error()?)));
    let any = |test: fn(&Outcome) -> bool| shards.iter().any(|shard| test(shard.outcome));
    let is_done = any(|outcome| matches!(outcome, Outcome::Done { .. }));
    let is_unknown = any(|outcome| matches!(outcome, Outcome::Unknown(_)));
    let may_have_effect = may_write && (is_done || is_unknown);
    // A cancel, a close or a timeout is the whole story, unless something has taken effect.
    let only_late = interrupt.as_ref().is_none_or(|error| error.code() == LATE);
    let is_refused = errors().any(|(_, failure)| matches!(failure, ShardError::Database(_)));
    // PostgreSQL's error is worth more than another shard's silence.
    let is_said = only_late && is_refused;
    if !may_have_effect
        && is_said
        && let Some(failure) = common_error(shards)
    {
        return FanOutError::Shard(failure.clone());
    }
    if let Some(error) = &interrupt
        && !may_have_effect
        && !is_said
    {
        return FanOutError::Shard(ShardError::Failed(naming_the_silent_shard(shards, error)));
    }
    if !writes
        && (!may_have_effect || is_planned_to_read)
        && let Some((_, failure)) = errors().find(|(_, failure)| failure.is_about_data())
    {
        return FanOutError::Shard(failure.clone());
    }
    if !may_have_effect {
        let timeout = errors().find_map(|(_, failure)| match failure {
            ShardError::Failed(
                error @ (Error::Timeout { .. } | Error::ShardTimeout { .. } | Error::ServerLimit { .. }),
            ) => Some(error),
            _ => None,
        });
        if let Some(timeout) = timeout.filter(|_| !is_refused) {
            return FanOutError::Shard(ShardError::Failed(naming_the_silent_shard(shards, timeout)));
        }
        if let Some(failure) = common_error(shards) {
            return FanOutError::Shard(failure.clone());
        }
    }
    let first = errors().find(|(_, failure)| matches!(failure, ShardError::Database(_))).or_else(|| errors().next());
    let (place, failure) = match (first, interrupt) {
        (Some((shard, failure)), _) => (shard.place() + ": ", failure.clone()),
        (None, interrupt) => {
            (String::new(), ShardError::Failed(interrupt.unwrap_or(Error::Cancelled { fate: Fate::Unknown })))
        }
    };
    let reason = sentence(shards, &format!("{place}{}", failure.message()), writes, may_have_effect);
    let context = shards.iter().map(ShardOutcome::context).collect();
    FanOutError::Partial(Box::new(PartialFailure {
        error: Error::PartialFailure { reason, shards: context },
        cause: failure,
        shards: shards.iter().map(ShardOutcome::report).collect(),
    }))
}

/// A timeout that names the silent shard, where others have answered.
fn naming_the_silent_shard(shards: &[ShardOutcome<'_>], error: &Error) -> Error {
    let has_answered = |shard: &&ShardOutcome<'_>| shard.answered || matches!(shard.outcome, Outcome::Done { .. });
    // The error may be that of one shard which has not run it.
    let error = &match *error {
        Error::Timeout { timeout_ms, fate: Fate::NotRun } if shards.iter().any(|shard| shard.may_have_run()) => {
            Error::Timeout { timeout_ms, fate: Fate::Stopped }
        }
        _ => error.clone(),
    };
    match (error, shards.iter().find(|shard| !has_answered(shard))) {
        (&Error::Timeout { timeout_ms, fate }, Some(silent)) if shards.iter().any(|shard| has_answered(&shard)) => {
            let (shard, address) = (silent.channel.shard(), silent.channel.address().to_owned());
            Error::ShardTimeout { shard, address, timeout_ms, fate }
        }
        _ => error.clone(),
    }
}

/// The error that all shards which said anything have in common.
fn common_error<'s>(shards: &'s [ShardOutcome<'_>]) -> Option<&'s ShardError> {
    let errors = || shards.iter().filter_map(|shard| shard.outcome.error());
    let first = errors().find(|failure| matches!(failure, ShardError::Database(_))).or_else(|| errors().next())?;
    let same = shards.iter().all(|shard| match shard.outcome {
        // This shard said nothing.
        Outcome::Failed(failure) | Outcome::NotSent(Some(failure)) | Outcome::Unknown(failure)
            if first.is_about_the_statement() && failure.code() == LATE && !shard.answered =>
        {
            true
        }
        Outcome::Failed(failure) | Outcome::NotSent(Some(failure)) => failure.code() == first.code(),
        Outcome::NotSent(None) | Outcome::UnderWay { begun: false } => true,
        // It had said nothing when it was stopped. But an error of one shard alone says nothing of the others.
        Outcome::Cancelled | Outcome::UnderWay { begun: true } => {
            matches!(first, ShardError::Database(_)) && !shard.answered
        }
        Outcome::Done { .. } | Outcome::Unknown(_) => false,
    });
    same.then_some(first)
}

fn sentence(shards: &[ShardOutcome<'_>], first: &str, writes: bool, may_have_effect: bool) -> String {
    let count = |word: &str| shards.iter().filter(|shard| shard.outcome.word() == word).count();
    let (done, all) = (count("done"), shards.len());
    if writes || may_have_effect {
        let unknown = count("unknown");
        let doubt = if unknown > 0 { format!(", may have on {unknown}") } else { String::new() };
        let what = if writes { "the statement" } else { "the query, which may do more than read," };
        return format!(
            "{what} has taken effect on {done} of {all} shards{doubt}, and not on the others: {first}. see `outcomes`"
        );
    }
    let failed = shards.iter().filter(|shard| shard.outcome.error().is_some()).count();
    format!("{failed} of {all} shards failed, and the query with them: {first}")
}
