//! Explains why a server that answers could not be used, and what to do about it, from what `watched` and `peer` found
//! out.

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

use super::Names;
use super::peer::Spoken;

/// A connection that fails because of both sides' configuration. The last cause of a connection error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Mismatch(pub String);

/// The intended connection.
#[derive(Clone, Copy, Debug)]
pub struct Ours {
    pub names: &'static Names,
    pub encrypted: bool,
    pub has_identity: bool,
}

impl Ours {
    /// Explains another protocol at the port; None: not the reason.
    pub fn spoken(self, spoken: &Spoken) -> Option<String> {
        let Names { tls, insecure, .. } = self.names;
        Some(match (spoken, self.encrypted) {
            (Spoken::Tls, false) => format!(
                "the server expects TLS, and this client used plain text: set {tls} (and leave out {insecure})"
            ),
            (Spoken::Http2, true) => format!(
                "the server uses plain text, and this client used TLS: start the server with --tls-cert and --tls-key, \
                     or leave out {tls} (plain text beyond loopback also needs {insecure})"
            ),
            (Spoken::Tls, true) | (Spoken::Http2, false) => return None,
            (Spoken::Postgres, _) => "PostgreSQL itself answers there: use the address of the mtdd-server in front of \
                 it"
                .to_owned(),
            (Spoken::Http1, _) => {
                "what answers there speaks HTTP/1, not gRPC: check host and port, and that nothing in between turns HTTP/2 into HTTP/1".to_owned()
            }
            (Spoken::Other(bytes), _) => format!(
                "what answers there does not speak gRPC (it began with \"{}\"): check host and port",
                bytes.escape_ascii()
            ),
        })
    }

    /// Explains a failed handshake; None: no explanation.
    pub fn tls(self, error: &Error) -> Option<String> {
        let Names { ca, identity, server_name, .. } = self.names;
        Some(match error {
            Error::InvalidCertificate(reason) => match reason {
                CertificateError::UnknownIssuer => format!(
                    "its certificate is signed by an authority that this client does not know: set {ca} to that \
                         authority's certificate"
                ),
                CertificateError::NotValidForNameContext { expected, presented } => format!(
                    "its certificate is for {}, not for {}: connect by a name in the certificate, or set {server_name}",
                    if presented.is_empty() { "no host".to_owned() } else { presented.join(", ") },
                    expected.to_str()
                ),
                CertificateError::NotValidForName => format!(
                    "its certificate is for another name: connect by a name in the certificate, or set {server_name}"
                ),
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "its certificate has expired: renew it (the server reads --tls-cert again by itself), or correct this machine's clock".to_owned()
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "its certificate is not valid yet: correct this machine's clock, or the certificate".to_owned()
                }
                other => format!("its certificate cannot be trusted ({other}): check it, and {ca}"),
            },
            Error::AlertReceived(alert) => match alert {
                AlertDescription::CertificateRequired => self.certificate_wanted(),
                AlertDescription::HandshakeFailure if !self.has_identity => format!(
                    "the server refused the TLS handshake: it may want a client certificate (set {identity}), or have no TLS version or cipher in common with this client"
                ),
                AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::DecryptError
                | AlertDescription::AccessDenied => self.certificate_refused(*alert),
                AlertDescription::NoApplicationProtocol => not_http2(),
                AlertDescription::UnrecognisedName => {
                    format!("the server has no certificate for this name: set {server_name} to a name that it has")
                }
                _ => return None,
            },
            Error::NoApplicationProtocol => not_http2(),
            _ => return None,
        })
    }

    /// A server that closes an encrypted connection at once, without data.
    pub fn hung_up(self) -> String {
        let Names { identity, .. } = self.names;
        format!(
            "the server closed the connection right after the TLS handshake: it may want a client certificate, or another one (set {identity})"
        )
    }

    fn certificate_wanted(self) -> String {
        let Names { identity, .. } = self.names;
        format!(
            "the server requires a client certificate: set {identity} to one that is signed by an authority in the \
                 server's --tls-client-ca"
        )
    }

    fn certificate_refused(self, alert: AlertDescription) -> String {
        if !self.has_identity {
            return self.certificate_wanted();
        }
        let why = match alert {
            AlertDescription::UnknownCA => "the server does not know the authority that signed it",
            AlertDescription::CertificateExpired => "it has expired",
            AlertDescription::CertificateRevoked => "it has been revoked",
            _ => "the server does not accept it",
        };
        let Names { identity, .. } = self.names;
        format!(
            "the server refused this client's certificate: {why}; set {identity} to a certificate that is signed by an \
                 authority in the server's --tls-client-ca"
        )
    }
}

/// TLS without gRPC.
pub fn not_http2() -> String {
    "what answers there speaks TLS, but not HTTP/2 and so not gRPC: check host and port".to_owned()
}
