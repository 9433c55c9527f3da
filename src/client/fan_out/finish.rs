//! The query with which PostgreSQL itself makes the result out of the rows that all shards have given, for what this side
//! cannot prove to compare or to compute alike. The rows travel as one array of texts for each column.

use std::sync::Arc;

use bytes::Bytes;

use super::array::TextArray;
use super::ask::text;
use super::catalog::{Rules, Type};
use crate::data::lexer::{Lexer, Token};
use crate::data::row::{MalformedRow, Rows};
use crate::error::Error;
use crate::gather::Collation;
use crate::plan::{Bit, Column, Finish, Origins};
use crate::proto::{Field, Parameter};

/// What one message to a query server may hold (its --max-message-size is 64 MiB unless told otherwise), less room for
/// the statement.
const LARGEST_MESSAGE: usize = 60 << 20;

/// The rows of all shards, column by column.
#[derive(Debug)]
pub struct Gathered {
    columns: Vec<TextArray>,
    rows: u64,
    limit: usize,
}

impl Gathered {
    pub fn new(columns: usize, limit: usize) -> Self {
        let columns = (0..columns).map(|_| TextArray::default()).collect();
        Gathered { columns, rows: 0, limit: limit.min(LARGEST_MESSAGE) }
    }

    /// Takes in rows: whole DataRow messages.
    pub fn push(&mut self, rows: &[u8]) -> Result<(), GatherFailure> {
        for row in Rows::new(rows) {
            let mut row = row?;
            if usize::from(row.columns) != self.columns.len() {
                return Err(MalformedRow.into());
            }
            for column in &mut self.columns {
                column.push(row.cell()?);
            }
            self.rows += 1;
        }
        let bytes: usize = self.columns.iter().map(TextArray::len).sum();
        if bytes > self.limit {
            return Err(GatherFailure::Memory(self.limit));
        }
        Ok(())
    }

    fn parameters(self) -> Vec<Parameter> {
        if self.columns.is_empty() {
            return vec![text(self.rows.to_string())];
        }
        self.columns.into_iter().map(|column| text(column.finish())).collect()
    }
}

/// Why rows cannot be gathered.
#[derive(Debug)]
pub enum GatherFailure {
    Malformed,
    Memory(usize),
}

impl From<MalformedRow> for GatherFailure {
    fn from(MalformedRow: MalformedRow) -> Self {
        GatherFailure::Malformed
    }
}

/// What is known of a gathered column.
#[derive(Clone, Debug)]
pub struct Known {
    pub field: Field,
    pub of: Arc<Type>,
    /// Its type with the modifier, where it has one.
    pub modified: Option<Arc<str>>,
    /// Its domain, of which the type is only what is below.
    pub domain: Option<Arc<str>>,
    /// The SQL name of its collation.
    pub collation: Option<String>,
    /// How that sorts.
    pub rules: Option<Rules>,
}

/// The columns that are gathered: visible ones, then hidden ones.
#[derive(Debug)]
pub struct Columns<'k> {
    pub known: &'k [Known],
    pub hidden: usize,
    /// The shard whose object ids the fields have.
    pub shard: usize,
}

impl Columns<'_> {
    pub fn visible(&self) -> &[Known] {
        &self.known[..self.known.len() - self.hidden]
    }

    pub fn at(&self, column: Column) -> Option<&Known> {
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

    /// The relation of all gathered rows. Its parameters follow the statement's own.
    fn relation(&self, own: usize) -> String {
        if self.known.is_empty() {
            return format!("SELECT FROM pg_catalog.generate_series(1, ${}::bigint)", own + 1);
        }
        let names: Vec<_> = (0..self.known.len()).map(|index| self.name(index)).collect();
        let columns: Vec<_> = self.known.iter().zip(&names).map(|(known, name)| known.select(name)).collect();
        let arrays = columns_of_texts(own, names.len());
        format!("SELECT {} FROM {arrays} AS u({})", columns.join(", "), names.join(", "))
    }
}

impl Known {
    /// A column about which nothing needs to be known.
    pub fn unneeded(field: &Field) -> Self {
        let of = Arc::new(Type { name: "text".into(), has_collation: false, is_pseudo: false });
        Known { field: field.clone(), of, modified: None, domain: None, collation: None, rules: None }
    }

    /// How its texts compare, as far as this side can tell.
    pub fn compares(&self) -> Collation {
        match self.rules {
            Some(rules) => rules.collation,
            None if self.of.has_collation => Collation::Unknown,
            None => Collation::None,
        }
    }

