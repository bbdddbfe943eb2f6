//! Conditions of joins that can be stopped.
//!
//! A join of everything with everything weighs each pair of rows within one poll of an input, and those may be a thousand million where few
//! are kept: only the condition itself is asked often enough to see that nobody waits any more.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{FieldRef, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::config::{ConfigEntry, ConfigExtension, ExtensionOptions};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Result, config_err, exec_err, internal_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    HashJoinExec, HashJoinExecBuilder, NestedLoopJoinExec, NestedLoopJoinExecBuilder,
};

use crate::stop::Stop;

impl Stop {
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_stopped() { exec_err!("the query was stopped") } else { Ok(()) }
    }

    /// The same join with a condition that ends it, where it has one and is of a kind that weighs pairs of rows.
    pub(super) fn guard(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
        if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
            let Some(filter) = join.filter() else { return Ok(Transformed::no(plan)) };
            let filter = Some(self.guarded(filter));
            return Ok(Transformed::yes(Arc::new(NestedLoopJoinExecBuilder::from(join).with_filter(filter).build()?)));
        }
        if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
            let Some(filter) = join.filter() else { return Ok(Transformed::no(plan)) };
            let filter = Some(self.guarded(filter));
            return Ok(Transformed::yes(Arc::new(HashJoinExecBuilder::from(join).with_filter(filter).build()?)));
        }
        Ok(Transformed::no(plan))
    }

    fn guarded(&self, filter: &JoinFilter) -> JoinFilter {
        let condition = Arc::new(Guarded { condition: Arc::clone(filter.expression()), stop: self.clone() });
        JoinFilter::new(condition, filter.column_indices().to_vec(), Arc::clone(filter.schema()))
    }
}

/// Carried with the options of a query to functions, whose rows may be made by tasks that no thread knows a flag for.
impl ConfigExtension for Stop {
    const PREFIX: &'static str = "stop";
}

impl ExtensionOptions for Stop {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, _: &str) -> Result<()> {
        config_err!("{key} is no option")
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        Vec::new()
    }
}

/// A condition that is refused once its query was stopped.
#[derive(Debug)]
struct Guarded {
    condition: Arc<dyn PhysicalExpr>,
    stop: Stop,
}

impl PartialEq for Guarded {
    fn eq(&self, other: &Guarded) -> bool {
        self.condition.eq(&other.condition)
    }
}

impl Eq for Guarded {}

impl Hash for Guarded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.condition.hash(state);
    }
}

impl fmt::Display for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)
    }
}

impl PhysicalExpr for Guarded {
    fn return_field(&self, input: &Schema) -> Result<FieldRef> {
        self.condition.return_field(input)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.stop.check()?;
        self.condition.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.condition]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        match children.pop() {
            Some(condition) if children.is_empty() => Ok(Arc::new(Guarded { condition, stop: self.stop.clone() })),
            _ => internal_err!("one condition is guarded"),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt_sql(f)
    }
}
