//! Signs and words of SQL as functions, bounded as those are: `||` and lists, which join a value with itself again and again, and patterns.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use datafusion::arrow::array::{LargeStringBuilder, StringBuilder, StringViewBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::compute::kernels::concat_elements::concat_elements_dyn;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

use super::stepwise::{is_plain_like, like, regex};
use super::text::{Bounded, Growth, check_joined, check_parts, texts};

/// Functions that the planner makes of signs and words of SQL, whatever functions there are, with how they grow.
const PLANNED: [(&str, Growth); 5] = [
    ("array_append", Growth::List),
    ("array_concat", Growth::List),
    ("array_prepend", Growth::List),
    ("make_array", Growth::List),
    ("overlay", Growth::Join),
];

fn growth(function: &ScalarUDF) -> Option<Growth> {
    PLANNED.iter().find(|(name, _)| *name == function.name()).map(|(_, growth)| *growth)
}

/// The same expression, its operands already of the types that they are joined in, in which every `||` refuses to make more than a bounded
/// text, and every list of lists more than fits. A chain of `||` is one function of all its parts, so that it is joined in one go. Patterns that
/// are held against texts by signs and words of SQL are functions as well, which can be stopped.
pub(crate) fn bounded(expr: Expr) -> Result<Transformed<Expr>> {
    expr.transform_up(|node| match node {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right }) => {
            let mut parts = match *left {
                Expr::ScalarFunction(call) if call.func.inner().is::<Joined>() => call.args,
                other => vec![other],
            };
            parts.push(*right);
            Ok(Transformed::yes(ScalarUDF::new_from_impl(Joined::default()).call(parts)))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => Ok(match matching(op) {
            Some((pattern, is_negated)) => Transformed::yes(pattern.call(*left, *right, is_negated)),
            None => Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })),
        }),
        Expr::Like(like) if like.escape_char.is_none() && !is_plain(&like.pattern) => {
            let pattern = Pattern::Like { ignores_case: like.case_insensitive };
            Ok(Transformed::yes(pattern.call(*like.expr, *like.pattern, like.negated)))
        }
        Expr::SimilarTo(like) if like.escape_char.is_none() => {
            let pattern = Pattern::Regex { ignores_case: like.case_insensitive };
            Ok(Transformed::yes(pattern.call(*like.expr, *like.pattern, like.negated)))
        }
        Expr::ScalarFunction(call) => match growth(&call.func) {
            Some(growth) if !call.func.inner().is::<Bounded>() => {
                let func = Arc::new(ScalarUDF::new_from_impl(Bounded::new(call.func, growth)));
                Ok(Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args: call.args })))
            }
            _ => Ok(Transformed::no(Expr::ScalarFunction(call))),
        },
        other => Ok(Transformed::no(other)),
    })
}

/// What a sign of SQL holds against a text, and whether it asks for what does not match.
fn matching(op: Operator) -> Option<(Pattern, bool)> {
    Some(match op {
        Operator::RegexMatch => (Pattern::Regex { ignores_case: false }, false),
        Operator::RegexIMatch => (Pattern::Regex { ignores_case: true }, false),
        Operator::RegexNotMatch => (Pattern::Regex { ignores_case: false }, true),
        Operator::RegexNotIMatch => (Pattern::Regex { ignores_case: true }, true),
        Operator::LikeMatch => (Pattern::Like { ignores_case: false }, false),
        Operator::ILikeMatch => (Pattern::Like { ignores_case: true }, false),
        Operator::NotLikeMatch => (Pattern::Like { ignores_case: false }, true),
        Operator::NotILikeMatch => (Pattern::Like { ignores_case: true }, true),
        _ => return None,
    })
}

/// Whether a pattern of `LIKE` is there to be read, and found in one go.
fn is_plain(pattern: &Expr) -> bool {
    let Expr::Literal(value, _) = pattern else { return false };
    value.try_as_str().is_some_and(|text| text.is_none_or(is_plain_like))
}

/// What is held against a text.
enum Pattern {
    Regex { ignores_case: bool },
    Like { ignores_case: bool },
}

impl Pattern {
    fn call(self, text: Expr, pattern: Expr, is_negated: bool) -> Expr {
        let matches = match self {
            Pattern::Regex { ignores_case } => {
                let flags = ignores_case.then(|| Expr::Literal(ScalarValue::from("i"), None));
                regex().call([text, pattern].into_iter().chain(flags).collect())
            }
            Pattern::Like { ignores_case } => like(ignores_case).call(vec![text, pattern]),
        };
        if is_negated { Expr::Not(Box::new(matches)) } else { matches }
    }
}

