//! JSON and JSON Lines: an object a row, its keys the columns in their order.
//!
//! Integers and decimals are exact numbers, lists are arrays, a column of JSON is embedded as the value it is; everything else that is
//! neither number nor truth value is a string. A float that is no finite number is `null`, for JSON has no word for it. A `.json` file is
//! one array with an object a line; a `.jsonl` file is the lines alone.

mod read;
mod token;
mod write;

use std::io::Write;
use std::path::Path;

use crate::{Document, Format, FormatError, Kind, Options, SourceTable, Writer};

pub(crate) use token::{JsonKind, JsonValue, Spacing, check, items, without_blanks};
pub(crate) use write::with_lists_as_text;

/// One array of objects.
pub struct Json;

/// An object a line.
pub struct JsonLines;

impl Format for Json {
    fn kind(&self) -> &'static Kind {
        &Kind {
            name: "json",
            extension: "json",
            media_type: "application/json",
            holds_all_tables: false,
            compresses_inside: false,
            choices: &[],
        }
    }

    fn writer<'a>(
        &self,
        sink: Box<dyn Write + Send + 'a>,
        document: &Document,
        _options: &Options,
    ) -> Result<Box<dyn Writer + 'a>, FormatError> {
        Ok(write::writer(sink, document, write::Layout::Array))
    }

    fn read(&self, path: &Path, stem: &str, _options: &Options) -> Result<Vec<SourceTable>, FormatError> {
        read::table(path, stem).map(|table| vec![table])
    }
}

impl Format for JsonLines {
    fn kind(&self) -> &'static Kind {
        &Kind {
            name: "jsonl",
            extension: "jsonl",
            media_type: "application/jsonl",
            holds_all_tables: false,
            compresses_inside: false,
            choices: &[],
        }
    }

    fn writer<'a>(
        &self,
        sink: Box<dyn Write + Send + 'a>,
        document: &Document,
        _options: &Options,
    ) -> Result<Box<dyn Writer + 'a>, FormatError> {
        Ok(write::writer(sink, document, write::Layout::Lines))
    }

    fn read(&self, path: &Path, stem: &str, _options: &Options) -> Result<Vec<SourceTable>, FormatError> {
        read::table(path, stem).map(|table| vec![table])
    }
}
