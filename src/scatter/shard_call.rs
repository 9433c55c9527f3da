//! A statement on one shard: opens the call, retries it, buffers what comes, and records the outcome.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::ShardError;
use super::failure::FailedAttempt;
use super::interrupt::Interrupt;
use super::interrupts::{Interrupts, milliseconds_until};
use super::outcome::{Outcome, ShardOutcome};
use super::retry::{FailureClass, Retry};
use super::shards::Shards;
use super::statement::{FailurePolicy, Statement};
use crate::channel::{Call, QueryChannel, ReadSafety, ReplyEvent};
use crate::data::command_tag::count_of;
use crate::data::shape::Description;
use crate::error::{Error, Fate};
use crate::proto::failure::Reason;
use crate::proto::{QueryRequest, ReplyPart};

/// A part of one shard's reply.
#[derive(Debug)]
pub struct DescribedPart {
    pub reply: ReplyPart,
    /// A result begins.
    pub description: Option<Arc<Description>>,
}

/// What all calls of a fan-out share.
pub(super) struct Fixed<'f, 'a> {
    pub shards: &'a Shards,
    pub interrupts: &'f Interrupts<'a>,
    pub statement: &'f Statement,
}

pub(super) struct ShardCall<'a> {
    pub channel: &'a QueryChannel,
    state: State<'a>,
    retry: Retry,
    pub outcome: Outcome,
    /// Received, and not taken yet.
    pub received: VecDeque<DescribedPart>,
    pub answered: bool,
    pub used: bool,
    /// The server has been told that no reader is at fault.
    is_held_up: bool,
    /// The server's word on reads.
    reads: ReadSafety,
    /// The error of an attempt that was lost and may have done more than read.
    lost: Option<Error>,
    /// An attempt was lost.
    may_have_run: bool,
    /// The server says that the statement's premise does not hold.
    pub outdated: bool,
}

enum State<'a> {
    Opening(Pin<Box<dyn Future<Output = Result<Call, Error>> + Send + 'a>>),
    Running(Call),
    Over,
}

impl<'a> ShardCall<'a> {
    pub fn start(fixed: &Fixed<'_, 'a>, shard: usize) -> Self {
        let channel = &fixed.shards.channels[shard];
        ShardCall {
            channel,
            state: opening(fixed, channel, fixed.statement.wire_of(shard), None),
            retry: Retry::new(fixed.statement.max_retries),
            outcome: Outcome::UnderWay { begun: false },
            received: VecDeque::new(),
            answered: false,
            used: false,
            is_held_up: false,
            reads: ReadSafety::OnlyRead,
            lost: None,
            may_have_run: false,
            outdated: false,
        }
    }

