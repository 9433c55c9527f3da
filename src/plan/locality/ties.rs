//! What depends on which of several rows comes first, although an order is given: rows may be equal in it, and then each
//! shard has them in an order of its own. For copies of rows that matters.

use std::collections::BTreeSet;

use sqlparser::ast::{Expr, FunctionArguments, Query, Select, SelectItem, SetExpr, TableFactor, Value, Values};

use super::scope::{Scope, ScopeRelation};
use super::search::Search;
use crate::plan::functions::{FunctionKind, kind, own_name, tied};
use crate::plan::ident::fold_case;
use crate::plan::key_parts::literal;
use crate::plan::select::{each_call, item_expr, ordering, output_name, unnested};
use crate::plan::walk::{Node, walk};

impl Search<'_> {
    /// Notes the calls of an expression whose order of rows may be open, and the arrays of a subquery's rows.
    pub(super) fn note_ties(&mut self, expr: &Expr, scope: &Scope<'_>) {
        self.note_loose_calls(expr, scope);
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
    pub(super) fn tells_apart(&self, keys: &[&Expr]) -> bool {
        self.relations.iter().filter(|relation| relation.is_stored).all(|relation| {
            let is_named = |column: &String| keys.iter().any(|key| is_column(key, relation, column));
            relation.keys.iter().any(|key| key.iter().all(is_named))
        })
    }
}

/// True for this column of the relation.
pub(super) fn is_column(expr: &Expr, relation: &ScopeRelation, column: &str) -> bool {
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
