//! Ways to draw a column so that a condition over it holds, or does not, at once: inside the interval or the list that the condition leaves,
//! beyond one of its ends. Where such values are rare, rows that a rule `count` changes would else be drawn in vain.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array};
use datafusion::arrow::compute::{concat, take};

use super::compiler::{Compiler, Failed};
use super::statements::{Bound, PlannedBound};
use super::{Side, SlotId, convert};
use crate::enforce::listed::{Limit, Listed};
use crate::enforce::steer::Way;
use crate::expr::{Comparison, Op, Parsed};
use crate::generators::{Choices, Interval, Made};
use crate::types::LogicalType;

/// The most values of a list that are drawn each by itself.
const SINGLE: usize = 64;

impl Compiler {
    /// The ways of a column and a condition that other columns may take part in.
    pub(super) fn ways(
        &mut self,
        table: usize,
        column: usize,
        condition: &str,
        choices: Option<&Choices>,
        place: &str,
    ) -> Vec<Way> {
        let Ok(parsed) = Parsed::parse(condition) else { return Vec::new() };
        if let Some(choices) = choices {
            let values = Arc::clone(&choices.values);
            // Drawing again keeps their weights, and mostly finds one.
            return [true, false]
                .into_iter()
                .filter_map(|holds| self.way_of_list(table, column, &parsed, &values, holds))
                .map(|way| Way { after: Way::PATIENCE, ..way })
                .collect();
        }
        let Some(logical) = self.bounded(table, column) else { return Vec::new() };
        let (mut inside, mut outside): (Vec<PlannedBound>, Vec<Vec<PlannedBound>>) = (Vec::new(), Vec::new());
        let mut listed = None;
        let conjuncts = parsed.conjuncts();
        for part in &conjuncts {
            let is_own = |reference: &crate::expr::Reference| match reference.0.as_slice() {
                [name] => self.column_named(table, name) == Some(column),
                _ => false,
            };
            let all = part
                .comparisons()
                .into_iter()
                .find(|all| !all.is_empty() && all.iter().all(|one| one.value.is_some() && is_own(&one.column)));
            for one in all.into_iter().flatten() {
                let constant = |compiler: &Compiler, op: Op| {
                    let one = Comparison { op, ..one.clone() };
                    let bounds = compiler.bounds_by(&one, None, place, &logical)?;
                    bounds.iter().all(|bound| matches!(bound.value, Bound::Constant(_))).then_some(bounds)
                };
                inside.extend(constant(self, one.op).unwrap_or_default());
                if !matches!(one.op, Op::Equal | Op::NotEqual) {
                    outside.extend(constant(self, one.op.negated()).filter(|bounds| !bounds.is_empty()));
                }
            }
            if let Some((_, values)) =
                part.membership().filter(|(reference, values)| is_own(reference) && values.len() > 1)
            {
                listed = Some(values);
            }
        }
        // A value of the list may lie beyond what bounds some row.
        let is_uneven = self.statements.bounds(table, column).iter().any(|bound| matches!(bound.value, Bound::Slot(_)));
        let mut ways = Vec::new();
        if let Some(values) = listed.as_ref().filter(|values| is_uneven && values.len() <= SINGLE) {
            // Each value is a way of its own, which some rows have and others have not.
            for value in values {
                let Ok(array) = convert::literal(value, &logical) else { continue };
                let Some(units) = super::units_of(&array, &logical, Side::Lower).ok().and_then(|units| units[0]) else {
                    continue;
                };
                let bound = |side: Side| PlannedBound {
                    value: Bound::Constant(units),
                    side,
                    rounds: side,
                    place: place.to_owned(),
                    gap: 0,
                };
                let alone = [bound(Side::Lower), bound(Side::Upper)].into_iter().chain(inside.iter().cloned());
                ways.extend(self.way_within(table, column, alone.collect(), true));
            }
        } else if let Some(values) = listed.filter(|_| !is_uneven) {
            ways.extend(self.way_of_literals(table, column, &parsed, &values, &logical));
        } else if !inside.is_empty() {
            ways.extend(self.way_within(table, column, inside, true));
        }
        // Of two sides none is to be preferred as long as drawing again finds both.
        let after = if outside.len() > 1 { Way::PATIENCE } else { 1 };
        for bounds in outside {
            ways.extend(self.way_within(table, column, bounds, false).map(|way| Way { after, ..way }));
        }
        ways
    }

