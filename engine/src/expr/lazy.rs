//! Operations that evaluate an operand only for the rows that need it.
//!
//! DataFusion decides by the whole batch whether the right side of `AND` and `OR` or an item of `IN` is evaluated, and gives one value for a
//! batch where all rows came to the same. Here whether a row needs an operand depends on that row alone, and what depends on rows is one value
//! for each row: so no row's value or error depends on its neighbours, and `quantity <> 0 AND total / quantity > 2` never divides by zero.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::kernels::boolean::{and_kleene, or_kleene};
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, Operator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CaseExpr, CastExpr, Column, InListExpr, IsNotNullExpr, IsNullExpr, LikeExpr, Literal, NotExpr,
};

/// The right side is evaluated for no other rows than need it where these are at most one in so many, even if it cannot fail.
const WORTH_FILTERING: usize = 5;

/// Longest pattern of `LIKE` that surely compiles.
const MAX_SURE_PATTERN: usize = 1_000;

/// `x IN (a, b)` as `x = a OR x = b`. DataFusion's own stops at the item with which all rows of the batch are found, so that whether a later one
/// is evaluated would depend on the other rows.
pub(super) fn alternatives(list: &InListExpr, input: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
    let mut any: Option<Arc<dyn PhysicalExpr>> = None;
    for item in list.list() {
        let equal = Arc::new(BinaryExpr::new(Arc::clone(list.expr()), Operator::Eq, Arc::clone(item)));
        any = Some(match any {
            Some(any) => Arc::new(Logic::new(any, false, equal, input)?),
            None => equal,
        });
    }
    Ok(match any {
        Some(any) if list.negated() => Arc::new(NotExpr::new(any)),
        Some(any) => any,
        None => Arc::new(Literal::new(ScalarValue::Boolean(Some(list.negated())))),
    })
}

/// A `CASE` whose results all have its own type: DataFusion makes null of an `ELSE` that does not fit the type, but only in batches where some
/// rows go another way.
pub(super) fn choice(case: &CaseExpr, input: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
    let result = case.data_type(input)?;
    let alike = |value: &Arc<dyn PhysicalExpr>| -> Result<Arc<dyn PhysicalExpr>> {
        Ok(match value.data_type(input)? == result {
            true => Arc::clone(value),
            false => Arc::new(CastExpr::new(Arc::clone(value), result.clone(), None)),
        })
    };
    let branches = case.when_then_expr().iter();
    let branches = branches.map(|(when, then)| Ok((Arc::clone(when), alike(then)?))).collect::<Result<_>>()?;
    let otherwise = case.else_expr().map(alike).transpose()?;
    Ok(Arc::new(EachRow { of: Arc::new(CaseExpr::try_new(case.expr().cloned(), branches, otherwise)?) }))
}

/// Whether evaluating it for a row can end in an error.
pub(super) fn can_fail(expr: &Arc<dyn PhysicalExpr>, input: &Schema) -> Result<bool> {
    if let Some(cast) = expr.downcast_ref::<CastExpr>() {
        let from = cast.expr().data_type(input)?;
        return Ok(!always_fits(&from, cast.cast_type()) || can_fail(cast.expr(), input)?);
    }
    if let Some(case) = expr.downcast_ref::<EachRow>().filter(|each| each.of.is::<CaseExpr>()) {
        return any_can_fail(case.of.children(), input);
    }
    let itself = if let Some(binary) = expr.downcast_ref::<BinaryExpr>() {
        binary.op().is_numerical_operators()
    } else if let Some(like) = expr.downcast_ref::<LikeExpr>() {
        let pattern = like.pattern().downcast_ref::<Literal>().map(|pattern| pattern.value().try_as_str().flatten());
        pattern.is_none_or(|pattern| pattern.is_some_and(|text| text.len() > MAX_SURE_PATTERN))
    } else {
        !(expr.is::<Column>()
            || expr.is::<Literal>()
            || expr.is::<IsNullExpr>()
            || expr.is::<IsNotNullExpr>()
            || expr.is::<NotExpr>()
            || expr.is::<Logic>()
            || expr.is::<InListExpr>())
    };
    Ok(itself || any_can_fail(expr.children(), input)?)
}

