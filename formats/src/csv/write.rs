//! Batches as CSV. A batch is prepared a column at a time (which texts need quotes, how many bytes it can take at most) and then laid out
//! row by row into room that is reserved once.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;

use super::regional::Regional;
use crate::columns::{Cells, Column, Text, lanes};
use crate::json;
use crate::spell::{self, Room};
use crate::text_file::{Markup, TextWriter};
use crate::{Document, Encoder, FormatError, Options, Writer};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A writer of one table as CSV.
pub(super) fn writer<'a>(
    sink: Box<dyn Write + Send + 'a>,
    document: &Document,
    options: &Options,
) -> Result<Box<dyn Writer + 'a>, FormatError> {
    options.check()?;
    let rules = Rules {
        delimiter: options.csv_delimiter,
        null: options.csv_null.clone().into_bytes(),
        regional: Regional { decimal_separator: options.csv_decimal_separator, date_order: options.csv_date_order },
    };
    let mut tables = Vec::with_capacity(document.tables.len());
    for table in &document.tables {
        let mut header = Vec::new();
        if options.csv_bom {
            header.extend_from_slice(BYTE_ORDER_MARK.as_bytes());
        }
        for (index, field) in table.schema.fields().iter().enumerate() {
            if index > 0 {
                header.push(rules.delimiter);
            }
            let name = field.name();
            if rules.needs_quotes(name.as_bytes()) || name.starts_with(BYTE_ORDER_MARK) {
                header.push(b'"');
                header.extend_from_slice(name.replace('"', "\"\"").as_bytes());
                header.push(b'"');
            } else {
                header.extend_from_slice(name.as_bytes());
            }
        }
        header.push(b'\n');
        tables.push(Markup {
            start: header,
            first_row_skips: 0,
            end: Vec::new(),
            end_without_rows: Vec::new(),
            encoder: Arc::new(CsvEncoder { rules: rules.clone() }),
        });
    }
    Ok(Box::new(TextWriter::new("csv", sink, tables)))
}

/// What decides about quotes.
#[derive(Clone)]
struct Rules {
    delimiter: u8,
    null: Vec<u8>,
    regional: Regional,
}

impl Rules {
    /// The lanes of a word with a byte for which a text needs quotes.
    #[inline(always)]
    fn special(&self, word: u64) -> u64 {
        lanes::equal(word, self.delimiter)
            | lanes::equal(word, b'"')
            | lanes::equal(word, b'\n')
            | lanes::equal(word, b'\r')
    }

    fn needs_quotes(&self, text: &[u8]) -> bool {
        text.is_empty() || lanes::any(text, |word| self.special(word)) || text == self.null
    }

    /// Whether some text may need quotes.
    fn any_needs_quotes(&self, text: &Text, rows: usize, is_null: impl Fn(usize) -> bool) -> bool {
        let like_null = |row: usize| {
            let length = text.length(row);
            let alike = length == self.null.len() && text.bytes(row, &mut [0; 16]) == self.null;
            (length == 0 || alike) && !is_null(row)
        };
        (0..rows).any(like_null) || text.any_special(|word| self.special(word))
    }

    #[inline(always)]
    fn text_needs_quotes(&self, text: &Text, row: usize) -> bool {
        let length = text.length(row);
        length == 0
            || text.has_special(row, |word| self.special(word))
            || (length == self.null.len() && text.bytes(row, &mut [0; 16]) == self.null)
    }
}

struct CsvEncoder {
    rules: Rules,
}

/// A column of a batch, ready to be written row by row.
struct Prepared {
    column: Column,
    /// Whether some text may need quotes; without it texts are copied as they are.
    quotes: bool,
}

impl Encoder for CsvEncoder {
    fn encode(&self, batch: &RecordBatch, out: &mut Vec<u8>) {
        let rows = batch.num_rows();
        let mut bound = 0;
        let schema = batch.schema();
        let columns: Vec<Prepared> = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, array)| {
                let column = json::with_lists_as_text(Column::new(field, array), rows);
                let (prepared, width) = self.prepare(self.rules.regional.spelled(column, rows), rows);
                bound += width + rows * (1 + self.rules.null.len());
                prepared
            })
            .collect();
        if columns.is_empty() {
            return;
        }
        spell::append(out, bound, |out| {
            let mut at = 0;
            for row in 0..rows {
                for prepared in &columns {
                    at = self.put_cell(out, at, prepared, row);
                    spell::put(out, at, &[self.rules.delimiter]);
                    at += 1;
                }
                spell::put(out, at - 1, b"\n");
            }
            at
        });
    }
}

impl CsvEncoder {
    /// The column and the most bytes that its cells take.
    fn prepare(&self, column: Column, rows: usize) -> (Prepared, usize) {
        let mut quotes = false;
        let width = match &column.cells {
            Cells::Text(text) => {
                let mut bytes: usize = (0..rows).map(|row| text.length(row)).sum();
                quotes = self.rules.any_needs_quotes(text, rows, |row| column.is_null(row));
                if quotes {
                    for row in (0..rows).filter(|row| !column.is_null(*row)) {
                        let mut inline = [0; 16];
                        bytes += 2 + memchr::memchr_iter(b'"', text.bytes(row, &mut inline)).count();
                    }
                }
                bytes
            }
            cells => cells.width(rows),
        };
        (Prepared { column, quotes }, width)
    }

    #[inline(always)]
    fn put_cell(&self, out: &mut Room, at: usize, prepared: &Prepared, row: usize) -> usize {
        if prepared.column.is_null(row) {
            return spell::put_slice(out, at, &self.rules.null);
        }
        match &prepared.column.cells {
            Cells::Text(text) if prepared.quotes => self.put_text(out, at, text, row),
            Cells::Text(text) => text.put(out, at, row),
            Cells::Bytes(values) if values.value(row).is_empty() => spell::put_slice(out, at, b"\"\""),
            Cells::Float(values) => {
                let value = values[row];
                spell::float(out, at, value)
                    .unwrap_or_else(|| spell::put_slice(out, at, spell::non_finite(value).as_bytes()))
            }
            cells => cells.put(out, at, row),
        }
    }

    fn put_text(&self, out: &mut Room, at: usize, text: &Text, row: usize) -> usize {
        if !self.rules.text_needs_quotes(text, row) {
            return text.put(out, at, row);
        }
        let mut inline = [0; 16];
        let value = text.bytes(row, &mut inline);
        let mut at = spell::put_slice(out, at, b"\"");
        let mut rest = value;
        while let Some(quote) = memchr::memchr(b'"', rest) {
            at = spell::put_slice(out, at, &rest[..=quote]);
            at = spell::put_slice(out, at, b"\"");
            rest = &rest[quote + 1..];
        }
        at = spell::put_slice(out, at, rest);
        spell::put_slice(out, at, b"\"")
    }
}
