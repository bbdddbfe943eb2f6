//! Keyed permutations of whole numbers: values without repeats, and exact shares, at any position alone.
//!
//! Each is a bijection whose inverse costs the same, so that a value leads back to its row. Up to 65,536 values lie in a shuffled table;
//! above, a Feistel network over mixed radices computes them from a few words of memory. The limit between the two, the rounds and their
//! order are part of the engine's version.

mod deck;

pub use deck::Deck;

use crate::random::{C1, C2, Key};

/// Up to so many values a table is shuffled: the network is measurably uneven on small domains.
const TABLE_LIMIT: u64 = 1 << 16;

/// How many strata a domain too large for one permutation is cut into.
const STRATA: u64 = 1 << 63;

/// A permutation of [0, n).
#[derive(Clone, Debug)]
pub struct Permutation {
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Table { values: Box<[u16]>, positions: Box<[u16]> },
    Network(Network),
}

impl Permutation {
    /// The permutation of [0, n) that the key names; an empty domain counts as one of a single value.
    pub fn new(key: Key, n: u64) -> Permutation {
        let n = n.max(1);
        let form = if n > TABLE_LIMIT { Form::Network(Network::new(key, n)) } else { table(key, n as usize) };
        Permutation { form }
    }

    /// The value at a position. Positions count modulo [`Permutation::len`].
    #[inline]
    pub fn at(&self, position: u64) -> u64 {
        match &self.form {
            Form::Table { values, .. } => u64::from(entry(values, position)),
            Form::Network(network) => network.walk(position, Network::forward),
        }
    }

    /// The position of a value, the inverse of [`Permutation::at`]. Values count modulo [`Permutation::len`].
    #[inline]
    pub fn position_of(&self, value: u64) -> u64 {
        match &self.form {
            Form::Table { positions, .. } => u64::from(entry(positions, value)),
            Form::Network(network) => network.walk(value, Network::backward),
        }
    }

    /// How many values there are, at least one.
    #[allow(clippy::len_without_is_empty, reason = "there is always at least one value")]
    pub fn len(&self) -> u64 {
        match &self.form {
            Form::Table { values, .. } => values.len() as u64,
            Form::Network(network) => network.n,
        }
    }
}

#[inline]
fn entry(table: &[u16], at: u64) -> u16 {
    let len = table.len() as u64;
    table[if at < len { at } else { at % len } as usize]
}

/// A table shuffled from its end (Durstenfeld 1964), each step with the word of its own index, and its inverse.
fn table(key: Key, n: usize) -> Form {
    // At most 65,536 entries, so an index always fits.
    let mut values: Box<[u16]> = (0..n).map(|value| value as u16).collect();
    for last in (1..n).rev() {
        let other = key.below(last as u64, last as u64 + 1);
        values.swap(last, other as usize);
    }
    let mut positions = vec![0; n].into_boxed_slice();
    for (position, value) in values.iter().enumerate() {
        positions[usize::from(*value)] = position as u16;
    }
    Form::Table { values, positions }
}

/// An alternating Feistel network over Z_a × Z_b with cycle walking (Black & Rogaway 2002).
///
/// a is the integer root of n, rounded up, and b = ⌈n/a⌉, so a·b exceeds n by less than a: one evaluation nearly always suffices, where a
/// network over whole bits would take up to two. As b ≤ a ≤ 2^32, every intermediate value fits a word.
#[derive(Clone, Debug)]
struct Network {
    n: u64,
    a: u64,
    b: u64,
    keys: [u64; 6],
}

impl Network {
    fn new(key: Key, n: u64) -> Network {
        let root = n.isqrt();
        // The root of a u64 is below 2^32, so its square cannot overflow.
        let a = if root * root < n { root + 1 } else { root };
        Network { n, a, b: n.div_ceil(a), keys: [0, 1, 2, 3, 4, 5].map(|round| key.word(round)) }
    }

    /// Repeats `step` until it leads into the domain. It starts inside, so the cycle it is on leads back at the latest.
    #[inline]
    fn walk(&self, start: u64, step: impl Fn(&Network, u64) -> u64) -> u64 {
        let mut x = step(self, if start < self.n { start } else { start % self.n });
        while x >= self.n {
            x = step(self, x);
        }
        x
    }

    #[inline]
    fn forward(&self, x: u64) -> u64 {
        let (mut l, mut r) = (x / self.b, x % self.b);
        for [left, right] in self.keys.as_chunks().0 {
            l = add(l, round(r, *left, self.a), self.a);
            r = add(r, round(l, *right, self.b), self.b);
        }
        l * self.b + r
    }

    #[inline]
    fn backward(&self, x: u64) -> u64 {
        let (mut l, mut r) = (x / self.b, x % self.b);
        for [left, right] in self.keys.as_chunks().0.iter().rev() {
            r = subtract(r, round(l, *right, self.b), self.b);
            l = subtract(l, round(r, *left, self.a), self.a);
        }
        l * self.b + r
    }
}

