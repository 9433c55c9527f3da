//! Cancels, deadlines, callers who go away, and callers who take their time.

use std::time::{Duration, Instant};

use mtdd::proto::client_frame::Frame;
use mtdd::proto::failure::Reason;
use mtdd::proto::{Credit, QueryRequest};
use tokio::time::{sleep, timeout};
use tonic::Code;

use crate::shard::{Shard, Stream, bound, simple};

fn limited(timeout_ms: u32, request: QueryRequest) -> QueryRequest {
    QueryRequest { timeout_ms, ..request }
}

#[tokio::test]
async fn a_cancel_stops_the_statement_and_says_so() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int)").await;
    let mut stream = shard.stream().await;
    for request in [
        simple("select pg_sleep(30)"),
        bound("select pg_sleep($1::int)", &[Some("30")]),
        simple("insert into t values (1); select pg_sleep(30)"),
        bound("insert into t select 1 from pg_sleep(30)", &[]),
    ] {
        let since = Instant::now();
        let id = stream.ask(request).await;
        shard.wait_for_running(1).await;
        stream.cancel(id).await;
        assert_eq!(stream.reply(id).await.refusal(), (Reason::Cancelled, false));
        assert!(since.elapsed() < Duration::from_secs(5));
        shard.wait_for_running(0).await;
        assert_eq!(stream.run(simple("select 1")).await.text(), "1");
    }
    assert_eq!(shard.look("select count(*) from t").await, "0");
}

#[tokio::test]
async fn a_query_in_the_queue_is_cancelled_or_timed_out_at_once_and_has_not_run() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int)").await;
    let mut stream = shard.stream().await;
    let slow = stream.ask(simple("select pg_sleep(30)")).await;
    shard.wait_for_running(1).await;
    let queued = stream.ask(simple("insert into t values (1)")).await;
    let late = stream.ask(limited(50, simple("insert into t values (2)"))).await;
    stream.cancel(queued).await;
    assert_eq!(stream.reply(queued).await.refusal(), (Reason::Cancelled, true));
    assert_eq!(stream.reply(late).await.refusal(), (Reason::Timeout, true));
    stream.cancel(slow).await;
    stream.reply(slow).await;
    assert_eq!(stream.run(simple("select count(*) from t")).await.text(), "0");
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_stopped() {
    let shard = Shard::start(&["--pool-size", "1", "--max-statement-time", "400"]).await;
    let mut stream = shard.stream().await;
    for (request, at_least, at_most) in [
        (limited(100, simple("select pg_sleep(30)")), 100, 390),
        (limited(100, bound("select pg_sleep(30)", &[])), 100, 390),
        // The server's own limit holds where the caller sets none, or a longer one.
        (simple("select pg_sleep(30)"), 400, 3000),
        (limited(20_000, simple("select pg_sleep(30); select 1")), 400, 3000),
    ] {
        let since = Instant::now();
        assert_eq!(stream.run(request).await.refusal(), (Reason::Timeout, false));
        let took = since.elapsed().as_millis();
        assert!(took >= at_least && took < at_most, "{took} ms");
        assert_eq!(stream.run(limited(5000, simple("select 1"))).await.text(), "1");
    }
}

#[tokio::test]
async fn a_reply_that_flows_without_a_pause_is_stopped_as_well() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    // In the select list the series is not stored first: rows come at once.
    let endless = "select repeat('x', 1000), generate_series(1, 1000000000)";
    let since = Instant::now();
    assert_eq!(stream.run(limited(300, simple(endless))).await.refusal(), (Reason::Timeout, false));
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    let id = stream.ask(simple(endless)).await;
    for _ in 0..100 {
        assert!(stream.next_part().await.unwrap());
    }
    stream.cancel(id).await;
    assert_eq!(stream.reply(id).await.refusal(), (Reason::Cancelled, false));
}

