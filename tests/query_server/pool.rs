//! Connections that die, PostgreSQL that restarts, too many queries, and the server's own end.

use std::collections::HashSet;
use std::time::Duration;

use mtdd::proto::client_frame::Frame;
use mtdd::proto::failure::Reason;
use mtdd::proto::{Execute, QueryRequest};
use tonic::Code;

use crate::shard::{Shard, Stream, bound, serve, simple};
use crate::support::Postgres;

/// Ends the server's connections, as an administrator would.
const TERMINATE: &str = "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity \
                         where datname = current_database() and application_name = 'mtdd-server'";

#[tokio::test]
async fn idle_connections_that_were_ended_are_replaced_unnoticed() {
    let shard = Shard::start(&["--pool-size", "3", "--tenant-pool-size", "3"]).await;
    let mut stream = shard.stream().await;
    for _ in 0..10 {
        let ids = ask_slow(&mut stream, 3).await;
        for id in ids {
            assert_eq!(stream.reply(id).await.only().rows.len(), 1);
        }
        assert_eq!(shard.look(TERMINATE).await, "3");
        assert_eq!(stream.run(bound("select $1::int", &[Some("1")])).await.text(), "1");
        assert_eq!(stream.run(simple("create temp table x (); drop table x")).await.results.len(), 2);
    }
}

async fn ask_slow(stream: &mut Stream, count: usize) -> Vec<u32> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(stream.ask(simple("select pg_sleep(0.05)")).await);
    }
    ids
}

#[tokio::test]
async fn a_connection_ended_just_when_it_is_used_is_never_noticed_or_honestly_reported() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int)").await;
    let mut stream = shard.stream().await;
    let mut answered = 0;
    for _ in 0..100 {
        let insert = stream.ask(bound("insert into t values ($1)", &[Some("1")])).await;
        shard.direct.simple_query(TERMINATE).await.unwrap();
        let reply = stream.reply(insert).await;
        match (&reply.error, &reply.failure) {
            (None, None) => answered += 1,
            (Some(error), None) => assert_eq!(error.code.as_deref(), Some("57P01")),
            (_, Some(failure)) => assert_eq!((failure.reason(), failure.never_ran), (Reason::OutcomeUnknown, false)),
        }
        assert_eq!(stream.run(simple("select 1")).await.text(), "1");
    }
    let rows: u32 = shard.look("select count(*) from t").await.parse().unwrap();
    assert!(rows >= answered && rows <= 100, "{rows} rows, {answered} answers");
}

#[tokio::test]
async fn a_connection_ended_midway_gives_postgresqls_own_error() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    for request in [
        simple("select pg_sleep(30)"),
        bound("select pg_sleep(30)", &[]),
        simple("create table t as select pg_sleep(30)::text"),
    ] {
        let id = stream.ask(request).await;
        shard.wait_for_running(1).await;
        assert_eq!(shard.look(TERMINATE).await, "1");
        let reply = stream.reply(id).await;
        let error = reply.error.unwrap_or_else(|| panic!("{:?}", reply.failure));
        assert_eq!((error.code.as_deref(), error.severity.as_deref()), (Some("57P01"), Some("FATAL")));
        assert_eq!(stream.run(simple("select 1")).await.text(), "1");
    }
    // Whether what had ended before was committed, PostgreSQL does not say.
    let id = stream.ask(simple("begin; create table u (); commit; select pg_sleep(30)")).await;
    shard.wait_for_running(1).await;
    assert_eq!(shard.look(TERMINATE).await, "1");
    assert_eq!(stream.reply(id).await.refusal(), (Reason::OutcomeUnknown, false));
}

#[tokio::test]
async fn a_crash_leaves_the_outcome_unknown_and_a_restart_heals() {
    let mut postgres = Postgres::start().await;
    let shard = Shard::at(&postgres.url("postgres"), &["--pool-size", "2", "--tenant-pool-size", "2"]).await;
    let mut stream = shard.stream().await;
    let running = stream.ask(bound("select pg_sleep($1::int)", &[Some("30")])).await;
    let idle = stream.run(simple("select 1")).await;
    assert_eq!(idle.text(), "1");
    shard.wait_for_running(1).await;
    postgres.stop();
    assert_eq!(stream.reply(running).await.refusal(), (Reason::OutcomeUnknown, false));
    for _ in 0..5 {
        let reply = stream.run(simple("select 1")).await;
        let message = &reply.failure.as_ref().unwrap().message;
        assert!(message.contains("127.0.0.1") && message.contains("refused"), "{message}");
        assert_eq!(reply.refusal(), (Reason::Unavailable, true));
    }
    postgres.start_again().await;
    for _ in 0..5 {
        assert_eq!(stream.run(simple("select 1")).await.text(), "1");
    }
}

