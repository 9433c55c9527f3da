//! Keeps the connections to PostgreSQL and deals them out: first come, first served, the most recently used first.
//! Opens connections when they are needed, replaces dead ones, and has used ones cleaned before they are dealt again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::backend::Backend;
use super::cancel::PATIENCE;
use super::connect::ConnectError;
use super::settings::Settings;
use crate::postgres::Target;
use crate::readiness::Readiness;

/// After a connection could not be opened, none is asked for during this time while others are open.
const PAUSE: Duration = Duration::from_secs(1);

/// Why no connection was to be had. In each case nothing has run.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unavailable {
    /// Too many queries wait already.
    #[error("{0} queries wait for a connection already (--queue-limit)")]
    QueueFull(usize),
    /// PostgreSQL does not answer, or refuses.
    #[error("cannot reach PostgreSQL at {address}: {source}")]
    Unreachable { address: String, source: Arc<ConnectError> },
}

/// The connections of one query server.
pub struct Pool {
    target: Arc<Target>,
    /// Hears of a PostgreSQL that cannot be reached, and of connections that break.
    readiness: Readiness,
    statement_cache_size: usize,
    size: usize,
    queue_limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Clean connections, the most recently used last.
    #[expect(clippy::vec_box, reason = "slots hold them boxed, and moving a pointer is all that dealing one costs")]
    idle: Vec<Box<Backend>>,
    /// Places taken: connections that are idle, in use, being cleaned or being opened.
    taken: usize,
    /// Who waits, in order; some may have given up.
    queue: VecDeque<oneshot::Sender<Result<Slot, Unavailable>>>,
    /// How many in the queue have not given up.
    waiting: usize,
    /// Until then PostgreSQL is not asked for further connections, if there are any.
    paused_until: Option<Instant>,
}

/// A place in the pool, with a connection or with the right to open one. Dropped, it goes to the next who waits.
pub struct Slot {
    pool: Arc<Pool>,
    backend: Option<Box<Backend>>,
    /// Cleaning is being tried; what is still not clean is closed.
    cared_for: bool,
    /// False: the place is not this slot's any more, and dropping it changes nothing.
    holds: bool,
}

