//! MTDD: each tenant's rows live on one PostgreSQL shard, behind a gRPC query server; a lookup server knows which
//! tenant lives where. This crate is the library's core (an addon for Node.js) and the two servers.

#[cfg(feature = "addon")]
mod addon;
pub mod channel;
pub mod client;
pub mod data;
pub mod dial;
pub mod error;
pub mod lookup;
#[cfg(feature = "server")]
pub mod lookup_server;
pub mod plan;
pub mod proto;
#[cfg(feature = "server")]
pub mod query_server;
pub mod records;
pub mod route;
pub mod scatter;
#[cfg(feature = "server")]
pub mod serve;
pub mod shutdown;
