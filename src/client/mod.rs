//! The client: one thread that owns the channels, the lookup cache and every query under way. Queries come in as
//! commands and go out through the outbox; nothing here blocks the caller. `addon` is its only caller.

mod driver;
mod failure;
mod fan_out;
mod listen;
mod outbox;
mod query;
mod session;
mod world;

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{self, UnboundedSender};

use crate::channel::QueryChannel;
use crate::data::shape::Descriptions;
use crate::dial::{Dial, Names, Tls, Token};
use crate::error::{Error, Secret};
use crate::lookup::{CacheLimits, Lookup, Tenant};
use crate::plan::{Asked, Layout};
use crate::proto::Parameter;
use crate::records::{self, Level};
use crate::route::{Router, Target};

use fan_out::FanOuts;
pub use outbox::Outbox;

/// What a client is opened with; JavaScript has checked it.
#[derive(Debug)]
pub struct Config {
    /// `host:port`, one per shard; the position is the shard's index.
    pub query_servers: Vec<String>,
    /// `host:port` each; none: there is a single query server.
    pub lookup_servers: Vec<String>,
    pub insecure: bool,
    pub tls: Option<Tls>,
    pub token: Option<Secret>,
    /// The application gives tokens when it is asked.
    pub token_function: bool,
    /// For calls that name none; covers lookup, queueing and execution.
    pub timeout: Duration,
    pub max_retries: u32,
    pub lookup_cache: CacheLimits,
    /// Queries under way at once; more are refused.
    pub max_in_flight: usize,
    /// Session settings that a local connection of the application would have.
    pub session: HashMap<String, String>,
    pub log_level: Level,
    /// What the application has declared of its tables.
    pub layout: Layout,
    /// Bytes of rows that merging one query's result may hold.
    pub merge_memory: usize,
}

/// One query of JavaScript's.
#[derive(Debug)]
pub struct Request {
    /// JavaScript's; unique among the queries under way.
    pub id: u32,
    pub target: Target,
    /// The session it runs in; `target` then only says whose query it is.
    pub session: Option<u32>,
    pub sql: String,
    pub params: Vec<Parameter>,
    /// PostgreSQL's simple protocol is meant: no parameters, several statements allowed.
    pub simple: bool,
    /// None: the client's own.
    pub timeout: Option<Duration>,
    pub max_retries: Option<u32>,
    /// How all shards were asked for, if they were.
    pub asked: Asked,
    /// The shards that can answer are enough.
    pub partial: bool,
    /// Whether it may be run twice; None: the SQL decides.
    pub repeatable: Option<bool>,
    /// Its rows are used as they come: once some have gone out, it cannot begin anew.
    pub streams: bool,
    /// The types whose parsers the application has overridden (`data::kind`).
    pub overrides: u16,
}

/// What the client's thread is told.
#[derive(Debug)]
enum Command {
    Execute(Vec<Request>),
    /// Say what a query for all shards would do; the answer comes in the place of an error.
    Explain(Box<Request>),
    /// Where a tenant lives; `add`: after registering it.
    Place {
        id: u32,
        tenant: Tenant,
        add: bool,
    },
    /// Hold a PostgreSQL connection of the tenant's shard under the number `session`; answers as `Place` does.
    OpenSession {
        id: u32,
        session: u32,
        target: Target,
    },
    /// The session is not needed any more: what is open in it is rolled back.
    CloseSession(u32),
    /// Listen to a PostgreSQL channel on one shard, until this id is cancelled.
    Listen {
        id: u32,
        shard: usize,
        channel: String,
    },
    Cancel(u32),
    Credit {
        id: u32,
        bytes: u32,
    },
    /// Answer this id once everything under way has ended.
    Close {
        id: u32,
    },
}

/// A handle on the client's thread. Dropping it ends the thread and whatever is under way.
#[derive(Debug)]
pub struct Client {
    commands: UnboundedSender<Command>,
    token: Token,
}

