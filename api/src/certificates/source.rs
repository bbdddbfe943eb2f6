//! Finds a plan's tables among files and shows each to queries as a table that is read whenever it is scanned.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use engine::plan::Plan;
use engine::problem::suggestion;
use engine::verify::{EXAMPLES, Unreadable};
use formats::{FORMATS, FormatError, Listener, SourceTable, Stranger};
use futures::stream;

use crate::Failure;
use crate::storage::StorageError;

/// The tables of a plan among files.
pub(super) struct Found {
    /// Every table of the plan, in its order.
    pub tables: Vec<(String, Arc<dyn TableProvider>)>,
    /// Sentences about what was passed over.
    pub notes: Vec<String>,
    /// What stops a reader.
    pub fault: Fault,
    /// What does not.
    pub strangers: Strangers,
}

/// Cells that are no values of their columns' types, by table and column. However often and by how many a file is read, each is counted once:
/// readers meet them in the order of the rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Strangers(Arc<Mutex<BTreeMap<(String, String), Met>>>);

#[derive(Debug, Default)]
struct Met {
    /// The last row that was counted.
    until: u64,
    cells: u64,
    /// The first of them, with their rows.
    first: Vec<(u64, String)>,
}

/// Characters of a cell that are shown.
const SHOWN_CHARACTERS: usize = 60;

impl Strangers {
    /// What hears of the cells of a table.
    fn listener(&self, table: &str) -> Listener {
        let (met, table) = (Arc::clone(&self.0), table.to_owned());
        Arc::new(move |stranger: Stranger<'_>| {
            let mut met = met.lock().unwrap_or_else(PoisonError::into_inner);
            let met = met.entry((table.clone(), stranger.column.to_owned())).or_default();
            if stranger.row <= met.until {
                return;
            }
            met.until = stranger.row;
            met.cells += 1;
            if met.first.len() < EXAMPLES {
                let mut shown: String = stranger.text.chars().take(SHOWN_CHARACTERS).collect();
                if shown.len() < stranger.text.len() {
                    shown.push('…');
                }
                met.first.push((stranger.row, shown));
            }
        })
    }

    /// What was met.
    pub(super) fn take(&self) -> Vec<Unreadable> {
        let met = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let unreadable = met.into_iter().map(|((table, column), met)| Unreadable {
            table,
            column,
            cells: met.cells,
            examples: met.first,
        });
        unreadable.collect()
    }
}

/// The first error of a reader. Queries wrap errors in words of their own; people are shown this one.
#[derive(Clone, Debug, Default)]
pub(super) struct Fault(Arc<Mutex<Option<FormatError>>>);

impl Fault {
    /// Takes the error, if there was one.
    pub(super) fn take(&self) -> Option<FormatError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps the error, if it is the first, and gives its sentence.
    fn keep(&self, error: FormatError) -> String {
        let sentence = error.to_string();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        sentence
    }
}

/// A file to read.
pub(super) struct Candidate {
    /// Where it is.
    pub path: PathBuf,
    /// What people know it by: the extension names its format, the stem its table.
    pub name: String,
    /// Whether somebody named it, instead of the folder that it lies in.
    pub is_named: bool,
}

/// Finds all tables of the plan, or says all that is missing, doubled or unknown.
pub(super) fn find(
    plan: &Plan,
    candidates: Vec<Candidate>,
    mut problems: Vec<String>,
    options: &formats::Options,
) -> Result<Found, Failure> {
    let mut notes = Vec::new();
    let mut found: BTreeMap<usize, (String, SourceTable)> = BTreeMap::new();
    // The tables of files that cannot be read: of those enough is said.
    let (mut unread, mut is_any_unread) = (HashSet::new(), false);
    for candidate in candidates {
        let shown = candidate.name;
        let Some((format, _)) = formats::by_extension(Path::new(&shown)) else {
            if candidate.is_named {
                problems.push(format!("{shown}: its extension names no format; known are {}", extensions()));
            }
            continue;
        };
        let stem = formats::table_name(Path::new(&shown));
        let tables = match format.read(&candidate.path, &stem, options) {
            Ok(tables) => tables,
            Err(error) => {
                problems.push(named(&shown, &error));
                unread.extend(position(plan, &stem));
                is_any_unread |= format.holds_all_tables();
                continue;
            }
        };
        let is_alone = tables.len() == 1 && !format.holds_all_tables();
        for table in tables {
            let place = if is_alone { shown.clone() } else { format!("{shown}, {:?}", table.name) };
            match position(plan, &table.name) {
                None => {
                    let sentence = unknown(plan, &place, &table.name);
                    if candidate.is_named && is_alone { problems.push(sentence) } else { notes.push(sentence) }
                }
                Some(index) => match found.get(&index) {
                    Some((other, _)) => {
                        problems
                            .push(format!("the table {:?} is in {other} and in {place}; name one of them", table.name));
                    }
                    None => {
                        found.insert(index, (place, table));
                    }
                },
            }
        }
    }
    let (fault, strangers) = (Fault::default(), Strangers::default());
    let mut tables: Vec<(String, Arc<dyn TableProvider>)> = Vec::new();
    for (index, planned) in plan.tables.iter().enumerate() {
        let Some((place, table)) = found.remove(&index) else {
            if !is_any_unread && !unread.contains(&index) {
                problems.push(missing(&planned.name));
            }
            continue;
        };
        let listener = strangers.listener(&planned.name);
        match provider(table, planned.schema.clone(), fault.clone(), listener) {
            Ok(provider) => tables.push((planned.name.clone(), provider)),
            Err(error) => problems.push(format!("{place}: {}", error.strip_backtrace())),
        }
    }
    if problems.is_empty() { Ok(Found { tables, notes, fault, strangers }) } else { Err(Failure::Data(problems)) }
}

