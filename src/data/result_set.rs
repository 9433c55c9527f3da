//! The result of a small query, collected whole.

use std::sync::Arc;

use bytes::Bytes;

use super::row::{MalformedRow, Rows};
use super::shape::Description;

#[derive(Debug, Default)]
pub struct ResultSet {
    pub description: Option<Arc<Description>>,
    pub rows: Vec<Vec<Option<Bytes>>>,
}

impl ResultSet {
    /// A cell as text; None: NULL, or no such cell.
    pub fn text(&self, row: usize, column: usize) -> Option<&str> {
        let cell = self.rows.get(row)?.get(column)?.as_ref()?;
        std::str::from_utf8(cell).ok()
    }

    /// Appends rows: whole DataRow messages.
    pub fn push_rows(&mut self, batch: &Bytes) -> Result<(), MalformedRow> {
        for row in Rows::new(batch) {
            let mut row = row?;
            let cells = (0..row.columns).map(|_| Ok(row.cell()?.map(|cell| batch.slice_ref(cell))));
            self.rows.push(cells.collect::<Result<_, MalformedRow>>()?);
        }
        Ok(())
    }
}
