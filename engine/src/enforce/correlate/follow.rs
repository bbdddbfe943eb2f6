//! Values that rules put into a column because of what columns that move with it have: known once these are drawn, and measured with them.
//!
//! In a row that is made the column's own slots put such a value in, after the draw. Here the same is done over the rows whose coefficients are
//! measured, so that the matrix makes up for it.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array};
use datafusion::arrow::compute::concat;

use super::{Correlated, Member, Sample};
use crate::expr::Expression;
use crate::generators::RunError;
use crate::plan::{Evaluation, SlotId, as_sql, converted, take_rows};
use crate::types::LogicalType;

/// A value that a rule puts in where columns of the system, as they are delivered, meet a condition.
pub(crate) struct Follow {
    pub condition: Expression,
    /// What it reads, in its order.
    pub reads: Vec<Read>,
    pub value: f64,
}

/// What a condition reads.
#[derive(Clone, Debug)]
pub(crate) enum Read {
    /// A column that moves together with this one, and the type that it is delivered in.
    Member(usize, LogicalType),
    /// Another column of the row, which no column of the system decides.
    Slot(SlotId),
}

/// What conditions read beside the system, of the rows that are measured.
pub(super) type Beside = HashMap<SlotId, Vec<ArrayRef>>;

impl Member {
    /// The columns of the system on which values of this one follow.
    pub(super) fn followed(&self) -> impl Iterator<Item = usize> {
        self.follows.iter().flat_map(|follow| &follow.reads).filter_map(|read| match read {
            Read::Member(other, _) => Some(*other),
            Read::Slot(_) => None,
        })
    }
}

impl Correlated {
    /// What the conditions read beside the system.
    pub fn read_beside(&self) -> Vec<SlotId> {
        let reads = self.members.iter().flat_map(|member| &member.follows).flat_map(|follow| &follow.reads);
        let mut slots: Vec<SlotId> = reads
            .filter_map(|read| match read {
                Read::Slot(slot) => Some(*slot),
                Read::Member(..) => None,
            })
            .collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Reads that of some rows of a block.
    pub(super) fn sample_beside(
        &self,
        evaluation: &mut Evaluation<'_>,
        selected: &[usize],
        beside: &mut Beside,
    ) -> Result<(), RunError> {
        for slot in self.read_beside() {
            let positions: UInt32Array = selected.iter().map(|row| Some(*row as u32)).collect();
            beside.entry(slot).or_default().push(as_sql(&take_rows(&evaluation.need(slot)?, &positions)?));
        }
        Ok(())
    }

    /// Puts the values in that follow, once the columns are known that they follow on; nulls stay.
    pub(super) fn follow(
        &self,
        at: usize,
        sample: &Sample,
        all: &[Vec<f64>],
        values: &mut [f64],
    ) -> Result<(), RunError> {
        for follow in &self.members[at].follows {
            let mut inputs = Vec::with_capacity(follow.reads.len());
            for read in &follow.reads {
                inputs.push(match read {
                    Read::Member(other, wanted) => {
                        converted(&self.members[*other].marginal.array_of(&all[*other])?, wanted)?
                    }
                    Read::Slot(slot) => {
                        let parts = sample.beside.get(slot).map(Vec::as_slice).unwrap_or_default();
                        concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())
                            .map_err(|error| RunError::new(error.to_string()))?
                    }
                });
            }
            let holds: BooleanArray = follow
                .condition
                .evaluate_condition(&inputs, values.len())
                .map_err(|error| RunError::new(error.detail))?;
            for (row, value) in values.iter_mut().enumerate() {
                if !value.is_nan() && holds.is_valid(row) && holds.value(row) {
                    *value = follow.value;
                }
            }
        }
        Ok(())
    }
}
