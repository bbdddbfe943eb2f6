//! Dates and times. All times are UTC.

pub(super) mod calendar;
mod clock;
mod event_times;
pub(super) mod of_records;
mod profile;

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{Date32Type, TimestampMicrosecondType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::clock::{AgeFrom, Duration, TimeOfDay};
pub use self::event_times::EventTimes;
pub use self::profile::Profile;
use self::profile::{HOUR_US, Hours, Profiled, zone};
use super::interval::{Step, Uniform, empty_interval, row_bounds, weekday, weekdays_before};
use super::numbers::check_ends;
use super::{Cells, Fill, Generator, Interval, Made, Problems, Rows, RunError};
use crate::plan::{Context, Scalar, below};
use crate::problem::Problem;
use crate::random::Key;
use crate::schema::{self, DAY_US, Param, civil_of_days};
use crate::types::LogicalType;

/// A day; each between the bounds is equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Date {
    /// First day.
    #[schemars(extend("role" = "lower"))]
    start: Param<schema::Date>,
    /// Last day.
    #[schemars(extend("role" = "upper"))]
    end: Param<schema::Date>,
    /// Whether only Monday to Friday are taken; false when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weekdays_only: Option<bool>,
}

impl Date {
    fn step(&self) -> Step {
        if self.weekdays_only == Some(true) { Step::Weekdays } else { Step::Every(1) }
    }
}

impl Generator for Date {
    const EXAMPLE: &'static str = "{type: date, start: 2020-01-01, end: 2025-12-31}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let min = days(cx.param(&self.start, "start")?);
        let max = days(cx.param(&self.end, "end")?);
        let text = |days: &i64| schema::Date(*days as i32).to_string();
        check_ends(&min, &max, text).map_err(|found| renamed(found, "start"))?;
        let fill = Uniform {
            key: cx.key("value"),
            logical: LogicalType::Date,
            min,
            max,
            step: self.step(),
            bounds: cx.bounds().to_vec(),
        };
        let made = fill.made();
        if made.countable.as_ref().is_some_and(|countable| countable.count() == 0) {
            return Err(vec![Problem::new("empty_interval", "no weekday lies between start and end").at("/end")]);
        }
        Ok(made)
    }

    fn bounded(&self, _: Option<&LogicalType>) -> Option<LogicalType> {
        Some(LogicalType::Date)
    }

    fn interval(&self) -> Option<Interval> {
        match (&self.start, &self.end, self.step()) {
            (Param::Constant(start), Param::Constant(end), Step::Every(_)) => {
                Some(Interval { logical: LogicalType::Date, min: i64::from(start.0), max: i64::from(end.0) })
            }
            _ => None,
        }
    }

    fn above(&self) -> Vec<&str> {
        column_of(&self.start)
    }

    fn below(&self) -> Vec<&str> {
        column_of(&self.end)
    }
}

/// The column that a bound is, where its SQL is nothing but a name.
fn column_of<T>(param: &Param<T>) -> Vec<&str> {
    match param {
        Param::Sql(sql) => vec![sql.trim()],
        Param::Constant(_) => Vec::new(),
    }
}

fn days(param: Scalar<schema::Date>) -> Scalar<i64> {
    match param {
        Scalar::Constant(date) => Scalar::Constant(i64::from(date.0)),
        Scalar::Input(input) => Scalar::Input(input),
    }
}

/// The sentences of an interval's ends in the words of dates.
fn renamed(problems: Problems, start: &str) -> Problems {
    problems
        .into_iter()
        .map(|mut problem| {
            problem.detail = problem.detail.replace("is below min", &format!("is before {start}"));
            problem.at("/end")
        })
        .collect()
}

/// An instant, UTC; each between the bounds is equally likely, or some hours of the week more than others.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Datetime {
    /// First instant.
    #[schemars(extend("role" = "lower"))]
    start: Param<schema::Datetime>,
    /// Last instant.
    #[schemars(extend("role" = "upper"))]
    end: Param<schema::Datetime>,
    /// Distance of the values, counted from the first; second when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<DatetimeUnit>,
    /// Time zone, by its IANA name such as America/Lima, whose clock the days and hours of the profile follow; UTC when absent. Values are UTC
    /// whatever it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tz: Option<String>,
    /// How instants spread over days and hours; uniform when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<Profile>,
}

/// Distance of instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum DatetimeUnit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
}

