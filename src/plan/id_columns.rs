//! The columns of tables with what each server has by itself: object ids, and what is generated from them.

use sqlparser::ast::{Expr, Statement, TableAlias};

use super::budget::spend;
use super::ident::fold_case;
use super::layout::{Layout, Relation};
use super::object_ids::ObjectIds;
use super::own_kind::{Own, OwnKind};
use super::parse::Tokens;
use super::select::{first_select, item_expr};

/// The such columns of a relation, as `AS alias(a, b)` renames them.
pub fn of(relation: &Relation, alias: Option<&TableAlias>, layout: &Layout) -> Vec<(String, OwnKind)> {
    let typed = typed(relation, layout);
    let generated = relation.generated.iter().filter(|(_, value)| is_own(value, &typed, layout));
    let generated = generated.map(|(name, _)| (name.clone(), OwnKind::Other));
    let found: Vec<_> = typed.iter().cloned().chain(generated).collect();
    let Some(alias) = alias.filter(|alias| !alias.columns.is_empty() && !found.is_empty()) else { return found };
    let order = relation.ordered_columns();
    let renamed = |name: String| {
        let place = order.iter().position(|column| *column == name);
        place.and_then(|place| Some(fold_case(&alias.columns.get(place)?.name))).unwrap_or(name)
    };
    found.into_iter().map(|(name, kind)| (renamed(name), kind)).collect()
}

/// What a column of a relation has. `columns`: those that `of` gives.
pub fn own(column: &Expr, table: Option<&String>, columns: &[(String, OwnKind)]) -> Option<Own> {
    let name = fold_case(match column {
        Expr::Identifier(name) => name,
        Expr::CompoundIdentifier(names) => names.last()?,
        _ => return None,
    });
    let kind = columns.iter().find(|(column, _)| *column == name).map(|(_, kind)| kind.clone());
    let kind = kind.or_else(|| (name == "tableoid").then_some(OwnKind::Table));
    let is_row = || table == Some(&name) && !columns.is_empty();
    kind.or_else(|| is_row().then(OwnKind::row)).map(|kind| Own { what: name, kind })
}

/// The columns whose types contain object ids.
fn typed(relation: &Relation, layout: &Layout) -> Vec<(String, OwnKind)> {
    if !relation.parts.1.contains(" reg") && !layout.readers.has_numbered() {
        return Vec::new();
    }
    let kind = |name: &str| {
        let line = relation.type_of(name)?;
        let parts = [" over ", " of ", " collate "];
        let of_type = parts.into_iter().fold(line, |line, part| line.split(part).next().unwrap_or(line));
        let (is_array, of_type) = (of_type.ends_with("[]"), of_type.trim_end_matches("[]"));
        let last = of_type.rsplit_once('.').map_or(of_type, |(_, last)| last);
        layout.kind_of_type(&last.trim_matches('"').replace("\"\"", "\""), is_array)
    };
    relation.ordered_columns().into_iter().filter_map(|name| Some((name.clone(), kind(&name)?))).collect()
}

/// True if an expression over a relation's columns, as the catalog writes it, is made of object ids.
fn is_own(value: &str, columns: &[(String, OwnKind)], layout: &Layout) -> bool {
    let may_be = value.contains("tableoid")
        || value.contains("::reg")
        || layout.readers.has_numbered() && value.contains("::")
        || columns.iter().any(|(name, _)| value.contains(name.as_str()));
    if !may_be {
        return false;
    }
    spend(4 * value.len());
    let Ok(statements) = Tokens::of(&format!("SELECT {value}")).and_then(Tokens::parse) else { return true };
    let [Statement::Query(query)] = statements.as_slice() else { return true };
    let expr = first_select(&query.body).and_then(|select| item_expr(select.projection.first()?));
    let own = |column: &Expr| own(column, None, columns);
    expr.is_none_or(|expr| !ObjectIds { layout, own: &own }.used(expr).is_empty())
}
