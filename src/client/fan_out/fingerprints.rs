//! Fingerprints of the shards' schemas: the ids of the transactions that last changed a table, view, type or function.
//! A plan is made under certain fingerprints. If the shards return the same ones while its statement runs, nothing that
//! it uses has changed. Tables and functions that its text does not name may change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::catalog::query;
use crate::data::parameters::{TextArray, text, text_array};
use crate::data::result_set::ResultSet;
use crate::proto::{Parameter, Premise, QueryRequest};
use crate::scatter::{InternalQueries, ShardError, all};

/// By shard; None: it was not asked, or did not answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprints(Vec<Option<ShardFingerprints>>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ShardFingerprints {
    /// Of types, operators and the like, and of the functions behind them.
    whole: String,
    /// Of all functions, by name.
    functions: BTreeMap<String, String>,
    /// By qualified name and, where the name alone is enough, by that.
    relations: HashMap<String, String>,
}

/// What a plan depends on.
#[derive(Debug, Default)]
pub struct Dependencies {
    pub relations: BTreeSet<Vec<String>>,
    /// The names in its text that may be functions; None: too many to ask for each.
    pub calls: Option<BTreeSet<String>>,
}

impl Fingerprints {
    /// `functions` has a name and its fingerprint on each line.
    pub fn set_shard(&mut self, shard: usize, fingerprint: &str, functions: &str) {
        let of = self.of(shard);
        of.whole = fingerprint.to_owned();
        let lines = functions.lines().filter_map(|line| line.rsplit_once(' '));
        of.functions = lines.map(|(name, fingerprint)| (name.to_owned(), fingerprint.to_owned())).collect();
    }

    pub fn set_relation(&mut self, shard: usize, relation: String, fingerprint: &str) {
        self.of(shard).relations.insert(relation, fingerprint.to_owned());
    }

    /// The relations that only some of these shards have.
    pub fn of_some(&self, shards: &[usize]) -> BTreeSet<String> {
        let known: Vec<_> = shards.iter().filter_map(|shard| self.0.get(*shard)?.as_ref()).collect();
        let is_missing = |name: &&String| known.iter().any(|of| !of.relations.contains_key(*name));
        known.iter().flat_map(|of| of.relations.keys()).filter(is_missing).cloned().collect()
    }

    /// The first shard without fingerprints.
    pub fn first_missing(&self, shards: usize) -> Option<usize> {
        (0..shards).find(|shard| !self.are_known(*shard))
    }

    fn of(&mut self, shard: usize) -> &mut ShardFingerprints {
        if self.0.len() <= shard {
            self.0.resize(shard + 1, None);
        }
        self.0[shard].get_or_insert_default()
    }

    /// True if these shards still have the same fingerprints of what a plan uses.
    pub async fn still_hold(
        &self,
        internal: InternalQueries<'_>,
        shards: &[usize],
        dependencies: &Dependencies,
    ) -> Result<bool, ShardError> {
        let asked = question(dependencies);
        let said = all(shards.iter().map(|shard| async {
            let answer = internal.once_on(*shard, asked.clone()).await?;
            Ok(self.match_result(*shard, &answer, dependencies))
        }));
        said.await.into_iter().try_fold(true, |all, holds: Result<bool, ShardError>| Ok(all && holds?))
    }

    /// True if the fingerprints of a shard are known.
    pub fn are_known(&self, shard: usize) -> bool {
        self.0.get(shard).is_some_and(Option::is_some)
    }

    /// True if a shard's answer to `question` has the same fingerprints as before. False if none are known.
    pub fn match_result(&self, shard: usize, answer: &ResultSet, dependencies: &Dependencies) -> bool {
        self.0.get(shard).and_then(Option::as_ref).is_some_and(|of| of.match_result(answer, dependencies))
    }

