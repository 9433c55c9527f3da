//! For tests: finds what an SQL text of our own would look up through `search_path`. An operator that someone defined
//! there, for types that fit better, would replace PostgreSQL's.

use super::lexer::{Lexer, Token};

/// Operators without a schema, and constructs that look up operators by name, each with the text after it.
pub fn bare_operators(sql: &str) -> Vec<String> {
    let tokens: Vec<_> = Lexer::new(sql).collect();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let (before, after) = (&tokens[..index], &tokens[index + 1..]);
        let follows = |word: &str| matches!(after.first(), Some(Token::Word(next)) if *next == word);
        let is_bare = match token {
            Token::Mark('*') if matches!(before.last(), Some(Token::Mark('('))) => false,
            Token::Mark(
                '+' | '-' | '*' | '/' | '<' | '>' | '=' | '~' | '!' | '@' | '#' | '%' | '^' | '&' | '|' | '?',
            ) => !is_qualified(before),
            Token::Word("in" | "like" | "ilike" | "between" | "similar" | "nullif" | "using" | "natural") => true,
            Token::Word("case") => !follows("when"),
            Token::Word("distinct") => follows("from"),
            Token::Literal(inside) if inside.contains("pg_catalog.") => {
                // A format string, whose arguments are not known here.
                let sql = inside.replace("''", "'").replace("%L", "'x'").replace("%s", "x").replace("%I", "x");
                found.extend(bare_operators(&sql));
                false
            }
            _ => false,
        };
        if is_bare {
            let rest: Vec<_> = tokens[index..].iter().take(4).map(|token| format!("{token:?}")).collect();
            found.push(rest.join(" "));
        }
    }
    found
}

/// Behind `operator(pg_catalog.`, and what else there is of the operator.
fn is_qualified(before: &[Token<'_>]) -> bool {
    match before {
        [.., Token::Word("operator"), Token::Mark('('), Token::Word("pg_catalog"), Token::Mark('.')] => true,
        [rest @ .., Token::Mark(mark)] if !matches!(mark, '(' | ')' | ',' | '.' | ';' | ':') => is_qualified(rest),
        _ => false,
    }
}

#[test]
fn operators_without_a_schema_are_found() {
    for sql in ["select a = 1", "select a in (1)", "select case a when 1 then 2 end", "select a is distinct from b"] {
        assert_eq!(bare_operators(sql).len(), 1, "{sql}");
    }
    assert_eq!(bare_operators("select 'and pg_catalog.f() = ''x'''").len(), 1);
    for sql in [
        "select a operator(pg_catalog.<>) all (array[1]), pg_catalog.count(*), 'a = b'",
        "select case when a operator(pg_catalog.||) b is null then 1 end, array_agg(distinct a)",
    ] {
        assert_eq!(bare_operators(sql), [""; 0], "{sql}");
    }
}
