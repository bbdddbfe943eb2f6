//! What children come to, as SQL: the parents joined with the sums of their children, group by group.

use std::cell::RefCell;

use super::super::aggregate::{Aggregate, ROUNDING};
use super::super::dialect::sqlite_instant;
use super::{Dialect, Joins, Script};
use crate::expr::Reference;
use crate::schema::Table;
use crate::types::LogicalType;

impl<'a> Script<'a> {
    /// The parents whose value is not what their children come to.
    pub(super) fn aggregate(
        &self,
        table: &'a Table,
        when: Option<&str>,
        aggregate: &Aggregate<'a>,
    ) -> Result<String, String> {
        let children = aggregate.children(self.dataset, table)?;
        let joins = RefCell::new(Joins::new(self.dataset, table));
        let referenced: Vec<&str> = children.key.references.columns.iter().map(String::as_str).collect();
        let referenced = self.own(table, &referenced)?;
        let own = self.own(table, &[aggregate.column])?.remove(0);
        let own_kind = self.kind(table, aggregate.column);
        let limit = match when {
            Some(when) => format!("({}) AND ", self.write(when, &joins, &RefCell::default())?),
            None => String::new(),
        };
        let mut below = Joins::new(self.dataset, children.table);
        let mut name = |column: &str| self.delivered(&mut below, &Reference(vec![column.to_owned()]));
        let keys: Result<Vec<String>, String> =
            children.key.columns.iter().map(|column| name(column).map(|written| written.sql)).collect();
        let keys = keys?;
        let value = children.column.map(|column| name(&column.name)).transpose()?;
        let kind = value.as_ref().and_then(|value| value.kind.clone());
        let value = value.map_or_else(|| "*".to_owned(), |value| value.sql);
        let temporal = |kind: &Option<LogicalType>| matches!(kind, Some(LogicalType::Date | LogicalType::Datetime));
        if self.dialect == Dialect::Sqlite && temporal(&kind) && temporal(&own_kind) && kind != own_kind {
            return Err("dates and instants have no common form".to_owned());
        }
        // Their texts do not sort as instants do.
        let is_instant = self.dialect == Dialect::Sqlite && kind == Some(LogicalType::Datetime) && kind == own_kind;
        let (own, value) = match aggregate.function {
            "min" | "max" if is_instant => (sqlite_instant(&own), sqlite_instant(&value)),
            _ => (own, value),
        };
        let mut found = vec![format!("count({value}) AS n")];
        match aggregate.function {
            "count" => {}
            "min" | "max" => found.push(format!("{}({value}) AS v", aggregate.function)),
            _ => found.extend([format!("sum({value}) AS v"), format!("sum(abs({value})) AS size")]),
        }
        let given: Vec<String> = keys.iter().map(|key| format!("{key} IS NOT NULL")).collect();
        let numbered: Vec<String> = keys.iter().enumerate().map(|(at, key)| format!("{key} AS k{at}")).collect();
        let pairs: Vec<String> =
            referenced.iter().enumerate().map(|(at, name)| format!("children.k{at} = {name}")).collect();
        let real = self.real();
        let as_real = |sql: &str| format!("CAST({sql} AS {real})");
        let (n, sum) = ("coalesce(children.n, 0)", "coalesce(children.v, 0)");
        let slack =
            format!("{} * ({n} + 10) * {}", as_real(&format!("{ROUNDING:.15}")), as_real("coalesce(children.size, 0)"));
        let exact = |kind: &Option<LogicalType>| {
            let is_exact = matches!(kind, Some(LogicalType::Integer | LogicalType::Decimal { .. }));
            is_exact && (self.dialect != Dialect::Sqlite || *kind == Some(LogicalType::Integer))
        };
        let unlike_null = |unlike: String| {
            format!(
                "CASE WHEN {own} IS NULL OR children.v IS NULL THEN {own} IS NOT NULL OR children.v IS NOT NULL ELSE {unlike} END"
            )
        };
        let broken = match aggregate.function {
            "count" => format!("{own} IS NULL OR {own} <> {n}"),
            "min" | "max" => unlike_null(format!("{own} <> children.v")),
            "sum" if exact(&kind) && exact(&own_kind) => format!("{own} IS NULL OR {own} <> {sum}"),
            "sum" => {
                let off = format!("abs({} - {})", as_real(&own), as_real(sum));
                format!("{own} IS NULL OR {off} > {slack}")
            }
            _ => {
                let half = match own_kind {
                    Some(LogicalType::Decimal { scale, .. }) => {
                        format!(
                            "{} + ",
                            as_real(&format!(
                                "{:.*}",
                                usize::try_from(scale).unwrap_or(0) + 1,
                                0.5 * 10_f64.powi(-i32::from(scale))
                            ))
                        )
                    }
                    _ => String::new(),
                };
                let mean = format!("{} / children.n", as_real("children.v"));
                unlike_null(format!("abs({} - {mean}) > {half}2 * {slack} / children.n", as_real(&own)))
            }
        };
        Ok(format!(
            "SELECT {} AS k, 1 AS n FROM {} LEFT JOIN (SELECT {}, {} FROM {} WHERE {} GROUP BY {}) AS children ON {} \
             WHERE {limit}({broken})",
            self.key(&referenced),
            joins.into_inner().sql_from(),
            numbered.join(", "),
            found.join(", "),
            below.sql_from(),
            given.join(" AND "),
            keys.join(", "),
            pairs.join(" AND ")
        ))
    }
}
