//! How instants spread over the hours of the week.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::interval::{array_of, empty_interval, row_bounds};
use super::super::shape::{Factor, Shape};
use super::super::{Cells, Countable, Fill, Rows, RunError};
use crate::plan::{RowBound, Scalar};
use crate::problem::Problem;
use crate::random::{Key, threshold};
use crate::schema::DAY_US;
use crate::types::LogicalType;

pub(super) const HOUR_US: i64 = 3_600_000_000;
pub(super) const WEEK_US: i64 = 7 * DAY_US;
pub(super) const WEEK_HOURS: usize = 168;

/// How instants spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Every instant alike.
    Uniform,
    /// Mostly in working hours: nine in ten on Monday to Friday from 8 to 18, fewer at the edges and at noon.
    BusinessHours,
    /// More by day than by night, with a peak in the evening; every day alike.
    Diurnal,
}

/// What the hours from 8 to 18 of a working day have; the others of the week have 0.4 each.
const WORKING: [f64; 10] = [5.0, 9.0, 10.0, 10.0, 7.0, 7.0, 9.0, 10.0, 9.0, 5.0];
const OUTSIDE: f64 = 0.4;

/// What each hour of a day has, from midnight.
const DAY: [f64; 24] = [
    2.0, 1.2, 0.8, 0.6, 0.6, 0.9, 1.8, 3.0, 4.2, 5.0, 5.4, 5.6, 5.8, 5.6, 5.4, 5.4, 5.6, 6.0, 6.4, 6.8, 7.0, 6.4, 5.0,
    3.4,
];

/// How often each hour of the week is met, Monday's first hour first, over its mean.
pub(super) fn hour_weights(profile: Profile) -> Vec<f64> {
    let weights: Vec<f64> = (0..WEEK_HOURS)
        .map(|hour| {
            let (day, hour) = (hour / 24, hour % 24);
            match profile {
                Profile::Uniform => 1.0,
                Profile::BusinessHours if day < 5 && (8..18).contains(&hour) => WORKING[hour - 8],
                Profile::BusinessHours => OUTSIDE,
                Profile::Diurnal => DAY[hour],
            }
        })
        .collect();
    let mean = weights.iter().fold(0.0, |sum, weight| sum + weight) / WEEK_HOURS as f64;
    weights.into_iter().map(|weight| weight / mean).collect()
}

/// The hour of the week in which an instant lies, Monday's first hour being 0, and the microseconds since it began.
pub(super) fn in_week(us: i64) -> (usize, i64) {
    // The calendar starts on a Thursday.
    let since_monday = (us + 3 * DAY_US).rem_euclid(WEEK_US);
    ((since_monday / HOUR_US) as usize, since_monday % HOUR_US)
}

/// The time zone of a name of the IANA database that is part of the engine; `None` for UTC.
pub(super) fn zone(name: &str) -> Result<Option<TimeZone>, Problem> {
    if name == "UTC" {
        return Ok(None);
    }
    let known = TimeZoneDatabase::bundled();
    known.get(name).map(Some).map_err(|_| {
        let names: Vec<String> = known.available().map(|zone| zone.to_string()).collect();
        Problem::new("unknown_time_zone", format!("there is no time zone \"{name}\""))
            .param("tz", name)
            .suggest(name, names.iter().map(String::as_str).collect::<Vec<_>>())
    })
}

/// Draws that a row takes at most: the least of the hours is kept one time in twenty-five, so no row comes near.
const DRAWS: u32 = 10_000;

/// Instants between two bounds, more in some hours of the week than in others: each drawn like any other, and kept with a probability that
/// its hour says.
pub(super) struct Profiled {
    pub key: Key,
    pub min: Scalar<i64>,
    pub max: Scalar<i64>,
    pub step_us: u64,
    pub bounds: Vec<RowBound>,
    pub hours: Arc<Hours>,
}

/// How likely an instant is by its hour of the week.
pub(super) struct Hours {
    zone: Option<TimeZone>,
    /// For each hour of the week, the bound of the words that keep an instant.
    kept: Vec<u128>,
}

impl Hours {
    /// The hours of a profile by the clock of a zone.
    pub fn new(profile: Profile, zone: Option<TimeZone>) -> Hours {
        let weights = hour_weights(profile);
        let most = weights.iter().copied().fold(0.0, f64::max);
        Hours { zone, kept: weights.into_iter().map(|weight| threshold(weight / most)).collect() }
    }

