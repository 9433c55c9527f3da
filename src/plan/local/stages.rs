//! What a select does to its rows: groups, aggregates and windows, and whether they keep within a tenant.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, NamedWindowExpr, OrderBy, OrderByExpr, OrderByKind, Query, Select, WindowSpec,
    WindowType,
};

use super::calls::each_call;
use super::scope::Scope;
use crate::plan::effort::spend;
use crate::plan::functions;
use crate::plan::rows::{is_wildcard, item_expr, output_name};
use crate::plan::text::{fold, unnested};

/// The expressions of GROUP BY, with those inside grouping sets.
pub fn group_keys(select: &Select) -> Vec<&Expr> {
    match &select.group_by {
        GroupByExpr::All(_) => Vec::new(),
        GroupByExpr::Expressions(keys, _) => keys.iter().collect(),
    }
}

/// True if a select aggregates its rows.
pub fn is_aggregated(select: &Select) -> bool {
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(keys, modifiers) if keys.is_empty() && modifiers.is_empty());
    grouped || select.having.is_some() || select.projection.iter().filter_map(item_expr).any(contains_aggregate)
}

pub fn contains_aggregate(expr: &Expr) -> bool {
    let mut found = false;
    each_call(expr, &mut |call| found |= call.over.is_none() && functions::kind(call).is_aggregate());
    found
}

/// True if an ORDER BY aggregates.
pub fn orders_by_aggregate(query: &Query) -> bool {
    ordering(query.order_by.as_ref()).iter().any(|key| contains_aggregate(&key.expr))
}

/// The keys of ORDER BY.
pub(super) fn ordering(order: Option<&OrderBy>) -> &[OrderByExpr] {
    match order.map(|order| &order.kind) {
        Some(OrderByKind::Expressions(keys)) => keys,
        _ => &[],
    }
}

/// The keys of DISTINCT ON.
pub fn distinct_on(select: &Select) -> &[Expr] {
    match &select.distinct {
        Some(Distinct::On(keys)) => keys,
        _ => &[],
    }
}

/// True if DISTINCT ON keeps the tenants apart. It looks for names among the output columns first.
pub fn distinct_by_tenant(keys: &[Expr], select: &Select, scope: &Scope<'_>) -> bool {
    keys.iter().any(|key| match unnested(key) {
        Expr::Value(value) => position(&value.value.to_string(), select).is_some_and(|item| scope.is_tenant(item)),
        Expr::Identifier(name) => {
            let name = fold(name);
            spend(select.projection.len());
            let item = select.projection.iter().find(|item| output_name(item).is_some_and(|output| output == name));
            scope.is_tenant(item.and_then(item_expr).unwrap_or(key))
        }
        key => scope.is_tenant(key),
    })
}

/// True if each group is of one tenant.
pub fn groups_by_tenant(select: &Select, scope: &Scope<'_>) -> bool {
    group_keys(select).into_iter().any(|key| match key {
        Expr::Value(value) => position(&value.value.to_string(), select).is_some_and(|item| scope.is_tenant(item)),
        key => scope.is_tenant(key),
    })
}

/// The select item that a number in GROUP BY or ORDER BY means; None: there is none, or a wildcard before it hides which.
pub fn position<'s>(number: &str, select: &'s Select) -> Option<&'s Expr> {
    let index = number.parse::<usize>().ok()?.checked_sub(1)?;
    let item = select.projection.get(index)?;
    spend(index);
    if select.projection[..index].iter().any(is_wildcard) { None } else { item_expr(item) }
}

pub(super) fn window_of<'s>(window: &'s WindowType, select: &'s Select) -> Option<&'s WindowSpec> {
    match window {
        WindowType::WindowSpec(spec) => Some(spec),
        WindowType::NamedWindow(name) => named_window(&fold(name), select),
    }
}

/// The window of a name. Names that lead to each other in a circle lead to none.
fn named_window<'s>(name: &str, select: &'s Select) -> Option<&'s WindowSpec> {
    let mut name = name.to_owned();
    for _ in 0..=select.named_window.len() {
        spend(select.named_window.len());
        match &select.named_window.iter().find(|window| fold(&window.0) == name)?.1 {
            NamedWindowExpr::WindowSpec(spec) => return Some(spec),
            NamedWindowExpr::NamedWindow(other) => name = fold(other),
        }
    }
    None
}

/// True if a window, or one that it is made of, keeps the tenants apart.
pub(super) fn is_within_tenant(spec: &WindowSpec, select: &Select, scope: &Scope<'_>) -> bool {
    let mut spec = Some(spec);
    for _ in 0..=select.named_window.len() {
        let Some(this) = spec else { return false };
        if this.partition_by.iter().any(|key| scope.is_tenant(key)) {
            return true;
        }
        spec = this.window_name.as_ref().and_then(|name| named_window(&fold(name), select));
    }
    false
}
