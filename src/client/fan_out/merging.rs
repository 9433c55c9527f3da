//! Merges the shards' rows: as they come, sorted, ranked by a shard, grouped, or finished by a shard. Picks the method
//! that is proven for the columns. Each method sends rows on as soon as it can, and gives the shards credit as it uses
//! theirs.

use bytes::Bytes;

use super::bindings::{BoundRead, bind};
use super::catalog::query;
use super::execution::{FanOut, FanOutSummary};
use super::fingerprints::Dependencies;
use crate::data::parameters::array;
use crate::error::{Error, Fate};
use crate::gather::{
    Collation, Distinct, FinalSteps, GatherError, GatheredColumn, GatheredColumns, Groups, MergeStep, RankStep,
    RankedMerge, RowBatch, SortedMerge, finish, rank,
};
use crate::plan;
use crate::proto::{DatabaseError, Field};
use crate::scatter::{DescribedPart, FanOutError, ShardCalls, ShardError};

/// Bytes of rows that are sent on together.
const BATCH: usize = 64 * 1024;
/// Up to so many groups are sorted on this thread; another thread takes longer to wake.
const FEW_GROUPS: usize = 1000;
/// Bytes of each shard's rows that one ranking query covers.
const RANKED_AT_ONCE: usize = 256 * 1024;

enum MergeMethod {
    Concat(FinalSteps),
    Sorted(SortedMerge),
    Ranked(RankedMerge),
    Grouped(Groups, FinalSteps),
    Finish,
}

/// Makes one result of the shards' answers, including its command tag.
pub async fn merge<'a>(
    fan_out: &mut FanOut<'a>,
    calls: ShardCalls<'a>,
    bound: &BoundRead<'_>,
    columns: &GatheredColumns<'_>,
) -> Result<FanOutSummary, FanOutError> {
    let read = bound.read;
    let has_steps = read.distinct || read.offset.is_some() || read.limit.is_some();
    let mut summary =
        FanOutSummary { is_merged: has_steps || read.merge != plan::MergeStrategy::Concat, ..FanOutSummary::default() };
    let way = choose(bound, columns, calls.len(), fan_out.shared.fan_outs.memory);
    let mut calls = calls;
    if let MergeMethod::Finish = way {
        return finish_on_shard(fan_out, calls, bound, columns, summary).await;
    }
    let fields = columns.visible().iter().map(|known| known.field.clone()).collect();
    fan_out.output.begin(&fan_out.shared.descriptions.of(fields));
    match way {
        MergeMethod::Concat(final_steps) => concat(fan_out, &mut calls, final_steps).await?,
        MergeMethod::Sorted(merge) => sorted(fan_out, &mut calls, merge).await?,
        MergeMethod::Ranked(ranked) => merge_by_rank(fan_out, &mut calls, ranked, bound, columns).await?,
        MergeMethod::Grouped(groups, final_steps) => grouped(fan_out, &mut calls, groups, final_steps, bound).await?,
        MergeMethod::Finish => {}
    }
    summary.note_failed(&calls.outcomes());
    let tag = format!("SELECT {}", fan_out.output.count);
    fan_out.output.end(Some(&tag))?;
    Ok(summary)
}