impl Datetime {
    fn unit_us(&self) -> u64 {
        match self.unit.unwrap_or(DatetimeUnit::Second) {
            DatetimeUnit::Microsecond => 1,
            DatetimeUnit::Millisecond => 1_000,
            DatetimeUnit::Second => 1_000_000,
            DatetimeUnit::Minute => 60_000_000,
            DatetimeUnit::Hour => 3_600_000_000,
            DatetimeUnit::Day => DAY_US as u64,
        }
    }
}

impl Generator for Datetime {
    const EXAMPLE: &'static str = "{type: datetime, start: 2024-01-01T00:00:00Z, end: 2024-12-31T23:59:59Z}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let zone = match &self.tz {
            None => None,
            Some(tz) => zone(tz).map_err(|problem| vec![problem.at("/tz")])?,
        };
        let us = |param| match param {
            Scalar::Constant(schema::Datetime(us)) => Scalar::Constant(us),
            Scalar::Input(input) => Scalar::Input(input),
        };
        let min = us(cx.param(&self.start, "start")?);
        let max = us(cx.param(&self.end, "end")?);
        let text = |us: &i64| schema::Datetime(*us).to_string();
        check_ends(&min, &max, text).map_err(|found| renamed(found, "start"))?;
        if let Some(profile) = self.profile.filter(|profile| *profile != Profile::Uniform) {
            if i64::try_from(self.unit_us()).is_ok_and(|unit| unit > HOUR_US) {
                let detail = "a profile spreads instants over the hours of the day, and this unit leaves one of them";
                let problem = Problem::new("contradiction", detail).at("/profile");
                return Err(vec![problem.remedy("take unit: hour or a smaller one, or leave profile out")]);
            }
            let (key, bounds) = (cx.key("value"), cx.bounds().to_vec());
            let hours = Arc::new(Hours::new(profile, zone));
            let fill = Profiled { key, min, max, step_us: self.unit_us(), bounds, hours };
            let instants = fill.instants();
            let made = Made::drawn(LogicalType::Datetime, fill);
            return Ok(match instants {
                Some(instants) => made.counted(instants),
                None => made,
            });
        }
        let step = Step::Every(self.unit_us());
        Ok(Uniform {
            key: cx.key("value"),
            logical: LogicalType::Datetime,
            min,
            max,
            step,
            bounds: cx.bounds().to_vec(),
        }
        .made())
    }

    fn bounded(&self, _: Option<&LogicalType>) -> Option<LogicalType> {
        // A profile draws until an hour fits, which a narrow interval may hold none of.
        self.profile.is_none_or(|profile| profile == Profile::Uniform).then_some(LogicalType::Datetime)
    }

    fn interval(&self) -> Option<Interval> {
        match (&self.start, &self.end) {
            (Param::Constant(start), Param::Constant(end)) => {
                Some(Interval { logical: LogicalType::Datetime, min: start.0, max: end.0 })
            }
            _ => None,
        }
    }

    fn above(&self) -> Vec<&str> {
        column_of(&self.start)
    }

    fn below(&self) -> Vec<&str> {
        column_of(&self.end)
    }
}

/// Whole seconds since 1970-01-01T00:00:00Z; each between the bounds is equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnixTimestamp {
    /// First instant.
    #[schemars(extend("role" = "lower"))]
    start: schema::Datetime,
    /// Last instant.
    #[schemars(extend("role" = "upper"))]
    end: schema::Datetime,
}

impl Generator for UnixTimestamp {
    const EXAMPLE: &'static str = "{type: unix_timestamp, start: 2024-01-01, end: 2024-12-31}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        const SECOND_US: i64 = 1_000_000;
        let (start, end) = (self.start, self.end);
        // Only whole seconds inside the bounds are values.
        let min = Scalar::Constant((start.0 + SECOND_US - 1).div_euclid(SECOND_US));
        let max = Scalar::Constant(end.0.div_euclid(SECOND_US));
        if end < start {
            return Err(vec![Problem::new("empty_interval", format!("{end} is before start {start}")).at("/end")]);
        }
        check_ends(&min, &max, i64::to_string).map_err(|found| renamed(found, "start"))?;
        let (key, bounds) = (cx.key("value"), cx.bounds().to_vec());
        Ok(Uniform { key, logical: LogicalType::Integer, min, max, step: Step::Every(1), bounds }.made())
    }
}

