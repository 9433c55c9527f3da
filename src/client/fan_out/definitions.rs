//! How each shard defines the application's types and functions, and which of them differ. SQL that names one of those
//! means something else on each shard.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::result_set::ResultSet;
use crate::plan::Differences;

/// What the shards say: by name, by shard.
#[derive(Debug, Default)]
pub struct Definitions {
    types: BTreeMap<Name, BTreeMap<usize, Definition>>,
    functions: BTreeMap<Name, BTreeMap<usize, Definition>>,
}

/// Its schema, and its name.
type Name = (String, String);

#[derive(Debug, Default, PartialEq, Eq)]
struct Definition {
    /// Its name finds it without the schema.
    is_visible: bool,
    /// The type of a table's rows.
    is_row: bool,
    text: String,
    types: BTreeSet<Name>,
    /// The words of a function's body. Some may name functions.
    words: BTreeSet<String>,
}

impl Definitions {
    /// Takes in what a shard answers to `QUESTION`.
    pub fn take_in(&mut self, shard: usize, answer: &ResultSet) {
        for row in 0..answer.rows.len() {
            let cell = |column| answer.text(row, column).unwrap_or_default();
            let definition = Definition {
                is_visible: cell(3) == "t",
                is_row: cell(0) == "rows",
                text: cell(4).to_owned(),
                types: serde_json::from_str(cell(5)).unwrap_or_default(),
                words: serde_json::from_str(cell(6)).unwrap_or_default(),
            };
            let of = if cell(0) == "function" { &mut self.functions } else { &mut self.types };
            of.entry((cell(1).to_owned(), cell(2).to_owned())).or_default().insert(shard, definition);
        }
    }

    /// Those that differ among the shards that have answered. `shadowed`: the names of functions that PostgreSQL has too.
    pub fn differences(&self, shards: &[usize], shadowed: &BTreeSet<String>) -> Differences {
        let (types, functions) = (self.differing_types(), self.differing_functions(shards, shadowed));
        let mut differences = Differences::default();
        for (name, how) in &types {
            let of = &self.types[name];
            let is_visible = of.values().any(|of| of.is_visible);
            match of.values().any(|of| of.is_row) {
                true => differences.add_rows(&name.0, &name.1, is_visible, how),
                false => differences.add_type(&name.0, &name.1, is_visible, how),
            }
        }
        for ((schema, name), how) in self.with_users(functions, &types) {
            let is_visible = self.functions[&(schema.clone(), name.clone())].values().any(|of| of.is_visible);
            differences.add_function(&schema, &name, is_visible, &how);
        }
        differences
    }

    /// The types that differ, and the types that are made of them.
    fn differing_types(&self) -> BTreeMap<Name, String> {
        let mut differing = BTreeMap::new();
        // Tables are compared column by column elsewhere.
        for (name, of) in self.types.iter().filter(|(_, of)| !of.values().any(|of| of.is_row)) {
            if let Some((one, here, another, there)) = unlike(of) {
                let said =
                    |text: &str| if text.is_empty() { "another kind of type".to_owned() } else { shortened(text) };
                let how = format!("on shard {one} {}, on shard {another} {}", said(&here.text), said(&there.text));
                differing.insert(name.clone(), format!("the type {}: {how}", name.1));
            }
        }
        loop {
            let mut more = Vec::new();
            for (name, of) in self.types.iter().filter(|(name, _)| !differing.contains_key(*name)) {
                let part = of.values().flat_map(|of| &of.types).find_map(|part| differing.get(part));
                more.extend(part.map(|how| (name.clone(), how.clone())));
            }
            if more.is_empty() {
                return differing;
            }
            differing.extend(more);
        }
    }

    fn differing_functions(&self, shards: &[usize], shadowed: &BTreeSet<String>) -> BTreeMap<Name, String> {
        let mut differing = BTreeMap::new();
        for (name, of) in &self.functions {
            if let Some((one, _, another, _)) = unlike(of) {
                let how = format!(
                    "the function {}, which is defined otherwise on shard {one} than on shard {another}",
                    name.1
                );
                differing.insert(name.clone(), how);
            } else if let Some(without) = shards.iter().find(|shard| !of.contains_key(*shard))
                && shadowed.contains(&name.1)
            {
                // Of any other name PostgreSQL says that there is no such function.
                let how = format!(
                    "the function {}, which is PostgreSQL's own on shard {without} and yours on others",
                    name.1
                );
                differing.insert(name.clone(), how);
            }
        }
        differing
    }

