//! A change of rows on all shards. It cannot be done again: what its plan takes for known is looked at before it is sent, and
//! once more by each shard, in the transaction of the change and ahead of its end.

use std::sync::Arc;

use super::everywhere::on_all;
use super::read::now;
use super::statement::Policy;
use super::values::{Doubt, Window, bind};
use super::watch::Watch;
use super::{Ended, Halt, Relied, Story, catalog, merging, unsupported};
use crate::error::Error;
use crate::plan::{Change, Everywhere, Source};
use crate::proto::QueryRequest;

pub async fn run<'a>(
    story: &mut Story<'a>,
    watch: Watch<'a>,
    relied: &Relied<'_>,
    change: &Arc<Change>,
) -> Result<Ended<'a>, Halt> {
    let mut watch = watch;
    check_functions(story, &mut watch, relied, change).await?;
    // What is done on some shards cannot be done again: it is done on none unless all can be reached.
    if !story.holds_everywhere(&mut watch, relied).await? {
        return Ok(Ended::Outdated(watch));
    }
    let is_rewritten = change.shard.sql != story.request.sql;
    let mut wire = story.original();
    if is_rewritten {
        let needs_now = change.shard.params.contains(&Source::Now);
        let now = if needs_now { Some(now(story, &mut watch).await?) } else { None };
        let given = &story.request.params;
        let used = change.shard.params.iter().filter(|source| matches!(source, Source::Given(_))).count();
        let params = match bind(&change.shard.params, given, Window::default(), now.as_ref()) {
            Ok(params) if used == given.len() => params,
            Ok(_) | Err(Doubt) => {
                let reason = format!("bindings: {} values for a statement that takes {used}", given.len());
                return Err(Error::Invalid { reason }.into());
            }
        };
        wire = QueryRequest { sql: change.shard.sql.clone(), params, simple: false, ..QueryRequest::default() };
    }
    let mut statement = story.statement(wire, Policy::Write, false)?;
    for (shard, channel) in story.world.channels.iter().enumerate() {
        let takes = watch.until(channel.takes_premises()).await.map_err(|interrupt| story.interrupted(interrupt))?;
        // What functions do matters to copies: their rows have to stay alike.
        let functions = change.how == Everywhere::Same;
        let premise = takes.then(|| relied.stamps.premise(shard, &relied.planned.uses, functions)).flatten();
        statement.premises.push(premise);
    }
    let done = on_all(story, watch, statement, change.how).await;
    if is_rewritten { done.map_err(merging::without_position) } else { done }
}

/// Copies of a row get what functions make only of those that make the same of the same.
async fn check_functions(
    story: &Story<'_>,
    watch: &mut Watch<'_>,
    relied: &Relied<'_>,
    change: &Change,
) -> Result<(), Halt> {
    if change.functions.is_empty() || relied.planned.has_plain_functions() {
        return Ok(());
    }
    let asked = watch.until(catalog::not_plain(story.asker, &change.functions, false)).await;
    if let Some(name) = asked.map_err(|interrupt| story.interrupted(interrupt))?.map_err(Halt::from)?.first() {
        return Err(unsupported(&format!(
            "the function {name} in a change of a reference table: it is not immutable, so that the copies of a row could get \
             different values; compute it first and bind it"
        )));
    }
    relied.planned.note_plain_functions();
    Ok(())
}
