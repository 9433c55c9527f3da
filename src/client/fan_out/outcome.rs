//! What has become of a fan-out on each shard, and which error the whole of it is when not all has gone well.

use serde_json::{Value, json};

use super::Halt;
use crate::channel::QueryChannel;
use crate::client::failure::{Failed, database_record, error_record};
use crate::error::{Error, Fate};
use crate::proto::DatabaseError;
use crate::scatter::Class;

/// The code of what has not been answered in time.
const LATE: &str = "TIMEOUT";

/// Why a shard has not done its part.
#[derive(Clone, Debug)]
pub enum Fault {
    /// PostgreSQL has refused it.
    Database(Box<DatabaseError>),
    Failed(Error),
}

impl Fault {
    /// SQLSTATE, or the library's own code.
    pub fn code(&self) -> &str {
        match self {
            Fault::Database(error) => error.code.as_deref().unwrap_or_default(),
            Fault::Failed(error) => error.code(),
        }
    }

    pub fn message(&self) -> String {
        match self {
            Fault::Database(error) => error.message.clone(),
            Fault::Failed(error) => error.to_string(),
        }
    }

    /// As `js/native/failures.js` reads it.
    pub fn record(&self) -> Value {
        match self {
            Fault::Database(error) => database_record(error),
            Fault::Failed(error) => error_record(error),
        }
    }

    /// True if a row or a value has been refused: one PostgreSQL with all rows would have refused it too, whichever
    /// shard holds it.
    pub fn is_of_the_data(&self) -> bool {
        const CLASSES: [&str; 5] = ["21", "22", "23", "44", "P0"];
        matches!(self, Fault::Database(error)
            if error.code.as_deref().is_some_and(|code| CLASSES.iter().any(|class| code.starts_with(class))))
    }

    /// True if the same statement is likely to be refused by every shard: the statement or a value in it is at fault, not
    /// the shard.
    pub fn is_of_the_statement(&self) -> bool {
        const CLASSES: [&str; 7] = ["42", "22", "0A", "21", "25", "2B", "54"];
        matches!(self, Fault::Database(error)
            if error.code.as_deref().is_some_and(|code| CLASSES.iter().any(|class| code.starts_with(class))))
    }
}

/// What has become of a fan-out on one shard.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// `begun`: it has been sent.
    UnderWay {
        begun: bool,
    },
    /// The number in the command tag.
    Done {
        count: Option<u64>,
    },
    Failed(Fault),
    /// None: it was not needed any more.
    NotSent(Option<Fault>),
    /// It was sent, and may or may not have taken effect.
    Unknown(Fault),
    /// It has been stopped because of another's failure, or because JavaScript wanted no more.
    Cancelled,
}

impl Outcome {
    pub fn of(failed: Failed) -> Self {
        let fault = Fault::Failed(failed.error);
        match failed.class {
            Class::NeverSent | Class::WrongShard => Outcome::NotSent(Some(fault)),
            Class::OutcomeUnknown | Class::StaysUnknown => Outcome::Unknown(fault),
            Class::Answered => match &fault {
                Fault::Failed(Error::Cancelled { .. } | Error::ClientClosed { .. }) => Outcome::Cancelled,
                Fault::Failed(Error::Timeout { fate: Fate::Unknown | Fate::OnlyReads, .. }) => Outcome::Unknown(fault),
                Fault::Failed(Error::Overloaded { .. } | Error::Unauthenticated { .. }) => {
                    Outcome::NotSent(Some(fault))
                }
                _ => Outcome::Failed(fault),
            },
        }
    }

    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Outcome::Failed(fault) | Outcome::NotSent(Some(fault)) | Outcome::Unknown(fault) => Some(fault),
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

/// A shard and what has become of it there.
#[derive(Debug)]
pub struct ShardOutcome<'a> {
    pub channel: &'a QueryChannel,
    pub outcome: &'a Outcome,
    /// It has begun to answer with a result.
    pub answered: bool,
    /// Rows of it have been used.
    pub used: bool,
}

impl ShardOutcome<'_> {
    fn place(&self) -> String {
        format!("shard {} ({})", self.channel.shard, self.channel.address)
    }

    /// For the context of the error: nothing but what may be logged.
    fn context(&self) -> Value {
        let mut context = json!({
            "shardIndex": self.channel.shard,
            "queryServer": self.channel.address,
            "outcome": self.outcome.word(),
        });
        if let Outcome::Done { count } = self.outcome {
            context["rowCount"] = json!(count);
        }
        if let Some(fault) = self.outcome.fault() {
            context["code"] = json!(fault.code());
        }
        context
    }

    /// For the property `outcomes` of the error.
    fn record(&self) -> Value {
        let mut record = self.context();
        if let Some(fault) = self.outcome.fault() {
            record["error"] = fault.record();
        }
        record
    }

    /// For `failedShards` of a result that does without this shard.
    pub fn failed_record(&self) -> Option<Value> {
        let fault = self.outcome.fault()?;
        let mut record = json!({
            "shardIndex": self.channel.shard,
            "queryServer": self.channel.address,
            "error": fault.record(),
        });
        if self.used {
            record["partial"] = json!(true);
        }
        Some(record)
    }
}

