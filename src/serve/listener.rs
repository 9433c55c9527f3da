//! A bound port and the gRPC server on it: TLS, limits, token, health, and the drain with its time limit. `run` handles
//! signals and the announcement.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tonic::service::InterceptorLayer;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::{Request, Status};

use super::StartError;
use super::calls::{Counted, RunningCalls};
use super::grpc_service::GrpcService;
use super::health::health;
use super::incoming::incoming;
use super::misdirected::{LegacyQueries, LegacyTenants, Misdirected, QUERIES, Queries, Tenants};
use super::progress::{note_call, tell_address};
use super::settings::ServerSettings;
use super::tls::secured;
use crate::readiness::Readiness;
use crate::shutdown::Drain;

/// The flow-control window of a connection: larger than a stream's (1 MiB), so that no stream blocks the others.
const CONNECTION_WINDOW: u32 = 8 << 20;

/// Calls of one connection that may be given up before they are looked at, which a burst of aborted requests brings about.
/// Beyond that the connection is ended, as that of an attacker.
const MOST_RESETS: usize = 16_384;

/// How long connections without a call may take to close.
const CLOSING_TIME: Duration = Duration::from_millis(500);

/// The services of one server: this version's protocol and that of 1.x.
pub struct Services<S, L> {
    pub current: S,
    pub legacy: L,
    /// Whether they can do their work.
    pub readiness: Readiness,
}

/// A bound port, not yet served.
pub struct BoundListener {
    settings: ServerSettings,
    server: Server,
    socket: TcpListener,
    address: SocketAddr,
}

impl BoundListener {
    /// Binds the port.
    pub async fn bind(settings: ServerSettings) -> Result<BoundListener, StartError> {
        let server = Server::builder()
            .initial_connection_window_size(CONNECTION_WINDOW)
            .http2_max_header_list_size(settings.max_header_size)
            .max_concurrent_streams(settings.max_concurrent_streams)
            .http2_max_pending_accept_reset_streams(Some(MOST_RESETS))
            .http2_max_local_error_reset_streams(Some(MOST_RESETS))
            .http2_keepalive_interval(settings.keepalive_interval)
            .http2_keepalive_timeout(Some(settings.keepalive_timeout));
        let unavailable = |source| {
            let address = settings.addresses[0];
            StartError::Unavailable(Box::new(CannotListen { address, source }))
        };
        let socket = TcpListener::bind(&settings.addresses[..]).await.map_err(unavailable)?;
        let address = socket.local_addr().map_err(unavailable)?;
        Ok(BoundListener { settings, server, socket, address })
    }

    /// Where it listens; the port is never 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the drain has started and either every call has ended or the drain timeout has passed.
    pub async fn serve<S: GrpcService, L: GrpcService>(
        self,
        services: Services<S, L>,
        drain: Drain,
    ) -> Result<(), tonic::transport::Error> {
        tokio::spawn(self.settings.reload.run());
        let calls = Arc::new(RunningCalls::default());
        let current = Counted { service: services.current, calls: calls.clone() };
        let legacy = Counted { service: services.legacy, calls: calls.clone() };
        let mut draining = drain.clone();
        let auth = self.settings.auth;
        let noted = note_call as fn(Request<()>) -> Result<Request<()>, Status>;
        let current = InterceptedService::new(current, noted);
        let legacy = InterceptedService::new(legacy, noted);
        let router = self
            .server
            .layer(InterceptorLayer::new(tell_address as fn(Request<()>) -> Result<Request<()>, Status>))
            .add_service(health([S::NAME, L::NAME], services.readiness, drain.clone()))
            .add_service(InterceptedService::new(current, auth.clone()))
            .add_service(InterceptedService::new(legacy, auth.clone()));
        let router = if QUERIES.contains(&S::NAME) {
            let (current, legacy) = (Misdirected::<Tenants>::tenants(), Misdirected::<LegacyTenants>::tenants());
            router
                .add_service(InterceptedService::new(current, auth.clone()))
                .add_service(InterceptedService::new(legacy, auth))
        } else {
            let (current, legacy) = (Misdirected::<Queries>::queries(), Misdirected::<LegacyQueries>::queries());
            router
                .add_service(InterceptedService::new(current, auth.clone()))
                .add_service(InterceptedService::new(legacy, auth))
        };
        let serving = router.serve_with_incoming_shutdown(
            secured(
                incoming(self.socket, self.settings.connections, drain.clone()),
                self.settings.tls.map(|(_, certificates)| certificates),
            ),
            async move { draining.wait().await },
        );
        tokio::select! {
            // All connections were closed gracefully.
            ended = serving => ended,
            () = drained(drain, &calls, self.settings.drain_timeout) => Ok(()),
        }
    }
}

/// Returns when the drain has started and no call runs.
async fn drained(mut drain: Drain, calls: &RunningCalls, timeout: Duration) {
    drain.wait().await;
    let quiet = async {
        loop {
            calls.none().await;
            // The last answers are still being sent, and calls from before the clients noticed the drain may still
            // arrive.
            tokio::time::sleep(CLOSING_TIME).await;
            if !calls.any() {
                return;
            }
        }
    };
    if tokio::time::timeout(timeout, quiet).await.is_err() && calls.any() {
        tracing::warn!(seconds = timeout.as_secs(), "drain timeout: dropping the calls that are still running");
    }
}

#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
struct CannotListen {
    address: SocketAddr,
    source: std::io::Error,
}
