//! The k-way merge of sorted inputs, as a state machine: it says which input it needs, is fed batches, and returns
//! rows. It compares all keys itself, so each needs an `Order`; `ranked` is for the others. A loser tree finds the next
//! row with one comparison per level. Rows that compare equal come in the order of their inputs.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::mem;

use bytes::{Buf, Bytes};

use super::columns::{TEXT, position};
use super::error::GatherError;
use super::order::{Collation, Order, SortValue};
use super::output::{FinalSteps, RowBatch};
use crate::data::row::{MalformedRow, Row, Rows};
use crate::plan::OrderKey;
use crate::proto::Field;

/// What a merge does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeStep {
    Rows(RowBatch),
    /// It cannot go on before this input is fed, or ends.
    Needs(usize),
    /// No row follows, whatever the inputs still have.
    Done,
}

/// Merges sorted inputs.
#[derive(Debug)]
pub struct SortedMerge {
    keys: Keys,
    /// Of rows that are equal in this many first keys only the first stays; 0: all stay.
    on: usize,
    inputs: Vec<SortedInput>,
    /// The loser of each match between inputs, and in front the winner. Empty until every input has a row.
    tree: Vec<usize>,
    /// The winner, while its next row has not come yet.
    stalled: Option<usize>,
    /// The keys of the previous row.
    last: Option<Vec<SortCell>>,
    final_steps: FinalSteps,
}

type SortCell = Option<SortValue<Bytes>>;

#[derive(Debug, Default)]
struct SortedInput {
    /// Batches that were fed, without what was read of the first of them.
    batches: VecDeque<Bytes>,
    has_ended: bool,
    /// The next row; empty: there is none.
    row: Bytes,
    keys: Vec<SortCell>,
}

/// The sort keys of a row.
#[derive(Debug)]
struct Keys {
    keys: Vec<SortKey>,
    /// The keys in the order of their columns.
    by_column: Vec<(usize, usize)>,
}

#[derive(Debug)]
struct SortKey {
    order: Order,
    type_id: u32,
    direction: Direction,
}

/// Which way a key sorts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Direction {
    pub descending: bool,
    pub nulls_first: bool,
}

impl Direction {
    #[inline]
    pub fn compare<B: AsRef<[u8]>>(self, a: &Option<SortValue<B>>, b: &Option<SortValue<B>>) -> Ordering {
        let nulls = if self.nulls_first { Ordering::Less } else { Ordering::Greater };
        match (a, b) {
            (Some(a), Some(b)) if self.descending => b.compare(a),
            (Some(a), Some(b)) => a.compare(b),
            (None, None) => Ordering::Equal,
            (None, Some(_)) => nulls,
            (Some(_), None) => nulls.reverse(),
        }
    }
}

impl SortedMerge {
    /// None: no order is proven for one of the keys. `fields` and `collations` are those of all columns, including
    /// hidden ones.
    pub fn new(
        keys: &[OrderKey],
        on: usize,
        fields: &[Field],
        hidden: usize,
        collations: &[Collation],
        inputs: usize,
        final_steps: FinalSteps,
    ) -> Option<SortedMerge> {
        let inputs =
            (0..inputs).map(|_| SortedInput { keys: vec![None; keys.len()], ..SortedInput::default() }).collect();
        let keys = Keys::new(keys, fields, hidden, collations)?;
        Some(SortedMerge { keys, on, inputs, tree: Vec::new(), stalled: None, last: None, final_steps })
    }

    /// Feeds the next rows of an input: whole DataRow messages.
    pub fn feed(&mut self, input: usize, rows: Bytes) {
        if !rows.is_empty() {
            self.inputs[input].batches.push_back(rows);
        }
    }

    /// Ends an input.
    pub fn end(&mut self, input: usize) {
        self.inputs[input].has_ended = true;
    }

    /// Bytes of an input that were fed and have not come out yet, but for one row.
    pub fn waiting(&self, input: usize) -> usize {
        self.inputs[input].batches.iter().map(Bytes::len).sum()
    }

    /// Returns some rows, about `most_bytes` at most, or why there are none.
    pub fn next_batch(&mut self, most_bytes: usize) -> Result<MergeStep, GatherError> {
        let stopped = self.run(most_bytes)?;
        if self.final_steps.waiting() > 0 { Ok(MergeStep::Rows(self.final_steps.take())) } else { Ok(stopped) }
    }

    /// Goes on until there are enough rows, or nothing can be done.
    fn run(&mut self, most_bytes: usize) -> Result<MergeStep, GatherError> {
        if self.inputs.is_empty() || self.final_steps.is_full() {
            return Ok(MergeStep::Done);
        }
        if self.tree.is_empty() {
            for input in 0..self.inputs.len() {
                if self.inputs[input].row.is_empty() && !self.inputs[input].advance(&self.keys)? {
                    return Ok(MergeStep::Needs(input));
                }
            }
            self.tree = vec![0; self.inputs.len()];
            self.tree[0] = self.play(1);
        }
        if let Some(input) = self.stalled.take() {
            self.follow(input)?;
        }
        loop {
            if let Some(input) = self.stalled {
                return Ok(MergeStep::Needs(input));
            }
            let winner = self.tree[0];
            if self.final_steps.is_full()
                || self.inputs[winner].row.is_empty()
                || self.final_steps.waiting() >= most_bytes
            {
                return Ok(MergeStep::Done);
            }
            self.give(winner)?;
            self.follow(winner)?;
        }
    }

