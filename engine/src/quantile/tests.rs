//! Draws against theory: densities integrated and probabilities summed here, and published digits.

mod published;

use proptest::prelude::*;

use super::tails::{Cut, Tails};
use super::*;
use crate::random::Seeds;

/// Draws of a test.
const DRAWS: usize = 200_000;

/// Draws of a test whose draws are searched one by one.
const SEARCHED: usize = 5_000;

fn draws(law: &impl Quantile, seed: u64, count: usize) -> Vec<f64> {
    let key = Seeds::new(seed).key("t", "c", "value", 0);
    (0..count as u64).map(|row| law.of_word(key.word(row))).collect()
}

/// How densities are integrated: over x, or over ln x where they rise without bound at 0.
#[derive(Clone, Copy, PartialEq)]
enum Over {
    X,
    Logarithm,
}

/// The integral of e^density from `from` to `to` by Simpson's rule in so many steps.
fn simpson(density: &dyn Fn(f64) -> f64, over: Over, from: f64, to: f64, steps: u32) -> f64 {
    let value = |t: f64| match over {
        Over::X => libm::exp(density(t)),
        Over::Logarithm => libm::exp(density(libm::exp(t)) + t),
    };
    let width = (to - from) / f64::from(steps);
    (0..steps)
        .map(|step| {
            let left = from + width * f64::from(step);
            (value(left) + 4.0 * value(left + 0.5 * width) + value(left + width)) * width / 6.0
        })
        .sum()
}

/// Kolmogorov and Smirnov's test at a significance of 1e-6, against the logarithm of a density that needs no norm, between two ends that
/// hold all of it. The distribution function is integrated from draw to draw.
fn continuous(name: &str, law: &impl Quantile, density: &dyn Fn(f64) -> f64, over: Over, ends: (f64, f64)) {
    continuous_of(name, law, density, over, ends, DRAWS);
}

fn continuous_of(
    name: &str,
    law: &impl Quantile,
    density: &dyn Fn(f64) -> f64,
    over: Over,
    ends: (f64, f64),
    count: usize,
) {
    let mut sorted = draws(law, 11, count);
    sorted.sort_by(f64::total_cmp);
    let place = |x: f64| if over == Over::X { x } else { libm::log(x) };
    assert!(ends.0 <= sorted[0] && sorted[count - 1] <= ends.1, "{name}: {} … {}", sorted[0], sorted[count - 1]);
    let mut before = place(ends.0);
    let mut running = 0.0;
    let mut below = Vec::with_capacity(count);
    for x in &sorted {
        let t = place(*x);
        // Long gaps, at the ends, in more steps.
        let steps = if below.is_empty() { 20_000 } else { 1 + (2_000.0 * (t - before).abs()).min(200.0) as u32 };
        running += simpson(density, over, before, t, steps);
        below.push(running);
        before = t;
    }
    let total = running + simpson(density, over, before, place(ends.1), 20_000);
    let distance = below.iter().enumerate().fold(0.0_f64, |most, (index, running)| {
        let share = running / total;
        most.max((share - index as f64 / count as f64).abs()).max((share - (index + 1) as f64 / count as f64).abs())
    });
    let limit = (libm::log(2e6) / 2.0).sqrt() / (count as f64).sqrt();
    assert!(distance < limit, "{name}: the distance {distance} is not below {limit}");
}

/// Pearson's test at a significance of 1e-6 against probabilities in proportion to e^mass(k) for k from `from` to `to`; neighbours are joined
/// until 20 draws are expected.
fn counted(name: &str, law: &impl Quantile, mass: &dyn Fn(f64) -> f64, from: u64, to: u64) {
    counted_of(name, law, mass, from, to, DRAWS);
}

