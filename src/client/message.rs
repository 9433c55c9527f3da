//! The messages that JavaScript gets beside rows, and the only place that writes them as JSON. `js/native/failures.js` reads
//! them.

mod fit;

use serde_json::{Value, json};

use crate::error::Error;
use crate::proto::DatabaseError;
use crate::scatter::{FailedShard, FanOutError, PartialFailure, ShardError};

#[derive(Debug)]
pub enum JsMessage<'m> {
    Error(&'m Error),
    DatabaseError(&'m DatabaseError),
    ShardError(&'m ShardError),
    FanOutError(&'m FanOutError),
    /// The query may have done more than read, which matters to whoever stops reading its rows.
    LeavesTraces,
    /// The end of a fan-out that has a result.
    FanOutResult {
        is_merged: bool,
        /// The shards that the result does without.
        failed_shards: &'m [FailedShard],
        leaves_traces: bool,
    },
    /// The whole answer of a 1.x server.
    LegacyAnswer {
        command: &'m str,
        row_count: i32,
        /// JSON, if the server keeps to its contract.
        rows: &'m str,
        leaves_traces: bool,
    },
    /// Where a tenant lives, or a session is open.
    Placement {
        tenant_id: &'m str,
        shard: usize,
    },
    /// What a query for all shards would do.
    Explanation(&'m Value),
    /// LISTEN is in force on a shard. `lost`: why notifications may have been missed before.
    ListenStream {
        shard: usize,
        lost: Option<String>,
    },
    Notification {
        payload: &'m str,
        process_id: Option<i32>,
        received_at: &'m Value,
    },
}

impl JsMessage<'_> {
    /// Errors are cut to a size that JavaScript can hold.
    pub fn json(&self) -> String {
        let message = match self {
            JsMessage::Error(error) => fit::fit(of_error(error)),
            JsMessage::DatabaseError(error) => fit::fit(of_database_error(error)),
            JsMessage::ShardError(error) => fit::fit(of_shard_error(error)),
            JsMessage::FanOutError(FanOutError::Shard(error)) => fit::fit(of_shard_error(error)),
            JsMessage::FanOutError(FanOutError::Partial(partial)) => fit::fit(of_partial_failure(partial)),
            JsMessage::LeavesTraces => json!({ "leavesTraces": true }),
            JsMessage::FanOutResult { is_merged, failed_shards, leaves_traces } => {
                let failed: Vec<_> = failed_shards.iter().map(of_failed_shard).collect();
                let about = json!({ "IsReRun": is_merged, "failedShards": failed });
                fit::fit(json!({ "about": about, "leavesTraces": leaves_traces }))
            }
            JsMessage::LegacyAnswer { command, row_count, rows, leaves_traces } => {
                json!({ "answer": [command, row_count, rows], "leavesTraces": leaves_traces })
            }
            JsMessage::Placement { tenant_id, shard } => fit::fit(json!({ "placement": [tenant_id, shard] })),
            JsMessage::Explanation(explanation) => json!({ "explanation": explanation }),
            JsMessage::ListenStream { shard, lost } => json!({ "listening": [shard, lost] }),
            JsMessage::Notification { payload, process_id, received_at } => {
                json!({ "notification": [payload, process_id, received_at] })
            }
        };
        message.to_string()
    }
}

fn of_error(error: &Error) -> Value {
    json!({ "code": error.code(), "message": error.to_string(), "context": error.context() })
}

fn of_shard_error(error: &ShardError) -> Value {
    match error {
        ShardError::Database(error) => of_database_error(error),
        ShardError::Failed(error) => of_error(error),
    }
}

fn of_partial_failure(PartialFailure { error, cause, shards }: &PartialFailure) -> Value {
    let mut message = of_error(error);
    message["cause"] = of_shard_error(cause);
    let outcomes = shards.iter().map(|report| {
        let mut outcome = report.context.clone();
        if let Some(error) = &report.error {
            outcome["error"] = of_shard_error(error);
        }
        outcome
    });
    message["outcomes"] = outcomes.collect();
    message
}

fn of_failed_shard(failed: &FailedShard) -> Value {
    let mut message = json!({
        "shardIndex": failed.shard,
        "queryServer": failed.address,
        "error": of_shard_error(&failed.error),
    });
    if failed.partial {
        message["partial"] = json!(true);
    }
    message
}

/// PostgreSQL's refusal with every field, in the order in which `js/native/failures.js` reads them.
fn of_database_error(error: &DatabaseError) -> Value {
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
