//! The errors of the client, except PostgreSQL's own errors, which are replies and travel with all their fields. Each
//! error has a stable code; `js/errors.js` turns codes into classes with an HTTP status.

use std::fmt;

use serde_json::{Map, Value, json};
use tonic::Status;

/// Why a call failed. `code()` is stable and never reused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A setting that JavaScript could not check, such as a certificate that does not parse.
    #[error("{field}: {reason}")]
    Config { field: &'static str, reason: String },

    #[error(
        "the client is closed{}; call InitializeReplication again before querying",
        match fate {
            Fate::NotRun => String::new(),
            fate => format!(", and the query with it: {}", fate.words()),
        }
    )]
    ClientClosed { fate: Fate },

    #[error(
        "tenant {name:?} (type {kind}) is not registered with the lookup server; register it with .mtdd({name:?}, null)"
    )]
    TenantNotFound { name: String, kind: i32 },

    #[error("tenant {name:?} lives on shard {shard}, but mtdd.queryServers lists {servers} server(s)")]
    ShardNotFound { name: String, shard: i32, servers: usize },

    /// The query server is another shard, or knows another placement of the tenant: nothing has run.
    #[error("query server {address} (queryServers[{shard}]) refused the query: {reason}")]
    WrongShard { shard: usize, address: String, reason: String },

    #[error("query server {address} (shard {shard}) is unavailable: {reason}")]
    ShardUnavailable { shard: usize, address: String, reason: String },

    #[error("lookup server {address} is unavailable: {reason}")]
    LookupUnavailable { address: String, reason: String },

    #[error("{server} rejected the credentials: {reason}; check mtdd.token")]
    Unauthenticated { server: Server, reason: String },

    #[error("{reason}")]
    Overloaded { reason: String },

    #[error("the query did not finish within {timeout_ms} ms; {}", fate.words())]
    Timeout { timeout_ms: u64, fate: Fate },

    /// The other shards have answered, or would have.
    #[error("query server {address} (shard {shard}) did not answer within {timeout_ms} ms; {}", fate.words_for_all())]
    ShardTimeout { shard: usize, address: String, timeout_ms: u64, fate: Fate },

    #[error("the query was cancelled; {}", fate.words())]
    Cancelled { fate: Fate },

    /// `stopping_for`: the code of the reason to stop the query, if any.
    #[error(
        "query server {address} (shard {shard}){}",
        match stopping_for {
            None => format!(" was lost after the query was sent: {reason}; whether it took effect is not known"),
            Some(_) => format!(": {reason}"),
        }
    )]
    OutcomeUnknown { shard: usize, address: String, reason: String, stopping_for: Option<&'static str> },

    /// The query server has a limit of its own, which was shorter. `reason` names it and says what became of the query.
    #[error("query server {address} (shard {shard}): {reason}")]
    ServerLimit { shard: usize, address: String, reason: String, timeout_ms: u64, fate: Fate },

    /// Nobody read the query's rows, and PostgreSQL has stopped it.
    #[error("query server {address} (shard {shard}): {reason}")]
    Stalled { shard: usize, address: String, reason: String },

    /// A query for a session that has ended: nothing was sent.
    #[error("{reason}")]
    SessionEnded { reason: String },

    #[error("{reason}")]
    CrossShardTransaction { reason: String },

    #[error("{reason}")]
    PlanUnsupported { reason: String },

    /// A query for all shards with different outcomes; `shards`: the outcome on each, for the context.
    #[error("{reason}")]
    PartialFailure { reason: String, shards: Value },

    #[error("merging the shards' rows takes more than {limit} bytes: narrow the query, or raise mtdd.mergeMemoryLimit")]
    MergeMemory { limit: usize },

    #[error("{reason}")]
    Invalid { reason: String },

    #[error("{server} sent an unexpected answer: {reason}")]
    Protocol { server: String, reason: String },
}

/// What happened to a query that was stopped before its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It only waited: for its tenant's shard, for a connection, or for its server.
    NotRun,
    /// It was not sent to this shard; others may have run it.
    NotSent,
    /// The server has confirmed that the statement no longer runs.
    Stopped,
    /// Its session was closed, which rolls back its transaction.
    RolledBack,
    /// It may still run, but it only reads.
    OnlyReads,
    Unknown,
}

impl Fate {
    fn words(self) -> &'static str {
        match self {
            Fate::NotRun => "it was not run",
            Fate::NotSent => "it was not sent",
            Fate::Stopped => "it has been stopped",
            Fate::RolledBack => "its transaction is rolled back",
            Fate::OnlyReads => "it only reads",
            Fate::Unknown => "whether it took effect is not known",
        }
    }

    /// The same for a query for all shards that one silent shard ended.
    fn words_for_all(self) -> &'static str {
        match self {
            Fate::NotRun => "the query was run on no shard",
            Fate::NotSent => "the query was not sent to it",
            Fate::Stopped => "the query has been stopped",
            Fate::RolledBack => "the query's transaction is rolled back",
            Fate::OnlyReads => "the query only reads",
            Fate::Unknown => "whether the query took effect is not known",
        }
    }
}

