//! Queries that give their threads back, and can be stopped.
//!
//! A join whose condition keeps nothing asks its inputs for batch after batch within one poll, and a cross product has always one ready, so that
//! the thread never comes back to see that nobody waits any more. Between joins and what they read there stand operators that give the thread
//! back after some milliseconds. They also let an input be read a second time, as a join does whose build side did not fit into memory:
//! operators that hand out each of their partitions once would panic.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err, resources_err};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
    replace_children_if_necessary,
};
use futures::{Stream, ready};

use super::operator::of_one_input;
use crate::stop::Stop;

/// How long a thread works before it looks whether somebody still waits.
const TURN: Duration = Duration::from_millis(10);

/// Puts an operator that yields between every operator of several inputs and each of them, and above it. Conditions of joins are refused
/// once `stop` says so. Where batches are `cut`, it stands above what reads a table too, whose batches have rows of their own number.
pub(super) fn yielding(plan: Arc<dyn ExecutionPlan>, stop: &Stop, cut: bool) -> Result<Arc<dyn ExecutionPlan>> {
    let wrapped = plan.transform_up(|node| {
        if node.children().is_empty() && cut {
            return Ok(Transformed::yes(Yielding::over(node)));
        }
        if node.children().len() < 2 {
            return Ok(Transformed::no(node));
        }
        let node = stop.guard(node)?.data;
        let children = node.children();
        let children = children.into_iter().map(|child| Yielding::over(Arc::clone(child))).collect();
        Ok(Transformed::yes(Yielding::over(replace_children_if_necessary(node, children)?)))
    })?;
    Ok(wrapped.data)
}

/// Hands on what its input gives, in batches of no more rows than asked for, and gives the thread back now and then.
#[derive(Debug)]
struct Yielding {
    input: Arc<dyn ExecutionPlan>,
    /// The partitions that were read.
    read: Mutex<HashSet<usize>>,
}

impl Yielding {
    fn around(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(Yielding { input, read: Mutex::default() })
    }

    fn over(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        if input.is::<Yielding>() { input } else { Yielding::around(input) }
    }
}

impl DisplayAs for Yielding {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Yielding")
    }
}

impl ExecutionPlan for Yielding {
    fn name(&self) -> &'static str {
        "Yielding"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    of_one_input!(|_: &Yielding, input| Yielding::around(input));

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let is_first = self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(partition);
        let input = Arc::clone(&self.input);
        let input = if is_first { input } else { reset_plan_states(input)? };
        let rows = context.session_config().batch_size();
        let input = input.execute(partition, context)?;
        Ok(Box::pin(Turns { input, began: None, rows, rest: None }))
    }
}

struct Turns {
    input: SendableRecordBatchStream,
    /// When the thread came here first since it was given back.
    began: Option<Instant>,
    /// Rows of a batch at most.
    rows: usize,
    /// What is left of a batch of more.
    rest: Option<RecordBatch>,
}

/// What a batch of joined rows may take, in bytes, if all were as large as the largest.
const MAX_JOINED: usize = 512 << 20;

/// Bytes of the texts and lists of a batch's largest row, at most.
fn largest(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(largest_value).sum()
}

fn largest_value(array: &ArrayRef) -> usize {
    let longest = |offsets: &[i32]| offsets.windows(2).map(|pair| (pair[1] - pair[0]) as usize).max().unwrap_or(0);
    if let Some(texts) = array.as_string_view_opt() {
        return texts.views().iter().map(|view| *view as u32 as usize).max().unwrap_or(0);
    }
    if let Some(texts) = array.as_string_opt::<i32>() {
        return longest(texts.value_offsets());
    }
    if let Some(lists) = array.as_list_opt::<i32>() {
        let values = lists.values();
        let each = values.get_array_memory_size() / values.len().max(1) + 1;
        return longest(lists.value_offsets()).saturating_mul(each);
    }
    match array.as_string_opt::<i64>() {
        Some(texts) => texts.iter().flatten().map(str::len).max().unwrap_or(0),
        None => 0,
    }
}

impl Stream for Turns {
    type Item = Result<RecordBatch>;

    #[allow(clippy::disallowed_methods, reason = "the clock says when a thread is given back, and no value")]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.began.is_some_and(|began| began.elapsed() >= TURN) {
            self.began = None;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.began.get_or_insert_with(Instant::now);
        let batch = match self.rest.take() {
            Some(rest) => rest,
            None => match ready!(self.input.as_mut().poll_next(context)) {
                Some(Ok(batch)) => batch,
                ended => return Poll::Ready(ended),
            },
        };
        // A join can put its largest row beside every row of a batch, before anybody could look.
        if largest(&batch).saturating_mul(self.rows) > MAX_JOINED {
            return Poll::Ready(Some(resources_err!("joined")));
        }
        if batch.num_rows() <= self.rows {
            return Poll::Ready(Some(Ok(batch)));
        }
        self.rest = Some(batch.slice(self.rows, batch.num_rows() - self.rows));
        Poll::Ready(Some(Ok(batch.slice(0, self.rows))))
    }
}

impl RecordBatchStream for Turns {
    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }
}
