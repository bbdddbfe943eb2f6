//! A plan's table as a DataFusion table that makes its rows when it is scanned: only the columns that a query needs, and only the rows where
//! a condition on a key names them.

mod exec;
mod ranges;

use std::iter;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;

use self::exec::MadeRows;
use self::ranges::{Ranges, first, intersection, rows_of};
use crate::plan::Plan;

/// A table of a plan.
pub fn provider(plan: &Arc<Plan>, table: usize) -> Arc<dyn TableProvider> {
    Arc::new(PlannedTable { plan: Arc::clone(plan), table })
}

/// The rows that an operator makes without the first `skip`, at most `fetch` of them; `None` where it is none that makes rows.
pub(crate) fn slice(
    node: &Arc<dyn ExecutionPlan>,
    skip: usize,
    fetch: Option<usize>,
) -> Option<Result<Arc<dyn ExecutionPlan>>> {
    let made = node.downcast_ref::<MadeRows>()?;
    let sliced = made.slice(skip as u64, fetch.map(|fetch| fetch as u64));
    Some(sliced.map(|made| Arc::new(made) as Arc<dyn ExecutionPlan>))
}

/// How many rows an operator makes; `None` where it is none that makes rows.
pub(crate) fn rows(node: &Arc<dyn ExecutionPlan>) -> Option<usize> {
    usize::try_from(node.downcast_ref::<MadeRows>()?.rows()).ok()
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

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let supports = |filter: &&Expr| match rows_of(&self.plan, self.table, filter) {
            Some(_) => TableProviderFilterPushDown::Exact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(supports).collect())
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = iter::once(0..self.plan.tables[self.table].rows).collect();
        let known = filters.iter().filter_map(|filter| rows_of(&self.plan, self.table, filter));
        let rows: Ranges = known.fold(all, |rows, known| intersection(&rows, &known));
        let rows = limit.map_or_else(|| rows.clone(), |limit| first(&rows, limit as u64));
        let columns: Vec<usize> = projection.cloned().unwrap_or_else(|| (0..self.schema().fields().len()).collect());
        Ok(Arc::new(MadeRows::new(&self.plan, self.table, columns, &rows)?))
    }
}
