//! A number that depends on time: trend, seasons and noise.

use std::f64::consts::PI;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::{Date32Type, TimestampMicrosecondType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use super::floats_of;
use super::random_walk::{check_fits, numbers, rounded};
use crate::plan::{Context, Groups, Scalar};
use crate::problem::Problem;
use crate::quantile::normal_quantile;
use crate::random::{Key, open_unit, threshold, unit};
use crate::schema::{DAY_US, Param, Span};
use crate::types::LogicalType;

/// A measurement that is taken row after row: a base, a straight trend, seasons that come back, noise and a few anomalies, added up. With
/// `type: integer` or `type: decimal` it is rounded, half to even; a value that the type does not hold stops the run.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeSeries {
    /// The level of the first row, of the table or of each group; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "location"))]
    base: Option<Param<f64>>,
    /// What each row adds to the level; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trend: Option<Param<f64>>,
    /// Waves on top of the level; none when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seasons: Vec<Season>,
    /// Standard deviation of what is added to each row by chance, 0 or more; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "spread"))]
    noise: Option<Param<f64>>,
    /// Share of rows that stand out, 0 to 1: they lie higher or lower by 4 to 8 times the noise; where there is none by as much of the largest
    /// amplitude, or else of a tenth of the base. 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    anomaly_rate: Option<f64>,
    /// The column with the row's date or datetime, by which a period that is a duration is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    /// Columns within whose groups it starts anew; the whole table when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    per: Vec<String>,
}

/// After what a wave comes back.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Period {
    /// So many rows.
    Rows(f64),
    /// So long.
    Time(Span),
}

impl Period {
    /// Microseconds, where it is a duration.
    fn us(self) -> Option<i64> {
        match self {
            Period::Rows(_) => None,
            Period::Time(Span { amount, unit }) => Some(amount.saturating_mul(unit?.us())),
        }
    }
}

/// A wave: `amplitude · sin(2π · row / period + phase)`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// After how many rows it comes back, above 0; or after how long, such as `7d` or `24h`, by the row's `time`, counted from 1970 on.
    period: Period,
    /// Its height above the level; as deep does it go below.
    amplitude: f64,
    /// Where it stands in the first row, in radians; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phase: Option<f64>,
}

impl Season {
    /// Its height in a row of a group, at an instant where one is known.
    fn at(&self, index: u64, us: Option<i64>) -> Option<f64> {
        // The remainder is exact, so that a late row has as many digits as an early one.
        let turn = match (self.period, self.period.us()) {
            (_, Some(period)) => us?.rem_euclid(period) as f64 / period as f64,
            (Period::Rows(period), None) => (index as f64 % period) / period,
            (Period::Time(span), None) => (index as f64 % span.amount as f64) / span.amount as f64,
        };
        Some(self.amplitude * libm::sin(2.0 * PI * turn + self.phase.unwrap_or(0.0)))
    }
}

impl Generator for TimeSeries {
    const EXAMPLE: &'static str = "{type: time_series, base: 200, trend: 0.05, seasons: [{period: 7, amplitude: 30}, {period: 365.25, amplitude: 60, phase: 1.5}], noise: 8, anomaly_rate: 0.01}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        for (at, season) in self.seasons.iter().enumerate() {
            let place = format!("/seasons/{at}/period");
            let refused = match season.period {
                Period::Rows(rows) => !(rows.is_finite() && rows > 0.0),
                Period::Time(span) => span.amount <= 0,
            };
            if refused {
                let detail = match season.period {
                    Period::Rows(rows) => format!("a period of {rows} rows is not above 0"),
                    Period::Time(span) => format!("a period of {} is not above 0", span.amount),
                };
                return Err(vec![Problem::new("too_small", detail).at(place)]);
            }
            if season.period.us().is_some() && self.time.is_none() {
                let detail = "a period that is a duration needs the column with the row's time";
                let remedy = "name it as time, or write the period as a number of rows";
                return Err(vec![Problem::new("missing_time", detail).remedy(remedy).at(place)]);
            }
        }
        let time = match &self.time {
            None => None,
            Some(column) => {
                let at = |found: Problems| found.into_iter().map(|problem| problem.at("/time")).collect::<Problems>();
                let input = cx.column(column).map_err(at)?;
                if !matches!(cx.input_type(input), LogicalType::Date | LogicalType::Datetime) {
                    let detail = format!("a time is a date or datetime, and {column} is {}", cx.input_type(input));
                    return Err(vec![Problem::new("wrong_type", detail).at("/time")]);
                }
                Some(input)
            }
        };
        let rate = self.anomaly_rate.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&rate) {
            let detail = format!("a share of {rate} does not lie between 0 and 1");
            return Err(vec![Problem::new("out_of_range", detail).at("/anomaly_rate")]);
        }
        let mut param =
            |param: &Option<Param<f64>>, name: &str| cx.param(param.as_ref().unwrap_or(&Param::Constant(0.0)), name);
        let (base, trend, noise) =
            (param(&self.base, "base")?, param(&self.trend, "trend")?, param(&self.noise, "noise")?);
        if let Scalar::Constant(noise) = &noise
            && !(noise.is_finite() && *noise >= 0.0)
        {
            let detail = format!("a noise of {noise} is not 0 or more");
            return Err(vec![Problem::new("too_small", detail).at("/noise")]);
        }
        let (logical, units) = rounded(cx.declared());
        if let Scalar::Constant(base) = &base {
            check_fits(*base, &logical, units, "base")?;
        }
        let groups = cx.groups(&self.per, &[])?;
        let largest = self.seasons.iter().map(|season| season.amplitude.abs()).fold(0.0, f64::max);
        let fill = Series {
            noise_key: cx.key("value"),
            anomaly_key: cx.key("component"),
            size_key: cx.key("element"),
            groups,
            time,
            base,
            trend,
            noise,
            seasons: self.seasons.clone(),
            largest,
            anomalies: threshold(rate),
            units,
            logical: logical.clone(),
        };
        Ok(Made::computed(logical, fill))
    }
}

