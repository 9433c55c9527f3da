//! The flags, the answers and the exit codes of `track`, `untrack` and `status`: 0 done, 1 not done or in doubt,
//! 2 invalid arguments, 3 not tracked.

use std::io::{self, Write};
use std::time::Duration;

use clap::{Args, Subcommand, value_parser};
use serde_json::{Value, json};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::script::{self, LogSettings, TrackedTable};
use crate::console::{Format, complain};
use crate::error::append_sources;
use crate::postgres::{ConnectTarget, DatabaseUrl, connect};

/// What can be asked for.
#[derive(Subcommand, Debug)]
pub enum TrackingCommand {
    /// Track tables of a shard: log every change of their rows, for /mtdd/Load and /mtdd/events
    Track {
        #[command(flatten)]
        database: Database,
        /// The table, as SQL names it. Can be given several times
        #[arg(long = "table", value_name = "TABLE", required = true)]
        tables: Vec<String>,
        /// The column that names a row's tenant
        #[arg(long, env = "TENANT_COLUMN_NAME", value_name = "COLUMN")]
        tenant_column: String,
        /// The column that names the type of a row's tenant, where tenants of several types have the same name
        #[arg(long, value_name = "COLUMN")]
        tenant_type_column: Option<String>,
        /// Track tables with row-level security too: their policies only keep tenants apart. Others are not applied to
        /// what clients get of changes
        #[arg(long)]
        ignore_policies: bool,
        /// The name under which clients ask for the table. Default: the table's own, without its schema
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// The channel of the notifications that there are changes, which is `events.channel` of the applications. Once
        /// set it stays; at first it is table_updates
        #[arg(long, value_name = "CHANNEL")]
        channel: Option<String>,
        /// How long a change is kept, in seconds. Whoever was away for longer reads the table again. Once set it stays;
        /// at first it is 604800, a week
        #[arg(long, value_name = "SECONDS", value_parser = value_parser!(u32).range(1..))]
        max_age: Option<u32>,
        /// About how large the log may get, in bytes. Once set it stays; at first it is 1073741824
        #[arg(long, value_name = "BYTES", value_parser = value_parser!(i64).range(1..))]
        max_bytes: Option<i64>,
        /// A role that may read the log: that of the query server, if it does not own it. Can be given several times
        #[arg(long = "grant", value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// Stop tracking tables of a shard
    Untrack {
        #[command(flatten)]
        database: Database,
        /// The table, or the name under which it is tracked. Can be given several times
        #[arg(long = "table", value_name = "TABLE", required_unless_present = "all", conflicts_with = "all")]
        tables: Vec<String>,
        /// All tables; the log is removed too
        #[arg(long)]
        all: bool,
    },
    /// Show the tracked tables of a shard, and the state of its change log
    Status {
        #[command(flatten)]
        reading: Reading,
    },
}

#[derive(Args, Debug)]
pub struct Database {
    /// The shard's PostgreSQL database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL", required_unless_present = "print")]
    database_url: Option<DatabaseUrl>,

    #[command(flatten)]
    options: Options,

    /// How long to wait for a lock on a table, in milliseconds; after that, nothing changes. Writers of the table wait
    /// meanwhile
    #[arg(long, value_name = "MS", default_value_t = 10_000, value_parser = value_parser!(u32).range(1..))]
    lock_timeout: u32,

    /// Print the SQL instead of running it, for your own migrations
    #[arg(long)]
    print: bool,
}

#[derive(Args, Debug)]
pub struct Reading {
    /// The shard's PostgreSQL database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: DatabaseUrl,

    #[command(flatten)]
    options: Options,
}

#[derive(Args, Debug)]
pub struct Options {
    /// How long opening a connection to PostgreSQL may take, in milliseconds
    #[arg(long, env = "MTDD_CONNECT_TIMEOUT", value_name = "MS", default_value_t = 10_000,
        value_parser = value_parser!(u32).range(1..))]
    connect_timeout: u32,

    /// Format of the answer: a table, or one JSON object a line
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    format: Format,
}

/// The fields of an answer, in the order of a table's columns.
const TABLE_COLUMNS: [&str; 4] = ["table", "relation", "tenant_column", "key"];
const LOG_COLUMNS: [&str; 9] =
    ["log", "channel", "position", "changes", "bytes", "oldest", "max_age_s", "max_bytes", "oldest_writer_s"];

/// The fields that are numbers.
const NUMBERS: [&str; 5] = ["changes", "bytes", "max_age_s", "max_bytes", "oldest_writer_s"];

const TABLES: &str = "SELECT name AS table, relation::text, tenant_column, array_to_string(key_columns, ', ') AS key \
    FROM mtdd.tracked_tables ORDER BY name";