    /// An error for what a text cannot bring back.
    pub fn has_text(&self) -> Result<(), Error> {
        if !self.of.is_pseudo {
            return Ok(());
        }
        let name = &self.field.name;
        let reason = format!(
            "the column {name:?} is a row without a type of its own, which cannot be merged: select its fields one by one"
        );
        Err(Error::PlanUnsupported { reason })
    }

    fn select(&self, name: &str) -> String {
        format!("u.{name}{} AS {name}", self.cast())
    }

    /// From text to what it was.
    pub fn cast(&self) -> String {
        let collate = match &self.collation {
            Some(collation) if self.of.has_collation => format!(" COLLATE {collation}"),
            _ => String::new(),
        };
        format!("::{}{collate}", self.domain.as_deref().or(self.modified.as_deref()).unwrap_or(&self.of.name))
    }
}

/// The statement's text; `own` parameters of its own come first.
pub fn statement(finish: &Finish, columns: &Columns<'_>) -> Result<String, Error> {
    columns.known.iter().try_for_each(Known::has_text)?;
    let mut body = String::new();
    for bit in &finish.body {
        match bit {
            Bit::Sql(sql) => body.push_str(sql),
            Bit::TypeOf(column) => body.push_str(columns.at(*column).map_or("text", |known| &known.of.name)),
            Bit::Visible => {
                let named = columns.visible().iter().enumerate();
                let named: Vec<_> =
                    named.map(|(index, known)| format!("v{index} AS {}", quoted(&known.field.name))).collect();
                body.push_str(&named.join(", "));
            }
        }
    }
    let relation = columns.relation(finish.params.len());
    Ok(with_relation(&relation, body.trim_start()))
}

