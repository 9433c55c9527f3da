//! Plans for statements other than plain queries: changes of rows, DDL, settings and so on.

use std::collections::BTreeSet;

use sqlparser::ast::{
    ConflictTarget, Delete, Expr, FromTable, Insert, Join, JoinConstraint, JoinOperator, Merge, MergeAction,
    MergeInsertKind, MergeUpdateKind, OnConflict, OnConflictAction, OnInsert, Query, Select, SelectItem, SetExpr,
    Statement, TableFactor, TableObject, TableWithJoins, Update, UpdateTableFromKind,
};

use super::consent::FanOutConsent;
use super::distinct_rows::DistinctRows;
use super::draft::{empty_select, from, table};
use super::fan_out_plan::{Broadcast, Plan};
use super::ident::{fold_case, name_parts};
use super::layout::{Layout, stays_apart};
use super::locality::{Locality, Reason, Scope, Search};
use super::refusal::{Refusal, unsupported};
use super::select::{item_expr, plain_column};
use super::walk::{Node, walk};
use super::{clock, commands, own_values};

/// What a change does on every shard.
#[derive(Debug)]
pub struct Changed {
    pub how: Broadcast,
    /// Functions whose values the copies get.
    pub functions: BTreeSet<String>,
    /// Rows of which no two may be equal, or the copies could get different ones of them.
    pub distinct: Vec<DistinctRows>,
}

impl Changed {
    /// Each shard changes its own rows.
    pub fn own() -> Self {
        Changed { how: Broadcast::Sum, functions: BTreeSet::new(), distinct: Vec::new() }
    }
}

/// The query whose WITH contains the change.
type With<'w> = Option<&'w Query>;

/// UPDATE: each shard changes its own rows.
pub fn update(update: &Update, with: With<'_>, layout: &Layout, consent: FanOutConsent) -> Result<Changed, Refusal> {
    by_itself(updated(update, with, layout, consent), Some(&update.table.relation), layout, consent)
}

fn updated(update: &Update, with: With<'_>, layout: &Layout, consent: FanOutConsent) -> Result<Changed, Refusal> {
    if update.limit.is_some() || !update.order_by.is_empty() {
        return Err(unsupported("UPDATE with LIMIT, which PostgreSQL does not have"));
    }
    let mut tables = vec![update.table.clone()];
    match &update.from {
        Some(UpdateTableFromKind::AfterSet(more) | UpdateTableFromKind::BeforeSet(more)) => {
            tables.extend(more.iter().cloned());
        }
        None => {}
    }
    let mut select = empty_select();
    select.selection = update.selection.clone();
    select.projection = update.returning.clone().unwrap_or_default();
    select
        .projection
        .extend(update.assignments.iter().map(|assignment| SelectItem::UnnamedExpr(assignment.value.clone())));
    changes(tables, select, with, "rw", layout, consent)
}

/// DELETE: each shard deletes its own rows.
pub fn delete(delete: &Delete, with: With<'_>, layout: &Layout, consent: FanOutConsent) -> Result<Changed, Refusal> {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    let table = from.first().map(|table| &table.relation);
    by_itself(deleted(delete, from.clone(), with, layout, consent), table, layout, consent)
}

fn deleted(
    delete: &Delete,
    mut tables: Vec<TableWithJoins>,
    with: With<'_>,
    layout: &Layout,
    consent: FanOutConsent,
) -> Result<Changed, Refusal> {
    tables.extend(delete.using.iter().flatten().cloned());
    let mut select = empty_select();
    select.selection = delete.selection.clone();
    select.projection = delete.returning.clone().unwrap_or_default();
    changes(tables, select, with, "rd", layout, consent)
}