    /// The premise of a change: the relations that it names and, with `functions`, the functions have the same
    /// fingerprints as before. The shard checks it behind the statement in the same transaction, and undoes the
    /// statement otherwise. It looks at nothing else: unrelated objects may change, and a trigger may change settings.
    /// If a trigger has set `search_path`, the relations are found by the ids of before.
    pub fn premise(&self, shard: usize, dependencies: &Dependencies, functions: bool) -> Option<Premise> {
        let of = self.0.get(shard)?.as_ref()?;
        if dependencies.relations.is_empty() && !functions {
            return None;
        }
        let fingerprint =
            |name: &Vec<String>| of.relations.get(&name.join(".")).map(|fingerprint| fingerprint.as_bytes());
        let fingerprints: TextArray = dependencies.relations.iter().map(fingerprint).collect();
        let mut params = vec![names(dependencies, true), names(dependencies, false), text(fingerprints.finish())];
        let mut same_functions = String::new();
        if functions {
            params.extend([calls(dependencies), text(of.functions_of(dependencies))]);
            let now = self::functions("AND ($4::name[] IS NULL OR p.proname = ANY ($4::name[]))");
            same_functions = format!(" AND coalesce({now}, '') = $5::text");
        }
        // Divides by zero where they differ.
        let sql = format!(
            "SELECT FROM (SELECT coalesce(array_agg(CASE WHEN c.oid IS NOT NULL THEN {OF_RELATION} END ORDER BY n.place), \
             '{{}}') AS fingerprints FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS n(schema, name, fingerprint, place) \
             CROSS JOIN (SELECT s.setting = s.reset_val AS is_unset FROM pg_catalog.pg_settings AS s \
             WHERE s.name = 'search_path') AS path LEFT JOIN pg_catalog.pg_class AS c \
             ON c.oid = CASE WHEN n.schema <> '' OR path.is_unset THEN {NAMED}::oid ELSE split_part(n.fingerprint, ' ', 1)::oid END \
             AND {IS_KNOWN}) AS now \
             WHERE 1 / CASE WHEN now.fingerprints IS NOT DISTINCT FROM $3::text[]{same_functions} THEN 1 ELSE 0 END IS NULL"
        );
        Some(Premise { sql, params })
    }
}

impl ShardFingerprints {
    /// The fingerprints of the functions that a plan may call, in the shards' format.
    fn functions_of(&self, dependencies: &Dependencies) -> String {
        match &dependencies.calls {
            Some(names) => listed(names.iter().filter_map(|name| self.functions.get_key_value(name))),
            None => listed(&self.functions),
        }
    }

    fn match_result(&self, answer: &ResultSet, dependencies: &Dependencies) -> bool {
        let (relations, functions) = (&dependencies.relations, self.functions_of(dependencies));
        let same = |row: usize, name: &[String]| {
            answer.text(row, 1).unwrap_or_default() == self.relations.get(&name.join(".")).map_or("", String::as_str)
        };
        answer.rows.len() == relations.len() + 1
            && answer.text(0, 1) == Some(&self.whole)
            && answer.text(0, 2).unwrap_or_default() == functions
            && relations.iter().enumerate().all(|(index, name)| same(index + 1, name))
    }
}

/// The format in which shards list functions.
fn listed<'s>(functions: impl IntoIterator<Item = (&'s String, &'s String)>) -> String {
    let lines: Vec<_> = functions.into_iter().map(|(name, fingerprint)| format!("{name} {fingerprint}")).collect();
    lines.join("\n")
}

/// Asks for the fingerprint of everything but relations, then for each relation's in order.
pub fn question(dependencies: &Dependencies) -> QueryRequest {
    let functions = functions("AND ($3::name[] IS NULL OR p.proname = ANY ($3::name[]))");
    let sql = format!(
        "SELECT 0 AS place, {} AS fingerprint, {functions} AS functions UNION ALL \
         SELECT n.place, CASE WHEN c.oid IS NOT NULL THEN {OF_RELATION} END, NULL \
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(schema, name, place) \
         LEFT JOIN pg_catalog.pg_class AS c ON c.oid = {NAMED} AND {IS_KNOWN} ORDER BY place",
        whole()
    );
    query(sql, vec![names(dependencies, true), names(dependencies, false), calls(dependencies)])
}

/// The same, and whether each relation is locked. `pg_locks` is not looked at without need: that holds up others for a moment.
pub fn question_with_locks(dependencies: &Dependencies) -> QueryRequest {
    let QueryRequest { sql, params, .. } = question(dependencies);
    let sql = format!(
        "{LOCKED} SELECT said.*, EXISTS (SELECT FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(schema, name, place) \
         JOIN locked AS l ON l.oid = {NAMED} WHERE n.place = said.place) FROM ({sql}) AS said ORDER BY said.place"
    );
    query(sql, params)
}

/// The first relation that an answer to `question_with_locks` says is locked.
pub fn locked(answer: &ResultSet, dependencies: &Dependencies) -> Option<String> {
    let mut names = dependencies.relations.iter().enumerate();
    names.find(|(index, _)| answer.text(index + 1, 3) == Some("t")).map(|(_, name)| name.join("."))
}

