//! A text that the planner cannot parse: if PostgreSQL cannot either, the error is PostgreSQL's own; else it is refused.

use super::outcome::Fault;
use super::watch::Watch;
use super::{Halt, Story, refused};
use crate::data::lexer::{Lexer, Token};
use crate::plan::Refusal;
use crate::proto::{DatabaseError, QueryRequest};

const EXPLAIN: &str = "EXPLAIN ";

/// First words of what EXPLAIN explains; of all else its syntax errors say nothing.
const EXPLAINED: [&str; 8] = ["select", "insert", "update", "delete", "merge", "values", "with", "table"];

pub async fn halt(story: &Story<'_>, watch: Watch<'_>, refusal: &Refusal) -> Halt {
    let mut watch = watch;
    let refused = refused(refusal);
    let first = Lexer::new(&story.request.sql).find(|token| *token != Token::Mark('('));
    let explains = |word: &str| EXPLAINED.iter().any(|explained| word.eq_ignore_ascii_case(explained));
    if !matches!(first, Some(Token::Word(word)) if explains(word)) {
        return refused;
    }
    // Never by the simple protocol, which would run whatever stands behind a semicolon.
    let query = QueryRequest { sql: format!("{EXPLAIN}{}", story.request.sql), ..story.original() };
    let query = QueryRequest { simple: false, ..query };
    match watch.until(story.asker.any(query)).await {
        Ok(Err(Fault::Database(error))) if !is_of_several_statements(&error) => {
            Halt::Fault(Fault::Database(Box::new(without_explain(*error))))
        }
        Ok(Err(Fault::Failed(error))) => error.into(),
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
