//! Reads PostgreSQL's reply to one request, up to the last ReadyForQuery, and passes it on in chunks. Decides what an
//! error, a broken connection or a cancelled statement means for the caller. Called by `execution`.

use std::io;
use std::time::Duration;

use tokio::time::timeout;

use super::backend::{Backend, ELSEWHERE, StatementId, Transaction};
use super::connect::ConnectError;
use super::decode::{self, RawDescription};
use super::read_buffer::{PART_SIZE, PgMessage};
use super::reply_chunk::{ReplyChunk, ReplyEnd, failure};
use super::settings::SessionSettings;
use super::statement_traits::StatementTraits;
use super::stop::{Caller, StopReason};
use super::stop_watch::StopWatch;
use crate::proto::failure::Reason;
use crate::proto::{DatabaseError, Failure};

/// How long rows wait for more rows to share their chunk.
const LINGER: Duration = Duration::from_millis(10);

/// How an attempt to run a query ends.
pub enum AttemptOutcome {
    /// The last chunk of the reply.
    Answered(ReplyChunk),
    /// PostgreSQL closed the connection before it took the query.
    NotTaken,
    /// A prepared statement was outdated; nothing has run.
    Outdated,
}

/// The request that was sent to PostgreSQL.
#[derive(Clone, Copy, Debug, Default)]
pub struct SentRequest {
    /// The number of commands before the statement, whose answers are dropped.
    preface: u32,
    extended: bool,
    /// The statement, if it is kept; if it is outdated, that is reported as such, not as an error.
    kept: Option<StatementId>,
    /// The statement's premise follows it.
    premised: bool,
    /// It is proven to leave nothing in the session.
    pub harmless: bool,
}

impl SentRequest {
    /// By the extended protocol, not kept.
    pub fn extended() -> Self {
        SentRequest { extended: true, ..SentRequest::default() }
    }

    /// A kept statement after its guard.
    pub fn kept(id: StatementId, harmless: bool) -> Self {
        SentRequest { extended: true, kept: Some(id), harmless, ..SentRequest::default() }
    }

    /// By the simple protocol.
    pub fn simple() -> Self {
        SentRequest::default()
    }

    pub fn is_extended(&self) -> bool {
        self.extended
    }

    /// The same, with or without a premise after the statement.
    pub fn on_premise(self, premised: bool) -> Self {
        SentRequest { premised, ..self }
    }

    /// The same after commands that answer with this many CommandComplete messages.
    pub fn after(self, preface: u32) -> Self {
        SentRequest { preface, ..self }
    }
}

/// The state of a statement's premise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Premise {
    /// There is none, or it held, or its statement has not ended yet.
    None,
    /// It is being checked.
    Open,
    /// It does not hold.
    Failed,
}

/// Reads the reply to one request.
pub struct ReplyReader<'a> {
    backend: &'a mut Backend,
    text: &'a StatementTraits,
    settings: &'a SessionSettings,
    changes_settings: bool,
    largest: usize,
    sent_request: SentRequest,
    /// The chunk that has not been sent yet.
    chunk: ReplyChunk,
    error: Option<Box<DatabaseError>>,
    /// PostgreSQL has taken the request.
    taken: bool,
    /// The statement has begun to run.
    bound: bool,
    /// A statement of the request has ended.
    completed: bool,
    /// The state of the statement's premise.
    premise: Premise,
    /// Something has been sent to the caller.
    sent: bool,
    /// Something was dropped, because the query is being stopped.
    lossy: bool,
    /// It runs in the caller's transaction, and cannot end it.
    in_transaction: bool,
    stop: Option<StopReason>,
}

impl<'a> ReplyReader<'a> {
    /// Nothing has come yet. `largest`: bytes of the largest gRPC message.
    pub fn new(
        backend: &'a mut Backend,
        text: &'a StatementTraits,
        settings: &'a SessionSettings,
        largest: usize,
        sent_request: SentRequest,
    ) -> Self {
        backend.read_buffer.keep_errors_up_to(largest - 4 * PART_SIZE);
        ReplyReader {
            in_transaction: backend.transaction() != Transaction::None && !text.may_end_transaction,
            changes_settings: backend.settings() != settings,
            backend,
            text,
            settings,
            largest,
            sent_request,
            chunk: ReplyChunk::default(),
            error: None,
            taken: false,
            bound: false,
            completed: false,
            premise: Premise::None,
            sent: false,
            lossy: false,
            stop: None,
        }
    }

