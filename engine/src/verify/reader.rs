//! Keys out of batches: as bytes whose order and equality are those of the values, and as whole numbers where the key is one.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{CastOptions, cast_with_options, take};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use serde_json::{Map, Value};

use super::values;

/// Memory of an operator, in bytes, where the caller's pool has so much.
const BUDGET_BYTES: usize = 128 << 20;

/// The least memory that an operator works with.
const LEAST_BYTES: usize = 64 << 10;

/// What an operator may use, and how it hashes. Tests give it little memory and weak hashes.
#[derive(Clone)]
pub(super) struct Means {
    pub pool: Arc<dyn MemoryPool>,
    pub budget_bytes: usize,
    pub hash: fn(&[u8]) -> u64,
}

impl Means {
    /// The usual ones.
    pub(super) fn of(pool: &Arc<dyn MemoryPool>) -> Means {
        Means { pool: Arc::clone(pool), budget_bytes: BUDGET_BYTES, hash }
    }

    /// As much of the wanted bytes as there is, with the reservation that holds it.
    pub(super) fn take(&self, wanted: u64) -> Result<(MemoryReservation, usize), DataFusionError> {
        let reservation = MemoryConsumer::new("verify").register(&self.pool);
        let least = LEAST_BYTES.min(self.budget_bytes);
        let mut bytes = usize::try_from(wanted).unwrap_or(usize::MAX).clamp(least, self.budget_bytes);
        loop {
            match reservation.try_grow(bytes) {
                Ok(()) => return Ok((reservation, bytes)),
                Err(error) if bytes <= least => return Err(error),
                Err(_) => bytes = (bytes / 2).max(least),
            }
        }
    }
}

/// Which of `parts` equal shares of all hashes a hash belongs to.
pub(super) fn part_of(hash: u64, parts: u64) -> u64 {
    ((u128::from(hash) * u128::from(parts)) >> 64) as u64
}

/// How many parts of `budget` bytes hold `bytes`.
pub(super) fn parts_for(bytes: u64, budget: usize) -> u64 {
    bytes.div_ceil(budget.max(1) as u64).max(1)
}

/// A hash of 64 bits: eight bytes at a time, mixed by the two halves of a product of 128 bits.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    fn mix(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        (product as u64) ^ ((product >> 64) as u64)
    }
    // Odd numbers with as many ones as zeros: fractions of π, e and the golden ratio.
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0_u64, |word, &byte| word << 8 | u64::from(byte));
        state = mix(state ^ word, 0xb7e1_5162_8aed_2a6b);
    }
    let rest = chunks.remainder().iter().rev().fold(0_u64, |word, &byte| word << 8 | u64::from(byte));
    mix(mix(state ^ rest, 0x243f_6a88_85a3_08d3), 0xb7e1_5162_8aed_2a6b)
}

/// Takes keys out of batches.
pub(super) struct KeyReader {
    columns: Vec<usize>,
    types: Vec<DataType>,
    converter: RowConverter,
}

/// The keys of a batch.
pub(super) struct Keys {
    /// Rows of the batch whose key has no null, of those that were selected.
    pub rows: Vec<u32>,
    /// Rows of the batch whose key has a null, of those that were selected.
    pub with_null: Vec<u32>,
    columns: Vec<ArrayRef>,
}

impl KeyReader {
    /// Keys of the columns at `columns`, brought to `types`.
    pub(super) fn new(columns: Vec<usize>, types: Vec<DataType>) -> Result<KeyReader, ArrowError> {
        let converter = RowConverter::new(types.iter().map(|kind| SortField::new(kind.clone())).collect())?;
        Ok(KeyReader { columns, types, converter })
    }

    /// The keys of the rows that `selected` selects, all where it is absent.
    pub(super) fn read(&self, batch: &RecordBatch, selected: Option<&BooleanArray>) -> Result<Keys, ArrowError> {
        let columns: Result<Vec<ArrayRef>, ArrowError> = self
            .columns
            .iter()
            .zip(&self.types)
            .map(|(&column, kind)| {
                let values = batch.column(column);
                match values.data_type() == kind {
                    true => Ok(Arc::clone(values)),
                    false => cast_with_options(values, kind, &CastOptions { safe: false, ..CastOptions::default() }),
                }
            })
            .collect();
        let columns = columns?;
        let nulls: Vec<_> = columns.iter().filter_map(|values| values.logical_nulls()).collect();
        if selected.is_none() && nulls.iter().all(|nulls| nulls.null_count() == 0) {
            return Ok(Keys { rows: (0..batch.num_rows() as u32).collect(), with_null: Vec::new(), columns });
        }
        let (mut rows, mut with_null) = (Vec::with_capacity(batch.num_rows()), Vec::new());
        for row in 0..batch.num_rows() {
            if selected.is_some_and(|selected| selected.is_null(row) || !selected.value(row)) {
                continue;
            }
            let place = if nulls.iter().any(|nulls| nulls.is_null(row)) { &mut with_null } else { &mut rows };
            place.push(row as u32);
        }
        Ok(Keys { rows, with_null, columns })
    }

    /// Keys as bytes: equal where the values are, ordered as they are.
    pub(super) fn bytes(&self, keys: &Keys, rows: &[u32]) -> Result<Rows, ArrowError> {
        let whole = keys.columns.first().is_some_and(|column| column.len() == rows.len());
        if whole {
            return self.converter.convert_columns(&keys.columns);
        }
        let rows = UInt32Array::from(rows.to_vec());
        let columns: Result<Vec<ArrayRef>, _> = keys.columns.iter().map(|column| take(column, &rows, None)).collect();
        self.converter.convert_columns(&columns?)
    }

    /// Keys out of their bytes, as JSON under `names`.
    pub(super) fn json<'a>(
        &self,
        keys: impl Iterator<Item = &'a [u8]>,
        names: &[String],
    ) -> Result<Vec<Map<String, Value>>, ArrowError> {
        let parser = self.converter.parser();
        let columns = self.converter.convert_rows(keys.map(|key| parser.parse(key)))?;
        let rows = columns.first().map_or(0, |column| column.len());
        let of = |row: usize| {
            names.iter().zip(&columns).map(|(name, column)| (name.clone(), values::json(column, row))).collect()
        };
        Ok((0..rows).map(of).collect())
    }
}

impl Keys {
    /// The keys as whole numbers, where the key is one column of such values.
    pub(super) fn integers(&self) -> Option<Int64Array> {
        let [values] = self.columns.as_slice() else { return None };
        let whole = is_integer(values.data_type());
        let numbers = whole.then(|| cast_with_options(values, &DataType::Int64, &CastOptions::default()).ok())??;
        numbers.as_primitive_opt::<Int64Type>().cloned()
    }
}

fn is_integer(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::Date32
            | DataType::Time64(_)
            | DataType::Timestamp(_, None)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_neighbouring_numbers_and_texts_do_not_meet() {
        let mut hashes: Vec<u64> = (0..100_000_u64).map(|number| hash(&number.to_be_bytes())).collect();
        hashes.extend((0..100_000_u32).map(|number| hash(format!("key {number}").as_bytes())));
        hashes.extend((0..8).map(|length| hash(&vec![0; length])));
        let all = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), all);
        let halves = hashes.iter().filter(|&&hash| part_of(hash, 2) == 0).count();
        assert!(halves.abs_diff(all / 2) < 2_000, "{halves} of {all}");
    }
}
