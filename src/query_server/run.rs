//! One query's way: check it, take a connection, and have `attempt` run it there, while its caller may cancel, its
//! deadline may pass and the connection may break. The RPCs call `Engine::run`; `session`, which holds a connection
//! already, calls `Engine::run_held`.

use std::iter;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{Instant, timeout};

use super::attempt::{Attempt, Manner, Turn};
use super::backend::{Transaction, Whose};
use super::cancel::PATIENCE;
use super::fair::Owner;
use super::memory::{Memory, Reserved};
use super::pace::Pace;
use super::piece::{Ending, Piece, failure};
use super::placement::{Lease, Placement, Rest};
use super::pool::{Pool, Slot, Unavailable, Wish};
use super::reads::{Reads, Verdict};
use super::settings::Settings;
use super::slow::Patience;
use super::texts::{Text, Texts, reads_only};
use crate::deadline::{Deadline, Deadlines};
use crate::proto::failure::Reason;
use crate::proto::{Failure, QueryRequest};

/// A caller who has waited for the end of a statement does not wait longer for what is known of it.
const LONGEST_LOOK: Duration = Duration::from_millis(500);

/// How often one query may find that what was thought to be prepared is not.
const MOST_OUTDATED: u32 = 3;

/// What all queries share.
pub struct Engine {
    pub pool: Arc<Pool>,
    pub deadlines: Deadlines,
    pub texts: Texts,
    /// Bytes of the longest SQL text taken.
    pub max_sql_size: usize,
    /// Bytes of the largest gRPC message.
    pub max_message_size: usize,
    pub max_statement_time: Option<Duration>,
    /// With callers who take no rows.
    pub patience: Patience,
    /// For requests that wait or run.
    pub requests: Arc<Memory>,
    /// For replies that have not been taken.
    pub replies: Arc<Memory>,
    pub placement: Arc<Placement>,
    pub reads: Arc<Reads>,
}

/// One query, ready to run.
pub struct Query {
    pub request: QueryRequest,
    pub settings: Settings,
    pub deadline: Option<Instant>,
    /// The connection that it came on.
    pub caller: Option<SocketAddr>,
    /// The tenant's type, as its setting has it.
    tenant_type: String,
    /// The memory that it takes.
    _memory: Option<Reserved>,
}

impl Query {
    /// `settings`: those of the request's own, or of its stream.
    pub fn new(
        request: QueryRequest,
        settings: Settings,
        deadline: Option<Instant>,
        caller: Option<SocketAddr>,
        memory: Option<Reserved>,
    ) -> Self {
        let tenant_type = request.tenant_type.map(|kind| kind.to_string()).unwrap_or_default();
        Query { request, settings, deadline, caller, tenant_type, _memory: memory }
    }

    /// About how many bytes a request takes.
    pub fn size_of(request: &QueryRequest) -> usize {
        let premise = request.premise.iter().flat_map(|premise| &premise.params);
        let params = request.params.iter().chain(premise);
        let params = params.map(|param| 32 + param.value.as_ref().map_or(0, |value| value.len()));
        let premise = request.premise.as_ref().map_or(0, |premise| premise.sql.len());
        request.sql.len() + premise + params.sum::<usize>()
    }

    /// For whom it takes its turn.
    pub fn owner(&self) -> Owner {
        Owner::of(self.request.tenant.as_deref(), self.request.tenant_type.unwrap_or_default(), self.caller)
    }

    /// On whose behalf it runs. A caller that knows of no types leaves the type empty, which is nobody's.
    pub fn whose(&self) -> Option<Whose<'_>> {
        let tenant = self.request.tenant.as_deref()?;
        Some(Whose { tenant, kind: &self.tenant_type })
    }
}

/// Why a query is to stop before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Its caller does not want it any more, or has gone.
    Cancelled,
    /// The lease under which its tenant's queries run here is over.
    Lapsed,
    /// Its time is up.
    Deadline,
    /// A row, or the whole reply, does not fit into a message.
    TooLarge,
    /// Its caller took no rows for too long.
    Stalled,
    /// There is no memory for its reply.
    Overloaded,
}

