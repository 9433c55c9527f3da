//! The lookup server knows which tenant lives on which shard. It keeps the map in its own PostgreSQL table (or in
//! memory), places new tenants, and serves `LookupService`. It does not listen itself: `bin/mtdd-server` has `serve` do
//! that. The client's half is `lookup`.

mod administration;
mod options;
mod placement;
mod service;
mod store;
mod watch;

pub use administration::{AdminCommand, administer};
pub use options::LookupOptions;
pub use service::TenantMap;

use std::sync::Arc;
use std::time::Duration;

use crate::proto::legacy_lookup::lookup_service_server::LookupServiceServer as LegacyLookupServiceServer;
use crate::proto::lookup_service_server::LookupServiceServer;
use crate::readiness::Readiness;
use crate::shutdown::Drain;
use store::Store;

/// Largest request the server reads, in bytes: room for the tenants of one CheckPlacements.
const MAX_REQUEST: usize = 4 * 1024 * 1024;

/// A database that takes longer than this to let somebody in cannot be told from one that is frozen.
const LONGEST_PROBE: Duration = Duration::from_secs(5);

/// Why the lookup server did not start.
#[derive(Debug, thiserror::Error)]
pub enum LookupStartError {
    /// The flags are wrong, or do not fit the tenants that are registered.
    #[error("{0}")]
    Configuration(String),
    /// The database does not answer, or does not let us in.
    #[error("cannot use the tenant database at {address}")]
    Unreachable { address: String, source: Box<dyn std::error::Error + Send + Sync> },
}

/// What one server serves: the same tenants on this version's wire and on that of 1.x.
pub struct LookupServices {
    pub current: LookupServiceServer<TenantMap>,
    pub legacy: LegacyLookupServiceServer<TenantMap>,
    /// Whether the tenant database answers.
    pub readiness: Readiness,
}

/// Opens the store (creating its tables if they are missing) and makes the services on it. Once `drain` starts, the query
/// servers that watch are sent away.
pub async fn service(options: LookupOptions, drain: Drain) -> Result<LookupServices, LookupStartError> {
    let readiness = Readiness::default();
    let store = Arc::new(Store::open(&options, &readiness).await?);
    let probed = store.clone();
    let interval = Duration::from_secs(options.health_interval.into());
    let probe = async move || probed.probe().await.map_err(|error| error.to_string());
    tokio::spawn(readiness.clone().keep(interval, LONGEST_PROBE, probe));
    let map = TenantMap::new(store, options.max_tenant_name, drain);
    Ok(LookupServices {
        current: LookupServiceServer::new(map.clone()).max_decoding_message_size(MAX_REQUEST),
        legacy: LegacyLookupServiceServer::new(map).max_decoding_message_size(MAX_REQUEST),
        readiness,
    })
}
