//! Statements about one row and its parents, as a condition in the language's SQL that is false where the row breaks the statement.
//!
//! The same text is evaluated on batches by [`super::rows`] and written for other databases by [`super::sql`].

use super::joins::quoted;
use super::{calculate, combination, implies, order, score};
use crate::expr::Parsed;
use crate::schema::{Band, Column, Gap};
use crate::types::LogicalType;

/// A statement about one row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition<'a> {
    /// The rule `implies`.
    Implies { premise: &'a str, conclusion: &'a str },
    /// The rule `calculate`.
    Calculate { column: &'a str, sql: &'a str },
    /// The rule `score`.
    Score { column: &'a str, of: &'a str, bands: &'a [Band] },
    /// The rule `combination`.
    Combination { columns: &'a [String], tuples: &'a [Vec<serde_json::Value>], forbidden: bool },
    /// The rule `order`.
    Order { columns: &'a [String], strict: bool, gap: Option<Gap> },
    /// The rule `check`.
    Check { sql: &'a str },
    /// A column is null.
    Null { column: &'a str },
    /// A column is not null.
    NotNull { column: &'a str },
    /// A column's text has a length within bounds.
    Length { column: &'a Column },
}

impl Condition<'_> {
    /// The condition, or why the statement makes none. `kind` gives the type of an own column where it is known.
    pub(super) fn sql(&self, kind: impl Fn(&str) -> Option<LogicalType>) -> Result<String, String> {
        match *self {
            Condition::Implies { premise, conclusion } => implies::condition(premise, conclusion),
            Condition::Calculate { column, sql } => calculate::condition(column, sql, kind(column).as_ref()),
            Condition::Score { column, of, bands } => score::condition(column, of, bands, kind(column).as_ref()),
            Condition::Combination { columns, tuples, forbidden } => {
                combination::condition(columns, tuples, forbidden, kind)
            }
            Condition::Order { columns, strict, gap } => order::condition(columns, strict, gap, kind),
            Condition::Check { sql } => bracketed(sql),
            Condition::Null { column } => Ok(format!("{} IS NULL", quoted(column))),
            Condition::NotNull { column } => Ok(format!("{} IS NOT NULL", quoted(column))),
            Condition::Length { column } => Ok(length(column, kind(&column.name).as_ref())),
        }
    }

    /// The statement for people.
    pub(super) fn says(&self) -> String {
        match *self {
            Condition::Implies { premise, conclusion } => implies::says(premise, conclusion),
            Condition::Calculate { column, sql } => calculate::says(column, sql),
            Condition::Score { column, of, bands } => score::says(column, of, bands),
            Condition::Combination { columns, tuples, forbidden } => {
                combination::says(columns, tuples.len(), forbidden)
            }
            Condition::Order { columns, strict, gap } => order::says(columns, strict, gap),
            Condition::Check { sql } => sql.to_owned(),
            Condition::Null { column } => format!("{column} is null"),
            Condition::NotNull { column } => format!("{column} is never null"),
            Condition::Length { column } => {
                let name = &column.name;
                match (column.min_length, column.max_length) {
                    (Some(min), Some(max)) => format!("{name} has {min} to {max} characters"),
                    (Some(min), None) => format!("{name} has at least {min} characters"),
                    (None, Some(max)) => format!("{name} has at most {max} characters"),
                    (None, None) => format!("{name} has any length"),
                }
            }
        }
    }
}

/// A condition in brackets, once it is known to be one whole expression; a comment at its end stays a comment.
pub(super) fn bracketed(sql: &str) -> Result<String, String> {
    Parsed::parse(sql).map_err(|problem| problem.to_string())?;
    Ok(format!("({sql}\n)"))
}

fn length(column: &Column, kind: Option<&LogicalType>) -> String {
    let name = quoted(&column.name);
    let text = if kind.is_none_or(LogicalType::is_text) { name } else { format!("CAST({name} AS VARCHAR)") };
    let bounds = [(column.min_length, ">="), (column.max_length, "<=")];
    let parts: Vec<String> = bounds
        .into_iter()
        .filter_map(|(bound, operator)| Some(format!("character_length({text}) {operator} {}", bound?)))
        .collect();
    if parts.is_empty() { "TRUE".to_owned() } else { parts.join(" AND ") }
}
