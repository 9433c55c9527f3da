//! Classifies statements by their first words, because the parser cannot read all of them.

use sqlparser::ast::{Expr, Statement};

use super::functions::{arguments, own_name};
use super::walk::{Node, walk};
use crate::data::lexer::{Lexer, Token, is_one_of};

/// First words of queries.
const QUERIES: [&str; 4] = ["select", "values", "with", "table"];

/// First words of commands that may run on every shard.
const EVERYWHERE: [&str; 20] = [
    "alter",
    "analyze",
    "call",
    "checkpoint",
    "cluster",
    "comment",
    "create",
    "do",
    "drop",
    "grant",
    "import",
    "notify",
    "reassign",
    "refresh",
    "reindex",
    "revoke",
    "security",
    "truncate",
    "vacuum",
    "analyse",
];

/// First words of commands whose effect lasts only for their connection: settings, locks, prepared statements and
/// cursors.
const OF_A_SESSION: [&str; 12] = [
    "close",
    "deallocate",
    "declare",
    "discard",
    "execute",
    "fetch",
    "load",
    "lock",
    "move",
    "prepare",
    "reset",
    "set",
];

/// First words of statements in the body of a function in standard SQL.
const OF_A_BODY: [&str; 9] = ["delete", "insert", "merge", "return", "select", "table", "update", "values", "with"];

const LISTENING: [&str; 2] = ["listen", "unlisten"];

/// First words of other commands.
const OTHERS: [&str; 11] =
    ["abort", "begin", "commit", "copy", "end", "explain", "release", "rollback", "savepoint", "show", "start"];

/// True for the first word of a query.
pub fn begins_query(word: &str) -> bool {
    is_one_of(word, &QUERIES)
}

/// True for the first word of a statement that is neither a query nor a change of rows.
pub fn is_command(word: &str) -> bool {
    may_run_everywhere(word) || is_one_of(word, &OTHERS)
}

/// True for the first word of a command that can run on every shard, unless `connection_scoped_reason` gives a reason against it.
pub fn may_run_everywhere(word: &str) -> bool {
    [&EVERYWHERE[..], &OF_A_SESSION, &LISTENING].iter().any(|words| is_one_of(word, words))
}

/// The reason to refuse a command whose effect would end with its connection, so that it would succeed without effect.
pub fn connection_scoped_reason(sql: &str) -> Option<&'static str> {
    let mut tokens = Lexer::new(sql).skip_while(|token| *token == Token::Mark(';'));
    let Some(Token::Word(first)) = tokens.next() else { return None };
    if is_one_of(first, &LISTENING) {
        return Some(
            "LISTEN on a connection whose notifications nobody reads; use handle.listen(), which listens on all shards",
        );
    }
    if is_one_of(first, &["set", "reset", "load"]) {
        return Some(
            "a setting that lasts only for its connection, which the next query may not use; set it inside \
                 knex.transaction() for one tenant, or for the database with ALTER DATABASE",
        );
    }
    if is_one_of(first, &OF_A_SESSION) {
        return Some(
            "a statement whose effect lasts only for its connection, which the next query may not use (a lock, a \
                 cursor, a prepared statement); run it inside knex.transaction() for one tenant",
        );
    }
    makes_temporary(Lexer::new(sql)).then_some(
        "a temporary object, which lasts only for its connection, and the next query may not use that connection; \
             create it inside knex.transaction() for one tenant, or create it without TEMPORARY and drop it at the \
             end",
    )
}

/// The first call of a statement whose effect would end with its connection. `true` lets a setting end with its transaction.
pub fn connection_scoped_call(statement: &Statement) -> Option<String> {
    let mut found = None;
    walk(statement, &mut |node| {
        let Node::Expr(Expr::Function(call)) = node else { return };
        let Some(name) = own_name(call) else { return };
        let is_local = || matches!(arguments(call).as_deref(), Some([_, _, last]) if last.to_string() == "true");
        let is_meant = match name.as_str() {
            "set_config" => !is_local(),
            "setseed" => true,
            name => {
                ["pg_advisory_", "pg_try_advisory_"].iter().any(|begins| name.starts_with(begins))
                    && !name.contains("_xact_")
            }
        };
        if is_meant {
            found.get_or_insert(name);
        }
    });
    found
}

