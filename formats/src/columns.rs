//! A batch's columns, each reduced to one of the arrays that carry the logical types, so that writers match a dozen kinds and no more.
//!
//! Batches of the engine are carried over as they are. Those of a query may hold any Arrow type: narrower numbers are widened, dictionaries
//! unfolded, other units of time converted; what carries no logical type becomes the text that Arrow prints.

use std::sync::Arc;

use datafusion::arrow::array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, FixedSizeBinaryArray, StringViewArray, StringViewBuilder, new_null_array,
};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use engine::types::LogicalType;

use crate::spell::{self, Dates, Room};

/// A column of a batch.
pub(crate) struct Column {
    pub cells: Cells,
    nulls: Option<NullBuffer>,
}

/// The values of a column by kind; those of null rows mean nothing.
pub(crate) enum Cells {
    Integer(ScalarBuffer<i64>),
    /// Units and the places after the point, 0 to 38.
    Decimal(ScalarBuffer<i128>, u8),
    Float(ScalarBuffer<f64>),
    Boolean(BooleanBuffer),
    /// Days since 1970-01-01.
    Date(ScalarBuffer<i32>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Datetime(ScalarBuffer<i64>),
    /// Microseconds since midnight.
    Time(ScalarBuffer<i64>),
    Uuid(FixedSizeBinaryArray),
    Bytes(BinaryViewArray),
    Text(Text),
    /// Texts that are JSON, or should be.
    Json(StringViewArray),
    /// Row `i` is the items from `offsets[i]` to `offsets[i + 1]`.
    List(OffsetBuffer<i32>, Box<Column>),
}

/// The most bytes that the values of a column take.
#[derive(Clone, Copy, Default)]
pub(crate) struct Width {
    /// One value.
    pub longest: usize,
    /// All of them together.
    pub all: usize,
}

impl Width {
    /// The width of values that take so many bytes each.
    pub(crate) fn of(lengths: impl Iterator<Item = usize>) -> Width {
        lengths.fold(Width::default(), |width, length| Width {
            longest: width.longest.max(length),
            all: width.all + length,
        })
    }

    /// The width of these values and `others` behind them, row by row.
    pub(crate) fn and(self, others: Width) -> Width {
        Width { longest: self.longest + others.longest, all: self.all + others.all }
    }

    /// The width with so many bytes more at each of `rows` values.
    pub(crate) fn with(self, rows: usize, bytes: usize) -> Width {
        Width { longest: self.longest + bytes, all: self.all + rows * bytes }
    }
}

impl Column {
    /// The column that `array` holds, `field` saying what it means.
    pub(crate) fn new(field: &Field, array: &ArrayRef) -> Column {
        let column =
            Column::of_logical_type(field, array).unwrap_or_else(|_| Cells::Text(Text::new(&displayed(array))));
        Column { cells: column, nulls: array.logical_nulls().filter(|nulls| nulls.null_count() > 0) }
    }

    /// Whether a row has no value.
    #[inline(always)]
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// Which rows have no value; none where all have one.
    pub(crate) fn nulls(&self) -> Option<&NullBuffer> {
        self.nulls.as_ref()
    }

