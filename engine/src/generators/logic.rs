//! Choices, conditions and formulas.

mod bucket;
mod mixture;
mod state_machine;

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, new_null_array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::interleave;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use bucket::Bucket;
pub use mixture::Mixture;

pub use self::state_machine::StateMachine;
use super::draws::draw_of;
use super::lists::{Draw, FromList, List, Values, choices_of, likely};
use super::relations::{First, at_sql};
use super::{Cells, Choices, Fill, Generator, GeneratorSpec, Made, Problems, Rows, RunError};
use crate::allocation::Quota;
use crate::plan::{Context, Nested, below};
use crate::problem::Problem;
use crate::random::{Key, threshold};
use crate::types::LogicalType;

/// One of a list of values, by weight.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The values; absent where `weights` names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Values<Value>>,
    /// How likely each value is, in proportion: a list in the order of the values, or a map by value. All alike when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<Weights>,
    /// Whether shares are met exactly over the whole table, or each row is drawn; `expected` when absent. Nulls that the column's `null_rate` or
    /// a rule puts in come after, so that of the values that are left the shares are those on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quota: Option<QuotaKind>,
}

/// Weights by place or by value.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Weights {
    /// In the order of the values.
    Listed(Vec<f64>),
    /// By value; a value that is not named is not drawn.
    Named(IndexMap<String, f64>),
}

/// How shares are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuotaKind {
    /// Each row is drawn, so shares are met on average.
    Expected,
    /// Shares are met by largest remainder.
    Exact,
}

impl Generator for Choice {
    const EXAMPLE: &'static str = "{type: choice, values: [new, employee], weights: [0.7, 0.3]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let values = match (&self.values, &self.weights) {
            (Some(Values::Written(values)), _) => values.clone(),
            (Some(Values::Named(name)), _) => {
                cx.list(&name.list).map_err(|problem| vec![problem.at("/values/list")])?
            }
            (None, Some(Weights::Named(weights))) => weights.keys().map(|value| Value::from(value.as_str())).collect(),
            (None, _) => return Err(vec![Problem::new("missing_key", "the key \"values\" is missing")]),
        };
        let at_value = |problem: Problem| problem.under("/values");
        let list = List::of(&values, cx.declared().as_ref())
            .map_err(|found| found.into_iter().map(at_value).collect::<Vec<_>>())?;
        let weights = match &self.weights {
            None => None,
            Some(Weights::Listed(weights)) => Some(weights.clone()),
            Some(Weights::Named(named)) => Some(weights_by_name(&values, named)?),
        };
        let draw = draw_of(values.len(), weights.as_deref())?;
        let (list, draw, weights) = self.fit(cx, list, weights, draw)?;
        let choices = choices_of(&list, weights.as_deref());
        let (logical, longest, nullable) = (list.logical.clone(), list.longest(), list.values.null_count() > 0);
        if self.quota == Some(QuotaKind::Exact) && !cx.unique() {
            let weights = weights.unwrap_or_else(|| vec![1.0; values.len()]);
            let quota = Quota::new(cx.key("tree"), cx.rows()?, &weights)
                .ok_or_else(|| vec![Problem::new("no_weight", "the weights add up to nothing").at("/weights")])?;
            let fill = FromList { list, key: cx.key("value"), draw: Draw::Exact(quota) };
            let choices = choices.map(|choices| Choices { exact: true, ..choices });
            return Ok(Made { longest, nullable, ..Made::computed(logical, fill).chosen_from(choices) });
        }
        let countable = match &weights {
            None => likely(&list, &vec![1.0; list.len()]),
            Some(weights) => likely(&list, weights),
        };
        let fill = FromList { list, key: cx.key("value"), draw };
        Ok(Made { longest, nullable, ..Made::drawn(logical, fill).counted(countable).chosen_from(choices) })
    }
}

/// The values that a column's lengths leave, how one is drawn, and their weights.
type Fitting = (List, Draw, Option<Vec<f64>>);

