//! CSV's own rules: what stands in quotes, what is null, how files of others are read, and what is said about broken ones.

mod support;

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray,
};
use datafusion::arrow::datatypes::Schema;
use engine::types::LogicalType;
use formats::{Csv, DateOrder, Format, FormatError, Options, SourceTable};

use support::{datetimes, decimals, file, rows, schema, write};

fn texts(values: &[Option<&str>]) -> RecordBatch {
    let array = StringViewArray::from(values.to_vec());
    RecordBatch::try_new(schema(&[("text", LogicalType::String)]), vec![Arc::new(array)]).expect("a batch")
}

fn written(batch: RecordBatch, options: &Options) -> String {
    String::from_utf8(write(&Csv, &[("t", vec![batch])], options).expect("written")).expect("UTF-8")
}

fn table(content: &[u8], options: &Options) -> Result<(tempfile::TempDir, SourceTable), FormatError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), "candidate.csv", content);
    let table = Csv.read(&path, "candidate", options)?.pop().expect("one table");
    Ok((folder, table))
}

/// Each row's values; null is "∅".
fn cells(content: &[u8], options: &Options) -> Result<Vec<Vec<String>>, FormatError> {
    let (_folder, table) = table(content, options)?;
    let batch = rows(&table, None)?;
    let cell = |column: usize, row: usize| match batch.column(column).as_string_view() {
        array if array.is_null(row) => "∅".to_owned(),
        array => array.value(row).to_owned(),
    };
    Ok((0..batch.num_rows()).map(|row| (0..batch.num_columns()).map(|column| cell(column, row)).collect()).collect())
}

fn message(content: &[u8], expected: &Schema) -> String {
    let result = table(content, &Options::default()).and_then(|(_folder, table)| rows(&table, Some(expected)));
    result.expect_err("an error").to_string()
}

#[test]
fn numbers_and_dates_are_spelled_as_a_region_reads_them() {
    let price = LogicalType::Decimal { precision: 10, scale: 2 };
    let columns = [
        ("price", price.clone()),
        ("ratio", LogicalType::Float),
        ("day", LogicalType::Date),
        ("instant", LogicalType::Datetime),
        ("count", LogicalType::Integer),
    ];
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(decimals(&price, [Some(-123_450), None])),
        Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN)])),
        Arc::new(Date32Array::from(vec![Some(19_754), None])),
        datetimes([1_706_763_723, 0]),
        Arc::new(Int64Array::from(vec![1_000, -1])),
    ];
    let batch = RecordBatch::try_new(schema(&columns), arrays).expect("a batch");
    let options = |decimal: u8, order: DateOrder, delimiter: u8| Options {
        csv_decimal_separator: decimal,
        csv_date_order: order,
        csv_delimiter: delimiter,
        ..Options::default()
    };
    assert_eq!(
        written(batch.clone(), &options(b',', DateOrder::DayFirst, b';')),
        "price;ratio;day;instant;count\n-1234,50;0,5;01/02/2024;01/02/2024 05:02:03;1000\n;NaN;;01/01/1970 00:00:00;-1\n"
    );
    let american = written(batch.clone(), &options(b'.', DateOrder::MonthFirst, b','));
    assert!(american.contains("-1234.50,0.5,02/01/2024,02/01/2024 05:02:03,1000\n"), "{american}");
    let quoted = written(batch, &options(b',', DateOrder::Iso, b','));
    assert!(quoted.contains("\"-1234,50\",\"0,5\",2024-02-01,2024-02-01T05:02:03Z,1000\n"), "{quoted}");
}

#[test]
fn quotes_stand_where_a_value_needs_them_and_nowhere_else() {
    let batch = texts(&[
        Some("plain"),
        None,
        Some(""),
        Some("a,b"),
        Some("say \"hi\""),
        Some("two\nlines"),
        Some("carriage\rreturn"),
        Some(" blanks "),
        Some("a;b"),
        Some("'"),
    ]);
    let plain =
        "text\nplain\n\n\"\"\n\"a,b\"\n\"say \"\"hi\"\"\"\n\"two\nlines\"\n\"carriage\rreturn\"\n blanks \na;b\n'\n";
    assert_eq!(written(batch.clone(), &Options::default()), plain);
    let semicolons = Options { csv_delimiter: b';', ..Options::default() };
    let text = written(batch, &semicolons);
    assert!(text.contains("\na,b\n") && text.contains("\n\"a;b\"\n"));
}

#[test]
fn a_text_that_spells_null_is_quoted_and_null_is_not() {
    let options = Options { csv_null: "\\N".to_owned(), ..Options::default() };
    let text = written(texts(&[None, Some("\\N"), Some("")]), &options);
    assert_eq!(text, "text\n\\N\n\"\\N\"\n\"\"\n");
    assert_eq!(cells(text.as_bytes(), &options).expect("read"), [["∅"], ["\\N"], [""]]);
}

