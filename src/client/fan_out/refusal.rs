//! The error of a statement that has no plan. If PostgreSQL would not run it either, the error is PostgreSQL's own,
//! which EXPLAIN finds without running anything.

use super::execution::FanOut;
use crate::data::lexer::{Lexer, Token};
use crate::plan::{self, Refusal};
use crate::proto::{DatabaseError, QueryRequest};
use crate::scatter::{FanOutError, Interrupts, ShardError};

const EXPLAIN: &str = "EXPLAIN ";

pub async fn error(fan_out: &FanOut<'_>, interrupts: Interrupts<'_>, refusal: &Refusal) -> FanOutError {
    let mut interrupts = interrupts;
    let refused = FanOutError::refused(refusal);
    if !may_be_explained(&fan_out.request.sql) {
        return refused;
    }
    // Never by the simple protocol, which would run anything after a semicolon.
    let query = QueryRequest { sql: format!("{EXPLAIN}{}", fan_out.request.sql), ..fan_out.original() };
    let query = QueryRequest { simple: false, ..query };
    match interrupts.until(fan_out.internal.on_any(query)).await {
        Ok(Err(ShardError::Database(error))) if !is_of_several_statements(&error) => {
            FanOutError::Shard(ShardError::Database(Box::new(without_explain(*error))))
        }
        Ok(Err(ShardError::Failed(error))) if matches!(refusal, Refusal::Unreadable(_)) => error.into(),
        Ok(_) => refused,
        Err(interrupt) => fan_out.interrupted(interrupt),
    }
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
    let position = error.position.as_deref().and_then(|position| position.parse::<usize>().ok());
    let position = position.map(|position| position.saturating_sub(EXPLAIN.len()).max(1).to_string());
    DatabaseError { position, ..error }
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
