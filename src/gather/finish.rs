//! The query by which PostgreSQL itself makes the result from the rows of all shards, where comparing or computing here is
//! not proven to give the same. Each column travels as one array of texts.

use super::columns::{GatheredColumn, GatheredColumns};
use super::error::GatherError;
use crate::data::identifier::quote;
use crate::data::lexer::{Lexer, Token};
use crate::data::parameters::{TextArray, text};
use crate::data::row::{MalformedRow, Rows};
use crate::error::Error;
use crate::plan::{Column, FinishQuery, Origins, SqlFragment};
use crate::proto::{Field, Parameter};

/// What fits into one message to a query server (--max-message-size, by default 64 MiB), with room for the statement.
const LARGEST_MESSAGE: usize = 60 << 20;

/// The rows of all shards, column by column.
#[derive(Debug)]
pub struct GatheredRows {
    columns: Vec<TextArray>,
    rows: u64,
    limit: usize,
}

impl GatheredRows {
    pub fn new(columns: usize, limit: usize) -> Self {
        let columns = (0..columns).map(|_| TextArray::default()).collect();
        GatheredRows { columns, rows: 0, limit: limit.min(LARGEST_MESSAGE) }
    }

    /// Appends rows: whole DataRow messages.
    pub fn push(&mut self, rows: &[u8]) -> Result<(), GatherError> {
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
        let bytes: usize = self.columns.iter().map(TextArray::byte_len).sum();
        if bytes > self.limit {
            return Err(GatherError::Memory { limit: self.limit });
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

/// The statement's text. Its own parameters come first.
pub fn statement(finish: &FinishQuery, columns: &GatheredColumns<'_>) -> Result<String, Error> {
    columns.known.iter().try_for_each(GatheredColumn::has_text)?;
    let mut body = String::new();
    for bit in &finish.body {
        match bit {
            SqlFragment::Sql(sql) => body.push_str(sql),
            SqlFragment::TypeOf(column) => {
                body.push_str(columns.at(*column).map_or("text", |known| &known.column_type.name))
            }
            SqlFragment::Visible => {
                let named = columns.visible().iter().enumerate();
                let named: Vec<_> =
                    named.map(|(index, known)| format!("v{index} AS {}", quote(&known.field.name))).collect();
                body.push_str(&named.join(", "));
            }
        }
    }
    let relation = columns.relation(finish.params.len());
    Ok(with_relation(&relation, body.trim_start()))
}

/// Puts the relation before the body's own WITH queries.
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

/// All parameters of the statement: its own, then the rows.
pub fn parameters(own: Vec<Parameter>, gathered: GatheredRows) -> Vec<Parameter> {
    let mut parameters = own;
    parameters.extend(gathered.parameters());
    parameters
}

/// The result's columns. One that comes straight from a gathered column keeps that column's origin.
pub fn described(finish: &FinishQuery, columns: &GatheredColumns<'_>, fields: &[Field]) -> Vec<Field> {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::row::data_row;
    use crate::gather::ColumnType;
    use crate::plan::ParamSource;
    use crate::proto::Field;

    fn known(name: &str, of: &str, collation: Option<&str>) -> GatheredColumn {
        GatheredColumn {
            field: Field { name: name.into(), table_id: 7, column_id: 2, type_modifier: 14, ..Field::default() },
            column_type: Arc::new(ColumnType {
                name: of.into(),
                has_collation: collation.is_some(),
                is_pseudo: of == "record",
                is_element: of != "pair",
            }),
            modified: (of == "numeric").then(|| "numeric(10,2)".into()),
            domain: None,
            collation: collation.map(str::to_owned),
            rules: None,
        }
    }

    fn finish(body: Vec<SqlFragment>) -> FinishQuery {
        FinishQuery {
            body,
            params: vec![ParamSource::Param(0)],
            origins: Origins::Listed(vec![(1, Column::Hidden(0))]),
        }
    }

    #[test]
    fn the_rows_become_a_relation_in_front_of_the_query() {
        let columns = [known("a\"b", "numeric", None), known("h", "text", Some("\"en-x-icu\""))];
        let columns = GatheredColumns { known: &columns, hidden: 1, shard: 0 };
        let body = vec![
            SqlFragment::Sql("SELECT ".into()),
            SqlFragment::Visible,
            SqlFragment::Sql(", $1::".into()),
            SqlFragment::TypeOf(Column::Hidden(0)),
            SqlFragment::Sql(" FROM mtdd_g".into()),
        ];
        assert_eq!(
            statement(&finish(body), &columns).unwrap(),
            "WITH mtdd_g AS (SELECT u.v0::numeric(10,2) AS v0, u.h0 COLLATE \"en-x-icu\" AS h0 \
             FROM ROWS FROM (pg_catalog.unnest($2::numeric[]), pg_catalog.unnest($3::text[])) AS u(v0, h0)) \
             SELECT v0 AS \"a\"\"b\", $1::text FROM mtdd_g"
        );
    }

    #[test]
    fn types_that_are_no_elements_travel_as_texts_and_domains_do_not_see_null() {
        let mut columns = [known("p", "pair", None), known("d", "integer", None)];
        columns[1].domain = Some("nn".into());
        let columns = GatheredColumns { known: &columns, hidden: 0, shard: 0 };
        assert_eq!(
            columns.relation(0),
            "SELECT u.v0 AS v0, d_v1.v AS v1 FROM ROWS FROM (pg_catalog.json_to_recordset(\
             (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('v', t.v) ORDER BY t.place) \
             FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS t(v, place))) AS (v pair), \
             pg_catalog.unnest($2::integer[])) AS u(v0, v1) \
             LEFT JOIN LATERAL (SELECT u.v1::nn AS v WHERE u.v1 IS DISTINCT FROM NULL OFFSET 0) AS d_v1 ON true"
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
        let columns = GatheredColumns { known: &[], hidden: 0, shard: 0 };
        let sql = statement(&finish(vec![SqlFragment::Sql("SELECT count(*) FROM mtdd_g".into())]), &columns).unwrap();
        assert_eq!(
            sql,
            "WITH mtdd_g AS (SELECT FROM pg_catalog.generate_series(1, $2::bigint)) SELECT count(*) FROM mtdd_g"
        );
        let mut gathered = GatheredRows::new(0, 100);
        gathered.push(&[data_row(&[]), data_row(&[])].concat()).unwrap();
        assert_eq!(gathered.parameters(), [text("2")]);
    }

    #[test]
    fn columns_are_gathered_up_to_a_limit() {
        let mut gathered = GatheredRows::new(2, 40);
        gathered.push(&data_row(&[Some(b"a"), None])).unwrap();
        gathered.push(&data_row(&[Some(b"b"), Some(b"\"")])).unwrap();
        assert!(matches!(gathered.push(&data_row(&[Some(b"a")])), Err(GatherError::Row(MalformedRow))));
        let mut small = GatheredRows::new(1, 10);
        assert!(matches!(small.push(&data_row(&[Some(b"0123456789")])), Err(GatherError::Memory { limit: 10 })));
        let parameters = parameters(vec![text("own")], gathered);
        assert_eq!(parameters, [text("own"), text(r#"{"a","b"}"#), text(r#"{NULL,"\""}"#)]);
    }

    #[test]
    fn a_row_without_a_type_is_refused_by_its_columns_name() {
        let columns = [known("pair", "record", None)];
        let error =
            statement(&finish(Vec::new()), &GatheredColumns { known: &columns, hidden: 0, shard: 0 }).unwrap_err();
        assert!(error.to_string().contains("\"pair\""), "{error}");
    }

    #[test]
    fn result_columns_that_are_gathered_ones_keep_their_origin() {
        let columns = [known("a", "text", None), known("h", "text", None)];
        let columns = GatheredColumns { known: &columns, hidden: 1, shard: 0 };
        let fields = [Field::default(), Field { name: "x".into(), type_id: 25, ..Field::default() }];
        let described = described(&finish(Vec::new()), &columns, &fields);
        assert_eq!(described[0], Field::default());
        assert_eq!((described[1].table_id, described[1].column_id, described[1].type_modifier), (7, 2, 14));
    }
}
