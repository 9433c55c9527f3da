//! Sends a fan-out's rows to JavaScript. Waits while JavaScript has too many to decode, and yields to other queries now
//! and then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::channel::WINDOW;
use crate::client::call_control::{CallControl, OutputCredit};
use crate::client::message::JsMessage;
use crate::client::shared::Shared;
use crate::data::compact::Record;
use crate::data::row::MalformedRow;
use crate::data::shape::{Description, Shape};
use crate::error::Error;

/// How long a fan-out may occupy the client's only thread.
const SLICE: Duration = Duration::from_millis(5);

pub struct RowOutput<'a> {
    shared: &'a Shared,
    id: u32,
    overrides: u16,
    credit: Arc<OutputCredit>,
    shape: Option<Arc<Shape>>,
    /// The shape of a result that has begun, until a piece announces it.
    begins: Option<u32>,
    slice: Instant,
    /// Rows of the current result.
    pub count: u64,
}

impl<'a> RowOutput<'a> {
    pub fn new(shared: &'a Shared, id: u32, overrides: u16, control: &CallControl) -> Self {
        let credit = Arc::new(OutputCredit::default());
        control.attach_output(credit.clone());
        RowOutput { shared, id, overrides, credit, shape: None, begins: None, slice: Instant::now(), count: 0 }
    }

    /// Begins a result that returns rows.
    pub fn begin(&mut self, description: &Description) {
        let shape = self.shared.js_queue.shape(description, self.overrides);
        self.begins = Some(shape.id);
        self.shape = Some(shape);
        self.count = 0;
    }

    /// Sends DataRow messages.
    pub fn rows(&mut self, rows: &[u8], count: u32) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let credit = rows.len() as u32;
        self.credit.add(credit);
        self.count += u64::from(count);
        self.push(Record { rows, credit: Some(credit), ..Record::default() })
    }

    /// Ends the result. PostgreSQL gives an empty query no tag.
    pub fn end(&mut self, command_tag: Option<&str>) -> Result<(), Error> {
        self.push(Record { command_tag, ..Record::default() })
    }

    /// Ends the reply with a message.
    pub fn finish(&mut self, message: &JsMessage<'_>) -> Result<(), Error> {
        self.push(Record { message: Some(message.json()), last: true, ..Record::default() })
    }

    /// Waits until more rows may be sent, and lets others run if this one has run for long.
    pub async fn room(&mut self) {
        if self.slice.elapsed() > SLICE {
            tokio::task::yield_now().await;
            self.slice = Instant::now();
        }
        self.credit.at_most(WINDOW.into()).await;
    }

    fn push(&mut self, piece: Record<'_>) -> Result<(), Error> {
        let shape = self.shape.clone();
        let kinds = shape.as_ref().map_or(&[][..], |shape| &shape.kinds);
        let piece = Record { id: self.id, shape: self.begins.take(), kinds, ..piece };
        self.shared.js_queue.push(piece).map_err(|MalformedRow| Error::Protocol {
            server: "a query server".into(),
            reason: MalformedRow.to_string(),
        })
    }
}
