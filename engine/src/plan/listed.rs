//! Rules that list the values of a column: it is drawn among these, as far as they are values of its own that other rules leave.

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array};
use datafusion::arrow::compute::{concat, take};

use super::Side;
use super::SlotId;
use super::compiler::{Compiler, Failed};
use super::convert::{self, as_text};
use super::quotas::Limit;
use super::statements::{Bound, BoundOf, Listing, RowCondition};
use super::units::units_of;
use crate::enforce::listed::{Limit as Left, Listed};
use crate::expr::{Parsed, Simple};
use crate::generators::Made;

/// The most limits of one column, as many as a word has bits.
const LIMITS: usize = 64;

/// The most values that are listed one by one.
const VALUES: usize = 10_000;

/// Values that a sentence names.
const NAMED: usize = 5;

impl Compiler {
    /// Lets columns be drawn among the values that conditions list.
    pub(super) fn project_lists(&mut self) {
        let conditions = std::mem::take(&mut self.statements.conditions);
        for condition in conditions {
            let (mut names, mut rest) = (Vec::new(), Vec::new());
            for (at, part) in condition.parts.iter().enumerate() {
                let Some((column, values)) = self.listed_by(&condition, part) else {
                    rest.push(at);
                    continue;
                };
                let name = &self.dataset.tables[condition.table].columns[column].name;
                if !names.contains(name) {
                    names.push(name.clone());
                }
                let listing = Listing { when: condition.when.clone(), sql: part.sql().to_owned(), values };
                self.statements.listings.entry((condition.table, column)).or_default().push(listing);
                self.statements.projected.push((condition.table, column, condition.rule.clone()));
            }
            self.keep_rest(condition, &names, rest, Vec::new());
        }
    }

    /// The column whose values one part of a condition lists, and those of them that its generator makes.
    fn listed_by(&self, condition: &RowCondition, part: &Parsed) -> Option<(usize, ArrayRef)> {
        let table = condition.table;
        let (reference, values) = part.membership()?;
        let [name] = reference.0.as_slice() else { return None };
        let column = self.column_named(table, name)?;
        let interval = self.free_interval(table, column)?;
        // What bounds the column by another is not known value by value; comparisons with values are limits as well.
        let bounds = self.statements.bounds(table, column);
        let is_open =
            bounds.iter().all(|bound| matches!(bound.value, Bound::Constant(_) | Bound::Slot(BoundOf::Where(..))));
        let limits = self.statements.limits.get(&(table, column)).map(Vec::as_slice).unwrap_or_default();
        let is_known = |limit: &Limit| limit.condition == condition.when && limit.sql == part.sql();
        if !is_open || values.len() > VALUES || limits.len() > LIMITS || !limits.iter().any(is_known) {
            return None;
        }
        let values: Vec<ArrayRef> =
            values.iter().filter_map(|value| convert::literal(value, &interval.logical).ok()).collect();
        let values = concat(&values.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()).ok()?;
        let units = units_of(&values, &interval.logical, Side::Lower).ok()?;
        let holds = self.over_values(part.sql(), &values, &interval.logical).ok()?;
        let mut places: Vec<u32> = Vec::new();
        for (at, unit) in units.iter().enumerate() {
            let is_own = unit.is_some_and(|unit| (interval.min..=interval.max).contains(&unit));
            let is_new = !units[..at].contains(unit);
            if is_own && is_new && holds.value(at) && !holds.is_null(at) {
                places.push(at as u32);
            }
        }
        let values = take(&values, &UInt32Array::from(places), None).ok()?;
        (!values.is_empty()).then_some((column, values))
    }

    /// A column's values, or in the rows of a rule that lists them one of those that are left.
    pub(super) fn apply_lists(&mut self, table: usize, column: usize, slot: SlotId) -> Result<SlotId, Failed> {
        let Some(listings) = self.statements.listings.get(&(table, column)).cloned() else { return Ok(slot) };
        let definition = self.dataset.tables[table].columns[column].clone();
        let logical = self.tables[table].slots[slot].logical.clone();
        let failed = |error: datafusion::arrow::error::ArrowError| {
            Failed::One(crate::problem::Problem::new("run", error.to_string()))
        };
        let all =
            concat(&listings.iter().map(|listing| listing.values.as_ref()).collect::<Vec<_>>()).map_err(failed)?;
        let units = units_of(&all, &logical, Side::Lower)
            .map_err(|error| Failed::One(crate::problem::Problem::new("run", error.detail)))?;
        let places = (0..units.len()).filter(|at| !units[..*at].contains(&units[*at])).map(|at| at as u32);
        let values = take(&all, &UInt32Array::from_iter_values(places), None).map_err(failed)?;
        let mut inputs = vec![slot];
        let mut limits = Vec::new();
        for limit in self.statements.limits.get(&(table, column)).cloned().unwrap_or_default() {
            let parsed = Parsed::parse(&limit.sql).ok();
            // What a column is to be null for is no matter of its values.
            if matches!(parsed.and_then(|parsed| parsed.simple()), Some(Simple::Null { .. })) {
                continue;
            }
            let pointer = self.statements.pointers.get(&limit.rule).cloned().unwrap_or_default();
            let verdict = self.over_values(&limit.sql, &values, &logical).map_err(|problem| {
                self.report(&pointer, [problem]);
                Failed::Known
            })?;
            let condition = match &limit.condition {
                None => None,
                Some(when) => {
                    let slot = self.sql(table, when, true).map_err(|failed| {
                        self.report_failure(&pointer, failed);
                        Failed::Known
                    })?;
                    inputs.push(slot);
                    Some(inputs.len() - 1)
                }
            };
            let lists = listings.iter().any(|one| one.when == limit.condition && one.sql == limit.sql);
            let allowed = verdict.iter().map(|verdict| verdict != Some(false)).collect();
            limits.push(Left { condition, lists, allowed });
        }
        let key = self.seeds.key(self.dataset.tables[table].seed_name(), definition.seed_name(), "listed", 0);
        let nullable = self.tables[table].slots[slot].nullable;
        let drawn_by = Some(format!("column:{}", definition.name));
        let fill = Listed { values, limits, key };
        let slot = self.push(table, definition.name, Made { inputs, drawn_by, ..Made::computed(logical, fill) });
        self.tables[table].slots[slot].nullable = nullable;
        Ok(slot)
    }

    /// The values that are left of a column whose values a rule lists in all rows, for people.
    pub(super) fn listed_domain(&self, table: usize, column: usize) -> Option<String> {
        let listing = self.statements.listings.get(&(table, column))?.iter().find(|listing| listing.when.is_none())?;
        let texts = as_text(&listing.values.slice(0, listing.values.len().min(NAMED))).ok()?;
        let texts: Vec<&str> = datafusion::arrow::array::AsArray::as_string_view(&texts).iter().flatten().collect();
        let more = if listing.values.len() > NAMED { ", …" } else { "" };
        Some(format!("{}{more}", texts.join(", ")))
    }
}
