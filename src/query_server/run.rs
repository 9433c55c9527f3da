//! Runs a query: checks it, takes a connection, and lets `execution` run it there, while the caller may cancel, the
//! deadline may pass and the connection may break. The RPCs call `Engine::run`; `session`, which already holds a
//! connection, calls `Engine::run_held`.

use std::iter;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;

use super::backend::Transaction;
use super::execution::{Execution, ExecutionMode};
use super::memory::Memory;
use super::placement::{ConnectionEnd, Lease, ShardPlacement};
use super::pool::{AcquireRequest, Pool, PoolSlot, Unavailable};
use super::query::IncomingQuery;
use super::read_effects::{ReadEffects, Verdict};
use super::reader_patience::ReaderPatience;
use super::reply_chunk::{ReplyChunk, ReplyEnd, failure};
use super::reply_reader::AttemptOutcome;
use super::statement_traits::{StatementTraits, TraitsCache, reads_only};
use super::stop::{Caller, LimitOf, StopReason, TimeLimit, for_unary_caller};
use super::stop_watch::StopWatch;
use crate::deadline::Deadlines;
use crate::proto::failure::Reason;
use crate::proto::{Failure, QueryRequest};

/// The longest wait for the catalog after a statement has ended.
const LONGEST_LOOK: Duration = Duration::from_millis(500);

/// How often one query may find an outdated prepared statement.
const MOST_OUTDATED: u32 = 3;

/// Why BEGIN and COMMIT are refused outside of a session.
const OUTSIDE: &str = "sql: begins or ends a transaction, but each query here runs on a connection and in a transaction of \
                       its own; use a transaction of Knex (db.transaction)";

/// What all queries share.
pub struct Engine {
    pub pool: Arc<Pool>,
    /// For questions, while all connections of the pool are taken.
    pub spare: Arc<Pool>,
    pub deadlines: Deadlines,
    pub texts: TraitsCache,
    /// The longest accepted SQL text in bytes.
    pub max_sql_size: usize,
    /// Bytes of the largest gRPC message.
    pub max_message_size: usize,
    pub max_statement_time: Option<Duration>,
    /// Limits the wait for callers that do not read.
    pub patience: ReaderPatience,
    /// The budget for waiting and running requests.
    pub requests: Arc<Memory>,
    /// The budget for replies that have not been read.
    pub replies: Arc<Memory>,
    pub placement: Arc<ShardPlacement>,
    pub reads: Arc<ReadEffects>,
}

impl Engine {
    /// The deadline of a new query: the earliest of its own limits and the server's.
    pub fn limit(&self, request: &QueryRequest, call: Option<Duration>) -> Option<TimeLimit> {
        let own = (request.timeout_ms > 0).then(|| Duration::from_millis(request.timeout_ms.into()));
        let callers = own.into_iter().chain(call).map(|time| (time, LimitOf::Caller));
        let servers = self.max_statement_time.map(|time| (time, LimitOf::Statements(time)));
        let (time, of) = callers.chain(servers).min()?;
        TimeLimit::after(time, of)
    }

    /// Runs a query and returns the last chunk of its reply; the caller gets the earlier ones. A panic is answered too,
    /// because nobody would notice a task that has panicked.
    pub async fn run<C: Caller>(&self, query: &IncomingQuery, caller: &C) -> ReplyChunk {
        let outcome = AssertUnwindSafe(self.try_run(query, caller)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|_| Err(faulty()));
        outcome.unwrap_or_else(|failure| ReplyChunk::ending(ReplyEnd::Failure(failure)))
    }

    async fn try_run<C: Caller>(&self, query: &IncomingQuery, caller: &C) -> Result<ReplyChunk, Failure> {
        let (text, seen) = self.inspect(&query.request).await?;
        if text.is_transaction_control {
            return Err(failure(Reason::Invalid, true, OUTSIDE));
        }
        let mut watch = self.watch(query, &text, caller);
        let admitted = match self.placement.admit_known(&query.request) {
            Some(admitted) => admitted,
            // Boxed because it is rare, so that the task of other queries stays small.
            None => {
                let admitting = Box::pin(self.placement.admit(&query.request));
                watch.unless_stopped(admitting).await.map_err(StopReason::before)??
            }
        };
        watch.lease = admitted.lease();
        let (outcome, rest) = self.run_admitted(query, &text, seen, &mut watch).await;
        admitted.end(&outcome, rest);
        outcome
    }

