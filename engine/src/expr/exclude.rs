//! Whether two conditions can hold in one row, as far as their comparisons of one column with values tell.

use std::cmp::Ordering;

use super::{Literal, Op, Parsed, Simple};

impl Parsed {
    /// Whether no row obeys both conditions, told by what they compare one column with: `a < 5` and `a >= 5`, `kind = 'x'` and
    /// `kind IN ('y', 'z')`. `false` where that tells nothing.
    pub fn excludes(&self, other: &Parsed) -> bool {
        let own: Vec<Simple> = self.conjuncts().iter().filter_map(Parsed::simple).collect();
        let others: Vec<Simple> = other.conjuncts().iter().filter_map(Parsed::simple).collect();
        own.iter().any(|one| others.iter().any(|two| exclude(one, two)))
    }
}

fn exclude(one: &Simple, two: &Simple) -> bool {
    let (Some(first), Some(second)) = (column(one), column(two)) else { return false };
    let same = first.0.len() == second.0.len()
        && first.0.iter().zip(&second.0).all(|(one, two)| one.eq_ignore_ascii_case(two));
    if !same {
        return false;
    }
    let is_null = |simple: &Simple| matches!(simple, Simple::Null { negated: false, .. });
    if is_null(one) != is_null(two) {
        // A comparison with null is not true.
        return true;
    }
    match (listed(one), listed(two)) {
        (Some(values), _) => values.iter().all(|value| refuses(two, value)),
        (None, Some(values)) => values.iter().all(|value| refuses(one, value)),
        (None, None) => is_apart(one, two) || is_apart(two, one),
    }
}

/// The column that is compared with values, or found null or not.
fn column(simple: &Simple) -> Option<&super::Reference> {
    match simple {
        Simple::Compare { column, .. }
        | Simple::Between { column, .. }
        | Simple::In { column, .. }
        | Simple::Null { column, .. } => Some(column),
        Simple::Columns { .. } => None,
    }
}

/// All values of which one has to stand in the column.
fn listed(simple: &Simple) -> Option<Vec<&Literal>> {
    match simple {
        Simple::Compare { op: Op::Equal, value, .. } => Some(vec![value]),
        Simple::In { values, negated: false, .. } => Some(values.iter().collect()),
        _ => None,
    }
}

/// Whether a condition is certainly not true of a value.
fn refuses(simple: &Simple, value: &Literal) -> bool {
    let fails = |op: Op, than: &Literal| order(value, than).is_some_and(|order| !holds(op, order));
    match simple {
        Simple::Compare { op, value: than, .. } => fails(*op, than),
        Simple::In { values, negated: false, .. } => values.iter().all(|than| fails(Op::Equal, than)),
        Simple::In { values, negated: true, .. } => values.iter().any(|than| fails(Op::NotEqual, than)),
        Simple::Between { low, high, negated: false, .. } => {
            fails(Op::GreaterOrEqual, low) || fails(Op::LessOrEqual, high)
        }
        Simple::Between { .. } | Simple::Null { .. } | Simple::Columns { .. } => false,
    }
}

fn holds(op: Op, order: Ordering) -> bool {
    match op {
        Op::Equal => order == Ordering::Equal,
        Op::NotEqual => order != Ordering::Equal,
        Op::Less => order == Ordering::Less,
        Op::LessOrEqual => order != Ordering::Greater,
        Op::Greater => order == Ordering::Greater,
        Op::GreaterOrEqual => order != Ordering::Less,
    }
}

/// Whether the one ends before the other begins.
fn is_apart(one: &Simple, two: &Simple) -> bool {
    let (Some((end, ends_in)), Some((begin, begins_in))) = (end(one), begin(two)) else { return false };
    match order(end, begin) {
        Some(Ordering::Less) => true,
        Some(Ordering::Equal) => !(ends_in && begins_in),
        Some(Ordering::Greater) | None => false,
    }
}

/// The largest value, and whether it is one itself.
fn end(simple: &Simple) -> Option<(&Literal, bool)> {
    match simple {
        Simple::Compare { op: Op::Less, value, .. } => Some((value, false)),
        Simple::Compare { op: Op::LessOrEqual, value, .. } => Some((value, true)),
        Simple::Between { high, negated: false, .. } => Some((high, true)),
        _ => None,
    }
}

