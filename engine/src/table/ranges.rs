//! Which rows a condition names, where their numbers follow from it without a row being made.

use std::ops::Range;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};

use crate::plan::{Plan, SlotId, Source};

/// Ranges of rows in ascending order, none of them empty and no two touching.
pub(super) type Ranges = Vec<Range<u64>>;

/// The rows of a table in which `filter` is true, all and only these; `None` where that does not follow from row numbers.
pub(super) fn rows_of(plan: &Plan, table: usize, filter: &Expr) -> Option<Ranges> {
    let between = |column: &Expr, low: i128, high: i128| match column {
        Expr::Column(column) => of_column(plan, table, &column.name, low, high),
        _ => None,
    };
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            Some(intersection(&rows_of(plan, table, left)?, &rows_of(plan, table, right)?))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            Some(union(rows_of(plan, table, left)?, rows_of(plan, table, right)?))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let (column, op, value) = match (whole(left), whole(right)) {
                (None, Some(value)) => (left, *op, value),
                (Some(value), None) => (right, op.swap()?, value),
                _ => return None,
            };
            match op {
                Operator::Eq => between(column, value, value),
                Operator::Lt => between(column, i128::MIN, value - 1),
                Operator::LtEq => between(column, i128::MIN, value),
                Operator::Gt => between(column, value + 1, i128::MAX),
                Operator::GtEq => between(column, value, i128::MAX),
                Operator::NotEq => {
                    Some(union(between(column, i128::MIN, value - 1)?, between(column, value + 1, i128::MAX)?))
                }
                _ => None,
            }
        }
        Expr::Between(Between { expr, negated: false, low, high }) => between(expr, whole(low)?, whole(high)?),
        Expr::InList(InList { expr, list, negated: false }) => list.iter().try_fold(Ranges::new(), |rows, item| {
            let value = whole(item)?;
            Some(union(rows, between(expr, value, value)?))
        }),
        _ => None,
    }
}

/// A literal that is a whole number.
fn whole(expr: &Expr) -> Option<i128> {
    let Expr::Literal(value, _) = expr else { return None };
    match value {
        ScalarValue::Int8(Some(value)) => Some(i128::from(*value)),
        ScalarValue::Int16(Some(value)) => Some(i128::from(*value)),
        ScalarValue::Int32(Some(value)) => Some(i128::from(*value)),
        ScalarValue::Int64(Some(value)) => Some(i128::from(*value)),
        ScalarValue::UInt8(Some(value)) => Some(i128::from(*value)),
        ScalarValue::UInt16(Some(value)) => Some(i128::from(*value)),
        ScalarValue::UInt32(Some(value)) => Some(i128::from(*value)),
        ScalarValue::UInt64(Some(value)) => Some(i128::from(*value)),
        _ => None,
    }
}

/// The rows in which a delivered column lies between `low` and `high`, both included.
fn of_column(plan: &Plan, table: usize, column: &str, low: i128, high: i128) -> Option<Ranges> {
    let planned = &plan.tables[table];
    let slot = planned.delivered[planned.schema.index_of(column).ok()?];
    let rows = of_slot(plan, table, slot, low, high)?;
    Some(if rows.is_empty() { Ranges::new() } else { vec![rows] })
}

/// The same for a value of any kind: numbers in steps, or those of parents whose children lie side by side.
fn of_slot(plan: &Plan, table: usize, slot: SlotId, low: i128, high: i128) -> Option<Range<u64>> {
    let planned = &plan.tables[table];
    let source = |slot: SlotId| &planned.slots[slot].source;
    match source(slot) {
        Source::Fill(fill) => {
            let progression = fill.progression()?;
            let (start, step) = (i128::from(progression.start), i128::from(progression.step));
            // Steps down are steps up of the negated numbers.
            let (start, step, low, high) =
                if step > 0 { (start, step, low, high) } else { (-start, -step, negated(high), negated(low)) };
            let first = -(start - low.max(start)).div_euclid(step);
            let end = (high.min(start + step * i128::from(planned.rows)) - start).div_euclid(step) + 1;
            let bounded = |row: i128| row.clamp(0, i128::from(planned.rows)) as u64;
            Some(bounded(first)..bounded(end).max(bounded(first)))
        }
        Source::Parent { table: parent, slot: of } => {
            let parents = of_slot(plan, *parent, *of, low, high)?;
            let number = planned.slots[slot].inputs.first()?;
            let Source::Fill(fill) = source(*number) else { return None };
            let allocation = fill.dealt()?;
            let place = |parent: u64| allocation.first_child(parent).min(planned.rows);
            Some(place(parents.start)..if parents.is_empty() { place(parents.start) } else { place(parents.end) })
        }
    }
}

/// The number with the other sign; the least one becomes the largest.
fn negated(value: i128) -> i128 {
    value.checked_neg().unwrap_or(i128::MAX)
}

/// Rows that are in both.
pub(super) fn intersection(left: &[Range<u64>], right: &[Range<u64>]) -> Ranges {
    let mut both = Ranges::new();
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let (start, end) = (a.start.max(b.start), a.end.min(b.end));
        if start < end {
            both.push(start..end);
        }
        if a.end <= b.end {
            left.next()
        } else {
            right.next()
        };
    }
    both
}

/// Rows that are in either.
fn union(left: Ranges, right: Ranges) -> Ranges {
    let mut all: Ranges = left.into_iter().chain(right).collect();
    all.sort_by_key(|range| range.start);
    let mut joined = Ranges::new();
    for range in all {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The first rows of the ranges, at most so many.
pub(super) fn first(rows: &[Range<u64>], most: u64) -> Ranges {
    let mut left = most;
    let mut taken = Ranges::new();
    for range in rows {
        let end = range.end.min(range.start.saturating_add(left));
        if end <= range.start {
            break;
        }
        left -= end - range.start;
        taken.push(range.start..end);
    }
    taken
}
