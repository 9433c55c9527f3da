//! The lookup server's own flags, each with its environment variable, unit and default. `serve` has the flags of both
//! servers; `store` checks combinations.

use clap::builder::BoolishValueParser;
use clap::{Args, value_parser};

use crate::postgres::DatabaseUrl;

/// What the lookup server needs to know.
#[derive(Args, Clone, Debug)]
pub struct LookupOptions {
    /// Number of shards. New tenants go to shards 0 to N-1
    #[arg(long, env = "MTDD_SHARDS", value_name = "N", value_parser = value_parser!(u32).range(1..=65_536))]
    pub shards: u32,

    /// PostgreSQL database that stores the tenants; the server creates the tables mtdd_tenants and mtdd_tenant_counts
    /// if they are missing. The URL takes the parameters of libpq, several hosts and target_session_attrs included. An
    /// unknown parameter is refused
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<DatabaseUrl>,

    /// Keep the tenants in memory, for development and tests; they are lost when the server ends
    #[arg(long, env = "MTDD_MEMORY", value_parser = BoolishValueParser::new())]
    pub memory: bool,

    /// Connections for lookups, each shared by any number of lookups; one more registers tenants
    #[arg(long, env = "MTDD_POOL_SIZE", value_name = "N", default_value_t = 4,
        value_parser = value_parser!(u16).range(1..=1000))]
    pub pool_size: u16,

    /// How often to check PostgreSQL for gRPC health, in seconds
    #[arg(long, env = "MTDD_HEALTH_INTERVAL", value_name = "SECONDS", default_value_t = 5,
        value_parser = value_parser!(u32).range(1..))]
    pub health_interval: u32,

    /// How long opening a connection to PostgreSQL may take, in milliseconds
    #[arg(long, env = "MTDD_CONNECT_TIMEOUT", value_name = "MS", default_value_t = 10_000,
        value_parser = value_parser!(u32).range(1..))]
    pub connect_timeout: u32,

    /// Longest tenant name, in bytes, at most 2048: PostgreSQL's index entries are hardly larger
    #[arg(long, env = "MTDD_MAX_TENANT_NAME", value_name = "BYTES", default_value_t = 1024,
        value_parser = value_parser!(u32).range(1..=2048))]
    pub max_tenant_name: u32,
}
