//! The table as Parquet: columns made by hand, then the writer that the product uses too, tuned. The word is a codec: plain, snappy or zstd.

use std::io;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Int64Array, RecordBatch,
    StringViewArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use peers::columns::{Columns, Texts};
use peers::lists::{first_names, last_names};
use peers::{BATCH, CATEGORIES, FIRST_DAY, arguments};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> io::Result<()> {
    let (rows, file, word) = arguments()?;
    let codec = match word.as_str() {
        "plain" => Compression::UNCOMPRESSED,
        "snappy" => Compression::SNAPPY,
        "zstd" => Compression::ZSTD(ZstdLevel::try_new(1).map_err(io::Error::other)?),
        _ => return Err(io::Error::other("the codec is plain, snappy or zstd")),
    };
    let mut properties = WriterProperties::builder()
        .set_compression(codec)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(1 << 18));
    for distinct in ["id", "key", "email", "note"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(distinct), false);
    }
    let schema = schema();
    let mut writer =
        ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties.build())).map_err(io::Error::other)?;
    let lists = [List::new(&first_names()), List::new(&last_names()), List::new(&CATEGORIES.map(|(text, _)| text))];
    let mut columns = Columns::default();
    let mut start = 1;
    while start <= rows {
        let batch = (rows + 1 - start).min(BATCH as u64) as usize;
        columns.fill(start, batch);
        let batch_rows = record_batch(&columns, start, &lists, &schema).map_err(io::Error::other)?;
        writer.write(&batch_rows).map_err(io::Error::other)?;
        start += batch as u64;
    }
    writer.close().map_err(io::Error::other)?;
    Ok(())
}

fn schema() -> SchemaRef {
    let fields = [
        ("id", DataType::Int64),
        ("key", DataType::FixedSizeBinary(16)),
        ("first_name", DataType::Utf8View),
        ("last_name", DataType::Utf8View),
        ("email", DataType::Utf8View),
        ("category", DataType::Utf8View),
        ("price", DataType::Decimal128(10, 2)),
        ("signed_on", DataType::Date32),
        ("active", DataType::Boolean),
        ("note", DataType::Utf8View),
    ];
    Arc::new(Schema::new(fields.map(|(name, data_type)| Field::new(name, data_type, name == "active")).to_vec()))
}

fn record_batch(
    columns: &Columns,
    start: u64,
    lists: &[List; 3],
    schema: &SchemaRef,
) -> Result<RecordBatch, ArrowError> {
    let rows = columns.keys.len();
    let keys: Vec<u8> = columns.keys.iter().flat_map(|key| key.to_be_bytes()).collect();
    let prices = Decimal128Array::from_iter_values(columns.prices.iter().map(|price| i128::from(*price)));
    let valid = NullBuffer::new(BooleanBuffer::collect_bool(rows, |row| columns.actives[row] > 0));
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values((start..).take(rows).map(|row| row as i64))),
        Arc::new(FixedSizeBinaryArray::try_new(16, Buffer::from_vec(keys), None)?),
        Arc::new(lists[0].gather(columns.first_names.iter().map(|place| usize::from(*place)))),
        Arc::new(lists[1].gather(columns.last_names.iter().map(|place| usize::from(*place)))),
        Arc::new(views(&columns.emails)),
        Arc::new(lists[2].gather(columns.categories.iter().map(|place| usize::from(*place)))),
        Arc::new(prices.with_precision_and_scale(10, 2)?),
        Arc::new(Date32Array::from_iter_values(columns.dates.iter().map(|day| FIRST_DAY as i32 + i32::from(*day)))),
        Arc::new(BooleanArray::new(BooleanBuffer::collect_bool(rows, |row| columns.actives[row] == 2), Some(valid))),
        Arc::new(views(&columns.notes)),
    ];
    RecordBatch::try_new(Arc::clone(schema), arrays)
}

/// A list's texts and a view of each.
struct List {
    views: Vec<u128>,
    texts: Buffer,
}

impl List {
    fn new(texts: &[&str]) -> List {
        let bytes = texts.concat().into_bytes();
        let mut start = 0;
        let views = texts
            .iter()
            .map(|text| {
                let view = view(text.as_bytes(), start);
                start += text.len();
                view
            })
            .collect();
        List { views, texts: Buffer::from_vec(bytes) }
    }

    fn gather(&self, places: impl Iterator<Item = usize>) -> StringViewArray {
        let views: ScalarBuffer<u128> = places.map(|place| self.views[place]).collect::<Vec<_>>().into();
        // SAFETY: each view was made from a text of this buffer.
        unsafe { StringViewArray::new_unchecked(views, [self.texts.clone()], None) }
    }
}

/// Texts of a batch as views on a copy of its bytes.
fn views(texts: &Texts) -> StringViewArray {
    let mut start = 0;
    let views: Vec<u128> = texts
        .ends
        .iter()
        .map(|end| {
            let view = view(&texts.bytes[start..*end as usize], start);
            start = *end as usize;
            view
        })
        .collect();
    // SAFETY: each view was made from these bytes, which are ASCII.
    unsafe { StringViewArray::new_unchecked(views.into(), [Buffer::from(texts.bytes.as_slice())], None) }
}

/// The view of a text that starts at a place of the first buffer.
fn view(text: &[u8], start: usize) -> u128 {
    arrow_array::builder::make_view(text, 0, start as u32)
}
