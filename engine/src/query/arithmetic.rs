//! Whole numbers and decimals of a query that do not wrap: what does not fit is an error, as in the expressions of a schema.

use std::sync::Arc;

use datafusion::arrow::compute::kernels::numeric;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, ScalarValue, internal_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::binary::BinaryTypeCoercer;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;
use datafusion::physical_expr_common::datum::apply;

use crate::expr::check_digits;

/// Puts checked operations in the place of those that wrap, once types are known.
#[derive(Debug)]
pub(super) struct Checked;

impl AnalyzerRule for Checked {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let checked = plan.transform_up_with_subqueries(|node| {
            let mut schema = DFSchema::empty();
            for input in node.inputs() {
                schema.merge(input.schema());
            }
            if node.inputs().is_empty() {
                schema.merge(node.schema());
            }
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                let name = names.save(&expr);
                let checked = expr.transform_up(|part| operation(part, &schema))?;
                Ok(checked.update_data(|expr| name.restore(expr)))
            })
        })?;
        Ok(checked.data)
    }

    fn name(&self) -> &'static str {
        "checked"
    }
}

/// The checked operation, where the part is one that wraps.
fn operation(part: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let (left, op, right) = match part {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if matches!(op, Operator::Plus | Operator::Minus | Operator::Multiply) =>
        {
            (*left, op, *right)
        }
        Expr::Negative(inner) => {
            let zero = ScalarValue::new_zero(&inner.get_type(schema)?);
            match zero {
                Ok(zero) if zero.data_type().is_signed_integer() => {
                    (Expr::Literal(zero, None), Operator::Minus, *inner)
                }
                _ => return Ok(Transformed::no(Expr::Negative(inner))),
            }
        }
        part => return Ok(Transformed::no(part)),
    };
    let types = [left.get_type(schema)?, right.get_type(schema)?];
    let wraps = |kind: &DataType| kind.is_integer() || matches!(kind, DataType::Decimal128(..));
    if !types.iter().all(wraps) {
        let (left, right) = (Box::new(left), Box::new(right));
        return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })));
    }
    let spoken = format!("{} {op} {}", left.human_display(), right.human_display());
    let function =
        ScalarUDF::new_from_impl(Operation { op, spoken, signature: Signature::any(2, Volatility::Immutable) });
    Ok(Transformed::yes(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), vec![left, right]))))
}

/// `+`, `-` or `*` of two numbers of a kind.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Operation {
    op: Operator,
    /// As it was written, for an error.
    spoken: String,
    signature: Signature,
}

impl ScalarUDFImpl for Operation {
    fn name(&self) -> &'static str {
        match self.op {
            Operator::Plus => "plus",
            Operator::Minus => "minus",
            _ => "times",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [left, right] => BinaryTypeCoercer::new(left, &self.op, right).get_result_type(),
            _ => internal_err!("an operation has two operands"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [left, right] = args.args.as_slice() else { return internal_err!("an operation has two operands") };
        let value = match self.op {
            Operator::Plus => apply(left, right, numeric::add),
            Operator::Minus => apply(left, right, numeric::sub),
            _ => apply(left, right, numeric::mul),
        };
        let fits = value.and_then(|value| {
            // With fewer digits the type of the result was chosen wide enough for any operands.
            if matches!(args.return_field.data_type(), DataType::Decimal128(38, _)) {
                check_digits(&value.to_array(1)?)?;
            }
            Ok(value)
        });
        fits.map_err(|error| match error.find_root() {
            DataFusionError::ArrowError(arrow, _) if !matches!(**arrow, ArrowError::CastError(_)) => {
                let what =
                    if args.return_field.data_type().is_integer() { "integer overflow" } else { "more than 38 digits" };
                DataFusionError::Execution(format!("{what} in {}", self.spoken))
            }
            _ => error,
        })
    }
}
