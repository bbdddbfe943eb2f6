//! Rules that compare a row of a tree with the one above it: the column is drawn inside what the row above has, while it is still being made.
//!
//! The way upwards ends at a root, so a column may be bounded by itself in the row above. Its slot is not known then; what reads it is told once
//! it is.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::concat;

use super::compiler::{Compiler, Failed, Name};
use super::convert;
use super::order::print_units;
use super::picks::levels;
use super::statements::{Bound, BoundOf, PlannedBound, RowCondition};
use super::{Side, Slot, SlotId, Source, take_rows};
use crate::enforce::pick::Levels;
use crate::expr::{Comparison, Literal, Op};
use crate::generators::{Cells, Fill, Made, Rows, RunError};

/// What is read in rows above before it is made.
#[derive(Default)]
pub(super) struct Upward {
    /// Columns whose bounds are being made: table, column.
    bounding: Vec<(usize, usize)>,
    /// Slots that wait for a column: its table, the column, the slot.
    waiting: Vec<(usize, usize, SlotId)>,
}

/// A value for each level of a tree.
struct OfLevel {
    levels: Levels,
    values: ArrayRef,
}

impl Fill for OfLevel {
    fn fill(&self, _: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let levels: UInt32Array = rows.iter().map(|row| Some(self.levels.of(row) as u32)).collect();
        take_rows(&self.values, &levels)
    }
}

impl Compiler {
    /// The slot of what bounds a column by SQL, which may read the column itself in a row above.
    pub(super) fn bounding_sql(&mut self, table: usize, column: usize, sql: &str) -> Result<SlotId, Failed> {
        self.upward.bounding.push((table, column));
        let made = self.sql(table, sql, false);
        self.upward.bounding.pop();
        made
    }

    /// The slot of a column in the row above by a key to the own table, where that column is still being made because of its bounds.
    pub(super) fn reference_above(
        &mut self,
        table: usize,
        (key, parent): (usize, usize),
        path: &[String],
    ) -> Result<Option<SlotId>, Failed> {
        let [name] = path else { return Ok(None) };
        let Some(column) = self.column_named(table, name).filter(|_| parent == table) else { return Ok(None) };
        let is_made =
            !self.is_in_progress(table, &Name::Column(column)) && !self.is_in_progress(table, &Name::Raw(column));
        if is_made || !self.upward.bounding.contains(&(table, column)) {
            return Ok(None);
        }
        self.slot(table, Name::Above { key, column }).map(Some)
    }

    /// A slot that reads a column of the row above before it is known which slot holds it.
    pub(super) fn make_above(&mut self, table: usize, key: usize, column: usize) -> Result<SlotId, Failed> {
        let numbers = self.slot(table, Name::Key(key))?;
        let definition = &self.dataset.tables[table].columns[column];
        let own = self.bounded(table, column).ok_or(Failed::Known)?;
        let slot = Slot {
            name: format!("{}.{}", self.dataset.tables[table].foreign_keys[key].name(), definition.name),
            logical: definition.logical_type().unwrap_or(own),
            source: Source::Parent { table, slot: SlotId::MAX },
            inputs: vec![numbers],
            far: Vec::new(),
            elsewhere: Vec::new(),
            nullable: true,
            distinct: false,
            drawn_by: None,
            group: None,
            countable: None,
            longest: None,
            asks: false,
        };
        let slot = self.push_slot(table, slot);
        self.upward.waiting.push((table, column, slot));
        Ok(slot)
    }

    /// Tells the slots that wait for a column which slot it is.
    pub(super) fn tell_above(&mut self, table: usize, column: usize, made: SlotId) {
        for (_, _, slot) in self.upward.waiting.extract_if(.., |waiting| (waiting.0, waiting.1) == (table, column)) {
            let slots = &mut self.tables[table].slots;
            debug_assert_eq!(slots[slot].logical, slots[made].logical);
            slots[slot].source = Source::Parent { table, slot: made };
        }
    }

    /// The bounds that leave each row room for those below it: where every row is to be less than the one above, one that has others below it
    /// cannot be the least value itself.
    pub(super) fn room_below(&self, condition: &RowCondition, column: usize, all: &[Comparison]) -> Vec<PlannedBound> {
        let table = condition.table;
        let definition = &self.dataset.tables[table];
        let key_above = |one: &Comparison| {
            let [read] = one.than.references() else { return None };
            let [key, name] = read.0.as_slice() else { return None };
            let is_it_alone =
                one.than.sql().trim() == read.to_string() && self.column_named(table, name) == Some(column);
            let key = self.key_named(table, key).filter(|_| is_it_alone)?;
            (definition.foreign_keys[key].references.table == definition.name).then_some(key)
        };
        let interval = definition.columns[column].generator.as_ref().and_then(|generator| generator.interval());
        let (Some(interval), None) = (interval, &condition.when) else { return Vec::new() };
        let bound = |one: &Comparison| {
            let (side, end, step) = match one.op {
                Op::Less => (Side::Lower, interval.min, 1),
                Op::Greater => (Side::Upper, interval.max, -1),
                _ => return None,
            };
            let value = Bound::Slot(BoundOf::Levels { key: key_above(one)?, end, step });
            Some(PlannedBound { value, side, rounds: side, place: condition.pointer.clone(), gap: 0 })
        };
        all.iter().filter_map(bound).collect()
    }

    /// The slot of a bound that each level of a tree has: so many units from the last level's.
    pub(super) fn level_bound(
        &mut self,
        table: usize,
        column: usize,
        key: usize,
        (end, step): (i64, i64),
    ) -> Result<SlotId, Failed> {
        let dataset = Arc::clone(&self.dataset);
        let levels = levels(&dataset.tables[table].foreign_keys[key], self.rows(table).ok_or(Failed::Known)?);
        let logical = self.bounded(table, column).ok_or(Failed::Known)?;
        let last = levels.sizes().count() as i64 - 1;
        let value = |level: i64| {
            let units = end.saturating_add(step.saturating_mul(last - level));
            convert::literal(&Literal::Text(print_units(&logical, units)), &logical).map_err(Failed::One)
        };
        let values = (0..=last.max(0)).map(value).collect::<Result<Vec<ArrayRef>, _>>()?;
        let values: Vec<_> = values.iter().map(AsRef::as_ref).collect();
        let values = concat(&values).map_err(|_| Failed::Known)?;
        Ok(self.push_bound(table, column, Made::computed(logical, OfLevel { levels, values })))
    }
}
