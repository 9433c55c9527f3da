//! gRPC channels to the query servers, one per shard. This module says exactly what became of a query that failed: never
//! sent, or lost after sending. Whether to try again is for `scatter` to decide.

mod connection;
mod legacy;
mod listening;
mod query_channel;
mod reply_queue;
mod session;
mod stream;
mod stream_places;

pub use legacy::{LegacyAnswer, LegacyCall, LegacyFailure};
pub use listening::{ListenEvent, ListenStream};
pub use query_channel::{QueryChannel, StartedCall};
pub use reply_queue::ReplyEvent;
pub use session::ServerSession;
pub use stream::{Call, CallHandle, PlacedTenant, ReadSafety, WINDOW};
