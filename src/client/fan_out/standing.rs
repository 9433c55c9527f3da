//! Whether what a plan takes for known of the shards still holds: asked before a query runs, while it runs, and once it has.
//! A shard that does not answer is left out where the query can do without it.

use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::PoisonError;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::arms::Arms;
use super::ask::all_until;
use super::outcome::Fault;
use super::watch::Watch;
use super::{FanOuts, Halt, Relied, Story, locked, sent_to_none, stamps};
use crate::client::failure::unavailable;
use crate::error::{Error, Fate};

/// How long a query waits, while it runs, for shards to say that what is known of them holds.
const PATIENCE: Duration = Duration::from_millis(250);
/// The same while shards have no connection left for such questions: those who ask hold them all.
const LITTLE_PATIENCE: Duration = Duration::from_millis(20);
/// How long a shard is taken to have none, once one has answered too late.
const CROWDED: Duration = Duration::from_secs(5);

/// Whether what is known of the shards holds.
pub enum Standing<'q> {
    Holds,
    Outdated,
    /// They have not said it in time: what comes of the question.
    Asked(Pin<Box<dyn Future<Output = Result<bool, Fault>> + Send + 'q>>),
}

impl Standing<'_> {
    /// Does `work` while the question goes on. It is over when the work is, and may not be answered yet.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let Standing::Asked(question) = self else { return work.await };
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
            *self = Standing::Asked(Box::pin(ready(holds)));
        }
        output
    }
}

impl FanOuts {
    /// How long a question is awaited by a query that holds connections.
    fn patience(&self) -> Duration {
        let crowded = self.crowded.lock().unwrap_or_else(PoisonError::into_inner);
        if crowded.is_some_and(|since| since.elapsed() < CROWDED) { LITTLE_PATIENCE } else { PATIENCE }
    }

    fn note_crowded(&self, is_crowded: bool) {
        let mut crowded = self.crowded.lock().unwrap_or_else(PoisonError::into_inner);
        *crowded = is_crowded.then(Instant::now);
    }
}

impl<'a> Story<'a> {
    /// True if what a plan takes for known still holds, as far as shards can be reached, while none runs it.
    pub(super) async fn held(&mut self, watch: &mut Watch<'_>, relied: &Relied<'_>) -> Result<bool, Halt> {
        let uses = &relied.planned.uses;
        // Without some of the shards, the silent ones have to be known.
        if uses.relations.is_empty() && !self.request.partial {
            return Ok(true);
        }
        self.as_stamped(watch, relied).await
    }

    /// The same of whatever the shards have said of themselves.
    pub(super) async fn as_stamped(&mut self, watch: &mut Watch<'_>, relied: &Relied<'_>) -> Result<bool, Halt> {
        let uses = &relied.planned.uses;
        let (asker, asked) = (self.asker, stamps::question(uses));
        let said = self.heard(watch, |shard| asker.once_of(shard, asked.clone())).await?;
        let mut holds = true;
        for (shard, said) in said {
            let Ok(answer) = said else { continue };
            self.world.fan_outs.silence.end(shard);
            // Only a partial result does without what is merely locked: any other plan is made anew.
            let locked = if self.request.partial { self.world.fan_outs.plans.locked_on(shard, uses) } else { None };
            if self.does_without && (locked.is_some() || !relied.stamps.know(shard)) {
                let reason = match locked {
                    Some(name) => locked::locked_by_another(&name),
                    None => "it has not said in time what it contains".to_owned(),
                };
                let reason = format!("{reason}; the query was not sent to it");
                self.silent.push((shard, Fault::Failed(unavailable(&self.world.channels[shard], reason))));
            } else {
                holds &= relied.stamps.are_those_of(shard, &answer, uses);
            }
        }
        match self.silent.first() {
            Some((_, fault)) if self.silent.len() == self.shards() => Err(fault.clone().into()),
            _ => Ok(holds),
        }
    }