    fn of_logical_type(field: &Field, array: &ArrayRef) -> Result<Cells, ArrowError> {
        match array.data_type() {
            DataType::Dictionary(_, values) => return Column::of_logical_type(field, &cast(array, values)?),
            DataType::RunEndEncoded(_, values) => {
                return Column::of_logical_type(field, &cast(array, values.data_type())?);
            }
            DataType::UInt64 => {
                let wide = cast(array, &DataType::Decimal128(20, 0))?;
                return Ok(Cells::Decimal(wide.as_primitive::<Decimal128Type>().values().clone(), 0));
            }
            DataType::FixedSizeList(item, _) | DataType::ListView(item) | DataType::LargeListView(item) => {
                return Column::of_logical_type(field, &cast(array, &DataType::List(Arc::clone(item)))?);
            }
            DataType::Null => return Ok(Cells::Text(Text::new(&nulls(array.len())))),
            _ => {}
        }
        let logical = LogicalType::of_field(field)
            .filter(|logical| can_hold(logical, array.data_type()))
            .or_else(|| LogicalType::of_arrow(array.data_type()))
            .ok_or_else(|| ArrowError::NotYetImplemented(array.data_type().to_string()))?;
        let converted = |to: &DataType| if array.data_type() == to { Ok(Arc::clone(array)) } else { cast(array, to) };
        Ok(match &logical {
            LogicalType::Integer => {
                Cells::Integer(converted(&DataType::Int64)?.as_primitive::<Int64Type>().values().clone())
            }
            LogicalType::Decimal { precision, scale } => {
                let to =
                    if *scale < 0 { DataType::Decimal128(38, 0) } else { DataType::Decimal128(*precision, *scale) };
                let places = u8::try_from(*scale).unwrap_or(0);
                Cells::Decimal(converted(&to)?.as_primitive::<Decimal128Type>().values().clone(), places)
            }
            LogicalType::Float => {
                Cells::Float(converted(&DataType::Float64)?.as_primitive::<Float64Type>().values().clone())
            }
            LogicalType::Boolean => Cells::Boolean(array.as_boolean().values().clone()),
            LogicalType::Date => {
                Cells::Date(converted(&DataType::Date32)?.as_primitive::<Date32Type>().values().clone())
            }
            LogicalType::Datetime => {
                // With its own time zone, so that the cast changes the unit and no instant.
                let zone = match array.data_type() {
                    DataType::Timestamp(_, zone) => zone.clone(),
                    _ => None,
                };
                let instants = converted(&DataType::Timestamp(TimeUnit::Microsecond, zone))?;
                Cells::Datetime(instants.as_primitive::<TimestampMicrosecondType>().values().clone())
            }
            LogicalType::Time => {
                let times = converted(&DataType::Time64(TimeUnit::Microsecond))?;
                Cells::Time(times.as_primitive::<Time64MicrosecondType>().values().clone())
            }
            LogicalType::Uuid => Cells::Uuid(array.as_fixed_size_binary().clone()),
            LogicalType::Bytes => Cells::Bytes(converted(&DataType::BinaryView)?.as_binary_view().clone()),
            LogicalType::String | LogicalType::Text => {
                Cells::Text(Text::new(converted(&DataType::Utf8View)?.as_string_view()))
            }
            LogicalType::Json => Cells::Json(converted(&DataType::Utf8View)?.as_string_view().clone()),
            LogicalType::List(_) => {
                let item = match array.data_type() {
                    DataType::List(item) | DataType::LargeList(item) => Arc::clone(item),
                    other => return Err(ArrowError::NotYetImplemented(other.to_string())),
                };
                let lists = converted(&DataType::List(Arc::clone(&item)))?;
                let lists = lists.as_list::<i32>();
                Cells::List(lists.offsets().clone(), Box::new(Column::new(&item, lists.values())))
            }
        })
    }
}

impl Cells {
    /// The most bytes that `rows` values take, two for quotes around each included; texts are counted as they are.
    pub(crate) fn width(&self, rows: usize) -> Width {
        let each = match self {
            Cells::Integer(_) => spell::INTEGER_WIDTH,
            Cells::Decimal(..) => spell::DECIMAL_WIDTH,
            Cells::Float(_) => spell::FLOAT_WIDTH,
            Cells::Boolean(_) => spell::BOOLEAN_WIDTH,
            Cells::Date(_) => spell::DATE_WIDTH,
            Cells::Datetime(_) => spell::DATETIME_WIDTH,
            Cells::Time(_) => spell::TIME_WIDTH,
            Cells::Uuid(_) => spell::UUID_WIDTH,
            Cells::Bytes(values) => {
                return Width::of(values.lengths().take(rows).map(|length| 2 * length as usize + 2));
            }
            Cells::Text(text) => return Width::of((0..rows).map(|row| text.length(row) + 2)),
            Cells::Json(_) | Cells::List(..) => 0,
        };
        Width { longest: each + 2, all: rows * (each + 2) }
    }

