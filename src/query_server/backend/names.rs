//! The names of prepared statements on one connection. They are unique across query servers: a pooler may hand one
//! PostgreSQL connection to several servers, and with equal names one would run the other's statement.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// A text, parsed under certain session settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatementId {
    /// The text's.
    pub text: u64,
    /// The connection's number of the settings.
    pub settings: u8,
}

/// Gives the names of one connection.
pub struct StatementNames {
    unique: String,
    statements: String,
    guards: String,
}

impl StatementNames {
    /// Names that no other connection uses, in this or another process.
    pub fn new() -> Self {
        // Keyed by the operating system's random numbers, with a different key each time.
        let unique = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        StatementNames { statements: format!("mtdd_{unique}_"), guards: format!("mtdd:guard_{unique}_"), unique }
    }

    /// Of a text.
    pub fn statement(&self, id: StatementId) -> String {
        numbered(&self.statements, id)
    }

    /// The name of a text's guard.
    pub fn guard(&self, id: StatementId) -> String {
        numbered(&self.guards, id)
    }

    /// The name of the statement that studies a text.
    pub fn study(&self) -> String {
        format!("mtdd:study_{}", self.unique)
    }

    /// The name of the statement that sets the tenant for one transaction.
    pub fn set_local(&self) -> String {
        [&self.statements, "tenant"].concat()
    }
}

/// Both names are made for each execution of a text, and `format!` would dominate the cost.
fn numbered(prefix: &str, id: StatementId) -> String {
    [prefix, itoa::Buffer::new().format(id.text), "_", itoa::Buffer::new().format(id.settings)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_connections_have_a_name_in_common_and_none_is_cut_by_postgresql() {
        let (a, b) = (StatementNames::new(), StatementNames::new());
        let [one, other] = [1, 11].map(|text| StatementId { text, settings: 0 });
        let elsewhere = StatementId { settings: 11, ..one };
        let longest = StatementId { text: u64::MAX, settings: u8::MAX };
        assert_ne!(a.statement(one), b.statement(one));
        assert_ne!(a.statement(one), a.statement(other));
        assert_ne!(a.statement(one), a.statement(elsewhere));
        assert_eq!(a.statement(one), a.statement(one));
        assert_ne!(a.statement(one), a.guard(one));
        assert!(a.statement(longest).len() < 64 && a.guard(longest).len() < 64);
    }
}
