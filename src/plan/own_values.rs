//! Values that each server has by itself, such as object ids or the name of its database. A query may list them; rows of
//! several shards are not compared by them.

use sqlparser::ast::{Expr, Query, SelectItem, SetExpr, Value};

use super::draft::empty_select;
use super::ident::fold_case;
use super::layout::Layout;
use super::locality::{Scope, Search};
use super::refusal::{Refusal, unsupported};
use super::select::{each_call, is_aggregated, item_expr, ordering, output_name, unnested};

/// Refuses rows of several shards that are compared by what each server has by itself.
pub fn refuse(query: &Query, search: &Search<'_>, layout: &Layout) -> Result<(), Refusal> {
    if let Some(relation) = search.catalogue.iter().next() {
        return Err(unsupported(&format!(
            "{relation} together with rows of tenants: the object ids in it differ from server to server; to let each shard \
                 read its own catalogue, use .mtdd(null) or allServers: true"
        )));
    }
    match search.own_values.iter().next().filter(|_| !only_lists_own_values(query, layout)) {
        Some(value) => Err(unsupported(&format!(
            "{value}, which differs from server to server, in more than the select list: rows of all shards cannot be compared, \
                 grouped or ordered by it; use a table's name, as in tableoid::regclass::text, or for what each shard makes \
                 of it .mtdd(null) or allServers: true"
        ))),
        None => Ok(()),
    }
}

/// True if such values stand only in the list of a select that gives its rows as they are.
fn only_lists_own_values(query: &Query, layout: &Layout) -> bool {
    let SetExpr::Select(select) = &*query.body else { return false };
    if select.distinct.is_some() || is_aggregated(select) {
        return false;
    }
    let mut rest = (**select).clone();
    for (place, item) in rest.projection.iter_mut().enumerate() {
        let mut listed = empty_select();
        listed.projection = vec![item.clone()];
        listed.from.clone_from(&select.from);
        let mut search = Search::new(layout);
        let found = search.core(&listed, &mut Scope::inside(&Scope::root()));
        if found.is_ok() && search.own_values.is_empty() {
            continue;
        }
        let (name, number) = (output_name(item), (place + 1).to_string());
        let is_key = |key: &Expr| match unnested(key) {
            Expr::Value(value) => value.to_string() == number,
            Expr::Identifier(key) => Some(fold_case(key)) == name,
            _ => false,
        };
        let mut windows = false;
        item_expr(item).into_iter().for_each(|expr| each_call(expr, &mut |call| windows |= call.over.is_some()));
        if windows || ordering(query.order_by.as_ref()).iter().any(|key| is_key(&key.expr)) {
            return false;
        }
        *item = SelectItem::UnnamedExpr(Expr::value(Value::Null));
    }
    let rest = Query { body: Box::new(SetExpr::Select(Box::new(rest))), ..query.clone() };
    let mut search = Search::new(layout);
    search.query(&rest, &Scope::root()).is_ok() && search.own_values.is_empty()
}