fn counted_of(name: &str, law: &impl Quantile, mass: &dyn Fn(f64) -> f64, from: u64, to: u64, count: usize) {
    let mut observed = vec![0_u32; (to - from + 1) as usize];
    for k in draws(law, 12, count) {
        assert!(k >= from as f64 && k <= to as f64 && k == libm::rint(k), "{name}: {k}");
        observed[(k - from as f64) as usize] += 1;
    }
    let largest = (from..=to).map(|k| mass(k as f64)).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = (from..=to).map(|k| libm::exp(mass(k as f64) - largest)).collect();
    let sum: f64 = weights.iter().sum();
    let (mut statistic, mut bins) = (0.0, 0.0_f64);
    let (mut seen, mut due, mut rest) = (0.0, 0.0, count as f64);
    for (found, weight) in observed.iter().zip(&weights) {
        seen += f64::from(*found);
        let expected = weight / sum * count as f64;
        due += expected;
        rest -= expected;
        // The last bin takes all that follows.
        if due >= 20.0 && rest >= 20.0 {
            statistic += (seen - due) * (seen - due) / due;
            bins += 1.0;
            (seen, due) = (0.0, 0.0);
        }
    }
    statistic += (seen - due) * (seen - due) / due;
    // The quantile of chi-square after Wilson & Hilferty.
    let ninth = 2.0 / (9.0 * bins);
    let root: f64 = 1.0 - ninth + 4.753_424 * ninth.sqrt();
    let limit = bins * root * root * root;
    assert!(
        bins >= 1.0 && statistic < limit,
        "{name}: chi-square {statistic} with {bins} degrees is not below {limit}"
    );
}

const MAX: f64 = f64::MAX;

#[test]
fn closed_forms_have_their_densities() {
    for (mean, lo, hi, ends) in
        [(2.0, 0.0, MAX, (0.0, 90.0)), (2.0, 1.0, 3.0, (1.0, 3.0)), (0.5, 400.0, MAX, (400.0, 425.0))]
    {
        continuous("exponential", &Exponential::new(mean, lo, hi), &|x| (lo - x) / mean, Over::X, ends);
    }
    for (shape, scale, lo, hi, over, ends) in [
        (0.6, 1.0, 0.0, MAX, Over::Logarithm, (1e-12, 1e3)),
        (2.5, 3.0, 0.0, MAX, Over::X, (0.0, 16.0)),
        (2.5, 3.0, 2.0, 2.1, Over::X, (2.0, 2.1)),
        (2.5, 3.0, 12.0, MAX, Over::X, (12.0, 18.0)),
    ] {
        let density = |x: f64| {
            let t = x / scale;
            (shape - 1.0) * libm::log(t.max(1e-300)) - libm::pow(t, shape) + libm::pow(lo / scale, shape)
        };
        continuous("weibull", &Weibull::new(shape, scale, lo, hi), &density, over, ends);
    }
    for (alpha, scale, lo, hi, ends) in
        [(1.2, 2.0_f64, 0.0, MAX, (2.0, 1e13)), (3.0, 1.0, 5.0, 9.0, (5.0, 9.0)), (0.4, 1.0, 1e6, 1e9, (1e6, 1e9))]
    {
        let density = |x: f64| -(alpha + 1.0) * libm::log(x / scale.max(lo));
        continuous("pareto", &Pareto::new(alpha, scale, lo, hi), &density, Over::Logarithm, ends);
    }
    for (median, sigma, lo, hi, ends) in [
        (30.0, 0.8, 0.0_f64, MAX, (0.02, 1e5)),
        (30.0, 0.8, 20.0, 40.0, (20.0, 40.0)),
        (1.0, 0.5, 60.0, MAX, (60.0, 400.0)),
    ] {
        let density = |x: f64| {
            let z = libm::log(x / median) / sigma;
            let nearest = libm::log(lo.max(1e-9) / median).max(0.0) / sigma;
            0.5 * (nearest - z) * (nearest + z) - libm::log(x)
        };
        continuous("lognormal", &LogNormal::new(median, sigma, lo, hi), &density, Over::Logarithm, ends);
    }
    for (min, mode, max) in [(0.0, 0.5, 1.0), (-3.0, -3.0, 7.0), (2.0, 9.0, 9.0)] {
        let density = |x: f64| {
            libm::log(if x < mode {
                (x - min) / (mode - min)
            } else if mode < max {
                (max - x) / (max - mode)
            } else {
                1.0
            })
        };
        continuous("triangular", &Triangular::new(min, mode, max), &density, Over::X, (min, max));
    }
    for (mean, std, lo, hi, ends) in
        [(5.0, 2.0, -MAX, MAX, (-15.0, 25.0)), (0.0, 1.0, 1.0, 1.5, (1.0, 1.5)), (0.0, 1.0, 9.0, MAX, (9.0, 14.0))]
    {
        let nearest = ((lo - mean) / std).max(0.0);
        let density = |x: f64| {
            let z = (x - mean) / std;
            0.5 * (nearest - z) * (nearest + z)
        };
        continuous("normal", &TruncatedNormal::new(mean, std, lo, hi), &density, Over::X, ends);
    }
}

