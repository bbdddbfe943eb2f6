//! An expression with its types: names resolved, literals checked, planned by DataFusion, every operation that could go wrong quietly
//! replaced by one that says so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, ListArray, RecordBatch, RecordBatchOptions, new_empty_array,
};
use datafusion::arrow::compute::{CastOptions, cast_with_options, concat};
use datafusion::arrow::datatypes::{DataType, Float64Type, Schema, SchemaRef};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};
use datafusion::sql::planner::{ParserOptions, PlannerContext, SqlToRel};
use datafusion::sql::sqlparser::ast::{Expr as SqlExpr, Ident, Spanned};

use super::cases::kept_cases;
use super::parse::reference;
use super::walk::{Order, change};
use super::{EvaluateError, Parsed, Reference, SqlProblem, checked, resolve, rewrite, types};
use crate::functions;
use crate::problem::suggestion;
use crate::types::LogicalType;

/// How often what simplification left is simplified again.
const SIMPLIFIER_CYCLES: usize = 3;

/// A compiled expression: immutable, shared by threads, evaluated synchronously.
#[derive(Clone, Debug)]
pub struct Expression {
    physical: Arc<dyn PhysicalExpr>,
    columns: Vec<usize>,
    input: SchemaRef,
    logical: LogicalType,
    data_type: DataType,
}

impl Expression {
    /// Compiles for rows of `scope`, a flat schema whose fields are named as a [`Reference`] prints: `name`, `key.column`.
    /// `reference_time_us` is what `reference_time()` gives, in microseconds since 1970, UTC.
    pub fn compile(parsed: &Parsed, scope: &Schema, reference_time_us: i64) -> Result<Expression, SqlProblem> {
        guarded(|| compile(parsed, scope, reference_time_us)).unwrap_or_else(|| Err(unplannable(parsed)))
    }

    /// The same for a condition: a problem unless it is true or false (or null).
    pub fn condition(parsed: &Parsed, scope: &Schema, reference_time_us: i64) -> Result<Expression, SqlProblem> {
        let mut expression = Expression::compile(parsed, scope, reference_time_us)?;
        let actual = expression.physical.data_type(&expression.input).unwrap_or(DataType::Null);
        match actual {
            DataType::Boolean => {}
            DataType::Null => (expression.data_type, expression.logical) = (DataType::Boolean, LogicalType::Boolean),
            other => {
                return Err(SqlProblem::new(format!(
                    "{} gives {}, where a condition gives true or false",
                    parsed.sql(),
                    types::shown(&other)
                ))
                .remedy("compare it with a value"));
            }
        }
        Ok(expression)
    }

    /// Positions in the scope of the columns that are needed, ascending: those that the text names, without what simplification made
    /// superfluous.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The Arrow type of the result, that of [`Expression::logical`].
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The logical type of the result.
    pub fn logical(&self) -> LogicalType {
        self.logical.clone()
    }

