//! A query server in this process on a free port, in front of an empty database; a client for it that decodes replies
//! into something that tests can compare.

use std::collections::HashMap;
use std::time::Duration;

use clap::Parser;
use mtdd::proto::client_frame::Frame;
use mtdd::proto::db_service_client::DbServiceClient;
use mtdd::proto::failure::Reason;
use mtdd::proto::legacy_db::db_service_client::DbServiceClient as LegacyClient;
use mtdd::proto::*;
use mtdd::query_server::{self, QueryOptions, QueryStartError};
use mtdd::shutdown::{Shutdown, shutdown};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Status, Streaming};

use crate::support;

/// Bytes of rows on their way for one query of a stream that gives credit back at once.
const WINDOW: u32 = 1 << 20;

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    options: QueryOptions,
}

/// QueryOptions as the binary would read them.
pub fn options(url: &str, flags: &[&str]) -> QueryOptions {
    Flags::parse_from(["query", "--database-url", url].iter().chain(flags)).options
}

/// Starts a query server; it ends with the second value.
pub async fn serve(url: &str, flags: &[&str]) -> Result<(DbServiceClient<Channel>, Shutdown), QueryStartError> {
    let (channel, shutdown) = start(url, flags).await?;
    Ok((client(channel), shutdown))
}

fn client(channel: Channel) -> DbServiceClient<Channel> {
    DbServiceClient::new(channel).max_decoding_message_size(usize::MAX).max_encoding_message_size(usize::MAX)
}

async fn start(url: &str, flags: &[&str]) -> Result<(Channel, Shutdown), QueryStartError> {
    let (shutdown, drain) = shutdown();
    let services = query_server::service(options(url, flags), drain).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = TcpListenerStream::new(listener);
    let server = Server::builder().tcp_nodelay(true).add_service(services.current).add_service(services.legacy);
    tokio::spawn(server.serve_with_incoming(incoming));
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    Ok((channel, shutdown))
}

/// A running query server, and a connection around it.
pub struct Shard {
    pub url: String,
    pub shutdown: Shutdown,
    pub channel: Channel,
    pub client: DbServiceClient<Channel>,
    /// The same server on the wire of 1.x.
    pub legacy: LegacyClient<Channel>,
    /// A connection of the test's own to the same database.
    pub direct: tokio_postgres::Client,
}

impl Shard {
    pub async fn start(flags: &[&str]) -> Shard {
        Shard::at(&support::database().await, flags).await
    }

    /// In front of a database that exists.
    pub async fn at(url: &str, flags: &[&str]) -> Shard {
        Shard::with(url, support::connect(url).await, flags).await
    }

    /// In front of several PostgreSQLs, of which the test's own connection is to this one.
    pub async fn at_places(url: &str, postgres: &support::Postgres, flags: &[&str]) -> Shard {
        Shard::with(url, support::connect(&postgres.url("postgres")).await, flags).await
    }

    async fn with(url: &str, direct: tokio_postgres::Client, flags: &[&str]) -> Shard {
        let (channel, shutdown) = start(url, flags).await.unwrap();
        let legacy = LegacyClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
        Shard { url: url.to_owned(), shutdown, client: client(channel.clone()), channel, legacy, direct }
    }

    /// A stream without settings.
    pub async fn stream(&self) -> Stream {
        Stream::open(self, &[], WINDOW).await
    }

    /// A session without settings.
    pub async fn session(&self) -> Stream {
        Stream::session(self, &[], WINDOW).await
    }

    /// Runs one query on a stream of its own.
    pub async fn run(&self, request: QueryRequest) -> Reply {
        self.stream().await.run(request).await
    }

    /// Runs SQL on the test's own connection.
    pub async fn prepare(&self, sql: &str) {
        self.direct.batch_execute(sql).await.unwrap();
    }

