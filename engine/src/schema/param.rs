//! Values of parameters: constants with types of their own (dates, times, spans), or SQL over the row.

use std::borrow::Cow;
use std::fmt;

use jiff::civil;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A scalar parameter: a constant, or `{sql: "…"}` over columns of the same row.
#[derive(Clone, Debug, PartialEq)]
pub enum Param<T> {
    /// The same in every row.
    Constant(T),
    /// Computed in each row.
    Sql(String),
}

/// The written form of a parameter in SQL.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlParam {
    /// An SQL expression over columns of the same row.
    pub sql: String,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Param<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value.is_object() {
            let sql: SqlParam = serde_json::from_value(value).map_err(D::Error::custom)?;
            return Ok(Param::Sql(sql.sql));
        }
        serde_json::from_value(value).map(Param::Constant).map_err(D::Error::custom)
    }
}

impl<T: Serialize> Serialize for Param<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Param::Constant(value) => value.serialize(serializer),
            Param::Sql(sql) => SqlParam { sql: sql.clone() }.serialize(serializer),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Param<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Param_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let constant = generator.subschema_for::<T>();
        let sql = generator.subschema_for::<SqlParam>();
        json_schema!({ "anyOf": [constant, sql] })
    }
}

/// Declares a type that is written as a text of one form.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident($inner:ty), $schema:expr, $parse:path, $print:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                $parse(&text).map($name).ok_or_else(|| D::Error::custom(format!("{text:?} is no {}", $schema["title"].as_str().unwrap_or("value"))))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&$print(self.0))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = Schema::default();
                if let Value::Object(map) = $schema {
                    for (key, value) in map {
                        schema.insert(key, value);
                    }
                }
                schema
            }
        }
    };
}

text_type! {
    /// A day, in days since 1970-01-01; written `2024-01-02`.
    Date(i32),
    serde_json::json!({"type": "string", "format": "date", "title": "date"}),
    parse_date, print_date
}
text_type! {
    /// An instant, in microseconds since 1970-01-01T00:00:00Z; written `2024-01-02T03:04:05Z`, the zone UTC where none is named, or a date.
    Datetime(i64),
    serde_json::json!({"type": "string", "format": "date-time", "title": "datetime"}),
    parse_datetime, print_datetime
}
text_type! {
    /// A time of day, in microseconds since midnight; written `10:20:30.5`.
    Time(i64),
    serde_json::json!({"type": "string", "format": "time", "title": "time"}),
    parse_time, print_time
}

/// A calendar date as days since 1970-01-01; years 0001 to 9999.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    if text.len() != 10 {
        return None;
    }
    let date: civil::Date = text.parse().ok()?;
    (date.year() >= 1).then(|| days_of(date))
}

pub(crate) fn days_of(date: civil::Date) -> i32 {
    let epoch = civil::date(1970, 1, 1);
    date.since((jiff::Unit::Day, epoch)).map_or(0, |span| span.get_days())
}

pub(crate) fn print_date(days: i32) -> String {
    let (year, month, day) = civil_of_days(i64::from(days));
    format!("{year:04}-{month:02}-{day:02}")
}

/// An instant as microseconds since 1970.
pub(crate) fn parse_datetime(text: &str) -> Option<i64> {
    if let Some(days) = parse_date(text) {
        return Some(i64::from(days) * DAY_US);
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.as_microsecond());
    }
    let local: civil::DateTime = text.parse().ok()?;
    let midnight = i64::from(days_of(local.date())).checked_mul(DAY_US)?;
    midnight.checked_add(time_us(local.time()))
}

pub(crate) fn print_datetime(us: i64) -> String {
    format!(
        "{}T{}Z",
        print_date(i32::try_from(us.div_euclid(DAY_US)).unwrap_or(i32::MAX)),
        print_time(us.rem_euclid(DAY_US))
    )
}

/// A time of day as microseconds since midnight.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    text.parse().ok().map(time_us)
}

fn time_us(time: civil::Time) -> i64 {
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1000
}

pub(crate) fn print_time(us: i64) -> String {
    let (seconds, fraction) = (us / 1_000_000, us % 1_000_000);
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction != 0 {
        text.push_str(format!(".{fraction:06}").trim_end_matches('0'));
    }
    text
}

/// Microseconds of a day.
pub(crate) const DAY_US: i64 = 86_400_000_000;

/// Year, month and day of a day number, proleptic Gregorian; the era arithmetic of Howard Hinnant's `civil_from_days` (public domain).
pub(crate) fn civil_of_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A distance between two values: an amount and, where it was written, a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// How many units.
    pub amount: i64,
    /// The unit; `None` for a plain number, which counts the column's own unit.
    pub unit: Option<SpanUnit>,
}

/// Units of a span of fixed length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum SpanUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
}

impl SpanUnit {
    /// Microseconds of one unit.
    pub fn us(self) -> i64 {
        match self {
            SpanUnit::Second => 1_000_000,
            SpanUnit::Minute => 60_000_000,
            SpanUnit::Hour => 3_600_000_000,
            SpanUnit::Day => DAY_US,
            SpanUnit::Week => 7 * DAY_US,
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            SpanUnit::Second => "s",
            SpanUnit::Minute => "min",
            SpanUnit::Hour => "h",
            SpanUnit::Day => "d",
            SpanUnit::Week => "w",
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Some(amount) = value.as_i64() {
            return Ok(Span { amount, unit: None });
        }
        let text = value.as_str().unwrap_or_default();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
        let unit = match text[digits..].trim() {
            "s" | "second" | "seconds" => Some(SpanUnit::Second),
            "min" | "minute" | "minutes" => Some(SpanUnit::Minute),
            "h" | "hour" | "hours" => Some(SpanUnit::Hour),
            "d" | "day" | "days" => Some(SpanUnit::Day),
            "w" | "week" | "weeks" => Some(SpanUnit::Week),
            _ => None,
        };
        match (text[..digits].parse(), unit) {
            (Ok(amount), Some(_)) => Ok(Span { amount, unit }),
            _ => Err(D::Error::custom(format!(
                "{value} is no span; write a whole number and a unit, such as 30d, 12h, 90min or 45s"
            ))),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.unit {
            None => serializer.serialize_i64(self.amount),
            Some(unit) => serializer.collect_str(&format_args!("{}{}", self.amount, unit.suffix())),
        }
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "title": "span" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_print_as_they_are_read() {
        for text in ["0001-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "9999-12-31"] {
            assert_eq!(print_date(parse_date(text).expect("a date")), text);
        }
        for text in ["1969-12-31T23:59:59.999999Z", "2024-01-02T03:04:05.5Z", "2024-01-02T00:00:00Z"] {
            assert_eq!(print_datetime(parse_datetime(text).expect("a datetime")), text);
        }
        assert_eq!(parse_datetime("2024-01-02T03:04:05-05:00"), parse_datetime("2024-01-02T08:04:05Z"));
        assert_eq!(parse_date("2023-02-29"), None);
        assert_eq!(print_time(parse_time("10:20:30.5").expect("a time")), "10:20:30.5");
    }
}
