//! Combines partial groups: rows of all shards with equal keys become one row, and every other column is folded. Then
//! the groups are sorted, and written as `Grouped` says. Holds one entry per group, in bounded memory. Sorting
//! (`finish`) takes a while for very many groups; the caller may want another thread for it.

mod rows;

pub use rows::GroupRows;

use super::columns::{TEXT, position};
use super::distinct::KeySet;
use super::equal::Equality;
use super::error::GatherError;
use super::fold::{Accumulator, Partial};
use super::merge::Direction;
use super::order::{Collation, Order, SortValue};
use crate::data::row::{MalformedRow, Rows};
use crate::plan::{Column, GroupOutput, Grouped};
use crate::proto::Field;

/// Collects groups.
#[derive(Debug)]
pub struct Groups {
    columns: usize,
    keys: Vec<KeyColumn>,
    folds: Vec<FoldColumn>,
    order: Vec<OrderColumn>,
    output: Vec<OutputCell>,
    /// The groups' keys in canonical form.
    set: KeySet,
    /// The groups' keys as they are shown, for types whose equal values may have different texts.
    shown: Option<Cells>,
    /// All folds of each group.
    partials: Vec<Partial>,
    /// Bytes on the heap that partials hold.
    partials_heap: usize,
    key: Vec<u8>,
    limit: usize,
}

#[derive(Debug)]
struct KeyColumn {
    column: usize,
    equality: Equality,
    type_id: u32,
}

#[derive(Debug)]
struct FoldColumn {
    column: usize,
    folder: Accumulator,
    type_id: u32,
}

#[derive(Debug)]
struct OrderColumn {
    place: CellSource,
    order: Order,
    type_id: u32,
    direction: Direction,
}

/// Where a group's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CellSource {
    Key(usize),
    Fold(usize),
}

#[derive(Clone, Copy, Debug)]
enum OutputCell {
    As(CellSource),
    Average { sum: usize, count: usize },
}

/// The cells of several columns, group by group, in one piece of memory, each as in a DataRow message.
#[derive(Debug, Default)]
struct Cells {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Groups {
    /// None: a key, a fold, an average or the order is not proven to be as in PostgreSQL. `fields` and `collations` are
    /// those of all columns, the `hidden` ones last. More than `limit` bytes of memory are an error.
    pub fn new(
        plan: &Grouped,
        fields: &[Field],
        hidden: usize,
        collations: &[Collation],
        limit: usize,
    ) -> Option<Groups> {
        let describe = |column: Column| {
            let column = position(column, fields.len(), hidden)?;
            let collation = collations.get(column).copied().unwrap_or(Collation::Unknown);
            (fields[column].format == TEXT).then_some((column, fields[column].type_id, collation))
        };
        let keys = plan.keys.iter().map(|&key| {
            let (column, type_id, collation) = describe(key)?;
            Some(KeyColumn { column, equality: Equality::of(type_id, collation)?, type_id })
        });
        let folds = plan.folds.iter().map(|&(folded, fold)| {
            let (column, type_id, collation) = describe(folded)?;
            Some(FoldColumn { column, folder: Accumulator::of(fold, type_id, collation)?, type_id })
        });
        let fold_of = |column| plan.folds.iter().position(|(folded, _)| *folded == column);
        let place_of = |column| {
            let key = plan.keys.iter().position(|key| *key == column).map(CellSource::Key);
            key.or_else(|| fold_of(column).map(CellSource::Fold))
        };
        let order = plan.order.iter().map(|key| {
            let (_, type_id, collation) = describe(key.column)?;
            let direction = Direction { descending: key.descending, nulls_first: key.nulls_first };
            Some(OrderColumn {
                place: place_of(key.column)?,
                order: Order::of(type_id, collation)?,
                type_id,
                direction,
            })
        });
        let keys: Vec<_> = keys.collect::<Option<_>>()?;
        let folds: Vec<_> = folds.collect::<Option<_>>()?;
        let output = plan.output.iter().enumerate().map(|(index, output)| match *output {
            GroupOutput::Column(column) => Some(OutputCell::As(place_of(column)?)),
            GroupOutput::Average { sum, count } => {
                let (sum, count) = (fold_of(sum)?, fold_of(count)?);
                let type_id = match folds[sum].folder {
                    Accumulator::SumInteger | Accumulator::SumNumeric => 1700,
                    Accumulator::SumDouble => 701,
                    _ => return None,
                };
                let is_proven = fields.get(index)?.type_id == type_id && folds[count].folder == Accumulator::SumInteger;
                is_proven.then_some(OutputCell::Average { sum, count })
            }
        });
        Some(Groups {
            columns: fields.len(),
            order: order.collect::<Option<_>>()?,
            output: output.collect::<Option<_>>()?,
            set: KeySet::default(),
            shown: keys.iter().any(|key| !key.equality.is_textual()).then(Cells::default),
            partials: Vec::new(),
            partials_heap: 0,
            key: Vec::new(),
            limit,
            keys,
            folds,
        })
    }

