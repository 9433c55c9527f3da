//! What all queries of a client share, the sessions held for transactions among it, and how a query under way is reached.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::failure::{error_record, fitted};
use super::fan_out::FanOuts;
use super::outbox::Outbox;
use crate::channel::{Call, CallHandle, QueryChannel, Session};
use crate::data::compact::Piece;
use crate::data::shape::Descriptions;
use crate::deadline::Deadline;
use crate::error::{Error, Fate};
use crate::plan;
use crate::route::Router;
use crate::scatter::Budget;

/// What all queries of a client share.
#[derive(Debug)]
pub struct World {
    pub router: Router,
    pub channels: Vec<QueryChannel>,
    pub outbox: Arc<Outbox>,
    pub timeout: Duration,
    pub max_retries: u32,
    pub retries: Budget,
    pub sessions: Sessions,
    pub fan_outs: FanOuts,
    /// Of the results of all queries.
    pub descriptions: Arc<Descriptions>,
}

impl World {
    /// Ends a query: JavaScript hears of it exactly once.
    pub fn finish(&self, id: u32, outcome: Result<(), Error>) {
        self.end(id, outcome.err().map(|error| error_record(&error)));
    }

    /// Tells JavaScript something that ends nothing. `credit`: bytes of it that count against what may be on its way.
    pub fn tell(&self, id: u32, news: &Value, credit: Option<u32>) {
        let _ = self.outbox.push(Piece { id, error: Some(news.to_string()), credit, ..Piece::default() });
    }

    /// Ends a question about a place.
    pub fn finish_placed(&self, id: u32, tenant_id: &str, shard: usize) {
        self.end(id, Some(json!({ "placement": [tenant_id, shard] })));
    }

    /// Ends a query with what comes in the place of an error.
    pub fn end(&self, id: u32, record: Option<Value>) {
        self.push_last(id, record.map(|record| fitted(record).to_string()));
    }

    /// The same with the text of its last record, which is JSON.
    pub fn end_with(&self, id: u32, record: String) {
        self.push_last(id, Some(record));
    }

    fn push_last(&self, id: u32, error: Option<String>) {
        let pushed = self.outbox.push(Piece { id, error, last: true, ..Piece::default() });
        debug_assert!(pushed.is_ok(), "a piece without rows cannot be malformed");
    }
}

/// How JavaScript reaches a query under way.
#[derive(Debug, Default)]
pub struct Control {
    /// Why it is to end, once it is: an `Interrupt` as a number; 0: it is not.
    ending: AtomicU8,
    notify: Notify,
    reader: Mutex<Option<Reader>>,
}

/// Who has to hear that JavaScript has taken rows.
#[derive(Debug)]
enum Reader {
    Call(CallHandle),
    Taken(Arc<Taken>),
}

/// The bytes of rows that have gone out and are not decoded yet, of a query whose rows do not come from one call.
#[derive(Debug, Default)]
pub struct Taken {
    waiting: AtomicU64,
    less: Notify,
}

impl Taken {
    pub fn add(&self, bytes: u32) {
        self.waiting.fetch_add(bytes.into(), Ordering::AcqRel);
    }

    /// Ready once no more than this many bytes wait.
    pub async fn at_most(&self, bytes: u64) {
        while self.waiting.load(Ordering::Acquire) > bytes {
            self.less.notified().await;
        }
    }

    fn credit(&self, bytes: u32) {
        self.waiting.fetch_sub(bytes.into(), Ordering::AcqRel);
        self.less.notify_one();
    }
}

impl Control {
    /// The caller does not want it any more.
    pub fn cancel(&self) {
        self.end(CANCELLED);
    }

    /// The client is closing, and has waited long enough.
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

    pub fn credit(&self, bytes: u32) {
        match &*self.reader() {
            Some(Reader::Call(call)) => call.credit(bytes),
            Some(Reader::Taken(taken)) => taken.credit(bytes),
            None => {}
        }
    }

    pub fn attach(&self, call: &Call) {
        *self.reader() = Some(Reader::Call(call.handle()));
    }

    pub fn attach_taken(&self, taken: Arc<Taken>) {
        *self.reader() = Some(Reader::Taken(taken));
    }

    fn reader(&self) -> MutexGuard<'_, Option<Reader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the query should end before its answer.
    pub async fn interrupt(&self, deadline: Deadline) -> Interrupt {
        tokio::select! {
            biased;
            why = self.ended() => why,
            () = deadline => Interrupt::Deadline,
        }
    }

    /// Returns once it is to end, for whatever reason but the time.
    pub async fn ended(&self) -> Interrupt {
        loop {
            if let Some(ending) = self.ending() {
                return ending;
            }
            self.notify.notified().await;
        }
    }
}

const CANCELLED: u8 = 1;
const CLOSED: u8 = 2;

/// Why a query ends before its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Interrupt {
    Cancelled,
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

/// A session and the shard that it is on.
#[derive(Debug)]
pub struct Held {
    pub shard: usize,
    pub session: Session,
    /// Queries that have been sent in it.
    pub sent: AtomicU32,
    /// Those of them that may have ended its transaction.
    endings: AtomicU32,
}

impl Held {
    pub fn new(shard: usize, session: Session) -> Self {
        Held { shard, session, sent: AtomicU32::new(0), endings: AtomicU32::new(0) }
    }

    /// Notes a query that is about to be sent; true if it is the first one.
    pub fn note(&self, sql: &str) -> bool {
        if plan::may_end_transaction(sql) {
            self.endings.fetch_add(1, Ordering::Relaxed);
        }
        self.sent.fetch_add(1, Ordering::Relaxed) == 0
    }

    /// True if a query that was sent in it is in a transaction that is rolled back with the session: no other query may
    /// have ended it.
    pub fn is_in_transaction(&self, sql: &str) -> bool {
        self.endings.load(Ordering::Relaxed) <= u32::from(plan::may_end_transaction(sql))
    }

    /// True if all that was done in it is rolled back with it.
    pub fn rolls_back(&self) -> bool {
        self.endings.load(Ordering::Relaxed) == 0
    }
}

/// Sessions that have been let go of, and are remembered.
const MOST_REMEMBERED: usize = 1024;

#[derive(Debug, Default)]
pub struct Sessions(Mutex<Known>);

/// The sessions that are held, and those that were: whether all that was done in them is rolled back.
#[derive(Debug, Default)]
struct Known {
    held: HashMap<u32, Arc<Held>>,
    past: VecDeque<(u32, bool)>,
}

impl Sessions {
    pub fn get(&self, number: u32) -> Option<Arc<Held>> {
        self.lock().held.get(&number).cloned()
    }

    /// Lets go of a session; its server rolls back what is open.
    pub fn close(&self, number: u32) {
        let mut known = self.lock();
        if let Some(held) = known.held.remove(&number) {
            known.past.push_back((number, held.rolls_back()));
            if known.past.len() > MOST_REMEMBERED {
                known.past.pop_front();
            }
        }
    }

    /// True if all that was done in a session is known to be rolled back, because it has been let go of.
    pub fn is_rolled_back(&self, number: u32) -> bool {
        self.lock().past.iter().rev().any(|&past| past == (number, true))
    }

    pub fn open(&self, number: u32, held: Held) {
        self.lock().held.insert(number, Arc::new(held));
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
