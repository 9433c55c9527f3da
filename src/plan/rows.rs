//! Plans for queries whose rows each shard can return by itself. The rows are then concatenated, sorted, made distinct
//! and limited.

use std::collections::HashSet;

use sqlparser::ast::{
    Distinct, Expr, Ident, LimitClause, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Value,
};

use super::budget::spend;
use super::columns::Columns;
use super::draft::{Draft, GATHERED, bare, column, derived, empty_select, from, hidden_item, table};
use super::fan_out_plan::{Column, MergeStrategy, OrderKey, Origins, ParamSource, RowCount, SqlFragment};
use super::functions::{FunctionKind, kind};
use super::ident::{fold_case, quoted};
use super::locality::{OutputColumn, Scope, distinct_by_tenant, outputs_tenant};
use super::print::{Fragments, parameter, placeholder};
use super::refusal::{Refusal, unsupported};
use super::select::{each_call, fields_of, first_select, is_wildcard, order_keys, output_name, output_names};

/// The order that ORDER BY gives by default.
pub fn key(column: Column, options: &OrderByOptions) -> Result<OrderKey, Refusal> {
    let descending = match options.sort {
        None | Some(OrderBySort::Asc) => false,
        Some(OrderBySort::Desc) => true,
        Some(OrderBySort::Using(_)) => return Err(unsupported("ORDER BY ... USING; write ASC or DESC")),
    };
    Ok(OrderKey { column, descending, nulls_first: options.nulls_first.unwrap_or(descending) })
}

/// LIMIT and OFFSET, or FETCH FIRST.
pub fn window(query: &Query) -> Result<(Option<RowCount>, Option<RowCount>), Refusal> {
    let (mut limit, offset) = match &query.limit_clause {
        None => (None, None),
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => (
            limit.as_ref().map(|limit| number(limit, "LIMIT")).transpose()?.flatten(),
            offset.as_ref().map(|offset| number(&offset.value, "OFFSET")).transpose()?.flatten(),
        ),
        Some(_) => return Err(unsupported("this form of LIMIT")),
    };
    if let Some(fetch) = &query.fetch {
        if fetch.percent {
            return Err(unsupported("FETCH FIRST ... PERCENT"));
        }
        limit = match &fetch.quantity {
            Some(quantity) => number(quantity, "FETCH FIRST")?,
            None => Some(RowCount::Fixed(1)),
        };
    }
    Ok((offset, limit))
}

/// None: NULL, which means no limit.
fn number(expr: &Expr, clause: &str) -> Result<Option<RowCount>, Refusal> {
    match expr {
        Expr::Nested(inner) => number(inner, clause),
        Expr::Value(value) => match &value.value {
            Value::Null => Ok(None),
            Value::Number(digits, _) => match digits.parse() {
                Ok(number) => Ok(Some(RowCount::Fixed(number))),
                Err(_) => Err(unsupported(&format!("{clause} {digits}; write a whole number or a parameter"))),
            },
            value => match placeholder(value) {
                Some(index) => Ok(Some(RowCount::Param(index))),
                None => {
                    Err(unsupported(&format!("{clause} that is not a number; write a whole number or a parameter")))
                }
            },
        },
        _ => Err(unsupported(&format!("{clause} with an expression; write a whole number or a parameter"))),
    }
}

/// LIMIT for a shard: the most rows that the result can need.
fn enough(offset: Option<RowCount>, limit: Option<RowCount>) -> Option<LimitClause> {
    let limit = match (offset, limit?) {
        (None, RowCount::Fixed(limit)) => Value::Number(limit.to_string(), false),
        (Some(RowCount::Fixed(offset)), RowCount::Fixed(limit)) => {
            Value::Number(offset.saturating_add(limit).min(i64::MAX as u64).to_string(), false)
        }
        _ => parameter(ParamSource::ShardLimit),
    };
    Some(LimitClause::LimitOffset { limit: Some(Expr::Value(limit.into())), offset: None, limit_by: Vec::new() })
}

/// Refuses row locks on gathered rows.
pub fn refuse_locks(query: &Query, beside: &str) -> Result<(), Refusal> {
    match query.locks.first() {
        None => Ok(()),
        Some(lock) => {
            Err(unsupported(&format!("FOR {} together with {beside}; lock the rows of one tenant", lock.lock_type)))
        }
    }
}

