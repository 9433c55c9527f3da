//! What counts as leaving nothing behind, though its text names nothing that could: the code runs in types, indexes,
//! casts and operators. A kept text is run for one tenant; another tenant then looks for what it left.

use crate::shard::{Shard, Stream, bound, simple, tenant};

const SPY: &str = "select coalesce(nullif(current_setting('app.user_id', true), ''), '-')";

const SETS: &str = "
    create function sets() returns bool language plpgsql as $$
        begin perform set_config('app.user_id', 'ann', false); return true; end $$;
    create function sly(bool) returns bool language plpgsql immutable as $$
        begin perform set_config('app.user_id', 'ann', false); return true; end $$;
    create domain sly_int as int check (sets());";

/// What it is about, the schema, a text and its parameters.
type Case = (&'static str, &'static str, &'static str, &'static [Option<&'static str>]);

const CASES: &[Case] = &[
    (
        "a range over a domain",
        "create type sly_range as range (subtype = sly_int); create table t1 (a sly_range)",
        "select a from t1 where a = $1",
        &[Some("[1,2)")],
    ),
    (
        "a multirange over a domain",
        "create type sly_range2 as range (subtype = sly_int); create table t2 (a sly_multirange2)",
        "select a from t2 where a = $1",
        &[Some("{[1,2)}")],
    ),
    (
        "an array of a range over a domain",
        "create type sly_range3 as range (subtype = sly_int); create table t3 (a sly_range3[])",
        "insert into t3 values ($1)",
        &[Some("{\"[1,2)\"}")],
    ),
    ("an array of a domain", "create table t4 (a sly_int[])", "select a from t4 where a = $1", &[Some("{1}")]),
    (
        "a parameter that takes the type of a domain",
        "create table t5 (a sly_int)",
        "select coalesce(a, $1) from t5",
        &[Some("1")],
    ),
    (
        "the index of a partition that is read",
        "create table t6 (a int, b bool) partition by list (a); create table t6_1 partition of t6 for values in (1);
         create index on t6_1 (a) where sly(true)",
        "select a from t6 where a = $1",
        &[Some("1")],
    ),
    (
        "the constraint of a child that is read",
        "create table t7 (a int); create table t7_1 (check (sly(true) and a > 0)) inherits (t7)",
        "select a from t7 where a = $1",
        &[Some("0")],
    ),
    (
        "the index of a table that a foreign key leads to",
        "create table t8 (a int primary key); insert into t8 values (1); create index on t8 (a) where sly(true);
         create table t8_1 (a int references t8)",
        "insert into t8_1 values ($1)",
        &[Some("1")],
    ),
    (
        "a table that is called insert",
        "create table t9 (a int)",
        "select 'ann' as insert into pg_temp.remains from t9 where $1 = $1::text",
        &[Some("1")],
    ),
    (
        "an operator over a function of PostgreSQL's own",
        "create table t10 (a int); insert into t10 values (1);
         create operator @!@ (leftarg = int, rightarg = int, function = pg_try_advisory_lock)",
        "select a @!@ 1 from t10 where a = $1",
        &[Some("1")],
    ),
    (
        "a cast over a function of PostgreSQL's own",
        "create table t11 (a bigint); insert into t11 values (1);
         create cast (bigint as bool) with function pg_try_advisory_lock(bigint)",
        "select a::bool from t11 where a = $1",
        &[Some("1")],
    ),
    (
        "a function that looks at a value of a type that it is told",
        "create table t12 (a int)",
        "select pg_input_is_valid($1, 'sly_int')",
        &[Some("1")],
    ),
    (
        "a function that reads a value of a type that it is told",
        "create table t13 (a int)",
        "select domain_in($1::cstring, (select oid from pg_type where typname = 'sly_int'), -1) is null",
        &[Some("1")],
    ),
];

async fn remains(stream: &mut Stream) -> String {
    let spied = stream.run(tenant("bea", simple(SPY))).await.text();
    let table = stream.run(tenant("bea", simple("select to_regclass('pg_temp.remains') is null"))).await.text();
    let locks = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()";
    let locks = stream.run(tenant("bea", simple(locks))).await.text();
    format!("{spied} {table} {locks}")
}

#[tokio::test]
async fn what_types_indexes_and_constraints_run_is_not_taken_for_harmless() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare(SETS).await;
    for (what, schema, sql, params) in CASES {
        // Where it would run while the index is made, that is the test's own connection.
        shard.prepare(schema).await;
        let mut stream = shard.stream().await;
        for times in 0..8 {
            stream.run(tenant("ann", bound(sql, params))).await;
            assert_eq!(remains(&mut stream).await, "- t 0", "{what}, {times}");
        }
    }
}

/// A catalogue and operators of the database's own that fit the study's comparisons better than PostgreSQL's: each says
/// that nothing equals anything, so that nothing is found that could do harm.
const HIJACKERS: &[(&str, &str, &str, &str)] = &[
    ("=", "name", "text", "false"),
    ("=", "name", "name", "false"),
    ("=", "\"char\"", "\"char\"", "false"),
    ("=", "oid", "oid", "false"),
    ("=", "text", "text", "false"),
    (">=", "oid", "integer", "false"),
    (">=", "oid", "oid", "false"),
    ("<>", "oid", "integer", "false"),
    ("<>", "integer", "integer", "false"),
    ("~~", "text", "text", "false"),
    ("<", "oid", "integer", "true"),
    ("<", "oid", "oid", "true"),
];

#[tokio::test]
async fn operators_of_the_databases_own_prove_nothing() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare(SETS).await;
    shard.prepare("create table t (a int primary key, b bool default sets())").await;
    for (index, (operator, left, right, answer)) in HIJACKERS.iter().enumerate() {
        shard
            .prepare(&format!(
                "create function hijacks_{index}({left}, {right}) returns bool language sql immutable as 'select {answer}';
                 create operator public.{operator} (leftarg = {left}, rightarg = {right}, function = hijacks_{index})"
            ))
            .await;
    }
    for path in ["public", "public, pg_catalog"] {
        let mut stream = Stream::open(&shard, &[("search_path", path)], 0).await;
        for number in 0..6 {
            let key = format!("{}{number}", path.len());
            stream.run(tenant("ann", bound("insert into public.t (a) values ($1)", &[Some(&key)]))).await;
            let spied = stream.run(tenant("bea", simple("select current_setting('app.user_id', true)"))).await.value();
            assert_ne!(spied.as_deref(), Some("ann"), "{path}, {number}");
        }
    }
    // That all of this is noticed: operators of languages that can do anything make nothing harmless.
    assert_eq!(shard.look("select count(*) from t").await, "12");
}