/// Two multiply-xorshifts of the half under its key, reduced below `modulus` by multiply-shift.
#[inline]
fn round(half: u64, key: u64, modulus: u64) -> u64 {
    let z = (half ^ key).wrapping_mul(C1);
    let z = (z ^ z >> 32).wrapping_mul(C2);
    let z = z ^ z >> 32;
    ((u128::from(z) * u128::from(modulus)) >> 64) as u64
}

#[inline]
fn add(x: u64, y: u64, modulus: u64) -> u64 {
    let sum = x + y;
    if sum >= modulus { sum - modulus } else { sum }
}

#[inline]
fn subtract(x: u64, y: u64, modulus: u64) -> u64 {
    if x >= y { x - y } else { x + modulus - y }
}

/// Distinct values of a domain of any size: the first 2^63 rows, or as many as the domain has, never share one.
///
/// A domain of D ≤ 2^63 values is permuted. A larger one is cut into 2^63 strata of ⌊D/2^63⌋ or ⌈D/2^63⌉ values, the i-th from
/// ⌊i·D/2^63⌋; a permutation deals the strata, and each row draws one value of its own.
#[derive(Clone, Debug)]
pub struct WidePermutation {
    strata: Permutation,
    /// ⌊D/2^63⌋ and the rest of the division, where the domain is larger than 2^63.
    width: Option<(u128, u128)>,
    within: Key,
}

impl WidePermutation {
    /// The spread over [0, domain) that the key names; an empty domain counts as one of a single value.
    pub fn new(key: Key, domain: u128) -> WidePermutation {
        let strata = u128::from(STRATA);
        let (count, width) = match u64::try_from(domain) {
            Ok(count) if count <= STRATA => (count, None),
            _ => (STRATA, Some((domain / strata, domain % strata))),
        };
        WidePermutation { strata: Permutation::new(key, count), width, within: key.child(0) }
    }

    /// The value of a row, distinct from that of every other row below [`WidePermutation::rows`].
    #[inline]
    pub fn at(&self, row: u64) -> u128 {
        let stratum = self.strata.at(row);
        let Some(width) = self.width else { return u128::from(stratum) };
        let start = start_of(width, stratum);
        start + self.within.cell(stratum).below_u128(start_of(width, stratum + 1) - start)
    }

    /// The row that has this value, if one below [`WidePermutation::rows`] has it.
    pub fn position_of(&self, value: u128) -> Option<u64> {
        let Some(width) = self.width else {
            return u64::try_from(value)
                .ok()
                .filter(|value| *value < self.strata.len())
                .map(|v| self.strata.position_of(v));
        };
        let (mut low, mut high) = (0, STRATA);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if start_of(width, middle) <= value { low = middle } else { high = middle }
        }
        let row = self.strata.position_of(low);
        (self.at(row) == value).then_some(row)
    }

    /// How many rows have distinct values.
    pub fn rows(&self) -> u64 {
        self.strata.len()
    }
}

/// ⌊i·D/2^63⌋ for i ≤ 2^63, from D's quotient and rest: the product itself would need more than 128 bits.
fn start_of((quotient, rest): (u128, u128), i: u64) -> u128 {
    // At i = 2^63 and D near 2^128 the sum is D itself, so nothing overflows.
    u128::from(i) * quotient + ((u128::from(i) * rest) >> 63)
}

