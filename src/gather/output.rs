//! Where every way of merging ends: a buffer of DataRow messages, and the steps that are left for merged rows:
//! DISTINCT, OFFSET, LIMIT, and dropping the hidden columns.

use bytes::Bytes;

use super::distinct::Distinct;
use super::error::GatherError;
use crate::data::row::{MalformedRow, Row, Rows};

/// DataRow messages, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowBatch {
    pub rows: Bytes,
    pub count: u32,
}

/// Writes DataRow messages.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    count: u32,
    /// Where the current row begins.
    row: usize,
}

impl Buffer {
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes what has been written, and begins anew.
    pub fn take(&mut self) -> RowBatch {
        // The next batch is likely to be as long.
        let next = Vec::with_capacity(self.bytes.len());
        RowBatch { rows: std::mem::replace(&mut self.bytes, next).into(), count: std::mem::take(&mut self.count) }
    }

    fn push_message(&mut self, message: &[u8]) {
        self.bytes.extend(message);
        self.count += 1;
    }

    /// Appends the first `columns` columns of a row.
    fn push_part(&mut self, message: &[u8], mut row: Row<'_>, columns: u16) -> Result<(), MalformedRow> {
        let mut length = HEAD;
        for _ in 0..columns {
            length += 4 + row.cell()?.map_or(0, <[u8]>::len);
        }
        self.begin_row(columns);
        self.bytes.extend(message.get(HEAD..length).ok_or(MalformedRow)?);
        self.end_row();
        Ok(())
    }

    pub fn begin_row(&mut self, columns: u16) {
        self.row = self.bytes.len();
        self.bytes.extend([b'D', 0, 0, 0, 0]);
        self.bytes.extend(columns.to_be_bytes());
    }

    /// Appends a cell, which `write` writes. If that returns false, the cell is NULL.
    pub fn cell<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<bool, E>) -> Result<(), E> {
        let start = self.bytes.len();
        self.bytes.extend((-1i32).to_be_bytes());
        if write(&mut self.bytes)? {
            let length = (self.bytes.len() - start - 4) as i32;
            self.bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    pub fn end_row(&mut self) {
        // The length counts itself, but not the tag.
        let length = (self.bytes.len() - self.row - 1) as u32;
        self.bytes[self.row + 1..self.row + 5].copy_from_slice(&length.to_be_bytes());
        self.count += 1;
    }
}

/// The tag, the length and the number of columns.
const HEAD: usize = 7;

/// The final steps of a result.
#[derive(Debug)]
pub struct FinalSteps {
    hidden: u16,
    distinct: Option<Distinct>,
    /// Rows still to skip.
    offset: u64,
    /// Rows still to return; None: all.
    limit: Option<u64>,
    buffer: Buffer,
}

impl FinalSteps {
    /// Drops `hidden` columns at the end of each row.
    pub fn new(hidden: usize, distinct: Option<Distinct>, offset: u64, limit: Option<u64>) -> FinalSteps {
        FinalSteps { hidden: hidden as u16, distinct, offset, limit, buffer: Buffer::default() }
    }

    /// True when no row can follow.
    pub fn is_full(&self) -> bool {
        self.limit == Some(0)
    }

    /// Passes a whole batch of rows in no particular order. Costs nothing if there is nothing to do.
    pub fn pass(&mut self, batch: RowBatch) -> Result<RowBatch, GatherError> {
        let is_whole = self.limit.is_none_or(|limit| limit >= batch.count.into());
        if self.hidden == 0 && self.distinct.is_none() && self.offset == 0 && is_whole {
            self.limit = self.limit.map(|limit| limit - u64::from(batch.count));
            return Ok(batch);
        }
        let mut rows = Rows::new(&batch.rows);
        while let Some(row) = rows.next_message() {
            let (message, row) = row?;
            self.push(message, row)?;
        }
        Ok(self.buffer.take())
    }

    /// Passes one row.
    pub(super) fn push(&mut self, message: &[u8], row: Row<'_>) -> Result<(), GatherError> {
        if self.is_full() {
            return Ok(());
        }
        let visible = row.columns.checked_sub(self.hidden).ok_or(MalformedRow)?;
        if let Some(distinct) = &mut self.distinct
            && !distinct.is_new(row.clone())?
        {
            return Ok(());
        }
        if self.offset > 0 {
            self.offset -= 1;
            return Ok(());
        }
        self.limit = self.limit.map(|limit| limit - 1);
        if self.hidden == 0 {
            self.buffer.push_message(message);
        } else {
            self.buffer.push_part(message, row, visible)?;
        }
        Ok(())
    }

    /// Bytes that wait to be taken.
    pub(super) fn waiting(&self) -> usize {
        self.buffer.len()
    }

    pub(super) fn take(&mut self) -> RowBatch {
        self.buffer.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::row::data_row;
    use crate::gather::Collation;
    use crate::proto::Field;

    fn batch(values: &[&str]) -> RowBatch {
        let rows: Vec<u8> =
            values.iter().flat_map(|value| data_row(&[Some(value.as_bytes()), None, Some(b"hidden")])).collect();
        RowBatch { rows: rows.into(), count: values.len() as u32 }
    }

    fn visible(values: &[&str]) -> RowBatch {
        let rows: Vec<u8> = values.iter().flat_map(|value| data_row(&[Some(value.as_bytes()), None])).collect();
        RowBatch { rows: rows.into(), count: values.len() as u32 }
    }

    #[test]
    fn hidden_columns_are_taken_away() {
        let mut final_steps = FinalSteps::new(1, None, 0, None);
        assert_eq!(final_steps.pass(batch(&["a", "", "bc"])).unwrap(), visible(&["a", "", "bc"]));
        assert_eq!(FinalSteps::new(4, None, 0, None).pass(batch(&["a"])), Err(GatherError::Row(MalformedRow)));
    }

    #[test]
    fn offset_and_limit_count_across_batches() {
        let mut final_steps = FinalSteps::new(1, None, 2, Some(3));
        assert_eq!(final_steps.pass(batch(&["1"])).unwrap(), visible(&[]));
        assert_eq!(final_steps.pass(batch(&["2", "3", "4"])).unwrap(), visible(&["3", "4"]));
        assert!(!final_steps.is_full());
        assert_eq!(final_steps.pass(batch(&["5", "6"])).unwrap(), visible(&["5"]));
        assert!(final_steps.is_full());
        assert_eq!(final_steps.pass(batch(&["7"])).unwrap(), visible(&[]));
    }

    #[test]
    fn a_batch_with_which_nothing_is_to_be_done_is_not_copied() {
        let mut final_steps = FinalSteps::new(0, None, 0, Some(5));
        let whole = batch(&["1", "2", "3"]);
        assert_eq!(final_steps.pass(whole.clone()).unwrap().rows.as_ptr(), whole.rows.as_ptr());
        assert_eq!(final_steps.pass(whole.clone()).unwrap(), batch(&["1", "2"]));
        assert!(final_steps.is_full());
    }

    #[test]
    fn distinct_comes_before_offset_and_limit() {
        let fields: Vec<Field> = [25, 23, 25].map(|type_id| Field { type_id, ..Field::default() }).into();
        let distinct = Distinct::new(&fields, 1, &[Collation::Deterministic; 3], 1 << 20).unwrap();
        let mut final_steps = FinalSteps::new(1, Some(distinct), 1, Some(2));
        assert_eq!(final_steps.pass(batch(&["a", "a", "b", "b", "a", "c", "d"])).unwrap(), visible(&["b", "c"]));
    }
}