fn choose(bound: &BoundRead<'_>, columns: &GatheredColumns<'_>, inputs: usize, memory: usize) -> MergeMethod {
    let BoundRead { read, limits, .. } = bound;
    let fields: Vec<Field> = columns.known.iter().map(|known| known.field.clone()).collect();
    let collations: Vec<Collation> = columns.known.iter().map(|known| known.compares()).collect();
    let final_steps = |hidden| {
        let distinct = match read.distinct {
            true => Some(Distinct::new(&fields, read.hidden, &collations, memory)?),
            false => None,
        };
        Some(FinalSteps::new(hidden, distinct, limits.offset, limits.limit))
    };
    let way = match &read.merge {
        plan::MergeStrategy::Concat => final_steps(read.hidden).map(MergeMethod::Concat),
        plan::MergeStrategy::Sorted { keys, on } => final_steps(read.hidden).and_then(|final_steps| {
            SortedMerge::new(keys, *on, &fields, read.hidden, &collations, inputs, final_steps).map(MergeMethod::Sorted)
        }),
        plan::MergeStrategy::Grouped(grouped) => Groups::new(grouped, &fields, read.hidden, &collations, memory)
            .zip(final_steps(0))
            .map(|(groups, final_steps)| MergeMethod::Grouped(groups, final_steps)),
        plan::MergeStrategy::Finish => None,
    };
    let ranked = || match &read.merge {
        plan::MergeStrategy::Sorted { keys, on } if !read.distinct => {
            RankedMerge::new(keys, *on, &fields, read.hidden, inputs, final_steps(read.hidden)?)
                .map(MergeMethod::Ranked)
        }
        _ => None,
    };
    way.or_else(ranked).unwrap_or(MergeMethod::Finish)
}

async fn concat(
    fan_out: &mut FanOut<'_>,
    calls: &mut ShardCalls<'_>,
    final_steps: FinalSteps,
) -> Result<(), FanOutError> {
    let mut final_steps = final_steps;
    while !final_steps.is_full() {
        let Some((_, DescribedPart { reply, .. })) = calls.next().await? else { return calls.ended().await };
        let batch = final_steps.pass(RowBatch { rows: reply.rows, count: reply.row_count }).map_err(failure)?;
        send_rows(fan_out, calls, &batch).await?;
    }
    calls.stop();
    Ok(())
}

async fn send_rows(fan_out: &mut FanOut<'_>, calls: &mut ShardCalls<'_>, batch: &RowBatch) -> Result<(), FanOutError> {
    fan_out.output.rows(&batch.rows, batch.count)?;
    calls.until_taken(fan_out.output.room()).await
}

async fn sorted(fan_out: &mut FanOut<'_>, calls: &mut ShardCalls<'_>, merge: SortedMerge) -> Result<(), FanOutError> {
    let mut merge = merge;
    loop {
        match merge.next_batch(BATCH).map_err(failure)? {
            MergeStep::Rows(batch) => send_rows(fan_out, calls, &batch).await?,
            MergeStep::Needs(input) => match calls.next_of(input).await? {
                Some(DescribedPart { reply, .. }) => merge.feed(input, reply.rows),
                None => merge.end(input),
            },
            MergeStep::Done => break,
        }
    }
    end(calls).await
}

async fn merge_by_rank(
    fan_out: &mut FanOut<'_>,
    calls: &mut ShardCalls<'_>,
    ranked: RankedMerge,
    bound: &BoundRead<'_>,
    columns: &GatheredColumns<'_>,
) -> Result<(), FanOutError> {
    let plan::MergeStrategy::Sorted { keys, on } = &bound.read.merge else { return Ok(()) };
    keys.iter().filter_map(|key| columns.at(key.column)).try_for_each(GatheredColumn::has_text)?;
    let sql = rank::statement(keys, *on, columns);
    let mut ranked = ranked;
    loop {
        match ranked.next_step() {
            RankStep::Needs(input) => match calls.next_of(input).await? {
                Some(DescribedPart { reply, .. }) => {
                    ranked.feed(input, reply.rows).map_err(failure)?;
                    // The more rows a query ranks, the fewer queries there are.
                    while ranked.waiting(input) < RANKED_AT_ONCE
                        && let Some(DescribedPart { reply, .. }) = calls.received_of(input)
                    {
                        ranked.feed(input, reply.rows).map_err(failure)?;
                    }
                }
                None => ranked.end(input),
            },
            RankStep::Sort(texts) => {
                let params = texts.iter().map(|texts| array(texts)).collect();
                let (_, answer) = calls.until(fan_out.internal.on_any(query(sql.clone(), params))).await??;
                let (order, is_new) = rank::order(&answer)?;
                let batch = ranked.apply_order(&order, &is_new).map_err(failure)?;
                send_rows(fan_out, calls, &batch).await?;
            }
            RankStep::Done => break,
        }
    }
    end(calls).await
}

