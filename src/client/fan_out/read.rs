//! A query that reads: runs the plan's text on every shard, and merges the rows. How they can be merged depends on the
//! columns' types and collations, which are known only once the shards have begun to answer.

use std::sync::Arc;

use super::bindings::{BoundRead, RowLimits, UnclearValue, bind, needs_now, params_used};
use super::clock_values::now;
use super::execution::{AttemptEnd, FanOut, outdated};
use super::functions::unmergeable_function;
use super::plan_cache::{ColumnTraits, PlannedStatement};
use super::planning::PlanSnapshot;
use super::validity::Validity;
use super::{merging, refusal, result_columns, set_sides};
use crate::data::lexer::without_end;
use crate::error::Error;
use crate::gather::{Collation, GatheredColumn, GatheredColumns};
use crate::plan::{Column, FanOutConsent, Fold, MergeStrategy, ReadPlan};
use crate::proto::{Field, Parameter, QueryRequest};
use crate::scatter::{FailurePolicy, FanOutError, InternalQueries, Interrupts, ShardCalls, ShardError, Statement};

pub async fn run<'a>(
    fan_out: &mut FanOut<'a>,
    interrupts: Interrupts<'a>,
    snapshot: &PlanSnapshot<'_>,
    read: &Arc<ReadPlan>,
) -> Result<AttemptEnd<'a>, FanOutError> {
    let mut interrupts = interrupts;
    let planned = snapshot.planned;
    // First of all, to find out which shards do not answer.
    if fan_out.request.partial && !fan_out.still_holds(&mut interrupts, snapshot).await? {
        return Ok(AttemptEnd::Outdated(interrupts));
    }
    check_functions(fan_out, &mut interrupts, planned, read).await?;
    let is_rewritten = read.shard.sql != fan_out.request.sql;
    let (bound, params) = bind_values(fan_out, &mut interrupts, planned, read, is_rewritten).await?;
    let simple = fan_out.request.simple && !is_rewritten;
    let wire = QueryRequest { sql: read.shard.sql.clone(), params, simple, ..QueryRequest::default() };
    let policy = if fan_out.request.partial { FailurePolicy::PartialRead } else { FailurePolicy::Read };
    // What must not run twice is checked before. So is a partial result, which waits for slow shards to the end.
    let shows_only_reading = fan_out.request.asked == FanOutConsent::Implicit || planned.shows_only_reading;
    let is_checked = !shows_only_reading || !fan_out.reads_only_read() || fan_out.request.partial;
    // A view or a function may have been replaced since the server said that it only reads.
    if (is_checked || planned.uses_application_code) && !fan_out.still_holds(&mut interrupts, snapshot).await? {
        return Ok(AttemptEnd::Outdated(interrupts));
    }
    let is_planned_to_read = fan_out.request.asked == FanOutConsent::Implicit
        && (!planned.uses_application_code || fan_out.reads_only_read());
    let statement = fan_out.statement(wire, policy, planned.shows_only_reading)?;
    let statement = Statement { is_planned_to_read, ..statement };
    let turn = fan_out.turn_to_start(&mut interrupts).await?;
    let mut calls = ShardCalls::start(&fan_out.shared.shards, interrupts, 0..fan_out.shards(), statement, turn);
    calls.leave_out(&fan_out.left_out);
    if let Err(error) = calls.answered().await {
        // After a change of the schema, PostgreSQL may refuse a plan that was right before.
        let is_refusal = !calls.refusing().is_empty();
        if is_refusal && !is_checked && !fan_out.holds_where_refused(&mut calls, snapshot).await? {
            return outdated(calls);
        }
        return Err(if is_rewritten { genuine_error(fan_out, &mut calls, error).await } else { error });
    }
    // The shards have read their catalogs by now, so what still holds now has held for them.
    let mut validity = if is_checked { Validity::Valid } else { fan_out.validity(&mut calls, snapshot).await? };
    if matches!(validity, Validity::Outdated) {
        return outdated(calls);
    }
    let Some(description) = result_columns::described(fan_out, &mut calls).await? else {
        let reason = "it returned a result without columns to a query that reads".into();
        return Err(Error::Protocol { server: "a query server".into(), reason }.into());
    };
    let shard = calls.descriptions().next().map_or(0, |(index, _)| calls.shard(index));
    let known = describe_columns(fan_out, &mut calls, &bound, description.fields(), shard).await?;
    let columns = GatheredColumns { known: &known, hidden: read.hidden, shard };
    set_sides::check(fan_out, &mut calls, &bound, &columns).await?;
    let doubt = calls.effect_in_doubt();
    let merged = validity.during(merging::merge(fan_out, calls, &bound, &columns)).await;
    let summary = if is_rewritten { merged.map_err(FanOutError::without_position) } else { merged }?;
    fan_out.confirm(validity, doubt).await?;
    Ok(AttemptEnd::Done(summary))
}

