//! One statement on several shards at once: starts it, takes in what comes, keeps what has become of it on each shard,
//! and stops the others when one has failed, where that is the rule. What the rows mean is its caller's business.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Halt;
use super::outcome::{Fault, Outcome, ShardOutcome, verdict};
use super::statement::{Policy, Statement};
use super::tag::count_of;
use super::watch::{Watch, milliseconds_until};
use crate::channel::{Call, Event, QueryChannel, Reads};
use crate::client::failure::Failed;
use crate::client::query::{CANCEL_GRACE, GRACE};
use crate::client::world::{Interrupt, World};
use crate::data::shape::Description;
use crate::deadline::Deadline;
use crate::error::{Error, Fate};
use crate::proto::failure::Reason;
use crate::proto::{QueryRequest, ReplyPart};
use crate::scatter::{Class, Retry};

/// How long the other shards are given to refuse a statement in the same way, once one has.
const ALIKE_GRACE: Duration = Duration::from_millis(100);

/// A part of one shard's reply.
#[derive(Debug)]
pub struct Part {
    pub reply: ReplyPart,
    /// A result begins.
    pub description: Option<Arc<Description>>,
}

pub struct Arms<'a> {
    world: &'a World,
    pub watch: Watch<'a>,
    statement: Statement,
    arms: Vec<Arm<'a>>,
    ending: Option<Ending>,
}

struct Arm<'a> {
    channel: &'a QueryChannel,
    state: State<'a>,
    retry: Retry,
    outcome: Outcome,
    /// What has come and has not been asked for.
    held: VecDeque<Part>,
    answered: bool,
    used: bool,
    /// What its server says of reads.
    reads: Reads,
    /// An attempt that was lost, and may have done more than read.
    lost: Option<Error>,
    /// An attempt was lost.
    may_have_run: bool,
    /// Its server says that the statement's premise does not hold.
    outdated: bool,
}

enum State<'a> {
    Opening(Pin<Box<dyn Future<Output = Result<Call, Error>> + Send + 'a>>),
    Running(Call),
    Over,
}

/// The statement will not go on; the shards are given until then to say what has become of it.
struct Ending {
    until: Deadline,
    /// A shard that has begun to answer need not come to its end.
    suffices_to_answer: bool,
}

enum Step {
    Shard(usize),
    Interrupted(Interrupt),
    OutOfPatience,
}

impl<'a> Arms<'a> {
    /// Starts the statement on these shards.
    pub fn start(
        world: &'a World,
        watch: Watch<'a>,
        shards: impl IntoIterator<Item = usize>,
        statement: Statement,
    ) -> Self {
        let arms = shards
            .into_iter()
            .map(|shard| {
                let channel = &world.channels[shard];
                let share = share(world, &watch, &statement, shard);
                let state = opening(channel, statement.wire_of(shard), &watch, None, share);
                Arm {
                    channel,
                    state,
                    retry: Retry::new(statement.max_retries),
                    outcome: Outcome::UnderWay { begun: false },
                    held: VecDeque::new(),
                    answered: false,
                    used: false,
                    reads: Reads::OnlyRead,
                    lost: None,
                    may_have_run: false,
                    outdated: false,
                }
            })
            .collect();
        Arms { world, watch, statement, arms, ending: None }
    }

    /// Does without these shards, which have not been sent anything yet.
    pub fn leave_out(&mut self, silent: &[(usize, Fault)]) {
        for arm in &mut self.arms {
            if let Some((_, fault)) = silent.iter().find(|(shard, _)| *shard == arm.channel.shard) {
                arm.end_unsent(Some(fault.clone()));
            }
        }
    }

    pub fn len(&self) -> usize {
        self.arms.len()
    }

    pub fn shard(&self, index: usize) -> usize {
        self.arms[index].channel.shard
    }

    /// True if a shard has come to its end and not failed.
    pub fn has_succeeded(&self, index: usize) -> bool {
        matches!(self.arms[index].outcome, Outcome::Done { .. })
    }

    /// The shards on which it has not failed.
    pub fn answering(&self) -> Vec<usize> {
        let arms = self.arms.iter().filter(|arm| arm.outcome.fault().is_none());
        arms.map(|arm| arm.channel.shard).collect()
    }

