//! PostgreSQL's DataRow messages, read in place. The query servers pass them on unchecked, so the client checks every
//! length.

/// A DataRow message that is cut short or contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row batch is malformed")]
pub struct MalformedRow;

/// The rows of a batch: DataRow messages, each with its tag `D` and length.
#[derive(Debug, Clone)]
pub struct Rows<'a>(&'a [u8]);

impl<'a> Rows<'a> {
    pub fn new(batch: &'a [u8]) -> Self {
        Rows(batch)
    }

    /// True once every row has been given.
    pub fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    /// The next row together with its whole message.
    #[inline]
    pub fn next_message(&mut self) -> Option<Result<(&'a [u8], Row<'a>), MalformedRow>> {
        let before = self.0;
        let row = self.next()?;
        Some(row.map(|row| (&before[..before.len() - self.0.len()], row)))
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<Row<'a>, MalformedRow>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let Some((row, rest)) = split_message(self.0) else {
            self.0 = &[];
            return Some(Err(MalformedRow));
        };
        self.0 = rest;
        Some(Ok(row))
    }
}

fn split_message(batch: &[u8]) -> Option<(Row<'_>, &[u8])> {
    let (head, rest) = batch.split_first_chunk::<7>()?;
    let [b'D', l0, l1, l2, l3, c0, c1] = *head else { return None };
    // The length counts itself (4) and the column count (2), but not the tag.
    let cells = usize::try_from(u32::from_be_bytes([l0, l1, l2, l3])).ok()?.checked_sub(6)?;
    let (cells, rest) = rest.split_at_checked(cells)?;
    Some((Row { columns: u16::from_be_bytes([c0, c1]), cells }, rest))
}

/// One row: a cell per column, `None` for NULL.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    pub columns: u16,
    cells: &'a [u8],
}

impl<'a> Row<'a> {
    /// The next cell; the caller asks `columns` times.
    #[inline]
    pub fn cell(&mut self) -> Result<Option<&'a [u8]>, MalformedRow> {
        let (length, rest) = self.cells.split_first_chunk::<4>().ok_or(MalformedRow)?;
        let length = i32::from_be_bytes(*length);
        if length < 0 {
            self.cells = rest;
            return Ok(None);
        }
        let (value, rest) = rest.split_at_checked(length as usize).ok_or(MalformedRow)?;
        self.cells = rest;
        Ok(Some(value))
    }
}

#[cfg(test)]
pub(crate) fn data_row(cells: &[Option<&[u8]>]) -> Vec<u8> {
    let mut body = (cells.len() as u16).to_be_bytes().to_vec();
    for cell in cells {
        match cell {
            None => body.extend((-1i32).to_be_bytes()),
            Some(value) => {
                body.extend((value.len() as i32).to_be_bytes());
                body.extend(*value);
            }
        }
    }
    let mut message = vec![b'D'];
    message.extend((body.len() as u32 + 4).to_be_bytes());
    message.extend(body);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_went_in() {
        let mut batch = data_row(&[Some(b"1"), None, Some(b"")]);
        batch.extend(data_row(&[]));
        let mut rows = Rows::new(&batch);
        let length = batch.len() - data_row(&[]).len();
        assert_eq!(rows.clone().next_message().unwrap().unwrap().0, &batch[..length]);
        let mut first = rows.next().unwrap().unwrap();
        assert_eq!(first.columns, 3);
        assert_eq!(first.cell(), Ok(Some(&b"1"[..])));
        assert_eq!(first.cell(), Ok(None));
        assert_eq!(first.cell(), Ok(Some(&b""[..])));
        assert_eq!(first.cell(), Err(MalformedRow));
        assert_eq!(rows.next().unwrap().unwrap().columns, 0);
        assert!(rows.next().is_none());
    }

    #[test]
    fn a_batch_cut_anywhere_is_malformed_and_never_read_past_its_end() {
        let batch = data_row(&[Some(b"abc"), None]);
        for cut in 1..batch.len() {
            let mut rows = Rows::new(&batch[..cut]);
            assert_eq!(rows.next().map(|row| row.map(|_| ())), Some(Err(MalformedRow)), "cut at {cut}");
            assert!(rows.next().is_none());
        }
    }
}
