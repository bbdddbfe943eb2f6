//! A plan's table as a DataFusion table that makes its rows when it is scanned: only the columns that a query needs.

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, RecordBatchStream, SendableRecordBatchStream};
use futures::Stream;

use crate::generators::Rows;
use crate::plan::{BLOCK, Evaluation, Plan};
use crate::run::blocks;

/// Blocks of a partition at least; their number depends on the table alone, never on the machine.
const BLOCKS_A_PARTITION: u64 = 16;

/// Partitions at most.
const PARTITIONS: u64 = 64;

/// A table of a plan.
pub fn provider(plan: &Arc<Plan>, table: usize) -> Arc<dyn TableProvider> {
    Arc::new(PlannedTable { plan: Arc::clone(plan), table })
}

struct PlannedTable {
    plan: Arc<Plan>,
    table: usize,
}

impl std::fmt::Debug for PlannedTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PlannedTable({})", self.plan.tables[self.table].name)
    }
}

#[async_trait::async_trait]
impl TableProvider for PlannedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.plan.tables[self.table].schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = self.plan.tables[self.table].rows.min(limit.map_or(u64::MAX, |limit| limit as u64));
        let columns: Vec<usize> = projection.cloned().unwrap_or_else(|| (0..self.schema().fields().len()).collect());
        let schema = Arc::new(self.schema().project(&columns)?);
        let blocks = rows.div_ceil(BLOCK);
        let each = blocks.div_ceil(PARTITIONS).max(BLOCKS_A_PARTITION) * BLOCK;
        let mut partitions: Vec<Arc<dyn PartitionStream>> = Vec::new();
        let mut start = 0;
        loop {
            let end = (start + each).min(rows);
            partitions.push(Arc::new(Part {
                plan: Arc::clone(&self.plan),
                table: self.table,
                columns: columns.clone(),
                schema: Arc::clone(&schema),
                rows: start..end,
            }));
            start = end;
            if start >= rows {
                break;
            }
        }
        Ok(Arc::new(StreamingTableExec::try_new(schema, partitions, None, Vec::new(), false, limit)?))
    }
}

/// A run of blocks.
struct Part {
    plan: Arc<Plan>,
    table: usize,
    columns: Vec<usize>,
    schema: SchemaRef,
    rows: Range<u64>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({}, {:?})", self.plan.tables[self.table].name, self.rows)
    }
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let plan = Arc::clone(&self.plan);
        let (table, columns) = (self.table, self.columns.clone());
        let batches = blocks(self.rows.clone()).map(move |block| {
            let mut evaluation = Evaluation::new(&plan, table, Rows::Range(block));
            evaluation.batch(Some(&columns)).map_err(|error| DataFusionError::External(Box::new(error)))
        });
        let stream = Batches { schema: Arc::clone(&self.schema), stream: Box::pin(futures::stream::iter(batches)) };
        datafusion::physical_plan::coop::make_cooperative(Box::pin(stream))
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
