//! Reads and writes batches of rows as files.
//!
//! [`FORMATS`] is the one list; a format is its entry there and a module. A [`Writer`] is given a table's batches in order; where a format's
//! batches can be encoded apart, its [`Encoder`] turns each to bytes on the thread that made it, and the writer only hands the bytes on.
//! A [`SourceTable`] gives a file's rows back, in the types that the caller knows or in those that the file tells.
//!
//! Invariants: a file's bytes depend on the document, the batches and the options alone; what is written reads back as the same values
//! (the modules say where a format has no room for a difference); no file makes a reader panic or hold more than a part of it in memory.

mod builder;
pub mod choice;
mod columns;
mod compress;
mod csv;
mod document;
mod error;
mod guard;
mod json;
mod lines;
mod names;
mod options;
mod parquet;
mod parse;
mod source;
mod spell;
mod text_file;
mod xlsx;

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;

pub use compress::{Compression, Compressor, compress};
pub use csv::Csv;
pub use document::{Document, DocumentColumn, DocumentTable, RuleResult};
pub use error::FormatError;
pub use guard::is_guarded;
pub use json::{Json, JsonLines};
pub use names::{file_name, table_name};
pub use options::{DateOrder, Options, ParquetCompression};
pub use parquet::Parquet;
pub use source::{Batches, Listener, SourceTable, Stranger};
pub use xlsx::Xlsx;

/// Every format, in the order in which people are offered them.
pub static FORMATS: &[&dyn Format] = &[&Csv, &JsonLines, &Json, &Parquet, &Xlsx];

/// A kind of file that tables are written to and read from.
pub trait Format: Send + Sync {
    /// What it is: names and properties, in one place.
    fn kind(&self) -> &'static Kind;

    /// A writer into `sink`: of all tables of `document`, or of the one with which [`Writer::begin_table`] is called.
    fn writer<'a>(
        &self,
        sink: Box<dyn Write + Send + 'a>,
        document: &Document,
        options: &Options,
    ) -> Result<Box<dyn Writer + 'a>, FormatError>;

    /// The tables in a file. Where a file holds one table, it is named `stem`.
    fn read(&self, path: &Path, stem: &str, options: &Options) -> Result<Vec<SourceTable>, FormatError>;

    /// The word that names it on the command line and in the API.
    fn name(&self) -> &'static str {
        self.kind().name
    }

    /// The extension of its files, without a dot.
    fn extension(&self) -> &'static str {
        self.kind().extension
    }

    /// Whether one file holds all tables of a dataset; otherwise each table has a file of its own.
    fn holds_all_tables(&self) -> bool {
        self.kind().holds_all_tables
    }
}

/// What a format is.
pub struct Kind {
    /// The word that names it.
    pub name: &'static str,
    /// The extension of its files, without a dot.
    pub extension: &'static str,
    /// The media type of its files.
    pub media_type: &'static str,
    /// Whether one file holds all tables of a dataset.
    pub holds_all_tables: bool,
    /// Whether its files are compressed inside, so that compressing them again is no use.
    pub compresses_inside: bool,
    /// What it leaves to whoever asks for a file.
    pub choices: &'static [choice::Choice],
}

/// Writes a file: each table is begun, given its rows, and ended; then the file is finished. A file that was not finished is none.
pub trait Writer: Send {
    /// Begins the table at `index` of the document's.
    fn begin_table(&mut self, index: usize) -> Result<(), FormatError>;

    /// What turns batches of the table that was begun into bytes apart from each other; `None` where only [`Writer::write`] will do.
    fn encoder(&self) -> Option<Arc<dyn Encoder>>;

    /// Writes what the encoder made of one batch or more, in their order.
    fn write_encoded(&mut self, bytes: &[u8]) -> Result<(), FormatError>;

    /// Writes a batch.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), FormatError>;

    /// Ends the table.
    fn end_table(&mut self) -> Result<(), FormatError>;

    /// Ends the file. `rules` are the rules of the dataset with their results, for formats that have a place for them.
    fn finish(self: Box<Self>, rules: &[RuleResult]) -> Result<(), FormatError>;
}

/// Turns batches into bytes, each by itself. The bytes of batches in their order, one after the other, are those of the table.
pub trait Encoder: Send + Sync {
    /// Appends a batch's bytes to `out`.
    fn encode(&self, batch: &RecordBatch, out: &mut Vec<u8>);
}

/// Whether a file has more than so many bytes, decompressed where it is compressed.
pub fn is_larger_than(path: &Path, max: u64) -> Result<bool, FormatError> {
    let refused = |source| FormatError::Open { path: path.display().to_string(), source };
    let mut start = source::open(path)?.take(max.saturating_add(1));
    Ok(std::io::copy(&mut start, &mut std::io::sink()).map_err(refused)? > max)
}

/// The format of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// The format that a file's extension names, and the compression around it: `x.csv`, `x.csv.gz`, `X.JSONL.ZST`.
pub fn by_extension(path: &Path) -> Option<(&'static dyn Format, Option<Compression>)> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let mut stem = name.as_str();
    let mut compression = None;
    for known in Compression::ALL {
        if let Some(inner) = stem.strip_suffix(known.extension()).and_then(|stem| stem.strip_suffix('.')) {
            (stem, compression) = (inner, Some(known));
            break;
        }
    }
    let (_, extension) = stem.rsplit_once('.')?;
    let format = FORMATS.iter().copied().find(|format| format.extension() == extension)?;
    Some((format, compression))
}
