//! TLS to PostgreSQL, as libpq's `sslmode` defines it: `allow`, `prefer` and `require` encrypt without checking the
//! certificate (unless `sslrootcert` names authorities), `verify-ca` requires a certificate of a known authority, and
//! `verify-full` also requires the host's name in it. Changed files are reloaded. The servers' TLS for their callers is
//! in `serve`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::parameters::{Authorities, Parameters, SslMode};

/// How strictly the server's certificate is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Anyone,
    KnownAuthority,
    KnownAuthorityAndHost,
}

/// The certificates of connections to one PostgreSQL, reloaded when their files change.
pub struct ClientCertificates {
    trust: Trust,
    authorities: Authorities,
    identity: Option<(PathBuf, PathBuf)>,
    sni: bool,
    newest_only: bool,
    current: Mutex<Current>,
}

struct Current {
    /// The files' modification times, if known.
    read_at: Vec<Option<SystemTime>>,
    config: Arc<ClientConfig>,
}

impl ClientCertificates {
    /// Reads the files. An error names the parameter and the file.
    pub fn read(parameters: &Parameters) -> Result<ClientCertificates, String> {
        let trust = match (parameters.ssl_mode, &parameters.authorities) {
            (SslMode::VerifyFull, _) => Trust::KnownAuthorityAndHost,
            (SslMode::VerifyCa, _) => Trust::KnownAuthority,
            // As with libpq, named authorities are always checked.
            (mode, Some(_)) if mode != SslMode::Disable => Trust::KnownAuthority,
            _ => Trust::Anyone,
        };
        let mut certificates = ClientCertificates {
            trust,
            authorities: parameters.authorities.clone().unwrap_or(Authorities::System),
            identity: parameters.certificate.clone().zip(parameters.key.clone()),
            sni: parameters.sni,
            newest_only: parameters.newest_tls_only,
            current: Mutex::new(Current { read_at: Vec::new(), config: empty()? }),
        };
        let read_at = certificates.changed_at();
        let config = if parameters.ssl_mode == SslMode::Disable { empty()? } else { certificates.config_of_files()? };
        certificates.current = Mutex::new(Current { read_at, config });
        Ok(certificates)
    }

    /// The current configuration.
    pub fn config(&self) -> Arc<ClientConfig> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let changed_at = self.changed_at();
        if changed_at != current.read_at {
            match self.config_of_files() {
                Ok(config) => {
                    tracing::info!("certificates for PostgreSQL were reloaded");
                    current.config = config;
                }
                // Possibly half written: the next change is another chance.
                Err(reason) => tracing::warn!(reason, "the changed certificates for PostgreSQL cannot be used"),
            }
            current.read_at = changed_at;
        }
        current.config.clone()
    }

    fn changed_at(&self) -> Vec<Option<SystemTime>> {
        let authorities = match &self.authorities {
            Authorities::File(file) if self.trust != Trust::Anyone => Some(file),
            _ => None,
        };
        let identity = self.identity.iter().flat_map(|(certificate, key)| [certificate, key]);
        let files = authorities.into_iter().chain(identity);
        files.map(|file| fs::metadata(file).and_then(|metadata| metadata.modified()).ok()).collect()
    }

    fn config_of_files(&self) -> Result<Arc<ClientConfig>, String> {
        let provider = Arc::new(ring::default_provider());
        let chain = match self.trust {
            Trust::Anyone => None,
            Trust::KnownAuthority | Trust::KnownAuthorityAndHost => Some(self.chain_verifier(&provider)?),
        };
        let verifier = Arc::new(Verifier { trust: self.trust, chain, provider: provider.clone() });
        let versions = if self.newest_only { &[&TLS13][..] } else { &[&TLS12, &TLS13][..] };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates("sslcert", certificate)?;
                let secret = PrivateKeyDer::from_pem_slice(&contents("sslkey", key)?)
                    .map_err(|_| format!("sslkey: {} holds no private key without a password", key.display()))?;
                builder
                    .with_client_auth_cert(chain, secret)
                    .map_err(|error| format!("sslcert, sslkey: {}: {error}", certificate.display()))?
            }
        };
        config.enable_sni = self.sni;
        Ok(Arc::new(config))
    }

    fn chain_verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, String> {
        let mut roots = RootCertStore::empty();
        let whose = match &self.authorities {
            Authorities::System => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                "sslmode: the system's certificate authorities".to_owned()
            }
            Authorities::File(file) => {
                roots.add_parsable_certificates(certificates("sslrootcert", file)?);
                format!("sslrootcert: {}", file.display())
            }
        };
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| format!("{whose}: {error}"))
    }
}

/// For connections without TLS.
fn empty() -> Result<Arc<ClientConfig>, String> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn contents(name: &str, file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("{name}: cannot read {}: {error}", file.display()))
}

fn certificates(name: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let none = || format!("{name}: {} holds no certificate", file.display());
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&contents(name, file)?).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(none)
}

/// Checks certificates as far as `trust` asks; signatures of the handshake are always checked.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
    /// None: any certificate is accepted.
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is checked after the signatures, which were therefore valid.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.trust == Trust::KnownAuthority => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
