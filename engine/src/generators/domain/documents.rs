//! Values made of other values: JSON objects and lists.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray, ListArray, new_empty_array};
use datafusion::arrow::buffer::{OffsetBuffer, ScalarBuffer};
use datafusion::arrow::compute::interleave;
use datafusion::arrow::datatypes::{DataType, Field};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::text::TextColumn;
use super::super::{Cells, Fill, Generator, GeneratorSpec, Made, Problems, Rows, RunError};
use crate::plan::{Context, Nested, as_text};
use crate::problem::{Problem, pointer_step};
use crate::random::Key;
use crate::types::LogicalType;

/// A JSON object, compact, its fields in the order written. Each field has a generator of its own, which may be another `json_object` or an
/// `array`. Fields that describe a person, place or company describe the row's, as columns of the same `entity` would.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonObject {
    /// The fields and the generator of each.
    fields: IndexMap<String, GeneratorSpec>,
}

impl Generator for JsonObject {
    const EXAMPLE: &'static str = "{type: json_object, fields: {color: {type: choice, values: [red, blue]}, size: {type: integer, min: 1, max: 9}}}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let mut fields = Vec::with_capacity(self.fields.len());
        let mut problems = Vec::new();
        for (place, (name, spec)) in self.fields.iter().enumerate() {
            match cx.nested_part(spec, "component", place) {
                Ok(nested) => fields.push((format!("{}:", serde_json::Value::from(name.as_str())), nested)),
                Err(found) => {
                    let at = format!("/fields{}", pointer_step(name));
                    problems.extend(found.into_iter().map(|problem| problem.at(at.clone())));
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Made::drawn(LogicalType::Json, Objects { fields }))
    }
}

struct Objects {
    /// Each field's name with its colon, as JSON, and what fills it.
    fields: Vec<(String, Nested)>,
}

impl Fill for Objects {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let values = self
            .fields
            .iter()
            .map(|(_, nested)| JsonValues::of(&nested.fill(cells, rows, None)?, &nested.logical))
            .collect::<Result<Vec<_>, _>>()?;
        let mut column = TextColumn::with_capacity(rows.len(), 24 * self.fields.len().max(1));
        for row in 0..rows.len() {
            let out = column.out();
            out.push('{');
            for (place, ((name, _), values)) in self.fields.iter().zip(&values).enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(name);
                values.write(row, out);
            }
            out.push('}');
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

/// Values as JSON.
enum JsonValues {
    /// Texts, which stand in quotes.
    Quoted(ArrayRef),
    /// What stands for itself.
    Bare(ArrayRef),
    /// Items of each row.
    Lists(OffsetBuffer<i32>, ArrayRef, Box<JsonValues>),
}

impl JsonValues {
    fn of(array: &ArrayRef, logical: &LogicalType) -> Result<JsonValues, RunError> {
        Ok(match logical {
            LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Float | LogicalType::Boolean => {
                JsonValues::Bare(as_text(array)?)
            }
            LogicalType::Json => JsonValues::Bare(Arc::clone(array)),
            LogicalType::List(item) => {
                let lists = array.as_list_opt::<i32>().ok_or_else(|| RunError::new("a list that is none"))?;
                let items = JsonValues::of(lists.values(), item)?;
                JsonValues::Lists(lists.offsets().clone(), Arc::clone(array), Box::new(items))
            }
            _ => JsonValues::Quoted(as_text(array)?),
        })
    }

