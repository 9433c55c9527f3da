//! Changes of placements by an operator. A move marks the tenant, waits until no query server runs any of its queries,
//! and only then publishes the new shard. A removal works the same way. If a step fails, the change is undone. Called
//! by `administration`; `watching` tells the query servers.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{Client, GenericClient, IsolationLevel, Transaction};

use super::connection::Opener;
use super::watching::{CHANNEL, busy_key};
use super::{Placed, StoreError, TenantKey, schema};
use crate::postgres::ConnectTarget;
use crate::readiness::Readiness;

/// The pause between two checks of the query servers' acknowledgements.
const PAUSE: Duration = Duration::from_millis(20);

/// How long to look for what became of a change whose answer was lost.
const LOOKING_AGAIN: Duration = Duration::from_secs(10);
/// The pause between two attempts to do so.
const LOOK_PAUSE: Duration = Duration::from_millis(200);

/// The value of `moving_to` for a tenant that is being removed.
const NOWHERE: i32 = -1;

const FIND: &str = "
    SELECT tenant_id, shard_index, epoch, moving_to FROM mtdd_tenants
     WHERE tenant_name = $1 AND tenant_type = $2";

// Two commands never work on one tenant. The lock ends with its command's connection.
const CLAIM: &str = "SELECT pg_try_advisory_lock(x'6d746464'::integer, ($1::bigint % 2147483648)::integer)";

const NOTE_CHANGE: &str = "
    INSERT INTO mtdd_placement_changes (tenant_name, tenant_type, version, shard_index, epoch, moving)
    VALUES ($1, $2, (SELECT coalesce(max(version), 0) + 1 FROM mtdd_placement_changes), $3, $4, $5)
    ON CONFLICT (tenant_name, tenant_type) DO UPDATE
       SET version = excluded.version, shard_index = excluded.shard_index, epoch = excluded.epoch,
           moving = excluded.moving, changed_at = now()
    RETURNING version";

const PENDING: &str = "
    SELECT server_id, shard_index, received >= $1 FROM mtdd_query_servers
     WHERE acknowledged < $1 AND (received < $1 OR $2 = ANY (busy)) AND expires_at > now()";

const WATCHED: &str = "SELECT count(*) FROM mtdd_query_servers WHERE shard_index = $1 AND expires_at > now()";

const COUNT: &str = "
    INSERT INTO mtdd_tenant_counts AS counts (shard_index, tenants) VALUES ($1, greatest($2::bigint, 0))
    ON CONFLICT (shard_index) DO UPDATE SET tenants = greatest(counts.tenants + $2::bigint, 0)";

/// A tenant as it is listed.
pub struct Listed {
    pub tenant: TenantKey,
    pub placed: Placed,
    pub moving: bool,
}

/// The result of a successful move.
#[derive(Debug)]
pub struct Moved {
    pub from: i32,
    /// None: it was removed.
    pub to: Option<i32>,
    pub epoch: i64,
    /// An unfinished move of another command was undone, and nothing else.
    pub withdrawn: bool,
    /// Query servers of the old shard that watch placements; if 0, nothing stopped queries there.
    pub watching: i64,
}

