//! The path of a query for all shards, from its plan to its end.

use std::sync::Arc;

use super::execution::{AttemptEnd, FanOut, FanOutSummary};
use super::output::RowOutput;
use super::plan_cache::PlannedStatement;
use super::planning::{ATTEMPTS, PlanSnapshot, plan_of, plan_with_all};
use super::{broadcast, change, clock_values, read, refusal};
use crate::client::call_control::CallControl;
use crate::client::message::JsMessage;
use crate::client::request::Request;
use crate::client::shared::Shared;
use crate::deadline::Deadlines;
use crate::error::Error;
use crate::plan::{Broadcast, Plan};
use crate::scatter::{FailurePolicy, FanOutError, InternalQueries, Interrupts};

/// Runs a query for all shards to its end. JavaScript is told of the end exactly once.
pub async fn run(shared: &Shared, deadlines: &Deadlines, request: Request, control: &CallControl) {
    let request = Arc::new(request);
    shared.shards.retry_budget.earn();
    let interrupts = control.interrupts(deadlines, request.timeout.unwrap_or(shared.timeout));
    let internal = InternalQueries {
        shards: &shared.shards,
        deadlines,
        deadline: interrupts.deadline,
        timeout: interrupts.timeout,
    };
    let output = RowOutput::new(shared, request.id, request.overrides, control);
    let mut fan_out = FanOut {
        shared,
        internal,
        request: &request,
        output,
        shows_only_reading: false,
        planned: None,
        can_omit_shards: false,
        left_out: Vec::new(),
    };
    let shards = fan_out.shards();
    match fan_out.run(interrupts).await {
        Ok(FanOutSummary { is_merged, failed }) => {
            tracing::debug!(
                target: "mtdd::query",
                shards,
                IsReRun = is_merged,
                failed = failed.len(),
                "a query for all shards has ended"
            );
            let leaves_traces = request.streams && !fan_out.only_reads();
            let result = JsMessage::FanOutResult { is_merged, failed_shards: &failed, leaves_traces };
            let finished = fan_out.output.finish(&result);
            debug_assert!(finished.is_ok(), "a piece without rows cannot be malformed");
        }
        Err(error) => {
            let code = error.code();
            tracing::debug!(target: "mtdd::query", shards, code, "a query for all shards has failed");
            shared.finish_with(request.id, &JsMessage::FanOutError(&error));
        }
    }
}

impl<'a> FanOut<'a> {
    async fn run(&mut self, interrupts: Interrupts<'a>) -> Result<FanOutSummary, FanOutError> {
        let mut interrupts = interrupts;
        for _ in 0..ATTEMPTS {
            match self.attempt(interrupts).await? {
                AttemptEnd::Done(summary) => return Ok(summary),
                AttemptEnd::Outdated(back) => interrupts = back,
            }
            self.shared.fan_outs.forget();
        }
        Err(self.never_held())
    }

    /// Runs the query by the plan that holds under what is known of the shards.
    async fn attempt(&mut self, interrupts: Interrupts<'a>) -> Result<AttemptEnd<'a>, FanOutError> {
        let mut interrupts = interrupts;
        let can_omit =
            |planned: &PlannedStatement| self.request.partial || matches!(planned.plan, Ok(Plan::AnyShard) | Err(_));
        let planned = interrupts.until(async {
            let planned = plan_of(self.shared, self.internal, self.request).await?;
            let unknown = self.shared.fan_outs.plans.first_unknown_shard(self.shards());
            if unknown.is_none() || can_omit(&planned.0) {
                return Ok(planned);
            }
            plan_with_all(self.shared, self.internal, self.request).await
        });
        let (planned, fingerprints) = planned.await.map_err(|interrupt| self.interrupted(interrupt))??;
        self.shows_only_reading = planned.shows_only_reading;
        self.can_omit_shards = can_omit(&planned);
        if !self.can_omit_shards {
            // An earlier plan could do without them.
            self.left_out.clear();
        }
        self.planned = Some(planned.clone());
        if let Some(reason) = refusal::of_partial(self.request, &planned) {
            return Err(Error::Invalid { reason: reason.into() }.into());
        }
        self.check_shards(&mut interrupts).await?;
        let refusal = interrupts.until(clock_values::refusal(self.internal, self.request, &planned)).await;
        if let Some(reason) = refusal.map_err(|interrupt| self.interrupted(interrupt))?? {
            return Err(FanOutError::unsupported(&reason));
        }
        let snapshot = PlanSnapshot { planned: &planned, fingerprints: &fingerprints };
        if let Ok(plan) = &planned.plan
            && let Some(how) = self.shared.fan_outs.plans.wrong_databases(plan)
        {
            // Someone may have corrected that meanwhile.
            return match self.has_same_fingerprints(&mut interrupts, &snapshot).await? {
                true => Err(FanOutError::unsupported(&how)),
                false => Ok(AttemptEnd::Outdated(interrupts)),
            };
        }
        match &planned.plan {
            Ok(Plan::AnyShard) => broadcast::on_any(self, interrupts, &snapshot).await,
            Ok(Plan::Broadcast(how)) => {
                // What is done on some shards cannot be done again, so it is done on none unless all can be reached. The
                // plan of a change of rows must hold. A change of tables may be what makes the shards agree.
                let holds = self.holds_everywhere(&mut interrupts, &snapshot).await?;
                if *how == Broadcast::Sum && !holds {
                    return Ok(AttemptEnd::Outdated(interrupts));
                }
                let statement = self.statement(self.original(), FailurePolicy::Write, planned.shows_only_reading)?;
                let done = broadcast::on_all(self, interrupts, statement, *how).await;
                // A command may have changed tables and views, however it ended.
                if *how == Broadcast::Same {
                    self.shared.fan_outs.forget();
                }
                done
            }
            Ok(Plan::Change(change)) => change::run(self, interrupts, &snapshot, change).await,
            Ok(Plan::Read(read)) => read::run(self, interrupts, &snapshot, read).await,
            Err(refusal) => {
                if !self.still_holds(&mut interrupts, &snapshot).await? {
                    return Ok(AttemptEnd::Outdated(interrupts));
                }
                Err(refusal::error(self, interrupts, refusal).await)
            }
        }
    }

    /// Checks, before anything runs, that each server is the shard it is configured as, and does not speak the 1.x wire only:
    /// else the answer would depend on whose turn it is. Whoever sends to a shard that cannot be reached deals with that.
    async fn check_shards(&mut self, interrupts: &mut Interrupts<'_>) -> Result<(), FanOutError> {
        let channels = &self.shared.shards.channels;
        let ready = async |shard: usize| {
            channels[shard].ready().await?;
            channels[shard].ensure_current_wire().await
        };
        let ready = self.ask_each(interrupts, ready).await?;
        let errors = ready.into_iter().filter_map(|(_, ready)| ready.err());
        let wrong =
            errors.into_iter().find(|error| matches!(error, Error::WrongShard { .. } | Error::PlanUnsupported { .. }));
        wrong.map_or(Ok(()), |error| Err(error.into()))
    }
}