/// The value of one row, as [`WidePermutation`] gives it; whoever needs many rows makes the permutation once.
pub fn spread(key: Key, domain: u128, row: u64) -> u128 {
    WidePermutation::new(key, domain).at(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    fn key(index: u64) -> Key {
        Seeds::new(7).key("t", "c", "position", index)
    }

    #[test]
    fn a_permutation_is_a_bijection_and_its_inverse_leads_back() {
        for n in [1, 2, 3, 4, 5, 11, 256, 1000, 65_535, 65_536, 65_537, 65_792, 66_049, 70_001, 100_003, 1_000_003] {
            let permutation = Permutation::new(key(n), n);
            assert_eq!(permutation.len(), n);
            let mut seen = vec![false; n as usize];
            for position in 0..n {
                let value = permutation.at(position);
                assert!(!std::mem::replace(&mut seen[value as usize], true), "{value} twice below {n}");
                assert_eq!(permutation.position_of(value), position);
            }
        }
    }

    #[test]
    fn huge_domains_invert_and_stay_inside() {
        for n in [1 << 32, (1 << 32) + 1, 10_u64.pow(18), STRATA - 1, STRATA, u64::MAX - (1 << 31), u64::MAX] {
            let permutation = Permutation::new(key(1), n);
            for position in (0..1000).chain(n - 1000..n) {
                let value = permutation.at(position);
                assert!(value < n);
                assert_eq!(permutation.position_of(value), position);
            }
        }
    }

    #[test]
    fn positions_beyond_the_domain_wrap() {
        for n in [5, 70_001] {
            let permutation = Permutation::new(key(0), n);
            assert_eq!(permutation.at(n + 3), permutation.at(3));
            assert_eq!(permutation.at(u64::MAX), permutation.at(u64::MAX % n));
        }
        assert_eq!(Permutation::new(key(0), 0).at(9), 0);
    }

    #[test]
    fn images_never_change() {
        let images = |n| [0, 1, 2, 3].map(|position| Permutation::new(key(0), n).at(position));
        assert_eq!(images(10), [1, 9, 3, 5]);
        assert_eq!(images(65_536), [36_510, 18_658, 9253, 22_971]);
        assert_eq!(images(65_537), [60_173, 37_109, 52_873, 12_404]);
        assert_eq!(images(10_u64.pow(12)), [746_010_015_660, 779_003_054_695, 828_229_423_570, 307_514_751_929]);
        assert_eq!(spread(key(0), 10_u128.pow(30), 5), 129_187_060_172_069_395_748_088_627_073);
    }

    /// Pearson's statistic of equally likely counts, in standard deviations from its mean.
    fn sigmas(counts: &[u32]) -> f64 {
        let (cells, total) = (counts.len() as f64, counts.iter().map(|c| f64::from(*c)).sum::<f64>());
        let expected = total / cells;
        let statistic: f64 = counts.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum();
        (statistic - (cells - 1.0)) / (2.0 * (cells - 1.0)).sqrt()
    }

    #[test]
    fn images_of_one_position_are_even_over_keys_at_four_sigmas() {
        for (n, cells) in [(3_u64, 3_usize), (11, 11), (70_001, 50), (1 << 40, 64)] {
            for position in [0, 1, n / 2, n - 1] {
                let mut counts = vec![0; cells];
                for index in 0..20_000 {
                    // One hash for all keys: children are as independent as keys are.
                    let image = Permutation::new(key(n).child(index), n).at(position);
                    counts[(u128::from(image) * cells as u128 / u128::from(n)) as usize] += 1;
                    if n > 11 && index == 5000 {
                        break;
                    }
                }
                assert!(sigmas(&counts).abs() < 4.0, "{n} at {position}: {counts:?}");
            }
        }
    }

    #[test]
    fn pairs_of_neighbours_are_even_over_a_permutation_at_four_sigmas() {
        for n in [65_536_u64, 70_001, 1_000_003] {
            let permutation = Permutation::new(key(3), n);
            let mut counts = vec![0; 64];
            for pair in 0..n / 2 {
                let half = |position| permutation.at(position) * 8 / n;
                counts[(half(2 * pair) * 8 + half(2 * pair + 1)) as usize] += 1;
            }
            assert!(sigmas(&counts) < 4.0, "{n}: {counts:?}");
        }
    }

    #[test]
    fn fixed_points_over_keys_have_mean_one_and_variance_one() {
        // Over 400 keys the mean has a standard error of 0.05, the variance one of about 0.09: four of each.
        let n = 70_001;
        let counts: Vec<f64> = (0..400)
            .map(|index| {
                let permutation = Permutation::new(key(4).child(index), n);
                (0..n).filter(|position| permutation.at(*position) == *position).count() as f64
            })
            .collect();
        let mean = counts.iter().sum::<f64>() / 400.0;
        let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / 399.0;
        assert!((mean - 1.0).abs() < 0.2 && (variance - 1.0).abs() < 0.36, "{mean} {variance}");
    }

    #[test]
    fn wide_domains_give_distinct_values_everywhere_in_them() {
        for domain in [10, 1 << 63, (1 << 64) - 1, 1 << 64, (1 << 65) + 12_345, 10_u128.pow(30), u128::MAX] {
            let wide = WidePermutation::new(key(5), domain);
            let rows = wide.rows().min(10_000);
            let mut values: Vec<u128> = (0..rows).map(|row| wide.at(row)).collect();
            for (row, value) in values.iter().enumerate() {
                assert!(*value < domain);
                assert_eq!(wide.position_of(*value), Some(row as u64));
            }
            values.sort_unstable();
            values.dedup();
            assert_eq!(values.len() as u64, rows);
            if rows == 10_000 {
                let upper = values.iter().filter(|value| **value >= domain / 4 * 3).count();
                assert!((2_300..2_700).contains(&upper), "{upper} of 10,000 in the upper quarter of {domain}");
            }
        }
        let wide = WidePermutation::new(key(5), 1 << 70);
        let free = (0..1 << 7).filter(|value| wide.position_of(*value).is_some()).count();
        assert_eq!(free, 1, "one value of a stratum belongs to a row");
        assert_eq!(WidePermutation::new(key(5), 10).position_of(10), None);
    }
}
