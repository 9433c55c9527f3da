//! `WatchPlacements` and `CheckPlacements`, which tell the query servers what the table says. One task per query server
//! renews its lease and sends it the changes. `store` stores them.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::store::{Acknowledged, Check, CheckedPlaces, Feed, PlacementChange, Store, TenantPlacement};
use crate::proto;
use crate::proto::watch_request::Request;
use crate::proto::watch_response::Response;
use crate::proto::{
    Changes, CheckRequest, CheckResponse, History, Join, Joined, Placements, Renew, Renewed, WatchRequest,
    WatchResponse,
};
use crate::shutdown::Drain;

/// The answer of `WatchPlacements`.
pub type Watching = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

/// Frames that may wait for a query server.
const SENT_AHEAD: usize = 16;
/// Tenants of one `CheckPlacements`.
const MOST_CHECKED: usize = 10_000;
/// The bounds of a lease, in milliseconds.
const LEASES: std::ops::RangeInclusive<u32> = 1_000..=86_400_000;

/// Starts watching for a query server.
pub fn watch(store: Arc<Store>, feed: Feed, drain: Drain, frames: Streaming<WatchRequest>) -> Watching {
    let (answers, receiver) = mpsc::channel(SENT_AHEAD);
    tokio::spawn(async move {
        let watcher = Watcher { store, feed, frames, answers: answers.clone() };
        if let Err(status) = watcher.run(drain).await {
            let _ = answers.send(Err(status)).await;
        }
    });
    Box::pin(ReceiverStream::new(receiver))
}

/// Answers `CheckPlacements`.
pub async fn check(store: &Store, request: CheckRequest) -> Result<CheckResponse, Status> {
    if request.tenants.len() > MOST_CHECKED {
        return Err(Status::invalid_argument(format!("tenants: at most {MOST_CHECKED}")));
    }
    let asked = request.tenants.into_iter().map(|tenant| Check { name: tenant.tenant_name, kind: tenant.tenant_type });
    let CheckedPlaces { version, tenants } = store.check(&asked.collect::<Vec<_>>()).await?;
    let tenants =
        tenants.into_iter().map(|places| Placements { placements: places.into_iter().map(placement).collect() });
    Ok(CheckResponse { version: version as u64, tenants: tenants.collect() })
}

/// One watching query server.
struct Watcher {
    store: Arc<Store>,
    feed: Feed,
    frames: Streaming<WatchRequest>,
    answers: mpsc::Sender<Result<WatchResponse, Status>>,
}

impl Watcher {
    async fn run(mut self, mut drain: Drain) -> Result<(), Status> {
        let Some(WatchRequest { request: Some(Request::Join(join)) }) = self.frames.message().await? else {
            return Err(Status::invalid_argument("the first frame must be `join`"));
        };
        let Join { server_id, shard_index, acknowledged, lease_ms } = join;
        let shard = i32::try_from(shard_index).map_err(|_| Status::invalid_argument("join.shard_index: too large"))?;
        if server_id.is_empty() || !LEASES.contains(&lease_ms) {
            return Err(Status::invalid_argument("join: server_id must not be empty; lease_ms is 1 s to 24 h"));
        }
        let lease = i64::from(lease_ms);
        let acknowledged = acknowledged.map(|version| version as i64);
        let noted = self.store.join(&server_id, shard, acknowledged, lease).await?;
        tracing::info!(server = server_id, shard, "a query server watches");
        let mut told = acknowledged.unwrap_or(noted);
        let history = self.history().await?;
        self.answer(Response::Joined(Joined { version: told as u64, history })).await?;
        loop {
            tokio::select! {
                biased;
                () = drain.wait() => return Err(Status::unavailable("the lookup server is going down")),
                () = self.feed.beyond(told) => told = self.tell(told).await?,
                frame = self.frames.message() => match frame? {
                    Some(WatchRequest { request: Some(Request::Renew(Renew { number, acknowledged, received, busy })) }) => {
                        let busy = busy.into_iter().map(|busy| (busy.tenant_name, busy.tenant_type.unwrap_or_default()));
                        let (all, received, busy) = (acknowledged as i64, received as i64, busy.collect());
                        if !self.store.renew(&server_id, &Acknowledged { all, received, busy }, lease).await? {
                            return Err(Status::failed_precondition("this query server is no longer known: join again"));
                        }
                        let history = self.history().await?;
                        self.answer(Response::Renewed(Renewed { number, history })).await?;
                    }
                    Some(_) => return Err(Status::invalid_argument("expected `renew`")),
                    // It has reported that it runs nothing any more.
                    None => return Ok(self.store.leave(&server_id).await?),
                },
            }
        }
    }

    /// Sends the changes since a version; returns the version up to which it has sent them.
    async fn tell(&mut self, since: i64) -> Result<i64, Status> {
        let (changes, version) = self.store.changes_since(since).await?;
        let (changes, version_told) = (changes.into_iter().map(change).collect(), version as u64);
        self.answer(Response::Changes(Changes { changes, version: version_told })).await?;
        Ok(version)
    }

    async fn history(&self) -> Result<Option<History>, Status> {
        let history = self.store.history().await?;
        Ok(Some(History { latest: history.latest as u64, table: history.table as u64 }))
    }

    async fn answer(&self, response: Response) -> Result<(), Status> {
        let sent = self.answers.send(Ok(WatchResponse { response: Some(response) })).await;
        sent.map_err(|_| Status::cancelled("the query server has gone"))
    }
}

fn change(change: PlacementChange) -> proto::Change {
    proto::Change { tenant_name: change.name, tenant_type: change.kind, placement: change.placement.map(placement) }
}

fn placement(placement: TenantPlacement) -> proto::Placement {
    proto::Placement {
        tenant_type: placement.kind,
        shard_index: placement.shard as u32,
        epoch: placement.epoch as u64,
        moving: placement.moving,
    }
}
