//! A pooler between the query server and PostgreSQL: it announces a process of its own, as PgBouncer does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use mtdd::proto::failure::Reason;

use crate::shard::{Stream, bound, serve, simple, tenant};
use crate::support;

/// The URL of a pooler in session mode in front of `url`.
async fn pooler(url: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (head, database) = url.rsplit_once('/').unwrap();
    let (user, address) = head.rsplit_once('@').unwrap();
    let (user, address) = (user.to_owned(), address.to_owned());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&address).await.unwrap();
            tokio::spawn(serve_one(client, server));
        }
    });
    format!("{user}@127.0.0.1:{port}/{database}?sslmode=disable")
}

async fn serve_one(client: TcpStream, server: TcpStream) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
    // Message by message until BackendKeyData, whose process is another one here.
    loop {
        let mut head = [0; 5];
        if from_server.read_exact(&mut head).await.is_err() {
            return;
        }
        let mut body = vec![0; u32::from_be_bytes(head[1..].try_into().unwrap()) as usize - 4];
        from_server.read_exact(&mut body).await.unwrap();
        if head[0] == b'K' {
            body[..4].copy_from_slice(&7_654_321i32.to_be_bytes());
        }
        to_client.write_all(&[&head[..], &body].concat()).await.unwrap();
        if head[0] == b'K' {
            break;
        }
    }
    let _ = copy(&mut from_server, &mut to_client).await;
}

#[tokio::test]
async fn a_pooler_is_refused_at_start_unless_it_is_said_to_keep_sessions() {
    let url = pooler(&support::database().await).await;
    let refusal = serve(&url, &[]).await.expect_err("a refusal").to_string();
    for part in ["a connection pooler answers there", "--session-pooler", "127.0.0.1"] {
        assert!(refusal.contains(part), "{refusal}");
    }
    let (client, _shutdown) = serve(&url, &["--session-pooler"]).await.unwrap();
    let mut stream = Stream::open_on(&client).await;
    for _ in 0..3 {
        assert_eq!(stream.run(bound("select $1::text", &[Some("x")])).await.text(), "x");
    }
}

#[tokio::test]
async fn two_servers_whose_texts_have_the_same_numbers_use_no_name_in_common() {
    let url = support::database().await;
    let mut names = Vec::new();
    for number in [1, 2] {
        let (client, _shutdown) = serve(&url, &["--pool-size", "1"]).await.unwrap();
        let mut stream = Stream::open_on(&client).await;
        for _ in 0..2 {
            stream.run(bound(&format!("select {number} + $1::int"), &[Some("1")])).await.only();
        }
        let sql = "select name from pg_prepared_statements where name like 'mtdd%' order by 1 -- once";
        names.extend(stream.run(bound(sql, &[])).await.only().rows);
    }
    assert!(names.len() >= 4, "{names:?}");
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// The URL of a pooler in transaction mode in front of `url`, with so many connections to PostgreSQL. It hands out the one
/// that has been idle for longest. `keeps`: it is in session mode still.
async fn transaction_pooler(url: &str, size: usize, keeps: Arc<AtomicBool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (head, database) = url.rsplit_once('/').unwrap();
    let (user, address) = head.rsplit_once('@').unwrap();
    let (user, address) = (user.to_owned(), address.to_owned());
    let idle = Arc::new(Mutex::new(std::collections::VecDeque::new()));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(share(client, address.clone(), idle.clone(), size, keeps.clone()));
        }
    });
    format!("{user}@127.0.0.1:{port}/{database}?sslmode=disable")
}

type Idle = Arc<Mutex<std::collections::VecDeque<TcpStream>>>;

/// One message with its tag; None: the other side has closed.
async fn message(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = [0; 5];
    from.read_exact(&mut head).await.ok()?;
    let mut message = head.to_vec();
    message.resize(1 + u32::from_be_bytes(head[1..].try_into().unwrap()) as usize, 0);
    from.read_exact(&mut message[5..]).await.ok()?;
    Some(message)
}

/// Passes what PostgreSQL says on until it is ready, and says whether a transaction is open then.
async fn until_ready(server: &mut TcpStream, client: Option<&mut TcpStream>) -> u8 {
    let mut all = Vec::new();
    loop {
        let next = message(server).await.unwrap();
        all.extend_from_slice(&next);
        if next[0] == b'Z' {
            if let Some(client) = client {
                client.write_all(&all).await.unwrap();
            }
            return next[5];
        }
    }
}

