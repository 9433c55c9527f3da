//! The client's side of the wire against servers that behave as ours never would.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mtdd::channel::{Begun, Event, QueryChannel};
use mtdd::dial::{Dial, Names, Token};
use mtdd::proto::db_service_server::{DbService, DbServiceServer};
use mtdd::proto::legacy_db::db_service_server::{DbService as LegacyDbService, DbServiceServer as LegacyServer};
use mtdd::proto::legacy_db::{self, StoredProcRequest, StoredProcResponse};
use mtdd::proto::*;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, once};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

type Answer<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Knows no call of mtdd.v1, and says so of a stream only after having accepted it, as some proxies do.
struct LateRefusal;

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
        Ok(Response::new(Box::pin(once(unknown()))))
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
        .add_service(DbServiceServer::new(LateRefusal))
        .add_service(LegacyServer::new(Legacy(answered.clone())));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));

    let dial = Dial { tls: None, insecure: false, token: Token::default(), names: Names::LIBRARY };
    let channel = QueryChannel::new(0, address, dial, Default::default(), Default::default()).unwrap();
    let query = QueryRequest { sql: "select 1".into(), timeout_ms: 5000, ..QueryRequest::default() };
    let begun = match channel.begin(query.clone()).await.unwrap() {
        Begun::Call(mut call) => {
            let event = call.next().await;
            assert!(matches!(event, Event::NeverRan(_)), "{event:?}");
            channel.begin(query).await.unwrap()
        }
        // The refusal was quicker than the query.
        begun => begun,
    };
    let Begun::Legacy(call) = begun else { panic!("not on the wire of 1.x") };
    assert_eq!(channel.run_legacy(call).await.unwrap().rows, "[]");
    assert_eq!(answered.load(Ordering::Relaxed), 1);
}
