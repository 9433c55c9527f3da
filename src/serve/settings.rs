//! Checked options: resolves addresses, reads files and the token, and enforces that plain text stays on loopback.
//! Refuses everything that can be refused before the database is used.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::StartError;
use super::auth::BearerAuth;
use super::files::tokens_of;
use super::incoming::{ConnectionLimits, usual_most};
use super::options::ListenOptions;
use super::reload::Reload;
use super::tls::{Files, ServerCertificates};
use crate::telemetry::{self, LogFormat};

/// Checked `ListenOptions`.
pub struct ServerSettings {
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) tls: Option<(Files, ServerCertificates)>,
    pub(super) auth: BearerAuth,
    pub(super) reload: Reload,
    pub(super) drain_timeout: Duration,
    pub(super) max_header_size: u32,
    pub(super) max_concurrent_streams: u32,
    pub(super) connections: ConnectionLimits,
    pub(super) keepalive_interval: Option<Duration>,
    pub(super) keepalive_timeout: Duration,
    pub(super) log_format: LogFormat,
    pub(super) log_filter: EnvFilter,
}

impl ServerSettings {
    /// Checks the options; an error names the flag.
    pub async fn read(options: &ListenOptions) -> Result<ServerSettings, StartError> {
        let log_filter = telemetry::log_filter(&options.log_level)
            .map_err(|error| wrong("log-level", format_args!("{:?}: {error}", options.log_level)))?;
        let addresses = resolve(options).await?;
        let tls = tls(options)?;
        if tls.is_none()
            && !options.insecure
            && let Some(open) = addresses.iter().find(|address| !is_loopback(address.ip()))
        {
            return Err(StartError::Configuration(format!(
                "refusing to listen on {open} without TLS: give --tls-cert and --tls-key, or --insecure to allow \
                 plaintext beyond loopback"
            )));
        }
        let auth = auth(options)?;
        let keepalive_interval = (options.keepalive_interval > 0).then(|| seconds(options.keepalive_interval));
        let most = options.max_connections.map_or_else(usual_most, NonZeroUsize::get);
        let keepalive_timeout = seconds(options.keepalive_timeout);
        Ok(ServerSettings {
            connections: ConnectionLimits::new(most, tls.is_some(), keepalive_interval, keepalive_timeout),
            addresses,
            reload: Reload {
                tokens: options.token_file.clone().map(|file| (file, auth.clone())),
                certificates: tls.clone(),
            },
            tls,
            auth,
            drain_timeout: seconds(options.drain_timeout),
            max_header_size: options.max_header_size,
            max_concurrent_streams: options.max_concurrent_streams,
            keepalive_interval,
            keepalive_timeout,
            log_format: options.log_format,
            log_filter,
        })
    }

    /// True if other machines could read the traffic.
    pub(super) fn is_open_plaintext(&self) -> bool {
        self.tls.is_none() && self.addresses.iter().any(|address| !is_loopback(address.ip()))
    }
}

async fn resolve(options: &ListenOptions) -> Result<Vec<SocketAddr>, StartError> {
    let listen = &options.listen;
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((listen.host.as_str(), listen.port))
        .await
        .map_err(|error| wrong("listen", format_args!("cannot resolve {listen}: {error}")))?
        .collect();
    if addresses.is_empty() {
        return Err(wrong("listen", format_args!("{listen} has no address")));
    }
    Ok(addresses)
}

fn tls(options: &ListenOptions) -> Result<Option<(Files, ServerCertificates)>, StartError> {
    let (Some(cert), Some(key)) = (&options.tls_cert, &options.tls_key) else {
        return Ok(None);
    };
    let files = Files { cert: cert.clone(), key: key.clone(), client_ca: options.tls_client_ca.clone() };
    let certificates = ServerCertificates::read(&files).map_err(StartError::Configuration)?;
    Ok(Some((files, certificates)))
}

fn auth(options: &ListenOptions) -> Result<BearerAuth, StartError> {
    let (flag, tokens) = match (&options.token, &options.token_file) {
        (None, None) => return Ok(BearerAuth::none()),
        (Some(token), _) => ("token", vec![token.0.clone()]),
        (None, Some(file)) => ("token-file", tokens_of(file).map_err(StartError::Configuration)?),
    };
    BearerAuth::new(&tokens).map_err(|reason| wrong(flag, reason))
}

fn wrong(flag: &str, reason: impl std::fmt::Display) -> StartError {
    StartError::Configuration(format!("--{flag}: {reason}"))
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

/// `::ffff:127.0.0.1` is loopback too.
fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct TestFlags {
        #[command(flatten)]
        listen: ListenOptions,
    }

    async fn read_flags(flags: &[&str]) -> Result<ServerSettings, StartError> {
        let flags = TestFlags::parse_from(["server"].iter().chain(flags));
        ServerSettings::read(&flags.listen).await
    }

    #[tokio::test]
    async fn plaintext_beyond_loopback_is_refused() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let error = read_flags(&["--listen", address]).await.err().unwrap();
            assert_eq!(error.exit_code(), 2);
            assert!(error.line().contains("without TLS"), "{}", error.line());
        }
        for address in ["127.0.0.1:0", "127.9.9.9:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
            assert!(!read_flags(&["--listen", address]).await.unwrap().is_open_plaintext());
        }
    }

    #[tokio::test]
    async fn plaintext_beyond_loopback_is_allowed_when_asked_for() {
        assert!(read_flags(&["--listen", "0.0.0.0:0", "--insecure"]).await.unwrap().is_open_plaintext());
    }

    #[test]
    fn debug_output_of_the_options_has_no_token() {
        let flags = TestFlags::parse_from(["server", "--token", "hunter2"]);
        assert!(!format!("{:?}", flags.listen).contains("hunter2"));
    }

    #[tokio::test]
    async fn a_wrong_value_is_refused_with_the_name_of_its_flag() {
        let cases: [(&[&str], &str); 5] = [
            (&["--token", ""], "--token: must not be empty"),
            (&["--token", "a b"], "--token: must be visible ASCII"),
            (&["--token-file", "no such file"], "--token-file: cannot read no such file"),
            (&["--tls-cert", "no-cert.pem", "--tls-key", "no-key.pem"], "--tls-cert: cannot read no-cert.pem"),
            (&["--log-level", "mtdd=loud"], "--log-level: \"mtdd=loud\""),
        ];
        for (flags, expected) in cases {
            let line = read_flags(flags).await.err().unwrap().line();
            assert!(line.starts_with(expected), "{line}");
        }
    }
}
