//! Tables found in files, and what their readers share: opening, batches, the schema of what is read.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use engine::types::LogicalType;

use crate::{FormatError, compress, guard};

/// Rows of a batch that is read.
pub(crate) const BATCH_ROWS: usize = 4096;

/// Bytes of text after which a batch ends before it has all its rows.
pub(crate) const BATCH_BYTES: usize = 16 << 20;

/// Bytes of the longest row that is read.
pub(crate) const MAX_ROW_BYTES: usize = 64 << 20;

/// Columns of the widest table that is read.
pub(crate) const MAX_COLUMNS: usize = 16_384;

/// Batches as they are read.
pub type Batches = Box<dyn Iterator<Item = Result<RecordBatch, FormatError>> + Send>;

/// A cell that is no value of its column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger<'a> {
    /// Its row, from 1, the header aside.
    pub row: u64,
    /// Its column.
    pub column: &'a str,
    /// What stands in it.
    pub text: &'a str,
}

/// Who is told of such cells.
pub type Listener = Arc<dyn Fn(Stranger<'_>) + Send + Sync>;

/// A table in a file.
pub struct SourceTable {
    /// Its name: the file's stem, or the sheet's name.
    pub name: String,
    source: Box<dyn Source>,
}

/// What reads a table, as often as it is asked to.
pub(crate) trait Source: Send + Sync {
    /// The names of the table's columns.
    fn columns(&self) -> Vec<String> {
        self.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// The table's columns, with the types that the file itself tells.
    fn schema(&self) -> SchemaRef;

    /// The rows, with columns of [`target`]'s types. `never_null` says which columns are expected to hold a value in every row: a file that
    /// has one spelling for null and for a text without characters means the text there. Without a listener a cell that is no value of its
    /// column's type is an error.
    fn batches(
        &self,
        target: SchemaRef,
        never_null: &[bool],
        listener: Option<Listener>,
    ) -> Result<Batches, FormatError>;
}

impl SourceTable {
    pub(crate) fn new(name: String, source: impl Source + 'static) -> SourceTable {
        SourceTable { name, source: Box::new(source) }
    }

    /// The names of its columns, in the file's order.
    pub fn columns(&self) -> Vec<String> {
        self.source.columns()
    }

    /// Its columns with the types that the file itself tells: text in CSV; what all values are in JSON and Excel; the types of Parquet.
    pub fn schema(&self) -> SchemaRef {
        self.source.schema()
    }

    /// Its rows, in the file's order and with all its columns, those that `expected` names in its types. May be called again.
    ///
    /// Every column of a batch is nullable, whatever `expected` says: a null where none may be is a finding, not a fault of the file.
    pub fn batches(&self, expected: Option<&Schema>) -> Result<Batches, FormatError> {
        let target = target(&*self.source, expected);
        self.source.batches(Arc::clone(&target), &never_null(&target, expected), None)
    }

    /// The same, where a cell that is no value of its column's type is null and `listener` is told of it, in the order of the rows, instead of
    /// its being an error.
    pub fn batches_with_strangers(&self, expected: &Schema, listener: Listener) -> Result<Batches, FormatError> {
        let target = target(&*self.source, Some(expected));
        self.source.batches(Arc::clone(&target), &never_null(&target, Some(expected)), Some(listener))
    }
}

/// Which columns of a target are expected to hold a value in every row.
fn never_null(target: &SchemaRef, expected: Option<&Schema>) -> Vec<bool> {
    let filled = |field: &Field| {
        let wanted = expected.and_then(|schema| schema.field_with_name(field.name()).ok());
        wanted.is_some_and(|wanted| !wanted.is_nullable())
    };
    target.fields().iter().map(|field| filled(field)).collect()
}

/// The schema that a table is read with: the file's columns, in the types of `expected` where it names them. Only for others is the file
/// asked for its own types, which it may take some time to find.
fn target(source: &dyn Source, expected: Option<&Schema>) -> SchemaRef {
    let wanted = |name: &str| expected.and_then(|schema| schema.field_with_name(name).ok());
    let names = source.columns();
    let fields: Option<Vec<Field>> = names.iter().map(|name| wanted(name).cloned()).collect();
    let fields = fields.unwrap_or_else(|| {
        let own = source.schema();
        own.fields().iter().map(|field| wanted(field.name()).unwrap_or(field).clone()).collect()
    });
    Arc::new(Schema::new(fields.into_iter().map(|field| field.with_nullable(true)).collect::<Vec<Field>>()))
}

/// A nullable column of a logical type.
pub(crate) fn column(name: &str, logical: &LogicalType) -> Field {
    logical.field(name, true)
}

/// The bytes of a file, decompressed where it is compressed.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>, FormatError> {
    let fault = |source| FormatError::Open { path: path.display().to_string(), source };
    let file = File::open(path).map_err(fault)?;
    compress::decompress(BufReader::with_capacity(1 << 17, file)).map_err(fault)
}

/// An array in another Arrow type; a value that has no place there is an error, never a null.
pub(crate) fn cast(array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, FormatError> {
    Ok(cast_with_options(array, wanted, &CastOptions { safe: false, ..CastOptions::default() })?)
}

/// Runs a part of another's reader, which trusts what a file says about itself: where a damaged file makes it panic, that is an error of
/// the file.
pub(crate) fn guarded<T>(name: &str, read: impl FnOnce() -> Result<T, FormatError>) -> Result<T, FormatError> {
    guard::guarded(read, |_| FormatError::in_table(name, "the file is damaged"))
}
