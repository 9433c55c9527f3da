//! Connections that break at the worst moment: a proxy before the real PostgreSQL breaks them there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use mtdd::proto::failure::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::shard::{Shard, Stream, bound, serve, simple, tenant};

/// What the proxy does to the next requests; it counts down.
#[derive(Default)]
struct Faults {
    /// Answer as a PostgreSQL that goes down before it takes the request.
    going_down: AtomicU32,
    /// Close the connection once PostgreSQL has the request.
    cut: AtomicU32,
}

fn due(count: &AtomicU32) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}

/// Forwards to the PostgreSQL of `url`; gives the URL that leads through it.
async fn proxy(url: &str, faults: Arc<Faults>) -> String {
    let (before, after) = url.split_once('@').unwrap();
    let (address, database) = after.split_once('/').unwrap();
    let address = address.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (caller, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(&address).await.unwrap();
            tokio::spawn(forward(caller, server, faults.clone()));
        }
    });
    format!("{before}@{own}/{database}?sslmode=disable")
}

async fn forward(mut caller: TcpStream, mut server: TcpStream, faults: Arc<Faults>) {
    let (mut from_caller, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
    let mut started = false;
    loop {
        tokio::select! {
            Ok(count) = caller.read(&mut from_caller) => {
                if count == 0 {
                    return;
                }
                if started && due(&faults.going_down) {
                    let body = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0";
                    caller.write_all(&[b"E", &(body.len() as u32 + 4).to_be_bytes()[..], body].concat()).await.unwrap();
                    return;
                }
                server.write_all(&from_caller[..count]).await.unwrap();
                if started && due(&faults.cut) {
                    return;
                }
                started = true;
            }
            Ok(count) = server.read(&mut from_server) => {
                if count == 0 || caller.write_all(&from_server[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_query_that_postgresql_did_not_take_runs_once_and_nobody_notices() {
    let shard = Shard::start(&[]).await;
    shard.prepare("create table t (a int)").await;
    let faults = Arc::new(Faults::default());
    let url = proxy(&shard.url, faults.clone()).await;
    let (client, _shutdown) = serve(&url, &["--pool-size", "1"]).await.unwrap();
    let mut stream = Stream::open_on(&client).await;
    for request in [
        bound("insert into t values ($1)", &[Some("1")]),
        tenant("ann", bound("insert into t values ($1)", &[Some("1")])),
        simple("insert into t values (1); insert into t values (1)"),
        tenant("ann", simple("do $$ begin insert into t values (1); end $$")),
    ] {
        faults.going_down.store(1, Ordering::SeqCst);
        let reply = stream.run(request).await;
        assert!(reply.error.is_none() && reply.failure.is_none(), "{reply:?}");
        assert_eq!(faults.going_down.load(Ordering::SeqCst), 0);
    }
    assert_eq!(shard.look("select count(*) from t").await, "5");

    faults.going_down.store(2, Ordering::SeqCst);
    assert_eq!(stream.run(simple("insert into t values (1)")).await.refusal(), (Reason::Unavailable, true));
    assert_eq!(stream.run(simple("select count(*) from t")).await.text(), "5");
}

#[tokio::test]
async fn a_query_that_postgresql_has_taken_is_never_repeated() {
    let shard = Shard::start(&[]).await;
    shard.prepare("create table t (a int)").await;
    let faults = Arc::new(Faults::default());
    let url = proxy(&shard.url, faults.clone()).await;
    let (client, _shutdown) = serve(&url, &["--pool-size", "1"]).await.unwrap();
    let mut stream = Stream::open_on(&client).await;
    for (round, request) in [
        bound("insert into t values ($1)", &[Some("1")]),
        simple("insert into t values (1); select 1"),
        simple("do $$ begin insert into t values (1); end $$"),
    ]
    .into_iter()
    .enumerate()
    {
        faults.cut.store(1, Ordering::SeqCst);
        assert_eq!(stream.run(request).await.refusal(), (Reason::OutcomeUnknown, false));
        shard.wait_for("select count(*) from t", &(round + 1).to_string()).await;
        assert_eq!(stream.run(simple("select 1")).await.text(), "1");
    }
    assert_eq!(shard.look("select count(*) from t").await, "3");
}
