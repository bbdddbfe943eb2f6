//! What a column comes to from the first row to this one.

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::{concat, take};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::prefix::Prefixes;
use super::super::{Cells, Fill, Generator, Held, Made, Problems, Rows, RunError};
use super::fold::{Measure, Reader, RunningFn, State};
use crate::allocation::Allocation;
use crate::plan::{
    BLOCK, Context, Evaluation, Groups, Order, Plan, Scattered, SlotId, Sorted, Step, Tally, below, places,
};

/// The sum, number, smallest, largest or mean value of a column from the first row to this one, of the whole table or of the row's group.
/// Nulls are skipped: such a row keeps what came before, which is null (0 for count) before the first value.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Running {
    /// The column: whole numbers, decimals or floats; for min and max also dates, datetimes and times, for count any.
    column: String,
    /// What it comes to; sum when absent. Sums of whole numbers and decimals are exact.
    #[serde(default, rename = "fn", skip_serializing_if = "Option::is_none")]
    function: Option<RunningFn>,
    /// Columns within whose groups it starts anew; the whole table when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    per: Vec<String>,
    /// Columns that say which row comes earlier, each alone or followed by `desc`, nulls last and ties in the order of the rows; the order of
    /// the rows when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    order_by: Vec<String>,
}

impl Generator for Running {
    const EXAMPLE: &'static str = "{type: running, column: amount, fn: sum}";
    const EXAMPLE_BESIDE: &'static str = "{columns: [{name: amount, generator: {type: decimal, min: -50, max: 100}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let input = cx.column(&self.column).map_err(|found| below(found, "column"))?;
        let slot = cx.elsewhere(&self.column).map_err(|found| below(found, "column"))?;
        let fold = self.function.unwrap_or(RunningFn::Sum);
        let measure = Measure::new(fold, &cx.input_type(input), &self.column)
            .map_err(|problem| vec![problem.at(if fold == RunningFn::Sum { "/column" } else { "/fn" })])?;
        let order = cx.order_by(&self.order_by);
        let table = cx.table();
        let logical = measure.logical.clone();
        let nullable = fold != RunningFn::Count;
        let columns = Column { table, slot, measure };
        let made = match cx.groups(&self.per, &order)? {
            Groups::Sorted(sorted) => {
                Made::computed(logical, InOrder { column: columns, sorted, whole: OnceLock::new() })
            }
            Groups::Scattered(groups) => {
                Made::computed(logical, InScattered { column: columns, groups, tally: Tally::default() })
            }
            Groups::Whole => {
                Made::computed(logical, InRows { column: columns, siblings: None, prefixes: Prefixes::default() })
            }
            Groups::Siblings(allocation) => Made::computed(
                logical,
                InRows { column: columns, siblings: Some(allocation), prefixes: Prefixes::default() },
            ),
        };
        Ok(Made { nullable, ..made })
    }
}

/// The column that is read, and what becomes of it.
struct Column {
    table: usize,
    slot: SlotId,
    measure: Measure,
}

impl Column {
    /// Its values in some rows.
    fn read(&self, plan: &Plan, rows: std::ops::Range<u64>) -> Result<ArrayRef, RunError> {
        Evaluation::new(plan, self.table, Rows::Range(rows)).need(self.slot)
    }
}

/// Rows in their own order, whose groups lie side by side.
///
/// What a row comes to is what the blocks before it in its group come to, one after the other, and then its own block up to the row: so it
/// is the same however rows are asked for, floats included.
struct InRows {
    column: Column,
    siblings: Option<Arc<Allocation>>,
    prefixes: Prefixes<State>,
}

impl InRows {
    /// The first row of each row's group.
    fn firsts(&self, rows: &Rows) -> Vec<u64> {
        match &self.siblings {
            None => vec![0; rows.len()],
            Some(allocation) => places(allocation, rows).into_iter().map(|place| place.first).collect(),
        }
    }

    /// What the rows from `first`, where a group begins, to the start of a block come to.
    fn before(&self, plan: &Plan, first: u64, block: u64) -> Result<State, RunError> {
        self.prefixes.before(first, block, State::default(), |state, rows| {
            let array = self.column.read(plan, rows)?;
            let reader = Reader::new(&array);
            let mut piece = State::default();
            for position in 0..array.len() {
                self.column.measure.add(&mut piece, reader.at(position))?;
            }
            self.column.measure.join(&state, &piece)
        })
    }

    /// Appends what each of some rows in a run comes to; `array` holds the column there, `firsts` where their groups begin.
    fn append(
        &self,
        plan: &Plan,
        start: u64,
        array: &ArrayRef,
        firsts: &[u64],
        states: &mut Vec<State>,
    ) -> Result<(), RunError> {
        let Some(first) = firsts.first().copied() else { return Ok(()) };
        let measure = &self.column.measure;
        let mut before = State::default();
        let mut piece = State::default();
        let block_start = start / BLOCK * BLOCK;
        if first < block_start {
            before = self.before(plan, first, start / BLOCK)?;
        }
        let lead = block_start.max(first);
        if lead < start {
            let array = self.column.read(plan, lead..start)?;
            let reader = Reader::new(&array);
            for position in 0..array.len() {
                measure.add(&mut piece, reader.at(position))?;
            }
        }
        let reader = Reader::new(array);
        for (position, first) in firsts.iter().enumerate() {
            let row = start + position as u64;
            if row == *first {
                (before, piece) = (State::default(), State::default());
            } else if row.is_multiple_of(BLOCK) {
                before = measure.join(&before, &piece)?;
                piece = State::default();
                self.prefixes.keep(*first, row / BLOCK, &before);
            }
            measure.add(&mut piece, reader.at(position)).map_err(|error| RunError { row: Some(row), ..error })?;
            states.push(measure.join(&before, &piece)?);
        }
        Ok(())
    }
}

