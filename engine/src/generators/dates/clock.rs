//! Times of day, ages and durations.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::{Date32Type, TimestampMicrosecondType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::interval::{Step, Uniform, array_of, empty_interval, row_bounds};
use super::super::numbers::check_ends;
use super::super::{Cells, Countable, Fill, Generator, Made, Problems, Rows, RunError};
use super::OffsetUnit;
use crate::plan::{Context, RowBound, Scalar, below};
use crate::problem::Problem;
use crate::quantile::{Quantile, TruncatedNormal};
use crate::random::{Key, open_unit};
use crate::schema::{self, DAY_US, Param, Span, civil_of_days};
use crate::types::LogicalType;

const SECOND_US: i64 = 1_000_000;

/// A time of day in whole seconds; each between the bounds is equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeOfDay {
    /// First time; 00:00:00 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    start: Option<schema::Time>,
    /// Last time; 23:59:59 when absent. One before the first runs over midnight: 22:00 to 06:00 is a night shift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    end: Option<schema::Time>,
}

impl Generator for TimeOfDay {
    const EXAMPLE: &'static str = "{type: time_of_day, start: \"08:00:00\", end: \"17:59:59\"}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let start = self.start.map_or(0, |time| time.0);
        let end = self.end.map_or(DAY_US - SECOND_US, |time| time.0);
        let length = (end - start).rem_euclid(DAY_US);
        let times = Times { key: cx.key("value"), start, count: (length / SECOND_US + 1) as u64 };
        Ok(Made::drawn(LogicalType::Time, times.clone()).counted(times))
    }
}

/// Seconds from a time of day on, over midnight where they come to it.
#[derive(Clone)]
struct Times {
    key: Key,
    start: i64,
    count: u64,
}

impl Times {
    fn array(&self, places: impl ExactSizeIterator<Item = u64>) -> Result<ArrayRef, RunError> {
        let us = places.map(|place| Some((self.start + place as i64 * SECOND_US) % DAY_US));
        array_of(us, &LogicalType::Time)
    }
}

impl Fill for Times {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let places: Vec<u64> = rows.iter().map(|row| key.below(row, self.count)).collect();
        self.array(places.into_iter())
    }
}

impl Countable for Times {
    fn count(&self) -> u128 {
        u128::from(self.count)
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        self.array(positions.iter().map(|position| *position as u64)).expect("times of day are an array")
    }
}

/// Whole years from the date of another column to the dataset's reference_time: an age. Below 0 for a date that is still to come.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgeFrom {
    /// The column with the date.
    column: String,
}

impl Generator for AgeFrom {
    const EXAMPLE: &'static str = "{type: age_from, column: born_on}";
    const EXAMPLE_BESIDE: &'static str =
        "{columns: [{name: born_on, generator: {type: date, start: 1940-01-01, end: 2007-12-31}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let input = cx.column(&self.column).map_err(|found| below(found, "column"))?;
        let logical = cx.input_type(input);
        if !matches!(logical, LogicalType::Date | LogicalType::Datetime) {
            let detail = format!("{} is {logical}, and an age counts from a date or datetime", self.column);
            return Err(vec![Problem::new("wrong_type", detail).at("/column")]);
        }
        let today = cx.reference_time_us().div_euclid(DAY_US);
        Ok(Made::computed(LogicalType::Integer, Ages { today }))
    }
}

/// Whole years from one day to another; who is born on 29 February is a year older on 1 March where there is no such day.
fn years_between(from: i64, to: i64) -> i64 {
    let ((year, month, day), (last_year, last_month, last_day)) = (civil_of_days(from), civil_of_days(to));
    last_year - year - i64::from((last_month, last_day) < (month, day))
}

struct Ages {
    today: i64,
}

impl Fill for Ages {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        let source = &cells.inputs[0];
        let years = |day: i64| years_between(day, self.today);
        let ages: Int64Array = match source.as_primitive_opt::<Date32Type>() {
            Some(dates) => dates.iter().map(|day| day.map(|day| years(i64::from(day)))).collect(),
            None => source
                .as_primitive::<TimestampMicrosecondType>()
                .iter()
                .map(|us| us.map(|us| years(us.div_euclid(DAY_US))))
                .collect(),
        };
        Ok(Arc::new(ages))
    }
}

/// How long something takes, as a whole number of a unit of time.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Duration {
    /// What the number counts; minute when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<OffsetUnit>,
    /// Shortest, in the unit or with one of its own as in 90min; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<Span>>,
    /// Longest, in the unit or with one of its own as in 8h; 60 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<Span>>,
    /// Which durations are usual; uniform when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    distribution: Option<DurationShape>,
}

/// Which durations are usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DurationShape {
    /// All alike.
    Uniform,
    /// Short ones: exponential from the shortest on, with a mean of a quarter of the span, cut off at the longest.
    Exponential,
    /// Those in the middle: normal, with a standard deviation of a sixth of the span, cut off at both ends.
    Normal,
}

impl Duration {
    fn unit(&self) -> OffsetUnit {
        self.unit.unwrap_or(OffsetUnit::Minute)
    }

