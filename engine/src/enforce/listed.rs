//! Columns of which rules list the values: each row draws among those that are left to it.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::compute::take;

use crate::generators::{Cells, Fill, Rows, RunError};
use crate::random::Key;

/// What one rule leaves of the values, in the rows of a condition.
pub(crate) struct Limit {
    /// The input that is true in these; all rows where absent.
    pub condition: Option<usize>,
    /// Whether it lists them: elsewhere the column keeps what its generator draws.
    pub lists: bool,
    /// Of each value, whether it may stand there.
    pub allowed: Vec<bool>,
}

/// The first input, but one of the values that are left, each equally likely, in the rows of a rule that lists them.
pub(crate) struct Listed {
    /// All that rules list, each once.
    pub values: ArrayRef,
    /// What rules leave of them, 64 limits at most.
    pub limits: Vec<Limit>,
    /// The stream.
    pub key: Key,
}

impl Listed {
    /// The places of the values that some limits leave, each limit a bit.
    fn left(&self, speaking: u64) -> Vec<u32> {
        let holds = |value: usize| {
            self.limits.iter().enumerate().all(|(at, limit)| speaking >> at & 1 == 0 || limit.allowed[value])
        };
        (0..self.values.len()).filter(|value| holds(*value)).map(|value| value as u32).collect()
    }
}

impl Fill for Listed {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let base = &cells.inputs[0];
        let words = cells.words(&self.key, rows);
        let speaks = |limit: &Limit, row: usize| {
            limit.condition.is_none_or(|input| {
                let condition = cells.inputs[input].as_boolean();
                condition.is_valid(row) && condition.value(row)
            })
        };
        let listing = self.limits.iter().enumerate().fold(0, |bits, (at, limit)| bits | u64::from(limit.lists) << at);
        let mut known: HashMap<u64, Vec<u32>> = HashMap::new();
        let (mut places, mut drawn) = (vec![0_u32; words.len()], vec![false; words.len()]);
        for (row, word) in words.into_iter().enumerate() {
            let bit = |(at, limit): (usize, &Limit)| u64::from(speaks(limit, row)) << at;
            let speaking = self.limits.iter().enumerate().map(bit).fold(0, |all, bit| all | bit);
            if speaking & listing == 0 || base.is_null(row) {
                continue;
            }
            let left = known.entry(speaking).or_insert_with(|| self.left(speaking));
            if left.is_empty() {
                let detail = "none of the values that rules list is left";
                return Err(RunError { row: Some(rows.at(row)), ..RunError::new(detail) });
            }
            let at = (u128::from(word) * left.len() as u128) >> 64;
            (places[row], drawn[row]) = (left[at as usize], true);
        }
        let failed = |error: datafusion::arrow::error::ArrowError| RunError::new(error.to_string());
        let chosen = take(&self.values, &UInt32Array::from(places), None).map_err(failed)?;
        zip(&BooleanArray::from(drawn), &chosen, base).map_err(failed)
    }
}
