//! A connection that one caller holds for transactions: its queries run one after the other on one backend. However the
//! session ends, the backend goes back to the pool rolled back and clean. `frame_reader` and `stream` handle the
//! frames, and `execution` runs statements in open transactions.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tonic::{Status, Streaming};

use super::backend::Transaction;
use super::frame_reader::{FrameReader, StreamOrigin};
use super::in_flight::InFlight;
use super::placement::{Admissions, ConnectionEnd};
use super::pool::PoolSlot;
use super::query::IncomingQuery;
use super::reply_chunk::{ReplyChunk, ReplyEnd, failure};
use super::run::Engine;
use super::session_permits::{Full, SessionPermit, SessionPermits};
use super::stop::{LimitOf, STOP_TIMEOUT, StopReason, TimeLimit};
use super::stop_watch::{StopWatch, passed};
use super::stream::{self, LastChunk, OutgoingFrame, ReplySender, ReplyStream};
use crate::proto::failure::Reason;
use crate::proto::{ClientFrame, Failure};
use crate::shutdown::Drain;

/// Queries of one session that may be unanswered at once.
const MOST_IN_FLIGHT: usize = 1024;

/// How many sessions there may be, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Sessions that hold a connection.
    pub most: usize,
    /// Sessions of one tenant that hold a connection.
    pub most_of_one: usize,
    /// Sessions that wait for a connection.
    pub most_waiting: usize,
    /// Sessions of one tenant that wait.
    pub most_waiting_of_one: usize,
    /// The longest time without a query.
    pub idle: Option<Duration>,
    pub age: Option<Duration>,
}

/// All sessions of a server.
pub struct Sessions {
    engine: Arc<Engine>,
    limits: SessionLimits,
    places: Arc<SessionPermits>,
}

impl Sessions {
    pub fn new(engine: Arc<Engine>, limits: SessionLimits) -> Self {
        let SessionLimits { most, most_of_one, most_waiting, most_waiting_of_one, .. } = limits;
        let places = SessionPermits::new(most, most_of_one, most_waiting, most_waiting_of_one);
        Sessions { engine, limits, places }
    }

    /// Starts a session, and returns the stream of its answers. Once `drain` starts, it ends with its transaction.
    pub fn open(
        self: &Arc<Self>,
        frames: Streaming<ClientFrame>,
        caller: StreamOrigin,
        admissions: Admissions,
        drain: Drain,
    ) -> ReplyStream {
        let (sender, receiver) = stream::channel();
        let (queue, queued) = mpsc::unbounded_channel();
        let queries = Arc::new(InFlight::default());
        self.engine.placement.watch_stream(&queries);
        // A session that has ended runs nothing more, and has said so.
        let start = move |query: IncomingQuery, reply: ReplySender| drop(queue.send((query, reply)));
        let frame_reader =
            FrameReader::new(self.engine.clone(), queries.clone(), sender.clone(), MOST_IN_FLIGHT, caller, start);
        let task = tokio::spawn(frame_reader.run(frames, None));
        let session = Session {
            sessions: self.clone(),
            drain,
            queued,
            sender,
            held: None,
            admissions,
            last_id: 0,
            in_transaction: false,
            rolled_back: false,
            end_of_life: self.limits.age.and_then(|age| TimeLimit::after(age, LimitOf::Sessions(age))),
        };
        tokio::spawn(session.run());
        ReplyStream::new(receiver, queries, task.abort_handle(), &self.engine)
    }
}

fn full(Full { waiting, flag }: Full) -> Failure {
    failure(Reason::Overloaded, true, format!("{waiting} sessions are already waiting for a connection ({flag})"))
}

fn going_down() -> Failure {
    failure(Reason::Unavailable, true, "the server is going down")
}

/// A connection and the permit to hold it, dropped in this order.
struct HeldConnection {
    slot: PoolSlot,
    _place: SessionPermit,
}

/// Why a session ends.
#[derive(Clone, Copy, Debug)]
enum SessionEnd {
    /// The caller has closed its half, or is gone.
    Asked,
    Draining,
    Idle,
    TooOld,
    /// The caller did not read its rows.
    Stalled,
    /// The connection to PostgreSQL broke.
    Lost,
    /// The server panicked.
    Faulty,
    /// The lease has ended.
    Lapsed,
}

/// One session.
struct Session {
    sessions: Arc<Sessions>,
    drain: Drain,
    queued: mpsc::UnboundedReceiver<(IncomingQuery, ReplySender)>,
    sender: mpsc::Sender<OutgoingFrame>,
    /// Set from the first query on.
    held: Option<HeldConnection>,
    admissions: Admissions,
    /// The id of the last answered query.
    last_id: u32,
    /// The last statement ran in a transaction and could not end it.
    in_transaction: bool,
    /// A transaction was open when the connection was given back.
    rolled_back: bool,
    end_of_life: Option<TimeLimit>,
}