/// Another date or time of the row and some time after it (before it, where negative).
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DateOffset {
    /// The column that it starts from.
    from: String,
    /// Smallest distance; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<i64>>,
    /// Largest distance; 30 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<i64>>,
    /// Unit of the distance; day when absent. Months and years keep the day of the month, or take the month's last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<OffsetUnit>,
    /// Whether only Monday to Friday are counted, with the unit day: from a weekend the count starts on the next Monday. False when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    business_days: Option<bool>,
}

/// Units of an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum OffsetUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl OffsetUnit {
    /// Microseconds of a unit of fixed length.
    fn us(self) -> Option<i64> {
        Some(match self {
            OffsetUnit::Second => 1_000_000,
            OffsetUnit::Minute => 60_000_000,
            OffsetUnit::Hour => 3_600_000_000,
            OffsetUnit::Day => DAY_US,
            OffsetUnit::Week => 7 * DAY_US,
            OffsetUnit::Month | OffsetUnit::Year => return None,
        })
    }
}

impl Generator for DateOffset {
    const EXAMPLE: &'static str = "{type: date_offset, from: starts_on, min: 5, max: 60}";
    const EXAMPLE_BESIDE: &'static str =
        "{columns: [{name: starts_on, generator: {type: date, start: 2024-01-01, end: 2024-12-31}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let business = self.business_days == Some(true);
        if business && self.unit.is_some_and(|unit| unit != OffsetUnit::Day) {
            let problem = Problem::new("contradiction", "business days are counted in days").at("/unit");
            return Err(vec![problem.remedy("say unit: day, or leave business_days out")]);
        }
        let from = cx.column(&self.from).map_err(|found| below(found, "from"))?;
        let unit = self.unit.unwrap_or(OffsetUnit::Day);
        let short = unit.us().is_some_and(|us| us < DAY_US);
        let logical = match cx.input_type(from) {
            LogicalType::Date if !short => LogicalType::Date,
            LogicalType::Date | LogicalType::Datetime => LogicalType::Datetime,
            other => {
                let detail = format!("{} is {other}, and an offset starts from a date or datetime", self.from);
                return Err(vec![Problem::new("wrong_type", detail).at("/from")]);
            }
        };
        let min = cx.param(self.min.as_ref().unwrap_or(&Param::Constant(0)), "min")?;
        let max = cx.param(self.max.as_ref().unwrap_or(&Param::Constant(30)), "max")?;
        check_ends(&min, &max, i64::to_string)?;
        let fill = Offset { key: cx.key("value"), from, min, max, unit, business, logical: logical.clone() };
        Ok(Made::drawn(logical, fill))
    }

    fn above(&self) -> Vec<&str> {
        match &self.min {
            None => vec![&self.from],
            Some(Param::Constant(min)) if *min >= 0 => vec![&self.from],
            _ => Vec::new(),
        }
    }

    fn least_length(&self, logical: &LogicalType) -> Option<(&str, i64)> {
        let min = match &self.min {
            None => 0,
            Some(Param::Constant(min)) => *min,
            Some(Param::Sql(_)) => return None,
        };
        // As long as the least distance is at most: weekends and months differ.
        let days = match self.unit.unwrap_or(OffsetUnit::Day) {
            OffsetUnit::Day if self.business_days == Some(true) => min.checked_add(min / 5 * 2)?.checked_add(4)?,
            OffsetUnit::Month => min.checked_mul(31)?,
            OffsetUnit::Year => min.checked_mul(366)?,
            unit => {
                let us = min.checked_mul(unit.us()?)?;
                return match logical {
                    LogicalType::Date => Some((&self.from, us.checked_add(DAY_US - 1)?.div_euclid(DAY_US))),
                    LogicalType::Datetime => Some((&self.from, us)),
                    _ => None,
                };
            }
        };
        match logical {
            LogicalType::Date => Some((&self.from, days)),
            LogicalType::Datetime => Some((&self.from, days.checked_mul(DAY_US)?)),
            _ => None,
        }
    }

    fn below(&self) -> Vec<&str> {
        // No business day after a Saturday is the Monday after it.
        let most = if self.business_days == Some(true) { -1 } else { 0 };
        match &self.max {
            Some(Param::Constant(max)) if *max <= most => vec![&self.from],
            _ => Vec::new(),
        }
    }
}

struct Offset {
    key: Key,
    from: usize,
    min: Scalar<i64>,
    max: Scalar<i64>,
    unit: OffsetUnit,
    /// Whether only Monday to Friday count.
    business: bool,
    logical: LogicalType,
}

