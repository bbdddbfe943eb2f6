//! What a planned query comes to once its conditions and orders are moved to where rows are read: each column in them is replaced by what it is
//! computed of, over and over, so that `a + a` of `a + a` doubles with every part. And how often its rows are joined to long ones.

use std::iter;

use datafusion::common::Column;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::Refusal;
use super::measure::COLLECTING;
use crate::functions;
use crate::problem::Problem;

/// What a query grows by where each column in it is replaced by what it is computed of: columns, values and functions.
const MAX_GROWTH: u64 = 200_000;

/// A problem unless the expressions of a plan stay small wherever they are moved.
pub(super) fn check(plan: &LogicalPlan) -> Result<(), Refusal> {
    let mut all = 0;
    sizes(plan, &mut all).map(drop)
}

/// How often a plan makes a text or list of several or of many rows, or a long one of a short one.
pub(super) fn joins(plan: &LogicalPlan) -> Result<usize, DataFusionError> {
    let mut count = 0;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                let collects = matches!(part, Expr::AggregateFunction(call) if COLLECTING.contains(&call.func.name()));
                count += usize::from(collects || functions::joins(part));
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(count)
}

/// What each column of a plan comes to; adds what its expressions grow by to `all`.
fn sizes(plan: &LogicalPlan, all: &mut u64) -> Result<Vec<u64>, Refusal> {
    let mut inputs = Vec::new();
    for input in plan.inputs() {
        inputs.push((input, sizes(input, all)?));
    }
    let mut inner = Ok(());
    plan.apply_subqueries(|subquery| {
        inner = sizes(subquery, all).map(drop);
        Ok(if inner.is_ok() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    inner?;

    let of_column = |column: &Column| {
        let mut found = inputs.iter().filter_map(|(input, sizes)| {
            let index = input.schema().maybe_index_of_column(column)?;
            sizes.get(index).copied()
        });
        found.next().unwrap_or(1)
    };
    let sum = |expr: &Expr, of: &dyn Fn(&Expr) -> u64| -> Result<u64, DataFusionError> {
        let mut sum: u64 = 0;
        expr.apply(|part| {
            sum = sum.saturating_add(of(part));
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(sum)
    };
    let size = |expr: &Expr| sum(expr, &|part| if let Expr::Column(column) = part { of_column(column) } else { 1 });
    let growth =
        |expr: &Expr| sum(expr, &|part| if let Expr::Column(column) = part { of_column(column) - 1 } else { 0 });
    for expr in plan.expressions() {
        *all = all.saturating_add(growth(&expr)?);
    }
    if *all > MAX_GROWTH {
        let detail = "the columns of the query are computed of computed columns too often";
        let problem = Problem::new("query_too_large", detail);
        return Err(problem.remedy("compute them in fewer steps, or of fewer columns each").into());
    }
    let count = plan.schema().fields().len();
    let same: Vec<u64> = inputs.iter().flat_map(|(_, sizes)| sizes).copied().collect();
    let computed = |exprs: &[Expr]| exprs.iter().map(size).collect::<Result<Vec<u64>, _>>();
    let mut own = match plan {
        LogicalPlan::Projection(projection) => computed(&projection.expr)?,
        LogicalPlan::Aggregate(aggregate) => computed(&aggregate.group_expr)?,
        LogicalPlan::Union(_) => {
            let mut sums = vec![0_u64; count];
            for (_, sizes) in &inputs {
                sums.iter_mut().zip(sizes).for_each(|(sum, size)| *sum = sum.saturating_add(*size));
            }
            sums
        }
        _ => same,
    };
    own.truncate(count);
    let missing = count - own.len();
    own.extend(iter::repeat_n(1, missing));
    Ok(own)
}
