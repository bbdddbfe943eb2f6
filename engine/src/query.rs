//! SQL over tables: a plan's, made as they are scanned, or any others that stand for a dataset's.

mod arithmetic;
mod expansion;
mod first_of_sort;
mod measure;
mod operator;
mod ordered;
mod phrases;
mod problems;
mod rules;
mod stop;
mod sum;
mod yielding;

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::functions_aggregate::all_default_aggregate_functions;
use datafusion::functions_window::all_default_window_functions;
use datafusion::logical_expr::AggregateUDF;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SessionConfig, SessionContext};

pub use crate::stop::Stop;

use crate::functions;
use crate::generators::RunError;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::table;

/// Partitions of a query: a number of our own, so that sums of floats do not depend on the machine.
const PARTITIONS: usize = 4;

/// Rows of a batch.
const BATCH_ROWS: usize = 4_096;

/// Rows of a batch, shared by all that joins texts or lists.
const JOINED_ROWS: usize = 1_024;

/// Rows of a batch at least, however much is joined.
const MIN_ROWS: usize = 8;

/// What the library says of a query that would spill more than it may.
const SPILLED: &str = "disk space during the spilling process";

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// It is no query of these tables.
    #[error("{0}")]
    Sql(Box<Problem>),
    /// Its sorts, joins or groups need more memory than they may have.
    #[error("the query needs more memory than it may have; select fewer rows or columns, or group by fewer values")]
    Memory,
    /// A row could not be made.
    #[error(transparent)]
    Run(RunError),
}

impl QueryError {
    /// What an error of the SQL library says of a query over a plan's tables.
    pub fn of(error: &DataFusionError, plan: &Plan) -> QueryError {
        let root = error.find_root();
        // Written through a library that wraps it, the bound of what is spilled comes as an error of a file.
        if root.to_string().contains(SPILLED) {
            return QueryError::Memory;
        }
        let run = match root {
            DataFusionError::External(inner) => inner.downcast_ref::<RunError>().cloned(),
            DataFusionError::ResourcesExhausted(_) => return QueryError::Memory,
            _ => None,
        };
        run.map_or_else(|| QueryError::Sql(Box::new(problems::problem_of(error, plan))), QueryError::Run)
    }
}

/// Answers one read-only query over the tables of a plan; rows are made where it needs them, and no others.
///
/// A condition on a key that counts up becomes row numbers, and so does one on a key to a parent whose children lie side by side. `runtime`
/// bounds the memory of sorts, joins and groups.
///
/// # Errors
/// What is no query, names what is not there, changes anything or is several statements.
pub async fn query(
    plan: &Arc<Plan>,
    sql: &str,
    runtime: &Arc<RuntimeEnv>,
) -> Result<SendableRecordBatchStream, QueryError> {
    let tables = plan.tables.iter().enumerate();
    let tables = tables.map(|(index, planned)| (planned.name.as_str(), table::provider(plan, index)));
    query_tables(tables, plan, sql, runtime, &Stop::default()).await
}

/// Answers one read-only query over tables that stand for those of a plan, each with its name. `stop` ends it with an error.
///
/// It is planned before this first waits, by recursion: on a thread with [`crate::stack::DEEP`] bytes of stack.
///
/// # Errors
/// As [`query`].
pub async fn query_tables<'a>(
    tables: impl IntoIterator<Item = (&'a str, Arc<dyn TableProvider>)>,
    plan: &Plan,
    sql: &str,
    runtime: &Arc<RuntimeEnv>,
    stop: &Stop,
) -> Result<SendableRecordBatchStream, QueryError> {
    let answer = async {
        measure::check_text(sql)?;
        let context = context(plan.dataset.reference_time_us(), runtime, stop);
        let mut columns = HashMap::new();
        for (name, table) in tables {
            columns.insert(name, table.schema().fields().len() as u64);
            context.register_table(TableReference::bare(name), table)?;
        }
        let state = context.state();
        let dialect = state.config_options().sql_parser.dialect;
        let statement = state.sql_to_statement(sql, &dialect)?;
        let structs = measure::check_statement(&statement, &columns)?;
        let planned = state.statement_to_plan(statement).await?;
        SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false)
            .verify_plan(&planned)?;
        expansion::check(&planned)?;
        // What is joined in a row can be long, so that fewer rows are looked at together where much is.
        let rows = (JOINED_ROWS.checked_div(expansion::joins(&planned)?)).map_or(BATCH_ROWS, |rows| rows.max(MIN_ROWS));
        let rows = (rows / structs).max(1);
        {
            let state = context.state_ref();
            let mut state = state.write();
            let config = state.config().clone().with_batch_size(rows);
            *state.config_mut() = config;
        }
        let frame = context.execute_logical_plan(planned).await?;
        let task = Arc::new(frame.task_ctx());
        let physical = ordered::ordered(frame.create_physical_plan().await?)?;
        Ok(execute_stream(yielding::yielding(physical, stop, rows < BATCH_ROWS)?, task)?)
    };
    answer.await.map_err(|refusal: Refusal| match refusal {
        Refusal::Measured(problem) => QueryError::Sql(problem),
        Refusal::Planned(error) => QueryError::of(&error, plan),
    })
}

/// Why there is no answer.
enum Refusal {
    /// It is more than is planned.
    Measured(Box<Problem>),
    /// What the SQL library says.
    Planned(DataFusionError),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        Refusal::Measured(Box::new(problem))
    }
}

impl From<DataFusionError> for Refusal {
    fn from(error: DataFusionError) -> Refusal {
        Refusal::Planned(error)
    }
}

/// The aggregates, with a sum that does not wrap.
fn aggregates() -> Vec<Arc<AggregateUDF>> {
    let sum = sum::function();
    let others = all_default_aggregate_functions().into_iter().filter(|function| function.name() != sum.name());
    others.chain([Arc::clone(&sum)]).collect()
}

fn context(reference_time_us: i64, runtime: &Arc<RuntimeEnv>, stop: &Stop) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(PARTITIONS).with_batch_size(BATCH_ROWS);
    let mut config = config.with_option_extension(stop.clone());
    let options = config.options_mut();
    options.sql_parser.parse_float_as_decimal = true;
    // So that a problem has its place in the text.
    options.sql_parser.collect_spans = true;
    options.execution.enable_recursive_ctes = false;
    ordered::configured(options);
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(Arc::clone(runtime))
        .with_scalar_functions(functions::registered(reference_time_us))
        .with_aggregate_functions(aggregates())
        .with_window_functions(all_default_window_functions())
        .with_expr_planners(functions::expr_planners())
        .with_analyzer_rules(rules::analyzer(stop))
        .with_optimizer_rules(rules::optimizer(stop))
        .with_physical_optimizer_rules(rules::physical(stop))
        .build();
    SessionContext::new_with_state(state)
}
