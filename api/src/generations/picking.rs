//! Rows that a condition keeps, in an order, found on the tables that SQL reads: only the columns that are needed, and where the condition
//! is one on a key that counts up, only the rows that it names.
//!
//! With an order the best rows so far are kept, no more than the page reaches; what is kept is taken from the memory that all queries share.
//! Between two batches the thread is given back, so that the work ends where nobody waits for it any more.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use datafusion::arrow::compute::{
    SortColumn, SortOptions, concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch,
};
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::catalog::TableProvider;
use datafusion::common::Column;
use datafusion::common::stats::Precision;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Between, Expr, Operator, TableProviderFilterPushDown, binary_expr, lit};
use datafusion::physical_expr::expressions::Column as Place;
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::statistics::StatisticsArgs;
use engine::expr::{Literal, Op, Parsed, Reference, Simple, resolve};
use engine::plan::Plan;
use engine::query::QueryError;
use futures::StreamExt;

use super::rows::{Condition, Selection};
use crate::Failure;
use crate::error::ApiError;
use crate::sql::refused;

/// The last row that an ordered page may reach.
const MAX_ORDERED: u64 = 1_000_000;

/// Rows that are kept beyond the page before they are sorted and cut.
const SLACK: usize = 1 << 16;

/// Rows, and how many there are in all.
pub struct Selected {
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// Their columns.
    pub schema: SchemaRef,
    /// Rows that the condition keeps, beyond the page too.
    pub total: u64,
    /// The memory that they are counted by.
    pub held: MemoryReservation,
}

/// Where rows are picked from.
pub struct Picking<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The table's place in it.
    pub table: usize,
    /// The table as SQL reads it.
    pub rows: Arc<dyn TableProvider>,
    /// Bounds memory.
    pub environment: Arc<RuntimeEnv>,
}

