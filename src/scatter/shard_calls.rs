//! One statement on several shards at once: takes in what they send, and stops the others when one failed, where the
//! policy says so. It does not look into rows.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::error::{FanOutError, ShardError};
use super::interrupt::{CANCEL_GRACE, DEADLINE_GRACE, Interrupt};
use super::interrupts::Interrupts;
use super::outcome::{Outcome, ShardOutcome, fan_out_error};
use super::shard_call::{DescribedPart, Fixed, ShardCall};
use super::shards::{Shards, StartTurn};
use super::statement::{FailurePolicy, Statement};
use crate::data::shape::Description;
use crate::deadline::Deadline;
use crate::error::{Error, Fate};
use crate::proto::QueryRequest;

/// Once one shard has refused a statement: how long the others may take to refuse it in the same way.
const SAME_REFUSAL_GRACE: Duration = Duration::from_millis(100);
/// Rows that wait for so long are held up. Servers take a reader for slow a little later.
const HELD_UP_AFTER: Duration = Duration::from_millis(40);

pub struct ShardCalls<'a> {
    shards: &'a Shards,
    pub interrupts: Interrupts<'a>,
    statement: Statement,
    calls: Vec<ShardCall<'a>>,
    ending: Option<FanOutEnding>,
    turn: Option<StartTurn<'a>>,
}

/// The statement will not go on. Until then the shards may say what became of it.
struct FanOutEnding {
    until: Deadline,
    /// A shard that has begun to answer need not come to its end.
    answered_is_enough: bool,
}

enum CallStep {
    Shard(usize),
    Interrupted(Interrupt),
    GraceIsOver,
}

impl<'a> ShardCalls<'a> {
    /// Starts the statement on these shards. `turn`: for several shards.
    pub fn start(
        shards: &'a Shards,
        interrupts: Interrupts<'a>,
        on: impl IntoIterator<Item = usize>,
        statement: Statement,
        turn: Option<StartTurn<'a>>,
    ) -> Self {
        let fixed = Fixed { shards, interrupts: &interrupts, statement: &statement };
        let calls = on.into_iter().map(|shard| ShardCall::start(&fixed, shard)).collect();
        ShardCalls { shards, interrupts, statement, calls, ending: None, turn }
    }

    /// Drops these shards, to which nothing has been sent yet.
    pub fn leave_out(&mut self, silent: &[(usize, ShardError)]) {
        for call in &mut self.calls {
            if let Some((_, error)) = silent.iter().find(|(shard, _)| *shard == call.channel.shard()) {
                call.end_unsent(Some(error.clone()));
            }
        }
    }

    pub fn len(&self) -> usize {
        self.calls.len()
    }

    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub fn shard(&self, index: usize) -> usize {
        self.calls[index].channel.shard()
    }

    /// True if a shard has come to its end without a failure.
    pub fn has_succeeded(&self, index: usize) -> bool {
        matches!(self.calls[index].outcome, Outcome::Done { .. })
    }

    /// The shards on which the statement has not failed.
    pub fn answering(&self) -> Vec<usize> {
        let calls = self.calls.iter().filter(|call| call.outcome.error().is_none());
        calls.map(|call| call.channel.shard()).collect()
    }

    /// True if the statement has failed on a shard.
    pub fn has_failed(&self) -> bool {
        self.calls.iter().any(|call| call.outcome.error().is_some())
    }

    /// The shards whose PostgreSQL refused the statement.
    pub fn refusing(&self) -> Vec<usize> {
        let refused = |call: &&ShardCall<'_>| matches!(call.outcome, Outcome::Failed(ShardError::Database(_)));
        self.calls.iter().filter(refused).map(|call| call.channel.shard()).collect()
    }

    /// True if the statement's premise holds on no shard, so that it changed nothing.
    pub fn is_outdated(&self) -> bool {
        self.calls.iter().all(|call| call.outdated)
    }

    /// True if nothing was sent to any shard.
    pub fn was_never_sent(&self) -> bool {
        self.calls.iter().all(|call| matches!(call.outcome, Outcome::NotSent(_)))
    }

