//! How JavaScript reaches a query that runs: to end it, and to say that rows were decoded.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::channel::{Call, CallHandle};
use crate::deadline::{Deadline, Deadlines};
use crate::scatter::{Interrupt, Interrupts};

#[derive(Debug, Default)]
pub struct CallControl {
    /// The `Interrupt` that ends the query, as a number; 0: none.
    ending: AtomicU8,
    notify: Notify,
    credit_receiver: Mutex<Option<CreditReceiver>>,
}

const CANCELLED: u8 = 1;
const CLOSED: u8 = 2;

/// Who is told that JavaScript has decoded rows.
#[derive(Debug)]
enum CreditReceiver {
    Call(CallHandle),
    Output(Arc<OutputCredit>),
}

/// Counts the bytes of rows that JavaScript has not decoded yet, for a query whose rows do not come from a single call.
#[derive(Debug, Default)]
pub struct OutputCredit {
    pending: AtomicU64,
    notify: Notify,
}

impl OutputCredit {
    pub fn add(&self, bytes: u32) {
        self.pending.fetch_add(bytes.into(), Ordering::AcqRel);
    }

    /// Waits until at most this many bytes are pending.
    pub async fn at_most(&self, bytes: u64) {
        while self.pending.load(Ordering::Acquire) > bytes {
            self.notify.notified().await;
        }
    }

    fn credit(&self, bytes: u32) {
        self.pending.fetch_sub(bytes.into(), Ordering::AcqRel);
        self.notify.notify_one();
    }
}

impl CallControl {
    /// The application does not want the query any more.
    pub fn cancel(&self) {
        self.end(CANCELLED);
    }

    /// The client closes, and has waited long enough.
    pub fn close(&self) {
        self.end(CLOSED);
    }

    fn end(&self, why: u8) {
        self.ending.store(why, Ordering::Release);
        self.notify.notify_one();
    }

    fn ending(&self) -> Option<Interrupt> {
        match self.ending.load(Ordering::Acquire) {
            CANCELLED => Some(Interrupt::Cancelled),
            CLOSED => Some(Interrupt::Closed),
            _ => None,
        }
    }

    /// JavaScript has decoded this many bytes of rows.
    pub fn credit(&self, bytes: u32) {
        match &*self.credit_receiver() {
            Some(CreditReceiver::Call(call)) => call.credit(bytes),
            Some(CreditReceiver::Output(output)) => output.credit(bytes),
            None => {}
        }
    }

    pub fn attach(&self, call: &Call) {
        *self.credit_receiver() = Some(CreditReceiver::Call(call.handle()));
    }

    pub fn attach_output(&self, output: Arc<OutputCredit>) {
        *self.credit_receiver() = Some(CreditReceiver::Output(output));
    }

    fn credit_receiver(&self) -> MutexGuard<'_, Option<CreditReceiver>> {
        self.credit_receiver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The interrupts of a fan-out that has this much time.
    pub fn interrupts<'a>(&'a self, deadlines: &'a Deadlines, timeout: Duration) -> Interrupts<'a> {
        Interrupts::start(deadlines, timeout, |deadline| self.interrupt(deadline))
    }

    /// Waits until the query has to end before its answer.
    pub async fn interrupt(&self, deadline: Deadline) -> Interrupt {
        tokio::select! {
            biased;
            why = self.ended() => why,
            () = deadline => Interrupt::Deadline,
        }
    }

    /// The same without a deadline.
    pub async fn ended(&self) -> Interrupt {
        loop {
            if let Some(ending) = self.ending() {
                return ending;
            }
            self.notify.notified().await;
        }
    }
}
