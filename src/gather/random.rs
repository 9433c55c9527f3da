//! Seeded random rows for the tests of `gather`, which compare with the plainest code that does the same: sort
//! everything, then pick. A failure prints its seed.

use bytes::Bytes;

use super::output::RowBatch;
use crate::data::row::{Rows, data_row};
use crate::plan::{Column, OrderKey};
use crate::proto::Field;

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

pub fn fields<const N: usize>(types: [u32; N]) -> Vec<Field> {
    types.map(|type_id| Field { type_id, ..Field::default() }).into()
}

/// Rows to be sorted and merged. Keys are a numeric in the first column and an int8 in the last, hidden one. The second
/// column tells rows apart.
pub struct Case {
    pub keys: Vec<OrderKey>,
    pub on: usize,
    pub offset: u64,
    pub limit: Option<u64>,
    /// The rows of each input, sorted.
    pub inputs: Vec<Vec<Sample>>,
}

#[derive(Clone, Debug)]
pub struct Sample {
    pub keys: [Option<i64>; 2],
    pub cells: [Option<String>; 3],
}

impl Sample {
    pub fn message(&self) -> Vec<u8> {
        data_row(&self.cells.each_ref().map(|cell| cell.as_deref().map(str::as_bytes)))
    }
}

impl Case {
    pub fn new(random: &mut Random) -> Case {
        let columns = [Column::Visible(0), Column::Hidden(0)];
        let keys: Vec<_> = columns
            .map(|column| OrderKey { column, descending: random.one_in(2), nulls_first: random.one_in(2) })
            .into();
        let on = if random.one_in(2) { random.below(3) as usize } else { 0 };
        let mut inputs = Vec::new();
        for input in 0..1 + random.below(9) {
            let rows = if random.one_in(4) { 0 } else { random.below(40) };
            let mut rows: Vec<_> = (0..rows).map(|row| sample(random, input, row)).collect();
            rows.sort_by(|a, b| compare(&keys, a, b));
            inputs.push(rows);
        }
        let limit = random.one_in(2).then(|| random.below(60));
        let offset = if random.one_in(2) { random.below(20) } else { 0 };
        Case { keys, on, offset, limit, inputs }
    }

    /// The expected result: everything sorted, then picked.
    pub fn expected(&self) -> RowBatch {
        let mut rows: Vec<_> = self.inputs.iter().flatten().collect();
        rows.sort_by(|a, b| compare(&self.keys, a, b));
        if self.on > 0 {
            rows.dedup_by(|a, b| a.keys[..self.on] == b.keys[..self.on]);
        }
        let most = self.limit.map_or(usize::MAX, |limit| limit as usize);
        let rows: Vec<_> = rows.into_iter().skip(self.offset as usize).take(most).collect();
        let visible = |row: &&Sample| {
            data_row(&row.cells[..2].iter().map(|cell| cell.as_deref().map(str::as_bytes)).collect::<Vec<_>>())
        };
        RowBatch { rows: rows.iter().flat_map(visible).collect::<Vec<u8>>().into(), count: rows.len() as u32 }
    }

    /// An input's rows in batches of random sizes.
    pub fn batches(&self, input: usize, random: &mut Random) -> Vec<Bytes> {
        let mut rows = self.inputs[input].as_slice();
        let mut batches = Vec::new();
        while !rows.is_empty() {
            let (batch, rest) = rows.split_at(1 + random.below(rows.len() as u64) as usize);
            batches.push(batch.iter().flat_map(Sample::message).collect::<Vec<u8>>().into());
            rows = rest;
        }
        batches.reverse();
        batches
    }
}

fn sample(random: &mut Random, input: u64, row: u64) -> Sample {
    let mut key = |range: u64| (!random.one_in(5)).then(|| random.below(2 * range) as i64 - range as i64);
    let keys = [key(6), key(200)];
    let zeros = random.below(3) as usize;
    let numeric = keys[0].map(|key| format!("{key}{}{}", if zeros > 0 { "." } else { "" }, "0".repeat(zeros)));
    Sample { keys, cells: [numeric, Some(format!("{input}/{row}")), keys[1].map(|key| key.to_string())] }
}

fn compare(keys: &[OrderKey], a: &Sample, b: &Sample) -> std::cmp::Ordering {
    let by_key = |(key, (a, b)): (&OrderKey, (&Option<i64>, &Option<i64>))| match (a, b) {
        (Some(a), Some(b)) if key.descending => b.cmp(a),
        (Some(a), Some(b)) => a.cmp(b),
        // None is less than Some.
        _ if key.nulls_first => a.cmp(b),
        _ => b.cmp(a),
    };
    let pairs = keys.iter().zip(a.keys.iter().zip(&b.keys));
    pairs.map(by_key).find(|ordering| ordering.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
}

/// Batches as one.
pub fn joined(batches: Vec<RowBatch>) -> RowBatch {
    let rows: Vec<u8> = batches.iter().flat_map(|batch| batch.rows.to_vec()).collect();
    let count = batches.iter().map(|batch| batch.count).sum();
    assert_eq!(Rows::new(&rows).count(), count as usize, "a batch says how many rows it has");
    RowBatch { rows: rows.into(), count }
}
