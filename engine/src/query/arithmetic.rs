//! Whole numbers and decimals of a query that do not wrap: what does not fit is an error, as in the expressions of a schema.

use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hash, Hasher};
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
    let types = [type_of(&left, schema)?, type_of(&right, schema)?];
    let wraps = |kind: &DataType| kind.is_integer() || matches!(kind, DataType::Decimal128(..));
    if !types.iter().all(wraps) {
        let (left, right) = (Box::new(left), Box::new(right));
        return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })));
    }
    let [left_type, right_type] = &types;
    let result = BinaryTypeCoercer::new(left_type, &op, right_type).get_result_type()?;
    let mut spoken = Spoken(String::new());
    if write!(spoken, "{} {op} {}", left.human_display(), right.human_display()).is_err() {
        spoken.0.push('…');
    }
    let signature = Signature::any(2, Volatility::Immutable);
    let function = ScalarUDF::new_from_impl(Operation { op, result, spoken: spoken.0, signature });
    Ok(Transformed::yes(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), vec![left, right]))))
}

/// The type of an expression; that of an operation is known, where to ask for it would ask all below it.
fn type_of(expr: &Expr, schema: &DFSchema) -> Result<DataType> {
    if let Expr::ScalarFunction(call) = expr
        && let Some(operation) = call.func.inner().downcast_ref::<Operation>()
    {
        return Ok(operation.result.clone());
    }
    expr.get_type(schema)
}

/// The most bytes of an expression that are said in an error.
const SPOKEN_BYTES: usize = 120;

/// The beginning of a text, which ends who writes more.
struct Spoken(String);

impl fmt::Write for Spoken {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = SPOKEN_BYTES.saturating_sub(self.0.len());
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        if text.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}

/// The most bytes of a name that is written out in the names of what stands above it.
const NAME_BYTES: usize = 200;

/// `+`, `-` or `*` of two numbers of a kind.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Operation {
    op: Operator,
    /// The type of what it was made of.
    result: DataType,
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

    /// The name of a column of it. A long one is cut and told apart by its hash: every operation above would write it out again.
    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let names: Vec<String> = args.iter().map(|arg| arg.schema_name().to_string()).collect();
        let mut name = format!("{}({})", self.name(), names.join(","));
        if name.len() > NAME_BYTES {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            name.truncate(name.floor_char_boundary(NAME_BYTES / 2));
            name += &format!("…{:016x}", hasher.finish());
        }
        Ok(name)
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
