//! Nulls of a column: conditions first, then a share of the rest.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
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
        let mut masked = vec![false; rows.len()];
        if self.rate > 0.0 {
            let bound = threshold(self.rate);
            for (masked, word) in masked.iter_mut().zip(cells.words(&self.key, rows)) {
                *masked = u128::from(word) < bound;
            }
        }
        for (position, input) in cells.inputs.iter().enumerate().skip(1) {
            let condition = input.as_boolean();
            for (row, masked) in masked.iter_mut().enumerate() {
                if condition.is_valid(row) && condition.value(row) {
                    *masked = position <= self.nulls;
                }
            }
        }
        // A condition that asks for null is stronger than one that forbids it: the contradiction then shows in the proof.
        for input in cells.inputs.iter().skip(1).take(self.nulls) {
            let condition = input.as_boolean();
            for (row, masked) in masked.iter_mut().enumerate() {
                *masked |= condition.is_valid(row) && condition.value(row);
            }
        }
        nullif(cells.inputs[0].as_ref(), &BooleanArray::from(masked)).map_err(|error| RunError::new(error.to_string()))
    }
}
