//! The rows that are checked: delivered tables, read column by column, joined with their parents where a statement asks for them.
//!
//! Results never depend on how rows lie in partitions or which of them is read first: what is folded here is counts, and sets of smallest
//! examples.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::functions_aggregate::all_default_aggregate_functions;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::{StreamExt, TryStreamExt};

use super::VerifyError;
use super::joins::{Joins, Place, quoted};
use super::live::{Came, Live, LiveRows};
use super::turn::{Turn, Turns};
use super::values;
use crate::functions;
use crate::schema::{Column, Table};

/// Partitions that are read at a time, and into which joins split their rows: modest, and the same on every machine.
const PARTITIONS: usize = 4;

/// Rows of a batch.
const BATCH_ROWS: usize = 4_096;

/// The delivered tables, as a statement reads them in its turn.
#[derive(Clone)]
pub(super) struct Database {
    context: SessionContext,
    /// The same, with joins that spill where the other's do not fit into memory.
    spilling: SessionContext,
    tables: Arc<HashMap<String, Arc<dyn TableProvider>>>,
    live: Option<Live>,
    turns: Turns,
    turn: Arc<Turn>,
}

impl Database {
    /// A context without the default features: the language's functions, plain aggregates, the caller's memory and nothing else.
    pub(super) fn new(
        tables: Vec<(String, Arc<dyn TableProvider>)>,
        runtime: &Arc<RuntimeEnv>,
        reference_time_us: i64,
        live: Option<Live>,
    ) -> Result<Database, VerifyError> {
        let context = |prefer_hash_join: bool| {
            let mut config = SessionConfig::new().with_target_partitions(PARTITIONS).with_batch_size(BATCH_ROWS);
            let options = config.options_mut();
            options.sql_parser.parse_float_as_decimal = true;
            options.optimizer.prefer_hash_join = prefer_hash_join;
            // A plan is read again and again, and these filters are those of one reading.
            options.optimizer.enable_join_dynamic_filter_pushdown = false;
            let state = SessionStateBuilder::new()
                .with_config(config)
                .with_runtime_env(Arc::clone(runtime))
                .with_scalar_functions(functions::registered(reference_time_us))
                .with_aggregate_functions(all_default_aggregate_functions())
                .with_expr_planners(functions::expr_planners())
                .build();
            let context = SessionContext::new_with_state(state);
            for (name, provider) in &tables {
                context
                    .register_table(TableReference::bare(name.as_str()), Arc::clone(provider))
                    .map_err(|error| VerifyError::read(name, error))?;
            }
            Ok(context)
        };
        let (context, spilling) = (context(true)?, context(false)?);
        let tables = Arc::new(tables.into_iter().collect());
        let turns = Turns::new();
        let turn = Arc::new(Turn::new(&turns, None));
        Ok(Database { context, spilling, tables, live, turns, turn })
    }

    /// The same for one more statement about a table, or several that are proved together, with a turn of its own.
    pub(super) fn in_turn(&self, table: &Table) -> Database {
        let undecided = self.live.as_ref().map(|live| live.expect(&table.name));
        Database { turn: Arc::new(Turn::new(&self.turns, undecided)), ..self.clone() }
    }

    /// Whose turn it is.
    pub(super) fn turn(&self) -> &Turn {
        &self.turn
    }

    /// The type as which a column is read, where it was delivered.
    pub(super) fn column_type(&self, table: &Table, column: &Column) -> Option<DataType> {
        let schema = self.tables.get(&table.name)?.schema();
        let field = schema.field_with_name(&column.name).ok()?;
        Some(values::read_as(column, field))
    }

    /// The field of a column as it was delivered.
    pub(super) fn delivered(&self, table: &Table, column: &Column) -> Option<Field> {
        self.tables.get(&table.name)?.schema().field_with_name(&column.name).ok().cloned()
    }

    /// A column that was delivered whose name differs from that of one that was not in case and signs alone.
    pub(super) fn named_like(&self, table: &Table, column: &Column) -> Option<String> {
        let plain =
            |name: &str| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
        let schema = self.tables.get(&table.name)?.schema();
        let like = schema.fields().iter().find(|field| plain(field.name()) == plain(&column.name))?;
        table.column(like.name()).is_none().then(|| like.name().clone())
    }