impl Picking<'_> {
    /// Picks the rows of a selection. `None` where it names the rows of the table as they stand.
    pub async fn pick(&self, selection: &Selection) -> Result<Option<Selected>, ApiError> {
        let filters = selection.condition.as_ref().map(|condition| self.filters(&condition.parsed)).transpose()?;
        let (filters, is_exact) = filters.unwrap_or_else(|| (Vec::new(), true));
        let condition_columns = selection.condition.as_ref().map_or(&[][..], |asked| asked.expression.columns());
        let order_columns = selection.order.iter().map(|(place, _)| *place);
        let needed = selection.columns.iter().chain(condition_columns).copied().chain(order_columns);
        let scan = self.scan(needed.collect(), &filters).await?;
        let is_sorted = scan.is_sorted_by(&selection.order);
        if is_sorted && selection.condition.is_none() {
            return Ok(None);
        }
        let known = match selection.condition {
            None => Some(self.plan.tables[self.table].rows),
            Some(_) if is_exact => scan.rows(),
            Some(_) => None,
        };
        let mut held =
            Held { rows: Vec::new(), memory: MemoryConsumer::new("rows").register(&self.environment.memory_pool) };
        let total = if is_sorted {
            let counted = match &selection.condition {
                Some(asked) if known.is_none() => Some(self.scan(asked.expression.columns().to_vec(), &filters).await?),
                _ => None,
            };
            self.first(selection, &scan, counted.as_ref(), known, &mut held).await?
        } else {
            self.best(selection, &scan, known, &mut held).await?
        };
        let places = scan.places(&selection.columns)?;
        let batches = held.rows.iter().map(|batch| batch.project(&places)).collect::<Result<_, _>>();
        let schema = selection.schema(&self.rows.schema())?;
        Ok(Some(Selected { batches: batches.map_err(ApiError::internal)?, schema, total, held: held.memory }))
    }

    /// The page in the order of the table. Beyond it rows are only counted, with `counted`, unless it is `known` how many there are.
    async fn first(
        &self,
        selection: &Selection,
        scan: &Scan,
        counted: Option<&Scan>,
        known: Option<u64>,
        held: &mut Held,
    ) -> Result<u64, ApiError> {
        let mut total = 0;
        let range = selection.range();
        for partition in 0..scan.partitions() {
            // Rows of the partition that were read, and whether its others are only counted.
            let (mut read, mut rows) = (0, scan.read(partition).map_err(|error| self.failed(error))?);
            let mut only_counted = false;
            loop {
                if total >= range.end {
                    if let Some(known) = known {
                        return Ok(known);
                    }
                    if let Some(counted) = counted.filter(|_| !only_counted) {
                        only_counted = true;
                        rows = counted.read(partition).map_err(|error| self.failed(error))?;
                        rows = skipped(rows, read);
                    }
                }
                let Some(batch) = rows.next().await else { break };
                let batch = batch.map_err(|error| self.failed(error))?;
                read += batch.num_rows();
                let from = counted.filter(|_| only_counted).unwrap_or(scan);
                let kept = keep(selection.condition.as_ref(), from, batch)?;
                let (start, end) = (total, total + kept.num_rows() as u64);
                total = end;
                if end > range.start && start < range.end {
                    let from = range.start.saturating_sub(start);
                    let to = end.min(range.end) - start;
                    let rows = kept.slice(from as usize, (to - from) as usize);
                    held.add(rows).map_err(|error| self.too_large(error, selection))?;
                }
                tokio::task::yield_now().await;
            }
        }
        Ok(known.unwrap_or(total))
    }

    /// The page in another order.
    async fn best(
        &self,
        selection: &Selection,
        scan: &Scan,
        known: Option<u64>,
        held: &mut Held,
    ) -> Result<u64, ApiError> {
        let rows = known.unwrap_or(self.plan.tables[self.table].rows);
        // A page past the last row is an empty one.
        let reached = if selection.range.start < rows { selection.range.end.min(rows) } else { 0 };
        if reached > MAX_ORDERED {
            let sentence = format!("an ordered page ends at row {MAX_ORDERED} at most; narrow it with where");
            return Err(ApiError::invalid_at("/offset", sentence));
        }
        let (reached, order) = (reached as usize, scan.order(&selection.order)?);
        let too_large = |error| self.too_large(error, selection);
        let mut total = 0;
        for partition in 0..scan.partitions() {
            let mut rows = scan.read(partition).map_err(|error| self.failed(error))?;
            while let Some(batch) = rows.next().await {
                let batch = batch.map_err(|error| self.failed(error))?;
                let kept = keep(selection.condition.as_ref(), scan, batch)?;
                total += kept.num_rows() as u64;
                held.add(kept).map_err(too_large)?;
                if held.count() > 2 * reached + SLACK {
                    held.cut(&scan.schema, &order, reached).map_err(too_large)?;
                }
                tokio::task::yield_now().await;
            }
        }
        held.cut(&scan.schema, &order, reached).map_err(too_large)?;
        held.skip(selection.range.start.min(reached as u64) as usize);
        Ok(total)
    }

    /// The parts of a condition that the table finds rows by itself for, and whether that is all of it.
    fn filters(&self, parsed: &Parsed) -> Result<(Vec<Expr>, bool), ApiError> {
        let schema = self.rows.schema();
        let parts = parsed.conjuncts();
        let simple: Vec<Expr> = parts.iter().filter_map(|part| filter(&schema, &part.simple()?)).collect();
        let found = self.rows.supports_filters_pushdown(&simple.iter().collect::<Vec<_>>());
        let found = found.map_err(|error| self.failed(error))?;
        let is_found = |(_, found): &(Expr, TableProviderFilterPushDown)| *found == TableProviderFilterPushDown::Exact;
        let filters: Vec<Expr> = simple.into_iter().zip(found).filter(is_found).map(|(filter, _)| filter).collect();
        let is_all = filters.len() == parts.len();
        Ok((filters, is_all))
    }

    async fn scan(&self, mut columns: Vec<usize>, filters: &[Expr]) -> Result<Scan, ApiError> {
        columns.sort_unstable();
        columns.dedup();
        let session = SessionStateBuilder::new().with_runtime_env(Arc::clone(&self.environment)).build();
        let rows = self.rows.scan(&session, Some(&columns), filters, None).await.map_err(|error| self.failed(error))?;
        let task = Arc::new(TaskContext::default().with_runtime(Arc::clone(&self.environment)));
        Ok(Scan { schema: rows.schema(), rows, columns, task })
    }

    /// Why a row could not be read.
    fn failed(&self, error: DataFusionError) -> ApiError {
        match QueryError::of(&error, self.plan) {
            QueryError::Run(error) => ApiError::from(Failure::from(error)),
            _ => ApiError::internal(error.strip_backtrace()),
        }
    }

    /// Why rows could not be kept.
    fn too_large(&self, error: DataFusionError, selection: &Selection) -> ApiError {
        match QueryError::of(&error, self.plan) {
            error @ QueryError::Memory => refused(error, selection.pointer()),
            _ => ApiError::internal(error.strip_backtrace()),
        }
    }
}

