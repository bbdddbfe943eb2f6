//! Rows that are read, as batches: each cell is parsed into the Arrow type of its column.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BinaryViewBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, FixedSizeBinaryBuilder,
    Float64Builder, Int64Builder, ListArray, NullBufferBuilder, RecordBatch, RecordBatchOptions, StringViewBuilder,
    Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use datafusion::arrow::buffer::{OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{Field, SchemaRef};
use engine::types::LogicalType;

use crate::columns::Column;
use crate::json::{self, JsonKind, JsonValue};
use crate::source::{BATCH_BYTES, BATCH_ROWS, Listener, Stranger, cast};
use crate::{FormatError, parse};

/// A batch in the making.
pub(crate) struct BatchBuilder {
    table: String,
    schema: SchemaRef,
    logical: Vec<LogicalType>,
    columns: Vec<ColumnBuilder>,
    rows: usize,
    bytes: usize,
    rows_before: u64,
    /// Who is told of cells that are no values of their columns' types.
    listener: Option<Listener>,
}

impl BatchBuilder {
    /// A builder of batches of a table with the columns of `schema`. A cell that is no value of its column's type is an error, or, where there
    /// is a listener, null.
    pub(crate) fn new(table: &str, schema: SchemaRef, listener: Option<Listener>) -> Result<BatchBuilder, FormatError> {
        let logical: Vec<LogicalType> = schema
            .fields()
            .iter()
            .map(|field| {
                LogicalType::of_field(field).ok_or_else(|| FormatError::Type {
                    column: field.name().clone(),
                    arrow: field.data_type().to_string(),
                })
            })
            .collect::<Result<_, _>>()?;
        let columns = logical.iter().map(ColumnBuilder::new).collect();
        let table = table.to_owned();
        Ok(BatchBuilder { table, schema, logical, columns, rows: 0, bytes: 0, rows_before: 0, listener })
    }

    /// The row, from 1, that is being built.
    pub(crate) fn row(&self) -> u64 {
        self.rows_before + self.rows as u64 + 1
    }

    /// Appends the text of a cell to a column.
    pub(crate) fn push_text(&mut self, column: usize, text: &str) -> Result<(), FormatError> {
        self.bytes += text.len();
        if self.columns[column].push_text(text) { Ok(()) } else { self.refuse(column, self.row(), text) }
    }

    /// Appends a JSON value to a column.
    pub(crate) fn push_json(&mut self, column: usize, value: &JsonValue) -> Result<(), FormatError> {
        self.bytes += value.raw.len();
        if self.columns[column].push_json(value) {
            return Ok(());
        }
        match &value.kind {
            JsonKind::String(text) => self.refuse(column, self.row(), text),
            _ => self.refuse(column, self.row(), value.raw),
        }
    }

    /// Whether a column has a value whose spelling is empty.
    pub(crate) fn can_be_empty(&self, column: usize) -> bool {
        matches!(self.columns[column], ColumnBuilder::Text(_) | ColumnBuilder::Bytes(..))
    }

    /// Appends a null to a column.
    pub(crate) fn push_null(&mut self, column: usize) {
        self.columns[column].push_null();
    }

    /// Ends a row, in which each column has got one cell.
    pub(crate) fn end_row(&mut self) {
        self.rows += 1;
    }

    /// Whether the batch should be taken before another row is begun.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    /// The batch, and an empty one begun; `None` where no row was ended.
    pub(crate) fn take(&mut self) -> Option<Result<RecordBatch, FormatError>> {
        if self.rows == 0 {
            return None;
        }
        let rows = std::mem::take(&mut self.rows);
        self.rows_before += rows as u64;
        self.bytes = 0;
        let arrays = (0..self.columns.len()).map(|index| self.finish_column(index)).collect::<Result<Vec<_>, _>>();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Some(
            arrays
                .and_then(|arrays| Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?)),
        )
    }

    /// The values of a column of another type in the type of column `index`, by their spelling. No row is begun or ended.
    pub(crate) fn convert(&mut self, index: usize, column: Column, rows: usize) -> Result<ArrayRef, FormatError> {
        let column = json::with_lists_as_text(column, rows);
        let mut text = Vec::new();
        for row in 0..rows {
            if column.is_null(row) {
                self.columns[index].push_null();
                continue;
            }
            text.clear();
            column.cells.append(&mut text, row);
            let text = std::str::from_utf8(&text).expect("values are spelled in UTF-8");
            if !self.columns[index].push_text(text) {
                self.refuse(index, self.rows_before + row as u64 + 1, text)?;
            }
        }
        self.finish_column(index)
    }

    /// Counts rows that did not come by way of this builder.
    pub(crate) fn skip_rows(&mut self, rows: usize) {
        self.rows_before += rows as u64;
    }

    fn finish_column(&mut self, index: usize) -> Result<ArrayRef, FormatError> {
        let array = self.columns[index].finish();
        // A schema of another maker may want a narrower number or another kind of text.
        let wanted = self.schema.field(index).data_type();
        if array.data_type() == wanted { Ok(array) } else { cast(&array, wanted) }
    }

    /// A cell that its column did not take: null where somebody is told of it.
    fn refuse(&mut self, column: usize, row: u64, text: &str) -> Result<(), FormatError> {
        let name = self.schema.field(column).name();
        let Some(listener) = &self.listener else {
            return Err(FormatError::value(&self.table, row, name, text, &self.logical[column]));
        };
        listener(Stranger { row, column: name, text });
        self.columns[column].push_null();
        Ok(())
    }
}