#[test]
fn gamma_has_its_density() {
    for (shape, scale, lo, hi, over, ends) in [
        (0.3_f64, 2.0, 0.0, MAX, Over::Logarithm, (1e-30, 80.0)),
        (1.0, 1.0, 0.0, MAX, Over::X, (0.0, 45.0)),
        (4.5, 0.5, 0.0, MAX, Over::X, (0.0, 35.0)),
        (4.5, 0.5, 1.0, 2.0, Over::X, (1.0, 2.0)),
        (4.5, 0.5, 20.0, MAX, Over::X, (20.0, 35.0)),
        (4.5, 0.5, 0.0, 0.01, Over::X, (0.0, 0.01)),
        (8000.0, 1.0, 0.0, MAX, Over::X, (7000.0, 9000.0)),
        (50.0, 1.0, 50.0, 50.000_001, Over::X, (50.0, 50.000_001)),
    ] {
        let nearest = ((shape - 1.0).max(1e-9) * scale).max(lo).min(hi);
        let form = |x: f64| (shape - 1.0) * libm::log(x.max(1e-300) / nearest) - (x - nearest) / scale;
        for (tabled, count) in [(true, DRAWS), (false, SEARCHED)] {
            let law = Inverted::new(Gamma::new(shape, scale), lo, hi, tabled).unwrap();
            continuous_of(&format!("gamma {shape} in {lo}…{hi}"), &law, &form, over, ends, count);
        }
    }
    assert!(Inverted::new(Gamma::new(2.0, 1.0), 900.0, 1000.0, true).is_none());
}

#[test]
fn beta_has_its_density() {
    for (a, b, lo, hi) in [
        (2.0, 5.0, 0.0_f64, 1.0_f64),
        (2.0, 5.0, 0.7, 1.0),
        (2.0, 5.0, 0.0, 1e-3),
        (40.0, 8.0, 0.0, 1.0),
        (5_000.0, 20_000.0, 0.15, 0.25),
        (1.0, 1.0, 0.0, 1.0),
    ] {
        let nearest = ((a - 1.0) / (a + b - 2.0_f64).max(1e-9)).max(lo.max(1e-12)).min(hi.min(1.0 - 1e-12));
        let form = |x: f64| {
            (a - 1.0) * libm::log(x.max(1e-300) / nearest)
                + (b - 1.0) * libm::log((1.0 - x).max(1e-300) / (1.0 - nearest))
        };
        for (tabled, count) in [(true, DRAWS), (false, SEARCHED)] {
            let law = Inverted::new(Beta::new(a, b, 0.0, 1.0), lo, hi, tabled).unwrap();
            continuous_of(&format!("beta {a} {b} in {lo}…{hi}"), &law, &form, Over::X, (lo, hi), count);
        }
    }
    // Steep at 0 and cut before it rises again at 1.
    let law = Inverted::new(Beta::new(0.3, 0.6, 0.0, 1.0), 0.0, 0.9, true).unwrap();
    let form = |x: f64| -0.7 * libm::log(x) - 0.4 * libm::log1p(-x);
    continuous("beta 0.3 0.6", &law, &form, Over::Logarithm, (1e-40, 0.9));
}

