//! The content hash of rows: of their values in a canonical form, not of a file, so that it outlives formats and libraries.
//!
//! The hash of a range is the SHA-256 of the hashes of its aligned blocks of [`BLOCK`](crate::plan::BLOCK) rows, so that blocks can be hashed
//! apart; that of a table is the SHA-256 of the hashes of its parts of [`PART`] rows, that of a dataset the SHA-256 of the hashes of its tables
//! in the order of the schema; the hash of a block is the SHA-256 of its columns, one after the other. A column is
//!
//! 1. a byte for its kind, 1 to 10 in the order of `write_column`;
//! 2. the validity of its values as bits, the first in the lowest bit of the first byte, the last byte filled up with zeros;
//! 3. its values, zero in the place of a null: whole numbers, dates, times and instants as little-endian integers of their width, decimals as
//!    128 bits with a byte for the scale after the last, floats as the little-endian bits of IEEE 754, truth values as bits like the validity, fixed bytes as they are; of texts and
//!    bytes first the lengths as 32 bits each, then all bytes in one.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray};
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType,
};
use datafusion::arrow::record_batch::RecordBatch;
use sha2::{Digest, Sha256};

/// Rows of a part of a stored table.
pub const PART: u64 = 1 << 20;

/// A hash of values.
pub type Hash = [u8; 32];

/// A column of a type that rows of this engine never have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the column {column:?} has the type {data_type}, which has no canonical form")]
pub struct NoCanonicalForm {
    /// The column.
    pub column: String,
    /// Its Arrow type.
    pub data_type: String,
}

/// The hash of one block: a batch of at most [`BLOCK`](crate::plan::BLOCK) rows that starts at a multiple of it.
pub fn hash_block(batch: &RecordBatch) -> Result<Hash, NoCanonicalForm> {
    let mut hasher = Sha256::new();
    let mut bytes = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        bytes.clear();
        if !write_column(column, &mut bytes) {
            let data_type = column.data_type().to_string();
            return Err(NoCanonicalForm { column: field.name().clone(), data_type });
        }
        hasher.update(&bytes);
    }
    Ok(hasher.finalize().into())
}

/// The hash of what consists of hashed pieces, in their order.
pub fn hash_all<'a>(pieces: impl IntoIterator<Item = &'a Hash>) -> Hash {
    let mut hasher = Sha256::new();
    pieces.into_iter().for_each(|piece| hasher.update(piece));
    hasher.finalize().into()
}

/// Appends a column's canonical form; false for a type that has none.
fn write_column(column: &ArrayRef, out: &mut Vec<u8>) -> bool {
    let array = column.as_ref();
    match array.data_type() {
        DataType::Int64 => write_values::<Int64Type>(1, array, out, |value, out| out.extend(value.to_le_bytes())),
        DataType::Float64 => write_values::<Float64Type>(2, array, out, |value, out| out.extend(value.to_le_bytes())),
        DataType::Decimal128(_, scale) => {
            write_values::<Decimal128Type>(3, array, out, |value, out| out.extend(value.to_le_bytes()));
            out.push(scale.to_le_bytes()[0]);
        }
        DataType::Date32 => write_values::<Date32Type>(4, array, out, |value, out| out.extend(value.to_le_bytes())),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            write_values::<TimestampMicrosecondType>(5, array, out, |value, out| out.extend(value.to_le_bytes()));
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            write_values::<Time64MicrosecondType>(6, array, out, |value, out| out.extend(value.to_le_bytes()));
        }
        DataType::Boolean => {
            let values: &BooleanArray = array.as_boolean();
            out.push(7);
            write_bits((0..array.len()).map(|row| array.is_valid(row)), out);
            write_bits((0..array.len()).map(|row| array.is_valid(row) && values.value(row)), out);
        }
        DataType::FixedSizeBinary(width) => {
            let values = array.as_fixed_size_binary();
            out.push(8);
            write_bits((0..array.len()).map(|row| array.is_valid(row)), out);
            let zeros = vec![0; usize::try_from(*width).unwrap_or_default()];
            (0..array.len()).for_each(|row| out.extend(if array.is_valid(row) { values.value(row) } else { &zeros }));
        }
        DataType::Utf8View => {
            let values = array.as_string_view();
            write_texts(9, array, out, |row| values.value(row).as_bytes());
        }
        DataType::BinaryView => {
            let values = array.as_binary_view();
            write_texts(10, array, out, |row| values.value(row));
        }
        _ => return false,
    }
    true
}

