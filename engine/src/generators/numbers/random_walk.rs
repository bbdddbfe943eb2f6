//! A number that wanders from row to row.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::bridge::{Path, Point, follow, runs};
use super::super::interval::array_of;
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use super::{check_ends, first_unit, floats_of, last_unit};
use crate::plan::{Context, Groups, Member, Scalar};
use crate::problem::Problem;
use crate::quantile::normal_quantile;
use crate::random::{Key, open_unit};
use crate::schema::Param;
use crate::types::{DEFAULT_PRECISION, LogicalType};

/// A number that moves from row to row by a random step: the steps are normal, independent, of mean `drift` and standard deviation
/// `volatility`. At a bound its way is mirrored, the drift with it: what would rise on falls from there on, until it comes to the other bound.
/// With `type: integer` or `type: decimal` it is rounded, half to even; a value that the type does not hold stops the run.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RandomWalk {
    /// The value in the first row, of the table or of each group; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "location"))]
    start: Option<Param<f64>>,
    /// Mean of a step; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drift: Option<Param<f64>>,
    /// Standard deviation of a step, 0 or more; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "spread"))]
    volatility: Option<Param<f64>>,
    /// Smallest value; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// Largest value; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
    /// Columns within whose groups it starts anew; the whole table when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    per: Vec<String>,
}

impl Generator for RandomWalk {
    const EXAMPLE: &'static str = "{type: random_walk, start: 100, drift: 0.1, volatility: 2, min: 0}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let mut param = |param: &Option<Param<f64>>, default: f64, name: &str| {
            cx.param(param.as_ref().unwrap_or(&Param::Constant(default)), name)
        };
        let start = param(&self.start, 0.0, "start")?;
        let drift = param(&self.drift, 0.0, "drift")?;
        let volatility = param(&self.volatility, 1.0, "volatility")?;
        let min = param(&self.min, f64::NEG_INFINITY, "min")?;
        let max = param(&self.max, f64::INFINITY, "max")?;
        check_ends(&min, &max, f64::to_string)?;
        if let Scalar::Constant(volatility) = &volatility
            && !(volatility.is_finite() && *volatility >= 0.0)
        {
            let detail = format!("a volatility of {volatility} is not 0 or more");
            return Err(vec![Problem::new("too_small", detail).at("/volatility")]);
        }
        if let (Scalar::Constant(start), Scalar::Constant(min), Scalar::Constant(max)) = (&start, &min, &max)
            && !(min..=max).contains(&start)
        {
            let detail = format!("the start {start} does not lie between {min} and {max}");
            return Err(vec![Problem::new("empty_interval", detail).at("/start")]);
        }
        let (logical, units) = rounded(cx.declared());
        if let Scalar::Constant(start) = &start {
            check_fits(*start, &logical, units, "start")?;
        }
        if let (Some(units), Scalar::Constant(min), Scalar::Constant(max)) = (units, &min, &max)
            && first_unit(min * units) > last_unit(max * units)
        {
            let detail = format!("no {logical} lies between {min} and {max}");
            return Err(vec![Problem::new("empty_interval", detail).at("/max")]);
        }
        let groups = cx.groups(&self.per, &[])?;
        let fill =
            Walks { key: cx.key("value"), groups, start, drift, volatility, min, max, units, logical: logical.clone() };
        Ok(Made::computed(logical, fill))
    }
}

/// The type of a number that is computed as a float, and units of its last place where it is rounded to them.
pub(super) fn rounded(declared: Option<LogicalType>) -> (LogicalType, Option<f64>) {
    match declared {
        Some(LogicalType::Integer) => (LogicalType::Integer, Some(1.0)),
        // What holds fewer digits becomes a decimal of more on its way to the column.
        Some(LogicalType::Decimal { precision, scale }) if (0..DEFAULT_PRECISION as i8).contains(&scale) => {
            let precision = precision.min(DEFAULT_PRECISION);
            (LogicalType::Decimal { precision, scale }, Some(10_f64.powi(i32::from(scale))))
        }
        _ => (LogicalType::Float, None),
    }
}

/// The number of units from which on a type holds none, in either direction.
fn too_many(logical: &LogicalType) -> f64 {
    match logical {
        LogicalType::Decimal { precision, .. } => 10_f64.powi(i32::from(*precision)),
        // 2^63, of which an integer holds one less.
        _ => 9_223_372_036_854_775_808.0,
    }
}

