//! The operator that makes rows.

use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics, internal_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::coop::make_cooperative;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, RecordBatchStream,
    SendableRecordBatchStream,
};
use futures::Stream;

use super::ranges::{Ranges, first};
use crate::generators::{Progression, Rows};
use crate::plan::{BLOCK, Evaluation, Plan, Source};
use crate::run::blocks;

/// Blocks of a partition at least; their number depends on the rows alone, never on the machine.
const BLOCKS_A_PARTITION: u64 = 16;

/// Partitions at most.
const PARTITIONS: u64 = 64;

/// Makes some columns of some rows of a table.
pub(super) struct MadeRows {
    plan: Arc<Plan>,
    table: usize,
    columns: Vec<usize>,
    /// What each column's numbers follow from, where they follow from the rows' places.
    progressions: Vec<Option<Progression>>,
    partitions: Vec<Ranges>,
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
}

impl MadeRows {
    /// The `columns` of `rows` of a table.
    pub fn new(plan: &Arc<Plan>, table: usize, columns: Vec<usize>, rows: &[Range<u64>]) -> Result<MadeRows> {
        let planned = &plan.tables[table];
        let schema = Arc::new(planned.schema.project(&columns)?);
        let progression = |column: &usize| match &planned.slots[planned.delivered[*column]].source {
            Source::Fill(fill) => fill.progression(),
            Source::Parent { .. } => None,
        };
        let progressions: Vec<Option<Progression>> = columns.iter().map(progression).collect();
        let orderings = progressions.iter().enumerate().filter_map(|(index, progression)| {
            let options = SortOptions { descending: progression.as_ref()?.step < 0, nulls_first: false };
            let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(schema.field(index).name(), index));
            Some([PhysicalSortExpr::new(column, options)])
        });
        let equivalences = EquivalenceProperties::new_with_orderings(Arc::clone(&schema), orderings);
        let partitions = partitions(rows);
        let properties = PlanProperties::new(
            equivalences,
            Partitioning::UnknownPartitioning(partitions.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let (plan, properties) = (Arc::clone(plan), Arc::new(properties));
        Ok(MadeRows { plan, table, columns, progressions, partitions, fetch: None, properties })
    }

    /// The same without the first `skip` rows, at most `fetch` of them.
    pub fn slice(&self, skip: u64, fetch: Option<u64>) -> Result<MadeRows> {
        let mut passed = skip;
        let mut rows = Ranges::new();
        for range in self.partitions.iter().flatten() {
            let over = passed.min(range.end - range.start);
            passed -= over;
            if range.start + over < range.end {
                rows.push(range.start + over..range.end);
            }
        }
        let rows = fetch.map_or_else(|| rows.clone(), |fetch| first(&rows, fetch));
        MadeRows::new(&self.plan, self.table, self.columns.clone(), &rows)
    }

    /// How many rows it makes.
    pub fn rows(&self) -> u64 {
        self.partitions.iter().map(|ranges| count(ranges)).sum()
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(self.properties.equivalence_properties().schema())
    }
}

/// The rows of each partition: runs of blocks of about the same number of rows.
fn partitions(rows: &[Range<u64>]) -> Vec<Ranges> {
    let total: u64 = rows.iter().map(|range| range.end - range.start).sum();
    let each = total.div_ceil(BLOCK).div_ceil(PARTITIONS).max(BLOCKS_A_PARTITION) * BLOCK;
    let mut partitions = vec![Ranges::new()];
    let mut room = each;
    for range in rows {
        let mut start = range.start;
        while start < range.end {
            if room == 0 {
                partitions.push(Ranges::new());
                room = each;
            }
            // Partitions end where blocks do, so that no block is begun twice.
            let end = range.end.min((start + room).next_multiple_of(BLOCK));
            room = room.saturating_sub(end - start);
            if let Some(last) = partitions.last_mut() {
                last.push(start..end);
            }
            start = end;
        }
    }
    partitions
}

fn count(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().map(|range| range.end - range.start).sum()
}

impl fmt::Debug for MadeRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MadeRows({}, {:?})", self.plan.tables[self.table].name, self.partitions)
    }
}

impl DisplayAs for MadeRows {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        write!(f, "MadeRows: table={}, rows={rows}, columns={}", self.plan.tables[self.table].name, self.columns.len())
    }
}

impl ExecutionPlan for MadeRows {
    fn name(&self) -> &'static str {
        "MadeRows"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("rows are made of nothing") }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("rows are made of nothing") }
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let plan = Arc::clone(&self.plan);
        let (table, columns) = (self.table, self.columns.clone());
        let batches = self.partitions[partition].clone().into_iter().flat_map(blocks).map(move |block| {
            let mut evaluation = Evaluation::new(&plan, table, Rows::Range(block));
            evaluation.batch(Some(&columns)).map_err(|error| DataFusionError::External(Box::new(error)))
        });
        let stream = Batches { schema: self.schema(), stream: Box::pin(futures::stream::iter(batches)) };
        Ok(make_cooperative(Box::pin(stream)))
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let partitions = match args.partition() {
            Some(partition) => std::slice::from_ref(&self.partitions[partition]),
            None => self.partitions.as_slice(),
        };
        let ranges = || partitions.iter().flatten();
        let rows = partitions.iter().map(|ranges| count(ranges) as usize).sum();
        let ends = ranges().next().zip(ranges().next_back()).map(|(first, last)| (first.start, last.end - 1));
        let column_statistics = self.progressions.iter().map(|progression| {
            let (Some(progression), Some((first, last))) = (progression, ends) else {
                return ColumnStatistics::new_unknown();
            };
            let value = |row: u64| progression.start.wrapping_add(progression.step.wrapping_mul(row as i64));
            let ends = [value(first), value(last)];
            let exact = |value: i64| Precision::Exact(ScalarValue::Int64(Some(value)));
            ColumnStatistics {
                null_count: Precision::Exact(0),
                min_value: exact(ends[0].min(ends[1])),
                max_value: exact(ends[0].max(ends[1])),
                distinct_count: Precision::Exact(rows),
                ..ColumnStatistics::new_unknown()
            }
        });
        Ok(Arc::new(Statistics {
            num_rows: Precision::Exact(rows),
            total_byte_size: Precision::Absent,
            column_statistics: column_statistics.collect(),
        }))
    }

    fn fetch(&self) -> Option<usize> {
        self.fetch
    }

    /// The same with the first rows of each partition.
    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        let limited = |ranges: &Ranges| limit.map_or_else(|| ranges.clone(), |limit| first(ranges, limit as u64));
        Some(Arc::new(MadeRows {
            plan: Arc::clone(&self.plan),
            table: self.table,
            columns: self.columns.clone(),
            progressions: self.progressions.clone(),
            partitions: self.partitions.iter().map(limited).collect(),
            fetch: limit,
            properties: Arc::clone(&self.properties),
        }))
    }
}

/// A stream of batches that knows its schema.
struct Batches {
    schema: SchemaRef,
    stream: Pin<Box<dyn Stream<Item = Result<RecordBatch>> + Send>>,
}

impl Stream for Batches {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Option<Self::Item>> {
        self.stream.as_mut().poll_next(cx)
    }
}

impl RecordBatchStream for Batches {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