/// The smallest value, and whether it is one itself.
fn begin(simple: &Simple) -> Option<(&Literal, bool)> {
    match simple {
        Simple::Compare { op: Op::Greater, value, .. } => Some((value, false)),
        Simple::Compare { op: Op::GreaterOrEqual, value, .. } => Some((value, true)),
        Simple::Between { low, negated: false, .. } => Some((low, true)),
        _ => None,
    }
}

/// How two values compare in whatever column they stand beside; `None` where that is the column's to tell.
fn order(one: &Literal, two: &Literal) -> Option<Ordering> {
    match (one, two) {
        (Literal::Number(one), Literal::Number(two)) => {
            let (a, b): (f64, f64) = (one.parse().ok()?, two.parse().ok()?);
            // Numbers that doubles do not tell apart may differ.
            if one == two { Some(Ordering::Equal) } else { a.partial_cmp(&b).filter(|order| order.is_ne()) }
        }
        (Literal::Boolean(one), Literal::Boolean(two)) => Some(one.cmp(two)),
        // Dates and times that are written in as many places are ordered as texts are.
        (Literal::Text(one), Literal::Text(two)) if is_plain(one) && is_plain(two) || one == two => Some(one.cmp(two)),
        (Literal::Text(one), Literal::Text(two))
        | (Literal::Date(one), Literal::Date(two))
        | (Literal::Datetime(one), Literal::Datetime(two))
        | (Literal::Time(one), Literal::Time(two)) => (one.len() == two.len()).then(|| one.cmp(two)),
        _ => None,
    }
}

/// Whether a text is no date, time or number, which could be written in another way.
fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(one: &str, two: &str) -> bool {
        let parsed = |sql: &str| Parsed::parse(sql).expect("a condition");
        let found = parsed(one).excludes(&parsed(two));
        assert_eq!(found, parsed(two).excludes(&parsed(one)), "{one} and {two} whichever comes first");
        found
    }

    #[test]
    fn conditions_of_one_column_that_never_meet() {
        for (one, two) in [
            ("a < 5", "a >= 5"),
            ("a < 5", "b = 1 AND (a > 5 OR a = 7) AND a > 4.99 AND 5 <= A"),
            ("a = 1", "a = 2"),
            ("a = 1", "a <> 1"),
            ("kind = 'x'", "kind IN ('y', 'z')"),
            ("kind NOT IN ('x', 'w')", "kind = 'x'"),
            ("p.kind = 'x' AND c", "P.kind = 'y'"),
            ("paid", "NOT paid"),
            ("day BETWEEN '2024-01-01' AND '2024-01-31'", "day > '2024-01-31'"),
            ("day < DATE '2024-01-01'", "day IN (DATE '2024-01-01', DATE '2025-01-01')"),
            ("a IS NULL", "a > 3"),
            ("a IS NULL", "a IS NOT NULL"),
            ("a BETWEEN 1 AND 2", "a = 3"),
        ] {
            assert!(excluded(one, two), "{one} and {two}");
        }
    }

    #[test]
    fn what_may_meet_is_not_said_to_be_apart() {
        for (one, two) in [
            ("a <= 5", "a >= 5"),
            ("a < 5", "b >= 5"),
            ("a = 1", "a = 1.0"),
            ("a = 9007199254740993", "a = 9007199254740992"),
            ("a = '2024-01-01'", "a = '2024-01-01 00:00:00'"),
            ("a = '1'", "a = '01'"),
            ("a <> 1", "a <> 2"),
            ("a < 5 OR b", "a >= 5"),
            ("a NOT BETWEEN 1 AND 3", "a = 2"),
            ("a < b", "a >= b"),
            ("a IS NOT NULL", "a > 3"),
            ("kind IN ('x', 'y')", "kind IN ('y', 'z')"),
            ("a = NULL", "a = 1"),
        ] {
            assert!(!excluded(one, two), "{one} and {two}");
        }
    }
}
