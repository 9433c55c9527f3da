//! Who is served next: tenants take turns, whatever each of them has waiting, and none has more at once than its cap.
//! What is known to take long makes way for others. Used by `pool` for connections and by `session` for the right to hold
//! one. Each step takes constant time, on average.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// One of those who make way is served no more often than this while others wait.
const WAY: Duration = Duration::from_millis(250);

/// Whose a query is: a tenant's, or, without one, its caller's. A hash: two that share one share their turns, nothing
/// else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner(u64);

impl Owner {
    /// `caller`: the connection that the query came on.
    pub fn of(tenant: Option<&str>, kind: i32, caller: Option<SocketAddr>) -> Self {
        // Random, so that nobody can choose names that share another's turns.
        static STATE: LazyLock<std::hash::RandomState> = LazyLock::new(std::hash::RandomState::new);
        Owner(match tenant {
            Some(name) => STATE.hash_one((name, kind)),
            None => STATE.hash_one(caller),
        })
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
    /// Who waits, in order; some may have given up.
    queue: VecDeque<Waiter<T>>,
    /// How many of them have not.
    waiting: usize,
    /// It stands in the ring, or among those who make way.
    is_listed: bool,
}

#[derive(Debug)]
struct Waiter<T> {
    what: T,
    capped: bool,
}

/// The queues of all owners.
#[derive(Debug)]
pub struct Turns<T> {
    lanes: HashMap<Owner, Lane<T>, BuildHasherDefault<AsItIs>>,
    /// Owners whose first waiter may be served, in the order of their turns.
    ring: VecDeque<Owner>,
    /// Those whose turn had come, but whose first waiter makes way.
    late: VecDeque<Owner>,
    /// When one of them was served, or the first has come.
    late_since: Instant,
    cap: usize,
    waiting: usize,
}

impl<T> Turns<T> {
    /// `cap`: what one owner may have at once.
    pub fn new(cap: usize) -> Self {
        Turns {
            lanes: HashMap::with_capacity_and_hasher(256, BuildHasherDefault::default()),
            ring: VecDeque::with_capacity(256),
            late: VecDeque::new(),
            late_since: Instant::now(),
            cap,
            waiting: 0,
        }
    }

    /// How many wait and have not given up.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many of this owner's do.
    pub fn waiting_of(&self, owner: Owner) -> usize {
        self.lanes.get(&owner).map_or(0, |lane| lane.waiting)
    }

    /// True if somebody waits who may be served.
    pub fn is_pressed(&self) -> bool {
        self.ready() > 0
    }

    /// Owners of whom somebody waits who may be served.
    pub fn ready(&self) -> usize {
        self.ring.len() + self.late.len()
    }

    /// True if nobody is to be served first and the owner has room. `capped`: its cap counts.
    pub fn may_start(&self, owner: Owner, capped: bool) -> bool {
        // Who comes now must not overtake those who wait.
        self.ready() == 0
            && self.lanes.get(&owner).is_none_or(|lane| lane.waiting == 0 && (!capped || lane.running < self.cap))
    }

    /// One more of the owner's is served.
    pub fn start(&mut self, owner: Owner) {
        self.lane(owner).running += 1;
    }

    /// One of the owner's is given back.
    pub fn end(&mut self, owner: Owner) {
        let Some(lane) = self.lanes.get_mut(&owner) else { return };
        lane.running -= 1;
        let (is_alone, is_idle) = (lane.queue.is_empty(), lane.running == 0);
        if !is_alone {
            self.list(owner, false);
        }
        if is_idle {
            self.tidy(owner);
        }
    }

    /// Lets somebody wait; `in_front`: who was served already, and comes back.
    pub fn push(&mut self, owner: Owner, what: T, capped: bool, in_front: bool) {
        self.waiting += 1;
        let lane = self.lane(owner);
        lane.waiting += 1;
        match in_front {
            true => lane.queue.push_front(Waiter { what, capped }),
            false => lane.queue.push_back(Waiter { what, capped }),
        }
        self.list(owner, in_front);
    }

    /// Takes who is next. `makes_way` says whether others go first, and `serve` whether he still waits; if so he counts as
    /// served.
    pub fn serve_next(&mut self, makes_way: impl Fn(&T) -> bool, mut serve: impl FnMut(Owner, T) -> bool) -> bool {
        while let Some(owner) = self.take_next(&makes_way) {
            let Some(lane) = self.lanes.get_mut(&owner) else { continue };
            lane.is_listed = false;
            let Some(waiter) = lane.queue.pop_front() else { continue };
            let served = serve(owner, waiter.what);
            if served {
                lane.running += 1;
                lane.waiting -= 1;
                self.waiting -= 1;
            }
            // One who has given up costs the owner no turn.
            self.list(owner, !served);
            self.tidy(owner);
            if served {
                return true;
            }
        }
        false
    }

    /// Takes out whose turn it is.
    fn take_next(&mut self, makes_way: impl Fn(&T) -> bool) -> Option<Owner> {
        if self.late.is_empty() || self.late_since.elapsed() < WAY {
            while let Some(owner) = self.ring.pop_front() {
                let first = self.lanes.get(&owner).and_then(|lane| lane.queue.front());
                if first.is_none_or(|first| !makes_way(&first.what)) {
                    return Some(owner);
                }
                if self.late.is_empty() {
                    self.late_since = Instant::now();
                }
                self.late.push_back(owner);
            }
        }
        let owner = self.late.pop_front();
        self.late_since = Instant::now();
        owner
    }

