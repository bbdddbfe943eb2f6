//! Logical types, and the Arrow type that carries each.
//!
//! A column has one logical type. Rows travel as Arrow arrays; where an Arrow type says less than the logical one (JSON is text, a UUID is
//! sixteen bytes), the field's metadata entry [`LOGICAL_TYPE`] says the rest, so a format needs nothing but the Arrow schema.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};

/// Key of the field metadata that holds the logical type as [`LogicalType`] prints it.
pub const LOGICAL_TYPE: &str = "logical_type";

/// Digits of a decimal whose schema names no precision: what fits an `i64` of units.
pub const DEFAULT_PRECISION: u8 = 18;

/// What a column's values mean.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogicalType {
    /// Short text: a name, a code.
    String,
    /// Long text: a sentence, a comment.
    Text,
    /// A whole number, −2^63 to 2^63 − 1.
    Integer,
    /// An exact number of `scale` decimal places and at most `precision` digits.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point, 0 to `precision`.
        scale: i8,
    },
    /// A binary floating-point number of 64 bits.
    Float,
    /// True or false.
    Boolean,
    /// A day of the proleptic Gregorian calendar.
    Date,
    /// An instant, in microseconds, UTC.
    Datetime,
    /// A time of day, in microseconds.
    Time,
    /// Sixteen bytes, printed in the form of RFC 9562.
    Uuid,
    /// Bytes, printed in lower-case hex.
    Bytes,
    /// A JSON text.
    Json,
    /// A list of scalars of one type.
    List(Box<LogicalType>),
}

impl LogicalType {
    /// The Arrow type of the values of a column of this type.
    pub fn arrow(&self) -> DataType {
        match self {
            LogicalType::String | LogicalType::Text | LogicalType::Json => DataType::Utf8View,
            LogicalType::Integer => DataType::Int64,
            LogicalType::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale),
            LogicalType::Float => DataType::Float64,
            LogicalType::Boolean => DataType::Boolean,
            LogicalType::Date => DataType::Date32,
            LogicalType::Datetime => DataType::Timestamp(TimeUnit::Microsecond, None),
            LogicalType::Time => DataType::Time64(TimeUnit::Microsecond),
            LogicalType::Uuid => DataType::FixedSizeBinary(16),
            LogicalType::Bytes => DataType::BinaryView,
            LogicalType::List(item) => DataType::List(Arc::new(Field::new("item", item.arrow(), true))),
        }
    }

    /// The Arrow field of a column of this type, its metadata included.
    pub fn field(&self, name: &str, nullable: bool) -> Field {
        Field::new(name, self.arrow(), nullable).with_metadata([(LOGICAL_TYPE.to_owned(), self.to_string())].into())
    }

    /// The logical type of a field: by its metadata where it has some, else the plainest type that its Arrow type carries; `None` for an
    /// Arrow type that carries none.
    pub fn of_field(field: &Field) -> Option<LogicalType> {
        match field.metadata().get(LOGICAL_TYPE).map(String::as_str) {
            Some("text") => return Some(LogicalType::Text),
            Some("json") => return Some(LogicalType::Json),
            Some("uuid") => return Some(LogicalType::Uuid),
            _ => {}
        }
        LogicalType::of_arrow(field.data_type())
    }

    /// The plainest logical type that an Arrow type carries.
    pub fn of_arrow(arrow: &DataType) -> Option<LogicalType> {
        Some(match arrow {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => LogicalType::String,
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64 => LogicalType::Integer,
            DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) => {
                LogicalType::Decimal { precision: *p, scale: *s }
            }
            DataType::Float16 | DataType::Float32 | DataType::Float64 => LogicalType::Float,
            DataType::Boolean => LogicalType::Boolean,
            DataType::Date32 | DataType::Date64 => LogicalType::Date,
            DataType::Timestamp(_, _) => LogicalType::Datetime,
            DataType::Time32(_) | DataType::Time64(_) => LogicalType::Time,
            DataType::FixedSizeBinary(16) => LogicalType::Uuid,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                LogicalType::Bytes
            }
            DataType::List(item) | DataType::LargeList(item) => {
                LogicalType::List(Box::new(LogicalType::of_arrow(item.data_type())?))
            }
            _ => return None,
        })
    }

    /// Whether values are text.
    pub fn is_text(&self) -> bool {
        matches!(self, LogicalType::String | LogicalType::Text | LogicalType::Json)
    }
}

impl fmt::Display for LogicalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogicalType::String => f.write_str("string"),
            LogicalType::Text => f.write_str("text"),
            LogicalType::Integer => f.write_str("integer"),
            LogicalType::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            LogicalType::Float => f.write_str("float"),
            LogicalType::Boolean => f.write_str("boolean"),
            LogicalType::Date => f.write_str("date"),
            LogicalType::Datetime => f.write_str("datetime"),
            LogicalType::Time => f.write_str("time"),
            LogicalType::Uuid => f.write_str("uuid"),
            LogicalType::Bytes => f.write_str("bytes"),
            LogicalType::Json => f.write_str("json"),
            LogicalType::List(item) => write!(f, "list of {item}"),
        }
    }
}
/// The text of a decimal number without zeros that say nothing, `0` for `0.00`; `None` where it is none.
pub(crate) fn plain_number(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if digits.len() < text.len() && (whole != "0" || !fraction.is_empty()) { "-" } else { "" };
    Some(format!("{sign}{whole}{point}{fraction}"))
}
