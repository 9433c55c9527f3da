//! Values that may be equal and written otherwise, such as the numbers 1 and 1.0. Which of them stands for all that are equal
//! depends on the order of the rows. For copies of rows that matters.

use std::collections::BTreeSet;

use sqlparser::ast::{
    BinaryOperator, DataType, Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, Select, TableAlias, Value,
};

use super::outputs::{ANY, OutputColumn, QueryInfo};
use super::scope::{Scope, ScopeRelation};
use super::search::Search;
use crate::plan::fan_out_plan::Fold;
use crate::plan::functions::{FunctionKind, kind, own_name};
use crate::plan::ident::fold_case;
use crate::plan::layout::{Relation, has_one_text};
use crate::plan::select::{application_type, each_call, group_keys, is_wildcard, item_expr, position, unnested};
use crate::plan::walk::{Node, NodeMut, rewrite, walk};

/// Functions of PostgreSQL's that make such values of others.
const MAKING: [&str; 7] =
    ["to_number", "age", "justify_days", "justify_hours", "justify_interval", "make_interval", "random"];

impl Search<'_> {
    /// Notes the calls of an expression that give one of several values that are equal.
    pub(super) fn note_loose_calls(&mut self, expr: &Expr, scope: &Scope<'_>) {
        if !self.copies {
            return;
        }
        let mut found = Vec::new();
        each_call(expr, &mut |call| {
            let picked = picked(call);
            if picked.iter().any(|value| is_loose(value, scope)) && !scope.tells_apart(&picked) {
                found.push(format!("{}() of values that may be equal and written otherwise", call.name));
            }
        });
        self.loose.extend(found);
    }

    /// Notes groups and DISTINCT, where one row stands for all that are equal.
    pub(super) fn note_loose_rows(&mut self, select: &Select, scope: &Scope<'_>) {
        if !self.copies || !scope.relations.iter().any(|relation| relation.is_stored) {
            return;
        }
        let keys: Vec<&Expr> = group_keys(select)
            .into_iter()
            .filter_map(|key| match key {
                Expr::Value(value) => position(&value.value.to_string(), select),
                key => Some(key),
            })
            .collect();
        let items: Vec<&Expr> = select.projection.iter().filter_map(item_expr).collect();
        let shows = || items.iter().any(|item| has_loose(&without_aggregates(item), scope));
        if keys.iter().any(|key| is_loose(key, scope)) && !scope.tells_apart(&keys) && shows() {
            self.loose.insert("GROUP BY values that may be equal and written otherwise".into());
        }
        let any = || {
            let is_all = select.projection.iter().any(is_wildcard);
            items.iter().any(|item| is_loose(item, scope))
                || is_all && scope.relations.iter().any(|relation| !relation.loose.is_empty())
        };
        if matches!(select.distinct, Some(Distinct::Distinct)) && any() && !scope.tells_apart(&items) {
            self.loose.insert("DISTINCT of values that may be equal and written otherwise".into());
        }
    }

    /// Notes a set operation that drops rows that are equal to others.
    pub(super) fn note_loose_sides(&mut self, sides: [&QueryInfo; 2]) {
        if self.copies && sides.iter().any(|side| side.is_stored && !side.loose.is_empty()) {
            self.loose.insert("UNION, INTERSECT or EXCEPT of values that may be equal and written otherwise".into());
        }
    }

    /// The such columns of a table, as `AS alias(a, b)` renames them.
    pub(super) fn loose_columns(&self, known: &Relation, alias: Option<&TableAlias>) -> BTreeSet<String> {
        if !self.copies {
            return BTreeSet::new();
        }
        let renamed = |place: usize| Some(fold_case(&alias?.columns.get(place)?.name));
        let columns = known.ordered_columns().into_iter().enumerate();
        let loose = columns.filter(|(_, name)| !known.type_of(name).is_some_and(has_one_text));
        loose.map(|(place, name)| renamed(place).unwrap_or(name)).collect()
    }

    /// The such columns of a select's rows.
    pub(super) fn loose_outputs(
        &self,
        select: &Select,
        outputs: &[OutputColumn],
        scope: &Scope<'_>,
    ) -> BTreeSet<String> {
        if !self.copies {
            return BTreeSet::new();
        }
        let mut found = BTreeSet::new();
        for (item, output) in select.projection.iter().zip(outputs) {
            match (item_expr(item), output) {
                (Some(expr), OutputColumn::Column { name, .. }) if is_loose(expr, scope) => {
                    found.insert(name.clone().unwrap_or_else(|| ANY.into()));
                }
                (None, _) => found.extend(scope.relations.iter().flat_map(|relation| relation.loose.clone())),
                _ => {}
            }
        }
        found
    }
}

