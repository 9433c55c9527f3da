//! Shards on which nobody can look at what a plan dependencies: another transaction has locked it, or the shard has not said in
//! time what it has. The plan waits for a moment; without it, the error names the shard.

use super::plan_cache::PlannedStatement;
use crate::client::shared::Shared;
use crate::error::Error;
use crate::plan::Refusal;

/// In words, why a shard says nothing of a relation.
pub fn locked_by_another(name: &str) -> String {
    format!("another transaction has locked {name} there, so that nobody can look at it")
}

/// Why no plan has held. If every shard has said what it has, others have changed it again and again.
pub fn never_held(shared: &Shared, planned: Option<&PlannedStatement>) -> Error {
    let plans = &shared.fan_outs.plans;
    let locked = planned.and_then(|planned| plans.locked(&planned.dependencies));
    let (shard, reason) = match (locked, plans.unheard(shared.shards.len())) {
        (Some((name, shard)), _) => (shard, locked_by_another(&name)),
        (None, Some(shard)) => {
            (shard, "it has not said in time what tables, views, types and functions it has".to_owned())
        }
        (None, None) => {
            let reason = "the tables, views, types or functions that it uses have been changed meanwhile; run it again";
            return Error::PlanUnsupported { reason: Refusal::Unsupported(reason.to_owned()).to_string() };
        }
    };
    let reason = format!("{reason}; nothing has come of the query");
    Error::ShardUnavailable { shard, address: shared.shards.channels[shard].address().to_owned(), reason }
}
