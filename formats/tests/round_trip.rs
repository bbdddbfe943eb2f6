//! What each format writes reads back as the same values: the list decides which formats are tested.

mod support;

use std::sync::Arc;

use datafusion::arrow::array::{Array, Float64Array, Int64Array, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::Schema;
use engine::types::LogicalType;
use formats::{Compression, FORMATS, Format, Options, by_extension, by_name, compress};
use proptest::prelude::*;

use support::{every_type, file, read, rows, schema, write};

/// Rows that come back from a file of one table.
fn there_and_back(format: &dyn Format, batches: Vec<RecordBatch>) -> RecordBatch {
    let folder = tempfile::tempdir().expect("a folder");
    let expected = batches[0].schema();
    let bytes = write(format, &[("candidate", batches)], &Options::default()).expect("written");
    let path = file(folder.path(), &format!("candidate.{}", format.extension()), &bytes);
    let tables = read(format, &path).expect("read");
    let table = tables.iter().find(|table| table.name == "candidate").expect("the table");
    rows(table, Some(&expected)).expect("rows")
}

/// Columns are compared one by one, so that a failure says which.
fn assert_same(format: &dyn Format, read: &RecordBatch, written: &RecordBatch) {
    assert_eq!(read.num_rows(), written.num_rows(), "{}", format.name());
    for (index, field) in written.schema().fields().iter().enumerate() {
        assert_eq!(read.schema().field(index).name(), field.name(), "{}", format.name());
        let (read, written) = (read.column(index), written.column(index));
        assert_eq!(read, written, "{}, column {}", format.name(), field.name());
    }
}

/// What is left of values that a format has no room for: a workbook knows no text without characters.
fn as_kept(format: &dyn Format, batch: &RecordBatch) -> RecordBatch {
    if format.name() != "xlsx" {
        return batch.clone();
    }
    let schema = batch.schema();
    let columns =
        batch.columns().iter().zip(schema.fields()).map(|(array, field)| match LogicalType::of_field(field) {
            Some(LogicalType::String | LogicalType::Text) => {
                let texts = array.as_any().downcast_ref::<StringViewArray>().expect("texts are views");
                Arc::new(texts.iter().map(|text| text.filter(|text| !text.is_empty())).collect::<StringViewArray>())
                    as _
            }
            Some(LogicalType::Bytes) => {
                let bytes = array.as_any().downcast_ref::<datafusion::arrow::array::BinaryViewArray>().expect("views");
                let kept = bytes.iter().map(|bytes| bytes.filter(|bytes| !bytes.is_empty()));
                Arc::new(kept.collect::<datafusion::arrow::array::BinaryViewArray>()) as _
            }
            _ => Arc::clone(array),
        });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect()).expect("the same types")
}

#[test]
fn every_logical_type_comes_back_as_it_was() {
    let batch = every_type();
    for format in FORMATS {
        let back = there_and_back(*format, vec![batch.clone()]);
        assert_same(*format, &back, &as_kept(*format, &batch));
    }
}

#[test]
fn batches_are_joined_in_order_and_sliced_ones_keep_their_rows() {
    let batch = every_type();
    for format in FORMATS {
        let parts = vec![batch.slice(0, 1), batch.slice(1, 0), batch.slice(1, 3), batch.slice(4, 2)];
        let back = there_and_back(*format, parts);
        assert_same(*format, &back, &as_kept(*format, &batch));
    }
}

#[test]
fn many_rows_come_in_batches_of_4096() {
    let numbers: Int64Array = (0..10_000).map(Some).collect();
    let batch = RecordBatch::try_new(schema(&[("id", LogicalType::Integer)]), vec![Arc::new(numbers)]).expect("batch");
    for format in FORMATS {
        let folder = tempfile::tempdir().expect("a folder");
        let bytes = write(*format, &[("t", vec![batch.clone()])], &Options::default()).expect("written");
        let path = file(folder.path(), &format!("t.{}", format.extension()), &bytes);
        let table = read(*format, &path).expect("read").pop().expect("a table");
        for _pass in 0..2 {
            let sizes: Vec<usize> = table
                .batches(Some(&batch.schema()))
                .expect("batches")
                .map(|batch| batch.expect("a batch").num_rows())
                .collect();
            assert_eq!(sizes, [4096, 4096, 1808], "{}", format.name());
        }
    }
}

#[test]
fn a_table_without_rows_comes_back_without_rows() {
    let batch = every_type().slice(0, 0);
    for format in FORMATS {
        assert_eq!(there_and_back(*format, vec![batch.clone()]).num_rows(), 0, "{}", format.name());
    }
}

