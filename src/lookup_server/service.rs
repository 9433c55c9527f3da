//! `LookupService` of this version and of 1.x, which has the same messages under other names. Checks requests, asks the
//! store, and turns its answers into replies and gRPC statuses. No placement and no SQL here.

use std::sync::Arc;

use tonic::{Request, Response, Status, Streaming};

use super::store::{Feed, Placed, Store, StoreError, TenantKey};
use super::watch::{self, Watching};
use crate::proto::legacy_lookup;
use crate::proto::legacy_lookup::lookup_service_server::LookupService as LegacyLookupService;
use crate::proto::lookup_service_server::LookupService;
use crate::proto::{CheckRequest, CheckResponse, TenantRequest, TenantResponse, WatchRequest};
use crate::shutdown::Drain;

/// The service; `lookup_server::service` makes it. Cheap to clone.
#[derive(Clone)]
pub struct TenantMap {
    store: Arc<Store>,
    feed: Feed,
    drain: Drain,
    /// Bytes.
    max_name: usize,
}

impl TenantMap {
    pub(super) fn new(store: Arc<Store>, max_tenant_name: u32, drain: Drain) -> Self {
        let feed = store.feed();
        TenantMap { store, feed, drain, max_name: max_tenant_name as usize }
    }

    /// The tenant that a request names; an error names the field.
    fn tenant(&self, request: TenantRequest) -> Result<TenantKey, Status> {
        let TenantRequest { tenant_name: name, tenant_type: kind } = request;
        TenantKey::check_name(&name, self.max_name)
            .map_err(|reason| Status::invalid_argument(format!("tenant_name: {reason}")))?;
        if kind < 0 {
            return Err(Status::invalid_argument(format!("tenant_type: must not be negative, got {kind}")));
        }
        Ok(TenantKey { name, kind })
    }
}

#[tonic::async_trait]
impl LookupService for TenantMap {
    async fn get_tenant_shard(&self, request: Request<TenantRequest>) -> Result<Response<TenantResponse>, Status> {
        let tenant = self.tenant(request.into_inner())?;
        match self.store.find(&tenant).await? {
            Some(placed) => {
                tracing::debug!(tenant = tenant.name, kind = tenant.kind, shard = placed.shard, "looked up");
                Ok(Response::new(placed.into()))
            }
            None => {
                tracing::debug!(tenant = tenant.name, kind = tenant.kind, "looked up: unknown");
                Err(Status::not_found(format!("tenant {:?} of type {} is not registered", tenant.name, tenant.kind)))
            }
        }
    }

    async fn add_tenant_shard(&self, request: Request<TenantRequest>) -> Result<Response<TenantResponse>, Status> {
        let tenant = self.tenant(request.into_inner())?;
        let placed = self.store.add(&tenant).await?;
        tracing::debug!(tenant = tenant.name, kind = tenant.kind, shard = placed.shard, "registered");
        Ok(Response::new(placed.into()))
    }

    type WatchPlacementsStream = Watching;

    async fn watch_placements(&self, request: Request<Streaming<WatchRequest>>) -> Result<Response<Watching>, Status> {
        let (store, feed, drain) = (self.store.clone(), self.feed.clone(), self.drain.clone());
        Ok(Response::new(watch::watch(store, feed, drain, request.into_inner())))
    }

    async fn check_placements(&self, request: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        watch::check(&self.store, request.into_inner()).await.map(Response::new)
    }
}

#[tonic::async_trait]
impl LegacyLookupService for TenantMap {
    async fn get_tenant_shard(
        &self,
        request: Request<legacy_lookup::TenantRequest>,
    ) -> Result<Response<legacy_lookup::TenantResponse>, Status> {
        Ok(LookupService::get_tenant_shard(self, request.map(Into::into)).await?.map(Into::into))
    }

    async fn add_tenant_shard(
        &self,
        request: Request<legacy_lookup::TenantRequest>,
    ) -> Result<Response<legacy_lookup::TenantResponse>, Status> {
        Ok(LookupService::add_tenant_shard(self, request.map(Into::into)).await?.map(Into::into))
    }
}

impl From<legacy_lookup::TenantRequest> for TenantRequest {
    fn from(request: legacy_lookup::TenantRequest) -> Self {
        TenantRequest { tenant_name: request.tenant_name, tenant_type: request.tenant_type }
    }
}

impl From<TenantResponse> for legacy_lookup::TenantResponse {
    fn from(response: TenantResponse) -> Self {
        legacy_lookup::TenantResponse { tenant_id: response.tenant_id, shard_index: response.shard_index }
    }
}

impl From<Placed> for TenantResponse {
    fn from(placed: Placed) -> Self {
        TenantResponse { tenant_id: placed.id.to_string(), shard_index: placed.shard, epoch: placed.epoch as u64 }
    }
}

impl From<StoreError> for Status {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(reason) | StoreError::Crowded(reason) => {
                tracing::warn!(%reason, "the tenant database is unavailable");
                Status::unavailable(error.to_string())
            }
            StoreError::NotStorable(_) => Status::invalid_argument(format!("tenant_name: {error}")),
            StoreError::Refused(source) => {
                tracing::error!(error = %source, "the tenant database refused a statement");
                Status::internal(error.to_string())
            }
        }
    }
}
