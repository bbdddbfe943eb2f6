//! Workbooks: their sheets, what a cell holds and what it does not, and those of other makers.

mod support;

use std::path::Path;
use std::sync::Arc;

use calamine::{Data, Reader, open_workbook};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{Int64Type, Schema};
use engine::types::LogicalType;
use formats::{Format, FormatError, Options, SourceTable, Xlsx};

use support::{every_type, file, rows, schema, write};

fn workbook(path: &Path) -> calamine::Xlsx<std::io::BufReader<std::fs::File>> {
    open_workbook(path).expect("a workbook")
}

fn tables(path: &Path) -> Vec<SourceTable> {
    Xlsx.read(path, "book", &Options::default()).expect("read")
}

fn numbers(count: i64) -> RecordBatch {
    let array: Int64Array = (0..count).map(Some).collect();
    RecordBatch::try_new(schema(&[("id", LogicalType::Integer)]), vec![Arc::new(array)]).expect("a batch")
}

#[test]
fn the_specification_comes_first_and_says_which_rules_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = write(&Xlsx, &[("candidate", vec![every_type()]), ("a/b", vec![numbers(3)])], &Options::default());
    let path = file(folder.path(), "book.xlsx", &bytes.expect("written"));
    let mut book = workbook(&path);
    assert_eq!(book.sheet_names(), ["Specification", "Data dictionary", "candidate", "a%2Fb"]);
    let sheet = book.worksheet_range("Specification").expect("the sheet");
    let words: Vec<String> = sheet.used_cells().map(|(_, _, cell)| cell.to_string()).collect();
    let text = words.join("|");
    for expected in [
        "hiring|Selection processes of one company|Seed|20260101",
        "Tables|2 tables, 9 rows|Table|Sheet|Description|Columns|Rows|candidate|candidate|15|6|a/b|a%2Fb|1|3",
        "Rules|2 rules, 1 broken|Rule|Table|Statement|Rows checked|Rows broken|Result",
        "primary-key:candidate|candidate|id is unique and never null|100|0|holds",
        "new-ones-have-no-company|candidate|if status = 'new' then company_code IS NULL|100|3|broken",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    let dictionary = book.worksheet_range("Data dictionary").expect("the sheet");
    assert_eq!(dictionary.height(), 17);
    assert_eq!(dictionary.get_value((1, 1)), Some(&Data::String("id".to_owned())));
    let names: Vec<String> = tables(&path).into_iter().map(|table| table.name).collect();
    assert_eq!(names, ["candidate", "a/b"]);
}

#[test]
fn cells_are_numbers_dates_and_truth_values_where_those_hold_the_value() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = write(&Xlsx, &[("t", vec![every_type()])], &Options::default()).expect("written");
    let path = file(folder.path(), "book.xlsx", &bytes);
    let sheet = workbook(&path).worksheet_range("t").expect("the sheet");
    let cell = |row, column| sheet.get_value((row, column)).cloned().unwrap_or_default();
    assert_eq!(cell(1, 0), Data::Float(1.0));
    assert_eq!(cell(6, 0), Data::String("1234567890123456".to_owned()));
    assert_eq!(cell(1, 3), Data::Float(10.5));
    assert_eq!(cell(1, 6), Data::Bool(true));
    assert!(matches!(cell(1, 7), Data::DateTime(date) if date.as_f64() == 45_293.0));
    assert_eq!(cell(6, 7), Data::String("1900-02-28".to_owned()));
    assert!(matches!(cell(1, 8), Data::DateTime(_)));
    assert_eq!(cell(2, 1), Data::Empty);
    assert_eq!(cell(4, 2), Data::String("=1+1".to_owned()));
}

#[test]
fn a_table_beyond_a_sheet_goes_on_in_the_next_and_comes_back_whole() {
    const COUNT: i64 = 1_048_575 + 10;
    let folder = tempfile::tempdir().expect("a folder");
    let batch = numbers(COUNT);
    let parts = vec![batch.slice(0, 1_048_570), batch.slice(1_048_570, 15)];
    let options = Options { xlsx_level: 1, ..Options::default() };
    let bytes = write(&Xlsx, &[("order", parts), ("order (2)", vec![numbers(2)])], &options).expect("written");
    let path = file(folder.path(), "book.xlsx", &bytes);
    let names = ["Specification", "Data dictionary", "order", "order (2~2)", "order (2)"];
    assert_eq!(workbook(&path).sheet_names(), names);
    let tables = tables(&path);
    assert_eq!(tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["order", "order (2)"]);
    let read = rows(&tables[0], Some(&batch.schema())).expect("rows");
    assert_eq!(
        read.column(0).as_primitive::<Int64Type>().values(),
        batch.column(0).as_primitive::<Int64Type>().values()
    );
    assert_eq!(rows(&tables[1], Some(&batch.schema())).expect("rows").num_rows(), 2);
}