#[test]
fn students_t_has_its_density() {
    for (df, lo, hi, ends) in [
        (1.0, -1e3, 1e3, (-1e3, 1e3)),
        (5.0, -MAX, MAX, (-400.0, 400.0)),
        (5.0, 3.0, MAX, (3.0, 2e3)),
        (5.0, -0.5, 4.0, (-0.5, 4.0)),
        (3_000.0, -MAX, MAX, (-9.0, 9.0)),
    ] {
        let form = |x: f64| -0.5 * (df + 1.0) * libm::log1p(x * x / df);
        for (tabled, count) in [(true, DRAWS), (false, SEARCHED)] {
            let law = Inverted::new(StudentT::new(df, 0.0, 1.0), lo, hi, tabled).unwrap();
            continuous_of(&format!("t {df} in {lo}…{hi}"), &law, &form, Over::X, ends, count);
        }
    }
}

#[test]
fn a_histogram_has_its_weights_and_is_even_inside_its_bins() {
    let (edges, weights) = ([0.0, 1.0, 4.0, 4.5, 10.0], [3.0, 0.0, 5.0, 2.0]);
    let law = Histogram::new(edges.to_vec(), &weights, false).unwrap();
    let mut counts = [[0_u32; 10]; 4];
    for x in draws(&law, 13, DRAWS) {
        let bin = edges[1..].iter().position(|edge| x < *edge).unwrap();
        let part = (x - edges[bin]) / (edges[bin + 1] - edges[bin]) * 10.0;
        counts[bin][(part as usize).min(9)] += 1;
    }
    for (counts, weight) in counts.iter().zip(weights) {
        for count in counts {
            let expected = DRAWS as f64 * weight / 100.0;
            assert!((f64::from(*count) - expected).abs() <= 5.0 * expected.sqrt(), "{counts:?}");
        }
    }
    let whole = Histogram::new(vec![0.0, 18.0, 65.0, 90.0], &[1.0, 3.0, 1.0], true).unwrap();
    let mass = |k: f64| {
        libm::log(if k < 18.0 {
            1.0 / 18.0
        } else if k < 65.0 {
            3.0 / 47.0
        } else {
            1.0 / 25.0
        })
    };
    counted("whole histogram", &whole, &mass, 0, 89);
}

fn poisson(mean: f64) -> impl Fn(f64) -> f64 {
    move |k| k * libm::log(mean) - mean - libm::lgamma(k + 1.0)
}

fn binomial(n: f64, p: f64) -> impl Fn(f64) -> f64 {
    move |k| {
        libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
            + k * libm::log(p)
            + (n - k) * libm::log1p(-p)
    }
}

#[test]
fn poisson_counts_have_their_probabilities() {
    for (mean, lo, hi, from, to) in [
        (0.4, 0.0, MAX, 0, 30),
        (7.0, 0.0, MAX, 0, 80),
        (7.0, 5.0, 9.0, 5, 9),
        (7.0, 60.0, MAX, 60, 200),
        (300.0, 0.0, 200.0, 100, 200),
        (5e4, 0.0, MAX, 47_000, 53_000),
    ] {
        for (tabled, count) in [(true, DRAWS), (false, SEARCHED)] {
            let law = Counts::new(Poisson { mean }, lo, hi, tabled).unwrap();
            counted_of(&format!("poisson {mean} in {lo}…{hi}"), &law, &poisson(mean), from, to, count);
        }
    }
    // Too many values for a table of theirs.
    let law = Counts::new(Poisson { mean: 4e7 }, 0.0, MAX, true).unwrap();
    counted("poisson 4e7", &law, &poisson(4e7), 39_930_000, 40_070_000);
    let law = Counts::new(Poisson { mean: 4e7 }, 4.001e7, MAX, true).unwrap();
    counted("poisson 4e7 above", &law, &poisson(4e7), 40_010_000, 40_070_000);
    assert!(Counts::new(Poisson { mean: 0.0 }, 1.0, MAX, true).is_none());
    assert_eq!(Counts::new(Poisson { mean: 0.0 }, 0.0, MAX, true).unwrap().at(0.9), 0.0);
}

