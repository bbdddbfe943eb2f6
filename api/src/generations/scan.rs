//! The stored rows of a table for SQL: only the columns that a query needs, in partitions that do not depend on the machine.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use engine::content::PART;
use futures::stream;

use super::parts::StoredTable;

/// Partitions of a table at most; each holds a file open while it is read.
const PARTITIONS: u64 = 16;

/// A table whose rows are counted as they are read.
pub fn provider(table: StoredTable, read: Arc<AtomicU64>) -> Arc<dyn TableProvider> {
    Arc::new(Stored { table, read })
}

struct Stored {
    table: StoredTable,
    read: Arc<AtomicU64>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("rows", &self.table.rows).finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl TableProvider for Stored {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.table.schema)
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
        let wanted = projection.cloned().unwrap_or_else(|| (0..self.table.schema.fields().len()).collect());
        let schema = Arc::new(self.table.schema.project(&wanted)?);
        // Files give their columns in the order of the table, whatever the order that is asked for.
        let mut columns = wanted.clone();
        columns.sort_unstable();
        columns.dedup();
        let order: Vec<usize> = wanted.iter().filter_map(|column| columns.binary_search(column).ok()).collect();
        let partitions = partitions(self.table.rows).into_iter().map(|rows| {
            Arc::new(Partition {
                table: self.table.clone(),
                rows,
                columns: columns.clone(),
                order: order.clone(),
                schema: Arc::clone(&schema),
                read: Arc::clone(&self.read),
            }) as Arc<dyn PartitionStream>
        });
        let partitions = partitions.collect();
        Ok(Arc::new(StreamingTableExec::try_new(Arc::clone(&schema), partitions, None, [], false, limit)?))
    }
}

/// The rows of each partition: whole parts, side by side.
fn partitions(rows: u64) -> Vec<Range<u64>> {
    let parts = rows.div_ceil(PART).max(1);
    let count = parts.min(PARTITIONS);
    let edge = |partition: u64| (partition * parts / count * PART).min(rows);
    (0..count).map(|partition| edge(partition)..edge(partition + 1)).collect()
}

/// A range of rows as a partition of a query.
#[derive(Debug)]
struct Partition {
    table: StoredTable,
    rows: Range<u64>,
    /// The columns to read, ascending.
    columns: Vec<usize>,
    /// The places among them of those to hand on.
    order: Vec<usize>,
    schema: SchemaRef,
    read: Arc<AtomicU64>,
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (order, read) = (self.order.clone(), Arc::clone(&self.read));
        let batches = self.table.batches(self.rows.clone(), Some(&self.columns)).map(move |batch| {
            let batch = batch.map_err(|error| DataFusionError::Execution(error.to_string()))?;
            read.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
            Ok(batch.project(&order)?)
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::iter(batches)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_whole_parts_that_meet() {
        for rows in [0, 1, PART, PART + 1, 40 * PART - 7, 1000 * PART] {
            let partitions = partitions(rows);
            assert!(partitions.len() as u64 <= PARTITIONS);
            assert_eq!((partitions[0].start, partitions.last().map(|last| last.end)), (0, Some(rows)));
            assert!(partitions.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].end % PART == 0));
        }
    }
}
