//! One attempt to run a query on one connection. Composes the request from the text, the tenant, the settings and the
//! open transaction, sends it, and lets `reply_reader` read the reply. Called by `run`, which decides what follows.

use postgres_protocol::message::frontend::BindError;

use super::backend::{Backend, KnownText, TenantIdentity, Transaction};
use super::query::IncomingQuery;
use super::reply_chunk::{ReplyChunk, ReplyEnd, failure};
use super::reply_reader::{AttemptOutcome, ReplyReader, SentRequest, outcome_unknown};
use super::statement_traits::StatementTraits;
use super::stop::Caller;
use super::stop_watch::StopWatch;
use crate::proto::Failure;
use crate::proto::failure::Reason;

/// How an attempt runs the query.
#[derive(Clone, Copy)]
pub struct ExecutionMode {
    /// The caller holds the connection: its state may be the caller's, and stays.
    pub held: bool,
    /// Use a prepared statement, and prepare it if necessary.
    pub keep: bool,
}

/// One attempt to run a query on one connection.
pub struct Execution<'t> {
    /// Bytes of the largest gRPC message.
    pub largest: usize,
    pub query: &'t IncomingQuery,
    pub text: &'t StatementTraits,
    pub mode: ExecutionMode,
    pub backend: &'t mut Backend,
}

impl<'t> Execution<'t> {
    pub async fn attempt<C: Caller>(&mut self, watch: &mut StopWatch<'_, C>) -> Result<AttemptOutcome, Failure> {
        if self.query.request.premise.is_some() && (self.mode.held || !self.shares_a_transaction()) {
            let message = "premise: allowed only for one plain statement outside a transaction";
            return Err(failure(Reason::Invalid, true, message));
        }
        if self.backend.transaction() != Transaction::None {
            return self.run_in_transaction(watch).await;
        }
        if !self.text.needs_tenant {
            // A transaction that begins now has no tenant yet.
            self.backend.forget_tenant();
        }
        if self.shares_a_transaction() {
            return self.run_in_one_group(watch).await;
        }
        if let Some(attempt) = self.prepare_session(watch).await? {
            return Ok(attempt);
        }
        let sent_request = if self.query.request.simple { self.ask_simple() } else { self.ask_extended() };
        self.send_and_read(sent_request, watch).await
    }

    /// True if the statement can share one group of the extended protocol with our own statements. A simple request
    /// with `$1` is an error, which only the simple protocol reports as `pg` would; and only that takes a text that
    /// turns out to be several statements.
    fn shares_a_transaction(&self) -> bool {
        let needs_simple = self.text.has_parameters || self.text.may_be_several && self.query.request.premise.is_none();
        self.text.plain && !(self.query.request.simple && needs_simple)
    }