impl Choice {
    /// Leaves out texts that the column's lengths refuse; exact shares keep all, since a share of nothing is nobody's wish.
    fn fit(&self, cx: &Context<'_>, list: List, weights: Option<Vec<f64>>, draw: Draw) -> Result<Fitting, Problems> {
        let (min, max) = cx.lengths();
        let Some(texts) = list.values.as_string_view_opt().filter(|_| min > 0 || max.is_some()) else {
            return Ok((list, draw, weights));
        };
        let fits = |text: Option<&str>| {
            text.is_none_or(|text| {
                let length = text.chars().count();
                length >= min as usize && max.is_none_or(|max| length <= max as usize)
            })
        };
        let kept: Vec<usize> =
            (0..texts.len()).filter(|at| fits(texts.is_valid(*at).then(|| texts.value(*at)))).collect();
        if kept.len() == texts.len() {
            return Ok((list, draw, weights));
        }
        if kept.is_empty() || self.quota == Some(QuotaKind::Exact) {
            let detail = "a value does not fit min_length and max_length";
            return Err(vec![
                Problem::new("nothing_fits", detail).at("/values").remedy("widen the lengths, or leave the value out"),
            ]);
        }
        let weights: Option<Vec<f64>> = weights.as_ref().map(|weights| kept.iter().map(|at| weights[*at]).collect());
        let draw = draw_of(kept.len(), weights.as_deref())?;
        let values = list.gather(kept.into_iter()).map_err(|error| vec![Problem::new("run", error.to_string())])?;
        Ok((List { logical: list.logical, values }, draw, weights))
    }
}

fn weights_by_name(values: &[Value], named: &IndexMap<String, f64>) -> Result<Vec<f64>, Problems> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let known: Vec<String> = values.iter().map(text).collect();
    let unknown: Vec<Problem> = named
        .keys()
        .filter(|name| !known.contains(name))
        .map(|name| {
            let problem = Problem::new("unknown_value", format!("the weight of \"{name}\" stands for no value"));
            problem.at(format!("/weights{}", crate::problem::pointer_step(name)))
        })
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    Ok(known.iter().map(|value| named.get(value).copied().unwrap_or(0.0)).collect())
}

/// One of a list that belongs to another column's value.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subcategory {
    /// The other column.
    of: String,
    /// The values for each of its values.
    map: IndexMap<String, Vec<Value>>,
}

impl Generator for Subcategory {
    const EXAMPLE: &'static str = "{type: subcategory, of: category, map: {fruit: [apple, pear], nut: [hazel]}}";
    const EXAMPLE_BESIDE: &'static str =
        "{columns: [{name: category, generator: {type: choice, values: [fruit, nut]}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let input = cx.column(&self.of).map_err(|problems| below(problems, "of"))?;
        let mut all = Vec::new();
        let mut places = HashMap::new();
        let mut problems = Vec::new();
        for (category, values) in &self.map {
            if values.is_empty() {
                let place = format!("/map{}", crate::problem::pointer_step(category));
                problems.push(Problem::new("empty_list", format!("\"{category}\" has no values")).at(place));
            }
            places.insert(category.clone(), (all.len(), values.len() as u64));
            all.extend(values.iter().cloned());
        }
        if let Some(values) = cx.input_values(input).filter(|_| problems.is_empty()) {
            let print = datafusion::arrow::util::display::array_value_to_string;
            let known = (0..values.len()).filter(|at| values.is_valid(*at)).filter_map(|at| print(&values, at).ok());
            problems.extend(known.filter(|value| !places.contains_key(value)).map(|value| {
                let problem = Problem::new("unknown_value", format!("the map has no entry for {} {value:?}", self.of));
                problem.remedy("add it, with the values that belong to it").at("/map")
            }));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let list = List::of(&all, cx.declared().as_ref())
            .map_err(|found| found.into_iter().map(|problem| problem.at("/map")).collect::<Vec<_>>())?;
        let (logical, longest) = (list.logical.clone(), list.longest());
        let nullable = list.values.null_count() > 0;
        let fill = ByCategory { list, places, key: cx.key("value"), input, of: self.of.clone() };
        Ok(Made { longest, nullable, ..Made::drawn(logical, fill) })
    }
}

struct ByCategory {
    list: List,
    places: HashMap<String, (usize, u64)>,
    key: Key,
    input: usize,
    of: String,
}