/// Why a placement did not change.
#[derive(Debug, thiserror::Error)]
pub enum NotMoved {
    #[error("is not registered")]
    Unknown,
    #[error("already lives on shard {0}")]
    AlreadyThere(i32),
    #[error("is being moved or removed by another command")]
    Claimed,
    #[error("is still in use: {0}; nothing has changed; try again, or allow more time (--timeout)")]
    InUse(String),
    #[error("stays where it is, because the command was interrupted")]
    Interrupted,
    #[error(
        "may still be blocked, because the connection to the tenant database was lost: {source}; check with \
             `mtdd-server lookup where`, and undo an unfinished move with `lookup move --to {from}`"
    )]
    LeftBehind { from: i32, source: StoreError },
    #[error(
        "may have been moved or removed, or may still be blocked, because the connection to the tenant database was lost: \
             {source}; check with `mtdd-server lookup where`, and undo an unfinished move with `lookup move --to {from}`"
    )]
    InDoubt { from: i32, source: StoreError },
    #[error("stays where it is, because the --run command failed: {0}")]
    WorkFailed(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<tokio_postgres::Error> for NotMoved {
    fn from(error: tokio_postgres::Error) -> Self {
        NotMoved::Store(error.into())
    }
}

/// An operator's connection.
pub struct Administration {
    opener: Opener,
    client: Client,
}

impl Administration {
    /// Connects, and creates or upgrades the tables.
    pub async fn open(target: ConnectTarget) -> Result<Self, StoreError> {
        let opener = Opener { target, readiness: Readiness::default() };
        let mut client = opener.client().await?;
        schema::bring_up(&mut client).await?;
        Ok(Administration { opener, client })
    }

    /// Lists the tenants of one shard, or all, sorted by name.
    pub async fn list(&self, shard: Option<i32>) -> Result<Vec<Listed>, StoreError> {
        let rows = self
            .client
            .query(
                "SELECT tenant_name, tenant_type, tenant_id, shard_index, epoch, moving_to IS NOT NULL
                   FROM mtdd_tenants WHERE $1::integer IS NULL OR shard_index = $1
                  ORDER BY tenant_name, tenant_type",
                &[&shard],
            )
            .await?;
        let listed = rows.iter().map(|row| {
            Ok(Listed {
                tenant: TenantKey { name: row.try_get(0)?, kind: row.try_get(1)? },
                placed: Placed { id: row.try_get(2)?, shard: row.try_get(3)?, epoch: row.try_get(4)? },
                moving: row.try_get(5)?,
            })
        });
        listed.collect::<Result<_, tokio_postgres::Error>>().map_err(StoreError::from)
    }

    /// Where a tenant lives.
    pub async fn find(&self, tenant: &TenantKey) -> Result<Option<Listed>, StoreError> {
        Ok(find(&self.client, tenant).await?)
    }

    /// Where a tenant lives after a change whose answer was lost.
    async fn look_again(&self, tenant: &TenantKey) -> Result<Option<Listed>, StoreError> {
        let look = async || {
            let mut client = self.opener.client().await?;
            // The lost change holds the lock for as long as it may still be committed.
            let transaction = begin(&mut client).await?;
            Ok::<_, StoreError>(find(&transaction, tenant).await?)
        };
        let looking = async {
            loop {
                match look().await {
                    Ok(found) => return Ok::<_, StoreError>(found),
                    Err(_) => sleep(LOOK_PAUSE).await,
                }
            }
        };
        let late = || StoreError::Unavailable(format!("no answer within {} s", LOOKING_AGAIN.as_secs()));
        timeout(LOOKING_AGAIN, looking).await.unwrap_or_else(|_| Err(late()))
    }

    /// Registers a tenant on a shard; a known one keeps its shard. True: it is new.
    pub async fn add(&mut self, tenant: &TenantKey, shard: i32) -> Result<(Listed, bool), StoreError> {
        let transaction = begin(&mut self.client).await?;
        let inserted = transaction
            .execute(
                // A removed tenant continues its epochs.
                "INSERT INTO mtdd_tenants (tenant_name, tenant_type, shard_index, epoch)
                 VALUES ($1, $2, $3, coalesce((SELECT epoch + 1 FROM mtdd_placement_changes
                                                WHERE tenant_name = $1 AND tenant_type = $2), 1))
                 ON CONFLICT (tenant_name, tenant_type) DO NOTHING",
                &[&tenant.name, &tenant.kind, &shard],
            )
            .await?;
        if inserted == 1 {
            transaction.execute(COUNT, &[&shard, &1i64]).await?;
        }
        transaction.commit().await?;
        match self.find(tenant).await? {
            Some(listed) => Ok((listed, inserted == 1)),
            None => Err(StoreError::Unavailable("the tenant was removed at the same time".to_owned())),
        }
    }

    /// The number of tenants per shard.
    pub async fn counts(&self) -> Result<Vec<(i32, i64)>, StoreError> {
        let rows = self.client.query("SELECT shard_index, count(*) FROM mtdd_tenants GROUP BY 1", &[]).await?;
        let counts = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        counts.collect::<Result<_, tokio_postgres::Error>>().map_err(StoreError::from)
    }

    /// Moves a tenant, or removes it (`to`: None). None of its queries runs while `meanwhile` runs. `interrupted`
    /// resolves when the operator interrupts the command; `meanwhile` must then end by itself.
    pub async fn relocate(
        &mut self,
        tenant: &TenantKey,
        to: Option<i32>,
        timeout: Duration,
        interrupted: impl Future<Output = ()>,
        meanwhile: impl AsyncFnOnce(i32) -> Result<(), String>,
    ) -> Result<Moved, NotMoved> {
        let known = self.find(tenant).await?.ok_or(NotMoved::Unknown)?;
        let claimed: bool = self.client.query_one(CLAIM, &[&known.placed.id]).await?.try_get(0)?;
        if !claimed {
            return Err(NotMoved::Claimed);
        }
        let known = self.find(tenant).await?.ok_or(NotMoved::Unknown)?;
        let (from, epoch) = (known.placed.shard, known.placed.epoch);
        let watching = self.client.query_one(WATCHED, &[&from]).await?.try_get(0)?;
        if to == Some(from) {
            if !known.moving {
                return Err(NotMoved::AlreadyThere(from));
            }
            self.withdraw(tenant, from, epoch).await?;
            return Ok(Moved { from, to, epoch, withdrawn: true, watching });
        }
        let version = match self.mark(tenant, from, epoch, to).await {
            Ok(version) => version,
            Err(error) => {
                let is_untouched =
                    matches!(self.look_again(tenant).await, Ok(None | Some(Listed { moving: false, .. })));
                let source = error.into();
                return Err(if is_untouched { NotMoved::Store(source) } else { NotMoved::LeftBehind { from, source } });
            }
        };
        let waited = tokio::select! {
            waited = self.acknowledged(tenant, version, timeout) => waited,
            () = interrupted => Err(NotMoved::Interrupted),
        };
        let outcome = match waited {
            // It handles interruption itself: the tenant must not be in service again before it has ended.
            Ok(()) => meanwhile(from).await.map_err(NotMoved::WorkFailed),
            Err(reason) => Err(reason),
        };
        if let Err(reason) = outcome {
            if let Err(error) = self.withdraw(tenant, from, epoch).await {
                let is_withdrawn =
                    matches!(self.look_again(tenant).await, Ok(None | Some(Listed { moving: false, .. })));
                if !is_withdrawn {
                    return Err(NotMoved::LeftBehind { from, source: error.into() });
                }
            }
            return Err(reason);
        }
        let epoch = epoch + 1;
        if let Err(error) = self.publish(tenant, from, to, epoch).await {
            let source = error.into();
            match self.look_again(tenant).await {
                Ok(found) if found.as_ref().map(|found| found.placed.shard) == to => {}
                Ok(Some(_)) => return Err(NotMoved::LeftBehind { from, source }),
                _ => return Err(NotMoved::InDoubt { from, source }),
            }
        }
        Ok(Moved { from, to, epoch, withdrawn: false, watching })
    }

    /// After this commit, query servers that have heard of it start no queries of the tenant.
    async fn mark(
        &mut self,
        tenant: &TenantKey,
        from: i32,
        epoch: i64,
        to: Option<i32>,
    ) -> Result<i64, tokio_postgres::Error> {
        let transaction = begin(&mut self.client).await?;
        let to = to.unwrap_or(NOWHERE);
        transaction
            .execute(
                "UPDATE mtdd_tenants SET moving_to = $3 WHERE tenant_name = $1 AND tenant_type = $2",
                &[&tenant.name, &tenant.kind, &to],
            )
            .await?;
        let version = note(&transaction, tenant, Some(from), epoch, true).await?;
        transaction.commit().await?;
        Ok(version)
    }

    async fn withdraw(&mut self, tenant: &TenantKey, from: i32, epoch: i64) -> Result<(), tokio_postgres::Error> {
        let transaction = begin(&mut self.client).await?;
        transaction
            .execute(
                "UPDATE mtdd_tenants SET moving_to = NULL WHERE tenant_name = $1 AND tenant_type = $2",
                &[&tenant.name, &tenant.kind],
            )
            .await?;
        note(&transaction, tenant, Some(from), epoch, false).await?;
        transaction.commit().await
    }

    async fn publish(
        &mut self,
        tenant: &TenantKey,
        from: i32,
        to: Option<i32>,
        epoch: i64,
    ) -> Result<(), tokio_postgres::Error> {
        let transaction = begin(&mut self.client).await?;
        transaction.execute(COUNT, &[&from, &-1i64]).await?;
        if let Some(to) = to {
            transaction
                .execute(
                    "UPDATE mtdd_tenants SET shard_index = $3, epoch = $4, moving_to = NULL
                      WHERE tenant_name = $1 AND tenant_type = $2",
                    &[&tenant.name, &tenant.kind, &to, &epoch],
                )
                .await?;
            transaction.execute(COUNT, &[&to, &1i64]).await?;
        } else {
            transaction
                .execute(
                    "DELETE FROM mtdd_tenants WHERE tenant_name = $1 AND tenant_type = $2",
                    &[&tenant.name, &tenant.kind],
                )
                .await?;
        }
        note(&transaction, tenant, to, epoch, false).await?;
        transaction.commit().await
    }

    /// Waits until each query server has acknowledged the version, or its lease and the queries under it have ended.
    async fn acknowledged(&self, tenant: &TenantKey, version: i64, timeout: Duration) -> Result<(), NotMoved> {
        let tenant = busy_key(&tenant.name, tenant.kind);
        let deadline = Instant::now() + timeout;
        loop {
            let pending = self.client.query(PENDING, &[&version, &tenant]).await?;
            if pending.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let servers = pending.iter().map(|row| {
                    let (server, shard) = (row.try_get::<_, String>(0)?, row.try_get::<_, i32>(1)?);
                    let what = match row.try_get(2)? {
                        true => "did not stop running its queries or transactions in time",
                        false => "has not answered, nor has its lease ended",
                    };
                    Ok(format!("query server {server} (shard {shard}) {what}"))
                });
                let servers = servers.collect::<Result<Vec<_>, tokio_postgres::Error>>()?;
                return Err(NotMoved::InUse(servers.join(", ")));
            }
            sleep(PAUSE).await;
        }
    }
}

