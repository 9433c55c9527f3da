//! Callers of version 1.x: `DB.DBService` in front of the same shard. That rows are what a 1.x server gave, type by
//! type, is compared with `pg` itself in `__test__/compat-1.x/legacy-clients.test.js`.

use std::time::Duration;

use mtdd::proto::legacy_db::{ChannelRequest, StoredProcRequest, StoredProcResponse};
use tokio::time::timeout;
use tonic::{Code, Request, Status};

use crate::shard::Shard;

async fn ask(shard: &Shard, query: &str, params: &[&str]) -> Result<StoredProcResponse, Status> {
    let params = params.iter().map(|text| (*text).to_owned()).collect();
    let request = StoredProcRequest { query: query.to_owned(), params };
    shard.legacy.clone().execute_query(request).await.map(|response| response.into_inner())
}

#[tokio::test]
async fn a_query_answers_with_its_rows_as_json_and_the_text_null_is_null() {
    let shard = Shard::start(&[]).await;
    shard.prepare("create table t (id int, name text)").await;
    let inserted = ask(&shard, "insert into t values ($1, $2), (2, 'b')", &["1", "null"]).await.unwrap();
    assert_eq!((inserted.command.as_str(), inserted.row_count, inserted.result.as_str()), ("INSERT", 2, "[]"));
    let selected = ask(&shard, "select * from t where id < $1 order by id", &["5"]).await.unwrap();
    assert_eq!(selected.result, r#"[{"id":1,"name":null},{"id":2,"name":"b"}]"#);
    assert_eq!((selected.command.as_str(), selected.row_count), ("SELECT", 2));
    // By the simple protocol, as `pg` would: several statements, of which the last one answers.
    let last = ask(&shard, "update t set name = 'c'; select count(*) as n from t where name = 'c'", &[]).await.unwrap();
    assert_eq!(last.result, r#"[{"n":"2"}]"#);
    assert_eq!(ask(&shard, "", &[]).await.unwrap().result, "[]");
}

#[tokio::test]
async fn postgresqls_refusal_is_a_status_with_its_words_and_sqlstate() {
    let shard = Shard::start(&[]).await;
    let status = ask(&shard, "select 1; select 1/0", &[]).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Internal, "division by zero"));
    assert_eq!(status.metadata().get("mtdd-sqlstate").unwrap(), "22012");
}

#[tokio::test]
async fn a_refusal_that_is_too_long_for_trailers_is_cut() {
    let shard = Shard::start(&[]).await;
    let long = "\u{e9}".repeat(100_000);
    let status = ask(&shard, "select ($1::text)::int", &[&long]).await.unwrap_err();
    assert_eq!(status.metadata().get("mtdd-sqlstate").unwrap(), "22P02");
    assert!(status.message().len() * 3 < 16 << 10, "{} bytes", status.message().len());
    assert!(status.message().starts_with("invalid input syntax for type integer"), "{status}");
    assert!(status.message().ends_with("too many for a message)"), "{status}");
    assert_eq!(ask(&shard, "select 1 as a", &[]).await.unwrap().result, r#"[{"a":1}]"#);
}

#[tokio::test]
async fn the_limits_of_other_calls_hold() {
    let shard = Shard::start(&["--max-message-size", "2000000", "--max-sql-size", "100", "--pool-size", "1"]).await;
    let long = ask(&shard, &format!("select '{}'", "x".repeat(100)), &[]).await.unwrap_err();
    assert_eq!((long.code(), &long.message()[..4]), (Code::InvalidArgument, "sql:"));
    // As PostgreSQL sends it the reply fits; as JSON, with the key in each row, it does not.
    let sql = "select 1 as a_long_name_for_a_column from generate_series(1, 100000)";
    let large = ask(&shard, sql, &[]).await.unwrap_err();
    assert_eq!(large.code(), Code::InvalidArgument);
    assert!(large.message().contains("--max-message-size"), "{large}");

    let mut late = Request::new(StoredProcRequest { query: "select pg_sleep(30)".to_owned(), params: Vec::new() });
    late.metadata_mut().insert("grpc-timeout", "100m".parse().unwrap());
    let status = shard.legacy.clone().execute_query(late).await.unwrap_err();
    // Whichever is first to say so: our engine, or tonic on either side.
    assert!([Code::DeadlineExceeded, Code::Cancelled].contains(&status.code()), "{status}");
    shard.wait_for_running(0).await;

    let gone = timeout(Duration::from_millis(300), ask(&shard, "select pg_sleep(30)", &[])).await;
    assert!(gone.is_err(), "the caller went away");
    shard.wait_for_running(0).await;
    assert_eq!(ask(&shard, "select 1 as a", &[]).await.unwrap().result, r#"[{"a":1}]"#);
}

#[tokio::test]
async fn a_listener_gets_every_notification_once_its_call_is_answered() {
    let shard = Shard::start(&[]).await;
    let request = ChannelRequest { channel_name: "Orders \"x\"".to_owned() };
    let mut responses = shard.legacy.clone().listen_to_channel(request).await.unwrap().into_inner();
    shard.prepare(r#"select pg_notify('Orders "x"', '{"id": 1}'); select pg_notify('Orders "x"', 'text')"#).await;
    let first = responses.message().await.unwrap().unwrap();
    assert_eq!((first.channel_name.as_str(), first.data.as_str()), ("Orders \"x\"", r#""{\"id\": 1}""#));
    assert!(first.timestamp.len() == 24 && first.timestamp.ends_with('Z'), "{}", first.timestamp);
    assert_eq!(responses.message().await.unwrap().unwrap().data, r#""text""#);

    let wrong = ChannelRequest { channel_name: "x".repeat(64) };
    let status = shard.legacy.clone().listen_to_channel(wrong).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "channelName: at most 63 bytes, got 64"));
}
