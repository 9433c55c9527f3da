//! How tables are distributed: what the application has declared, and which tables and views its databases contain.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::ident::as_written;
use super::own_kind::{OwnKind, is_numbered};
use super::readers::RowReaders;
use super::system_relations;
use crate::data::identifier::{cut, quote};

/// How rows are distributed over the shards.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The tenant column of every sharded table; None: not declared, so sharded tables cannot be joined.
    pub tenant_column: Option<String>,
    /// Reference tables, with or without their schema.
    pub reference_tables: Vec<String>,
    /// All relations, by name with schema and, if unambiguous, without.
    pub relations: HashMap<String, Relation>,
    /// Names of PostgreSQL's functions that the application's functions share, so that a call may mean either.
    pub shadowed: BTreeSet<String>,
    /// Names of the application's functions that can be called on a row with the syntax of a field.
    pub row_functions: BTreeSet<String>,
    /// Operators, casts and types whose functions may read rows.
    pub readers: RowReaders,
    /// What the shards define each in its own way.
    pub differences: Differences,
}

/// What differs, and how, in words. By name as SQL has to write it, with the schema and, where that is enough, without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    pub types: BTreeMap<String, String>,
    /// Types of the rows of tables.
    pub rows: BTreeMap<String, String>,
    pub functions: BTreeMap<String, String>,
    /// Tables and views whose columns are in another order.
    pub orders: BTreeMap<String, String>,
    /// Tables and views that only some shards have.
    pub missing: BTreeSet<String>,
    /// Their databases, or the connected role, have different settings.
    pub settings: bool,
    /// The shards have indexes, or types of rows, of different names.
    pub others: bool,
}

impl Differences {
    pub fn add_type(&mut self, schema: &str, name: &str, is_visible: bool, how: &str) {
        add(&mut self.types, schema, name, is_visible, how);
    }

    pub fn add_rows(&mut self, schema: &str, name: &str, is_visible: bool, how: &str) {
        add(&mut self.rows, schema, name, is_visible, how);
    }

    pub fn add_function(&mut self, schema: &str, name: &str, is_visible: bool, how: &str) {
        add(&mut self.functions, schema, name, is_visible, how);
    }

    /// How the first of these functions that differs does, in words.
    pub fn function<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> Option<&str> {
        names.into_iter().find_map(|name| self.functions.get(name)).map(String::as_str)
    }

    /// How the type of this relation's rows differs, in words.
    pub fn of_rows(&self, relation: &str) -> Option<&str> {
        let name: Vec<_> = relation.split('.').map(as_written).collect();
        self.rows.get(&name.join(".")).map(String::as_str)
    }

    /// How the order of a relation's columns differs, in words.
    pub fn order(&self, names: &[String]) -> Option<&str> {
        let name = names[names.len().saturating_sub(2)..].join(".");
        self.orders.get(&name).map(String::as_str)
    }
}

fn add(known: &mut BTreeMap<String, String>, schema: &str, name: &str, is_visible: bool, how: &str) {
    known.insert(format!("{}.{}", as_written(schema), as_written(name)), how.to_owned());
    if is_visible {
        known.insert(as_written(name), how.to_owned());
    }
}

/// A table or view, as the catalog describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    pub schema: String,
    pub has_tenant: bool,
    /// The view's query; None: not a view.
    pub view: Option<String>,
    pub is_sequence: bool,
    /// It is a materialized view.
    pub is_stored: bool,
    /// The tables that it is a partition of or inherits from, which include its rows.
    pub parents: Vec<Vec<String>>,
    /// Its columns on this shard, one per line, in the order of the table.
    pub parts: (usize, String),
    /// Default expressions by column; `IDENTITY` for identity columns.
    pub defaults: BTreeMap<String, String>,
    /// The expressions of generated columns.
    pub generated: BTreeMap<String, String>,
    /// The columns whose defaults differ on another shard.
    pub other_defaults: BTreeSet<String>,
    /// Its triggers, each with its function.
    pub triggers: Vec<String>,
    /// Its rules, by name, with what they do.
    pub rules: BTreeMap<String, String>,
    /// Columns by which its rows can be told apart, on every shard. None of them is NULL.
    pub keys: BTreeSet<BTreeSet<String>>,
    /// A unique index of it compares a column under another collation than the column's.
    pub has_other_collations: bool,
    /// Row-level security of the table.
    pub policies: Vec<Policy>,
    /// Describes how another shard's relation differs.
    pub differs: Option<String>,
}

