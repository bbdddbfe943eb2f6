//! `statistic`: a mean, standard deviation, extreme or quantile of the values that `when` selects, nulls aside.
//!
//! Sums of whole units are exact. Quantiles are found by counting leading bits, four readings for a value, so that memory stays the same
//! however many rows there are.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use serde_json::{Map, Value};

use super::certificate::Measure;
use super::score::plain;
use super::source::Source;
use super::totals::{is_true, rounded, selected, shown};
use super::{Outcome, VerifyError};
use crate::expr::Expression;
use crate::schema::{Date, Datetime, parse_date, parse_datetime};
use crate::types::LogicalType;

/// What is asked of a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statistic<'a> {
    pub column: &'a str,
    pub function: &'a str,
    pub equals: &'a Value,
    /// Which quantile.
    pub share: f64,
    pub tolerance: Option<f64>,
}

/// Share of a standard deviation that it may be off where no tolerance is given: values on a grid, and bounded ones, have no other.
const DEVIATION: f64 = 0.005;

impl Statistic<'_> {
    /// The statement for people.
    pub(super) fn says(&self) -> String {
        let (column, equals) = (self.column, plain(self.equals));
        let near = self.tolerance.filter(|tolerance| *tolerance > 0.0);
        let near = near.map(|tolerance| format!(" ± {}", rounded(tolerance))).unwrap_or_default();
        match self.function {
            "mean" => format!("the mean of {column} is {equals}{near}"),
            "std" => format!("the standard deviation of {column} is {equals}{near}"),
            "min" => format!("the smallest {column} is {equals}{near}"),
            "max" => format!("the largest {column} is {equals}{near}"),
            "median" => format!("the median of {column} is {equals}{near}"),
            _ => format!("the quantile {} of {column} is {equals}{near}", self.share),
        }
    }

    /// The type of the column: the declared one, else that of which the asked value is.
    pub(super) fn kind(&self, declared: Option<&LogicalType>) -> Option<LogicalType> {
        let text = || self.equals.as_str();
        declared.cloned().or_else(|| {
            let date = text().and_then(parse_date).map(|_| LogicalType::Date);
            date.or_else(|| text().and_then(parse_datetime).map(|_| LogicalType::Datetime))
        })
    }

    /// What is asked as a number: of dates days, of times microseconds.
    pub(super) fn asked(&self, kind: Option<&LogicalType>) -> Option<f64> {
        match (kind, self.function) {
            (Some(LogicalType::Date), function) if function != "std" => {
                parse_date(self.equals.as_str()?).map(f64::from)
            }
            (Some(LogicalType::Datetime), function) if function != "std" => {
                parse_datetime(self.equals.as_str()?).map(|us| us as f64)
            }
            _ => self.equals.as_f64().or_else(|| self.equals.as_str()?.parse().ok()),
        }
    }

    /// How far it may be off, as it stands or divided by the number of values: each of these alone suffices.
    pub(super) fn allowed(&self, asked: f64, kind: Option<&LogicalType>) -> Vec<(f64, bool)> {
        let unit = match kind {
            Some(LogicalType::Float) => 0.0,
            Some(LogicalType::Decimal { scale, .. }) => 10_f64.powi(-i32::from(*scale)),
            _ => 1.0,
        };
        let mut allowed = vec![(self.tolerance.unwrap_or(0.0).max(0.0), false)];
        match self.function {
            // The sum of values on a grid is the nearest that there is.
            "mean" => allowed.push((0.5 * unit, true)),
            "std" if self.tolerance.is_none() => {
                allowed.push((DEVIATION * asked, false));
                allowed.push((0.5 * unit, false));
            }
            "median" | "quantile"
                if self.tolerance.is_none() && libm::fmod(asked, unit.max(f64::MIN_POSITIVE)) != 0.0 =>
            {
                allowed.push((unit, false));
            }
            _ => {}
        }
        allowed
    }

    /// What a number may be off by its rounding.
    pub(super) fn slack(&self, asked: f64) -> f64 {
        1e-9 * asked.abs().max(1.0)
    }

    fn print(&self, value: f64, kind: Option<&LogicalType>) -> String {
        match kind {
            Some(LogicalType::Date) if self.function != "std" => Date(libm::rint(value) as i32).to_string(),
            Some(LogicalType::Datetime) if self.function != "std" => Datetime(libm::rint(value) as i64).to_string(),
            _ => rounded(value).to_string(),
        }
    }
}

