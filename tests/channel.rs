//! The client's side of the wire against servers that behave as ours never would.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mtdd::channel::{QueryChannel, ReadSafety, ReplyEvent, StartedCall};
use mtdd::dial::{BearerToken, Dial, Names};
use mtdd::proto::db_service_server::{DbService, DbServiceServer};
use mtdd::proto::legacy_db::db_service_server::{DbService as LegacyDbService, DbServiceServer as LegacyServer};
use mtdd::proto::legacy_db::{self, StoredProcRequest, StoredProcResponse};
use mtdd::proto::*;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::{Stream, once};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

type Answer<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Knows no call of mtdd.v1, and ends a stream with this status only after having accepted it, as some proxies do.
struct LateRefusal(Status);

fn unknown<T>() -> Result<T, Status> {
    Err(Status::unimplemented("unknown service"))
}

#[tonic::async_trait]
impl DbService for LateRefusal {
    async fn execute_query(&self, _: Request<QueryRequest>) -> Result<Response<QueryResponse>, Status> {
        unknown()
    }

    type StreamQueryStream = Answer<ReplyPart>;

    async fn stream_query(&self, _: Request<QueryRequest>) -> Result<Response<Answer<ReplyPart>>, Status> {
        unknown()
    }

    type MultiplexStream = Answer<ServerFrame>;

    async fn multiplex(&self, _: Request<Streaming<ClientFrame>>) -> Result<Response<Answer<ServerFrame>>, Status> {
        Ok(Response::new(Box::pin(once(Err(self.0.clone())))))
    }

    type SessionStream = Answer<ServerFrame>;

    async fn session(&self, _: Request<Streaming<ClientFrame>>) -> Result<Response<Answer<ServerFrame>>, Status> {
        Ok(Response::new(Box::pin(once(Err(self.0.clone())))))
    }

    type ListenToChannelStream = Answer<ChannelMessage>;

    async fn listen_to_channel(&self, _: Request<ChannelRequest>) -> Result<Response<Answer<ChannelMessage>>, Status> {
        unknown()
    }
}

/// Answers on the wire of 1.x, and counts.
struct Legacy(Arc<AtomicUsize>);

#[tonic::async_trait]
impl LegacyDbService for Legacy {
    async fn execute_query(&self, _: Request<StoredProcRequest>) -> Result<Response<StoredProcResponse>, Status> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Response::new(StoredProcResponse { result: "[]".into(), row_count: 0, command: "SELECT".into() }))
    }

    type listenToChannelStream = Answer<legacy_db::ChannelResponse>;

    async fn listen_to_channel(
        &self,
        _: Request<legacy_db::ChannelRequest>,
    ) -> Result<Response<Self::listenToChannelStream>, Status> {
        unknown()
    }
}

