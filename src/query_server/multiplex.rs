//! Many queries on one stream: takes frames as they come, runs each query in a task of its own, and sends the answers
//! as they finish. Keeps each query's credit and cancel, and the descriptions that the stream has seen.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_stream::Stream;
use tonic::{Status, Streaming};

use super::decode::RawDescription;
use super::piece::{Described, Ending, Piece, failure};
use super::run::{Caller, Engine, Query, Stop};
use super::settings::Settings;
use crate::proto::client_frame::Frame;
use crate::proto::failure::Reason;
use crate::proto::{ClientFrame, Draining, Execute, Open, Part, ServerFrame, server_frame};
use crate::shutdown::Drain;

/// Frames that may wait for the stream.
const SENT_AHEAD: usize = 1024;

/// Descriptions that a stream remembers; later ones travel in full.
const MOST_DESCRIPTIONS: usize = 4096;

/// Bytes of rows on their way for one query, where the caller does not say.
const DEFAULT_WINDOW: u32 = 1 << 20;

/// Starts to take frames, and returns the stream of answers.
pub fn answer(frames: Streaming<ClientFrame>, engine: Arc<Engine>, drain: Drain, most_in_flight: usize) -> Answers {
    let (sender, receiver) = mpsc::channel(SENT_AHEAD);
    let queries = Arc::new(InFlight::default());
    let intake = Intake {
        engine,
        queries: queries.clone(),
        sender: Some(sender),
        settings: Settings::default(),
        window: 0,
        last_id: 0,
        most_in_flight,
    };
    let task = tokio::spawn(intake.run(frames, drain));
    Answers { receiver, descriptions: HashMap::new(), queries, intake: task.abort_handle() }
}

/// A frame on its way out.
enum Outgoing {
    Piece(u32, Piece),
    Draining(u32),
    /// The caller broke the rules; ends the stream.
    Refused(Status),
}

/// The stream's queries that have not been answered yet.
#[derive(Default)]
struct InFlight(Mutex<HashMap<u32, Arc<Control>>>);

impl InFlight {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Arc<Control>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What frames after `execute` may say about a query.
#[derive(Default)]
struct Control {
    cancelled: AtomicBool,
    /// Bytes of rows that may still be sent.
    credit: AtomicI64,
    /// The query's own task.
    task: AtomicWaker,
}

impl Control {
    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.task.wake();
    }

    fn add_credit(&self, bytes: u32) {
        self.credit.fetch_add(bytes.into(), Ordering::AcqRel);
        self.task.wake();
    }