impl Offset {
    /// An instant some units later; `None` beyond the calendar.
    fn shift(&self, us: i64, amount: i64) -> Option<i64> {
        if self.business {
            let (day, time) = (us.div_euclid(DAY_US), us.rem_euclid(DAY_US));
            let day = business_day(day, amount)?;
            return day.checked_mul(DAY_US)?.checked_add(time);
        }
        if let Some(unit) = self.unit.us() {
            return us.checked_add(amount.checked_mul(unit)?);
        }
        let months = if self.unit == OffsetUnit::Year { amount.checked_mul(12)? } else { amount };
        let (day, time) = (us.div_euclid(DAY_US), us.rem_euclid(DAY_US));
        days_after_months(day, months)?.checked_mul(DAY_US)?.checked_add(time)
    }
}

/// The business day so many business days later; a weekend counts as the Monday after it.
fn business_day(day: i64, amount: i64) -> Option<i64> {
    let rank = weekdays_before(day).checked_add(amount)?;
    (rank.unsigned_abs() < 1 << 40).then(|| weekday(rank))
}

/// The day so many months later, clipped to the last of its month.
fn days_after_months(day: i64, months: i64) -> Option<i64> {
    let (year, month, day_of_month) = civil_of_days(day);
    let total = year.checked_mul(12)?.checked_add(i64::from(month) - 1)?.checked_add(months)?;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
    let year = i16::try_from(year).ok()?;
    let first = jiff::civil::Date::new(year, month as i8, 1).ok()?;
    let clipped = (day_of_month as i8).min(first.days_in_month());
    let date = jiff::civil::Date::new(year, month as i8, clipped).ok()?;
    schema::parse_date(&date.to_string()).map(i64::from)
}

impl Fill for Offset {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let source = &cells.inputs[self.from];
        let start = |position: usize| match source.as_primitive_opt::<Date32Type>() {
            Some(dates) => i64::from(dates.value(position)) * DAY_US,
            None => source.as_primitive::<TimestampMicrosecondType>().value(position),
        };
        let (low, high) = row_bounds(cells, &LogicalType::Integer, &self.min, &self.max, &[], rows.len())?;
        let mut values: Vec<Option<i64>> = Vec::with_capacity(rows.len());
        for (position, row) in rows.iter().enumerate() {
            let (Some(min), Some(max), true) = (low[position], high[position], source.is_valid(position)) else {
                values.push(None);
                continue;
            };
            if max < min {
                return Err(empty_interval(&LogicalType::Integer, min, max, row));
            }
            let span = max.abs_diff(min);
            let place = if span == u64::MAX { key.word(row) } else { key.below(row, span + 1) };
            let amount = min.wrapping_add(place as i64);
            let shifted = self
                .shift(start(position), amount)
                .filter(|us| (-62_135_596_800_000_000..253_402_300_800_000_000).contains(us));
            let Some(us) = shifted else {
                let detail = format!("{amount} units after the row's start lie outside the years 1 to 9999");
                return Err(RunError { row: Some(row), ..RunError::new(detail) });
            };
            values.push(Some(us));
        }
        Ok(match self.logical {
            LogicalType::Date => Arc::new(
                values.into_iter().map(|us| us.map(|us| us.div_euclid(DAY_US) as i32)).collect::<Date32Array>(),
            ),
            _ => Arc::new(TimestampMicrosecondArray::from(values)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn business_days_pass_over_weekends() {
        let day = |text: &str| i64::from(schema::parse_date(text).expect("a date"));
        // 2024-01-05 is a Friday.
        for (from, amount, to) in [
            ("2024-01-05", 0, "2024-01-05"),
            ("2024-01-05", 1, "2024-01-08"),
            ("2024-01-05", 6, "2024-01-15"),
            ("2024-01-06", 0, "2024-01-08"),
            ("2024-01-07", 1, "2024-01-09"),
            ("2024-01-07", -1, "2024-01-05"),
            ("2024-01-08", -5, "2024-01-01"),
        ] {
            assert_eq!(business_day(day(from), amount), Some(day(to)), "{from} {amount}");
        }
    }

    #[test]
    fn months_are_clipped_to_their_last_day() {
        let day = |text: &str| i64::from(schema::parse_date(text).expect("a date"));
        assert_eq!(days_after_months(day("2024-01-31"), 1), Some(day("2024-02-29")));
        assert_eq!(days_after_months(day("2023-12-31"), -10), Some(day("2023-02-28")));
        assert_eq!(days_after_months(day("2024-02-29"), 12), Some(day("2025-02-28")));
    }
}
