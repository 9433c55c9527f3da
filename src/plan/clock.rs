//! The clock: shards have one each, which never show the same. The time that a statement asks for is asked of one shard and
//! given to all.

use std::ops::ControlFlow;

use sqlparser::ast::{CastKind, DataType, Expr, Function, FunctionArgExpr, Query, SelectItem, TimezoneInfo, Value};

use super::Layout;
use super::functions::{Kind, arguments, kind, own_name};
use super::rows::output_name;
use super::shape::Source;
use super::text::{fold, parameter, quoted, unnested};
use super::walk::{Node, NodeMut, rewrite, walk};

/// Words that the input of a date or a time takes for the time at which it is read.
const WORDS: [&str; 4] = ["now", "today", "tomorrow", "yesterday"];

/// A literal of a date or a time, outside of subqueries, that means one as of now.
pub fn literal(expr: &Expr, layout: &Layout) -> Option<String> {
    let mut found = None;
    let mut depth = 0;
    walk(expr, &mut |node| match node {
        Node::Query(_) => depth += 1,
        Node::QueryEnd => depth -= 1,
        Node::Expr(expr) if depth == 0 && found.is_none() => {
            let is_clock = match expr {
                Expr::Cast { expr, data_type, .. } => is_of_time(data_type) && text_of(expr).is_some_and(has_word),
                Expr::TypedString(typed) => {
                    is_of_time(&typed.data_type)
                        && typed.value.value.clone().into_string().is_some_and(|text| has_word(&text))
                }
                Expr::BinaryOp { left, right, .. } => {
                    is_compared(left, right, layout) || is_compared(right, left, layout)
                }
                Expr::Between { expr, low, high, .. } => {
                    is_compared(expr, low, layout) || is_compared(expr, high, layout)
                }
                Expr::InList { expr, list, .. } => list.iter().any(|one| is_compared(expr, one, layout)),
                _ => false,
            };
            found = is_clock.then(|| expr.to_string());
        }
        _ => {}
    });
    found
}

/// True for a literal without a type that takes the type of a date or a time from a column.
fn is_compared(column: &Expr, literal: &Expr, layout: &Layout) -> bool {
    let Expr::Value(value) = unnested(literal) else { return false };
    let Value::SingleQuotedString(text) = &value.value else { return false };
    let name = match unnested(column) {
        Expr::Identifier(name) => fold(name),
        Expr::CompoundIdentifier(names) => names.last().map(fold).unwrap_or_default(),
        _ => return false,
    };
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

fn has_word(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_alphabetic())
        .any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

fn is_of_time(data_type: &DataType) -> bool {
    is_named_of_time(&data_type.to_string().to_ascii_lowercase())
}

fn is_named_of_time(name: &str) -> bool {
    ["date", "time"].iter().any(|begins| name.trim_start_matches("pg_catalog.").starts_with(begins))
}

/// Gives all shards one clock: now() and its like become a parameter. True if there were any.
pub fn one_for_all(query: &mut Query) -> bool {
    let mut found = false;
    rewrite(query, &mut |node| {
        match node {
            NodeMut::Select(select) => {
                for item in &mut select.projection {
                    // Its name is made of the call that vanishes.
                    let name = output_name(item);
                    if let (SelectItem::UnnamedExpr(expr), Some(name)) = (&*item, name)
                        && names_clock(expr)
                    {
                        *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: quoted(&name) };
                    }
                }
            }
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

fn names_clock(expr: &Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |node| {
        found |= matches!(node, Node::Expr(Expr::Function(call)) if meant(call).is_some());
    });
    found
}

/// What a call of the clock is, in terms of the time at which the statement began.
fn meant(call: &Function) -> Option<Expr> {
    if kind(call) != Kind::Clock {
        return None;
    }
    let cast = |expr: Expr, data_type: DataType| Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type,
        format: None,
    };
    let precision = match arguments(call)?.as_slice() {
        [] => None,
        [FunctionArgExpr::Expr(Expr::Value(value))] => match &value.value {
            Value::Number(digits, _) => Some(digits.parse().ok()?),
            _ => return None,
        },
        _ => return None,
    };
    let now =
        cast(Expr::Value(parameter(Source::Now).into()), DataType::Timestamp(precision, TimezoneInfo::WithTimeZone));
    Some(match own_name(call)?.as_str() {
        "current_date" => cast(now, DataType::Date),
        "localtimestamp" => cast(now, DataType::Timestamp(precision, TimezoneInfo::WithoutTimeZone)),
        "localtime" => cast(now, DataType::Time(precision, TimezoneInfo::WithoutTimeZone)),
        _ => now,
    })
}
