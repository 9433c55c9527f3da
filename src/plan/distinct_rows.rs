//! Rows of VALUES that must be told apart by some of their columns. Bound values are known only when the statement runs, so the
//! client asks again before it sends a change of copies.

use std::collections::BTreeSet;

/// Rows of which no two may be equal, however they are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinctRows(pub Vec<Vec<KeyPart>>);

/// A value by which a row is told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// What `comparable` makes of a literal.
    Literal(String),
    /// The statement's parameter, from 0. `is_exact`: no comparison rounds it, however many digits it has.
    Param { index: usize, is_exact: bool },
}

/// More digits may be rounded.
pub const MOST_DIGITS: usize = 15;

/// A bound value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundText<'v> {
    Null,
    Text(&'v str),
    /// Bytes, or no value at all.
    Other,
}

impl DistinctRows {
    /// True if only the bound values can tell.
    pub fn is_bound(&self) -> bool {
        self.0.iter().flatten().any(|part| matches!(part, KeyPart::Param { .. }))
    }

    /// Why some of the rows may be equal, in words.
    pub fn refusal<'v>(&self, bound: impl Fn(usize) -> BoundText<'v>) -> Option<String> {
        const ADVICE: &str = "in an UPDATE of a reference table from rows of which several may match one: its copies could get \
            different ones of them; use MERGE or INSERT ... ON CONFLICT, which raise an error if they do";
        let mut known = BTreeSet::new();
        for row in &self.0 {
            let mut key = Vec::new();
            let mut is_null = false;
            for part in row {
                let text = match part {
                    KeyPart::Literal(text) => Some(text.clone()),
                    KeyPart::Param { index, is_exact } => match bound(*index) {
                        // NULL equals nothing.
                        BoundText::Null => {
                            is_null = true;
                            Some(String::new())
                        }
                        BoundText::Text(text) if !is_exact && digits(text) > MOST_DIGITS => None,
                        BoundText::Text(text) => comparable(text),
                        BoundText::Other => None,
                    },
                };
                let Some(text) = text else {
                    return Some(format!(
                        "{}, which cannot be compared here, {ADVICE}",
                        shown(std::slice::from_ref(part))
                    ));
                };
                key.push(text);
            }
            if !is_null && !known.insert(key) {
                return Some(format!("{}, which another row has or may have too, {ADVICE}", shown(row)));
            }
        }
        None
    }
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn shown(parts: &[KeyPart]) -> String {
    let one = |part: &KeyPart| match part {
        KeyPart::Literal(text) => format!("{text:?}"),
        KeyPart::Param { index, .. } => format!("${}", index + 1),
    };
    format!("the value of {}", parts.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// A text that two values have in common if any type or collation may hold them for equal. None: not known.
pub fn comparable(text: &str) -> Option<String> {
    if !text.is_ascii() || is_other_number(text) {
        return None;
    }
    // Without what a collation may ignore: case, blanks, marks, and zeros before a number.
    let mut found = String::new();
    for letter in text.chars().filter(char::is_ascii_alphanumeric) {
        if letter != '0' || found.ends_with(|last: char| last.is_ascii_digit()) {
            found.push(letter.to_ascii_lowercase());
        }
    }
    Some(found)
}

/// True for an integer in hexadecimal, octal or binary digits.
fn is_other_number(text: &str) -> bool {
    // The blanks of C.
    let is_blank = |letter: char| letter.is_ascii_whitespace() || letter == '\u{b}';
    let text = text.trim_matches(is_blank).trim_start_matches(['-', '+']);
    let Some((prefix, digits)) = text.split_at_checked(2) else { return false };
    match prefix {
        "0x" | "0X" | "0o" | "0O" => true,
        "0b" | "0B" => digits.bytes().all(|byte| matches!(byte, b'0' | b'1' | b'_')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bound: &[Option<&str>], width: usize) -> Option<String> {
        let params: Vec<KeyPart> = (0..bound.len()).map(|index| KeyPart::Param { index, is_exact: false }).collect();
        let rows = DistinctRows(params.chunks(width).map(<[KeyPart]>::to_vec).collect());
        rows.refusal(|index| bound[index].map_or(BoundText::Null, BoundText::Text))
    }

    #[test]
    fn rows_are_apart_only_if_no_type_and_no_collation_holds_them_for_equal() {
        for (one, other) in [("a", "b"), ("1", "2"), ("10", "1"), ("0b1c", "0b1d")] {
            assert_eq!(refusal(&[Some(one), Some(other)], 1), None, "{one} {other}");
        }
        for (one, other) in [
            ("a", "a"),
            ("a", "A"),
            ("1", " 01"),
            ("1", "1_"),
            ("0x1f", "31"),
            ("0b11", "3"),
            ("10", "\u{b}0xa"),
            ("9007199254740992", "9007199254740993"),
            ("ss", "ß"),
            ("a b", "ab"),
        ] {
            assert!(refusal(&[Some(one), Some(other)], 1).is_some(), "{one} {other}");
        }
    }

    #[test]
    fn a_row_with_null_matches_nothing() {
        assert_eq!(refusal(&[None, Some("a"), None], 1), None);
        assert_eq!(refusal(&[Some("a"), None, Some("a"), None], 2), None);
    }

    #[test]
    fn rows_of_several_columns_differ_in_one_of_them() {
        assert_eq!(refusal(&[Some("a"), Some("1"), Some("a"), Some("2")], 2), None);
        assert!(refusal(&[Some("a"), Some("1"), Some("a"), Some("1")], 2).is_some_and(|said| said.contains("$3, $4")));
    }
}
