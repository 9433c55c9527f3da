//! What one tenant's query leaves in its PostgreSQL session, by whatever way, no other tenant's query finds. The only
//! connection of the pool serves all of them.

use crate::shard::{Shard, Stream, bound, simple, tenant};
use crate::support;

/// Functions that leave something behind, each in a way that the text of its caller does not show.
const SCHEMA: &str = "
    create function sets() returns int language plpgsql as $$
        begin perform set_config('app.user_id', 'ann', false); return 1; end $$;
    create function sets_time_zone() returns int language plpgsql as $$
        begin set timezone = 'Asia/Tokyo'; return 1; end $$;
    create function sets_tenant() returns int language plpgsql as $$
        begin perform set_config('mtdd.tenant_id', 'ann', false); perform set_config('mtdd.tenant_type', '7', false);
        return 1; end $$;
    create function makes_table() returns int language plpgsql as $$
        begin create temp table if not exists orders as select 'ann' as owner; return 1; end $$;
    create function locks() returns int language plpgsql as $$
        begin perform pg_advisory_lock(4711); return 1; end $$;
    create function listens() returns int language plpgsql as $$
        begin listen gossip; return 1; end $$;
    create function opens() returns int language plpgsql as $$
        begin execute 'declare held cursor with hold for select 1'; return 1; end $$;
    create function prepares() returns int language plpgsql as $$
        begin execute 'prepare secret as select 1'; return 1; end $$;
    create function seeds() returns int language plpgsql as $$ begin perform setseed(0.5); return 1; end $$;
    create function becomes() returns int language plpgsql as $$ begin set role guest; return 1; end $$;
    create function logs_on() returns int language plpgsql as $$
        begin set session authorization guest; return 1; end $$;
    create procedure calls() language plpgsql as $$ begin perform sets(); end $$;
    create function by_dynamic_sql(what text) returns int language plpgsql as $$ begin execute what; return 1; end $$;
    create sequence numbers;
    create table orders (id serial primary key, owner text);
    insert into orders (owner) values ('everybody');
    create table triggered (a int);
    create function triggers() returns trigger language plpgsql as $$
        begin perform sets(); return coalesce(new, old); end $$;
    create trigger t before insert on triggered for each row execute function triggers();
    create table guarded (a int, b int default sets());
    create view seen as select sets() as a;
    create view built_in as select set_config('app.user_id', 'ann', false) as a;
    create view my_settings as select * from pg_settings;
    create table ruled (a int);
    create rule r as on insert to ruled do also select set_config('app.user_id', 'ann', false);
    create table with_policy (a int);
    insert into with_policy values (1);
    alter table with_policy enable row level security;
    create policy p on with_policy using (set_config('app.user_id', 'ann', false) is not null);
    grant all on with_policy to guest;
    create table checked (a int check (set_config('app.user_id', 'ann', false) is not null));
    create domain sly as int check (sets() = value);
    create table of_domain (a sly);
    create table parent (a int primary key);
    create table child (a int references parent on delete cascade);
    insert into parent values (0), (1);
    insert into child values (0), (1);
    create trigger t before delete on child for each row execute function triggers();
    create table indexed (a int);
    create function sly_index(int) returns int immutable language plpgsql as $$
        begin perform set_config('app.user_id', 'ann', false); return $1; end $$;
    create index on indexed (sly_index(a));
    create function sly_equal(text, int) returns bool language plpgsql as $$ begin perform sets(); return true; end $$;
    create operator === (leftarg = text, rightarg = int, function = sly_equal);
    create function sly_cast(text) returns point language plpgsql as $$
        begin perform sets(); return point(1, 1); end $$;
    create cast (text as point) with function sly_cast(text) as assignment;
    create table cast_to (a point);
    create table partitioned (a int) partition by range (a);
    create table partition_1 partition of partitioned for values from (0) to (10);
    create trigger t before insert on partition_1 for each row execute function triggers();
    create aggregate sly_sum (int) (sfunc = sly_add, stype = int, initcond = 0);
";

