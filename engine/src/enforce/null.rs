//! Nulls of a column: conditions first, then a share of the rest.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::nullif;

use crate::generators::{Cells, Fill, Rows, RunError};
use crate::random::{Key, threshold};

/// The first input with nulls: where one of the next `nulls` inputs is true, else with a probability of `rate`, unless one of the inputs
/// behind them is true.
pub(crate) struct Mask {
    pub key: Key,
    pub rate: f64,
    pub nulls: usize,
}

impl Fill for Mask {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let masked = self.masked(cells, &cells.inputs[1..], rows);
        nullif(cells.inputs[0].as_ref(), &masked).map_err(|error| RunError::new(error.to_string()))
    }
}

impl Mask {
    /// Where the column is null: by its conditions and what forbids null behind them.
    fn masked(&self, cells: &Cells<'_>, conditions: &[ArrayRef], rows: &Rows) -> BooleanArray {
        let drawn = if self.rate > 0.0 {
            let (words, bound) = (cells.words(&self.key, rows), threshold(self.rate));
            BooleanBuffer::collect_bool(words.len(), |position| u128::from(words[position]) < bound)
        } else {
            BooleanBuffer::new_unset(rows.len())
        };
        if conditions.is_empty() {
            return BooleanArray::new(drawn, None);
        }
        let mut masked: Vec<bool> = drawn.iter().collect();
        for (position, input) in conditions.iter().enumerate() {
            let condition = input.as_boolean();
            for (row, masked) in masked.iter_mut().enumerate() {
                if condition.is_valid(row) && condition.value(row) {
                    *masked = position < self.nulls;
                }
            }
        }
        // A condition that asks for null is stronger than one that forbids it: the contradiction then shows in the proof.
        for input in conditions.iter().take(self.nulls) {
            let condition = input.as_boolean();
            for (row, masked) in masked.iter_mut().enumerate() {
                *masked |= condition.is_valid(row) && condition.value(row);
            }
        }
        BooleanArray::from(masked)
    }
}

/// Whether the column is null in a row, without its values: what rules about all rows must know before they are made.
pub(crate) struct Nulls(pub Mask);

impl Fill for Nulls {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        Ok(std::sync::Arc::new(self.0.masked(cells, cells.inputs, rows)))
    }
}

/// The first input, null where the second is true.
pub(crate) struct Hidden;

impl Fill for Hidden {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        nullif(cells.inputs[0].as_ref(), cells.inputs[1].as_boolean()).map_err(|error| RunError::new(error.to_string()))
    }
}

/// Where the first input is not true.
pub(crate) struct Given;

impl Fill for Given {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        let nulls = cells.inputs[0].as_boolean();
        Ok(std::sync::Arc::new(nulls.iter().map(|null| Some(null != Some(true))).collect::<BooleanArray>()))
    }
}
