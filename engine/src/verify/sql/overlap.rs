//! Intervals of one group, as SQL.

use std::cell::RefCell;

use super::super::dialect::{Dialect, sqlite_instant};
use super::super::overlap::Overlap;
use super::{Joins, Script};
use crate::schema::Table;
use crate::types::LogicalType;

impl<'a> Script<'a> {
    /// The intervals that start before an earlier one of their group has ended.
    pub(super) fn overlap(
        &self,
        table: &'a Table,
        when: Option<&str>,
        overlap: &Overlap<'a>,
    ) -> Result<String, String> {
        let columns: Vec<&str> = overlap.columns().collect();
        let names = self.own(table, &columns)?;
        let (groups, ends) = names.split_at(overlap.per.len());
        let comparable = |at: usize, column: &str| match (self.dialect, self.kind(table, column)) {
            (Dialect::Sqlite, Some(LogicalType::Datetime)) => sqlite_instant(&ends[at]),
            _ => ends[at].clone(),
        };
        let (start, end) = (comparable(0, overlap.start), comparable(1, overlap.end));
        let joins = RefCell::new(Joins::new(self.dataset, table));
        let mut conditions: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        if let Some(when) = when {
            conditions.push(format!("({})", self.write(when, &joins, &RefCell::default())?));
        }
        let key: Vec<&str> = table.primary_key.iter().map(String::as_str).collect();
        let key = if key.is_empty() { names.clone() } else { self.own(table, &key)? };
        Ok(format!(
            "SELECT k, 1 AS n FROM (SELECT {} AS k, {start} AS starts, max({end}) OVER (PARTITION BY {} ORDER BY {start}, {end} \
             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken FROM {} WHERE {}) AS intervals WHERE taken > starts",
            self.key(&key),
            groups.join(", "),
            joins.into_inner().sql_from(),
            conditions.join(" AND ")
        ))
    }
}
