//! Whether what is known of the shards' schemas still holds. Every shard stamps what it says of its tables, views, types
//! and functions with the numbers of the transactions that made them so. A plan asks for the stamps of what it relies on
//! once its statement runs: the same stamps as before mean that nothing was changed until then.

use std::collections::{BTreeSet, HashMap};

use super::array::TextArray;
use super::ask::{Answer, Asker, all, text};
use super::catalog::query;
use super::outcome::Fault;
use crate::proto::QueryRequest;

/// What each shard has stamped: None where it has not been asked, or has not answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps(Vec<Option<OfShard>>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfShard {
    /// Of types, functions, operators and the like.
    whole: String,
    /// By name, with schema and, where that is enough, without.
    relations: HashMap<String, String>,
}

impl Stamps {
    pub fn note_whole(&mut self, shard: usize, stamp: &str) {
        self.of(shard).whole = stamp.to_owned();
    }

    pub fn note(&mut self, shard: usize, relation: String, stamp: &str) {
        self.of(shard).relations.insert(relation, stamp.to_owned());
    }

    fn of(&mut self, shard: usize) -> &mut OfShard {
        if self.0.len() <= shard {
            self.0.resize(shard + 1, None);
        }
        self.0[shard].get_or_insert_default()
    }

    /// True if these shards still stamp these relations, and all else that is no relation, as they did.
    pub async fn hold(
        &self,
        asker: Asker<'_>,
        shards: &[usize],
        relations: &BTreeSet<Vec<String>>,
    ) -> Result<bool, Fault> {
        self.compared(asker, shards, relations).await.into_iter().try_fold(true, |all, holds| Ok(all && holds?))
    }

    /// The same of all shards that can be reached.
    pub async fn hold_anywhere(&self, asker: Asker<'_>, relations: &BTreeSet<Vec<String>>) -> bool {
        let all: Vec<_> = (0..self.0.len()).collect();
        self.compared(asker, &all, relations).await.into_iter().all(|holds| holds.unwrap_or(true))
    }

    async fn compared(
        &self,
        asker: Asker<'_>,
        shards: &[usize],
        relations: &BTreeSet<Vec<String>>,
    ) -> Vec<Result<bool, Fault>> {
        let asked = question(relations);
        let known = shards.iter().filter_map(|shard| Some((*shard, self.0.get(*shard)?.as_ref()?)));
        all(known.map(|(shard, of)| {
            let asked = asked.clone();
            async move { Ok(of.holds(&asker.once_of(shard, asked).await?, relations)) }
        }))
        .await
    }
}

impl OfShard {
    fn holds(&self, answer: &Answer, relations: &BTreeSet<Vec<String>>) -> bool {
        let same = |row: usize, name: &[String]| {
            answer.text(row, 1).unwrap_or_default() == self.relations.get(&name.join(".")).map_or("", String::as_str)
        };
        answer.rows.len() == relations.len() + 1
            && answer.text(0, 1) == Some(&self.whole)
            && relations.iter().enumerate().all(|(index, name)| same(index + 1, name))
    }
}

/// Asks for the stamp of all that is no relation, then for those of relations in their order.
fn question(relations: &BTreeSet<Vec<String>>) -> QueryRequest {
    let names = |schema: bool| {
        let of = |name: &Vec<String>| match (name.as_slice(), schema) {
            ([name], false) | ([_, name], false) => name.clone(),
            ([name, _], true) => name.clone(),
            _ => String::new(),
        };
        let names: Vec<String> = relations.iter().map(of).collect();
        let array: TextArray = names.iter().map(|name| Some(name.as_bytes())).collect();
        text(array.finish())
    };
    let sql = format!(
        "SELECT 0 AS place, {WHOLE} AS stamp UNION ALL \
         SELECT n.place, CASE WHEN c.oid IS NOT NULL THEN {OF_RELATION} END \
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(schema, name, place) \
         LEFT JOIN pg_catalog.pg_class AS c ON c.oid = \
         to_regclass(concat(CASE WHEN n.schema <> '' THEN quote_ident(n.schema) || '.' END, quote_ident(n.name))) \
         AND c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't' \
         ORDER BY place"
    );
    query(sql, vec![names(true), names(false)])
}

