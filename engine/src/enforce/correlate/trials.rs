//! Conditions that columns which move together are to meet: the columns of a row are drawn again, all together, until they do.
//!
//! Draw t of a row uses child key t of the stream of every column, so a row's values depend on nothing but the row and the matrix. The rows
//! over which coefficients are measured are drawn in the same way, so that the matrix makes up for what the conditions take away.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::Int64Type;

use super::ranked::Shaped;
use super::sample::Sample;
use super::{Correlated, Member, Read, Square};
use crate::enforce::redraw::ATTEMPTS;
use crate::expr::Expression;
use crate::generators::{Cells, Fill, Held, Rows, RunError};
use crate::plan::SlotId;
use crate::random::Key;

/// Draws, of whatever rows, of which none obeys, and behind which none is awaited: a row that obeys in one of its attempts with a likelihood worth
/// having would have shown itself.
const IN_VAIN: usize = 20 * ATTEMPTS as usize;

/// A condition that rows are drawn again for: false rejects the row.
pub(crate) struct Trial {
    pub rule: String,
    pub condition: Expression,
    /// What it reads, in its order.
    pub reads: Vec<Read>,
}

/// Rows of a sample as they came to obey.
pub(super) struct Drawn {
    /// The values of the columns as numbers.
    pub values: Vec<Vec<f64>>,
    /// Which draw of each row obeys.
    pub attempts: Vec<u32>,
}

impl Drawn {
    /// The share of all draws that obeyed.
    pub fn acceptance(&self) -> f64 {
        let draws: u64 = self.attempts.iter().map(|attempt| u64::from(*attempt) + 1).sum();
        self.attempts.len() as f64 / draws.max(1) as f64
    }
}

impl Member {
    /// The stream of its words in a draw.
    pub(super) fn key_of(&self, attempt: u32) -> Key {
        if attempt == 0 { self.key } else { self.key.child(u64::from(attempt)) }
    }
}

impl Correlated {
    /// What is read of a row before its columns are drawn.
    pub fn reads(&self) -> Vec<SlotId> {
        let of = |member: &Member| {
            let limits = member.limits.iter().filter_map(|limit| match limit.by {
                super::By::Slot(slot) => Some(slot),
                _ => None,
            });
            let forced = member.forced.iter().map(|(slot, _)| *slot);
            let ranked = member.ranked.iter().flat_map(|ranked| ranked.strata.conditions().iter().copied());
            member.nulls.into_iter().chain(forced).chain(limits).chain(ranked).collect::<Vec<_>>()
        };
        let own = self.members.iter().flat_map(of).chain(self.when).chain(self.read_beside());
        let mut slots: Vec<SlotId> = own.collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// The values of a sample's rows, each in the first draw that obeys.
    pub(super) fn drawn(&self, sample: &Sample, shapes: &[Option<Shaped>], lower: &Square) -> Result<Drawn, RunError> {
        let mut values = self.values(sample, shapes, lower)?;
        let mut attempts = vec![0; sample.rows];
        let mut open = self.broken(sample, &values)?;
        let (mut attempt, mut in_vain) = (1, 0);
        while !open.is_empty() {
            if attempt == ATTEMPTS || in_vain > IN_VAIN {
                let rules: Vec<&str> = self.trials.iter().map(|trial| trial.rule.as_str()).collect();
                let detail = format!("no values were found in {attempt} attempts that obey {}", rules.join(" and "));
                return Err(RunError { row: Some(sample.numbers[open[0]]), ..RunError::new(detail) });
            }
            let tried = self.again(sample, &open, attempt)?;
            let found = self.values(&tried, shapes, lower)?;
            for (known, found) in values.iter_mut().zip(&found) {
                open.iter().zip(found).for_each(|(row, found)| known[*row] = *found);
            }
            open.iter().for_each(|row| attempts[*row] = attempt);
            let left: Vec<usize> = self.broken(&tried, &found)?.into_iter().map(|place| open[place]).collect();
            in_vain = if left.len() < open.len() { 0 } else { in_vain + left.len() };
            open = left;
            attempt += 1;
        }
        Ok(Drawn { values, attempts })
    }

    /// The rows that break some condition.
    fn broken(&self, sample: &Sample, values: &[Vec<f64>]) -> Result<Vec<usize>, RunError> {
        let mut broken = vec![false; sample.rows];
        for trial in &self.trials {
            let verdict = self.verdict((&trial.condition, &trial.reads), sample, values)?;
            for (row, broken) in broken.iter_mut().enumerate() {
                *broken |= verdict.is_valid(row) && !verdict.value(row);
            }
        }
        Ok((0..sample.rows).filter(|row| broken[*row]).collect())
    }
}

/// Which draw of each row obeys. Inputs: what the system reads of the row, in the order of [`Correlated::reads`].
pub(crate) struct AttemptsFill(pub Arc<Correlated>);

impl Fill for AttemptsFill {
    fn hold(&self, held: &mut Held<'_>) {
        self.0.hold(held);
    }

    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let system = &self.0;
        let slots = system.reads();
        let mut need = |slot: SlotId| {
            let known = slots.binary_search(&slot).ok().and_then(|at| cells.inputs.get(at));
            known.cloned().ok_or_else(|| RunError::new("a column that moving ones wait for is missing"))
        };
        let sample = system.of_rows(rows, &mut need)?;
        let shapes: Vec<Option<Shaped>> = system.members.iter().map(|_| None).collect();
        let drawn = system.drawn(&sample, &shapes, &system.settled(cells.plan)?.factor)?;
        Ok(Arc::new(drawn.attempts.into_iter().map(i64::from).collect::<Int64Array>()))
    }
}

/// The attempts of rows.
pub(super) fn attempts_of(array: &ArrayRef) -> Result<Vec<u32>, RunError> {
    let known = array.as_primitive_opt::<Int64Type>();
    let known = known.ok_or_else(|| RunError::new("the draws of rows are no numbers"))?;
    Ok(known.values().iter().map(|attempt| *attempt as u32).collect())
}
