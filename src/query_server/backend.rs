//! One connection to PostgreSQL and its state: prepared statements, settings, the transaction, and what the last query
//! may have left behind. Reads, writes and cleans up; `requests` composes the messages. It does not know callers:
//! `execution` and `session` drive it, `pool` keeps it.

mod arming;
mod fitness;
mod names;
mod requests;
mod reset;
mod study;

use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use lru::LruCache;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::cancel;
use super::connect::{self, CancelKey, ConnectError, Opened};
use super::covered::Covered;
use super::read_buffer::{PgMessage, ReadBuffer};
use super::served::Served;
use super::settings::{SessionSettings, TENANT, TENANT_TYPE};
use super::stop::STOP_TIMEOUT;
use crate::postgres::{Address, ConnectTarget, Socket};

pub use fitness::{Fit, Fitness};
pub use names::StatementId;
use names::StatementNames;
pub use requests::{ELSEWHERE, TenantIdentity};
pub use study::KnownText;

/// A larger row is not an answer to one of this server's own queries.
const LARGE: usize = 1 << 20;

/// The transaction that PostgreSQL says it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transaction {
    #[default]
    None,
    Open,
    /// A statement has failed in it; it can only be rolled back, or back to a savepoint.
    Failed,
}

/// What a query may have left behind in the session.
#[derive(Clone, Copy, Debug, Default)]
struct Residue {
    transaction: Transaction,
    /// The session may differ from a new one. Everything that ran counts, unless it is proven to leave nothing.
    session: bool,
    /// Sequences may have been used. Only statements that count as `session` could notice.
    sequences: bool,
    /// The tenant was set for the session, because the statement allows no transaction around it.
    tenant: bool,
}

/// A connection to PostgreSQL.
pub struct Backend {
    /// Dropped before the socket, because the pooler then gives its process to another connection.
    served: Option<Served>,
    socket: Socket,
    pub read_buffer: ReadBuffer,
    out: BytesMut,
    target: Arc<ConnectTarget>,
    address: Address,
    key: CancelKey,
    names: StatementNames,
    /// What is known about texts on this connection, by id. None: no statements are kept.
    statements: Option<LruCache<StatementId, KnownText>>,
    /// The settings under which statements here were parsed; the index is their number.
    parsed_under: Vec<SessionSettings>,
    /// Names of prepared statements to close with the next request.
    superfluous: Vec<String>,
    /// PostgreSQL's prepared statements are not known: the next request closes all of them.
    statements_in_doubt: bool,
    set_local_prepared: bool,
    study_prepared: bool,
    settings: SessionSettings,
    /// ReadyForQuery messages that are still to come.
    outstanding: u32,
    residue: Residue,
    /// The tenant and type of the last statement that set them without a prepared statement.
    last_tenant: Option<Box<[String; 2]>>,
    /// A cancel request on its way; it must have ended before another query runs here.
    cancelling: Option<JoinHandle<bool>>,
    broken: bool,
    fitness: Fitness,
    covered: Option<Covered>,
}

impl Backend {
    /// Opens a connection.
    pub async fn connect(
        target: &Arc<ConnectTarget>,
        statement_cache_size: usize,
        fitness: Fitness,
    ) -> Result<Self, ConnectError> {
        Ok(Backend::over(connect::open(target).await?, target, statement_cache_size, fitness))
    }

    /// Opens one to the same server as another connection, for this server's own commands.
    pub async fn connect_to(target: &Arc<ConnectTarget>, address: Address) -> Result<Self, ConnectError> {
        Ok(Backend::over(connect::open_at(target, address).await?, target, 0, Fitness::new(0, None)))
    }

    fn over(opened: Opened, target: &Arc<ConnectTarget>, statement_cache_size: usize, fitness: Fitness) -> Self {
        Backend {
            served: None,
            socket: opened.socket,
            read_buffer: opened.read_buffer,
            out: BytesMut::with_capacity(4096),
            target: target.clone(),
            address: opened.address,
            key: opened.key,
            names: StatementNames::new(),
            statements: NonZeroUsize::new(statement_cache_size).map(LruCache::sparse),
            parsed_under: Vec::new(),
            superfluous: Vec::new(),
            statements_in_doubt: false,
            set_local_prepared: false,
            study_prepared: false,
            settings: SessionSettings::default(),
            outstanding: 0,
            residue: Residue::default(),
            last_tenant: None,
            cancelling: None,
            broken: false,
            fitness,
            covered: None,
        }
    }

