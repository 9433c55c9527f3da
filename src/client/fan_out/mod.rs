//! The way of one query for all shards: plan, run it on the shards, make one result of what they answer. `plan` says
//! what is to be done and `gather` does what can be computed here; this room does the waiting between them. The driver
//! calls it instead of `query` where there is more than one shard.

mod agreement;
mod arms;
mod array;
mod ask;
mod catalog;
mod columns;
mod everywhere;
mod explain;
mod finish;
mod merging;
mod outcome;
mod output;
mod plans;
mod rank;
mod read;
mod refusal;
mod stamps;
mod statement;
mod tag;
mod values;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::Request;
use super::world::{Control, Interrupt, World};
use crate::channel::{Reads, WINDOW};
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};
use crate::plan::{Everywhere, Layout, Plan, Refusal};
use crate::proto::QueryRequest;
use arms::Arms;
use ask::Asker;
use outcome::{Fault, ShardOutcome};
use output::Output;
use plans::{Planned, Plans};
use stamps::Stamps;
use statement::{Policy, Statement};
use watch::Watch;

/// Bytes of rows that a shard may send before it waits, however many share what one query may have on its way.
const LEAST_WINDOW: u32 = 128 * 1024;

/// What all fan-outs of a client share.
#[derive(Debug)]
pub struct FanOuts {
    plans: Plans,
    catalog: catalog::Catalog,
    /// Bytes that one merge may hold.
    memory: usize,
    turn: AtomicUsize,
}

impl FanOuts {
    pub fn new(layout: Layout, memory: usize) -> Self {
        FanOuts { plans: Plans::new(layout), catalog: Default::default(), memory, turn: AtomicUsize::new(0) }
    }

    /// The shard whose turn it is to do what any of them can do.
    fn turn(&self, shards: usize) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed) % shards
    }
}

/// Why a fan-out ends without a result.
#[derive(Debug)]
pub enum Halt {
    Fault(Fault),
    /// An error as `js/client.js` reads it.
    Record(Value),
}

impl Halt {
    fn record(&self) -> Value {
        match self {
            Halt::Fault(fault) => fault.record(),
            Halt::Record(record) => record.clone(),
        }
    }
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Halt::Fault(fault)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Fault(Fault::Failed(error))
    }
}

/// Runs a query for all shards to its end, which the outbox hears of exactly once.
pub async fn run(world: &World, deadlines: &Deadlines, request: Request, control: &Control) {
    let request = Arc::new(request);
    world.retries.earn();
    let watch = Watch::start(deadlines, control, request.timeout.unwrap_or(world.timeout));
    let asker = Asker { world, deadlines, deadline: watch.deadline, timeout: watch.timeout };
    let output = Output::new(world, request.id, request.overrides, control);
    let mut story = Story { world, asker, request: &request, output, shows_only_reading: false };
    let ended = story.tell(watch).await;
    let code = ended.as_ref().err().map(|halt| halt.record()["code"].as_str().unwrap_or("DATABASE").to_owned());
    match ended {
        Ok(about) => {
            tracing::debug!(
                target: "mtdd::query",
                shards = world.channels.len(),
                IsReRun = about.is_merged,
                failed = about.failed.len(),
                "a query for all shards has ended"
            );
            let record = about.record(request.streams && !story.only_reads());
            let finished = story.output.finish(&record);
            debug_assert!(finished.is_ok(), "a piece without rows cannot be malformed");
        }
        Err(halt) => {
            tracing::debug!(target: "mtdd::query", shards = world.channels.len(), code, "a query for all shards has failed");
            world.end(request.id, Some(halt.record()));
        }
    }
}

/// Answers what `run` would do with a query, without running it.
pub async fn explain(world: &World, deadlines: &Deadlines, request: Request, control: &Control) {
    let request = Arc::new(request);
    let mut watch = Watch::start(deadlines, control, request.timeout.unwrap_or(world.timeout));
    let asker = Asker { world, deadlines, deadline: watch.deadline, timeout: watch.timeout };
    let record = match watch.until(plan_of(asker, &request)).await {
        Ok(Ok((planned, _))) => explained(planned, request.clone(), world.channels.len()).await,
        Ok(Err(fault)) => fault.record().to_string(),
        Err(interrupt) => Fault::Failed(interrupt.error(asker.timeout, Fate::NotRun)).record().to_string(),
    };
    world.end_with(request.id, record);
}

