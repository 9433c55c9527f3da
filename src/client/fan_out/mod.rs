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
mod tag;
mod values;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Request;
use super::world::{Control, Interrupt, World};
use crate::channel::WINDOW;
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};
use crate::plan::{Everywhere, Layout, Plan, Refusal};
use crate::proto::QueryRequest;
use arms::{Arms, Policy, Statement};
use ask::Asker;
use outcome::{Fault, ShardOutcome};
use output::Output;
use plans::{Planned, Plans};
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
    let timeout = request.timeout.unwrap_or(world.timeout);
    let watch = Watch::start(deadlines, control, timeout);
    let asker = Asker { world, deadlines, deadline: watch.deadline, timeout };
    let output = Output::new(world, request.id, request.overrides, control);
    let mut story = Story { world, asker, request: &request, output };
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
            let finished = story.output.finish(&about.record());
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
    let timeout = request.timeout.unwrap_or(world.timeout);
    let mut watch = Watch::start(deadlines, control, timeout);
    let asker = Asker { world, deadlines, deadline: watch.deadline, timeout };
    let record = match watch.until(plan_of(asker, &request)).await {
        Ok(Ok(planned)) => explained(planned, request.clone(), world.channels.len()).await,
        Ok(Err(fault)) => fault.record(),
        Err(interrupt) => Fault::Failed(interrupt.error(timeout, Fate::NotRun)).record(),
    };
    world.end(request.id, Some(record));
}

/// A long text is written into its explanation elsewhere, so that others need not wait.
async fn explained(planned: Arc<Planned>, request: Arc<Request>, shards: usize) -> Value {
    const LONG: usize = 64 << 10;
    let is_long = request.sql.len() > LONG || request.params.len() > LONG / 64;
    let explain = move || json!({ "explanation": explain::explanation(&planned.plan, &request, shards) });
    if !is_long {
        return explain();
    }
    match tokio::task::spawn_blocking(explain).await {
        Ok(explained) => explained,
        Err(_) => {
            let reason = "the explanation failed; please report this statement".into();
            Fault::Failed(Error::PlanUnsupported { reason }).record()
        }
    }
}

/// The query's plan, under the relations that the databases have. One that names others is made again once those are
/// known: a view may just have been made.
async fn plan_of(asker: Asker<'_>, request: &Arc<Request>) -> Result<Arc<Planned>, Fault> {
    let plans = &asker.world.fan_outs.plans;
    let is_fresh = !plans.knows_relations();
    if is_fresh {
        read_relations(asker, plans).await?;
    }
    let planned = plans.of(request).await;
    if is_fresh || !planned.names_unknown() {
        return Ok(planned);
    }
    read_relations(asker, plans).await?;
    Ok(plans.of(request).await)
}

async fn read_relations(asker: Asker<'_>, plans: &Plans) -> Result<(), Fault> {
    let tenant_column = plans.tenant_column();
    plans.note(agreement::of(asker, tenant_column.as_deref()).await?);
    Ok(())
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
    fn record(&self) -> Value {
        json!({ "about": { "IsReRun": self.is_merged, "failedShards": self.failed } })
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
}

impl<'a> Story<'a> {
    async fn tell(&mut self, watch: Watch<'a>) -> Result<About, Halt> {
        let mut watch = watch;
        let planned = watch.until(plan_of(self.asker, self.request)).await;
        let planned = planned.map_err(|interrupt| self.interrupted(interrupt))??;
        if self.request.partial && !matches!(planned.plan, Ok(Plan::Read(_) | Plan::AnyShard) | Err(_)) {
            let reason =
                "options.partialResults: expected a query that only reads; what writes must not be done in part";
            return Err(Error::Invalid { reason: reason.into() }.into());
        }
        let placed = watch.until(self.shards_are_right()).await;
        placed.map_err(|interrupt| self.interrupted(interrupt))??;
        // What runs alike everywhere may be what makes them agree.
        if let (Ok(Plan::AnyShard | Plan::Read(_) | Plan::Everywhere(Everywhere::Sum)), Some(how)) =
            (&planned.plan, self.world.fan_outs.plans.settings_differ())
        {
            return Err(unsupported(&format!("the shards differ: {how}; set it alike for all of their databases")));
        }
        match &planned.plan {
            Ok(Plan::AnyShard) => everywhere::on_any(self, watch, planned.is_repeatable).await,
            Ok(Plan::Everywhere(how)) => {
                let done = everywhere::on_all(self, watch, *how, planned.is_repeatable).await;
                // A command may have changed tables and views, however it ended.
                if *how == Everywhere::Same {
                    self.world.fan_outs.plans.forget();
                }
                done
            }
            Ok(Plan::Read(read)) => read::run(self, watch, &planned, read).await,
            Err(refusal) => Err(refusal::halt(self, watch, refusal).await),
        }
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

    fn statement(&self, wire: QueryRequest, policy: Policy, repeatable: bool) -> Statement {
        let window = (WINDOW / self.shards() as u32).max(LEAST_WINDOW);
        Statement {
            wire: QueryRequest { window, ..wire },
            policy,
            max_retries: self.request.max_retries.unwrap_or(self.world.max_retries),
            repeatable: self.request.repeatable.unwrap_or(repeatable),
        }
    }

    /// Runs a statement on one shard, whichever can be reached.
    async fn on_one(&self, watch: Watch<'a>, wire: QueryRequest, repeatable: bool) -> Result<Arms<'a>, Halt> {
        let shards = self.shards();
        let first = self.world.fan_outs.turn(shards);
        let mut watch = watch;
        let mut tried = 1;
        loop {
            let mut statement = self.statement(wire.clone(), Policy::Read, repeatable);
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

fn refused(refusal: &Refusal) -> Halt {
    Error::PlanUnsupported { reason: refusal.to_string() }.into()
}

/// A refusal of what turns out only once the shards have been asked, in the planner's words.
fn unsupported(reason: &str) -> Halt {
    refused(&Refusal::Unsupported(reason.to_owned()))
}