#[test]
fn binomial_counts_have_their_probabilities() {
    for (n, p, lo, hi, from, to) in [
        (10.0, 0.3, 0.0, MAX, 0, 10),
        (1.0, 0.5, 0.0, MAX, 0, 1),
        (1000.0, 0.02, 0.0, MAX, 0, 120),
        (1000.0, 0.98, 990.0, MAX, 990, 1000),
        (50.0, 0.5, 40.0, 50.0, 40, 50),
        (1e6, 0.5, 0.0, MAX, 495_000, 505_000),
    ] {
        for (tabled, count) in [(true, DRAWS), (false, SEARCHED)] {
            let law = Counts::new(Binomial { n, p }, lo, hi, tabled).unwrap();
            counted_of(&format!("binomial {n} {p} in {lo}…{hi}"), &law, &binomial(n, p), from, to, count);
        }
    }
    let law = Counts::new(Binomial { n: 1e8, p: 0.3 }, 0.0, MAX, true).unwrap();
    counted("binomial 1e8", &law, &binomial(1e8, 0.3), 29_960_000, 30_040_000);
    for (p, k) in [(0.0, 0.0), (1.0, 9.0)] {
        assert_eq!(Counts::new(Binomial { n: 9.0, p }, 0.0, MAX, true).unwrap().at(0.5), k);
        assert!(Counts::new(Binomial { n: 9.0, p }, 3.0, 4.0, true).is_none());
    }
}

#[test]
fn geometric_and_zipf_have_their_probabilities() {
    for (p, lo, hi, from, to) in
        [(0.2, 1.0, MAX, 1, 300), (0.2, 3.0, 6.0, 3, 6), (0.001, 1.0, MAX, 1, 40_000), (0.9, 50.0, MAX, 50, 90)]
    {
        let law = Geometric::new(p, lo, hi).unwrap();
        counted(&format!("geometric {p}"), &law, &|k| (k - lo) * libm::log1p(-p), from, to);
    }
    assert_eq!(Geometric::new(1.0, 1.0, MAX).unwrap().at(0.99), 1.0);
    for (n, s) in [(10, 1.0), (5_000, 1.1), (200_000, 0.0), (1_000_000, 0.7), (1_000_000, 1.0), (1_000_000, 1.4)] {
        let law = Zipf::new(n, s).unwrap();
        counted(&format!("zipf {n} {s}"), &law, &|k| -s * libm::log(k), 1, n);
    }
}

#[test]
fn a_count_is_the_one_whose_probabilities_enclose_the_uniform() {
    // Every boundary of a law that is searched, against sums of its probabilities from its lower end.
    let law = Counts::new(Poisson { mean: 4e7 }, 39_990_000.0, 40_060_000.0, true).unwrap();
    let direct = Counts::new(Poisson { mean: 4e7 }, 39_990_000.0, 40_060_000.0, false).unwrap();
    let key = Seeds::new(3).key("t", "c", "value", 0);
    for row in 0..20_000 {
        assert_eq!(law.of_word(key.word(row)), direct.of_word(key.word(row)));
    }
    let law = Zipf::new(70_000, 0.9).unwrap();
    let weights: Vec<f64> = (1..=70_000).map(|k| libm::pow(f64::from(k), -0.9)).collect();
    let sum: f64 = weights.iter().sum();
    let mut running = 0.0;
    for (index, weight) in weights.iter().enumerate() {
        let middle = (running + 0.5 * weight) / sum;
        assert_eq!(law.at(middle), (index + 1) as f64);
        running += weight;
    }
}

/// The largest error in u of a table, and how much of the unit interval it leaves to inversion.
fn error_of(tails: impl Tails + Clone, lo: f64, hi: f64) -> (f64, f64) {
    let cut = Cut::new(tails.clone(), lo, hi).unwrap();
    let cubics = table::Cubics::of(&cut);
    let (cells, left_out) = cubics.size();
    assert!(cells < 5_000, "{cells}");
    let worst = (0..20_000_u32)
        .filter_map(|step| {
            let u = (f64::from(step) + 0.37) / 20_000.0;
            cubics.at(u).map(|x| (cut.share(x).0 - u).abs())
        })
        .fold(0.0, f64::max);
    (worst, left_out)
}

