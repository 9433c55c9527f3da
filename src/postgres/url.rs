//! The text of `--database-url`: kept from everybody's eyes, and read by tokio-postgres's own parser plus the two
//! `sslmode`s that it does not know. What a wrong URL is answered with repeats nothing that could be a password, for
//! where a password ends is exactly what is unclear then.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use tokio_postgres::Config;

use super::tls::Trust;

const EXPECTED: &str = "expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, special characters of the password \
                        percent-encoded, or libpq's KEY=VALUE pairs";

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

    /// Takes any text, so that a wrong one is refused by `Target`, which does not repeat it, and not by the parser of
    /// the flags, which would.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(DatabaseUrl(text.to_owned()))
    }
}

impl DatabaseUrl {
    /// What it says, and how much of the server's certificate is to be believed.
    pub(super) fn parse(&self) -> Result<(Config, Trust), String> {
        let (text, trust) = take_checks(&self.0);
        let config = text.parse().map_err(|error: tokio_postgres::Error| {
            let reason = error.source().map(ToString::to_string).unwrap_or_default();
            match reason.as_str() {
                "invalid value for option `sslmode`" => {
                    "sslmode: expected disable, prefer, require, verify-ca or verify-full".to_owned()
                }
                // Names the option, and not its value.
                _ if reason.starts_with("invalid value for option") => reason,
                _ => EXPECTED.to_owned(),
            }
        })?;
        Ok((config, trust))
    }
}

/// tokio-postgres leaves certificates to its caller and knows neither `verify-ca` nor `verify-full`: they become
/// `require` here, and the check to make is told apart. As everywhere in these texts, the last one counts.
fn take_checks(text: &str) -> (String, Trust) {
    let mut rest = text.to_owned();
    let mut trust = None;
    for mode in ssl_modes(text).into_iter().rev() {
        let wanted = match &text[mode.clone()] {
            "verify-ca" => Trust::KnownAuthority,
            "verify-full" => Trust::KnownAuthorityAndHost,
            _ => Trust::Anyone,
        };
        if wanted != Trust::Anyone {
            rest.replace_range(mode, "require");
        }
        trust.get_or_insert(wanted);
    }
    (rest, trust.unwrap_or(Trust::Anyone))
}

/// Where the values of `sslmode` stand in a URL or in a list of pairs.
fn ssl_modes(text: &str) -> Vec<Range<usize>> {
    let is_url = text.contains("://");
    let separates = |c: char| if is_url { c == '&' } else { c.is_whitespace() };
    // A password may hold a question mark: a URL's parameters come after the host.
    let host = text.find('@').unwrap_or(0);
    let mut at = if is_url { text[host..].find('?').map_or(text.len(), |question| host + question + 1) } else { 0 };
    let mut modes = Vec::new();
    for parameter in text[at..].split(separates) {
        if let Some(value) = parameter.strip_prefix("sslmode=") {
            modes.push(at + parameter.len() - value.len()..at + parameter.len());
        }
        // Every character that separates is at least one byte long; `split_inclusive` would leave it in the value.
        at += parameter.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    modes
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    fn parse(text: &str) -> Result<(SslMode, Trust), String> {
        let url: DatabaseUrl = text.parse().unwrap();
        url.parse().map(|(config, trust)| (config.get_ssl_mode(), trust))
    }

    #[test]
    fn every_sslmode_of_libpq_but_allow_is_understood() {
        for (mode, ssl_mode, trust) in [
            ("disable", SslMode::Disable, Trust::Anyone),
            ("prefer", SslMode::Prefer, Trust::Anyone),
            ("require", SslMode::Require, Trust::Anyone),
            ("verify-ca", SslMode::Require, Trust::KnownAuthority),
            ("verify-full", SslMode::Require, Trust::KnownAuthorityAndHost),
        ] {
            for text in [
                format!("postgres://u:p@db:5433/d?sslmode={mode}"),
                format!("postgres://u:p?sslmode=no@db/d?application_name=a&sslmode={mode}"),
                format!("postgres://u@db/d?sslmode=verify-full&sslmode={mode}&connect_timeout=3"),
                format!("host=db port=5433\tsslmode={mode} user=u"),
            ] {
                assert_eq!(parse(&text), Ok((ssl_mode, trust)), "{text}");
            }
        }
        assert_eq!(parse("postgres://db/d"), Ok((SslMode::Prefer, Trust::Anyone)));
        assert_eq!(parse("host=db sslmode = require"), Ok((SslMode::Require, Trust::Anyone)));
    }

    #[test]
    fn an_sslmode_that_is_not_understood_is_refused_and_never_weakened() {
        for text in [
            "postgres://db/d?sslmode=allow",
            "host=db sslmode = verify-full",
            "host=db sslmode='verify-full'",
            "postgres://db/d?sslmode=verify%2Dfull",
        ] {
            assert!(parse(text).unwrap_err().starts_with("sslmode: expected"), "{text}");
        }
    }

    #[test]
    fn a_wrong_url_is_not_repeated() {
        for text in [
            "postgres://u:p@db/d?hunter2=1",
            "postgres//u:hunter2@db/d",
            "postgres://u:hunter2@db:port/d",
            "postgres://u:hunter2@db/d?sslmode=hunter2",
            "hunter2",
            "hunter2=1",
            "",
        ] {
            let refusal = parse(text).map(|_| ()).err().unwrap_or_default();
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
        assert!(!format!("{:?}", "postgres://u:hunter2@db/d".parse::<DatabaseUrl>()).contains("hunter2"));
    }
}
