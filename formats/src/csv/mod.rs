//! CSV: RFC 4180 with LF and UTF-8. A value without quotes that is empty, or the text that stands for null, is null; `""` is a text
//! without characters. Lists and JSON are JSON text.
//!
//! Quotes stand where a value needs them: around a text that is empty or spells null, and around one that contains the delimiter, a quote
//! or a line break.

mod read;
mod regional;
mod write;

use std::io::Write;
use std::path::Path;

use crate::{Document, Format, FormatError, Kind, Options, SourceTable, Writer, choice};

/// Comma-separated values.
pub struct Csv;

impl Format for Csv {
    fn kind(&self) -> &'static Kind {
        &Kind {
            name: "csv",
            extension: "csv",
            media_type: "text/csv",
            holds_all_tables: false,
            compresses_inside: false,
            choices: choice::CSV,
        }
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
