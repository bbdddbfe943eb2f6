//! Parquet: the types of Arrow, with the logical type of each column in its field's metadata, and as Parquet's own where it has one.
//!
//! Invariants: the bytes depend on the rows and the options alone, since the file carries no time and its row groups have a fixed number of
//! rows; a writer holds one row group in memory, a reader one batch and the pages it comes from.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ArrowSchemaConverter;
use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use ::parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use ::parquet::basic::{
    Compression as Codec, LogicalType as ParquetLogicalType, Repetition, Type as PhysicalType, ZstdLevel,
};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::schema::types::{ColumnPath, SchemaDescriptor, Type, TypePtr};
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use engine::types::LogicalType;

use crate::builder::BatchBuilder;
use crate::columns::Column;
use crate::source::{self, BATCH_ROWS, Batches, Listener, Source, cast, guarded};
use crate::{
    Document, DocumentTable, Encoder, Format, FormatError, Kind, Options, ParquetCompression, RuleResult, SourceTable,
    Writer, choice,
};

/// Apache Parquet.
pub struct Parquet;

impl Format for Parquet {
    fn kind(&self) -> &'static Kind {
        &Kind {
            name: "parquet",
            extension: "parquet",
            media_type: "application/vnd.apache.parquet",
            holds_all_tables: false,
            compresses_inside: true,
            choices: choice::PARQUET,
        }
    }

    fn writer<'a>(
        &self,
        sink: Box<dyn Write + Send + 'a>,
        document: &Document,
        options: &Options,
    ) -> Result<Box<dyn Writer + 'a>, FormatError> {
        options.check()?;
        let writer =
            ParquetWriter { tables: document.tables.clone(), options: options.clone(), sink: Some(sink), writer: None };
        Ok(Box::new(writer))
    }

    fn read(&self, path: &Path, stem: &str, _options: &Options) -> Result<Vec<SourceTable>, FormatError> {
        let schema = guarded(stem, || Ok(open(path, stem)?.schema().clone()))?;
        let columns = schema.fields().iter().map(|field| own_field(field)).collect::<Vec<Field>>();
        let source =
            ParquetSource { path: path.to_owned(), name: stem.to_owned(), schema: Arc::new(Schema::new(columns)) };
        Ok(vec![SourceTable::new(stem.to_owned(), source)])
    }
}

struct ParquetWriter<'a> {
    tables: Vec<DocumentTable>,
    options: Options,
    /// Until the table is begun.
    sink: Option<Box<dyn Write + Send + 'a>>,
    writer: Option<ArrowWriter<Box<dyn Write + Send + 'a>>>,
}

impl ParquetWriter<'_> {
    fn writer(&mut self) -> Result<&mut ArrowWriter<impl Write + Send>, FormatError> {
        self.writer.as_mut().ok_or(FormatError::OneTable { format: "parquet" })
    }
}

impl Writer for ParquetWriter<'_> {
    fn begin_table(&mut self, index: usize) -> Result<(), FormatError> {
        let table = self.tables.get(index).ok_or(FormatError::OneTable { format: "parquet" })?;
        let sink = self.sink.take().ok_or(FormatError::OneTable { format: "parquet" })?;
        let arrow = ArrowWriterOptions::new()
            .with_properties(properties(table, &self.options)?)
            .with_parquet_schema(annotated(&table.schema)?);
        self.writer = Some(ArrowWriter::try_new_with_options(sink, Arc::clone(&table.schema), arrow)?);
        Ok(())
    }

    fn encoder(&self) -> Option<Arc<dyn Encoder>> {
        None
    }

    fn write_encoded(&mut self, _bytes: &[u8]) -> Result<(), FormatError> {
        Err(FormatError::Options("parquet batches cannot be encoded apart".to_owned()))
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), FormatError> {
        Ok(self.writer()?.write(batch)?)
    }

    fn end_table(&mut self) -> Result<(), FormatError> {
        self.writer()?.finish()?;
        Ok(())
    }

    fn finish(mut self: Box<Self>, _rules: &[RuleResult]) -> Result<(), FormatError> {
        self.writer()?.inner_mut().flush()?;
        Ok(())
    }
}

fn properties(table: &DocumentTable, options: &Options) -> Result<WriterProperties, FormatError> {
    let codec = match options.parquet_compression {
        ParquetCompression::Snappy => Codec::SNAPPY,
        ParquetCompression::Zstd => Codec::ZSTD(ZstdLevel::try_new(1)?),
        ParquetCompression::None => Codec::UNCOMPRESSED,
    };
    let mut properties = WriterProperties::builder()
        .set_created_by("synthetic-data".to_owned())
        .set_compression(codec)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(options.parquet_row_group_rows));
    for (index, field) in table.schema.fields().iter().enumerate() {
        // A dictionary of values that do not repeat is the values and their numbers: made, filled and thrown away.
        let distinct = table.columns.get(index).is_some_and(|column| column.distinct);
        if distinct || LogicalType::of_field(field) == Some(LogicalType::Uuid) {
            properties = properties.set_column_dictionary_enabled(ColumnPath::new(vec![field.name().clone()]), false);
        }
    }
    Ok(properties.build())
}

