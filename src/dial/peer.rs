//! Finds out what answers at an address after a connection to one of our servers has failed: three short connections,
//! each with the opening bytes of another protocol.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_millis(500);
/// The examined bytes of an answer.
pub const GLANCE: usize = 24;

/// PostgreSQL's SSLRequest, which is answered with one letter.
const SSL_REQUEST: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];
/// HTTP/2's preface and a SETTINGS frame.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// A TLS 1.2 ClientHello, which gets an answer, even if it is a refusal.
const CLIENT_HELLO: &[u8] = &[
    0x16, 3, 1, 0, 0x2d, 1, 0, 0, 0x29, 3, 3, // a handshake record, ClientHello, TLS 1.2
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31, // random
    0, 0, 2, 0xc0, 0x2f, 1, 0, // no session, ECDHE-RSA-AES128-GCM, no compression
];

/// A protocol. The later ones decide if several seem to be spoken at one port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spoken {
    /// Something else, with these first bytes.
    Other(Vec<u8>),
    Http1,
    Http2,
    Tls,
    Postgres,
}

/// Recognizes an answer's first bytes.
pub fn recognize(bytes: &[u8]) -> Option<Spoken> {
    Some(match bytes {
        [] => return None,
        [b'S' | b'N'] => Spoken::Postgres,
        // An alert or a handshake.
        [0x15 | 0x16, 3, ..] => Spoken::Tls,
        [b'H', b'T', b'T', b'P', b'/', b'1', ..] => Spoken::Http1,
        _ if is_http2(bytes) => Spoken::Http2,
        _ => Spoken::Other(bytes[..bytes.len().min(GLANCE)].to_vec()),
    })
}

/// HTTP/2 servers begin with a short SETTINGS frame.
pub fn is_http2(bytes: &[u8]) -> bool {
    matches!(bytes, [0, _, _, 4, ..])
}

/// None: nobody answers, or not in time.
pub async fn ask(address: &str) -> Option<Spoken> {
    let end = Instant::now() + PATIENCE;
    let questions = [SSL_REQUEST, PREFACE, CLIENT_HELLO];
    let mut answers: FuturesUnordered<_> =
        questions.iter().map(|question| timeout_at(end, answer(address, question))).collect();
    let mut spoken = None;
    while let Some(answer) = answers.next().await {
        spoken = spoken.max(answer.ok().flatten());
        if spoken >= Some(Spoken::Http2) {
            break;
        }
    }
    spoken
}

async fn answer(address: &str, question: &[u8]) -> Option<Spoken> {
    let mut socket = TcpStream::connect(address).await.ok()?;
    socket.write_all(question).await.ok()?;
    let mut bytes = [0; GLANCE];
    let length = socket.read(&mut bytes).await.ok()?;
    recognize(&bytes[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_recognized_by_their_first_bytes() {
        for (bytes, spoken) in [
            (&b""[..], None),
            (b"N", Some(Spoken::Postgres)),
            (b"S", Some(Spoken::Postgres)),
            (b"\x15\x03\x01\0\x02\x02\x46", Some(Spoken::Tls)),
            (b"\x16\x03\x03\0\x50", Some(Spoken::Tls)),
            (b"HTTP/1.1 400 Bad Request", Some(Spoken::Http1)),
            (b"\0\0\x12\x04\0\0\0\0\0", Some(Spoken::Http2)),
            (b"SSH-2.0", Some(Spoken::Other(b"SSH-2.0".to_vec()))),
        ] {
            assert_eq!(recognize(bytes), spoken, "{bytes:?}");
        }
        assert!(Some(Spoken::Http1) < Some(Spoken::Http2) && None < Some(Spoken::Http1));
    }

    #[test]
    fn the_client_hello_has_the_lengths_that_it_says() {
        assert_eq!(CLIENT_HELLO.len() - 5, 0x2d);
        assert_eq!(CLIENT_HELLO.len() - 9, 0x29);
    }
}
