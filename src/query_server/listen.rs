//! `ListenToChannel`: a subscription as a stream of messages. `notifications` defines what a subscription promises;
//! `legacy` does the same for the 1.x protocol.

use std::future::pending;
use std::pin::Pin;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::{StreamExt, stream};
use tokio_stream::Stream;
use tonic::Status;

use super::notifications::{HubEvent, Subscription};
use super::placement::Residence;
use super::reply_chunk::status;
use super::revocation::revoked;
use crate::proto::channel_message::Message;
use crate::proto::{ChannelMessage, Listening, Notification};
use crate::shutdown::Drain;

/// The answer of a call.
pub type Messages = Pin<Box<dyn Stream<Item = Result<ChannelMessage, Status>> + Send>>;

/// The messages of a subscription. With `residence`, a tenant's: they end when the tenant is moved. They also end when
/// the caller's token is revoked.
pub fn messages(subscription: Subscription, residence: Option<Residence>, revocation: Option<Drain>) -> Messages {
    let events = subscription.map(|event| match event {
        Ok(event) => Ok(ChannelMessage { message: Some(message(event)) }),
        Err(end) => Err(status(end)),
    });
    // The first error ends the call.
    let ended = async move {
        let moved = async {
            match residence {
                Some(residence) => status(residence.ended().await),
                None => pending().await,
            }
        };
        tokio::select! {
            status = moved => Err(status),
            status = revoked(revocation) => Err(status),
        }
    };
    Box::pin(stream::select(events, stream::once(ended)))
}

fn message(event: HubEvent) -> Message {
    match event {
        HubEvent::Listening => Message::Listening(Listening {}),
        HubEvent::Notification(notification) => Message::Notification(Notification {
            payload: notification.payload.clone(),
            process_id: notification.process_id,
            received_at: milliseconds(notification.received_at),
        }),
    }
}

/// Since 1970.
pub fn milliseconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
