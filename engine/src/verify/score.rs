//! `score`: broken where the delivered value is not that of the band that the number falls into, null where the number is null.

use serde_json::Value;

use super::calculate;
use super::joins::{literal, quoted};
use crate::schema::Band;
use crate::types::LogicalType;

/// The rule as one condition.
pub(super) fn condition(column: &str, of: &str, bands: &[Band], kind: Option<&LogicalType>) -> Result<String, String> {
    let of = quoted(of);
    let mut sql = format!("CASE WHEN {of} IS NULL THEN NULL");
    let mut rest = None;
    for band in bands {
        match &band.below {
            Some(below) => {
                let (below, value) = (value_sql(below, None)?, value_sql(&band.value, kind)?);
                sql.push_str(&format!(" WHEN {of} < {below} THEN {value}"));
            }
            None => rest = Some(value_sql(&band.value, kind)?),
        }
    }
    if let Some(rest) = rest {
        sql.push_str(&format!(" ELSE {rest}"));
    }
    sql.push_str(" END");
    calculate::condition(column, &sql, kind)
}

/// The rule for people.
pub(super) fn says(column: &str, of: &str, bands: &[Band]) -> String {
    let bands: Vec<String> = bands
        .iter()
        .map(|band| match &band.below {
            Some(below) => format!("< {} → {}", plain(below), plain(&band.value)),
            None => format!("… → {}", plain(&band.value)),
        })
        .collect();
    format!("{column} by bands of {of}: {}", bands.join(", "))
}

/// A value as people write it.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value in SQL, as one of a type where that is known.
pub(super) fn value_sql(value: &Value, kind: Option<&LogicalType>) -> Result<String, String> {
    Ok(match (value, kind) {
        (Value::Null, _) => "NULL".to_owned(),
        (Value::Bool(value), _) => value.to_string().to_uppercase(),
        (Value::Number(number), Some(kind)) if kind.is_text() => literal(&number.to_string()),
        (Value::Number(number), _) => number.to_string(),
        (Value::String(text), Some(LogicalType::Date)) => format!("DATE {}", literal(text)),
        (Value::String(text), Some(LogicalType::Datetime)) => format!("TIMESTAMP {}", literal(text)),
        (Value::String(text), Some(LogicalType::Time)) => format!("TIME {}", literal(text)),
        (Value::String(text), Some(LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Float))
            if text.parse::<f64>().is_ok() =>
        {
            text.clone()
        }
        (Value::String(text), Some(LogicalType::Boolean)) if text == "true" || text == "false" => text.to_uppercase(),
        (Value::String(text), _) => literal(text),
        (other, _) => return Err(format!("{other} is no value")),
    })
}
