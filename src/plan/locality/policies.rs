//! Row-level security. A policy runs on the shard of the row that it checks, so its condition is analyzed like part of
//! the statement's own WHERE: it may use the row, settings, and other rows of the same tenant.

use super::search::{Definition, Reason, Search};

const ADVICE: &str = "a policy may use its own row, settings, and rows of the same tenant; change it, or connect as a \
     role to which it does not apply";

impl Search<'_> {
    /// Analyzes the policies of a table for these commands, named as in pg_policy.
    pub fn check_policies(&mut self, names: &[String], commands: &str) -> Result<(), Reason> {
        let layout = self.layout;
        let Some(known) = layout.relation(names) else { return Ok(()) };
        if self.skips_policies || known.policies.is_empty() || self.inside.iter().any(|inside| inside.is_stored(layout))
        {
            return Ok(());
        }
        // A view reads as its owner, which is not known.
        let on_behalf = self.inside.iter().any(|inside| matches!(inside, Definition::View(_)));
        for (policy, query) in known.conditions(names, commands) {
            if !(policy.is_active || on_behalf) {
                continue;
            }
            let checked = match self.policies.get(&query) {
                Some(checked) => checked.clone(),
                None => {
                    // PostgreSQL itself refuses a policy that reads its own table.
                    self.policies.insert(query.clone(), Ok(()));
                    let inside = Definition::Policy(policy.name.clone(), names.join("."));
                    let found = self.analyze_definition(inside, &query).and_then(|found| found);
                    let checked = found.map(drop).map_err(|reason| format!("{reason}; {ADVICE}"));
                    self.policies.insert(query, checked.clone());
                    checked
                }
            };
            checked?;
        }
        Ok(())
    }

    /// A function for an error message, with the policy that calls it, if any.
    pub fn shown(&self, function: &str) -> String {
        match self.of_policies.get(function) {
            Some(policy) => format!("{function}() of {policy}"),
            None => format!("{function}()"),
        }
    }

    pub(super) fn is_inside_policy(&self) -> bool {
        self.inside.iter().any(|inside| matches!(inside, Definition::Policy(..)))
    }

    /// Adds the policy that is being analyzed, if any, to a description.
    pub(super) fn with_policy(&self, what: String) -> String {
        match self.inside.last() {
            Some(policy @ Definition::Policy(..)) => format!("{policy}: {what}"),
            _ => what,
        }
    }

    /// Notes that the policy that is being analyzed calls a function.
    pub(super) fn note_policy(&mut self, function: &str) {
        if let Some(policy @ Definition::Policy(..)) = self.inside.last() {
            self.of_policies.insert(function.to_owned(), policy.to_string());
        }
    }
}
