//! Listens to one PostgreSQL channel on one shard: a given one, or that of a tenant, which it follows when the tenant is
//! moved. Passes notifications on, and listens again after a loss until it is told to stop. JavaScript is told each time
//! LISTEN is in force; after a loss, with the reason why notifications may have been missed.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};
use tonic::Status;

use super::call_control::CallControl;
use super::message::JsMessage;
use super::request::ListenTarget;
use super::shared::Shared;
use crate::channel::{ListenEvent, ListenStream, PlacedTenant, QueryChannel};
use crate::error::{Error, Fate};
use crate::scatter::{FailureClass, Retry};

/// Bytes of notifications that JavaScript may still have to take. Beyond that, the server is not read from. If too many
/// wait there, it ends the stream, and JavaScript is told that some are missing.
const WINDOW: u32 = 1 << 20;
/// Between attempts to listen again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How JavaScript reaches a listener.
#[derive(Debug)]
pub struct NotificationListener {
    pub control: CallControl,
    room: Semaphore,
}

impl Default for NotificationListener {
    fn default() -> Self {
        NotificationListener { control: CallControl::default(), room: Semaphore::new(WINDOW as usize) }
    }
}

impl NotificationListener {
    /// JavaScript has taken this many bytes of notifications.
    pub fn credit(&self, bytes: u32) {
        self.room.add_permits(bytes as usize);
    }
}

/// LISTEN in force on a shard.
struct InForce {
    shard: usize,
    heard: ListenStream,
}

/// Listens until it is told to stop, or cannot begin.
pub async fn run(shared: &Shared, id: u32, target: &ListenTarget, channel: &str, listener: &NotificationListener) {
    let outcome = tokio::select! {
        biased;
        _ = listener.control.ended() => Ok(()),
        error = listen(shared, id, target, channel, listener) => Err(error),
    };
    shared.finish(id, outcome);
}

/// Returns only if it cannot begin, with the reason.
async fn listen(shared: &Shared, id: u32, target: &ListenTarget, name: &str, listener: &NotificationListener) -> Error {
    let InForce { mut shard, mut heard } = match begin(shared, target, name).await {
        Ok(begun) => begun,
        Err(error) => return error,
    };
    shared.send(id, &JsMessage::ListenStream { shard, lost: None }, None);
    loop {
        let server = &shared.shards.channels[shard];
        let lost = pass_on(shared, id, server, heard, listener).await;
        let address = server.address();
        tracing::warn!(target: "mtdd::grpc", shard, address, channel = name, error = %lost, "notifications are interrupted");
        InForce { shard, heard } = again(shared, target, name, &lost).await;
        shared.send(id, &JsMessage::ListenStream { shard, lost: Some(lost.to_string()) }, None);
    }
}

/// Begins to listen. Retried like a query that was never sent.
async fn begin(shared: &Shared, target: &ListenTarget, name: &str) -> Result<InForce, Error> {
    let deadline = Instant::now() + shared.timeout;
    let mut retry = Retry::new(shared.shards.max_retries);
    loop {
        let Ok(outcome) = timeout_at(deadline, in_force(shared, target, name)).await else {
            return Err(Error::Timeout { timeout_ms: shared.timeout.as_millis() as u64, fate: Fate::NotRun });
        };
        let error = match outcome {
            Err(error @ Error::ShardUnavailable { .. }) => error,
            outcome => return outcome,
        };
        match retry.next(FailureClass::NeverSent, &shared.shards.retry_budget, deadline.into_std(), || true) {
            Some(wait) => sleep(wait).await,
            None => return Err(error),
        }
    }
}

/// Listens again after a loss, however long that takes.
async fn again(shared: &Shared, target: &ListenTarget, name: &str, lost: &Error) -> InForce {
    let mut pause = FIRST_PAUSE;
    let mut reported = None;
    // A tenant that has moved is listened to on its new shard at once.
    let mut wait = !matches!(lost, Error::WrongShard { .. });
    loop {
        if wait {
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        wait = true;
        let error = match in_force(shared, target, name).await {
            Ok(begun) => return begun,
            Err(error) => error,
        };
        // A server comes back by itself; of anything else the application has to know.
        if matches!(error, Error::ShardUnavailable { .. }) || reported == Some(error.code()) {
            tracing::debug!(target: "mtdd::grpc", channel = name, %error, "cannot listen");
        } else {
            reported = Some(error.code());
            tracing::warn!(target: "mtdd::grpc", channel = name, %error, "cannot listen again, and goes on trying");
        }
    }
}

/// Listens, and waits until LISTEN is in force.
async fn in_force(shared: &Shared, target: &ListenTarget, name: &str) -> Result<InForce, Error> {
    let tenant = match target {
        ListenTarget::Shard(shard) => return in_force_on(shared, *shard, name, None).await,
        ListenTarget::ShardOf(tenant) => tenant,
    };
    let mut is_again = false;
    loop {
        // Not from memory: servers that do not check a listener's tenant would listen on the old shard.
        let (shard, epoch) = shared.router.shard_now(tenant).await?;
        let placed = PlacedTenant { tenant: &tenant.name, kind: tenant.kind, epoch };
        match in_force_on(shared, shard, name, Some(placed)).await {
            // It has moved since.
            Err(Error::WrongShard { .. }) if !is_again => is_again = true,
            outcome => return outcome,
        }
    }
}

async fn in_force_on(
    shared: &Shared,
    shard: usize,
    name: &str,
    tenant: Option<PlacedTenant<'_>>,
) -> Result<InForce, Error> {
    let server = &shared.shards.channels[shard];
    let mut heard = server.listen(name, tenant).await?;
    match heard.next().await {
        Some(Ok(ListenEvent::InForce)) => Ok(InForce { shard, heard }),
        Some(Err(status)) => Err(server.listening_error(&status).await),
        _ => Err(Error::Protocol {
            server: format!("query server {}", server.address()),
            reason: "it did not confirm LISTEN".into(),
        }),
    }
}

/// Passes notifications on until the stream ends, and returns the reason.
async fn pass_on(
    shared: &Shared,
    id: u32,
    server: &QueryChannel,
    mut heard: ListenStream,
    listener: &NotificationListener,
) -> Error {
    loop {
        match heard.next().await {
            Some(Ok(ListenEvent::Notification { payload, process_id, received_at })) => {
                let bytes = u32::try_from(payload.len()).unwrap_or(WINDOW).clamp(1, WINDOW);
                if let Ok(room) = listener.room.acquire_many(bytes).await {
                    room.forget();
                }
                let (payload, received_at) = (&*payload, &received_at);
                shared.send(id, &JsMessage::Notification { payload, process_id, received_at }, Some(bytes));
            }
            Some(Ok(ListenEvent::InForce)) => {}
            Some(Err(status)) => return server.listening_error(&status).await,
            None => return server.listening_error(&Status::unavailable("the stream has ended")).await,
        }
    }
}