/// The Parquet schema of an Arrow schema, with Parquet's own logical types for those that Arrow has not.
fn annotated(schema: &Schema) -> Result<SchemaDescriptor, FormatError> {
    let plain = ArrowSchemaConverter::new().convert(schema)?;
    let fields = plain.root_schema().get_fields().iter().zip(schema.fields()).map(|(parquet, field)| {
        let (physical, logical, length) = match LogicalType::of_field(field) {
            Some(LogicalType::Uuid) => (PhysicalType::FIXED_LEN_BYTE_ARRAY, ParquetLogicalType::Uuid, 16),
            Some(LogicalType::Json) => (PhysicalType::BYTE_ARRAY, ParquetLogicalType::Json, -1),
            _ => return Ok(Arc::clone(parquet)),
        };
        let repetition = if field.is_nullable() { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        Type::primitive_type_builder(field.name(), physical)
            .with_repetition(repetition)
            .with_logical_type(Some(logical))
            .with_length(length)
            .build()
            .map(Arc::new)
    });
    let fields = fields.collect::<Result<Vec<TypePtr>, ParquetError>>()?;
    let root = Type::group_type_builder(plain.root_schema().name()).with_fields(fields).build()?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}

struct ParquetSource {
    path: PathBuf,
    name: String,
    schema: SchemaRef,
}

impl Source for ParquetSource {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn batches(&self, target: SchemaRef, _: &[bool], listener: Option<Listener>) -> Result<Batches, FormatError> {
        let reader = guarded(&self.name, || Ok(open(&self.path, &self.name)?.with_batch_size(BATCH_ROWS).build()?))?;
        let builder = BatchBuilder::new(&self.name, Arc::clone(&target), listener)?;
        Ok(Box::new(ParquetBatches { reader, name: self.name.clone(), target, builder, done: false }))
    }
}

struct ParquetBatches {
    reader: ParquetRecordBatchReader,
    name: String,
    target: SchemaRef,
    /// For columns whose values the caller wants in a type that is not the file's.
    builder: BatchBuilder,
    done: bool,
}

impl Iterator for ParquetBatches {
    type Item = Result<RecordBatch, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let name = self.name.clone();
        let next = guarded(&name, || self.read().transpose()).transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}

impl ParquetBatches {
    fn read(&mut self) -> Option<Result<RecordBatch, FormatError>> {
        let batch = match self.reader.next()? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(error.into())),
        };
        Some(self.convert(&batch))
    }

    fn convert(&mut self, batch: &RecordBatch) -> Result<RecordBatch, FormatError> {
        let schema = batch.schema();
        let mut arrays = Vec::with_capacity(batch.num_columns());
        for (index, wanted) in self.target.fields().iter().enumerate() {
            let (field, array) = (schema.field(index), batch.column(index));
            let same = LogicalType::of_field(&own_field(field)) == LogicalType::of_field(wanted);
            arrays.push(match carried(array, wanted.data_type()) {
                Some(array) if same => array?,
                _ => self.builder.convert(index, Column::new(field, array), array.len())?,
            });
        }
        self.builder.skip_rows(batch.num_rows());
        Ok(RecordBatch::try_new(Arc::clone(&self.target), arrays)?)
    }
}

/// An array in another type of the same logical type; `None` where Arrow's cast would change a value.
fn carried(array: &ArrayRef, wanted: &DataType) -> Option<Result<ArrayRef, FormatError>> {
    if array.data_type() == wanted {
        return Some(Ok(Arc::clone(array)));
    }
    match (array.data_type(), wanted) {
        // Through its own time zone, so that the cast changes the unit and no instant.
        (DataType::Timestamp(_, Some(_)), DataType::Timestamp(_, None)) => {
            let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
            Some(cast(array, &utc).and_then(|array| cast(&array, wanted)))
        }
        (from, to) if from.is_nested() || to.is_nested() => None,
        (from, to) if from.is_integer() && to.is_integer() => Some(cast(array, to)),
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, _)
        | (DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_), _)
        | (DataType::Date64 | DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_), _)
        | (DataType::Float16 | DataType::Float32, _) => Some(cast(array, wanted)),
        _ => None,
    }
}

/// A file's column as it is read when nothing is expected: in its logical type, or as text where it has none.
fn own_field(field: &Field) -> Field {
    let logical = match field.data_type() {
        DataType::Dictionary(_, values) => LogicalType::of_arrow(values),
        // Some of its values are beyond an integer of ours.
        DataType::UInt64 => Some(LogicalType::Decimal { precision: 20, scale: 0 }),
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale)
            if *scale < 0 =>
        {
            Some(LogicalType::Decimal { precision: 38, scale: 0 })
        }
        _ => LogicalType::of_field(field),
    };
    source::column(field.name(), &logical.unwrap_or(LogicalType::String))
}

fn open(path: &Path, name: &str) -> Result<ParquetRecordBatchReaderBuilder<File>, FormatError> {
    let file = File::open(path).map_err(|source| FormatError::Open { path: path.display().to_string(), source })?;
    ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|_| FormatError::in_table(name, "the file is no Parquet file, or is damaged"))
}
