//! What depends on which of several rows comes first, although an order is given: rows may be equal in it, and then each
//! shard has them in an order of its own. For copies of rows that matters.

use std::collections::BTreeSet;
use std::iter;

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArguments, Join, JoinConstraint, JoinOperator, Query, Select, SelectItem, SetExpr,
    TableAlias, TableFactor, TableWithJoins, Value, Values,
};

use super::scope::{Scope, ScopeRelation};
use super::search::Search;
use crate::plan::distinct_rows::{BoundText, DistinctRows};
use crate::plan::functions::{FunctionKind, kind, own_name, tied};
use crate::plan::ident::fold_case;
use crate::plan::key_parts::{key_part, literal, without_casts};
use crate::plan::select::{contains_subquery, each_call, is_wildcard, item_expr, ordering, output_name, unnested};
use crate::plan::walk::{Node, walk};

impl Search<'_> {
    /// Notes the calls of an expression whose order of rows may be open, and the arrays of a subquery's rows.
    pub(super) fn note_ties(&mut self, expr: &Expr, scope: &Scope<'_>) {
        each_call(expr, &mut |call| {
            if let Some(keys) = tied(call)
                && !scope.tells_apart(&keys)
            {
                self.unordered.insert(format!("{}() ordered by what several rows may have alike", call.name));
            }
        });
        walk(expr, &mut |node| {
            if let Node::Expr(Expr::Function(call)) = node
                && let FunctionArguments::Subquery(query) = &call.args
                && own_name(call).is_some_and(|name| name == "array")
                && reads_tables(query)
                && !is_by_its_column(query)
            {
                self.unordered.insert("ARRAY(SELECT ...)".into());
            }
        });
    }

    /// Notes an UPDATE that gives a row values of one of several rows with which it is joined. The first relation is the
    /// one that is changed.
    pub fn note_matches(&mut self, select: &Select, scope: &Scope<'_>) {
        let [target, others @ ..] = scope.relations.as_slice() else { return };
        if !uses_others(select, target) {
            return;
        }
        let mut conditions = Vec::new();
        select.selection.iter().for_each(|condition| terms(condition, &mut conditions));
        for join in select.from.iter().flat_map(|table| &table.joins) {
            on(join).into_iter().for_each(|condition| terms(condition, &mut conditions));
        }
        let (mut known, mut open): (Vec<&ScopeRelation>, Vec<&ScopeRelation>) = (vec![target], others.iter().collect());
        loop {
            if let Some(index) = open.iter().position(|other| is_determined(other, &known, &conditions)) {
                known.push(open.remove(index));
                continue;
            }
            // What is bound is looked at before it is sent.
            let mut values = open.iter().enumerate();
            let found = values.find_map(|(index, other)| {
                Some((index, determining_rows(other, values_of(other, select)?, &known, &conditions)?))
            });
            let Some((index, rows)) = found else { break };
            self.distinct.push(rows);
            known.push(open.remove(index));
        }
        if !open.is_empty() {
            self.unordered.insert(
                "UPDATE ... FROM rows of which several may match one (use MERGE or INSERT ... ON CONFLICT, which raise an error \
                 if they do)"
                    .into(),
            );
        }
    }
}

/// The columns of VALUES by which its rows can be told apart, however they are compared.
pub(super) fn keys_of_values(values: &Values) -> BTreeSet<BTreeSet<usize>> {
    if values.rows.len() == 1 {
        return [BTreeSet::new()].into();
    }
    let width = values.rows.first().map_or(0, |row| row.content.len());
    let is_key = |column: &usize| {
        let mut seen = BTreeSet::new();
        values.rows.iter().all(|row| row.content.get(*column).and_then(literal).is_some_and(|text| seen.insert(text)))
    };
    (0..width).filter(is_key).map(|column| [column].into()).collect()
}

/// True for a select that gives one row. A function may give several.
pub(super) fn is_one_row(select: &Select) -> bool {
    let mut calls = false;
    select.projection.iter().for_each(|item| {
        walk(item, &mut |node| {
            if let Node::Expr(Expr::Function(call)) = node {
                calls |= !matches!(kind(call), FunctionKind::Clock | FunctionKind::Random);
            }
        });
    });
    select.from.is_empty() && !calls
}

impl Scope<'_> {
    /// True if no two rows of this FROM clause, as far as they are of tables, are equal in all of these.
    fn tells_apart(&self, keys: &[&Expr]) -> bool {
        self.relations.iter().filter(|relation| relation.is_stored).all(|relation| {
            let is_named = |column: &String| keys.iter().any(|key| is_column(key, relation, column));
            relation.keys.iter().any(|key| key.iter().all(is_named))
        })
    }
}

/// True for this column of the relation.
fn is_column(expr: &Expr, relation: &ScopeRelation, column: &str) -> bool {
    match unnested(expr) {
        Expr::Identifier(name) => fold_case(name) == column,
        Expr::CompoundIdentifier(names) => match names.as_slice() {
            [.., table, name] => {
                fold_case(name) == column && relation.alias.as_deref() == Some(fold_case(table).as_str())
            }
            _ => false,
        },
        _ => false,
    }
}

