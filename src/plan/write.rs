//! Plans for what is no plain query: changes to rows, DDL, settings and the like.

use sqlparser::ast::{
    Delete, Expr, FromTable, Insert, Join, JoinConstraint, JoinOperator, Merge, MergeAction, MergeUpdateKind, Query,
    Select, SelectItem, SetExpr, Statement, TableFactor, TableObject, TableWithJoins, Update, UpdateTableFromKind,
};

use super::draft::empty_select;
use super::local::{Extent, Scope, Search};
use super::shape::{Everywhere, Plan};
use super::text::parts;
use super::{Asked, Layout, Refusal, commands, unsupported};

/// UPDATE: each shard changes its own rows.
pub fn update(update: &Update, layout: &Layout, asked: Asked) -> Result<Plan, Refusal> {
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
    changes(tables, select, layout, asked)
}

/// DELETE: each shard deletes its own rows.
pub fn delete(delete: &Delete, layout: &Layout, asked: Asked) -> Result<Plan, Refusal> {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    let mut tables = from.clone();
    tables.extend(delete.using.iter().flatten().cloned());
    let mut select = empty_select();
    select.selection = delete.selection.clone();
    select.projection = delete.returning.clone().unwrap_or_default();
    changes(tables, select, layout, asked)
}

/// The first table is changed; it and what it is joined with must be local.
fn changes(tables: Vec<TableWithJoins>, mut select: Select, layout: &Layout, asked: Asked) -> Result<Plan, Refusal> {
    let target = tables.first().map(|table| &table.relation);
    let reference = matches!(target, Some(TableFactor::Table { name, .. })
        if parts(name).is_some_and(|names| layout.is_reference(&names)));
    select.from = tables;
    let mut search = Search::new(layout);
    let root = Scope::root();
    let mut scope = Scope::inside(&root);
    let extent = search.core(&select, &mut scope).map_err(|reason| unsupported(&reason))?;
    if asked == Asked::Implicitly
        && let Some(function) = search.effects.iter().chain(&search.unknown).next()
    {
        return Err(unsupported(&format!(
            "a change that calls {function}() on every shard; ask for it with allServers: true"
        )));
    }
    if asked == Asked::Implicitly
        && let Some(reader) = search.readers.iter().next().cloned().or(layout.readers.always())
    {
        return Err(unsupported(&reader));
    }
    match (extent, reference) {
        (Extent::Everywhere, true) => Ok(Plan::Everywhere(Everywhere::Same)),
        (Extent::Local, true) => Err(unsupported(
            "a change of a reference table by rows that differ from shard to shard; read them first and bind their values",
        )),
        (Extent::Global(reason), _) => Err(unsupported(reason)),
        _ => Ok(Plan::Everywhere(Everywhere::Sum)),
    }
}

/// INSERT: for all shards only by an explicit word, because a row belongs to one tenant.
pub fn insert(insert: &Insert, layout: &Layout, asked: Asked) -> Result<Plan, Refusal> {
    if asked != Asked::AllServers {
        return Err(unsupported(
            "INSERT without a tenant; name the tenant, or insert into every shard with allServers: true",
        ));
    }
    let reference = match &insert.table {
        TableObject::TableName(name) => parts(name).is_some_and(|names| layout.is_reference(&names)),
        _ => false,
    };
    Ok(Plan::Everywhere(if reference { Everywhere::Same } else { Everywhere::Sum }))
}

/// A query whose body changes data: `WITH ... UPDATE`, say.
pub fn inside_query(query: &Query, layout: &Layout, asked: Asked) -> Option<Result<Plan, Refusal>> {
    let statement = match &*query.body {
        SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => statement,
        SetExpr::Merge(_) => return Some(Err(unsupported("MERGE inside WITH; run it by itself"))),
        _ => return None,
    };
    if query.with.is_some() && asked != Asked::AllServers {
        return Some(Err(unsupported("a change that uses WITH; ask for it with allServers: true")));
    }
    Some(match statement {
        Statement::Insert(statement) => insert(statement, layout, asked),
        Statement::Update(statement) => update(statement, layout, asked),
        Statement::Delete(statement) => delete(statement, layout, asked),
        _ => Err(unsupported("a statement of this kind inside a query; run it by itself")),
    })
}

/// What is neither a query nor a change of rows: DDL, CALL, settings. The first shard's answer stands for all.
pub fn other(statement: &Statement, sql: &str, layout: &Layout, asked: Asked) -> Result<Plan, Refusal> {
    match statement {
        Statement::ShowVariable { .. } => Ok(Plan::AnyShard),
        Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Rollback { .. }
        | Statement::Savepoint { .. }
        | Statement::ReleaseSavepoint { .. } => {
            Err(unsupported("a transaction over all shards; begin one with knex.transaction() for one tenant"))
        }
        Statement::Copy { .. } => Err(unsupported("COPY; run it on each shard's own database")),
        Statement::Merge(merge) => self::merge(merge, layout, asked),
        Statement::Explain { .. } | Statement::ExplainTable { .. } => Err(unsupported(
            "EXPLAIN, whose plans do not say whose they are; name a tenant for its shard's plan, or ask handle.explain() what would run where",
        )),
        _ => by_word(sql, asked),
    }
}

/// MERGE: each shard changes its own rows, and the counts are added.
fn merge(merge: &Merge, layout: &Layout, asked: Asked) -> Result<Plan, Refusal> {
    if asked == Asked::Implicitly {
        return Err(unsupported(
            "MERGE without a tenant; name the tenant, or ask for every shard with allServers: true",
        ));
    }
    let inserts = merge.clauses.iter().any(|clause| matches!(clause.action, MergeAction::Insert(_)));
    if inserts && asked != Asked::AllServers {
        return Err(unsupported(
            "MERGE that inserts rows; name the tenant, or insert into every shard with allServers: true",
        ));
    }
    let plan = merged(merge, layout, asked);
    let reference = matches!(&merge.table, TableFactor::Table { name, .. }
        if parts(name).is_some_and(|names| layout.is_reference(&names)));
    if asked == Asked::AllServers {
        return plan.or(Ok(Plan::Everywhere(if reference { Everywhere::Same } else { Everywhere::Sum })));
    }
    plan
}

/// A MERGE as a change of its target by the rows that its source joins with it.
fn merged(merge: &Merge, layout: &Layout, asked: Asked) -> Result<Plan, Refusal> {
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
    }
    let join_operator = JoinOperator::Inner(JoinConstraint::On((*merge.on).clone()));
    let joins = vec![Join { relation: merge.source.clone(), global: false, join_operator }];
    changes(vec![TableWithJoins { relation: merge.table.clone(), joins }], select, layout, asked)
}

/// A statement that does something on every shard, for which the caller has to ask.
pub fn by_word(sql: &str, asked: Asked) -> Result<Plan, Refusal> {
    if let Some(reason) = commands::lasts_not(sql) {
        return Err(unsupported(reason));
    }
    if asked == Asked::Implicitly {
        return Err(unsupported(
            "a statement of this kind without a tenant; to run it on every shard ask for it: .mtdd(null) or allServers: true",
        ));
    }
    Ok(Plan::Everywhere(Everywhere::Same))
}
