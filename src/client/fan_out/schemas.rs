//! Reads the schemas of all shards, and finds where they disagree: settings that decide how values are written, tables,
//! views and types. Happens at the first query for all shards, when fingerprints have changed, and from time to time.
//! Merging rows of shards that differ would give nonsense that looks like a result.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::catalog::query;
use super::definitions::{self, Definitions, shortened};
use super::fingerprints::{self, Fingerprints, IS_FOR_ASKER, LOCKED, OF_RELATION, functions, whole};
use crate::data::parameters::text_array;
use crate::data::result_set::ResultSet;
use crate::plan::{Differences, Policy, Relation, RowReaders};
use crate::scatter::{InternalQueries, ShardError, all};

/// What the shards say of their schemas.
#[derive(Debug, Default)]
pub struct ShardSchemas {
    /// By qualified name and, where the name alone is enough, by that.
    pub relations: HashMap<String, Relation>,
    /// Functions whose names PostgreSQL's own schema has too.
    pub shadowed: BTreeSet<String>,
    /// Names of the application's functions that can be called on a row.
    pub row_functions: BTreeSet<String>,
    /// Operators, casts and types that call functions which may read rows.
    pub readers: RowReaders,
    /// What they define each in its own way.
    pub differences: Differences,
    /// Shows whether any of it has changed.
    pub fingerprints: Fingerprints,
    /// By name, the shards on which another transaction has locked the relation, so that it cannot be read there.
    pub locked: HashMap<String, Vec<usize>>,
    /// The setting that rules out queries for all shards, in words.
    pub settings: Option<String>,
    /// That two shards are one database, in words.
    pub one_database: Option<String>,
    /// All shards have answered.
    pub is_whole: bool,
}

struct ShardAnswers {
    whole: ResultSet,
    relations: ResultSet,
    readers: ResultSet,
    definitions: ResultSet,
    settings: ResultSet,
}

/// Asks all shards. Once one has answered, waits this long for the others. The tenant column's name may be quoted or not.
pub async fn read(
    internal: InternalQueries<'_>,
    tenant_column: Option<&str>,
    patience: Duration,
) -> Result<ShardSchemas, ShardError> {
    let names = tenant_column.map(|column| [column.to_owned(), column.to_ascii_lowercase()]);
    let names = text_array(names.iter().flatten());
    let shards = internal.shards.len();
    let first = tokio::sync::Notify::new();
    let end = || internal.after_part(2).min(Instant::now() + patience);
    let ask = |shard| {
        let (names, first) = (names.clone(), &first);
        async move {
            let asked = async {
                // The fingerprints come first: a change after them is noticed, because what is read later is newer.
                let whole = internal
                    .once_on(shard, query(format!("SELECT {}, {}, {DATABASE}", whole(), functions("")), Vec::new()))
                    .await?;
                let relations = internal.once_on(shard, query(relations(), vec![names])).await?;
                let readers = internal.once_on(shard, query(READERS, Vec::new())).await?;
                let definitions = internal.once_on(shard, query(definitions::QUESTION, Vec::new())).await?;
                let settings = internal.once_on(shard, query(settings(), Vec::new())).await?;
                Ok(ShardAnswers { whole, relations, readers, definitions, settings })
            };
            tokio::select! {
                biased;
                answer = asked => {
                    if answer.is_ok() {
                        first.notify_waiters();
                    }
                    Some(answer)
                }
                () = async { first.notified().await; internal.deadlines.at(end()).await } => None,
            }
        }
    };
    let answers: Vec<Option<Result<ShardAnswers, ShardError>>> = all((0..shards).map(ask)).await;
    let mut known = ShardSchemas { is_whole: true, ..ShardSchemas::default() };
    let (mut failure, mut settings, mut definitions) = (None, Vec::new(), Definitions::default());
    let (mut databases, mut others, mut database_settings) = (HashMap::new(), BTreeSet::new(), BTreeSet::new());
    for (shard, answer) in answers.into_iter().enumerate() {
        match answer {
            Some(Ok(said)) => {
                let fingerprint = |column| said.whole.text(0, column).unwrap_or_default();
                known.fingerprints.set_shard(shard, fingerprint(0), fingerprint(1));
                let first = *databases.entry(fingerprint(2).to_owned()).or_insert(shard);
                if first != shard {
                    known.one_database.get_or_insert_with(|| {
                        format!(
                            "the query servers of shards {first} and {shard} have one and the same database, whose rows would count \
                             twice, and be changed twice; give each shard a database of its own"
                        )
                    });
                }
                known.add_relations(shard, &said.relations);
                for row in 0..said.readers.rows.len() {
                    let cell = |column| said.readers.text(row, column).unwrap_or_default();
                    match cell(0) {
                        "others" => drop(others.insert(cell(1).to_owned())),
                        "settings" => drop(database_settings.insert(cell(1).to_owned())),
                        "row" => drop(known.row_functions.insert(cell(1).to_owned())),
                        what => known.readers.add(what, cell(1), cell(2)),
                    }
                }
                definitions.take_in(shard, &said.definitions);
                settings.push((shard, said.settings));
            }
            Some(Err(error)) => {
                known.is_whole = false;
                failure.get_or_insert(error);
            }
            None => known.is_whole = false,
        }
    }
    if let (true, Some(error)) = (settings.is_empty(), failure) {
        return Err(error);
    }
    let answered: Vec<usize> = settings.iter().map(|(shard, _)| *shard).collect();
    known.compare(&definitions.differences(&answered, &known.shadowed));
    known.differences.others = others.len() > 1;
    known.differences.settings = database_settings.len() > 1;
    known.differences.missing = known.fingerprints.of_some(&answered);
    known.settings = escaping_setting(&settings).or_else(|| differing_setting(&settings));
    Ok(known)
}

