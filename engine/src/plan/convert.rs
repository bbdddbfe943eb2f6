//! Values in the type that a column names, and text in the length that it allows. A conversion that always loses something is a problem of
//! the plan; one that may lose something is checked value by value.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, StringViewArray, StringViewBuilder, new_null_array,
};
use datafusion::arrow::compute::kernels::cmp::not_distinct;
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use datafusion::arrow::error::ArrowError;
use serde_json::{Value, json};

use crate::expr::Literal;
use crate::generators::{Cells, Fill, Rows, RunError};
use crate::problem::Problem;
use crate::schema::{Date, Datetime, Time};
use crate::types::LogicalType;

/// The first input in another type.
pub(super) struct Conversion {
    to: LogicalType,
}

/// The fill that converts, or why none does.
pub(super) fn conversion(from: &LogicalType, to: &LogicalType) -> Result<Conversion, Problem> {
    use LogicalType as T;
    let possible = match (from, to) {
        (T::Integer, T::Decimal { .. } | T::Float) | (T::Decimal { .. }, T::Float) | (T::Date, T::Datetime) => true,
        // What has places after the point is whole by chance alone.
        (T::Decimal { scale, .. }, T::Integer) => *scale <= 0,
        (T::Decimal { scale, .. }, T::Decimal { scale: wanted, .. }) => scale <= wanted,
        (
            T::String
            | T::Text
            | T::Json
            | T::Integer
            | T::Decimal { .. }
            | T::Float
            | T::Boolean
            | T::Date
            | T::Datetime
            | T::Time
            | T::Uuid,
            T::String | T::Text,
        ) => true,
        _ => false,
    };
    if possible {
        return Ok(Conversion { to: to.clone() });
    }
    let problem =
        Problem::new("lossy_conversion", format!("values of type {from} cannot become {to} without losing something"));
    Err(problem.remedy(format!("say type: {}, or write the conversion in SQL", type_word(from))))
}

/// Whether a conversion that is possible may meet a value that is too large for it.
pub(super) fn may_be_too_large(from: &LogicalType, to: &LogicalType) -> bool {
    use LogicalType as T;
    // Digits before the point; a whole number of 64 bits has 19.
    let whole = |precision: u8, scale: i8| i16::from(precision) - i16::from(scale);
    match (from, to) {
        (T::Integer, T::Decimal { precision, scale }) => whole(*precision, *scale) < 19,
        (T::Decimal { precision, scale }, T::Integer) => whole(*precision, *scale) > 18,
        (T::Decimal { precision, scale }, T::Decimal { precision: digits, scale: places }) => {
            whole(*precision, *scale) > whole(*digits, *places)
        }
        (T::Integer, T::Float) => true,
        _ => false,
    }
}

/// An SQL text whose numbers are rounded to what a type holds; none where rounding alone does not make them fit it.
pub(super) fn rounded(sql: &str, from: &LogicalType, to: &LogicalType) -> Option<String> {
    use LogicalType as T;
    // A comment at the end must not swallow the bracket.
    let sql = if sql.contains("--") { format!("{}\n", sql.trim_end()) } else { sql.trim().to_owned() };
    Some(match (from, to) {
        (T::Decimal { .. }, T::Integer) => format!("round({sql})"),
        (T::Decimal { .. }, T::Decimal { scale, .. }) => format!("round({sql}, {scale})"),
        (T::Float, T::Integer) => format!("CAST(round({sql}) AS BIGINT)"),
        (T::Float, T::Decimal { precision, scale }) => format!("CAST({sql} AS DECIMAL({precision}, {scale}))"),
        _ => return None,
    })
}

/// The changes of a column at a pointer that give it a type, where they can be said in a few keys.
pub(super) fn declared_as(pointer: &str, from: &LogicalType) -> Option<Vec<Value>> {
    let mut changes = vec![json!({ "op": "replace", "path": format!("{pointer}/type"), "value": type_word(from) })];
    match from {
        LogicalType::List(_) => return None,
        LogicalType::Decimal { precision, scale } => {
            changes.push(json!({ "op": "add", "path": format!("{pointer}/precision"), "value": precision }));
            changes
                .push(json!({ "op": "add", "path": format!("{pointer}/scale"), "value": u8::try_from(*scale).ok()? }));
        }
        _ => {}
    }
    Some(changes)
}

/// The word of a schema for a type.
pub(super) fn type_word(logical: &LogicalType) -> String {
    logical.to_string().split(['(', ' ']).next().unwrap_or_default().to_owned()
}

impl Fill for Conversion {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        convert(&cells.inputs[0], &self.to)
    }
}

/// An array in another type; a value that does not fit is an error.
pub(crate) fn convert(array: &ArrayRef, to: &LogicalType) -> Result<ArrayRef, RunError> {
    let lost = |row: usize| {
        let text = spelled(array, row).unwrap_or_default();
        RunError { row: None, ..RunError::new(format!("{text} does not fit {to} without losing something")) }
    };
    if to.is_text() && !matches!(array.data_type(), DataType::Utf8View) {
        let texts: StringViewArray = (0..array.len()).map(|row| spelled(array, row)).collect();
        return Ok(Arc::new(texts));
    }
    let target = to.arrow();
    let options = CastOptions { safe: true, ..CastOptions::default() };
    let converted = cast_with_options(array, &target, &options).map_err(|error| RunError::new(error.to_string()))?;
    // What did not fit is null now; what lost digits is no longer equal when it is brought back.
    let is_whole = *array.data_type() == DataType::Int64;
    let exact = (is_whole || *to != LogicalType::Float) && *to != LogicalType::Datetime && !to.is_text();
    let failed = |error: ArrowError| RunError::new(error.to_string());
    if !exact {
        return match (0..array.len()).find(|row| array.is_valid(*row) && converted.is_null(*row)) {
            Some(row) => Err(lost(row)),
            None => Ok(converted),
        };
    }
    let back = cast_with_options(&converted, array.data_type(), &options).map_err(failed)?;
    let kept = not_distinct(&back, array).map_err(failed)?;
    if let Some(row) = kept.iter().position(|kept| kept == Some(false)) {
        return Err(lost(row));
    }
    // Arrow takes a whole number for a decimal of more digits than it may have.
    if let LogicalType::Decimal { precision, .. } = to {
        let most = 10_u128.pow(u32::from(*precision));
        let decimals = converted.as_primitive::<Decimal128Type>();
        if let Some(row) = decimals.iter().position(|units| units.is_some_and(|units| units.unsigned_abs() >= most)) {
            return Err(lost(row));
        }
    }
    Ok(converted)
}

