//! The plan: what will happen, decided before the first row. Immutable, shared by threads.
//!
//! Every column becomes a chain of *slots*, arrays of one value a row: what a generator makes, an SQL expression, the parent's row number of
//! a key, a value in that row, a column with its nulls. A slot knows its inputs; compiling makes inputs first, so slots stand in the order
//! in which they can be filled, and a slot that would need itself is a cycle, named. [`evaluate`](Evaluation) makes the slots that are asked
//! for, for any rows.

mod admitted;
mod aggregates;
mod agree;
mod apart;
mod asked_parts;
mod auto;
mod bounds;
mod columns;
mod combinations;
mod compiler;
mod computed_shares;
mod conflict;
mod context;
mod convert;
mod correlations;
mod counts;
mod deals;
mod dealt_counts;
mod diagram;
mod differences;
mod distributions;
mod domains;
mod eligible;
mod evaluate;
mod faults;
mod formulas;
mod given;
mod grouped_counts;
mod groups;
mod implies;
mod joint_counts;
mod laid;
mod levers;
mod listed;
mod memory;
mod nulls;
mod order;
mod overlaps;
mod owned;
mod picks;
mod pool_report;
mod pools;
mod pulled;
mod quotas;
mod ranked;
mod redrawn;
mod regroup;
mod relate;
mod repair;
mod report;
mod restate;
mod rules;
mod sample;
mod scattered;
mod scope;
mod shared;
mod shifts;
mod shown;
mod sibling_limits;
mod standins;
mod statements;
mod statistics;
mod units;
mod unlike;
mod upward;
mod ways;
mod whole;

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use indexmap::IndexMap;

pub(crate) use auto::{suggested as suggested_generator, suggestions};
pub(crate) use context::below;
pub use context::{Context, Nested};
pub(crate) use convert::as_text;
pub(crate) use convert::convert as converted;
pub use evaluate::Evaluation;
pub(crate) use evaluate::take_rows;
#[cfg(test)]
pub(crate) use groups::order_of;
pub(crate) use groups::{Groups, Member, Order, OrderBy, Sorted, places};
pub(crate) use order::{print_decimal, print_units};
pub use pool_report::{Estimate, FallbackReport, PoolReport, PoolState};
pub(crate) use pools::Pool;
pub use pools::{Look, Unasked};
pub use report::{ColumnReport, Report, RuleReport, TableReport};
pub(crate) use scattered::{Scattered, Step, Tally};
pub(crate) use scope::as_sql;
pub use shifts::Shift;
pub use units::{RowBound, Scalar, Side, units_of};

use crate::enforce::redraw::Group;
use crate::generators::{Countable, Fill};
use crate::llm::{Answers, OnError};
use crate::problem::Problem;
use crate::schema::{Dataset, Files, Overrides, no_files, read};
use crate::types::LogicalType;

/// Rows of a block: an aligned run, made at a call.
pub const BLOCK: u64 = 4096;

/// The most rows of a table: 2^53, so that every JSON reader keeps a row number.
pub const MAX_ROWS: u64 = 1 << 53;

/// A slot's place in its table; inputs have smaller ones.
pub type SlotId = usize;

/// What one generation says beside the schema.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Stands in for `random_seed`.
    pub seed: Option<u64>,
    /// Rows by table, in the place of the schema's.
    pub rows: IndexMap<String, u64>,
    /// Multiplies the rows of every table that is scaled.
    pub scale: Option<f64>,
    /// What a language model answered to the questions of [`Plan::wanted`], which a plan without them tells.
    pub answers: Option<Arc<Answers>>,
    /// Whether columns whose answers are missing are filled as `on_error: fallback` does, whatever the schema says: for a look at rows
    /// before anybody is asked.
    pub falls_back: bool,
    /// Whether columns whose answers are missing wait for them, whatever the schema says: for who looks for the questions, so that no rule is
    /// tried with values that no row will have.
    pub waits: bool,
    /// Whether the plan is for who proves rows and makes none, so that rules for which no rows can be made are no hindrance.
    pub proves: bool,
}

/// What came of compiling.
pub struct Compiled {
    /// The plan; none where a problem is an error.
    pub plan: Option<Arc<Plan>>,
    /// Errors and warnings, in the order of the schema.
    pub problems: Vec<Problem>,
}

/// Reads and compiles a schema; problems of form and of meaning come together, with their lines.
///
/// What files hold is not known here; [`compile_text_with`] takes it in.
pub fn compile_text(text: &str, overrides: &Overrides, options: &Options) -> Compiled {
    compile_text_with(text, overrides, options, &no_files)
}

/// The same with the files that the schema names.
pub fn compile_text_with(text: &str, overrides: &Overrides, options: &Options, files: &Files<'_>) -> Compiled {
    let reading = read(text, overrides);
    let mut problems = reading.problems.clone();
    let mut plan = None;
    if let Some(mut dataset) = reading.dataset.clone() {
        problems.extend(dataset.take_in(files).into_iter().map(|problem| reading.place(problem)));
        let compiled = compile(dataset, options, &reading.left_out);
        problems.extend(compiled.problems.into_iter().map(|problem| reading.place(problem)));
        plan = compiled.plan.filter(|_| problems.iter().all(|problem| !problem.is_error()));
    }
    Compiled { plan, problems }
}

