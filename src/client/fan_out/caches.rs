//! What the fan-outs of a client remember between them.

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::catalog::CatalogCache;
use super::plan_cache::PlanCache;
use super::pool_pressure::PoolPressure;
use crate::plan::Layout;

#[derive(Debug)]
pub struct FanOutCaches {
    pub plans: PlanCache,
    pub catalog: CatalogCache,
    /// Bytes that one merge may hold.
    pub memory: usize,
    pub pool_pressure: PoolPressure,
    /// When the last reading of the shards' schemas began. Locked while they are read.
    pub last_reading: Mutex<Option<Instant>>,
}

impl FanOutCaches {
    pub fn new(layout: Layout, memory: usize) -> Self {
        let (plans, catalog) = (PlanCache::new(layout), CatalogCache::default());
        FanOutCaches { plans, catalog, memory, pool_pressure: PoolPressure::default(), last_reading: Mutex::default() }
    }

    /// The databases may have changed: asks again for everything they have said.
    pub fn forget(&self) {
        self.plans.forget();
        self.catalog.forget();
    }
}
