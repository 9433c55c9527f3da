//! Tenants, settings, and what one query must never leave to the next.

use mtdd::proto::QueryRequest;
use mtdd::proto::failure::Reason;
use mtdd::proto::legacy_db::StoredProcRequest;
use tonic::Code;

use crate::shard::{Shard, Stream, bound, simple, tenant};

const WHO: &str = "select coalesce(current_setting('mtdd.tenant_id', true), '')";

#[tokio::test]
async fn a_tenant_is_visible_to_its_query_and_to_no_other() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table seen (who text)").await;
    let mut stream = shard.stream().await;
    for name in ["ann", "ann", "bob", "größe", ""] {
        assert_eq!(stream.run(tenant(name, simple(WHO))).await.text(), name);
        assert_eq!(stream.run(simple(WHO)).await.text(), "");
        assert_eq!(stream.run(tenant(name, bound(WHO, &[]))).await.text(), name);
        let both = stream.run(tenant(name, simple(&format!("{WHO}; {WHO}")))).await;
        for result in &both.results {
            assert_eq!(result.rows[0][0].as_deref(), Some(name));
        }
        assert_eq!(both.results.len(), 2);
        assert_eq!(stream.run(simple(WHO)).await.text(), "");
        let body = format!("do $$ begin insert into seen {WHO}; end $$");
        assert_eq!(stream.run(tenant(name, bound(&body, &[]))).await.only().tag.as_deref(), Some("DO"));
        assert_eq!(stream.run(simple(WHO)).await.text(), "");
    }
    assert_eq!(shard.look("select string_agg(who, ',') from seen").await, "ann,ann,bob,größe,");
}

#[tokio::test]
async fn a_tenant_does_not_outlive_an_error_or_a_cancelled_query() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    for request in [
        simple("select 1/0"),
        bound("select $1::int", &[Some("x")]),
        simple("select 1; select 1/0"),
        simple("drop table absent"),
    ] {
        assert!(stream.run(tenant("ann", request)).await.error.is_some());
        assert_eq!(stream.run(simple(WHO)).await.text(), "");
    }
    for sql in ["select pg_sleep(20)", "do $$ begin perform pg_sleep(20); end $$"] {
        let slow = QueryRequest { timeout_ms: 100, ..tenant("ann", simple(sql)) };
        assert!(stream.run(slow).await.failure.is_some());
        assert_eq!(stream.run(simple(WHO)).await.text(), "");
    }
}

#[tokio::test]
async fn row_level_security_sees_the_tenant() {
    let shard = Shard::start(&[]).await;
    shard
        .prepare(
            "create table notes (tenant_id text, body text); insert into notes values ('ann', 'a'), ('bob', 'b');
             alter table notes enable row level security; alter table notes force row level security;
             create policy own on notes using (tenant_id = current_setting('mtdd.tenant_id', true));
             create role plain_user; grant select on notes to plain_user",
        )
        .await;
    let mut stream = Stream::open(&shard, &[("role", "plain_user")], 0).await;
    for _ in 0..3 {
        assert_eq!(stream.run(tenant("ann", simple("select body from notes"))).await.text(), "a");
        assert_eq!(stream.run(tenant("bob", simple("select body from notes"))).await.text(), "b");
        assert_eq!(stream.run(simple("select body from notes")).await.only().rows.len(), 0);
    }
    shard.prepare("drop owned by plain_user; drop role plain_user").await;
}

