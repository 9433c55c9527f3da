//! What a query server's failures mean: the class that decides whether to try again, and the error that is reported.
//! Shared by queries for one shard and for all.

use std::time::Duration;

use serde_json::{Value, json};

use super::world::Interrupt;
use crate::channel::QueryChannel;
use crate::error::Error;
use crate::proto::failure::Reason;
use crate::proto::{DatabaseError, Failure};
use crate::scatter::Class;

/// An attempt that did not end in a reply.
#[derive(Debug)]
pub struct Failed {
    pub class: Class,
    pub error: Error,
}

impl Failed {
    pub fn never_sent(error: Error) -> Self {
        Failed { class: Class::NeverSent, error }
    }

    pub fn for_good(error: Error) -> Self {
        Failed { class: Class::Answered, error }
    }

    /// A call that could not be started.
    pub fn at_start(error: Error) -> Self {
        match error {
            Error::ShardUnavailable { .. } => Failed::never_sent(error),
            error => Failed::for_good(error),
        }
    }

    /// The server will not run what it was sent.
    pub fn never_ran(channel: &QueryChannel, reason: String) -> Self {
        Failed::never_sent(unavailable(channel, reason))
    }

    /// The connection broke after sending.
    pub fn lost(channel: &QueryChannel, reason: String) -> Self {
        let error = Error::OutcomeUnknown { shard: channel.shard, address: channel.address.clone(), reason };
        Failed { class: Class::OutcomeUnknown, error }
    }

    pub fn broken(channel: &QueryChannel, reason: String) -> Self {
        Failed::for_good(Error::Protocol { server: format!("query server {}", channel.address), reason })
    }

    /// The server's own refusal, by what it says of the statement; `interrupted`: what it was asked to stop for.
    pub fn refused(
        channel: &QueryChannel,
        failure: Failure,
        interrupted: Option<Interrupt>,
        timeout: Duration,
    ) -> Self {
        let reason = failure.message;
        let error = match Reason::try_from(failure.reason).unwrap_or_default() {
            Reason::Overloaded => Error::Overloaded { reason: format!("query server {}: {reason}", channel.address) },
            Reason::Timeout => Interrupt::Deadline.error(timeout, true),
            Reason::Cancelled => interrupted.unwrap_or(Interrupt::Cancelled).error(timeout, true),
            Reason::Unavailable => {
                let class = if failure.never_ran { Class::NeverSent } else { Class::OutcomeUnknown };
                return Failed { class, error: unavailable(channel, reason) };
            }
            Reason::OutcomeUnknown => return Failed::lost(channel, reason),
            Reason::Invalid => Error::Invalid { reason },
            Reason::Unspecified => return Failed::broken(channel, format!("a failure without a reason: {reason}")),
        };
        Failed::for_good(error)
    }
}

pub fn unavailable(channel: &QueryChannel, reason: String) -> Error {
    Error::ShardUnavailable { shard: channel.shard, address: channel.address.clone(), reason }
}

/// An error of the library's, as `js/client.js` reads it.
pub fn error_record(error: &Error) -> Value {
    json!({ "code": error.code(), "message": error.to_string(), "context": error.context() })
}

/// PostgreSQL's refusal with every field, in the order in which `js/knex/result.js` reads them.
pub fn database_record(error: &DatabaseError) -> Value {
    json!({ "database": [
        error.message,
        error.length,
        error.severity,
        error.code,
        error.detail,
        error.hint,
        error.position,
        error.internal_position,
        error.internal_query,
        error.r#where,
        error.schema,
        error.table,
        error.column,
        error.data_type,
        error.constraint,
        error.file,
        error.line,
        error.routine,
    ] })
}
