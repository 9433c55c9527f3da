//! Whether a row that is changed may match several rows of what it is joined with: each shard could take another one of them.

use std::iter;

use sqlparser::ast::{
    BinaryOperator, Expr, Join, JoinConstraint, JoinOperator, Query, Select, SetExpr, TableAlias, TableFactor,
    TableWithJoins, Values,
};

use super::comparisons::Comparisons;
use super::scope::{Scope, ScopeRelation};
use super::search::Search;
use super::ties::is_column;
use crate::plan::distinct_rows::{BoundText, DistinctRows, KeyPart};
use crate::plan::ident::fold_case;
use crate::plan::key_parts::{is_number, key_part, without_casts};
use crate::plan::select::{contains_subquery, is_wildcard, item_expr, unnested};
use crate::plan::walk::{Node, walk};

impl Search<'_> {
    /// Notes an UPDATE that gives a row values of one of several rows with which it is joined. The first relation is the
    /// one that is changed. `with`: the whole query, if it has a WITH.
    pub fn note_matches(&mut self, select: &Select, with: Option<&Query>, scope: &Scope<'_>) {
        let [target, others @ ..] = scope.relations.as_slice() else { return };
        if !uses_others(select, target) {
            return;
        }
        let mut conditions = Vec::new();
        select.selection.iter().for_each(|condition| terms(condition, &mut conditions));
        for join in select.from.iter().flat_map(|table| &table.joins) {
            on(join).into_iter().for_each(|condition| terms(condition, &mut conditions));
        }
        let compared = Comparisons::of(self.layout, select, with, &scope.relations);
        let (mut known, mut open): (Vec<&ScopeRelation>, Vec<&ScopeRelation>) = (vec![target], others.iter().collect());
        loop {
            if let Some(index) = open.iter().position(|other| is_determined(other, &known, &conditions, &compared)) {
                known.push(open.remove(index));
                continue;
            }
            // What is bound is looked at before it is sent.
            let mut values = open.iter().enumerate();
            let found = values.find_map(|(index, other)| {
                let rows = determining_rows(other, values_of(other, select)?, &known, &conditions, &compared)?;
                Some((index, rows))
            });
            let Some((index, rows)) = found else { break };
            self.distinct.push(rows);
            known.push(open.remove(index));
        }
        if !open.is_empty() {
            self.unordered.insert(
                "UPDATE ... FROM rows of which several may match one (use MERGE or INSERT ... ON CONFLICT, which raise an error \
                 if they do; or compare a unique key with a column of its own type and collation)"
                    .into(),
            );
        }
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
fn is_determined(
    relation: &ScopeRelation,
    known: &[&ScopeRelation],
    conditions: &[&Expr],
    compared: &Comparisons<'_>,
) -> bool {
    let equals_known = |column: &String| {
        let mut equal = conditions.iter().filter_map(|of| equal(of, relation, column, known, unnested));
        equal.any(|(own, other)| match relation.is_table {
            true => compared.keeps_key(own, other),
            false => compared.keeps_texts(other),
        })
    };
    relation.keys.iter().any(|key| key.iter().all(equals_known))
}

/// This column of the relation, and something of the known ones that equals it by a condition. `bare`: the column without what
/// may stand around it.
fn equal<'e>(
    condition: &'e Expr,
    relation: &ScopeRelation,
    column: &str,
    known: &[&ScopeRelation],
    bare: impl Fn(&Expr) -> &Expr,
) -> Option<(&'e Expr, &'e Expr)> {
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = unnested(condition) else { return None };
    [(&**left, &**right), (right, left)].into_iter().find(|(own, other)| {
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
    compared: &Comparisons<'_>,
) -> Option<DistinctRows> {
    let width = values.rows.first().map_or(0, |row| row.content.len());
    let mut rows = vec![Vec::new(); values.rows.len()];
    let mut any = false;
    for index in 0..width {
        let column = match alias.columns.get(index) {
            Some(column) => fold_case(&column.name),
            None => format!("column{}", index + 1),
        };
        let items: Option<Vec<&Expr>> = values.rows.iter().map(|row| row.content.get(index)).collect();
        let items = items?;
        let has_numbers = items.iter().any(|item| is_number(item));
        let part = |item: &&Expr, is_exact: bool| match key_part(item)? {
            KeyPart::Param { index, .. } if compared.is_once(index) => Some(KeyPart::Param { index, is_exact }),
            KeyPart::Param { .. } => None,
            part => Some(part),
        };
        let parts = conditions.iter().find_map(|of| {
            let (own, other) = equal(of, relation, &column, known, without_casts)?;
            let is_exact = !(has_numbers || is_number(own)) || compared.is_exact(other);
            let parts = items.iter().map(|item| part(item, is_exact)).collect::<Option<Vec<_>>>();
            parts.filter(|_| compared.keeps_texts(other))
        });
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
