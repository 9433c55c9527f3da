//! Answers where a tenant lives.

use tokio::time::Instant;

use super::call_control::CallControl;
use super::message::JsMessage;
use super::shared::Shared;
use crate::deadline::Deadlines;
use crate::error::Fate;
use crate::lookup::Tenant;

/// Answers with the tenant's id and shard. `add`: registers the tenant first.
pub async fn locate(
    shared: &Shared,
    deadlines: &Deadlines,
    id: u32,
    tenant: &Tenant,
    add: bool,
    control: &CallControl,
) {
    let work = async {
        if add {
            shared.router.add(tenant).await
        } else {
            shared.router.shard_of(tenant).await.map(|shard| (String::new(), shard))
        }
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        interrupt = control.interrupt(deadlines.at(Instant::now() + shared.timeout)) => {
            let fate = if add { Fate::Unknown } else { Fate::NotRun };
            Err(interrupt.error(shared.timeout, fate))
        }
    };
    match outcome {
        Ok((tenant_id, shard)) => shared.finish_with(id, &JsMessage::Placement { tenant_id: &tenant_id, shard }),
        Err(error) => shared.finish(id, Err(error)),
    }
}
