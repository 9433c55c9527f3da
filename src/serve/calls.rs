//! Counts the running calls, so that the drain waits for calls and not for connections: an idle or stuck client may
//! keep its connection open forever. Health checks are not counted.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;

use super::grpc_service::GrpcService;

/// The running calls of one server; supports one waiter.
#[derive(Default)]
pub struct RunningCalls {
    running: AtomicUsize,
    ended: Notify,
}

impl RunningCalls {
    /// True if a call runs.
    pub fn any(&self) -> bool {
        self.running.load(Ordering::Acquire) > 0
    }

    /// Returns when no call runs.
    pub async fn none(&self) {
        while self.any() {
            self.ended.notified().await;
        }
    }
}

/// Held by a call from the arrival of its request until the last byte of its answer is handed over.
struct Running(Arc<RunningCalls>);

impl Running {
    fn new(calls: &Arc<RunningCalls>) -> Self {
        calls.running.fetch_add(1, Ordering::AcqRel);
        Running(calls.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.ended.notify_one();
        }
    }
}

/// A service whose calls are counted.
#[derive(Clone)]
pub struct Counted<S> {
    pub service: S,
    pub calls: Arc<RunningCalls>,
}

impl<S: GrpcService> Service<http::Request<Body>> for Counted<S> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let running = Running::new(&self.calls);
        let answer = self.service.call(request);
        Box::pin(async move {
            let response = answer.await?;
            Ok(response.map(|body| Body::new(CountedBody { body, _running: running })))
        })
    }
}

impl<S: NamedService> NamedService for Counted<S> {
    const NAME: &'static str = S::NAME;
}

/// A response body; its call counts as running while it exists.
struct CountedBody {
    body: Body,
    _running: Running,
}

impl http_body::Body for CountedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn none_waits_for_the_last_call() {
        let calls = Arc::new(RunningCalls::default());
        calls.none().await;
        let (first, second) = (Running::new(&calls), Running::new(&calls));
        let waiting = tokio::spawn({
            let calls = calls.clone();
            async move { calls.none().await }
        });
        drop(first);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!waiting.is_finished());
        drop(second);
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_call_that_came_and_went_unwatched_does_not_end_the_wait_for_another() {
        let calls = Arc::new(RunningCalls::default());
        drop(Running::new(&calls));
        let running = Running::new(&calls);
        assert!(tokio::time::timeout(Duration::from_millis(20), calls.none()).await.is_err());
        drop(running);
        calls.none().await;
    }
}
