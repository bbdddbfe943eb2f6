//! Distributions whose quantile function has no closed form: gamma, beta and Student's t, by their tails.

use super::special::{beta_front, beta_tails, gamma_tails, poisson_mass};
use super::table::Cubics;
use super::{Quantile, normal_quantile};

/// A continuous distribution by its tails.
pub(super) trait Tails {
    /// The probability below `x`.
    fn below(&self, x: f64) -> f64;
    /// The probability above `x`.
    fn above(&self, x: f64) -> f64;
    /// The density at `x`.
    fn density(&self, x: f64) -> f64;
    /// Where [`Tails::below`] is `p`, at most one half.
    fn lower(&self, p: f64) -> f64;
    /// Where [`Tails::above`] is `q`, at most one half.
    fn upper(&self, q: f64) -> f64;
}

/// Probabilities below this are too near to the smallest number to be divided.
const FAINT: f64 = 1e-290;

/// Where an interval holds a smaller part of the tail that begins with it, its quantiles are too few to be told apart.
const NARROW: f64 = 1e-7;

/// A tail by its probability.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tail {
    Below(f64),
    Above(f64),
}

/// A distribution of [`Tails`] cut to an interval.
#[derive(Clone, Debug)]
pub(super) struct Cut<T> {
    pub tails: T,
    pub lo: f64,
    pub hi: f64,
    pub below: f64,
    pub inside: f64,
    pub above: f64,
    /// The interval is so narrow that the density is the same all over it.
    flat: bool,
}

impl<T: Tails> Cut<T> {
    /// `None` where the interval has no mass that is a number.
    pub fn new(tails: T, lo: f64, hi: f64) -> Option<Cut<T>> {
        if lo == hi {
            return Some(Cut { tails, lo, hi, below: 0.0, inside: 1.0, above: 0.0, flat: true });
        }
        let (below, above) = (tails.below(lo), tails.above(hi));
        let (above_lo, below_hi) = (tails.above(lo), tails.below(hi));
        let (inside, tail) = if above_lo <= 0.5 {
            (above_lo - above, above_lo)
        } else if below_hi <= 0.5 {
            (below_hi - below, below_hi)
        } else {
            (1.0 - below - above, 0.5)
        };
        let flat = inside < tail * NARROW && {
            let (first, last) = (tails.density(lo), tails.density(hi));
            first > 0.0 && (last / first - 1.0).abs() < 1e-3
        };
        (flat || inside > FAINT).then_some(Cut { tails, lo, hi, below, inside, above, flat })
    }

    /// The value below which the share `u` of the interval lies.
    pub fn at(&self, u: f64) -> f64 {
        let x = if self.flat {
            self.lo * (1.0 - u) + self.hi * u
        } else {
            match self.tail(u) {
                Tail::Below(p) => self.tails.lower(p),
                Tail::Above(q) => self.tails.upper(q),
            }
        };
        x.max(self.lo).min(self.hi)
    }

    /// The tail that ends at the share `u` of the interval, the smaller of both.
    pub fn tail(&self, u: f64) -> Tail {
        let p = self.below + u * self.inside;
        if p <= 0.5 {
            Tail::Below(p)
        } else {
            // Beyond the median the survival function keeps the digits that p loses against 1.
            Tail::Above((self.above + (1.0 - u) * self.inside).min(0.5))
        }
    }

    /// The share of the interval below `x`, and the derivative of its inverse there.
    pub fn share(&self, x: f64) -> (f64, f64) {
        let below = self.tails.below(x);
        let share = if below <= 0.5 { below - self.below } else { self.inside - (self.tails.above(x) - self.above) };
        (share / self.inside, self.inside / self.tails.density(x))
    }

    /// Whether the density is the same all over the interval, so that the share itself is all there is to find.
    pub fn is_flat(&self) -> bool {
        self.flat
    }
}

/// The quantile function of gamma, beta or Student's t on an interval: inverted for each draw, or by a table made once.
#[derive(Clone, Debug)]
pub struct Inverted<T> {
    cut: Cut<T>,
    cubics: Option<Cubics>,
}

#[allow(private_bounds, reason = "the three distributions are all there are")]
impl<T: Tails> Inverted<T> {
    /// The distribution between `lo` and `hi`, with a table where it is to serve more than one draw. `None` where the interval has no mass
    /// that is a number.
    pub fn new(tails: T, lo: f64, hi: f64, tabled: bool) -> Option<Inverted<T>> {
        let cut = Cut::new(tails, lo, hi)?;
        let cubics = (tabled && !cut.is_flat()).then(|| Cubics::of(&cut));
        Some(Inverted { cut, cubics })
    }
}

impl<T: Tails> Quantile for Inverted<T> {
    fn at(&self, u: f64) -> f64 {
        // What the table leaves out, the far tails above all, is inverted.
        self.cubics.as_ref().and_then(|cubics| cubics.at(u)).unwrap_or_else(|| self.cut.at(u))
    }
}

/// A logarithm of two probabilities' ratio that Newton's next step makes vanish, since it squares what is left.
const CLOSE: f64 = 1e-8;

