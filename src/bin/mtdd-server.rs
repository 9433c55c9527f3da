//! `mtdd-server query` and `mtdd-server lookup`: parses the flags and hands the chosen service to `serve`, which runs
//! it, or an operator's command to `lookup_server` or `tracking`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mtdd::serve::{self, ListenOptions, Services, StartError};
use mtdd::{lookup_server, query_server, tracking};

/// The servers of MTDD: a query server in front of each PostgreSQL shard, and a lookup server that knows which shard
/// each tenant lives on.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of them, and clap flattens no boxes")]
enum Command {
    #[command(flatten)]
    Server(ServerCommand),
    #[command(flatten)]
    Tracking(tracking::TrackingCommand),
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of them, and clap flattens no boxes")]
enum ServerCommand {
    /// Run the queries of one PostgreSQL shard
    #[command(mut_arg("listen", |listen| listen.default_value("127.0.0.1:50051")))]
    Query {
        #[command(flatten)]
        listen: ListenOptions,
        #[command(flatten)]
        query: query_server::QueryOptions,
    },
    /// Say which shard a tenant lives on. With a command: list, register, move and remove tenants
    #[command(after_help = COMMANDS, mut_arg("listen", |listen| listen.default_value("127.0.0.1:50054")))]
    Lookup {
        #[command(flatten)]
        listen: ListenOptions,
        #[command(flatten)]
        lookup: lookup_server::LookupOptions,
    },
}

impl ServerCommand {
    fn listen(&self) -> &ListenOptions {
        match self {
            ServerCommand::Query { listen, .. } | ServerCommand::Lookup { listen, .. } => listen,
        }
    }
}

/// They have flags of their own, which clap cannot tell from the server's in one parser.
const VERBS: [&str; 5] = ["list", "where", "add", "move", "remove"];
const COMMANDS: &str = "\
Commands on the tenants' table. Each has its own --help, and no lookup server has to run:
  mtdd-server lookup list      List tenants
  mtdd-server lookup where     Show which shard a tenant lives on
  mtdd-server lookup add       Register a tenant
  mtdd-server lookup move      Move a tenant to another shard
  mtdd-server lookup remove    Remove a tenant";

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let is_command = words.nth(1).is_some_and(|word| word == "lookup")
        && words.next().is_some_and(|word| VERBS.iter().any(|verb| word == *verb));
    if is_command {
        let command = lookup_server::AdminCommand::parse_from(std::env::args_os().skip(1));
        return administer(lookup_server::administer(command));
    }
    let server = match Cli::parse().command {
        Command::Server(server) => server,
        Command::Tracking(command) => return administer(tracking::administer(command)),
    };
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

/// Runs an operator's command to its exit code.
fn administer(command: impl Future<Output = u8>) -> ExitCode {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => ExitCode::from(runtime.block_on(command)),
        Err(error) => {
            eprintln!("mtdd-server: cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(server: ServerCommand) -> ExitCode {
    match server {
        ServerCommand::Query { listen, query } => {
            let start = async |drain| {
                let query_server::QueryServices { current, legacy, readiness } =
                    query_server::service(query, drain).await.map_err(query_start_error)?;
                Ok(Services { current, legacy, readiness })
            };
            serve::run(listen, start).await
        }
        ServerCommand::Lookup { listen, lookup } => {
            let start = async |drain| {
                let lookup_server::LookupServices { current, legacy, readiness } =
                    lookup_server::service(lookup, drain).await.map_err(lookup_start_error)?;
                Ok(Services { current, legacy, readiness })
            };
            serve::run(listen, start).await
        }
    }
}

fn query_start_error(error: query_server::QueryStartError) -> StartError {
    match error {
        query_server::QueryStartError::Configuration(_) => StartError::ServiceConfiguration(error.into()),
        query_server::QueryStartError::Unreachable { .. } => StartError::Unavailable(error.into()),
    }
}

fn lookup_start_error(error: lookup_server::LookupStartError) -> StartError {
    match error {
        lookup_server::LookupStartError::Configuration(_) => StartError::ServiceConfiguration(error.into()),
        lookup_server::LookupStartError::Unreachable { .. } => StartError::Unavailable(error.into()),
    }
}
