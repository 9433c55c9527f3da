//! Where PostgreSQL is and who connects: the checked form of `--database-url`. Reads libpq's usual environment
//! variables for what the URL leaves out, as `pg` does. The servers' connections are opened from it.

use std::env;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use socket2::TcpKeepalive;
use tokio_rustls::rustls::ClientConfig;

use super::parameters::{Binding, Parameters, SslMode};
use super::role::Role;
use super::tls::ClientCertificates;
use super::url::DatabaseUrl;

/// TCP keep-alive: the idle time, the interval, and the number of probes.
const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEP_ALIVE_COUNT: u32 = 3;
/// Sent data must be acknowledged by then, or the connection is closed.
const USER_TIMEOUT: Duration = Duration::from_secs(25);

/// One host or socket where PostgreSQL may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PgHost {
    /// `host` is a name or an address; certificates are checked against it.
    Tcp { host: String, dial: String, port: u16 },
    /// The socket's own path.
    Unix(PathBuf),
}

impl fmt::Display for PgHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PgHost::Tcp { host, port, .. } if host.contains(':') => write!(f, "[{host}]:{port}"),
            PgHost::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
            PgHost::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Everything that is needed to open a connection. Its Debug output shows no secret.
pub struct ConnectTarget {
    /// At least one; to be tried in this order.
    pub places: Vec<PgHost>,
    pub user: String,
    /// Startup parameters beyond user, database and encoding.
    pub parameters: Vec<(&'static str, String)>,
    /// Startup parameters that an older PostgreSQL, or a pooler, may refuse; they are then left out.
    wishes: Vec<(&'static str, &'static str)>,
    wishes_refused: AtomicBool,
    /// The connect timeout per host.
    pub timeout: Duration,
    asked: Parameters,
    password: Option<Vec<u8>>,
    keep_alive: Option<TcpKeepalive>,
    certificates: ClientCertificates,
    /// When each host last failed.
    pub(super) failed: Mutex<Vec<Option<Instant>>>,
}

impl fmt::Debug for ConnectTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("places", &self.places)
            .field("user", &self.user)
            .field("database", &self.database())
            .finish_non_exhaustive()
    }
}

impl ConnectTarget {
    /// Parses a URL. `application`: the application name, if the URL has none; `timeout`: the connect timeout, if the
    /// URL has no shorter one. An error says what is wrong, without the URL.
    pub fn new(url: &DatabaseUrl, application: &str, timeout: Duration) -> Result<ConnectTarget, String> {
        let mut asked = url.parameters()?;
        let places = places(&asked)?;
        // As with libpq, a Unix socket never has TLS.
        if places.iter().all(|place| matches!(place, PgHost::Unix(_))) {
            asked.ssl_mode = SslMode::Disable;
        }
        if asked.binding == Binding::Require && asked.ssl_mode == SslMode::Disable {
            return Err(
                "channel_binding=require: expected sslmode=require or stronger, because channel binding needs \
                 TLS"
                .to_owned(),
            );
        }
        let from_environment = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let user = asked.user.clone().or_else(|| from_environment("PGUSER")).or_else(|| from_environment("USER"));
        let user = user.ok_or("names no user")?;
        let password = asked.password.take().or_else(|| from_environment("PGPASSWORD")).map(String::into_bytes);
        let application = asked.application_name.as_deref().unwrap_or(application);
        let startup = [("application_name", Some(application)), ("options", asked.options.as_deref())];
        let startup = startup.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned())));
        Ok(ConnectTarget {
            user,
            parameters: startup.collect(),
            wishes: Vec::new(),
            wishes_refused: AtomicBool::new(false),
            timeout: asked.connect_timeout.map_or(timeout, |own| own.min(timeout)),
            password,
            keep_alive: asked.keepalives.then(|| keep_alive(&asked)),
            certificates: ClientCertificates::read(&asked)?,
            failed: Mutex::new(vec![None; places.len()]),
            places,
            asked,
        })
    }

    /// Adds a startup parameter that PostgreSQL may refuse, unless the URL's `options` set it.
    pub fn wish(&mut self, name: &'static str, value: &'static str) {
        if !self.asked.options.as_deref().is_some_and(|options| options.contains(name)) {
            self.wishes.push((name, value));
        }
    }

    /// The startup parameters to send in addition to `parameters`.
    pub fn wishes(&self) -> &[(&'static str, &'static str)] {
        if self.wishes_refused.load(Ordering::Relaxed) { &[] } else { &self.wishes }
    }

    /// PostgreSQL refused them, so they are not sent again. False if they had not been sent.
    pub fn give_up_wishes(&self) -> bool {
        !self.wishes.is_empty() && !self.wishes_refused.swap(true, Ordering::Relaxed)
    }

    /// The TCP keep-alive settings; None: off.
    pub(super) fn keep_alive(&self) -> Option<&TcpKeepalive> {
        self.keep_alive.as_ref()
    }

    /// How long sent data may stay unacknowledged; None: the system's default.
    #[cfg(target_os = "linux")]
    pub(super) fn user_timeout(&self) -> Option<Duration> {
        Some(self.asked.tcp_user_timeout.unwrap_or(USER_TIMEOUT)).filter(|limit| !limit.is_zero())
    }

    /// How to encrypt a TCP connection.
    pub(super) fn ssl_mode(&self) -> SslMode {
        self.asked.ssl_mode
    }

    /// The TLS configuration with the current certificates.
    pub(super) fn tls(&self) -> Arc<ClientConfig> {
        self.certificates.config()
    }

    pub fn binding(&self) -> Binding {
        self.asked.binding
    }

    pub fn password(&self) -> Option<&[u8]> {
        self.password.as_deref()
    }

    pub fn database(&self) -> &str {
        self.asked.dbname.as_deref().unwrap_or(&self.user)
    }

    /// The role that the server must have.
    pub fn role(&self) -> Role {
        self.asked.role
    }

    /// Whether to try the hosts in random order.
    pub(super) fn is_shuffled(&self) -> bool {
        self.asked.shuffled
    }

    /// All places, for messages.
    pub fn address(&self) -> String {
        self.places.iter().map(PgHost::to_string).collect::<Vec<_>>().join(", ")
    }
}

