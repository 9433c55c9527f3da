//! One stream to a query server with many queries, each with an id. On a Multiplex stream, they are answered as they
//! finish. (A unary call takes several times as much client CPU as a frame on an open stream.) On a Session stream,
//! they run in order on one PostgreSQL connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status, Streaming};

use super::connection::ServerConnection;
use super::reply_queue::{ReplyEvent, ReplyQueue};
use super::stream_places::StreamPlace;
use crate::data::shape::{Description, Descriptions};
use crate::dial::{check_answer, opened};
use crate::error::describe;
use crate::proto::{
    Cancel, ClientFrame, Credit, Execute, Hello, Open, Part, QueryRequest, ReplyPart, RowDescription, ServerFrame,
    client_frame, hello, server_frame,
};

/// Bytes of rows that one query may have in flight before its server waits for credit.
pub const WINDOW: u32 = 1024 * 1024;

/// How long to wait for a server's Hello, and the largest message of a 2.0 server, which sends none.
const HELLO_PATIENCE: Duration = Duration::from_secs(1);
const USUAL_LARGEST: usize = 64 << 20;

#[derive(Debug)]
pub(super) struct Stream {
    /// The server's Hello, once it has come.
    hello: watch::Sender<Option<ServerHello>>,
    /// The server does not know this call, and said so only after it had accepted the stream.
    is_unknown: AtomicBool,
    // Ids are assigned and frames queued under one lock, so that the server sees rising ids.
    calls: Mutex<OpenCalls>,
}

/// Whether a statement whose text shows nothing but reading only reads, as far as its server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadSafety {
    /// It may do more, or the server does not tell.
    MayWrite,
    /// The server has not said yet.
    Unknown,
    OnlyRead,
}

impl ReadSafety {
    fn of(hello: Hello) -> Self {
        match hello.reads() {
            hello::Reads::Unspecified | hello::Reads::MayWrite => ReadSafety::MayWrite,
            hello::Reads::Unknown => ReadSafety::Unknown,
            hello::Reads::OnlyRead => ReadSafety::OnlyRead,
        }
    }
}

/// What the server said in its Hello.
#[derive(Clone, Copy, Debug)]
struct ServerHello {
    max_message_size: usize,
    /// It checks `may_have_run`.
    checks_reads: bool,
    /// It checks `premise`.
    supports_premises: bool,
    /// How many of this client's queries without tenants have connections at once; 0: it does not say.
    most_at_once: u32,
}

#[derive(Debug)]
struct OpenCalls {
    /// The server's last word on reads.
    reads: ReadSafety,
    /// Queries up to this id were sent while reads might write.
    may_have_written: u32,
    /// None: the server was told that nothing more will come.
    frames: Option<UnboundedSender<ClientFrame>>,
    /// False: this stream takes no further query; those that run go on.
    accepting: bool,
    waiting: HashMap<u32, Arc<ReplyQueue>>,
    last_id: u32,
    /// Why the stream has ended, once it has.
    end: Option<String>,
    /// The server has refused it for that reason.
    is_refused: bool,
}

/// How the queries of a stream run.
#[derive(Clone, Copy, Debug)]
pub(super) enum StreamMethod {
    Multiplex,
    Session,
}

/// A tenant, and the epoch of its placement as the client knows it.
#[derive(Clone, Copy, Debug)]
pub struct PlacedTenant<'o> {
    pub tenant: &'o str,
    pub kind: i32,
    pub epoch: u64,
}

impl PlacedTenant<'_> {
    pub(super) fn note(self, metadata: &mut MetadataMap) {
        metadata.insert_bin("mtdd-tenant-bin", MetadataValue::from_bytes(self.tenant.as_bytes()));
        metadata.insert("mtdd-tenant-type", MetadataValue::from(self.kind));
        metadata.insert("mtdd-epoch", MetadataValue::from(self.epoch));
    }
}

