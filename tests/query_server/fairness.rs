//! One greedy tenant, and the others beside it.

use std::time::{Duration, Instant};

use mtdd::proto::QueryRequest;
use mtdd::proto::failure::Reason;
use tokio::time::sleep;

use crate::shard::{Shard, Stream, bound, simple, tenant};

/// The first query of another tenant takes no longer than this.
const SOON: Duration = Duration::from_millis(1500);

async fn answers_soon(shard: &Shard, name: &str) {
    let since = Instant::now();
    let reply = shard.run(QueryRequest { timeout_ms: 20_000, ..tenant(name, bound("select 1", &[])) }).await;
    assert_eq!(reply.text(), "1");
    assert!(since.elapsed() < SOON, "{name} waited {:?}", since.elapsed());
}

#[tokio::test]
async fn a_hundred_slow_queries_of_one_tenant_hold_up_no_other() {
    for size in ["1", "4"] {
        let shard = Shard::start(&["--pool-size", size]).await;
        let mut greedy = shard.stream().await;
        for _ in 0..100 {
            greedy.ask(tenant("a", simple("select pg_sleep(0.5)"))).await;
        }
        sleep(Duration::from_millis(100)).await;
        for name in ["b", "c", "b"] {
            answers_soon(&shard, name).await;
        }
        // A caller without a tenant has turns of its own, too; but not one for each query.
        assert_eq!(shard.run(simple("select 2")).await.text(), "2");
    }
}

#[tokio::test]
async fn two_hundred_transactions_of_one_tenant_hold_up_no_other() {
    let shard = Shard::start(&["--pool-size", "4"]).await;
    let mut sessions = Vec::new();
    for _ in 0..200 {
        let mut session = shard.session().await;
        session.ask(tenant("a", simple("begin"))).await;
        session.ask(tenant("a", simple("select pg_sleep(0.25)"))).await;
        session.ask(tenant("a", simple("commit"))).await;
        session.ask_no_more();
        sessions.push(session);
    }
    sleep(Duration::from_millis(100)).await;
    for _ in 0..3 {
        let since = Instant::now();
        let mut session = shard.session().await;
        assert_eq!(session.run(tenant("b", simple("begin"))).await.only().tag.as_deref(), Some("BEGIN"));
        assert!(since.elapsed() < SOON, "waited {:?}", since.elapsed());
        session.tag("commit").await;
        session.ask_no_more();
        session.end().await.unwrap();
    }
}

#[tokio::test]
async fn transactions_that_one_tenant_leaves_open_lock_out_no_other() {
    for size in ["4", "16"] {
        let shard = Shard::start(&["--pool-size", size]).await;
        let mut sessions = Vec::new();
        for _ in 0..20 {
            let mut session = shard.session().await;
            session.ask(tenant("a", simple("begin"))).await;
            sessions.push(session);
        }
        let open = "select count(*) > 0 from pg_stat_activity \
                    where datname = current_database() and state = 'idle in transaction'";
        shard.wait_for(open, "t").await;
        sleep(Duration::from_millis(300)).await;
        let since = Instant::now();
        let mut session = shard.session().await;
        let began = session.run(QueryRequest { timeout_ms: 20_000, ..tenant("b", simple("begin")) }).await;
        assert_eq!(began.only().tag.as_deref(), Some("BEGIN"));
        assert!(since.elapsed() < SOON, "waited {:?}", since.elapsed());
    }
}

#[tokio::test]
async fn one_tenant_cannot_fill_the_queue() {
    let shard = Shard::start(&["--pool-size", "1", "--queue-limit", "8"]).await;
    let mut greedy = shard.stream().await;
    for _ in 0..7 {
        greedy.ask(tenant("a", simple("select pg_sleep(0.2)"))).await;
    }
    let refused = greedy.run(tenant("a", simple("select 1"))).await;
    let message = refused.failure.as_ref().unwrap().message.clone();
    assert!(
        message.contains("6 queries of this tenant are already waiting") && message.contains("--tenant-queue-limit"),
        "{message}"
    );
    assert_eq!(refused.refusal(), (Reason::Overloaded, true));
    answers_soon(&shard, "b").await;
}

#[tokio::test]
async fn a_tenant_uses_no_more_connections_than_its_cap() {
    let shard = Shard::start(&["--pool-size", "8"]).await;
    let mut greedy = shard.stream().await;
    for _ in 0..20 {
        greedy.ask(tenant("a", simple("select pg_sleep(1)"))).await;
    }
    shard.wait_for_running(7).await;
    let mut others = shard.stream().await;
    others.ask(tenant("b", simple("select pg_sleep(1)"))).await;
    shard.wait_for_running(8).await;
}