async fn find(client: &impl GenericClient, tenant: &TenantKey) -> Result<Option<Listed>, tokio_postgres::Error> {
    let row = client.query_opt(FIND, &[&tenant.name, &tenant.kind]).await?;
    let listed = row.map(|row| {
        Ok(Listed {
            tenant: tenant.clone(),
            placed: Placed { id: row.try_get(0)?, shard: row.try_get(1)?, epoch: row.try_get(2)? },
            moving: row.try_get::<_, Option<i32>>(3)?.is_some(),
        })
    });
    listed.transpose()
}

async fn begin(client: &mut Client) -> Result<Transaction<'_>, tokio_postgres::Error> {
    let transaction =
        client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).read_only(false).start().await?;
    transaction.query(schema::LOCK, &[]).await?;
    Ok(transaction)
}

/// Records and announces a change; returns its version.
async fn note(
    transaction: &Transaction<'_>,
    tenant: &TenantKey,
    shard: Option<i32>,
    epoch: i64,
    moving: bool,
) -> Result<i64, tokio_postgres::Error> {
    let row = transaction.query_one(NOTE_CHANGE, &[&tenant.name, &tenant.kind, &shard, &epoch, &moving]).await?;
    transaction.batch_execute(&format!("NOTIFY {CHANNEL}")).await?;
    row.try_get(0)
}
