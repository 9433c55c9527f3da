//! The shards of a client, and what sending to them needs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::retry::RetryBudget;
use super::unresponsive::UnresponsiveShards;
use crate::channel::QueryChannel;

#[derive(Debug)]
pub struct Shards {
    /// One per shard, by its index.
    pub channels: Vec<QueryChannel>,
    pub retry_budget: RetryBudget,
    /// For queries that name no number of their own.
    pub max_retries: u32,
    pub unresponsive: UnresponsiveShards,
    /// Rotates the load of queries that any shard can answer.
    next: AtomicUsize,
}

impl Shards {
    pub fn new(channels: Vec<QueryChannel>, max_retries: u32) -> Self {
        let (retry_budget, unresponsive) = (RetryBudget::default(), UnresponsiveShards::default());
        Shards { channels, retry_budget, max_retries, unresponsive, next: AtomicUsize::new(0) }
    }

    pub fn len(&self) -> usize {
        self.channels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// How long to wait for this shard where a query can do without it.
    pub fn patience_with(&self, shard: usize) -> Duration {
        self.unresponsive.patience(shard)
    }

    /// The order in which to try these shards for a query that any of them can answer: round robin, unresponsive shards
    /// last.
    pub fn in_turn(&self, shards: Vec<usize>) -> Vec<usize> {
        let mut shards = shards;
        let first = self.next.fetch_add(1, Ordering::Relaxed) % shards.len().max(1);
        shards.rotate_left(first);
        shards.sort_by_key(|shard| self.unresponsive.contains(*shard));
        shards
    }
}
