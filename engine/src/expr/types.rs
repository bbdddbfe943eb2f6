//! The types that `CAST` knows, one for each logical type: a whole number has 64 bits whatever it is called, so that no cast narrows one
//! by surprise, and text has no length.

use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::sql::sqlparser::ast::{DataType, ExactNumberInfo, TimezoneInfo};

use super::SqlProblem;
use crate::types::LogicalType;

/// The type that stands for `written`.
pub(super) fn of_sql(written: &DataType) -> Result<DataType, SqlProblem> {
    Ok(match written {
        DataType::TinyInt(None)
        | DataType::SmallInt(None)
        | DataType::Int(None)
        | DataType::Integer(None)
        | DataType::BigInt(None)
        | DataType::Int2(None)
        | DataType::Int4(None)
        | DataType::Int8(None)
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64 => DataType::BigInt(None),
        DataType::Real
        | DataType::Float(_)
        | DataType::Float4
        | DataType::Float8
        | DataType::Float32
        | DataType::Float64
        | DataType::Double(_)
        | DataType::DoublePrecision => DataType::DoublePrecision,
        DataType::Boolean | DataType::Bool => DataType::Boolean,
        DataType::Date => DataType::Date,
        DataType::Timestamp(None | Some(6), TimezoneInfo::None | TimezoneInfo::WithoutTimeZone)
        | DataType::Datetime(None | Some(6)) => DataType::Timestamp(Some(6), TimezoneInfo::None),
        DataType::Time(None | Some(6), TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
            DataType::Time(None, TimezoneInfo::None)
        }
        DataType::Varchar(None)
        | DataType::CharacterVarying(None)
        | DataType::CharVarying(None)
        | DataType::Char(None)
        | DataType::Character(None)
        | DataType::String(None)
        | DataType::Nvarchar(None)
        | DataType::Text => DataType::Varchar(None),
        DataType::Varchar(Some(_))
        | DataType::CharacterVarying(Some(_))
        | DataType::CharVarying(Some(_))
        | DataType::Char(Some(_))
        | DataType::Character(Some(_))
        | DataType::Nvarchar(Some(_)) => {
            return Err(
                SqlProblem::new(format!("{written} would cut text")).remedy("write left(CAST(… AS VARCHAR), n)")
            );
        }
        DataType::Decimal(info) | DataType::Numeric(info) | DataType::Dec(info) => {
            DataType::Decimal(digits(written, info)?)
        }
        DataType::Bytea => DataType::Bytea,
        DataType::Timestamp(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz)
        | DataType::Time(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => {
            return Err(
                SqlProblem::new(format!("{written} has a time zone, and all times are UTC")).remedy("use TIMESTAMP")
            );
        }
        other => {
            return Err(SqlProblem::new(format!("no type {other}")).remedy(
                "types are BIGINT, DECIMAL(digits, places), DOUBLE, BOOLEAN, VARCHAR, DATE, TIMESTAMP, TIME, BYTEA",
            ));
        }
    })
}

fn digits(written: &DataType, info: &ExactNumberInfo) -> Result<ExactNumberInfo, SqlProblem> {
    let (precision, scale) = match info {
        ExactNumberInfo::None => {
            return Err(SqlProblem::new(format!("{written} names no digits")).remedy("write DECIMAL(18, 2)"));
        }
        ExactNumberInfo::Precision(precision) => (*precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
    };
    if !(1..=38).contains(&precision) {
        return Err(SqlProblem::new(format!("{written} has {precision} digits, where 1 to 38 are possible")));
    }
    if scale < 0 || scale.unsigned_abs() > precision {
        return Err(SqlProblem::new(format!("{written} has {scale} places, where 0 to {precision} are possible")));
    }
    Ok(ExactNumberInfo::PrecisionAndScale(precision, scale))
}

/// The logical type of an expression's values; `None` for one that no column has.
pub(super) fn logical(arrow: &ArrowType) -> Option<LogicalType> {
    match arrow {
        // A constant null fits a column of any type; text is the one that says least.
        ArrowType::Null => Some(LogicalType::String),
        ArrowType::Timestamp(_, Some(_)) => None,
        ArrowType::Dictionary(_, values) => logical(values),
        other => LogicalType::of_arrow(other),
    }
}

/// A type in a sentence: that of the column, or what DataFusion calls it.
pub(super) fn shown(arrow: &ArrowType) -> String {
    match (arrow, logical(arrow)) {
        (ArrowType::Null, _) => "null".to_owned(),
        (ArrowType::Interval(_) | ArrowType::Duration(_), _) => "an interval".to_owned(),
        (_, Some(LogicalType::String | LogicalType::Text)) => "text".to_owned(),
        (_, Some(logical)) => logical.to_string(),
        (other, None) => other.to_string(),
    }
}
