//! Prepared statements: what must be known about a text before it is kept. PostgreSQL reports it in the transaction in
//! which it has just parsed the text, whose relations are locked, so nothing changes meanwhile. A *guard* runs before
//! each later execution, in the same transaction: it sets the tenant, if the text can read it, and fails if the text,
//! parsed again, might mean something else. Called by `execution`.
//!
//! PostgreSQL re-analyzes prepared statements whose relations have changed, but keeps the types of their parameters: a
//! value for a column that used to be an integer would pass through integer forever. A guard depends on the same
//! relations, and a `timestamptz 'now'` in it is evaluated during analysis, so it notices.

use std::io;

use bytes::Bytes;
use postgres_protocol::message::frontend::{self, BindError};

use super::Backend;
use super::names::StatementId;
use super::requests::{TenantIdentity, is_process};
use crate::data::parameters::TextArray;
use crate::data::row::Rows;
use crate::query_server::settings::{SessionSettings, TENANT, TENANT_TYPE};
use crate::query_server::statement_traits::StatementTraits;

const STUDY: &str = include_str!("study.sql");

/// Only for this transaction: the study takes longer to plan than to run.
const PLAN_ONCE: &str = "select pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)";

/// The number of different settings for which a connection keeps statements.
const MOST_SETTINGS: usize = 16;

/// An invalid setting, whose error shows that a guard's text is outdated.
const OUTDATED: &str = "mtdd_outdated";

/// What is known about a text on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownText {
    /// It must be parsed each time.
    NotKept,
    /// It is prepared, and its guard too.
    Kept(StatementId, Proven),
}

/// What is proven about a kept text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// It leaves nothing in the session.
    pub harmless: bool,
    /// It reads no setting, so it does not need the tenant.
    pub blind: bool,
}

impl Backend {
    /// What is known about a text here; None: it must be studied before it can be kept.
    pub fn known(&mut self, text: &StatementTraits, settings: &SessionSettings) -> Option<KnownText> {
        let Some(statements) = &mut self.statements else { return Some(KnownText::NotKept) };
        statements.get(&statement_id(&self.parsed_under, text, settings)?).copied()
    }

    /// The id of a text under these settings. Few applications share a connection; if many do, the prepared statements
    /// are dropped. Call it before a request.
    pub fn statement_id(&mut self, text: &StatementTraits, settings: &SessionSettings) -> StatementId {
        if let Some(id) = statement_id(&self.parsed_under, text, settings) {
            return id;
        }
        if self.parsed_under.len() == MOST_SETTINGS {
            self.doubt_statements();
        }
        self.parsed_under.push(settings.clone());
        StatementId { text: text.id, settings: self.parsed_under.len() as u8 - 1 }
    }

    /// Marks the connection as unusable during a study, which leaves a transaction open if it is dropped halfway.
    pub fn mark_studying(&mut self, studying: bool) {
        self.broken = studying;
    }

    /// Requests the parsing and the study of a text, in a transaction that stays open and keeps its locks. `read_study`
    /// reads the answer. True: the study itself is parsed first.
    pub fn ask_to_study(&mut self, text: &StatementTraits, sql: &str) -> Result<bool, BindError> {
        frontend::parse("", PLAN_ONCE, [], &mut self.out)?;
        self.bind_and_execute("", &[])?;
        let is_first = !self.study_prepared;
        if is_first {
            frontend::parse(&self.names.study(), STUDY, [], &mut self.out)?;
            self.study_prepared = true;
        }
        frontend::parse("", sql, [], &mut self.out)?;
        let names = &text.names;
        let [calls, all, types] = [&names.calls, &names.all, &names.types].map(|names| array(names));
        let [writes, updates, deletes, literals, simply_typed] =
            [names.writes, names.updates, names.deletes, names.literals, names.simply_typed]
                .map(|is_so| if is_so { "true" } else { "false" });
        let flags = [writes, updates, deletes, literals, simply_typed].map(str::as_bytes);
        let values = [&calls[..], &all, &types].into_iter().chain(flags).collect::<Vec<_>>();
        self.bind_and_execute(&self.names.study(), &values)?;
        frontend::flush(&mut self.out);
        Ok(is_first)
    }

