//! The plan of a query, under the schemas that the shards have now.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::fingerprints::Fingerprints;
use super::plan_cache::PlannedStatement;
use super::schemas;
use crate::client::request::Request;
use crate::client::shared::Shared;
use crate::scatter::{InternalQueries, ShardError};

/// How often a query is planned at most, while others change what it names.
pub const ATTEMPTS: usize = 3;

/// Once one shard has described its schema: how long to wait for the others, which a query may not need.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a query waits for another's reading of the schemas before it reads them itself.
const SHARED_PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait for relations that a plan uses and another transaction has locked.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// A plan, and the fingerprints of the schemas it was made under.
#[derive(Clone, Copy)]
pub struct PlanSnapshot<'p> {
    pub planned: &'p PlannedStatement,
    pub fingerprints: &'p Fingerprints,
}

/// The plan of a request. If the plan names unknown relations, reads the schemas again first: a view may just have been
/// made.
pub async fn plan_of(
    shared: &Shared,
    internal: InternalQueries<'_>,
    request: &Arc<Request>,
) -> Result<(Arc<PlannedStatement>, Arc<Fingerprints>), ShardError> {
    let plans = &shared.fan_outs.plans;
    let is_fresh = !plans.knows_relations();
    if is_fresh {
        read_schemas(shared, internal, PATIENCE).await?;
    }
    let mut planned = plans.get_or_plan(request).await;
    if !is_fresh && planned.0.names_unknown() {
        read_schemas(shared, internal, PATIENCE).await?;
        planned = plans.get_or_plan(request).await;
    }
    // While another transaction has locked what the plan uses, nothing is known of it there.
    let until = internal.after_part(4).min(Instant::now() + LOCK_PATIENCE);
    while plans.locked(&planned.0.dependencies).is_some() {
        read_schemas(shared, internal, PATIENCE).await?;
        planned = plans.get_or_plan(request).await;
        if Instant::now() >= until {
            break;
        }
        if plans.locked(&planned.0.dependencies).is_some() {
            sleep(LOCK_PAUSE).await;
        }
    }
    Ok(planned)
}

/// The plan of a request that needs all shards, some of which were too slow to describe their schemas.
pub async fn plan_with_all(
    shared: &Shared,
    internal: InternalQueries<'_>,
    request: &Arc<Request>,
) -> Result<(Arc<PlannedStatement>, Arc<Fingerprints>), ShardError> {
    let patience = internal.deadline.saturating_duration_since(Instant::now()) / 2;
    read_schemas(shared, internal, patience).await?;
    Ok(shared.fan_outs.plans.get_or_plan(request).await)
}

/// Reads the schemas, unless another query does so meanwhile. Many queries that come while nothing is known would
/// otherwise ask the same of every shard at once. Where something is known, only a reading that begins after this call is
/// enough: what was asked for may just have been made.
async fn read_schemas(shared: &Shared, internal: InternalQueries<'_>, patience: Duration) -> Result<(), ShardError> {
    let caches = &shared.fan_outs;
    let (asked, knew) = (Instant::now(), caches.plans.knows_relations());
    // Another query's reading may take longer than this query can wait.
    let mut turn = timeout(SHARED_PATIENCE, caches.last_reading.lock()).await.ok();
    let last = turn.as_deref().copied().flatten();
    let is_whole = || caches.plans.first_unknown_shard(shared.shards.len()).is_none();
    let is_enough = |begun| begun >= asked || (!knew && caches.plans.knows_relations());
    if last.is_some_and(is_enough) && (patience <= PATIENCE || is_whole()) {
        return Ok(());
    }
    let begun = Instant::now();
    let tenant_column = caches.plans.tenant_column();
    if caches.plans.update(schemas::read(internal, tenant_column.as_deref(), patience).await?) {
        caches.catalog.forget();
    }
    tracing::debug!(target: "mtdd::query", shards = shared.shards.len(), "the schemas of all shards were read");
    if is_whole() {
        for (table, how) in caches.plans.new_wrong_declarations() {
            tracing::warn!(target: "mtdd::query", table, "mtdd.referenceTables names {table}: {how}");
        }
    }
    if let Some(last) = &mut turn {
        **last = Some(begun);
    }
    Ok(())
}
