//! What this server may run. A tenant's query is admitted only while the lookup table is known to place the tenant
//! here. A change of the table is acknowledged only when no query runs that it forbids. All of this holds for the time
//! of a lease; when the lease ends, no tenant's query runs. No IO: `link` talks to the lookup server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lru::LruCache;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{Instant, timeout_at};

use super::lease::{Guard, Lapse, Lease, Leases};
use super::refusal::NotAdmitted;
use super::residence::Residence;
use crate::proto::{Change, Placement};
use crate::query_server::in_flight::InFlight;

/// The most tenant names to remember.
const KNOWN_NAMES: usize = 100_000;
/// How long a query waits for the end of a move before it is refused.
const LONGEST_MOVE: Duration = Duration::from_secs(10);
/// How long a query waits for a lease. Without one, the lookup server has been out of reach for long.
const LONGEST_JOINING: Duration = Duration::from_secs(1);
/// How long a query waits to hear where its tenant lives.
const LONGEST_ASKING: Duration = Duration::from_secs(5);

/// The answer to a question about tenants, in the order of the question.
pub struct CheckedTenants {
    pub version: u64,
    pub placements: Vec<Vec<Placement>>,
}

/// A change that has been taken in.
pub struct Applied {
    pub name: String,
    pub kind: i32,
    /// Counts of running queries that it forbids.
    pub to_end: Vec<Arc<AtomicUsize>>,
}

/// A tenant to look up; without a type: of any type.
pub type TenantQuestion = (Arc<str>, Option<i32>);

type TenantWaiter = oneshot::Sender<Result<(), NotAdmitted>>;

pub struct Fence {
    shard: u32,
    state: Mutex<State>,
    /// Counts events that may let waiting queries go on.
    changed: watch::Sender<u64>,
    /// Notified when there is something to ask.
    pub to_ask: Notify,
    leases: Arc<Leases>,
}

struct State {
    names: LruCache<Arc<str>, Vec<KnownTenant>>,
    /// Tenants to ask about.
    questions: Vec<TenantQuestion>,
    waiting: HashMap<TenantQuestion, Vec<TenantWaiter>>,
    /// Every change up to this version has been taken in.
    applied: u64,
    lease_until: Option<Instant>,
    /// Incremented when everything known becomes doubtful.
    generation: u64,
    /// The server is shutting down, and has reported that nothing runs.
    closed: bool,
    streams: Vec<Weak<InFlight>>,
}

/// What is known about a tenant, or about all tenants of a name.
struct KnownTenant {
    kind: Option<i32>,
    place: TenantPlace,
    generation: u64,
    /// Count of queries admitted since the last change that forbade them.
    running: Arc<AtomicUsize>,
    /// Counts of queries admitted before that, which may still run.
    earlier: Vec<Arc<AtomicUsize>>,
    /// For its listeners; dropped when the place changes. None: nobody listens.
    residence: Option<watch::Sender<()>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TenantPlace {
    Here {
        epoch: u64,
    },
    Moving,
    /// Must be asked.
    Unknown,
}

/// The result of looking a tenant up in memory.
enum Look {
    Admitted(Guard),
    Refused(NotAdmitted),
    Ask(oneshot::Receiver<Result<(), NotAdmitted>>),
    Moving,
    NoLease,
}

impl Fence {
    pub fn new(shard: u32) -> Arc<Self> {
        Arc::new(Fence {
            shard,
            state: Mutex::new(State {
                names: LruCache::unbounded(),
                questions: Vec::new(),
                waiting: HashMap::new(),
                applied: 0,
                lease_until: None,
                generation: 0,
                closed: false,
                streams: Vec::new(),
            }),
            changed: watch::channel(0).0,
            to_ask: Notify::new(),
            leases: Arc::default(),
        })
    }

    /// Admits a query of a tenant that is known to live here; None: it must wait.
    pub fn admit_known(&self, name: &str, kind: Option<i32>, epoch: u64) -> Option<Guard> {
        let mut state = self.lock();
        if !state.has_lease() {
            return None;
        }
        let generation = state.generation;
        let known = state.names.get(name)?.iter().find(|known| known.kind == kind)?;
        let here = known.generation == generation && known.is_here(epoch);
        here.then(|| self.guard(&known.running))
    }

