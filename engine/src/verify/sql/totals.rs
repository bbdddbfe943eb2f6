//! Statements about how many rows there are, as SQL.

use std::cell::RefCell;

use super::super::joins::{literal, quoted};
use super::super::score::value_sql;
use super::super::statistic::Statistic;
use super::super::totals::{Bounds, SLACK, Total};
use super::{Dialect, Joins, Script};
use crate::schema::Table;
use crate::types::LogicalType;

impl<'a> Script<'a> {
    /// The numbers of rows that are outside their bounds: `k` tells of what, `n` how far.
    pub(super) fn totals(&self, table: &'a Table, when: Option<&str>, total: &Total<'a>) -> Result<String, String> {
        let joins = RefCell::new(Joins::new(self.dataset, table));
        let read = RefCell::default();
        let limit = match when {
            Some(when) => format!(" WHERE ({})", self.write(when, &joins, &read)?),
            None => String::new(),
        };
        match total {
            Total::Share { column, .. } => {
                let name = self.own(table, &[column])?.remove(0);
                let kind = self.kind(table, column);
                let from = joins.into_inner().sql_from();
                let mut parts = Vec::new();
                for (value, bounds) in total.values() {
                    let is = match &kind {
                        Some(kind) => format!("{name} = {}", value_sql(&value.into(), Some(kind))?),
                        None => self.reads_as(&name, value),
                    };
                    parts.push(format!(
                        "SELECT {} AS k, {} AS n FROM (SELECT count({name}) AS total, \
                         coalesce(sum(CASE WHEN {is} THEN 1 ELSE 0 END), 0) AS c FROM {from}{limit}) AS counted",
                        literal(value),
                        self.outside(bounds)
                    ));
                }
                Ok(format!("SELECT k, n FROM ({}) AS numbers WHERE n > 0", parts.join("\n  UNION ALL\n  ")))
            }
            Total::Statistic(statistic) => self.statistic(table, statistic, joins, &limit),
            Total::Correlation(correlation) => self.correlation(table, correlation, joins, &limit),
            Total::Count { condition, least, most, per } => {
                let condition = self.write(condition, &joins, &read)?;
                let per: Vec<&str> = per.iter().map(String::as_str).collect();
                let names = self.own(table, &per)?;
                let (key, group) = match names.is_empty() {
                    true => ("'rows'".to_owned(), String::new()),
                    false => (self.key(&names), format!(" GROUP BY {}", names.join(", "))),
                };
                let from = joins.into_inner().sql_from();
                let outside = self.outside(Bounds::Between { least: *least, most: *most });
                Ok(format!(
                    "SELECT k, n FROM (SELECT k, {outside} AS n FROM (SELECT {key} AS k, \
                     coalesce(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0) AS c FROM {from}{limit}{group}) AS counted) \
                     AS numbers WHERE n > 0"
                ))
            }
        }
    }

