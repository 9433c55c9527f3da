//! The ways of merging: rows as they come, sorted, ranked by a shard, grouped, or finished by a shard. Chosen by what is
//! proven of the columns; each one passes rows on as it makes them and lets the shards go on as it uses theirs.

use bytes::Bytes;

use super::arms::{Arms, Part};
use super::catalog::query;
use super::finish::{self, Columns, GatherFailure, Gathered, Known};
use super::outcome::Fault;
use super::read::Reading;
use super::values::bind;
use super::{About, Halt, Story, rank, unsupported};
use crate::error::{Error, Fate};
use crate::gather::{Batch, Collation, Distinct, GatherError, Groups, Merge, Next, Outlet, Question, Ranked};
use crate::plan;
use crate::proto::{DatabaseError, Field};

/// Bytes of rows that go out together.
const BATCH: usize = 64 * 1024;
/// Groups that are sorted here and now: another thread takes longer to wake.
const FEW_GROUPS: usize = 1000;
/// Bytes of each shard's rows about which a shard is asked at once.
const RANKED_AT_ONCE: usize = 256 * 1024;

enum Way {
    Concat(Outlet),
    Sorted(Merge),
    Ranked(Ranked),
    Grouped(Groups, Outlet),
    Finish,
}

/// Makes one result of what the shards answer, down to its command tag.
pub async fn merge<'a>(
    story: &mut Story<'a>,
    arms: Arms<'a>,
    reading: &Reading<'_>,
    columns: &Columns<'_>,
) -> Result<About, Halt> {
    let read = reading.read;
    let has_steps = read.distinct || read.offset.is_some() || read.limit.is_some();
    let mut about = About { is_merged: has_steps || read.merge != plan::Merge::Concat, ..About::default() };
    let way = choose(reading, columns, arms.len(), story.world.fan_outs.memory);
    let mut arms = arms;
    if let Way::Finish = way {
        return by_shard(story, arms, reading, columns, about).await;
    }
    let fields = columns.visible().iter().map(|known| known.field.clone()).collect();
    story.output.begin(&story.world.descriptions.of(fields));
    match way {
        Way::Concat(outlet) => concat(story, &mut arms, outlet).await?,
        Way::Sorted(merge) => sorted(story, &mut arms, merge).await?,
        Way::Ranked(ranked) => by_rank(story, &mut arms, ranked, reading, columns).await?,
        Way::Grouped(groups, outlet) => grouped(story, &mut arms, groups, outlet, reading).await?,
        Way::Finish => {}
    }
    about.note_failed(&arms.outcomes());
    let tag = format!("SELECT {}", story.output.count);
    story.output.end(Some(&tag))?;
    Ok(about)
}

fn choose(reading: &Reading<'_>, columns: &Columns<'_>, inputs: usize, memory: usize) -> Way {
    let Reading { read, window, .. } = reading;
    let fields: Vec<Field> = columns.known.iter().map(|known| known.field.clone()).collect();
    let collations: Vec<Collation> = columns.known.iter().map(|known| known.compares()).collect();
    let outlet = |hidden| {
        let distinct = match read.distinct {
            true => Some(Distinct::new(&fields, read.hidden, &collations, memory)?),
            false => None,
        };
        Some(Outlet::new(hidden, distinct, window.offset, window.limit))
    };
    let way = match &read.merge {
        plan::Merge::Concat => outlet(read.hidden).map(Way::Concat),
        plan::Merge::Sorted { keys, on } => outlet(read.hidden).and_then(|outlet| {
            Merge::new(keys, *on, &fields, read.hidden, &collations, inputs, outlet).map(Way::Sorted)
        }),
        plan::Merge::Grouped(grouped) => Groups::new(grouped, &fields, read.hidden, &collations, memory)
            .zip(outlet(0))
            .map(|(groups, outlet)| Way::Grouped(groups, outlet)),
        plan::Merge::Finish => None,
    };
    let ranked = || match &read.merge {
        plan::Merge::Sorted { keys, on } if !read.distinct => {
            Ranked::new(keys, *on, &fields, read.hidden, inputs, outlet(read.hidden)?).map(Way::Ranked)
        }
        _ => None,
    };
    way.or_else(ranked).unwrap_or(Way::Finish)
}