/// The relations that nobody can read now, as `locked`: another transaction holds a lock on them that lets no one read, or
/// awaits one; and the views and tables whose text or policies name them.
pub const LOCKED: &str = "\
WITH held AS MATERIALIZED (
  SELECT DISTINCT l.relation AS oid FROM pg_catalog.pg_locks AS l
  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid IS DISTINCT FROM pg_backend_pid()
    AND l.database = (SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname = current_database())),
locked AS MATERIALIZED (
  SELECT h.oid FROM held AS h
  UNION SELECT coalesce(r.ev_class, p.polrelid) FROM held AS h
  JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = h.oid
  LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
  LEFT JOIN pg_catalog.pg_policy AS p ON d.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = d.objid)";

/// The relation that row `n` names.
const NAMED: &str =
    "to_regclass(concat(CASE WHEN n.schema <> '' THEN quote_ident(n.schema) || '.' END, quote_ident(n.name)))";
/// True where relation `c` has a fingerprint.
const IS_KNOWN: &str = "c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't'";

/// The relations' schemas, or their names.
fn names(dependencies: &Dependencies, schemas: bool) -> Parameter {
    let of = |name: &Vec<String>| match (name.as_slice(), schemas) {
        ([name], false) | ([_, name], false) => name.clone(),
        ([schema, _], true) => schema.clone(),
        _ => String::new(),
    };
    text_array(dependencies.relations.iter().map(of))
}

fn calls(dependencies: &Dependencies) -> Parameter {
    dependencies.calls.as_ref().map_or_else(Parameter::default, text_array)
}

/// The application's functions: on each line a name, and the fingerprint of all functions with that name. Leaves out
/// temporary schemas, which belong to one session each.
pub fn functions(condition: &str) -> String {
    format!(
        "(SELECT string_agg(f.name || ' ' || f.fingerprint, E'\\n' ORDER BY f.name COLLATE \"C\") FROM ( \
         SELECT p.proname::text AS name, concat(count(*), '/', sum(p.xmin::text::bigint)) AS fingerprint \
         FROM pg_catalog.pg_proc AS p WHERE p.oid >= 16384 {condition} AND p.pronamespace <> ALL (ARRAY( \
         SELECT s.oid FROM pg_catalog.pg_namespace AS s WHERE s.nspname LIKE 'pg\\_temp\\_%')) GROUP BY p.proname) AS f)"
    )
}

macro_rules! is_for_asker {
    () => {
        "EXISTS (SELECT FROM unnest(p.polroles) AS r(oid) WHERE r.oid = 0 OR pg_has_role(r.oid, 'USAGE'))"
    };
}

/// True where policy `p` applies to the current role.
pub const IS_FOR_ASKER: &str = is_for_asker!();