impl Stop {
    fn reason(self) -> Reason {
        match self {
            Stop::Cancelled => Reason::Cancelled,
            Stop::Lapsed => Reason::Unavailable,
            Stop::Deadline => Reason::Timeout,
            Stop::TooLarge => Reason::Invalid,
            Stop::Stalled => Reason::Stalled,
            Stop::Overloaded => Reason::Overloaded,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Stop::Cancelled => "the query was cancelled",
            Stop::Lapsed => {
                "no lookup server has answered for too long (--max-placement-staleness), so that the query may not run"
            }
            Stop::Deadline => "the query's time was up",
            Stop::TooLarge => "a row or the whole reply exceeds the message limit (--max-message-size)",
            Stop::Overloaded => "the replies that have not been taken hold as much memory as they may (--memory-limit)",
            Stop::Stalled => "the query's rows were not taken for too long (--reader-stall-timeout)",
        }
    }

    /// Nothing has run.
    pub fn before(self) -> Failure {
        failure(self.reason(), true, format!("{}; it was not run", self.words()))
    }

    /// PostgreSQL says that it has stopped, or cannot have committed anything.
    pub fn after(self) -> Failure {
        failure(self.reason(), false, format!("{}; it was stopped", self.words()))
    }

    /// The statement only reads, whatever became of it.
    pub fn of_a_read(self) -> Failure {
        failure(self.reason(), false, format!("{}; the statement only reads", self.words()))
    }

    /// The connection was closed inside the caller's transaction, which goes with it.
    pub fn closed(self) -> Failure {
        let how =
            "the statement did not stop when asked, so its connection was closed, and its transaction rolled back";
        failure(self.reason(), false, format!("{}; {how}", self.words()))
    }

    /// PostgreSQL had run the statement to its end by then, and its transaction has been made to fail.
    pub fn undone(self) -> Failure {
        let how = "PostgreSQL had run the statement to its end by then, so its transaction was made to fail";
        failure(self.reason(), false, format!("{}; {how}", self.words()))
    }

    /// PostgreSQL had run the statement to its end by then, and not all of its reply was passed on.
    pub fn too_late(self) -> Failure {
        self.in_doubt("PostgreSQL had run the statement to its end by then, so it took effect, but not all of its reply was passed on")
    }

    /// PostgreSQL went on, and the connection was closed.
    pub fn unheeded(self) -> Failure {
        self.in_doubt(
            "the statement did not stop when asked, so its connection was closed; whether it took effect is not known",
        )
    }

    /// PostgreSQL says that it has stopped, but the text may have committed something before.
    pub fn partly(self) -> Failure {
        self.in_doubt("the statement has been stopped, but what it had committed before stays")
    }

    /// The statement may have taken effect.
    pub fn in_doubt(self, how: &str) -> Failure {
        let mut failure = failure(Reason::OutcomeUnknown, false, format!("{}; {how}", self.words()));
        failure.stopping_for = self.reason().into();
        failure.cause = self.words().to_owned();
        failure
    }
}

/// The same failure for callers of one statement, whom what is in doubt concerns only where it may have done more than read.
pub fn without_doubt(mut failure: Failure) -> Failure {
    if failure.only_read() {
        failure.reason = std::mem::take(&mut failure.stopping_for);
        failure.cause.clear();
        failure.only_read = None;
    }
    failure
}

/// Who waits for a reply.
pub trait Caller: Sync {
    /// Takes a piece that is not the last; waits while the caller has no room for it.
    fn send(&self, piece: Piece) -> impl Future<Output = Result<(), Stop>> + Send;

    /// Returns when the caller wants the query to stop, or has gone, or when it may not run any more: with which it is.
    fn cancelled(&self) -> impl Future<Output = Stop> + Send;
}

/// Watches for reasons to stop.
pub struct Watch<'w, C> {
    caller: &'w C,
    engine: &'w Engine,
    owner: Owner,
    pace: &'w Arc<Pace>,
    deadline: Option<Deadline>,
    /// Under which the query was admitted; None: none is needed.
    pub lease: Option<Lease>,
    /// The caller has been waited for, and has taken rows since.
    reads: bool,
    /// It has been waited for so long that its owner's queries of the same text are to make way.
    is_slow: bool,
    /// It is to stop already, and why; the deadline is now that of our patience with PostgreSQL.
    pub stopping: Option<Stop>,
}

