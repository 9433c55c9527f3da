//! Names as PostgreSQL reads and writes them.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use crate::data::identifier::{cut, quote};

/// A name as PostgreSQL reads it: ASCII letters become lower case unless it is quoted, and what is too long is cut off.
pub fn fold_case(name: &Ident) -> String {
    let kept = cut(&name.value);
    if name.quote_style.is_some() { kept.to_owned() } else { kept.to_ascii_lowercase() }
}

/// The parts of a name as PostgreSQL reads them; None if it is not a plain name.
pub fn name_parts(name: &ObjectName) -> Option<Vec<String>> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(fold_case(ident)),
            ObjectNamePart::Function(_) => None,
        })
        .collect()
}

/// The name without its schema, as PostgreSQL reads it; None if it is not a plain name.
pub fn last_part(name: &ObjectName) -> Option<String> {
    name_parts(name)?.pop()
}

pub fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

/// A name as SQL must write it: quoted only if necessary.
pub fn as_written(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if plain { name.to_owned() } else { quote(name) }
}
