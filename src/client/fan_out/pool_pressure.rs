//! Whether the query servers have connections left for questions. A query that asks one while it runs holds a connection on
//! each shard meanwhile: if all connections are held so, it must not wait for long.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a running query waits for the shards to confirm that its plan holds.
const PATIENCE: Duration = Duration::from_millis(250);
/// The same under pressure.
const LITTLE_PATIENCE: Duration = Duration::from_millis(20);
/// How long pressure is assumed after a late answer.
const LIFE: Duration = Duration::from_secs(5);

/// When a shard last answered a question too late.
#[derive(Debug, Default)]
pub struct PoolPressure(Mutex<Option<Instant>>);

impl PoolPressure {
    pub fn patience(&self) -> Duration {
        let since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if since.is_some_and(|since| since.elapsed() < LIFE) { LITTLE_PATIENCE } else { PATIENCE }
    }

    pub fn note(&self, is_late: bool) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *since = is_late.then(Instant::now);
    }
}
