//! Composes requests to PostgreSQL: settings, tenants and statements, as protocol messages, and records what the
//! session's state will be. Sends nothing. Called by `execution`, and by `backend` for its own commands.

use std::io;

use bytes::BytesMut;
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend::{self, BindError};

use super::{Backend, KnownText, StatementId};
use crate::proto::{Parameter, QueryRequest};
use crate::query_server::settings::{SessionSettings, TENANT, TENANT_TYPE};

/// An invalid setting, whose error shows that the wrong process answers.
pub const ELSEWHERE: &str = "mtdd_another_process";

/// Sets the tenant, $1, and its type, $2. `pinned`: fails in any other process.
fn set_tenant(is_local: bool, pinned: Option<i32>) -> String {
    let tenant = match pinned {
        None => format!("'{TENANT}'"),
        Some(number) => format!("case when {} then '{TENANT}' else '{ELSEWHERE}' end", is_process(number)),
    };
    format!(
        "select pg_catalog.set_config({tenant}, $1, {is_local}), pg_catalog.set_config('{TENANT_TYPE}', $2, {is_local})"
    )
}

/// The condition that the right process answers.
pub fn is_process(number: i32) -> String {
    format!("pg_catalog.pg_backend_pid() operator(pg_catalog.=) {number}")
}

/// The tenant of a query, as policies see it; empty texts mean no tenant.
#[derive(Clone, Copy, Debug)]
pub struct TenantIdentity<'q> {
    pub tenant: &'q str,
    pub kind: &'q str,
}

impl TenantIdentity<'_> {
    /// A query without a tenant.
    pub const NOBODY: TenantIdentity<'static> = TenantIdentity { tenant: "", kind: "" };
}

impl Backend {
    /// Requests these settings in the transaction of the next statement. Returns the number of CommandComplete messages
    /// in the answer. Call `settings_hold` once that transaction has committed.
    pub fn ask_for_settings(&mut self, settings: &SessionSettings) -> Result<u32, BindError> {
        if self.settings == *settings {
            return Ok(0);
        }
        let mut answers = 0;
        if !self.settings.is_empty() {
            // RESET ALL does not reset the role and the session authorization.
            for reset in ["set session authorization default", "reset role", "reset all"] {
                frontend::parse("", reset, [], &mut self.out)?;
                self.bind_and_execute("", &[])?;
                answers += 1;
            }
        }
        Ok(answers + self.set_settings(settings)?)
    }

    /// Requests, separately, the settings from before the session was reset.
    pub(super) fn ask_for_settings_again(&mut self) -> io::Result<()> {
        if self.settings.is_empty() {
            return Ok(());
        }
        let settings = self.settings.clone();
        self.set_settings(&settings).map_err(|_| io::Error::other("the settings do not fit a message"))?;
        self.ask_for_end();
        Ok(())
    }

    fn set_settings(&mut self, settings: &SessionSettings) -> Result<u32, BindError> {
        let mut answers = 0;
        for (name, value) in settings.iter() {
            frontend::parse("", "select pg_catalog.set_config($1, $2, false)", [], &mut self.out)?;
            self.bind_and_execute("", &[name.as_bytes(), value.as_bytes()])?;
            answers += 1;
        }
        Ok(answers)
    }

    /// Notes that the requested settings are set.
    pub fn settings_hold(&mut self, settings: &SessionSettings) {
        if self.settings != *settings {
            self.settings = settings.clone();
        }
    }

    /// Sets the tenant for the transaction of the next statement; answered by one CommandComplete.
    pub fn ask_for_tenant(&mut self, identity: TenantIdentity<'_>) -> Result<u32, BindError> {
        if !self.set_local_prepared {
            frontend::parse(&self.names.set_local(), &set_tenant(true, self.pinned()), [], &mut self.out)?;
            self.set_local_prepared = true;
        }
        self.bind_and_execute(&self.names.set_local(), &[identity.tenant.as_bytes(), identity.kind.as_bytes()])?;
        Ok(1)
    }

    /// The same without a prepared statement, which a caller that holds the connection may have removed.
    pub fn ask_for_tenant_unprepared(&mut self, identity: TenantIdentity<'_>) -> Result<u32, BindError> {
        self.set_tenant(identity, true)
    }

    /// The same before a statement that runs deferred triggers. Without a tenant, the request gets that of the last
    /// statement. If none has run since `forget_tenant`, nothing is deferred and nothing is sent, so that SET
    /// TRANSACTION may still follow.
    pub fn ask_for_tenant_of_deferred(&mut self, identity: Option<TenantIdentity<'_>>) -> Result<u32, BindError> {
        let Some(last) = self.last_tenant.take() else { return Ok(0) };
        let [tenant, kind] = &*last;
        self.set_tenant(identity.unwrap_or(TenantIdentity { tenant, kind }), true)
    }

    /// Forgets the tenant of the last statement.
    pub fn forget_tenant(&mut self) {
        self.last_tenant = None;
    }

    /// Sets the tenant until `settle` or `clean` resets it; answered by one CommandComplete.
    pub fn ask_for_session_tenant(&mut self, identity: TenantIdentity<'_>) -> Result<u32, BindError> {
        self.residue.tenant = true;
        self.set_tenant(identity, false)
    }

