//! Kept texts and what no relation tells: the rights of roles, settings of the server's configuration, names that hide
//! PostgreSQL's own. Each kept text is compared with what the same text means when it is parsed anew.

use crate::shard::{Shard, Stream, bound, tenant};
use crate::support;

/// A role, a table with a policy that shows the row 'open', and one that shows a member of `insiders` the others.
const SCHEMA: &str = "
    create role ROLE; create role ROLE_insiders; grant ROLE to postgres;
    create table TABLE (a text); insert into TABLE values ('open'), ('secret');
    alter table TABLE enable row level security; grant all on TABLE to ROLE;
    create policy p on TABLE using (a = 'open');
    create policy q on TABLE to ROLE_insiders using (a = 'secret')";

#[tokio::test]
async fn rights_that_a_role_gains_or_loses_count_at_once() {
    // The settings of the two streams differ: they share a connection, or each has its own.
    for size in ["1", "2"] {
        rights_count_at_once(&Shard::start(&["--pool-size", size]).await).await;
    }
}

async fn rights_count_at_once(shard: &Shard) {
    let database = shard.look("select current_database()").await;
    for (index, (gain, loss)) in [
        ("alter role ROLE bypassrls", "alter role ROLE nobypassrls"),
        ("alter role ROLE superuser", "alter role ROLE nosuperuser"),
        ("grant ROLE_insiders to ROLE", "revoke ROLE_insiders from ROLE"),
        ("grant owner_of_all to ROLE", "revoke owner_of_all from ROLE"),
    ]
    .iter()
    .enumerate()
    {
        let (role, table) = (format!("{database}_{index}"), format!("t{index}"));
        let fill = |sql: &str| sql.replace("ROLE", &role).replace("TABLE", &table);
        shard.prepare(&fill(SCHEMA)).await;
        if gain.contains("owner_of_all") {
            let owner = format!("{role}_owner");
            shard.prepare(&format!("create role {owner}; alter table {table} owner to {owner}")).await;
        }
        let fill = |sql: &str| fill(sql).replace("owner_of_all", &format!("{role}_owner"));
        let view = fill(
            "create view TABLE_view as select a from TABLE; alter view TABLE_view owner to ROLE;
                         grant usage, create on schema public to ROLE",
        );
        shard.prepare(&view).await;
        let mut stream = Stream::open(shard, &[("role", &role)], 0).await;
        let mut superuser = shard.stream().await;
        let texts = [
            format!("select a from {table} where $1 = $1::text"),
            format!("select a from {table}_view where $1 = $1::text"),
        ];
        for (change, visible) in [("select", 1), (*gain, 2), (*loss, 1)] {
            shard.prepare(&fill(change)).await;
            for sql in &texts {
                for _ in 0..4 {
                    let seen = stream.run(tenant("ann", bound(sql, &[Some("x")]))).await.only().rows.len();
                    assert_eq!(seen, visible, "{sql} after {change}");
                }
            }
            // As the owner of the view the role counts too.
            for _ in 0..4 {
                let seen = superuser.run(tenant("ann", bound(&texts[1], &[Some("x")]))).await.only().rows.len();
                assert_eq!(seen, visible, "the view, after {change}");
            }
        }
    }
}

#[tokio::test]
async fn settings_that_the_servers_configuration_changes_count_at_once() {
    let postgres = support::Postgres::start().await;
    let url = postgres.url("postgres");
    let shard = Shard::at(&url, &["--pool-size", "1"]).await;
    shard.prepare("create table t (a timestamptz); insert into t values ('2024-06-01 12:00:00+00')").await;
    let texts = [
        "select timestamptz '2024-06-01 12:00:00' = a and $1 = $1::text from t",
        "select ('2024-06-01 12:00:00' = a)::text || $1 from t",
        "select extract(month from date '01/02/2024')::text || $1",
        "select (null = $1::text) is null",
        "select '{NULL}'::text[] = array[null::text] and $1 = $1::text",
        "select 0.1::float8::text || $1",
        "select '2024-06-01 12:00:00 XYZ'::text || $1",
    ];
    let mut stream = shard.stream().await;
    for setting in [
        "timezone = 'Asia/Tokyo'",
        "datestyle = 'ISO, DMY'",
        "transform_null_equals = on",
        "array_nulls = off",
        "extra_float_digits = -5",
        "timezone_abbreviations = 'India'",
    ] {
        for sql in texts {
            for _ in 0..4 {
                stream.run(tenant("ann", bound(sql, &[Some("x")]))).await.only();
            }
        }
        let loaded = shard.look("select pg_conf_load_time()").await;
        shard.prepare(&format!("alter system set {setting}")).await;
        shard.prepare("select pg_reload_conf()").await;
        while shard.look("select pg_conf_load_time()").await == loaded {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        // The signal reaches each process in its own time.
        let name = setting.split(' ').next().unwrap();
        let wanted = shard.look(&format!("select current_setting('{name}')")).await;
        let of_backend = format!("select current_setting('{name}') /* {setting} */");
        while stream.run(tenant("ann", bound(&of_backend, &[]))).await.text() != wanted {}
        for sql in texts {
            let anew = stream.run(tenant("ann", bound(&format!("{sql} /* {setting} */"), &[Some("x")]))).await.text();
            for _ in 0..3 {
                let kept = stream.run(tenant("ann", bound(sql, &[Some("x")]))).await.text();
                assert_eq!(kept, anew, "{sql} after {setting}");
            }
        }
    }
}
