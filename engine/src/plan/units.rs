//! Bounds that rows set, in units of a column's type.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};

use crate::generators::RunError;
use crate::types::LogicalType;

/// A parameter's value: one for all rows, or an input that has one for each.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<T> {
    /// The same in every row.
    Constant(T),
    /// The input at this place.
    Input(usize),
}

/// Which end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The smallest value.
    Lower,
    /// The largest.
    Upper,
}

impl Side {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Lower => Side::Upper,
            Side::Upper => Side::Lower,
        }
    }
}

/// A bound that a rule sets: the value is at least (at most) a constant, or another column of the row plus `gap` units.
#[derive(Clone, Debug)]
pub struct RowBound {
    /// The constant, or the input that holds the other column; null bounds nothing.
    pub value: Scalar<i64>,
    /// Which end.
    pub side: Side,
    /// Where a value between two units is rounded to, before the gap is added.
    pub rounds: Side,
    /// Added to the value: units of the column (days, microseconds, whole numbers, units of its last decimal place).
    pub gap: i64,
}

/// The values of an input as whole numbers in the unit of a type: numbers, days, microseconds, units of the last place of `scale`; `None`
/// where the input is null. Fractions are rounded towards the inside of the interval by `side`.
pub fn units_of(array: &ArrayRef, logical: &LogicalType, side: Side) -> Result<Vec<Option<i64>>, RunError> {
    let scale = match logical {
        LogicalType::Decimal { scale, .. } => i32::from(*scale),
        _ => 0,
    };
    let factor = 10_i128.pow(scale.unsigned_abs());
    if let Some(dates) = array.as_primitive_opt::<Date32Type>() {
        let unit = if *logical == LogicalType::Datetime { crate::schema::DAY_US } else { 1 };
        return Ok(dates.iter().map(|day| day.map(|day| i64::from(day) * unit)).collect());
    }
    if let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        let day = crate::schema::DAY_US;
        let to_day = |us: i64| if side == Side::Lower { (us + day - 1).div_euclid(day) } else { us.div_euclid(day) };
        return Ok(times
            .iter()
            .map(|us| us.map(|us| if *logical == LogicalType::Date { to_day(us) } else { us }))
            .collect());
    }
    if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
        let clamp = |number: i64| {
            i64::try_from(i128::from(number) * factor).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
        };
        return Ok(numbers.iter().map(|number| number.map(clamp)).collect());
    }
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        return Ok(numbers
            .iter()
            .map(|number| number.map(|number| unit_beside(number, factor as f64, side)))
            .collect());
    }
    if let Some(numbers) = array.as_primitive_opt::<Decimal128Type>() {
        let own = 10_i128.pow(u32::from(numbers.scale().unsigned_abs()));
        let convert = |number: i128| {
            let product = number.saturating_mul(factor);
            let quotient = if side == Side::Lower { -((-product).div_euclid(own)) } else { product.div_euclid(own) };
            i64::try_from(quotient).unwrap_or(if quotient < 0 { i64::MIN } else { i64::MAX })
        };
        return Ok(numbers.iter().map(|number| number.map(convert)).collect());
    }
    Err(RunError::new(format!("{} bounds no {logical}", word_of(array.data_type()))))
}

/// A type of Arrow's for people.
fn word_of(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "a text".to_owned(),
        DataType::Boolean => "true or false".to_owned(),
        DataType::Binary | DataType::BinaryView => "a value of bytes".to_owned(),
        DataType::List(_) => "a list".to_owned(),
        DataType::Date32 => "a date".to_owned(),
        DataType::Timestamp(..) => "a datetime".to_owned(),
        DataType::Time64(_) => "a time".to_owned(),
        other => other.to_string(),
    }
}

/// The last unit on a side of a number, as SQL compares them: units divided by their number in a 1 against the number.
fn unit_beside(value: f64, factor: f64, side: Side) -> i64 {
    match side {
        Side::Lower => {
            let unit = libm::ceil(value * factor);
            // The product is rounded too, and may have come to lie on the wrong side.
            (if unit / factor < value { unit + 1.0 } else { unit }) as i64
        }
        Side::Upper => {
            let unit = libm::floor(value * factor);
            (if unit / factor > value { unit - 1.0 } else { unit }) as i64
        }
    }
}