#[tokio::test]
async fn streams_that_nobody_reads_do_not_hold_the_pool() {
    let shard = Shard::start(&["--pool-size", "4"]).await;
    let rows = "select repeat('x', 1000) from generate_series(1, 100000)";
    let mut unread = Vec::new();
    // Of four tenants, so that none of them meets its own cap.
    for name in ["a", "b", "c", "d"] {
        let mut stream = Stream::open(&shard, &[], 1).await;
        stream.gives_credit = false;
        let id = stream.ask(tenant(name, simple(rows))).await;
        assert!(stream.next_part().await.unwrap());
        unread.push((stream, id));
    }
    let since = Instant::now();
    answers_within(&shard, Duration::from_secs(3)).await;
    assert!(since.elapsed() < Duration::from_secs(3));
    // Two were stopped, and hear of it; as many as --max-slow-readers go on.
    let mut stopped = 0;
    for (stream, id) in &mut unread {
        if let Ok(reply) = tokio::time::timeout(Duration::from_millis(500), stream.reply(*id)).await {
            let failure = reply.failure.unwrap();
            assert_eq!(failure.reason(), Reason::Stalled, "{failure:?}");
            assert!(failure.message.contains("--reader-stall-timeout"), "{failure:?}");
            stopped += 1;
        }
    }
    assert!((1..=2).contains(&stopped), "{stopped} were stopped");
}

#[tokio::test]
async fn many_tenants_streams_that_nobody_reads_do_not_add_up_for_another_tenant() {
    let shard = Shard::start(&["--pool-size", "8"]).await;
    let rows = "select repeat('x', 1000) from generate_series(1, 100000)";
    let mut stream = Stream::open(&shard, &[], 1).await;
    stream.gives_credit = false;
    for number in 0..60 {
        stream.ask(tenant(&format!("reader {number}"), simple(rows))).await;
    }
    shard.wait_for_running(8).await;
    // It would take 5 s if its turn came behind those of all others, though each of them were stopped after 0.4 s.
    for _ in 0..3 {
        answers_within(&shard, Duration::from_millis(1500)).await;
    }
}

#[tokio::test]
async fn a_stream_that_one_tenant_does_not_read_slows_no_other_tenants_queries_of_its_text() {
    let shard = Shard::start(&["--pool-size", "2"]).await;
    let rows = |count| bound("select repeat('x', 1000) from generate_series(1, $1::int)", &[Some(count)]);
    let mut unread = Stream::open(&shard, &[], 1).await;
    unread.gives_credit = false;
    unread.ask(tenant("a", rows("1000000"))).await;
    assert!(unread.next_part().await.unwrap());
    // So that somebody always waits for the other connection.
    let mut busy = shard.stream().await;
    for _ in 0..400 {
        for name in ["b", "c"] {
            busy.ask(tenant(name, simple("select pg_sleep(0.01)"))).await;
        }
    }
    sleep(Duration::from_millis(300)).await;
    // If they made way, they would take 5 s.
    let since = Instant::now();
    let mut others = shard.stream().await;
    let mut asked = Vec::new();
    for number in 0..20 {
        asked.push(others.ask(tenant(&format!("other {number}"), rows("1"))).await);
    }
    for id in asked {
        assert_eq!(others.reply(id).await.only().rows.len(), 1);
    }
    assert!(since.elapsed() < Duration::from_secs(3), "waited {:?}", since.elapsed());
}

#[tokio::test]
async fn a_query_waits_a_moment_for_streams_of_which_nothing_has_been_taken() {
    let shard = Shard::start(&["--pool-size", "8"]).await;
    // Each text has a reader for the first time.
    let mut stream = Stream::open(&shard, &[], 1).await;
    stream.gives_credit = false;
    for number in 0..8 {
        let rows = format!("select repeat('x', {}) from generate_series(1, 100000)", 1000 + number);
        stream.ask(tenant(&format!("reader {number}"), simple(&rows))).await;
    }
    shard.wait_for_running(8).await;
    answers_within(&shard, Duration::from_millis(900)).await;
}

async fn answers_within(shard: &Shard, limit: Duration) {
    let timeout_ms = limit.as_millis() as u32;
    assert_eq!(shard.run(QueryRequest { timeout_ms, ..tenant("z", simple("select 1")) }).await.text(), "1");
}

#[tokio::test]
async fn a_stream_that_nobody_reads_ends_and_a_slow_reader_does_not() {
    let shard = Shard::start(&["--pool-size", "2", "--reader-stall-timeout", "1"]).await;
    shard.prepare("create table t (a int)").await;
    let mut stream = Stream::open(&shard, &[], 1).await;
    stream.gives_credit = false;
    let read = stream.ask(simple("select repeat('x', 1000) from generate_series(1, 100000)")).await;
    let write = bound("insert into t select g from generate_series(1, 20000) g returning repeat('x', 200)", &[]);
    let written = stream.ask(write).await;
    assert_eq!(stream.reply(read).await.failure.unwrap().reason(), Reason::Stalled);
    // It had been run to its end before anybody could stop it.
    let failure = stream.reply(written).await.failure.unwrap();
    assert_eq!((failure.reason(), failure.stopping_for()), (Reason::OutcomeUnknown, Reason::Stalled));
    assert_eq!(shard.look("select count(*) from t").await, "20000");

    let mut slow = Stream::open(&shard, &[], 1).await;
    let id = slow.ask(simple("select repeat('x', 1000) from generate_series(1, 600)")).await;
    let mut parts = 0;
    while !slow.is_complete(id) {
        sleep(Duration::from_millis(300)).await;
        assert!(slow.next_part().await.unwrap());
        parts += 1;
    }
    assert!(parts > 5 && slow.reply(id).await.only().rows.len() == 600);
}