    /// The first column of the first row that the test's own connection gets for `sql`, as text.
    pub async fn look(&self, sql: &str) -> String {
        let messages = self.direct.simple_query(sql).await.unwrap();
        let row = messages.into_iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
            _ => None,
        });
        row.unwrap_or_default()
    }

    /// Waits until `sql` gives `wanted`.
    pub async fn wait_for(&self, sql: &str, wanted: &str) {
        let mut last = String::new();
        for _ in 0..500 {
            last = self.look(sql).await;
            if last == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{sql}: expected {wanted:?}, still {last:?}");
    }

    /// How many statements of the server's connections run at this moment.
    pub async fn wait_for_running(&self, count: u32) {
        // What the server asks for itself is over soon.
        let sql = "select count(*) from pg_stat_activity where datname = current_database() \
                   and application_name = 'mtdd-server' and state = 'active' \
                   and query not like '-- What must be known%' and query not like 'set session authorization%' \
                   and query not like 'discard all%' and query not like 'reset role%' \
                   and query not like 'select pg_catalog.string_agg(name%' \
                   and query not like 'select pg_catalog.set_config%' \
                   and query not like 'select pg_catalog.pg_backend_pid%'";
        self.wait_for(sql, &count.to_string()).await;
    }
}

/// SQL by the simple protocol.
pub fn simple(sql: &str) -> QueryRequest {
    QueryRequest { sql: sql.to_owned(), simple: true, ..QueryRequest::default() }
}

/// SQL by the extended protocol, with text parameters.
pub fn bound(sql: &str, params: &[Option<&str>]) -> QueryRequest {
    let params =
        params.iter().map(|value| Parameter { value: value.map(|text| text.to_owned().into()), binary: false });
    QueryRequest { sql: sql.to_owned(), params: params.collect(), ..QueryRequest::default() }
}

/// The same on behalf of a tenant.
pub fn tenant(name: &str, request: QueryRequest) -> QueryRequest {
    QueryRequest { tenant: Some(name.to_owned()), ..request }
}

/// A stream of many queries: Multiplex, or a session.
pub struct Stream {
    frames: Option<mpsc::Sender<ClientFrame>>,
    answers: Streaming<ServerFrame>,
    last_id: u32,
    descriptions: HashMap<u32, RowDescription>,
    arrived: HashMap<u32, Reply>,
    /// Give credit for what arrives, at once.
    pub gives_credit: bool,
    /// What the server has last said of itself.
    pub hello: Option<Hello>,
    /// The server has said that it goes down, and this was its last id.
    pub draining: Option<u32>,
}

impl Stream {
    pub async fn open(shard: &Shard, settings: &[(&str, &str)], window: u32) -> Stream {
        let stream = Stream::unopened(&shard.client).await;
        stream.send(open(settings, window)).await;
        stream
    }

    /// The same as a session.
    pub async fn session(shard: &Shard, settings: &[(&str, &str)], window: u32) -> Stream {
        let stream = Stream::unopened_session(&shard.client).await;
        stream.send(open(settings, window)).await;
        stream
    }

    /// Where there is no `Shard`; without settings.
    pub async fn open_on(client: &DbServiceClient<Channel>) -> Stream {
        let stream = Stream::unopened(client).await;
        stream.send(Frame::Open(Open::default())).await;
        stream
    }

    /// Without its first frame.
    pub async fn unopened(client: &DbServiceClient<Channel>) -> Stream {
        let (frames, receiver) = mpsc::channel(1024);
        let answers = client.clone().multiplex(ReceiverStream::new(receiver)).await.unwrap();
        Stream::new(frames, answers.into_inner())
    }

    /// A session without its first frame.
    pub async fn unopened_session(client: &DbServiceClient<Channel>) -> Stream {
        let (frames, receiver) = mpsc::channel(1024);
        let answers = client.clone().session(ReceiverStream::new(receiver)).await.unwrap();
        Stream::new(frames, answers.into_inner())
    }

