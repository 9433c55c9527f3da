//! Accessors of a query's syntax tree: columns, keys, windows, calls and subqueries.

use sqlparser::ast::{
    AccessExpr, ArrayElemTypeDef, DataType, Distinct, Expr, Function, FunctionArgExpr, FunctionArguments, GroupByExpr,
    NamedWindowExpr, ObjectName, OrderBy, OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, Statement,
    WindowSpec, WindowType,
};

use super::budget::spend;
use super::column_name;
use super::functions::{self, arguments};
use super::ident::{fold_case, name_parts};
use super::refusal::{Refusal, unsupported};
use super::walk::{Node, walk};

/// The select that names a set operation's columns.
pub fn first_select(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first_select(&query.body),
        SetExpr::SetOperation { left, .. } => first_select(left),
        _ => None,
    }
}

/// True for a query that may leave out rows: it has LIMIT, OFFSET or FETCH.
pub fn takes_some_rows(query: &Query) -> bool {
    query.limit_clause.is_some() || query.fetch.is_some()
}

/// The name of a column without that of its table; None for any other expression.
pub fn plain_column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(fold_case(name)),
        Expr::CompoundIdentifier(names) => names.last().map(fold_case),
        _ => None,
    }
}

/// The name of a type that is not PostgreSQL's own. An array's is that of its elements.
pub fn application_type(data_type: &DataType) -> Option<&ObjectName> {
    match data_type {
        DataType::Custom(name, _) => Some(name),
        DataType::Array(
            ArrayElemTypeDef::AngleBracket(of)
            | ArrayElemTypeDef::SquareBracket(of, _)
            | ArrayElemTypeDef::Parenthesis(of)
            | ArrayElemTypeDef::Qualified(of, _),
        ) => application_type(of),
        _ => None,
    }
}

pub fn is_wildcard(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) | SelectItem::ExprWithAliases { .. })
}

pub fn item_expr(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

/// The name of an output column, if it is known without the tables.
pub fn output_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(fold_case(alias)),
        SelectItem::UnnamedExpr(expr) => Some(column_name::of(expr)),
        _ => None,
    }
}

/// The names of a select's columns; None if there is a wildcard.
pub fn output_names(select: &Select) -> Option<Vec<String>> {
    select.projection.iter().map(output_name).collect()
}

/// The expressions of GROUP BY, with those inside grouping sets.
pub fn group_keys(select: &Select) -> Vec<&Expr> {
    match &select.group_by {
        GroupByExpr::All(_) => Vec::new(),
        GroupByExpr::Expressions(keys, _) => keys.iter().collect(),
    }
}

/// The keys of DISTINCT ON.
pub fn distinct_on(select: &Select) -> &[Expr] {
    match &select.distinct {
        Some(Distinct::On(keys)) => keys,
        _ => &[],
    }
}

/// The select item at a position of GROUP BY or ORDER BY; None: there is none, or a wildcard comes before it.
pub fn position<'s>(number: &str, select: &'s Select) -> Option<&'s Expr> {
    let index = number.parse::<usize>().ok()?.checked_sub(1)?;
    let item = select.projection.get(index)?;
    spend(index);
    if select.projection[..index].iter().any(is_wildcard) { None } else { item_expr(item) }
}

/// The keys of ORDER BY.
pub fn ordering(order: Option<&OrderBy>) -> &[OrderByExpr] {
    match order.map(|order| &order.kind) {
        Some(OrderByKind::Expressions(keys)) => keys,
        _ => &[],
    }
}

