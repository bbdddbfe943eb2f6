//! Batches as JSON objects, prepared and laid out as CSV is.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::{Array, RecordBatch, StringViewArray, StringViewBuilder};

use super::token::{self, Spacing};
use crate::columns::{Cells, Column, Text, Width};
use crate::lines;
use crate::spell::{self, Room};
use crate::text_file::{Markup, TextWriter};
use crate::{Document, Encoder, Writer};

/// How the objects of a file stand together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// In one array, a line each.
    Array,
    /// A line each and nothing else.
    Lines,
}

/// A writer of one table as JSON.
pub(super) fn writer<'a>(
    sink: Box<dyn Write + Send + 'a>,
    document: &Document,
    layout: Layout,
) -> Box<dyn Writer + 'a> {
    let (format, start, end, end_without_rows, before_row, after_row) = match layout {
        // The comma that ends a line is written with the line after it: so batches can be encoded apart.
        Layout::Array => ("json", "[", "\n]\n", "]\n", ",\n", "}"),
        Layout::Lines => ("jsonl", "", "", "", "", "}\n"),
    };
    let tables = document
        .tables
        .iter()
        .map(|table| {
            let names: Vec<&str> = table.schema.fields().iter().map(|field| field.name().as_str()).collect();
            Markup {
                start: start.into(),
                first_row_skips: if layout == Layout::Array { 1 } else { 0 },
                end: end.into(),
                end_without_rows: end_without_rows.into(),
                encoder: Arc::new(JsonEncoder::new(&names, before_row, after_row)),
            }
        })
        .collect();
    Box::new(TextWriter::new(format, sink, tables))
}

struct JsonEncoder {
    /// What stands before the value of each column: the start of the object or a comma, the name, a colon.
    keys: Vec<Padded>,
    after_row: &'static str,
    /// An object without keys.
    empty_row: String,
}

/// A text that is followed by sixteen bytes more, so that it can be copied in wide steps.
struct Padded {
    bytes: Vec<u8>,
    length: usize,
}

/// A column of a batch, ready to be written row by row.
struct Prepared {
    column: Column,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A number or truth value, or text that is JSON.
    Bare,
    /// A number that JSON may have no word for.
    Float,
    /// A string without characters that must be escaped.
    Quoted,
    /// A string with such characters in some rows.
    Escaped,
}

impl JsonEncoder {
    fn new(names: &[&str], before_row: &str, after_row: &'static str) -> JsonEncoder {
        let keys = names
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let mut bytes = Vec::new();
                bytes.extend_from_slice(if index == 0 { before_row.as_bytes() } else { b"," });
                bytes.extend_from_slice(if index == 0 { b"{" } else { b"" });
                spell::append(&mut bytes, 2 + 6 * name.len(), |out| put_string(out, 0, name.as_bytes()));
                bytes.push(b':');
                let length = bytes.len();
                bytes.extend_from_slice(&[0; 16]);
                Padded { bytes, length }
            })
            .collect();
        JsonEncoder { keys, after_row, empty_row: format!("{before_row}{{{after_row}") }
    }
}

impl Encoder for JsonEncoder {
    fn encode(&self, batch: &RecordBatch, out: &mut Vec<u8>) {
        let rows = batch.num_rows();
        if self.keys.is_empty() {
            for _ in 0..rows {
                out.extend_from_slice(self.empty_row.as_bytes());
            }
            return;
        }
        let mut width = Width::default().with(rows, self.after_row.len());
        let schema = batch.schema();
        let columns: Vec<(&Padded, Prepared)> = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .zip(&self.keys)
            .map(|((field, array), key)| {
                let (prepared, cells) = prepare(Column::new(field, array), rows);
                width = width.and(cells.with(rows, key.length));
                (key, prepared)
            })
            .collect();
        let after_row = self.after_row.as_bytes();
        lines::lay_out(rows, width, out, |lines| {
            for (key, prepared) in &columns {
                lines.append(|out, at, row| {
                    let at = spell::put_part(out, at, &key.bytes, 0, key.length);
                    put_cell(out, at, prepared, row)
                });
            }
            lines.append(|out, at, _| spell::put_slice(out, at, after_row));
        });
    }
}

const NULL: &[u8; 4] = b"null";

