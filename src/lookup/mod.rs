//! Which shard a tenant lives on: asks the lookup server, and remembers. A thousand simultaneous queries of a new tenant
//! cause one call; an unknown tenant is remembered too, but only briefly.

mod cache;
mod remote;

use std::sync::Arc;
use std::time::Duration;

pub use remote::Placement;

use crate::dial::Dial;
use crate::error::Error;
use cache::{Cache, Known};
use remote::Remote;

/// A tenant: its name, and the type that tells apart tenants of one name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant {
    pub name: Arc<str>,
    pub kind: i32,
}

/// What the cache may hold.
#[derive(Clone, Copy, Debug)]
pub struct CacheLimits {
    /// Tenants.
    pub size: usize,
    /// How long a tenant's shard is believed.
    pub ttl: Duration,
    /// How long a tenant is believed to be unknown.
    pub negative_ttl: Duration,
}

#[derive(Clone, Debug)]
pub struct Lookup {
    remote: Arc<Remote>,
    cache: Arc<Cache>,
}

impl Lookup {
    /// `max_retries`: further attempts after the lookup server could not be reached.
    pub fn new(address: String, dial: Dial, limits: CacheLimits, max_retries: u32) -> Result<Self, Error> {
        Ok(Lookup { remote: Arc::new(Remote::new(address, dial, max_retries)?), cache: Arc::new(Cache::new(limits)) })
    }

    /// The tenant's shard, as the lookup server says.
    pub async fn shard_of(&self, tenant: &Tenant) -> Result<i32, Error> {
        let flight = match self.cache.get(tenant) {
            Known::Shard(shard) => return Ok(shard),
            Known::Unknown => return Err(not_found(tenant)),
            Known::Asking(flight) => flight,
            Known::Nothing(flight) => {
                // A task of its own: whoever asked first may give up, the others must not.
                let (lookup, tenant) = (self.clone(), tenant.clone());
                tokio::spawn(async move {
                    let answer = lookup.remote.get(&tenant).await;
                    lookup.cache.land(&tenant, answer);
                });
                flight
            }
        };
        flight.await.unwrap_or(Err(Error::ClientClosed))?.ok_or_else(|| not_found(tenant))
    }

    /// Where the tenant lives has to be asked again.
    pub fn forget(&self, tenant: &Tenant) {
        self.cache.forget(tenant);
    }

    /// Registers the tenant if it is new; its shard.
    pub async fn register(&self, tenant: &Tenant) -> Result<i32, Error> {
        match self.cache.peek(tenant) {
            // Once registered, a tenant keeps its shard.
            Some(shard) => Ok(shard),
            None => Box::pin(self.add(tenant)).await.map(|placement| placement.shard),
        }
    }

    /// Registers the tenant if it is new, and asks for its id in any case.
    pub async fn add(&self, tenant: &Tenant) -> Result<Placement, Error> {
        let placement = self.remote.add(tenant).await?;
        self.cache.put(tenant, placement.shard);
        Ok(placement)
    }
}

fn not_found(tenant: &Tenant) -> Error {
    Error::TenantNotFound { name: tenant.name.to_string(), kind: tenant.kind }
}
