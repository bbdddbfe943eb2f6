//! Columns that hold what rules ask of all rows, and in each row what others leave of them: their values are laid over the rows.

use super::compiler::{Compiler, Failed};
use super::convert;
use super::statements::{Bound, BoundOf, ForcedValue, PlannedBound};
use super::{Side, SlotId};
use crate::enforce::correlate::{By, Limit};
use crate::enforce::order::Room;
use crate::expr::Parsed;
use crate::generators::{FLOATS_LIMITED_AS, Made, Quantiles};
use crate::types::LogicalType;

impl Compiler {
    /// Lets values that rules put into rows of columns with statistics be what these rows are left: the others make up for them.
    pub(super) fn put_inside(&mut self) {
        let mut places: Vec<(usize, usize)> = self.statements.forced.keys().copied().collect();
        places.sort_unstable();
        for (table, column) in places {
            let Some(all) = self.statements.forced.remove(&(table, column)) else { continue };
            let together = self.statements.correlations.columns_with(table, column);
            let stand = all.iter().all(|forced| !self.moves_with(table, &forced.condition, together));
            let logical = self.laid_type(table, column).filter(|_| stand);
            let bounds = logical.and_then(|logical| {
                let bound = |forced: &ForcedValue, side: Side| {
                    let value = convert::literal(&forced.value, &logical).ok()?;
                    let value = Bound::Slot(BoundOf::Where(forced.condition.clone(), value));
                    let place = forced.pointer.rsplit_once('/').map_or(forced.pointer.as_str(), |(rule, _)| rule);
                    Some(PlannedBound { value, side, rounds: side, place: place.to_owned(), gap: 0 })
                };
                let both = all.iter().flat_map(|forced| [Side::Lower, Side::Upper].map(|side| bound(forced, side)));
                both.collect::<Option<Vec<PlannedBound>>>()
            });
            match bounds {
                Some(bounds) => {
                    self.statements.bounds.entry((table, column)).or_default().extend(bounds);
                    self.statements.projected.extend(all.into_iter().map(|forced| (table, column, forced.rule)));
                }
                None => {
                    self.statements.forced.insert((table, column), all);
                }
            }
        }
    }

    /// Whether the values of a column, which hold what rules ask of all rows, are laid over the rows inside of what these are left; or it moves
    /// with such a one, so that it is drawn inside of it.
    pub(super) fn is_laid(&self, table: usize, column: usize) -> bool {
        let statements = &self.statements;
        let is_measured = |column: usize| {
            statements.statistics.contains_key(&(table, column))
                || statements.rank_counts.contains_key(&(table, column))
        };
        let beside = || statements.correlations.columns_with(table, column).iter().any(|other| is_measured(*other));
        (is_measured(column) || beside())
            && self.is_decided_together(table, column)
            && !self.is_unique(table, column)
            && !statements.counted.contains_key(&(table, column))
            && statements.deal_of(table, column).is_none()
            && !statements.pulled.contains_key(&(table, column))
    }

    /// The type in whose units a column is limited whose values are laid over the rows, whatever its generator knows of bounds.
    pub(super) fn laid_type(&self, table: usize, column: usize) -> Option<LogicalType> {
        if !self.is_laid(table, column) {
            return None;
        }
        let definition = &self.dataset.tables[table].columns[column];
        let is_counted = |logical: &LogicalType| {
            use LogicalType::{Date, Datetime, Decimal, Integer};
            matches!(logical, Integer | Decimal { scale: 0.., .. } | Date | Datetime)
        };
        // Floats are limited by numbers of six places, where nothing but their statistics decides them.
        let floats = || {
            let is_alone = self.statements.correlations.rule_of(table, column).is_none()
                && self.statements.statistics.contains_key(&(table, column));
            let makes_floats = definition.logical_type().map_or_else(
                || definition.generator.as_ref().is_some_and(|own| own.bounded(Some(&FLOATS_LIMITED_AS)).is_some()),
                |own| own == LogicalType::Float,
            );
            (is_alone && makes_floats).then_some(FLOATS_LIMITED_AS)
        };
        let listed = || {
            let written = definition.generator.as_ref()?.to_value();
            let values = written.get("values")?.as_array()?;
            values.iter().all(serde_json::Value::is_i64).then_some(LogicalType::Integer)
        };
        self.bounded(table, column)
            .or_else(|| definition.logical_type().filter(is_counted))
            .or_else(listed)
            .or_else(floats)
    }