#[test]
fn a_column_of_nulls_alone_comes_back() {
    let nothing = StringViewArray::from(vec![None::<&str>; 3]);
    let batch = RecordBatch::try_new(schema(&[("only", LogicalType::String)]), vec![Arc::new(nothing)]).expect("batch");
    for format in FORMATS {
        assert_same(*format, &there_and_back(*format, vec![batch.clone()]), &batch);
    }
}

#[test]
fn encoded_batches_one_after_the_other_are_the_table() {
    let batch = every_type();
    for format in FORMATS {
        let whole = write(*format, &[("t", vec![batch.clone(), batch.clone()])], &Options::default()).expect("written");
        let document = support::document(&[("t", batch.schema(), 12)]);
        let mut bytes = Vec::new();
        let mut writer = format.writer(Box::new(&mut bytes), &document, &Options::default()).expect("a writer");
        writer.begin_table(0).expect("begun");
        let Some(encoder) = writer.encoder() else { continue };
        let mut encoded = Vec::new();
        encoder.encode(&batch, &mut encoded);
        encoder.encode(&batch, &mut encoded);
        writer.write_encoded(&[]).expect("nothing");
        writer.write_encoded(&encoded).expect("encoded");
        writer.end_table().expect("ended");
        writer.finish(&support::rules()).expect("finished");
        assert_eq!(bytes, whole, "{}", format.name());
    }
}

#[test]
fn the_same_values_give_the_same_bytes() {
    let batch = every_type();
    for format in FORMATS {
        let bytes = || write(*format, &[("t", vec![batch.clone()])], &Options::default()).expect("written");
        assert_eq!(bytes(), bytes(), "{}", format.name());
    }
}

#[test]
fn compressed_text_files_are_read_as_they_are() {
    let batch = every_type();
    let folder = tempfile::tempdir().expect("a folder");
    for format in FORMATS.iter().filter(|format| ["csv", "jsonl", "json"].contains(&format.name())) {
        let plain = write(*format, &[("candidate", vec![batch.clone()])], &Options::default()).expect("written");
        for compression in Compression::ALL {
            let mut compressor = compress(Vec::new(), compression).expect("a compressor");
            std::io::Write::write_all(&mut compressor, &plain).expect("compressed");
            let packed = compressor.finish().expect("finished");
            let name = format!("candidate.{}.{}", format.extension(), compression.extension());
            let path = file(folder.path(), &name, &packed);
            let (found, wrapped) = by_extension(&path).expect("known");
            assert_eq!((found.name(), wrapped), (format.name(), Some(compression)));
            let table = read(*format, &path).expect("read").pop().expect("a table");
            assert_eq!(table.name, "candidate");
            assert_same(*format, &rows(&table, Some(&batch.schema())).expect("rows"), &batch);
        }
    }
}

#[test]
fn formats_are_found_by_name_and_by_extension() {
    for format in FORMATS {
        assert_eq!(by_name(format.name()).map(Format::name), Some(format.name()));
        let path = format!("some.folder/A.B.{}", format.extension().to_uppercase());
        assert_eq!(by_extension(path.as_ref()).map(|(found, _)| found.name()), Some(format.name()));
    }
    assert!(by_name("docx").is_none());
    assert!(by_extension("notes".as_ref()).is_none());
    assert!(by_extension("notes.gz".as_ref()).is_none());
}

