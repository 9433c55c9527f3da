//! Deadlines of many short queries on one timer. A tokio timer wakes its runtime's thread whenever it is set to fire
//! before all others, which with one query at a time is every time; and nearly all deadlines are dropped unused. Here
//! the timer is reset only when a deadline is earlier than the one it is set for. Used by `client` and `query_server`.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Keeps the deadlines. Its task ends with the last handle.
#[derive(Debug)]
pub struct Deadlines(Arc<Timers>);

#[derive(Debug, Default)]
struct Timers {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: BTreeMap<(Instant, u64), Waker>,
    last_key: u64,
    /// The time for which the timer is set; not later than any deadline.
    alarm: Option<Instant>,
    closed: bool,
}

impl Deadlines {
    /// Starts the timer task on the current runtime.
    pub fn start() -> Self {
        let shared = Arc::new(Timers::default());
        tokio::spawn(watch(shared.clone()));
        Deadlines(shared)
    }

    /// Ready once `at` has passed.
    pub fn at(&self, at: Instant) -> Deadline {
        Deadline { shared: self.0.clone(), at, key: None }
    }
}

impl Drop for Deadlines {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

impl Timers {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn watch(shared: Arc<Timers>) {
    loop {
        let alarm = {
            let mut state = shared.lock();
            if state.closed {
                return;
            }
            let now = Instant::now();
            while let Some(entry) = state.waiting.first_entry()
                && entry.key().0 <= now
            {
                entry.remove().wake();
            }
            state.alarm = state.waiting.first_key_value().map(|((at, _), _)| *at);
            state.alarm
        };
        match alarm {
            Some(alarm) => tokio::select! {
                () = sleep_until(alarm) => {}
                () = shared.changed.notified() => {}
            },
            None => shared.changed.notified().await,
        }
    }
}

/// One deadline; dropping it cancels it.
#[derive(Debug)]
pub struct Deadline {
    shared: Arc<Timers>,
    at: Instant,
    key: Option<u64>,
}

impl Future for Deadline {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if Instant::now() >= this.at {
            return Poll::Ready(());
        }
        let mut state = this.shared.lock();
        let key = *this.key.get_or_insert_with(|| {
            state.last_key += 1;
            state.last_key
        });
        state.waiting.insert((this.at, key), context.waker().clone());
        if state.alarm.is_none_or(|alarm| this.at < alarm) {
            // Set here, so that only the first of many new deadlines wakes the timer task.
            state.alarm = Some(this.at);
            drop(state);
            this.shared.changed.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.shared.lock().waiting.remove(&(self.at, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn milliseconds(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[tokio::test(start_paused = true)]
    async fn deadlines_pass_in_their_order_whatever_the_order_in_which_they_were_set() {
        let deadlines = Deadlines::start();
        let start = Instant::now();
        let waits = [30, 10, 20].map(|after| {
            let deadline = deadlines.at(start + milliseconds(after));
            tokio::spawn(async move {
                deadline.await;
                start.elapsed()
            })
        });
        for (wait, expected) in waits.into_iter().zip([30, 10, 20]) {
            let elapsed = wait.await.unwrap();
            assert!(elapsed >= milliseconds(expected) && elapsed < milliseconds(expected + 5), "{elapsed:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_is_taken_back_leaves_nothing_and_later_ones_still_pass() {
        let deadlines = Deadlines::start();
        let start = Instant::now();
        for _ in 0..100 {
            tokio::select! {
                biased;
                () = deadlines.at(start + milliseconds(10)) => unreachable!("time stands still"),
                () = tokio::task::yield_now() => {}
            }
        }
        assert!(deadlines.0.lock().waiting.is_empty());
        deadlines.at(start + milliseconds(50)).await;
        assert!(start.elapsed() >= milliseconds(50));
        deadlines.at(start).await;
    }
}
