//! Sheets as tables, a cell at a time. In a workbook of ours the Specification says which sheets belong to which table and how many rows
//! each has; in one of others each sheet with something on it is a table, its first row the header, and rows without a cell are none.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};

use calamine::{DataRef, Reader, SheetType, Xlsx, XlsxError};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use engine::types::LogicalType;

use super::front::{SHEETS_HEADER, SPECIFICATION};
use super::{SHEET_ROWS, package, serial};
use crate::builder::BatchBuilder;
use crate::source::{self, Batches, Listener, Source, guarded};
use crate::{FormatError, Options, SourceTable, spell};

type Workbook = Xlsx<BufReader<File>>;

/// The tables in a workbook.
pub(super) fn tables(path: &Path, stem: &str, options: &Options) -> Result<Vec<SourceTable>, FormatError> {
    package::check_size(path, stem, options.max_workbook_bytes)?;
    let sources = guarded(stem, || {
        let mut workbook = open(path, stem)?;
        let sheets: Vec<String> = workbook
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .map(|sheet| sheet.name.clone())
            .collect();
        let listed = listed_tables(&mut workbook, &sheets).unwrap_or_default();
        let is_ours = !listed.is_empty();
        let found = if is_ours {
            listed
        } else {
            sheets.into_iter().map(|sheet| (sheet.clone(), vec![Part { sheet, rows: None }])).collect()
        };
        let mut sources = Vec::new();
        for (name, parts) in found {
            let header = header(&mut workbook, &parts[0].sheet).map_err(|error| fault(&name, &error))?;
            // A sheet of others may be empty, or hold a picture alone.
            if !header.columns.is_empty() || is_ours {
                header.check_names(&name)?;
                sources.push(XlsxSource { path: path.to_owned(), name, parts, header, schema: OnceLock::new() });
            }
        }
        Ok(sources)
    })?;
    Ok(sources.into_iter().map(|source| SourceTable::new(source.name.clone(), source)).collect())
}

/// A sheet of a table.
#[derive(Clone)]
struct Part {
    sheet: String,
    /// Its data rows, where the workbook says so.
    rows: Option<u32>,
}

/// Where a table's columns stand.
#[derive(Clone, Default)]
struct Header {
    row: u32,
    /// The sheet's column and the name of each.
    columns: Vec<(u32, String)>,
}

#[derive(Clone)]
struct XlsxSource {
    path: PathBuf,
    name: String,
    parts: Vec<Part>,
    header: Header,
    /// What the cells of each column are, looked for when it is asked for.
    schema: OnceLock<SchemaRef>,
}

impl Source for XlsxSource {
    fn columns(&self) -> Vec<String> {
        self.header.columns.iter().map(|(_, name)| name.clone()).collect()
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.get_or_init(|| {
            let mut seen = vec![Seen::default(); self.header.columns.len()];
            // A fault in the cells is told when they are read; until then what comes before it is the best that is known.
            let _ = guarded(&self.name, || {
                self.rows(|cells| {
                    for (seen, cell) in seen.iter_mut().zip(cells) {
                        seen.add(cell);
                    }
                    Ok(true)
                })
            });
            let columns = self.header.columns.iter().zip(&seen);
            Arc::new(Schema::new(
                columns.map(|((_, name), seen)| source::column(name, &seen.logical_type())).collect::<Vec<Field>>(),
            ))
        }))
    }

    fn batches(
        &self,
        target: SchemaRef,
        never_null: &[bool],
        listener: Option<Listener>,
    ) -> Result<Batches, FormatError> {
        let builder = BatchBuilder::new(&self.name, Arc::clone(&target), listener)?;
        let logical = target.fields().iter().map(|field| LogicalType::of_field(field).unwrap_or(LogicalType::String));
        let wanted = logical.zip(never_null).map(|(logical, never_null)| {
            // No bytes at all are written as no text is.
            let is_text = matches!(logical, LogicalType::String | LogicalType::Text | LogicalType::Bytes);
            // In a workbook of others a cell without a value is a value that is missing.
            Wanted { empty_is_text: is_text && *never_null && self.is_ours(), is_text, logical }
        });
        let wanted: Vec<Wanted> = wanted.collect();
        // The reader of cells borrows the workbook, which an iterator could not hold beside it: a thread of its own can.
        let (sender, batches) = sync_channel(1);
        let source = self.clone();
        let thread = Builder::new().name("xlsx".to_owned()).spawn(move || {
            let result = source.send_batches(builder, &wanted, |batch| sender.send(Ok(batch)).is_ok());
            if let Err(error) = result {
                // Where nobody listens any more, nobody wants the error either.
                let _ = sender.send(Err(error));
            }
        })?;
        Ok(Box::new(XlsxBatches { name: self.name.clone(), batches, thread: Some(thread) }))
    }
}