/// The such columns of a set operation, which has the names of its first side.
pub(super) fn united(left: &QueryInfo, right: &QueryInfo) -> BTreeSet<String> {
    let mut found = left.loose.clone();
    for (index, output) in right.outputs.iter().enumerate() {
        let is_loose = match output {
            OutputColumn::Column { name: Some(name), .. } => right.loose.contains(name),
            _ => !right.loose.is_empty(),
        };
        if is_loose {
            found.insert(match left.outputs.get(index) {
                Some(OutputColumn::Column { name: Some(name), .. }) => name.clone(),
                _ => ANY.into(),
            });
        }
    }
    found
}

/// True for a condition that asks for nothing but whether values are equal, or greater.
pub(super) fn only_compares(condition: &Expr) -> bool {
    let mut only = true;
    walk(condition, &mut |node| {
        let Node::Expr(expr) = node else { return };
        only &= match expr {
            Expr::Cast { .. } | Expr::BinaryOp { op: BinaryOperator::StringConcat, .. } => false,
            Expr::Function(call) => kind(call).is_aggregate(),
            _ => true,
        };
    });
    only
}

/// True for an expression with ARRAY(SELECT ...).
pub(super) fn has_array(expr: &Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |node| {
        found |=
            matches!(node, Node::Expr(Expr::Function(call)) if matches!(call.args, FunctionArguments::Subquery(_)));
    });
    found
}

/// Of which values a call gives one, or lists those that are equal.
fn picked(call: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &call.args else { return Vec::new() };
    let is_ordered = list.clauses.iter().any(|clause| matches!(clause, FunctionArgumentClause::OrderBy(_)));
    let is_distinct = list.duplicate_treatment.is_some();
    let within = || call.within_group.iter().map(|key| &key.expr).collect();
    match kind(call) {
        FunctionKind::Whole if own_name(call).is_some_and(|name| name == "mode" || name == "percentile_disc") => {
            within()
        }
        FunctionKind::Folded(Fold::Min | Fold::Max) => arguments(&list.args),
        FunctionKind::Whole if is_ordered || is_distinct => arguments(&list.args),
        _ => Vec::new(),
    }
}

fn arguments(arguments: &[FunctionArg]) -> Vec<&Expr> {
    let mut found = Vec::new();
    for argument in arguments {
        match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) if !matches!(expr, Expr::Value(_)) => found.push(expr),
            _ => {}
        }
    }
    found
}

fn without_aggregates(expr: &Expr) -> Expr {
    let mut rest = expr.clone();
    rewrite(&mut rest, &mut |node| {
        if let NodeMut::Expr(expr) = node
            && matches!(expr, Expr::Function(call) if kind(call).is_aggregate())
        {
            *expr = Expr::value(Value::Null);
        }
        std::ops::ControlFlow::Continue(())
    });
    rest
}

/// True for an expression with such a part.
fn has_loose(expr: &Expr, scope: &Scope<'_>) -> bool {
    let mut found = false;
    walk(expr, &mut |node| {
        if let Node::Expr(column @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_))) = node {
            found |= is_loose(column, scope);
        }
    });
    found || is_loose(expr, scope)
}

