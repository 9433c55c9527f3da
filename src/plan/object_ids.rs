//! Object ids, which each database gives by itself: the same table has another number on each shard, and the same name.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, DataType, Expr, Function, Value};

use super::functions::own_name;
use super::ident::fold_case;
use super::select::unnested;
use super::walk::{Node, NodeMut, rewrite, walk};

/// Types whose values are object ids, without the prefix `reg`.
const NUMBERED: [&str; 11] = [
    "class",
    "collation",
    "config",
    "dictionary",
    "namespace",
    "oper",
    "operator",
    "proc",
    "procedure",
    "role",
    "type",
];

/// True for the name of a type whose values are object ids, and are written as names.
pub fn is_numbered(of_type: &str) -> bool {
    let name = of_type.trim_start_matches("pg_catalog.");
    name.strip_prefix("reg").is_some_and(|name| NUMBERED.contains(&name))
}

/// An object id of one database in an expression, described. Its name as a text is none, nor is whether two of one
/// database are the same. `columns`: those of such types.
pub fn number(expr: &Expr, columns: &BTreeSet<String>) -> Option<String> {
    first(expr, columns)?;
    let mut rest = expr.clone();
    rewrite(&mut rest, &mut |node| {
        if let NodeMut::Expr(expr) = node
            && is_alike(expr, columns)
        {
            *expr = Expr::value(Value::Null);
        }
        ControlFlow::Continue(())
    });
    first(&rest, columns)
}

fn first(expr: &Expr, columns: &BTreeSet<String>) -> Option<String> {
    let mut found = None;
    walk(expr, &mut |node| {
        let is_number = match node {
            Node::Ident(name) => Some(fold_case(name)).filter(|name| name == "tableoid" || columns.contains(name)),
            Node::Expr(Expr::Cast { data_type, .. }) => numbered(data_type),
            Node::Expr(Expr::Function(call)) => naming(call).map(|name| format!("{name}()")),
            _ => None,
        };
        if found.is_none() {
            found = is_number;
        }
    });
    found
}

/// A function of PostgreSQL's that gives the id of a name, or of a type.
fn naming(call: &Function) -> Option<String> {
    own_name(call).filter(|name| is_naming(name))
}

/// True for the name of such a function.
pub fn is_naming(function: &str) -> bool {
    function == "pg_typeof" || function.strip_prefix("to_").is_some_and(is_numbered)
}

/// True for an id that stands for the same name wherever rows of several shards are compared by it: that of a row's table, or
/// of a value's type. PostgreSQL writes it as that name.
pub fn is_name(expr: &Expr) -> bool {
    match unnested(expr) {
        Expr::Cast { expr, data_type, .. } => {
            data_type.to_string().eq_ignore_ascii_case("regclass") && is_column(expr, &BTreeSet::new())
        }
        Expr::Function(call) => own_name(call).is_some_and(|name| name == "pg_typeof"),
        _ => false,
    }
}

/// True for an id that PostgreSQL writes as a name.
pub fn is_written_as_name(expr: &Expr) -> bool {
    match unnested(expr) {
        Expr::Cast { expr, data_type, .. } => {
            numbered(data_type).is_some() && (is_given(expr, &BTreeSet::new()) || naming_call(expr))
        }
        expr => naming_call(expr),
    }
}

fn naming_call(expr: &Expr) -> bool {
    matches!(unnested(expr), Expr::Function(call) if naming(call).is_some())
}

fn numbered(data_type: &DataType) -> Option<String> {
    Some(data_type.to_string().to_ascii_lowercase()).filter(|name| is_numbered(name))
}

/// True for what is the same on every shard, although it is made of object ids.
fn is_alike(expr: &Expr, columns: &BTreeSet<String>) -> bool {
    match expr {
        Expr::Cast { expr, data_type: DataType::Text | DataType::Varchar(None), .. } => match unnested(expr) {
            Expr::Cast { expr, data_type, .. } if numbered(data_type).is_some() => is_given(expr, columns),
            call if naming_call(call) => true,
            column => is_column(column, columns) && !is_column(column, &BTreeSet::new()),
        },
        Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right } => {
            is_id(left, columns) && is_id(right, columns)
        }
        Expr::IsNull(expr) | Expr::IsNotNull(expr) => is_id(expr, columns),
        Expr::InList { expr, list, .. } => is_id(expr, columns) && list.iter().all(|one| is_id(one, columns)),
        _ => false,
    }
}

/// True for an id that a row has, or that a name means.
fn is_id(expr: &Expr, columns: &BTreeSet<String>) -> bool {
    match unnested(expr) {
        Expr::Cast { expr, data_type: DataType::Custom(name, _), .. }
            if name.to_string().eq_ignore_ascii_case("oid") =>
        {
            is_id(expr, columns)
        }
        Expr::Cast { expr, data_type, .. } if numbered(data_type).is_some() => is_given(expr, columns),
        call if naming_call(call) => true,
        expr => is_column(expr, columns),
    }
}

/// True for a name, or an id that a row has.
fn is_given(expr: &Expr, columns: &BTreeSet<String>) -> bool {
    match unnested(expr) {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(name) => !name.bytes().all(|byte| byte.is_ascii_digit()),
            _ => false,
        },
        expr => is_column(expr, columns),
    }
}

/// True for `tableoid`, and for a column of these.
fn is_column(expr: &Expr, columns: &BTreeSet<String>) -> bool {
    let name = match unnested(expr) {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(names) => names.last(),
        _ => None,
    };
    name.map(fold_case).is_some_and(|name| name == "tableoid" || columns.contains(&name))
}
