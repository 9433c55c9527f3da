//! How to reach a server: its address, TLS, keep-alive and the bearer token. Used by `channel` and `lookup`, whose
//! connections follow the same rules; it opens nothing itself.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tonic::metadata::MetadataValue;
use tonic::metadata::{Ascii, MetadataMap};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};

use crate::error::{Error, Secret, append_sources};

/// A connection that is not made by then is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A peer that is silent is asked for a sign of life this often, and given up when none comes within the timeout.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// The application is not asked for a token more often than this.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// And has to have one by then.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The certificates of a connection, as PEM text; what is absent is the system's.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    pub ca: Option<String>,
    pub cert: Option<String>,
    pub key: Option<Secret>,
    pub server_name: Option<String>,
}

/// What all servers of one client have in common.
#[derive(Clone, Debug)]
pub struct Dial {
    pub tls: Option<Tls>,
    /// Plain text also beyond loopback.
    pub insecure: bool,
    pub token: Token,
}

/// The shared secret that proves the client to its servers; it may be replaced while connections stand.
#[derive(Clone, Default)]
pub struct Token(Arc<State>);

#[derive(Default)]
struct State {
    header: RwLock<Option<MetadataValue<Ascii>>>,
    /// How often the token has changed, and how often the application has answered.
    counts: watch::Sender<Counts>,
    /// Has the application asked for a token, soon.
    source: OnceLock<Box<dyn Fn() + Send + Sync>>,
    asking: Mutex<Asking>,
}

/// When the application was last asked, and how often it had answered by then.
#[derive(Default)]
struct Asking {
    at: Option<Instant>,
    answers: u64,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    changes: u64,
    answers: u64,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

impl Token {
    pub fn set(&self, token: Option<&str>) -> Result<(), Error> {
        let header = token.map(|token| format!("Bearer {token}").parse::<MetadataValue<Ascii>>()).transpose();
        let mut header = header.map_err(|_| Error::Config {
            field: "mtdd.token",
            reason: "expected characters that an HTTP header can carry".into(),
        })?;
        if let Some(header) = &mut header {
            header.set_sensitive(true);
        }
        let mut current = self.0.header.write().unwrap_or_else(PoisonError::into_inner);
        let changed = *current != header;
        *current = header;
        drop(current);
        self.answered(changed);
        Ok(())
    }

    /// The application's function has failed: the last token stays.
    pub fn failed(&self) {
        self.answered(false);
    }

    fn answered(&self, changed: bool) {
        self.0.counts.send_modify(|counts| {
            counts.answers += 1;
            counts.changes += u64::from(changed);
        });
    }

    /// From now on the application can be asked for another: `ask` has it call `set` or `failed`.
    pub fn comes_from(&self, ask: impl Fn() + Send + Sync + 'static) {
        let _ = self.0.source.set(Box::new(ask));
    }

    /// Which token is in use.
    pub fn edition(&self) -> u64 {
        self.0.counts.borrow().changes
    }

    /// A server has refused this edition: true once there is another. However many callers ask, the application is asked
    /// once, and not more often than every second.
    pub async fn renewed(&self, refused: u64) -> bool {
        if self.edition() != refused {
            return true;
        }
        let Some(ask) = self.0.source.get() else { return false };
        let mut counts = self.0.counts.subscribe();
        let answers = {
            let mut asking = self.0.asking.lock().unwrap_or_else(PoisonError::into_inner);
            let answers = counts.borrow_and_update().answers;
            let since = asking.at.map(|at| at.elapsed());
            let pending = asking.answers == answers && since.is_some_and(|since| since < ANSWER_WITHIN);
            if !pending {
                if since.is_some_and(|since| since < ASK_EVERY) {
                    return self.edition() != refused;
                }
                *asking = Asking { at: Some(Instant::now()), answers };
                ask();
            }
            answers
        };
        let _ = timeout(ANSWER_WITHIN, counts.wait_for(|now| now.answers > answers)).await;
        self.edition() != refused
    }