/// True for an expression whose equal values may be written otherwise.
fn is_loose(expr: &Expr, scope: &Scope<'_>) -> bool {
    let is_loose = |expr: &Expr| is_loose(expr, scope);
    match expr {
        Expr::Nested(expr) | Expr::UnaryOp { expr, .. } => is_loose(expr),
        Expr::Identifier(name) => scope.is_loose_column(None, &fold_case(name)),
        Expr::CompoundIdentifier(names) => match names.as_slice() {
            [.., table, name] => scope.is_loose_column(Some(&fold_case(table)), &fold_case(name)),
            _ => true,
        },
        Expr::Cast { expr, data_type, .. } => match data_type {
            // The texts of numbers differ where they are written otherwise.
            DataType::Text | DataType::Varchar(_) | DataType::CharacterVarying(_) => scope.has_loose_text(expr),
            of_type
                if application_type(of_type).is_none() && has_one_text(&of_type.to_string().to_ascii_lowercase()) =>
            {
                false
            }
            _ => reads(expr),
        },
        Expr::BinaryOp { left, op, right } => match op {
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
            | BinaryOperator::And
            | BinaryOperator::Or
            | BinaryOperator::LongArrow
            | BinaryOperator::HashLongArrow => false,
            BinaryOperator::Arrow | BinaryOperator::HashArrow => true,
            _ => is_loose(left) || is_loose(right) || is_fraction(left) || is_fraction(right),
        },
        Expr::Case { conditions, else_result, .. } => {
            conditions.iter().any(|when| is_loose(&when.result)) || else_result.iter().any(|expr| is_loose(expr))
        }
        Expr::Function(call) => match kind(call) {
            FunctionKind::Count | FunctionKind::Grouping | FunctionKind::Clock => false,
            FunctionKind::Plain if own_name(call).is_some_and(|name| MAKING.contains(&name.as_str())) => reads(expr),
            FunctionKind::Plain | FunctionKind::Folded(_) | FunctionKind::Window => match &call.args {
                FunctionArguments::List(list) => arguments(&list.args).into_iter().any(is_loose),
                _ => false,
            },
            _ => reads(expr),
        },
        Expr::Value(_)
        | Expr::TypedString(_)
        | Expr::Exists { .. }
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsFalse(_)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::Extract { .. }
        | Expr::Position { .. } => false,
        Expr::Substring { expr, .. } | Expr::Trim { expr, .. } => is_loose(expr),
        expr => reads(expr),
    }
}

/// True for an expression that is more than one value.
fn reads(expr: &Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |node| {
        found |= matches!(node, Node::Query(_) | Node::Expr(Expr::Identifier(_) | Expr::CompoundIdentifier(_)));
    });
    found
}

fn is_fraction(expr: &Expr) -> bool {
    matches!(unnested(expr), Expr::Value(value)
        if matches!(&value.value, Value::Number(digits, _) if !digits.bytes().all(|byte| byte.is_ascii_digit())))
}

impl Scope<'_> {
    fn is_loose_column(&self, table: Option<&str>, name: &str) -> bool {
        let is_meant = |relation: &&ScopeRelation| match table {
            Some(table) => relation.alias.as_deref() == Some(table),
            None => relation.columns.as_ref().is_none_or(|columns| columns.contains(name)),
        };
        let has = |relation: &ScopeRelation| relation.loose.contains(name) || relation.loose.contains(ANY);
        if self.relations.iter().any(|relation| is_meant(&relation)) {
            return self.relations.iter().filter(is_meant).any(has);
        }
        // A row has all of its columns.
        let row = self.relations.iter().find(|relation| table.is_none() && relation.alias.as_deref() == Some(name));
        match row {
            Some(relation) => !relation.loose.is_empty(),
            None => self.parent.is_some_and(|parent| parent.is_loose_column(table, name)),
        }
    }

    /// True if texts of an expression may be equal under a collation, and differ.
    fn has_loose_text(&self, expr: &Expr) -> bool {
        let mut found = false;
        walk(expr, &mut |node| match node {
            Node::Expr(Expr::Collate { .. }) | Node::Query(_) => found = true,
            Node::Expr(Expr::Identifier(name)) => found |= self.is_loose_text(None, &fold_case(name)),
            Node::Expr(Expr::CompoundIdentifier(names)) => {
                if let [.., table, name] = names.as_slice() {
                    found |= self.is_loose_text(Some(&fold_case(table)), &fold_case(name));
                }
            }
            _ => {}
        });
        found
    }

    fn is_loose_text(&self, table: Option<&str>, name: &str) -> bool {
        self.relations.iter().any(|relation| relation.has_loose_texts) && self.is_loose_column(table, name)
            || self.parent.is_some_and(|parent| parent.is_loose_text(table, name))
    }
}
