//! What happens to the logical expression between reading and simplifying it.
//!
//! DataFusion makes types agree by casts of its own, some of which take text for a number or a number for a condition. The casts that were
//! written are marked before, so that the others can be told from them and judged. Constants are folded here, checked, because DataFusion's
//! folding lets integers wrap.

use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::expr::{Alias, ScalarFunction};
use datafusion::logical_expr::planner::ContextProvider;
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{BinaryExpr, Cast, ColumnarValue, Expr, ExprSchemable, Operator};
use datafusion::physical_expr::create_physical_expr;

use super::{SqlProblem, checked, types};
use crate::functions::Table;

/// The alias that marks a cast that was written, or one of ours.
const WRITTEN: &str = "\u{0}written";

/// Marks the casts that are there, widens whole numbers that functions give in fewer than 64 bits, and writes a date plus or minus a number
/// as days.
pub(super) fn mark(expr: Expr, schema: &DFSchema, functions: &Table) -> Result<Expr, DataFusionError> {
    let marked = expr.transform_up(|node| {
        let node = match node {
            Expr::ScalarFunction(call) => Expr::ScalarFunction(with_narrow_literals(call, schema)),
            other => other,
        };
        Ok(match node {
            Expr::Cast(_) | Expr::TryCast(_) => Transformed::yes(node.alias(WRITTEN)),
            Expr::ScalarFunction(_) if node.get_type(schema).is_ok_and(|t| t.is_integer() && t != DataType::Int64) => {
                Transformed::yes(Expr::Cast(Cast::new(Box::new(node), DataType::Int64)).alias(WRITTEN))
            }
            Expr::BinaryExpr(binary) => match days(&binary, schema, functions) {
                Some(sum) => Transformed::yes(sum),
                None => Transformed::no(Expr::BinaryExpr(binary)),
            },
            other => Transformed::no(other),
        })
    })?;
    Ok(marked.data)
}

/// The call with its whole numbers in the type that the function wants. What stands in a cast is no literal any more, and a function whose type
/// follows from a literal, as the places of `round` give those of its decimals, would be planned with another type than it has.
fn with_narrow_literals(mut call: ScalarFunction, schema: &DFSchema) -> ScalarFunction {
    let whole = |arg: &Expr| matches!(arg, Expr::Literal(ScalarValue::Int64(Some(_)), _));
    if !call.args.iter().any(whole) {
        return call;
    }
    let actual: Result<Vec<FieldRef>, DataFusionError> =
        call.args.iter().map(|arg| Ok(Arc::new(Field::new("argument", arg.get_type(schema)?, true)))).collect();
    // A call that does not fit is refused later, in words of its own.
    let Ok(wanted) = actual.and_then(|actual| fields_with_udf(&actual, call.func.as_ref())) else { return call };
    for (arg, wanted) in call.args.iter_mut().zip(wanted) {
        if let Expr::Literal(ScalarValue::Int64(Some(number)), _) = arg
            && *wanted.data_type() == DataType::Int32
            && let Ok(number) = i32::try_from(*number)
        {
            *arg = Expr::Literal(ScalarValue::Int32(Some(number)), None);
        }
    }
    call
}

/// `date + n`, `n + date` and `date - n` as calls of `add_days`.
fn days(binary: &BinaryExpr, schema: &DFSchema, functions: &Table) -> Option<Expr> {
    // Types are looked up only where they decide something: the look-up walks the whole operand.
    if !matches!(binary.op, Operator::Plus | Operator::Minus) {
        return None;
    }
    let add_days =
        |date: &Expr, days: Expr| Some(functions.get_function_meta("add_days")?.call(vec![date.clone(), days]));
    let (left, right) = (binary.left.get_type(schema).ok()?, binary.right.get_type(schema).ok()?);
    match (left, binary.op, right) {
        (DataType::Date32, Operator::Plus, DataType::Int64) => add_days(&binary.left, (*binary.right).clone()),
        (DataType::Int64, Operator::Plus, DataType::Date32) => add_days(&binary.right, (*binary.left).clone()),
        (DataType::Date32, Operator::Minus, DataType::Int64) => {
            add_days(&binary.left, Expr::Negative(binary.right.clone()))
        }
        _ => None,
    }
}

/// Takes all aliases away: the marks, and those that DataFusion puts around functions called by another name.
pub(super) fn unmark(expr: Expr) -> Result<Expr, DataFusionError> {
    let unmarked = expr.transform_up(|node| {
        Ok(match node {
            Expr::Alias(alias) => Transformed::yes(*alias.expr),
            other => Transformed::no(other),
        })
    })?;
    Ok(unmarked.data)
}