impl Error {
    /// The stable code; SPEC table "Failures".
    pub fn code(&self) -> &'static str {
        match self {
            Error::Config { .. } => "CONFIG_INVALID",
            Error::ClientClosed { .. } => "CLIENT_CLOSED",
            Error::TenantNotFound { .. } => "TENANT_NOT_FOUND",
            Error::ShardNotFound { .. } => "SHARD_NOT_FOUND",
            Error::WrongShard { .. } => "SHARD_NOT_FOUND",
            Error::ShardUnavailable { .. } => "SHARD_UNAVAILABLE",
            Error::LookupUnavailable { .. } => "LOOKUP_UNAVAILABLE",
            // Not AUTHENTICATION_ERROR (401), which tells the application's users to log in again: here the servers
            // refused the application.
            Error::Unauthenticated { server: Server::Query { .. }, .. } => "SHARD_UNAVAILABLE",
            Error::Unauthenticated { server: Server::Lookup(_), .. } => "LOOKUP_UNAVAILABLE",
            Error::Overloaded { .. } => "OVERLOADED",
            Error::Timeout { .. } | Error::ShardTimeout { .. } | Error::ServerLimit { .. } | Error::Stalled { .. } => {
                "TIMEOUT"
            }
            Error::Cancelled { .. } => "CANCELLED",
            Error::OutcomeUnknown { .. } => "OUTCOME_UNKNOWN",
            Error::SessionEnded { .. } => "SHARD_UNAVAILABLE",
            Error::CrossShardTransaction { .. } => "CROSS_SHARD_TRANSACTION",
            Error::PlanUnsupported { .. } => "PLAN_UNSUPPORTED",
            Error::PartialFailure { .. } => "PARTIAL_FAILURE",
            Error::MergeMemory { .. } => "PLAN_UNSUPPORTED",
            Error::Invalid { .. } => "VALIDATION_ERROR",
            Error::Protocol { .. } => "PROTOCOL",
        }
    }

    /// The same error for a repeated read: the fate of its last attempt is not that of the first.
    pub fn of_repeated(self) -> Self {
        let fate = Fate::OnlyReads;
        match self {
            Error::Timeout { timeout_ms, fate: _ } => Error::Timeout { timeout_ms, fate },
            Error::Cancelled { fate: _ } => Error::Cancelled { fate },
            Error::ClientClosed { fate: _ } => Error::ClientClosed { fate },
            error => error,
        }
    }

    /// The error of a query whose earlier attempt was lost: the outcome of that attempt stays unknown.
    pub fn after(self, lost: Error) -> Error {
        match (self, lost) {
            (error @ Error::OutcomeUnknown { .. }, _) => error,
            (error, Error::OutcomeUnknown { shard, address, reason, stopping_for }) => {
                let reason = format!("{reason}; and then: {error}");
                Error::OutcomeUnknown { shard, address, reason, stopping_for }
            }
            (error, _) => error,
        }
    }

    /// Details for error handlers, so that they need not parse the message.
    pub fn context(&self) -> Value {
        match self {
            Error::TenantNotFound { name, kind } => json!({ "tenantName": name, "tenantType": kind }),
            Error::ShardNotFound { name, shard, servers } => {
                json!({ "tenantName": name, "shardIndex": shard, "queryServers": servers })
            }
            Error::ShardUnavailable { shard, address, .. } | Error::WrongShard { shard, address, .. } => {
                json!({ "shardIndex": shard, "queryServer": address })
            }
            Error::Stalled { shard, address, .. } => {
                json!({ "shardIndex": shard, "queryServer": address, "stopped": true })
            }
            Error::OutcomeUnknown { shard, address, stopping_for, .. } => {
                let mut context = json!({ "shardIndex": shard, "queryServer": address });
                if let Some(code) = stopping_for {
                    context["stoppingFor"] = json!(code);
                }
                context
            }
            Error::Unauthenticated { server: Server::Query { shard, address }, .. } => {
                json!({ "shardIndex": shard, "queryServer": address, "rejected": true })
            }
            Error::Unauthenticated { server: Server::Lookup(address), .. } => {
                json!({ "lookupServer": address, "rejected": true })
            }
            Error::LookupUnavailable { address, .. } => json!({ "lookupServer": address }),
            Error::PartialFailure { shards, .. } => json!({ "shards": shards }),
            Error::MergeMemory { limit } => json!({ "mergeMemoryLimit": limit }),
            Error::ShardTimeout { shard, address, timeout_ms, fate }
            | Error::ServerLimit { shard, address, timeout_ms, fate, .. } => json!({
                "timeout": timeout_ms, "stopped": matches!(fate, Fate::NotRun | Fate::NotSent | Fate::Stopped),
                "shardIndex": shard, "queryServer": address,
            }),
            Error::Timeout { timeout_ms, fate } => {
                json!({ "timeout": timeout_ms, "stopped": matches!(fate, Fate::NotRun | Fate::NotSent | Fate::Stopped) })
            }
            _ => Value::Object(Map::new()),
        }
    }
}

/// One of the application's servers.
#[derive(Clone, Debug)]
pub enum Server {
    Query { shard: usize, address: String },
    Lookup(String),
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Server::Query { shard, address } => write!(f, "query server {address} (shard {shard})"),
            Server::Lookup(address) => write!(f, "lookup server {address}"),
        }
    }
}

/// A gRPC status as readable text; tonic's own text repeats the code and hides the cause in `source`.
pub fn describe(status: &Status) -> String {
    let mut text = format!("{:?}", status.code());
    if !status.message().is_empty() {
        text = format!("{text}: {}", status.message());
    }
    append_sources(text, status)
}

/// Appends each cause that adds information to `text`.
pub fn append_sources(mut text: String, error: &dyn std::error::Error) -> String {
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !cause_text.is_empty() && !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// A secret that never reaches a log line.
#[derive(Clone)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
