//! Which rows a condition names, where their numbers follow from it without a row being made.

use std::ops::Range;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};

use crate::plan::{Plan, SlotId, Source};

/// Ranges of rows in ascending order, none of them empty and no two touching.
pub(super) type Ranges = Vec<Range<u64>>;

/// The rows of a table in which `filter` is true, all and only these; `None` where that does not follow from row numbers.
pub(super) fn rows_of(plan: &Plan, table: usize, filter: &Expr) -> Option<Ranges> {
    let between = |column: &Expr, low: i128, high: i128| of_column(plan, table, column_of(column)?, low, high);
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            Some(intersection(&rows_of(plan, table, left)?, &rows_of(plan, table, right)?))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            Some(union(rows_of(plan, table, left)?, rows_of(plan, table, right)?))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let (column, op, value) = match (Literal::of(left), Literal::of(right)) {
                (None, Some(value)) => (left, *op, value),
                (Some(value), None) => (right, op.swap()?, value),
                _ => return None,
            };
            match op {
                Operator::Eq => between(column, value.ceiling(), value.floor),
                Operator::Lt => between(column, i128::MIN, value.ceiling() - 1),
                Operator::LtEq => between(column, i128::MIN, value.floor),
                Operator::Gt => between(column, value.floor + 1, i128::MAX),
                Operator::GtEq => between(column, value.ceiling(), i128::MAX),
                Operator::NotEq => {
                    let below = between(column, i128::MIN, value.ceiling() - 1)?;
                    Some(union(below, between(column, value.floor + 1, i128::MAX)?))
                }
                _ => None,
            }
        }
        Expr::Between(Between { expr, negated: false, low, high }) => {
            between(expr, Literal::of(low)?.ceiling(), Literal::of(high)?.floor)
        }
        Expr::InList(InList { expr, list, negated: false }) => list.iter().try_fold(Ranges::new(), |rows, item| {
            let value = Literal::of(item)?;
            Some(union(rows, between(expr, value.ceiling(), value.floor)?))
        }),
        _ => None,
    }
}

/// The column that is compared, be it as a number with places: its values are whole numbers, which these hold.
fn column_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Column(column) => Some(&column.name),
        Expr::Cast(cast) if matches!(cast.field.data_type(), DataType::Decimal128(_, 0..)) => column_of(&cast.expr),
        _ => None,
    }
}

/// A number that a column of whole numbers is compared with.
#[derive(Clone, Copy)]
struct Literal {
    /// The largest whole number that is not above it.
    floor: i128,
    is_whole: bool,
}

impl Literal {
    fn of(expr: &Expr) -> Option<Literal> {
        let Expr::Literal(value, _) = expr else { return None };
        let whole = |floor: i128| Some(Literal { floor, is_whole: true });
        match value {
            ScalarValue::Int8(Some(value)) => whole(i128::from(*value)),
            ScalarValue::Int16(Some(value)) => whole(i128::from(*value)),
            ScalarValue::Int32(Some(value)) => whole(i128::from(*value)),
            ScalarValue::Int64(Some(value)) => whole(i128::from(*value)),
            ScalarValue::UInt8(Some(value)) => whole(i128::from(*value)),
            ScalarValue::UInt16(Some(value)) => whole(i128::from(*value)),
            ScalarValue::UInt32(Some(value)) => whole(i128::from(*value)),
            ScalarValue::UInt64(Some(value)) => whole(i128::from(*value)),
            ScalarValue::Decimal128(Some(units), _, scale) => {
                let unit = 10_i128.checked_pow(u32::try_from(*scale).ok()?)?;
                Some(Literal { floor: units.div_euclid(unit), is_whole: units % unit == 0 })
            }
            _ => None,
        }
    }

    /// The smallest whole number that is not below it.
    fn ceiling(self) -> i128 {
        self.floor + i128::from(!self.is_whole)
    }
}

/// The rows in which a delivered column of whole numbers lies between `low` and `high`, both included.
fn of_column(plan: &Plan, table: usize, column: &str, low: i128, high: i128) -> Option<Ranges> {
    let planned = &plan.tables[table];
    let index = planned.schema.index_of(column).ok()?;
    if *planned.schema.field(index).data_type() != DataType::Int64 {
        return None;
    }
    of_slot(plan, table, planned.delivered[index], low, high)
}

/// The most numbers whose rows are looked up one by one.
const MOST_NUMBERS: i128 = 4_096;

/// The same for a value of any kind: numbers in steps, numbers dealt to rows, each once, or those of parents whose children lie side by side.
fn of_slot(plan: &Plan, table: usize, slot: SlotId, low: i128, high: i128) -> Option<Ranges> {
    let planned = &plan.tables[table];
    let source = |slot: SlotId| &planned.slots[slot].source;
    let (low, high) = (low.max(i128::from(i64::MIN) - 1), high.min(i128::from(i64::MAX) + 1));
    match source(slot) {
        Source::Fill(fill) => {
            let Some(progression) = fill.progression() else {
                // One number tells whether rows follow from numbers at all.
                fill.row_of(0)?;
                if high - low >= MOST_NUMBERS {
                    return None;
                }
                let numbers = (low..=high).filter_map(|number| i64::try_from(number).ok());
                let rows = numbers.filter_map(|number| fill.row_of(number).flatten()).filter(|row| *row < planned.rows);
                return Some(union(rows.map(|row| row..row + 1).collect(), Ranges::new()));
            };
            let (start, step) = (i128::from(progression.start), i128::from(progression.step));
            // Steps down are steps up of the negated numbers.
            let (start, step, low, high) =
                if step > 0 { (start, step, low, high) } else { (-start, -step, -high, -low) };
            let first = -(start - low.max(start)).div_euclid(step);
            let end = (high.min(start + step * i128::from(planned.rows)) - start).div_euclid(step) + 1;
            let bounded = |row: i128| row.clamp(0, i128::from(planned.rows)) as u64;
            Some(whole(bounded(first)..bounded(end)))
        }
        Source::Parent { table: parent, slot: of } => {
            let parents = of_slot(plan, *parent, *of, low, high)?;
            let number = planned.slots[slot].inputs.first()?;
            let Source::Fill(fill) = source(*number) else { return None };
            let allocation = fill.dealt()?;
            let place = |parent: u64| allocation.first_child(parent).min(planned.rows);
            let children = parents.iter().flat_map(|parents| whole(place(parents.start)..place(parents.end)));
            Some(union(children.collect(), Ranges::new()))
        }
    }
}

/// A range, unless it is empty.
fn whole(range: Range<u64>) -> Ranges {
    if range.is_empty() { Ranges::new() } else { vec![range] }
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