/// Texts, each of which leaves something in the session, without parameters.
const LEAVERS: &[&str] = &[
    "select set_config('app.user_id', 'ann', false)",
    "set app.user_id = 'ann'",
    "select sets()",
    "select sets_time_zone()",
    "select sets_tenant()",
    "select makes_table()",
    "create table pg_temp.orders as select 'ann' as owner",
    "select 'ann' as owner into pg_temp.orders",
    "select locks()",
    "select pg_advisory_lock(4711)",
    "select pg_try_advisory_lock_shared(4711)",
    "select listens()",
    "listen gossip",
    "select opens()",
    "declare held cursor with hold for select 1",
    "select prepares()",
    "prepare secret as select 1",
    "select seeds()",
    "select becomes()",
    "select logs_on()",
    "set role guest",
    "call calls()",
    "do $$ begin perform sets(); end $$",
    "select by_dynamic_sql('set app.user_id = ann')",
    "select by_dynamic_sql('deallocate all; prepare secret as select 1')",
    "update pg_settings set setting = 'Asia/Tokyo' where name = 'TimeZone'",
    "update my_settings set setting = 'Asia/Tokyo' where name = 'TimeZone'",
    "select nextval('numbers')",
    "insert into orders (owner) values ('everybody')",
    "insert into triggered values (1)",
    "insert into guarded (a) values (1)",
    "select * from seen",
    "select * from built_in",
    "insert into ruled values (1)",
    "insert into checked values (1)",
    "insert into of_domain values (1)",
    "delete from parent",
    "insert into indexed values (1)",
    "select 'x'::text === 1",
    "insert into cast_to select 'x'::text",
    "insert into partitioned values (1)",
    "select sly_sum(1)",
    "select query_to_xml('select sets()', true, true, '')",
    "explain analyze select sets()",
];

/// Everything that a session may show; SEEDED stands for what `random()` gives after `setseed(0.5)`.
const LOOK: &str = "select concat_ws('|',
    coalesce(nullif(current_setting('app.user_id', true), ''), '-'),
    coalesce(nullif(current_setting('mtdd.tenant_id', true), ''), '-'),
    coalesce(nullif(current_setting('mtdd.tenant_type', true), ''), '-'),
    current_setting('TimeZone'),
    session_user, current_user, current_setting('role'),
    to_regclass('orders') = 'public.orders'::regclass,
    (select count(*) from pg_class where relpersistence = 't'),
    (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
    (select count(*) from pg_listening_channels()),
    (select count(*) from pg_cursors where name = 'held'),
    (select count(*) from pg_prepared_statements where from_sql),
    (case when random() = SEEDED then 'seeded' end))";

async fn shard() -> (Shard, String) {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("do $$ begin create role guest; exception when others then null; end $$").await;
    let add = "create function sly_add(int, int) returns int language plpgsql as $$
        begin perform set_config('app.user_id', 'ann', false); return $1 + $2; end $$;";
    shard.prepare(&format!("{add}{SCHEMA}")).await;
    shard.prepare("select setseed(0.5)").await;
    let look = LOOK.replace("SEEDED", &shard.look("select random()").await);
    (shard, look)
}

async fn see(stream: &mut Stream, look: &str) -> String {
    let seen = stream.run(tenant("bea", simple(look))).await.text();
    let last = stream.run(tenant("bea", simple("select lastval()"))).await;
    format!("{seen}|{}", last.error.map_or("a value".to_owned(), |error| error.code.unwrap_or_default()))
}

/// What a connection that nobody resets shows.
async fn see_directly(connection: &tokio_postgres::Client, look: &str) -> String {
    let row = connection.query_one(look, &[]).await;
    let last = connection.simple_query("select lastval()").await.is_ok();
    format!("{:?} {last}", row.map(|row| row.get::<_, String>(0)).map_err(|error| error.to_string()))
}

#[tokio::test]
async fn every_one_of_these_texts_does_leave_something() {
    let (shard, look) = shard().await;
    let clean = see_directly(&support::connect(&shard.url).await, &look).await;
    for leaver in LEAVERS {
        let connection = support::connect(&shard.url).await;
        let outcome = connection.simple_query(leaver).await;
        assert!(outcome.is_ok(), "{leaver}: {outcome:?}");
        assert_ne!(see_directly(&connection, &look).await, clean, "{leaver}");
        shard.prepare("insert into parent values (0), (1) on conflict do nothing").await;
        shard.prepare("insert into child values (0), (1)").await;
    }
}

