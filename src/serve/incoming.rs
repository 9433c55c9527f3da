//! The connections of a server, as tonic is given them: each has said something first, there are never more than a cap,
//! and one from which nothing comes any more is closed. Errors of `accept` are waited out. TLS and HTTP/2 are tonic's.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::complaint::{Complaints, of_beginning};
use crate::shutdown::Drain;

/// What every HTTP/2 connection begins with.
const PREFACE: usize = 24;
/// A connection that has not begun by then is closed.
const BEGINNING: Duration = Duration::from_secs(10);
/// What an answer to a ping may take on top of what the server allows for it.
const SLACK: Duration = Duration::from_secs(10);
/// After an error of `accept`, such as no file descriptor left.
const PAUSE: Duration = Duration::from_millis(100);
/// Such errors are logged this often.
const LOG_EVERY: Duration = Duration::from_secs(10);
/// Connections that have not begun: a share of all, and no more than this.
const MOST_SILENT: usize = 256;

/// What holds for all connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub most: usize,
    /// They begin with TLS.
    pub tls: bool,
    /// Longest silence of a client that is asked for signs of life; None: it is not.
    pub silence: Option<Duration>,
}

impl Limits {
    /// `keepalive`: how often a client is asked for a sign of life, and how long it may take.
    pub fn new(most: usize, tls: bool, keepalive: Option<Duration>, keepalive_timeout: Duration) -> Self {
        let silence = keepalive.map(|interval| interval + keepalive_timeout + SLACK);
        Limits { most: most.max(1), tls, silence }
    }
}

/// Accepts connections until the drain starts.
pub fn incoming(listener: TcpListener, limits: Limits, drain: Drain) -> ReceiverStream<io::Result<Connection>> {
    let (begun, connections) = mpsc::channel(16);
    tokio::spawn(accept(listener, limits, drain, begun));
    ReceiverStream::new(connections)
}

async fn accept(listener: TcpListener, limits: Limits, mut drain: Drain, begun: mpsc::Sender<io::Result<Connection>>) {
    let places = Arc::new(Semaphore::new(limits.most));
    let most_silent = (limits.most / 4).clamp(1, MOST_SILENT);
    let mut silent: VecDeque<AbortHandle> = VecDeque::new();
    let mut logged: Option<Instant> = None;
    let complaints = Arc::new(Complaints::default());
    loop {
        let accepted = tokio::select! {
            biased;
            () = drain.wait() => return,
            accepted = next(&listener, &places) => accepted,
        };
        let Some((socket, place)) = accepted.unwrap_or_else(|error| {
            if logged.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
                logged = Some(Instant::now());
                tracing::warn!(%error, "connections cannot be accepted for now");
            }
            None
        }) else {
            // Whoever has waited longest without a word makes room.
            silent.retain(|task| !task.is_finished());
            silent.pop_front().inspect(AbortHandle::abort);
            tokio::select! {
                biased;
                () = drain.wait() => return,
                () = sleep(PAUSE) => continue,
            }
        };
        if silent.len() >= most_silent {
            silent.retain(|task| !task.is_finished());
        }
        if silent.len() >= most_silent {
            silent.pop_front().inspect(AbortHandle::abort);
        }
        let (begun, complaints) = (begun.clone(), complaints.clone());
        let task = tokio::spawn(async move {
            if let Ok(Ok(beginning)) = timeout(BEGINNING, Beginning::read(socket, limits.tls)).await {
                let reason = if limits.tls { None } else { of_beginning(&beginning.bytes) };
                if let Some(reason) = reason {
                    complaints.write(beginning.socket.peer_addr().ok(), reason);
                }
                let _ = begun.send(Ok(beginning.into_connection(place, limits.silence))).await;
            }
        });
        silent.push_back(task.abort_handle());
    }
}

/// The next connection, once there is a place for it; None: its client has gone already.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<Option<(TcpStream, OwnedSemaphorePermit)>> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                // Without it a small answer waits for the client's delayed acknowledgement: 40 ms.
                if socket.set_nodelay(true).is_ok() {
                    return Ok(Some((socket, place)));
                }
            }
            Err(error) if is_of_one(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// True if the error concerns one connection, which is gone.
fn is_of_one(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// A socket and what it began with.
struct Beginning {
    socket: TcpStream,
    bytes: [u8; PREFACE],
    length: usize,
}

impl Beginning {
    /// Reads as much as tells that somebody speaks: HTTP/2's preface, or a byte of a TLS handshake (for whose rest tonic
    /// has a limit).
    async fn read(mut socket: TcpStream, tls: bool) -> io::Result<Self> {
        let (mut bytes, mut length) = ([0; PREFACE], 0);
        let enough = if tls { 1 } else { PREFACE };
        while length < enough {
            match socket.read(&mut bytes[length..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => length += more,
            }
        }
        Ok(Beginning { socket, bytes, length })
    }

    fn into_connection(self, place: OwnedSemaphorePermit, silence: Option<Duration>) -> Connection {
        let Beginning { socket, bytes, length } = self;
        let silence = silence.map(|limit| Silence { limit, heard: Instant::now(), timer: Box::pin(sleep(limit)) });
        Connection { socket, bytes, given: 0, length, silence, _place: place }
    }
}

/// A connection that has begun. It holds its place until it is closed.
pub struct Connection {
    socket: TcpStream,
    bytes: [u8; PREFACE],
    /// How much of `bytes` has been read.
    given: usize,
    length: usize,
    silence: Option<Silence>,
    _place: OwnedSemaphorePermit,
}

struct Silence {
    limit: Duration,
    heard: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Silence {
    /// Ready once nothing has been heard for too long.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.timer.as_mut().poll(context).is_ready() {
            let end = self.heard + self.limit;
            if Instant::now() >= end {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(end);
        }
        Poll::Pending
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.socket.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.given < this.length {
            let end = this.length.min(this.given + buffer.remaining());
            buffer.put_slice(&this.bytes[this.given..end]);
            this.given = end;
            return Poll::Ready(Ok(()));
        }
        match Pin::new(&mut this.socket).poll_read(context, buffer) {
            Poll::Pending => {
                let Some(silence) = &mut this.silence else { return Poll::Pending };
                ready!(silence.poll(context));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client has fallen silent")))
            }
            read => {
                if let Some(silence) = &mut this.silence {
                    silence.heard = Instant::now();
                }
                read
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

/// Connections that leave file descriptors for everything else, from how many this process may have.
pub fn usual_most() -> usize {
    /// Where the system does not say.
    const USUAL: usize = 1024;
    const MOST: usize = 10_000;
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let descriptors = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(USUAL);
    (descriptors / 4 * 3).saturating_sub(32).clamp(16, MOST)
}