/// True if the text is one CREATE FUNCTION or PROCEDURE whose body is `BEGIN ATOMIC ...; ...; END`: the semicolons end no
/// statement of the text.
pub fn is_atomic_routine(sql: &str) -> bool {
    let mut tokens = Lexer::new(sql).skip_while(|token| *token == Token::Mark(';')).peekable();
    let is =
        |token: Option<Token<'_>>, words: &[&str]| matches!(token, Some(Token::Word(word)) if is_one_of(word, words));
    if !is(tokens.next(), &["create"]) {
        return false;
    }
    if is(tokens.peek().copied(), &["or"]) {
        tokens.next();
        tokens.next();
    }
    if !is(tokens.next(), &["function", "procedure"]) {
        return false;
    }
    let (mut depth, mut is_inside, mut begins) = (0usize, false, false);
    while let Some(token) = tokens.next() {
        match token {
            Token::Mark('(') => depth += 1,
            Token::Mark(')') => depth = depth.saturating_sub(1),
            Token::Mark(';') if !is_inside => return false,
            Token::Mark(';') if depth == 0 => begins = true,
            Token::Word(word) if depth == 0 && !is_inside => {
                is_inside = is_one_of(word, &["begin"]) && is(tokens.peek().copied(), &["atomic"]);
                if is_inside {
                    tokens.next();
                    begins = true;
                }
            }
            Token::Word(word) if begins && is_one_of(word, &["end"]) => {
                return tokens.all(|token| token == Token::Mark(';'));
            }
            Token::Word(word) if begins => {
                if !is_one_of(word, &OF_A_BODY) {
                    return false;
                }
                begins = false;
            }
            _ => {}
        }
    }
    false
}

/// True if a command creates a temporary object (CREATE TEMP, SELECT INTO TEMP) or names the temporary schema.
fn makes_temporary(tokens: Lexer<'_>) -> bool {
    // Whether the name of the new object comes next, and whether the last token named the temporary schema.
    let (mut makes, mut schema) = (false, false);
    // INSERT INTO and MERGE INTO are followed by the name of a table, which may be temp.
    let mut changes_rows = false;
    for token in tokens {
        if schema && token == Token::Mark('.') {
            return true;
        }
        schema = matches!(token, Token::Word(name) if is_temporary_schema(&name.to_ascii_lowercase()))
            || matches!(token, Token::Identifier(name) if is_temporary_schema(name));
        makes = match token {
            Token::Word(word) if makes && is_one_of(word, &["temp", "temporary"]) => return true,
            Token::Word(word) if is_one_of(word, &["create", "into"]) => !changes_rows,
            Token::Word(word) => makes && is_one_of(word, &["or", "replace", "global", "local"]),
            _ => false,
        };
        changes_rows = matches!(token, Token::Word(word) if is_one_of(word, &["insert", "merge"]));
    }
    false
}

fn is_temporary_schema(name: &str) -> bool {
    name == "pg_temp" || name.starts_with("pg_temp_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_routine_with_a_body_of_statements_is_one_statement() {
        for sql in [
            "create function f(a int) returns int language sql begin atomic select a + 1; end",
            "CREATE OR REPLACE PROCEDURE p(begin atomic) LANGUAGE sql BEGIN ATOMIC ; insert into t values (1); \
             select case when true then 1 end; (values (1)); END; ;",
            "create function f() returns int begin atomic return 1; end",
        ] {
            assert!(is_atomic_routine(sql), "{sql}");
        }
        for sql in [
            "create function f() returns int language sql begin atomic select 1; end; set role x",
            "create function f() returns int language sql begin atomic select 1 as case; end; set role x; end",
            "create function f() returns int language sql begin atomic select 1; set role x; end",
            "create function f(begin atomic) returns int language sql as 'select 1'; select 1; end",
            "create table a (id int); create function f() returns int begin atomic return 1; end",
            "begin atomic select 1; end",
        ] {
            assert!(!is_atomic_routine(sql), "{sql}");
        }
    }

    #[test]
    fn what_ends_with_its_connection_is_told_from_what_lasts() {
        for sql in [
            "PREPARE p AS SELECT 1",
            "execute p",
            "deallocate all",
            "declare c cursor with hold for select 1",
            "fetch 1 from c",
            "move c",
            "close all",
            "; discard temp",
            "load 'auto_explain'",
            "set constraints all deferred",
            "listen a",
            "create temp table a (id int)",
            "CREATE /* so */ LOCAL TEMPORARY TABLE a (id int)",
            "create or replace temp view a as select 1",
            "create temp sequence s",
            "create function pg_temp.f() returns int language sql as 'select 1'",
            "create table \"pg_temp\".a (id int)",
            "drop table pg_temp_3.a",
            "select * into temp a from b",
        ] {
            assert!(connection_scoped_reason(sql).is_some(), "{sql}");
        }
        for sql in [
            "create table temp (id int)",
            "create table a (temp int)",
            "create table temporary.a (id int)",
            "create function f() returns int language sql as 'create temp table a (id int); select 1'",
            "drop table a",
            "create rule r as on insert to a do also insert into temp (id) values (1)",
            "create rule r as on insert to a do also insert into temp values (1)",
            "notify a",
            "select * into a from temp",
            "alter database d set timezone = 'UTC'",
        ] {
            assert_eq!(connection_scoped_reason(sql), None, "{sql}");
        }
    }
}
