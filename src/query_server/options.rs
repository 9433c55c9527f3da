//! The query server's flags and environment variables, and its start errors. Checks everything that needs no
//! connection. The binary flattens `QueryOptions` into its own flags.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::placement::{PlacementLookup, ShardPlacement};
use super::pool::PoolLimits;
use super::reader_patience::ReaderPatience;
use super::session::SessionLimits;
use crate::dial::{BearerToken, Dial, Names, Tls};
use crate::error::{Error, Secret};
use crate::postgres::{ConnectTarget, DatabaseUrl};
use crate::shutdown::Drain;

/// What makes PostgreSQL notice that this server has gone, or cannot be reached: it then rolls back and lets go of its
/// locks. It looks while it runs a statement, which it otherwise would not, and asks while it waits for the next one.
const WATCHFUL: [(&str, &str); 4] =
    [LOOK_FOR_CLIENT, ("tcp_keepalives_idle", "10"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3")];

const LOOK_FOR_CLIENT: (&str, &str) = ("client_connection_check_interval", "5s");

/// PostgreSQL's `plan_cache_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum PlanCacheMode {
    /// Let PostgreSQL decide for each statement.
    Auto,
    /// Plan for the given parameters each time.
    ForceCustomPlan,
    /// Plan once for all parameters.
    ForceGenericPlan,
}

impl PlanCacheMode {
    /// The value to ask for when a connection starts; nothing where PostgreSQL's default is wanted.
    pub(super) fn to_ask_for(self) -> Option<&'static str> {
        match self {
            PlanCacheMode::Auto => None,
            PlanCacheMode::ForceCustomPlan => Some("force_custom_plan"),
            PlanCacheMode::ForceGenericPlan => Some("force_generic_plan"),
        }
    }
}

/// The flags of the query server alone; those about listening are the binary's.
#[derive(clap::Args, Clone, Debug)]
pub struct QueryOptions {
    /// The shard's PostgreSQL: postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?..., or key=value pairs, with the
    /// parameters of libpq (sslmode, sslrootcert, sslcert, sslkey, channel_binding, target_session_attrs,
    /// load_balance_hosts, connect_timeout, keepalives, tcp_user_timeout, options, ...). An unknown parameter is
    /// refused
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: DatabaseUrl,

    /// Position of this server in the clients' `queryServers`, from 0. A client that takes it for another shard is
    /// refused before anything runs. Without this flag nothing is checked
    #[arg(long, env = "MTDD_SHARD", value_name = "N")]
    pub shard: Option<u32>,

    /// Lookup servers to check each tenant's shard with, so that a tenant that was moved is never written here again.
    /// Needs --shard. Without this flag the server trusts its clients. Uses two more connections than --pool-size, on
    /// which PostgreSQL waits to end the others if this server freezes
    #[arg(long, env = "MTDD_LOOKUP", value_name = "HOST:PORT,...", value_delimiter = ',', value_parser = address)]
    pub lookup: Vec<String>,

    /// PEM file of the certificate authorities of the lookup servers; turns TLS on. Default: the system's
    #[arg(long, env = "MTDD_LOOKUP_TLS_CA", value_name = "FILE")]
    pub lookup_tls_ca: Option<PathBuf>,

    /// PEM file of the client certificate for the lookup servers
    #[arg(long, env = "MTDD_LOOKUP_TLS_CERT", value_name = "FILE", requires = "lookup_tls_key")]
    pub lookup_tls_cert: Option<PathBuf>,

    /// PEM file of the private key of --lookup-tls-cert
    #[arg(long, env = "MTDD_LOOKUP_TLS_KEY", value_name = "FILE", requires = "lookup_tls_cert")]
    pub lookup_tls_key: Option<PathBuf>,

    /// Name in the certificates of the lookup servers, if it is not their host's
    #[arg(long, env = "MTDD_LOOKUP_TLS_NAME", value_name = "NAME")]
    pub lookup_tls_name: Option<String>,

    /// Allow plain text to lookup servers beyond loopback
    #[arg(long, env = "MTDD_LOOKUP_INSECURE", value_parser = clap::builder::BoolishValueParser::new())]
    pub lookup_insecure: bool,

    /// File with the token of the lookup servers; surrounding white space is ignored
    #[arg(long, env = "MTDD_LOOKUP_TOKEN_FILE", value_name = "FILE")]
    pub lookup_token_file: Option<PathBuf>,

    /// How long to serve known tenants while no lookup server answers, in seconds. After that, the server stops what
    /// runs for tenants, and a move no longer waits for it
    #[arg(long, env = "MTDD_MAX_PLACEMENT_STALENESS", value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u32).range(3..=86_400))]
    pub max_placement_staleness: u32,