    /// Waits until `condition` holds; it is looked at again after each cancel and credit.
    async fn wait(&self, condition: impl Fn(&Control) -> bool) {
        poll_fn(|context| {
            if condition(self) {
                return Poll::Ready(());
            }
            self.task.register(context.waker());
            if condition(self) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    fn has_credit(&self) -> bool {
        self.credit.load(Ordering::Acquire) > 0
    }
}

/// The reading half of a stream.
struct Intake {
    engine: Arc<Engine>,
    queries: Arc<InFlight>,
    /// Absent once the server drains: the stream then ends with its last answer.
    sender: Option<mpsc::Sender<Outgoing>>,
    settings: Settings,
    window: i64,
    last_id: u32,
    most_in_flight: usize,
}

impl Intake {
    async fn run(mut self, frames: Streaming<ClientFrame>, drain: Drain) {
        if let Err(status) = self.take_frames(frames, drain).await
            && let Some(sender) = self.sender
        {
            let _ = sender.send(Outgoing::Refused(status)).await;
        }
    }

    async fn take_frames(&mut self, mut frames: Streaming<ClientFrame>, mut drain: Drain) -> Result<(), Status> {
        let mut draining = pin!(drain.wait());
        let mut opened = false;
        loop {
            tokio::select! {
                biased;
                () = &mut draining, if self.sender.is_some() => {
                    if let Some(sender) = self.sender.take() {
                        let _ = sender.send(Outgoing::Draining(self.last_id)).await;
                    }
                }
                frame = frames.message() => match frame? {
                    Some(ClientFrame { frame: Some(frame) }) => {
                        self.take(frame, opened).await?;
                        opened = true;
                    }
                    Some(ClientFrame { frame: None }) => return Err(Status::invalid_argument("frame: missing or unknown")),
                    // The caller has asked everything; the answers still go out.
                    None => return Ok(()),
                },
            }
        }
    }

    async fn take(&mut self, frame: Frame, opened: bool) -> Result<(), Status> {
        match frame {
            Frame::Open(_) if opened => Err(Status::invalid_argument("open: this stream is open already")),
            Frame::Open(Open { settings, window }) => {
                self.settings =
                    Settings::new(settings).map_err(|message| Status::invalid_argument(format!("open.{message}")))?;
                self.window = if window == 0 { DEFAULT_WINDOW } else { window }.into();
                Ok(())
            }
            _ if !opened => Err(Status::invalid_argument("the first frame must be `open`")),
            Frame::Execute(execute) => self.execute(execute).await,
            Frame::Cancel(cancel) => Ok(self.tell("cancel", cancel.id, Control::cancel)?),
            Frame::Credit(credit) => Ok(self.tell("credit", credit.id, |query| query.add_credit(credit.bytes))?),
        }
    }

    /// A query that has been answered hears nothing any more: the frames have crossed.
    fn tell(&self, field: &str, id: u32, what: impl FnOnce(&Control)) -> Result<(), Status> {
        // While draining, ids above the last one belong to queries that will not run.
        if id > self.last_id && self.sender.is_some() {
            return Err(Status::invalid_argument(format!("{field}.id: {id} has not been executed")));
        }
        let query = self.queries.lock().get(&id).cloned();
        if let Some(query) = query {
            what(&query);
        }
        Ok(())
    }

    async fn execute(&mut self, Execute { id, query }: Execute) -> Result<(), Status> {
        // Draining: the caller knows, or will know, that this query is not run.
        let Some(sender) = self.sender.clone() else { return Ok(()) };
        if id <= self.last_id {
            return Err(Status::invalid_argument(format!("execute.id: {id} does not rise above {}", self.last_id)));
        }
        self.last_id = id;
        let refusal = match &query {
            None => Some((Reason::Invalid, "query: missing")),
            Some(query) if !query.settings.is_empty() => {
                Some((Reason::Invalid, "query.settings: given by `open` in Multiplex"))
            }
            Some(_) if self.queries.lock().len() >= self.most_in_flight => {
                Some((Reason::Overloaded, "too many unanswered queries on this stream"))
            }
            Some(_) => None,
        };
        let request = match (refusal, query) {
            (None, Some(query)) => query,
            (refusal, _) => {
                let (reason, message) = refusal.unwrap_or((Reason::Invalid, "query: missing"));
                let piece = Piece::ending(Ending::Failure(failure(reason, true, message)));
                let _ = sender.send(Outgoing::Piece(id, piece)).await;
                return Ok(());
            }
        };
        let query = Query { deadline: self.engine.deadline(&request, None), request, settings: self.settings.clone() };
        let control = Arc::new(Control { credit: self.window.into(), ..Control::default() });
        self.queries.lock().insert(id, control.clone());
        let (engine, queries) = (self.engine.clone(), self.queries.clone());
        tokio::spawn(async move {
            let asker = Asker { id, control, sender };
            let last = engine.run(&query, &asker).await;
            asker.finish(last).await;
            queries.lock().remove(&id);
        });
        Ok(())
    }
}

/// The caller of one query of the stream.
struct Asker {
    id: u32,
    control: Arc<Control>,
    sender: mpsc::Sender<Outgoing>,
}

impl Asker {
    async fn finish(self, last: Piece) {
        // The connection is free already: only the caller's own memory is spared here.
        if !last.rows.is_empty() {
            self.control.wait(|control| control.has_credit() || control.is_cancelled()).await;
        }
        let _ = self.sender.send(Outgoing::Piece(self.id, last)).await;
    }
}

impl Caller for Asker {
    async fn send(&self, piece: Piece) -> Result<(), Stop> {
        if !piece.rows.is_empty() {
            self.control.wait(Control::has_credit).await;
            self.control.credit.fetch_sub(piece.rows.len() as i64, Ordering::AcqRel);
        }
        self.sender.send(Outgoing::Piece(self.id, piece)).await.map_err(|_| Stop::Cancelled)
    }

    async fn cancelled(&self) {
        self.control.wait(Control::is_cancelled).await
    }
}

/// The writing half of a stream. Dropped when the caller has gone or everything is answered.
pub struct Answers {
    receiver: mpsc::Receiver<Outgoing>,
    descriptions: HashMap<RawDescription, u32>,
    queries: Arc<InFlight>,
    intake: AbortHandle,
}

/// Descriptions get their ids here, in the order in which they leave: an id is never sent before what it stands for.
fn describe(known: &mut HashMap<RawDescription, u32>, description: RawDescription) -> Described {
    if let Some(&id) = known.get(&description) {
        return Described::Before(id);
    }
    let mut in_full = description.decode();
    if known.len() < MOST_DESCRIPTIONS {
        in_full.id = known.len() as u32 + 1;
        // A copy: the original is a slice of a read buffer, which it would keep alive.
        known.insert(RawDescription(Bytes::copy_from_slice(&description.0)), in_full.id);
    }
    Described::InFull(in_full)
}

impl Stream for Answers {
    type Item = Result<ServerFrame, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let frame = match ready!(this.receiver.poll_recv(context)) {
            None => return Poll::Ready(None),
            Some(Outgoing::Refused(status)) => return Poll::Ready(Some(Err(status))),
            Some(Outgoing::Draining(last_id)) => server_frame::Frame::Draining(Draining { last_id }),
            Some(Outgoing::Piece(id, piece)) => {
                let reply = piece.into_part(|description| describe(&mut this.descriptions, description));
                server_frame::Frame::Part(Part { id, reply: Some(reply) })
            }
        };
        Poll::Ready(Some(Ok(ServerFrame { frame: Some(frame) })))
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.intake.abort();
        for query in self.queries.lock().values() {
            query.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_travels_in_full_once_and_then_by_its_id() {
        let mut known = HashMap::new();
        let raw = |name: &str| RawDescription([&1u16.to_be_bytes()[..], name.as_bytes(), &[0; 19]].concat().into());
        assert!(
            matches!(describe(&mut known, raw("a")), Described::InFull(full) if full.id == 1 && full.fields[0].name == "a")
        );
        assert_eq!(describe(&mut known, raw("a")), Described::Before(1));
        for number in 0..MOST_DESCRIPTIONS {
            describe(&mut known, raw(&format!("x{number}")));
        }
        assert!(matches!(describe(&mut known, raw("late")), Described::InFull(full) if full.id == 0));
        assert_eq!(known.len(), MOST_DESCRIPTIONS);
    }

    #[tokio::test]
    async fn credit_and_cancel_wake_the_query_that_waits_for_them() {
        let control = Arc::new(Control::default());
        let waiting = control.clone();
        let task = tokio::spawn(async move { waiting.wait(Control::has_credit).await });
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        control.add_credit(1);
        task.await.unwrap();
        let waiting = control.clone();
        let task = tokio::spawn(async move { waiting.wait(Control::is_cancelled).await });
        tokio::task::yield_now().await;
        control.cancel();
        task.await.unwrap();
    }
}
