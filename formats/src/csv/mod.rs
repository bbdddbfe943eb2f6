//! CSV: RFC 4180 with LF and UTF-8. A value without quotes that is empty, or the text that stands for null, is null; `""` is a text
//! without characters. Lists and JSON are JSON text.
//!
//! Quotes stand where a value needs them: around a text that is empty or spells null, and around one that contains the delimiter, a quote
//! or a line break.

mod read;
mod write;

use std::io::Write;
use std::path::Path;

use crate::{Document, Format, FormatError, Options, SourceTable, Writer};

/// Comma-separated values.
pub struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn media_type(&self) -> &'static str {
        "text/csv"
    }

    fn holds_all_tables(&self) -> bool {
        false
    }

    fn writer<'a>(
        &self,
        sink: Box<dyn Write + Send + 'a>,
        document: &Document,
        options: &Options,
    ) -> Result<Box<dyn Writer + 'a>, FormatError> {
        write::writer(sink, document, options)
    }

    fn read(&self, path: &Path, stem: &str, options: &Options) -> Result<Vec<SourceTable>, FormatError> {
        read::table(path, stem, options).map(|table| vec![table])
    }
}
