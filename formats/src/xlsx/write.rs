//! Tables as sheets, a row at a time, in the constant memory that rust_xlsxwriter has for it.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use engine::types::LogicalType;
use rust_xlsxwriter::{DocProperties, Format, FormatAlign, IgnoreError, IntoCustomDateTime, Workbook, Worksheet};

use super::front::{self, HEADER_HEIGHT, MAX_TEXT, TableSheet};
use super::sheet_names::SheetNames;
use super::style::Styles;
use super::{SHEET_COLUMNS, SHEET_ROWS, serial};
use crate::columns::{Cells, Column};
use crate::guard::{guarded, system_error};
use crate::{Document, DocumentTable, Encoder, FormatError, Options, RuleResult, Writer, json, spell};

/// A writer of all tables of a document as one workbook.
pub(super) fn writer<'a>(
    sink: Box<dyn Write + Send + 'a>,
    document: &Document,
    options: &Options,
) -> Result<Box<dyn Writer + 'a>, FormatError> {
    options.check()?;
    let mut cells = 0_u64;
    for table in &document.tables {
        let columns = table.schema.fields().len();
        if columns > SHEET_COLUMNS {
            let detail = format!("{columns} columns are more than the {SHEET_COLUMNS} of a sheet");
            return Err(FormatError::Table { table: table.name.clone(), detail });
        }
        cells = cells.saturating_add(table.rows.saturating_mul(columns as u64));
    }
    let mut workbook = Workbook::new();
    if let Some(folder) = &options.temp_dir {
        workbook.set_tempdir(folder)?;
    }
    workbook.set_zip_compression_level(options.xlsx_level);
    // Parts beyond 4 GB need another kind of zip entry, which costs every reader a little and some all.
    workbook.use_zip_large_file(cells > LARGE_CELLS);
    workbook.set_properties(&properties(document));
    front::add(&mut workbook)?;
    let mut names = SheetNames::new(&[front::SPECIFICATION, front::DATA_DICTIONARY]);
    let first_names = document.tables.iter().map(|table| names.take(&table.name)).collect();
    Ok(Box::new(Guarded(XlsxWriter {
        sink,
        workbook,
        document: document.clone(),
        styles: Styles::new(),
        names,
        first_names,
        sheets: Vec::new(),
        current: None,
        text: Vec::new(),
    })))
}

/// Cells that surely take less than 4 GB of XML.
const LARGE_CELLS: u64 = 40_000_000;

/// Rows of the first batch by which columns are fitted.
const FITTED_ROWS: usize = 1000;

/// Characters of the narrowest and the widest column.
const WIDTHS: std::ops::RangeInclusive<usize> = 8..=60;

/// The largest number that a spreadsheet shows to its last digit.
const EXACT: u64 = 999_999_999_999_999;

/// A writer whose library panics where its temporary file cannot be written: that is an error like any other.
struct Guarded<'a>(XlsxWriter<'a>);

impl Writer for Guarded<'_> {
    fn begin_table(&mut self, index: usize) -> Result<(), FormatError> {
        self.0.begin_table(index)
    }

    fn encoder(&self) -> Option<Arc<dyn Encoder>> {
        None
    }

    fn write_encoded(&mut self, _bytes: &[u8]) -> Result<(), FormatError> {
        Err(FormatError::Options("xlsx batches cannot be encoded apart".to_owned()))
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), FormatError> {
        guarded(|| self.0.write(batch), system_error)
    }

    fn end_table(&mut self) -> Result<(), FormatError> {
        guarded(|| self.0.end_table(), system_error)
    }

    fn finish(self: Box<Self>, rules: &[RuleResult]) -> Result<(), FormatError> {
        guarded(|| self.0.finish(rules), system_error)
    }
}

struct XlsxWriter<'a> {
    sink: Box<dyn Write + Send + 'a>,
    workbook: Workbook,
    document: Document,
    styles: Styles,
    names: SheetNames,
    /// The name of each table's first sheet.
    first_names: Vec<String>,
    sheets: Vec<TableSheet>,
    current: Option<CurrentTable>,
    text: Vec<u8>,
}

/// The table that is being written.
struct CurrentTable {
    index: usize,
    /// Sheets that it has so far.
    parts: usize,
    widths: Vec<usize>,
}

