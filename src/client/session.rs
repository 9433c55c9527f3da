//! Opens PostgreSQL connections to be held for transactions.

use tokio::time::Instant;

use super::world::{Control, Held, World};
use crate::deadline::Deadlines;
use crate::error::Error;
use crate::route::{Route, Target};

/// Opens a session on the target's shard, and answers with that shard.
pub async fn open(world: &World, deadlines: &Deadlines, id: u32, number: u32, target: &Target, control: &Control) {
    let holding = async {
        match hold(world, target).await {
            Err(error @ Error::WrongShard { .. }) => {
                tracing::debug!(target: "mtdd::grpc", %error, "looking the tenant up again");
                world.router.forget(target);
                hold(world, target).await
            }
            held => held,
        }
    };
    let opened = tokio::select! {
        opened = holding => opened,
        interrupt = control.interrupt(deadlines.at(Instant::now() + world.timeout)) => {
            Err(interrupt.error(world.timeout, true))
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

async fn hold(world: &World, target: &Target) -> Result<Held, Error> {
    match world.router.route(target).await? {
        Route::Shard(shard) => Ok(Held { shard, session: world.channels[shard].open_session().await? }),
        Route::All => {
            let reason = "a transaction runs on one shard; name a tenant".into();
            Err(Error::CrossShardTransaction { reason })
        }
    }
}