    /// Admits a query, or returns why not. Waits a short time while the tenant is being moved.
    pub async fn admit(&self, name: &str, kind: Option<i32>, epoch: u64) -> Result<Guard, NotAdmitted> {
        let begun = Instant::now();
        let mut has_asked = false;
        loop {
            let mut changed = self.changed.subscribe();
            changed.mark_unchanged();
            let (until, refusal) = match self.look(name, kind, epoch, has_asked) {
                Look::Admitted(guard) => return Ok(guard),
                Look::Refused(refusal) => return Err(refusal),
                Look::Ask(answer) => {
                    has_asked = true;
                    let answer = timeout_at(begun + LONGEST_ASKING, answer).await.map_err(|_| {
                        NotAdmitted::unchecked(
                            name,
                            "the lookup servers' answer is older than what this server already knows",
                        )
                    })?;
                    answer.unwrap_or_else(|_| Err(NotAdmitted::unchecked(name, "the server is going down")))?;
                    continue;
                }
                Look::Moving => (begun + LONGEST_MOVE, NotAdmitted::Moving { name: name.to_owned() }),
                Look::NoLease => (
                    begun + LONGEST_JOINING,
                    NotAdmitted::unchecked(name, "the lookup server has been out of reach for too long"),
                ),
            };
            if timeout_at(until, changed.changed()).await.is_err() {
                return Err(refusal);
            }
            // The lookup server's earlier answer may be outdated.
            has_asked = false;
        }
    }

    /// Admits a listener of a tenant, or returns why not. It holds no move up: a change of the tenant's place ends it.
    pub async fn admit_listener(&self, name: &str, kind: Option<i32>, epoch: u64) -> Result<Residence, NotAdmitted> {
        loop {
            let guard = self.admit(name, kind, epoch).await?;
            let residence = self.residence(name, kind, epoch);
            guard.end();
            // None: the tenant's place has changed since.
            if let Some(residence) = residence {
                return Ok(residence);
            }
        }
    }

    fn residence(&self, name: &str, kind: Option<i32>, epoch: u64) -> Option<Residence> {
        let mut state = self.lock();
        if !state.has_lease() {
            return None;
        }
        let generation = state.generation;
        let known = state.names.get_mut(name)?.iter_mut().find(|known| known.kind == kind)?;
        let here = known.generation == generation && known.is_here(epoch);
        here.then(|| {
            let place = known.residence.get_or_insert_with(|| watch::channel(()).0);
            Residence::new(name.to_owned(), place.subscribe(), self.leases.lapse())
        })
    }

    fn look(&self, name: &str, kind: Option<i32>, epoch: u64, has_asked: bool) -> Look {
        let mut state = self.lock();
        if state.closed {
            return Look::Refused(NotAdmitted::unchecked(name, "the server is going down"));
        }
        if !state.has_lease() {
            return Look::NoLease;
        }
        let generation = state.generation;
        let known = state.names.get(name).and_then(|known| known.iter().find(|known| known.kind == kind));
        if let Some(known) = known.filter(|known| known.generation == generation) {
            match known.place {
                TenantPlace::Moving => return Look::Moving,
                TenantPlace::Here { .. } if known.is_here(epoch) => return Look::Admitted(self.guard(&known.running)),
                // A caller with a later epoch than this server's is believed once, and the tenant is looked up again.
                TenantPlace::Here { epoch: newer } if newer > epoch || has_asked => {
                    return Look::Refused(NotAdmitted::Epoch { name: name.to_owned(), known: newer, given: epoch });
                }
                TenantPlace::Here { .. } | TenantPlace::Unknown => {}
            }
        }
        let (sender, receiver) = oneshot::channel();
        let asked: TenantQuestion = (name.into(), kind);
        let waiters = state.waiting.entry(asked.clone()).or_default();
        waiters.push(sender);
        if waiters.len() == 1 {
            state.questions.push(asked);
            self.to_ask.notify_one();
        }
        Look::Ask(receiver)
    }

    /// The tenants to ask about, at most this many.
    pub fn questions(&self, most: usize) -> Vec<TenantQuestion> {
        let mut state = self.lock();
        let count = state.questions.len().min(most);
        state.questions.drain(..count).collect()
    }