#[tokio::test]
async fn a_cast_that_comes_later_is_noticed() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare(SETS).await;
    shard.prepare("create type mood as enum ('glad'); create table t (a mood); insert into t values ('glad')").await;
    let mut stream = shard.stream().await;
    let sql = "select to_json(a) from t where $1 = $1::text";
    for _ in 0..4 {
        assert_eq!(stream.run(tenant("ann", bound(sql, &[Some("x")]))).await.text(), "\"glad\"");
    }
    shard
        .prepare(
            "create function as_json(mood) returns json language plpgsql as $$ begin perform sets(); return '1'; end $$;
             create cast (mood as json) with function as_json(mood)",
        )
        .await;
    for _ in 0..4 {
        assert_eq!(stream.run(tenant("ann", bound(sql, &[Some("x")]))).await.text(), "1");
        assert_eq!(stream.run(tenant("bea", simple(SPY))).await.text(), "-");
    }
}

#[tokio::test]
async fn a_write_into_a_partitioned_table_waits_for_no_other_partition() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard
        .prepare(
            "create table t (a int) partition by list (a); create table t_1 partition of t for values in (1);
             create table t_2 partition of t for values in (2);
             create table parent (a int primary key); create table child (a int references parent on delete cascade);
             insert into parent values (1), (2), (3), (4), (5), (6)",
        )
        .await;
    let mut stream = shard.stream().await;
    let texts = ["insert into t values ($1)", "update parent set a = a where a = $1", "insert into parent values ($1)"];
    let value = |index: usize, number: i32| (if index == 2 { 100 + number } else { 1 }).to_string();
    for (index, sql) in texts.iter().enumerate() {
        for number in 0..4 {
            stream.run(tenant("ann", bound(sql, &[Some(&value(index, number))]))).await.only();
        }
    }
    shard.prepare("begin; lock table t_2, child in access exclusive mode").await;
    for (index, sql) in texts.iter().enumerate() {
        for number in 4..6 {
            // Waits half a minute at most.
            stream.run(tenant("ann", bound(sql, &[Some(&value(index, number))]))).await.only();
        }
    }
    shard.prepare("rollback").await;
}

