//! Comparisons of a column with values, or with what its row's parents hold: the column is drawn inside what they leave, where its generator
//! draws between bounds. That is the distribution that drawing the row again would give, at the price of one draw.

use std::collections::HashSet;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::Decimal128Type;

use super::compiler::{Compiler, Failed, Name};
use super::convert;
use super::order::print_units;
use super::quotas::{Ask, Asked};
use super::statements::{Bound, BoundOf, PlannedBound, RowCondition};
use super::units::units_of;
use super::{Side, SlotId};
use crate::enforce::correlate::Correlated;
use crate::enforce::order;
use crate::expr::{Comparison, Literal, Op, Parsed};
use crate::generators::Made;
use crate::schema::{Rule, RuleKind};
use crate::types::LogicalType;

impl Compiler {
    /// Turns the comparisons of conditions into bounds of their columns; what is left of the conditions is drawn again.
    pub(super) fn project_comparisons(&mut self) {
        if !self.projects {
            return;
        }
        // What an order leaves of a column leaves something for the columns behind it; nothing else may be taken from it.
        let ordered: HashSet<(usize, usize)> = self.statements.bounds.keys().copied().collect();
        self.put_inside();
        let conditions = std::mem::take(&mut self.statements.conditions);
        for condition in conditions {
            let (mut names, mut rest, mut met) = (Vec::new(), Vec::new(), Vec::new());
            let is_short = self.rows(condition.table).is_some_and(|rows| rows <= Correlated::most_ranked(&[]));
            for (at, part) in condition.parts.iter().enumerate() {
                if let Some(column) = self.tighten_order(&condition, part) {
                    self.statements.projected.push((condition.table, column, condition.rule.clone()));
                    let name = &self.dataset.tables[condition.table].columns[column].name;
                    if !names.contains(name) {
                        names.push(name.clone());
                    }
                    continue;
                }
                let Some((column, bounds)) = self.bounds_of(&condition, part, &ordered, is_short) else {
                    rest.push(at);
                    continue;
                };
                if !self.is_drawn_alone(condition.table, column) {
                    // Who decides all values together may be unable to stay inside, which is to be seen.
                    met.push(at);
                    let is_constant = |bound: &PlannedBound| matches!(bound.value, Bound::Constant(_));
                    let is_cut = self.bounded(condition.table, column).is_some();
                    if !self.is_laid(condition.table, column) || (is_cut && bounds.iter().all(is_constant)) {
                        self.statements.closed.insert((condition.table, column));
                    }
                }
                self.statements.bounds.entry((condition.table, column)).or_default().extend(bounds);
                self.statements.projected.push((condition.table, column, condition.rule.clone()));
                let name = &self.dataset.tables[condition.table].columns[column].name;
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            self.keep_rest(condition, &names, rest, met);
        }
        self.project_ends();
        self.project_lengths();
        self.project_differences(&ordered);
        self.project_lists();
    }

    /// Keeps what is left of a condition once the draws of some columns, if any, keep the other parts: `rest` to be drawn again, `met` to be
    /// looked at.
    pub(super) fn keep_rest(&mut self, condition: RowCondition, names: &[String], rest: Vec<usize>, met: Vec<usize>) {
        if names.is_empty() {
            self.statements.conditions.push(condition);
            return;
        }
        if rest.is_empty()
            && let Some(held) = self.statements.held.get_mut(&condition.rule)
        {
            held.way = "projected";
            held.note = format!("{} is drawn inside what the rule leaves", names.join(", "));
        }
        if rest.is_empty() && met.is_empty() {
            self.statements.replaced.push((condition.table, condition.sql, condition.pointer));
            return;
        }
        let left: Vec<usize> = (0..condition.parts.len()).filter(|at| rest.contains(at) || met.contains(at)).collect();
        self.statements.conditions.push(RowCondition { is_met: rest.is_empty(), ..condition.only(&left) });
    }

    /// The column that one part of a condition bounds, and how; `is_short` where the values of all rows may be kept.
    fn bounds_of(
        &self,
        condition: &RowCondition,
        part: &Parsed,
        ordered: &HashSet<(usize, usize)>,
        is_short: bool,
    ) -> Option<(usize, Vec<PlannedBound>)> {
        let table = condition.table;
        let when = condition.when.as_deref().map(Parsed::parse).transpose().ok()?;
        part.comparisons().into_iter().find_map(|all| {
            let column = match all.first()?.column.0.as_slice() {
                [name] => self.column_named(table, name)?,
                _ => return None,
            };
            let name = &self.dataset.tables[table].columns[column].name;
            let reads_it = |parsed: &Parsed| {
                parsed.references().iter().any(|read| read.0.len() == 1 && read.0[0].eq_ignore_ascii_case(name))
            };
            // The columns of the row itself may be drawn as well: to let one give way to the other would move only that one. It does so already
            // where its own ends come of the other.
            let definition = &self.dataset.tables[table].columns[column];
            let ends: Vec<&str> = definition
                .generator
                .iter()
                .flat_map(|generator| generator.above().into_iter().chain(generator.below()))
                .collect();
            // What rules decide over all rows together cannot give way.
            let is_owned = !self.is_drawn_alone(table, column);
            let is_laid = is_short
                && self.is_laid(table, column)
                && self.statements.correlations.rule_of(table, column).is_none();
            let stands = |own: &str| {
                self.column_named(table, own).is_some_and(|other| match is_owned {
                    false => self.stands_before(table, other, column),
                    // Values that are laid over rows give way to what is drawn by itself, which the others could not move.
                    true => is_laid && self.is_drawn_before(table, other, column),
                })
            };
            let is_settled = |one: &Comparison| {
                one.than.references().iter().all(|read| match read.0.as_slice() {
                    [own] => ends.contains(&own.as_str()) || stands(own),
                    _ => true,
                })
            };
            let is_placed = self.is_placed_by_group(table, column, when.as_ref(), &all);
            if when.as_ref().is_some_and(reads_it)
                || !all.iter().all(is_settled)
                || ordered.contains(&(table, column))
                || (is_owned && !is_placed && !self.is_decided_together(table, column))
            {
                return None;
            }
            let logical = self.bounded(table, column).or_else(|| self.laid_type(table, column))?;
            let mut bounds = Vec::new();
            for one in &all {
                bounds.extend(self.bounds_by(one, condition.when.as_deref(), &condition.pointer, &logical)?);
            }
            bounds.extend(self.room_below(condition, column, &all));
            // What is decided over all rows together has one domain in all of them, unless rows are only counted, which are tried by
            // themselves.
            let is_constant = |bound: &PlannedBound| matches!(bound.value, Bound::Constant(_));
            let is_free = !is_owned
                || is_placed
                || self.is_laid(table, column)
                || self.is_counted_alone(table, column)
                || bounds.iter().all(is_constant);
            is_free.then_some((column, bounds))
        })
    }

    /// The bounds that one comparison sets, in the rows of a condition.
    pub(super) fn bounds_by(
        &self,
        one: &Comparison,
        when: Option<&str>,
        place: &str,
        logical: &LogicalType,
    ) -> Option<Vec<PlannedBound>> {
        let sides: &[Side] = match one.op {
            Op::Less | Op::LessOrEqual => &[Side::Upper],
            Op::Greater | Op::GreaterOrEqual => &[Side::Lower],
            Op::Equal => &[Side::Lower, Side::Upper],
            Op::NotEqual => return None,
        };
        let is_strict = matches!(one.op, Op::Less | Op::Greater);
        // A number between two units is rounded to where it bounds, and not to the next unit.
        let number = one.value.as_ref().and_then(exact).filter(|_| is_number(one, logical));
        let written = match &number {
            Some(number) if places(number) > places_of(logical) => None,
            _ => one.value.as_ref().and_then(|value| convert::literal(value, logical).ok()),
        };
        // Days and times are written as texts, which are none to SQL.
        if written.is_none() && one.than.references().is_empty() && !is_number(one, logical) {
            return None;
        }
        let bound = |side: Side| {
            // Beyond a value between two units lies the unit that rounding to the other side leaves behind.
            let rounds = if is_strict { side.other() } else { side };
            let value = match (number.as_ref().filter(|_| when.is_none()).or(written.as_ref()), when) {
                (Some(value), None) => match units_of(value, logical, rounds).ok()?[0] {
                    Some(units) => Bound::Constant(units),
                    None => return Some(None),
                },
                (Some(value), Some(when)) => Bound::Slot(BoundOf::Where(when.to_owned(), value.clone())),
                (None, None) => Bound::Slot(BoundOf::Sql(one.than.sql().to_owned())),
                (None, Some(when)) => {
                    Bound::Slot(BoundOf::Sql(format!("CASE WHEN {when} THEN {} END", one.than.sql())))
                }
            };
            let gap = match side {
                _ if !is_strict => 0,
                Side::Lower => 1,
                Side::Upper => -1,
            };
            Some(Some(PlannedBound { value, side, rounds, place: place.to_owned(), gap }))
        };
        let bounds: Vec<Option<PlannedBound>> = sides.iter().map(|side| bound(*side)).collect::<Option<_>>()?;
        Some(bounds.into_iter().flatten().collect())
    }

    /// Whether nothing but its generator decides a column's values.
    pub(super) fn is_drawn_alone(&self, table: usize, column: usize) -> bool {
        self.is_drawn_or_counted(table, column) && !self.counts(table, column)
    }

    /// Whether nothing decides a column's values but its generator, and rules `count` that state some of the rows.
    pub(super) fn is_drawn_or_counted(&self, table: usize, column: usize) -> bool {
        let name = &self.dataset.tables[table].columns[column].name;
        let fixes = |rule: &Rule| match &rule.kind {
            RuleKind::Count { per, .. } => per.contains(name),
            RuleKind::Combination { columns, .. } => columns.contains(name),
            _ => false,
        };
        !self.is_unique(table, column)
            && self.key_of_column(table, column).is_none()
            && !self.is_given(table, column)
            && !self.statements.is_counted(table, column)
            && !self.statements.forced.contains_key(&(table, column))
            && !self.statements.formulas.contains_key(&(table, column))
            && self.statements.deal_of(table, column).is_none()
            && !self.dataset.tables[table].rules.iter().any(fixes)
    }

    /// Whether rules decide a column's values over all rows together, taking them from its generator.
    pub(super) fn is_decided_together(&self, table: usize, column: usize) -> bool {
        let name = &self.dataset.tables[table].columns[column].name;
        let combines =
            |rule: &Rule| matches!(&rule.kind, RuleKind::Combination { columns, .. } if columns.contains(name));
        let counted = self.statements.counted.get(&(table, column)).map(Vec::as_slice).unwrap_or_default();
        (self.is_unique(table, column)
            || self.statements.is_counted(table, column)
            || self.statements.deal_of(table, column).is_some())
            // Values that a rule names are left out one by one.
            && !counted.iter().any(|asked| matches!(asked.ask, Ask::Values { .. }))
            && self.key_of_column(table, column).is_none()
            && self.statements.overlap_of(table, column).is_none()
            && !self.is_given(table, column)
            && !self.statements.forced.contains_key(&(table, column))
            && !self.statements.formulas.contains_key(&(table, column))
            && !self.dataset.tables[table].rules.iter().any(combines)
    }

    /// Whether a column is the start of intervals that are kept apart, and what bounds it is the same in all rows of a group: a value, or what the
    /// parent has that they share.
    fn is_placed_by_group(&self, table: usize, column: usize, when: Option<&Parsed>, all: &[Comparison]) -> bool {
        let statements = &self.statements;
        let Some(overlap) = statements.overlap_of(table, column).filter(|overlap| overlap.is_start(column)) else {
            return false;
        };
        let of_group = |parsed: &Parsed| {
            parsed.references().iter().all(|read| match read.0.as_slice() {
                [key, _, ..] => self.key_named(table, key).is_some_and(|key| {
                    let columns = &self.dataset.tables[table].foreign_keys[key].columns;
                    columns.iter().all(|column| overlap.per().contains(column))
                }),
                _ => false,
            })
        };
        when.is_none_or(of_group)
            && all.iter().all(|one| of_group(&one.than))
            && !statements.counted.contains_key(&(table, column))
            && !statements.statistics.contains_key(&(table, column))
            && statements.correlations.rule_of(table, column).is_none()
            && !self.is_given(table, column)
            && !statements.forced.contains_key(&(table, column))
            && !statements.formulas.contains_key(&(table, column))
    }

    /// Whether nothing but its generator decides a column's values, and neither that nor what bounds it reads another column.
    fn is_drawn_before(&self, table: usize, column: usize, other: usize) -> bool {
        let name = &self.dataset.tables[table].columns[other].name;
        let reads = |sql: &str| {
            Parsed::parse(sql).is_ok_and(|parsed| {
                parsed.references().iter().any(|read| read.0.len() == 1 && read.0[0].eq_ignore_ascii_case(name))
            })
        };
        let waits = self.statements.bounds(table, column).iter().any(|bound| match &bound.value {
            Bound::Constant(_) => false,
            Bound::Slot(BoundOf::Column(read)) => *read == other,
            Bound::Slot(BoundOf::Sql(sql) | BoundOf::Where(sql, _)) => reads(sql),
            Bound::Slot(BoundOf::Levels { .. }) => true,
        });
        self.is_drawn_alone(table, column) && !waits && !self.follows(table, column, other)
    }

    /// Whether rules decide a column's values over all rows together, and nothing that they read waits for another column.
    fn stands_before(&self, table: usize, column: usize, other: usize) -> bool {
        let name = &self.dataset.tables[table].columns[other].name;
        let reads = |sql: &str| {
            Parsed::parse(sql).is_ok_and(|parsed| {
                parsed.references().iter().any(|read| read.0.len() == 1 && read.0[0].eq_ignore_ascii_case(name))
            })
        };
        let waits = |asked: &Asked| {
            asked.condition.as_deref().is_some_and(reads)
                || match &asked.ask {
                    Ask::Rows { condition, per, .. } => reads(condition) || per.contains(&other),
                    Ask::Parts { parts, .. } => parts.iter().any(|(condition, _)| reads(condition)),
                    Ask::Values { .. } => false,
                }
        };
        let counted = self.statements.counted.get(&(table, column)).map(Vec::as_slice).unwrap_or_default();
        let is_bounded =
            self.statements.bounds(table, column).iter().any(|bound| matches!(bound.value, Bound::Slot(_)));
        (!counted.is_empty() || self.statements.statistics.contains_key(&(table, column)))
            && self.key_of_column(table, column).is_none()
            && self.statements.correlations.rule_of(table, column).is_none()
            && self.statements.overlap_of(table, column).is_none()
            && !is_bounded
            && !counted.iter().any(waits)
            && !self.follows(table, column, other)
    }

    /// Whether a rule that counts rows is all that decides a column's values over all rows together.
    fn is_counted_alone(&self, table: usize, column: usize) -> bool {
        let place = (table, column);
        let statements = &self.statements;
        let counted = statements.counted.get(&place).map(Vec::as_slice).unwrap_or_default();
        matches!(counted, [Asked { ask: Ask::Rows { .. }, .. }])
            && !self.is_unique(table, column)
            && statements.deal_of(table, column).is_none()
            && !statements.statistics.contains_key(&place)
            && statements.correlations.rule_of(table, column).is_none()
            && statements.overlap_of(table, column).is_none()
    }

    /// The type in whose units a column's generator keeps bounds, where its values stay what they are on their way to the column.
    pub(super) fn bounded(&self, table: usize, column: usize) -> Option<LogicalType> {
        let definition = &self.dataset.tables[table].columns[column];
        let generator = definition.generator.as_ref().or_else(|| Some(&self.chosen.get(&(table, column))?.0))?;
        let declared = definition.logical_type();
        let own = generator.bounded(declared.as_ref())?;
        let is_number = |logical: &LogicalType| {
            matches!(logical, LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Float)
        };
        declared.is_none_or(|wanted| wanted == own || (is_number(&wanted) && is_number(&own))).then_some(own)
    }

    /// The values that are left of a constant interval by what holds in all rows, for people.
    pub(super) fn bounded_domain(&self, table: usize, column: usize) -> Option<String> {
        let mut interval = self.dataset.tables[table].columns[column].generator.as_ref()?.interval()?;
        for bound in self.statements.bounds(table, column) {
            match (bound.value, bound.side) {
                (Bound::Constant(value), Side::Lower) => {
                    interval.min = interval.min.max(value.saturating_add(bound.gap))
                }
                (Bound::Constant(value), Side::Upper) => {
                    interval.max = interval.max.min(value.saturating_add(bound.gap))
                }
                (Bound::Slot(_), _) => {}
            }
        }
        let shown = |units| print_units(&interval.logical, units);
        Some(format!("{} to {}", shown(interval.min), shown(interval.max)))
    }

    /// Whether what parents or other columns hold bounds some column.
    pub(super) fn bounds_read_others(&self) -> bool {
        let reads = |bound: &PlannedBound| match &bound.value {
            Bound::Slot(BoundOf::Sql(sql)) => Parsed::parse(sql).is_ok_and(|parsed| !parsed.references().is_empty()),
            _ => false,
        };
        self.statements.bounds.values().flatten().any(reads)
    }

    /// The slot of what bounds a column row by row.
    pub(super) fn bound_slot(&mut self, table: usize, column: usize, of: BoundOf) -> Result<SlotId, Failed> {
        match of {
            BoundOf::Column(other) => self.slot(table, Name::Column(other)),
            BoundOf::Levels { key, end, step } => self.level_bound(table, column, key, (end, step)),
            BoundOf::Sql(sql) => {
                let slot = self.bounding_sql(table, column, &sql)?;
                let logical = self.tables[table].slots[slot].logical.clone();
                let made = Made { inputs: vec![slot], ..Made::computed(logical, order::Same) };
                Ok(self.push_bound(table, column, made))
            }
            BoundOf::Where(when, value) => {
                let condition = self.sql(table, &when, true)?;
                let logical = self.bounded(table, column).or_else(|| self.laid_type(table, column));
                let logical = logical.ok_or(Failed::Known)?;
                let made = Made { inputs: vec![condition], ..Made::computed(logical, order::Where { value }) };
                Ok(self.push_bound(table, column, made))
            }
        }
    }

    /// A slot that bounds a column: where it is null it bounds nothing, and makes nothing null.
    pub(super) fn push_bound(&mut self, table: usize, column: usize, made: Made) -> SlotId {
        let name = format!("a bound of {}", self.dataset.tables[table].columns[column].name);
        let slot = self.push(table, name, made);
        self.tables[table].slots[slot].nullable = false;
        slot
    }

    /// The columns that rules bound, as they are delivered: none may be left without a value in some row.
    pub(super) fn try_projected(&mut self) {
        // What no row evaluates is to be right all the same.
        for (table, sql, pointer) in std::mem::take(&mut self.statements.replaced) {
            if let Err(failed) = self.sql(table, &sql, true) {
                self.report_failure(&pointer, failed);
            }
        }
        for (place, failed) in std::mem::take(&mut self.statements.unbounded) {
            if !self.problems.iter().any(|problem| problem.pointer.starts_with(&place)) {
                self.report_failure(&place, failed);
            }
        }
        for (table, column, rule) in std::mem::take(&mut self.statements.projected) {
            if let Ok(slot) = self.slot(table, Name::Column(column)) {
                self.statements.tried.push((table, slot, rule));
            }
        }
    }
}

/// A number with all of its places.
fn exact(value: &Literal) -> Option<ArrayRef> {
    let Literal::Number(text) = value else { return None };
    let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
    let scale = i8::try_from(places).ok().filter(|scale| *scale <= 30)?;
    let whole = LogicalType::Decimal { precision: 38, scale };
    convert::literal(value, &whole).ok()
}

/// The decimal places of an array of decimals.
fn places(numbers: &ArrayRef) -> i8 {
    numbers.as_primitive_opt::<Decimal128Type>().map_or(0, |numbers| numbers.scale())
}

/// The decimal places that a type has.
fn places_of(logical: &LogicalType) -> i8 {
    match logical {
        LogicalType::Decimal { scale, .. } => *scale,
        _ => 0,
    }
}

/// Whether a comparison without a column is one with a number, for a column of numbers.
fn is_number(one: &Comparison, logical: &LogicalType) -> bool {
    matches!(one.value, Some(Literal::Number(_)))
        && matches!(logical, LogicalType::Integer | LogicalType::Decimal { .. })
}
