//! The value of an earlier row.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, new_null_array};
use datafusion::arrow::compute::interleave;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::lists::List;
use super::super::{Cells, Fill, Generator, Held, Made, Problems, Rows, RunError};
use crate::plan::{Context, Evaluation, Groups, Plan, SlotId, Step, Tally, below, places};
use crate::problem::Problem;

/// The value that another column has in an earlier row, of the whole table or of the row's group.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// The column whose value is taken.
    column: String,
    /// How many rows earlier; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    offset: Option<u64>,
    /// The value where no row lies so far back: at the start of the table, or of the group; null when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initial: Option<Value>,
    /// Columns within whose groups it looks back; the whole table when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    per: Vec<String>,
    /// Columns that say which row comes earlier, each alone or followed by `desc`, nulls last and ties in the order of the rows; the order of
    /// the rows when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    order_by: Vec<String>,
}

impl Generator for Previous {
    const EXAMPLE: &'static str = "{type: previous, column: amount, initial: 0}";
    const EXAMPLE_BESIDE: &'static str = "{columns: [{name: amount, generator: {type: integer, min: 1, max: 100}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let offset = self.offset.unwrap_or(1);
        if offset == 0 {
            return Err(vec![Problem::new("too_small", "an offset of 0 is the row itself").at("/offset").propose(1)]);
        }
        let input = cx.column(&self.column).map_err(|found| below(found, "column"))?;
        let slot = cx.elsewhere(&self.column).map_err(|found| below(found, "column"))?;
        let logical = cx.input_type(input);
        let initial = match self.initial.as_ref().filter(|value| !value.is_null()) {
            None => new_null_array(&logical.arrow(), 1),
            Some(value) => {
                let place =
                    |found: Problems| found.into_iter().map(|problem| problem.at("/initial")).collect::<Vec<_>>();
                List::of(std::slice::from_ref(value), Some(&logical)).map_err(place)?.values
            }
        };
        let order = cx.order_by(&self.order_by);
        let groups = cx.groups(&self.per, &order)?;
        let longest = cx.input_longest(input).map(|longest| match &self.initial {
            Some(Value::String(text)) => longest.max(text.chars().count() as u64),
            _ => longest,
        });
        if matches!(groups, Groups::Scattered(_)) && offset > FAR {
            let detail =
                format!("in groups whose rows do not lie side by side an offset is at most {FAR}, not {offset}");
            return Err(vec![Problem::new("too_large", detail).at("/offset").propose(FAR)]);
        }
        let nullable = initial.is_null(0);
        let fill = Earlier { table: cx.table(), slot, offset, initial, groups, tally: Tally::default() };
        Ok(Made { longest, nullable, ..Made::computed(logical, fill) })
    }
}

/// The largest offset where a group's last rows have to be kept.
const FAR: u64 = 64;

/// The last rows of a group, as many as the offset says, the last one last.
struct Last(u64);

impl Step for Last {
    type State = VecDeque<u64>;
    type Chunk = ();

    fn read(&self, _: &Plan, _: std::ops::Range<u64>) -> Result<(), RunError> {
        Ok(())
    }

    fn step(&self, state: &mut VecDeque<u64>, (): &(), _: usize, _: u32, row: u64) -> Result<(), RunError> {
        if state.len() as u64 == self.0 {
            state.pop_front();
        }
        state.push_back(row);
        Ok(())
    }
}

struct Earlier {
    table: usize,
    slot: SlotId,
    offset: u64,
    /// One value, for rows that have no earlier one.
    initial: ArrayRef,
    groups: Groups,
    tally: Tally<Last>,
}

impl Earlier {
    /// The row that each row takes its value from.
    fn sources(&self, cells: &Cells<'_>, rows: &Rows) -> Result<Vec<Option<u64>>, RunError> {
        Ok(match &self.groups {
            Groups::Whole => rows.iter().map(|row| row.checked_sub(self.offset)).collect(),
            Groups::Siblings(allocation) => rows
                .iter()
                .zip(places(allocation, rows))
                .map(|(row, place)| (place.index >= self.offset).then(|| row - self.offset))
                .collect(),
            Groups::Sorted(sorted) => {
                let mut sources = Vec::with_capacity(rows.len());
                sorted.over(cells.plan, rows, &mut |part, order| {
                    sources.extend(part.map(|position| {
                        let place = order.place(rows.at(position));
                        let start = order.group(place).1.start;
                        let back = usize::try_from(self.offset).ok().and_then(|offset| place.checked_sub(offset))?;
                        (back >= start).then(|| order.row(back))
                    }));
                    Ok(())
                })?;
                sources
            }
            Groups::Scattered(groups) => {
                let mut sources = Vec::with_capacity(rows.len());
                self.tally.over(cells.plan, groups, &Last(self.offset), rows, |_, _, before, _| {
                    sources.push(before.front().copied().filter(|_| before.len() as u64 == self.offset));
                })?;
                sources
            }
        })
    }
}

impl Fill for Earlier {
    fn hold(&self, held: &mut Held<'_>) {
        self.groups.hold(held);
    }

    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let sources = self.sources(cells, rows)?;
        // Most rows find theirs among those at hand; the others are made.
        let missing: BTreeSet<u64> =
            sources.iter().flatten().copied().filter(|row| rows.position(*row).is_none()).collect();
        let missing: Arc<[u64]> = missing.into_iter().collect();
        let made = if missing.is_empty() {
            new_null_array(self.initial.data_type(), 0)
        } else {
            Evaluation::new(cells.plan, self.table, Rows::List(Arc::clone(&missing))).need(self.slot)?
        };
        let picks: Vec<(usize, usize)> = sources
            .iter()
            .map(|source| match source {
                None => (2, 0),
                Some(row) => match rows.position(*row) {
                    Some(position) => (0, position),
                    None => (1, missing.partition_point(|known| known < row)),
                },
            })
            .collect();
        let arrays: [&dyn Array; 3] = [&cells.inputs[0], &made, &self.initial];
        interleave(&arrays, &picks).map_err(|error| RunError::new(error.to_string()))
    }
}
