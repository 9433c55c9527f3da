//! Why a query ends before its answer.

use std::time::Duration;

use crate::error::{Error, Fate};

/// How long to wait, after the deadline, for the server to say what became of the statement.
pub const DEADLINE_GRACE: Duration = Duration::from_millis(250);
/// The same after a cancel.
pub const CANCEL_GRACE: Duration = Duration::from_millis(750);

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Interrupt {
    Cancelled,
    /// The client was closed.
    Closed,
    Deadline,
}

impl Interrupt {
    pub fn error(self, timeout: Duration, fate: Fate) -> Error {
        match self {
            Interrupt::Cancelled => Error::Cancelled { fate },
            Interrupt::Closed => Error::ClientClosed { fate },
            Interrupt::Deadline => Error::Timeout { timeout_ms: timeout.as_millis() as u64, fate },
        }
    }
}
