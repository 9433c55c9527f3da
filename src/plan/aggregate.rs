//! Plans for aggregates over all shards. Each shard aggregates its own rows; the partial values are folded, by Rust where
//! the result is nothing but keys and folded values, else by PostgreSQL, which runs what remains of the query over
//! them. Aggregates that cannot be folded are computed by PostgreSQL from the rows that they need.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Distinct, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, GroupByExpr, Ident, ObjectName, OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr,
    Value, VisitMut,
};

use super::draft::{Draft, GATHERED, bare, column, empty_select, from, hidden_item, table};
use super::functions::{Kind, arguments, kind, only_argument, own_name};
use super::local::{Scope, contains_aggregate, contains_subquery, each_call, group_keys, position};
use super::rows::{is_wildcard, item_expr, key, order_keys, output_name, output_names, window};
use super::shape::{Bit, Column, Fold, Grouped, Merge, Origins, Output};
use super::text::{Fragments, fold, gathered, normal, quoted};
use super::walk::{Node, NodeMut, rewrite, walk};
use super::{Refusal, unsupported};

/// A plan for a select that aggregates local rows, its groups being spread over the shards.
pub fn select(query: &Query, select: &Select, scope: &Scope<'_>, fragments: &mut Fragments) -> Result<Draft, Refusal> {
    if select.projection.iter().any(is_wildcard) {
        return Err(unsupported("* beside GROUP BY; name the columns"));
    }
    let mut split = Split::new(query, select, scope, fragments)?;
    let finish = split.finish()?;
    let grouped = split.grouped()?;
    let origins = split.origins();
    if split.hidden.is_empty() && !split.as_listed {
        // The number of rows is all that matters.
        split.hidden.push(Expr::Value(Value::Boolean(true).into()));
    }
    let (offset, limit) = window(query)?;
    Ok(Draft {
        shard: split.shard(),
        changed: true,
        hidden: split.hidden.len(),
        merge: grouped.map_or(Merge::Finish, Merge::Grouped),
        distinct: false,
        offset,
        limit,
        finish,
        needs_finish: true,
        origins: Origins::Listed(origins),
        names: output_names(select),
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
    fragments: &'a mut Fragments,
    need: Need,
    /// Group keys, normal, and where they stand in the shards' rows.
    keys: Vec<(Expr, Column)>,
    /// Columns that depend on a group's key (it is a primary key), and so are keys too.
    dependents: Vec<Column>,
    /// The select list stands as it is in the shards' rows; else they have hidden columns only.
    as_listed: bool,
    /// Hidden columns.
    hidden: Vec<Expr>,
    /// How many of the hidden columns, from the first one, the shards group by.
    grouped_by: usize,
}

impl<'a> Split<'a> {
    fn new(
        query: &'a Query,
        select: &'a Select,
        scope: &Scope<'_>,
        fragments: &'a mut Fragments,
    ) -> Result<Self, Refusal> {
        let order = order_keys(query.order_by.as_ref())?;
        let mut split = Split {
            query,
            select,
            order,
            only: scope.only_relation().map(str::to_owned),
            fragments,
            need: Need::Partials,
            keys: Vec::new(),
            dependents: Vec::new(),
            as_listed: false,
            hidden: Vec::new(),
            grouped_by: 0,
        };
        let calls = split.aggregates();
        if calls.iter().any(needs_rows) {
            split.need = Need::Rows;
        }
        let distinct: Vec<&Function> = calls.iter().filter(|call| is_distinct(call)).collect();
        split.as_listed = split.need == Need::Partials && distinct.is_empty() && split.is_plain();
        let keys = split.key_exprs()?;
        for key in keys {
            let column = split.column(&key);
            let normal = split.normal(&key);
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

    fn normal(&self, expr: &Expr) -> Expr {
        normal(expr, self.only.as_deref())
    }

    /// Every expression outside FROM, WHERE and GROUP BY.
    fn outer_exprs(&self) -> impl Iterator<Item = &'a Expr> + use<'a> {
        let (select, order) = (self.select, self.order);
        let on: &[Expr] = match &select.distinct {
            Some(Distinct::On(keys)) => keys,
            _ => &[],
        };
        let listed = select.projection.iter().filter_map(item_expr);
        listed.chain(&select.having).chain(order.iter().map(|key| &key.expr)).chain(on)
    }

    fn aggregates(&self) -> Vec<Function> {
        let mut calls = Vec::new();
        for expr in self.outer_exprs() {
            each_call(expr, &mut |call| {
                if is_aggregate(call) && kind(call) != Kind::Grouping {
                    calls.push(call.clone());
                }
            });
        }
        calls
    }

    /// The grouping expressions themselves: no positions, no aliases, no grouping sets.
    fn key_exprs(&self) -> Result<Vec<Expr>, Refusal> {
        let mut keys: Vec<Expr> = Vec::new();
        let mut add = |key: Expr| {
            if !keys.contains(&key) {
                keys.push(key);
            }
        };
        if let GroupByExpr::Expressions(_, modifiers) = &self.select.group_by
            && !modifiers.is_empty()
        {
            return Err(unsupported("this form of GROUP BY"));
        }
        if matches!(self.select.group_by, GroupByExpr::All(_)) {
            return Err(unsupported("GROUP BY ALL"));
        }
        for key in group_keys(self.select) {
            match key {
                Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => {
                    for key in sets.iter().flatten() {
                        add(self.meant(key)?);
                    }
                }
                // GROUP BY (a, b) is GROUP BY a, b; GROUP BY () is one group.
                Expr::Tuple(members) => {
                    for key in members {
                        add(self.meant(key)?);
                    }
                }
                key => add(self.meant(key)?),
            }
        }
        if keys.iter().any(contains_subquery) {
            return Err(unsupported("a subquery in GROUP BY"));
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
        match key {
            Expr::Nested(inner) => self.meant(inner),
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => position(digits, self.select)
                    .cloned()
                    .ok_or_else(|| unsupported("a position in GROUP BY that is no column")),
                _ => Ok(key.clone()),
            },
            Expr::Identifier(name) => {
                let name = fold(name);
                let item = self.select.projection.iter().find_map(|item| match item {
                    SelectItem::ExprWithAlias { expr, alias } if fold(alias) == name => Some(expr),
                    _ => None,
                });
                Ok(match item {
                    Some(expr) if !names_column(expr, &name) => expr.clone(),
                    _ => key.clone(),
                })
            }
            key => Ok(key.clone()),
        }
    }

    /// True if the select list is nothing but keys and aggregates, and nothing is done to them but sorting and cutting.
    fn is_plain(&self) -> bool {
        let Ok(keys) = self.key_exprs() else { return false };
        let keys: Vec<Expr> = keys.iter().map(|key| self.normal(key)).collect();
        let plain = |expr: &Expr| match expr {
            Expr::Function(call) if is_aggregate(call) => fold_of(call).is_some(),
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
            expr => keys.contains(&self.normal(expr)),
        };
        let ties = self.query.fetch.as_ref().is_some_and(|fetch| fetch.with_ties);
        !self.has_sets()
            && !ties
            && self.select.having.is_none()
            && self.select.distinct.is_none()
            && self.select.named_window.is_empty()
            && self.select.projection.iter().filter_map(item_expr).all(plain)
    }

    /// Where an expression stands in the shards' rows; it is added if it does not.
    fn column(&mut self, expr: &Expr) -> Column {
        let wanted = self.normal(expr);
        if self.as_listed {
            let listed = self.select.projection.iter().filter_map(item_expr);
            if let Some(index) = listed.map(|item| self.normal(item)).position(|item| item == wanted) {
                return Column::Visible(index);
            }
        }
        let index = self.hidden.iter().position(|known| self.normal(known) == wanted).unwrap_or_else(|| {
            self.hidden.push(expr.clone());
            self.hidden.len() - 1
        });
        Column::Hidden(index)
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
        Query { with: self.query.with.clone(), ..bare(SetExpr::Select(Box::new(select))) }
    }

    /// What remains of the query, over the gathered rows.
    fn finish(&mut self) -> Result<Query, Refusal> {
        let mut select = empty_select();
        for item in &self.select.projection {
            let (Some(expr), Some(name)) = (item_expr(item), output_name(item)) else {
                return Err(unsupported("this form of select list"));
            };
            select.projection.push(SelectItem::ExprWithAlias { expr: self.replaced(expr)?, alias: quoted(&name) });
        }
        select.from = vec![from(table(GATHERED))];
        select.having = self.select.having.as_ref().map(|having| self.replaced(having)).transpose()?;
        select.named_window = self.select.named_window.clone();
        self.replace(&mut select.named_window)?;
        select.distinct = match &self.select.distinct {
            Some(Distinct::On(keys)) => {
                Some(Distinct::On(keys.iter().map(|key| self.ordered(key)).collect::<Result<_, _>>()?))
            }
            other => other.clone(),
        };
        let mut order_by = self.query.order_by.clone();
        if let Some(order_by) = &mut order_by
            && let OrderByKind::Expressions(keys) = &mut order_by.kind
        {
            for key in keys {
                key.expr = self.ordered(&key.expr)?;
            }
        }
        select.group_by = self.finish_groups()?;
        Ok(Query {
            order_by,
            limit_clause: self.query.limit_clause.clone(),
            fetch: self.query.fetch.clone(),
            ..bare(SetExpr::Select(Box::new(select)))
        })
    }

    fn finish_groups(&mut self) -> Result<GroupByExpr, Refusal> {
        let mut keys = Vec::new();
        for key in group_keys(self.select) {
            let key = match key {
                Expr::Rollup(sets) => Expr::Rollup(self.sets(sets)?),
                Expr::Cube(sets) => Expr::Cube(self.sets(sets)?),
                Expr::GroupingSets(sets) => Expr::GroupingSets(self.sets(sets)?),
                Expr::Tuple(members) => {
                    Expr::Tuple(members.iter().map(|member| self.key_column(member)).collect::<Result<_, _>>()?)
                }
                key => self.key_column(key)?,
            };
            keys.push(key);
        }
        if !self.dependents.is_empty() && self.has_sets() {
            return Err(unsupported("a column beside grouping sets that is not among them"));
        }
        keys.extend(self.dependents.iter().map(|dependent| column(*dependent)));
        Ok(GroupByExpr::Expressions(keys, Vec::new()))
    }

    fn sets(&self, sets: &[Vec<Expr>]) -> Result<Vec<Vec<Expr>>, Refusal> {
        sets.iter().map(|set| set.iter().map(|key| self.key_column(key)).collect()).collect()
    }

    fn key_column(&self, key: &Expr) -> Result<Expr, Refusal> {
        let wanted = self.normal(&self.meant(key)?);
        let found = self.keys.iter().find(|(known, _)| *known == wanted);
        found.map(|(_, at)| column(*at)).ok_or_else(|| unsupported("this form of GROUP BY"))
    }

    /// An expression of ORDER BY or DISTINCT ON: a position or the name of an output column stays.
    fn ordered(&mut self, expr: &Expr) -> Result<Expr, Refusal> {
        match expr {
            Expr::Value(value) if matches!(value.value, Value::Number(..)) => Ok(expr.clone()),
            Expr::Identifier(name) if self.output(&fold(name)).is_some() => Ok(Expr::Identifier(quoted(&fold(name)))),
            expr => self.replaced(expr),
        }
    }

    fn output(&self, name: &str) -> Option<usize> {
        self.select.projection.iter().position(|item| output_name(item).is_some_and(|output| output == name))
    }

    fn replaced(&mut self, expr: &Expr) -> Result<Expr, Refusal> {
        let mut expr = expr.clone();
        self.replace(&mut expr)?;
        Ok(expr)
    }

    /// Puts gathered columns in the place of keys, aggregates and columns.
    fn replace(&mut self, tree: &mut impl VisitMut) -> Result<(), Refusal> {
        let mut refusal = None;
        rewrite(tree, &mut |node| {
            let replaced = match node {
                NodeMut::Query => Err(unsupported("a subquery beside aggregates over all shards")),
                NodeMut::Expr(expr) => self.replacement(expr).map(|new| {
                    if let Some(new) = new {
                        *expr = new;
                    }
                }),
                _ => Ok(()),
            };
            match replaced {
                Ok(()) => ControlFlow::Continue(()),
                Err(reason) => {
                    refusal = Some(reason);
                    ControlFlow::Break(())
                }
            }
        });
        refusal.map_or(Ok(()), Err)
    }

    /// What an expression becomes in the finishing query; None: it stays, and its parts are looked at.
    fn replacement(&mut self, expr: &Expr) -> Result<Option<Expr>, Refusal> {
        let wanted = self.normal(expr);
        if let Some((_, at)) = self.keys.iter().find(|(key, _)| *key == wanted) {
            return Ok(Some(column(*at)));
        }
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                if self.need == Need::Rows {
                    // Whether it depends on the keys only a grouping query on the shards would tell.
                    return Err(unsupported("a column that is neither grouped by nor aggregated"));
                }
                let at = self.column(expr);
                if !self.dependents.contains(&at) {
                    self.dependents.push(at);
                }
                Ok(Some(column(at)))
            }
            Expr::Function(call) if is_aggregate(call) => match kind(call) {
                Kind::Grouping => Ok(None),
                _ if self.need == Need::Rows => self.whole(call).map(Some),
                _ if is_distinct(call) => self.distinct(call).map(Some),
                _ => self.folded(call).map(Some),
            },
            _ => Ok(None),
        }
    }

    /// An aggregate over partial values.
    fn folded(&mut self, call: &Function) -> Result<Expr, Refusal> {
        let bits = match kind(call) {
            Kind::Count => {
                let at = gathered(self.column(&Expr::Function(call.clone())));
                vec![Bit::Sql(format!("CAST(coalesce(sum({at}), 0) AS int8)"))]
            }
            Kind::Average => {
                let (sum, count) = self.average(call)?;
                vec![Bit::Sql(format!("(sum({}) / nullif(sum({}), 0))", gathered(sum), gathered(count)))]
            }
            Kind::Folded(Fold::Sum) => {
                let at = self.column(&Expr::Function(call.clone()));
                vec![Bit::Sql(format!("CAST(sum({}) AS ", gathered(at))), Bit::TypeOf(at), Bit::Sql(")".into())]
            }
            Kind::Folded(_) => {
                let at = gathered(self.column(&Expr::Function(call.clone())));
                let name = own_name(call).unwrap_or_default();
                vec![Bit::Sql(format!("{name}({at})"))]
            }
            _ => return Err(unsupported("an aggregate of this kind")),
        };
        Ok(Expr::Identifier(self.fragments.name(bits)))
    }

    /// The sum and the count of an average.
    fn average(&mut self, call: &Function) -> Result<(Column, Column), Refusal> {
        let argument = only_argument(call).ok_or_else(|| unsupported("avg of this"))?.clone();
        // float4 is averaged as float8: `* 1` makes it that, and changes no other type that can be averaged.
        let wide = Expr::BinaryOp {
            left: Box::new(Expr::Nested(Box::new(argument))),
            op: sqlparser::ast::BinaryOperator::Multiply,
            right: Box::new(Expr::Value(Value::Number("1".into(), false).into())),
        };
        let sum = with_name(call, "sum", Some(wide));
        let count = with_name(call, "count", None);
        Ok((self.column(&Expr::Function(sum)), self.column(&Expr::Function(count))))
    }

    /// An aggregate of distinct values: the shards group by those too, and PostgreSQL drops the duplicates.
    fn distinct(&mut self, call: &Function) -> Result<Expr, Refusal> {
        let columns: Vec<String> =
            distinct_arguments(call)?.iter().map(|argument| gathered(self.column(argument))).collect();
        let list = match columns.as_slice() {
            [only] => only.clone(),
            columns => format!("({})", columns.join(", ")),
        };
        let name = own_name(call).unwrap_or_default();
        Ok(Expr::Identifier(self.fragments.name(vec![Bit::Sql(format!("{name}(DISTINCT {list})"))])))
    }

    /// An aggregate over the rows themselves: its arguments are gathered.
    fn whole(&mut self, call: &Function) -> Result<Expr, Refusal> {
        let mut call = call.clone();
        let mut failed = None;
        {
            let mut gather = |expr: &mut Expr| {
                if contains_subquery(expr) {
                    failed = Some(unsupported("a subquery inside an aggregate over all shards"));
                } else if names_any_column(expr) {
                    let at = self.column(expr);
                    *expr = column(at);
                }
            };
            if let FunctionArguments::List(list) = &mut call.args {
                for argument in &mut list.args {
                    match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => gather(expr),
                        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => {}
                        _ => return Err(unsupported("an argument of this kind in an aggregate")),
                    }
                }
                for clause in &mut list.clauses {
                    match clause {
                        FunctionArgumentClause::OrderBy(keys) => keys.iter_mut().for_each(|key| gather(&mut key.expr)),
                        FunctionArgumentClause::JsonNullClause(_) | FunctionArgumentClause::JsonReturningClause(_) => {}
                        _ => return Err(unsupported("a clause of this kind in an aggregate")),
                    }
                }
            }
            call.within_group.iter_mut().for_each(|key| gather(&mut key.expr));
            if let Some(filter) = &mut call.filter {
                gather(filter);
            }
        }
        match failed {
            Some(refusal) => Err(refusal),
            // A marked name keeps the walk from looking at the call again.
            None => Ok(Expr::Identifier(self.fragments.name(vec![Bit::Sql(call.to_string())]))),
        }
    }

    /// The same by Rust, where the result is nothing but keys and folded values.
    fn grouped(&mut self) -> Result<Option<Grouped>, Refusal> {
        if !self.as_listed {
            return Ok(None);
        }
        let mut folds: Vec<(Column, Fold)> = Vec::new();
        let mut output = Vec::new();
        let note = |folds: &mut Vec<(Column, Fold)>, column: Column, fold: Fold| {
            if !folds.iter().any(|(known, _)| *known == column) {
                folds.push((column, fold));
            }
        };
        for (index, item) in self.select.projection.iter().enumerate() {
            output.push(match item_expr(item) {
                Some(Expr::Function(call)) if is_aggregate(call) => match fold_of(call) {
                    Some(Folding::Plain(fold)) => {
                        let at = self.column(&Expr::Function(call.clone()));
                        note(&mut folds, at, fold);
                        Output::Column(at)
                    }
                    Some(Folding::Average) => {
                        let (sum, count) = self.average(call)?;
                        note(&mut folds, sum, Fold::Sum);
                        note(&mut folds, count, Fold::Sum);
                        Output::Average { sum, count }
                    }
                    None => return Ok(None),
                },
                Some(_) => Output::Column(Column::Visible(index)),
                None => return Ok(None),
            });
        }
        let mut order = Vec::new();
        for ordered in self.order {
            let column = match &ordered.expr {
                Expr::Value(value) => match &value.value {
                    Value::Number(digits, _) => match digits.parse::<usize>() {
                        Ok(number) if (1..=output.len()).contains(&number) => output[number - 1],
                        _ => return Ok(None),
                    },
                    _ => return Ok(None),
                },
                Expr::Identifier(name) if self.output(&fold(name)).is_some() => {
                    let Some(index) = self.output(&fold(name)) else { return Ok(None) };
                    output[index]
                }
                Expr::Function(call) if is_aggregate(call) => match fold_of(call) {
                    Some(Folding::Plain(fold)) => {
                        let at = self.column(&Expr::Function(call.clone()));
                        note(&mut folds, at, fold);
                        Output::Column(at)
                    }
                    _ => return Ok(None),
                },
                expr => {
                    let wanted = self.normal(expr);
                    match self.keys.iter().find(|(key, _)| *key == wanted) {
                        Some((_, at)) => Output::Column(*at),
                        None => return Ok(None),
                    }
                }
            };
            let Output::Column(column) = column else { return Ok(None) };
            order.push(key(column, &ordered.options)?);
        }
        let mut keys: Vec<Column> = self.keys.iter().map(|(_, at)| *at).collect();
        keys.extend(self.dependents.iter().filter(|dependent| !keys.contains(dependent)).copied().collect::<Vec<_>>());
        Ok(Some(Grouped { keys, folds, order, output }))
    }

    fn origins(&self) -> Vec<(usize, Column)> {
        let columns = self.keys.iter().map(|(key, at)| (key.clone(), *at));
        let dependents = self.dependents.iter().filter_map(|at| match at {
            Column::Hidden(index) => Some((self.normal(&self.hidden[*index]), *at)),
            Column::Visible(index) => item_expr(&self.select.projection[*index]).map(|expr| (self.normal(expr), *at)),
        });
        let known: Vec<(Expr, Column)> = columns.chain(dependents).collect();
        self.select
            .projection
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                let wanted = self.normal(item_expr(item)?);
                known.iter().find(|(expr, _)| *expr == wanted).map(|(_, at)| (index, *at))
            })
            .collect()
    }
}

