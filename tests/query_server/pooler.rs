//! A pooler between the query server and PostgreSQL: it announces a process of its own, as PgBouncer does.

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

use crate::shard::{Stream, bound, serve};
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
