//! Plans for aggregates over all shards. Each shard aggregates its own rows. Rust folds the partial values if the
//! result consists only of keys and folded values; otherwise PostgreSQL runs the rest of the query over them.
//! PostgreSQL also computes the aggregates that cannot be folded, from the rows that they need.

mod calls;
mod finish;
mod grouped;
mod repetition;

use std::collections::{HashMap, HashSet};

use sqlparser::ast::{Expr, Function, GroupByExpr, OrderByExpr, Query, Select, SelectItem, SetExpr, Value};

use super::draft::{Draft, bare, hidden_item};
use super::fan_out_plan::{Column, MergeStrategy, Origins};
use super::functions::{FunctionKind, kind};
use super::ident::fold_case;
use super::locality::Scope;
use super::normal::{normalized, sizes};
use super::print::Fragments;
use super::refusal::{Refusal, unsupported};
use super::rows::{refuse_locks, window};
use super::select::{
    contains_subquery, distinct_on, each_call, group_keys, is_wildcard, item_expr, order_keys, output_name,
    output_names, position,
};
pub use calls::Volatility;
use calls::{distinct_arguments, fold_of, is_aggregate, is_distinct, names_column, needs_rows};

/// A plan for a select that aggregates rows of single tenants into groups that span shards.
pub fn select(
    query: &Query,
    select: &Select,
    scope: &Scope<'_>,
    volatility: Volatility<'_>,
    fragments: &mut Fragments,
) -> Result<Draft, Refusal> {
    if select.projection.iter().any(is_wildcard) {
        return Err(unsupported("* beside GROUP BY; name the columns"));
    }
    refuse_locks(query, "aggregates or GROUP BY, which PostgreSQL does not allow")?;
    let draft = split(query, select, scope, volatility, fragments, true)?;
    if draft.fits() {
        return Ok(draft);
    }
    // The shards need not return what is computed from hidden columns, such as averages in the select list.
    split(query, select, scope, volatility, fragments, false)
}

/// The same; `may_list`: the shards may run the select list unchanged.
fn split(
    query: &Query,
    select: &Select,
    scope: &Scope<'_>,
    volatility: Volatility<'_>,
    fragments: &mut Fragments,
    may_list: bool,
) -> Result<Draft, Refusal> {
    let mut split = Split::new(query, select, scope, volatility, fragments, may_list)?;
    let finish = split.finish()?;
    let grouped = split.grouped()?;
    let origins = split.origins();
    if split.hidden.is_empty() && !split.as_listed {
        // Only the number of rows matters.
        split.hidden.push(Expr::Value(Value::Boolean(true).into()));
    }
    let (offset, limit) = window(query)?;
    Ok(Draft {
        shard: split.shard(),
        changed: true,
        hidden: split.hidden.len(),
        merge: grouped.map_or(MergeStrategy::Finish, MergeStrategy::Grouped),
        distinct: false,
        offset,
        limit,
        finish,
        needs_finish: true,
        origins: Origins::Listed(origins),
        names: output_names(select),
        sides: Vec::new(),
    })
}

/// What the aggregates of a query need from the shards.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Partial values of groups.
    Partials,
    /// Every row's keys and arguments.
    Rows,
}

struct Split<'a> {
    query: &'a Query,
    select: &'a Select,
    order: &'a [OrderByExpr],
    only: Option<String>,
    /// Whether a relation of FROM has a column with an alias's name; None: not known.
    columns: HashMap<String, Option<bool>>,
    fragments: &'a mut Fragments,
    need: Need,
    /// The normalized group keys and their columns in the shards' rows; the same by expression; and their sizes.
    keys: Vec<(Expr, Column)>,
    key_at: HashMap<Expr, Column>,
    key_sizes: HashSet<usize>,
    /// The output columns by name, including those without AS.
    names: HashMap<String, usize>,
    /// Columns that depend on a group's key (it is a primary key), and so are keys too.
    dependents: Vec<Column>,
    is_dependent: HashSet<Column>,
    /// The shards' rows have the select list unchanged; otherwise only hidden columns.
    as_listed: bool,
    /// The items of the select list, normal, if it stands as it is.
    listed: HashMap<Expr, usize>,
    /// Hidden columns, and where they are, normal.
    hidden: Vec<Expr>,
    hidden_at: HashMap<Expr, usize>,
    /// How many of the hidden columns, from the first one, the shards group by.
    grouped_by: usize,
}

