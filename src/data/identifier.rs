//! Names of SQL.

/// A name in double quotes, so that PostgreSQL takes it exactly as it is.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The most bytes of a name that PostgreSQL keeps, if it was built as usual.
const LONGEST: usize = 63;

/// A name as PostgreSQL keeps it: cut behind its last whole character that fits.
pub fn cut(name: &str) -> &str {
    if name.len() <= LONGEST {
        return name;
    }
    let end = (0..=LONGEST).rev().find(|at| name.is_char_boundary(*at));
    &name[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(cut("abc"), "abc");
        assert_eq!(cut(&"a".repeat(64)), "a".repeat(63));
        assert_eq!(cut(&"ü".repeat(32)), "ü".repeat(31));
    }

    #[test]
    fn no_name_ends_early() {
        assert_eq!(quote("a b"), r#""a b""#);
        assert_eq!(quote(r#"a"b"#), r#""a""b""#);
    }
}