/// The error of a fan-out that has not succeeded everywhere. `interrupt`: what it was asked to stop for, as an error;
/// `writes`: it is no query; `may_write`: what it has done may be more than reading all the same.
pub fn verdict(shards: &[ShardOutcome<'_>], interrupt: Option<Error>, writes: bool, may_write: bool) -> Halt {
    let faults = || shards.iter().filter_map(|shard| Some((shard, shard.outcome.fault()?)));
    let any = |test: fn(&Outcome) -> bool| shards.iter().any(|shard| test(shard.outcome));
    let is_done = any(|outcome| matches!(outcome, Outcome::Done { .. }));
    let is_unknown = any(|outcome| matches!(outcome, Outcome::Unknown(_)));
    let may_have_effect = may_write && (is_done || is_unknown);
    // Cancelled, closed or out of time says all, unless something has taken effect.
    let only_late = interrupt.as_ref().is_none_or(|error| error.code() == LATE);
    let is_refused = faults().any(|(_, fault)| matches!(fault, Fault::Database(_)));
    // What PostgreSQL says goes before the silence of another shard.
    let is_said = only_late && is_refused;
    if !may_have_effect
        && is_said
        && let Some(fault) = alike(shards)
    {
        return Halt::Fault(fault.clone());
    }
    if let Some(error) = &interrupt
        && !may_have_effect
        && !is_said
    {
        return Halt::Fault(Fault::Failed(of_the_silent(shards, error)));
    }
    if !writes && let Some((_, fault)) = faults().find(|(_, fault)| fault.is_of_the_data()) {
        return Halt::Fault(fault.clone());
    }
    if !may_have_effect {
        let timeout = faults().find_map(|(_, fault)| match fault {
            Fault::Failed(error @ (Error::Timeout { .. } | Error::ShardTimeout { .. })) => Some(error),
            _ => None,
        });
        if let Some(timeout) = timeout.filter(|_| !is_refused) {
            return Halt::Fault(Fault::Failed(of_the_silent(shards, timeout)));
        }
        if let Some(fault) = alike(shards) {
            return Halt::Fault(fault.clone());
        }
    }
    let first = faults().find(|(_, fault)| matches!(fault, Fault::Database(_))).or_else(|| faults().next());
    let (place, fault) = match (first, interrupt) {
        (Some((shard, fault)), _) => (shard.place() + ": ", fault.clone()),
        (None, interrupt) => {
            (String::new(), Fault::Failed(interrupt.unwrap_or(Error::Cancelled { fate: Fate::Unknown })))
        }
    };
    let tells_effects = writes || (may_write && is_unknown);
    let reason = sentence(shards, &format!("{place}{}", fault.message()), tells_effects);
    let context = shards.iter().map(ShardOutcome::context).collect();
    let mut record = error_record(&Error::PartialFailure { reason, shards: context });
    record["outcomes"] = shards.iter().map(ShardOutcome::record).collect();
    record["cause"] = fault.record();
    Halt::Record(record)
}

/// The error of a query whose time was up: it names the shard that has not answered, where others have.
fn of_the_silent(shards: &[ShardOutcome<'_>], error: &Error) -> Error {
    let has_answered = |shard: &&ShardOutcome<'_>| shard.answered || matches!(shard.outcome, Outcome::Done { .. });
    match (error, shards.iter().find(|shard| !has_answered(shard))) {
        (&Error::Timeout { timeout_ms, fate }, Some(silent)) if shards.iter().any(|shard| has_answered(&shard)) => {
            let QueryChannel { shard, address, .. } = silent.channel;
            Error::ShardTimeout { shard: *shard, address: address.clone(), timeout_ms, fate }
        }
        _ => error.clone(),
    }
}

/// The failure, if all shards that have said anything have failed in the same way.
fn alike<'s>(shards: &'s [ShardOutcome<'_>]) -> Option<&'s Fault> {
    let faults = || shards.iter().filter_map(|shard| shard.outcome.fault());
    let first = faults().find(|fault| matches!(fault, Fault::Database(_))).or_else(|| faults().next())?;
    let same = shards.iter().all(|shard| match shard.outcome {
        // It has said nothing.
        Outcome::Failed(fault) | Outcome::NotSent(Some(fault)) | Outcome::Unknown(fault)
            if first.is_of_the_statement() && fault.code() == LATE && !shard.answered =>
        {
            true
        }
        Outcome::Failed(fault) | Outcome::NotSent(Some(fault)) => fault.code() == first.code(),
        Outcome::NotSent(None) | Outcome::UnderWay { begun: false } => true,
        // It had not said anything yet when it was stopped; but what one shard alone cannot do says nothing of the others.
        Outcome::Cancelled | Outcome::UnderWay { begun: true } => {
            matches!(first, Fault::Database(_)) && !shard.answered
        }
        Outcome::Done { .. } | Outcome::Unknown(_) => false,
    });
    same.then_some(first)
}

fn sentence(shards: &[ShardOutcome<'_>], first: &str, writes: bool) -> String {
    let count = |word: &str| shards.iter().filter(|shard| shard.outcome.word() == word).count();
    let (done, all) = (count("done"), shards.len());
    if writes {
        let unknown = count("unknown");
        let doubt = if unknown > 0 { format!(", may have on {unknown}") } else { String::new() };
        return format!(
            "the statement has taken effect on {done} of {all} shards{doubt}, and not on the others: {first}. `outcomes` tells of each"
        );
    }
    let failed = shards.iter().filter(|shard| shard.outcome.fault().is_some()).count();
    format!("{failed} of {all} shards failed, and the query with them: {first}")
}