/// A row-level security policy of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub name: String,
    /// The commands that it applies to, as in pg_policy: r, a, w, d, or * for all.
    pub command: String,
    /// Its USING condition, for existing rows.
    pub using: Option<String>,
    /// Its WITH CHECK condition, for new rows.
    pub check: Option<String>,
    /// It applies to the connected role. It may still apply to others, such as a view's owner.
    pub is_active: bool,
}

impl Policy {
    /// Its conditions for these commands, named as in pg_policy.
    pub fn conditions(&self, commands: &str) -> impl Iterator<Item = &String> {
        let makes_rows = commands.contains(['a', 'w']);
        let holds = self.command == "*" || commands.contains(&self.command);
        let check = self.check.as_ref().filter(|_| makes_rows);
        self.using.iter().chain(check).filter(move |_| holds)
    }
}

impl Relation {
    /// The names of its columns.
    pub fn columns(&self) -> BTreeSet<String> {
        self.parts.1.lines().filter_map(named).collect()
    }

    /// The same in the order that they have on one of the shards.
    pub fn ordered_columns(&self) -> Vec<String> {
        self.parts.1.lines().filter_map(named).collect()
    }
}

impl Relation {
    /// Queries with the conditions of its policies for these commands, and the policies.
    pub fn conditions(&self, names: &[String], commands: &str) -> Vec<(&Policy, String)> {
        let table: Vec<_> = names.iter().map(|name| quote(name)).collect();
        let query = |condition: &String| format!("SELECT 1 FROM {} WHERE {condition}", table.join("."));
        let of = |policy: &'_ Policy| policy.conditions(commands).map(query).collect::<Vec<_>>();
        self.policies.iter().flat_map(|policy| of(policy).into_iter().map(move |query| (policy, query))).collect()
    }

    /// True if its tenant column tells all tenants apart. None: it has no such column, or its type is not known.
    pub fn tells_tenants_apart(&self, column: &str) -> Option<bool> {
        let of_type = self.type_of(column).or_else(|| self.type_of(&column.to_ascii_lowercase()))?;
        self.has_tenant.then(|| compares_exactly(of_type))
    }

    /// The type of its tenant column, without lengths and domains; all integers are one type, and so are texts.
    pub fn tenant_type(&self, column: &str) -> Option<String> {
        let line = self.type_of(column).or_else(|| self.type_of(&column.to_ascii_lowercase()))?;
        Some(match base_type(line) {
            "bigint" | "integer" | "smallint" => "integer".into(),
            "character varying" | "text" => "text".into(),
            _ => line.to_owned(),
        })
    }

    /// The types as one of which its tenant column is compared, in words. Of two that differ, equal values may be of tenants of
    /// different shards: SQL compares them as a third one, or without blanks.
    pub fn compared_as(&self, column: &str) -> Option<String> {
        let line = self.type_of(column).or_else(|| self.type_of(&column.to_ascii_lowercase()))?;
        let last = line.rsplit_once(" over ").map_or(line, |(_, of_type)| of_type);
        Some(match base_type(line) {
            "bigint" | "integer" | "smallint" => "an integer".into(),
            "character varying" | "text" | "name" => "a text".into(),
            "character" => without_collation(last).into(),
            _ => without_collation(last).split(" of ").next().unwrap_or(last).into(),
        })
    }

    /// True if all shards give this column the same default.
    pub fn has_one_default(&self, column: &str) -> bool {
        !self.other_defaults.contains(column)
    }

    /// The type of a column, and the rest of its line.
    pub fn type_of(&self, column: &str) -> Option<&str> {
        let line = self.parts.1.lines().find(|line| named(line).is_some_and(|name| name == column))?;
        let quoted = quote(column);
        line.strip_prefix(column).or_else(|| line.strip_prefix(&quoted)).map(str::trim_start)
    }
}

/// True for a type, as the catalogue's lines describe it, whose equal values are the same text: neither case nor form tells
/// two tenants apart that SQL holds for one.
fn compares_exactly(line: &str) -> bool {
    // Not bpchar without a length, which ignores blanks at the end.
    const EXACT: [&str; 13] = [
        "\"char\"",
        "bigint",
        "boolean",
        "bytea",
        "character",
        "character varying",
        "date",
        "integer",
        "name",
        "oid",
        "smallint",
        "text",
        "uuid",
    ];
    if line.contains(NOT_DETERMINISTIC) {
        return false;
    }
    // An enum's labels, or the type that a domain is over.
    if line.contains(" of '") || line.contains(" of E'") {
        return !line.contains("[]");
    }
    EXACT.contains(&base_type(line))
}

