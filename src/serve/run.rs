//! A server's life: check the options, start the service, listen, announce the address, serve, and shut down on a
//! signal. Turns every failure into one line and an exit code. Called only by `bin/mtdd-server`.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::{self, ExitCode};

use tokio::runtime::{Builder, Runtime};

use super::StartError;
use super::grpc_service::GrpcService;
use super::listener::{BoundListener, Services};
use super::options::ListenOptions;
use super::settings::ServerSettings;
use crate::shutdown::{Drain, shutdown};
use crate::telemetry;

/// The runtime. With a single thread, a scheduler without work stealing is faster.
pub fn runtime(options: &ListenOptions) -> io::Result<Runtime> {
    let mut builder = match options.threads.get() {
        1 => Builder::new_current_thread(),
        threads => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads);
            builder
        }
    };
    builder.enable_all().build()
}

/// Runs the server that `start` makes until a signal ends it. SIGTERM or SIGINT starts the drain, a second one ends the
/// process at once. Exit codes: 0 after a drain, 1 if something needed is not there, 2 for wrong options.
pub async fn run<S: GrpcService, L: GrpcService>(
    options: ListenOptions,
    start: impl AsyncFnOnce(Drain) -> Result<Services<S, L>, StartError>,
) -> ExitCode {
    match start_and_serve(options, start).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mtdd-server: {}", error.line());
            ExitCode::from(error.exit_code())
        }
    }
}

async fn start_and_serve<S: GrpcService, L: GrpcService>(
    options: ListenOptions,
    start: impl AsyncFnOnce(Drain) -> Result<Services<S, L>, StartError>,
) -> Result<(), StartError> {
    let settings = ServerSettings::read(&options).await?;
    telemetry::log_to_stderr(settings.log_format, settings.log_filter.clone())
        .map_err(|error| StartError::Unavailable(error.into()))?;

    let (shutdown, drain) = shutdown();
    let mut signals = Signals::new().map_err(|error| StartError::Unavailable(error.into()))?;
    let mut interrupted = drain.clone();
    tokio::spawn(async move {
        signals.next().await;
        shutdown.start();
        tracing::info!("draining");
        signals.next().await;
        tracing::warn!("second signal: exiting immediately");
        process::exit(1);
    });

    let services = tokio::select! {
        services = start(drain.clone()) => services?,
        () = interrupted.wait() => return Ok(()),
    };
    if settings.is_open_plaintext() {
        tracing::warn!(
            "listening beyond loopback without TLS: anyone on the network path can read and change the \
             traffic"
        );
    }
    let token = settings.auth.is_on();
    let tls = settings.tls.is_some();
    let listener = BoundListener::bind(settings).await?;
    let address = listener.address();
    announce(address);
    tracing::info!(%address, service = S::NAME, tls, token, "listening");

    listener.serve(services, drain).await.map_err(|error| StartError::Unavailable(error.into()))?;
    tracing::info!("ended");
    Ok(())
}

/// The only line on stdout, from which the parent process learns the port. A closed stdout is not an error.
fn announce(address: SocketAddr) {
    let mut stdout = io::stdout().lock();
    let line = serde_json::json!({ "event": "listening", "address": address.to_string() });
    if let Err(error) = writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        tracing::warn!(%error, "could not announce the address on stdout");
    }
}

/// The signals that ask a server to end.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Signals {})
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
