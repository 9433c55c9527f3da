//! Finds the functions that a text may call, by their names. Whoever remembers a plan asks whether they have changed.

use std::collections::BTreeSet;

use crate::data::identifier::cut;
use crate::data::lexer::{Lexer, Token};

/// The most function names that a plan asks for one by one.
const MOST_CALLS: usize = 200;

/// The names in a text that may be functions: before a parenthesis, or after a dot.
pub fn calls_in(sql: &str) -> Option<BTreeSet<String>> {
    let mut calls = BTreeSet::new();
    let (mut name, mut is_behind_dot) = (None, false);
    for token in Lexer::new(sql) {
        if token == Token::Mark('(') {
            calls.extend(name.take());
        }
        name = match token {
            Token::Word(word) => Some(cut(word).to_ascii_lowercase()),
            Token::Identifier(inside) => Some(cut(&inside.replace("\"\"", "\"")).to_owned()),
            _ => None,
        };
        if is_behind_dot {
            calls.extend(name.clone());
        }
        is_behind_dot = token == Token::Mark('.');
        if calls.len() > MOST_CALLS {
            return None;
        }
    }
    Some(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_function_is_found_by_where_it_stands() {
        let calls =
            calls_in("select Max (a), t.charge, \"Of\"\"me\"(b), 'f(x)' from s.f(1) as t where c in /* so */ (d)")
                .unwrap();
        assert_eq!(calls.into_iter().collect::<Vec<_>>(), ["Of\"me", "charge", "f", "in", "max"]);
        let many: String = (0..=MOST_CALLS).map(|number| format!("f{number}(), ")).collect();
        assert_eq!(calls_in(&many), None);
    }
}
