//! Remembers for a few seconds which shards did not answer in time. A query that can do without such a shard waits for it
//! only briefly.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a query waits for a shard that it can do without.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same for an unresponsive shard.
const LITTLE_PATIENCE: Duration = Duration::from_millis(250);
/// How long a shard counts as unresponsive.
const LIFE: Duration = Duration::from_secs(5);

/// By shard, since when.
#[derive(Debug, Default)]
pub struct UnresponsiveShards(Mutex<HashMap<usize, Instant>>);

impl UnresponsiveShards {
    /// A shard did not answer in time. This does not extend the time of one that is already here, so that a slow shard gets
    /// the full wait now and then.
    pub fn add(&self, shard: usize) {
        let mut shards = self.lock();
        if !is_recent(shards.get(&shard)) {
            shards.insert(shard, Instant::now());
        }
    }

    /// A shard has answered.
    pub fn remove(&self, shard: usize) {
        self.lock().remove(&shard);
    }

    pub fn contains(&self, shard: usize) -> bool {
        is_recent(self.lock().get(&shard))
    }

    pub fn patience(&self, shard: usize) -> Duration {
        if self.contains(shard) { LITTLE_PATIENCE } else { PATIENCE }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_recent(since: Option<&Instant>) -> bool {
    since.is_some_and(|since| since.elapsed() < LIFE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_unresponsive_shard_is_remembered_until_it_answers_or_some_time_has_passed() {
        let shards = UnresponsiveShards::default();
        shards.add(1);
        assert_eq!([shards.patience(0), shards.patience(1)], [PATIENCE, LITTLE_PATIENCE]);
        tokio::time::advance(LIFE / 2).await;
        shards.add(1);
        tokio::time::advance(LIFE / 2).await;
        assert!(!shards.contains(1));
        shards.add(1);
        shards.remove(1);
        assert!(!shards.contains(1));
    }
}
