//! A query on a server that speaks the wire of 1.x: one call, and one answer, which crosses into JavaScript as it is.
//! Nobody says whether a statement that was given up has stopped.

use serde_json::json;

use super::Query;
use crate::channel::{LegacyAnswer, LegacyCall, LegacyFailure, QueryChannel, Reads};
use crate::client::failure::{Failed, database_record, fitted};
use crate::client::world::Interrupt;
use crate::data::compact::Piece;
use crate::error::Error;
use crate::proto::DatabaseError;

/// Runs the query to its end.
pub async fn take_in(query: &mut Query<'_>, channel: &QueryChannel, call: LegacyCall, sql: &str) -> Result<(), Failed> {
    // It may have done more than read, for all that this wire says.
    query.reads = Reads::MayWrite;
    let outcome = tokio::select! {
        biased;
        outcome = channel.run_legacy(call) => outcome,
        why = query.control.interrupt(query.deadlines.at(query.deadline)) => {
            return Err(Failed::given_up(channel, why, query.timeout, query.effect(sql)));
        }
    };
    let ending = match outcome {
        Ok(LegacyAnswer { command, row_count, rows, .. }) => {
            json!({ "answer": [command, row_count, rows], "leavesTraces": query.leaves_traces(sql) }).to_string()
        }
        // As if PostgreSQL had said it, with all that this wire tells of it.
        Err(LegacyFailure::Refused(message)) => {
            let error = DatabaseError { message, severity: Some("ERROR".into()), ..DatabaseError::default() };
            fitted(database_record(&error)).to_string()
        }
        Err(LegacyFailure::NeverRan(error @ Error::ShardUnavailable { .. })) => return Err(Failed::never_sent(error)),
        Err(LegacyFailure::NeverRan(error) | LegacyFailure::NotTaken(error)) => return Err(Failed::for_good(error)),
        Err(LegacyFailure::Lost(reason)) => return Err(Failed::lost(channel, reason)),
        Err(LegacyFailure::TimedOut) => {
            return Err(Failed::given_up(channel, Interrupt::Deadline, query.timeout, query.effect(sql)));
        }
    };
    let restart = std::mem::take(&mut query.restart);
    let piece = Piece { id: query.id, restart, error: Some(ending), last: true, ..Piece::default() };
    query.world.outbox.push(piece).map_err(|malformed| Failed::broken(channel, malformed.to_string()))
}
