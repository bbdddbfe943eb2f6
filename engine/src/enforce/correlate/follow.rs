//! Values that rules put into a column because of what columns that move with it have: known once these are drawn, and measured with them.
//!
//! In a row that is made the column's own slots put such a value in, after the draw. Here the same is done over the rows whose coefficients are
//! measured, so that the matrix makes up for it.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray};

use super::sample::Sample;
use super::{Correlated, Member, is_true};
use crate::expr::Expression;
use crate::generators::RunError;
use crate::plan::{SlotId, as_sql, converted};
use crate::types::LogicalType;

/// A value that a rule puts in where columns of the system, as they are delivered, meet a condition.
pub(crate) struct Follow {
    pub condition: Expression,
    /// What it reads, in its order.
    pub reads: Vec<Read>,
    pub value: f64,
}

/// What a condition reads.
#[derive(Clone)]
pub(crate) enum Read {
    /// A column that moves together with this one, and the type that it is delivered in.
    Member(usize, LogicalType),
    /// What a formula makes of columns of the system, in the type that it is delivered in.
    Computed(Arc<(Expression, Vec<Read>)>, LogicalType),
    /// Another column of the row, which no column of the system decides.
    Slot(SlotId),
}

/// What conditions read beside the system, of the rows of a sample.
pub(super) type Beside = HashMap<SlotId, ArrayRef>;

impl Read {
    /// What is read in the end: columns of the system and slots.
    fn leaves(&self) -> Vec<&Read> {
        match self {
            Read::Computed(made, _) => made.1.iter().flat_map(Read::leaves).collect(),
            read => vec![read],
        }
    }
}

impl Member {
    /// The columns of the system on which values of this one follow.
    pub(super) fn followed(&self) -> impl Iterator<Item = usize> {
        self.follows.iter().flat_map(|follow| &follow.reads).flat_map(Read::leaves).filter_map(|read| match read {
            Read::Member(other, _) => Some(*other),
            _ => None,
        })
    }
}

impl Correlated {
    /// What the conditions read beside the system.
    pub fn read_beside(&self) -> Vec<SlotId> {
        let follows = self.members.iter().flat_map(|member| &member.follows).flat_map(|follow| &follow.reads);
        let reads = follows.chain(self.trials.iter().flat_map(|trial| &trial.reads));
        let mut slots: Vec<SlotId> = reads
            .flat_map(Read::leaves)
            .filter_map(|read| match read {
                Read::Slot(slot) => Some(*slot),
                _ => None,
            })
            .collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Where a condition holds, and where it does not: null where it is neither.
    pub(super) fn verdict(
        &self,
        (condition, reads): (&Expression, &[Read]),
        sample: &Sample,
        all: &[Vec<f64>],
    ) -> Result<BooleanArray, RunError> {
        let inputs = self.inputs(reads, sample, all)?;
        condition.evaluate_condition(&inputs, sample.rows).map_err(|error| RunError::new(error.detail))
    }

    fn inputs(&self, reads: &[Read], sample: &Sample, all: &[Vec<f64>]) -> Result<Vec<ArrayRef>, RunError> {
        let input = |read: &Read| {
            Ok(as_sql(&match read {
                Read::Member(other, wanted) => {
                    converted(&self.members[*other].marginal.array_of(&all[*other])?, wanted)?
                }
                Read::Computed(made, wanted) => {
                    let inputs = self.inputs(&made.1, sample, all)?;
                    let values = made.0.evaluate(&inputs, sample.rows);
                    converted(&values.map_err(|error| RunError::new(error.detail))?, wanted)?
                }
                Read::Slot(slot) => match sample.beside.get(slot) {
                    Some(known) => Arc::clone(known),
                    None => return Err(RunError::new("a column that a condition reads is missing")),
                },
            }))
        };
        reads.iter().map(input).collect()
    }

    /// Puts the values in that follow, once the columns are known that they follow on; nulls and given cells stay.
    pub(super) fn follow(
        &self,
        at: usize,
        sample: &Sample,
        all: &[Vec<f64>],
        values: &mut [f64],
    ) -> Result<(), RunError> {
        for follow in &self.members[at].follows {
            let holds = self.verdict((&follow.condition, &follow.reads), sample, all)?;
            for (row, value) in values.iter_mut().enumerate() {
                let is_open = !value.is_nan() && self.members[at].given_at(sample.numbers[row]).is_none();
                if is_open && is_true(&holds, row) {
                    *value = follow.value;
                }
            }
        }
        Ok(())
    }
}
