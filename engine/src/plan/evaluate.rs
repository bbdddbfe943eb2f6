//! Makes slots: the ones asked for and what they need, for some rows of a table.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, UInt32Array, UInt64Array, new_null_array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::Float64Type;
use indexmap::IndexMap;

use super::{Plan, SlotId, Source};
use crate::enforce::redraw;
use crate::generators::{Cells, Rows, RunError};

/// Some rows of a table, with the slots made so far.
pub struct Evaluation<'p> {
    plan: &'p Plan,
    table: usize,
    rows: Rows,
    attempt: u32,
    made: Vec<Option<ArrayRef>>,
    /// Bytes of the texts that were made.
    texts: usize,
    /// The referenced rows of each key, by the slot that numbers them: made once for all columns read through it.
    parents: IndexMap<SlotId, Parents<'p>>,
}

struct Parents<'p> {
    rows: Evaluation<'p>,
    /// For each row, its parent's position in `rows`; null where it has none.
    positions: UInt32Array,
}

impl<'p> Evaluation<'p> {
    /// Rows of a table, nothing made yet.
    pub fn new(plan: &'p Plan, table: usize, rows: Rows) -> Evaluation<'p> {
        let made = vec![None; plan.tables[table].slots.len()];
        Evaluation { plan, table, rows, attempt: 0, made, texts: 0, parents: IndexMap::new() }
    }

    /// The same rows in an attempt of a redraw, with the slots of `outside` made already.
    pub(crate) fn attempt(&self, rows: Rows, attempt: u32, outside: Vec<Option<ArrayRef>>) -> Evaluation<'p> {
        Evaluation {
            plan: self.plan,
            table: self.table,
            rows,
            attempt,
            made: outside,
            texts: 0,
            parents: IndexMap::new(),
        }
    }

    /// The rows.
    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The plan's table.
    pub(crate) fn table_plan(&self) -> &'p super::TablePlan {
        &self.plan.tables[self.table]
    }

    /// The values of a slot.
    pub fn need(&mut self, slot: SlotId) -> Result<ArrayRef, RunError> {
        if let Some(array) = &self.made[slot] {
            return Ok(Arc::clone(array));
        }
        match self.plan.tables[self.table].slots[slot].group {
            Some(group) if self.attempt == 0 => {
                for (member, array) in redraw::evaluate(self, group)? {
                    self.made[member] = Some(array);
                }
                match &self.made[slot] {
                    Some(array) => Ok(Arc::clone(array)),
                    None => self.make(slot),
                }
            }
            _ => self.make(slot),
        }
    }

    /// Makes a slot without regard to its group.
    pub(crate) fn make(&mut self, slot: SlotId) -> Result<ArrayRef, RunError> {
        crate::stop::look();
        let plan = self.plan;
        let table = &plan.tables[self.table];
        let definition = &table.slots[slot];
        let array = match &definition.source {
            Source::Fill(fill) => {
                let inputs = definition.inputs.iter().map(|input| self.need(*input)).collect::<Result<Vec<_>, _>>()?;
                let cells = Cells { inputs: &inputs, attempt: self.attempt, plan };
                fill.fill(&cells, &self.rows).map_err(|mut error| {
                    if error.table.is_empty() {
                        error.table.clone_from(&table.name);
                        error.column = shown_by(table, slot).unwrap_or_default().to_owned();
                    }
                    error
                })?
            }
            Source::Parent { table: parent, slot: value } => {
                let key = definition.inputs[0];
                if !self.parents.contains_key(&key) {
                    let numbers = self.need(key)?;
                    if numbers.null_count() == numbers.len() {
                        // Nothing is to be made; in a tree this is where the way upwards ends.
                        let logical = &plan.tables[*parent].slots[*value].logical;
                        let nulls = new_null_array(&logical.arrow(), numbers.len());
                        self.made[slot] = Some(Arc::clone(&nulls));
                        return Ok(nulls);
                    }
                    self.parents.insert(key, self.parents_of(&numbers, *parent)?);
                }
                let parents = self.parents.get_mut(&key).expect("it was inserted just now");
                let values = parents.rows.need(*value)?;
                take_rows(&values, &parents.positions)?
            }
        };
        debug_assert_eq!(array.len(), self.rows.len(), "slot {} of {}", definition.name, table.name);
        self.texts += text_bytes(&array);
        if self.texts > MAX_TEXTS {
            let detail =
                format!("the texts of {} rows take more than {} MB together", self.rows.len(), MAX_TEXTS >> 20);
            return Err(RunError {
                table: table.name.clone(),
                column: definition.name.clone(),
                ..RunError::new(detail)
            });
        }
        self.made[slot] = Some(Arc::clone(&array));
        Ok(array)
    }

    /// The distinct rows that `numbers` names, and where each row finds its own.
    fn parents_of(&self, numbers: &ArrayRef, parent: usize) -> Result<Parents<'p>, RunError> {
        let numbers =
            numbers.as_any().downcast_ref::<UInt64Array>().ok_or_else(|| RunError::new("a key without row numbers"))?;
        let mut rows: Vec<u64> = numbers.iter().flatten().collect();
        if !rows.is_sorted() {
            rows.sort_unstable();
        }
        rows.dedup();
        let contiguous = match (rows.first(), rows.last()) {
            (Some(first), Some(last)) => last - first + 1 == rows.len() as u64,
            _ => true,
        };
        let first = rows.first().copied().unwrap_or(0);
        let positions = if contiguous {
            numbers.iter().map(|number| number.map(|number| (number - first) as u32)).collect()
        } else {
            numbers.iter().map(|number| number.map(|number| rows.partition_point(|row| *row < number) as u32)).collect()
        };
        let rows = if contiguous { Rows::Range(first..first + rows.len() as u64) } else { Rows::List(rows.into()) };
        Ok(Parents { rows: Evaluation::new(self.plan, parent, rows), positions })
    }

    /// The delivered columns as a batch.
    pub fn batch(&mut self, projection: Option<&[usize]>) -> Result<RecordBatch, RunError> {
        let table = &self.plan.tables[self.table];
        let (schema, slots): (_, Vec<SlotId>) = match projection {
            None => (Arc::clone(&table.schema), table.delivered.clone()),
            Some(columns) => {
                let schema = table.schema.project(columns).map_err(|error| RunError::new(error.to_string()))?;
                (Arc::new(schema), columns.iter().map(|column| table.delivered[*column]).collect())
            }
        };
        let mut arrays = Vec::with_capacity(slots.len());
        for slot in slots {
            let array = self.need(slot)?;
            if let Some(position) = infinite(&array) {
                return Err(RunError {
                    table: table.name.clone(),
                    column: table.slots[slot].name.clone(),
                    row: Some(self.rows.at(position)),
                    ..RunError::new(NOT_FINITE)
                });
            }
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows.len()));
        RecordBatch::try_new_with_options(schema, arrays, &options)
            .map_err(|error| RunError { table: table.name.clone(), ..RunError::new(error.to_string()) })
    }
}

