//! What a row's children come to: the children's column is filled once more, over the rows that lie below the parents in question or, where
//! children lie anywhere, over the whole table, once.
//!
//! Values are added parent by parent in the order of the children's rows, so that a sum of floats is the same however rows are asked for.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::compute::{interleave, nullif};
use datafusion::arrow::datatypes::UInt64Type;

use super::choose::truths;
use crate::allocation::Allocation;
use crate::generators::{Cells, Fill, Held, Measure, Packed, Reader, Rows, RunError, State};
use crate::plan::{BLOCK, Evaluation, Plan, SlotId};

/// Over children that lie side by side.
pub(crate) struct OverChildren {
    /// The children's table.
    pub child: usize,
    pub allocation: Arc<Allocation>,
    /// Their parent's row, where it may be null: such a row is nobody's child.
    pub key: Option<SlotId>,
    /// Their column; none where they are only counted.
    pub value: Option<SlotId>,
    pub measure: Measure,
}

impl Fill for OverChildren {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut states = vec![self.measure.zero(); rows.len()];
        let mut cursor = self.allocation.cursor();
        let mut pieces: Vec<(usize, Range<u64>)> = Vec::new();
        let mut gathered = 0;
        for (position, parent) in rows.iter().enumerate() {
            let children = cursor.children_of(parent);
            if self.value.is_none() && self.key.is_none() {
                self.measure.add_count(&mut states[position], children.end - children.start);
                continue;
            }
            for piece in crate::run::blocks(children) {
                gathered += piece.end - piece.start;
                // A whole block costs less than two halves.
                let is_end = piece.end.is_multiple_of(BLOCK);
                pieces.push((position, piece));
                if gathered >= BLOCK || (is_end && gathered >= BLOCK / 2) {
                    self.add(cells.plan, &pieces, &mut states)?;
                    pieces.clear();
                    gathered = 0;
                }
            }
        }
        self.add(cells.plan, &pieces, &mut states)?;
        self.measure.finish(states.iter(), |position| rows.at(position))
    }
}

impl OverChildren {
    /// Adds runs of children to their parents, which stand at positions.
    fn add(&self, plan: &Plan, pieces: &[(usize, Range<u64>)], states: &mut [State]) -> Result<(), RunError> {
        let (Some((_, first)), Some((_, last))) = (pieces.first(), pieces.last()) else { return Ok(()) };
        let count: u64 = pieces.iter().map(|(_, rows)| rows.end - rows.start).sum();
        let rows = match last.end - first.start == count {
            true => Rows::Range(first.start..last.end),
            false => Rows::List(pieces.iter().flat_map(|(_, rows)| rows.clone()).collect()),
        };
        let mut evaluation = Evaluation::new(plan, self.child, rows);
        let values = self.value.map(|value| evaluation.need(value)).transpose()?;
        let keys = self.key.map(|key| evaluation.need(key)).transpose()?;
        let reader = values.as_ref().map(Reader::new);
        let mut at = 0;
        for (position, rows) in pieces {
            for _ in rows.clone() {
                if keys.as_ref().is_none_or(|keys| keys.is_valid(at)) {
                    add(&self.measure, &mut states[*position], reader.as_ref(), at)?;
                }
                at += 1;
            }
        }
        Ok(())
    }
}

/// Over children that lie anywhere.
pub(crate) struct OverPicks {
    /// The children's table.
    pub child: usize,
    pub parents: u64,
    /// Their parent's row.
    pub key: SlotId,
    /// Their column; none where they are only counted.
    pub value: Option<SlotId>,
    pub measure: Measure,
    /// What all parents' children come to, [`CHUNK`] parents after the other, made by whoever asks first.
    pub whole: OnceLock<Result<Vec<ArrayRef>, RunError>>,
}

/// Parents whose values lie in one array.
const CHUNK: u64 = 16 * BLOCK;

impl Fill for OverPicks {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let whole = self.whole.get_or_init(|| self.gather(cells.plan)).as_ref().map_err(Clone::clone)?;
        if let Rows::Range(range) = rows
            && range.start / CHUNK == range.end.saturating_sub(1) / CHUNK
        {
            return Ok(whole[(range.start / CHUNK) as usize].slice((range.start % CHUNK) as usize, rows.len()));
        }
        let chunks: Vec<&dyn Array> = whole.iter().map(AsRef::as_ref).collect();
        let places: Vec<(usize, usize)> =
            rows.iter().map(|row| ((row / CHUNK) as usize, (row % CHUNK) as usize)).collect();
        interleave(&chunks, &places).map_err(|error| RunError::new(error.to_string()))
    }

    fn hold(&self, held: &mut Held<'_>) {
        held.add(self, self.parents * Packed::width(&self.measure) as u64);
    }
}

impl OverPicks {
    /// The pass over the children.
    fn gather(&self, plan: &Plan) -> Result<Vec<ArrayRef>, RunError> {
        let mut packed = Packed::new(&self.measure, self.parents as usize);
        for block in crate::run::blocks(0..plan.tables[self.child].rows) {
            let mut evaluation = Evaluation::new(plan, self.child, Rows::Range(block));
            let keys = evaluation.need(self.key)?;
            let values = self.value.map(|value| evaluation.need(value)).transpose()?;
            let reader = values.as_ref().map(Reader::new);
            let keys = keys.as_primitive::<UInt64Type>();
            for (at, parent) in keys.iter().enumerate() {
                if let Some(parent) = parent {
                    let mut state = packed.get(parent as usize);
                    add(&self.measure, &mut state, reader.as_ref(), at)?;
                    packed.set(parent as usize, state);
                }
            }
        }
        let starts = (0..self.parents.max(1)).step_by(CHUNK as usize);
        let chunk = |start: u64| {
            let end = (start + CHUNK).min(self.parents);
            let states: Vec<State> = (start..end).map(|parent| packed.get(parent as usize)).collect();
            self.measure.finish(states.iter(), |position| start + position as u64)
        };
        starts.map(chunk).collect()
    }
}

/// Adds the value at a position, or the row itself where rows are counted.
fn add(measure: &Measure, state: &mut State, reader: Option<&Reader<'_>>, at: usize) -> Result<(), RunError> {
    match reader {
        Some(reader) => measure.add(state, reader.at(at)),
        None => {
            measure.add_count(state, 1);
            Ok(())
        }
    }
}

/// The first input where the second is true, null elsewhere.
pub(crate) struct Only;

impl Fill for Only {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        let others: BooleanArray = truths(&cells.inputs[1]).iter().map(|held| Some(held != Some(true))).collect();
        nullif(cells.inputs[0].as_ref(), &others).map_err(|error| RunError::new(error.to_string()))
    }
}
