//! Logs connections that fail because of both sides' configuration: what the client did, and what to change. Limits how
//! often it writes a line.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_rustls::rustls::{AlertDescription, Error};

/// The least time between equal lines.
const EVERY: Duration = Duration::from_secs(10);
/// The most different lines within that time.
const MOST: usize = 8;

/// The recently written lines.
#[derive(Debug, Default)]
pub struct Complaints(Mutex<Vec<(Instant, String)>>);

impl Complaints {
    pub fn write(&self, client: Option<SocketAddr>, reason: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|(at, _)| at.elapsed() < EVERY);
        let is_due = lines.len() < MOST && lines.iter().all(|(_, line)| line != reason);
        if is_due {
            lines.push((Instant::now(), reason.to_owned()));
        }
        drop(lines);
        let client = client.map(|client| client.to_string()).unwrap_or_default();
        if is_due {
            tracing::warn!(client, reason, "a connection has failed");
        } else {
            tracing::debug!(client, reason, "a connection has failed");
        }
    }
}

/// Explains the first bytes of a client on a port without TLS, if they are not HTTP/2.
pub fn of_beginning(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'P', b'R', b'I', ..] => None,
        [0x16, 3, ..] => Some(
            "the client used TLS, but this server listens in plain text: give it --tls-cert and --tls-key, or remove \
                 mtdd.tls from the client",
        ),
        _ => Some(
            "the client did not speak gRPC (HTTP/2): it may be a browser, a health check over HTTP/1, or a scanner",
        ),
    }
}

/// Explains a failed handshake, if the configuration is the cause.
pub fn of_handshake(error: &Error) -> Option<String> {
    Some(match error {
        Error::InvalidMessage(_) => {
            "the client did not use TLS, which this server requires: set mtdd.tls in the client".to_owned()
        }
        Error::NoCertificatesPresented => {
            "the client sent no certificate, which --tls-client-ca requires: set mtdd.tls.cert and mtdd.tls.key in the \
                 client"
                .to_owned()
        }
        Error::InvalidCertificate(reason) => format!(
            "the client's certificate is refused ({reason}): it must be valid and signed by an authority in \
                 --tls-client-ca"
        ),
        Error::AlertReceived(AlertDescription::UnknownCA) => {
            "the client does not know the authority that signed --tls-cert: set mtdd.tls.ca in the client".to_owned()
        }
        Error::AlertReceived(
            alert @ (AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::UnsupportedCertificate),
        ) => format!("the client does not accept --tls-cert ({alert:?}): its name or its dates do not fit"),
        Error::NoApplicationProtocol => "the client used TLS, but not HTTP/2, so it cannot be gRPC".to_owned(),
        _ => return None,
    })
}
