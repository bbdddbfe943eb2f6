//! Generations: the rows of a plan, as files.
//!
//! Invariant: a final name holds either what it held before or all rows of a generation whose statements were proved. Rows are made and
//! encoded on several threads and written in row order; then the certificate is made from rows that are made anew, by statements that share
//! nothing with what made them; only then do the files move into place.

pub(crate) mod document;
mod output;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use engine::plan::Plan;
use engine::problem::suggestion;
use engine::verify::{Certificate, Feed, Live};
use engine::{run, table};
use formats::{Document, Format, Writer};

use super::parts::StoredTable;
use crate::certificates::{self, Proof};
use crate::storage::{self, Room, Staging, StorageError};
use crate::{Cancellation, Failure};

pub use output::{Output, Target};

/// What is asked for.
#[derive(Clone)]
pub struct Request {
    /// These tables, by their places in the plan; all where absent.
    pub tables: Option<Vec<usize>>,
    /// Where their rows come from.
    pub rows: Rows,
    /// Rows of the one table; all where absent.
    pub range: Option<Range<u64>>,
    /// Where to, and in which format.
    pub output: Output,
    /// Choices of the format.
    pub options: formats::Options,
    /// Threads that make rows.
    pub threads: usize,
    /// Room that is to stay free on the disk.
    pub room: Room,
}

/// Where the rows of files come from.
#[derive(Clone)]
pub enum Rows {
    /// They are made, and proved when all are written.
    Planned,
    /// They were made, stored and proved before: the tables of the plan, and the proof.
    Stored(Vec<StoredTable>, Box<Certificate>),
}

impl Request {
    /// The same with its choices checked. A format that compresses inside takes the compression as a choice of its own, or not at all.
    fn settled(&self) -> Result<Request, Failure> {
        let mut request = self.clone();
        let kind = request.output.format.kind();
        if let Some(compression) = request.output.compression.filter(|_| kind.compresses_inside) {
            let wanted = compression.name();
            let refused = |words: &str| Failure::Usage(format!("{} files are compressed inside{words}", kind.name));
            let Some(codec) = kind.choices.iter().find(|choice| choice.name == "compression") else {
                return Err(refused("; leave the compression out"));
            };
            (codec.set)(&mut request.options, &wanted.into())
                .map_err(|known| refused(&format!(", by {known}, not {wanted}")))?;
            request.output.compression = None;
        }
        request.options.check().map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(request)
    }
}

/// How far a generation is.
pub struct Progress<'a> {
    /// What it does now.
    pub phase: Phase<'a>,
    /// Rows written.
    pub rows_done: u64,
    /// Rows that will be written.
    pub rows_total: u64,
}

/// What a generation does.
pub enum Phase<'a> {
    /// Makes the rows of this table.
    Making(&'a str),
    /// Proves the statements.
    Checking,
}

/// What was made.
pub struct Generation {
    /// The files, under their final names; none where the rows went to standard output.
    pub paths: Vec<PathBuf>,
    /// Rows in all.
    pub rows: u64,
    /// The proof; `None` for a part of the rows, which proves nothing about the whole.
    pub certificate: Option<Certificate>,
}

/// A table's rows to make.
struct Part {
    table: usize,
    range: Range<u64>,
}

/// The place of a table in a plan, or a failure that suggests the nearest name.
pub fn table_index(plan: &Plan, name: &str) -> Result<usize, Failure> {
    plan.table_index(name).ok_or_else(|| {
        let known: Vec<&str> = plan.tables.iter().map(|table| table.name.as_str()).collect();
        let remedy = suggestion(name, known).map(|remedy| format!("; {remedy}")).unwrap_or_default();
        Failure::Request(format!("the schema has no table {name:?}{remedy}"))
    })
}

