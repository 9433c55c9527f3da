//! Watches a new connection until the server speaks HTTP/2. What it sent instead explains a failure.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls;

use super::peer::{GLANCE, is_http2};

/// What the last connection received: a failed call often reports its end only when the next connection is being made.
#[derive(Debug, Default)]
pub struct Sight(Mutex<SeenBytes>);

#[derive(Clone, Debug, Default)]
pub enum SeenBytes {
    /// There was none.
    #[default]
    Nothing,
    /// These bytes, which are not HTTP/2. It ends after them, or has ended.
    Ended(Vec<u8>),
    /// A server that speaks HTTP/2.
    Http2,
    /// The server ended it with a TLS alert.
    Refused(rustls::Error),
}

impl Sight {
    pub fn seen(&self) -> SeenBytes {
        self.lock().clone()
    }

    pub fn set(&self, seen: SeenBytes) {
        *self.lock() = seen;
    }

    fn lock(&self) -> MutexGuard<'_, SeenBytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub enum WatchedSocket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

pub struct WatchedConnection {
    socket: WatchedSocket,
    /// None: nothing more to find out.
    watch: Option<ConnectionWatch>,
}

struct ConnectionWatch {
    sight: Arc<Sight>,
    bytes: Vec<u8>,
}

impl ConnectionWatch {
    /// What the connection turned out to be; None: that is not certain yet.
    fn seen(&mut self, read: &Poll<io::Result<()>>, bytes: &[u8]) -> Option<SeenBytes> {
        match read {
            Poll::Pending => None,
            Poll::Ready(Ok(())) if bytes.is_empty() => Some(SeenBytes::Ended(self.bytes.clone())),
            Poll::Ready(Ok(())) => {
                let room = GLANCE.saturating_sub(self.bytes.len());
                self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
                if is_http2(&self.bytes) {
                    return Some(SeenBytes::Http2);
                }
                // The call fails because of them, perhaps before the connection is dropped.
                self.sight.set(SeenBytes::Ended(self.bytes.clone()));
                None
            }
            Poll::Ready(Err(error)) => {
                let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
                let ended = || SeenBytes::Ended(self.bytes.clone());
                Some(cause.map_or_else(ended, |cause| SeenBytes::Refused(cause.clone())))
            }
        }
    }
}

impl WatchedConnection {
    pub fn new(socket: WatchedSocket, sight: Arc<Sight>) -> Self {
        WatchedConnection { socket, watch: Some(ConnectionWatch { sight, bytes: Vec::new() }) }
    }

    fn note(&mut self, read: &Poll<io::Result<()>>, bytes: &[u8]) {
        let Some(watch) = &mut self.watch else { return };
        if let Some(seen) = watch.seen(read, bytes) {
            watch.sight.set(seen);
            self.watch = None;
        }
    }

    /// When writing fails, the server may have sent the reason: it is read before the failure is reported. It arrives
    /// at once, because the connection has ended.
    fn written<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if self.watch.is_none() || !matches!(written, Poll::Ready(Err(_))) {
            return written;
        }
        let mut bytes = [0; GLANCE];
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = self.socket.poll_read(context, &mut buffer);
        self.note(&read, buffer.filled());
        if read.is_pending() { Poll::Pending } else { written }
    }
}

impl Drop for WatchedConnection {
    fn drop(&mut self) {
        if let Some(ConnectionWatch { sight, bytes }) = self.watch.take() {
            sight.set(SeenBytes::Ended(bytes));
        }
    }
}

impl WatchedSocket {
    fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            WatchedSocket::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            WatchedSocket::Tls(socket) => Pin::new(socket).poll_read(context, buffer),
        }
    }
}

impl AsyncRead for WatchedConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = self.socket.poll_read(context, buffer);
        if self.watch.is_some() {
            self.note(&read, &buffer.filled()[before..]);
        }
        read
    }
}

impl AsyncWrite for WatchedConnection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = match &mut self.socket {
            WatchedSocket::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            WatchedSocket::Tls(socket) => Pin::new(socket).poll_write(context, bytes),
        };
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.socket {
            WatchedSocket::Plain(socket) => Pin::new(socket).poll_write_vectored(context, parts),
            WatchedSocket::Tls(socket) => Pin::new(socket).poll_write_vectored(context, parts),
        };
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.socket {
            WatchedSocket::Plain(socket) => socket.is_write_vectored(),
            WatchedSocket::Tls(socket) => socket.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = match &mut self.socket {
            WatchedSocket::Plain(socket) => Pin::new(socket).poll_flush(context),
            WatchedSocket::Tls(socket) => Pin::new(socket).poll_flush(context),
        };
        self.written(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            WatchedSocket::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            WatchedSocket::Tls(socket) => Pin::new(socket).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A connection on which the server has sent these bytes, which were read, and what is known of it.
    async fn after(bytes: &[u8]) -> (WatchedConnection, Arc<Sight>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        server.write_all(bytes).await.unwrap();
        let sight = Arc::new(Sight::default());
        let mut connection = WatchedConnection::new(WatchedSocket::Plain(socket), sight.clone());
        let mut read = vec![0; bytes.len()];
        connection.read_exact(&mut read).await.unwrap();
        (connection, sight)
    }

    #[tokio::test]
    async fn what_is_no_http2_is_known_while_the_connection_still_lives() {
        let alert = b"\x15\x03\x03\0\x02\x02\x46";
        let (_connection, sight) = after(alert).await;
        assert!(matches!(sight.seen(), SeenBytes::Ended(bytes) if bytes == alert));
        let (_connection, sight) = after(b"\0\0\x12\x04\0\0\0\0\0").await;
        assert!(matches!(sight.seen(), SeenBytes::Http2));
    }
}