#[test]
fn a_text_that_no_cell_holds_is_named_by_its_cell() {
    let texts = |length: usize| -> RecordBatch {
        let text = "é".repeat(length);
        let array = StringViewArray::from(vec!["short", text.as_str()]);
        let columns: Vec<ArrayRef> = vec![Arc::new(StringViewArray::from(vec!["a", "b"])), Arc::new(array)];
        let schema = schema(&[("a", LogicalType::String), ("note", LogicalType::Text)]);
        RecordBatch::try_new(schema, columns).expect("a batch")
    };
    assert!(write(&Xlsx, &[("t", vec![texts(32_767)])], &Options::default()).is_ok());
    let error = write(&Xlsx, &[("t", vec![texts(32_768)])], &Options::default()).expect_err("an error");
    assert!(matches!(error, FormatError::Cell { .. }));
    let said = "sheet t, cell B3: a text of 32768 characters is longer than the 32767 that a cell holds";
    assert_eq!(error.to_string(), said);
}

#[test]
fn rows_without_a_value_are_rows_too() {
    let array = Int64Array::from(vec![None, Some(1), None, None, Some(2), None]);
    let batch = RecordBatch::try_new(schema(&[("id", LogicalType::Integer)]), vec![Arc::new(array)]).expect("a batch");
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = write(&Xlsx, &[("t", vec![batch.clone()])], &Options::default()).expect("written");
    let path = file(folder.path(), "book.xlsx", &bytes);
    let read = rows(&tables(&path)[0], None).expect("rows");
    assert_eq!(read.column(0), batch.column(0));
}

#[test]
fn an_empty_cell_is_a_text_where_the_column_is_never_null() {
    let text = LogicalType::String.field("note", false);
    let columns = Schema::new(vec![LogicalType::Integer.field("id", false), text.clone()]);
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let notes: ArrayRef = Arc::new(StringViewArray::from(vec!["", "a", ""]));
    let batch = RecordBatch::try_new(Arc::new(columns.clone()), vec![ids, notes]).expect("a batch");
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = write(&Xlsx, &[("t", vec![batch.clone()])], &Options::default()).expect("written");
    let path = file(folder.path(), "book.xlsx", &bytes);
    let read = rows(&tables(&path)[0], Some(&columns)).expect("rows");
    assert_eq!(read.column(1), batch.column(1));
    // Where a null may be, it is one; and nothing is told of other types.
    let nullable = Schema::new(vec![text.with_nullable(true)]);
    assert_eq!(rows(&tables(&path)[0], Some(&nullable)).expect("rows").column(1).null_count(), 2);
    assert_eq!(rows(&tables(&path)[0], None).expect("rows").column(1).null_count(), 2);
}

#[test]
fn an_empty_cell_in_a_workbook_of_others_is_a_null() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("book.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, text) in [(0, "id"), (1, "1"), (2, "2")] {
        sheet.write_string(row, 0, text).expect("written");
    }
    sheet.write_string(0, 1, "note").expect("written");
    sheet.write_string(1, 1, "a").expect("written");
    book.save(&path).expect("saved");
    let expected = Schema::new(vec![LogicalType::String.field("note", false)]);
    assert!(rows(&tables(&path)[0], Some(&expected)).expect("rows").column(1).is_null(1));
}

