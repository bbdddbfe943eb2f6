//! Columns of texts and bytes: extremes in the order of their bytes, different values, and a sample for the most frequent ones.
//!
//! A view holds all of a text of up to twelve bytes; the first sixteen of longer ones tell most of them apart.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, GenericByteViewArray};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{ByteViewType, DataType};
use serde_json::Value;

use super::ColumnProfile;
use super::distinct::{BlockKeys, Bound, Distinct, hash_bytes, hash_pair};
use super::shape;

/// Bytes of a text that are kept; what is longer ends in an ellipsis.
const KEPT_BYTES: usize = 100;

/// Bytes of a text that its view holds whole.
const INLINE_BYTES: u32 = 12;

/// What is kept of a text.
type Kept = Box<[u8]>;

/// What a block says about a column of texts.
#[derive(Debug)]
pub(super) struct TextPiece {
    count: u64,
    /// Rows of the first and the last text in the order of bytes.
    extremes: Option<(usize, usize)>,
    keys: BlockKeys,
}

impl TextPiece {
    pub(super) fn read<T: ByteViewType>(array: &GenericByteViewArray<T>, bound: &Bound) -> TextPiece {
        let mut keys = BlockKeys::new(bound);
        let views = array.views();
        let bytes = |row: usize| -> &[u8] { array.value(row).as_ref() };
        let is_inline = |view: u128| view as u32 <= INLINE_BYTES;
        let rows = || given(array.len(), array.nulls());
        for row in rows() {
            let view = views[row];
            let hash =
                if is_inline(view) { hash_pair(view as u64, (view >> 64) as u64) } else { hash_bytes(bytes(row)) };
            keys.add(hash, row);
        }
        let extreme = |row: usize| {
            let view = views[row];
            let head = if is_inline(view) { (view >> 32).swap_bytes() } else { head(bytes(row)) };
            Extreme { row, view, head }
        };
        let mut extremes: Option<[Extreme; 2]> = None;
        let mut look = |row: usize| {
            let own = extreme(row);
            let [low, high] = extremes.get_or_insert([own; 2]);
            // One test of each, which hardly ever holds: equal texts have equal heads and mostly equal views.
            if (own.head <= low.head) & (own.view != low.view) && (own.head < low.head || bytes(row) < bytes(low.row)) {
                *low = own;
            }
            if (own.head >= high.head) & (own.view != high.view)
                && (own.head > high.head || bytes(row) > bytes(high.row))
            {
                *high = own;
            }
        };
        if keys.has_all() {
            keys.places().iter().for_each(|place| look(*place as usize));
        } else {
            rows().for_each(look);
        }
        let extremes = extremes.map(|[low, high]| (low.row, high.row));
        TextPiece { count: (array.len() - array.null_count()) as u64, extremes, keys }
    }
}

/// The rows that have a value.
fn given(rows: usize, nulls: Option<&NullBuffer>) -> impl Iterator<Item = usize> + '_ {
    let all = nulls.is_none().then_some(0..rows).into_iter().flatten();
    all.chain(nulls.into_iter().flat_map(NullBuffer::valid_indices))
}

/// A text that is before or behind all others of a block so far.
#[derive(Clone, Copy)]
struct Extreme {
    row: usize,
    view: u128,
    head: u128,
}

/// The first sixteen bytes as a number that is ordered as they are. A shorter text is filled up with zeros, so where heads are equal the texts
/// have to be compared.
#[inline]
fn head(bytes: &[u8]) -> u128 {
    match bytes.first_chunk::<16>() {
        Some(first) => u128::from_be_bytes(*first),
        None => {
            let mut first = [0; 16];
            first[..bytes.len()].copy_from_slice(bytes);
            u128::from_be_bytes(first)
        }
    }
}

/// A column of texts so far.
pub(super) struct Texts {
    is_bytes: bool,
    count: u64,
    extremes: Option<(Kept, Kept)>,
    distinct: Distinct<Kept>,
    sample: Vec<Kept>,
}

impl Texts {
    pub(super) fn new(data_type: &DataType, bound: Bound) -> Texts {
        Texts {
            is_bytes: *data_type == DataType::BinaryView,
            count: 0,
            extremes: None,
            distinct: Distinct::new(bound),
            sample: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, piece: &TextPiece, array: &ArrayRef, picked: &[usize]) {
        let is_bytes = self.is_bytes;
        let kept = |row: usize| {
            let value: &[u8] =
                if is_bytes { array.as_binary_view().value(row) } else { array.as_string_view().value(row).as_bytes() };
            shortened(value, is_bytes)
        };
        self.count += piece.count;
        if let Some((low, high)) = piece.extremes {
            let (low, high) = (kept(low), kept(high));
            self.extremes = Some(match self.extremes.take() {
                None => (low, high),
                Some((min, max)) => (min.min(low), max.max(high)),
            });
        }
        self.distinct.add(&piece.keys, |key| kept(piece.keys.places()[key] as usize));
        self.sample.extend(picked.iter().filter(|row| array.is_valid(**row)).map(|row| kept(*row)));
    }

    pub(super) fn finish(self, empty: ColumnProfile) -> ColumnProfile {
        let distinct = shape::distinct(self.distinct.count(self.count));
        let is_bytes = self.is_bytes;
        let spell = |values: &[Kept]| -> Vec<Value> { values.iter().map(|value| spelled(value, is_bytes)).collect() };
        let counted = self.distinct.counted();
        let top = shape::top(counted.as_deref(), &self.sample, self.count, Ord::cmp, spell);
        let (min, max) = self.extremes.unzip();
        ColumnProfile {
            count: self.count,
            distinct: Some(distinct),
            min: min.map(|value| spelled(&value, is_bytes)),
            max: max.map(|value| spelled(&value, is_bytes)),
            top,
            ..empty
        }
    }
}

/// What is kept of a text: it all, or its beginning and an ellipsis.
fn shortened(value: &[u8], is_bytes: bool) -> Kept {
    if value.len() <= KEPT_BYTES {
        return value.into();
    }
    let is_inside = |at: usize| !is_bytes && value[at] & 0b1100_0000 == 0b1000_0000;
    let end = (0..=KEPT_BYTES).rev().find(|at| !is_inside(*at)).unwrap_or_default();
    [&value[..end], "…".as_bytes()].concat().into()
}

fn spelled(value: &[u8], is_bytes: bool) -> Value {
    if !is_bytes {
        return String::from_utf8_lossy(value).into();
    }
    let (value, rest) =
        value.strip_suffix("…".as_bytes()).filter(|cut| cut.len() == KEPT_BYTES).map_or((value, ""), |cut| (cut, "…"));
    let mut text: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
    text.push_str(rest);
    text.into()
}
