//! Ends a fan-out before its answer: the application cancelled it, the client closes, or its deadline passed. One
//! `Interrupts` covers all steps of a fan-out.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::interrupt::Interrupt;
use crate::deadline::{Deadline, Deadlines};

pub struct Interrupts<'a> {
    deadlines: &'a Deadlines,
    pub timeout: Duration,
    pub deadline: Instant,
    next: Pin<Box<dyn Future<Output = Interrupt> + Send + 'a>>,
    /// The interrupt, once it has come.
    pub interrupted: Option<Interrupt>,
}

impl<'a> Interrupts<'a> {
    /// `interrupt` makes the future that resolves when the query is to end, given its deadline.
    pub fn start<F: Future<Output = Interrupt> + Send + 'a>(
        deadlines: &'a Deadlines,
        timeout: Duration,
        interrupt: impl FnOnce(Deadline) -> F,
    ) -> Self {
        let deadline = Instant::now() + timeout;
        let next = Box::pin(interrupt(deadlines.at(deadline)));
        Interrupts { deadlines, timeout, deadline, next, interrupted: None }
    }

    pub fn at(&self, at: Instant) -> Deadline {
        self.deadlines.at(at)
    }

    pub fn after(&self, wait: Duration) -> Deadline {
        self.at(Instant::now() + wait)
    }

    /// Ready once, when the interrupt comes.
    pub fn poll_interrupt(&mut self, context: &mut Context<'_>) -> Poll<Interrupt> {
        if self.interrupted.is_some() {
            return Poll::Pending;
        }
        let poll = self.next.as_mut().poll(context);
        if let Poll::Ready(interrupt) = poll {
            self.interrupted = Some(interrupt);
        }
        poll
    }

    /// Runs `work`, unless the fan-out is interrupted first.
    pub async fn until<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Interrupt> {
        if let Some(interrupt) = self.interrupted {
            return Err(interrupt);
        }
        let mut work = pin!(work);
        std::future::poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.poll_interrupt(context).map(Err),
        })
        .await
    }
}

/// Milliseconds from now, at least 1, for `timeout_ms` on the wire.
pub fn milliseconds_until(deadline: Instant) -> u32 {
    let left = deadline.saturating_duration_since(Instant::now()).as_millis();
    u32::try_from(left).unwrap_or(u32::MAX).max(1)
}