impl Stream {
    /// `place`: the connection that it is on; None: that of all queries. `owner`: whose session it is, so that the server
    /// checks the shard before it accepts the stream.
    pub async fn open(
        server: &ServerConnection,
        place: Option<Arc<StreamPlace>>,
        method: StreamMethod,
        owner: Option<PlacedTenant<'_>>,
    ) -> Result<Arc<Stream>, Status> {
        let (frames, outgoing) = mpsc::unbounded_channel();
        let open = client_frame::Frame::Open(Open { settings: server.settings.clone(), window: WINDOW });
        let _ = frames.send(ClientFrame { frame: Some(open) });
        let mut outgoing = server.request(UnboundedReceiverStream::new(outgoing));
        if let Some(owner) = owner {
            owner.note(outgoing.metadata_mut());
        }
        let mut client = server.client(place.as_deref());
        let (incoming, place) = opened(async move {
            let incoming = match method {
                StreamMethod::Multiplex => client.multiplex(outgoing).await,
                StreamMethod::Session => client.session(outgoing).await,
            };
            incoming.map(|incoming| (incoming, place))
        })
        .await?;
        check_answer(incoming.metadata())?;
        let incoming = incoming.into_inner();
        let calls = OpenCalls {
            reads: ReadSafety::Unknown,
            may_have_written: 0,
            frames: Some(frames),
            accepting: true,
            waiting: HashMap::new(),
            last_id: 0,
            end: None,
            is_refused: false,
        };
        let stream = Arc::new(Stream {
            hello: watch::Sender::new(None),
            is_unknown: AtomicBool::new(false),
            calls: Mutex::new(calls),
        });
        let known = KnownDescriptions { of_client: server.descriptions.clone(), of_stream: HashMap::new() };
        let reading = read(stream.clone(), method, incoming, server.address.clone(), known);
        tokio::spawn(async move {
            reading.await;
            drop(place);
        });
        Ok(stream)
    }

    /// Sends a query, or gives it back if this stream takes no more.
    pub fn start(stream: &Arc<Stream>, query: QueryRequest) -> Result<Call, Box<QueryRequest>> {
        let mut calls = stream.lock();
        let id = calls.last_id.wrapping_add(1);
        if !calls.accepting || id == 0 {
            return Err(Box::new(query));
        }
        let execute = client_frame::Frame::Execute(Execute { id, query: Some(query) });
        // This fails only after the transport has dropped the stream; `read` then reports every call as lost.
        if let Some(frames) = &calls.frames {
            let _ = frames.send(ClientFrame { frame: Some(execute) });
        }
        let reply_queue = Arc::new(ReplyQueue::default());
        calls.last_id = id;
        calls.waiting.insert(id, reply_queue.clone());
        drop(calls);
        Ok(Call { handle: CallHandle { id, stream: stream.clone() }, reply_queue, done: false, is_alone: false })
    }

    /// The largest message that the server accepts, in bytes. A 2.0 server does not say.
    pub async fn max_message_size(&self) -> usize {
        self.hello().await.map_or(USUAL_LARGEST, |hello| hello.max_message_size)
    }

    /// True if the server runs a query that may have run already only where that does no harm.
    pub async fn checks_reads(&self) -> bool {
        self.hello().await.is_some_and(|hello| hello.checks_reads)
    }

    /// True if the server undoes a statement whose premise does not hold.
    pub async fn supports_premises(&self) -> bool {
        self.hello().await.is_some_and(|hello| hello.supports_premises)
    }

    /// The server's last word on reads.
    pub fn reads(&self) -> ReadSafety {
        self.lock().reads
    }

    /// How many queries without tenants the server runs at once, if it has said so.
    pub fn most_at_once(&self) -> Option<u32> {
        let said = *self.hello.borrow();
        said.map(|said| said.most_at_once).filter(|most| *most > 0)
    }

    async fn hello(&self) -> Option<ServerHello> {
        let mut said = self.hello.subscribe();
        match timeout(HELLO_PATIENCE, said.wait_for(Option::is_some)).await {
            Ok(Ok(said)) => *said,
            _ => None,
        }
    }

