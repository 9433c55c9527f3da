//! The lookup server: which tenant lives on which shard. Keeps the map in a PostgreSQL table of its own (or in memory),
//! places new tenants, and answers `LookupService`. It does not listen: `bin/mtdd-server` has `serve` do that, and the
//! client's side of the wire is `lookup`.

mod options;
mod placement;
mod service;
mod store;

pub use options::Options;
pub use service::TenantMap;

use crate::proto::lookup_service_server::LookupServiceServer;
use store::Store;

/// Largest request the server reads, in bytes: room for any tenant name that --max-tenant-name can allow.
const MAX_REQUEST: usize = 16 * 1024;

/// Why the lookup server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The flags are wrong, or do not fit the tenants that are registered.
    #[error("{0}")]
    Configuration(String),
    /// The database does not answer, or does not let us in.
    #[error("cannot use the tenant database at {address}")]
    Unreachable { address: String, source: Box<dyn std::error::Error + Send + Sync> },
}

/// Opens the store (creating its tables if they are missing) and makes the service on it.
pub async fn service(options: Options) -> Result<LookupServiceServer<TenantMap>, StartError> {
    let store = Store::open(&options).await?;
    Ok(LookupServiceServer::new(TenantMap::new(store, options.max_tenant_name)).max_decoding_message_size(MAX_REQUEST))
}
