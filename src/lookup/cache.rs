//! The cache of tenants' shards, bounded in number and time, and the callers that wait for a lookup.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;
use tokio::sync::oneshot;

use super::tenant::{Tenant, TenantShard};
use crate::error::Error;

/// While no lookup server can be reached: how long until a known tenant is looked up again.
const PAUSE: Duration = Duration::from_secs(5);

/// A tenant whose shard does not answer is looked up at most this often.
const DOUBT_PAUSE: Duration = Duration::from_secs(2);

/// Limits of the cache.
#[derive(Clone, Copy, Debug)]
pub struct CacheLimits {
    /// Tenants.
    pub size: usize,
    /// How long a tenant's shard is trusted.
    pub ttl: Duration,
    /// How long a tenant counts as unknown.
    pub negative_ttl: Duration,
    /// How much longer a tenant's shard is trusted while no lookup server can be reached.
    pub max_stale: Duration,
}

/// None: the lookup server does not know the tenant.
pub type LookupResult = Result<Option<TenantShard>, Error>;
pub type PendingAnswer = oneshot::Receiver<LookupResult>;

/// What the cache says of a tenant.
pub enum CacheAnswer {
    Known(TenantShard),
    /// It may be outdated: the caller must ask, but need not wait.
    Stale(TenantShard),
    /// The lookup server did not know the tenant a moment ago.
    NotFound,
    /// Someone has asked; this gets the answer too.
    Pending(PendingAnswer),
    /// Nobody has asked: the caller must, and pass the answer to `complete`.
    Missing(PendingAnswer),
}

#[derive(Debug)]
pub struct Cache {
    limits: CacheLimits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    entries: LruCache<Tenant, CacheEntry>,
    calls: HashMap<Tenant, LookupCall>,
}

#[derive(Clone, Copy, Debug)]
struct CacheEntry {
    place: Option<TenantShard>,
    until: Instant,
    /// It is trusted until then while no lookup server can be reached.
    at_worst_until: Instant,
    /// The last lookup reached no server.
    is_stale: bool,
    /// When it was last looked up or doubted.
    asked: Instant,
}

/// A running lookup.
#[derive(Debug)]
struct LookupCall {
    /// Rises each time the lookup is repeated.
    number: u32,
    /// The tenant may have moved since the server read its answer.
    outdated: bool,
    waiting: Vec<LookupWaiter>,
}

#[derive(Debug)]
struct LookupWaiter {
    /// The lookup that was running when it came. An answer may be older than the question of whoever joined.
    joined: u32,
    sender: oneshot::Sender<LookupResult>,
}

impl LookupCall {
    fn join(&mut self, joined: u32) -> PendingAnswer {
        let (sender, pending) = oneshot::channel();
        self.waiting.push(LookupWaiter { joined, sender });
        pending
    }
}

impl Cache {
    pub fn new(limits: CacheLimits) -> Self {
        let size = NonZeroUsize::new(limits.size).unwrap_or(NonZeroUsize::MIN);
        // `unbounded` allocates as it fills; `put` keeps it within the size.
        let mut entries = LruCache::unbounded();
        entries.resize(size);
        Cache { limits, state: Mutex::new(State { entries, calls: HashMap::new() }) }
    }

    pub fn get(&self, tenant: &Tenant) -> CacheAnswer {
        let now = Instant::now();
        let mut state = self.lock();
        let is_stale = match state.entries.get(tenant) {
            Some(entry) if now < entry.until => {
                return entry.place.map_or(CacheAnswer::NotFound, CacheAnswer::Known);
            }
            Some(entry) if entry.is_stale && now < entry.at_worst_until => entry.place,
            _ => None,
        };
        if let Some(call) = state.calls.get_mut(tenant) {
            return is_stale.map_or_else(|| CacheAnswer::Pending(call.join(call.number)), CacheAnswer::Known);
        }
        let mut call = LookupCall { number: 1, outdated: false, waiting: Vec::new() };
        let known = is_stale.map_or_else(|| CacheAnswer::Missing(call.join(0)), CacheAnswer::Stale);
        state.calls.insert(tenant.clone(), call);
        known
    }

    /// Where the tenant lives, if it is known.
    pub fn peek(&self, tenant: &Tenant) -> Option<TenantShard> {
        let mut state = self.lock();
        state.entries.get(tenant).filter(|entry| Instant::now() < entry.until).and_then(|entry| entry.place)
    }

