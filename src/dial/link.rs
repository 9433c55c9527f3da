//! The connection to one server: its gRPC channel, connected on first use and again after a loss, and the explanation
//! of connection failures.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls;
use tonic::codegen::Service;
use tonic::codegen::http::Uri;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use super::peer::{self, Spoken};
use super::refusal::{Mismatch, Ours, not_http2};
use super::tls::TlsClient;
use super::watched::{SeenBytes, Sight, WatchedConnection, WatchedSocket};
use super::{CONNECT_TIMEOUT, Names};
use crate::error::describe;

/// The timeout of the handshake, shorter than `CONNECT_TIMEOUT`, whose error would not mention the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(4);
/// How long to remember what answers at the address.
const BELIEVED: Duration = Duration::from_secs(1);

type BoxError = Box<dyn StdError + Send + Sync>;

/// The connection to one server.
#[derive(Debug)]
pub struct Link {
    endpoint: Endpoint,
    connector: Connector,
    channel: OnceLock<Channel>,
}

impl Link {
    pub(super) fn new(address: &str, endpoint: Endpoint, tls: Option<TlsClient>, names: &'static Names) -> Link {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let has_identity = tls.as_ref().is_some_and(|tls| tls.has_identity);
        let ours = Ours { names, encrypted: tls.is_some(), has_identity };
        let server = Arc::new(KnownServer {
            address: address.to_owned(),
            ours,
            sight: Arc::default(),
            answers: tokio::sync::Mutex::default(),
        });
        Link { endpoint, connector: Connector { tcp, tls, server }, channel: OnceLock::new() }
    }

    /// Connects on first use. Needs a runtime.
    pub fn channel(&self) -> Channel {
        self.channel.get_or_init(|| self.another_channel()).clone()
    }

    /// Another connection to the same server. Only within a runtime.
    pub fn another_channel(&self) -> Channel {
        self.endpoint.connect_with_connector_lazy(self.connector.clone())
    }

    pub fn is_encrypted(&self) -> bool {
        self.connector.tls.is_some()
    }

    /// Explains a failed call: the likely cause and what to do, if something answers at the address but no connection
    /// came about; otherwise the status.
    pub async fn explain(&self, status: &Status) -> String {
        if let Some(mismatch) = mismatch(status) {
            return mismatch.to_string();
        }
        if let Some(reason) = not_grpc(status) {
            return reason;
        }
        if status.code() == Code::Unimplemented {
            return "it speaks neither mtdd.v1 nor the 1.x protocol: check that the address belongs to the right kind of \
                 server"
                .to_owned();
        }
        let server = &self.connector.server;
        // The server's own errors need no explanation.
        let is_its_word = status.source().is_none();
        let reason = match server.sight.seen() {
            _ if is_its_word => None,
            SeenBytes::Nothing | SeenBytes::Http2 => None,
            SeenBytes::Refused(error) => server.ours.tls(&error),
            SeenBytes::Ended(bytes) => server.who_answers(&bytes, true).await,
        };
        reason.unwrap_or_else(|| describe(status))
    }
}

/// The connection failed.
fn mismatch(status: &Status) -> Option<&Mismatch> {
    let mut source = status.source();
    while let Some(error) = source {
        if let Some(mismatch) = error.downcast_ref() {
            return Some(mismatch);
        }
        source = error.source();
    }
    None
}

/// Refuses an answer that is not gRPC.
pub fn check_answer(metadata: &MetadataMap) -> Result<(), Status> {
    let kind = metadata.get("content-type").map(|kind| kind.as_bytes());
    if kind.is_some_and(|kind| kind.starts_with(b"application/grpc")) {
        return Ok(());
    }
    let answer =
        kind.map_or_else(|| "without a content-type".to_owned(), |kind| format!("with {}", kind.escape_ascii()));
    let reason = other_http2(&answer);
    let mut status = Status::unavailable(reason.clone());
    status.set_source(Arc::new(Mismatch(reason)));
    Err(status)
}

fn other_http2(answer: &str) -> String {
    format!(
        "what answers there speaks HTTP/2, but not gRPC (it answered {answer}): check host and port, and any proxy in between"
    )
}

/// HTTP/2 without gRPC, as tonic reports it.
fn not_grpc(status: &Status) -> Option<String> {
    let message = status.message();
    let answer = match message.rsplit_once("mapped from HTTP status code ") {
        Some((_, code)) => format!("with HTTP status {code}"),
        None if message.contains("invalid compression flag") => "with something else".to_owned(),
        None => return None,
    };
    Some(other_http2(&answer))
}

/// A server, and what is known about it.
#[derive(Debug)]
struct KnownServer {
    address: String,
    ours: Ours,
    sight: Arc<Sight>,
    answers: tokio::sync::Mutex<Option<(Instant, Option<Spoken>)>>,
}

impl KnownServer {
    /// Finds out what answers at the address. `bytes`: received before the connection ended. `is_shaken`: after the
    /// handshake, if there is one.
    async fn who_answers(&self, bytes: &[u8], is_shaken: bool) -> Option<String> {
        // Concurrent failures share one answer.
        let mut answers = self.answers.lock().await;
        let known = answers.take().filter(|(at, _)| at.elapsed() < BELIEVED);
        let (at, spoken) = match known {
            Some(known) => known,
            None => {
                let spoken = peer::ask(&self.address).await;
                (Instant::now(), spoken)
            }
        };
        let mut reason = spoken.iter().chain(peer::recognize(bytes).iter()).find_map(|spoken| self.ours.spoken(spoken));
        if reason.is_none() && is_shaken && bytes.is_empty() && spoken == Some(Spoken::Tls) {
            reason = Some(self.ours.hung_up());
        }
        *answers = Some((at, spoken));
        reason
    }
}

/// Makes connections for tonic, which does the rest.
#[derive(Clone)]
struct Connector {
    tcp: HttpConnector,
    tls: Option<TlsClient>,
    server: Arc<KnownServer>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<WatchedConnection>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.tcp.call(uri);
        let (tls, server) = (self.tls.clone(), self.server.clone());
        Box::pin(async move {
            let socket = match connecting.await {
                Ok(socket) => socket.into_inner(),
                Err(error) => {
                    server.sight.set(SeenBytes::Nothing);
                    return Err(error.into());
                }
            };
            let socket = match tls {
                None => WatchedSocket::Plain(socket),
                Some(tls) => match timeout(HANDSHAKE_TIMEOUT, tls.connector.connect(tls.name, socket)).await {
                    Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                        WatchedSocket::Tls(Box::new(stream))
                    }
                    Ok(Ok(_)) => return Err(Mismatch(not_http2()).into()),
                    Ok(Err(error)) => return Err(failed(&server, error).await),
                    Err(_) => {
                        let silence =
                            format!("no answer to the TLS handshake within {} s", HANDSHAKE_TIMEOUT.as_secs());
                        return Err(failed(&server, io::Error::new(io::ErrorKind::TimedOut, silence)).await);
                    }
                },
            };
            Ok(TokioIo::new(WatchedConnection::new(socket, server.sight.clone())))
        })
    }
}

/// The error of a failed handshake.
async fn failed(server: &KnownServer, error: io::Error) -> BoxError {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let reason = match cause.and_then(|cause| server.ours.tls(cause)) {
        Some(reason) => Some(reason),
        None => server.who_answers(&[], false).await,
    };
    Mismatch(reason.unwrap_or_else(|| format!("the TLS handshake failed: {error}"))).into()
}