/// The same for any one of several.
pub(super) fn any_can_fail<'a>(
    exprs: impl IntoIterator<Item = &'a Arc<dyn PhysicalExpr>>,
    input: &Schema,
) -> Result<bool> {
    for expr in exprs {
        if can_fail(expr, input)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether every value of one type has its like in the other.
fn always_fits(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (from, to) if from == to || from.is_null() => true,
        (from, to) if to.is_string() => {
            from.is_string()
                || from.is_integer()
                || from.is_floating()
                || from.is_decimal()
                || *from == DataType::Boolean
        }
        (DataType::Int64 | DataType::Decimal128(..), DataType::Float64) => true,
        // A whole number of 64 bits has at most 19 digits.
        (DataType::Int64, DataType::Decimal128(digits, places)) => whole_digits(*digits, *places) >= 19,
        (DataType::Decimal128(digits, places), DataType::Decimal128(to_digits, to_places)) => {
            to_places >= places && whole_digits(*to_digits, *to_places) >= whole_digits(*digits, *places)
        }
        _ => false,
    }
}

fn whole_digits(digits: u8, places: i8) -> i16 {
    i16::from(digits) - i16::from(places)
}

/// `left AND right` or `left OR right`. Where the right side can fail it is evaluated for exactly the rows whose left side leaves the result
/// open.
#[derive(Debug, Clone, Eq)]
pub(super) struct Logic {
    left: Arc<dyn PhysicalExpr>,
    and: bool,
    right: Arc<dyn PhysicalExpr>,
    right_can_fail: bool,
}

impl Logic {
    /// `AND`, or else `OR`, over a batch of the schema.
    pub(super) fn new(
        left: Arc<dyn PhysicalExpr>,
        and: bool,
        right: Arc<dyn PhysicalExpr>,
        input: &Schema,
    ) -> Result<Logic> {
        let right_can_fail = can_fail(&right, input)?;
        Ok(Logic { left, and, right, right_can_fail })
    }

    /// The rows where the left side does not decide: false decides AND, true decides OR, null decides nothing.
    fn open(&self, left: &BooleanArray) -> BooleanBuffer {
        let values = if self.and { left.values().clone() } else { !left.values() };
        match left.nulls() {
            Some(nulls) => &values | &!nulls.inner(),
            None => values,
        }
    }
}

// A derived implementation would move out of the shared pointers.
impl PartialEq for Logic {
    fn eq(&self, other: &Logic) -> bool {
        self.and == other.and && self.left.eq(&other.left) && self.right.eq(&other.right)
    }
}

impl Hash for Logic {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.left.hash(state);
        self.and.hash(state);
        self.right.hash(state);
    }
}

impl fmt::Display for Logic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.left, if self.and { "AND" } else { "OR" }, self.right)
    }
}

impl PhysicalExpr for Logic {
    fn data_type(&self, _input: &Schema) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, input: &Schema) -> Result<bool> {
        Ok(self.left.nullable(input)? || self.right.nullable(input)?)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let rows = batch.num_rows();
        let left = booleans(self.left.evaluate(batch)?, rows)?;
        let open = self.open(&left);
        let wanting = open.count_set_bits();
        if wanting == 0 {
            return Ok(ColumnarValue::Array(Arc::new(left)));
        }
        let whole = wanting == rows || !self.right_can_fail && wanting > rows / WORTH_FILTERING;
        let right = match whole {
            true => self.right.evaluate(batch)?,
            false => self.right.evaluate_selection(batch, &BooleanArray::new(open, None))?,
        };
        let right = booleans(right, rows)?;
        let joined = if self.and { and_kleene(&left, &right)? } else { or_kleene(&left, &right)? };
        Ok(ColumnarValue::Array(Arc::new(joined)))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.left, &self.right]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let [left, right] = <[_; 2]>::try_from(children)
            .map_err(|_| DataFusionError::Internal("a condition has two sides".to_owned()))?;
        Ok(Arc::new(Logic { left, and: self.and, right, right_can_fail: self.right_can_fail }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.left.fmt_sql(f)?;
        f.write_str(if self.and { " AND " } else { " OR " })?;
        self.right.fmt_sql(f)
    }
}

fn booleans(value: ColumnarValue, rows: usize) -> Result<BooleanArray> {
    let values = value.into_array(rows)?;
    if values.data_type() == &DataType::Null {
        return Ok(BooleanArray::new_null(rows));
    }
    values
        .as_boolean_opt()
        .cloned()
        .ok_or_else(|| DataFusionError::Internal(format!("a condition gives {}", values.data_type())))
}

/// An operation that gives one value for each row. DataFusion's `CASE` and functions give a single one for a batch where all rows came to the
/// same, and many of its functions compute otherwise, or check otherwise, where an argument is a single value.
#[derive(Debug, Clone, Eq)]
pub(super) struct EachRow {
    of: Arc<dyn PhysicalExpr>,
}

impl EachRow {
    /// The operation, its value spread over the rows.
    pub(super) fn new(of: Arc<dyn PhysicalExpr>) -> EachRow {
        EachRow { of }
    }
}

// A derived implementation would move out of the shared pointers.
impl PartialEq for EachRow {
    fn eq(&self, other: &EachRow) -> bool {
        self.of.eq(&other.of)
    }
}

impl Hash for EachRow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.of.hash(state);
    }
}

impl fmt::Display for EachRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of.fmt(f)
    }
}

impl PhysicalExpr for EachRow {
    fn data_type(&self, input: &Schema) -> Result<DataType> {
        self.of.data_type(input)
    }

    fn nullable(&self, input: &Schema) -> Result<bool> {
        self.of.nullable(input)
    }

    fn return_field(&self, input: &Schema) -> Result<FieldRef> {
        self.of.return_field(input)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Array(self.of.evaluate(batch)?.into_array(batch.num_rows())?))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.of]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let [of] = <[_; 1]>::try_from(children)
            .map_err(|_| DataFusionError::Internal("one operation is spread over the rows".to_owned()))?;
        Ok(Arc::new(EachRow { of }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of.fmt_sql(f)
    }
}
