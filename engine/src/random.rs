//! Keyed streams of random words, and the draws made of them.
//!
//! A cell's randomness is a function of its key and its row alone: any range of rows, in any order and on any number of threads, sees the
//! same words. A [`Key`] names one consumer (a column's values, its nulls, a permutation); [`Key::word`] is a bijection of the row, so two
//! rows of one stream never share a word. Nothing here holds state between cells.
//!
//! The constants, the layout of the hashed parts and the order of sub-draws are part of the engine's version: a change moves every
//! generated value.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Weyl increment of splitmix64 (Steele, Lea & Flood 2014): 2^64 divided by the golden ratio, odd.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
/// First multiplier of the finaliser (Stafford's variant 13).
pub(crate) const C1: u64 = 0xBF58_476D_1CE4_E5B9;
/// Second multiplier of the finaliser.
pub(crate) const C2: u64 = 0x94D0_49BB_1331_11EB;

/// Makes the keys of one dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    random_seed: u64,
}

impl Seeds {
    /// The keys of the dataset with this seed.
    pub fn new(random_seed: u64) -> Self {
        Seeds { random_seed }
    }

    /// The key of one consumer: SHA-256 over its parts, each behind its length, so that no two lists of parts meet in one text.
    ///
    /// Names count in Unicode's form NFC, so a schema means the same however its editor composed the accents.
    pub fn key(&self, table: &str, column: &str, role: &str, index: u64) -> Key {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            // Names are bounded far below 4 GiB by the schema's reader; a longer one would merely share its prefix.
            hash.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
            hash.update(bytes);
        };
        part(b"sd1");
        part(&self.random_seed.to_le_bytes());
        for name in [table, column, role] {
            part(nfc(name).as_bytes());
        }
        part(&index.to_le_bytes());
        let digest = hash.finalize();
        let word = |at: usize| digest[at..at + 8].iter().rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
        Key { k0: word(0), k1: word(8) }
    }
}

fn nfc(name: &str) -> Cow<'_, str> {
    if is_nfc(name) { Cow::Borrowed(name) } else { Cow::Owned(name.nfc().collect()) }
}

/// Names one stream of random words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    k0: u64,
    k1: u64,
}

impl Key {
    /// The word of a row, a bijection of it. Rows lie below 2^63: counters from there up make the child keys.
    #[inline]
    pub fn word(&self, row: u64) -> u64 {
        self.finish(row.wrapping_mul(GAMMA).wrapping_add(self.k0))
    }

    /// The finaliser with the second half of the key folded in between its two rounds.
    #[inline]
    fn finish(&self, z: u64) -> u64 {
        let z = (z ^ z >> 30).wrapping_mul(C1) ^ self.k1;
        let z = (z ^ z >> 27).wrapping_mul(C2);
        z ^ z >> 31
    }

    /// The key of attempt, group or node `i`, below 2^62; a larger one wraps.
    pub fn child(&self, i: u64) -> Key {
        let counter = 1 << 63 | i << 1;
        Key { k0: self.word(counter), k1: self.word(counter | 1) }
    }

    /// The draws of one cell that takes a number of them not known beforehand; the first is [`Key::word`].
    #[inline]
    pub fn cell(&self, row: u64) -> Cell {
        Cell { first: self.word(row), step: self.k1 | 1, offset: 0 }
    }

    /// The words of so many rows from one on.
    pub fn words(&self, start_row: u64, rows: usize) -> Vec<u64> {
        let mut z = start_row.wrapping_mul(GAMMA).wrapping_add(self.k0);
        let next = |_| {
            let word = self.finish(z);
            z = z.wrapping_add(GAMMA);
            word
        };
        (0..rows).map(next).collect()
    }

    /// A whole number below `n`, each with the same probability. The first word is the row's; rejected ones are replaced by sub-draws.
    #[inline]
    pub fn below(&self, row: u64, n: u64) -> u64 {
        self.cell(row).below(n)
    }
}

/// The draws of one cell, as many as it takes: its word s, then mix(s + j·(k1|1)) for j = 1, 2, …
#[derive(Clone, Debug)]
pub struct Cell {
    first: u64,
    step: u64,
    /// j·step; zero before the first draw.
    offset: u64,
}

