//! PostgreSQL connections held for transactions, by the numbers that JavaScript gives them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::query::{Control, World};
use crate::channel::Session;
use crate::deadline::Deadlines;
use crate::error::Error;
use crate::route::{Route, Target};

/// A session and the shard that it is on.
#[derive(Debug)]
pub struct Held {
    pub shard: usize,
    pub session: Session,
}

#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<u32, Arc<Held>>>);

impl Sessions {
    pub fn get(&self, number: u32) -> Option<Arc<Held>> {
        self.lock().get(&number).cloned()
    }

    /// Lets go of a session; its server rolls back what is open.
    pub fn close(&self, number: u32) {
        self.lock().remove(&number);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Arc<Held>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a session on the target's shard, and answers with that shard.
pub async fn open(world: &World, deadlines: &Deadlines, id: u32, number: u32, target: &Target, control: &Control) {
    let opened = tokio::select! {
        opened = hold(world, target) => opened,
        interrupt = control.interrupt(deadlines.at(Instant::now() + world.timeout)) => {
            Err(interrupt.error(world.timeout, true))
        }
    };
    match opened {
        Ok(held) => {
            let shard = held.shard;
            world.sessions.lock().insert(number, Arc::new(held));
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
