//! Excel workbooks: a *Specification* of the dataset, a *Data dictionary*, then a sheet a table.
//!
//! A cell is what a spreadsheet makes of a value: a number, a truth value, a date with a format. A value that such a cell would not hold
//! exactly is text in our own spelling: numbers of more than 15 digits, dates before March 1900 or after 9999, instants between two of
//! Excel's. A null and a text without characters are both an empty cell, for Excel knows no difference: of a workbook of ours it is read as
//! the text where the column is expected to hold a value in every row, else as null. All else reads back as it was.
//!
//! Invariants: rows wait in a temporary file, not in memory, until the workbook is finished; the times in it are the reference time.

mod front;
mod package;
mod read;
mod serial;
mod sheet_names;
mod style;
mod write;

use std::io::Write;
use std::path::Path;

use crate::{Document, Format, FormatError, Kind, Options, SourceTable, Writer, choice};

/// An Excel workbook with all tables of a dataset.
pub struct Xlsx;

impl Format for Xlsx {
    fn kind(&self) -> &'static Kind {
        &Kind {
            name: "xlsx",
            extension: "xlsx",
            media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            holds_all_tables: true,
            compresses_inside: true,
            choices: choice::XLSX,
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
        read::tables(path, stem, options)
    }
}

/// Data rows of a sheet: what Excel has, the header aside.
const SHEET_ROWS: u32 = 1_048_575;

/// Columns of a sheet.
const SHEET_COLUMNS: usize = 16_384;
