//! Values of fixed width as words of three kinds: whole numbers of 64 bits (with dates, times and decimals of up to 18 digits as their units),
//! of 128 bits (longer decimals, UUIDs) and floats.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Debug;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float64Array,
    Int64Array, PrimitiveArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use datafusion::arrow::buffer::Buffer;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType,
};
use serde_json::Value;

use super::distinct::{hash_pair, hash_word};
use crate::verify::value_json;

/// Digits of a decimal whose units always fit 64 bits.
const SHORT_DIGITS: u8 = 18;

/// The largest whole number that every reader of JSON keeps.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// What the words of a column mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meaning {
    data_type: DataType,
    /// Units of a word's one: days, cents.
    scale: f64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Number,
    /// A date or a time, with its units in a day or a second, in which distances are told.
    Moment {
        units: f64,
    },
    /// Bits without distances.
    Name,
}

impl Meaning {
    /// Of the values of a type; `None` for one whose values are no words.
    pub(super) fn of(data_type: &DataType) -> Option<Meaning> {
        let (scale, kind) = match data_type {
            DataType::Int64 | DataType::Float64 => (1.0, Kind::Number),
            DataType::Decimal128(_, scale) => (format!("1e{scale}").parse().ok()?, Kind::Number),
            DataType::Date32 => (1.0, Kind::Moment { units: 1.0 }),
            DataType::Timestamp(TimeUnit::Microsecond, _) | DataType::Time64(TimeUnit::Microsecond) => {
                (1.0, Kind::Moment { units: 1e6 })
            }
            DataType::FixedSizeBinary(16) => (1.0, Kind::Name),
            _ => return None,
        };
        Some(Meaning { data_type: data_type.clone(), scale, kind })
    }

    /// Whether the words are floats.
    pub(super) fn is_float(&self) -> bool {
        self.data_type == DataType::Float64
    }

    /// Whether the words have 128 bits.
    pub(super) fn is_long(&self) -> bool {
        match self.data_type {
            DataType::Decimal128(precision, _) => precision > SHORT_DIGITS,
            DataType::FixedSizeBinary(_) => true,
            _ => false,
        }
    }

    /// Whether values have distances, so that there are means, quantiles and histograms.
    pub(super) fn has_distances(&self) -> bool {
        self.kind != Kind::Name
    }

    /// A mean of words as JSON.
    pub(super) fn mean(&self, words: f64) -> Option<Value> {
        match self.kind {
            Kind::Number => serde_json::Number::from_f64(words / self.scale).map(Value::Number),
            Kind::Moment { .. } => self.json(&[words.round() as i64]).pop(),
            Kind::Name => None,
        }
    }

    /// A standard deviation of words, in units that people use.
    pub(super) fn deviation(&self, words: f64) -> Option<f64> {
        let value = match self.kind {
            Kind::Number => words / self.scale,
            Kind::Moment { units } => words / units,
            Kind::Name => return None,
        };
        value.is_finite().then_some(value)
    }

    /// Words as JSON values, spelled as in rows.
    pub(super) fn json<W: Word>(&self, words: &[W]) -> Vec<Value> {
        let array = W::array(words, &self.data_type);
        let safe = |value: Value| match value.as_i64() {
            Some(number) if !(-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&number) => number.to_string().into(),
            _ => value,
        };
        (0..array.len()).map(|row| safe(value_json(&array, row))).collect()
    }
}

