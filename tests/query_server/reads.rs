//! Whether reads do nothing else in a database: what the catalogue tells, and what follows from it for a query that may
//! have run before, or was stopped.

use std::time::{Duration, Instant};

use mtdd::data::read_only::{callable, shows_only_reading};
use mtdd::proto::failure::Reason;
use mtdd::proto::{QueryRequest, hello};
use tokio_postgres::Client;
use tonic::Code;

use crate::shard::{Shard, Stream, simple};
use crate::support;

const READS: &str = include_str!("../../src/query_server/reads.sql");

/// What writes, and is called in one way or another.
const WRITER: &str = "create table log (a int);
    create function w(text) returns int language plpgsql as $$ begin insert into log values (1); return 1; end $$;
    create table t (a int, b text);";

/// By what a read may do more than read, in a transaction that is rolled back; None: it does not.
async fn found(client: &Client, ddl: &str) -> Option<String> {
    let made = client.batch_execute(&format!("begin; {ddl}; set local search_path = pg_catalog, pg_temp")).await;
    if let Err(error) = made {
        panic!("{ddl}: {error:?}");
    }
    let names: Vec<&str> = callable().collect();
    let row = client.query_opt(READS, &[&names]).await.unwrap();
    client.batch_execute("rollback").await.unwrap();
    row.map(|row| row.get(0))
}

