//! One query's way: check it, take a connection, compose the request, and turn what PostgreSQL answers into pieces of
//! a reply, while its caller may cancel, its deadline may pass and the connection may break. The RPCs call `Engine::run`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::answer::{Answer, Asked};
use super::backend::{Backend, Prepared};
use super::cancel::PATIENCE;
use super::piece::{Ending, Piece, failure};
use super::pool::{Pool, Slot, Unavailable};
use super::settings::Settings;
use super::texts::{Text, Texts};
use crate::deadline::{Deadline, Deadlines};
use crate::proto::failure::Reason;
use crate::proto::{Failure, QueryRequest};

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
}

/// One query, ready to run.
pub struct Query {
    pub request: QueryRequest,
    pub settings: Settings,
    pub deadline: Option<Instant>,
}

/// Why a query is to stop before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Its caller does not want it any more, or has gone.
    Cancelled,
    /// Its time is up.
    Deadline,
    /// A row, or the whole reply, does not fit into a message.
    TooLarge,
}

impl Stop {
    fn failure(self, never_ran: bool, what: &str) -> Failure {
        match self {
            Stop::Cancelled => failure(Reason::Cancelled, never_ran, format!("the query was cancelled{what}")),
            Stop::Deadline => failure(Reason::Timeout, never_ran, format!("the query's time was up{what}")),
            Stop::TooLarge => failure(
                Reason::Invalid,
                never_ran,
                format!("a row or the whole reply exceeds the message limit (--max-message-size){what}"),
            ),
        }
    }

    /// Nothing has run.
    pub fn before(self) -> Failure {
        self.failure(true, " before it was run")
    }

    /// PostgreSQL says that it has stopped.
    pub fn after(self) -> Failure {
        self.failure(false, "")
    }

    /// PostgreSQL went on, and the connection was closed.
    pub fn unheeded(self) -> Failure {
        self.failure(false, "; it did not stop when asked, so its connection was closed")
    }
}

/// Who waits for a reply.
pub trait Caller: Sync {
    /// Takes a piece that is not the last; waits while the caller has no room for it.
    fn send(&self, piece: Piece) -> impl Future<Output = Result<(), Stop>> + Send;

    /// Returns when the caller wants the query to stop, or has gone.
    fn cancelled(&self) -> impl Future<Output = ()> + Send;
}

/// Watches for reasons to stop.
pub struct Watch<'w, C> {
    caller: &'w C,
    deadlines: &'w Deadlines,
    deadline: Option<Deadline>,
    /// It is to stop already, and why; the deadline is now that of our patience with PostgreSQL.
    stopping: Option<Stop>,
}

impl<C: Caller> Watch<'_, C> {
    /// Does `work` unless there is a reason to stop first.
    pub async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.caller.cancelled(), if self.stopping.is_none() => Err(Stop::Cancelled),
            () = passed(&mut self.deadline) => Err(Stop::Deadline),
        }
    }

    /// Gives the caller a piece. Looks for reasons to stop first: a reply that flows without a pause gives no other
    /// occasion.
    pub async fn send(&mut self, piece: Piece) -> Result<(), Stop> {
        tokio::select! {
            biased;
            () = self.caller.cancelled(), if self.stopping.is_none() => Err(Stop::Cancelled),
            () = passed(&mut self.deadline) => Err(Stop::Deadline),
            sent = self.caller.send(piece) => sent,
        }
    }

    /// From now on the only reason to stop is that PostgreSQL does not.
    pub fn be_patient(&mut self, stop: Stop) {
        self.stopping = Some(stop);
        self.deadline = Some(self.deadlines.at(Instant::now() + PATIENCE));
    }
}

/// How an attempt to run a query ends.
pub enum Attempt {
    /// The last piece of the reply.
    Answered(Piece),
    /// PostgreSQL closed the connection before it took the query.
    NotTaken,
    /// A prepared statement was not what we thought; nothing has happened.
    Outdated,
}

impl Engine {
    /// When a query that has just come must have ended: the earliest of its own limits and the server's.
    pub fn deadline(&self, request: &QueryRequest, call: Option<Duration>) -> Option<Instant> {
        let own = (request.timeout_ms > 0).then(|| Duration::from_millis(request.timeout_ms.into()));
        let limit = [own, call, self.max_statement_time].into_iter().flatten().min()?;
        Instant::now().checked_add(limit)
    }