impl ShardSchemas {
    /// Adds a shard's relations and functions.
    fn add_relations(&mut self, shard: usize, answer: &ResultSet) {
        for row in 0..answer.rows.len() {
            let cell = |column| answer.text(row, column).unwrap_or_default();
            if cell(0).is_empty() {
                self.shadowed.insert(cell(1).to_owned());
                continue;
            }
            let (schema, name) = (cell(0), cell(1));
            if cell(12) == "t" {
                if cell(2) == "t" {
                    self.locked.entry(name.to_owned()).or_default().push(shard);
                }
                self.locked.entry(format!("{schema}.{name}")).or_default().push(shard);
                continue;
            }
            let relation = Relation {
                schema: schema.to_owned(),
                has_tenant: cell(3) == "t",
                view: answer.text(row, 4).map(str::to_owned),
                is_stored: cell(6) == "t",
                is_sequence: cell(15) == "t",
                parents: answer.text(row, 11).and_then(|said| serde_json::from_str(said).ok()).unwrap_or_default(),
                parts: (shard, cell(5).to_owned()),
                policies: answer.text(row, 8).map(policies).unwrap_or_default(),
                defaults: answer.text(row, 9).and_then(|said| serde_json::from_str(said).ok()).unwrap_or_default(),
                generated: answer.text(row, 16).and_then(|said| serde_json::from_str(said).ok()).unwrap_or_default(),
                has_other_collations: cell(17) == "t",
                other_defaults: BTreeSet::new(),
                rules: answer.text(row, 14).and_then(|said| serde_json::from_str(said).ok()).unwrap_or_default(),
                keys: answer.text(row, 13).and_then(|said| serde_json::from_str(said).ok()).unwrap_or_default(),
                triggers: answer.text(row, 10).and_then(|said| serde_json::from_str(said).ok()).unwrap_or_default(),
                differs: None,
            };
            if cell(2) == "t" {
                self.fingerprints.set_relation(shard, name.to_owned(), cell(7));
                self.add(name.to_owned(), relation.clone());
            }
            self.fingerprints.set_relation(shard, format!("{schema}.{name}"), cell(7));
            self.add(format!("{schema}.{name}"), relation);
        }
    }

