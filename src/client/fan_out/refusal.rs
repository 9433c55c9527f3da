//! A statement that has no plan: if PostgreSQL would not run it either, the error is PostgreSQL's own, as EXPLAIN finds
//! it without running anything; else it is refused.

use super::outcome::Fault;
use super::watch::Watch;
use super::{Halt, Story, refused};
use crate::data::lexer::{Lexer, Token};
use crate::plan::{self, Refusal};
use crate::proto::{DatabaseError, QueryRequest};

const EXPLAIN: &str = "EXPLAIN ";

pub async fn halt(story: &Story<'_>, watch: Watch<'_>, refusal: &Refusal) -> Halt {
    let mut watch = watch;
    let refused = refused(refusal);
    let first = Lexer::new(&story.request.sql).find(|token| *token != Token::Mark('('));
    // EXPLAIN takes no commands, so that it would refuse a right one too.
    if !matches!(first, Some(Token::Word(word)) if !plan::is_command(word)) {
        return refused;
    }
    // Never by the simple protocol, which would run whatever stands behind a semicolon.
    let query = QueryRequest { sql: format!("{EXPLAIN}{}", story.request.sql), ..story.original() };
    let query = QueryRequest { simple: false, ..query };
    match watch.until(story.asker.any(query)).await {
        Ok(Err(Fault::Database(error))) if !is_of_several_statements(&error) => {
            Halt::Fault(Fault::Database(Box::new(without_explain(*error))))
        }
        Ok(Err(Fault::Failed(error))) if matches!(refusal, Refusal::Unreadable(_)) => error.into(),
        Ok(_) => refused,
        Err(interrupt) => story.interrupted(interrupt),
    }
}

/// The extended protocol takes one statement only; that is no fault of the text.
fn is_of_several_statements(error: &DatabaseError) -> bool {
    error.code.as_deref() == Some("42601") && error.routine.as_deref() == Some("exec_parse_message")
}

/// As if EXPLAIN had not stood in front.
fn without_explain(error: DatabaseError) -> DatabaseError {
    let position = error.position.as_deref().and_then(|position| position.parse::<usize>().ok());
    let position = position.map(|position| position.saturating_sub(EXPLAIN.len()).max(1).to_string());
    DatabaseError { position, ..error }
}
