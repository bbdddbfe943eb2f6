//! Rules that no construction holds: the columns they read are drawn again, together, until they hold.
//!
//! Attempt t of a row uses child key t of every stream in the set, so a row's value depends on nothing but the row; rows that were rejected
//! go round as a list.

use std::cell::Cell;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::compute::interleave;

use crate::generators::RunError;
use crate::plan::{Evaluation, SlotId};

/// How often a row is drawn before the run gives up.
pub const ATTEMPTS: u32 = 1_000;

/// After how many draws, and for how many of the rows that are left, it is seen whether these can be drawn at all before the others go on.
const PROBED_AFTER: u32 = 32;
const PROBED: usize = 64;

/// The chance of a run that fails beyond which rules are refused.
pub(crate) const NEARLY_NEVER: f64 = 1e-6;

/// The chance that some of so many rows finds nothing in all its attempts, of which each obeys with this probability.
pub(crate) fn chance_of_none(share: f64, rows: u64) -> f64 {
    rows as f64 * libm::exp(f64::from(ATTEMPTS) * libm::log1p(-share.min(1.0 - 1e-12)))
}

/// What a draw of any number of rows costs beside these, as so many rows.
const DRAW: u64 = 1_000;

thread_local! {
    static DRAWN: Cell<u64> = const { Cell::new(0) };
}

/// What this thread has spent on draws so far, in rows drawn: what looks for something by many plans gives up by it, which is the same on any
/// machine.
pub(crate) fn spent() -> u64 {
    DRAWN.with(Cell::get)
}

/// Slots that are drawn again together.
pub(crate) struct Group {
    /// Its slots, in the order in which they are filled.
    pub members: Vec<SlotId>,
    /// Boolean slots, each a rule's condition: false rejects the row.
    pub conditions: Vec<SlotId>,
    /// The rules' ids, in the order of `conditions`.
    pub rules: Vec<String>,
}

/// The members' arrays for the rows of an evaluation.
pub(crate) fn evaluate(evaluation: &mut Evaluation<'_>, group: usize) -> Result<Vec<(SlotId, ArrayRef)>, RunError> {
    draw(evaluation, group).map(|drawn| drawn.arrays)
}

/// What a draw took.
pub(crate) struct Drawn {
    pub arrays: Vec<(SlotId, ArrayRef)>,
    /// Rows drawn in all attempts together.
    pub rows_drawn: u64,
}

/// Draws a group for the rows of an evaluation.
pub(crate) fn draw(evaluation: &mut Evaluation<'_>, group: usize) -> Result<Drawn, RunError> {
    let table = evaluation.table_plan();
    let definition = &table.groups[group];
    // What members read from outside is made once, for all rows.
    let mut outside: Vec<Option<ArrayRef>> = vec![None; table.slots.len()];
    for member in &definition.members {
        for input in &table.slots[*member].inputs {
            if table.slots[*input].group != Some(group) && outside[*input].is_none() {
                outside[*input] = Some(evaluation.need(*input)?);
            }
        }
    }
    let rows = evaluation.rows().clone();
    let mut attempts: Vec<Vec<ArrayRef>> = Vec::new();
    let mut chosen: Vec<(usize, usize)> = vec![(0, 0); rows.len()];
    let mut rows_drawn = 0;
    let mut probed = false;
    let mut waiting = vec![((0..rows.len() as u32).collect::<Vec<u32>>(), 0)];
    while let Some((open, attempt)) = waiting.pop() {
        rows_drawn += open.len() as u64;
        DRAWN.with(|drawn| drawn.set(drawn.get() + open.len() as u64 + DRAW));
        let positions = UInt32Array::from(open.clone());
        let (tried, known) = if attempt == 0 {
            (rows.clone(), outside.clone())
        } else {
            let known = outside
                .iter()
                .map(|array| array.as_ref().map(|array| crate::plan::take_rows(array, &positions)).transpose())
                .collect::<Result<_, _>>()?;
            (rows.take(&open), known)
        };
        let mut trial = evaluation.attempt(tried, attempt, known);
        let mut arrays = Vec::with_capacity(definition.members.len());
        for member in &definition.members {
            arrays.push(trial.make(*member)?);
        }
        let mut rejected = vec![false; open.len()];
        for condition in &definition.conditions {
            let verdict = trial.make(*condition)?;
            let verdict = verdict.as_boolean_opt().ok_or_else(|| RunError::new("a condition that is no boolean"))?;
            for (position, rejected) in rejected.iter_mut().enumerate() {
                *rejected |= verdict.is_valid(position) && !verdict.value(position);
            }
        }
        let mut left = Vec::new();
        for (position, row) in open.iter().enumerate() {
            chosen[*row as usize] = (attempts.len(), position);
            if rejected[position] {
                left.push(*row);
            }
        }
        attempts.push(arrays);
        if left.is_empty() {
            continue;
        }
        if attempt + 1 == ATTEMPTS {
            return Err(drawn_in_vain(&table.name, rows.at(left[0] as usize), definition));
        }
        // That rows cannot be drawn at all shows in a few of them as well as in all.
        if attempt + 1 == PROBED_AFTER && left.len() > PROBED && !probed {
            probed = true;
            waiting.push((left.split_off(PROBED), attempt + 1));
        }
        waiting.push((left, attempt + 1));
    }
    let mut drawn = Vec::with_capacity(definition.members.len());
    for (index, member) in definition.members.iter().enumerate() {
        let array = if attempts.len() == 1 {
            attempts[0][index].clone()
        } else {
            let parts: Vec<&dyn Array> = attempts.iter().map(|arrays| arrays[index].as_ref()).collect();
            interleave(&parts, &chosen).map_err(|error| RunError::new(error.to_string()))?
        };
        drawn.push((*member, array));
    }
    Ok(Drawn { arrays: drawn, rows_drawn })
}

/// A row that no attempt gave values that its rules let stand.
fn drawn_in_vain(table: &str, row: u64, group: &Group) -> RunError {
    RunError {
        table: table.to_owned(),
        column: String::new(),
        row: Some(row),
        detail: format!("no values were found in {ATTEMPTS} attempts that obey {}", group.rules.join(" and ")),
        unanswered: false,
    }
}
