//! What waits for the subscribers of PostgreSQL's notifications: a queue for each of them, and the bytes of all.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::{HubEvent, ListeningEnd};

/// Events that may wait for one subscriber. PostgreSQL's payloads are below 8 kB, and subscribers share them.
pub const MOST_WAITING: usize = 8192;
/// Bytes of an event in a queue, and of a notification beside its payload.
const OVERHEAD: usize = 64;

/// The bytes that wait for all subscribers; clones count together.
#[derive(Clone, Debug, Default)]
pub struct WaitingBytes(Arc<AtomicUsize>);

impl WaitingBytes {
    pub fn now(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts some bytes until the guard is dropped.
    pub fn hold(&self, payload: &str) -> HeldBytes {
        let bytes = payload.len() + OVERHEAD;
        self.0.fetch_add(bytes, Ordering::Relaxed);
        HeldBytes { bytes, of: self.clone() }
    }
}

/// The bytes of one notification, however many subscribers it waits for.
#[derive(Debug)]
pub struct HeldBytes {
    bytes: usize,
    of: WaitingBytes,
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.of.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The events that wait for one subscriber.
#[derive(Debug)]
pub struct EventQueue {
    state: Mutex<QueueState>,
    all: WaitingBytes,
}

#[derive(Debug, Default)]
struct QueueState {
    events: VecDeque<HubEvent>,
    /// Bytes that would be free if nobody else waited for the same.
    bytes: usize,
    /// There will be no more events than those that wait.
    end: Option<ListeningEnd>,
    reader: Option<Waker>,
}

fn size(event: &HubEvent) -> usize {
    match event {
        HubEvent::Listening => OVERHEAD,
        HubEvent::Notification(notification) => notification.payload.len() + OVERHEAD,
    }
}

impl EventQueue {
    pub fn new(all: WaitingBytes) -> Arc<EventQueue> {
        Arc::new(EventQueue { state: Mutex::default(), all })
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event; false: the subscriber is to be let go.
    pub fn push(&self, event: HubEvent) -> bool {
        let mut state = self.lock();
        if state.end.is_some() {
            return false;
        }
        if state.events.len() >= MOST_WAITING {
            drop(state);
            self.give_up(ListeningEnd::TooMany);
            return false;
        }
        state.bytes += size(&event);
        state.events.push_back(event);
        self.all.0.fetch_add(OVERHEAD, Ordering::Relaxed);
        let reader = state.reader.take();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
        true
    }

    /// The next event; after the last one, why there will be no more.
    pub fn poll(&self, context: &Context<'_>) -> Poll<Result<HubEvent, ListeningEnd>> {
        let mut state = self.lock();
        if let Some(event) = state.events.pop_front() {
            state.bytes -= size(&event);
            self.all.0.fetch_sub(OVERHEAD, Ordering::Relaxed);
            return Poll::Ready(Ok(event));
        }
        match &state.end {
            Some(end) => Poll::Ready(Err(end.clone())),
            None => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// What waits here.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Ends it after the events that wait.
    pub fn end(&self, end: ListeningEnd) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        let reader = state.reader.take();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
    }

    /// Ends it and drops what waits.
    pub fn give_up(&self, end: ListeningEnd) {
        let mut state = self.lock();
        state.bytes = 0;
        let events = std::mem::take(&mut state.events);
        drop(state);
        self.all.0.fetch_sub(events.len() * OVERHEAD, Ordering::Relaxed);
        drop(events);
        self.end(end);
    }
}
