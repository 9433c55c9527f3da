//! Premises: what has to hold for a statement to take effect is asked behind it, in its transaction.

use mtdd::proto::failure::Reason;
use mtdd::proto::{Parameter, Premise, QueryRequest};

use crate::shard::{Shard, bound, simple};

/// That so many rows are there, the statement's own included.
fn on(count: u32, request: QueryRequest) -> QueryRequest {
    let sql = "select from (select count(*) from t) as c where 1 / case when c.count = $1 then 1 else 0 end is null";
    let params = vec![Parameter { value: Some(count.to_string().into()), binary: false }];
    QueryRequest { premise: Some(Premise { sql: sql.into(), params }), ..request }
}

#[tokio::test]
async fn nothing_of_a_statement_stays_whose_premise_does_not_hold() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int)").await;
    let mut stream = shard.stream().await;
    let mut count = 0;
    // Often enough to be prepared.
    for _ in 0..6 {
        for request in [
            bound("insert into t values ($1) returning a", &[Some("1")]),
            simple("insert into t select 2 returning a"),
            bound("insert into t select $1::int from generate_series(1, 1)", &[Some("3")]),
        ] {
            count += 1;
            let held = stream.run(on(count, request.clone())).await.only();
            assert_eq!(held.tag.as_deref(), Some("INSERT 0 1"));
            assert!(held.rows.len() <= 1, "{held:?}");
            assert_eq!(stream.run(on(1000, request)).await.refusal(), (Reason::Outdated, true));
            assert_eq!(shard.look("select count(*) from t").await, count.to_string());
        }
    }
    assert_eq!(stream.run(simple("select 1")).await.text(), "1");
}

#[tokio::test]
async fn what_comes_at_the_end_of_the_transaction_is_its_own_error() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int unique deferrable initially deferred)").await;
    let mut stream = shard.stream().await;
    assert_eq!(stream.run(on(2, simple("insert into t values (1), (1)"))).await.code(), "23505");
    assert_eq!(stream.run(on(2, simple("insert into t values ('x')"))).await.code(), "22P02");
    assert_eq!(stream.run(on(0, simple("delete from t"))).await.only().tag.as_deref(), Some("DELETE 0"));
}

#[tokio::test]
async fn a_premise_is_for_one_plain_statement_of_its_own() {
    let shard = Shard::start(&["--pool-size", "2"]).await;
    shard.prepare("create table t (a int)").await;
    let mut stream = shard.stream().await;
    for sql in ["insert into t values (1); insert into t values (2)", "begin", "vacuum t"] {
        assert_eq!(stream.run(on(0, simple(sql))).await.refusal(), (Reason::Invalid, true), "{sql}");
    }
    let mut session = shard.session().await;
    assert_eq!(session.run(on(1, simple("insert into t values (1)"))).await.refusal(), (Reason::Invalid, true));
    assert_eq!(shard.look("select count(*) from t").await, "0");
}
