//! CSV as batches, by a scanner of our own, because libraries cannot tell `""` from nothing.
//!
//! Read are RFC 4180 with LF or CRLF, with or without a byte order mark, and what it leaves open as spreadsheets have it: a quote inside a
//! value that does not start with one is itself, blank lines between rows of several columns are nothing.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use engine::types::LogicalType;

use crate::builder::BatchBuilder;
use crate::source::{self, Batches, Listener, MAX_COLUMNS, MAX_ROW_BYTES, Source};
use crate::{FormatError, Options, SourceTable};

/// The table in a CSV file, whose header is read at once.
pub(super) fn table(path: &Path, name: &str, options: &Options) -> Result<SourceTable, FormatError> {
    options.check()?;
    let mut delimiter = options.csv_delimiter;
    let mut header = Record::default();
    let mut scanner = Scanner::open(path, name, delimiter)?;
    scanner.next(&mut header)?;
    if header.text.contains(&b'\r') && !scanner.next(&mut Record::default())? {
        let sentence = "its lines end in carriage returns alone; save it with the line ends of Windows or Unix";
        return Err(FormatError::in_table(name, sentence));
    }
    if options.csv_sniff && header.ends.len() == 1 {
        // The one other character that the header has and the delimiter of some locale or tool is.
        let candidates = [b';', b'\t', b'|', b','].into_iter().filter(|c| *c != delimiter && header.text.contains(c));
        if let [only] = candidates.collect::<Vec<u8>>()[..] {
            delimiter = only;
            Scanner::open(path, name, delimiter)?.next(&mut header)?;
        }
    }
    let mut columns: Vec<Field> = Vec::with_capacity(header.ends.len());
    let mut names = std::collections::HashSet::new();
    for index in 0..header.ends.len() {
        let column = header
            .value(index)
            .map_err(|_| FormatError::in_table(name, "the header is no UTF-8; save the file as UTF-8"))?;
        if !names.insert(column.to_owned()) {
            return Err(FormatError::in_table(name, format!("column {column:?} occurs twice")));
        }
        columns.push(source::column(column, &LogicalType::String));
    }
    if columns.is_empty() {
        return Err(FormatError::in_table(name, "the file is empty, a header is expected"));
    }
    let source = CsvSource {
        path: path.to_owned(),
        name: name.to_owned(),
        schema: Arc::new(Schema::new(columns)),
        delimiter,
        null: options.csv_null.clone(),
    };
    Ok(SourceTable::new(name.to_owned(), source))
}

struct CsvSource {
    path: PathBuf,
    name: String,
    schema: SchemaRef,
    delimiter: u8,
    null: String,
}

impl Source for CsvSource {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn batches(&self, target: SchemaRef, _: &[bool], listener: Option<Listener>) -> Result<Batches, FormatError> {
        let mut scanner = Scanner::open(&self.path, &self.name, self.delimiter)?;
        let mut record = Record::default();
        scanner.next(&mut record)?;
        let columns = target.fields().len();
        let builder = BatchBuilder::new(&self.name, target, listener)?;
        let null = self.null.clone();
        Ok(Box::new(CsvBatches { scanner, record, builder, columns, null, done: false }))
    }
}

struct CsvBatches {
    scanner: Scanner,
    record: Record,
    builder: BatchBuilder,
    columns: usize,
    null: String,
    done: bool,
}

impl Iterator for CsvBatches {
    type Item = Result<RecordBatch, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        match self.fill() {
            Ok(()) => self.builder.take(),
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        }
    }
}

impl CsvBatches {
    fn fill(&mut self) -> Result<(), FormatError> {
        while !self.builder.is_full() {
            self.scanner.row = self.builder.row();
            if !self.scanner.next(&mut self.record)? {
                self.done = true;
                break;
            }
            self.push_row()?;
        }
        Ok(())
    }

    fn push_row(&mut self) -> Result<(), FormatError> {
        let record = &self.record;
        let values = record.ends.len();
        if values != self.columns {
            if record.is_blank() {
                return Ok(());
            }
            let detail = format!("{values} values, {} columns are in the header", self.columns);
            return Err(FormatError::in_row(&self.scanner.table, self.builder.row(), detail));
        }
        for column in 0..self.columns {
            let text = record
                .value(column)
                .map_err(|_| FormatError::in_row(&self.scanner.table, self.builder.row(), "a value is no UTF-8"))?;
            // Writers that quote every cell write a null of a number as they write an empty text.
            let is_null = match text.is_empty() {
                true => !record.quoted[column] || !self.builder.can_be_empty(column),
                false => !record.quoted[column] && text == self.null,
            };
            if is_null {
                self.builder.push_null(column);
            } else {
                self.builder.push_text(column, text)?;
            }
        }
        self.builder.end_row();
        Ok(())
    }
}

