//! Explains why no plan held: what the plan uses is locked on a shard, a shard did not describe its schema in time, or
//! others keep changing it.

use super::plan_cache::PlannedStatement;
use crate::client::shared::Shared;
use crate::error::Error;
use crate::plan::Refusal;

/// Why a shard says nothing of a relation, in words.
pub fn locked_by_another(name: &str) -> String {
    format!("another transaction has locked {name} there, so it cannot be read")
}

/// The error of a query for which no plan has held. If every shard has described its schema, others have changed it
/// again and again.
pub fn never_held(shared: &Shared, planned: Option<&PlannedStatement>) -> Error {
    let plans = &shared.fan_outs.plans;
    let locked = planned.and_then(|planned| plans.locked(&planned.dependencies));
    let (shard, reason) = match (locked, plans.first_unknown_shard(shared.shards.len())) {
        (Some((name, shard)), _) => (shard, locked_by_another(&name)),
        (None, Some(shard)) => (shard, "it did not describe its tables, views, types and functions in time".to_owned()),
        (None, None) => {
            let reason = "the tables, views, types or functions that it uses were changed meanwhile; run it again";
            return Error::PlanUnsupported { reason: Refusal::Unsupported(reason.to_owned()).to_string() };
        }
    };
    let reason = format!("{reason}; the query had no effect");
    Error::ShardUnavailable { shard, address: shared.shards.channels[shard].address().to_owned(), reason }
}