/// The stamp of the relation `c`: which one the name means, and how it was last made: its columns, and a view's query.
pub const OF_RELATION: &str = "\
concat_ws(' ', c.oid, c.relkind,
  (SELECT concat(count(*), '/', sum(a.xmin::text::bigint)) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0),
  (SELECT concat(count(*), '/', sum(r.xmin::text::bigint)) FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid))";

/// The stamp of the application's own types, functions, casts, operators and collations. Where as many are there as
/// before, and some were made since, their sum is greater. Those of a session's temporary schema are no one else's.
pub const WHOLE: &str = "\
(SELECT concat_ws(' ',
  (SELECT concat(count(*), '/', sum(p.xmin::text::bigint)) FROM pg_catalog.pg_proc AS p WHERE p.oid >= 16384
   AND p.pronamespace <> ALL (own.temporary)),
  (SELECT concat(count(*), '/', sum(o.xmin::text::bigint)) FROM pg_catalog.pg_operator AS o WHERE o.oid >= 16384
   AND o.oprnamespace <> ALL (own.temporary)),
  (SELECT concat(count(*), '/', sum(s.xmin::text::bigint)) FROM pg_catalog.pg_cast AS s WHERE s.oid >= 16384),
  (SELECT concat(count(*), '/', sum(m.xmin::text::bigint)) FROM pg_catalog.pg_amop AS m WHERE m.oid >= 16384),
  (SELECT concat(count(*), '/', sum(l.xmin::text::bigint)) FROM pg_catalog.pg_collation AS l WHERE l.oid >= 16384
   AND l.collnamespace <> ALL (own.temporary)),
  (SELECT concat(count(*), '/', sum(e.xmin::text::bigint)) FROM pg_catalog.pg_enum AS e
   JOIN pg_catalog.pg_type AS t ON t.oid = e.enumtypid
   WHERE t.typnamespace <> ALL (own.temporary)),
  (SELECT concat(count(*), '/', sum(t.xmin::text::bigint)) FROM pg_catalog.pg_type AS t WHERE t.oid >= 16384 AND t.typtype IN ('d', 'e')
   AND t.typnamespace <> ALL (own.temporary)),
  (SELECT concat(count(*), '/', sum(k.xmin::text::bigint)) FROM pg_catalog.pg_constraint AS k WHERE k.contypid <> 0
   AND k.connamespace <> ALL (own.temporary)),
  (SELECT concat(count(*), '/', sum(a.xmin::text::bigint)) FROM pg_catalog.pg_class AS f
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.oid AND a.attnum > 0 WHERE f.relkind = 'c'
   AND f.relnamespace <> ALL (own.temporary)))
 FROM (SELECT ARRAY(SELECT s.oid FROM pg_catalog.pg_namespace AS s WHERE s.nspname LIKE 'pg\\_temp\\_%') AS temporary) AS own)";

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(stamps: &[&'static str]) -> Answer {
        Answer { rows: stamps.iter().map(|stamp| vec![None, Some((*stamp).into())]).collect(), ..Answer::default() }
    }

    #[test]
    fn what_is_known_holds_as_long_as_every_stamp_is_the_same() {
        let mut stamps = Stamps::default();
        stamps.note_whole(1, "1/700");
        stamps.note(1, "orders".into(), "16400 r 2/1400");
        let known = stamps.of(1);
        let names: BTreeSet<Vec<String>> = ["gone", "orders"].map(|name| vec![name.to_owned()]).into();
        assert!(known.holds(&answer(&["1/700", "", "16400 r 2/1400"]), &names));
        for other in [
            &["1/701", "", "16400 r 2/1400"][..],
            &["1/700", "16500 v 2/1400", "16400 r 2/1400"],
            &["1/700", "", "16400 r 2/1401"],
            &["1/700", "", ""],
            &["1/700", ""],
        ] {
            assert!(!known.holds(&answer(other), &names), "{other:?}");
        }
    }
}
