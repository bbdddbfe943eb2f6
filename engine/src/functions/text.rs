//! Functions that can make a long text of a short one, bounded: what their result could need is computed before it is made.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::DFSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_nested::make_array::make_array_udf;
use datafusion::functions_nested::planner::NestedFunctionPlanner;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, binary_expr,
};
use datafusion::sql::sqlparser::ast::BinaryOperator;

/// Longest text that one of these functions makes, in characters.
const MAX_CHARACTERS: usize = 65_536;

/// Longest text that `regexp_replace` and `encode` could make in the worst case, in bytes: how often a pattern matches is not known before.
const MAX_BYTES: usize = 1 << 20;

/// What is joined in the rows that are looked at together, in bytes.
const MAX_TOGETHER: usize = 64 << 20;

/// The bounded functions, made of those that `find` gives by name.
pub(super) fn functions(find: impl Fn(&str) -> Option<Arc<ScalarUDF>>) -> Vec<Arc<ScalarUDF>> {
    [
        ("repeat", Growth::Repeat),
        ("lpad", Growth::Pad),
        ("rpad", Growth::Pad),
        ("replace", Growth::Replace),
        ("regexp_replace", Growth::ReplacePattern),
        ("encode", Growth::Encode),
        ("concat", Growth::Join),
        ("concat_ws", Growth::Join),
        ("make_array", Growth::List),
    ]
    .into_iter()
    .filter_map(|(name, growth)| Some(bounded(find(name)?, growth)))
    .collect()
}

fn bounded(inner: Arc<ScalarUDF>, growth: Growth) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(Bounded { inner, growth }))
}

/// Plans what SQL joins by signs, bounded as the functions are: `||`, and lists where there are any.
#[derive(Debug)]
pub(super) struct Joining {
    pub lists: bool,
}

impl ExprPlanner for Joining {
    fn plan_binary_op(&self, raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        if raw.op != BinaryOperator::StringConcat {
            return Ok(PlannerResult::Original(raw));
        }
        let planned = match self.lists {
            true => NestedFunctionPlanner.plan_binary_op(raw, schema)?,
            false => PlannerResult::Original(raw),
        };
        let joined = match planned {
            PlannerResult::Planned(lists) => lists,
            // A long chain is looked at every few parts: each look costs its planning.
            PlannerResult::Original(RawBinaryExpr { left, right, .. }) => {
                binary_expr(opened(left), Operator::StringConcat, right)
            }
        };
        Ok(PlannerResult::Planned(ScalarUDF::new_from_impl(Joined::default()).call(vec![joined])))
    }

    fn plan_array_literal(&self, values: Vec<Expr>, _: &DFSchema) -> Result<PlannerResult<Vec<Expr>>> {
        Ok(match self.lists {
            true => PlannerResult::Planned(bounded(make_array_udf(), Growth::List).call(values)),
            false => PlannerResult::Original(values),
        })
    }
}

/// Parts of a chain that are joined before it is looked at.
const PARTS: usize = 8;

/// What a short chain joins, to which another part can be added.
fn opened(chain: Expr) -> Expr {
    match chain {
        Expr::ScalarFunction(call) if call.func.inner().is::<Joined>() && parts(&call.args) < PARTS => {
            call.args.into_iter().next().unwrap_or_default()
        }
        other => other,
    }
}

/// How many parts a chain joins without being looked at.
fn parts(joined: &[Expr]) -> usize {
    let mut parts = 1;
    let mut left = joined.first();
    while let Some(Expr::BinaryExpr(BinaryExpr { left: inner, op: Operator::StringConcat, .. })) = left {
        parts += 1;
        left = Some(inner);
    }
    parts
}

/// What `||` made, if it is not too much: SQL can join a value with itself again and again.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Joined {
    signature: Signature,
}

impl Default for Joined {
    fn default() -> Joined {
        Joined { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Joined {
    fn name(&self) -> &'static str {
        "joined"
    }

    /// That of what was joined, which is the name of a query's column.
    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        Ok(args.first().map(|joined| joined.schema_name().to_string()).unwrap_or_default())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        arg_types.first().cloned().ok_or_else(|| DataFusionError::Internal("joined takes one value".to_owned()))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        args.arg_fields.first().cloned().ok_or_else(|| DataFusionError::Internal("joined takes one value".to_owned()))
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(joined) = args.args.pop() else {
            return Err(DataFusionError::Internal("joined takes one value".to_owned()));
        };
        let array = joined.to_array(1)?;
        let (longest, all) = sizes(&array)?;
        check_joined("||", longest, all)?;
        Ok(joined)
    }
}

/// The length of the longest text, in characters, and the bytes of all values; a list is as long as nothing.
fn sizes(array: &ArrayRef) -> Result<(usize, usize)> {
    if !matches!(array.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        return Ok((0, array.to_data().get_slice_memory_size()?));
    }
    let texts = texts(array)?;
    let (mut longest, mut all) = (0, 0_usize);
    for text in texts.iter().flatten() {
        all += text.len();
        // As many characters as bytes at most, which are quicker to count.
        longest = longest.max(if text.len() > MAX_CHARACTERS { characters(text) } else { text.len() });
    }
    Ok((longest, all))
}

fn check_joined(by: &str, longest: usize, bytes: usize) -> Result<()> {
    if longest > MAX_CHARACTERS {
        return Err(DataFusionError::Execution(format!(
            "{by} would make a text of {longest} characters, at most {MAX_CHARACTERS}"
        )));
    }
    if bytes > MAX_TOGETHER {
        return Err(DataFusionError::Execution(format!(
            "{by} would make {bytes} bytes of a few thousand rows, at most {MAX_TOGETHER}"
        )));
    }
    Ok(())
}

/// How long a result can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Growth {
    Repeat,
    Pad,
    Replace,
    ReplacePattern,
    Encode,
    Join,
    List,
}

