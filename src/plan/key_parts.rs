//! By what the rows of VALUES can be told apart, as they are written.

use sqlparser::ast::{CastKind, DataType, Expr, UnaryOperator, Value};

use super::distinct_rows::{KeyPart, MOST_DIGITS, comparable};
use super::print::placeholder;
use super::select::unnested;

/// What tells a value of VALUES apart. None: not known.
pub fn key_part(expr: &Expr) -> Option<KeyPart> {
    match without_casts(expr) {
        Expr::Value(value) if let Some(index) = placeholder(&value.value) => {
            Some(KeyPart::Param { index, is_exact: false })
        }
        _ => literal(expr).map(KeyPart::Literal),
    }
}

/// True for what is, or becomes, a number.
pub fn is_number(expr: &Expr) -> bool {
    match unnested(expr) {
        Expr::Cast { data_type: DataType::Text | DataType::Uuid, expr, .. } => is_number(expr),
        Expr::Cast { data_type: DataType::Varchar(None) | DataType::CharacterVarying(None), expr, .. } => {
            is_number(expr)
        }
        Expr::Cast { .. } | Expr::UnaryOp { .. } => true,
        Expr::Value(value) => matches!(value.value, Value::Number(..)),
        _ => false,
    }
}

/// An expression without casts that leave values different, as far as `comparable` holds them for that.
pub fn without_casts(expr: &Expr) -> &Expr {
    match unnested(expr) {
        Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, .. } if keeps_apart(data_type) => {
            without_casts(expr)
        }
        expr => expr,
    }
}

fn keeps_apart(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::SmallInt(None)
            | DataType::Int(None)
            | DataType::Integer(None)
            | DataType::BigInt(None)
            | DataType::Int2(None)
            | DataType::Int4(None)
            | DataType::Int8(None)
            | DataType::Text
            | DataType::Varchar(None)
            | DataType::CharacterVarying(None)
            | DataType::Uuid
    )
}

/// What `comparable` makes of a literal.
pub fn literal(expr: &Expr) -> Option<String> {
    let value = match without_casts(expr) {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => return literal(expr),
        Expr::Value(value) => &value.value,
        _ => return None,
    };
    match value {
        Value::Number(digits, _) if digits.len() <= MOST_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            comparable(digits)
        }
        Value::SingleQuotedString(text) => comparable(text),
        _ => None,
    }
}