/// The fingerprint of relation `c`: its id, columns, view query, triggers, and the policies that apply to the current
/// role.
pub const OF_RELATION: &str = concat!(
    "\
concat_ws(' ', c.oid, c.relkind,
  (SELECT concat(count(*), '/', sum(a.xmin::text::bigint)) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0),
  (SELECT concat(count(*), '/', sum(r.xmin::text::bigint)) FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid),
  CASE WHEN c.relhasindex THEN (SELECT concat(count(*), '/', sum(u.xmin::text::bigint)) FROM pg_catalog.pg_index AS u
   WHERE u.indrelid = c.oid AND u.indisunique) END,
  CASE WHEN c.relrowsecurity THEN (SELECT concat(row_security_active(c.oid), count(*), '/', sum(p.xmin::text::bigint), '/',
    string_agg(p.oid::text, ',' ORDER BY p.oid) FILTER (WHERE ",
    is_for_asker!(),
    "))
   FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid) END,
  CASE WHEN c.relhastriggers THEN (SELECT concat(count(*), '/', sum(g.xmin::text::bigint)) FROM pg_catalog.pg_trigger AS g
   WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) END)"
);

/// The settings that decide how a value is written, and what a text means, as an array.
pub const SETTINGS: &str = "'{TimeZone,DateStyle,IntervalStyle,server_encoding,bytea_output,extra_float_digits,\
standard_conforming_strings,lc_monetary,lc_numeric,lc_time,default_text_search_config,\
xmlbinary,xmloption,transform_null_equals,array_nulls,timezone_abbreviations,backslash_quote}'::text[]";

/// The fingerprint of everything but relations, with the values of those settings and the search path. A connection has
/// the settings of when it was opened, or of when its server's configuration was reloaded.
pub fn whole() -> String {
    format!(
        "concat_ws(' ', {WHOLE}, \
         (SELECT string_agg(concat(current_setting(s.name, true)), '|' ORDER BY s.place) \
          FROM unnest({SETTINGS}) WITH ORDINALITY AS s(name, place)), array_to_string(current_schemas(false), ','))"
    )
}

/// The fingerprint of the application's types, casts, operators and collations, and of functions that anything but a
/// function uses. If their number is the same but some are newer, the sum of transaction ids is greater. Leaves out
/// temporary schemas, which belong to one session each, and the row types of tables, which come and go.
const WHOLE: &str = "\
(SELECT concat_ws(' ',
  (SELECT concat(count(*), '/', sum(p.xmin::text::bigint)) FROM pg_catalog.pg_proc AS p WHERE p.oid >= 16384
   AND p.pronamespace <> ALL (own.temporary)
   AND EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.refclassid = 'pg_catalog.pg_proc'::regclass
    AND d.refobjid = p.oid AND d.classid <> 'pg_catalog.pg_proc'::regclass)),
  (SELECT concat(count(*), '/', sum(o.xmin::text::bigint)) FROM pg_catalog.pg_operator AS o WHERE o.oid >= 16384
   AND o.oprnamespace <> ALL (own.temporary)),
  (SELECT concat(count(*), '/', sum(s.xmin::text::bigint)) FROM pg_catalog.pg_cast AS s WHERE s.oid >= 16384),
  (SELECT concat(count(*), '/', sum(m.xmin::text::bigint)) FROM pg_catalog.pg_amop AS m WHERE m.oid >= 16384),
  (SELECT concat(count(*), '/', sum(l.xmin::text::bigint)) FROM pg_catalog.pg_collation AS l WHERE l.oid >= 16384
   AND l.collnamespace <> ALL (own.temporary)),
  (SELECT concat(count(*), '/', sum(e.xmin::text::bigint)) FROM pg_catalog.pg_enum AS e
   JOIN pg_catalog.pg_type AS t ON t.oid = e.enumtypid
   WHERE t.typnamespace <> ALL (own.temporary)),
  (SELECT concat(count(*), '/', sum(t.xmin::text::bigint), '/', sum(n.xmin::text::bigint)) FROM pg_catalog.pg_type AS t
   JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace WHERE t.oid >= 16384
   AND CASE t.typtype WHEN 'b' THEN t.typcategory <> 'A' WHEN 'c' THEN EXISTS (SELECT FROM pg_catalog.pg_class AS f
    WHERE f.oid = t.typrelid AND f.relkind = 'c') ELSE true END
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

    fn answer(fingerprints: &[&'static str], functions: &'static str) -> ResultSet {
        let row = |fingerprint: &&'static str| vec![None, Some((*fingerprint).into()), Some(functions.into())];
        ResultSet { rows: fingerprints.iter().map(row).collect(), ..ResultSet::default() }
    }

    #[test]
    fn what_is_known_holds_as_long_as_every_stamp_is_the_same() {
        let mut fingerprints = Fingerprints::default();
        fingerprints.set_shard(1, "1/700", "a b 1/5\nmine 2/90\nother 1/7");
        fingerprints.set_relation(1, "orders".into(), "16400 r 2/1400");
        let relations: BTreeSet<Vec<String>> = ["gone", "orders"].map(|name| vec![name.to_owned()]).into();
        let calls = ["a b", "mine", "none"].map(str::to_owned).into();
        let dependencies = Dependencies { relations, calls: Some(calls) };
        let same = ["1/700", "", "16400 r 2/1400"];
        let functions = "a b 1/5\nmine 2/90";
        assert!(fingerprints.match_result(1, &answer(&same, functions), &dependencies));
        for other in [
            &["1/701", "", "16400 r 2/1400"][..],
            &["1/700", "16500 v 2/1400", "16400 r 2/1400"],
            &["1/700", "", "16400 r 2/1401"],
            &["1/700", "", ""],
            &["1/700", ""],
        ] {
            assert!(!fingerprints.match_result(1, &answer(other, functions), &dependencies), "{other:?}");
        }
        for other in ["a b 1/5", "a b 1/5\nmine 2/91", "a b 1/5\nmine 2/90\nnone 1/8", ""] {
            assert!(!fingerprints.match_result(1, &answer(&same, other), &dependencies), "{other:?}");
        }
        for shard in [0, 2] {
            assert!(!fingerprints.match_result(shard, &answer(&same, functions), &dependencies), "it gave none");
        }
        let dependencies = Dependencies { calls: None, ..dependencies };
        assert!(!fingerprints.match_result(1, &answer(&same, functions), &dependencies));
        assert!(fingerprints.match_result(1, &answer(&same, "a b 1/5\nmine 2/90\nother 1/7"), &dependencies));
    }
}
