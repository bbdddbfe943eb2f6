//! The rules by which the SQL library plans a query, with what ends them when nobody waits any more, and what keeps them from growing a plan.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::optimizer::analyzer::Analyzer;
use datafusion::optimizer::{AnalyzerRule, Optimizer, OptimizerConfig, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::ExecutionPlan;

use super::arithmetic::Checked;
use crate::expr::kept_cases;
use crate::functions::bounded;
use crate::stop::Stop;

type Analyzing = Arc<dyn AnalyzerRule + Send + Sync>;
type Optimizing = Arc<dyn OptimizerRule + Send + Sync>;
type Choosing = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// The rules that make a plan correct.
pub(super) fn analyzer(stop: &Stop) -> Vec<Analyzing> {
    let last: [Analyzing; 2] = [Arc::new(Kept), Arc::new(Checked)];
    let rules = Analyzer::new().rules.into_iter().chain(last);
    rules.flat_map(|rule| [Arc::new(Interrupt(stop.clone())) as Analyzing, rule]).collect()
}

/// The rules that make a plan good.
pub(super) fn optimizer(stop: &Stop) -> Vec<Optimizing> {
    let rules = Optimizer::new().rules.into_iter();
    rules.flat_map(|rule| [Arc::new(Interrupt(stop.clone())) as Optimizing, rule]).collect()
}

/// The rules that choose how a plan is carried out.
pub(super) fn physical(stop: &Stop) -> Vec<Choosing> {
    let rules = PhysicalOptimizer::new().rules.into_iter();
    rules.flat_map(|rule| [Arc::new(Interrupt(stop.clone())) as Choosing, rule]).collect()
}

/// Ends planning between two rules.
#[derive(Debug)]
struct Interrupt(Stop);

const INTERRUPT: &str = "interrupt";

impl AnalyzerRule for Interrupt {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        self.0.check().map(|()| plan)
    }

    fn name(&self) -> &'static str {
        INTERRUPT
    }
}

impl OptimizerRule for Interrupt {
    fn name(&self) -> &'static str {
        INTERRUPT
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        self.0.check().map(|()| Transformed::no(plan))
    }
}

impl PhysicalOptimizerRule for Interrupt {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        self.0.check().map(|()| plan)
    }

    fn name(&self) -> &'static str {
        INTERRUPT
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Keeps long `CASE`s from being multiplied out, and what is joined from growing without an end.
#[derive(Debug)]
struct Kept;

impl AnalyzerRule for Kept {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let kept = plan.transform_up_with_subqueries(|node| {
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                let name = names.save(&expr);
                let kept = kept_cases(expr)?.transform_data(bounded)?;
                Ok(kept.update_data(|expr| name.restore(expr)))
            })
        })?;
        Ok(kept.data)
    }

    fn name(&self) -> &'static str {
        "kept"
    }
}
