//! `order`: the listed columns ascend, nulls skipped; neighbours among those that are not null keep their gap.
//!
//! Every pair is compared, so that a null between two columns hides nothing. A gap binds a pair where all columns between it are null.

use super::joins::quoted;
use crate::schema::{Gap, Span};
use crate::types::LogicalType;

/// Microseconds of a day and of a second.
const DAY_US: i64 = 86_400_000_000;
const SECOND_US: i64 = 1_000_000;

/// The rule as one condition. `kind` gives the type of a column where it is known.
pub(super) fn condition(
    columns: &[String],
    strict: bool,
    gap: Option<Gap>,
    kind: impl Fn(&str) -> Option<LogicalType>,
) -> Result<String, String> {
    let operator = if strict { "<" } else { "<=" };
    let mut parts = Vec::new();
    for (end, later) in columns.iter().enumerate() {
        for (start, earlier) in columns[..end].iter().enumerate() {
            let (a, b) = (Side::new(earlier, &kind), Side::new(later, &kind));
            parts.push(format!("{} {operator} {}", a.sql, b.sql));
            let Some(gap) = gap else { continue };
            let between: String =
                columns[start + 1..end].iter().map(|column| format!("{} IS NOT NULL OR ", quoted(column))).collect();
            for (span, bound) in [(gap.min, Bound::AtLeast), (gap.max, Bound::AtMost)] {
                let Some(span) = span else { continue };
                parts.push(format!("({between}{})", distance(&a, &b, span, bound)?));
            }
        }
    }
    Ok(if parts.is_empty() { "TRUE".to_owned() } else { parts.join(" AND ") })
}

/// The rule for people.
pub(super) fn says(columns: &[String], strict: bool, gap: Option<Gap>) -> String {
    let mut says = columns.join(if strict { " < " } else { " ≤ " });
    let Some(gap) = gap else { return says };
    for (word, span) in [("at least", gap.min), ("at most", gap.max)] {
        if let Some(span) = span {
            says.push_str(&format!(", {word} {} apart", shown(span)));
        }
    }
    says
}

fn shown(span: Span) -> String {
    match serde_json::to_value(span) {
        Ok(serde_json::Value::String(text)) => text,
        _ => span.amount.to_string(),
    }
}

/// A column of a pair.
struct Side {
    name: String,
    sql: String,
    kind: Option<LogicalType>,
}

impl Side {
    fn new(name: &str, kind: &impl Fn(&str) -> Option<LogicalType>) -> Side {
        Side { name: name.to_owned(), sql: quoted(name), kind: kind(name) }
    }

    fn is(&self, wanted: impl Fn(&LogicalType) -> bool) -> bool {
        self.kind.as_ref().is_some_and(wanted)
    }

    fn as_datetime(&self) -> String {
        if self.is(|kind| *kind == LogicalType::Datetime) { self.sql.clone() } else { format!("CAST({} AS TIMESTAMP)", self.sql) }
    }
}

/// Which side of a distance a span bounds.
#[derive(Clone, Copy, PartialEq)]
enum Bound {
    AtLeast,
    AtMost,
}

impl Bound {
    fn operator(self) -> &'static str {
        if self == Bound::AtLeast { ">=" } else { "<=" }
    }
}

/// The condition that `b` lies at least or at most a span after `a`. A span with a unit is one of time where the types are not known.
fn distance(a: &Side, b: &Side, span: Span, bound: Bound) -> Result<String, String> {
    let operator = bound.operator();
    let is_number = |side: &Side| {
        side.is(|kind| matches!(kind, LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Float))
    };
    let is_day = |side: &Side| side.is(|kind| *kind == LogicalType::Date);
    let is_instant = |side: &Side| side.is(|kind| *kind == LogicalType::Datetime);
    let either = |test: &dyn Fn(&Side) -> bool| test(a) || test(b);
    for side in [a, b] {
        if let Some(kind) = &side.kind
            && !is_number(side)
            && !is_day(side)
            && !is_instant(side)
        {
            return Err(format!("column \"{}\" is of type {kind}, which has no gap", side.name));
        }
    }
    if either(&is_number) {
        if span.unit.is_some() {
            return Err(format!("{} is no gap between numbers", shown(span)));
        }
        return Ok(format!("{} - {} {operator} {}", b.sql, a.sql, span.amount));
    }
    let us = match span.unit {
        Some(unit) => span.amount.checked_mul(unit.us()),
        None if is_day(a) && is_day(b) => span.amount.checked_mul(DAY_US),
        None => Some(span.amount),
    };
    let us = us.ok_or_else(|| format!("{} is too long a gap", shown(span)))?;
    if is_day(a) && is_day(b) {
        // Whole days reach a bound of hours only at the next whole day on its safe side.
        let days = if bound == Bound::AtLeast { -(-us).div_euclid(DAY_US) } else { us.div_euclid(DAY_US) };
        return Ok(format!("days_between({}, {}) {operator} {days}", a.sql, b.sql));
    }
    if span.unit.is_none() && !either(&is_instant) {
        return Ok(format!("{} - {} {operator} {}", b.sql, a.sql, span.amount));
    }
    let (amount, unit) = match us {
        us if us % DAY_US == 0 => (us / DAY_US, "days"),
        us if us % SECOND_US == 0 => (us / SECOND_US, "seconds"),
        us => (us, "microseconds"),
    };
    Ok(format!("{} {operator} {} + INTERVAL '{amount} {unit}'", b.as_datetime(), a.as_datetime()))
}