#[tokio::test]
async fn who_waits_when_postgresql_goes_away_hears_of_it() {
    let mut postgres = Postgres::start().await;
    let shard = Shard::at(&postgres.url("postgres"), &["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    let running = stream.ask(simple("select pg_sleep(30)")).await;
    shard.wait_for_running(1).await;
    let mut waiting = Vec::new();
    for _ in 0..50 {
        waiting.push(stream.ask(simple("select 1")).await);
    }
    postgres.stop();
    assert_eq!(stream.reply(running).await.refusal(), (Reason::OutcomeUnknown, false));
    for id in waiting {
        assert_eq!(stream.reply(id).await.refusal(), (Reason::Unavailable, true));
    }
    postgres.start_again().await;
    assert_eq!(stream.run(simple("select 1")).await.text(), "1");
}

#[tokio::test]
async fn a_full_queue_refuses_the_next_query() {
    let shard = Shard::start(&["--pool-size", "1", "--queue-limit", "3"]).await;
    let mut stream = shard.stream().await;
    let slow = stream.ask(simple("select pg_sleep(30)")).await;
    shard.wait_for_running(1).await;
    let mut queued = Vec::new();
    for _ in 0..3 {
        queued.push(stream.ask(simple("select 'queued'")).await);
    }
    let refused = stream.run(simple("select 'refused'")).await;
    assert_eq!(refused.refusal(), (Reason::Overloaded, true));
    // Who gives up makes room.
    stream.cancel(queued[1]).await;
    assert_eq!(stream.reply(queued[1]).await.refusal(), (Reason::Cancelled, true));
    queued[1] = stream.ask(simple("select 'queued'")).await;
    stream.cancel(slow).await;
    for id in queued {
        assert_eq!(stream.reply(id).await.text(), "queued");
    }
}

#[tokio::test]
async fn two_hundred_queries_share_four_connections() {
    let shard = Shard::start(&["--pool-size", "4"]).await;
    let mut stream = shard.stream().await;
    let mut asked = Vec::new();
    for number in 0..200 {
        let sql = "select $1::int, pg_backend_pid() from pg_sleep(0.005)";
        asked.push((number, stream.ask(bound(sql, &[Some(&number.to_string())])).await));
    }
    let mut processes = HashSet::new();
    for (number, id) in asked {
        let row = stream.reply(id).await.only().rows.remove(0);
        assert_eq!(row[0].as_deref(), Some(number.to_string().as_str()));
        processes.insert(row[1].clone());
    }
    assert!(processes.len() <= 4, "{} connections", processes.len());
}

#[tokio::test]
async fn when_postgresql_is_crowded_the_connections_there_are_do_all_the_work() {
    let shard = Shard::start(&[]).await;
    let name = format!("few_{}", std::process::id());
    shard.prepare(&format!("create role {name} login connection limit 2")).await;
    let url = shard.url.replacen("postgres@", &format!("{name}@"), 1);
    let (client, _shutdown) = serve(&url, &["--pool-size", "8"]).await.unwrap();
    let mut stream = Stream::open_on(&client).await;
    for _ in 0..3 {
        let mut ids = Vec::new();
        for _ in 0..40 {
            ids.push(stream.ask(simple("select 1 from pg_sleep(0.01)")).await);
        }
        for id in ids {
            assert_eq!(stream.reply(id).await.text(), "1");
        }
    }
    drop(stream);
    shard
        .wait_for(
            &format!("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = '{name}'"),
            "0",
        )
        .await;
    shard.prepare(&format!("drop role {name}")).await;
}

#[tokio::test]
async fn who_waits_while_others_hold_on_to_theirs_gets_a_connection_once_postgresql_gives_one() {
    let shard = Shard::start(&["--pool-size", "2"]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    let admit = |yes: bool| format!("update pg_database set datallowconn = {yes} where datname = current_database()");
    shard.prepare(&admit(false)).await;
    let mut stream = shard.stream().await;
    assert_eq!(stream.run(simple("select 1")).await.refusal(), (Reason::Unavailable, true));
    // PostgreSQL is not asked again at once.
    let waits = stream.ask(QueryRequest { timeout_ms: 10_000, ..simple("select 2") }).await;
    shard.prepare(&admit(true)).await;
    assert_eq!(stream.reply(waits).await.text(), "2");
    session.tag("commit").await;
}

#[tokio::test]
async fn a_server_that_drains_finishes_what_it_has_and_takes_nothing_new() {
    let shard = Shard::start(&[]).await;
    let mut stream = shard.stream().await;
    let running = stream.ask(simple("select 'done' from pg_sleep(0.5)")).await;
    shard.wait_for_running(1).await;
    shard.shutdown.start();
    while stream.draining.is_none() {
        assert!(stream.next_part().await.unwrap());
    }
    assert_eq!(stream.draining, Some(running));
    stream.send(Frame::Execute(Execute { id: running + 1, query: Some(simple("select 'never'")) })).await;
    assert_eq!(stream.reply(running).await.text(), "done");
    let ended = tokio::time::timeout(Duration::from_secs(5), stream.next_part()).await.expect("the stream ends");
    assert!(!ended.unwrap());

    let mut client = shard.client.clone();
    let status = client.execute_query(simple("select 1")).await.unwrap_err();
    assert_eq!(
        (status.code(), status.metadata().get("mtdd-never-ran").unwrap().to_str().unwrap()),
        (Code::Unavailable, "true")
    );
    assert_eq!(client.stream_query(simple("select 1")).await.unwrap_err().code(), Code::Unavailable);
    let mut late = shard.stream().await;
    while late.next_part().await.unwrap() {}
    assert_eq!(late.draining, Some(0));
}

#[tokio::test]
async fn credit_and_cancel_still_count_while_the_server_drains() {
    let shard = Shard::start(&[]).await;
    let mut stream = Stream::open(&shard, &[], 100_000).await;
    let much = stream.ask(simple("select repeat('x', 1000) from generate_series(1, 30000)")).await;
    let slow = stream.ask(QueryRequest { timeout_ms: 20_000, ..simple("select pg_sleep(30)") }).await;
    shard.wait_for_running(2).await;
    shard.shutdown.start();
    assert_eq!(stream.reply(much).await.only().rows.len(), 30_000);
    stream.cancel(slow).await;
    assert_eq!(stream.reply(slow).await.refusal(), (Reason::Cancelled, false));
    while stream.next_part().await.unwrap() {}
}
