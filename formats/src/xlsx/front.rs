//! The two sheets before the tables: the *Specification*, which says what the dataset is and which rules hold, and the *Data dictionary*.
//!
//! The list of sheets on the Specification is also how a reader finds the tables again: their full names, the sheets that belong together
//! and their rows. [`read::tables`](super::read::tables) knows its header by [`SHEETS_HEADER`].

use rust_xlsxwriter::{IgnoreError, Url, Workbook, Worksheet, XlsxError};

use super::style::{PETROL, Styles};
use super::write::displayed_width;
use crate::{Document, RuleResult};

/// The first sheet.
pub(super) const SPECIFICATION: &str = "Specification";

/// The second sheet.
pub(super) const DATA_DICTIONARY: &str = "Data dictionary";

/// The header of the list of sheets.
pub(super) const SHEETS_HEADER: [&str; 5] = ["Table", "Sheet", "Description", "Columns", "Rows"];

const RULES_HEADER: [&str; 6] = ["Rule", "Table", "Statement", "Rows checked", "Rows broken", "Result"];

const DICTIONARY_HEADER: [&str; 8] = ["Table", "Column", "Type", "Null", "Key", "Generator", "Rule", "Description"];

/// Characters of the columns of each sheet.
const SPECIFICATION_WIDTHS: [usize; 6] = [34, 26, 72, 15, 15, 12];
const DICTIONARY_WIDTHS: [usize; 8] = [22, 26, 28, 8, 30, 36, 36, 56];

/// Points of a line in a list, and of each further one in the same row.
const LINE_HEIGHT: usize = 18;
const NEXT_LINE_HEIGHT: usize = 15;

/// UTF-16 units of the longest text of a cell.
pub(super) const MAX_TEXT: usize = 32_767;

/// A sheet with rows of a table.
pub(super) struct TableSheet {
    /// Its table, as an index of the document's.
    pub table: usize,
    /// Its name.
    pub name: String,
    /// Its data rows.
    pub rows: u32,
}

/// Adds the two sheets, first in the workbook; they are filled when all is known.
pub(super) fn add(workbook: &mut Workbook) -> Result<(), XlsxError> {
    for name in [SPECIFICATION, DATA_DICTIONARY] {
        workbook.add_worksheet().set_name(name)?.set_tab_color(PETROL);
    }
    Ok(())
}

/// Fills both.
pub(super) fn fill(
    workbook: &mut Workbook,
    styles: &Styles,
    document: &Document,
    sheets: &[TableSheet],
    rules: &[RuleResult],
) -> Result<(), XlsxError> {
    specification(workbook.worksheet_from_name(SPECIFICATION)?, styles, document, sheets, rules)?;
    dictionary(workbook.worksheet_from_name(DATA_DICTIONARY)?, styles, document)
}

fn specification(
    sheet: &mut Worksheet,
    styles: &Styles,
    document: &Document,
    sheets: &[TableSheet],
    rules: &[RuleResult],
) -> Result<(), XlsxError> {
    print_on_landscape_pages(sheet);
    sheet.set_screen_gridlines(false).set_active(true);
    for (column, width) in (0..).zip(SPECIFICATION_WIDTHS) {
        sheet.set_column_width(column, width as f64)?;
    }
    sheet.set_row_height(0, 30)?;
    sheet.write_string_with_format(0, 0, cut(&document.name), &styles.title)?;
    if let Some(description) = &document.description {
        sheet.write_string_with_format(1, 0, cut(description), &styles.subtitle)?;
    }
    let mut row = 3;
    for (name, value) in &document.properties {
        list_row(sheet, row, &[name], &SPECIFICATION_WIDTHS)?;
        sheet.write_string_with_format(row, 0, cut(name), &styles.label)?;
        sheet.write_string_with_format(row, 1, cut(value), &styles.value)?;
        // The line below goes on under a value that is longer than its column.
        sheet.write_blank(row, 2, &styles.value)?;
        row += 1;
    }

    if let Some(last) = row.checked_sub(1).filter(|last| *last >= 3) {
        sheet.ignore_error_range(3, 1, last, 1, IgnoreError::NumberStoredAsText)?;
    }

    let rows: u64 = sheets.iter().map(|sheet| u64::from(sheet.rows)).sum();
    let remark = format!(
        "{} {}, {} {}",
        document.tables.len(),
        plural(document.tables.len(), "table"),
        grouped(rows),
        plural(rows, "row")
    );
    row = heading(sheet, styles, row + 1, "Tables", &remark)?;
    header(sheet, styles, row, &SHEETS_HEADER, &[3, 4], &[])?;
    row += 1;
    for part in sheets {
        let Some(table) = document.tables.get(part.table) else { continue };
        let link = Url::new(format!("internal:'{}'!A1", part.name.replace('\'', "''"))).set_text(&part.name);
        let description = table.description.as_deref().unwrap_or("");
        list_row(sheet, row, &[&table.name, &part.name, description], &SPECIFICATION_WIDTHS)?;
        sheet.write_string_with_format(row, 0, cut(&table.name), &styles.text)?;
        sheet.write_url_with_format(row, 1, link, &styles.link)?;
        sheet.write_string_with_format(row, 2, cut(description), &styles.text)?;
        sheet.write_number_with_format(row, 3, table.schema.fields().len() as f64, &styles.number)?;
        sheet.write_number_with_format(row, 4, part.rows, &styles.number)?;
        row += 1;
    }

    if rules.is_empty() {
        return Ok(());
    }
    let broken = rules.iter().filter(|rule| rule.broken > 0).count();
    let remark = match broken {
        0 => format!("{} {}, all hold", grouped(rules.len() as u64), plural(rules.len(), "rule")),
        _ => format!(
            "{} {}, {} broken",
            grouped(rules.len() as u64),
            plural(rules.len(), "rule"),
            grouped(broken as u64)
        ),
    };
    row = heading(sheet, styles, row + 1, "Rules", &remark)?;
    header(sheet, styles, row, &RULES_HEADER, &[3, 4], &[5])?;
    row += 1;
    for rule in rules {
        list_row(sheet, row, &[&rule.id, &rule.table, &rule.statement], &SPECIFICATION_WIDTHS)?;
        sheet.write_string_with_format(row, 0, cut(&rule.id), &styles.text)?;
        sheet.write_string_with_format(row, 1, cut(&rule.table), &styles.text)?;
        sheet.write_string_with_format(row, 2, cut(&rule.statement), &styles.text)?;
        sheet.write_number_with_format(row, 3, rule.checked as f64, &styles.number)?;
        sheet.write_number_with_format(row, 4, rule.broken as f64, &styles.number)?;
        let (word, style) = if rule.broken == 0 { ("holds", &styles.holds) } else { ("broken", &styles.broken) };
        sheet.write_string_with_format(row, 5, word, style)?;
        row += 1;
    }
    Ok(())
}

