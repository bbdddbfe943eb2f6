//! The hypergeometric distribution: how many marked items a part of a set gets.
//!
//! Probabilities use Loader's saddle-point expansion (2000), whose relative error stays near 1e-14 however large the set, where differences
//! of logarithms of factorials would lose every digit.

use std::f64::consts::TAU;

use crate::quantile::normal_quantile;
use crate::random::{open_unit, unit};

/// Up to this variance the distribution is inverted exactly; above, a rounded normal is closer to it than any statistic can tell.
const EXACT_VARIANCE: f64 = 1000.0;

/// How many of the `marked` items are among the `taken` of all `total`, drawn with the word `h`; at most `total` may be marked or taken.
///
/// The result always leaves enough room: it lies within [taken − (total − marked), marked] and within [0, taken].
pub(super) fn draw(h: u64, total: u64, marked: u64, taken: u64) -> u64 {
    let least = taken.saturating_sub(total - marked);
    let most = marked.min(taken);
    if least == most {
        return least;
    }
    let share = marked as f64 / total as f64;
    let mean = taken as f64 * share;
    let variance = mean * (1.0 - share) * ((total - taken) as f64 / (total - 1) as f64);
    if variance <= EXACT_VARIANCE {
        return invert(unit(h), total, marked, taken, least, most);
    }
    let x = (mean + variance.sqrt() * normal_quantile(open_unit(h))).round_ties_even();
    (x as u64).clamp(least, most)
}

/// The value whose probability covers `u`, the values taken from the mode outwards: about two standard deviations of steps.
fn invert(u: f64, total: u64, marked: u64, taken: u64, least: u64, most: u64) -> u64 {
    let mode = ((u128::from(marked) + 1) * (u128::from(taken) + 1) / (u128::from(total) + 2)) as u64;
    let mode = mode.clamp(least, most);
    let at_mode = probability(mode, total, marked, taken);
    // The unmarked items that are not taken if no marked one is; negative where fewer than `taken` are unmarked.
    let spare = total as f64 - marked as f64 - taken as f64;
    let (marked, taken) = (marked as f64, taken as f64);
    let up = |x: f64| (marked - x) * (taken - x) / ((x + 1.0) * (spare + x + 1.0));
    let (mut rest, mut above, mut below) = (u - at_mode, at_mode, at_mode);
    let (mut high, mut low) = (mode, mode);
    while rest >= 0.0 {
        above = if high < most { above * up(high as f64) } else { 0.0 };
        if above > 0.0 {
            high += 1;
            rest -= above;
            if rest < 0.0 {
                return high;
            }
        }
        below = if low > least { below / up(low as f64 - 1.0) } else { 0.0 };
        if below > 0.0 {
            low -= 1;
            rest -= below;
            if rest < 0.0 {
                return low;
            }
        }
        // What rounding leaves of u belongs to no value.
        if above.max(below) < 1e-30 {
            break;
        }
    }
    mode
}

/// The probability of exactly `x` marked items among those taken.
fn probability(x: u64, total: u64, marked: u64, taken: u64) -> f64 {
    let p = taken as f64 / total as f64;
    let q = (total - taken) as f64 / total as f64;
    let (a, b) = (binomial(x, marked, p, q), binomial(taken - x, total - marked, p, q));
    let c = binomial(taken, total, p, q);
    libm::exp(a.0 + b.0 - c.0) / (a.1 * b.1 / c.1).sqrt()
}

/// A binomial probability as a logarithm and the square of a divisor.
fn binomial(x: u64, n: u64, p: f64, q: f64) -> (f64, f64) {
    let (rest, n) = (n - x, n as f64);
    if x == 0 {
        return (n * log_of_complement(p, q), 1.0);
    }
    if rest == 0 {
        return (n * log_of_complement(q, p), 1.0);
    }
    let (x, rest) = (x as f64, rest as f64);
    let log = stirling_error(n) - stirling_error(x) - stirling_error(rest) - deviance(x, n * p) - deviance(rest, n * q);
    (log, TAU * x * (rest / n))
}

/// ln(1 − p), where q = 1 − p.
fn log_of_complement(p: f64, q: f64) -> f64 {
    if p < 0.5 { libm::log1p(-p) } else { libm::log(q) }
}

/// ln n! less its Stirling approximation, for whole n ≥ 1.
pub(super) fn stirling_error(n: f64) -> f64 {
    if n < SMALL.len() as f64 {
        return SMALL[n as usize];
    }
    let square = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square) / square) / square)
        / n
}