struct Series {
    noise_key: Key,
    anomaly_key: Key,
    size_key: Key,
    groups: Groups,
    /// The input of the row's time.
    time: Option<usize>,
    base: Scalar<f64>,
    trend: Scalar<f64>,
    noise: Scalar<f64>,
    seasons: Vec<Season>,
    /// The largest amplitude.
    largest: f64,
    anomalies: u128,
    units: Option<f64>,
    logical: LogicalType,
}

impl Fill for Series {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let members = self.groups.members(cells.plan, rows)?;
        let ends = |scalar| floats_of(cells, scalar);
        let (base, trend, noise) = (ends(&self.base)?, ends(&self.trend)?, ends(&self.noise)?);
        let times = self.time.map(|input| instants(&cells.inputs[input])).transpose()?;
        // Noise and anomalies are the row's own; only level and seasons look at its place in the group.
        let value = |position: usize| {
            let (row, index) = (rows.at(position), members[position].index);
            let (base, noise) = (base.at(position)?, noise.at(position)?);
            let mut value = base + trend.at(position)? * index as f64;
            let us = times.as_ref().and_then(|times| times[position]);
            for season in &self.seasons {
                value += season.at(index, us)?;
            }
            value += noise * normal_quantile(open_unit(self.noise_key.word(row)));
            if u128::from(self.anomaly_key.word(row)) < self.anomalies {
                let spread = match (noise > 0.0, self.largest > 0.0) {
                    (true, _) => noise,
                    (false, true) => self.largest,
                    (false, false) => base.abs() / 10.0,
                };
                // One word: its first bit says whether up or down, the others by how much.
                let word = self.size_key.word(row);
                let size = spread * (4.0 + 4.0 * unit(word << 1));
                value += if word >> 63 == 0 { size } else { -size };
            }
            Some((value, f64::NEG_INFINITY, f64::INFINITY))
        };
        let values = (0..rows.len()).map(value).collect();
        numbers(values, rows, &self.logical, self.units, "base, trend, seasons and noise")
    }
}

/// Microseconds since 1970 of dates or datetimes.
fn instants(array: &ArrayRef) -> Result<Vec<Option<i64>>, RunError> {
    if let Some(days) = array.as_primitive_opt::<Date32Type>() {
        return Ok(days.iter().map(|day| day.map(|day| i64::from(day) * DAY_US)).collect());
    }
    let instants = array.as_primitive_opt::<TimestampMicrosecondType>();
    Ok(instants.ok_or_else(|| RunError::new("a time that is none"))?.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_comes_back_after_its_period_however_late() {
        let season = Season { period: Period::Rows(7.0), amplitude: 3.0, phase: Some(0.5) };
        let week = Span { amount: 1, unit: Some(crate::schema::SpanUnit::Week) };
        let weekly = Season { period: Period::Time(week), amplitude: 3.0, phase: Some(0.5) };
        for day in 0..7 {
            let early = season.at(day, None).expect("rows need no time");
            assert_eq!(Some(early), season.at(day + 7 * 100_000_000_000, None));
            assert!((early - 3.0 * libm::sin(2.0 * PI * day as f64 / 7.0 + 0.5)).abs() < 1e-12);
            // 1970 begins with a Thursday, and so does every week of the wave.
            let at = |week: i64| weekly.at(0, Some((day as i64 + 7 * week) * DAY_US));
            assert!((at(3).expect("a time") - early).abs() < 1e-12 && at(-2) == at(5));
        }
        assert_eq!(weekly.at(0, None), None);
    }
}