impl XlsxWriter<'_> {
    fn begin_table(&mut self, index: usize) -> Result<(), FormatError> {
        if self.document.tables.get(index).is_none() || self.current.is_some() {
            return Err(FormatError::Options(format!("table {index} cannot be begun here")));
        }
        self.current = Some(CurrentTable { index, parts: 0, widths: Vec::new() });
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), FormatError> {
        let rows = batch.num_rows();
        let schema = batch.schema();
        let columns: Vec<Column> = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, array)| json::with_lists_as_text(Column::new(field, array), rows))
            .collect();
        let Some(current) = &mut self.current else {
            return Err(FormatError::Options("no table was begun".to_owned()));
        };
        if current.parts == 0 {
            let table = &self.document.tables[current.index];
            current.widths = widths(table, &columns, rows.min(FITTED_ROWS));
            self.begin_sheet()?;
        }
        let mut row = 0;
        while row < rows {
            if self.sheets.last().is_some_and(|sheet| sheet.rows == SHEET_ROWS) {
                self.end_sheet()?;
                self.begin_sheet()?;
            }
            let Some(sheet) = self.sheets.last_mut() else { return Ok(()) };
            let count = (rows - row).min((SHEET_ROWS - sheet.rows) as usize);
            let worksheet = self.workbook.worksheet_from_name(&sheet.name)?;
            for row in row..row + count {
                sheet.rows += 1;
                write_row(worksheet, &sheet.name, sheet.rows, &columns, row, &mut self.text)?;
            }
            row += count;
        }
        Ok(())
    }

    fn end_table(&mut self) -> Result<(), FormatError> {
        let Some(current) = &mut self.current else {
            return Err(FormatError::Options("no table was begun".to_owned()));
        };
        if current.parts == 0 {
            current.widths = widths(&self.document.tables[current.index], &[], 0);
            self.begin_sheet()?;
        }
        self.end_sheet()?;
        self.current = None;
        Ok(())
    }

    fn finish(mut self, rules: &[RuleResult]) -> Result<(), FormatError> {
        front::fill(&mut self.workbook, &self.styles, &self.document, &self.sheets, rules)?;
        self.workbook.save_to_writer(&mut self.sink)?;
        self.sink.flush()?;
        Ok(())
    }
}

impl XlsxWriter<'_> {
    /// Begins a sheet of the current table: its name, header, widths and formats.
    fn begin_sheet(&mut self) -> Result<(), FormatError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        current.parts += 1;
        let table = &self.document.tables[current.index];
        let first = &self.first_names[current.index];
        let name = if current.parts == 1 { first.clone() } else { self.names.take_part(first, current.parts) };
        let worksheet = self.workbook.add_worksheet_with_constant_memory()?;
        worksheet.set_name(&name)?;
        front::print_on_landscape_pages(worksheet);
        worksheet.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
        worksheet.set_row_height(0, HEADER_HEIGHT)?;
        for ((place, field), width) in (0..).zip(table.schema.fields()).zip(&current.widths) {
            // The width first: a column that has a format before it has a width is looked up anew for each of its cells.
            worksheet.set_column_width(place, *width as f64)?;
            let logical = LogicalType::of_field(field).unwrap_or(LogicalType::String);
            if let Some(format) = column_format(&logical) {
                worksheet.set_column_format(place, &format)?;
            }
            let right = matches!(logical, LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Float);
            let style = if right { &self.styles.header_right } else { &self.styles.header };
            if field.name().encode_utf16().count() > MAX_TEXT {
                return Err(too_long(&name, 0, place, field.name()));
            }
            worksheet.write_string_with_format(0, place, field.name(), style)?;
        }
        self.sheets.push(TableSheet { table: current.index, name, rows: 0 });
        Ok(())
    }

    /// Ends a sheet: the filter covers the rows that it has.
    fn end_sheet(&mut self) -> Result<(), FormatError> {
        let Some(sheet) = self.sheets.last() else { return Ok(()) };
        let columns = self.document.tables[sheet.table].schema.fields().len();
        let worksheet = self.workbook.worksheet_from_name(&sheet.name)?;
        if let Some(last) = columns.checked_sub(1).and_then(|last| u16::try_from(last).ok()) {
            worksheet.autofilter(0, 0, sheet.rows, last)?;
            // Codes and documents are text on purpose: no green corner need say so.
            worksheet.ignore_error_range(0, 0, sheet.rows, last, IgnoreError::NumberStoredAsText)?;
        }
        Ok(())
    }
}

fn write_row(
    worksheet: &mut Worksheet,
    sheet: &str,
    sheet_row: u32,
    columns: &[Column],
    row: usize,
    text: &mut Vec<u8>,
) -> Result<(), FormatError> {
    for (place, column) in (0..).zip(columns) {
        if column.is_null(row) {
            continue;
        }
        if let Cells::Boolean(values) = &column.cells {
            worksheet.write_boolean(sheet_row, place, values.value(row))?;
        } else if let Some(number) = number(&column.cells, row) {
            worksheet.write_number(sheet_row, place, number)?;
        } else {
            text.clear();
            column.cells.append(text, row);
            let text = std::str::from_utf8(text).expect("values are spelled in UTF-8");
            // Most texts are short enough by their bytes alone.
            if text.len() > MAX_TEXT && text.encode_utf16().count() > MAX_TEXT {
                return Err(too_long(sheet, sheet_row, place, text));
            }
            worksheet.write_string(sheet_row, place, text)?;
        }
    }
    Ok(())
}