    /// The values for `rows` rows. `columns` are the arrays of [`Expression::columns`], in that order. Floats come with one zero and one NaN.
    /// An error is that of the first row that has one, the same as of that row alone.
    pub fn evaluate(&self, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, EvaluateError> {
        if rows == 0 {
            return Ok(new_empty_array(&self.data_type));
        }
        self.evaluate_halves(columns, rows).map_err(|error| EvaluateError { detail: checked::sentence(&error) })
    }

    /// The truth of a condition for `rows` rows.
    pub fn evaluate_condition(&self, columns: &[ArrayRef], rows: usize) -> Result<BooleanArray, EvaluateError> {
        let values = self.evaluate(columns, rows)?;
        match values.as_boolean_opt() {
            Some(values) => Ok(values.clone()),
            None => Err(EvaluateError { detail: format!("a condition gives {}", types::shown(values.data_type())) }),
        }
    }

    /// Halves the rows where they end in an error: columns are computed one after the other, so the error that is met first can be that of a
    /// later row. To come down to a row costs no more than twice the rows.
    fn evaluate_halves(&self, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, DataFusionError> {
        let evaluated = guarded(|| self.evaluate_unguarded(columns, rows)).unwrap_or_else(|| {
            Err(DataFusionError::Execution("a function cannot compute one of its values".to_owned()))
        });
        if evaluated.is_ok() || rows == 1 {
            return evaluated;
        }
        let part = |from: usize, rows: usize| {
            let columns: Vec<ArrayRef> = columns.iter().map(|column| column.slice(from, rows)).collect();
            self.evaluate_halves(&columns, rows)
        };
        let half = rows / 2;
        Ok(concat(&[&part(0, half)?, &part(half, rows - half)?])?)
    }

    fn evaluate_unguarded(&self, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, DataFusionError> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.input), columns.to_vec(), &options)?;
        let values = self.physical.evaluate(&batch)?.into_array(rows)?;
        let values = if *values.data_type() == self.data_type {
            values
        } else {
            cast_with_options(&values, &self.data_type, &CastOptions { safe: false, ..CastOptions::default() })?
        };
        checked::check_digits(&values)?;
        Ok(normalised(values))
    }
}

/// `work`, or nothing where it panics.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn compile(parsed: &Parsed, scope: &Schema, reference_time_us: i64) -> Result<Expression, SqlProblem> {
    let mut sql = parsed.expr().clone();
    change(&mut sql, |expr, order| if order == Order::Before { put_name(expr, scope) } else { Ok(()) })?;
    let functions = functions::table(reference_time_us);
    let plain = |error: DataFusionError| problem_of(&error, parsed);
    let schema = Arc::new(DFSchema::try_from(scope.clone()).map_err(plain)?);
    let options = ParserOptions::default().with_parse_float_as_decimal(true);
    let logical = SqlToRel::new_with_options(&functions, options)
        .sql_to_expr(sql, &schema, &mut PlannerContext::new())
        .map_err(plain)?;

    let context =
        SimplifyContext::builder().with_schema(Arc::clone(&schema)).with_config_options(functions.config()).build();
    // One cycle at a time, so that whatever simplification makes constant is folded by us, checked.
    let simplifier = ExprSimplifier::new(context).with_max_cycles(1);
    let marked = rewrite::mark(logical, &schema, &functions).map_err(plain)?;
    rewrite::check_operands(&marked, &schema)?;
    let coerced = simplifier.coerce(marked, &schema).map_err(plain)?;
    rewrite::check_casts(&coerced, &schema)?;
    let kept = kept_cases(rewrite::unmark(coerced).map_err(plain)?).map_err(plain)?.data;
    let mut logical = rewrite::fold(kept, functions.config())?;
    for _ in 0..SIMPLIFIER_CYCLES {
        let simplified = simplifier.simplify(logical.clone()).map_err(plain)?;
        let simplified = rewrite::fold(simplified, functions.config())?;
        if simplified == logical {
            break;
        }
        logical = simplified;
    }
    // A function whose argument became a constant can have another type now: what stands beside is made to agree again.
    let coerced = simplifier.coerce(logical.clone(), &schema).map_err(plain)?;
    if coerced != logical {
        logical = rewrite::fold(coerced, functions.config())?;
    }
    let logical = functions::bounded(logical).map_err(plain)?.data;

    let props = ExecutionProps { config_options: Some(functions.config()), ..ExecutionProps::new() };
    let physical = create_physical_expr(&logical, &schema, &props, &Default::default()).map_err(plain)?;
    let (physical, columns, input) = narrowed(physical, scope).map_err(plain)?;
    let physical = checked::checked(physical, &input).map_err(plain)?;

    let actual = physical.data_type(&input).map_err(plain)?;
    let Some(logical) = types::logical(&actual) else {
        return Err(SqlProblem::new(format!(
            "{} gives {}, which no column holds",
            parsed.sql(),
            types::shown(&actual)
        ))
        .remedy("use days_between, date_part or CAST to make a plain value of it"));
    };
    let data_type = logical.arrow();
    Ok(Expression { physical, columns, input, logical, data_type })
}

