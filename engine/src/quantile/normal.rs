//! The normal distribution: its quantile function, its distribution function, and draws truncated to an interval.
//!
//! One uniform makes one number, never decreasing in it (but for the rounding of the last digit), which is what correlations and truncation
//! rest on. Only the four operations, square roots and `libm` are used, so that every machine gives the same bits.

// The coefficients keep the digits that were published.
#![allow(clippy::excessive_precision)]

use std::f64::consts::FRAC_1_SQRT_2;

use super::Quantile;
use crate::random::open_unit;

/// The value below which a standard normal lies with probability `p` (Wichura 1988, AS 241, PPND16; relative error about 1e-16).
///
/// It is odd about one half, −∞ at 0 and below, ∞ at 1 and above, and NaN at NaN.
#[inline]
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= CENTRE {
        return centre(q);
    }
    // Where p is close to 1, 1 − p is exact (Sterbenz), so both tails are equally good.
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let x = upper_quantile(tail);
    if q < 0.0 { -x } else { x }
}

/// How far from one half the centre of the distribution reaches.
const CENTRE: f64 = 0.425;

/// The sign of a float.
const SIGN: u64 = 1 << 63;

/// Rows that are computed side by side.
const LANES: usize = 8;

/// The value below which a standard normal lies with probability one half and `q`, at most [`CENTRE`] either way.
#[inline]
fn centre(q: f64) -> f64 {
    q * ratio(0.180_625 - q * q, &CENTRE_ABOVE, &CENTRE_BELOW)
}

/// The value above which a standard normal lies with probability `tail`, at most 0.075.
fn upper_quantile(tail: f64) -> f64 {
    if tail <= 0.0 {
        return f64::INFINITY;
    }
    let r = (-libm::log(tail)).sqrt();
    if r <= 5.0 { ratio(r - 1.6, &TAIL_ABOVE, &TAIL_BELOW) } else { ratio(r - 5.0, &FAR_ABOVE, &FAR_BELOW) }
}

/// The quotient of two polynomials by Horner's rule, coefficients in ascending order.
#[inline]
fn ratio(x: f64, above: &[f64; 8], below: &[f64; 8]) -> f64 {
    let polynomial = |[rest @ .., last]: &[f64; 8]| rest.iter().rev().fold(*last, |value, c| value * x + c);
    polynomial(above) / polynomial(below)
}

const CENTRE_ABOVE: [f64; 8] = [
    3.387_132_872_796_366_608_0,
    1.331_416_678_917_843_774_5e2,
    1.971_590_950_306_551_442_7e3,
    1.373_169_376_550_946_112_5e4,
    4.592_195_393_154_987_145_7e4,
    6.726_577_092_700_870_085_3e4,
    3.343_057_558_358_812_810_5e4,
    2.509_080_928_730_122_672_7e3,
];
const CENTRE_BELOW: [f64; 8] = [
    1.0,
    4.231_333_070_160_091_125_2e1,
    6.871_870_074_920_579_083_0e2,
    5.394_196_021_424_751_107_7e3,
    2.121_379_430_158_659_586_7e4,
    3.930_789_580_009_271_061_0e4,
    2.872_908_573_572_194_267_4e4,
    5.226_495_278_852_854_561_0e3,
];
const TAIL_ABOVE: [f64; 8] = [
    1.423_437_110_749_683_577_34,
    4.630_337_846_156_545_295_90,
    5.769_497_221_460_691_405_50,
    3.647_848_324_763_204_605_04,
    1.270_458_252_452_368_382_58,
    2.417_807_251_774_506_117_70e-1,
    2.272_384_498_926_918_458_33e-2,
    7.745_450_142_783_414_076_40e-4,
];
const TAIL_BELOW: [f64; 8] = [
    1.0,
    2.053_191_626_637_758_821_87,
    1.676_384_830_183_803_849_40,
    6.897_673_349_851_000_045_50e-1,
    1.481_039_764_274_800_745_90e-1,
    1.519_866_656_361_645_719_66e-2,
    5.475_938_084_995_344_946_00e-4,
    1.050_750_071_644_416_843_24e-9,
];
const FAR_ABOVE: [f64; 8] = [
    6.657_904_643_501_103_777_20,
    5.463_784_911_164_114_369_90,
    1.784_826_539_917_291_335_80,
    2.965_605_718_285_048_912_30e-1,
    2.653_218_952_657_612_309_30e-2,
    1.242_660_947_388_078_438_60e-3,
    2.711_555_568_743_487_578_15e-5,
    2.010_334_399_292_288_132_65e-7,
];
const FAR_BELOW: [f64; 8] = [
    1.0,
    5.998_322_065_558_879_376_90e-1,
    1.369_298_809_227_358_053_10e-1,
    1.487_536_129_085_061_485_25e-2,
    7.868_691_311_456_132_591_00e-4,
    1.846_318_317_510_054_681_80e-5,
    1.421_511_758_316_445_888_70e-7,
    2.044_263_103_389_939_785_64e-15,
];