    /// Takes out all who wait.
    pub fn take_all(&mut self) -> Vec<T> {
        self.ring.clear();
        self.late.clear();
        let mut all = Vec::new();
        for lane in self.lanes.values_mut() {
            lane.is_listed = false;
            self.waiting -= std::mem::take(&mut lane.waiting);
            all.extend(lane.queue.drain(..).map(|waiter| waiter.what));
        }
        self.lanes.retain(|_, lane| lane.running > 0);
        all
    }

    /// One of the owner's has given up. `is_gone` says whose place in the queue can be forgotten.
    pub fn give_up(&mut self, owner: Owner, is_gone: impl Fn(&T) -> bool) {
        let Some(lane) = self.lanes.get_mut(&owner) else { return };
        lane.waiting -= 1;
        self.waiting -= 1;
        if lane.queue.len() > 2 * lane.waiting + 64 {
            lane.queue.retain(|waiter| !is_gone(&waiter.what));
        }
        self.tidy(owner);
    }

    fn lane(&mut self, owner: Owner) -> &mut Lane<T> {
        self.lanes.entry(owner).or_insert_with(|| Lane {
            running: 0,
            queue: VecDeque::new(),
            waiting: 0,
            is_listed: false,
        })
    }

    /// Puts the owner into the ring if its first waiter may be served.
    fn list(&mut self, owner: Owner, in_front: bool) {
        let Some(lane) = self.lanes.get_mut(&owner) else { return };
        let Some(first) = lane.queue.front() else { return };
        if lane.is_listed || lane.waiting == 0 || (first.capped && lane.running >= self.cap) {
            return;
        }
        lane.is_listed = true;
        match in_front {
            true => self.ring.push_front(owner),
            false => self.ring.push_back(owner),
        }
    }

    fn tidy(&mut self, owner: Owner) {
        if self.lanes.get(&owner).is_some_and(|lane| lane.running == 0 && lane.waiting == 0) {
            self.lanes.remove(&owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(name: &str) -> Owner {
        Owner::of(Some(name), 1, None)
    }

    fn next(turns: &mut Turns<u32>) -> Option<u32> {
        let mut next = None;
        let makes_way = |what: &u32| *what >= 1000;
        turns.serve_next(makes_way, |_, what| {
            next = Some(what);
            true
        });
        next
    }

    #[test]
    fn owners_take_turns_whatever_each_has_waiting() {
        let (a, b, mut turns) = (owner("a"), owner("b"), Turns::new(10));
        for what in 0..5 {
            turns.push(a, what, true, false);
        }
        turns.push(b, 100, true, false);
        turns.push(b, 101, true, false);
        let order: Vec<_> = std::iter::from_fn(|| next(&mut turns)).collect();
        assert_eq!(order, [0, 100, 1, 101, 2, 3, 4]);
        assert_eq!(turns.waiting(), 0);
    }

    #[test]
    fn an_owner_at_its_cap_is_passed_over_until_it_gives_something_back() {
        let (a, b, mut turns) = (owner("a"), owner("b"), Turns::new(1));
        assert!(turns.may_start(a, true));
        turns.start(a);
        assert!(!turns.may_start(a, true) && turns.may_start(a, false) && turns.may_start(b, true));
        turns.push(a, 1, true, false);
        assert!(!turns.is_pressed() && next(&mut turns).is_none());
        turns.push(b, 2, true, false);
        assert_eq!(next(&mut turns), Some(2));
        turns.end(a);
        assert_eq!(next(&mut turns), Some(1));
    }

    #[test]
    fn who_has_given_up_costs_no_turn_and_leaves_nothing() {
        let (a, b, mut turns) = (owner("a"), owner("b"), Turns::new(10));
        turns.push(a, 1, true, false);
        turns.push(a, 2, true, false);
        turns.push(b, 3, true, false);
        turns.give_up(a, |_| false);
        let mut order = Vec::new();
        let mut serve = |_, what: u32| {
            order.push(what);
            what != 1
        };
        while turns.serve_next(|_| false, &mut serve) {}
        assert_eq!(order, [1, 2, 3]);
        for owner in [a, b] {
            turns.end(owner);
        }
        assert!(turns.lanes.is_empty() && turns.waiting() == 0);
    }

    #[test]
    fn what_takes_long_makes_way_but_not_for_ever() {
        let mut turns = Turns::new(10);
        for what in [1000, 1001, 1, 1002, 2, 3] {
            turns.push(owner(&what.to_string()), what, true, false);
        }
        assert_eq!([next(&mut turns), next(&mut turns)], [Some(1), Some(2)]);
        assert!(!turns.may_start(owner("z"), true) && turns.ready() == 4);
        turns.late_since -= WAY;
        assert_eq!([next(&mut turns), next(&mut turns)], [Some(1000), Some(3)]);
        assert_eq!([next(&mut turns), next(&mut turns), next(&mut turns)], [Some(1001), Some(1002), None]);
        assert!(turns.may_start(owner("z"), true));
    }

    #[test]
    fn without_a_tenant_the_caller_counts() {
        let caller = |port| Some(SocketAddr::from(([127, 0, 0, 1], port)));
        assert_eq!(Owner::of(None, 0, caller(1)), Owner::of(None, 5, caller(1)));
        assert_ne!(Owner::of(None, 0, caller(1)), Owner::of(None, 0, caller(2)));
        assert_ne!(Owner::of(Some("a"), 1, None), Owner::of(Some("a"), 2, None));
    }
}
