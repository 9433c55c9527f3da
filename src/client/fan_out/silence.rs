//! Which shards have not answered a moment ago. A query that can do without them does not wait for each of them anew.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a shard is awaited at most where a query can do without it.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same of one that is remembered.
const LITTLE_PATIENCE: Duration = Duration::from_millis(250);
/// How long a shard is remembered that has been awaited in vain.
const LIFE: Duration = Duration::from_secs(5);

/// By shard, since when.
#[derive(Debug, Default)]
pub struct Silence(Mutex<HashMap<usize, Instant>>);

impl Silence {
    /// A shard has been awaited in vain. What is remembered of it is not prolonged: a shard that is slow is awaited for the
    /// full time now and then.
    pub fn note(&self, shard: usize) {
        let mut silent = self.lock();
        if !is_remembered(silent.get(&shard)) {
            silent.insert(shard, Instant::now());
        }
    }

    /// A shard has answered.
    pub fn end(&self, shard: usize) {
        self.lock().remove(&shard);
    }

    pub fn is_of(&self, shard: usize) -> bool {
        is_remembered(self.lock().get(&shard))
    }

    pub fn patience(&self, shard: usize) -> Duration {
        if self.is_of(shard) { LITTLE_PATIENCE } else { PATIENCE }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_remembered(since: Option<&Instant>) -> bool {
    since.is_some_and(|since| since.elapsed() < LIFE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_shard_is_remembered_for_a_while_until_it_answers() {
        let silence = Silence::default();
        silence.note(1);
        assert_eq!([silence.patience(0), silence.patience(1)], [PATIENCE, LITTLE_PATIENCE]);
        tokio::time::advance(LIFE / 2).await;
        silence.note(1);
        tokio::time::advance(LIFE / 2).await;
        assert!(!silence.is_of(1));
        silence.note(1);
        silence.end(1);
        assert!(!silence.is_of(1));
    }
}
