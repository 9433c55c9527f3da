//! The way of one query for all shards: plan, run it on the shards, make one result of what they answer. `plan` says
//! what is to be done and `gather` does what can be computed here; this room does the waiting between them. The driver
//! calls it instead of `query` where there is more than one shard.

mod agreement;
mod arms;
mod array;
mod ask;
mod catalog;
mod change;
mod columns;
mod everywhere;
mod explain;
mod finish;
mod locked;
mod merging;
mod moments;
mod outcome;
mod output;
mod plans;
mod rank;
mod read;
mod refusal;
mod silence;
mod stamps;
mod standing;
mod statement;
mod tag;
mod values;
mod watch;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::Request;
use super::world::{Control, Interrupt, World};
use crate::channel::{Reads, WINDOW};
use crate::client::failure::fitted;
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};
use crate::plan::{Everywhere, Layout, Plan, Refusal};
use crate::proto::QueryRequest;
use arms::Arms;
use ask::Asker;
use outcome::{Fault, ShardOutcome};
use output::Output;
use plans::{Planned, Plans};
use silence::Silence;
use stamps::Stamps;
use statement::{Policy, Statement};
use watch::Watch;

pub use explain::explain;

/// Bytes of rows that a shard may send before it waits, however many share what one query may have on its way.
const LEAST_WINDOW: u32 = 128 * 1024;

/// PostgreSQL's protocol counts the values of a statement in two bytes.
const MOST_VALUES: usize = u16::MAX as usize;

/// What all fan-outs of a client share.
#[derive(Debug)]
pub struct FanOuts {
    plans: Plans,
    catalog: catalog::Catalog,
    /// Bytes that one merge may hold.
    memory: usize,
    turn: AtomicUsize,
    silence: Silence,
    /// When a shard last had no connection for a question in time.
    crowded: Mutex<Option<Instant>>,
}

impl FanOuts {
    pub fn new(layout: Layout, memory: usize) -> Self {
        let (plans, catalog, turn) = (Plans::new(layout), Default::default(), AtomicUsize::new(0));
        FanOuts { plans, catalog, memory, turn, silence: Silence::default(), crowded: Mutex::default() }
    }

    /// The databases may have changed: all that they have said is asked anew.
    fn forget(&self) {
        self.plans.forget();
        self.catalog.forget();
    }

    /// How long this shard is awaited at most where a query can do without it.
    fn patience_with(&self, shard: usize) -> Duration {
        self.silence.patience(shard)
    }

    /// These shards in the order in which one of them is asked for what any of them can do: by turns, those last that have
    /// not answered a moment ago.
    fn in_turn(&self, shards: Vec<usize>) -> Vec<usize> {
        let mut shards = shards;
        let first = self.turn.fetch_add(1, Ordering::Relaxed) % shards.len().max(1);
        shards.rotate_left(first);
        shards.sort_by_key(|shard| self.silence.is_of(*shard));
        shards
    }
}

/// Why a fan-out ends without a result.
#[derive(Debug)]
pub enum Halt {
    Fault(Fault),
    /// An error as `js/native/failures.js` reads it.
    Record(Value),
}