    fn new(frames: mpsc::Sender<ClientFrame>, answers: Streaming<ServerFrame>) -> Stream {
        let (descriptions, arrived) = Default::default();
        Stream {
            frames: Some(frames),
            answers,
            last_id: 0,
            descriptions,
            arrived,
            gives_credit: true,
            hello: None,
            draining: None,
        }
    }

    pub async fn send(&self, frame: Frame) {
        self.send_raw(ClientFrame { frame: Some(frame) }).await;
    }

    pub async fn send_raw(&self, frame: ClientFrame) {
        self.frames.as_ref().unwrap().send(frame).await.unwrap();
    }

    /// Closes the caller's half.
    pub fn ask_no_more(&mut self) {
        self.frames = None;
    }

    /// Sends a query and gives its id.
    pub async fn ask(&mut self, request: QueryRequest) -> u32 {
        self.last_id += 1;
        self.send(Frame::Execute(Execute { id: self.last_id, query: Some(request) })).await;
        self.last_id
    }

    pub async fn cancel(&self, id: u32) {
        self.send(Frame::Cancel(Cancel { id })).await;
    }

    pub async fn run(&mut self, request: QueryRequest) -> Reply {
        let id = self.ask(request).await;
        self.reply(id).await
    }

    /// Runs by the simple protocol; the command tag of the only result.
    pub async fn tag(&mut self, sql: &str) -> String {
        self.run(simple(sql)).await.only().tag.unwrap()
    }

    /// Takes what still comes until the stream ends, and gives the status that it ends with.
    pub async fn end(&mut self) -> Result<(), Status> {
        let rest = async {
            while self.next_part().await? {}
            Ok(())
        };
        tokio::time::timeout(Duration::from_secs(30), rest).await.expect("the stream ends")
    }

    /// The whole reply to a query.
    pub async fn reply(&mut self, id: u32) -> Reply {
        loop {
            if self.arrived.get(&id).is_some_and(|reply| reply.complete) {
                return self.arrived.remove(&id).unwrap();
            }
            let part =
                tokio::time::timeout(Duration::from_secs(30), self.next_part()).await.expect("no answer in time");
            assert!(part.unwrap(), "the stream ended before the reply to {id}");
        }
    }

    /// True once the whole reply has come.
    pub fn is_complete(&self, id: u32) -> bool {
        self.arrived.get(&id).is_some_and(|reply| reply.complete)
    }

    /// What has come of a reply so far.
    pub fn so_far(&self, id: u32) -> &Reply {
        &self.arrived[&id]
    }

    /// Takes one frame; false at the stream's end.
    pub async fn next_part(&mut self) -> Result<bool, Status> {
        let mut frame = self.answers.message().await?.map(|frame| frame.frame.unwrap());
        while let Some(server_frame::Frame::Hello(hello)) = frame {
            self.hello = Some(hello);
            frame = self.answers.message().await?.map(|frame| frame.frame.unwrap());
        }
        let (id, part) = match frame {
            None => return Ok(false),
            Some(server_frame::Frame::Hello(_)) => unreachable!("taken above"),
            Some(server_frame::Frame::Draining(draining)) => {
                self.draining = Some(draining.last_id);
                return Ok(true);
            }
            Some(server_frame::Frame::Part(Part { id, reply })) => (id, reply.unwrap()),
        };
        let bytes = part.rows.len() as u32;
        if self.gives_credit && bytes > 0 && !part.last {
            self.send(Frame::Credit(Credit { id, bytes })).await;
        }
        let mut part = part;
        match &part.description {
            Some(description) if description.id > 0 => {
                self.descriptions.insert(description.id, description.clone());
            }
            None if part.description_id > 0 => {
                let known = self.descriptions.get(&part.description_id);
                part.description = Some(known.expect("an id that was never described").clone());
            }
            _ => {}
        }
        self.arrived.entry(id).or_default().add(part);
        Ok(true)
    }
}

