//! The parameters of a `--database-url`. All of libpq's parameters are known by name: each is obeyed or refused, never
//! ignored. Opens and reads nothing; `target` and `tls` do.

use std::path::PathBuf;
use std::time::Duration;

use super::conninfo::pairs;
use super::role::Role;

/// How a connection is encrypted, as libpq's `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
pub enum SslMode {
    Disable,
    /// Only if PostgreSQL refuses plain text.
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// libpq's `channel_binding`: whether the proof of the password is tied to the TLS connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Binding {
    Disable,
    #[default]
    Prefer,
    Require,
}

/// The trusted authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorities {
    System,
    File(PathBuf),
}

/// The parameters of a URL, with libpq's defaults.
#[derive(Clone, Debug)]
pub struct Parameters {
    pub host: Option<String>,
    pub hostaddr: Option<String>,
    pub port: Option<String>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub dbname: Option<String>,
    pub options: Option<String>,
    pub application_name: Option<String>,
    pub connect_timeout: Option<Duration>,
    pub ssl_mode: SslMode,
    pub authorities: Option<Authorities>,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// Whether the TLS handshake sends the host's name.
    pub sni: bool,
    /// TLS 1.2 is too old.
    pub newest_tls_only: bool,
    pub binding: Binding,
    pub keepalives: bool,
    pub keepalives_idle: Option<Duration>,
    pub keepalives_interval: Option<Duration>,
    pub keepalives_count: Option<u32>,
    pub tcp_user_timeout: Option<Duration>,
    pub role: Role,
    pub shuffled: bool,
}

/// Parameters of libpq that are not supported here.
const UNSUPPORTED: [&str; 21] = [
    "gssdelegation",
    "gsslib",
    "krbsrvname",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "passfile",
    "replication",
    "require_auth",
    "requirepeer",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslpassword",
];

