//! A query that reads: its text on every shard, then one result of what comes. Which way of merging it is depends on the
//! columns' types and collations, and so is only known once the shards have begun to answer.

use std::sync::Arc;

use bytes::Bytes;

use super::arms::Arms;
use super::ask::Asker;
use super::finish::{Columns, Known};
use super::outcome::Fault;
use super::plans::{Planned, Told};
use super::standing::Standing;
use super::statement::Policy;
use super::values::{Doubt, Window, bind, needs_now, used};
use super::watch::Watch;
use super::{Ended, Halt, Relied, Story, catalog, columns, merging, outdated, unsupported};
use crate::client::Request;
use crate::error::Error;
use crate::gather::Collation;
use crate::plan::{Asked, Column, Fold, Merge, Read};
use crate::proto::{Field, Parameter, QueryRequest};

/// A query that reads, once it is known what it is run with.
pub struct Reading<'r> {
    pub planned: &'r Planned,
    pub read: &'r Read,
    pub window: Window,
    /// The time at which it began, if it matters.
    pub now: Option<Bytes>,
}

pub async fn run<'a>(
    story: &mut Story<'a>,
    watch: Watch<'a>,
    relied: &Relied<'_>,
    read: &Arc<Read>,
) -> Result<Ended<'a>, Halt> {
    let mut watch = watch;
    let planned = relied.planned;
    // First of all, so that those that do not answer are known.
    if story.request.partial && !story.held(&mut watch, relied).await? {
        return Ok(Ended::Outdated(watch));
    }
    check_functions(story, &mut watch, planned, read).await?;
    let is_rewritten = read.shard.sql != story.request.sql;
    let (reading, params) = values(story, &mut watch, planned, read, is_rewritten).await?;
    let simple = story.request.simple && !is_rewritten;
    let wire = QueryRequest { sql: read.shard.sql.clone(), params, simple, ..QueryRequest::default() };
    let policy = if story.request.partial { Policy::PartialRead } else { Policy::Read };
    // What must not run twice is looked at before; so is what waits for some shards to the last.
    let shows_only_reading = story.request.asked == Asked::Implicitly || planned.shows_only_reading;
    let is_checked = !shows_only_reading || !story.reads_only_read() || story.request.partial;
    // What a view or a function does was announced before it may have been replaced.
    if (is_checked || planned.runs_theirs) && !story.held(&mut watch, relied).await? {
        return Ok(Ended::Outdated(watch));
    }
    let statement = story.statement(wire, policy, planned.shows_only_reading)?;
    let mut arms = Arms::start(story.world, watch, 0..story.shards(), statement);
    arms.leave_out(&story.silent);
    if let Err(halt) = arms.answered().await {
        // PostgreSQL may refuse what was right before, on some shards or on all.
        let is_refusal = !arms.refusing().is_empty();
        if is_refusal && !is_checked && !story.holds_where_refused(&mut arms, relied).await? {
            return outdated(arms);
        }
        return Err(if is_rewritten { genuine(story, &mut arms, halt).await } else { halt });
    }
    // The shards have read their catalogues: what still holds now has held then.
    let mut standing = if is_checked { Standing::Holds } else { story.standing(&mut arms, relied).await? };
    if matches!(standing, Standing::Outdated) {
        return outdated(arms);
    }
    let Some(description) = columns::described(story.asker, &mut arms).await? else {
        let reason = "it returned no rows, not even none, where a query that reads was expected".into();
        return Err(Error::Protocol { server: "a query server".into(), reason }.into());
    };
    let shard = arms.descriptions().next().map_or(0, |(index, _)| arms.shard(index));
    let known = know(story.asker, &mut arms, &reading, description.fields(), shard).await?;
    let columns = Columns { known: &known, hidden: read.hidden, shard };
    let doubt = arms.doubt();
    let merged = standing.during(merging::merge(story, arms, &reading, &columns)).await;
    let about = if is_rewritten { merged.map_err(merging::without_position) } else { merged }?;
    story.confirm(standing, doubt).await?;
    Ok(Ended::Done(about))
}

