//! Permits to hold a connection for a session. Their number is limited, and tenants take turns (`fair`). Used by
//! `session`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::fair::{FairQueue, OwnerId};

/// Too many wait already.
#[derive(Clone, Copy, Debug)]
pub struct Full {
    pub waiting: usize,
    /// The flag that sets the limit.
    pub flag: &'static str,
}

/// All permits of a server.
pub struct SessionPermits {
    most_waiting: usize,
    most_waiting_of_one: usize,
    state: Mutex<State>,
}

struct State {
    free: usize,
    turns: FairQueue<oneshot::Sender<SessionPermit>>,
}

/// A permit. When dropped, it goes to the next waiter.
pub struct SessionPermit {
    places: Arc<SessionPermits>,
    owner: OwnerId,
    /// False: it was not taken.
    holds: bool,
}

impl SessionPermits {
    /// `most`: the number of permits; `most_of_one`: the limit for one tenant.
    pub fn new(most: usize, most_of_one: usize, most_waiting: usize, most_waiting_of_one: usize) -> Arc<Self> {
        let state = State { free: most, turns: FairQueue::new(most_of_one) };
        Arc::new(SessionPermits { most_waiting, most_waiting_of_one, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a permit.
    pub async fn take(self: &Arc<Self>, owner: OwnerId) -> Result<SessionPermit, Full> {
        let mut waits = {
            let mut state = self.state();
            if state.free > 0 && state.turns.may_start(owner, true) {
                state.free -= 1;
                state.turns.start(owner);
                return Ok(SessionPermit { places: self.clone(), owner, holds: true });
            }
            let (all, own) = (state.turns.waiting(), state.turns.waiting_of(owner));
            if all >= self.most_waiting {
                return Err(Full { waiting: all, flag: "--queue-limit" });
            }
            if own >= self.most_waiting_of_one {
                return Err(Full { waiting: own, flag: "--tenant-queue-limit" });
            }
            let (sender, receiver) = oneshot::channel();
            state.turns.push(owner, sender, true, false);
            PermitWait { places: self.clone(), owner, receiver }
        };
        match (&mut waits.receiver).await {
            Ok(place) => Ok(place),
            // A sender is dropped only after it has answered, or after its receiver is gone.
            Err(_) => Err(Full { waiting: 0, flag: "--queue-limit" }),
        }
    }
}

/// A waiter; dropping it gives up.
struct PermitWait {
    places: Arc<SessionPermits>,
    owner: OwnerId,
    receiver: oneshot::Receiver<SessionPermit>,
}

impl Drop for PermitWait {
    fn drop(&mut self) {
        let unclaimed = {
            let mut state = self.places.state();
            let answer = self.receiver.try_recv();
            self.receiver.close();
            if matches!(answer, Err(oneshot::error::TryRecvError::Empty)) {
                state.turns.give_up(self.owner, oneshot::Sender::is_closed);
            }
            answer
        };
        // Outside the lock, because dropping a permit takes it.
        drop(unclaimed);
    }
}

impl Drop for SessionPermit {
    fn drop(&mut self) {
        if !self.holds {
            return;
        }
        let mut state = self.places.state();
        state.turns.end(self.owner);
        let served = state.turns.serve_next(
            |_, _| false,
            |owner, waiter| match waiter.send(SessionPermit { places: self.places.clone(), owner, holds: true }) {
                Ok(()) => true,
                Err(mut unwanted) => {
                    unwanted.holds = false;
                    false
                }
            },
        );
        state.free += usize::from(!served);
    }
}