#[tokio::test]
async fn statements_that_allow_no_transaction_around_them_run_for_a_tenant() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard
        .prepare(
            "create table steps (who text);
             create procedure walk(count int) language plpgsql as $$ begin
                 for i in 1..count loop insert into steps values (current_setting('mtdd.tenant_id', true)); commit; end loop;
             end $$",
        )
        .await;
    let mut stream = shard.stream().await;
    assert_eq!(
        stream.run(tenant("ann", bound("call walk($1)", &[Some("3")]))).await.only().tag.as_deref(),
        Some("CALL")
    );
    assert_eq!(stream.run(tenant("bob", simple("call walk(2)"))).await.only().tag.as_deref(), Some("CALL"));
    assert_eq!(stream.run(tenant("ann", simple("vacuum steps"))).await.only().tag.as_deref(), Some("VACUUM"));
    assert_eq!(
        stream.run(tenant("ann", bound("create index concurrently i on steps (who)", &[]))).await.only().tag.as_deref(),
        Some("CREATE INDEX")
    );
    assert_eq!(shard.look("select string_agg(who, ',' order by who) from steps").await, "ann,ann,ann,bob,bob");
    assert_eq!(stream.run(simple(WHO)).await.text(), "");
}

#[tokio::test]
async fn settings_hold_for_their_stream_and_for_no_other() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create schema other; create table t (a int); create table other.t (a int, b int)").await;
    let mut plain = shard.stream().await;
    let mut other =
        Stream::open(&shard, &[("search_path", "other"), ("app.colour", "red"), ("TimeZone", "Asia/Tokyo")], 0).await;
    let mut third = Stream::open(&shard, &[("app.colour", "blue")], 0).await;
    let zone = plain.run(simple("show timezone")).await.text();
    for _ in 0..4 {
        let columns = |reply: crate::shard::Reply| reply.only().fields.unwrap().len();
        assert_eq!(columns(plain.run(simple("select * from t")).await), 1);
        assert_eq!(columns(other.run(simple("select * from t")).await), 2);
        assert_eq!(other.run(tenant("ann", simple(WHO))).await.text(), "ann");
        assert_eq!(other.run(simple("show timezone")).await.text(), "Asia/Tokyo");
        assert_eq!(other.run(simple("select current_setting('app.colour')")).await.text(), "red");
        assert_eq!(third.run(simple("select current_setting('app.colour')")).await.text(), "blue");
        assert_eq!(columns(third.run(bound("select * from t", &[])).await), 1);
        assert_eq!(plain.run(simple("show timezone")).await.text(), zone);
        assert_eq!(plain.run(simple("select coalesce(current_setting('app.colour', true), '')")).await.text(), "");
    }
}

#[tokio::test]
async fn what_is_prepared_for_one_app_outlives_the_turns_of_others_with_other_settings() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create schema other; create table t (a int); create table other.t (a text, b int)").await;
    shard.prepare("insert into t values (7); insert into other.t values ('007', 1)").await;
    let sql = "select a from t where $1 = $1::text";
    let prepared =
        "select count(*), min(prepare_time) from pg_prepared_statements where statement like 'select a from t %'";
    let mut here = Stream::open(&shard, &[("application_name", "one")], 0).await;
    let mut there = Stream::open(&shard, &[("application_name", "another"), ("search_path", "other")], 0).await;
    let mut first = None;
    for _ in 0..4 {
        for _ in 0..3 {
            assert_eq!(here.run(tenant("ann", bound(sql, &[Some("x")]))).await.text(), "7");
        }
        for _ in 0..3 {
            assert_eq!(there.run(tenant("bob", bound(sql, &[Some("x")]))).await.text(), "007");
        }
        let now = there.run(simple(prepared)).await.only().rows.remove(0);
        assert_eq!(now[0].as_deref(), Some("2"));
        assert_eq!(*first.get_or_insert(now.clone()), now, "nothing is prepared anew");
    }
    // More apps than a connection keeps statements for: each gets its own answers all the same.
    for round in 0..2 {
        for app in 0..20 {
            let path = if app % 2 == 0 { "public" } else { "other" };
            let mut stream =
                Stream::open(&shard, &[("application_name", &app.to_string()), ("search_path", path)], 0).await;
            for _ in 0..3 {
                let answer = stream.run(tenant("ann", bound(sql, &[Some("x")]))).await.text();
                assert_eq!(answer, if app % 2 == 0 { "7" } else { "007" }, "{round} {app}");
            }
        }
    }
    assert_eq!(here.run(tenant("ann", bound(sql, &[Some("x")]))).await.text(), "7");
    shard.prepare("alter table t alter a type text using 'seven'").await;
    assert_eq!(here.run(tenant("ann", bound(sql, &[Some("x")]))).await.text(), "seven");
    assert_eq!(there.run(tenant("bob", bound(sql, &[Some("x")]))).await.text(), "007");
}

