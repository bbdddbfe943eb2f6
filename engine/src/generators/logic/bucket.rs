//! Labels of the intervals that another column's values fall into.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::compute::nullif;
use datafusion::arrow::datatypes::Float64Type;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::lists::{List, decimal_units};
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use crate::plan::{Context, Side, below, units_of};
use crate::problem::Problem;
use crate::schema::{parse_date, parse_datetime};
use crate::types::LogicalType;

/// The label of the interval that another column's number or date falls into: age groups, bands of income. An edge belongs to the interval
/// above it; where the other column is null, so is the label.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The other column.
    of: String,
    /// Where one interval ends and the next begins, ascending: numbers, or dates as texts.
    #[schemars(length(min = 1), extend("role" = "edge"))]
    edges: Vec<Value>,
    /// A value for each interval, one more than there are edges: below the first edge, between two of them, from the last one on.
    #[schemars(length(min = 2))]
    labels: Vec<Value>,
}

impl Generator for Bucket {
    const EXAMPLE: &'static str = "{type: bucket, of: age, edges: [18, 65], labels: [minor, adult, senior]}";
    const EXAMPLE_BESIDE: &'static str = "{columns: [{name: age, generator: {type: integer, min: 0, max: 99}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let input = cx.column(&self.of).map_err(|problems| below(problems, "of"))?;
        let of = cx.input_type(input);
        let mut problems = Vec::new();
        if self.labels.len() != self.edges.len() + 1 {
            let detail = format!(
                "{} labels do not fit {} edges, which make {} intervals",
                self.labels.len(),
                self.edges.len(),
                self.edges.len() + 1
            );
            let remedy = "give one label more than there are edges: the first for what lies below them all";
            problems.push(Problem::new("wrong_length", detail).at("/labels").remedy(remedy));
        }
        let edges = Edges::of(&self.edges, &of).map_err(|found| problems.extend(found)).ok();
        let list = List::of(&self.labels, cx.declared().as_ref());
        let list =
            list.map_err(|found| problems.extend(found.into_iter().map(|problem| problem.under("/labels")))).ok();
        let (Some(edges), Some(list), true) = (edges, list, problems.is_empty()) else { return Err(problems) };
        let (logical, longest) = (list.logical.clone(), list.longest());
        let nullable = list.values.null_count() > 0;
        Ok(Made { longest, nullable, ..Made::computed(logical, Labels { input, of, edges, list }) })
    }
}

/// Edges in the unit of the other column.
enum Edges {
    /// Days, microseconds, whole numbers, units of the last decimal place; a value is at an edge or above it from this one on.
    Units(Vec<i64>),
    Floats(Vec<f64>),
}

impl Edges {
    fn of(edges: &[Value], of: &LogicalType) -> Result<Edges, Problems> {
        let scale = match of {
            LogicalType::Integer => 0,
            LogicalType::Decimal { scale, .. } => *scale,
            _ => 0,
        };
        let units = |value: &Value| match of {
            LogicalType::Date => value.as_str().and_then(parse_date).map(i64::from),
            LogicalType::Datetime => value.as_str().and_then(parse_datetime),
            _ => number_units(value, scale),
        };
        match of {
            LogicalType::Float => ascending(edges, of, Value::as_f64).map(Edges::Floats),
            LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Date | LogicalType::Datetime => {
                ascending(edges, of, units).map(Edges::Units)
            }
            other => {
                let detail = format!("the other column holds {other}, which has no intervals");
                let remedy = "name a column of numbers, dates or datetimes";
                Err(vec![Problem::new("wrong_type", detail).at("/of").remedy(remedy)])
            }
        }
    }
}

/// The least number of units of the last of `scale` places that is not below a number.
fn number_units(value: &Value, scale: i8) -> Option<i64> {
    if !value.is_number() {
        return None;
    }
    decimal_units(&value.to_string(), scale).or_else(|| {
        let units = libm::ceil(value.as_f64()? * 10_f64.powi(i32::from(scale)));
        (units.abs() < 9.2e18).then_some(units as i64)
    })
}

/// The edges as numbers, or the problems of those that are none or do not ascend.
fn ascending<T: PartialOrd + Copy>(
    edges: &[Value],
    of: &LogicalType,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<T>, Problems> {
    let mut problems = Vec::new();
    let mut numbers: Vec<T> = Vec::with_capacity(edges.len());
    for (at, edge) in edges.iter().enumerate() {
        let problem = match (read(edge), numbers.last()) {
            (None, _) => Problem::new("wrong_type", format!("{edge} is no value of {of}")),
            (Some(number), Some(last)) if number < *last || edges[at - 1] == *edge => {
                Problem::new("not_ascending", format!("the edge {edge} does not ascend from {}", edges[at - 1]))
            }
            (Some(number), _) => {
                numbers.push(number);
                continue;
            }
        };
        problems.push(problem.at(format!("/edges/{at}")));
    }
    if problems.is_empty() { Ok(numbers) } else { Err(problems) }
}

struct Labels {
    input: usize,
    of: LogicalType,
    edges: Edges,
    list: List,
}

impl Fill for Labels {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let of = &cells.inputs[self.input];
        let mut places = Vec::with_capacity(rows.len());
        match &self.edges {
            Edges::Units(edges) => {
                // Any side: values stand in their own unit, so none is rounded.
                places.extend(
                    units_of(of, &self.of, Side::Lower)?
                        .into_iter()
                        .map(|value| value.map_or(0, |value| edges.partition_point(|edge| *edge <= value))),
                );
            }
            Edges::Floats(edges) => {
                places.extend(
                    of.as_primitive::<Float64Type>()
                        .iter()
                        .map(|value| value.map_or(0, |value| edges.partition_point(|edge| *edge <= value))),
                );
            }
        }
        let labels = self.list.gather(places.into_iter())?;
        if of.null_count() == 0 {
            return Ok(labels);
        }
        let nulls: BooleanArray = (0..of.len()).map(|row| Some(of.is_null(row))).collect();
        nullif(&labels, &nulls).map_err(|error| RunError::new(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_between_two_units_is_the_next_one() {
        assert_eq!(number_units(&serde_json::json!(0.5), 0), Some(1));
        assert_eq!(number_units(&serde_json::json!(-0.5), 0), Some(0));
        assert_eq!(number_units(&serde_json::json!(1.255), 2), Some(126));
        assert_eq!(number_units(&serde_json::json!(1.25), 2), Some(125));
        assert_eq!(number_units(&serde_json::json!("1"), 2), None);
    }
}