#[tokio::test]
async fn whatever_a_query_leaves_in_its_session_no_other_tenant_finds() {
    let (shard, look) = shard().await;
    let mut stream = shard.stream().await;
    let clean = see(&mut stream, &look).await;
    assert!(clean.contains("|bea|") && clean.ends_with("|55000"), "{clean}");
    for leaver in LEAVERS {
        for times in [1, 3] {
            for _ in 0..times {
                // What it answers is not the question.
                stream.run(tenant("ann", bound(leaver, &[]))).await;
            }
            assert_eq!(see(&mut stream, &look).await, clean, "after {times} × {leaver}");
        }
        stream.run(simple(leaver)).await;
        assert_eq!(see(&mut stream, &look).await, clean, "after {leaver} by the simple protocol, without a tenant");
    }
}

#[tokio::test]
async fn whatever_a_session_leaves_no_other_tenant_finds() {
    let (shard, look) = shard().await;
    let mut stream = shard.stream().await;
    let clean = see(&mut stream, &look).await;
    for leaver in LEAVERS {
        for transaction in [Some("commit"), Some("rollback"), None] {
            let mut session = shard.session().await;
            if transaction.is_some() {
                session.tag("begin").await;
            }
            session.run(tenant("ann", bound(leaver, &[]))).await;
            if let Some(end) = transaction {
                session.tag(end).await;
            }
            session.ask_no_more();
            session.end().await.unwrap();
            assert_eq!(see(&mut stream, &look).await, clean, "after {leaver} and {transaction:?}");
        }
    }
}

#[tokio::test]
async fn a_reset_keeps_the_connection_and_what_is_prepared_there() {
    for settings in [&[][..], &[("application_name", "app")], &[("application_name", "app"), ("app.colour", "red")]] {
        let (shard, _) = shard().await;
        let mut stream = Stream::open(&shard, settings, 0).await;
        let mut pids = Vec::new();
        for _ in 0..4 {
            stream.run(tenant("ann", bound("select owner from orders where id = $1", &[Some("1")]))).await.only();
            stream.run(tenant("ann", simple("select sets()"))).await.only();
            pids.push(stream.run(simple("select pg_backend_pid()")).await.text());
        }
        pids.dedup();
        assert_eq!(pids.len(), 1, "{settings:?}");
        let sql = "select count(*) from pg_prepared_statements where statement like 'select owner%' and 'now' = 'now'";
        assert_eq!(stream.run(simple(sql)).await.text(), "1", "{settings:?}");
    }
}

#[tokio::test]
async fn the_role_of_one_app_is_not_that_of_the_next() {
    let (shard, _) = shard().await;
    let mut guest = Stream::open(&shard, &[("role", "guest"), ("app.colour", "red")], 0).await;
    let mut other = Stream::open(&shard, &[("app.colour", "blue")], 0).await;
    let mut plain = shard.stream().await;
    let who = "select concat(session_user, ' ', current_user, ' ', current_setting('app.colour', true))";
    for _ in 0..4 {
        assert_eq!(guest.run(tenant("ann", bound(who, &[]))).await.text(), "postgres guest red");
        assert_eq!(other.run(tenant("ann", bound(who, &[]))).await.text(), "postgres postgres blue");
        assert_eq!(plain.run(simple("select becomes()")).await.text(), "1");
        assert_eq!(plain.run(bound(who, &[])).await.text(), "postgres postgres ");
        assert_eq!(plain.run(simple("select logs_on()")).await.text(), "1");
        assert_eq!(guest.run(bound(who, &[])).await.text(), "postgres guest red", "settings are set again");
    }
    // Row-level security is that of the app's role.
    shard.prepare("alter table orders enable row level security; grant select on orders to guest").await;
    for _ in 0..4 {
        assert_eq!(plain.run(bound("select count(*) from orders", &[])).await.text(), "1");
        assert_eq!(guest.run(bound("select count(*) from orders", &[])).await.text(), "0");
    }
}

#[tokio::test]
async fn a_lock_that_a_function_took_is_free_at_once() {
    let (shard, _) = shard().await;
    shard.run(tenant("ann", simple("select locks()"))).await.only();
    shard.wait_for("select count(*) from pg_locks where locktype = 'advisory'", "0").await;
}

