//! The queue of everything for JavaScript. Whatever completes before JavaScript comes for it crosses in one call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::data::compact::{EncodedBatch, Record, Skeletons};
use crate::data::row::MalformedRow;
use crate::data::shape::{Description, Shape, ShapeIds};

/// How many log records may wait; more are dropped.
const MOST_LOGS: usize = 10_000;

pub struct JsQueue {
    state: Mutex<State>,
    ids: Arc<ShapeIds>,
    /// Makes JavaScript call `take` soon.
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    batch: EncodedBatch,
    skeletons: Skeletons,
    /// JavaScript was woken and has not come yet.
    woken: bool,
}

impl JsQueue {
    /// `compiles`: JavaScript may generate code, and so build JSON documents from skeletons.
    pub fn new(compiles: bool, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let state = State { skeletons: Skeletons::new(compiles), ..State::default() };
        JsQueue { state: Mutex::new(state), ids: Arc::default(), wake: Box::new(wake) }
    }

    /// The shape of a result that begins. JavaScript gets it before any row.
    pub fn shape(&self, description: &Description, overrides: u16) -> Arc<Shape> {
        let (shape, announcement) = description.shape(overrides, &self.ids);
        if let Some(announcement) = announcement {
            self.lock().batch.shapes.push(announcement);
        }
        shape
    }

    /// Adds a piece of a reply. If a row is malformed, adds nothing.
    pub fn push(&self, piece: Record<'_>) -> Result<(), MalformedRow> {
        let mut state = self.lock();
        let State { batch, skeletons, .. } = &mut *state;
        batch.push(piece, skeletons)?;
        self.wake(state);
        Ok(())
    }

    /// Adds a log record (JSON).
    pub fn log(&self, record: String) {
        let mut state = self.lock();
        if state.batch.logs.len() == MOST_LOGS {
            // JavaScript is stuck. The records that it will read say how it got there.
            return;
        }
        state.batch.logs.push(record);
        self.wake(state);
    }

    /// Asks the application for another token.
    pub fn ask_for_token(&self) {
        let mut state = self.lock();
        state.batch.wants_token = true;
        self.wake(state);
    }

    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let wake = !std::mem::replace(&mut state.woken, true);
        drop(state);
        if wake {
            (self.wake)();
        }
    }

    /// Takes everything that waits.
    pub fn take(&self) -> EncodedBatch {
        let mut state = self.lock();
        state.woken = false;
        let mut batch = std::mem::take(&mut state.batch);
        batch.dropped_shapes = self.ids.take_dropped();
        batch
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for JsQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsQueue").finish_non_exhaustive()
    }
}
