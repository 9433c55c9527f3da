//! PostgreSQL's notifications for any number of subscribers, over one connection that is open while somebody listens.
//! Guarantee: after `HubEvent::Listening` a subscriber misses no notification, or its subscription ends with the
//! reason. `listen` and `legacy` pass events on; `connection` owns the connection.

mod connection;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_stream::Stream;

use super::reply_chunk::failure;
use crate::data::identifier::quote;
use crate::postgres::ConnectTarget;
use crate::proto::Failure;
use crate::proto::failure::Reason;
use crate::shutdown::Drain;
use connection::{CommandError, ListenConnection};
use waiting::{EventQueue, HeldBytes, MOST_WAITING, WaitingBytes};

/// Notifications that are passed on before the subscribers' streams get their turn to take them.
const AT_ONCE: u32 = 256;
/// PostgreSQL cuts longer names: LISTEN and NOTIFY would meet, but under another name than was asked for. Bytes.
const LONGEST_NAME: usize = 63;
/// Between attempts to reach PostgreSQL; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A silent connection is asked for a sign of life this often.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// What a subscriber hears.
#[derive(Debug)]
pub enum HubEvent {
    /// LISTEN is in force. First, and once.
    Listening,
    Notification(Arc<Notification>),
}

/// One notification, as all its subscribers get it.
#[derive(Debug)]
pub struct Notification {
    pub payload: String,
    /// Of the backend that notified.
    pub process_id: i32,
    pub received_at: SystemTime,
    /// Counts it while it waits.
    held: Option<HeldBytes>,
}

impl Notification {
    /// One that has just come.
    pub fn new(payload: &str, process_id: i32) -> Notification {
        Notification { payload: payload.to_owned(), process_id, received_at: SystemTime::now(), held: None }
    }
}

/// Why a subscription ends.
#[derive(Clone, Debug)]
enum ListeningEnd {
    Lost(String),
    /// Too many events were waiting for it.
    TooMany,
    /// It was the slowest when the bytes of all reached their limit.
    TooSlow,
    /// PostgreSQL cannot listen to this channel.
    Refused(String),
    Draining,
}

impl From<ListeningEnd> for Failure {
    fn from(end: ListeningEnd) -> Failure {
        let message = match end {
            ListeningEnd::Lost(reason) => format!("notifications may have been missed: {reason}"),
            ListeningEnd::Refused(reason) => {
                return failure(Reason::Invalid, true, format!("channel: PostgreSQL cannot listen to it: {reason}"));
            }
            ListeningEnd::TooSlow => {
                "notifications were missed: those that listeners have not taken had reached their \
                                      memory limit (an eighth of --memory-limit), and most were this listener's"
                    .to_owned()
            }
            ListeningEnd::TooMany => {
                format!("notifications were missed: {MOST_WAITING} were already waiting for this listener")
            }
            ListeningEnd::Draining => "the server is going down".to_owned(),
        };
        failure(Reason::Unavailable, false, message)
    }
}

/// Where subscribers come to; cheap to share.
pub struct Hub {
    asks: mpsc::UnboundedSender<Ask>,
    subscribers: Arc<AtomicUsize>,
    most_subscribers: usize,
    waiting: WaitingBytes,
}

/// What the hub's task is asked.
enum Ask {
    Join(Arc<str>, Subscriber),
    Leave(Arc<str>, u64),
    /// To panic.
    #[cfg(test)]
    Fault,
}

impl Hub {
    /// Opens nothing before somebody listens. Everybody's subscription ends when `drain` starts.
    /// `most_bytes`: of what waits for all subscribers.
    pub fn start(target: Arc<ConnectTarget>, drain: Drain, most_subscribers: usize, most_bytes: usize) -> Hub {
        let (asks, read_buffer) = mpsc::unbounded_channel();
        let waiting = WaitingBytes::default();
        let channels = HashMap::new();
        let keeper = ChannelKeeper { target, drain, asks: read_buffer, channels, waiting: waiting.clone(), most_bytes };
        tokio::spawn(keeper.run());
        Hub { asks, subscribers: Arc::default(), most_subscribers, waiting }
    }

