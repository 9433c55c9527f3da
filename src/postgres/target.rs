//! Where PostgreSQL is and who we are there: the checked form of `--database-url`. Reads libpq's usual environment
//! variables for what the URL leaves out, as `pg` does. The servers' connections are opened from it.

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_postgres::config::{ChannelBinding, Config, Host, SslMode, SslNegotiation, TargetSessionAttrs};
use tokio_rustls::rustls::ClientConfig;

use super::encrypted::Tls;
use super::tls::client_config;
use super::url::DatabaseUrl;

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

/// Everything needed to open a connection. Its Debug shows no secret.
pub struct Target {
    /// At least one; to be tried in this order.
    pub places: Vec<Place>,
    pub user: String,
    /// Startup parameters beyond user, database and encoding.
    pub parameters: Vec<(&'static str, String)>,
    /// Startup parameters that an older PostgreSQL, or a pooler in front of it, may refuse: it then does without.
    wishes: Vec<(&'static str, &'static str)>,
    wishes_refused: AtomicBool,
    /// How long opening a connection may take.
    pub timeout: Duration,
    /// The same for tokio-postgres, and the password.
    config: Config,
    tls: Arc<ClientConfig>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("places", &self.places)
            .field("user", &self.user)
            .field("database", &self.database())
            .finish_non_exhaustive()
    }
}

impl Target {
    /// Reads a URL. `application`: the name under which PostgreSQL shows the connections, where the URL gives none;
    /// `timeout`: how long opening one may take, where the URL allows no less. An error says what is wrong, without
    /// the URL.
    pub fn new(url: &DatabaseUrl, application: &str, timeout: Duration) -> Result<Target, String> {
        let (mut config, trust) = url.parse()?;
        if config.get_channel_binding() == ChannelBinding::Require {
            return Err("channel_binding=require is not supported".to_owned());
        }
        if config.get_ssl_negotiation() != SslNegotiation::Postgres {
            return Err("sslnegotiation=direct is not supported".to_owned());
        }
        let places = places(&config)?;
        // As with libpq, a Unix socket never has TLS.
        if places.iter().all(|place| matches!(place, Place::Unix(_))) {
            config.ssl_mode(SslMode::Disable);
        }
        let user = config
            .get_user()
            .map(str::to_owned)
            .or_else(|| env::var("PGUSER").ok())
            .or_else(|| env::var("USER").ok())
            .ok_or("names no user")?;
        config.user(&user);
        if let (None, Ok(password)) = (config.get_password(), env::var("PGPASSWORD")) {
            config.password(password);
        }
        if config.get_application_name().is_none() {
            config.application_name(application);
        }
        let asked = [("application_name", config.get_application_name()), ("options", config.get_options())];
        let asked = asked.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned())));
        let parameters = asked.collect();
        let timeout = config.get_connect_timeout().copied().map_or(timeout, |own| own.min(timeout));
        let tls = client_config(trust)?;
        Ok(Target {
            places,
            user,
            parameters,
            wishes: Vec::new(),
            wishes_refused: AtomicBool::new(false),
            timeout,
            config,
            tls,
        })
    }

    /// Asks for a startup parameter where PostgreSQL takes it, unless the URL's `options` name it themselves.
    pub fn wish(&mut self, name: &'static str, value: &'static str) {
        if !self.config.get_options().is_some_and(|options| options.contains(name)) {
            self.wishes.push((name, value));
        }
    }

    /// The startup parameters to ask for in addition to `parameters`.
    pub fn wishes(&self) -> &[(&'static str, &'static str)] {
        if self.wishes_refused.load(Ordering::Relaxed) { &[] } else { &self.wishes }
    }

    /// PostgreSQL refuses them: they are not asked for again. False if they had not been.
    pub fn give_up_wishes(&self) -> bool {
        !self.wishes.is_empty() && !self.wishes_refused.swap(true, Ordering::Relaxed)
    }

    /// Whether TCP is to look after connections that are silent (`keepalives`).
    pub fn keeps_alive(&self) -> bool {
        self.config.get_keepalives()
    }

    /// The configuration for tokio-postgres, to be used with `tls`.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// TLS for tokio-postgres.
    pub fn tls(&self) -> Tls {
        Tls::new(self.tls.clone())
    }

    /// The configuration of TLS for a TCP connection, and whether it may go without where PostgreSQL has none.
    pub fn encryption(&self) -> Option<(&Arc<ClientConfig>, bool)> {
        match self.config.get_ssl_mode() {
            SslMode::Disable => None,
            SslMode::Prefer => Some((&self.tls, true)),
            _ => Some((&self.tls, false)),
        }
    }

    pub fn password(&self) -> Option<&[u8]> {
        self.config.get_password()
    }

    pub fn database(&self) -> &str {
        self.config.get_dbname().unwrap_or(&self.user)
    }

    /// True if the URL asks for a server in a certain state (`target_session_attrs`).
    pub fn is_choosy(&self) -> bool {
        self.config.get_target_session_attrs() != TargetSessionAttrs::Any
    }

    /// All places, for messages.
    pub fn address(&self) -> String {
        self.places.iter().map(Place::to_string).collect::<Vec<_>>().join(", ")
    }
}

