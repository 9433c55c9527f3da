//! The session settings of a caller's connections, shared by all queries of a stream. Only settings that would break
//! the server itself are checked here; PostgreSQL checks the rest.

use std::collections::HashMap;
use std::sync::Arc;

/// The setting that carries a request's tenant to row-level security policies.
pub const TENANT: &str = "mtdd.tenant_id";

/// The setting that carries its type.
pub const TENANT_TYPE: &str = "mtdd.tenant_type";

/// The prefix of both, which no application's setting has.
const OWN: &str = "mtdd.";

/// Settings in the order of their names; cheap to clone and to compare with themselves.
#[derive(Clone, Debug, Default)]
pub struct SessionSettings(Option<Arc<[(String, String)]>>);

impl SessionSettings {
    /// Checks a request's settings; an error names the first that is not allowed.
    pub fn new(settings: HashMap<String, String>) -> Result<Self, String> {
        for (name, value) in &settings {
            if name.is_empty() || name.contains('\0') || value.contains('\0') {
                return Err(format!("settings[{name:?}]: empty names and zero bytes are not allowed"));
            }
            if name.get(..OWN.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN)) {
                return Err(format!(
                    "settings[{name:?}]: names that begin with {OWN:?} are reserved for the query server; use the \
                         fields `tenant` and `tenant_type` for the tenant"
                ));
            }
            let encoding = value.trim().to_ascii_lowercase().replace('-', "");
            if name.eq_ignore_ascii_case("client_encoding") && encoding != "utf8" && encoding != "unicode" {
                return Err(format!("settings[{name:?}]: expected \"UTF8\", the only encoding of this protocol"));
            }
        }
        if settings.is_empty() {
            return Ok(SessionSettings::default());
        }
        let mut settings: Vec<_> = settings.into_iter().collect();
        settings.sort();
        Ok(SessionSettings(Some(settings.into())))
    }

    /// Name and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|settings| settings.iter()).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// True if one of them is read when a transaction begins.
    pub fn shape_transactions(&self) -> bool {
        const START: &str = "default_transaction_";
        self.iter().any(|(name, _)| name.get(..START.len()).is_some_and(|start| start.eq_ignore_ascii_case(START)))
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl PartialEq for SessionSettings {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &str, value: &str) -> Result<SessionSettings, String> {
        SessionSettings::new(HashMap::from([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn equal_settings_are_equal_whichever_request_brought_them() {
        assert!(settings("a.b", "c").unwrap() == settings("a.b", "c").unwrap());
        assert!(settings("a.b", "c").unwrap() != settings("a.b", "d").unwrap());
        assert!(settings("a.b", "c").unwrap() != SessionSettings::default());
        assert!(SessionSettings::new(HashMap::new()).unwrap().is_empty());
    }

    #[test]
    fn settings_that_count_from_the_next_transaction_on_are_known() {
        assert!(settings("Default_Transaction_Read_Only", "on").unwrap().shape_transactions());
        assert!(!settings("application_name", "default_transaction_isolation").unwrap().shape_transactions());
        assert!(!SessionSettings::default().shape_transactions());
    }

    #[test]
    fn a_setting_that_would_break_the_server_is_refused_by_name() {
        for (name, value) in [
            ("client_encoding", "LATIN1"),
            ("MTDD.tenant_id", "x"),
            ("mtdd.tenant_type", "1"),
            ("mtdd.x", "y"),
            ("", "x"),
            ("a", "b\0"),
        ] {
            let refusal = settings(name, value).unwrap_err();
            assert!(refusal.starts_with(&format!("settings[{name:?}]")), "{refusal}");
        }
        assert!(settings("client_encoding", "UTF-8").is_ok());
    }
}
