//! The rule `order` at plan time: proved by the columns' own bounds, held by drawing inside what is left, or drawn again.

use std::sync::Arc;

use super::Side;
use super::compiler::Compiler;
use super::rules::{can_be_null, limited};
use super::statements::{Bound, BoundOf, PlannedBound, PlannedOrder, RowCondition};
use crate::enforce::order::{Distance, close, close_hollow};
use crate::expr::{Parsed, Simple};
use crate::generators::Interval;
use crate::problem::Problem;
use crate::schema::{Gap, Rule, RuleKind, Span};
use crate::types::LogicalType;

/// The most columns of an order with a largest gap that may be null: what each choice of them leaves to the others is closed by itself.
const MOST_HOLLOW: usize = 6;

impl Compiler {
    /// Whether a column may be null in some row, as far as is written.
    fn may_be_null(&self, table: usize, column: usize) -> bool {
        let definition = &self.dataset.tables[table];
        let own = &definition.columns[column];
        let is_about_it = |part: &Parsed| {
            matches!(part.simple(), Some(Simple::Null { column, negated: false }) if column.0.len() == 1
                && column.0[0].eq_ignore_ascii_case(&own.name))
        };
        can_be_null(own)
            || definition.given.is_some()
            || definition.rules.iter().any(|rule| match &rule.kind {
                RuleKind::Implies { then, .. } => {
                    Parsed::parse(then).is_ok_and(|then| then.conjuncts().iter().any(is_about_it))
                }
                _ => false,
            })
    }