/// The values of a block that are not null, as words.
pub(super) enum Words<'a> {
    Whole(Cow<'a, [i64]>),
    Long(Cow<'a, [i128]>),
    Float(Cow<'a, [f64]>),
}

impl Words<'_> {
    /// Those of an array; `None` where its values are no words.
    pub(super) fn of(array: &ArrayRef) -> Option<Words<'_>> {
        Some(match array.data_type() {
            DataType::Int64 => Words::Whole(borrowed::<Int64Type>(array)),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Words::Whole(borrowed::<TimestampMicrosecondType>(array)),
            DataType::Time64(TimeUnit::Microsecond) => Words::Whole(borrowed::<Time64MicrosecondType>(array)),
            DataType::Date32 => Words::Whole(changed::<Date32Type, _>(array, i64::from)),
            DataType::Decimal128(precision, _) if *precision > SHORT_DIGITS => {
                Words::Long(borrowed::<Decimal128Type>(array))
            }
            DataType::Decimal128(..) => Words::Whole(changed::<Decimal128Type, _>(array, |units| units as i64)),
            DataType::Float64 => Words::Float(changed::<Float64Type, _>(array, one_zero)),
            DataType::FixedSizeBinary(16) => {
                let uuids = array.as_fixed_size_binary();
                let words = uuids.value_data().as_chunks::<16>().0.iter().map(|bytes| uuid_word(bytes));
                Words::Long(Cow::Owned(match uuids.nulls() {
                    None => words.collect(),
                    Some(nulls) => words.zip(nulls).filter_map(|(word, is_given)| is_given.then_some(word)).collect(),
                }))
            }
            _ => return None,
        })
    }
}

fn borrowed<T: ArrowPrimitiveType>(array: &ArrayRef) -> Cow<'_, [T::Native]> {
    let values: &PrimitiveArray<T> = array.as_primitive();
    match values.null_count() {
        0 => Cow::Borrowed(&values.values()[..]),
        _ => Cow::Owned(given(values).collect()),
    }
}

fn changed<T: ArrowPrimitiveType, W: Clone>(array: &ArrayRef, change: impl Fn(T::Native) -> W) -> Cow<'_, [W]> {
    let values: &PrimitiveArray<T> = array.as_primitive();
    Cow::Owned(match values.null_count() {
        0 => values.values().iter().map(|value| change(*value)).collect(),
        _ => given(values).map(change).collect(),
    })
}

/// The values that are not null.
fn given<T: ArrowPrimitiveType>(values: &PrimitiveArray<T>) -> impl Iterator<Item = T::Native> + '_ {
    values.nulls().into_iter().flat_map(|nulls| nulls.valid_indices()).map(|row| values.values()[row])
}

/// One zero and one NaN, so that equal floats are alike bit by bit.
fn one_zero(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value + 0.0 }
}

/// Sixteen bytes as a number that is ordered as they are.
fn uuid_word(bytes: &[u8]) -> i128 {
    let bytes: [u8; 16] = bytes.try_into().unwrap_or_default();
    (u128::from_be_bytes(bytes) ^ 1 << 127) as i128
}

/// A word.
pub(super) trait Word: Copy + PartialOrd + Debug + Send + Sync + 'static {
    /// Its hash.
    fn hash(self) -> u64;
    /// The nearest float.
    fn float(self) -> f64;
    /// The exact sum of a block's words; `None` for floats, and where it does not fit.
    fn sum(words: &[Self]) -> Option<i128>;
    /// The whole number that it is, for ranges; `None` for floats.
    fn whole(self) -> Option<i128>;
    /// The word of a whole number within the range of those that were read.
    fn of_whole(number: i128) -> Self;
    /// The word of a float; only floats have one.
    fn of_float(number: f64) -> Option<Self>;
    /// An order of all.
    fn order(&self, other: &Self) -> Ordering;
    /// Whether it has a place among the others.
    fn is_finite(self) -> bool {
        true
    }
    /// The value of a row, which is not null.
    fn at(array: &ArrayRef, row: usize) -> Self;
    /// Words as an array of a column's type.
    fn array(words: &[Self], data_type: &DataType) -> ArrayRef;
}

impl Word for i64 {
    #[inline]
    fn hash(self) -> u64 {
        hash_word(self as u64)
    }

    #[inline]
    fn float(self) -> f64 {
        self as f64
    }

    #[inline]
    fn whole(self) -> Option<i128> {
        Some(i128::from(self))
    }

    fn sum(words: &[i64]) -> Option<i128> {
        // Two halves of each, so that lanes of 64 bits hold the sums of a block.
        let (high, low) =
            words.iter().fold((0_i64, 0_i64), |(high, low), word| (high + (word >> 32), low + (word & 0xFFFF_FFFF)));
        Some((i128::from(high) << 32) + i128::from(low))
    }