#[tokio::test]
async fn a_text_that_cannot_be_kept_runs_under_the_settings_of_its_own_app() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let role = format!("{}_reader", shard.look("select current_database()").await);
    // Its schema is closed to the role, so that nothing can be prepared that names the table.
    shard
        .prepare(&format!(
            "create schema closed; create table closed.t (a int); insert into closed.t values (7);
             create view seen as select current_user::text as who, a from closed.t;
             create role {role}; grant select on seen to {role}"
        ))
        .await;
    let mut owner = shard.stream().await;
    let mut reader = Stream::open(&shard, &[("role", &role)], 0).await;
    for sql in ["select who from seen where $1 = $1::text", "select who from seen where a > 0 and $1 = $1::text"] {
        for _ in 0..5 {
            assert_eq!(reader.run(tenant("ann", bound(sql, &[Some("x")]))).await.text(), role);
        }
        for _ in 0..2 {
            assert_eq!(owner.run(tenant("bob", bound(sql, &[Some("x")]))).await.text(), "postgres");
            assert_eq!(reader.run(tenant("ann", bound(sql, &[Some("x")]))).await.text(), role);
        }
    }
}

#[tokio::test]
async fn settings_that_shape_transactions_count_for_their_app_from_its_first_statement_on_and_for_no_other() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int)").await;
    let mut plain = shard.stream().await;
    let mut reads = Stream::open(
        &shard,
        &[("default_transaction_read_only", "on"), ("default_transaction_isolation", "serializable")],
        0,
    )
    .await;
    let (insert, isolation) =
        ("insert into t values ($1)", "select current_setting('transaction_isolation') where $1 > 0");
    for _ in 0..4 {
        assert_eq!(reads.run(tenant("ann", bound(insert, &[Some("1")]))).await.code(), "25006");
        assert_eq!(plain.run(tenant("bob", bound(insert, &[Some("1")]))).await.only().rows.len(), 0);
        assert_eq!(reads.run(tenant("ann", bound(isolation, &[Some("1")]))).await.text(), "serializable");
        assert_eq!(plain.run(tenant("bob", bound(isolation, &[Some("1")]))).await.text(), "read committed");
        assert_eq!(reads.run(simple("insert into t values (2)")).await.code(), "25006");
        assert_eq!(plain.run(simple("show transaction_isolation")).await.text(), "read committed");
    }
    assert_eq!(shard.look("select count(*) from t").await, "4");
}

#[tokio::test]
async fn settings_outlive_a_failed_query_and_the_cleaning_after_another() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = Stream::open(&shard, &[("app.colour", "red")], 0).await;
    let colour = "select current_setting('app.colour')";
    assert_eq!(stream.run(simple("select 1/0")).await.code(), "22012");
    assert_eq!(stream.run(simple(colour)).await.text(), "red");
    stream.run(simple("set app.colour = 'green'")).await.only();
    assert_eq!(stream.run(simple(colour)).await.text(), "red");
    stream.run(simple("begin; set app.colour = 'green'")).await;
    assert_eq!(stream.run(simple(&format!("{colour}; {colour}"))).await.results[1].rows[0][0].as_deref(), Some("red"));
}

#[tokio::test]
async fn a_wrong_setting_is_answered_with_postgresqls_own_error() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    for (name, value, code) in
        [("no_such_setting", "1", "42704"), ("statement_timeout", "soon", "22023"), ("role", "nobody_here", "22023")]
    {
        let mut stream = Stream::open(&shard, &[(name, value)], 0).await;
        for request in [
            simple("select 1"),
            bound("select 1", &[]),
            simple("create table never ()"),
            tenant("t", simple("select 1; select 2")),
        ] {
            assert_eq!(stream.run(request).await.code(), code);
        }
        assert_eq!(shard.run(simple("select 1")).await.text(), "1");
    }
    assert_eq!(shard.look("select to_regclass('never') is null").await, "t");
}

