//! A fair queue: tenants take turns, however much each has waiting, and none exceeds its cap. Queries that are known to
//! take long let others go first. `pool` uses it for connections, `session` for permits. Each step takes constant time
//! on average.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// While others wait, a slow one is served at most this often.
const WAY: Duration = Duration::from_millis(250);

/// The owner of a query: its tenant, or without one its caller. This is a hash; two owners with the same hash share
/// their turns, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnerId(u64);

impl OwnerId {
    /// `caller`: the connection that the query came on.
    pub fn of(tenant: Option<&str>, kind: i32, caller: Option<SocketAddr>) -> Self {
        // Random keys, so that nobody can choose a name that shares another's turns.
        static STATE: LazyLock<std::hash::RandomState> = LazyLock::new(std::hash::RandomState::new);
        OwnerId(match tenant {
            Some(name) => STATE.hash_one((name, kind)),
            None => STATE.hash_one(caller),
        })
    }

    /// The same for its sessions, which are counted apart: a transaction that is open keeps its tenant's queries from no
    /// connection.
    pub fn of_sessions(self) -> OwnerId {
        OwnerId(!self.0)
    }
}

/// An owner is a hash already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// What an owner has.
#[derive(Debug)]
struct Lane<T> {
    /// Served and not given back.
    running: usize,
    /// Waiters that are not known to be slow.
    prompt: Line<T>,
    /// Slow waiters, moved here when their turn came.
    late: Line<T>,
    /// The number of both that have not given up.
    waiting: usize,
}

/// Waiters in order; some may have given up.
#[derive(Debug)]
struct Line<T> {
    queue: VecDeque<QueueWaiter<T>>,
    /// Its owner is in the ring of such lines, once, and the lane stays meanwhile.
    is_listed: bool,
}

#[derive(Debug)]
struct QueueWaiter<T> {
    what: T,
    capped: bool,
}

/// Which line of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Prompt,
    Late,
}

/// The queues of all owners.
#[derive(Debug)]
pub struct FairQueue<T> {
    lanes: HashMap<OwnerId, Lane<T>, BuildHasherDefault<AsItIs>>,
    /// Owners whose first waiter can be served, in order of their turns.
    ring: VecDeque<OwnerId>,
    /// The same for slow waiters.
    late: VecDeque<OwnerId>,
    /// When the last slow waiter was served, or the first one came.
    late_since: Instant,
    cap: usize,
    waiting: usize,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Line { queue: VecDeque::new(), is_listed: false }
    }
}

impl<T> Lane<T> {
    fn line(&mut self, which: Which) -> &mut Line<T> {
        match which {
            Which::Prompt => &mut self.prompt,
            Which::Late => &mut self.late,
        }
    }

    /// Moves slow waiters at the front to the slow line. True if there were any.
    fn part(&mut self, makes_way: impl Fn(&T) -> bool) -> bool {
        let before = self.late.queue.len();
        while self.prompt.queue.front().is_some_and(|first| makes_way(&first.what)) {
            self.late.queue.extend(self.prompt.queue.pop_front());
        }
        self.late.queue.len() > before
    }

    /// Moves waiters at the front of the slow line that are no longer slow back.
    fn rejoin(&mut self, makes_way: impl Fn(&T) -> bool) {
        let back = self.late.queue.iter().take_while(|waiter| !makes_way(&waiter.what)).count();
        for waiter in self.late.queue.drain(..back).rev() {
            self.prompt.queue.push_front(waiter);
        }
    }

    /// True if the first of a line may be served.
    fn may_serve(&self, which: Which, cap: usize) -> bool {
        let line = match which {
            Which::Prompt => &self.prompt,
            Which::Late => &self.late,
        };
        self.waiting > 0 && line.queue.front().is_some_and(|first| !first.capped || self.running < cap)
    }
}

impl<T> FairQueue<T> {
    /// `cap`: what one owner may have at once.
    pub fn new(cap: usize) -> Self {
        FairQueue {
            lanes: HashMap::with_capacity_and_hasher(256, BuildHasherDefault::default()),
            ring: VecDeque::with_capacity(256),
            late: VecDeque::new(),
            late_since: Instant::now(),
            cap,
            waiting: 0,
        }
    }

    /// The number of waiters that have not given up.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// The same for one owner.
    pub fn waiting_of(&self, owner: OwnerId) -> usize {
        self.lanes.get(&owner).map_or(0, |lane| lane.waiting)
    }

    /// True if a waiter can be served.
    pub fn is_pressed(&self) -> bool {
        self.ready() > 0
    }

    /// The number of owners with a waiter that can be served; one that also has slow waiters counts twice.
    pub fn ready(&self) -> usize {
        self.ring.len() + self.late.len()
    }

    /// True if nobody else comes first and the owner is below its cap. `capped`: whether the cap applies.
    pub fn may_start(&self, owner: OwnerId, capped: bool) -> bool {
        // A newcomer must not overtake those that wait.
        self.ready() == 0
            && self.lanes.get(&owner).is_none_or(|lane| lane.waiting == 0 && (!capped || lane.running < self.cap))
    }

    /// Counts one more served for the owner.
    pub fn start(&mut self, owner: OwnerId) {
        self.lane(owner).running += 1;
    }

