//! `mtdd-server lookup list|where|add|move|remove`: an operator's commands on the tenants' table, which work without a
//! running lookup server. `store` does the work; this file has the flags, the output and the exit codes: 0 done, 1 not
//! done or in doubt, 2 invalid arguments, 3 no such tenant.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, value_parser};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::placement;
use super::store::{Administration, Listed, Moved, NotMoved, StoreError, TenantKey};
use crate::console::{Format, complain, table};
use crate::error::append_sources;
use crate::postgres::{ConnectTarget, DatabaseUrl};

/// What `--run` has started is given so long to end.
const STOPPING_TIME: Duration = Duration::from_secs(5);

/// What can be asked for.
#[derive(Parser, Debug)]
#[command(name = "mtdd-server lookup", bin_name = "mtdd-server lookup")]
pub struct AdminCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// List tenants, sorted by name
    List {
        #[command(flatten)]
        database: Database,
        /// Only the tenants of this shard
        #[arg(long, value_name = "N")]
        shard: Option<u16>,
    },
    /// Show which shard a tenant lives on
    Where {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        tenant: TenantArgs,
    },
    /// Register a tenant; a known one keeps its shard
    Add {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        tenant: TenantArgs,
        #[command(flatten)]
        shards: ShardArgs,
        /// The shard. Default: the one with the fewest tenants
        #[arg(long, value_name = "N")]
        shard: Option<u16>,
        /// Longest tenant name, in bytes, as for the lookup server
        #[arg(long, env = "MTDD_MAX_TENANT_NAME", value_name = "BYTES", default_value_t = 1024,
            value_parser = value_parser!(u32).range(1..=2048))]
        max_tenant_name: u32,
    },
    /// Move a tenant to another shard. This changes where the tenant lives, and copies no rows unless --run does. The
    /// tenant's queries wait meanwhile. When the command returns, no query of the tenant runs on the old shard, and
    /// none will be committed there, if the query servers run with --lookup: each has confirmed it, or its lease is
    /// over and its PostgreSQL has ended its connections. If a machine is paused with both the query server and its
    /// PostgreSQL (a virtual machine, for example), shut it down before you move tenants away from it, because it
    /// continues where it was when it wakes
    Move {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        tenant: TenantArgs,
        #[command(flatten)]
        shards: ShardArgs,
        /// The new shard. Name the present shard to undo a move that an interrupted command has left unfinished
        #[arg(long, value_name = "N")]
        to: u16,
        #[command(flatten)]
        waiting: WaitArgs,
        /// Shell command that copies the tenant's rows. It runs while no query of the tenant does, with MTDD_TENANT,
        /// MTDD_TENANT_TYPE, MTDD_FROM and MTDD_TO set. If it fails, the tenant stays where it is
        #[arg(long, value_name = "COMMAND")]
        run: Option<String>,
    },
    /// Remove a tenant from the table. Its rows stay on the shard, and no query reaches them
    Remove {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        tenant: TenantArgs,
        #[command(flatten)]
        waiting: WaitArgs,
    },
}

#[derive(Args, Debug)]
struct Database {
    /// The lookup server's PostgreSQL database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: DatabaseUrl,

    /// How long opening a connection to PostgreSQL may take, in milliseconds
    #[arg(long, env = "MTDD_CONNECT_TIMEOUT", value_name = "MS", default_value_t = 10_000,
        value_parser = value_parser!(u32).range(1..))]
    connect_timeout: u32,

    /// Format of the answer: a table, or one JSON object a line
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    format: Format,
}

#[derive(Args, Debug)]
struct TenantArgs {
    /// The tenant's name
    #[arg(value_name = "TENANT")]
    name: String,

    /// The tenant's type
    #[arg(long = "type", value_name = "N", default_value_t = 1, value_parser = value_parser!(i32).range(0..))]
    kind: i32,
}

#[derive(Args, Debug)]
struct ShardArgs {
    /// Number of shards, as for the lookup server
    #[arg(long, env = "MTDD_SHARDS", value_name = "N", value_parser = value_parser!(u32).range(1..=65_536))]
    shards: u32,
}

#[derive(Args, Debug)]
struct WaitArgs {
    /// How long to wait until no query of the tenant runs, in seconds; after that, nothing changes. For a query server
    /// that cannot be reached, the command waits until its lease has ended (its --max-placement-staleness and 15 s
    /// more)
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u32,
}

