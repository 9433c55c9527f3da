//! The life of a server's process: announcement, signals, exit codes, TLS, token and health. All of it is `serve`'s;
//! the lookup server in memory stands for both servers where they do not differ.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "server_process/silence.rs"]
mod silence;
mod support;

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use mtdd::proto::db_service_client::DbServiceClient;
use mtdd::proto::lookup_service_client::LookupServiceClient;
use mtdd::proto::{ClientFrame, Draining, Execute, Open, QueryRequest, TenantRequest, client_frame, server_frame};
use support::server::{Server, command, refusal};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

const IN_MEMORY: [&str; 6] = ["lookup", "--listen", "127.0.0.1:0", "--shards", "1", "--memory"];

fn start(flags: &[&str]) -> Server {
    Server::start(&[&IN_MEMORY, flags].concat())
}

fn refused(flags: &[&str]) -> String {
    let (code, said) = refusal(&[&IN_MEMORY, flags].concat());
    assert_eq!(code, Some(2), "{said}");
    said
}

async fn plain(server: &Server) -> Channel {
    Endpoint::from_shared(format!("http://{}", server.address)).unwrap().connect().await.unwrap()
}

async fn call(channel: Channel, token: Option<&str>) -> Result<(), Status> {
    let mut request = Request::new(TenantRequest { tenant_name: "acme".to_owned(), tenant_type: 1 });
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    LookupServiceClient::new(channel).add_tenant_shard(request).await.map(drop)
}

async fn health(channel: Channel, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = HealthClient::new(channel).check(request).await;
    answer.map(|answer| answer.into_inner().status()).map_err(|status| status.code())
}

mod life {
    use super::*;

