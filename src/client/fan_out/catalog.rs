//! Remembers what the shards' catalogs say of types and collations. A plan that merges text in the order of a collation
//! holds only if all shards sort by the same rules.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::data::parameters::text_array;
use crate::data::result_set::ResultSet;
use crate::gather::{Collation, CollationRules, ColumnType};
use crate::proto::{Parameter, QueryRequest};
use crate::scatter::{InternalQueries, ShardError};

/// Object ids from here on differ between databases.
const FIRST_OWN_OID: u32 = 16384;
/// How long collations are remembered. A server may have been moved to another operating system.
const COLLATION_LIFE: Duration = Duration::from_secs(60);
/// How many types and collations are remembered; beyond that, all are asked for again.
const MOST: usize = 10_000;

/// Types with the same object id in every PostgreSQL: id, SQL name, has a collation.
const BUILTIN: [(u32, &str, bool); 22] = [
    (16, "boolean", false),
    (17, "bytea", false),
    (18, "\"char\"", false),
    (19, "name", true),
    (20, "bigint", false),
    (21, "smallint", false),
    (23, "integer", false),
    (25, "text", true),
    (26, "oid", false),
    (114, "json", false),
    (700, "real", false),
    (701, "double precision", false),
    (1042, "bpchar", true),
    (1043, "character varying", true),
    (1082, "date", false),
    (1083, "time without time zone", false),
    (1114, "timestamp without time zone", false),
    (1184, "timestamp with time zone", false),
    (1186, "interval", false),
    (1700, "numeric", false),
    (2950, "uuid", false),
    (3802, "jsonb", false),
];

#[derive(Debug, Default)]
pub struct CatalogCache(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By shard for the types of a single database.
    types: HashMap<(Option<usize>, u32), Arc<ColumnType>>,
    /// SQL names of types with a modifier, such as numeric(10,2).
    modified: HashMap<(Option<usize>, u32, i32), Arc<str>>,
    collations: HashMap<String, (Instant, CollationRules)>,
}

impl CatalogCache {
    /// The types with these object ids on a shard, in order.
    pub async fn types(
        &self,
        internal: InternalQueries<'_>,
        shard: usize,
        ids: &[u32],
    ) -> Result<Vec<Arc<ColumnType>>, ShardError> {
        let unknown: Vec<_> = {
            let known = self.lock();
            ids.iter().filter(|id| !known.types.contains_key(&type_key(shard, **id))).collect()
        };
        let mut of_tables = HashMap::new();
        if !unknown.is_empty() {
            let ids = text_array(unknown.iter().map(|id| id.to_string()));
            let sql = "SELECT t.oid, format_type(t.oid, -1), t.typcollation <> 0, t.typtype = 'p', \
                       t.typarray <> 0 AND t.typtype <> 'c' AND t.typdelim = ',', \
                       EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_type AS e ON e.typrelid = c.oid \
                         WHERE e.oid IN (t.oid, t.typelem) AND c.relkind <> 'c') \
                       FROM pg_catalog.pg_type AS t WHERE t.oid = ANY ($1::oid[])";
            let answer = internal.on(shard, query(sql, vec![ids])).await?;
            let mut known = self.lock();
            if known.types.len() > MOST {
                known.types.clear();
            }
            for row in 0..answer.rows.len() {
                let Some(id) = answer.text(row, 0).and_then(|id| id.parse().ok()) else { continue };
                let of = Arc::new(ColumnType {
                    name: answer.text(row, 1).unwrap_or_default().to_owned(),
                    has_collation: answer.text(row, 2) == Some("t"),
                    is_pseudo: answer.text(row, 3) == Some("t"),
                    is_element: answer.text(row, 4) == Some("t"),
                });
                // Not remembered: a table may be renamed, and its row type with it, without notice.
                match answer.text(row, 5) == Some("t") {
                    true => of_tables.insert(id, of),
                    false => known.types.insert(type_key(shard, id), of),
                };
            }
        }
        let known = self.lock();
        let gone = || {
            Arc::new(ColumnType { name: "unknown".into(), has_collation: false, is_pseudo: true, is_element: false })
        };
        let of = |id: &u32| known.types.get(&type_key(shard, *id)).or_else(|| of_tables.get(id)).cloned();
        Ok(ids.iter().map(|id| of(id).unwrap_or_else(gone)).collect())
    }