#[tokio::test]
async fn a_late_cancel_never_hits_the_next_query() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    for round in 0..60u64 {
        let victim = stream.ask(simple("select pg_sleep(0.004)")).await;
        let next = stream.ask(simple("select 'safe' from pg_sleep(0.008)")).await;
        sleep(Duration::from_micros(3_000 + 50 * round)).await;
        stream.cancel(victim).await;
        let reply = stream.reply(victim).await;
        assert!(reply.failure.is_none_or(|failure| failure.reason() == Reason::Cancelled));
        assert_eq!(stream.reply(next).await.text(), "safe", "round {round}");
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_stops_what_ran_for_it() {
    let shard = Shard::start(&["--pool-size", "4"]).await;
    let mut stream = shard.stream().await;
    stream.ask(simple("select pg_sleep(30)")).await;
    stream.ask(bound("select pg_sleep(30)", &[])).await;
    shard.wait_for_running(2).await;
    drop(stream);
    shard.wait_for_running(0).await;

    let mut client = shard.client.clone();
    let call = tokio::spawn(async move { client.execute_query(simple("select pg_sleep(30)")).await });
    shard.wait_for_running(1).await;
    call.abort();
    shard.wait_for_running(0).await;

    let mut client = shard.client.clone();
    let parts = client.stream_query(simple("select pg_sleep(30)")).await.unwrap();
    shard.wait_for_running(1).await;
    drop(parts);
    shard.wait_for_running(0).await;
    for _ in 0..8 {
        assert_eq!(shard.run(simple("select 1")).await.text(), "1");
    }
}

#[tokio::test]
async fn a_calls_own_deadline_stops_its_statement() {
    let shard = Shard::start(&[]).await;
    let mut client = shard.client.clone();
    let mut request = tonic::Request::new(simple("select pg_sleep(30)"));
    request.set_timeout(Duration::from_millis(150));
    let status = client.execute_query(request).await.unwrap_err();
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status}");
    shard.wait_for_running(0).await;

    let mut request = tonic::Request::new(simple("select pg_sleep(30)"));
    request.metadata_mut().insert("grpc-timeout", "150m".parse().unwrap());
    let mut parts = client.stream_query(request).await.unwrap().into_inner();
    let status = parts.message().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.metadata().get("mtdd-reason").unwrap(), "TIMEOUT");
    shard.wait_for_running(0).await;
}

const MUCH: &str = "select repeat('x', 1000) from generate_series(1, 50000)";

/// The server's connection that waits until someone takes its rows.
const STUCK: &str = "select count(*) from pg_stat_activity where datname = current_database() \
                     and application_name = 'mtdd-server' and wait_event = 'ClientWrite'";

#[tokio::test]
async fn without_credit_the_server_stops_reading_and_other_queries_go_on() {
    let shard = Shard::start(&["--pool-size", "2"]).await;
    let window = 200_000;
    let mut stream = Stream::open(&shard, &[], window).await;
    stream.gives_credit = false;
    let much = stream.ask(simple(MUCH)).await;
    while let Ok(part) = timeout(Duration::from_millis(300), stream.next_part()).await {
        assert!(part.unwrap());
    }
    let sent = stream.so_far(much).bytes;
    assert!(sent >= window as usize && sent < window as usize + 100_000, "{sent} bytes");
    shard.wait_for(STUCK, "1").await;
    for _ in 0..10 {
        assert_eq!(stream.run(simple("select 1")).await.text(), "1");
    }
    assert_eq!(stream.so_far(much).bytes, sent);
    stream.gives_credit = true;
    stream.send(Frame::Credit(Credit { id: much, bytes: sent as u32 })).await;
    assert_eq!(stream.reply(much).await.only().rows.len(), 50_000);
}

#[tokio::test]
async fn a_query_that_waits_for_credit_can_be_cancelled_and_timed_out() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = Stream::open(&shard, &[], 100_000).await;
    stream.gives_credit = false;
    let cancelled = stream.ask(simple(MUCH)).await;
    shard.wait_for(STUCK, "1").await;
    stream.cancel(cancelled).await;
    assert_eq!(stream.reply(cancelled).await.refusal(), (Reason::Cancelled, false));
    let late = stream.run(limited(300, simple(MUCH))).await;
    assert_eq!(late.refusal(), (Reason::Timeout, false));
    assert_eq!(stream.run(simple("select 1")).await.text(), "1");
}

#[tokio::test]
async fn a_slow_reader_of_a_streamed_reply_holds_the_statement_back() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let sql = "select repeat('x', 1000) from generate_series(1, 500000)";
    let mut parts = shard.client.clone().stream_query(simple(sql)).await.unwrap().into_inner();
    shard.wait_for(STUCK, "1").await;
    let mut rows = 0;
    while let Some(part) = parts.message().await.unwrap() {
        rows += part.row_count;
    }
    assert_eq!(rows, 500_000);
}