    fn on_hello(&self, hello: Hello) {
        let reads = ReadSafety::of(hello);
        let mut calls = self.lock();
        if calls.reads == ReadSafety::MayWrite {
            calls.may_have_written = calls.last_id;
        }
        calls.reads = reads;
        drop(calls);
        self.hello.send_replace(Some(ServerHello {
            max_message_size: usize::try_from(hello.max_message_size).unwrap_or(usize::MAX),
            checks_reads: hello.reads() != hello::Reads::Unspecified,
            supports_premises: hello.takes_premises,
            most_at_once: hello.most_at_once,
        }));
    }

    fn send(&self, frame: client_frame::Frame) {
        if let Some(frames) = &self.lock().frames {
            let _ = frames.send(ClientFrame { frame: Some(frame) });
        }
    }

    /// True if the server turned out not to know this call.
    pub fn is_unknown(&self) -> bool {
        self.is_unknown.load(Ordering::Acquire)
    }

    /// Sends nothing more. The server ends its half once it has answered.
    pub fn close(&self) {
        let mut calls = self.lock();
        calls.accepting = false;
        calls.frames = None;
    }

    /// Why the stream has ended; None: it has not, or nobody said why.
    pub fn end(&self) -> Option<String> {
        self.lock().end.clone()
    }

    /// Why the server has refused the stream; None: it has not.
    pub fn refusal(&self) -> Option<String> {
        let calls = self.lock();
        calls.end.clone().filter(|_| calls.is_refused)
    }