/// The type that a domain is over, or the type itself, without its length.
pub fn base_type(line: &str) -> &str {
    let of_type = line.rsplit_once(" over ").map_or(line, |(_, of_type)| of_type);
    let of_type = of_type.split(" collate ").next().unwrap_or_default();
    if of_type.contains("[]") {
        return of_type;
    }
    of_type.split('(').next().unwrap_or_default().trim_end()
}

/// True if different values of the first column stay different in the second one. Both are lines of the catalogue.
pub fn stays_apart(from: &str, to: &str) -> bool {
    let whole = |line| {
        let of_type: &str = without_collation(line);
        of_type.rsplit_once(" over ").map_or(of_type, |(_, base)| base).to_owned()
    };
    let is_of = |line: &str, types: &[&str]| types.contains(&base_type(line));
    const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];
    // Nothing is cut from a text if there is no length.
    let is_text =
        matches!(whole(to).as_str(), "text" | "character varying") && is_of(from, &["text", "character varying"]);
    let is_loose = [from, to].iter().any(|line| line.contains(NOT_DETERMINISTIC));
    (whole(from) == whole(to) || is_text || is_of(from, &INTEGERS) && is_of(to, &INTEGERS))
        && (!is_loose || collation(from) == collation(to))
}

/// In the catalogue's line of a column: its collation may hold different texts for equal.
pub const NOT_DETERMINISTIC: &str = "not deterministic";

/// True for a type, as the catalogue's lines describe it, whose equal values PostgreSQL writes alike.
pub fn has_one_text(line: &str) -> bool {
    const MORE: [&str; 10] =
        ["money", "inet", "cidr", "macaddr", "macaddr8", "bit", "bit varying", "pg_lsn", "varchar", "int"];
    let element = line.replacen("[]", "", 1);
    let base = base_type(&element);
    let of_time =
        base.starts_with("timestamp") || base.starts_with("time ") || base == "time" || base.starts_with("reg");
    compares_exactly(&element)
        || !element.contains(NOT_DETERMINISTIC)
            && (of_time || MORE.contains(&base) || base == "numeric" && element.contains("numeric("))
}

/// A type without its collation.
fn without_collation(of_type: &str) -> &str {
    of_type.split(" collate ").next().unwrap_or(of_type)
}

/// The collation of a column, if it is not its database's.
pub fn collation(line: &str) -> Option<&str> {
    line.split_once(" collate ").map(|(_, collation)| collation.split(" over ").next().unwrap_or(collation))
}

/// The name at the beginning of a line, quoted if necessary.
fn named(line: &str) -> Option<String> {
    let Some(quoted) = line.strip_prefix('"') else { return line.split(' ').next().map(str::to_owned) };
    let mut name = String::new();
    let mut letters = quoted.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '"' && letters.next_if_eq(&'"').is_none() {
            return Some(name);
        }
        name.push(letter);
    }
    None
}

impl Layout {
    /// True for a table that every shard holds: a declared reference table, a child of one, or a system relation.
    pub fn is_reference(&self, names: &[String]) -> bool {
        self.is_declared(names)
            || self.relation(names).is_some_and(|known| known.parents.iter().any(|parent| self.is_reference(parent)))
    }

    /// Why this relation has both rows that every shard holds alike and rows of tenants: one of them inherits from the other.
    pub fn mixed(&self, names: &[String]) -> Option<String> {
        let is_of_copies = |names: &[String]| {
            self.is_declared(names)
                && !system_relations::is_own(names)
                && self.relation(names).is_some_and(|of| !of.has_tenant)
        };
        let of_tenants = |child: &Relation| child.has_tenant && child.parents.iter().any(|parent| is_of_copies(parent));
        let child = self.relation(names).filter(|known| of_tenants(known)).map(|_| names.join("."));
        let child = child.or_else(|| {
            if !is_of_copies(names) {
                return None;
            }
            let meant = self.qualified(names);
            let is_meant = |parent: &Vec<String>| self.qualified(parent) == meant;
            let mut known = self.relations.iter();
            let child = known.find(|(_, child)| of_tenants(child) && child.parents.iter().any(is_meant));
            child.map(|(name, _)| name.clone())
        })?;
        Some(format!(
            "{child} has rows of tenants, and inherits from a reference table, whose rows every shard has alike; let it inherit \
             from another table"
        ))
    }

    /// True for the name, without its schema, of a table of the application's that every shard holds alike.
    pub fn names_copies(&self, name: &str) -> bool {
        self.reference_tables.iter().any(|declared| declared_name(declared).last().is_some_and(|last| last == name))
    }