    /// Adds the functions that use types that differ, and those that may call a function that differs.
    fn with_users(&self, functions: BTreeMap<Name, String>, types: &BTreeMap<Name, String>) -> BTreeMap<Name, String> {
        let mut differing = functions;
        if differing.is_empty() && types.is_empty() {
            return differing;
        }
        loop {
            let by_word: BTreeMap<String, String> =
                differing.iter().map(|((_, name), how)| (name.to_ascii_lowercase(), how.clone())).collect();
            let mut more = Vec::new();
            for (name, of) in self.functions.iter().filter(|(name, _)| !differing.contains_key(*name)) {
                let of_type = of.values().flat_map(|of| &of.types).find_map(|part| types.get(part));
                let called = || of.values().flat_map(|of| &of.words).find_map(|word| by_word.get(word));
                let how = of_type.or_else(called);
                more.extend(how.map(|how| (name.clone(), format!("the function {}, which uses {how}", name.1))));
            }
            if more.is_empty() {
                return differing;
            }
            differing.extend(more);
        }
    }
}

/// The first two shards whose definitions are not alike.
fn unlike(of: &BTreeMap<usize, Definition>) -> Option<(usize, &Definition, usize, &Definition)> {
    let mut all = of.iter();
    let (one, here) = all.next()?;
    let (another, there) = all.find(|(_, there)| there.text != here.text || there.types != here.types)?;
    Some((*one, here, *another, there))
}

/// A text in backticks, cut where it would be too long for a message.
pub fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("`{}...`", &text[..at]),
        None => format!("`{text}`"),
    }
}

/// Asks a shard for all types and functions of the application. Columns: the kind, the schema, the name, whether the name
/// finds it without the schema, the definition, the types that it uses, and the functions that its body may call. Tables are
/// compared elsewhere, and with them the types of their rows. The text of a parsed body is left out while a table that it
/// names is locked: PostgreSQL opens the tables to write the text, and would wait.
pub const QUESTION: &str = "\
WITH known AS MATERIALIZED (
  SELECT s.oid, s.nspname, s.nspname = ANY (current_schemas(false)) AS is_searched FROM pg_catalog.pg_namespace AS s
  WHERE s.nspname NOT LIKE 'pg\\_temp\\_%' AND s.nspname NOT LIKE 'pg\\_toast%')
SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = t.typrelid AND c.relkind <> 'c') THEN 'rows' ELSE 'type' END,
  n.nspname, t.typname, pg_type_is_visible(t.oid),
  CASE t.typtype
    WHEN 'e' THEN (SELECT 'of ' || string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
      FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid)
    WHEN 'c' THEN (SELECT 'of ' || string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
      WHERE a.attrelid = t.typrelid AND c.relkind = 'c' AND a.attnum > 0 AND NOT a.attisdropped)
    WHEN 'd' THEN concat_ws(' ', 'over', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'not null' END,
      'default ' || t.typdefault, (SELECT string_agg(concat_ws(' ', pg_get_constraintdef(k.oid),
        (SELECT string_agg(md5(p.prosrc), ' ' ORDER BY md5(p.prosrc)) FROM pg_catalog.pg_depend AS d
         JOIN pg_catalog.pg_proc AS p ON p.oid = d.refobjid AND p.oid >= 16384
         WHERE d.classid = 'pg_catalog.pg_constraint'::regclass AND d.objid = k.oid
           AND d.refclassid = 'pg_catalog.pg_proc'::regclass)), ' ' ORDER BY pg_get_constraintdef(k.oid))
        FROM pg_catalog.pg_constraint AS k WHERE k.contypid = t.oid))
    WHEN 'r' THEN (SELECT 'range of ' || format_type(r.rngsubtype, -1) FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid) END,
  (SELECT json_agg(DISTINCT jsonb_build_array(m.nspname, u.typname))::text FROM (SELECT t.typbasetype UNION ALL SELECT t.typelem
     UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid
     UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
     ) AS x(oid) JOIN pg_catalog.pg_type AS u ON u.oid = x.oid JOIN known AS m ON m.oid = u.typnamespace
   WHERE u.oid >= 16384 AND u.oid <> t.oid),
  NULL
