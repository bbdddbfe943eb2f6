//! Values as they were delivered, brought to the types that the schema declares, and shown in the spelling of the language.
//!
//! Rows may come from any format: a CSV file holds a UUID as text, a spreadsheet a whole number as a float. Statements are about values, so a
//! value is taken as what it says where its type can hold it; what cannot be taken so is null here and breaks the column's `type` statement.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewBuilder, BooleanArray, FixedSizeBinaryBuilder, Float64Array, StringViewArray,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::kernels::cmp::not_distinct;
use datafusion::arrow::compute::{CastOptions, can_cast_types, cast_with_options, is_not_null};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DecimalType, Field, Float64Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::Value;

use crate::schema::{Column, Date, Datetime, Time};
use crate::types::LogicalType;

/// The type as which a delivered column is read: the declared one where values can be taken so, else the plainest that its Arrow type
/// carries.
pub(super) fn read_as(declared: &Column, delivered: &Field) -> DataType {
    let logical = declared.logical_type().or_else(|| LogicalType::of_field(delivered));
    match logical.map(|logical| logical.arrow()) {
        Some(arrow) if can_convert(delivered.data_type(), &arrow) => arrow,
        _ => delivered.data_type().clone(),
    }
}

/// Whether values of a type are numbers, dates or times, which have an order and distances.
pub(super) fn is_ordered(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Int64
            | DataType::Float64
            | DataType::Decimal128(..)
            | DataType::Date32
            | DataType::Timestamp(..)
            | DataType::Time64(_)
    )
}

