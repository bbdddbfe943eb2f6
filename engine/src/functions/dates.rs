//! Whole days, months and years, and the schema's present. Interval arithmetic of DataFusion costs thirty times as much as an addition here.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array};
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::common::types::{NativeType, logical_date, logical_int64, logical_string};
use datafusion::error::{DataFusionError, Result};
use datafusion::functions::utils::make_scalar_function;
use datafusion::logical_expr::{
    Coercion, ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignatureClass, Volatility,
};

use crate::schema::{civil_of_days, days_of};

/// Name of the function that gives the schema's present.
pub(super) const REFERENCE_TIME: &str = "reference_time";

/// Days since 1970 of 0001-01-01 and 9999-12-31, which every database can write.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// The functions of this file; [`ReferenceTime`] stands for its name, with the time that each caller puts in.
pub(super) fn functions() -> Vec<Arc<ScalarUDF>> {
    let of_dates = [Kind::AddDays, Kind::AddMonths, Kind::DaysBetween, Kind::MonthsBetween, Kind::YearsBetween];
    let of_dates = of_dates.map(|kind| Arc::new(ScalarUDF::new_from_impl(OfDates::new(kind))));
    of_dates.into_iter().chain([Arc::new(ScalarUDF::new_from_impl(ReferenceTime::new(0)))]).collect()
}

fn signature(arguments: Vec<Coercion>) -> Signature {
    Signature::coercible(arguments, Volatility::Immutable)
}

fn date() -> Coercion {
    Coercion::new_implicit(
        TypeSignatureClass::Native(logical_date()),
        vec![TypeSignatureClass::Timestamp, TypeSignatureClass::Native(logical_string())],
        NativeType::Date,
    )
}

fn whole() -> Coercion {
    Coercion::new_implicit(
        TypeSignatureClass::Native(logical_int64()),
        vec![TypeSignatureClass::Integer],
        NativeType::Int64,
    )
}

/// What a function of dates does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// `add_days(date, n)`
    AddDays,
    /// `add_months(date, n)`
    AddMonths,
    /// `days_between(from, to)`
    DaysBetween,
    /// `months_between(from, to)`
    MonthsBetween,
    /// `years_between(from, to)`
    YearsBetween,
}

impl Kind {
    /// The second argument of the two that each takes.
    fn second(self) -> Coercion {
        match self {
            Kind::AddDays | Kind::AddMonths => whole(),
            Kind::DaysBetween | Kind::MonthsBetween | Kind::YearsBetween => date(),
        }
    }
}

/// A function of a date and a number, or of two dates.
#[derive(Debug, PartialEq, Eq, Hash)]
struct OfDates {
    kind: Kind,
    signature: Signature,
}

impl OfDates {
    fn new(kind: Kind) -> OfDates {
        OfDates { kind, signature: signature(vec![date(), kind.second()]) }
    }
}

impl ScalarUDFImpl for OfDates {
    fn name(&self) -> &str {
        match self.kind {
            Kind::AddDays => "add_days",
            Kind::AddMonths => "add_months",
            Kind::DaysBetween => "days_between",
            Kind::MonthsBetween => "months_between",
            Kind::YearsBetween => "years_between",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(match self.kind {
            Kind::AddDays | Kind::AddMonths => DataType::Date32,
            Kind::DaysBetween | Kind::MonthsBetween | Kind::YearsBetween => DataType::Int64,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (name, kind) = (self.name().to_owned(), self.kind);
        let apply = move |arrays: &[ArrayRef]| match kind {
            Kind::AddDays => later(
                &name,
                arrays,
                |date, days| date.checked_add(days),
                |days| format!("{days} days later is past the years 1 to 9999"),
            ),
            Kind::AddMonths => later(&name, arrays, months_later, |months| {
                format!("{months} months later is past the years 1 to 9999")
            }),
            Kind::DaysBetween => between(&name, arrays, |from, to| to - from),
            Kind::MonthsBetween => between(&name, arrays, months_between),
            Kind::YearsBetween => between(&name, arrays, |from, to| months_between(from, to) / 12),
        };
        make_scalar_function(apply, vec![])(&args.args)
    }
}

/// Dates so many units later, as `add` counts them from a day number.
fn later(
    name: &str,
    arrays: &[ArrayRef],
    add: fn(i64, i64) -> Option<i64>,
    past: fn(i64) -> String,
) -> Result<ArrayRef> {
    let (Some(dates), Some(counts)) = (
        arrays.first().and_then(|array| array.as_primitive_opt::<Date32Type>()),
        arrays.get(1).and_then(|array| array.as_primitive_opt::<Int64Type>()),
    ) else {
        return Err(wrong_types(name, arrays));
    };
    let sums = dates.iter().zip(counts.iter()).map(|pair| match pair {
        (Some(date), Some(count)) => match add(i64::from(date), count) {
            Some(sum) if DAYS.contains(&sum) => Ok(i32::try_from(sum).ok()),
            _ => Err(DataFusionError::Execution(past(count))),
        },
        _ => Ok(None),
    });
    Ok(Arc::new(sums.collect::<Result<Date32Array>>()?))
}

/// The same day some months later, or the month's last where it has no such day.
fn months_later(date: i64, count: i64) -> Option<i64> {
    let (year, month, day) = civil_of_days(date);
    let months = (12 * year + i64::from(month) - 1).checked_add(count)?;
    let year = i16::try_from(months.div_euclid(12)).ok()?;
    let first = jiff::civil::Date::new(year, months.rem_euclid(12) as i8 + 1, 1).ok()?;
    Some(i64::from(days_of(first)) + i64::from(day).min(i64::from(first.days_in_month())) - 1)
}

/// A number for each pair of dates, from two day numbers.
fn between(name: &str, arrays: &[ArrayRef], count: fn(i64, i64) -> i64) -> Result<ArrayRef> {
    let (Some(from), Some(to)) = (
        arrays.first().and_then(|array| array.as_primitive_opt::<Date32Type>()),
        arrays.get(1).and_then(|array| array.as_primitive_opt::<Date32Type>()),
    ) else {
        return Err(wrong_types(name, arrays));
    };
    let counts = from.iter().zip(to.iter()).map(|(from, to)| Some(count(i64::from(from?), i64::from(to?))));
    Ok(Arc::new(counts.collect::<Int64Array>()))
}

/// The whole months from a date to another: as many as the number of the day has come round again.
fn months_between(from: i64, to: i64) -> i64 {
    if to < from {
        return -months_between(to, from);
    }
    let ((year, month, day), (end_year, end_month, end_day)) = (civil_of_days(from), civil_of_days(to));
    let months = 12 * (end_year - year) + i64::from(end_month) - i64::from(month);
    months - i64::from(end_day < day)
}

fn wrong_types(name: &str, arrays: &[ArrayRef]) -> DataFusionError {
    let types: Vec<String> = arrays.iter().map(|array| array.data_type().to_string()).collect();
    DataFusionError::Internal(format!("{name} was called with {}", types.join(", ")))
}

/// `reference_time()`, the same in every row.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ReferenceTime {
    us: i64,
    signature: Signature,
}

impl ReferenceTime {
    /// The function that gives `us`, microseconds since 1970, UTC.
    pub(super) fn new(us: i64) -> ReferenceTime {
        ReferenceTime { us, signature: Signature::exact(vec![], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ReferenceTime {
    fn name(&self) -> &str {
        REFERENCE_TIME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, None))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(Some(self.us), None)))
    }
}
