//! Which rows a sample takes: all of a small table, else one of each of as many strata of equal size, so that the sample never leans to one
//! end of the table and no period in the rows falls in step with it. A function of row numbers alone.

use std::ops::Range;

use crate::random;

/// Rows that numbers, dates and times are sampled from at most. The error of a quantile's share is 0.3 % (one standard error of independent
/// draws at the median, which strata only lessen).
pub const SAMPLE_ROWS: u64 = 1 << 15;

/// Rows that texts are sampled from at most.
pub const TEXT_SAMPLE_ROWS: u64 = 1 << 13;

/// Picks rows in their order.
#[derive(Clone, Debug)]
pub(super) struct Picker {
    rows: u64,
    strata: u64,
    /// The stratum whose row is next, and that row.
    stratum: u64,
    row: u64,
}

impl Picker {
    /// Picks `most` of `rows` rows.
    pub(super) fn new(rows: u64, most: u64) -> Picker {
        let mut picker = Picker { rows, strata: rows.min(most), stratum: 0, row: 0 };
        picker.row = picker.row_of(0);
        picker
    }

    /// The picked rows of the next range, counted from its start.
    pub(super) fn next(&mut self, range: &Range<u64>) -> Vec<usize> {
        let mut picked = Vec::new();
        while self.stratum < self.strata && self.row < range.end {
            picked.push((self.row - range.start) as usize);
            self.stratum += 1;
            self.row = self.row_of(self.stratum);
        }
        picked
    }

    fn row_of(&self, stratum: u64) -> u64 {
        if self.strata == 0 {
            return 0;
        }
        let edge = |stratum: u64| (u128::from(stratum) * u128::from(self.rows) / u128::from(self.strata)) as u64;
        let (start, end) = (edge(stratum), edge(stratum + 1));
        let share = u128::from(random::mix(stratum.wrapping_add(1)));
        start + ((share * u128::from(end - start)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(rows: u64, most: u64, step: u64) -> Vec<u64> {
        let mut picker = Picker::new(rows, most);
        let mut all = Vec::new();
        let mut start = 0;
        while start < rows {
            let range = start..(start + step).min(rows);
            all.extend(picker.next(&range).into_iter().map(|row| start + row as u64));
            start = range.end;
        }
        all
    }

    #[test]
    fn a_small_table_is_taken_whole_and_a_large_one_by_strata() {
        assert_eq!(picked(5, 8, 2), [0, 1, 2, 3, 4]);
        assert!(picked(0, 8, 2).is_empty());
        let some = picked(1_000_003, 1000, 4096);
        assert_eq!(some.len(), 1000);
        for (stratum, row) in some.iter().enumerate() {
            let stratum = stratum as u64;
            assert!((stratum * 1_000_003 / 1000..(stratum + 1) * 1_000_003 / 1000).contains(row));
        }
        assert_eq!(some, picked(1_000_003, 1000, 17));
    }
}