    /// The number of groups so far.
    pub fn count(&self) -> usize {
        self.set.len()
    }

    /// Adds partial rows: whole DataRow messages.
    pub fn push(&mut self, rows: &[u8]) -> Result<(), GatherError> {
        let mut cells = Vec::with_capacity(self.columns);
        for row in Rows::new(rows) {
            let mut row = row?;
            if usize::from(row.columns) != self.columns {
                return Err(MalformedRow.into());
            }
            cells.clear();
            for _ in 0..self.columns {
                cells.push(row.cell()?);
            }
            self.push_row(&cells)?;
        }
        Ok(())
    }

    fn push_row(&mut self, cells: &[Option<&[u8]>]) -> Result<(), GatherError> {
        self.key.clear();
        for key in &self.keys {
            let appended = key.equality.append(cells[key.column], &mut self.key);
            appended.map_err(|malformed| malformed.of_type(key.type_id))?;
        }
        let (group, is_new) = self.set.insert(&self.key);
        if is_new {
            self.partials.resize(self.partials.len() + self.folds.len(), Partial::Null);
            if let Some(shown) = &mut self.shown {
                shown.push(self.keys.iter().map(|key| cells[key.column]));
            }
        }
        let heap = self.partials_heap;
        let partials = &mut self.partials[group * self.folds.len()..];
        for (fold, partial) in self.folds.iter().zip(partials) {
            if let Some(text) = cells[fold.column] {
                let before = partial.heap();
                fold.folder.add(partial, text, fold.type_id)?;
                self.partials_heap = self.partials_heap + partial.heap() - before;
            }
        }
        if is_new || self.partials_heap > heap {
            self.check_memory(0)?;
        }
        Ok(())
    }

    /// Fails if this many bytes more exceed the limit.
    fn check_memory(&self, more: usize) -> Result<(), GatherError> {
        let shown = self.shown.as_ref().map_or(0, Cells::heap);
        let partials = self.partials.capacity() * size_of::<Partial>() + self.partials_heap;
        if self.set.heap() + shown + partials + more > self.limit {
            return Err(GatherError::Memory { limit: self.limit });
        }
        Ok(())
    }

    fn partial(&self, group: usize, fold: usize) -> &Partial {
        &self.partials[group * self.folds.len() + fold]
    }

    /// A key of a group as it is shown.
    fn key(&self, group: usize, key: usize) -> Option<&[u8]> {
        let cells = match &self.shown {
            Some(shown) => shown.get(group),
            None => self.set.get(group),
        };
        cell(cells, key)
    }
}

impl OrderColumn {
    fn read<'a>(&self, text: &'a [u8]) -> Result<SortValue<&'a [u8]>, GatherError> {
        self.order.key(text).map_err(|malformed| malformed.of_type(self.type_id))
    }
}

impl Cells {
    fn push<'a>(&mut self, cells: impl Iterator<Item = Option<&'a [u8]>>) {
        for cell in cells {
            self.bytes.extend(cell.map_or(-1, |text| text.len() as i32).to_be_bytes());
            self.bytes.extend(cell.unwrap_or_default());
        }
        self.ends.push(self.bytes.len());
    }

    fn get(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }

    fn heap(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<usize>()
    }
}

/// One of several consecutive cells.
fn cell(mut cells: &[u8], index: usize) -> Option<&[u8]> {
    let mut value = None;
    for _ in 0..=index {
        let (length, rest) = cells.split_first_chunk::<4>()?;
        (value, cells) = match usize::try_from(i32::from_be_bytes(*length)) {
            Err(_) => (None, rest),
            Ok(length) => rest.split_at_checked(length).map(|(text, rest)| (Some(text), rest))?,
        };
    }
    value
}

#[cfg(test)]
mod tests;
