//! The connection to the lookup servers: keeps the lease, takes in changes, acknowledges them when the queries that
//! they forbid have ended, and asks where tenants live. Uses one lookup server at a time, and the next when it fails or
//! is silent. `fence` interprets the answers.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Status;

use super::fence::{Applied, CheckedTenants, Fence, TenantQuestion};
use crate::dial::{Dial, Link as Way};
use crate::error::{Error, describe};
use crate::proto::lookup_service_client::LookupServiceClient;
use crate::proto::watch_request::Request;
use crate::proto::watch_response::Response;
use crate::proto::{
    Changes, CheckRequest, CheckedTenant, History, Join, Joined, Placements, Renew, Renewed, WatchRequest,
    WatchResponse,
};
use crate::readiness::Readiness;
use crate::shutdown::Drain;

/// The time between two renewals of the lease.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// After this silence another lookup server is used.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);
/// After this time the next lookup server is asked.
const ANSWER: Duration = Duration::from_millis(700);
/// The pause between two attempts to reach any lookup server.
const PAUSE: Duration = Duration::from_millis(200);
/// How often to check whether queries have ended.
const LOOK: Duration = Duration::from_millis(20);
/// Tenants asked for in one call.
const MOST_ASKED: usize = 1000;

/// The lookup servers, and what is asked of them.
pub struct PlacementLookup {
    dial: Dial,
    servers: Vec<(String, Way)>,
    shard: u32,
    lease: Duration,
    drain: Drain,
}

impl PlacementLookup {
    /// Opens nothing yet. `lease`: how long this server goes on without a lookup server.
    pub fn new(addresses: &[String], dial: Dial, shard: u32, lease: Duration, drain: Drain) -> Result<Self, Error> {
        let servers = addresses.iter().map(|address| Ok((address.clone(), dial.link(address)?)));
        Ok(PlacementLookup { servers: servers.collect::<Result<_, Error>>()?, dial, shard, lease, drain })
    }

    /// Keeps a fence up to date from now on.
    pub fn keep(self, fence: Arc<Fence>, readiness: Readiness) {
        let drain = self.drain.clone();
        LookupLink::new(fence, self).start(drain, readiness);
    }
}

/// The way to the lookup servers.
struct LookupLink {
    fence: Arc<Fence>,
    dial: Dial,
    servers: Vec<(String, Way)>,
    /// The last one that answered.
    preferred: AtomicUsize,
    shard: u32,
    lease: Duration,
}

/// What this server has received and acknowledged of the table.
struct Heard {
    /// This server's id, for one history of the table.
    server_id: String,
    /// None: not joined yet.
    acknowledged: Option<u64>,
    /// All changes up to this version have arrived.
    received: u64,
    /// Changes that wait for running queries to end before they are acknowledged, each with the version before it.
    pending: Vec<(u64, Applied)>,
    /// The table's history; 0: not known yet.
    table: u64,
    /// Queries of another history may still run, so no lease is requested.
    settling: bool,
}

impl Heard {
    fn new() -> Self {
        // Its keys are random.
        let random = RandomState::new().build_hasher().finish();
        let server_id = format!("{}-{random:016x}", std::process::id());
        Heard { server_id, acknowledged: None, received: 0, pending: Vec::new(), table: 0, settling: false }
    }

    /// Starts again after the table was restored or replaced. Nothing is acknowledged until all running queries have
    /// ended.
    fn anew() -> Self {
        Heard { acknowledged: Some(0), settling: true, ..Heard::new() }
    }

    /// Takes in changes; each replaces an earlier one of the same tenant.
    fn take_in(&mut self, changes: Vec<Applied>, version: u64) {
        for change in changes {
            self.pending.retain(|(_, earlier)| (&earlier.name, earlier.kind) != (&change.name, change.kind));
            self.pending.push((self.received, change));
        }
        self.received = self.received.max(version);
    }

    /// Checks what has ended; true if there is something to acknowledge.
    fn settle(&mut self) -> bool {
        if self.settling {
            return false;
        }
        let before = self.pending.len();
        self.pending.retain(|(_, change)| change.to_end.iter().any(|count| count.load(Ordering::Acquire) > 0));
        let complete = self.pending.iter().map(|(since, _)| *since).min().unwrap_or(self.received);
        let acknowledged = self.acknowledged.unwrap_or(0).max(complete);
        let more = self.acknowledged != Some(acknowledged);
        self.acknowledged = Some(acknowledged);
        more || self.pending.len() != before
    }