    /// Runs a query and returns the last piece of its reply; the caller gets those before it.
    pub async fn run<C: Caller>(&self, query: &Query, caller: &C) -> Piece {
        self.try_run(query, caller).await.unwrap_or_else(|failure| Piece::ending(Ending::Failure(failure)))
    }

    async fn try_run<C: Caller>(&self, query: &Query, caller: &C) -> Result<Piece, Failure> {
        self.check(&query.request).map_err(|message| failure(Reason::Invalid, true, message))?;
        let (text, seen) = self.texts.look_up(&query.request.sql);
        let deadline = query.deadline.map(|at| self.deadlines.at(at));
        let mut watch = Watch { caller, deadlines: &self.deadlines, deadline, stopping: None };
        let acquired = watch.unless_stopped(self.pool.acquire(&query.settings)).await.map_err(Stop::before)?;
        let mut slot = acquired.map_err(unavailable)?;
        let mut keep = seen && text.keepable;
        let mut fresh = false;
        let mut repaired = false;
        loop {
            if let Some(stop) = watch.stopping {
                return Err(stop.before());
            }
            let Some(backend) = slot.backend() else {
                return Err(failure(Reason::Unavailable, true, "no connection to PostgreSQL"));
            };
            let mut turn = Turn { engine: self, query, text: &text, keep, may_repair: !repaired, backend };
            match turn.attempt(&mut watch).await? {
                Attempt::Answered(piece) => return Ok(piece),
                Attempt::Outdated => {
                    keep = false;
                    repaired = true;
                }
                Attempt::NotTaken if fresh => {
                    return Err(failure(Reason::Unavailable, true, "PostgreSQL closes connections as they are opened"));
                }
                Attempt::NotTaken => {
                    fresh = true;
                    self.renew(&mut slot, &mut watch).await?;
                }
            }
        }
    }

    async fn renew<C: Caller>(&self, slot: &mut Slot, watch: &mut Watch<'_, C>) -> Result<(), Failure> {
        let renewed = watch.unless_stopped(slot.reconnect()).await.map_err(Stop::before)?;
        renewed.map_err(|error| failure(Reason::Unavailable, true, format!("cannot reach PostgreSQL: {error}")))
    }