    /// Writes a value in the spelling that CSV and JSON share, without quotes. Floats may have no such spelling, JSON and lists have none:
    /// nothing is written for them.
    #[inline(always)]
    pub(crate) fn put(&self, out: &mut Room, at: usize, row: usize) -> usize {
        match self {
            Cells::Integer(values) => spell::integer(out, at, values[row]),
            Cells::Decimal(values, scale) => spell::decimal(out, at, values[row], *scale),
            Cells::Float(values) => spell::float(out, at, values[row]).unwrap_or(at),
            Cells::Boolean(values) => spell::boolean(out, at, values.value(row)),
            Cells::Date(values) => Dates::table().put(out, at, values[row]),
            Cells::Datetime(values) => Dates::table().put_datetime(out, at, values[row]),
            Cells::Time(values) => spell::time(out, at, values[row]),
            Cells::Uuid(values) => {
                let bytes = values.value(row).try_into().expect("a uuid column holds sixteen bytes a row");
                spell::uuid(out, at, bytes)
            }
            Cells::Bytes(values) => spell::hex(out, at, values.value(row)),
            Cells::Text(text) => text.put(out, at, row),
            Cells::Json(_) | Cells::List(..) => at,
        }
    }

    /// Appends a value as text, whatever its kind; JSON and lists must have become texts before.
    pub(crate) fn append(&self, out: &mut Vec<u8>, row: usize) {
        let bound = match self {
            Cells::Text(text) => text.length(row),
            Cells::Bytes(values) => 2 * values.value(row).len(),
            Cells::Float(values) if !values[row].is_finite() => {
                out.extend_from_slice(spell::non_finite(values[row]).as_bytes());
                return;
            }
            cells => cells.width(1).all,
        };
        spell::append(out, bound, |out| self.put(out, 0, row));
    }
}

/// Whether an array of that Arrow type can mean what the field's metadata says.
fn can_hold(logical: &LogicalType, arrow: &DataType) -> bool {
    match logical {
        LogicalType::Json | LogicalType::Text => {
            matches!(arrow, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        }
        LogicalType::Uuid => matches!(arrow, DataType::FixedSizeBinary(16)),
        _ => LogicalType::of_arrow(arrow).as_ref() == Some(logical),
    }
}

/// What Arrow prints for each value.
fn displayed(array: &ArrayRef) -> StringViewArray {
    let options = FormatOptions::default();
    let Ok(formatter) = ArrayFormatter::try_new(array, &options) else { return nulls(array.len()) };
    let mut texts = StringViewBuilder::with_capacity(array.len());
    for row in 0..array.len() {
        if array.is_null(row) {
            texts.append_null();
        } else {
            match formatter.value(row).try_to_string() {
                Ok(text) => texts.append_value(text),
                Err(_) => texts.append_null(),
            }
        }
    }
    texts.finish()
}

fn nulls(rows: usize) -> StringViewArray {
    new_null_array(&DataType::Utf8View, rows).as_string_view().clone()
}

/// Texts as Arrow's views: sixteen bytes each, which hold a text of up to twelve bytes, or say where a longer one lies.
pub(crate) struct Text {
    views: ScalarBuffer<u128>,
    buffers: Arc<[Buffer]>,
}

/// Bytes of a text that its view holds itself.
const INLINE: usize = 12;

/// The most bytes of a buffer that is copied so that steps can be read behind its end. Such are the lists that columns are drawn from.
const SMALL_BUFFER: usize = 4096;

/// The most steps of [`Short`] texts.
const MOST_STEPS: usize = 3;

/// A buffer behind whose texts there are blanks, so that whole steps can be read, where it is small.
fn with_steps(buffer: &Buffer) -> Buffer {
    if buffer.len() > SMALL_BUFFER {
        return buffer.clone();
    }
    let length = buffer.len() + MOST_STEPS * spell::STEP;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(buffer);
    bytes.resize(length, b' ');
    Buffer::from_vec(bytes)
}

impl Text {
    pub(crate) fn new(array: &StringViewArray) -> Text {
        let views = match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => array.views().clone(),
            Some(nulls) => {
                // A null's view may hold anything, and it is cheaper to write a text that is left out than to ask whether it is one.
                array.views().iter().zip(nulls).map(|(view, valid)| if valid { *view } else { 0 }).collect()
            }
        };
        Text { views, buffers: array.data_buffers().iter().map(with_steps).collect() }
    }

    /// Bytes of a text.
    #[inline(always)]
    pub(crate) fn length(&self, row: usize) -> usize {
        self.views[row] as u32 as usize
    }

    /// A text's bytes, which lie in `inline` where the view holds them.
    #[inline(always)]
    pub(crate) fn bytes<'a>(&'a self, row: usize, inline: &'a mut [u8; 16]) -> &'a [u8] {
        let view = self.views[row];
        let length = view as u32 as usize;
        if length <= INLINE {
            *inline = (view >> 32).to_le_bytes();
            &inline[..length]
        } else {
            let (buffer, start) = place(view);
            &self.buffers[buffer][start..start + length]
        }
    }

    /// Whether a text has a byte that is `special`; blanks must not be.
    #[inline(always)]
    pub(crate) fn has_special(&self, row: usize, special: impl Fn(u8) -> bool + Copy) -> bool {
        any_special(self.bytes(row, &mut [0; 16]), special)
    }

    /// The lengths of all texts, and whether some byte is `special`; only ASCII may be, without blanks and zeros.
    ///
    /// Buffers that hold little else than these texts are looked at from end to end, so that many bytes are compared at once.
    pub(crate) fn survey(&self, special: impl Fn(u8) -> bool + Copy) -> Survey {
        let (mut total, mut held, mut longest, mut shortest) = (0, 0, 0, usize::MAX);
        for view in self.views.iter() {
            let length = *view as u32 as usize;
            total += length;
            held += if length <= INLINE { 0 } else { length };
            longest = longest.max(length);
            shortest = shortest.min(length);
        }
        let in_views = match (shortest <= INLINE, longest <= INLINE) {
            (false, _) => false,
            (true, true) => self.any_in_views(|view| view | IS_NO_ASCII, special),
            (true, false) => self.any_in_views(
                |view| {
                    let (text, blanks) = INLINE_TEXT[(view as u32 as usize).min(INLINE + 1)];
                    view & text | blanks
                },
                special,
            ),
        };
        let in_buffers = || {
            if self.buffers.iter().map(|buffer| buffer.len()).sum::<usize>() <= 2 * held {
                return self.buffers.iter().any(|buffer| any_special(buffer, special));
            }
            (0..self.views.len()).any(|row| self.length(row) > INLINE && self.has_special(row, special))
        };
        Survey {
            width: Width { longest, all: total },
            has_empty: shortest == 0,
            has_special: in_views || (held > 0 && in_buffers()),
        }
    }

    /// Whether some byte of what `texts` leaves of views is `special`. They are gathered first, so that many bytes are compared at once.
    #[inline(always)]
    fn any_in_views(&self, texts: impl Fn(u128) -> u128, special: impl Fn(u8) -> bool + Copy) -> bool {
        let mut gathered = [[b' '; 16]; 64];
        self.views.chunks(gathered.len()).any(|views| {
            for (bytes, view) in gathered.iter_mut().zip(views) {
                *bytes = texts(*view).to_le_bytes();
            }
            any_special(gathered.as_flattened(), special)
        })
    }

    /// Writes a text as it is.
    #[inline(always)]
    pub(crate) fn put(&self, out: &mut Room, at: usize, row: usize) -> usize {
        let view = self.views[row];
        let length = view as u32 as usize;
        if length <= INLINE {
            spell::put(out, at, &(view >> 32).to_le_bytes());
            at + length
        } else {
            let (buffer, start) = place(view);
            spell::put_part(out, at, &self.buffers[buffer], start, length)
        }
    }
}

/// Texts none of which has more than `STEPS` steps of bytes, nearly all in one buffer: whole steps are copied whatever a text's length and
/// wherever it lies, so that nothing depends on what a row holds.
pub(crate) struct Short<'a, const STEPS: usize> {
    text: &'a Text,
    buffer: &'a [u8],
}

