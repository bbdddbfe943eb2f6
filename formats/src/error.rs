//! What can go wrong with a file: one sentence each, with the place and the value.

use std::io;

use ::parquet::errors::ParquetError;
use datafusion::arrow::error::ArrowError;
use rust_xlsxwriter::XlsxError;

/// Why a file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// A file could not be opened or its bytes not be read.
    #[error("{path}: {source}")]
    Open {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The sink refused bytes.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A cell's text is no value of its column's type.
    #[error("{table} row {row}, column {column}: {text:?} is no {expected}")]
    Value {
        /// The table.
        table: String,
        /// The row, from 1, the header aside.
        row: u64,
        /// The column.
        column: String,
        /// The cell's text, cut where it is long.
        text: String,
        /// The logical type that was expected.
        expected: String,
    },
    /// A file is not what its format says.
    #[error("{place}: {detail}")]
    Syntax {
        /// A table, with its row where that is known.
        place: String,
        /// What is wrong there.
        detail: String,
    },
    /// A value that a workbook's cell cannot hold.
    #[error("sheet {sheet}, cell {cell}: {detail}")]
    Cell {
        /// The sheet's name.
        sheet: String,
        /// The cell as a spreadsheet names it, `B7`.
        cell: String,
        /// What the cell cannot hold.
        detail: String,
    },
    /// A column whose type no format carries.
    #[error("column {column}: {arrow} is no type that a file can carry")]
    Type {
        /// The column.
        column: String,
        /// Its Arrow type.
        arrow: String,
    },
    /// Options that contradict each other or the format.
    #[error("{0}")]
    Options(String),
    /// A table that does not fit the format.
    #[error("{table}: {detail}")]
    Table {
        /// The table.
        table: String,
        /// Why it does not fit.
        detail: String,
    },
    /// The writer was driven out of order: a broken invariant of its caller.
    #[error("a {format} file holds one table and was given another")]
    OneTable {
        /// The format.
        format: &'static str,
    },
    /// Arrow refused an array.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    /// Parquet refused a file or a batch.
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    /// The workbook could not be written.
    #[error(transparent)]
    Workbook(XlsxError),
}

impl From<XlsxError> for FormatError {
    fn from(error: XlsxError) -> FormatError {
        match error {
            XlsxError::IoError(error) => FormatError::Io(error),
            XlsxError::ZipError(error) => FormatError::Io(error.into()),
            other => FormatError::Workbook(other),
        }
    }
}

/// Characters of a cell that a message shows.
const SHOWN_CHARACTERS: usize = 60;

impl FormatError {
    /// A cell whose text is no value of type `expected`; long texts are cut.
    pub(crate) fn value(table: &str, row: u64, column: &str, text: &str, expected: impl ToString) -> FormatError {
        let mut shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        FormatError::Value {
            table: table.to_owned(),
            row,
            column: column.to_owned(),
            text: shown,
            expected: expected.to_string(),
        }
    }

    /// A fault of a table's file as a whole.
    pub(crate) fn in_table(table: &str, detail: impl Into<String>) -> FormatError {
        FormatError::Syntax { place: table.to_owned(), detail: detail.into() }
    }

    /// A fault in a row, counted from 1.
    pub(crate) fn in_row(table: &str, row: u64, detail: impl Into<String>) -> FormatError {
        FormatError::Syntax { place: format!("{table} row {row}"), detail: detail.into() }
    }
}
