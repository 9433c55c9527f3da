//! Several PostgreSQLs behind one query server: which of them it turns to, and what becomes of its connections when they
//! change their roles, are gone, or grow old.

use std::time::{Duration, Instant};

use mtdd::postgres::{ConnectTarget, connect};
use mtdd::query_server::service;
use mtdd::shutdown::shutdown;

use crate::shard::{Shard, options, rows, serve, simple};
use crate::support::Postgres;

/// A primary with a table `t`, and a standby that has it too.
pub async fn pair() -> (Postgres, Postgres) {
    let mut primary = Postgres::start().await;
    crate::support::connect(&primary.url("postgres")).await.batch_execute("create table t (a int)").await.unwrap();
    let standby = primary.standby().await;
    (primary, standby)
}

pub fn url(places: &[&Postgres], parameters: &str) -> String {
    let places: Vec<_> = places.iter().map(|postgres| postgres.place()).collect();
    format!("postgres://postgres@{}/postgres?sslmode=disable{parameters}", places.join(","))
}

/// The port of the server that the query server, and the lookup server's kind of connection, come to.
async fn reached(url: &str) -> (String, String) {
    let (mut client, _shutdown) = serve(url, &[]).await.unwrap();
    let sql = "select setting from pg_settings where name = 'port'";
    let reply = client.execute_query(simple(sql)).await.unwrap().into_inner();
    let target = ConnectTarget::new(&url.parse().unwrap(), "test", Duration::from_secs(5)).unwrap();
    let (other, connection) = connect(&target).await.unwrap();
    tokio::spawn(connection);
    let port = other.query_one(sql, &[]).await.unwrap().get::<_, String>(0);
    (rows(&reply.results[0].rows)[0][0].clone().unwrap(), port)
}

async fn refusal(url: &str) -> String {
    let refused = service(options(url, &["--connect-timeout", "1000"]), shutdown().1).await;
    refused.err().expect("a refusal").to_string()
}

#[tokio::test]
async fn the_server_that_target_session_attrs_asks_for_is_found_in_either_order() {
    let (primary, standby) = pair().await;
    let port = |postgres: &Postgres| postgres.place().split_once(':').unwrap().1.to_owned();
    for (attrs, wanted) in [
        ("read-write", &primary),
        ("primary", &primary),
        ("read-only", &standby),
        ("standby", &standby),
        ("prefer-standby", &standby),
    ] {
        for places in [[&primary, &standby], [&standby, &primary]] {
            let url = url(&places, &format!("&target_session_attrs={attrs}"));
            assert_eq!(reached(&url).await, (port(wanted), port(wanted)), "{attrs}");
        }
    }
    for parameters in ["", "&target_session_attrs=any"] {
        assert_eq!(reached(&url(&[&standby, &primary], parameters)).await.0, port(&standby));
    }
    assert_eq!(reached(&url(&[&primary], "&target_session_attrs=prefer-standby")).await.0, port(&primary));

    let said = refusal(&url(&[&primary], "&target_session_attrs=standby")).await;
    assert!(said.contains("it is not a standby (target_session_attrs=standby)"), "{said}");
    let nowhere = format!("postgres://postgres@127.0.0.1:1,{}/postgres?target_session_attrs=primary", standby.place());
    let said = refusal(&nowhere).await;
    assert!(
        said.contains("127.0.0.1:1: ") && said.contains(&format!("{}: it is a standby", standby.place())),
        "{said}"
    );

    // Hosts in any order: in forty connections, the second comes first at least once.
    let target = url(&[&primary, &standby], "&load_balance_hosts=random");
    let target = ConnectTarget::new(&target.parse().unwrap(), "test", Duration::from_secs(5)).unwrap();
    let mut standbys = 0;
    for _ in 0..40 {
        let (client, connection) = connect(&target).await.unwrap();
        tokio::spawn(connection);
        standbys += i32::from(client.query_one("select pg_is_in_recovery()", &[]).await.unwrap().get::<_, bool>(0));
    }
    assert!((1..40).contains(&standbys), "{standbys}");
}

