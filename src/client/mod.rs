//! The client: one thread that owns the channels, the lookup cache and all running queries. Queries come in as
//! commands, and replies go out through the `JsQueue`; nothing here blocks the caller. `addon` is its only caller.

mod call_control;
mod config;
mod driver;
mod fan_out;
mod js_queue;
mod listen;
mod message;
mod open_session;
mod placement;
mod query;
mod request;
mod sessions;
mod shared;

use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use tokio::sync::mpsc::{self, UnboundedSender};

use crate::channel::QueryChannel;
use crate::data::shape::Descriptions;
use crate::dial::{BearerToken, Dial, Names};
use crate::error::Error;
use crate::js_log;
use crate::lookup::{Tenant, TenantLookup};
use crate::proto::Parameter;
use crate::route::{QueryTarget, Router};
use crate::scatter::Shards;

pub use config::Config;
use fan_out::FanOutCaches;
pub use js_queue::JsQueue;
use request::ClientCommand;
pub use request::{ListenTarget, Locating, Request};

/// A handle on the client's thread. Dropping it ends the thread and everything that runs.
#[derive(Debug)]
pub struct Client {
    commands: UnboundedSender<ClientCommand>,
    token: BearerToken,
}

impl Client {
    /// Starts the thread. Connections are opened when queries need them.
    pub fn open(config: Config, js_queue: Arc<JsQueue>) -> Result<Client, Error> {
        let token = BearerToken::default();
        token.set(config.token.as_ref().map(|token| token.0.as_str()))?;
        if config.token_function {
            let asked = js_queue.clone();
            token.comes_from(move || asked.ask_for_token());
        }
        let dial = Dial { tls: config.tls, insecure: config.insecure, token: token.clone(), names: Names::LIBRARY };
        let has_lookup = !config.lookup_servers.is_empty();
        let lookup = has_lookup
            .then(|| TenantLookup::new(config.lookup_servers, dial.clone(), config.lookup_cache, config.max_retries))
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
        let records = js_queue.clone();
        let shared = shared::Shared {
            router: Router::new(lookup, channels.len()),
            shards: Shards::new(channels, config.max_retries),
            js_queue,
            timeout: config.timeout,
            sessions: Default::default(),
            fan_outs: FanOutCaches::new(config.layout, config.merge_memory),
            descriptions,
        };
        let (commands, received) = mpsc::unbounded_channel();
        let (level, max_in_flight) = (config.log_level, config.max_in_flight);
        thread::Builder::new()
            .name("mtdd-client".into())
            .stack_size(driver::STACK)
            .spawn(move || {
                js_log::capture(
                    level,
                    move |record| records.log(record),
                    || driver::run(Arc::new(shared), received, max_in_flight),
                )
            })
            .map_err(|error| Error::Config { field: "mtdd", reason: format!("cannot start a thread: {error}") })?;
        Ok(Client { commands, token })
    }

    /// Runs queries. They come together because waking the sleeping thread costs more than a query.
    pub fn execute(&self, requests: Vec<Request>) {
        self.send(ClientCommand::Execute(requests));
    }

    /// Explains a query for all shards without running it.
    pub fn explain(&self, request: Request) {
        self.send(ClientCommand::Explain(Box::new(request)));
    }

    /// Answers with a placement message.
    pub fn locate(&self, id: u32, tenant: Tenant, how: Locating) {
        self.send(ClientCommand::Locate { id, tenant, how });
    }

    /// Opens a session on the tenant's shard under the number `session`. Answers as `locate` does.
    pub fn open_session(&self, id: u32, session: u32, target: QueryTarget) {
        self.send(ClientCommand::OpenSession { id, session, target });
    }

    /// Closes a session; its open transaction is rolled back.
    pub fn close_session(&self, session: u32) {
        self.send(ClientCommand::CloseSession(session));
    }

    /// Listens to a PostgreSQL channel on one shard (an index that exists, or a tenant's) until it is cancelled. Messages
    /// under `id` tell JavaScript where and when LISTEN is in force, of each notification, and when it is over.
    pub fn listen(&self, id: u32, target: ListenTarget, channel: String) {
        self.send(ClientCommand::Listen { id, target, channel });
    }

    /// Stops a query or a listener.
    pub fn cancel(&self, id: u32) {
        self.send(ClientCommand::Cancel(id));
    }

    /// JavaScript has taken this many bytes of rows or notifications.
    pub fn credit(&self, id: u32, bytes: u32) {
        self.send(ClientCommand::Credit { id, bytes });
    }

    /// Takes no further query. Answers once those that run have ended; they have a few seconds.
    pub fn close(&self, id: u32) {
        self.send(ClientCommand::Close { id });
    }

    /// New connections and lookups use this token from now on.
    pub fn set_token(&self, token: Option<&str>) -> Result<(), Error> {
        self.token.set(token)
    }

    /// The application has no other token.
    pub fn token_failed(&self) {
        self.token.failed();
    }

    fn send(&self, command: ClientCommand) {
        // After close the thread is gone, and JavaScript refuses by itself.
        let _ = self.commands.send(command);
    }
}

/// A text parameter, a binary one, or NULL.
pub fn parameter(value: Option<Bytes>, binary: bool) -> Parameter {
    Parameter { value, binary }
}
