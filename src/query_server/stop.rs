//! Why a query is stopped before its end, and what its caller is told. `stop_watch` finds the reasons; `cancel` asks
//! PostgreSQL to stop.

use std::borrow::Cow;
use std::time::Duration;

use tokio::time::Instant;

use super::reply_chunk::{ReplyChunk, failure};
use crate::proto::Failure;
use crate::proto::failure::Reason;

/// How long a statement may go on after a cancel request; then its connection is closed.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// The deadline of a query, and whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeLimit {
    pub at: Instant,
    pub of: LimitOf,
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitOf {
    Caller,
    /// --max-statement-time.
    Statements(Duration),
    /// --session-max-age.
    Sessions(Duration),
}

impl TimeLimit {
    /// A limit that begins now; None: it is so far away that it never passes.
    pub fn after(time: Duration, of: LimitOf) -> Option<TimeLimit> {
        Some(TimeLimit { at: Instant::now().checked_add(time)?, of })
    }
}

/// Why a query is stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Its caller cancelled it or is gone.
    Cancelled,
    /// The lease for its tenant has ended.
    Lapsed,
    /// Its deadline has passed.
    Deadline(LimitOf),
    /// A row, or the whole reply, does not fit into a message.
    TooLarge,
    /// Its caller did not read rows for too long.
    Stalled,
    /// There is no memory for its reply.
    Overloaded,
}

impl StopReason {
    fn reason(self) -> Reason {
        match self {
            StopReason::Cancelled => Reason::Cancelled,
            StopReason::Lapsed => Reason::Unavailable,
            StopReason::Deadline(_) => Reason::Timeout,
            StopReason::TooLarge => Reason::Invalid,
            StopReason::Stalled => Reason::Stalled,
            StopReason::Overloaded => Reason::Overloaded,
        }
    }

    fn words(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            StopReason::Cancelled => "the query was cancelled",
            StopReason::Lapsed => {
                "no lookup server has answered for too long (--max-placement-staleness), so the query may not run"
            }
            StopReason::Deadline(LimitOf::Caller) => "the query timed out",
            StopReason::Deadline(LimitOf::Statements(most)) => {
                return Cow::Owned(format!(
                    "the query did not finish within {} ms (--max-statement-time)",
                    most.as_millis()
                ));
            }
            StopReason::Deadline(LimitOf::Sessions(most)) => {
                return Cow::Owned(format!("the query's session had lasted {} s (--session-max-age)", most.as_secs()));
            }
            StopReason::TooLarge => "a row or the whole reply exceeds the message limit (--max-message-size)",
            StopReason::Overloaded => {
                "replies that callers have not read have reached their memory limit (--memory-limit)"
            }
            StopReason::Stalled => "the query's rows were not read for too long (--reader-stall-timeout)",
        })
    }

    fn failure(self, reason: Reason, never_ran: bool, message: String) -> Failure {
        let server_limit_ms = match self {
            StopReason::Deadline(LimitOf::Statements(most) | LimitOf::Sessions(most)) => {
                u32::try_from(most.as_millis()).unwrap_or(u32::MAX)
            }
            _ => 0,
        };
        Failure { server_limit_ms, ..failure(reason, never_ran, message) }
    }

    /// Nothing has run.
    pub fn before(self) -> Failure {
        self.failure(self.reason(), true, format!("{}; it was not run", self.words()))
    }

    /// PostgreSQL has confirmed the stop, or cannot have committed anything.
    pub fn after(self) -> Failure {
        self.failure(self.reason(), false, format!("{}; it was stopped", self.words()))
    }

    /// The statement only reads, so its outcome does not matter.
    pub fn of_a_read(self) -> Failure {
        self.failure(self.reason(), false, format!("{}; the statement only reads", self.words()))
    }

    /// The connection was closed inside the caller's transaction, which is rolled back.
    pub fn closed(self) -> Failure {
        let how =
            "the statement did not stop when cancelled, so its connection was closed and its transaction rolled back";
        self.failure(self.reason(), false, format!("{}; {how}", self.words()))
    }

    /// PostgreSQL had already finished the statement, and its transaction was made to fail.
    pub fn undone(self) -> Failure {
        let how = "PostgreSQL had already finished the statement, so its transaction was made to fail";
        self.failure(self.reason(), false, format!("{}; {how}", self.words()))
    }

    /// PostgreSQL had already finished the statement, and not all of its reply was delivered.
    pub fn too_late(self) -> Failure {
        self.in_doubt(
            "PostgreSQL had already finished the statement, so it took effect, but not all of its reply was \
             delivered",
        )
    }

    /// PostgreSQL went on, and the connection was closed.
    pub fn not_stopped(self) -> Failure {
        self.in_doubt(
            "the statement did not stop when cancelled, so its connection was closed; whether it took effect is not \
                 known",
        )
    }

    /// PostgreSQL has confirmed the stop, but the text may have committed something before.
    pub fn partly(self) -> Failure {
        self.in_doubt("the statement was stopped, but what it had committed before stays committed")
    }

    /// The statement may have taken effect.
    pub fn in_doubt(self, how: &str) -> Failure {
        let mut failure = self.failure(Reason::OutcomeUnknown, false, format!("{}; {how}", self.words()));
        failure.stopping_for = self.reason().into();
        failure.cause = self.words().into_owned();
        failure
    }
}

/// The failure for unary callers: without doubt about the outcome, if the statement only reads.
pub fn for_unary_caller(mut failure: Failure) -> Failure {
    if failure.only_read() {
        failure.reason = std::mem::take(&mut failure.stopping_for);
        failure.cause.clear();
        failure.only_read = None;
    }
    failure
}

/// The caller of a query, which waits for its reply.
pub trait Caller: Sync {
    /// Takes a chunk that is not the last; waits while the caller has no room for it.
    fn send(&self, chunk: ReplyChunk) -> impl Future<Output = Result<(), StopReason>> + Send;

    /// Returns when the caller cancels or is gone, or when the lease has ended, with the reason.
    fn cancelled(&self) -> impl Future<Output = StopReason> + Send;

    /// True if it has said that it takes nothing for now, and why that is nobody's fault.
    fn is_held_up(&self) -> bool {
        false
    }
}