impl<C: Caller> Watch<'_, C> {
    /// Does `work` unless there is a reason to stop first.
    pub async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            stop = self.caller.cancelled(), if self.stopping.is_none() => Err(stop),
            () = passed(&mut self.deadline) => Err(Stop::Deadline),
        }
    }

    /// Gives the caller a piece. Looks for reasons to stop first: a reply that flows without a pause gives no other
    /// occasion.
    pub async fn send(&mut self, piece: Piece) -> Result<(), Stop> {
        let mut waited = false;
        let patience = async {
            waited = true;
            let slow = || {
                self.is_slow = true;
                self.pace.note(self.owner, true);
            };
            self.engine.patience.ends(&self.engine.pool, &self.engine.deadlines, self.reads, slow).await;
        };
        let sent = tokio::select! {
            biased;
            stop = self.caller.cancelled(), if self.stopping.is_none() => Err(stop),
            () = passed(&mut self.deadline) => Err(Stop::Deadline),
            sent = self.caller.send(piece) => sent,
            () = patience => Err(Stop::Stalled),
        };
        self.reads |= waited && sent.is_ok();
        sent
    }

    /// The reply has been taken to its end.
    fn note_end(&self) {
        if !self.is_slow {
            self.pace.note(self.owner, false);
        }
    }

    /// From now on the only reason to stop is that PostgreSQL does not.
    pub fn be_patient(&mut self, stop: Stop) {
        self.stopping = Some(stop);
        self.deadline = Some(self.engine.deadlines.at(Instant::now() + PATIENCE));
    }
}

impl Engine {
    /// When a query that has just come must have ended: the earliest of its own limits and the server's.
    pub fn deadline(&self, request: &QueryRequest, call: Option<Duration>) -> Option<Instant> {
        let own = (request.timeout_ms > 0).then(|| Duration::from_millis(request.timeout_ms.into()));
        let limit = [own, call, self.max_statement_time].into_iter().flatten().min()?;
        Instant::now().checked_add(limit)
    }

    /// Runs a query and returns the last piece of its reply; the caller gets those before it. A fault of this server's own
    /// is answered too: nobody would hear of a task that has panicked.
    pub async fn run<C: Caller>(&self, query: &Query, caller: &C) -> Piece {
        let outcome = AssertUnwindSafe(self.try_run(query, caller)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|_| Err(faulty()));
        outcome.unwrap_or_else(|failure| Piece::ending(Ending::Failure(failure)))
    }

    async fn try_run<C: Caller>(&self, query: &Query, caller: &C) -> Result<Piece, Failure> {
        let (text, seen) = self.look_at(&query.request).await?;
        let mut watch = self.watch(query, &text, caller);
        let admitted = match self.placement.admit_known(&query.request) {
            Some(admitted) => admitted,
            // Rare, and in a box: the task of a query whose tenant is known is no larger for it.
            None => {
                let admitting = Box::pin(self.placement.admit(&query.request));
                watch.unless_stopped(admitting).await.map_err(Stop::before)??
            }
        };
        watch.lease = admitted.lease();
        let (outcome, rest) = self.run_admitted(query, &text, seen, &mut watch).await;
        admitted.end(&outcome, rest);
        outcome
    }

    async fn run_admitted<C: Caller>(
        &self,
        query: &Query,
        text: &Text,
        seen: bool,
        watch: &mut Watch<'_, C>,
    ) -> (Result<Piece, Failure>, Rest) {
        let mut slot = match self.acquire(query, false, watch).await {
            Ok(slot) => slot,
            Err(failure) => return (Err(failure), Rest::Closed),
        };
        let manner = Manner { held: false, keep: seen && text.keepable };
        let outcome = self.run_on(&mut slot, query, text, manner, true, watch).await;
        let rest = match slot.backend() {
            Some(backend) if backend.is_ready() => Rest::Ready,
            backend => {
                // Whatever runs there is not to outlast a lease.
                backend.into_iter().for_each(|backend| backend.mark_broken());
                Rest::Closed
            }
        };
        (outcome, rest)
    }

