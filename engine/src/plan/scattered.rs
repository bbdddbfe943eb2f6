//! Groups whose rows lie anywhere in a table too long to be sorted.
//!
//! A pass over the table goes through its rows in order and keeps, at rows far enough apart, where each group stands there; from the mark
//! before them any rows are then made alone. The marks of one generator take 64 MiB at most, whatever the number of rows.

use std::collections::HashMap;
use std::mem::size_of;
use std::ops::Range;
use std::sync::OnceLock;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::row::{RowConverter, SortField};

use super::{BLOCK, Evaluation, Plan, SlotId};
use crate::generators::{Held, Rows, RunError};

/// The most groups.
const GROUPS: usize = 4_096;

/// Bytes of the marks of one generator at most.
const MARK_BYTES: u64 = 64 << 20;

/// Numbers of groups, by the bytes of what their rows have in common.
type Known = HashMap<Box<[u8]>, u32>;

/// The groups of some columns, numbered in the order in which they are first met.
pub(crate) struct Scattered {
    table: usize,
    pub per: Vec<SlotId>,
    known: OnceLock<Result<Known, RunError>>,
    counts: Tally<Count>,
}

impl Scattered {
    pub fn new(table: usize, per: Vec<SlotId>) -> Scattered {
        Scattered { table, per, known: OnceLock::new(), counts: Tally::default() }
    }

    /// The group and the place in it of each row.
    pub fn places(&self, plan: &Plan, rows: &Rows) -> Result<Vec<(u32, u64)>, RunError> {
        let mut places = Vec::with_capacity(rows.len());
        self.counts.over(plan, self, &Count, rows, |_, group, index, _| places.push((group, *index)))?;
        Ok(places)
    }

    /// The most bytes that marks of the groups take, where each group has a state of so many.
    pub fn most_bytes(&self, plan: &Plan, state: usize) -> u64 {
        let rows = plan.tables[self.table].rows;
        let groups = rows.min(GROUPS as u64);
        (rows.div_ceil(BLOCK) * groups).saturating_mul(state.max(1) as u64).min(MARK_BYTES)
    }

    /// Says what the numbers of rows in their groups take.
    pub fn hold(&self, held: &mut Held<'_>) {
        held.add(self, self.most_bytes(held.plan, size_of::<u64>()));
    }

    fn converter(&self, plan: &Plan) -> Result<RowConverter, RunError> {
        let slots = &plan.tables[self.table].slots;
        let fields = self.per.iter().map(|slot| SortField::new(slots[*slot].logical.arrow())).collect();
        RowConverter::new(fields).map_err(|error| RunError::new(error.to_string()))
    }

    /// Shows the group of each row of a range, as bytes.
    fn read(
        &self,
        plan: &Plan,
        converter: &RowConverter,
        range: Range<u64>,
        mut visit: impl FnMut(&[u8]) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let mut evaluation = Evaluation::new(plan, self.table, Rows::Range(range));
        let arrays = self.per.iter().map(|slot| evaluation.need(*slot)).collect::<Result<Vec<ArrayRef>, _>>()?;
        let keys = converter.convert_columns(&arrays).map_err(|error| RunError::new(error.to_string()))?;
        keys.iter().try_for_each(|key| visit(key.as_ref()))
    }

    /// All groups, by what they have in common.
    fn known(&self, plan: &Plan) -> Result<&Known, RunError> {
        let find = || {
            let converter = self.converter(plan)?;
            let mut known = Known::new();
            for block in crate::run::blocks(0..plan.tables[self.table].rows) {
                self.read(plan, &converter, block, |key| {
                    if !known.contains_key(key) {
                        if known.len() == GROUPS {
                            let detail =
                                format!("rows that do not lie side by side fall into more than {GROUPS} groups");
                            return Err(RunError::new(detail));
                        }
                        known.insert(key.into(), known.len() as u32);
                    }
                    Ok(())
                })?;
            }
            Ok(known)
        };
        self.known.get_or_init(find).as_ref().map_err(Clone::clone)
    }

    /// The group of each row of a range.
    fn numbers(&self, plan: &Plan, range: Range<u64>) -> Result<Vec<u32>, RunError> {
        let known = self.known(plan)?;
        let converter = self.converter(plan)?;
        let mut numbers = Vec::with_capacity((range.end - range.start) as usize);
        self.read(plan, &converter, range, |key| {
            numbers.push(known.get(key).copied().unwrap_or_default());
            Ok(())
        })?;
        Ok(numbers)
    }
}

