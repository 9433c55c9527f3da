//! Checks the length of each message before it is read into memory. A message that is too large, or for which there is
//! no memory, is skipped. On a stream, a short frame with its id takes its place, so only this query is refused; a
//! unary call ends with a status. Wraps the gRPC services; `frame_reader` asks what happened to a frame.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body::Frame;
use prost::Message;
use tokio::time::{Instant, Sleep, sleep};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;
use tonic::transport::server::TcpConnectInfo;

use super::memory::{Memory, Reserved};
use super::reply_chunk::{failure, status};
use crate::proto::failure::Reason;
use crate::proto::{ClientFrame, Execute, Failure, client_frame};

/// Messages up to this size pass unchecked; `frame_reader` accounts for them.
pub const SMALL: usize = 64 * 1024;
/// The flag and length before each message.
const HEADER: usize = 5;
/// The prefix of a frame that contains its query's id.
const BEGINNING: usize = 32;

/// While a large message arrives, which holds memory, at least so many bytes must come within this time. They are fewer
/// than what may wait, unread, in a stream's flow-control window.
const PACE: Duration = Duration::from_secs(10);
const LEAST: usize = 32 * 1024;

/// A service whose requests are screened.
#[derive(Clone)]
pub struct Screened<S> {
    service: S,
    largest: usize,
    memory: Arc<Memory>,
}

impl<S> Screened<S> {
    /// `largest`: bytes of the largest accepted message; `memory`: the budget for large ones.
    pub fn new(service: S, largest: usize, memory: Arc<Memory>) -> Self {
        Screened { service, largest, memory }
    }
}

impl<S: NamedService> NamedService for Screened<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Screened<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let large_messages = LargeMessages::default();
        request.extensions_mut().insert(large_messages.clone());
        let path = request.uri().path();
        let is_stream = path.ends_with("/Multiplex") || path.ends_with("/Session");
        let caller = request.extensions().get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
        let (largest, memory) = (self.largest, self.memory.clone());
        let request = request
            .map(|body| Body::new(Screen { caller, ..Screen::new(body, is_stream, largest, memory, large_messages) }));
        self.service.call(request)
    }
}

/// What happened to the large messages of one call, by query id; 0 for a unary call.
#[derive(Clone, Debug, Default)]
pub struct LargeMessages(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    any: AtomicBool,
    messages: Mutex<HashMap<u32, Result<Reserved, Failure>>>,
}

impl LargeMessages {
    fn note(&self, id: u32, what: Result<Reserved, Failure>) {
        self.0.messages.lock().unwrap_or_else(PoisonError::into_inner).insert(id, what);
        self.0.any.store(true, Ordering::Release);
    }

    /// What happened to this query's message, which has arrived; None: it was small.
    pub fn take(&self, id: u32) -> Option<Result<Reserved, Failure>> {
        if !self.0.any.load(Ordering::Acquire) {
            return None;
        }
        let mut messages = self.0.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let large_messages = messages.remove(&id);
        self.0.any.store(!messages.is_empty(), Ordering::Release);
        large_messages.map(|message| message.map(Reserved::arrived))
    }
}

/// A request's body.
struct Screen {
    body: Body,
    is_stream: bool,
    largest: usize,
    memory: Arc<Memory>,
    large_messages: LargeMessages,
    caller: Option<SocketAddr>,
    state: State,
    /// The large message that arrives.
    arriving: Option<Arriving>,
    /// Received bytes that have not been checked.
    chunk: Bytes,
    /// Bytes to pass on first.
    ready: VecDeque<Bytes>,
}

/// How fast a large message arrives.
#[derive(Default)]
struct Arriving {
    /// What has come since the time began.
    bytes: usize,
    /// It begins when the message is first waited for.
    time: Option<Pin<Box<Sleep>>>,
}

