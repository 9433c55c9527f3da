//! What the parser does not know of ALTER TABLE ... ADD COLUMN, and what says nothing of the values that the rows get: STORAGE,
//! COMPRESSION, and generated columns that are not stored. `altered_copies` reads the text without it.

use crate::data::lexer::{Lexer, Token, is_one_of};

/// What may follow ADD without making a column.
pub const NO_COLUMN: [&str; 7] = ["check", "constraint", "exclude", "foreign", "generated", "primary", "unique"];

/// The words with which the type of a new column ends.
const BEHIND_TYPE: [&str; 13] = [
    "check",
    "collate",
    "constraint",
    "default",
    "deferrable",
    "generated",
    "initially",
    "not",
    "null",
    "options",
    "primary",
    "references",
    "unique",
];

/// Where the text of an ADD COLUMN is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In something else.
    Other,
    /// Before the name.
    Name,
    /// Behind the name and so many tokens of the type.
    Type(usize),
    /// Behind the type.
    Rest,
}

/// The text without such clauses, its generated columns stored. PostgreSQL has STORAGE and COMPRESSION directly behind the type
/// only; elsewhere these words may be names.
pub fn without_storage(sql: &str) -> String {
    let mut lexer = Lexer::new(sql);
    let mut tokens: Vec<(Token<'_>, usize)> = Vec::new();
    while let Some(token) = lexer.next() {
        tokens.push((token, lexer.position()));
    }
    let word = |at: usize| match tokens.get(at) {
        Some((Token::Word(word), _)) => *word,
        _ => "",
    };
    let start = |at: usize| at.checked_sub(1).map_or(0, |before| tokens[before].1);
    let (mut text, mut copied) = (String::new(), 0);
    let (mut place, mut depth, mut at) = (Place::Other, 0usize, 0);
    // The depth of parentheses in which the expression of a generated column stands.
    let mut generated = None;
    while let Some((token, _)) = tokens.get(at) {
        match token {
            Token::Mark('(') => {
                let begins = place == Place::Rest && at >= 3;
                if begins
                    && is_one_of(word(at - 3), &["generated"])
                    && is_one_of(word(at - 2), &["always"])
                    && is_one_of(word(at - 1), &["as"])
                {
                    generated = Some(depth);
                }
                depth += 1;
            }
            Token::Mark(')') => {
                depth = depth.saturating_sub(1);
                if generated == Some(depth) {
                    generated = None;
                    if !is_one_of(word(at + 1), &["stored"]) {
                        text.push_str(&sql[copied..tokens[at].1]);
                        text.push_str(" STORED");
                        at += usize::from(is_one_of(word(at + 1), &["virtual"]));
                        copied = tokens[at].1;
                    }
                }
            }
            Token::Mark(',') if depth == 0 => place = Place::Other,
            _ if depth > 0 => {}
            Token::Word(add) if place == Place::Other && is_one_of(add, &["add"]) => {
                if !is_one_of(word(at + 1), &NO_COLUMN) {
                    place = Place::Name;
                }
            }
            Token::Word(word) if place == Place::Name && is_one_of(word, &["column", "if", "not", "exists"]) => {}
            _ if place == Place::Name => place = Place::Type(0),
            Token::Word(found) => {
                if let Place::Type(count) = place {
                    let follows = word(at + 1);
                    let is_clause = (is_one_of(found, &["storage"])
                        && is_one_of(follows, &["default", "extended", "external", "main", "plain"]))
                        || (is_one_of(found, &["compression"]) && is_one_of(follows, &["default", "lz4", "pglz"]));
                    let is_qualified = matches!(tokens.get(at.wrapping_sub(1)), Some((Token::Mark('.'), _)));
                    if is_clause && count > 0 && !is_qualified {
                        text.push_str(&sql[copied..start(at)]);
                        at += 1;
                        copied = tokens[at].1;
                    } else if is_one_of(found, &BEHIND_TYPE) {
                        place = Place::Rest;
                    } else {
                        place = Place::Type(count + 1);
                    }
                }
            }
            _ => {
                if let Place::Type(count) = place {
                    place = Place::Type(count + 1);
                }
            }
        }
        at += 1;
    }
    text.push_str(&sql[copied..]);
    text
}

#[cfg(test)]
mod tests {
    use super::without_storage;

    #[test]
    fn only_clauses_are_left_out() {
        for (sql, expected) in [
            ("alter table a add b text storage main not null", "alter table a add b text not null"),
            (
                "alter table a add column if not exists b varchar(9) STORAGE default compression pglz default 'x', add c int",
                "alter table a add column if not exists b varchar(9) default 'x', add c int",
            ),
            (
                "alter table a add b text generated always as (upper((c))) virtual check (b > ''), add d int",
                "alter table a add b text generated always as (upper((c))) STORED check (b > ''), add d int",
            ),
            (
                "alter table a add b text generated always as (c)",
                "alter table a add b text generated always as (c) STORED",
            ),
        ] {
            assert_eq!(without_storage(sql), expected);
        }
    }

    #[test]
    fn names_that_look_like_clauses_stay() {
        for sql in [
            "alter table a add storage main default random()",
            "alter table a add column storage main",
            "alter table a add b storage default random()",
            "alter table a add b public.storage default random()",
            "alter table a add b text collate storage default random()",
            "alter table a add b text constraint storage default random()",
            "alter table a add b text \"storage\" main",
            "alter table a add b text generated always as (c) stored",
            "alter table a add constraint storage check (compression > 1)",
        ] {
            assert_eq!(without_storage(sql), sql);
        }
    }
}
