//! Finds rows that are equal to earlier ones, as SQL sees it. `KeySet` numbers distinct keys (`groups` uses it too);
//! `Distinct` drops rows. The owner of a set bounds its memory.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::columns::TEXT;
use super::equal::Equality;
use super::error::GatherError;
use super::order::Collation;
use crate::data::row::{MalformedRow, Row};
use crate::proto::Field;

/// Distinct keys, numbered from 0. Their bytes are in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct KeySet {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    table: HashTable<usize>,
    /// Seeded for each set, so that nobody can choose keys that collide.
    hasher: DefaultHashBuilder,
}

impl KeySet {
    /// The key's number, and whether it is new.
    pub fn insert(&mut self, key: &[u8]) -> (usize, bool) {
        let KeySet { bytes, ends, table, hasher } = self;
        let hash = hasher.hash_one(key);
        if let Some(&number) = table.find(hash, |&number| slice(bytes, ends, number) == key) {
            return (number, false);
        }
        let number = ends.len();
        bytes.extend(key);
        ends.push(bytes.len());
        table.insert_unique(hash, number, |&other| hasher.hash_one(slice(bytes, ends, other)));
        (number, true)
    }

    pub fn get(&self, number: usize) -> &[u8] {
        slice(&self.bytes, &self.ends, number)
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn heap(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<usize>() + self.table.allocation_size()
    }
}

fn slice<'a>(bytes: &'a [u8], ends: &[usize], number: usize) -> &'a [u8] {
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start..ends[number]]
}

/// Drops rows whose visible columns equal those of an earlier row.
#[derive(Debug)]
pub struct Distinct {
    columns: Vec<(Equality, u32)>,
    seen: KeySet,
    key: Vec<u8>,
    limit: usize,
}

impl Distinct {
    /// None: equality is not proven for the type or collation of a visible column. `fields` and `collations` are those
    /// of all columns, the `hidden` ones last. More than `limit` bytes of memory are an error.
    pub fn new(fields: &[Field], hidden: usize, collations: &[Collation], limit: usize) -> Option<Distinct> {
        let visible = fields.len().checked_sub(hidden)?;
        let columns = fields[..visible].iter().enumerate().map(|(index, field)| {
            let collation = collations.get(index).copied().unwrap_or(Collation::Unknown);
            let equality = Equality::of(field.type_id, collation).filter(|_| field.format == TEXT)?;
            Some((equality, field.type_id))
        });
        Some(Distinct { columns: columns.collect::<Option<_>>()?, seen: KeySet::default(), key: Vec::new(), limit })
    }

    /// False if there was such a row before.
    pub(super) fn is_new(&mut self, mut row: Row<'_>) -> Result<bool, GatherError> {
        if usize::from(row.columns) < self.columns.len() {
            return Err(MalformedRow.into());
        }
        self.key.clear();
        for &(equality, type_id) in &self.columns {
            equality.append(row.cell()?, &mut self.key).map_err(|malformed| malformed.of_type(type_id))?;
        }
        let (_, is_new) = self.seen.insert(&self.key);
        if is_new && self.seen.heap() > self.limit {
            return Err(GatherError::Memory { limit: self.limit });
        }
        Ok(is_new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::row::{Rows, data_row};

    fn is_new(distinct: &mut Distinct, cells: &[Option<&str>]) -> Result<bool, GatherError> {
        let cells: Vec<_> = cells.iter().map(|cell| cell.map(str::as_bytes)).collect();
        distinct.is_new(Rows::new(&data_row(&cells)).next().unwrap().unwrap())
    }

    fn fields<const N: usize>(types: [u32; N]) -> Vec<Field> {
        types.map(|type_id| Field { type_id, ..Field::default() }).into()
    }

    #[test]
    fn rows_are_told_apart_by_their_visible_columns_as_sql_does_it() {
        let mut distinct =
            Distinct::new(&fields([1700, 25, 3802]), 1, &[Collation::Deterministic; 3], 1 << 20).unwrap();
        for (cells, expected) in [
            ([Some("1.0"), Some("a"), Some("{}")], true),
            ([Some("1"), Some("a"), Some("[]")], false),
            ([Some("1"), Some("a "), None], true),
            ([None, None, None], true),
            ([None, None, Some("{}")], false),
            ([None, Some(""), None], true),
        ] {
            assert_eq!(is_new(&mut distinct, &cells), Ok(expected), "{cells:?}");
        }
        assert_eq!(is_new(&mut distinct, &[Some("x"), None, None]), Err(GatherError::Value { type_id: 1700 }));
    }

    #[test]
    fn a_column_whose_equality_is_not_proven_leaves_it_to_postgresql() {
        assert!(Distinct::new(&fields([25]), 0, &[Collation::Unknown], 1 << 20).is_none());
        assert!(Distinct::new(&fields([3802]), 0, &[Collation::None], 1 << 20).is_none());
        let binary = vec![Field { type_id: 23, format: 1, ..Field::default() }];
        assert!(Distinct::new(&binary, 0, &[Collation::None], 1 << 20).is_none());
    }

    #[test]
    fn more_memory_than_allowed_is_an_error() {
        let mut distinct = Distinct::new(&fields([23]), 0, &[Collation::None], 10_000).unwrap();
        let error = (0..).find_map(|number| is_new(&mut distinct, &[Some(&format!("{number}"))]).err());
        assert_eq!(error, Some(GatherError::Memory { limit: 10_000 }));
        assert!(distinct.seen.len() > 100);
    }

    #[test]
    fn a_key_keeps_its_number() {
        let mut set = KeySet::default();
        for number in 0..1000 {
            assert_eq!(set.insert(format!("key {number}").as_bytes()), (number, true));
        }
        for number in 0..1000 {
            assert_eq!(set.insert(format!("key {number}").as_bytes()), (number, false));
            assert_eq!(set.get(number), format!("key {number}").as_bytes());
        }
    }
}