    /// Subscribes to a channel. `field`: what the name is called on the caller's wire.
    pub fn subscribe(&self, field: &str, channel: &str) -> Result<Subscription, Failure> {
        let wrong = |what: String| failure(Reason::Invalid, true, format!("{field}: {what}"));
        if channel.is_empty() {
            return Err(wrong("must not be empty".into()));
        }
        if channel.len() > LONGEST_NAME {
            return Err(wrong(format!("at most {LONGEST_NAME} bytes, got {}", channel.len())));
        }
        if channel.contains('\0') {
            return Err(wrong("contains a zero byte".into()));
        }
        let seat = Seat(self.subscribers.clone());
        let number = seat.0.fetch_add(1, Ordering::Relaxed);
        if number >= self.most_subscribers {
            let message =
                format!("there are already {} listeners, the limit of --max-listeners", self.most_subscribers);
            return Err(failure(Reason::Overloaded, true, message));
        }
        let (channel, events, id) = (Arc::<str>::from(channel), EventQueue::new(self.waiting.clone()), next_id());
        // Refused only by a hub that has gone down; the subscription then says so.
        let _ = self.asks.send(Ask::Join(channel.clone(), Subscriber { id, events: events.clone() }));
        Ok(Subscription { events, ended: false, _leave: Leave { id, channel, asks: self.asks.clone() }, _seat: seat })
    }
}

fn next_id() -> u64 {
    static LAST: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

/// Counts a subscriber while it is there.
struct Seat(Arc<AtomicUsize>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The events of one channel for one subscriber; the last one is the reason why there will be no more.
pub struct Subscription {
    events: Arc<EventQueue>,
    ended: bool,
    _leave: Leave,
    _seat: Seat,
}

/// Tells the hub, when dropped, that the subscriber has gone.
struct Leave {
    id: u64,
    channel: Arc<str>,
    asks: mpsc::UnboundedSender<Ask>,
}

impl Drop for Leave {
    fn drop(&mut self) {
        let _ = self.asks.send(Ask::Leave(self.channel.clone(), self.id));
    }
}

impl Stream for Subscription {
    type Item = Result<HubEvent, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(ready!(self.events.poll(context)).map_err(|end| {
            self.ended = true;
            end.into()
        })))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.events.give_up(ListeningEnd::Draining);
    }
}

/// A subscription as the hub's task sees it.
struct Subscriber {
    id: u64,
    events: Arc<EventQueue>,
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        // Without another word the hub's task has ended: the server is going down.
        self.events.end(ListeningEnd::Draining);
    }
}

/// One PostgreSQL channel.
#[derive(Default)]
struct Channel {
    in_force: bool,
    subscribers: Vec<Subscriber>,
}

impl Channel {
    fn set_in_force(&mut self) {
        if !std::mem::replace(&mut self.in_force, true) {
            self.subscribers.retain(|subscriber| subscriber.events.push(HubEvent::Listening));
        }
    }
}

/// The hub's task: who listens to what, and the connection.
struct ChannelKeeper {
    target: Arc<ConnectTarget>,
    drain: Drain,
    asks: mpsc::UnboundedReceiver<Ask>,
    channels: HashMap<Arc<str>, Channel>,
    waiting: WaitingBytes,
    /// The limit of `waiting`.
    most_bytes: usize,
}

/// Why a connection is not served any longer.
enum Left {
    NobodyListens,
    Lost(String),
    Draining,
}

impl ChannelKeeper {
    /// A fault of the server's own is a gap for those who listen, and nothing to those who come later.
    async fn run(mut self) {
        while AssertUnwindSafe(self.keep()).catch_unwind().await.is_err() {
            self.end_all(&ListeningEnd::Lost("an internal error occurred in the query server".to_owned()));
            sleep(FIRST_PAUSE).await;
        }
    }

