//! What rules `share` and `count` ask of the values of a list, value by value.

use std::collections::HashSet;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::{Field, Schema};

use super::compiler::{Compiler, Failed};
use super::quotas::{Ask, Asked};
use super::scope::{as_sql, sql_problem, sql_type};
use crate::enforce::quota::{Part, Want};
use crate::expr::{Expression, Parsed};
use crate::problem::{Problem, pointer_step};
use crate::types::{LogicalType, plain_number};

impl Compiler {
    /// What a rule asks of the values of a list.
    pub(super) fn parts_of(
        &mut self,
        asked: &Asked,
        labels: &[String],
        values: &ArrayRef,
        logical: &LogicalType,
    ) -> Result<(Vec<Part>, f64), Failed> {
        match &asked.ask {
            Ask::Values { parts, tolerance, key } => {
                let mut found = Vec::new();
                for (value, want) in parts {
                    // `0` is 0.00.
                    let number = plain_number(value);
                    let is_it = |label: &String| {
                        label == value || (is_number(logical) && number.is_some() && plain_number(label) == number)
                    };
                    let Some(place) = labels.iter().position(is_it) else {
                        let detail =
                            format!("{} asks for {value}, which the column's generator does not make", asked.rule.id);
                        let mut problem = Problem::new("unknown_value", detail);
                        problem = problem.hint(value, labels.iter().map(String::as_str).collect::<Vec<_>>());
                        let place = format!("{}/{key}{}", asked.pointer, pointer_step(value));
                        self.problems.push(problem.at(place));
                        return Err(Failed::Known);
                    };
                    found.push(Part { values: vec![place], want: *want });
                }
                Ok((whole(found, 0..labels.len()), *tolerance))
            }
            Ask::Rows { condition, min, max, .. } => {
                let place = format!("{}/where", asked.pointer);
                let values = self.values_of(condition, values, logical, &place)?;
                Ok((vec![Part { values, want: Want::Between(*min, *max) }], 0.0))
            }
            Ask::Parts { parts, tolerance } => {
                let mut found = Vec::new();
                for (condition, want) in parts {
                    let values = self.values_of(condition, values, logical, &asked.pointer)?;
                    found.push(Part { values, want: *want });
                }
                Ok((whole(found, 0..labels.len()), *tolerance))
            }
        }
    }

    /// The places of the values of which a condition over one column holds.
    fn values_of(
        &mut self,
        condition: &str,
        values: &ArrayRef,
        logical: &LogicalType,
        place: &str,
    ) -> Result<Vec<usize>, Failed> {
        let verdict = self.over_values(condition, values, logical).map_err(|problem| {
            self.report(place, [problem]);
            Failed::Known
        })?;
        Ok((0..values.len()).filter(|value| verdict.is_valid(*value) && verdict.value(*value)).collect())
    }

    /// A condition over one column, for each of its values.
    pub(super) fn over_values(
        &self,
        sql: &str,
        values: &ArrayRef,
        logical: &LogicalType,
    ) -> Result<BooleanArray, Problem> {
        let parsed = Parsed::parse(sql).map_err(sql_problem)?;
        let field = |read: &crate::expr::Reference| Field::new(read.to_string(), sql_type(logical), true);
        let scope = Schema::new(parsed.references().iter().map(field).collect::<Vec<_>>());
        let time = self.dataset.reference_time_us();
        let expression = Expression::condition(&parsed, &scope, time).map_err(sql_problem)?;
        let columns: Vec<ArrayRef> = expression.columns().iter().map(|_| as_sql(values)).collect();
        expression.evaluate_condition(&columns, values.len()).map_err(|error| Problem::new("sql", error.detail))
    }
}

fn is_number(logical: &LogicalType) -> bool {
    matches!(logical, LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Float)
}

/// The parts of a rule's shares, and where these make the whole that other values do not stand.
pub(super) fn whole(mut parts: Vec<Part>, values: impl Iterator<Item = usize>) -> Vec<Part> {
    if (parts.iter().map(|part| part.want.share()).sum::<f64>() - 1.0).abs() < 1e-9 {
        let named: HashSet<usize> = parts.iter().flat_map(|part| part.values.clone()).collect();
        let others: Vec<usize> = values.filter(|value| !named.contains(value)).collect();
        if !others.is_empty() {
            parts.push(Part { values: others, want: Want::Between(0, Some(0)) });
        }
    }
    parts
}
