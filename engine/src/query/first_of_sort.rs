//! The first rows of a sort, found in each partition by itself.
//!
//! DataFusion's partitions of a sort with a limit tell each other the largest row that may still count, so that of equal rows those are kept
//! whose partition was faster.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{LexOrdering, PhysicalExpr};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
};

use super::operator::of_one_input;

/// The first `fetch` rows of each partition of its input, in order.
#[derive(Debug)]
pub(super) struct FirstOfSort {
    input: Arc<dyn ExecutionPlan>,
    ordering: LexOrdering,
    fetch: usize,
    properties: Arc<PlanProperties>,
}

impl FirstOfSort {
    /// In the place of a sort whose partitions would tell each other; none where they have nothing to tell.
    pub(super) fn of(sort: &SortExec) -> Option<Arc<dyn ExecutionPlan>> {
        let fetch = sort.fetch().filter(|_| sort.preserve_partitioning())?;
        Some(FirstOfSort::over(Arc::clone(sort.input()), sort.expr(), fetch))
    }

    fn over(input: Arc<dyn ExecutionPlan>, ordering: &LexOrdering, fetch: usize) -> Arc<dyn ExecutionPlan> {
        let ordering = ordering.clone();
        let properties = Arc::clone(sort(&input, &ordering, fetch).properties());
        Arc::new(FirstOfSort { input, ordering, fetch, properties })
    }
}

/// A sort that shares with no other what it has found.
fn sort(input: &Arc<dyn ExecutionPlan>, ordering: &LexOrdering, fetch: usize) -> SortExec {
    SortExec::new(ordering.clone(), Arc::clone(input)).with_preserve_partitioning(true).with_fetch(Some(fetch))
}

impl DisplayAs for FirstOfSort {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FirstOfSort: fetch={}, expr=[{}]", self.fetch, self.ordering)
    }
}

impl ExecutionPlan for FirstOfSort {
    fn name(&self) -> &'static str {
        "FirstOfSort"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    of_one_input!(|own: &FirstOfSort, input| FirstOfSort::over(input, &own.ordering, own.fetch));

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        sort(&self.input, &self.ordering, self.fetch).execute(partition, context)
    }
}