    fn apply(&self, metadata: &mut MetadataMap) {
        if let Some(header) = &*self.0.header.read().unwrap_or_else(PoisonError::into_inner) {
            metadata.insert("authorization", header.clone());
        }
    }
}

/// True if a server does not know us, though another token may help.
pub fn is_refused(status: &Status) -> bool {
    status.code() == Code::Unauthenticated
}

impl Dial {
    /// The endpoint of a `host:port`: TLS unless the host is loopback, `insecure` is set, or `tls` asks for it anyway.
    pub fn endpoint(&self, address: &str) -> Result<Endpoint, Error> {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let encrypted = self.tls.is_some() || !(self.insecure || is_loopback(host));
        let scheme = if encrypted { "https" } else { "http" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{address}"))
            .map_err(|error| Error::Config { field: "mtdd.queryServers", reason: format!("{address}: {error}") })?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(4 * 1024 * 1024)
            .initial_connection_window_size(8 * 1024 * 1024);
        if !encrypted {
            return Ok(endpoint);
        }
        endpoint
            .tls_config(self.tls_config())
            .map_err(|error| Error::Config { field: "mtdd.tls", reason: append_sources(error.to_string(), &error) })
    }

    fn tls_config(&self) -> ClientTlsConfig {
        let tls = self.tls.clone().unwrap_or_default();
        let mut config = match tls.ca {
            Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        if let (Some(cert), Some(key)) = (tls.cert, tls.key) {
            config = config.identity(Identity::from_pem(cert, key.0));
        }
        if let Some(name) = tls.server_name {
            config = config.domain_name(name);
        }
        config
    }

    /// A request that carries the token.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        self.token.apply(request.metadata_mut());
        request
    }
}

/// True for hosts that cannot leave this machine.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn only_loopback_and_insecure_go_without_tls() {
        let dial = |insecure, tls| Dial { tls, insecure, token: Token::default() };
        let scheme = |dial: Dial, address| dial.endpoint(address).map(|e| e.uri().scheme_str().map(str::to_owned));
        for address in ["localhost:1", "127.0.0.1:1", "127.8.8.8:1", "[::1]:1"] {
            assert_eq!(scheme(dial(false, None), address).unwrap().as_deref(), Some("http"), "{address}");
        }
        assert_eq!(scheme(dial(true, None), "db.example.com:1").unwrap().as_deref(), Some("http"));
        assert_eq!(scheme(dial(false, Some(Tls::default())), "127.0.0.1:1").unwrap().as_deref(), Some("https"));
        assert_eq!(scheme(dial(false, None), "db.example.com:1").unwrap().as_deref(), Some("https"));
    }

    #[test]
    fn a_token_never_shows() {
        let token = Token::default();
        token.set(Some("hunter2")).unwrap();
        assert!(!format!("{token:?}").contains("hunter2"));
        assert_eq!(token.set(Some("a\nb")).unwrap_err().code(), "CONFIG_INVALID");
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_are_refused_ask_for_one_token() {
        let (token, asked) = (Token::default(), Arc::new(AtomicU32::new(0)));
        token.set(Some("old")).unwrap();
        assert!(!token.renewed(token.edition()).await, "there is nobody to ask");
        let counted = asked.clone();
        token.comes_from(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let refused = token.edition();
        let waiting: Vec<_> = (0..100)
            .map(|_| {
                let token = token.clone();
                tokio::spawn(async move { token.renewed(refused).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(10)).await;
        token.set(Some("new")).unwrap();
        for waiting in waiting {
            assert!(waiting.await.unwrap());
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(token.renewed(refused).await, "there is another already");

        // The same again, or none, is of no use; nor is asking all the time.
        tokio::time::sleep(Duration::from_secs(2)).await;
        for round in 0..3 {
            let (same, refused) = (token.clone(), token.edition());
            let waiting = tokio::spawn(async move { same.renewed(refused).await });
            tokio::time::sleep(Duration::from_millis(10)).await;
            if round == 0 {
                token.set(Some("new")).unwrap()
            } else {
                token.failed()
            }
            assert!(!waiting.await.unwrap());
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        // An application that never answers holds nobody up for ever.
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(!token.renewed(token.edition()).await);
    }
}
