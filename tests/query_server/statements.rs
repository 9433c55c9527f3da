//! Prepared statements that are kept on a connection: when, how many, and that no caller ever notices.

use crate::shard::{Shard, Stream, bound, simple, tenant};

/// How many of our statements the only connection has prepared; asked in a way that adds none.
async fn kept(stream: &mut Stream) -> String {
    let sql = "select count(*) from pg_prepared_statements where name like 'mtdd\\_%' and 'now' = 'now'";
    stream.run(simple(sql)).await.text()
}

#[tokio::test]
async fn a_text_is_prepared_when_it_is_seen_for_the_second_time() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    let mut counts = Vec::new();
    for _ in 0..3 {
        stream.run(bound("select $1::int", &[Some("1")])).await.only();
        counts.push(kept(&mut stream).await);
    }
    assert_eq!(counts, ["0", "1", "1"]);
}

#[tokio::test]
async fn no_more_statements_are_kept_than_allowed() {
    let shard = Shard::start(&["--pool-size", "1", "--statement-cache-size", "3"]).await;
    let mut stream = shard.stream().await;
    for round in 0..3 {
        for number in 0..10 {
            let reply = stream.run(bound(&format!("select {number} + $1::int"), &[Some("1")])).await;
            assert_eq!(reply.text(), (number + 1).to_string(), "round {round}");
        }
    }
    // The oldest is closed with the request that follows.
    assert!(kept(&mut stream).await.parse::<u32>().unwrap() <= 4);
    stream.run(bound("select 9 + $1::int", &[Some("1")])).await.only();
    assert_eq!(kept(&mut stream).await, "3");
}

#[tokio::test]
async fn none_is_kept_if_none_is_allowed() {
    let shard = Shard::start(&["--pool-size", "1", "--statement-cache-size", "0"]).await;
    let mut stream = shard.stream().await;
    for _ in 0..3 {
        stream.run(bound("select $1::int", &[Some("1")])).await.only();
    }
    assert_eq!(kept(&mut stream).await, "0");
}

#[tokio::test]
async fn a_changed_table_changes_the_answer_and_not_the_callers_luck() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int); insert into t values (1)").await;
    let mut stream = shard.stream().await;
    for _ in 0..3 {
        assert_eq!(
            stream.run(bound("select * from t where a = $1", &[Some("1")])).await.only().fields.unwrap().len(),
            1
        );
    }
    assert_eq!(kept(&mut stream).await, "1", "or this test would prove nothing");
    shard.prepare("alter table t add column b text default 'new'").await;
    for _ in 0..3 {
        let result = stream.run(bound("select * from t where a = $1", &[Some("1")])).await.only();
        assert_eq!(result.fields.unwrap().len(), 2);
        assert_eq!(result.rows[0][1].as_deref(), Some("new"));
    }
    shard.prepare("drop table t; create table t (c text, d text, a int); insert into t values ('x', 'y', 1)").await;
    for _ in 0..3 {
        let fields = stream.run(bound("select * from t where a = $1", &[Some("1")])).await.only().fields.unwrap();
        assert_eq!((fields.len(), fields[0].name.as_str()), (3, "c"));
    }
    shard.prepare("drop table t").await;
    assert_eq!(stream.run(bound("select * from t where a = $1", &[Some("1")])).await.code(), "42P01");
}

#[tokio::test]
async fn statements_that_someone_removed_are_made_again_unnoticed() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard
        .prepare(
            "create function remove_all() returns void language plpgsql as $$ begin execute 'deallocate all'; end $$",
        )
        .await;
    let mut stream = shard.stream().await;
    for _ in 0..3 {
        for _ in 0..3 {
            let request = tenant("t", bound("select $1::int", &[Some("1")]));
            assert_eq!(stream.run(request).await.text(), "1");
        }
        assert_ne!(kept(&mut stream).await, "0");
        stream.run(simple("select remove_all()")).await.only();
        assert_eq!(kept(&mut stream).await, "0", "or this test would prove nothing");
    }
}