    /// Takes in which types and functions differ. A table is of the types of its columns, as the type of its rows is.
    fn compare(&mut self, differences: &Differences) {
        for (name, relation) in &mut self.relations {
            if let Some(how) = differences.of_rows(name) {
                relation.differs.get_or_insert_with(|| format!("{name}: {how}"));
            }
        }
        self.differences.types.clone_from(&differences.types);
        self.differences.rows.clone_from(&differences.rows);
        self.differences.functions.clone_from(&differences.functions);
    }

    fn add(&mut self, name: String, relation: Relation) {
        let Some(known) = self.relations.get_mut(&name) else {
            self.relations.insert(name, relation);
            return;
        };
        if let Some(how) = known.other_order(&relation) {
            let how = format!("the order of the columns of {name}, which is {how}");
            self.differences.orders.entry(name.clone()).or_insert(how);
        }
        let all = known.defaults.keys().chain(relation.defaults.keys());
        let other = all.filter(|column| known.defaults.get(*column) != relation.defaults.get(*column));
        let other: Vec<_> = other.cloned().collect();
        known.other_defaults.extend(other);
        known.keys.retain(|key| relation.keys.contains(key));
        known.has_other_collations |= relation.has_other_collations;
        for (column, value) in &relation.generated {
            let known = known.generated.entry(column.clone()).or_insert_with(|| value.clone());
            if known != value {
                known.push_str(&format!(" || ({value})"));
            }
        }
        for (rule, action) in &relation.rules {
            let known = known.rules.entry(rule.clone()).or_insert_with(|| action.clone());
            if known != action {
                known.push_str(action);
            }
        }
        let more: Vec<_> =
            relation.triggers.iter().filter(|trigger| !known.triggers.contains(trigger)).cloned().collect();
        known.triggers.extend(more);
        if known.differs.is_none() {
            known.differs = known.difference(&relation).map(|how| format!("{name}: {how}"));
        }
    }
}

impl Relation {
    /// That another shard's relation of the same name has the same columns in another order, in words.
    fn other_order(&self, other: &Relation) -> Option<String> {
        let ((one, here), (another, there)) = (&self.parts, &other.parts);
        let names = |relation: &Relation| shortened(&relation.ordered_columns().join(", "));
        (here != there && sorted(here) == sorted(there))
            .then(|| format!("{} on shard {one} and {} on shard {another}", names(self), names(other)))
    }

    /// How another shard's relation of the same name differs, in words.
    fn difference(&self, other: &Relation) -> Option<String> {
        let ((one, here), (another, there)) = (&self.parts, &other.parts);
        if self.schema != other.schema {
            let (this, that) = (&self.schema, &other.schema);
            return Some(format!("search_path finds it in {this} on shard {one}, and in {that} on shard {another}"));
        }
        if self.view != other.view {
            return Some(match (&self.view, &other.view) {
                (Some(_), Some(_)) => format!("the views of shards {one} and {another} have different texts"),
                _ => format!("it is a view on one of shards {one} and {another}, and a table on the other"),
            });
        }
        if sorted(here) == sorted(there) {
            let active = |relation: &Relation| {
                let policies = relation.policies.iter().filter(|policy| policy.is_active);
                policies.cloned().collect::<Vec<Policy>>()
            };
            let differ = active(self) != active(other);
            return differ.then(|| format!("the active policies of shards {one} and {another} differ"));
        }
        let missing =
            |from: &str, of: &str| of.lines().find(|line| !from.lines().any(|known| known == *line)).map(str::to_owned);
        let (here_only, there_only) = (missing(there, here), missing(here, there));
        let said = |line: Option<String>| line.map_or_else(|| "no such column".to_owned(), |line| format!("`{line}`"));
        Some(format!("on shard {one} {}, on shard {another} {}", said(here_only), said(there_only)))
    }
}