/// A plan of which the catalogue says that it does not hold is none.
async fn check_functions(story: &Story<'_>, watch: &mut Watch<'_>, planned: &Planned, read: &Read) -> Result<(), Halt> {
    let odd = watch.until(odd_function(story.asker, story.request, planned, read)).await;
    match odd.map_err(|interrupt| story.interrupted(interrupt))?? {
        Some(reason) => Err(unsupported(&reason)),
        None => Ok(()),
    }
}

/// Why a plan does not hold, if one of its functions does more than compute.
pub async fn odd_function(
    asker: Asker<'_>,
    request: &Request,
    planned: &Planned,
    read: &Read,
) -> Result<Option<String>, Fault> {
    if read.functions.is_empty() || planned.has_plain_functions() {
        return Ok(None);
    }
    let explicitly = request.asked != Asked::Implicitly;
    let odd = catalog::not_plain(asker, &read.functions, explicitly).await?;
    if let Some(name) = odd.first() {
        let policy = read.of_policies.get(name).map(|policy| format!(" of {policy}")).unwrap_or_default();
        return Ok(Some(format!(
            "the function {name}{policy} is not immutable (ask for it with .mtdd(null) or allServers: true), or it is an aggregate or \
             window function that is not PostgreSQL's own"
        )));
    }
    planned.note_plain_functions();
    Ok(None)
}

/// What the shards' text and the steps after it are run with.
async fn values<'r>(
    story: &Story<'_>,
    watch: &mut Watch<'_>,
    planned: &'r Planned,
    read: &'r Read,
    is_rewritten: bool,
) -> Result<(Reading<'r>, Vec<Parameter>), Halt> {
    let given = &story.request.params;
    let now = if needs_now(read) { Some(now(story, watch).await?) } else { None };
    let bound = Window::of(read, given).and_then(|window| match is_rewritten {
        true => Ok((window, bind(&read.shard.params, given, window, now.as_ref())?)),
        false => Ok((window, given.clone())),
    });
    let is_odd = is_rewritten && used(read) != given.len();
    // PostgreSQL says best what is wrong with them.
    if (bound.is_err() || is_odd)
        && let Some(fault) = story.genuine_refusal(watch).await?
    {
        return Err(fault.into());
    }
    match bound {
        Ok((window, params)) => Ok((Reading { planned, read, window, now }, params)),
        Err(Doubt) => Err(unsupported("the numbers of rows at LIMIT and OFFSET have to be given as plain digits")),
    }
}

pub async fn now(story: &Story<'_>, watch: &mut Watch<'_>) -> Result<Bytes, Halt> {
    let asked = watch.until(story.asker.any(catalog::query("SELECT now()", Vec::new()))).await;
    let (_, answer) = asked.map_err(|interrupt| story.interrupted(interrupt))??;
    let cell = answer.rows.first().and_then(|row| row.first()).cloned().flatten();
    cell.ok_or_else(|| {
        Error::Protocol { server: "a query server".into(), reason: "it does not know the time".into() }.into()
    })
}

/// The error that the query would have got as it was given: the shards' text is another, and so are its positions.
async fn genuine(story: &Story<'_>, arms: &mut Arms<'_>, halt: Halt) -> Halt {
    let Halt::Fault(Fault::Database(mut error)) = halt else { return halt };
    if error.code.as_deref().is_some_and(|code| code.starts_with("42"))
        && let Ok(Some(fault)) = arms.watch.until(story.asker.refusal(story.original())).await
    {
        return fault.into();
    }
    error.position = None;
    Halt::Fault(Fault::Database(error))
}

