//! Values that a rule puts into some rows, and the closure of intervals that must ascend.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Scalar, new_null_array};
use datafusion::arrow::compute::kernels::zip::zip;

use crate::generators::{Cells, Fill, Interval, Rows, RunError};
use crate::plan::{Side, units_of};
use crate::types::LogicalType;

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

/// Whether bounds leave a value. Inputs: the bounds in their order, then whether there is to be none.
pub(crate) struct Room {
    pub logical: LogicalType,
    pub bounds: Vec<(Side, f64)>,
    /// The smallest and the largest value of all.
    pub ends: (f64, f64),
}

impl Fill for Room {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut ends = vec![self.ends; rows.len()];
        for ((side, gap), input) in self.bounds.iter().zip(cells.inputs) {
            for ((low, high), bound) in ends.iter_mut().zip(units_of(input, &self.logical, *side)?) {
                let Some(bound) = bound.map(|bound| bound as f64 + gap) else { continue };
                match side {
                    Side::Lower => *low = low.max(bound),
                    Side::Upper => *high = high.min(bound),
                }
            }
        }
        let nulls = cells.inputs.get(self.bounds.len()).map(|nulls| is_true(nulls.as_boolean()));
        let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.value(row));
        let fits = ends.iter().enumerate().map(|(row, (low, high))| Some(low <= high || is_null(row)));
        Ok(Arc::new(fits.collect::<BooleanArray>()))
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

/// Closes intervals that must ascend: what remains of each holds, for every value of it, values of all others. `Err`: the place of the first that
/// is left empty, and its bounds. Bounds consistency (Mackworth 1977) on a chain takes one pass each way.
pub(crate) fn close(intervals: &mut [Interval], distance: Distance) -> Result<(), (usize, i64, i64)> {
    let all: Vec<usize> = (0..intervals.len()).collect();
    close_chain(intervals, &all, distance)
}

/// Closes intervals further, for all choices of the hollow columns that are null: neighbours of a null one are neighbours then. Whether something
/// is left of each, found in few rounds.
pub(crate) fn close_hollow(intervals: &mut [Interval], distance: Distance, hollow: &[bool]) -> bool {
    const ROUNDS: usize = 64;
    // A smallest distance is kept then anyhow.
    let nulls: Vec<usize> = match distance.max {
        Some(_) => (0..intervals.len()).filter(|at| hollow[*at]).collect(),
        None => Vec::new(),
    };
    for _ in 0..ROUNDS {
        let before = intervals.to_vec();
        for chosen in 0..1_u64 << nulls.len() {
            let is_null =
                |at: &usize| nulls.iter().position(|null| null == at).is_some_and(|bit| chosen >> bit & 1 == 1);
            let left: Vec<usize> = (0..intervals.len()).filter(|at| !is_null(at)).collect();
            if close_chain(intervals, &left, distance).is_err() {
                return false;
            }
        }
        if before == intervals {
            return true;
        }
    }
    false
}

fn close_chain(intervals: &mut [Interval], chain: &[usize], distance: Distance) -> Result<(), (usize, i64, i64)> {
    for pair in chain.windows(2) {
        let (low, high) = (pair[0], pair[1]);
        intervals[high].min = intervals[high].min.max(intervals[low].min.saturating_add(distance.min));
        if let Some(most) = distance.max {
            intervals[high].max = intervals[high].max.min(intervals[low].max.saturating_add(most));
        }
    }
    for pair in chain.windows(2).rev() {
        let (low, high) = (pair[0], pair[1]);
        intervals[low].max = intervals[low].max.min(intervals[high].max.saturating_sub(distance.min));
        if let Some(most) = distance.max {
            intervals[low].min = intervals[low].min.max(intervals[high].min.saturating_sub(most));
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

    #[test]
    fn a_null_between_two_makes_them_neighbours() {
        let gap = Distance { min: 0, max: Some(5) };
        let mut chain = [whole(0, 100), whole(0, 100), whole(40, 60)];
        assert!(close_hollow(&mut chain, gap, &[false, true, false]));
        assert_eq!(chain, [whole(35, 60), whole(35, 60), whole(40, 60)]);
        let mut chain = [whole(0, 100), whole(0, 100), whole(40, 60)];
        assert!(close_hollow(&mut chain, gap, &[false; 3]));
        assert_eq!(chain[0], whole(30, 60));
    }

    #[test]
    fn gaps_that_cannot_be_kept_with_and_without_a_null_are_not_closed() {
        let mut chain = [whole(0, 1_000_000), whole(0, 1_000_000), whole(0, 1_000_000)];
        assert!(!close_hollow(&mut chain, Distance { min: 30, max: Some(59) }, &[false, true, false]));
    }
}
