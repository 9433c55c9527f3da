//! What a column or an expression contains of what each server has by itself.

/// Types whose values are object ids, without the prefix `reg`.
const NUMBERED: [&str; 11] = [
    "class",
    "collation",
    "config",
    "dictionary",
    "namespace",
    "oper",
    "operator",
    "proc",
    "procedure",
    "role",
    "type",
];

/// What each server has by itself, in a column or an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Its name, for messages.
    pub what: String,
    pub kind: OwnKind,
}

/// How much of such a value is the same on every server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnKind {
    /// Object ids of this type, which PostgreSQL writes as names. The type may contain several of them.
    Named(String),
    /// The id of the table that a row is of.
    Table,
    /// Nothing.
    Other,
}

impl OwnKind {
    /// A row with such columns.
    pub fn row() -> Self {
        OwnKind::Named("a row".into())
    }
}

impl Own {
    pub fn other(what: impl Into<String>) -> Self {
        Own { what: what.into(), kind: OwnKind::Other }
    }

    /// True for what is never the same.
    pub fn is_other(&self) -> bool {
        self.kind == OwnKind::Other
    }

    /// What contains either this or the other.
    #[must_use]
    pub fn or(self, other: &Own) -> Self {
        if self.kind == other.kind { self } else { Own::other(self.what) }
    }
}

/// True for the name of PostgreSQL's type whose values are object ids, and are written as names.
pub fn is_numbered(of_type: &str) -> bool {
    let name = of_type.trim_start_matches("pg_catalog.");
    name.strip_prefix("reg").is_some_and(|name| NUMBERED.contains(&name))
}
