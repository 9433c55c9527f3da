//! Questions of the library's own to one shard: what its catalogue says, how it ranks keys, what time it is. Small
//! answers, taken in whole.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep};

use super::outcome::Fault;
use super::watch::milliseconds_until;
use crate::channel::{Event, QueryChannel};
use crate::client::failure::Failed;
use crate::client::query::GRACE;
use crate::client::world::{Interrupt, World};
use crate::data::row::{MalformedRow, Rows};
use crate::data::shape::Description;
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};
use crate::proto::{Parameter, QueryRequest};
use crate::scatter::{Class, Retry};

/// How long a query that any shard can answer waits before it asks whether its shard answers at all.
const AT_ONCE: Duration = Duration::from_millis(250);

/// Whoever asks, and until when.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    pub world: &'a World,
    pub deadlines: &'a Deadlines,
    pub deadline: Instant,
    pub timeout: Duration,
}

#[derive(Debug, Default)]
pub struct Answer {
    pub description: Option<Arc<Description>>,
    pub rows: Vec<Vec<Option<Bytes>>>,
}

impl Answer {
    /// A cell as text; None: NULL, or no such cell.
    pub fn text(&self, row: usize, column: usize) -> Option<&str> {
        let cell = self.rows.get(row)?.get(column)?.as_ref()?;
        std::str::from_utf8(cell).ok()
    }
}

/// A parameter in text format.
pub fn text(value: impl Into<Bytes>) -> Parameter {
    Parameter { value: Some(value.into()), binary: false }
}

/// Does all of it at once, and waits for the last.
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

/// Does all of it at once, each until then; None: it was not done in time.
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