/// Types and collations of the shards' columns, as far as merging needs them.
async fn know(
    asker: Asker<'_>,
    arms: &mut Arms<'_>,
    reading: &Reading<'_>,
    fields: &[Field],
    shard: usize,
) -> Result<Vec<Known>, Halt> {
    let read = reading.read;
    let needed = needed(read, fields.len());
    let mut known: Vec<_> = fields.iter().map(Known::unneeded).collect();
    if needed.is_empty() {
        return Ok(known);
    }
    let ids: Vec<_> = needed.iter().map(|column| fields[*column].type_id).collect();
    let catalog = &asker.world.fan_outs.catalog;
    for (column, of) in needed.iter().zip(arms.until(catalog.types(asker, shard, &ids)).await??) {
        known[*column].of = of;
    }
    let plans = &asker.world.fan_outs.plans;
    // Where PostgreSQL finishes it, a domain's values have to be such again.
    let has_domains = read.finish.is_some() && plans.has_domains();
    if has_domains || known.iter().any(|known| known.of.has_collation) {
        let told = told(asker, arms, reading, fields, &known, shard).await?;
        let distinct: Vec<_> = told.iter().filter_map(|told| told.collation.clone()).collect();
        let answering = arms.answering();
        let rules = arms.until(catalog.rules(asker, &answering, &distinct)).await??;
        let mut rules = rules.into_iter();
        for (known, told) in known.iter_mut().zip(told.iter()) {
            known.collation = told.collation.clone();
            known.rules = told.collation.as_ref().and_then(|_| rules.next());
            known.domain = told.domain.clone();
        }
        if let Some(reader) = known.iter().find_map(|known| plans.reader(known.domain.as_deref()?)) {
            return Err(unsupported(&reader));
        }
    }
    refuse_different_rules(read, &known)?;
    Ok(known)
}

/// The columns that are compared or made anew, whose types and collations therefore matter.
fn needed(read: &Read, columns: usize) -> Vec<usize> {
    match &read.merge {
        Merge::Concat if !read.distinct => Vec::new(),
        Merge::Sorted { keys, .. } if !read.distinct => {
            keys.iter().map(|key| position(key.column, read, columns)).filter(|column| *column < columns).collect()
        }
        _ => (0..columns).collect(),
    }
}

fn position(column: Column, read: &Read, columns: usize) -> usize {
    match column {
        Column::Visible(index) => index,
        Column::Hidden(index) => columns.saturating_sub(read.hidden) + index,
    }
}

/// For each column what only the statement itself can tell.
async fn told(
    asker: Asker<'_>,
    arms: &mut Arms<'_>,
    reading: &Reading<'_>,
    fields: &[Field],
    known: &[Known],
    shard: usize,
) -> Result<Arc<[Told]>, Halt> {
    if let Some(told) = reading.planned.told(fields) {
        return Ok(told);
    }
    let of = |(index, known): (usize, &Known)| {
        let collation = match known.of.has_collation {
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
        reading.read.shard.sql.trim_end().trim_end_matches(';'),
        names = names.join(", "),
    );
    let query = QueryRequest { sql, ..arms.wire().clone() };
    let answer = arms.until(asker.shard(shard, QueryRequest { simple: false, ..query })).await??;
    let cells: Vec<Option<String>> =
        answer.text(0, 0).and_then(|cells| serde_json::from_str(cells).ok()).unwrap_or_default();
    let told = cells.chunks(2).map(|of| Told {
        collation: of.first().cloned().flatten(),
        domain: of.get(1).cloned().flatten().map(Arc::from),
    });
    let mut told: Vec<_> = told.collect();
    told.resize_with(known.len(), Told::default);
    let told: Arc<[_]> = told.into();
    reading.planned.note_told(fields, told.clone());
    Ok(told)
}

/// Where the order of texts matters, and each shard has already put its own in order, all must have used the same rules.
fn refuse_different_rules(read: &Read, known: &[Known]) -> Result<(), Halt> {
    let at = |column: &Column| position(*column, read, known.len());
    let ordered: Vec<usize> = match &read.merge {
        Merge::Concat => Vec::new(),
        Merge::Sorted { keys, .. } => keys.iter().map(|key| at(&key.column)).collect(),
        Merge::Grouped(grouped) => {
            let extremes = grouped.folds.iter().filter(|(_, fold)| matches!(fold, Fold::Min | Fold::Max));
            extremes.map(|(column, _)| at(column)).collect()
        }
        Merge::Finish => (0..known.len()).collect(),
    };
    let differs = |known: &&Known| known.rules.is_some_and(|rules| !rules.same && rules.collation != Collation::Bytes);
    match ordered.iter().filter_map(|index| known.get(*index)).find(differs) {
        None => Ok(()),
        Some(Known { field, collation, .. }) => Err(unsupported(&format!(
            "the shards sort the text in {:?} by different versions of the collation {}; give all shards the same, or order by a column COLLATE \"C\"",
            field.name,
            collation.as_deref().unwrap_or("of its column"),
        ))),
    }
}