    pub fn as_outcome(&self) -> ShardOutcome<'_> {
        ShardOutcome { channel: self.channel, outcome: &self.outcome, answered: self.answered, used: self.used }
    }

    /// Takes the next part, and lets the server send as many bytes again.
    pub fn take(&mut self) -> Option<DescribedPart> {
        let part = self.received.pop_front()?;
        if let State::Running(call) = &self.state
            && !part.reply.rows.is_empty()
        {
            call.handle().credit(part.reply.rows.len() as u32);
            self.is_held_up = false;
        }
        self.used |= !part.reply.rows.is_empty();
        Some(part)
    }

    /// Tells the server that its rows have to wait for something else of the fan-out.
    pub fn hold_up(&mut self) {
        if let State::Running(call) = &self.state
            && !self.received.is_empty()
            && !self.is_held_up
        {
            call.handle().hold_up();
            self.is_held_up = true;
        }
    }

    /// What the server has said of reads since the statement was sent.
    pub fn reads(&self) -> ReadSafety {
        match &self.state {
            State::Running(call) => self.reads.min(call.reads()),
            _ => self.reads,
        }
    }

    /// Ends the call while nothing is sent.
    pub fn end_unsent(&mut self, error: Option<ShardError>) {
        let outcome = match self.lost.take() {
            Some(lost) => Outcome::Unknown(ShardError::Failed(lost)),
            None => Outcome::NotSent(error),
        };
        self.end(outcome);
    }

    pub fn stop(&mut self) {
        match self.state {
            State::Opening(_) => self.end_unsent(None),
            // A call that is dropped is cancelled.
            State::Running(_) => self.end(Outcome::Cancelled),
            State::Over => {}
        }
    }

    pub fn interrupt(&mut self, interrupt: Interrupt, timeout: Duration) {
        let is_late = interrupt == Interrupt::Deadline;
        match &self.state {
            State::Opening(_) => {
                let late = ShardError::Failed(interrupt.error(timeout, Fate::NotRun));
                self.end_unsent(is_late.then_some(late));
            }
            // The servers keep the deadline too, and say whether the statement has stopped.
            State::Running(call) if !is_late => call.handle().cancel(),
            _ => {}
        }
    }

    /// The server did not say in time what became of the statement.
    pub fn give_up(&mut self, timeout: Duration, interrupted: Option<Interrupt>) {
        match (&self.state, interrupted) {
            (State::Running(_), Some(interrupt)) => {
                self.end(Outcome::Unknown(ShardError::Failed(interrupt.error(timeout, Fate::Unknown))));
            }
            _ => self.stop(),
        }
    }

    /// Ready when something has happened on this shard. `may_retry`: the fan-out is not about to end.
    pub fn poll(&mut self, fixed: &Fixed<'_, 'a>, may_retry: bool, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.state {
            State::Opening(opening) => match opening.as_mut().poll(context) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(call)) => {
                    self.outcome = Outcome::UnderWay { begun: true };
                    self.state = State::Running(call);
                    self.poll(fixed, may_retry, context)
                }
                Poll::Ready(Err(error)) => {
                    self.fail_or_retry(fixed, FailedAttempt::at_start(error), may_retry, context)
                }
            },
            State::Running(call) => {
                let next = pin!(call.next()).poll(context);
                let Poll::Ready(event) = next else { return Poll::Pending };
                if !matches!(event, ReplyEvent::NeverRan(_)) {
                    self.reads = self.reads.min(call.reads());
                }
                match self.receive(fixed, event) {
                    Ok(()) => Poll::Ready(()),
                    Err(failed) => self.fail_or_retry(fixed, failed, may_retry, context),
                }
            }
            State::Over => Poll::Pending,
        }
    }

    fn receive(&mut self, fixed: &Fixed<'_, 'a>, event: ReplyEvent) -> Result<(), FailedAttempt> {
        let (mut reply, description) = FailedAttempt::part_or_failure(self.channel, event)?;
        if let Some(error) = reply.error.take() {
            self.end(Outcome::Failed(ShardError::Database(error)));
            return Ok(());
        }
        if let Some(failure) = reply.failure.take() {
            self.outdated = failure.reason() == Reason::Outdated;
            let Fixed { interrupts, statement, .. } = fixed;
            let only_reads =
                |said: Option<bool>| statement.only_reads.or(said).unwrap_or_else(|| statement.only_reads(self.reads));
            let (interrupted, timeout) = (interrupts.interrupted, interrupts.timeout);
            return Err(FailedAttempt::refused(self.channel, failure, interrupted, timeout, only_reads));
        }
        self.answered = true;
        if reply.last {
            let count = reply.command_tag.as_deref().and_then(count_of);
            self.end(Outcome::Done { count });
        }
        self.received.push_back(DescribedPart { reply, description });
        Ok(())
    }

    fn fail_or_retry(
        &mut self,
        fixed: &Fixed<'_, 'a>,
        failed: FailedAttempt,
        may_retry: bool,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let Fixed { shards, interrupts, statement } = *fixed;
        let deadline = interrupts.deadline.into_std();
        // Parts of an answer may be in use already: then it is not asked for again.
        let may_retry = may_retry && !self.answered;
        let may_be_repeated = || statement.may_be_repeated(self.reads);
        let wait =
            may_retry.then(|| self.retry.next(failed.class, &shards.retry_budget, deadline, may_be_repeated)).flatten();
        let is_lost = failed.class == FailureClass::OutcomeUnknown;
        let only_reads = statement.only_reads(self.reads);
        if is_lost && !only_reads {
            self.lost.get_or_insert_with(|| failed.error.clone());
        }
        let Some(wait) = wait else {
            let failed = if only_reads { failed.for_read() } else { failed };
            let failed = match self.lost.take() {
                Some(lost) => FailedAttempt { class: FailureClass::StaysUnknown, error: failed.error.after(lost) },
                None => failed,
            };
            self.end(Outcome::of(failed));
            return Poll::Ready(());
        };
        tracing::debug!(target: "mtdd::grpc", error = %failed.error, "retrying");
        // Without the caller's word, the server checks that repeating it does no harm.
        self.may_have_run |= is_lost && statement.only_reads.is_none();
        let wire = QueryRequest { may_have_run: self.may_have_run, ..statement.wire_of(self.channel.shard()) };
        self.outcome = Outcome::UnderWay { begun: false };
        self.state = opening(fixed, self.channel, wire, Some(wait));
        self.poll(fixed, true, context)
    }

    fn end(&mut self, outcome: Outcome) {
        self.reads = self.reads();
        self.outcome = outcome;
        self.state = State::Over;
    }
}

/// How long to wait for a shard to which nothing can be sent yet. None: to the end.
fn patience(fixed: &Fixed<'_, '_>, shard: usize) -> Option<Duration> {
    let half = fixed.interrupts.deadline.saturating_duration_since(Instant::now()) / 2;
    (fixed.statement.policy == FailurePolicy::PartialRead).then(|| half.min(fixed.shards.patience_with(shard)))
}

fn opening<'a>(
    fixed: &Fixed<'_, 'a>,
    channel: &'a QueryChannel,
    wire: QueryRequest,
    wait: Option<Duration>,
) -> State<'a> {
    let deadline = fixed.interrupts.deadline;
    let late = patience(fixed, channel.shard())
        .map(|patience| (patience, fixed.interrupts.after(wait.unwrap_or_default() + patience)));
    State::Opening(Box::pin(async move {
        if let Some(wait) = wait {
            sleep(wait).await;
        }
        let start = channel.start(QueryRequest { timeout_ms: milliseconds_until(deadline), ..wire });
        let Some((patience, late)) = late else { return start.await };
        tokio::select! {
            biased;
            started = start => started,
            () = late => {
                let (shard, address, timeout_ms) = (channel.shard(), channel.address().to_owned(), patience.as_millis() as u64);
                Err(Error::ShardTimeout { shard, address, timeout_ms, fate: Fate::NotSent })
            },
        }
    }))
}
