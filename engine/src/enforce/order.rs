//! Values that a rule puts into some rows, and the closure of intervals that must ascend.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Scalar, new_null_array};
use datafusion::arrow::compute::kernels::zip::zip;

use crate::generators::{Cells, Fill, Interval, Rows, RunError};

/// The first input, but one value where the second is true.
pub(crate) struct Forced {
    /// An array of that value alone.
    pub value: ArrayRef,
}

impl Fill for Forced {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        let condition = cells.inputs[1].as_boolean();
        // A null condition forces nothing.
        zip(&is_true(condition), &Scalar::new(self.value.clone()), &cells.inputs[0])
            .map_err(|error| RunError::new(error.to_string()))
    }
}

/// The input.
pub(crate) struct Same;

impl Fill for Same {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        Ok(cells.inputs[0].clone())
    }
}

/// One value where the input is true, else null.
pub(crate) struct Where {
    /// An array of that value alone.
    pub value: ArrayRef,
}

impl Fill for Where {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        let condition = cells.inputs[0].as_boolean();
        let nothing = new_null_array(self.value.data_type(), 1);
        zip(&is_true(condition), &Scalar::new(self.value.clone()), &Scalar::new(nothing))
            .map_err(|error| RunError::new(error.to_string()))
    }
}

/// Where a condition is true, and not null.
fn is_true(condition: &BooleanArray) -> BooleanArray {
    (0..condition.len()).map(|row| Some(condition.is_valid(row) && condition.value(row))).collect()
}

/// Smallest and largest distance of neighbours, in units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distance {
    pub min: i64,
    pub max: Option<i64>,
}

/// Closes intervals that must ascend: what remains of each holds, for every value of it, values of all later ones. `Err`: the place of the
/// first that is left empty, and its bounds. Bounds consistency (Mackworth 1977) on a chain takes one pass each way.
pub(crate) fn close(intervals: &mut [Interval], distance: Distance) -> Result<(), (usize, i64, i64)> {
    for k in 1..intervals.len() {
        intervals[k].min = intervals[k].min.max(intervals[k - 1].min.saturating_add(distance.min));
        if let Some(most) = distance.max {
            intervals[k].max = intervals[k].max.min(intervals[k - 1].max.saturating_add(most));
        }
    }
    for k in (0..intervals.len().saturating_sub(1)).rev() {
        intervals[k].max = intervals[k].max.min(intervals[k + 1].max.saturating_sub(distance.min));
        if let Some(most) = distance.max {
            intervals[k].min = intervals[k].min.max(intervals[k + 1].min.saturating_sub(most));
        }
    }
    match intervals.iter().position(|interval| interval.min > interval.max) {
        Some(empty) => Err((empty, intervals[empty].min, intervals[empty].max)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::LogicalType;

    fn whole(min: i64, max: i64) -> Interval {
        Interval { logical: LogicalType::Integer, min, max }
    }

    #[test]
    fn closing_leaves_room_for_every_later_column() {
        let mut chain = [whole(0, 100), whole(10, 20), whole(0, 15)];
        close(&mut chain, Distance { min: 2, max: None }).expect("there is room");
        assert_eq!(chain, [whole(0, 11), whole(10, 13), whole(12, 15)]);
    }

    #[test]
    fn a_chain_without_room_names_the_column_that_is_left_empty() {
        let mut chain = [whole(50, 60), whole(0, 10)];
        assert_eq!(close(&mut chain, Distance { min: 0, max: None }), Err((0, 50, 10)));
    }
}
