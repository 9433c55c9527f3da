//! What is known of tenants, bounded in number and in time, and who is waiting for an answer that is on its way.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use lru::LruCache;
use tokio::sync::oneshot;

use super::{CacheLimits, Tenant};
use crate::error::Error;

/// A shard, or None for a tenant that the lookup server does not know.
pub type Answer = Result<Option<i32>, Error>;
pub type Flight = oneshot::Receiver<Answer>;

/// What the cache says of a tenant.
pub enum Known {
    Shard(i32),
    /// The lookup server did not know it a moment ago.
    Unknown,
    /// Somebody has asked; the answer will come here too.
    Asking(Flight),
    /// Nobody has asked: the caller must, and hand the answer to `land`.
    Nothing(Flight),
}

#[derive(Debug)]
pub struct Cache {
    limits: CacheLimits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    entries: LruCache<Tenant, Entry>,
    flights: HashMap<Tenant, Vec<oneshot::Sender<Answer>>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    shard: Option<i32>,
    until: Instant,
}

impl Cache {
    pub fn new(limits: CacheLimits) -> Self {
        let size = NonZeroUsize::new(limits.size).unwrap_or(NonZeroUsize::MIN);
        // `unbounded` allocates as it fills; `put` keeps it within the size.
        let mut entries = LruCache::unbounded();
        entries.resize(size);
        Cache { limits, state: Mutex::new(State { entries, flights: HashMap::new() }) }
    }

    pub fn get(&self, tenant: &Tenant) -> Known {
        let mut state = self.lock();
        if let Some(entry) = state.entries.get(tenant).filter(|entry| Instant::now() < entry.until) {
            return entry.shard.map_or(Known::Unknown, Known::Shard);
        }
        let (sender, flight) = oneshot::channel();
        let waiting = state.flights.entry(tenant.clone()).or_default();
        waiting.push(sender);
        if waiting.len() == 1 { Known::Nothing(flight) } else { Known::Asking(flight) }
    }

    /// The shard, if it is known.
    pub fn peek(&self, tenant: &Tenant) -> Option<i32> {
        let mut state = self.lock();
        state.entries.get(tenant).filter(|entry| Instant::now() < entry.until).and_then(|entry| entry.shard)
    }

    /// Takes in an answer and passes it on to all who wait for it.
    pub fn land(&self, tenant: &Tenant, answer: Answer) {
        let mut state = self.lock();
        if let Ok(shard) = answer {
            // A registration may have come in since; it is newer than a "not found".
            if shard.is_some() || state.entries.peek(tenant).is_none_or(|entry| Instant::now() >= entry.until) {
                state.entries.put(tenant.clone(), self.entry(shard));
            }
        }
        for waiting in state.flights.remove(tenant).unwrap_or_default() {
            // A waiter that has given up no longer listens.
            let _ = waiting.send(answer.clone());
        }
    }

    pub fn forget(&self, tenant: &Tenant) {
        self.lock().entries.pop(tenant);
    }

    pub fn put(&self, tenant: &Tenant, shard: i32) {
        let entry = self.entry(Some(shard));
        self.lock().entries.put(tenant.clone(), entry);
    }

    fn entry(&self, shard: Option<i32>) -> Entry {
        let ttl = if shard.is_some() { self.limits.ttl } else { self.limits.negative_ttl };
        Entry { shard, until: Instant::now() + ttl }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn tenant(name: &str) -> Tenant {
        Tenant { name: name.into(), kind: 1 }
    }

    fn cache(size: usize, ttl: u64) -> Cache {
        let ttl = Duration::from_millis(ttl);
        Cache::new(CacheLimits { size, ttl, negative_ttl: ttl })
    }

    #[test]
    fn only_the_first_asks_and_all_hear_the_answer() {
        let cache = cache(10, 1000);
        let Known::Nothing(mut first) = cache.get(&tenant("a")) else { panic!() };
        let Known::Asking(mut second) = cache.get(&tenant("a")) else { panic!() };
        cache.land(&tenant("a"), Ok(Some(3)));
        assert!(matches!(first.try_recv(), Ok(Ok(Some(3)))));
        assert!(matches!(second.try_recv(), Ok(Ok(Some(3)))));
        assert!(matches!(cache.get(&tenant("a")), Known::Shard(3)));
    }

    #[test]
    fn a_failed_lookup_is_not_remembered() {
        let cache = cache(10, 1000);
        let Known::Nothing(_flight) = cache.get(&tenant("a")) else { panic!() };
        cache.land(&tenant("a"), Err(Error::Cancelled));
        assert!(matches!(cache.get(&tenant("a")), Known::Nothing(_)));
    }

    #[test]
    fn entries_expire_and_the_oldest_make_room() {
        let cache = cache(2, 0);
        cache.put(&tenant("a"), 1);
        assert!(cache.peek(&tenant("a")).is_none(), "a ttl of zero believes nothing");
        let cache = super::tests::cache(2, 60_000);
        for (shard, name) in ["a", "b", "c"].into_iter().enumerate() {
            cache.put(&tenant(name), shard as i32);
        }
        assert_eq!(cache.peek(&tenant("a")), None);
        assert_eq!(cache.peek(&tenant("c")), Some(2));
    }

    #[test]
    fn a_registration_outlives_a_not_found_that_was_on_its_way() {
        let cache = cache(10, 60_000);
        let Known::Nothing(_flight) = cache.get(&tenant("a")) else { panic!() };
        cache.put(&tenant("a"), 1);
        cache.land(&tenant("a"), Ok(None));
        assert_eq!(cache.peek(&tenant("a")), Some(1));
    }
}
