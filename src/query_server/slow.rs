//! How long a connection to PostgreSQL waits for a caller who does not take rows. One whose reader has stopped reading
//! would hold it for ever, and a few of them the whole pool. Asked by `run` and `session`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::pool::Pool;
use crate::deadline::Deadlines;

/// What is enough where others need the connection, and how often that is looked at.
const UNDER_PRESSURE: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long is waited for callers.
pub struct Patience {
    pub limit: Option<Duration>,
    /// Connections that may wait while others are needed.
    most: usize,
    /// Those that wait.
    waiting: AtomicUsize,
}

impl Patience {
    pub fn new(limit: Option<Duration>, most: usize) -> Self {
        Patience { limit, most, waiting: AtomicUsize::new(0) }
    }

    /// Returns when a caller has been waited for long enough. To be polled only once there is something to wait for.
    pub async fn ends(&self, pool: &Pool, deadlines: &Deadlines) {
        let since = Instant::now();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waits = Waits(&self.waiting);
        loop {
            deadlines.at(Instant::now() + LOOK_EVERY).await;
            let waited = since.elapsed();
            let is_one_too_many = || self.waiting.load(Ordering::Relaxed) > self.most && pool.is_pressed();
            if self.limit.is_some_and(|limit| waited >= limit) || (waited >= UNDER_PRESSURE && is_one_too_many()) {
                return;
            }
        }
    }
}

struct Waits<'w>(&'w AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