impl Pool {
    /// Opens nothing yet.
    pub fn new(
        target: Arc<Target>,
        readiness: Readiness,
        size: usize,
        queue_limit: usize,
        statement_cache_size: usize,
    ) -> Arc<Self> {
        Arc::new(Pool { target, readiness, statement_cache_size, size, queue_limit, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(self: &Arc<Self>, backend: Option<Box<Backend>>) -> Slot {
        Slot { pool: self.clone(), backend, cared_for: false, holds: true }
    }

    /// Opens a connection and keeps it idle.
    pub async fn open_first(self: &Arc<Self>) -> Result<(), ConnectError> {
        self.state().taken += 1;
        self.slot(None).reconnect().await
    }

    /// A connection that works, as far as can be seen without asking it. Waits for one if need be.
    pub async fn acquire(self: &Arc<Self>, settings: &Settings) -> Result<Slot, Unavailable> {
        let mut slot = match self.take_or_queue(settings, false)? {
            Place::Free(slot) => slot,
            Place::Queued(turn) => turn.wait().await?,
        };
        loop {
            if slot.backend.as_mut().is_some_and(|backend| backend.is_alive()) {
                return Ok(slot);
            }
            match slot.reconnect().await {
                Ok(()) => return Ok(slot),
                Err(error) => slot = self.without_connection(slot, settings, error).await?,
            }
        }
    }

    /// A free place, or a turn in the queue.
    fn take_or_queue(self: &Arc<Self>, settings: &Settings, in_front: bool) -> Result<Place, Unavailable> {
        let mut state = self.state();
        // Who comes now must not overtake those who wait.
        if state.waiting == 0 || in_front {
            let fitting = state.idle.iter().rposition(|backend| backend.settings() == settings);
            let has_room = state.has_room(self.size);
            // Better a new connection than the settings and prepared statements of another lost.
            let index = fitting.or(if has_room || state.idle.is_empty() { None } else { Some(0) });
            if let Some(index) = index {
                let backend = state.idle.remove(index);
                return Ok(Place::Free(self.slot(Some(backend))));
            }
            if has_room {
                state.taken += 1;
                return Ok(Place::Free(self.slot(None)));
            }
        }
        if state.waiting >= self.queue_limit && !in_front {
            return Err(Unavailable::QueueFull(state.waiting));
        }
        let (sender, receiver) = oneshot::channel();
        state.waiting += 1;
        if in_front {
            state.queue.push_front(sender);
        } else {
            if state.queue.len() > 2 * self.queue_limit + 64 {
                state.queue.retain(|waiter| !waiter.is_closed());
            }
            state.queue.push_back(sender);
        }
        Ok(Place::Queued(Turn { pool: self.clone(), receiver }))
    }

    /// A connection could not be opened. If PostgreSQL is merely crowded, one of the others will do; else whoever waits
    /// hears of it, unless other connections are there to serve them.
    async fn without_connection(
        self: &Arc<Self>,
        slot: Slot,
        settings: &Settings,
        error: ConnectError,
    ) -> Result<Slot, Unavailable> {
        let crowded = error.is_crowded();
        let failure = Unavailable::Unreachable { address: self.target.address(), source: Arc::new(error) };
        tracing::warn!(error = %failure, "no connection");
        let others = {
            let mut state = self.state();
            slot.leave(&mut state);
            state.paused_until = Some(Instant::now() + PAUSE);
            let others = state.taken > 0;
            while !others && let Some(waiter) = state.queue.pop_front() {
                if waiter.send(Err(failure.clone())).is_ok() {
                    state.waiting -= 1;
                }
            }
            others
        };
        if others {
            // Who comes meanwhile waits for one of the others, which may be held for long.
            let pool = self.clone();
            tokio::spawn(async move {
                sleep(PAUSE).await;
                pool.grow(&mut pool.state());
            });
        }
        if !(crowded && others) {
            return Err(failure);
        }
        match self.take_or_queue(settings, true)? {
            Place::Free(slot) => Ok(slot),
            Place::Queued(turn) => turn.wait().await,
        }
    }

    /// Gives a place to the first who still waits, or keeps it.
    fn take_back(self: &Arc<Self>, mut backend: Option<Box<Backend>>) {
        let mut state = self.state();
        while let Some(waiter) = state.queue.pop_front() {
            match waiter.send(Ok(self.slot(backend.take()))) {
                Ok(()) => {
                    state.waiting -= 1;
                    self.grow(&mut state);
                    return;
                }
                Err(unwanted) => backend = unwanted.ok().and_then(Slot::into_backend),
            }
        }
        match backend {
            Some(backend) => state.idle.push(backend),
            None => state.taken -= 1,
        }
    }

    /// Lets those who wait open connections, if places were lost earlier to failed attempts.
    fn grow(self: &Arc<Self>, state: &mut State) {
        while state.has_room(self.size)
            && let Some(waiter) = state.queue.pop_front()
        {
            match waiter.send(Ok(self.slot(None))) {
                Ok(()) => {
                    state.waiting -= 1;
                    state.taken += 1;
                }
                Err(unwanted) => drop(unwanted.ok().and_then(Slot::into_backend)),
            }
        }
    }
}

impl State {
    /// True if another connection may be opened now.
    fn has_room(&self, size: usize) -> bool {
        self.taken < size && (self.taken == 0 || self.paused_until.is_none_or(|until| Instant::now() >= until))
    }
}

/// What `take_or_queue` finds.
enum Place {
    Free(Slot),
    Queued(Turn),
}

/// A place in the queue; dropped, it is given up.
struct Turn {
    pool: Arc<Pool>,
    receiver: oneshot::Receiver<Result<Slot, Unavailable>>,
}

impl Turn {
    async fn wait(mut self) -> Result<Slot, Unavailable> {
        match (&mut self.receiver).await {
            Ok(answer) => answer,
            // A sender is dropped only after it has answered, or after its receiver has gone.
            Err(_) => Err(Unavailable::QueueFull(0)),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let unclaimed = {
            let mut state = self.pool.state();
            let answer = self.receiver.try_recv();
            self.receiver.close();
            // Whoever answers counts us out, under the same lock.
            if matches!(answer, Err(oneshot::error::TryRecvError::Empty)) {
                state.waiting -= 1;
            }
            answer
        };
        // Outside the lock, which a slot's own drop takes.
        drop(unclaimed);
    }
}

impl Slot {
    /// The connection; there is one from `acquire` on, unless `reconnect` has failed.
    pub fn backend(&mut self) -> Option<&mut Backend> {
        self.backend.as_deref_mut()
    }

    /// Closes the connection, if there is one, and opens another.
    pub async fn reconnect(&mut self) -> Result<(), ConnectError> {
        self.backend = None;
        let connected = Backend::connect(&self.pool.target, self.pool.statement_cache_size).await;
        if connected.as_ref().is_err_and(|error| !error.is_crowded()) {
            self.pool.readiness.lost();
        }
        self.backend = Some(Box::new(connected?));
        Ok(())
    }

    /// Gives the place up without offering it to anybody.
    fn leave(mut self, state: &mut State) {
        self.holds = false;
        state.taken -= 1;
    }

    /// Takes the connection out; its place stays taken.
    fn into_backend(mut self) -> Option<Box<Backend>> {
        self.holds = false;
        self.backend.take()
    }

    /// Cleans the connection, if need be, before it gives it back. (Dropping a slot has it cleaned later.)
    pub async fn give_back(self) {
        let dirty = self.backend.as_ref().is_some_and(|backend| !backend.is_broken() && backend.needs_care());
        if dirty {
            self.care().await;
        }
    }

    /// Cleans the connection, or closes it if that fails, and gives the place back.
    async fn care(mut self) {
        if let Some(backend) = self.backend() {
            match timeout(PATIENCE, backend.clean()).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => tracing::warn!(%error, "a connection to PostgreSQL was closed"),
                Err(_) => tracing::warn!("a connection to PostgreSQL was closed: its statement did not stop"),
            }
            backend.mark_broken();
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.holds {
            return;
        }
        self.holds = false;
        let had_one = self.backend.is_some();
        let backend = self.backend.take().filter(|backend| !backend.is_broken());
        if had_one && backend.is_none() {
            self.pool.readiness.doubt();
        }
        if backend.as_ref().is_some_and(|backend| backend.needs_care()) {
            if !self.cared_for
                && let Ok(runtime) = Handle::try_current()
            {
                // A runtime that is going down drops what it is given: marked now, the slot does not come here again.
                let slot = Slot { pool: self.pool.clone(), backend, cared_for: true, holds: true };
                runtime.spawn(slot.care());
            } else {
                self.pool.take_back(None);
            }
            return;
        }
        self.pool.take_back(backend);
    }
}
