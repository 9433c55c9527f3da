//! Answers where a tenant lives.

use tokio::time::Instant;

use super::call_control::CallControl;
use super::message::JsMessage;
use super::request::Locating;
use super::shared::Shared;
use crate::deadline::Deadlines;
use crate::error::Fate;
use crate::lookup::Tenant;

/// Answers with the tenant's shard, and with its id if it was to be registered.
pub async fn locate(
    shared: &Shared,
    deadlines: &Deadlines,
    id: u32,
    tenant: &Tenant,
    how: Locating,
    control: &CallControl,
) {
    let work = async {
        match how {
            Locating::Register => shared.router.add(tenant).await,
            Locating::Known => shared.router.shard_of(tenant).await.map(|shard| (String::new(), shard)),
            Locating::Surely => shared.router.shard_surely(tenant).await.map(|shard| (String::new(), shard)),
            Locating::Anew => shared.router.shard_now(tenant).await.map(|(shard, _)| (String::new(), shard)),
        }
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        interrupt = control.interrupt(deadlines.at(Instant::now() + shared.timeout)) => {
            let fate = if how == Locating::Register { Fate::Unknown } else { Fate::NotRun };
            Err(interrupt.error(shared.timeout, fate))
        }
    };
    match outcome {
        Ok((tenant_id, shard)) => shared.finish_with(id, &JsMessage::Placement { tenant_id: &tenant_id, shard }),
        Err(error) => shared.finish(id, Err(error)),
    }
}