impl Fill for ByCategory {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let categories = &cells.inputs[self.input];
        let texts = categories.as_string_view_opt();
        let mut places = Vec::with_capacity(rows.len());
        let mut valid = Vec::with_capacity(rows.len());
        for (position, row) in rows.iter().enumerate() {
            if categories.is_null(position) {
                places.push(0);
                valid.push(false);
                continue;
            }
            let found = match texts {
                Some(texts) => self.places.get(texts.value(position)),
                None => {
                    let text = datafusion::arrow::util::display::array_value_to_string(categories, position)
                        .unwrap_or_default();
                    self.places.get(&text)
                }
            };
            let Some((start, count)) = found else {
                let text =
                    datafusion::arrow::util::display::array_value_to_string(categories, position).unwrap_or_default();
                let detail = format!("the map has no entry for {} {text:?}", self.of);
                return Err(RunError { row: Some(row), ..RunError::new(detail) });
            };
            places.push(start + key.below(row, *count) as usize);
            valid.push(true);
        }
        let nulls = valid.contains(&false);
        let values = self.list.gather(places.into_iter())?;
        if !nulls {
            return Ok(values);
        }
        let mask = BooleanArray::from(valid.into_iter().map(|valid| !valid).collect::<Vec<_>>());
        datafusion::arrow::compute::nullif(&values, &mask).map_err(|error| RunError::new(error.to_string()))
    }
}

/// True or false.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Boolean {
    /// Share of true, 0 to 1; 0.5 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    true_rate: Option<f64>,
}

impl Generator for Boolean {
    const EXAMPLE: &'static str = "{type: boolean, true_rate: 0.9}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let rate = self.true_rate.unwrap_or(0.5);
        if !(0.0..=1.0).contains(&rate) {
            return Err(vec![
                Problem::new("out_of_range", format!("a share of {rate} is not between 0 and 1")).at("/true_rate"),
            ]);
        }
        let values: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
        let list = List { logical: LogicalType::Boolean, values: Arc::clone(&values) };
        let domain = likely(&list, &[rate, 1.0 - rate]);
        let choices = Choices { values, weights: vec![rate, 1.0 - rate], exact: false };
        let fill = Coin { key: cx.key("value"), bound: threshold(rate) };
        Ok(Made::drawn(LogicalType::Boolean, fill).counted(domain).chosen_from(Some(choices)))
    }
}

struct Coin {
    key: Key,
    bound: u128,
}

impl Fill for Coin {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let words = cells.words(&self.key, rows);
        let values = BooleanBuffer::collect_bool(words.len(), |position| u128::from(words[position]) < self.bound);
        Ok(Arc::new(BooleanArray::new(values, None)))
    }
}

/// The first case whose condition holds, else another generator or nothing.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conditional {
    /// The cases, the first that holds decides.
    #[schemars(length(min = 1))]
    cases: Vec<Case>,
    /// What fills the rows that no case holds for; null when absent.
    #[serde(rename = "else", default, skip_serializing_if = "Option::is_none")]
    otherwise: Option<GeneratorSpec>,
}

/// A condition and what fills its rows.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// An SQL condition over the row.
    when: String,
    /// The generator of its rows.
    #[serde(rename = "use")]
    generator: GeneratorSpec,
}

impl Generator for Conditional {
    const EXAMPLE: &'static str = "{type: conditional, cases: [{when: \"n < 3\", use: {type: constant, value: few}}], else: {type: constant, value: many}}";
    const EXAMPLE_BESIDE: &'static str = "{columns: [{name: n, generator: {type: integer, min: 1, max: 6}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let mut problems = Vec::new();
        let mut cases: Vec<(Option<usize>, Nested)> = Vec::new();
        for (at, case) in self.cases.iter().enumerate() {
            let place = |found: Problems, key: &str| below(below(below(found, key), &at.to_string()), "cases");
            let condition = cx.condition(&case.when).map_err(|found| problems.extend(place(found, "when")));
            let nested = cx.nested(&case.generator, "case", at).map_err(|found| problems.extend(place(found, "use")));
            if let (Ok(condition), Ok(nested)) = (condition, nested) {
                cases.push((Some(condition), nested));
            }
        }
        if let Some(otherwise) = &self.otherwise {
            match cx.nested(otherwise, "case", self.cases.len()) {
                Ok(nested) => cases.push((None, nested)),
                Err(found) => problems.extend(below(found, "else")),
            }
        }
        if !problems.is_empty() || cases.is_empty() {
            return Err(problems);
        }
        let logical = cases[0].1.logical.clone();
        let nested: Vec<&Nested> = cases.iter().map(|(_, nested)| nested).collect();
        one_type(&nested, "case").map_err(|(at, problem)| {
            let place = if cases[at].0.is_some() { format!("/cases/{at}/use") } else { "/else".to_owned() };
            vec![problem.at(place)]
        })?;
        let longest = longest_of(&nested);
        let nulls_inside = nested.iter().any(|nested| nested.nullable);
        let fill = Cases { cases, logical: logical.clone() };
        let nullable = self.otherwise.is_none() || nulls_inside;
        Ok(Made { longest, nullable, ..Made::drawn(logical, fill) })
    }
}

