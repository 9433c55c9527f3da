//! The current time. No two shards have the same clock, so one shard is asked for the time and all shards use its
//! answer.

use std::ops::ControlFlow;

use sqlparser::ast::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, SelectItem, Statement,
    TimezoneInfo, Value, Visit, VisitMut,
};

use super::fan_out_plan::ParamSource;
use super::functions::{FunctionKind, arguments, kind, own_name};
use super::ident::{name_parts, quoted};
use super::layout::Layout;
use super::print::parameter;
use super::select::{output_name, plain_column, unnested};
use super::walk::{Node, NodeMut, rewrite, walk};

/// The reason to refuse a time other than the statement's.
pub const EACH_SHARD: &str = "each shard would read its own clock; write now() in the statement itself, bind the time, \
     or use .mtdd(null) or allServers: true";

/// Words that date and time input takes for the current time.
const WORDS: [&str; 4] = ["now", "today", "tomorrow", "yesterday"];

/// A date or time literal, outside subqueries, that means the current time.
pub fn literal(expr: &Expr, layout: &Layout) -> Option<String> {
    let mut found = None;
    let mut depth = 0;
    walk(expr, &mut |node| match node {
        Node::Query(_) => depth += 1,
        Node::QueryEnd => depth -= 1,
        Node::Expr(expr) if depth == 0 && found.is_none() => found = is_literal(expr, layout).then(|| expr.to_string()),
        _ => {}
    });
    found
}

/// The same anywhere in a statement.
pub fn literal_within(tree: &impl Visit, layout: &Layout) -> Option<String> {
    let mut found = None;
    walk(tree, &mut |node| {
        if let Node::Expr(expr) = node
            && found.is_none()
        {
            found = is_literal(expr, layout).then(|| expr.to_string());
        }
    });
    found
}

fn is_literal(expr: &Expr, layout: &Layout) -> bool {
    match expr {
        Expr::Cast { expr, data_type, .. } => is_of_time(data_type) && text_of(expr).is_some_and(has_word),
        Expr::TypedString(typed) => {
            is_of_time(&typed.data_type) && typed.value.value.clone().into_string().is_some_and(|text| has_word(&text))
        }
        Expr::BinaryOp { left, right, .. } => is_compared(left, right, layout) || is_compared(right, left, layout),
        Expr::Between { expr, low, high, .. } => is_compared(expr, low, layout) || is_compared(expr, high, layout),
        Expr::InList { expr, list, .. } => list.iter().any(|one| is_compared(expr, one, layout)),
        _ => false,
    }
}

/// True for an untyped literal that means the current time in a column of this type.
pub fn is_stored(literal: &Expr, of_type: &str) -> bool {
    is_named_of_time(of_type) && text_of(unnested(literal)).is_some_and(has_word)
}

/// True for an untyped literal that gets a date or time type from a column.
fn is_compared(column: &Expr, literal: &Expr, layout: &Layout) -> bool {
    let Expr::Value(value) = unnested(literal) else { return false };
    let Value::SingleQuotedString(text) = &value.value else { return false };
    let Some(name) = plain_column(unnested(column)) else { return false };
    has_word(text) && layout.relations.values().any(|relation| relation.type_of(&name).is_some_and(is_named_of_time))
}

fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => text_of(inner),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// True for a text that contains such a word.
pub fn has_word(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_alphabetic())
        .any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

fn is_of_time(data_type: &DataType) -> bool {
    is_named_of_time(&data_type.to_string().to_ascii_lowercase())
}

fn is_named_of_time(name: &str) -> bool {
    ["date", "time"].iter().any(|begins| name.trim_start_matches("pg_catalog.").starts_with(begins))
}

/// Replaces now() and similar calls by a parameter, so that all shards use one time. True if there were any.
pub fn one_for_all(tree: &mut impl VisitMut) -> bool {
    let mut found = false;
    rewrite(tree, &mut |node| {
        match node {
            NodeMut::Select(select) => keep_names(&mut select.projection),
            NodeMut::ExprEnd(expr) => {
                if let Expr::Function(call) = expr
                    && let Some(value) = meant(call)
                {
                    *expr = value;
                    found = true;
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    found
}

/// Keeps the names of columns that are named after a replaced clock call.
pub fn keep_names(items: &mut [SelectItem]) {
    for item in items {
        let name = output_name(item);
        if let (SelectItem::UnnamedExpr(expr), Some(name)) = (&*item, name)
            && names_clock(expr)
        {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: quoted(&name) };
        }
    }
}

/// True if the statement asks for the time.
pub fn is_asked(statement: &Statement) -> bool {
    let mut found = false;
    walk(statement, &mut |node| {
        found |= matches!(node, Node::Expr(Expr::Function(call)) if kind(call) == FunctionKind::Clock);
    });
    found
}

/// True if the call may mean a function of the application.
pub fn is_shadowed(statement: &Statement, layout: &Layout) -> bool {
    let mut found = false;
    walk(statement, &mut |node| {
        found |= matches!(node, Node::Expr(Expr::Function(call)) if kind(call) == FunctionKind::Clock
            && name_parts(&call.name).is_some_and(|parts| parts.len() == 1 && layout.shadowed.contains(&parts[0])));
    });
    found
}

fn names_clock(expr: &Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |node| {
        found |= matches!(node, Node::Expr(Expr::Function(call)) if meant(call).is_some());
    });
    found
}

/// A clock call as an expression of the statement's start time.
fn meant(call: &Function) -> Option<Expr> {
    if kind(call) != FunctionKind::Clock {
        return None;
    }
    let cast = |expr: Expr, data_type: DataType| Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type,
        format: None,
    };
    let now = |precision| {
        let time = Expr::Value(parameter(ParamSource::Now).into());
        cast(time, DataType::Timestamp(precision, TimezoneInfo::WithTimeZone))
    };
    if own_name(call)? == "age" {
        let mut since = call.clone();
        let FunctionArguments::List(list) = &mut since.args else { return None };
        let today = FunctionArg::Unnamed(FunctionArgExpr::Expr(cast(now(None), DataType::Date)));
        list.args.insert(0, today);
        return Some(Expr::Function(since));
    }
    let precision = match arguments(call)?.as_slice() {
        [] => None,
        [FunctionArgExpr::Expr(Expr::Value(value))] => match &value.value {
            Value::Number(digits, _) => Some(digits.parse().ok()?),
            _ => return None,
        },
        _ => return None,
    };
    let now = now(precision);
    Some(match own_name(call)?.as_str() {
        "current_date" => cast(now, DataType::Date),
        "localtimestamp" => cast(now, DataType::Timestamp(precision, TimezoneInfo::WithoutTimeZone)),
        "localtime" => cast(now, DataType::Time(precision, TimezoneInfo::WithoutTimeZone)),
        _ => now,
    })
}