impl Asker<'_> {
    /// Asks a shard; which does not matter. One that cannot be reached, or does not answer in a quarter of the time or in
    /// its share of it, is passed over.
    pub async fn any(&self, query: QueryRequest) -> Result<(usize, Answer), Fault> {
        let shards = self.world.fan_outs.in_turn((0..self.world.channels.len()).collect());
        let mut failure = None;
        for (tried, &shard) in shards.iter().enumerate() {
            let is_last = tried + 1 == shards.len();
            let (share, asked) = (self.share(4).min(self.until_silent(shard)), Instant::now());
            let until = if is_last { self.deadline + 2 * GRACE } else { share };
            let answer = tokio::select! {
                biased;
                answer = self.once(&self.world.channels[shard], query.clone(), 0) => answer,
                () = self.deadlines.at(until) => {
                    self.world.fan_outs.silence.note(shard);
                    Err((Class::NeverSent, self.silent(shard, asked.elapsed(), Fate::NotRun)))
                }
            };
            match answer {
                Ok(answer) => return Ok((shard, answer)),
                Err((Class::NeverSent, fault)) => failure = failure.or(Some(fault)),
                Err((_, fault)) => return Err(fault),
            }
        }
        // All are down: the patience of the query's own retries is not for what comes before it.
        Err(failure.unwrap_or(Fault::Failed(Interrupt::Deadline.error(self.timeout, Fate::NotRun))))
    }

    /// When this part of the time that is left will have passed.
    pub fn share(&self, parts: u32) -> Instant {
        let now = Instant::now();
        now + self.deadline.saturating_duration_since(now) / parts
    }

    /// How long this shard is awaited where a query can do without it.
    pub fn until_silent(&self, shard: usize) -> Instant {
        self.share(2).min(Instant::now() + self.world.fan_outs.patience_with(shard))
    }

    /// What is said of a shard that has not answered a question in time.
    pub fn silent(&self, shard: usize, awaited: Duration, fate: Fate) -> Fault {
        let QueryChannel { shard, address, .. } = &self.world.channels[shard];
        let timeout_ms = awaited.as_millis() as u64;
        Fault::Failed(Error::ShardTimeout { shard: *shard, address: address.clone(), timeout_ms, fate })
    }

    /// Ready once it turns out that this shard, which does not answer a query, does not answer a small question either.
    pub async fn falls_silent(&self, shard: usize) {
        self.deadlines.at(Instant::now() + AT_ONCE).await;
        let question = QueryRequest { sql: "SELECT 1".into(), ..QueryRequest::default() };
        tokio::select! {
            biased;
            _ = self.once_of(shard, question) => std::future::pending().await,
            () = self.deadlines.at(self.until_silent(shard)) => self.world.fan_outs.silence.note(shard),
        }
    }

    /// Asks this shard.
    pub async fn shard(&self, shard: usize, query: QueryRequest) -> Result<Answer, Fault> {
        let answer = self.once(&self.world.channels[shard], query, self.world.max_retries).await;
        answer.map_err(|(_, fault)| fault)
    }

    /// Asks this shard once.
    pub async fn once_of(&self, shard: usize, query: QueryRequest) -> Result<Answer, Fault> {
        self.once(&self.world.channels[shard], query, 0).await.map_err(|(_, fault)| fault)
    }

    /// Why PostgreSQL refuses a query, if it does so at once. Any shard is asked, and stopped when it begins to answer.
    pub async fn refusal(&self, query: QueryRequest) -> Option<Fault> {
        let shards = self.world.fan_outs.in_turn((0..self.world.channels.len()).collect());
        let channel = &self.world.channels[*shards.first()?];
        let wire = QueryRequest { timeout_ms: milliseconds_until(self.deadline), ..query };
        let mut call = channel.start(wire).await.ok()?;
        match call.next().await {
            Event::Part(part, _) => part.error.map(Fault::Database),
            _ => None,
        }
    }

    async fn once(&self, channel: &QueryChannel, query: QueryRequest, retries: u32) -> Result<Answer, (Class, Fault)> {
        let mut retry = Retry::new(retries);
        loop {
            let attempt = tokio::select! {
                biased;
                attempt = self.attempt(channel, query.clone()) => attempt,
                () = self.deadlines.at(self.deadline + GRACE) => {
                    Err((Class::Answered, Fault::Failed(Interrupt::Deadline.error(self.timeout, Fate::Unknown))))
                }
            };
            let (class, fault) = match attempt {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            match retry.next(class, &self.world.retries, self.deadline.into_std(), || true) {
                Some(wait) => sleep(wait).await,
                None => return Err((class, fault)),
            }
        }
    }

    async fn attempt(&self, channel: &QueryChannel, query: QueryRequest) -> Result<Answer, (Class, Fault)> {
        let failed = |failed: Failed| (failed.class, Fault::Failed(failed.error));
        let wire = QueryRequest { timeout_ms: milliseconds_until(self.deadline), ..query };
        let mut call = channel.start(wire).await.map_err(|error| failed(Failed::at_start(error)))?;
        let mut answer = Answer::default();
        loop {
            match call.next().await {
                Event::Part(part, description) => {
                    if let Some(error) = part.error {
                        return Err((Class::Answered, Fault::Database(error)));
                    }
                    if let Some(failure) = part.failure {
                        return Err(failed(Failed::refused(channel, failure, None, self.timeout, |_| true)));
                    }
                    if !part.rows.is_empty() && !part.last {
                        call.handle().credit(part.rows.len() as u32);
                    }
                    answer.description = description.or(answer.description);
                    let taken = take_rows(&part.rows, &mut answer.rows);
                    taken.map_err(|malformed| failed(Failed::broken(channel, malformed.to_string())))?;
                    if part.last {
                        return Ok(answer);
                    }
                }
                Event::NeverRan(reason) => return Err(failed(Failed::never_ran(channel, reason))),
                Event::Lost(reason) => return Err(failed(Failed::lost(channel, reason))),
                Event::Broken(reason) => return Err(failed(Failed::broken(channel, reason))),
            }
        }
    }
}

fn take_rows(batch: &Bytes, rows: &mut Vec<Vec<Option<Bytes>>>) -> Result<(), MalformedRow> {
    for row in Rows::new(batch) {
        let mut row = row?;
        let cells = (0..row.columns).map(|_| Ok(row.cell()?.map(|cell| batch.slice_ref(cell))));
        rows.push(cells.collect::<Result<_, MalformedRow>>()?);
    }
    Ok(())
}