fn needs_escape(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

/// The column and the most bytes that its cells take.
fn prepare(column: Column, rows: usize) -> (Prepared, Width) {
    let is_json = matches!(column.cells, Cells::Json(_) | Cells::List(..));
    let column = with_lists_as_text(column, rows);
    let mut width = column.cells.width(rows).with(rows, NULL.len());
    let kind = match &column.cells {
        _ if is_json => Kind::Bare,
        Cells::Integer(_) | Cells::Decimal(..) | Cells::Boolean(_) => Kind::Bare,
        Cells::Float(_) => Kind::Float,
        Cells::Text(text) => {
            if text.survey(needs_escape).has_special {
                width = Width::of((0..rows).map(|row| string_width(text.bytes(row, &mut [0; 16]))));
                width = width.with(rows, NULL.len());
                Kind::Escaped
            } else {
                Kind::Quoted
            }
        }
        _ => Kind::Quoted,
    };
    (Prepared { column, kind }, width)
}

#[inline(always)]
fn put_cell(out: &mut Room, at: usize, prepared: &Prepared, row: usize) -> usize {
    if prepared.column.is_null(row) {
        spell::put(out, at, NULL);
        return at + NULL.len();
    }
    let cells = &prepared.column.cells;
    match (prepared.kind, cells) {
        (Kind::Float, Cells::Float(values)) => {
            spell::float(out, at, values[row]).unwrap_or_else(|| spell::put_slice(out, at, NULL))
        }
        (Kind::Escaped, Cells::Text(text)) => put_string(out, at, text.bytes(row, &mut [0; 16])),
        (Kind::Quoted, cells) => {
            spell::put(out, at, b"\"");
            let at = cells.put(out, at + 1, row);
            spell::put(out, at, b"\"");
            at + 1
        }
        (_, cells) => cells.put(out, at, row),
    }
}

/// The bytes that [`put_string`] writes.
fn string_width(text: &[u8]) -> usize {
    let escaped = text.iter().filter(|byte| needs_escape(**byte));
    2 + text.len() + escaped.map(|byte| escape(*byte).len() - 1).sum::<usize>()
}

/// Writes a string with its quotes and escapes.
fn put_string(out: &mut Room, at: usize, text: &[u8]) -> usize {
    let mut at = spell::put_slice(out, at, b"\"");
    let mut rest = text;
    while let Some(next) = rest.iter().position(|byte| needs_escape(*byte)) {
        at = spell::put_slice(out, at, &rest[..next]);
        at = spell::put_slice(out, at, escape(rest[next]).as_bytes());
        rest = &rest[next + 1..];
    }
    at = spell::put_slice(out, at, rest);
    spell::put_slice(out, at, b"\"")
}

/// What stands for a byte in a string; a blank, for its length, for a byte that stands for itself.
fn escape(byte: u8) -> &'static str {
    const CONTROLS: [&str; 32] = [
        "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007", "\\b", "\\t", "\\n",
        "\\u000b", "\\f", "\\r", "\\u000e", "\\u000f", "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014",
        "\\u0015", "\\u0016", "\\u0017", "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e",
        "\\u001f",
    ];
    match byte {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        _ => CONTROLS.get(usize::from(byte)).copied().unwrap_or(" "),
    }
}

/// A column whose lists and JSON values have become texts: JSON, compact, on one line. Other columns stay as they are.
pub(crate) fn with_lists_as_text(mut column: Column, rows: usize) -> Column {
    column.cells = match column.cells {
        Cells::Json(texts) => Cells::Text(Text::new(&compact(texts))),
        Cells::List(offsets, items) => Cells::Text(Text::new(&lists_as_text(&offsets, *items, rows))),
        cells => cells,
    };
    column
}

fn lists_as_text(offsets: &[i32], items: Column, rows: usize) -> StringViewArray {
    let count = offsets.last().map_or(0, |end| *end as usize);
    let (items, width) = prepare(items, count);
    let mut json = Vec::new();
    let mut ends = Vec::with_capacity(rows);
    spell::append(&mut json, width.all + count + 2 * rows, |out| {
        let mut at = 0;
        for row in 0..rows {
            at = spell::put_slice(out, at, b"[");
            let first = offsets[row] as usize;
            for item in first..offsets[row + 1] as usize {
                if item > first {
                    at = spell::put_slice(out, at, b",");
                }
                at = put_cell(out, at, &items, item);
            }
            at = spell::put_slice(out, at, b"]");
            ends.push(at);
        }
        at
    });
    let json = String::from_utf8(json).expect("the items of a list are spelled in UTF-8");
    let mut texts = StringViewBuilder::with_capacity(rows);
    let mut start = 0;
    for end in ends {
        texts.append_value(&json[start..end]);
        start = end;
    }
    texts.finish()
}

/// JSON texts without blanks between their tokens; a text that is no JSON becomes the JSON string of it.
fn compact(texts: StringViewArray) -> StringViewArray {
    if texts.iter().flatten().all(|text| token::check(text) == Some(Spacing::Compact)) {
        return texts;
    }
    let mut compacted = StringViewBuilder::with_capacity(texts.len());
    for text in &texts {
        match text.map(|text| (text, token::check(text))) {
            None => compacted.append_null(),
            Some((text, Some(Spacing::Compact))) => compacted.append_value(text),
            Some((text, Some(Spacing::Blanks))) => compacted.append_value(token::without_blanks(text)),
            Some((text, None)) => {
                let mut string = Vec::new();
                spell::append(&mut string, 2 + 6 * text.len(), |out| put_string(out, 0, text.as_bytes()));
                compacted.append_value(String::from_utf8(string).expect("escapes are ASCII"));
            }
        }
    }
    compacted.finish()
}
