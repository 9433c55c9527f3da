//! How long a connection to PostgreSQL waits for a caller that does not read its rows. A caller that has stopped
//! reading would hold the connection forever, and a few of them would hold the whole pool. Used by `run` and `session`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::pool::Pool;
use crate::deadline::Deadlines;

/// What is enough where others need the connection.
const UNDER_PRESSURE: Duration = Duration::from_secs(1);
/// The same for a reader who has taken nothing yet.
const AT_FIRST: Duration = Duration::from_millis(400);
/// And for one where many wait for their turns: all of them together are not to wait for much longer than for one. Readers
/// who take longer make way.
const LEAST: Duration = Duration::from_millis(100);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// How long is waited for callers.
pub struct ReaderPatience {
    pub limit: Option<Duration>,
    /// Connections that may wait while others are needed.
    most: usize,
    /// Those that wait.
    waiting: AtomicUsize,
}

impl ReaderPatience {
    pub fn new(limit: Option<Duration>, most: usize) -> Self {
        ReaderPatience { limit, most, waiting: AtomicUsize::new(0) }
    }

    /// Returns when a caller has been waited for long enough. To be polled only once there is something to wait for.
    /// `reads`: it has been waited for before, and has taken rows since. `slow`: it has been waited for so long that others
    /// are to go first; called once. While it is `held_up`, no wait counts.
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
            // Those that may stay longer give no turns.
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
