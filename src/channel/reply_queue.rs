//! Holds the parts of one reply until the query takes them.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use crate::data::shape::Description;
use crate::proto::ReplyPart;

/// What a query gets from its server.
#[derive(Debug)]
pub enum ReplyEvent {
    /// A part of the reply, and the description of the result that begins with it.
    Part(ReplyPart, Option<Arc<Description>>),
    /// The server has not run the query, and will not.
    NeverRan(String),
    /// The server refuses the stream, whose settings it does not take. It has not run the query.
    Refused(String),
    /// The connection is lost. The query may have run.
    Lost(String),
    /// The server broke the protocol.
    Broken(String),
}

#[derive(Debug, Default)]
pub(super) struct ReplyQueue(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    // Most replies have a single part, which never touches the queue.
    first: Option<ReplyEvent>,
    rest: VecDeque<ReplyEvent>,
    waker: Option<Waker>,
}

impl ReplyQueue {
    pub fn push(&self, event: ReplyEvent) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.first.is_none() && state.rest.is_empty() {
            state.first = Some(event);
        } else {
            state.rest.push_back(event);
        }
        if let Some(waker) = state.waker.take() {
            drop(state);
            waker.wake();
        }
    }

    pub async fn next(&self) -> ReplyEvent {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match state.first.take().or_else(|| state.rest.pop_front()) {
                Some(event) => Poll::Ready(event),
                None => {
                    state.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}
