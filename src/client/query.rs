//! The path of a query for one shard: route it, send it, pass the reply on, and after a failure decide whether to try
//! again.

mod legacy;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::call_control::CallControl;
use super::message::JsMessage;
use super::request::Request;
use super::sessions::HeldSession;
use super::shared::Shared;
use crate::channel::{Call, PlacedTenant, QueryChannel, ReadSafety, ReplyEvent, StartedCall};
use crate::data::compact::Record;
use crate::data::shape::{Description, Shape};
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};
use crate::lookup::Tenant;
use crate::plan;
use crate::proto::{QueryRequest, ReplyPart};
use crate::route::{QueryTarget, Route};
use crate::scatter::{
    CANCEL_GRACE, DEADLINE_GRACE, Effect, FailedAttempt, FailureClass, Interrupt, Retry, milliseconds_until,
    unavailable,
};

/// Runs one query to its end. JavaScript is told of the end exactly once.
pub async fn run(shared: &Shared, deadlines: &Deadlines, request: Request, control: &CallControl) {
    let timeout = request.timeout.unwrap_or(shared.timeout);
    let mut query = PointQuery {
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
            QueryTarget::Shard(_) | QueryTarget::All => None,
        },
        // What ends a transaction writes, whatever is said of it.
        repeatable: request.repeatable.filter(|only_reads| !only_reads || !plan::may_commit(&request.sql)),
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
    // The error of an attempt that was lost and may have done more than read.
    let mut doubt = None;
    loop {
        let Err(failed) = query.attempt(&request.target, &wire).await else { return };
        if matches!(failed.error, Error::WrongShard { .. }) {
            shared.router.forget(&request.target);
            // It has not run. Within a session, nothing can be sent elsewhere.
            if failed.class == FailureClass::WrongShard && !looked_up_again && request.session.is_none() {
                looked_up_again = true;
                tracing::debug!(target: "mtdd::grpc", error = %failed.error, "looking the tenant up again");
                continue;
            }
        }
        let no_answer =
            matches!(failed.class, FailureClass::NeverSent | FailureClass::OutcomeUnknown | FailureClass::StaysUnknown)
                || Instant::now() >= query.deadline;
        if no_answer
            && shared.router.recheck(&request.target)
            && request.session.is_none()
            && Box::pin(query.has_moved(&request.target, &failed)).await
        {
            continue;
        }
        let is_lost = failed.class == FailureClass::OutcomeUnknown;
        was_lost |= is_lost;
        // A lost session takes everything before this query with it, and rows that were used cannot be taken back.
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
                // Without the caller's word, the server checks that repeating it does no harm.
                wire.may_have_run |= is_lost && request.repeatable.is_none();
                match query.unless_interrupted(sleep(wait)).await {
                    Ok(()) => continue,
                    Err(interrupted) => interrupted.error,
                }
            }
            None if request.session.is_none() && query.only_reads(&wire.sql) => failed.for_read().error,
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

struct PointQuery<'a> {
    shared: &'a Shared,
    deadlines: &'a Deadlines,
    control: &'a CallControl,
    id: u32,
    overrides: u16,
    timeout: Duration,
    deadline: Instant,
    session: Option<u32>,
    /// The session that the query was sent in.
    held: Option<Arc<HeldSession>>,
    /// JavaScript has got pieces of the reply.
    begun: bool,
    /// JavaScript has got pieces of an earlier attempt, which the next piece makes void.
    restart: bool,
    tenant: Option<Tenant>,
    /// The caller's word: it only reads, or it may write.
    repeatable: Option<bool>,
    /// The application uses its rows as they come.
    streams: bool,
    /// What the servers say of reads.
    reads: ReadSafety,
    /// The server did not say in time that the query has stopped.
    given_up: bool,
    /// The session ended before anything ran in it: the shard to open another one on.
    reopen: Option<usize>,
}

