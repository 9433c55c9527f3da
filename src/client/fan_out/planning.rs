//! The plan of a query, under the schemas that the shards have now.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::fingerprints::Fingerprints;
use super::plan_cache::PlannedStatement;
use super::schemas;
use crate::client::request::Request;
use crate::client::shared::Shared;
use crate::scatter::{InternalQueries, ShardError};

/// How often a query is planned at most, while others change what it names.
pub const ATTEMPTS: usize = 3;

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
        read_schemas(shared, internal).await?;
    }
    let mut planned = plans.get_or_plan(request).await;
    if !is_fresh && planned.0.names_unknown() {
        read_schemas(shared, internal).await?;
        planned = plans.get_or_plan(request).await;
    }
    // While another transaction has locked what the plan uses, nothing is known of it there.
    let until = internal.after_part(4).min(Instant::now() + LOCK_PATIENCE);
    while plans.locked(&planned.0.dependencies).is_some() {
        read_schemas(shared, internal).await?;
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

async fn read_schemas(shared: &Shared, internal: InternalQueries<'_>) -> Result<(), ShardError> {
    let caches = &shared.fan_outs;
    let tenant_column = caches.plans.tenant_column();
    if caches.plans.update(schemas::read(internal, tenant_column.as_deref()).await?) {
        caches.catalog.forget();
    }
    Ok(())
}
