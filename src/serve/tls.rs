//! TLS for callers, with certificates that can change while the server runs: a connection gets the current ones and
//! keeps them. Handshakes run concurrently; `incoming` limits their time.

use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};

use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::complaint::{Complaints, of_handshake};
use super::files::read;
use super::incoming::{AcceptedConnection, PREFACE};
use super::progress::Peer;

/// Where the certificates are.
#[derive(Clone, Debug)]
pub struct Files {
    pub cert: PathBuf,
    pub key: PathBuf,
    /// Clients must send a certificate of one of these authorities.
    pub client_ca: Option<PathBuf>,
}

/// The certificates in use; cheap to clone.
#[derive(Clone)]
pub struct ServerCertificates(Arc<RwLock<Arc<ServerConfig>>>);

impl ServerCertificates {
    /// An error names the flag.
    pub fn read(files: &Files) -> Result<Self, String> {
        Ok(ServerCertificates(Arc::new(RwLock::new(config(files)?))))
    }

    /// Reloads the files for new connections; if they are unusable, the previous certificates stay.
    pub fn read_again(&self, files: &Files) -> Result<(), String> {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config(files)?;
        Ok(())
    }

    fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn config(files: &Files) -> Result<Arc<ServerConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(chain("tls-client-ca", file)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| format!("--tls-client-ca: {error}"))?)
        }
    };
    let certificates = chain("tls-cert", &files.cert)?;
    let key = PrivateKeyDer::from_pem_slice(&read("tls-key", &files.key)?)
        .map_err(|_| format!("--tls-key: {} holds no private key", files.key.display()))?;
    let mut config =
        builder.with_single_cert(certificates, key).map_err(|error| format!("--tls-cert, --tls-key: {error}"))?;
    config.alpn_protocols.push(b"h2".to_vec());
    Ok(Arc::new(config))
}

fn chain(flag: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(flag, file)?).collect();
    let found = found.ok().filter(|found| !found.is_empty());
    found.ok_or_else(|| format!("--{flag}: {} holds no certificate", file.display()))
}

/// The connections, each encrypted if there are certificates.
pub fn secured(
    connections: impl Stream<Item = io::Result<AcceptedConnection>> + Send + Unpin + 'static,
    certificates: Option<ServerCertificates>,
) -> ReceiverStream<io::Result<Secured>> {
    let (ready, secured) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut connections = connections;
        let complaints = Arc::new(Complaints::default());
        while let Some(connection) = connections.next().await {
            let (Ok(connection), ready) = (connection, ready.clone()) else { continue };
            let Some(certificates) = &certificates else {
                if ready.send(Ok(Secured::Plain(connection))).await.is_err() {
                    return;
                }
                continue;
            };
            let (acceptor, complaints) = (certificates.acceptor(), complaints.clone());
            let client = connection.connect_info().tcp.remote_addr();
            tokio::spawn(async move {
                match acceptor.accept(connection).await {
                    Ok(stream) => drop(ready.send(Ok(Secured::Tls { stream: Box::new(stream), read: 0 })).await),
                    Err(error) => {
                        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
                        match cause.and_then(of_handshake) {
                            Some(reason) => complaints.write(client, &reason),
                            None => tracing::debug!(%error, "a TLS handshake has failed"),
                        }
                    }
                }
            });
        }
    });
    ReceiverStream::new(secured)
}

/// A connection, encrypted or not.
pub enum Secured {
    Plain(AcceptedConnection),
    Tls {
        stream: Box<TlsStream<AcceptedConnection>>,
        /// The first received bytes.
        read: usize,
    },
}

impl Connected for Secured {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        match self {
            Secured::Plain(connection) => connection.connect_info(),
            Secured::Tls { stream, .. } => stream.get_ref().0.connect_info(),
        }
    }
}

impl AsyncRead for Secured {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Secured::Plain(connection) => Pin::new(connection).poll_read(context, into),
            Secured::Tls { stream, read } if *read < PREFACE => {
                let before = into.filled().len();
                let outcome = Pin::new(&mut *stream).poll_read(context, into);
                *read += into.filled().len() - before;
                if *read >= PREFACE {
                    stream.get_ref().0.progress().has_begun();
                }
                outcome
            }
            Secured::Tls { stream, .. } => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Secured {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Secured::Plain(connection) => Pin::new(connection).poll_write(context, bytes),
            Secured::Tls { stream, .. } => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Secured::Plain(connection) => Pin::new(connection).poll_write_vectored(context, parts),
            Secured::Tls { stream, .. } => Pin::new(stream).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Secured::Plain(connection) => connection.is_write_vectored(),
            Secured::Tls { stream, .. } => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Secured::Plain(connection) => Pin::new(connection).poll_flush(context),
            Secured::Tls { stream, .. } => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Secured::Plain(connection) => Pin::new(connection).poll_shutdown(context),
            Secured::Tls { stream, .. } => Pin::new(stream).poll_shutdown(context),
        }
    }
}