/// The probability that a standard normal lies below `x`, with a small relative error far into the lower tail.
///
/// The upper tail's is `normal_cdf(-x)`.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// Masses below this are too near to the smallest number to be divided: the tail is then taken by its asymptotic form.
const FAINT: f64 = 1e-280;

/// Over intervals whose log density falls by less, the density is taken as constant: probabilities would cancel to a few digits.
const NARROW: f64 = 1e-9;

/// A normal distribution cut to an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruncatedNormal {
    mean: f64,
    std: f64,
    lo: f64,
    hi: f64,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// The probabilities below the interval, inside it and above it.
    Mass { below: f64, inside: f64, above: f64 },
    /// The interval lies so far out that its mass is no number; its nearer end in standard deviations, and e^-d − 1 where d is the fall of
    /// the log density over it. Mirrored where it lies below the mean.
    Far { near: f64, fall: f64, mirrored: bool },
    /// The interval is too narrow for the density to change over it, or the standard deviation is zero.
    Flat { from: f64, width: f64 },
}

impl TruncatedNormal {
    /// The normal distribution of this mean and standard deviation (at least 0) between `lo` and `hi`; infinite bounds do not bind.
    ///
    /// Without a spread the value is the mean, or the bound nearest to it. Who passes `lo` above `hi` gets `hi`.
    pub fn new(mean: f64, std: f64, lo: f64, hi: f64) -> Self {
        let (a, b) = ((lo - mean) / std, (hi - mean) / std);
        let form = if std > 0.0 && a < b { Form::over(a, b, lo, hi) } else { Form::Flat { from: mean, width: 0.0 } };
        TruncatedNormal { mean, std, lo, hi, form }
    }
}

impl Quantile for TruncatedNormal {
    fn at(&self, u: f64) -> f64 {
        let z = match self.form {
            Form::Mass { below, inside, above } => {
                let p = below + u * inside;
                if p <= 0.5 {
                    normal_quantile(p)
                } else {
                    // Beyond the median the survival function keeps the digits that p loses against 1.
                    -normal_quantile((above + (1.0 - u) * inside).min(0.5))
                }
            }
            Form::Far { near, fall, mirrored } => {
                let u = if mirrored { 1.0 - u } else { u };
                // exp(−(z² − near²)/2) = 1 + u·fall, solved for z without cancellation.
                // The cap keeps u = 1 from an infinity divided by another.
                let t = (-2.0 * libm::log1p(u * fall)).min(1e300);
                let z = near + t / (near + (near * near + t).sqrt());
                if mirrored { -z } else { z }
            }
            Form::Flat { from, width } => return (from + u * width).max(self.lo).min(self.hi),
        };
        (self.mean + self.std * z).max(self.lo).min(self.hi)
    }

    fn of_words(&self, words: &[u64], values: &mut [f64]) {
        let Form::Mass { below, inside, above } = self.form else {
            return values.iter_mut().zip(words).for_each(|(value, word)| *value = self.of_word(*word));
        };
        let (value_lanes, last_values) = values.as_chunks_mut::<LANES>();
        let (word_lanes, last_words) = words.as_chunks::<LANES>();
        for (values, words) in value_lanes.iter_mut().zip(word_lanes) {
            self.centre_of(words, values, [below, inside, above]);
        }
        let mut rest = ([0; LANES], [0.0; LANES]);
        rest.0[..last_words.len()].copy_from_slice(last_words);
        self.centre_of(&rest.0, &mut rest.1, [below, inside, above]);
        last_values.copy_from_slice(&rest.1[..last_values.len()]);
        for (value, word) in values.iter_mut().zip(words) {
            if value.is_nan() {
                *value = self.of_word(*word);
            }
        }
    }
}

