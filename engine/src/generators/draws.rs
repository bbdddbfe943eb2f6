//! Records of several fields, drawn at once, so that joint distributions stay joint.

use datafusion::arrow::array::Array;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lists::{Draw, FromList, List, Values};
use super::relations::First;
use super::{Generator, Made, Problems};
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::Alias;

/// A row of a small table, by weight: its fields belong together.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tuple {
    /// Names of the fields.
    #[schemars(length(min = 1))]
    fields: Vec<String>,
    /// The rows, a value for each field.
    rows: Values<Vec<Value>>,
    /// How likely each row is, in proportion; all alike when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "weight"))]
    weights: Option<Vec<f64>>,
}

impl Tuple {
    fn rows(&self, cx: &Context<'_>) -> Result<Vec<Vec<Value>>, Problems> {
        let rows: Vec<Vec<Value>> = match &self.rows {
            Values::Written(rows) => rows.clone(),
            Values::Named(name) => {
                let values = cx.list(&name.list).map_err(|problem| vec![problem.at("/rows/list")])?;
                let lists = values.into_iter().map(|value| match value {
                    Value::Array(fields) => fields,
                    single => vec![single],
                });
                lists.collect()
            }
        };
        if rows.is_empty() {
            return Err(vec![Problem::new("empty_list", "a tuple needs a row").at("/rows")]);
        }
        let wrong = rows.iter().enumerate().filter(|(_, row)| row.len() != self.fields.len());
        let problems: Vec<Problem> = wrong
            .map(|(at, row)| {
                let detail = format!("{} values stand for {} fields", row.len(), self.fields.len());
                Problem::new("column_count", detail).at(format!("/rows/{at}"))
            })
            .collect();
        if problems.is_empty() { Ok(rows) } else { Err(problems) }
    }
}

impl Generator for Tuple {
    const EXAMPLE: &'static str =
        "{type: tuple, fields: [code, label], rows: [[CRE, Creation], [INT, Interview]], weights: [5, 3]}";

    fn compile(&self, _: &mut Context<'_>) -> Result<Made, Problems> {
        Err(vec![Problem::new("record", "a tuple is a record")])
    }

    fn fields(&self) -> Vec<String> {
        self.fields.clone()
    }

    fn is_draw(&self) -> bool {
        true
    }

    fn compile_field(&self, cx: &mut Context<'_>, field: &str) -> Result<Made, Problems> {
        let rows = self.rows(cx)?;
        let draw = draw_of(rows.len(), self.weights.as_deref())?;
        let place = self.fields.iter().position(|known| known == field).unwrap_or(0);
        let values: Vec<Value> = rows.iter().map(|row| row[place].clone()).collect();
        let at_row = |problem: Problem| {
            let pointer = format!("/rows{}/{place}", problem.pointer);
            problem.at(pointer)
        };
        let list = List::of(&values, None).map_err(|problems| problems.into_iter().map(at_row).collect::<Vec<_>>())?;
        let (logical, longest, nullable) = (list.logical.clone(), list.longest(), list.values.null_count() > 0);
        // Every field uses the draw's one stream, so all of them take the same row.
        Ok(Made { longest, nullable, ..Made::drawn(logical, FromList { list, key: cx.key("value"), draw }) })
    }
}

/// How one of `count` rows is drawn with these weights.
pub(super) fn draw_of(count: usize, weights: Option<&[f64]>) -> Result<Draw, Problems> {
    let Some(weights) = weights else { return Ok(Draw::Uniform(count as u64)) };
    if weights.len() != count {
        let detail = format!("{} weights stand for {count} values", weights.len());
        return Err(vec![Problem::new("column_count", detail).at("/weights")]);
    }
    if let Some(at) = weights.iter().position(|weight| !weight.is_finite() || *weight < 0.0) {
        return Err(vec![
            Problem::new("too_small", format!("the weight {} is below 0", weights[at])).at(format!("/weights/{at}")),
        ]);
    }
    match Alias::new(weights) {
        Some(alias) => Ok(Draw::Weighted(alias)),
        None => Err(vec![Problem::new("no_weight", "the weights add up to nothing").at("/weights")]),
    }
}

/// A person: names, sex, e-mail, phone, birthday and job that agree.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The fewest whole years since birth at the dataset's reference time; 18 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 150))]
    min_age: Option<u32>,
    /// The most whole years since birth at the dataset's reference time; 90 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 150))]
    max_age: Option<u32>,
}

/// The fields of a person, and the generator that makes each.
const PERSON_FIELDS: [(&str, &str); 11] = [
    ("gender", "gender"),
    ("prefix", "name_prefix"),
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("full_name", "full_name"),
    ("username", "username"),
    ("email", "email"),
    ("phone", "phone"),
    ("date_of_birth", "date_of_birth"),
    ("job_title", "job_title"),
    ("national_id", "national_id"),
];

impl Generator for Person {
    const EXAMPLE: &'static str = "{type: person, min_age: 18, max_age: 65}";

    fn compile(&self, _: &mut Context<'_>) -> Result<Made, Problems> {
        Err(vec![Problem::new("record", "a person is a record")])
    }

    fn fields(&self) -> Vec<String> {
        PERSON_FIELDS.iter().map(|(field, _)| (*field).to_owned()).collect()
    }

    fn is_draw(&self) -> bool {
        true
    }

    fn compile_field(&self, cx: &mut Context<'_>, field: &str) -> Result<Made, Problems> {
        super::dates::of_records::check_ages(self.min_age, self.max_age)?;
        let attribute = PERSON_FIELDS.iter().find(|(name, _)| *name == field).map_or(field, |(_, attribute)| attribute);
        let input = cx.attribute(attribute)?;
        Ok(Made { longest: cx.input_longest(input), ..Made::computed(cx.input_type(input), First) })
    }
}
