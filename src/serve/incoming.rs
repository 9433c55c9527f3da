//! The incoming connections of a server: each has sent something before tonic gets it, their number is limited, and
//! silent ones are closed. When the limit is reached, connections without a call are closed first. Errors of `accept`
//! are retried. tonic does TLS and HTTP/2.

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
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::complaint::{Complaints, of_beginning};
use super::progress::{Peer, Progress, UnfinishedConnection};
use crate::shutdown::Drain;

/// What every HTTP/2 connection begins with.
pub const PREFACE: usize = 24;
/// A connection that does not speak HTTP/2 by then is closed.
const BEGINNING: Duration = Duration::from_secs(10);
/// Extra time for the answer to a ping.
const SLACK: Duration = Duration::from_secs(10);
/// The pause after an error of `accept`, such as no file descriptor left.
const PAUSE: Duration = Duration::from_millis(100);
/// How often such errors are logged.
const LOG_EVERY: Duration = Duration::from_secs(10);
/// The most connections that have not begun: a share of all, up to this number.
const MOST_BEGINNING: usize = 256;

/// The limits of all connections.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Connections at once.
    pub most: usize,
    /// They begin with TLS.
    pub tls: bool,
    /// The longest silence of a client despite pings; None: no pings.
    pub silence: Option<Duration>,
}

impl ConnectionLimits {
    /// `keepalive`: how often a client is pinged, and how long the answer may take.
    pub fn new(most: usize, tls: bool, keepalive: Option<Duration>, keepalive_timeout: Duration) -> Self {
        let silence = keepalive.map(|interval| interval + keepalive_timeout + SLACK);
        ConnectionLimits { most: most.max(1), tls, silence }
    }
}

/// Accepts connections until the drain starts.
pub fn incoming(
    listener: TcpListener,
    limits: ConnectionLimits,
    drain: Drain,
) -> ReceiverStream<io::Result<AcceptedConnection>> {
    let (begun, connections) = mpsc::channel(16);
    tokio::spawn(accept(listener, limits, drain, begun));
    ReceiverStream::new(connections)
}

async fn accept(
    listener: TcpListener,
    limits: ConnectionLimits,
    mut drain: Drain,
    begun: mpsc::Sender<io::Result<AcceptedConnection>>,
) {
    let places = Arc::new(Semaphore::new(limits.most));
    let mut unused = Unused::new(limits.most);
    let mut logged: Option<Instant> = None;
    let complaints = Arc::new(Complaints::default());
    loop {
        let accepted = tokio::select! {
            biased;
            () = drain.wait() => return,
            accepted = next(&listener) => accepted,
        };
        let socket = match accepted {
            Ok(Some(socket)) => socket,
            Ok(None) => continue,
            Err(error) => {
                if logged.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
                    logged = Some(Instant::now());
                    tracing::warn!(%error, "connections cannot be accepted for now");
                }
                unused.evict_one();
                tokio::select! {
                    biased;
                    () = drain.wait() => return,
                    () = sleep(PAUSE) => continue,
                }
            }
        };
        let place = match places.clone().try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                unused.evict_one();
                tokio::select! {
                    biased;
                    () = drain.wait() => return,
                    place = places.clone().acquire_owned() => match place {
                        Ok(place) => place,
                        Err(_) => return,
                    },
                }
            }
        };
        let progress = Progress::default();
        unused.add(&progress);
        let (begun, complaints) = (begun.clone(), complaints.clone());
        tokio::spawn(async move {
            let reading = timeout(BEGINNING, Beginning::read(socket, limits.tls));
            let beginning = tokio::select! {
                beginning = reading => beginning,
                () = progress.evicted() => return,
            };
            if let Ok(Ok(beginning)) = beginning {
                let reason = if limits.tls { None } else { of_beginning(&beginning.bytes) };
                if let Some(reason) = reason {
                    complaints.write(beginning.socket.peer_addr().ok(), reason);
                }
                if !limits.tls {
                    progress.has_begun();
                }
                let _ = begun.send(Ok(beginning.into_connection(place, limits.silence, progress))).await;
            }
        });
    }
}

/// The connections without a call, the oldest first.
struct Unused {
    /// Also contains some that are closed or have had a call since.
    all: VecDeque<UnfinishedConnection>,
    /// The length at which those are removed.
    room: usize,
    /// The same for connections that have not begun.
    beginning: VecDeque<UnfinishedConnection>,
    most_beginning: usize,
}

