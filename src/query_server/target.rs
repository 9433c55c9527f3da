//! Where PostgreSQL is and who we are there: the parsed form of `--database-url`. Reads libpq's usual environment
//! variables for what the URL leaves out, as `pg` does. Opens nothing; `connect` does.

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::config::{ChannelBinding, Config, Host, SslMode, SslNegotiation, TargetSessionAttrs};
use tokio_rustls::rustls::ClientConfig;

use super::options::{Options, StartError};
use super::tls;

/// One place where PostgreSQL may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `host` is a name or an address; certificates are checked against it.
    Tcp { host: String, dial: String, port: u16 },
    /// The socket's own path.
    Unix(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Tcp { host, port, .. } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Place::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
            Place::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Whether to encrypt a TCP connection.
#[derive(Clone)]
pub enum Encryption {
    /// Never.
    Off,
    /// If PostgreSQL offers it; who it is stays unchecked, as with libpq.
    Preferred(Arc<ClientConfig>),
    /// Always; the configuration says what is checked.
    Required(Arc<ClientConfig>),
}

/// Everything needed to open a connection. Its Debug shows no secret.
pub struct Target {
    pub places: Vec<Place>,
    pub user: String,
    pub password: Option<Vec<u8>>,
    pub database: String,
    /// Startup parameters beyond user, database and encoding.
    pub parameters: Vec<(&'static str, String)>,
    pub encryption: Encryption,
    pub timeout: Duration,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("places", &self.places)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

fn refused(reason: impl fmt::Display) -> StartError {
    StartError::Configuration(format!("--database-url: {reason}"))
}

impl Target {
    /// Reads `options.database_url`.
    pub fn new(options: &Options) -> Result<Self, StartError> {
        let (text, checks) = take_ssl_checks(options.database_url.expose());
        let config = parse(&text)?;
        if config.get_target_session_attrs() != TargetSessionAttrs::Any {
            return Err(refused("target_session_attrs is not supported"));
        }
        if config.get_channel_binding() == ChannelBinding::Require {
            return Err(refused("channel_binding=require is not supported"));
        }
        if config.get_ssl_negotiation() != SslNegotiation::Postgres {
            return Err(refused("sslnegotiation=direct is not supported"));
        }
        let user = config
            .get_user()
            .map(str::to_owned)
            .or_else(|| env::var("PGUSER").ok())
            .or_else(|| env::var("USER").ok())
            .ok_or_else(|| refused("names no user"))?;
        let password =
            config.get_password().map(<[u8]>::to_vec).or_else(|| env::var("PGPASSWORD").ok().map(String::into_bytes));
        let mut parameters =
            vec![("application_name", config.get_application_name().unwrap_or("mtdd-server").to_owned())];
        if let Some(options) = config.get_options() {
            parameters.push(("options", options.to_owned()));
        }
        if let Some(mode) = options.plan_cache_mode.to_ask_for() {
            parameters.push(("plan_cache_mode", mode.to_owned()));
        }
        let own_limit = config.get_connect_timeout().copied().unwrap_or(Duration::MAX);
        Ok(Target {
            places: places(&config)?,
            database: config.get_dbname().unwrap_or(&user).to_owned(),
            encryption: encryption(config.get_ssl_mode(), checks).map_err(refused)?,
            timeout: options.connect_timeout().min(own_limit),
            user,
            password,
            parameters,
        })
    }

    /// All places, for messages.
    pub fn address(&self) -> String {
        self.places.iter().map(Place::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// tokio-postgres leaves certificates to its caller and knows no `verify-ca` and `verify-full`: they become `require`
/// here, and the check to make is told apart.
fn take_ssl_checks(text: &str) -> (String, tls::Check) {
    let found = [("sslmode=verify-full", tls::Check::Full), ("sslmode=verify-ca", tls::Check::Authority)]
        .into_iter()
        .find(|(mode, _)| text.contains(mode));
    match found {
        Some((mode, check)) => (text.replace(mode, "sslmode=require"), check),
        None => (text.to_owned(), tls::Check::Nothing),
    }
}

/// The parser's own words are shown only where they cannot hold a part of the password.
fn parse(text: &str) -> Result<Config, StartError> {
    let expected = "expected postgres://USER:PASSWORD@HOST:PORT/DATABASE";
    Config::from_str(text).map_err(|error| {
        use std::error::Error as _;
        let reason = error.source().map(ToString::to_string).unwrap_or_default();
        if reason.starts_with("invalid value for option") { refused(reason) } else { refused(expected) }
    })
}

fn places(config: &Config) -> Result<Vec<Place>, StartError> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    if hosts.is_empty() && addresses.is_empty() {
        return Err(refused("names no host"));
    }
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(refused("host and hostaddr differ in number"));
    }
    let count = hosts.len().max(addresses.len());
    if ports.len() > 1 && ports.len() != count {
        return Err(refused("host and port differ in number"));
    }
    let place = |index: usize| {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let address = addresses.get(index).map(ToString::to_string);
        match (hosts.get(index), address) {
            (Some(Host::Unix(directory)), _) => Place::Unix(directory.join(format!(".s.PGSQL.{port}"))),
            (Some(Host::Tcp(host)), address) => {
                Place::Tcp { host: host.clone(), dial: address.unwrap_or_else(|| host.clone()), port }
            }
            (None, address) => {
                let dial = address.unwrap_or_default();
                Place::Tcp { host: dial.clone(), dial, port }
            }
        }
    };
    Ok((0..count).map(place).collect())
}

fn encryption(mode: SslMode, check: tls::Check) -> Result<Encryption, String> {
    Ok(match mode {
        SslMode::Disable => Encryption::Off,
        SslMode::Prefer => Encryption::Preferred(tls::client_config(tls::Check::Nothing)?),
        _ => Encryption::Required(tls::client_config(check)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query_server::options::DatabaseUrl;
    use clap::Parser;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        options: Options,
    }

    fn target(url: &str) -> Result<Target, StartError> {
        let url: DatabaseUrl = url.parse().unwrap();
        let mut flags = Flags::parse_from(["query", "--database-url", "postgres://x"]);
        flags.options.database_url = url;
        Target::new(&flags.options)
    }

    #[test]
    fn a_url_tells_user_database_and_every_host() {
        let target = target("postgres://ann:secret@db1:6000,[::1]:6001/shop?sslmode=disable&options=-c%20a=b").unwrap();
        assert_eq!(target.address(), "db1:6000, [::1]:6001");
        assert_eq!((target.user.as_str(), target.database.as_str()), ("ann", "shop"));
        assert_eq!(target.password.as_deref(), Some(&b"secret"[..]));
        assert!(target.parameters.contains(&("options", "-c a=b".to_owned())));
        assert!(matches!(target.encryption, Encryption::Off));
    }

    #[test]
    fn a_unix_socket_is_a_directory_and_a_port() {
        let target = target("host=/run/pg port=6000 user=ann").unwrap();
        assert_eq!(target.places, [Place::Unix("/run/pg/.s.PGSQL.6000".into())]);
        assert_eq!(target.database, "ann");
    }

    #[test]
    fn verifying_modes_require_encryption() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let target = target(&format!("postgres://ann@db/shop?sslmode={mode}")).unwrap();
            assert!(matches!(target.encryption, Encryption::Required(_)), "{mode}");
        }
    }

    #[test]
    fn a_wrong_url_is_refused_without_showing_its_password() {
        for url in [
            "postgres//ann:secret@db/shop",
            "postgres://ann:secret@db:port/shop",
            "host=db user",
            "postgres://ann:secret@/x",
            "secret=1",
            "",
        ] {
            let error = target(url).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().starts_with("--database-url: "), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn debug_output_has_no_password() {
        let flags = Flags::parse_from(["query", "--database-url", "postgres://ann:secret@db/shop"]);
        assert!(!format!("{:?}", flags.options).contains("secret"));
        assert!(!format!("{:?}", target("postgres://ann:secret@db/shop").unwrap()).contains("secret"));
    }
}
