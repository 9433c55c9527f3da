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
    let shard = Shard::start(&["--pool-size", "1", "--max-statement-time", "1500"]).await;
    let mut stream = shard.stream().await;
    for (request, at_least, at_most) in [
        (limited(500, simple("select pg_sleep(30)")), 500, 1490),
        (limited(500, bound("select pg_sleep(30)", &[])), 500, 1490),
        // The server's own limit holds where the caller sets none, or a longer one.
        (simple("select pg_sleep(30)"), 1500, 6000),
        (limited(20_000, simple("select pg_sleep(30); select 1")), 1500, 6000),
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
    let shard = Shard::start(&["--pool-size", "2", "--tenant-pool-size", "2"]).await;
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

/// A statement of a few megabytes whose caller takes no rows.
fn returning() -> QueryRequest {
    bound("insert into t select g from generate_series(1, 20000) g returning repeat('x', 200)", &[])
}

#[tokio::test]
async fn a_write_that_had_come_to_its_end_is_never_said_to_have_been_stopped() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int)").await;
    for (stopping_for, request) in [(Reason::Timeout, limited(500, returning())), (Reason::Cancelled, returning())] {
        let mut stream = Stream::open(&shard, &[], 1).await;
        stream.gives_credit = false;
        let id = stream.ask(request).await;
        if stopping_for == Reason::Cancelled {
            assert!(stream.next_part().await.unwrap());
            sleep(Duration::from_millis(200)).await;
            stream.cancel(id).await;
        }
        let failure = stream.reply(id).await.failure.unwrap();
        let rows: u32 =
            shard.look("with d as (delete from t returning 1) select count(*) from d").await.parse().unwrap();
        match failure.reason() {
            Reason::OutcomeUnknown => assert_eq!(failure.stopping_for(), stopping_for, "{failure:?}"),
            reason => assert_eq!((reason, rows), (stopping_for, 0), "{failure:?}, but {rows} rows stay"),
        }
        assert_eq!(rows, 20_000, "PostgreSQL runs it to its end before it sends the first row");
    }
}

#[tokio::test]
async fn what_a_text_had_committed_before_it_was_stopped_is_not_denied() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard
        .prepare(
            "create table t (a int); create procedure p() language plpgsql as $$ begin insert into t values (1); \
             commit; perform pg_sleep(30); end $$",
        )
        .await;
    let mut stream = shard.stream().await;
    for request in [
        simple("call p()"),
        bound("call p()", &[]),
        simple("do $$ begin insert into t values (1); commit; perform pg_sleep(30); end $$"),
        simple("begin; insert into t values (1); commit; select pg_sleep(30)"),
    ] {
        let failure = stream.run(limited(300, request)).await.failure.unwrap();
        assert_eq!((failure.reason(), failure.stopping_for()), (Reason::OutcomeUnknown, Reason::Timeout));
        assert_eq!(shard.look("with d as (delete from t returning 1) select count(*) from d").await, "1");
    }
    for request in [simple("insert into t values (1); select pg_sleep(30)"), simple("select pg_sleep(30)")] {
        assert_eq!(stream.run(limited(300, request)).await.refusal(), (Reason::Timeout, false));
        assert_eq!(shard.look("select count(*) from t").await, "0");
    }
    // In a transaction a procedure cannot commit.
    let mut session = shard.session().await;
    session.tag("begin").await;
    assert_eq!(
        session.run(limited(300, simple("do $$ begin perform pg_sleep(30); end $$"))).await.refusal().0,
        Reason::Timeout
    );
}

#[tokio::test]
async fn a_commit_whose_time_is_up_is_done_or_stopped_and_said_to_be() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard
        .prepare(
            "create table t (a int); create function slow() returns trigger language plpgsql as \
             $$ begin perform pg_sleep(1); return null; end $$; \
             create constraint trigger slow after insert on t deferrable initially deferred for each row execute function slow()",
        )
        .await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    session.tag("insert into t values (1)").await;
    let reply = session.run(limited(200, simple("commit"))).await;
    let rows = shard.look("select count(*) from t").await;
    match reply.failure {
        Some(failure) => assert_eq!((failure.reason(), rows.as_str()), (Reason::Timeout, "0"), "{failure:?}"),
        None => assert_eq!((reply.only().tag.as_deref(), rows.as_str()), (Some("COMMIT"), "1")),
    }
}

#[tokio::test]
async fn a_reply_too_large_for_a_unary_call_does_not_deny_a_write() {
    let shard = Shard::start(&["--pool-size", "1", "--max-message-size", "1048576"]).await;
    shard.prepare("create table t (a int)").await;
    let mut client = shard.client.clone();
    let status = client.execute_query(returning()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown, "{status}");
    assert_eq!(status.metadata().get("mtdd-reason").unwrap(), "OUTCOME_UNKNOWN");
    let query = mtdd::proto::legacy_db::StoredProcRequest {
        query: "insert into t select g from generate_series(1, 20000) g returning repeat('x', 200)".to_owned(),
        params: Vec::new(),
    };
    let status = shard.legacy.clone().execute_query(query).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown, "{status}");
    let read =
        client.execute_query(simple("select repeat('x', 200) from generate_series(1, 20000)")).await.unwrap_err();
    assert_eq!(read.code(), Code::InvalidArgument, "{read}");
    let status = client.execute_query(simple("select repeat('x', 3000000)")).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
}