const LOG: &str = "SELECT mtdd.change_log_id() AS log, channel, \
    pg_snapshot_xmin(pg_current_snapshot())::text AS position, \
    (SELECT n_live_tup FROM pg_stat_all_tables WHERE relid = 'mtdd.changes'::regclass)::text AS changes, \
    pg_total_relation_size('mtdd.changes')::text AS bytes, \
    (SELECT changed_at::timestamptz(0)::text FROM mtdd.changes ORDER BY number LIMIT 1) AS oldest, \
    extract(epoch FROM max_age)::bigint AS max_age_s, max_bytes::text, \
    (SELECT extract(epoch FROM clock_timestamp() - min(since))::bigint FROM ( \
        SELECT xact_start AS since FROM pg_stat_activity WHERE backend_xid IS NOT NULL \
        UNION ALL SELECT prepared FROM pg_prepared_xacts) writers) AS oldest_writer_s \
    FROM mtdd.change_log";

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Impossible(String),
    #[error("{0}")]
    NotTracked(String),
    #[error("cannot use the database: {0}")]
    Unreachable(String),
    #[error("{}", refusal(.0))]
    Postgres(#[from] tokio_postgres::Error),
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

/// Runs a command; its exit code.
pub async fn administer(command: TrackingCommand) -> u8 {
    match run(command).await {
        Ok(()) => 0,
        Err(failure) => {
            complain(&failure.to_string());
            match failure {
                Failure::Impossible(_) => 2,
                Failure::NotTracked(_) => 3,
                _ => 1,
            }
        }
    }
}

async fn run(command: TrackingCommand) -> Result<(), Failure> {
    match command {
        TrackingCommand::Track {
            database,
            tables,
            tenant_column,
            tenant_type_column,
            ignore_policies,
            name,
            channel,
            max_age,
            max_bytes,
            roles,
        } => {
            if name.is_some() && tables.len() > 1 {
                return Err(Failure::Impossible("--name: expected one --table with it".to_owned()));
            }
            let named = |table| TrackedTable {
                table,
                tenant_column: &tenant_column,
                name: name.as_deref(),
                type_column: tenant_type_column.as_deref(),
                ignores_policies: ignore_policies,
            };
            let tracked: Vec<_> = tables.iter().map(|table| named(table)).collect();
            let settings = LogSettings { channel: channel.as_deref(), max_age, max_bytes };
            let sql = script::track(&tracked, &settings, &roles, database.lock_timeout);
            let Some(client) = database.perform(&sql).await? else { return Ok(()) };
            database.options.report(&client).await
        }
        TrackingCommand::Untrack { database, tables, all } => {
            let timeout = database.lock_timeout;
            let sql = if all { script::remove(timeout) } else { script::untrack(&tables, timeout) };
            if !database.print {
                database.options.check_tracked(&database.connect().await?, &tables).await?;
            }
            database.perform(&sql).await.map(|_| ())
        }
        TrackingCommand::Status { reading } => {
            let client = reading.options.connect(&reading.database_url).await?;
            reading.options.check_tracked(&client, &[]).await?;
            reading.options.report(&client).await
        }
    }
}

impl Database {
    async fn connect(&self) -> Result<Client, Failure> {
        let missing = || Failure::Impossible("--database-url: expected a URL".to_owned());
        self.options.connect(self.database_url.as_ref().ok_or_else(missing)?).await
    }

    /// Runs the SQL, and returns the connection; or prints it.
    async fn perform(&self, sql: &str) -> Result<Option<Client>, Failure> {
        if self.print {
            let mut stdout = io::stdout().lock();
            stdout.write_all(sql.as_bytes())?;
            stdout.flush()?;
            return Ok(None);
        }
        let client = self.connect().await?;
        client.batch_execute(sql).await?;
        Ok(Some(client))
    }
}

impl Options {
    async fn connect(&self, url: &DatabaseUrl) -> Result<Client, Failure> {
        let timeout = Duration::from_millis(self.connect_timeout.into());
        let target = ConnectTarget::new(url, "mtdd-server track", timeout)
            .map_err(|reason| Failure::Impossible(format!("--database-url: {reason}")))?;
        let (client, connection) = connect(&target).await.map_err(|error| Failure::Unreachable(error.to_string()))?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Refuses a database without a log, and a table that is not in it.
    async fn check_tracked(&self, client: &Client, tables: &[String]) -> Result<(), Failure> {
        let exists = rows(client, "SELECT to_regclass('mtdd.tracked_tables') AS log").await?;
        if exists.first().is_none_or(|row| row.get(0).is_none()) {
            return Err(Failure::NotTracked("no table is tracked: this database has no change log".to_owned()));
        }
        for table in tables {
            let known = client
                .query_opt(
                    "SELECT FROM mtdd.tracked_tables WHERE name = $1 OR relation = to_regclass($1) \
                        OR relation = to_regclass(quote_ident($1))",
                    &[table],
                )
                .await?;
            if known.is_none() {
                return Err(Failure::NotTracked(format!("{table:?} is not tracked")));
            }
        }
        Ok(())
    }

    /// Prints the tracked tables and the state of the log.
    async fn report(&self, client: &Client) -> Result<(), Failure> {
        let tables = rows(client, TABLES).await?;
        let log = rows(client, LOG).await?;
        self.format.print(&TABLE_COLUMNS, &tables.iter().map(|row| record(row, &TABLE_COLUMNS)).collect::<Vec<_>>())?;
        if self.format == Format::Table {
            writeln!(io::stdout())?;
        }
        self.format.print(&LOG_COLUMNS, &log.iter().map(|row| record(row, &LOG_COLUMNS)).collect::<Vec<_>>())?;
        Ok(())
    }
}

async fn rows(client: &Client, sql: &str) -> Result<Vec<SimpleQueryRow>, Failure> {
    let messages = client.simple_query(sql).await?;
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    Ok(rows.collect())
}

fn record(row: &SimpleQueryRow, columns: &[&str]) -> Value {
    let value = |column: &str| match row.get(column) {
        Some(text) if NUMBERS.contains(&column) => text.parse::<i64>().map_or(json!(text), |number| json!(number)),
        text => json!(text),
    };
    Value::Object(columns.iter().map(|column| ((*column).to_owned(), value(column))).collect())
}

/// What PostgreSQL says, with its hint.
fn refusal(error: &tokio_postgres::Error) -> String {
    let Some(refused) = error.as_db_error() else { return append_sources(error.to_string(), error) };
    match refused.hint() {
        Some(hint) => format!("{}. {hint}", refused.message()),
        None => refused.message().to_owned(),
    }
}
