//! Whole units between two bounds, each equally likely: what integers, decimals, dates and datetimes are made of. Bounds may come from other
//! columns of the row; a null one makes the value null, a null bound of a rule bounds nothing.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Decimal128Array, Int64Array, Time64MicrosecondArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{Date32Type, Int64Type, TimestampMicrosecondType};

use super::{Cells, Choices, Countable, Fill, Made, Quantiles, Rows, RunError};
use crate::plan::{RowBound, Scalar, Side, units_of};
use crate::random::Key;
use crate::types::LogicalType;

/// Uniform over `min, min + step, …` up to `max`, in units of the logical type.
#[derive(Clone)]
pub(super) struct Uniform {
    pub key: Key,
    pub logical: LogicalType,
    pub min: Scalar<i64>,
    pub max: Scalar<i64>,
    pub step: Step,
    pub bounds: Vec<RowBound>,
}

/// The most values of an interval that are listed one by one for rules.
const LISTED: u128 = 1_000;

/// Which values between the bounds are taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// Every so many units, counted from the smallest value.
    Every(u64),
    /// Days from Monday to Friday.
    Weekdays,
}

impl Step {
    /// How many values lie in an interval.
    fn count(self, min: i64, max: i64) -> u128 {
        if min > max {
            return 0;
        }
        match self {
            Step::Every(step) => (i128::from(max) - i128::from(min)) as u128 / u128::from(step) + 1,
            Step::Weekdays => (weekdays_before(max + 1) - weekdays_before(min)) as u128,
        }
    }

    /// The value at a place in the interval that starts at `min`.
    fn at(self, min: i64, place: u64) -> i64 {
        match self {
            Step::Every(step) => (i128::from(min) + i128::from(place) * i128::from(step)) as i64,
            Step::Weekdays => weekday(weekdays_before(min) + place as i64),
        }
    }
}

/// Weekdays before a day, counted from Monday 1969-12-29: the day numbers start on a Thursday.
pub(super) fn weekdays_before(day: i64) -> i64 {
    let from_monday = day + 3;
    from_monday.div_euclid(7) * 5 + from_monday.rem_euclid(7).min(5)
}

/// The weekday that so many weekdays lie before.
pub(super) fn weekday(rank: i64) -> i64 {
    rank.div_euclid(5) * 7 + rank.rem_euclid(5) - 3
}

impl Uniform {
    /// The same with bounds that are constants taken into its ends, where these leave a value: a domain that is known can be counted.
    fn closed(mut self) -> Uniform {
        let (&Scalar::Constant(mut low), &Scalar::Constant(mut high)) = (&self.min, &self.max) else { return self };
        for bound in &self.bounds {
            let Scalar::Constant(value) = bound.value else { return self };
            let value = value.saturating_add(bound.gap);
            match bound.side {
                Side::Lower => low = low.max(value),
                Side::Upper => high = high.min(value),
            }
        }
        let low = self.aligned(low, high);
        if self.step.count(low, high) > 0 {
            (self.min, self.max) = (Scalar::Constant(low), Scalar::Constant(high));
            self.bounds.clear();
        }
        self
    }

    /// The compiled column, countable where both bounds are constants.
    pub fn made(self) -> Made {
        if !self.bounds.is_empty() {
            let closed = self.closed();
            if closed.bounds.is_empty() {
                return closed.made();
            }
            return Made::drawn(closed.logical.clone(), closed);
        }
        let logical = self.logical.clone();
        match (&self.min, &self.max) {
            (Scalar::Constant(min), Scalar::Constant(max)) => {
                let domain =
                    Domain { logical: logical.clone(), min: *min, step: self.step, count: self.step.count(*min, *max) };
                let choices = (1..=LISTED).contains(&domain.count).then(|| Choices {
                    values: domain.unrank(&(0..domain.count).collect::<Vec<_>>()),
                    weights: vec![1.0; domain.count as usize],
                    exact: false,
                });
                let quantiles = self.quantiles(*min, domain.count);
                Made::drawn(logical, self).counted(domain).chosen_from(choices).distributed(quantiles)
            }
            _ => Made::drawn(logical, self),
        }
    }
}

