//! The lookup server, as called over gRPC.

use std::sync::OnceLock;
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use super::Tenant;
use crate::dial::Dial;
use crate::error::{Error, describe};
use crate::proto::lookup_service_client::LookupServiceClient;
use crate::proto::{TenantRequest, TenantResponse};

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
}

impl Remote {
    pub fn new(address: String, dial: Dial, max_retries: u32) -> Result<Self, Error> {
        let endpoint = dial.endpoint(&address)?;
        Ok(Remote { address, endpoint, dial, max_retries, channel: OnceLock::new() })
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
        let mut attempt = 0;
        loop {
            let status = match self.attempt(tenant, method).await {
                Ok(response) => return self.placement(response),
                Err(status) => status,
            };
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
        let channel = self.channel.get_or_init(|| self.endpoint.connect_lazy()).clone();
        let mut client = LookupServiceClient::new(channel);
        let mut request =
            self.dial.request(TenantRequest { tenant_name: tenant.name.to_string(), tenant_type: tenant.kind });
        request.set_timeout(ATTEMPT_TIMEOUT);
        let response = match method {
            Method::Get => client.get_tenant_shard(request).await?,
            Method::Add => client.add_tenant_shard(request).await?,
        };
        Ok(response.into_inner())
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
            Code::Unauthenticated | Code::PermissionDenied => Error::Unauthenticated { server: self.name(), reason },
            Code::ResourceExhausted => Error::Overloaded { reason: format!("{}: {reason}", self.name()) },
            Code::Unimplemented => {
                Error::Protocol { server: self.name(), reason: "it does not speak mtdd.v1; upgrade it".into() }
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
