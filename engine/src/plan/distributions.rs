//! The distributions that columns were declared with, whatever rules made of them: what certificates hold delivered rows against.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use serde_json::Value;

use super::Plan;
use super::convert::as_text;
use crate::generators::{Choices, GeneratorSpec, Made, Quantiles};
use crate::types::LogicalType;
use crate::verify::{Distribution, Expected, Shape};

/// The condition of the rows of which another is not true.
fn outside(condition: &str) -> String {
    format!("{} IS NOT TRUE", bracketed(condition))
}

fn bracketed(condition: &str) -> String {
    // A comment at its end must not take the rest along.
    let end = if condition.contains("--") { "\n" } else { "" };
    format!("({condition}{end})")
}

/// Shares into which a distribution of numbers is cut at most.
const SHARES: u32 = 32;

/// Steps by which the share up to a value is found: as many as an f64 below 1 has bits.
const STEPS: u32 = 53;

/// The most letters of a generator in a sentence.
const LONGEST: usize = 120;

/// A column's distribution, as its generator declares it.
pub(super) struct Declared {
    column: String,
    generator: String,
    law: Law,
}

enum Law {
    /// Of numbers, dates or times.
    Drawn(Arc<Quantiles>),
    /// Of values from a list.
    Listed(Choices),
    /// Of nulls, which have this share.
    Nulls(f64),
}

impl Declared {
    /// What a generator declares, where it is the same in all rows.
    pub(super) fn of(column: &str, generator: &GeneratorSpec, made: &Made) -> Option<Declared> {
        let law = match (&made.quantiles, &made.choices) {
            (Some(quantiles), _) => Law::Drawn(Arc::clone(quantiles)),
            (None, Some(choices)) if made.inputs.is_empty() => Law::Listed(choices.clone()),
            _ => return None,
        };
        Some(Declared { column: column.to_owned(), generator: written(generator), law })
    }

    /// The share of a column's nulls.
    pub(super) fn nulls(column: &str, rate: f64) -> Declared {
        Declared { column: column.to_owned(), generator: format!("null_rate: {rate}"), law: Law::Nulls(rate) }
    }

    /// The smallest and the largest value, where numbers have both; of a list the first so many.
    pub fn domain(&self, named: usize) -> Option<String> {
        let quantiles = match &self.law {
            Law::Drawn(quantiles) => quantiles,
            Law::Listed(choices) => {
                let texts = as_text(&choices.values.slice(0, choices.values.len().min(named))).ok()?;
                let more = if choices.values.len() > named { ", …" } else { "" };
                return Some(format!(
                    "{}{more}",
                    texts.as_string_view().iter().flatten().collect::<Vec<_>>().join(", ")
                ));
            }
            Law::Nulls(_) => return None,
        };
        let is_bounded = quantiles.low.is_finite() && quantiles.high.is_finite();
        let is_number =
            matches!(quantiles.logical(), LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Float);
        let unit = quantiles.units_of_one();
        (is_bounded && is_number && quantiles.high.abs() < 1e300)
            .then(|| format!("{} to {}", quantiles.low / unit, quantiles.high / unit))
    }

    fn shape(&self, delivered: &LogicalType) -> Option<Shape> {
        match &self.law {
            // What became another type on its way has other values.
            Law::Drawn(quantiles) if quantiles.logical() == delivered => shares_of(quantiles),
            Law::Drawn(_) => None,
            Law::Nulls(rate) => Some(Shape::Nulls { shares: [*rate, 1.0 - rate] }),
            Law::Listed(choices) => {
                let sum: f64 = choices.weights.iter().sum();
                let shares = choices.weights.iter().map(|weight| weight / sum).collect();
                Some(Shape::Values { values: Arc::clone(&choices.values), shares })
            }
        }
    }
}