    /// Stores an answer, and passes it to everyone who waits for it. True: some came too late for it, so the lookup
    /// must be repeated.
    pub fn complete(&self, tenant: &Tenant, answer: LookupResult) -> bool {
        let mut state = self.lock();
        let outdated = state.calls.get(tenant).is_some_and(|call| call.outdated);
        let answer = match answer {
            Ok(place) => {
                // A registration may have come in meanwhile. It is newer than a "not found".
                let known = state.entries.peek(tenant).filter(|entry| Instant::now() < entry.until);
                match (place, known.and_then(|entry| entry.place)) {
                    (None, Some(place)) => Ok(Some(place)),
                    _ => {
                        if !outdated {
                            state.entries.put(tenant.clone(), self.entry(place));
                        }
                        Ok(place)
                    }
                }
            }
            // A known tenant goes on for a while.
            Err(error @ Error::LookupUnavailable { .. }) if !outdated => match state.entries.get_mut(tenant) {
                Some(entry) if entry.place.is_some() && Instant::now() < entry.at_worst_until => {
                    (entry.until, entry.is_stale) = (Instant::now() + PAUSE, true);
                    entry.until = entry.until.min(entry.at_worst_until);
                    Ok(entry.place)
                }
                _ => Err(error),
            },
            Err(error) => Err(error),
        };
        let Some(mut call) = state.calls.remove(tenant) else { return false };
        let is_for_all = matches!(answer, Ok(Some(_)) | Err(_)) && !outdated;
        let (served, late): (Vec<_>, Vec<_>) =
            std::mem::take(&mut call.waiting).into_iter().partition(|one| is_for_all || one.joined < call.number);
        for waiting in served {
            // This fails if the waiter has given up.
            let _ = waiting.sender.send(answer.clone());
        }
        if late.is_empty() {
            return false;
        }
        let call = LookupCall { number: call.number + 1, outdated: false, waiting: late };
        state.calls.insert(tenant.clone(), call);
        true
    }

    /// Forgets the tenant, and distrusts the answer that is on its way.
    pub fn forget(&self, tenant: &Tenant) {
        let mut state = self.lock();
        state.entries.pop(tenant);
        if let Some(call) = state.calls.get_mut(tenant) {
            call.outdated = true;
        }
    }

    /// The tenant's shard does not answer, so the tenant may have moved. True: the next caller looks it up, and uses
    /// the old shard if nobody answers. False: that was done a moment ago.
    pub fn recheck(&self, tenant: &Tenant) -> bool {
        let now = Instant::now();
        let mut state = self.lock();
        let Some(entry) = state.entries.peek_mut(tenant).filter(|entry| entry.place.is_some()) else { return false };
        if now.duration_since(entry.asked) < DOUBT_PAUSE {
            return false;
        }
        (entry.until, entry.asked) = (entry.until.min(now), now);
        true
    }

    pub fn put(&self, tenant: &Tenant, place: TenantShard) {
        let entry = self.entry(Some(place));
        self.lock().entries.put(tenant.clone(), entry);
    }

