//! Cells that are given: the first rows of a table show them in the place of what was made.
//!
//! Where no two values may be alike, what a given row would have had is free, and whoever made the given value takes that instead: so all stay
//! apart, whoever asks for which rows.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, UInt64Array};
use datafusion::arrow::compute::interleave;
use datafusion::arrow::row::{RowConverter, SortField};

use super::quota::{Conflict, Fault};
use crate::generators::{self, Fill, Held, Rows, RunError};
use crate::plan::{Evaluation, Plan, SlotId};
use crate::run::blocks;

/// Given cells of a column over what was made, the first input.
pub(crate) struct Cells {
    pub table: usize,
    pub base: SlotId,
    /// The values of the given rows.
    pub values: ArrayRef,
    /// Which of these are given, null among them.
    pub filled: BooleanArray,
    /// Whether no two values may be alike.
    pub distinct: bool,
    pub walks: OnceLock<Result<Walks, RunError>>,
}

/// What the given rows would have had, and which of them has which given value.
pub(crate) struct Walks {
    converter: RowConverter,
    made: ArrayRef,
    /// The bytes of what each given row would have had.
    bytes: Vec<Box<[u8]>>,
    holders: HashMap<Box<[u8]>, usize>,
}

impl Walks {
    /// The given row whose own value stands free for one that was given to another row; none where the value was given to none.
    fn end(&self, value: &[u8]) -> Option<usize> {
        let mut at = *self.holders.get(value)?;
        // Each step leads to another given row: values are never alike, so no way leads back.
        while let Some(next) = self.holders.get(&self.bytes[at]) {
            at = *next;
        }
        Some(at)
    }
}

fn failed(error: datafusion::arrow::error::ArrowError) -> RunError {
    RunError::new(error.to_string())
}

impl Cells {
    fn walks(&self, plan: &Plan) -> Result<&Walks, RunError> {
        let find = || {
            let count = self.values.len() as u64;
            let mut parts = Vec::new();
            for block in blocks(0..count) {
                parts.push(Evaluation::new(plan, self.table, Rows::Range(block)).need(self.base)?);
            }
            let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
            let made = datafusion::arrow::compute::concat(&parts).map_err(failed)?;
            let converter = RowConverter::new(vec![SortField::new(made.data_type().clone())]).map_err(failed)?;
            let own = converter.convert_columns(&[Arc::clone(&made)]).map_err(failed)?;
            let given = converter.convert_columns(&[Arc::clone(&self.values)]).map_err(failed)?;
            let holders = (0..self.values.len()).filter(|at| self.filled.value(*at) && self.values.is_valid(*at));
            let holders = holders.map(|at| (given.row(at).data().into(), at)).collect();
            let bytes = own.iter().map(|row| row.data().into()).collect();
            Ok(Walks { converter, made, bytes, holders })
        };
        self.walks.get_or_init(find).as_ref().map_err(Clone::clone)
    }
}

impl Fill for Cells {
    fn hold(&self, held: &mut Held<'_>) {
        let given = self.values.get_array_memory_size() as u64;
        // What the rows would have had, as an array and in bytes, and the bytes of the given values, by which rows are found.
        let walks = 3 * given + (self.values.len() * (2 * size_of::<Box<[u8]>>() + 2 * size_of::<usize>())) as u64;
        held.add(self, given + if self.distinct { walks } else { 0 });
    }

    fn fill(&self, cells: &generators::Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let base = &cells.inputs[0];
        let given = self.values.len() as u64;
        let first = if rows.is_empty() { given } else { rows.at(0) };
        if !self.distinct && first >= given {
            return Ok(Arc::clone(base));
        }
        let walks = if self.distinct { Some(self.walks(cells.plan)?) } else { None };
        let bytes = match walks {
            Some(walks) => Some(walks.converter.convert_columns(&[Arc::clone(base)]).map_err(failed)?),
            None => None,
        };
        let mut changed = false;
        let places: Vec<(usize, usize)> = rows
            .iter()
            .enumerate()
            .map(|(position, row)| {
                if row < given && self.filled.value(row as usize) {
                    changed = true;
                    return (1, row as usize);
                }
                let freed = match (walks, &bytes) {
                    (Some(walks), Some(bytes)) if base.is_valid(position) => walks.end(bytes.row(position).data()),
                    _ => None,
                };
                changed |= freed.is_some();
                freed.map_or((0, position), |at| (2, at))
            })
            .collect();
        if !changed {
            return Ok(Arc::clone(base));
        }
        let made = walks.map_or(base, |walks| &walks.made);
        interleave(&[base.as_ref(), self.values.as_ref(), made.as_ref()], &places).map_err(failed)
    }
}