/// The expressions of ORDER BY.
pub fn order_keys(order: Option<&OrderBy>) -> Result<&[OrderByExpr], Refusal> {
    match order {
        None => Ok(&[]),
        Some(OrderBy { kind: OrderByKind::Expressions(keys), interpolate: None })
            if keys.iter().all(|key| key.with_fill.is_none()) =>
        {
            Ok(keys)
        }
        Some(_) => Err(unsupported("this form of ORDER BY")),
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

pub fn window_of<'s>(window: &'s WindowType, select: &'s Select) -> Option<&'s WindowSpec> {
    match window {
        WindowType::WindowSpec(spec) => Some(spec),
        WindowType::NamedWindow(name) => named_window(&fold_case(name), select),
    }
}

/// The window of a name; None for names that refer to each other in a circle.
pub fn named_window<'s>(name: &str, select: &'s Select) -> Option<&'s WindowSpec> {
    let mut name = name.to_owned();
    for _ in 0..=select.named_window.len() {
        spend(select.named_window.len());
        match &select.named_window.iter().find(|window| fold_case(&window.0) == name)?.1 {
            NamedWindowExpr::WindowSpec(spec) => return Some(spec),
            NamedWindowExpr::NamedWindow(other) => name = fold_case(other),
        }
    }
    None
}

/// The change of rows that a query's body is, as in `WITH ... UPDATE` and inside WITH.
pub fn change_of(query: &Query) -> Option<&Statement> {
    match &*query.body {
        SetExpr::Insert(change) | SetExpr::Update(change) | SetExpr::Delete(change) | SetExpr::Merge(change) => {
            Some(change)
        }
        _ => None,
    }
}

/// Calls `act` for each function call of an expression outside its subqueries.
pub fn each_call(expr: &Expr, act: &mut dyn FnMut(&Function)) {
    let mut depth = 0;
    walk(expr, &mut |node| match node {
        Node::Query(_) => depth += 1,
        Node::QueryEnd => depth -= 1,
        Node::Expr(Expr::Function(call)) if depth == 0 && !matches!(call.args, FunctionArguments::Subquery(_)) => {
            act(call);
        }
        _ => {}
    });
}

pub fn contains_subquery(expr: &Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |node| found |= matches!(node, Node::Query(_)));
    found
}

/// The outermost subqueries of an expression, and the left side of IN, if any.
pub fn subqueries(expr: &Expr) -> Vec<(Query, Option<Expr>)> {
    let mut found = Vec::new();
    // By address, because another subquery may have the same text.
    let mut compared: Vec<(*const Query, Expr)> = Vec::new();
    let mut depth = 0;
    walk(expr, &mut |node| match node {
        Node::Expr(Expr::InSubquery { expr, negated: false, subquery }) if depth == 0 => {
            compared.push((&**subquery, (**expr).clone()));
        }
        Node::Query(query) => {
            if depth == 0 {
                let with = compared.iter().find(|(known, _)| std::ptr::eq(*known, query));
                found.push((query.clone(), with.map(|(_, expr)| expr.clone())));
            }
            depth += 1;
        }
        Node::QueryEnd => depth -= 1,
        _ => {}
    });
    found
}

/// The attributes of expressions other than columns, outside subqueries.
pub fn attributes(expr: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    walk(expr, &mut |node| match node {
        Node::Query(_) => depth += 1,
        Node::QueryEnd => depth -= 1,
        Node::Expr(Expr::CompoundFieldAccess { root, access_chain }) if depth == 0 => {
            // For a column with a subscript, the names before the subscript belong to the column.
            let subscript = access_chain.iter().position(|access| matches!(access, AccessExpr::Subscript(_)));
            let own = if matches!(**root, Expr::Identifier(_)) { subscript.unwrap_or(access_chain.len()) } else { 0 };
            names.extend(access_chain.iter().skip(own).filter_map(|access| match access {
                AccessExpr::Dot(Expr::Identifier(name)) => Some(fold_case(name)),
                _ => None,
            }));
        }
        _ => {}
    });
    names
}

/// An expression without the parentheses around it.
pub fn unnested(mut expr: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

/// The fields of `(a, b)` or `ROW(a, b)`.
pub fn fields_of(expr: &Expr) -> Option<Vec<&Expr>> {
    match expr {
        Expr::Nested(inner) => fields_of(inner),
        Expr::Tuple(fields) => Some(fields.iter().collect()),
        Expr::Function(call) if matches!(name_parts(&call.name)?.as_slice(), [name] if name == "row") => {
            arguments(call)?
                .into_iter()
                .map(|argument| match argument {
                    FunctionArgExpr::Expr(expr) => Some(expr),
                    _ => None,
                })
                .collect()
        }
        _ => None,
    }
}