fn dictionary(sheet: &mut Worksheet, styles: &Styles, document: &Document) -> Result<(), XlsxError> {
    print_on_landscape_pages(sheet);
    sheet.set_freeze_panes(1, 2)?.set_repeat_rows(0, 0)?;
    for (column, width) in (0..).zip(DICTIONARY_WIDTHS) {
        sheet.set_column_width(column, width as f64)?;
    }
    header(sheet, styles, 0, &DICTIONARY_HEADER, &[], &[3])?;
    let mut row = 1;
    for table in &document.tables {
        for column in &table.columns {
            let null = if column.nullable { "yes" } else { "no" };
            let texts = [
                &table.name,
                &column.name,
                &column.type_words,
                null,
                &column.key,
                &column.generator,
                &column.rules,
                &column.description,
            ];
            list_row(sheet, row, &texts, &DICTIONARY_WIDTHS)?;
            for (place, text) in (0..).zip(texts) {
                let style = if place == 3 { &styles.centred } else { &styles.text };
                sheet.write_string_with_format(row, place, cut(text), style)?;
            }
            row += 1;
        }
    }
    sheet.autofilter(0, 0, row - 1, DICTIONARY_HEADER.len() as u16 - 1)?;
    Ok(())
}

/// Sheets are wider than a page is tall.
pub(super) fn print_on_landscape_pages(sheet: &mut Worksheet) {
    const A4: u8 = 9;
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0).set_footer("&L&A&RPage &P of &N");
}

/// Writes a part's heading and gives the row below.
fn heading(sheet: &mut Worksheet, styles: &Styles, row: u32, title: &str, remark: &str) -> Result<u32, XlsxError> {
    sheet.set_row_height(row, 24)?;
    sheet.write_string_with_format(row, 0, title, &styles.heading)?;
    sheet.write_string_with_format(row, 1, remark, &styles.remark)?;
    Ok(row + 1)
}

fn header(
    sheet: &mut Worksheet,
    styles: &Styles,
    row: u32,
    names: &[&str],
    right: &[u16],
    centred: &[u16],
) -> Result<(), XlsxError> {
    sheet.set_row_height(row, HEADER_HEIGHT)?;
    for (column, name) in (0..).zip(names) {
        let style = if right.contains(&column) {
            &styles.header_right
        } else if centred.contains(&column) {
            &styles.header_centred
        } else {
            &styles.header
        };
        sheet.write_string_with_format(row, column, *name, style)?;
    }
    Ok(())
}

/// Makes a row of a list high enough for its texts, since not every spreadsheet does so itself.
fn list_row(sheet: &mut Worksheet, row: u32, texts: &[&str], widths: &[usize]) -> Result<(), XlsxError> {
    /// The highest row that Excel has.
    const HIGHEST: usize = 409;
    let lines = texts.iter().zip(widths).map(|(text, width)| lines(text, *width)).max().unwrap_or(1);
    sheet.set_row_height(row, (LINE_HEIGHT + (lines - 1) * NEXT_LINE_HEIGHT).min(HIGHEST) as f64)?;
    Ok(())
}

/// Lines of a text that is wrapped at its words, at least one.
fn lines(text: &str, width: usize) -> usize {
    let mut lines = 0;
    for line in text.split('\n') {
        lines += 1;
        let mut used = 0;
        for word in line.split(' ') {
            let length = displayed_width(word);
            if used > 0 && used + 1 + length > width {
                lines += 1;
                used = 0;
            }
            // A word that is longer than a line is broken.
            lines += length / (width + 1);
            used += length % (width + 1) + usize::from(used > 0);
        }
    }
    lines
}

/// Points of a header's row.
pub(super) const HEADER_HEIGHT: f64 = 21.0;

/// A text as far as a cell holds it; what these sheets say is for people, who find the rest in the schema.
fn cut(text: &str) -> String {
    let mut units = 0;
    text.chars()
        .take_while(|character| {
            units += character.len_utf16();
            units <= MAX_TEXT
        })
        .collect()
}

fn plural(count: impl TryInto<u64>, word: &str) -> String {
    if count.try_into().is_ok_and(|count| count == 1) { word.to_owned() } else { format!("{word}s") }
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