#[test]
fn a_workbook_of_others_has_a_table_in_each_sheet_that_is_not_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("book.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("empty").expect("named");
    let sheet = book.add_worksheet();
    sheet.set_name("people").expect("named");
    let date = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
    for (place, name) in [(1, "name"), (2, "age"), (4, "born")] {
        sheet.write_string(2, place, name).expect("written");
    }
    sheet.write_string(3, 1, "Ana").expect("written");
    sheet.write_number(3, 2, 30).expect("written");
    sheet.write_number_with_format(3, 4, 35_000, &date).expect("written");
    sheet.write_string(6, 1, "Bob").expect("written");
    sheet.write_number(6, 2, 31.5).expect("written");
    book.save(&path).expect("saved");
    let tables = tables(&path);
    assert_eq!(tables.len(), 1);
    let table = &tables[0];
    assert_eq!(
        (table.name.as_str(), table.columns()),
        ("people", vec!["name", "age", "D", "born"].into_iter().map(str::to_owned).collect())
    );
    let words: Vec<String> = table
        .schema()
        .fields()
        .iter()
        .filter_map(|field| LogicalType::of_field(field))
        .map(|logical| logical.to_string())
        .collect();
    assert_eq!(words, ["string", "float", "string", "date"]);
    let batch = rows(table, None).expect("rows");
    assert_eq!(batch.num_rows(), 2);
    assert!(batch.column(3).is_null(1));
    let expected = schema(&[("age", LogicalType::Integer)]);
    let error = rows(table, Some(&expected)).expect_err("an error");
    assert_eq!(error.to_string(), "people row 2, column age: \"31.5\" is no integer");
}

#[test]
fn a_workbook_that_unfolds_to_more_than_its_limit_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = write(&Xlsx, &[("t", vec![numbers(5000)])], &Options::default()).expect("written");
    let path = file(folder.path(), "book.xlsx", &bytes);
    let options = Options { max_workbook_bytes: 100_000, ..Options::default() };
    let error = Xlsx.read(&path, "book", &options).err().expect("an error");
    assert_eq!(error.to_string(), "book: the workbook unfolds to more than 100000 bytes");
}

/// A zip of one part that is stored as it is; its sum is none, which nobody looks at.
fn zip_of(path: &str, part: &[u8]) -> Vec<u8> {
    let (name, size) = ((path.len() as u16).to_le_bytes(), (part.len() as u32).to_le_bytes());
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.extend([0; 14]);
    for field in [&size[..], &size, &name, &[0; 2], path.as_bytes(), part] {
        bytes.extend(field);
    }
    let directory = (bytes.len() as u32).to_le_bytes();
    bytes.extend(b"PK\x01\x02");
    bytes.extend([0; 16]);
    for field in [&size[..], &size, &name, &[0; 16], path.as_bytes()] {
        bytes.extend(field);
    }
    let length = (46 + path.len() as u32).to_le_bytes();
    bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    for field in [&length[..], &directory, &[0; 2]] {
        bytes.extend(field);
    }
    bytes
}

#[test]
fn a_cell_longer_than_any_program_writes_and_too_many_shared_texts_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = |part: &str, text: String, limit: u64| {
        let path = file(folder.path(), "book.xlsx", &zip_of(part, text.as_bytes()));
        let options = Options { max_workbook_bytes: limit, ..Options::default() };
        Xlsx.read(&path, "book", &options).err().expect("an error").to_string()
    };
    let sheet = |count| format!("<worksheet><c><is><t>{}</t></is></c></worksheet>", "x".repeat(count));
    let long = told("xl/worksheets/sheet1.xml", sheet(2 << 20), 100 << 20);
    assert_eq!(long, "book: a cell of the workbook holds more than 32767 characters");
    let shared = |count| format!("<sst>{}</sst>", "<si><t>some text</t></si>".repeat(count));
    let many = told("xl/sharedStrings.xml", shared(100_000), 8 << 20);
    assert_eq!(many, "book: the shared texts of the workbook unfold to more than 1048576 bytes");
    for (part, text) in [("xl/worksheets/sheet1.xml", sheet(300_000)), ("xl/sharedStrings.xml", shared(1_000))] {
        let other = told(part, text, 8 << 20);
        assert!(!other.contains("more than"), "{other}");
    }
}

#[test]
fn a_table_that_is_too_wide_for_a_sheet_is_refused_before_anything_is_written() {
    let names: Vec<String> = (0..16_385).map(|number| format!("c{number}")).collect();
    let columns: Vec<(&str, LogicalType)> = names.iter().map(|name| (name.as_str(), LogicalType::Integer)).collect();
    let document = support::document(&[("wide", schema(&columns), 0)]);
    let error = Xlsx.writer(Box::new(Vec::new()), &document, &Options::default()).err().expect("an error");
    assert_eq!(error.to_string(), "wide: 16385 columns are more than the 16384 of a sheet");
}
