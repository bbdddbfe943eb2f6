//! What the values of a table look like: counts, distinct values, extremes, moments, quantiles, a histogram and the most frequent values of
//! every column, in one pass beside what makes or reads the rows.
//!
//! A [`Reader`] sums up a block wherever the block was made; a [`Profiler`] takes the sums in the order of the rows. Invariants: the result is
//! a function of the rows alone, however they are cut into batches and whichever threads made them, since sums are whole numbers or are added
//! block by block in the order of blocks; memory is bounded per column, whatever the number of rows.
//!
//! What is exact and what is not: counts, nulls, extremes, mean and standard deviation always are. Up to [`EXACT_VALUES`] different values of
//! a column all else is exact too, whatever the rows; so it is up to [`SAMPLE_ROWS`] rows. Beyond both, different values are estimated from
//! the smallest hashes (see `distinct`), quantiles and histogram from a stratified sample of [`SAMPLE_ROWS`] rows, and the most frequent values
//! from a sample as well; each says `approximate`.

mod distinct;
mod numbers;
mod sample;
mod shape;
mod texts;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::distinct::Bound;
use self::numbers::{NumberPiece, Numbers};
use self::sample::Picker;
use self::texts::{TextPiece, Texts};
use self::words::{Meaning, Words};
use crate::plan::BLOCK;
use crate::types::LogicalType;

pub use self::distinct::EXACT_VALUES;
pub use self::sample::{SAMPLE_ROWS, TEXT_SAMPLE_ROWS};
pub use self::shape::{BINS, QUANTILES, TOP_VALUES};

/// What the values of a table look like.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct TableProfile {
    /// Name of the table.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// Rows that approximate quantiles and histograms are estimated from; all rows of a smaller table.
    pub sampled_rows: u64,
    /// Its columns, in the order of the schema.
    pub columns: Vec<ColumnProfile>,
}

/// What the values of a column look like. Values are spelled as in rows: whole numbers beyond ±(2^53 − 1) and decimals are texts, texts are cut
/// after 100 bytes with an ellipsis.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct ColumnProfile {
    /// Name of the column.
    pub name: String,
    /// Its logical type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Rows that have a value.
    pub count: u64,
    /// Rows that have none.
    pub nulls: u64,
    /// How many different values there are; absent for lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<DistinctCount>,
    /// The smallest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// The largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// The mean: a number, of truth values the share of true, of dates and times the nearest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Value>,
    /// The standard deviation of all values: of dates in days, of times and instants in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_deviation: Option<f64>,
    /// Quantiles of numbers, dates and times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<Quantiles>,
    /// How often numbers, dates and times fall into ranges of equal width.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
    /// The most frequent values; absent where every value stands once, or too few repeat to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<TopValues>,
}

/// How many different values there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct DistinctCount {
    /// Their number.
    pub count: u64,
    /// Whether it is estimated, to about 1.6 % of it (one standard error).
    pub approximate: bool,
}

/// Quantiles of a column.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Quantiles {
    /// Whether they are those of a sample.
    pub approximate: bool,
    /// The quantiles, ascending.
    pub values: Vec<Quantile>,
}

/// A quantile: the smallest value that at least this share of the values does not exceed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Quantile {
    /// The share, 0 to 1.
    pub at: f64,
    /// The value.
    pub value: Value,
}

/// How often values fall into ranges of equal width.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Histogram {
    /// Whether the counts are estimated from a sample.
    pub approximate: bool,
    /// The ranges, ascending and without gaps; the last may be narrower.
    pub bins: Vec<Bin>,
}

/// A range of values.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Bin {
    /// Its first value.
    pub from: Value,
    /// Its last value; of floats the end, which belongs to the next range, if there is one.
    pub to: Value,
    /// Values in it.
    pub count: u64,
}

/// The most frequent values.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct TopValues {
    /// Whether they were found in a sample and their counts estimated.
    pub approximate: bool,
    /// The values, the most frequent first; of equally frequent ones the smallest first.
    pub values: Vec<TopValue>,
}