impl Halt {
    fn into_record(self) -> Value {
        match self {
            Halt::Fault(fault) => fault.record(),
            Halt::Record(record) => record,
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
    let mut story = Story {
        world,
        asker,
        request: &request,
        output,
        shows_only_reading: false,
        planned: None,
        does_without: false,
        silent: Vec::new(),
    };
    match story.tell(watch).await {
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
            let record = halt.into_record();
            let code = record["code"].as_str().unwrap_or("DATABASE");
            tracing::debug!(target: "mtdd::query", shards = world.channels.len(), code, "a query for all shards has failed");
            world.end(request.id, Some(record));
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
    let mut planned = plans.of(request).await;
    if !is_fresh && planned.0.names_unknown() {
        read_relations(asker, plans).await?;
        planned = plans.of(request).await;
    }
    locked::unlocked(asker, request, planned).await
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

/// A plan, and by what it is noticed that it no longer holds.
#[derive(Clone, Copy)]
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
        fitted(json!({ "about": about, "leavesTraces": leaves_traces }))
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
    /// The plan of the last attempt.
    planned: Option<Arc<Planned>>,
    /// The same: it does not need all shards.
    does_without: bool,
    /// The shards that have not answered in time, and are left out.
    silent: Vec<(usize, Fault)>,
}

impl<'a> Story<'a> {
    async fn tell(&mut self, watch: Watch<'a>) -> Result<About, Halt> {
        let mut watch = watch;
        for _ in 0..ATTEMPTS {
            match self.attempt(watch).await? {
                Ended::Done(about) => return Ok(about),
                Ended::Outdated(back) => watch = back,
            }
            self.world.fan_outs.forget();
        }
        Err(self.never_held())
    }

    /// Why no plan has held.
    fn never_held(&self) -> Halt {
        locked::never_held(self.world, self.planned.as_deref()).into()
    }

    /// Runs the query by the plan that holds for what is known of the shards.
    async fn attempt(&mut self, watch: Watch<'a>) -> Result<Ended<'a>, Halt> {
        let mut watch = watch;
        let planned = watch.until(plan_of(self.asker, self.request)).await;
        let (planned, stamps) = planned.map_err(|interrupt| self.interrupted(interrupt))??;
        self.shows_only_reading = planned.shows_only_reading;
        self.does_without = self.request.partial || matches!(planned.plan, Ok(Plan::AnyShard) | Err(_));
        if !self.does_without {
            // A plan before this one could do without them.
            self.silent.clear();
        }
        self.planned = Some(planned.clone());
        if self.request.partial && !matches!(planned.plan, Ok(Plan::Read(_) | Plan::AnyShard) | Err(_)) {
            let reason =
                "options.partialResults: expected a query that only reads; what writes must not be done in part";
            return Err(Error::Invalid { reason: reason.into() }.into());
        }
        self.shards_are_right(&mut watch).await?;
        if let Some(refusal) = moments::refusal(self, &mut watch, &planned).await? {
            return Err(refusal);
        }
        let relied = Relied { planned: &planned, stamps: &stamps };
        if let (Ok(plan), Some(how)) = (&planned.plan, self.world.fan_outs.plans.wrong_setting())
            && plan.needs_agreement()
        {
            // They may have been set alike meanwhile.
            return match self.as_stamped(&mut watch, &relied).await? {
                true => Err(unsupported(&how)),
                false => Ok(Ended::Outdated(watch)),
            };
        }
        match &planned.plan {
            Ok(Plan::AnyShard) => everywhere::on_any(self, watch, &relied).await,
            Ok(Plan::Everywhere(how)) => {
                // What is done on some shards cannot be done again: it is done on none unless all can be reached. What changes
                // rows is looked at before; what changes tables may be what makes the shards agree.
                let holds = self.holds_everywhere(&mut watch, &relied).await?;
                if *how == Everywhere::Sum && !holds {
                    return Ok(Ended::Outdated(watch));
                }
                let statement = self.statement(self.original(), Policy::Write, planned.shows_only_reading)?;
                let done = everywhere::on_all(self, watch, statement, *how).await;
                // A command may have changed tables and views, however it ended.
                if *how == Everywhere::Same {
                    self.world.fan_outs.forget();
                }
                done
            }
            Ok(Plan::Change(change)) => change::run(self, watch, &relied, change).await,
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

    fn shards(&self) -> usize {
        self.world.channels.len()
    }

    /// The shards that have not been left out.
    fn speaking(&self) -> Vec<usize> {
        let is_silent = |shard: &usize| self.silent.iter().any(|(silent, _)| silent == shard);
        (0..self.shards()).filter(|shard| !is_silent(shard)).collect()
    }

    /// Finds out before anything runs whether a server is another shard than it is taken for. One that cannot be reached
    /// is the business of whoever sends to it.
    async fn shards_are_right(&mut self, watch: &mut Watch<'_>) -> Result<(), Halt> {
        let channels = &self.world.channels;
        let ready = self.heard(watch, |shard| channels[shard].ready()).await?;
        let errors = ready.into_iter().filter_map(|(_, ready)| ready.err());
        let wrong = errors.into_iter().find(|error| matches!(error, Error::WrongShard { .. }));
        wrong.map_or(Ok(()), |error| Err(error.into()))
    }

    /// The query as it was given.
    fn original(&self) -> QueryRequest {
        let Request { sql, params, simple, .. } = &**self.request;
        QueryRequest { sql: sql.clone(), params: params.clone(), simple: *simple, ..QueryRequest::default() }
    }

    fn statement(&self, wire: QueryRequest, policy: Policy, shows_only_reading: bool) -> Result<Statement, Error> {
        // JavaScript has counted those that were given.
        if wire.params.len() > MOST_VALUES {
            let reason = format!(
                "with those that a query for all shards adds, the statement has {} bindings, and PostgreSQL takes no more than \
                 {MOST_VALUES}: bind an array, as in x = ANY (?), or run it in parts",
                wire.params.len()
            );
            return Err(Error::Invalid { reason });
        }
        let window = (WINDOW / self.shards() as u32).max(LEAST_WINDOW);
        Ok(Statement {
            wire: QueryRequest { window, ..wire },
            premises: Vec::new(),
            policy,
            max_retries: self.request.max_retries.unwrap_or(self.world.max_retries),
            only_reads: self.request.repeatable,
            shows_only_reading,
        })
    }

    /// Runs a statement on one shard, whichever can be reached.
    async fn on_one(&self, watch: Watch<'a>, wire: QueryRequest, shows_only_reading: bool) -> Result<Arms<'a>, Halt> {
        let shards = self.world.fan_outs.in_turn(self.speaking());
        let mut watch = watch;
        let mut tried = 0;
        loop {
            let (shard, is_last) = (shards[tried], tried + 1 == shards.len());
            let mut statement = self.statement(wire.clone(), Policy::Read, shows_only_reading)?;
            if !is_last {
                // Another shard is sooner asked than this one again.
                statement.max_retries = 0;
            }
            let moves_on = !is_last && statement.only_reads(self.world.channels[shard].reads());
            let mut arms = Arms::start(self.world, watch, [shard], statement);
            let answered = tokio::select! {
                biased;
                answered = arms.answered() => Some(answered),
                () = self.asker.falls_silent(shard), if moves_on => None,
            };
            match answered {
                Some(Ok(())) => return Ok(arms),
                Some(Err(halt)) if is_last || !arms.was_never_sent() || arms.watch.interrupted.is_some() => {
                    return Err(halt);
                }
                Some(Err(_)) => {}
                None => arms.stop(),
            }
            watch = arms.into_watch();
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

/// Why a statement that is for every shard has been sent to none.
fn sent_to_none(fault: Fault) -> Fault {
    match fault {
        Fault::Failed(Error::ShardUnavailable { shard, address, reason }) => {
            let reason = format!("{reason}; the statement was sent to no shard");
            Fault::Failed(Error::ShardUnavailable { shard, address, reason })
        }
        fault => fault,
    }
}

fn refused(refusal: &Refusal) -> Halt {
    Error::PlanUnsupported { reason: refusal.to_string() }.into()
}

/// A refusal of what turns out only once the shards have been asked, in the planner's words.
fn unsupported(reason: &str) -> Halt {
    refused(&Refusal::Unsupported(reason.to_owned()))
}
