//! When a fan-out has to end before its answer: JavaScript has cancelled it, the client is closing, or its time is up.
//! There is one watch for all that a fan-out does, one after the other or at once.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::world::{Control, Interrupt};
use crate::deadline::{Deadline, Deadlines};

pub struct Watch<'a> {
    deadlines: &'a Deadlines,
    pub timeout: Duration,
    pub deadline: Instant,
    interrupt: Pin<Box<dyn Future<Output = Interrupt> + Send + 'a>>,
    /// It has come.
    pub interrupted: Option<Interrupt>,
}

impl<'a> Watch<'a> {
    pub fn start(deadlines: &'a Deadlines, control: &'a Control, timeout: Duration) -> Self {
        let deadline = Instant::now() + timeout;
        Watch {
            deadlines,
            timeout,
            deadline,
            interrupt: Box::pin(control.interrupt(deadlines.at(deadline))),
            interrupted: None,
        }
    }

    pub fn at(&self, at: Instant) -> Deadline {
        self.deadlines.at(at)
    }

    pub fn after(&self, wait: Duration) -> Deadline {
        self.at(Instant::now() + wait)
    }

    /// Ready, once, when the interrupt comes.
    pub fn poll_interrupt(&mut self, context: &mut Context<'_>) -> Poll<Interrupt> {
        if self.interrupted.is_some() {
            return Poll::Pending;
        }
        let poll = self.interrupt.as_mut().poll(context);
        if let Poll::Ready(interrupt) = poll {
            self.interrupted = Some(interrupt);
        }
        poll
    }

    /// `work`, unless the fan-out is interrupted first.
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

/// Milliseconds from now, at least 1, as the wire counts them.
pub fn milliseconds_until(deadline: Instant) -> u32 {
    let left = deadline.saturating_duration_since(Instant::now()).as_millis();
    u32::try_from(left).unwrap_or(u32::MAX).max(1)
}
