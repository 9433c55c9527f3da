//! Which columns contain what each server has by itself, such as object ids or the name of its database, and where rows are
//! compared by them. Whoever only lists such a column, or leaves it alone, may have it.

use sqlparser::ast::{Distinct, Expr, Function, FunctionArgExpr, JoinConstraint, ObjectName, OrderBy, Select, Value};

use super::outputs::{ANY, Locality, OutputColumn, OwnColumns, QueryInfo, add_own};
use super::scope::{Scope, ScopeRelation};
use super::search::Search;
use crate::plan::functions::{arguments, own_name};
use crate::plan::ident::{fold_case, last_part, name_parts};
use crate::plan::object_ids::ObjectIds;
use crate::plan::own_kind::{Own, OwnKind};
use crate::plan::select::{each_call, is_aggregated, is_wildcard, item_expr, ordering, unnested};
use crate::plan::walk::{Node, walk};

impl Search<'_> {
    /// Notes what an expression uses of such columns, outside its subqueries.
    pub(super) fn use_own(&mut self, expr: &Expr, scope: &Scope<'_>) {
        let mut found = self.ids(&|column| scope.own(column)).used(expr);
        // Copies must not get it either.
        self.of_one_server.extend(found.iter().map(|own| own.what.clone()));
        let mut depth = 0;
        walk(expr, &mut |node| match node {
            Node::Query(_) => depth += 1,
            Node::QueryEnd => depth -= 1,
            Node::Expr(Expr::QualifiedWildcard(name, _)) if depth == 0 => found.extend(scope.own_row(name)),
            _ => {}
        });
        each_call(expr, &mut |call| {
            for argument in arguments(call).into_iter().flatten() {
                if let FunctionArgExpr::QualifiedWildcard(name) = argument {
                    found.extend(scope.own_row(name));
                }
            }
        });
        self.compare(found);
    }

    /// The object ids of expressions whose columns have this.
    pub(super) fn ids<'s>(&'s self, own: &'s dyn Fn(&Expr) -> Option<Own>) -> ObjectIds<'s> {
        ObjectIds { layout: self.layout, own }
    }

    /// Notes that rows are compared by these columns.
    pub(super) fn compare_own(&mut self, outputs: &[OutputColumn]) {
        let mut found = Vec::new();
        for output in outputs {
            match output {
                OutputColumn::Column { own, .. } => found.extend(own.clone()),
                OutputColumn::Several { own, .. } => found.extend(never_same(own)),
            }
        }
        self.compare(found);
    }

    /// The such columns of a relation in FROM.
    pub(super) fn note_own(&mut self, found: &QueryInfo) -> OwnColumns {
        // Another server would read the gathered ids.
        if matches!(found.locality, Locality::CrossShard(_)) {
            self.compare_own(&found.outputs);
        }
        found.own()
    }

    /// Notes the names of such columns of a relation in FROM, and of its rows.
    pub(super) fn note_own_names(&mut self, relation: &ScopeRelation) {
        add_own(&mut self.own_names, relation.own.clone());
        add_own(&mut self.own_names, relation.alias.clone().zip(relation.row()));
        // What is called so need not be a table's.
        if !relation.is_table && relation.columns.as_ref().is_none_or(|columns| columns.contains(TABLE)) {
            self.own_names.insert(TABLE.into(), Own::other(TABLE));
        }
    }

    /// Notes the listed values by which a select compares its rows. A group may have the name of its table.
    pub(super) fn compare_listed(&mut self, select: &Select, scope: &Scope<'_>) {
        let compares = select.distinct.is_some() || is_aggregated(select);
        let mut found = Vec::new();
        for (place, item) in select.projection.iter().enumerate() {
            if let (Some(own), Some(expr)) = (scope.listed.get(&place), item_expr(item)) {
                let is_name = self.ids(&|column| scope.own(column)).is_name(expr) || own.kind == OwnKind::row();
                let mut is_compared = compares && !is_name;
                each_call(expr, &mut |call| is_compared |= call.over.is_some());
                found.extend(is_compared.then(|| own.clone()));
            }
            if is_wildcard(item) && matches!(select.distinct, Some(Distinct::Distinct)) {
                found.extend(never_same(&scope.own_columns(None)));
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
            let is_merged = |name: &String| is_natural || name == ANY || columns.contains(name);
            let own = relation.own.iter().filter(|(name, own)| own.is_other() && is_merged(name));
            found.extend(own.map(|(_, own)| own.clone()));
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
            // Of the select that it orders, nothing but the names is known here.
            let names = &self.own_names;
            let own = |column: &Expr| {
                let name = fold_case(match column {
                    Expr::Identifier(name) => name,
                    Expr::CompoundIdentifier(names) => names.last()?,
                    _ => return None,
                });
                names.get(&name).cloned().or_else(|| table_id(&name))
            };
            let used = self.ids(&own).used(&key.expr);
            self.of_one_server.extend(used.iter().map(|own| own.what.clone()));
            found.extend(used);
            found.extend(self.own_names.get(ANY).cloned());
        }
        self.compare(found);
    }

    /// True for a call that reads a setting which shards may have each for itself.
    pub(super) fn is_own_setting(&self, call: &Function) -> bool {
        /// Those that the client compares on all shards.
        const COMPARED: [&str; 12] = [
            "bytea_output",
            "datestyle",
            "default_text_search_config",
            "extra_float_digits",
            "intervalstyle",
            "lc_monetary",
            "lc_numeric",
            "lc_time",
            "search_path",
            "server_encoding",
            "standard_conforming_strings",
            "timezone",
        ];
        if own_name(call).is_none_or(|name| name != "current_setting") {
            return false;
        }
        let first = arguments(call).and_then(|arguments| arguments.first().copied());
        let Some(FunctionArgExpr::Expr(Expr::Value(value))) = first else { return true };
        match &value.value {
            Value::SingleQuotedString(name) if name.contains('.') => self.layout.differences.settings,
            Value::SingleQuotedString(name) => !COMPARED.contains(&name.to_ascii_lowercase().as_str()),
            _ => true,
        }
    }

    fn compare(&mut self, found: impl IntoIterator<Item = Own>) {
        if !self.is_inside_policy() {
            self.own_values.extend(found.into_iter().map(|own| own.what));
        }
    }
}