#[tokio::test]
async fn what_a_query_does_to_its_session_is_gone_afterwards() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard
        .prepare(
            "create function turn_back() returns int language plpgsql as $$ begin set timezone = 'Asia/Tokyo'; return 1; end $$;
             create procedure turn_away() language plpgsql as $$ begin set timezone = 'Asia/Tokyo'; end $$",
        )
        .await;
    let mut stream = shard.stream().await;
    let zone = stream.run(simple("show timezone")).await.text();
    for sql in [
        "set timezone = 'Asia/Tokyo'",
        "select set_config('timezone', 'Asia/Tokyo', false)",
        "select turn_back()",
        "call turn_away()",
        "select 1; set timezone = 'Asia/Tokyo'",
        "do $$ begin execute 'set timezone = ''Asia/Tokyo'''; end $$",
    ] {
        stream.run(simple(sql)).await;
        assert_eq!(stream.run(simple("show timezone")).await.text(), zone, "after {sql}");
    }
    for sql in [
        "create temp table left_over (a int)",
        "select 1 as a into temporary left_over",
        "create temporary table left_over as select 1",
    ] {
        for request in [simple(sql), bound(sql, &[])] {
            stream.run(request).await.only();
            assert_eq!(stream.run(simple("select * from left_over")).await.code(), "42P01", "after {sql}");
        }
    }
    stream.run(simple("listen news")).await.only();
    assert_eq!(stream.run(simple("select count(*) from pg_listening_channels()")).await.text(), "0");
    stream.run(simple("prepare p as select 1")).await.only();
    assert_eq!(stream.run(simple("execute p")).await.code(), "26000");
    stream.run(simple("declare c cursor with hold for select 1")).await.only();
    assert_eq!(stream.run(simple("fetch c")).await.code(), "34000");
    stream.run(simple("select pg_advisory_lock(7)")).await.only();
    shard.wait_for("select pg_try_advisory_lock(7)", "t").await;
}

#[tokio::test]
async fn a_transaction_that_a_text_leaves_open_is_rolled_back_and_nobody_is_told_that_it_worked() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int)").await;
    let mut stream = shard.stream().await;
    let connection = stream.run(simple("select pg_backend_pid()")).await.text();
    for request in [
        simple("begin; insert into t values (1)"),
        simple("insert into t values (1); begin"),
        simple("begin; insert into t values (1); rollback and chain"),
    ] {
        let first = request.sql.clone();
        let failure = stream.run(request).await.failure.unwrap();
        assert_eq!((failure.reason(), failure.never_ran), (Reason::Invalid, true), "{first}");
        assert!(failure.message.contains("left a transaction open"), "{failure:?}");
        assert_eq!(stream.run(simple("select count(*) from t")).await.text(), "0");
        assert_eq!(
            stream.run(bound("insert into t values ($1)", &[Some("2")])).await.only().tag.as_deref(),
            Some("INSERT 0 1")
        );
        assert_eq!(shard.look("select string_agg(a::text, ',') from t").await, "2", "after {first}");
        shard.prepare("truncate t").await;
    }
    assert!(stream.run(simple("start transaction; select 1/0")).await.error.is_some());
    let chained = "begin; insert into t values (3); commit and chain; insert into t values (4)";
    let failure = stream.run(simple(chained)).await.failure.unwrap();
    assert_eq!((failure.reason(), failure.never_ran), (Reason::OutcomeUnknown, false));
    assert!(failure.message.contains("committed before that stays"), "{failure:?}");
    assert_eq!(stream.run(simple("select string_agg(a::text, ',') from t")).await.text(), "3");
    assert_eq!(stream.run(simple("select pg_backend_pid()")).await.text(), connection, "cleaned, not replaced");
    let reply = stream.run(simple("begin; insert into t values (5); commit")).await;
    assert_eq!(reply.results.len(), 3);
    assert_eq!(shard.look("select string_agg(a::text, ',') from t").await, "3,5");
    let mut legacy = shard.legacy.clone();
    let query = "begin; insert into t values (6)".to_owned();
    let status = legacy.execute_query(StoredProcRequest { query, params: Vec::new() }).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert_eq!(stream.run(simple("select string_agg(a::text, ',') from t")).await.text(), "3,5");
}