    /// Refuses what PostgreSQL's protocol cannot carry and what is over a limit.
    fn check(&self, request: &QueryRequest) -> Result<(), String> {
        if request.sql.len() > self.max_sql_size {
            return Err(format!("sql: {} bytes, more than {} (--max-sql-size)", request.sql.len(), self.max_sql_size));
        }
        if memchr::memchr(0, request.sql.as_bytes()).is_some() {
            return Err("sql: holds a zero byte".to_owned());
        }
        if request.params.len() > usize::from(u16::MAX) {
            return Err(format!("params: {} of them; PostgreSQL takes at most {}", request.params.len(), u16::MAX));
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

/// Returns once the deadline has passed; never without one.
async fn passed(deadline: &mut Option<Deadline>) {
    match deadline {
        Some(deadline) => deadline.await,
        None => std::future::pending().await,
    }
}

fn unavailable(reason: Unavailable) -> Failure {
    match reason {
        Unavailable::QueueFull(_) => failure(Reason::Overloaded, true, reason.to_string()),
        Unavailable::Unreachable { .. } => failure(Reason::Unavailable, true, reason.to_string()),
    }
}

/// One attempt to run a query on one connection.
struct Turn<'t> {
    engine: &'t Engine,
    query: &'t Query,
    text: &'t Text,
    /// Use a prepared statement, and make it if need be.
    keep: bool,
    /// An outdated prepared statement may be answered with another attempt.
    may_repair: bool,
    backend: &'t mut Backend,
}

impl Turn<'_> {
    async fn attempt<C: Caller>(&mut self, watch: &mut Watch<'_, C>) -> Result<Attempt, Failure> {
        if self.text.stateful {
            self.backend.mark_stateful();
        }
        let request = &self.query.request;
        // A simple request with `$1` in it is an error that only the simple protocol reports as `pg` would.
        if self.text.plain && !(request.simple && self.text.has_parameters) {
            return self.together(watch).await;
        }
        if let Some(attempt) = self.prepare_session(watch).await? {
            return Ok(attempt);
        }
        let asked = if request.simple {
            // The answer to a Sync tells that PostgreSQL was there and took what follows: without it, one that was
            // going down could not be told from one that went down halfway.
            self.backend.ask_for_end();
            self.backend.ask_simple(&request.sql).map(|()| Asked::simple())
        } else {
            self.backend
                .ask_extended(self.text, &request.sql, &request.params, false)
                .map(|prepared| Asked::extended(prepared, false))
                .map_err(|_| io::ErrorKind::InvalidInput.into())
        };
        self.send_and_read(asked, watch).await
    }

    /// Settings, tenant and statement in one write and one transaction.
    async fn together<C: Caller>(&mut self, watch: &mut Watch<'_, C>) -> Result<Attempt, Failure> {
        let request = &self.query.request;
        let asked = (|| {
            let mut preface = self.backend.ask_to_tidy(&self.query.settings)?;
            preface += self.backend.ask_for_settings(&self.query.settings)?;
            if let Some(tenant) = &request.tenant {
                preface += self.backend.ask_for_tenant(tenant)?;
            }
            let prepared = self.backend.ask_extended(self.text, &request.sql, &request.params, self.keep)?;
            let mut asked = Asked::extended(prepared, self.may_repair);
            asked.preface = preface;
            Ok::<_, postgres_protocol::message::frontend::BindError>(asked)
        })();
        self.send_and_read(asked.map_err(|_| io::ErrorKind::InvalidInput.into()), watch).await
    }

    /// Settings and tenant ahead of a statement that a transaction around it would change. An answer: they failed.
    async fn prepare_session<C: Caller>(&mut self, watch: &mut Watch<'_, C>) -> Result<Option<Attempt>, Failure> {
        let request = &self.query.request;
        if request.tenant.is_none() && *self.backend.settings() == self.query.settings {
            return Ok(None);
        }
        let asked = (|| {
            let mut preface = self.backend.ask_to_tidy(&self.query.settings)?;
            preface += self.backend.ask_for_settings(&self.query.settings)?;
            if let Some(tenant) = &request.tenant {
                preface += self.backend.ask_for_session_tenant(tenant)?;
            }
            self.backend.ask_for_end();
            let mut asked = Asked::extended(Prepared::Unnamed, false);
            asked.preface = preface;
            Ok::<_, postgres_protocol::message::frontend::BindError>(asked)
        })();
        let attempt = self.send_and_read(asked.map_err(|_| io::ErrorKind::InvalidInput.into()), watch).await?;
        match (attempt, watch.stopping) {
            (Attempt::Answered(Piece { ending: Some(Ending::Done), .. }), None) => Ok(None),
            (Attempt::Answered(_), Some(stop)) => Err(stop.before()),
            (attempt, _) => Ok(Some(attempt)),
        }
    }

    async fn send_and_read<C: Caller>(
        &mut self,
        asked: io::Result<Asked<'_>>,
        watch: &mut Watch<'_, C>,
    ) -> Result<Attempt, Failure> {
        let asked = match asked {
            Ok(asked) => asked,
            Err(_) => {
                self.backend.take_back();
                return Err(failure(Reason::Invalid, true, "params: too large for PostgreSQL's protocol"));
            }
        };
        let size = self.backend.unsent();
        match watch.unless_stopped(self.backend.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => {
                self.backend.mark_broken();
                // What was not sent to its end was not committed, save for earlier statements of a simple request.
                return match self.backend.unsent() == size {
                    true => Ok(Attempt::NotTaken),
                    false => Err(outcome_unknown()),
                };
            }
            Err(stop) => {
                self.backend.mark_broken();
                return Err(stop.after());
            }
        }
        let largest = self.engine.max_message_size;
        Answer::new(self.backend, self.text, &self.query.settings, largest, asked).read(watch).await
    }
}

/// The connection broke after the statement was sent.
pub fn outcome_unknown() -> Failure {
    failure(Reason::OutcomeUnknown, false, "the connection to PostgreSQL broke after the statement was sent")
}