/// Makes the rows, proves them and moves the files into place.
pub fn generate(
    plan: &Arc<Plan>,
    request: &Request,
    cancellation: &Cancellation,
    on_progress: &mut dyn FnMut(&Progress<'_>),
) -> Result<Generation, Failure> {
    let request = &request.settled()?;
    let parts = parts(plan, request)?;
    let files = request.output.files(plan, &parts.iter().map(|part| part.table).collect::<Vec<_>>())?;
    let staging = match &request.output.target {
        Target::Folder(folder) => Some(Staging::for_folder(folder)?),
        Target::File(path) if !storage::is_special(path) => Some(Staging::for_file(path)?),
        Target::File(_) | Target::Stdout => None,
    };
    let proof = proof(plan, request, &parts, staging.as_ref())?;
    let mut generation = Running {
        plan,
        request,
        cancellation,
        on_progress,
        staging,
        proof,
        rows_done: 0,
        rows_total: parts.iter().map(|part| part.range.end - part.range.start).sum(),
        certificate: None,
    };
    let last = files.len().saturating_sub(1);
    for (index, file) in files.iter().enumerate() {
        let parts: Vec<&Part> = file.tables.iter().map(|at| &parts[*at]).collect();
        generation.write_file(&file.name, &parts, index == last)?;
    }
    cancellation.check()?;
    let Running { staging, rows_done, certificate, .. } = generation;
    let paths = staging.map_or(Ok(Vec::new()), Staging::commit)?;
    Ok(Generation { paths, rows: rows_done, certificate })
}

/// The proof of the statements about the tables, which takes the rows of those that are made here as they are made; `None` where nothing is
/// proved, or has been.
fn proof(
    plan: &Arc<Plan>,
    request: &Request,
    parts: &[Part],
    staging: Option<&Staging>,
) -> Result<Option<Proof>, Failure> {
    if request.range.is_some() || matches!(request.rows, Rows::Stored(..)) {
        return Ok(None);
    }
    let providers =
        (0..plan.tables.len()).map(|index| (plan.tables[index].name.clone(), table::provider(plan, index))).collect();
    let live = Live::new(parts.iter().map(|part| plan.tables[part.table].name.as_str()));
    let work = staging.map(Staging::work_folder);
    Proof::begin(plan, providers, Some(live), request.threads, work.as_deref()).map(Some)
}

/// Whether a request can be met, as far as that can be told without a row: its choices, its rows, and whether files can be written where they are
/// to stand.
pub fn check(plan: &Plan, request: &Request) -> Result<(), Failure> {
    let request = &request.settled()?;
    let parts = parts(plan, request)?;
    request.output.files(plan, &parts.iter().map(|part| part.table).collect::<Vec<_>>())?;
    match &request.output.target {
        Target::Folder(folder) => drop(Staging::for_folder(folder)?),
        Target::File(path) if !storage::is_special(path) => drop(Staging::for_file(path)?),
        Target::File(_) | Target::Stdout => {}
    }
    Ok(())
}

/// What to make, checked against the plan.
fn parts(plan: &Plan, request: &Request) -> Result<Vec<Part>, Failure> {
    let whole = |table: usize| Part { table, range: 0..plan.tables[table].rows };
    let tables: Vec<usize> = request.tables.clone().unwrap_or_else(|| (0..plan.tables.len()).collect());
    let Some(range) = &request.range else { return Ok(tables.into_iter().map(whole).collect()) };
    let [table] = tables[..] else {
        return Err(Failure::Usage(
            "a range needs one table, and the schema has several; name it with --table".to_owned(),
        ));
    };
    let planned = &plan.tables[table];
    if range.end > planned.rows {
        let Range { start, end } = range;
        return Err(Failure::Request(format!(
            "the range {start}..{end} goes past the end of {:?}, which has {} rows",
            planned.name, planned.rows
        )));
    }
    Ok(vec![Part { table, range: range.clone() }])
}

/// A generation while it runs.
struct Running<'a> {
    plan: &'a Arc<Plan>,
    request: &'a Request,
    cancellation: &'a Cancellation,
    on_progress: &'a mut dyn FnMut(&Progress<'_>),
    staging: Option<Staging>,
    /// Goes on while rows are made.
    proof: Option<Proof>,
    rows_done: u64,
    rows_total: u64,
    certificate: Option<Certificate>,
}

/// What a thread hands over: bytes where the format's batches can be encoded apart, else the rows; and what the proof reads of them.
struct Made {
    piece: Piece,
    proved: Option<RecordBatch>,
}

enum Piece {
    Bytes(Vec<u8>),
    Rows(RecordBatch),
}

/// Rows were made, and cannot be handed to the proof.
fn unread(error: ArrowError) -> Failure {
    Failure::Internal(format!("the rows for the proof: {error}"))
}

/// Bytes that are gathered before the system is called. Blocks of rows are larger most of the time, and are handed on where they lie.
const SINK_BYTES: usize = 1 << 18;