/// A plan for a select whose rows each belong to one tenant.
pub fn select(
    query: &Query,
    select: &Select,
    scope: &Scope<'_>,
    distinct: bool,
    fragments: &mut Fragments,
) -> Result<Draft, Refusal> {
    let keys = order_keys(query.order_by.as_ref())?;
    let (offset, limit) = window(query)?;
    let mut shard = query.clone();
    let mut columns = Columns::of(select, scope);
    let mut sorted = Vec::with_capacity(keys.len());
    for ordered in keys {
        let options = &ordered.options;
        match fields_of(columns.expression(&ordered.expr)) {
            Some(fields) if fields.iter().any(|field| is_random(field)) => {
                return Err(unsupported("ORDER BY a row with a random value; compute it in a subquery in FROM"));
            }
            // A row is compared field by field, and a NULL field sorts above everything else: NULLS FIRST or LAST
            // applies only to a row that is NULL itself.
            Some(fields) => {
                let options = OrderByOptions { nulls_first: None, ..options.clone() };
                for field in fields {
                    sorted.push(key(columns.hidden(field), &options)?);
                }
            }
            None => sorted.push(key(columns.meant(&ordered.expr)?, options)?),
        }
    }
    if matches!(select.distinct, Some(Distinct::Distinct)) && !columns.hidden.is_empty() {
        // PostgreSQL refuses it too, unless a wildcard includes the column. Adding it would change which rows are
        // distinct.
        let listed = scope.only_relation().is_some() && select.projection.iter().any(is_wildcard);
        if !listed
            || columns.hidden.iter().any(|expr| !matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)))
        {
            return Err(unsupported("SELECT DISTINCT ordered by what is not in its select list; add it there"));
        }
    }
    let mut on = 0;
    if let Some(Distinct::On(on_keys)) = &select.distinct
        && distinct
    {
        let mut distinct_columns: Vec<Column> = Vec::new();
        let mut known = HashSet::new();
        for expr in on_keys {
            let column = columns.meant(expr)?;
            if known.insert(column) {
                distinct_columns.push(column);
            }
        }
        on = distinct_columns.len();
        if sorted.is_empty() {
            let expressions = on_keys
                .iter()
                .map(|expr| OrderByExpr { expr: expr.clone(), options: OrderByOptions::default(), with_fill: None })
                .collect();
            shard.order_by = Some(OrderBy { kind: OrderByKind::Expressions(expressions), interpolate: None });
            sorted.extend(distinct_columns.iter().map(|column| OrderKey {
                column: *column,
                descending: false,
                nulls_first: false,
            }));
        }
        sorted.dedup_by_key(|key| key.column);
        if sorted.len() < on {
            return Err(unsupported("DISTINCT ON with fewer keys in ORDER BY; order by all of its keys"));
        }
    }
    let hidden = columns.hidden;
    let changed = !hidden.is_empty() || offset.is_some() || on > 0 || query.fetch.is_some();
    if let SetExpr::Select(body) = &mut *shard.body {
        body.projection.extend(hidden.iter().enumerate().map(|(index, expr)| hidden_item(index, expr.clone())));
    }
    let ties = query.fetch.as_ref().is_some_and(|fetch| fetch.with_ties);
    shard.fetch = None;
    // WITH TIES needs all rows.
    shard.limit_clause = if ties { None } else { enough(offset, limit) };
    let distinct = distinct && on == 0;
    Ok(Draft {
        shard,
        changed,
        hidden: hidden.len(),
        finish: finish(query, &sorted, on, distinct, fragments),
        needs_finish: distinct || ties,
        merge: merge(sorted, on, ties),
        distinct,
        offset,
        limit,
        origins: Origins::Visible,
        names: output_names(select),
        sides: Vec::new(),
    })
}

fn merge(keys: Vec<OrderKey>, on: usize, ties: bool) -> MergeStrategy {
    match keys.as_slice() {
        _ if ties => MergeStrategy::Finish,
        [] => MergeStrategy::Concat,
        _ => MergeStrategy::Sorted { keys, on },
    }
}

/// True for an expression that has a different value each time.
fn is_random(expr: &Expr) -> bool {
    let mut found = false;
    each_call(expr, &mut |call| found |= kind(call) == FunctionKind::Random);
    found
}

