//! Grouping in Rust, for results that consist only of keys and folded values. Also finds which result columns are
//! columns of the shards' rows.

use std::collections::{HashMap, HashSet};

use sqlparser::ast::{Expr, Value};

use super::Split;
use super::calls::{Folding, fold_of, is_aggregate};
use crate::plan::fan_out_plan::{Column, Fold, GroupOutput, Grouped};
use crate::plan::ident::fold_case;
use crate::plan::refusal::Refusal;
use crate::plan::rows::key;
use crate::plan::select::item_expr;

impl Split<'_> {
    /// The same in Rust, if the result consists only of keys and folded values.
    pub(super) fn grouped(&mut self) -> Result<Option<Grouped>, Refusal> {
        if !self.as_listed {
            return Ok(None);
        }
        let mut folds: Vec<(Column, Fold)> = Vec::new();
        let mut output = Vec::new();
        let mut folded = HashSet::new();
        let mut note = |folds: &mut Vec<(Column, Fold)>, column: Column, fold: Fold| {
            if folded.insert(column) {
                folds.push((column, fold));
            }
        };
        for (index, item) in self.select.projection.iter().enumerate() {
            output.push(match item_expr(item) {
                Some(Expr::Function(call)) if is_aggregate(call) => match fold_of(call) {
                    Some(Folding::Plain(fold)) => {
                        let at = self.column(&Expr::Function(call.clone()));
                        note(&mut folds, at, fold);
                        GroupOutput::Column(at)
                    }
                    Some(Folding::Average) => {
                        let (sum, count) = self.average(call)?;
                        note(&mut folds, sum, Fold::Sum);
                        note(&mut folds, count, Fold::Sum);
                        GroupOutput::Average { sum, count }
                    }
                    None => return Ok(None),
                },
                Some(_) => GroupOutput::Column(Column::Visible(index)),
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
                Expr::Identifier(name) if self.output(&fold_case(name)).is_some() => {
                    let Some(index) = self.output(&fold_case(name)) else { return Ok(None) };
                    output[index]
                }
                Expr::Function(call) if is_aggregate(call) => match fold_of(call) {
                    Some(Folding::Plain(fold)) => {
                        let at = self.column(&Expr::Function(call.clone()));
                        note(&mut folds, at, fold);
                        GroupOutput::Column(at)
                    }
                    _ => return Ok(None),
                },
                expr => match self.key_at.get(&self.normalized(expr)) {
                    Some(at) => GroupOutput::Column(*at),
                    None => return Ok(None),
                },
            };
            let GroupOutput::Column(column) = column else { return Ok(None) };
            order.push(key(column, &ordered.options)?);
        }
        let mut keys: Vec<Column> = self.keys.iter().map(|(_, at)| *at).collect();
        let known: HashSet<Column> = keys.iter().copied().collect();
        keys.extend(self.dependents.iter().filter(|dependent| !known.contains(dependent)));
        Ok(Some(Grouped { keys, folds, order, output }))
    }

    pub(super) fn origins(&self) -> Vec<(usize, Column)> {
        let columns = self.keys.iter().map(|(key, at)| (key.clone(), *at));
        let dependents = self.dependents.iter().filter_map(|at| match at {
            Column::Hidden(index) => Some((self.normalized(&self.hidden[*index]), *at)),
            Column::Visible(index) => {
                item_expr(&self.select.projection[*index]).map(|expr| (self.normalized(expr), *at))
            }
        });
        let mut known = HashMap::new();
        for (expr, at) in columns.chain(dependents) {
            known.entry(expr).or_insert(at);
        }
        self.select
            .projection
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                let wanted = self.normalized(item_expr(item)?);
                known.get(&wanted).map(|at| (index, *at))
            })
            .collect()
    }
}
