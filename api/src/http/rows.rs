//! Rows of a table as an answer: a page of objects, or a file in one of the formats, written while it is read.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::runtime_env::RuntimeEnv;
use engine::generators::Rows as RowNumbers;
use engine::plan::{BLOCK, Evaluation, Plan};
use formats::{FORMATS, Format};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::{IntoParams, ToSchema};

use crate::datasets::service::JSON;
use crate::error::{ApiError, Code};
use crate::generations::files::document;
use crate::generations::parts::StoredTable;
use crate::generations::picking::{Picking, Selected};
use crate::generations::rows::Selection;
use crate::generations::scan;
use crate::http::streams::{self, BodyWriter};
use crate::http::{accept, cells, deadline, files};
use crate::{App, Failure, sql};

/// Answers with many rows that are written at the same time, at most, and such with few.
const MANY: usize = 32;
const FEW: usize = 256;

/// Rows of an answer that are few: no reader who takes nothing of many keeps them from others.
const FEW_ROWS: u64 = 1000;

/// How long a request for rows waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Rows of an answer where the client names no number.
const DEFAULT_LIMIT: u64 = 100;

/// Rows of an answer at most.
const MAX_LIMIT: u64 = 1_000_000;

/// The last row that a page may begin with: every reader of JSON keeps the number.
pub const MAX_OFFSET: u64 = (1 << 53) - 1;

/// Which rows, and how they are spelled.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RowsQuery {
    /// Rows, at most 1,000,000.
    #[param(minimum = 1, maximum = 1000000, default = 100)]
    pub limit: Option<u64>,
    /// The first row, counted from 0.
    #[serde(default)]
    #[param(maximum = 9007199254740991_u64)]
    pub offset: u64,
    /// Only these columns, with commas between them.
    #[param(format = "column-names")]
    pub columns: Option<String>,
    /// An SQL condition that rows have to meet.
    #[param(format = "sql-condition", example = "id > 5")]
    pub r#where: Option<String>,
    /// Columns to sort by, each with `asc` or `desc` behind it; nulls come last.
    #[param(format = "sql-order", example = "id desc")]
    pub order_by: Option<String>,
    /// Milliseconds after which the first rows, or those that a condition or an order picks, are looked for no longer, 1,000 to 30,000.
    #[param(minimum = 1000, maximum = 30000, default = 30000)]
    pub timeout_ms: Option<u64>,
    /// The name of a format; by default what `Accept` names, else a page of objects.
    pub format: Option<String>,
}

/// A page of rows.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "declares an answer that is written while it is made")]
pub struct RowList {
    /// A row is an object; whole numbers beyond ±(2^53 − 1) and decimals are texts.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, Value>>)]
    pub items: Vec<Map<String, Value>>,
    /// Rows that there are, beyond this page too.
    pub total: u64,
    /// Where the next page is; null on the last.
    pub next: Option<String>,
}

/// Where rows come from.
pub enum Source {
    /// Stored parts of a generation.
    Stored(StoredTable),
    /// Made when they are read.
    Planned,
}

/// A table whose rows are asked for.
pub struct AskedTable {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The table's place in it.
    pub table: usize,
    /// Where its rows come from.
    pub source: Source,
}

impl AskedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.plan.tables[self.table].schema)
    }

    fn rows(&self) -> u64 {
        self.plan.tables[self.table].rows
    }

    /// A range of rows as batches, of some columns.
    fn batches(&self, range: Range<u64>, columns: &[usize]) -> Batches {
        let range = range.start.min(self.rows())..range.end.min(self.rows());
        match &self.source {
            Source::Stored(stored) => {
                // Files give their columns in the order of the table.
                let mut read = columns.to_vec();
                read.sort_unstable();
                read.dedup();
                let order: Vec<usize> = columns.iter().filter_map(|column| read.binary_search(column).ok()).collect();
                Box::new(stored.batches(range, Some(&read)).map(move |batch| {
                    let batch = batch.map_err(|error| ApiError::from(Failure::Format(error)))?;
                    batch.project(&order).map_err(ApiError::internal)
                }))
            }
            Source::Planned => {
                let (plan, table, columns) = (Arc::clone(&self.plan), self.table, columns.to_vec());
                let mut start = range.start;
                Box::new(std::iter::from_fn(move || {
                    let end = ((start / BLOCK + 1) * BLOCK).min(range.end);
                    let block = start..end;
                    start = end;
                    (block.start < block.end).then(|| {
                        let mut evaluation = Evaluation::new(&plan, table, RowNumbers::Range(block));
                        evaluation.batch(Some(&columns)).map_err(|error| ApiError::from(Failure::from(error)))
                    })
                }))
            }
        }
    }

    /// The table as SQL reads it.
    fn provider(&self) -> Arc<dyn TableProvider> {
        match &self.source {
            Source::Stored(stored) => scan::provider(stored.clone(), Arc::default()),
            Source::Planned => engine::table::provider(&self.plan, self.table),
        }
    }
}