#[tokio::test]
async fn statements_that_one_tenant_removes_are_not_missed_by_the_next() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard
        .prepare(
            "create function dyn(what text) returns int language plpgsql as $$ begin execute what; return 1; end $$",
        )
        .await;
    let mut stream = Stream::open(&shard, &[("application_name", "app")], 0).await;
    let removers = [
        "deallocate all",
        "discard all",
        "select dyn('deallocate all')",
        "select dyn('deallocate all; prepare mine as select 1')",
        "do $$ begin execute 'deallocate all'; end $$",
        "select dyn(format('deallocate %I', name)) from pg_prepared_statements where name like 'mtdd%tenant'",
    ];
    for (index, remover) in removers.iter().enumerate() {
        for in_session in [false, true] {
            for _ in 0..3 {
                stream.run(tenant("bea", bound("select $1::int", &[Some("1")]))).await.only();
            }
            if in_session {
                let mut session = Stream::session(&shard, &[("application_name", "app")], 0).await;
                session.tag("begin").await;
                session.run(tenant("ann", simple(remover))).await;
                session.tag("commit").await;
                session.ask_no_more();
                session.end().await.unwrap();
            } else {
                stream.run(tenant("ann", simple(remover))).await;
            }
            let fresh = format!("select $1::int -- {index} {in_session}");
            for _ in 0..3 {
                assert_eq!(stream.run(tenant("bea", bound(&fresh, &[Some("1")]))).await.text(), "1", "{remover}");
            }
        }
    }
}

#[tokio::test]
async fn a_statement_that_fails_like_a_missing_one_runs_once() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard
        .prepare(
            "create sequence runs; create table t (a int);
             create function fails() returns trigger language plpgsql as $$
                 begin perform nextval('runs'); raise 'not there' using errcode = '26000'; end $$;
             create trigger t before insert on t for each row execute function fails()",
        )
        .await;
    let mut stream = shard.stream().await;
    for _ in 0..4 {
        let reply = stream.run(tenant("ann", bound("insert into t values ($1)", &[Some("1")]))).await;
        assert_eq!(reply.error.unwrap().code.as_deref(), Some("26000"));
    }
    assert_eq!(shard.look("select last_value from runs").await, "4");
}

#[tokio::test]
async fn a_guard_that_may_not_read_a_table_is_made_again_and_never_the_answer() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("do $$ begin create role guest; exception when others then null; end $$").await;
    shard.prepare("create table t (a int); grant insert on t to guest").await;
    let mut stream = Stream::open(&shard, &[("role", "guest")], 0).await;
    for _ in 0..3 {
        for _ in 0..3 {
            let reply = stream.run(tenant("ann", bound("insert into t values ($1)", &[Some("1")]))).await;
            assert_eq!(reply.only().tag.as_deref(), Some("INSERT 0 1"));
        }
        shard.prepare("analyze t").await;
    }
}

#[tokio::test]
async fn a_text_that_cannot_be_studied_takes_nothing_from_the_others() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    for _ in 0..3 {
        stream.run(bound("select $1::int", &[Some("1")])).await.only();
    }
    let before = kept(&mut stream).await;
    for _ in 0..3 {
        assert!(stream.run(bound("select * from nowhere", &[])).await.error.is_some());
        assert_eq!(kept(&mut stream).await, before);
    }
}

#[tokio::test]
async fn a_time_in_quotes_is_not_frozen_by_being_prepared() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    let mut times = Vec::new();
    for _ in 0..4 {
        times.push(stream.run(bound("select 'now'::timestamptz::text", &[])).await.text());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    times.dedup();
    assert_eq!(times.len(), 4);
}

#[tokio::test]
async fn a_statement_that_does_not_parse_stays_an_error_and_costs_nothing() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    for _ in 0..4 {
        assert_eq!(stream.run(bound("select * from absent where a = $1", &[Some("1")])).await.code(), "42P01");
    }
    shard.prepare("create table absent (a int)").await;
    for _ in 0..3 {
        assert_eq!(stream.run(bound("select * from absent where a = $1", &[Some("1")])).await.only().rows.len(), 0);
    }
}

#[tokio::test]
async fn an_error_while_running_leaves_the_statement_usable() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    for value in ["1", "1", "0", "1", "x", "1"] {
        let reply = stream.run(bound("select 1 / $1::int", &[Some(value)])).await;
        match value {
            "0" => assert_eq!(reply.code(), "22012"),
            "x" => assert_eq!(reply.code(), "22P02"),
            _ => assert_eq!(reply.text(), "1"),
        }
    }
}