struct XlsxBatches {
    name: String,
    batches: Receiver<Result<RecordBatch, FormatError>>,
    thread: Option<JoinHandle<()>>,
}

impl Iterator for XlsxBatches {
    type Item = Result<RecordBatch, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.batches.recv() {
            Ok(batch) => Some(batch),
            // The end, or a reader that trusted a damaged file.
            Err(_) => match self.thread.take()?.join() {
                Ok(()) => None,
                Err(_) => Some(Err(FormatError::in_table(&self.name, "the file is damaged"))),
            },
        }
    }
}

/// What a column's cells are read as.
struct Wanted {
    logical: LogicalType,
    is_text: bool,
    /// Whether an empty cell is a text without characters, not a null.
    empty_is_text: bool,
}

impl XlsxSource {
    /// Whether the workbook says which sheets its tables are.
    fn is_ours(&self) -> bool {
        self.parts.iter().any(|part| part.rows.is_some())
    }

    /// Reads all rows and hands batches on for as long as they are wanted.
    fn send_batches(
        &self,
        mut builder: BatchBuilder,
        wanted: &[Wanted],
        send: impl Fn(RecordBatch) -> bool,
    ) -> Result<(), FormatError> {
        let mut text = String::new();
        self.rows(|cells| {
            for (column, (cell, wanted)) in cells.iter().zip(wanted).enumerate() {
                text.clear();
                cell.spell(&wanted.logical, &mut text);
                let is_missing = matches!(cell, Cell::Empty) && !wanted.empty_is_text;
                if is_missing || (text.is_empty() && !wanted.is_text) {
                    builder.push_null(column);
                } else {
                    builder.push_text(column, &text)?;
                }
            }
            builder.end_row();
            if !builder.is_full() {
                return Ok(true);
            }
            match builder.take() {
                Some(batch) => Ok(send(batch?)),
                None => Ok(true),
            }
        })?;
        if let Some(batch) = builder.take() {
            send(batch?);
        }
        Ok(())
    }

    /// Calls `each` with the cells of every row, until it says that it had enough.
    fn rows(&self, mut each: impl FnMut(&[Cell]) -> Result<bool, FormatError>) -> Result<(), FormatError> {
        let mut workbook = open(&self.path, &self.name)?;
        let is_1904 = workbook.has_1904_epoch();
        let mut places = Vec::new();
        for (place, (column, _)) in self.header.columns.iter().enumerate() {
            places.resize(*column as usize + 1, None);
            places[*column as usize] = Some(place);
        }
        let mut cells = vec![Cell::Empty; self.header.columns.len()];
        for part in &self.parts {
            let mut reader = workbook.worksheet_cells_reader(&part.sheet).map_err(|error| fault(&self.name, &error))?;
            // The sheet's row that `cells` holds a part of, and the one that comes after those given.
            let (mut held, mut next) = (None, self.header.row + 1);
            loop {
                let cell = reader.next_cell().map_err(|error| fault(&self.name, &error))?;
                let row = cell.as_ref().map(|cell| cell.get_position().0);
                if row.is_some_and(|row| row <= self.header.row) {
                    continue;
                }
                if row.is_none() || row != held {
                    if let Some(held_row) = held {
                        if row.is_some_and(|row| row < held_row) {
                            return Err(FormatError::in_table(&self.name, "the rows of a sheet are out of order"));
                        }
                        let is_row = part.rows.is_some() || cells.iter().any(|cell| !matches!(cell, Cell::Empty));
                        if is_row && !each(&cells)? {
                            return Ok(());
                        }
                        cells.fill(Cell::Empty);
                        next = held_row + 1;
                    }
                    // Rows without a value are not in the file, but in the count.
                    if let Some(rows) = part.rows {
                        let until = row.unwrap_or(self.header.row + 1 + rows.min(SHEET_ROWS));
                        while next < until {
                            if !each(&cells)? {
                                return Ok(());
                            }
                            next += 1;
                        }
                    }
                    held = row;
                }
                let Some(cell) = cell else { break };
                if let Some(Some(place)) = places.get(cell.get_position().1 as usize) {
                    cells[*place] = Cell::new(cell.get_value(), is_1904);
                }
            }
        }
        Ok(())
    }
}

