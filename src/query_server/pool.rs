//! The pool of connections to PostgreSQL. Tenants take turns (`fair`), and get the most recently used connection first.
//! Opens connections on demand, replaces dead ones, and cleans used ones before others get them.

mod limits;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::backend::{Backend, Fit, Fitness};
use super::connect::ConnectError;
use super::fair::{FairQueue, OwnerId};
use super::poolers::Poolers;
use super::reader_pace::ReaderPace;
use super::settings::SessionSettings;
use super::stop::STOP_TIMEOUT;
use super::watchdog::Watchdog;
use crate::postgres::ConnectTarget;
use crate::readiness::Readiness;
pub use limits::{PoolLimits, Pressure, Unavailable};

/// The pause after a failed connection attempt while other connections are open.
const PAUSE: Duration = Duration::from_secs(1);

/// The least time between two replacements of all connections.
const LEAST_GENERATION: Duration = Duration::from_secs(1);

/// The connections of one query server.
pub struct Pool {
    target: Arc<ConnectTarget>,
    /// Hears of an unreachable PostgreSQL and of broken connections.
    readiness: Readiness,
    statement_cache_size: usize,
    /// Must cover each connection before it is used.
    watchdog: Option<Arc<Watchdog>>,
    poolers: Poolers,
    limits: PoolLimits,
    /// How old a connection may become.
    max_age: Option<Duration>,
    /// How often the pool has switched to another server. Connections of earlier generations are not used any more.
    generation: AtomicU64,
    state: Mutex<State>,
}

/// A waiter, and the reader pace of its text.
struct PoolWaiter {
    sender: oneshot::Sender<Result<PoolSlot, Unavailable>>,
    pace: Arc<ReaderPace>,
}

impl PoolWaiter {
    fn makes_way(owner: OwnerId, waiter: &Self) -> bool {
        waiter.pace.is_slow(owner)
    }

    /// Gives it a slot; an error returns the slot, because it has given up.
    fn serve(self, slot: PoolSlot) -> Result<(), Option<PoolSlot>> {
        self.sender.send(Ok(slot)).map_err(Result::ok)
    }
}

struct State {
    /// Clean connections, the most recently used last.
    #[expect(clippy::vec_box, reason = "slots hold them boxed, and moving a pointer is all that dealing one costs")]
    idle: Vec<Box<Backend>>,
    /// Slots in use: connections that are idle, in use, being cleaned or being opened.
    taken: usize,
    /// Who waits.
    turns: FairQueue<PoolWaiter>,
    /// Until then no more connections are opened, if there are any.
    paused_until: Option<Instant>,
    /// When the last generation began.
    turned_at: Option<Instant>,
}

/// A slot of the pool, with a connection or with the right to open one. When dropped, it goes to the next waiter.
pub struct PoolSlot {
    pool: Arc<Pool>,
    backend: Option<Box<Backend>>,
    /// The owner for which it counts.
    owner: Option<OwnerId>,
    /// Cleaning has been tried; if it is still not clean, it is closed.
    cared_for: bool,
    /// False: the slot has been given up, and dropping it changes nothing.
    holds: bool,
}