/// The delivered column that a slot is, else the nearest that is made of it.
fn shown_by(table: &super::TablePlan, slot: SlotId) -> Option<&str> {
    let names = || table.schema.fields().iter().map(|field| field.name().as_str());
    let name_of = |slot: SlotId| {
        let own = &table.slots[slot].name;
        names().find(|name| *name == own.as_str())
    };
    let (mut reached, mut seen) = (vec![slot], vec![false; table.slots.len()]);
    while !reached.is_empty() {
        if let Some(name) = reached.iter().find_map(|slot| name_of(*slot)) {
            return Some(name);
        }
        reached.iter().for_each(|slot| seen[*slot] = true);
        let reads = |of: SlotId| table.slots[of].inputs.iter().any(|input| reached.contains(input));
        reached = (0..table.slots.len()).filter(|of| !seen[*of] && reads(*of)).collect();
    }
    None
}

/// Bytes of the texts of a block at most, all columns together.
const MAX_TEXTS: usize = 256 << 20;

/// Bytes of the texts that an array shows, those in lists too.
fn text_bytes(array: &ArrayRef) -> usize {
    if let Some(texts) = array.as_string_view_opt() {
        // The length of a view is its lower half of 32 bits.
        return texts.views().iter().map(|view| *view as u32 as usize).sum();
    }
    match array.as_list_opt::<i32>() {
        Some(lists) => text_bytes(lists.values()),
        None => 0,
    }
}

/// Infinity is no number in any file, and null would say that the value is missing.
const NOT_FINITE: &str =
    "the value is no finite number; bound the column, or change the parameters or the formula that lead there";

/// The first position of floats, or of lists of floats, that holds no finite number.
fn infinite(array: &ArrayRef) -> Option<usize> {
    if let Some(list) = array.as_list_opt::<i32>() {
        let at = infinite_place(list.values())?;
        return list.value_offsets().iter().rposition(|offset| *offset as usize <= at);
    }
    infinite_place(array)
}

fn infinite_place(array: &ArrayRef) -> Option<usize> {
    let floats = array.as_primitive_opt::<Float64Type>()?;
    // What stands under a null says nothing, and is looked at last.
    if floats.values().iter().all(|value| value.is_finite()) {
        return None;
    }
    floats.iter().position(|value| value.is_some_and(|value| !value.is_finite()))
}

/// `values` at `positions`, null where a position is.
pub(crate) fn take_rows(values: &ArrayRef, positions: &UInt32Array) -> Result<ArrayRef, RunError> {
    take(values.as_ref(), positions, None).map_err(|error| RunError::new(error.to_string()))
}