/// The system column.
const TABLE: &str = "tableoid";

fn table_id(name: &str) -> Option<Own> {
    (name == TABLE).then(|| Own { what: TABLE.into(), kind: OwnKind::Table })
}

/// One of the columns that are never the same on two servers, not even as text.
fn never_same(own: &OwnColumns) -> Option<Own> {
    own.values().find(|own| !matches!(own.kind, OwnKind::Named(_))).map(|own| Own::other(&own.what))
}

impl ScopeRelation {
    /// What its rows as a whole have.
    fn row(&self) -> Option<Own> {
        let ids = || self.own.values().next().map(|own| Own { what: own.what.clone(), kind: OwnKind::row() });
        never_same(&self.own).or_else(ids)
    }

    fn own_column(&self, name: &str) -> Option<Own> {
        self.own.get(name).or_else(|| self.own.get(ANY)).cloned()
    }
}

impl Scope<'_> {
    /// What a column has, or a row.
    pub(super) fn own(&self, column: &Expr) -> Option<Own> {
        match column {
            Expr::Identifier(name) => self.own_named(&fold_case(name)),
            Expr::CompoundIdentifier(names) => match names.as_slice() {
                [.., table, name] => self.own_of(&fold_case(table), &fold_case(name)),
                _ => None,
            },
            _ => None,
        }
    }

    fn own_named(&self, name: &str) -> Option<Own> {
        if let Some(own) = self.relations.iter().find_map(|relation| relation.own_column(name)) {
            return Some(own);
        }
        if self.relations.iter().any(|relation| relation.columns.as_ref().is_some_and(|of| of.contains(name))) {
            return None;
        }
        if name == TABLE && self.relations.iter().any(|relation| relation.is_table) {
            return table_id(name);
        }
        match self.relations.iter().find(|relation| relation.alias.as_deref() == Some(name)) {
            Some(relation) => relation.row(),
            None => self.parent?.own_named(name),
        }
    }

    fn own_of(&self, table: &str, name: &str) -> Option<Own> {
        match self.relations.iter().find(|relation| relation.alias.as_deref() == Some(table)) {
            Some(relation) => relation.own_column(name).or_else(|| table_id(name).filter(|_| relation.is_table)),
            None => self.parent?.own_of(table, name),
        }
    }

    /// What is never the same in `alias.*`.
    fn own_row(&self, name: &ObjectName) -> Option<Own> {
        let alias = last_part(name)?;
        match self.relations.iter().find(|relation| relation.alias.as_ref() == Some(&alias)) {
            Some(relation) => never_same(&relation.own),
            None => self.parent?.own_row(name),
        }
    }

    /// The columns of `*`, or of `alias.*`, with what each server has by itself.
    pub(super) fn own_columns(&self, alias: Option<&str>) -> OwnColumns {
        let is_meant = |relation: &&ScopeRelation| alias.is_none_or(|alias| relation.alias.as_deref() == Some(alias));
        let mut found = OwnColumns::new();
        self.relations.iter().filter(is_meant).for_each(|relation| add_own(&mut found, relation.own.clone()));
        found
    }
}
