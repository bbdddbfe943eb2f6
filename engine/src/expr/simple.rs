//! Conditions that can be reasoned about without evaluating them: a column against a value, a list, null or another column.

use std::fmt;

use datafusion::sql::sqlparser::ast::{BinaryOperator, DataType, Expr, UnaryOperator, Value};

use super::Reference;
use super::parse::reference;

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Op {
    /// The comparison that says the same with its sides exchanged.
    #[must_use]
    pub fn flipped(self) -> Op {
        match self {
            Op::Less => Op::Greater,
            Op::LessOrEqual => Op::GreaterOrEqual,
            Op::Greater => Op::Less,
            Op::GreaterOrEqual => Op::LessOrEqual,
            same => same,
        }
    }

    /// The comparison that is true where this one is false.
    #[must_use]
    pub fn negated(self) -> Op {
        match self {
            Op::Equal => Op::NotEqual,
            Op::NotEqual => Op::Equal,
            Op::Less => Op::GreaterOrEqual,
            Op::LessOrEqual => Op::Greater,
            Op::Greater => Op::LessOrEqual,
            Op::GreaterOrEqual => Op::Less,
        }
    }

    pub(super) fn of_sql(op: &BinaryOperator) -> Option<Op> {
        Some(match op {
            BinaryOperator::Eq => Op::Equal,
            BinaryOperator::NotEq => Op::NotEqual,
            BinaryOperator::Lt => Op::Less,
            BinaryOperator::LtEq => Op::LessOrEqual,
            BinaryOperator::Gt => Op::Greater,
            BinaryOperator::GtEq => Op::GreaterOrEqual,
            _ => return None,
        })
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Op::Equal => "=",
            Op::NotEqual => "<>",
            Op::Less => "<",
            Op::LessOrEqual => "<=",
            Op::Greater => ">",
            Op::GreaterOrEqual => ">=",
        })
    }
}

/// A value that is written in a condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    /// `NULL`
    Null,
    /// `TRUE`, `FALSE`
    Boolean(bool),
    /// A number in plain digits, `-12.50`.
    Number(String),
    /// A text; compared with a date or time column, the date or time that it spells.
    Text(String),
    /// The text of `DATE '…'`.
    Date(String),
    /// The text of `TIMESTAMP '…'`.
    Datetime(String),
    /// The text of `TIME '…'`.
    Time(String),
}

/// A condition of one of the forms that propagation understands. A bare boolean column is compared with `TRUE`, its negation with `FALSE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Simple {
    /// `column op value`; `value op column` has its sides exchanged.
    Compare {
        /// What is compared.
        column: Reference,
        /// How.
        op: Op,
        /// With which value.
        value: Literal,
    },
    /// `column op column`
    Columns {
        /// The column on the left.
        left: Reference,
        /// How they compare.
        op: Op,
        /// The column on the right.
        right: Reference,
    },
    /// `column [NOT] BETWEEN low AND high`
    Between {
        /// What is compared.
        column: Reference,
        /// The smallest value inside.
        low: Literal,
        /// The largest value inside.
        high: Literal,
        /// Whether `NOT` stands before `BETWEEN`.
        negated: bool,
    },
    /// `column [NOT] IN (values)`
    In {
        /// What is looked for.
        column: Reference,
        /// The list, in the order written.
        values: Vec<Literal>,
        /// Whether `NOT` stands before `IN`.
        negated: bool,
    },
    /// `column IS [NOT] NULL`
    Null {
        /// What is or is not null.
        column: Reference,
        /// Whether it is `IS NOT NULL`.
        negated: bool,
    },
}

