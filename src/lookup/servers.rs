//! All lookup servers together. Asks one, and the next one too if that fails or is silent for a moment. The first
//! answer counts. Both methods are safe to repeat.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{sleep, timeout};
use tonic::{Code, Status};

use super::server::{LookupMethod, LookupServer};
use super::tenant::{Tenant, TenantShard};
use crate::dial::Dial;
use crate::error::{Error, Server as NamedServer};
use crate::proto::TenantResponse;

/// The longest time until there is an answer or an error. The caller's deadline may be earlier.
const LIMIT: Duration = Duration::from_millis(1_800);
/// How long to wait for a server before another is asked too.
const SILENCE: Duration = Duration::from_millis(300);
/// Pause between two rounds of all servers; doubled each time.
const BACKOFF: Duration = Duration::from_millis(50);

/// A registered tenant.
#[derive(Clone, Debug)]
pub struct Registration {
    pub tenant_id: String,
    pub place: TenantShard,
}

#[derive(Debug)]
pub struct LookupServers {
    servers: Vec<LookupServer>,
    dial: Dial,
    max_retries: u32,
}

impl LookupServers {
    pub fn new(addresses: Vec<String>, dial: Dial, max_retries: u32) -> Result<Self, Error> {
        let servers = addresses.into_iter().map(|address| LookupServer::new(address, dial.clone()));
        let servers = servers.collect::<Result<_, _>>()?;
        Ok(LookupServers { servers, dial, max_retries })
    }