    /// The tenant to set. None: the session cannot have another tenant, so nothing must be set.
    fn identity(&self) -> Option<TenantIdentity<'t>> {
        match (self.query.identity(), self.mode.held) {
            // Another caller's function may have set a tenant for the session.
            (None, true) => Some(TenantIdentity::NOBODY),
            // The statement that sets the tenant also detects whether a pooler still keeps sessions.
            (None, false) if self.backend.is_pooled() => Some(TenantIdentity::NOBODY),
            (identity, _) => identity,
        }
    }

    /// Settings, tenant and statement in one write and one transaction.
    async fn run_in_one_group<C: Caller>(&mut self, watch: &mut StopWatch<'_, C>) -> Result<AttemptOutcome, Failure> {
        let (old, new) = (self.backend.settings(), &self.query.settings);
        if old != new && (old.shape_transactions() || new.shape_transactions()) {
            // They apply from the next transaction on.
            if let Some(attempt) = self.prepare_session(watch).await? {
                return Ok(attempt);
            }
        }
        let mut known = None;
        if self.mode.keep {
            let settings = &self.query.settings;
            known = self.backend.known(self.text, settings);
            if known.is_none() {
                if !self.study(watch).await? {
                    return Ok(AttemptOutcome::NotTaken);
                }
                known = self.backend.known(self.text, settings);
            }
        }
        let sent_request = (|| {
            let (mut preface, request) = (0, &self.query.request);
            if let Some(KnownText::Kept(id, proven)) = known {
                preface += self.backend.ask_to_tidy()?;
                preface += self.backend.ask_for_settings(&self.query.settings)?;
                if !proven.harmless {
                    preface += self.backend.ask_to_forget_sequences()?;
                }
                let identity = self.query.identity().unwrap_or(TenantIdentity::NOBODY);
                preface += self.backend.ask_for_guard(id, identity, proven)?;
                self.backend.ask_kept(id, request)?;
                // Nothing is proven about a premise.
                let harmless = proven.harmless && request.premise.is_none();
                return Ok(SentRequest::kept(id, harmless).after(preface).on_premise(request.premise.is_some()));
            }
            preface += self.ask_for_settings()?;
            if let Some(identity) = self.identity() {
                preface += match self.mode.held {
                    true => self.backend.ask_for_tenant_unprepared(identity)?,
                    false => self.backend.ask_for_tenant(identity)?,
                };
            }
            Ok(self.ask_extended()?.after(preface))
        })();
        self.send_and_read(sent_request, watch).await
    }

    /// Finds out, in a request before it, whether the text can be kept prepared. False: PostgreSQL closed the
    /// connection; nothing has run.
    async fn study<C: Caller>(&mut self, watch: &mut StopWatch<'_, C>) -> Result<bool, Failure> {
        let sql = &self.query.request.sql;
        let id = self.backend.statement_id(self.text, &self.query.settings);
        let sent_request =
            self.ask_for_settings().and_then(|preface| Ok((preface, self.backend.ask_to_study(self.text, sql)?)));
        let Ok((preface, is_first)) = sent_request else {
            self.backend.discard_unsent();
            return Err(failure(Reason::Invalid, true, "sql: too large for PostgreSQL's protocol"));
        };
        let (backend, settings) = (&mut *self.backend, &self.query.settings);
        backend.mark_studying(true);
        let studied = watch.unless_stopped(async {
            backend.flush().await?;
            let study = backend.read_study(preface, is_first).await?;
            if backend.keep(id, sql, study.as_deref()).await? {
                backend.settings_hold(settings);
            }
            backend.mark_studying(false);
            Ok::<_, std::io::Error>(())
        });
        match studied.await {
            Ok(Ok(())) => Ok(true),
            Ok(Err(_)) => {
                self.backend.mark_broken();
                Ok(false)
            }
            Err(stop) => {
                // It may be waiting for a lock, and its transaction is still open.
                self.backend.cancel();
                self.backend.mark_broken();
                Err(stop.before())
            }
        }
    }

    /// Sets settings and tenant before a statement that cannot share their transaction. Returns an outcome only if that
    /// failed.
    async fn prepare_session<C: Caller>(
        &mut self,
        watch: &mut StopWatch<'_, C>,
    ) -> Result<Option<AttemptOutcome>, Failure> {
        let identity = self.identity().filter(|_| self.text.needs_tenant);
        let as_it_is = *self.backend.settings() == self.query.settings && !self.backend.has_used_sequences();
        if identity.is_none() && as_it_is {
            return Ok(None);
        }
        let sent_request = (|| {
            let mut preface = self.ask_for_settings()?;
            if let Some(identity) = identity {
                preface += self.backend.ask_for_session_tenant(identity)?;
            }
            self.backend.ask_for_end();
            Ok(SentRequest::extended().after(preface))
        })();
        // On any failure, the statement itself has not been sent.
        let attempt = self.send_and_read(sent_request, watch).await.map_err(|failure| match watch.stopping {
            Some(stop) => stop.before(),
            None => Failure { never_ran: true, reason: Reason::Unavailable.into(), ..failure },
        })?;
        match (attempt, watch.stopping) {
            (AttemptOutcome::Answered(ReplyChunk { ending: Some(ReplyEnd::Done), .. }), None) => Ok(None),
            (AttemptOutcome::Answered(_), Some(stop)) => Err(stop.before()),
            (attempt, _) => Ok(Some(attempt)),
        }
    }

    /// In the caller's transaction: sets the tenant, which the last statement may have changed, and runs the statement,
    /// in one write.
    async fn run_in_transaction<C: Caller>(&mut self, watch: &mut StopWatch<'_, C>) -> Result<AttemptOutcome, Failure> {
        if self.text.outlives_tenant {
            return Err(failure(
                Reason::Invalid,
                true,
                "a statement follows one that ends the open transaction or rolls back to a savepoint, which also resets \
                     the tenant; send the statements one by one",
            ));
        }
        let sent_request = (|| {
            let mut preface = 0;
            // A failed transaction accepts only its end, and does not need a tenant.
            if self.backend.transaction() == Transaction::Open {
                let identity = self.query.identity();
                if self.text.needs_tenant {
                    preface += self.backend.ask_for_tenant_unprepared(identity.unwrap_or(TenantIdentity::NOBODY))?;
                } else if self.text.runs_deferred {
                    preface += self.backend.ask_for_tenant_of_deferred(identity)?;
                }
            }
            let sent_request = match self.query.request.simple && !(preface > 0 && self.shares_a_transaction()) {
                true => self.ask_simple()?,
                false => self.ask_extended()?,
            };
            Ok(sent_request.after(preface))
        })();
        self.send_and_read(sent_request, watch).await
    }

    /// Requests the settings, and first the cleanup that must precede them. Returns the number of CommandComplete
    /// messages in the answer. Statements that the caller prepared on a held connection are kept.
    fn ask_for_settings(&mut self) -> Result<u32, BindError> {
        let settings = &self.query.settings;
        if self.mode.held && self.backend.settings() == settings {
            return self.backend.ask_to_forget_sequences();
        }
        let tidied = self.backend.ask_to_tidy()? + self.backend.ask_to_forget_sequences()?;
        Ok(tidied + self.backend.ask_for_settings(settings)?)
    }

    fn ask_extended(&mut self) -> Result<SentRequest, BindError> {
        let request = &self.query.request;
        self.backend.ask_extended(request)?;
        Ok(SentRequest::extended().on_premise(request.premise.is_some()))
    }

    /// The answer to a Sync shows that PostgreSQL took what follows. Otherwise a server that was already shutting down
    /// would look like one that stopped halfway.
    fn ask_simple(&mut self) -> Result<SentRequest, BindError> {
        self.backend.ask_for_end();
        self.backend.ask_simple(&self.query.request.sql)?;
        Ok(SentRequest::simple())
    }

    async fn send_and_read<C: Caller>(
        &mut self,
        sent_request: Result<SentRequest, BindError>,
        watch: &mut StopWatch<'_, C>,
    ) -> Result<AttemptOutcome, Failure> {
        let Ok(sent_request) = sent_request else {
            self.backend.discard_unsent();
            return Err(failure(Reason::Invalid, true, "params: too large for PostgreSQL's protocol"));
        };
        match sent_request.harmless {
            true => self.backend.mark_harmless(self.text.names.writes),
            false => self.backend.mark_stateful(),
        }
        let size = self.backend.unsent();
        let is_group = self.text.plain && sent_request.is_extended();
        match watch.unless_stopped(self.backend.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => {
                self.backend.mark_broken();
                // A request that was not sent completely was not committed, except for earlier statements of a simple
                // request.
                return match self.backend.unsent() == size {
                    true => Ok(AttemptOutcome::NotTaken),
                    false => Err(outcome_unknown()),
                };
            }
            Err(stop) => {
                self.backend.mark_broken();
                // A group of the extended protocol commits at its Sync, which has not been sent.
                let in_transaction = self.backend.transaction() != Transaction::None && !self.text.may_end_transaction;
                return Err(match self.backend.unsent() {
                    unsent if unsent == size => stop.before(),
                    unsent if unsent > 0 && is_group => stop.after(),
                    _ if in_transaction => stop.closed(),
                    _ => stop.in_doubt(
                        "part of it had been sent when the connection was closed; whether it took effect is not known",
                    ),
                });
            }
        }
        ReplyReader::new(self.backend, self.text, &self.query.settings, self.largest, sent_request).read(watch).await
    }
}
