//! `ListenToChannel`: a subscription as a stream of messages. `notifications` defines what a subscription promises;
//! `legacy` does the same for the 1.x protocol.

use std::pin::Pin;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::{StreamExt, stream};
use tokio_stream::Stream;
use tonic::Status;

use super::notifications::{HubEvent, Subscription};
use super::placement::Residence;
use super::reply_chunk::status;
use crate::proto::channel_message::Message;
use crate::proto::{ChannelMessage, Listening, Notification};

/// The answer of a call.
pub type Messages = Pin<Box<dyn Stream<Item = Result<ChannelMessage, Status>> + Send>>;

/// The messages of a subscription. With `residence`, a tenant's: they end when the tenant is moved.
pub fn messages(subscription: Subscription, residence: Option<Residence>) -> Messages {
    let events = subscription.map(|event| match event {
        Ok(event) => Ok(ChannelMessage { message: Some(message(event)) }),
        Err(end) => Err(status(end)),
    });
    match residence {
        // The first error ends the call.
        Some(residence) => {
            Box::pin(stream::select(events, stream::once(async move { Err(status(residence.ended().await)) })))
        }
        None => Box::pin(events),
    }
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