/// The first table is changed; it and the tables that it is joined with must be joined on the tenant. `commands`: the
/// commands on its rows, as pg_policy names them.
fn changes(
    tables: Vec<TableWithJoins>,
    mut select: Select,
    with: With<'_>,
    commands: &str,
    layout: &Layout,
    consent: FanOutConsent,
) -> Result<Changed, Refusal> {
    let target = match tables.first().map(|table| &table.relation) {
        Some(TableFactor::Table { name, .. }) => name_parts(name).unwrap_or_default(),
        _ => Vec::new(),
    };
    let reference = layout.is_reference(&target);
    select.from = tables;
    let look = |search: &mut Search<'_>| {
        search.check_policies(&target, commands)?;
        let root = Scope::root();
        let mut around = Scope::inside(&root);
        with.map_or(Ok(()), |query| search.ctes(query, &mut around))?;
        let mut scope = Scope::inside(&around);
        let locality = search.core(&select, &mut scope)?;
        if commands == "rw" {
            search.note_matches(&select, with, &scope);
        }
        Ok(locality)
    };
    let refuse = |reason: Reason| unsupported(&reason);
    let mut search = Search::new(layout);
    search.copies = reference;
    let locality = look(&mut search).map_err(refuse)?;
    if reference && consent == FanOutConsent::AllServers {
        // A policy gives no values: if it reads nothing sharded, it applies equally to all copies.
        search = Search::of_copies(layout);
        look(&mut search).map_err(refuse)?;
    }
    if consent == FanOutConsent::Implicit
        && let Some(function) = search.effects.iter().chain(&search.unknown).next()
    {
        return Err(unsupported(&format!(
            "a change that calls {} on every shard; to allow it, use allServers: true",
            search.shown(function)
        )));
    }
    if consent == FanOutConsent::Implicit
        && let Some(reader) = search.readers.iter().next().cloned().or(layout.readers.always())
    {
        return Err(unsupported(&reader));
    }
    if consent == FanOutConsent::Implicit && locality == Locality::SingleTenant {
        own_values::refuse_compared(&search)?;
    }
    if let Some(clock) = search.clocks.iter().next()
        && (consent == FanOutConsent::Implicit || reference)
    {
        return Err(unsupported(&format!("{clock}: {}", clock::EACH_SHARD)));
    }
    match (locality, reference) {
        (Locality::Replicated, true) => {
            Ok(Changed { how: Broadcast::Same, functions: copied(&search)?, distinct: search.distinct })
        }
        (Locality::SingleTenant, true) => Err(unsupported(BY_ROWS)),
        (Locality::CrossShard(reason), _) => Err(unsupported(reason)),
        _ => Ok(Changed::own()),
    }
}

const BY_ROWS: &str = "a change of a reference table that depends on rows that differ between shards; read them first and bind their \
         values";

/// The functions that a change of a reference table calls. Refuses values that each shard would compute itself.
fn copied(search: &Search<'_>) -> Result<BTreeSet<String>, Refusal> {
    if let Some(function) = search.effects.iter().chain(&search.randoms).next() {
        return Err(unsupported(&format!(
            "{} in a change of a reference table: each shard would compute its own value, and the copies would differ; \
                 compute it first and bind it",
            search.shown(function)
        )));
    }
    if let Some(part) = search.unordered.iter().next() {
        return Err(unsupported(&format!(
            "{part} in a change of a reference table: its result depends on the order of the rows, and the copies could \
                 differ; read it first and bind its result, or order the aggregate or window by a unique key"
        )));
    }
    if let Some(part) = search.loose.iter().next() {
        return Err(unsupported(&format!(
            "{part} in a change of a reference table: which of them comes first depends on the order of the rows, and the copies \
                 could differ; read it first and bind its result, or use columns of a type and collation that write equal values \
                 alike, such as numeric(10, 2)"
        )));
    }
    if let Some(part) = search.of_one_server.iter().next()
        && search.statistics.is_empty()
    {
        return Err(unsupported(&format!(
            "{part} in a change of a reference table: its value differs between servers, and the copies would differ; \
                 read it first and bind it"
        )));
    }
    match search.statistics.iter().next() {
        Some(relation) => Err(unsupported(&format!("{relation}, which describes only one server; read it first"))),
        None => Ok(search.unknown.clone()),
    }
}

/// True for a change of a reference table.
fn is_copied(table: &TableFactor, layout: &Layout) -> bool {
    matches!(table, TableFactor::Table { name, .. } if name_parts(name).is_some_and(|names| layout.is_reference(&names)))
}

/// With `allServers` each shard does what it would do alone, exact or not; but copies stay equal.
fn by_itself(
    changed: Result<Changed, Refusal>,
    table: Option<&TableFactor>,
    layout: &Layout,
    consent: FanOutConsent,
) -> Result<Changed, Refusal> {
    match consent == FanOutConsent::AllServers && !table.is_some_and(|table| is_copied(table, layout)) {
        true => changed.or(Ok(Changed::own())),
        false => changed,
    }
}

