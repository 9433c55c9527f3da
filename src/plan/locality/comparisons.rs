//! Under which types and collations columns are compared. Rows that a key tells apart may be equal under others.

use std::collections::HashMap;

use sqlparser::ast::BinaryOperator::{Divide, Minus, Modulo, Multiply, Plus};
use sqlparser::ast::{DataType, Expr, Query, Select, TableFactor, UnaryOperator, Value};

use super::scope::ScopeRelation;
use crate::plan::functions::{FunctionKind, kind};
use crate::plan::ident::{fold_case, name_parts};
use crate::plan::layout::{Layout, NOT_DETERMINISTIC, base_type, collation};
use crate::plan::print::placeholder;
use crate::plan::select::{application_type, unnested};
use crate::plan::walk::{Node, walk};

/// The columns and the parameters of a change.
pub(super) struct Comparisons<'c> {
    layout: &'c Layout,
    relations: &'c [ScopeRelation],
    /// The tables in FROM, by alias.
    tables: HashMap<String, Vec<String>>,
    /// How often each parameter is used.
    params: HashMap<usize, usize>,
    /// It names a collation, or a column of some table has one that is not deterministic.
    has_loose: bool,
}

/// Types whose values are compared as such numbers without rounding.
const EXACT: [&str; 4] = ["smallint", "integer", "bigint", "numeric"];

impl<'c> Comparisons<'c> {
    pub(super) fn of(
        layout: &'c Layout,
        select: &Select,
        with: Option<&Query>,
        relations: &'c [ScopeRelation],
    ) -> Self {
        let mut params = HashMap::new();
        let mut has_loose = layout.relations.values().any(|known| known.parts.1.contains(NOT_DETERMINISTIC));
        let mut see = |node: Node<'_>| match node {
            Node::Expr(Expr::Value(value)) => {
                if let Some(index) = placeholder(&value.value) {
                    *params.entry(index).or_insert(0) += 1;
                }
            }
            Node::Expr(Expr::Collate { .. }) => has_loose = true,
            _ => {}
        };
        match with {
            Some(query) => walk(query, &mut see),
            None => walk(select, &mut see),
        }
        let mut tables = HashMap::new();
        walk(&select.from, &mut |node| {
            if let Node::Factor(TableFactor::Table { name, alias, args: None, .. }) = node
                && let Some(names) = name_parts(name)
                && alias.as_ref().is_none_or(|alias| alias.columns.is_empty())
            {
                let shown = alias.as_ref().map(|alias| fold_case(&alias.name));
                tables.entry(shown.or_else(|| names.last().cloned()).unwrap_or_default()).or_insert(names);
            }
        });
        Comparisons { layout, relations, tables, params, has_loose }
    }

    /// True for a parameter that is used once, so that nothing else decides its type.
    pub(super) fn is_once(&self, param: usize) -> bool {
        self.params.get(&param) == Some(&1)
    }

    /// True if a value equals at most one of the values of this column, which is a unique key of its table.
    pub(super) fn keeps_key(&self, column: &Expr, other: &Expr) -> bool {
        let Some(line) = self.line(column) else { return false };
        let is_literal = match unnested(other) {
            Expr::Value(value) => match &value.value {
                Value::Placeholder(_) => placeholder(&value.value).is_some_and(|index| self.is_once(index)),
                _ => true,
            },
            _ => false,
        };
        if is_literal {
            return true;
        }
        match base_type(line) {
            // Each of these becomes another value of any type with which it can be compared.
            "smallint" | "integer" | "real" | "double precision" | "uuid" | "boolean" | "date" => true,
            "bigint" | "numeric" => self.is_exact(other),
            "text" | "character varying" | "character" | "name" | "citext" => self.keeps_texts_of(line, other),
            _ => self.line(other).is_some_and(|of| of == line),
        }
    }

    /// True if texts are compared letter by letter with this.
    pub(super) fn keeps_texts(&self, other: &Expr) -> bool {
        self.keeps_texts_of("text", other)
    }

    fn keeps_texts_of(&self, line: &str, other: &Expr) -> bool {
        let of_key = collation(line);
        let is_loose = |line: &str| line.contains(NOT_DETERMINISTIC);
        let mut keeps = true;
        walk(other, &mut |node| {
            let Node::Expr(expr) = node else { return };
            keeps &= match expr {
                Expr::Collate { .. } => false,
                Expr::Cast { data_type, .. } => application_type(data_type).is_none(),
                Expr::Function(call) => kind(call) == FunctionKind::Plain,
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => match self.line(expr) {
                    Some(other) => {
                        collation(other).is_none()
                            || collation(other) == of_key && line != "text"
                            || !is_loose(line) && !is_loose(other)
                    }
                    None => !self.has_loose,
                },
                _ => true,
            };
        });
        keeps
    }

    /// True for a number that no comparison rounds, nor another one with it.
    pub(super) fn is_exact(&self, expr: &Expr) -> bool {
        let mut exact = true;
        walk(expr, &mut |node| {
            let Node::Expr(expr) = node else { return };
            exact &= match expr {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                    self.line(expr).is_some_and(|line| EXACT.contains(&base_type(line)))
                }
                Expr::Cast { data_type, .. } => is_exact_type(data_type),
                Expr::Value(value) => placeholder(&value.value).is_none_or(|index| self.is_once(index)),
                Expr::BinaryOp { op, .. } => matches!(op, Plus | Minus | Multiply | Divide | Modulo),
                Expr::UnaryOp { op, .. } => matches!(op, UnaryOperator::Plus | UnaryOperator::Minus),
                Expr::Nested(_) => true,
                _ => false,
            };
        });
        exact
    }

    /// The type of a table's column, and the rest of its line.
    fn line(&self, column: &Expr) -> Option<&'c str> {
        let (table, name) = match unnested(column) {
            Expr::Identifier(name) => {
                let name = fold_case(name);
                let has = |relation: &&ScopeRelation| relation.columns.as_ref().is_none_or(|of| of.contains(&name));
                let mut having = self.relations.iter().filter(has);
                match (having.next(), having.next()) {
                    (Some(relation), None) => (relation.alias.clone()?, name),
                    _ => return None,
                }
            }
            Expr::CompoundIdentifier(names) => match names.as_slice() {
                [.., table, name] => (fold_case(table), fold_case(name)),
                _ => return None,
            },
            _ => return None,
        };
        let is_table = |relation: &ScopeRelation| relation.is_table && relation.alias.as_ref() == Some(&table);
        if !self.relations.iter().any(is_table) {
            return None;
        }
        self.layout.relation(self.tables.get(&table)?)?.type_of(&name)
    }
}

fn is_exact_type(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::SmallInt(_)
            | DataType::Int(_)
            | DataType::Integer(_)
            | DataType::BigInt(_)
            | DataType::Int2(_)
            | DataType::Int4(_)
            | DataType::Int8(_)
            | DataType::Numeric(_)
            | DataType::Decimal(_)
    )
}