impl PointQuery<'_> {
    async fn attempt(&mut self, target: &QueryTarget, wire: &QueryRequest) -> Result<(), FailedAttempt> {
        self.restart = self.begun;
        let mut request = QueryRequest {
            timeout_ms: milliseconds_until(self.deadline),
            tenant: self.tenant.as_ref().map(|tenant| tenant.name.to_string()),
            tenant_type: self.tenant.as_ref().map(|tenant| tenant.kind),
            ..wire.clone()
        };
        // Boxed, here and below, so that queries without a session have smaller tasks.
        if let Some(session) = self.session {
            return Box::pin(self.attempt_in_session(session, request)).await;
        }
        let route =
            self.unless_interrupted(self.shared.router.route(target)).await?.map_err(FailedAttempt::final_error)?;
        let channel = match route {
            Route::Shard { shard, epoch } => {
                request.epoch = epoch;
                &self.shared.shards.channels[shard]
            }
            Route::All => {
                let reason = "a query for all shards cannot run on a single shard".into();
                return Err(FailedAttempt::final_error(Error::PlanUnsupported { reason }));
            }
        };
        let begun =
            self.unless_interrupted(channel.start_on_any_wire(request)).await?.map_err(FailedAttempt::at_start)?;
        match begun {
            StartedCall::Call(call) => {
                self.control.attach(&call);
                self.receive_reply(channel, call, &wire.sql).await
            }
            StartedCall::Legacy(call) => Box::pin(legacy::receive_reply(self, channel, call, &wire.sql)).await,
        }
    }

    async fn attempt_in_session(&mut self, session: u32, mut request: QueryRequest) -> Result<(), FailedAttempt> {
        if let Some(shard) = self.reopen {
            // On the same shard as before. The server says whether it still is the right one.
            let owner =
                self.tenant.as_ref().map(|tenant| PlacedTenant { tenant: &tenant.name, kind: tenant.kind, epoch: 0 });
            let opened = self.unless_interrupted(self.shared.shards.channels[shard].open_session(owner)).await?;
            self.shared.sessions.open(session, HeldSession::new(shard, opened.map_err(FailedAttempt::at_start)?));
            self.reopen = None;
        }
        let sql = request.sql.clone();
        let gone = || {
            let rolled_back = self.shared.sessions.is_rolled_back(session);
            FailedAttempt::final_error(ended(None, rolled_back))
        };
        let held = self.shared.sessions.get(session).ok_or_else(gone)?;
        let order = self.unless_interrupted(held.order.lock()).await?;
        let place = self.unless_interrupted(held.places.acquire()).await?;
        // It may have been given up meanwhile, and then gets no further query.
        if !self.shared.sessions.get(session).is_some_and(|current| Arc::ptr_eq(&current, &held)) {
            return Err(gone());
        }
        let channel = &self.shared.shards.channels[held.shard];
        let takes = channel.check_size_in(&held.session, &request);
        self.unless_interrupted(takes).await?.map_err(FailedAttempt::final_error)?;
        let rolls_back = held.rolls_back();
        let is_first = held.note(&sql);
        self.held = Some(held.clone());
        // It may have waited here for long.
        request.timeout_ms = milliseconds_until(self.deadline);
        let Some(call) = held.session.start(request) else {
            if let Some(reason) = held.session.refusal() {
                return Err(FailedAttempt::final_error(channel.refusal(&reason)));
            }
            if is_first {
                self.reopen = Some(held.shard);
                return Err(FailedAttempt::never_ran(channel, held.session.end().unwrap_or_default()));
            }
            return Err(FailedAttempt::final_error(ended(held.session.end(), rolls_back)));
        };
        drop(order);
        self.control.attach(&call);
        let received = self.receive_reply(channel, call, &sql).await;
        drop(place);
        if self.given_up {
            // The server gets no further query in this session, and rolls back as soon as it can.
            self.shared.sessions.close(session);
        }
        received.map_err(|failed| {
            // The server goes down, or has lost PostgreSQL, before the transaction has begun.
            if failed.class == FailureClass::NeverSent && is_first && held.sent.load(Ordering::Relaxed) == 1 {
                self.reopen = Some(held.shard);
                return failed;
            }
            if self.is_in_transaction(&sql) {
                return lost_session(channel, failed, plan::may_commit(&sql));
            }
            let failed = if self.only_reads(&sql) { failed.for_read() } else { failed };
            FailedAttempt::final_error(failed.error)
        })
    }

    /// True if the query is in a transaction, which is rolled back if the session is lost.
    fn is_in_transaction(&self, sql: &str) -> bool {
        self.held.as_ref().is_some_and(|held| held.is_in_transaction(sql))
    }

    /// True if a query that was never sent belongs to another shard by now.
    async fn has_moved(&self, target: &QueryTarget, failed: &FailedAttempt) -> bool {
        let (FailureClass::NeverSent, Error::ShardUnavailable { shard: silent, .. }) = (failed.class, &failed.error)
        else {
            return false;
        };
        let routed = self.unless_interrupted(self.shared.router.route(target)).await;
        matches!(routed, Ok(Ok(Route::Shard { shard, .. })) if shard != *silent)
    }

    /// Runs `work`, unless the query is interrupted first. For work before anything is sent.
    async fn unless_interrupted<T>(&self, work: impl Future<Output = T>) -> Result<T, FailedAttempt> {
        tokio::select! {
            biased;
            output = work => Ok(output),
            interrupt = self.control.interrupt(self.deadlines.at(self.deadline)) => {
                Err(FailedAttempt::final_error(interrupt.error(self.timeout, Fate::NotRun)))
            }
        }
    }

    /// True if the query's outcome cannot be in doubt, because it only reads.
    fn only_reads(&self, sql: &str) -> bool {
        self.repeatable.unwrap_or_else(|| self.reads == ReadSafety::OnlyRead && plan::shows_only_reading(sql))
    }

    /// What the query may have done if its server falls silent.
    fn effect(&self, sql: &str) -> Effect {
        match self.repeatable {
            // A session that is given up rolls back everything but a COMMIT.
            _ if self.is_in_transaction(sql) && !plan::may_commit(sql) => Effect::RolledBack,
            Some(true) => Effect::Nothing,
            None if self.only_reads(sql) => Effect::NothingOfLate,
            _ => Effect::Anything,
        }
    }

    /// The same, given the server's word on this query.
    fn only_read(&self, sql: &str, said: Option<bool>) -> bool {
        self.repeatable.or(said).unwrap_or_else(|| self.only_reads(sql))
    }

    /// True if the query may be sent again after it was lost. The server then checks that this does no harm.
    fn may_be_repeated(&self, sql: &str) -> bool {
        self.repeatable.unwrap_or_else(|| self.reads != ReadSafety::MayWrite && plan::shows_only_reading(sql))
    }

    /// Receives the reply, and passes it on part by part.
    async fn receive_reply(&mut self, channel: &QueryChannel, mut call: Call, sql: &str) -> Result<(), FailedAttempt> {
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
            let (part, description) = FailedAttempt::part_or_failure(channel, event)?;
            if let Some(failure) = part.failure {
                let only_reads = |said| self.only_read(sql, said);
                return Err(FailedAttempt::refused(channel, failure, interrupted, self.timeout, only_reads));
            }
            if self.forward_part(channel, part, description, &mut shape, sql)? {
                return Ok(());
            }
        }
    }

    /// True if JavaScript has to know that the query may have done more than read, in case the application stops
    /// reading its rows. In a transaction, nothing is in doubt: it may be rolled back.
    fn leaves_traces(&self, sql: &str) -> bool {
        self.streams && !self.is_in_transaction(sql) && !self.only_reads(sql)
    }

    /// Passes a part on to JavaScript. True if it was the last.
    fn forward_part(
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
            message: match part.error {
                Some(error) => Some(JsMessage::DatabaseError(&error).json()),
                None => (part.last && self.leaves_traces(sql)).then(|| JsMessage::LeavesTraces.json()),
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

/// The error of a query in a session that has ended. `rolled_back`: nothing that was sent in it can have lasted.
fn ended(why: Option<String>, rolled_back: bool) -> Error {
    let why = why.unwrap_or_else(|| "its session has ended".into());
    let consequence = if rolled_back { ", and what it did was rolled back" } else { "" };
    let reason = format!("the transaction has ended{consequence}: {why}");
    Error::SessionEnded { reason }
}

/// A lost session is rolled back, so only the outcome of a COMMIT can be in doubt.
fn lost_session(channel: &QueryChannel, failed: FailedAttempt, may_commit: bool) -> FailedAttempt {
    match failed.error {
        Error::OutcomeUnknown { reason, stopping_for: None, .. } if !may_commit => {
            let reason = format!("the transaction was rolled back, because its connection was lost: {reason}");
            FailedAttempt::final_error(unavailable(channel, reason))
        }
        error => FailedAttempt::final_error(error),
    }
}