impl Uniform {
    /// The distribution of a constant interval, where its values lie evenly.
    fn quantiles(&self, min: i64, count: u128) -> Option<Quantiles> {
        let Step::Every(step) = self.step else { return None };
        let (step, last) = (step as f64, count.checked_sub(1)? as f64);
        let low = min as f64;
        let at = move |share: f64| low + libm::floor(share * (last + 1.0)).clamp(0.0, last) * step;
        Quantiles::new(self.logical.clone(), (low, low + last * step), Some(step), at)
    }
}

impl Uniform {
    /// The ends on a side where nothing that they come from is null and all of it is spelled in the column's own units, which is what columns
    /// of one table mostly are.
    fn plain_ends(&self, cells: &Cells<'_>, end: &Scalar<i64>, side: Side, rows: usize) -> Option<Vec<i64>> {
        let mut ends = match end {
            Scalar::Constant(value) => vec![*value; rows],
            Scalar::Input(input) => match plain_units(&cells.inputs[*input], &self.logical)? {
                Plain::Days(days) => days.iter().copied().map(i64::from).collect(),
                Plain::Units(units) => units.to_vec(),
            },
        };
        let inner = |end: i64, other: i64| if side == Side::Lower { end.max(other) } else { end.min(other) };
        for bound in self.bounds.iter().filter(|bound| bound.side == side) {
            let tighten = |end: &mut i64, other: i64| *end = inner(*end, other.saturating_add(bound.gap));
            match &bound.value {
                Scalar::Constant(value) => ends.iter_mut().for_each(|end| tighten(end, *value)),
                Scalar::Input(input) => match plain_units(&cells.inputs[*input], &self.logical)? {
                    Plain::Days(days) => {
                        ends.iter_mut().zip(days).for_each(|(end, day)| tighten(end, i64::from(*day)));
                    }
                    Plain::Units(units) => ends.iter_mut().zip(units).for_each(|(end, other)| tighten(end, *other)),
                },
            }
        }
        Some(ends)
    }

    /// The first value that is taken from `low` on, where rules moved it away from the smallest. Times between which none lies stay as they are.
    fn aligned(&self, low: i64, high: i64) -> i64 {
        let (Scalar::Constant(min), Step::Every(step @ 2..)) = (&self.min, self.step) else { return low };
        if low <= *min {
            return low;
        }
        let (from, step) = (i128::from(*min), i128::from(step));
        let next = from + (i128::from(low) - from + step - 1) / step * step;
        let next = i64::try_from(next).unwrap_or(i64::MAX);
        if next > high && self.logical == LogicalType::Datetime { low } else { next }
    }

    /// The error of a row whose ends leave nothing. Where no rule sets one of them, the schema's own parameters are to blame.
    fn nothing(&self, min: i64, max: i64, row: u64) -> RunError {
        let error = empty_interval(&self.logical, min, max, row);
        if !self.bounds.is_empty() {
            return error;
        }
        let print = |units: i64| print(&self.logical, units);
        let (min, max) = (print(min), print(max));
        let detail = format!(
            "no value lies between {min} and {max}; keep the ends in order in every row, with least or greatest in SQL"
        );
        RunError { detail, ..error }
    }

    /// A value between the ends of each row.
    fn between(&self, key: &Key, rows: &Rows, low: &[i64], high: &[i64]) -> Result<Vec<i64>, RunError> {
        let mut values = Vec::with_capacity(rows.len());
        for ((row, min), max) in rows.iter().zip(low).zip(high) {
            let (min, max) = (*min, *max);
            let value = match max.checked_sub(min) {
                Some(width) if width >= 0 && self.step == Step::Every(1) => {
                    min + key.below(row, width as u64 + 1) as i64
                }
                _ => {
                    let min = self.aligned(min, max);
                    let count = self.step.count(min, max);
                    if count == 0 {
                        return Err(self.nothing(min, max, row));
                    }
                    let place = u64::try_from(count).map_or_else(|_| key.word(row), |count| key.below(row, count));
                    self.step.at(min, place)
                }
            };
            values.push(value);
        }
        Ok(values)
    }
}

