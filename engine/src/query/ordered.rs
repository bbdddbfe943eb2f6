//! The same answer whenever it is asked for: rows in the order of the tables that they come from, whatever thread made them.
//!
//! DataFusion merges partitions as their batches come, breaks ties of sorted streams by which was read last, lets the partition of a join that
//! ends last emit what no row matched, and tells the partitions of a sort with a limit what others have found. Each of these is replaced by one
//! that depends on the rows alone. [`configured`] keeps batches from being dealt to partitions in turn, which cannot be put in order afterwards.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{JoinType, Result, internal_err};
use datafusion::error::DataFusionError;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
    ReplaceChildrenOptions, replace_children_if_necessary,
};
use futures::{Stream, StreamExt, ready};

use super::first_of_sort::FirstOfSort;
use super::operator::of_one_input;
use crate::table;

/// Batches that a partition may be ahead of those that are read.
const AHEAD: usize = 2;

/// Settings without which rows come in an order of their own.
pub(super) fn configured(options: &mut ConfigOptions) {
    options.optimizer.enable_round_robin_repartition = false;
    options.optimizer.repartition_aggregations = false;
    options.optimizer.repartition_joins = false;
    options.optimizer.repartition_windows = false;
    // What one partition has found so far would decide which of equal rows another one keeps.
    options.optimizer.enable_dynamic_filter_pushdown = false;
    options.optimizer.enable_topk_dynamic_filter_pushdown = false;
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
}

/// The plan with its rows in order, in one partition. Rows that an `OFFSET` passes over are not made where it stands above a table alone.
pub(super) fn ordered(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let ordered = plan.transform_up(|node| {
        if let Some(merged) = node.downcast_ref::<CoalescePartitionsExec>() {
            return Ok(Transformed::yes(InOrder::over(Arc::clone(merged.input()), merged.fetch())));
        }
        if let Some(merged) = node.downcast_ref::<SortPreservingMergeExec>() {
            return Ok(Transformed::yes(Arc::new(merged.clone().with_round_robin_repartition(false))));
        }
        if let Some(sort) = node.downcast_ref::<SortExec>() {
            let last = last_of_sort(sort)?;
            let first = FirstOfSort::of(last.as_ref().unwrap_or(sort));
            let last = last.map(|sort| Arc::new(sort) as Arc<dyn ExecutionPlan>);
            return Ok(first.or(last).map_or_else(|| Transformed::no(Arc::clone(&node)), Transformed::yes));
        }
        if let Some(limit) = node.downcast_ref::<GlobalLimitExec>().filter(|limit| limit.skip() > 0) {
            let sliced = sliced(limit.input(), limit.skip(), limit.fetch())?;
            return Ok(sliced.map_or_else(|| Transformed::no(Arc::clone(&node)), Transformed::yes));
        }
        let joined = node.downcast_ref::<HashJoinExec>().map(|join| *join.join_type());
        let joined = joined.or_else(|| node.downcast_ref::<NestedLoopJoinExec>().map(|join| *join.join_type()));
        match (joined, node.children().as_slice()) {
            (Some(kind), [left, right]) if emits_unmatched(kind) && partitions(right) > 1 => {
                let children = vec![Arc::clone(left), InOrder::over(Arc::clone(right), None)];
                Ok(Transformed::yes(replace_children_if_necessary(Arc::clone(&node), children)?))
            }
            _ => Ok(Transformed::no(node)),
        }
    })?;
    Ok(if partitions(&ordered.data) > 1 { InOrder::over(ordered.data, None) } else { ordered.data })
}

fn partitions(plan: &Arc<dyn ExecutionPlan>) -> usize {
    plan.output_partitioning().partition_count()
}

/// Whether a join emits rows of its left side once all of its right side have been read.
fn emits_unmatched(kind: JoinType) -> bool {
    matches!(kind, JoinType::Left | JoinType::Full | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark)
}

/// The rows of a plan without the first `skip`, at most `fetch` of them, where they are a table's and can be left out there.
fn sliced(node: &Arc<dyn ExecutionPlan>, skip: usize, fetch: Option<usize>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if let Some(rows) = table::slice(node, skip, fetch) {
        return rows.map(Some);
    }
    let wanted = fetch.map(|fetch| fetch.saturating_add(skip));
    // What bounds the rows below is no narrower than what is wanted of them.
    let is_wide = |bound: usize| wanted.is_some_and(|wanted| bound >= wanted);
    if let Some(merged) = node.downcast_ref::<InOrder>() {
        let fits = merged.fetch.is_none_or(is_wide);
        let below = if fits { sliced(&merged.input, skip, fetch)? } else { None };
        return Ok(below.map(|input| InOrder::over(input, None)));
    }
    // What is in the order of a table's rows is merged by reading one partition after the other.
    if let Some(merged) = node.downcast_ref::<SortPreservingMergeExec>() {
        let fits = merged.fetch().is_none_or(is_wide);
        let below = if fits { sliced(merged.input(), skip, fetch)? } else { None };
        return Ok(below.map(|input| InOrder::over(input, None)));
    }
    if let Some(limit) = node.downcast_ref::<LocalLimitExec>() {
        return if is_wide(limit.fetch()) { sliced(limit.input(), skip, fetch) } else { Ok(None) };
    }
    if !node.is::<ProjectionExec>() && !node.is::<CooperativeExec>() {
        return Ok(None);
    }
    let children = node.children();
    let [input] = children.as_slice() else { return Ok(None) };
    let Some(input) = sliced(input, skip, fetch)? else { return Ok(None) };
    replace_children_if_necessary(Arc::clone(node), vec![input]).map(Some)
}