    /// Reads to the end.
    pub async fn read<C: Caller>(mut self, watch: &mut StopWatch<'_, C>) -> Result<AttemptOutcome, Failure> {
        loop {
            loop {
                let message = match self.backend.read_buffer.next() {
                    Ok(Some(message)) => message,
                    Ok(None) => break,
                    Err(error) => {
                        tracing::warn!(%error, "PostgreSQL violated its protocol");
                        return self.lost();
                    }
                };
                if let Some(attempt) = self.take(message, watch).await? {
                    return Ok(attempt);
                }
            }
            if self.backend.read_buffer.is_full() {
                self.send_rows(watch).await;
            }
            if self.backend.read_buffer.begun() + 4 * PART_SIZE > self.largest {
                match self.backend.read_buffer.begun_tag() {
                    // PostgreSQL notices the cancel only after it has sent the row, so the rest of the row is skipped.
                    Some(b'D') => {
                        self.lossy = true;
                        if self.stop.is_none() {
                            self.begin_to_stop(StopReason::TooLarge, watch);
                        }
                    }
                    Some(b'd') => {}
                    _ => return self.lost(),
                }
                self.backend.read_buffer.skip_begun();
            }
            match watch.unless_stopped(self.fill()).await {
                Ok(Ok(Some(0)) | Err(_)) => return self.lost(),
                Ok(Ok(Some(_))) => {}
                Ok(Ok(None)) => self.send_rows(watch).await,
                Err(_) if let Some(stop) = self.stop => {
                    self.backend.mark_broken();
                    return Err(if self.in_transaction { stop.closed() } else { stop.not_stopped() });
                }
                Err(stop) => self.begin_to_stop(stop, watch),
            }
        }
    }

    /// Reads once; None: nothing more came in time, and the collected rows should be sent.
    async fn fill(&mut self) -> io::Result<Option<usize>> {
        if self.sent_request.preface > 0 || self.premise != Premise::None || !self.backend.read_buffer.has_rows() {
            return self.backend.fill().await.map(Some);
        }
        timeout(LINGER, self.backend.fill()).await.ok().transpose()
    }

    /// Handles a message that is not a row; returns the outcome if it was the last.
    async fn take<C: Caller>(
        &mut self,
        message: PgMessage,
        watch: &mut StopWatch<'_, C>,
    ) -> Result<Option<AttemptOutcome>, Failure> {
        let in_preface = self.sent_request.preface > 0;
        match message.tag {
            b'Z' => {
                self.taken = true;
                if self.backend.note_ready(&message) {
                    return self.end(watch).await.map(Some);
                }
            }
            b'C' if in_preface => {
                self.taken = true;
                self.sent_request.preface -= 1;
                self.backend.read_buffer.drop_rows();
            }
            b'C' if self.premise == Premise::Open => {
                self.premise = Premise::None;
                self.sent_request.premised = false;
                self.backend.read_buffer.drop_rows();
            }
            b'C' => {
                let tag = decode::command_tag(self.backend.read_buffer.body(&message));
                self.send_ended(watch).await;
                (self.chunk.rows, self.chunk.row_count) = self.backend.read_buffer.take_rows();
                self.chunk.command_tag = Some(tag);
                self.completed = true;
                if self.sent_request.premised {
                    self.premise = Premise::Open;
                }
            }
            b'T' if !in_preface => {
                self.taken = true;
                self.send_ended(watch).await;
                self.chunk.description = Some(RawDescription(self.backend.read_buffer.take_body(&message)));
            }
            b'I' => {
                self.send_ended(watch).await;
                self.chunk.empty_query = true;
            }
            b'E' => {
                let error = decode::database_error(self.backend.read_buffer.body(&message), message.length);
                if decode::is_fatal(&error) {
                    return self.fatal(error).map(Some);
                }
                self.taken = true;
                self.backend.read_buffer.drop_rows();
                if self.premise == Premise::Open {
                    self.premise = Premise::Failed;
                }
                // The error of a failed preface comes first, and explains the later ones.
                self.error.get_or_insert(Box::new(error));
            }
            b'2' if !in_preface => {
                self.taken = true;
                self.bound = true;
            }
            b'1' | b'2' | b'3' | b'n' | b'T' => self.taken = true,
            b'G' => {
                let refusal = self.backend.refuse_copy(self.sent_request.extended);
                if !matches!(watch.unless_stopped(refusal).await, Ok(Ok(()))) {
                    return self.lost().map(Some);
                }
            }
            // Something has changed a session setting without a request.
            b'S' if !self.changes_settings => self.backend.mark_stateful(),
            b'N' => {
                let notice = decode::database_error(self.backend.read_buffer.body(&message), message.length);
                tracing::debug!(code = notice.code, message = notice.message, "notice from PostgreSQL");
            }
            // COPY data is dropped; notifications are not handled on this connection.
            b'S' | b'H' | b'd' | b'c' | b'A' => {}
            tag => {
                tracing::warn!(tag, "an unexpected message from PostgreSQL");
                return self.lost().map(Some);
            }
        }
        Ok(None)
    }