/// A table as it is read: some of its columns, in the order of its rows from partition to partition.
struct Scan {
    rows: Arc<dyn ExecutionPlan>,
    schema: SchemaRef,
    /// The places of its columns in the table, ascending.
    columns: Vec<usize>,
    task: Arc<TaskContext>,
}

impl Scan {
    fn partitions(&self) -> usize {
        self.rows.properties().partitioning.partition_count()
    }

    fn read(&self, partition: usize) -> Result<SendableRecordBatchStream, DataFusionError> {
        self.rows.execute(partition, Arc::clone(&self.task))
    }

    /// Where columns of the table stand here.
    fn places(&self, columns: &[usize]) -> Result<Vec<usize>, ApiError> {
        let place = |column: &usize| self.columns.binary_search(column);
        columns.iter().map(place).collect::<Result<_, _>>().map_err(|_| ApiError::internal("a column was not read"))
    }

    fn order(&self, order: &[(usize, SortOptions)]) -> Result<Vec<(usize, SortOptions)>, ApiError> {
        let places = self.places(&order.iter().map(|(column, _)| *column).collect::<Vec<_>>())?;
        Ok(places.into_iter().zip(order).map(|(place, (_, options))| (place, *options)).collect())
    }

    /// Whether its rows come in this order by themselves.
    fn is_sorted_by(&self, order: &[(usize, SortOptions)]) -> bool {
        let Ok(order) = self.order(order) else { return false };
        let order = order.into_iter().map(|(place, options)| {
            let column: Arc<dyn PhysicalExpr> = Arc::new(Place::new(self.schema.field(place).name(), place));
            PhysicalSortExpr::new(column, options)
        });
        self.rows.properties().equivalence_properties().ordering_satisfy(order).unwrap_or(false)
    }

    /// How many rows it has, where that is known without reading them.
    fn rows(&self) -> Option<u64> {
        match self.rows.statistics_from_inputs(&[], &StatisticsArgs::new()).ok()?.num_rows {
            Precision::Exact(rows) => Some(rows as u64),
            _ => None,
        }
    }
}

/// A stream without its first rows.
fn skipped(rows: SendableRecordBatchStream, mut skip: usize) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let rows = rows.map(move |batch| {
        let batch = batch?;
        let from = skip.min(batch.num_rows());
        skip -= from;
        Ok(batch.slice(from, batch.num_rows() - from))
    });
    Box::pin(datafusion::physical_plan::stream::RecordBatchStreamAdapter::new(schema, rows))
}

/// The rows of a batch that a condition keeps.
fn keep(condition: Option<&Condition>, scan: &Scan, batch: RecordBatch) -> Result<RecordBatch, ApiError> {
    let Some(condition) = condition else { return Ok(batch) };
    let places = scan.places(condition.expression.columns())?;
    let inputs: Vec<ArrayRef> = places.into_iter().map(|place| Arc::clone(batch.column(place))).collect();
    let holds = condition
        .expression
        .evaluate_condition(&inputs, batch.num_rows())
        .map_err(|error| ApiError::invalid_at("/where", error.detail))?;
    let kept = filter_record_batch(&batch, &holds).map_err(ApiError::internal)?;
    if 2 * kept.num_rows() < batch.num_rows() { compact(&kept).map_err(ApiError::internal) } else { Ok(kept) }
}

/// The same rows without the texts of those that were not kept.
fn compact(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let own = |column: &ArrayRef| -> ArrayRef {
        match column.data_type() {
            DataType::Utf8View => Arc::new(column.as_string_view().gc()),
            DataType::BinaryView => Arc::new(column.as_binary_view().gc()),
            _ => Arc::clone(column),
        }
    };
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(batch.schema(), batch.columns().iter().map(own).collect(), &options)
}

