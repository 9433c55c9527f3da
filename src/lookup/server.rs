//! Calls to one lookup server. If it does not speak mtdd.v1, it is called on the 1.x wire, which says the same except
//! epochs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use tonic::{Code, Request, Status};

use super::tenant::Tenant;
use crate::dial::{Dial, Link, opened};
use crate::error::Error;
use crate::proto::legacy_lookup::lookup_service_client::LookupServiceClient as LegacyClient;
use crate::proto::lookup_service_client::LookupServiceClient;
use crate::proto::{TenantRequest, TenantResponse, legacy_lookup};

/// How long a server comes last after it was silent or unreachable.
const AVOIDED: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct LookupServer {
    pub address: String,
    link: Link,
    dial: Dial,
    /// The server speaks the 1.x wire.
    is_legacy: AtomicBool,
    /// The application has been warned of that.
    warned: Once,
    avoided_until: Mutex<Option<Instant>>,
}

/// The method to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupMethod {
    Get,
    Add,
}

impl LookupServer {
    pub fn new(address: String, dial: Dial) -> Result<Self, Error> {
        let link = dial.link(&address)?;
        let (is_legacy, warned) = (AtomicBool::new(false), Once::new());
        Ok(LookupServer { address, link, dial, is_legacy, warned, avoided_until: Mutex::default() })
    }

    /// What the status of a failed call means.
    pub async fn explain(&self, status: &Status) -> String {
        self.link.explain(status).await
    }

    /// Asks other servers first for a while.
    pub fn avoid(&self) {
        *self.avoided_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + AVOIDED);
    }

    pub fn is_avoided(&self) -> bool {
        let until = *self.avoided_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Asks on whichever wire the server speaks.
    pub async fn ask(
        &self,
        tenant: &Tenant,
        method: LookupMethod,
        timeout: Duration,
    ) -> Result<TenantResponse, Status> {
        let message = TenantRequest { tenant_name: tenant.name.to_string(), tenant_type: tenant.kind };
        if !self.is_legacy.load(Ordering::Relaxed) {
            match self.ask_current(message.clone(), method, timeout).await {
                Err(status) if status.code() == Code::Unimplemented => {}
                outcome => return outcome,
            }
        }
        let outcome = match self.ask_legacy(message.clone(), method, timeout).await {
            // This is how some 1.x servers answer the registration of a tenant that they know. They do not say where it
            // is.
            Err(status) if status.code() == Code::AlreadyExists && method == LookupMethod::Add => {
                self.ask_legacy(message, LookupMethod::Get, timeout).await
            }
            outcome => outcome,
        };
        // A server that speaks neither wire is tried on both again.
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

    async fn ask_current(
        &self,
        message: TenantRequest,
        method: LookupMethod,
        timeout: Duration,
    ) -> Result<TenantResponse, Status> {
        let mut client = LookupServiceClient::new(self.link.channel());
        let request = self.request(message, timeout);
        let call = async move {
            match method {
                LookupMethod::Get => client.get_tenant_shard(request).await,
                LookupMethod::Add => client.add_tenant_shard(request).await,
            }
        };
        let response = opened(call).await?;
        Ok(response.into_inner())
    }

    async fn ask_legacy(
        &self,
        message: TenantRequest,
        method: LookupMethod,
        timeout: Duration,
    ) -> Result<TenantResponse, Status> {
        let TenantRequest { tenant_name, tenant_type } = message;
        let mut client = LegacyClient::new(self.link.channel());
        let request = self.request(legacy_lookup::TenantRequest { tenant_name, tenant_type }, timeout);
        let call = async move {
            match method {
                LookupMethod::Get => client.get_tenant_shard(request).await,
                LookupMethod::Add => client.add_tenant_shard(request).await,
            }
        };
        let response = opened(call).await?;
        let legacy_lookup::TenantResponse { tenant_id, shard_index } = response.into_inner();
        Ok(TenantResponse { tenant_id, shard_index, epoch: 0 })
    }

    fn request<T>(&self, message: T, timeout: Duration) -> Request<T> {
        let mut request = self.dial.request(message);
        request.set_timeout(timeout);
        request
    }
}