    fn renew(&self, number: u64) -> Renew {
        let busy = self
            .pending
            .iter()
            .map(|(_, change)| CheckedTenant { tenant_name: change.name.clone(), tenant_type: Some(change.kind) });
        let received = if self.settling { 0 } else { self.received };
        Renew { number, acknowledged: self.acknowledged.unwrap_or(0), received, busy: busy.collect() }
    }
}

impl LookupLink {
    /// Opens nothing yet.
    fn new(fence: Arc<Fence>, lookup: PlacementLookup) -> Self {
        let PlacementLookup { dial, servers, shard, lease, .. } = lookup;
        LookupLink { fence, dial, servers, preferred: AtomicUsize::new(0), shard, lease }
    }

    /// Starts keeping the fence up to date, until the server has shut down.
    fn start(self, drain: Drain, readiness: Readiness) {
        let link = Arc::new(self);
        let fence = link.fence.clone();
        readiness.set_lease(fence.has_lease());
        tokio::spawn(async move {
            loop {
                sleep(LOOK).await;
                readiness.set_lease(fence.has_lease());
                if fence.lapse() {
                    tracing::error!(
                        "no lookup server has answered within --max-placement-staleness: all queries of tenants are \
                             stopped"
                    );
                }
            }
        });
        let asking = link.clone();
        tokio::spawn(async move { asking.ask().await });
        tokio::spawn(async move { link.watch(drain).await });
    }

    /// Keeps watching.
    async fn watch(&self, mut drain: Drain) {
        let mut heard = Heard::new();
        loop {
            let index = self.preferred.load(Ordering::Relaxed);
            let address = &self.servers[index].0;
            let ended = self.watch_one(index, &mut heard, &mut drain).await;
            let Err(reason) = ended else { return };
            tracing::warn!(lookup = address, reason, "lost the lookup server");
            self.preferred.store((index + 1) % self.servers.len(), Ordering::Relaxed);
            sleep(PAUSE).await;
        }
    }

    /// Watches through one lookup server until it fails or this server has shut down.
    async fn watch_one(&self, index: usize, heard: &mut Heard, drain: &mut Drain) -> Result<(), String> {
        let failed = |status: Status| describe(&status);
        let silent = || format!("no answer within {} ms", LOOKUP_TIMEOUT.as_millis());
        let (frames, outgoing) = mpsc::unbounded_channel();
        let send = |request| drop(frames.send(WatchRequest { request: Some(request) }));
        let joining = Instant::now();
        let (server_id, lease_ms) = (heard.server_id.clone(), self.lease.as_millis() as u32);
        let acknowledged = heard.acknowledged;
        send(Request::Join(Join { server_id, shard_index: self.shard, acknowledged, lease_ms }));
        let mut client = LookupServiceClient::new(self.servers[index].1.channel()).max_decoding_message_size(64 << 20);
        let call = client.watch_placements(self.dial.request(UnboundedReceiverStream::new(outgoing)));
        let opened = timeout(LOOKUP_TIMEOUT, call).await.map_err(|_| silent())?;
        let mut incoming = match opened {
            Ok(opened) => opened.into_inner(),
            Err(status) => return Err(self.servers[index].1.explain(&status).await),
        };
        let first = timeout(LOOKUP_TIMEOUT, incoming.message()).await.map_err(|_| silent())?.map_err(failed)?;
        let Some(WatchResponse { response: Some(Response::Joined(Joined { version, history })) }) = first else {
            return Err("it did not answer `join`".to_owned());
        };
        self.check_history(history, heard)?;
        heard.received = *heard.acknowledged.get_or_insert(version);
        if !heard.settling {
            self.fence.joined(heard.received, joining + self.lease);
        }
        tracing::info!(lookup = self.servers[index].0, "placements are watched");

        let (mut number, mut sent) = (0, HashMap::new());
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_heard = Instant::now();
        let mut leaving = false;
        loop {
            let mut is_due = false;
            let frame = tokio::select! {
                frame = incoming.message() => Some(frame.map_err(failed)?),
                _ = heartbeat.tick() => {
                    is_due = true;
                    None
                }
                () = sleep(LOOK), if leaving || heard.settling || !heard.pending.is_empty() => None,
                () = drain.wait(), if !leaving => {
                    leaving = true;
                    None
                }
            };
            match frame {
                Some(Some(WatchResponse { response: Some(Response::Changes(Changes { changes, version })) })) => {
                    heard.take_in(self.fence.apply(&changes, version), version);
                    is_due = true;
                }
                Some(Some(WatchResponse { response: Some(Response::Renewed(Renewed { number, history })) })) => {
                    last_heard = Instant::now();
                    self.check_history(history, heard)?;
                    if let Some(at) = sent.remove(&number)
                        && !heard.settling
                    {
                        self.fence.extend(at + self.lease);
                    }
                }
                Some(Some(_)) => {}
                Some(None) => return Err("it ended the stream".to_owned()),
                None if last_heard.elapsed() > LOOKUP_TIMEOUT + HEARTBEAT => return Err(silent()),
                None => {}
            }
            if heard.settling && self.fence.is_idle() {
                heard.settling = false;
                is_due = true;
            }
            is_due |= heard.settle();
            if leaving && self.fence.close_if_idle() {
                // Closing this half says that nothing runs any more.
                drop(frames);
                let _ = timeout(LOOKUP_TIMEOUT, incoming.message()).await;
                return Ok(());
            }
            // With each heartbeat, and at once when there is something to acknowledge.
            if is_due {
                number += 1;
                sent.insert(number, Instant::now());
                send(Request::Renew(heard.renew(number)));
            }
        }
    }