impl Running<'_> {
    /// Writes one file whole. Before the last is finished all statements are proved, since a workbook shows the results.
    fn write_file(&mut self, name: &str, parts: &[&Part], is_last: bool) -> Result<(), Failure> {
        let (sink, path) = self.open(name)?;
        let mut sink = BufWriter::with_capacity(SINK_BYTES, sink);
        let tables: Vec<usize> = parts.iter().map(|part| part.table).collect();
        let rows: Vec<u64> = parts.iter().map(|part| part.range.end - part.range.start).collect();
        let document = document::document(self.plan, &tables, &rows);
        match self.request.output.compression {
            None => self.write_document(Box::new(&mut sink), &document, parts, is_last, &path)?,
            Some(compression) => {
                let mut compressor = formats::compress(&mut sink, compression).map_err(Failure::sink(&path))?;
                self.write_document(Box::new(&mut compressor), &document, parts, is_last, &path)?;
                compressor.finish().map_err(Failure::sink(&path))?;
            }
        }
        sink.flush().map_err(Failure::sink(&path))
    }

    /// The sink of a file, and the name by which errors call it.
    fn open(&mut self, name: &str) -> Result<(Box<dyn Write + Send>, PathBuf), Failure> {
        if let Some(staging) = &mut self.staging {
            let file = self.request.room.watch(staging.create(name)?);
            return Ok((Box::new(file), staging.final_path(name)));
        }
        match &self.request.output.target {
            Target::File(path) => {
                let file = File::options().write(true).open(path);
                let file = file.map_err(|source| StorageError { path: path.clone(), source })?;
                Ok((Box::new(file), path.clone()))
            }
            Target::Folder(_) | Target::Stdout => Ok((Box::new(io::stdout()), PathBuf::from("standard output"))),
        }
    }

    fn write_document(
        &mut self,
        sink: Box<dyn Write + Send + '_>,
        document: &Document,
        parts: &[&Part],
        is_last: bool,
        path: &Path,
    ) -> Result<(), Failure> {
        let mut options = self.request.options.clone();
        options.temp_dir = self.staging.as_ref().map(Staging::work_folder);
        let format: &dyn Format = self.request.output.format;
        let mut writer = format.writer(sink, document, &options).map_err(Failure::writing(path))?;
        for (index, part) in parts.iter().enumerate() {
            writer.begin_table(index).map_err(Failure::writing(path))?;
            self.write_rows(&mut *writer, part, path)?;
            writer.end_table().map_err(Failure::writing(path))?;
        }
        if is_last {
            self.certify()?;
        }
        let results = document::results(self.certificate.as_ref(), document);
        writer.finish(&results).map_err(Failure::writing(path))
    }

    /// The rows of a table: made and encoded by several threads, written by this one.
    fn write_rows(&mut self, writer: &mut dyn Writer, part: &Part, path: &Path) -> Result<(), Failure> {
        let (plan, cancellation, threads) = (self.plan, self.cancellation, self.request.threads);
        let source = &self.request.rows;
        let name = &plan.tables[part.table].name;
        self.report(Phase::Making(name));
        let encoder = writer.encoder();
        let mut feed = match &self.proof {
            Some(proof) => proof.feed(name, cancellation)?,
            None => Feed::default(),
        };
        let columns = feed.columns();
        // Buffers go round between the threads that fill them and the one that empties them: fresh memory costs more than the encoding.
        let buffers: Mutex<Vec<Vec<u8>>> = Mutex::default();
        let encode = |batch: RecordBatch| -> Result<Made, Failure> {
            cancellation.check()?;
            let proved = columns.of(&batch).map_err(unread)?;
            let Some(encoder) = &encoder else { return Ok(Made { piece: Piece::Rows(batch), proved }) };
            let mut bytes = buffers.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            bytes.clear();
            encoder.encode(&batch, &mut bytes);
            Ok(Made { piece: Piece::Bytes(bytes), proved })
        };
        let take = |Made { piece, proved }: Made, rows: u64| {
            cancellation.check()?;
            if let Some(proved) = &proved {
                feed.offer(proved).map_err(unread)?;
            }
            if let Piece::Rows(batch) = &piece {
                // Formats that want rows may write to other files than the sink first.
                self.request.room.take(batch.get_array_memory_size())?;
            }
            match piece {
                Piece::Rows(batch) => writer.write(&batch).map_err(Failure::writing(path))?,
                Piece::Bytes(bytes) => {
                    writer.write_encoded(&bytes).map_err(Failure::writing(path))?;
                    buffers.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
                }
            }
            self.rows_done += rows;
            self.report(Phase::Making(name));
            Ok(())
        };
        match source {
            Rows::Planned => run::run(plan, part.table, part.range.clone(), threads, encode, take)?,
            Rows::Stored(tables, _) => {
                let mut take = take;
                for batch in tables[part.table].batches(part.range.clone(), None) {
                    let batch = batch.map_err(Failure::Format)?;
                    let rows = batch.num_rows() as u64;
                    take(encode(batch)?, rows)?;
                }
            }
        }
        feed.end();
        Ok(())
    }

    /// Proves the statements about the tables that were asked for.
    fn certify(&mut self) -> Result<(), Failure> {
        if let Rows::Stored(_, proof) = &self.request.rows {
            self.certificate = Some((**proof).clone());
            return Ok(());
        }
        let Some(proof) = self.proof.take() else { return Ok(()) };
        self.report(Phase::Checking);
        let certificate = proof.finish(self.cancellation)?;
        let broken = certificates::broken(&certificate);
        if !broken.is_empty() {
            return Err(Failure::Broken(broken));
        }
        self.certificate = Some(certificate.noted(self.plan.notes()));
        Ok(())
    }

    fn report(&mut self, phase: Phase<'_>) {
        (self.on_progress)(&Progress { phase, rows_done: self.rows_done, rows_total: self.rows_total });
    }
}
