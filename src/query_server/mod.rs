//! The query server: gRPC in front of one shard's PostgreSQL. A query goes from `service`, `multiplex` or `session` to
//! `run`, which takes a connection from `pool`, and on to `execution`, which composes the request with `backend` and
//! lets `reply_reader` read the reply. Rows pass through as PostgreSQL sent them. It knows nothing about other shards,
//! plans or merging, and does not listen itself: the binary puts the service behind a socket.

mod backend;
mod cancel;
mod connect;
mod covered;
mod decode;
mod execution;
mod fair;
mod frame_reader;
mod in_flight;
mod legacy;
mod listen;
mod memory;
mod multiplex;
mod notifications;
mod options;
mod placement;
mod pool;
mod poolers;
mod query;
mod read_buffer;
mod read_effects;
mod reader_pace;
mod reader_patience;
mod reply_chunk;
mod reply_reader;
mod revocation;
mod run;
mod screen;
mod served;
mod service;
mod session;
mod session_permits;
mod settings;
mod statement_traits;
mod stop;
mod stop_watch;
mod stream;
mod text_names;
mod watchdog;

use std::sync::Arc;
use std::time::Duration;

use crate::deadline::Deadlines;
use crate::postgres::ConnectTarget;
use crate::proto::db_service_server::DbServiceServer;
use crate::proto::legacy_db::db_service_server::DbServiceServer as LegacyDbServiceServer;
use crate::query_server::memory::Memory;
use crate::query_server::poolers::Poolers;
use crate::query_server::screen::Screened;
use crate::query_server::watchdog::Watchdog;
use crate::readiness::Readiness;
use crate::shutdown::Drain;

pub use connect::ConnectError;
pub use legacy::LegacyQueryService;
pub use options::{PlanCacheMode, QueryOptions, QueryStartError};
pub use service::QueryService;

/// Unanswered queries of one stream, beyond those that run or wait, whose answers are on their way.
const ANSWERS_ON_THE_WAY: usize = 1024;

/// Connections for questions that must not wait for the others, which their callers may hold.
const SPARE: usize = 2;

/// The application names of health-check connections and of watchdog connections.
const HEALTH: &str = "mtdd-server health";
const WATCHDOG: &str = "mtdd-server watchdog";
/// The application name of the catalog connection.
const READS: &str = "mtdd-server reads";
/// A PostgreSQL that takes longer to accept a connection is considered frozen.
const LONGEST_PROBE: Duration = Duration::from_secs(5);

/// The services of one server: the same shard in this version's protocol and in that of 1.x.
pub struct QueryServices {
    pub current: Screened<DbServiceServer<QueryService>>,
    pub legacy: Screened<LegacyDbServiceServer<LegacyQueryService>>,
    /// Whether PostgreSQL answers, and tenants' queries may run.
    pub readiness: Readiness,
}

/// Opens one connection, to check that PostgreSQL answers, and returns the services. More connections are opened when
/// queries or listeners need them. Once `drain` starts, new queries are refused and running ones finish.
pub async fn service(options: QueryOptions, drain: Drain) -> Result<QueryServices, QueryStartError> {
    let target = Arc::new(options.target()?);
    let limits = options.session_limits()?;
    let memory = options.memory_for_each()?;
    let (size, queue_limit) = (options.pool_size.get(), options.queue_limit);
    let (placement, lookup) = options.placement(drain.clone())?;
    let watchdog = match placement.term(options.lease()) {
        Some(term) => Some(Watchdog::new(Arc::new(options.target_of_watchdog(WATCHDOG)?), options.lease(), term)),
        None => None,
    };
    let readiness = Readiness::default();
    let limits_of_pool = options.pool_limits();
    let new_pool = |limits| {
        pool::Pool::new(
            target.clone(),
            readiness.clone(),
            limits,
            options.max_connection_age(),
            options.statement_cache_size,
            watchdog.clone(),
            Poolers::new(options.session_pooler),
        )
    };
    let pool = new_pool(limits_of_pool);
    let spare = new_pool(pool::PoolLimits { size: SPARE, tenant_size: SPARE, ..limits_of_pool });
    pool.open_first().await.map_err(|source| QueryStartError::Unreachable { address: target.address(), source })?;
    tracing::info!(shard = options.shard, database = %target.address(), pool_size = size, "connected to PostgreSQL");
    tokio::spawn(probing(Arc::new(options.target_of(HEALTH)?), readiness.clone(), &options));
    let requests = Memory::new(memory, options.max_message_size);
    options.warn_of_trust();
    if let Some(lookup) = lookup {
        placement.keep(lookup, readiness.clone());
    }
    let placement = Arc::new(placement);
    let reads = read_effects::ReadEffects::start(Arc::new(options.target_of(READS)?)).await;
    let engine = Arc::new(run::Engine {
        pool,
        spare,
        deadlines: Deadlines::start(),
        texts: statement_traits::TraitsCache::new(),
        max_sql_size: options.max_sql_size,
        max_message_size: options.max_message_size,
        max_statement_time: options.max_statement_time(),
        patience: options.patience(),
        requests: requests.clone(),
        replies: Memory::new(memory, options.max_message_size),
        placement,
        reads,
    });
    let sessions = session::Sessions::new(engine.clone(), limits);
    let hub = notifications::Hub::start(target, drain.clone(), options.max_listeners, memory / 4);
    let most_in_flight = size + queue_limit + ANSWERS_ON_THE_WAY;
    let service = QueryService::new(engine, Arc::new(sessions), Arc::new(hub), drain, most_in_flight);
    // Outgoing messages are kept small where they are made; a limit here would end a whole stream instead of one query.
    let largest = options.max_message_size;
    let current =
        DbServiceServer::new(service.clone()).max_decoding_message_size(largest).max_encoding_message_size(usize::MAX);
    let legacy = LegacyDbServiceServer::new(LegacyQueryService::new(service))
        .max_decoding_message_size(largest)
        .max_encoding_message_size(usize::MAX);
    Ok(QueryServices {
        current: Screened::new(current, largest, requests.clone()),
        legacy: Screened::new(legacy, largest, requests),
        readiness,
    })
}

/// Opens a connection to PostgreSQL now and then, to check that it works: a frozen one, or one that refuses
/// connections, is unavailable even if older connections are still open. One that only has no connection left is
/// available.
fn probing(
    target: Arc<ConnectTarget>,
    readiness: Readiness,
    options: &QueryOptions,
) -> impl Future<Output = ()> + use<> {
    let limit = target.timeout.min(LONGEST_PROBE);
    let probe = async move || match connect::open(&target).await {
        Err(error) if !error.is_crowded() => Err(error.to_string()),
        _ => Ok(()),
    };
    readiness.keep(options.health_interval(), limit, probe)
}
