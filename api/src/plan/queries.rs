//! SQL over a schema's tables: answers as texts for a screen, or in a format.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use engine::plan::Plan;
use engine::query::{self, QueryError};
use engine::stack;
use formats::{Document, DocumentTable, Format, FormatError, Options};
use futures::StreamExt;

use super::previews::{Preview, PreviewColumn, texts};
use crate::Failure;
use crate::certificates::environment;

/// The most rows of an answer that are shown on a screen.
pub const MOST_SHOWN: u64 = 1_000;

/// What the answer to a query goes by.
const NAME: &str = "query";

/// The first rows of an answer, at most [`MOST_SHOWN`], and whether there are more.
pub fn shown(plan: &Arc<Plan>, sql: &str) -> Result<(Preview, bool), Failure> {
    answered(plan, sql, async |schema, mut answer| {
        let (mut rows, mut total) = (Vec::new(), 0_u64);
        while let Some(batch) = answer.next().await {
            let batch = batch.map_err(|error| QueryError::of(&error, plan))?;
            total += batch.num_rows() as u64;
            let room = MOST_SHOWN as usize - rows.len();
            rows.extend(texts(&batch.slice(0, batch.num_rows().min(room)))?);
            if total > MOST_SHOWN {
                break;
            }
        }
        let columns = schema
            .fields()
            .iter()
            .map(|field| PreviewColumn { name: field.name().clone(), is_number: field.data_type().is_numeric() });
        let is_cut = total > MOST_SHOWN;
        Ok((Preview { table: NAME.to_owned(), total, columns: columns.collect(), rows }, is_cut))
    })
}

/// Writes the whole answer in a format.
pub fn write(
    plan: &Arc<Plan>,
    sql: &str,
    format: &dyn Format,
    options: &Options,
    out: Box<dyn Write + Send + '_>,
) -> Result<(), Failure> {
    answered(plan, sql, async |schema, mut answer| {
        let failure = |error| match error {
            FormatError::Io(source) => Failure::sink(Path::new("-"))(source),
            other => Failure::Format(other),
        };
        let mut writer = format.writer(out, &document(plan, &schema), options).map_err(failure)?;
        writer.begin_table(0).map_err(failure)?;
        while let Some(batch) = answer.next().await {
            writer.write(&batch.map_err(|error| QueryError::of(&error, plan))?).map_err(failure)?;
        }
        writer.end_table().map_err(failure)?;
        writer.finish(&[]).map_err(failure)
    })
}

fn document(plan: &Plan, schema: &SchemaRef) -> Document {
    let table = DocumentTable {
        name: NAME.to_owned(),
        description: None,
        // Known after the last row alone, and no format asks before.
        rows: 0,
        schema: Arc::clone(schema),
        columns: Vec::new(),
    };
    Document {
        name: plan.dataset.name.clone(),
        description: None,
        properties: Vec::new(),
        tables: vec![table],
        reference_time_us: plan.dataset.reference_time_us(),
    }
}

/// Asks, on threads of the query's own, and hands the answer on.
fn answered<T: Send>(
    plan: &Arc<Plan>,
    sql: &str,
    take: impl AsyncFnOnce(SchemaRef, SendableRecordBatchStream) -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    let machine = |source| Failure::Machine { what: "threads for the query", source };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().thread_stack_size(stack::DEEP).build().map_err(machine)?;
    let environment = environment(None)?;
    let work = || {
        runtime.block_on(async {
            let answer = query::query(plan, sql, &environment).await?;
            take(answer.schema(), answer).await
        })
    };
    stack::deep(work).map_err(machine)?
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Failure {
        match error {
            QueryError::Run(error) => Failure::Run(error),
            error @ (QueryError::Sql(_) | QueryError::Memory) => Failure::Request(error.to_string()),
        }
    }
}
