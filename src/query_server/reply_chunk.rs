//! A reply on its way from `run` to the RPC: chunks in order, the last of which says how the reply ended. Decoding is
//! left to the end where possible. Also makes the server's own failures.

use bytes::Bytes;
use tonic::{Code, Status};

use super::decode::RawDescription;
use crate::data::cut;
use crate::proto::failure::Reason;
use crate::proto::{DatabaseError, Failure, QueryResult, ReplyPart, RowDescription};

/// A part of a reply, as in the message `ReplyPart`.
#[derive(Debug, Default)]
pub struct ReplyChunk {
    pub description: Option<RawDescription>,
    pub rows: Bytes,
    pub row_count: u32,
    pub command_tag: Option<String>,
    pub empty_query: bool,
    /// Set in the last chunk.
    pub ending: Option<ReplyEnd>,
}

/// How a reply ends.
#[derive(Debug)]
pub enum ReplyEnd {
    Done,
    Error(Box<DatabaseError>),
    Failure(Failure),
}

impl ReplyChunk {
    /// A last chunk with only its ending.
    pub fn ending(ending: ReplyEnd) -> Self {
        ReplyChunk { ending: Some(ending), ..ReplyChunk::default() }
    }

    /// True if a result ends with this chunk.
    pub fn ends_result(&self) -> bool {
        self.command_tag.is_some() || self.empty_query
    }

    /// True if PostgreSQL has refused to write, as a standby does.
    pub fn is_refusal_to_write(&self) -> bool {
        matches!(&self.ending, Some(ReplyEnd::Error(error)) if error.code.as_deref() == Some("25006"))
    }

    /// As protobuf. `describe` may answer with the id of a description that the caller has seen.
    pub fn into_part(self, describe: impl FnOnce(RawDescription) -> Described) -> ReplyPart {
        let mut part = ReplyPart {
            rows: self.rows,
            row_count: self.row_count,
            command_tag: self.command_tag,
            empty_query: self.empty_query,
            last: self.ending.is_some(),
            ..ReplyPart::default()
        };
        match self.description.map(describe) {
            Some(Described::InFull(description)) => part.description = Some(description),
            Some(Described::Before(id)) => part.description_id = id,
            None => {}
        }
        match self.ending {
            Some(ReplyEnd::Error(error)) => part.error = Some(error),
            Some(ReplyEnd::Failure(failure)) => part.failure = Some(failure),
            Some(ReplyEnd::Done) | None => {}
        }
        part
    }

    /// Adds this chunk to the results gathered so far.
    pub fn gather_into(self, results: &mut Vec<GatheredResult>) {
        if self.description.is_none() && self.rows.is_empty() && !self.ends_result() {
            return;
        }
        if results.last().is_none_or(|result| result.ended) {
            results.push(GatheredResult::default());
        }
        let Some(result) = results.last_mut() else { return };
        result.ended = self.ends_result();
        if let Some(description) = self.description {
            result.description = Some(description.decode());
        }
        if !self.rows.is_empty() {
            result.rows.push(self.rows);
        }
        result.row_count += self.row_count;
        result.command_tag = self.command_tag.unwrap_or_default();
    }
}

/// How a description travels.
#[derive(Debug, PartialEq)]
pub enum Described {
    InFull(RowDescription),
    Before(u32),
}

/// A result that is assembled from chunks.
#[derive(Debug, Default)]
pub struct GatheredResult {
    description: Option<RowDescription>,
    rows: Vec<Bytes>,
    row_count: u32,
    command_tag: String,
    ended: bool,
}

impl GatheredResult {
    /// The whole, or None if its end never came.
    pub fn finish(mut self) -> Option<QueryResult> {
        let rows = if self.rows.len() == 1 { self.rows.remove(0) } else { self.rows.concat().into() };
        let GatheredResult { description, row_count, command_tag, ended, .. } = self;
        ended.then_some(QueryResult { description, rows, row_count, command_tag })
    }
}