impl Arriving {
    /// Ready if too little has come. Poll when nothing more has come yet.
    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let time = self.time.get_or_insert_with(|| Box::pin(sleep(PACE)));
        loop {
            ready!(time.as_mut().poll(context));
            if self.bytes < LEAST {
                return Poll::Ready(());
            }
            self.bytes = 0;
            time.as_mut().reset(Instant::now() + PACE);
        }
    }
}

/// What comes next in the body.
enum State {
    /// A message header, of which this much has arrived.
    Header(BytesMut),
    /// This many bytes to pass on.
    Pass(usize),
    /// The beginning of a large message: its header, and what has arrived.
    Beginning { length: usize, begun: BytesMut },
    /// This many bytes to skip.
    Skip(usize),
}

impl Screen {
    /// Nothing has come yet, and the caller is not known.
    fn new(body: Body, is_stream: bool, largest: usize, memory: Arc<Memory>, large_messages: LargeMessages) -> Self {
        let (state, chunk, ready) = (State::Header(BytesMut::new()), Bytes::new(), VecDeque::new());
        let (caller, arriving) = (None, None);
        Screen { body, is_stream, largest, memory, large_messages, caller, state, arriving, chunk, ready }
    }

    /// Checks received bytes; returns those to pass on, if any.
    fn look(&mut self) -> Result<Option<Bytes>, Status> {
        let mut passing = 0;
        loop {
            let rest = self.chunk.len() - passing;
            if rest == 0 {
                break;
            }
            match &mut self.state {
                State::Pass(left) => {
                    let taken = rest.min(*left);
                    passing += taken;
                    *left -= taken;
                    if let Some(arriving) = &mut self.arriving {
                        arriving.bytes += taken;
                    }
                    if *left == 0 {
                        self.arriving = None;
                        self.state = State::Header(BytesMut::new());
                    }
                }
                State::Header(begun) if begun.is_empty() && rest >= HEADER => {
                    let length = length_of(&self.chunk[passing..]);
                    if length <= SMALL {
                        self.state = State::Pass(HEADER + length);
                    } else if passing > 0 {
                        break;
                    } else {
                        let begun = BytesMut::from(&self.chunk[..HEADER]);
                        self.chunk.advance(HEADER);
                        self.state = State::Beginning { length, begun };
                    }
                }
                _ if passing > 0 => break,
                State::Header(begun) => {
                    begun.put(self.chunk.split_to(rest.min(HEADER - begun.len())));
                    if begun.len() == HEADER {
                        let (length, begun) = (length_of(begun), begun.split());
                        self.state = match length <= SMALL {
                            true => {
                                self.ready.push_back(begun.freeze());
                                State::Pass(length)
                            }
                            false => State::Beginning { length, begun },
                        };
                        if length == 0 {
                            self.state = State::Header(BytesMut::new());
                        }
                        return Ok(None);
                    }
                }
                State::Beginning { begun, .. } => {
                    begun.put(self.chunk.split_to(rest.min(HEADER + BEGINNING - begun.len())));
                    if begun.len() == HEADER + BEGINNING {
                        self.decide()?;
                        return Ok(None);
                    }
                }
                State::Skip(left) => {
                    let skipped = rest.min(*left);
                    self.chunk.advance(skipped);
                    *left -= skipped;
                    if *left == 0 {
                        self.state = State::Header(BytesMut::new());
                    }
                }
            }
        }
        Ok((passing > 0).then(|| self.chunk.split_to(passing)))
    }