/// The number of a cell, where the value has one that holds it exactly.
fn number(cells: &Cells, row: usize) -> Option<f64> {
    match cells {
        Cells::Integer(values) => {
            Some(values[row]).filter(|value| value.unsigned_abs() <= EXACT).map(|value| value as f64)
        }
        Cells::Decimal(values, scale) => {
            let units = values[row];
            // Both are exact as floats up to here, so that the quotient is the float next to the decimal.
            let exact = units.unsigned_abs() <= u128::from(EXACT) && *scale <= 22;
            exact.then(|| units as f64 / 10_u128.pow(u32::from(*scale)) as f64)
        }
        Cells::Float(values) => Some(values[row]).filter(|value| value.is_finite()),
        Cells::Date(values) => serial::of_date(values[row]),
        Cells::Datetime(values) => serial::of_datetime(values[row]),
        Cells::Time(values) => Some(serial::of_time(values[row])),
        _ => None,
    }
}

fn column_format(logical: &LogicalType) -> Option<Format> {
    // A number keeps its distance from a text that stands to its right; dates stand to the left, as their names do.
    let number = |format: &str| Format::new().set_num_format(format).set_align(FormatAlign::Right).set_indent(1);
    let time = |format: &str| Format::new().set_num_format(format).set_align(FormatAlign::Left);
    Some(match logical {
        LogicalType::Integer => number("0"),
        LogicalType::Decimal { scale, .. } if *scale > 0 => {
            number(&format!("#,##0.{}", "0".repeat(usize::from(scale.unsigned_abs().min(30)))))
        }
        LogicalType::Decimal { .. } => number("0"),
        LogicalType::Float => number("General"),
        LogicalType::Date => time("yyyy-mm-dd"),
        LogicalType::Datetime => time("yyyy-mm-dd hh:mm:ss"),
        LogicalType::Time => time("hh:mm:ss"),
        // Without the words some spreadsheets show 1 and 0.
        LogicalType::Boolean => {
            Format::new().set_num_format("\"TRUE\";\"TRUE\";\"FALSE\"").set_align(FormatAlign::Left)
        }
        _ => return None,
    })
}

/// The width of each column: that of its name with the filter's button, or of the widest of the first rows.
fn widths(table: &DocumentTable, columns: &[Column], rows: usize) -> Vec<usize> {
    let mut text = Vec::new();
    table
        .schema
        .fields()
        .iter()
        .enumerate()
        .map(|(place, field)| {
            let mut widest = displayed_width(field.name()) + 3;
            if let Some(column) = columns.get(place) {
                for row in (0..rows).filter(|row| !column.is_null(*row)) {
                    text.clear();
                    column.cells.append(&mut text, row);
                    let shown = std::str::from_utf8(&text).unwrap_or("");
                    // A datetime is shown without its fraction and zone, a decimal with commas.
                    let width = match &column.cells {
                        Cells::Datetime(_) => shown.len().min(19),
                        Cells::Decimal(..) => shown.len() + shown.len() / 4,
                        _ => displayed_width(shown),
                    };
                    widest = widest.max(width + 2);
                }
            }
            widest.clamp(*WIDTHS.start(), *WIDTHS.end())
        })
        .collect()
}

/// Digits that a text is as wide as: letters of East Asia are two.
pub(super) fn displayed_width(text: &str) -> usize {
    text.chars()
        .map(|character| if matches!(character, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffdc}') { 2 } else { 1 })
        .sum()
}

fn too_long(sheet: &str, row: u32, place: u16, text: &str) -> FormatError {
    let length = text.encode_utf16().count();
    FormatError::Cell {
        sheet: sheet.to_owned(),
        cell: rust_xlsxwriter::utility::row_col_to_cell(row, place),
        detail: format!("a text of {length} characters is longer than the {MAX_TEXT} that a cell holds"),
    }
}

/// The document's properties, among them the only time in the file.
fn properties(document: &Document) -> DocProperties {
    let properties = DocProperties::new()
        .set_title(short(&document.name))
        .set_comment(short(document.description.as_deref().unwrap_or("")))
        .set_author("synthetic-data")
        .set_creation_datetime(ReferenceTime(document.reference_time_us));
    document.properties.iter().fold(properties, |properties, (name, value)| {
        properties.set_custom_property(short(name), short(value).as_str())
    })
}

/// A text as far as a property of a document holds it.
fn short(text: &str) -> String {
    text.chars().take(255).collect()
}

struct ReferenceTime(i64);

impl IntoCustomDateTime for ReferenceTime {
    fn utc_datetime(self) -> String {
        // Whole seconds of four-digit years are what a document's property may hold.
        const FIRST: i64 = -62_167_219_200;
        const LAST: i64 = 253_402_300_799;
        let seconds = self.0.div_euclid(1_000_000).clamp(FIRST, LAST);
        let mut text = Vec::new();
        spell::append(&mut text, spell::DATETIME_WIDTH, |out| spell::datetime(out, 0, seconds * 1_000_000));
        String::from_utf8(text).unwrap_or_default()
    }
}
