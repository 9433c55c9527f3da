//! Transactions in a session: what they see, whose they are, and how they fail. `session_ends` has what ends one.

use std::time::Duration;

use mtdd::proto::client_frame::Frame;
use mtdd::proto::failure::Reason;
use mtdd::proto::{Credit, QueryRequest};
use tokio::time::{sleep, timeout};

use crate::shard::{Shard, Stream, bound, simple, tenant};

const WHO: &str = "select coalesce(current_setting('mtdd.tenant_id', true), '')";
const COUNT: &str = "select count(*) from t";

async fn shard(flags: &[&str]) -> Shard {
    let shard = Shard::start(flags).await;
    shard.prepare("create table t (a int primary key)").await;
    shard
}

async fn who(session: &mut Stream, name: &str) -> String {
    session.run(tenant(name, simple(WHO))).await.text()
}

#[tokio::test]
async fn what_is_committed_stays_and_what_is_rolled_back_does_not() {
    let shard = shard(&[]).await;
    let mut session = shard.session().await;
    assert_eq!(session.tag("BEGIN;").await, "BEGIN");
    assert_eq!(session.run(bound("insert into t values ($1)", &[Some("1")])).await.only().tag.unwrap(), "INSERT 0 1");
    assert_eq!(session.run(simple(COUNT)).await.text(), "1", "a transaction sees its own writes");
    assert_eq!(shard.look(COUNT).await, "0");
    assert_eq!(session.tag("COMMIT;").await, "COMMIT");
    assert_eq!(shard.look(COUNT).await, "1");

    session.tag("BEGIN").await;
    session.tag("delete from t").await;
    assert_eq!(session.tag("ROLLBACK;").await, "ROLLBACK");
    assert_eq!(shard.look(COUNT).await, "1");
    session.tag("insert into t values (2)").await;
    assert_eq!(shard.look(COUNT).await, "2", "outside a transaction a statement commits itself");
}

#[tokio::test]
async fn the_queries_of_a_session_run_one_after_the_other_on_one_connection() {
    let shard = shard(&["--pool-size", "4"]).await;
    let mut session = shard.session().await;
    let mut ids = vec![session.ask(simple("begin")).await];
    ids.push(session.ask(simple("select pg_sleep(0.1)")).await);
    for number in 0..50 {
        ids.push(session.ask(bound("insert into t values ($1)", &[Some(&number.to_string())])).await);
        ids.push(session.ask(simple("select count(*), pg_backend_pid() from t")).await);
    }
    ids.push(session.ask(simple("commit")).await);
    let mut counts = Vec::new();
    let mut processes = Vec::new();
    for id in ids {
        let result = session.reply(id).await.only();
        if let [count, process] = &result.rows.first().cloned().unwrap_or_default()[..] {
            counts.push(count.clone().unwrap().parse::<u32>().unwrap());
            processes.push(process.clone());
        }
    }
    assert_eq!(counts, (1..=50).collect::<Vec<_>>());
    processes.dedup();
    assert_eq!(processes.len(), 1);
    assert_eq!(shard.look(COUNT).await, "50");
}

#[tokio::test]
async fn two_sessions_do_not_see_each_other() {
    let shard = shard(&["--pool-size", "4", "--tenant-max-sessions", "2"]).await;
    let (mut first, mut second) = (shard.session().await, shard.session().await);
    for session in [&mut first, &mut second] {
        session.tag("begin").await;
    }
    first.tag("insert into t values (1)").await;
    second.tag("insert into t values (2), (3)").await;
    assert_eq!(first.run(simple(COUNT)).await.text(), "1");
    assert_eq!(second.run(simple(COUNT)).await.text(), "2");
    assert_eq!(shard.run(simple(COUNT)).await.text(), "0");
    first.tag("commit").await;
    assert_eq!(second.run(simple(COUNT)).await.text(), "3", "read committed");
}