#[tokio::test]
async fn a_query_that_was_on_its_way_when_unimplemented_came_back_never_ran_and_goes_the_other_way() {
    let answered = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = Server::builder()
        .add_service(DbServiceServer::new(LateRefusal(Status::unimplemented("unknown service"))))
        .add_service(LegacyServer::new(Legacy(answered.clone())));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));

    let dial = Dial { tls: None, insecure: false, token: BearerToken::default(), names: Names::LIBRARY };
    let channel = QueryChannel::new(0, address, dial, Default::default(), Default::default()).unwrap();
    let query = QueryRequest { sql: "select 1".into(), timeout_ms: 5000, ..QueryRequest::default() };
    let begun = match channel.start_on_any_wire(query.clone()).await.unwrap() {
        StartedCall::Call(mut call) => {
            let event = call.next().await;
            assert!(matches!(event, ReplyEvent::NeverRan(_)), "{event:?}");
            channel.start_on_any_wire(query).await.unwrap()
        }
        // The refusal was quicker than the query.
        begun => begun,
    };
    let StartedCall::Legacy(call) = begun else { panic!("not on the wire of 1.x") };
    assert_eq!(channel.run_legacy(call).await.unwrap().rows, "[]");
    assert_eq!(answered.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_a_server_refuses_before_anything_has_run_is_neither_lost_nor_tried_again() {
    for (never_ran, code) in [("true", "VALIDATION_ERROR"), ("", "")] {
        let mut status = Status::invalid_argument("open.settings: wrong");
        if !never_ran.is_empty() {
            status.metadata_mut().insert("mtdd-never-ran", never_ran.parse().unwrap());
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Server::builder().add_service(DbServiceServer::new(LateRefusal(status)));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        let dial = Dial { tls: None, insecure: false, token: BearerToken::default(), names: Names::LIBRARY };
        let channel = QueryChannel::new(0, address, dial, Default::default(), Default::default()).unwrap();
        let query = || QueryRequest { sql: "insert into t values (1)".into(), ..QueryRequest::default() };
        let event = match channel.start_on_any_wire(query()).await {
            Ok(StartedCall::Call(mut call)) => call.next().await,
            Ok(StartedCall::Legacy(_)) => panic!("on the wire of 1.x"),
            // The refusal was quicker than the query.
            Err(error) => {
                assert_eq!(error.code(), code, "{error}");
                ReplyEvent::Refused("open.settings: wrong".into())
            }
        };
        match (code, event) {
            ("", ReplyEvent::Lost(reason)) => assert!(reason.contains("open.settings: wrong"), "{reason}"),
            ("VALIDATION_ERROR", ReplyEvent::Refused(reason)) => {
                let error = channel.refusal(&reason);
                assert_eq!(error.code(), code);
                let message = error.to_string();
                assert!(
                    message.ends_with(" refused the settings of the connection: open.settings: wrong; nothing was run"),
                    "{message}"
                );
            }
            (_, event) => panic!("{event:?}"),
        }
        let session = channel.open_session(None).await.unwrap();
        while session.end().is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(session.refusal().is_some(), !never_ran.is_empty());
    }
}

/// Says of itself what it is told to, and counts the queries that come.
struct Telling {
    hellos: Mutex<Option<mpsc::Receiver<Result<ServerFrame, Status>>>>,
    queries: Arc<AtomicUsize>,
}

#[tonic::async_trait]
impl DbService for Telling {
    async fn execute_query(&self, _: Request<QueryRequest>) -> Result<Response<QueryResponse>, Status> {
        unknown()
    }

    type StreamQueryStream = Answer<ReplyPart>;

    async fn stream_query(&self, _: Request<QueryRequest>) -> Result<Response<Answer<ReplyPart>>, Status> {
        unknown()
    }

    type MultiplexStream = Answer<ServerFrame>;

    async fn multiplex(
        &self,
        frames: Request<Streaming<ClientFrame>>,
    ) -> Result<Response<Answer<ServerFrame>>, Status> {
        let (mut frames, queries) = (frames.into_inner(), self.queries.clone());
        tokio::spawn(async move {
            while let Ok(Some(frame)) = frames.message().await {
                let is_query = matches!(frame.frame, Some(client_frame::Frame::Execute(_)));
                queries.fetch_add(usize::from(is_query), Ordering::Relaxed);
            }
        });
        let hellos = self.hellos.lock().unwrap().take().unwrap();
        Ok(Response::new(Box::pin(ReceiverStream::new(hellos))))
    }

    type SessionStream = Answer<ServerFrame>;

    async fn session(&self, _: Request<Streaming<ClientFrame>>) -> Result<Response<Answer<ServerFrame>>, Status> {
        unknown()
    }

    type ListenToChannelStream = Answer<ChannelMessage>;

    async fn listen_to_channel(&self, _: Request<ChannelRequest>) -> Result<Response<Answer<ChannelMessage>>, Status> {
        unknown()
    }
}

type Hellos = mpsc::Sender<Result<ServerFrame, Status>>;

async fn telling() -> (QueryChannel, Hellos, Arc<AtomicUsize>) {
    let (sender, hellos) = mpsc::channel(8);
    let queries = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let service = Telling { hellos: Mutex::new(Some(hellos)), queries: queries.clone() };
    let server = Server::builder().add_service(DbServiceServer::new(service));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let dial = Dial { tls: None, insecure: false, token: BearerToken::default(), names: Names::LIBRARY };
    let channel = QueryChannel::new(0, address, dial, Default::default(), Default::default()).unwrap();
    (channel, sender, queries)
}

async fn tell(hellos: &Hellos, reads: hello::Reads) {
    let hello = Hello { max_message_size: 1 << 20, reads: reads.into(), takes_premises: false, most_at_once: 0 };
    hellos.send(Ok(ServerFrame { frame: Some(server_frame::Frame::Hello(hello)) })).await.unwrap();
}

async fn until(condition: impl Fn() -> bool) {
    for _ in 0..3000 {
        if condition() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it does not come to that");
}

fn read(may_have_run: bool) -> QueryRequest {
    QueryRequest { sql: "select 1".into(), timeout_ms: 5000, may_have_run, ..QueryRequest::default() }
}

#[tokio::test]
async fn a_query_that_may_have_run_is_not_sent_to_a_server_that_says_nothing_of_reads() {
    // As servers of 2.0 do, and later ones.
    for hello in [None, Some(hello::Reads::Unspecified)] {
        let (channel, hellos, queries) = telling().await;
        if let Some(reads) = hello {
            tell(&hellos, reads).await;
        }
        let refused = channel.start_on_any_wire(read(true)).await.unwrap_err();
        assert_eq!(refused.code(), "OUTCOME_UNKNOWN", "{refused}");
        let StartedCall::Call(call) = channel.start_on_any_wire(read(false)).await.unwrap() else { panic!("of 1.x") };
        until(|| queries.load(Ordering::Relaxed) == 1).await;
        assert_ne!(call.reads(), ReadSafety::OnlyRead);
    }
    for reads in [hello::Reads::Unknown, hello::Reads::OnlyRead, hello::Reads::MayWrite] {
        let (channel, hellos, _) = telling().await;
        tell(&hellos, reads).await;
        channel.start_on_any_wire(read(true)).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_sent_while_reads_might_write_is_never_taken_for_a_read() {
    let (channel, hellos, _) = telling().await;
    let begin = async || match channel.start_on_any_wire(read(false)).await.unwrap() {
        StartedCall::Call(call) => call,
        StartedCall::Legacy(_) => panic!("of 1.x"),
    };
    let first = begin().await;
    assert_eq!(first.reads(), ReadSafety::Unknown);
    tell(&hellos, hello::Reads::OnlyRead).await;
    until(|| first.reads() == ReadSafety::OnlyRead).await;
    tell(&hellos, hello::Reads::MayWrite).await;
    until(|| first.reads() == ReadSafety::MayWrite).await;
    let second = begin().await;
    tell(&hellos, hello::Reads::OnlyRead).await;
    until(|| channel.reads() == ReadSafety::OnlyRead).await;
    assert_eq!((first.reads(), second.reads()), (ReadSafety::MayWrite, ReadSafety::MayWrite));
    assert_eq!(begin().await.reads(), ReadSafety::OnlyRead);
}