/// The value of a cell.
#[derive(Clone, Debug)]
enum Cell {
    Empty,
    Text(String),
    Number(f64),
    Boolean(bool),
    /// A number that is shown as a date or a time, in the count from 1900.
    Serial(f64),
}

impl Cell {
    fn new(value: &DataRef, is_1904: bool) -> Cell {
        /// Days between the two counts.
        const EPOCHS_APART: f64 = 1462.0;
        match value {
            DataRef::Empty => Cell::Empty,
            DataRef::String(text) => Cell::Text(text.clone()),
            DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::Text(text.clone()),
            DataRef::Int(number) => Cell::Text(number.to_string()),
            DataRef::Float(number) => Cell::Number(*number),
            DataRef::Bool(value) => Cell::Boolean(*value),
            DataRef::DateTime(value) if value.is_datetime() => {
                let serial = value.as_f64();
                // A time of day without a day means the same in both counts.
                Cell::Serial(if is_1904 && serial >= 1.0 { serial + EPOCHS_APART } else { serial })
            }
            DataRef::DateTime(value) => Cell::Number(value.as_f64()),
            DataRef::Error(error) => Cell::Text(error.to_string()),
        }
    }

    /// Appends the cell's text, a date in the form that the wanted type has it in.
    fn spell(&self, logical: &LogicalType, text: &mut String) {
        match self {
            Cell::Empty => {}
            Cell::Text(value) => text.push_str(value),
            Cell::Number(value) => text.push_str(&value.to_string()),
            Cell::Boolean(value) => text.push_str(if *value { "true" } else { "false" }),
            Cell::Serial(value) => match serial::to_datetime(*value) {
                Some(instant) => spell_instant(*value, instant, logical, text),
                None => text.push_str(&value.to_string()),
            },
        }
    }
}

fn spell_instant(serial: f64, instant: i64, logical: &LogicalType, text: &mut String) {
    const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;
    let is_time = serial < 1.0 && *logical != LogicalType::Datetime && *logical != LogicalType::Date;
    let is_date = instant.rem_euclid(MICROSECONDS_PER_DAY) == 0 && *logical != LogicalType::Datetime;
    let mut spelled = Vec::new();
    spell::append(&mut spelled, spell::DATETIME_WIDTH, |out| {
        if is_time {
            spell::time(out, 0, instant)
        } else if is_date {
            spell::date(out, 0, instant.div_euclid(MICROSECONDS_PER_DAY) as i32)
        } else {
            spell::datetime(out, 0, instant)
        }
    });
    text.extend(spelled.into_iter().map(char::from));
}

/// What the cells of a column have been so far.
#[derive(Clone, Default)]
struct Seen {
    texts: bool,
    booleans: bool,
    whole: bool,
    fractions: bool,
    dates: bool,
    times: bool,
    datetimes: bool,
}

impl Seen {
    fn add(&mut self, cell: &Cell) {
        /// The largest whole number that a spreadsheet shows to its last digit.
        const EXACT: f64 = 999_999_999_999_999.0;
        match cell {
            Cell::Empty => {}
            Cell::Text(_) => self.texts = true,
            Cell::Boolean(_) => self.booleans = true,
            Cell::Number(value) if value.fract() == 0.0 && value.abs() <= EXACT => self.whole = true,
            Cell::Number(_) => self.fractions = true,
            Cell::Serial(value) if *value < 1.0 => self.times = true,
            Cell::Serial(value) if value.fract() == 0.0 => self.dates = true,
            Cell::Serial(_) => self.datetimes = true,
        }
    }

    /// The plainest type that holds all cells; a text where they are of several kinds.
    fn logical_type(&self) -> LogicalType {
        let (texts, booleans, times) = (self.texts, self.booleans, self.times);
        let numbers = self.whole || self.fractions;
        let days = self.dates || self.datetimes;
        match (texts, booleans, numbers, days, times) {
            (false, true, false, false, false) => LogicalType::Boolean,
            (false, false, true, false, false) if self.fractions => LogicalType::Float,
            (false, false, true, false, false) => LogicalType::Integer,
            (false, false, false, true, false) if self.datetimes => LogicalType::Datetime,
            (false, false, false, true, false) => LogicalType::Date,
            (false, false, false, false, true) => LogicalType::Time,
            _ => LogicalType::String,
        }
    }
}

