//! Queries on the 1.x wire, for query servers that do not speak mtdd.v1: one call per query, all parameters as text,
//! all rows as one JSON text. Refuses what the wire cannot carry before anything is sent. `QueryChannel` picks the
//! wire.

use std::error::Error as _;
use std::time::Duration;

use bytes::BufMut;
use tonic::client::Grpc;
use tonic::codec::{Codec, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, ConnectError, Request, Status, TimeoutExpired};
use tonic_prost::ProstCodec;

use super::connection::MAX_MESSAGE;
use crate::error::{Error, describe};
use crate::proto::legacy_db::db_service_client::DbServiceClient;
use crate::proto::legacy_db::{StoredProcRequest, StoredProcResponse};
use crate::proto::{Parameter, QueryRequest};

/// A query that is ready to be sent. Dropping it while it runs gives up the call; the statement may go on.
#[derive(Debug)]
pub struct LegacyCall {
    pub(super) message: StoredProcRequest,
    pub(super) timeout: Duration,
}

/// What a 1.x server answers.
#[derive(Debug)]
pub struct LegacyAnswer {
    pub command: String,
    pub row_count: i32,
    /// A JSON array of objects, if the server keeps to its contract.
    pub rows: String,
    /// The server says that it speaks mtdd.v1, so it was upgraded.
    pub(super) is_upgraded: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum LegacyFailure {
    /// The query has not reached the server, or the server does not know such a call.
    NeverRan(Error),
    /// It may have run.
    Lost(String),
    TimedOut,
    /// The message of PostgreSQL or of the server: this wire does not say which.
    Refused(String),
    /// The server refused it, and would do so again.
    NotTaken(Error),
}

impl LegacyCall {
    /// Converts a query to the 1.x wire, which drops its tenant and session settings.
    pub(super) fn new(query: QueryRequest) -> Result<LegacyCall, Error> {
        let params = query.params.into_iter().enumerate().map(|(index, value)| text(index, value));
        Ok(LegacyCall {
            message: StoredProcRequest { query: query.sql, params: params.collect::<Result<_, _>>()? },
            timeout: Duration::from_millis(query.timeout_ms.into()),
        })
    }
}

/// A parameter as text.
fn text(index: usize, parameter: Parameter) -> Result<String, Error> {
    let Some(value) = parameter.value else { return Ok("null".to_owned()) };
    if parameter.binary {
        // PostgreSQL reads this as the same bytes, where a bytea is expected.
        return Ok(value.iter().fold("\\x".to_owned(), |hex, byte| format!("{hex}{byte:02x}")));
    }
    match String::from_utf8(value.into()) {
        Ok(text) if text == "null" => Err(Error::Invalid {
            reason: format!(
                "bindings[{index}]: the text \"null\" would be read as NULL by this query server, which speaks the 1.x wire; nothing was sent"
            ),
        }),
        Ok(text) => Ok(text),
        Err(_) => Err(Error::Invalid { reason: format!("bindings[{index}]: not UTF-8") }),
    }
}

/// Sends what no server can read: a field of a wire type that does not exist.
struct Unreadable;

impl Codec for Unreadable {
    type Encode = ();
    type Decode = StoredProcResponse;
    type Encoder = Unreadable;
    type Decoder = <ProstCodec<StoredProcRequest, StoredProcResponse> as Codec>::Decoder;

    fn encoder(&mut self) -> Unreadable {
        Unreadable
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<StoredProcRequest, StoredProcResponse>::default().decoder()
    }
}

impl Encoder for Unreadable {
    type Item = ();
    type Error = Status;

    fn encode(&mut self, (): (), buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_u8(15 << 3 | 7);
        Ok(())
    }
}

/// Succeeds if the server has 1.x's call for queries. Sends it a message that it cannot read, so that nothing runs.
pub(super) async fn is_spoken(channel: Channel, request: Request<()>) -> Result<(), Status> {
    let mut client = Grpc::new(channel);
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let path = PathAndQuery::from_static("/DB.DBService/executeQuery");
    match client.unary(request, path, Unreadable).await {
        Ok(_) => Ok(()),
        Err(status) if status.source().is_some() => Err(status),
        Err(status) => match status.code() {
            Code::Unimplemented
            | Code::Unavailable
            | Code::Unauthenticated
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::Cancelled
            | Code::DeadlineExceeded => Err(status),
            // This is how servers answer what they cannot read.
            _ => Ok(()),
        },
    }
}

/// Runs a query on the 1.x wire. The error is the status of the call.
pub(super) async fn run(channel: Channel, request: Request<StoredProcRequest>) -> Result<LegacyAnswer, Status> {
    let mut client =
        DbServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE).max_encoding_message_size(MAX_MESSAGE);
    let response = client.execute_query(request).await?;
    let is_upgraded = response.metadata().get("mtdd-speaks").is_some_and(|wires| wires == "mtdd.v1");
    let StoredProcResponse { result, row_count, command } = response.into_inner();
    Ok(LegacyAnswer { command, row_count, rows: result, is_upgraded })
}