/// Whether an expression's outermost part makes a text or list of several, or a long one of a short one. A chain of `||` makes one, which is
/// told by its first.
pub(crate) fn joins(expr: &Expr) -> bool {
    let is_join = |expr: &Expr| matches!(expr, Expr::BinaryExpr(binary) if binary.op == Operator::StringConcat);
    match expr {
        Expr::BinaryExpr(binary) => is_join(expr) && !is_join(&binary.left),
        Expr::ScalarFunction(call) => call.func.inner().is::<Bounded>() || growth(&call.func).is_some(),
        _ => false,
    }
}

/// What a sign gives: null only where one of its operands can be, as the planner has taken it to be until now.
pub(super) fn as_null_as(args: &ReturnFieldArgs<'_>, name: &str, kind: DataType) -> FieldRef {
    Arc::new(Field::new(name, kind, args.arg_fields.iter().any(|field| field.is_nullable())))
}

/// What `||` makes of all parts of a chain: null where one of them is.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Joined {
    signature: Signature,
}

impl Default for Joined {
    fn default() -> Joined {
        Joined { signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Joined {
    fn name(&self) -> &'static str {
        "||"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        arg_types.first().cloned().ok_or_else(|| DataFusionError::Internal("|| joins several values".to_owned()))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let kinds: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        Ok(as_null_as(&args, self.name(), self.return_type(&kinds)?))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|part| matches!(part, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let joined = match args.return_type() {
            kind @ (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => join(&args.args, rows, kind)?,
            _ => join_bytes(&args.args, rows)?,
        };
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&joined, 0)?));
        }
        Ok(ColumnarValue::Array(joined))
    }
}

/// A part of a chain of texts.
enum Part {
    /// The same in all rows.
    One(Option<String>),
    Each(StringViewArray),
}

impl Part {
    fn of(value: &ColumnarValue) -> Result<Part> {
        Ok(match value {
            ColumnarValue::Scalar(scalar) => {
                Part::One(texts(&scalar.to_array()?)?.iter().next().flatten().map(str::to_owned))
            }
            ColumnarValue::Array(array) => Part::Each(texts(array)?),
        })
    }

    fn get(&self, row: usize) -> Option<&str> {
        match self {
            Part::One(text) => text.as_deref(),
            Part::Each(texts) => texts.is_valid(row).then(|| texts.value(row)),
        }
    }
}

/// A row's text, written over the one before; none where a part is null.
fn write<'t>(parts: &[Part], row: usize, text: &'t mut String) -> Option<&'t str> {
    text.clear();
    for part in parts {
        text.push_str(part.get(row)?);
    }
    Some(text)
}

fn join(parts: &[ColumnarValue], rows: usize, kind: &DataType) -> Result<ArrayRef> {
    let parts = parts.iter().map(Part::of).collect::<Result<Vec<Part>>>()?;
    let of = |row: usize| parts.iter().map(move |part| part.get(row));
    let all = check_parts("||", rows, of)?;
    let mut text = String::new();
    macro_rules! written {
        ($builder:expr) => {{
            let mut builder = $builder;
            for row in 0..rows {
                builder.append_option(write(&parts, row, &mut text));
            }
            Arc::new(builder.finish())
        }};
    }
    Ok(match kind {
        DataType::Utf8 => written!(StringBuilder::with_capacity(rows, all)),
        DataType::LargeUtf8 => written!(LargeStringBuilder::with_capacity(rows, all)),
        _ => written!(StringViewBuilder::with_capacity(rows)),
    })
}

/// Joins what is no text: bytes.
fn join_bytes(parts: &[ColumnarValue], rows: usize) -> Result<ArrayRef> {
    let mut arrays = Vec::new();
    let mut all = 0_usize;
    for part in parts {
        let array = cast(&part.to_array(rows)?, &DataType::BinaryView)?;
        all = all.saturating_add(array.as_binary_view().iter().flatten().map(<[u8]>::len).sum());
        arrays.push(part.to_array(rows)?);
    }
    check_joined("||", all)?;
    let mut arrays = arrays.into_iter();
    let first = arrays.next().ok_or_else(|| DataFusionError::Internal("|| joins several values".to_owned()))?;
    arrays.try_fold(first, |left, right| Ok(concat_elements_dyn(&left, &right)?))
}