async fn grouped(
    fan_out: &mut FanOut<'_>,
    calls: &mut ShardCalls<'_>,
    groups: Groups,
    final_steps: FinalSteps,
    bound: &BoundRead<'_>,
) -> Result<(), FanOutError> {
    let mut groups = groups;
    each_batch(fan_out, calls, |rows| groups.push(rows).map_err(failure)).await?;
    // With DISTINCT, `final_steps` counts rows. Otherwise the groups do, and sort no more than needed.
    let limits = if bound.read.distinct { Default::default() } else { bound.limits };
    let mut finished = if groups.count() <= FEW_GROUPS {
        groups.finish(limits.offset, limits.limit)
    } else {
        let sorting = tokio::task::spawn_blocking(move || groups.finish(limits.offset, limits.limit));
        let Ok(finished) = calls.until(sorting).await? else {
            return Err(Error::ClientClosed { fate: Fate::OnlyReads }.into());
        };
        finished
    }
    .map_err(failure)?;
    let mut final_steps = bound.read.distinct.then_some(final_steps);
    while let Some(batch) = finished.next_batch(BATCH).map_err(failure)? {
        let batch = match &mut final_steps {
            Some(final_steps) => final_steps.pass(batch).map_err(failure)?,
            None => batch,
        };
        send_rows(fan_out, calls, &batch).await?;
    }
    Ok(())
}

/// Passes all shards' rows to `take`. In a partial result, a shard that fails is missing altogether: rows are taken
/// only once all of them have come.
async fn each_batch(
    fan_out: &mut FanOut<'_>,
    calls: &mut ShardCalls<'_>,
    mut take: impl FnMut(&Bytes) -> Result<(), FanOutError>,
) -> Result<(), FanOutError> {
    if !fan_out.request.partial {
        while let Some((_, DescribedPart { reply, .. })) = calls.next().await? {
            take(&reply.rows)?;
            calls.until_taken(fan_out.output.room()).await?;
        }
        return calls.ended().await;
    }
    let (mut whole, mut bytes) = (Vec::new(), 0);
    whole.resize_with(calls.len(), Vec::new);
    while let Some((index, DescribedPart { reply, .. })) = calls.next().await? {
        bytes += reply.rows.len();
        if bytes > fan_out.shared.fan_outs.memory {
            return Err(Error::MergeMemory { limit: fan_out.shared.fan_outs.memory }.into());
        }
        whole[index].push(reply.rows);
    }
    for (index, batches) in whole.iter().enumerate() {
        if calls.has_succeeded(index) {
            for rows in batches {
                take(rows)?;
                calls.until_taken(fan_out.output.room()).await?;
            }
        } else {
            calls.note_unused(index);
        }
    }
    calls.ended().await
}