fn places(config: &Config) -> Result<Vec<Place>, String> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    if hosts.is_empty() && addresses.is_empty() {
        return Err("names no host".to_owned());
    }
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err("host and hostaddr differ in number".to_owned());
    }
    let count = hosts.len().max(addresses.len());
    if ports.len() > 1 && ports.len() != count {
        return Err("host and port differ in number".to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, String> {
        let url: DatabaseUrl = url.parse().unwrap();
        Target::new(&url, "mtdd", Duration::from_secs(10))
    }

    #[test]
    fn a_url_tells_user_database_and_every_host() {
        let target = target("postgres://ann:secret@db1:6000,[::1]:6001/shop?sslmode=disable&options=-c%20a=b").unwrap();
        assert_eq!(target.address(), "db1:6000, [::1]:6001");
        assert_eq!((target.user.as_str(), target.database()), ("ann", "shop"));
        assert_eq!(target.password(), Some(&b"secret"[..]));
        let parameters = [("application_name", "mtdd"), ("options", "-c a=b")];
        assert_eq!(target.parameters, parameters.map(|(name, value)| (name, value.to_owned())));
        assert!(target.encryption().is_none());
        assert!(!target.is_choosy());
    }

    #[test]
    fn a_unix_socket_is_a_directory_and_a_port_and_never_has_tls() {
        let target = target("host=/run/pg port=6000 user=ann sslmode=require").unwrap();
        assert_eq!(target.places, [Place::Unix("/run/pg/.s.PGSQL.6000".into())]);
        assert_eq!(target.database(), "ann");
        assert!(target.encryption().is_none());
    }

    #[test]
    fn plaintext_is_a_way_out_for_prefer_only() {
        let plaintext = |mode: &str| {
            let target = target(&format!("postgres://ann@db/shop?sslmode={mode}")).unwrap();
            target.encryption().map(|(_, plaintext)| plaintext)
        };
        assert_eq!(plaintext("disable"), None);
        assert_eq!(plaintext("prefer"), Some(true));
        for mode in ["require", "verify-ca", "verify-full"] {
            assert_eq!(plaintext(mode), Some(false), "{mode}");
        }
    }

    #[test]
    fn the_shorter_of_two_timeouts_counts() {
        assert_eq!(target("postgres://ann@db/shop?connect_timeout=3").unwrap().timeout, Duration::from_secs(3));
        assert_eq!(target("postgres://ann@db/shop?connect_timeout=30").unwrap().timeout, Duration::from_secs(10));
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (url, reason) in [
            ("postgres://ann@/shop", "names no host"),
            ("postgres://ann@db/shop?channel_binding=require", "channel_binding"),
            ("postgres://ann@db/shop?sslnegotiation=direct&sslmode=require", "sslnegotiation"),
            ("host=a,b port=1,2,3 user=ann", "host and port"),
        ] {
            let refusal = target(url).unwrap_err();
            assert!(refusal.contains(reason), "{url}: {refusal}");
        }
    }

    #[test]
    fn what_the_url_asks_for_itself_is_not_wished_for() {
        let mut target = target("postgres://ann@db/shop?options=-c%20tcp_keepalives_idle%3D7").unwrap();
        target.wish("tcp_keepalives_idle", "10");
        assert!(!target.give_up_wishes(), "there is nothing to give up");
        target.wish("tcp_keepalives_count", "3");
        assert_eq!(target.wishes(), [("tcp_keepalives_count", "3")]);
        assert!(target.give_up_wishes());
        assert_eq!((target.wishes(), target.give_up_wishes()), (&[][..], false));
    }

    #[test]
    fn debug_output_has_no_password() {
        assert!(!format!("{:?}", target("postgres://ann:secret@db/shop").unwrap()).contains("secret"));
    }
}
