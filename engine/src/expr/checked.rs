//! Operations that say when they go wrong, in place of those of DataFusion that do not.
//!
//! DataFusion's integers wrap, its decimals of 38 digits do not check that they fit, and what it evaluates for a row depends on the rows
//! beside. Here arithmetic is checked, and the operations of [`lazy`] decide for each row.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Schema};
use datafusion::arrow::error::ArrowError;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, Operator};
use datafusion::physical_expr::expressions::{BinaryExpr, CaseExpr, CastExpr, InListExpr, Literal, NegativeExpr};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

use super::lazy::{self, EachRow, Logic};
use super::tokens::lower_first;

/// The expression with every operation checked.
pub(super) fn checked(expr: Arc<dyn PhysicalExpr>, input: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
    let checked = expr.transform_up(|node| {
        if let Some(negative) = node.downcast_ref::<NegativeExpr>() {
            let data_type = negative.arg().data_type(input)?;
            if !data_type.is_signed_integer() {
                return Ok(Transformed::no(node));
            }
            let zero = Arc::new(Literal::new(ScalarValue::new_zero(&data_type)?));
            let minus = BinaryExpr::new(zero, Operator::Minus, Arc::clone(negative.arg()));
            return Ok(Transformed::yes(Arithmetic::around(minus, input)?));
        }
        if let Some(list) = node.downcast_ref::<InListExpr>() {
            return match lazy::any_can_fail(list.list(), input)? {
                true => Ok(Transformed::yes(lazy::alternatives(list, input)?)),
                false => Ok(Transformed::no(node)),
            };
        }
        if let Some(case) = node.downcast_ref::<CaseExpr>() {
            return Ok(Transformed::yes(lazy::choice(case, input)?));
        }
        if node.is::<ScalarFunctionExpr>() {
            return Ok(Transformed::yes(Arc::new(EachRow::new(node))));
        }
        let Some(binary) = node.downcast_ref::<BinaryExpr>() else { return Ok(Transformed::no(node)) };
        match binary.op() {
            op if op.is_numerical_operators() => Ok(Transformed::yes(Arithmetic::around(binary.clone(), input)?)),
            op @ (Operator::And | Operator::Or) => {
                let (left, right) = (Arc::clone(binary.left()), Arc::clone(binary.right()));
                Ok(Transformed::yes(Arc::new(Logic::new(left, *op == Operator::And, right, input)?)))
            }
            _ => Ok(Transformed::no(node)),
        }
    })?;
    Ok(checked.data)
}

/// An arithmetic operation whose result is checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Arithmetic {
    operation: BinaryExpr,
    result: DataType,
}

impl Arithmetic {
    fn around(operation: BinaryExpr, input: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
        let result = operation.data_type(input)?;
        Ok(Arc::new(Arithmetic { operation: operation.with_fail_on_overflow(true), result }))
    }

    fn evaluate_checked(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let value = self.operation.evaluate(batch)?;
        // With fewer digits the type of the result was chosen wide enough for any operands.
        if matches!(self.result, DataType::Decimal128(38, _)) {
            match &value {
                ColumnarValue::Array(values) => check_digits(values)?,
                ColumnarValue::Scalar(scalar) => check_digits(&scalar.to_array()?)?,
            }
        }
        if self.result == DataType::Float64 {
            self.check_finite(&value, batch)?;
        }
        Ok(value)
    }

    /// An error where finite operands gave a result that is not: floats divide by zero and outgrow their range without saying so.
    fn check_finite(&self, value: &ColumnarValue, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        let values = value.to_array(rows)?;
        let values = values.as_primitive::<Float64Type>();
        if values.iter().flatten().all(f64::is_finite) {
            return Ok(());
        }
        let left = floats(&self.operation.left().evaluate(batch)?, rows)?;
        let right = floats(&self.operation.right().evaluate(batch)?, rows)?;
        for ((value, left), right) in values.iter().zip(&left).zip(&right) {
            let (Some(value), Some(left), Some(right)) = (value, left, right) else { continue };
            if value.is_finite() || !left.is_finite() || !right.is_finite() {
                continue;
            }
            let divides = matches!(self.operation.op(), Operator::Divide | Operator::Modulo);
            let error = match divides && right == 0.0 {
                true => ArrowError::DivideByZero,
                false => ArrowError::ArithmeticOverflow(String::new()),
            };
            return Err(error.into());
        }
        Ok(())
    }