/// The generator as a schema writes it, long lists cut short.
fn written(generator: &GeneratorSpec) -> String {
    let text = spelled(&serde_json::to_value(generator).unwrap_or_default());
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A value as the flow style of YAML writes it, without the marks that only some texts need.
fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // Whole numbers have no point, whatever holds them.
        Value::Number(number) => {
            number.as_f64().filter(|_| number.is_f64()).map_or(number.to_string(), |n| n.to_string())
        }
        Value::Array(items) => format!("[{}]", items.iter().map(spelled).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let parts = map.iter().map(|(key, value)| format!("{key}: {}", spelled(value)));
            format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Values up to which about equal shares of a distribution lie, with the exact share of each, whatever steps it has.
fn shares_of(quantiles: &Quantiles) -> Option<Shape> {
    let half = quantiles.quantum.map_or(0.0, |_| 0.5);
    let mut bounds: Vec<f64> = (1..SHARES).map(|place| quantiles.at(f64::from(place) / f64::from(SHARES))).collect();
    bounds.dedup();
    bounds.retain(|bound| *bound < quantiles.high);
    let up_to = |value: f64| {
        let (mut low, mut high) = (0.0_f64, 1.0_f64);
        for _ in 0..STEPS {
            let middle = 0.5 * (low + high);
            if quantiles.at(middle.clamp(f64::EPSILON, 1.0 - f64::EPSILON)) <= value + half {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    };
    let mut shares = Vec::with_capacity(bounds.len() + 1);
    let mut below = 0.0;
    for bound in &bounds {
        let share = up_to(*bound);
        shares.push((share - below).max(0.0));
        below = share;
    }
    shares.push((1.0 - below).max(0.0));
    let unit = quantiles.units_of_one();
    // Floats are delivered as they are, all others are counted in units.
    let scale = if *quantiles.logical() == LogicalType::Float { 1.0 / unit } else { 1.0 };
    let delivered = |units: f64, side: f64| (units + side * half) * scale;
    Some(Shape::Numbers {
        low: delivered(quantiles.low, -1.0),
        bounds: bounds.iter().map(|bound| delivered(*bound, 1.0)).collect(),
        high: delivered(quantiles.high, 1.0),
        shares,
    })
}

impl Plan {
    /// What delivered rows are to be beyond what the dataset says: which columns are never null, and the declared distributions.
    pub fn expected(&self) -> Expected {
        let never_null = self.tables.iter().map(|table| {
            let columns = table.schema.fields().iter().filter(|field| !field.is_nullable());
            (table.name.clone(), columns.map(|field| field.name().clone()).collect())
        });
        let elsewhere = |conditions: &Vec<String>| {
            conditions.iter().map(|condition| outside(condition)).collect::<Vec<_>>().join(" AND ")
        };
        let null_only = self.tables.iter().map(|table| {
            let columns = table.null_only.iter();
            (table.name.clone(), columns.map(|(name, conditions)| (name.clone(), elsewhere(conditions))).collect())
        });
        let null_where = self.tables.iter().zip(&self.dataset.tables).map(|(table, definition)| {
            let columns = table.null_elsewhere.iter().map(|(name, conditions)| {
                let own = definition.column(name).and_then(|column| column.null_when.as_ref());
                let elsewhere = elsewhere(conditions);
                (name.clone(), own.map_or(elsewhere.clone(), |own| format!("{} OR {elsewhere}", bracketed(own))))
            });
            (table.name.clone(), columns.collect())
        });
        let types = self.tables.iter().map(|table| {
            let fields = table.schema.fields().iter();
            let types = fields.filter_map(|field| Some((field.name().clone(), LogicalType::of_field(field)?)));
            (table.name.clone(), types.collect())
        });
        Expected {
            never_null: never_null.collect(),
            never_null_where: null_only.collect(),
            null_where: null_where.collect(),
            types: types.collect(),
            distributions: self.distributions(),
        }
    }

    /// The distributions of delivered columns that are the same in all rows, as their generators declare them.
    fn distributions(&self) -> Vec<Distribution> {
        let mut found = Vec::new();
        for table in &self.tables {
            for declared in &table.declared {
                let field = table.schema.field_with_name(&declared.column).ok();
                let shape = field.and_then(LogicalType::of_field).and_then(|logical| declared.shape(&logical));
                found.extend(shape.map(|shape| Distribution {
                    table: table.name.clone(),
                    column: declared.column.clone(),
                    generator: declared.generator.clone(),
                    shape,
                }));
            }
        }
        found
    }
}
