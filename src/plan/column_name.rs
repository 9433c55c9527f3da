//! The name that PostgreSQL gives to an output column without AS (FigureColname in its parser). The planner needs it to
//! keep the name when it replaces an expression.

use sqlparser::ast::{AccessExpr, DataType, Expr, SelectItem, SetExpr};

use super::ident::{fold_case, name_parts};

const NAMELESS: &str = "?column?";

/// The name of an expression's column.
pub fn of(expr: &Expr) -> String {
    figured(expr).map_or_else(|| NAMELESS.to_owned(), |(name, _)| name)
}

/// A name, and whether a cast around it keeps it.
fn figured(expr: &Expr) -> Option<(String, bool)> {
    let strong = |name: &str| Some((name.to_owned(), true));
    match expr {
        Expr::Identifier(name) => strong(&fold_case(name)),
        Expr::CompoundIdentifier(names) => strong(&fold_case(names.last()?)),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => figured(inner),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let field = access_chain.iter().rev().find_map(|access| match access {
                AccessExpr::Dot(Expr::Identifier(name)) => Some((fold_case(name), true)),
                _ => None,
            });
            field.or_else(|| figured(root))
        }
        Expr::Function(call) => strong(name_parts(&call.name)?.last()?),
        Expr::Cast { expr, data_type, .. } => match figured(expr) {
            Some((name, true)) => Some((name, true)),
            weak => type_name(data_type).map(|name| (name, false)).or(weak),
        },
        Expr::TypedString(typed) => type_name(&typed.data_type).map(|name| (name, false)),
        Expr::Interval(_) => Some(("interval".into(), false)),
        Expr::Case { else_result, .. } => match else_result.as_deref().and_then(figured) {
            Some((name, true)) => Some((name, true)),
            _ => Some(("case".into(), false)),
        },
        Expr::Extract { .. } => strong("extract"),
        Expr::Ceil { .. } => strong("ceil"),
        Expr::Floor { .. } => strong("floor"),
        Expr::Position { .. } => strong("position"),
        Expr::Substring { .. } => strong("substring"),
        Expr::Overlay { .. } => strong("overlay"),
        Expr::Trim { trim_where, .. } => strong(match trim_where {
            Some(sqlparser::ast::TrimWhereField::Leading) => "ltrim",
            Some(sqlparser::ast::TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        Expr::AtTimeZone { .. } => strong("timezone"),
        Expr::Exists { .. } => strong("exists"),
        Expr::Array(_) => strong("array"),
        Expr::Tuple(_) => strong("row"),
        Expr::Subquery(query) => match &*query.body {
            SetExpr::Select(select) => match select.projection.first()? {
                SelectItem::UnnamedExpr(expr) => figured(expr),
                SelectItem::ExprWithAlias { alias, .. } => strong(&fold_case(alias)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// The name of a type in the catalog, where SQL has a name of its own for it.
fn type_name(data_type: &DataType) -> Option<String> {
    let text = data_type.to_string().to_ascii_lowercase();
    let bare = text.split(['(', '[']).next()?.trim();
    Some(match bare {
        "int" | "integer" | "int4" => "int4".into(),
        "smallint" | "int2" => "int2".into(),
        "bigint" | "int8" => "int8".into(),
        "boolean" | "bool" => "bool".into(),
        "real" | "float4" => "float4".into(),
        "double precision" | "float8" | "float" => "float8".into(),
        "decimal" | "dec" | "numeric" => "numeric".into(),
        "character varying" | "varchar" => "varchar".into(),
        "character" | "char" => "bpchar".into(),
        "timestamp with time zone" | "timestamptz" => "timestamptz".into(),
        "timestamp" | "timestamp without time zone" => {
            if text.ends_with("with time zone") && !text.ends_with("without time zone") {
                "timestamptz"
            } else {
                "timestamp"
            }
            .into()
        }
        "time" | "time without time zone" => {
            if text.ends_with("with time zone") && !text.ends_with("without time zone") { "timetz" } else { "time" }
                .into()
        }
        "time with time zone" => "timetz".into(),
        other => other.rsplit('.').next()?.trim_matches('"').to_owned(),
    })
}
