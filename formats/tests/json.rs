//! JSON's own rules: the types that a file tells, exact numbers, and what is said about broken files.

mod support;

use std::sync::{Arc, Mutex};

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringViewArray, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema};
use engine::types::LogicalType;
use formats::{Format, FormatError, Json, JsonLines, Listener, Options, SourceTable, Stranger};

use support::{file, rows, schema, write};

fn table(content: &str) -> Result<(tempfile::TempDir, SourceTable), FormatError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), "candidate.json", content.as_bytes());
    let table = Json.read(&path, "candidate", &Options::default())?.pop().expect("one table");
    Ok((folder, table))
}

fn types(content: &str) -> Vec<(String, String)> {
    let (_folder, table) = table(content).expect("read");
    let schema = table.schema();
    let word = |field: &Field| LogicalType::of_field(field).map(|logical| logical.to_string()).unwrap_or_default();
    schema.fields().iter().map(|field| (field.name().clone(), word(field))).collect()
}

fn message(content: &str, expected: &Schema) -> String {
    let result = table(content).and_then(|(_folder, table)| rows(&table, Some(expected)));
    result.expect_err("an error").to_string()
}

#[test]
fn a_file_is_an_array_with_an_object_a_line() {
    let batch = RecordBatch::try_new(
        schema(&[("a", LogicalType::String)]),
        vec![Arc::new(StringViewArray::from(vec![Some("x"), None])) as ArrayRef],
    )
    .expect("a batch");
    let bytes = |format: &dyn Format, batch: RecordBatch| {
        String::from_utf8(write(format, &[("t", vec![batch])], &Options::default()).expect("written")).expect("UTF-8")
    };
    assert_eq!(bytes(&Json, batch.clone()), "[\n{\"a\":\"x\"},\n{\"a\":null}\n]\n");
    assert_eq!(bytes(&Json, batch.slice(0, 0)), "[]\n");
    assert_eq!(bytes(&JsonLines, batch.clone()), "{\"a\":\"x\"}\n{\"a\":null}\n");
    assert_eq!(bytes(&JsonLines, batch.slice(0, 0)), "");
}

#[test]
fn a_column_of_json_that_spans_lines_or_is_none_still_makes_one_line_of_json() {
    let texts = StringViewArray::from(vec!["{\n  \"a\": [1, 2]\n}", "no json"]);
    let batch = RecordBatch::try_new(schema(&[("x", LogicalType::Json)]), vec![Arc::new(texts)]).expect("a batch");
    let bytes = write(&JsonLines, &[("t", vec![batch])], &Options::default()).expect("written");
    assert_eq!(String::from_utf8_lossy(&bytes), "{\"x\":{\"a\":[1,2]}}\n{\"x\":\"no json\"}\n");
}

#[test]
fn numbers_of_a_query_beyond_64_signed_bits_keep_their_digits() {
    let array = UInt64Array::from(vec![u64::MAX]);
    let fields = Schema::new(vec![Field::new("n", DataType::UInt64, false)]);
    let batch = RecordBatch::try_new(Arc::new(fields), vec![Arc::new(array)]).expect("a batch");
    let bytes = write(&JsonLines, &[("t", vec![batch])], &Options::default()).expect("written");
    assert_eq!(String::from_utf8_lossy(&bytes), "{\"n\":18446744073709551615}\n");
}