/// The fields of an answer, in the order of a table's columns.
const COLUMNS: [&str; 10] = ["tenant", "type", "shard", "from", "to", "epoch", "id", "moving", "added", "withdrawn"];

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Impossible(String),
    #[error("tenant {name:?} of type {kind} is not registered")]
    Unknown { name: String, kind: i32 },
    #[error("tenant {name:?} of type {kind} {reason}")]
    NotDone { name: String, kind: i32, reason: NotMoved },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

/// Runs a command; its exit code.
pub async fn administer(command: AdminCommand) -> u8 {
    match run(command.verb).await {
        Ok(()) => 0,
        Err(failure) => {
            complain(&append_sources(failure.to_string(), &failure));
            match failure {
                Failure::Impossible(_) => 2,
                Failure::Unknown { .. } => 3,
                Failure::NotDone { reason: NotMoved::AlreadyThere(_), .. } => 2,
                _ => 1,
            }
        }
    }
}

async fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::List { database, shard } => {
            let listed = database.open().await?.list(shard.map(i32::from)).await?;
            database.print(&listed.iter().map(row).collect::<Vec<_>>())
        }
        Verb::Where { database, tenant } => {
            let tenant = tenant.checked()?;
            let found = database.open().await?.find(&tenant).await?.ok_or_else(|| unknown(tenant))?;
            database.print(&[row(&found)])
        }
        Verb::Add { database, tenant, shards, shard, max_tenant_name } => {
            let tenant = tenant.no_longer_than(max_tenant_name as usize)?;
            let shard = shard.map(|shard| shards.check("--shard", shard)).transpose()?;
            let mut store = database.open().await?;
            let shard = match shard {
                Some(shard) => shard,
                None => shards.emptiest(&store).await?,
            };
            let (added, is_new) = store.add(&tenant, shard).await?;
            let mut record = row(&added);
            record["added"] = is_new.into();
            database.report_done(&[record]);
            Ok(())
        }
        Verb::Move { database, tenant, shards, to, waiting, run } => {
            let to = shards.check("--to", to)?;
            relocate(&database, tenant.checked()?, Some(to), &waiting, run).await
        }
        Verb::Remove { database, tenant, waiting } => {
            relocate(&database, tenant.checked()?, None, &waiting, None).await
        }
    }
}

async fn relocate(
    database: &Database,
    tenant: TenantKey,
    to: Option<i32>,
    waiting: &WaitArgs,
    command: Option<String>,
) -> Result<(), Failure> {
    let mut store = database.open().await?;
    let (tell, interruption) = watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        tell.send_replace(true);
        std::future::pending::<()>().await
    });
    let work = async |from| match &command {
        Some(command) => copy(command, &tenant, from, to, stopped(interruption.clone())).await,
        None => Ok(()),
    };
    let timeout = Duration::from_secs(waiting.timeout.into());
    let moved = store.relocate(&tenant, to, timeout, stopped(interruption.clone()), work).await;
    let Moved { from, to, epoch, withdrawn, watching } = match moved {
        Ok(moved) => moved,
        Err(NotMoved::Unknown) => return Err(unknown(tenant)),
        Err(NotMoved::Store(error)) => return Err(error.into()),
        Err(reason) => return Err(Failure::NotDone { name: tenant.name, kind: tenant.kind, reason }),
    };
    if watching == 0 && !withdrawn {
        complain(&format!(
            "warning: no query server of shard {from} watches placements (--lookup): clients that remember the old shard \
                 keep using it until their lookupCache.ttl has passed"
        ));
    }
    database.report_done(&[json!({
        "tenant": tenant.name, "type": tenant.kind, "from": from, "to": to, "epoch": epoch, "withdrawn": withdrawn,
    })]);
    Ok(())
}

/// Returns once the operator has had enough.
async fn stopped(mut interruption: watch::Receiver<bool>) {
    if interruption.wait_for(|is| *is).await.is_err() {
        std::future::pending().await
    }
}

/// Runs the operator's command to its end. Interrupted, it is stopped with all that it has started.
async fn copy(
    command: &str,
    tenant: &TenantKey,
    from: i32,
    to: Option<i32>,
    stopped: impl Future<Output = ()>,
) -> Result<(), String> {
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", command]).env("MTDD_TENANT", &tenant.name).env("MTDD_TENANT_TYPE", tenant.kind.to_string());
    shell.env("MTDD_FROM", from.to_string()).env("MTDD_TO", to.unwrap_or(from).to_string());
    // What it says must not mix with the answer.
    shell.stdout(io::stderr());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    let mut child = shell.spawn().map_err(|error| format!("--run: {error}"))?;
    let id = child.id();
    let mut ended = tokio::task::spawn_blocking(move || child.wait());
    let (ended, is_stopped) = tokio::select! {
        ended = &mut ended => (ended, false),
        () = stopped => {
            kill_group(id).await;
            (ended.await, true)
        }
    };
    match ended {
        Ok(Ok(_)) if is_stopped => Err("--run was interrupted".to_owned()),
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("--run ended with {status}")),
        Ok(Err(error)) => Err(format!("--run: {error}")),
        Err(error) => Err(format!("--run: {error}")),
    }
}

