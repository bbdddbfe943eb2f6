//! `combination`: broken where the values of a row stand together in no allowed combination, or in a forbidden one; a row with a null among
//! them passes.

use serde_json::Value;

use super::joins::quoted;
use super::score::value_sql;
use crate::types::LogicalType;

/// The rule as one condition.
pub(super) fn condition(
    columns: &[String],
    tuples: &[Vec<Value>],
    forbidden: bool,
    kind: impl Fn(&str) -> Option<LogicalType>,
) -> Result<String, String> {
    let mut listed = Vec::with_capacity(tuples.len());
    for tuple in tuples {
        let mut pairs = Vec::with_capacity(columns.len());
        for (column, value) in columns.iter().zip(tuple) {
            pairs.push(format!("{} = {}", quoted(column), value_sql(value, kind(column).as_ref())?));
        }
        listed.push(format!("({})", pairs.join(" AND ")));
    }
    let listed = if listed.is_empty() { "FALSE".to_owned() } else { listed.join(" OR ") };
    if forbidden {
        return Ok(format!("NOT ({listed})"));
    }
    let nulls: Vec<String> = columns.iter().map(|column| format!("{} IS NULL", quoted(column))).collect();
    Ok(format!("{} OR {listed}", nulls.join(" OR ")))
}

/// The rule for people.
pub(super) fn says(columns: &[String], tuples: usize, forbidden: bool) -> String {
    let columns = columns.join(", ");
    match (forbidden, tuples) {
        (false, 1) => format!("{columns} stand together in the one combination that is listed"),
        (false, _) => format!("{columns} stand together in one of {tuples} listed combinations"),
        (true, 1) => format!("{columns} never stand together in the one combination that is listed"),
        (true, _) => format!("{columns} never stand together in one of {tuples} listed combinations"),
    }
}