/// Any array as text, in the spelling that every format uses.
pub(crate) fn as_text(array: &ArrayRef) -> Result<ArrayRef, RunError> {
    convert(array, &LogicalType::String)
}

/// A value as text, in the spelling that every format uses; `None` for null.
fn spelled(array: &ArrayRef, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8View => array.as_string_view().value(row).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Date32 => Date(array.as_primitive::<Date32Type>().value(row)).to_string(),
        DataType::Timestamp(_, _) => Datetime(array.as_primitive::<TimestampMicrosecondType>().value(row)).to_string(),
        DataType::Time64(_) => Time(array.as_primitive::<Time64MicrosecondType>().value(row)).to_string(),
        DataType::Decimal128(_, _) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::FixedSizeBinary(16) => {
            let mut text = String::with_capacity(36);
            for (index, byte) in array.as_fixed_size_binary().value(row).iter().enumerate() {
                if matches!(index, 4 | 6 | 8 | 10) {
                    text.push('-');
                }
                text.push_str(&format!("{byte:02x}"));
            }
            text
        }
        _ => datafusion::arrow::util::display::array_value_to_string(array, row).ok()?,
    })
}

/// An array of one value, a literal of SQL, in a column's type.
pub(super) fn literal(value: &Literal, logical: &LogicalType) -> Result<ArrayRef, Problem> {
    let refused = |text: &str| Problem::new("wrong_type", format!("{text} is no {logical}"));
    let array: ArrayRef = match value {
        Literal::Null => new_null_array(&logical.arrow(), 1),
        Literal::Boolean(value) if *logical == LogicalType::Boolean => Arc::new(BooleanArray::from(vec![*value])),
        Literal::Boolean(value) => return Err(refused(&value.to_string())),
        Literal::Number(text) if logical.is_text() => return Err(refused(text)),
        Literal::Number(text)
        | Literal::Text(text)
        | Literal::Date(text)
        | Literal::Datetime(text)
        | Literal::Time(text) => {
            // SQL's 5.0 is the whole number 5.
            let whole = text.trim_end_matches('0').strip_suffix('.').filter(|_| *logical == LogicalType::Integer);
            let source: ArrayRef = Arc::new(StringViewArray::from(vec![whole.unwrap_or(text.as_str())]));
            let text_array =
                cast_with_options(&source, &logical.arrow(), &CastOptions { safe: true, ..CastOptions::default() });
            match text_array {
                Ok(array) if array.is_valid(0) => array,
                _ => return Err(refused(&format!("\"{text}\""))),
            }
        }
    };
    Ok(array)
}

/// The first input with its text cut to `max` characters at a word; text that cannot be is an error.
pub(super) struct Lengths {
    pub min: u32,
    pub max: Option<u32>,
}

impl Fill for Lengths {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let texts = cells.inputs[0].as_string_view();
        let max = self.max.map_or(usize::MAX, |max| max as usize);
        let fits = |text: &str| text.len() <= max || text.chars().count() <= max;
        let long_enough = |text: &str| self.min == 0 || text.chars().count() >= self.min as usize;
        if texts.iter().flatten().all(|text| fits(text) && long_enough(text)) {
            return Ok(Arc::clone(&cells.inputs[0]));
        }
        let mut cut = StringViewBuilder::with_capacity(texts.len());
        for (position, text) in texts.iter().enumerate() {
            let Some(text) = text else {
                cut.append_null();
                continue;
            };
            let short = if fits(text) { Some(text) } else { cut_at_word(text, max) };
            match short.filter(|short| long_enough(short)) {
                Some(short) => cut.append_value(short),
                None => {
                    let length = text.chars().count();
                    let bound = if length > max {
                        format!("above max_length {max}")
                    } else {
                        format!("below min_length {}", self.min)
                    };
                    let detail = format!("{text:?} has {length} characters, {bound}");
                    return Err(RunError { row: Some(rows.at(position)), ..RunError::new(detail) });
                }
            }
        }
        Ok(Arc::new(cut.finish()))
    }
}

/// The longest run of whole words from the start within `max` characters.
fn cut_at_word(text: &str, max: usize) -> Option<&str> {
    let end = text.char_indices().nth(max).map_or(text.len(), |(at, _)| at);
    let cut = if text[end..].starts_with(' ') { end } else { text[..end].rfind(' ')? };
    let short = text[..cut].trim_end_matches([' ', ',', ';', ':', '-']);
    (!short.is_empty()).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_a_word_and_a_single_word_is_not_cut() {
        assert_eq!(cut_at_word("Andina de Servicios", 12), Some("Andina de"));
        assert_eq!(cut_at_word("Andina de Servicios", 9), Some("Andina de"));
        assert_eq!(cut_at_word("Andina", 3), None);
    }
}
