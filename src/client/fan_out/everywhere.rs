//! Statements that run as they are: on every shard, or on one because all hold the same. Writes are awaited on every
//! shard, whatever happens on the others: what took effect in part is never reported as done.

use super::arms::{Arms, Part};
use super::ask::all;
use super::standing::Standing;
use super::statement::Statement;
use super::watch::Watch;
use super::{About, Ended, Halt, Relied, Story, columns, outdated, tag, unsupported};
use crate::error::Error;
use crate::plan::Everywhere;

/// Of a statement some of whose rows have been given to the caller before its end.
const UNDONE: &str = "the tables, views or functions that it names were changed while it ran; nothing of it stays on any shard, \
     and the rows that it has returned are void; run it again";

/// Runs it on one shard; that one's reply is the reply.
pub async fn on_any<'a>(story: &mut Story<'a>, watch: Watch<'a>, relied: &Relied<'_>) -> Result<Ended<'a>, Halt> {
    let mut watch = watch;
    // What must not run twice is looked at before.
    let is_checked = !story.only_reads();
    // What a view does was announced before it may have been replaced.
    if (is_checked || relied.planned.runs_theirs) && !story.held(&mut watch, relied).await? {
        return Ok(Ended::Outdated(watch));
    }
    let mut arms = story.on_one(watch, story.original(), relied.planned.shows_only_reading).await?;
    let mut standing = if is_checked { Standing::Holds } else { story.standing(&mut arms, relied).await? };
    if matches!(standing, Standing::Outdated) {
        return outdated(arms);
    }
    standing.during(pass_on(story, &mut arms, 0)).await?;
    arms.ended().await?;
    story.confirm(standing, arms.doubt()).await?;
    Ok(Ended::Done(About::default()))
}

/// Runs a statement on all shards. Outdated: its premise holds on none of them.
pub async fn on_all<'a>(
    story: &mut Story<'a>,
    watch: Watch<'a>,
    statement: Statement,
    how: Everywhere,
) -> Result<Ended<'a>, Halt> {
    let mut watch = watch;
    // What one of them cannot do is done on none.
    let world = story.world;
    let spoken = watch.until(all(world.channels.iter().map(|channel| channel.refuse_legacy()))).await;
    for understood in spoken.map_err(|interrupt| story.interrupted(interrupt))? {
        understood?;
    }
    for channel in &story.world.channels {
        // Known before anything is sent: else it would take effect on some shards.
        let takes = watch.until(channel.takes(&statement.wire)).await;
        if let Err(error @ Error::Invalid { .. }) = takes.map_err(|interrupt| story.interrupted(interrupt))? {
            return Err(error.into());
        }
    }
    let mut arms = Arms::start(story.world, watch, 0..story.shards(), statement);
    arms.begun().await?;
    if arms.has_failed() {
        drain(&mut arms).await?;
        if arms.is_outdated() {
            return Ok(Ended::Outdated(arms.into_watch()));
        }
    } else if how == Everywhere::Same {
        pass_on(story, &mut arms, 0).await?;
        drain(&mut arms).await?;
    } else {
        add_up(story, &mut arms).await?;
    }
    match arms.ended().await {
        Err(_) if arms.is_outdated() => Err(unsupported(UNDONE)),
        ended => ended.map(|()| Ended::Done(About::default())),
    }
}

/// The returned rows of all shards one after the other, under the sum of their command tags.
async fn add_up(story: &mut Story<'_>, arms: &mut Arms<'_>) -> Result<(), Halt> {
    let described = match columns::described(story.asker, arms).await {
        Ok(described) => described,
        Err(Halt::Fault(super::Fault::Failed(Error::PlanUnsupported { reason }))) => {
            drain(arms).await?;
            arms.ended().await?;
            let reason =
                format!("the statement has taken effect on all shards, but its rows do not fit together: {reason}");
            return Err(Error::PlanUnsupported { reason }.into());
        }
        Err(halt) => return Err(halt),
    };
    if let Some(description) = described {
        story.output.begin(&description);
    }
    let mut tags = Vec::new();
    for index in 0..arms.len() {
        while let Some(Part { reply, .. }) = arms.next_of(index).await? {
            story.output.rows(&reply.rows, reply.row_count)?;
            tags.extend(reply.command_tag);
            arms.until(story.output.room()).await?;
        }
    }
    if arms.has_failed() {
        return Ok(());
    }
    if let Some(tag) = tag::sum(tags.iter().map(String::as_str)) {
        story.output.end(Some(&tag))?;
    }
    Ok(())
}

/// One shard's reply as it comes, all its results.
async fn pass_on(story: &mut Story<'_>, arms: &mut Arms<'_>, index: usize) -> Result<(), Halt> {
    while let Some(Part { reply, description }) = arms.next_of(index).await? {
        if let Some(description) = description {
            story.output.begin(&description);
        }
        story.output.rows(&reply.rows, reply.row_count)?;
        if let Some(tag) = &reply.command_tag {
            story.output.end(Some(tag))?;
        }
        arms.until(story.output.room()).await?;
    }
    Ok(())
}

/// Takes what still comes, so that every shard can come to its end.
async fn drain(arms: &mut Arms<'_>) -> Result<(), Halt> {
    while arms.next().await?.is_some() {}
    Ok(())
}