#[test]
fn tables_keep_their_error_and_leave_out_little() {
    for a in [0.2, 0.7, 1.0, 3.0, 50.0, 2_000.0, 1e5] {
        let (worst, left_out) = error_of(Gamma::new(a, 1.0), 0.0, MAX);
        assert!(worst < 2e-10 && left_out < 1e-3, "gamma {a}: {worst:e}, {left_out}");
    }
    for (a, b) in [(0.5, 0.5), (0.3, 4.0), (2.0, 2.0), (60.0, 3.0), (1.0, 1.0), (5_000.0, 5_000.0)] {
        let (worst, left_out) = error_of(Beta::new(a, b, 0.0, 1.0), 0.0, 1.0);
        assert!(worst < 2e-10 && left_out < 1e-2, "beta {a} {b}: {worst:e}, {left_out}");
    }
    for df in [0.8, 1.0, 3.0, 12.0, 500.0] {
        let (worst, left_out) = error_of(StudentT::new(df, 0.0, 1.0), -MAX, MAX);
        assert!(worst < 2e-10 && left_out < 1e-3, "t {df}: {worst:e}, {left_out}");
    }
}

/// A law's values at ascending uniforms stay inside and never decrease but by the last digits.
fn ascends(law: &impl Quantile, lo: f64, hi: f64, uniforms: &[f64]) {
    let mut before = lo;
    for u in uniforms {
        let x = law.at(*u);
        assert!(lo <= x && x <= hi, "{x} is not in {lo}…{hi}");
        assert!(x >= before - 1e-9 * before.abs().max(x.abs()), "{x} follows {before}");
        before = before.max(x);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn draws_stay_inside_and_ascend(
        shape in prop_oneof![0.05_f64..3.0, 3.0_f64..5_000.0],
        other in prop_oneof![0.05_f64..3.0, 3.0_f64..5_000.0],
        first in 0.0_f64..1.0,
        second in 0.0_f64..1.0,
        tabled in any::<bool>(),
        mut uniforms in prop::collection::vec(0.0_f64..1.0, 40),
    ) {
        uniforms.push(1.0 - f64::EPSILON / 2.0);
        uniforms.push(1.2e-16);
        uniforms.sort_by(f64::total_cmp);
        let (low, high) = (first.min(second), first.max(second));
        let span = |scale: f64| (low * scale * 3.0, high * scale * 3.0);
        let (lo, hi) = span(shape);
        if let Some(law) = Inverted::new(Gamma::new(shape, 1.0), lo, hi, tabled) {
            ascends(&law, lo, hi, &uniforms);
        }
        if let Some(law) = Inverted::new(Beta::new(shape, other, 0.0, 1.0), low, high, tabled) {
            ascends(&law, low, high, &uniforms);
        }
        if let Some(law) = Inverted::new(StudentT::new(shape, 1.0, 2.0), lo - 3.0, hi, tabled) {
            ascends(&law, lo - 3.0, hi, &uniforms);
        }
        ascends(&Weibull::new(shape, other, lo, hi), lo, hi, &uniforms);
        ascends(&Exponential::new(other, lo, hi), lo, hi, &uniforms);
        ascends(&Pareto::new(shape, 1.0, 1.0 + lo, 1.0 + hi), 1.0 + lo, 1.0 + hi, &uniforms);
        ascends(&LogNormal::new(other, shape, lo, hi), lo, hi, &uniforms);
        ascends(&Triangular::new(low, 0.5 * low + 0.5 * high, high), low, high, &uniforms);
        let (lo, hi) = (libm::floor(lo), libm::ceil(hi));
        if let Some(law) = Counts::new(Poisson { mean: shape }, lo, hi, tabled) {
            ascends(&law, lo, hi, &uniforms);
        }
        if let Some(law) = Counts::new(Binomial { n: libm::ceil(other), p: first }, lo, hi, tabled) {
            ascends(&law, lo, hi, &uniforms);
        }
        if let Some(law) = Geometric::new(second.max(1e-9), lo, hi) {
            ascends(&law, lo.max(1.0), hi, &uniforms);
        }
    }
}
