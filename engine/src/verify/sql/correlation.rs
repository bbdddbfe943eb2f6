//! Coefficients of pairs of columns, as SQL.

use std::cell::RefCell;

use super::super::correlation::{Correlation, SLACK};
use super::super::joins::{literal, quoted};
use super::{Dialect, Joins, Script};
use crate::schema::Table;
use crate::types::LogicalType;

impl<'a> Script<'a> {
    /// The pairs whose coefficients are further from what is asked than they may be.
    pub(super) fn correlation(
        &self,
        table: &'a Table,
        correlation: &Correlation<'a>,
        joins: RefCell<Joins<'a>>,
        limit: &str,
    ) -> Result<String, String> {
        let names: Vec<&str> = correlation.columns.iter().map(String::as_str).collect();
        let names = self.own(table, &names)?;
        let mut values = Vec::with_capacity(names.len());
        for (column, name) in correlation.columns.iter().zip(&names) {
            values.push(match correlation.method {
                "pearson" => self.number(table, column, name, &joins)?,
                _ => name.clone(),
            });
        }
        let from = joins.into_inner().sql_from();
        let real = self.real();
        let mut parts = Vec::new();
        for pair in correlation.pairs() {
            let (first, second) = (&names[pair.first], &names[pair.second]);
            let given = format!("{first} IS NOT NULL AND {second} IS NOT NULL");
            let given = if limit.is_empty() { format!(" WHERE {given}") } else { format!("{limit} AND {given}") };
            let rows = format!("SELECT {} AS x, {} AS y FROM {from}{given}", values[pair.first], values[pair.second]);
            let measured = match correlation.method {
                "kendall" => kendall(&rows, real),
                "spearman" => {
                    let place = |value: &str| {
                        format!(
                            "CAST(rank() OVER (ORDER BY {value}) AS {real}) \
                             + CAST(count(*) OVER (PARTITION BY {value}) AS {real}) / 2"
                        )
                    };
                    pearson(&format!("SELECT {} AS x, {} AS y FROM ({rows}) AS taken", place("x"), place("y")))
                }
                _ => pearson(&rows),
            };
            let beyond = match correlation.method {
                "kendall" => format!(" + CASE WHEN n > {PART} THEN {PARTED} ELSE 0 END"),
                _ => String::new(),
            };
            parts.push(format!(
                "SELECT {} AS k, 1 AS n FROM ({measured}) AS measured WHERE n > 1 AND \
                 (v IS NULL OR abs(v - CAST({:.12} AS {real})) > CAST({:.12} AS {real}){beyond})",
                literal(&correlation.name(&pair)),
                pair.coefficient,
                correlation.tolerance + SLACK
            ));
        }
        Ok(parts.join("\n  UNION ALL\n  "))
    }

    /// A column as a number.
    fn number(&self, table: &'a Table, column: &str, name: &str, joins: &RefCell<Joins<'a>>) -> Result<String, String> {
        let real = self.real();
        Ok(match self.kind(table, column) {
            Some(LogicalType::Date) => {
                let days = format!("days_between(DATE '1970-01-01', {})", quoted(column));
                format!("CAST({} AS {real})", self.write(&days, joins, &RefCell::default())?)
            }
            Some(LogicalType::Datetime | LogicalType::Time) => match self.dialect {
                Dialect::Sqlite => format!("CAST(julianday({name}) AS {real})"),
                Dialect::Postgres | Dialect::Duckdb => format!("CAST(extract(EPOCH FROM {name}) AS {real})"),
            },
            Some(LogicalType::Boolean) => format!("CAST(CASE WHEN {name} THEN 1 ELSE 0 END AS {real})"),
            _ => format!("CAST({name} AS {real})"),
        })
    }
}

/// The coefficient `v` of `x` and `y`, and the number of rows `n`.
fn pearson(rows: &str) -> String {
    format!(
        "SELECT sum(a * b) / nullif(sqrt(sum(a * a)) * sqrt(sum(b * b)), 0) AS v, count(*) AS n \
         FROM (SELECT x - avg(x) OVER () AS a, y - avg(y) OVER () AS b FROM ({rows}) AS pairs) AS far"
    )
}

/// Rows of a part within which each two are compared: all pairs of a long table would be too many.
pub(super) const PART: u64 = 512;

/// What the mean of the parts may be off. Neighbours in the order of the rows never stand in one part, which takes at most 1/257 from the
/// coefficient of two parts of the least size, and their other pairs between parts are not compared: found differences have a standard deviation
/// of 0.0017 there, and of less in longer tables.
const PARTED: f64 = 0.01;

/// The same by Kendall: equal pairs are counted once, and each two of what is left are compared, in parts of [`PART`] rows at most, every so
/// many rows one, whose coefficients are averaged.
fn kendall(rows: &str, real: &str) -> String {
    let counted = format!(
        "(SELECT part, x, y, CAST(count(*) AS {real}) AS c FROM \
         (SELECT x, y, place % (CAST((total - 1 - (total - 1) % {PART}) / {PART} AS BIGINT) + 1) AS part FROM \
         (SELECT x, y, row_number() OVER (ORDER BY x, y) AS place, count(*) OVER () AS total FROM ({rows}) AS pairs) AS placed) AS parted \
         GROUP BY part, x, y)"
    );
    let differ = |side: char| format!("sum(CASE WHEN p.{side} = q.{side} THEN 0 ELSE p.c * q.c END)");
    let parts = format!(
        "SELECT sum(CASE WHEN p.x = q.x OR p.y = q.y THEN 0 WHEN (p.x < q.x) = (p.y < q.y) THEN p.c * q.c ELSE -p.c * q.c END) \
         / nullif(sqrt({}) * sqrt({}), 0) AS v, sqrt(sum(p.c * q.c)) AS n \
         FROM {counted} AS p JOIN {counted} AS q ON p.part = q.part GROUP BY p.part",
        differ('x'),
        differ('y')
    );
    format!(
        "SELECT sum(v * n) / nullif(sum(CASE WHEN v IS NULL THEN 0 ELSE n END), 0) AS v, sum(n) AS n FROM ({parts}) AS parts"
    )
}