fn keep_alive(asked: &Parameters) -> TcpKeepalive {
    let keep_alive = TcpKeepalive::new()
        .with_time(asked.keepalives_idle.unwrap_or(KEEP_ALIVE_IDLE))
        .with_interval(asked.keepalives_interval.unwrap_or(KEEP_ALIVE_INTERVAL));
    #[cfg(not(windows))]
    let keep_alive = keep_alive.with_retries(asked.keepalives_count.unwrap_or(KEEP_ALIVE_COUNT));
    keep_alive
}

fn places(asked: &Parameters) -> Result<Vec<PgHost>, String> {
    let list = |value: &Option<String>| -> Vec<String> {
        value.iter().flat_map(|value| value.split(',')).map(|one| one.trim().to_owned()).collect()
    };
    let (hosts, addresses, ports) = (list(&asked.host), list(&asked.hostaddr), list(&asked.port));
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
    (0..count)
        .map(|index| {
            let port = match ports.get(index).or(ports.first()).map_or("", String::as_str) {
                "" => 5432,
                port => port.parse().ok().filter(|port| *port > 0).ok_or("port: expected a number up to 65535")?,
            };
            let host = hosts.get(index).filter(|host| !host.is_empty());
            if let Some(directory) = host.filter(|host| host.starts_with('/')) {
                return Ok(PgHost::Unix(Path::new(directory).join(format!(".s.PGSQL.{port}"))));
            }
            let address = addresses.get(index).filter(|address| !address.is_empty());
            if address.is_some_and(|address| address.parse::<IpAddr>().is_err()) {
                return Err("hostaddr: expected an IP address".to_owned());
            }
            let dial = address.or(host).ok_or("names no host")?.clone();
            Ok(PgHost::Tcp { host: host.unwrap_or(&dial).clone(), dial, port })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<ConnectTarget, String> {
        let url: DatabaseUrl = url.parse().unwrap();
        ConnectTarget::new(&url, "mtdd", Duration::from_secs(10))
    }

    #[test]
    fn a_url_tells_user_database_and_every_host() {
        let target = target("postgres://ann:secret@db1:6000,[::1]:6001/shop?sslmode=disable&options=-c%20a=b").unwrap();
        assert_eq!(target.address(), "db1:6000, [::1]:6001");
        assert_eq!((target.user.as_str(), target.database()), ("ann", "shop"));
        assert_eq!(target.password(), Some(&b"secret"[..]));
        let parameters = [("application_name", "mtdd"), ("options", "-c a=b")];
        assert_eq!(target.parameters, parameters.map(|(name, value)| (name, value.to_owned())));
        assert_eq!((target.ssl_mode(), target.role()), (SslMode::Disable, Role::Any));
    }

    #[test]
    fn a_unix_socket_is_a_directory_and_a_port_and_never_has_tls() {
        let target = target("host=/run/pg port=6000 user=ann sslmode=require").unwrap();
        assert_eq!(target.places, [PgHost::Unix("/run/pg/.s.PGSQL.6000".into())]);
        assert_eq!(target.database(), "ann");
        assert_eq!(target.ssl_mode(), SslMode::Disable);
    }

    #[test]
    fn places_come_from_the_url_and_from_its_parameters() {
        let places = |url: &str| target(url).unwrap().address();
        assert_eq!(places("postgres://ann@db1,db2:6002/shop"), "db1:5432, db2:6002");
        assert_eq!(places("postgres://ann@/shop?host=db1,db2&port=6001,6002"), "db1:6001, db2:6002");
        assert_eq!(places("host=db1,db2 port=6000 user=ann"), "db1:6000, db2:6000");
        assert_eq!(places("hostaddr=127.0.0.1,::1 user=ann"), "127.0.0.1:5432, [::1]:5432");
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
            ("postgres://ann@db/shop?channel_binding=require&sslmode=disable", "channel_binding"),
            ("postgres://ann@db/shop?sslnegotiation=direct&sslmode=require", "sslnegotiation"),
            ("postgres://ann@db:99999/shop", "port: expected"),
            ("host=db hostaddr=nowhere user=ann", "hostaddr: expected"),
            (
                "postgres://ann@db/shop?sslmode=verify-ca&sslrootcert=/no/such.pem",
                "sslrootcert: cannot read /no/such.pem",
            ),
            ("postgres://ann@db/shop?sslcert=/no/such.pem&sslkey=/no/such.key", "sslcert: cannot read /no/such.pem"),
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
