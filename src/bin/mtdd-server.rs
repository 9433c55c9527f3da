//! `mtdd-server query` and `mtdd-server lookup`: reads the flags and hands the chosen service to `serve`, which runs
//! it. Nothing else happens here.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mtdd::serve::{self, ListenOptions, Services, StartError};
use mtdd::{lookup_server, query_server};

/// MTDD's servers: one query server in front of each PostgreSQL shard, and one lookup server that knows which tenant
/// lives on which shard.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    server: Server,
}

#[derive(Subcommand)]
enum Server {
    /// Run queries on one shard's PostgreSQL
    #[command(mut_arg("listen", |listen| listen.default_value("127.0.0.1:50051")))]
    Query {
        #[command(flatten)]
        listen: ListenOptions,
        #[command(flatten)]
        query: query_server::Options,
    },
    /// Tell which shard a tenant lives on
    #[command(mut_arg("listen", |listen| listen.default_value("127.0.0.1:50054")))]
    Lookup {
        #[command(flatten)]
        listen: ListenOptions,
        #[command(flatten)]
        lookup: lookup_server::Options,
    },
}

impl Server {
    fn listen(&self) -> &ListenOptions {
        match self {
            Server::Query { listen, .. } | Server::Lookup { listen, .. } => listen,
        }
    }
}

fn main() -> ExitCode {
    let server = Cli::parse().server;
    let runtime = match serve::runtime(server.listen()) {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("mtdd-server: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(server));
    // Not waiting for a name that is still being resolved.
    runtime.shutdown_background();
    code
}

async fn run(server: Server) -> ExitCode {
    match server {
        Server::Query { listen, query } => {
            let start = async |drain| {
                let query_server::Services { current, legacy, readiness } =
                    query_server::service(query, drain).await.map_err(query_start_error)?;
                Ok(Services { current, legacy, readiness })
            };
            serve::run(listen, start).await
        }
        Server::Lookup { listen, lookup } => {
            let start = async |_| {
                let lookup_server::Services { current, legacy, readiness } =
                    lookup_server::service(lookup).await.map_err(lookup_start_error)?;
                Ok(Services { current, legacy, readiness })
            };
            serve::run(listen, start).await
        }
    }
}

fn query_start_error(error: query_server::StartError) -> StartError {
    match error {
        query_server::StartError::Configuration(_) => StartError::ServiceConfiguration(error.into()),
        query_server::StartError::Unreachable { .. } => StartError::Unavailable(error.into()),
    }
}

fn lookup_start_error(error: lookup_server::StartError) -> StartError {
    match error {
        lookup_server::StartError::Configuration(_) => StartError::ServiceConfiguration(error.into()),
        lookup_server::StartError::Unreachable { .. } => StartError::Unavailable(error.into()),
    }
}
