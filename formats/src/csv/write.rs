//! Batches as CSV. A batch is prepared a column at a time (which texts need quotes, how many bytes it can take at most) and then laid out
//! row by row into room that is reserved once.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;

use super::regional::Regional;
use crate::columns::{Cells, Column, Survey, Text, Width, any_special};
use crate::json;
use crate::lines::{self, Lines};
use crate::spell::{self, Dates, Room};
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
    /// Whether a text with that byte needs quotes.
    #[inline(always)]
    fn special(&self, byte: u8) -> bool {
        (byte == self.delimiter) | (byte == b'"') | (byte == b'\n') | (byte == b'\r')
    }

    fn needs_quotes(&self, text: &[u8]) -> bool {
        text.is_empty() || any_special(text, |byte| self.special(byte)) || text == self.null
    }

    /// Whether some text, of which a survey was made, may need quotes.
    fn any_needs_quotes(&self, text: &Text, survey: &Survey, rows: usize, is_null: impl Fn(usize) -> bool) -> bool {
        let like_null = |row| text.bytes(row, &mut [0; 16]) == self.null;
        survey.has_special
            || (survey.has_empty && (0..rows).any(|row| text.length(row) == 0 && !is_null(row)))
            || (!self.null.is_empty() && (0..rows).any(like_null))
    }

    fn text_needs_quotes(&self, text: &Text, row: usize) -> bool {
        self.needs_quotes(text.bytes(row, &mut [0; 16]))
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
    /// The most bytes that its cells take.
    width: Width,
}

impl Encoder for CsvEncoder {
    fn encode(&self, batch: &RecordBatch, out: &mut Vec<u8>) {
        let rows = batch.num_rows();
        let mut width = Width::default();
        let schema = batch.schema();
        let columns: Vec<Prepared> = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, array)| {
                let column = json::with_lists_as_text(Column::new(field, array), rows);
                let prepared = self.prepare(self.rules.regional.spelled(column, rows), rows);
                width = width.and(prepared.width.with(rows, 1 + self.rules.null.len()));
                prepared
            })
            .collect();
        let Some((last, others)) = columns.split_last() else { return };
        lines::lay_out(rows, width, out, |lines| {
            for prepared in others {
                self.append(lines, prepared, self.rules.delimiter);
            }
            self.append(lines, last, b'\n');
        });
    }
}

impl CsvEncoder {
    fn prepare(&self, column: Column, rows: usize) -> Prepared {
        let mut quotes = false;
        let width = match &column.cells {
            Cells::Text(text) => {
                let survey = text.survey(|byte| self.rules.special(byte));
                quotes = self.rules.any_needs_quotes(text, &survey, rows, |row| column.is_null(row));
                if quotes {
                    let inner = |row| memchr::memchr_iter(b'"', text.bytes(row, &mut [0; 16])).count();
                    Width::of((0..rows).map(|row| text.length(row) + 2 + inner(row)))
                } else {
                    survey.width
                }
            }
            cells => cells.width(rows),
        };
        Prepared { column, quotes, width }
    }

    /// Appends a column's cells to their lines, each with `end` behind it.
    fn append(&self, lines: &mut Lines, prepared: &Prepared, end: u8) {
        let column = &prepared.column;
        // The spelling of a kind is fixed before the loop over its rows.
        macro_rules! each {
            ($put:expr) => {{
                let put = $put;
                match column.nulls() {
                    None => lines.append(|out, at, row| {
                        let behind = put(&mut *out, at, row);
                        spell::put(out, behind, &[end]);
                        behind + 1
                    }),
                    Some(nulls) => lines.append(|out, at, row| {
                        let behind = put(&mut *out, at, row);
                        self.close(out, at, behind, nulls.is_null(row), end)
                    }),
                }
            }};
        }
        let dates = Dates::table();
        match &column.cells {
            Cells::Integer(values) => each!(|out: &mut Room, at, row: usize| spell::integer(out, at, values[row])),
            Cells::Decimal(values, 2) => {
                each!(|out: &mut Room, at, row: usize| spell::decimal(out, at, values[row], 2))
            }
            Cells::Date(values) => each!(|out: &mut Room, at, row: usize| dates.put(out, at, values[row])),
            Cells::Datetime(values) => each!(|out: &mut Room, at, row: usize| dates.put_datetime(out, at, values[row])),
            Cells::Boolean(values) => {
                each!(|out: &mut Room, at, row: usize| spell::boolean(out, at, values.value(row)))
            }
            Cells::Uuid(values) => {
                let (keys, _) = values.value_data().as_chunks::<16>();
                each!(|out: &mut Room, at, row: usize| spell::uuid(out, at, &keys[row]))
            }
            Cells::Float(values) => each!(|out: &mut Room, at, row: usize| {
                let value = values[row];
                spell::float(out, at, value)
                    .unwrap_or_else(|| spell::put_slice(out, at, spell::non_finite(value).as_bytes()))
            }),
            Cells::Bytes(values) => each!(|out: &mut Room, at, row: usize| match values.value(row) {
                [] => spell::put_slice(out, at, b"\"\""),
                bytes => spell::hex(out, at, bytes),
            }),
            Cells::Text(text) if prepared.quotes => {
                each!(|out: &mut Room, at, row| self.put_text(out, at, text, row))
            }
            Cells::Text(text) => {
                if let Some(texts) = text.short::<1>(prepared.width.longest) {
                    each!(|out: &mut Room, at, row| texts.put(out, at, row));
                } else if let Some(texts) = text.short::<2>(prepared.width.longest) {
                    each!(|out: &mut Room, at, row| texts.put(out, at, row));
                } else if let Some(texts) = text.short::<3>(prepared.width.longest) {
                    each!(|out: &mut Room, at, row| texts.put(out, at, row));
                } else {
                    each!(|out: &mut Room, at, row| text.put(out, at, row));
                }
            }
            cells => each!(|out: &mut Room, at, row| cells.put(out, at, row)),
        }
    }

    /// Ends the cell that has been written from `at` to `behind`; that of a null is given up.
    #[inline(always)]
    fn close(&self, out: &mut Room, at: usize, behind: usize, null: bool, end: u8) -> usize {
        // One of two places, and no branch: nulls come as they like.
        let mut behind = if null { at } else { behind };
        if !self.rules.null.is_empty() && null {
            behind = spell::put_slice(out, at, &self.rules.null);
        }
        spell::put(out, behind, &[end]);
        behind + 1
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