    /// A bound in the unit.
    fn units(&self, span: Span, name: &str) -> Result<i64, Problem> {
        let Some(own) = span.unit else { return Ok(span.amount) };
        let refused = |detail: String| Problem::new("wrong_unit", detail).at(format!("/{name}"));
        let Some(unit) = self.unit().us() else {
            return Err(refused("months and years have no fixed length, so bounds are plain numbers".to_owned()));
        };
        let us = i128::from(span.amount) * i128::from(own.us());
        match i64::try_from(us / i128::from(unit)) {
            Ok(units) if us % i128::from(unit) == 0 => Ok(units),
            _ => Err(refused("the bound is no whole number of the unit".to_owned())),
        }
    }
}

impl Generator for Duration {
    const EXAMPLE: &'static str = "{type: duration, unit: minute, min: 5, max: 8h, distribution: exponential}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let mut end = |param: &Option<Param<Span>>, default: i64, name: &str| -> Result<Scalar<i64>, Problems> {
            let default = Param::Constant(Span { amount: default, unit: None });
            match cx.param(param.as_ref().unwrap_or(&default), name)? {
                Scalar::Constant(span) => self.units(span, name).map(Scalar::Constant).map_err(|problem| vec![problem]),
                Scalar::Input(input) => Ok(Scalar::Input(input)),
            }
        };
        let (min, max) = (end(&self.min, 1, "min")?, end(&self.max, 60, "max")?);
        check_ends(&min, &max, i64::to_string)?;
        let (key, logical, bounds) = (cx.key("value"), LogicalType::Integer, cx.bounds().to_vec());
        let shape = self.distribution.unwrap_or(DurationShape::Uniform);
        if shape == DurationShape::Uniform {
            return Ok(Uniform { key, logical, min, max, step: Step::Every(1), bounds }.made());
        }
        Ok(Made::drawn(logical, Durations { key, min, max, bounds, shape }))
    }
}

struct Durations {
    key: Key,
    min: Scalar<i64>,
    max: Scalar<i64>,
    bounds: Vec<RowBound>,
    shape: DurationShape,
}

impl DurationShape {
    /// A whole number between two, by a number in (0, 1): drawn half a unit beyond the ends, so that they keep their mass.
    fn at(self, min: i64, max: i64, u: f64) -> i64 {
        let (low, high) = (min as f64 - 0.5, max as f64 + 0.5);
        let span = high - low;
        let drawn = match self {
            DurationShape::Uniform => low + span * u,
            DurationShape::Exponential => {
                let mean = span / 4.0;
                low - mean * libm::log1p(u * libm::expm1(-span / mean))
            }
            DurationShape::Normal => TruncatedNormal::new(f64::midpoint(low, high), span / 6.0, low, high).at(u),
        };
        (libm::rint(drawn) as i64).clamp(min, max)
    }
}

impl Fill for Durations {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let logical = LogicalType::Integer;
        let (low, high) = row_bounds(cells, &logical, &self.min, &self.max, &self.bounds, rows.len())?;
        let mut values = Vec::with_capacity(rows.len());
        for (position, word) in cells.words(&self.key, rows).into_iter().enumerate() {
            match (low[position], high[position]) {
                (Some(min), Some(max)) if max < min => {
                    return Err(empty_interval(&logical, min, max, rows.at(position)));
                }
                (Some(min), Some(max)) => values.push(Some(self.shape.at(min, max, open_unit(word)))),
                _ => values.push(None),
            }
        }
        array_of(values.into_iter(), &logical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_makes_a_year_older() {
        let day = |text: &str| i64::from(schema::parse_date(text).expect("a date"));
        let years = |from, to| years_between(day(from), day(to));
        assert_eq!(years("1990-06-15", "2026-06-14"), 35);
        assert_eq!(years("1990-06-15", "2026-06-15"), 36);
        assert_eq!(years("2000-02-29", "2025-02-28"), 24);
        assert_eq!(years("2000-02-29", "2025-03-01"), 25);
        assert_eq!(years("2026-01-02", "2026-01-01"), -1);
    }

    #[test]
    fn a_night_shift_runs_over_midnight() {
        let start = 22 * 3_600 * SECOND_US;
        let times = Times { key: crate::random::Seeds::new(1).key("t", "c", "value", 0), start, count: 8 * 3_600 + 1 };
        let array = times.unrank(&[0, 7_199, 7_200, 28_800]);
        let us = array.as_primitive::<datafusion::arrow::datatypes::Time64MicrosecondType>();
        let seconds: Vec<i64> = us.values().iter().map(|us| us / SECOND_US).collect();
        assert_eq!(seconds, [79_200, 86_399, 0, 21_600]);
    }

    #[test]
    fn durations_keep_their_ends_and_their_shape() {
        let n = 100_000;
        for shape in [DurationShape::Exponential, DurationShape::Normal] {
            let drawn: Vec<i64> = (0..n).map(|at| shape.at(10, 20, (f64::from(at) + 0.5) / f64::from(n))).collect();
            assert!(drawn.is_sorted());
            assert_eq!((drawn[0], drawn[drawn.len() - 1]), (10, 20));
            let mean = drawn.iter().sum::<i64>() as f64 / f64::from(n);
            let expected = if shape == DurationShape::Normal { 15.0 } else { 12.05 };
            assert!((mean - expected).abs() < 0.1, "{shape:?}: {mean}");
        }
        assert_eq!(DurationShape::Exponential.at(5, 5, 0.99), 5);
    }
}
