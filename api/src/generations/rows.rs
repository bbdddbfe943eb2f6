//! Which rows of a table somebody asks for: a range, or those that a condition keeps, in an order.
//!
//! Without condition and order the rows are a range, so that every page costs the same. Others are picked: [`super::picking`].

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use engine::expr::{Expression, Parsed, SqlProblem};
use engine::problem::Problem;

use crate::error::ApiError;
use crate::http::cells::places;

/// Which rows, checked against a table.
pub struct Selection {
    pub(super) range: Range<u64>,
    pub(super) columns: Vec<usize>,
    pub(super) condition: Option<Condition>,
    pub(super) order: Vec<(usize, SortOptions)>,
}

/// A condition, as it was read and as it is asked.
pub struct Condition {
    pub(super) parsed: Parsed,
    pub(super) expression: Expression,
}

impl Selection {
    /// Checks what a client asks for: names, the condition's SQL, the order.
    pub fn new(
        schema: &Schema,
        reference_time_us: i64,
        range: Range<u64>,
        columns: Option<&str>,
        condition: Option<&str>,
        order: Option<&str>,
    ) -> Result<Selection, ApiError> {
        let columns = match columns.filter(|columns| !columns.trim().is_empty()) {
            None => (0..schema.fields().len()).collect(),
            Some(columns) => {
                let names: Vec<String> = columns.split(',').map(|name| name.trim().to_owned()).collect();
                places(schema, &names)?
            }
        };
        let condition = match condition.filter(|condition| !condition.trim().is_empty()) {
            None => None,
            Some(sql) => {
                let parsed = Parsed::parse(sql).map_err(sql_problem)?;
                let expression = Expression::condition(&parsed, schema, reference_time_us).map_err(sql_problem)?;
                Some(Condition { parsed, expression })
            }
        };
        let order = match order.filter(|order| !order.trim().is_empty()) {
            None => Vec::new(),
            Some(order) => order.split(',').map(|item| order_item(schema, item)).collect::<Result<_, _>>()?,
        };
        Ok(Selection { range, columns, condition, order })
    }

    /// Whether it is a range of the table as it stands.
    pub fn is_range(&self) -> bool {
        self.condition.is_none() && self.order.is_empty()
    }

    /// The range of rows: of the table, or of what condition and order leave.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// The places of the columns of its rows.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The columns of its rows.
    pub fn schema(&self, table: &SchemaRef) -> Result<SchemaRef, ApiError> {
        table.project(&self.columns).map(Arc::new).map_err(ApiError::internal)
    }

    /// What of it problems of its rows point to.
    pub fn pointer(&self) -> &'static str {
        if self.condition.is_some() { "/where" } else { "/order_by" }
    }
}

/// `column`, `column asc` or `column desc`; nulls come last.
fn order_item(schema: &Schema, item: &str) -> Result<(usize, SortOptions), ApiError> {
    let item = item.trim();
    let (name, descending) = match item.rsplit_once(char::is_whitespace) {
        Some((name, word)) if word.eq_ignore_ascii_case("desc") => (name.trim(), true),
        Some((name, word)) if word.eq_ignore_ascii_case("asc") => (name.trim(), false),
        _ => (item, false),
    };
    let known = || schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>();
    let Ok(place) = schema.index_of(name) else {
        let problem = Problem::new("unknown_column", format!("there is no column {name:?}")).at("/order_by");
        return Err(ApiError::invalid(vec![problem.hint(name, known())]));
    };
    Ok((place, SortOptions { descending, nulls_first: false }))
}

fn sql_problem(problem: SqlProblem) -> ApiError {
    let mut told = Problem::new("invalid_sql", problem.detail).at("/where");
    told.remedy = problem.remedy;
    (told.line, told.column) = (problem.line, problem.column);
    ApiError::invalid(vec![told])
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::{DataType, Field};

    use super::*;

    #[test]
    fn unknown_names_and_wrong_sql_are_told() {
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("m", DataType::Int64, false)]);
        for (columns, condition, order, expected) in [
            (Some("x"), None, None, "there is no column \"x\""),
            (None, Some("n >"), None, ""),
            (None, None, Some("k desc"), "there is no column \"k\""),
            (None, Some("n"), None, ""),
        ] {
            let error = Selection::new(&schema, 0, 0..1, columns, condition, order).err().expect("an error");
            let told = error.document()["errors"][0]["detail"].as_str().expect("a sentence").to_owned();
            assert!(told.contains(expected), "{told}");
        }
    }
}
