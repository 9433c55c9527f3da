//! What an operator's command prints: its answer on stdout, as a table or as JSON, and its complaints on stderr.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

/// How an answer looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

impl Format {
    /// Prints the answer on stdout. `order`: the columns of a table.
    pub fn print(self, order: &[&str], records: &[Value]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match self {
            Format::Json => records.iter().try_for_each(|record| writeln!(stdout, "{record}"))?,
            Format::Table => write!(stdout, "{}", table(order, records))?,
        }
        stdout.flush()
    }
}

/// Says one line on stderr, where it is open.
pub fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "mtdd-server: {}", message.replace(['\n', '\r'], " "));
}

/// A column is padded to at most so many characters.
const WIDEST: usize = 80;

/// The records under the names of their fields, in columns: those of `order` that the first record has.
pub fn table(order: &[&str], records: &[Value]) -> String {
    let Some(first) = records.first() else { return String::new() };
    let columns: Vec<&str> = order.iter().copied().filter(|column| first.get(column).is_some()).collect();
    let cell = |value: &Value| match value {
        Value::String(text) if !text.is_empty() && text.chars().all(|c| !c.is_control() && !c.is_whitespace()) => {
            text.clone()
        }
        Value::Null => "-".to_owned(),
        value => value.to_string(),
    };
    let mut rows = vec![columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>()];
    rows.extend(records.iter().map(|record| columns.iter().map(|column| cell(&record[*column])).collect()));
    let width = |column: usize| rows.iter().map(|row: &Vec<String>| row[column].chars().count()).max().unwrap_or(0);
    // A wider cell stands out; more than 65,535 cannot be formatted.
    let widths: Vec<usize> = (0..columns.len()).map(|column| width(column).min(WIDEST)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ORDER: [&str; 4] = ["tenant", "type", "shard", "moving"];

    #[test]
    fn a_table_has_a_heading_and_quotes_names_that_would_mislead() {
        let record = |name: &str| json!({ "tenant": name, "type": 1, "shard": 0, "moving": false });
        let text = table(&ORDER, &[record("a"), record("two words"), record("line\nbreak")]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].starts_with("tenant "));
        assert!(lines[2].starts_with("\"two words\""));
        assert!(lines[3].starts_with("\"line\\nbreak\""));
        assert_eq!(table(&ORDER, &[]), "");
        for length in [1, 1024, 65_535, 65_536, 1_000_000] {
            let name = "x".repeat(length);
            let text = table(&ORDER, &[record(&name), record("a")]);
            assert!(text.contains(&name) && text.lines().all(|line| line.len() < length + 100));
            assert!(text.lines().last().is_some_and(|line| line.len() < 110));
        }
    }
}