    /// The PostgreSQL address that it is connected to.
    pub fn address(&self) -> Address {
        self.address
    }

    /// PostgreSQL ends it if this server freezes.
    pub fn keep_covered(&mut self, covered: Covered) {
        self.covered = Some(covered);
    }

    /// No other connection may have the same process.
    pub fn keep_served(&mut self, served: Served) {
        self.served = Some(served);
    }

    /// The process that must answer, if there is a pooler.
    fn pinned(&self) -> Option<i32> {
        self.served.as_ref().map(|served| served.process.number)
    }

    /// True if the connection goes through a pooler.
    pub fn is_pooled(&self) -> bool {
        self.served.is_some()
    }

    /// True if a different process answers than the one announced: there is a pooler.
    pub async fn is_behind_pooler(&mut self) -> io::Result<bool> {
        Ok(self.process_id().await? != self.key.process_id)
    }

    /// The session's current settings.
    pub fn settings(&self) -> &SessionSettings {
        &self.settings
    }

    /// The transaction that was open when PostgreSQL was last ready.
    pub fn transaction(&self) -> Transaction {
        self.residue.transaction
    }

    /// Checks, without waiting, whether PostgreSQL has closed an idle connection or is about to.
    pub fn is_alive(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let mut space = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.socket).poll_read(&mut context, &mut buffer) {
                Poll::Pending => return true,
                // PostgreSQL announces a change of its configuration to idle connections too, by ParameterStatus. The
                // prepared statements here were analyzed under the old settings.
                Poll::Ready(Ok(())) if buffer.filled().first() == Some(&b'S') => self.doubt_statements(),
                Poll::Ready(_) => return false,
            }
        }
    }

    // --- reading and writing --------------------------------------------------------------------------------------

    /// Sends the composed requests. Dropping the future halfway makes the connection unusable.
    pub async fn flush(&mut self) -> io::Result<()> {
        while !self.out.is_empty() {
            if self.socket.write_buf(&mut self.out).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        self.socket.flush().await
    }

    /// Bytes that have been composed but not sent.
    pub fn unsent(&self) -> usize {
        self.out.len()
    }

    /// Reads once; 0: PostgreSQL has closed the connection. Cancel safe.
    pub async fn fill(&mut self) -> io::Result<usize> {
        self.read_buffer.fill(&mut self.socket).await
    }

    /// Notes a ReadyForQuery; true if it was the last expected one.
    pub fn note_ready(&mut self, message: &PgMessage) -> bool {
        self.outstanding = self.outstanding.saturating_sub(1);
        let now = match self.read_buffer.body(message) {
            b"I" => Transaction::None,
            b"T" => Transaction::Open,
            _ => Transaction::Failed,
        };
        self.residue.transaction = now;
        self.outstanding == 0
    }

    // --- care -----------------------------------------------------------------------------------------------------

    /// Notes that the session may keep state of the last query, including its tenant.
    pub fn mark_stateful(&mut self) {
        self.residue.session = true;
    }

    /// Notes that a text runs that leaves no state, except what `lastval()` returns after a write.
    pub fn mark_harmless(&mut self, writes: bool) {
        self.residue.sequences |= writes;
    }

    /// Notes that the connection is unusable.
    pub fn mark_broken(&mut self) {
        self.broken = true;
    }

    /// True if the connection must be closed.
    pub fn is_broken(&self) -> bool {
        self.broken || (!self.out.is_empty() && self.outstanding > 0)
    }

    /// True if PostgreSQL has answered every request, so nothing runs there.
    pub fn is_ready(&self) -> bool {
        !self.broken && self.out.is_empty() && self.outstanding == 0
    }

    /// True if `clean` must run before another query does.
    pub fn needs_care(&self) -> bool {
        let Residue { transaction, session, tenant, sequences: _ } = self.residue;
        let left_behind = transaction != Transaction::None || session || tenant;
        left_behind
            || self.outstanding > 0
            || self.cancelling.is_some()
            || !self.read_buffer.is_empty()
            || self.role_is_doubted()
    }

    /// Asks PostgreSQL, on a separate connection, to stop the running statement; at most once.
    pub fn cancel(&mut self) {
        if self.cancelling.is_none() {
            self.cancelling = Some(tokio::spawn(cancel::request(self.target.clone(), self.address, self.key)));
        }
    }

    /// Resets the connection, except for requested settings and prepared statements. Stops a statement that still runs.
    pub async fn clean(&mut self) -> io::Result<()> {
        self.come_to_rest().await?;
        if self.residue.transaction != Transaction::None {
            self.command("rollback").await?;
            self.residue.session = true;
        }
        if self.residue.session {
            self.start_over().await?;
            self.residue.sequences = false;
        } else if self.residue.tenant {
            self.take_tenant_back().await?;
        }
        self.residue = Residue { sequences: self.residue.sequences, ..Residue::default() };
        Ok(())
    }

    /// Makes the connection ready for the next query of the same caller, whose transaction and session stay: waits
    /// until the last query has ended completely.
    pub async fn settle(&mut self) -> io::Result<()> {
        self.come_to_rest().await?;
        if self.residue.tenant && self.residue.transaction == Transaction::None {
            self.take_tenant_back().await?;
        }
        Ok(())
    }

    async fn take_tenant_back(&mut self) -> io::Result<()> {
        self.command(&format!("reset {TENANT}; reset {TENANT_TYPE}")).await?;
        self.residue.tenant = false;
        Ok(())
    }

    /// Stops a statement that still runs, and waits for a pending cancel request.
    async fn come_to_rest(&mut self) -> io::Result<()> {
        if self.outstanding > 0 {
            self.cancel();
            self.await_ready().await?;
            // Nobody has read the answers, so the settings and prepared statements are not known.
            self.residue.session = true;
            self.forget_statements();
        }
        if let Some(cancelling) = self.cancelling.take() {
            // When PostgreSQL closes the cancelling connection, it has sent its signal. One more round trip makes sure
            // that the signal has arrived, so it cannot stop a later statement.
            if !cancelling.await.unwrap_or(false) {
                return Err(io::Error::other("a cancel request may still be under way"));
            }
            self.ask_for_end();
            self.flush().await?;
            self.await_ready().await?;
        }
        Ok(())
    }

    /// Makes an open transaction fail, as an error does, so that it can only be rolled back. If PostgreSQL does not
    /// answer soon, the connection is closed, and its transaction with it.
    pub async fn fail_transaction(&mut self) {
        if !matches!(timeout(STOP_TIMEOUT, self.try_to_fail_transaction()).await, Ok(Ok(()))) {
            self.mark_broken();
        }
    }

    async fn try_to_fail_transaction(&mut self) -> io::Result<()> {
        // The savepoint does not exist, so this fails; PostgreSQL's log shows its name.
        self.ask_simple("rollback to savepoint \"a reply that mtdd-server did not pass on\"")?;
        self.flush().await?;
        match (self.await_ready().await?, self.residue.transaction) {
            (false, Transaction::Failed) => Ok(()),
            _ => Err(io::Error::other("a transaction did not fail")),
        }
    }

    /// Runs one of this server's own texts, which must succeed.
    async fn command(&mut self, sql: &str) -> io::Result<()> {
        self.ask_simple(sql)?;
        self.flush().await?;
        match self.await_ready().await? {
            true => Ok(()),
            false => Err(io::Error::other("PostgreSQL refused to clean the session")),
        }
    }

    /// Reads and drops everything until PostgreSQL is ready; false if there was an error.
    async fn await_ready(&mut self) -> io::Result<bool> {
        Ok(self.await_row().await?.0)
    }

    /// The same, but returns the rows of the first result that has any. Settings requested after it answer with rows
    /// too.
    async fn await_row(&mut self) -> io::Result<(bool, Bytes)> {
        let (mut fine, mut first) = (true, Bytes::new());
        while self.outstanding > 0 {
            while let Some(message) = self.read_buffer.next()? {
                match message.tag {
                    b'Z' => {
                        self.note_ready(&message);
                    }
                    b'E' => fine = false,
                    // The protocol of the request is not known here. An extra Sync would be answered once too often, so
                    // the connection is closed.
                    b'G' => return Err(io::Error::other("PostgreSQL asked for COPY data after the caller had gone")),
                    b'C' if self.read_buffer.has_rows() => {
                        let (rows, _) = self.read_buffer.take_rows();
                        if first.is_empty() {
                            first = rows;
                        }
                    }
                    _ => {}
                }
            }
            if self.read_buffer.is_full() {
                self.read_buffer.drop_rows();
            }
            if self.read_buffer.begun() > LARGE && self.read_buffer.begun_tag() == Some(b'D') {
                self.read_buffer.skip_begun();
            }
            if self.outstanding > 0 && self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.read_buffer.drop_rows();
        Ok((fine, first))
    }
}
