//! What all queries of a client share.

use std::sync::Arc;
use std::time::Duration;

use super::fan_out::FanOutCaches;
use super::js_queue::JsQueue;
use super::message::JsMessage;
use super::sessions::HeldSessions;
use crate::data::compact::Record;
use crate::data::shape::Descriptions;
use crate::error::Error;
use crate::route::Router;
use crate::scatter::Shards;

#[derive(Debug)]
pub struct Shared {
    pub router: Router,
    pub shards: Shards,
    pub js_queue: Arc<JsQueue>,
    /// For queries that name none.
    pub timeout: Duration,
    pub sessions: HeldSessions,
    pub fan_outs: FanOutCaches,
    /// The column descriptions of all results.
    pub descriptions: Arc<Descriptions>,
}

impl Shared {
    /// Ends a query. JavaScript is told exactly once.
    pub fn finish(&self, id: u32, outcome: Result<(), Error>) {
        self.push_last(id, outcome.err().map(|error| JsMessage::Error(&error).json()));
    }

    /// Ends a query with a message.
    pub fn finish_with(&self, id: u32, message: &JsMessage<'_>) {
        self.finish_with_json(id, message.json());
    }

    /// The same for a message that is JSON already.
    pub fn finish_with_json(&self, id: u32, message: String) {
        self.push_last(id, Some(message));
    }

    /// Sends a message that ends nothing. `credit`: how many bytes of it count against what may be pending.
    pub fn send(&self, id: u32, message: &JsMessage<'_>, credit: Option<u32>) {
        let _ = self.js_queue.push(Record { id, message: Some(message.json()), credit, ..Record::default() });
    }

    fn push_last(&self, id: u32, message: Option<String>) {
        let pushed = self.js_queue.push(Record { id, message, last: true, ..Record::default() });
        debug_assert!(pushed.is_ok(), "a piece without rows cannot be malformed");
    }
}