    /// Connections to PostgreSQL that run queries; one more reads the catalog, and up to two more answer the library's own
    /// questions while all are taken
    #[arg(long, env = "MTDD_POOL_SIZE", default_value = "16", value_name = "N")]
    pub pool_size: NonZeroUsize,

    /// Queries that may wait for a connection, and sessions that may; more are refused
    #[arg(long, env = "MTDD_QUEUE_LIMIT", default_value_t = 10_000, value_name = "N")]
    pub queue_limit: usize,

    /// Sessions that may hold a connection at once; another one waits until its first query times out. Default: half of
    /// --pool-size, at least 1
    #[arg(long, env = "MTDD_MAX_SESSIONS", value_name = "N")]
    pub max_sessions: Option<NonZeroUsize>,

    /// Connections that the queries of one tenant may use at once, not counting sessions. Queries without a tenant
    /// count as one tenant for each client connection. Default: seven eighths of --pool-size, and at least one less than
    /// that, so that one tenant's readers do not hold up all others. A single connection leaves no room for that
    #[arg(long, env = "MTDD_TENANT_POOL_SIZE", value_name = "N")]
    pub tenant_pool_size: Option<NonZeroUsize>,

    /// Queries of one tenant that may wait for a connection, and sessions that may. Default: three quarters of
    /// --queue-limit
    #[arg(long, env = "MTDD_TENANT_QUEUE_LIMIT", value_name = "N")]
    pub tenant_queue_limit: Option<usize>,

    /// Sessions of one tenant that may hold a connection at once. Default: three quarters of --max-sessions, at least 1, so
    /// that the transactions which one tenant leaves open do not lock out all others. A single session (--pool-size below
    /// 4) leaves no room for that
    #[arg(long, env = "MTDD_TENANT_MAX_SESSIONS", value_name = "N")]
    pub tenant_max_sessions: Option<NonZeroUsize>,

    /// How long a query may wait for its caller to take rows before it is stopped, in seconds; 0: no limit. While more
    /// than --max-slow-readers wait and other queries need their connections, the limit is 1 s. For a reader who has
    /// taken nothing yet it is 0.4 s, and falls to 0.1 s if so many wait that their turns would add up
    #[arg(long, env = "MTDD_READER_STALL_TIMEOUT", default_value_t = 60, value_name = "SECONDS")]
    pub reader_stall_timeout: u32,

    /// Connections that may wait for callers to take rows while other queries need them. Default: half of --pool-size
    #[arg(long, env = "MTDD_MAX_SLOW_READERS", value_name = "N")]
    pub max_slow_readers: Option<usize>,

    /// How long a session may stay without a query before it is rolled back and ended, in seconds; 0: no limit
    #[arg(long, env = "MTDD_SESSION_IDLE_TIMEOUT", default_value_t = 60, value_name = "SECONDS")]
    pub session_idle_timeout: u32,

    /// How long a session may last before it is rolled back and ended, in seconds; 0: no limit
    #[arg(long, env = "MTDD_SESSION_MAX_AGE", default_value_t = 3600, value_name = "SECONDS")]
    pub session_max_age: u32,

    /// Callers that may listen to notifications at once; more are refused
    #[arg(long, env = "MTDD_MAX_LISTENERS", default_value_t = 10_000, value_name = "N")]
    pub max_listeners: usize,