    async fn run_admitted<C: Caller>(
        &self,
        query: &IncomingQuery,
        text: &StatementTraits,
        seen: bool,
        watch: &mut StopWatch<'_, C>,
    ) -> (Result<ReplyChunk, Failure>, ConnectionEnd) {
        let mut slot = match self.acquire(query, false, watch).await {
            Ok(slot) => slot,
            Err(failure) => return (Err(failure), ConnectionEnd::Closed),
        };
        let mode = ExecutionMode { held: false, keep: seen && text.keepable };
        let outcome = self.run_on(&mut slot, query, text, mode, true, watch).await;
        let rest = match slot.backend() {
            Some(backend) if backend.is_ready() => ConnectionEnd::Ready,
            backend => {
                // A statement that still runs there must not outlast the lease.
                backend.into_iter().for_each(|backend| backend.mark_broken());
                ConnectionEnd::Closed
            }
        };
        (outcome, rest)
    }

    /// Runs a query on a connection that its caller holds. `fresh`: nothing has run there for this caller, so a dead
    /// connection can be replaced.
    pub async fn run_held<C: Caller>(
        &self,
        slot: &mut PoolSlot,
        query: &IncomingQuery,
        text: &StatementTraits,
        fresh: bool,
        watch: &mut StopWatch<'_, C>,
    ) -> Result<ReplyChunk, Failure> {
        let mode = ExecutionMode { held: true, keep: false };
        self.run_on(slot, query, text, mode, fresh, watch).await
    }

    async fn run_on<C: Caller>(
        &self,
        slot: &mut PoolSlot,
        query: &IncomingQuery,
        text: &StatementTraits,
        mut mode: ExecutionMode,
        mut may_renew: bool,
        watch: &mut StopWatch<'_, C>,
    ) -> Result<ReplyChunk, Failure> {
        if query.request.may_have_run {
            // Boxed because it is rare, so that the task of other queries stays small.
            watch.unless_stopped(Box::pin(self.may_repeat(query))).await.map_err(StopReason::before)??;
        }
        let mut outdated = 0;
        loop {
            if let Some(stop) = watch.stopping {
                return Err(stop.before());
            }
            // After this process was frozen, the connection may arrive before the notice that the lease has ended.
            if watch.lease.as_ref().is_some_and(Lease::is_over) {
                return Err(StopReason::Lapsed.before());
            }
            let Some(backend) = slot.backend() else {
                return Err(failure(Reason::Unavailable, true, "no connection to PostgreSQL"));
            };
            let mut execution = Execution { largest: self.max_message_size, query, text, mode, backend };
            let attempt = match execution.attempt(watch).await {
                Ok(attempt) => attempt,
                Err(failure) => return Err(Box::pin(self.with_read_verdict(failure, query)).await),
            };
            match attempt {
                AttemptOutcome::Answered(chunk) => {
                    let is_outside = !mode.held && execution.backend.transaction() == Transaction::None;
                    if chunk.is_refusal_to_write() {
                        execution.backend.doubt_role();
                        if is_outside {
                            // Before the caller gets the error, so that its next query finds the new primary.
                            slot.check_role().await;
                        }
                    }
                    if matches!(chunk.ending, Some(ReplyEnd::Done)) {
                        if !mode.held && !is_outside {
                            return Err(left_open(text));
                        }
                        watch.note_end();
                    }
                    return Ok(chunk);
                }
                AttemptOutcome::Outdated => {
                    mode.keep = false;
                    outdated += 1;
                    if outdated > MOST_OUTDATED {
                        execution.backend.mark_broken();
                        return Err(failure(
                            Reason::Unavailable,
                            true,
                            "PostgreSQL does not keep prepared statements on this connection",
                        ));
                    }
                }
                AttemptOutcome::NotTaken if may_renew => {
                    may_renew = false;
                    self.renew(slot, watch).await?;
                }
                AttemptOutcome::NotTaken => {
                    return Err(failure(
                        Reason::Unavailable,
                        true,
                        "PostgreSQL closed the connection before the query",
                    ));
                }
            }
        }
    }

    /// Refuses a query that may have run already, unless it is proven to only read.
    async fn may_repeat(&self, query: &IncomingQuery) -> Result<(), Failure> {
        let refused = |why: &str| {
            let message = format!("the query may have taken effect, and is not run again: {why}");
            Err(failure(Reason::OutcomeUnknown, true, message))
        };
        if !reads_only(&query.request.sql).await {
            return refused("its text does more than read");
        }
        match self.reads.now().await {
            Verdict::OnlyRead => Ok(()),
            Verdict::MayWrite(by) => {
                refused(&format!("in this database a read may do more than read, because of {by}"))
            }
            Verdict::Unknown => refused("the catalog did not say in time whether a read only reads here"),
        }
    }

    /// Adds to a failure with an unknown outcome whether the statement is proven to only read. For a read, a reply that
    /// was too large is then an ordinary failure. (Callers of streams also want to know that a read could not be
    /// stopped.)
    pub async fn with_read_verdict(&self, mut failure: Failure, query: &IncomingQuery) -> Failure {
        let is_stopped = failure.reason() == Reason::OutcomeUnknown && failure.stopping_for() != Reason::Unspecified;
        if !is_stopped || failure.only_read.is_some() {
            return failure;
        }
        let only_read = self.only_reads(&query.request.sql).await;
        failure.only_read = Some(only_read);
        if only_read {
            failure.message = format!("{}; the statement only reads", failure.cause);
        }
        if failure.stopping_for() == Reason::Invalid { for_unary_caller(failure) } else { failure }
    }

