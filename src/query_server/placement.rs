//! Checks that a query has come to the right shard. The caller says which shard it expects, and --shard says which one
//! this is. With --lookup, the tenants' table decides too: `fence` says what may run, `link` keeps it up to date. `run`
//! and `session` ask before anything runs, and `service` asks for each call.

mod fence;
mod lease;
mod link;
mod refusal;
mod residence;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::in_flight::InFlight;
use super::reply_chunk::{ReplyChunk, ReplyEnd, failure, status};
use crate::proto::failure::Reason;
use crate::proto::{Failure, QueryRequest};
use crate::readiness::Readiness;
use fence::Fence;
use lease::Guard;
pub use lease::{Lapse, Lease};
pub use link::PlacementLookup;
pub use residence::Residence;

/// What this server knows about its own position.
pub struct ShardPlacement {
    /// Its index in the clients' `queryServers`; None: --shard is not given.
    shard: Option<u32>,
    /// None: there is no --lookup, and callers are trusted.
    fence: Option<Arc<Fence>>,
}

/// What happened to the connection of a query.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// PostgreSQL has said that nothing runs there any more.
    Ready,
    /// It is closed, or there was none.
    Closed,
}

/// The right to run a query.
pub struct Admitted(Option<Guard>);

impl Admitted {
    /// The lease of this right; None: it needs none.
    pub fn lease(&self) -> Option<Lease> {
        self.0.as_ref().map(|guard| guard.lease().clone())
    }

    /// The query has ended. `rest`: what happened to its connection.
    pub fn end(self, outcome: &Result<ReplyChunk, Failure>, rest: ConnectionEnd) {
        let failed = match outcome {
            Ok(chunk) => match &chunk.ending {
                Some(ReplyEnd::Failure(failure)) => Some(failure),
                _ => None,
            },
            Err(failure) => Some(failure),
        };
        // In any other case PostgreSQL may still be running it.
        let is_over = failed.is_none_or(|failure| {
            failure.never_ran
                || matches!(failure.reason(), Reason::Cancelled | Reason::Timeout | Reason::Invalid | Reason::Stalled)
        });
        match (self.0, rest) {
            (Some(guard), ConnectionEnd::Ready) => guard.end(),
            (Some(guard), _) if is_over => guard.end(),
            (Some(guard), ConnectionEnd::Closed) => guard.close(),
            (None, _) => {}
        }
    }
}

impl ShardPlacement {
    /// Checks --shard only.
    pub fn unfenced(shard: Option<u32>) -> Self {
        ShardPlacement { shard, fence: None }
    }

    /// Runs only what the lookup server's table allows.
    pub fn fenced(shard: u32) -> Self {
        ShardPlacement { shard: Some(shard), fence: Some(Fence::new(shard)) }
    }

    /// Starts asking the lookup servers. `readiness` hears whether there is a lease.
    pub fn keep(&self, lookup: PlacementLookup, readiness: Readiness) {
        if let Some(fence) = &self.fence {
            lookup.keep(fence.clone(), readiness);
        }
    }

    /// Returns until when queries may run, for `Watchdog`; None: there are no leases.
    pub fn term(&self, lease: Duration) -> Option<impl Fn() -> Option<Instant> + Send + Sync + use<>> {
        let fence = self.fence.clone()?;
        Some(move || fence.term(lease))
    }

    /// Admits a query if no waiting is needed.
    pub fn admit_known(&self, request: &QueryRequest) -> Option<Admitted> {
        match (&self.fence, &request.tenant) {
            (Some(fence), Some(tenant)) => {
                fence.admit_known(tenant, request.tenant_type, request.epoch).map(|guard| Admitted(Some(guard)))
            }
            _ => Some(Admitted(None)),
        }
    }

    /// Admits a query; may have to ask, or to wait for the end of a move.
    pub async fn admit(&self, request: &QueryRequest) -> Result<Admitted, Failure> {
        let (Some(fence), Some(tenant)) = (&self.fence, &request.tenant) else { return Ok(Admitted(None)) };
        let admitted = fence.admit(tenant, request.tenant_type, request.epoch).await;
        admitted.map(|guard| Admitted(Some(guard))).map_err(|refusal| refusal.failure(request))
    }

    /// Admits a listener of the tenant that the call's metadata name; None: nothing ends its right to listen.
    pub async fn admit_listener(&self, metadata: &MetadataMap) -> Result<Option<Residence>, Status> {
        let (Some(fence), Some(request)) = (&self.fence, named_tenant(metadata)?) else { return Ok(None) };
        let Some(tenant) = &request.tenant else { return Ok(None) };
        let admitted = fence.admit_listener(tenant, request.tenant_type, request.epoch).await;
        admitted.map(Some).map_err(|refusal| status(refusal.failure(&request)))
    }

    /// Stops the queries of this stream when the lease ends.
    pub fn watch_stream(&self, queries: &Arc<InFlight>) {
        if let Some(fence) = &self.fence {
            fence.watch_stream(queries);
        }
    }