    /// Checks that the lookup server reads the same table, and not an older state of it. If not, starts again.
    fn check_history(&self, history: Option<History>, heard: &mut Heard) -> Result<(), String> {
        // A lookup server of an earlier version does not send it.
        let Some(History { latest, table }) = history else { return Ok(()) };
        let known = self.fence.applied().max(heard.acknowledged.unwrap_or(0));
        let is_other = heard.table != 0 && table != heard.table;
        if latest >= known && !is_other {
            heard.table = table;
            return Ok(());
        }
        self.fence.forget();
        *heard = Heard::anew();
        Err(format!(
            "its tenants' table was restored or replaced: its last change is {latest}, and this server knew {known}; \
                 all queries of tenants are stopped, and every tenant is looked up again"
        ))
    }

    /// Asks about tenants in batches.
    async fn ask(&self) {
        loop {
            self.fence.to_ask.notified().await;
            loop {
                let asked = self.fence.questions(MOST_ASKED);
                if asked.is_empty() {
                    break;
                }
                let answer = self.check(&asked).await;
                if !self.fence.answer(asked, answer) {
                    sleep(LOOK).await;
                }
            }
        }
    }

    /// Asks where these tenants live, one lookup server after the other until one answers.
    async fn check(&self, asked: &[TenantQuestion]) -> Result<CheckedTenants, String> {
        let tenants =
            asked.iter().map(|(name, kind)| CheckedTenant { tenant_name: name.to_string(), tenant_type: *kind });
        let request = CheckRequest { tenants: tenants.collect() };
        let first = self.preferred.load(Ordering::Relaxed);
        let mut reasons = Vec::new();
        for turn in 0..self.servers.len() {
            let (address, way) = &self.servers[(first + turn) % self.servers.len()];
            let mut client = LookupServiceClient::new(way.channel()).max_decoding_message_size(64 << 20);
            match timeout(ANSWER, client.check_placements(self.dial.request(request.clone()))).await {
                Ok(Ok(response)) => {
                    let response = response.into_inner();
                    let placements = response.tenants.into_iter().map(|Placements { placements }| placements);
                    return Ok(CheckedTenants { version: response.version, placements: placements.collect() });
                }
                Ok(Err(status)) => reasons.push(format!("lookup server {address}: {}", way.explain(&status).await)),
                Err(_) => reasons.push(format!("lookup server {address}: no answer within {} ms", ANSWER.as_millis())),
            }
        }
        Err(reasons.join("; "))
    }
}