#[test]
fn quotes_around_nothing_are_a_text_and_no_number() {
    let columns = [
        ("text", LogicalType::String),
        ("count", LogicalType::Integer),
        ("is_new", LogicalType::Boolean),
        ("day", LogicalType::Date),
    ];
    let content = b"\"text\",\"count\",\"is_new\",\"day\"\n\"\",\"\",\"\",\"\"\n\"a\",\"9.0\",\"1\",\"2024-01-02\"\n";
    let (_folder, table) = table(content, &Options::default()).expect("read");
    let batch = rows(&table, Some(&schema(&columns))).expect("rows");
    let nulls: Vec<usize> = batch.columns().iter().map(|column| column.null_count()).collect();
    assert_eq!(nulls, [0, 1, 1, 1]);
    assert_eq!(batch.column(0).as_string_view().value(0), "");
    let number = batch.column(1).as_any().downcast_ref::<Int64Array>().expect("whole numbers").value(1);
    assert_eq!((number, batch.column(2).as_boolean().value(1)), (9, true));
}

#[test]
fn a_byte_order_mark_is_written_on_request_and_never_read() {
    let options = Options { csv_bom: true, ..Options::default() };
    let text = written(texts(&[Some("x")]), &options);
    assert_eq!(text, "\u{feff}text\nx\n");
    let (_folder, table) = table(text.as_bytes(), &Options::default()).expect("read");
    assert_eq!(table.columns(), ["text"]);
}

#[test]
fn files_of_others_are_read_as_rfc_4180_has_them() {
    let content = b"\xef\xbb\xbfa,b\r\n1,\"x\r\ny\"\r\n\r\n\"\",\r\nin\"side,\"\"\"q\"\"\"\r\n\"last\",no line end";
    let expected = [["1", "x\r\ny"], ["", "∅"], ["in\"side", "\"q\""], ["last", "no line end"]];
    assert_eq!(cells(content, &Options::default()).expect("read"), expected);
    assert_eq!(cells(b"a,b", &Options::default()).expect("read"), Vec::<Vec<String>>::new());
    assert_eq!(cells(b"a\nx\n\n\"\"\n", &Options::default()).expect("read"), [["x"], ["∅"], [""]]);
}

#[test]
fn another_delimiter_is_found_only_when_asked_for() {
    let content = b"a;b\n1;2,5\n";
    let sniffing = Options { csv_sniff: true, ..Options::default() };
    assert_eq!(cells(content, &sniffing).expect("read"), [["1", "2,5"]]);
    let (_folder, table) = table(content, &Options::default()).expect("read");
    assert_eq!(table.columns(), ["a;b"]);
}

#[test]
fn a_cell_that_does_not_parse_is_named_by_table_row_and_column() {
    let expected = schema(&[("id", LogicalType::Integer), ("hired_on", LogicalType::Date)]);
    let mut content = b"id,hired_on\n".to_vec();
    for row in 1..=11 {
        content.extend_from_slice(format!("{row},2024-01-02\n").as_bytes());
    }
    content.extend_from_slice(b"12,soon\n");
    assert_eq!(message(&content, &expected), "candidate row 12, column hired_on: \"soon\" is no date");
    let long = format!("id,hired_on\n1,{}\n", "x".repeat(1000));
    assert_eq!(
        message(long.as_bytes(), &expected),
        format!("candidate row 1, column hired_on: \"{}…\" is no date", "x".repeat(60))
    );
}

#[test]
fn broken_files_are_described() {
    let expected = schema(&[("a", LogicalType::String)]);
    for (content, said) in [
        (&b""[..], "candidate: the file is empty, a header is expected"),
        (b"a,a\n", "candidate: column \"a\" occurs twice"),
        (b"a,b\n1,2\n1\n", "candidate row 2: 1 values, 2 columns are in the header"),
        (b"a\n\"open", "candidate row 1: a quote is not closed"),
        (b"a\nx\n\"x\"y\n", "candidate row 2: text follows a closing quote"),
        (b"\"a", "candidate: header: a quote is not closed"),
        (b"a\n\xff\n", "candidate row 1: a value is no UTF-8"),
    ] {
        assert_eq!(message(content, &expected), said);
    }
    let missing = Csv.read("no/such/file.csv".as_ref(), "file", &Options::default());
    assert!(missing.err().expect("an error").to_string().starts_with("no/such/file.csv: "));
}

#[test]
fn options_that_could_not_be_read_back_are_refused() {
    for (options, said) in [
        (Options { csv_delimiter: b'1', ..Options::default() }, "csv delimiter '1' may stand in a value"),
        (Options { csv_delimiter: b'"', ..Options::default() }, "csv delimiter '\"' may stand in a value"),
        (Options { csv_delimiter: b'\n', ..Options::default() }, "csv delimiter '\\n' may stand in a value"),
        (Options { csv_null: "a,b".to_owned(), ..Options::default() }, "csv null text \"a,b\" would need quotes"),
        (Options { csv_null: "0".to_owned(), ..Options::default() }, "csv null text \"0\" may be a value"),
        (Options { csv_null: "true".to_owned(), ..Options::default() }, "csv null text \"true\" may be a value"),
    ] {
        assert_eq!(options.check().expect_err("refused").to_string(), said);
    }
    for null in ["NULL", "\\N", "NA", "n/a", "-", "∅"] {
        assert!(Options { csv_null: null.to_owned(), ..Options::default() }.check().is_ok(), "{null}");
    }
}
