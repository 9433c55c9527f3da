//! How far a connection has come, from its first byte to its first call. Before its first call, a connection may be
//! closed to make room for another. `incoming` decides that; the connection and its calls report here.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tonic::transport::server::TcpConnectInfo;
use tonic::{Request, Status};

/// Its client has not started HTTP/2, or has not finished the TLS handshake.
const BEGINNING: u8 = 0;
/// It has begun but has had no call: clients connect early and call later.
const IDLE: u8 = 1;
/// It has had an authorized call other than a health check.
const IN_USE: u8 = 2;
/// It must close.
const EVICTED: u8 = 3;

/// Of one connection; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    stage: AtomicU8,
    /// The task that reads from it.
    reader: AtomicWaker,
}

impl Progress {
    /// Both sides speak HTTP/2.
    pub fn has_begun(&self) {
        let _ = self.0.stage.compare_exchange(BEGINNING, IDLE, Ordering::AcqRel, Ordering::Acquire);
    }

    /// True until then.
    pub fn is_beginning(&self) -> bool {
        self.0.stage.load(Ordering::Acquire) == BEGINNING
    }

    fn is_called(&self) {
        if self.0.stage.load(Ordering::Acquire) != IN_USE {
            self.has_begun();
            let _ = self.0.stage.compare_exchange(IDLE, IN_USE, Ordering::AcqRel, Ordering::Acquire);
        }
    }

    /// Ready once the connection must close. Polled by its reader.
    pub fn poll_evicted(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.0.stage.load(Ordering::Acquire) == IN_USE {
            return Poll::Pending;
        }
        self.0.reader.register(context.waker());
        match self.0.stage.load(Ordering::Acquire) {
            EVICTED => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }

    /// Returns once the connection must close.
    pub async fn evicted(&self) {
        poll_fn(|context| self.poll_evicted(context)).await;
    }

    /// A weak reference.
    pub fn watch(&self) -> UnfinishedConnection {
        UnfinishedConnection(Arc::downgrade(&self.0))
    }
}

/// A connection that may already be closed.
#[derive(Debug)]
pub struct UnfinishedConnection(Weak<Inner>);

impl UnfinishedConnection {
    fn stage(&self) -> Option<u8> {
        self.0.upgrade().map(|inner| inner.stage.load(Ordering::Acquire))
    }

    /// True if it has not begun.
    pub fn is_beginning(&self) -> bool {
        self.stage() == Some(BEGINNING)
    }

    /// True if no call has come.
    pub fn is_unused(&self) -> bool {
        self.stage().is_some_and(|stage| stage < IN_USE)
    }

    /// Closes it unless it has had a call; true if it was closed.
    pub fn evict(&self) -> bool {
        let Some(inner) = self.0.upgrade() else { return false };
        let evict = |stage| (stage < IN_USE).then_some(EVICTED);
        let evicted = inner.stage.fetch_update(Ordering::AcqRel, Ordering::Acquire, evict).is_ok();
        inner.reader.wake();
        evicted
    }
}

/// The connection of a call.
#[derive(Clone, Debug)]
pub struct Peer {
    pub tcp: TcpConnectInfo,
    pub progress: Progress,
}

/// Adds the caller's address where tonic looks for it.
#[expect(clippy::unnecessary_wraps, reason = "tonic's interceptors are of this type")]
pub fn tell_address(mut request: Request<()>) -> Result<Request<()>, Status> {
    if let Some(tcp) = request.extensions().get::<Peer>().map(|peer| peer.tcp.clone()) {
        request.extensions_mut().insert(tcp);
    }
    Ok(request)
}

/// Notes a call. Use it only for authorized calls: others must not keep a connection open.
#[expect(clippy::unnecessary_wraps, reason = "tonic's interceptors are of this type")]
pub fn note_call(request: Request<()>) -> Result<Request<()>, Status> {
    if let Some(peer) = request.extensions().get::<Peer>() {
        peer.progress.is_called();
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_an_unused_connection_is_evicted_and_its_reader_hears_of_it() {
        let progress = Progress::default();
        let watched = progress.watch();
        assert!(watched.is_beginning() && watched.is_unused());
        progress.has_begun();
        assert!(!watched.is_beginning() && watched.is_unused());
        let reader = tokio::spawn({
            let progress = progress.clone();
            async move { progress.evicted().await }
        });
        tokio::task::yield_now().await;
        assert!(watched.evict() && !watched.evict());
        reader.await.unwrap();
        drop(progress);
        assert!(!watched.evict() && !watched.is_unused());

        let used = Progress::default();
        used.is_called();
        assert!(!used.watch().evict());
    }
}