impl Session {
    async fn run(mut self) {
        // After a panic the state of the connection is not known.
        let end = AssertUnwindSafe(self.serve()).catch_unwind().await.unwrap_or(SessionEnd::Faulty);
        if matches!(end, SessionEnd::Faulty)
            && let Some(backend) = self.held.as_mut().and_then(|held| held.slot.backend())
        {
            backend.mark_broken();
        }
        self.queued.close();
        self.give_back().await;
        let (last_query, rolled_back) = (self.last_id, self.rolled_back);
        tracing::debug!(reason = ?end, last_query, rolled_back, "a session has ended");
        let verdict = self.verdict(end);
        // Before the caller, which may be slow, is told. After a lost connection, PostgreSQL may still be running the
        // statement.
        self.admissions.end(match end {
            SessionEnd::Lost | SessionEnd::Faulty => ConnectionEnd::Closed,
            _ => ConnectionEnd::Ready,
        });
        if matches!(end, SessionEnd::Draining) {
            let _ = self.sender.send(OutgoingFrame::Draining(self.last_id)).await;
        }
        let _ = self.sender.send(OutgoingFrame::End(verdict)).await;
    }

    /// Runs queries until there is a reason to end.
    async fn serve(&mut self) -> SessionEnd {
        loop {
            let (mut query, reply) = match self.next().await {
                Ok(next) => next,
                Err(end) => return end,
            };
            query.limit = [query.limit, self.end_of_life].into_iter().flatten().min();
            let last = self
                .answer(&query, &reply)
                .await
                .unwrap_or_else(|failure| ReplyChunk::ending(ReplyEnd::Failure(failure)));
            self.last_id = reply.id();
            if let Err(end) = self.finish(&reply, last, &query).await {
                return end;
            }
            if !self.settle().await {
                return SessionEnd::Lost;
            }
        }
    }

    /// The next query, or why there is none.
    async fn next(&mut self) -> Result<(IncomingQuery, ReplySender), SessionEnd> {
        let limits = self.sessions.limits;
        let idle = limits.idle.and_then(|idle| Instant::now().checked_add(idle)).map(|at| (at, SessionEnd::Idle));
        let age = self.end_of_life.map(|limit| (limit.at, SessionEnd::TooOld));
        let limit = idle.into_iter().chain(age).min_by_key(|(at, _)| *at);
        let mut deadline = limit.map(|(at, _)| self.sessions.engine.deadlines.at(at));
        let in_transaction = self.transaction() != Transaction::None;
        tokio::select! {
            biased;
            () = self.sender.closed() => Err(SessionEnd::Asked),
            () = self.drain.wait(), if !in_transaction => Err(SessionEnd::Draining),
            () = self.admissions.lapsed() => Err(SessionEnd::Lapsed),
            () = passed(&mut deadline) => Err(limit.map_or(SessionEnd::Asked, |(_, end)| end)),
            next = self.queued.recv() => next.ok_or(SessionEnd::Asked),
        }
    }

    /// Runs a query, and takes a connection first if this is the first one.
    async fn answer(&mut self, query: &IncomingQuery, reply: &ReplySender) -> Result<ReplyChunk, Failure> {
        // A query that was cancelled while it waited must not disturb the transaction.
        if let Some(stop) = reply.stop() {
            return Err(stop.before());
        }
        if let Some(limit) = query.limit.filter(|limit| limit.at <= Instant::now()) {
            return Err(StopReason::Deadline(limit.of).before());
        }
        let sessions = self.sessions.clone();
        let (text, _) = sessions.engine.inspect(&query.request).await?;
        let mut watch = sessions.engine.watch(query, &text, reply);
        watch.unless_stopped(self.admissions.admit(&query.request)).await.map_err(StopReason::before)??;
        watch.lease = self.admissions.lease();
        self.in_transaction = self.transaction() != Transaction::None && !text.may_end_transaction;
        let fresh = self.held.is_none();
        let held = match &mut self.held {
            Some(held) => held,
            none => none.insert(hold(&sessions, self.drain.clone(), query, &mut watch).await?),
        };
        sessions.engine.run_held(&mut held.slot, query, &text, fresh, &mut watch).await
    }

    /// Sends the end of a reply. A caller that does not read it keeps the connection no longer than the limits of a
    /// session and of a stalled reader.
    async fn finish(&mut self, reply: &ReplySender, last: ReplyChunk, query: &IncomingQuery) -> Result<(), SessionEnd> {
        let sessions = self.sessions.clone();
        let engine = &sessions.engine;
        let last = match reply.last(last) {
            Ok(last) => last,
            Err(stop) => LastChunk::refusal(self.without_room(stop, query).await),
        };
        let mut end_of_life = self.end_of_life.map(|limit| engine.deadlines.at(limit.at));
        let mut finishing = pin!(reply.finish(last));
        let end = tokio::select! {
            biased;
            () = &mut finishing => return Ok(()),
            () = self.admissions.lapsed() => SessionEnd::Lapsed,
            () = passed(&mut end_of_life) => SessionEnd::TooOld,
            () = engine.patience.ends(&engine.pool, &engine.deadlines, true, || false, || {}) => SessionEnd::Stalled,
        };
        self.give_back().await;
        reply.cancel();
        finishing.await;
        Err(end)
    }