impl TruncatedNormal {
    /// As [`Quantile::at`] for the centre of the distribution, and NaN for its tails, `masses` being those of [`Form::Mass`]. There is no branch, and
    /// each step is a loop of its own, so that lanes of vectors hold rows: which half a row lies in is a mask, because a compiler takes the
    /// choice between two numbers for one between two ways.
    #[inline(always)]
    fn centre_of(&self, words: &[u64; LANES], values: &mut [f64; LANES], [below, inside, above]: [f64; 3]) {
        let (mut q, mut is_upper, mut x) = ([0.0; LANES], [0_u64; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            let u = open_unit(words[lane]);
            let p = below + u * inside;
            let upper = (above + (1.0 - u) * inside).min(0.5);
            is_upper[lane] = 0_u64.wrapping_sub(u64::from(p > 0.5));
            q[lane] = f64::from_bits(p.to_bits() & !is_upper[lane] | upper.to_bits() & is_upper[lane]) - 0.5;
            x[lane] = 0.180_625 - q[lane] * q[lane];
        }
        let (over, under) = (polynomials(&x, &CENTRE_ABOVE), polynomials(&x, &CENTRE_BELOW));
        for lane in 0..LANES {
            let centre = q[lane] * (over[lane] / under[lane]);
            let z = f64::from_bits(centre.to_bits() ^ (SIGN & is_upper[lane]));
            let drawn = (self.mean + self.std * z).max(self.lo).min(self.hi);
            let is_tail = 0_u64.wrapping_sub(u64::from(q[lane].abs() > CENTRE));
            values[lane] = f64::from_bits(drawn.to_bits() & !is_tail | f64::NAN.to_bits() & is_tail);
        }
    }
}

/// A polynomial at several places, by Horner's rule.
#[inline(always)]
fn polynomials(x: &[f64; LANES], [rest @ .., last]: &[f64; 8]) -> [f64; LANES] {
    let mut values = [*last; LANES];
    for coefficient in rest.iter().rev() {
        for lane in 0..LANES {
            values[lane] = values[lane] * x[lane] + coefficient;
        }
    }
    values
}

impl Form {
    fn over(a: f64, b: f64, lo: f64, hi: f64) -> Form {
        if (b - a) * a.abs().max(b.abs()) < NARROW {
            return Form::Flat { from: lo, width: hi - lo };
        }
        let (below, above) = (normal_cdf(a), normal_cdf(-b));
        if a > 0.0 && normal_cdf(-a) < FAINT {
            return Form::far(a, b, false);
        }
        if b < 0.0 && normal_cdf(b) < FAINT {
            return Form::far(-b, -a, true);
        }
        let inside = if a > 0.0 { normal_cdf(-a) - above } else { normal_cdf(b) - below };
        Form::Mass { below, inside, above }
    }

    fn far(near: f64, beyond: f64, mirrored: bool) -> Form {
        Form::Far { near, fall: libm::expm1(-0.5 * (beyond - near) * (beyond + near)), mirrored }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    fn close(actual: f64, expected: f64, relative: f64) {
        assert!((actual - expected).abs() <= relative * expected.abs(), "{actual:e} is not {expected:e}");
    }

    #[test]
    fn quantiles_equal_published_values() {
        for (p, z) in [
            (0.5, 0.0),
            (0.75, 0.674_489_750_196_081_7),
            (0.9, 1.281_551_565_544_600_4),
            (0.975, 1.959_963_984_540_054),
            (0.995, 2.575_829_303_548_901),
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
            (1e-300, -37.047_096_299_361_2),
        ] {
            close(normal_quantile(p), z, 4e-16);
        }
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(f64::NAN).is_nan());
    }

    #[test]
    fn distribution_and_quantile_undo_each_other_far_into_the_tail() {
        close(normal_cdf(1.959_963_984_540_054), 0.975, 1e-15);
        close(normal_cdf(-10.0), 7.619_853_024_160_526e-24, 1e-13);
        close(normal_cdf(-37.0), 5.725_571_222_524_577e-300, 1e-11);
        for step in 1..3600 {
            let z = -f64::from(step) / 100.0;
            close(normal_quantile(normal_cdf(z)), z, 2e-14);
        }
    }

