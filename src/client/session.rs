//! Opens PostgreSQL connections to be held for transactions.

use tokio::time::{Instant, sleep};

use super::failure::Failed;
use super::world::{Control, Held, World};
use crate::channel::Owner;
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};
use crate::route::{Route, Target};
use crate::scatter::{Class, Retry};

/// Opens a session on the target's shard, and answers with that shard. Nothing has run before there is one, so that
/// every attempt may be repeated.
pub async fn open(world: &World, deadlines: &Deadlines, id: u32, number: u32, target: &Target, control: &Control) {
    let deadline = Instant::now() + world.timeout;
    world.retries.earn();
    let opened = tokio::select! {
        opened = hold_at_last(world, target, deadline) => opened,
        interrupt = control.interrupt(deadlines.at(deadline)) => {
            if Instant::now() >= deadline {
                world.router.doubt(target);
            }
            Err(interrupt.error(world.timeout, Fate::NotRun))
        }
    };
    match opened {
        Ok(held) => {
            let shard = held.shard;
            world.sessions.open(number, held);
            world.finish_placed(id, "", shard);
        }
        Err(error) => world.finish(id, Err(error)),
    }
}

async fn hold_at_last(world: &World, target: &Target, deadline: Instant) -> Result<Held, Error> {
    let mut retry = Retry::new(world.max_retries);
    let mut looked_up_again = false;
    loop {
        let failed = match hold(world, target).await {
            Ok(held) => return Ok(held),
            Err(error) => Failed::at_start(error),
        };
        if failed.class == Class::WrongShard && !looked_up_again {
            looked_up_again = true;
            tracing::debug!(target: "mtdd::grpc", error = %failed.error, "looking the tenant up again");
            world.router.forget(target);
            continue;
        }
        if failed.class == Class::NeverSent {
            world.router.doubt(target);
        }
        match retry.next(failed.class, &world.retries, deadline.into_std(), || true) {
            Some(wait) => {
                tracing::debug!(target: "mtdd::grpc", error = %failed.error, "opening the session again");
                sleep(wait).await;
            }
            None => return Err(failed.error),
        }
    }
}

async fn hold(world: &World, target: &Target) -> Result<Held, Error> {
    match world.router.route(target).await? {
        Route::Shard { shard, epoch } => {
            let owner = match target {
                Target::Tenant { tenant, .. } => Some(Owner { tenant: &tenant.name, kind: tenant.kind, epoch }),
                Target::All => None,
            };
            Ok(Held::new(shard, world.channels[shard].open_session(owner).await?))
        }
        Route::All => {
            let reason = "a transaction runs on one shard; name a tenant".into();
            Err(Error::CrossShardTransaction { reason })
        }
    }
}