    fn set_tenant(&mut self, identity: TenantIdentity<'_>, is_local: bool) -> Result<u32, BindError> {
        match &self.last_tenant {
            Some(last) if last[..] == [identity.tenant, identity.kind] => {}
            _ => self.last_tenant = Some(Box::new([identity.tenant.to_owned(), identity.kind.to_owned()])),
        }
        frontend::parse("", &set_tenant(is_local, self.pinned()), [], &mut self.out)?;
        self.bind_and_execute("", &[identity.tenant.as_bytes(), identity.kind.as_bytes()])?;
        Ok(1)
    }

    pub(super) fn bind_and_execute(&mut self, statement: &str, values: &[&[u8]]) -> Result<(), BindError> {
        let write = |value: &&[u8], out: &mut BytesMut| {
            out.extend_from_slice(value);
            Ok(IsNull::No)
        };
        frontend::bind("", statement, [0i16; 0], values, write, [0i16; 0], &mut self.out)?;
        Ok(frontend::execute("", 0, &mut self.out)?)
    }

    /// Closes prepared statements that are in doubt or no longer fit the cache. Call it first in a request. Returns the
    /// number of CommandComplete messages in the answer.
    pub fn ask_to_tidy(&mut self) -> Result<u32, BindError> {
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

    /// Clears the sequence state of harmless texts before a text that may read it. Returns the number of
    /// CommandComplete messages in the answer.
    pub fn ask_to_forget_sequences(&mut self) -> Result<u32, BindError> {
        if !std::mem::take(&mut self.residue.sequences) {
            return Ok(0);
        }
        frontend::parse("", "discard sequences", [], &mut self.out)?;
        self.bind_and_execute("", &[])?;
        Ok(1)
    }

    /// True if `ask_to_forget_sequences` has work to do.
    pub fn has_used_sequences(&self) -> bool {
        self.residue.sequences
    }

    /// Runs a query by the extended protocol, without keeping it prepared, and then its premise.
    pub fn ask_extended(&mut self, request: &QueryRequest) -> Result<(), BindError> {
        frontend::parse("", &request.sql, [], &mut self.out)?;
        self.ask_named("", request)
    }

    /// The same with the prepared statement.
    pub fn ask_kept(&mut self, id: StatementId, request: &QueryRequest) -> Result<(), BindError> {
        self.ask_named(&self.names.statement(id), request)
    }

    fn ask_named(&mut self, name: &str, request: &QueryRequest) -> Result<(), BindError> {
        self.bind(name, &request.params)?;
        frontend::describe(b'P', "", &mut self.out)?;
        frontend::execute("", 0, &mut self.out)?;
        if let Some(premise) = &request.premise {
            frontend::parse("", &premise.sql, [], &mut self.out)?;
            self.bind("", &premise.params)?;
            frontend::execute("", 0, &mut self.out)?;
        }
        self.ask_for_end();
        Ok(())
    }

    fn bind(&mut self, statement: &str, params: &[Parameter]) -> Result<(), BindError> {
        let write = |param: &Parameter, out: &mut BytesMut| match &param.value {
            Some(value) => {
                out.extend_from_slice(value);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        };
        // No format codes: every parameter is text.
        let binary = params.iter().any(|param| param.binary);
        let formats = params.iter().filter(|_| binary).map(|param| i16::from(param.binary));
        frontend::bind("", statement, formats, params, write, [0i16; 0], &mut self.out)
    }

    /// Ends a group of extended-protocol messages and their transaction.
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
            // PostgreSQL ignored the previous Sync, because it was already reading COPY data.
            frontend::sync(&mut self.out);
        }
        self.flush().await
    }

    /// Notes that PostgreSQL's prepared statements may differ from what is known here.
    pub fn doubt_statements(&mut self) {
        self.forget_statements();
        self.statements_in_doubt = true;
    }

    /// True if there are prepared statements worth keeping, and no unknown ones.
    pub(super) fn keeps_statements(&self) -> bool {
        let kept = self.set_local_prepared
            || self.study_prepared
            || self.statements.as_ref().is_some_and(|kept| !kept.is_empty());
        kept && !self.statements_in_doubt
    }

    /// The number of known prepared statements.
    pub(super) fn count_prepared(&self) -> usize {
        let pairs = self.statements.iter().flatten().filter(|(_, known)| matches!(known, KnownText::Kept(..))).count();
        usize::from(self.set_local_prepared) + usize::from(self.study_prepared) + 2 * pairs + self.superfluous.len()
    }

    /// Notes that nothing is prepared here.
    pub(super) fn forget_statements(&mut self) {
        if let Some(statements) = &mut self.statements {
            statements.clear();
        }
        self.parsed_under.clear();
        self.superfluous.clear();
        self.statements_in_doubt = false;
        self.set_local_prepared = false;
        self.study_prepared = false;
    }

    /// Forgets a request that could not be composed.
    pub fn discard_unsent(&mut self) {
        self.out.clear();
        self.broken = true;
    }
}