    /// Whether a table was delivered.
    pub(super) fn has(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    /// The number of rows of a table.
    pub(super) async fn rows(&self, table: &str) -> Result<u64, VerifyError> {
        let counted = async {
            let sql = format!("SELECT count(*) FROM {}", quoted(table));
            let batches = self.context.sql(&sql).await?.collect().await?;
            let count = batches
                .iter()
                .filter(|batch| batch.num_rows() > 0)
                .find_map(|batch| batch.column(0).as_primitive_opt::<Int64Type>().map(|counts| counts.value(0)));
            Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
        };
        counted.await.map_err(|error: DataFusionError| VerifyError::read(table, error))
    }

    /// The rows of a table with the columns of `places`, which are all delivered, each read as its type or, with `raw`, as it was delivered.
    pub(super) async fn source(
        &self,
        joins: &Joins<'_>,
        table: &Table,
        places: &[Place<'_>],
        raw: bool,
    ) -> Result<Source, VerifyError> {
        let read = |error| VerifyError::read(&table.name, error);
        let fields: Option<Vec<Field>> = places
            .iter()
            .map(|place| {
                let data_type = match raw {
                    true => self.delivered(place.table, place.column)?.data_type().clone(),
                    false => self.column_type(place.table, place.column)?,
                };
                Some(Field::new(place.name.clone(), data_type, true))
            })
            .collect();
        let absent = || read(DataFusionError::Plan("a column is missing".to_owned()));
        let schema: SchemaRef = Arc::new(Schema::new(fields.ok_or_else(absent)?));
        let mut columns = Vec::new();
        let (plans, order) = if joins.any() {
            // Joined rows are never those that are made.
            self.turn.stand_back().await;
            let columns: Vec<String> =
                places.iter().map(|place| format!("{}.{}", place.alias, quoted(&place.column.name))).collect();
            let columns: Vec<String> =
                columns.iter().enumerate().map(|(index, column)| format!("{column} AS c{index}")).collect();
            let sql = format!("SELECT {} FROM {}", columns.join(", "), joins.sql_from());
            let mut plans = Vec::new();
            for context in [&self.context, &self.spilling] {
                let planned = async { context.sql(&sql).await?.create_physical_plan().await };
                plans.push((planned.await.map_err(read)?, context.task_ctx()));
            }
            (plans, (0..places.len()).collect())
        } else {
            let provider = self.tables.get(&table.name).ok_or_else(absent)?;
            let delivered = provider.schema();
            let indexes: Result<Vec<usize>, _> =
                places.iter().map(|place| delivered.index_of(&place.column.name)).collect();
            let indexes = indexes.map_err(|error| read(error.into()))?;
            let mut projection = indexes.clone();
            projection.sort_unstable();
            projection.dedup();
            let plan = provider.scan(&self.context.state(), Some(&projection), &[], None).await.map_err(read)?;
            let order = indexes.iter().filter_map(|index| projection.binary_search(index).ok()).collect();
            columns = indexes;
            (vec![(plan, self.context.task_ctx())], order)
        };
        let live = self.live.as_ref().filter(|_| !joins.any()).map(|live| (live.clone(), columns));
        Ok(Source { plans, order, schema, table: table.name.clone(), live, turn: Arc::clone(&self.turn) })
    }
}

/// Rows that can be read again and again.
pub(super) struct Source {
    /// The first of them that fits into memory is taken.
    plans: Vec<(Arc<dyn ExecutionPlan>, Arc<TaskContext>)>,
    /// For each column of the schema its position in the plan's batches.
    order: Vec<usize>,
    schema: SchemaRef,
    table: String,
    /// Where the rows may be had as they are made, and the columns of the table in the order of the schema.
    live: Option<(Live, Vec<usize>)>,
    turn: Arc<Turn>,
}

/// What came of a partition.
pub(super) struct Part<S> {
    /// What its rows were folded to.
    pub state: S,
    /// Its rows.
    pub rows: u64,
}

impl Source {
    /// The columns, flat, named as statements name them.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Folds the batches of each partition in order, `step` being told the number of rows before the batch; results come in the order of
    /// partitions.
    pub(super) async fn fold<S, F>(&self, init: impl Fn() -> S + Send, step: F) -> Result<Vec<Part<S>>, VerifyError>
    where
        S: Send + 'static,
        F: Fn(&mut S, &RecordBatch, u64) -> Result<(), VerifyError> + Send + Sync + 'static,
    {
        let step = Arc::new(step);
        let mut result = Err(self.read(DataFusionError::Plan("nothing to read".to_owned())));
        for (plan, task) in &self.plans {
            // A join hands its rows out once; what it remembers of that must not meet the next reading.
            let plan = reset_plan_states(Arc::clone(plan)).map_err(|error| self.read(error))?;
            let partitions = plan.output_partitioning().partition_count();
            let tasks = (0..partitions).map(|partition| {
                let work = Work {
                    stream: plan.execute(partition, Arc::clone(task)),
                    order: self.order.clone(),
                    schema: Arc::clone(&self.schema),
                    table: self.table.clone(),
                };
                SpawnedTask::spawn(fold_partition(work, init(), Arc::clone(&step))).join()
            });
            result = futures::stream::iter(tasks)
                .buffered(PARTITIONS)
                .map(|joined| {
                    joined.unwrap_or_else(|error| Err(self.read(DataFusionError::ExecutionJoin(Box::new(error)))))
                })
                .try_collect()
                .await;
            if !result.as_ref().is_err_and(VerifyError::is_exhausted) {
                break;
            }
        }
        result
    }

    /// The same where nothing is read of rows while they are made.
    pub(super) async fn fold_late<S, F>(
        &self,
        init: impl Fn() -> S + Send,
        step: F,
    ) -> Result<Vec<Part<S>>, VerifyError>
    where
        S: Send + 'static,
        F: Fn(&mut S, &RecordBatch, u64) -> Result<(), VerifyError> + Send + Sync + 'static,
    {
        self.turn.stand_back().await;
        self.fold(init, step).await
    }

    /// The same for a first reading that holds little: of rows that are still to be made it takes them as they are, while other statements
    /// have their turns.
    pub(super) async fn fold_made<S, F>(
        &self,
        init: impl Fn() -> S + Send,
        step: F,
    ) -> Result<Vec<Part<S>>, VerifyError>
    where
        S: Send + 'static,
        F: Fn(&mut S, &RecordBatch, u64) -> Result<(), VerifyError> + Send + Sync + 'static,
    {
        let rows = self.live.as_ref().and_then(|(live, columns)| live.rows(&self.table, columns.clone()));
        let Some(rows) = rows else { return self.fold_late(init, step).await };
        self.turn.decide();
        let work = (rows, Arc::clone(&self.schema), self.table.clone());
        let task = SpawnedTask::spawn(fold_rows(work, init(), step)).join();
        self.turn.give();
        let joined = task.await;
        self.turn.take().await;
        let part = joined.unwrap_or_else(|error| Err(self.read(DataFusionError::ExecutionJoin(Box::new(error)))))?;
        Ok(vec![part])
    }

    fn read(&self, error: DataFusionError) -> VerifyError {
        VerifyError::read(&self.table, error)
    }
}

async fn fold_rows<S, F>(
    (mut made, schema, table): (LiveRows, SchemaRef, String),
    mut state: S,
    step: F,
) -> Result<Part<S>, VerifyError>
where
    F: Fn(&mut S, &RecordBatch, u64) -> Result<(), VerifyError>,
{
    let order: Vec<usize> = (0..schema.fields().len()).collect();
    let mut rows = 0;
    loop {
        match made.next().await {
            Came::Rows(batch) => {
                let batch = in_order(&batch, &order, &schema).map_err(|error| VerifyError::read(&table, error))?;
                if batch.num_rows() > 0 {
                    step(&mut state, &batch, rows)?;
                    rows += batch.num_rows() as u64;
                }
            }
            Came::End => return Ok(Part { state, rows }),
            Came::Nothing => {
                let told = DataFusionError::Execution("its rows were not all made".to_owned());
                return Err(VerifyError::read(&table, told));
            }
        }
    }
}

struct Work {
    stream: Result<SendableRecordBatchStream, DataFusionError>,
    order: Vec<usize>,
    schema: SchemaRef,
    table: String,
}

async fn fold_partition<S, F>(work: Work, mut state: S, step: Arc<F>) -> Result<Part<S>, VerifyError>
where
    F: Fn(&mut S, &RecordBatch, u64) -> Result<(), VerifyError>,
{
    let read = |error| VerifyError::read(&work.table, error);
    let mut stream = work.stream.map_err(read)?;
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch.and_then(|batch| in_order(&batch, &work.order, &work.schema)).map_err(read)?;
        if batch.num_rows() > 0 {
            step(&mut state, &batch, rows)?;
            rows += batch.num_rows() as u64;
        }
    }
    Ok(Part { state, rows })
}

fn in_order(batch: &RecordBatch, order: &[usize], schema: &SchemaRef) -> Result<RecordBatch, DataFusionError> {
    let columns: Result<Vec<ArrayRef>, _> = order
        .iter()
        .zip(schema.fields())
        .map(|(&index, field)| values::convert(batch.column(index), field.data_type()))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns?, &options)?)
}