impl Fill for InRows {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let firsts = self.firsts(rows);
        let mut states = Vec::with_capacity(rows.len());
        match rows {
            Rows::Range(range) => self.append(cells.plan, range.start, &cells.inputs[0], &firsts, &mut states)?,
            Rows::List(list) => {
                // Rows of one block are made as a run, and those that were asked for are taken of it.
                let mut start = 0;
                while start < list.len() {
                    let block = list[start] / BLOCK;
                    let end = start + list[start..].partition_point(|row| row / BLOCK == block);
                    let run = list[start]..list[end - 1] + 1;
                    let array = self.column.read(cells.plan, run.clone())?;
                    let mut made = Vec::new();
                    self.append(cells.plan, run.start, &array, &self.firsts(&Rows::Range(run.clone())), &mut made)?;
                    states.extend(list[start..end].iter().map(|row| made[(row - run.start) as usize]));
                    start = end;
                }
            }
        }
        self.column.measure.finish(states.iter(), |position| rows.at(position))
    }
}

/// Rows whose groups lie anywhere in a table too long to be sorted.
struct InScattered {
    column: Column,
    groups: Arc<Scattered>,
    tally: Tally<Column>,
}

impl Step for Column {
    type State = State;
    type Chunk = ArrayRef;

    fn read(&self, plan: &Plan, rows: std::ops::Range<u64>) -> Result<ArrayRef, RunError> {
        Column::read(self, plan, rows)
    }

    fn step(&self, state: &mut State, chunk: &ArrayRef, position: usize, _: u32, _: u64) -> Result<(), RunError> {
        self.measure.add(state, Reader::new(chunk).at(position))
    }
}

impl Fill for InScattered {
    fn hold(&self, held: &mut Held<'_>) {
        self.groups.hold(held);
        held.add(self, self.groups.most_bytes(held.plan, size_of::<State>()));
    }

    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut states = Vec::with_capacity(rows.len());
        self.tally.over(cells.plan, &self.groups, &self.column, rows, |_, _, _, after| states.push(*after))?;
        self.column.measure.finish(states.iter(), |position| rows.at(position))
    }
}

/// Rows in an order that a pass finds.
struct InOrder {
    column: Column,
    sorted: Arc<Sorted>,
    /// The values of the whole table, row after row, where they are made at once.
    whole: OnceLock<Result<ArrayRef, RunError>>,
}

impl InOrder {
    /// What each row of an order comes to, row after row.
    fn values(&self, plan: &Plan, order: &Order) -> Result<ArrayRef, RunError> {
        let range = order.range();
        let failed = |error: datafusion::arrow::error::ArrowError| RunError::new(error.to_string());
        let mut parts = Vec::new();
        let mut start = range.start;
        while start < range.end {
            let end = range.end.min((start / BLOCK + 16) * BLOCK);
            parts.push(self.column.read(plan, start..end)?);
            start = end;
        }
        let parts: Vec<&dyn datafusion::arrow::array::Array> = parts.iter().map(AsRef::as_ref).collect();
        if parts.is_empty() {
            return self.column.measure.finish([].iter(), |_| range.start);
        }
        let array = concat(&parts).map_err(failed)?;
        let reader = Reader::new(&array);
        let measure = &self.column.measure;
        let mut states = Vec::with_capacity(array.len());
        for places in order.groups() {
            let mut state = State::default();
            for place in places {
                measure.add(&mut state, reader.at((order.row(place) - range.start) as usize))?;
                states.push(state);
            }
        }
        let placed = measure.finish(states.iter(), |place| order.row(place))?;
        let places: UInt32Array = range.map(|row| order.place(row) as u32).collect::<Vec<_>>().into();
        take(&placed, &places, None).map_err(failed)
    }
}

impl Fill for InOrder {
    fn hold(&self, held: &mut Held<'_>) {
        let rows = self.sorted.hold(held);
        // States while they are found, then the values.
        let width = size_of::<State>() + self.column.measure.logical.arrow().primitive_width().unwrap_or(0);
        held.add(self, rows * width as u64);
    }

    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let gather = |values: &ArrayRef, first: u64, rows: &mut dyn Iterator<Item = u64>| {
            let positions: UInt32Array = rows.map(|row| (row - first) as u32).collect::<Vec<_>>().into();
            take(values, &positions, None).map_err(|error| RunError::new(error.to_string()))
        };
        if let Some(order) = self.sorted.whole(cells.plan) {
            let order = order?;
            let values = self.whole.get_or_init(|| self.values(cells.plan, &order)).as_ref().map_err(Clone::clone)?;
            return gather(values, order.range().start, &mut rows.iter());
        }
        let mut parts = Vec::new();
        self.sorted.over(cells.plan, rows, &mut |part, order| {
            let values = self.values(cells.plan, order)?;
            parts.push(gather(&values, order.range().start, &mut part.map(|position| rows.at(position)))?);
            Ok(())
        })?;
        let parts: Vec<&dyn datafusion::arrow::array::Array> = parts.iter().map(AsRef::as_ref).collect();
        match parts.as_slice() {
            [] => self.column.measure.finish([].iter(), |_| 0),
            parts => concat(parts).map_err(|error| RunError::new(error.to_string())),
        }
    }
}
