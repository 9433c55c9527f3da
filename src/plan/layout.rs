//! What the application has declared of its tables, and which views its databases have.

use std::collections::HashMap;

use super::catalogue;

/// How rows are spread over the shards.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The column that holds the tenant in every sharded table; None: not declared, so nothing can be joined.
    pub tenant_column: Option<String>,
    /// Tables that every shard holds alike, with or without their schema.
    pub reference_tables: Vec<String>,
    /// The queries of views, by name with and without schema.
    pub views: HashMap<String, String>,
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
        let name = match names {
            [.., schema, view] => format!("{schema}.{view}"),
            names => names.first()?.clone(),
        };
        self.views.get(&name).map(String::as_str)
    }
}