    /// The failure for a reply without memory. In a transaction, nothing of the statement stays.
    async fn without_room(&mut self, stop: StopReason, query: &IncomingQuery) -> Failure {
        let backend = self.held.as_mut().and_then(|held| held.slot.backend());
        match backend.filter(|_| self.in_transaction) {
            Some(backend) => {
                backend.fail_transaction().await;
                stop.undone()
            }
            None => self.sessions.engine.with_read_verdict(stop.too_late(), query).await,
        }
    }

    /// Waits until the last query can no longer affect the next one; false if the connection is lost.
    async fn settle(&mut self) -> bool {
        let Some(backend) = self.held.as_mut().map(|held| held.slot.backend()) else { return true };
        let Some(backend) = backend.filter(|backend| !backend.is_broken()) else { return false };
        let settled = matches!(timeout(STOP_TIMEOUT, backend.settle()).await, Ok(Ok(())));
        if !settled {
            backend.mark_broken();
        }
        settled
    }

    fn transaction(&mut self) -> Transaction {
        let backend = self.held.as_mut().and_then(|held| held.slot.backend());
        backend.map_or(Transaction::None, |backend| backend.transaction())
    }

    /// Rolls back what is open, and gives the connection back.
    async fn give_back(&mut self) {
        self.rolled_back |= self.transaction() != Transaction::None;
        if let Some(HeldConnection { slot, _place }) = self.held.take() {
            slot.give_back().await;
        }
    }

    /// The status at the end of the session.
    fn verdict(&self, end: SessionEnd) -> Result<(), Status> {
        end.verdict(&self.sessions.limits, self.rolled_back)
    }
}

impl SessionEnd {
    /// ABORTED: what has not been answered has not run.
    fn verdict(self, limits: &SessionLimits, rolled_back: bool) -> Result<(), Status> {
        let SessionLimits { idle, age, .. } = *limits;
        let seconds = |limit: Option<Duration>| limit.unwrap_or_default().as_secs();
        let reason = match self {
            SessionEnd::Asked | SessionEnd::Draining => return Ok(()),
            SessionEnd::Lost => {
                return Err(Status::aborted("the session was ended: its connection to PostgreSQL was lost"));
            }
            SessionEnd::Faulty => {
                // What was being run may have taken effect.
                return Err(Status::internal("the session was ended: an internal error occurred in the query server"));
            }
            SessionEnd::Lapsed => "no lookup server has answered for too long (--max-placement-staleness)".to_owned(),
            SessionEnd::Idle => format!("no query came for {} s (--session-idle-timeout)", seconds(idle)),
            SessionEnd::Stalled => "its rows were not read for too long (--reader-stall-timeout)".to_owned(),
            SessionEnd::TooOld => format!("it reached its maximum age of {} s (--session-max-age)", seconds(age)),
        };
        let consequence = if rolled_back { "its transaction was rolled back" } else { "no transaction was open" };
        Err(Status::aborted(format!("the session was ended: {reason}; {consequence}")))
    }
}

/// Waits for a permit to hold a connection, and for the connection.
async fn hold(
    sessions: &Sessions,
    mut drain: Drain,
    query: &IncomingQuery,
    watch: &mut StopWatch<'_, ReplySender>,
) -> Result<HeldConnection, Failure> {
    let place = async {
        tokio::select! {
            biased;
            () = drain.wait() => Err(going_down()),
            place = sessions.places.take(query.owner()) => place.map_err(full),
        }
    };
    let place = watch.unless_stopped(place).await.map_err(|stop| match stop {
        StopReason::Deadline(_) => {
            let message = format!(
                "all {} sessions are in use (--max-sessions), or all of this tenant's (--tenant-max-sessions)",
                sessions.limits.most
            );
            failure(Reason::Overloaded, true, message)
        }
        stop => stop.before(),
    })??;
    let slot = sessions.engine.acquire(query, true, watch).await?;
    tracing::debug!("a session holds a connection");
    Ok(HeldConnection { slot, _place: place })
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn after_a_panic_nobody_is_told_that_what_is_unanswered_never_ran() {
        let limits =
            SessionLimits { most: 1, most_of_one: 1, most_waiting: 1, most_waiting_of_one: 1, idle: None, age: None };
        let code = |end: SessionEnd| end.verdict(&limits, true).map_err(|status| status.code());
        assert_eq!(code(SessionEnd::Faulty), Err(Code::Internal));
        assert_eq!(code(SessionEnd::Idle), Err(Code::Aborted));
        assert_eq!(code(SessionEnd::Asked), Ok(()));
    }
}
