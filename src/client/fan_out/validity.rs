//! Whether what a plan takes for known of the shards still holds: asked before a query runs, while it runs, and once it has.
//! A shard that does not answer is left out where the query can do without it.

use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::time::{Instant, timeout};

use super::execution::FanOut;
use super::planning::PlanSnapshot;
use super::{fingerprints, locks};
use crate::error::{Error, Fate};
use crate::scatter::{FanOutError, Interrupts, ShardCalls, ShardError, all_until, unavailable};

/// Whether what is known of the shards holds.
pub enum Validity<'q> {
    Valid,
    Outdated,
    /// They have not said it in time: what comes of the question.
    Pending(Pin<Box<dyn Future<Output = Result<bool, ShardError>> + Send + 'q>>),
}

impl Validity<'_> {
    /// Does `work` while the question goes on. It is over when the work is, and may not be answered yet.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let Validity::Pending(question) = self else { return work.await };
        let (mut work, mut said) = (pin!(work), None);
        let output = poll_fn(|context| {
            if said.is_none()
                && let Poll::Ready(holds) = question.as_mut().poll(context)
            {
                said = Some(holds);
            }
            work.as_mut().poll(context)
        })
        .await;
        if let Some(holds) = said {
            *self = Validity::Pending(Box::pin(ready(holds)));
        }
        output
    }
}

impl<'a> FanOut<'a> {
    /// True if what a plan takes for known still holds, as far as shards can be reached, while none runs it.
    pub async fn still_holds(
        &mut self,
        interrupts: &mut Interrupts<'_>,
        snapshot: &PlanSnapshot<'_>,
    ) -> Result<bool, FanOutError> {
        let dependencies = &snapshot.planned.dependencies;
        // Without some of the shards, the silent ones have to be known.
        if dependencies.relations.is_empty() && !self.request.partial {
            return Ok(true);
        }
        self.has_same_fingerprints(interrupts, snapshot).await
    }

    /// The same of whatever the shards have said of themselves.
    pub async fn has_same_fingerprints(
        &mut self,
        interrupts: &mut Interrupts<'_>,
        snapshot: &PlanSnapshot<'_>,
    ) -> Result<bool, FanOutError> {
        let dependencies = &snapshot.planned.dependencies;
        let (internal, asked) = (self.internal, fingerprints::question(dependencies));
        let said = self.heard(interrupts, |shard| internal.once_on(shard, asked.clone())).await?;
        let mut holds = true;
        for (shard, said) in said {
            let Ok(answer) = said else { continue };
            self.shared.shards.unresponsive.remove(shard);
            // Only a partial result does without what is merely locked: any other plan is made anew.
            let locked =
                if self.request.partial { self.shared.fan_outs.plans.locked_on(shard, dependencies) } else { None };
            if self.does_without && (locked.is_some() || !snapshot.fingerprints.know(shard)) {
                let reason = match locked {
                    Some(name) => locks::locked_by_another(&name),
                    None => "it has not said in time what it contains".to_owned(),
                };
                let reason = format!("{reason}; the query was not sent to it");
                self.silent.push((shard, ShardError::Failed(unavailable(&self.shared.shards.channels[shard], reason))));
            } else {
                holds &= snapshot.fingerprints.are_those_of(shard, &answer, dependencies);
            }
        }
        match self.silent.first() {
            Some((_, error)) if self.silent.len() == self.shards() => Err(error.clone().into()),
            _ => Ok(holds),
        }
    }

    /// The same where all shards have to be reached: an error if one cannot be, and nothing has been sent to any.
    pub async fn holds_everywhere(
        &mut self,
        interrupts: &mut Interrupts<'_>,
        snapshot: &PlanSnapshot<'_>,
    ) -> Result<bool, FanOutError> {
        let dependencies = &snapshot.planned.dependencies;
        let (internal, asked) = (self.internal, fingerprints::question(dependencies));
        let said = self.heard(interrupts, |shard| internal.on(shard, asked.clone())).await?;
        let mut holds = true;
        for (shard, said) in said {
            holds &= snapshot.fingerprints.are_those_of(shard, &said.map_err(ShardError::sent_to_none)?, dependencies);
        }
        Ok(holds)
    }