    /// The same where all shards have to be reached: an error if one cannot be, and nothing has been sent to any.
    pub(super) async fn holds_everywhere(&mut self, watch: &mut Watch<'_>, relied: &Relied<'_>) -> Result<bool, Halt> {
        let uses = &relied.planned.uses;
        let (asker, asked) = (self.asker, stamps::question(uses));
        let said = self.heard(watch, |shard| asker.shard(shard, asked.clone())).await?;
        let mut holds = true;
        for (shard, said) in said {
            holds &= relied.stamps.are_those_of(shard, &said.map_err(sent_to_none)?, uses);
        }
        Ok(holds)
    }

    /// What becomes of asking each shard. The query's time is up for all of them when it is for one, except that a query
    /// which can do without some of them waits for each no longer than its share.
    pub(super) async fn heard<T, F: Future<Output = T>>(
        &mut self,
        watch: &mut Watch<'_>,
        ask: impl Fn(usize) -> F,
    ) -> Result<Vec<(usize, T)>, Halt> {
        let asker = self.asker;
        let until = |shard| if self.does_without { asker.until_silent(shard) } else { asker.share(1) };
        let shards = self.speaking();
        let asked: Vec<_> = shards.iter().map(|&shard| (ask(shard), until(shard))).collect();
        let shares: Vec<_> = asked.iter().map(|(_, until)| until.saturating_duration_since(Instant::now())).collect();
        let asked = all_until(asked, asker.deadlines);
        let said = watch.until(asked).await.map_err(|interrupt| self.interrupted(interrupt))?;
        let mut heard = Vec::new();
        for ((shard, share), said) in shards.into_iter().zip(shares).zip(said) {
            let Some(said) = said else {
                self.world.fan_outs.silence.note(shard);
                if !self.does_without {
                    return Err(asker.silent(shard, asker.timeout, Fate::NotRun).into());
                }
                self.silent.push((shard, asker.silent(shard, share, Fate::NotSent)));
                continue;
            };
            heard.push((shard, said));
        }
        match self.silent.first() {
            Some((_, fault)) if heard.is_empty() => Err(fault.clone().into()),
            _ => Ok(heard),
        }
    }

    /// Whether what a plan takes for known still holds on the shards that have begun to answer. They keep a connection
    /// each meanwhile, so that those who wait for one must not wait for long.
    pub(super) async fn standing<'q>(&self, arms: &mut Arms<'_>, relied: &Relied<'q>) -> Result<Standing<'q>, Halt>
    where
        'a: 'q,
    {
        let Relied { planned, stamps } = *relied;
        if planned.uses.relations.is_empty() {
            return Ok(Standing::Holds);
        }
        let (asker, shards, fan_outs) = (self.asker, arms.answering(), &self.world.fan_outs);
        let mut asked: Pin<Box<dyn Future<Output = _> + Send + 'q>> =
            Box::pin(async move { stamps.hold(asker, &shards, &planned.uses).await });
        let said = arms.until(timeout(fan_outs.patience(), &mut asked)).await?;
        fan_outs.note_crowded(said.is_err());
        Ok(match said {
            Err(_) => Standing::Asked(asked),
            Ok(holds) => match holds? {
                true => Standing::Holds,
                false => Standing::Outdated,
            },
        })
    }

    /// The same on the shards that have refused the statement. The others need not be awaited for it.
    pub(super) async fn holds_where_refused(&self, arms: &mut Arms<'_>, relied: &Relied<'_>) -> Result<bool, Halt> {
        let refusing = arms.refusing();
        let said = arms.watch.until(relied.stamps.hold(self.asker, &refusing, &relied.planned.uses)).await;
        // One that cannot be asked any more has refused it for a reason of its own.
        Ok(said.map_err(|interrupt| self.interrupted(interrupt))?.unwrap_or(true))
    }

    /// The same once they have come to their end, for a result that has been given meanwhile.
    pub(super) async fn confirm(&self, standing: Standing<'_>, doubt: Option<Error>) -> Result<(), Halt> {
        if let Standing::Asked(question) = standing
            && !question.await?
        {
            self.world.fan_outs.forget();
            return Err(doubt.map_or_else(|| self.never_held(), Halt::from));
        }
        Ok(())
    }
}