    /// Takes what limits a column row by row out of the bounds with which its generator is compiled.
    pub(super) fn row_bounds(&mut self, table: usize, column: usize) -> Vec<PlannedBound> {
        let all = self.statements.bounds.remove(&(table, column)).unwrap_or_default();
        let is_closed = self.statements.closed.contains(&(table, column));
        let is_domain = |bound: &PlannedBound| is_closed && matches!(bound.value, Bound::Constant(_));
        let (domain, rows): (Vec<PlannedBound>, Vec<PlannedBound>) = all.into_iter().partition(is_domain);
        if !domain.is_empty() {
            self.statements.bounds.insert((table, column), domain);
        }
        rows
    }

    /// Gives back what was taken, as limits of the column; those of other columns of a system by their place there.
    pub(super) fn row_limits(
        &mut self,
        (table, column): (usize, usize),
        bounds: Vec<PlannedBound>,
        together: &[usize],
    ) -> Result<Vec<Limit>, Failed> {
        self.statements.bounds.entry((table, column)).or_default().extend(bounds.iter().cloned());
        let mut limits = Vec::new();
        for bound in bounds {
            let by = match bound.value {
                Bound::Constant(value) => By::Constant(value as f64),
                Bound::Slot(of) => {
                    let column_of = |known: &usize| matches!(of, BoundOf::Column(other) if other == *known);
                    match together.iter().position(column_of) {
                        Some(member) => By::Member(member),
                        None => By::Slot(self.bound_slot(table, column, of)?),
                    }
                }
            };
            limits.push(Limit { by, side: bound.side, gap: bound.gap as f64 });
        }
        Ok(limits)
    }

    /// Keeps the columns of a row that limit a column with statistics where they leave it a value: these are drawn again until they do.
    pub(super) fn leave_room(
        &mut self,
        (table, column): (usize, usize),
        bounds: &[PlannedBound],
        limits: &[Limit],
        quantiles: &Quantiles,
        nulls: Option<SlotId>,
    ) {
        let reads_row = |bound: &PlannedBound| match &bound.value {
            Bound::Slot(BoundOf::Column(_)) => true,
            Bound::Slot(BoundOf::Sql(sql)) => {
                Parsed::parse(sql).is_ok_and(|parsed| parsed.references().iter().any(|read| read.0.len() == 1))
            }
            _ => false,
        };
        let rule = bounds.iter().rev().find(|bound| reads_row(bound));
        let Some(rule) = rule.and_then(|bound| self.limited_by(std::slice::from_ref(bound)).pop()) else { return };
        let (mut of_slots, mut inputs) = (Vec::new(), Vec::new());
        let unit = quantiles.unit_of_limit();
        let (mut low, mut high) = (quantiles.low / unit, quantiles.high / unit);
        for limit in limits {
            match (&limit.by, limit.side) {
                (By::Slot(slot), side) => {
                    of_slots.push((side, limit.gap));
                    inputs.push(*slot);
                }
                (By::Constant(value), Side::Lower) => low = low.max(value + limit.gap),
                (By::Constant(value), Side::Upper) => high = high.min(value + limit.gap),
                (By::Member(_), _) => {}
            }
        }
        inputs.extend(nulls);
        let room = Room { logical: quantiles.limited_as(), bounds: of_slots, ends: (low, high) };
        let made = Made { inputs, ..Made::computed(LogicalType::Boolean, room) };
        let slot = self.push_bound(table, column, made);
        self.statements.rooms.push((table, slot, rule));
    }

    /// The rules that bounds come from.
    pub(super) fn limited_by(&self, bounds: &[PlannedBound]) -> Vec<String> {
        let is_of = |pointer: &String| {
            bounds.iter().any(|bound| {
                bound.place.strip_prefix(pointer.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let mut rules: Vec<String> = self
            .statements
            .pointers
            .iter()
            .filter(|(_, pointer)| is_of(pointer))
            .map(|(rule, _)| rule.clone())
            .collect();
        rules.sort_unstable();
        rules
    }
}
