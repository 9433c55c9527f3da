//! The names of prepared statements on one connection. Nobody else can have them: behind a pooler that hands one
//! PostgreSQL connection to several query servers, a name that two of them had would run the other's statement.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Gives the names of one connection.
pub struct Names {
    unique: String,
    statements: String,
    guards: String,
}

impl Names {
    /// Names that no other connection gives, here or in another process.
    pub fn new() -> Self {
        // Keyed by the operating system's random numbers, and another key each time.
        let unique = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        Names { statements: format!("mtdd_{unique}_"), guards: format!("mtdd:guard_{unique}_"), unique }
    }

    /// Of the text with this id.
    pub fn statement(&self, id: u64) -> String {
        numbered(&self.statements, id)
    }

    /// Of the guard of the text with this id.
    pub fn guard(&self, id: u64) -> String {
        numbered(&self.guards, id)
    }

    /// Of the statement that asks what must be known of a text.
    pub fn study(&self) -> String {
        format!("mtdd:study_{}", self.unique)
    }

    /// Of the statement that sets the tenant for one transaction.
    pub fn set_local(&self) -> String {
        [&self.statements, "tenant"].concat()
    }
}

/// Both names of a text are made for each of its executions, where `format!` would cost more than all else.
fn numbered(prefix: &str, id: u64) -> String {
    [prefix, itoa::Buffer::new().format(id)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_connections_have_a_name_in_common_and_none_is_cut_by_postgresql() {
        let (a, b) = (Names::new(), Names::new());
        assert_ne!(a.statement(1), b.statement(1));
        assert_ne!(a.statement(1), a.statement(2));
        assert_eq!(a.statement(1), a.statement(1));
        assert_ne!(a.statement(1), a.guard(1));
        assert!(a.statement(u64::MAX).len() < 64 && a.guard(u64::MAX).len() < 64);
    }
}
