//! Conditions said otherwise, so that the same rows obey.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value, ValueWithSpan,
};

use super::parse::{bare, function_name, sql_of};
use super::walk::{Order, change};
use super::{Parsed, Reference};

impl Parsed {
    /// The one column of its own row that the expression reads, where it only asks whether that is null, and what is left of the expression where it
    /// is and where it is not.
    pub fn by_null(&self) -> Option<(String, [Parsed; 2])> {
        let [Reference(path)] = self.references() else { return None };
        let [column] = path.as_slice() else { return None };
        let of = |is_null: bool| {
            let mut expr = self.expr().clone();
            let replaced = change(&mut expr, |expr, order| {
                let asks_for_null = match expr {
                    Expr::IsNull(of) if order == Order::Before && matches!(bare(of), Expr::Identifier(_)) => true,
                    Expr::IsNotNull(of) if order == Order::Before && matches!(bare(of), Expr::Identifier(_)) => false,
                    _ => return Ok(()),
                };
                let value = Value::Boolean(is_null == asks_for_null);
                *expr = Expr::Value(value.into());
                Ok(())
            });
            replaced.ok()?;
            Parsed::parse(&sql_of(&expr)).ok().filter(|left| left.references().is_empty())
        };
        Some((column.clone(), [of(true)?, of(false)?]))
    }

    /// A comparison in the place of one that does not hold, `size > 4` for `NOT (size <= 4)`; the same where it is none.
    pub fn without_not(&self) -> Parsed {
        let Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } = bare(self.expr()) else { return self.clone() };
        let Expr::BinaryOp { left, op, right } = bare(inner) else { return self.clone() };
        let op = match op {
            BinaryOperator::Lt => BinaryOperator::GtEq,
            BinaryOperator::LtEq => BinaryOperator::Gt,
            BinaryOperator::Gt => BinaryOperator::LtEq,
            BinaryOperator::GtEq => BinaryOperator::Lt,
            BinaryOperator::Eq => BinaryOperator::NotEq,
            BinaryOperator::NotEq => BinaryOperator::Eq,
            _ => return self.clone(),
        };
        let expr = Expr::BinaryOp { left: left.clone(), op, right: right.clone() };
        Parsed::of(sql_of(&expr), expr)
    }

    /// The conditions of which one holds where this one holds: split at `OR`, through brackets. One that holds no `OR` is its own part.
    pub fn disjuncts(&self) -> Vec<Parsed> {
        let (mut parts, mut pending) = (Vec::new(), vec![self.expr()]);
        while let Some(expr) = pending.pop() {
            match expr {
                Expr::Nested(inner) => pending.push(inner),
                Expr::BinaryOp { left, op: BinaryOperator::Or, right } => pending.extend([&**right, &**left]),
                part => parts.push(Parsed::of(sql_of(part), part.clone())),
            }
        }
        if parts.len() == 1 { vec![self.clone()] } else { parts }
    }

    /// The same over the columns of a parent, where it reads nothing but these by this key; `None` where it reads anything else.
    pub fn below(&self, key: &str) -> Option<Parsed> {
        let is_it = |read: &Reference| read.0.len() > 1 && read.0[0] == key;
        if self.references().is_empty() || !self.references().iter().all(is_it) {
            return None;
        }
        let mut expr = self.expr().clone();
        let replaced = change(&mut expr, |expr, order| {
            let Expr::CompoundIdentifier(path) = expr else { return Ok(()) };
            if order == Order::Before {
                path.remove(0);
                if let [name] = path.as_slice() {
                    *expr = Expr::Identifier(name.clone());
                }
            }
            Ok(())
        });
        replaced.ok()?;
        Some(Parsed::of(sql_of(&expr), expr))
    }

    /// The condition that is true where this one is false, in brackets where it is more than a comparison.
    pub fn denied(&self) -> String {
        let denied = format!("NOT ({}\n)", self.sql());
        match Parsed::parse(&denied) {
            Ok(parsed) => parsed.without_not().sql().to_owned(),
            Err(_) => denied,
        }
    }

    /// A condition that is true in the same rows, without what only turns nulls into falsehood: `size > 4` for `COALESCE(size > 4, false)` and for
    /// `(size > 4) IS TRUE`.
    pub fn where_true(&self) -> Parsed {
        let expr = true_of(self.expr());
        let stated = if expr == *self.expr() { self.clone() } else { Parsed::of(sql_of(&expr), expr) };
        let parts = stated.conjuncts();
        // What compares is no null.
        let is_said = |part: &&Parsed| match bare(part.expr()) {
            Expr::IsNotNull(of) => !parts.iter().any(|other| compares(other.expr(), bare(of))),
            _ => true,
        };
        let kept: Vec<&Parsed> = parts.iter().filter(is_said).collect();
        if kept.len() == parts.len() {
            return stated;
        }
        let sql: Vec<String> = kept.iter().map(|part| format!("({}\n)", part.sql())).collect();
        Parsed::parse(&sql.join(" AND ")).unwrap_or(stated)
    }
}

/// Whether an expression compares a column, so that it is not true where that is null.
fn compares(expr: &Expr, column: &Expr) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    match bare(expr) {
        Expr::BinaryOp { left, op: Eq | Gt | GtEq | Lt | LtEq | NotEq, right } => {
            bare(left) == column || bare(right) == column
        }
        Expr::Between { expr, .. } | Expr::InList { expr, .. } => bare(expr) == column,
        _ => false,
    }
}

fn true_of(expr: &Expr) -> Expr {
    let is = |expr: &Expr, wanted: bool| matches!(bare(expr), Expr::Value(ValueWithSpan { value: Value::Boolean(value), .. }) if *value == wanted);
    match bare(expr) {
        Expr::IsTrue(of) => true_of(of),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            Expr::BinaryOp { left: Box::new(true_of(left)), op: BinaryOperator::And, right: Box::new(true_of(right)) }
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } if is(right, true) && is_condition(left) => {
            true_of(left)
        }
        Expr::Function(function) if function_name(function).is_some_and(|name| name == "coalesce") => {
            let FunctionArguments::List(list) = &function.args else { return expr.clone() };
            match list.args.as_slice() {
                [
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(of)),
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(otherwise)),
                ] if is(otherwise, false) => true_of(of),
                _ => expr.clone(),
            }
        }
        _ => expr.clone(),
    }
}

/// Whether an expression is a comparison or made of such, whose text needs brackets beside other operators.
fn is_condition(expr: &Expr) -> bool {
    use BinaryOperator::{And, Eq, Gt, GtEq, Lt, LtEq, NotEq, Or};
    match bare(expr) {
        Expr::BinaryOp { op, .. } => matches!(op, And | Eq | Gt | GtEq | Lt | LtEq | NotEq | Or),
        Expr::Between { .. } | Expr::InList { .. } | Expr::IsNull(_) | Expr::IsNotNull(_) | Expr::Function(_) => true,
        _ => false,
    }
}