impl Header {
    fn check_names(&self, table: &str) -> Result<(), FormatError> {
        let mut names = std::collections::HashSet::new();
        match self.columns.iter().find(|(_, name)| !names.insert(name)) {
            Some((_, name)) => Err(FormatError::in_table(table, format!("column {name:?} occurs twice"))),
            None => Ok(()),
        }
    }
}

/// The first row that has a cell; a column between two named ones that has no name gets its letter.
fn header(workbook: &mut Workbook, sheet: &str) -> Result<Header, XlsxError> {
    let is_1904 = workbook.has_1904_epoch();
    let mut reader = workbook.worksheet_cells_reader(sheet)?;
    let mut header = Header::default();
    while let Some(cell) = reader.next_cell()? {
        let (row, column) = cell.get_position();
        if !header.columns.is_empty() && row != header.row {
            break;
        }
        let mut name = String::new();
        Cell::new(cell.get_value(), is_1904).spell(&LogicalType::String, &mut name);
        if name.is_empty() {
            continue;
        }
        header.row = row;
        let next = header.columns.last().map_or(column, |(last, _)| last + 1);
        for unnamed in next..column {
            header.columns.push((unnamed, column_letters(unnamed)));
        }
        if column >= next {
            header.columns.push((column, name));
        }
        if column as usize >= source::MAX_COLUMNS {
            break;
        }
    }
    header.columns.retain(|(column, _)| (*column as usize) < source::MAX_COLUMNS);
    Ok(header)
}

/// The tables that a Specification lists; none where it is of another make, or names a sheet that is not there.
fn listed_tables(workbook: &mut Workbook, sheets: &[String]) -> Result<Vec<(String, Vec<Part>)>, XlsxError> {
    let mut tables: Vec<(String, Vec<Part>)> = Vec::new();
    if !sheets.iter().any(|sheet| sheet == SPECIFICATION) {
        return Ok(tables);
    }
    let mut rows: Vec<(u32, [Cell; 5])> = Vec::new();
    let mut reader = workbook.worksheet_cells_reader(SPECIFICATION)?;
    while let Some(cell) = reader.next_cell()? {
        let (row, column) = cell.get_position();
        if rows.last().is_none_or(|(last, _)| *last != row) {
            rows.push((row, [const { Cell::Empty }; 5]));
        }
        if let Some((_, cells)) = rows.last_mut()
            && let Some(place) = cells.get_mut(column as usize)
        {
            *place = Cell::new(cell.get_value(), false);
        }
    }
    let is_header = |cells: &[Cell; 5]| {
        cells.iter().zip(SHEETS_HEADER).all(|(cell, name)| matches!(cell, Cell::Text(text) if text == name))
    };
    let Some(start) = rows.iter().position(|(_, cells)| is_header(cells)) else { return Ok(tables) };
    // The list ends where a row is left out.
    for (expected_row, (row, cells)) in (rows[start].0 + 1..).zip(&rows[start + 1..]) {
        let [Cell::Text(table), Cell::Text(sheet), _, _, Cell::Number(count)] = cells else { break };
        if *row != expected_row {
            break;
        }
        if !sheets.contains(sheet) {
            return Ok(Vec::new());
        }
        let part = Part { sheet: sheet.clone(), rows: Some(*count as u32) };
        match tables.last_mut() {
            Some((name, parts)) if name == table => parts.push(part),
            _ => tables.push((table.clone(), vec![part])),
        }
    }
    Ok(tables)
}

fn open(path: &Path, name: &str) -> Result<Workbook, FormatError> {
    let file = File::open(path).map_err(|source| FormatError::Open { path: path.display().to_string(), source })?;
    Workbook::new(BufReader::new(file)).map_err(|error| match error {
        XlsxError::Password => FormatError::in_table(name, "the workbook has a password; save it without one"),
        _ => package::damaged(name),
    })
}

fn fault(name: &str, error: &XlsxError) -> FormatError {
    FormatError::in_table(name, error.to_string())
}

/// A column as a spreadsheet names it: A, Z, AA.
fn column_letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}