    pub(super) fn gather_order(
        &mut self,
        table: usize,
        rule: &Rule,
        names: &[String],
        strict: bool,
        gap: Option<&Gap>,
        pointer: &str,
    ) {
        let mut columns = Vec::new();
        for (at, name) in names.iter().enumerate() {
            match self.column_named(table, name) {
                Some(column) if columns.contains(&column) => {
                    let detail = format!("{name} stands twice");
                    self.problems.push(Problem::new("repeated_name", detail).at(format!("{pointer}/columns/{at}")));
                    return;
                }
                Some(column) => columns.push(column),
                None => {
                    let problem = self.unknown_column(table, name).at(format!("{pointer}/columns/{at}"));
                    self.problems.push(problem);
                    return;
                }
            }
        }
        let dataset = Arc::clone(&self.dataset);
        let definitions: Vec<_> = columns.iter().map(|column| &dataset.tables[table].columns[*column]).collect();
        // What the columns' own parameters say already needs nothing more.
        let proved = rule.when.is_none()
            && !strict
            && gap.is_none()
            && definitions.windows(2).all(|pair| {
                let (Some(low), Some(high)) = (&pair[0].generator, &pair[1].generator) else { return false };
                high.above().contains(&pair[0].name.as_str()) || low.below().contains(&pair[1].name.as_str())
            })
            && (definitions.len() == 2
                || definitions[1..definitions.len() - 1].iter().all(|column| !can_be_null(column)));
        if proved {
            self.hold(table, rule, "by_construction", "the columns' bounds name each other".to_owned());
            return;
        }
        let mut intervals: Vec<Interval> =
            definitions.iter().filter_map(|column| column.generator.as_ref()?.interval()).collect();
        let same_type = intervals.windows(2).all(|pair| pair[0].logical == pair[1].logical);
        let free = columns.iter().all(|column| {
            !self.is_unique(table, *column)
                && self.key_of_column(table, *column).is_none()
                && !self.statements.bounds.contains_key(&(table, *column))
                && !self.statements.forced.contains_key(&(table, *column))
                && self.statements.deal_of(table, *column).is_none()
        });
        let unconverted = definitions.iter().all(|column| {
            column.logical_type().is_none_or(|wanted| intervals.first().is_some_and(|own| own.logical == wanted))
        });
        let hollow: Vec<bool> = columns.iter().map(|column| self.may_be_null(table, *column)).collect();
        let has_most = gap.is_some_and(|gap| gap.max.is_some());
        let is_plain = rule.when.is_none() && intervals.len() == columns.len() && same_type && free && unconverted;
        let few = hollow.iter().filter(|hollow| **hollow).count() <= MOST_HOLLOW;
        if is_plain && (few || !has_most) {
            let Some(distance) = self.distance(&intervals[0].logical, strict, gap, pointer) else { return };
            let own = intervals.clone();
            if let Err((at, min, max)) = close(&mut intervals, distance) {
                let logical = &intervals[at].logical;
                let detail = format!(
                    "{} leaves {} no value between {} and {}",
                    rule.id,
                    names[at],
                    print_units(logical, min),
                    print_units(logical, max)
                );
                self.problems.push(
                    Problem::new("contradiction", detail)
                        .at(pointer)
                        .remedy("move the bounds of these columns, or the gap"),
                );
                return;
            }
            if !close_hollow(&mut intervals, distance, &hollow) {
                return self.draw_order_again((table, &columns, names), rule, strict, gap, pointer);
            }
            // What decides a column's values over all rows together cannot wait for others: they are drawn inside what it leaves.
            let is_decided = |column: usize| {
                let overlap = self.statements.overlap_of(table, column);
                self.statements.statistics.contains_key(&(table, column))
                    || overlap.is_some_and(|overlap| overlap.is_start(column))
            };
            let measured: Vec<usize> = (0..columns.len()).filter(|at| is_decided(columns[*at])).collect();
            let pivot = if let [pivot] = measured.as_slice() { *pivot } else { 0 };
            if measured.len() == 1 {
                self.statements.closed.insert((table, columns[pivot]));
            }
            for (at, column) in columns.iter().enumerate() {
                let bound = |value: Bound, side: Side, gap: i64| PlannedBound {
                    value,
                    side,
                    rounds: side,
                    place: pointer.to_owned(),
                    gap,
                };
                let mut bounds = vec![
                    bound(Bound::Constant(intervals[at].min), Side::Lower, 0),
                    bound(Bound::Constant(intervals[at].max), Side::Upper, 0),
                ];
                let of = |column: usize| Bound::Slot(BoundOf::Column(column));
                // The largest distance binds a column to the nearest one that is not null.
                let near = |other: usize, mut between: std::ops::Range<usize>| {
                    if between.is_empty() {
                        return Some(of(columns[other]));
                    }
                    let name = |at: usize| quoted(&definitions[at].name);
                    let is_null = |at: usize| hollow[at].then(|| format!("{} IS NULL", name(at)));
                    let nulls = between.try_fold(Vec::new(), |mut nulls, at| {
                        nulls.push(is_null(at)?);
                        Some(nulls)
                    });
                    let sql = format!("CASE WHEN {} THEN {} END", nulls?.join(" AND "), name(other));
                    Some(Bound::Slot(BoundOf::Sql(sql)))
                };
                if at < pivot {
                    for (steps, after) in (at + 1..=pivot).enumerate() {
                        let least = -distance.min.saturating_mul(steps as i64 + 1);
                        bounds.push(bound(of(columns[after]), Side::Upper, least));
                        if let (Some(most), Some(near)) = (distance.max, near(after, at + 1..after)) {
                            bounds.push(bound(near, Side::Lower, -most));
                        }
                    }
                }
                for (steps, before) in (0..at).rev().enumerate().filter(|_| at > pivot) {
                    let least = distance.min.saturating_mul(steps as i64 + 1);
                    bounds.push(bound(of(columns[before]), Side::Lower, least));
                    if let (Some(most), Some(near)) = (distance.max, near(before, before + 1..at)) {
                        bounds.push(bound(near, Side::Upper, most));
                    }
                }
                self.statements.bounds.insert((table, *column), bounds);
            }
            // What a statistic is met with is not moved by others.
            if measured.is_empty() {
                let rule = rule.id.clone();
                self.statements.orders.push(PlannedOrder { table, columns, intervals: own, distance, hollow, rule });
            }
            if measured.len() == 1 {
                let note = format!("the other columns are drawn inside what {} leaves", names[pivot]);
                self.hold(table, rule, "projected", note);
                return;
            }
            self.hold(table, rule, "projected", "each column is drawn inside what the ones before it leave".to_owned());
            return;
        }
        self.draw_order_again((table, &columns, names), rule, strict, gap, pointer);
    }

    /// Leaves an order to drawing its columns again.
    fn draw_order_again(
        &mut self,
        (table, columns, names): (usize, &[usize], &[String]),
        rule: &Rule,
        strict: bool,
        gap: Option<&Gap>,
        pointer: &str,
    ) {
        let mut distance = None;
        if gap.is_some() {
            let Some(logical) = self.order_type(table, columns, pointer) else { return };
            let Some(found) = self.distance(&logical, false, gap, pointer) else { return };
            distance = Some((logical, found));
        }
        let parts = order_conditions(names, strict, gap, distance.as_ref());
        let sql = parts.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(" AND ");
        let condition = limited(rule.when.as_deref(), &sql);
        let steered = self.steered(table, rule, &sql);
        self.add_condition(table, rule, condition, steered, format!("{pointer}/columns"));
        let parts = parts.iter().map(|part| Parsed::parse(part).ok()).collect::<Option<_>>().unwrap_or_default();
        self.taken_apart(rule.when.clone(), parts);
    }

