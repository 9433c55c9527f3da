//! The finishing query of an aggregate: the original query, with gathered columns in place of its keys, columns and
//! aggregates.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    GroupByExpr, OrderByKind, Query, SelectItem, SetExpr, Value, VisitMut,
};

use super::calls::{distinct_arguments, is_aggregate, is_distinct, names_any_column, with_name};
use super::{Need, Split};
use crate::plan::draft::{GATHERED, bare, column, empty_select, from, table};
use crate::plan::fan_out_plan::{Column, Fold, SqlFragment};
use crate::plan::functions::{FunctionKind, arguments, kind, only_argument};
use crate::plan::ident::{fold_case, quoted};
use crate::plan::normal::{TreeSize, sizes};
use crate::plan::print::{gathered, is_mark};
use crate::plan::refusal::{Refusal, unsupported};
use crate::plan::select::{contains_subquery, group_keys, item_expr, output_name};
use crate::plan::walk::{NodeMut, rewrite};

impl Split<'_> {
    /// The rest of the query, over the gathered rows.
    pub(super) fn finish(&mut self) -> Result<Query, Refusal> {
        let mut select = empty_select();
        for item in &self.select.projection {
            let (Some(expr), Some(name)) = (item_expr(item), output_name(item)) else {
                return Err(unsupported("a select list with * beside aggregates; name the columns"));
            };
            select.projection.push(SelectItem::ExprWithAlias { expr: self.replaced(expr)?, alias: quoted(&name) });
        }
        select.from = vec![from(table(GATHERED))];
        select.having = self.select.having.as_ref().map(|having| self.replaced(having)).transpose()?;
        select.named_window = self.select.named_window.clone();
        select.window_before_qualify = self.select.window_before_qualify;
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
            return Err(unsupported("a column that is in none of the grouping sets; add it to each of them"));
        }
        keys.extend(self.dependents.iter().map(|dependent| column(*dependent)));
        Ok(GroupByExpr::Expressions(keys, Vec::new()))
    }

    fn sets(&self, sets: &[Vec<Expr>]) -> Result<Vec<Vec<Expr>>, Refusal> {
        sets.iter().map(|set| set.iter().map(|key| self.key_column(key)).collect()).collect()
    }

    fn key_column(&self, key: &Expr) -> Result<Expr, Refusal> {
        let wanted = self.normalized(&self.meant(key)?);
        self.key_at
            .get(&wanted)
            .map(|at| column(*at))
            .ok_or_else(|| unsupported("this form of GROUP BY; name the columns one by one"))
    }

    /// An expression of ORDER BY or DISTINCT ON: a position or the name of an output column stays.
    fn ordered(&mut self, expr: &Expr) -> Result<Expr, Refusal> {
        match expr {
            Expr::Value(value) if matches!(value.value, Value::Number(..)) => Ok(expr.clone()),
            Expr::Identifier(name) if self.output(&fold_case(name)).is_some() => {
                Ok(Expr::Identifier(quoted(&fold_case(name))))
            }
            expr => self.replaced(expr),
        }
    }

    pub(super) fn output(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    fn replaced(&mut self, expr: &Expr) -> Result<Expr, Refusal> {
        let mut expr = expr.clone();
        self.replace(&mut expr)?;
        Ok(expr)
    }

    /// Replaces keys, aggregates and columns by gathered columns.
    fn replace(&mut self, tree: &mut impl VisitMut) -> Result<(), Refusal> {
        let mut refusal = None;
        let mut cursor = TreeCursor::of(sizes(tree));
        rewrite(tree, &mut |node| {
            let replaced = match node {
                NodeMut::Query => {
                    Err(unsupported("a subquery beside aggregates over all shards; run it first and bind its value"))
                }
                NodeMut::Expr(expr) => {
                    let size = cursor.enter();
                    self.replacement(expr, size).map(|new| {
                        if let Some(mut new) = new {
                            cursor.replace(sizes(&mut new));
                            *expr = new;
                        }
                    })
                }
                NodeMut::ExprEnd(_) => {
                    cursor.leave();
                    Ok(())
                }
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

    /// What an expression of this size becomes in the finishing query; None: it stays, and its parts are visited.
    fn replacement(&mut self, expr: &Expr, size: usize) -> Result<Option<Expr>, Refusal> {
        if matches!(expr, Expr::Identifier(name) if is_mark(name)) {
            return Ok(None);
        }
        // Only an expression of a key's size can be a key. Comparing every part of a long chain would be too slow.
        if self.key_sizes.contains(&size)
            && let Some(at) = self.key_at.get(&self.normalized(expr))
        {
            return Ok(Some(column(*at)));
        }
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                if self.need == Need::Rows || group_keys(self.select).is_empty() {
                    // Only a grouping query on the shards would show whether it depends on the keys.
                    return Err(unsupported("a column that is neither grouped by nor aggregated; add it to GROUP BY"));
                }
                let at = self.column(expr);
                if self.is_dependent.insert(at) {
                    self.dependents.push(at);
                }
                Ok(Some(column(at)))
            }
            Expr::Function(call) if is_aggregate(call) => match kind(call) {
                FunctionKind::Grouping if !self.are_keys(call) => {
                    Err(unsupported("grouping() of an expression that is not in GROUP BY"))
                }
                FunctionKind::Grouping => Ok(None),
                _ if self.need == Need::Rows => self.whole(call).map(Some),
                _ if is_distinct(call) => self.distinct(call).map(Some),
                _ => self.folded(call).map(Some),
            },
            _ => Ok(None),
        }
    }

    /// True if all arguments of a call are keys of GROUP BY.
    fn are_keys(&self, call: &Function) -> bool {
        let is_key = |argument: &&FunctionArgExpr| match argument {
            FunctionArgExpr::Expr(expr) => self.key_at.contains_key(&self.normalized(expr)),
            _ => false,
        };
        arguments(call).is_some_and(|arguments| arguments.iter().all(is_key))
    }

    /// An aggregate over partial values.
    fn folded(&mut self, call: &Function) -> Result<Expr, Refusal> {
        let bits = match kind(call) {
            FunctionKind::Count => {
                let at = gathered(self.column(&Expr::Function(call.clone())));
                vec![SqlFragment::Sql(format!("CAST(coalesce(pg_catalog.sum({at}), 0) AS bigint)"))]
            }
            FunctionKind::Average => {
                let (sum, count) = self.average(call)?;
                let (sum, count) = (gathered(sum), gathered(count));
                // The sum of only -0 is -0, but the average is 0.
                vec![SqlFragment::Sql(format!(
                    "(CASE WHEN pg_catalog.sum({count}) OPERATOR(pg_catalog.>) 0 THEN \
                     (pg_catalog.sum({sum}) OPERATOR(pg_catalog.+) '0') OPERATOR(pg_catalog./) pg_catalog.sum({count}) END)"
                ))]
            }
            FunctionKind::Folded(Fold::Sum) => {
                let at = self.column(&Expr::Function(call.clone()));
                vec![
                    SqlFragment::Sql(format!("CAST({}({}) AS ", call.name, gathered(at))),
                    SqlFragment::TypeOf(at),
                    SqlFragment::Sql(")".into()),
                ]
            }
            FunctionKind::Folded(_) => {
                let at = gathered(self.column(&Expr::Function(call.clone())));
                // As it is written: it means here what it means on the shards.
                vec![SqlFragment::Sql(format!("{}({at})", call.name))]
            }
            _ => return Err(unsupported(&format!("the aggregate {}", call.name))),
        };
        Ok(Expr::Identifier(self.fragments.name(bits)))
    }

    /// The sum and the count of an average.
    pub(super) fn average(&mut self, call: &Function) -> Result<(Column, Column), Refusal> {
        let argument = only_argument(call).ok_or_else(|| unsupported("avg() without exactly one argument"))?.clone();
        // float4 is averaged as float8: `* 1` converts it, and changes no other type that can be averaged.
        let wide = Expr::BinaryOp {
            left: Box::new(Expr::Nested(Box::new(argument))),
            op: BinaryOperator::PGCustomBinaryOperator(vec!["pg_catalog".into(), "*".into()]),
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
        Ok(Expr::Identifier(self.fragments.name(vec![SqlFragment::Sql(format!("{}(DISTINCT {list})", call.name))])))
    }

    /// An aggregate over the rows themselves: its arguments are gathered. Parameters and clock calls in them stay in
    /// the tree, so that they are numbered with all others.
    fn whole(&mut self, call: &Function) -> Result<Expr, Refusal> {
        let mut call = call.clone();
        let mut failed = None;
        {
            let mut gather = |expr: &mut Expr| {
                // A row has no type that could be gathered; its fields do.
                let fields = match expr {
                    Expr::Tuple(fields) => fields.iter_mut().collect(),
                    expr => vec![expr],
                };
                for expr in fields {
                    if contains_subquery(expr) {
                        failed = Some(unsupported(
                            "a subquery inside an aggregate over all shards; run it first and bind its value",
                        ));
                    } else if names_any_column(expr) {
                        let at = gathered(self.column(expr));
                        // A marked name, so that the walk does not take it for a column of the query.
                        *expr = Expr::Identifier(self.fragments.name(vec![SqlFragment::Sql(at)]));
                    }
                }
            };
            // The direct arguments of an ordered-set aggregate have one value per group, so they are keys.
            let is_of_group = !call.within_group.is_empty();
            if let FunctionArguments::List(list) = &mut call.args {
                for argument in &mut list.args {
                    match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(_)) if is_of_group => {}
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => gather(expr),
                        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => {}
                        _ => {
                            return Err(unsupported(&format!(
                                "a named argument of {}; pass it by position",
                                call.name
                            )));
                        }
                    }
                }
                for clause in &mut list.clauses {
                    match clause {
                        FunctionArgumentClause::OrderBy(keys) => keys.iter_mut().for_each(|key| gather(&mut key.expr)),
                        FunctionArgumentClause::JsonNullClause(_) | FunctionArgumentClause::JsonReturningClause(_) => {}
                        _ => {
                            return Err(unsupported(&format!(
                                "a clause inside {} that PostgreSQL does not have",
                                call.name
                            )));
                        }
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
            None => Ok(Expr::Function(call)),
        }
    }
}

/// The position of a walk that replaces expressions: a replacement is not visited, but its parts are.
struct TreeCursor {
    /// Sizes of the tree's expressions, and of those in its replacements; the index of the next one; and the depth at
    /// which they end.
    sizes: Vec<(Vec<TreeSize>, usize, usize)>,
    depth: usize,
}

impl TreeCursor {
    fn of(sizes: Vec<TreeSize>) -> Self {
        TreeCursor { sizes: vec![(sizes, 0, 0)], depth: 0 }
    }

    /// The walk enters an expression; returns its size.
    fn enter(&mut self) -> usize {
        self.depth += 1;
        let Some((sizes, next, _)) = self.sizes.last_mut() else { return 0 };
        *next += 1;
        sizes.get(*next - 1).map_or(0, |size| size.size)
    }

    /// The expression that was entered last has been replaced.
    fn replace(&mut self, new: Vec<TreeSize>) {
        if let Some((sizes, next, _)) = self.sizes.last_mut() {
            *next += sizes.get(*next - 1).map_or(0, |size| size.nodes - 1);
        }
        self.sizes.push((new, 1, self.depth));
    }

    /// The walk leaves an expression.
    fn leave(&mut self) {
        if self.sizes.last().is_some_and(|(_, _, depth)| *depth == self.depth) {
            self.sizes.pop();
        }
        self.depth -= 1;
    }
}
