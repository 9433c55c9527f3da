//! One connection to PostgreSQL and what it remembers: prepared statements, settings, and what the last query may have
//! left behind. Composes requests and cleans up; it does not know callers. `run` drives it, `pool` keeps it.

use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use lru::LruCache;
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend::{self, BindError};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::task::JoinHandle;

use super::cancel;
use super::connect::{self, CancelKey, ConnectError, Socket};
use super::inbox::{Inbox, Message};
use super::settings::{Settings, TENANT};
use super::texts::Text;
use crate::postgres::Target;
use crate::proto::Parameter;

/// The prepared statement that sets the tenant for one transaction.
const SET_LOCAL: &str = "mtdd_local";

/// What a query may have left behind in the session.
#[derive(Clone, Copy, Debug, Default)]
struct Residue {
    /// A transaction is open.
    transaction: bool,
    /// Anything that DISCARD ALL removes.
    session: bool,
    /// The tenant was set for the session, because the statement allows no transaction around it.
    tenant: bool,
}

/// A connection to PostgreSQL.
pub struct Backend {
    socket: Socket,
    pub inbox: Inbox,
    out: BytesMut,
    target: Arc<Target>,
    place: usize,
    key: CancelKey,
    /// Ids of the texts that are prepared here.
    statements: Option<LruCache<u64, ()>>,
    /// Names of prepared statements to close with the next request.
    superfluous: Vec<String>,
    /// What PostgreSQL holds prepared is not known: everything goes with the next request.
    statements_in_doubt: bool,
    set_local_prepared: bool,
    settings: Settings,
    /// ReadyForQuery messages that are still to come.
    outstanding: u32,
    residue: Residue,
    /// A cancel request on its way; it must have ended before another query runs here.
    cancelling: Option<JoinHandle<bool>>,
    broken: bool,
}

impl Backend {
    /// Opens a connection.
    pub async fn connect(target: &Arc<Target>, statement_cache_size: usize) -> Result<Self, ConnectError> {
        let opened = connect::open(target).await?;
        Ok(Backend {
            socket: opened.socket,
            inbox: opened.inbox,
            out: BytesMut::with_capacity(4096),
            target: target.clone(),
            place: opened.place,
            key: opened.key,
            statements: NonZeroUsize::new(statement_cache_size).map(LruCache::sparse),
            superfluous: Vec::new(),
            statements_in_doubt: false,
            set_local_prepared: false,
            settings: Settings::default(),
            outstanding: 0,
            residue: Residue::default(),
            cancelling: None,
            broken: false,
        })
    }

