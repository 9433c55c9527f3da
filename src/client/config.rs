//! The configuration of a client. JavaScript has checked it.

use std::collections::HashMap;
use std::time::Duration;

use crate::dial::Tls;
use crate::error::Secret;
use crate::js_log::LogLevel;
use crate::lookup::CacheLimits;
use crate::plan::Layout;

#[derive(Debug)]
pub struct Config {
    /// `host:port`, one per shard; the position is the shard's index.
    pub query_servers: Vec<String>,
    /// `host:port` each; empty if there is a single query server.
    pub lookup_servers: Vec<String>,
    pub insecure: bool,
    pub tls: Option<Tls>,
    pub token: Option<Secret>,
    /// The application provides tokens on request.
    pub token_function: bool,
    /// For calls that name none; covers lookup, queueing and execution.
    pub timeout: Duration,
    pub max_retries: u32,
    pub lookup_cache: CacheLimits,
    /// Queries that run at once; more are refused.
    pub max_in_flight: usize,
    /// Session settings that a local connection of the application would have.
    pub session: HashMap<String, String>,
    pub log_level: LogLevel,
    /// What the application declares about its tables.
    pub layout: Layout,
    /// Bytes of rows that merging one query's result may hold.
    pub merge_memory: usize,
}