/// The files that the paths stand for, each folder's in the order of their names; a sentence for each path that is none.
pub(super) fn candidates(paths: &[PathBuf], problems: &mut Vec<String>) -> Result<Vec<Candidate>, Failure> {
    let candidate = |path: PathBuf, is_named| Candidate { name: path.display().to_string(), path, is_named };
    let mut candidates = Vec::new();
    for path in paths {
        let failed = |source| Failure::Storage(StorageError { path: path.clone(), source });
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => {
                problems.push(failed(error).to_string());
                continue;
            }
        };
        if !metadata.is_dir() {
            candidates.push(candidate(path.clone(), true));
            continue;
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            if entry.is_file() && !is_hidden(&entry) {
                inside.push(entry);
            }
        }
        inside.sort();
        candidates.extend(inside.into_iter().map(|path| candidate(path, false)));
    }
    Ok(candidates)
}

/// Hidden files are editors' and file managers' business.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The table of a name; where none has it exactly, the one that differs in case alone, since some file systems and programs change it.
fn position(plan: &Plan, name: &str) -> Option<usize> {
    plan.table_index(name)
        .or_else(|| plan.tables.iter().position(|table| table.name.to_lowercase() == name.to_lowercase()))
}

fn unknown(plan: &Plan, place: &str, name: &str) -> String {
    let known: Vec<&str> = plan.tables.iter().map(|table| table.name.as_str()).collect();
    let remedy = suggestion(name, known).map(|remedy| format!("; {remedy}")).unwrap_or_default();
    format!("{place}: the schema has no table {name:?}{remedy}")
}

fn missing(table: &str) -> String {
    let stem = formats::file_name(table);
    format!(
        "no rows were found for the table {table:?}; expected is a file {stem} with one of the extensions {}",
        extensions()
    )
}

fn extensions() -> String {
    let extensions: Vec<String> = FORMATS.iter().map(|format| format!(".{}", format.extension())).collect();
    extensions.join(", ")
}

/// An error of a reader after the file that it is about, unless it names it itself.
fn named(file: &str, error: &FormatError) -> String {
    let sentence = error.to_string();
    if sentence.starts_with(file) { sentence } else { format!("{file}: {sentence}") }
}

/// A table that reads its file anew at each scan, a batch at a time.
fn provider(
    table: SourceTable,
    expected: SchemaRef,
    fault: Fault,
    listener: Listener,
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let own = table.schema();
    let fields = own.fields().iter().map(|field| {
        let wanted = expected.field_with_name(field.name()).unwrap_or(field);
        // A null where none may be is for the certificate to find.
        wanted.clone().with_nullable(true)
    });
    let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<Field>>()));
    let partition = FilePartition { table, expected, schema: schema.clone(), fault, listener };
    Ok(Arc::new(StreamingTable::try_new(schema, vec![Arc::new(partition)])?))
}

/// The rows of a file, in its order.
struct FilePartition {
    table: SourceTable,
    expected: SchemaRef,
    schema: SchemaRef,
    fault: Fault,
    listener: Listener,
}

impl std::fmt::Debug for FilePartition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilePartition").field("table", &self.table.name).finish_non_exhaustive()
    }
}

impl PartitionStream for FilePartition {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let fault = self.fault.clone();
        let refused = move |error| DataFusionError::Execution(fault.keep(error));
        let batches = match self.table.batches_with_strangers(&self.expected, Arc::clone(&self.listener)) {
            Ok(batches) => batches,
            Err(error) => Box::new(std::iter::once(Err(error))),
        };
        let stream = stream::iter(batches.map(move |batch| batch.map_err(&refused)));
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), stream))
    }
}
