//! A place in the pool's queue.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Pool, PoolSlot, Unavailable};
use crate::query_server::fair::OwnerId;

/// A place in the queue; dropping it gives it up.
pub struct QueueTicket {
    pub(super) pool: Arc<Pool>,
    pub(super) owner: OwnerId,
    pub(super) receiver: oneshot::Receiver<Result<PoolSlot, Unavailable>>,
}

impl QueueTicket {
    pub async fn wait(mut self) -> Result<PoolSlot, Unavailable> {
        match (&mut self.receiver).await {
            Ok(answer) => answer,
            // A sender is dropped only after it has answered, or after its receiver is gone.
            Err(_) => Err(Unavailable::QueueFull(0)),
        }
    }
}

impl Drop for QueueTicket {
    fn drop(&mut self) {
        let unclaimed = {
            let mut state = self.pool.state();
            let answer = self.receiver.try_recv();
            self.receiver.close();
            // Whoever answers also removes us from the count, under the same lock.
            if matches!(answer, Err(oneshot::error::TryRecvError::Empty)) {
                state.turns.give_up(self.owner, |waiter| waiter.sender.is_closed());
            }
            answer
        };
        // Outside the lock, because dropping a slot takes it.
        drop(unclaimed);
    }
}
