//! Walks over a syntax tree. The parser's visitors are compiled anew for each type that visits, hundreds of node types at a time: here one
//! type visits for all.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Visit, VisitMut, Visitor, VisitorMut};

use super::SqlProblem;

/// When a node is met.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Before what stands in it.
    Before,
    /// After it.
    After,
}

struct Look<'v>(&'v mut dyn FnMut(&Expr, Order) -> ControlFlow<()>);

impl Visitor for Look<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        (self.0)(expr, Order::Before)
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        (self.0)(expr, Order::After)
    }
}

/// Shows every expression of a tree twice, before and after what stands in it, until `look` breaks off; whether it did.
pub(super) fn look(expr: &Expr, mut look: impl FnMut(&Expr, Order) -> ControlFlow<()>) -> bool {
    Visit::visit(expr, &mut Look(&mut look)).is_break()
}

struct Change<'v>(&'v mut dyn FnMut(&mut Expr, Order) -> Result<(), SqlProblem>);

impl VisitorMut for Change<'_> {
    type Break = Box<SqlProblem>;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        flow((self.0)(expr, Order::Before))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        flow((self.0)(expr, Order::After))
    }
}

fn flow(result: Result<(), SqlProblem>) -> ControlFlow<Box<SqlProblem>> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(problem) => ControlFlow::Break(Box::new(problem)),
    }
}

/// Lets `change` put others in the place of expressions, before and after what stands in each, until it refuses one.
pub(super) fn change(
    expr: &mut Expr,
    mut change: impl FnMut(&mut Expr, Order) -> Result<(), SqlProblem>,
) -> Result<(), SqlProblem> {
    match VisitMut::visit(expr, &mut Change(&mut change)) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(problem) => Err(*problem),
    }
}