impl<'a> Split<'a> {
    fn new(
        query: &'a Query,
        select: &'a Select,
        scope: &Scope<'_>,
        volatility: Volatility<'_>,
        fragments: &'a mut Fragments,
        may_list: bool,
    ) -> Result<Self, Refusal> {
        let order = order_keys(query.order_by.as_ref())?;
        let mut split = Split {
            query,
            select,
            order,
            only: scope.only_relation().map(str::to_owned),
            columns: HashMap::new(),
            fragments,
            need: Need::Partials,
            keys: Vec::new(),
            key_at: HashMap::new(),
            key_sizes: HashSet::new(),
            names: HashMap::new(),
            dependents: Vec::new(),
            is_dependent: HashSet::new(),
            as_listed: false,
            listed: HashMap::new(),
            hidden: Vec::new(),
            hidden_at: HashMap::new(),
            grouped_by: 0,
        };
        for (index, item) in select.projection.iter().enumerate().rev() {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                let name = fold_case(alias);
                split.columns.insert(name.clone(), scope.has_column(&name));
            }
            split.names.extend(output_name(item).map(|name| (name, index)));
        }
        let calls = split.aggregates();
        // Its sum and its count would each compute the argument.
        let is_computed_twice = |call: &Function| kind(call) == FunctionKind::Average && volatility.is_volatile(call);
        if calls.iter().any(|call| needs_rows(call) || is_computed_twice(call)) {
            split.need = Need::Rows;
        }
        let distinct: Vec<&Function> = calls.iter().filter(|call| is_distinct(call)).collect();
        split.refuse_repetition(volatility)?;
        let keys = split.key_exprs()?;
        split.as_listed = may_list && split.need == Need::Partials && distinct.is_empty() && split.is_plain(&keys);
        if split.as_listed {
            for (index, item) in select.projection.iter().enumerate().rev() {
                split.listed.extend(item_expr(item).map(|item| (split.normalized(item), index)));
            }
        }
        for key in keys {
            let column = split.column(&key);
            let normal = split.normalized(&key);
            split.key_sizes.insert(sizes(&mut normal.clone()).first().map_or(0, |node| node.size));
            split.key_at.entry(normal.clone()).or_insert(column);
            split.keys.push((normal, column));
        }
        if split.need == Need::Partials {
            for call in distinct {
                for argument in distinct_arguments(call)? {
                    split.column(&argument);
                }
            }
        }
        split.grouped_by = split.hidden.len();
        Ok(split)
    }

    fn normalized(&self, expr: &Expr) -> Expr {
        normalized(expr, self.only.as_deref())
    }

    /// All expressions outside FROM, WHERE and GROUP BY.
    fn outer_exprs(&self) -> impl Iterator<Item = &'a Expr> + use<'a> {
        let (select, order) = (self.select, self.order);
        let listed = select.projection.iter().filter_map(item_expr);
        listed.chain(&select.having).chain(order.iter().map(|key| &key.expr)).chain(distinct_on(select))
    }

    fn aggregates(&self) -> Vec<Function> {
        let mut calls = Vec::new();
        for expr in self.outer_exprs() {
            each_call(expr, &mut |call| {
                if is_aggregate(call) && kind(call) != FunctionKind::Grouping {
                    calls.push(call.clone());
                }
            });
        }
        calls
    }

    /// The grouping expressions, with positions, aliases and grouping sets resolved.
    fn key_exprs(&self) -> Result<Vec<Expr>, Refusal> {
        let mut keys: Vec<Expr> = Vec::new();
        let mut known = HashSet::new();
        let mut add = |key: Expr| {
            if known.insert(key.clone()) {
                keys.push(key);
            }
        };
        let mut aliases = HashMap::new();
        for item in self.select.projection.iter().rev() {
            if let SelectItem::ExprWithAlias { expr, alias } = item {
                aliases.insert(fold_case(alias), expr);
            }
        }
        if let GroupByExpr::Expressions(_, modifiers) = &self.select.group_by
            && !modifiers.is_empty()
        {
            return Err(unsupported("this form of GROUP BY; name the columns one by one"));
        }
        if matches!(self.select.group_by, GroupByExpr::All(_)) {
            return Err(unsupported("GROUP BY ALL; name the columns"));
        }
        for key in group_keys(self.select) {
            match key {
                Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => {
                    for key in sets.iter().flatten() {
                        add(self.meant_among(key, &aliases)?);
                    }
                }
                // GROUP BY (a, b) is GROUP BY a, b; GROUP BY () is one group.
                Expr::Tuple(members) => {
                    for key in members {
                        add(self.meant_among(key, &aliases)?);
                    }
                }
                key => add(self.meant_among(key, &aliases)?),
            }
        }
        if keys.iter().any(contains_subquery) {
            return Err(unsupported("a subquery in GROUP BY; compute it in a subquery in FROM, or bind its value"));
        }
        Ok(keys)
    }

    fn has_sets(&self) -> bool {
        group_keys(self.select)
            .iter()
            .any(|key| matches!(key, Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_) | Expr::Tuple(_)))
    }

    /// What a GROUP BY item means: PostgreSQL looks for a column of that name first, then for an alias. Where the aliased
    /// expression itself uses a column of that name, there is one.
    fn meant(&self, key: &Expr) -> Result<Expr, Refusal> {
        let mut aliases = HashMap::new();
        if let Expr::Identifier(name) = key {
            let name = fold_case(name);
            let item = self.select.projection.iter().find_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias } if fold_case(alias) == name => Some(expr),
                _ => None,
            });
            aliases.extend(item.map(|item| (name, item)));
        }
        self.meant_among(key, &aliases)
    }

    fn meant_among(&self, key: &Expr, aliases: &HashMap<String, &Expr>) -> Result<Expr, Refusal> {
        match key {
            Expr::Nested(inner) => self.meant(inner),
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => position(digits, self.select)
                    .cloned()
                    .ok_or_else(|| unsupported("a position in GROUP BY that is not a column; name the column")),
                _ => Ok(key.clone()),
            },
            Expr::Identifier(name) => {
                let name = fold_case(name);
                let Some(expr) = aliases.get(&name) else { return Ok(key.clone()) };
                if names_column(expr, &name) {
                    return Ok(key.clone());
                }
                match self.columns.get(&name).copied().flatten() {
                    Some(true) => Ok(key.clone()),
                    Some(false) => Ok((*expr).clone()),
                    None => Err(unsupported(&format!(
                        "GROUP BY {name}, which may be a column or the alias; give the alias another name, or group by what it stands for"
                    ))),
                }
            }
            key => Ok(key.clone()),
        }
    }

    /// True if the select list consists of keys and aggregates that are only sorted and limited.
    fn is_plain(&self, keys: &[Expr]) -> bool {
        let keys: HashSet<Expr> = keys.iter().map(|key| self.normalized(key)).collect();
        let plain = |expr: &Expr| match expr {
            Expr::Function(call) if is_aggregate(call) => fold_of(call).is_some(),
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
            expr => keys.contains(&self.normalized(expr)),
        };
        let ties = self.query.fetch.as_ref().is_some_and(|fetch| fetch.with_ties);
        !self.has_sets()
            && !ties
            && self.select.having.is_none()
            && self.select.distinct.is_none()
            && self.select.named_window.is_empty()
            && self.select.projection.iter().filter_map(item_expr).all(plain)
    }

    /// The column of an expression in the shards' rows; added if it is missing.
    fn column(&mut self, expr: &Expr) -> Column {
        let wanted = self.normalized(expr);
        if let Some(index) = self.listed.get(&wanted) {
            return Column::Visible(*index);
        }
        let hidden = &mut self.hidden;
        Column::Hidden(*self.hidden_at.entry(wanted).or_insert_with(|| {
            hidden.push(expr.clone());
            hidden.len() - 1
        }))
    }

    /// What each shard runs.
    fn shard(&self) -> Query {
        let mut select = self.select.clone();
        let hidden = self.hidden.iter().enumerate().map(|(index, expr)| hidden_item(index, expr.clone()));
        if self.as_listed {
            select.projection.extend(hidden);
        } else {
            select.projection = hidden.collect();
            // By position, so that a parameter in a key stays one parameter.
            let positions = (1..=self.grouped_by).map(|at| Expr::Value(Value::Number(at.to_string(), false).into()));
            let keys = if self.need == Need::Partials { positions.collect() } else { Vec::new() };
            select.group_by = GroupByExpr::Expressions(keys, Vec::new());
        }
        select.having = None;
        select.distinct = None;
        select.named_window = Vec::new();
        select.window_before_qualify = false;
        Query { with: self.query.with.clone(), ..bare(SetExpr::Select(Box::new(select))) }
    }
}
