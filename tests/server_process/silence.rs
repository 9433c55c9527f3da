//! Connections whose clients say nothing, or little: they lock nobody out.

use std::io::Read;
use std::process::Command;

use super::support::authority::Authority;
use super::*;

/// What a client of HTTP/2 begins with: the preface, and SETTINGS without any.
const BEGINNING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The first byte of a TLS handshake.
const TLS_BEGINNING: &[u8] = b"\x16";

/// A server with so few descriptors that a hundred connections are too many.
fn start_limited(flags: &[String]) -> Server {
    let program = command(&IN_MEMORY);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 128 && exec \"$0\" \"$@\""]).arg(program.get_program()).args(program.get_args());
    limited.args(flags);
    Server::spawn(limited)
}

/// More connections than there is room for, on each of which this has been said.
fn half_open(server: &Server, said: &[u8]) -> Vec<TcpStream> {
    let connect = |_| {
        let mut connection = TcpStream::connect(server.address).unwrap();
        connection.write_all(said).unwrap();
        connection
    };
    (0..160).map(connect).collect()
}

/// Seconds on a processor so far.
fn processor_time(server: &Server) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // utime and stime, in hundredths of a second.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn silent_connections_lock_nobody_out_and_cost_nothing() {
    let server = start_limited(&[]);
    let silent = half_open(&server, b"");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (before, since) = (processor_time(&server), Instant::now());
    for _ in 0..3 {
        let channel = plain(&server).await;
        tokio::time::timeout(Duration::from_secs(3), call(channel, None)).await.expect("it is answered").unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let share = (processor_time(&server) - before) / since.elapsed().as_secs_f64();
    assert!(share < 0.2, "{:.0} % of a processor", share * 100.0);
    drop(silent);
}

#[test]
fn a_connection_that_does_not_begin_is_closed() {
    let server = start(&[]);
    let since = Instant::now();
    let mut halfway = TcpStream::connect(server.address).unwrap();
    halfway.write_all(b"PRI * HTT").unwrap();
    let mut silent = TcpStream::connect(server.address).unwrap();
    for connection in [&mut halfway, &mut silent] {
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // A signal to this process interrupts a read that has a time limit.
        let read = loop {
            match connection.read(&mut [0; 16]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        assert_eq!(read.unwrap(), 0);
    }
    assert!((9..15).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_connections_are_served_than_the_cap_and_the_next_waits() {
    let server = start(&["--max-connections", "2"]);
    let first = plain(&server).await;
    call(first.clone(), None).await.unwrap();
    let second = plain(&server).await;
    call(second.clone(), None).await.unwrap();
    let address = format!("http://{}", server.address);
    let third = Endpoint::from_shared(address).unwrap().connect_lazy();
    let mut waiting = Box::pin(call(third, None));
    assert!(tokio::time::timeout(Duration::from_millis(500), &mut waiting).await.is_err());
    drop(first);
    tokio::time::timeout(Duration::from_secs(5), waiting).await.expect("its turn comes").unwrap();
    call(second, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn connections_that_begin_and_then_say_nothing_lock_nobody_out() {
    let server = start_limited(&[]);
    let half_open = half_open(&server, BEGINNING);
    for _ in 0..3 {
        let calling = async { call(plain(&server).await, None).await.unwrap() };
        tokio::time::timeout(Duration::from_secs(5), calling).await.expect("it is answered");
    }
    drop(half_open);
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn tls_handshakes_that_stop_halfway_lock_nobody_out() {
    let authority = Authority::new();
    let server = start_limited(&tls::server_flags(&authority));
    let half_open = half_open(&server, TLS_BEGINNING);
    for _ in 0..3 {
        let calling = tls::call_with(&server, tls::client(&authority));
        tokio::time::timeout(Duration::from_secs(5), calling).await.expect("it is answered").unwrap();
    }
    drop(half_open);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_without_the_token_and_health_checks_hold_no_place_that_another_needs() {
    let server = start(&["--max-connections", "2", "--token", "s3cret"]);
    let stranger = plain(&server).await;
    call(stranger.clone(), None).await.unwrap_err();
    let checking = plain(&server).await;
    health(checking.clone(), "").await.unwrap();
    let mut kept = Vec::new();
    for _ in 0..2 {
        let client = tokio::time::timeout(Duration::from_secs(5), plain(&server)).await.expect("there is room");
        call(client.clone(), Some("s3cret")).await.unwrap();
        kept.push(client);
    }
    for client in kept {
        call(client, Some("s3cret")).await.expect("one that is in use stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_call_stays_open_and_makes_room_where_places_run_out() {
    let server = start(&["--max-connections", "2"]);
    let early = plain(&server).await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    call(early.clone(), None).await.expect("longer than a handshake may take");
    let mut idle = TcpStream::connect(server.address).unwrap();
    idle.write_all(BEGINNING).unwrap();
    let third = plain(&server);
    let third = tokio::time::timeout(Duration::from_secs(5), third).await.expect("it gets the idle one's place");
    call(third, None).await.unwrap();
    call(early, None).await.expect("one that is in use stays");
    idle.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let ended = idle.read_to_end(&mut Vec::new()).err().map(|error| error.kind());
    assert!(matches!(ended, None | Some(std::io::ErrorKind::ConnectionReset)), "it has been closed: {ended:?}");
}