FROM pg_catalog.pg_type AS t JOIN known AS n ON n.oid = t.typnamespace WHERE t.oid >= 16384 AND t.typtype <> 'p'
UNION ALL
SELECT 'function', n.nspname, f.proname, n.is_searched, md5(string_agg(f.made, E'\\n' ORDER BY f.made COLLATE \"C\")),
  (SELECT json_agg(DISTINCT jsonb_build_array(m.nspname, u.typname))::text FROM pg_catalog.pg_proc AS q
   CROSS JOIN LATERAL (SELECT q.prorettype UNION ALL SELECT unnest(q.proargtypes::oid[]) UNION ALL SELECT unnest(q.proallargtypes)) AS x(oid)
   JOIN pg_catalog.pg_type AS u ON u.oid = x.oid JOIN known AS m ON m.oid = u.typnamespace
   WHERE u.oid >= 16384 AND q.proname = f.proname AND q.pronamespace = n.oid),
  (SELECT json_agg(DISTINCT w.found[1])::text FROM pg_catalog.pg_proc AS q JOIN pg_catalog.pg_language AS l ON l.oid = q.prolang
   CROSS JOIN LATERAL regexp_matches(lower(q.prosrc), '[[:alpha:]_][[:alnum:]_]*', 'g') AS w(found)
   WHERE l.lanname NOT IN ('c', 'internal') AND q.proname = f.proname AND q.pronamespace = n.oid
     AND EXISTS (SELECT FROM pg_catalog.pg_proc AS o WHERE o.oid >= 16384 AND o.proname = w.found[1]::name AND o.proname <> f.proname))
FROM (
  SELECT p.proname, p.pronamespace, concat_ws(' ', oidvectortypes(p.proargtypes), pg_get_function_arguments(p.oid),
    format_type(p.prorettype, NULL), p.proretset, p.prokind, p.provolatile, p.proisstrict, p.prosecdef, l.lanname, p.prosrc,
    p.probin, p.proconfig::text, CASE WHEN l.lanname = 'sql' AND p.prosrc = '' AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_locks AS k ON k.relation = d.refobjid
      WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
        AND k.locktype = 'relation' AND k.mode = 'AccessExclusiveLock' AND k.pid IS DISTINCT FROM pg_backend_pid())
      THEN pg_get_functiondef(p.oid) END) AS made
  FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang WHERE p.oid >= 16384) AS f
JOIN known AS n ON n.oid = f.pronamespace GROUP BY n.oid, n.nspname, n.is_searched, f.proname";

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Name {
        ("public".into(), name.into())
    }

    fn of(text: &str, types: &[&str], words: &[&str]) -> Definition {
        let types = types.iter().map(|of| name(of)).collect();
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Definition { is_visible: true, is_row: false, text: text.into(), types, words }
    }

    #[test]
    fn what_is_made_of_something_that_differs_differs_too() {
        let mut all = Definitions::default();
        for shard in 0..3 {
            let labels = if shard == 2 { "of 'b', 'a'" } else { "of 'a', 'b'" };
            let body = if shard == 1 { "other" } else { "body" };
            for (known, definition) in [
                ("mood", of(labels, &[], &[])),
                ("_mood", of("", &["mood"], &[])),
                ("pair", of("of a mood", &["mood"], &[])),
                ("plain", of("of a integer", &[], &[])),
            ] {
                all.types.entry(name(known)).or_default().insert(shard, definition);
            }
            for (known, definition) in [
                ("changed", of(body, &[], &[])),
                ("caller", of("same", &[], &["changed"])),
                ("moody", of("same", &["pair"], &[])),
                ("alike", of("same", &["plain"], &["alike"])),
            ] {
                all.functions.entry(name(known)).or_default().insert(shard, definition);
            }
        }
        all.functions.entry(name("lower")).or_default().insert(1, of("x", &[], &[]));
        all.functions.entry(name("only_here")).or_default().insert(1, of("x", &[], &[]));
        let found = all.differences(&[0, 1, 2], &BTreeSet::from(["lower".to_owned()]));
        let types: Vec<_> = found.types.keys().map(String::as_str).collect();
        assert_eq!(types, ["_mood", "mood", "pair", "public._mood", "public.mood", "public.pair"]);
        assert_eq!(found.types["mood"], "the type mood: on shard 0 `of 'a', 'b'`, on shard 2 `of 'b', 'a'`");
        let functions: Vec<_> = found.functions.keys().filter(|name| !name.contains('.')).map(String::as_str).collect();
        assert_eq!(functions, ["caller", "changed", "lower", "moody"]);
    }
}
