//! A query for all shards while it runs: what is known of it, and how its statements are sent.

use std::sync::Arc;

use super::fingerprints::{self, Dependencies};
use super::locks;
use super::output::RowOutput;
use super::plan_cache::PlannedStatement;
use crate::channel::{ReadSafety, WINDOW};
use crate::client::request::Request;
use crate::client::shared::Shared;
use crate::data::result_set::ResultSet;
use crate::error::{Error, Fate};
use crate::proto::QueryRequest;
use crate::scatter::{
    FailedShard, FailurePolicy, FanOutError, InternalQueries, Interrupt, Interrupts, ShardCalls, ShardError,
    ShardOutcome, StartTurn, Statement,
};

/// Bytes of rows that a shard may send at least before it waits for credit, however many shards there are.
const LEAST_WINDOW: u32 = 128 * 1024;

/// PostgreSQL's protocol counts the values of a statement in two bytes.
const MOST_VALUES: usize = u16::MAX as usize;

pub struct FanOut<'a> {
    pub shared: &'a Shared,
    pub internal: InternalQueries<'a>,
    pub request: &'a Arc<Request>,
    pub output: RowOutput<'a>,
    /// Known once it is planned.
    pub shows_only_reading: bool,
    /// The plan of the last attempt.
    pub planned: Option<Arc<PlannedStatement>>,
    /// That plan does not need all shards.
    pub can_omit_shards: bool,
    /// The shards that did not answer in time, and are left out.
    pub left_out: Vec<(usize, ShardError)>,
}

/// How an attempt by one plan ended.
pub enum AttemptEnd<'a> {
    Done(FanOutSummary),
    /// The plan is outdated, and the attempt had no effect.
    Outdated(Interrupts<'a>),
}

/// What the application may want to know of a result beyond its rows.
#[derive(Debug, Default)]
pub struct FanOutSummary {
    /// The rows were merged rather than concatenated.
    pub is_merged: bool,
    /// The shards that the result does without.
    pub failed: Vec<FailedShard>,
}

impl FanOutSummary {
    pub fn note_failed(&mut self, outcomes: &[ShardOutcome<'_>]) {
        self.failed = outcomes.iter().filter_map(ShardOutcome::failed).collect();
    }
}

impl<'a> FanOut<'a> {
    /// True if the query's outcome cannot be in doubt, because it only reads. It may then run again.
    pub fn only_reads(&self) -> bool {
        self.request.repeatable.unwrap_or_else(|| self.shows_only_reading && self.reads_only_read())
    }

    /// True if all servers say that reads do nothing else.
    pub fn reads_only_read(&self) -> bool {
        self.shared.shards.channels.iter().all(|channel| channel.reads() == ReadSafety::OnlyRead)
    }

    pub fn shards(&self) -> usize {
        self.shared.shards.len()
    }

    /// The shards that are not left out.
    pub fn included_shards(&self) -> Vec<usize> {
        let is_silent = |shard: &usize| self.left_out.iter().any(|(silent, _)| silent == shard);
        (0..self.shards()).filter(|shard| !is_silent(shard)).collect()
    }

    /// The query as the caller wrote it.
    pub fn original(&self) -> QueryRequest {
        let Request { sql, params, simple, .. } = &**self.request;
        QueryRequest { sql: sql.clone(), params: params.clone(), simple: *simple, ..QueryRequest::default() }
    }

    pub fn statement(
        &self,
        wire: QueryRequest,
        policy: FailurePolicy,
        shows_only_reading: bool,
    ) -> Result<Statement, Error> {
        // JavaScript has checked the number of the caller's own values.
        if wire.params.len() > MOST_VALUES {
            let reason = format!(
                "with those that a query for all shards adds, the statement has {} bindings, and PostgreSQL takes no more than \
                 {MOST_VALUES}: bind an array, as in x = ANY (?), or run it in parts",
                wire.params.len()
            );
            return Err(Error::Invalid { reason });
        }
        let window = (WINDOW / self.shards() as u32).max(LEAST_WINDOW);
        Ok(Statement {
            wire: QueryRequest { window, ..wire },
            premises: Vec::new(),
            policy,
            max_retries: self.request.max_retries.unwrap_or(self.shared.shards.max_retries),
            only_reads: self.request.repeatable,
            shows_only_reading,
            is_planned_to_read: false,
        })
    }

    /// Waits for the turn of a statement that goes to several shards.
    pub async fn turn_to_start(&self, interrupts: &mut Interrupts<'_>) -> Result<Option<StartTurn<'a>>, FanOutError> {
        let shared: &'a Shared = self.shared;
        let turn = interrupts.until(shared.shards.turn_to_start()).await;
        turn.map_err(|interrupt| self.interrupted(interrupt))
    }

    /// Runs a statement on one shard, whichever can be reached and has not locked what the statement relies on.
    pub async fn on_one(
        &self,
        interrupts: Interrupts<'a>,
        wire: QueryRequest,
        shows_only_reading: bool,
        dependencies: &Dependencies,
    ) -> Result<ShardCalls<'a>, FanOutError> {
        let all = &self.shared.shards;
        let shards = all.in_turn(self.included_shards());
        let mut interrupts = interrupts;
        let probe = fingerprints::question_with_locks(dependencies);
        let is_locked = |answer: &ResultSet| fingerprints::locked(answer, dependencies).is_some();
        let mut tried = 0;
        loop {
            let (shard, is_last) = (shards[tried], tried + 1 == shards.len());
            let mut statement = self.statement(wire.clone(), FailurePolicy::Read, shows_only_reading)?;
            if !is_last {
                // The next shard is tried rather than this one again.
                statement.max_retries = 0;
            }
            let moves_on = !is_last && statement.only_reads(all.channels[shard].reads());
            let mut calls = ShardCalls::start(all, interrupts, [shard], statement, None);
            let answered = tokio::select! {
                biased;
                answered = calls.answered() => Some(answered),
                () = self.internal.becomes_unresponsive(shard, probe.clone(), is_locked), if moves_on => None,
            };
            match answered {
                Some(Ok(())) => return Ok(calls),
                Some(Err(error)) if is_last || !calls.was_never_sent() || calls.interrupts.interrupted.is_some() => {
                    return Err(error);
                }
                Some(Err(_)) => {}
                None => calls.stop(),
            }
            interrupts = calls.into_interrupts();
            tried += 1;
        }
    }

    /// The error of an interrupt before the query itself was sent.
    pub fn interrupted(&self, interrupt: Interrupt) -> FanOutError {
        interrupt.error(self.internal.timeout, Fate::NotRun).into()
    }

    /// Why no plan has held.
    pub fn never_held(&self) -> FanOutError {
        locks::never_held(self.shared, self.planned.as_deref()).into()
    }
}

/// Ends a statement whose plan turns out to be outdated. It may run by another plan, unless this run may have done more
/// than read.
pub fn outdated<'a>(calls: ShardCalls<'a>) -> Result<AttemptEnd<'a>, FanOutError> {
    let mut calls = calls;
    let doubt = calls.effect_in_doubt();
    calls.stop();
    match doubt {
        Some(doubt) => Err(doubt.into()),
        None => Ok(AttemptEnd::Outdated(calls.into_interrupts())),
    }
}
