//! Values that other parts of the row, or other rows, decide.

pub(crate) mod fold;
mod previous;
mod rank;
mod running;

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, new_null_array};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::previous::Previous;
pub use self::rank::Rank;
pub use self::running::Running;
use super::lists::List;
use super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use crate::plan::{Context, below};
use crate::problem::Problem;
use crate::types::LogicalType;

/// The same value in every row.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// The value; null makes every row null.
    value: Value,
}

impl Generator for Constant {
    const EXAMPLE: &'static str = "{type: constant, value: online clothing}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        if self.value.is_null() {
            let logical = cx.declared().unwrap_or(LogicalType::String);
            return Ok(Made { nullable: true, ..Made::computed(logical.clone(), Nulls(logical)) });
        }
        let place =
            |problems: Vec<Problem>| problems.into_iter().map(|problem| problem.at("/value")).collect::<Vec<_>>();
        let list = List::of(std::slice::from_ref(&self.value), cx.declared().as_ref()).map_err(place)?;
        let (logical, longest) = (list.logical.clone(), list.longest());
        let domain = list.clone();
        Ok(Made { longest, ..Made::computed(logical, Same(list)) }.counted(domain))
    }
}

struct Same(List);

impl Fill for Same {
    fn fill(&self, _: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        self.0.gather((0..rows.len()).map(|_| 0))
    }
}

struct Nulls(LogicalType);

impl Fill for Nulls {
    fn fill(&self, _: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        Ok(new_null_array(&self.0.arrow(), rows.len()))
    }
}

/// One field of a draw, so that several columns show one record.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The draw.
    of: String,
    /// Its field.
    field: String,
}

impl Generator for Field {
    const EXAMPLE: &'static str = "{type: field, of: stage, field: label}";
    const EXAMPLE_BESIDE: &'static str =
        "{draws: {stage: {type: tuple, fields: [code, label], rows: [[CRE, Creation], [HIR, Hiring]]}}}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let input = cx.draw_field(&self.of, &self.field)?;
        Ok(Made { longest: cx.input_longest(input), ..Made::computed(cx.input_type(input), First) })
    }
}

/// The first input as it is.
pub(crate) struct First;

impl Fill for First {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        Ok(Arc::clone(&cells.inputs[0]))
    }
}

/// The problems of an SQL text at its key.
pub(super) fn at_sql(problems: Problems) -> Problems {
    below(problems, "sql")
}
