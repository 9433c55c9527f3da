//! Resolves the columns of ORDER BY and DISTINCT ON: each is an output column, or a hidden column that is added.

use std::collections::HashMap;

use sqlparser::ast::{Expr, Select, Value};

use super::fan_out_plan::Column;
use super::ident::fold_case;
use super::locality::Scope;
use super::normal::normalized;
use super::refusal::{Refusal, unsupported};
use super::select::{is_wildcard, item_expr, output_name};

/// The columns of a select, and those that are added to them.
pub struct Columns<'s> {
    select: &'s Select,
    only: Option<String>,
    /// The index of the first wildcard; later positions are not known.
    wildcard: usize,
    /// The first column of each name, and of each normalized expression.
    names: HashMap<String, usize>,
    items: HashMap<Expr, usize>,
    pub hidden: Vec<Expr>,
    hidden_at: HashMap<Expr, usize>,
}

impl<'s> Columns<'s> {
    pub fn of(select: &'s Select, scope: &Scope<'_>) -> Self {
        let only = scope.only_relation().map(str::to_owned);
        let wildcard = select.projection.iter().position(is_wildcard).unwrap_or(usize::MAX);
        let (mut names, mut items) = (HashMap::new(), HashMap::new());
        for (index, item) in select.projection.iter().enumerate().rev() {
            names.extend(output_name(item).map(|name| (name, index)));
            items.extend(item_expr(item).map(|expr| (normalized(expr, only.as_deref()), index)));
        }
        Columns { select, only, wildcard, names, items, hidden: Vec::new(), hidden_at: HashMap::new() }
    }

    /// The output column that an expression means; a hidden one is added where there is none.
    pub fn meant(&mut self, expr: &Expr) -> Result<Column, Refusal> {
        if let Expr::Value(value) = expr
            && let Value::Number(digits, _) = &value.value
        {
            let index = digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            return index
                .map(Column::Visible)
                .ok_or_else(|| unsupported("a position in ORDER BY that is not a column"));
        }
        // A bare name means an output column first.
        let named = match expr {
            Expr::Identifier(name) => self.names.get(&fold_case(name)).copied(),
            _ => None,
        };
        let found = named.or_else(|| self.items.get(&normalized(expr, self.only.as_deref())).copied());
        match (found, named) {
            (Some(index), _) if index < self.wildcard => Ok(Column::Visible(index)),
            (_, Some(index)) => Ok(self.hidden(item_expr(&self.select.projection[index]).unwrap_or(expr))),
            _ => Ok(self.hidden(expr)),
        }
    }

    /// The expression of the output column that a name or position refers to; otherwise the expression itself.
    pub fn expression<'e>(&self, expr: &'e Expr) -> &'e Expr
    where
        's: 'e,
    {
        let index = match expr {
            Expr::Identifier(name) => self.names.get(&fold_case(name)).copied(),
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1)),
                _ => None,
            },
            _ => None,
        };
        let known = index.filter(|index| *index < self.wildcard);
        known.and_then(|index| item_expr(self.select.projection.get(index)?)).unwrap_or(expr)
    }

    /// A hidden column of this expression.
    pub fn hidden(&mut self, expr: &Expr) -> Column {
        if let Some(index) = self.hidden_at.get(expr) {
            return Column::Hidden(*index);
        }
        self.hidden.push(expr.clone());
        self.hidden_at.insert(expr.clone(), self.hidden.len() - 1);
        Column::Hidden(self.hidden.len() - 1)
    }
}