/// A failure of the server itself.
pub fn failure(reason: Reason, never_ran: bool, message: impl Into<String>) -> Failure {
    Failure { reason: reason.into(), message: message.into(), never_ran, ..Failure::default() }
}

/// The same for unary calls: a gRPC status with details in its metadata.
pub fn status(failure: Failure) -> Status {
    let reason = failure.reason();
    let code = match reason {
        Reason::Overloaded => Code::ResourceExhausted,
        Reason::Stalled | Reason::Timeout => Code::DeadlineExceeded,
        Reason::Cancelled => Code::Cancelled,
        Reason::Unavailable => Code::Unavailable,
        Reason::Invalid => Code::InvalidArgument,
        Reason::WrongShard | Reason::Outdated => Code::FailedPrecondition,
        // Not ABORTED, which invites a retry.
        Reason::OutcomeUnknown | Reason::Unspecified => Code::Unknown,
    };
    let mut status = Status::new(code, short(failure.message));
    let never_ran = if failure.never_ran { "true" } else { "false" };
    status.metadata_mut().insert("mtdd-reason", tonic::metadata::MetadataValue::from_static(reason.as_str_name()));
    status.metadata_mut().insert("mtdd-never-ran", tonic::metadata::MetadataValue::from_static(never_ran));
    status
}

/// The message of a status, cut if it is too long. It travels percent-encoded in HTTP/2 trailers; trailers above 16 KiB
/// stop a grpc-js client's whole connection without an error.
pub fn short(message: String) -> String {
    /// Leaves room for the sentence below, and for other trailers.
    const MOST: usize = 15 << 10;
    let encoded = |byte: u8| if byte.is_ascii_alphanumeric() { 1 } else { 3 };
    let Some(text) = cut::beginning(&message, MOST, encoded) else { return message };
    format!("{text}... (cut off: the error has {} bytes, too many for a message)", message.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_status_are_cut_to_what_trailers_hold() {
        let limit = 15 << 10;
        for (character, most) in [("x", limit), ("\u{e9}", limit / 6), (" ", limit / 3), ("\u{1f600}", limit / 12)] {
            let fitting = character.repeat(most);
            assert_eq!(short(fitting.clone()), fitting);
            let bytes = character.len() * 100_000;
            let cut = short(character.repeat(100_000));
            let said = format!("... (cut off: the error has {bytes} bytes, too many for a message)");
            assert_eq!(cut, format!("{fitting}{said}"));
            let status = status(failure(Reason::Invalid, true, character.repeat(100_000)));
            assert_eq!(status.message(), cut);
        }
    }

    #[test]
    fn pieces_add_up_to_results() {
        let mut results = Vec::new();
        let rows = |text: &'static str| ReplyChunk { rows: text.into(), row_count: 1, ..ReplyChunk::default() };
        let end = |tag: &str| ReplyChunk { command_tag: Some(tag.into()), ..ReplyChunk::default() };
        for chunk in [rows("a"), rows("b"), end("SELECT 2"), end("SET"), rows("never ended")] {
            chunk.gather_into(&mut results);
        }
        ReplyChunk::ending(ReplyEnd::Done).gather_into(&mut results);
        let results: Vec<_> = results.into_iter().filter_map(GatheredResult::finish).collect();
        assert_eq!(results.len(), 2);
        assert_eq!((&results[0].rows[..], results[0].row_count), (&b"ab"[..], 2));
        assert_eq!((results[1].command_tag.as_str(), results[1].row_count), ("SET", 0));
    }

    #[test]
    fn a_failure_keeps_its_reason_in_the_metadata_of_a_status() {
        let status = status(failure(Reason::OutcomeUnknown, false, "lost"));
        assert_eq!((status.code(), status.message()), (Code::Unknown, "lost"));
        assert_eq!(status.metadata().get("mtdd-reason").unwrap(), "OUTCOME_UNKNOWN");
        assert_eq!(status.metadata().get("mtdd-never-ran").unwrap(), "false");
    }
}