/// Rows, some at a time.
type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ApiError>> + Send>;

/// How rows are spelled.
#[derive(Clone, Copy)]
enum Spelling {
    Page,
    File(&'static dyn Format),
}

/// The answer to a request for rows. `path` is where the next page is asked for.
pub async fn answer(
    app: &App,
    asked: AskedTable,
    query: RowsQuery,
    request: &HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::invalid_at("/limit", format!("{limit} is not in 1 to {MAX_LIMIT}")));
    }
    if query.offset > MAX_OFFSET {
        return Err(ApiError::invalid_at("/offset", format!("{} is above {MAX_OFFSET}", query.offset)));
    }
    let time = sql::time_of(query.timeout_ms).map_err(|problem| ApiError::invalid(vec![problem]))?;
    let spelling = spelling(query.format.as_deref(), request)?;
    let (path, text) = (request.path().to_owned(), request.query_string().to_owned());
    let range = query.offset..query.offset.saturating_add(limit);
    let (schema, reference_time_us) = (asked.schema(), asked.plan.dataset.reference_time_us());
    let selection = deadline::within(time, "/where", move |making| {
        making.reads_condition();
        let RowsQuery { columns, r#where, order_by, .. } = &query;
        let (columns, r#where, order_by) = (columns.as_deref(), r#where.as_deref(), order_by.as_deref());
        Selection::new(&schema, reference_time_us, range, columns, r#where, order_by)
    })
    .await?;
    let turn = app.answers.take(limit).await?;
    // The first rows are made before the answer begins, so that what is wrong with them is told as such.
    let rows = if selection.is_range() {
        deadline::within(time, "/timeout_ms", move |making| {
            making.begins(&asked.plan, asked.table);
            Rows::begin(asked, &selection)
        })
        .await?
    } else {
        let pointer = selection.pointer();
        app.sql.run(time, pointer, |environment, _| Rows::pick(asked, selection, environment)).await?
    };
    let (writer, stream) = streams::body();
    let mut answer = HttpResponse::Ok();
    match spelling {
        Spelling::Page => {
            answer.content_type(JSON);
            let next = move |end: u64, total: u64| (end < total).then(|| next_page(&path, &text, end));
            tokio::task::spawn_blocking(move || finish(writer, turn, |out| rows.write_page(out, next)));
        }
        Spelling::File(format) => {
            let name = format!("{}.{}", formats::file_name(rows.table_name()), format.extension());
            answer.content_type(format.kind().media_type).insert_header(files::attachment(&name));
            tokio::task::spawn_blocking(move || finish(writer, turn, |out| rows.write_file(format, out)));
        }
    }
    Ok(answer.insert_header((header::VARY, "accept")).streaming(stream))
}

/// Turns to write answers with rows, each of which holds some megabytes as long as its reader has not taken all.
pub struct Turns {
    few: Arc<Semaphore>,
    many: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Turns {
        Turns { few: Arc::new(Semaphore::new(FEW)), many: Arc::new(Semaphore::new(MANY)) }
    }
}

impl Turns {
    /// A turn for an answer with so many rows.
    async fn take(&self, rows: u64) -> Result<OwnedSemaphorePermit, ApiError> {
        let (turns, all) = if rows <= FEW_ROWS { (&self.few, FEW) } else { (&self.many, MANY) };
        match tokio::time::timeout(PATIENCE, Arc::clone(turns).acquire_owned()).await {
            Ok(turn) => turn.map_err(ApiError::internal),
            Err(_) => {
                let sentence = format!("{all} other answers with rows are being read, as many as at a time; try again");
                Err(ApiError::new(Code::Unavailable, sentence))
            }
        }
    }
}

/// Writes a body, or breaks it off where that fails. The turn ends with it.
fn finish(
    mut writer: BodyWriter,
    _turn: OwnedSemaphorePermit,
    write: impl FnOnce(&mut BodyWriter) -> Result<(), Failure>,
) {
    match write(&mut writer).and_then(|()| writer.flush().map_err(Failure::sink(std::path::Path::new("the answer")))) {
        Ok(()) | Err(Failure::ReaderGone) => {}
        Err(failure) => {
            log::warn!("an answer was broken off: {failure}");
            writer.fail(failure);
        }
    }
}

/// Rows on their way out.
struct Rows {
    asked: AskedTable,
    schema: SchemaRef,
    range: Range<u64>,
    total: u64,
    batches: Batches,
    /// The memory that they are counted by, where they are there already.
    _held: Option<MemoryReservation>,
}

impl Rows {
    /// A range of the table as it stands.
    fn begin(asked: AskedTable, selection: &Selection) -> Result<Rows, ApiError> {
        let range = selection.range();
        let schema = selection.schema(&asked.schema())?;
        let mut batches = asked.batches(range.clone(), selection.columns());
        let first = batches.next().transpose()?;
        let batches = Box::new(first.map(Ok).into_iter().chain(batches));
        Ok(Rows { schema, range, total: asked.rows(), batches, asked, _held: None })
    }

    /// What condition and order pick.
    async fn pick(asked: AskedTable, selection: Selection, environment: Arc<RuntimeEnv>) -> Result<Rows, ApiError> {
        let rows = asked.provider();
        let picking = Picking { plan: &asked.plan, table: asked.table, rows, environment };
        let Some(selected) = picking.pick(&selection).await? else { return Rows::begin(asked, &selection) };
        let Selected { batches, schema, total, held } = selected;
        let batches = Box::new(batches.into_iter().map(Ok));
        Ok(Rows { schema, range: selection.range(), total, batches, asked, _held: Some(held) })
    }

    fn table_name(&self) -> &str {
        &self.asked.plan.tables[self.asked.table].name
    }

    fn write_page(
        mut self,
        out: &mut BodyWriter,
        next: impl FnOnce(u64, u64) -> Option<String>,
    ) -> Result<(), Failure> {
        let place = std::path::Path::new("the answer");
        let sunk = |result: io::Result<()>| result.map_err(Failure::sink(place));
        sunk(out.write_all(b"{\"items\":["))?;
        let mut count = 0;
        for batch in self.batches.by_ref() {
            out.reader().check()?;
            let batch = batch.map_err(|error| Failure::Internal(error.to_string()))?;
            for object in cells::objects(&batch)? {
                if count > 0 {
                    sunk(out.write_all(b","))?;
                }
                count += 1;
                sunk(serde_json::to_writer(&mut *out, &object).map_err(io::Error::from))?;
            }
        }
        let next = next(self.range.start.saturating_add(count), self.total);
        sunk(write!(out, "],\"total\":{},\"next\":{}}}", self.total, json!(next)))
    }

    fn write_file(mut self, format: &dyn Format, out: &mut BodyWriter) -> Result<(), Failure> {
        let place = std::path::Path::new("the answer");
        let writing = Failure::writing(place);
        let mut document = document::document(&self.asked.plan, &[self.asked.table], &[self.total]);
        if let Some(table) = document.tables.first_mut() {
            let kept = |name: &str| self.schema.index_of(name).ok();
            table.columns.retain(|column| kept(&column.name).is_some());
            table.columns.sort_by_key(|column| kept(&column.name));
            table.schema = Arc::clone(&self.schema);
        }
        let options = formats::Options::default();
        let reader = out.reader();
        let mut writer = format.writer(Box::new(out), &document, &options).map_err(&writing)?;
        writer.begin_table(0).map_err(&writing)?;
        for batch in self.batches.by_ref() {
            // Some formats write nothing before their last row.
            reader.check()?;
            let batch = batch.map_err(|error| Failure::Internal(error.to_string()))?;
            writer.write(&batch).map_err(&writing)?;
        }
        writer.end_table().map_err(&writing)?;
        writer.finish(&[]).map_err(&writing)
    }
}

/// What `format` names, else what `Accept` likes best, else a page.
fn spelling(format: Option<&str>, request: &HttpRequest) -> Result<Spelling, ApiError> {
    let is_page = |format: &dyn Format| format.kind().media_type == JSON;
    let spelled = |format: &'static dyn Format| if is_page(format) { Spelling::Page } else { Spelling::File(format) };
    if let Some(name) = format {
        return match formats::by_name(name) {
            Some(format) => Ok(spelled(format)),
            None => {
                let known: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
                let sentence = format!("{name:?} is no format; known are {}", known.join(", "));
                Err(ApiError::invalid_at("/format", sentence))
            }
        };
    }
    let files = FORMATS.iter().copied().filter(|format| !is_page(*format));
    let files: Vec<&'static dyn Format> = files.collect();
    let offered: Vec<&str> = std::iter::once(JSON).chain(files.iter().map(|format| format.kind().media_type)).collect();
    Ok(match accept::choose(request, &offered)? {
        0 => Spelling::Page,
        place => Spelling::File(files[place - 1]),
    })
}

/// The same request for the rows from `offset` on.
fn next_page(path: &str, query: &str, offset: u64) -> String {
    let mut next = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "offset") {
        next.append_pair(&name, &value);
    }
    next.append_pair("offset", &offset.to_string());
    format!("{path}?{}", next.finish())
}