#[tokio::test]
async fn a_host_that_is_gone_or_frozen_is_passed_over_and_does_not_hold_up_every_connection() {
    let postgres = Postgres::start().await;
    let frozen = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let places = format!("127.0.0.1:1,{},{}", frozen.local_addr().unwrap(), postgres.place());
    let url = format!("postgres://postgres@{places}/postgres");
    let shard = Shard::at_places(&url, &postgres, &["--connect-timeout", "700"]).await;
    let since = Instant::now();
    for _ in 0..3 {
        shard
            .prepare(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'mtdd-server'",
            )
            .await;
        assert_eq!(shard.run(simple("select 1")).await.text(), "1");
    }
    assert!(since.elapsed() < Duration::from_millis(600), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_primary_that_takes_no_writes_any_more_is_left_at_its_first_refusal() {
    for attrs in ["read-write", "primary"] {
        let (primary, standby) = pair().await;
        let url = url(&[&primary, &standby], &format!("&target_session_attrs={attrs}"));
        let shard = Shard::at_places(&url, &primary, &["--pool-size", "3"]).await;
        let mut stream = shard.stream().await;
        // Three connections stand.
        let ids = [stream.ask(simple("select pg_sleep(0.3)")).await, stream.ask(simple("select pg_sleep(0.3)")).await];
        assert_eq!(stream.tag("insert into t values (1)").await, "INSERT 0 1");
        for id in ids {
            stream.reply(id).await.only();
        }
        let mut primary = primary;
        if attrs == "read-write" {
            shard.prepare("alter system set default_transaction_read_only = on").await;
            shard.prepare("select pg_reload_conf()").await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        } else {
            primary.stop_in_good_order();
            primary.demote();
            primary.start_again().await;
        }
        let other = crate::support::connect(&standby.url("postgres")).await;
        other.batch_execute("select pg_promote(true, 20)").await.unwrap();
        let mut refused = 0;
        let since = Instant::now();
        while let Some(error) = stream.run(simple("insert into t values (2)")).await.error {
            assert_eq!(error.code.as_deref(), Some("25006"), "{error:?}");
            refused += 1;
            assert!(since.elapsed() < Duration::from_secs(10), "{attrs}: still refused");
        }
        assert!(refused <= 1, "{attrs}: refused {refused} times");
        for _ in 0..6 {
            assert_eq!(stream.tag("insert into t values (2)").await, "INSERT 0 1", "{attrs}");
        }
        let count = other.query_one("select count(*) from t where a = 2", &[]).await.unwrap().get::<_, i64>(0);
        assert_eq!(count, 7, "{attrs}");
    }
}

#[tokio::test]
async fn a_read_only_transaction_costs_no_connection() {
    let postgres = Postgres::start().await;
    let shard =
        Shard::at(&format!("{}?target_session_attrs=read-write", postgres.url("postgres")), &["--pool-size", "1"])
            .await;
    shard.prepare("create table t (a int)").await;
    let before = shard.run(simple("select pg_backend_pid()")).await.text();
    for _ in 0..3 {
        assert_eq!(shard.run(simple("begin read only; insert into t values (1)")).await.code(), "25006");
    }
    assert_eq!(shard.run(simple("select pg_backend_pid()")).await.text(), before);
    // Nor does one of a session, which holds on to its connection.
    let mut session = shard.session().await;
    assert_eq!(session.tag("begin read only").await, "BEGIN");
    assert_eq!(session.run(simple("insert into t values (1)")).await.code(), "25006");
    assert_eq!(session.tag("rollback").await, "ROLLBACK");
    drop(session);
    assert_eq!(shard.run(simple("select pg_backend_pid()")).await.text(), before);
}

#[tokio::test]
async fn a_connection_from_when_the_database_was_read_only_is_replaced_at_its_first_refusal() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int)").await;
    let database = shard.look("select current_database()").await;
    shard.prepare(&format!("alter database {database} set default_transaction_read_only = on")).await;
    shard
        .prepare(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity \
             where datname = current_database() and application_name = 'mtdd-server'",
        )
        .await;
    let mut stream = shard.stream().await;
    assert_eq!(stream.run(simple("insert into t values (1)")).await.code(), "25006");
    assert_eq!(stream.run(simple("select 1")).await.text(), "1");
    shard.prepare(&format!("alter database {database} reset default_transaction_read_only")).await;
    let first = stream.run(simple("insert into t values (2)")).await;
    assert!(first.error.is_none_or(|error| error.code.as_deref() == Some("25006")));
    for _ in 0..3 {
        assert_eq!(stream.tag("insert into t values (3)").await, "INSERT 0 1");
    }
}

#[tokio::test]
async fn a_connection_is_replaced_at_its_age_and_not_before() {
    let shard = Shard::start(&["--pool-size", "1", "--max-connection-age", "2"]).await;
    let pid = async || shard.run(simple("select pg_backend_pid()")).await.text();
    let since = Instant::now();
    let first = pid().await;
    let mut last = first.clone();
    while last == first {
        assert!(since.elapsed() < Duration::from_secs(5), "still the same");
        tokio::time::sleep(Duration::from_millis(50)).await;
        last = pid().await;
    }
    assert!(since.elapsed() > Duration::from_millis(1200), "{:?}", since.elapsed());
    // A transaction keeps its connection, however old it becomes.
    let mut session = shard.session().await;
    assert_eq!(session.tag("begin").await, "BEGIN");
    let held = session.run(simple("select pg_backend_pid()")).await.text();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(session.run(simple("select pg_backend_pid()")).await.text(), held);
}