#[tokio::test]
async fn a_kept_text_that_can_read_the_tenant_is_told_it_however_it_reads() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let setting = "current_setting('mtdd.tenant_id', true)";
    shard
        .prepare(&format!(
            "create table plain (owner text); insert into plain values ('ann'), ('bob');
             create view seen as select {setting} as who;
             create function own() returns text language sql as $$ select {setting} $$;
             create table with_default (id int, who text default {setting});
             create table with_policy (owner text); insert into with_policy values ('ann'), ('bob');
             alter table with_policy enable row level security;
             alter table with_policy force row level security;
             create policy p on with_policy using (owner = {setting});
             create operator !@! (rightarg = text, function = pg_catalog.current_setting);
             create table by_operator (owner text); insert into by_operator values ('ann'), ('bob');
             alter table by_operator enable row level security;
             create policy p on by_operator using (owner = !@! 'mtdd.tenant_id' or !@! 'mtdd.tenant_id' = '');
             create role asks_for_tenant; grant all on all tables in schema public to asks_for_tenant"
        ))
        .await;
    let mut stream = Stream::open(&shard, &[("role", "asks_for_tenant")], 1 << 20).await;
    let texts = [
        "select current_setting('mtdd.tenant_id')",
        "select pg_catalog.\"current_setting\"('mtdd.tenant_id', true)",
        "select ('mtdd.tenant_id'::text).current_setting",
        "select (x.name).current_setting from (select 'mtdd.tenant_id'::text as name) x",
        "select who from seen",
        "select max(s.who) from plain p cross join seen s",
        "select own()",
        "insert into with_default (id) values (1) returning who",
        "select string_agg(owner, ',') from with_policy",
        "select string_agg(owner, ',') from by_operator",
        "select !@! 'mtdd.tenant_id'::text",
        "select owner from plain where owner = current_setting('mtdd.tenant_id')",
    ];
    for sql in texts {
        for round in 0..4 {
            for name in ["ann", "bob"] {
                let reply = stream.run(tenant(name, bound(sql, &[]))).await;
                assert!(reply.error.is_none() && reply.failure.is_none(), "{sql}: {reply:?}");
                assert_eq!(reply.text(), name, "{sql}, round {round}");
            }
        }
    }
}

#[tokio::test]
async fn a_policy_that_is_new_is_obeyed_by_a_text_that_was_not_told_its_tenant_before() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard
        .prepare(
            "create table plain (owner text); insert into plain values ('ann'), ('bob');
             create role obeys_policy; grant all on plain to obeys_policy",
        )
        .await;
    let mut stream = Stream::open(&shard, &[("role", "obeys_policy")], 1 << 20).await;
    let sql = "select string_agg(owner, ',' order by owner) from plain where owner > $1";
    let ask = |name| tenant(name, bound(sql, &[Some("a")]));
    for _ in 0..4 {
        assert_eq!(stream.run(ask("ann")).await.text(), "ann,bob");
    }
    shard
        .prepare(
            "alter table plain enable row level security;
             create policy p on plain using (owner = current_setting('mtdd.tenant_id'))",
        )
        .await;
    for _ in 0..4 {
        assert_eq!(stream.run(ask("ann")).await.text(), "ann");
        assert_eq!(stream.run(ask("bob")).await.text(), "bob");
    }
}

#[tokio::test]
async fn what_was_bound_is_shown_to_no_other_tenant_and_a_literal_is() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    let sql = "select $1::text || 'literal of a'";
    for _ in 0..3 {
        let reply = stream.run(tenant("a", bound(sql, &[Some("secret of a, ")]))).await;
        assert_eq!(reply.text(), "secret of a, literal of a");
    }
    // The README says so: PostgreSQL shows a role the texts of its own sessions.
    let looks = "select concat(
        (select count(*) from pg_stat_activity where query like '%secret' || ' of a%'),
        (select count(*) from pg_prepared_statements where statement like '%secret' || ' of a%'),
        (select count(*) from pg_prepared_statements where statement like '%literal' || ' of a%'))";
    assert_eq!(stream.run(tenant("b", bound(looks, &[]))).await.text(), "001");
}
