//! Refuses changes of the tenant column, which would have to move the row to another shard.

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Expr, Insert, Merge, MergeAction, MergeUpdateKind, OnConflict,
    OnConflictAction, OnInsert, Statement,
};

use super::change_target::{each_inside, table_of, target};
use super::ident::{fold_case, last_part, name_parts};
use super::layout::Layout;
use super::select::change_of;

/// The reason to refuse a statement that, even in a part, changes the tenant of rows.
pub fn refusal(statement: &Statement, layout: &Layout) -> Option<String> {
    let column = layout.tenant_column.as_deref()?;
    let mut moves = changes(statement, column, layout);
    if let Statement::Query(query) = statement
        && let Some(own) = change_of(query)
    {
        moves |= changes(own, column, layout);
    }
    each_inside(statement, &mut |inside| moves |= changes(inside, column, layout));
    let advice = match statement {
        Statement::Insert(_) => {
            "; list the columns to update on conflict without it, as in .merge(['name']), or include it in the conflict \
                 target"
        }
        _ => "",
    };
    moves.then(|| format!("a change of {column}, which would have to move rows to another shard{advice}"))
}

/// True if this statement itself does.
fn changes(statement: &Statement, column: &str, layout: &Layout) -> bool {
    let names = target(statement).and_then(name_parts).unwrap_or_default();
    // Views with an unknown table are refused elsewhere.
    let Some(written) = table_of(&names, layout) else { return false };
    // Every shard holds all rows of reference tables.
    if layout.is_reference(&written.table) {
        return false;
    }
    let is_tenant = |name: &str| written.column(name).is_some_and(|name| name.eq_ignore_ascii_case(column));
    match statement {
        Statement::Update(update) => assign(&update.assignments, &is_tenant),
        Statement::Insert(insert) => on_conflict(insert, &is_tenant),
        Statement::Merge(merge) => merged(merge, &is_tenant),
        _ => false,
    }
}

fn assign(assignments: &[Assignment], is_tenant: &dyn Fn(&str) -> bool) -> bool {
    assignments.iter().any(|assignment| assigns(assignment, is_tenant))
}

/// True if an assignment may change the tenant.
fn assigns(assignment: &Assignment, is_tenant: &dyn Fn(&str) -> bool) -> bool {
    let names = |name| last_part(name).is_some_and(|name| is_tenant(&name));
    match &assignment.target {
        AssignmentTarget::ColumnName(name) => names(name) && !is_itself(&assignment.value, is_tenant),
        AssignmentTarget::Tuple(list) => list.iter().any(names),
    }
}

/// True for the unqualified tenant column. A qualified one may belong to another row.
fn is_itself(value: &Expr, is_tenant: &dyn Fn(&str) -> bool) -> bool {
    matches!(value, Expr::Identifier(name) if is_tenant(&fold_case(name)))
}

/// ON CONFLICT ... DO UPDATE. If the tenant is part of the conflict target, its new value equals the old one.
fn on_conflict(insert: &Insert, is_tenant: &dyn Fn(&str) -> bool) -> bool {
    let Some(OnInsert::OnConflict(OnConflict { conflict_target, action: OnConflictAction::DoUpdate(update) })) =
        &insert.on
    else {
        return false;
    };
    let conflicts = matches!(conflict_target, Some(ConflictTarget::Columns(columns))
        if columns.iter().any(|name| is_tenant(&fold_case(name))));
    update.assignments.iter().any(|assignment| {
        let keeps = conflicts
            && matches!(&assignment.target, AssignmentTarget::ColumnName(_))
            && matches!(&assignment.value, Expr::CompoundIdentifier(names)
                if matches!(names.as_slice(), [table, name] if fold_case(table) == "excluded" && is_tenant(&fold_case(name))));
        !keeps && assigns(assignment, is_tenant)
    })
}

fn merged(merge: &Merge, is_tenant: &dyn Fn(&str) -> bool) -> bool {
    merge.clauses.iter().any(|clause| match &clause.action {
        MergeAction::Update(update) => {
            matches!(&update.kind, MergeUpdateKind::Set(assignments) if assign(assignments, is_tenant))
        }
        _ => false,
    })
}