    async fn keep(&mut self) {
        let mut drain = self.drain.clone();
        let mut pause = FIRST_PAUSE;
        loop {
            while self.nobody_listens() {
                self.channels.clear();
                tokio::select! {
                    ask = self.asks.recv() => match ask {
                        Some(ask) => self.take_all(ask),
                        None => return,
                    },
                    () = drain.wait() => return,
                }
            }
            let left = tokio::select! {
                connected = ListenConnection::open(&self.target) => match connected {
                    Ok(connection) => self.serve(connection, &mut drain, &mut pause).await,
                    Err(reason) => Left::Lost(format!("cannot reach PostgreSQL at {}: {reason}", self.target.address())),
                },
                () = drain.wait() => Left::Draining,
            };
            match left {
                Left::NobodyListens => {}
                Left::Draining => return self.end_all(&ListeningEnd::Draining),
                Left::Lost(reason) => {
                    tracing::warn!(reason, listeners = self.count(), "notifications are interrupted");
                    self.end_all(&ListeningEnd::Lost(reason));
                    tokio::select! {
                        () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                        () = drain.wait() => return,
                    }
                }
            }
        }
    }

    /// Passes notifications on until there is a reason to leave the connection.
    async fn serve(&mut self, mut connection: ListenConnection, drain: &mut Drain, pause: &mut Duration) -> Left {
        let mut heartbeat = Instant::now() + HEARTBEAT;
        let mut delivered = 0u32;
        loop {
            if self.nobody_listens() {
                return Left::NobodyListens;
            }
            let changes = self.changes();
            if !changes.is_empty() {
                if let Err(reason) = self.apply(&mut connection, changes).await {
                    return Left::Lost(reason);
                }
                *pause = FIRST_PAUSE;
                continue;
            }
            tokio::select! {
                biased;
                () = drain.wait() => return Left::Draining,
                ask = self.asks.recv() => match ask {
                    Some(ask) => self.take_all(ask),
                    None => return Left::Draining,
                },
                notified = connection.next() => match notified {
                    Ok((channel, notification)) => {
                        self.deliver(&channel, notification);
                        delivered = delivered.wrapping_add(1);
                        if delivered.is_multiple_of(AT_ONCE) {
                            yield_now().await;
                        }
                    }
                    Err(reason) => return Left::Lost(reason),
                },
                () = sleep_until(heartbeat) => {
                    if let Err(error) = self.command(&mut connection, "").await {
                        return Left::Lost(error.to_string());
                    }
                    heartbeat = Instant::now() + HEARTBEAT;
                }
            }
        }
    }

    /// Runs SQL. No ask is taken meanwhile: a notification that comes while a LISTEN is under way proves that it is in
    /// force.
    async fn command(&mut self, connection: &mut ListenConnection, sql: &str) -> Result<(), CommandError> {
        connection.run(sql, |channel, notification| self.deliver(&channel, notification)).await
    }

    /// Tells PostgreSQL of all changes at once, or one by one if it refuses any, and ends the listeners of that one. It
    /// refuses names that the database's encoding does not have.
    async fn apply(&mut self, connection: &mut ListenConnection, changes: Vec<(Arc<str>, bool)>) -> Result<(), String> {
        match self.command(connection, &sql_of(&changes)).await {
            Ok(()) => self.note(changes),
            Err(CommandError::Lost(reason)) => return Err(reason),
            Err(CommandError::Refused(_)) => {
                for change in changes {
                    let change = [change];
                    match self.command(connection, &sql_of(&change)).await {
                        Ok(()) => self.note(change),
                        Err(CommandError::Lost(reason)) => return Err(reason),
                        Err(CommandError::Refused(reason)) => self.refuse(&change[0].0, &reason),
                    }
                }
            }
        }
        Ok(())
    }

