//! Which columns contain what each server has by itself, such as object ids or the name of its database, and where rows are
//! compared by them. Whoever only lists such a column, or leaves it alone, may have it.

use sqlparser::ast::{Distinct, Expr, FunctionArgExpr, JoinConstraint, ObjectName, OrderBy, Select, SelectItem, Value};

use super::outputs::{ANY, Locality, OutputColumn, OwnColumns, QueryInfo};
use super::scope::{Scope, ScopeRelation};
use super::search::Search;
use crate::plan::functions::arguments;
use crate::plan::ident::{fold_case, last_part, name_parts};
use crate::plan::object_ids;
use crate::plan::select::{
    each_call, is_aggregated, is_wildcard, item_expr, ordering, output_name, plain_column, unnested,
};
use crate::plan::walk::{Node, walk};

impl Search<'_> {
    /// Notes what an expression uses of such columns, outside its subqueries.
    pub(super) fn use_own(&mut self, expr: &Expr, scope: &Scope<'_>) {
        let mut found = Vec::new();
        let mut depth = 0;
        walk(expr, &mut |node| match node {
            Node::Query(_) => depth += 1,
            Node::QueryEnd => depth -= 1,
            Node::Expr(expr) if depth == 0 => found.extend(match expr {
                Expr::Identifier(name) => self.own_column(&fold_case(name), scope),
                Expr::CompoundIdentifier(names) => match names.as_slice() {
                    [.., table, name] => self.own_column_of(&fold_case(table), &fold_case(name), scope),
                    _ => None,
                },
                Expr::QualifiedWildcard(name, _) => self.own_row(name, scope),
                _ => None,
            }),
            _ => {}
        });
        each_call(expr, &mut |call| {
            for argument in arguments(call).into_iter().flatten() {
                if let FunctionArgExpr::QualifiedWildcard(name) = argument {
                    found.extend(self.own_row(name, scope));
                }
            }
        });
        self.compare(found);
    }

    /// Notes that rows are compared by these columns.
    pub(super) fn compare_own(&mut self, outputs: &[OutputColumn]) {
        let mut found = Vec::new();
        for output in outputs {
            match output {
                OutputColumn::Column { own, .. } => found.extend(own.clone()),
                OutputColumn::Several { own, .. } => found.extend(self.beyond_ids(own).map(|(_, own)| own.clone())),
            }
        }
        self.compare(found);
    }

    /// The such columns of a relation in FROM.
    pub(super) fn note_own(&mut self, found: &QueryInfo) -> OwnColumns {
        let own = found.own();
        // Another server would read the gathered ids.
        if matches!(found.locality, Locality::CrossShard(_)) {
            self.compare_own(&found.outputs);
        }
        self.own_names.extend(own.clone());
        own
    }

    /// The same of its rows as a whole.
    pub(super) fn note_own_rows(&mut self, relation: &ScopeRelation) {
        let own = self.beyond_ids(&relation.own).next().map(|(_, own)| own.clone());
        self.own_names.extend(relation.alias.clone().zip(own));
    }

    /// Notes the name of a listed value by how it is read around the select: as an object id that is written as a name, or not.
    fn note_listed(&mut self, item: &SelectItem, expr: &Expr) {
        let Some(name) = output_name(item) else { return };
        let is_column = plain_column(expr).is_some_and(|name| self.is_id(&name));
        if is_column || object_ids::is_written_as_name(expr) {
            self.numbered.insert(name);
        } else {
            self.own_numbers.insert(name);
        }
    }

    /// Notes the listed values by which a select compares its rows. A group may have the name of its table.
    pub(super) fn compare_listed(&mut self, select: &Select, scope: &Scope<'_>) {
        let compares = select.distinct.is_some() || is_aggregated(select);
        let mut found = Vec::new();
        for (place, item) in select.projection.iter().enumerate() {
            if let (Some(own), Some(expr)) = (scope.listed.get(&place), item_expr(item)) {
                let mut is_compared = compares && !object_ids::is_name(expr);
                each_call(expr, &mut |call| is_compared |= call.over.is_some());
                found.extend(is_compared.then(|| own.clone()));
                self.note_listed(item, expr);
            }
            if is_wildcard(item) && matches!(select.distinct, Some(Distinct::Distinct)) {
                found.extend(self.beyond_ids(&scope.own_columns(None)).map(|(_, own)| own.clone()));
            }
        }
        self.compare(found);
    }

    /// Notes the columns that USING and NATURAL compare.
    pub(super) fn compare_merged(&mut self, constraint: &JoinConstraint, relations: &[ScopeRelation]) {
        let columns = match constraint {
            JoinConstraint::Using(columns) => columns.iter().filter_map(name_parts).flatten().collect::<Vec<_>>(),
            JoinConstraint::Natural => Vec::new(),
            JoinConstraint::On(_) | JoinConstraint::None => return,
        };
        let is_natural = matches!(constraint, JoinConstraint::Natural);
        let mut found = Vec::new();
        for relation in relations {
            let own = self.beyond_ids(&relation.own);
            let is_merged = |name: &String| is_natural || name == ANY || columns.contains(name);
            found.extend(own.filter(|(name, _)| is_merged(name)).map(|(_, own)| own.clone()));
        }
        self.compare(found);
    }

    /// Notes the columns that ORDER BY compares, of the query's own and of those in FROM.
    pub(super) fn compare_order(&mut self, order: Option<&OrderBy>, outputs: &[OutputColumn]) {
        let mut found = Vec::new();
        for key in ordering(order) {
            let name = match unnested(&key.expr) {
                Expr::Value(value) => {
                    let Value::Number(digits, _) = &value.value else { continue };
                    let place = digits.parse::<usize>().unwrap_or(usize::MAX);
                    let before = &outputs[..place.min(outputs.len())];
                    if before.len() < place || before.iter().any(|of| matches!(of, OutputColumn::Several { .. })) {
                        found.extend(outputs.iter().find_map(OutputColumn::own).cloned());
                    } else {
                        found.extend(before.last().and_then(OutputColumn::own).cloned());
                    }
                    continue;
                }
                Expr::Identifier(name) => Some(fold_case(name)),
                _ => None,
            };
            let is_named = |output: &&OutputColumn| matches!(output, OutputColumn::Column { name: Some(of), .. } if Some(of) == name.as_ref());
            if let Some(output) = outputs.iter().find(is_named) {
                found.extend(output.own().cloned());
                continue;
            }
            walk(&key.expr, &mut |node| {
                if let Node::Ident(name) = node {
                    let name = fold_case(name);
                    found.extend(self.own_names.get(&name).filter(|_| !self.is_id(&name)).cloned());
                }
            });
            found.extend(self.own_names.get(ANY).cloned());
        }
        self.compare(found);
    }

    fn compare(&mut self, found: impl IntoIterator<Item = String>) {
        if !self.is_inside_policy() {
            self.own_values.extend(found);
        }
    }

    /// True for the name of a column that contains object ids, whose uses `object_ids` knows.
    fn is_id(&self, name: &str) -> bool {
        self.numbered.contains(name) && !self.own_numbers.contains(name)
    }

    fn beyond_ids<'o>(&self, own: &'o OwnColumns) -> impl Iterator<Item = (&'o String, &'o String)> + use<'_, 'o> {
        own.iter().filter(|(name, _)| !self.is_id(name))
    }

    fn own_column(&self, name: &str, scope: &Scope<'_>) -> Option<String> {
        if self.is_id(name) {
            return None;
        }
        let has_own = |relation: &ScopeRelation| relation.own.get(name).or_else(|| relation.own.get(ANY)).cloned();
        if let Some(own) = scope.relations.iter().find_map(has_own) {
            return Some(own);
        }
        if scope.relations.iter().any(|relation| relation.columns.as_ref().is_some_and(|of| of.contains(name))) {
            return None;
        }
        let row = scope.relations.iter().find(|relation| relation.alias.as_deref() == Some(name));
        match row {
            Some(relation) => self.beyond_ids(&relation.own).next().map(|(_, own)| own.clone()),
            None => self.own_column(name, scope.parent?),
        }
    }

    fn own_column_of(&self, table: &str, name: &str, scope: &Scope<'_>) -> Option<String> {
        if self.is_id(name) {
            return None;
        }
        match scope.relations.iter().find(|relation| relation.alias.as_deref() == Some(table)) {
            Some(relation) => relation.own.get(name).or_else(|| relation.own.get(ANY)).cloned(),
            None => self.own_column_of(table, name, scope.parent?),
        }
    }

    fn own_row(&self, name: &ObjectName, scope: &Scope<'_>) -> Option<String> {
        let name = last_part(name)?;
        match scope.relations.iter().find(|relation| relation.alias.as_ref() == Some(&name)) {
            Some(relation) => self.beyond_ids(&relation.own).next().map(|(_, own)| own.clone()),
            None => {
                let parent = scope.parent?;
                parent.relations.iter().find_map(|relation| {
                    let is_meant = relation.alias.as_ref() == Some(&name);
                    is_meant.then(|| self.beyond_ids(&relation.own).next()).flatten().map(|(_, own)| own.clone())
                })
            }
        }
    }
}

impl Scope<'_> {
    /// The columns of `*`, or of `alias.*`, with what each server has by itself.
    pub(super) fn own_columns(&self, alias: Option<&str>) -> OwnColumns {
        let is_meant = |relation: &&ScopeRelation| alias.is_none_or(|alias| relation.alias.as_deref() == Some(alias));
        self.relations.iter().filter(is_meant).flat_map(|relation| relation.own.clone()).collect()
    }
}
