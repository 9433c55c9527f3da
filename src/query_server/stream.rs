//! What Multiplex and Session share: sending replies to a query of the stream, and the stream of reply frames with the
//! descriptions that it has carried. `frame_reader` reads the other half.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_stream::Stream;
use tonic::Status;

use super::decode::RawDescription;
use super::in_flight::{InFlight, QueryControl};
use super::memory::{Memory, Reserved};
use super::read_effects::Verdict;
use super::reply_chunk::{Described, ReplyChunk, ReplyEnd};
use super::run::Engine;
use super::stop::{Caller, StopReason};
use crate::proto::{Draining, Failure, Hello, Part, ServerFrame, server_frame};

/// Frames that may wait for the stream.
const SENT_AHEAD: usize = 1024;

/// Descriptions that a stream remembers; later ones travel in full.
const MOST_DESCRIPTIONS: usize = 4096;

/// The queue of outgoing frames.
pub fn channel() -> (mpsc::Sender<OutgoingFrame>, mpsc::Receiver<OutgoingFrame>) {
    mpsc::channel(SENT_AHEAD)
}

/// A frame on its way out.
#[allow(clippy::large_enum_variant, reason = "nearly all frames are chunks, and a box for each would cost more")]
pub enum OutgoingFrame {
    /// With the memory that its rows take.
    Chunk(u32, ReplyChunk, Option<Reserved>),
    Draining(u32),
    /// Ends the stream, even if there are other senders. An error: the caller broke the protocol, or a limit was
    /// reached.
    End(Result<(), Status>),
}

/// The last chunk of a reply, and its memory.
pub struct LastChunk {
    chunk: ReplyChunk,
    memory: Option<Reserved>,
}

impl LastChunk {
    /// There is no memory for the chunk itself.
    pub fn refusal(failure: Failure) -> LastChunk {
        LastChunk { chunk: ReplyChunk::ending(ReplyEnd::Failure(failure)), memory: None }
    }
}

/// Sends the reply of one query of the stream.
pub struct ReplySender {
    id: u32,
    control: Arc<QueryControl>,
    queries: Arc<InFlight>,
    sender: mpsc::Sender<OutgoingFrame>,
    memory: Arc<Memory>,
}

impl ReplySender {
    /// From now on frames can reach the query. `window`: bytes of rows to send before there is credit.
    pub fn new(
        id: u32,
        window: i64,
        queries: &Arc<InFlight>,
        sender: mpsc::Sender<OutgoingFrame>,
        memory: Arc<Memory>,
    ) -> Self {
        let control = Arc::new(QueryControl::new(window));
        queries.insert(id, control.clone());
        ReplySender { id, control, queries: queries.clone(), sender, memory }
    }

    pub fn id(&self) -> u32 {
        self.id
    }

    /// The reason to stop the query, if any.
    pub fn stop(&self) -> Option<StopReason> {
        self.control.is_cancelled().then(|| self.control.stop())
    }

    /// Cancels the query, or sends its last chunk without waiting for credit.
    pub fn cancel(&self) {
        self.control.cancel();
    }

    /// The last chunk of the reply with its memory; an error: there is none.
    pub fn last(&self, chunk: ReplyChunk) -> Result<LastChunk, StopReason> {
        self.reserve(&chunk).map(|memory| LastChunk { chunk, memory })
    }

    /// Reserves memory for a chunk's rows; an error: there is none.
    fn reserve(&self, chunk: &ReplyChunk) -> Result<Option<Reserved>, StopReason> {
        match chunk.rows.len() {
            0 => Ok(None),
            bytes => self.memory.reserve(bytes).map(Some).ok_or(StopReason::Overloaded),
        }
    }

    /// Sends the last chunk of the reply.
    pub async fn finish(&self, LastChunk { chunk, memory }: LastChunk) {
        // PostgreSQL has finished; waiting only spares the caller's memory.
        if !chunk.rows.is_empty() {
            self.control.wait(|control| control.has_credit() || control.is_cancelled()).await;
        }
        let _ = self.sender.send(OutgoingFrame::Chunk(self.id, chunk, memory)).await;
        self.queries.remove(self.id);
    }
}