    fn hour(&self, us: i64) -> usize {
        let offset = self.zone.as_ref().zip(Timestamp::from_microsecond(us).ok());
        let seconds = offset.map_or(0, |(zone, instant)| zone.to_offset(instant).seconds());
        in_week(us + i64::from(seconds) * 1_000_000).0
    }
}

impl Fill for Profiled {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let logical = LogicalType::Datetime;
        let (low, high) = row_bounds(cells, &logical, &self.min, &self.max, &self.bounds, rows.len())?;
        let mut values = Vec::with_capacity(rows.len());
        for (position, row) in rows.iter().enumerate() {
            let (Some(min), Some(max)) = (low[position], high[position]) else {
                values.push(None);
                continue;
            };
            if max < min {
                return Err(empty_interval(&logical, min, max, row));
            }
            let count = max.abs_diff(min) / self.step_us + 1;
            let mut cell = key.cell(row);
            let mut us = min;
            for _ in 0..DRAWS {
                us = min + (cell.below(count) * self.step_us) as i64;
                if u128::from(cell.next()) < self.hours.kept[self.hours.hour(us)] {
                    break;
                }
            }
            values.push(Some(us));
        }
        array_of(values.into_iter(), &logical)
    }
}

/// The most quarters of an hour in which instants are dealt by their likelihood: over two centuries.
const MOST_QUARTERS: u64 = 1 << 23;

/// The instants between two constant bounds as a domain, for `unique`.
pub(super) struct Instants {
    min: i64,
    max: i64,
    step_us: u64,
    hours: Arc<Hours>,
}

impl Profiled {
    /// Its instants where both bounds are constants and not too far apart.
    pub fn instants(&self) -> Option<Instants> {
        let (Scalar::Constant(min), Scalar::Constant(max), true) = (&self.min, &self.max, self.bounds.is_empty())
        else {
            return None;
        };
        let quarters = max.abs_diff(*min) / QUARTER_US as u64;
        (min <= max && quarters < MOST_QUARTERS).then(|| Instants {
            min: *min,
            max: *max,
            step_us: self.step_us,
            hours: Arc::clone(&self.hours),
        })
    }
}

/// Clocks of all zones differ by whole quarters of an hour, so that none passes from one hour to the next inside of one.
const QUARTER_US: i64 = HOUR_US / 4;

impl Countable for Instants {
    fn count(&self) -> u128 {
        u128::from(self.max.abs_diff(self.min) / self.step_us + 1)
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let at = |position: &u128| Some(self.min + (*position as u64 * self.step_us) as i64);
        array_of(positions.iter().map(at), &LogicalType::Datetime).expect("microseconds are units of a datetime")
    }

    fn shape(&self) -> Option<Shape> {
        let count = self.max.abs_diff(self.min) / self.step_us + 1;
        let mut steps: Vec<(u64, u128)> = Vec::new();
        let mut position = 0;
        while position < count {
            let us = self.min + (position * self.step_us) as i64;
            let quarter_end = (us.div_euclid(QUARTER_US) + 1) * QUARTER_US;
            let end = (quarter_end.abs_diff(self.min).div_ceil(self.step_us)).min(count);
            let kept = self.hours.kept[self.hours.hour(us)];
            match steps.last_mut() {
                Some(last) if last.1 == kept => last.0 += end - position,
                _ => steps.push((end - position, kept)),
            }
            position = end;
        }
        Some(Shape::of(Factor::of_steps(steps.into_iter().map(|(width, kept)| (width, kept as f64)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::parse_datetime;

    #[test]
    fn the_week_begins_on_monday_at_midnight() {
        let at = |text: &str| in_week(parse_datetime(text).expect("an instant"));
        assert_eq!(at("2024-01-01T00:00:00Z"), (0, 0));
        assert_eq!(at("2024-01-07T23:30:00Z"), (167, HOUR_US / 2));
        assert_eq!(at("1969-12-31T01:00:00Z"), (2 * 24 + 1, 0));
    }

    #[test]
    fn nine_in_ten_fall_into_working_hours() {
        let weights = hour_weights(Profile::BusinessHours);
        let working: f64 = (0..WEEK_HOURS)
            .filter(|hour| hour / 24 < 5 && (8..18).contains(&(hour % 24)))
            .map(|hour| weights[hour])
            .sum();
        assert!((0.88..0.92).contains(&(working / WEEK_HOURS as f64)), "{working}");
    }

    #[test]
    fn zones_are_those_of_the_engine() {
        assert!(zone("UTC").is_ok_and(|zone| zone.is_none()));
        assert!(zone("America/Lima").is_ok_and(|zone| zone.is_some()));
        assert_eq!(zone("America/Lime").unwrap_err().code, "unknown_time_zone");
    }
}