/// A number as it is shown in a sentence, however large.
fn shown(value: f64) -> String {
    if value.abs() < 1e21 { value.to_string() } else { format!("{value:e}") }
}

/// Refuses a constant that the type does not hold.
pub(super) fn check_fits(value: f64, logical: &LogicalType, units: Option<f64>, name: &str) -> Result<(), Problems> {
    let units = units.map_or(0.0, |units| value * units);
    if value.is_finite() && libm::rint(units).abs() < too_many(logical) {
        return Ok(());
    }
    let detail = format!("{name} {} does not fit {logical}", shown(value));
    let problem = Problem::new("too_large", detail).remedy("take a number nearer to 0, or a wider type");
    Err(vec![problem.key(name)])
}

/// Floats as values of a type, rounded to its units between two bounds. A value that the type does not hold is an error, which names the row
/// and the `parameters` that lead to it.
pub(super) fn numbers(
    values: Vec<Option<(f64, f64, f64)>>,
    rows: &Rows,
    logical: &LogicalType,
    units: Option<f64>,
    parameters: &str,
) -> Result<ArrayRef, RunError> {
    let Some(units) = units else {
        let values = values.into_iter().map(|value| value.map(|(value, _, _)| value + 0.0));
        return Ok(Arc::new(values.collect::<Float64Array>()));
    };
    let too_many = too_many(logical);
    let mut whole = Vec::with_capacity(values.len());
    for (position, value) in values.into_iter().enumerate() {
        let Some((value, min, max)) = value else {
            whole.push(None);
            continue;
        };
        let rounded = libm::rint(value * units).min(last_unit(max * units)).max(first_unit(min * units));
        if !(value.is_finite() && rounded.abs() < too_many) {
            let detail = format!("{} does not fit {logical}; change {parameters}, or take a wider type", shown(value));
            return Err(RunError { row: Some(rows.at(position)), ..RunError::new(detail) });
        }
        whole.push(Some(rounded as i64));
    }
    array_of(whole.into_iter(), logical)
}

/// A random walk that starts at 0, of steps that are normal with variance 1; each index has one normal of its own.
struct Walk(Key);

impl Walk {
    fn normal(&self, index: u64) -> f64 {
        normal_quantile(open_unit(self.0.word(index)))
    }
}

impl Path for Walk {
    fn first(&self) -> f64 {
        self.normal(1)
    }

    fn double(&self, at: Point) -> f64 {
        at.1 + (at.0 as f64).sqrt() * self.normal(2 * at.0)
    }

    fn middle(&self, low: Point, high: Point) -> f64 {
        let length = high.0 - low.0;
        (low.1 + high.1) / 2.0 + (length as f64 / 4.0).sqrt() * self.normal(low.0 + length / 2)
    }
}

/// A value turned back at bounds as often as it leaves them.
fn fold(value: f64, min: f64, max: f64) -> f64 {
    let width = max - min;
    if width <= 0.0 {
        return min;
    }
    if (min..=max).contains(&value) {
        return value;
    }
    if width.is_finite() {
        let cycle = 2.0 * width;
        let past = (value - min) % cycle;
        let past = if past < 0.0 { past + cycle } else { past };
        let folded = if past > width { max - (past - width) } else { min + past };
        return folded.clamp(min, max);
    }
    if value < min { min + (min - value) } else { max - (value - max) }
}

struct Walks {
    key: Key,
    groups: Groups,
    start: Scalar<f64>,
    drift: Scalar<f64>,
    volatility: Scalar<f64>,
    min: Scalar<f64>,
    max: Scalar<f64>,
    units: Option<f64>,
    logical: LogicalType,
}

