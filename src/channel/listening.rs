//! Receives the notifications of one PostgreSQL channel from one query server, on either wire. Ends with an error as
//! soon as some may have been missed. The caller decides whether to listen again.

use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use serde_json::Value;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::dial::opened;
use crate::proto::channel_message::Message;
use crate::proto::db_service_client::DbServiceClient;
use crate::proto::legacy_db::db_service_client::DbServiceClient as LegacyClient;
use crate::proto::{ChannelRequest, Notification, legacy_db};

/// A 1.x server does not say when LISTEN is in force. If it has not refused by then, it is assumed to be.
const SILENCE_IS_CONSENT: Duration = Duration::from_millis(500);

/// What a listener receives.
#[derive(Debug, PartialEq)]
pub enum ListenEvent {
    /// LISTEN is in force. Comes first, and once.
    InForce,
    Notification {
        payload: String,
        /// The PostgreSQL process that notified; None: the server does not say.
        process_id: Option<i32>,
        /// When the server received it: milliseconds since 1970, or ISO 8601 from a 1.x server.
        received_at: Value,
    },
}

/// The last item is the error that it ended with.
pub type ListenStream = Pin<Box<dyn Stream<Item = Result<ListenEvent, Status>> + Send>>;

/// Listens on the mtdd.v1 wire.
pub async fn listen(channel: Channel, request: Request<ChannelRequest>) -> Result<ListenStream, Status> {
    let call = async move { DbServiceClient::new(channel).listen_to_channel(request).await };
    let messages = opened(call).await?.into_inner();
    let heard = messages.try_filter_map(|message| async {
        Ok(message.message.map(|message| match message {
            Message::Listening(_) => ListenEvent::InForce,
            Message::Notification(Notification { payload, process_id, received_at }) => {
                ListenEvent::Notification { payload, process_id: Some(process_id), received_at: received_at.into() }
            }
        }))
    });
    Ok(to_its_end(heard))
}

/// Listens on the 1.x wire.
pub async fn listen_legacy(
    channel: Channel,
    request: Request<legacy_db::ChannelRequest>,
) -> Result<ListenStream, Status> {
    let mut call = Box::pin(async move {
        let responses = LegacyClient::new(channel).listen_to_channel(request).await?.into_inner();
        Ok::<_, Status>(responses.map_ok(|response| ListenEvent::Notification {
            payload: payload(response.data),
            process_id: None,
            received_at: response.timestamp.into(),
        }))
    });
    let listening = stream::once(async { Ok(ListenEvent::InForce) });
    Ok(match timeout(SILENCE_IS_CONSENT, &mut call).await {
        Ok(responses) => to_its_end(listening.chain(responses?)),
        // The server's answer begins with the first notification.
        Err(_) => to_its_end(listening.chain(stream::once(call).try_flatten())),
    })
}

/// Ends with an error: a server that has nothing more to say has stopped listening.
fn to_its_end(heard: impl Stream<Item = Result<ListenEvent, Status>> + Send + 'static) -> ListenStream {
    let end = stream::once(async { Err(Status::unavailable("the server ended the stream")) });
    Box::pin(heard.chain(end))
}

/// The payload that a 1.x server means. By contract, it is a JSON string. Anything else breaks the contract, and is
/// taken as the bare payload. (If a server sends bare payloads, one that happens to be a JSON string is misread: the
/// wire does not tell them apart.)
fn payload(data: String) -> String {
    match serde_json::from_str(&data) {
        Ok(Value::String(text)) => text,
        _ => data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_what_a_json_string_says_and_other_json_as_it_stands() {
        for (data, expected) in
            [(r#""say \"hi\"""#, "say \"hi\""), (r#"{"a": 1}"#, r#"{"a": 1}"#), ("5", "5"), ("no json", "no json")]
        {
            assert_eq!(payload(data.to_owned()), expected);
        }
    }
}