    /// Takes in an answer; false: it was outdated and must be asked for again.
    pub fn answer(&self, asked: Vec<TenantQuestion>, answer: Result<CheckedTenants, String>) -> bool {
        let mut state = self.lock();
        let checked = match answer {
            // It is older than a change that has been taken in since.
            Ok(checked) if checked.version < state.applied => {
                state.questions.extend(asked);
                return false;
            }
            answer => answer,
        };
        for (place, asked) in asked.into_iter().enumerate() {
            let outcome = match &checked {
                Ok(checked) => {
                    state.learn(&asked, checked.placements.get(place).map_or(&[], Vec::as_slice), self.shard)
                }
                Err(reason) => Err(NotAdmitted::unchecked(&asked.0, reason)),
            };
            for waiter in state.waiting.remove(&asked).unwrap_or_default() {
                let _ = waiter.send(outcome.clone());
            }
        }
        true
    }

    /// Takes in changes. A change is acknowledged only after the queries that it forbids have ended.
    pub fn apply(&self, changes: &[Change], version: u64) -> Vec<Applied> {
        let mut state = self.lock();
        let mut applied = Vec::new();
        for change in changes {
            let (name, kind) = (change.tenant_name.clone(), change.tenant_type);
            applied.push(Applied { name, kind, to_end: Vec::new() });
            let Some(Applied { to_end, .. }) = applied.last_mut() else { continue };
            let Some(known) = state.names.peek_mut(change.tenant_name.as_str()) else { continue };
            for known in known.iter_mut().filter(|known| known.kind.is_none_or(|kind| kind == change.tenant_type)) {
                let here =
                    change.placement.filter(|placement| placement.shard_index == self.shard && !placement.moving);
                known.set_place(match (&change.placement, here) {
                    (_, Some(here)) if known.kind.is_some() => TenantPlace::Here { epoch: here.epoch },
                    (Some(placement), None) if placement.moving => TenantPlace::Moving,
                    _ => TenantPlace::Unknown,
                });
                if here.is_none() {
                    to_end.extend(known.forbid());
                }
            }
        }
        state.applied = state.applied.max(version);
        drop(state);
        self.changed.send_modify(|count| *count += 1);
        applied
    }

    /// Every change up to this version has been taken in.
    pub fn applied(&self) -> u64 {
        self.lock().applied
    }

    /// The lookup server's table was replaced or restored: stops running queries as at the end of a lease, and forgets
    /// everything. Nothing is admitted until a new lease is granted.
    pub fn forget(&self) {
        let mut state = self.lock();
        state.applied = 0;
        // For `lapse`, which then finds that its time has passed.
        state.lease_until = Some(Instant::now());
        drop(state);
        self.lapse();
    }

    /// True if no tenant's query runs.
    pub fn is_idle(&self) -> bool {
        self.leases.is_idle()
    }

    /// A lookup server has granted a lease. `version`: the version that a server without running queries acknowledges
    /// by joining.
    pub fn joined(&self, version: u64, until: Instant) {
        self.lapse();
        let mut state = self.lock();
        state.applied = state.applied.max(version);
        drop(state);
        self.extend(until);
    }

    /// The lease lasts at least until then.
    pub fn extend(&self, until: Instant) {
        // After this process was frozen, the end of the last lease may not have been noticed yet: queries admitted
        // under it must not continue under the next.
        self.lapse();
        let mut state = self.lock();
        let had_lease = state.has_lease();
        state.lease_until = state.lease_until.max(Some(until));
        drop(state);
        if !had_lease {
            self.changed.send_modify(|count| *count += 1);
        }
    }

    /// Ends the lease if it has expired: forgets everything and stops running queries. True if it did.
    pub fn lapse(&self) -> bool {
        let mut state = self.lock();
        if state.lease_until.is_none() || state.has_lease() {
            return false;
        }
        state.lease_until = None;
        state.generation += 1;
        let streams = std::mem::take(&mut state.streams);
        // Before the next one can begin.
        self.leases.end_one();
        drop(state);
        for stream in streams.iter().filter_map(Weak::upgrade) {
            stream.lapse_all();
        }
        self.lock().streams.extend(streams.into_iter().filter(|stream| stream.strong_count() > 0));
        true
    }

    /// Stops the queries of this stream when the lease ends.
    pub fn watch_stream(&self, queries: &Arc<InFlight>) {
        let mut state = self.lock();
        if state.streams.len() == state.streams.capacity() {
            state.streams.retain(|stream| stream.strong_count() > 0);
        }
        state.streams.push(Arc::downgrade(queries));
    }

    /// Notifies of the end of the current lease.
    pub fn lapses(&self) -> Lapse {
        self.leases.lapse()
    }