/// Refuses operands of the wrong kind, in words of our own, before types are made to agree: comparisons of text with numbers, arithmetic on
/// text, conditions that are numbers.
pub(super) fn check_operands(expr: &Expr, schema: &DFSchema) -> Result<(), SqlProblem> {
    walk(expr, |node| {
        let pairs: Vec<(&Expr, &Expr)> = match node {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
                Operator::And | Operator::Or => {
                    check_condition(left, schema)?;
                    return check_condition(right, schema);
                }
                op if op.is_numerical_operators() => {
                    check_number(left, schema)?;
                    return check_number(right, schema);
                }
                op if op.supports_propagation() || is_distinct(*op) => vec![(left, right)],
                _ => Vec::new(),
            },
            Expr::Not(inner) => return check_condition(inner, schema),
            Expr::Negative(inner) => return check_number(inner, schema),
            Expr::Between(between) => vec![(&between.expr, &between.low), (&between.expr, &between.high)],
            Expr::InList(list) => list.list.iter().map(|value| (&*list.expr, value)).collect(),
            Expr::Like(like) => return check_text(&like.expr, schema),
            Expr::Case(case) => match &case.expr {
                Some(operand) => case.when_then_expr.iter().map(|(when, _)| (&**operand, &**when)).collect(),
                None => return case.when_then_expr.iter().try_for_each(|(when, _)| check_condition(when, schema)),
            },
            _ => Vec::new(),
        };
        pairs.into_iter().try_for_each(|(left, right)| check_pair(left, right, schema))
    })
}

fn check_condition(expr: &Expr, schema: &DFSchema) -> Result<(), SqlProblem> {
    match expr.get_type(schema) {
        Ok(DataType::Boolean | DataType::Null) | Err(_) => Ok(()),
        Ok(other) => Err(no_condition(expr, &other)),
    }
}

fn no_condition(expr: &Expr, actual: &DataType) -> SqlProblem {
    SqlProblem::new(format!("{} is {}, where a condition is wanted", words(expr), types::shown(actual)))
        .remedy("compare it with a value")
}

fn check_number(expr: &Expr, schema: &DFSchema) -> Result<(), SqlProblem> {
    match expr.get_type(schema) {
        Ok(actual) if actual.is_string() || actual == DataType::Boolean => {
            Err(SqlProblem::new(format!("{} is {}, where a number is wanted", words(expr), types::shown(&actual)))
                .remedy("make it a number with CAST, or join texts with ||"))
        }
        _ => Ok(()),
    }
}

fn is_distinct(op: Operator) -> bool {
    matches!(op, Operator::NotEq | Operator::IsDistinctFrom | Operator::IsNotDistinctFrom)
}

fn check_pair(left: &Expr, right: &Expr, schema: &DFSchema) -> Result<(), SqlProblem> {
    let (Ok(left_type), Ok(right_type)) = (left.get_type(schema), right.get_type(schema)) else { return Ok(()) };
    let unlike = |text: &DataType, other: &DataType| {
        text.is_string() && (other.is_numeric() || matches!(other, DataType::Boolean | DataType::Interval(_)))
    };
    let (text, other, other_type) = if unlike(&left_type, &right_type) {
        (left, right, &right_type)
    } else if unlike(&right_type, &left_type) {
        (right, left, &left_type)
    } else {
        return Ok(());
    };
    let problem = SqlProblem::new(format!(
        "{} is text and {} is {}, so they do not compare",
        words(text),
        words(other),
        types::shown(other_type)
    ));
    Err(match (text, other) {
        (Expr::Literal(value, _), _) => problem.remedy(format!("write {} without quotes", value_words(value))),
        (_, Expr::Literal(value, _)) => problem.remedy(format!("write '{}'", value_words(value))),
        _ => problem.remedy("make both alike with CAST"),
    })
}

fn check_text(expr: &Expr, schema: &DFSchema) -> Result<(), SqlProblem> {
    match expr.get_type(schema) {
        Ok(actual) if !actual.is_string() && !actual.is_null() => {
            Err(SqlProblem::new(format!("LIKE looks at text, and {} is {}", words(expr), types::shown(&actual)))
                .remedy("make it text with CAST(… AS VARCHAR)"))
        }
        _ => Ok(()),
    }
}

/// Refuses the casts that were put in where they change what a value means.
pub(super) fn check_casts(expr: &Expr, schema: &DFSchema) -> Result<(), SqlProblem> {
    walk(expr, |node| {
        if matches!(node, Expr::Alias(alias) if alias.name == WRITTEN) {
            return Ok(());
        }
        let mut found = Ok(());
        let _ = node.apply_children(|child| {
            if let Expr::Cast(cast) = child {
                found = check_cast(cast, schema);
            }
            Ok(if found.is_err() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        });
        found
    })
}

fn check_cast(cast: &Cast, schema: &DFSchema) -> Result<(), SqlProblem> {
    let to = cast.field.data_type();
    let Ok(from) = cast.expr.get_type(schema) else { return Ok(()) };
    let literal = matches!(&*cast.expr, Expr::Literal(..));
    let harmless = from.is_null()
        || to.is_string()
        || is_bytes(to) && (is_bytes(&from) || from.is_string())
        || from.is_numeric() && to.is_numeric()
        || from.is_temporal() && to.is_temporal()
        || from.is_string() && literal && to.is_temporal()
        || from.is_nested() && to.is_nested()
        || same_kind(&from, to);
    if harmless {
        return Ok(());
    }
    if *to == DataType::Boolean {
        return Err(no_condition(&cast.expr, &from));
    }
    let (value, from, to) = (words(&cast.expr), types::shown(&from), types::shown(to));
    Err(SqlProblem::new(format!("{value} is {from}, where {to} is wanted")).remedy("make it so with CAST"))
}

fn is_bytes(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_))
}