    /// The SQL names of types with these object ids and modifiers on a shard; None: there is no modifier.
    pub async fn modified(
        &self,
        internal: InternalQueries<'_>,
        shard: usize,
        wanted: &[(u32, i32)],
    ) -> Result<Vec<Option<Arc<str>>>, ShardError> {
        let key = |(id, modifier): (u32, i32)| {
            let (shard, id) = type_key(shard, id);
            (shard, id, modifier)
        };
        let unknown: Vec<_> = {
            let known = self.lock();
            let is_unknown = |one: &&(u32, i32)| one.1 >= 0 && !known.modified.contains_key(&key(**one));
            wanted.iter().filter(is_unknown).copied().collect()
        };
        if !unknown.is_empty() {
            let ids = text_array(unknown.iter().map(|(id, _)| id.to_string()));
            let modifiers = text_array(unknown.iter().map(|(_, modifier)| modifier.to_string()));
            let sql = "SELECT format_type(t.id, t.modifier) FROM unnest($1::oid[], $2::int[]) \
                       WITH ORDINALITY AS t(id, modifier, place) ORDER BY t.place";
            let answer = internal.on(shard, query(sql, vec![ids, modifiers])).await?;
            let mut known = self.lock();
            if known.modified.len() > MOST {
                known.modified.clear();
            }
            let named = unknown.iter().enumerate();
            let named = named.filter_map(|(row, one)| Some((key(*one), answer.text(row, 0)?.into())));
            known.modified.extend(named);
        }
        let known = self.lock();
        Ok(wanted.iter().map(|one| known.modified.get(&key(*one)).cloned()).collect())
    }

    /// The rules by which each of these collations (SQL names) sorts on these shards.
    pub async fn rules(
        &self,
        internal: InternalQueries<'_>,
        shards: &[usize],
        names: &[String],
    ) -> Result<Vec<CollationRules>, ShardError> {
        let now = Instant::now();
        let is_known = |known: &State, name: &String| {
            known.collations.get(name).is_some_and(|(since, _)| now - *since < COLLATION_LIFE)
        };
        let unknown: Vec<_> = {
            let known = self.lock();
            names.iter().filter(|name| !is_known(&known, name)).cloned().collect()
        };
        let mut fresh = HashMap::new();
        if !unknown.is_empty() {
            let asked = query(COLLATIONS, vec![text_array(&unknown)]);
            let asking = shards.iter().map(|shard| internal.on(*shard, asked.clone()));
            let answers = futures_util::future::join_all(asking).await.into_iter();
            let answers: Vec<ResultSet> = answers.map(unless_missing).collect::<Result<_, _>>()?;
            for (row, name) in unknown.into_iter().enumerate() {
                let said: Vec<_> = answers.iter().map(|answer| answer.text(row, 0).and_then(described)).collect();
                let first = said.first().cloned().flatten();
                let same = first.is_some() && said.iter().all(|one| *one == first);
                let collation = first.as_ref().map_or(Collation::Unknown, class);
                fresh.insert(name, (now, CollationRules { collation, same }));
            }
        }
        let mut known = self.lock();
        let nothing = CollationRules { collation: Collation::Unknown, same: false };
        let of =
            |name: &String| fresh.get(name).or_else(|| known.collations.get(name)).map_or(nothing, |(_, rules)| *rules);
        let rules = names.iter().map(of).collect();
        // What some shards say does not hold for all.
        if shards.len() == internal.shards.len() {
            if known.collations.len() > MOST {
                known.collations.clear();
            }
            known.collations.extend(fresh);
        }
        Ok(rules)
    }

    /// Forgets everything, because the databases have changed.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.types.is_empty() {
            known.types.extend(BUILTIN.map(|(id, name, has_collation)| {
                let of = ColumnType { name: name.into(), has_collation, is_pseudo: false, is_element: true };
                ((None, id), Arc::new(of))
            }));
        }
        known
    }
}

impl CatalogCache {
    /// True if these object ids name the same types in every database.
    pub fn are_builtin(&self, ids: &[u32]) -> bool {
        ids.iter().all(|id| *id < FIRST_OWN_OID)
    }
}

/// A shard that lacks a collation refuses the question. Then nothing is known of what was asked.
fn unless_missing(answer: Result<ResultSet, ShardError>) -> Result<ResultSet, ShardError> {
    match answer {
        Err(ShardError::Database(_)) => Ok(ResultSet::default()),
        answer => answer,
    }
}