fn sorted(lines: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.sort_unstable();
    lines
}

/// Policies from the catalog: name, command, both conditions, and whether it applies to the current role.
fn policies(document: &str) -> Vec<Policy> {
    type Said = (String, String, Option<String>, Option<String>, bool);
    let said: Vec<Said> = serde_json::from_str(document).unwrap_or_default();
    let policies = said.into_iter();
    policies.map(|(name, command, using, check, is_active)| Policy { name, command, using, check, is_active }).collect()
}

/// Where backslashes escape, literals mean something else than the planner reads.
fn escaping_setting(answers: &[(usize, ResultSet)]) -> Option<String> {
    let is_off = |answer: &ResultSet| {
        (0..answer.rows.len())
            .any(|row| answer.text(row, 0) == Some("standard_conforming_strings") && answer.text(row, 1) != Some("on"))
    };
    let (shard, _) = answers.iter().find(|(_, answer)| is_off(answer))?;
    Some(format!(
        "standard_conforming_strings is off on shard {shard}, so literals have another meaning there; set it to on"
    ))
}

fn differing_setting(answers: &[(usize, ResultSet)]) -> Option<String> {
    let ((first, one), others) = answers.split_first()?;
    for (shard, other) in others {
        for row in 0..one.rows.len() {
            let name = one.text(row, 0)?;
            let value = |answer: &ResultSet| {
                (0..answer.rows.len())
                    .find(|row| answer.text(*row, 0) == Some(name))
                    .and_then(|row| answer.text(row, 1).map(str::to_owned))
            };
            let (here, there) = (value(one), value(other));
            if here != there {
                let shown = |value: Option<String>| value.unwrap_or_else(|| "nothing".into());
                return Some(format!(
                    "the shards differ: {name} is {} on shard {first} and {} on shard {shard}; set the same value for all databases",
                    shown(here),
                    shown(there)
                ));
            }
        }
    }
    None
}

/// What two databases never have in common, not even copies of each other. Any role may ask for it.
const DATABASE: &str = "(SELECT concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()), b.oid) FROM pg_catalog.pg_database AS b \
    WHERE b.datname = current_database())";

/// The settings that decide how a value is written, and which table a name means.
fn settings() -> String {
    format!(
        "SELECT s.name, current_setting(s.name, true) FROM unnest({}) AS s(name) \
         UNION ALL SELECT 'search_path', array_to_string(current_schemas(false), ', ')",
        fingerprints::SETTINGS
    )
}

/// Functions that can be called on a row, and everything that calls an application's function that is not immutable
/// (those of extensions aside): operators, casts, and types whose values such a function checks. PostgreSQL calls some
/// of these functions on its own. A domain's check is searched for functions and operators; a type may be composed of
/// others.
const READERS: &str = "\
WITH RECURSIVE reader AS (
  SELECT p.oid, p.oid::regprocedure::text AS shown FROM pg_catalog.pg_proc AS p
  WHERE p.oid >= 16384 AND p.prokind = 'f' AND p.provolatile <> 'i' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')),