impl Parameters {
    /// Parses a text. An error names the parameter, and shows no value.
    pub fn read(text: &str) -> Result<Parameters, String> {
        let mut read = Parameters {
            host: None,
            hostaddr: None,
            port: None,
            user: None,
            password: None,
            dbname: None,
            options: None,
            application_name: None,
            connect_timeout: None,
            ssl_mode: SslMode::default(),
            authorities: None,
            certificate: None,
            key: None,
            sni: true,
            newest_tls_only: false,
            binding: Binding::default(),
            keepalives: true,
            keepalives_idle: None,
            keepalives_interval: None,
            keepalives_count: None,
            tcp_user_timeout: None,
            role: Role::default(),
            shuffled: false,
        };
        let (mut fallback, mut shows) = (None, true);
        for pair in pairs(text)? {
            let value = pair.value.as_str();
            // As with libpq, an empty value is the default.
            if value.is_empty() && pair.name != "password" {
                continue;
            }
            let owned = || Some(value.to_owned());
            match pair.name.as_str() {
                "host" => read.host = owned(),
                "hostaddr" => read.hostaddr = owned(),
                "port" => read.port = owned(),
                "user" => read.user = owned(),
                "password" => read.password = owned(),
                "dbname" => read.dbname = owned(),
                "options" => read.options = owned(),
                "application_name" => read.application_name = owned(),
                "fallback_application_name" => fallback = owned(),
                "connect_timeout" => {
                    let seconds = value.parse::<i32>().map_err(|_| expected(&pair.name, "a number of seconds"))?;
                    read.connect_timeout = u64::try_from(seconds).ok().filter(|s| *s > 0).map(Duration::from_secs);
                }
                "sslmode" => {
                    read.ssl_mode = one_of(
                        &pair.name,
                        value,
                        &[
                            ("disable", SslMode::Disable),
                            ("allow", SslMode::Allow),
                            ("prefer", SslMode::Prefer),
                            ("require", SslMode::Require),
                            ("verify-ca", SslMode::VerifyCa),
                            ("verify-full", SslMode::VerifyFull),
                        ],
                    )?;
                }
                // As in JDBC, which libpq also accepts.
                "ssl" => read.ssl_mode = one_of(&pair.name, value, &[("true", SslMode::Require)])?,
                "sslrootcert" => {
                    read.authorities = Some(match value {
                        "system" => Authorities::System,
                        file => Authorities::File(file.into()),
                    });
                }
                "sslcert" => read.certificate = Some(value.into()),
                "sslkey" => read.key = Some(value.into()),
                "sslsni" => read.sni = flag(&pair.name, value)?,
                "sslcertmode" => {
                    shows = one_of(&pair.name, value, &[("disable", false), ("allow", true), ("require", true)])?;
                }
                "ssl_min_protocol_version" => {
                    // rustls has nothing older than 1.2.
                    let versions = [("TLSv1", false), ("TLSv1.1", false), ("TLSv1.2", false), ("TLSv1.3", true)];
                    read.newest_tls_only = one_of(&pair.name, value, &versions)?;
                }
                "ssl_max_protocol_version" => one_of(&pair.name, value, &[("TLSv1.3", ())])?,
                "sslnegotiation" => one_of(&pair.name, value, &[("postgres", ())])?,
                "channel_binding" => {
                    read.binding = one_of(
                        &pair.name,
                        value,
                        &[("disable", Binding::Disable), ("prefer", Binding::Prefer), ("require", Binding::Require)],
                    )?;
                }
                // There is no GSSAPI here, so nothing to prefer.
                "gssencmode" => one_of(&pair.name, value, &[("disable", ()), ("prefer", ())])?,
                "client_encoding" => {
                    if !["utf8", "utf-8", "unicode", "auto"].contains(&value.to_ascii_lowercase().as_str()) {
                        return Err(expected(&pair.name, "UTF8"));
                    }
                }
                "keepalives" => read.keepalives = flag(&pair.name, value)?,
                "keepalives_idle" => read.keepalives_idle = seconds(&pair.name, value)?,
                "keepalives_interval" => read.keepalives_interval = seconds(&pair.name, value)?,
                // The second name is tokio-postgres's.
                "keepalives_count" | "keepalives_retries" => {
                    let count = value.parse::<u32>().map_err(|_| expected(&pair.name, "a number"))?;
                    read.keepalives_count = (count > 0).then_some(count);
                }
                "tcp_user_timeout" => {
                    let limit = value.parse::<u32>().map_err(|_| expected(&pair.name, "a number of milliseconds"))?;
                    read.tcp_user_timeout = Some(Duration::from_millis(limit.into()));
                }
                "target_session_attrs" => {
                    read.role = Role::parse(value).ok_or_else(|| {
                        expected(&pair.name, "any, read-write, read-only, primary, standby or prefer-standby")
                    })?;
                }
                "load_balance_hosts" => {
                    read.shuffled = one_of(&pair.name, value, &[("disable", false), ("random", true)])?;
                }
                _ => {
                    let name = pair.shown()?;
                    return Err(match UNSUPPORTED.contains(&name) {
                        true => format!("{name} is not supported"),
                        false => format!(
                            "{name} is not a connection parameter (for a PostgreSQL setting, use \
                                 options=-c%20{name}%3D...)"
                        ),
                    });
                }
            }
        }
        read.application_name = read.application_name.or(fallback);
        if !shows {
            (read.certificate, read.key) = (None, None);
        }
        read.check()?;
        Ok(read)
    }

