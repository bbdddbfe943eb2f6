//! Several generators in one column, by weight.

use datafusion::arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::lists::Draw;
use super::super::{Cells, Fill, Generator, GeneratorSpec, Made, Problems, Rows, RunError};
use super::{draw_of, longest_of, one_type, scattered};
use crate::generators::lists::FromList;
use crate::plan::{Context, Nested, below};
use crate::problem::Problem;
use crate::random::Key;
use crate::types::LogicalType;

/// One of several generators, drawn by weight in each row: two groups of customers, a few outliers among many plain values.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mixture {
    /// The generators with their weights; all make one type.
    #[schemars(length(min = 1))]
    components: Vec<Component>,
}

/// A generator of a mixture.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// How likely it is, in proportion; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "weight"))]
    weight: Option<f64>,
    /// What fills its rows.
    generator: GeneratorSpec,
}

impl Generator for Mixture {
    const EXAMPLE: &'static str = "{type: mixture, components: [{weight: 0.9, generator: {type: normal, mean: 20, std: 4}}, {weight: 0.1, generator: {type: normal, mean: 80, std: 10}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let mut problems = Vec::new();
        let mut nested = Vec::new();
        for (at, component) in self.components.iter().enumerate() {
            let place = |found: Problems, key: &str| below(below(below(found, key), &at.to_string()), "components");
            let weight = component.weight.unwrap_or(1.0);
            if !weight.is_finite() || weight < 0.0 {
                let problem = Problem::new("too_small", format!("the weight {weight} is below 0"));
                problems.extend(place(vec![problem], "weight"));
            }
            match cx.nested(&component.generator, "component", at) {
                Ok(made) => nested.push(made),
                Err(found) => problems.extend(place(found, "generator")),
            }
        }
        if !problems.is_empty() || nested.is_empty() || nested.len() < self.components.len() {
            return Err(problems);
        }
        let parts: Vec<&Nested> = nested.iter().collect();
        one_type(&parts, "component")
            .map_err(|(at, problem)| vec![problem.at(format!("/components/{at}/generator"))])?;
        let weights: Vec<f64> = self.components.iter().map(|component| component.weight.unwrap_or(1.0)).collect();
        let draw = draw_of(weights.len(), Some(&weights))
            .map_err(|found| found.into_iter().map(|problem| problem.at("/components")).collect::<Vec<_>>())?;
        let (longest, nullable) = (longest_of(&parts), nested.iter().any(|nested| nested.nullable));
        let logical = nested[0].logical.clone();
        let fill = Mixed { nested, draw, key: cx.key("value"), logical: logical.clone() };
        Ok(Made { longest, nullable, ..Made::drawn(logical, fill) })
    }
}

struct Mixed {
    nested: Vec<Nested>,
    draw: Draw,
    key: Key,
    logical: LogicalType,
}

impl Fill for Mixed {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut shares: Vec<(&Nested, Vec<u32>)> = self.nested.iter().map(|nested| (nested, Vec::new())).collect();
        for (position, place) in FromList::places(&self.draw, &self.key, cells, rows).into_iter().enumerate() {
            shares[place as usize].1.push(position as u32);
        }
        scattered(cells, rows, &self.logical, shares)
    }
}