    /// True if it has failed on a shard.
    pub fn has_failed(&self) -> bool {
        self.arms.iter().any(|arm| arm.outcome.fault().is_some())
    }

    /// The shards whose PostgreSQL has refused it.
    pub fn refusing(&self) -> Vec<usize> {
        let arms = self.arms.iter().filter(|arm| matches!(arm.outcome, Outcome::Failed(Fault::Database(_))));
        arms.map(|arm| arm.channel.shard).collect()
    }

    /// True if its premise holds nowhere, so that nothing of it stays.
    pub fn is_outdated(&self) -> bool {
        self.arms.iter().all(|arm| arm.outdated)
    }

    /// True if no shard has been sent anything.
    pub fn was_never_sent(&self) -> bool {
        self.arms.iter().all(|arm| matches!(arm.outcome, Outcome::NotSent(_)))
    }

    /// The watch, for what comes next.
    pub fn into_watch(self) -> Watch<'a> {
        self.watch
    }

    pub fn outcomes(&self) -> Vec<ShardOutcome<'_>> {
        let outcomes = self.arms.iter().map(|arm| ShardOutcome {
            channel: arm.channel,
            outcome: &arm.outcome,
            answered: arm.answered,
            used: arm.used,
        });
        outcomes.collect()
    }

    /// Waits until each shard has begun to answer, or failed.
    pub async fn begun(&mut self) -> Result<(), Halt> {
        while self.arms.iter().any(|arm| !arm.outcome.is_over() && arm.held.is_empty()) {
            self.advance().await?;
        }
        Ok(())
    }

    /// Waits until each shard has begun to answer. An error: so many have failed that nothing can come of it.
    pub async fn answered(&mut self) -> Result<(), Halt> {
        self.begun().await?;
        self.refuse_if_hopeless()
    }

    /// Waits until each shard has come to its end.
    pub async fn ended(&mut self) -> Result<(), Halt> {
        while self.arms.iter().any(|arm| !arm.outcome.is_over()) {
            self.advance().await?;
        }
        self.refuse_if_hopeless()
    }

    /// The descriptions of the shards' first results, where they have begun to answer and return rows.
    pub fn descriptions(&self) -> impl Iterator<Item = (usize, Option<&Arc<Description>>)> {
        let answered = self.arms.iter().enumerate().filter(|(_, arm)| !arm.held.is_empty());
        answered.map(|(index, arm)| (index, arm.held.front().and_then(|part| part.description.as_ref())))
    }

    /// The next part of one shard's reply; None: there is none.
    pub async fn next_of(&mut self, index: usize) -> Result<Option<Part>, Halt> {
        loop {
            if let Some(part) = self.arms[index].take() {
                return Ok(Some(part));
            }
            if self.arms[index].outcome.is_over() {
                return Ok(None);
            }
            self.advance().await?;
        }
    }

    /// The next part of one shard's reply, if it has come.
    pub fn held_of(&mut self, index: usize) -> Option<Part> {
        self.arms[index].take()
    }

    /// The rows of this shard have been taken, but nothing of them is in the result.
    pub fn note_unused(&mut self, index: usize) {
        self.arms[index].used = false;
    }

    /// What is run.
    pub fn wire(&self) -> &QueryRequest {
        &self.statement.wire
    }

    /// The next part of any shard's reply, and whose it is; in the order of the shards where several have come.
    pub async fn next(&mut self) -> Result<Option<(usize, Part)>, Halt> {
        loop {
            for (index, arm) in self.arms.iter_mut().enumerate() {
                if let Some(part) = arm.take() {
                    return Ok(Some((index, part)));
                }
            }
            if self.arms.iter().all(|arm| arm.outcome.is_over()) {
                return Ok(None);
            }
            self.advance().await?;
        }
    }

    /// Does `work`, and takes in meanwhile what the shards say.
    pub async fn until<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Halt> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                output = &mut work => return Ok(output),
                advanced = self.advance() => advanced?,
            }
        }
    }

    /// Stops it where it has not ended: what is known is enough.
    pub fn stop(&mut self) {
        for arm in &mut self.arms {
            arm.stop();
        }
    }

    /// The error of the whole, as things stand.
    pub fn verdict(&self) -> Halt {
        let is_unknown = self.arms.iter().any(|arm| matches!(arm.outcome, Outcome::Unknown(_)));
        let only_reads = self.arms.iter().all(|arm| self.statement.only_reads(arm.reads()));
        let is_not_sent = self.arms.iter().all(|arm| matches!(arm.outcome, Outcome::NotSent(_)));
        let fate = match (is_unknown, is_not_sent) {
            (true, _) if only_reads => Fate::OnlyReads,
            (true, _) => Fate::Unknown,
            (false, true) => Fate::NotRun,
            (false, false) => Fate::Stopped,
        };
        let interrupt = self.watch.interrupted.map(|interrupt| interrupt.error(self.watch.timeout, fate));
        verdict(&self.outcomes(), interrupt, self.statement.policy == Policy::Write, !only_reads)
    }

    /// Why it cannot be taken for not run, once its plan no longer holds: a server says that it may have done more than
    /// read.
    pub fn doubt(&self) -> Option<Error> {
        let has_run = |arm: &&Arm<'_>| match &arm.outcome {
            Outcome::NotSent(_) | Outcome::UnderWay { begun: false } | Outcome::Failed(Fault::Database(_)) => false,
            _ => !self.statement.only_reads(arm.reads()),
        };
        self.arms.iter().find(has_run).map(|arm| Error::OutcomeUnknown {
            shard: arm.channel.shard,
            address: arm.channel.address.to_string(),
            reason:
                "the tables, views, types or functions that the statement uses have been changed while it ran; it may \
                     have taken effect"
                    .into(),
            stopping_for: None,
        })
    }

    fn refuse_if_hopeless(&self) -> Result<(), Halt> {
        let failed = match self.statement.policy {
            Policy::PartialRead => self.arms.iter().all(|arm| arm.outcome.fault().is_some()),
            _ => self.has_failed(),
        };
        if failed { Err(self.verdict()) } else { Ok(()) }
    }

    /// Waits for something to come in. An error: it was decisive.
    async fn advance(&mut self) -> Result<(), Halt> {
        loop {
            match self.step().await {
                Step::Shard(index) => self.judge(index),
                Step::Interrupted(interrupt) => self.interrupt(interrupt),
                Step::OutOfPatience => {
                    for arm in &mut self.arms {
                        arm.give_up(self.watch.timeout, self.watch.interrupted);
                    }
                }
            }
            let Some(ending) = &self.ending else { return Ok(()) };
            let settled = |arm: &Arm<'_>| arm.outcome.is_over() || (ending.suffices_to_answer && arm.answered);
            if !self.arms.iter().all(settled) {
                continue;
            }
            self.ending = None;
            let done = |arm: &Arm<'_>| matches!(arm.outcome, Outcome::Done { .. });
            let only_late = self.watch.interrupted.is_none_or(|interrupt| interrupt == Interrupt::Deadline);
            if self.arms.iter().all(done) || (self.statement.policy == Policy::PartialRead && only_late) {
                return Ok(());
            }
            if self.statement.policy != Policy::Write {
                self.stop();
            }
            return Err(self.verdict());
        }
    }

    /// What follows from what has become of a shard.
    fn judge(&mut self, index: usize) {
        let arm = &mut self.arms[index];
        let Some(fault) = arm.outcome.fault() else { return };
        if self.statement.policy == Policy::PartialRead {
            // Rows that nobody has seen yet are not shown without those that would have followed.
            arm.held.clear();
        }
        if self.statement.policy != Policy::Read || self.ending.is_some() {
            return;
        }
        let (grace, suffices_to_answer) = match fault {
            Fault::Failed(Error::Timeout { .. } | Error::ShardTimeout { .. }) => (GRACE, false),
            fault if fault.is_of_the_statement() => (ALIKE_GRACE, true),
            _ => (Duration::ZERO, true),
        };
        self.ending = Some(Ending { until: self.watch.after(grace), suffices_to_answer });
    }

    fn interrupt(&mut self, interrupt: Interrupt) {
        let is_late = interrupt == Interrupt::Deadline;
        for arm in &mut self.arms {
            match &arm.state {
                State::Opening(_) => {
                    let late = Fault::Failed(interrupt.error(self.watch.timeout, Fate::NotRun));
                    arm.end_unsent(is_late.then_some(late));
                }
                // The servers keep the deadline too, and say whether the statement has stopped.
                State::Running(call) if !is_late => call.handle().cancel(),
                _ => {}
            }
        }
        let grace = if is_late { GRACE } else { CANCEL_GRACE };
        self.ending = Some(Ending { until: self.watch.after(grace), suffices_to_answer: false });
    }

    async fn step(&mut self) -> Step {
        poll_fn(|context| self.poll_step(context)).await
    }

    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Step> {
        for index in 0..self.arms.len() {
            if self.poll_arm(index, context).is_ready() {
                return Poll::Ready(Step::Shard(index));
            }
        }
        if let Poll::Ready(interrupt) = self.watch.poll_interrupt(context) {
            return Poll::Ready(Step::Interrupted(interrupt));
        }
        match &mut self.ending {
            // All may have ended before.
            Some(_) if self.arms.iter().all(|arm| arm.outcome.is_over()) => Poll::Ready(Step::OutOfPatience),
            Some(ending) => Pin::new(&mut ending.until).poll(context).map(|()| Step::OutOfPatience),
            None => Poll::Pending,
        }
    }

    fn poll_arm(&mut self, index: usize, context: &mut Context<'_>) -> Poll<()> {
        let arm = &mut self.arms[index];
        match &mut arm.state {
            State::Opening(opening) => match opening.as_mut().poll(context) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(call)) => {
                    arm.outcome = Outcome::UnderWay { begun: true };
                    arm.state = State::Running(call);
                    self.poll_arm(index, context)
                }
                Poll::Ready(Err(error)) => self.fail_or_retry(index, Failed::at_start(error), context),
            },
            State::Running(call) => {
                let next = pin!(call.next()).poll(context);
                let Poll::Ready(event) = next else { return Poll::Pending };
                let channel = arm.channel;
                if !matches!(event, Event::NeverRan(_)) {
                    arm.reads = arm.reads.min(call.reads());
                }
                let failed = match event {
                    Event::Part(mut reply, description) => match (reply.error.take(), reply.failure.take()) {
                        (Some(error), _) => {
                            arm.end(Outcome::Failed(Fault::Database(error)));
                            return Poll::Ready(());
                        }
                        (None, Some(failure)) => {
                            arm.outdated = failure.reason() == Reason::Outdated;
                            let (interrupted, timeout) = (self.watch.interrupted, self.watch.timeout);
                            let (says, statement) = (self.statement.only_reads, &self.statement);
                            let only_reads =
                                |said: Option<bool>| says.or(said).unwrap_or_else(|| statement.only_reads(arm.reads));
                            Failed::refused(channel, failure, interrupted, timeout, only_reads)
                        }
                        (None, None) => {
                            arm.hold(Part { reply, description });
                            return Poll::Ready(());
                        }
                    },
                    Event::NeverRan(reason) => Failed::never_ran(channel, reason),
                    Event::Lost(reason) => Failed::lost(channel, reason),
                    Event::Broken(reason) => Failed::broken(channel, reason),
                };
                self.fail_or_retry(index, failed, context)
            }
            State::Over => Poll::Pending,
        }
    }

    fn fail_or_retry(&mut self, index: usize, failed: Failed, context: &mut Context<'_>) -> Poll<()> {
        let (arm, statement) = (&mut self.arms[index], &self.statement);
        let deadline = self.watch.deadline.into_std();
        // What has been answered in part is never asked for again: the parts may be in use.
        let may_retry = !arm.answered && self.ending.is_none();
        let may_be_repeated = || statement.may_be_repeated(arm.reads);
        let wait =
            may_retry.then(|| arm.retry.next(failed.class, &self.world.retries, deadline, may_be_repeated)).flatten();
        let is_lost = failed.class == Class::OutcomeUnknown;
        let only_reads = statement.only_reads(arm.reads);
        if is_lost && !only_reads {
            arm.lost.get_or_insert_with(|| failed.error.clone());
        }
        let Some(wait) = wait else {
            let failed = if only_reads { failed.of_a_read() } else { failed };
            let failed = match arm.lost.take() {
                Some(lost) => Failed { class: Class::StaysUnknown, error: failed.error.after(lost) },
                None => failed,
            };
            arm.end(Outcome::of(failed));
            return Poll::Ready(());
        };
        tracing::debug!(target: "mtdd::grpc", error = %failed.error, "retrying");
        // Without the caller's word, its server makes sure.
        arm.may_have_run |= is_lost && statement.only_reads.is_none();
        let wire = QueryRequest { may_have_run: arm.may_have_run, ..statement.wire_of(arm.channel.shard) };
        arm.outcome = Outcome::UnderWay { begun: false };
        let share = share(self.world, &self.watch, statement, arm.channel.shard);
        arm.state = opening(arm.channel, wire, &self.watch, Some(wait), share);
        self.poll_arm(index, context)
    }
}