    /// The current lease, or the next if there is none.
    pub fn lease(&self) -> Lease {
        self.leases.lease()
    }

    /// True if there is a lease, even if the server is shutting down.
    pub fn has_lease(&self) -> bool {
        self.lock().lease_until.is_some_and(|until| Instant::now() < until)
    }

    /// Until when tenants' queries may run on the open connections, as known now. `lease`: the length of a lease. None:
    /// the lease has ended, and queries may still run.
    pub fn term(&self, lease: Duration) -> Option<Instant> {
        let state = self.lock();
        match state.lease_until {
            Some(until) if state.has_lease() => Some(until),
            _ if self.leases.is_disconnected() => Some(Instant::now() + lease),
            _ => None,
        }
    }

    /// True if nothing runs; from then on, nothing is admitted.
    pub fn close_if_idle(&self) -> bool {
        let mut state = self.lock();
        state.closed |= self.leases.is_idle();
        state.closed
    }

    fn guard(&self, tenant: &Arc<AtomicUsize>) -> Guard {
        self.leases.guard(tenant)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KnownTenant {
    fn new(kind: Option<i32>, place: TenantPlace, generation: u64) -> Self {
        KnownTenant { kind, place, generation, running: Arc::default(), earlier: Vec::new(), residence: None }
    }

    /// Whoever listens where the tenant was may have missed what was notified elsewhere.
    fn set_place(&mut self, place: TenantPlace) {
        if std::mem::replace(&mut self.place, place) != place {
            self.residence = None;
        }
    }

    /// The counts of running queries; later admissions get a new count.
    fn forbid(&mut self) -> Vec<Arc<AtomicUsize>> {
        self.earlier.push(std::mem::take(&mut self.running));
        self.earlier.retain(|count| count.load(Ordering::Acquire) > 0);
        self.earlier.clone()
    }

    /// True if something would be lost with what is known.
    fn is_in_use(&self) -> bool {
        self.residence.as_ref().is_some_and(|place| place.receiver_count() > 0) || self.runs()
    }

    fn runs(&self) -> bool {
        self.earlier.iter().chain([&self.running]).any(|count| count.load(Ordering::Acquire) > 0)
    }

    fn is_here(&self, epoch: u64) -> bool {
        // An epoch belongs to one tenant, not to all tenants of a name.
        matches!(self.place, TenantPlace::Here { epoch: known } if epoch == 0 || self.kind.is_none() || epoch == known)
    }
}

impl State {
    fn has_lease(&self) -> bool {
        !self.closed && self.lease_until.is_some_and(|until| Instant::now() < until)
    }

    /// Stores where a tenant lives.
    fn learn(
        &mut self,
        (name, kind): &TenantQuestion,
        placements: &[Placement],
        shard: u32,
    ) -> Result<(), NotAdmitted> {
        let meant = || placements.iter().filter(|place| kind.is_none_or(|kind| kind == place.tenant_type));
        let elsewhere = meant().find(|place| place.shard_index != shard);
        let (place, outcome) = match (elsewhere, meant().map(|place| place.epoch).max()) {
            (_, None) => (TenantPlace::Unknown, Err(NotAdmitted::Unregistered { name: name.to_string() })),
            (Some(place), _) => {
                let lives = place.shard_index;
                (TenantPlace::Unknown, Err(NotAdmitted::Elsewhere { name: name.to_string(), lives, shard }))
            }
            _ if meant().any(|place| place.moving) => (TenantPlace::Moving, Ok(())),
            (None, Some(epoch)) => (TenantPlace::Here { epoch }, Ok(())),
        };
        let generation = self.generation;
        let all = self.names.get_or_insert_mut(name.clone(), Vec::new);
        match all.iter_mut().find(|known| known.kind == *kind) {
            Some(known) => {
                known.set_place(place);
                known.generation = generation;
            }
            None => all.push(KnownTenant::new(*kind, place, generation)),
        }
        self.make_room();
        outcome
    }

    /// Forgets the least recently used names without running queries or listeners.
    fn make_room(&mut self) {
        let mut tries = self.names.len();
        while self.names.len() > KNOWN_NAMES && tries > 0 {
            tries -= 1;
            let Some((name, known)) = self.names.pop_lru() else { return };
            if known.iter().any(KnownTenant::is_in_use) {
                self.names.put(name, known);
            }
        }
    }
}

#[cfg(test)]
mod tests;
