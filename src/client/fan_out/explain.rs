//! Explains what a query for all shards would do, without running it.

use std::sync::Arc;

use super::bindings::equal_rows;
use super::functions::{unmergeable_function, unmergeable_in_copies};
use super::plan_cache::PlannedStatement;
use super::planning::{ATTEMPTS, plan_of};
use super::{clock_values, fingerprints, locks, refusal};
use crate::channel::QueryChannel;
use crate::client::call_control::CallControl;
use crate::client::message::JsMessage;
use crate::client::request::Request;
use crate::client::shared::Shared;
use crate::data::result_set::ResultSet;
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};
use crate::plan::{self, Plan, Refusal};
use crate::scatter::{InternalQueries, ShardError, all_until};

/// Answers what `run` would do with a query.
pub async fn explain(shared: &Shared, deadlines: &Deadlines, request: Request, control: &CallControl) {
    let request = Arc::new(request);
    let mut interrupts = control.interrupts(deadlines, request.timeout.unwrap_or(shared.timeout));
    let internal = InternalQueries {
        shards: &shared.shards,
        deadlines,
        deadline: interrupts.deadline,
        timeout: interrupts.timeout,
    };
    let message = match interrupts.until(plan_that_holds(shared, internal, &request)).await {
        Ok(Ok((planned, refusal))) => explained(planned, refusal, request.clone(), shared.shards.len()).await,
        Ok(Err(error)) => JsMessage::ShardError(&error).json(),
        Err(interrupt) => JsMessage::Error(&interrupt.error(internal.timeout, Fate::NotRun)).json(),
    };
    shared.finish_with_json(request.id, message);
}

/// The explanation as JSON. That of a long text is written on another thread, so that others need not wait.
async fn explained(
    planned: Arc<PlannedStatement>,
    refusal: Option<Refusal>,
    request: Arc<Request>,
    shards: usize,
) -> String {
    const LONG: usize = 64 << 10;
    let is_long = request.sql.len() > LONG || request.params.len() > LONG / 64;
    let explain = move || {
        let plan = match &refusal {
            Some(refusal) => Err(refusal),
            None => planned.plan.as_ref(),
        };
        let explanation = plan::explanation(plan, &request.sql, &request.params, shards);
        JsMessage::Explanation(&explanation).json()
    };
    if !is_long {
        return explain();
    }
    match tokio::task::spawn_blocking(explain).await {
        Ok(explained) => explained,
        Err(_) => {
            let reason = "the explanation failed; please report this statement".into();
            JsMessage::Error(&Error::PlanUnsupported { reason }).json()
        }
    }
}

/// Why `run` would refuse a query that has a plan, in the same order.
async fn refused_anyway(
    shared: &Shared,
    internal: InternalQueries<'_>,
    request: &Request,
    planned: &PlannedStatement,
) -> Result<Option<String>, ShardError> {
    if let Some(reason) = refusal::of_partial(request, planned) {
        return Ok(Some(reason.to_owned()));
    }
    // Those that can be reached have been asked by now.
    let legacy = shared.shards.channels.iter().find_map(QueryChannel::known_legacy);
    if let Some(Error::PlanUnsupported { reason }) = legacy {
        return Ok(Some(reason));
    }
    if let Some(reason) = clock_values::refusal(internal, request, planned).await? {
        return Ok(Some(reason));
    }
    match &planned.plan {
        Ok(plan) if let Some(how) = shared.fan_outs.plans.wrong_databases(plan) => Ok(Some(how.to_string())),
        Ok(Plan::Read(read)) => unmergeable_function(internal, request, planned, read).await,
        Ok(Plan::Change(change)) if let Some(reason) = equal_rows(change, &request.params) => Ok(Some(reason)),
        Ok(Plan::Change(change)) => unmergeable_in_copies(internal, planned, change).await,
        _ => Ok(None),
    }
}

/// The plan by which the query would run now, or why it would be refused although it has one.
async fn plan_that_holds(
    shared: &Shared,
    internal: InternalQueries<'_>,
    request: &Arc<Request>,
) -> Result<(Arc<PlannedStatement>, Option<Refusal>), ShardError> {
    let fan_outs = &shared.fan_outs;
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let (planned, fingerprints) = plan_of(shared, internal, request).await?;
        let asked = fingerprints::question(&planned.dependencies);
        let shards = 0..internal.shards.len();
        let asked = shards.map(|shard| (internal.once_on(shard, asked.clone()), internal.patience_end(shard)));
        let said = all_until(asked, internal.deadlines).await;
        let is_as_said = |(shard, answer): (usize, Option<Result<ResultSet, ShardError>>)| match answer {
            Some(Ok(answer)) => fingerprints.match_result(shard, &answer, &planned.dependencies),
            // An explanation does not need all shards.
            Some(Err(_)) | None => true,
        };
        if said.into_iter().enumerate().all(is_as_said) {
            let refusal = refused_anyway(shared, internal, request, &planned).await?;
            return Ok((planned, refusal.map(Refusal::Unsupported)));
        }
        fan_outs.forget();
        last = Some(planned);
    }
    Err(ShardError::Failed(locks::never_held(shared, last.as_deref())))
}