/// Ends a process group: asks it to, and after a while does not ask any more.
#[cfg(unix)]
async fn kill_group(id: u32) {
    let signal = async |signal: &str| {
        let mut kill = std::process::Command::new("sh");
        kill.args(["-c", &format!("kill -s {signal} -- -{id}")]).stdout(Stdio::null()).stderr(Stdio::null());
        let sent = tokio::task::spawn_blocking(move || kill.status()).await;
        matches!(sent, Ok(Ok(status)) if status.success())
    };
    signal("TERM").await;
    let asked = Instant::now();
    // Signal 0 only tells whether there is anybody.
    while signal("0").await && asked.elapsed() < STOPPING_TIME {
        sleep(Duration::from_millis(50)).await;
    }
    signal("KILL").await;
}

#[cfg(not(unix))]
async fn kill_group(_id: u32) {}

/// Returns when the operator has had enough.
async fn interrupted() {
    #[cfg(unix)]
    {
        use futures_util::future::select_all;
        use tokio::signal::unix::{SignalKind, signal};
        let mut kinds = vec![SignalKind::terminate(), SignalKind::interrupt(), SignalKind::quit()];
        if !is_hangup_ignored() {
            kinds.push(SignalKind::hangup());
        }
        let signals = kinds.into_iter().filter_map(|kind| signal(kind).ok());
        let heard: Vec<_> = signals.map(|mut signal| Box::pin(async move { signal.recv().await })).collect();
        if !heard.is_empty() {
            select_all(heard).await;
            return;
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_ok() {
        return;
    }
    std::future::pending().await
}

/// True if whoever started the command wants it to outlive the terminal, as `nohup` does. Known on Linux only.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    const HANGUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & HANGUP != 0)
}

fn unknown(tenant: TenantKey) -> Failure {
    Failure::Unknown { name: tenant.name, kind: tenant.kind }
}

fn row(listed: &Listed) -> Value {
    let Listed { tenant, placed, moving } = listed;
    json!({
        "tenant": tenant.name, "type": tenant.kind, "shard": placed.shard, "epoch": placed.epoch, "id": placed.id,
        "moving": moving,
    })
}

impl TenantArgs {
    /// For what is done with a known tenant, however long its name.
    fn checked(self) -> Result<TenantKey, Failure> {
        self.no_longer_than(usize::MAX)
    }

    fn no_longer_than(self, most: usize) -> Result<TenantKey, Failure> {
        TenantKey::check_name(&self.name, most).map_err(|reason| Failure::Impossible(format!("TENANT: {reason}")))?;
        Ok(TenantKey { name: self.name, kind: self.kind })
    }
}

impl ShardArgs {
    fn check(&self, flag: &str, shard: u16) -> Result<i32, Failure> {
        if u32::from(shard) < self.shards {
            return Ok(shard.into());
        }
        let last = self.shards - 1;
        Err(Failure::Impossible(format!(
            "{flag} {shard}: no such shard; shards are 0 to {last} (--shards {})",
            self.shards
        )))
    }

    async fn emptiest(&self, store: &Administration) -> Result<i32, StoreError> {
        let mut tenants = vec![0u64; self.shards as usize];
        for (shard, count) in store.counts().await? {
            if let Some(tenants) = tenants.get_mut(shard as usize) {
                *tenants = count.max(0) as u64;
            }
        }
        Ok(placement::emptiest(&tenants) as i32)
    }
}

impl Database {
    async fn open(&self) -> Result<Administration, Failure> {
        let timeout = Duration::from_millis(self.connect_timeout.into());
        let target = ConnectTarget::new(&self.database_url, "mtdd-server lookup", timeout)
            .map_err(|reason| Failure::Impossible(format!("--database-url: {reason}")))?;
        Ok(Administration::open(target).await?)
    }

    /// The answer of a command that has changed something, which it has also if nobody hears of it.
    fn report_done(&self, records: &[Value]) {
        if let Err(failure) = self.print(records) {
            complain(&format!("warning: it is done, but {failure}: {}", table(&COLUMNS, records).replace('\n', "; ")));
        }
    }

    /// The answer on stdout.
    fn print(&self, records: &[Value]) -> Result<(), Failure> {
        Ok(self.format.print(&COLUMNS, records)?)
    }
}
