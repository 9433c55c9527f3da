//! Tenants in a PostgreSQL table. A lookup is one prepared query on a few shared connections. An add takes an advisory
//! lock for its transaction, so that any number of lookup servers can share one table. A second table counts each
//! shard's tenants, so that placing stays cheap with a million of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::try_join3;
use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, Row};

use super::connection::{OpenConnection, Opener, SharedConnection};
use super::{Placed, StoreError, TenantKey, schema};
use crate::lookup_server::{LookupOptions, LookupStartError, placement};
use crate::postgres::{ConnectTarget, DatabaseUrl};
use crate::readiness::Readiness;

/// The longest wait for PostgreSQL; callers usually have shorter deadlines.
const LIMIT: Duration = Duration::from_secs(10);

/// A query on the shared connections.
#[derive(Clone, Copy)]
pub(super) enum StoreQuery {
    /// Prepared.
    Find,
    Text(&'static str),
}

/// The table and the connections to it.
pub struct PostgresStore {
    pub(super) opener: Arc<Opener>,
    shards: i32,
    readers: Vec<SharedConnection>,
    next_reader: AtomicUsize,
    /// Adds of this process run one by one, as the lock would force them to, without delaying readers.
    writer: Mutex<Option<OpenConnection>>,
}

impl PostgresStore {
    /// Connects, and creates or checks the tables.
    pub async fn open(
        url: &DatabaseUrl,
        options: &LookupOptions,
        readiness: &Readiness,
    ) -> Result<Self, LookupStartError> {
        let connect_timeout = Duration::from_millis(options.connect_timeout.into());
        let target = ConnectTarget::new(url, "mtdd-server lookup", connect_timeout)
            .map_err(|reason| LookupStartError::Configuration(format!("--database-url: {reason}")))?;
        let opener = Arc::new(Opener { target, readiness: readiness.clone() });
        let store = PostgresStore {
            shards: options.shards as i32,
            readers: (0..options.pool_size).map(|_| SharedConnection::default()).collect(),
            next_reader: AtomicUsize::new(0),
            writer: Mutex::new(None),
            opener,
        };
        let unreachable = |source: StoreError| LookupStartError::Unreachable {
            address: store.opener.target.address(),
            source: Box::new(source),
        };
        let mut client = store.opener.client().await.map_err(unreachable)?;
        let highest = schema::set_up(&mut client).await.map_err(|error| unreachable(error.into()))?;
        if let Some(highest) = highest.filter(|highest| *highest >= store.shards) {
            return Err(LookupStartError::Configuration(format!(
                "--shards {}: tenants already live on shard {highest}, so it must be at least {}",
                store.shards,
                highest + 1
            )));
        }
        *store.writer.lock().await = Some(store.opener.session().await.map_err(unreachable)?);
        Ok(store)
    }

    /// A database that only has no connection left is healthy.
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.opener.client().await.map(drop).or_else(|error| if error.is_crowded() { Ok(()) } else { Err(error) })
    }

    pub async fn find(&self, tenant: &TenantKey) -> Result<Option<Placed>, StoreError> {
        let rows = self.ask(StoreQuery::Find, &[&tenant.name, &tenant.kind]).await?;
        Ok(rows.first().map(placed).transpose()?)
    }

    /// Runs a query on one of the shared connections. It may run twice.
    pub(super) async fn ask(
        &self,
        question: StoreQuery,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let turn = self.next_reader.fetch_add(1, Ordering::Relaxed);
        let slot = &self.readers[turn % self.readers.len()];
        let mut second_try = false;
        loop {
            let session = slot.session(&self.opener).await?;
            let query = async {
                match question {
                    StoreQuery::Find => session.client.query(&session.statements.find, parameters).await,
                    StoreQuery::Text(sql) => session.client.query(sql, parameters).await,
                }
            };
            let Ok(answer) = tokio::time::timeout(LIMIT, query).await else {
                slot.discard(&session).await;
                return Err(StoreError::Unavailable(format!("no answer within {} s", LIMIT.as_secs())));
            };
            match answer {
                Ok(rows) => return Ok(rows),
                Err(error) if !second_try && worth_repeating(&error) => {
                    second_try = true;
                    slot.discard(&session).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub async fn add(&self, tenant: &TenantKey) -> Result<Placed, StoreError> {
        if let Some(placed) = self.find(tenant).await? {
            return Ok(placed);
        }
        tokio::time::timeout(LIMIT, self.register(tenant)).await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable(format!("could not register within {} s", LIMIT.as_secs())))
        })
    }

    /// Registers a tenant on the writer's connection, which is put back only after success: a failed or abandoned add
    /// closes it, and PostgreSQL rolls the transaction back.
    async fn register(&self, tenant: &TenantKey) -> Result<Placed, StoreError> {
        let mut writer = self.writer.lock().await;
        let mut second_try = false;
        loop {
            let mut session = match writer.take().filter(|session| !session.client.is_closed()) {
                Some(session) => session,
                None => self.opener.session().await?,
            };
            match self.register_on(&mut session, tenant).await {
                Ok(placed) => {
                    *writer = Some(session);
                    return Ok(placed);
                }
                // Even if the first attempt's outcome is unknown: the second then finds the tenant.
                Err(error) if !second_try && worth_repeating(&error) => second_try = true,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn register_on(
        &self,
        session: &mut OpenConnection,
        tenant: &TenantKey,
    ) -> Result<Placed, tokio_postgres::Error> {
        let statements = &session.statements;
        let (name, kind) = (&tenant.name, &tenant.kind);
        // Read committed, whatever the default: reads after the lock must see what others committed while we waited.
        let transaction = session
            .client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted)
            .read_only(false)
            .start()
            .await?;
        // Pipelined in this order; PostgreSQL runs them one by one.
        let (_, known, counts) = try_join3(
            transaction.query(&statements.lock, &[]),
            transaction.query_opt(&statements.find, &[name, kind]),
            transaction.query(&statements.counts, &[&self.shards]),
        )
        .await?;
        if let Some(row) = known {
            transaction.rollback().await?;
            return placed(&row);
        }
        let shard = placement::emptiest(&self.per_shard(&counts)?) as i32;
        let row = transaction.query_one(&statements.register, &[name, kind, &shard]).await?;
        transaction.commit().await?;
        placed(&row)
    }

    /// The number of tenants per shard; a shard without a row has none.
    fn per_shard(&self, counts: &[Row]) -> Result<Vec<u64>, tokio_postgres::Error> {
        let mut tenants = vec![0; self.shards as usize];
        for row in counts {
            let (shard, count): (i32, i64) = (row.try_get(0)?, row.try_get(1)?);
            tenants[shard as usize] = count.max(0) as u64;
        }
        Ok(tenants)
    }
}

fn placed(row: &Row) -> Result<Placed, tokio_postgres::Error> {
    Ok(Placed { id: row.try_get(0)?, shard: row.try_get(1)?, epoch: row.try_get(2)? })
}

/// True if a retry on a new connection may succeed: the connection was lost unnoticed (a restart), its prepared
/// statements are gone or stale, or another row came first.
fn worth_repeating(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        None => {
            error.is_closed() || std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
        }
        Some(code) => [
            // The primary was demoted: a new connection may reach the new one.
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::INVALID_SQL_STATEMENT_NAME,
            SqlState::FEATURE_NOT_SUPPORTED,
            SqlState::UNIQUE_VIOLATION,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
        ]
        .contains(code),
    }
}