    /// Counts one given back by the owner.
    pub fn end(&mut self, owner: OwnerId) {
        let Some(lane) = self.lanes.get_mut(&owner) else { return };
        lane.running -= 1;
        let (is_alone, is_idle) = (lane.waiting == 0, lane.running == 0);
        if !is_alone {
            self.list(owner, Which::Prompt, false);
            self.list(owner, Which::Late, false);
        }
        if is_idle {
            self.tidy(owner);
        }
    }

    /// Adds a waiter; `in_front`: it was already served and comes back.
    pub fn push(&mut self, owner: OwnerId, what: T, capped: bool, in_front: bool) {
        self.waiting += 1;
        let lane = self.lane(owner);
        lane.waiting += 1;
        match in_front {
            true => lane.prompt.queue.push_front(QueueWaiter { what, capped }),
            false => lane.prompt.queue.push_back(QueueWaiter { what, capped }),
        }
        self.list(owner, Which::Prompt, in_front);
    }

    /// Takes the next waiter. `makes_way` says whether it is slow, and `serve` whether it still waits; if so it counts
    /// as served.
    pub fn serve_next(
        &mut self,
        makes_way: impl Fn(OwnerId, &T) -> bool,
        mut serve: impl FnMut(OwnerId, T) -> bool,
    ) -> bool {
        while let Some((owner, which)) = self.take_next() {
            let Some(lane) = self.lanes.get_mut(&owner) else { continue };
            lane.line(which).is_listed = false;
            if which == Which::Prompt && lane.part(|what| makes_way(owner, what)) {
                if self.late.is_empty() {
                    self.late_since = Instant::now();
                }
                self.list(owner, Which::Late, false);
            }
            let served = self.serve(owner, which, &mut serve);
            if which == Which::Late && served == Some(true) {
                self.late_since = Instant::now();
                self.lane(owner).rejoin(|what| makes_way(owner, what));
                self.list(owner, Which::Prompt, false);
            }
            // A waiter that has given up costs the owner no turn.
            self.list(owner, which, served == Some(false));
            self.tidy(owner);
            if served == Some(true) {
                return true;
            }
        }
        false
    }

    /// Serves the first of an owner's line. None: nobody can be served now; false: it has given up.
    fn serve(&mut self, owner: OwnerId, which: Which, serve: impl FnOnce(OwnerId, T) -> bool) -> Option<bool> {
        // Meanwhile the owner may have reached its cap, and its waiters may have given up.
        let lane = self.lanes.get_mut(&owner).filter(|lane| lane.may_serve(which, self.cap))?;
        let served = serve(owner, lane.line(which).queue.pop_front()?.what);
        if served {
            lane.running += 1;
            lane.waiting -= 1;
            self.waiting -= 1;
        }
        Some(served)
    }

    /// Takes out whose turn it is.
    fn take_next(&mut self) -> Option<(OwnerId, Which)> {
        let is_late_due = !self.late.is_empty() && self.late_since.elapsed() >= WAY;
        if !is_late_due && let Some(owner) = self.ring.pop_front() {
            return Some((owner, Which::Prompt));
        }
        Some((self.late.pop_front()?, Which::Late))
    }

    /// Takes out all who wait.
    pub fn take_all(&mut self) -> Vec<T> {
        self.ring.clear();
        self.late.clear();
        let mut all = Vec::new();
        for lane in self.lanes.values_mut() {
            self.waiting -= std::mem::take(&mut lane.waiting);
            for line in [&mut lane.prompt, &mut lane.late] {
                line.is_listed = false;
                all.extend(line.queue.drain(..).map(|waiter| waiter.what));
            }
        }
        self.lanes.retain(|_, lane| lane.running > 0);
        all
    }

    /// One of the owner's waiters has given up. `is_gone` says which entries can be removed.
    pub fn give_up(&mut self, owner: OwnerId, is_gone: impl Fn(&T) -> bool) {
        let Some(lane) = self.lanes.get_mut(&owner) else { return };
        lane.waiting -= 1;
        self.waiting -= 1;
        if lane.waiting == 0 {
            lane.prompt.queue.clear();
            lane.late.queue.clear();
        } else if lane.prompt.queue.len() + lane.late.queue.len() > 2 * lane.waiting + 64 {
            for line in [&mut lane.prompt, &mut lane.late] {
                line.queue.retain(|waiter| !is_gone(&waiter.what));
            }
        }
        self.tidy(owner);
    }

    fn lane(&mut self, owner: OwnerId) -> &mut Lane<T> {
        self.lanes.entry(owner).or_insert_with(|| Lane {
            running: 0,
            prompt: Line::default(),
            late: Line::default(),
            waiting: 0,
        })
    }

    /// Puts the owner into the line's ring if the first of the line may be served.
    fn list(&mut self, owner: OwnerId, which: Which, in_front: bool) {
        let Some(lane) = self.lanes.get_mut(&owner) else { return };
        if lane.line(which).is_listed || !lane.may_serve(which, self.cap) {
            return;
        }
        lane.line(which).is_listed = true;
        let ring = match which {
            Which::Prompt => &mut self.ring,
            Which::Late => &mut self.late,
        };
        match in_front {
            true => ring.push_front(owner),
            false => ring.push_back(owner),
        }
    }

    fn tidy(&mut self, owner: OwnerId) {
        let is_over = |lane: &Lane<T>| {
            let is_listed = lane.prompt.is_listed || lane.late.is_listed;
            lane.running == 0 && lane.waiting == 0 && !is_listed
        };
        if self.lanes.get(&owner).is_some_and(is_over) {
            self.lanes.remove(&owner);
        }
    }
}

#[cfg(test)]
mod tests;