/// Compiles in two steps where a language model is asked: to the questions alone, and with what `answers` finds of their answers. So no rule is
/// held against values of another generator where there are answers.
///
/// # Errors
/// That of `answers`.
pub fn compile_answered<E>(
    compile: impl Fn(&Options) -> Compiled,
    options: &Options,
    answers: impl FnOnce(&Plan) -> Result<Option<Arc<Answers>>, E>,
) -> Result<Compiled, E> {
    let asking = compile(&Options { waits: true, answers: None, ..options.clone() });
    match &asking.plan {
        Some(plan) if plan.asks() => {
            let answers = answers(plan)?;
            Ok(compile(&Options { answers, ..options.clone() }))
        }
        _ => Ok(asking),
    }
}

/// The same for who shows a plan and asks nobody: `answers` finds those of pools that are full. What another generator cannot hold where answers
/// are missing is a warning then, since answers may.
///
/// # Errors
/// That of `answers`.
pub fn compile_shown<E>(
    compile: impl Fn(&Options) -> Compiled,
    options: &Options,
    answers: impl FnOnce(&Plan) -> Result<Option<Arc<Answers>>, E>,
) -> Result<Compiled, E> {
    let mut found = None;
    let compiled = compile_answered(&compile, options, |plan| {
        found = answers(plan)?;
        Ok(found.clone())
    })?;
    if compiled.plan.is_some() {
        return Ok(compiled);
    }
    let waiting = compile(&Options { waits: true, answers: found, ..options.clone() });
    let Some(plan) = &waiting.plan else { return Ok(compiled) };
    if plan.pools.iter().all(|pool| pool.on_error != OnError::Fallback) {
        return Ok(compiled);
    }
    let mut problems = waiting.problems;
    for mut problem in compiled.problems.into_iter().filter(Problem::is_error) {
        problem.detail = format!("without the language model's answers: {}", problem.detail);
        problems.push(problem.warning());
    }
    let mut report = plan.report.clone();
    report.warnings = problems.clone();
    let plan = waiting.plan.and_then(|plan| Arc::try_unwrap(plan).ok()).map(|plan| Arc::new(Plan { report, ..plan }));
    Ok(Compiled { plan, problems })
}

/// Compiles a dataset. `left_out` are the pointers of elements that could not be read: what depends on them is not blamed.
pub fn compile(dataset: Dataset, options: &Options, left_out: &[String]) -> Compiled {
    // Chains of columns and keys are followed by recursion, and a schema may chain a thousand.
    let work = || {
        let mut compiled = whole::compile(dataset.clone(), options, left_out);
        if compiled.plan.is_none()
            && options.proves
            && let Some(proving) = conflict::to_prove(&dataset, options, left_out, &compiled.problems)
        {
            return proving;
        }
        if compiled.plan.is_none() {
            conflict::explain(&dataset, options, left_out, &mut compiled.problems);
        }
        compiled
    };
    crate::stack::deep(work).unwrap_or_else(|error| Compiled {
        plan: None,
        problems: vec![Problem::new("no_thread", format!("no thread could be started: {error}"))],
    })
}

/// What will happen.
pub struct Plan {
    /// The dataset as it is generated: the seed and row numbers of this generation are its own.
    pub dataset: Dataset,
    /// Its tables, in the order of the schema.
    pub tables: Vec<TablePlan>,
    /// The tables' places in the order in which a database can load them: parents first.
    pub load_order: Vec<usize>,
    pub(crate) report: Report,
    /// What a language model is asked.
    pub(crate) pools: Vec<Pool>,
}

/// What will happen in one table.
pub struct TablePlan {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its delivered columns, with logical types in their metadata.
    pub schema: SchemaRef,
    /// The slots of the delivered columns.
    pub(crate) delivered: Vec<SlotId>,
    pub(crate) slots: Vec<Slot>,
    /// Sets of slots that are drawn again together until their rules hold.
    pub(crate) groups: Vec<Group>,
    /// The distributions of columns that are the same in all rows.
    declared: Vec<distributions::Declared>,
    /// Delivered columns that are null where one of their conditions is true, and nowhere else.
    null_only: Vec<(String, Vec<String>)>,
    /// Delivered columns that have a value where one of their conditions is true, and nowhere else.
    null_elsewhere: Vec<(String, Vec<String>)>,
}

/// One value a row.
pub(crate) struct Slot {
    /// For messages: the column's name, or what stands for it.
    pub name: String,
    pub logical: LogicalType,
    pub source: Source,
    pub inputs: Vec<SlotId>,
    /// Slots whose values in other rows the fill reads.
    pub far: Vec<SlotId>,
    /// Slots of other tables whose rows the fill reads, beside those that a key of the row leads to.
    pub elsewhere: Vec<(usize, SlotId)>,
    pub nullable: bool,
    /// No two rows alike, nulls aside.
    pub distinct: bool,
    /// The draw that makes it, where it may be drawn again.
    pub drawn_by: Option<String>,
    /// The group that makes it.
    pub group: Option<usize>,
    /// Its values counted, where they can be.
    pub countable: Option<Arc<dyn Countable>>,
    /// Longest text in characters, where known.
    pub longest: Option<u64>,
    /// Whether a language model is asked for its values.
    pub asks: bool,
}

/// Where a slot's values come from.
pub(crate) enum Source {
    /// A fill over its inputs.
    Fill(Box<dyn Fill>),
    /// A slot of the parent, in the row that the first input numbers; null where it is null.
    Parent { table: usize, slot: SlotId },
}

impl Plan {
    /// The place of a table.
    pub fn table_index(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.name == name)
    }

    /// What `plan` shows.
    pub fn report(&self) -> &Report {
        &self.report
    }
}