    #[test]
    fn quantiles_never_decrease_across_the_joints() {
        for joint in [0.075, 0.925, 1.388_794_386_496_402_1e-11, 0.5] {
            let mut before = f64::NEG_INFINITY;
            for step in -1000_i32..1000 {
                let z = normal_quantile(joint * (1.0 + f64::from(step) * 1e-13));
                assert!(z >= before);
                before = z;
            }
        }
    }

    #[test]
    fn truncated_draws_stay_inside_and_never_decrease() {
        let infinite = f64::INFINITY;
        for (mean, std, lo, hi) in [
            (0.0, 1.0, -infinite, infinite),
            (0.0, 1.0, -1.0, 2.0),
            (20.0, 8.0, 1.0, 60.0),
            (0.0, 1.0, 8.0, infinite),
            (0.0, 1.0, -infinite, -8.0),
            (0.0, 1.0, 50.0, 60.0),
            (0.0, 1.0, -60.0, -50.0),
            (0.0, 1.0, 1e200, infinite),
            (0.0, 1e-300, 5.0, 6.0),
            (1e9, 1.0, 0.0, 1.0),
            (0.0, 1e300, 1.0, 2.0),
            (5.0, 0.0, 1.0, 3.0),
            (5.0, 1.0, 3.0, 3.0),
            (0.0, 1.0, 1.0, 1.0 + 4.0 * f64::EPSILON),
        ] {
            let normal = TruncatedNormal::new(mean, std, lo, hi);
            let mut before = f64::NEG_INFINITY;
            for step in 0..=10_000 {
                let x = normal.at(f64::from(step) / 10_000.0);
                assert!(lo <= x && x <= hi && x >= before, "{x} after {before} of {normal:?}");
                before = x;
            }
        }
        assert!(!TruncatedNormal::new(f64::NAN, f64::NAN, 0.0, 1.0).at(0.5).is_nan());
        assert_eq!(TruncatedNormal::new(0.0, 1.0, 2.0, 1.0).at(0.5), 1.0);
    }

    #[test]
    fn a_truncated_draw_has_the_share_of_the_interval_below_it() {
        for (lo, hi) in [(-1.0, 2.0), (2.0, 3.0), (-9.0, -8.0), (5.0, 40.0), (30.0, 31.0)] {
            let normal = TruncatedNormal::new(0.0, 1.0, lo, hi);
            for u in [0.01, 0.3, 0.5, 0.9, 0.99] {
                let x: f64 = normal.at(u);
                let share = if lo > 0.0 {
                    (normal_cdf(-lo) - normal_cdf(-x)) / (normal_cdf(-lo) - normal_cdf(-hi))
                } else {
                    (normal_cdf(x) - normal_cdf(lo)) / (normal_cdf(hi) - normal_cdf(lo))
                };
                close(share, u, 1e-11);
            }
        }
    }

    #[test]
    fn the_form_of_the_far_tail_continues_the_exact_one() {
        let (exact, far) = (TruncatedNormal::new(0.0, 1.0, 35.0, 36.0), Form::far(35.0, 36.0, false));
        let far = TruncatedNormal { form: far, ..exact };
        for u in [0.1, 0.5, 0.9] {
            close(far.at(u) - 35.0, exact.at(u) - 35.0, 2e-3);
        }
    }

    #[test]
    fn a_million_draws_have_the_moments_of_the_normal_at_five_sigmas() {
        let key = Seeds::new(1).key("t", "c", "value", 0);
        let draws: Vec<f64> = (0..1_000_000).map(|row| normal_quantile(open_unit(key.word(row)))).collect();
        let moment = |power: i32| draws.iter().map(|z| z.powi(power)).sum::<f64>() / 1e6;
        assert!(moment(1).abs() < 5e-3);
        assert!((moment(2) - 1.0).abs() < 5.0 * 2.0_f64.sqrt() * 1e-3);
        assert!(moment(3).abs() < 5.0 * 15.0_f64.sqrt() * 1e-3);
        assert!((moment(4) - 3.0).abs() < 5.0 * 96.0_f64.sqrt() * 1e-3);
    }
}