    /// Takes a comparison of an ordered column with a constant, which holds in all rows, into the ends of the order: what it leaves to that column
    /// leaves something to the others. The column; none where the part is no such comparison.
    pub(super) fn tighten_order(&mut self, condition: &RowCondition, part: &Parsed) -> Option<usize> {
        let table = condition.table;
        let comparisons = part.comparisons();
        let all = comparisons.iter().find(|all| condition.when.is_none() && !all.is_empty())?;
        let [name] = all[0].column.0.as_slice() else { return None };
        let column = self.column_named(table, name)?;
        let place =
            self.statements.orders.iter().position(|order| order.table == table && order.columns.contains(&column))?;
        let order = &self.statements.orders[place];
        let at = order.columns.iter().position(|other| *other == column)?;
        let mut intervals = order.intervals.clone();
        for one in all {
            for bound in self.bounds_by(one, None, &condition.pointer, &intervals[at].logical)? {
                let Bound::Constant(value) = bound.value else { return None };
                let (value, own) = (value.saturating_add(bound.gap), &mut intervals[at]);
                match bound.side {
                    Side::Lower => own.min = own.min.max(value),
                    Side::Upper => own.max = own.max.min(value),
                }
            }
        }
        let (columns, distance, rule) = (order.columns.clone(), order.distance, order.rule.clone());
        let mut closed = intervals.clone();
        let hollow = order.hollow.clone();
        if let Err((empty, min, max)) = close(&mut closed, distance) {
            let logical = &intervals[empty].logical;
            let detail = format!(
                "{rule} and {} leave {} no value between {} and {}",
                condition.rule,
                self.dataset.tables[table].columns[columns[empty]].name,
                print_units(logical, min),
                print_units(logical, max)
            );
            let problem = Problem::new("contradiction", detail).at(condition.pointer.as_str());
            self.problems.push(problem.remedy("move the bounds of these columns, or the gap"));
            return Some(column);
        }
        if !close_hollow(&mut closed, distance, &hollow) {
            return None;
        }
        for (column, interval) in columns.iter().zip(&closed) {
            // The ends are the first of an ordered column's bounds.
            let bounds = self.statements.bounds.get_mut(&(table, *column))?;
            for (bound, end) in bounds.iter_mut().zip([interval.min, interval.max]) {
                bound.value = Bound::Constant(end);
            }
        }
        self.statements.orders[place].intervals = intervals;
        Some(column)
    }

    /// The one type of columns that keep a gap.
    fn order_type(&mut self, table: usize, columns: &[usize], pointer: &str) -> Option<LogicalType> {
        let kinds: Option<Vec<LogicalType>> = columns.iter().map(|column| self.type_of(table, *column, 0)).collect();
        let is_measured = |kind: &LogicalType| {
            matches!(
                kind,
                LogicalType::Date | LogicalType::Datetime | LogicalType::Integer | LogicalType::Decimal { .. }
            )
        };
        let kinds = kinds.filter(|kinds| kinds.iter().all(is_measured)).unwrap_or_default();
        // Decimals of the most places count all of them.
        let places = |kind: &LogicalType| match kind {
            LogicalType::Decimal { scale, .. } => *scale,
            _ => 0,
        };
        let common = kinds.iter().max_by_key(|kind| places(kind)).cloned();
        let is_number = |kind: &LogicalType| matches!(kind, LogicalType::Integer | LogicalType::Decimal { .. });
        let found =
            common.filter(|common| kinds.iter().all(|kind| kind == common || (is_number(kind) && is_number(common))));
        if found.is_none() {
            let detail = "a gap lies between dates, between datetimes or between whole or decimal numbers, and these columns are not all of one of these types";
            let problem = Problem::new("wrong_type", detail).at(format!("{pointer}/gap"));
            self.problems.push(problem.remedy("say the type of each column, or leave the gap out"));
        }
        found
    }

    /// A column's type as far as it is known before it is compiled: its own, or that of its generator, or of the column that this begins from.
    fn type_of(&self, table: usize, column: usize, steps: usize) -> Option<LogicalType> {
        let definition = &self.dataset.tables[table].columns[column];
        if let Some(declared) = definition.logical_type() {
            return Some(declared);
        }
        let generator = definition.generator.as_ref().or_else(|| Some(&self.chosen.get(&(table, column))?.0))?;
        if let Some(own) = generator.bounded(None) {
            return Some(own);
        }
        let value = generator.to_value();
        let from = value.get("from")?.as_str()?;
        let from = self.column_named(table, from).filter(|_| steps < self.dataset.tables[table].columns.len())?;
        self.type_of(table, from, steps + 1)
    }