/// What a part of a condition says of a column, as a table is told it; `None` for what no table finds rows by.
fn filter(schema: &Schema, part: &Simple) -> Option<Expr> {
    let column = |reference: &Reference| {
        let [name] = reference.0.as_slice() else { return None };
        let place = resolve(name, schema.fields().iter().map(|field| field.name().as_str()))?;
        Some(Expr::Column(Column::from_name(schema.field(place).name())))
    };
    let whole = |value: &Literal| match value {
        Literal::Number(digits) => digits.parse::<i64>().ok().map(lit),
        _ => None,
    };
    Some(match part {
        Simple::Compare { column: of, op, value } => binary_expr(column(of)?, operator(*op), whole(value)?),
        Simple::Between { column: of, low, high, negated: false } => {
            Expr::Between(Between::new(Box::new(column(of)?), false, Box::new(whole(low)?), Box::new(whole(high)?)))
        }
        Simple::In { column: of, values, negated: false } => {
            column(of)?.in_list(values.iter().map(whole).collect::<Option<_>>()?, false)
        }
        _ => return None,
    })
}

fn operator(op: Op) -> Operator {
    match op {
        Op::Equal => Operator::Eq,
        Op::NotEqual => Operator::NotEq,
        Op::Less => Operator::Lt,
        Op::LessOrEqual => Operator::LtEq,
        Op::Greater => Operator::Gt,
        Op::GreaterOrEqual => Operator::GtEq,
    }
}

/// Rows that are kept, with the memory that they are counted by.
struct Held {
    rows: Vec<RecordBatch>,
    memory: MemoryReservation,
}

impl Held {
    fn count(&self) -> usize {
        self.rows.iter().map(RecordBatch::num_rows).sum()
    }

