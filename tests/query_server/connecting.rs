//! Getting to PostgreSQL: passwords, TLS, and what a server that cannot start says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use std::time::Duration;

use mtdd::postgres::{ConnectTarget, connect};
use mtdd::query_server::{QueryStartError, service};
use mtdd::shutdown::shutdown;

use mtdd::proto::QueryRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::shard::{Shard, options, rows, serve, simple};
use crate::support::Postgres;
use crate::support::authority::Authority;

async fn refusal(url: &str) -> QueryStartError {
    service(options(url, &["--connect-timeout", "2000"]), shutdown().1).await.err().expect("a refusal")
}

/// Replaces PostgreSQL's rules about who may connect how; what is not named stays trusted.
async fn set_rules(postgres: &Postgres, rules: &[&str]) {
    let client = crate::support::connect(&postgres.url("postgres")).await;
    let file = client.query_one("show hba_file", &[]).await.unwrap().get::<_, String>(0);
    let rules: Vec<_> =
        rules.iter().chain(&["host all postgres 127.0.0.1/32 trust"]).map(|rule| format!("('{rule}')")).collect();
    client
        .batch_execute(&format!("copy (values {}) to '{file}'; select pg_reload_conf()", rules.join(",")))
        .await
        .unwrap();
}

#[tokio::test]
async fn every_way_to_prove_a_password_works_and_a_wrong_one_is_not_shown() {
    let postgres = Postgres::start().await;
    let client = crate::support::connect(&postgres.url("postgres")).await;
    client
        .batch_execute(
            "set password_encryption = 'scram-sha-256'; create role scram login password 'größe'; create role clear login password 'pencil';
             set password_encryption = 'md5'; create role md5 login password 'pencil'",
        )
        .await
        .unwrap();
    let rules = [
        "host all scram 127.0.0.1/32 scram-sha-256",
        "host all md5 127.0.0.1/32 md5",
        "host all clear 127.0.0.1/32 password",
    ];
    set_rules(&postgres, &rules).await;
    for (user, password) in [("scram", "gr%C3%B6%C3%9Fe"), ("md5", "pencil"), ("clear", "pencil")] {
        let url = |secret: &str| postgres.url("postgres").replacen("postgres@", &format!("{user}{secret}@"), 1);
        let (mut client, _shutdown) = serve(&url(&format!(":{password}")), &[]).await.unwrap();
        let reply = client.execute_query(simple("select current_user")).await.unwrap().into_inner();
        assert_eq!(reply.results[0].row_count, 1);

        let error = refusal(&url(":wrong-secret")).await;
        assert_eq!(error.exit_code(), 1);
        assert!(error.to_string().contains("password authentication failed"), "{error}");
        assert!(!format!("{error} {error:?}").contains("wrong-secret"), "{error:?}");
        let error = refusal(&url("")).await;
        assert!(error.to_string().contains("asks for a password"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_reach_postgresql_names_host_and_port() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = refusal(&format!("postgres://ann:secret@{unused}/shop")).await;
    assert_eq!(error.exit_code(), 1);
    assert!(error.to_string().contains(&unused.to_string()), "{error}");
    assert!(!error.to_string().contains("secret") && !error.to_string().contains('\n'), "{error}");

    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ann:secret@{}/shop", silent.local_addr().unwrap());
    let error = service(options(&url, &["--connect-timeout", "100"]), shutdown().1).await.err().unwrap();
    assert!(error.to_string().contains("no answer within 100 ms"), "{error}");

    let absent = crate::support::database().await.replace("test_", "absent_");
    let error = refusal(&absent).await;
    assert!(error.to_string().contains("does not exist (3D000)"), "{error}");
    assert_eq!(refusal("postgres://ann@db:many/shop").await.exit_code(), 2);
}

#[tokio::test]
async fn sslmode_means_what_it_means_to_libpq() {
    let postgres = Postgres::start().await;
    let client = crate::support::connect(&postgres.url("postgres")).await;
    let url = |mode: &str| format!("{}?sslmode={mode}", postgres.url("postgres"));
    let encrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    assert!(refusal(&url("require")).await.to_string().contains("does not offer TLS"));

    let authority = Authority::new();
    let (certificate, key) = authority.sign("localhost");
    let directory = client.query_one("show data_directory", &[]).await.unwrap().get::<_, String>(0);
    for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
        let lines = pem.lines().map(|line| format!("('{line}')")).collect::<Vec<_>>().join(",");
        // PostgreSQL refuses a key that others can read.
        let write = format!("copy (values {lines}) to program 'umask 077; cat > {directory}/{name}'");
        client.batch_execute(&write).await.unwrap();
    }
    client.batch_execute("alter system set ssl = on").await.unwrap();
    client.batch_execute("select pg_reload_conf(), pg_sleep(0.2)").await.unwrap();
    for (mode, expected) in [("disable", "f"), ("prefer", "t"), ("require", "t")] {
        let (mut client, _shutdown) = serve(&url(mode), &[]).await.unwrap();
        let reply = client.execute_query(simple(encrypted)).await.unwrap().into_inner();
        assert_eq!(rows(&reply.results[0].rows)[0][0].as_deref(), Some(expected), "sslmode={mode}");
        // The large reply and the cancel go through TLS as well.
        let many = client.execute_query(simple("select generate_series(1, 50000)")).await.unwrap().into_inner();
        assert_eq!(many.results[0].row_count, 50_000);
        let slow = QueryRequest { timeout_ms: 100, ..simple("select pg_sleep(30)") };
        assert_eq!(client.execute_query(slow).await.unwrap_err().code(), tonic::Code::DeadlineExceeded);
        assert_eq!(client.execute_query(simple("select 1")).await.unwrap().into_inner().results.len(), 1);
    }
    for mode in ["verify-ca", "verify-full"] {
        let error = refusal(&url(mode)).await;
        assert!(error.to_string().contains("TLS: "), "{error}");
    }
}

/// A PostgreSQL with TLS, whose certificate is for `localhost`, and its certificate's authority.
async fn with_tls() -> (Postgres, Authority) {
    let (postgres, authority) = (Postgres::start().await, Authority::new());
    let (certificate, key) = authority.sign("localhost");
    postgres.turn_tls_on(&certificate, &key).await;
    (postgres, authority)
}

/// Opens a connection in both ways that there are; what the query server's way is refused with.
async fn connects(url: &str) -> Result<(), String> {
    let ours = service(options(url, &["--connect-timeout", "2000"]), shutdown().1).await;
    let target = ConnectTarget::new(&url.parse().unwrap(), "test", Duration::from_secs(2));
    let other = match target {
        Ok(target) => connect(&target).await.map(drop).map_err(|error| error.to_string()),
        Err(reason) => Err(reason),
    };
    let ours = ours.map(drop).map_err(|error| error.to_string());
    assert_eq!(ours.is_ok(), other.is_ok(), "{ours:?} {other:?}");
    ours
}

#[tokio::test]
async fn authorities_and_client_certificates_are_those_of_the_url() {
    let (postgres, authority) = with_tls().await;
    let stranger = Authority::new();
    let place = postgres.place().replace("127.0.0.1", "localhost");
    let url = |place: &str, parameters: &str| format!("postgres://postgres@{place}/postgres?{parameters}");
    let (ca, other_ca) = (authority.file("ca", &authority.pem()), stranger.file("ca", &stranger.pem()));
    for mode in ["verify-full", "verify-ca", "require", "prefer"] {
        connects(&url(&place, &format!("sslmode={mode}&sslrootcert={ca}"))).await.unwrap();
        let said = connects(&url(&place, &format!("sslmode={mode}&sslrootcert={other_ca}"))).await.unwrap_err();
        assert!(said.contains("an authority that sslrootcert"), "{mode}: {said}");
    }
    let address = postgres.place();
    connects(&url(&address, &format!("sslmode=verify-ca&sslrootcert={ca}"))).await.unwrap();
    let said = connects(&url(&address, &format!("sslmode=verify-full&sslrootcert={ca}"))).await.unwrap_err();
    assert!(said.contains("verify-ca does not look at the name"), "{said}");
    let said =
        connects(&url(&place, &format!("sslmode=verify-ca&sslrootcert={}", authority.file("no", "no pem")))).await;
    assert!(said.unwrap_err().contains("holds no certificate"));

    // With `cert`, the certificate is the proof of who one is.
    let client = crate::support::connect(&postgres.url("postgres")).await;
    client.batch_execute("create role ann login").await.unwrap();
    client.batch_execute(&format!("alter system set ssl_ca_file = '{ca}'")).await.unwrap();
    set_rules(&postgres, &["hostssl all ann 127.0.0.1/32 cert"]).await;
    let (certificate, key) = authority.sign_as("ann");
    let (certificate, key) = (authority.file("ann.pem", &certificate), authority.file("ann.key", &key));
    let ann = |parameters: &str| format!("postgres://ann@{}/postgres?sslmode=require{parameters}", postgres.place());
    let shown = format!("&sslcert={certificate}&sslkey={key}");
    let mut last = Ok(());
    // The new rules hold a little later.
    for _ in 0..50 {
        last = connects(&ann(&shown)).await;
        if last.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    last.unwrap();
    connects(&ann("")).await.unwrap_err();
    connects(&ann(&format!("{shown}&sslcertmode=disable"))).await.unwrap_err();
}

#[tokio::test]
async fn a_proof_is_bound_to_its_connection_where_that_is_asked_for() {
    let (postgres, _authority) = with_tls().await;
    let client = crate::support::connect(&postgres.url("postgres")).await;
    client
        .batch_execute("set password_encryption = 'scram-sha-256'; create role ann login password 'pencil'")
        .await
        .unwrap();
    client.batch_execute("set password_encryption = 'md5'; create role old login password 'pencil'").await.unwrap();
    set_rules(&postgres, &["host all ann 127.0.0.1/32 scram-sha-256", "host all old 127.0.0.1/32 md5"]).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let url =
        |user: &str, parameters: &str| format!("postgres://{user}:pencil@{}/postgres?{parameters}", postgres.place());
    for binding in ["disable", "prefer", "require"] {
        connects(&url("ann", &format!("sslmode=require&channel_binding={binding}"))).await.unwrap();
    }
    connects(&url("ann", "sslmode=disable")).await.unwrap();
    connects(&url("old", "sslmode=require&channel_binding=prefer")).await.unwrap();
    // Whoever does not prove anything, or in a way that cannot be bound, might be anybody.
    for user in ["old", "postgres"] {
        let said = connects(&url(user, "sslmode=require&channel_binding=require")).await.unwrap_err();
        assert!(said.contains("channel_binding=require"), "{said}");
    }
    assert_eq!(refusal(&url("ann", "sslmode=disable&channel_binding=require")).await.exit_code(), 2);
}

#[tokio::test]
async fn allow_and_prefer_take_the_encryption_that_postgresql_wants() {
    let (postgres, _authority) = with_tls().await;
    let client = crate::support::connect(&postgres.url("postgres")).await;
    client.batch_execute("create role safe login; create role plain login").await.unwrap();
    set_rules(
        &postgres,
        &[
            "hostssl all safe 127.0.0.1/32 trust",
            "hostnossl all plain 127.0.0.1/32 trust",
            "host all safe,plain 127.0.0.1/32 reject",
        ],
    )
    .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let url = |user: &str, mode: &str| format!("postgres://{user}@{}/postgres?sslmode={mode}", postgres.place());
    for (user, mode, works) in [
        ("safe", "allow", true),
        ("safe", "prefer", true),
        ("safe", "require", true),
        ("safe", "disable", false),
        ("plain", "allow", true),
        ("plain", "prefer", true),
        ("plain", "disable", true),
        ("plain", "require", false),
    ] {
        assert_eq!(connects(&url(user, mode)).await.is_ok(), works, "{user} {mode}");
    }
}

#[tokio::test]
async fn postgresql_is_asked_to_notice_when_the_server_has_gone() {
    let shown = "select string_agg(setting, ' ' order by name) from pg_settings \
                 where name like 'tcp_keepalives%' or name = 'client_connection_check_interval'";
    let url = crate::support::database().await;
    let shard = Shard::at(&url, &[]).await;
    assert_eq!(shard.run(simple(shown)).await.text(), "5000 3 10 5");
    // Nor is it forgotten when a connection is cleaned.
    shard.run(simple("set work_mem = '1MB'")).await;
    assert_eq!(shard.run(simple(shown)).await.text(), "5000 3 10 5");
    let own = format!("{url}?options=-c%20client_connection_check_interval%3D9s");
    assert_eq!(Shard::at(&own, &[]).await.run(simple(shown)).await.text(), "9000 3 10 5");
}

#[tokio::test]
async fn a_postgresql_that_does_not_know_those_settings_does_without() {
    let real = crate::support::database().await;
    let (before, after) = real.split_once('@').unwrap();
    let (place, database) = after.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let old = format!("{before}@{}/{database}?sslmode=disable", listener.local_addr().unwrap());
    let place = place.to_owned();
    let refused = Arc::new(AtomicUsize::new(0));
    let refusals = refused.clone();
    tokio::spawn(async move {
        while let Ok((mut caller, _)) = listener.accept().await {
            let mut start = vec![0; 4096];
            let length = caller.read(&mut start).await.unwrap();
            start.truncate(length);
            if start.windows(16).any(|bytes| bytes == b"connection_check") {
                refusals.fetch_add(1, Ordering::Relaxed);
                let fields = b"SFATAL\0C42704\0Munrecognized configuration parameter\0\0";
                let refusal = [&b"E"[..], &(fields.len() as u32 + 4).to_be_bytes(), fields].concat();
                caller.write_all(&refusal).await.unwrap();
                continue;
            }
            let mut server = TcpStream::connect(&place).await.unwrap();
            server.write_all(&start).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut caller, &mut server).await });
        }
    });
    let shard = Shard::at(&real, &[]).await;
    let (mut client, _shutdown) = serve(&old, &["--pool-size", "2"]).await.unwrap();
    client.execute_query(simple("select 1")).await.unwrap();
    let mut asked = 0;
    for _ in 0..3 {
        // Once, or as often as connections were opened at the same time: the pool's first, and those of the server's own.
        asked = refused.load(Ordering::Relaxed);
        assert!((1..=4).contains(&asked), "{asked}");
        shard.prepare("select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where application_name = 'mtdd-server' and datname = current_database()").await;
        client.execute_query(simple("select 1")).await.unwrap();
    }
    assert_eq!(refused.load(Ordering::Relaxed), asked, "it is not asked again");
}
