//! What the query servers are told about placements, and what is stored about them: changes in the order of their
//! versions, and each server's lease. Every statement here can be run twice. `moves` changes placements.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::StoreError;
use super::connection::Opener;
use super::postgres::{PostgresStore, StoreQuery};

/// The PostgreSQL channel on which changes are announced.
pub const CHANNEL: &str = "mtdd_placements";
/// How often the tables are checked without a notification, which a lost connection may have missed.
const POLL: Duration = Duration::from_secs(1);
/// How long after its lease a query server may need to stop its queries: PostgreSQL is asked to stop them, their
/// connections are closed 5 s later, and PostgreSQL notices that within another 5 s.
const STOPPING_TIME_MS: i64 = 15_000;

// One statement has one snapshot, so the tenants and the version are consistent.
const CHECK: &str = "
    SELECT asked.place, tenants.tenant_type, tenants.shard_index, tenants.epoch, tenants.moving_to IS NOT NULL,
           (SELECT coalesce(max(version), 0) FROM mtdd_placement_changes)
      FROM unnest($1::text[], $2::integer[]) WITH ORDINALITY AS asked (name, kind, place)
      LEFT JOIN mtdd_tenants AS tenants
        ON tenants.tenant_name = asked.name AND (asked.kind IS NULL OR tenants.tenant_type = asked.kind)";

const CHANGES: &str = "
    SELECT tenant_name, tenant_type, version, shard_index, epoch, moving
      FROM mtdd_placement_changes WHERE version > $1 ORDER BY version";

const VERSION: &str = "SELECT coalesce(max(version), 0) FROM mtdd_placement_changes";

// A restored dump, or another database, has a table with another number.
const HISTORY: &str = "
    SELECT (SELECT coalesce(max(version), 0) FROM mtdd_placement_changes),
           'mtdd_placement_changes'::regclass::oid::bigint";

const JOIN: &str = "
    INSERT INTO mtdd_query_servers AS servers (server_id, shard_index, acknowledged, expires_at)
    VALUES ($1, $2, coalesce($3, (SELECT coalesce(max(version), 0) FROM mtdd_placement_changes)),
            now() + $4::bigint * interval '1 millisecond')
    ON CONFLICT (server_id) DO UPDATE SET expires_at = greatest(servers.expires_at, excluded.expires_at)
    RETURNING acknowledged";

const RENEW: &str = "
    UPDATE mtdd_query_servers
       SET acknowledged = greatest(acknowledged, $2),
           expires_at = greatest(expires_at, now() + $3::bigint * interval '1 millisecond'),
           received = greatest(received, $4), busy = $5
     WHERE server_id = $1 RETURNING 1";

const LEAVE: &str = "DELETE FROM mtdd_query_servers WHERE server_id = $1";

// Removes servers that ended without leaving.
const FORGET: &str = "DELETE FROM mtdd_query_servers WHERE expires_at < now() - interval '1 day'";

/// A tenant whose place is asked for; without a type: whatever its type.
pub struct Check {
    pub name: String,
    pub kind: Option<i32>,
}

/// Where tenants live, in the order of the question.
pub struct CheckedPlaces {
    pub version: i64,
    /// The placements of each; empty: not registered.
    pub tenants: Vec<Vec<TenantPlacement>>,
}

/// Where a tenant lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantPlacement {
    pub kind: i32,
    pub shard: i32,
    pub epoch: i64,
    /// It is being moved or removed.
    pub moving: bool,
}

/// The table's history, and its last change.
#[derive(Clone, Copy, Debug, Default)]
pub struct History {
    pub latest: i64,
    pub table: i64,
}

/// What a query server acknowledges.
pub struct Acknowledged {
    /// Nothing runs that a change up to this version forbids.
    pub all: i64,
    /// The same up to this version, except for busy tenants.
    pub received: i64,
    pub busy: Vec<(String, i32)>,
}

/// The text of a busy tenant.
pub fn busy_key(name: &str, kind: i32) -> String {
    format!("{kind}:{name}")
}

/// A change of a tenant's placement.
pub struct PlacementChange {
    pub name: String,
    pub kind: i32,
    /// None: it was removed.
    pub placement: Option<TenantPlacement>,
}

impl PostgresStore {
    pub async fn check(&self, tenants: &[Check]) -> Result<CheckedPlaces, StoreError> {
        let names: Vec<&str> = tenants.iter().map(|tenant| tenant.name.as_str()).collect();
        let kinds: Vec<Option<i32>> = tenants.iter().map(|tenant| tenant.kind).collect();
        let mut checked = CheckedPlaces { version: 0, tenants: vec![Vec::new(); tenants.len()] };
        for row in self.ask(StoreQuery::Text(CHECK), &[&names, &kinds]).await? {
            checked.version = row.try_get(5)?;
            let place = row.try_get::<_, i64>(0)? as usize - 1;
            if let (Some(kind), Some(places)) = (row.try_get(1)?, checked.tenants.get_mut(place)) {
                let (shard, epoch, moving) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
                places.push(TenantPlacement { kind, shard, epoch, moving });
            }
        }
        Ok(checked)
    }