    fn add(&mut self, rows: RecordBatch) -> Result<(), DataFusionError> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        self.memory.try_grow(rows.get_array_memory_size())?;
        self.rows.push(rows);
        Ok(())
    }

    /// Sorts what is kept and drops what no page reaches. Equal rows keep the order of the table.
    fn cut(&mut self, schema: &SchemaRef, order: &[(usize, SortOptions)], limit: usize) -> Result<(), DataFusionError> {
        // While they are sorted they are there twice.
        self.memory.try_grow(self.memory.size())?;
        let all = concat_batches(schema, &self.rows)?;
        self.rows.clear();
        let mut columns: Vec<SortColumn> = order
            .iter()
            .map(|(place, options)| SortColumn { values: Arc::clone(all.column(*place)), options: Some(*options) })
            .collect();
        let places = UInt64Array::from_iter_values(0..all.num_rows() as u64);
        columns.push(SortColumn { values: Arc::new(places), options: None });
        let sorted = lexsort_to_indices(&columns, Some(limit))?;
        let sorted = compact(&take_record_batch(&all, &sorted)?)?;
        self.memory.try_resize(sorted.get_array_memory_size())?;
        self.rows.push(sorted);
        Ok(())
    }

    /// Drops the first rows of what was sorted.
    fn skip(&mut self, rows: usize) {
        for batch in &mut self.rows {
            let from = rows.min(batch.num_rows());
            *batch = batch.slice(from, batch.num_rows() - from);
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::Int64Array;
    use datafusion::arrow::datatypes::{Field, Int64Type};
    use datafusion::datasource::MemTable;
    use datafusion::execution::memory_pool::GreedyMemoryPool;
    use datafusion::execution::runtime_env::RuntimeEnvBuilder;
    use engine::plan::{Options, compile_text};
    use engine::schema::Overrides;

    use super::*;

    /// A hundred rows in partitions of twenty, in batches of ten: `n` counts down from 9 in each batch, with a null for 5; `m` is the row.
    fn table() -> MemTable {
        let fields = vec![Field::new("n", DataType::Int64, true), Field::new("m", DataType::Int64, false)];
        let schema = Arc::new(Schema::new(fields));
        let batch = |start: i64| {
            let numbers = Int64Array::from_iter((0..10).map(|row| (row != 4).then_some(9 - row)));
            let places = Int64Array::from_iter_values(start..start + 10);
            RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(numbers), Arc::new(places)]).expect("a batch")
        };
        let partitions = (0..5).map(|place| vec![batch(20 * place), batch(20 * place + 10)]).collect();
        MemTable::try_new(schema, partitions).expect("a table")
    }

    fn plan(rows: u64) -> Arc<Plan> {
        let text = format!(
            "name: numbers\ntables:\n  - name: number\n    rows: {rows}\n    columns:\n      - {{ name: n, generator: {{ type: sequence }} }}\n"
        );
        compile_text(&text, &Overrides::new(), &Options::default()).plan.expect("a plan")
    }

    fn environment(bytes: usize) -> Arc<RuntimeEnv> {
        let pool = Arc::new(GreedyMemoryPool::new(bytes));
        RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc().expect("an environment")
    }

    type Range = std::ops::Range<u64>;

    fn picked(range: Range, condition: Option<&str>, order: Option<&str>) -> Result<(Vec<i64>, u64), ApiError> {
        let (plan, rows) = (plan(100), Arc::new(table()));
        let selection = Selection::new(&rows.schema(), 0, range, Some("m"), condition, order)?;
        let picking = Picking { plan: &plan, table: 0, rows, environment: environment(1 << 20) };
        let selected = futures::executor::block_on(picking.pick(&selection))?.expect("rows that were picked");
        let values =
            selected.batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
        Ok((values.collect(), selected.total))
    }

    fn told(error: &ApiError) -> String {
        let problem = &error.document()["errors"][0];
        format!("{} {}", problem["code"], problem["pointer"])
    }

    #[test]
    fn a_condition_keeps_rows_and_counts_them_all() {
        assert_eq!(picked(1..3, Some("n = 9"), None).expect("rows"), (vec![10, 20], 10));
        assert_eq!(picked(0..3, Some("n > 9"), None).expect("rows"), (vec![], 0));
        assert_eq!(picked(0..2, Some("m >= 15"), None).expect("rows"), (vec![15, 16], 85));
        assert_eq!(picked(0..1, Some("1 = 1"), None).expect("rows"), (vec![0], 100));
    }

    #[test]
    fn equal_rows_keep_the_order_of_the_table_and_nulls_come_last() {
        assert_eq!(picked(0..3, None, Some("n desc")).expect("rows"), (vec![0, 10, 20], 100));
        assert_eq!(picked(9..12, None, Some("n")).expect("rows"), (vec![99, 8, 18], 100));
        assert_eq!(picked(98..100, None, Some("n desc, m desc")).expect("rows"), (vec![14, 4], 100));
        assert_eq!(picked(0..2, Some("m < 50"), Some("m desc")).expect("rows"), (vec![49, 48], 50));
    }

    #[test]
    fn a_page_past_the_last_row_is_empty() {
        let far = MAX_ORDERED - 1..MAX_ORDERED + 1;
        assert_eq!(picked(far, None, Some("n")).expect("no rows"), (vec![], 100));
        assert_eq!(picked(u64::MAX - 1..u64::MAX, Some("n = 9"), Some("n")).expect("no rows"), (vec![], 10));
    }

    /// The most rows that a table may have.
    const MANY: u64 = 1 << 53;

    fn of_many(
        range: Range,
        condition: Option<&str>,
        order: Option<&str>,
        bytes: usize,
    ) -> Result<Option<Selected>, ApiError> {
        let plan = plan(MANY);
        let rows = engine::table::provider(&plan, 0);
        let selection = Selection::new(&rows.schema(), 0, range, None, condition, order)?;
        let picking = Picking { plan: &plan, table: 0, rows, environment: environment(bytes) };
        futures::executor::block_on(picking.pick(&selection))
    }

    #[test]
    fn a_condition_on_a_key_reads_the_rows_that_it_names_and_no_others() {
        for (condition, order, first, total) in [
            ("n = 5", None, Some(5), 1),
            ("N in (7, 9) and n > 7", Some("n desc"), Some(9), 1),
            ("n between 3 and 4", Some("n desc"), Some(4), 2),
            ("n < 0", None, None, 0),
            ("n > 1000", Some("n"), Some(1001), MANY - 1000),
        ] {
            let selected = of_many(0..1, Some(condition), order, 1 << 20).expect(condition).expect("picked");
            let values = selected.batches.iter().flat_map(|rows| rows.column(0).as_primitive::<Int64Type>().values());
            assert_eq!((values.copied().next(), selected.total), (first, total), "{condition}");
        }
        assert!(of_many(0..1, None, Some("n"), 1 << 20).expect("a range").is_none());
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let error = of_many(0..MAX_ORDERED, Some("n < 900000"), Some("n desc"), 1 << 20).err().expect("a problem");
        assert_eq!(told(&error), "\"query_too_large\" \"/where\"");
        let error = of_many(0..MAX_ORDERED, Some("n < 900000"), None, 1 << 20).err().expect("a problem");
        assert_eq!(told(&error), "\"query_too_large\" \"/where\"");
        let error = of_many(MAX_ORDERED..MAX_ORDERED + 1, None, Some("n desc"), 1 << 20).err().expect("a problem");
        assert_eq!(told(&error), "\"invalid_value\" \"/offset\"");
    }
}
