//! The error of a statement that cannot be run as it is: it has no plan, or a value of it is unclear. If PostgreSQL would not
//! run it either, the error is PostgreSQL's own, which EXPLAIN finds without running anything.

use super::catalog::query;
use super::execution::FanOut;
use super::plan_cache::PlannedStatement;
use crate::client::request::Request;
use crate::data::lexer::{Lexer, Token};
use crate::plan::{self, Plan, ReadPlan, Refusal, RowCount};
use crate::proto::{DatabaseError, QueryRequest};
use crate::scatter::{FanOutError, Interrupts, ShardError};

const EXPLAIN: &str = "EXPLAIN ";

pub async fn error(fan_out: &FanOut<'_>, interrupts: Interrupts<'_>, refusal: &Refusal) -> FanOutError {
    let mut interrupts = interrupts;
    match interrupts.until(of_postgres(fan_out)).await {
        Ok(Some(error @ ShardError::Database(_))) => error.into(),
        Ok(Some(error)) if matches!(refusal, Refusal::Unreadable(_)) => error.into(),
        Ok(_) => FanOutError::refused(refusal),
        Err(interrupt) => fan_out.interrupted(interrupt),
    }
}

/// The error of EXPLAIN for the query as the caller wrote it, with the caller's values. None: there is none.
pub async fn of_postgres(fan_out: &FanOut<'_>) -> Option<ShardError> {
    if !may_be_explained(&fan_out.request.sql) {
        return None;
    }
    // Never by the simple protocol, which would run anything after a semicolon.
    let query = QueryRequest { sql: format!("{EXPLAIN}{}", fan_out.request.sql), ..fan_out.original() };
    let query = QueryRequest { simple: false, ..query };
    match fan_out.internal.on_any(query).await.err()? {
        ShardError::Database(error) if is_of_several_statements(&error) => None,
        ShardError::Database(error) => Some(ShardError::Database(Box::new(without_explain(*error)))),
        error => Some(error),
    }
}

/// PostgreSQL's error for the values of a query, if there is one.
pub async fn of_values(fan_out: &FanOut<'_>, read: &ReadPlan) -> Option<ShardError> {
    match of_postgres(fan_out).await {
        Some(error @ ShardError::Database(_)) => Some(error),
        _ => of_limits(fan_out, read).await,
    }
}

/// PostgreSQL's error for the values of OFFSET and LIMIT, which it looks at only once a query runs: here a query of nothing.
async fn of_limits(fan_out: &FanOut<'_>, read: &ReadPlan) -> Option<ShardError> {
    for (clause, number) in [("OFFSET", read.offset), ("LIMIT", read.limit)] {
        let Some(RowCount::Param(index)) = number else { continue };
        let value = fan_out.request.params.get(index)?.clone();
        let asked = fan_out.internal.on_any(query(format!("SELECT {clause} $1"), vec![value])).await;
        if let Err(error @ ShardError::Database(_)) = asked {
            return Some(error);
        }
    }
    None
}

/// Why a query may not be done in part, if that is asked for.
pub fn of_partial(request: &Request, planned: &PlannedStatement) -> Option<&'static str> {
    let only_reads = matches!(planned.plan, Ok(Plan::Read(_) | Plan::AnyShard) | Err(_));
    (request.partial && !only_reads)
        .then_some("options.partialResults: expected a query that only reads; a write must not be done in part")
}

/// An error of a text that is not the caller's, with the position in the caller's where PostgreSQL finds it there too.
pub async fn as_written(fan_out: &FanOut<'_>, error: Box<DatabaseError>) -> Box<DatabaseError> {
    let found = if error.position.is_some() { of_postgres(fan_out).await } else { None };
    let position = match found {
        Some(ShardError::Database(found)) if (&found.code, &found.message) == (&error.code, &error.message) => {
            found.position
        }
        _ => None,
    };
    Box::new(DatabaseError { position, ..*error })
}

/// EXPLAIN refuses commands, even correct ones. And parentheses after it hold its options, one of which would run the
/// statement, unless a query begins in them.
fn may_be_explained(sql: &str) -> bool {
    let mut tokens = Lexer::new(sql).peekable();
    let in_parentheses = tokens.next_if_eq(&Token::Mark('(')).is_some();
    match tokens.find(|token| *token != Token::Mark('(')) {
        Some(Token::Word(word)) if in_parentheses => plan::begins_query(word),
        Some(Token::Word(word)) => !plan::is_command(word),
        _ => false,
    }
}

/// The extended protocol takes only one statement. The text is not wrong for that.
fn is_of_several_statements(error: &DatabaseError) -> bool {
    error.code.as_deref() == Some("42601") && error.routine.as_deref() == Some("exec_parse_message")
}

/// Removes the traces of EXPLAIN.
fn without_explain(error: DatabaseError) -> DatabaseError {
    let told = error.position.as_deref().unwrap_or_default();
    let position = told.parse::<usize>().map(|position| position.saturating_sub(EXPLAIN.len()).max(1).to_string());
    let Ok(position) = position else { return error };
    // Of the whole message, the position included.
    let length = error.length.saturating_sub(told.len().saturating_sub(position.len()) as u32);
    DatabaseError { position: Some(position), length, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_explained_that_would_be_run() {
        for sql in ["select 1", "((select 1) union values (2))", "with a as (select 1) delete from t", "selec 1"] {
            assert!(may_be_explained(sql), "{sql}");
        }
        for sql in [
            "analyze delete from t",
            "/* so */ ANALYSE delete from t",
            "(analyze) delete from t",
            "(costs off, analyze) delete from t",
            "( ( analyze ) delete from t",
            "explain select 1",
            "",
            "1",
        ] {
            assert!(!may_be_explained(sql), "{sql}");
        }
    }
}