    /// Where the tenant lives; None: the lookup server does not know it.
    pub async fn get(&self, tenant: &Tenant) -> Result<Option<TenantShard>, Error> {
        match self.call(tenant, LookupMethod::Get).await {
            Ok(registration) => {
                let TenantShard { shard, epoch } = registration.place;
                tracing::debug!(target: "mtdd::grpc", tenantName = &*tenant.name, shardId = shard, epoch, "Tenant mapped to shard");
                Ok(Some(registration.place))
            }
            Err(Error::TenantNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Registers the tenant. A known one keeps its shard.
    pub async fn add(&self, tenant: &Tenant) -> Result<Registration, Error> {
        let registration = self.call(tenant, LookupMethod::Add).await?;
        tracing::info!(target: "mtdd::grpc", tenantName = &*tenant.name, shardId = registration.place.shard, "Tenant registered");
        Ok(registration)
    }

    async fn call(&self, tenant: &Tenant, method: LookupMethod) -> Result<Registration, Error> {
        let mut renewed = false;
        loop {
            let edition = self.dial.token.edition();
            let answer = timeout(LIMIT, self.rounds(tenant, method)).await.unwrap_or_else(|_| {
                let reason = format!("no answer within {} ms", LIMIT.as_millis());
                Err(Error::LookupUnavailable { address: self.addresses(), reason })
            });
            let is_refused = matches!(answer, Err(Error::Unauthenticated { .. }));
            if !is_refused || renewed || !self.dial.token.renewed(edition).await {
                return answer;
            }
            renewed = true;
        }
    }

    async fn rounds(&self, tenant: &Tenant, method: LookupMethod) -> Result<Registration, Error> {
        let mut attempt = 0;
        loop {
            let (server, status) = match self.round(tenant, method).await {
                Ok((server, response)) => return registration(server, response),
                Err(failure) => failure,
            };
            if !is_passing(&status) || attempt >= self.max_retries {
                return Err(self.error(server, tenant, &status).await);
            }
            sleep(BACKOFF * 2u32.saturating_pow(attempt)).await;
            attempt += 1;
        }
    }

    /// Asks one server after the other, those that were silent last, without waiting long for any of them.
    async fn round(
        &self,
        tenant: &Tenant,
        method: LookupMethod,
    ) -> Result<(&LookupServer, TenantResponse), (&LookupServer, Status)> {
        let (avoided, mut order): (Vec<_>, Vec<_>) = self.servers.iter().partition(|server| server.is_avoided());
        order.extend(avoided);
        let mut order = order.into_iter();
        let mut asked = FuturesUnordered::new();
        let mut silent: Vec<&LookupServer> = Vec::new();
        let mut failure = None;
        loop {
            if asked.is_empty() {
                match (order.next(), failure.take()) {
                    (Some(server), kept) => {
                        failure = kept;
                        silent.push(server);
                        asked.push(ask(server, tenant, method));
                    }
                    (None, Some(failure)) => return Err(failure),
                    (None, None) => {
                        let status = Status::unavailable("no lookup server is configured");
                        return Err((&self.servers[0], status));
                    }
                }
            }
            tokio::select! {
                biased;
                Some((server, outcome)) = asked.next() => {
                    silent.retain(|one| !std::ptr::eq(*one, server));
                    match outcome {
                        Err(status) if is_passing(&status) || is_of_the_server(&status) => {
                            server.avoid();
                            // A passing failure is the better reason to try again.
                            if failure.as_ref().is_none_or(|(_, kept)| !is_passing(kept)) {
                                failure = Some((server, status));
                            }
                        }
                        outcome => {
                            silent.iter().for_each(|server| server.avoid());
                            return outcome.map(|response| (server, response)).map_err(|status| (server, status));
                        }
                    }
                }
                () = sleep(SILENCE), if order.len() > 0 => {
                    if let Some(server) = order.next() {
                        silent.push(server);
                        asked.push(ask(server, tenant, method));
                    }
                }
            }
        }
    }

    async fn error(&self, server: &LookupServer, tenant: &Tenant, status: &Status) -> Error {
        let reason = status.message().to_owned();
        let name = || format!("lookup server {}", server.address);
        match status.code() {
            Code::NotFound => Error::TenantNotFound { name: tenant.name.to_string(), kind: tenant.kind },
            Code::InvalidArgument => Error::Invalid { reason },
            Code::Unauthenticated | Code::PermissionDenied => {
                Error::Unauthenticated { server: NamedServer::Lookup(server.address.clone()), reason }
            }
            Code::ResourceExhausted => Error::Overloaded { reason: format!("{}: {reason}", name()) },
            Code::Unimplemented => Error::Protocol { server: name(), reason: server.explain(status).await },
            // One of our servers, but not a lookup server. It says so.
            Code::FailedPrecondition => Error::LookupUnavailable { address: server.address.clone(), reason },
            _ => {
                let reason = server.explain(status).await;
                // With several servers, the reason names its server.
                let reason = if self.servers.len() > 1 { format!("{}: {reason}", server.address) } else { reason };
                Error::LookupUnavailable { address: self.addresses(), reason }
            }
        }
    }

    fn addresses(&self) -> String {
        self.servers.iter().map(|server| server.address.as_str()).collect::<Vec<_>>().join(", ")
    }
}

async fn ask<'s>(
    server: &'s LookupServer,
    tenant: &Tenant,
    method: LookupMethod,
) -> (&'s LookupServer, Result<TenantResponse, Status>) {
    (server, server.ask(tenant, method, LIMIT).await)
}

/// Worth another try.
fn is_passing(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown)
}

/// Another server may well answer.
fn is_of_the_server(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unauthenticated
            | Code::PermissionDenied
            | Code::ResourceExhausted
            | Code::FailedPrecondition
            | Code::Unimplemented
            | Code::Internal
    )
}

fn registration(server: &LookupServer, response: TenantResponse) -> Result<Registration, Error> {
    let TenantResponse { tenant_id, shard_index, epoch } = response;
    if shard_index < 0 {
        let reason = format!("shard index {shard_index}");
        return Err(Error::Protocol { server: format!("lookup server {}", server.address), reason });
    }
    Ok(Registration { tenant_id, place: TenantShard { shard: shard_index, epoch } })
}
