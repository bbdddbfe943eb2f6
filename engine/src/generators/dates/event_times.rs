//! Instants at which something happens, one after the other.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::bridge::{Path, Point, follow, runs};
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use super::column_of;
use super::profile::{HOUR_US, Profile, WEEK_HOURS, WEEK_US, hour_weights, in_week};
use crate::plan::{Context, Groups, Member, Scalar, Side, units_of};
use crate::problem::Problem;
use crate::quantile::normal_quantile;
use crate::random::{Cell, Key, open_unit, unit};
use crate::schema::{self, DAY_US, Param};
use crate::types::LogicalType;

/// The instants of events in the order in which they happen, each after the one of the row before it, from a start on; over the whole table
/// or within each group.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventTimes {
    /// How events follow each other; poisson when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    process: Option<EventProcess>,
    /// Events per unit of time on average, above 0.
    rate: Param<f64>,
    /// The unit of time of the rate; hour when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<RateUnit>,
    /// When time begins to run: a regular process has its first event then, the others some time after. The dataset's reference_time when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    start: Option<Param<schema::Datetime>>,
    /// How the rate of a cyclic process goes up and down over the hours of the week, UTC; diurnal when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<Profile>,
    /// Columns within whose groups it starts anew; the whole table when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    per: Vec<String>,
}

/// How events follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventProcess {
    /// By chance at a constant rate: the gaps are exponential.
    Poisson,
    /// At equal distances.
    Regular,
    /// By chance at a rate that goes up and down over the week.
    Cyclic,
}

/// Units of time of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum RateUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
}

impl RateUnit {
    fn us(self) -> f64 {
        match self {
            RateUnit::Second => 1e6,
            RateUnit::Minute => 60e6,
            RateUnit::Hour => HOUR_US as f64,
            RateUnit::Day => DAY_US as f64,
            RateUnit::Week => WEEK_US as f64,
        }
    }
}

/// The first instant after the year 9999.
const END_US: i64 = 253_402_300_800_000_000;

impl Generator for EventTimes {
    const EXAMPLE: &'static str = "{type: event_times, process: poisson, rate: 12, start: 2024-01-01T00:00:00Z}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let process = self.process.unwrap_or(EventProcess::Poisson);
        let profile = match (process, self.profile) {
            (EventProcess::Cyclic, profile) => profile.unwrap_or(Profile::Diurnal),
            (_, None) => Profile::Uniform,
            (_, Some(_)) => {
                let problem = Problem::new("contradiction", "only a cyclic process has a profile").at("/profile");
                return Err(vec![problem.remedy("say process: cyclic, or leave profile out")]);
            }
        };
        let rate = cx.param(&self.rate, "rate")?;
        if let Scalar::Constant(rate) = &rate
            && !(rate.is_finite() && *rate > 0.0)
        {
            return Err(vec![Problem::new("too_small", format!("a rate of {rate} is not above 0")).at("/rate")]);
        }
        let start = match &self.start {
            None => Scalar::Constant(cx.reference_time_us()),
            Some(start) => match cx.param(start, "start")? {
                Scalar::Constant(schema::Datetime(us)) => Scalar::Constant(us),
                Scalar::Input(input) => {
                    let logical = cx.input_type(input);
                    if !matches!(logical, LogicalType::Date | LogicalType::Datetime) {
                        let detail = format!("a start of type {logical} is no date or datetime");
                        return Err(vec![Problem::new("wrong_type", detail).at("/start/sql")]);
                    }
                    Scalar::Input(input)
                }
            },
        };
        let groups = cx.groups(&self.per, &[])?;
        let unit_us = self.unit.unwrap_or(RateUnit::Hour).us();
        if let (Groups::Whole, Scalar::Constant(rate), Scalar::Constant(start)) = (&groups, &rate, &start) {
            let rows = cx.rows()?;
            if *start as f64 + rows as f64 / rate * unit_us >= END_US as f64 {
                let detail = format!("{rows} events at this rate do not end before the year 10000");
                let problem = Problem::new("too_large", detail).at("/rate");
                return Err(vec![problem.remedy("raise the rate, or ask for fewer rows")]);
            }
        }
        let fill =
            Events { key: cx.key("value"), process, weights: hour_weights(profile), groups, rate, start, unit_us };
        Ok(Made::computed(LogicalType::Datetime, fill))
    }

    fn above(&self) -> Vec<&str> {
        self.start.as_ref().map(column_of).unwrap_or_default()
    }
}

/// The arrivals of a Poisson process of rate 1: the first i gaps add up to a gamma variable of shape i, and halfway between two arrivals the
/// time is split by a beta variable of equal shapes, the share of one gamma variable in the sum of two.
struct Arrivals(Key);