#[tokio::test]
async fn the_beginning_and_the_end_of_a_transaction_are_refused_outside_of_a_session() {
    let shard = Shard::start(&[]).await;
    for sql in ["begin", "START TRANSACTION read only;", "commit", "rollback", "end", "abort"] {
        for request in [simple(sql), bound(sql, &[])] {
            assert_eq!(shard.run(request).await.refusal(), (Reason::Invalid, true), "{sql}");
        }
        let status = shard.client.clone().execute_query(simple(sql)).await.unwrap_err();
        assert!(status.message().contains("db.transaction"), "{status}");
        let request = StoredProcRequest { query: sql.to_owned(), params: Vec::new() };
        let status = shard.legacy.clone().execute_query(request).await.unwrap_err();
        assert!(status.message().contains("db.transaction"), "{status}");
    }
    // Of the rest, PostgreSQL says what is wrong.
    assert_eq!(shard.run(simple("rollback to s")).await.code(), "25P01");
    assert_eq!(shard.run(simple("commit prepared 'x'")).await.code(), "42704");
}

#[tokio::test]
async fn a_connection_starts_with_what_pg_would_ask_for() {
    let shard = Shard::start(&["--plan-cache-mode", "force_generic_plan"]).await;
    let mut stream = shard.stream().await;
    assert_eq!(stream.run(simple("show client_encoding")).await.text(), "UTF8");
    assert_eq!(stream.run(simple("show application_name")).await.text(), "mtdd-server");
    assert_eq!(stream.run(simple("show plan_cache_mode")).await.text(), "force_generic_plan");
    for setting in ["datestyle", "timezone", "extra_float_digits", "intervalstyle"] {
        let sql = format!("show {setting}");
        assert_eq!(stream.run(simple(&sql)).await.text(), shard.look(&sql).await, "{setting}");
    }
}

/// What has been set for a transaction is gone after its end, and after a step back to a savepoint.
#[tokio::test]
async fn a_text_that_would_outlive_its_tenant_is_refused_before_anything_of_it_runs() {
    let shard = Shard::start(&["--pool-size", "2"]).await;
    shard.prepare("create table notes (whose text default current_setting('mtdd.tenant_id'))").await;
    let who = "select current_setting('mtdd.tenant_id')";
    for undoing in ["rollback to s", "commit", "rollback", "prepare transaction 'x'"] {
        let mut session = shard.session().await;
        session.tag("begin").await;
        assert_eq!(session.run(tenant("ann", simple(who))).await.text(), "ann");
        session.tag("savepoint s").await;
        for broken in [false, true] {
            if broken {
                session.run(tenant("ann", simple("select 1/0"))).await.code();
            }
            let both = simple(&format!("{undoing}; insert into notes default values"));
            let failure = session.run(tenant("bea", both)).await.failure.expect("a refusal");
            assert!(failure.never_ran && failure.message.contains("one by one"), "{undoing}: {failure:?}");
        }
        session.tag("rollback to s").await;
        assert_eq!(session.run(tenant("bea", simple(who))).await.text(), "bea", "one by one");
        session.tag("commit").await;
        // Without a transaction around it the tenant holds for the whole of a text.
        let all = format!("begin; savepoint s; rollback to s; {who}; commit; {who}");
        let reply = session.run(tenant("bea", simple(&all))).await;
        let told: Vec<_> = reply.results.iter().flat_map(|result| &result.rows).flatten().flatten().collect();
        assert_eq!(told, ["bea", "bea"]);
        session.ask_no_more();
        session.end().await.unwrap();
    }
    assert_eq!(shard.look("select count(*) from notes").await, "0");
}