struct Cases {
    cases: Vec<(Option<usize>, Nested)>,
    logical: LogicalType,
}

impl Fill for Cases {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut open: Vec<u32> = (0..rows.len() as u32).collect();
        let mut shares = Vec::with_capacity(self.cases.len());
        for (condition, nested) in &self.cases {
            let (mine, rest): (Vec<u32>, Vec<u32>) = match condition {
                None => (std::mem::take(&mut open), Vec::new()),
                Some(input) => {
                    let verdict = cells.inputs[*input].as_boolean();
                    open.iter().partition(|row| verdict.is_valid(**row as usize) && verdict.value(**row as usize))
                }
            };
            open = rest;
            shares.push((nested, mine));
        }
        scattered(cells, rows, &self.logical, shares)
    }
}

/// Refuses generators of different types that are to fill one column; the place of the first that differs from the first of all.
fn one_type(nested: &[&Nested], what: &str) -> Result<(), (usize, Problem)> {
    let Some(first) = nested.first() else { return Ok(()) };
    let differs = nested.iter().position(|nested| nested.logical.arrow() != first.logical.arrow());
    let Some(at) = differs else { return Ok(()) };
    let detail = format!("this {what} makes {}, the first one {}", nested[at].logical, first.logical);
    Err((at, Problem::new("mixed_types", detail).remedy(format!("let every {what} make one type"))))
}

/// The most characters of a text of any of them, where all know theirs.
fn longest_of(nested: &[&Nested]) -> Option<u64> {
    let all: Option<Vec<u64>> = nested.iter().map(|nested| nested.longest).collect();
    all.and_then(|all| all.into_iter().max())
}

/// The values of rows that are shared out among generators, each with the positions of its own; a row that none has is null.
fn scattered(
    cells: &Cells<'_>,
    rows: &Rows,
    logical: &LogicalType,
    shares: Vec<(&Nested, Vec<u32>)>,
) -> Result<ArrayRef, RunError> {
    // Part 0 is one null.
    let mut parts: Vec<ArrayRef> = vec![new_null_array(&logical.arrow(), 1)];
    let mut chosen = vec![(0, 0); rows.len()];
    for (nested, mine) in shares {
        if mine.is_empty() {
            continue;
        }
        if mine.len() == rows.len() {
            return nested.fill(cells, rows, None);
        }
        let array = nested.fill(cells, &rows.take(&mine), Some(&mine))?;
        for (position, row) in mine.iter().enumerate() {
            chosen[*row as usize] = (parts.len(), position);
        }
        parts.push(array);
    }
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    interleave(&parts, &chosen).map_err(|error| RunError::new(error.to_string()))
}

/// A formula over the row and its parents, in SQL.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expression {
    /// The formula.
    sql: String,
}

impl Generator for Expression {
    const EXAMPLE: &'static str = "{type: expression, sql: \"price * quantity\"}";
    const EXAMPLE_BESIDE: &'static str = "{columns: [{name: price, generator: {type: decimal, min: 1, max: 9}}, {name: quantity, generator: {type: integer, min: 1, max: 5}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let input = cx.sql(&self.sql).map_err(at_sql)?;
        Ok(Made { longest: cx.input_longest(input), ..Made::computed(cx.input_type(input), First) })
    }
}
