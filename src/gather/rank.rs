//! The query by which a shard sorts keys that only PostgreSQL can compare, and how to read its result.

use super::columns::{GatheredColumn, GatheredColumns, rows_from};
use crate::data::result_set::ResultSet;
use crate::error::Error;
use crate::plan::OrderKey;

/// Sorts values, given as one array for each key. Returns each value's place, and a number that is the same for all values
/// that are equal in the first `on` keys. A domain sorts as its base type does.
pub fn statement(keys: &[OrderKey], on: usize, columns: &GatheredColumns<'_>) -> String {
    let names: Vec<_> = (0..keys.len()).map(|index| format!("k{index}")).collect();
    let known: Vec<&GatheredColumn> = keys.iter().filter_map(|key| columns.at(key.column)).collect();
    let rows = rows_from(0, known.iter().copied());
    let values: Vec<_> =
        known.iter().zip(&names).map(|(known, name)| format!("u.{name}{} AS {name}", known.collate())).collect();
    let sort = |(key, name): (&OrderKey, &String)| {
        let direction = if key.descending { "DESC" } else { "ASC" };
        let nulls = if key.nulls_first { "FIRST" } else { "LAST" };
        format!("q.{name} {direction} NULLS {nulls}")
    };
    let order: Vec<_> = keys.iter().zip(&names).map(sort).collect();
    let group = match on {
        0 => "0".to_owned(),
        on => format!("pg_catalog.rank() OVER (ORDER BY {})", order[..on.min(order.len())].join(", ")),
    };
    format!(
        "SELECT q.place OPERATOR(pg_catalog.-) 1, {group} FROM (SELECT {}, u.place FROM {rows} WITH ORDINALITY AS u({}, place)) AS q ORDER BY {}, q.place",
        values.join(", "),
        names.join(", "),
        order.join(", "),
    )
}

/// The places in order, and for each whether it is the first of those that are equal in the first keys.
pub fn order(answer: &ResultSet) -> Result<(Vec<usize>, Vec<bool>), Error> {
    let mut places = Vec::with_capacity(answer.rows.len());
    let mut is_new = Vec::with_capacity(answer.rows.len());
    let mut last = None;
    for row in 0..answer.rows.len() {
        let place = answer.text(row, 0).and_then(|place| place.parse().ok());
        places.push(place.ok_or_else(|| Error::Protocol {
            server: "a query server".into(),
            reason: "it returned no order of the keys".into(),
        })?);
        let group = answer.text(row, 1);
        is_new.push(group != last);
        last = group;
    }
    Ok((places, is_new))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::gather::{ColumnType, GatheredColumn};
    use crate::plan::Column;
    use crate::proto::Field;

    #[test]
    fn keys_are_sorted_as_what_they_were_before_they_were_texts() {
        let known = |name: &str, collation: Option<&str>| GatheredColumn {
            field: Field::default(),
            column_type: Arc::new(ColumnType {
                name: name.into(),
                has_collation: collation.is_some(),
                is_pseudo: false,
                is_element: name != "pair",
            }),
            modified: None,
            domain: None,
            collation: collation.map(str::to_owned),
            rules: None,
        };
        let known = [known("text", Some("\"de\"")), known("mood", None)];
        let columns = GatheredColumns { known: &known, hidden: 1, shard: 0 };
        let keys = [
            OrderKey { column: Column::Hidden(0), descending: true, nulls_first: true },
            OrderKey { column: Column::Visible(0), descending: false, nulls_first: false },
        ];
        assert_eq!(
            statement(&keys, 1, &columns),
            "SELECT q.place OPERATOR(pg_catalog.-) 1, pg_catalog.rank() OVER (ORDER BY q.k0 DESC NULLS FIRST) FROM \
             (SELECT u.k0 AS k0, u.k1 COLLATE \"de\" AS k1, u.place FROM \
             ROWS FROM (pg_catalog.unnest($1::mood[]), pg_catalog.unnest($2::text[])) WITH ORDINALITY AS u(k0, k1, place)) AS q \
             ORDER BY q.k0 DESC NULLS FIRST, q.k1 ASC NULLS LAST, q.place"
        );
    }

    #[test]
    fn the_answer_says_where_something_new_begins() {
        let row = |place: &'static str, group: &'static str| vec![Some(place.into()), Some(group.into())];
        let answer = ResultSet { rows: vec![row("2", "1"), row("0", "1"), row("1", "3")], ..ResultSet::default() };
        assert_eq!(order(&answer).unwrap(), (vec![2, 0, 1], vec![true, false, true]));
        assert!(order(&ResultSet { rows: vec![row("x", "1")], ..ResultSet::default() }).is_err());
    }
}