impl Pool {
    /// Opens nothing yet.
    pub fn new(
        target: Arc<ConnectTarget>,
        readiness: Readiness,
        limits: PoolLimits,
        max_age: Option<Duration>,
        statement_cache_size: usize,
        watchdog: Option<Arc<Watchdog>>,
        poolers: Poolers,
    ) -> Arc<Self> {
        let turns = FairQueue::new(limits.tenant_size);
        let state = State { idle: Vec::new(), taken: 0, turns, paused_until: None, turned_at: None };
        let (generation, state) = (AtomicU64::new(0), Mutex::new(state));
        Arc::new(Pool {
            target,
            readiness,
            statement_cache_size,
            watchdog,
            poolers,
            limits,
            max_age,
            generation,
            state,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(self: &Arc<Self>, backend: Option<Box<Backend>>, owner: Option<OwnerId>) -> PoolSlot {
        PoolSlot { pool: self.clone(), backend, owner, cared_for: false, holds: true }
    }

    /// Who else needs connections.
    pub fn pressure(&self) -> Pressure {
        Pressure { waiting: self.state().turns.ready(), size: self.limits.size }
    }

    /// Opens a connection and keeps it idle. With a pooler it also opens a second one, which must get its own process.
    pub async fn open_first(self: &Arc<Self>) -> Result<(), ConnectError> {
        self.state().taken += 1;
        let mut slot = self.slot(None, None);
        slot.reconnect().await?;
        if let Some(backend) = slot.backend()
            && backend.is_pooled()
        {
            self.connect(Fitness::new(0, None)).await?;
        }
        Ok(())
    }

    /// How many connections one owner's queries may have at once.
    pub fn most_of_one(&self) -> usize {
        self.limits.tenant_size.min(self.limits.size)
    }

    /// A connection that seems to work. Waits for one if necessary.
    pub async fn acquire(self: &Arc<Self>, request: AcquireRequest<'_>) -> Result<PoolSlot, Unavailable> {
        let slot = match self.take_or_queue(request, false)? {
            Taken::Free(slot) => slot,
            Taken::Queued(turn) => turn.wait().await?,
        };
        self.with_connection(slot, request).await
    }

    /// The same, but from `spare` where it would have to wait here.
    pub async fn acquire_beside(
        self: &Arc<Self>,
        spare: &Arc<Self>,
        request: AcquireRequest<'_>,
    ) -> Result<PoolSlot, Unavailable> {
        let free = self.take_free(&mut self.state(), request);
        match free {
            Some(slot) => self.with_connection(slot, request).await,
            None => spare.acquire(request).await,
        }
    }

    async fn with_connection(
        self: &Arc<Self>,
        slot: PoolSlot,
        request: AcquireRequest<'_>,
    ) -> Result<PoolSlot, Unavailable> {
        let mut slot = slot;
        loop {
            let generation = self.generation.load(Ordering::Relaxed);
            if let Some(backend) = slot.backend.as_mut() {
                if backend.is_current(generation) && backend.is_alive() {
                    return Ok(slot);
                }
                // It may not be the only one.
                self.sweep();
            }
            match slot.reconnect().await {
                Ok(()) => return Ok(slot),
                Err(error) => slot = self.without_connection(slot, request, error).await?,
            }
        }
    }

    async fn connect(&self, fitness: Fitness) -> Result<Backend, ConnectError> {
        let mut backend = Backend::connect(&self.target, self.statement_cache_size, fitness).await?;
        self.poolers.check(&mut backend).await?;
        if let Some(watchdog) = &self.watchdog {
            watchdog.cover(&mut backend).await.map_err(ConnectError::Unwatched)?;
        }
        Ok(backend)
    }

    /// A connection's server no longer has the wanted role, so replaces all connections.
    fn turn_away(self: &Arc<Self>, generation: u64) {
        let mut state = self.state();
        // If no better server is found, the existing connections can still serve reads.
        if state.turned_at.is_some_and(|at| at.elapsed() < LEAST_GENERATION) {
            return;
        }
        let turned = self.generation.compare_exchange(generation, generation + 1, Ordering::Relaxed, Ordering::Relaxed);
        if turned.is_ok() {
            state.turned_at = Some(Instant::now());
            drop(state);
            tracing::warn!("PostgreSQL no longer accepts writes: its connections are replaced");
            self.readiness.doubt();
            self.sweep();
        }
    }

    /// Closes idle connections that are unusable: their server is gone or was replaced.
    fn sweep(self: &Arc<Self>) {
        let generation = self.generation.load(Ordering::Relaxed);
        let mut state = self.state();
        let before = state.idle.len();
        state.idle.retain_mut(|backend| backend.is_current(generation) && backend.is_alive());
        state.taken -= before - state.idle.len();
        self.grow(&mut state);
    }

    /// A free slot, or a place in the queue.
    fn take_or_queue(self: &Arc<Self>, request: AcquireRequest<'_>, in_front: bool) -> Result<Taken, Unavailable> {
        let AcquireRequest { owner, capped, pace, .. } = request;
        let mut state = self.state();
        if (in_front || state.turns.may_start(owner, capped))
            && let Some(slot) = self.take_place(&mut state, request)
        {
            return Ok(Taken::Free(slot));
        }
        if !in_front {
            let (all, own) = (state.turns.waiting(), state.turns.waiting_of(owner));
            if all >= self.limits.queue {
                return Err(Unavailable::QueueFull(all));
            }
            if own >= self.limits.tenant_queue {
                return Err(Unavailable::TenantQueueFull(own));
            }
        }
        let (sender, receiver) = oneshot::channel();
        state.turns.push(owner, PoolWaiter { sender, pace: pace.clone() }, capped, in_front);
        Ok(Taken::Queued(QueueTicket { pool: self.clone(), owner, receiver }))
    }

    /// A free place, if there is one and nobody else waits for it.
    fn take_free(self: &Arc<Self>, state: &mut State, request: AcquireRequest<'_>) -> Option<PoolSlot> {
        if state.turns.is_pressed() { None } else { self.take_place(state, request) }
    }

    /// A free place, if there is one.
    fn take_place(self: &Arc<Self>, state: &mut State, request: AcquireRequest<'_>) -> Option<PoolSlot> {
        let fitting = state.idle.iter().rposition(|backend| backend.settings() == request.settings);
        let has_room = state.has_room(self.limits.size);
        // A new connection is better than losing the settings and prepared statements of another.
        let index = fitting.or(if has_room || state.idle.is_empty() { None } else { Some(0) });
        if index.is_none() && !has_room {
            return None;
        }
        state.turns.start(request.owner);
        let backend = index.map(|index| state.idle.remove(index));
        state.taken += usize::from(backend.is_none());
        Some(self.slot(backend, Some(request.owner)))
    }

    /// A connection could not be opened. If PostgreSQL only has none left, the request waits for an existing one;
    /// otherwise waiters get the error, unless other connections can serve them.
    async fn without_connection(
        self: &Arc<Self>,
        slot: PoolSlot,
        request: AcquireRequest<'_>,
        error: ConnectError,
    ) -> Result<PoolSlot, Unavailable> {
        let crowded = error.is_crowded();
        let failure = Unavailable::Unreachable { address: self.target.address(), source: Arc::new(error) };
        tracing::warn!(error = %failure, "no connection");
        let others = {
            let mut state = self.state();
            slot.leave(&mut state);
            state.paused_until = Some(Instant::now() + PAUSE);
            let others = state.taken > 0;
            if !others {
                for waiter in state.turns.take_all() {
                    let _ = waiter.sender.send(Err(failure.clone()));
                }
            }
            others
        };
        if others {
            // New requests meanwhile wait for an existing connection, which may be held for long.
            let pool = self.clone();
            tokio::spawn(async move {
                sleep(PAUSE).await;
                pool.grow(&mut pool.state());
            });
        }
        if !(crowded && others) {
            return Err(failure);
        }
        match self.take_or_queue(request, true)? {
            Taken::Free(slot) => Ok(slot),
            Taken::Queued(turn) => turn.wait().await,
        }
    }

    /// Gives a slot to the next waiter, or keeps it.
    fn discard_unsent(self: &Arc<Self>, mut backend: Option<Box<Backend>>, owner: Option<OwnerId>) {
        let mut state = self.state();
        if let Some(owner) = owner {
            state.turns.end(owner);
        }
        let served = state.turns.serve_next(PoolWaiter::makes_way, |owner, waiter| {
            let unwanted = waiter.serve(self.slot(backend.take(), Some(owner)));
            unwanted.map_err(|slot| backend = slot.and_then(PoolSlot::into_backend)).is_ok()
        });
        match backend {
            _ if served => self.grow(&mut state),
            Some(backend) => state.idle.push(backend),
            None => state.taken -= 1,
        }
    }

    /// Lets waiters open connections, if slots were lost to failed attempts.
    fn grow(self: &Arc<Self>, state: &mut State) {
        while state.turns.is_pressed() && state.has_room(self.limits.size) {
            let served = state.turns.serve_next(PoolWaiter::makes_way, |owner, waiter| {
                let unwanted = waiter.serve(self.slot(None, Some(owner)));
                unwanted.map_err(|slot| drop(slot.and_then(PoolSlot::into_backend))).is_ok()
            });
            state.taken += usize::from(served);
        }
    }
}

impl State {
    /// True if another connection may be opened now.
    fn has_room(&self, size: usize) -> bool {
        self.taken < size && (self.taken == 0 || self.paused_until.is_none_or(|until| Instant::now() >= until))
    }
}

/// What is asked of the pool.
#[derive(Clone, Copy)]
pub struct AcquireRequest<'w> {
    pub settings: &'w SessionSettings,
    pub owner: OwnerId,
    /// The tenant's cap applies.
    pub capped: bool,
    /// The reader pace of the text.
    pub pace: &'w Arc<ReaderPace>,
}

/// What `take_or_queue` finds.
enum Taken {
    Free(PoolSlot),
    Queued(QueueTicket),
}

/// A place in the queue; dropping it gives it up.
struct QueueTicket {
    pool: Arc<Pool>,
    owner: OwnerId,
    receiver: oneshot::Receiver<Result<PoolSlot, Unavailable>>,
}

impl QueueTicket {
    async fn wait(mut self) -> Result<PoolSlot, Unavailable> {
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

impl PoolSlot {
    /// The connection; there is one from `acquire` on, unless `reconnect` has failed.
    pub fn backend(&mut self) -> Option<&mut Backend> {
        self.backend.as_deref_mut()
    }

    /// Closes the connection, if there is one, and opens another.
    pub async fn reconnect(&mut self) -> Result<(), ConnectError> {
        self.backend = None;
        let pool = &self.pool;
        let fitness = Fitness::new(pool.generation.load(Ordering::Relaxed), pool.max_age);
        let connected = pool.connect(fitness).await;
        if connected.as_ref().is_err_and(|error| !error.is_crowded()) {
            self.pool.readiness.lost();
        }
        self.backend = Some(Box::new(connected?));
        Ok(())
    }

    /// Gives up the slot without offering it to a waiter.
    fn leave(mut self, state: &mut State) {
        self.holds = false;
        state.taken -= 1;
        if let Some(owner) = self.owner {
            state.turns.end(owner);
        }
    }

    /// Takes the connection out; its slot stays in use.
    fn into_backend(mut self) -> Option<Box<Backend>> {
        self.holds = false;
        self.backend.take()
    }

    /// Cleans the connection, if necessary, before giving it back. (Dropping the slot cleans it later.)
    pub async fn give_back(self) {
        let dirty = self.backend.as_ref().is_some_and(|backend| !backend.is_broken() && backend.needs_care());
        if dirty {
            self.care().await;
        }
    }

    /// If PostgreSQL has refused to write here, checks its role. If it is wrong, all connections are replaced; if only
    /// this session's own default is to be read-only, this one is.
    pub async fn check_role(&mut self) {
        let pool = self.pool.clone();
        let Some(backend) = self.backend() else { return };
        match timeout(STOP_TIMEOUT, backend.still_fits()).await {
            Ok(Ok(Fit::Fits)) => return,
            Ok(Ok(Fit::Misfit)) => pool.turn_away(backend.generation()),
            // Only this one is replaced: where the database stays read-only, the next ones are no better.
            Ok(Ok(Fit::Outdated) | Err(_)) | Err(_) => {}
        }
        backend.mark_broken();
    }

    /// Cleans the connection, or closes it if that fails, and gives the slot back.
    async fn care(mut self) {
        if let Some(backend) = self.backend() {
            match timeout(STOP_TIMEOUT, backend.clean()).await {
                Ok(Ok(())) => return self.check_role().await,
                Ok(Err(error)) => tracing::warn!(%error, "a connection to PostgreSQL was closed"),
                Err(_) => tracing::warn!("a connection to PostgreSQL was closed: its statement did not stop"),
            }
            backend.mark_broken();
        }
    }
}

impl Drop for PoolSlot {
    fn drop(&mut self) {
        if !self.holds {
            return;
        }
        self.holds = false;
        let had_one = self.backend.is_some();
        // Its state after a panic is not known.
        let is_lost = std::thread::panicking();
        let backend = self.backend.take().filter(|backend| !is_lost && !backend.is_broken());
        if had_one && backend.is_none() {
            self.pool.readiness.doubt();
        }
        if backend.as_ref().is_some_and(|backend| backend.needs_care()) {
            if !self.cared_for
                && let Ok(runtime) = Handle::try_current()
            {
                // A runtime that shuts down drops its tasks. The mark prevents that the slot comes here again.
                let slot =
                    PoolSlot { pool: self.pool.clone(), backend, owner: self.owner, cared_for: true, holds: true };
                runtime.spawn(slot.care());
            } else {
                self.pool.discard_unsent(None, self.owner);
            }
            return;
        }
        self.pool.discard_unsent(backend, self.owner);
    }
}
