//! How tables are distributed: what the application has declared, and which tables and views its databases contain.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::ident::quote;
use super::readers::RowReaders;
use super::system_relations;

/// How rows are spread over the shards.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The column that holds the tenant in every sharded table; None: not declared, so nothing can be joined.
    pub tenant_column: Option<String>,
    /// Tables that every shard holds alike, with or without their schema.
    pub reference_tables: Vec<String>,
    /// All relations, by name with schema and, where that is enough, without.
    pub relations: HashMap<String, Relation>,
    /// Names of PostgreSQL's own functions that functions of the application have too, where a call may mean either.
    pub shadowed: BTreeSet<String>,
    /// Names of the application's functions that may be called on a row, as its field would be read.
    pub row_functions: BTreeSet<String>,
    /// Operators, casts and types behind which there are functions that may read rows.
    pub readers: RowReaders,
}

/// What a database says of one of its tables or views.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    pub has_tenant: bool,
    /// Its query; None: it is no view.
    pub view: Option<String>,
    /// It holds the rows of its query as they once were.
    pub is_stored: bool,
    /// The tables that it is a partition of, or inherits from: its rows are theirs too.
    pub parents: Vec<Vec<String>>,
    /// Its columns, one in a line, as this shard has them.
    pub parts: (usize, String),
    /// By column, the expression that gives it a value where a statement does not; `IDENTITY` for a sequence of its own.
    pub defaults: BTreeMap<String, String>,
    /// The columns to which another shard gives another one.
    pub other_defaults: BTreeSet<String>,
    /// Its triggers, each with its function.
    pub triggers: Vec<String>,
    /// Row-level security of the table.
    pub policies: Vec<Policy>,
    /// How that of another shard differs, in words.
    pub differs: Option<String>,
}

/// What row-level security says of the rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub name: String,
    /// The statements that it is for, as the catalog has them: r, a, w, d, or * for all.
    pub command: String,
    /// Its condition of rows that are there.
    pub using: Option<String>,
    /// Its condition of rows that are made.
    pub check: Option<String>,
    /// It holds for whoever asks. Those who are asked for, as a view's owner is, may be others.
    pub is_active: bool,
}

impl Policy {
    /// Its conditions that hold for these statements, named as the catalog does.
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
}

impl Relation {
    /// Queries of a relation of this name that have the conditions of its policies for these statements, and the policies.
    pub fn conditions(&self, names: &[String], commands: &str) -> Vec<(&Policy, String)> {
        let table: Vec<_> = names.iter().map(|name| quote(name)).collect();
        let query = |condition: &String| format!("SELECT 1 FROM {} WHERE {condition}", table.join("."));
        let of = |policy: &'_ Policy| policy.conditions(commands).map(query).collect::<Vec<_>>();
        self.policies.iter().flat_map(|policy| of(policy).into_iter().map(move |query| (policy, query))).collect()
    }

    /// True if all shards give this column the same default.
    pub fn has_one_default(&self, column: &str) -> bool {
        !self.other_defaults.contains(column)
    }

    /// The type of a column, and what else its line says.
    pub fn type_of(&self, column: &str) -> Option<&str> {
        let line = self.parts.1.lines().find(|line| named(line).is_some_and(|name| name == column))?;
        let quoted = quote(column);
        line.strip_prefix(column).or_else(|| line.strip_prefix(&quoted)).map(str::trim_start)
    }
}

/// The name with which a line begins, which is in quotes where it has to be.
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
    /// True for a table that every shard holds alike: a declared one, a part of such a one, or one of PostgreSQL's
    /// catalog.
    pub fn is_reference(&self, names: &[String]) -> bool {
        self.is_declared(names)
            || self.relation(names).is_some_and(|known| known.parents.iter().any(|parent| self.is_reference(parent)))
    }

    fn is_declared(&self, names: &[String]) -> bool {
        let Some(table) = names.last() else { return false };
        let schema = names.len().checked_sub(2).map(|index| names[index].as_str());
        system_relations::is_own(names)
            || self.reference_tables.iter().any(|declared| match declared.split_once('.') {
                Some((of, name)) => name == table && schema.is_none_or(|schema| schema == of),
                None => declared == table,
            })
    }

    /// What is known of a relation.
    pub fn relation(&self, names: &[String]) -> Option<&Relation> {
        match names {
            [.., schema, name] => self.relations.get(&format!("{schema}.{name}")),
            names => self.relations.get(names.first()?),
        }
    }
}