/// A sort with a limit of the last rows of its table alone, where the table's rows come in the order against which it sorts.
fn last_of_sort(sort: &SortExec) -> Result<Option<SortExec>> {
    let input = sort.input();
    let Some((fetch, rows)) = sort.fetch().zip(rows_of(input)).filter(|(fetch, rows)| fetch < rows) else {
        return Ok(None);
    };
    let first = sort.expr().first();
    // Where a value is null does not matter: numbers that follow from the place of a row never are.
    let is_against = [false, true].into_iter().try_fold(false, |found, nulls_first| {
        let options = SortOptions { descending: !first.options.descending, nulls_first };
        let against = PhysicalSortExpr::new(Arc::clone(&first.expr), options);
        Ok::<bool, DataFusionError>(found || input.equivalence_properties().ordering_satisfy([against])?)
    })?;
    let last = if is_against { sliced(input, rows - fetch, None)? } else { None };
    Ok(last.map(|last| {
        let input = if sort.preserve_partitioning() { last } else { InOrder::over(last, None) };
        SortExec::new(sort.expr().clone(), input)
            .with_preserve_partitioning(sort.preserve_partitioning())
            .with_fetch(Some(fetch))
    }))
}

/// How many rows a plan has that hands on those of a table.
fn rows_of(node: &Arc<dyn ExecutionPlan>) -> Option<usize> {
    if node.is::<ProjectionExec>() || node.is::<CooperativeExec>() {
        return rows_of(node.children().first()?);
    }
    table::rows(node)
}

/// The rows of its input's partitions one after the other; several of them are made at the same time.
#[derive(Debug)]
struct InOrder {
    input: Arc<dyn ExecutionPlan>,
    /// How many rows at most.
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
}

impl InOrder {
    fn over(input: Arc<dyn ExecutionPlan>, fetch: Option<usize>) -> Arc<dyn ExecutionPlan> {
        if fetch.is_none() && partitions(&input) == 1 {
            return input;
        }
        let properties = Arc::clone(CoalescePartitionsExec::new(Arc::clone(&input)).properties());
        Arc::new(InOrder { input, fetch, properties })
    }
}

impl DisplayAs for InOrder {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fetch {
            Some(fetch) => write!(f, "InOrder: fetch={fetch}"),
            None => f.write_str("InOrder"),
        }
    }
}

impl ExecutionPlan for InOrder {
    fn name(&self) -> &'static str {
        "InOrder"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    of_one_input!(|own: &InOrder, input| InOrder::over(input, own.fetch));

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition > 0 {
            return internal_err!("rows in order have one partition");
        }
        Ok(Box::pin(Partitions {
            input: Arc::clone(&self.input),
            context,
            open: VecDeque::new(),
            next: 0,
            at_once: thread::available_parallelism().map_or(1, usize::from).max(2),
            left: self.fetch.unwrap_or(usize::MAX),
        }))
    }
}

/// A stream of the partitions of a plan, in order.
struct Partitions {
    input: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    /// Those that are being made; the first is read.
    open: VecDeque<SendableRecordBatchStream>,
    /// The first that has not been begun.
    next: usize,
    /// How many are made at the same time.
    at_once: usize,
    /// Rows that are still wanted.
    left: usize,
}

impl Stream for Partitions {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.left == 0 {
                // Whoever makes more is stopped.
                self.open.clear();
                return Poll::Ready(None);
            }
            while self.open.len() < self.at_once && self.next < partitions(&self.input) {
                let mut maker = RecordBatchReceiverStream::builder(self.schema(), AHEAD);
                let (input, partition, context) = (Arc::clone(&self.input), self.next, Arc::clone(&self.context));
                let made = maker.tx();
                maker.spawn(async move {
                    let mut batches = input.execute(partition, context)?;
                    while let Some(batch) = batches.next().await {
                        let is_last = batch.is_err();
                        // Who reads no more wants no more either.
                        if made.send(batch).await.is_err() || is_last {
                            break;
                        }
                    }
                    Ok(())
                });
                self.open.push_back(maker.build());
                self.next += 1;
            }
            let Some(first) = self.open.front_mut() else { return Poll::Ready(None) };
            match ready!(first.poll_next_unpin(cx)) {
                Some(Ok(batch)) => {
                    let rows = batch.num_rows().min(self.left);
                    self.left -= rows;
                    return Poll::Ready(Some(Ok(batch.slice(0, rows))));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => self.open.pop_front(),
            };
        }
    }
}

impl RecordBatchStream for Partitions {
    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }
}
