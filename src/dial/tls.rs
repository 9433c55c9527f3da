//! The certificates for connections to our servers, as rustls needs them.

use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::Names;
use crate::error::{Error, Secret};

/// The certificates of a connection, as PEM text; what is absent is the system's.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    pub ca: Option<String>,
    pub cert: Option<String>,
    pub key: Option<Secret>,
    pub server_name: Option<String>,
}

/// Encrypts a connection.
#[derive(Clone)]
pub(super) struct TlsClient {
    pub connector: TlsConnector,
    /// The name that the server's certificate must have.
    pub name: ServerName<'static>,
    /// We have a certificate to show.
    pub has_identity: bool,
}

impl Tls {
    /// An error names the setting.
    pub(super) fn client(self, host: &str, names: &Names) -> Result<TlsClient, Error> {
        let wrong = |field: &'static str, reason: &str| Error::Config { field, reason: reason.to_owned() };
        let mut roots = RootCertStore::empty();
        match &self.ca {
            Some(ca) => {
                let found = certificates(ca).ok_or_else(|| wrong(names.ca, "expected PEM text with a certificate"))?;
                if roots.add_parsable_certificates(found).0 == 0 {
                    return Err(wrong(names.ca, "contains no usable certificate"));
                }
            }
            None => {
                let found = rustls_native_certs::load_native_certs();
                if roots.add_parsable_certificates(found.certs).0 == 0 {
                    let reason = "this system has no certificate authorities: give the one that signed the servers' certificates";
                    return Err(wrong(names.ca, reason));
                }
            }
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(names.tls, &error.to_string()))?
            .with_root_certificates(roots);
        let identity = self.cert.zip(self.key);
        let has_identity = identity.is_some();
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => {
                let wrong = |reason: &str| wrong(names.identity, reason);
                let chain =
                    certificates(&cert).ok_or_else(|| wrong("the first contains no certificate in PEM format"))?;
                let key = PrivateKeyDer::from_pem_slice(key.0.as_bytes())
                    .map_err(|_| wrong("the second contains no private key in PEM format without a password"))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| wrong(&error.to_string()))?
            }
        };
        config.alpn_protocols.push(b"h2".to_vec());
        let bare = self.server_name.as_deref().unwrap_or(host).trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| wrong(names.server_name, "expected a host name or address"))?;
        Ok(TlsClient { connector: TlsConnector::from(Arc::new(config)), name, has_identity })
    }
}

/// None: there is not one.
fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    found.ok().filter(|found| !found.is_empty())
}
