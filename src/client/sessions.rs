//! The PostgreSQL sessions that transactions hold.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::channel::ServerSession;
use crate::plan;

/// Queries of one session that may be sent and unanswered. A server refuses what exceeds 1024, and counts a query for a
/// moment longer than its caller.
const MOST_UNANSWERED: usize = 512;

/// A session and its shard.
#[derive(Debug)]
pub struct HeldSession {
    pub shard: usize,
    pub session: ServerSession,
    /// Queries that were sent in it.
    pub sent: AtomicU32,
    /// Those of them that may have ended its transaction.
    endings: AtomicU32,
    /// Held by the next query to be sent: those behind it wait in their order.
    pub order: tokio::sync::Mutex<()>,
    /// One for each query that may be unanswered.
    pub places: Semaphore,
}

impl HeldSession {
    pub fn new(shard: usize, session: ServerSession) -> Self {
        HeldSession {
            shard,
            session,
            sent: AtomicU32::new(0),
            endings: AtomicU32::new(0),
            order: Default::default(),
            places: Semaphore::new(MOST_UNANSWERED),
        }
    }

    /// Counts a query that is about to be sent; true if it is the first one.
    pub fn note(&self, sql: &str) -> bool {
        if plan::may_end_transaction(sql) {
            self.endings.fetch_add(1, Ordering::Relaxed);
        }
        self.sent.fetch_add(1, Ordering::Relaxed) == 0
    }

    /// True if a query that was sent in it is in a transaction that is rolled back with the session, because no other query
    /// may have ended that transaction.
    pub fn is_in_transaction(&self, sql: &str) -> bool {
        self.endings.load(Ordering::Relaxed) <= u32::from(plan::may_end_transaction(sql))
    }

    /// True if everything done in it is rolled back with it.
    pub fn rolls_back(&self) -> bool {
        self.endings.load(Ordering::Relaxed) == 0
    }
}

/// How many closed sessions are remembered.
const MOST_CLOSED: usize = 1024;

#[derive(Debug, Default)]
pub struct HeldSessions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    held: HashMap<u32, Arc<HeldSession>>,
    /// Closed sessions, and whether everything done in them is rolled back.
    closed: VecDeque<(u32, bool)>,
}

impl HeldSessions {
    pub fn get(&self, number: u32) -> Option<Arc<HeldSession>> {
        self.lock().held.get(&number).cloned()
    }

    /// Closes a session. Its server rolls back the open transaction.
    pub fn close(&self, number: u32) {
        let mut state = self.lock();
        if let Some(held) = state.held.remove(&number) {
            state.closed.push_back((number, held.rolls_back()));
            if state.closed.len() > MOST_CLOSED {
                state.closed.pop_front();
            }
        }
    }

    pub fn close_all(&self) {
        let numbers: Vec<u32> = self.lock().held.keys().copied().collect();
        numbers.into_iter().for_each(|number| self.close(number));
    }

    pub fn is_empty(&self) -> bool {
        self.lock().held.is_empty()
    }

    /// True if a session was closed, and everything done in it is rolled back.
    pub fn is_rolled_back(&self, number: u32) -> bool {
        self.lock().closed.iter().rev().any(|&closed| closed == (number, true))
    }

    pub fn open(&self, number: u32, held: HeldSession) {
        self.lock().held.insert(number, Arc::new(held));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
