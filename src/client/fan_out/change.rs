//! A change of rows on all shards. It cannot be repeated, so its plan is checked before it is sent, and again by each
//! shard in the transaction of the change.

use std::sync::Arc;

use super::bindings::{RowLimits, UnclearValue, bind, equal_rows};
use super::broadcast::on_all;
use super::clock_values::now;
use super::execution::{AttemptEnd, FanOut};
use super::functions;
use super::planning::PlanSnapshot;
use super::refusal;
use crate::error::Error;
use crate::plan::{Broadcast, ChangePlan, ParamSource};
use crate::proto::QueryRequest;
use crate::scatter::{FailurePolicy, FanOutError, Interrupts, ShardError};

pub async fn run<'a>(
    fan_out: &mut FanOut<'a>,
    interrupts: Interrupts<'a>,
    snapshot: &PlanSnapshot<'_>,
    change: &Arc<ChangePlan>,
) -> Result<AttemptEnd<'a>, FanOutError> {
    let mut interrupts = interrupts;
    if let Some(reason) = equal_rows(change, &fan_out.request.params) {
        return Err(FanOutError::unsupported(&reason));
    }
    check_functions(fan_out, &mut interrupts, snapshot, change).await?;
    // What is done on some shards cannot be undone, so it is done on none unless all can be reached.
    if !fan_out.holds_everywhere(&mut interrupts, snapshot).await? {
        return Ok(AttemptEnd::Outdated(interrupts));
    }
    let is_rewritten = change.shard.sql != fan_out.request.sql;
    let mut wire = fan_out.original();
    if is_rewritten {
        let needs_now = change.shard.params.contains(&ParamSource::Now);
        let now = if needs_now { Some(now(fan_out, &mut interrupts).await?) } else { None };
        let given = &fan_out.request.params;
        let used = change.shard.params.iter().filter(|source| matches!(source, ParamSource::Param(_))).count();
        let params = match bind(&change.shard.params, given, RowLimits::default(), now.as_ref()) {
            Ok(params) if used == given.len() => params,
            Ok(_) | Err(UnclearValue) => {
                let reason = format!("bindings: {} values for a statement that takes {used}", given.len());
                return Err(Error::Invalid { reason }.into());
            }
        };
        wire = QueryRequest { sql: change.shard.sql.clone(), params, simple: false, ..QueryRequest::default() };
    }
    let mut statement = fan_out.statement(wire, FailurePolicy::Write, false)?;
    for (shard, channel) in fan_out.shared.shards.channels.iter().enumerate() {
        let takes =
            interrupts.until(channel.supports_premises()).await.map_err(|interrupt| fan_out.interrupted(interrupt))?;
        // Copies must stay alike, so it matters what functions do.
        let functions = change.how == Broadcast::Same;
        let premise =
            takes.then(|| snapshot.fingerprints.premise(shard, &snapshot.planned.dependencies, functions)).flatten();
        statement.premises.push(premise);
    }
    let done = on_all(fan_out, interrupts, statement, change.how).await;
    match done {
        Err(FanOutError::Shard(ShardError::Database(error))) if is_rewritten => {
            Err(FanOutError::Shard(ShardError::Database(refusal::as_written(fan_out, error).await)))
        }
        done => done,
    }
}

/// Refuses functions in a change of copies unless they are immutable.
async fn check_functions(
    fan_out: &FanOut<'_>,
    interrupts: &mut Interrupts<'_>,
    snapshot: &PlanSnapshot<'_>,
    change: &ChangePlan,
) -> Result<(), FanOutError> {
    let odd = interrupts.until(functions::unmergeable_in_copies(fan_out.internal, snapshot.planned, change)).await;
    match odd.map_err(|interrupt| fan_out.interrupted(interrupt))?? {
        Some(reason) => Err(FanOutError::unsupported(&reason)),
        None => Ok(()),
    }
}