async fn share(mut client: TcpStream, address: String, idle: Idle, size: usize, keeps: Arc<AtomicBool>) {
    let mut length = [0; 4];
    client.read_exact(&mut length).await.unwrap();
    let mut startup = vec![0; u32::from_be_bytes(length) as usize];
    startup[..4].copy_from_slice(&length);
    client.read_exact(&mut startup[4..]).await.unwrap();
    while idle.lock().await.len() < size {
        let mut server = TcpStream::connect(&address).await.unwrap();
        server.write_all(&startup).await.unwrap();
        until_ready(&mut server, None).await;
        idle.lock().await.push_back(server);
    }
    // Authentication is over, process 7654321 answers, and is ready.
    client.write_all(b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\x74\xcb\xb1\0\0\0\x01Z\0\0\0\x05I").await.unwrap();
    let mut asked = Vec::new();
    let mut kept = None;
    while let Some(next) = message(&mut client).await {
        if next[0] == b'X' {
            return;
        }
        asked.extend_from_slice(&next);
        if !matches!(next[0], b'Q' | b'S') {
            continue;
        }
        let mut server = match kept.take() {
            Some(server) if keeps.load(Ordering::Relaxed) => server,
            other => {
                let mut idle = idle.lock().await;
                idle.extend(other);
                idle.pop_front().unwrap()
            }
        };
        server.write_all(&std::mem::take(&mut asked)).await.unwrap();
        until_ready(&mut server, Some(&mut client)).await;
        match keeps.load(Ordering::Relaxed) {
            true => kept = Some(server),
            false => idle.lock().await.push_back(server),
        }
    }
}

#[tokio::test]
async fn a_pooler_that_does_not_keep_sessions_is_refused_whatever_is_said_of_it() {
    // One connection for all; another one for each transaction.
    for size in [1, 2] {
        let url = transaction_pooler(&support::database().await, size, Arc::default()).await;
        let refusal = serve(&url, &["--session-pooler"]).await.expect_err("a refusal").to_string();
        assert!(refusal.contains("not in session mode"), "{size}: {refusal}");
    }
}

#[tokio::test]
async fn a_pooler_that_does_not_keep_sessions_any_more_is_noticed_before_anything_runs() {
    let database = support::database().await;
    support::connect(&database).await.batch_execute("create table t (a text)").await.unwrap();
    let keeps = Arc::new(AtomicBool::new(true));
    let url = transaction_pooler(&database, 4, keeps.clone()).await;
    // (What is kept would be studied in a request that this pooler does not understand.)
    let flags = ["--session-pooler", "--pool-size", "1", "--statement-cache-size", "0"];
    let (client, _shutdown) = serve(&url, &flags).await.unwrap();
    let mut stream = Stream::open_on(&client).await;
    let insert = || bound("insert into t values ($1)", &[Some("x")]);
    let asked = || {
        [insert(), tenant("ann", insert()), bound("select $1::text", &[Some("x")]), tenant("ann", simple("table t"))]
    };
    for _ in 0..3 {
        for request in asked() {
            stream.run(request).await.only();
        }
    }
    keeps.store(false, Ordering::Relaxed);
    for request in asked() {
        let refused = stream.run(request).await;
        let message = refused.failure.as_ref().map(|failure| failure.message.clone()).unwrap_or_default();
        assert!(message.contains("not in session mode"), "{refused:?}");
        assert_eq!(refused.refusal(), (Reason::Unavailable, true));
    }
}

/// A pooler that has been promised to keep sessions, and whose connection holds a statement of the same name for all that.
#[tokio::test]
async fn a_name_that_is_taken_is_made_free_and_the_query_answered() {
    let url = support::database().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = url.rsplit_once('/').unwrap().0.rsplit_once('@').unwrap().1.to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(double(client, TcpStream::connect(&address).await.unwrap()));
        }
    });
    let url = url.replace(url.rsplit_once('/').unwrap().0.rsplit_once(':').unwrap().1, &port.to_string());
    let (client, _shutdown) = serve(&format!("{url}?sslmode=disable"), &["--pool-size", "1"]).await.unwrap();
    let mut stream = Stream::open_on(&client).await;
    for number in 0..6 {
        let sql = format!("select $1::text || {}", number / 3);
        let reply = stream.run(tenant("ann", bound(&sql, &[Some("x")]))).await;
        assert_eq!(reply.text(), format!("x{}", number / 3));
    }
}

/// Has each named statement prepared twice, the first time that its name is seen.
async fn double(mut client: TcpStream, server: TcpStream) {
    let (mut from_server, mut to_server) = server.into_split();
    let mut length = [0; 4];
    client.read_exact(&mut length).await.unwrap();
    let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
    client.read_exact(&mut startup).await.unwrap();
    to_server.write_all(&[&length[..], &startup].concat()).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
    let mut seen = std::collections::HashSet::new();
    loop {
        let mut head = [0; 5];
        if from_client.read_exact(&mut head).await.is_err() {
            return;
        }
        let mut body = vec![0; u32::from_be_bytes(head[1..].try_into().unwrap()) as usize - 4];
        from_client.read_exact(&mut body).await.unwrap();
        let all = [&head[..], &body].concat();
        let name = body.split(|byte| *byte == 0).next().unwrap().to_vec();
        if head[0] == b'P' && !name.is_empty() && seen.insert(name) {
            to_server.write_all(&all).await.unwrap();
        }
        to_server.write_all(&all).await.unwrap();
    }
}
