//! What is known of the columns that the shards send, and how they become a relation for PostgreSQL again.

use std::sync::Arc;

use super::order::Collation;
use crate::error::Error;
use crate::plan::Column;
use crate::proto::Field;

/// `proto::Field::format` of a column in text format.
pub(super) const TEXT: i32 = 0;

/// A type, as SQL names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnType {
    /// As `format_type` gives it, without a modifier.
    pub name: String,
    pub has_collation: bool,
    /// It has no text that could be read back (an anonymous record).
    pub is_pseudo: bool,
    /// Its values can be the elements of an array: `unnest` gives them back, each as one column. Not so for arrays, whose
    /// elements it gives; for composite types, whose fields it gives; and for types whose arrays are written without commas.
    pub is_element: bool,
}

/// A collation, as far as it matters for merging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollationRules {
    pub collation: Collation,
    /// All shards sort by the same version of the same rules.
    pub same: bool,
}

#[derive(Clone, Debug)]
pub struct GatheredColumn {
    pub field: Field,
    pub column_type: Arc<ColumnType>,
    /// Its type with the modifier, where it has one.
    pub modified: Option<Arc<str>>,
    /// Its domain. `column_type` is then the domain's base type.
    pub domain: Option<Arc<str>>,
    /// The SQL name of its collation.
    pub collation: Option<String>,
    /// How that collation sorts.
    pub rules: Option<CollationRules>,
}

/// The columns of the shards' rows: visible ones, then hidden ones.
#[derive(Debug)]
pub struct GatheredColumns<'k> {
    pub known: &'k [GatheredColumn],
    pub hidden: usize,
    /// The fields have this shard's object ids.
    pub shard: usize,
}

impl GatheredColumns<'_> {
    pub fn visible(&self) -> &[GatheredColumn] {
        &self.known[..self.known.len() - self.hidden]
    }

    pub fn at(&self, column: Column) -> Option<&GatheredColumn> {
        match column {
            Column::Visible(index) => self.visible().get(index),
            Column::Hidden(index) => self.known.get(self.visible().len() + index),
        }
    }

    /// `v0`, `v1`, ..., `h0`, ...
    fn name(&self, index: usize) -> String {
        match index.checked_sub(self.visible().len()) {
            None => format!("v{index}"),
            Some(hidden) => format!("h{hidden}"),
        }
    }

    /// SQL for the relation of all gathered rows. Its parameters follow the `own` ones of the statement.
    pub(super) fn relation(&self, own: usize) -> String {
        if self.known.is_empty() {
            return format!("SELECT FROM pg_catalog.generate_series(1, ${}::bigint)", own + 1);
        }
        let names: Vec<_> = (0..self.known.len()).map(|index| self.name(index)).collect();
        let columns: Vec<_> = self.known.iter().zip(&names).map(|(known, name)| known.select(name)).collect();
        let domains: String = self.known.iter().zip(&names).map(|(known, name)| known.in_domain(name)).collect();
        let rows = rows_from(own, self.known);
        format!("SELECT {} FROM {rows} AS u({}){domains}", columns.join(", "), names.join(", "))
    }
}

impl GatheredColumn {
    /// A column of which merging needs to know nothing.
    pub fn unneeded(field: &Field) -> Self {
        let column_type =
            Arc::new(ColumnType { name: "text".into(), has_collation: false, is_pseudo: false, is_element: true });
        GatheredColumn { field: field.clone(), column_type, modified: None, domain: None, collation: None, rules: None }
    }

    /// How its texts compare, as far as is known here.
    pub fn compares(&self) -> Collation {
        match self.rules {
            Some(rules) => rules.collation,
            None if self.column_type.has_collation => Collation::Unknown,
            None => Collation::None,
        }
    }

    /// Refuses a type whose values cannot be read back from text.
    pub fn has_text(&self) -> Result<(), Error> {
        if !self.column_type.is_pseudo {
            return Ok(());
        }
        let name = &self.field.name;
        let reason = format!(
            "the column {name:?} is a row without a type of its own, which cannot be merged: select its fields one by one"
        );
        Err(Error::PlanUnsupported { reason })
    }

    fn select(&self, name: &str) -> String {
        let (value, collate) = (format!("u.{name}"), self.collate());
        match (&self.domain, &self.modified) {
            (Some(_), _) => format!("d_{name}.v{collate} AS {name}"),
            (None, Some(modified)) => format!("{value}::{modified}{collate} AS {name}"),
            (None, None) => format!("{value}{collate} AS {name}"),
        }
    }

    /// A join that gives the column its domain. A domain may refuse NULL, and yet its columns are NULL behind an outer
    /// join: NULL gets no cast here either. OFFSET keeps the cast behind the condition.
    fn in_domain(&self, name: &str) -> String {
        let Some(domain) = &self.domain else { return String::new() };
        format!(
            " LEFT JOIN LATERAL (SELECT u.{name}::{domain} AS v WHERE u.{name} IS DISTINCT FROM NULL OFFSET 0) AS d_{name} ON true"
        )
    }

    /// COLLATE, where the column has a collation.
    pub fn collate(&self) -> String {
        match &self.collation {
            Some(collation) if self.column_type.has_collation => format!(" COLLATE {collation}"),
            _ => String::new(),
        }
    }

    /// SQL that gives the values of an array parameter in the column's type, without its modifier. The type's own input
    /// function reads them: a cast from text could be a function of the application's.
    fn values(&self, parameter: usize) -> String {
        let name = &self.column_type.name;
        match self.column_type.is_element {
            true => format!("pg_catalog.unnest(${parameter}::{name}[])"),
            false => format!(
                "pg_catalog.json_to_recordset((SELECT pg_catalog.json_agg(pg_catalog.json_build_object('v', t.v) ORDER BY t.place) \
                 FROM pg_catalog.unnest(${parameter}::pg_catalog.text[]) WITH ORDINALITY AS t(v, place))) AS (v {name})"
            ),
        }
    }
}

/// SQL for a relation of columns, each from one array parameter. Names are qualified with pg_catalog, so that objects of
/// the application cannot take their place.
pub fn rows_from<'k>(own: usize, columns: impl IntoIterator<Item = &'k GatheredColumn>) -> String {
    let values: Vec<_> = columns.into_iter().zip(own + 1..).map(|(known, parameter)| known.values(parameter)).collect();
    format!("ROWS FROM ({})", values.join(", "))
}

/// Where a column stands in a row of `columns` columns, the `hidden` last. None: nowhere.
pub(super) fn position(column: Column, columns: usize, hidden: usize) -> Option<usize> {
    let visible = columns.checked_sub(hidden)?;
    match column {
        Column::Visible(index) => (index < visible).then_some(index),
        Column::Hidden(index) => (index < hidden).then(|| visible + index),
    }
}