async fn concat(story: &mut Story<'_>, arms: &mut Arms<'_>, outlet: Outlet) -> Result<(), Halt> {
    let mut outlet = outlet;
    while !outlet.is_full() {
        let Some((_, Part { reply, .. })) = arms.next().await? else { return arms.ended().await };
        let batch = outlet.pass(Batch { rows: reply.rows, count: reply.row_count }).map_err(failure)?;
        give(story, arms, &batch).await?;
    }
    arms.stop();
    Ok(())
}

async fn give(story: &mut Story<'_>, arms: &mut Arms<'_>, batch: &Batch) -> Result<(), Halt> {
    story.output.rows(&batch.rows, batch.count)?;
    arms.until(story.output.room()).await
}

async fn sorted(story: &mut Story<'_>, arms: &mut Arms<'_>, merge: Merge) -> Result<(), Halt> {
    let mut merge = merge;
    loop {
        match merge.next_batch(BATCH).map_err(failure)? {
            Next::Rows(batch) => give(story, arms, &batch).await?,
            Next::Needs(input) => match arms.next_of(input).await? {
                Some(Part { reply, .. }) => merge.feed(input, reply.rows),
                None => merge.end(input),
            },
            Next::Done => break,
        }
    }
    end(arms).await
}

async fn by_rank(
    story: &mut Story<'_>,
    arms: &mut Arms<'_>,
    ranked: Ranked,
    reading: &Reading<'_>,
    columns: &Columns<'_>,
) -> Result<(), Halt> {
    let plan::Merge::Sorted { keys, on } = &reading.read.merge else { return Ok(()) };
    keys.iter().filter_map(|key| columns.at(key.column)).try_for_each(Known::has_text)?;
    let sql = rank::statement(keys, *on, columns);
    let mut ranked = ranked;
    loop {
        match ranked.question() {
            Question::Needs(input) => match arms.next_of(input).await? {
                Some(Part { reply, .. }) => {
                    ranked.feed(input, reply.rows).map_err(failure)?;
                    // The more rows a question orders, the fewer questions there are.
                    while ranked.waiting(input) < RANKED_AT_ONCE
                        && let Some(Part { reply, .. }) = arms.held_of(input)
                    {
                        ranked.feed(input, reply.rows).map_err(failure)?;
                    }
                }
                None => ranked.end(input),
            },
            Question::Sort(texts) => {
                let params = texts.iter().map(|texts| finish::array(texts)).collect();
                let (_, answer) = arms.until(story.asker.any(query(sql.clone(), params))).await??;
                let (order, is_new) = rank::order(&answer)?;
                let batch = ranked.answer(&order, &is_new).map_err(failure)?;
                give(story, arms, &batch).await?;
            }
            Question::Done => break,
        }
    }
    end(arms).await
}

async fn grouped(
    story: &mut Story<'_>,
    arms: &mut Arms<'_>,
    groups: Groups,
    outlet: Outlet,
    reading: &Reading<'_>,
) -> Result<(), Halt> {
    let mut groups = groups;
    each_batch(story, arms, |rows| groups.push(rows).map_err(failure)).await?;
    // With DISTINCT the outlet counts; else the groups do it, and sort no more than is shown.
    let window = if reading.read.distinct { Default::default() } else { reading.window };
    let mut finished = if groups.count() <= FEW_GROUPS {
        groups.finish(window.offset, window.limit)
    } else {
        let sorting = tokio::task::spawn_blocking(move || groups.finish(window.offset, window.limit));
        let Ok(finished) = arms.until(sorting).await? else {
            return Err(Error::ClientClosed { fate: Fate::OnlyReads }.into());
        };
        finished
    }
    .map_err(failure)?;
    let mut outlet = reading.read.distinct.then_some(outlet);
    while let Some(batch) = finished.next_batch(BATCH).map_err(failure)? {
        let batch = match &mut outlet {
            Some(outlet) => outlet.pass(batch).map_err(failure)?,
            None => batch,
        };
        give(story, arms, &batch).await?;
    }
    Ok(())
}

