//! The flags of both servers, each with its environment variable, unit and default. Nothing is opened or checked here;
//! `settings` does that. Flattened into the subcommands of `bin/mtdd-server`.

use std::convert::Infallible;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::thread::available_parallelism;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum, value_parser};

use crate::error::Secret;
use crate::telemetry::LogFormat;

/// Where and how a server listens.
#[derive(Args, Clone, Debug)]
pub struct ListenOptions {
    /// Address to listen on; port 0 picks a free port. An address beyond loopback needs TLS or --insecure
    #[arg(long, env = "MTDD_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    pub listen: ListenAddress,

    /// PEM file of the certificate chain; turns TLS on. The server reads it again, with --tls-key and --tls-client-ca,
    /// when it changes and on SIGHUP; open connections stay as they are
    #[arg(long, env = "MTDD_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// PEM file of the private key of --tls-cert
    #[arg(long, env = "MTDD_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// PEM file of certificate authorities; clients must show a certificate that one of them signed (mutual TLS)
    #[arg(long, env = "MTDD_TLS_CLIENT_CA", value_name = "FILE", requires = "tls_cert")]
    pub tls_client_ca: Option<PathBuf>,

    /// Allow plain text beyond loopback
    #[arg(long, env = "MTDD_INSECURE", value_parser = BoolishValueParser::new())]
    pub insecure: bool,

    /// Secret that clients must send as `authorization: Bearer`. Other users of this machine can read flags, so prefer
    /// the variable or --token-file
    #[arg(long, env = "MTDD_TOKEN", hide_env_values = true, value_name = "SECRET", value_parser = secret, conflicts_with = "token_file")]
    pub token: Option<Secret>,

    /// File with the secret of --token. It may hold several, one a line, and the server accepts each (two during a
    /// rotation). The server reads it again when it changes and on SIGHUP
    #[arg(long, env = "MTDD_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// How long running calls may take to finish after SIGTERM or SIGINT, in seconds
    #[arg(long, env = "MTDD_DRAIN_TIMEOUT", value_name = "SECONDS", default_value_t = 30)]
    pub drain_timeout: u32,

    /// Largest header list of one call, in bytes
    #[arg(long, env = "MTDD_MAX_HEADER_SIZE", value_name = "BYTES", default_value_t = 16_384,
        value_parser = value_parser!(u32).range(1024..=16_777_216))]
    pub max_header_size: u32,

    /// Calls that one connection may have open at the same time; at least the 100 that the library has open on one before it
    /// opens another
    #[arg(long, env = "MTDD_MAX_CONCURRENT_STREAMS", value_name = "N", default_value_t = 1024,
        value_parser = value_parser!(u32).range(100..))]
    pub max_concurrent_streams: u32,

    /// Client connections at once. Another one takes the place of the connection that has gone longest without a call;
    /// if all have had calls, it waits. Default: three quarters of this process's file descriptors, at most 10000
    #[arg(long, env = "MTDD_MAX_CONNECTIONS", value_name = "N")]
    pub max_connections: Option<NonZeroUsize>,

    /// How long a connection may be silent before the server asks whether the client is still there, in seconds; 0:
    /// never
    #[arg(long, env = "MTDD_KEEPALIVE_INTERVAL", value_name = "SECONDS", default_value_t = 30)]
    pub keepalive_interval: u32,

    /// How long the client may take to answer before the server closes the connection, in seconds
    #[arg(long, env = "MTDD_KEEPALIVE_TIMEOUT", value_name = "SECONDS", default_value_t = 10,
        value_parser = value_parser!(u32).range(1..))]
    pub keepalive_timeout: u32,

    /// Threads that serve calls. Default: half the processors, at least one, because PostgreSQL does most of the work
    /// and is often on the same machine. One thread passes on about ten thousand queries per second
    #[arg(long, env = "MTDD_THREADS", value_name = "N", default_value_t = half_the_processors(), hide_default_value = true)]
    pub threads: NonZeroUsize,

    /// Format of the log lines on stderr
    #[arg(long, env = "MTDD_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value = "json")]
    pub log_format: LogFormat,

    /// Lowest level to log: off, error, warn, info, debug or trace; or a list of `tracing` directives
    #[arg(long, env = "MTDD_LOG", value_name = "LEVEL", default_value = "info")]
    pub log_level: String,
}

impl ValueEnum for LogFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[LogFormat::Json, LogFormat::Text]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(match self {
            LogFormat::Json => "json",
            LogFormat::Text => "text",
        }))
    }
}

/// `host:port`, the host a name, an IPv4 address or an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    pub host: String,
    pub port: u16,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected HOST:PORT, such as 127.0.0.1:50051 or [::1]:50051".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or_else(wrong)?,
            None if host.contains(':') => return Err(wrong()),
            None => host,
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(wrong());
        }
        Ok(ListenAddress { host: host.to_owned(), port: port.parse().map_err(|_| wrong())? })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

fn half_the_processors() -> NonZeroUsize {
    let half = available_parallelism().map_or(1, |processors| processors.get() / 2);
    NonZeroUsize::new(half).unwrap_or(NonZeroUsize::MIN)
}

/// Any text parses: clap repeats a value that it refuses, so `settings` checks it.
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for (text, host, port) in
            [("localhost:80", "localhost", 80), ("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:443", "::1", 443)]
        {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!((address.host.as_str(), address.port), (host, port));
            assert_eq!(address.to_string(), text);
        }
        for text in ["", "localhost", ":80", "::1:80", "[::1:80", "localhost:", "localhost:99999", "local host:80"] {
            assert!(text.parse::<ListenAddress>().is_err(), "{text:?} was accepted");
        }
    }
}
