//! Rows as JSON objects for answers of the API.
//!
//! Whole numbers beyond ±(2^53 − 1) and all decimals are texts, so that no reader of JSON rounds them; everything else that JSON has no type
//! for is spelled as files spell it.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use engine::problem::Problem;
use engine::types::LogicalType;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Failure;
use crate::error::ApiError;
use crate::plan::previews::Speller;

/// The largest whole number that every reader of JSON keeps.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// A column of rows in an answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its logical type.
    #[serde(rename = "type")]
    #[schema(example = "decimal(18,2)")]
    pub kind: String,
    /// Whether its values are numbers, which stand to the right.
    pub is_number: bool,
}

/// Bytes of the texts of a batch.
pub fn text_bytes(batch: &RecordBatch) -> usize {
    let texts = batch.columns().iter().filter_map(|column| column.as_string_view_opt());
    texts.flat_map(|texts| texts.iter().flatten()).map(str::len).sum()
}

/// The columns of rows.
pub fn columns(schema: &datafusion::arrow::datatypes::Schema) -> Vec<ColumnInfo> {
    let column = |field: &datafusion::arrow::datatypes::FieldRef| ColumnInfo {
        name: field.name().clone(),
        kind: LogicalType::of_field(field).map_or_else(|| field.data_type().to_string(), |logical| logical.to_string()),
        is_number: field.data_type().is_numeric(),
    };
    schema.fields().iter().map(column).collect()
}

/// The places of named columns; a name that is not there is a problem that suggests the nearest.
pub fn places(schema: &datafusion::arrow::datatypes::Schema, names: &[String]) -> Result<Vec<usize>, ApiError> {
    let mut problems = Vec::new();
    let mut places = Vec::with_capacity(names.len());
    for name in names {
        match schema.index_of(name) {
            Ok(place) => places.push(place),
            Err(_) => {
                let known = schema.fields().iter().map(|field| field.name().as_str());
                let problem = Problem::new("unknown_column", format!("there is no column {name:?}")).at("/columns");
                problems.push(problem.hint(name, known.collect::<Vec<_>>()));
            }
        }
    }
    if problems.is_empty() { Ok(places) } else { Err(ApiError::invalid(problems)) }
}

/// The rows of a batch as objects.
pub fn objects(batch: &RecordBatch) -> Result<Vec<Map<String, Value>>, Failure> {
    let mut rows = vec![Map::with_capacity(batch.num_columns()); batch.num_rows()];
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let logical = LogicalType::of_field(field);
        let speller = Speller::new(logical.as_ref(), array)?;
        for (index, row) in rows.iter_mut().enumerate() {
            let value = match array.is_null(index) {
                true => Value::Null,
                false => plain(array, index).unwrap_or_else(|| Value::String(speller.text(index))),
            };
            row.insert(field.name().clone(), value);
        }
    }
    Ok(rows)
}

/// The rows of a batch as lists of cells, since columns of an answer may have one name.
pub fn lists(batch: &RecordBatch) -> Result<Vec<Vec<Value>>, Failure> {
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let speller = Speller::new(LogicalType::of_field(field).as_ref(), array)?;
        let is_whole = array.data_type().is_integer();
        for (index, row) in rows.iter_mut().enumerate() {
            let spelled = || {
                let text = speller.text(index);
                let number = text.parse::<i64>().ok().filter(|number| is_whole && is_safe(*number));
                number.map_or(Value::String(text), Value::from)
            };
            row.push(match array.is_null(index) {
                true => Value::Null,
                false => plain(array, index).unwrap_or_else(spelled),
            });
        }
    }
    Ok(rows)
}

/// Whether every reader of JSON keeps a whole number.
fn is_safe(value: i64) -> bool {
    (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&value)
}

/// A value that JSON has a type for.
fn plain(array: &ArrayRef, index: usize) -> Option<Value> {
    match array.data_type() {
        DataType::Int64 => {
            let value = array.as_primitive::<Int64Type>().value(index);
            is_safe(value).then(|| Value::from(value))
        }
        DataType::Float64 => {
            serde_json::Number::from_f64(array.as_primitive::<Float64Type>().value(index)).map(Value::Number)
        }
        DataType::Boolean => Some(Value::Bool(array.as_boolean().value(index))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{BooleanArray, Decimal128Array, Float64Array, Int64Array};
    use datafusion::arrow::datatypes::Schema;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_json_would_round_is_a_text() {
        let decimal = LogicalType::Decimal { precision: 18, scale: 2 };
        let fields = vec![
            LogicalType::Integer.field("whole", true),
            decimal.field("price", true),
            LogicalType::Float.field("ratio", true),
            LogicalType::Boolean.field("is", true),
        ];
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![Some(MAX_SAFE_INTEGER), Some(MAX_SAFE_INTEGER + 1), None])),
            Arc::new(
                Decimal128Array::from(vec![Some(150), Some(-5), None])
                    .with_precision_and_scale(18, 2)
                    .expect("a decimal"),
            ),
            Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN), None])),
            Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])),
        ];
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("a batch");
        let rows = objects(&batch).expect("rows");
        assert_eq!(json!(rows[0]), json!({"whole": 9007199254740991_i64, "price": "1.50", "ratio": 0.5, "is": true}));
        assert_eq!(json!(rows[1]), json!({"whole": "9007199254740992", "price": "-0.05", "ratio": "NaN", "is": false}));
        assert_eq!(json!(rows[2]), json!({"whole": null, "price": null, "ratio": null, "is": null}));
    }
}
