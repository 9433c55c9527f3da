//! What the application has declared of its tables, and which tables and views its databases have.

use std::collections::HashMap;

use super::catalogue;

/// How rows are spread over the shards.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The column that holds the tenant in every sharded table; None: not declared, so nothing can be joined.
    pub tenant_column: Option<String>,
    /// Tables that every shard holds alike, with or without their schema.
    pub reference_tables: Vec<String>,
    /// The queries of views, by name with schema and, where that is enough, without.
    pub views: HashMap<String, String>,
    /// All relations, named in the same way: whether they have the tenant column.
    pub relations: HashMap<String, bool>,
}

impl Layout {
    /// True for a table that every shard holds alike: a declared one, or one of PostgreSQL's catalogue.
    pub fn is_reference(&self, names: &[String]) -> bool {
        let Some(table) = names.last() else { return false };
        let schema = names.len().checked_sub(2).map(|index| names[index].as_str());
        let is_catalogue = match schema {
            Some(schema) => schema == "pg_catalog" || schema == "information_schema",
            None => catalogue::has(table),
        };
        is_catalogue
            || self.reference_tables.iter().any(|declared| match declared.split_once('.') {
                Some((of, name)) => name == table && schema.is_none_or(|schema| schema == of),
                None => declared == table,
            })
    }

    /// The query of a view.
    pub fn view(&self, names: &[String]) -> Option<&str> {
        self.views.get(&known_name(names)?).map(String::as_str)
    }

    /// Whether a relation has the tenant column; None: it is not known.
    pub fn has_tenant(&self, names: &[String]) -> Option<bool> {
        self.relations.get(&known_name(names)?).copied()
    }
}

fn known_name(names: &[String]) -> Option<String> {
    match names {
        [.., schema, name] => Some(format!("{schema}.{name}")),
        names => names.first().cloned(),
    }
}
