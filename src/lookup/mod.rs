//! Finds the shard that a tenant lives on: asks the lookup servers, and remembers the answer. A thousand simultaneous
//! queries of a new tenant make one call. While no lookup server can be reached, known tenants go on for a while.

mod cache;
mod server;
mod servers;
mod tenant;

use std::sync::Arc;

pub use cache::CacheLimits;
pub use servers::Registration;
pub use tenant::{Tenant, TenantShard};

use crate::dial::Dial;
use crate::error::{Error, Fate};
use cache::{Cache, CacheAnswer, PendingAnswer};
use servers::LookupServers;

#[derive(Clone, Debug)]
pub struct TenantLookup {
    servers: Arc<LookupServers>,
    cache: Arc<Cache>,
}

impl TenantLookup {
    /// `max_retries`: how often to try again if no lookup server could be reached.
    pub fn new(addresses: Vec<String>, dial: Dial, limits: CacheLimits, max_retries: u32) -> Result<Self, Error> {
        Ok(TenantLookup {
            servers: Arc::new(LookupServers::new(addresses, dial, max_retries)?),
            cache: Arc::new(Cache::new(limits)),
        })
    }

    /// Where the tenant lives, according to the lookup servers.
    pub async fn locate(&self, tenant: &Tenant) -> Result<TenantShard, Error> {
        let pending: PendingAnswer = match self.cache.get(tenant) {
            CacheAnswer::Known(place) => return Ok(place),
            CacheAnswer::Stale(place) => {
                self.ask(tenant);
                return Ok(place);
            }
            CacheAnswer::NotFound => return Err(not_found(tenant)),
            CacheAnswer::Pending(pending) => pending,
            CacheAnswer::Missing(pending) => {
                self.ask(tenant);
                pending
            }
        };
        pending.await.unwrap_or(Err(Error::ClientClosed { fate: Fate::NotRun }))?.ok_or_else(|| not_found(tenant))
    }

    /// The same as of now. While no lookup server can be reached, what was known of the tenant counts.
    pub async fn locate_anew(&self, tenant: &Tenant) -> Result<TenantShard, Error> {
        match self.locate_surely(tenant).await {
            Err(Error::LookupUnavailable { .. }) if self.cache.peek(tenant).is_some() => self.locate(tenant).await,
            answer => answer,
        }
    }

    /// The same, but what is known does not count.
    pub async fn locate_surely(&self, tenant: &Tenant) -> Result<TenantShard, Error> {
        let place = self.servers.get(tenant).await?;
        // What is known may also be newer than this answer.
        if self.cache.peek(tenant) != place {
            self.cache.forget(tenant);
        }
        place.ok_or_else(|| not_found(tenant))
    }

    /// Asks in a task of its own: if the first caller gives up, the others still get the answer.
    fn ask(&self, tenant: &Tenant) {
        let (lookup, tenant) = (self.clone(), tenant.clone());
        tokio::spawn(async move {
            loop {
                let answer = lookup.servers.get(&tenant).await;
                if !lookup.cache.complete(&tenant, answer) {
                    return;
                }
            }
        });
    }

    /// Forgets where the tenant lives.
    pub fn forget(&self, tenant: &Tenant) {
        self.cache.forget(tenant);
    }

    /// The tenant's shard does not answer. True: it will be looked up again, because that has not just happened.
    pub fn recheck(&self, tenant: &Tenant) -> bool {
        self.cache.recheck(tenant)
    }

    /// Registers the tenant if it is new. Returns where it lives.
    pub async fn register(&self, tenant: &Tenant) -> Result<TenantShard, Error> {
        match self.cache.peek(tenant) {
            // A registered tenant stays registered.
            Some(place) => Ok(place),
            None => Box::pin(self.add(tenant)).await.map(|registration| registration.place),
        }
    }

    /// The same, but asks the lookup server in any case, for the tenant's id.
    pub async fn add(&self, tenant: &Tenant) -> Result<Registration, Error> {
        let registration = self.servers.add(tenant).await?;
        self.cache.put(tenant, registration.place);
        Ok(registration)
    }
}

fn not_found(tenant: &Tenant) -> Error {
    Error::TenantNotFound { name: tenant.name.to_string(), kind: tenant.kind }
}
