//! The lookup server, as called over gRPC. One that does not speak mtdd.v1 is called on the wire of 1.x, which says the
//! same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use super::Tenant;
use crate::dial::{Dial, is_refused};
use crate::error::{Error, Server, describe};
use crate::proto::legacy_lookup::lookup_service_client::LookupServiceClient as LegacyClient;
use crate::proto::lookup_service_client::LookupServiceClient;
use crate::proto::{TenantRequest, TenantResponse, legacy_lookup};

/// One attempt; the call's own deadline may end the wait earlier.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// Between attempts; doubled each time.
const BACKOFF: Duration = Duration::from_millis(50);

/// Where a tenant has been placed.
#[derive(Clone, Debug)]
pub struct Placement {
    pub tenant_id: String,
    pub shard: i32,
}

#[derive(Debug)]
pub struct Remote {
    address: String,
    endpoint: Endpoint,
    dial: Dial,
    max_retries: u32,
    channel: OnceLock<Channel>,
    /// The server speaks the wire of 1.x.
    is_legacy: AtomicBool,
    /// The application has been told.
    warned: Once,
}

impl Remote {
    pub fn new(address: String, dial: Dial, max_retries: u32) -> Result<Self, Error> {
        let endpoint = dial.endpoint(&address)?;
        let (channel, is_legacy, warned) = (OnceLock::new(), AtomicBool::new(false), Once::new());
        Ok(Remote { address, endpoint, dial, max_retries, channel, is_legacy, warned })
    }

    /// The tenant's shard, None if the lookup server does not know the tenant.
    pub async fn get(&self, tenant: &Tenant) -> Result<Option<i32>, Error> {
        match self.call(tenant, Method::Get).await {
            Ok(placement) => {
                tracing::debug!(target: "mtdd::grpc", tenantName = &*tenant.name, shardId = placement.shard, "Tenant mapped to shard");
                Ok(Some(placement.shard))
            }
            Err(Error::TenantNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Registers the tenant; a known one keeps its place.
    pub async fn add(&self, tenant: &Tenant) -> Result<Placement, Error> {
        let placement = self.call(tenant, Method::Add).await?;
        tracing::info!(target: "mtdd::grpc", tenantName = &*tenant.name, shardId = placement.shard, "Tenant registered");
        Ok(placement)
    }

    /// Both methods may be repeated safely.
    async fn call(&self, tenant: &Tenant, method: Method) -> Result<Placement, Error> {
        let (mut attempt, mut renewed) = (0, false);
        loop {
            let edition = self.dial.token.edition();
            let status = match self.attempt(tenant, method).await {
                Ok(response) => return self.placement(response),
                Err(status) => status,
            };
            if is_refused(&status) && !renewed && self.dial.token.renewed(edition).await {
                renewed = true;
                continue;
            }
            if !matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown)
                || attempt >= self.max_retries
            {
                return Err(self.error(tenant, &status));
            }
            tokio::time::sleep(BACKOFF * 2u32.saturating_pow(attempt)).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, tenant: &Tenant, method: Method) -> Result<TenantResponse, Status> {
        let message = TenantRequest { tenant_name: tenant.name.to_string(), tenant_type: tenant.kind };
        if !self.is_legacy.load(Ordering::Relaxed) {
            match self.ask(message.clone(), method).await {
                Err(status) if status.code() == Code::Unimplemented => {}
                outcome => return outcome,
            }
        }
        let outcome = self.ask_legacy(message, method).await;
        // One that speaks neither wire is asked on both the next time.
        let is_legacy = outcome.as_ref().err().is_none_or(|status| status.code() != Code::Unimplemented);
        self.is_legacy.store(is_legacy, Ordering::Relaxed);
        if is_legacy {
            self.warned.call_once(|| {
                let address = &self.address;
                tracing::warn!(target: "mtdd::grpc", address, "lookup server speaks the 1.x wire only: upgrade it");
            });
        }
        outcome
    }

    async fn ask(&self, message: TenantRequest, method: Method) -> Result<TenantResponse, Status> {
        let mut client = LookupServiceClient::new(self.connection());
        let request = self.request(message);
        let response = match method {
            Method::Get => client.get_tenant_shard(request).await?,
            Method::Add => client.add_tenant_shard(request).await?,
        };
        Ok(response.into_inner())
    }

    async fn ask_legacy(&self, message: TenantRequest, method: Method) -> Result<TenantResponse, Status> {
        let TenantRequest { tenant_name, tenant_type } = message;
        let mut client = LegacyClient::new(self.connection());
        let request = self.request(legacy_lookup::TenantRequest { tenant_name, tenant_type });
        let response = match method {
            Method::Get => client.get_tenant_shard(request).await?,
            Method::Add => client.add_tenant_shard(request).await?,
        };
        let legacy_lookup::TenantResponse { tenant_id, shard_index } = response.into_inner();
        Ok(TenantResponse { tenant_id, shard_index, epoch: 0 })
    }

    fn connection(&self) -> Channel {
        self.channel.get_or_init(|| self.endpoint.connect_lazy()).clone()
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = self.dial.request(message);
        request.set_timeout(ATTEMPT_TIMEOUT);
        request
    }

    fn placement(&self, response: TenantResponse) -> Result<Placement, Error> {
        if response.shard_index < 0 {
            let reason = format!("shard index {}", response.shard_index);
            return Err(Error::Protocol { server: self.name(), reason });
        }
        Ok(Placement { tenant_id: response.tenant_id, shard: response.shard_index })
    }

    fn error(&self, tenant: &Tenant, status: &Status) -> Error {
        let reason = status.message().to_owned();
        match status.code() {
            Code::NotFound => Error::TenantNotFound { name: tenant.name.to_string(), kind: tenant.kind },
            Code::InvalidArgument => Error::Invalid { reason },
            Code::Unauthenticated | Code::PermissionDenied => {
                Error::Unauthenticated { server: Server::Lookup(self.address.clone()), reason }
            }
            Code::ResourceExhausted => Error::Overloaded { reason: format!("{}: {reason}", self.name()) },
            Code::Unimplemented => {
                Error::Protocol { server: self.name(), reason: "it speaks neither mtdd.v1 nor the 1.x wire".into() }
            }
            _ => Error::LookupUnavailable { address: self.address.clone(), reason: describe(status) },
        }
    }

    fn name(&self) -> String {
        format!("lookup server {}", self.address)
    }
}

#[derive(Clone, Copy)]
enum Method {
    Get,
    Add,
}