    /// Adds the operation to an error of its own; an operand's error names its own operation already.
    fn named(&self, error: DataFusionError) -> DataFusionError {
        let DataFusionError::ArrowError(arrow, _) = error.find_root() else { return error };
        let what = match (arrow.as_ref(), &self.result) {
            (ArrowError::DivideByZero, _) => "division by zero",
            (ArrowError::CastError(_) | ArrowError::ExternalError(_), _) => return error,
            (_, result) if result.is_integer() => "integer overflow",
            (_, DataType::Decimal128(..)) => "more than 38 digits",
            _ => "a result that does not fit",
        };
        DataFusionError::Execution(format!("{what} in {}", Spoken { expr: &self.operation, inside: false }))
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.fmt(f)
    }
}

impl PhysicalExpr for Arithmetic {
    fn data_type(&self, _input: &Schema) -> Result<DataType> {
        Ok(self.result.clone())
    }

    fn nullable(&self, input: &Schema) -> Result<bool> {
        self.operation.nullable(input)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.evaluate_checked(batch).map_err(|error| self.named(error))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.operation.children()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let [left, right] = <[_; 2]>::try_from(children)
            .map_err(|_| DataFusionError::Internal("an operation has two operands".to_owned()))?;
        let operation = BinaryExpr::new(left, *self.operation.op(), right).with_fail_on_overflow(true);
        Ok(Arc::new(Arithmetic { operation, result: self.result.clone() }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.fmt_sql(f)
    }
}

fn floats(value: &ColumnarValue, rows: usize) -> Result<Float64Array> {
    Ok(cast(&value.to_array(rows)?, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
}

/// An error unless every decimal has no more digits than its type.
pub(crate) fn check_digits(values: &ArrayRef) -> Result<()> {
    if let DataType::Decimal128(precision, _) = values.data_type() {
        values.as_primitive::<Decimal128Type>().validate_decimal_precision(*precision)?;
    }
    Ok(())
}

/// What went wrong while a value was computed, in one sentence without a full stop.
pub(crate) fn sentence(error: &DataFusionError) -> String {
    let root = error.find_root();
    let text = match root {
        DataFusionError::ArrowError(arrow, _) => match arrow.as_ref() {
            ArrowError::DivideByZero => "division by zero".to_owned(),
            ArrowError::ArithmeticOverflow(_) => "a result that does not fit".to_owned(),
            ArrowError::CastError(text)
            | ArrowError::ComputeError(text)
            | ArrowError::InvalidArgumentError(text)
            | ArrowError::ParseError(text) => text.clone(),
            other => other.to_string(),
        },
        DataFusionError::Execution(text)
        | DataFusionError::Plan(text)
        | DataFusionError::NotImplemented(text)
        | DataFusionError::Internal(text) => text.clone(),
        other => other.strip_backtrace(),
    };
    // Only the first line is a sentence; what follows are lists of candidates.
    let line =
        text.split(DataFusionError::BACK_TRACE_SEP).next().unwrap_or_default().lines().next().unwrap_or_default();
    lower_first(&our_types(line))
}

/// The sentence of another library with our words for Arrow's types.
pub(crate) fn our_types(sentence: &str) -> String {
    const WORDS: [(&str, &str); 12] = [
        (" (DataType: Utf8View)", ""),
        (" (DataType: Utf8)", ""),
        ("Int64Array", "integer"),
        ("LargeUtf8", "text"),
        ("Utf8View", "text"),
        ("Utf8", "text"),
        ("Int64", "integer"),
        ("Float64", "float"),
        ("Decimal128", "decimal"),
        ("Date32", "date"),
        ("Timestamp(µs)", "datetime"),
        ("Timestamp(ns)", "datetime"),
    ];
    WORDS.iter().fold(sentence.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

/// Prints an operation as it was written: names and operators, without the casts that make types agree.
struct Spoken<'a> {
    expr: &'a dyn PhysicalExpr,
    inside: bool,
}

impl fmt::Display for Spoken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = self.expr.downcast_ref::<Arithmetic>().map(|arithmetic| &arithmetic.operation);
        if let Some(binary) = binary.or_else(|| self.expr.downcast_ref::<BinaryExpr>()) {
            let left = Spoken { expr: binary.left().as_ref(), inside: true };
            let right = Spoken { expr: binary.right().as_ref(), inside: true };
            return match self.inside {
                true => write!(f, "({left} {} {right})", binary.op()),
                false => write!(f, "{left} {} {right}", binary.op()),
            };
        }
        if let Some(cast) = self.expr.downcast_ref::<CastExpr>() {
            return Spoken { expr: cast.expr().as_ref(), inside: self.inside }.fmt(f);
        }
        self.expr.fmt_sql(f)
    }
}
