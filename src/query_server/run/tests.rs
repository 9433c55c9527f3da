//! What happens to a query whose task panics.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;
use crate::postgres::ConnectTarget;
use crate::query_server::pool::PoolLimits;
use crate::query_server::poolers::Poolers;
use crate::query_server::settings::SessionSettings;
use crate::readiness::Readiness;

/// A caller that panics as soon as it is asked something.
struct Faulty;

impl Caller for Faulty {
    async fn send(&self, _: ReplyChunk) -> Result<(), StopReason> {
        panic!("a fault, in a test")
    }

    async fn cancelled(&self) -> StopReason {
        panic!("a fault, in a test")
    }
}

/// An engine with one connection, to a PostgreSQL that never says a word.
fn engine(address: SocketAddr) -> Engine {
    let url = format!("postgres://nobody@{address}/nothing?sslmode=disable").parse().unwrap();
    let target = Arc::new(ConnectTarget::new(&url, "test", Duration::from_secs(60)).unwrap());
    let reads = Arc::new(ReadEffects::new(target.clone()));
    let limits = PoolLimits { size: 1, queue: 10, tenant_size: 1, tenant_queue: 10 };
    let largest = 1 << 20;
    Engine {
        spare: Pool::new(target.clone(), Readiness::default(), limits, None, 0, None, Poolers::new(false)),
        pool: Pool::new(target, Readiness::default(), limits, None, 0, None, Poolers::new(false)),
        deadlines: Deadlines::start(),
        texts: TraitsCache::new(),
        max_sql_size: largest,
        max_message_size: largest,
        max_statement_time: None,
        patience: ReaderPatience::new(None, 1),
        requests: Memory::new(largest, largest),
        replies: Memory::new(largest, largest),
        placement: Arc::new(ShardPlacement::unfenced(None)),
        reads,
    }
}

#[tokio::test]
async fn a_query_whose_task_panics_is_answered_and_gives_its_connection_back() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let engine = engine(silent.local_addr().unwrap());
    // With one place in the pool, the second one would wait for ever if the first had kept it.
    for _ in 0..3 {
        let request = QueryRequest { sql: "select 1".to_owned(), ..QueryRequest::default() };
        let query = IncomingQuery::new(request, SessionSettings::default(), None, None, None);
        let last = timeout(Duration::from_secs(20), engine.run(&query, &Faulty)).await.expect("it is answered");
        let Some(ReplyEnd::Failure(failure)) = last.ending else { panic!("it has failed") };
        assert_eq!(failure.reason(), Reason::OutcomeUnknown);
        assert!(!failure.never_ran && failure.message.contains("internal error"), "{failure:?}");
    }
    assert_eq!(engine.pool.pressure().waiting, 0);
}
