//! Shards on which nobody can look at what a plan uses: another transaction has locked it, or the shard has not said in
//! time what it has. The plan waits for a moment; without it, the error names the shard.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::ask::Asker;
use super::outcome::Fault;
use super::plans::Planned;
use super::read_relations;
use super::stamps::Stamps;
use crate::client::Request;
use crate::client::world::World;
use crate::error::Error;
use crate::plan::Refusal;

/// How long a plan waits for what it uses and others have locked, before it is tried without that.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(100);

/// The same plan if nothing that it uses was locked when the shards were asked; else the one that is made once it no
/// longer is.
pub async fn unlocked(
    asker: Asker<'_>,
    request: &Arc<Request>,
    planned: (Arc<Planned>, Arc<Stamps>),
) -> Result<(Arc<Planned>, Arc<Stamps>), Fault> {
    let plans = &asker.world.fan_outs.plans;
    let until = asker.share(4).min(Instant::now() + PATIENCE);
    let mut planned = planned;
    while plans.locked(&planned.0.uses).is_some() {
        read_relations(asker, plans).await?;
        planned = plans.of(request).await;
        if Instant::now() >= until {
            break;
        }
        if plans.locked(&planned.0.uses).is_some() {
            sleep(PAUSE).await;
        }
    }
    Ok(planned)
}

/// In words, why a shard says nothing of a relation.
pub fn locked_by_another(name: &str) -> String {
    format!("another transaction has locked {name} there, so that nobody can look at it")
}

/// Why no plan has held. If every shard has said what it has, others have changed it again and again.
pub fn never_held(world: &World, planned: Option<&Planned>) -> Error {
    let plans = &world.fan_outs.plans;
    let locked = planned.and_then(|planned| plans.locked(&planned.uses));
    let (shard, reason) = match (locked, plans.unheard(world.channels.len())) {
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
    Error::ShardUnavailable { shard, address: world.channels[shard].address.clone(), reason }
}