    fn of_whole(number: i128) -> i64 {
        number as i64
    }

    fn of_float(_: f64) -> Option<i64> {
        None
    }

    fn order(&self, other: &i64) -> Ordering {
        self.cmp(other)
    }

    fn at(array: &ArrayRef, row: usize) -> i64 {
        match array.data_type() {
            DataType::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().value(row),
            DataType::Time64(_) => array.as_primitive::<Time64MicrosecondType>().value(row),
            DataType::Date32 => array.as_primitive::<Date32Type>().value(row).into(),
            DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value(row) as i64,
            _ => array.as_primitive::<Int64Type>().value(row),
        }
    }

    fn array(words: &[i64], data_type: &DataType) -> ArrayRef {
        let words = words.iter().copied();
        match data_type {
            DataType::Date32 => Arc::new(Date32Array::from_iter_values(words.map(|word| word as i32))),
            DataType::Timestamp(..) => Arc::new(TimestampMicrosecondArray::from_iter_values(words)),
            DataType::Time64(_) => Arc::new(Time64MicrosecondArray::from_iter_values(words)),
            DataType::Decimal128(..) => {
                Arc::new(Decimal128Array::from_iter_values(words.map(i128::from)).with_data_type(data_type.clone()))
            }
            _ => Arc::new(Int64Array::from_iter_values(words)),
        }
    }
}

impl Word for i128 {
    #[inline]
    fn hash(self) -> u64 {
        hash_pair(self as u64, (self >> 64) as u64)
    }

    #[inline]
    fn float(self) -> f64 {
        // Most fit 64 bits, whose conversion is an instruction and not a call.
        i64::try_from(self).map_or(self as f64, |short| short as f64)
    }

    #[inline]
    fn whole(self) -> Option<i128> {
        Some(self)
    }

    fn sum(words: &[i128]) -> Option<i128> {
        words.iter().try_fold(0_i128, |sum, word| sum.checked_add(*word))
    }

    fn of_whole(number: i128) -> i128 {
        number
    }

    fn of_float(_: f64) -> Option<i128> {
        None
    }

    fn order(&self, other: &i128) -> Ordering {
        self.cmp(other)
    }

    fn at(array: &ArrayRef, row: usize) -> i128 {
        match array.data_type() {
            DataType::FixedSizeBinary(_) => uuid_word(array.as_fixed_size_binary().value(row)),
            _ => array.as_primitive::<Decimal128Type>().value(row),
        }
    }

    fn array(words: &[i128], data_type: &DataType) -> ArrayRef {
        match data_type {
            DataType::FixedSizeBinary(width) => {
                let bytes: Vec<u8> = words.iter().flat_map(|word| (*word as u128 ^ 1 << 127).to_be_bytes()).collect();
                Arc::new(FixedSizeBinaryArray::new(*width, Buffer::from_vec(bytes), None))
            }
            _ => Arc::new(Decimal128Array::from(words.to_vec()).with_data_type(data_type.clone())),
        }
    }
}

impl Word for f64 {
    #[inline]
    fn hash(self) -> u64 {
        hash_word(self.to_bits())
    }

    #[inline]
    fn float(self) -> f64 {
        self
    }

    #[inline]
    fn whole(self) -> Option<i128> {
        None
    }

    fn sum(_: &[f64]) -> Option<i128> {
        None
    }

    fn of_whole(number: i128) -> f64 {
        number as f64
    }

    fn of_float(number: f64) -> Option<f64> {
        Some(number)
    }

    fn order(&self, other: &f64) -> Ordering {
        self.total_cmp(other)
    }

    #[inline]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }

    fn at(array: &ArrayRef, row: usize) -> f64 {
        one_zero(array.as_primitive::<Float64Type>().value(row))
    }

    fn array(words: &[f64], _: &DataType) -> ArrayRef {
        Arc::new(Float64Array::from(words.to_vec()))
    }
}