impl Text {
    /// The texts for copies of `STEPS` steps each, where `longest`, the length of the longest, allows them.
    pub(crate) fn short<const STEPS: usize>(&self, longest: usize) -> Option<Short<'_, STEPS>> {
        let fits = longest <= STEPS * spell::STEP && self.buffers.len() <= 1;
        fits.then(|| Short { text: self, buffer: self.buffers.first().map_or(&[], |buffer| buffer.as_slice()) })
    }
}

impl<const STEPS: usize> Short<'_, STEPS> {
    /// Writes a text as it is.
    #[inline(always)]
    pub(crate) fn put(&self, out: &mut Room, at: usize, row: usize) -> usize {
        const HALF: usize = spell::STEP / 2;
        let view = self.text.views[row];
        let length = view as u32 as usize;
        let inline = length <= INLINE;
        let start = if inline { 0 } else { place(view).1 };
        let wide = self.buffer.get(start..).and_then(|rest| rest.get(..STEPS * spell::STEP));
        let Some((halves, _)) = wide.map(<[u8]>::as_chunks::<HALF>) else {
            // Near the end of the buffer, or there is none.
            return self.text.put(out, at, row);
        };
        let first = if inline { view >> 32 } else { u128::from_le_bytes(halves[0]) };
        spell::put(out, at, &first.to_le_bytes());
        for (index, half) in halves.iter().enumerate().skip(1) {
            spell::put(out, at + index * HALF, half);
        }
        at + length
    }
}

