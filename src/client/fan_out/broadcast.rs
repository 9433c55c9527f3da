//! Statements that run as written: on every shard, or on any one because all hold the same. A write waits for every
//! shard whatever happens on the others, so that a partial effect is never reported as success.

use super::execution::{AttemptEnd, FanOut, FanOutSummary, outdated};
use super::planning::PlanSnapshot;
use super::result_columns;
use super::validity::Validity;
use crate::data::command_tag;
use crate::error::Error;
use crate::plan::Broadcast;
use crate::scatter::{DescribedPart, FanOutError, Interrupts, ShardCalls, ShardError, Statement, all};

/// For a statement that has already returned rows.
const UNDONE: &str = "the tables, views or functions that it names were changed while it ran; nothing of it stays on any shard, \
     and the rows that it has returned are void; run it again";

/// Runs a statement on one shard, whose reply is the result.
pub async fn on_any<'a>(
    fan_out: &mut FanOut<'a>,
    interrupts: Interrupts<'a>,
    snapshot: &PlanSnapshot<'_>,
) -> Result<AttemptEnd<'a>, FanOutError> {
    let mut interrupts = interrupts;
    // What must not run twice is checked before.
    let is_checked = !fan_out.only_reads();
    // A view may have been replaced since the server said that it only reads.
    if (is_checked || snapshot.planned.uses_application_code) && !fan_out.still_holds(&mut interrupts, snapshot).await?
    {
        return Ok(AttemptEnd::Outdated(interrupts));
    }
    let planned = snapshot.planned;
    let (wire, shows_only_reading) = (fan_out.original(), planned.shows_only_reading);
    let mut calls = fan_out.on_one(interrupts, wire, shows_only_reading, &planned.dependencies).await?;
    let mut validity = if is_checked { Validity::Valid } else { fan_out.validity(&mut calls, snapshot).await? };
    if matches!(validity, Validity::Outdated) {
        return outdated(calls);
    }
    validity.during(pass_on(fan_out, &mut calls, 0)).await?;
    calls.ended().await?;
    fan_out.confirm(validity, calls.effect_in_doubt()).await?;
    Ok(AttemptEnd::Done(FanOutSummary::default()))
}

/// Runs a statement on all shards. Ends as outdated if its premise holds on none of them.
pub async fn on_all<'a>(
    fan_out: &mut FanOut<'a>,
    interrupts: Interrupts<'a>,
    statement: Statement,
    how: Broadcast,
) -> Result<AttemptEnd<'a>, FanOutError> {
    let mut interrupts = interrupts;
    // What one shard cannot do is done on none.
    let shared = fan_out.shared;
    let spoken =
        interrupts.until(all(shared.shards.channels.iter().map(|channel| channel.ensure_current_wire()))).await;
    for understood in spoken.map_err(|interrupt| fan_out.interrupted(interrupt))? {
        understood?;
    }
    for channel in &fan_out.shared.shards.channels {
        // Checked before anything is sent: otherwise it would take effect on some shards.
        let takes = interrupts.until(channel.check_size(&statement.wire)).await;
        if let Err(error @ Error::Invalid { .. }) = takes.map_err(|interrupt| fan_out.interrupted(interrupt))? {
            return Err(error.into());
        }
    }
    let turn = fan_out.turn_to_start(&mut interrupts).await?;
    let mut calls = ShardCalls::start(&fan_out.shared.shards, interrupts, 0..fan_out.shards(), statement, turn);
    calls.begun().await?;
    if calls.has_failed() {
        drain(&mut calls).await?;
        if calls.is_outdated() {
            return Ok(AttemptEnd::Outdated(calls.into_interrupts()));
        }
    } else if how == Broadcast::Same {
        pass_on_first(fan_out, &mut calls).await?;
    } else {
        add_up(fan_out, &mut calls).await?;
    }
    match calls.ended().await {
        Err(_) if calls.is_outdated() => Err(FanOutError::unsupported(UNDONE)),
        ended => ended.map(|()| AttemptEnd::Done(FanOutSummary::default())),
    }
}

/// Sends on the rows of all shards, one shard after the other, and the sum of their command tags.
async fn add_up(fan_out: &mut FanOut<'_>, calls: &mut ShardCalls<'_>) -> Result<(), FanOutError> {
    let described = match result_columns::described(fan_out, calls).await {
        Ok(described) => described,
        Err(FanOutError::Shard(ShardError::Failed(Error::PlanUnsupported { reason }))) => {
            drain(calls).await?;
            calls.ended().await?;
            let reason =
                format!("the statement has taken effect on all shards, but its rows do not fit together: {reason}");
            return Err(Error::PlanUnsupported { reason }.into());
        }
        Err(error) => return Err(error),
    };
    if let Some(description) = described {
        fan_out.output.begin(&description);
    }
    let mut tags = Vec::new();
    for index in 0..calls.len() {
        while let Some(DescribedPart { reply, .. }) = calls.next_of(index).await? {
            fan_out.output.rows(&reply.rows, reply.row_count)?;
            tags.extend(reply.command_tag);
            calls.until_taken(fan_out.output.room()).await?;
        }
    }
    if calls.has_failed() {
        return Ok(());
    }
    if let Some(tag) = command_tag::sum(tags.iter().map(String::as_str)) {
        fan_out.output.end(Some(&tag))?;
    }
    Ok(())
}

/// Sends on the first shard's reply, where all shards do the same. Its rows were written on every shard if it says
/// SELECT: CREATE TABLE AS and SELECT INTO do.
async fn pass_on_first(fan_out: &mut FanOut<'_>, calls: &mut ShardCalls<'_>) -> Result<(), FanOutError> {
    let mut written = Vec::new();
    while let Some(DescribedPart { reply, description }) = calls.next_of(0).await? {
        if let Some(description) = description {
            fan_out.output.begin(&description);
        }
        fan_out.output.rows(&reply.rows, reply.row_count)?;
        match reply.command_tag {
            Some(tag) if tag.starts_with("SELECT ") => written.push(tag),
            Some(tag) => fan_out.output.end(Some(&tag))?,
            None => {}
        }
        calls.until_taken(fan_out.output.room()).await?;
    }
    let is_summed = !written.is_empty();
    while let Some((_, DescribedPart { reply, .. })) = calls.next().await? {
        written.extend(reply.command_tag);
    }
    if is_summed
        && !calls.has_failed()
        && let Some(tag) = command_tag::sum(written.iter().map(String::as_str))
    {
        fan_out.output.end(Some(&tag))?;
    }
    Ok(())
}

/// Sends on one shard's reply with all its results.
async fn pass_on(fan_out: &mut FanOut<'_>, calls: &mut ShardCalls<'_>, index: usize) -> Result<(), FanOutError> {
    while let Some(DescribedPart { reply, description }) = calls.next_of(index).await? {
        if let Some(description) = description {
            fan_out.output.begin(&description);
        }
        fan_out.output.rows(&reply.rows, reply.row_count)?;
        if let Some(tag) = &reply.command_tag {
            fan_out.output.end(Some(tag))?;
        }
        calls.until_taken(fan_out.output.room()).await?;
    }
    Ok(())
}

/// Drops the remaining parts, so that every shard can come to its end.
async fn drain(calls: &mut ShardCalls<'_>) -> Result<(), FanOutError> {
    while calls.next().await?.is_some() {}
    Ok(())
}