/// The root of an increasing function between `low` and `high`: Newton's method, kept inside a bracket that it narrows. The function gives
/// its value, the logarithm of a ratio of probabilities, and its slope.
pub(super) fn root(mut low: f64, mut high: f64, start: f64, function: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut x = if start > low && start < high { start } else { 0.5 * low + 0.5 * high };
    for step in 0..200 {
        let (value, slope) = function(x);
        if value == 0.0 {
            return x;
        }
        if value > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let newton = x - value / slope;
        // A step that leaves the bracket, or one too many, halves it.
        let next = if newton > low && newton < high && step % 16 != 15 { newton } else { 0.5 * low + 0.5 * high };
        let done = value.abs() < CLOSE && next == newton;
        if done || (next - x).abs() <= 2.0 * f64::EPSILON * x.abs() || next == low || next == high {
            return next;
        }
        x = next;
    }
    x
}

/// Logarithms of the smallest and the largest number that are looked at.
const LOGARITHMS: (f64, f64) = (-740.0, 709.7);

/// The gamma distribution.
#[derive(Clone, Copy, Debug)]
pub struct Gamma {
    shape: f64,
    scale: f64,
}

impl Gamma {
    /// Of this shape and scale, both above 0.
    pub fn new(shape: f64, scale: f64) -> Gamma {
        Gamma { shape, scale }
    }

    /// The approximation of Wilson & Hilferty (1931) at a normal quantile.
    fn near(&self, z: f64) -> f64 {
        let ninth = 1.0 / (9.0 * self.shape);
        let root = 1.0 - ninth + z * ninth.sqrt();
        self.shape * root * root * root
    }
}

impl Tails for Gamma {
    fn below(&self, x: f64) -> f64 {
        gamma_tails(self.shape, x / self.scale).0
    }

    fn above(&self, x: f64) -> f64 {
        gamma_tails(self.shape, x / self.scale).1
    }

    fn density(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return if self.shape > 1.0 {
                0.0
            } else if self.shape < 1.0 {
                f64::INFINITY
            } else {
                1.0 / self.scale
            };
        }
        poisson_mass(self.shape, x / self.scale) * self.shape / x
    }

    fn lower(&self, p: f64) -> f64 {
        if p <= 0.0 {
            return 0.0;
        }
        let a = self.shape;
        let logarithm = libm::log(p);
        // P(x) is below x^a / Γ(a + 1), and near it where x is small.
        let least = (logarithm + libm::lgamma(a + 1.0)) / a;
        if least < LOGARITHMS.0 {
            return self.scale * libm::exp(least);
        }
        let near = self.near(normal_quantile(p));
        let start = if near > 0.0 { libm::log(near).max(least + 1e-9) } else { least + 1e-9 };
        let y = root(least - 1e-9 * least.abs().max(1.0), LOGARITHMS.1, start, |y| {
            let x = libm::exp(y);
            let below = gamma_tails(a, x).0;
            (libm::log(below) - logarithm, poisson_mass(a, x) * a / below)
        });
        self.scale * libm::exp(y)
    }

    fn upper(&self, q: f64) -> f64 {
        if q <= 0.0 {
            return f64::INFINITY;
        }
        let a = self.shape;
        let logarithm = libm::log(q);
        let near = self.near(-normal_quantile(q));
        let start = libm::log(if near > 1e-3 * a { near } else { 1e-3 * a });
        let y = root(LOGARITHMS.0, LOGARITHMS.1, start, |y| {
            let x = libm::exp(y);
            let above = gamma_tails(a, x).1;
            if above <= 0.0 {
                return (f64::MAX, 1.0);
            }
            (logarithm - libm::log(above), poisson_mass(a, x) * a / above)
        });
        self.scale * libm::exp(y)
    }
}

/// The beta distribution, stretched over an interval.
#[derive(Clone, Copy, Debug)]
pub struct Beta {
    a: f64,
    b: f64,
    from: f64,
    width: f64,
}

impl Beta {
    /// Of shapes a and b, both above 0, from `from` to `to`.
    pub fn new(a: f64, b: f64, from: f64, to: f64) -> Beta {
        Beta { a, b, from, width: to - from }
    }

    fn unit(&self, x: f64) -> f64 {
        ((x - self.from) / self.width).clamp(0.0, 1.0)
    }
}

impl Tails for Beta {
    fn below(&self, x: f64) -> f64 {
        let x = self.unit(x);
        beta_tails(self.a, self.b, x, 1.0 - x).0
    }

    fn above(&self, x: f64) -> f64 {
        let x = self.unit(x);
        beta_tails(self.a, self.b, x, 1.0 - x).1
    }

    fn density(&self, x: f64) -> f64 {
        let x = self.unit(x);
        beta_front(self.a, self.b, x, 1.0 - x) / (x * (1.0 - x) * self.width)
    }

    fn lower(&self, p: f64) -> f64 {
        self.from + self.width * beta_lower(self.a, self.b, p).0
    }