impl Fill for Walks {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let members = self.groups.members(cells.plan, rows)?;
        let mut walked = Vec::with_capacity(rows.len());
        for (positions, first) in runs(&members) {
            let walk = Walk(first.group.map_or(self.key, |group| self.key.child(group)));
            follow(&walk, first.index..first.index + positions.len() as u64, &mut walked);
        }
        let ends = |scalar| floats_of(cells, scalar);
        let (start, drift, volatility) = (ends(&self.start)?, ends(&self.drift)?, ends(&self.volatility)?);
        let (min, max) = (ends(&self.min)?, ends(&self.max)?);
        let value = |(position, member): (usize, &Member)| {
            let (min, max) = (min.at(position)?, max.at(position)?);
            let moved = start.at(position)?
                + drift.at(position)? * member.index as f64
                + volatility.at(position)? * walked[position];
            Some((fold(moved, min, max), min, max))
        };
        let values = members.iter().enumerate().map(value).collect();
        numbers(values, rows, &self.logical, self.units, "drift and volatility, or set min and max")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    fn walk(index: u64) -> Walk {
        Walk(Seeds::new(8).key("t", "walk", "value", index))
    }

    fn values(walk: &Walk, range: std::ops::Range<u64>) -> Vec<f64> {
        let mut out = Vec::new();
        follow(walk, range, &mut out);
        out
    }

    #[test]
    fn any_part_of_a_walk_made_alone_is_that_of_the_whole() {
        let whole = values(&walk(0), 0..10_000);
        assert_eq!((whole.len(), whole[0]), (10_000, 0.0));
        for (start, end) in [
            (0, 1),
            (0, 2),
            (1, 2),
            (1, 3),
            (2, 5),
            (3, 4),
            (4_095, 4_097),
            (4_096, 8_192),
            (5_000, 10_000),
            (8_191, 8_193),
        ] {
            assert_eq!(values(&walk(0), start..end), whole[start as usize..end as usize], "{start}..{end}");
        }
        let far = 100_000_000_000;
        assert_eq!(values(&walk(0), far..far + 3)[1..], values(&walk(0), far + 1..far + 3));
    }

    #[test]
    fn steps_are_standard_normal_and_do_not_depend_on_each_other() {
        let walked = values(&walk(1), 0..1 << 18);
        let steps: Vec<f64> = walked.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let n = steps.len() as f64;
        let mean = steps.iter().sum::<f64>() / n;
        let variance = steps.iter().map(|step| (step - mean) * (step - mean)).sum::<f64>() / n;
        // Five standard errors.
        assert!(mean.abs() < 5.0 / n.sqrt(), "{mean}");
        assert!((variance - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "{variance}");
        for lag in [1, 2, 3, 4, 64, 4_096] {
            let sum: f64 = steps.windows(lag + 1).map(|window| window[0] * window[lag]).sum();
            assert!((sum / n).abs() < 5.0 / n.sqrt(), "lag {lag}: {}", sum / n);
        }
        // Kolmogorov–Smirnov at alpha 1e-6: √n·D stays below 2.7.
        let mut sorted = steps;
        sorted.sort_by(f64::total_cmp);
        let distance = sorted
            .iter()
            .enumerate()
            .map(|(at, step)| {
                let below = crate::quantile::normal_cdf(*step);
                (below - at as f64 / n).abs().max((below - (at + 1) as f64 / n).abs())
            })
            .fold(0.0, f64::max);
        assert!(distance * n.sqrt() < 2.7, "{distance}");
    }

    #[test]
    fn the_variance_of_a_walk_is_its_length() {
        // 2,000 walks: a standard error of the variance of √(2/2000) = 0.032, four of them allowed.
        for index in [1, 5, 4_096, 5_000, 65_536, 983_040] {
            let square: f64 = (0..2_000)
                .map(|number| {
                    let value = values(&walk(10 + number), index..index + 1)[0];
                    value * value
                })
                .sum();
            let ratio = square / 2_000.0 / index as f64;
            assert!((ratio - 1.0).abs() < 0.13, "{index}: {ratio}");
        }
    }

    #[test]
    fn a_bound_turns_the_walk_back() {
        for (value, expected) in [(5.0, 5.0), (12.0, 8.0), (-3.0, 3.0), (23.0, 3.0), (-12.0, 8.0), (10.0, 10.0)] {
            assert_eq!(fold(value, 0.0, 10.0), expected, "{value}");
        }
        assert_eq!(fold(-3.0, 0.0, f64::INFINITY), 3.0);
        assert_eq!(fold(12.0, f64::NEG_INFINITY, 10.0), 8.0);
        assert_eq!(fold(7.0, 3.0, 3.0), 3.0);
    }
}