    /// True if a statement that has run is proven to only read.
    pub async fn only_reads(&self, sql: &str) -> bool {
        reads_only(sql).await && matches!(timeout(LONGEST_LOOK, self.reads.now()).await, Ok(Verdict::OnlyRead))
    }

    /// What is known about a query's text, and whether it has been seen before; refuses a query that cannot be run.
    pub async fn inspect(&self, request: &QueryRequest) -> Result<(Arc<StatementTraits>, bool), Failure> {
        self.check(request).map_err(|message| failure(Reason::Invalid, true, message))?;
        Ok(self.texts.look_up(&request.sql).await)
    }

    /// Begins to watch for reasons to stop a query.
    pub fn watch<'w, C>(&'w self, query: &IncomingQuery, text: &'w StatementTraits, caller: &'w C) -> StopWatch<'w, C> {
        let reader = (query.owner(), &text.pace);
        StopWatch::new(caller, &self.patience, &self.pool, &self.deadlines, reader, query.limit)
    }

    /// Takes a connection from the pool. `held`: for a session; sessions are limited separately.
    pub async fn acquire<C: Caller>(
        &self,
        query: &IncomingQuery,
        held: bool,
        watch: &mut StopWatch<'_, C>,
    ) -> Result<PoolSlot, Failure> {
        let owner = if held { watch.owner.of_sessions() } else { watch.owner };
        let request = AcquireRequest { settings: &query.settings, owner, capped: !held, pace: watch.pace };
        let acquired = match query.is_question() {
            false => watch.unless_stopped(self.pool.acquire(request)).await,
            // In a box: the task of any other query is no larger for it.
            true => watch.unless_stopped(Box::pin(self.pool.acquire_beside(&self.spare, request))).await,
        };
        let acquired = acquired.map_err(StopReason::before)?;
        acquired.map_err(unavailable)
    }

    async fn renew<C: Caller>(&self, slot: &mut PoolSlot, watch: &mut StopWatch<'_, C>) -> Result<(), Failure> {
        let renewed = watch.unless_stopped(slot.reconnect()).await.map_err(StopReason::before)?;
        renewed.map_err(|error| failure(Reason::Unavailable, true, format!("cannot reach PostgreSQL: {error}")))
    }

    /// Refuses what PostgreSQL's protocol cannot carry or what exceeds a limit.
    fn check(&self, request: &QueryRequest) -> Result<(), String> {
        let premise = request.premise.as_ref().map(|premise| ("premise.", &premise.sql, &premise.params));
        for (of, sql, params) in iter::once(("", &request.sql, &request.params)).chain(premise) {
            if sql.len() > self.max_sql_size {
                return Err(format!(
                    "{of}sql: {} bytes is more than {} (--max-sql-size)",
                    sql.len(),
                    self.max_sql_size
                ));
            }
            if memchr::memchr(0, sql.as_bytes()).is_some() {
                return Err(format!("{of}sql: contains a zero byte"));
            }
            if params.len() > usize::from(u16::MAX) {
                return Err(format!("{of}params: got {}; PostgreSQL takes at most {}", params.len(), u16::MAX));
            }
        }
        if request.simple && !request.params.is_empty() {
            return Err("params: not allowed together with `simple`".to_owned());
        }
        if request.tenant.as_ref().is_some_and(|tenant| tenant.contains('\0')) {
            return Err("tenant: contains a zero byte".to_owned());
        }
        Ok(())
    }
}

/// The failure of a text that has left a transaction open, which ends with the text. Without a word on it, a later
/// COMMIT or ROLLBACK of the caller's would seem to have worked.
fn left_open(text: &StatementTraits) -> Failure {
    let message = "sql: left a transaction open, which was rolled back; use a transaction of Knex (db.transaction)";
    match text.commits_midway {
        false => failure(Reason::Invalid, true, message),
        true => {
            let message = format!("{message}; what it had committed before that stays");
            failure(Reason::OutcomeUnknown, false, message)
        }
    }
}

/// The failure after a panic at an unknown point.
fn faulty() -> Failure {
    let message = "an internal error occurred in the query server; see its log";
    failure(Reason::OutcomeUnknown, false, message)
}

fn unavailable(reason: Unavailable) -> Failure {
    match reason {
        Unavailable::QueueFull(_) | Unavailable::TenantQueueFull(_) => {
            failure(Reason::Overloaded, true, reason.to_string())
        }
        Unavailable::Unreachable { .. } => failure(Reason::Unavailable, true, reason.to_string()),
    }
}

#[cfg(test)]
mod tests;