    /// The same for unary calls.
    pub fn lapses(&self) -> Option<Lapse> {
        self.fence.as_ref().map(|fence| fence.lapses())
    }

    /// The current lease.
    pub fn lease(&self) -> Option<Lease> {
        self.fence.as_ref().map(|fence| fence.lease())
    }

    /// Refuses a call for another shard.
    pub fn check_shard(&self, metadata: &MetadataMap) -> Result<(), Status> {
        let Some(meant) = number(metadata, "mtdd-shard")? else { return Ok(()) };
        let Some(shard) = self.shard.filter(|shard| u64::from(*shard) != meant) else { return Ok(()) };
        let message = format!(
            "this query server is shard {shard} (--shard {shard}), but the client takes it for shard {meant} \
             (queryServers[{meant}]); list mtdd.queryServers in the order of the shards; nothing was run"
        );
        Err(status(failure(Reason::WrongShard, true, message)))
    }
}

/// The admitted tenants of one session, until the session ends.
pub struct Admissions {
    placement: Arc<ShardPlacement>,
    held: Vec<(String, Option<i32>, Admitted)>,
    lapse: Option<Lapse>,
    lease: Option<Lease>,
}

impl Admissions {
    pub fn new(placement: Arc<ShardPlacement>) -> Self {
        let (lapse, lease) = (placement.lapses(), placement.lease());
        Admissions { placement, held: Vec::new(), lapse, lease }
    }

    /// Admits the tenant of a query.
    pub async fn admit(&mut self, request: &QueryRequest) -> Result<(), Failure> {
        let (Some(tenant), Some(_)) = (&request.tenant, &self.lapse) else { return Ok(()) };
        if !self.held.iter().any(|(name, kind, _)| name == tenant && *kind == request.tenant_type) {
            let admitted = self.placement.admit(request).await?;
            self.held.push((tenant.clone(), request.tenant_type, admitted));
        }
        Ok(())
    }

    /// The lease under which these tenants are admitted; None: there is no tenant, or none is needed.
    pub fn lease(&self) -> Option<Lease> {
        self.lease.clone().filter(|_| !self.held.is_empty())
    }

    /// Admits the tenant that the call's metadata names.
    pub async fn admit_caller(&mut self, metadata: &MetadataMap) -> Result<(), Status> {
        match named_tenant(metadata)? {
            Some(request) => self.admit(&request).await.map_err(status),
            None => Ok(()),
        }
    }

    /// Returns when the lease of these tenants has ended.
    pub async fn lapsed(&self) {
        match &self.lapse {
            Some(lapse) if !self.held.is_empty() => lapse.wait().await,
            _ => std::future::pending().await,
        }
    }

    /// The session has ended; with `Ready`, nothing of it runs any more.
    pub fn end(self, rest: ConnectionEnd) {
        let guards = self.held.into_iter().filter_map(|(_, _, Admitted(guard))| guard);
        match rest {
            ConnectionEnd::Ready => guards.for_each(Guard::end),
            ConnectionEnd::Closed => guards.for_each(Guard::close),
        }
    }
}

/// The tenant that a call's metadata name, as a query of the tenant's.
fn named_tenant(metadata: &MetadataMap) -> Result<Option<QueryRequest>, Status> {
    let Some(tenant) = metadata.get_bin("mtdd-tenant-bin") else { return Ok(None) };
    let tenant = tenant.to_bytes().ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    let Some(tenant) = tenant else {
        return Err(Status::invalid_argument("mtdd-tenant-bin: expected UTF-8"));
    };
    let tenant_type = number(metadata, "mtdd-tenant-type")?.and_then(|kind| i32::try_from(kind).ok());
    let epoch = number(metadata, "mtdd-epoch")?.unwrap_or(0);
    Ok(Some(QueryRequest { tenant: Some(tenant), tenant_type, epoch, ..QueryRequest::default() }))
}

/// A number in a call's metadata.
fn number(metadata: &MetadataMap, key: &'static str) -> Result<Option<u64>, Status> {
    let Some(value) = metadata.get(key) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| Status::invalid_argument(format!("{key}: expected a whole number")))
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    fn said(shard: Option<u32>, header: Option<&'static str>) -> Result<(), Status> {
        let mut metadata = MetadataMap::new();
        if let Some(header) = header {
            metadata.insert("mtdd-shard", header.parse().unwrap());
        }
        ShardPlacement::unfenced(shard).check_shard(&metadata)
    }

    #[test]
    fn only_a_caller_who_means_another_shard_is_refused() {
        for (shard, header) in [(None, None), (None, Some("7")), (Some(1), None), (Some(1), Some("1"))] {
            said(shard, header).unwrap();
        }
        let refused = said(Some(1), Some("0")).unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(refused.metadata().get("mtdd-reason").unwrap(), "WRONG_SHARD");
        assert!(refused.message().contains("--shard 1") && refused.message().contains("queryServers[0]"));
        assert_eq!(said(Some(1), Some("one")).unwrap_err().code(), Code::InvalidArgument);
    }
}