/// Gathers all rows, and has a shard make the result.
async fn finish_on_shard<'a>(
    fan_out: &mut FanOut<'a>,
    calls: ShardCalls<'a>,
    bound: &BoundRead<'_>,
    columns: &GatheredColumns<'_>,
    summary: FanOutSummary,
) -> Result<FanOutSummary, FanOutError> {
    let (mut calls, mut summary) = (calls, summary);
    let Some(finish) = &bound.read.finish else {
        return Err(FanOutError::unsupported("the client cannot compare its values, and no shard can do it instead"));
    };
    let modifiers: Vec<_> =
        columns.known.iter().map(|known| (known.field.type_id, known.field.type_modifier)).collect();
    let catalog = &fan_out.shared.fan_outs.catalog;
    let modified = calls.until(catalog.modified(fan_out.internal, columns.shard, &modifiers)).await??;
    let known: Vec<_> = columns
        .known
        .iter()
        .zip(modified)
        .map(|(known, modified)| GatheredColumn { modified, ..known.clone() })
        .collect();
    let columns = &GatheredColumns { known: &known, ..*columns };
    let sql = finish::statement(finish, columns)?;
    let mut gathered = finish::GatheredRows::new(columns.known.len(), fan_out.shared.fan_outs.memory);
    each_batch(fan_out, &mut calls, |rows| gathered.push(rows).map_err(failure)).await?;
    summary.note_failed(&calls.outcomes());
    let own = bind(&finish.params, &fan_out.request.params, bound.limits, bound.now.as_ref());
    let own = own.map_err(|_| FanOutError::unsupported("a value for its last step is missing"))?;
    let wire = query(sql, finish::parameters(own, gathered));
    let refusal = |error: FanOutError| unknown_name(strict_domain(error, columns), columns).without_position();
    let mut calls =
        fan_out.on_one(calls.into_interrupts(), wire, true, &Dependencies::default()).await.map_err(refusal)?;
    while let Some(DescribedPart { reply, description }) = calls.next_of(0).await.map_err(refusal)? {
        if let Some(description) = description {
            let fields = finish::described(finish, columns, description.fields());
            fan_out.output.begin(&fan_out.shared.descriptions.of(fields));
        }
        fan_out.output.rows(&reply.rows, reply.row_count)?;
        if let Some(tag) = &reply.command_tag {
            fan_out.output.end(Some(tag))?;
        }
        calls.until_taken(fan_out.output.room()).await?;
    }
    calls.ended().await.map_err(refusal)?;
    Ok(summary)
}

/// A domain checks its values when rows are gathered, also those from before a constraint that is NOT VALID, or that its
/// function has let pass at another time. Nobody's query has asked for that.
fn strict_domain(error: FanOutError, columns: &GatheredColumns<'_>) -> FanOutError {
    let FanOutError::Shard(ShardError::Database(failure)) = &error else { return error };
    let is_check = matches!(failure.code.as_deref(), Some("23502" | "23514"));
    let Some(refusing) = failure.data_type.as_deref().filter(|_| is_check) else { return error };
    let is_refusing = |domain: &str| domain.trim_end_matches('"').ends_with(refusing);
    match columns.known.iter().filter_map(|known| known.domain.as_deref()).any(is_refusing) {
        false => error,
        true => FanOutError::unsupported(&format!(
            "there are values that their domain {refusing} no longer accepts, so the rows of all shards cannot be gathered; \
             cast them to the domain's base type"
        )),
    }
}

/// Ids of tables and types are gathered as names, and one shard need not have all of them.
fn unknown_name(error: FanOutError, columns: &GatheredColumns<'_>) -> FanOutError {
    /// regclass, regtype.
    const NAMED: [u32; 2] = [2205, 2206];
    let FanOutError::Shard(ShardError::Database(failure)) = &error else { return error };
    let is_unknown = matches!(failure.code.as_deref(), Some("42P01" | "42704" | "3F000"));
    match is_unknown && columns.known.iter().any(|known| NAMED.contains(&known.field.type_id)) {
        false => error,
        true => FanOutError::unsupported(&format!(
            "the shards do not have the same tables and types ({}), so their names cannot be gathered; cast them to text",
            failure.message
        )),
    }
}

/// No more rows are needed.
async fn end(calls: &mut ShardCalls<'_>) -> Result<(), FanOutError> {
    calls.stop();
    calls.ended().await
}

fn failure(error: GatherError) -> FanOutError {
    match error {
        GatherError::Row(malformed) => {
            Error::Protocol { server: "a query server".into(), reason: malformed.to_string() }.into()
        }
        GatherError::Memory { limit } => Error::MergeMemory { limit }.into(),
        GatherError::OutOfRange(message) => FanOutError::Shard(ShardError::Database(Box::new(out_of_range(message)))),
        GatherError::Unsorted { .. } | GatherError::Value { .. } => FanOutError::unsupported(&error.to_string()),
    }
}

/// The error of a PostgreSQL that adds up all rows itself.
fn out_of_range(message: &str) -> DatabaseError {
    DatabaseError {
        severity: Some("ERROR".into()),
        severity_unlocalized: Some("ERROR".into()),
        code: Some("22003".into()),
        message: message.into(),
        ..DatabaseError::default()
    }
}
