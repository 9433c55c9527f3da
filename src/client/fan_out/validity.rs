//! Checks whether a plan still holds: before its query runs, while it runs, and afterwards. Leaves out a shard that
//! does not answer, where the query can do without it.

use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::time::{Instant, timeout};

use super::execution::FanOut;
use super::planning::PlanSnapshot;
use super::{fingerprints, locks};
use crate::error::{Error, Fate};
use crate::scatter::{FanOutError, Interrupts, ShardCalls, ShardError, all_until, unavailable};

/// Whether a plan still holds.
pub enum Validity<'q> {
    Valid,
    Outdated,
    /// The shards have not answered in time; the future is their answer.
    Pending(Pin<Box<dyn Future<Output = Result<bool, ShardError>> + Send + 'q>>),
}

impl Validity<'_> {
    /// Runs `work`, and polls the question meanwhile. Ends with the work, even if there is no answer yet.
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
    /// Checks before the query runs. Ignores shards that cannot be reached.
    pub async fn still_holds(
        &mut self,
        interrupts: &mut Interrupts<'_>,
        snapshot: &PlanSnapshot<'_>,
    ) -> Result<bool, FanOutError> {
        let dependencies = &snapshot.planned.dependencies;
        // A partial result has to know the silent shards.
        if dependencies.relations.is_empty() && !self.request.partial {
            return Ok(true);
        }
        self.has_same_fingerprints(interrupts, snapshot).await
    }

    /// The same even if the plan depends on no relation.
    pub async fn has_same_fingerprints(
        &mut self,
        interrupts: &mut Interrupts<'_>,
        snapshot: &PlanSnapshot<'_>,
    ) -> Result<bool, FanOutError> {
        let dependencies = &snapshot.planned.dependencies;
        let (internal, is_partial) = (self.internal, self.request.partial);
        let asked = match is_partial {
            true => fingerprints::question_with_locks(dependencies),
            false => fingerprints::question(dependencies),
        };
        let said = self.ask_each(interrupts, |shard| internal.once_on(shard, asked.clone())).await?;
        let mut holds = true;
        for (shard, said) in said {
            let Ok(answer) = said else { continue };
            self.shared.shards.unresponsive.remove(shard);
            // Only a partial result does without a shard where something is merely locked. Other queries are planned
            // again.
            let locked = || {
                let now = fingerprints::locked(&answer, dependencies);
                now.or_else(|| self.shared.fan_outs.plans.locked_on(shard, dependencies))
            };
            let locked = if is_partial { locked() } else { None };
            if self.can_omit_shards && (locked.is_some() || !snapshot.fingerprints.are_known(shard)) {
                let reason = match locked {
                    Some(name) => locks::locked_by_another(&name),
                    None => "it did not describe its schema in time".to_owned(),
                };
                let reason = format!("{reason}; the query was not sent to it");
                self.left_out
                    .push((shard, ShardError::Failed(unavailable(&self.shared.shards.channels[shard], reason))));
            } else {
                holds &= snapshot.fingerprints.match_result(shard, &answer, dependencies);
            }
        }
        match self.left_out.first() {
            Some((_, error)) if self.left_out.len() == self.shards() => Err(error.clone().into()),
            _ => Ok(holds),
        }
    }

    /// The same where all shards must be reachable. Fails if one is not; then nothing was sent to any of them.
    pub async fn holds_everywhere(
        &mut self,
        interrupts: &mut Interrupts<'_>,
        snapshot: &PlanSnapshot<'_>,
    ) -> Result<bool, FanOutError> {
        let dependencies = &snapshot.planned.dependencies;
        let (internal, asked) = (self.internal, fingerprints::question(dependencies));
        let said = self.ask_each(interrupts, |shard| internal.on(shard, asked.clone())).await?;
        let mut holds = true;
        for (shard, said) in said {
            holds &= snapshot.fingerprints.match_result(shard, &said.map_err(ShardError::sent_to_none)?, dependencies);
        }
        Ok(holds)
    }

    /// Asks every shard. The query's deadline is the deadline for each, but a query that can do without some shards
    /// waits for each no longer than its share.
    pub async fn ask_each<T, F: Future<Output = T>>(
        &mut self,
        interrupts: &mut Interrupts<'_>,
        ask: impl Fn(usize) -> F,
    ) -> Result<Vec<(usize, T)>, FanOutError> {
        let internal = self.internal;
        let until = |shard| if self.can_omit_shards { internal.patience_end(shard) } else { internal.after_part(1) };
        let shards = self.included_shards();
        let asked: Vec<_> = shards.iter().map(|&shard| (ask(shard), until(shard))).collect();
        let shares: Vec<_> = asked.iter().map(|(_, until)| until.saturating_duration_since(Instant::now())).collect();
        let asked = all_until(asked, internal.deadlines);
        let said = interrupts.until(asked).await.map_err(|interrupt| self.interrupted(interrupt))?;
        let mut heard = Vec::new();
        for ((shard, share), said) in shards.into_iter().zip(shares).zip(said) {
            let Some(said) = said else {
                self.shared.shards.unresponsive.add(shard);
                if !self.can_omit_shards {
                    return Err(internal.timeout_error(shard, internal.timeout, Fate::NotRun).into());
                }
                self.left_out.push((shard, internal.timeout_error(shard, share, Fate::NotSent)));
                continue;
            };
            heard.push((shard, said));
        }
        match self.left_out.first() {
            Some((_, error)) if heard.is_empty() => Err(error.clone().into()),
            _ => Ok(heard),
        }
    }

    /// Checks on the shards that have begun to answer. Each of them keeps a connection busy meanwhile, so this must not
    /// take long.
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
            Box::pin(async move { fingerprints.still_hold(internal, &shards, &planned.dependencies).await });
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

    /// Checks on the shards that refused the statement, and does not wait for the others.
    pub async fn holds_where_refused(
        &self,
        calls: &mut ShardCalls<'_>,
        snapshot: &PlanSnapshot<'_>,
    ) -> Result<bool, FanOutError> {
        let refusing = calls.refusing();
        let said = calls
            .interrupts
            .until(snapshot.fingerprints.still_hold(self.internal, &refusing, &snapshot.planned.dependencies))
            .await;
        // A shard that cannot be asked any more had its own reason to refuse.
        Ok(said.map_err(|interrupt| self.interrupted(interrupt))?.unwrap_or(true))
    }

    /// Waits for a pending answer after the result was sent.
    pub async fn confirm(&self, validity: Validity<'_>, doubt: Option<Error>) -> Result<(), FanOutError> {
        let Validity::Pending(question) = validity else { return Ok(()) };
        let holds = question.await.map_err(|error| match error {
            // It has come to its end, and only read.
            ShardError::Failed(Error::Timeout { timeout_ms, .. }) if doubt.is_none() => {
                ShardError::Failed(Error::Timeout { timeout_ms, fate: Fate::OnlyReads })
            }
            error => error,
        })?;
        if !holds {
            self.shared.fan_outs.forget();
            return Err(doubt.map_or_else(|| self.never_held(), FanOutError::from));
        }
        Ok(())
    }
}
