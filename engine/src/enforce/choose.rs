//! Values that a rule computes in some rows, and a generator makes in the others.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::compute::kernels::zip::zip;

use crate::generators::{Cells, Fill, Rows, RunError};

/// The second input where the third is true, the first elsewhere.
pub(crate) struct Chosen;

impl Fill for Chosen {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        let condition = truths(&cells.inputs[2]);
        zip(&condition, &cells.inputs[1], &cells.inputs[0]).map_err(|error| RunError::new(error.to_string()))
    }
}

/// Where a condition is true: null is not.
pub(crate) fn truths(condition: &ArrayRef) -> BooleanArray {
    let condition = condition.as_boolean();
    if condition.null_count() == 0 {
        return condition.clone();
    }
    condition.iter().map(|value| Some(value == Some(true))).collect()
}