/// A plan for a set operation whose sides each run shard by shard. `distinct`: rows of all shards must be compared.
pub fn set_operation(query: &Query, distinct: bool, fragments: &mut Fragments) -> Result<Draft, Refusal> {
    let keys = order_keys(query.order_by.as_ref())?;
    let (offset, limit) = window(query)?;
    let first = first_select(&query.body);
    let mut hidden: Vec<Ident> = Vec::new();
    let mut sorted = Vec::new();
    for ordered in keys {
        let column = match &ordered.expr {
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1)),
                _ => None,
            }
            .map(Column::Visible)
            .ok_or_else(|| unsupported("a position in ORDER BY that is not a column; name the column"))?,
            Expr::Identifier(ident) => {
                let name = fold_case(ident);
                spend(first.map_or(0, |first| first.projection.len()));
                let known = first.and_then(|first| {
                    let wildcard = first.projection.iter().position(is_wildcard).unwrap_or(usize::MAX);
                    first
                        .projection
                        .iter()
                        .position(|item| output_name(item).is_some_and(|output| output == name))
                        .filter(|index| *index < wildcard)
                });
                known.map_or_else(
                    || {
                        hidden.push(quoted(&name));
                        Column::Hidden(hidden.len() - 1)
                    },
                    Column::Visible,
                )
            }
            _ => return Err(unsupported("ORDER BY an expression after UNION; order by a column of the result")),
        };
        sorted.push(key(column, &ordered.options)?);
    }
    let mut shard = query.clone();
    let ties = query.fetch.as_ref().is_some_and(|fetch| fetch.with_ties);
    shard.fetch = None;
    shard.limit_clause = if ties { None } else { enough(offset, limit) };
    if !hidden.is_empty() {
        shard = wrapped(shard, &hidden);
    }
    Ok(Draft {
        shard,
        changed: !hidden.is_empty() || offset.is_some() || query.fetch.is_some(),
        hidden: hidden.len(),
        finish: finish(query, &sorted, 0, distinct, fragments),
        needs_finish: distinct || ties,
        merge: merge(sorted, 0, ties),
        distinct,
        offset,
        limit,
        // A set operation's columns belong to no table.
        origins: Origins::Visible,
        names: first.and_then(output_names),
        sides: Vec::new(),
    })
}

/// `SELECT q.*, q.name AS hidden FROM (query) AS q`, in the query's order.
fn wrapped(mut query: Query, hidden: &[Ident]) -> Query {
    const ALIAS: &str = "mtdd_q";
    let (order_by, limit_clause, with) = (query.order_by.take(), query.limit_clause.take(), query.with.take());
    let all = SelectItemQualifiedWildcardKind::ObjectName(vec![Ident::new(ALIAS)].into());
    let mut select = empty_select();
    select.projection = vec![SelectItem::QualifiedWildcard(all, Default::default())];
    select.projection.extend(
        hidden
            .iter()
            .enumerate()
            .map(|(index, name)| hidden_item(index, Expr::CompoundIdentifier(vec![Ident::new(ALIAS), name.clone()]))),
    );
    select.from = vec![from(derived(query, ALIAS))];
    Query { with, order_by, limit_clause, ..bare(SetExpr::Select(Box::new(select))) }
}

/// The same steps in PostgreSQL. Hidden columns depend on the visible ones, so they do not affect DISTINCT.
fn finish(query: &Query, keys: &[OrderKey], on: usize, distinct: bool, fragments: &mut Fragments) -> Query {
    let order = |keys: &[OrderKey]| {
        let kind = OrderByKind::Expressions(keys.iter().map(order_expr).collect());
        (!keys.is_empty()).then_some(OrderBy { kind, interpolate: None })
    };
    let mut select = empty_select();
    select.projection = vec![SelectItem::UnnamedExpr(Expr::Identifier(fragments.name(vec![SqlFragment::Visible])))];
    select.from = vec![from(table(GATHERED))];
    if distinct || on > 0 {
        let mut inner = empty_select();
        inner.projection = vec![SelectItem::Wildcard(Default::default())];
        inner.from = vec![from(table(GATHERED))];
        inner.distinct = Some(if on > 0 {
            Distinct::On(keys[..on].iter().map(|key| column(key.column)).collect())
        } else {
            Distinct::Distinct
        });
        let inner = bare(SetExpr::Select(Box::new(inner)));
        let inner = if on > 0 { Query { order_by: order(keys), ..inner } } else { inner };
        select.from = vec![from(derived(inner, GATHERED))];
    }
    Query {
        order_by: order(keys),
        limit_clause: query.limit_clause.clone(),
        fetch: query.fetch.clone(),
        ..bare(SetExpr::Select(Box::new(select)))
    }
}

fn order_expr(key: &OrderKey) -> OrderByExpr {
    let sort = if key.descending { OrderBySort::Desc } else { OrderBySort::Asc };
    let options = OrderByOptions { sort: Some(sort), nulls_first: Some(key.nulls_first) };
    OrderByExpr { expr: column(key.column), options, with_fill: None }
}

/// Whether a select's DISTINCT must compare rows of all shards.
pub fn needs_distinct(select: &Select, outputs: &[OutputColumn], scope: &Scope<'_>) -> bool {
    match &select.distinct {
        Some(Distinct::Distinct) => !outputs_tenant(outputs),
        Some(Distinct::On(keys)) => !distinct_by_tenant(keys, select, scope),
        _ => false,
    }
}
