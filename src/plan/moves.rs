//! Changes of the tenant column: a row whose tenant is changed would have to move to that tenant's shard.

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Expr, Insert, Merge, MergeAction, MergeUpdateKind, ObjectName,
    OnConflict, OnConflictAction, OnInsert, SetExpr, Statement, TableFactor, TableObject,
};

use super::Layout;
use super::text::{fold, parts};
use super::walk::{Node, walk};

/// Why a statement cannot run for all shards, if it, or a part of it, changes the tenant of rows.
pub fn refusal(statement: &Statement, layout: &Layout) -> Option<String> {
    let column = layout.tenant_column.as_deref()?;
    let mut moves = changes(statement, column, layout);
    walk(statement, &mut |node| {
        if let Node::Query(query) = node
            && let SetExpr::Insert(inside) | SetExpr::Update(inside) | SetExpr::Delete(inside) | SetExpr::Merge(inside) =
                &*query.body
        {
            moves |= changes(inside, column, layout);
        }
    });
    moves.then(|| format!("a change of {column}, whose rows would have to move to another shard"))
}

/// True if this statement itself does.
fn changes(statement: &Statement, column: &str, layout: &Layout) -> bool {
    // Every shard holds the rows of reference tables, whatever they say.
    let is_sharded = |name: &ObjectName| !parts(name).is_some_and(|names| layout.is_reference(&names));
    let of_table = |table: &TableFactor| !matches!(table, TableFactor::Table { name, .. } if !is_sharded(name));
    match statement {
        Statement::Update(update) => of_table(&update.table.relation) && assign(&update.assignments, column),
        Statement::Insert(insert) => {
            !matches!(&insert.table, TableObject::TableName(name) if !is_sharded(name)) && on_conflict(insert, column)
        }
        Statement::Merge(merge) => of_table(&merge.table) && merged(merge, column),
        _ => false,
    }
}

fn assign(assignments: &[Assignment], column: &str) -> bool {
    assignments.iter().any(|assignment| assigns(&assignment.target, column))
}

fn assigns(target: &AssignmentTarget, column: &str) -> bool {
    let names =
        |name| parts(name).and_then(|mut parts| parts.pop()).is_some_and(|name| name.eq_ignore_ascii_case(column));
    match target {
        AssignmentTarget::ColumnName(name) => names(name),
        AssignmentTarget::Tuple(list) => list.iter().any(names),
    }
}

/// ON CONFLICT ... DO UPDATE. Where the tenant is among what conflicts, its new value is the one that the row has.
fn on_conflict(insert: &Insert, column: &str) -> bool {
    let Some(OnInsert::OnConflict(OnConflict { conflict_target, action: OnConflictAction::DoUpdate(update) })) =
        &insert.on
    else {
        return false;
    };
    let conflicts = matches!(conflict_target, Some(ConflictTarget::Columns(columns))
        if columns.iter().any(|name| fold(name).eq_ignore_ascii_case(column)));
    update.assignments.iter().any(|assignment| {
        let keeps = conflicts
            && matches!(&assignment.target, AssignmentTarget::ColumnName(_))
            && matches!(&assignment.value, Expr::CompoundIdentifier(names)
                if matches!(names.as_slice(), [table, name] if fold(table) == "excluded" && fold(name).eq_ignore_ascii_case(column)));
        !keeps && assigns(&assignment.target, column)
    })
}

fn merged(merge: &Merge, column: &str) -> bool {
    merge.clauses.iter().any(|clause| match &clause.action {
        MergeAction::Update(update) => {
            matches!(&update.kind, MergeUpdateKind::Set(assignments) if assign(assignments, column))
        }
        _ => false,
    })
}