impl Unused {
    fn new(most_connections: usize) -> Self {
        let most_beginning = (most_connections / 4).clamp(1, MOST_BEGINNING);
        Unused { all: VecDeque::new(), room: MOST_BEGINNING, beginning: VecDeque::new(), most_beginning }
    }

    /// Adds a connection. The number of those that have not begun is limited: the oldest is closed.
    fn add(&mut self, progress: &Progress) {
        if self.beginning.len() >= self.most_beginning {
            self.beginning.retain(UnfinishedConnection::is_beginning);
        }
        if self.beginning.len() >= self.most_beginning
            && let Some(oldest) = self.beginning.pop_front()
        {
            oldest.evict();
        }
        self.beginning.push_back(progress.watch());
        if self.all.len() >= self.room {
            self.all.retain(UnfinishedConnection::is_unused);
            self.room = MOST_BEGINNING.max(2 * self.all.len());
        }
        self.all.push_back(progress.watch());
    }

    /// Makes room for another connection: closes the oldest one without a call, if any.
    fn evict_one(&mut self) {
        while let Some(oldest) = self.all.pop_front() {
            if oldest.evict() {
                return;
            }
        }
    }
}

/// The next connection; None: its client is already gone.
async fn next(listener: &TcpListener) -> io::Result<Option<TcpStream>> {
    match listener.accept().await {
        // Without it a small answer waits 40 ms for the client's delayed acknowledgement.
        Ok((socket, _)) => Ok(socket.set_nodelay(true).is_ok().then_some(socket)),
        Err(error) if is_of_one(&error) => Ok(None),
        Err(error) => Err(error),
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
    /// Reads the client's first bytes: HTTP/2's preface, or one byte of a TLS handshake (tonic limits the rest).
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

    fn into_connection(
        self,
        place: OwnedSemaphorePermit,
        silence: Option<Duration>,
        progress: Progress,
    ) -> AcceptedConnection {
        let Beginning { socket, bytes, length } = self;
        let limit = progress.is_beginning().then(|| Box::pin(sleep(BEGINNING)));
        let silence =
            silence.map(|limit| SilenceTimeout { limit, heard: Instant::now(), timer: Box::pin(sleep(limit)) });
        AcceptedConnection { socket, bytes, given: 0, length, silence, progress, limit, _place: place }
    }
}

/// A connection that has begun. It counts until it is closed.
pub struct AcceptedConnection {
    socket: TcpStream,
    bytes: [u8; PREFACE],
    /// How much of `bytes` has been read.
    given: usize,
    length: usize,
    silence: Option<SilenceTimeout>,
    progress: Progress,
    /// Until it has begun.
    limit: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl AcceptedConnection {
    /// How far it has come.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Ready if it must be closed while its client is silent.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        if self.progress.poll_evicted(context).is_ready() {
            return Poll::Ready(io::Error::new(io::ErrorKind::ConnectionAborted, "another connection needs its slot"));
        }
        if let Some(limit) = &mut self.limit {
            if !self.progress.is_beginning() {
                self.limit = None;
            } else if limit.as_mut().poll(context).is_ready() {
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the handshake took too long"));
            }
        }
        let Some(silence) = &mut self.silence else { return Poll::Pending };
        ready!(silence.poll(context));
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the client stopped responding"))
    }
}

struct SilenceTimeout {
    limit: Duration,
    heard: Instant,
    timer: Pin<Box<Sleep>>,
}

impl SilenceTimeout {
    /// Ready once the client has been silent for too long.
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

impl Connected for AcceptedConnection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        Peer { tcp: self.socket.connect_info(), progress: self.progress.clone() }
    }
}

impl AsyncRead for AcceptedConnection {
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
                let error = ready!(this.poll_end(context));
                Poll::Ready(Err(error))
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

impl AsyncWrite for AcceptedConnection {
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

/// The default for the most connections, from the process's limit of file descriptors.
pub fn usual_most() -> usize {
    /// If the system has no such limit.
    const USUAL: usize = 1024;
    const MOST: usize = 10_000;
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let descriptors = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(USUAL);
    (descriptors / 4 * 3).saturating_sub(32).clamp(16, MOST)
}