impl Caller for ReplySender {
    async fn send(&self, chunk: ReplyChunk) -> Result<(), StopReason> {
        let memory = self.reserve(&chunk)?;
        if !chunk.rows.is_empty() {
            self.control.wait(QueryControl::has_credit).await;
            self.control.take_credit(chunk.rows.len());
        }
        self.sender.send(OutgoingFrame::Chunk(self.id, chunk, memory)).await.map_err(|_| StopReason::Cancelled)
    }

    async fn cancelled(&self) -> StopReason {
        self.control.wait(QueryControl::is_cancelled).await;
        self.control.stop()
    }

    fn is_held_up(&self) -> bool {
        self.control.is_held_up()
    }
}

/// The writing half of a stream. Dropped when the caller is gone or everything is answered.
pub struct ReplyStream {
    receiver: mpsc::Receiver<OutgoingFrame>,
    descriptions: HashMap<RawDescription, u32>,
    queries: Arc<InFlight>,
    frame_reader: AbortHandle,
    /// The first Hello, until it has been sent.
    hello: Option<Hello>,
    /// Later Hellos.
    hellos: BoxStream<'static, Hello>,
}

impl ReplyStream {
    /// `intake`: the task that reads the other half; it ends with this one.
    pub fn new(
        receiver: mpsc::Receiver<OutgoingFrame>,
        queries: Arc<InFlight>,
        frame_reader: AbortHandle,
        engine: &Engine,
    ) -> Self {
        let mut reads = engine.reads.watch();
        let max_message_size = engine.max_message_size as u64;
        let most_at_once = u32::try_from(engine.pool.most_of_one()).unwrap_or(u32::MAX);
        let hello = move |reads: &Verdict| Hello {
            max_message_size,
            reads: reads.on_the_wire().into(),
            takes_premises: true,
            most_at_once,
        };
        let first = hello(&reads.borrow_and_update());
        let hellos = stream::unfold(reads, move |mut reads| async move {
            reads.changed().await.ok()?;
            let next = hello(&reads.borrow_and_update());
            Some((next, reads))
        });
        ReplyStream {
            receiver,
            descriptions: HashMap::new(),
            queries,
            frame_reader,
            hello: Some(first),
            hellos: hellos.boxed(),
        }
    }
}

/// Assigns ids to descriptions in the order in which they are sent, so that an id is never sent before its description.
fn describe(known: &mut HashMap<RawDescription, u32>, description: RawDescription) -> Described {
    if let Some(&id) = known.get(&description) {
        return Described::Before(id);
    }
    let mut in_full = description.decode();
    if known.len() < MOST_DESCRIPTIONS {
        in_full.id = known.len() as u32 + 1;
        // A copy, because the original would keep a read buffer alive.
        known.insert(RawDescription(Bytes::copy_from_slice(&description.0)), in_full.id);
    }
    Described::InFull(in_full)
}

impl Stream for ReplyStream {
    type Item = Result<ServerFrame, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let hello = |hello| Poll::Ready(Some(Ok(ServerFrame { frame: Some(server_frame::Frame::Hello(hello)) })));
        if let Some(first) = this.hello.take() {
            return hello(first);
        }
        let Poll::Ready(outgoing) = this.receiver.poll_recv(context) else {
            return match this.hellos.poll_next_unpin(context) {
                Poll::Ready(Some(next)) => hello(next),
                _ => Poll::Pending,
            };
        };
        let frame = match outgoing {
            None | Some(OutgoingFrame::End(Ok(()))) => return Poll::Ready(None),
            Some(OutgoingFrame::End(Err(status))) => return Poll::Ready(Some(Err(status))),
            Some(OutgoingFrame::Draining(last_id)) => server_frame::Frame::Draining(Draining { last_id }),
            Some(OutgoingFrame::Chunk(id, chunk, _)) => {
                let reply = chunk.into_part(|description| describe(&mut this.descriptions, description));
                server_frame::Frame::Part(Part { id, reply: Some(reply) })
            }
        };
        Poll::Ready(Some(Ok(ServerFrame { frame: Some(frame) })))
    }
}

impl Drop for ReplyStream {
    fn drop(&mut self) {
        self.frame_reader.abort();
        self.queries.cancel_all();
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
}
