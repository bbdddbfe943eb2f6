//! Keys that begin with an instant, so that they sort by time.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::text::{TextColumn, nothing_fits};
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use crate::plan::{Context, Scalar};
use crate::problem::Problem;
use crate::random::Key;
use crate::schema::{self, Param};
use crate::types::LogicalType;

/// The instants that fit: 48 bits of milliseconds since 1970.
const MOST_MS: i64 = (1 << 48) - 1;

const TOO_FAR: &str = "a time before 1970 or after 10889 does not fit in such a key";

/// Instants of rows, in milliseconds since 1970-01-01T00:00:00Z, and the random bits behind them.
struct Instants {
    time: Scalar<schema::Datetime>,
    /// Whether the time is that of each row; else a millisecond passes from row to row.
    own: bool,
    jitter_ms: u64,
    jitter: Key,
    high: Key,
    low: Key,
}

impl Instants {
    fn of(
        cx: &mut Context<'_>,
        time: Option<&Param<schema::Datetime>>,
        jitter_ms: Option<u64>,
    ) -> Result<Instants, Problems> {
        let scalar = match time {
            Some(time) => cx.param(time, "time")?,
            None => Scalar::Constant(schema::Datetime(cx.reference_time_us())),
        };
        if let Scalar::Input(input) = scalar
            && !matches!(cx.input_type(input), LogicalType::Datetime)
        {
            let detail = format!("the time is {}, not a datetime", cx.input_type(input));
            return Err(vec![Problem::new("wrong_type", detail).remedy("name a column of datetimes").at("/time")]);
        }
        if let Scalar::Constant(schema::Datetime(us)) = scalar
            && !(0..=MOST_MS).contains(&us.div_euclid(1_000))
        {
            let problem = Problem::new("out_of_range", TOO_FAR).remedy("take a time since 1970");
            return Err(vec![problem.at(if time.is_some() { "/time" } else { "" })]);
        }
        let jitter_ms = jitter_ms.unwrap_or(0);
        if jitter_ms > MOST_MS as u64 {
            let detail = format!("{jitter_ms} milliseconds are more than such keys can hold");
            return Err(vec![Problem::new("out_of_range", detail).at("/jitter_ms")]);
        }
        Ok(Instants {
            own: time.is_some(),
            time: scalar,
            jitter_ms,
            jitter: cx.key("component"),
            high: cx.key("value"),
            low: cx.key("element"),
        })
    }

    /// For each row the milliseconds, a word that no other row has, and a further word; nothing where the time is null.
    fn each(
        &self,
        cells: &Cells<'_>,
        rows: &Rows,
        mut write: impl FnMut(Option<(u64, u64, u64)>),
    ) -> Result<(), RunError> {
        let column = match &self.time {
            Scalar::Constant(_) => None,
            Scalar::Input(input) => Some(
                cells.inputs[*input]
                    .as_primitive_opt::<TimestampMicrosecondType>()
                    .ok_or_else(|| RunError::new("a time that is no datetime"))?,
            ),
        };
        let (high, low) = (cells.words(&self.high, rows), cells.words(&self.low, rows));
        let jitter = cells.key(&self.jitter);
        for (position, row) in rows.iter().enumerate() {
            let us = match (&self.time, column) {
                (Scalar::Constant(schema::Datetime(us)), _) => Some(*us),
                (_, Some(column)) if column.is_valid(position) => Some(column.value(position)),
                _ => None,
            };
            let Some(us) = us else {
                write(None);
                continue;
            };
            let step = if self.own { 0 } else { row as i64 };
            let late = if self.jitter_ms == 0 { 0 } else { jitter.below(row, self.jitter_ms + 1) as i64 };
            let ms = us.div_euclid(1_000).saturating_add(step).saturating_add(late);
            if !(0..=MOST_MS).contains(&ms) {
                return Err(RunError { row: Some(row), ..RunError::new(TOO_FAR) });
            }
            write(Some((ms as u64, high[position], low[position])));
        }
        Ok(())
    }
}

/// A UUID of version 7 (RFC 9562), which begins with a time in milliseconds; no two rows are alike.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UuidV7 {
    /// The time that it begins with, a constant or SQL such as `{sql: created_at}`; when absent, the reference time and a millisecond more
    /// from row to row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<Param<schema::Datetime>>,
    /// Up to so many milliseconds are added, each number equally likely; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jitter_ms: Option<u64>,
}