#[tokio::test]
async fn what_reaches_partitions_and_cascades_is_not_taken_for_harmless() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare(SETS).await;
    shard
        .prepare(
            "create function triggers() returns trigger language plpgsql as $$
                 begin perform sets(); return coalesce(new, old); end $$;
             create table t (a int) partition by list (a); create table t_1 partition of t for values in (1);
             create table parent (a int primary key);
             create table child (a int references parent on delete cascade on update cascade);
             insert into parent select generate_series(1, 100); insert into child select generate_series(1, 100)",
        )
        .await;
    let mut stream = shard.stream().await;
    let ask = |number: i32| {
        let number = number.to_string();
        [
            tenant("ann", bound("insert into t values ($1)", &[Some("1")])),
            tenant("ann", bound("delete from parent where a = $1", &[Some(&number)])),
            tenant("ann", bound("update parent set a = -a where a = $1 + 50", &[Some(&number)])),
        ]
    };
    for number in 1..12 {
        if number == 6 {
            shard
                .prepare(
                    "create trigger t before insert on t_1 for each row execute function triggers();
                     create trigger t before delete or update on child for each row execute function triggers()",
                )
                .await;
        }
        for request in ask(number) {
            stream.run(request).await.only();
            assert_eq!(stream.run(tenant("bea", simple(SPY))).await.text(), "-", "{number}");
        }
    }
}

/// A read of a parent stays harmless only while its children are.
#[tokio::test]
async fn a_partition_that_changes_under_a_reader_is_noticed() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare(SETS).await;
    shard
        .prepare("create table t (a int) partition by list (a); create table t_1 partition of t for values in (1)")
        .await;
    let mut stream = shard.stream().await;
    let read = || tenant("ann", bound("select a from t where a = $1", &[Some("1")]));
    for _ in 0..8 {
        stream.run(read()).await.only();
    }
    shard.prepare("create index on t_1 (a) where sly(true)").await;
    for _ in 0..4 {
        stream.run(read()).await.only();
        assert_eq!(stream.run(tenant("bea", simple(SPY))).await.text(), "-");
    }
}

/// So does a write, while the tables that its foreign keys lead to are as they were.
#[tokio::test]
async fn an_index_at_the_other_end_of_a_foreign_key_is_noticed() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare(SETS).await;
    shard
        .prepare("create table t (a int primary key); insert into t values (1); create table c (a int references t)")
        .await;
    let mut stream = shard.stream().await;
    let texts = ["insert into c values ($1)", "delete from t where a = $1 + 1::int"];
    for _ in 0..8 {
        for sql in texts {
            stream.run(tenant("ann", bound(sql, &[Some("1")]))).await;
        }
    }
    shard.prepare("create index on t (a) where sly(true); create index on c (a) where sly(true)").await;
    for _ in 0..4 {
        for sql in texts {
            stream.run(tenant("ann", bound(sql, &[Some("1")]))).await;
            assert_eq!(stream.run(tenant("bea", simple(SPY))).await.text(), "-", "{sql}");
        }
    }
}