    /// The settings that hold in the session.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Looks, without waiting, whether PostgreSQL has closed an idle connection or is about to.
    pub fn is_alive(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let mut space = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.socket).poll_read(&mut context, &mut buffer) {
                Poll::Pending => return true,
                // A change of the server's configuration is announced to idle connections too, in a ParameterStatus.
                Poll::Ready(Ok(())) if buffer.filled().first() == Some(&b'S') => continue,
                Poll::Ready(_) => return false,
            }
        }
    }

    // --- requests -------------------------------------------------------------------------------------------------

    /// Asks for these settings, within the transaction of the statement that follows. Returns how many CommandComplete
    /// messages answer it. `settings_hold` must be called once that transaction has been committed.
    pub fn ask_for_settings(&mut self, settings: &Settings) -> Result<u32, BindError> {
        if self.settings == *settings {
            return Ok(0);
        }
        let mut answers = 0;
        if !self.settings.is_empty() {
            frontend::parse("", "reset all", [], &mut self.out)?;
            self.bind_and_execute("", &[])?;
            answers += 1;
        }
        for (name, value) in settings.iter() {
            frontend::parse("", "select pg_catalog.set_config($1, $2, false)", [], &mut self.out)?;
            self.bind_and_execute("", &[name.as_bytes(), value.as_bytes()])?;
            answers += 1;
        }
        Ok(answers)
    }

    /// Notes that the settings asked for hold.
    pub fn settings_hold(&mut self, settings: &Settings) {
        if self.settings != *settings {
            self.settings = settings.clone();
        }
    }

    /// Sets the tenant until the end of the transaction of the statement that follows; answered by one CommandComplete.
    pub fn ask_for_tenant(&mut self, tenant: &str) -> Result<u32, BindError> {
        if !self.set_local_prepared {
            let sql = format!("select pg_catalog.set_config('{TENANT}', $1, true)");
            frontend::parse(SET_LOCAL, &sql, [], &mut self.out)?;
            self.set_local_prepared = true;
        }
        self.bind_and_execute(SET_LOCAL, &[tenant.as_bytes()])?;
        Ok(1)
    }

    /// Sets the tenant until `clean` takes it back; answered by one CommandComplete.
    pub fn ask_for_session_tenant(&mut self, tenant: &str) -> Result<u32, BindError> {
        let sql = format!("select pg_catalog.set_config('{TENANT}', $1, false)");
        frontend::parse("", &sql, [], &mut self.out)?;
        self.bind_and_execute("", &[tenant.as_bytes()])?;
        self.residue.tenant = true;
        Ok(1)
    }

    fn bind_and_execute(&mut self, statement: &str, values: &[&[u8]]) -> Result<(), BindError> {
        let write = |value: &&[u8], out: &mut BytesMut| {
            out.extend_from_slice(value);
            Ok(IsNull::No)
        };
        frontend::bind("", statement, [0i16; 0], values, write, [0i16; 0], &mut self.out)?;
        Ok(frontend::execute("", 0, &mut self.out)?)
    }

    /// Frees prepared statements that are of no use under `settings` or that no longer fit the cache; to be called
    /// first in a request. Returns how many CommandComplete messages answer it.
    pub fn ask_to_tidy(&mut self, settings: &Settings) -> Result<u32, BindError> {
        if self.settings != *settings
            && (self.set_local_prepared || self.statements.as_ref().is_some_and(|kept| !kept.is_empty()))
        {
            // What is prepared here was parsed under other settings.
            self.doubt_statements();
        }
        for statement in self.superfluous.drain(..) {
            frontend::close(b'S', &statement, &mut self.out)?;
        }
        if !std::mem::take(&mut self.statements_in_doubt) {
            return Ok(0);
        }
        frontend::parse("", "deallocate all", [], &mut self.out)?;
        self.bind_and_execute("", &[])?;
        Ok(1)
    }

    /// Runs a text by the extended protocol. With `keep`, its prepared statement is used, and made if need be.
    /// Returns the name of a statement that is being made.
    pub fn ask_extended<'t>(
        &mut self,
        text: &'t Text,
        sql: &str,
        params: &[Parameter],
        keep: bool,
    ) -> Result<Prepared<'t>, BindError> {
        let prepared = self.prepare(text, keep);
        match prepared {
            Prepared::Unnamed => frontend::parse("", sql, [], &mut self.out)?,
            Prepared::Now(text) => frontend::parse(&text.statement, sql, [], &mut self.out)?,
            Prepared::Before(_) => {}
        }
        let name = match prepared {
            Prepared::Unnamed => "",
            Prepared::Now(text) | Prepared::Before(text) => &text.statement,
        };
        let write = |param: &Parameter, out: &mut BytesMut| match &param.value {
            Some(value) => {
                out.extend_from_slice(value);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        };
        // No format codes at all: every parameter is text.
        let binary = params.iter().any(|param| param.binary);
        let formats = params.iter().filter(|_| binary).map(|param| i16::from(param.binary));
        frontend::bind("", name, formats, params, write, [0i16; 0], &mut self.out)?;
        frontend::describe(b'P', "", &mut self.out)?;
        frontend::execute("", 0, &mut self.out)?;
        self.ask_for_end();
        Ok(prepared)
    }

    /// Ends a group of extended-protocol messages, and with it their transaction.
    pub fn ask_for_end(&mut self) {
        frontend::sync(&mut self.out);
        self.outstanding += 1;
    }

    /// Runs a text by the simple protocol.
    pub fn ask_simple(&mut self, sql: &str) -> io::Result<()> {
        frontend::query(sql, &mut self.out)?;
        self.outstanding += 1;
        Ok(())
    }

    /// Refuses the data that COPY FROM STDIN asks for, in the words of `pg`.
    pub async fn refuse_copy(&mut self, extended: bool) -> io::Result<()> {
        frontend::copy_fail("No source stream defined", &mut self.out)?;
        if extended {
            // PostgreSQL has ignored the Sync that came before: it was reading COPY data by then.
            frontend::sync(&mut self.out);
        }
        self.flush().await
    }

    fn prepare<'t>(&mut self, text: &'t Text, keep: bool) -> Prepared<'t> {
        let Some(statements) = self.statements.as_mut().filter(|_| keep) else { return Prepared::Unnamed };
        if statements.get(&text.id).is_some() {
            return Prepared::Before(text);
        }
        if let Some((oldest, ())) = statements.push(text.id, ()) {
            self.superfluous.push(Text::statement_name(oldest));
        }
        Prepared::Now(text)
    }

    /// Notes that a text is not, or no longer, to be found prepared here.
    pub fn forget(&mut self, text: &Text) {
        if let Some(statements) = &mut self.statements {
            statements.pop(&text.id);
        }
        self.superfluous.push(text.statement.clone());
    }

    /// Notes that PostgreSQL may hold other prepared statements than are known here.
    pub fn doubt_statements(&mut self) {
        self.forget_statements();
        self.statements_in_doubt = true;
    }

    /// Notes that nothing is prepared here.
    fn forget_statements(&mut self) {
        if let Some(statements) = &mut self.statements {
            statements.clear();
        }
        self.superfluous.clear();
        self.statements_in_doubt = false;
        self.set_local_prepared = false;
    }

    /// Forgets a request that could not be composed.
    pub fn take_back(&mut self) {
        self.out.clear();
        self.broken = true;
    }

    // --- reading and writing --------------------------------------------------------------------------------------

    /// Sends what has been asked. A future dropped halfway leaves the connection useless.
    pub async fn flush(&mut self) -> io::Result<()> {
        while !self.out.is_empty() {
            if self.socket.write_buf(&mut self.out).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        self.socket.flush().await
    }

    /// Bytes that have been asked but not sent.
    pub fn unsent(&self) -> usize {
        self.out.len()
    }

    /// Reads once; 0: PostgreSQL has closed the connection. Dropping the future loses nothing.
    pub async fn fill(&mut self) -> io::Result<usize> {
        self.inbox.fill(&mut self.socket).await
    }

    /// Notes a ReadyForQuery; true if it was the last one that is to come.
    pub fn note_ready(&mut self, message: &Message) -> bool {
        self.outstanding = self.outstanding.saturating_sub(1);
        self.residue.transaction = self.inbox.body(message) != b"I";
        self.outstanding == 0
    }

    // --- care -----------------------------------------------------------------------------------------------------

    /// Notes that the session may hold something of the last query's.
    pub fn mark_stateful(&mut self) {
        self.residue.session = true;
    }

    /// Notes that the connection is of no use any more.
    pub fn mark_broken(&mut self) {
        self.broken = true;
    }

    /// True if the connection must be closed.
    pub fn is_broken(&self) -> bool {
        self.broken || (!self.out.is_empty() && self.outstanding > 0)
    }

    /// True if `clean` must run before another query does.
    pub fn needs_care(&self) -> bool {
        let Residue { transaction, session, tenant } = self.residue;
        self.outstanding > 0 || self.cancelling.is_some() || transaction || session || tenant || !self.inbox.is_empty()
    }

    /// Asks PostgreSQL, on a connection of its own, to stop the running statement; at most once.
    pub fn cancel(&mut self) {
        if self.cancelling.is_none() {
            self.cancelling = Some(tokio::spawn(cancel::request(self.target.clone(), self.place, self.key)));
        }
    }

    /// Brings the connection into the state of a new one, save for settings and prepared statements that were asked
    /// for. Stops a statement that still runs.
    pub async fn clean(&mut self) -> io::Result<()> {
        if self.outstanding > 0 {
            self.cancel();
            self.await_ready().await?;
            // Nobody has looked at the answers: settings asked for may hold or not, and statements be prepared or not.
            self.residue.session = true;
        }
        if let Some(cancelling) = self.cancelling.take() {
            // Once PostgreSQL has closed the cancelling connection it has sent its signal; an exchange after that makes
            // sure the signal has been seen too, so that it cannot stop a later statement.
            if !cancelling.await.unwrap_or(false) {
                return Err(io::Error::other("a cancel request may still be on its way"));
            }
            self.ask_for_end();
            self.flush().await?;
            self.await_ready().await?;
        }
        let Residue { transaction, session, tenant } = self.residue;
        if transaction {
            self.command("rollback").await?;
        }
        if transaction || session {
            self.command("discard all").await?;
            self.forget_statements();
            self.settings = Settings::default();
        } else if tenant {
            self.command(&format!("reset {TENANT}")).await?;
        }
        self.residue = Residue::default();
        Ok(())
    }

    /// Runs a text of the server's own that must succeed.
    async fn command(&mut self, sql: &str) -> io::Result<()> {
        self.ask_simple(sql)?;
        self.flush().await?;
        match self.await_ready().await? {
            true => Ok(()),
            false => Err(io::Error::other("PostgreSQL refused to clean the session")),
        }
    }

    /// Reads, and forgets, whatever comes until PostgreSQL is ready; false if an error was among it.
    async fn await_ready(&mut self) -> io::Result<bool> {
        let mut fine = true;
        while self.outstanding > 0 {
            while let Some(message) = self.inbox.next()? {
                match message.tag {
                    b'Z' => {
                        self.note_ready(&message);
                    }
                    b'E' => fine = false,
                    // Which protocol asked is not known here; a Sync too many is answered once too often, so the
                    // connection goes.
                    b'G' => return Err(io::Error::other("COPY data was asked for after its caller had gone")),
                    _ => {}
                }
                self.inbox.drop_rows();
            }
            self.inbox.drop_rows();
            if self.outstanding > 0 && self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(fine)
    }
}

/// How a text's statement is found.
#[derive(Clone, Copy)]
pub enum Prepared<'t> {
    /// Parsed for this once.
    Unnamed,
    /// Parsed with this request, to be kept.
    Now(&'t Text),
    /// Kept from an earlier request.
    Before(&'t Text),
}