/// The explanation as it is sent. Of a long text it is written elsewhere, so that others need not wait.
async fn explained(planned: Arc<Planned>, request: Arc<Request>, shards: usize) -> String {
    const LONG: usize = 64 << 10;
    let is_long = request.sql.len() > LONG || request.params.len() > LONG / 64;
    let explain = move || json!({ "explanation": explain::explanation(&planned.plan, &request, shards) }).to_string();
    if !is_long {
        return explain();
    }
    match tokio::task::spawn_blocking(explain).await {
        Ok(explained) => explained,
        Err(_) => {
            let reason = "the explanation failed; please report this statement".into();
            Fault::Failed(Error::PlanUnsupported { reason }).record().to_string()
        }
    }
}

/// The query's plan, under the relations that the databases have. One that names others is made again once those are
/// known: a view may just have been made.
async fn plan_of(asker: Asker<'_>, request: &Arc<Request>) -> Result<(Arc<Planned>, Arc<Stamps>), Fault> {
    let plans = &asker.world.fan_outs.plans;
    let is_fresh = !plans.knows_relations();
    if is_fresh {
        read_relations(asker, plans).await?;
    }
    let planned = plans.of(request).await;
    if is_fresh || !planned.0.names_unknown() {
        return Ok(planned);
    }
    read_relations(asker, plans).await?;
    Ok(plans.of(request).await)
}

async fn read_relations(asker: Asker<'_>, plans: &Plans) -> Result<(), Fault> {
    let tenant_column = plans.tenant_column();
    if plans.note(agreement::of(asker, tenant_column.as_deref()).await?) {
        asker.world.fan_outs.catalog.forget();
    }
    Ok(())
}

/// How often a query is planned at most, while others change what it names.
const ATTEMPTS: usize = 3;

/// How long a query waits, while it runs, for shards to say that what is known of them holds.
const PATIENCE: Duration = Duration::from_secs(1);
const CHANGED: &str = "the tables, views, types or functions that it uses have been changed meanwhile; run it again";

/// Whether what is known of the shards holds.
#[derive(PartialEq)]
enum Standing {
    Holds,
    Outdated,
    /// They did not say it in time.
    Unknown,
}

/// A plan, and by what it is noticed that it no longer holds.
struct Relied<'p> {
    planned: &'p Planned,
    stamps: &'p Stamps,
}

/// How a query by one plan has ended.
enum Ended<'a> {
    Done(About),
    /// The plan no longer holds, and nothing has come of it.
    Outdated(Watch<'a>),
}

/// What is to be known of a result beyond its rows.
#[derive(Debug, Default)]
struct About {
    /// It was merged rather than concatenated.
    is_merged: bool,
    /// The shards that it does without.
    failed: Vec<Value>,
}

impl About {
    /// `leaves_traces`: JavaScript, which may stop reading its rows, has to know that it may have done more than read.
    fn record(&self, leaves_traces: bool) -> Value {
        let about = json!({ "IsReRun": self.is_merged, "failedShards": self.failed });
        json!({ "about": about, "leavesTraces": leaves_traces })
    }

    fn note_failed(&mut self, outcomes: &[ShardOutcome<'_>]) {
        self.failed = outcomes.iter().filter_map(ShardOutcome::failed_record).collect();
    }
}

/// One query for all shards.
struct Story<'a> {
    world: &'a World,
    asker: Asker<'a>,
    request: &'a Arc<Request>,
    output: Output<'a>,
    /// Known once it is planned.
    shows_only_reading: bool,
}