/// A value and how often it stands.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct TopValue {
    /// The value.
    pub value: Value,
    /// How often it stands.
    pub count: u64,
}

/// Sums up blocks, on any thread.
#[derive(Clone, Debug)]
pub struct Reader(Arc<[Bound]>);

/// What a block says about each column.
#[derive(Debug)]
pub struct Block {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Whole(NumberPiece<i64>),
    Long(NumberPiece<i128>),
    Float(NumberPiece<f64>),
    Text(TextPiece),
    Truth { count: u64, trues: u64 },
    Opaque { count: u64 },
}

impl Reader {
    /// Sums up a block: a batch of at most [`BLOCK`] rows that starts at a multiple of it.
    pub fn read(&self, batch: &RecordBatch) -> Block {
        let pieces = batch.columns().iter().zip(self.0.iter()).map(|(array, bound)| read(array, bound));
        Block { pieces: pieces.collect() }
    }
}

fn read(array: &ArrayRef, bound: &Bound) -> Piece {
    let count = (array.len() - array.null_count()) as u64;
    match Words::of(array) {
        Some(Words::Whole(values)) => Piece::Whole(NumberPiece::read(&values, false, bound)),
        Some(Words::Long(values)) => {
            let is_name = matches!(array.data_type(), DataType::FixedSizeBinary(_));
            Piece::Long(NumberPiece::read(&values, is_name, bound))
        }
        Some(Words::Float(values)) => Piece::Float(NumberPiece::read(&values, false, bound)),
        None => match array.data_type() {
            DataType::Utf8View => Piece::Text(TextPiece::read(array.as_string_view(), bound)),
            DataType::BinaryView => Piece::Text(TextPiece::read(array.as_binary_view(), bound)),
            DataType::Boolean => Piece::Truth { count, trues: array.as_boolean().true_count() as u64 },
            _ => Piece::Opaque { count },
        },
    }
}

/// A column so far.
enum State {
    Whole(Numbers<i64>),
    Long(Numbers<i128>),
    Float(Numbers<f64>),
    Text(Texts),
    Truth { count: u64, trues: u64 },
    Opaque { count: u64 },
}

impl State {
    fn new(data_type: &DataType, bound: Bound) -> State {
        match Meaning::of(data_type) {
            Some(meaning) if meaning.is_float() => State::Float(Numbers::new(meaning, bound)),
            Some(meaning) if meaning.is_long() => State::Long(Numbers::new(meaning, bound)),
            Some(meaning) => State::Whole(Numbers::new(meaning, bound)),
            None => match data_type {
                DataType::Utf8View | DataType::BinaryView => State::Text(Texts::new(data_type, bound)),
                DataType::Boolean => State::Truth { count: 0, trues: 0 },
                _ => State::Opaque { count: 0 },
            },
        }
    }

    fn add(&mut self, piece: Piece, array: &ArrayRef, picked: &[usize], picked_texts: &[usize]) {
        match (self, piece) {
            (State::Whole(state), Piece::Whole(piece)) => state.add(piece, array, picked),
            (State::Long(state), Piece::Long(piece)) => state.add(piece, array, picked),
            (State::Float(state), Piece::Float(piece)) => state.add(piece, array, picked),
            (State::Text(state), Piece::Text(piece)) => state.add(&piece, array, picked_texts),
            (State::Truth { count, trues }, Piece::Truth { count: more, trues: more_trues }) => {
                *count += more;
                *trues += more_trues;
            }
            (State::Opaque { count }, Piece::Opaque { count: more }) => *count += more,
            // Batches of one table have one schema.
            _ => debug_assert!(false, "a column changed its type between two blocks"),
        }
    }