/// Checks a statistic.
pub(super) async fn check(
    source: &Source,
    id: &str,
    when: Option<Expression>,
    statistic: &Statistic<'_>,
) -> Result<Outcome, VerifyError> {
    let data_type = source.schema().field(0).data_type().clone();
    let kind = LogicalType::of_arrow(&data_type);
    if !is_measured(&data_type) {
        let detail = format!("{} holds no numbers, dates or times", statistic.column);
        return Ok(Outcome::unproved(detail));
    }
    let Some(asked) = statistic.asked(kind.as_ref()) else {
        return Err(VerifyError::sql(id, format!("{} is no value of {}", statistic.equals, statistic.column)));
    };
    let reading = Reading { source, id, when };
    let sums = reading.sums().await?;
    let mut outcome = Outcome { checked: sums.count, ..Outcome::default() };
    let factor = match &data_type {
        DataType::Decimal128(_, scale) => 10_f64.powi(i32::from(*scale)),
        _ => 1.0,
    };
    let mean = (sums.units as f64 + sums.floats) / sums.count.max(1) as f64;
    let found = match statistic.function {
        _ if sums.count == 0 => None,
        "mean" => Some(mean),
        "min" => sums.ends.map(|(least, _)| least),
        "max" => sums.ends.map(|(_, most)| most),
        "std" if sums.count < 2 => None,
        "std" => Some((reading.squares(mean).await? / (sums.count - 1) as f64).sqrt()),
        _ => {
            let place = statistic.share * (sums.count - 1) as f64;
            let below = libm::floor(place);
            let low = reading.at(below as u64).await?;
            let part = place - below;
            Some(if part > 0.0 { low + part * (reading.at(below as u64 + 1).await? - low) } else { low })
        }
    };
    let Some(found) = found.map(|found| found / factor) else { return Ok(outcome) };
    let off = (found - asked).abs();
    let allowed = statistic.allowed(asked, kind.as_ref());
    let fits = |(allowed, by_row): &(f64, bool)| {
        let allowed = if *by_row { allowed / sums.count as f64 } else { *allowed };
        off <= allowed + statistic.slack(asked)
    };
    let near = allowed.iter().filter(|(_, by_row)| !by_row).fold(0.0_f64, |most, (allowed, _)| most.max(*allowed));
    let near = if near > 0.0 { format!(" ± {}", rounded(near)) } else { String::new() };
    let what = match statistic.function {
        "quantile" => format!("quantile {}", statistic.share),
        function => function.to_owned(),
    };
    let measure = Measure {
        what,
        asked: format!("{}{near}", statistic.print(asked, kind.as_ref())),
        measured: statistic.print(found, kind.as_ref()),
    };
    if !allowed.iter().any(fits) {
        outcome.broken = 1;
        outcome.examples.push(shown(Map::new(), &measure));
    }
    outcome.measures.push(measure);
    Ok(outcome)
}

fn is_measured(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Int64 | DataType::Float64 | DataType::Decimal128(..) | DataType::Date32 | DataType::Timestamp(..)
    )
}

/// Values of a batch in units, nulls and rows that are not selected left out.
pub(super) fn values_of(values: &ArrayRef, take: impl Fn(usize) -> bool, mut each: impl FnMut(Number)) {
    let rows = (0..values.len()).filter(|row| values.is_valid(*row) && take(*row));
    if let Some(numbers) = values.as_primitive_opt::<Int64Type>() {
        rows.for_each(|row| each(Number::Units(i128::from(numbers.value(row)))));
    } else if let Some(numbers) = values.as_primitive_opt::<Decimal128Type>() {
        rows.for_each(|row| each(Number::Units(numbers.value(row))));
    } else if let Some(days) = values.as_primitive_opt::<Date32Type>() {
        rows.for_each(|row| each(Number::Units(i128::from(days.value(row)))));
    } else if let Some(times) = values.as_primitive_opt::<TimestampMicrosecondType>() {
        rows.for_each(|row| each(Number::Units(i128::from(times.value(row)))));
    } else if let Some(floats) = values.as_primitive_opt::<Float64Type>() {
        rows.for_each(|row| each(Number::Float(floats.value(row))));
    }
}

