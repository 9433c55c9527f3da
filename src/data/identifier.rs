//! Names of SQL.

/// A name in double quotes, so that PostgreSQL takes it exactly as it is.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_early() {
        assert_eq!(quote("a b"), r#""a b""#);
        assert_eq!(quote(r#"a"b"#), r#""a""b""#);
    }
}