    /// Reads the answers of `commands` commands and of the study after them, which may be the first here. None: one of
    /// them failed.
    pub async fn read_study(&mut self, commands: u32, is_first: bool) -> io::Result<Option<Bytes>> {
        let mut left = commands + 2;
        let mut parsed = !is_first;
        loop {
            while let Some(message) = self.read_buffer.next()? {
                match message.tag {
                    // It is not known which commands ran, and whether the study is prepared.
                    b'E' if left > 1 || !parsed => {
                        self.doubt_statements();
                        return Ok(None);
                    }
                    b'E' => return Ok(None),
                    b'1' if left == 1 => parsed = true,
                    b'C' => {
                        left -= 1;
                        let (rows, _) = self.read_buffer.take_rows();
                        if left == 0 {
                            return Ok(Some(rows));
                        }
                    }
                    _ => {}
                }
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Keeps a text if its study allows it, in the transaction of the study, and ends that. False: the transaction
    /// failed, and its settings were rolled back.
    pub async fn keep(&mut self, id: StatementId, sql: &str, study: Option<&[u8]>) -> io::Result<bool> {
        let verdict = study.and_then(verdict);
        if let Some((Some(condition), proven)) = &verdict {
            self.ask_to_keep(id, sql, condition, *proven)
                .map_err(|_| io::Error::other("the statement is too long to prepare"))?;
        }
        self.ask_for_end();
        self.flush().await?;
        let fine = self.await_ready().await?;
        match verdict {
            Some((Some(_), proven)) if fine => self.remember(id, KnownText::Kept(id, proven)),
            Some((Some(_), _)) => {
                // One of the two may be prepared.
                self.close_later(id);
                self.remember(id, KnownText::NotKept);
            }
            // It would fail at each call.
            Some((None, _)) | None => self.remember(id, KnownText::NotKept),
        }
        Ok(fine && study.is_some())
    }

    fn ask_to_keep(&mut self, id: StatementId, sql: &str, condition: &str, proven: Proven) -> Result<(), BindError> {
        let guard = match self.pinned() {
            None => guard(condition, proven.blind),
            Some(number) => guard(&format!("{condition} and {}", is_process(number)), proven.blind),
        };
        frontend::parse(&self.names.guard(id), &guard, [], &mut self.out)?;
        frontend::parse(&self.names.statement(id), sql, [], &mut self.out)?;
        self.ask_for_guard(id, TenantIdentity::NOBODY, proven)?;
        Ok(())
    }

    /// Runs the guard, which sets the tenant if the text can read it, and fails if the text is outdated; answered by
    /// one CommandComplete.
    pub fn ask_for_guard(
        &mut self,
        id: StatementId,
        identity: TenantIdentity<'_>,
        proven: Proven,
    ) -> Result<u32, BindError> {
        let values = [identity.tenant.as_bytes(), identity.kind.as_bytes()];
        self.bind_and_execute(&self.names.guard(id), if proven.blind { &[] } else { &values })?;
        Ok(1)
    }

    fn remember(&mut self, id: StatementId, known: KnownText) {
        let Some(statements) = &mut self.statements else { return };
        if let Some((oldest, KnownText::Kept(..))) = statements.push(id, known).filter(|(other, _)| *other != id) {
            self.close_later(oldest);
        }
    }

    /// Notes that a statement is outdated.
    pub fn forget(&mut self, id: StatementId) {
        if let Some(statements) = &mut self.statements {
            statements.pop(&id);
        }
        self.close_later(id);
    }

    fn close_later(&mut self, id: StatementId) {
        self.superfluous.extend([self.names.guard(id), self.names.statement(id)]);
    }
}

/// None: nothing has been parsed under these settings.
fn statement_id(
    parsed_under: &[SessionSettings],
    text: &StatementTraits,
    settings: &SessionSettings,
) -> Option<StatementId> {
    let number = parsed_under.iter().position(|known| known == settings)?;
    Some(StatementId { text: text.id, settings: number as u8 })
}

/// Fails unless this condition holds. Sets the tenant, $1, and its type, $2, for a text that may read them.
fn guard(condition: &str, blind: bool) -> String {
    match blind {
        // Most conditions are constant, so planning removes most of them.
        true => format!("select where {condition} or pg_catalog.set_config('{OUTDATED}', '', true) is null"),
        false => format!(
            "select pg_catalog.set_config(case when {condition} then '{TENANT}' else '{OUTDATED}' end, $1, true), \
             pg_catalog.set_config('{TENANT_TYPE}', $2, true)"
        ),
    }
}

/// The condition under which the text may be kept, if any, and what is proven about it.
fn verdict(study: &[u8]) -> Option<(Option<String>, Proven)> {
    let mut row = Rows::new(study).next()?.ok()?;
    let condition = match row.cell().ok()? {
        Some(bytes) => Some(String::from_utf8(bytes.to_vec()).ok()?),
        None => None,
    };
    let mut is_true = || Some(row.cell().ok()? == Some(b"t"));
    Some((condition, Proven { harmless: is_true()?, blind: is_true()? }))
}

/// PostgreSQL's text of an array of texts.
fn array(names: &[String]) -> Bytes {
    names.iter().map(|name| Some(name.as_bytes())).collect::<TextArray>().finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::qualified::bare_operators;

    #[test]
    fn the_study_means_the_same_whatever_standard_conforming_strings_is() {
        assert!(!STUDY.contains('\\'));
    }

    #[test]
    fn no_operator_of_somebody_elses_can_take_part_in_a_study_or_a_guard() {
        assert_eq!(bare_operators(STUDY), [""; 0]);
        for blind in [true, false] {
            assert_eq!(bare_operators(&guard("true", blind)), [""; 0]);
        }
    }

    #[test]
    fn names_become_an_array_whatever_is_in_them() {
        assert_eq!(array(&[]), "{}");
        assert_eq!(
            array(&["a".into(), "b\"c\\".into(), "NULL".into(), ",{}".into()]),
            r#"{"a","b\"c\\","NULL",",{}"}"#
        );
    }
}
