//! A table with every logical type and the values that break writers, and the way from batches to a file and back.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::types::{Int64Type, TimestampMicrosecondType};
use datafusion::arrow::array::{
    ArrayRef, BinaryViewArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float64Array,
    Int64Array, ListArray, ListBuilder, PrimitiveArray, RecordBatch, StringViewArray, StringViewBuilder,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use engine::types::LogicalType;
use formats::{Document, DocumentColumn, DocumentTable, Format, FormatError, Options, RuleResult, SourceTable};

/// 2026-01-01T00:00:00Z.
pub const REFERENCE_TIME_US: i64 = 1_767_225_600_000_000;

/// A schema of nullable columns.
pub fn schema(columns: &[(&str, LogicalType)]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|(name, logical)| logical.field(name, true)).collect::<Vec<Field>>()))
}

/// A document of tables without a word about them.
pub fn document(tables: &[(&str, SchemaRef, u64)]) -> Document {
    let table = |(name, schema, rows): &(&str, SchemaRef, u64)| DocumentTable {
        name: (*name).to_owned(),
        description: None,
        rows: *rows,
        schema: Arc::clone(schema),
        columns: schema
            .fields()
            .iter()
            .map(|field| DocumentColumn {
                name: field.name().clone(),
                type_words: LogicalType::of_field(field).map(|logical| logical.to_string()).unwrap_or_default(),
                nullable: field.is_nullable(),
                ..DocumentColumn::default()
            })
            .collect(),
    };
    Document {
        name: "hiring".to_owned(),
        description: Some("Selection processes of one company".to_owned()),
        properties: vec![("Seed".to_owned(), "20260101".to_owned())],
        tables: tables.iter().map(table).collect(),
        reference_time_us: REFERENCE_TIME_US,
    }
}

/// The bytes of a file with these tables.
pub fn write(
    format: &dyn Format,
    tables: &[(&str, Vec<RecordBatch>)],
    options: &Options,
) -> Result<Vec<u8>, FormatError> {
    let rows = |batches: &[RecordBatch]| batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let described: Vec<(&str, SchemaRef, u64)> =
        tables.iter().map(|(name, batches)| (*name, batches[0].schema(), rows(batches))).collect();
    let mut bytes = Vec::new();
    let mut writer = format.writer(Box::new(&mut bytes), &document(&described), options)?;
    for (index, (_, batches)) in tables.iter().enumerate() {
        writer.begin_table(index)?;
        for batch in batches {
            writer.write(batch)?;
        }
        writer.end_table()?;
    }
    writer.finish(&rules())?;
    Ok(bytes)
}

/// A rule that holds and one that does not.
pub fn rules() -> Vec<RuleResult> {
    vec![
        RuleResult {
            id: "primary-key:candidate".to_owned(),
            table: "candidate".to_owned(),
            statement: "id is unique and never null".to_owned(),
            checked: 100,
            broken: 0,
        },
        RuleResult {
            id: "new-ones-have-no-company".to_owned(),
            table: "candidate".to_owned(),
            statement: "if status = 'new' then company_code IS NULL".to_owned(),
            checked: 100,
            broken: 3,
        },
    ]
}

/// Writes a file into a folder.
pub fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

/// The tables in a file.
pub fn read(format: &dyn Format, path: &Path) -> Result<Vec<SourceTable>, FormatError> {
    assert!(File::open(path).is_ok());
    format.read(path, &formats::table_name(path), &Options::default())
}

/// All rows of a table in one batch.
pub fn rows(table: &SourceTable, expected: Option<&Schema>) -> Result<RecordBatch, FormatError> {
    let batches = table.batches(expected)?.collect::<Result<Vec<RecordBatch>, FormatError>>()?;
    let schema = match batches.first() {
        Some(batch) => batch.schema(),
        None => table.schema(),
    };
    Ok(concat_batches(&schema, &batches)?)
}