    #[test]
    fn it_announces_its_address_in_one_line_of_json() {
        let server = start(&[]);
        let expected = format!("{{\"event\":\"listening\",\"address\":\"{}\"}}\n", server.address);
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(parsed(&server.announcement), parsed(&expected));
        assert_ne!(server.address.port(), 0);
        TcpStream::connect(server.address).unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sigterm_and_sigint_end_it_with_exit_code_0() {
        for signal in ["TERM", "INT"] {
            let server = start(&[]);
            // A client that is connected and idle does not hold it up.
            let channel = plain(&server).await;
            call(channel.clone(), None).await.unwrap();
            server.signal(signal);
            let (status, log) = server.wait();
            assert_eq!(status.code(), Some(0), "{log}");
            for line in log.lines() {
                serde_json::from_str::<serde_json::Value>(line).expect("the log is JSON");
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_connection_that_says_nothing_does_not_hold_the_end_up() {
        let server = start(&["--drain-timeout", "15"]);
        let mut silent = TcpStream::connect(server.address).unwrap();
        let half_spoken = TcpStream::connect(server.address).unwrap();
        silent.write_all(b"PRI * HTTP/2.0\r\n").unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let since = Instant::now();
        server.signal("TERM");
        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(since.elapsed() < Duration::from_secs(5), "{log}");
        drop((silent, half_spoken));
    }

    #[test]
    fn a_wrong_flag_ends_it_with_exit_code_2() {
        for (flags, named) in [
            (&["--nonsense"][..], "--nonsense"),
            (&["--listen", "nowhere"], "--listen"),
            (&["--shards", "0"], "--shards"),
            (&["--tls-cert", "cert.pem"], "--tls-key"),
            (&["--drain-timeout", "soon"], "--drain-timeout"),
        ] {
            let said = refusal(&[&["lookup", "--memory"], flags].concat());
            assert_eq!(said.0, Some(2));
            assert!(said.1.contains(named), "{}", said.1);
        }
        assert!(refused(&["--log-level", "mtdd=loud"]).contains("--log-level"));
    }

    #[test]
    fn a_port_that_is_taken_ends_it_with_exit_code_1() {
        let first = start(&[]);
        let address = first.address.to_string();
        let (code, said) =
            refusal(&["lookup", "--shards", "1", "--memory", "--log-level", "off", "--listen", &address]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.starts_with(&format!("mtdd-server: cannot listen on {address}: ")), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }

    #[test]
    fn every_flag_has_an_environment_variable() {
        let help = command(&["lookup", "--help"]).output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        for line in help.lines().filter(|line| line.trim_start().starts_with("--")) {
            assert!(line.contains("[env: MTDD_") || line.contains("[env: DATABASE_URL"), "{line}");
        }
        let output =
            command(&["lookup"]).env("MTDD_SHARDS", "1").env("MTDD_MEMORY", "yes").env("MTDD_TOKEN", "").output();
        let said = String::from_utf8(output.unwrap().stderr).unwrap();
        assert_eq!(said, "mtdd-server: --token: must not be empty\n");
    }

    #[test]
    fn help_does_not_show_the_secrets_of_the_environment() {
        let help = command(&["lookup", "--help"])
            .env("MTDD_TOKEN", "hunter2")
            .env("DATABASE_URL", "postgres://ann:hunter2@db/tenants")
            .output()
            .unwrap();
        assert!(!String::from_utf8(help.stdout).unwrap().contains("hunter2"));
    }
}

mod query_server {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_idle_stream_does_not_hold_its_end_up() {
        let url = support::database().await;
        let server = Server::start(&["query", "--listen", "127.0.0.1:0", "--database-url", &url]);
        assert_eq!(super::health(plain(&server).await, "mtdd.v1.DBService").await, Ok(ServingStatus::Serving));
        let (frames, to_send) = tokio::sync::mpsc::channel(1);
        let open = Open { settings: HashMap::new(), window: 1 << 20 };
        frames.send(ClientFrame { frame: Some(client_frame::Frame::Open(open)) }).await.unwrap();
        let mut client = DbServiceClient::new(plain(&server).await);
        let mut answers = client.multiplex(ReceiverStream::new(to_send)).await.unwrap().into_inner();
        let hello = answers.message().await.unwrap().unwrap();
        assert!(matches!(hello.frame, Some(server_frame::Frame::Hello(_))), "{hello:?}");
        let since = Instant::now();
        server.signal("TERM");
        let farewell = answers.message().await.unwrap().unwrap();
        assert_eq!(farewell.frame, Some(server_frame::Frame::Draining(Draining { last_id: 0 })));
        assert_eq!(answers.message().await.unwrap(), None);
        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(since.elapsed() < Duration::from_secs(5), "{log}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_open_transaction_holds_its_end_up_no_longer_than_the_drain_timeout_and_leaves_nothing() {
        let url = support::database().await;
        let direct = support::connect(&url).await;
        direct.batch_execute("create table t (a int)").await.unwrap();
        let flags = ["query", "--listen", "127.0.0.1:0", "--drain-timeout", "1", "--database-url", &url];
        let server = Server::start(&flags);
        let (frames, to_send) = tokio::sync::mpsc::channel(2);
        let query =
            QueryRequest { sql: "begin; insert into t values (1)".to_owned(), simple: true, ..Default::default() };
        for frame in [
            client_frame::Frame::Open(Open::default()),
            client_frame::Frame::Execute(Execute { id: 1, query: Some(query) }),
        ] {
            frames.send(ClientFrame { frame: Some(frame) }).await.unwrap();
        }
        let mut client = DbServiceClient::new(plain(&server).await);
        let mut answers = client.session(ReceiverStream::new(to_send)).await.unwrap().into_inner();
        let is_last = |frame| match frame {
            Some(server_frame::Frame::Part(part)) => part.reply.unwrap().last,
            _ => false,
        };
        while !is_last(answers.message().await.unwrap().unwrap().frame) {}
        let since = Instant::now();
        server.signal("TERM");
        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!((1..5).contains(&since.elapsed().as_secs()), "{:?}: {log}", since.elapsed());
        direct.batch_execute("set lock_timeout = '5s'").await.unwrap();
        direct.batch_execute("begin; lock table t; commit").await.unwrap();
        let rows = direct.query_one("select count(*) from t", &[]).await.unwrap();
        assert_eq!(rows.get::<_, i64>(0), 0);
    }

    #[test]
    fn it_says_in_one_line_why_it_does_not_start() {
        for (url, code) in [("postgres://ann:hunter2@127.0.0.1:1/shop", 1), ("postgres://ann:hunter2@db:port/shop", 2)]
        {
            let said = refusal(&["query", "--listen", "127.0.0.1:0", "--database-url", url]);
            assert_eq!(said.0, Some(code), "{}", said.1);
            assert!(said.1.starts_with("mtdd-server: ") && said.1.lines().count() == 1, "{}", said.1);
            assert!(!said.1.contains("hunter2"), "{}", said.1);
        }
    }
}

mod health {
    use super::health as check;
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_server_and_its_service_are_serving() {
        let server = start(&["--token", "s3cret"]);
        for name in ["", "mtdd.v1.LookupService"] {
            assert_eq!(check(plain(&server).await, name).await, Ok(ServingStatus::Serving));
        }
        assert_eq!(check(plain(&server).await, "mtdd.v1.DBService").await, Err(Code::NotFound));
    }

    /// Waits until a watcher hears of this.
    async fn hears(watch: &mut tonic::Streaming<HealthCheckResponse>, wanted: ServingStatus) {
        let heard = tokio::time::timeout(Duration::from_secs(20), watch.message()).await;
        assert_eq!(heard.expect("a change").unwrap().unwrap().status(), wanted);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn both_servers_are_not_serving_while_postgresql_is_down_or_frozen() {
        let mut postgres = support::Postgres::start().await;
        let url = postgres.database().await;
        let common = ["--listen", "127.0.0.1:0", "--health-interval", "1", "--connect-timeout", "1000"];
        let start = |kind: &[&str]| Server::start(&[kind, &common, &["--database-url", &url]].concat());
        let servers = [start(&["query"]), start(&["lookup", "--shards", "1"])];
        let mut watches = Vec::new();
        for server in &servers {
            let request = HealthCheckRequest { service: String::new() };
            watches.push(HealthClient::new(plain(server).await).watch(request).await.unwrap().into_inner());
        }
        for watch in &mut watches {
            hears(watch, ServingStatus::Serving).await;
        }
        // Nobody asks anything: the probe alone finds out.
        postgres.stop();
        for watch in &mut watches {
            hears(watch, ServingStatus::NotServing).await;
        }
        assert_eq!(check(plain(&servers[0]).await, "mtdd.v1.DBService").await, Ok(ServingStatus::NotServing));
        assert_eq!(check(plain(&servers[1]).await, "mtdd.v1.LookupService").await, Ok(ServingStatus::NotServing));
        postgres.start_again().await;
        for watch in &mut watches {
            hears(watch, ServingStatus::Serving).await;
        }
        // Frozen: it takes connections, and never says a word on them.
        postgres.signal("STOP");
        for watch in &mut watches {
            hears(watch, ServingStatus::NotServing).await;
        }
        postgres.signal("CONT");
        for watch in &mut watches {
            hears(watch, ServingStatus::Serving).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_query_meets_counts_at_once() {
        let mut postgres = support::Postgres::start().await;
        let url = postgres.database().await;
        let flags = ["query", "--listen", "127.0.0.1:0", "--health-interval", "3600", "--database-url", &url];
        let server = Server::start(&flags);
        postgres.stop();
        let query = QueryRequest { sql: "select 1".to_owned(), ..Default::default() };
        let mut client = DbServiceClient::new(plain(&server).await);
        assert_eq!(client.execute_query(query).await.unwrap_err().code(), Code::Unavailable);
        assert_eq!(check(plain(&server).await, "").await, Ok(ServingStatus::NotServing));
        postgres.start_again().await;
        let since = Instant::now();
        while check(plain(&server).await, "").await != Ok(ServingStatus::Serving) {
            assert!(since.elapsed() < Duration::from_secs(10), "still not serving");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_postgresql_without_a_connection_to_spare_is_well() {
        let url = support::database().await;
        let direct = support::connect(&url).await;
        direct.batch_execute("create role shy login connection limit 1").await.unwrap();
        let own = url.replace("postgres@", "shy@");
        let flags = ["query", "--listen", "127.0.0.1:0", "--health-interval", "1", "--database-url", &own];
        let server = Server::start(&flags);
        tokio::time::sleep(Duration::from_millis(2500)).await;
        assert_eq!(check(plain(&server).await, "").await, Ok(ServingStatus::Serving));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn watchers_hear_of_the_drain_and_do_not_hold_it_up() {
        let server = start(&["--drain-timeout", "15"]);
        let request = HealthCheckRequest { service: String::new() };
        let mut watch = HealthClient::new(plain(&server).await).watch(request).await.unwrap().into_inner();
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
        let since = Instant::now();
        server.signal("TERM");
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
        assert!(watch.message().await.unwrap().is_none());
        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(since.elapsed() < Duration::from_secs(5), "{log}");
    }
}

mod token {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn calls_need_the_token() {
        let server = start(&["--token", "s3cret"]);
        let channel = plain(&server).await;
        call(channel.clone(), Some("s3cret")).await.unwrap();
        for token in [None, Some("s3cre"), Some("s3cret2"), Some("S3cret")] {
            let status = call(channel.clone(), token).await.unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated);
            assert!(status.message().starts_with("authorization: "), "{status:?}");
        }
        server.signal("TERM");
        let (_, log) = server.wait();
        assert!(!log.contains("s3cret"), "{log}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_token_can_stand_in_a_file() {
        let file = std::env::temp_dir().join(format!("mtdd-token-{}", std::process::id()));
        fs::write(&file, "s3cret\n").unwrap();
        let server = start(&["--token-file", file.to_str().unwrap()]);
        fs::remove_file(&file).unwrap();
        call(plain(&server).await, Some("s3cret")).await.unwrap();
        assert!(call(plain(&server).await, None).await.is_err());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tokens_are_rotated_without_a_restart_and_without_dropping_a_connection() {
        let file = std::env::temp_dir().join(format!("mtdd-tokens-{}", std::process::id()));
        fs::write(&file, "old-s3cret\n").unwrap();
        let server = start(&["--token-file", file.to_str().unwrap()]);
        let channel = plain(&server).await;
        let passes = async |token: &str| call(channel.clone(), Some(token)).await.is_ok();
        assert!(passes("old-s3cret").await && !passes("new-s3cret").await);
        let waits_for = async |token: &str, wanted: bool| {
            let since = Instant::now();
            while passes(token).await != wanted {
                assert!(since.elapsed() < Duration::from_secs(10), "{token}: not {wanted}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        // By itself, and by a signal.
        fs::write(&file, "old-s3cret\n\n new-s3cret \n").unwrap();
        waits_for("new-s3cret", true).await;
        assert!(passes("old-s3cret").await);
        fs::write(&file, "new-s3cret\n").unwrap();
        server.signal("HUP");
        waits_for("old-s3cret", false).await;
        assert!(passes("new-s3cret").await);
        // What cannot be used changes nothing: nobody gets in without a token, nor is anybody shut out.
        fs::write(&file, "\n").unwrap();
        server.signal("HUP");
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(passes("new-s3cret").await && call(channel.clone(), None).await.is_err());
        fs::remove_file(&file).unwrap();
        server.signal("HUP");
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(passes("new-s3cret").await);
        server.signal("TERM");
        let (_, log) = server.wait();
        assert!(log.contains("the previous ones stay in force") && !log.contains("s3cret"), "{log}");
    }

    #[test]
    fn a_wrong_token_flag_is_refused_without_showing_it() {
        let said = refused(&["--token", "hunter 2"]);
        assert!(said.starts_with("mtdd-server: --token: "), "{said}");
        assert!(!said.contains("hunter"), "{said}");
    }
}

mod tls {
    use super::*;
    use support::authority::Authority;

    /// The flags of a server with a certificate for `localhost`.
    pub fn server_flags(authority: &Authority) -> Vec<String> {
        let (cert, key) = authority.sign("localhost");
        vec!["--tls-cert".into(), authority.file("cert", &cert), "--tls-key".into(), authority.file("key", &key)]
    }

    /// A client that trusts the authority.
    pub fn client(authority: &Authority) -> ClientTlsConfig {
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem())).domain_name("localhost")
    }

    pub async fn call_with(server: &Server, tls: ClientTlsConfig) -> Result<(), String> {
        let endpoint = Endpoint::from_shared(format!("https://{}", server.address)).unwrap().tls_config(tls).unwrap();
        let channel = endpoint.connect().await.map_err(|error| format!("{error:?}"))?;
        call(channel, None).await.map_err(|status| format!("{status:?}"))
    }

    fn start_with(flags: &[String]) -> Server {
        start(&flags.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn with_a_certificate_only_tls_clients_that_trust_it_get_through() {
        let authority = Authority::new();
        let server = start_with(&server_flags(&authority));
        call_with(&server, client(&authority)).await.unwrap();
        let stranger = Authority::new();
        call_with(&server, client(&stranger)).await.unwrap_err();
        let plain = Endpoint::from_shared(format!("http://{}", server.address)).unwrap().connect().await;
        if let Ok(channel) = plain {
            call(channel, None).await.unwrap_err();
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn certificates_are_renewed_without_a_restart_and_without_dropping_a_connection() {
        let (first, second) = (Authority::new(), Authority::new());
        let flags = server_flags(&first);
        let server = start_with(&flags);
        let endpoint = Endpoint::from_shared(format!("https://{}", server.address)).unwrap();
        let standing = endpoint.tls_config(client(&first)).unwrap().connect().await.unwrap();
        call(standing.clone(), None).await.unwrap();
        call_with(&server, client(&second)).await.unwrap_err();
        // A certificate without its key is of no use: the first goes on.
        let (cert, key) = second.sign("localhost");
        fs::write(&flags[1], &cert).unwrap();
        server.signal("HUP");
        tokio::time::sleep(Duration::from_millis(500)).await;
        call_with(&server, client(&first)).await.unwrap();
        fs::write(&flags[3], &key).unwrap();
        let since = Instant::now();
        while call_with(&server, client(&second)).await.is_err() {
            assert!(since.elapsed() < Duration::from_secs(10), "not renewed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        call_with(&server, client(&first)).await.unwrap_err();
        call(standing, None).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn with_a_client_authority_clients_must_show_a_certificate_of_it() {
        let authority = Authority::new();
        let mut flags = server_flags(&authority);
        flags.extend(["--tls-client-ca".into(), authority.file("ca", &authority.pem())]);
        let server = start_with(&flags);
        let (cert, key) = authority.sign("client");
        call_with(&server, client(&authority).identity(Identity::from_pem(cert, key))).await.unwrap();
        call_with(&server, client(&authority)).await.unwrap_err();
        let stranger = Authority::new();
        let (cert, key) = stranger.sign("client");
        call_with(&server, client(&authority).identity(Identity::from_pem(cert, key))).await.unwrap_err();
    }

    #[test]
    fn files_that_are_no_certificate_or_key_are_refused() {
        let authority = Authority::new();
        let (cert, key) = authority.sign("localhost");
        let (_, other_key) = authority.sign("localhost");
        let file = |name, text: &str| authority.file(name, text);
        let (cert, key, other_key) = (file("cert", &cert), file("key", &key), file("other", &other_key));
        let nonsense = file("nonsense", "not PEM");
        for (flags, named) in [
            (["--tls-cert", &nonsense, "--tls-key", &key], "--tls-cert: "),
            (["--tls-cert", &cert, "--tls-key", &nonsense], "--tls-key: "),
            (["--tls-cert", &cert, "--tls-key", &other_key], "--tls-cert, --tls-key: "),
        ] {
            let said = refused(&flags);
            assert!(said.starts_with(&format!("mtdd-server: {named}")), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
        let said = refused(&["--tls-cert", &cert, "--tls-key", &key, "--tls-client-ca", &nonsense]);
        assert!(said.contains("--tls-client-ca"), "{said}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn beyond_loopback_plaintext_is_refused_and_tls_is_not() {
        let beyond = ["lookup", "--shards", "1", "--memory", "--listen", "0.0.0.0:0"];
        let (code, said) = refusal(&beyond);
        assert_eq!(code, Some(2));
        assert!(said.starts_with("mtdd-server: refusing to listen on 0.0.0.0:0 without TLS: "), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
