//! The lookup server as its callers meet it: a real process, a real PostgreSQL, a gRPC client. Also the life of both
//! servers' process (announcement, signals, exit codes, TLS, token, health), which the lookup server stands for.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use mtdd::proto::legacy_lookup;
use mtdd::proto::legacy_lookup::lookup_service_client::LookupServiceClient as LegacyClient;
use mtdd::proto::lookup_service_client::LookupServiceClient;
use mtdd::proto::{TenantRequest, TenantResponse};
use support::authority::Authority;
use support::server::{Server, command, refusal, refusal_of};
use support::{Postgres, connect, database};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

const ANYWHERE: [&str; 3] = ["lookup", "--listen", "127.0.0.1:0"];

fn lookup_server(arguments: &[&str]) -> Server {
    Server::start(&[&ANYWHERE, arguments].concat())
}

async fn client(server: &Server) -> LookupServiceClient<Channel> {
    LookupServiceClient::connect(format!("http://{}", server.address)).await.unwrap()
}

fn tenant(name: &str, kind: i32) -> TenantRequest {
    TenantRequest { tenant_name: name.to_owned(), tenant_type: kind }
}

async fn add(client: &mut LookupServiceClient<Channel>, name: &str) -> TenantResponse {
    client.add_tenant_shard(tenant(name, 1)).await.unwrap().into_inner()
}

async fn get(client: &mut LookupServiceClient<Channel>, name: &str) -> Result<TenantResponse, Status> {
    client.get_tenant_shard(tenant(name, 1)).await.map(|response| response.into_inner())
}

