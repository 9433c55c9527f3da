//! A result as a 1.x server returns it: `JSON.stringify` of the rows as `pg` makes them, the row count and the command.
//! Columns with the same name become one key with the last value. `value` formats single values.

use tonic::Status;

use super::value::{JsonKind, kind_of, push, push_string};
use crate::data::row::{MalformedRow, Rows};
use crate::proto::failure::Reason;
use crate::proto::legacy_db::StoredProcResponse;
use crate::proto::{Field, QueryResult};
use crate::query_server::reply_chunk::{failure, status};
use crate::query_server::stop::StopReason;

/// Rows after which the task yields to other calls.
const ROWS_AT_ONCE: usize = 1024;

/// The answer; `most`: bytes of the largest message. `only_reads`: whether the statement cannot have taken effect.
pub async fn response<F: Future<Output = bool>>(
    result: QueryResult,
    most: usize,
    only_reads: impl FnOnce() -> F,
) -> Result<StoredProcResponse, Status> {
    let (command, row_count) = command_of(&result.command_tag);
    let columns = columns(result.description.as_ref().map_or(&[], |description| &description.fields));
    let mut json = vec![b'['];
    for (index, row) in Rows::new(&result.rows).enumerate() {
        if index > 0 {
            json.push(b',');
        }
        let mut row = row.map_err(malformed)?;
        let cells = (0..row.columns).map(|_| row.cell()).collect::<Result<Vec<_>, _>>().map_err(malformed)?;
        push_row(&columns, &cells, &mut json);
        if json.len() > most {
            return Err(status(if only_reads().await {
                StopReason::TooLarge.of_a_read()
            } else {
                StopReason::TooLarge.too_late()
            }));
        }
        if index % ROWS_AT_ONCE == ROWS_AT_ONCE - 1 {
            tokio::task::yield_now().await;
        }
    }
    json.push(b']');
    let result = String::from_utf8(json)
        .map_err(|_| status(failure(Reason::OutcomeUnknown, false, "the rows are not UTF-8")))?;
    Ok(StoredProcResponse { result, row_count, command })
}

/// A key of each row.
struct JsonColumn {
    /// `"name":`
    key: Vec<u8>,
    /// The position of its value.
    index: usize,
    kind: JsonKind,
}

fn columns(fields: &[Field]) -> Vec<JsonColumn> {
    let mut columns: Vec<(&str, JsonColumn)> = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let kind = kind_of(field.type_id);
        match columns.iter_mut().find(|(name, _)| *name == field.name) {
            Some((_, column)) => (column.index, column.kind) = (index, kind),
            None => {
                let mut key = Vec::new();
                push_string(&field.name, &mut key);
                key.push(b':');
                columns.push((&field.name, JsonColumn { key, index, kind }));
            }
        }
    }
    columns.into_iter().map(|(_, column)| column).collect()
}

fn push_row(columns: &[JsonColumn], cells: &[Option<&[u8]>], json: &mut Vec<u8>) {
    json.push(b'{');
    for (position, column) in columns.iter().enumerate() {
        if position > 0 {
            json.push(b',');
        }
        json.extend_from_slice(&column.key);
        match cells.get(column.index).copied().flatten() {
            None => json.extend_from_slice(b"null"),
            Some(value) => push(column.kind, &String::from_utf8_lossy(value), json),
        }
    }
    json.push(b'}');
}

fn malformed(error: MalformedRow) -> Status {
    status(failure(Reason::OutcomeUnknown, false, error.to_string()))
}

/// The first word of a command tag, and its last number, as `pg` reads them: 0 where there is none.
fn command_of(tag: &str) -> (String, i32) {
    let mut words = tag.split(' ');
    let command = words.next().unwrap_or_default().to_owned();
    let count = words.next_back().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    (command, i32::try_from(count).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::row::data_row;
    use crate::proto::RowDescription;

    fn result(names: &[(&str, u32)], rows: &[&[Option<&[u8]>]], tag: &str) -> QueryResult {
        let field =
            |(name, type_id): &(&str, u32)| Field { name: (*name).into(), type_id: *type_id, ..Field::default() };
        let fields = names.iter().map(field).collect();
        let rows = rows.iter().flat_map(|row| data_row(row)).collect::<Vec<_>>().into();
        QueryResult { description: Some(RowDescription { id: 0, fields }), rows, command_tag: tag.into(), row_count: 0 }
    }

    #[tokio::test]
    async fn rows_are_objects_and_the_last_of_two_columns_of_one_name_wins() {
        let names = [("a\"", 23), ("b", 25), ("a\"", 16)];
        let rows: [&[Option<&[u8]>]; 2] = [&[Some(b"1"), Some(b"x"), Some(b"t")], &[Some(b"2"), None, None]];
        let answer = response(result(&names, &rows, "SELECT 2"), 1000, async || true).await.unwrap();
        assert_eq!(answer.result, r#"[{"a\"":true,"b":"x"},{"a\"":null,"b":null}]"#);
        assert_eq!((answer.command.as_str(), answer.row_count), ("SELECT", 2));
        let refusal = response(result(&names, &rows, "SELECT 2"), 20, async || true).await.unwrap_err();
        assert!(refusal.message().contains("--max-message-size"), "{refusal}");
    }

    #[test]
    fn a_command_is_the_first_word_and_the_count_the_last_number() {
        for (tag, command, count) in
            [("INSERT 0 3", "INSERT", 3), ("UPDATE 2", "UPDATE", 2), ("CREATE TABLE", "CREATE", 0), ("", "", 0)]
        {
            assert_eq!(command_of(tag), (command.to_owned(), count), "{tag}");
        }
    }
}