impl Arm<'_> {
    fn hold(&mut self, part: Part) {
        self.answered = true;
        if part.reply.last {
            let count = part.reply.command_tag.as_deref().and_then(count_of);
            self.end(Outcome::Done { count });
        }
        self.held.push_back(part);
    }

    /// The next part that is held; its server may send as much again.
    fn take(&mut self) -> Option<Part> {
        let part = self.held.pop_front()?;
        if let State::Running(call) = &self.state
            && !part.reply.rows.is_empty()
        {
            call.handle().credit(part.reply.rows.len() as u32);
        }
        self.used |= !part.reply.rows.is_empty();
        Some(part)
    }

    /// What its server has said of reads since it was sent.
    fn reads(&self) -> Reads {
        match &self.state {
            State::Running(call) => self.reads.min(call.reads()),
            _ => self.reads,
        }
    }

    /// It ends while nothing is under way.
    fn end_unsent(&mut self, fault: Option<Fault>) {
        let outcome = match self.lost.take() {
            Some(lost) => Outcome::Unknown(Fault::Failed(lost)),
            None => Outcome::NotSent(fault),
        };
        self.end(outcome);
    }

    fn end(&mut self, outcome: Outcome) {
        self.reads = self.reads();
        self.outcome = outcome;
        self.state = State::Over;
    }

    fn stop(&mut self) {
        match self.state {
            State::Opening(_) => self.end_unsent(None),
            // Dropped, a call is cancelled.
            State::Running(_) => self.end(Outcome::Cancelled),
            State::Over => {}
        }
    }

    /// The server has not said in time what has become of the statement.
    fn give_up(&mut self, timeout: Duration, interrupted: Option<Interrupt>) {
        match (&self.state, interrupted) {
            (State::Running(_), Some(interrupt)) => {
                self.end(Outcome::Unknown(Fault::Failed(interrupt.error(timeout, Fate::Unknown))));
            }
            _ => self.stop(),
        }
    }
}