/// How an aggregate's partial values are folded by Rust.
enum Folding {
    Plain(Fold),
    Average,
}

fn fold_of(call: &Function) -> Option<Folding> {
    if is_distinct(call) || needs_rows(call) {
        return None;
    }
    match kind(call) {
        Kind::Count => Some(Folding::Plain(Fold::Sum)),
        Kind::Folded(fold) => Some(Folding::Plain(fold)),
        Kind::Average => Some(Folding::Average),
        _ => None,
    }
}

/// An aggregate, and not a window function.
pub fn is_aggregate(call: &Function) -> bool {
    call.over.is_none() && kind(call).is_aggregate()
}

/// DISTINCT matters to it.
fn is_distinct(call: &Function) -> bool {
    let FunctionArguments::List(list) = &call.args else { return false };
    list.duplicate_treatment == Some(DuplicateTreatment::Distinct)
        && !matches!(
            kind(call),
            Kind::Folded(Fold::Min | Fold::Max | Fold::BoolAnd | Fold::BoolOr | Fold::BitAnd | Fold::BitOr)
        )
}

/// It cannot be made of partial values.
fn needs_rows(call: &Function) -> bool {
    let FunctionArguments::List(list) = &call.args else { return true };
    let foldable = matches!(kind(call), Kind::Count | Kind::Average | Kind::Folded(_));
    let distinct_fold = is_distinct(call) && matches!(kind(call), Kind::Folded(fold) if fold != Fold::Sum);
    !foldable || distinct_fold || !list.clauses.is_empty() || !call.within_group.is_empty()
}

