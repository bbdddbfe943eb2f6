//! Domains whose values can be counted and listed: what `unique` draws from, by a permutation of the positions.

use datafusion::arrow::array::ArrayRef;

use super::shape::Shape;

/// A finite list of distinct values, known by position.
pub trait Countable: Send + Sync {
    /// How many values, all distinct; `u128::MAX` where there are more.
    fn count(&self) -> u128;

    /// The values at positions below [`Countable::count`], in the Arrow type of the column.
    fn unrank(&self, positions: &[u128]) -> ArrayRef;

    /// The position of a whole number, where it is one of the values; none where positions do not follow from whole numbers.
    fn position_of(&self, _number: i64) -> Option<Option<u128>> {
        None
    }

    /// How likely each position is, where they are not all alike; it has [`Countable::count`] positions.
    fn shape(&self) -> Option<Shape> {
        None
    }
}