    /// Runs a query on a connection that its caller holds. `fresh`: nothing has run there for this caller, so that a
    /// connection that turns out to be dead may be replaced.
    pub async fn run_held<C: Caller>(
        &self,
        slot: &mut Slot,
        query: &Query,
        text: &Text,
        fresh: bool,
        watch: &mut Watch<'_, C>,
    ) -> Result<Piece, Failure> {
        let manner = Manner { held: true, keep: false };
        self.run_on(slot, query, text, manner, fresh, watch).await
    }

    async fn run_on<C: Caller>(
        &self,
        slot: &mut Slot,
        query: &Query,
        text: &Text,
        mut manner: Manner,
        mut may_renew: bool,
        watch: &mut Watch<'_, C>,
    ) -> Result<Piece, Failure> {
        if query.request.may_have_run {
            // Rare, and in a box: the task of any other query is no larger for it.
            watch.unless_stopped(Box::pin(self.may_repeat(query))).await.map_err(Stop::before)??;
        }
        let mut outdated = 0;
        loop {
            if let Some(stop) = watch.stopping {
                return Err(stop.before());
            }
            // After a pause of this whole process, the connection may have come before the word that the lease is over.
            if watch.lease.as_ref().is_some_and(Lease::is_over) {
                return Err(Stop::Lapsed.before());
            }
            let Some(backend) = slot.backend() else {
                return Err(failure(Reason::Unavailable, true, "no connection to PostgreSQL"));
            };
            let mut turn = Turn { engine: self, query, text, manner, backend };
            let attempt = match turn.attempt(watch).await {
                Ok(attempt) => attempt,
                Err(failure) => return Err(Box::pin(self.told_apart(failure, query)).await),
            };
            match attempt {
                Attempt::Answered(piece) => {
                    if piece.is_refusal_to_write() {
                        turn.backend.doubt_role();
                        if !manner.held && turn.backend.transaction() == Transaction::None {
                            // Before the caller hears of it: what it asks next is to find the new primary.
                            slot.check_role().await;
                        }
                    }
                    if matches!(piece.ending, Some(Ending::Done)) {
                        watch.note_end();
                    }
                    return Ok(piece);
                }
                Attempt::Outdated => {
                    manner.keep = false;
                    outdated += 1;
                    if outdated > MOST_OUTDATED {
                        turn.backend.mark_broken();
                        return Err(failure(
                            Reason::Unavailable,
                            true,
                            "PostgreSQL does not keep what is prepared there",
                        ));
                    }
                }
                Attempt::NotTaken if may_renew => {
                    may_renew = false;
                    self.renew(slot, watch).await?;
                }
                Attempt::NotTaken => {
                    return Err(failure(
                        Reason::Unavailable,
                        true,
                        "PostgreSQL closed the connection before the query",
                    ));
                }
            }
        }
    }

    /// Refuses a query that may have run already, unless it is proven to do nothing but read.
    async fn may_repeat(&self, query: &Query) -> Result<(), Failure> {
        let refused = |why: &str| {
            let message = format!("the query may have taken effect, and is not run again: {why}");
            Err(failure(Reason::OutcomeUnknown, true, message))
        };
        if !reads_only(&query.request.sql).await {
            return refused("its text shows more than reading");
        }
        match self.reads.now().await {
            Verdict::OnlyRead => Ok(()),
            Verdict::MayWrite(by) => refused(&format!("in this database a read may do more than read, by {by}")),
            Verdict::Unknown => refused("the catalogue does not say in time whether a read only reads here"),
        }
    }