    fn upper(&self, q: f64) -> f64 {
        let (x, rest) = beta_lower(self.b, self.a, q);
        // The distance from the upper end, or from the lower one where that is nearer.
        if x < 0.5 { (self.from + self.width) - self.width * x } else { self.from + self.width * rest }
    }
}

/// Where the beta distribution of shapes a and b has probability `p` below, at most one half, and the rest to 1.
fn beta_lower(a: f64, b: f64, p: f64) -> (f64, f64) {
    if p <= 0.0 {
        return (0.0, 1.0);
    }
    let logarithm = libm::log(p);
    // For small x the probability is x^a / (a·B(a, b)).
    let small = (logarithm + libm::log(a) + libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)) / a;
    if small < LOGARITHMS.0 {
        let x = libm::exp(small);
        return (x, 1.0 - x);
    }
    // The normal approximation of the logit; for shapes that are not large it only has to be near.
    let logit = libm::log(a / b) + normal_quantile(p) * (1.0 / a + 1.0 / b).sqrt();
    let start = if a > 1.0 && b > 1.0 { -libm::log1p(libm::exp(-logit)) } else { small.min(-0.7) };
    let y = root(LOGARITHMS.0 - 10.0, 0.0, start, |y| {
        let (x, rest) = (libm::exp(y), -libm::expm1(y));
        let below = beta_tails(a, b, x, rest).0;
        if below <= 0.0 {
            return (f64::MIN, 1.0);
        }
        (libm::log(below) - logarithm, beta_front(a, b, x, rest) / (rest * below))
    });
    (libm::exp(y), -libm::expm1(y))
}

/// Student's t distribution, with a location and a scale.
#[derive(Clone, Copy, Debug)]
pub struct StudentT {
    df: f64,
    mean: f64,
    scale: f64,
}

impl StudentT {
    /// Of `df` degrees of freedom around `mean`, `scale` wide; df and scale above 0.
    pub fn new(df: f64, mean: f64, scale: f64) -> StudentT {
        StudentT { df, mean, scale }
    }

    /// The probability above t, at least 0, of the standard form.
    fn tail(&self, t: f64) -> f64 {
        let (x, y) = self.parts(t);
        0.5 * beta_tails(0.5 * self.df, 0.5, x, y).0
    }

    /// df/(df + t²) and t²/(df + t²).
    fn parts(&self, t: f64) -> (f64, f64) {
        let ratio = t / self.df.sqrt();
        let square = ratio * ratio;
        (1.0 / (1.0 + square), if square > 1e300 { 1.0 } else { square / (1.0 + square) })
    }

    fn peak(&self, t: f64) -> f64 {
        // The density is flat at the mode, where its form is 0/0.
        let t = t.max(1e-100);
        let (x, y) = self.parts(t);
        beta_front(0.5 * self.df, 0.5, x, y) / t
    }

    /// Where [`StudentT::tail`] is q, at most one half.
    fn quantile(&self, q: f64) -> f64 {
        if q <= 0.0 {
            return f64::INFINITY;
        }
        if q >= 0.5 {
            return 0.0;
        }
        let df = self.df;
        let logarithm = libm::log(q);
        let beta = libm::lgamma(0.5 * df) + libm::lgamma(0.5) - libm::lgamma(0.5 * df + 0.5);
        // Far out the tail is a power: (t²/df)^(−df/2) / (df·B(df/2, ½)).
        let far = 0.5 * libm::log(df) - (logarithm + libm::log(df) + beta) / df;
        if far - 0.5 * libm::log(df) > 20.0 {
            return libm::exp(far);
        }
        let z = -normal_quantile(q);
        if q > 0.2 {
            let function = |t: f64| {
                let tail = self.tail(t);
                (logarithm - libm::log(tail), self.peak(t) / tail)
            };
            return root(0.0, 1e30, z * (1.0 + (z * z + 1.0) / (4.0 * df.max(1.0))), function);
        }
        let near = libm::log(z * (1.0 + (z * z + 1.0) / (4.0 * df)));
        let start = if z * z < df { near } else { far };
        let y = root(-60.0, LOGARITHMS.1, start, |y| {
            let t = libm::exp(y);
            let tail = self.tail(t);
            if tail <= 0.0 {
                return (f64::MAX, 1.0);
            }
            (logarithm - libm::log(tail), self.peak(t) * t / tail)
        });
        libm::exp(y)
    }

    fn standard(&self, x: f64) -> f64 {
        (x - self.mean) / self.scale
    }
}

impl Tails for StudentT {
    fn below(&self, x: f64) -> f64 {
        let t = self.standard(x);
        if t < 0.0 { self.tail(-t) } else { 1.0 - self.tail(t) }
    }

    fn above(&self, x: f64) -> f64 {
        let t = self.standard(x);
        if t > 0.0 { self.tail(t) } else { 1.0 - self.tail(-t) }
    }

    fn density(&self, x: f64) -> f64 {
        self.peak(self.standard(x).abs()) / self.scale
    }

    fn lower(&self, p: f64) -> f64 {
        self.mean - self.scale * self.quantile(p)
    }

    fn upper(&self, q: f64) -> f64 {
        self.mean + self.scale * self.quantile(q)
    }
}