/// The parents that given rows name, over what was chosen, the first input.
pub(crate) struct Parents {
    /// The parents' table.
    pub parent: usize,
    /// Its referenced columns.
    pub referenced: Vec<SlotId>,
    /// What the given rows say of each.
    pub values: Vec<ArrayRef>,
    /// Which rows say something.
    pub filled: BooleanArray,
    /// For messages: the key, and the parents' table.
    pub names: (String, String),
    pub rows: OnceLock<Result<UInt64Array, Fault>>,
}

impl Parents {
    /// The parent's row of each given row, found by a pass over the parents; null where none is named.
    pub fn rows(&self, plan: &Plan) -> Result<&UInt64Array, Fault> {
        self.rows.get_or_init(|| self.find(plan)).as_ref().map_err(Clone::clone)
    }

    fn find(&self, plan: &Plan) -> Result<UInt64Array, Fault> {
        let wrong = |error| Fault::Run(failed(error));
        let fields = self.values.iter().map(|values| SortField::new(values.data_type().clone())).collect();
        let converter = RowConverter::new(fields).map_err(wrong)?;
        let given = converter.convert_columns(&self.values).map_err(wrong)?;
        let names = |at: usize| self.filled.value(at) && self.values.iter().all(|values| values.is_valid(at));
        let mut wanted: HashMap<&[u8], Option<u64>> =
            (0..self.filled.len()).filter(|at| names(*at)).map(|at| (given.row(at).data(), None)).collect();
        let mut open = wanted.len();
        for block in blocks(0..plan.tables[self.parent].rows) {
            if open == 0 {
                break;
            }
            let mut evaluation = Evaluation::new(plan, self.parent, Rows::Range(block.clone()));
            let columns = self.referenced.iter().map(|slot| evaluation.need(*slot)).collect::<Result<Vec<_>, _>>();
            let keys = converter.convert_columns(&columns.map_err(Fault::Run)?).map_err(wrong)?;
            for (row, key) in block.zip(&keys) {
                if let Some(found @ None) = wanted.get_mut(key.data()) {
                    *found = Some(row);
                    open -= 1;
                }
            }
        }
        let mut rows = Vec::with_capacity(self.filled.len());
        for at in 0..self.filled.len() {
            let found = if names(at) { Some(wanted.get(given.row(at).data()).copied().flatten()) } else { None };
            if found == Some(None) {
                let (key, parent) = &self.names;
                let detail = format!("given row {} refers by {key} to no row of {parent}", at + 1);
                return Err(Fault::Conflict(Conflict { rules: Vec::new(), detail }));
            }
            rows.push(found.flatten());
        }
        Ok(UInt64Array::from(rows))
    }
}

impl Fill for Arc<Parents> {
    fn hold(&self, held: &mut Held<'_>) {
        let given: usize = self.values.iter().map(|values| values.get_array_memory_size()).sum();
        held.add(&**self, (given + self.filled.len() * size_of::<u64>()) as u64);
    }

    fn fill(&self, cells: &generators::Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let base = &cells.inputs[0];
        let given = self.filled.len() as u64;
        if rows.is_empty() || rows.at(0) >= given {
            return Ok(Arc::clone(base));
        }
        let found = self.rows(cells.plan).map_err(RunError::from)?;
        let places: Vec<(usize, usize)> = rows
            .iter()
            .enumerate()
            .map(|(position, row)| match row < given && self.filled.value(row as usize) {
                true => (1, row as usize),
                false => (0, position),
            })
            .collect();
        interleave(&[base.as_ref(), found], &places).map_err(failed)
    }
}