    /// Gaps in the units of a type; `strict` is a gap of at least one unit.
    fn distance(&mut self, logical: &LogicalType, strict: bool, gap: Option<&Gap>, pointer: &str) -> Option<Distance> {
        let units = |span: Span| span_units(span, logical);
        let min = match gap.and_then(|gap| gap.min).map(units) {
            None => 0,
            Some(Ok(units)) => units,
            Some(Err(problem)) => {
                self.problems.push(problem.at(format!("{pointer}/gap/min")));
                return None;
            }
        };
        let max = match gap.and_then(|gap| gap.max).map(units) {
            None => None,
            Some(Ok(units)) => Some(units),
            Some(Err(problem)) => {
                self.problems.push(problem.at(format!("{pointer}/gap/max")));
                return None;
            }
        };
        let min = if strict { min.max(1) } else { min };
        if max.is_some_and(|max| max < min) {
            let detail = format!("the largest gap is below the smallest, {min}");
            self.problems.push(Problem::new("empty_interval", detail).at(format!("{pointer}/gap/max")));
            return None;
        }
        Some(Distance { min, max })
    }
}

/// `order` as conditions that hold together: all pairs, so that a null between two columns hides nothing. A gap binds those between which all
/// are null.
fn order_conditions(
    names: &[String],
    strict: bool,
    gap: Option<&Gap>,
    distance: Option<&(LogicalType, Distance)>,
) -> Vec<String> {
    let op = if strict { ">" } else { ">=" };
    let mut parts = Vec::new();
    for (at, low) in names.iter().enumerate() {
        for (between, high) in names[at + 1..].iter().enumerate() {
            parts.push(format!("{} {op} {}", quoted(high), quoted(low)));
            let Some((logical, distance)) = distance else { continue };
            let between: String =
                names[at + 1..=at + between].iter().map(|name| format!("{} IS NOT NULL OR ", quoted(name))).collect();
            let least = gap.is_some_and(|gap| gap.min.is_some()).then_some((">=", distance.min));
            for (op, units) in least.into_iter().chain(distance.max.map(|most| ("<=", most))) {
                parts.push(format!("{between}{} {op} {}", quoted(high), moved(&quoted(low), logical, units)));
            }
        }
    }
    parts
}

/// A column moved by so many units of its type, as SQL.
fn moved(column: &str, logical: &LogicalType, units: i64) -> String {
    match logical {
        LogicalType::Date => format!("{column} + INTERVAL '{units} days'"),
        LogicalType::Datetime => format!("{column} + INTERVAL '{units} microseconds'"),
        _ => format!("{column} + {}", print_units(logical, units)),
    }
}

/// A name in SQL's double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A span in the units of a type.
fn span_units(span: Span, logical: &LogicalType) -> Result<i64, Problem> {
    let units = match (logical, span.unit) {
        (LogicalType::Datetime, Some(unit)) => span.amount.checked_mul(unit.us()),
        (LogicalType::Date, Some(unit)) => {
            let us = span.amount.checked_mul(unit.us());
            return match us {
                Some(us) if us % crate::schema::DAY_US == 0 => Ok(us / crate::schema::DAY_US),
                _ => Err(Problem::new("wrong_unit", "dates are whole days apart").remedy("write the gap in d or w")),
            };
        }
        (LogicalType::Datetime, None) => {
            return Err(
                Problem::new("wrong_unit", "a gap of datetimes needs a unit").remedy("write 30d, 12h, 90min or 45s")
            );
        }
        (LogicalType::Decimal { scale, .. }, None) => {
            span.amount.checked_mul(10_i64.pow(u32::from(scale.unsigned_abs()).min(18)))
        }
        (_, None) => Some(span.amount),
        (_, Some(_)) => return Err(Problem::new("wrong_unit", format!("a gap of {logical} is a plain number"))),
    };
    units.ok_or_else(|| Problem::new("too_large", "this gap is beyond what can be counted"))
}

/// A value in units, as people write it.
pub(crate) fn print_units(logical: &LogicalType, units: i64) -> String {
    match logical {
        LogicalType::Date => crate::schema::Date(i32::try_from(units).unwrap_or(i32::MAX)).to_string(),
        LogicalType::Datetime => crate::schema::Datetime(units).to_string(),
        LogicalType::Decimal { scale, .. } => print_decimal(units, *scale),
        _ => units.to_string(),
    }
}

/// Units of the last decimal place as a decimal number.
pub(crate) fn print_decimal(units: i64, scale: i8) -> String {
    if scale <= 0 {
        return units.to_string();
    }
    let one = 10_u64.pow(u32::from(scale.unsigned_abs()).min(18));
    let sign = if units < 0 { "-" } else { "" };
    let size = units.unsigned_abs();
    format!("{sign}{}.{:0width$}", size / one, size % one, width = usize::from(scale.unsigned_abs()))
}
