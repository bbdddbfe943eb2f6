//! Read-only SQL over the stored rows of a generation, bounded in time, memory and rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::runtime_env::RuntimeEnv;
use engine::plan::Plan;
use engine::problem::Problem;
use engine::query::{QueryError, Stop, query_tables};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::mending::{self, stored_table};
use super::parts::StoredTable;
use super::scan;
use super::service;
use super::worker::plan_of;
use crate::App;
use crate::error::ApiError;
use crate::http::body::whole;
use crate::http::cells::{self, ColumnInfo};
use crate::sql::{self, refused};

/// Rows of an answer where the client names no number.
const DEFAULT_ROWS: u64 = 1_000;

/// Rows of an answer at most.
pub const MAX_ROWS: u64 = 10_000;

/// Where problems of the statement point to.
const SQL: &str = "/sql";

/// Bytes of the values of an answer, after which it is cut.
const MAX_BYTES: usize = 16 << 20;

/// Bytes of a statement at most.
const MAX_SQL_BYTES: usize = 100_000;

/// Rows that are spelled at a time.
const STEP: usize = 256;

/// A query, and how far it may go.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// One statement that reads: `SELECT`, `WITH`, `VALUES`, `DESCRIBE` or `EXPLAIN`.
    #[schema(
        format = "sql-query",
        example = "SELECT price, count(*) FROM item GROUP BY price ORDER BY price",
        max_length = 100000
    )]
    pub sql: String,
    /// Rows of the answer, at most 10,000.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 10000, default = 1000)]
    pub limit: Option<u64>,
    /// Milliseconds after which the query is stopped, 1,000 to 30,000.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 1000, maximum = 30000, default = 30000)]
    pub timeout_ms: Option<u64>,
}

/// The answer to a query.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueryAnswer {
    /// Its columns; several may have one name.
    pub columns: Vec<ColumnInfo>,
    /// A row is a list of cells in the order of the columns; whole numbers beyond ±(2^53 − 1) and decimals are texts.
    #[schema(value_type = Vec<Vec<Value>>)]
    pub rows: Vec<Vec<Value>>,
    /// Whether there are more rows than these.
    pub is_cut: bool,
    /// The tables that were read.
    pub read: Vec<TableRead>,
    /// How long it took.
    pub duration_ms: u64,
}

/// What a query read of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TableRead {
    /// The table.
    pub table: String,
    /// Rows that were read; one that is read twice counts twice.
    pub rows: u64,
}

/// A table of a generation for a query.
struct Asked {
    name: String,
    stored: StoredTable,
    read: Arc<AtomicU64>,
}

/// Answers a query over the tables of a generation that succeeded.
pub async fn query(app: &Arc<App>, id: Uuid, query: Query) -> Result<QueryAnswer, ApiError> {
    let (limit, time) = bounds(&query)?;
    let state = app.clone();
    let (tables, plan) = mending::for_request(move |cancellation| {
        let row = state.db.read_now(|c| service::succeeded(c, id))?;
        let plan = plan_of(&state, &row)?;
        let mut tables = Vec::with_capacity(plan.tables.len());
        for (place, planned) in plan.tables.iter().enumerate() {
            let stored = stored_table(&state, &row, &plan, place, cancellation)?;
            tables.push(Asked { name: planned.name.clone(), stored, read: Arc::default() });
        }
        Ok((tables, plan))
    })
    .await?;
    let begun = Instant::now();
    let work = |environment, stop| answer(tables, plan, query.sql, limit, environment, stop);
    let answer = app.sql.run(time, SQL, work).await?;
    Ok(QueryAnswer { duration_ms: begun.elapsed().as_millis() as u64, ..answer })
}

fn bounds(query: &Query) -> Result<(u64, Duration), ApiError> {
    let mut problems = Vec::new();
    let limit = query.limit.unwrap_or(DEFAULT_ROWS);
    if !(1..=MAX_ROWS).contains(&limit) {
        problems.push(Problem::new("invalid_value", format!("{limit} is not in 1 to {MAX_ROWS}")).at("/limit"));
    }
    let time = sql::time_of(query.timeout_ms).map_err(|problem| problems.push(problem)).unwrap_or_default();
    if query.sql.len() > MAX_SQL_BYTES {
        let sentence = format!("the statement has {} bytes, and {MAX_SQL_BYTES} are read at most", query.sql.len());
        problems.push(Problem::new("invalid_sql", sentence).at(SQL));
    }
    if problems.is_empty() { Ok((limit, time)) } else { Err(ApiError::invalid(problems)) }
}

async fn answer(
    tables: Vec<Asked>,
    plan: Arc<Plan>,
    text: String,
    limit: u64,
    environment: Arc<RuntimeEnv>,
    stop: Stop,
) -> Result<QueryAnswer, ApiError> {
    let providers: Vec<(&str, Arc<dyn TableProvider>)> = tables
        .iter()
        .map(|asked| (asked.name.as_str(), scan::provider(asked.stored.clone(), Arc::clone(&asked.read))))
        .collect();
    let planning = query_tables(providers, &plan, &text, &environment, &stop);
    let stream = sql::planned(planning).map_err(|error| refused(error, SQL))?;
    let columns = cells::columns(&stream.schema());
    let (rows, is_cut) = taken(stream, &plan, limit as usize).await?;
    let read =
        tables.iter().map(|asked| TableRead { table: asked.name.clone(), rows: asked.read.load(Ordering::Relaxed) });
    let read = read.filter(|read| read.rows > 0).collect();
    Ok(QueryAnswer { columns, rows, is_cut, read, duration_ms: 0 })
}

/// The first rows of an answer, and whether there are more.
async fn taken(
    mut stream: SendableRecordBatchStream,
    plan: &Plan,
    limit: usize,
) -> Result<(Vec<Vec<Value>>, bool), ApiError> {
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|error| refused(QueryError::of(&error, plan), SQL))?;
        for step in steps(&batch) {
            if rows.len() == limit || bytes > MAX_BYTES {
                return Ok((rows, true));
            }
            let room = limit - rows.len();
            let shown = cells::lists(&step.slice(0, step.num_rows().min(room)))?;
            bytes += shown.iter().flatten().map(|cell| cell.as_str().map_or(8, str::len)).sum::<usize>();
            rows.extend(shown);
            if step.num_rows() > room {
                return Ok((rows, true));
            }
        }
    }
    Ok((rows, false))
}

fn steps(batch: &RecordBatch) -> impl Iterator<Item = RecordBatch> + '_ {
    let rows = batch.num_rows();
    (0..rows).step_by(STEP).map(move |start| batch.slice(start, STEP.min(rows - start)))
}
