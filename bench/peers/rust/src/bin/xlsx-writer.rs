//! The table as a workbook by the crate `rust_xlsxwriter` in constant memory, its values made by hand.

use std::io;

use peers::columns::{Columns, Texts};
use peers::lists::{first_names, last_names};
use peers::{BATCH, CATEGORIES, FIRST_DAY, HEADER};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 1970-01-01 as a serial number of Excel.
const EPOCH: u32 = 25_569;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(rows), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: xlsx-writer ROWS FILE"));
    };
    let rows = rows.parse().map_err(io::Error::other)?;
    write(rows, &path).map_err(io::Error::other)
}

fn write(rows: u64, path: &str) -> Result<(), XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name("person")?;
    for (column, name) in (0..).zip(HEADER.trim_end().split(',')) {
        sheet.write_string(0, column, name)?;
    }
    let formats = (Format::new().set_num_format("0.00"), Format::new().set_num_format("yyyy-mm-dd"));
    let lists = (first_names(), last_names());
    let mut columns = Columns::default();
    let mut start = 1;
    while start <= rows {
        let batch = (rows + 1 - start).min(BATCH as u64) as usize;
        columns.fill(start, batch);
        print(sheet, &columns, start, &lists, &formats)?;
        start += batch as u64;
    }
    workbook.save(path)
}

fn print(
    sheet: &mut Worksheet,
    columns: &Columns,
    start: u64,
    (first_names, last_names): &(Vec<&str>, Vec<&str>),
    (price, date): &(Format, Format),
) -> Result<(), XlsxError> {
    let (mut email, mut note) = (0, 0);
    for (at, key) in columns.keys.iter().enumerate() {
        let row = (start as usize + at) as u32;
        sheet.write_number(row, 0, f64::from(row))?;
        sheet.write_string(row, 1, uuid(*key))?;
        sheet.write_string(row, 2, first_names[usize::from(columns.first_names[at])])?;
        sheet.write_string(row, 3, last_names[usize::from(columns.last_names[at])])?;
        sheet.write_string(row, 4, next(&columns.emails, at, &mut email))?;
        sheet.write_string(row, 5, CATEGORIES[usize::from(columns.categories[at])].0)?;
        sheet.write_number_with_format(row, 6, columns.prices[at] as f64 / 100.0, price)?;
        let day = ExcelDateTime::from_serial_datetime(EPOCH + FIRST_DAY + u32::from(columns.dates[at]))?;
        sheet.write_datetime_with_format(row, 7, &day, date)?;
        if columns.actives[at] > 0 {
            sheet.write_boolean(row, 8, columns.actives[at] == 2)?;
        }
        sheet.write_string(row, 9, next(&columns.notes, at, &mut note))?;
    }
    Ok(())
}

/// The text of a row, whose start is the end of the row before.
fn next<'t>(texts: &'t Texts, row: usize, start: &mut usize) -> &'t str {
    let end = texts.ends[row] as usize;
    let text = &texts.bytes[*start..end];
    *start = end;
    std::str::from_utf8(text).unwrap_or_default()
}

fn uuid(key: u128) -> String {
    let (a, b, c, d, e) =
        (key >> 96, key >> 80 & 0xffff, key >> 64 & 0xffff, key >> 48 & 0xffff, key & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
}
