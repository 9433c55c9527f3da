//! A budget of bytes for waiting and running requests, and for replies that have not been read. A request over the
//! budget is refused at once: nobody waits for memory, so one caller's bytes do not delay other queries.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Smaller requests do not count against their tenant; its share of the queue limits them.
const SMALL: usize = 4096;

/// A budget of bytes.
#[derive(Debug)]
pub struct Memory {
    limit: usize,
    /// The part for large messages; the rest is kept for small ones.
    large: usize,
    /// The part for one tenant's requests.
    tenant: usize,
    /// The part for the large messages of one connection, which count while they arrive.
    connection: usize,
    used: AtomicUsize,
    tenants: Mutex<HashMap<Arc<str>, usize>>,
    connections: Mutex<HashMap<SocketAddr, usize>>,
}

impl Memory {
    /// `largest`: bytes of the largest message, which always fits.
    pub fn new(limit: usize, largest: usize) -> Arc<Self> {
        let large = (limit - limit / 16).max(largest);
        let tenant = (limit / 2).max(largest);
        let connection = (large / 2).max(largest);
        let (used, tenants, connections) = Default::default();
        Arc::new(Memory { limit, large, tenant, connection, used, tenants, connections })
    }

    /// Reserves bytes until the guard is dropped.
    pub fn reserve(self: &Arc<Self>, bytes: usize) -> Option<Reserved> {
        self.reserve_below(bytes, self.limit)
    }

    /// The same for a large message of a connection.
    pub fn reserve_large(self: &Arc<Self>, bytes: usize, from: Option<SocketAddr>) -> Option<Reserved> {
        let mut reserved = self.reserve_below(bytes, self.large)?;
        let Some(from) = from else { return Some(reserved) };
        let mut connections = self.connections();
        let used = connections.entry(from).or_default();
        // Even where this is too much: dropping it gives it back.
        *used += bytes;
        let fits = *used <= self.connection;
        drop(connections);
        reserved.connection = Some(from);
        fits.then_some(reserved)
    }

    fn reserve_below(self: &Arc<Self>, bytes: usize, limit: usize) -> Option<Reserved> {
        let used = self.used.fetch_add(bytes, Ordering::Relaxed);
        let reserved = Reserved { memory: self.clone(), bytes, tenant: None, connection: None };
        (used + bytes <= limit).then_some(reserved)
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<SocketAddr, usize>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<Arc<str>, usize>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Some bytes of the budget.
#[derive(Debug)]
pub struct Reserved {
    memory: Arc<Memory>,
    bytes: usize,
    /// The tenant, and the bytes that count for it.
    tenant: Option<(Arc<str>, usize)>,
    /// The connection that they count for, while they are a large message that arrives.
    connection: Option<SocketAddr>,
}

impl Reserved {
    /// Counts the bytes for a tenant, unless they are few; None: the tenant would exceed its part.
    pub fn charge(mut self, tenant: &str) -> Option<Self> {
        if self.bytes < SMALL {
            return Some(self);
        }
        let mut tenants = self.memory.tenants();
        let (name, used) = match tenants.get_key_value(tenant) {
            Some((name, used)) => (name.clone(), *used),
            None => (tenant.into(), 0),
        };
        let fits = used + self.bytes <= self.memory.tenant;
        if fits {
            tenants.insert(name.clone(), used + self.bytes);
        }
        drop(tenants);
        if !fits {
            return None;
        }
        self.tenant = Some((name, self.bytes));
        Some(self)
    }

    /// The large message has arrived, and counts for its connection no longer.
    pub fn arrived(mut self) -> Self {
        self.leave_connection();
        self
    }

    fn leave_connection(&mut self) {
        if let Some(from) = self.connection.take() {
            give_back(&mut self.memory.connections(), &from, self.bytes);
        }
    }

    /// Reserves more bytes; false: the budget is used up.
    pub fn grow(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        self.memory.used.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.memory.limit
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
        self.leave_connection();
        let Some((name, bytes)) = self.tenant.take() else { return };
        give_back(&mut self.memory.tenants(), &name, bytes);
    }
}

fn give_back<K: Eq + Hash>(held: &mut HashMap<K, usize>, by: &K, bytes: usize) {
    match held.get_mut(by) {
        Some(used) if *used > bytes => *used -= bytes,
        _ => drop(held.remove(by)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_used_again_and_a_refusal_uses_nothing() {
        let memory = Memory::new(100, 10);
        let mut first = memory.reserve(60).unwrap();
        assert!(memory.reserve(41).is_none());
        let second = memory.reserve(40).unwrap();
        assert!(!first.grow(1) && memory.reserve(0).is_none());
        drop(first);
        assert!(memory.reserve(60).is_some());
        drop(second);
        assert_eq!(memory.used.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn one_tenant_gets_half_and_large_messages_leave_room_for_small_ones() {
        let memory = Memory::new(16 * SMALL, 10);
        let held: Vec<_> = (0..8).map(|_| memory.reserve(SMALL).unwrap().charge("a").unwrap()).collect();
        assert!(memory.reserve(SMALL).unwrap().charge("a").is_none());
        assert!(memory.reserve(SMALL - 1).unwrap().charge("a").is_some());
        let other = memory.reserve_large(6 * SMALL, None).unwrap().charge("b").unwrap();
        assert!(memory.reserve_large(SMALL + 1, None).is_none() && memory.reserve_large(SMALL, None).is_some());
        assert!(memory.reserve(2 * SMALL).is_some());
        drop((held, other));
        assert!(memory.tenants().is_empty());
        assert!(memory.reserve(8 * SMALL).unwrap().charge("a").is_some());
        // The largest message always fits.
        assert!(Memory::new(SMALL, SMALL).reserve_large(SMALL, None).unwrap().charge("a").is_some());
    }

    #[test]
    fn the_large_messages_of_one_connection_leave_room_for_those_of_others() {
        let (one, other) = (Some("127.0.0.1:1".parse().unwrap()), Some("127.0.0.1:2".parse().unwrap()));
        let memory = Memory::new(160, 10);
        let first = memory.reserve_large(75, one).unwrap();
        assert!(memory.reserve_large(1, one).is_none());
        let second = memory.reserve_large(70, other).unwrap();
        drop(first);
        let again = memory.reserve_large(75, one).unwrap();
        drop(second);
        let again = again.arrived();
        drop((memory.reserve_large(70, one).unwrap(), again));
        assert!(memory.connections().is_empty() && memory.used.load(Ordering::Relaxed) == 0);
    }
}
