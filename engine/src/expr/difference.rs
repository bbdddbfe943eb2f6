//! Comparisons of two columns of the row that bound their difference: `b < a + 10`, `b - a BETWEEN 0 AND 5`, `b = a + INTERVAL '3 days'`.

use datafusion::sql::sqlparser::ast::{BinaryOperator, DateTimeField, Expr, Interval, UnaryOperator, Value};

use super::simple::literal;
use super::{Literal, Op, Parsed};

/// Decimal places of [`Difference::number`].
pub const PLACES: u32 = 15;

/// `left - right op number`, or the same with a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The column that is taken as it is.
    pub left: String,
    /// The column that is subtracted.
    pub right: String,
    /// How they compare.
    pub op: Op,
    /// In units of the last of [`PLACES`] places; 0 where the span is none.
    pub number: i128,
    /// In microseconds; 0 where the number is none.
    pub span: i64,
}

impl Parsed {
    /// The differences of two columns that this condition bounds, which hold together where it holds; empty where it is another one.
    pub fn differences(&self) -> Vec<Difference> {
        differences(self.expr()).unwrap_or_default()
    }
}

fn differences(expr: &Expr) -> Option<Vec<Difference>> {
    match expr {
        Expr::Nested(inner) => differences(inner),
        Expr::Between { expr, negated: false, low, high } => {
            Some(vec![difference(expr, Op::GreaterOrEqual, low)?, difference(expr, Op::LessOrEqual, high)?])
        }
        Expr::BinaryOp { left, op, right } => Some(vec![difference(left, Op::of_sql(op)?, right)?]),
        _ => None,
    }
}

fn difference(left: &Expr, op: Op, right: &Expr) -> Option<Difference> {
    let mut sum = Sum::default();
    sum.add(left, 1)?;
    sum.add(right, -1)?;
    let at = |sign: i32| sum.columns.iter().find(|(_, times)| *times == sign).map(|(name, _)| name.clone());
    let is_one = sum.number == 0 || sum.span == 0;
    (sum.columns.len() == 2 && is_one).then_some(())?;
    Some(Difference {
        left: at(1)?,
        right: at(-1)?,
        op,
        number: sum.number.checked_neg()?,
        span: sum.span.checked_neg()?,
    })
}

/// Columns, each so many times, and what is added to them.
#[derive(Default)]
struct Sum {
    columns: Vec<(String, i32)>,
    number: i128,
    span: i64,
}

impl Sum {
    fn add(&mut self, expr: &Expr, sign: i32) -> Option<()> {
        match expr {
            Expr::Nested(inner) => self.add(inner, sign),
            Expr::Identifier(name) => {
                match self.columns.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name.value)) {
                    Some((_, times)) => *times += sign,
                    None => self.columns.push((name.value.clone(), sign)),
                }
                Some(())
            }
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => self.add(expr, -sign),
            Expr::BinaryOp { left, op: BinaryOperator::Plus, right } => {
                self.add(left, sign)?;
                self.add(right, sign)
            }
            Expr::BinaryOp { left, op: BinaryOperator::Minus, right } => {
                self.add(left, sign)?;
                self.add(right, -sign)
            }
            Expr::Interval(interval) => {
                self.span = self.span.checked_add(span(interval)?.checked_mul(i64::from(sign))?)?;
                Some(())
            }
            other => match literal(other)? {
                Literal::Number(text) => {
                    self.number = self.number.checked_add(units(&text)?.checked_mul(i128::from(sign))?)?;
                    Some(())
                }
                _ => None,
            },
        }
    }
}

/// A number in units of the last of [`PLACES`] places, where it has no more.
fn units(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let missing = PLACES.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    format!("{whole}{fraction}").parse::<i128>().ok()?.checked_mul(10_i128.pow(missing))
}

/// A span of so many weeks, days, hours, minutes or seconds, in microseconds.
fn span(interval: &Interval) -> Option<i64> {
    let Expr::Value(value) = &*interval.value else { return None };
    let text = match &value.value {
        Value::SingleQuotedString(text) => text.clone(),
        Value::Number(text, _) => text.clone(),
        _ => return None,
    };
    let unit = match &interval.leading_field {
        None => "",
        Some(DateTimeField::Week(None) | DateTimeField::Weeks) => "week",
        Some(DateTimeField::Day | DateTimeField::Days) => "day",
        Some(DateTimeField::Hour | DateTimeField::Hours) => "hour",
        Some(DateTimeField::Minute | DateTimeField::Minutes) => "minute",
        Some(DateTimeField::Second | DateTimeField::Seconds) => "second",
        Some(_) => return None,
    };
    if interval.last_field.is_some() {
        return None;
    }
    let text = format!("{text} {unit}");
    let words: Vec<&str> = text.split_whitespace().collect();
    let [amount, unit] = words.as_slice() else { return None };
    let seconds: i64 = match unit.to_ascii_lowercase().trim_end_matches('s') {
        "week" => 7 * 86_400,
        "day" => 86_400,
        "hour" => 3_600,
        "minute" => 60,
        "second" => 1,
        _ => return None,
    };
    amount.parse::<i64>().ok()?.checked_mul(seconds)?.checked_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_two_columns_and_constants_are_differences() {
        let of = |sql: &str| -> Vec<String> {
            let parsed = Parsed::parse(sql).unwrap_or_else(|problem| panic!("{sql}: {problem}"));
            let shown = |one: Difference| {
                format!("{}-{} {} {} {}", one.left, one.right, one.op, one.number / 10_i128.pow(PLACES), one.span)
            };
            parsed.differences().into_iter().map(shown).collect()
        };
        assert_eq!(of("b = a"), ["b-a = 0 0"]);
        assert_eq!(of("b + 2 < (a - 3) + 10"), ["b-a < 5 0"]);
        assert_eq!(of("b - a BETWEEN -1 AND 5.0"), ["b-a >= -1 0", "b-a <= 5 0"]);
        assert_eq!(of("b BETWEEN a AND a + 10"), ["b-a >= 0 0", "b-a <= 10 0"]);
        assert_eq!(of("b <= a + INTERVAL '3 days'"), ["b-a <= 0 259200000000"]);
        assert_eq!(of("a >= b - INTERVAL '2' HOUR"), ["a-b >= 0 -7200000000"]);
        for other in ["b = 2 * a", "b = a + c", "b = a + INTERVAL '1 month'", "b <> a OR a > 3", "b = 5", "b = up.a"] {
            assert_eq!(of(other), [""; 0], "{other}");
        }
    }
}
