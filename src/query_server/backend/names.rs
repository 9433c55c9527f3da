//! The names of prepared statements on one connection. Nobody else can have them: behind a pooler that hands one
//! PostgreSQL connection to several query servers, a name that two of them had would run the other's statement.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Gives the names of one connection.
pub struct Names {
    unique: u64,
}

impl Names {
    /// Names that no other connection gives, here or in another process.
    pub fn new() -> Self {
        // Keyed by the operating system's random numbers, and another key each time.
        Names { unique: RandomState::new().hash_one(std::process::id()) }
    }

    /// Of the text with this id.
    pub fn statement(&self, id: u64) -> String {
        format!("mtdd_{:016x}_{id}", self.unique)
    }

    /// Of the guard of the text with this id.
    pub fn guard(&self, id: u64) -> String {
        format!("mtdd:guard_{:016x}_{id}", self.unique)
    }

    /// Of the statement that asks what must be known of a text.
    pub fn study(&self) -> String {
        format!("mtdd:study_{:016x}", self.unique)
    }

    /// Of the statement that sets the tenant for one transaction.
    pub fn set_local(&self) -> String {
        format!("mtdd_{:016x}_tenant", self.unique)
    }
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
