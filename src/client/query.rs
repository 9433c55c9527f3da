//! The way of one query: route, send, take in the reply, and on failure decide whether to go again.

mod legacy;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::call_control::CallControl;
use super::message::Message;
use super::request::Request;
use super::sessions::HeldSession;
use super::shared::Shared;
use crate::channel::{Call, QueryChannel, ReadSafety, ReplyEvent, SessionOwner, StartedCall};
use crate::data::compact::Record;
use crate::data::shape::{Description, Shape};
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};
use crate::lookup::Tenant;
use crate::plan;
use crate::proto::{QueryRequest, ReplyPart};
use crate::route::{QueryTarget, Route};
use crate::scatter::{
    CANCEL_GRACE, DEADLINE_GRACE, Effect, FailedAttempt, FailureClass, Interrupt, Retry, unavailable,
};

/// Runs one query to its end, which the js_queue hears of exactly once.
pub async fn run(shared: &Shared, deadlines: &Deadlines, request: Request, control: &CallControl) {
    let timeout = request.timeout.unwrap_or(shared.timeout);
    let mut query = Query {
        shared,
        deadlines,
        control,
        id: request.id,
        overrides: request.overrides,
        timeout,
        deadline: Instant::now() + timeout,
        session: request.session,
        held: None,
        begun: false,
        restart: false,
        tenant: match &request.target {
            QueryTarget::Tenant { tenant, .. } => Some(tenant.clone()),
            QueryTarget::All => None,
        },
        repeatable: request.repeatable,
        streams: request.streams,
        reads: ReadSafety::OnlyRead,
        given_up: false,
        reopen: None,
    };
    shared.shards.retry_budget.earn();
    let mut retry = Retry::new(request.max_retries.unwrap_or(shared.shards.max_retries));
    let mut wire =
        QueryRequest { sql: request.sql, params: request.params, simple: request.simple, ..Default::default() };
    let (mut looked_up_again, mut was_lost) = (false, false);
    // An attempt that was lost, and may have done more than read.
    let mut doubt = None;
    loop {
        let Err(failed) = query.attempt(&request.target, &wire).await else { return };
        // It has not run. In a session nothing can be sent elsewhere.
        if failed.class == FailureClass::WrongShard && !looked_up_again && request.session.is_none() {
            looked_up_again = true;
            shared.router.forget(&request.target);
            tracing::debug!(target: "mtdd::grpc", error = %failed.error, "looking the tenant up again");
            continue;
        }
        let no_answer =
            matches!(failed.class, FailureClass::NeverSent | FailureClass::OutcomeUnknown | FailureClass::StaysUnknown)
                || Instant::now() >= query.deadline;
        if no_answer
            && shared.router.doubt(&request.target)
            && request.session.is_none()
            && Box::pin(query.lives_elsewhere(&request.target, &failed)).await
        {
            continue;
        }
        let is_lost = failed.class == FailureClass::OutcomeUnknown;
        was_lost |= is_lost;
        // What ran before it in a session is gone with the session, and rows that have been used cannot be taken back.
        let in_session = request.session.is_some() && query.reopen.is_none();
        let final_attempt = in_session || (request.streams && query.begun);
        let class = if final_attempt { FailureClass::Answered } else { failed.class };
        let next = retry
            .next(class, &shared.shards.retry_budget, query.deadline.into_std(), || query.may_be_repeated(&wire.sql));
        if is_lost && request.session.is_none() && !query.only_reads(&wire.sql) {
            doubt.get_or_insert_with(|| failed.error.clone());
        }
        let error = match next {
            Some(wait) => {
                tracing::debug!(target: "mtdd::grpc", error = %failed.error, "retrying");
                // Without the caller's word, its server makes sure.
                wire.may_have_run |= is_lost && request.repeatable.is_none();
                match query.unless_interrupted(sleep(wait)).await {
                    Ok(()) => continue,
                    Err(interrupted) => interrupted.error,
                }
            }
            None if request.session.is_none() && query.only_reads(&wire.sql) => failed.of_a_read().error,
            None => failed.error,
        };
        let error = match doubt {
            Some(lost) => error.after(lost),
            None if was_lost => error.of_repeated(),
            None => error,
        };
        return shared.finish(query.id, Err(error));
    }
}

