//! Tenants, and where they live.

use std::sync::Arc;

/// A tenant is identified by its name and its type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant {
    pub name: Arc<str>,
    pub kind: i32,
}

/// Where a tenant lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantShard {
    pub shard: i32,
    /// Rises each time the tenant is moved; 0: the lookup server does not know epochs.
    pub epoch: u64,
}