/// Refuses a plan whose functions may not be merged.
async fn check_functions(
    fan_out: &FanOut<'_>,
    interrupts: &mut Interrupts<'_>,
    planned: &PlannedStatement,
    read: &ReadPlan,
) -> Result<(), FanOutError> {
    let odd = interrupts.until(unmergeable_function(fan_out.internal, fan_out.request, planned, read)).await;
    match odd.map_err(|interrupt| fan_out.interrupted(interrupt))?? {
        Some(reason) => Err(FanOutError::unsupported(&reason)),
        None => Ok(()),
    }
}

/// Binds the values of the shards' text and of the steps after it.
async fn bind_values<'r>(
    fan_out: &FanOut<'_>,
    interrupts: &mut Interrupts<'_>,
    planned: &'r PlannedStatement,
    read: &'r ReadPlan,
    is_rewritten: bool,
) -> Result<(BoundRead<'r>, Vec<Parameter>), FanOutError> {
    let given = &fan_out.request.params;
    let now = if needs_now(read) { Some(now(fan_out, interrupts).await?) } else { None };
    let bound = RowLimits::of(read, given).and_then(|limits| match is_rewritten {
        true => Ok((limits, bind(&read.shard.params, given, limits, now.as_ref())?)),
        false => Ok((limits, given.clone())),
    });
    let is_odd = is_rewritten && params_used(read) != given.len();
    // PostgreSQL has the best error for them.
    if bound.is_err() || is_odd {
        let refusal = interrupts.until(refusal::of_values(fan_out, read)).await;
        if let Some(error) = refusal.map_err(|interrupt| fan_out.interrupted(interrupt))? {
            return Err(error.into());
        }
    }
    match bound {
        Ok((limits, params)) => Ok((BoundRead { planned, read, limits, now }, params)),
        Err(UnclearValue) => {
            Err(FanOutError::unsupported("the values of LIMIT and OFFSET must be plain whole numbers"))
        }
    }
}

/// The error that the caller's own text would have got. The shards' text differs, and so do positions in it.
async fn genuine_error(fan_out: &FanOut<'_>, calls: &mut ShardCalls<'_>, error: FanOutError) -> FanOutError {
    let FanOutError::Shard(ShardError::Database(mut error)) = error else { return error };
    if error.code.as_deref().is_some_and(|code| code.starts_with("42"))
        && let Ok(Some(error @ ShardError::Database(_))) = calls.interrupts.until(refusal::of_postgres(fan_out)).await
    {
        return error.into();
    }
    error.position = None;
    FanOutError::Shard(ShardError::Database(error))
}

/// Types and collations of the shards' columns, as far as merging needs them.
async fn describe_columns(
    fan_out: &FanOut<'_>,
    calls: &mut ShardCalls<'_>,
    bound: &BoundRead<'_>,
    fields: &[Field],
    shard: usize,
) -> Result<Vec<GatheredColumn>, FanOutError> {
    let read = bound.read;
    let needed = needed(read, fields.len());
    let mut known: Vec<_> = fields.iter().map(GatheredColumn::unneeded).collect();
    if needed.is_empty() {
        return Ok(known);
    }
    let ids: Vec<_> = needed.iter().map(|column| fields[*column].type_id).collect();
    let (shared, internal) = (fan_out.shared, fan_out.internal);
    let catalog = &shared.fan_outs.catalog;
    for (column, of) in needed.iter().zip(calls.until(catalog.types(internal, shard, &ids)).await??) {
        known[*column].column_type = of;
    }
    let plans = &shared.fan_outs.plans;
    // When PostgreSQL finishes the result, values of a domain must have the domain's type again.
    let has_domains = read.finish.is_some() && plans.has_domains();
    if has_domains || known.iter().any(|known| known.column_type.has_collation) {
        let traits = traits(internal, calls, bound, fields, &known, shard).await?;
        let distinct: Vec<_> = traits.iter().filter_map(|traits| traits.collation.clone()).collect();
        let answering = calls.answering();
        let rules = calls.until(catalog.rules(internal, &answering, &distinct)).await??;
        let mut rules = rules.into_iter();
        for (known, traits) in known.iter_mut().zip(traits.iter()) {
            known.collation = traits.collation.clone();
            known.rules = traits.collation.as_ref().and_then(|_| rules.next());
            known.domain = traits.domain.clone();
        }
        if let Some(reader) = known.iter().find_map(|known| plans.reader(known.domain.as_deref()?)) {
            return Err(FanOutError::unsupported(&reader));
        }
    }
    refuse_different_rules(read, &known)?;
    Ok(known)
}