checked AS (
  SELECT t.oid, t.typname, r.shown FROM pg_catalog.pg_constraint AS k
  JOIN pg_catalog.pg_type AS t ON t.oid = k.contypid
  JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_constraint'::regclass AND d.objid = k.oid
  LEFT JOIN pg_catalog.pg_operator AS o ON d.refclassid = 'pg_catalog.pg_operator'::regclass AND o.oid = d.refobjid
  JOIN reader AS r ON r.oid = CASE d.refclassid WHEN 'pg_catalog.pg_proc'::regclass THEN d.refobjid ELSE o.oprcode::oid END
  UNION
  SELECT t.oid, t.typname, c.shown FROM checked AS c JOIN pg_catalog.pg_type AS t ON t.typbasetype = c.oid OR t.typelem = c.oid
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND a.atttypid = c.oid)),
part AS MATERIALIZED (
  SELECT a.atttypid AS oid, f.reltype AS whole FROM pg_catalog.pg_class AS f JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.oid
  WHERE f.oid >= 16384 AND f.reltype <> 0 AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT t.typbasetype, t.oid FROM pg_catalog.pg_type AS t WHERE t.typbasetype <> 0
  UNION ALL SELECT t.typelem, t.oid FROM pg_catalog.pg_type AS t WHERE t.typelem <> 0 AND t.typcategory = 'A'
  UNION ALL SELECT g.rngsubtype, unnest(ARRAY[g.rngtypid, g.rngmultitypid]) FROM pg_catalog.pg_range AS g),
numbered AS (
  SELECT t.oid, t.typname::text AS base, true AS is_domain FROM pg_catalog.pg_type AS t
  WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typname LIKE 'reg%' AND t.typtype = 'b' AND t.typcategory = 'N'
  UNION
  SELECT t.oid, c.base, c.is_domain AND t.typtype = 'd' FROM numbered AS c JOIN part AS p ON p.oid = c.oid
  JOIN pg_catalog.pg_type AS t ON t.oid = p.whole)
SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_amop AS m WHERE m.amopopr = o.oid) THEN 'always' ELSE 'operator' END, o.oprname, r.shown
FROM reader AS r JOIN pg_catalog.pg_operator AS o ON o.oprcode = r.oid
UNION ALL SELECT 'always', '', r.shown FROM reader AS r JOIN pg_catalog.pg_amproc AS m ON m.amproc = r.oid
UNION ALL SELECT CASE WHEN s.castcontext = 'i' THEN 'always' WHEN t.oid < 16384 THEN 'cast' ELSE 'type' END, t.typname, r.shown
FROM reader AS r JOIN pg_catalog.pg_cast AS s ON s.castfunc = r.oid JOIN pg_catalog.pg_type AS t ON t.oid = s.casttarget
UNION ALL SELECT 'type', c.typname, c.shown FROM checked AS c
UNION ALL SELECT 'row', p.proname, '' FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_type AS t ON t.oid = p.proargtypes[0]
WHERE p.oid >= 16384 AND t.typtype IN ('c', 'd', 'p') AND (p.pronargs - p.pronargdefaults <= 1 OR p.provariadic <> 0)
UNION ALL SELECT 'default', t.typname, CASE WHEN t.typdefaultbin IS NULL THEN quote_literal(t.typdefault) ELSE t.typdefault END
FROM pg_catalog.pg_type AS t WHERE t.typtype = 'd' AND t.oid >= 16384 AND t.typdefault IS NOT NULL
UNION ALL SELECT 'steady', p.proname, '' FROM pg_catalog.pg_proc AS p
GROUP BY p.proname HAVING bool_or(p.oid >= 16384) AND NOT bool_or(p.provolatile = 'v')
UNION ALL SELECT 'domains', '', '' WHERE EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.typtype = 'd' AND t.oid >= 16384)
UNION ALL SELECT 'numbered', t.typname, CASE WHEN bool_and(i.is_domain) THEN min(i.base) ELSE '' END
FROM numbered AS i JOIN pg_catalog.pg_type AS t ON t.oid = i.oid WHERE t.oid >= 16384 GROUP BY t.typname
UNION ALL SELECT 'others', coalesce(md5(string_agg(concat(n.nspname, '.', c.relname), ',' ORDER BY n.nspname, c.relname)), ''), ''
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND c.relkind IN ('i', 'I', 'c') AND c.relpersistence <> 't' AND n.nspname <> 'pg_toast'
UNION ALL SELECT 'settings', coalesce(md5(string_agg(s.setting, ',' ORDER BY s.setting)), ''), ''
FROM (SELECT unnest(r.setconfig) AS setting FROM pg_catalog.pg_db_role_setting AS r
  WHERE r.setdatabase IN (0, (SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname = current_database()))
    AND r.setrole IN (0, (SELECT a.oid FROM pg_catalog.pg_roles AS a WHERE a.rolname = current_user))) AS s
