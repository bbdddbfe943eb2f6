//! Densities and tail probabilities of gamma and beta distributions, with a small relative error in both tails.
//!
//! Densities are taken in saddle-point form (Loader 2000), which does not cancel for large parameters. Tails are the series and continued
//! fractions of Abramowitz & Stegun (1964), 6.5.29, 6.5.31 and 26.5.8, evaluated by Lentz's method; where their number of terms would grow
//! with the parameters, the density is integrated instead (Gauss–Legendre, 16 points a standard deviation).

use std::f64::consts::PI;

/// From this parameter on tails are integrated.
const LARGE: f64 = 3_000.0;

/// ln Γ(x + 1) less Stirling's ½·ln(2πx) + x·ln x − x, for x above 0.
fn stirling_error(x: f64) -> f64 {
    if x > 16.0 {
        let square = x * x;
        let tail = 1.0 / 1_260.0 - (1.0 / 1_680.0 - 1.0 / 1_188.0 / square) / square;
        return (1.0 / 12.0 - (1.0 / 360.0 - tail / square) / square) / x;
    }
    libm::lgamma(x + 1.0) - 0.5 * libm::log(2.0 * PI * x) - x * libm::log(x) + x
}

/// x·ln(x/m) + m − x, which is 0 where both are equal and never below.
fn deviance(x: f64, m: f64) -> f64 {
    let (difference, sum) = (x - m, x + m);
    if difference.abs() >= 0.1 * sum {
        return x * libm::log(x / m) - difference;
    }
    let v = difference / sum;
    let mut power = 2.0 * x * v;
    let mut total = difference * v;
    for odd in 1..50 {
        power *= v * v;
        let next = total + power / f64::from(2 * odd + 1);
        if next == total {
            break;
        }
        total = next;
    }
    total
}

/// m^x·e^−m / Γ(x + 1): the probability of the count x under a Poisson distribution of mean m, for any real x of at least 0.
pub(super) fn poisson_mass(x: f64, m: f64) -> f64 {
    if x <= 0.0 {
        return libm::exp(-m);
    }
    if m <= 0.0 {
        return 0.0;
    }
    libm::exp(-stirling_error(x) - deviance(x, m)) / (2.0 * PI * x).sqrt()
}

/// Γ(n + 1) / (Γ(a + 1)·Γ(b + 1))·x^a·y^b, n = a + b, x + y = 1: the probability of a successes and b failures, for any real ones.
pub(super) fn binomial_mass(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    if a <= 0.0 {
        return libm::exp(b * if x < 0.5 { libm::log1p(-x) } else { libm::log(y) });
    }
    if b <= 0.0 {
        return libm::exp(a * if y < 0.5 { libm::log1p(-y) } else { libm::log(x) });
    }
    if x <= 0.0 || y <= 0.0 {
        return 0.0;
    }
    let exponent = stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
    libm::exp(exponent) * (n / (2.0 * PI * a * b)).sqrt()
}

/// x^a·y^b / B(a, b): the density of the beta distribution times x·y.
pub(super) fn beta_front(a: f64, b: f64, x: f64, y: f64) -> f64 {
    binomial_mass(a, b, x, y) * (a * b / (a + b))
}

/// The probabilities below and above x of the gamma distribution of shape a and scale 1.
pub(super) fn gamma_tails(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x == f64::INFINITY {
        return (1.0, 0.0);
    }
    if a > LARGE {
        let density = |t: f64| if t > 0.0 { poisson_mass(a, t) * (a / t) } else { 0.0 };
        return integrated(x, a, a.sqrt(), density);
    }
    let front = poisson_mass(a, x);
    if front == 0.0 {
        return if x < a { (0.0, 1.0) } else { (1.0, 0.0) };
    }
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0, 1.0);
        let mut n = a;
        for _ in 0..100_000 {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        let lower = (front * sum).min(1.0);
        return (lower, 1.0 - lower);
    }
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for n in 1..100_000 {
        let n = f64::from(n);
        let numerator = -n * (n - a);
        b += 2.0;
        d = 1.0 / nonzero(numerator * d + b);
        c = nonzero(b + numerator / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    let upper = (front * a * fraction).min(1.0);
    (1.0 - upper, upper)
}

/// The probabilities below and above x of the beta distribution of shapes a and b; `y` is 1 − x with digits of its own.
pub(super) fn beta_tails(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    if a > LARGE && b > LARGE {
        // Along the side that is nearer to its end, so that both x and y keep their digits.
        if a > b {
            let (lower, upper) = beta_tails(b, a, y, x);
            return (upper, lower);
        }
        let n = a + b;
        let std = (a * b / n / n / (n + 1.0)).sqrt();
        let density = |t: f64| {
            if t > 0.0 && t < 1.0 { beta_front(a, b, t, 1.0 - t) / (t * (1.0 - t)) } else { 0.0 }
        };
        return integrated(x, a / n, std, density);
    }
    if x * (a + b + 2.0) < a + 1.0 {
        let lower = (beta_front(a, b, x, y) / a * beta_fraction(a, b, x)).min(1.0);
        (lower, 1.0 - lower)
    } else {
        let upper = (beta_front(a, b, x, y) / b * beta_fraction(b, a, y)).min(1.0);
        (1.0 - upper, upper)
    }
}

/// The continued fraction of the incomplete beta function.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..100_000 {
        let m = f64::from(m);
        let twice = a + 2.0 * m;
        let even = m * (b - m) * x / ((twice - 1.0) * twice);
        let odd = -(a + m) * (a + b + m) * x / (twice * (twice + 1.0));
        d = 1.0 / nonzero(1.0 + even * d);
        c = nonzero(1.0 + even / c);
        fraction *= d * c;
        d = 1.0 / nonzero(1.0 + odd * d);
        c = nonzero(1.0 + odd / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// A denominator that can be divided by.
fn nonzero(value: f64) -> f64 {
    if value.abs() < 1e-300 { 1e-300 } else { value }
}

/// The probabilities below and above x, by integrating the density outwards from x on its own side of the mean.
fn integrated(x: f64, mean: f64, std: f64, density: impl Fn(f64) -> f64) -> (f64, f64) {
    let outwards = if x < mean { -std } else { std };
    let mut tail = 0.0;
    let mut from = x;
    for _ in 0..64 {
        let centre = from + 0.5 * outwards;
        let half = 0.5 * std;
        let panel = NODES.iter().fold(0.0, |sum, (node, weight)| {
            sum + weight * (density(centre - half * node) + density(centre + half * node))
        }) * half;
        tail += panel;
        if panel <= tail * 1e-17 {
            break;
        }
        from += outwards;
    }
    let tail = tail.min(1.0);
    if x < mean { (tail, 1.0 - tail) } else { (1.0 - tail, tail) }
}

/// Gauss–Legendre: the positive roots of the 16th Legendre polynomial, and their weights.
#[allow(clippy::excessive_precision, reason = "computed to 18 digits")]
const NODES: [(f64, f64); 8] = [
    (0.095_012_509_837_637_440_2, 0.189_450_610_455_068_496),
    (0.281_603_550_779_258_913, 0.182_603_415_044_923_589),
    (0.458_016_777_657_227_386, 0.169_156_519_395_002_538),
    (0.617_876_244_402_643_748, 0.149_595_988_816_576_732),
    (0.755_404_408_355_003_034, 0.124_628_971_255_533_872),
    (0.865_631_202_387_831_744, 0.095_158_511_682_492_784_8),
    (0.944_575_023_073_232_576, 0.062_253_523_938_647_892_9),
    (0.989_400_934_991_649_933, 0.027_152_459_411_754_094_9),
];