/// True if an expression is of nothing but columns of these relations, each under its table's name, and of values.
fn is_of(expr: &Expr, known: &[&ScopeRelation]) -> bool {
    let mut only = !contains_subquery(expr);
    walk(expr, &mut |node| match node {
        Node::Expr(Expr::Identifier(name)) => {
            let name = fold_case(name);
            only &= known.iter().any(|relation| relation.columns.as_ref().is_some_and(|of| of.contains(&name)));
        }
        Node::Expr(Expr::CompoundIdentifier(names)) => {
            let table = names.len().checked_sub(2).map(|index| fold_case(&names[index]));
            only &= known.iter().any(|relation| relation.alias == table);
        }
        _ => {}
    });
    only
}

/// True if at most one row of the relation belongs to each row of the known ones.
fn is_determined(relation: &ScopeRelation, known: &[&ScopeRelation], conditions: &[&Expr]) -> bool {
    let equals_known = |column: &String| conditions.iter().any(|of| equals(of, relation, column, known, unnested));
    relation.keys.iter().any(|key| key.iter().all(equals_known))
}

/// True if a condition says that this column of the relation equals something of the known ones. `bare`: the column without what
/// may stand around it.
fn equals(
    condition: &Expr,
    relation: &ScopeRelation,
    column: &str,
    known: &[&ScopeRelation],
    bare: impl Fn(&Expr) -> &Expr,
) -> bool {
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = unnested(condition) else { return false };
    [(left, right), (right, left)].into_iter().any(|(own, other)| {
        let own = bare(own);
        // Of a name without a table it is known whose it is only if no other relation has it.
        let is_own = match own {
            Expr::Identifier(_) => is_column(own, relation, column) && !is_of(own, known),
            _ => is_column(own, relation, column),
        };
        is_own && is_of(other, known)
    })
}

/// The rows of a relation that is nothing but VALUES, and its alias.
fn values_of<'s>(relation: &ScopeRelation, select: &'s Select) -> Option<(&'s Values, &'s TableAlias)> {
    let joined =
        |table: &'s TableWithJoins| iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
    select.from.iter().flat_map(joined).find_map(|factor| {
        let TableFactor::Derived { subquery, alias: Some(alias), .. } = factor else { return None };
        match &*subquery.body {
            SetExpr::Values(values) if relation.alias == Some(fold_case(&alias.name)) => Some((values, alias)),
            _ => None,
        }
    })
}

/// The values that tell the rows of VALUES apart. At most one of them belongs to each row of the known relations if no two are
/// equal.
fn determining_rows(
    relation: &ScopeRelation,
    (values, alias): (&Values, &TableAlias),
    known: &[&ScopeRelation],
    conditions: &[&Expr],
) -> Option<DistinctRows> {
    let width = values.rows.first().map_or(0, |row| row.content.len());
    let mut rows = vec![Vec::new(); values.rows.len()];
    let mut any = false;
    for index in 0..width {
        let column = match alias.columns.get(index) {
            Some(column) => fold_case(&column.name),
            None => format!("column{}", index + 1),
        };
        if !conditions.iter().any(|of| equals(of, relation, &column, known, without_casts)) {
            continue;
        }
        let parts = values.rows.iter().map(|row| key_part(row.content.get(index)?)).collect::<Option<Vec<_>>>();
        if let Some(parts) = parts {
            rows.iter_mut().zip(parts).for_each(|(row, part)| row.push(part));
            any = true;
        }
    }
    let rows = DistinctRows(rows);
    (any && (rows.is_bound() || rows.refusal(|_| BoundText::Other).is_none())).then_some(rows)
}

/// The conditions of which all have to hold.
fn terms<'e>(condition: &'e Expr, found: &mut Vec<&'e Expr>) {
    let mut rest = vec![condition];
    while let Some(condition) = rest.pop() {
        match unnested(condition) {
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => rest.extend([&**left, &**right]),
            condition => found.push(condition),
        }
    }
}

fn on(join: &Join) -> Option<&Expr> {
    match &join.join_operator {
        JoinOperator::Join(JoinConstraint::On(condition)) | JoinOperator::Inner(JoinConstraint::On(condition)) => {
            Some(condition)
        }
        _ => None,
    }
}

/// True if what a change writes or returns may be of another relation than the one that is changed.
fn uses_others(select: &Select, target: &ScopeRelation) -> bool {
    let is_of_target = |expr: &Expr| is_of(expr, &[target]);
    select.projection.iter().any(is_wildcard)
        || select.projection.iter().filter_map(item_expr).any(|expr| !is_of_target(expr))
}

fn reads_tables(query: &Query) -> bool {
    let mut found = false;
    walk(query, &mut |node| found |= matches!(node, Node::Factor(TableFactor::Table { args: None, .. })));
    found
}

/// True for a query of one column that orders its rows by it: what is equal is the same in any order.
fn is_by_its_column(query: &Query) -> bool {
    let SetExpr::Select(select) = &*query.body else { return false };
    let [item] = select.projection.as_slice() else { return false };
    let Some(expr) = item_expr(item) else { return false };
    let names: BTreeSet<String> = match item {
        SelectItem::ExprWithAlias { .. } => output_name(item).into_iter().collect(),
        _ => BTreeSet::new(),
    };
    ordering(query.order_by.as_ref()).iter().any(|key| match unnested(&key.expr) {
        Expr::Value(value) => matches!(&value.value, Value::Number(digits, _) if digits == "1"),
        Expr::Identifier(name) if names.contains(&fold_case(name)) => true,
        key => key == expr,
    })
}
