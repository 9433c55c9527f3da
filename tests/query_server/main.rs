//! The query server against a real PostgreSQL, through a tonic client: what a caller sees, and what it leaves behind on
//! the shard. One file per subject; `shard` starts the server.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod clean_sessions;
mod connecting;
mod failover;
mod fairness;
mod faults;
mod frames;
mod large_replies;
mod leases;
mod legacy;
mod memory;
mod multiplex;
mod notifications;
mod placement;
mod pool;
mod pooler;
mod premises;
mod proofs;
mod reads;
mod results;
mod session;
mod session_ends;
mod session_tenants;
mod sessions;
mod shard;
mod stale_roles;
mod stale_statements;
mod statements;
mod stopping;
mod unary;
mod watchdog;