    /// Largest gRPC message in either direction, and so the largest row, in bytes
    #[arg(long, env = "MTDD_MAX_MESSAGE_SIZE", default_value_t = 64 << 20, value_name = "BYTES",
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1 << 20..=1 << 30))]
    pub max_message_size: usize,

    /// Memory for requests that wait or run (one half) and for replies that callers have not taken (the other half), in
    /// bytes; more is refused. Default: 8 times --max-message-size; at least twice that
    #[arg(long, env = "MTDD_MEMORY_LIMIT", value_name = "BYTES")]
    pub memory_limit: Option<usize>,

    /// Longest SQL text, in bytes
    #[arg(long, env = "MTDD_MAX_SQL_SIZE", default_value_t = 16 << 20, value_name = "BYTES",
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1 << 30))]
    pub max_sql_size: usize,

    /// How long a query may take, queueing included, whatever its own timeout says, in milliseconds; 0: no limit
    #[arg(long, env = "MTDD_MAX_STATEMENT_TIME", default_value_t = 0, value_name = "MS")]
    pub max_statement_time: u32,

    /// How PostgreSQL plans prepared statements
    #[arg(long, env = "MTDD_PLAN_CACHE_MODE", value_enum, default_value_t = PlanCacheMode::Auto)]
    pub plan_cache_mode: PlanCacheMode,

    /// Prepared statements to keep on each connection; 0: none
    #[arg(long, env = "MTDD_STATEMENT_CACHE_SIZE", default_value_t = 256, value_name = "N")]
    pub statement_cache_size: usize,

    /// Age at which a connection to PostgreSQL is replaced, or at random up to a fifth earlier, in seconds; 0: never
    #[arg(long, env = "MTDD_MAX_CONNECTION_AGE", default_value_t = 3600, value_name = "SECONDS")]
    pub max_connection_age: u32,

    /// How often to check PostgreSQL for gRPC health, in seconds
    #[arg(long, env = "MTDD_HEALTH_INTERVAL", default_value_t = 5, value_name = "SECONDS",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub health_interval: u32,

    /// The database URL leads to a pooler (PgBouncer, ...) in session mode, in which each connection keeps its
    /// PostgreSQL connection. Without this flag a pooler is refused at start. Never use a pooler in transaction mode
    #[arg(long, env = "MTDD_SESSION_POOLER")]
    pub session_pooler: bool,

    /// How long opening a connection to PostgreSQL may take, in milliseconds
    #[arg(long, env = "MTDD_CONNECT_TIMEOUT", default_value_t = 10_000, value_name = "MS",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub connect_timeout: u32,
}

impl QueryOptions {
    /// Where PostgreSQL is, and how its connections begin.
    pub(super) fn target(&self) -> Result<ConnectTarget, QueryStartError> {
        self.target_of("mtdd-server")
    }

    /// The same for connections that watch over the others. They must not end because the server does not answer.
    pub(super) fn target_of_watchdog(&self, application: &str) -> Result<ConnectTarget, QueryStartError> {
        let mut target = self.bare_target(application)?;
        target.wish(LOOK_FOR_CLIENT.0, LOOK_FOR_CLIENT.1);
        Ok(target)
    }

    /// The same for connections that PostgreSQL shows under another name, where the URL gives none.
    pub(super) fn target_of(&self, application: &str) -> Result<ConnectTarget, QueryStartError> {
        let mut target = self.bare_target(application)?;
        if let Some(mode) = self.plan_cache_mode.to_ask_for() {
            target.parameters.push(("plan_cache_mode", mode.to_owned()));
        }
        for (name, value) in WATCHFUL {
            target.wish(name, value);
        }
        Ok(target)
    }

    fn bare_target(&self, application: &str) -> Result<ConnectTarget, QueryStartError> {
        let refused = |reason| QueryStartError::Configuration(format!("--database-url: {reason}"));
        let timeout = Duration::from_millis(self.connect_timeout.into());
        ConnectTarget::new(&self.database_url, application, timeout).map_err(refused)
    }

    pub(super) fn max_connection_age(&self) -> Option<Duration> {
        (self.max_connection_age > 0).then(|| Duration::from_secs(self.max_connection_age.into()))
    }

    pub(super) fn health_interval(&self) -> Duration {
        Duration::from_secs(self.health_interval.into())
    }

    /// The sessions' share of the pool, and how long they may last.
    pub(super) fn session_limits(&self) -> Result<SessionLimits, QueryStartError> {
        let pool_size = self.pool_size.get();
        let most = self.max_sessions.map_or((pool_size / 2).max(1), NonZeroUsize::get);
        if most > pool_size {
            return Err(QueryStartError::Configuration(format!(
                "--max-sessions: {most} is more than --pool-size ({pool_size})"
            )));
        }
        // Transactions last as long as their callers like: what is kept for others is there at once.
        let kept = (most / 4).max(1);
        let most_of_one = self.tenant_max_sessions.map_or((most - kept).max(1), NonZeroUsize::get);
        let limit = |seconds: u32| (seconds > 0).then(|| Duration::from_secs(seconds.into()));
        let (idle, age) = (limit(self.session_idle_timeout), limit(self.session_max_age));
        let most_waiting_of_one = self.tenant_queue_limit();
        Ok(SessionLimits { most, most_of_one, most_waiting: self.queue_limit, most_waiting_of_one, idle, age })
    }

    pub(super) fn pool_limits(&self) -> PoolLimits {
        let size = self.pool_size.get();
        // One tenant alone loses little, and another finds a connection at once. A single one leaves nothing to keep.
        let kept = (size / 8).max(usize::from(size > 1));
        let tenant_size = self.tenant_pool_size.map_or(size - kept, NonZeroUsize::get);
        PoolLimits { size, queue: self.queue_limit, tenant_size, tenant_queue: self.tenant_queue_limit() }
    }