#[tokio::test]
async fn savepoints_can_be_gone_back_to() {
    let shard = shard(&[]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    session.tag("insert into t values (1)").await;
    session.tag("savepoint a").await;
    assert_eq!(session.run(simple("insert into t values (1)")).await.code(), "23505");
    session.tag("rollback to a").await;
    session.tag("insert into t values (2)").await;
    session.tag("release a").await;
    session.tag("commit").await;
    assert_eq!(shard.look("select string_agg(a::text, ',' order by a) from t").await, "1,2");
}

#[tokio::test]
async fn after_an_error_the_transaction_is_failed_as_with_pg() {
    let shard = shard(&[]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    session.tag("insert into t values (1)").await;
    assert_eq!(session.run(bound("select 1 / $1::int", &[Some("0")])).await.code(), "22012");
    for request in [simple("select 1"), bound("select $1", &[Some("x")]), simple("create table u ()")] {
        let error = session.run(tenant("ann", request)).await.error.unwrap();
        assert_eq!(error.code.as_deref(), Some("25P02"));
        assert!(error.message.starts_with("current transaction is aborted"), "{}", error.message);
    }
    assert_eq!(session.tag("commit").await, "ROLLBACK");
    assert_eq!(session.run(simple(COUNT)).await.text(), "0");
}

#[tokio::test]
async fn isolation_and_access_mode_are_those_that_were_asked_for() {
    let shard = shard(&[]).await;
    let mut session = shard.session().await;
    session.run(tenant("ann", simple("BEGIN TRANSACTION ISOLATION LEVEL repeatable read READ ONLY;"))).await.only();
    assert_eq!(session.run(simple(COUNT)).await.text(), "0");
    shard.prepare("insert into t values (1)").await;
    assert_eq!(session.run(tenant("ann", simple(COUNT))).await.text(), "0");
    assert_eq!(session.run(simple("insert into t values (2)")).await.code(), "25006");
    session.tag("rollback").await;
    assert_eq!(session.run(simple(COUNT)).await.text(), "1");
}

#[tokio::test]
async fn setting_the_tenant_does_not_come_before_what_must_come_first() {
    let shard = shard(&[]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    let set = session.run(tenant("ann", simple("set transaction isolation level serializable"))).await;
    assert_eq!(set.only().tag.as_deref(), Some("SET"));
    assert_eq!(session.run(tenant("ann", simple("show transaction_isolation"))).await.text(), "serializable");
    session.tag("rollback").await;

    // What the transaction sees is fixed after it has its lock.
    shard.prepare("begin; insert into t values (1)").await;
    session.tag("begin isolation level repeatable read").await;
    let lock = session.ask(tenant("ann", simple("lock table t"))).await;
    shard.wait_for("select count(*) from pg_locks where not granted and locktype = 'relation'", "1").await;
    shard.prepare("commit").await;
    session.reply(lock).await.only();
    assert_eq!(session.run(tenant("ann", simple(COUNT))).await.text(), "1");
}

#[tokio::test]
async fn the_tenant_of_a_query_holds_in_its_transaction_and_not_beyond() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut session = shard.session().await;
    for end in ["commit", "rollback", "select 1/0; commit"] {
        session.run(tenant("ann", simple("begin"))).await.only();
        for name in ["ann", "ann", "größe", "ann"] {
            assert_eq!(who(&mut session, name).await, name);
            assert_eq!(session.run(tenant(name, bound(WHO, &[]))).await.text(), name);
            let both = session.run(tenant(name, simple(&format!("{WHO}; {WHO}")))).await;
            assert!(both.results.iter().all(|result| result.rows[0][0].as_deref() == Some(name)), "{both:?}");
        }
        assert_eq!(session.run(simple(WHO)).await.text(), "", "a query without a tenant has none");
        assert_eq!(who(&mut session, "bob").await, "bob");
        session.run(tenant("bob", simple(end))).await;
        session.run(tenant("bob", simple("rollback"))).await;
        assert_eq!(session.run(simple(WHO)).await.text(), "", "after {end}");
    }
    // Outside a transaction, also for what cannot share one with other statements.
    for request in [simple(WHO), bound(WHO, &[])] {
        assert_eq!(session.run(tenant("ann", request)).await.text(), "ann");
        session.run(tenant("ann", simple("do $$ begin end $$"))).await.only();
        assert_eq!(session.run(simple(WHO)).await.text(), "");
    }
    drop(session);
    assert_eq!(shard.run(simple(WHO)).await.text(), "");
}

#[tokio::test]
async fn what_takes_the_tenant_back_in_a_transaction_is_noticed() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    session.tag("savepoint a").await;
    assert_eq!(who(&mut session, "ann").await, "ann");
    session.tag("rollback to a").await;
    assert_eq!(who(&mut session, "ann").await, "ann");
    assert_eq!(session.run(simple(WHO)).await.text(), "");

    session.tag("savepoint b").await;
    assert_eq!(who(&mut session, "bob").await, "bob");
    session.run(simple("select 1/0")).await.code();
    session.tag("rollback to b").await;
    assert_eq!(who(&mut session, "bob").await, "bob");

    session.tag("commit and chain").await;
    assert_eq!(who(&mut session, "bob").await, "bob");
    session.run(simple("commit; begin")).await;
    assert_eq!(who(&mut session, "bob").await, "bob");
    for change in ["set local mtdd.tenant_id = 'eve'", "select set_config('mtdd.tenant_id', 'eve', true)"] {
        session.run(tenant("bob", simple(change))).await.only();
        assert_eq!(who(&mut session, "bob").await, "bob");
    }
    // Begun in one request with other statements, the transaction inherits what was set around that request.
    session.tag("rollback").await;
    session.run(tenant("ann", simple("begin; select 1"))).await;
    assert_eq!(session.run(simple(WHO)).await.text(), "");
    session.tag("commit").await;
    assert_eq!(session.run(simple(WHO)).await.text(), "");
}

#[tokio::test]
async fn a_function_that_changes_the_tenant_changes_it_for_no_later_query() {
    let shard = shard(&[]).await;
    shard
        .prepare(
            "create function become(name text, local bool) returns text language plpgsql as $$ begin
                 perform set_config('mtdd.tenant_type', '9', local); return set_config('mtdd.tenant_id', name, local);
             end $$",
        )
        .await;
    let who = "select concat(current_setting('mtdd.tenant_id', true), '/', current_setting('mtdd.tenant_type', true))";
    let ann = |request| mtdd::proto::QueryRequest { tenant_type: Some(1), ..tenant("ann", request) };
    for local in ["true", "false"] {
        let become_bea = bound("select become('bea', $1)", &[Some(local)]);
        let mut session = shard.session().await;
        for request in [simple(who), bound(who, &[]), simple(&format!("{who}; select 2"))] {
            for begin in ["begin", "rollback", "savepoint"] {
                if begin != "rollback" {
                    session.tag("begin").await;
                }
                if begin == "savepoint" {
                    session.tag("savepoint s").await;
                }
                assert_eq!(session.run(ann(become_bea.clone())).await.text(), "bea");
                if begin == "savepoint" {
                    session.tag("rollback to s").await;
                }
                let first = |reply: crate::shard::Reply| reply.results[0].rows[0][0].clone().unwrap();
                assert_eq!(first(session.run(ann(request.clone())).await), "ann/1", "{begin} {local}");
                assert_eq!(session.run(ann(become_bea.clone())).await.text(), "bea");
                assert_eq!(first(session.run(request.clone()).await), "/", "nobody's: {begin} {local}");
                if begin != "rollback" {
                    session.tag("commit").await;
                }
                assert_eq!(first(session.run(request.clone()).await), "/", "after {begin} {local}");
                assert_eq!(first(session.run(ann(request.clone())).await), "ann/1", "after {begin} {local}");
            }
        }
        session.ask_no_more();
        session.end().await.unwrap();
        let mut stream = shard.stream().await;
        for _ in 0..3 {
            assert_eq!(stream.run(ann(become_bea.clone())).await.text(), "bea");
            assert_eq!(stream.run(bound(who, &[])).await.text(), "/");
            assert_eq!(stream.run(become_bea.clone()).await.text(), "bea");
            assert_eq!(stream.run(simple(who)).await.text(), "/");
        }
    }
}

#[tokio::test]
async fn settings_of_the_stream_hold_from_the_first_query_on() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut session = Stream::session(&shard, &[("app.colour", "red")], 0).await;
    session.tag("begin").await;
    assert_eq!(session.run(simple("show app.colour")).await.text(), "red");
    session.tag("rollback").await;
    assert_eq!(session.run(simple("show app.colour")).await.text(), "red");
    drop(session);
    assert_eq!(shard.run(simple("select coalesce(current_setting('app.colour', true), '')")).await.text(), "");
}