/// What is known of a group after some of its rows, and how a row moves it on.
pub(crate) trait Step {
    /// What is known of a group.
    type State: Clone + Default + Send + Sync;
    /// What is read of a run of rows at once.
    type Chunk;

    /// Reads a run of rows.
    fn read(&self, plan: &Plan, rows: Range<u64>) -> Result<Self::Chunk, RunError>;

    /// Moves a group on by the row at a position of the run.
    fn step(
        &self,
        state: &mut Self::State,
        chunk: &Self::Chunk,
        position: usize,
        group: u32,
        row: u64,
    ) -> Result<(), RunError>;
}

/// The states of all groups at some rows, made by whoever asks first.
pub(crate) struct Tally<S: Step> {
    marks: OnceLock<Result<Marks<S::State>, RunError>>,
}

impl<S: Step> Default for Tally<S> {
    fn default() -> Tally<S> {
        Tally { marks: OnceLock::new() }
    }
}

/// States at the starts of every so many blocks; groups that are not met yet are missing at the end.
struct Marks<T> {
    blocks: u64,
    states: Vec<Vec<T>>,
}

impl<S: Step> Tally<S> {
    /// Shows each of some rows: its position, its group, and what is known of the group before and after it.
    pub fn over(
        &self,
        plan: &Plan,
        groups: &Scattered,
        step: &S,
        rows: &Rows,
        mut visit: impl FnMut(usize, u32, &S::State, &S::State),
    ) -> Result<(), RunError> {
        if rows.is_empty() {
            return Ok(());
        }
        let marks = self.marks.get_or_init(|| self.mark(plan, groups, step)).as_ref().map_err(Clone::clone)?;
        let stride = marks.blocks * BLOCK;
        let mut position = 0;
        while position < rows.len() {
            let mark = rows.at(position) / stride;
            let mut states = marks.states[mark as usize].clone();
            // Rows behind one mark are gone through together.
            let mut end = position + 1;
            while end < rows.len() && rows.at(end) / stride == mark {
                end += 1;
            }
            for block in crate::run::blocks(mark * stride..rows.at(end - 1) + 1) {
                go(plan, groups, step, block, &mut states, |row, group, before, after| {
                    if position < end && rows.at(position) == row {
                        visit(position, group, before, after);
                        position += 1;
                    }
                })?;
            }
        }
        Ok(())
    }

    /// The pass over the table.
    fn mark(&self, plan: &Plan, groups: &Scattered, step: &S) -> Result<Marks<S::State>, RunError> {
        let rows = plan.tables[groups.table].rows;
        let bytes = (groups.known(plan)?.len() * size_of::<S::State>().max(1)) as u64;
        let blocks = rows.div_ceil(BLOCK).div_ceil((MARK_BYTES / bytes.max(1)).max(1)).max(1);
        let mut states = Vec::new();
        let mut marks = Marks { blocks, states: Vec::new() };
        for block in crate::run::blocks(0..rows) {
            if (block.start / BLOCK).is_multiple_of(blocks) {
                marks.states.push(states.clone());
            }
            go(plan, groups, step, block, &mut states, |_, _, _, _| {})?;
        }
        Ok(marks)
    }
}

/// Moves the groups of a block's rows on.
fn go<S: Step>(
    plan: &Plan,
    groups: &Scattered,
    step: &S,
    block: Range<u64>,
    states: &mut Vec<S::State>,
    mut visit: impl FnMut(u64, u32, &S::State, &S::State),
) -> Result<(), RunError> {
    let chunk = step.read(plan, block.clone())?;
    let numbers = groups.numbers(plan, block.clone())?;
    for (position, (row, group)) in block.zip(numbers).enumerate() {
        if states.len() <= group as usize {
            states.resize(group as usize + 1, S::State::default());
        }
        let state = &mut states[group as usize];
        let before = state.clone();
        step.step(state, &chunk, position, group, row).map_err(|error| RunError { row: Some(row), ..error })?;
        visit(row, group, &before, state);
    }
    Ok(())
}

/// How many rows of a group there were.
struct Count;

impl Step for Count {
    type State = u64;
    type Chunk = ();

    fn read(&self, _: &Plan, _: Range<u64>) -> Result<(), RunError> {
        Ok(())
    }

    fn step(&self, state: &mut u64, (): &(), _: usize, _: u32, _: u64) -> Result<(), RunError> {
        *state += 1;
        Ok(())
    }
}