    fn tenant_queue_limit(&self) -> usize {
        self.tenant_queue_limit.unwrap_or(self.queue_limit - self.queue_limit / 4)
    }

    /// Bytes for requests, and as many for replies.
    pub(super) fn memory_for_each(&self) -> Result<usize, QueryStartError> {
        let least = 2 * self.max_message_size;
        match self.memory_limit.unwrap_or(4 * least) {
            limit if limit < least => Err(QueryStartError::Configuration(format!(
                "--memory-limit: {limit} is less than twice --max-message-size ({})",
                self.max_message_size
            ))),
            limit => Ok(limit / 2),
        }
    }

    /// What is done about callers who take no rows.
    pub(super) fn patience(&self) -> ReaderPatience {
        let limit = (self.reader_stall_timeout > 0).then(|| Duration::from_secs(self.reader_stall_timeout.into()));
        ReaderPatience::new(limit, self.max_slow_readers.unwrap_or(self.pool_size.get() / 2))
    }

    /// Says what is not checked.
    pub(super) fn warn_of_trust(&self) {
        if self.shard.is_none() {
            tracing::warn!("--shard is not given: clients that list queryServers in another order are not detected");
        }
        if self.lookup.is_empty() {
            tracing::warn!(
                "--lookup is not given: clients are trusted to know each tenant's shard, and moves of tenants are not \
                     fenced"
            );
        }
    }

    /// How long a lease lasts.
    pub(super) fn lease(&self) -> Duration {
        Duration::from_secs(self.max_placement_staleness.into())
    }

    /// The check that a query has come to the right shard, and what keeps it up to date.
    pub(super) fn placement(&self, drain: Drain) -> Result<(ShardPlacement, Option<PlacementLookup>), QueryStartError> {
        if self.lookup.is_empty() {
            return Ok((ShardPlacement::unfenced(self.shard), None));
        }
        let Some(shard) = self.shard else {
            return Err(QueryStartError::Configuration(
                "--lookup: needs --shard, this server's own position".to_owned(),
            ));
        };
        let read = |flag: &str, file: &Option<PathBuf>| {
            let text = file.as_ref().map(|file| {
                std::fs::read_to_string(file).map_err(|error| {
                    QueryStartError::Configuration(format!("--{flag}: cannot read {}: {error}", file.display()))
                })
            });
            text.transpose()
        };
        let refused = |error: Error| QueryStartError::Configuration(format!("--lookup: {error}"));
        let token = BearerToken::default();
        let secret = read("lookup-token-file", &self.lookup_token_file)?;
        token.set(secret.as_deref().map(str::trim)).map_err(refused)?;
        let tls = Tls {
            ca: read("lookup-tls-ca", &self.lookup_tls_ca)?,
            cert: read("lookup-tls-cert", &self.lookup_tls_cert)?,
            key: read("lookup-tls-key", &self.lookup_tls_key)?.map(Secret),
            server_name: self.lookup_tls_name.clone(),
        };
        let is_asked_for = tls.ca.is_some() || tls.cert.is_some() || tls.server_name.is_some();
        let tls = is_asked_for.then_some(tls);
        let dial = Dial { tls, insecure: self.lookup_insecure, token, names: Names::QUERY_SERVER };
        let lookup = PlacementLookup::new(&self.lookup, dial, shard, self.lease(), drain).map_err(refused)?;
        Ok((ShardPlacement::fenced(shard), Some(lookup)))
    }

    pub(super) fn max_statement_time(&self) -> Option<Duration> {
        (self.max_statement_time > 0).then(|| Duration::from_millis(self.max_statement_time.into()))
    }
}

/// A server's address; whether it can be reached turns out later.
fn address(text: &str) -> Result<String, String> {
    let has_port = |(host, port): (&str, &str)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0);
    match text.trim().rsplit_once(':').is_some_and(has_port) {
        true => Ok(text.trim().to_owned()),
        false => Err("expected HOST:PORT, such as 127.0.0.1:50054".to_owned()),
    }
}

/// Why a query server does not start.
#[derive(Debug, thiserror::Error)]
pub enum QueryStartError {
    /// A flag is wrong; trying again does not help.
    #[error("{0}")]
    Configuration(String),
    /// PostgreSQL does not answer, or refuses.
    #[error("cannot reach PostgreSQL at {address}: {source}")]
    Unreachable {
        /// Host and port, or the path of the Unix socket.
        address: String,
        /// What the last attempt met.
        source: super::connect::ConnectError,
    },
}

