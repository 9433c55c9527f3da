//! Getting to PostgreSQL: passwords, TLS, and what a server that cannot start says.

use mtdd::query_server::{StartError, service};
use mtdd::shutdown::shutdown;

use mtdd::proto::QueryRequest;

use crate::shard::{options, rows, serve, simple};
use crate::support::Postgres;
use crate::support::authority::Authority;

async fn refusal(url: &str) -> StartError {
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
    assert!(refusal(&url("require")).await.to_string().contains("does not offer it"));

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
