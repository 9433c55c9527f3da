//! Callers who make one call at a time.

use mtdd::proto::QueryRequest;
use tonic::Code;

use crate::shard::{Reply, Shard, bound, rows, simple};

#[tokio::test]
async fn a_single_call_answers_with_every_result() {
    let shard = Shard::start(&[]).await;
    let mut client = shard.client.clone();
    let response =
        client.execute_query(simple("select 1 as a; create table t (a int); ; select null as b")).await.unwrap();
    let response = response.into_inner();
    assert!(response.error.is_none());
    let tags: Vec<_> = response.results.iter().map(|result| result.command_tag.as_str()).collect();
    assert_eq!(tags, ["SELECT 1", "CREATE TABLE", "SELECT 1"]);
    assert_eq!(response.results[0].description.as_ref().unwrap().fields[0].name, "a");
    assert!(response.results[1].description.is_none());
    assert_eq!(rows(&response.results[2].rows), [[None]]);
    let empty = client.execute_query(simple("")).await.unwrap().into_inner();
    assert_eq!((empty.results.len(), empty.results[0].command_tag.as_str()), (1, ""));
    let many = client.execute_query(bound("select generate_series(1, 50000)", &[])).await.unwrap().into_inner();
    assert_eq!((many.results[0].row_count, rows(&many.results[0].rows).len()), (50_000, 50_000));
}

#[tokio::test]
async fn postgresqls_refusal_is_an_answer_and_the_servers_own_a_status() {
    let shard = Shard::start(&["--max-message-size", "2000000"]).await;
    let mut client = shard.client.clone();
    let response = client.execute_query(simple("select 1; select 1/0")).await.unwrap().into_inner();
    assert_eq!(response.results.len(), 1);
    assert_eq!(response.error.unwrap().code.as_deref(), Some("22012"));

    let status = client.execute_query(QueryRequest { simple: true, ..bound("select 1", &[None]) }).await.unwrap_err();
    assert_eq!((status.code(), &status.message()[..8]), (Code::InvalidArgument, "params: "));
    assert_eq!(status.metadata().get("mtdd-reason").unwrap(), "INVALID");
    assert_eq!(status.metadata().get("mtdd-never-ran").unwrap(), "true");

    let late = QueryRequest { timeout_ms: 50, ..simple("select pg_sleep(30)") };
    let status = client.execute_query(late).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.metadata().get("mtdd-never-ran").unwrap(), "false");

    let status =
        client.execute_query(simple("select repeat('x', 1000) from generate_series(1, 5000)")).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("--max-message-size"), "{}", status.message());
    assert_eq!(client.execute_query(simple("select 1")).await.unwrap().into_inner().results.len(), 1);
}

#[tokio::test]
async fn a_streamed_call_answers_in_parts() {
    let shard = Shard::start(&[]).await;
    let mut client = shard.client.clone();
    let settings = [("app.colour".to_owned(), "red".to_owned())].into();
    let sql = "select 1 as a; select current_setting('app.colour') || g from generate_series(1, 100000) g; select 1/0";
    let request = QueryRequest { settings, ..simple(sql) };
    let mut parts = client.stream_query(request).await.unwrap().into_inner();
    let mut reply = Reply::default();
    while let Some(part) = parts.message().await.unwrap() {
        assert_eq!(part.description_id, 0);
        assert!(part.description.as_ref().is_none_or(|description| description.id == 0));
        reply.add(part);
    }
    assert!(reply.parts > 10);
    assert_eq!(reply.results[1].rows[99_999][0].as_deref(), Some("red100000"));
    assert_eq!(reply.code(), "22012");

    let wrong = QueryRequest { settings: [("mtdd.tenant_id".to_owned(), "x".to_owned())].into(), ..simple("select 1") };
    let status = client.stream_query(wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().starts_with("settings["));
}
