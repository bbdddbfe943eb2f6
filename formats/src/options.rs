//! How files are written and read where a format leaves a choice.

use std::path::PathBuf;

use crate::FormatError;

/// Choices of the formats; each format reads its own.
#[derive(Clone, Debug)]
pub struct Options {
    /// Between the values of a CSV row: an ASCII character that no number, date or name of a truth value contains.
    pub csv_delimiter: u8,
    /// What stands for null in CSV; empty by default, so that a text that is empty is written `""`.
    pub csv_null: String,
    /// Whether a CSV file starts with a byte order mark, as some spreadsheets want for UTF-8.
    pub csv_bom: bool,
    /// Between the whole part and the fraction of a number in CSV: `.`, or `,` for spreadsheets of regions that write it so.
    pub csv_decimal_separator: u8,
    /// What comes first in a date in CSV.
    pub csv_date_order: DateOrder,
    /// Whether a reader may take `;`, a tab or `|` for the delimiter where the header has no `csv_delimiter` but one of these.
    pub csv_sniff: bool,
    /// The codec of Parquet's pages.
    pub parquet_compression: ParquetCompression,
    /// Rows of a Parquet row group, at least 1; what a writer holds in memory.
    pub parquet_row_group_rows: usize,
    /// The deflate level of a workbook, 1 (fast) to 9 (small).
    pub xlsx_level: u8,
    /// Where a workbook's sheets wait until it is finished; the system's folder for temporary files by default.
    pub temp_dir: Option<PathBuf>,
    /// Bytes that the parts of a workbook may unfold to when it is read.
    pub max_workbook_bytes: u64,
}

/// What comes first in a date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    /// The year: `2024-01-31`, which everything reads.
    #[default]
    Iso,
    /// The day: `31/01/2024`.
    DayFirst,
    /// The month: `01/31/2024`.
    MonthFirst,
}

/// A codec of Parquet's pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParquetCompression {
    /// Fast, read everywhere.
    #[default]
    Snappy,
    /// Smaller, at level 1.
    Zstd,
    /// As they are.
    None,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            csv_delimiter: b',',
            csv_null: String::new(),
            csv_bom: false,
            csv_decimal_separator: b'.',
            csv_date_order: DateOrder::default(),
            csv_sniff: false,
            parquet_compression: ParquetCompression::default(),
            parquet_row_group_rows: 1 << 18,
            xlsx_level: 6,
            temp_dir: None,
            max_workbook_bytes: 4 << 30,
        }
    }
}

impl Options {
    /// Whether the choices can be kept: that a CSV row can be taken apart again, and that numbers are in range.
    pub fn check(&self) -> Result<(), FormatError> {
        let delimiter = self.csv_delimiter;
        if !(delimiter == b'\t' || delimiter.is_ascii_graphic())
            || delimiter.is_ascii_alphanumeric()
            || b"\"+-.:".contains(&delimiter)
        {
            return Err(FormatError::Options(format!(
                "csv delimiter {:?} may stand in a value",
                char::from(delimiter)
            )));
        }
        if !matches!(self.csv_decimal_separator, b'.' | b',') {
            return Err(FormatError::Options("csv numbers have a point or a comma before their fraction".to_owned()));
        }
        let null = self.csv_null.as_str();
        if null.bytes().any(|b| b == delimiter || b == b'"' || b < b' ') {
            return Err(FormatError::Options(format!("csv null text {null:?} would need quotes")));
        }
        if may_spell_a_value(null) {
            return Err(FormatError::Options(format!("csv null text {null:?} may be a value")));
        }
        if self.parquet_row_group_rows == 0 {
            return Err(FormatError::Options("parquet row groups of 0 rows hold nothing".to_owned()));
        }
        if !(1..=9).contains(&self.xlsx_level) {
            return Err(FormatError::Options(format!("xlsx level {} is not in 1 to 9", self.xlsx_level)));
        }
        Ok(())
    }
}

/// Whether a text may be the spelling of a number, a date, a truth value or bytes, which are written without quotes.
fn may_spell_a_value(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number = digits.starts_with(|c: char| c.is_ascii_digit());
    let hex = !text.is_empty()
        && text.len().is_multiple_of(2)
        && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let uuid = text.len() == 36 && text.bytes().filter(|b| *b == b'-').count() == 4;
    number || hex || uuid || matches!(text, "true" | "false" | "NaN" | "Infinity" | "-Infinity")
}