    /// ReadyForQuery: nothing more will come.
    async fn end<C: Caller>(&mut self, watch: &mut StopWatch<'_, C>) -> Result<AttemptOutcome, Failure> {
        let Some(error) = self.error.take() else {
            self.backend.settings_hold(self.settings);
            return match self.stop {
                Some(stop) if self.lossy && self.in_transaction => {
                    self.backend.fail_transaction().await;
                    Err(stop.undone())
                }
                Some(stop) if self.lossy => Err(stop.too_late()),
                _ => {
                    self.chunk.ending = Some(ReplyEnd::Done);
                    Ok(AttemptOutcome::Answered(std::mem::take(&mut self.chunk)))
                }
            };
        };
        if self.sent_request.preface > 0 && error.message.contains(ELSEWHERE) {
            // A setting in this session would reach another.
            self.backend.mark_broken();
            return Err(failure(Reason::Unavailable, true, ConnectError::TransactionPooler.to_string()));
        }
        let outdated = !self.bound && self.is_outdated(&error);
        if self.sent_request.preface > 0 && !outdated {
            self.backend.doubt_statements();
        }
        if let Some(stop) = self.stop
            && error.code.as_deref() == Some("57014")
        {
            // In a failed transaction, nothing of its only statement stays.
            let rolled_back = !self.completed && self.backend.transaction() == Transaction::Failed;
            let partly = self.text.commits_midway && !rolled_back;
            return Err(if partly { stop.partly() } else { stop.after() });
        }
        if self.premise == Premise::Failed {
            tracing::debug!(code = error.code, message = error.message, "a premise does not hold");
            return Err(failure(Reason::Outdated, true, "the premise of the statement does not hold"));
        }
        if outdated && !self.sent {
            return self.stop.map_or(Ok(AttemptOutcome::Outdated), |stop| Err(stop.before()));
        }
        self.send_ended(watch).await;
        Ok(AttemptOutcome::Answered(ReplyChunk::ending(ReplyEnd::Error(error))))
    }

    /// True if the error only means that a prepared statement is outdated. Ask only about an error from before the
    /// statement began to run.
    fn is_outdated(&mut self, error: &DatabaseError) -> bool {
        let in_preface = self.sent_request.preface > 0;
        match (error.code.as_deref(), self.sent_request.kept) {
            // Only our own statements are run by name and prepared.
            (Some("26000" | "42P05"), kept) if in_preface || kept.is_some() => self.backend.doubt_statements(),
            // The guard says so, or no longer matches the catalog or the role.
            (Some(code), Some(id)) if in_preface && (code.starts_with("42") || code == "3F000") => {
                self.backend.forget(id);
            }
            (Some("0A000"), Some(id)) if error.routine.as_deref() == Some("RevalidateCachedQuery") => {
                self.backend.forget(id);
            }
            _ => return false,
        }
        true
    }

    /// PostgreSQL closes the connection, and says why.
    fn fatal(&mut self, error: DatabaseError) -> Result<AttemptOutcome, Failure> {
        self.backend.mark_broken();
        if !self.taken {
            return Ok(AttemptOutcome::NotTaken);
        }
        if self.completed {
            // The statement had run, but it is not known whether it was committed.
            return Err(outcome_unknown());
        }
        Ok(AttemptOutcome::Answered(ReplyChunk::ending(ReplyEnd::Error(Box::new(error)))))
    }

    /// The connection broke.
    fn lost(&mut self) -> Result<AttemptOutcome, Failure> {
        self.backend.mark_broken();
        Err(outcome_unknown())
    }

    /// Sends a result that has ended, because something follows it.
    async fn send_ended<C: Caller>(&mut self, watch: &mut StopWatch<'_, C>) {
        if self.chunk.ends_result() {
            let chunk = std::mem::take(&mut self.chunk);
            self.send(chunk, watch).await;
        }
    }

    /// Sends the rows gathered so far, while more are to come.
    async fn send_rows<C: Caller>(&mut self, watch: &mut StopWatch<'_, C>) {
        if self.premise != Premise::None {
            self.backend.read_buffer.drop_rows();
            return;
        }
        if self.sent_request.preface > 0 {
            return;
        }
        let (rows, row_count) = self.backend.read_buffer.take_rows();
        let chunk = ReplyChunk { rows, row_count, ..std::mem::take(&mut self.chunk) };
        self.send(chunk, watch).await;
    }

    async fn send<C: Caller>(&mut self, chunk: ReplyChunk, watch: &mut StopWatch<'_, C>) {
        if self.stop.is_some() {
            self.lossy = true;
            return;
        }
        self.sent = true;
        if let Err(stop) = watch.send(chunk).await {
            self.lossy = true;
            self.begin_to_stop(stop, watch);
        }
    }

    fn begin_to_stop<C: Caller>(&mut self, stop: StopReason, watch: &mut StopWatch<'_, C>) {
        self.stop = Some(stop);
        self.backend.cancel();
        watch.wait_for_stop(stop);
    }
}

/// The connection broke after the statement was sent.
pub fn outcome_unknown() -> Failure {
    failure(Reason::OutcomeUnknown, false, "the connection to PostgreSQL broke after the statement was sent")
}