/// Whether the types differ only in how they are laid out.
fn same_kind(from: &DataType, to: &DataType) -> bool {
    match from {
        DataType::Dictionary(_, values) => values.as_ref() == to,
        _ => from == to,
    }
}

/// Functions that are never computed as such.
const BECOME_CASES: [&str; 4] = ["coalesce", "nvl", "ifnull", "nvl2"];

/// Computes what holds no column, checked. What goes wrong there goes wrong in every row.
pub(super) fn fold(expr: Expr, config: Arc<ConfigOptions>) -> Result<Expr, SqlProblem> {
    let mut problem = None;
    let folded = expr.transform_up(|node| {
        let mut constant = !matches!(node, Expr::Literal(..) | Expr::Column(_));
        node.apply_children(|child| {
            constant &= matches!(child, Expr::Literal(..));
            Ok(TreeNodeRecursion::Continue)
        })?;
        // Some functions only exist until simplification makes a CASE of them, which the next cycle folds.
        let rewritten = matches!(&node, Expr::ScalarFunction(call) if BECOME_CASES.contains(&call.name()));
        if !constant || rewritten {
            return Ok(Transformed::no(node));
        }
        match constant_value(&node, &config) {
            Ok(value) => Ok(Transformed::yes(Expr::Literal(value, None))),
            Err(error) => {
                problem = Some(constant_problem(&node, &error));
                Err(error)
            }
        }
    });
    match folded {
        Ok(folded) => Ok(folded.data),
        Err(error) => Err(problem.unwrap_or_else(|| SqlProblem::new(checked::sentence(&error)))),
    }
}

fn constant_value(expr: &Expr, config: &Arc<ConfigOptions>) -> Result<ScalarValue, DataFusionError> {
    if let Expr::Cast(Cast { expr, field }) = expr
        && let Expr::Literal(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)), _) = &**expr
        && *field.data_type() == DataType::Date32
        && !text.trim().bytes().all(|b| b.is_ascii_digit() || b == b'-')
    {
        // Arrow reads the day of a date with a time and drops the rest.
        return Err(DataFusionError::Execution(format!("{text} is no date")));
    }
    let schema = Arc::new(Schema::empty());
    let props = ExecutionProps { config_options: Some(Arc::clone(config)), ..ExecutionProps::new() };
    let physical = create_physical_expr(expr, &DFSchema::empty(), &props, &Default::default())?;
    let physical = checked::checked(physical, &schema)?;
    let batch = RecordBatch::try_new_with_options(schema, vec![], &RecordBatchOptions::new().with_row_count(Some(1)))?;
    match physical.evaluate(&batch)? {
        ColumnarValue::Scalar(value) => Ok(value),
        ColumnarValue::Array(values) => ScalarValue::try_from_array(&values, 0),
    }
}

fn constant_problem(expr: &Expr, error: &DataFusionError) -> SqlProblem {
    let Expr::Cast(cast) = expr else { return SqlProblem::new(checked::sentence(error)) };
    let to = cast.field.data_type();
    let problem = SqlProblem::new(format!("{} is no {}", words(&cast.expr), types::shown(to)));
    match to {
        DataType::Date32 | DataType::Date64 => problem.remedy("dates are written '2024-01-31'"),
        DataType::Timestamp(..) => problem.remedy("times are written '2024-01-31T12:30:00'"),
        DataType::Time32(_) | DataType::Time64(_) => problem.remedy("times of day are written '12:30:00'"),
        _ => problem,
    }
}

/// Calls `check` for every node until one is refused.
fn walk(expr: &Expr, mut check: impl FnMut(&Expr) -> Result<(), SqlProblem>) -> Result<(), SqlProblem> {
    let mut found = Ok(());
    let _ = expr.apply(|node| {
        found = check(node);
        Ok(if found.is_err() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found
}

/// A piece of the expression for a sentence.
fn words(expr: &Expr) -> String {
    match expr {
        Expr::Alias(Alias { expr, .. }) => words(expr),
        Expr::Column(column) => column.name.clone(),
        Expr::Literal(value, _) if value.data_type().is_string() => format!("'{}'", value_words(value)),
        Expr::Literal(value, _) => value_words(value),
        other => other.human_display().to_string(),
    }
}

fn value_words(value: &ScalarValue) -> String {
    value.to_string()
}
