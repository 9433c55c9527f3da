//! The merge of sorted inputs whose keys only PostgreSQL can compare. `next_step` returns the keys of the rows at hand,
//! the caller has PostgreSQL sort them, and `apply_order` then returns every row that no later row can precede. One
//! query sorts a batch of each input.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

use super::columns::position;
use super::error::GatherError;
use super::output::{FinalSteps, RowBatch};
use crate::data::row::{MalformedRow, Rows};
use crate::plan::OrderKey;
use crate::proto::Field;

/// Merges sorted inputs with PostgreSQL's help.
#[derive(Debug)]
pub struct RankedMerge {
    /// The columns of the keys, in the order of the keys.
    columns: Vec<usize>,
    /// Of rows that are equal in this many first keys only the first stays; 0: all stay.
    on: usize,
    inputs: Vec<RankedInput>,
    /// The keys of the last row that was returned, if DISTINCT ON needs them.
    last: Option<Vec<Option<Bytes>>>,
    /// The input of each row in the current query.
    asked: Vec<usize>,
    final_steps: FinalSteps,
}

#[derive(Debug, Default)]
struct RankedInput {
    rows: VecDeque<PendingRow>,
    has_ended: bool,
}

#[derive(Debug)]
struct PendingRow {
    row: Bytes,
    keys: Vec<Option<Bytes>>,
}

/// What a ranked merge does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RankStep {
    /// Sort the rows by the keys and, where these are equal, by their position. For each key there are the texts of all
    /// rows.
    Sort(Vec<Vec<Option<Bytes>>>),
    /// It cannot go on before this input is fed, or ends.
    Needs(usize),
    /// No row follows, whatever the inputs still have.
    Done,
}

impl RankedMerge {
    /// None: a key is in no column. `fields` are those of all columns, the `hidden` ones last.
    pub fn new(
        keys: &[OrderKey],
        on: usize,
        fields: &[Field],
        hidden: usize,
        inputs: usize,
        final_steps: FinalSteps,
    ) -> Option<RankedMerge> {
        let columns = keys.iter().map(|key| position(key.column, fields.len(), hidden)).collect::<Option<_>>()?;
        let inputs = (0..inputs).map(|_| RankedInput::default()).collect();
        Some(RankedMerge { columns, on, inputs, last: None, asked: Vec::new(), final_steps })
    }

    /// Feeds the next rows of an input: whole DataRow messages.
    pub fn feed(&mut self, input: usize, mut batch: Bytes) -> Result<(), GatherError> {
        while !batch.is_empty() {
            let (message, mut row) = Rows::new(&batch).next_message().ok_or(MalformedRow)??;
            let cells: Vec<_> = (0..row.columns).map(|_| row.cell()).collect::<Result<_, _>>()?;
            let key = |&column: &usize| match cells.get(column) {
                Some(cell) => Ok(cell.map(|text| batch.slice_ref(text))),
                None => Err(MalformedRow),
            };
            let keys = self.columns.iter().map(key).collect::<Result<_, _>>()?;
            let length = message.len();
            self.inputs[input].rows.push_back(PendingRow { row: batch.slice(..length), keys });
            batch.advance(length);
        }
        Ok(())
    }

    /// Ends an input.
    pub fn end(&mut self, input: usize) {
        self.inputs[input].has_ended = true;
    }

    /// Bytes of an input that were fed and have not come out yet.
    pub fn waiting(&self, input: usize) -> usize {
        self.inputs[input].rows.iter().map(|waiting| waiting.row.len()).sum()
    }

    /// What has to happen before more rows can be returned.
    pub fn next_step(&mut self) -> RankStep {
        if self.final_steps.is_full() {
            return RankStep::Done;
        }
        if let Some(input) = self.inputs.iter().position(|input| input.rows.is_empty() && !input.has_ended) {
            return RankStep::Needs(input);
        }
        self.asked.clear();
        let mut keys = vec![Vec::new(); self.columns.len()];
        let waiting = self.inputs.iter().flat_map(|input| &input.rows).map(|waiting| &waiting.keys);
        for row in self.last.iter().chain(waiting) {
            keys.iter_mut().zip(row).for_each(|(texts, text)| texts.push(text.clone()));
        }
        for (index, input) in self.inputs.iter().enumerate() {
            self.asked.extend(input.rows.iter().map(|_| index));
        }
        if self.asked.is_empty() { RankStep::Done } else { RankStep::Sort(keys) }
    }

    /// Returns rows in order. `order` has the sorted positions of the rows of `next_step`. `is_new` says of each of
    /// them, in that order, whether it differs from the one before in a key of DISTINCT ON (it may be empty without
    /// that).
    pub fn apply_order(&mut self, order: &[usize], is_new: &[bool]) -> Result<RowBatch, GatherError> {
        // The last row that was returned takes part before all others.
        let carried = usize::from(self.last.is_some());
        let starts: Vec<_> = self
            .inputs
            .iter()
            .scan(carried, |next, input| {
                let start = *next;
                *next += input.rows.len();
                Some(start)
            })
            .collect();
        let mut given = vec![0; self.inputs.len()];
        for (rank, &place) in order.iter().enumerate() {
            let Some(index) = place.checked_sub(carried) else { continue };
            let input = *self.asked.get(index).ok_or(MalformedRow)?;
            if place != starts[input] + given[input] {
                return Err(GatherError::Unsorted { input });
            }
            given[input] += 1;
            let Some(PendingRow { row, keys }) = self.inputs[input].rows.pop_front() else { continue };
            let is_first = self.on == 0 || self.last.is_none() || is_new.get(rank).copied().unwrap_or(true);
            if self.on > 0 {
                self.last = Some(keys);
            }
            if is_first {
                let (message, row) = Rows::new(&row).next_message().ok_or(MalformedRow)??;
                self.final_steps.push(message, row)?;
            }
            // A later row of this input may precede any row that is left.
            if self.final_steps.is_full() || (self.inputs[input].rows.is_empty() && !self.inputs[input].has_ended) {
                break;
            }
        }
        Ok(self.final_steps.take())
    }
}

#[cfg(test)]
mod tests;