/// Puts the relation in front of those that the body has of its own.
fn with_relation(relation: &str, body: &str) -> String {
    let mut words = Lexer::new(body);
    let mut is_next = |word: &str| matches!(words.next(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
    if !is_next("with") {
        return format!("WITH mtdd_g AS ({relation}) {body}");
    }
    let rest = body["with".len()..].trim_start();
    if is_next("recursive") {
        return format!("WITH RECURSIVE mtdd_g AS ({relation}), {}", rest["recursive".len()..].trim_start());
    }
    format!("WITH mtdd_g AS ({relation}), {rest}")
}

/// A relation of so many columns of texts, one array parameter for each. Names are PostgreSQL's own, whatever others the
/// application has: so with all that is added to a statement.
pub fn columns_of_texts(own: usize, columns: usize) -> String {
    let arrays: Vec<_> =
        (1..=columns).map(|index| format!("pg_catalog.unnest(${}::pg_catalog.text[])", own + index)).collect();
    format!("ROWS FROM ({})", arrays.join(", "))
}

/// All parameters of the statement: its own, then the rows.
pub fn parameters(own: Vec<Parameter>, gathered: Gathered) -> Vec<Parameter> {
    let mut parameters = own;
    parameters.extend(gathered.parameters());
    parameters
}

/// The result's columns: those that are gathered ones are described as these are.
pub fn described(finish: &Finish, columns: &Columns<'_>, fields: &[Field]) -> Vec<Field> {
    let mut fields = fields.to_vec();
    let mut describe = |index: usize, column: Column| {
        if let (Some(field), Some(known)) = (fields.get_mut(index), columns.at(column)) {
            field.table_id = known.field.table_id;
            field.column_id = known.field.column_id;
            field.type_modifier = known.field.type_modifier;
        }
    };
    match &finish.origins {
        Origins::Listed(origins) => origins.iter().for_each(|(index, column)| describe(*index, *column)),
        Origins::Visible => {
            (0..columns.known.len() - columns.hidden).for_each(|index| describe(index, Column::Visible(index)));
        }
    }
    fields
}

pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An array parameter of what stands in one column.
pub fn array(texts: &[Option<Bytes>]) -> Parameter {
    let array: TextArray = texts.iter().map(|text| text.as_deref()).collect();
    text(array.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::row::data_row;
    use crate::plan::Source;

    fn known(name: &str, of: &str, collation: Option<&str>) -> Known {
        Known {
            field: Field { name: name.into(), table_id: 7, column_id: 2, type_modifier: 14, ..Field::default() },
            of: Arc::new(Type { name: of.into(), has_collation: collation.is_some(), is_pseudo: of == "record" }),
            modified: (of == "numeric").then(|| "numeric(10,2)".into()),
            domain: None,
            collation: collation.map(str::to_owned),
            rules: None,
        }
    }

    fn finish(body: Vec<Bit>) -> Finish {
        Finish { body, params: vec![Source::Given(0)], origins: Origins::Listed(vec![(1, Column::Hidden(0))]) }
    }

    #[test]
    fn the_rows_become_a_relation_in_front_of_the_query() {
        let columns = [known("a\"b", "numeric", None), known("h", "text", Some("\"en-x-icu\""))];
        let columns = Columns { known: &columns, hidden: 1, shard: 0 };
        let body = vec![
            Bit::Sql("SELECT ".into()),
            Bit::Visible,
            Bit::Sql(", $1::".into()),
            Bit::TypeOf(Column::Hidden(0)),
            Bit::Sql(" FROM mtdd_g".into()),
        ];
        assert_eq!(
            statement(&finish(body), &columns).unwrap(),
            "WITH mtdd_g AS (SELECT u.v0::numeric(10,2) AS v0, u.h0::text COLLATE \"en-x-icu\" AS h0 \
             FROM ROWS FROM (pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::pg_catalog.text[])) AS u(v0, h0)) \
             SELECT v0 AS \"a\"\"b\", $1::text FROM mtdd_g"
        );
    }

    #[test]
    fn relations_of_the_querys_own_come_after_it() {
        assert_eq!(with_relation("r", "select 1"), "WITH mtdd_g AS (r) select 1");
        assert_eq!(with_relation("r", "with a as (x) select 1"), "WITH mtdd_g AS (r), a as (x) select 1");
        assert_eq!(
            with_relation("r", "WITH  RECURSIVE a AS (x) SELECT 1"),
            "WITH RECURSIVE mtdd_g AS (r), a AS (x) SELECT 1"
        );
        assert_eq!(with_relation("r", "(with a as (x) select 1)"), "WITH mtdd_g AS (r) (with a as (x) select 1)");
    }

    #[test]
    fn rows_without_columns_are_counted() {
        let columns = Columns { known: &[], hidden: 0, shard: 0 };
        let sql = statement(&finish(vec![Bit::Sql("SELECT count(*) FROM mtdd_g".into())]), &columns).unwrap();
        assert_eq!(
            sql,
            "WITH mtdd_g AS (SELECT FROM pg_catalog.generate_series(1, $2::bigint)) SELECT count(*) FROM mtdd_g"
        );
        let mut gathered = Gathered::new(0, 100);
        gathered.push(&[data_row(&[]), data_row(&[])].concat()).unwrap();
        assert_eq!(gathered.parameters(), [text("2")]);
    }

    #[test]
    fn columns_are_gathered_up_to_a_limit() {
        let mut gathered = Gathered::new(2, 40);
        gathered.push(&data_row(&[Some(b"a"), None])).unwrap();
        gathered.push(&data_row(&[Some(b"b"), Some(b"\"")])).unwrap();
        assert!(matches!(gathered.push(&data_row(&[Some(b"a")])), Err(GatherFailure::Malformed)));
        let mut small = Gathered::new(1, 10);
        assert!(matches!(small.push(&data_row(&[Some(b"0123456789")])), Err(GatherFailure::Memory(10))));
        let parameters = parameters(vec![text("own")], gathered);
        assert_eq!(parameters, [text("own"), text(r#"{"a","b"}"#), text(r#"{NULL,"\""}"#)]);
    }

    #[test]
    fn a_row_without_a_type_is_refused_by_its_columns_name() {
        let columns = [known("pair", "record", None)];
        let error = statement(&finish(Vec::new()), &Columns { known: &columns, hidden: 0, shard: 0 }).unwrap_err();
        assert!(error.to_string().contains("\"pair\""), "{error}");
    }

    #[test]
    fn result_columns_that_are_gathered_ones_keep_their_origin() {
        let columns = [known("a", "text", None), known("h", "text", None)];
        let columns = Columns { known: &columns, hidden: 1, shard: 0 };
        let fields = [Field::default(), Field { name: "x".into(), type_id: 25, ..Field::default() }];
        let described = described(&finish(Vec::new()), &columns, &fields);
        assert_eq!(described[0], Field::default());
        assert_eq!((described[1].table_id, described[1].column_id, described[1].type_modifier), (7, 2, 14));
    }
}