fn write_values<T: ArrowPrimitiveType>(
    kind: u8,
    array: &dyn Array,
    out: &mut Vec<u8>,
    write: impl Fn(T::Native, &mut Vec<u8>),
) {
    let values: &PrimitiveArray<T> = array.as_primitive();
    out.push(kind);
    write_bits((0..array.len()).map(|row| array.is_valid(row)), out);
    for row in 0..array.len() {
        write(if array.is_valid(row) { values.value(row) } else { T::Native::default() }, out);
    }
}

fn write_texts<'a>(kind: u8, array: &dyn Array, out: &mut Vec<u8>, value: impl Fn(usize) -> &'a [u8]) {
    out.push(kind);
    write_bits((0..array.len()).map(|row| array.is_valid(row)), out);
    let text = |row: usize| if array.is_valid(row) { value(row) } else { &[] };
    (0..array.len()).for_each(|row| out.extend((text(row).len() as u32).to_le_bytes()));
    (0..array.len()).for_each(|row| out.extend(text(row)));
}

fn write_bits(bits: impl Iterator<Item = bool>, out: &mut Vec<u8>) {
    let (mut byte, mut at) = (0_u8, 0);
    for bit in bits {
        byte |= u8::from(bit) << at;
        at += 1;
        if at == 8 {
            out.push(byte);
            (byte, at) = (0, 0);
        }
    }
    if at > 0 {
        out.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Int64Array, StringViewArray};
    use datafusion::arrow::datatypes::{Field, Schema};

    use super::*;

    fn batch(numbers: Vec<Option<i64>>, texts: Vec<Option<&str>>) -> RecordBatch {
        let schema =
            Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("t", DataType::Utf8View, true)]);
        let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(numbers)), Arc::new(StringViewArray::from(texts))];
        RecordBatch::try_new(Arc::new(schema), columns).expect("a batch")
    }

    #[test]
    fn the_canonical_form_is_what_the_page_says() {
        let batch = batch(vec![Some(258), None], vec![Some("ab"), None]);
        let mut expected = vec![1, 0b01];
        expected.extend(258_i64.to_le_bytes());
        expected.extend([0; 8]);
        expected.extend([9, 0b01, 2, 0, 0, 0, 0, 0, 0, 0, b'a', b'b']);
        assert_eq!(hash_block(&batch), Ok(Sha256::digest(&expected).into()));
    }

    #[test]
    fn null_empty_and_shifted_texts_differ() {
        let one = |texts: Vec<Option<&str>>| hash_block(&batch(vec![Some(1), Some(2)], texts)).expect("a hash");
        let hashes = [
            one(vec![Some("a"), Some("b")]),
            one(vec![Some("ab"), Some("")]),
            one(vec![Some("ab"), None]),
            one(vec![Some(""), Some("ab")]),
        ];
        for (index, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..index].contains(hash));
        }
    }

    #[test]
    fn a_slice_hashes_like_the_rows_alone() {
        let whole = batch(vec![Some(1), None, Some(3)], vec![Some("x"), Some("a text longer than twelve bytes"), None]);
        let alone = batch(vec![None, Some(3)], vec![Some("a text longer than twelve bytes"), None]);
        assert_eq!(hash_block(&whole.slice(1, 2)), hash_block(&alone));
    }
}
