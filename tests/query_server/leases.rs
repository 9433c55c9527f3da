//! What a query server with --lookup does when its lease ends: what health says, and what callers are told.

use std::time::{Duration, Instant};

use mtdd::proto::TenantRequest;
use mtdd::proto::db_service_client::DbServiceClient;
use mtdd::proto::lookup_service_client::LookupServiceClient;
use tonic::transport::{Channel, Endpoint};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::shard::{simple, tenant};
use super::support;
use super::support::server::Server;

async fn channel(server: &Server) -> Channel {
    Endpoint::from_shared(format!("http://{}", server.address)).unwrap().connect().await.unwrap()
}

async fn wait_for(server: &Server, wanted: ServingStatus) {
    let mut client = HealthClient::new(channel(server).await);
    let since = Instant::now();
    for name in ["", "mtdd.v1.DBService"] {
        let check = || HealthCheckRequest { service: name.to_owned() };
        while client.check(check()).await.unwrap().into_inner().status != wanted as i32 {
            assert!(since.elapsed() < Duration::from_secs(30), "{name:?} is not {wanted:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn health_follows_the_lease_and_a_query_that_came_too_late_was_not_run() {
    let url = support::database().await;
    let lookup = Server::start(&["lookup", "--memory", "--shards", "1", "--listen", "127.0.0.1:0"]);
    let mut tenants = LookupServiceClient::new(channel(&lookup).await);
    let acme = TenantRequest { tenant_name: "acme".to_owned(), tenant_type: 1 };
    tenants.add_tenant_shard(acme).await.unwrap();
    let address = lookup.address.to_string();
    let flags = ["query", "--listen", "127.0.0.1:0", "--database-url", &url, "--shard", "0"];
    let lease = ["--lookup", &address, "--max-placement-staleness", "3"];
    let server = Server::start(&[&flags[..], &lease].concat());
    wait_for(&server, ServingStatus::Serving).await;
    let mut client = DbServiceClient::new(channel(&server).await);
    let read = || tenant("acme", simple("select 1"));
    client.execute_query(read()).await.unwrap();

    lookup.signal("STOP");
    wait_for(&server, ServingStatus::NotServing).await;
    let refused = client.execute_query(read()).await.unwrap_err();
    assert_eq!(refused.metadata().get("mtdd-never-ran").unwrap(), "true", "{refused:?}");
    assert!(refused.message().contains("nothing was run"), "{refused:?}");
    client.execute_query(simple("select 1")).await.expect("a query of no tenant needs no lease");

    lookup.signal("CONT");
    wait_for(&server, ServingStatus::Serving).await;
    client.execute_query(read()).await.unwrap();
}