    /// Gives the interrupts back, for the next step of the fan-out.
    pub fn into_interrupts(self) -> Interrupts<'a> {
        self.interrupts
    }

    pub fn outcomes(&self) -> Vec<ShardOutcome<'_>> {
        self.calls.iter().map(ShardCall::as_outcome).collect()
    }

    /// Waits until each shard has begun to answer, or failed.
    pub async fn begun(&mut self) -> Result<(), FanOutError> {
        while self.calls.iter().any(|call| !call.outcome.is_over() && call.received.is_empty()) {
            // The last one that is under way holds nothing while it waits.
            if self.calls.iter().filter(|call| !call.outcome.is_over()).count() <= 1 {
                self.turn = None;
            }
            self.advance_others().await?;
        }
        self.turn = None;
        Ok(())
    }

    /// Waits until each shard has begun to answer. Fails if so many shards have failed that there can be no result.
    pub async fn answered(&mut self) -> Result<(), FanOutError> {
        self.begun().await?;
        self.refuse_if_hopeless()
    }

    /// Waits until each shard has come to its end.
    pub async fn ended(&mut self) -> Result<(), FanOutError> {
        while self.calls.iter().any(|call| !call.outcome.is_over()) {
            self.advance_others().await?;
        }
        self.refuse_if_hopeless()
    }

    /// The description of each shard's first result, for shards that have begun to answer. None: it returns no rows.
    pub fn descriptions(&self) -> impl Iterator<Item = (usize, Option<&Arc<Description>>)> {
        let answered = self.calls.iter().enumerate().filter(|(_, call)| !call.received.is_empty());
        answered.map(|(index, call)| (index, call.received.front().and_then(|part| part.description.as_ref())))
    }

    /// Waits for the next part of one shard's reply. None: there is none.
    pub async fn next_of(&mut self, index: usize) -> Result<Option<DescribedPart>, FanOutError> {
        loop {
            if let Some(part) = self.calls[index].take() {
                return Ok(Some(part));
            }
            if self.calls[index].outcome.is_over() {
                return Ok(None);
            }
            self.advance_others().await?;
        }
    }

    /// The next part of one shard's reply, if it has come.
    pub fn received_of(&mut self, index: usize) -> Option<DescribedPart> {
        self.calls[index].take()
    }

    /// The rows of this shard were taken, but none of them is in the result.
    pub fn note_unused(&mut self, index: usize) {
        self.calls[index].used = false;
    }

    pub fn wire(&self) -> &QueryRequest {
        &self.statement.wire
    }

    /// Waits for the next part of any shard's reply, and says whose it is. If several have come, the shards' order decides.
    pub async fn next(&mut self) -> Result<Option<(usize, DescribedPart)>, FanOutError> {
        loop {
            for (index, call) in self.calls.iter_mut().enumerate() {
                if let Some(part) = call.take() {
                    return Ok(Some((index, part)));
                }
            }
            if self.calls.iter().all(|call| call.outcome.is_over()) {
                return Ok(None);
            }
            self.advance().await?;
        }
    }

    /// Runs `work` of the fan-out itself, and receives meanwhile what the shards send.
    pub async fn until<T>(&mut self, work: impl Future<Output = T>) -> Result<T, FanOutError> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                output = &mut work => return Ok(output),
                advanced = self.advance_others() => advanced?,
            }
        }
    }

    /// The same while the application takes what it was given. If that takes long, it is the reader's fault.
    pub async fn until_taken<T>(&mut self, work: impl Future<Output = T>) -> Result<T, FanOutError> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                output = &mut work => return Ok(output),
                advanced = self.advance() => advanced?,
            }
        }
    }

    /// Stops the statement where it has not ended: what has come is enough.
    pub fn stop(&mut self) {
        for call in &mut self.calls {
            call.stop();
        }
    }

    /// The error of the whole fan-out, as things stand.
    pub fn fan_out_error(&self) -> FanOutError {
        let is_unknown = self.calls.iter().any(|call| matches!(call.outcome, Outcome::Unknown(_)));
        let only_reads = self.calls.iter().all(|call| self.statement.only_reads(call.reads()));
        let fate = match (is_unknown, self.was_never_sent()) {
            (true, _) if only_reads => Fate::OnlyReads,
            (true, _) => Fate::Unknown,
            (false, true) => Fate::NotRun,
            (false, false) => Fate::Stopped,
        };
        let interrupts = &self.interrupts;
        let interrupt = interrupts.interrupted.map(|interrupt| interrupt.error(interrupts.timeout, fate));
        fan_out_error(&self.outcomes(), interrupt, &self.statement, !only_reads)
    }

    /// Why the statement cannot be taken as not run once its plan is outdated: a server says that it may have done more
    /// than read.
    pub fn effect_in_doubt(&self) -> Option<Error> {
        let has_run = |call: &&ShardCall<'_>| match &call.outcome {
            Outcome::NotSent(_) | Outcome::UnderWay { begun: false } | Outcome::Failed(ShardError::Database(_)) => {
                false
            }
            _ => !self.statement.only_reads(call.reads()),
        };
        self.calls.iter().find(has_run).map(|call| Error::OutcomeUnknown {
            shard: call.channel.shard(),
            address: call.channel.address().to_owned(),
            reason:
                "the tables, views, types or functions that the statement uses have been changed while it ran; it may \
                     have taken effect"
                    .into(),
            stopping_for: None,
        })
    }

    fn refuse_if_hopeless(&self) -> Result<(), FanOutError> {
        let failed = match self.statement.policy {
            FailurePolicy::PartialRead => self.calls.iter().all(|call| call.outcome.error().is_some()),
            _ => self.has_failed(),
        };
        if failed { Err(self.fan_out_error()) } else { Ok(()) }
    }

    /// The same as `advance`, while what has come has to wait for something else.
    async fn advance_others(&mut self) -> Result<(), FanOutError> {
        let late = self.interrupts.after(HELD_UP_AFTER);
        tokio::select! {
            biased;
            advanced = self.advance() => return advanced,
            () = late => {}
        }
        self.calls.iter_mut().for_each(ShardCall::hold_up);
        self.advance().await
    }

    /// Waits for something to happen. An error: it ended the fan-out.
    async fn advance(&mut self) -> Result<(), FanOutError> {
        loop {
            match self.step().await {
                CallStep::Shard(index) => self.judge(index),
                CallStep::Interrupted(interrupt) => self.interrupt(interrupt),
                CallStep::GraceIsOver => {
                    for call in &mut self.calls {
                        call.give_up(self.interrupts.timeout, self.interrupts.interrupted);
                    }
                }
            }
            let Some(ending) = &self.ending else { return Ok(()) };
            let settled = |call: &ShardCall<'_>| call.outcome.is_over() || (ending.answered_is_enough && call.answered);
            if !self.calls.iter().all(settled) {
                continue;
            }
            self.ending = None;
            let done = |call: &ShardCall<'_>| matches!(call.outcome, Outcome::Done { .. });
            let only_late = self.interrupts.interrupted.is_none_or(|interrupt| interrupt == Interrupt::Deadline);
            if self.calls.iter().all(done) || (self.statement.policy == FailurePolicy::PartialRead && only_late) {
                return Ok(());
            }
            if self.statement.policy != FailurePolicy::Write {
                self.stop();
            }
            return Err(self.fan_out_error());
        }
    }

    /// Draws the consequences of one shard's outcome.
    fn judge(&mut self, index: usize) {
        let call = &mut self.calls[index];
        let Some(error) = call.outcome.error() else { return };
        if self.statement.policy == FailurePolicy::PartialRead {
            // Rows that nobody has seen yet are not shown without those that would have followed.
            call.received.clear();
        }
        if self.statement.policy != FailurePolicy::Read || self.ending.is_some() {
            return;
        }
        let (grace, answered_is_enough) = match error {
            ShardError::Failed(Error::Timeout { .. } | Error::ShardTimeout { .. } | Error::ServerLimit { .. }) => {
                (DEADLINE_GRACE, false)
            }
            error if error.is_about_the_statement() => (SAME_REFUSAL_GRACE, true),
            _ => (Duration::ZERO, true),
        };
        self.ending = Some(FanOutEnding { until: self.interrupts.after(grace), answered_is_enough });
    }

    fn interrupt(&mut self, interrupt: Interrupt) {
        for call in &mut self.calls {
            call.interrupt(interrupt, self.interrupts.timeout);
        }
        let grace = if interrupt == Interrupt::Deadline { DEADLINE_GRACE } else { CANCEL_GRACE };
        self.ending = Some(FanOutEnding { until: self.interrupts.after(grace), answered_is_enough: false });
    }

    async fn step(&mut self) -> CallStep {
        poll_fn(|context| self.poll_step(context)).await
    }

    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<CallStep> {
        let fixed = Fixed { shards: self.shards, interrupts: &self.interrupts, statement: &self.statement };
        for (index, call) in self.calls.iter_mut().enumerate() {
            if call.poll(&fixed, self.ending.is_none(), context).is_ready() {
                return Poll::Ready(CallStep::Shard(index));
            }
        }
        if let Poll::Ready(interrupt) = self.interrupts.poll_interrupt(context) {
            return Poll::Ready(CallStep::Interrupted(interrupt));
        }
        match &mut self.ending {
            // All may have ended before.
            Some(_) if self.calls.iter().all(|call| call.outcome.is_over()) => Poll::Ready(CallStep::GraceIsOver),
            Some(ending) => Pin::new(&mut ending.until).poll(context).map(|()| CallStep::GraceIsOver),
            None => Poll::Pending,
        }
    }
}
