//! Sorts the groups, applies OFFSET and LIMIT, and writes the rows in batches.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{CellSource, Groups, OutputCell};
use crate::gather::GatherError;
use crate::gather::fold::Partial;
use crate::gather::order::SortValue;
use crate::gather::output::{Buffer, RowBatch};

/// The rows of complete groups.
#[derive(Debug)]
pub struct GroupRows {
    groups: Groups,
    /// The groups to return, in order; None: as they came.
    sorted: Option<Vec<usize>>,
    /// Those of them that are left.
    left: std::ops::Range<usize>,
    buffer: Buffer,
}

/// The sort key of a group.
type GroupSortKey<'a> = Option<SortValue<Cow<'a, [u8]>>>;

impl Groups {
    /// Ends the collecting: every shard has sent all its rows.
    pub fn finish(self, offset: u64, limit: Option<u64>) -> Result<GroupRows, GatherError> {
        // PostgreSQL fails at any group that is out of range, shown or not.
        for partial in self.partials.iter().filter(|partial| matches!(partial, Partial::Integer(_))) {
            partial.write(&mut Vec::new())?;
        }
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.set.len());
        let most = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let end = start.saturating_add(most).min(self.set.len());
        let sorted = if self.order.is_empty() { None } else { Some(self.sort(end)?) };
        Ok(GroupRows { groups: self, sorted, left: start..end, buffer: Buffer::default() })
    }

    /// The first `count` groups in order. Equal ones stay as they came.
    fn sort(&self, count: usize) -> Result<Vec<usize>, GatherError> {
        let keys = self.order.len();
        self.check_memory(self.set.len() * (keys * size_of::<GroupSortKey<'_>>() + size_of::<usize>()))?;
        let mut values = Vec::with_capacity(self.set.len() * keys);
        for group in 0..self.set.len() {
            for key in 0..keys {
                values.push(self.sort_value(group, key)?);
            }
        }
        let compare = |a: &usize, b: &usize| {
            let pairs = values[a * keys..].iter().zip(&values[b * keys..]);
            let mut compared = self.order.iter().zip(pairs).map(|(key, (a, b))| key.direction.compare(a, b));
            compared.find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal).then(a.cmp(b))
        };
        let mut groups: Vec<usize> = (0..self.set.len()).collect();
        if 0 < count && count < groups.len() {
            groups.select_nth_unstable_by(count - 1, compare);
        }
        groups.truncate(count);
        groups.sort_unstable_by(compare);
        Ok(groups)
    }

    fn sort_value(&self, group: usize, key: usize) -> Result<GroupSortKey<'_>, GatherError> {
        let column = &self.order[key];
        let borrowed = match column.place {
            CellSource::Key(index) => self.key(group, index),
            CellSource::Fold(fold) => match self.partial(group, fold) {
                Partial::Text(text) => Some(text.as_slice()),
                Partial::Integer(number) => return Ok(Some(SortValue::Number(*number))),
                partial => {
                    let mut text = Vec::new();
                    let is_value = partial.write(&mut text)?;
                    let value = if is_value { Some(column.read(&text)?) } else { None };
                    return Ok(value.map(|value| value.map(|bytes| Cow::Owned(bytes.to_vec()))));
                }
            },
        };
        borrowed.map(|text| Ok(column.read(text)?.map(Cow::Borrowed))).transpose()
    }

    fn write(&self, group: usize, buffer: &mut Buffer) -> Result<(), GatherError> {
        buffer.begin_row(self.output.len() as u16);
        for made in &self.output {
            buffer.cell(|out| match *made {
                OutputCell::As(CellSource::Key(index)) => {
                    let key = self.key(group, index);
                    out.extend(key.unwrap_or_default());
                    Ok(key.is_some())
                }
                OutputCell::As(CellSource::Fold(fold)) => self.partial(group, fold).write(out),
                OutputCell::Average { sum, count } => {
                    self.partial(group, sum).write_average(self.partial(group, count), out)
                }
            })?;
        }
        buffer.end_row();
        Ok(())
    }
}

impl GroupRows {
    /// The next rows, about `most_bytes` at most; None: there are no more.
    pub fn next_batch(&mut self, most_bytes: usize) -> Result<Option<RowBatch>, GatherError> {
        while self.buffer.is_empty() || self.buffer.len() < most_bytes {
            let Some(next) = self.left.next() else { break };
            let group = self.sorted.as_ref().map_or(next, |sorted| sorted[next]);
            self.groups.write(group, &mut self.buffer)?;
        }
        Ok((!self.buffer.is_empty()).then(|| self.buffer.take()))
    }
}