    fn refuse(&mut self, name: &str, reason: &str) {
        for subscriber in self.channels.remove(name).into_iter().flat_map(|channel| channel.subscribers) {
            subscriber.events.end(ListeningEnd::Refused(reason.to_owned()));
        }
    }

    /// Ends the subscriber that most waits for; false: nothing waits for anybody.
    fn end_slowest(&mut self) -> bool {
        let all = self.channels.values().flat_map(|channel| &channel.subscribers);
        let slowest = all.max_by_key(|subscriber| subscriber.events.bytes());
        let Some(slowest) = slowest.filter(|subscriber| subscriber.events.bytes() > 0) else { return false };
        tracing::warn!(bytes = self.most_bytes, "a listener has not taken its notifications, and is ended");
        slowest.events.give_up(ListeningEnd::TooSlow);
        let id = slowest.id;
        for channel in self.channels.values_mut() {
            channel.subscribers.retain(|subscriber| subscriber.id != id);
        }
        true
    }

    fn nobody_listens(&self) -> bool {
        self.channels.values().all(|channel| channel.subscribers.is_empty())
    }

    fn count(&self) -> usize {
        self.channels.values().map(|channel| channel.subscribers.len()).sum()
    }

    /// Takes an ask and those behind it, so that PostgreSQL is told of all at once.
    fn take_all(&mut self, ask: Ask) {
        self.take(ask);
        while let Ok(ask) = self.asks.try_recv() {
            self.take(ask);
        }
    }

    fn take(&mut self, ask: Ask) {
        match ask {
            Ask::Join(name, subscriber) => {
                let channel = self.channels.entry(name).or_default();
                if !channel.in_force || subscriber.events.push(HubEvent::Listening) {
                    channel.subscribers.push(subscriber);
                }
            }
            Ask::Leave(name, id) => {
                if let Some(channel) = self.channels.get_mut(&name) {
                    channel.subscribers.retain(|subscriber| subscriber.id != id);
                }
            }
            #[cfg(test)]
            Ask::Fault => panic!("a fault, in a test"),
        }
    }

    /// What PostgreSQL must be told: the channels to LISTEN to (true) and to UNLISTEN.
    fn changes(&self) -> Vec<(Arc<str>, bool)> {
        let wanted = |channel: &Channel| !channel.subscribers.is_empty();
        let changed = self.channels.iter().filter(|(_, channel)| wanted(channel) != channel.in_force);
        changed.map(|(name, channel)| (name.clone(), wanted(channel))).collect()
    }

    /// PostgreSQL has been told.
    fn note(&mut self, changes: impl IntoIterator<Item = (Arc<str>, bool)>) {
        for (name, listens) in changes {
            match self.channels.get_mut(&name) {
                Some(channel) if listens => channel.set_in_force(),
                _ => drop(self.channels.remove(&name)),
            }
        }
    }

    fn deliver(&mut self, name: &str, mut notification: Notification) {
        let Some(channel) = self.channels.get_mut(name) else { return };
        channel.set_in_force();
        notification.held = Some(self.waiting.hold(&notification.payload));
        let notification = Arc::new(notification);
        channel.subscribers.retain(|subscriber| subscriber.events.push(HubEvent::Notification(notification.clone())));
        drop(notification);
        while self.waiting.now() > self.most_bytes && self.end_slowest() {}
    }

    fn end_all(&mut self, end: &ListeningEnd) {
        for (_, channel) in self.channels.drain() {
            for subscriber in channel.subscribers {
                subscriber.events.end(end.clone());
            }
        }
    }
}

/// Names are quoted, so that they are taken exactly as they are.
fn sql_of(changes: &[(Arc<str>, bool)]) -> String {
    let command = |(name, listens): &(Arc<str>, bool)| {
        let verb = if *listens { "LISTEN" } else { "UNLISTEN" };
        format!("{verb} {};", quote(name))
    };
    changes.iter().map(command).collect()
}