    /// What becomes of asking each shard. The query's time is up for all of them when it is for one, except that a query
    /// which can do without some of them waits for each no longer than its share.
    pub async fn heard<T, F: Future<Output = T>>(
        &mut self,
        interrupts: &mut Interrupts<'_>,
        ask: impl Fn(usize) -> F,
    ) -> Result<Vec<(usize, T)>, FanOutError> {
        let internal = self.internal;
        let until = |shard| if self.does_without { internal.until_silent(shard) } else { internal.share(1) };
        let shards = self.speaking();
        let asked: Vec<_> = shards.iter().map(|&shard| (ask(shard), until(shard))).collect();
        let shares: Vec<_> = asked.iter().map(|(_, until)| until.saturating_duration_since(Instant::now())).collect();
        let asked = all_until(asked, internal.deadlines);
        let said = interrupts.until(asked).await.map_err(|interrupt| self.interrupted(interrupt))?;
        let mut heard = Vec::new();
        for ((shard, share), said) in shards.into_iter().zip(shares).zip(said) {
            let Some(said) = said else {
                self.shared.shards.unresponsive.add(shard);
                if !self.does_without {
                    return Err(internal.silent(shard, internal.timeout, Fate::NotRun).into());
                }
                self.silent.push((shard, internal.silent(shard, share, Fate::NotSent)));
                continue;
            };
            heard.push((shard, said));
        }
        match self.silent.first() {
            Some((_, error)) if heard.is_empty() => Err(error.clone().into()),
            _ => Ok(heard),
        }
    }

    /// Whether what a plan takes for known still holds on the shards that have begun to answer. They keep a connection
    /// each meanwhile, so that those who wait for one must not wait for long.
    pub async fn validity<'q>(
        &self,
        calls: &mut ShardCalls<'_>,
        snapshot: &PlanSnapshot<'q>,
    ) -> Result<Validity<'q>, FanOutError>
    where
        'a: 'q,
    {
        let PlanSnapshot { planned, fingerprints } = *snapshot;
        if planned.dependencies.relations.is_empty() {
            return Ok(Validity::Valid);
        }
        let (internal, shards, pool_pressure) = (self.internal, calls.answering(), &self.shared.fan_outs.pool_pressure);
        let mut asked: Pin<Box<dyn Future<Output = _> + Send + 'q>> =
            Box::pin(async move { fingerprints.hold(internal, &shards, &planned.dependencies).await });
        let said = calls.until(timeout(pool_pressure.patience(), &mut asked)).await?;
        pool_pressure.note(said.is_err());
        Ok(match said {
            Err(_) => Validity::Pending(asked),
            Ok(holds) => match holds? {
                true => Validity::Valid,
                false => Validity::Outdated,
            },
        })
    }

    /// The same on the shards that have refused the statement. The others need not be awaited for it.
    pub async fn holds_where_refused(
        &self,
        calls: &mut ShardCalls<'_>,
        snapshot: &PlanSnapshot<'_>,
    ) -> Result<bool, FanOutError> {
        let refusing = calls.refusing();
        let said = calls
            .interrupts
            .until(snapshot.fingerprints.hold(self.internal, &refusing, &snapshot.planned.dependencies))
            .await;
        // One that cannot be asked any more has refused it for a reason of its own.
        Ok(said.map_err(|interrupt| self.interrupted(interrupt))?.unwrap_or(true))
    }

    /// The same once they have come to their end, for a result that has been given meanwhile.
    pub async fn confirm(&self, validity: Validity<'_>, doubt: Option<Error>) -> Result<(), FanOutError> {
        if let Validity::Pending(question) = validity
            && !question.await?
        {
            self.shared.fan_outs.forget();
            return Err(doubt.map_or_else(|| self.never_held(), FanOutError::from));
        }
        Ok(())
    }
}
