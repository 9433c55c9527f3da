//! Tenants in memory, for development and tests. Everything is lost when the server ends, and two servers do not share
//! tenants.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Check, CheckedPlaces, Placed, TenantKey, TenantPlacement};
use crate::lookup_server::placement;

/// The tenants, and the number of tenants per shard.
pub struct MemoryStore(Mutex<Contents>);

struct Contents {
    tenants: HashMap<TenantKey, Placed>,
    per_shard: Vec<u64>,
}

impl MemoryStore {
    /// No tenants yet.
    pub fn new(shards: u32) -> Self {
        MemoryStore(Mutex::new(Contents { tenants: HashMap::new(), per_shard: vec![0; shards as usize] }))
    }

    pub fn find(&self, tenant: &TenantKey) -> Option<Placed> {
        self.lock().tenants.get(tenant).copied()
    }

    /// Where tenants live; the version is always 0.
    pub fn check(&self, tenants: &[Check]) -> CheckedPlaces {
        let contents = self.lock();
        let places = tenants.iter().map(|asked| {
            let meant = contents
                .tenants
                .iter()
                .filter(|(tenant, _)| tenant.name == asked.name && asked.kind.is_none_or(|kind| kind == tenant.kind));
            let place = meant.map(|(tenant, placed)| TenantPlacement {
                kind: tenant.kind,
                shard: placed.shard,
                epoch: placed.epoch,
                moving: false,
            });
            place.collect()
        });
        CheckedPlaces { version: 0, tenants: places.collect() }
    }

    pub fn add(&self, tenant: &TenantKey) -> Placed {
        let mut contents = self.lock();
        if let Some(placed) = contents.tenants.get(tenant) {
            return *placed;
        }
        let shard = placement::emptiest(&contents.per_shard);
        let placed = Placed { id: contents.tenants.len() as i64 + 1, shard: shard as i32, epoch: 1 };
        contents.per_shard[shard] += 1;
        contents.tenants.insert(tenant.clone(), placed);
        placed
    }

    /// Nothing can panic while holding the lock, so poisoning does not matter.
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str, kind: i32) -> TenantKey {
        TenantKey { name: name.to_owned(), kind }
    }

    #[test]
    fn a_known_tenant_keeps_its_place() {
        let store = MemoryStore::new(2);
        let first = store.add(&tenant("a", 1));
        let other = store.add(&tenant("b", 1));
        assert_ne!(first, other);
        assert_eq!(store.add(&tenant("a", 1)), first);
        assert_eq!(store.find(&tenant("a", 1)), Some(first));
    }

    #[test]
    fn one_name_with_two_types_is_two_tenants() {
        let store = MemoryStore::new(2);
        assert_eq!((store.add(&tenant("a", 1)).shard, store.add(&tenant("a", 2)).shard), (0, 1));
        assert_eq!(store.find(&tenant("a", 3)), None);
    }
}
