//! `calculate`: broken where the delivered value is not that of the formula, null being a value like others.
//!
//! The formula is brought to the column's type before it is compared, as it was when the rows were made: a decimal is rounded to the
//! column's places. Floats may differ by the last digits that other libraries and text forms leave uncertain.

use super::condition::bracketed;
use super::joins::quoted;
use crate::types::LogicalType;

/// Largest relative difference of a float.
const TOLERANCE: &str = "0.000000001";

/// The rule as one condition.
pub(super) fn condition(column: &str, sql: &str, kind: Option<&LogicalType>) -> Result<String, String> {
    let (column, formula) = (quoted(column), bracketed(sql)?);
    let Some(target) = kind.and_then(cast_name) else { return Ok(format!("{column} IS NOT DISTINCT FROM {formula}")) };
    let formula = format!("CAST({formula} AS {target})");
    if kind != Some(&LogicalType::Float) {
        return Ok(format!("{column} IS NOT DISTINCT FROM {formula}"));
    }
    Ok(format!(
        "CASE WHEN {column} IS NULL OR {formula} IS NULL THEN {column} IS NULL AND {formula} IS NULL \
         ELSE {column} = {formula} OR abs({column} - {formula}) <= {TOLERANCE} * greatest(abs({column}), abs({formula})) END"
    ))
}

/// The rule for people.
pub(super) fn says(column: &str, sql: &str) -> String {
    format!("{column} = {sql}")
}

/// The type in SQL, of those that `CAST` knows.
fn cast_name(kind: &LogicalType) -> Option<String> {
    Some(match kind {
        LogicalType::String | LogicalType::Text => "VARCHAR".to_owned(),
        LogicalType::Integer => "BIGINT".to_owned(),
        LogicalType::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})"),
        LogicalType::Float => "DOUBLE".to_owned(),
        LogicalType::Boolean => "BOOLEAN".to_owned(),
        LogicalType::Date => "DATE".to_owned(),
        LogicalType::Datetime => "TIMESTAMP".to_owned(),
        LogicalType::Time => "TIME".to_owned(),
        LogicalType::Uuid | LogicalType::Bytes | LogicalType::Json | LogicalType::List(_) => return None,
    })
}