impl Generator for UuidV7 {
    const EXAMPLE: &'static str = "{type: uuid_v7, time: 2025-01-01T00:00:00Z, jitter_ms: 86400000}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let instants = Instants::of(cx, self.time.as_ref(), self.jitter_ms)?;
        Ok(Made {
            nullable: matches!(instants.time, Scalar::Input(_)),
            ..Made::computed(LogicalType::Uuid, Uuids(instants))
        }
        .all_distinct())
    }

    fn distinct_per(&self) -> Option<&[String]> {
        Some(&[])
    }
}

struct Uuids(Instants);

impl Fill for Uuids {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut bytes = Vec::with_capacity(rows.len() * 16);
        let mut valid = Vec::with_capacity(rows.len());
        self.0.each(cells, rows, |parts| {
            let uuid = parts.map_or(0, |(ms, high, low)| uuid_of(ms, high, low));
            bytes.extend_from_slice(&uuid.to_be_bytes());
            valid.push(parts.is_some());
        })?;
        let nulls = valid.contains(&false).then(|| NullBuffer::from(valid));
        FixedSizeBinaryArray::try_new(16, bytes.into(), nulls)
            .map(|array| Arc::new(array) as ArrayRef)
            .map_err(|error| RunError::new(error.to_string()))
    }
}

/// 48 bits of time, the version, twelve bits of `high`, the variant, the other 52 of `high` and ten of `low`.
fn uuid_of(ms: u64, high: u64, low: u64) -> u128 {
    let upper = ms << 16 | 0x7000 | high >> 52;
    let lower = 0b10 << 62 | (high & ((1 << 52) - 1)) << 10 | low >> 54;
    u128::from(upper) << 64 | u128::from(lower)
}

/// A ULID: 26 letters and digits that begin with a time in milliseconds and sort by it; no two rows are alike.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ulid {
    /// The time that it begins with, a constant or SQL such as `{sql: created_at}`; when absent, the reference time and a millisecond more
    /// from row to row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<Param<schema::Datetime>>,
    /// Up to so many milliseconds are added, each number equally likely; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jitter_ms: Option<u64>,
}

/// Characters of a ULID.
const ULID_LENGTH: u32 = 26;

impl Generator for Ulid {
    const EXAMPLE: &'static str = "{type: ulid, time: 2025-01-01T00:00:00Z, jitter_ms: 86400000}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        if let Some(most) = cx.lengths().1.filter(|most| *most < ULID_LENGTH) {
            return Err(vec![nothing_fits(format!(
                "a ULID has {ULID_LENGTH} characters, and the column takes {most}"
            ))]);
        }
        let instants = Instants::of(cx, self.time.as_ref(), self.jitter_ms)?;
        let nullable = matches!(instants.time, Scalar::Input(_));
        let made = Made::computed(LogicalType::String, Ulids(instants));
        Ok(Made { nullable, longest: Some(u64::from(ULID_LENGTH)), ..made }.all_distinct())
    }

    fn distinct_per(&self) -> Option<&[String]> {
        Some(&[])
    }
}

struct Ulids(Instants);

impl Fill for Ulids {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut column = TextColumn::with_capacity(rows.len(), ULID_LENGTH as usize);
        self.0.each(cells, rows, |parts| match parts {
            Some((ms, high, low)) => {
                write_ulid(ms, high, low, column.out());
                column.end();
            }
            None => column.end_null(),
        })?;
        Ok(Arc::new(column.finish()))
    }
}

/// 48 bits of time, all of `high` and sixteen of `low`, five bits a character in Crockford's base 32.
fn write_ulid(ms: u64, high: u64, low: u64, out: &mut String) {
    const CHARACTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bits = u128::from(ms) << 80 | u128::from(high) << 16 | u128::from(low >> 48);
    for place in (0..ULID_LENGTH).rev() {
        out.push(char::from(CHARACTERS[(bits >> (5 * place)) as usize & 31]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_time_version_and_variant() {
        let uuid = format!("{:032x}", uuid_of(0x0192_3456_789a, u64::MAX, 0));
        assert_eq!(uuid, "01923456789a7fffbffffffffffffc00");
        assert_ne!(uuid_of(1, 5, 7), uuid_of(1, 6, 7));
    }

    #[test]
    fn a_ulid_sorts_by_time_and_keeps_every_bit() {
        let ulid = |ms, high, low| {
            let mut out = String::new();
            write_ulid(ms, high, low, &mut out);
            out
        };
        // The example of the specification begins with the time of 2016-07-30T23:54:10.259Z.
        assert_eq!(&ulid(1_469_922_850_259, 0, 0)[..10], "01ARZ3NDEK");
        assert_eq!(ulid(MOST_MS as u64, u64::MAX, u64::MAX), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        assert!(ulid(1, u64::MAX, u64::MAX) < ulid(2, 0, 0));
    }
}
