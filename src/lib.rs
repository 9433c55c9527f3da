//! MTDD: each tenant's rows live on one PostgreSQL shard. A query server runs in front of each shard; a lookup server
//! knows which tenant lives where. This crate is the library's core, an addon for Node.js, and the two servers.
//!
//! The path of one query, from `js/native/client.js` to PostgreSQL and back:
//!
//! 1. `addon` converts JavaScript's values into a `client::Request`, and puts it into the client's queue.
//! 2. `client::driver`, on the client's own thread, starts a task for it, which `client::query` runs.
//! 3. `route` decides where it runs. `lookup` knows the tenant's shard, or asks.
//! 4. `channel` sends it on the shard's long-lived stream, and opens that first if need be.
//! 5. `query_server`, in another process, runs it on a connection to PostgreSQL, and sends the rows' bytes untouched.
//! 6. `data::compact` encodes them for JavaScript's decoder. `client::js_queue` hands over everything that is ready.
//! 7. If an attempt fails, `scatter` says whether it may be repeated.
//!
//! A query for all shards goes through `client::fan_out`: `plan` says what to send and how to merge, `scatter` sends it to
//! the shards, and `gather` makes one result of their answers.

#[cfg(feature = "addon")]
mod addon;
#[cfg(feature = "client")]
pub mod channel;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod console;
pub mod data;
pub mod deadline;
#[cfg(any(feature = "client", feature = "server"))]
pub mod dial;
pub mod error;
#[cfg(feature = "client")]
pub mod gather;
#[cfg(feature = "client")]
pub mod js_log;
#[cfg(feature = "client")]
pub mod lookup;
#[cfg(feature = "server")]
pub mod lookup_server;
#[cfg(feature = "client")]
pub mod plan;
#[cfg(feature = "server")]
pub mod postgres;
pub mod proto;
#[cfg(feature = "server")]
pub mod query_server;
#[cfg(feature = "server")]
pub mod readiness;
#[cfg(feature = "client")]
pub mod route;
#[cfg(feature = "client")]
pub mod scatter;
#[cfg(feature = "server")]
pub mod serve;
pub mod shutdown;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod tracking;