    /// Returns the winner's row, or drops it.
    fn give(&mut self, winner: usize) -> Result<(), GatherError> {
        let input = &mut self.inputs[winner];
        let is_dropped = match &self.last {
            Some(last) if self.on > 0 => self.keys.compare(self.on, last, &input.keys) == Ordering::Equal,
            _ => false,
        };
        let last = self.last.get_or_insert_with(|| vec![None; input.keys.len()]);
        mem::swap(last, &mut input.keys);
        if is_dropped {
            return Ok(());
        }
        let (message, row) = Rows::new(&input.row).next_message().ok_or(MalformedRow)??;
        self.final_steps.push(message, row)
    }

    /// After the winner's row, its next row takes part, if it is there.
    fn follow(&mut self, winner: usize) -> Result<(), GatherError> {
        let input = &mut self.inputs[winner];
        if !input.advance(&self.keys)? {
            self.stalled = Some(winner);
            return Ok(());
        }
        // A shard that sorts differently would make nonsense of the whole result.
        if let Some(last) = &self.last
            && !input.row.is_empty()
            && self.keys.compare(self.keys.keys.len(), last, &input.keys) == Ordering::Greater
        {
            return Err(GatherError::Unsorted { input: winner });
        }
        self.replay(winner);
        Ok(())
    }

    /// Plays all matches below a node, and returns the winner.
    fn play(&mut self, node: usize) -> usize {
        let inputs = self.inputs.len();
        if node >= inputs {
            return node - inputs;
        }
        let (left, right) = (self.play(2 * node), self.play(2 * node + 1));
        let (winner, loser) = if self.beats(left, right) { (left, right) } else { (right, left) };
        self.tree[node] = loser;
        winner
    }

    /// Plays an input's matches again, upwards.
    fn replay(&mut self, input: usize) {
        let mut winner = input;
        let mut node = (input + self.inputs.len()) / 2;
        while node > 0 {
            let rival = self.tree[node];
            if self.beats(rival, winner) {
                self.tree[node] = mem::replace(&mut winner, rival);
            }
            node /= 2;
        }
        self.tree[0] = winner;
    }

    fn beats(&self, a: usize, b: usize) -> bool {
        let (one, other) = (&self.inputs[a], &self.inputs[b]);
        match (one.row.is_empty(), other.row.is_empty()) {
            (false, false) => {
                self.keys.compare(self.keys.keys.len(), &one.keys, &other.keys).then(a.cmp(&b)) == Ordering::Less
            }
            (is_over, other_is_over) => (is_over, a) < (other_is_over, b),
        }
    }
}

impl SortedInput {
    /// Takes the next row and reads its keys. There is none once the input has ended. False: the row has not come yet.
    fn advance(&mut self, keys: &Keys) -> Result<bool, GatherError> {
        self.row = Bytes::new();
        let Some(batch) = self.batches.front_mut() else { return Ok(self.has_ended) };
        let (message, row) = Rows::new(batch).next_message().ok_or(MalformedRow)??;
        keys.read(row, batch, &mut self.keys)?;
        let length = message.len();
        self.row = batch.slice(..length);
        batch.advance(length);
        if batch.is_empty() {
            self.batches.pop_front();
        }
        Ok(true)
    }
}

impl Keys {
    fn new(keys: &[OrderKey], fields: &[Field], hidden: usize, collations: &[Collation]) -> Option<Keys> {
        let mut by_column = Vec::new();
        let mut sort_keys = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            let column = position(key.column, fields.len(), hidden)?;
            let type_id = fields[column].type_id;
            let collation = collations.get(column).copied().unwrap_or(Collation::Unknown);
            let order = Order::of(type_id, collation).filter(|_| fields[column].format == TEXT)?;
            let direction = Direction { descending: key.descending, nulls_first: key.nulls_first };
            sort_keys.push(SortKey { order, type_id, direction });
            by_column.push((column, index));
        }
        by_column.sort_unstable();
        Some(Keys { keys: sort_keys, by_column })
    }

    /// Reads the keys of a row of `batch`, and shares its memory.
    fn read(&self, mut row: Row<'_>, batch: &Bytes, out: &mut [SortCell]) -> Result<(), GatherError> {
        let (mut next, mut cell) = (0, None);
        for &(column, index) in &self.by_column {
            while next <= column {
                cell = if next < usize::from(row.columns) { row.cell()? } else { return Err(MalformedRow.into()) };
                next += 1;
            }
            let SortKey { order, type_id, .. } = self.keys[index];
            out[index] = match cell {
                None => None,
                Some(text) => {
                    let value = order.key(text).map_err(|malformed| malformed.of_type(type_id))?;
                    Some(value.map(|bytes| batch.slice_ref(bytes)))
                }
            };
        }
        Ok(())
    }

    /// Compares by the first `count` keys.
    #[inline]
    fn compare(&self, count: usize, a: &[SortCell], b: &[SortCell]) -> Ordering {
        for ((key, a), b) in self.keys.iter().zip(a).zip(b).take(count) {
            match key.direction.compare(a, b) {
                Ordering::Equal => {}
                unequal => return unequal,
            }
        }
        Ordering::Equal
    }
}

#[cfg(test)]
mod tests;