struct Query<'a> {
    shared: &'a Shared,
    deadlines: &'a Deadlines,
    control: &'a CallControl,
    id: u32,
    overrides: u16,
    timeout: Duration,
    deadline: Instant,
    session: Option<u32>,
    /// The session that it was sent in.
    held: Option<Arc<HeldSession>>,
    /// Pieces of this query have gone out.
    begun: bool,
    /// Pieces of an earlier attempt have gone out; the next one makes them void.
    restart: bool,
    tenant: Option<Tenant>,
    /// What the caller says of it: it only reads, or may write.
    repeatable: Option<bool>,
    /// Its rows are used as they come.
    streams: bool,
    /// What its servers say of reads.
    reads: ReadSafety,
    /// It was to stop, and the server did not say in time that it has.
    given_up: bool,
    /// Its session ended before anything ran in it: the shard to open another on.
    reopen: Option<usize>,
}

impl Query<'_> {
    async fn attempt(&mut self, target: &QueryTarget, wire: &QueryRequest) -> Result<(), FailedAttempt> {
        self.restart = self.begun;
        let left = self.deadline.saturating_duration_since(Instant::now()).as_millis();
        let mut request = QueryRequest {
            timeout_ms: u32::try_from(left).unwrap_or(u32::MAX).max(1),
            tenant: self.tenant.as_ref().map(|tenant| tenant.name.to_string()),
            tenant_type: self.tenant.as_ref().map(|tenant| tenant.kind),
            ..wire.clone()
        };
        // In boxes, here and below: the task of a query that has no need of it is no larger for it.
        if let Some(session) = self.session {
            return Box::pin(self.attempt_in_session(session, request)).await;
        }
        let route =
            self.unless_interrupted(self.shared.router.route(target)).await?.map_err(FailedAttempt::for_good)?;
        let channel = match route {
            Route::Shard { shard, epoch } => {
                request.epoch = epoch;
                &self.shared.shards.channels[shard]
            }
            Route::All => {
                let reason = "a query for all shards is not one for a single shard".into();
                return Err(FailedAttempt::for_good(Error::PlanUnsupported { reason }));
            }
        };
        let begun = self.unless_interrupted(channel.begin(request)).await?.map_err(FailedAttempt::at_start)?;
        match begun {
            StartedCall::Call(call) => {
                self.control.attach(&call);
                self.take_in(channel, call, &wire.sql).await
            }
            StartedCall::Legacy(call) => Box::pin(legacy::take_in(self, channel, call, &wire.sql)).await,
        }
    }

    async fn attempt_in_session(&mut self, session: u32, request: QueryRequest) -> Result<(), FailedAttempt> {
        if let Some(shard) = self.reopen {
            // On the same shard as before, whatever is known by now: the server says whether it still is the right one.
            let owner =
                self.tenant.as_ref().map(|tenant| SessionOwner { tenant: &tenant.name, kind: tenant.kind, epoch: 0 });
            let opened = self.unless_interrupted(self.shared.shards.channels[shard].open_session(owner)).await?;
            self.shared.sessions.open(session, HeldSession::new(shard, opened.map_err(FailedAttempt::at_start)?));
            self.reopen = None;
        }
        let sql = request.sql.clone();
        let held = self.shared.sessions.get(session).ok_or_else(|| {
            let rolled_back = self.shared.sessions.is_rolled_back(session);
            FailedAttempt::for_good(ended(None, rolled_back))
        })?;
        let channel = &self.shared.shards.channels[held.shard];
        let takes = channel.takes_in(&held.session, &request);
        self.unless_interrupted(takes).await?.map_err(FailedAttempt::for_good)?;
        let rolls_back = held.rolls_back();
        let is_first = held.note(&sql);
        self.held = Some(held.clone());
        let Some(call) = held.session.start(request) else {
            if is_first {
                self.reopen = Some(held.shard);
                return Err(FailedAttempt::never_ran(channel, held.session.end().unwrap_or_default()));
            }
            return Err(FailedAttempt::for_good(ended(held.session.end(), rolls_back)));
        };
        self.control.attach(&call);
        let taken_in = self.take_in(channel, call, &sql).await;
        if self.given_up {
            // The server will not be asked anything more: it rolls back as soon as it can.
            self.shared.sessions.close(session);
        }
        taken_in.map_err(|failed| {
            // A server that goes down, or has lost PostgreSQL, before the transaction has begun.
            if failed.class == FailureClass::NeverSent && is_first && held.sent.load(Ordering::Relaxed) == 1 {
                self.reopen = Some(held.shard);
                return failed;
            }
            if self.is_in_transaction(&sql) {
                return lost_session(channel, failed, plan::may_commit(&sql));
            }
            let failed = if self.only_reads(&sql) { failed.of_a_read() } else { failed };
            FailedAttempt::for_good(failed.error)
        })
    }

    /// True if it is in a transaction, which is rolled back if the session is lost.
    fn is_in_transaction(&self, sql: &str) -> bool {
        self.held.as_ref().is_some_and(|held| held.is_in_transaction(sql))
    }

    /// True if a query that has not been sent is for another shard by now.
    async fn lives_elsewhere(&self, target: &QueryTarget, failed: &FailedAttempt) -> bool {
        let (FailureClass::NeverSent, Error::ShardUnavailable { shard: silent, .. }) = (failed.class, &failed.error)
        else {
            return false;
        };
        let routed = self.unless_interrupted(self.shared.router.route(target)).await;
        matches!(routed, Ok(Ok(Route::Shard { shard, .. })) if shard != *silent)
    }

    /// `work`, unless the query is cancelled or its deadline passes first. For work before anything is sent.
    async fn unless_interrupted<T>(&self, work: impl Future<Output = T>) -> Result<T, FailedAttempt> {
        tokio::select! {
            biased;
            output = work => Ok(output),
            interrupt = self.control.interrupt(self.deadlines.at(self.deadline)) => {
                Err(FailedAttempt::for_good(interrupt.error(self.timeout, Fate::NotRun)))
            }
        }
    }

    /// True if the query has no outcome that could be in doubt.
    fn only_reads(&self, sql: &str) -> bool {
        self.repeatable.unwrap_or_else(|| self.reads == ReadSafety::OnlyRead && plan::shows_only_reading(sql))
    }

    /// What the query may have done, if its server falls silent.
    fn effect(&self, sql: &str) -> Effect {
        match self.repeatable {
            // A session that is given up rolls back all but a COMMIT.
            _ if self.is_in_transaction(sql) && !plan::may_commit(sql) => Effect::RolledBack,
            Some(true) => Effect::Nothing,
            None if self.only_reads(sql) => Effect::NothingOfLate,
            _ => Effect::Anything,
        }
    }

    /// The same, where the server has said so of this query.
    fn only_read(&self, sql: &str, said: Option<bool>) -> bool {
        self.repeatable.or(said).unwrap_or_else(|| self.only_reads(sql))
    }

    /// True if the query may be sent again once it was lost: its server then makes sure that this does no harm.
    fn may_be_repeated(&self, sql: &str) -> bool {
        self.repeatable.unwrap_or_else(|| self.reads != ReadSafety::MayWrite && plan::shows_only_reading(sql))
    }

    /// Passes the reply on, part by part.
    async fn take_in(&mut self, channel: &QueryChannel, mut call: Call, sql: &str) -> Result<(), FailedAttempt> {
        let mut interrupt = pin!(self.control.interrupt(self.deadlines.at(self.deadline)));
        let mut interrupted = None;
        let mut patience = self.deadlines.at(self.deadline);
        let mut shape = None;
        loop {
            let event = tokio::select! {
                biased;
                event = call.next() => event,
                reason = &mut interrupt, if interrupted.is_none() => {
                    interrupted = Some(reason);
                    let grace = match reason {
                        Interrupt::Cancelled | Interrupt::Closed => {
                            call.handle().cancel();
                            CANCEL_GRACE
                        }
                        // The server keeps the deadline too, and says whether the statement has stopped.
                        Interrupt::Deadline => DEADLINE_GRACE,
                    };
                    patience = self.deadlines.at(Instant::now() + grace);
                    continue;
                }
                () = &mut patience, if interrupted.is_some() => {
                    let reason = interrupted.unwrap_or(Interrupt::Deadline);
                    self.given_up = true;
                    self.reads = self.reads.min(call.reads());
                    return Err(FailedAttempt::given_up(channel, reason, self.timeout, self.effect(sql)));
                }
            };
            if matches!(&event, ReplyEvent::Lost(_)) || matches!(&event, ReplyEvent::Part(part, _) if part.last) {
                self.reads = self.reads.min(call.reads());
            }
            let (part, description) = FailedAttempt::unless_part(channel, event)?;
            if let Some(failure) = part.failure {
                let only_reads = |said| self.only_read(sql, said);
                return Err(FailedAttempt::refused(channel, failure, interrupted, self.timeout, only_reads));
            }
            if self.pass_on(channel, part, description, &mut shape, sql)? {
                return Ok(());
            }
        }
    }

    /// True if JavaScript, which may stop reading its rows, has to know that the query may have done more than read. What a
    /// transaction has done is in nobody's doubt: it may be rolled back.
    fn leaves_traces(&self, sql: &str) -> bool {
        self.streams && !self.is_in_transaction(sql) && !self.only_reads(sql)
    }

    /// Passes a part on to JavaScript; true if it was the last.
    fn pass_on(
        &mut self,
        channel: &QueryChannel,
        part: ReplyPart,
        description: Option<Arc<Description>>,
        shape: &mut Option<Arc<Shape>>,
        sql: &str,
    ) -> Result<bool, FailedAttempt> {
        let begins = description.map(|description| {
            let begun = self.shared.js_queue.shape(&description, self.overrides);
            let id = begun.id;
            *shape = Some(begun);
            id
        });
        let piece = Record {
            id: self.id,
            restart: std::mem::take(&mut self.restart),
            shape: begins,
            kinds: shape.as_ref().map_or(&[], |shape| &shape.kinds),
            rows: &part.rows,
            command_tag: part.command_tag.as_deref(),
            error: match part.error {
                Some(error) => Some(Message::DatabaseError(&error).json()),
                None => (part.last && self.leaves_traces(sql)).then(|| Message::LeavesTraces.json()),
            },
            // The last part needs no credit: the server has nothing more to send.
            credit: (!part.last && !part.rows.is_empty()).then_some(part.rows.len() as u32),
            last: part.last,
        };
        match self.shared.js_queue.push(piece) {
            Ok(()) => {
                self.begun = true;
                Ok(part.last)
            }
            Err(malformed) => Err(FailedAttempt::broken(channel, malformed.to_string())),
        }
    }
}

/// A query came for a session that is over. `rolled_back`: nothing that was sent in it can have lasted.
fn ended(why: Option<String>, rolled_back: bool) -> Error {
    let why = why.unwrap_or_else(|| "its session is over".into());
    let consequence = if rolled_back { ", and what it did was rolled back" } else { "" };
    let reason = format!("the transaction has ended{consequence}: {why}");
    Error::SessionEnded { reason }
}

/// When a session is lost its transaction is rolled back; only of a COMMIT under way it is not known whether it took
/// effect.
fn lost_session(channel: &QueryChannel, failed: FailedAttempt, may_commit: bool) -> FailedAttempt {
    match failed.error {
        Error::OutcomeUnknown { reason, stopping_for: None, .. } if !may_commit => {
            let reason = format!("the transaction was rolled back, because its connection was lost: {reason}");
            FailedAttempt::for_good(unavailable(channel, reason))
        }
        error => FailedAttempt::for_good(error),
    }
}