enum ColumnBuilder {
    Text(StringViewBuilder),
    Json(StringViewBuilder),
    Integer(Int64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Float(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Datetime(TimestampMicrosecondBuilder),
    Time(Time64MicrosecondBuilder),
    Uuid(FixedSizeBinaryBuilder),
    Bytes(BinaryViewBuilder, Vec<u8>),
    List(ListBuilder),
}

struct ListBuilder {
    item: LogicalType,
    items: Box<ColumnBuilder>,
    count: i32,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl ColumnBuilder {
    fn new(logical: &LogicalType) -> ColumnBuilder {
        match logical {
            LogicalType::String | LogicalType::Text => ColumnBuilder::Text(StringViewBuilder::new()),
            LogicalType::Json => ColumnBuilder::Json(StringViewBuilder::new()),
            LogicalType::Integer => ColumnBuilder::Integer(Int64Builder::new()),
            LogicalType::Decimal { precision, scale } => {
                let builder = Decimal128Builder::new().with_data_type(logical.arrow());
                ColumnBuilder::Decimal(builder, *precision, *scale)
            }
            LogicalType::Float => ColumnBuilder::Float(Float64Builder::new()),
            LogicalType::Boolean => ColumnBuilder::Boolean(BooleanBuilder::new()),
            LogicalType::Date => ColumnBuilder::Date(Date32Builder::new()),
            LogicalType::Datetime => ColumnBuilder::Datetime(TimestampMicrosecondBuilder::new()),
            LogicalType::Time => ColumnBuilder::Time(Time64MicrosecondBuilder::new()),
            LogicalType::Uuid => ColumnBuilder::Uuid(FixedSizeBinaryBuilder::new(16)),
            LogicalType::Bytes => ColumnBuilder::Bytes(BinaryViewBuilder::new(), Vec::new()),
            LogicalType::List(item) => ColumnBuilder::List(ListBuilder {
                item: (**item).clone(),
                items: Box::new(ColumnBuilder::new(item)),
                count: 0,
                offsets: vec![0],
                nulls: NullBufferBuilder::new(0),
            }),
        }
    }

    fn push_null(&mut self) {
        match self {
            ColumnBuilder::Text(builder) | ColumnBuilder::Json(builder) => builder.append_null(),
            ColumnBuilder::Integer(builder) => builder.append_null(),
            ColumnBuilder::Decimal(builder, ..) => builder.append_null(),
            ColumnBuilder::Float(builder) => builder.append_null(),
            ColumnBuilder::Boolean(builder) => builder.append_null(),
            ColumnBuilder::Date(builder) => builder.append_null(),
            ColumnBuilder::Datetime(builder) => builder.append_null(),
            ColumnBuilder::Time(builder) => builder.append_null(),
            ColumnBuilder::Uuid(builder) => builder.append_null(),
            ColumnBuilder::Bytes(builder, _) => builder.append_null(),
            ColumnBuilder::List(list) => {
                list.nulls.append_null();
                list.offsets.push(list.count);
            }
        }
    }

    /// Appends a value; false where the text is none of this type: then a null has to come next.
    fn push_text(&mut self, text: &str) -> bool {
        match self {
            ColumnBuilder::Text(builder) => builder.append_value(text),
            ColumnBuilder::Json(builder) => {
                if json::check(text).is_none() {
                    return false;
                }
                builder.append_value(text);
            }
            ColumnBuilder::Integer(builder) => {
                let Some(value) = parse::integer(text) else { return false };
                builder.append_value(value);
            }
            ColumnBuilder::Decimal(builder, precision, scale) => {
                let Some(value) = parse::decimal(text, *precision, *scale) else { return false };
                builder.append_value(value);
            }
            ColumnBuilder::Float(builder) => {
                let Some(value) = parse::float(text) else { return false };
                builder.append_value(value);
            }
            ColumnBuilder::Boolean(builder) => {
                let Some(value) = parse::boolean(text) else { return false };
                builder.append_value(value);
            }
            ColumnBuilder::Date(builder) => {
                let Some(value) = parse::date(text) else { return false };
                builder.append_value(value);
            }
            ColumnBuilder::Datetime(builder) => {
                let Some(value) = parse::datetime(text) else { return false };
                builder.append_value(value);
            }
            ColumnBuilder::Time(builder) => {
                let Some(value) = parse::time(text) else { return false };
                builder.append_value(value);
            }
            ColumnBuilder::Uuid(builder) => {
                let Some(value) = parse::uuid(text) else { return false };
                return builder.append_value(value).is_ok();
            }
            ColumnBuilder::Bytes(builder, bytes) => {
                bytes.clear();
                if parse::hex(text, bytes).is_none() {
                    return false;
                }
                builder.append_value(&bytes);
            }
            ColumnBuilder::List(list) => {
                return json::check(text).is_some()
                    && text.trim_start().starts_with('[')
                    && list.push(text.trim_start());
            }
        }
        true
    }

    /// Appends a JSON value; false where it is none of this type: then a null has to come next.
    fn push_json(&mut self, value: &JsonValue) -> bool {
        match (self, &value.kind) {
            (column, JsonKind::Null) => {
                column.push_null();
                true
            }
            (ColumnBuilder::Json(builder), _) => {
                match json::check(value.raw) {
                    Some(json::Spacing::Blanks) => builder.append_value(json::without_blanks(value.raw)),
                    _ => builder.append_value(value.raw),
                }
                true
            }
            (ColumnBuilder::List(list), JsonKind::Array) => list.push(value.raw),
            (ColumnBuilder::List(_), _) | (_, JsonKind::Array | JsonKind::Object) => false,
            (ColumnBuilder::Boolean(builder), JsonKind::Boolean(value)) => {
                builder.append_value(*value);
                true
            }
            (column @ ColumnBuilder::Boolean(_), JsonKind::Number) => column.push_text(value.raw),
            (ColumnBuilder::Boolean(_), _) => false,
            // Numbers beyond what other readers keep exactly may come as strings.
            (column, JsonKind::String(text)) => column.push_text(text),
            (column @ (ColumnBuilder::Text(_) | ColumnBuilder::Integer(_)), _)
            | (column @ (ColumnBuilder::Decimal(..) | ColumnBuilder::Float(_)), _) => column.push_text(value.raw),
            _ => false,
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            ColumnBuilder::Text(builder) | ColumnBuilder::Json(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Integer(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Decimal(builder, ..) => Arc::new(builder.finish()),
            ColumnBuilder::Float(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Boolean(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Date(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Datetime(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Time(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Uuid(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Bytes(builder, _) => Arc::new(builder.finish()),
            ColumnBuilder::List(list) => Arc::new(list.finish()),
        }
    }
}

impl ListBuilder {
    /// Appends the items of a JSON array; false where one is none of their type: the null that has to come next covers those before it.
    fn push(&mut self, array: &str) -> bool {
        let ListBuilder { items, count, .. } = self;
        let pushed = json::items(array, |item| {
            *count = count.saturating_add(1);
            let pushed = items.push_json(&item);
            if !pushed {
                items.push_null();
            }
            pushed
        });
        if pushed {
            self.nulls.append_non_null();
            self.offsets.push(self.count);
        }
        pushed
    }

    fn finish(&mut self) -> ListArray {
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        self.count = 0;
        ListArray::new(
            Arc::new(Field::new("item", self.item.arrow(), true)),
            OffsetBuffer::new(ScalarBuffer::from(offsets)),
            self.items.finish(),
            self.nulls.finish(),
        )
    }
}