fn open(settings: &[(&str, &str)], window: u32) -> Frame {
    let settings = settings.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Frame::Open(Open { settings, window })
}

/// A whole reply.
#[derive(Debug, Default)]
pub struct Reply {
    pub results: Vec<ResultSet>,
    pub error: Option<DatabaseError>,
    pub failure: Option<Failure>,
    pub parts: usize,
    /// Parts that named a description by its id.
    pub by_id: usize,
    /// Bytes of rows.
    pub bytes: usize,
    complete: bool,
}

/// One statement's result.
#[derive(Debug, Default, PartialEq)]
pub struct ResultSet {
    pub fields: Option<Vec<Field>>,
    pub rows: Vec<Vec<Option<String>>>,
    pub tag: Option<String>,
    pub empty_query: bool,
}

impl Reply {
    pub fn add(&mut self, part: ReplyPart) {
        assert!(!self.complete, "a part after the last one");
        self.parts += 1;
        self.bytes += part.rows.len();
        self.by_id += usize::from(part.description_id > 0);
        let opens =
            part.description.is_some() || part.command_tag.is_some() || part.empty_query || !part.rows.is_empty();
        if opens && self.results.last().is_none_or(|result| result.tag.is_some() || result.empty_query) {
            self.results.push(ResultSet::default());
        }
        if let Some(result) = self.results.last_mut().filter(|_| opens) {
            if let Some(description) = part.description {
                result.fields = Some(description.fields);
            }
            let rows = rows(&part.rows);
            assert_eq!(rows.len(), part.row_count as usize);
            result.rows.extend(rows);
            result.tag = part.command_tag;
            result.empty_query = part.empty_query;
        }
        self.error = part.error.map(|error| *error);
        self.failure = part.failure;
        self.complete = part.last;
    }

    /// The only result of a reply without an error.
    #[track_caller]
    pub fn only(mut self) -> ResultSet {
        assert!(self.error.is_none() && self.failure.is_none(), "{:?} {:?}", self.error, self.failure);
        assert_eq!(self.results.len(), 1);
        self.results.remove(0)
    }

    /// The only value of the only row.
    #[track_caller]
    pub fn value(self) -> Option<String> {
        let mut result = self.only();
        assert_eq!(result.rows.len(), 1);
        result.rows.remove(0).remove(0)
    }

    #[track_caller]
    pub fn text(self) -> String {
        self.value().expect("a value that is not NULL")
    }

    /// The code of PostgreSQL's refusal.
    #[track_caller]
    pub fn code(self) -> String {
        assert!(self.failure.is_none(), "{:?}", self.failure);
        self.error.expect("an error").code.unwrap()
    }

    /// The server's own refusal.
    #[track_caller]
    pub fn refusal(self) -> (Reason, bool) {
        assert!(self.error.is_none(), "{:?}", self.error);
        let failure = self.failure.expect("a failure");
        (failure.reason(), failure.never_ran)
    }
}

/// DataRow messages as texts.
pub fn rows(mut bytes: &[u8]) -> Vec<Vec<Option<String>>> {
    fn take<'b>(bytes: &mut &'b [u8], count: usize) -> &'b [u8] {
        let (head, tail) = bytes.split_at(count);
        *bytes = tail;
        head
    }
    let mut rows = Vec::new();
    while !bytes.is_empty() {
        assert_eq!(take(&mut bytes, 1), b"D");
        let length = i32::from_be_bytes(take(&mut bytes, 4).try_into().unwrap());
        let mut row = take(&mut bytes, length as usize - 4);
        let count = i16::from_be_bytes(take(&mut row, 2).try_into().unwrap());
        let cells = (0..count).map(|_| {
            let length = i32::from_be_bytes(take(&mut row, 4).try_into().unwrap());
            (length >= 0).then(|| String::from_utf8(take(&mut row, length as usize).to_vec()).unwrap())
        });
        rows.push(cells.collect());
        assert!(row.is_empty());
    }
    rows
}
