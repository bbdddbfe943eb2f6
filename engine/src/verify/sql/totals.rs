//! Statements about how many rows there are, as SQL.

use std::cell::RefCell;

use super::super::joins::literal;
use super::super::score::value_sql;
use super::super::totals::{Bounds, SLACK, Total};
use super::{Dialect, Joins, Script};
use crate::schema::Table;

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
                let kind = table.column(column).and_then(crate::schema::Column::logical_type);
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

    /// Whether a column of a type that is not declared reads as a text.
    fn reads_as(&self, name: &str, value: &str) -> String {
        let text = if self.dialect == Dialect::Sqlite { "TEXT" } else { "VARCHAR" };
        match (self.dialect, value) {
            (Dialect::Sqlite, "true") => format!("CAST({name} AS {text}) IN ('true', '1')"),
            (Dialect::Sqlite, "false") => format!("CAST({name} AS {text}) IN ('false', '0')"),
            _ => format!("CAST({name} AS {text}) = {}", literal(value)),
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
                let mut least = format!("floor{}", times(share, '+'));
                let mut most = format!("ceil{}", times(share, '-'));
                if tolerance > 0.0 {
                    least = format!("{min}({least}, ceil{})", times(share - tolerance, '-'));
                    most = format!("{max}({most}, floor{})", times(share + tolerance, '+'));
                }
                (format!("CAST({least} AS {whole})"), Some(format!("CAST({most} AS {whole})")))
            }
        };
        let above = most.map(|most| format!(" WHEN c > {most} THEN c - {most}")).unwrap_or_default();
        format!("CAST(CASE WHEN c < {least} THEN {least} - c{above} ELSE 0 END AS {whole})")
    }
}