    /// A statistic that is further from what is asked than it may be.
    fn statistic(
        &self,
        table: &'a Table,
        statistic: &Statistic<'a>,
        joins: RefCell<Joins<'a>>,
        limit: &str,
    ) -> Result<String, String> {
        let kind = statistic.kind(self.kind(table, statistic.column).as_ref());
        let name = self.own(table, &[statistic.column])?.remove(0);
        let real = self.real();
        let value = match kind {
            Some(LogicalType::Date) => {
                let days = format!("days_between(DATE '1970-01-01', {})", quoted(statistic.column));
                format!("CAST({} AS {real})", self.write(&days, &joins, &RefCell::default())?)
            }
            Some(LogicalType::Datetime | LogicalType::Time) => {
                return Err("statistics of times have no common form".to_owned());
            }
            _ => format!("CAST({name} AS {real})"),
        };
        let asked = statistic.asked(kind.as_ref()).ok_or("what is asked is no value of the column")?;
        let from = joins.into_inner().sql_from();
        let given = if limit.is_empty() {
            format!(" WHERE {name} IS NOT NULL")
        } else {
            format!("{limit} AND {name} IS NOT NULL")
        };
        let rows = format!("SELECT {value} AS x FROM {from}{given}");
        let found = match statistic.function {
            "std" => format!(
                "SELECT sum((x - m) * (x - m)) / nullif(max(n) - 1, 0) AS v, max(n) AS n \
                 FROM (SELECT x, avg(x) OVER () AS m, count(*) OVER () AS n FROM ({rows}) AS taken) AS known"
            ),
            "min" | "max" => format!("SELECT {}(x) AS v, count(*) AS n FROM ({rows}) AS taken", statistic.function),
            "mean" => format!("SELECT avg(x) AS v, count(*) AS n FROM ({rows}) AS taken"),
            _ => {
                let place = format!("(CAST({:.12} AS {real}) * (n - 1))", statistic.share);
                let below = self.floor(&place);
                format!(
                    "SELECT sum(CASE WHEN r = {below} THEN x * (1 - ({place} - {below})) \
                     WHEN r = {below} + 1 THEN x * ({place} - {below}) END) AS v, max(n) AS n \
                     FROM (SELECT x, row_number() OVER (ORDER BY x) - 1 AS r, count(*) OVER () AS n FROM ({rows}) AS taken) AS known"
                )
            }
        };
        let far: Vec<String> = statistic
            .allowed(asked, kind.as_ref())
            .into_iter()
            .map(|(allowed, by_row)| {
                let allowed = format!("CAST({allowed:.12} AS {real})");
                let allowed = if by_row { format!("{allowed} / n") } else { allowed };
                let allowed = format!("({allowed} + CAST({:.12} AS {real}))", statistic.slack(asked));
                let asked = format!("CAST({asked:.12} AS {real})");
                match statistic.function {
                    // Squares are compared: not every database has roots.
                    "std" => {
                        let (most, least) = (format!("({asked} + {allowed})"), format!("({asked} - {allowed})"));
                        format!("(v > {most} * {most} OR ({least} > 0 AND v < {least} * {least}))")
                    }
                    _ => format!("abs(v - {asked}) > {allowed}"),
                }
            })
            .collect();
        Ok(format!(
            "SELECT {} AS k, 1 AS n FROM ({found}) AS measured WHERE {}",
            literal(statistic.function),
            far.join(" AND ")
        ))
    }

    /// Whether a column of a type that is not declared reads as a text.
    fn reads_as(&self, name: &str, value: &str) -> String {
        let text = if self.dialect == Dialect::Sqlite { "TEXT" } else { "VARCHAR" };
        match (self.dialect, value) {
            (Dialect::Sqlite, "true") => format!("CAST({name} AS {text}) IN ('true', '1')"),
            (Dialect::Sqlite, "false") => format!("CAST({name} AS {text}) IN ('false', '0')"),
            _ => format!("CAST({name} AS {text}) = {}", literal(value)),
        }
    }

    /// The whole part of a number that is not below zero, in brackets. SQLite has `floor` and `ceil` only where it was built with them.
    fn floor(&self, number: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("CAST({number} AS INTEGER)"),
            Dialect::Postgres | Dialect::Duckdb => format!("floor{number}"),
        }
    }

    /// The least whole number that is not below a number, in brackets.
    fn ceil(&self, number: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("(CAST({number} AS INTEGER) + ({number} > CAST({number} AS INTEGER)))"),
            Dialect::Postgres | Dialect::Duckdb => format!("ceil{number}"),
        }
    }

    /// How far the number `c` lies outside its bounds, among `total` rows.
    fn outside(&self, bounds: Bounds) -> String {
        let (whole, real) = match self.dialect {
            Dialect::Sqlite => ("INTEGER", "REAL"),
            Dialect::Postgres | Dialect::Duckdb => ("BIGINT", "DOUBLE PRECISION"),
        };
        let (least, most) = match bounds {
            Bounds::Between { least, most } => (least.to_string(), most.map(|most| most.to_string())),
            Bounds::Share { share, tolerance } => {
                let (min, max) = match self.dialect {
                    Dialect::Sqlite => ("min", "max"),
                    Dialect::Postgres | Dialect::Duckdb => ("least", "greatest"),
                };
                let times = |share: f64, slack: char| {
                    format!("(total * CAST({share:.12} AS {real}) {slack} CAST({SLACK:.6} AS {real}))")
                };
                let mut least = self.floor(&times(share, '+'));
                let mut most = self.ceil(&times(share, '-'));
                if tolerance > 0.0 {
                    least = format!("{min}({least}, {})", self.ceil(&times(share - tolerance, '-')));
                    most = format!("{max}({most}, {})", self.floor(&times(share + tolerance, '+')));
                }
                (format!("CAST({least} AS {whole})"), Some(format!("CAST({most} AS {whole})")))
            }
        };
        let above = most.map(|most| format!(" WHEN c > {most} THEN c - {most}")).unwrap_or_default();
        format!("CAST(CASE WHEN c < {least} THEN {least} - c{above} ELSE 0 END AS {whole})")
    }
}