    /// Checks combinations of parameters.
    fn check(&mut self) -> Result<(), String> {
        match (&self.certificate, &self.key) {
            (Some(_), None) => return Err("sslkey: expected a file, because sslcert is given".to_owned()),
            (None, Some(_)) => return Err("sslcert: expected a file, because sslkey is given".to_owned()),
            _ => {}
        }
        if self.authorities == Some(Authorities::System) && self.ssl_mode != SslMode::VerifyFull {
            return Err(
                "sslrootcert=system: expected sslmode=verify-full, because anyone can get a certificate from the \
                 system's authorities"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

fn expected(name: &str, what: &str) -> String {
    format!("{name}: expected {what}")
}

fn one_of<T: Copy>(name: &str, value: &str, known: &[(&str, T)]) -> Result<T, String> {
    known.iter().find(|(text, _)| *text == value).map(|(_, meaning)| *meaning).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(text, _)| *text).collect();
        let (last, others) = names.split_last().unwrap_or((&"", &[]));
        let others = others.join(", ");
        expected(name, &if others.is_empty() { (*last).to_owned() } else { format!("{others} or {last}") })
    })
}

fn flag(name: &str, value: &str) -> Result<bool, String> {
    one_of(name, value, &[("0", false), ("1", true)])
}

/// 0 is the system's default.
fn seconds(name: &str, value: &str) -> Result<Option<Duration>, String> {
    let seconds = value.parse::<u32>().map_err(|_| expected(name, "a number of seconds"))?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(parameters: &str) -> String {
        Parameters::read(&format!("postgres://u:hunter2@db/d?{parameters}")).expect_err(parameters)
    }

    #[test]
    fn every_sslmode_of_libpq_is_understood_however_it_is_written() {
        for (mode, expected) in [
            ("disable", SslMode::Disable),
            ("allow", SslMode::Allow),
            ("prefer", SslMode::Prefer),
            ("require", SslMode::Require),
            ("verify-ca", SslMode::VerifyCa),
            ("verify-full", SslMode::VerifyFull),
        ] {
            for text in [
                format!("postgres://u:p@db:5433/d?sslmode={mode}"),
                format!("postgres://u:p?sslmode=no@db/d?application_name=a&sslmode={mode}"),
                format!("postgres://u@db/d?sslmode=disable&sslmode={mode}&connect_timeout=3"),
                format!("postgres://u@db/d?sslmode={}", mode.replace('-', "%2D")),
                format!("host=db port=5433\tsslmode={mode} user=u"),
                format!("host=db sslmode = '{mode}'"),
            ] {
                assert_eq!(Parameters::read(&text).unwrap().ssl_mode, expected, "{text}");
            }
        }
        assert_eq!(Parameters::read("postgres://db/d").unwrap().ssl_mode, SslMode::Prefer);
        assert_eq!(Parameters::read("postgres://db/d?ssl=true").unwrap().ssl_mode, SslMode::Require);
    }

    #[test]
    fn a_parameter_that_is_not_understood_is_refused_by_its_name_and_no_value_is_shown() {
        for (parameters, expected) in [
            ("nonsense=hunter2", "nonsense is not a connection parameter"),
            (
                "statement_timeout=5",
                "statement_timeout is not a connection parameter (for a PostgreSQL setting, use options=-c%20statement_timeout%3D...)",
            ),
            ("sslcrl=hunter2", "sslcrl is not supported"),
            ("passfile=hunter2", "passfile is not supported"),
            ("sslmode=hunter2", "sslmode: expected disable, allow, prefer, require, verify-ca or verify-full"),
            ("sslmode=verify-ful", "sslmode: expected"),
            ("channel_binding=hunter2", "channel_binding: expected disable, prefer or require"),
            ("gssencmode=require", "gssencmode: expected disable or prefer"),
            ("sslnegotiation=direct", "sslnegotiation: expected postgres"),
            ("target_session_attrs=hunter2", "target_session_attrs: expected any, read-write, read-only, primary,"),
            ("load_balance_hosts=1", "load_balance_hosts: expected disable or random"),
            ("connect_timeout=hunter2", "connect_timeout: expected a number of seconds"),
            ("tcp_user_timeout=-1", "tcp_user_timeout: expected a number of milliseconds"),
            ("keepalives=yes", "keepalives: expected 0 or 1"),
            ("keepalives_idle=x", "keepalives_idle: expected a number of seconds"),
            ("keepalives_count=x", "keepalives_count: expected a number"),
            ("client_encoding=LATIN1", "client_encoding: expected UTF8"),
            ("sslcert=a.pem", "sslkey: expected a file"),
            ("sslkey=a.pem", "sslcert: expected a file"),
            ("sslrootcert=system", "sslrootcert=system: expected sslmode=verify-full"),
        ] {
            let said = refusal(parameters);
            assert!(said.starts_with(expected) && !said.contains("hunter2"), "{parameters}: {said}");
        }
    }

    #[test]
    fn what_libpq_understands_is_understood() {
        let read = Parameters::read(
            "postgres://ann:p@db/d?target_session_attrs=prefer-standby&load_balance_hosts=random&keepalives=0\
             &keepalives_idle=7&keepalives_interval=0&keepalives_count=2&tcp_user_timeout=900&connect_timeout=0\
             &sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem&sslsni=0&ssl_min_protocol_version=TLSv1.3\
             &channel_binding=require&gssencmode=disable&client_encoding=utf8&fallback_application_name=shop",
        )
        .unwrap();
        assert_eq!((read.role, read.shuffled, read.keepalives), (Role::PreferStandby, true, false));
        assert_eq!(read.keepalives_idle, Some(Duration::from_secs(7)));
        assert_eq!((read.keepalives_interval, read.keepalives_count, read.connect_timeout), (None, Some(2), None));
        assert_eq!(read.tcp_user_timeout, Some(Duration::from_millis(900)));
        assert_eq!(read.authorities, Some(Authorities::File("/ca.pem".into())));
        assert_eq!((read.sni, read.newest_tls_only, read.binding), (false, true, Binding::Require));
        assert_eq!(read.application_name.as_deref(), Some("shop"));
        let named = Parameters::read("application_name=own fallback_application_name=shop host=db").unwrap();
        assert_eq!(named.application_name.as_deref(), Some("own"));
    }
}
