//! Values whose counts over a whole table are exact.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use super::tree::{Adds, Class, Tree, Walk};
use crate::random::{Key, proportions};

/// Deals values to rows so that each occurs as often as its weight says, to within one row.
#[derive(Clone, Debug)]
pub struct Quota {
    tree: Arc<Tree>,
    counts: Arc<[u64]>,
}

impl Quota {
    /// Deals `rows` rows; none where the weights are no distribution (as [`crate::random::Alias::new`]) or there are 2^63 rows or more.
    pub fn new(key: Key, rows: u64, weights: &[f64]) -> Option<Quota> {
        u32::try_from(weights.len()).ok()?;
        let counts = (rows < super::ROWS).then(|| largest_remainder(rows, weights))??;
        let classes = counts.iter().zip(0..).filter(|(count, _)| **count > 0);
        let classes = classes.map(|(count, value)| Class { value, count: *count }).collect();
        Some(Quota { tree: Arc::new(Tree::new(key, Adds::One, classes)), counts: counts.into() })
    }

    /// How many rows have each value, by its index.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.tree.items()
    }

    /// A way through the rows for many questions; the answers are the same, sooner where they lie close together.
    pub fn cursor(&self) -> QuotaCursor {
        QuotaCursor { tree: Arc::clone(&self.tree), walk: Walk::default(), first: 0, block: Vec::new() }
    }

    /// The index of a row's value. Rows count modulo [`Quota::rows`]; of no rows at all it is 0.
    pub fn value_at(&self, row: u64) -> usize {
        self.cursor().value_at(row)
    }

    /// The indices of the values of a range of rows; replaces what `out` holds.
    pub fn values(&self, range: Range<u64>, out: &mut Vec<u32>) {
        self.cursor().values(range, out);
    }
}

/// A way through a [`Quota`] that keeps its path and its block: rows in ascending order cost a node a block.
#[derive(Clone, Debug)]
pub struct QuotaCursor {
    tree: Arc<Tree>,
    walk: Walk,
    /// The first row of the block that is held.
    first: u64,
    block: Vec<u32>,
}

impl QuotaCursor {
    /// The index of a row's value, as [`Quota::value_at`].
    pub fn value_at(&mut self, row: u64) -> usize {
        self.block_from(row).first().map_or(0, |value| *value as usize)
    }

    /// The indices of the values of a range of rows, as [`Quota::values`].
    pub fn values(&mut self, range: Range<u64>, out: &mut Vec<u32>) {
        out.clear();
        let mut row = range.start;
        while row < range.end {
            let values = self.block_from(row);
            if values.is_empty() {
                out.extend((row..range.end).map(|_| 0));
                return;
            }
            let count = (values.len() as u64).min(range.end - row);
            out.extend_from_slice(&values[..count as usize]);
            row += count;
        }
    }

    /// The values from this row to the end of its block; nothing where there are no rows.
    fn block_from(&mut self, row: u64) -> &[u32] {
        let rows = self.tree.items();
        let row = if row < rows { row } else { row.checked_rem(rows).unwrap_or(0) };
        if row.checked_sub(self.first).is_none_or(|at| at >= self.block.len() as u64) {
            let Some(leaf) = self.walk.leaf_of_item(&self.tree, row) else { return &[] };
            self.first = leaf.first;
            self.tree.deal(leaf, &mut self.block, |value| value as u32);
        }
        &self.block[(row - self.first) as usize..]
    }
}

