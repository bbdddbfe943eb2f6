//! SQL expressions over the columns of one table, compiled by DataFusion without a session and evaluated on batches.
//!
//! Three moments: [`Parsed::parse`] knows only the syntax, [`Expression::compile`] knows the columns' types, [`Expression::evaluate`] sees the
//! values. A column is written by its name, a value in a referenced row as `key.column`, through any number of keys.
//!
//! Invariants: an expression is a pure function of its row, so it gives the same value or the same error whatever rows stand beside it in the
//! batch, and of several errors that of the first row; a number that does not fit is an error, never a wrong number; text is never taken for a number unasked; nothing
//! that is written in an expression can make it panic.

mod cases;
mod checked;
mod compile;
mod difference;
mod exclude;
pub(crate) mod height;
mod lazy;
mod literals;
mod membership;
mod names;
mod parse;
mod restated;
mod rewrite;
mod simple;
mod tokens;
mod types;
mod walk;

#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use cases::kept_cases;
pub(crate) use checked::{check_digits, our_types, sentence};
pub use compile::Expression;
pub use difference::{Difference, PLACES};
pub(crate) use literals::literals;
pub use names::{Reference, resolve};
pub(crate) use parse::syntax_problem;
pub use parse::{Comparison, Parsed};
pub use simple::{Literal, Op, Simple};

/// What is wrong with an SQL text, found before any row is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlProblem {
    /// One sentence without a full stop; it carries the word or value at fault.
    pub detail: String,
    /// What would mend it, where that is known.
    pub remedy: Option<String>,
    /// Line in the SQL text, from 1, where it is known.
    pub line: Option<u64>,
    /// Column in that line, from 1.
    pub column: Option<u64>,
}

impl SqlProblem {
    /// A problem whose place in the text is not known.
    pub fn new(detail: impl Into<String>) -> SqlProblem {
        SqlProblem { detail: detail.into(), remedy: None, line: None, column: None }
    }

    /// The same with what would mend it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> SqlProblem {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same at a place of the SQL text; line 0 stands for no place.
    #[must_use]
    pub fn at(mut self, line: u64, column: u64) -> SqlProblem {
        if line > 0 {
            (self.line, self.column) = (Some(line), Some(column));
        }
        self
    }
}

impl fmt::Display for SqlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SqlProblem {}

/// What went wrong for some row while an expression was evaluated. The caller knows the table and the rows and adds them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct EvaluateError {
    /// One sentence without a full stop, `division by zero in a / b`.
    pub detail: String,
}