#[tokio::test]
async fn a_default_of_a_domain_that_changes_is_the_one_that_is_stored() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create domain d as int default 1; create table t (id serial, a d, b text)").await;
    let mut stream = shard.stream().await;
    for default in ["1", "2", "3"] {
        shard.prepare(&format!("alter domain d set default {default}")).await;
        for _ in 0..3 {
            for sql in
                ["insert into t (b) values ($1) returning a", "update t set a = default where b = $1 returning a"]
            {
                let reply = stream.run(tenant("ann", bound(sql, &[Some("x")]))).await;
                assert_eq!(reply.only().rows[0][0].as_deref(), Some(default), "{sql}");
                stream.run(tenant("ann", simple("delete from t where id < (select max(id) from t)"))).await;
            }
        }
    }
}

/// The guards that the connection has prepared.
async fn guards(stream: &mut Stream) -> String {
    let sql = "select coalesce(string_agg(statement, '; '), 'none') from pg_prepared_statements where name like 'mtdd:guard%'";
    stream.run(tenant("bea", simple(sql))).await.text()
}

#[tokio::test]
async fn ordinary_texts_are_kept_and_proven_and_their_guards_ask_the_catalogue_nothing() {
    for sql in [
        r#"select * from "orders" where "id" = $1 and "note" <> $1::text"#,
        r#"select "id", "note" from "orders" where "id" in ($1, $2) and "placed_at" > $3 order by "note" limit 10"#,
        r#"insert into "orders" ("id", "user_id", "note") values ($1, 1, $2) returning *"#,
        r#"insert into "orders" ("id", "note") values ($1, $2) on conflict ("id") do update set "note" = excluded."note""#,
        r#"update "users" set "name" = $1 where "id" = $2"#,
        r#"delete from "orders" where "id" = $1"#,
        r#"select * from "events" where "day" = $1 and $2 = $2::text"#,
        r#"select count(*) from "users" where "name" = $1"#,
        r#"select "note" from "orders" where "note" = 'open' and "id" = $1"#,
    ] {
        let shard = Shard::start(&["--pool-size", "1"]).await;
        shard
            .prepare(
                "create table users (id int primary key, name varchar(50) check (length(name) > 0));
                 insert into users values (1, 'ann');
                 create table orders (id serial primary key, user_id int references users on delete cascade, note text,
                     state text default 'new', placed_at timestamptz default now());
                 create index on orders (lower(note)) where state = 'open';
                 create table events (day int) partition by list (day);
                 create table events_1 partition of events for values in (1)",
            )
            .await;
        let mut stream = shard.stream().await;
        let many = ["1", "2", "2024-02-29"];
        let count = if sql.contains("$3") {
            3
        } else if sql.contains("$2") {
            2
        } else {
            1
        };
        let params: Vec<_> = many[..count].iter().map(|value| Some(*value)).collect();
        for _ in 0..4 {
            stream.run(tenant("ann", bound(sql, &params))).await;
        }
        let resets = "select count(*) from pg_stat_activity where datname = current_database()
                      and application_name = 'mtdd-server' and query like '%discard sequences%'";
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        assert_eq!(shard.look(resets).await, "0", "{sql}: the last thing that the connection did");
        let guard = guards(&mut stream).await;
        assert!(guard.contains("mtdd_outdated"), "{sql} is not kept: {guard}");
        // A type, a function or a literal beside a column is another matter.
        if !["::", "count", "'", ", 1,"].iter().any(|part| sql.contains(part)) {
            assert!(!guard.contains("from pg_catalog"), "{sql}: {guard}");
        }
    }
}