/// How gRPC refuses a message that a server has not read.
const REQUEST_TOO_LARGE: &str = "Received message larger than max";

/// What is said of an answer that could not be written, or not be read. The query has run by then.
const UNREADABLE: [&str; 2] = ["Error serializing response", "failed to decode Protobuf message"];

/// What a status says of the query. `error`: the channel's error for a query that could not run.
pub(super) fn failure(status: &Status, error: impl FnOnce() -> Error) -> LegacyFailure {
    let words = || status.message().to_owned();
    if is_caused_by::<ConnectError>(status) {
        return LegacyFailure::NeverRan(error());
    }
    if status.code() == Code::DeadlineExceeded || is_caused_by::<TimeoutExpired>(status) {
        return LegacyFailure::TimedOut;
    }
    if status.source().is_some() {
        // The connection broke; the server said nothing.
        return LegacyFailure::Lost(describe(status));
    }
    match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => LegacyFailure::NotTaken(error()),
        Code::ResourceExhausted if status.message().starts_with(REQUEST_TOO_LARGE) => {
            LegacyFailure::NotTaken(Error::Overloaded { reason: words() })
        }
        // A server of 1.x says so where the answer to a query that has run is too large; so does this client's reader.
        Code::ResourceExhausted | Code::OutOfRange => LegacyFailure::Lost(describe(status)),
        Code::Internal if UNREADABLE.iter().any(|words| status.message().starts_with(words)) => {
            LegacyFailure::Lost(describe(status))
        }
        Code::Unimplemented => LegacyFailure::NeverRan(error()),
        Code::Unavailable | Code::Cancelled => LegacyFailure::Lost(describe(status)),
        _ => LegacyFailure::Refused(words()),
    }
}

fn is_caused_by<E: std::error::Error + 'static>(status: &Status) -> bool {
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<E>() {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(params: Vec<Parameter>) -> Result<LegacyCall, Error> {
        LegacyCall::new(QueryRequest { sql: "select".into(), params, timeout_ms: 5, ..QueryRequest::default() })
    }

    fn parameter(value: &'static [u8], binary: bool) -> Parameter {
        Parameter { value: Some(value.into()), binary }
    }

    #[test]
    fn null_is_the_text_null_and_bytes_are_hex() {
        let null = Parameter { value: None, binary: false };
        let params = vec![null, parameter(b"NULL", false), parameter(b"\x00\xff", true), parameter(b"", true)];
        let call = call(params).unwrap();
        assert_eq!(call.message.params, ["null", "NULL", "\\x00ff", "\\x"]);
        assert_eq!(call.timeout, Duration::from_millis(5));
    }

    #[test]
    fn a_text_that_would_become_null_is_refused_by_its_position() {
        let error = call(vec![parameter(b"a", false), parameter(b"null", false)]).unwrap_err();
        assert_eq!(error.code(), "VALIDATION_ERROR");
        assert!(error.to_string().starts_with("bindings[1]: the text \"null\""), "{error}");
    }

    #[test]
    fn what_the_server_says_is_told_apart_from_what_became_of_the_connection() {
        let failure =
            |status: Status| super::failure(&status, || Error::ClientClosed { fate: crate::error::Fate::NotRun });
        assert!(
            matches!(failure(Status::internal("no such table")), LegacyFailure::Refused(words) if words == "no such table")
        );
        assert!(matches!(failure(Status::unknown("syntax")), LegacyFailure::Refused(_)));
        assert!(matches!(failure(Status::unavailable("draining")), LegacyFailure::Lost(_)));
        assert!(matches!(failure(Status::deadline_exceeded("")), LegacyFailure::TimedOut));
        assert!(matches!(failure(Status::unauthenticated("")), LegacyFailure::NotTaken(_)));
        let unread = Status::resource_exhausted("Received message larger than max (5 vs. 4)");
        assert!(matches!(failure(unread), LegacyFailure::NotTaken(_)));
        for answer in [
            Status::resource_exhausted("Sent message larger than max (5 vs. 4)"),
            Status::out_of_range("Error, decoded message length too large"),
            Status::internal("Error serializing response: it is too long"),
            Status::internal("failed to decode Protobuf message: buffer underflow"),
        ] {
            assert!(matches!(failure(answer.clone()), LegacyFailure::Lost(_)), "{answer}");
        }
        assert!(matches!(failure(Status::unimplemented("")), LegacyFailure::NeverRan(_)));
        let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert!(matches!(failure(Status::from_error(Box::new(broken))), LegacyFailure::Lost(_)));
        let refused = ConnectError("refused".into());
        assert!(matches!(failure(Status::from_error(Box::new(refused))), LegacyFailure::NeverRan(_)));
    }
}