fn type_key(shard: usize, id: u32) -> (Option<usize>, u32) {
    ((id >= FIRST_OWN_OID).then_some(shard), id)
}

pub fn query(sql: impl Into<String>, params: Vec<Parameter>) -> QueryRequest {
    QueryRequest { sql: sql.into(), params, ..QueryRequest::default() }
}

/// For each name a document of what decides how the collation sorts. Columns that only some versions of PostgreSQL have
/// are read through to_jsonb.
const COLLATIONS: &str = "\
SELECT jsonb_build_object(
  'encoding', pg_encoding_to_char(d.encoding),
  'version', coalesce(
    pg_collation_actual_version(c.oid),
    (SELECT max(pg_collation_actual_version(o.oid)) FROM pg_collation AS o
     WHERE o.collprovider = 'c' AND o.collcollate = d.datcollate)),
  'collation', to_jsonb(c) - '{oid,collnamespace,collowner,collversion}'::text[],
  'database', CASE WHEN c.collprovider = 'd' THEN jsonb_build_object(
    'provider', coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'),
    'collate', d.datcollate, 'ctype', d.datctype,
    'locale', coalesce(to_jsonb(d) -> 'datlocale', to_jsonb(d) -> 'daticulocale'),
    'rules', to_jsonb(d) -> 'daticurules') END)::text
FROM unnest($1::text[]) WITH ORDINALITY AS n(name, place)
CROSS JOIN pg_catalog.pg_database AS d
LEFT JOIN pg_catalog.pg_collation AS c ON c.oid = n.name::regcollation::oid
WHERE d.datname = current_database()
ORDER BY n.place";

fn described(document: &str) -> Option<Value> {
    serde_json::from_str(document).ok()
}

/// How texts compare under a collation, as far as is known here.
fn class(document: &Value) -> Collation {
    let of = |object: &str, key: &str| document[object][key].as_str().unwrap_or_default().to_owned();
    let (provider, locale) = match of("collation", "collprovider").as_str() {
        "d" => (of("database", "provider"), of("database", "collate")),
        provider => (provider.to_owned(), of("collation", "collcollate")),
    };
    let deterministic = document["collation"]["collisdeterministic"].as_bool() == Some(true);
    // In these encodings bytes are in the order of characters, as in UTF-8, which is what the client receives.
    let in_order = ["UTF8", "LATIN1", "SQL_ASCII"].contains(&document["encoding"].as_str().unwrap_or_default());
    match provider.as_str() {
        "b" if in_order => Collation::Bytes,
        "c" if in_order && ["C", "POSIX"].contains(&locale.as_str()) => Collation::Bytes,
        "" => Collation::Unknown,
        _ if deterministic => Collation::Deterministic,
        _ => Collation::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(encoding: &str, collation: Value, database: Value) -> Value {
        json!({ "encoding": encoding, "collation": collation, "database": database })
    }

    #[test]
    fn only_collations_that_compare_bytes_are_said_to() {
        let named = |provider: &str, collate: Value, deterministic: bool| json!({ "collprovider": provider, "collcollate": collate, "collisdeterministic": deterministic });
        let default = || named("d", Value::Null, true);
        let database = |provider: &str, collate: &str| json!({ "provider": provider, "collate": collate });
        for (encoding, collation, database, expected) in [
            ("UTF8", named("c", json!("C"), true), Value::Null, Collation::Bytes),
            ("UTF8", named("b", Value::Null, true), Value::Null, Collation::Bytes),
            ("UTF8", default(), database("c", "POSIX"), Collation::Bytes),
            ("UTF8", default(), database("b", "en_US.UTF-8"), Collation::Bytes),
            ("EUC_JP", named("c", json!("C"), true), Value::Null, Collation::Deterministic),
            ("UTF8", default(), database("c", "C.UTF-8"), Collation::Deterministic),
            ("UTF8", default(), database("i", "C"), Collation::Deterministic),
            ("UTF8", named("i", Value::Null, true), Value::Null, Collation::Deterministic),
            ("UTF8", named("i", Value::Null, false), Value::Null, Collation::Unknown),
            ("UTF8", Value::Null, Value::Null, Collation::Unknown),
        ] {
            let document = document(encoding, collation, database);
            assert_eq!(class(&document), expected, "{document}");
        }
    }
}