    /// True for a reference table, and for a table of which one inherits, or is a partition.
    pub fn reaches_copies(&self, names: &[String]) -> bool {
        let Some(above) = self.qualified(names) else { return self.is_reference(names) };
        let is_copies_below = |(name, known): (&String, &Relation)| {
            let own = name.strip_prefix(&known.schema).and_then(|rest| rest.strip_prefix('.'));
            own.is_some_and(|own| self.is_declared(&[known.schema.clone(), own.to_owned()]))
                && self.is_below(known, above)
        };
        self.is_reference(names) || self.relations.iter().any(is_copies_below)
    }

    fn is_below(&self, child: &Relation, above: (&str, &str)) -> bool {
        let mut parents = child.parents.iter();
        parents.any(|parent| {
            self.qualified(parent) == Some(above)
                || self.relation(parent).is_some_and(|next| self.is_below(next, above))
        })
    }

    /// What the values of a type are made of, if object ids are among them. `name`: without its schema, and without `[]`.
    pub fn kind_of_type(&self, name: &str, is_array: bool) -> Option<OwnKind> {
        let base =
            if is_numbered(name) { name.trim_start_matches("pg_catalog.") } else { self.readers.numbered(name)? };
        // A composed type has no base.
        let of_type = if base.is_empty() { name } else { base };
        Some(OwnKind::Named(format!("{of_type}{}", if is_array { "[]" } else { "" })))
    }

    /// True if every shard has a table, view, index or other relation of this name, or none has.
    pub fn is_everywhere_or_nowhere(&self, names: &[String]) -> bool {
        match self.relation(names) {
            Some(_) => !self.differences.missing.contains(&names.join(".")),
            None => !self.differences.others,
        }
    }

    fn is_declared(&self, names: &[String]) -> bool {
        let meant = self.qualified(names);
        system_relations::is_own(names)
            || self.reference_tables.iter().map(|declared| declared_name(declared)).any(|declared| {
                match (meant, self.qualified(&declared)) {
                    (Some(meant), Some(declared)) => meant == declared,
                    // Neither is known. They are the same if search_path finds them.
                    (None, None) => names == declared,
                    _ => false,
                }
            })
    }

    /// The schema and the name of a relation. None: the name has no schema, and search_path finds no such relation.
    fn qualified<'n>(&'n self, names: &'n [String]) -> Option<(&'n str, &'n str)> {
        match names {
            [.., schema, name] => Some((schema, name)),
            [name] => Some((&self.relations.get(name)?.schema, name)),
            [] => None,
        }
    }

    /// Why it is not clear whether this relation is a reference table: one of its name is declared without a schema, and
    /// search_path finds none.
    pub fn unclear(&self, names: &[String]) -> Option<String> {
        let ([.., schema, name], Some(_)) = (names, self.relation(names)) else { return None };
        let is_meant = |declared: &String| declared == name && !self.relations.contains_key(name);
        let shown = format!("{schema}.{name}");
        (self.reference_tables.iter().any(is_meant) && !self.reference_tables.contains(&shown)).then(|| {
            format!(
                "{shown}, which may be the {name} of mtdd.referenceTables: search_path finds no table of this name; write its \
                 schema there, as in '{shown}' if that is meant"
            )
        })
    }

    /// What is wrong with the declared reference tables, in words, by their names.
    pub fn wrong_declarations(&self) -> BTreeMap<&str, String> {
        let wrong = |declared: &String| {
            let Some(known) = self.relation(&declared_name(declared)) else {
                return Some("no shard has such a table, so nothing is taken for its rows".to_owned());
            };
            let column = self.tenant_column.as_ref().filter(|_| known.has_tenant)?;
            Some(format!("it has the column {column}, but its rows are taken for copies that every shard holds"))
        };
        self.reference_tables.iter().filter_map(|declared| Some((declared.as_str(), wrong(declared)?))).collect()
    }

    /// What is known about a relation.
    pub fn relation(&self, names: &[String]) -> Option<&Relation> {
        match names {
            [.., schema, name] => self.relations.get(&format!("{schema}.{name}")),
            names => self.relations.get(names.first()?),
        }
    }
}

/// The parts of a declared table's name.
fn declared_name(declared: &str) -> Vec<String> {
    match declared.split_once('.') {
        Some((schema, name)) => vec![cut(schema).to_owned(), cut(name).to_owned()],
        None => vec![cut(declared).to_owned()],
    }
}