impl Path for Arrivals {
    fn first(&self) -> f64 {
        gamma(1, &mut self.0.cell(1))
    }

    fn double(&self, at: Point) -> f64 {
        at.1 + gamma(at.0, &mut self.0.cell(2 * at.0))
    }

    fn middle(&self, low: Point, high: Point) -> f64 {
        let half = (high.0 - low.0) / 2;
        let mut cell = self.0.cell(low.0 + half);
        let share = if half == 1 {
            unit(cell.next())
        } else {
            let (before, after) = (gamma(half, &mut cell), gamma(half, &mut cell));
            before / (before + after)
        };
        // Rounding must not put it behind its end.
        (low.1 + (high.1 - low.1) * share).min(high.1)
    }
}

/// A gamma variable of a whole shape and scale 1 (Marsaglia & Tsang 2000).
fn gamma(shape: u64, cell: &mut Cell) -> f64 {
    if shape == 1 {
        return -libm::log(open_unit(cell.next()));
    }
    let d = shape as f64 - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal_quantile(open_unit(cell.next()));
        let root = 1.0 + c * x;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let u = open_unit(cell.next());
        let square = x * x;
        if u < 1.0 - 0.0331 * square * square || libm::log(u) < 0.5 * square + d * (1.0 - v + libm::log(v)) {
            return d * v;
        }
    }
}

struct Events {
    key: Key,
    process: EventProcess,
    /// The rate of each hour of the week over its mean.
    weights: Vec<f64>,
    groups: Groups,
    rate: Scalar<f64>,
    start: Scalar<i64>,
    unit_us: f64,
}

impl Events {
    /// The time after the start at which so many events were to be expected, in units of 1/rate, for each row.
    fn elapsed(&self, members: &[Member]) -> Vec<f64> {
        let mut elapsed = Vec::with_capacity(members.len());
        for (positions, first) in runs(members) {
            let range = first.index..first.index + positions.len() as u64;
            if self.process == EventProcess::Regular {
                elapsed.extend(range.map(|index| index as f64));
            } else {
                let key = first.group.map_or(self.key, |group| self.key.child(group));
                follow(&Arrivals(key), range.start + 1..range.end + 1, &mut elapsed);
            }
        }
        elapsed
    }
}

/// The instant at which a rate that comes back every week has added up to `hours` since `start` (inversion of the cumulated rate, Çinlar
/// 1975). `cumulated` are the sums of the hours' rates, from 0 to the hours of a week.
fn inverted(start: i64, hours: f64, weights: &[f64], cumulated: &[f64]) -> Option<i64> {
    let (hour, within) = in_week(start);
    let passed = cumulated[hour] + weights[hour] * (within as f64 / HOUR_US as f64);
    let target = passed + hours;
    let weeks = libm::floor(target / WEEK_HOURS as f64);
    let left = target - weeks * WEEK_HOURS as f64;
    let hour = cumulated.partition_point(|sum| *sum <= left).clamp(1, WEEK_HOURS) - 1;
    let part = ((left - cumulated[hour]) / weights[hour]).clamp(0.0, 1.0);
    let monday = start - in_week(start).0 as i64 * HOUR_US - in_week(start).1;
    let us =
        (weeks as i64).checked_mul(WEEK_US)?.checked_add(hour as i64 * HOUR_US + (part * HOUR_US as f64) as i64)?;
    // The start itself passes through a division and back.
    Some(monday.checked_add(us)?.max(start))
}

