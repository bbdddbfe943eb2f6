//! Conditions that list the values of one column: `a IN (1, 2)`, `a = 1 OR a = 2`.

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr};

use super::simple::of_expr;
use super::{Literal, Op, Parsed, Reference, Simple};

impl Parsed {
    /// The column of which this condition lists all values that it may take, and these; none of them is null.
    pub fn membership(&self) -> Option<(Reference, Vec<Literal>)> {
        members(self.expr()).filter(|(_, values)| !values.contains(&Literal::Null))
    }
}

fn members(expr: &Expr) -> Option<(Reference, Vec<Literal>)> {
    match expr {
        Expr::Nested(inner) => members(inner),
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            let ((column, mut values), (other, others)) = (members(left)?, members(right)?);
            let is_same = column.0.len() == other.0.len()
                && column.0.iter().zip(&other.0).all(|(one, two)| one.eq_ignore_ascii_case(two));
            values.extend(others);
            is_same.then_some((column, values))
        }
        other => match of_expr(other)? {
            Simple::In { column, values, negated: false } => Some((column, values)),
            Simple::Compare { column, op: Op::Equal, value } => Some((column, vec![value])),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_chains_of_equalities_name_the_values_of_a_column() {
        let of =
            |sql: &str| Parsed::parse(sql).ok().and_then(|parsed| parsed.membership()).map(|(_, values)| values.len());
        assert_eq!(of("a IN (1, 2, 3)"), Some(3));
        assert_eq!(of("(a = 1 OR A = 2) OR 3 = a OR a IN (4, 5)"), Some(5));
        for other in
            ["a = 1 OR b = 2", "a IN (1, NULL)", "a NOT IN (1)", "a = 1 OR a > 5", "a + 1 IN (2)", "a IN (1, b)"]
        {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
