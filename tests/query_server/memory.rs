//! Messages that are too large, and more of them than there is memory for: each is refused, and nothing else is.

use mtdd::proto::failure::Reason;
use mtdd::proto::legacy_db::StoredProcRequest;
use mtdd::proto::{Parameter, QueryRequest};
use tonic::Code;

use crate::shard::{Reply, Shard, Stream, bound, options, simple};

/// A query with a parameter of this many bytes.
fn large(bytes: usize) -> QueryRequest {
    let param = Parameter { value: Some(vec![b'x'; bytes].into()), binary: false };
    QueryRequest { params: vec![param], ..bound("insert into t select length($1)", &[]) }
}

fn refused(reply: Reply, reason: Reason, flag: &str) {
    let failure = reply.failure.clone().unwrap();
    assert!(failure.message.contains(flag), "{}", failure.message);
    assert_eq!(reply.refusal(), (reason, true));
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_alone_and_its_stream_goes_on() {
    let shard = Shard::start(&["--max-message-size", "1048576", "--pool-size", "3"]).await;
    shard.prepare("create table t (a int)").await;
    let mut stream = shard.stream().await;
    let running = stream.ask(simple("select 'fine' from pg_sleep(1)")).await;
    for bytes in [1_048_577, 3_000_000, 70_000_000] {
        refused(stream.run(large(bytes)).await, Reason::Invalid, "(--max-message-size)");
        assert_eq!(stream.run(large(1_000_000)).await.only().tag.as_deref(), Some("INSERT 0 1"));
    }
    assert_eq!(stream.reply(running).await.text(), "fine");
    assert_eq!(stream.hello.unwrap().max_message_size, 1_048_576);
    assert_eq!(shard.look("select count(*) from t").await, "3");

    let mut session = shard.session().await;
    session.tag("begin").await;
    refused(session.run(large(2_000_000)).await, Reason::Invalid, "(--max-message-size)");
    assert_eq!(session.run(large(65_536)).await.only().tag.as_deref(), Some("INSERT 0 1"));
    assert_eq!(session.tag("commit").await, "COMMIT");
    assert_eq!(shard.look("select count(*) from t where a = 65536").await, "1");
}

#[tokio::test]
async fn a_call_of_its_own_that_is_too_large_ends_with_a_status() {
    let shard = Shard::start(&["--max-message-size", "1048576"]).await;
    let status = shard.client.clone().execute_query(large(2_000_000)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert!(status.message().contains("--max-message-size"), "{status}");
    let status = shard.client.clone().stream_query(large(2_000_000)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    let query = StoredProcRequest { query: "select length($1)".to_owned(), params: vec!["x".repeat(2_000_000)] };
    let status = shard.legacy.clone().execute_query(query).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert_eq!(shard.run(simple("select 1")).await.text(), "1");
}

#[tokio::test]
async fn requests_that_wait_hold_no_more_memory_than_they_may() {
    let flags = ["--max-message-size", "4194304", "--memory-limit", "20000000", "--pool-size", "1"];
    let shard = Shard::start(&flags).await;
    shard.prepare("create table t (a int)").await;
    let mut stream = shard.stream().await;
    let slow = stream.ask(simple("select pg_sleep(30)")).await;
    shard.wait_for_running(1).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(stream.ask(large(3_000_000)).await);
    }
    refused(stream.run(large(3_000_000)).await, Reason::Overloaded, "(--memory-limit)");
    let mut other = shard.stream().await;
    refused(other.run(large(3_000_000)).await, Reason::Overloaded, "(--memory-limit)");
    let status = shard.client.clone().execute_query(large(3_000_000)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    // Small ones still find room.
    waiting.push(other_ask(&mut stream).await);
    stream.cancel(slow).await;
    for id in waiting {
        assert_eq!(stream.reply(id).await.only().tag.as_deref(), Some("INSERT 0 1"));
    }
    for _ in 0..10 {
        assert_eq!(other.run(large(4_000_000)).await.only().tag.as_deref(), Some("INSERT 0 1"));
    }
}

#[tokio::test]
async fn one_tenants_waiting_requests_leave_memory_for_those_of_others() {
    let flags = ["--max-message-size", "1048576", "--memory-limit", "16000000", "--pool-size", "1"];
    let shard = Shard::start(&flags).await;
    shard.prepare("create table t (a int)").await;
    let of = |tenant: &str, bytes| QueryRequest { tenant: Some(tenant.to_owned()), ..large(bytes) };
    let mut greedy = shard.stream().await;
    let slow = greedy.ask(simple("select pg_sleep(30)")).await;
    shard.wait_for_running(1).await;
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(greedy.ask(of("greedy", 900_000)).await);
    }
    let refused_one = greedy.run(of("greedy", 900_000)).await;
    refused(refused_one, Reason::Overloaded, "tenant \"greedy\"");
    let mut other = shard.stream().await;
    let first = other.ask(of("modest", 900_000)).await;
    greedy.cancel(slow).await;
    assert_eq!(other.reply(first).await.only().tag.as_deref(), Some("INSERT 0 1"));
    for id in waiting {
        assert_eq!(greedy.reply(id).await.only().tag.as_deref(), Some("INSERT 0 1"));
    }
    assert_eq!(greedy.run(of("greedy", 900_000)).await.only().tag.as_deref(), Some("INSERT 0 1"));
}

async fn other_ask(stream: &mut Stream) -> u32 {
    stream.ask(bound("insert into t values ($1)", &[Some("1")])).await
}

#[tokio::test]
async fn replies_that_nobody_takes_hold_no_more_memory_than_they_may() {
    let flags = ["--max-message-size", "1048576", "--memory-limit", "2097152", "--pool-size", "4"];
    let shard = Shard::start(&flags).await;
    shard.prepare("create table t (a int)").await;
    let mut unread = shard.stream().await;
    let mut asked = Vec::new();
    for number in 0..200 {
        let sql = format!("insert into t values ({number}) returning repeat('x', 50000)");
        asked.push(unread.ask(bound(&sql, &[])).await);
    }
    shard.wait_for("select count(*) from t", "200").await;
    // Somebody else's small replies go on.
    for _ in 0..20 {
        assert_eq!(shard.run(simple("select 1")).await.text(), "1");
    }
    let (mut told, mut lost) = (0, 0);
    for id in asked {
        let reply = unread.reply(id).await;
        match &reply.failure {
            None => told += 1,
            Some(failure) => {
                // It took effect all the same.
                assert_eq!((failure.reason(), failure.stopping_for()), (Reason::OutcomeUnknown, Reason::Overloaded));
                lost += 1;
            }
        }
    }
    assert!(told > 10 && lost > 10, "{told} told, {lost} lost");
    assert_eq!(unread.run(simple("select repeat('x', 500000)")).await.text().len(), 500_000);
}

#[tokio::test]
async fn less_memory_than_two_messages_take_is_refused_at_start() {
    let url = "postgres://nobody@127.0.0.1:1/nowhere";
    let (_shutdown, drain) = mtdd::shutdown::shutdown();
    let options = options(url, &["--memory-limit", "1000000"]);
    let error = mtdd::query_server::service(options, drain).await.err().unwrap();
    assert!(error.to_string().starts_with("--memory-limit: 1000000 is less than twice --max-message-size"), "{error}");
    assert_eq!(error.exit_code(), 2);
}
