//! Long `CASE`s of conditions, kept as they are.
//!
//! The optimizer makes a chain of ANDs and ORs of a `CASE` that comes to true or false, in which each condition stands as often as there are
//! branches behind it, and simplifies that chain again and again: a thousand branches take it minutes. What compares each condition with true
//! means the same, and is left alone.

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::{Expr, lit};

/// Branches that may be multiplied out.
const SHORT: usize = 8;

/// The same expression with every long `CASE` of conditions, whose results are all written there, written as one of values: `CASE true WHEN a
/// THEN b`. One whose results are no conditions can become one, where it is compared.
pub(crate) fn kept_cases(expr: Expr) -> Result<Transformed<Expr>> {
    expr.transform_up(|node| match node {
        Expr::Case(Case { expr: None, when_then_expr, else_expr })
            if when_then_expr.len() > SHORT && when_then_expr.iter().all(|(_, then)| is_written(then)) =>
        {
            Ok(Transformed::yes(Expr::Case(Case { expr: Some(Box::new(lit(true))), when_then_expr, else_expr })))
        }
        other => Ok(Transformed::no(other)),
    })
}

fn is_written(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(..) => true,
        Expr::Cast(cast) => is_written(&cast.expr),
        Expr::Alias(alias) => is_written(&alias.expr),
        _ => false,
    }
}