    fn lock(&self) -> MutexGuard<'_, OpenCalls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Delivers the server's frames to their queries until the stream ends.
async fn read(
    stream: Arc<Stream>,
    method: StreamMethod,
    mut incoming: Streaming<ServerFrame>,
    address: String,
    mut known: KnownDescriptions,
) {
    let (mut is_verdict, mut is_refused) = (false, false);
    let reason = loop {
        match incoming.message().await {
            Ok(Some(ServerFrame { frame: Some(server_frame::Frame::Part(part)) })) => {
                deliver(&stream, part, &mut known);
            }
            Ok(Some(ServerFrame { frame: Some(server_frame::Frame::Draining(draining)) })) => {
                tracing::info!(target: "mtdd::grpc", address, "query server is going down");
                on_draining(&stream, draining.last_id);
            }
            Ok(Some(ServerFrame { frame: Some(server_frame::Frame::Hello(hello)) })) => {
                stream.on_hello(hello);
            }
            Ok(Some(ServerFrame { frame: None })) => {}
            Ok(None) => break "the server ended the stream".to_owned(),
            Err(status) => {
                // The server itself ended the session: what it has not answered, it has not run.
                is_verdict = matches!((method, status.code()), (StreamMethod::Session, Code::Aborted));
                stream.is_unknown.store(status.code() == Code::Unimplemented, Ordering::Release);
                is_refused = status.code() == Code::InvalidArgument
                    && status.metadata().get("mtdd-never-ran").is_some_and(|said| said == "true");
                break if is_verdict || is_refused { status.message().to_owned() } else { describe(&status) };
            }
        }
    };
    let mut calls = stream.lock();
    calls.accepting = false;
    calls.end = Some(reason.clone());
    calls.is_refused = is_refused;
    let waiting = std::mem::take(&mut calls.waiting);
    drop(calls);
    tracing::info!(target: "mtdd::grpc", address, reason, "query server connection closed");
    for reply_queue in waiting.into_values() {
        // A server does not run a call that it does not know.
        let never_ran = is_verdict || stream.is_unknown();
        reply_queue.push(if is_refused {
            ReplyEvent::Refused(reason.clone())
        } else if never_ran {
            ReplyEvent::NeverRan(reason.clone())
        } else {
            ReplyEvent::Lost(reason.clone())
        });
    }
}

fn deliver(stream: &Stream, part: Part, known: &mut KnownDescriptions) {
    let Part { id, reply: Some(mut reply) } = part else { return };
    let description = known.describe(&mut reply);
    let mut calls = stream.lock();
    // If nobody waits, the query was given up while this part was on the way.
    let reply_queue = if reply.last { calls.waiting.remove(&id) } else { calls.waiting.get(&id).cloned() };
    drop(calls);
    if let Some(reply_queue) = reply_queue {
        reply_queue.push(match description {
            Ok(description) => ReplyEvent::Part(reply, description),
            Err(reason) => ReplyEvent::Broken(reason),
        });
    }
}

/// The descriptions of results.
struct KnownDescriptions {
    of_client: Arc<Descriptions>,
    /// Those that the server names by an id.
    of_stream: HashMap<u32, Arc<Description>>,
}

impl KnownDescriptions {
    fn describe(&mut self, reply: &mut ReplyPart) -> Result<Option<Arc<Description>>, String> {
        if let Some(RowDescription { id, fields }) = reply.description.take() {
            let description = self.of_client.of(fields);
            if id != 0 {
                self.of_stream.insert(id, description.clone());
            }
            return Ok(Some(description));
        }
        match reply.description_id {
            0 => Ok(None),
            id => match self.of_stream.get(&id) {
                Some(description) => Ok(Some(description.clone())),
                None => Err(format!("row description {id} was never sent")),
            },
        }
    }
}

fn on_draining(stream: &Stream, last_id: u32) {
    let mut calls = stream.lock();
    calls.accepting = false;
    let never_ran: Vec<_> = calls.waiting.extract_if(|id, _| *id > last_id).collect();
    drop(calls);
    for (_, reply_queue) in never_ran {
        reply_queue.push(ReplyEvent::NeverRan("the server is going down".into()));
    }
}

/// A running query. Dropping it before its last part cancels it on the server.
#[derive(Debug)]
pub struct Call {
    handle: CallHandle,
    reply_queue: Arc<ReplyQueue>,
    done: bool,
    /// Nothing else is on its stream, which ends with it.
    is_alone: bool,
}

/// Talks to the server about a running query.
#[derive(Clone, Debug)]
pub struct CallHandle {
    id: u32,
    stream: Arc<Stream>,
}

impl Call {
    /// Makes its stream end with it.
    pub(super) fn alone(self) -> Self {
        let mut call = self;
        call.is_alone = true;
        call
    }

    pub async fn next(&mut self) -> ReplyEvent {
        let event = self.reply_queue.next().await;
        self.done = match &event {
            ReplyEvent::Part(reply, _) => reply.last,
            ReplyEvent::NeverRan(_) | ReplyEvent::Refused(_) | ReplyEvent::Lost(_) => true,
            ReplyEvent::Broken(_) => false,
        };
        event
    }

    /// What the server has said of reads since the query was sent.
    pub fn reads(&self) -> ReadSafety {
        let CallHandle { id, stream } = &self.handle;
        let calls = stream.lock();
        if *id <= calls.may_have_written { ReadSafety::MayWrite } else { calls.reads }
    }

    pub fn handle(&self) -> CallHandle {
        self.handle.clone()
    }
}

impl CallHandle {
    /// Asks the server to stop the query. Its answer still comes.
    pub fn cancel(&self) {
        self.stream.send(client_frame::Frame::Cancel(Cancel { id: self.id }));
    }

    /// Tells the server that no reader is at fault if rows are not taken until there is credit again.
    pub fn hold_up(&self) {
        self.credit(0);
    }

    /// Lets the server send this many more bytes of rows.
    pub fn credit(&self, bytes: u32) {
        self.stream.send(client_frame::Frame::Credit(Credit { id: self.id, bytes }));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.done {
            self.handle.stream.lock().waiting.remove(&self.handle.id);
            self.handle.cancel();
        }
        if self.is_alone {
            self.handle.stream.close();
        }
    }
}
