//! Sums and their kin over the values of a column.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Decimal128Array, Float64Array, Int64Array, PrimitiveArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::RunError;
use crate::problem::Problem;
use crate::types::LogicalType;

/// What values come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunningFn {
    /// Their sum, of the column's type.
    Sum,
    /// How many there are.
    Count,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Their arithmetic mean, a float.
    Mean,
}

/// A value: whole units of its type, or a float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Units(i128),
    Float(f64),
}

/// A column's values, typed once.
pub(crate) enum Reader<'a> {
    Whole(&'a PrimitiveArray<Int64Type>),
    Decimal(&'a PrimitiveArray<Decimal128Type>),
    Float(&'a PrimitiveArray<Float64Type>),
    Date(&'a PrimitiveArray<Date32Type>),
    Datetime(&'a PrimitiveArray<TimestampMicrosecondType>),
    Time(&'a PrimitiveArray<Time64MicrosecondType>),
    /// Values that are only counted.
    Other(&'a ArrayRef),
}

impl Reader<'_> {
    pub fn new(array: &ArrayRef) -> Reader<'_> {
        match array.data_type() {
            DataType::Int64 => Reader::Whole(array.as_primitive()),
            DataType::Decimal128(_, _) => Reader::Decimal(array.as_primitive()),
            DataType::Float64 => Reader::Float(array.as_primitive()),
            DataType::Date32 => Reader::Date(array.as_primitive()),
            DataType::Timestamp(_, _) => Reader::Datetime(array.as_primitive()),
            DataType::Time64(_) => Reader::Time(array.as_primitive()),
            _ => Reader::Other(array),
        }
    }

    /// The value at a position; `None` for null.
    pub fn at(&self, position: usize) -> Option<Number> {
        let units = |units: i64| Number::Units(i128::from(units));
        match self {
            Reader::Whole(array) => array.is_valid(position).then(|| units(array.value(position))),
            Reader::Decimal(array) => array.is_valid(position).then(|| Number::Units(array.value(position))),
            Reader::Float(array) => array.is_valid(position).then(|| Number::Float(array.value(position))),
            Reader::Date(array) => array.is_valid(position).then(|| units(i64::from(array.value(position)))),
            Reader::Datetime(array) => array.is_valid(position).then(|| units(array.value(position))),
            Reader::Time(array) => array.is_valid(position).then(|| units(array.value(position))),
            Reader::Other(array) => array.is_valid(position).then_some(Number::Units(0)),
        }
    }
}

/// What some values come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct State {
    count: u64,
    units: i128,
    float: f64,
}

/// How values are put together, and what type that makes.
pub(crate) struct Measure {
    fold: RunningFn,
    pub logical: LogicalType,
    /// Places after the point of the column.
    scale: i8,
}

impl Measure {
    /// The measure of a column, or why there is none.
    pub fn new(fold: RunningFn, from: &LogicalType, name: &str) -> Result<Measure, Problem> {
        use LogicalType as T;
        let number = matches!(from, T::Integer | T::Decimal { .. } | T::Float);
        let ordered = number || matches!(from, T::Date | T::Datetime | T::Time);
        let scale = if let T::Decimal { scale, .. } = from { *scale } else { 0 };
        let logical = match (fold, from) {
            (RunningFn::Count, _) => T::Integer,
            (RunningFn::Mean, _) if number => T::Float,
            // Ten more digits, as SQL's SUM has them.
            (RunningFn::Sum, T::Decimal { precision, scale }) => {
                T::Decimal { precision: (*precision).saturating_add(10).min(38), scale: *scale }
            }
            (RunningFn::Sum, _) if number => from.clone(),
            (RunningFn::Min | RunningFn::Max, _) if ordered => from.clone(),
            _ => {
                let word = match fold {
                    RunningFn::Sum => "sum",
                    RunningFn::Mean => "mean",
                    _ => "smallest or largest value",
                };
                let detail = format!("{name} is {from}, which has no {word}");
                return Err(Problem::new("wrong_type", detail).remedy("use count, or another column"));
            }
        };
        Ok(Measure { fold, logical, scale })
    }

    /// The same with means as decimals, rounded half to even: for a column that says so.
    pub fn with_means_as(mut self, declared: Option<&LogicalType>) -> Measure {
        if let (RunningFn::Mean, Some(LogicalType::Decimal { .. })) = (self.fold, declared) {
            self.logical = declared.cloned().unwrap_or(self.logical);
        }
        self
    }

    /// A mean in units of so many places: exact before it is rounded, where the values are.
    fn rounded_mean(&self, state: &State, places: i8) -> Option<i128> {
        if state.units == 0 && state.float != 0.0 {
            let units = libm::rint(state.float / state.count as f64 * 10_f64.powi(i32::from(places)));
            return (units.abs() < 1e38).then_some(units as i128);
        }
        let power = |places: i8| 10_i128.checked_pow(u32::try_from(places).ok()?);
        let (sum, count) = match places >= self.scale {
            true => (state.units.checked_mul(power(places - self.scale)?)?, i128::from(state.count)),
            false => (state.units, i128::from(state.count).checked_mul(power(self.scale - places)?)?),
        };
        let (whole, rest) = (sum.div_euclid(count), sum.rem_euclid(count));
        let up = match (rest * 2).cmp(&count) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => whole % 2 != 0,
            std::cmp::Ordering::Greater => true,
        };
        Some(whole + i128::from(up))
    }

    /// Adds so many values of which nothing but their number counts.
    pub fn add_count(&self, state: &mut State, count: u64) {
        state.count += count;
    }

    /// What comes of no value at all: a sum of nothing is 0 where values are summed over a row's children.
    pub fn zero(&self) -> State {
        match self.fold {
            RunningFn::Sum => State { count: 1, ..State::default() },
            _ => State::default(),
        }
    }

    /// Adds a value; null adds nothing.
    pub fn add(&self, state: &mut State, value: Option<Number>) -> Result<(), RunError> {
        if let Some(value) = value {
            let (units, float) = match value {
                Number::Units(units) => (units, 0.0),
                Number::Float(float) => (0, float),
            };
            *state = self.join(state, &State { count: 1, units, float })?;
        }
        Ok(())
    }

    /// What one run of values and the next come to together.
    pub fn join(&self, before: &State, after: &State) -> Result<State, RunError> {
        if before.count == 0 || after.count == 0 {
            return Ok(if before.count == 0 { *after } else { *before });
        }
        let count = before.count + after.count;
        Ok(match self.fold {
            RunningFn::Count => State { count, ..State::default() },
            RunningFn::Sum | RunningFn::Mean => {
                let units = before.units.checked_add(after.units).ok_or_else(too_large)?;
                State { count, units, float: before.float + after.float }
            }
            RunningFn::Min => {
                State { count, units: before.units.min(after.units), float: before.float.min(after.float) }
            }
            RunningFn::Max => {
                State { count, units: before.units.max(after.units), float: before.float.max(after.float) }
            }
        })
    }

    /// States as values of the measure's type; `row` names the row of a position, for messages.
    pub fn finish<'s>(
        &self,
        states: impl Iterator<Item = &'s State>,
        row: impl Fn(usize) -> u64,
    ) -> Result<ArrayRef, RunError> {
        let failed = |position: usize| RunError { row: Some(row(position)), ..too_large() };
        let known = |state: &State| state.count > 0;
        let whole = |states: &mut dyn Iterator<Item = &'s State>| {
            states
                .enumerate()
                .map(|(at, state)| known(state).then(|| i64::try_from(state.units).map_err(|_| failed(at))).transpose())
                .collect::<Result<Vec<Option<i64>>, RunError>>()
        };
        let mut states = states;
        Ok(match (self.fold, &self.logical) {
            (RunningFn::Count, _) => Arc::new(states.map(|state| Some(state.count as i64)).collect::<Int64Array>()),
            (RunningFn::Mean, _) => {
                if let LogicalType::Decimal { precision, scale } = self.logical {
                    let most = 10_i128.pow(u32::from(precision)) - 1;
                    let mean = |(at, state): (usize, &State)| match known(state) {
                        true => self
                            .rounded_mean(state, scale)
                            .filter(|units| units.abs() <= most)
                            .ok_or(failed(at))
                            .map(Some),
                        false => Ok(None),
                    };
                    let units = states.enumerate().map(mean).collect::<Result<Vec<_>, _>>()?;
                    let array = Decimal128Array::from(units).with_precision_and_scale(precision, scale);
                    return Ok(Arc::new(array.map_err(|error| RunError::new(error.to_string()))?));
                }
                let unit = 10_f64.powi(i32::from(self.scale));
                let mean = |state: &State| (state.units as f64 / unit + state.float) / state.count as f64;
                Arc::new(states.map(|state| known(state).then(|| mean(state) + 0.0)).collect::<Float64Array>())
            }
            (_, LogicalType::Float) => {
                Arc::new(states.map(|state| known(state).then_some(state.float + 0.0)).collect::<Float64Array>())
            }
            (_, LogicalType::Decimal { precision, scale }) => {
                let most = 10_i128.pow(u32::from(*precision)) - 1;
                let units = states
                    .enumerate()
                    .map(|(at, state)| match known(state) {
                        true if state.units.abs() > most => Err(failed(at)),
                        true => Ok(Some(state.units)),
                        false => Ok(None),
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                let array = Decimal128Array::from(units).with_precision_and_scale(*precision, *scale);
                Arc::new(array.map_err(|error| RunError::new(error.to_string()))?)
            }
            (_, LogicalType::Date) => {
                let days = whole(&mut states)?.into_iter().map(|days| days.map(|days| days as i32));
                Arc::new(days.collect::<Date32Array>())
            }
            (_, LogicalType::Datetime) => Arc::new(TimestampMicrosecondArray::from(whole(&mut states)?)),
            (_, LogicalType::Time) => Arc::new(Time64MicrosecondArray::from(whole(&mut states)?)),
            _ => Arc::new(Int64Array::from(whole(&mut states)?)),
        })
    }
}

/// The states of many groups, each in no more bytes than its measure needs: 8 for counts and sums of floats, 16 for sums, smallest and
/// largest values, and 32 for means.
pub(crate) enum Packed {
    Counts(Vec<u64>),
    Sums(Vec<i128>),
    FloatSums(Vec<f64>),
    /// No value at all is one that no type holds.
    Extremes(Vec<i128>),
    Whole(Vec<State>),
}

/// Stands for no value.
const NONE: i128 = i128::MIN;

impl Packed {
    /// So many groups without a value.
    pub fn new(measure: &Measure, groups: usize) -> Packed {
        let is_float = measure.logical == LogicalType::Float;
        match measure.fold {
            RunningFn::Count => Packed::Counts(vec![0; groups]),
            RunningFn::Sum if is_float => Packed::FloatSums(vec![0.0; groups]),
            RunningFn::Sum => Packed::Sums(vec![0; groups]),
            RunningFn::Min | RunningFn::Max if !is_float => Packed::Extremes(vec![NONE; groups]),
            _ => Packed::Whole(vec![measure.zero(); groups]),
        }
    }

    /// The bytes of a group, while they are added up and in what they end as.
    pub fn width(measure: &Measure) -> usize {
        let state = match Packed::new(measure, 0) {
            Packed::Counts(_) | Packed::FloatSums(_) => size_of::<u64>(),
            Packed::Sums(_) | Packed::Extremes(_) => size_of::<i128>(),
            Packed::Whole(_) => size_of::<State>(),
        };
        state + measure.logical.arrow().primitive_width().unwrap_or(0)
    }

    pub fn get(&self, group: usize) -> State {
        match self {
            Packed::Counts(counts) => State { count: counts[group], ..State::default() },
            // A sum of nothing is 0.
            Packed::Sums(sums) => State { count: 1, units: sums[group], float: 0.0 },
            Packed::FloatSums(sums) => State { count: 1, units: 0, float: sums[group] },
            Packed::Extremes(values) if values[group] == NONE => State::default(),
            Packed::Extremes(values) => State { count: 1, units: values[group], float: 0.0 },
            Packed::Whole(states) => states[group],
        }
    }

    pub fn set(&mut self, group: usize, state: State) {
        match self {
            Packed::Counts(counts) => counts[group] = state.count,
            Packed::Sums(values) | Packed::Extremes(values) => values[group] = state.units,
            Packed::FloatSums(sums) => sums[group] = state.float,
            Packed::Whole(states) => states[group] = state,
        }
    }
}

fn too_large() -> RunError {
    RunError::new("the sum is larger than its type holds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_are_skipped_and_nothing_comes_to_null() {
        let measure = |fold| Measure::new(fold, &LogicalType::Integer, "n").expect("a measure");
        for (fold, expected) in [
            (RunningFn::Sum, Some(-4)),
            (RunningFn::Min, Some(-9)),
            (RunningFn::Max, Some(5)),
            (RunningFn::Count, Some(2)),
        ] {
            let (measure, mut state) = (measure(fold), State::default());
            let mut states = vec![state];
            for value in [None, Some(Number::Units(5)), None, Some(Number::Units(-9))] {
                measure.add(&mut state, value).unwrap();
                states.push(state);
            }
            let array = measure.finish(states.iter(), |row| row as u64).unwrap();
            let values: Vec<Option<i64>> = array.as_primitive::<Int64Type>().iter().collect();
            let none = (fold == RunningFn::Count).then_some(0);
            assert_eq!((values[0], values[1], values[4]), (none, none, expected));
        }
    }

    #[test]
    fn packed_states_are_the_states() {
        let decimal = LogicalType::Decimal { precision: 9, scale: 2 };
        for logical in [LogicalType::Integer, LogicalType::Float, LogicalType::Date, decimal] {
            for fold in [RunningFn::Sum, RunningFn::Count, RunningFn::Min, RunningFn::Max, RunningFn::Mean] {
                let Ok(measure) = Measure::new(fold, &logical, "n") else { continue };
                let mut packed = Packed::new(&measure, 3);
                let mut states = [measure.zero(); 3];
                for (at, value) in [(0, 7), (2, -5), (0, -9), (0, 3), (2, -5)] {
                    let value = match logical {
                        LogicalType::Float => Number::Float(f64::from(value)),
                        _ => Number::Units(i128::from(value)),
                    };
                    measure.add(&mut states[at], Some(value)).expect("a state");
                    let mut state = packed.get(at);
                    measure.add(&mut state, Some(value)).expect("a state");
                    packed.set(at, state);
                }
                let unpacked: Vec<State> = (0..3).map(|at| packed.get(at)).collect();
                let finish = |states: &[State]| measure.finish(states.iter(), |at| at as u64).expect("values");
                assert_eq!(&finish(&unpacked), &finish(&states), "{fold:?} of {logical}");
            }
        }
    }

    #[test]
    fn a_sum_beyond_its_type_names_the_row() {
        let measure = Measure::new(RunningFn::Sum, &LogicalType::Integer, "n").expect("a measure");
        let mut state = State::default();
        measure.add(&mut state, Some(Number::Units(i128::from(i64::MAX)))).unwrap();
        measure.add(&mut state, Some(Number::Units(1))).unwrap();
        let error = measure.finish([state].iter(), |_| 7).unwrap_err();
        assert_eq!(error.row, Some(7));
    }
}
