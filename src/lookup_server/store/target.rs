//! `--database-url` read: tokio-postgres's own parser, plus the two `sslmode`s that it does not know. What a wrong URL
//! is answered with never repeats any of it, for where a password ends is exactly what is unclear then.

use std::env;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::tls::Trust;

/// Which database, and how much of its certificate is believed.
#[derive(Debug)]
pub struct Target {
    pub config: Config,
    pub trust: Trust,
}

const SSL_MODES: &str = "disable, prefer, require, verify-ca, verify-full";

impl Target {
    /// An error says what is wrong, without the URL.
    pub fn parse(url: &str) -> Result<Target, String> {
        let (mode, rest) = take_ssl_mode(url);
        let (ssl_mode, trust) = match mode {
            None | Some("prefer") => (SslMode::Prefer, Trust::Anyone),
            Some("disable") => (SslMode::Disable, Trust::Anyone),
            Some("require") => (SslMode::Require, Trust::Anyone),
            Some("verify-ca") => (SslMode::Require, Trust::KnownAuthority),
            Some("verify-full") => (SslMode::Require, Trust::KnownAuthorityAndHost),
            Some(_) => return Err(format!("sslmode: expected one of {SSL_MODES}")),
        };
        let mut config: Config = rest.parse().map_err(|_| {
            "expected postgres://user:password@host:port/database, special characters of the password \
             percent-encoded, and no parameters but those of tokio-postgres"
                .to_owned()
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err("names no host".to_owned());
        }
        // As with libpq, a Unix socket never has TLS.
        let local =
            !config.get_hosts().is_empty() && config.get_hosts().iter().all(|host| !matches!(host, Host::Tcp(_)));
        config.ssl_mode(if local { SslMode::Disable } else { ssl_mode });
        // What the URL leaves out may stand in libpq's variables, as with `pg`.
        if let (None, Ok(user)) = (config.get_user(), env::var("PGUSER")) {
            config.user(user);
        }
        if let (None, Ok(password)) = (config.get_password(), env::var("PGPASSWORD")) {
            config.password(password);
        }
        if config.get_application_name().is_none() {
            config.application_name("mtdd-server lookup");
        }
        Ok(Target { config, trust })
    }

    /// `host:port`, for messages.
    pub fn address(&self) -> String {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(directory) => directory.display().to_string(),
        });
        let mut names: Vec<String> = hosts.collect();
        if names.is_empty() {
            names = self.config.get_hostaddrs().iter().map(ToString::to_string).collect();
        }
        let ports = self.config.get_ports();
        let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let pairs: Vec<String> =
            names.iter().enumerate().map(|(index, name)| format!("{name}:{}", port(index))).collect();
        pairs.join(", ")
    }
}

/// The value of `sslmode` in a URL or in a list of `key=value`, and the text without it.
fn take_ssl_mode(text: &str) -> (Option<&str>, String) {
    let is_url = text.contains("://");
    let separator = |c: char| if is_url { c == '&' } else { c.is_whitespace() };
    // A password may hold a question mark: a URL's parameters come after the host.
    let host = text.find('@').unwrap_or(0);
    let parameters = if is_url { text[host..].find('?').map_or(text.len(), |question| host + question + 1) } else { 0 };
    let (before, list) = text.split_at(parameters);
    let mut mode = None;
    let kept: Vec<&str> = list
        .split(separator)
        .filter(|parameter| match parameter.strip_prefix("sslmode=") {
            Some(value) => {
                mode = Some(value);
                false
            }
            None => true,
        })
        .collect();
    (mode, before.to_owned() + &kept.join(if is_url { "&" } else { " " }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> (SslMode, Trust, String) {
        let target = Target::parse(url).unwrap();
        (target.config.get_ssl_mode(), target.trust, target.address())
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
            let expected = (ssl_mode, trust, "db:5433".to_owned());
            assert_eq!(parse(&format!("postgres://u:p@db:5433/d?sslmode={mode}")), expected);
            assert_eq!(parse(&format!("postgres://u:p@db:5433/d?application_name=a&sslmode={mode}")), expected);
            assert_eq!(parse(&format!("host=db port=5433 sslmode={mode} user=u")), expected);
        }
        assert_eq!(parse("postgres://db/d"), (SslMode::Prefer, Trust::Anyone, "db:5432".to_owned()));
    }

    #[test]
    fn several_hosts_are_named_with_their_ports() {
        assert_eq!(parse("postgres://u@a:1,b:2/d").2, "a:1, b:2");
    }

    #[cfg(unix)]
    #[test]
    fn a_unix_socket_is_never_asked_for_tls() {
        assert_eq!(parse("host=/run/pg user=u sslmode=require").0, SslMode::Disable);
    }

    #[test]
    fn a_wrong_url_is_not_repeated() {
        for url in ["postgres://u:p@db/d?hunter2=1", "hunter2", "postgres://u:hunter2@db/d?sslmode=hunter2", ""] {
            let error = Target::parse(url).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
