//! Parquet files of other makers, and types that are not the ones expected.

mod support;

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use datafusion::arrow::array::{
    ArrayRef, AsArray, Date64Array, DictionaryArray, Int32Array, RecordBatch, StringArray, StructArray,
    TimestampNanosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use engine::types::LogicalType;
use formats::{Format, FormatError, Options, Parquet, ParquetCompression};

use support::{every_type, file, rows, schema, write};

fn read(columns: Vec<(&str, ArrayRef)>, expected: Option<&Schema>) -> Result<RecordBatch, FormatError> {
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), "t.parquet", &bytes);
    let table = Parquet.read(&path, "t", &Options::default())?.pop().expect("one table");
    rows(&table, expected)
}

#[test]
fn narrower_and_wider_types_are_read_as_the_logical_ones() {
    let codes: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
    let inner =
        vec![(Arc::new(Field::new("x", DataType::Int32, true)), Arc::new(Int32Array::from(vec![1, 2, 3])) as ArrayRef)];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("small", Arc::new(Int32Array::from(vec![Some(1), None, Some(-3)]))),
        ("name", Arc::new(StringArray::from(vec!["x", "y", "z"]))),
        ("code", Arc::new(codes)),
        ("day", Arc::new(Date64Array::from(vec![86_400_000, 0, -86_400_000]))),
        ("at", Arc::new(TimestampNanosecondArray::from(vec![1_000, 2_000, 3_000]).with_timezone("America/Lima"))),
        ("nested", Arc::new(StructArray::from(inner))),
    ];
    let batch = read(columns, None).expect("rows");
    let expected = [
        LogicalType::Integer,
        LogicalType::String,
        LogicalType::String,
        LogicalType::Date,
        LogicalType::Datetime,
        LogicalType::String,
    ];
    for (field, logical) in batch.schema().fields().iter().zip(expected) {
        assert_eq!(field.data_type(), &logical.arrow(), "{}", field.name());
    }
    let instants = batch.column(4).as_primitive::<datafusion::arrow::datatypes::TimestampMicrosecondType>();
    assert_eq!(instants.values(), &[1, 2, 3]);
    assert_eq!(batch.column(2).as_string_view().value(1), "b");
    assert_eq!(batch.column(5).as_string_view().value(2), "{x: 3}");
}

#[test]
fn a_column_of_another_type_is_parsed_from_its_text_and_the_row_is_named() {
    let expected = schema(&[("n", LogicalType::Integer), ("d", LogicalType::Decimal { precision: 5, scale: 1 })]);
    let columns = |texts: Vec<&str>| -> Vec<(&'static str, ArrayRef)> {
        let numbers = Int32Array::from_iter_values(0..texts.len() as i32);
        vec![("n", Arc::new(StringArray::from(texts))), ("d", Arc::new(numbers))]
    };
    let batch = read(columns(vec!["7", "8"]), Some(&expected)).expect("rows");
    assert_eq!(batch.column(0).as_primitive::<datafusion::arrow::datatypes::Int64Type>().values(), &[7, 8]);
    assert_eq!(batch.column(1).as_primitive::<datafusion::arrow::datatypes::Decimal128Type>().values(), &[0, 10]);
    let mut texts = vec!["1"; 5000];
    texts.push("x");
    let error = read(columns(texts), Some(&schema(&[("n", LogicalType::Integer)]))).expect_err("an error");
    assert_eq!(error.to_string(), "t row 5001, column n: \"x\" is no integer");
}

#[test]
fn every_codec_and_any_size_of_row_groups_holds_the_same_rows() {
    let batch = every_type();
    let folder = tempfile::tempdir().expect("a folder");
    for parquet_compression in [ParquetCompression::Snappy, ParquetCompression::Zstd, ParquetCompression::None] {
        let options = Options { parquet_compression, parquet_row_group_rows: 4, ..Options::default() };
        let bytes = write(&Parquet, &[("t", vec![batch.clone()])], &options).expect("written");
        let path = file(folder.path(), "t.parquet", &bytes);
        let table = Parquet.read(&path, "t", &options).expect("read").pop().expect("one table");
        assert_eq!(rows(&table, None).expect("rows"), batch);
    }
}

#[test]
fn what_is_no_parquet_file_is_said_to_be_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), "t.parquet", b"id,name\n1,x\n");
    let error = Parquet.read(&path, "t", &Options::default()).err().expect("an error").to_string();
    assert!(error.starts_with("t: "), "{error}");
}