/// INSERT: for all shards only with explicit consent, because a row belongs to one tenant.
pub fn insert(insert: &Insert, with: With<'_>, layout: &Layout, consent: FanOutConsent) -> Result<Changed, Refusal> {
    if consent != FanOutConsent::AllServers {
        return Err(unsupported(
            "INSERT without a tenant; name the tenant, or insert into every shard with allServers: true",
        ));
    }
    let (name, names) = match &insert.table {
        TableObject::TableName(name) => match name_parts(name).filter(|names| layout.is_reference(names)) {
            Some(names) => (name, names),
            None => return Ok(Changed::own()),
        },
        _ => return Ok(Changed::own()),
    };
    let mut select = empty_select();
    select.projection = insert.returning.clone().unwrap_or_default();
    let mut commands = "a";
    if let Some(OnInsert::OnConflict(OnConflict { action: OnConflictAction::DoUpdate(update), .. })) = &insert.on {
        let values = update.assignments.iter().map(|assignment| SelectItem::UnnamedExpr(assignment.value.clone()));
        select.projection.extend(values);
        select.selection = update.selection.clone();
        commands = "raw";
    }
    let mut target = table("");
    if let TableFactor::Table { name: of, .. } = &mut target {
        *of = name.clone();
    }
    select.from = vec![from(target)];
    let look = |search: &mut Search<'_>| {
        search.check_policies(&names, commands)?;
        let root = Scope::root();
        let mut around = Scope::inside(&root);
        with.map_or(Ok(()), |query| search.ctes(query, &mut around))?;
        let given = match &insert.source {
            Some(source) => search.query(source, &around)?.locality,
            None => Locality::Replicated,
        };
        let changed = search.core(&select, &mut Scope::inside(&around))?;
        Ok(given == Locality::Replicated && changed == Locality::Replicated)
    };
    let refuse = |reason: Reason| unsupported(&reason);
    if !look(&mut Search::new(layout)).map_err(refuse)? {
        return Err(unsupported(BY_ROWS));
    }
    let mut search = Search::of_copies(layout);
    look(&mut search).map_err(refuse)?;
    if let Some(clock) = search.clocks.iter().next() {
        return Err(unsupported(&format!("{clock}: {}", clock::EACH_SHARD)));
    }
    if drops_some(insert, &names, layout) {
        return Err(unsupported(
            "ON CONFLICT DO NOTHING for rows that a query reads, in an INSERT into a reference table: of rows that conflict with \
             each other, each shard could keep another one; name the columns of the conflict, and give them a key of the one \
             table that is read, whose columns are of the same types and collations, or read the rows first and bind their \
             values",
        ));
    }
    Ok(Changed { how: Broadcast::Same, functions: copied(&search)?, distinct: search.distinct })
}

/// True if the rows of an INSERT may conflict with each other, so that the first of them would be kept and others dropped.
fn drops_some(insert: &Insert, target: &[String], layout: &Layout) -> bool {
    let Some(OnInsert::OnConflict(OnConflict { action: OnConflictAction::DoNothing, conflict_target })) = &insert.on
    else {
        return false;
    };
    let Some(source) = &insert.source else { return false };
    let mut reads = false;
    walk(&**source, &mut |node| reads |= matches!(node, Node::Factor(TableFactor::Table { args: None, .. })));
    if !reads {
        return false;
    }
    let told_apart = || {
        let Some(ConflictTarget::Columns(columns)) = conflict_target else { return None };
        let SetExpr::Select(select) = &*source.body else { return None };
        let [TableWithJoins { relation: TableFactor::Table { name, .. }, joins }] = select.from.as_slice() else {
            return None;
        };
        let names = name_parts(name).filter(|_| joins.is_empty() && source.with.is_none())?;
        let (from, to) = (layout.relation(&names)?, layout.relation(target)?);
        let given = |column: &str| {
            let place = insert
                .columns
                .iter()
                .position(|name| name_parts(name).is_some_and(|name| name.last().is_some_and(|name| name == column)))?;
            plain_column(item_expr(select.projection[..=place].last()?)?)
        };
        // Where the keys of two rows are equal in the target, they are told apart by nothing.
        let read: BTreeSet<String> = columns
            .iter()
            .filter_map(|column| {
                let column = fold_case(column);
                given(&column).filter(|read| {
                    let lines = from.type_of(read).zip(to.type_of(&column));
                    lines.is_some_and(|(from, to)| stays_apart(from, to))
                })
            })
            .collect();
        (!to.has_other_collations && from.keys.iter().any(|key| key.is_subset(&read))).then_some(())
    };
    told_apart().is_none()
}