#[tokio::test]
async fn nothing_is_kept_prepared_so_that_a_changed_table_fails_no_transaction() {
    let shard = shard(&["--pool-size", "1"]).await;
    shard.prepare("insert into t values (1)").await;
    let find = || tenant("ann", bound("select * from t where a = $1", &[Some("1")]));
    // On this connection the text is prepared for everybody.
    for _ in 0..3 {
        shard.run(find()).await.only();
    }
    let mut session = shard.session().await;
    let mut columns = 1;
    for begin in ["begin", "select 'no transaction'"] {
        session.run(simple(begin)).await.only();
        for _ in 0..3 {
            assert_eq!(session.run(find()).await.only().fields.unwrap().len(), columns);
            session.tag(&format!("alter table t add b{columns} int")).await;
            columns += 1;
        }
        session.tag("deallocate all").await;
        assert_eq!(who(&mut session, "ann").await, "ann");
        session.run(simple("commit")).await.only();
    }
}

#[tokio::test]
async fn what_the_caller_has_prepared_stays_while_the_session_lasts() {
    let shard = shard(&["--pool-size", "1"]).await;
    // From now on the server does not know what is prepared on this connection, and will remove it all.
    let mut wrong = Stream::open(&shard, &[("work_mem", "much")], 0).await;
    assert_eq!(wrong.run(simple("select 1")).await.code(), "22023");
    let mut session = shard.session().await;
    session.tag("prepare p as select 'mine'").await;
    assert_eq!(session.run(tenant("ann", bound("select $1::int", &[Some("1")]))).await.text(), "1");
    assert_eq!(session.run(simple("execute p")).await.text(), "mine");
    assert_eq!(session.run(tenant("ann", simple("execute p"))).await.text(), "mine");
    session.ask_no_more();
    session.end().await.unwrap();
    assert_eq!(shard.run(simple("execute p")).await.code(), "26000");
}