impl Cell {
    /// The next 64 random bits.
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "it never ends, so an iterator's Option would be noise")]
    pub fn next(&mut self) -> u64 {
        let offset = self.offset;
        self.offset = offset.wrapping_add(self.step);
        // An odd step returns to zero only after 2^64 draws, so the test asks whether this is the first.
        if offset == 0 { self.first } else { mix(self.first.wrapping_add(offset)) }
    }

    /// A whole number below `n`, each with the same probability (Lemire 2019); 0 where `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        debug_assert!(n > 0, "nothing lies below zero");
        let mut product = u128::from(self.next()) * u128::from(n);
        if (product as u64) < n {
            // 2^64 mod n: so many low halves belong to words that some results would have more often than others.
            let surplus = n.wrapping_neg().checked_rem(n).unwrap_or(0);
            while (product as u64) < surplus {
                product = u128::from(self.next()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// A whole number below `n`, each with the same probability, for domains beyond 2^64; 0 where `n` is 0.
    pub fn below_u128(&mut self, n: u128) -> u128 {
        if let Ok(n) = u64::try_from(n) {
            return u128::from(self.below(n));
        }
        let bits = u128::MAX >> (n - 1).leading_zeros();
        loop {
            let draw = (u128::from(self.next()) << 64 | u128::from(self.next())) & bits;
            if draw < n {
                return draw;
            }
        }
    }
}

/// The plain finaliser of splitmix64.
#[inline]
pub(crate) fn mix(z: u64) -> u64 {
    let z = (z ^ z >> 30).wrapping_mul(C1);
    let z = (z ^ z >> 27).wrapping_mul(C2);
    z ^ z >> 31
}

/// A number in [0, 1), a multiple of 2^-53.
#[inline]
pub fn unit(h: u64) -> f64 {
    (h >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// A number in the open interval (0, 1), for quantile functions: never an end, symmetric about one half.
#[inline]
pub fn open_unit(h: u64) -> f64 {
    // 52 bits as the fraction of a number from 1 to 2, exactly: no conversion of integers, which lanes of vectors lack.
    const STEP: f64 = 1.0 / (1_u64 << 52) as f64;
    f64::from_bits(1.0_f64.to_bits() | h >> 12) - 1.0 + 0.5 * STEP
}

/// The bound below which a word falls with probability `p`: `u128::from(h) < threshold(p)` never holds at 0 and always at 1.
///
/// What lies outside [0, 1] counts as the nearer end, and NaN as 0.
#[inline]
pub fn threshold(p: f64) -> u128 {
    // The cast saturates below zero and turns NaN into zero; 2^64 is a power of two, so the product is exact.
    ((p * TWO_64) as u128).min(1 << 64)
}

const TWO_64: f64 = 18_446_744_073_709_551_616.0;

/// The sum of the weights in their order, if they are weights: none negative, none beyond f64, and not all zero.
fn weight_sum(weights: &[f64]) -> Option<f64> {
    if !weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0) {
        return None;
    }
    let sum: f64 = weights.iter().fold(0.0, |sum, weight| sum + weight);
    (sum > 0.0).then_some(sum)
}

/// Weights whose sum is a normal number, in proportion to those given, and that sum; beyond f64 they are scaled down by their largest.
pub(crate) fn proportions(weights: &[f64]) -> Option<(Cow<'_, [f64]>, f64)> {
    let sum = weight_sum(weights)?;
    if sum.is_finite() && sum >= f64::MIN_POSITIVE {
        return Some((Cow::Borrowed(weights), sum));
    }
    let largest = weights.iter().fold(0.0_f64, |largest, weight| largest.max(*weight));
    let scaled: Vec<f64> = weights.iter().map(|weight| weight / largest).collect();
    let sum = weight_sum(&scaled)?;
    Some((Cow::Owned(scaled), sum))
}

/// Draws an index in proportion to weights in constant time (Walker 1977, Vose 1991), for values that have no order.
///
/// A correlation needs a draw that is monotone in its word: that is [`Guide`].
#[derive(Clone, Debug)]
pub struct Alias {
    /// Of the slot's 2^64 coins, those below the threshold mean the slot itself and the others its alias.
    slots: Box<[(u64, u32)]>,
}

impl Alias {
    /// The table of these weights; none where there are no weights, one is negative, infinite or NaN, or all are zero.
    pub fn new(weights: &[f64]) -> Option<Self> {
        let count = u32::try_from(weights.len()).ok()?;
        let (weights, sum) = proportions(weights)?;
        let share = |index: u32| weights[index as usize];
        // Each slot's own weight, in units of a slot.
        let mut fill: Vec<f64> = weights.iter().map(|weight| weight / sum * f64::from(count)).collect();
        let (mut small, mut large) = (Vec::new(), Vec::new());
        for index in 0..count {
            if fill[index as usize] < 1.0 { small.push(index) } else { large.push(index) }
        }
        let mut slots: Vec<(u64, u32)> = (0..count).map(|index| (u64::MAX, index)).collect();
        while let (Some(low), Some(&high)) = (small.pop(), large.last()) {
            slots[low as usize] = ((fill[low as usize] * TWO_64) as u64, high);
            fill[high as usize] = (fill[high as usize] + fill[low as usize]) - 1.0;
            if fill[high as usize] < 1.0 {
                large.pop();
                small.push(high);
            }
            if large.is_empty() {
                break;
            }
        }
        // What rounding leaves over is full; only a slot without weight must still never be drawn.
        let heaviest = (0..count).fold(0, |best, index| if share(index) > share(best) { index } else { best });
        for index in small {
            if share(index) == 0.0 {
                slots[index as usize] = (0, heaviest);
            }
        }
        Some(Alias { slots: slots.into() })
    }

    /// The index that the word `h` draws.
    #[inline]
    pub fn pick(&self, h: u64) -> usize {
        let product = u128::from(h) * self.slots.len() as u128;
        let slot = (product >> 64) as usize;
        let (threshold, alias) = self.slots[slot];
        // Words fall on either side as they like: a branch would be guessed wrong again and again.
        std::hint::select_unpredictable((product as u64) < threshold, slot, alias as usize)
    }

    /// How many weights there are.
    #[allow(clippy::len_without_is_empty, reason = "there is always at least one weight")]
    pub fn len(&self) -> usize {
        self.slots.len()
    }
}

/// Draws an index in proportion to weights, never decreasing in the word: the quantile function of a discrete distribution.
///
/// Thresholds are whole multiples of 2^-64 of the running sum; a guide table (Chen & Asau 1974) of one to two entries a weight starts the
/// search, so that it takes less than one step on average.
#[derive(Clone, Debug)]
pub struct Guide {
    /// Words below `thresholds[i]`, and not below the one before, mean i; from the last weight above zero on it is the largest word.
    thresholds: Box<[u64]>,
    /// By the leading bits of the word, the first index that such a word can mean.
    starts: Box<[u32]>,
    shift: u32,
}

impl Guide {
    /// The table of these weights; none where there are no weights, one is negative, infinite or NaN, or all are zero.
    pub fn new(weights: &[f64]) -> Option<Self> {
        let count = u32::try_from(weights.len()).ok()?;
        let (weights, sum) = proportions(weights)?;
        let last = weights.iter().rposition(|weight| *weight > 0.0)?;
        let mut running = 0.0;
        let thresholds: Vec<u64> = weights
            .iter()
            .enumerate()
            .map(|(index, weight)| {
                running += weight;
                if index < last { (running / sum * TWO_64) as u64 } else { u64::MAX }
            })
            .collect();
        let bits = count.next_power_of_two().trailing_zeros().max(1);
        let shift = 64 - bits;
        let mut starts = Vec::with_capacity(1 << bits);
        let mut index = 0_u32;
        for lead in 0..1_u64 << bits {
            while thresholds[index as usize] <= lead << shift {
                index += 1;
            }
            starts.push(index);
        }
        Some(Guide { thresholds: thresholds.into(), starts: starts.into(), shift })
    }

    /// The index that the word `h` draws, non-decreasing in `h`.
    #[inline]
    pub fn pick(&self, h: u64) -> usize {
        // The last threshold stands for 2^64, which a word cannot hold: the largest word joins its neighbour.
        let h = h.min(u64::MAX - 1);
        let mut index = self.starts[(h >> self.shift) as usize] as usize;
        while self.thresholds[index] <= h {
            index += 1;
        }
        index
    }

    /// How many weights there are.
    #[allow(clippy::len_without_is_empty, reason = "there is always at least one weight")]
    pub fn len(&self) -> usize {
        self.thresholds.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Seeds::new(42).key("person", "name", "value", 0)
    }

    /// Pearson's statistic as a number of standard deviations from its mean.
    fn chi_square_sigmas(counts: &[u64], expected: &[f64]) -> f64 {
        let used = expected.iter().filter(|e| **e > 0.0).count() as f64 - 1.0;
        let statistic: f64 =
            counts.iter().zip(expected).filter(|(_, e)| **e > 0.0).map(|(c, e)| (*c as f64 - e).powi(2) / e).sum();
        (statistic - used) / (2.0 * used).sqrt()
    }

    #[test]
    fn words_and_keys_never_change() {
        let key = key();
        assert_eq!((key.k0, key.k1), (0xEF0C_B304_93D6_7DE4, 0x308F_D1B6_42F6_95EA));
        let words = [
            0xF610_0455_80C2_7CFA,
            0xBBA4_322E_2F59_8DB1,
            0x53B2_B2DC_4DDD_13A8,
            0xFC06_FEC8_CBDE_82D6,
            0x91F6_055F_987C_BFD9,
        ];
        assert_eq!([0, 1, 2, 4096, (1 << 63) - 1].map(|row| key.word(row)), words);
        assert_eq!(key.child(7), Key { k0: 0x62EB_3E02_0D1D_E81A, k1: 0x7418_6475_264F_5616 });
        let mut cell = key.cell(5);
        let draws = [0x6A31_B7F8_EE89_EC03, 0x7BE9_A1B3_77C1_4B54, 0x7001_48F2_0D4F_E3B8];
        assert_eq!([cell.next(), cell.next(), cell.next()], draws);
        assert_eq!([0, 1, 2, 3].map(|row| key.below(row, 1000)), [961, 732, 326, 638]);
    }

    #[test]
    fn a_key_without_halves_is_splitmix64() {
        // The reference generator seeded with 0 gives these words, its first at counter 1.
        let key = Key { k0: 0, k1: 0 };
        assert_eq!(key.word(1), 0xE220_A839_7B1D_CDAF);
        assert_eq!(key.word(2), 0x6E78_9E6A_A1B9_65F4);
        assert_eq!(key.word(3), 0x06C4_5D18_8009_454F);
    }

    #[test]
    fn every_part_of_a_key_counts_and_parts_do_not_run_together() {
        let seeds = Seeds::new(1);
        let base = seeds.key("a", "b", "c", 0);
        for other in [
            Seeds::new(2).key("a", "b", "c", 0),
            seeds.key("ab", "", "c", 0),
            seeds.key("", "ab", "c", 0),
            seeds.key("a", "b", "d", 0),
            seeds.key("a", "b", "c", 1),
        ] {
            assert_ne!(base, other);
        }
        assert_eq!(seeds.key("caf\u{e9}", "", "", 0), seeds.key("cafe\u{301}", "", "", 0));
    }

    #[test]
    fn a_run_of_words_equals_the_words_one_by_one() {
        let key = key();
        for (offset, word) in key.words(12_345, 100).iter().enumerate() {
            assert_eq!(*word, key.word(12_345 + offset as u64));
        }
    }

    #[test]
    fn the_first_sub_draw_is_the_rows_word_and_all_differ() {
        let key = key();
        let mut cell = key.cell(9);
        let mut draws: Vec<u64> = (0..1000).map(|_| cell.next()).collect();
        assert_eq!(draws[0], key.word(9));
        assert_eq!(key.below(9, 77), key.cell(9).below(77));
        draws.sort_unstable();
        draws.dedup();
        assert_eq!(draws.len(), 1000);
    }

    #[test]
    fn numbers_below_a_bound_are_uniform_at_five_sigmas() {
        let key = key();
        for n in [1_u64, 2, 3, 10, 97] {
            let mut counts = vec![0; n as usize];
            (0..100_000).for_each(|row| counts[key.below(row, n) as usize] += 1);
            let expected = vec![100_000.0 / n as f64; n as usize];
            assert!(n == 1 || chi_square_sigmas(&counts, &expected).abs() < 5.0, "{n}: {counts:?}");
        }
    }

    #[test]
    fn bounds_near_the_word_size_reject_without_end_or_excess() {
        let key = key();
        for n in [(1 << 63) + 1, u64::MAX, u64::MAX - 1] {
            assert!((0..1000).all(|row| key.below(row, n) < n));
        }
        let n = (1_u128 << 100) + 7;
        let mut cell = key.cell(1);
        assert!((0..1000).all(|_| cell.below_u128(n) < n));
        let half = (0..10_000).filter(|row| key.cell(*row).below_u128(n) < n / 2).count();
        assert!((4_750..5_250).contains(&half), "{half}");
        assert!(cell.below_u128(1 << 64) < 1 << 64);
        let _ = cell.below_u128(u128::MAX);
    }

    #[test]
    fn units_stay_in_their_intervals() {
        assert_eq!(unit(0), 0.0);
        assert!(unit(u64::MAX) < 1.0);
        assert!(open_unit(0) > 0.0 && open_unit(u64::MAX) < 1.0);
        assert_eq!(open_unit(0), 1.0 - open_unit(u64::MAX));
    }

    #[test]
    fn probabilities_become_exact_thresholds() {
        assert_eq!(threshold(0.0), 0);
        assert_eq!(threshold(1.0), 1 << 64);
        assert_eq!(threshold(0.5), 1 << 63);
        assert_eq!([threshold(-1.0), threshold(f64::NAN), threshold(f64::INFINITY)], [0, 0, 1 << 64]);
        assert!(u128::from(u64::MAX) < threshold(1.0));
    }

    #[test]
    fn tables_refuse_what_is_no_distribution() {
        for weights in [&[][..], &[0.0, 0.0], &[1.0, -1.0], &[f64::NAN], &[f64::INFINITY, 1.0]] {
            assert!(Alias::new(weights).is_none() && Guide::new(weights).is_none(), "{weights:?}");
        }
    }

    #[test]
    fn tables_draw_in_proportion_at_five_sigmas_and_never_a_zero() {
        let key = key();
        let long: Vec<f64> = (0..1000).map(|i| if i % 7 == 0 { 0.0 } else { 1.0 / f64::from(i + 1) }).collect();
        for weights in [&[1.0][..], &[0.0, 1.0, 0.0], &[0.5, 0.25, 0.25], &[1e300; 400], &[5e-324, 5e-324], &long] {
            let (alias, guide) = (Alias::new(weights).unwrap(), Guide::new(weights).unwrap());
            assert_eq!((alias.len(), guide.len()), (weights.len(), weights.len()));
            let largest = weights.iter().fold(0.0_f64, |a, b| a.max(*b));
            let sum: f64 = weights.iter().map(|w| w / largest).sum();
            let expected: Vec<f64> = weights.iter().map(|w| w / largest / sum * 400_000.0).collect();
            let (mut by_alias, mut by_guide) = (vec![0; weights.len()], vec![0; weights.len()]);
            for row in 0..400_000 {
                by_alias[alias.pick(key.word(row))] += 1;
                by_guide[guide.pick(key.word(row))] += 1;
            }
            for counts in [by_alias, by_guide] {
                assert!(
                    weights.len() - expected.iter().filter(|e| **e == 0.0).count() == 1
                        || chi_square_sigmas(&counts, &expected).abs() < 5.0
                );
                assert!(counts.iter().zip(weights).all(|(count, weight)| *weight > 0.0 || *count == 0));
            }
        }
    }

    #[test]
    fn a_guide_never_decreases_and_reaches_both_ends() {
        let weights = [0.0, 0.1, 0.0, 0.0, 0.7, 0.2, 0.0];
        let guide = Guide::new(&weights).unwrap();
        assert_eq!((guide.pick(0), guide.pick(u64::MAX)), (1, 5));
        let mut before = 0;
        for step in 0..=u64::from(u16::MAX) {
            let index = guide.pick(step << 48 | 0xFFFF);
            assert!(index >= before && weights[index] > 0.0);
            before = index;
        }
    }
}