/// Whole counts in proportion to weights whose sum is `rows` (Hamilton): the whole parts, and one more to the largest remainders, equal
/// ones in their order.
pub(crate) fn largest_remainder(rows: u64, weights: &[f64]) -> Option<Vec<u64>> {
    let (weights, sum) = proportions(weights)?;
    let shares = weights.iter().map(|weight| rows as f64 * (weight / sum));
    let (mut counts, mut remainders) = (Vec::with_capacity(weights.len()), Vec::with_capacity(weights.len()));
    for (index, share) in shares.enumerate() {
        counts.push(share as u64);
        if weights[index] > 0.0 {
            // In steps of a millionth, so that remainders equal on paper are equal here too.
            remainders.push((Reverse(((share - share.floor()) * 1_048_576.0).round_ties_even() as u64), index));
        }
    }
    remainders.sort_unstable();
    let dealt: u128 = counts.iter().map(|count| u128::from(*count)).sum();
    let mut missing = u128::from(rows).saturating_sub(dealt);
    for (_, index) in &remainders {
        if missing == 0 {
            break;
        }
        counts[*index] += 1;
        missing -= 1;
    }
    // Beyond 2^53 rows shares have no fractions, and their sum is off by their rounding: the largest count bears it.
    let largest = (0..counts.len()).max_by_key(|index| (counts[*index], Reverse(*index)))?;
    counts[largest] += missing as u64;
    counts[largest] -= dealt.saturating_sub(u128::from(rows)) as u64;
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    fn key() -> Key {
        Seeds::new(3).key("t", "status", "tree", 0)
    }

    #[test]
    fn counts_follow_the_largest_remainders() {
        let counts = |rows, weights: &[f64]| largest_remainder(rows, weights).unwrap();
        assert_eq!(counts(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
        assert_eq!(counts(10, &[0.25; 4]), [3, 3, 2, 2]);
        assert_eq!(counts(10, &[0.15, 0.35, 0.5]), [2, 3, 5]);
        assert_eq!(counts(100, &[0.1, 0.2, 0.7]), [10, 20, 70]);
        assert_eq!(counts(3, &[0.0, 0.5, 0.0, 0.5]), [0, 2, 0, 1]);
        assert_eq!(counts(0, &[1.0, 2.0]), [0, 0]);
        assert_eq!(counts((1 << 62) + 1, &[1.0, 2.0, 3.0]).iter().sum::<u64>(), (1 << 62) + 1);
        assert!(Quota::new(key(), 10, &[]).is_none() && Quota::new(key(), 10, &[-1.0]).is_none());
        assert!(Quota::new(key(), 1 << 63, &[1.0]).is_none());
    }

    #[test]
    fn every_value_occurs_exactly_as_often_as_counted_and_alone_as_in_a_run() {
        for rows in [1, 10, 4096, 4097, 50_000] {
            let quota = Quota::new(key(), rows, &[0.5, 0.0, 0.3, 0.2]).unwrap();
            let mut values = Vec::new();
            quota.values(0..rows, &mut values);
            assert_eq!((values.len() as u64, quota.rows()), (rows, rows));
            for (value, count) in quota.counts().iter().enumerate() {
                assert_eq!(values.iter().filter(|v| **v as usize == value).count() as u64, *count);
            }
            let mut cursor = quota.cursor();
            let mut part = Vec::new();
            for draw in 0..100 {
                let row = key().below(draw, rows);
                assert_eq!(quota.value_at(row), values[row as usize] as usize);
                assert_eq!(cursor.value_at(row), values[row as usize] as usize);
                let end = (row + 4999).min(rows);
                cursor.values(row..end, &mut part);
                assert_eq!(part, values[row as usize..end as usize]);
            }
            assert_eq!(quota.value_at(rows + 3), quota.value_at(3 % rows));
        }
        let mut none = Vec::new();
        let empty = Quota::new(key(), 0, &[1.0]).unwrap();
        empty.values(0..3, &mut none);
        assert_eq!((none, empty.value_at(5)), (vec![0, 0, 0], 0));
    }

    #[test]
    fn neighbours_are_independent_at_five_sigmas() {
        let rows = 1_000_000;
        let quota = Quota::new(key(), rows, &[0.5, 0.5]).unwrap();
        let mut values = Vec::new();
        quota.values(0..rows, &mut values);
        for lag in [1, 2, 4096] {
            let equal = values.iter().zip(&values[lag..]).filter(|(a, b)| a == b).count() as f64;
            assert!((equal - 5e5).abs() < 5.0 * 500.0 + lag as f64, "{equal} at {lag}");
        }
    }

    #[test]
    fn values_never_change() {
        let quota = Quota::new(key(), 10_000, &[0.5, 0.3, 0.2]).unwrap();
        assert_eq!([0, 1, 2, 3, 4, 5000, 9999].map(|row| quota.value_at(row)), [0, 1, 2, 1, 2, 0, 0]);
    }
}