/// The form that a condition has, if it has one.
pub(super) fn of_expr(expr: &Expr) -> Option<Simple> {
    let truth = |column, value| Simple::Compare { column, op: Op::Equal, value: Literal::Boolean(value) };
    match expr {
        Expr::Nested(inner) => of_expr(inner),
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => reference(expr).map(|column| truth(column, true)),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => match of_expr(expr)? {
            Simple::Compare { column, value: Literal::Boolean(value), op: Op::Equal } => Some(truth(column, !value)),
            Simple::Compare { column, op, value } => Some(Simple::Compare { column, op: op.negated(), value }),
            Simple::Columns { left, op, right } => Some(Simple::Columns { left, op: op.negated(), right }),
            Simple::Between { column, low, high, negated } => {
                Some(Simple::Between { column, low, high, negated: !negated })
            }
            Simple::In { column, values, negated } => Some(Simple::In { column, values, negated: !negated }),
            Simple::Null { column, negated } => Some(Simple::Null { column, negated: !negated }),
        },
        Expr::IsNull(inner) => Some(Simple::Null { column: column(inner)?, negated: false }),
        Expr::IsNotNull(inner) => Some(Simple::Null { column: column(inner)?, negated: true }),
        Expr::InList { expr, list, negated } => Some(Simple::In {
            column: column(expr)?,
            values: list.iter().map(literal).collect::<Option<_>>()?,
            negated: *negated,
        }),
        Expr::Between { expr, negated, low, high } => {
            Some(Simple::Between { column: column(expr)?, low: literal(low)?, high: literal(high)?, negated: *negated })
        }
        Expr::BinaryOp { left, op, right } => {
            let op = Op::of_sql(op)?;
            match (column(left), column(right)) {
                (Some(left), Some(right)) => Some(Simple::Columns { left, op, right }),
                (Some(column), None) => Some(Simple::Compare { column, op, value: literal(right)? }),
                (None, Some(column)) => Some(Simple::Compare { column, op: op.flipped(), value: literal(left)? }),
                (None, None) => None,
            }
        }
        _ => None,
    }
}

/// A column against anything else: `column op expression`.
pub(super) struct Against<'e> {
    pub column: Reference,
    pub op: Op,
    pub other: &'e Expr,
}

/// The ways to read a condition as comparisons of one column, which hold together where it holds: either side of a comparison, or the two
/// ends of a `BETWEEN`.
pub(super) fn against(expr: &Expr) -> Vec<Vec<Against<'_>>> {
    match expr {
        Expr::Nested(inner) => against(inner),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
            let inner = against(expr).into_iter().filter(|all| all.len() == 1);
            inner.map(|all| all.into_iter().map(|one| Against { op: one.op.negated(), ..one }).collect()).collect()
        }
        Expr::Between { expr, negated: false, low, high } => {
            let end = |op, other| Some(Against { column: column(expr)?, op, other });
            let ends = [end(Op::GreaterOrEqual, low), end(Op::LessOrEqual, high)];
            ends.into_iter().collect::<Option<Vec<_>>>().into_iter().collect()
        }
        Expr::BinaryOp { left, op, right } => {
            let Some(op) = Op::of_sql(op) else { return Vec::new() };
            let first = column(left).map(|column| vec![Against { column, op, other: right }]);
            let second = column(right).map(|column| vec![Against { column, op: op.flipped(), other: left }]);
            first.into_iter().chain(second).collect()
        }
        _ => Vec::new(),
    }
}

fn column(expr: &Expr) -> Option<Reference> {
    match expr {
        Expr::Nested(inner) => column(inner),
        other => reference(other),
    }
}

pub(super) fn literal(expr: &Expr) -> Option<Literal> {
    match expr {
        Expr::Nested(inner) => literal(inner),
        Expr::Value(value) => match &value.value {
            Value::Null => Some(Literal::Null),
            Value::Boolean(value) => Some(Literal::Boolean(*value)),
            // A whole number past 64 bits carries a point for the parser's sake.
            Value::Number(text, _) => Some(Literal::Number(text.trim_end_matches('.').to_owned())),
            Value::SingleQuotedString(text) => Some(Literal::Text(text.clone())),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => match literal(expr)? {
            number @ Literal::Number(_) => Some(number),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match literal(expr)? {
            Literal::Number(text) => Some(Literal::Number(match text.strip_prefix('-') {
                Some(positive) => positive.to_owned(),
                None => format!("-{text}"),
            })),
            _ => None,
        },
        Expr::TypedString(typed) => {
            let text = typed.value.clone().into_string()?;
            match typed.data_type {
                DataType::Date => Some(Literal::Date(text)),
                DataType::Timestamp(..) => Some(Literal::Datetime(text)),
                DataType::Time(..) => Some(Literal::Time(text)),
                _ => None,
            }
        }
        _ => None,
    }
}