/// A function of DataFusion that refuses to make more than a bounded text.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arg_types)
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.check(&args)?;
        if self.growth == Growth::Pad
            && let Some(ColumnarValue::Array(lengths)) = args.args.get_mut(1)
        {
            // A length below 0 is none; as room to reserve DataFusion takes it for a very large one.
            *lengths = Arc::new(numbers(lengths)?.unary::<_, Int64Type>(|length| length.max(0)));
        }
        self.inner.invoke_with_args(args)
    }
}

impl Bounded {
    fn check(&self, args: &ScalarFunctionArgs) -> Result<()> {
        // With constants alone there is one result, however many rows want it.
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let array = |index: usize| args.args.get(index).map(|value| value.to_array(rows)).transpose();
        let texts = |index: usize| array(index)?.map(|array| texts(&array)).transpose();
        let numbers = |index: usize| array(index)?.map(|array| numbers(&array)).transpose();
        match self.growth {
            Growth::Repeat => {
                let (Some(text), Some(times)) = (texts(0)?, numbers(1)?) else { return Ok(()) };
                self.each(text.iter().zip(&times), MAX_CHARACTERS, |(text, times)| {
                    Some(characters(text?).saturating_mul(usize::try_from(times?).unwrap_or(0)))
                })
            }
            Growth::Pad => {
                let Some(length) = numbers(1)? else { return Ok(()) };
                self.each(length.iter(), MAX_CHARACTERS, |length| Some(usize::try_from(length?).unwrap_or(0)))
            }
            Growth::Replace => {
                let (Some(text), Some(from), Some(to)) = (texts(0)?, texts(1)?, texts(2)?) else { return Ok(()) };
                self.each(text.iter().zip(&from).zip(&to), MAX_CHARACTERS, |((text, from), to)| {
                    let (text, from, to) = (text?, from?, to?);
                    // In an empty text to find every place between characters matches.
                    let most = text.len().saturating_add((text.len() + 1).saturating_mul(to.len()));
                    if most <= MAX_CHARACTERS {
                        return Some(most);
                    }
                    let times = text.matches(from).count();
                    let kept = characters(text).saturating_sub(times * characters(from));
                    Some(kept.saturating_add(times.saturating_mul(characters(to))))
                })
            }
            Growth::ReplacePattern => {
                let (Some(text), Some(to)) = (texts(0)?, texts(2)?) else { return Ok(()) };
                self.each(text.iter().zip(&to), MAX_BYTES, |(text, to)| {
                    let (text, to) = (text?, to?);
                    // Matches do not overlap, so all that one group captured is no longer than the text.
                    let groups = to.bytes().filter(|byte| matches!(byte, b'$' | b'\\')).count();
                    let captured = text.len().saturating_mul(groups + 1);
                    Some(captured.saturating_add((text.len() + 1).saturating_mul(to.len())))
                })
            }
            // Of what is joined each part is bounded already.
            Growth::Join => {
                let parts = (0..args.args.len()).map(texts);
                let parts = parts.collect::<Result<Option<Vec<StringViewArray>>>>()?.unwrap_or_default();
                let mut all = 0_usize;
                for row in 0..rows {
                    let mut bytes = 0;
                    for part in parts.iter().filter(|part| part.is_valid(row)) {
                        bytes += part.value(row).len();
                    }
                    all += bytes;
                    if bytes > MAX_CHARACTERS {
                        let of =
                            |part: &StringViewArray| if part.is_valid(row) { characters(part.value(row)) } else { 0 };
                        check_joined(self.inner.name(), parts.iter().map(of).sum(), 0)?;
                    }
                }
                check_joined(self.inner.name(), 0, all)
            }
            Growth::List => {
                let mut all = 0_usize;
                for value in &args.args {
                    let (_, bytes) = sizes(&value.to_array(1)?)?;
                    let times = if matches!(value, ColumnarValue::Scalar(_)) { rows } else { 1 };
                    all = all.saturating_add(bytes.saturating_mul(times));
                }
                check_joined(self.inner.name(), 0, all)
            }
            Growth::Encode => {
                let Some(value) = array(0)? else { return Ok(()) };
                let longest = value.to_data().buffers().iter().map(|buffer| buffer.len()).max().unwrap_or(0);
                // The buffers hold all values, so the lengths are worth looking at only where these are long.
                if longest <= MAX_BYTES / 2 {
                    return Ok(());
                }
                let bytes = cast(&value, &DataType::BinaryView)?;
                let bytes = bytes.as_binary_view();
                self.each(bytes.iter(), MAX_BYTES, |value| Some(value?.len().saturating_mul(2)))
            }
        }
    }

    fn each<T>(
        &self,
        rows: impl Iterator<Item = T>,
        most: usize,
        mut length: impl FnMut(T) -> Option<usize>,
    ) -> Result<()> {
        for row in rows {
            if let Some(length) = length(row)
                && length > most
            {
                let unit = if most == MAX_CHARACTERS { "characters" } else { "bytes" };
                return Err(DataFusionError::Execution(format!(
                    "{} would make a text of {length} {unit}, at most {most}",
                    self.inner.name()
                )));
            }
        }
        Ok(())
    }
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

fn texts(array: &ArrayRef) -> Result<StringViewArray> {
    Ok(cast(array, &DataType::Utf8View)?.as_string_view().clone())
}

fn numbers(array: &ArrayRef) -> Result<Int64Array> {
    Ok(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}
