//! The library's own queries to one shard: of its catalog, the order of keys, the time. Their results are small, and
//! collected whole.

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::ShardError;
use super::failure::FailedAttempt;
use super::interrupt::{DEADLINE_GRACE, Interrupt};
use super::interrupts::milliseconds_until;
use super::retry::{FailureClass, Retry};
use super::shards::Shards;
use crate::channel::QueryChannel;
use crate::data::result_set::ResultSet;
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};
use crate::proto::QueryRequest;

/// How long a query that any shard can answer waits before it checks whether its shard answers at all.
const PROBE_AFTER: Duration = Duration::from_millis(250);

#[derive(Clone, Copy)]
pub struct InternalQueries<'a> {
    pub shards: &'a Shards,
    pub deadlines: &'a Deadlines,
    pub deadline: Instant,
    pub timeout: Duration,
}

/// Runs all of it at once, and waits for the last.
pub async fn all<T>(work: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut work: Vec<_> = work.into_iter().map(|work| (Box::pin(work), None)).collect();
    poll_fn(|context| {
        for (work, output) in &mut work {
            if output.is_none()
                && let Poll::Ready(ready) = work.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if work.iter().all(|(_, output)| output.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    work.into_iter().filter_map(|(_, output)| output).collect()
}

/// The same with a deadline for each; None: it was not done in time.
pub async fn all_until<T>(
    work: impl IntoIterator<Item = (impl Future<Output = T>, Instant)>,
    deadlines: &Deadlines,
) -> Vec<Option<T>> {
    let in_time = |(work, at)| async move {
        tokio::select! {
            biased;
            output = work => Some(output),
            () = deadlines.at(at) => None,
        }
    };
    all(work.into_iter().map(in_time)).await
}

impl InternalQueries<'_> {
    /// Runs the query on any shard. Tries the next one where a shard cannot be reached, or takes more than a quarter of
    /// the time.
    pub async fn on_any(&self, query: QueryRequest) -> Result<(usize, ResultSet), ShardError> {
        let shards = self.shards.in_turn((0..self.shards.len()).collect());
        let mut failure = None;
        for (tried, &shard) in shards.iter().enumerate() {
            let is_last = tried + 1 == shards.len();
            let (share, asked) = (self.after_part(4).min(self.patience_end(shard)), Instant::now());
            let until = if is_last { self.deadline + 2 * DEADLINE_GRACE } else { share };
            let answer = tokio::select! {
                biased;
                answer = self.once(&self.shards.channels[shard], query.clone(), 0) => answer,
                () = self.deadlines.at(until) => {
                    self.shards.unresponsive.add(shard);
                    Err((FailureClass::NeverSent, self.timeout_error(shard, asked.elapsed(), Fate::NotRun)))
                }
            };
            match answer {
                Ok(result) => return Ok((shard, result)),
                Err((FailureClass::NeverSent, error)) => failure = failure.or(Some(error)),
                Err((_, error)) => return Err(error),
            }
        }
        // All are down. Retries are for the query itself, not for what precedes it.
        Err(failure.unwrap_or(ShardError::Failed(Interrupt::Deadline.error(self.timeout, Fate::NotRun))))
    }

    /// When this part of the remaining time will have passed.
    pub fn after_part(&self, parts: u32) -> Instant {
        let now = Instant::now();
        now + self.deadline.saturating_duration_since(now) / parts
    }

    /// Until when to wait for this shard where a query can do without it.
    pub fn patience_end(&self, shard: usize) -> Instant {
        self.after_part(2).min(Instant::now() + self.shards.patience_with(shard))
    }

    /// The error of a shard that has not answered in time.
    pub fn timeout_error(&self, shard: usize, awaited: Duration, fate: Fate) -> ShardError {
        let address = self.shards.channels[shard].address().to_owned();
        let timeout_ms = awaited.as_millis() as u64;
        ShardError::Failed(Error::ShardTimeout { shard, address, timeout_ms, fate })
    }

    /// Ready once this shard, which has not answered a query yet, does not answer `probe` either, or its answer says that it
    /// cannot answer the query now.
    pub async fn becomes_unresponsive(&self, shard: usize, probe: QueryRequest, says_so: impl Fn(&ResultSet) -> bool) {
        let mut pause = PROBE_AFTER;
        loop {
            self.deadlines.at(Instant::now() + pause).await;
            tokio::select! {
                biased;
                said = self.once_on(shard, probe.clone()) => {
                    if said.is_ok_and(|answer| says_so(&answer)) {
                        return;
                    }
                }
                () = self.deadlines.at(self.patience_end(shard)) => {
                    self.shards.unresponsive.add(shard);
                    return;
                }
            }
            pause *= 2;
        }
    }

    /// Runs the query on this shard.
    pub async fn on(&self, shard: usize, query: QueryRequest) -> Result<ResultSet, ShardError> {
        let answer = self.once(&self.shards.channels[shard], query, self.shards.max_retries).await;
        answer.map_err(|(_, error)| error)
    }

    /// The same without retries.
    pub async fn once_on(&self, shard: usize, query: QueryRequest) -> Result<ResultSet, ShardError> {
        self.once(&self.shards.channels[shard], query, 0).await.map_err(|(_, error)| error)
    }

    async fn once(
        &self,
        channel: &QueryChannel,
        query: QueryRequest,
        retries: u32,
    ) -> Result<ResultSet, (FailureClass, ShardError)> {
        let mut retry = Retry::new(retries);
        loop {
            // The query that this one is for ends at the same time, and knows what has become of it: it goes first.
            let late = self.deadlines.at(self.deadline + 2 * DEADLINE_GRACE);
            let in_time = async {
                match self.attempt(channel, query.clone()).await {
                    Err((_, error)) if self.is_for_the_deadline(&error) => std::future::pending().await,
                    attempt => attempt,
                }
            };
            let attempt = tokio::select! {
                biased;
                attempt = in_time => attempt,
                () = late => {
                    Err((FailureClass::Answered, ShardError::Failed(Interrupt::Deadline.error(self.timeout, Fate::Unknown))))
                }
            };
            let (class, error) = match attempt {
                Ok(result) => return Ok(result),
                Err(failure) => failure,
            };
            match retry.next(class, &self.shards.retry_budget, self.deadline.into_std(), || true) {
                Some(wait) => sleep(wait).await,
                None => return Err((class, error)),
            }
        }
    }

    /// True if the server has stopped a query because the time was up that this side gave it.
    fn is_for_the_deadline(&self, error: &ShardError) -> bool {
        matches!(error, ShardError::Failed(Error::Timeout { .. })) && Instant::now() + DEADLINE_GRACE >= self.deadline
    }

    async fn attempt(
        &self,
        channel: &QueryChannel,
        query: QueryRequest,
    ) -> Result<ResultSet, (FailureClass, ShardError)> {
        let failed = |failed: FailedAttempt| (failed.class, ShardError::Failed(failed.error));
        let wire = QueryRequest { timeout_ms: milliseconds_until(self.deadline), question: true, ..query };
        let mut call = channel.start(wire).await.map_err(|error| failed(FailedAttempt::at_start(error)))?;
        let mut result = ResultSet::default();
        loop {
            let (part, description) = FailedAttempt::part_or_failure(channel, call.next().await).map_err(failed)?;
            if let Some(error) = part.error {
                return Err((FailureClass::Answered, ShardError::Database(error)));
            }
            if let Some(failure) = part.failure {
                return Err(failed(FailedAttempt::refused(channel, failure, None, self.timeout, |_| true)));
            }
            if !part.rows.is_empty() && !part.last {
                call.handle().credit(part.rows.len() as u32);
            }
            result.description = description.or(result.description);
            let taken = result.push_rows(&part.rows);
            taken.map_err(|malformed| failed(FailedAttempt::broken(channel, malformed.to_string())))?;
            if part.last {
                return Ok(result);
            }
        }
    }
}