#[tokio::test]
async fn every_way_in_which_a_read_runs_code_that_may_write_is_found() {
    let client = support::connect(&support::database().await).await;
    let mut missed = Vec::new();
    for (ddl, by, read) in [
        ("create view v as select w(b) from t", "w(text)", "select * from v"),
        ("create view v as select 1 where exists (select w('x'))", "w(text)", "table v"),
        ("create view v as select * from rows from (w('x')) as f", "w(text)", "select * from v"),
        (
            "create function s() returns int language sql stable as 'select w(''x'')'; create view v as select s()",
            "w(text)",
            "select * from v",
        ),
        (
            "create function s() returns int language sql stable begin atomic select w('x'); end;
             create view v as select s()",
            "w(text)",
            "select * from v",
        ),
        (
            "create function d(a int default w('x')) returns int language sql stable as 'select $1';
             create function s() returns int language sql stable as 'select d()'; create view v as select s()",
            "w(text)",
            "select * from v",
        ),
        (
            "create function \"Write It\"() returns int language sql as 'insert into log values (1) returning 1';
             create function s() returns int language sql stable as 'select \"Write It\"()'; create view v as select s()",
            "Write It",
            "select * from v",
        ),
        (
            "create function s() returns int language plpgsql stable as
               $$ declare a int; begin execute 'select ' || chr(119) || '(''x'')' into a; return a; end $$;
             create view v as select s()",
            "s()",
            "select * from v",
        ),
        (
            "create function s() returns int language sql stable as $$ select U&\"\\0077\"('x') $$;
             create view v as select s()",
            "s()",
            "select * from v",
        ),
        ("create sequence q; create view v as select nextval('q')", "nextval", "select * from v"),
        ("create view v as select 1 from pg_notify('c', 'x')", "pg_notify", "select * from v"),
        ("create view v as select set_config('a.b', 'c', false)", "set_config", "select * from v"),
        ("create view v as select 1 from pg_advisory_lock(1)", "pg_advisory_lock", "select * from v"),
        (
            "create sequence q; create function s() returns bigint language sql stable as 'select nextval(''q'')';
             create view v as select s()",
            "nextval",
            "select * from v",
        ),
        (
            "create function o(int, int) returns bool language sql as 'select w(''x'') = 1';
             create operator === (function = o, leftarg = int, rightarg = int)",
            "o(integer,integer)",
            "select a === 1 from t",
        ),
        (
            "create type c as (x int); create function k(int) returns c language sql as 'select w(''x'')';
             create cast (int as c) with function k(int)",
            "k(integer)",
            "select 1::c",
        ),
        ("create domain d as text check (w(value) = 1)", "w(text)", "select 'x'::d"),
        (
            "create policy p on t using (w(b) = 1); alter table t enable row level security",
            "w(text)",
            "select * from t",
        ),
        (
            "create function x(t) returns int language sql as 'select w(''x'')'",
            "x(t)",
            "select t.x from t",
        ),
        (
            "create function x(anyelement) returns int language sql as 'select w(''x'')'",
            "x(anyelement)",
            "select t.x from t",
        ),
        (
            "create function x(record, int default 1) returns int language plpgsql as 'begin return w(''x''); end'",
            "x(record,integer)",
            "select t.x from t",
        ),
        (
            "create function x(variadic t[]) returns int language sql as 'select w(''x'')'",
            "x(t[])",
            "select t.x from t",
        ),
        (
            "create domain o as t; create function x(o) returns int language sql as 'select w(''x'')'",
            "x(o)",
            "select t.x from t",
        ),
        (
            "create function upper(int) returns int language sql as 'select w(''x'')'",
            "upper(integer)",
            "select upper(a) from t",
        ),
        (
            "create schema s; create function s.round(int) returns int language sql as 'select w(''x'')'",
            "s.round(integer)",
            "select s.round(a) from t",
        ),
        (
            "create function step(int, text) returns int language sql as 'select w(''x'')';
             create aggregate sum(text) (sfunc = step, stype = int)",
            "step(integer,text)",
            "select sum(b) from t",
        ),
        (
            "create type r as (x int); create function cmp(r, r) returns int language sql immutable as 'select w(''x'')';
             create operator class rs for type r using btree as function 1 cmp(r, r)",
            "w(text)",
            "select array_agg(x order by x) from (select row(1)::r as x) q",
        ),
        (
            "create function limits(int) returns int language sql immutable as 'select w(''x'')';
             alter table t add check (a < limits(1))",
            "w(text)",
            "select * from t where a > 3",
        ),
        (
            "create function part(text) returns text language sql immutable as 'select public.w(''x'')::text';
             create index on t (part(b))",
            "w(text)",
            "select * from t where b > 'x'",
        ),
        (
            "create extension file_fdw; create server s foreign data wrapper file_fdw;
             create foreign table f (a text) server s options (filename '/dev/null')",
            "the foreign table f",
            "select * from f",
        ),
        (
            "create cast (t as text) with inout as implicit",
            "the implicit cast of t",
            "select t.x from t",
        ),
        (
            "create extension tablefunc; create view v as select * from connectby('t', 'a', 'b', 'x', 0) as c (k int, p text, l int)",
            "connectby",
            "select * from v",
        ),
    ] {
        assert!(shows_only_reading(read), "{read}: its text shows more than reading");
        let found = found(&client, &format!("{WRITER} {ddl}")).await.unwrap_or_default().replace("public.", "");
        if !found.contains(by) {
            missed.push(format!("{ddl}: {found:?}"));
        }
    }
    assert_eq!(missed, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_read_cannot_run_leaves_it_a_read() {
    let client = support::connect(&support::database().await).await;
    for ddl in [
        "select",
        // Called by name alone.
        WRITER,
        // Run by what writes.
        "create table log (a int); create table t (a int);
         create function tr() returns trigger language plpgsql as $$ begin insert into log values (1); return new; end $$;
         create trigger tr before insert on t for each row execute function tr();
         create procedure p() language sql as 'insert into log values (1)';
         create rule r as on insert to t do also insert into log values (1);
         create sequence q; create table n (a int default nextval('q'), b uuid default gen_random_uuid())",
        "create table t (a int, tenant text); alter table t enable row level security;
         create policy p on t using (tenant = current_setting('mtdd.tenant_id', true))",
        "create table t (a int, tenant text); alter table t enable row level security;
         create function current_tenant() returns text language sql stable
           as $$ select nullif(current_setting('mtdd.tenant_id', true), '') $$;
         create function is_mine(text) returns bool language plpgsql stable security definer
           as $$ begin return $1 = current_tenant(); end $$;
         create policy p on t using (is_mine(tenant)) with check (tenant = current_tenant())",
        "create view v as select random(), clock_timestamp(), gen_random_uuid(), now(), count(*) from pg_class",
        "create sequence q; create materialized view v as select nextval('q')",
        "create type mood as enum ('sad', 'ok'); create domain email as text check (value ~ '@');
         create type span as range (subtype = float8, subtype_diff = float8mi);
         create table t (a mood, b email, c span, d int generated always as identity)",
        "create function clean(text) returns text language sql immutable as 'select lower(trim($1))';
         create table t (a text check (clean(a) <> '')); create index on t (clean(a)); create view v as select clean(a) from t",
        "create extension pgcrypto; create extension \"uuid-ossp\"; create extension hstore; create extension citext;
         create extension ltree; create extension pg_trgm; create extension btree_gist; create extension unaccent;
         create extension intarray; create extension cube; create extension pg_stat_statements; create extension dblink;
         create table t (a citext, b hstore, c ltree, d uuid default uuid_generate_v4())",
    ] {
        assert_eq!(found(&client, ddl).await, None, "{ddl}");
    }
}

fn again(sql: &str) -> QueryRequest {
    QueryRequest { may_have_run: true, ..simple(sql) }
}

const VIEW: &str = "create table log (a int);
    create function w() returns int language sql as 'insert into log values (1) returning 1';
    create view v as select w() as a";

#[tokio::test]
async fn a_query_that_may_have_run_runs_only_where_that_does_no_harm() {
    let shard = Shard::start(&[]).await;
    let mut stream = shard.stream().await;
    assert_eq!(stream.run(again("select 7")).await.text(), "7");
    assert_eq!(stream.hello.unwrap().reads(), hello::Reads::OnlyRead);
    for write in ["create table x ()", "select nextval('q')", "select 1; select 2"] {
        assert_eq!(stream.run(again(write)).await.refusal(), (Reason::OutcomeUnknown, true), "{write}");
    }
    // What others do is seen, though the stream has been told otherwise.
    shard.prepare(VIEW).await;
    let reply = stream.run(again("select * from v")).await;
    assert!(reply.failure.as_ref().unwrap().message.contains("w()"), "{:?}", reply.failure);
    assert_eq!(reply.refusal(), (Reason::OutcomeUnknown, true));
    assert_eq!(stream.run(again("select 7")).await.refusal(), (Reason::OutcomeUnknown, true));
    assert_eq!(shard.look("select count(*) from log").await, "0");
    assert_eq!(stream.run(simple("select * from v")).await.text(), "1");
    let mut client = shard.client.clone();
    let status = client.execute_query(again("select * from v")).await.unwrap_err();
    assert_eq!(status.metadata().get("mtdd-reason").unwrap(), "OUTCOME_UNKNOWN");
    assert_eq!(shard.look("select count(*) from log").await, "1");
}

/// Waits until the stream has been told this.
async fn told(shard: &Shard, stream: &mut Stream, reads: hello::Reads) {
    let since = Instant::now();
    while stream.hello.is_none_or(|hello| hello.reads() != reads) {
        assert!(since.elapsed() < Duration::from_secs(60), "still {:?}", stream.hello);
        stream.run(simple("select 1")).await.text();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(shard.look("select 1").await, "1");
}

#[tokio::test]
async fn streams_are_told_what_reads_do_and_of_every_change() {
    let shard = Shard::start(&[]).await;
    let mut stream = shard.stream().await;
    told(&shard, &mut stream, hello::Reads::OnlyRead).await;
    shard.prepare(VIEW).await;
    told(&shard, &mut stream, hello::Reads::MayWrite).await;
    let mut later = shard.session().await;
    later.run(simple("select 1")).await.text();
    assert_eq!(later.hello.unwrap().reads(), hello::Reads::MayWrite);
    shard.prepare("drop view v").await;
    told(&shard, &mut stream, hello::Reads::OnlyRead).await;
    // A connection that is lost is opened again.
    shard
        .prepare("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'mtdd-server reads' and datname = current_database()")
        .await;
    shard.prepare("create view v as select w() as a").await;
    told(&shard, &mut stream, hello::Reads::MayWrite).await;
}

#[tokio::test]
async fn a_read_that_came_to_its_end_too_late_is_in_doubt_only_where_it_may_have_written() {
    let shard = Shard::start(&["--max-message-size", "1048576"]).await;
    shard.prepare(VIEW).await;
    let mut client = shard.client.clone();
    let large = "select repeat('x', 2000000), v.a from v";
    let mut status = client.execute_query(simple(large)).await.unwrap_err();
    for _ in 0..50 {
        if !status.message().contains("it was stopped") {
            break;
        }
        // The cancel came before its end.
        status = client.execute_query(simple(large)).await.unwrap_err();
    }
    assert_eq!(status.metadata().get("mtdd-reason").unwrap(), "OUTCOME_UNKNOWN", "{status}");
    shard.prepare("create or replace view v as select 1 as a").await;
    // Whoever asks was told otherwise a moment ago.
    let mut stream = shard.stream().await;
    told(&shard, &mut stream, hello::Reads::OnlyRead).await;
    let status = client.execute_query(simple(large)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
}

#[tokio::test]
async fn a_call_that_a_literal_hides_unless_backslashes_escape_is_no_read() {
    let shard = Shard::start(&["--max-message-size", "1048576"]).await;
    shard.prepare("create table log (a int)").await;
    shard.prepare("create function w() returns int language sql as 'insert into log values (1) returning 1'").await;
    let writes = r"select 'it\'s', w() as y";
    let settings = [("standard_conforming_strings".to_owned(), "off".to_owned())];
    let mut stream = Stream::open(&shard, &[("standard_conforming_strings", "off")], 1 << 20).await;
    told(&shard, &mut stream, hello::Reads::OnlyRead).await;
    assert_eq!(stream.run(again(writes)).await.refusal(), (Reason::OutcomeUnknown, true));
    assert_eq!(stream.run(again(r"select 'it\'s'")).await.text(), "it's");
    assert_eq!(shard.look("select count(*) from log").await, "0");
    // Of a write that came to its end too late, nobody says that it only reads.
    let large = QueryRequest {
        settings: settings.into_iter().collect(),
        ..simple(r"select 'it\'s', repeat('x', 2000000), w() as y")
    };
    let status = shard.client.clone().execute_query(large).await.unwrap_err();
    let (reason, rows) = (status.metadata().get("mtdd-reason").unwrap(), shard.look("select count(*) from log").await);
    match reason.to_str().unwrap() {
        "OUTCOME_UNKNOWN" => assert_eq!(rows, "1", "{status}"),
        // It was stopped in time.
        _ => assert!(status.message().contains("it was stopped") && rows == "0", "{status}"),
    }
    // Several statements that look like one are several.
    let reply = stream.run(simple(r"select 'it\'s'; select 'x', '$1'")).await;
    assert_eq!((reply.results.len(), reply.error), (2, None));
}