impl Client {
    /// Starts the thread; connections are opened as queries need them.
    pub fn open(config: Config, outbox: Arc<Outbox>) -> Result<Client, Error> {
        let token = Token::default();
        token.set(config.token.as_ref().map(|token| token.0.as_str()))?;
        if config.token_function {
            let asked = outbox.clone();
            token.comes_from(move || asked.ask_for_token());
        }
        let dial = Dial { tls: config.tls, insecure: config.insecure, token: token.clone(), names: Names::LIBRARY };
        let has_lookup = !config.lookup_servers.is_empty();
        let lookup = has_lookup
            .then(|| Lookup::new(config.lookup_servers, dial.clone(), config.lookup_cache, config.max_retries))
            .transpose()?;
        let descriptions = Arc::new(Descriptions::default());
        let channels = config
            .query_servers
            .into_iter()
            .enumerate()
            .map(|(shard, address)| {
                QueryChannel::new(shard, address, dial.clone(), config.session.clone(), descriptions.clone())
            })
            .collect::<Result<Vec<_>, _>>()?;
        let records = outbox.clone();
        let world = world::World {
            router: Router::new(lookup, channels.len()),
            channels,
            outbox,
            timeout: config.timeout,
            max_retries: config.max_retries,
            retries: Default::default(),
            sessions: Default::default(),
            fan_outs: FanOuts::new(config.layout, config.merge_memory),
            descriptions,
        };
        let (commands, inbox) = mpsc::unbounded_channel();
        let (level, max_in_flight) = (config.log_level, config.max_in_flight);
        thread::Builder::new()
            .name("mtdd-client".into())
            .stack_size(driver::STACK)
            .spawn(move || {
                records::record(
                    level,
                    move |record| records.log(record),
                    || driver::run(Arc::new(world), inbox, max_in_flight),
                )
            })
            .map_err(|error| Error::Config { field: "mtdd", reason: format!("cannot start a thread: {error}") })?;
        Ok(Client { commands, token })
    }

    /// Runs queries. Together, because the thread sleeps between queries and waking it costs more than a query does.
    pub fn execute(&self, requests: Vec<Request>) {
        self.tell(Command::Execute(requests));
    }

    /// Says what a query for all shards would do; answers as `place` does.
    pub fn explain(&self, request: Request) {
        self.tell(Command::Explain(Box::new(request)));
    }

    /// Answers with the JSON of a placement as the only row.
    pub fn place(&self, id: u32, tenant: Tenant, add: bool) {
        self.tell(Command::Place { id, tenant, add });
    }

    /// Holds a PostgreSQL connection of the tenant's shard under the number `session`; answers as `place` does.
    pub fn open_session(&self, id: u32, session: u32, target: Target) {
        self.tell(Command::OpenSession { id, session, target });
    }

    /// Gives a session's connection back; what is open in it is rolled back.
    pub fn close_session(&self, session: u32) {
        self.tell(Command::CloseSession(session));
    }

    /// Listens to a PostgreSQL channel on one shard (an index that exists) until it is cancelled. JavaScript is told
    /// under `id` when LISTEN is in force, each notification, and when it is over.
    pub fn listen(&self, id: u32, shard: usize, channel: String) {
        self.tell(Command::Listen { id, shard, channel });
    }

    /// Stops a query, or a listener.
    pub fn cancel(&self, id: u32) {
        self.tell(Command::Cancel(id));
    }

    /// JavaScript has taken this many bytes of the query's rows, or of notifications.
    pub fn credit(&self, id: u32, bytes: u32) {
        self.tell(Command::Credit { id, bytes });
    }

    /// Takes no further query; answers once those under way have ended (they are given a few seconds).
    pub fn close(&self, id: u32) {
        self.tell(Command::Close { id });
    }

    /// From now on new connections and lookups carry this token.
    pub fn set_token(&self, token: Option<&str>) -> Result<(), Error> {
        self.token.set(token)
    }

    /// There is no other token.
    pub fn token_failed(&self) {
        self.token.failed();
    }

    fn tell(&self, command: Command) {
        // After close the thread is gone and JavaScript refuses by itself.
        let _ = self.commands.send(command);
    }
}

/// A text parameter, a binary one, or NULL.
pub fn parameter(value: Option<Bytes>, binary: bool) -> Parameter {
    Parameter { value, binary }
}
