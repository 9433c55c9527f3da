//! Decides where a query runs: on one shard, or on all. Asks `lookup` where a tenant lives, and checks that this shard
//! exists. Sends nothing.

use crate::error::Error;
use crate::lookup::{Tenant, TenantLookup};

/// Whom a query is for.
#[derive(Clone, Debug)]
pub enum QueryTarget {
    /// `register`: the lookup server gets to know the tenant first if it is new.
    Tenant {
        tenant: Tenant,
        register: bool,
    },
    /// A shard, as an index into the query servers, on behalf of no tenant.
    Shard(usize),
    All,
}

/// Where a query runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `epoch` is that of the tenant's placement; 0: unknown, or there is no tenant.
    Shard {
        shard: usize,
        epoch: u64,
    },
    All,
}

#[derive(Debug)]
pub struct Router {
    /// None with a single query server: all tenants live on shard 0.
    lookup: Option<TenantLookup>,
    servers: usize,
}

impl Router {
    pub fn new(lookup: Option<TenantLookup>, servers: usize) -> Self {
        Router { lookup, servers }
    }

    /// True for a query that runs on more than one shard.
    pub fn fans_out(&self, target: &QueryTarget) -> bool {
        self.servers > 1 && matches!(target, QueryTarget::All)
    }

    pub async fn route(&self, target: &QueryTarget) -> Result<Route, Error> {
        match target {
            QueryTarget::Shard(shard) => Ok(Route::Shard { shard: *shard, epoch: 0 }),
            QueryTarget::All if self.servers == 1 => Ok(Route::Shard { shard: 0, epoch: 0 }),
            QueryTarget::All => Ok(Route::All),
            QueryTarget::Tenant { tenant, register } => self.locate(tenant, *register).await,
        }
    }

    /// The shard that a tenant lives on, as far as it is known.
    pub async fn shard_of(&self, tenant: &Tenant) -> Result<usize, Error> {
        let Some(lookup) = &self.lookup else { return Ok(0) };
        self.check(tenant, lookup.locate(tenant).await?.shard)
    }

    /// The shard that a tenant lives on now, and the epoch of its placement.
    pub async fn shard_now(&self, tenant: &Tenant) -> Result<(usize, u64), Error> {
        let Some(lookup) = &self.lookup else { return Ok((0, 0)) };
        let place = lookup.locate_anew(tenant).await?;
        Ok((self.check(tenant, place.shard)?, place.epoch))
    }

    /// The shard that a tenant lives on now; an error if that cannot be found out.
    pub async fn shard_surely(&self, tenant: &Tenant) -> Result<usize, Error> {
        let Some(lookup) = &self.lookup else { return Ok(0) };
        self.check(tenant, lookup.locate_surely(tenant).await?.shard)
    }

    async fn locate(&self, tenant: &Tenant, register: bool) -> Result<Route, Error> {
        let Some(lookup) = &self.lookup else { return Ok(Route::Shard { shard: 0, epoch: 0 }) };
        let place = if register { Box::pin(lookup.register(tenant)).await? } else { lookup.locate(tenant).await? };
        Ok(Route::Shard { shard: self.check(tenant, place.shard)?, epoch: place.epoch })
    }

    /// Forgets where a tenant lives.
    pub fn forget(&self, target: &QueryTarget) {
        if let (QueryTarget::Tenant { tenant, .. }, Some(lookup)) = (target, &self.lookup) {
            lookup.forget(tenant);
        }
    }

    /// A tenant's shard does not answer, so the tenant may have moved. True: the next query looks it up.
    pub fn recheck(&self, target: &QueryTarget) -> bool {
        match (target, &self.lookup) {
            (QueryTarget::Tenant { tenant, .. }, Some(lookup)) => lookup.recheck(tenant),
            _ => false,
        }
    }

    /// Registers a tenant. Returns the lookup server's id for it (without a lookup server, the tenant's name) and its
    /// shard.
    pub async fn add(&self, tenant: &Tenant) -> Result<(String, usize), Error> {
        let Some(lookup) = &self.lookup else { return Ok((tenant.name.to_string(), 0)) };
        let registration = lookup.add(tenant).await?;
        Ok((registration.tenant_id, self.check(tenant, registration.place.shard)?))
    }

    fn check(&self, tenant: &Tenant, shard: i32) -> Result<usize, Error> {
        usize::try_from(shard).ok().filter(|index| *index < self.servers).ok_or_else(|| Error::ShardNotFound {
            name: tenant.name.to_string(),
            shard,
            servers: self.servers,
        })
    }
}