/// The columns that merging compares or computes, and whose types and collations therefore matter.
fn needed(read: &ReadPlan, columns: usize) -> Vec<usize> {
    match &read.merge {
        MergeStrategy::Concat if !read.distinct => Vec::new(),
        MergeStrategy::Sorted { keys, .. } if !read.distinct => {
            keys.iter().map(|key| position(key.column, read, columns)).filter(|column| *column < columns).collect()
        }
        _ => (0..columns).collect(),
    }
}

fn position(column: Column, read: &ReadPlan, columns: usize) -> usize {
    match column {
        Column::Visible(index) => index,
        Column::Hidden(index) => columns.saturating_sub(read.hidden) + index,
    }
}

/// Asks the statement itself for the traits of its columns.
async fn traits(
    internal: InternalQueries<'_>,
    calls: &mut ShardCalls<'_>,
    bound: &BoundRead<'_>,
    fields: &[Field],
    known: &[GatheredColumn],
    shard: usize,
) -> Result<Arc<[ColumnTraits]>, FanOutError> {
    if let Some(traits) = bound.planned.traits(fields) {
        return Ok(traits);
    }
    let of = |(index, known): (usize, &GatheredColumn)| {
        let collation = match known.column_type.has_collation {
            true => format!("pg_collation_for(q.c{index})"),
            false => "NULL".to_owned(),
        };
        format!(
            "{collation}, (SELECT format_type(t.oid, NULL) FROM pg_catalog.pg_type AS t \
             WHERE t.oid = pg_typeof(q.c{index}) AND t.typtype = 'd')"
        )
    };
    let asked: Vec<_> = known.iter().enumerate().map(of).collect();
    let names: Vec<_> = (0..known.len()).map(|index| format!("c{index}")).collect();
    let sql = format!(
        "SELECT array_to_json(ARRAY[{}]) FROM (VALUES (1)) AS one LEFT JOIN LATERAL (SELECT * FROM (\n{}\n) AS s({names}) LIMIT 0) AS q({names}) ON true",
        asked.join(", "),
        without_end(&bound.read.shard.sql),
        names = names.join(", "),
    );
    let query = QueryRequest { sql, ..calls.wire().clone() };
    let answer = calls.until(internal.on(shard, QueryRequest { simple: false, ..query })).await??;
    let cells: Vec<Option<String>> =
        answer.text(0, 0).and_then(|cells| serde_json::from_str(cells).ok()).unwrap_or_default();
    let traits = cells.chunks(2).map(|of| ColumnTraits {
        collation: of.first().cloned().flatten(),
        domain: of.get(1).cloned().flatten().map(Arc::from),
    });
    let mut traits: Vec<_> = traits.collect();
    traits.resize_with(known.len(), ColumnTraits::default);
    let traits: Arc<[_]> = traits.into();
    bound.planned.note_traits(fields, traits.clone());
    Ok(traits)
}

/// Where each shard has already sorted texts, all must have used the same rules.
fn refuse_different_rules(read: &ReadPlan, known: &[GatheredColumn]) -> Result<(), FanOutError> {
    let at = |column: &Column| position(*column, read, known.len());
    let ordered: Vec<usize> = match &read.merge {
        MergeStrategy::Concat => Vec::new(),
        MergeStrategy::Sorted { keys, .. } => keys.iter().map(|key| at(&key.column)).collect(),
        MergeStrategy::Grouped(grouped) => {
            let extremes = grouped.folds.iter().filter(|(_, fold)| matches!(fold, Fold::Min | Fold::Max));
            extremes.map(|(column, _)| at(column)).collect()
        }
        MergeStrategy::Finish => (0..known.len()).collect(),
    };
    let differs =
        |known: &&GatheredColumn| known.rules.is_some_and(|rules| !rules.same && rules.collation != Collation::Bytes);
    match ordered.iter().filter_map(|index| known.get(*index)).find(differs) {
        None => Ok(()),
        Some(GatheredColumn { field, collation, .. }) => Err(FanOutError::unsupported(&format!(
            "the shards sort the text in {:?} by different versions of the collation {}; give all shards the same, or order by a column COLLATE \"C\"",
            field.name,
            collation.as_deref().unwrap_or("of its column"),
        ))),
    }
}
