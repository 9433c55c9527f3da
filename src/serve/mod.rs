//! What both servers share: listening, TLS, bearer tokens, health, signals, the drain and the announcement. It knows
//! nothing about the service that it serves; `bin/mtdd-server` hands it one from `query_server` or `lookup_server`.

mod auth;
mod calls;
mod complaint;
mod files;
mod grpc_service;
mod health;
mod incoming;
mod listener;
mod misdirected;
mod options;
mod progress;
mod reload;
mod run;
mod settings;
mod tls;

use std::error::Error;

use crate::error::append_sources;

pub use grpc_service::GrpcService;
pub use listener::Services;
pub use options::ListenOptions;
pub use run::{run, runtime};

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong: exit code 2.
    #[error("{0}")]
    Configuration(String),
    /// The same, reported by the service.
    #[error(transparent)]
    ServiceConfiguration(Box<dyn Error + Send + Sync>),
    /// Something that the server needs is unavailable (its database, its port): exit code 1.
    #[error(transparent)]
    Unavailable(Box<dyn Error + Send + Sync>),
}

impl StartError {
    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            StartError::Configuration(_) | StartError::ServiceConfiguration(_) => 2,
            StartError::Unavailable(_) => 1,
        }
    }

    /// The error and its causes on one line.
    pub fn line(&self) -> String {
        append_sources(self.to_string(), self).replace(['\n', '\r'], " ")
    }
}
