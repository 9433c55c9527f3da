//! The unanswered queries of one stream, and what later frames say about them: cancel and credit.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use futures_util::task::AtomicWaker;

use super::stop::StopReason;

/// The stream's queries that have not been answered yet.
#[derive(Default)]
pub struct InFlight(Mutex<HashMap<u32, Arc<QueryControl>>>);

impl InFlight {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Arc<QueryControl>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Cancels all of them.
    pub fn cancel_all(&self) {
        self.lock().values().for_each(|query| query.cancel());
    }

    /// Cancels all of them, because the lease has expired.
    pub fn lapse_all(&self) {
        self.lock().values().for_each(|query| query.lapse());
    }

    /// The query, if it has not been answered yet.
    pub fn get(&self, id: u32) -> Option<Arc<QueryControl>> {
        self.lock().get(&id).cloned()
    }

    pub fn insert(&self, id: u32, query: Arc<QueryControl>) {
        self.lock().insert(id, query);
    }

    /// The query has been answered.
    pub fn remove(&self, id: u32) {
        self.lock().remove(&id);
    }
}

/// What frames after `execute` may say about a query.
#[derive(Default)]
pub struct QueryControl {
    cancelled: AtomicBool,
    /// The lease has expired; then it is cancelled too.
    lapsed: AtomicBool,
    /// Bytes of rows that may still be sent.
    credit: AtomicI64,
    /// The caller takes none for now, and no reader of its own is at fault.
    held_up: AtomicBool,
    /// The query's own task.
    task: AtomicWaker,
}

impl QueryControl {
    /// `window`: bytes of rows that may be sent before there is credit.
    pub fn new(window: i64) -> Self {
        QueryControl { credit: window.into(), ..QueryControl::default() }
    }

    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.task.wake();
    }

    fn lapse(&self) {
        // A query that was cancelled before keeps that reason.
        if !self.is_cancelled() {
            self.lapsed.store(true, Ordering::Release);
        }
        self.cancel();
    }

    /// The reason to stop, once it is cancelled.
    pub fn stop(&self) -> StopReason {
        if self.lapsed.load(Ordering::Acquire) { StopReason::Lapsed } else { StopReason::Cancelled }
    }

    /// No bytes: the caller is held up until there is credit again.
    pub fn add_credit(&self, bytes: u32) {
        self.held_up.store(bytes == 0, Ordering::Release);
        self.credit.fetch_add(bytes.into(), Ordering::AcqRel);
        self.task.wake();
    }

    /// Takes credit for rows of this many bytes.
    pub fn take_credit(&self, bytes: usize) {
        self.credit.fetch_sub(bytes as i64, Ordering::AcqRel);
    }

    /// Waits until `condition` holds, which is checked again after each cancel and credit.
    pub async fn wait(&self, condition: impl Fn(&QueryControl) -> bool) {
        poll_fn(|context| {
            if condition(self) {
                return Poll::Ready(());
            }
            self.task.register(context.waker());
            if condition(self) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    pub fn is_held_up(&self) -> bool {
        self.held_up.load(Ordering::Acquire)
    }

    pub fn has_credit(&self) -> bool {
        self.credit.load(Ordering::Acquire) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn credit_and_cancel_wake_the_query_that_waits_for_them() {
        let control = Arc::new(QueryControl::default());
        let waiting = control.clone();
        let task = tokio::spawn(async move { waiting.wait(QueryControl::has_credit).await });
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        control.add_credit(1);
        task.await.unwrap();
        let waiting = control.clone();
        let task = tokio::spawn(async move { waiting.wait(QueryControl::is_cancelled).await });
        tokio::task::yield_now().await;
        control.cancel();
        task.await.unwrap();
    }
}