/// Hands all shards' rows to `take`. Where a shard may be missing from the result, it is missing altogether: its rows are
/// only taken once all of them have come.
async fn each_batch(
    story: &mut Story<'_>,
    arms: &mut Arms<'_>,
    mut take: impl FnMut(&Bytes) -> Result<(), Halt>,
) -> Result<(), Halt> {
    if !story.request.partial {
        while let Some((_, Part { reply, .. })) = arms.next().await? {
            take(&reply.rows)?;
            arms.until(story.output.room()).await?;
        }
        return arms.ended().await;
    }
    let (mut whole, mut bytes) = (Vec::new(), 0);
    whole.resize_with(arms.len(), Vec::new);
    while let Some((index, Part { reply, .. })) = arms.next().await? {
        bytes += reply.rows.len();
        if bytes > story.world.fan_outs.memory {
            return Err(Error::MergeMemory { limit: story.world.fan_outs.memory }.into());
        }
        whole[index].push(reply.rows);
    }
    for (index, batches) in whole.iter().enumerate() {
        if arms.has_succeeded(index) {
            for rows in batches {
                take(rows)?;
                arms.until(story.output.room()).await?;
            }
        } else {
            arms.note_unused(index);
        }
    }
    arms.ended().await
}

/// Rows gathered, and the rest left to PostgreSQL.
async fn by_shard<'a>(
    story: &mut Story<'a>,
    arms: Arms<'a>,
    reading: &Reading<'_>,
    columns: &Columns<'_>,
    about: About,
) -> Result<About, Halt> {
    let (mut arms, mut about) = (arms, about);
    let Some(finish) = &reading.read.finish else {
        return Err(unsupported("its values cannot be compared here, and no shard can be asked to do it"));
    };
    let modifiers: Vec<_> =
        columns.known.iter().map(|known| (known.field.type_id, known.field.type_modifier)).collect();
    let catalog = &story.world.fan_outs.catalog;
    let modified = arms.until(catalog.modified(story.asker, columns.shard, &modifiers)).await??;
    let known: Vec<_> =
        columns.known.iter().zip(modified).map(|(known, modified)| Known { modified, ..known.clone() }).collect();
    let columns = &Columns { known: &known, ..*columns };
    let sql = finish::statement(finish, columns)?;
    let mut gathered = Gathered::new(columns.known.len(), story.world.fan_outs.memory);
    each_batch(story, &mut arms, |rows| Ok(gathered.push(rows)?)).await?;
    about.note_failed(&arms.outcomes());
    let own = bind(&finish.params, &story.request.params, reading.window, reading.now.as_ref());
    let own = own.map_err(|_| unsupported("a value that its last step needs was not given"))?;
    let wire = query(sql, finish::parameters(own, gathered));
    let mut arms = story.on_one(arms.into_watch(), wire, true).await.map_err(without_position)?;
    while let Some(Part { reply, description }) = arms.next_of(0).await.map_err(without_position)? {
        if let Some(description) = description {
            let fields = finish::described(finish, columns, description.fields());
            story.output.begin(&story.world.descriptions.of(fields));
        }
        story.output.rows(&reply.rows, reply.row_count)?;
        if let Some(tag) = &reply.command_tag {
            story.output.end(Some(tag))?;
        }
        arms.until(story.output.room()).await?;
    }
    arms.ended().await.map_err(without_position)?;
    Ok(about)
}

/// Nothing more can come that would be used.
async fn end(arms: &mut Arms<'_>) -> Result<(), Halt> {
    arms.stop();
    arms.ended().await
}

/// A position in a text that the caller has never seen says nothing.
pub fn without_position(halt: Halt) -> Halt {
    match halt {
        Halt::Fault(Fault::Database(mut error)) => {
            error.position = None;
            Halt::Fault(Fault::Database(error))
        }
        halt => halt,
    }
}

fn failure(error: GatherError) -> Halt {
    match error {
        GatherError::Row(malformed) => {
            Error::Protocol { server: "a query server".into(), reason: malformed.to_string() }.into()
        }
        GatherError::Memory { limit } => Error::MergeMemory { limit }.into(),
        GatherError::OutOfRange(message) => Halt::Fault(Fault::Database(Box::new(out_of_range(message)))),
        GatherError::Unsorted { .. } | GatherError::Value { .. } => unsupported(&error.to_string()),
    }
}

impl From<GatherFailure> for Halt {
    fn from(failure: GatherFailure) -> Self {
        match failure {
            GatherFailure::Malformed => {
                Error::Protocol { server: "a query server".into(), reason: "a row batch is malformed".into() }.into()
            }
            GatherFailure::Memory(limit) => Error::MergeMemory { limit }.into(),
        }
    }
}

/// What PostgreSQL would have said, had it added up all rows itself.
fn out_of_range(message: &str) -> DatabaseError {
    DatabaseError {
        severity: Some("ERROR".into()),
        severity_unlocalized: Some("ERROR".into()),
        code: Some("22003".into()),
        message: message.into(),
        ..DatabaseError::default()
    }
}