/// Puts the name of the scope for the one that was written, where a node is a name.
fn put_name(expr: &mut SqlExpr, scope: &Schema) -> Result<(), SqlProblem> {
    let Some(written) = reference(expr) else { return Ok(()) };
    let span = expr.span();
    let names = || scope.fields().iter().map(|field| field.name().as_str());
    let Some(index) = resolve(&written.to_string(), names()) else {
        return Err(unknown_column(&written, names()).at(span.start.line, span.start.column));
    };
    *expr = SqlExpr::Identifier(Ident::with_quote_and_span('"', span, scope.field(index).name()));
    Ok(())
}

fn unknown_column<'a>(written: &Reference, names: impl Iterator<Item = &'a str> + Clone) -> SqlProblem {
    let text = written.to_string();
    let problem = SqlProblem::new(format!("no column \"{text}\""));
    let alike = names.clone().filter(|name| name.to_lowercase() == text.to_lowercase()).count();
    if alike > 1 {
        return problem.remedy("several columns differ from it only by case; write one exactly");
    }
    match suggestion(&text, names) {
        Some(remedy) => problem.remedy(remedy),
        None => problem,
    }
}

/// The expression over a batch that holds only the columns it needs.
type Narrowed = (Arc<dyn PhysicalExpr>, Vec<usize>, SchemaRef);

fn narrowed(physical: Arc<dyn PhysicalExpr>, scope: &Schema) -> Result<Narrowed, DataFusionError> {
    let mut columns: Vec<usize> = collect_columns(&physical).iter().map(Column::index).collect();
    columns.sort_unstable();
    columns.dedup();
    let input = Arc::new(scope.project(&columns)?);
    let physical = physical
        .transform_up(|node| {
            let Some(column) = node.downcast_ref::<Column>() else { return Ok(Transformed::no(node)) };
            let index = columns.binary_search(&column.index()).map_err(|_| {
                DataFusionError::Internal(format!("column {} is not among those collected", column.name()))
            })?;
            let moved: Arc<dyn PhysicalExpr> = Arc::new(Column::new(column.name(), index));
            Ok(Transformed::yes(moved))
        })?
        .data;
    Ok((physical, columns, input))
}

/// DataFusion's error in our form.
pub(super) fn problem_of(error: &DataFusionError, parsed: &Parsed) -> SqlProblem {
    let problem = SqlProblem::new(format!("{} cannot be computed: {}", parsed.sql(), checked::sentence(error)));
    match error.diagnostic().and_then(|diagnostic| diagnostic.span) {
        Some(span) => problem.at(span.start.line, span.start.column),
        None => problem,
    }
}

fn unplannable(parsed: &Parsed) -> SqlProblem {
    SqlProblem::new(format!("{} cannot be computed", parsed.sql()))
        .remedy("write its numbers and types out, with CAST where they differ")
}

/// One zero and one NaN, so that equal numbers have equal bytes.
fn normalised(values: ArrayRef) -> ArrayRef {
    fn one(value: f64) -> f64 {
        if value.is_nan() {
            f64::NAN
        } else if value == 0.0 {
            0.0
        } else {
            value
        }
    }
    match values.data_type() {
        DataType::Float64 => {
            let floats: &Float64Array = values.as_primitive::<Float64Type>();
            Arc::new(floats.unary::<_, Float64Type>(one))
        }
        DataType::List(field) if *field.data_type() == DataType::Float64 => {
            let list = values.as_list::<i32>();
            let (field, offsets, items, nulls) = list.clone().into_parts();
            Arc::new(ListArray::new(field, offsets, normalised(items), nulls))
        }
        _ => values,
    }
}