    fn finish(self, field: &Field, rows: u64) -> ColumnProfile {
        let kind = LogicalType::of_field(field).map_or_else(|| field.data_type().to_string(), |kind| kind.to_string());
        let empty = ColumnProfile {
            name: field.name().clone(),
            kind,
            count: 0,
            nulls: 0,
            distinct: None,
            min: None,
            max: None,
            mean: None,
            standard_deviation: None,
            quantiles: None,
            histogram: None,
            top: None,
        };
        let mut profile = match self {
            State::Whole(state) => state.finish(empty, rows),
            State::Long(state) => state.finish(empty, rows),
            State::Float(state) => state.finish(empty, rows),
            State::Text(state) => state.finish(empty),
            State::Truth { count, trues } => shape::of_truths(empty, count, trues),
            State::Opaque { count } => ColumnProfile { count, ..empty },
        };
        profile.nulls = rows - profile.count;
        profile
    }
}

/// Takes the blocks of a table in the order of its rows.
pub struct Profiler {
    schema: SchemaRef,
    reader: Reader,
    columns: Vec<State>,
    seen: u64,
    sample: Picker,
    text_sample: Picker,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
}

impl Profiler {
    /// For a table of `rows` rows.
    pub fn new(schema: &SchemaRef, rows: u64) -> Profiler {
        let bounds: Arc<[Bound]> = schema.fields().iter().map(|_| Bound::default()).collect();
        let columns = schema.fields().iter().zip(bounds.iter());
        Profiler {
            schema: Arc::clone(schema),
            columns: columns.map(|(field, bound)| State::new(field.data_type(), bound.clone())).collect(),
            reader: Reader(bounds),
            seen: 0,
            sample: Picker::new(rows, SAMPLE_ROWS),
            text_sample: Picker::new(rows, TEXT_SAMPLE_ROWS),
            pending: Vec::new(),
            pending_rows: 0,
        }
    }

    /// What sums up blocks for it.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Adds the next block, with the rows that it sums up.
    pub fn add(&mut self, block: Block, batch: &RecordBatch) {
        let rows = self.seen..self.seen + batch.num_rows() as u64;
        let (picked, picked_texts) = (self.sample.next(&rows), self.text_sample.next(&rows));
        for ((state, piece), array) in self.columns.iter_mut().zip(block.pieces).zip(batch.columns()) {
            state.add(piece, array, &picked, &picked_texts);
        }
        self.seen = rows.end;
    }

    /// Adds the next rows, in batches of any size.
    pub fn extend(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let mut start = 0;
        while start < batch.num_rows() {
            let rows = (BLOCK as usize - self.pending_rows).min(batch.num_rows() - start);
            self.pending.push(batch.slice(start, rows));
            self.pending_rows += rows;
            start += rows;
            if self.pending_rows == BLOCK as usize {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ArrowError> {
        let whole = match &self.pending[..] {
            [] => return Ok(()),
            [one] => one.clone(),
            several => concat_batches(&self.schema, several)?,
        };
        self.pending.clear();
        self.pending_rows = 0;
        let block = self.reader.read(&whole);
        self.add(block, &whole);
        Ok(())
    }

    /// The profile of what was added.
    pub fn finish(mut self, table: &str) -> Result<TableProfile, ArrowError> {
        self.flush()?;
        let (rows, schema) = (self.seen, self.schema);
        let columns = self.columns.into_iter().zip(schema.fields()).map(|(state, field)| state.finish(field, rows));
        Ok(TableProfile {
            table: table.to_owned(),
            rows,
            sampled_rows: rows.min(SAMPLE_ROWS),
            columns: columns.collect(),
        })
    }
}

/// The profile of batches, for who has them all at hand.
pub fn profile<'a>(
    table: &str,
    schema: &Schema,
    rows: u64,
    batches: impl IntoIterator<Item = &'a RecordBatch>,
) -> Result<TableProfile, ArrowError> {
    let mut profiler = Profiler::new(&Arc::new(schema.clone()), rows);
    batches.into_iter().try_for_each(|batch| profiler.extend(batch))?;
    profiler.finish(table)
}
