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
    /// It ended before the server spoke HTTP/2; these bytes came.
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
    /// What happened to the connection; None: nothing so far.
    fn seen(&mut self, read: &Poll<io::Result<()>>, bytes: &[u8]) -> Option<SeenBytes> {
        match read {
            Poll::Pending => None,
            Poll::Ready(Ok(())) if bytes.is_empty() => Some(SeenBytes::Ended(self.bytes.clone())),
            Poll::Ready(Ok(())) => {
                let room = GLANCE.saturating_sub(self.bytes.len());
                self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
                is_http2(&self.bytes).then_some(SeenBytes::Http2)
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