#[test]
fn floats_that_are_no_numbers_are_null_in_json_and_words_elsewhere() {
    let values = Float64Array::from(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    let batch = RecordBatch::try_new(schema(&[("x", LogicalType::Float)]), vec![Arc::new(values)]).expect("batch");
    for format in FORMATS {
        let back = there_and_back(*format, vec![batch.clone()]);
        let read = back.column(0).as_any().downcast_ref::<Float64Array>().expect("floats");
        if format.name().starts_with("json") {
            assert_eq!(read.null_count(), 3, "{}", format.name());
        } else {
            assert!(read.value(0).is_nan(), "{}", format.name());
            assert_eq!(&read.values()[1..], [f64::INFINITY, f64::NEG_INFINITY], "{}", format.name());
        }
    }
}

#[test]
fn columns_are_reported_and_unknown_ones_are_read_as_the_file_tells() {
    let batch = every_type();
    let folder = tempfile::tempdir().expect("a folder");
    let expected =
        Schema::new(vec![LogicalType::Integer.field("id", false), LogicalType::Date.field("not_there", true)]);
    for format in FORMATS {
        let bytes = write(*format, &[("t", vec![batch.clone()])], &Options::default()).expect("written");
        let path = file(folder.path(), &format!("t.{}", format.extension()), &bytes);
        let table = read(*format, &path).expect("read").pop().expect("a table");
        let names: Vec<String> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(table.columns(), names, "{}", format.name());
        let back = rows(&table, Some(&expected)).expect("rows");
        assert_eq!(back.column(0), batch.column(0), "{}", format.name());
        assert!(back.schema().field(0).is_nullable());
        assert_eq!(back.num_columns(), batch.num_columns());
        assert!(rows(&table, None).is_ok(), "{}", format.name());
    }
}

fn any_cell() -> impl Strategy<Value = Option<String>> {
    let alphabet = prop::sample::select(vec![
        "a",
        "\"",
        ",",
        ";",
        "\n",
        "\r",
        "\r\n",
        " ",
        "é",
        "🦀",
        "\\",
        "\u{0}",
        "null",
        "\t",
        "'",
        "=",
        "_x000D_",
        "long enough",
    ]);
    prop::option::of(prop::collection::vec(alphabet, 0..6).prop_map(|parts| parts.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_texts_come_back(cells in prop::collection::vec((any_cell(), any_cell()), 1..20)) {
        let (left, right): (Vec<_>, Vec<_>) = cells.into_iter().unzip();
        let columns = vec![Arc::new(StringViewArray::from(left)) as _, Arc::new(StringViewArray::from(right)) as _];
        let schema = schema(&[("left", LogicalType::String), ("right", LogicalType::Text)]);
        let batch = RecordBatch::try_new(schema, columns).expect("batch");
        for format in FORMATS {
            assert_same(*format, &there_and_back(*format, vec![batch.clone()]), &as_kept(*format, &batch));
        }
    }

    #[test]
    fn any_numbers_come_back(
        integers in prop::collection::vec(any::<Option<i64>>(), 8),
        floats in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL, 8),
        units in prop::collection::vec(any::<i64>(), 8),
        days in prop::collection::vec(-800_000..3_000_000_i32, 8),
        instants in prop::collection::vec(-62_000_000_000_000_000..250_000_000_000_000_000_i64, 8),
        times in prop::collection::vec(0..86_400_000_000_i64, 8),
        scale in 0..=18_i8,
    ) {
        let decimal = LogicalType::Decimal { precision: 38, scale };
        let schema = schema(&[
            ("integer", LogicalType::Integer), ("float", LogicalType::Float), ("decimal", decimal.clone()),
            ("date", LogicalType::Date), ("datetime", LogicalType::Datetime), ("time", LogicalType::Time),
        ]);
        let batch = RecordBatch::try_new(schema, vec![
            Arc::new(Int64Array::from(integers)),
            Arc::new(Float64Array::from(floats)),
            Arc::new(support::decimals(&decimal, units.into_iter().map(|unit| Some(i128::from(unit))))),
            Arc::new(datafusion::arrow::array::Date32Array::from(days)),
            Arc::new(datafusion::arrow::array::TimestampMicrosecondArray::from(instants)),
            Arc::new(datafusion::arrow::array::Time64MicrosecondArray::from(times)),
        ]).expect("batch");
        for format in FORMATS {
            assert_same(*format, &there_and_back(*format, vec![batch.clone()]), &batch);
        }
    }

    #[test]
    fn arbitrary_bytes_make_no_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let folder = tempfile::tempdir().expect("a folder");
        for format in FORMATS {
            let path = file(folder.path(), &format!("t.{}", format.extension()), &bytes);
            for table in read(*format, &path).into_iter().flatten() {
                let _ = rows(&table, None);
            }
        }
    }

    #[test]
    fn damaged_files_make_no_reader_panic(at in 0..1_000_usize, byte in any::<u8>(), cut in 0..1_000_usize) {
        let folder = tempfile::tempdir().expect("a folder");
        let batch = every_type();
        for format in FORMATS {
            let mut bytes = write(*format, &[("t", vec![batch.clone()])], &Options::default()).expect("written");
            let place = at * bytes.len() / 1_000;
            bytes[place] = byte;
            if cut % 2 == 0 {
                bytes.truncate(bytes.len() - cut * bytes.len() / 1_000);
            }
            let path = file(folder.path(), &format!("t.{}", format.extension()), &bytes);
            for table in read(*format, &path).into_iter().flatten() {
                let _ = rows(&table, Some(&batch.schema()));
            }
        }
    }
}