/// A query whose body changes data, such as `WITH ... UPDATE`.
pub fn inside_query(query: &Query, layout: &Layout, consent: FanOutConsent) -> Option<Result<Changed, Refusal>> {
    let statement = match &*query.body {
        SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => statement,
        SetExpr::Merge(_) => return Some(Err(unsupported("MERGE inside WITH; run it separately"))),
        _ => return None,
    };
    if query.with.is_some() && consent != FanOutConsent::AllServers {
        return Some(Err(unsupported("a change that uses WITH; to run it on every shard, use allServers: true")));
    }
    Some(match statement {
        Statement::Insert(statement) => insert(statement, Some(query), layout, consent),
        Statement::Update(statement) => update(statement, Some(query), layout, consent),
        Statement::Delete(statement) => delete(statement, Some(query), layout, consent),
        _ => Err(unsupported("a statement of this kind inside a query; run it separately")),
    })
}

/// Other statements: DDL, CALL, settings. The first shard's reply is the result.
pub fn other(statement: &Statement, sql: &str, consent: FanOutConsent) -> Result<Plan, Refusal> {
    match statement {
        Statement::ShowVariable { .. } => Ok(Plan::AnyShard),
        Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Rollback { .. }
        | Statement::Savepoint { .. }
        | Statement::ReleaseSavepoint { .. } => {
            Err(unsupported("a transaction over all shards; use knex.transaction() for one tenant"))
        }
        Statement::Copy { .. } => Err(unsupported("COPY; run it on each shard's database directly")),
        Statement::Explain { .. } | Statement::ExplainTable { .. } => Err(unsupported(
            "EXPLAIN, whose plans would not say which shard they come from; name a tenant for its shard's plan, or use \
                 handle.explain()",
        )),
        _ => by_word(sql, consent),
    }
}

/// MERGE: each shard changes its own rows, and the counts are added.
pub fn merge(merge: &Merge, layout: &Layout, consent: FanOutConsent) -> Result<Changed, Refusal> {
    if consent == FanOutConsent::Implicit {
        return Err(unsupported(
            "MERGE without a tenant; name the tenant, or run it on every shard with allServers: true",
        ));
    }
    let inserts = merge.clauses.iter().any(|clause| matches!(clause.action, MergeAction::Insert(_)));
    if inserts && consent != FanOutConsent::AllServers {
        return Err(unsupported(
            "MERGE that inserts rows; name the tenant, or insert into every shard with allServers: true",
        ));
    }
    by_itself(merged(merge, layout, consent), Some(&merge.table), layout, consent)
}

/// Checks a MERGE like an UPDATE of its target joined with its source.
fn merged(merge: &Merge, layout: &Layout, consent: FanOutConsent) -> Result<Changed, Refusal> {
    let mut select = empty_select();
    let mut add = |expr: &Expr| select.projection.push(SelectItem::UnnamedExpr(expr.clone()));
    for clause in &merge.clauses {
        clause.predicate.iter().for_each(&mut add);
        if let MergeAction::Update(update) = &clause.action {
            let MergeUpdateKind::Set(assignments) = &update.kind else {
                return Err(unsupported("MERGE with UPDATE SET *, which PostgreSQL does not have"));
            };
            assignments.iter().map(|assignment| &assignment.value).for_each(&mut add);
        }
        if let MergeAction::Insert(insert) = &clause.action
            && let MergeInsertKind::Values(values) = &insert.kind
        {
            values.rows.iter().flat_map(|row| &row.content).for_each(&mut add);
        }
    }
    let join_operator = JoinOperator::Inner(JoinConstraint::On((*merge.on).clone()));
    let joins = vec![Join { relation: merge.source.clone(), global: false, join_operator }];
    changes(vec![TableWithJoins { relation: merge.table.clone(), joins }], select, None, "rawd", layout, consent)
}

/// A statement with effects on every shard, which needs the caller's consent.
pub fn by_word(sql: &str, consent: FanOutConsent) -> Result<Plan, Refusal> {
    if let Some(reason) = commands::connection_scoped_reason(sql) {
        return Err(unsupported(reason));
    }
    if consent == FanOutConsent::Implicit {
        return Err(unsupported(
            "a statement of this kind without a tenant; to run it on every shard, use .mtdd(null) or allServers: true",
        ));
    }
    Ok(Plan::Broadcast(Broadcast::Same))
}
