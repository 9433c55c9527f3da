//! Opens PostgreSQL sessions for transactions.

use tokio::time::{Instant, sleep};

use super::call_control::CallControl;
use super::message::JsMessage;
use super::sessions::HeldSession;
use super::shared::Shared;
use crate::channel::PlacedTenant;
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};
use crate::route::{QueryTarget, Route};
use crate::scatter::{FailedAttempt, FailureClass, Retry};

/// Opens a session on the target's shard, and answers with the shard. Nothing runs before there is a session, so every
/// attempt may be repeated.
pub async fn open(
    shared: &Shared,
    deadlines: &Deadlines,
    id: u32,
    number: u32,
    target: &QueryTarget,
    control: &CallControl,
) {
    let deadline = Instant::now() + shared.timeout;
    shared.shards.retry_budget.earn();
    let opened = tokio::select! {
        opened = open_with_retries(shared, target, deadline) => opened,
        interrupt = control.interrupt(deadlines.at(deadline)) => {
            if Instant::now() >= deadline {
                shared.router.recheck(target);
            }
            Err(interrupt.error(shared.timeout, Fate::NotRun))
        }
    };
    match opened {
        Ok(held) => {
            let shard = held.shard;
            shared.sessions.open(number, held);
            shared.finish_with(id, &JsMessage::Placement { tenant_id: "", shard });
        }
        Err(error) => shared.finish(id, Err(error)),
    }
}

async fn open_with_retries(shared: &Shared, target: &QueryTarget, deadline: Instant) -> Result<HeldSession, Error> {
    let mut retry = Retry::new(shared.shards.max_retries);
    let mut looked_up_again = false;
    loop {
        let failed = match open_once(shared, target).await {
            Ok(held) => return Ok(held),
            Err(error) => FailedAttempt::at_start(error),
        };
        if failed.class == FailureClass::WrongShard && !looked_up_again {
            looked_up_again = true;
            tracing::debug!(target: "mtdd::grpc", error = %failed.error, "looking the tenant up again");
            shared.router.forget(target);
            continue;
        }
        if failed.class == FailureClass::NeverSent {
            shared.router.recheck(target);
        }
        match retry.next(failed.class, &shared.shards.retry_budget, deadline.into_std(), || true) {
            Some(wait) => {
                tracing::debug!(target: "mtdd::grpc", error = %failed.error, "opening the session again");
                sleep(wait).await;
            }
            None => return Err(failed.error),
        }
    }
}

async fn open_once(shared: &Shared, target: &QueryTarget) -> Result<HeldSession, Error> {
    match shared.router.route(target).await? {
        Route::Shard { shard, epoch } => {
            let owner = match target {
                QueryTarget::Tenant { tenant, .. } => {
                    Some(PlacedTenant { tenant: &tenant.name, kind: tenant.kind, epoch })
                }
                QueryTarget::Shard(_) | QueryTarget::All => None,
            };
            Ok(HeldSession::new(shard, shared.shards.channels[shard].open_session(owner).await?))
        }
        Route::All => {
            let reason = "a transaction runs on one shard; name a tenant".into();
            Err(Error::CrossShardTransaction { reason })
        }
    }
}