/// Asks again while the server says that its database is away.
async fn get_when_healed(client: &mut LookupServiceClient<Channel>, name: &str) -> TenantResponse {
    let since = Instant::now();
    loop {
        match get(client, name).await {
            Ok(found) => return found,
            Err(status) => {
                assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                assert!(since.elapsed() < Duration::from_secs(15), "not healed: {status:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

mod tenants {
    use super::*;

    #[tokio::test]
    async fn an_added_tenant_is_found_where_it_was_put() {
        let url = database().await;
        for store in [&["--memory"][..], &["--database-url", &url]] {
            let server = lookup_server(&[&["--shards", "2"], store].concat());
            let mut client = client(&server).await;
            let added = add(&mut client, "Åcme \u{1F600}").await;
            assert_eq!(added, TenantResponse { tenant_id: "1".to_owned(), shard_index: 0, epoch: 1 });
            assert_eq!(get(&mut client, "Åcme \u{1F600}").await.unwrap(), added);
            assert_eq!(add(&mut client, "Åcme \u{1F600}").await, added);
        }
    }

    #[tokio::test]
    async fn callers_of_version_1_meet_the_same_tenants_and_the_same_refusals() {
        let server = lookup_server(&["--shards", "2", "--memory"]);
        let mut current = client(&server).await;
        let mut legacy = LegacyClient::connect(format!("http://{}", server.address)).await.unwrap();
        let tenant = |name: &str| legacy_lookup::TenantRequest { tenant_name: name.to_owned(), tenant_type: 1 };
        let added = legacy.add_tenant_shard(tenant("acme")).await.unwrap().into_inner();
        let found = get(&mut current, "acme").await.unwrap();
        assert_eq!((added.tenant_id, added.shard_index), (found.tenant_id, found.shard_index));
        let second = add(&mut current, "bolt").await;
        let found = legacy.get_tenant_shard(tenant("bolt")).await.unwrap().into_inner();
        assert_eq!((found.tenant_id, found.shard_index), (second.tenant_id, 1));
        let unknown = legacy.get_tenant_shard(tenant("none")).await.unwrap_err();
        assert_eq!(unknown.code(), Code::NotFound);
        assert_eq!(legacy.add_tenant_shard(tenant("")).await.unwrap_err().code(), Code::InvalidArgument);
    }

    #[tokio::test]
    async fn the_token_guards_the_wire_of_version_1_as_well() {
        let server = lookup_server(&["--shards", "2", "--memory", "--token", "s3cret"]);
        let mut legacy = LegacyClient::connect(format!("http://{}", server.address)).await.unwrap();
        let mut request = Request::new(legacy_lookup::TenantRequest { tenant_name: "acme".into(), tenant_type: 1 });
        let refused = legacy.add_tenant_shard(request.get_ref().clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        request.metadata_mut().insert("authorization", "Bearer s3cret".parse().unwrap());
        legacy.add_tenant_shard(request).await.unwrap();
    }

    #[tokio::test]
    async fn an_unknown_tenant_is_not_found_and_the_message_names_it() {
        let url = database().await;
        for store in [&["--memory"][..], &["--database-url", &url]] {
            let server = lookup_server(&[&["--shards", "2"], store].concat());
            let mut client = client(&server).await;
            add(&mut client, "acme").await;
            let other_type = client.get_tenant_shard(tenant("acme", 7)).await.unwrap_err();
            assert_eq!(other_type.code(), Code::NotFound);
            assert_eq!(other_type.message(), "tenant \"acme\" of type 7 is not registered");
            assert_eq!(get(&mut client, "ACME").await.unwrap_err().code(), Code::NotFound);
        }
    }

    #[tokio::test]
    async fn a_malformed_tenant_is_refused_with_the_name_of_the_field() {
        let server = lookup_server(&["--shards", "2", "--memory", "--max-tenant-name", "8"]);
        let mut client = client(&server).await;
        for (request, message) in [
            (tenant("", 1), "tenant_name: must not be empty"),
            (tenant("a\0b", 1), "tenant_name: must not contain NUL"),
            (tenant("123456789", 1), "tenant_name: at most 8 bytes, got 9"),
            (tenant("a", -1), "tenant_type: must not be negative, got -1"),
        ] {
            for status in [
                client.get_tenant_shard(request.clone()).await.unwrap_err(),
                client.add_tenant_shard(request).await.unwrap_err(),
            ] {
                assert_eq!((status.code(), status.message()), (Code::InvalidArgument, message));
            }
        }
        add(&mut client, "12345678").await;
    }

    #[tokio::test]
    async fn new_tenants_go_to_the_shard_with_the_fewest() {
        let url = database().await;
        let mut shards = Vec::new();
        {
            let server = lookup_server(&["--shards", "2", "--database-url", &url]);
            let mut client = client(&server).await;
            for name in ["a", "b", "c", "d"] {
                shards.push(add(&mut client, name).await.shard_index);
            }
        }
        // One more shard: it fills up first.
        let server = lookup_server(&["--shards", "3", "--database-url", &url]);
        let mut client = client(&server).await;
        for name in ["e", "f", "g"] {
            shards.push(add(&mut client, name).await.shard_index);
        }
        assert_eq!(shards, [0, 1, 0, 1, 2, 2, 0]);
    }

    #[tokio::test]
    async fn counts_are_made_anew_at_start_after_tenants_were_moved_by_hand() {
        let url = database().await;
        {
            let server = lookup_server(&["--shards", "2", "--database-url", &url]);
            let mut client = client(&server).await;
            for name in ["a", "b", "c", "d"] {
                add(&mut client, name).await;
            }
        }
        connect(&url).await.batch_execute("UPDATE mtdd_tenants SET shard_index = 0").await.unwrap();
        let server = lookup_server(&["--shards", "2", "--database-url", &url]);
        let mut client = client(&server).await;
        assert_eq!(get(&mut client, "b").await.unwrap().shard_index, 0);
        assert_eq!(add(&mut client, "e").await.shard_index, 1);
    }

    #[tokio::test]
    async fn fewer_shards_than_tenants_live_on_are_refused_at_start() {
        let url = database().await;
        {
            let server = lookup_server(&["--shards", "3", "--database-url", &url]);
            let mut client = client(&server).await;
            for name in ["a", "b", "c"] {
                add(&mut client, name).await;
            }
        }
        let (code, said) = refusal(&[&ANYWHERE[..], &["--shards", "2", "--database-url", &url]].concat());
        assert_eq!(code, Some(2));
        assert!(said.contains("--shards 2: tenants already live on shard 2, so it must be at least 3"), "{said}");
    }

    #[tokio::test]
    async fn a_hundred_simultaneous_adds_of_one_tenant_give_one_shard() {
        let url = database().await;
        let arguments = ["--shards", "4", "--database-url", &url];
        let servers = [lookup_server(&arguments), lookup_server(&arguments)];
        let clients = [client(&servers[0]).await, client(&servers[1]).await];
        for round in 0..5 {
            let name = format!("tenant {round}");
            let calls = (0..100).map(|call| {
                let (mut client, name) = (clients[call % 2].clone(), name.clone());
                async move { add(&mut client, &name).await }
            });
            let answers = join_all(calls).await;
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        }
        let count = connect(&url).await.query_one("SELECT count(*) FROM mtdd_tenants", &[]).await.unwrap();
        assert_eq!(count.get::<_, i64>(0), 5);
    }

    /// One add on each of four servers at the same moment: each must see what the others did. In a database whose own
    /// default would have every transaction look at a snapshot from before it got the lock.
    #[tokio::test]
    async fn simultaneous_adds_on_several_servers_never_choose_the_same_emptiest_shard() {
        let url = database().await;
        let treacherous = "DO $$ BEGIN EXECUTE format(
            'ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$";
        connect(&url).await.batch_execute(treacherous).await.unwrap();
        let servers = [(); 4].map(|()| lookup_server(&["--shards", "4", "--database-url", &url]));
        let mut clients = join_all(servers.iter().map(client)).await;
        for round in 0..25 {
            let calls = clients.iter_mut().enumerate().map(|(index, client)| async move {
                add(client, &format!("tenant {round}/{index}")).await.shard_index
            });
            let mut shards = join_all(calls).await;
            shards.sort();
            assert_eq!(shards, [0, 1, 2, 3], "round {round}");
        }
        let counted = connect(&url).await.query("SELECT tenants FROM mtdd_tenant_counts", &[]).await.unwrap();
        assert!(counted.len() == 4 && counted.iter().all(|row| row.get::<_, i64>(0) == 25));
    }
}

mod database {
    use super::*;

    #[tokio::test]
    async fn a_restart_of_postgresql_heals_by_itself() {
        let mut postgres = Postgres::start().await;
        let url = postgres.database().await;
        let server = lookup_server(&["--shards", "2", "--database-url", &url]);
        let mut client = client(&server).await;
        let added = add(&mut client, "acme").await;

        postgres.stop();
        for status in [get(&mut client, "acme").await.unwrap_err(), {
            client.add_tenant_shard(tenant("other", 1)).await.unwrap_err()
        }] {
            assert_eq!(status.code(), Code::Unavailable);
            assert!(status.message().starts_with("the tenant database is unavailable: "), "{status:?}");
        }

        postgres.start_again().await;
        assert_eq!(get_when_healed(&mut client, "acme").await, added);
        assert_eq!(add(&mut client, "acme").await, added);
        assert_eq!(add(&mut client, "other").await.shard_index, 1);
    }

    #[tokio::test]
    async fn connections_that_died_unnoticed_are_replaced_without_an_error() {
        let url = database().await;
        let server = lookup_server(&["--shards", "2", "--database-url", &url, "--pool-size", "1"]);
        let mut client = client(&server).await;
        let added = add(&mut client, "acme").await;
        let admin = connect(&url).await;
        for _ in 0..20 {
            admin
                .execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1
                       AND datname = current_database()",
                    &[&"mtdd-server lookup"],
                )
                .await
                .unwrap();
            assert_eq!(get(&mut client, "acme").await.unwrap(), added);
            assert_eq!(add(&mut client, "acme").await, added);
        }
    }

    #[tokio::test]
    async fn lookups_do_not_wait_for_an_add_that_is_held_up() {
        let url = database().await;
        let server = lookup_server(&["--shards", "2", "--database-url", &url, "--pool-size", "1"]);
        let mut client = client(&server).await;
        let added = add(&mut client, "acme").await;
        let admin = connect(&url).await;
        admin.batch_execute("SELECT pg_advisory_lock(x'6d74646400000001'::bigint)").await.unwrap();

        let mut held = Request::new(tenant("new", 1));
        held.set_timeout(Duration::from_millis(500));
        let mut other = client.clone();
        let held = tokio::spawn(async move { other.add_tenant_shard(held).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!held.is_finished());
        assert_eq!(get(&mut client, "acme").await.unwrap(), added);
        assert!(!held.is_finished());

        // The caller gave up: nothing of its add stays, and the next one works.
        assert!(held.await.unwrap().is_err());
        admin.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
        assert_eq!(get(&mut client, "new").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(add(&mut client, "new").await.shard_index, 1);
    }

    #[tokio::test]
    async fn a_role_that_may_not_create_tables_can_use_those_that_are_there() {
        let url = database().await;
        drop(lookup_server(&["--shards", "2", "--database-url", &url]));
        let admin = connect(&url).await;
        let role = format!("plain_{}", std::process::id());
        admin
            .batch_execute(&format!(
                "CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
                 GRANT SELECT, INSERT, UPDATE, DELETE ON mtdd_tenants, mtdd_tenant_counts TO {role}"
            ))
            .await
            .unwrap();
        let plain = url.replacen("//postgres@", &format!("//{role}@"), 1);
        let server = lookup_server(&["--shards", "2", "--database-url", &plain]);
        add(&mut client(&server).await, "acme").await;
        drop(server);
        admin.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await.unwrap();
    }

    /// What libpq's modes promise: who answers is asked by `verify-ca` and `verify-full` only.
    #[tokio::test]
    async fn tls_to_the_database_is_checked_as_far_as_sslmode_asks() {
        let (known, stranger) = (Authority::new(), Authority::new());
        let postgres = Postgres::start().await;
        let (cert, key) = known.sign("localhost");
        postgres.turn_tls_on(&cert, &key).await;

        let tries = |authority: &Authority, host: &str, mode: &str| {
            let url = postgres.url("postgres").replace("127.0.0.1", host) + "?sslmode=" + mode;
            let mut command = command(&[&ANYWHERE[..], &["--shards", "1", "--database-url", &url]].concat());
            command.env("SSL_CERT_FILE", authority.file("ca.pem", &authority.pem())).env_remove("SSL_CERT_DIR");
            command
        };
        for (authority, host, mode) in [
            (&stranger, "localhost", "prefer"),
            (&stranger, "127.0.0.1", "require"),
            (&known, "127.0.0.1", "verify-ca"),
            (&known, "localhost", "verify-full"),
        ] {
            let _server = Server::spawn(tries(authority, host, mode));
            let sessions = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                             WHERE application_name = 'mtdd-server lookup'";
            let encrypted = connect(&postgres.url("postgres")).await.query_one(sessions, &[]).await.unwrap();
            assert_eq!(encrypted.get::<_, Option<bool>>(0), Some(true), "{mode}");
        }
        for (authority, host, mode) in [
            (&stranger, "localhost", "verify-ca"),
            (&stranger, "localhost", "verify-full"),
            (&known, "127.0.0.1", "verify-full"),
        ] {
            let (code, said) = refusal_of(tries(authority, host, mode));
            assert_eq!(code, Some(1), "{mode} on {host}: {said}");
            assert!(said.contains("certificate"), "{said}");
        }
    }

    #[test]
    fn an_unreachable_database_ends_the_process_with_one_line_and_exit_code_1() {
        let url = "postgres://ann:hunter2@127.0.0.1:1/tenants";
        let (code, said) = refusal(&[&ANYWHERE[..], &["--shards", "2", "--database-url", url]].concat());
        assert_eq!(code, Some(1));
        assert!(said.starts_with("mtdd-server: cannot use the tenant database at 127.0.0.1:1: "), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }

    #[test]
    fn the_tenants_are_kept_in_exactly_one_place() {
        for flags in [&["--shards", "1"][..], &["--shards", "1", "--memory", "--database-url", "postgres://db/d"]] {
            let (code, said) = refusal(&[&ANYWHERE[..], flags].concat());
            assert_eq!(code, Some(2), "{said}");
            assert!(said.starts_with("mtdd-server: "), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }
}

mod drain {
    use super::*;

    /// A server that runs one add, which waits for as long as the returned connection holds the lock.
    async fn with_a_call_that_runs(
        flags: &[&str],
    ) -> (Server, tokio_postgres::Client, tokio::task::JoinHandle<Result<TenantResponse, Status>>) {
        let url = database().await;
        let server = lookup_server(&[&["--shards", "2", "--database-url", &url], flags].concat());
        let admin = connect(&url).await;
        admin.batch_execute("SELECT pg_advisory_lock(x'6d74646400000001'::bigint)").await.unwrap();
        let mut client = client(&server).await;
        let call =
            tokio::spawn(async move { client.add_tenant_shard(tenant("acme", 1)).await.map(|a| a.into_inner()) });
        tokio::time::sleep(Duration::from_millis(200)).await;
        (server, admin, call)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_call_that_runs_is_finished_before_the_end() {
        let (server, admin, call) = with_a_call_that_runs(&[]).await;
        server.signal("TERM");
        tokio::time::sleep(Duration::from_millis(800)).await;
        assert!(!call.is_finished());
        assert!(LookupServiceClient::connect(format!("http://{}", server.address)).await.is_err());
        admin.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
        assert_eq!(call.await.unwrap().unwrap().shard_index, 0);
        assert_eq!(server.wait().0.code(), Some(0));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_drain_timeout_bounds_the_wait_for_calls() {
        let (server, _admin, call) = with_a_call_that_runs(&["--drain-timeout", "1"]).await;
        let since = Instant::now();
        server.signal("TERM");
        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0));
        assert!((1..5).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
        assert!(log.contains("drain timeout"), "{log}");
        assert!(call.await.unwrap().is_err());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_second_signal_ends_the_process_at_once_with_exit_code_1() {
        let (server, _admin, _call) = with_a_call_that_runs(&[]).await;
        let since = Instant::now();
        server.signal("TERM");
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.signal("INT");
        assert_eq!(server.wait().0.code(), Some(1));
        assert!(since.elapsed() < Duration::from_secs(2));
    }
}

mod commands {
    use super::*;

    /// Runs `mtdd-server lookup` with a command: exit code, stdout, stderr.
    fn run(url: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = command(&[&["lookup"], arguments].concat());
        command.env("DATABASE_URL", url).env("MTDD_SHARDS", "3");
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn json(url: &str, arguments: &[&str]) -> Vec<serde_json::Value> {
        let (code, stdout, stderr) = run(url, &[arguments, &["--format", "json"]].concat());
        assert_eq!(code, Some(0), "{stderr}");
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn tenants_are_registered_listed_found_moved_and_removed_without_a_server() {
        let url = database().await;
        let added = json(&url, &["add", "acme", "--shard", "1"]);
        assert_eq!((&added[0]["shard"], &added[0]["added"]), (&1.into(), &true.into()));
        let again = json(&url, &["add", "acme", "--shard", "2"]);
        assert_eq!(
            (&again[0]["shard"], &again[0]["added"]),
            (&1.into(), &false.into()),
            "a known tenant keeps its shard"
        );
        assert_eq!(json(&url, &["add", "bolt"])[0]["shard"], 0, "the shard with the fewest tenants");
        assert_eq!(json(&url, &["add", "bolt", "--type", "2"])[0]["shard"], 2);

        let names = |listed: Vec<serde_json::Value>| -> Vec<String> {
            listed.iter().map(|one| format!("{}/{}", one["tenant"].as_str().unwrap(), one["type"])).collect()
        };
        assert_eq!(names(json(&url, &["list"])), ["acme/1", "bolt/1", "bolt/2"]);
        assert_eq!(names(json(&url, &["list", "--shard", "2"])), ["bolt/2"]);

        let before = json(&url, &["where", "acme"])[0].clone();
        let moved = json(&url, &["move", "acme", "--to", "2"])[0].clone();
        assert_eq!((&moved["from"], &moved["to"]), (&1.into(), &2.into()));
        let now = json(&url, &["where", "acme"])[0].clone();
        assert_eq!((&now["shard"], &now["id"], &now["moving"]), (&2.into(), &before["id"], &false.into()));
        assert!(now["epoch"].as_i64() > before["epoch"].as_i64(), "{now}");

        json(&url, &["remove", "acme"]);
        assert_eq!(run(&url, &["where", "acme"]).0, Some(3));
        let back = json(&url, &["add", "acme", "--shard", "0"])[0].clone();
        assert!(back["epoch"].as_i64() > now["epoch"].as_i64(), "an epoch is not used twice: {back}");

        let (_, table, _) = run(&url, &["list"]);
        assert_eq!(table.lines().count(), 4, "{table}");
        assert!(table.starts_with("tenant  type  shard"), "{table}");
    }

    #[tokio::test]
    async fn a_name_that_the_service_refuses_is_refused_by_the_command_too_and_one_that_is_there_can_be_removed() {
        let url = database().await;
        json(&url, &["add", "acme", "--shard", "1"]);
        for length in [1025, 65_536, 100_000] {
            let (code, _, stderr) = run(&url, &["add", &"x".repeat(length)]);
            assert_eq!(code, Some(2), "{stderr}");
            assert!(stderr.contains(&format!("TENANT: at most 1024 bytes, got {length}")), "{stderr}");
        }
        // Left by an earlier version; its repetition lets the index take it.
        let name = "x".repeat(70_000);
        let insert = "INSERT INTO mtdd_tenants (tenant_name, tenant_type, shard_index) VALUES ($1, 1, 0)";
        connect(&url).await.execute(insert, &[&name]).await.unwrap();
        let (code, table, stderr) = run(&url, &["list"]);
        assert_eq!((code, table.lines().count()), (Some(0), 3), "{stderr}");
        assert_eq!(run(&url, &["remove", &name]).0, Some(0));
    }

    #[tokio::test]
    async fn a_command_counts_nothing_and_does_not_wait_for_a_registration() {
        let url = database().await;
        drop(lookup_server(&["--shards", "3", "--database-url", &url]));
        json(&url, &["add", "acme", "--shard", "1"]);
        let admin = connect(&url).await;
        admin.batch_execute("SELECT pg_advisory_lock(x'6d74646400000001'::bigint)").await.unwrap();
        let since = Instant::now();
        assert_eq!(json(&url, &["list"]).len(), 1);
        assert_eq!(json(&url, &["where", "acme"])[0]["shard"], 1);
        assert!(since.elapsed() < Duration::from_secs(5));
        admin
            .batch_execute("SELECT pg_advisory_unlock_all(); UPDATE mtdd_tenant_counts SET tenants = 7")
            .await
            .unwrap();
        json(&url, &["list"]);
        let counted = admin.query_one("SELECT max(tenants) FROM mtdd_tenant_counts", &[]).await.unwrap();
        assert_eq!(counted.get::<_, i64>(0), 7);
    }

    #[tokio::test]
    async fn what_cannot_be_done_has_an_exit_code_and_a_line_that_names_it() {
        let url = database().await;
        json(&url, &["add", "acme", "--shard", "1"]);
        let cases: [(&[&str], i32, &str); 9] = [
            (&["where", "none"], 3, "tenant \"none\" of type 1 is not registered"),
            (&["where", "acme", "--type", "2"], 3, "tenant \"acme\" of type 2 is not registered"),
            (&["move", "none", "--to", "0"], 3, "tenant \"none\" of type 1 is not registered"),
            (&["remove", "none"], 3, "tenant \"none\" of type 1 is not registered"),
            (&["move", "acme", "--to", "3"], 2, "--to 3: no such shard; shards are 0 to 2 (--shards 3)"),
            (&["add", "new", "--shard", "9"], 2, "--shard 9: no such shard"),
            (&["move", "acme", "--to", "1"], 2, "tenant \"acme\" of type 1 already lives on shard 1"),
            (&["where", ""], 2, "TENANT: must not be empty"),
            (&["move", "acme"], 2, "--to"),
        ];
        for (arguments, code, said) in cases {
            let (ended, stdout, stderr) = run(&url, arguments);
            assert_eq!((ended, stdout.as_str()), (Some(code), ""), "{arguments:?}: {stderr}");
            assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        }
        let nowhere = "postgres://nobody:hunter2@127.0.0.1:1/none";
        let (code, _, stderr) = run(nowhere, &["list"]);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(!stderr.contains("hunter2"), "{stderr}");
        assert_eq!(json(&url, &["where", "acme"])[0]["shard"], 1);
    }

    #[tokio::test]
    async fn a_move_can_have_the_rows_copied_meanwhile_and_stays_undone_if_that_fails() {
        let url = database().await;
        json(&url, &["add", "acme", "--shard", "1"]);
        let (code, _, stderr) = run(&url, &["move", "acme", "--to", "2", "--run", "exit 7"]);
        assert_eq!(code, Some(1));
        assert!(stderr.contains("--run ended with exit status: 7"), "{stderr}");
        let place = json(&url, &["where", "acme"])[0].clone();
        assert_eq!((&place["shard"], &place["moving"]), (&1.into(), &false.into()));
        let says = "test \"$MTDD_TENANT/$MTDD_TENANT_TYPE/$MTDD_FROM/$MTDD_TO\" = acme/1/1/2";
        assert_eq!(json(&url, &["move", "acme", "--to", "2", "--run", says])[0]["to"], 2);
    }

    #[tokio::test]
    async fn two_moves_of_one_tenant_at_once_are_refused_and_one_that_was_left_behind_can_be_taken_back() {
        let url = database().await;
        json(&url, &["add", "acme", "--shard", "1"]);
        let mut first = command(&["lookup", "move", "acme", "--to", "2", "--run", "sleep 2"]);
        let mut first = first.env("DATABASE_URL", &url).env("MTDD_SHARDS", "3").spawn().unwrap();
        while json(&url, &["where", "acme"])[0]["moving"] == false {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (code, _, stderr) = run(&url, &["move", "acme", "--to", "0"]);
        assert_eq!(code, Some(1));
        assert!(stderr.contains("is being moved or removed by another command"), "{stderr}");
        assert_eq!(run(&url, &["remove", "acme"]).0, Some(1));
        first.kill().unwrap();
        first.wait().unwrap();

        // Its connection, and with it its claim, is gone in a moment.
        let since = Instant::now();
        while run(&url, &["move", "acme", "--to", "1"]).0 != Some(0) {
            assert!(since.elapsed() < Duration::from_secs(10));
        }
        let place = json(&url, &["where", "acme"])[0].clone();
        assert_eq!((&place["shard"], &place["moving"]), (&1.into(), &false.into()));
    }

    #[tokio::test]
    async fn a_move_that_is_interrupted_is_taken_back() {
        let url = database().await;
        json(&url, &["add", "acme", "--shard", "1"]);
        let mut moving = command(&["lookup", "move", "acme", "--to", "2", "--run", "sleep 2"]);
        let mut moving = moving.env("DATABASE_URL", &url).env("MTDD_SHARDS", "3").spawn().unwrap();
        while json(&url, &["where", "acme"])[0]["moving"] == false {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::process::Command::new("kill").arg(moving.id().to_string()).status().unwrap();
        assert_eq!(moving.wait().unwrap().code(), Some(1));
        let place = json(&url, &["where", "acme"])[0].clone();
        assert_eq!((&place["shard"], &place["moving"]), (&1.into(), &false.into()));
    }

    #[tokio::test]
    async fn what_an_interrupted_move_has_started_is_ended_before_the_tenant_is_in_service_again() {
        let url = database().await;
        json(&url, &["add", "acme", "--shard", "1"]);
        let beats = std::env::temp_dir().join(format!("mtdd-beats-{}", std::process::id()));
        // A shell of its own, which does not heed the shell that started it, nor a TERM.
        let run = format!("sh -c 'trap \"\" TERM; while :; do echo >> {}; sleep 0.1; done' & wait", beats.display());
        let mut moving = command(&["lookup", "move", "acme", "--to", "2", "--run", &run]);
        let mut moving = moving.env("DATABASE_URL", &url).env("MTDD_SHARDS", "3").spawn().unwrap();
        let count = || std::fs::read(&beats).map_or(0, |text| text.len());
        while count() < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::process::Command::new("kill").arg(moving.id().to_string()).status().unwrap();
        while json(&url, &["where", "acme"])[0]["moving"] == true {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let ended = count();
        assert_eq!(moving.wait().unwrap().code(), Some(1));
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(count(), ended, "it goes on");
        std::fs::remove_file(&beats).unwrap();
    }

    #[tokio::test]
    async fn a_move_whose_database_is_lost_says_how_it_is_taken_back() {
        let url = database().await;
        json(&url, &["add", "acme", "--shard", "1"]);
        let admin = connect(&url).await;
        let mut moving = command(&["lookup", "move", "acme", "--to", "2", "--run", "sleep 2"]);
        let moving = moving.env("DATABASE_URL", &url).env("MTDD_SHARDS", "3").stderr(std::process::Stdio::piped());
        let moving = moving.spawn().unwrap();
        while json(&url, &["where", "acme"])[0]["moving"] == false {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                          WHERE datname = current_database() AND pid <> pg_backend_pid()";
        admin.query(terminate, &[]).await.unwrap();
        let output = moving.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains("tenant \"acme\" of type 1 may still be blocked") && said.contains("move --to 1"),
            "{said}"
        );
        assert_eq!(json(&url, &["move", "acme", "--to", "1"])[0]["withdrawn"], true);
    }

    #[tokio::test]
    async fn a_table_of_an_earlier_version_gets_epochs_and_its_lookup_servers_go_on() {
        let url = database().await;
        let admin = connect(&url).await;
        // As version 2.0.0 made them, with a tenant.
        admin
            .batch_execute(
                "CREATE TABLE mtdd_tenants (
                     tenant_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                     tenant_name text COLLATE \"C\" NOT NULL, tenant_type integer NOT NULL,
                     shard_index integer NOT NULL CHECK (shard_index >= 0),
                     created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (tenant_name, tenant_type));
                 CREATE TABLE mtdd_tenant_counts (shard_index integer PRIMARY KEY, tenants bigint NOT NULL);
                 INSERT INTO mtdd_tenants (tenant_name, tenant_type, shard_index) VALUES ('old', 1, 1)",
            )
            .await
            .unwrap();
        // What its lookup servers hold prepared.
        let find = "SELECT tenant_id, shard_index FROM mtdd_tenants WHERE tenant_name = $1 AND tenant_type = $2";
        let find = admin.prepare(find).await.unwrap();
        let register =
            "INSERT INTO mtdd_tenants (tenant_name, tenant_type, shard_index) VALUES ($1, $2, $3) RETURNING tenant_id";
        let register = admin.prepare(register).await.unwrap();
        admin.query_one(&find, &[&"old", &1]).await.unwrap();

        let servers = [(); 3].map(|()| lookup_server(&["--shards", "2", "--database-url", &url]));
        let mut client = client(&servers[0]).await;
        let old = get(&mut client, "old").await.unwrap();
        assert!(old.shard_index == 1 && old.epoch > 0, "{old:?}");
        let row = admin.query_one(&find, &[&"old", &1]).await.unwrap();
        assert_eq!(row.get::<_, i32>(1), 1);
        admin.query_one(&register, &[&"new", &1, &0]).await.unwrap();
        let new = get(&mut client, "new").await.unwrap();
        assert!(new.shard_index == 0 && new.epoch > 0, "{new:?}");
    }
}