impl Fill for Events {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let members = self.groups.members(cells.plan, rows)?;
        let elapsed = self.elapsed(&members);
        let starts = match &self.start {
            Scalar::Constant(start) => vec![Some(*start); rows.len()],
            Scalar::Input(input) => units_of(&cells.inputs[*input], &LogicalType::Datetime, Side::Lower)?,
        };
        let rates = match &self.rate {
            Scalar::Constant(_) => None,
            Scalar::Input(input) => Some(
                cast(&cells.inputs[*input], &DataType::Float64).map_err(|error| RunError::new(error.to_string()))?,
            ),
        };
        let mut cumulated = vec![0.0];
        for (hour, weight) in self.weights.iter().enumerate() {
            cumulated.push(cumulated[hour] + weight);
        }
        let mut values = Vec::with_capacity(rows.len());
        for (position, elapsed) in elapsed.into_iter().enumerate() {
            let rate = match (&self.rate, &rates) {
                (Scalar::Constant(rate), _) => Some(*rate),
                (_, Some(rates)) => {
                    rates.is_valid(position).then(|| rates.as_primitive::<Float64Type>().value(position))
                }
                _ => None,
            };
            let (Some(start), Some(rate)) = (starts[position], rate) else {
                values.push(None);
                continue;
            };
            let failed = |detail: String| RunError { row: Some(rows.at(position)), ..RunError::new(detail) };
            if rate.is_nan() || rate <= 0.0 {
                return Err(failed(format!("a rate of {rate} is not above 0")));
            }
            let us = elapsed / rate * self.unit_us;
            let instant = match self.process {
                EventProcess::Poisson => start.checked_add(us as i64),
                EventProcess::Regular => start.checked_add(libm::rint(us) as i64),
                EventProcess::Cyclic => inverted(start, us / HOUR_US as f64, &self.weights, &cumulated),
            };
            match instant.filter(|instant| *instant < END_US) {
                Some(instant) => values.push(Some(instant)),
                None => return Err(failed("the event happens after the year 9999".to_owned())),
            }
        }
        Ok(Arc::new(TimestampMicrosecondArray::from(values)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    fn arrivals(index: u64) -> Arrivals {
        Arrivals(Seeds::new(5).key("t", "at", "value", index))
    }

    fn times(arrivals: &Arrivals, range: std::ops::Range<u64>) -> Vec<f64> {
        let mut out = Vec::new();
        follow(arrivals, range, &mut out);
        out
    }

    #[test]
    fn gaps_are_exponential_and_do_not_depend_on_each_other() {
        let times = times(&arrivals(0), 0..200_001);
        let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| *gap >= 0.0));
        let n = gaps.len() as f64;
        for lag in [1, 2, 3, 4, 4_096] {
            let sum: f64 = gaps.windows(lag + 1).map(|window| (window[0] - 1.0) * (window[lag] - 1.0)).sum();
            assert!((sum / n).abs() < 5.0 / n.sqrt(), "lag {lag}: {}", sum / n);
        }
        // Kolmogorov–Smirnov at alpha 1e-6: √n·D stays below 2.7.
        let mut sorted = gaps;
        sorted.sort_by(f64::total_cmp);
        let distance = sorted
            .iter()
            .enumerate()
            .map(|(at, gap)| {
                let below = -libm::expm1(-gap);
                (below - at as f64 / n).abs().max((below - (at + 1) as f64 / n).abs())
            })
            .fold(0.0, f64::max);
        assert!(distance * n.sqrt() < 2.7, "{distance}");
    }

    #[test]
    fn times_made_alone_are_those_of_the_whole_and_have_their_mean_and_variance() {
        let whole = times(&arrivals(1), 0..9_000);
        for (start, end) in [(0, 1), (1, 2), (7, 9), (4_095, 4_098), (8_192, 9_000)] {
            assert_eq!(times(&arrivals(1), start..end), whole[start as usize..end as usize]);
        }
        for index in [3_u64, 700, 4_096, 100_000] {
            let drawn: Vec<f64> = (0..2_000).map(|number| times(&arrivals(10 + number), index..index + 1)[0]).collect();
            let (n, shape) = (drawn.len() as f64, index as f64);
            let mean = drawn.iter().sum::<f64>() / n;
            let variance = drawn.iter().map(|time| (time - shape) * (time - shape)).sum::<f64>() / n;
            assert!((mean - shape).abs() < 5.0 * (shape / n).sqrt(), "{index}: {mean}");
            // The variance of a square of a gamma variable is 2 + 6/shape of its own.
            assert!((variance / shape - 1.0).abs() < 5.0 * ((2.0 + 6.0 / shape) / n).sqrt(), "{index}: {variance}");
        }
    }

    #[test]
    fn a_rate_that_goes_up_and_down_is_inverted_where_it_was_cumulated() {
        let weights = hour_weights(Profile::BusinessHours);
        let mut cumulated = vec![0.0];
        for weight in &weights {
            cumulated.push(cumulated[cumulated.len() - 1] + weight);
        }
        assert!((cumulated[WEEK_HOURS] - WEEK_HOURS as f64).abs() < 1e-9);
        // 2024-01-03 is a Wednesday; half past ten.
        let start = schema::parse_datetime("2024-01-03T10:30:00Z").expect("an instant");
        assert_eq!(inverted(start, 0.0, &weights, &cumulated), Some(start));
        let week = inverted(start, WEEK_HOURS as f64, &weights, &cumulated).expect("an instant");
        assert!((week - start - WEEK_US).abs() <= 2, "{week}");
        let mut before = start;
        for step in 1..2_000 {
            let at = inverted(start, f64::from(step) * 0.37, &weights, &cumulated).expect("an instant");
            assert!(at >= before);
            before = at;
        }
    }
}