#[test]
fn a_file_tells_its_types() {
    let found = types(
        r#"[{"i": 1, "d": 12.50, "f": 0.1, "b": true, "s": "x", "l": [1, 2], "o": {"a": 1}, "m": 1, "n": null},
            {"i": -2, "d": 0.05, "f": 1e3, "b": null, "s": "", "l": null, "o": [1], "m": "01", "big": 99999999999999999999},
            {"late": [["x"]], "mixed": [1, "a"]}]"#,
    );
    let expected = [
        ("i", "integer"),
        ("d", "decimal(18,2)"),
        ("f", "float"),
        ("b", "boolean"),
        ("s", "string"),
        ("l", "list of integer"),
        ("o", "json"),
        ("m", "string"),
        ("n", "string"),
        ("big", "decimal(38,0)"),
        ("late", "json"),
        ("mixed", "list of string"),
    ];
    let found: Vec<(&str, &str)> = found.iter().map(|(name, word)| (name.as_str(), word.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn objects_may_lack_keys_stand_in_lines_or_in_an_array_and_hold_numbers_as_strings() {
    let expected = schema(&[("a", LogicalType::Integer), ("b", LogicalType::Integer)]);
    for content in [
        "[{\"a\": 1, \"b\": \"9007199254740993\"}, {\"b\": 2}]",
        "\u{feff}{\"a\": 1, \"b\": 9007199254740993}\n\n{\"b\":2}\n",
        "{\"a\":1,\"b\":9007199254740993}{\"b\":2}",
    ] {
        let (_folder, table) = table(content).expect("read");
        let batch = rows(&table, Some(&expected)).expect("rows");
        let column = |index| batch.column(index).as_primitive::<Int64Type>().iter().collect::<Vec<_>>();
        assert_eq!((column(0), column(1)), (vec![Some(1), None], vec![Some(9_007_199_254_740_993), Some(2)]));
    }
}

#[test]
fn broken_files_are_described() {
    let expected = schema(&[("a", LogicalType::Integer), ("on", LogicalType::Date)]);
    for (content, said) in [
        ("[{\"a\": 1}, {\"a\": \"x\"}]", "candidate row 2, column a: \"x\" is no integer"),
        ("[{\"a\": 1.5}]", "candidate row 1, column a: \"1.5\" is no integer"),
        ("[{\"on\": 20240102}]", "candidate row 1, column on: \"20240102\" is no date"),
        ("[{\"a\": [1]}]", "candidate row 1, column a: \"[1]\" is no integer"),
        ("[{\"a\": 1} {\"a\": 2}]", "candidate row 2: a comma or the end of the array is expected"),
        ("[{\"a\": 1},]", "candidate row 2: a comma stands before the end of the array"),
        ("[{\"a\": 1}", "candidate row 2: the array is not closed"),
        ("[{\"a\": 1", "candidate row 1: an object is not closed"),
        ("[1]", "candidate row 1: an object is expected"),
        ("\"a\"", "candidate row 1: an object is expected"),
        ("[{\"a\": 1}] x", "candidate row 2: text follows the end of the array"),
        ("[{\"a\": 01}]", "candidate row 1: a comma or a closing brace is expected"),
        ("[{\"a\": 1, \"a\": 2}]", "candidate row 1: key \"a\" occurs twice"),
    ] {
        assert_eq!(message(content, &expected), said, "{content}");
    }
}

#[test]
fn cells_that_are_no_values_of_their_types_are_told_and_null_and_leave_the_others_alone() {
    let list = LogicalType::List(Box::new(LogicalType::Integer));
    let expected = schema(&[("a", LogicalType::Integer), ("few", list)]);
    let rows = r#"[{"a": 1, "few": [1, 2]}, {"a": "x", "few": [3, "y", 4]}, {"a": 3, "few": 5}, {"few": [6]}, {"a": 5, "few": []}]"#;
    let (_folder, table) = table(rows).expect("read");
    let told: Arc<Mutex<Vec<(u64, String, String)>>> = Arc::default();
    let listener: Listener = {
        let told = Arc::clone(&told);
        Arc::new(move |Stranger { row, column, text }: Stranger<'_>| {
            told.lock().expect("no panic").push((row, column.to_owned(), text.to_owned()));
        })
    };
    let batches = table.batches_with_strangers(&expected, listener).expect("rows");
    let batches = batches.collect::<Result<Vec<RecordBatch>, FormatError>>().expect("rows");
    let [batch] = &batches[..] else { panic!("{batches:?}") };
    let numbers: Vec<Option<i64>> = batch.column(0).as_primitive::<Int64Type>().iter().collect();
    assert_eq!(numbers, [Some(1), None, Some(3), None, Some(5)]);
    let lists = batch.column(1).as_list::<i32>().iter();
    let lists: Vec<Option<Vec<Option<i64>>>> =
        lists.map(|list| Some(list?.as_primitive::<Int64Type>().iter().collect())).collect();
    assert_eq!(lists, [Some(vec![Some(1), Some(2)]), None, None, Some(vec![Some(6)]), Some(Vec::new())]);
    let told = told.lock().expect("no panic").clone();
    let wanted = [(2, "a", "x"), (2, "few", "[3, \"y\", 4]"), (3, "few", "5")];
    assert_eq!(told, wanted.map(|(row, column, text)| (row, column.to_owned(), text.to_owned())));
}