/// The errors of small numbers, whose series converges too slowly; the first stands for no number.
const SMALL: [f64; 16] = [
    0.0,
    0.081_061_466_795_327_26,
    0.041_340_695_955_409_29,
    0.027_677_925_684_998_34,
    0.020_790_672_103_765_093,
    0.016_644_691_189_821_193,
    0.013_876_128_823_070_748,
    0.011_896_709_945_891_77,
    0.010_411_265_261_972_096,
    0.009_255_462_182_712_733,
    0.008_330_563_433_362_87,
    0.007_573_675_487_951_841,
    0.006_942_840_107_209_53,
    0.006_408_994_188_004_207,
    0.005_951_370_112_758_848,
    0.005_554_733_551_962_801,
];

/// x·ln(x/m) + m − x without cancellation, for x > 0 and m > 0.
pub(super) fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * libm::log(x / m) + m - x;
    }
    let v = (x - m) / (x + m);
    let mut sum = (x - m) * v;
    let mut term = 2.0 * x * v;
    // |v| < 0.1, so each term is a hundredth of the one before: ten give all digits.
    for j in 1..12 {
        term *= v * v;
        sum += term / f64::from(2 * j + 1);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    /// By the product formula, for small numbers.
    fn choose(n: u64, k: u64) -> f64 {
        if k > n { 0.0 } else { (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product() }
    }

    #[test]
    fn probabilities_equal_the_definition() {
        for total in 2_u64..40 {
            for marked in 0..=total {
                for taken in 1..total {
                    for x in taken.saturating_sub(total - marked)..=marked.min(taken) {
                        let exact = choose(marked, x) * choose(total - marked, taken - x) / choose(total, taken);
                        let p = probability(x, total, marked, taken);
                        assert!((p - exact).abs() < 1e-12 * exact, "{x} {total} {marked} {taken}: {p} {exact}");
                    }
                }
            }
        }
    }

    #[test]
    fn probabilities_of_huge_sets_sum_to_one() {
        for (total, marked, taken) in [(1 << 40, 3000, 1 << 39), (8192, 4000, 4096), (1 << 50, 1 << 49, 1000)] {
            let most = marked.min(taken);
            let sum: f64 = (0..=most).map(|x| probability(x, total, marked, taken)).sum();
            assert!((sum - 1.0).abs() < 1e-11, "{total}: {sum}");
        }
    }

    #[test]
    fn draws_keep_their_bounds() {
        let key = Seeds::new(1).key("t", "c", "tree", 0);
        for total in 1..30 {
            for marked in 0..=total {
                for taken in 0..=total {
                    for row in 0..20 {
                        let x = draw(key.word(row), total, marked, taken);
                        assert!(x <= marked && x <= taken && taken - x <= total - marked);
                    }
                    let _ = (draw(0, total, marked, taken), draw(u64::MAX, total, marked, taken));
                }
            }
        }
        let half = 1 << 62;
        assert!(draw(0, 1 << 63, half, half) < half / 2 && draw(u64::MAX, 1 << 63, half, half) > half / 2);
    }

    #[test]
    fn draws_have_the_distribution_at_five_sigmas() {
        let key = Seeds::new(2).key("t", "c", "tree", 0);
        for (total, marked, taken) in [(20, 7, 9), (8192, 900, 4096), (8192, 8000, 4096), (5000, 2500, 2500)] {
            let n = 200_000;
            let mut counts = vec![0_u32; marked as usize + 1];
            (0..n).for_each(|row| counts[draw(key.word(row), total, marked, taken) as usize] += 1);
            let (mut statistic, mut cells) = (0.0, -1.0);
            for x in taken.saturating_sub(total - marked)..=marked.min(taken) {
                let expected = probability(x, total, marked, taken) * n as f64;
                if expected >= 10.0 {
                    statistic += (f64::from(counts[x as usize]) - expected).powi(2) / expected;
                    cells += 1.0;
                }
            }
            assert!((statistic - cells) / (2.0_f64 * cells).sqrt() < 5.0, "{total}: {statistic} over {cells}");
        }
    }

    #[test]
    fn the_rounded_normal_has_the_moments_at_five_sigmas() {
        let key = Seeds::new(3).key("t", "c", "tree", 0);
        let (total, marked, taken) = (1_000_000, 200_000, 500_000);
        let n = 100_000;
        let draws: Vec<f64> = (0..n).map(|row| draw(key.word(row), total, marked, taken) as f64 - 100_000.0).collect();
        let mean = draws.iter().sum::<f64>() / n as f64;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / n as f64;
        let expected = 40_000.0 * 1_000_000.0 / 999_999.0;
        assert!(mean.abs() < 5.0 * 200.0 / (n as f64).sqrt(), "{mean}");
        assert!((variance / expected - 1.0).abs() < 5.0 * (2.0 / n as f64).sqrt(), "{variance}");
    }
}