    /// Whether a condition holds of all values that a column's domain leaves, or of none, in whatever row: told where comparisons of the column
    /// with values say so.
    pub(super) fn holds_flatly(&self, table: usize, column: usize, condition: &str) -> Option<bool> {
        let statements = &self.statements;
        if self.is_given(table, column)
            || statements.forced.contains_key(&(table, column))
            || statements.formulas.contains_key(&(table, column))
            || statements.listings.contains_key(&(table, column))
        {
            return None;
        }
        let generator = self.dataset.tables[table].columns[column].generator.as_ref()?;
        let mut domain = generator.interval()?;
        let logical = self.bounded(table, column).filter(|own| *own == domain.logical)?;
        let tighten = |interval: &mut Interval, bound: &PlannedBound| {
            let Bound::Constant(value) = bound.value else { return };
            let value = value.saturating_add(bound.gap);
            match bound.side {
                Side::Lower => interval.min = interval.min.max(value),
                Side::Upper => interval.max = interval.max.min(value),
            }
        };
        statements.bounds(table, column).iter().for_each(|bound| tighten(&mut domain, bound));
        let parsed = Parsed::parse(condition).ok()?;
        let is_own = |one: &Comparison| {
            one.value.is_some()
                && matches!(one.column.0.as_slice(), [name] if self.column_named(table, name) == Some(column))
        };
        let (mut inside, mut holds) = (domain.clone(), true);
        for part in parsed.conjuncts() {
            let Some(all) = part.comparisons().into_iter().find(|all| !all.is_empty() && all.iter().all(is_own)) else {
                holds = false;
                continue;
            };
            for one in all {
                let constant = |op: Op| self.bounds_by(&Comparison { op, ..one.clone() }, None, "", &logical);
                constant(one.op).unwrap_or_default().iter().for_each(|bound| tighten(&mut inside, bound));
                let mut outside = domain.clone();
                match constant(one.op.negated()).filter(|bounds| !bounds.is_empty()) {
                    Some(bounds) => bounds.iter().for_each(|bound| tighten(&mut outside, bound)),
                    None => holds = false,
                }
                holds &= outside.min > outside.max;
            }
        }
        match inside.min > inside.max {
            true => Some(false),
            false => holds.then_some(true),
        }
    }

    /// The column drawn within bounds.
    fn way_within(&mut self, table: usize, column: usize, bounds: Vec<PlannedBound>, holds: bool) -> Option<Way> {
        let place = (table, column);
        let (known, declared, problems) =
            (self.statements.bounds.get(&place).cloned(), self.declared.remove(&place), self.problems.len());
        self.statements.bounds.entry(place).or_default().extend(bounds);
        let made = self.compile_generator(table, column);
        match known {
            Some(known) => drop(self.statements.bounds.insert(place, known)),
            None => drop(self.statements.bounds.remove(&place)),
        }
        self.declared.remove(&place);
        self.declared.extend(declared.map(|declared| (place, declared)));
        let way = made.and_then(|made| self.way_of(table, column, made, holds));
        // A part of the column's values that is empty is no way, and no problem.
        if way.is_err() {
            self.problems.truncate(problems);
        }
        way.ok()
    }

    fn way_of(&mut self, table: usize, column: usize, made: Made, holds: bool) -> Result<Way, Failed> {
        let name = self.dataset.tables[table].columns[column].name.clone();
        // No rule draws a way again: it is only what another draw may take.
        let drawn: SlotId = self.push(table, name, Made { drawn_by: None, ..made });
        let base = self.finish_raw(table, column, drawn)?;
        let slots = &self.tables[table].slots;
        let mut members = vec![drawn];
        for (slot, made) in slots.iter().enumerate().take(base + 1).skip(drawn + 1) {
            if made.inputs.iter().any(|input| members.contains(input)) {
                members.push(slot);
            }
        }
        Ok(Way { holds, after: 1, members, base })
    }

    /// The column drawn among the values of a list that are its own and meet the condition.
    fn way_of_literals(
        &mut self,
        table: usize,
        column: usize,
        parsed: &Parsed,
        values: &[crate::expr::Literal],
        logical: &LogicalType,
    ) -> Option<Way> {
        let values: Vec<ArrayRef> = values.iter().filter_map(|value| convert::literal(value, logical).ok()).collect();
        let values = concat(&values.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()).ok()?;
        let generator = self.dataset.tables[table].columns[column].generator.as_ref()?;
        let interval = generator.interval()?;
        let units = super::units_of(&values, &interval.logical, Side::Lower).ok()?;
        let own = |(at, unit): (usize, &Option<i64>)| {
            let is_own = unit.is_some_and(|unit| (interval.min..=interval.max).contains(&unit));
            (is_own && !units[..at].contains(unit)).then_some(at as u32)
        };
        let places: UInt32Array = units.iter().enumerate().filter_map(own).map(Some).collect();
        let values = take(&values, &places, None).ok()?;
        self.way_of_list(table, column, parsed, &values, true)
    }

    fn way_of_list(
        &mut self,
        table: usize,
        column: usize,
        parsed: &Parsed,
        values: &ArrayRef,
        holds: bool,
    ) -> Option<Way> {
        let is_own =
            |read: &crate::expr::Reference| read.0.len() == 1 && self.column_named(table, &read.0[0]) == Some(column);
        if values.is_empty() || !parsed.references().iter().all(is_own) {
            return None;
        }
        let made = self.compile_generator(table, column).ok()?;
        let verdict = self.over_values(parsed.sql(), values, &made.logical).ok()?;
        let is_met = |place: &u32| {
            let place = *place as usize;
            (verdict.is_valid(place) && verdict.value(place)) == holds
        };
        let places: UInt32Array = (0..values.len() as u32).filter(is_met).map(Some).collect();
        let left = take(values, &places, None).ok().filter(|left| !left.is_empty())?;
        let definition = self.dataset.tables[table].columns[column].clone();
        let (logical, longest) = (made.logical.clone(), made.longest);
        let drawn = self.push(table, definition.name.clone(), Made { drawn_by: None, ..made });
        let key = self.seeds.key(self.dataset.tables[table].seed_name(), definition.seed_name(), "listed", 0);
        let limits = vec![Limit { condition: None, lists: true, allowed: vec![true; left.len()] }];
        let fill = Listed { values: left, limits, key };
        let made = Made { inputs: vec![drawn], longest, ..Made::computed(logical, fill) };
        self.way_of(table, column, made, holds).ok()
    }
}