#[tokio::test]
async fn the_tenants_type_is_a_setting_beside_its_name() {
    let shard = Shard::start(&["--pool-size", "2"]).await;
    let who = "select concat_ws('/', current_setting('mtdd.tenant_id'), current_setting('mtdd.tenant_type'))";
    let of_type = |kind, request| mtdd::proto::QueryRequest { tenant_type: Some(kind), ..tenant("42", request) };
    let mut stream = shard.stream().await;
    let mut session = shard.session().await;
    for _ in 0..3 {
        for kind in [1, 2, i32::MIN] {
            for request in [simple(who), bound(who, &[]), simple(&format!("{who};"))] {
                assert_eq!(stream.run(of_type(kind, request)).await.text(), format!("42/{kind}"));
            }
            assert_eq!(session.run(of_type(kind, bound(who, &[]))).await.text(), format!("42/{kind}"));
        }
        assert_eq!(stream.run(tenant("42", bound(who, &[]))).await.text(), "42/", "an older caller gives no type");
    }
    shard
        .prepare("create table t (a int, tenant text, kind int); insert into t values (1, '42', 1), (2, '42', 2)")
        .await;
    shard
        .prepare(
            "create role owner_of_t; alter table t owner to owner_of_t; alter table t enable row level security;
             alter table t force row level security; create policy p on t using (tenant = current_setting('mtdd.tenant_id')
             and kind::text = current_setting('mtdd.tenant_type'))",
        )
        .await;
    let mut stream = Stream::open(&shard, &[("role", "owner_of_t")], 0).await;
    for _ in 0..3 {
        for kind in [1, 2] {
            assert_eq!(stream.run(of_type(kind, bound("select a from t", &[]))).await.text(), kind.to_string());
        }
        assert_eq!(stream.run(tenant("42", bound("select a from t", &[]))).await.only().rows.len(), 0);
    }
}

#[tokio::test]
async fn settings_that_are_the_servers_own_are_refused() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    for name in ["mtdd.tenant_id", "MTDD.Tenant_Type", "mtdd.anything"] {
        let mut stream = Stream::open(&shard, &[(name, "ann")], 0).await;
        let status = stream.end().await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
        assert!(status.message().starts_with(&format!("open.settings[{name:?}]: ")), "{}", status.message());
    }
}

/// What it is, how it is made ready, a text that leaves it, and one that looks for it.
const KEEPERS: &[(&str, &str, &str, &str)] = &[
    (
        "a temporary replication slot",
        "select 1",
        "select pg_create_physical_replication_slot('SLOT', true, true)",
        "select count(*) = 0 from pg_replication_slots where slot_name = 'SLOT'",
    ),
    (
        "a replication origin",
        "select pg_replication_origin_create('SLOT')",
        "select pg_replication_origin_session_setup('SLOT')",
        "select not pg_replication_origin_session_is_setup()",
    ),
    (
        "a foreign server's session",
        "create schema elsewhere; create extension postgres_fdw schema elsewhere;
         create server remote foreign data wrapper postgres_fdw options (host '127.0.0.1', port 'PORT', dbname 'DATABASE');
         create user mapping for current_user server remote options (user 'postgres', password_required 'false');
         create foreign table remote_orders (id int) server remote options (table_name 'orders')",
        "select id from remote_orders",
        "select count(*) = 0 from elsewhere.postgres_fdw_get_connections()",
    ),
];

#[tokio::test]
async fn what_postgresql_cannot_reset_ends_with_its_connection() {
    let (shard, _) = shard().await;
    let database = shard.look("select current_database()").await;
    let port = shard.look("select current_setting('port')").await;
    let fill = |sql: &str| sql.replace("SLOT", &database).replace("PORT", &port).replace("DATABASE", &database);
    let mut stream = shard.stream().await;
    for (what, before, leaver, look) in KEEPERS {
        shard.prepare(&fill(before)).await;
        // Where it exists and has not been used, the connection stays.
        let mut pids = Vec::new();
        for _ in 0..2 {
            stream.run(tenant("ann", simple("select sets()"))).await.only();
            pids.push(stream.run(simple("select pg_backend_pid()")).await.text());
        }
        assert_eq!(pids[0], pids[1], "{what}");
        for times in [1, 3] {
            for _ in 0..times {
                stream.run(tenant("ann", bound(&fill(leaver), &[]))).await.only();
            }
            assert_eq!(stream.run(tenant("bea", simple(&fill(look)))).await.text(), "t", "{what}");
        }
    }
    shard.prepare(&format!("select pg_replication_origin_drop('{database}')")).await;
}
