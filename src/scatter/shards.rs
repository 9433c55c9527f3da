//! The shards of a client, and what sending to them needs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::retry::RetryBudget;
use super::unresponsive::UnresponsiveShards;
use crate::channel::QueryChannel;

/// Parts that all starts share: a start takes so many that no more of them fit than the servers run at once.
const PARTS: u32 = 1 << 16;
/// How many queries a server runs at once that does not say it.
const USUAL_MOST: u32 = 8;

/// Held by a query from when it is sent to several shards until all of them have begun to answer.
pub type StartTurn<'a> = SemaphorePermit<'a>;

#[derive(Debug)]
pub struct Shards {
    /// One per shard, by its index.
    pub channels: Vec<QueryChannel>,
    pub retry_budget: RetryBudget,
    /// For queries that name no number of their own.
    pub max_retries: u32,
    pub unresponsive: UnresponsiveShards,
    /// Queries that wait for connections on some shards while they hold others. No more of them than fit on each server: else
    /// each of two could hold what the other waits for.
    starts: Semaphore,
    /// Rotates the load of queries that any shard can answer.
    next: AtomicUsize,
}

impl Shards {
    pub fn new(channels: Vec<QueryChannel>, max_retries: u32) -> Self {
        let (retry_budget, unresponsive) = (RetryBudget::default(), UnresponsiveShards::default());
        let starts = Semaphore::new(PARTS as usize);
        Shards { channels, retry_budget, max_retries, unresponsive, starts, next: AtomicUsize::new(0) }
    }

    /// Waits until a query may be sent to several shards.
    pub async fn turn_to_start(&self) -> Option<StartTurn<'_>> {
        let most = self.channels.iter().map(|channel| channel.most_at_once().unwrap_or(USUAL_MOST)).min();
        // It is never closed.
        self.starts.acquire_many(PARTS.div_ceil(most.unwrap_or(1).clamp(1, PARTS))).await.ok()
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