/// Values without a null in the units of a type.
enum Plain<'a> {
    Days(&'a [i32]),
    Units(&'a [i64]),
}

fn plain_units<'a>(array: &'a ArrayRef, logical: &LogicalType) -> Option<Plain<'a>> {
    if array.null_count() > 0 {
        return None;
    }
    match logical {
        LogicalType::Date => Some(Plain::Days(array.as_primitive_opt::<Date32Type>()?.values())),
        LogicalType::Datetime => Some(Plain::Units(array.as_primitive_opt::<TimestampMicrosecondType>()?.values())),
        LogicalType::Integer => Some(Plain::Units(array.as_primitive_opt::<Int64Type>()?.values())),
        _ => None,
    }
}

impl Fill for Uniform {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        if let (Scalar::Constant(min), Scalar::Constant(max), true) = (&self.min, &self.max, self.bounds.is_empty()) {
            let count = self.step.count(*min, *max);
            let values = match u64::try_from(count) {
                Ok(count) => below_each(&key, rows, count, |place| self.step.at(*min, place)),
                // The whole of i64: every word is a value.
                Err(_) => cells.words(&self.key, rows).into_iter().map(|word| word as i64).collect(),
            };
            return array_of_all(values, &self.logical);
        }
        if let (Some(low), Some(high)) = (
            self.plain_ends(cells, &self.min, Side::Lower, rows.len()),
            self.plain_ends(cells, &self.max, Side::Upper, rows.len()),
        ) {
            return array_of_all(self.between(&key, rows, &low, &high)?, &self.logical);
        }
        let (low, high) = row_bounds(cells, &self.logical, &self.min, &self.max, &self.bounds, rows.len())?;
        let mut values = Vec::with_capacity(rows.len());
        for (position, row) in rows.iter().enumerate() {
            let (Some(min), Some(max)) = (low[position], high[position]) else {
                values.push(None);
                continue;
            };
            let min = self.aligned(min, max);
            let count = self.step.count(min, max);
            if count == 0 {
                return Err(self.nothing(min, max, row));
            }
            let place = u64::try_from(count).map_or_else(|_| key.word(row), |count| key.below(row, count));
            values.push(Some(self.step.at(min, place)));
        }
        array_of(values.into_iter(), &self.logical)
    }
}

/// A whole number below `count` for each row, each equally likely.
fn below_each(key: &Key, rows: &Rows, count: u64, value: impl Fn(u64) -> i64) -> Vec<i64> {
    rows.iter().map(|row| value(key.below(row, count))).collect()
}

pub(super) fn empty_interval(logical: &LogicalType, min: i64, max: i64, row: u64) -> RunError {
    let print = |units: i64| print(logical, units);
    RunError { row: Some(row), ..RunError::new(format!("no value lies between {} and {}", print(min), print(max))) }
}

fn print(logical: &LogicalType, units: i64) -> String {
    array_of(std::iter::once(Some(units)), logical)
        .ok()
        .and_then(|array| datafusion::arrow::util::display::array_value_to_string(&array, 0).ok())
        .unwrap_or_else(|| units.to_string())
}

/// Smallest and largest value of each row, `None` where a parameter is null.
pub(super) type Bounds = (Vec<Option<i64>>, Vec<Option<i64>>);

pub(super) fn row_bounds(
    cells: &Cells<'_>,
    logical: &LogicalType,
    min: &Scalar<i64>,
    max: &Scalar<i64>,
    bounds: &[RowBound],
    rows: usize,
) -> Result<Bounds, RunError> {
    let ends = |scalar: &Scalar<i64>, side: Side| match scalar {
        Scalar::Constant(value) => Ok(vec![Some(*value); rows]),
        Scalar::Input(input) => units_of(&cells.inputs[*input], logical, side),
    };
    let mut low = ends(min, Side::Lower)?;
    let mut high = ends(max, Side::Upper)?;
    for bound in bounds {
        let others = ends(&bound.value, bound.rounds)?;
        let target = if bound.side == Side::Lower { &mut low } else { &mut high };
        for (end, other) in target.iter_mut().zip(others) {
            if let (Some(end), Some(other)) = (end.as_mut(), other) {
                let other = other.saturating_add(bound.gap);
                *end = if bound.side == Side::Lower { (*end).max(other) } else { (*end).min(other) };
            }
        }
    }
    Ok((low, high))
}