#[tokio::test]
async fn a_cancel_stops_the_statement_and_fails_the_transaction() {
    let shard = shard(&[]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    session.tag("insert into t values (1)").await;
    for request in [simple("select pg_sleep(30)"), bound("select pg_sleep($1::int)", &[Some("30")])] {
        session.tag("savepoint a").await;
        let id = session.ask(request).await;
        shard.wait_for_running(1).await;
        session.cancel(id).await;
        assert_eq!(session.reply(id).await.refusal(), (Reason::Cancelled, false));
        assert_eq!(session.run(simple("select 1")).await.code(), "25P02");
        session.tag("rollback to a").await;
    }
    session.tag("commit").await;
    assert_eq!(shard.look(COUNT).await, "1");
}

#[tokio::test]
async fn a_late_cancel_never_hits_the_next_query_of_the_session() {
    let shard = Shard::start(&[]).await;
    let mut session = shard.session().await;
    for round in 0..60u64 {
        let victim = session.ask(simple("select pg_sleep(0.004)")).await;
        let next = session.ask(simple("select 'safe' from pg_sleep(0.008)")).await;
        sleep(Duration::from_micros(3_000 + 50 * round)).await;
        session.cancel(victim).await;
        let reply = session.reply(victim).await;
        assert!(reply.failure.is_none_or(|failure| failure.reason() == Reason::Cancelled));
        assert_eq!(session.reply(next).await.text(), "safe", "round {round}");
    }
}

#[tokio::test]
async fn what_became_superfluous_while_it_waited_does_not_disturb_the_transaction() {
    let shard = shard(&[]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    let slow = session.ask(simple("select 'slow' from pg_sleep(0.3)")).await;
    let cancelled = session.ask(simple("insert into t values (1)")).await;
    let late = session.ask(QueryRequest { timeout_ms: 50, ..simple("insert into t values (2)") }).await;
    let last = session.ask(simple("insert into t values (3)")).await;
    session.cancel(cancelled).await;
    assert_eq!(session.reply(slow).await.text(), "slow");
    assert_eq!(session.reply(cancelled).await.refusal(), (Reason::Cancelled, true));
    assert_eq!(session.reply(late).await.refusal(), (Reason::Timeout, true));
    session.reply(last).await.only();
    session.tag("commit").await;
    assert_eq!(shard.look("select string_agg(a::text, ',') from t").await, "3");
}

#[tokio::test]
async fn a_query_that_is_refused_leaves_the_transaction_as_it_was() {
    let shard = shard(&["--max-sql-size", "100"]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    session.tag("insert into t values (1)").await;
    let long = format!("select '{}'", "x".repeat(100));
    assert_eq!(session.run(simple(&long)).await.refusal(), (Reason::Invalid, true));
    session.tag("commit").await;
    assert_eq!(shard.look(COUNT).await, "1");
}

#[tokio::test]
async fn without_credit_the_statement_waits_and_with_it_nothing_is_missing() {
    let shard = Shard::start(&[]).await;
    // A query may have a window of its own.
    for (window, own) in [(200_000, 0), (1, 200_000)] {
        waits_for_credit(&shard, window, own).await;
    }
}

async fn waits_for_credit(shard: &Shard, window: u32, own: u32) {
    let mut session = Stream::session(shard, &[], window).await;
    let window = window.max(own);
    session.gives_credit = false;
    session.tag("begin").await;
    let much = simple("select repeat('x', 1000) from generate_series(1, 50000)");
    let much = session.ask(QueryRequest { window: own, ..much }).await;
    let next = session.ask(simple("select 'next'")).await;
    while let Ok(part) = timeout(Duration::from_millis(300), session.next_part()).await {
        assert!(part.unwrap());
    }
    let sent = session.so_far(much).bytes;
    assert!(sent >= window as usize && sent < window as usize + 100_000, "{sent} bytes");
    session.gives_credit = true;
    session.send(Frame::Credit(Credit { id: much, bytes: sent as u32 })).await;
    assert_eq!(session.reply(much).await.only().rows.len(), 50_000);
    assert_eq!(session.reply(next).await.text(), "next");
    assert_eq!(session.tag("commit").await, "COMMIT");
}
