//! Stores the tenants in PostgreSQL, or in memory for development. Both guarantee that an add is idempotent, even when
//! many come at once, and that a tenant keeps its shard. Called by `service`.

mod connection;
mod memory;
mod moves;
mod postgres;
mod schema;
mod statements;
mod watching;

use tokio_postgres::error::SqlState;

use super::{LookupOptions, LookupStartError};
use crate::error::append_sources;
use crate::postgres::ClientError;
use crate::readiness::Readiness;
use memory::MemoryStore;
pub use moves::{Administration, Listed, Moved, NotMoved};
use postgres::PostgresStore;
pub use watching::{Acknowledged, Check, CheckedPlaces, Feed, History, PlacementChange, TenantPlacement};

/// A tenant's name and type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TenantKey {
    pub name: String,
    pub kind: i32,
}

impl TenantKey {
    /// Checks a name, for the service and for operators; the error says what is wrong.
    pub fn check_name(name: &str, most: usize) -> Result<(), String> {
        match name {
            "" => Err("must not be empty".to_owned()),
            name if name.len() > most => Err(format!("at most {most} bytes, got {}", name.len())),
            name if name.contains('\0') => Err("must not contain NUL".to_owned()),
            _ => Ok(()),
        }
    }
}

/// A registered tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The store's id of the tenant; never changes, never reused.
    pub id: i64,
    /// From 0.
    pub shard: i32,
    /// Incremented each time the tenant moves.
    pub epoch: i64,
}

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or cannot serve now; a retry may help.
    #[error("the tenant database is unavailable: {0}")]
    Unavailable(String),
    /// The database has no connection left; a retry may help.
    #[error("the tenant database is unavailable: {0}")]
    Crowded(String),
    /// The database's encoding lacks some characters.
    #[error("the tenant database cannot store this text")]
    NotStorable(#[source] tokio_postgres::Error),
    /// The database refused the statement: its tables are not as expected.
    #[error("the tenant database refused the statement")]
    Refused(#[source] tokio_postgres::Error),
}

/// One of the stores.
pub enum Store {
    Postgres(Box<PostgresStore>),
    Memory(MemoryStore),
}

impl Store {
    /// Opens the store that the options name.
    pub async fn open(options: &LookupOptions, readiness: &Readiness) -> Result<Store, LookupStartError> {
        match (&options.database_url, options.memory) {
            (Some(url), false) => Ok(Store::Postgres(Box::new(PostgresStore::open(url, options, readiness).await?))),
            (None, true) => Ok(Store::Memory(MemoryStore::new(options.shards))),
            (None, false) => Err(LookupStartError::Configuration(
                "nowhere to keep the tenants: give --database-url or --memory".into(),
            )),
            (Some(_), true) => Err(LookupStartError::Configuration(
                "--memory and --database-url (or DATABASE_URL) exclude each other: give only one".into(),
            )),
        }
    }

    /// Checks on a separate connection whether it can be used.
    pub async fn probe(&self) -> Result<(), StoreError> {
        match self {
            Store::Postgres(store) => store.probe().await,
            Store::Memory(_) => Ok(()),
        }
    }

    /// The tenant's place, if it is registered.
    pub async fn find(&self, tenant: &TenantKey) -> Result<Option<Placed>, StoreError> {
        match self {
            Store::Postgres(store) => store.find(tenant).await,
            Store::Memory(store) => Ok(store.find(tenant)),
        }
    }

    /// Where tenants live, as of one version.
    pub async fn check(&self, tenants: &[Check]) -> Result<CheckedPlaces, StoreError> {
        match self {
            Store::Postgres(store) => store.check(tenants).await,
            Store::Memory(store) => Ok(store.check(tenants)),
        }
    }

    /// The changes since a version, and the version up to which they are complete. In memory nothing ever moves.
    pub async fn changes_since(&self, version: i64) -> Result<(Vec<PlacementChange>, i64), StoreError> {
        match self {
            Store::Postgres(store) => store.changes_since(version).await,
            Store::Memory(_) => Ok((Vec::new(), version)),
        }
    }

    /// Registers a query server and its lease; returns the version up to which it has acknowledged changes.
    /// `acknowledged`: None for a server that has not run anything yet.
    pub async fn join(
        &self,
        server: &str,
        shard: i32,
        acknowledged: Option<i64>,
        lease_ms: i64,
    ) -> Result<i64, StoreError> {
        match self {
            Store::Postgres(store) => store.join(server, shard, acknowledged, lease_ms).await,
            Store::Memory(_) => Ok(acknowledged.unwrap_or(0)),
        }
    }

    /// Renews a lease; false: the server is not known.
    pub async fn renew(&self, server: &str, heard: &Acknowledged, lease_ms: i64) -> Result<bool, StoreError> {
        match self {
            Store::Postgres(store) => store.renew(server, heard, lease_ms).await,
            Store::Memory(_) => Ok(true),
        }
    }

    /// The history of the table; in memory there is none.
    pub async fn history(&self) -> Result<History, StoreError> {
        match self {
            Store::Postgres(store) => store.history().await,
            Store::Memory(_) => Ok(History::default()),
        }
    }

    /// Removes a query server that runs nothing any more.
    pub async fn leave(&self, server: &str) -> Result<(), StoreError> {
        match self {
            Store::Postgres(store) => store.leave(server).await,
            Store::Memory(_) => Ok(()),
        }
    }

    /// A feed that notifies of possible changes.
    pub fn feed(&self) -> Feed {
        match self {
            Store::Postgres(store) => store.feed(),
            Store::Memory(_) => Feed::silent(),
        }
    }

    /// The tenant's place; registers it if it is new.
    pub async fn add(&self, tenant: &TenantKey) -> Result<Placed, StoreError> {
        match self {
            Store::Postgres(store) => store.add(tenant).await,
            Store::Memory(store) => Ok(store.add(tenant)),
        }
    }
}

impl StoreError {
    /// True if PostgreSQL is healthy but has no connection left.
    pub fn is_crowded(&self) -> bool {
        matches!(self, StoreError::Crowded(_))
    }
}

impl From<ClientError> for StoreError {
    fn from(error: ClientError) -> Self {
        match error.postgres() {
            Ok(error) => error.into(),
            Err(reason) => StoreError::Unavailable(reason),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(refusal) = error.as_db_error() else {
            // No SQLSTATE: the connection failed or broke.
            return StoreError::Unavailable(append_sources(error.to_string(), &error));
        };
        match refusal.code() {
            &SqlState::UNTRANSLATABLE_CHARACTER | &SqlState::CHARACTER_NOT_IN_REPERTOIRE => {
                StoreError::NotStorable(error)
            }
            &SqlState::TOO_MANY_CONNECTIONS => StoreError::Crowded(refusal.message().to_owned()),
            // A standby, until it is promoted.
            &SqlState::READ_ONLY_SQL_TRANSACTION => StoreError::Unavailable(refusal.message().to_owned()),
            // Connections, login, missing database, conflicts, resources, operator intervention.
            code if ["08", "28", "3D", "40", "53", "57"].contains(&&code.code()[..2]) => {
                StoreError::Unavailable(refusal.message().to_owned())
            }
            _ => StoreError::Refused(error),
        }
    }
}