    pub async fn changes_since(&self, version: i64) -> Result<(Vec<PlacementChange>, i64), StoreError> {
        let mut complete = version;
        let mut changes = Vec::new();
        for row in self.ask(StoreQuery::Text(CHANGES), &[&version]).await? {
            complete = row.try_get(2)?;
            let (kind, shard) = (row.try_get(1)?, row.try_get::<_, Option<i32>>(3)?);
            let (epoch, moving) = (row.try_get(4)?, row.try_get(5)?);
            let placement = shard.map(|shard| TenantPlacement { kind, shard, epoch, moving });
            changes.push(PlacementChange { name: row.try_get(0)?, kind, placement });
        }
        Ok((changes, complete))
    }

    pub async fn join(
        &self,
        server: &str,
        shard: i32,
        acknowledged: Option<i64>,
        lease_ms: i64,
    ) -> Result<i64, StoreError> {
        self.ask(StoreQuery::Text(FORGET), &[]).await?;
        let until = lease_ms + STOPPING_TIME_MS;
        let rows = self.ask(StoreQuery::Text(JOIN), &[&server, &shard, &acknowledged, &until]).await?;
        let noted = rows.first().map(|row| row.try_get(0)).transpose()?;
        Ok(noted.or(acknowledged).unwrap_or(0))
    }

    pub async fn renew(&self, server: &str, heard: &Acknowledged, lease_ms: i64) -> Result<bool, StoreError> {
        let until = lease_ms + STOPPING_TIME_MS;
        let Acknowledged { all, received, busy } = heard;
        let busy: Vec<String> = busy.iter().map(|(name, kind)| busy_key(name, *kind)).collect();
        Ok(!self.ask(StoreQuery::Text(RENEW), &[&server, all, &until, received, &busy]).await?.is_empty())
    }

    pub async fn history(&self) -> Result<History, StoreError> {
        let rows = self.ask(StoreQuery::Text(HISTORY), &[]).await?;
        let Some(row) = rows.first() else { return Ok(History::default()) };
        Ok(History { latest: row.try_get(0)?, table: row.try_get(1)? })
    }

    pub async fn leave(&self, server: &str) -> Result<(), StoreError> {
        self.ask(StoreQuery::Text(LEAVE), &[&server]).await.map(drop)
    }

    /// Watches the tables while the feed is in use.
    pub fn feed(&self) -> Feed {
        let (sender, receiver) = watch::channel(0);
        tokio::spawn(follow(self.opener.clone(), sender));
        Feed(receiver)
    }
}

/// Tells that something may have changed. Cheap to clone.
#[derive(Clone)]
pub struct Feed(watch::Receiver<i64>);

impl Feed {
    /// A feed of a store without changes.
    pub fn silent() -> Self {
        Feed(watch::channel(0).1)
    }

    /// Returns when there is a later version.
    pub async fn beyond(&mut self, version: i64) {
        if self.0.wait_for(|latest| *latest > version).await.is_err() {
            std::future::pending().await
        }
    }
}

/// Follows the version by PostgreSQL's notifications and by polling. Reconnects after a loss.
async fn follow(opener: Arc<Opener>, latest: watch::Sender<i64>) {
    let heard = Arc::new(Notify::new());
    let mut client = None;
    while !latest.is_closed() {
        if let Err(reason) = look(&opener, &mut client, &heard, &latest).await {
            tracing::warn!(%reason, "cannot watch the tenant database for changes");
            client = None;
        }
        tokio::select! {
            () = heard.notified() => {}
            () = tokio::time::sleep(POLL) => {}
            () = latest.closed() => {}
        }
    }
}

async fn look(
    opener: &Opener,
    client: &mut Option<tokio_postgres::Client>,
    heard: &Arc<Notify>,
    latest: &watch::Sender<i64>,
) -> Result<(), StoreError> {
    let listening = match client.take().filter(|client| !client.is_closed()) {
        Some(client) => client,
        None => opener.listen(CHANNEL, heard.clone()).await?,
    };
    let asked = tokio::time::timeout(opener.target.timeout, listening.query_one(VERSION, &[])).await;
    let row = asked.map_err(|_| StoreError::Unavailable("no answer in time".to_owned()))??;
    let version = row.try_get(0)?;
    latest.send_if_modified(|known| std::mem::replace(known, version) != version);
    *client = Some(listening);
    Ok(())
}