UNION ALL SELECT 'function', p.proname, c.shown FROM checked AS c
JOIN pg_catalog.pg_type AS t ON t.oid = c.oid AND t.typtype = 'd'
JOIN pg_catalog.pg_proc AS p ON p.oid >= 16384 AND (p.prorettype = c.oid OR c.oid = ANY (p.proargtypes::oid[]))";

/// Each relation with its policies and its columns, one column per line: its type with the modifier, its collation, and
/// the type's parts. To write a view, a policy or a default as text, PostgreSQL opens the tables that it names, and
/// would wait for an exclusive lock on them. A relation that is locked so is only named.
///
/// Then the application's functions (those of extensions aside) whose names PostgreSQL's own schema has too.
fn relations() -> String {
    format!("\
{LOCKED}
SELECT n.nspname, c.relname, pg_table_is_visible(c.oid),
  EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = ANY ($1::text[]) AND NOT a.attisdropped),
  CASE WHEN c.relkind IN ('v', 'm') AND k.oid IS NULL THEN pg_get_viewdef(c.oid) END,
  (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
      (SELECT concat_ws(' ', 'collate', quote_ident(l.collname), l.collprovider, l.collcollate, to_jsonb(l) ->> 'colllocale',
         to_jsonb(l) ->> 'colliculocale', CASE WHEN NOT l.collisdeterministic THEN 'not deterministic' END)
       FROM pg_catalog.pg_collation AS l WHERE l.oid = a.attcollation AND l.collprovider <> 'd'),
      (SELECT 'of ' || string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid),
      (SELECT 'of ' || string_agg(quote_ident(f.attname) || ' ' || format_type(f.atttypid, f.atttypmod), ', ' ORDER BY f.attnum)
       FROM pg_catalog.pg_attribute AS f WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped),
      CASE WHEN t.typtype = 'd' THEN (WITH RECURSIVE base AS (SELECT 1 AS level, t.typbasetype AS oid, t.typtypmod AS modifier
         UNION ALL SELECT b.level + 1, d.typbasetype, d.typtypmod FROM base AS b
         JOIN pg_catalog.pg_type AS d ON d.oid = b.oid AND d.typtype = 'd')
       SELECT string_agg('over ' || format_type(b.oid, b.modifier), ' ' ORDER BY b.level) FROM base AS b) END), E'\\n' ORDER BY a.attnum)
   FROM pg_catalog.pg_attribute AS a
   JOIN pg_catalog.pg_type AS o ON o.oid = a.atttypid
   JOIN pg_catalog.pg_type AS t ON t.oid = CASE WHEN o.typcategory = 'A' AND o.typelem <> 0 THEN o.typelem ELSE o.oid END
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  c.relkind = 'm', {OF_RELATION},
  CASE WHEN c.relrowsecurity AND k.oid IS NULL THEN (SELECT json_agg(json_build_array(p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid),
      pg_get_expr(p.polwithcheck, p.polrelid), row_security_active(c.oid) AND {IS_FOR_ASKER}) ORDER BY p.polname)
    FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid)::text END,
  CASE WHEN k.oid IS NULL THEN (SELECT json_object_agg(a.attname, CASE WHEN a.attidentity <> '' THEN 'IDENTITY'
      ELSE coalesce(pg_get_expr(d.adbin, d.adrelid),
        CASE WHEN t.typdefaultbin IS NULL THEN quote_literal(t.typdefault) ELSE t.typdefault END) END)::text
   FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
   LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     AND (a.attidentity <> '' OR d.oid IS NOT NULL OR t.typdefault IS NOT NULL)) END,
  CASE WHEN c.relhastriggers THEN (SELECT json_agg(concat(g.tgname, ' (', g.tgfoid::regprocedure, ')') ORDER BY g.tgname)::text
   FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D') END,
  (SELECT json_agg(json_build_array(m.nspname, o.relname) ORDER BY i.inhseqno)::text FROM pg_catalog.pg_inherits AS i
   JOIN pg_catalog.pg_class AS o ON o.oid = i.inhparent JOIN pg_catalog.pg_namespace AS m ON m.oid = o.relnamespace
   WHERE i.inhrelid = c.oid),
  k.oid IS NOT NULL,
  CASE WHEN c.relkind = 'p' OR NOT c.relhassubclass THEN (SELECT json_agg((SELECT json_agg(a.attname) FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[:i.indnkeyatts - 1])))::text
    FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
      AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[:i.indnkeyatts - 1]) AND NOT a.attnotnull)
      AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[]) AS u(attnum, collation_id)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = u.attnum WHERE a.attcollation <> u.collation_id)) END,
  CASE WHEN c.relhasrules AND c.relkind NOT IN ('v', 'm') AND k.oid IS NULL THEN (SELECT json_object_agg(w.rulename, pg_get_ruledef(w.oid))::text
    FROM pg_catalog.pg_rewrite AS w WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN' AND w.ev_enabled <> 'D') END,
  c.relkind = 'S',
  CASE WHEN k.oid IS NULL THEN (SELECT json_object_agg(a.attname, pg_get_expr(d.adbin, d.adrelid))::text
   FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> '') END,
  EXISTS (SELECT FROM pg_catalog.pg_index AS i, unnest(i.indkey::int2[], i.indcollation::oid[]) AS u(attnum, collation_id)
    JOIN pg_catalog.pg_attribute AS a ON a.attnum = u.attnum
    WHERE i.indrelid = c.oid AND i.indisunique AND a.attrelid = c.oid AND a.attcollation <> u.collation_id)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN locked AS k ON k.oid = c.oid
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname NOT LIKE 'pg\\_temp\\_%'
UNION ALL
SELECT DISTINCT '', p.proname, false, false, NULL, NULL, false, NULL, NULL::text, NULL::text, NULL::text, NULL::text, false,
  NULL::text, NULL::text, false, NULL::text, false
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY (current_schemas(false)) AND n.nspname <> 'pg_catalog'
  AND EXISTS (SELECT FROM pg_catalog.pg_proc AS o WHERE o.pronamespace = 'pg_catalog'::regnamespace AND o.proname = p.proname)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(shard: usize, parts: &str, view: Option<&str>) -> Relation {
        Relation {
            has_tenant: true,
            view: view.map(str::to_owned),
            parts: (shard, parts.into()),
            ..Relation::default()
        }
    }

    #[test]
    fn a_difference_names_the_shards_and_what_each_of_them_has() {
        let one = relation(0, "id integer\nmood mood of 'sad', 'ok'", None);
        assert_eq!(one.difference(&relation(1, "id integer\nmood mood of 'sad', 'ok'", None)), None);
        assert_eq!(
            one.difference(&relation(2, "id integer\nmood mood of 'ok', 'sad'", None)).unwrap(),
            "on shard 0 `mood mood of 'sad', 'ok'`, on shard 2 `mood mood of 'ok', 'sad'`"
        );
        assert_eq!(
            one.difference(&relation(1, "id integer", None)).unwrap(),
            "on shard 0 `mood mood of 'sad', 'ok'`, on shard 1 no such column"
        );
        let view = relation(0, "a text", Some("SELECT a FROM t"));
        let other = view.difference(&relation(1, "a text", Some("SELECT b AS a FROM t"))).unwrap();
        assert_eq!(other, "the views of shards 0 and 1 have different texts");
    }
}