/// The buffer and the first byte of a text that its view does not hold.
#[inline(always)]
fn place(view: u128) -> (usize, usize) {
    ((view >> 64) as u32 as usize, (view >> 96) as u32 as usize)
}

/// What [`Text::survey`] found.
pub(crate) struct Survey {
    /// The texts without anything around them.
    pub width: Width,
    /// Whether some text is empty, or null.
    pub has_empty: bool,
    /// Whether some byte is special.
    pub has_special: bool,
}

/// What makes a view's length bytes that are in no ASCII text; zeros, which fill the view behind its text, are special to no one.
const IS_NO_ASCII: u128 = 0x8080_8080;

/// For a text of each length that its view holds, which bytes of the view are the text, and blanks for the others; then the same for a text
/// of which the view holds nothing.
const INLINE_TEXT: [(u128, u128); INLINE + 2] = {
    const BLANKS: u128 = u128::from_ne_bytes([b' '; 16]);
    let mut masks = [(0, BLANKS); INLINE + 2];
    let mut length = 1;
    while length <= INLINE {
        let text = ((1 << (8 * length)) - 1) << 32;
        masks[length] = (text, BLANKS & !text);
        length += 1;
    }
    masks
};

/// Whether some byte is special. Texts are clean most of the time: to leave at the first find would cost more than it saves.
#[inline(always)]
pub(crate) fn any_special(bytes: &[u8], special: impl Fn(u8) -> bool + Copy) -> bool {
    bytes.iter().fold(0, |found, byte| found | u8::from(special(*byte))) != 0
}
