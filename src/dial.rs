//! How to reach a server: its address, TLS, keep-alive and the bearer token. Used by `channel` and `lookup`, whose
//! connections follow the same rules; it opens nothing itself.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::metadata::{Ascii, MetadataMap};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::error::{Error, Secret, append_sources};

/// A connection that is not made by then is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A peer that is silent is asked for a sign of life this often, and given up when none comes within the timeout.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

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
#[derive(Clone, Debug, Default)]
pub struct Token(Arc<RwLock<Option<MetadataValue<Ascii>>>>);

impl Token {
    pub fn set(&self, token: Option<&str>) -> Result<(), Error> {
        let header = token.map(|token| format!("Bearer {token}").parse::<MetadataValue<Ascii>>()).transpose();
        let header = header.map_err(|_| Error::Config {
            field: "mtdd.token",
            reason: "expected characters that an HTTP header can carry".into(),
        })?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = header.map(|mut header| {
            header.set_sensitive(true);
            header
        });
        Ok(())
    }

    fn apply(&self, metadata: &mut MetadataMap) {
        if let Some(header) = &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            metadata.insert("authorization", header.clone());
        }
    }
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
}