/// How long a shard is awaited that cannot be sent anything yet; None: to the end.
fn share(world: &World, watch: &Watch<'_>, statement: &Statement, shard: usize) -> Option<Duration> {
    let half = watch.deadline.saturating_duration_since(Instant::now()) / 2;
    (statement.policy == Policy::PartialRead).then(|| half.min(world.fan_outs.patience_with(shard)))
}

fn opening<'a>(
    channel: &'a QueryChannel,
    wire: QueryRequest,
    watch: &Watch<'a>,
    wait: Option<Duration>,
    share: Option<Duration>,
) -> State<'a> {
    let deadline = watch.deadline;
    let late = share.map(|share| (share, watch.after(wait.unwrap_or_default() + share)));
    State::Opening(Box::pin(async move {
        if let Some(wait) = wait {
            sleep(wait).await;
        }
        let start = channel.start(QueryRequest { timeout_ms: milliseconds_until(deadline), ..wire });
        let Some((share, late)) = late else { return start.await };
        tokio::select! {
            biased;
            started = start => started,
            () = late => {
                let (shard, address, timeout_ms) = (channel.shard, channel.address.clone(), share.as_millis() as u64);
                Err(Error::ShardTimeout { shard, address, timeout_ms, fate: Fate::NotSent })
            },
        }
    }))
}
