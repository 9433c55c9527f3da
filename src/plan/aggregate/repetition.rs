//! Expressions whose value may be another one each time, and that stand in a query more than once: the shards' rows have
//! equal expressions only once, so they are refused.

use std::collections::HashSet;

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments};

use super::calls::{Volatility, distinct_arguments, is_aggregate, is_distinct, names_any_column};
use super::{Need, Split};
use crate::plan::functions::{FunctionKind, kind};
use crate::plan::refusal::{Refusal, unsupported};
use crate::plan::select::{distinct_on, each_call, group_keys, item_expr};

impl Split<'_> {
    /// Refuses equal keys, aggregates or arguments that PostgreSQL would compute each for itself.
    pub(super) fn refuse_repetition(&self, volatility: Volatility<'_>) -> Result<(), Refusal> {
        let mut seen = HashSet::new();
        let mut note = |expr: &Expr| match volatility.is_volatile(expr) && !seen.insert(self.normalized(expr)) {
            false => Ok(()),
            true => Err(unsupported(&format!(
                "{expr} more than once beside aggregates: it may be another value each time; compute it in a subquery in FROM, \
                 or select it once"
            ))),
        };
        for key in group_keys(self.select) {
            match key {
                Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_) | Expr::Tuple(_) => {}
                key => note(&self.meant(key)?)?,
            }
        }
        let listed: HashSet<Expr> =
            self.select.projection.iter().filter_map(item_expr).map(|expr| self.normalized(expr)).collect();
        // In ORDER BY and DISTINCT ON, what stands in the select list means that column.
        let sorted = self.order.iter().map(|key| &key.expr).chain(distinct_on(self.select));
        let sorted = sorted.filter(|expr| !listed.contains(&self.normalized(expr)));
        let others = self.select.projection.iter().filter_map(item_expr).chain(&self.select.having).chain(sorted);
        let mut calls = Vec::new();
        for expr in others {
            each_call(expr, &mut |call| {
                if is_aggregate(call) && kind(call) != FunctionKind::Grouping && volatility.is_volatile(call) {
                    calls.push(call.clone());
                }
            });
        }
        for call in calls {
            if self.need == Need::Rows {
                parts(&call).into_iter().filter(|part| names_any_column(part)).try_for_each(&mut note)?;
            } else if is_distinct(&call) {
                distinct_arguments(&call)?.iter().try_for_each(&mut note)?;
            } else {
                note(&Expr::Function(call))?;
            }
        }
        Ok(())
    }
}

/// What an aggregate computes for each row.
fn parts(call: &Function) -> Vec<&Expr> {
    let mut parts: Vec<&Expr> = call.within_group.iter().map(|key| &key.expr).collect();
    if let FunctionArguments::List(list) = &call.args {
        parts.extend(list.args.iter().filter_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        }));
        for clause in &list.clauses {
            if let FunctionArgumentClause::OrderBy(keys) = clause {
                parts.extend(keys.iter().map(|key| &key.expr));
            }
        }
    }
    parts.extend(call.filter.as_deref());
    parts
}
