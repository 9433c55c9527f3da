//! How to reach a server: its address, TLS, keep-alive and bearer token, and why it cannot be reached. Used by
//! `channel`, `lookup` and `query_server`, whose connections follow the same rules.

mod accepted;
mod link;
mod peer;
mod refusal;
mod tls;
mod token;
mod watched;

use std::net::IpAddr;
use std::time::Duration;

use tonic::transport::Endpoint;
use tonic::{Code, Request, Status};

pub use accepted::opened;
pub use link::{Link, check_answer};
pub use tls::Tls;
pub use token::BearerToken;

use crate::error::Error;

/// The connect timeout.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a silent peer is pinged, and how long the answer may take.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// The settings of all servers of one client.
#[derive(Clone, Debug)]
pub struct Dial {
    pub tls: Option<Tls>,
    /// Plain text also beyond loopback.
    pub insecure: bool,
    pub token: BearerToken,
    pub names: &'static Names,
}

/// The names of the settings, for error messages.
#[derive(Debug)]
pub struct Names {
    pub servers: &'static str,
    pub tls: &'static str,
    pub ca: &'static str,
    pub identity: &'static str,
    pub server_name: &'static str,
    pub insecure: &'static str,
}

impl Names {
    pub const LIBRARY: &Names = &Names {
        servers: "mtdd.queryServers",
        tls: "mtdd.tls",
        ca: "mtdd.tls.ca",
        identity: "mtdd.tls.cert and mtdd.tls.key",
        server_name: "mtdd.tls.serverName",
        insecure: "mtdd.grpcInsecure",
    };
    pub const QUERY_SERVER: &Names = &Names {
        servers: "--lookup",
        tls: "--lookup-tls-ca",
        ca: "--lookup-tls-ca",
        identity: "--lookup-tls-cert and --lookup-tls-key",
        server_name: "--lookup-tls-name",
        insecure: "--lookup-insecure",
    };
}

/// True if a server refused the token.
pub fn is_refused(status: &Status) -> bool {
    status.code() == Code::Unauthenticated
}

impl Dial {
    /// The way to a `host:port`: TLS unless the host is loopback, `insecure` is set, or `tls` asks for it anyway.
    pub fn link(&self, address: &str) -> Result<Link, Error> {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let encrypted = self.tls.is_some() || !(self.insecure || is_loopback(host));
        let wrong =
            |reason: String| Error::Config { field: self.names.servers, reason: format!("{address}: {reason}") };
        // `link` encrypts, so that it sees the errors of the handshake; requests use the real scheme.
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|error| wrong(error.to_string()))?
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(4 * 1024 * 1024)
            .initial_connection_window_size(8 * 1024 * 1024);
        if !encrypted {
            return Ok(Link::new(address, endpoint, None, self.names));
        }
        let origin = format!("https://{address}").parse().map_err(|_| wrong("expected host:port".into()))?;
        let tls = self.tls.clone().unwrap_or_default().client(host, self.names)?;
        Ok(Link::new(address, endpoint.origin(origin), Some(tls), self.names))
    }

    /// A request that carries the token.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        self.token.apply(request.metadata_mut());
        request
    }
}

/// True for loopback hosts.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_insecure_go_without_tls() {
        let tls =
            || Tls { ca: Some(rcgen::generate_simple_self_signed(Vec::new()).unwrap().cert.pem()), ..Tls::default() };
        let is_encrypted = |insecure, tls, address| {
            let dial = Dial { tls, insecure, token: BearerToken::default(), names: Names::LIBRARY };
            dial.link(address).unwrap().is_encrypted()
        };
        for address in ["localhost:1", "127.0.0.1:1", "127.8.8.8:1", "[::1]:1"] {
            assert!(!is_encrypted(false, None, address), "{address}");
            assert!(is_encrypted(false, Some(tls()), address), "{address}");
        }
        assert!(!is_encrypted(true, None, "db.example.com:1"));
        assert!(is_encrypted(false, None, "db.example.com:1"));
    }

    #[test]
    fn what_is_no_certificate_is_refused_by_its_name() {
        let refused = |tls: Tls| {
            let dial = Dial { tls: Some(tls), insecure: false, token: BearerToken::default(), names: Names::LIBRARY };
            dial.link("127.0.0.1:1").unwrap_err().to_string()
        };
        for ca in ["", "hunter2", "-----BEGIN CERTIFICATE-----hunter2"] {
            let said = refused(Tls { ca: Some(ca.into()), ..Tls::default() });
            assert!(said.starts_with("mtdd.tls.ca: ") && !said.contains("hunter2"), "{said}");
        }
        let own = rcgen::generate_simple_self_signed(Vec::new()).unwrap();
        let identity = |cert: &str, key: &str| Tls {
            ca: Some(own.cert.pem()),
            cert: Some(cert.into()),
            key: Some(crate::error::Secret(key.into())),
            ..Tls::default()
        };
        for wrong in [identity("hunter2", &own.signing_key.serialize_pem()), identity(&own.cert.pem(), "hunter2")] {
            let said = refused(wrong);
            assert!(said.starts_with("mtdd.tls.cert and mtdd.tls.key: ") && !said.contains("hunter2"), "{said}");
        }
        let said = refused(Tls { server_name: Some("not a name".into()), ..identity("", "") });
        assert!(said.starts_with("mtdd.tls"), "{said}");
    }
}
