//! The order that a subquery, a CTE or a view gives its rows. Each shard orders its own rows, so the order is lost where the
//! rows of several shards are merged.

use sqlparser::ast::{Query, Select};

use super::functions;
use super::refusal::{Refusal, unsupported};
use super::select::{distinct_on, each_call, item_expr, takes_some_rows};

/// Refuses a query that depends on the ORDER BY of one of its parts: that order is not kept across shards.
pub fn check(query: &Query, select: &Select, gathers: bool) -> Result<(), Refusal> {
    let mut unordered = None;
    if gathers {
        for expr in select.projection.iter().filter_map(item_expr).chain(&select.having) {
            each_call(expr, &mut |call| {
                if call.over.is_none() && functions::is_unordered(call) {
                    unordered.get_or_insert_with(|| format!("{}() without ORDER BY in it", call.name));
                }
            });
        }
    } else if is_cut(query) {
        unordered = Some("LIMIT".to_owned());
    } else if query.order_by.is_none() && !distinct_on(select).is_empty() {
        unordered = Some("DISTINCT ON".to_owned());
    }
    unordered.map_or(Ok(()), |part| Err(refusal(&part)))
}

/// The same for the rows of a set operation.
pub fn check_cut(query: &Query) -> Result<(), Refusal> {
    if is_cut(query) { Err(refusal("LIMIT")) } else { Ok(()) }
}

/// True for a query with a LIMIT and no ORDER BY.
fn is_cut(query: &Query) -> bool {
    query.order_by.is_none() && takes_some_rows(query)
}

fn refusal(part: &str) -> Refusal {
    unsupported(&format!(
        "{part}, whose result depends on the ORDER BY of a subquery, a CTE or a view, which holds for the rows of one shard \
         alone; give it the ORDER BY itself"
    ))
}