impl<'a> Story<'a> {
    async fn tell(&mut self, watch: Watch<'a>) -> Result<About, Halt> {
        let mut watch = watch;
        for _ in 0..ATTEMPTS {
            match self.attempt(watch).await? {
                Ended::Done(about) => return Ok(about),
                Ended::Outdated(back) => watch = back,
            }
            self.world.fan_outs.plans.forget();
        }
        Err(unsupported(CHANGED))
    }

    /// Runs the query by the plan that holds for what is known of the shards.
    async fn attempt(&mut self, watch: Watch<'a>) -> Result<Ended<'a>, Halt> {
        let mut watch = watch;
        let planned = watch.until(plan_of(self.asker, self.request)).await;
        let (planned, stamps) = planned.map_err(|interrupt| self.interrupted(interrupt))??;
        self.shows_only_reading = planned.shows_only_reading;
        if self.request.partial && !matches!(planned.plan, Ok(Plan::Read(_) | Plan::AnyShard) | Err(_)) {
            let reason =
                "options.partialResults: expected a query that only reads; what writes must not be done in part";
            return Err(Error::Invalid { reason: reason.into() }.into());
        }
        let placed = watch.until(self.shards_are_right()).await;
        placed.map_err(|interrupt| self.interrupted(interrupt))??;
        // What runs alike everywhere may be what makes them agree.
        if let (Ok(Plan::AnyShard | Plan::Read(_) | Plan::Everywhere(Everywhere::Sum)), Some(how)) =
            (&planned.plan, self.world.fan_outs.plans.wrong_setting())
        {
            return Err(unsupported(&how));
        }
        let relied = Relied { planned: &planned, stamps: &stamps };
        match &planned.plan {
            Ok(Plan::AnyShard) => everywhere::on_any(self, watch, &relied).await,
            Ok(Plan::Everywhere(how)) => {
                // What changes rows cannot be done again: it is looked at before.
                if *how == Everywhere::Sum && !self.held(&mut watch, &relied).await? {
                    return Ok(Ended::Outdated(watch));
                }
                let done = everywhere::on_all(self, watch, *how, planned.shows_only_reading).await;
                // A command may have changed tables and views, however it ended.
                if *how == Everywhere::Same {
                    self.world.fan_outs.plans.forget();
                }
                done.map(Ended::Done)
            }
            Ok(Plan::Read(read)) => read::run(self, watch, &relied, read).await,
            Err(refusal) => {
                if !self.held(&mut watch, &relied).await? {
                    return Ok(Ended::Outdated(watch));
                }
                Err(refusal::halt(self, watch, refusal).await)
            }
        }
    }

    /// True if nothing is in doubt of the query, and it may be run again.
    fn only_reads(&self) -> bool {
        self.request.repeatable.unwrap_or_else(|| self.shows_only_reading && self.reads_only_read())
    }

    /// True if all servers say that reads do nothing else.
    fn reads_only_read(&self) -> bool {
        self.world.channels.iter().all(|channel| channel.reads() == Reads::OnlyRead)
    }

    /// True if what a plan takes for known still holds, as far as shards can be reached, while none runs it.
    async fn held(&self, watch: &mut Watch<'_>, relied: &Relied<'_>) -> Result<bool, Halt> {
        if relied.planned.relations.is_empty() {
            return Ok(true);
        }
        let held = watch.until(relied.stamps.hold_anywhere(self.asker, &relied.planned.relations)).await;
        held.map_err(|interrupt| self.interrupted(interrupt))
    }

    /// Whether what a plan takes for known still holds on the shards that have begun to answer. They keep a connection
    /// each meanwhile, so that those who wait for one must not wait for long.
    async fn standing(&self, arms: &mut Arms<'_>, relied: &Relied<'_>) -> Result<Standing, Halt> {
        if relied.planned.relations.is_empty() {
            return Ok(Standing::Holds);
        }
        let shards = arms.answering();
        let asked = relied.stamps.hold(self.asker, &shards, &relied.planned.relations);
        Ok(match arms.until(timeout(PATIENCE, asked)).await? {
            Err(_) => Standing::Unknown,
            Ok(holds) => match holds? {
                true => Standing::Holds,
                false => Standing::Outdated,
            },
        })
    }

    /// The same once they have come to their end, for a result that has been given meanwhile.
    async fn confirm(
        &self,
        standing: &Standing,
        relied: &Relied<'_>,
        shards: &[usize],
        doubt: Option<Error>,
    ) -> Result<(), Halt> {
        let relations = &relied.planned.relations;
        if *standing == Standing::Unknown && !relied.stamps.hold(self.asker, shards, relations).await? {
            self.world.fan_outs.plans.forget();
            return Err(doubt.map_or_else(|| unsupported(CHANGED), Halt::from));
        }
        Ok(())
    }

    fn shards(&self) -> usize {
        self.world.channels.len()
    }

    /// Finds out before anything runs whether a server is another shard than it is taken for. One that cannot be reached
    /// is the business of whoever sends to it.
    async fn shards_are_right(&self) -> Result<(), Error> {
        let ready = join_all(self.world.channels.iter().map(|channel| channel.ready())).await;
        let wrong = ready.into_iter().filter_map(Result::err).find(|error| matches!(error, Error::WrongShard { .. }));
        wrong.map_or(Ok(()), Err)
    }

    /// The query as it was given.
    fn original(&self) -> QueryRequest {
        let Request { sql, params, simple, .. } = &**self.request;
        QueryRequest { sql: sql.clone(), params: params.clone(), simple: *simple, ..QueryRequest::default() }
    }

    fn statement(&self, wire: QueryRequest, policy: Policy, shows_only_reading: bool) -> Statement {
        let window = (WINDOW / self.shards() as u32).max(LEAST_WINDOW);
        Statement {
            wire: QueryRequest { window, ..wire },
            policy,
            max_retries: self.request.max_retries.unwrap_or(self.world.max_retries),
            only_reads: self.request.repeatable,
            shows_only_reading,
        }
    }

    /// Runs a statement on one shard, whichever can be reached.
    async fn on_one(&self, watch: Watch<'a>, wire: QueryRequest, shows_only_reading: bool) -> Result<Arms<'a>, Halt> {
        let shards = self.shards();
        let first = self.world.fan_outs.turn(shards);
        let mut watch = watch;
        let mut tried = 1;
        loop {
            let mut statement = self.statement(wire.clone(), Policy::Read, shows_only_reading);
            if tried < shards {
                // Another shard is sooner asked than this one again.
                statement.max_retries = 0;
            }
            let mut arms = Arms::start(self.world, watch, [(first + tried - 1) % shards], statement);
            match arms.answered().await {
                Ok(()) => return Ok(arms),
                Err(halt) if tried == shards || !arms.was_never_sent() || arms.watch.interrupted.is_some() => {
                    return Err(halt);
                }
                Err(_) => watch = arms.into_watch(),
            }
            tried += 1;
        }
    }

    /// Why PostgreSQL refuses the query as it was given, if it does.
    async fn genuine_refusal(&self, watch: &mut Watch<'_>) -> Result<Option<Fault>, Halt> {
        let refusal = watch.until(self.asker.refusal(self.original())).await;
        refusal.map_err(|interrupt| self.interrupted(interrupt))
    }

    /// Interrupted before anything was sent, or while nothing but questions were.
    fn interrupted(&self, interrupt: Interrupt) -> Halt {
        interrupt.error(self.asker.timeout, Fate::NotRun).into()
    }
}

/// The end of a statement of which it turns out that its plan no longer holds: it may be run by another, unless this run
/// may have done more than read.
fn outdated<'a>(arms: Arms<'a>) -> Result<Ended<'a>, Halt> {
    let mut arms = arms;
    let doubt = arms.doubt();
    arms.stop();
    match doubt {
        Some(doubt) => Err(doubt.into()),
        None => Ok(Ended::Outdated(arms.into_watch())),
    }
}

fn refused(refusal: &Refusal) -> Halt {
    Error::PlanUnsupported { reason: refusal.to_string() }.into()
}

/// A refusal of what turns out only once the shards have been asked, in the planner's words.
fn unsupported(reason: &str) -> Halt {
    refused(&Refusal::Unsupported(reason.to_owned()))
}