impl QueryStartError {
    /// The process's exit code: 2 for a wrong configuration, 1 for an unreachable database.
    pub fn exit_code(&self) -> u8 {
        match self {
            QueryStartError::Configuration(_) => 2,
            QueryStartError::Unreachable { .. } => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct TestFlags {
        #[command(flatten)]
        options: QueryOptions,
    }

    fn options(flags: &[&str]) -> QueryOptions {
        TestFlags::parse_from(["query"].iter().chain(flags)).options
    }

    #[test]
    fn a_wrong_url_is_refused_by_the_name_of_its_flag_without_showing_its_password() {
        for url in ["postgres//ann:secret@db/shop", "postgres://ann:secret@db/shop?target_session_attrs=writable", ""] {
            let error = options(&["--database-url", url]).target().unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().starts_with("--database-url: "), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[tokio::test]
    async fn lookup_servers_need_a_shard_and_addresses_that_are_such() {
        let url = ["--database-url", "postgres://ann@db/shop"];
        let (_, drain) = crate::shutdown::shutdown();
        let lone = options(&[&url[..], &["--lookup", "127.0.0.1:1"]].concat());
        let refused = lone.placement(drain.clone()).err().unwrap();
        assert_eq!(
            (refused.exit_code(), refused.to_string().as_str()),
            (2, "--lookup: needs --shard, this server's own position")
        );
        let both = options(&[&url[..], &["--lookup", "127.0.0.1:1, [::1]:2", "--shard", "1"]].concat());
        assert_eq!(both.lookup, ["127.0.0.1:1", "[::1]:2"]);
        both.placement(drain).unwrap();
        for wrong in ["lookup", "lookup:", ":1", "lookup:0", "lookup:99999", "a:1,,b:2"] {
            let flags = ["query", url[0], url[1], "--shard", "0", "--lookup", wrong];
            assert!(TestFlags::try_parse_from(flags).is_err(), "{wrong:?} was accepted");
        }
    }

    #[test]
    fn debug_output_has_no_password() {
        let options = options(&["--database-url", "postgres://ann:secret@db/shop"]);
        assert!(!format!("{options:?}").contains("secret"));
    }

    #[test]
    fn sessions_get_half_of_the_pool_and_never_more_than_all_of_it() {
        let limits = |flags: &[&str]| {
            let flags = [&["--database-url", "postgres://ann@db/shop"], flags].concat();
            options(&flags).session_limits()
        };
        for (size, most) in [("1", 1), ("2", 1), ("5", 2), ("16", 8)] {
            assert_eq!(limits(&["--pool-size", size]).unwrap().most, most);
        }
        assert_eq!(limits(&["--pool-size", "4", "--max-sessions", "4"]).unwrap().most, 4);
        for (most, most_of_one) in [("1", 1), ("2", 1), ("3", 2), ("4", 3), ("8", 6), ("16", 12)] {
            assert_eq!(limits(&["--pool-size", "16", "--max-sessions", most]).unwrap().most_of_one, most_of_one);
        }
        assert_eq!(limits(&["--tenant-max-sessions", "8"]).unwrap().most_of_one, 8);
        let refusal = limits(&["--pool-size", "4", "--max-sessions", "5"]).unwrap_err();
        assert_eq!(
            (refusal.to_string().as_str(), refusal.exit_code()),
            ("--max-sessions: 5 is more than --pool-size (4)", 2)
        );
        assert_eq!(limits(&["--session-idle-timeout", "0", "--session-max-age", "0"]).unwrap().idle, None);
    }

    #[test]
    fn one_tenants_queries_leave_others_a_connection_wherever_there_are_two() {
        let most = |size: &str| {
            options(&["--database-url", "postgres://ann@db/shop", "--pool-size", size]).pool_limits().tenant_size
        };
        for (size, expected) in [("1", 1), ("2", 1), ("4", 3), ("7", 6), ("8", 7), ("16", 14), ("64", 56)] {
            assert_eq!(most(size), expected, "--pool-size {size}");
        }
    }

    #[test]
    fn a_plan_cache_mode_is_asked_for_only_where_it_is_not_postgresqls_own() {
        let asked = |flags: &[&str]| {
            let flags = [&["--database-url", "postgres://ann@db/shop"], flags].concat();
            options(&flags).target().unwrap().parameters.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(asked(&[]), ["application_name"]);
        assert_eq!(asked(&["--plan-cache-mode", "force_custom_plan"]), ["application_name", "plan_cache_mode"]);
    }
}