    /// Says of a failure that leaves an outcome in doubt whether the statement is proven to have done no more than read. A
    /// reply that was too large then is merely a refusal. (Of a read that was stopped in vain, callers of streams want to
    /// know that too.)
    pub async fn told_apart(&self, mut failure: Failure, query: &Query) -> Failure {
        let is_stopped = failure.reason() == Reason::OutcomeUnknown && failure.stopping_for() != Reason::Unspecified;
        if !is_stopped || failure.only_read.is_some() {
            return failure;
        }
        let only_read = self.only_reads(&query.request.sql).await;
        failure.only_read = Some(only_read);
        if only_read {
            failure.message = format!("{}; the statement only reads", failure.cause);
        }
        if failure.stopping_for() == Reason::Invalid { without_doubt(failure) } else { failure }
    }

    /// True if a statement that has run is proven to do nothing but read.
    pub async fn only_reads(&self, sql: &str) -> bool {
        reads_only(sql).await && matches!(timeout(LONGEST_LOOK, self.reads.now()).await, Ok(Verdict::OnlyRead))
    }

    /// What is known about a query's text, and whether it has been seen before; refuses a query that cannot be run.
    pub async fn look_at(&self, request: &QueryRequest) -> Result<(Arc<Text>, bool), Failure> {
        self.check(request).map_err(|message| failure(Reason::Invalid, true, message))?;
        Ok(self.texts.look_up(&request.sql).await)
    }

    /// Begins to watch for reasons to stop a query.
    pub fn watch<'w, C>(&'w self, query: &Query, text: &'w Text, caller: &'w C) -> Watch<'w, C> {
        let deadline = query.deadline.map(|at| self.deadlines.at(at));
        let (owner, pace) = (query.owner(), &text.pace);
        Watch { caller, engine: self, owner, pace, deadline, lease: None, reads: false, is_slow: false, stopping: None }
    }

    /// A connection from the pool. `held`: for a session, whose number is limited elsewhere.
    pub async fn acquire<C: Caller>(
        &self,
        query: &Query,
        held: bool,
        watch: &mut Watch<'_, C>,
    ) -> Result<Slot, Failure> {
        let wish = Wish { settings: &query.settings, owner: watch.owner, capped: !held, pace: watch.pace };
        let acquiring = self.pool.acquire(wish);
        let acquired = watch.unless_stopped(acquiring).await.map_err(Stop::before)?;
        acquired.map_err(unavailable)
    }

    async fn renew<C: Caller>(&self, slot: &mut Slot, watch: &mut Watch<'_, C>) -> Result<(), Failure> {
        let renewed = watch.unless_stopped(slot.reconnect()).await.map_err(Stop::before)?;
        renewed.map_err(|error| failure(Reason::Unavailable, true, format!("cannot reach PostgreSQL: {error}")))
    }

    /// Refuses what PostgreSQL's protocol cannot carry and what is over a limit.
    fn check(&self, request: &QueryRequest) -> Result<(), String> {
        let premise = request.premise.as_ref().map(|premise| ("premise.", &premise.sql, &premise.params));
        for (of, sql, params) in iter::once(("", &request.sql, &request.params)).chain(premise) {
            if sql.len() > self.max_sql_size {
                return Err(format!("{of}sql: {} bytes, more than {} (--max-sql-size)", sql.len(), self.max_sql_size));
            }
            if memchr::memchr(0, sql.as_bytes()).is_some() {
                return Err(format!("{of}sql: holds a zero byte"));
            }
            if params.len() > usize::from(u16::MAX) {
                return Err(format!("{of}params: {} of them; PostgreSQL takes at most {}", params.len(), u16::MAX));
            }
        }
        if request.simple && !request.params.is_empty() {
            return Err("params: not allowed together with `simple`".to_owned());
        }
        if request.tenant.as_ref().is_some_and(|tenant| tenant.contains('\0')) {
            return Err("tenant: holds a zero byte".to_owned());
        }
        Ok(())
    }
}

/// This server has met a fault of its own, at whatever point.
fn faulty() -> Failure {
    let message = "the query server has met an internal error (its log says which)";
    failure(Reason::OutcomeUnknown, false, message)
}

/// Returns once the deadline has passed; never without one.
pub async fn passed(deadline: &mut Option<Deadline>) {
    match deadline {
        Some(deadline) => deadline.await,
        None => std::future::pending().await,
    }
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