/// The values of a row, one after the other.
#[derive(Default)]
struct Record {
    text: Vec<u8>,
    /// Where each value ends in `text`.
    ends: Vec<usize>,
    /// Whether each value stood in quotes.
    quoted: Vec<bool>,
}

impl Record {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.quoted.clear();
    }

    fn value(&self, index: usize) -> Result<&str, std::str::Utf8Error> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        std::str::from_utf8(&self.text[start..self.ends[index]])
    }

    /// Whether the line had nothing on it.
    fn is_blank(&self) -> bool {
        self.ends.len() == 1 && self.text.is_empty() && !self.quoted[0]
    }
}

/// Takes a stream apart into records, through a buffer of fixed size.
struct Scanner {
    source: Box<dyn Read + Send>,
    table: String,
    delimiter: u8,
    /// The row that comes next, 0 for the header; for messages.
    row: u64,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 17;

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

impl Scanner {
    fn open(path: &Path, table: &str, delimiter: u8) -> Result<Scanner, FormatError> {
        let mut scanner = Scanner {
            source: source::open(path)?,
            table: table.to_owned(),
            delimiter,
            row: 0,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
        };
        // The mark is at the start and must be seen whole, however few bytes come at a time.
        while scanner.end < BYTE_ORDER_MARK.len() && scanner.read_more()? {}
        if scanner.buffer[..scanner.end].starts_with(&BYTE_ORDER_MARK) {
            scanner.start = BYTE_ORDER_MARK.len();
        }
        Ok(scanner)
    }

    /// Reads behind the bytes that are there; false at the end.
    fn read_more(&mut self) -> Result<bool, FormatError> {
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(FormatError::Open { path: self.table.clone(), source }),
            }
        }
    }

    /// The byte that comes next, which stays.
    fn peek(&mut self) -> Result<Option<u8>, FormatError> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if !self.read_more()? {
                return Ok(None);
            }
        }
        Ok(Some(self.buffer[self.start]))
    }

    /// Moves bytes to the record up to the next that `find` finds; false where the stream ends before one.
    fn take_until(&mut self, record: &mut Record, find: impl Fn(&[u8]) -> Option<usize>) -> Result<bool, FormatError> {
        loop {
            let ahead = &self.buffer[self.start..self.end];
            let found = find(ahead);
            let count = found.unwrap_or(ahead.len());
            record.text.extend_from_slice(&ahead[..count]);
            self.start += count;
            if record.text.len() > MAX_ROW_BYTES {
                return Err(self.fault("it is longer than 64 MiB"));
            }
            if found.is_some() {
                return Ok(true);
            }
            if self.peek()?.is_none() {
                return Ok(false);
            }
        }
    }

    /// Reads the next record; false at the end.
    fn next(&mut self, record: &mut Record) -> Result<bool, FormatError> {
        record.clear();
        if self.peek()?.is_none() {
            return Ok(false);
        }
        loop {
            let quoted = self.peek()? == Some(b'"');
            if quoted {
                self.start += 1;
                self.take_quoted(record)?;
            } else {
                let delimiter = self.delimiter;
                self.take_until(record, |ahead| memchr::memchr2(delimiter, b'\n', ahead))?;
            }
            let after = self.peek()?;
            self.start += usize::from(after.is_some());
            if after != Some(self.delimiter) && !quoted {
                // CRLF: the line feed ended the value, the carriage return is none of it.
                let value_start = record.ends.last().copied().unwrap_or(0);
                if after == Some(b'\n') && record.text.len() > value_start && record.text.ends_with(b"\r") {
                    record.text.pop();
                }
            }
            record.ends.push(record.text.len());
            record.quoted.push(quoted);
            if after != Some(self.delimiter) {
                return Ok(true);
            }
            if record.ends.len() >= MAX_COLUMNS {
                return Err(self.fault("it has more than 16,384 values"));
            }
        }
    }

    /// Moves a value behind its first quote to the record, and its last quote away; what ends the value comes next.
    fn take_quoted(&mut self, record: &mut Record) -> Result<(), FormatError> {
        loop {
            if !self.take_until(record, |ahead| memchr::memchr(b'"', ahead))? {
                return Err(self.fault("a quote is not closed"));
            }
            self.start += 1;
            match self.peek()? {
                Some(b'"') => {
                    record.text.push(b'"');
                    self.start += 1;
                }
                Some(b'\r') => {
                    self.start += 1;
                    match self.peek()? {
                        Some(b'\n') | None => return Ok(()),
                        Some(_) => return Err(self.fault("text follows a closing quote")),
                    }
                }
                Some(b'\n') | None => return Ok(()),
                Some(byte) if byte == self.delimiter => return Ok(()),
                Some(_) => return Err(self.fault("text follows a closing quote")),
            }
        }
    }

    fn fault(&self, detail: &str) -> FormatError {
        match self.row {
            0 => FormatError::in_table(&self.table, format!("header: {detail}")),
            row => FormatError::in_row(&self.table, row, detail),
        }
    }
}
