//! The question by which a shard ranks sort keys that only PostgreSQL can compare, and its answer.

use super::Halt;
use super::ask::Answer;
use super::finish::{Columns, columns_of_texts};
use crate::error::Error;
use crate::plan::Key;

/// Sorts texts, given as one array for each key: answers each text's place, and a number that is the same for all that
/// are equal in the first `on` keys.
pub fn statement(keys: &[Key], on: usize, columns: &Columns<'_>) -> String {
    let names: Vec<_> = (0..keys.len()).map(|index| format!("k{index}")).collect();
    let arrays = columns_of_texts(0, keys.len());
    let cast = |(key, name): (&Key, &String)| {
        let cast = columns.at(key.column).map_or_else(String::new, |known| known.cast());
        format!("u.{name}{cast} AS {name}")
    };
    let values: Vec<_> = keys.iter().zip(&names).map(cast).collect();
    let sort = |(key, name): (&Key, &String)| {
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
        "SELECT q.place OPERATOR(pg_catalog.-) 1, {group} FROM (SELECT {}, u.place FROM {arrays} WITH ORDINALITY AS u({}, place)) AS q ORDER BY {}, q.place",
        values.join(", "),
        names.join(", "),
        order.join(", "),
    )
}

/// The places in their order, and for each whether it is the first of those that are equal in the first keys.
pub fn order(answer: &Answer) -> Result<(Vec<usize>, Vec<bool>), Halt> {
    let mut places = Vec::with_capacity(answer.rows.len());
    let mut is_new = Vec::with_capacity(answer.rows.len());
    let mut last = None;
    for row in 0..answer.rows.len() {
        let place = answer.text(row, 0).and_then(|place| place.parse().ok());
        places.push(place.ok_or_else(|| {
            Halt::from(Error::Protocol { server: "a query server".into(), reason: "it ranked something else".into() })
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
    use crate::client::fan_out::catalog::Type;
    use crate::client::fan_out::finish::Known;
    use crate::plan::Column;
    use crate::proto::Field;

    #[test]
    fn keys_are_sorted_as_what_they_were_before_they_were_texts() {
        let known = |name: &str, collation: Option<&str>| Known {
            field: Field::default(),
            of: Arc::new(Type { name: name.into(), has_collation: collation.is_some(), is_pseudo: false }),
            modified: None,
            domain: None,
            collation: collation.map(str::to_owned),
            rules: None,
        };
        let known = [known("text", Some("\"de\"")), known("mood", None)];
        let columns = Columns { known: &known, hidden: 1, shard: 0 };
        let keys = [
            Key { column: Column::Hidden(0), descending: true, nulls_first: true },
            Key { column: Column::Visible(0), descending: false, nulls_first: false },
        ];
        assert_eq!(
            statement(&keys, 1, &columns),
            "SELECT q.place OPERATOR(pg_catalog.-) 1, pg_catalog.rank() OVER (ORDER BY q.k0 DESC NULLS FIRST) FROM \
             (SELECT u.k0::mood AS k0, u.k1::text COLLATE \"de\" AS k1, u.place FROM \
             ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) WITH ORDINALITY AS u(k0, k1, place)) AS q \
             ORDER BY q.k0 DESC NULLS FIRST, q.k1 ASC NULLS LAST, q.place"
        );
    }

    #[test]
    fn the_answer_says_where_something_new_begins() {
        let row = |place: &'static str, group: &'static str| vec![Some(place.into()), Some(group.into())];
        let answer = Answer { rows: vec![row("2", "1"), row("0", "1"), row("1", "3")], ..Answer::default() };
        assert_eq!(order(&answer).unwrap(), (vec![2, 0, 1], vec![true, false, true]));
        assert!(order(&Answer { rows: vec![row("x", "1")], ..Answer::default() }).is_err());
    }
}