/// A table with every logical type: a null, values in the middle, and the extremes of each.
pub fn every_type() -> RecordBatch {
    let decimal = LogicalType::Decimal { precision: 18, scale: 2 };
    let wide = LogicalType::Decimal { precision: 38, scale: 10 };
    let list = LogicalType::List(Box::new(LogicalType::Integer));
    let texts = LogicalType::List(Box::new(LogicalType::String));
    let schema = schema(&[
        ("id", LogicalType::Integer),
        ("name", LogicalType::String),
        ("note, \"quoted\"\nö", LogicalType::Text),
        ("price", decimal.clone()),
        ("wide", wide.clone()),
        ("ratio", LogicalType::Float),
        ("active", LogicalType::Boolean),
        ("hired_on", LogicalType::Date),
        ("seen_at", LogicalType::Datetime),
        ("starts", LogicalType::Time),
        ("key", LogicalType::Uuid),
        ("hash", LogicalType::Bytes),
        ("extra", LogicalType::Json),
        ("scores", list.clone()),
        ("tags", texts.clone()),
    ]);
    let uuids: [Option<[u8; 16]>; 6] =
        [Some([0; 16]), None, Some([0xff; 16]), Some(*b"0123456789abcdef"), Some([0x7f; 16]), Some([1; 16])];
    let uuids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids.into_iter(), 16);
    let scores = ListArray::from_iter_primitive::<Int64Type, _, _>([
        Some(vec![Some(1), None, Some(i64::MIN)]),
        None,
        Some(vec![]),
        Some(vec![Some(0)]),
        Some(vec![None]),
        Some(vec![Some(7), Some(8)]),
    ]);
    let mut tags = ListBuilder::new(StringViewBuilder::new());
    tags.append_value([Some("a,b"), Some("\"quoted\" and 'single'"), None]);
    tags.append_null();
    tags.append_value([Some(""), Some("line\nbreak"), Some("a tag of more than twelve bytes: é")]);
    tags.append_value(std::iter::empty::<Option<&str>>());
    tags.append_value([Some("\\")]);
    tags.append_value([Some("[1]")]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![
            Some(1),
            None,
            Some(i64::MAX),
            Some(i64::MIN),
            Some(-1),
            Some(1_234_567_890_123_456),
        ])),
        Arc::new(StringViewArray::from(vec![
            Some("Ana"),
            None,
            Some(""),
            Some("José \"Pepe\" Núñez, of Lima"),
            Some("twelve bytes"),
            Some("thirteen byte"),
        ])),
        Arc::new(StringViewArray::from(vec![
            Some("a comma, a \"quote\", a line\nbreak, a return\r and both\r\n"),
            None,
            Some("  blanks, a tab\t, and an emoji 🦀 "),
            Some("=1+1"),
            Some("_x000D_ \u{1} \u{1f} \\ /"),
            Some("null"),
        ])),
        Arc::new(decimals(
            &decimal,
            [Some(1050), None, Some(0), Some(-1), Some(999_999_999_999_999_999), Some(-123_456)],
        )),
        Arc::new(decimals(
            &wide,
            [Some(1), None, Some(10_i128.pow(38) - 1), Some(-(10_i128.pow(38) - 1)), Some(0), Some(25_000_000_000)],
        )),
        Arc::new(Float64Array::from(vec![Some(0.1), None, Some(-0.0), Some(f64::MAX), Some(5e-324), Some(1e20)])),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), Some(true), Some(false), Some(true)])),
        Arc::new(Date32Array::from(vec![Some(19_724), None, Some(0), Some(-719_528), Some(2_932_896), Some(-25_509)])),
        Arc::new(TimestampMicrosecondArray::from(vec![
            Some(1_704_164_645_123_456),
            None,
            Some(0),
            Some(-1),
            Some(253_402_300_799_999_999),
            Some(1_704_164_645_000_000),
        ])),
        Arc::new(Time64MicrosecondArray::from(vec![
            Some(37_230_500_000),
            None,
            Some(0),
            Some(86_399_999_999),
            Some(1),
            Some(43_200_000_000),
        ])),
        Arc::new(uuids.expect("each uuid has sixteen bytes")),
        Arc::new(BinaryViewArray::from_iter([
            Some(&b"\x00\xff"[..]),
            None,
            Some(&b""[..]),
            Some(&b"more than twelve bytes"[..]),
            Some(&b"\""[..]),
            Some(&b","[..]),
        ])),
        Arc::new(StringViewArray::from(vec![
            Some("{\"a\":[1,2.50,\"x, y\"]}"),
            None,
            Some("[]"),
            Some("\"text\""),
            Some("12345678901234567890.1"),
            Some("{\"a b\":{\"c\":\"\\n\"}}"),
        ])),
        Arc::new(scores),
        Arc::new(tags.finish()),
    ];
    RecordBatch::try_new(schema, columns).expect("columns and fields agree")
}

/// Values of a decimal type.
pub fn decimals(logical: &LogicalType, units: impl IntoIterator<Item = Option<i128>>) -> Decimal128Array {
    units.into_iter().collect::<Decimal128Array>().with_data_type(logical.arrow())
}

/// Seconds as datetimes.
pub fn datetimes(seconds: impl IntoIterator<Item = i64>) -> ArrayRef {
    let values: PrimitiveArray<TimestampMicrosecondType> =
        seconds.into_iter().map(|second| Some(second * 1_000_000)).collect();
    Arc::new(values)
}