/// An array of the type's units, none of them null.
pub(super) fn array_of_all(values: Vec<i64>, logical: &LogicalType) -> Result<ArrayRef, RunError> {
    Ok(match logical {
        LogicalType::Date => {
            Arc::new(Date32Array::new(values.into_iter().map(|value| value as i32).collect::<Vec<_>>().into(), None))
        }
        LogicalType::Datetime => Arc::new(TimestampMicrosecondArray::new(values.into(), None)),
        LogicalType::Time => Arc::new(Time64MicrosecondArray::new(values.into(), None)),
        LogicalType::Decimal { precision, scale } => {
            let units = values.into_iter().map(i128::from).collect::<Vec<_>>();
            let array = Decimal128Array::new(units.into(), None);
            Arc::new(
                array.with_precision_and_scale(*precision, *scale).map_err(|error| RunError::new(error.to_string()))?,
            )
        }
        _ => Arc::new(Int64Array::new(values.into(), None)),
    })
}

/// Units as an array of a logical type.
pub(super) fn array_of(
    values: impl ExactSizeIterator<Item = Option<i64>>,
    logical: &LogicalType,
) -> Result<ArrayRef, RunError> {
    Ok(match logical {
        LogicalType::Date => Arc::new(values.map(|value| value.map(|value| value as i32)).collect::<Date32Array>()),
        LogicalType::Datetime => Arc::new(values.collect::<TimestampMicrosecondArray>()),
        LogicalType::Time => Arc::new(values.collect::<Time64MicrosecondArray>()),
        LogicalType::Decimal { precision, scale } => {
            let array = values.map(|value| value.map(i128::from)).collect::<Decimal128Array>();
            Arc::new(
                array.with_precision_and_scale(*precision, *scale).map_err(|error| RunError::new(error.to_string()))?,
            )
        }
        _ => Arc::new(values.collect::<Int64Array>()),
    })
}

/// A constant interval as a domain.
pub(super) struct Domain {
    logical: LogicalType,
    min: i64,
    step: Step,
    count: u128,
}

impl Countable for Domain {
    fn count(&self) -> u128 {
        self.count
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let values = positions.iter().map(|position| Some(self.step.at(self.min, *position as u64)));
        array_of(values, &self.logical).expect("units of a type that was checked when it was compiled")
    }

    fn position_of(&self, number: i64) -> Option<Option<u128>> {
        let (LogicalType::Integer, Step::Every(step)) = (&self.logical, self.step) else { return None };
        let from_start = u128::try_from(i128::from(number) - i128::from(self.min)).ok();
        let place = from_start.filter(|units| units % u128::from(step) == 0).map(|units| units / u128::from(step));
        Some(place.filter(|place| *place < self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_the_days_from_monday_to_friday() {
        // 2024-01-01, day 19723, is a Monday.
        let days: Vec<i64> = (0..10).map(|place| Step::Weekdays.at(19_723, place)).collect();
        assert_eq!(days, [19_723, 19_724, 19_725, 19_726, 19_727, 19_730, 19_731, 19_732, 19_733, 19_734]);
        assert_eq!(Step::Weekdays.count(19_723, 19_729), 5);
        assert_eq!(Step::Weekdays.count(19_728, 19_729), 0);
        assert_eq!(Step::Weekdays.at(19_728, 0), 19_730);
    }

    #[test]
    fn a_step_counts_from_the_smallest_value() {
        assert_eq!(Step::Every(5).count(0, 14), 3);
        assert_eq!(Step::Every(5).at(-3, 2), 7);
        assert_eq!(Step::Every(1).count(i64::MIN, i64::MAX), 1 << 64);
    }
}