    /// Decides about a large message.
    fn decide(&mut self) -> Result<(), Status> {
        let State::Beginning { length, begun } = &mut self.state else { return Ok(()) };
        let (length, begun) = (*length, begun.split());
        let id = if self.is_stream { id_of(&begun[HEADER..]) } else { Some(0) };
        let room = match length > self.largest {
            true => Err(failure(
                Reason::Invalid,
                true,
                format!("a message of {length} bytes is larger than {} (--max-message-size)", self.largest),
            )),
            // Only queries hold reserved memory, so other large messages are refused.
            false if id.is_none() => Err(failure(
                Reason::Invalid,
                true,
                format!("a frame of {length} bytes that is no `execute`: others are at most {SMALL} bytes"),
            )),
            false => self.memory.reserve_large(length, self.caller).ok_or_else(out_of_memory),
        };
        let left = length - (begun.len() - HEADER);
        match (room, id) {
            (Ok(reserved), id) => {
                self.large_messages.note(id.unwrap_or(0), Ok(reserved));
                self.ready.push_back(begun.freeze());
                self.state = State::Pass(left);
                self.arriving = Some(Arriving::default());
            }
            (Err(failure), Some(id)) if self.is_stream => {
                self.large_messages.note(id, Err(failure));
                self.ready.push_back(stand_in(id));
                self.state = State::Skip(left);
            }
            // A unary call, or a frame without a query.
            (Err(failure), _) => return Err(status(failure)),
        }
        Ok(())
    }
}

/// A large message that does not arrive holds memory that others need.
fn stalled() -> Status {
    let seconds = PACE.as_secs();
    status(failure(
        Reason::Unavailable,
        true,
        format!("a large message has arrived too slowly: less than {LEAST} bytes of it in {seconds} s"),
    ))
}

/// Too many bytes of requests are held already.
pub fn out_of_memory() -> Failure {
    failure(Reason::Overloaded, true, "queued and running requests have reached their memory limit (--memory-limit)")
}

/// Counts a request's memory for its tenant; an error: the tenant's requests already hold too much.
pub fn charge(memory: Reserved, tenant: &str) -> Result<Reserved, Failure> {
    memory.charge(tenant).ok_or_else(|| {
        let message = format!(
            "queued and running requests of tenant {tenant:?} have reached the memory limit for one tenant (half of \
                 what --memory-limit allows for requests)"
        );
        failure(Reason::Overloaded, true, message)
    })
}

fn length_of(header: &[u8]) -> usize {
    header.get(1..HEADER).map_or(0, |mut length| length.get_u32() as usize)
}

/// The id of the query that a ClientFrame with this beginning executes.
fn id_of(mut beginning: &[u8]) -> Option<u32> {
    /// Tag of ClientFrame.execute, and of Execute.id: callers write fields in the order of their numbers.
    const EXECUTE: u8 = 2 << 3 | 2;
    const ID: u8 = 1 << 3;
    if !beginning.starts_with(&[EXECUTE]) {
        return None;
    }
    beginning.advance(1);
    prost::encoding::decode_varint(&mut beginning).ok()?;
    if !beginning.starts_with(&[ID]) {
        return None;
    }
    beginning.advance(1);
    prost::encoding::decode_varint(&mut beginning).ok()?.try_into().ok()
}

/// A message that executes nothing under this id.
fn stand_in(id: u32) -> Bytes {
    let frame = ClientFrame { frame: Some(client_frame::Frame::Execute(Execute { id, query: None })) };
    let mut message = BytesMut::with_capacity(HEADER + 16);
    message.put_u8(0);
    message.put_u32(frame.encoded_len() as u32);
    message.put(frame.encode_to_vec().as_slice());
    message.freeze()
}

impl http_body::Body for Screen {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            if let Some(ready) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(ready))));
            }
            if !this.chunk.is_empty() {
                match this.look() {
                    Ok(Some(passing)) => return Poll::Ready(Some(Ok(Frame::data(passing)))),
                    Ok(None) => continue,
                    Err(status) => return Poll::Ready(Some(Err(status))),
                }
            }
            let Poll::Ready(received) = Pin::new(&mut this.body).poll_frame(context) else {
                let Some(arriving) = &mut this.arriving else { return Poll::Pending };
                ready!(arriving.poll_stalled(context));
                return Poll::Ready(Some(Err(stalled())));
            };
            match received {
                None => return Poll::Ready(None),
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(chunk) => this.chunk = chunk,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
            }
        }
    }
}
