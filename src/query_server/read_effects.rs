//! Whether a text that looks like a read does nothing else in this database. The text alone does not show it: views,
//! operators, casts, policies and so on run functions. The catalog shows it (`reads.sql`); it is asked on a separate
//! connection, every few seconds while streams are open, and again where it matters. Used by `run` and `stream`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{Client, Statement};

use crate::data::read_only::callable;
use crate::error::append_sources;
use crate::postgres::{self, ConnectTarget};
use crate::proto::hello;

const READS: &str = include_str!("reads.sql");
/// `reads.sql` must not use objects of the application.
const SETTINGS: &str = "SET search_path = pg_catalog, pg_temp; SET plan_cache_mode = force_generic_plan; SET jit = off";

/// The pause between two checks, as a multiple of a check's duration, within bounds.
const PAUSE_FOR_EACH: u32 = 50;
const SHORTEST_PAUSE: Duration = Duration::from_secs(3);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// If the catalog is not read within this time, the answer is unknown.
const CATALOG_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer is valid while there is no newer one.
const LASTS: Duration = Duration::from_secs(25);
/// After the last stream has closed, the connection is kept for this long.
const LINGER: Duration = Duration::from_secs(10);

/// What the catalog says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has not been asked recently, or does not answer.
    Unknown,
    OnlyRead,
    /// Reads may do more, because of this.
    MayWrite(Arc<str>),
}

impl Verdict {
    /// As protobuf.
    pub fn on_the_wire(&self) -> hello::Reads {
        match self {
            Verdict::Unknown => hello::Reads::Unknown,
            Verdict::OnlyRead => hello::Reads::OnlyRead,
            Verdict::MayWrite(_) => hello::Reads::MayWrite,
        }
    }
}

/// What is known about reads in one database.
pub struct ReadEffects {
    target: Arc<ConnectTarget>,
    verdict: watch::Sender<Verdict>,
    looking: Mutex<Looking>,
    /// A stream has been opened.
    wanted: Notify,
}

#[derive(Default)]
struct Looking {
    connection: Option<CatalogConnection>,
    /// The last answer, and when it was asked for.
    last: Option<(Verdict, Instant)>,
}

impl ReadEffects {
    /// Nothing is known yet.
    pub fn new(target: Arc<ConnectTarget>) -> ReadEffects {
        let (verdict, looking) = (watch::Sender::new(Verdict::Unknown), Mutex::default());
        ReadEffects { target, verdict, looking, wanted: Notify::new() }
    }

    /// Checks once now, and then repeatedly in the background.
    pub async fn start(target: Arc<ConnectTarget>) -> Arc<ReadEffects> {
        let reads = Arc::new(ReadEffects::new(target));
        reads.look(Instant::now()).await;
        tokio::spawn(reads.clone().keep_looking());
        reads
    }

    /// A receiver of the current answer and its changes.
    pub fn watch(&self) -> watch::Receiver<Verdict> {
        let watch = self.verdict.subscribe();
        self.wanted.notify_one();
        watch
    }

    /// The answer that is valid now.
    pub async fn now(&self) -> Verdict {
        let before = self.verdict.borrow().clone();
        self.wanted.notify_one();
        let now = self.look(Instant::now()).await;
        if matches!(before, Verdict::MayWrite(_)) { before } else { now }
    }

    async fn keep_looking(self: Arc<Self>) {
        loop {
            if self.verdict.receiver_count() == 0 && timeout(LINGER, self.wanted.notified()).await.is_err() {
                *self.looking.lock().await = Looking::default();
                self.verdict.send_replace(Verdict::Unknown);
                self.wanted.notified().await;
            }
            let since = Instant::now();
            self.look(since).await;
            sleep((since.elapsed() * PAUSE_FOR_EACH).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
        }
    }

    /// Asks the catalog, unless it has been asked since `from`; all waiters share the next answer.
    async fn look(&self, from: Instant) -> Verdict {
        let mut looking = self.looking.lock().await;
        if let Some((verdict, at)) = &looking.last
            && *at >= from
        {
            return verdict.clone();
        }
        let since = Instant::now();
        let asked = timeout(CATALOG_TIMEOUT, looking.ask(&self.target)).await;
        let verdict = match asked.unwrap_or_else(|_| Err("it does not answer".to_owned())) {
            Ok(verdict) => verdict,
            Err(reason) => {
                tracing::debug!(reason, "could not determine whether reads only read");
                looking.connection = None;
                if looking.last.as_ref().is_none_or(|(_, at)| at.elapsed() > LASTS) {
                    self.publish(Verdict::Unknown);
                }
                return Verdict::Unknown;
            }
        };
        looking.last = Some((verdict.clone(), since));
        self.publish(verdict.clone());
        verdict
    }

    fn publish(&self, verdict: Verdict) {
        let changes = self.verdict.send_if_modified(|known| {
            let changes = *known != verdict;
            known.clone_from(&verdict);
            changes
        });
        if changes && let Verdict::MayWrite(by) = &verdict {
            tracing::info!(by = &**by, "a lost read will not be repeated: in this database it may do more than read");
        }
    }
}

impl Looking {
    /// On a new connection, if the one that there was has been lost.
    async fn ask(&mut self, target: &ConnectTarget) -> Result<Verdict, String> {
        if let Some(connection) = &self.connection
            && let Ok(verdict) = connection.ask().await
        {
            return Ok(verdict);
        }
        let connection = self.connection.insert(CatalogConnection::open(target).await?);
        connection.ask().await.map_err(described)
    }
}

/// The connection that the catalog is asked on.
struct CatalogConnection {
    client: Client,
    question: Statement,
}

impl CatalogConnection {
    async fn open(target: &ConnectTarget) -> Result<CatalogConnection, String> {
        let (client, connection) = postgres::connect(target).await.map_err(|error| error.to_string())?;
        // Ends when the client is dropped.
        tokio::spawn(connection);
        client.batch_execute(SETTINGS).await.map_err(described)?;
        let question = client.prepare(READS).await.map_err(described)?;
        Ok(CatalogConnection { client, question })
    }

    async fn ask(&self) -> Result<Verdict, tokio_postgres::Error> {
        let names: Vec<&str> = callable().collect();
        let found = self.client.query_opt(&self.question, &[&names]).await?;
        match found {
            None => Ok(Verdict::OnlyRead),
            Some(row) => Ok(Verdict::MayWrite(row.try_get::<_, &str>(0)?.into())),
        }
    }
}

fn described(error: tokio_postgres::Error) -> String {
    append_sources(error.to_string(), &error)
}