    fn write(&self, row: usize, out: &mut String) {
        match self {
            JsonValues::Quoted(texts) | JsonValues::Bare(texts) if texts.is_null(row) => out.push_str("null"),
            JsonValues::Quoted(texts) => {
                let text = serde_json::Value::from(texts.as_string_view().value(row));
                out.push_str(&text.to_string());
            }
            JsonValues::Bare(texts) => {
                let text = texts.as_string_view().value(row);
                // A float that is no number has no spelling in JSON.
                out.push_str(if matches!(text, "NaN" | "Infinity" | "-Infinity") { "null" } else { text });
            }
            JsonValues::Lists(_, lists, _) if lists.is_null(row) => out.push_str("null"),
            JsonValues::Lists(offsets, _, items) => {
                out.push('[');
                for item in offsets[row]..offsets[row + 1] {
                    if item > offsets[row] {
                        out.push(',');
                    }
                    items.write(item as usize, out);
                }
                out.push(']');
            }
        }
    }
}

/// A list of values of one generator, any number of them between two, each number equally likely. Each value describes a person, place or
/// company of its own.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Array {
    /// The generator of the values.
    of: GeneratorSpec,
    /// Fewest values; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    min: Option<u32>,
    /// Most values; 5, or the fewest, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    max: Option<u32>,
}

/// The most values of a list: each place has streams of its own.
const MOST_VALUES: u32 = 100;

impl Generator for Array {
    const EXAMPLE: &'static str = "{type: array, of: {type: word}, min: 1, max: 3}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let min = self.min.unwrap_or(0);
        let max = self.max.unwrap_or(min.max(5));
        if max < min {
            return Err(vec![
                Problem::new("empty_interval", format!("{max} is below min {min}"))
                    .at("/max")
                    .propose(min)
                    .param("max", max)
                    .param("min", min),
            ]);
        }
        if max > MOST_VALUES {
            let detail = format!("a list of {max} values is longer than {MOST_VALUES}");
            return Err(vec![Problem::new("out_of_range", detail).at("/max").propose(MOST_VALUES)]);
        }
        // One place at least, for the type of the values.
        let items = (0..max.max(1))
            .map(|place| cx.nested_item(&self.of, "element", place as usize))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|found| found.into_iter().map(|problem| problem.at("/of")).collect::<Problems>())?;
        let item = items[0].logical.clone();
        let logical = LogicalType::List(Box::new(item));
        Ok(Made::drawn(logical, Lists { key: cx.key("value"), items, min, max }))
    }
}

struct Lists {
    key: Key,
    /// What fills each place.
    items: Vec<Nested>,
    min: u32,
    max: u32,
}

impl Fill for Lists {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let lengths: Vec<u32> =
            rows.iter().map(|row| self.min + key.below(row, u64::from(self.max - self.min) + 1) as u32).collect();
        // Each place is filled for the rows that have it.
        let mut places: Vec<ArrayRef> = Vec::with_capacity(self.items.len());
        for (place, item) in self.items.iter().enumerate().take(self.max as usize) {
            let having = |length: &u32| *length as usize > place;
            let positions: Vec<u32> =
                lengths.iter().enumerate().filter(|(_, length)| having(length)).map(|(row, _)| row as u32).collect();
            if positions.is_empty() {
                break;
            }
            places.push(item.fill(cells, &rows.take(&positions), Some(&positions))?);
        }
        let mut next = vec![0_usize; places.len()];
        let mut indices = Vec::new();
        let mut offsets = vec![0_i32];
        for length in lengths {
            for (place, next) in next.iter_mut().enumerate().take(length as usize) {
                indices.push((place, *next));
                *next += 1;
            }
            offsets.push(indices.len() as i32);
        }
        let item = self.items[0].logical.arrow();
        let values = if places.is_empty() {
            new_empty_array(&item)
        } else {
            let arrays: Vec<&dyn datafusion::arrow::array::Array> = places.iter().map(AsRef::as_ref).collect();
            interleave(&arrays, &indices).map_err(|error| RunError::new(error.to_string()))?
        };
        let field = match LogicalType::List(Box::new(self.items[0].logical.clone())).arrow() {
            DataType::List(field) => field,
            _ => Arc::new(Field::new("item", item, true)),
        };
        ListArray::try_new(field, OffsetBuffer::new(ScalarBuffer::from(offsets)), values, None)
            .map(|lists| Arc::new(lists) as ArrayRef)
            .map_err(|error| RunError::new(error.to_string()))
    }
}