#[derive(Clone, Copy)]
pub(super) enum Number {
    Units(i128),
    Float(f64),
}

impl Number {
    pub(super) fn value(self) -> f64 {
        match self {
            Number::Units(units) => units as f64,
            Number::Float(float) => float,
        }
    }
}

/// What one reading finds.
#[derive(Default)]
struct Sums {
    count: u64,
    units: i128,
    floats: f64,
    ends: Option<(f64, f64)>,
}

/// The values of a column, to be read several times.
struct Reading<'s> {
    source: &'s Source,
    id: &'s str,
    when: Option<Expression>,
}

impl Reading<'_> {
    async fn fold<S: Default + Send + 'static>(
        &self,
        is_first: bool,
        step: impl Fn(&mut S, Number) + Send + Sync + 'static,
    ) -> Result<Vec<S>, VerifyError> {
        let (id, when) = (self.id.to_owned(), self.when.clone());
        let step = move |state: &mut S, batch: &RecordBatch, _| {
            let selected = selected(&id, when.as_ref(), batch)?;
            values_of(batch.column(0), |row| is_true(selected.as_ref(), row), |number| step(state, number));
            Ok(())
        };
        let parts = match is_first {
            true => self.source.fold_made(S::default, step).await?,
            false => self.source.fold(S::default, step).await?,
        };
        Ok(parts.into_iter().map(|part| part.state).collect())
    }

    async fn sums(&self) -> Result<Sums, VerifyError> {
        let parts = self
            .fold(true, |sums: &mut Sums, number| {
                sums.count += 1;
                match number {
                    Number::Units(units) => sums.units += units,
                    Number::Float(float) => sums.floats += float,
                }
                let value = number.value();
                let (least, most) = sums.ends.get_or_insert((value, value));
                (*least, *most) = (least.min(value), most.max(value));
            })
            .await?;
        let mut all = Sums::default();
        for part in parts {
            all.count += part.count;
            all.units += part.units;
            all.floats += part.floats;
            all.ends = match (all.ends, part.ends) {
                (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
                (one, other) => one.or(other),
            };
        }
        Ok(all)
    }

    /// The sum of the squares of the distances from the mean.
    async fn squares(&self, mean: f64) -> Result<f64, VerifyError> {
        let parts = self
            .fold(false, move |sum: &mut f64, number| {
                let off = number.value() - mean;
                *sum += off * off;
            })
            .await?;
        Ok(parts.into_iter().sum())
    }

    /// The value at a place in their order.
    async fn at(&self, place: u64) -> Result<f64, VerifyError> {
        const BITS: u32 = 16;
        let (mut prefix, mut known, mut left) = (0_u64, 0_u32, place);
        while known < 64 {
            let shift = 64 - known - BITS;
            let parts = self
                .fold(false, move |counts: &mut Vec<u64>, number| {
                    let key = ordered(number.value());
                    if known == 0 || key >> (64 - known) == prefix {
                        counts.resize(1 << BITS, 0);
                        counts[(key >> shift) as usize & ((1 << BITS) - 1)] += 1;
                    }
                })
                .await?;
            let mut digit = 0;
            for bucket in 0..1_usize << BITS {
                let count: u64 = parts.iter().map(|counts| counts.get(bucket).copied().unwrap_or(0)).sum();
                digit = bucket as u64;
                if left < count {
                    break;
                }
                left -= count;
            }
            prefix = prefix << BITS | digit;
            known += BITS;
        }
        Ok(of_ordered(prefix))
    }
}

/// A float's bits in the order of the floats.
fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn of_ordered(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}
