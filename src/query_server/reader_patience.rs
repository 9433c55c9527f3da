//! How long a connection to PostgreSQL waits for a caller that does not read its rows. A caller that has stopped
//! reading would hold the connection forever, and a few of them would hold the whole pool. Used by `run` and `session`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::pool::Pool;
use crate::deadline::Deadlines;

/// The limit while others need the connection.
const UNDER_PRESSURE: Duration = Duration::from_secs(1);
/// The same for a caller that has read nothing yet.
const AT_FIRST: Duration = Duration::from_millis(400);
/// The least limit, if many wait: together they should not wait much longer than for one slow caller. Slower callers
/// let others go first.
const LEAST: Duration = Duration::from_millis(100);
/// How often it is checked.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// How long to wait for callers that do not read.
pub struct ReaderPatience {
    pub limit: Option<Duration>,
    /// Connections that may wait for callers while others need them.
    most: usize,
    /// Those that wait.
    waiting: AtomicUsize,
}

impl ReaderPatience {
    pub fn new(limit: Option<Duration>, most: usize) -> Self {
        ReaderPatience { limit, most, waiting: AtomicUsize::new(0) }
    }

    /// Returns when the caller has been waited for long enough. Poll it only when there is something to wait for.
    /// `reads`: the caller has read rows since an earlier wait. `held_up`: while it is true, no wait counts. `slow` is
    /// called once, when the caller has waited so long that others should go first.
    pub async fn ends(
        &self,
        pool: &Pool,
        deadlines: &Deadlines,
        reads: bool,
        held_up: impl Fn() -> bool,
        slow: impl FnOnce(),
    ) {
        let mut slow = Some(slow);
        let mut since = Instant::now();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waits = WaitingReader(&self.waiting);
        loop {
            deadlines.at(Instant::now() + LOOK_EVERY).await;
            if held_up() {
                since = Instant::now();
                continue;
            }
            let waited = since.elapsed();
            if waited >= LEAST
                && let Some(slow) = slow.take()
            {
                slow();
            }
            if self.limit.is_some_and(|limit| waited >= limit) {
                return;
            }
            if self.waiting.load(Ordering::Relaxed) <= self.most {
                continue;
            }
            let pressure = pool.pressure();
            // Connections that may wait longer do not serve others.
            let rounds = pressure.waiting.div_ceil(pressure.size.saturating_sub(self.most).max(1));
            let enough = match u32::try_from(rounds.max(1)) {
                Ok(rounds) if !reads => (AT_FIRST / rounds).max(LEAST),
                _ => UNDER_PRESSURE,
            };
            if pressure.waiting > 0 && waited >= enough {
                return;
            }
        }
    }
}

struct WaitingReader<'w>(&'w AtomicUsize);

impl Drop for WaitingReader<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