fn can_convert(from: &DataType, to: &DataType) -> bool {
    let nested = |kind: &DataType| kind.is_nested();
    from == to
        || (is_text(from) && matches!(to, DataType::FixedSizeBinary(16) | DataType::BinaryView))
        || (nested(from) == nested(to) && can_cast_types(from, to))
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// The values as a type that [`read_as`] gave; null where one cannot be taken so.
pub(super) fn convert(values: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    if values.data_type() == to {
        return Ok(one_zero(values));
    }
    if is_text(values.data_type()) {
        match to {
            DataType::FixedSizeBinary(16) => return uuids(&texts(values)?),
            DataType::BinaryView => return bytes(&texts(values)?),
            _ => {}
        }
    }
    Ok(one_zero(&cast_with_options(values, to, &CastOptions { safe: true, ..CastOptions::default() })?))
}

/// Which values, of those that are not null, are none of the logical type.
pub(super) fn strangers(values: &ArrayRef, logical: &LogicalType, to: &DataType) -> Result<BooleanArray, ArrowError> {
    let converted = convert(values, to)?;
    let given = is_not_null(values)?;
    let mut same = is_not_null(&converted)?;
    if is_text(values.data_type()) {
        if *logical == LogicalType::Json {
            let json = texts(values)?;
            let json = json.as_string_view().iter().map(|text| text.map(is_json)).collect::<BooleanArray>();
            same = and_true(&same, &json);
        } else if matches!(logical, LogicalType::List(_)) {
            let lists = texts(values)?;
            let lists = lists
                .as_string_view()
                .iter()
                .map(|text| text.map(|text| serde_json::from_str::<Vec<Value>>(text).is_ok()))
                .collect::<BooleanArray>();
            same = and_true(&same, &lists);
        }
    } else if values.data_type() != to && can_cast_types(to, values.data_type()) {
        // A number that changes on the way was none of the type: 2.5 is no whole number.
        let back = cast_with_options(&converted, values.data_type(), &CastOptions::default())?;
        same = and_true(&same, &not_distinct(&back, values)?);
    }
    if let DataType::Decimal128(precision, _) = to {
        // Arrow carries numbers of more digits than a type says.
        let most = 10_u128.pow(u32::from(*precision));
        let digits = converted.as_primitive::<Decimal128Type>();
        // Of nulls nothing is asked here, so that it does not matter what their places hold.
        if !digits.values().iter().all(|units| units.unsigned_abs() < most) {
            let fits = digits.iter().map(|units| units.map(|units| units.unsigned_abs() < most)).collect();
            same = and_true(&same, &fits);
        }
    }
    Ok(BooleanArray::new(&true_rows(&given) & &!&true_rows(&same), None))
}

/// Where a condition is true, null not being so.
pub(super) fn true_rows(truth: &BooleanArray) -> BooleanBuffer {
    match truth.nulls() {
        None => truth.values().clone(),
        Some(nulls) => truth.values() & nulls.inner(),
    }
}

fn and_true(left: &BooleanArray, right: &BooleanArray) -> BooleanArray {
    BooleanArray::new(&true_rows(left) & &true_rows(right), None)
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn texts(values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    cast_with_options(values, &DataType::Utf8View, &CastOptions::default())
}

/// Sixteen bytes from the form of RFC 9562, its hyphens where they belong, in either case.
fn uuids(values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let texts: &StringViewArray = values.as_string_view();
    let mut uuids = FixedSizeBinaryBuilder::with_capacity(texts.len(), 16);
    for text in texts {
        match text.and_then(uuid) {
            Some(uuid) => uuids.append_value(uuid)?,
            None => uuids.append_null(),
        }
    }
    Ok(Arc::new(uuids.finish()))
}

fn uuid(text: &str) -> Option<Vec<u8>> {
    let hyphens = [8, 13, 18, 23];
    if text.len() != 36 || !hyphens.iter().all(|&at| text.as_bytes()[at] == b'-') {
        return None;
    }
    let digits: String = text.chars().filter(|&c| c != '-').collect();
    from_hex(&digits).filter(|bytes| bytes.len() == 16)
}

fn bytes(values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let texts: &StringViewArray = values.as_string_view();
    let mut bytes = BinaryViewBuilder::with_capacity(texts.len());
    for text in texts {
        bytes.append_option(text.and_then(from_hex));
    }
    Ok(Arc::new(bytes.finish()))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Floats with one zero and one NaN, so that equal numbers are alike byte by byte.
fn one_zero(values: &ArrayRef) -> ArrayRef {
    let Some(floats) = values.as_primitive_opt::<Float64Type>() else { return Arc::clone(values) };
    let floats: Float64Array = floats.unary(|value| if value.is_nan() { f64::NAN } else { value + 0.0 });
    Arc::new(floats)
}

/// A value as JSON, in the spelling of the language; decimals are texts, so that their places stay.
pub(crate) fn json(values: &ArrayRef, row: usize) -> Value {
    if values.is_null(row) {
        return Value::Null;
    }
    match values.data_type() {
        DataType::Boolean => values.as_boolean().value(row).into(),
        DataType::Int64 => values.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float64 => {
            let value = values.as_primitive::<Float64Type>().value(row);
            serde_json::Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)
        }
        DataType::Utf8View => values.as_string_view().value(row).into(),
        DataType::Date32 => Date(values.as_primitive::<Date32Type>().value(row)).to_string().into(),
        DataType::Timestamp(datafusion::arrow::datatypes::TimeUnit::Microsecond, None) => {
            Datetime(values.as_primitive::<TimestampMicrosecondType>().value(row)).to_string().into()
        }
        DataType::Time64(datafusion::arrow::datatypes::TimeUnit::Microsecond) => {
            Time(values.as_primitive::<Time64MicrosecondType>().value(row)).to_string().into()
        }
        // With all digits that a number can have: those of the type cut one off that has more.
        DataType::Decimal128(_, scale) => {
            Decimal128Type::format_decimal(values.as_primitive::<Decimal128Type>().value(row), 38, *scale).into()
        }
        DataType::FixedSizeBinary(16) => {
            let digits: String =
                values.as_fixed_size_binary().value(row).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
                .into()
        }
        _ => match ArrayFormatter::try_new(values, &FormatOptions::default()) {
            Ok(formatter) => formatter.value(row).try_to_string().map_or(Value::Null, Value::String),
            Err(_) => Value::Null,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{Decimal128Array, StringArray};

    fn broken(values: ArrayRef, logical: LogicalType) -> Vec<bool> {
        let to = logical.arrow();
        let to = if can_convert(values.data_type(), &to) { to } else { values.data_type().clone() };
        let strangers = strangers(&values, &logical, &to).expect("an answer");
        strangers.values().iter().collect()
    }

    #[test]
    fn text_is_taken_as_the_value_that_it_writes() {
        let text = |values: &[Option<&str>]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
        let uuid = "0190a3b4-0000-7000-8000-00000000000F";
        assert_eq!(broken(text(&[Some(uuid), Some("0190"), None]), LogicalType::Uuid), [false, true, false]);
        assert_eq!(broken(text(&[Some("0aff"), Some("0af"), Some("xx")]), LogicalType::Bytes), [false, true, true]);
        assert_eq!(broken(text(&[Some("12"), Some("1.5"), Some("a")]), LogicalType::Integer), [false, true, true]);
        assert_eq!(broken(text(&[Some("2024-02-29"), Some("2023-02-29")]), LogicalType::Date), [false, true]);
        assert_eq!(broken(text(&[Some("{\"a\": 1}"), Some("{a}")]), LogicalType::Json), [false, true]);
        let list = LogicalType::List(Box::new(LogicalType::Integer));
        assert_eq!(broken(text(&[Some("[1, 2]"), Some("1, 2")]), list), [false, true]);
        let uuids = convert(&text(&[Some(uuid)]), &DataType::FixedSizeBinary(16)).expect("a uuid");
        assert_eq!(json(&uuids, 0), uuid.to_lowercase());
    }

    #[test]
    fn a_number_that_changes_on_the_way_is_none_of_the_type() {
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![Some(2.0), Some(2.5), None]));
        assert_eq!(broken(Arc::clone(&floats), LogicalType::Integer), [false, true, false]);
        assert_eq!(broken(floats, LogicalType::Decimal { precision: 4, scale: 1 }), [false, false, false]);
    }

    #[test]
    fn a_decimal_of_too_many_digits_is_none_of_the_type() {
        let units = Decimal128Array::from(vec![Some(9_999), Some(-10_000), None, Some(-9_999)]);
        let decimals: ArrayRef = Arc::new(units.with_precision_and_scale(4, 2).expect("a type"));
        let logical = LogicalType::Decimal { precision: 4, scale: 2 };
        assert_eq!(broken(Arc::clone(&decimals), logical), [false, true, false, false]);
        assert_eq!(json(&decimals, 1), "-100.00");
    }
}
