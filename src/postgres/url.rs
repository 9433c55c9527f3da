//! The text of `--database-url`, which is never shown.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use super::parameters::Parameters;

/// Where PostgreSQL is, with its secrets: never shown.
#[derive(Clone)]
pub struct DatabaseUrl(String);

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(redacted)")
    }
}

impl FromStr for DatabaseUrl {
    type Err = Infallible;

    /// Accepts any text, so that `ConnectTarget` refuses a wrong one without repeating it, unlike the parser of the
    /// flags.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(DatabaseUrl(text.to_owned()))
    }
}

impl DatabaseUrl {
    pub(super) fn parameters(&self) -> Result<Parameters, String> {
        Parameters::read(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_is_redacted() {
        assert!(!format!("{:?}", "postgres://u:hunter2@db/d".parse::<DatabaseUrl>()).contains("hunter2"));
    }
}