/// The values that an aggregate of distinct values looks at: NULL where its filter says no, because none counts NULL.
fn distinct_arguments(call: &Function) -> Result<Vec<Expr>, Refusal> {
    let refusal = || unsupported("DISTINCT inside this aggregate");
    let arguments: Vec<Expr> = match arguments(call).ok_or_else(refusal)?.as_slice() {
        [FunctionArgExpr::Expr(Expr::Tuple(values))] => values.clone(),
        [FunctionArgExpr::Expr(expr)] => vec![expr.clone()],
        _ => return Err(refusal()),
    };
    let Some(filter) = &call.filter else { return Ok(arguments) };
    let [argument] = arguments.as_slice() else { return Err(refusal()) };
    Ok(vec![Expr::Case {
        case_token: sqlparser::ast::helpers::attached_token::AttachedToken::empty(),
        end_token: sqlparser::ast::helpers::attached_token::AttachedToken::empty(),
        operand: None,
        conditions: vec![sqlparser::ast::CaseWhen { condition: (**filter).clone(), result: argument.clone() }],
        else_result: None,
    }])
}

/// The same call of another aggregate, with another argument if one is given.
fn with_name(call: &Function, name: &str, argument: Option<Expr>) -> Function {
    let mut call = call.clone();
    call.name = ObjectName::from(vec![Ident::new(name)]);
    if let (Some(argument), FunctionArguments::List(list)) = (argument, &mut call.args) {
        list.args = vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))];
    }
    call
}

fn names_column(expr: &Expr, wanted: &str) -> bool {
    let mut found = false;
    each_column(expr, &mut |name| found |= name == wanted);
    found
}

fn names_any_column(expr: &Expr) -> bool {
    let mut found = false;
    each_column(expr, &mut |_| found = true);
    found
}

fn each_column(expr: &Expr, act: &mut dyn FnMut(&str)) {
    walk(expr, &mut |node| match node {
        Node::Expr(Expr::Identifier(name)) => act(&fold(name)),
        Node::Expr(Expr::CompoundIdentifier(names)) => act(&names.last().map(fold).unwrap_or_default()),
        _ => {}
    });
}

/// True if an ORDER BY aggregates.
pub fn orders_by_aggregate(query: &Query) -> bool {
    order_keys(query.order_by.as_ref()).is_ok_and(|keys| keys.iter().any(|key| contains_aggregate(&key.expr)))
}
