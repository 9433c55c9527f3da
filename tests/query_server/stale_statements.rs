//! What is kept prepared means at each execution what it would mean if it were parsed then, whatever another connection
//! has changed meanwhile. Each kept text is compared with the same text behind a comment of its own, which is always
//! parsed anew.

use crate::shard::{Reply, Shard, Stream, bound, simple, tenant};

/// Types, and texts of values that mean something else under another type.
const TYPES: &[(&str, &[&str])] = &[
    ("smallint", &["123"]),
    ("integer", &["00123", "70000"]),
    ("bigint", &["5000000000"]),
    ("numeric", &["1.50"]),
    ("numeric(6,1)", &["1.25"]),
    ("double precision", &["1e3", "0.1"]),
    ("text", &["00123", " x "]),
    ("varchar(3)", &["abc", "abcd"]),
    ("char(5)", &["ab"]),
    ("date", &["2024-02-29", "2024-02-29 13:14:15"]),
    ("timestamp", &["2024-02-29 13:14:15.5", "2024-02-29 13:14:15+05"]),
    ("timestamptz", &["2024-02-29 13:14:15+05"]),
    ("time", &["13:14"]),
    ("interval", &["90 minutes"]),
    ("boolean", &["yes"]),
    ("bytea", &["\\x00ff", "a\\\\b"]),
    ("jsonb", &["{\"b\": 1, \"a\": 2}"]),
    ("uuid", &["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]),
    ("integer[]", &["{1,2}"]),
    ("mood", &["glad"]),
];

const TEXTS: [&str; 3] = [
    "insert into changing (id, v) values ($1, $2) returning v::text",
    "update changing set v = $2 where id = $1 returning v::text, id",
    "select id from changing where id <> $1 and v = $2 order by id",
];

fn outcome(reply: Reply) -> String {
    match (&reply.error, &reply.failure) {
        (None, None) => format!("{:?}", reply.only().rows),
        (Some(error), _) => format!("{} {}", error.code.as_deref().unwrap_or_default(), error.message),
        (_, failure) => format!("{failure:?}"),
    }
}

/// Runs a text so often, at once, that each connection of the pool has prepared it.
async fn warm(stream: &mut Stream, sql: &str, value: &str, connections: usize) {
    for _ in 0..3 {
        let mut ids = Vec::new();
        for _ in 0..connections {
            ids.push(stream.ask(tenant("t", bound(sql, &[Some("1"), Some(value)]))).await);
        }
        for id in ids {
            stream.reply(id).await;
        }
    }
}

async fn change_type(shard: &Shard, to: &str) {
    let sql = format!(
        "truncate changing; alter table changing alter v type {to} using null::{to}; insert into changing values (1)"
    );
    shard.prepare(&sql).await;
}

async fn compare_types(pool_size: &str, step: usize) {
    let shard = Shard::start(&["--pool-size", pool_size]).await;
    let connections = pool_size.parse().unwrap();
    shard.prepare("create type mood as enum ('glad', 'sad'); create table changing (id int, v integer)").await;
    let mut stream = shard.stream().await;
    let (mut number, mut pair, mut differ) = (0, 0, Vec::new());
    for (from, values) in TYPES {
        for (to, later) in TYPES {
            pair += 1;
            if from == to || pair % step != 0 {
                continue;
            }
            change_type(&shard, from).await;
            for sql in TEXTS {
                warm(&mut stream, sql, values[0], connections).await;
            }
            change_type(&shard, to).await;
            for sql in TEXTS {
                for value in later.iter().chain(*values) {
                    number += 1;
                    let params = [Some("1"), Some(*value)];
                    let kept = outcome(stream.run(tenant("t", bound(sql, &params))).await);
                    let anew = format!("{sql} /* {number} */");
                    let anew = outcome(stream.run(tenant("t", bound(&anew, &params))).await);
                    if kept != anew {
                        differ.push(format!("{from} to {to}, {value:?}, {sql}: {kept} instead of {anew}"));
                    }
                }
            }
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
    // Each is asked on a connection of its own: which of them ran the last texts is not known.
    let mut ids = Vec::new();
    for _ in 0..connections {
        let kept = "select count(*) > 0 from pg_prepared_statements, pg_sleep(0.3)
                    where statement like '%changing%' and 'now' = 'now'";
        ids.push(stream.ask(simple(kept)).await);
    }
    let mut is_kept = false;
    for id in ids {
        is_kept |= stream.reply(id).await.text() == "t";
    }
    assert!(is_kept, "or this test would prove nothing");
}

#[tokio::test]
async fn a_column_that_changes_its_type_gets_what_was_meant_on_one_connection() {
    compare_types("1", 1).await;
}

#[tokio::test]
async fn a_column_that_changes_its_type_gets_what_was_meant_on_eight_connections() {
    compare_types("8", 7).await;
}

/// Everything else that changes what a text means: what there is first, the text, what changes.
const CHANGES: &[(&str, &str, &str, &str)] = &[
    (
        "another function of that name fits better",
        "create table c1 (a int); insert into c1 values (7)",
        "select round(a)::text from c1 where $1 = $1::text",
        "create function round(int) returns text language sql immutable as 'select ''mine'''",
    ),
    (
        "a function of the search path is replaced",
        "create function own(int) returns int language sql as 'select $1 + 1'",
        "select own($1)::text",
        "create or replace function own(int) returns int language sql as 'select $1 + 2'",
    ),
    (
        "a function is overloaded",
        "create function twice(int) returns text language sql as 'select ''int'''",
        "select twice($1)::text",
        "create function twice(text) returns text language sql as 'select ''text'''",
    ),
    (
        "an operator appears",
        "create table c4 (a int); insert into c4 values (7)",
        "select (a <> 7)::text from c4 where $1 = $1::text",
        "create function unlike(int, int) returns bool language sql as 'select true';
         create operator public.<> (leftarg = int, rightarg = int, function = unlike);
         alter database current_db set search_path = public, pg_catalog",
    ),
    (
        "a table comes before the other one in search_path",
        "create schema first; create table c5 (a int); insert into c5 values (7)",
        "select a::text from c5 where $1 = $1::text",
        "create table first.c5 (a int); insert into first.c5 values (8)",
    ),
    (
        "a view is replaced",
        "create table c6 (a int); insert into c6 values (7); create view v6 as select a, a as b from c6",
        "select b::text from v6 where $1 = $1::text",
        "create or replace view v6 as select a, a + 1 as b from c6",
    ),
    (
        "a view is replaced by one of other types",
        "create table c7 (a int, b text); insert into c7 values (123, '00123'); create view v7 as select a from c7",
        "select count(*)::text from v7 where a = $1",
        "drop view v7; create view v7 as select b as a from c7",
    ),
    (
        "an enum grows",
        "create type e8 as enum ('00123'); create table c8 (a e8); insert into c8 values ('00123')",
        "insert into c8 select a from c8 where a = $1 limit 1 returning a::text",
        "alter type e8 rename value '00123' to 'old'; alter type e8 add value '00123'",
    ),
    (
        "a policy appears",
        "create table c9 (a text); insert into c9 values ('00123'); create role reader9; alter table c9 owner to reader9;
         alter table c9 force row level security; grant reader9 to postgres",
        "select a from c9 where a = $1",
        "alter table c9 enable row level security",
    ),
    (
        "a partition of another shape comes",
        "create table c10 (a text, k int) partition by list (k); create table c10_1 partition of c10 for values in (1)",
        "insert into c10 values ($1, 1) returning a, tableoid::regclass::text",
        "drop table c10_1; create table c10_2 (k int, b int, a text); alter table c10_2 drop b;
         alter table c10 attach partition c10_2 for values in (1)",
    ),
    (
        "a cast is made",
        "create table c11 (a text); create table c11_from (b int); insert into c11_from values (123)",
        "insert into c11 select b from c11_from where $1 = $1::text returning a",
        "create function c11_cast(int) returns text language sql immutable as 'select ''mine''';
         create cast (int as text) with function c11_cast(int) as assignment",
    ),
    (
        "a cast is dropped",
        "create table c12 (a text); create table c12_from (b int); insert into c12_from values (123)",
        "insert into c12 select b from c12_from where $1 = $1::text returning a",
        "drop cast (int as text)",
    ),
    (
        "a label of an enum gets another name",
        "create type e13 as enum ('old'); create table c13 (a e13); insert into c13 values ('old')",
        "select a::text from c13 where a = 'old' and $1 = $1::text",
        "alter type e13 rename value 'old' to 'new'",
    ),
    (
        "a label inside an array of an enum, behind a domain",
        "create type e14 as enum ('old'); create domain d14 as e14; create table c14 (a d14[]);
         insert into c14 values ('{old}')",
        "select a::text from c14 where a = '{old}' and $1 = $1::text",
        "alter type e14 rename value 'old' to 'new'",
    ),
    (
        "what a name of an object stands for, in a column",
        "create table c15 (a regclass); create table c15_named (); insert into c15 values ('c15_named')",
        "select a::oid::text = '-' from c15 where a = 'c15_named' and $1 = $1::text",
        "alter table c15_named rename to c15_older; create table c15_named ()",
    ),
    (
        "what a name of an object stands for, in a column of PostgreSQL's own",
        "create aggregate c16 (int) (sfunc = int4pl, stype = int)",
        "select aggkind::text from pg_aggregate where aggfnoid = 'c16' and $1 = $1::text",
        "drop aggregate c16 (int); create aggregate c16 (int) (sfunc = int4pl, stype = int)",
    ),
    (
        "what the name of a type stands for, beside a function's result",
        "create domain d17 as int; create table c17 (a int); insert into c17 values (1)",
        "select (pg_typeof(a) = 'd17')::text from c17 where $1 = $1::text",
        "drop domain d17; create domain d17 as int",
    ),
];

#[tokio::test]
async fn what_changes_the_meaning_of_a_text_changes_that_of_a_kept_one() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let path = ("search_path", "first, public");
    let mut stream = Stream::open(&shard, &[path], 0).await;
    for (index, (what, before, sql, change)) in CHANGES.iter().enumerate() {
        shard.prepare(before).await;
        for _ in 0..4 {
            stream.run(tenant("t", bound(sql, &[Some("00123")]))).await;
        }
        let database = shard.look("select current_database()").await;
        shard.prepare(&change.replace("current_db", &database)).await;
        for _ in 0..3 {
            let kept = outcome(stream.run(tenant("t", bound(sql, &[Some("00123")]))).await);
            let anew = format!("{sql} /* {index} */");
            let anew = outcome(stream.run(tenant("t", bound(&anew, &[Some("00123")]))).await);
            assert_eq!(kept, anew, "{what}");
        }
    }
}

#[tokio::test]
async fn a_kept_text_that_begins_to_run_code_is_not_taken_for_harmless_any_more() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard
        .prepare(
            "create function sets() returns int language plpgsql as $$
                 begin perform set_config('app.user_id', 'ann', false); return 1; end $$;
             create function triggers() returns trigger language plpgsql as $$ begin perform sets(); return new; end $$;",
        )
        .await;
    let spy = "select coalesce(nullif(current_setting('app.user_id', true), ''), '-')";
    for (index, change) in [
        "create trigger t before insert on TABLE for each row execute function triggers()",
        "alter table TABLE alter b set default sets()",
        "alter table TABLE add check (set_config('app.user_id', 'ann', false) is not null)",
        "create rule r as on insert to TABLE do also select sets()",
        "create domain DOMAIN as int check (sets() = 1); alter table TABLE alter b type DOMAIN; \
         alter table TABLE alter b set default 1",
        "create table TABLE_child (a int references TABLE on delete cascade); insert into TABLE_child values (0); \
         create function TABLE_deletes() returns trigger language plpgsql as \
         $$ begin perform sets(); return old; end $$; \
         create trigger t before delete on TABLE_child for each row execute function TABLE_deletes()",
    ]
    .iter()
    .enumerate()
    {
        let table = format!("t{index}");
        shard
            .prepare(&format!("create table {table} (a int primary key, b int); insert into {table} values (0)"))
            .await;
        let mut stream = shard.stream().await;
        let insert = format!("insert into {table} (a) values ($1)");
        let delete = format!("delete from {table} where a = $1");
        for number in 1..4 {
            let number = number.to_string();
            stream.run(tenant("ann", bound(&insert, &[Some(&number)]))).await.only();
            stream.run(tenant("ann", bound(&delete, &[Some(&number)]))).await.only();
            assert_eq!(stream.run(tenant("bea", simple(spy))).await.text(), "-");
        }
        shard.prepare(&change.replace("TABLE", &table).replace("DOMAIN", &format!("d{index}"))).await;
        for number in 1..5 {
            let text = number.to_string();
            stream.run(tenant("ann", bound(&insert, &[Some(&text)]))).await;
            assert_eq!(stream.run(tenant("bea", simple(spy))).await.text(), "-", "{change}, insert {number}");
            stream.run(tenant("ann", bound(&delete, &[Some("0")]))).await;
            assert_eq!(stream.run(tenant("bea", simple(spy))).await.text(), "-", "{change}, delete {number}");
        }
    }
}

#[tokio::test]
async fn a_harmless_text_costs_no_reset_and_tells_nobody_which_number_came_last() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table notes (id serial primary key, body text)").await;
    let mut stream = shard.stream().await;
    let insert = || tenant("ann", bound("insert into notes (body) values ($1)", &[Some("x")]));
    for _ in 0..3 {
        stream.run(insert()).await.only();
    }
    let resets = "select count(*) from pg_stat_activity where datname = current_database()
                  and application_name = 'mtdd-server' and query like '%discard sequences%'";
    for _ in 0..3 {
        stream.run(insert()).await.only();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        assert_eq!(shard.look(resets).await, "0", "the last thing that the connection did");
    }
    for last in ["select lastval()", "select currval('notes_id_seq')"] {
        for _ in 0..3 {
            stream.run(insert()).await.only();
            assert_eq!(stream.run(tenant("bea", simple(last))).await.code(), "55000", "{last}");
            stream.run(insert()).await.only();
            assert_eq!(stream.run(tenant("bea", bound(last, &[]))).await.code(), "55000", "{last}");
        }
        stream.run(insert()).await.only();
        let mut session = shard.session().await;
        // Its only connection is the same one, once it is free.
        assert_eq!(session.run(tenant("bea", bound(last, &[]))).await.code(), "55000", "{last}");
        session.ask_no_more();
        session.end().await.unwrap();
    }
}

#[tokio::test]
async fn what_hides_postgresqls_own_names_counts_at_once() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    let mut stream = Stream::open(&shard, &[("search_path", "public, pg_catalog")], 0).await;
    for (index, (sql, change)) in [
        ("select count(*)::text || $1 from pg_am", "create table pg_am (a int)"),
        ("select null::point is null and $1 = $1::text", "create domain point as int not null"),
        (
            "select (1 + 1)::text || $1",
            "create function more(int, int) returns int language sql as 'select 7';
             create operator public.+ (leftarg = int, rightarg = int, function = more)",
        ),
    ]
    .iter()
    .enumerate()
    {
        for _ in 0..4 {
            stream.run(tenant("t", bound(sql, &[Some("x")]))).await.only();
        }
        shard.prepare(change).await;
        for _ in 0..3 {
            let kept = outcome(stream.run(tenant("t", bound(sql, &[Some("x")]))).await);
            let anew = outcome(stream.run(tenant("t", bound(&format!("{sql} /* {index} */"), &[Some("x")]))).await);
            assert_eq!(kept, anew, "{sql}");
        }
    }
}
