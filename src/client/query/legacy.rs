//! A query on a server that speaks the 1.x wire: one call, and one answer, which goes to JavaScript as it is. Such a
//! server does not say whether a statement that was given up has stopped.

use super::PointQuery;
use crate::channel::{LegacyAnswer, LegacyCall, LegacyFailure, QueryChannel, ReadSafety};
use crate::client::message::JsMessage;
use crate::data::compact::Record;
use crate::error::Error;
use crate::proto::DatabaseError;
use crate::scatter::{FailedAttempt, Interrupt};

/// Runs the query to its end.
pub async fn receive_reply(
    query: &mut PointQuery<'_>,
    channel: &QueryChannel,
    call: LegacyCall,
    sql: &str,
) -> Result<(), FailedAttempt> {
    // This wire does not say whether it only reads.
    query.reads = ReadSafety::MayWrite;
    let outcome = tokio::select! {
        biased;
        outcome = channel.run_legacy(call) => outcome,
        why = query.control.interrupt(query.deadlines.at(query.deadline)) => {
            return Err(FailedAttempt::given_up(channel, why, query.timeout, query.effect(sql)));
        }
    };
    let ending = match outcome {
        Ok(LegacyAnswer { command, row_count, rows, .. }) => {
            let (command, rows, leaves_traces) = (&*command, &*rows, query.leaves_traces(sql));
            JsMessage::LegacyAnswer { command, row_count, rows, leaves_traces }.json()
        }
        // Reported like PostgreSQL's own error, with what this wire carries of it.
        Err(LegacyFailure::Refused(message)) => {
            let error = DatabaseError { message, severity: Some("ERROR".into()), ..DatabaseError::default() };
            JsMessage::DatabaseError(&error).json()
        }
        Err(LegacyFailure::NeverRan(error @ Error::ShardUnavailable { .. })) => {
            return Err(FailedAttempt::never_sent(error));
        }
        Err(LegacyFailure::NeverRan(error) | LegacyFailure::NotTaken(error)) => {
            return Err(FailedAttempt::final_error(error));
        }
        Err(LegacyFailure::Lost(reason)) => return Err(FailedAttempt::lost(channel, reason)),
        Err(LegacyFailure::TimedOut) => {
            return Err(FailedAttempt::given_up(channel, Interrupt::Deadline, query.timeout, query.effect(sql)));
        }
    };
    let restart = std::mem::take(&mut query.restart);
    let piece = Record { id: query.id, restart, message: Some(ending), last: true, ..Record::default() };
    query.shared.js_queue.push(piece).map_err(|malformed| FailedAttempt::broken(channel, malformed.to_string()))
}