    fn entry(&self, place: Option<TenantShard>) -> CacheEntry {
        let ttl = if place.is_some() { self.limits.ttl } else { self.limits.negative_ttl };
        let asked = Instant::now();
        let until = asked + ttl;
        CacheEntry { place, until, at_worst_until: until + self.limits.max_stale, is_stale: false, asked }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> Tenant {
        Tenant { name: name.into(), kind: 1 }
    }

    fn place(shard: i32) -> TenantShard {
        TenantShard { shard, epoch: 1 }
    }

    fn cache(size: usize, ttl: u64) -> Cache {
        let ttl = Duration::from_millis(ttl);
        Cache::new(CacheLimits { size, ttl, negative_ttl: ttl, max_stale: Duration::ZERO })
    }

    fn unreachable() -> Error {
        Error::LookupUnavailable { address: "a".into(), reason: "gone".into() }
    }

    #[test]
    fn only_the_first_asks_and_all_hear_the_answer() {
        let cache = cache(10, 1000);
        let CacheAnswer::Missing(mut first) = cache.get(&tenant("a")) else { panic!() };
        let CacheAnswer::Pending(mut second) = cache.get(&tenant("a")) else { panic!() };
        assert!(!cache.complete(&tenant("a"), Ok(Some(place(3)))));
        assert!(matches!(first.try_recv(), Ok(Ok(Some(TenantShard { shard: 3, .. })))));
        assert!(matches!(second.try_recv(), Ok(Ok(Some(TenantShard { shard: 3, .. })))));
        assert!(matches!(cache.get(&tenant("a")), CacheAnswer::Known(TenantShard { shard: 3, .. })));
    }

    #[test]
    fn who_joins_a_call_is_not_told_of_a_tenant_that_it_may_have_missed() {
        let cache = cache(10, 0);
        let CacheAnswer::Missing(mut first) = cache.get(&tenant("a")) else { panic!() };
        // It may have been registered elsewhere meanwhile, after the answer was made.
        let CacheAnswer::Pending(mut second) = cache.get(&tenant("a")) else { panic!() };
        assert!(cache.complete(&tenant("a"), Ok(None)), "it must be asked again");
        assert!(matches!(first.try_recv(), Ok(Ok(None))));
        assert!(second.try_recv().is_err());
        let CacheAnswer::Pending(mut third) = cache.get(&tenant("a")) else { panic!() };
        assert!(!cache.complete(&tenant("a"), Ok(Some(place(1)))));
        assert!(matches!(second.try_recv(), Ok(Ok(Some(_)))));
        assert!(matches!(third.try_recv(), Ok(Ok(Some(_)))));
    }

    #[test]
    fn an_answer_from_before_a_move_is_neither_kept_nor_given_to_who_came_after() {
        let cache = cache(10, 60_000);
        let CacheAnswer::Missing(_first) = cache.get(&tenant("a")) else { panic!() };
        cache.forget(&tenant("a"));
        let CacheAnswer::Pending(mut second) = cache.get(&tenant("a")) else { panic!() };
        assert!(cache.complete(&tenant("a"), Ok(Some(place(0)))));
        assert!(second.try_recv().is_err());
        assert_eq!(cache.peek(&tenant("a")), None);
        assert!(!cache.complete(&tenant("a"), Ok(Some(place(1)))));
        assert!(matches!(second.try_recv(), Ok(Ok(Some(TenantShard { shard: 1, .. })))));
    }

    #[test]
    fn a_failed_lookup_is_not_remembered() {
        let cache = cache(10, 1000);
        let CacheAnswer::Missing(_flight) = cache.get(&tenant("a")) else { panic!() };
        cache.complete(&tenant("a"), Err(Error::Cancelled { fate: crate::error::Fate::NotRun }));
        assert!(matches!(cache.get(&tenant("a")), CacheAnswer::Missing(_)));
    }

    #[test]
    fn a_known_tenant_goes_on_within_the_bound_while_nobody_can_be_asked() {
        let limits = |max_stale| CacheLimits { size: 10, ttl: Duration::ZERO, negative_ttl: Duration::ZERO, max_stale };
        let cache = Cache::new(limits(Duration::from_secs(60)));
        cache.put(&tenant("a"), place(2));
        let CacheAnswer::Missing(mut pending) = cache.get(&tenant("a")) else {
            panic!("a ttl of zero believes nothing")
        };
        cache.complete(&tenant("a"), Err(unreachable()));
        assert!(matches!(pending.try_recv(), Ok(Ok(Some(TenantShard { shard: 2, .. })))));
        assert!(matches!(cache.get(&tenant("a")), CacheAnswer::Known(_)), "not asked again at once");

        cache.forget(&tenant("a"));
        let CacheAnswer::Missing(mut pending) = cache.get(&tenant("a")) else { panic!() };
        cache.complete(&tenant("a"), Err(unreachable()));
        assert!(matches!(pending.try_recv(), Ok(Err(_))), "what was forgotten is not believed again");

        let cache = Cache::new(limits(Duration::ZERO));
        cache.put(&tenant("a"), place(2));
        let CacheAnswer::Missing(mut pending) = cache.get(&tenant("a")) else { panic!() };
        cache.complete(&tenant("a"), Err(unreachable()));
        assert!(matches!(pending.try_recv(), Ok(Err(_))), "beyond the bound");
    }

    #[test]
    fn a_tenant_whose_shard_does_not_answer_is_asked_for_afresh_but_not_often_and_goes_on_if_nobody_answers() {
        let cache = cache(10, 600_000);
        cache.put(&tenant("a"), place(0));
        assert!(!cache.recheck(&tenant("a")), "it was asked for a moment ago");
        assert!(!cache.recheck(&tenant("b")));
        let age = |cache: &Cache| {
            let mut state = cache.lock();
            let entry = state.entries.peek_mut(&tenant("a")).unwrap();
            entry.asked = entry.asked.checked_sub(DOUBT_PAUSE).unwrap();
        };
        age(&cache);
        assert!(cache.recheck(&tenant("a")) && !cache.recheck(&tenant("a")));
        let CacheAnswer::Missing(mut pending) = cache.get(&tenant("a")) else { panic!("it must be asked for") };
        cache.complete(&tenant("a"), Err(unreachable()));
        assert!(matches!(pending.try_recv(), Ok(Ok(Some(TenantShard { shard: 0, .. })))));
        age(&cache);
        assert!(cache.recheck(&tenant("a")));
        let CacheAnswer::Stale(_) = cache.get(&tenant("a")) else { panic!() };
        cache.complete(&tenant("a"), Ok(Some(place(1))));
        assert!(matches!(cache.get(&tenant("a")), CacheAnswer::Known(TenantShard { shard: 1, .. })));
    }

    #[test]
    fn entries_expire_and_the_oldest_make_room() {
        let cache = cache(2, 0);
        cache.put(&tenant("a"), place(1));
        assert!(cache.peek(&tenant("a")).is_none(), "a ttl of zero believes nothing");
        let cache = super::tests::cache(2, 60_000);
        for (shard, name) in ["a", "b", "c"].into_iter().enumerate() {
            cache.put(&tenant(name), place(shard as i32));
        }
        assert_eq!(cache.peek(&tenant("a")), None);
        assert_eq!(cache.peek(&tenant("c")), Some(place(2)));
    }

    #[test]
    fn a_registration_outlives_a_not_found_that_was_on_its_way() {
        let cache = cache(10, 60_000);
        let CacheAnswer::Missing(_flight) = cache.get(&tenant("a")) else { panic!() };
        cache.put(&tenant("a"), place(1));
        cache.complete(&tenant("a"), Ok(None));
        assert_eq!(cache.peek(&tenant("a")), Some(place(1)));
    }
}
