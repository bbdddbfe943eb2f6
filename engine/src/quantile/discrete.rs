//! Counts: Poisson, binomial and geometric distributions on an interval of whole numbers.
//!
//! Where one distribution serves many draws and has at most 65,536 values of any weight, a guide table over u64 thresholds (Chen & Asau 1974)
//! holds it; its weights come from the ratios of neighbours outwards from the likeliest value of the interval, so that an interval far in a
//! tail is as exact as one at the mode. Otherwise the search starts from the normal approximation, or from a cubic table of the continuous
//! distribution that passes through the probabilities, and is made exact by the distribution function.

use super::special::{beta_tails, binomial_mass, gamma_tails, poisson_mass};
use super::table::Cubics;
use super::tails::{Cut, Tail, Tails, root};
use super::{Quantile, normal_quantile};
use crate::random::Guide;

/// The most values of a table.
const MOST: usize = 65_536;

/// Weights below this part of the largest are below a word's resolution.
const NOTHING: f64 = 1e-22;

/// A distribution over whole numbers.
pub(crate) trait Count: Clone {
    /// Smallest and largest value.
    fn support(&self) -> (f64, f64);
    /// The likeliest value.
    fn mode(&self) -> f64;
    /// The probability of k + 1 by that of k.
    fn ratio(&self, k: f64) -> f64;
    /// The probability of k, continued to real numbers.
    fn mass(&self, k: f64) -> f64;
    /// The probabilities of at most k and of more, continued to real numbers.
    fn tails(&self, k: f64) -> (f64, f64);
    /// Mean, standard deviation and skewness.
    fn moments(&self) -> (f64, f64, f64);
}

/// Counts with a mean: how often a rare event happens.
#[derive(Clone, Copy, Debug)]
pub struct Poisson {
    /// At least 0.
    pub mean: f64,
}

impl Count for Poisson {
    fn support(&self) -> (f64, f64) {
        (0.0, if self.mean > 0.0 { f64::INFINITY } else { 0.0 })
    }

    fn mode(&self) -> f64 {
        libm::floor(self.mean)
    }

    fn ratio(&self, k: f64) -> f64 {
        self.mean / (k + 1.0)
    }

    fn mass(&self, k: f64) -> f64 {
        poisson_mass(k, self.mean)
    }

    fn tails(&self, k: f64) -> (f64, f64) {
        if k <= -1.0 {
            return (0.0, 1.0);
        }
        let (above, below) = gamma_tails(k + 1.0, self.mean);
        (below, above)
    }

    fn moments(&self) -> (f64, f64, f64) {
        let std = self.mean.sqrt();
        (self.mean, std, if std > 0.0 { 1.0 / std } else { 0.0 })
    }
}

/// Counts of successes in a number of trials.
#[derive(Clone, Copy, Debug)]
pub struct Binomial {
    /// Trials: a whole number.
    pub n: f64,
    /// The probability of a success.
    pub p: f64,
}

impl Count for Binomial {
    fn support(&self) -> (f64, f64) {
        (if self.p >= 1.0 { self.n } else { 0.0 }, if self.p <= 0.0 { 0.0 } else { self.n })
    }

    fn mode(&self) -> f64 {
        libm::floor((self.n + 1.0) * self.p).min(self.n)
    }

    fn ratio(&self, k: f64) -> f64 {
        (self.n - k) / (k + 1.0) * (self.p / (1.0 - self.p))
    }

    fn mass(&self, k: f64) -> f64 {
        binomial_mass(k, self.n - k, self.p, 1.0 - self.p)
    }

    fn tails(&self, k: f64) -> (f64, f64) {
        if k <= -1.0 {
            return (0.0, 1.0);
        }
        if k >= self.n {
            return (1.0, 0.0);
        }
        beta_tails(self.n - k, k + 1.0, 1.0 - self.p, self.p)
    }

    fn moments(&self) -> (f64, f64, f64) {
        let std = (self.n * self.p * (1.0 - self.p)).sqrt();
        (self.n * self.p, std, if std > 0.0 { (1.0 - 2.0 * self.p) / std } else { 0.0 })
    }
}

/// A distribution over whole numbers, cut to an interval.
#[derive(Clone, Debug)]
pub struct Counts<C> {
    way: Way<C>,
    lo: f64,
}

#[derive(Clone, Debug)]
enum Way<C> {
    /// One value alone.
    Sure,
    /// A table whose first entry is `Counts::lo`.
    Table(Guide),
    /// A search, and what it starts from.
    Search(Box<Cut<Between<C>>>, Option<Cubics>),
}

#[allow(private_bounds, reason = "the two distributions are all there are")]
impl<C: Count> Counts<C> {
    /// The distribution between `lo` and `hi`, with a table where it is to serve more than one draw. `None` where no value of the
    /// distribution lies between them.
    pub fn new(count: C, lo: f64, hi: f64, tabled: bool) -> Option<Counts<C>> {
        let (first, last) = count.support();
        let (lo, hi) = (lo.max(first), hi.min(last));
        if lo > hi {
            return None;
        }
        if lo == hi {
            return Some(Counts { way: Way::Sure, lo });
        }
        if tabled && let Some((from, guide)) = table(&count, lo, hi) {
            return Some(Counts { way: Way::Table(guide), lo: from });
        }
        // The value nearest to the mode is likeliest; where all the mass that a number can hold is there, so are all draws.
        let nearest = count.mode().max(lo).min(hi);
        // A continuous distribution that has the same probability below each whole number: the interval (lo − 1, hi].
        let Some(cut) = Cut::new(Between(count), lo - 1.0, hi) else {
            return Some(Counts { way: Way::Sure, lo: nearest });
        };
        let cubics = (tabled && !cut.is_flat()).then(|| Cubics::of(&cut));
        Some(Counts { way: Way::Search(Box::new(cut), cubics), lo })
    }
}

/// The weights from the first to the last value that has any, with that first value; `None` where they are too many.
fn table<C: Count>(count: &C, lo: f64, hi: f64) -> Option<(f64, Guide)> {
    let peak = count.mode().max(lo).min(hi);
    let (mut down, mut up) = (Vec::new(), vec![1.0]);
    let (mut k, mut weight) = (peak, 1.0);
    while k < hi {
        weight *= count.ratio(k);
        if weight < NOTHING {
            break;
        }
        up.push(weight);
        k += 1.0;
        if up.len() > MOST {
            return None;
        }
    }
    (k, weight) = (peak, 1.0);
    while k > lo {
        weight /= count.ratio(k - 1.0);
        if weight < NOTHING {
            break;
        }
        down.push(weight);
        k -= 1.0;
        if down.len() + up.len() > MOST {
            return None;
        }
    }
    down.reverse();
    down.append(&mut up);
    Guide::new(&down).map(|guide| (k, guide))
}

impl<C: Count> Quantile for Counts<C> {
    fn at(&self, u: f64) -> f64 {
        match &self.way {
            Way::Sure => self.lo,
            Way::Table(guide) => self.lo + guide.pick((u * 18_446_744_073_709_551_616.0) as u64) as f64,
            Way::Search(cut, cubics) => {
                if let Some(x) = cubics.as_ref().and_then(|cubics| cubics.at(u)) {
                    let k = libm::ceil(x);
                    // The table's error in u is a distance in x by the probability of a value; what is farther from both neighbours is sure.
                    let doubt = 4e-10 * cut.inside / cut.tails.0.mass(x) + 16.0 * f64::EPSILON * x;
                    if k - x > doubt && x - (k - 1.0) > doubt {
                        return k.max(cut.lo + 1.0).min(cut.hi);
                    }
                }
                let k = if cut.is_flat() {
                    libm::ceil(cut.at(u))
                } else {
                    match cut.tail(u) {
                        Tail::Below(p) => cut.tails.least_below(p),
                        Tail::Above(q) => cut.tails.least_above(q),
                    }
                };
                k.max(cut.lo + 1.0).min(cut.hi)
            }
        }
    }

    fn of_word(&self, word: u64) -> f64 {
        match &self.way {
            Way::Table(guide) => self.lo + guide.pick(word) as f64,
            _ => self.at(crate::random::open_unit(word)),
        }
    }
}

/// The continuous distribution whose probability below each whole number is that of a count: what cubics interpolate.
#[derive(Clone, Debug)]
struct Between<C>(C);

impl<C: Count> Between<C> {
    /// The approximation of Cornish & Fisher (1938) to the second order, as a whole number.
    fn near(&self, z: f64) -> f64 {
        let (mean, std, skewness) = self.0.moments();
        libm::rint(mean + std * (z + skewness * (z * z - 1.0) / 6.0))
    }

    /// The least whole number from which on `reached` holds: steps from `start`, by what is missing over the mass, inside a bracket.
    fn least(&self, start: f64, missing: impl Fn(f64) -> f64) -> f64 {
        let (first, last) = self.0.support();
        let (mut low, mut high) = (first - 1.0, last);
        let mut k = start.max(first).min(last);
        for step in 0..400 {
            let gap = missing(k);
            if gap <= 0.0 {
                high = k;
            } else {
                low = k;
            }
            if high - low <= 1.0 {
                break;
            }
            let stride = libm::rint(gap / self.0.mass(k));
            let next =
                k + if stride == 0.0 || !stride.is_finite() { if gap <= 0.0 { -1.0 } else { 1.0 } } else { stride };
            let middle = if high == f64::INFINITY { 2.0 * low + 2.0 } else { libm::floor(0.5 * low + 0.5 * high) };
            k = if next > low && next < high && step % 16 != 15 { next } else { middle };
            if k <= low || k >= high {
                k = low + 1.0;
            }
        }
        high
    }

    /// The least whole number with at least probability p below or at it.
    fn least_below(&self, p: f64) -> f64 {
        self.least(self.near(normal_quantile(p)), |k| p - self.0.tails(k).0)
    }

    /// The least whole number with at most probability q above it.
    fn least_above(&self, q: f64) -> f64 {
        self.least(self.near(-normal_quantile(q)), |k| self.0.tails(k).1 - q)
    }
}

impl<C: Count> Tails for Between<C> {
    fn below(&self, x: f64) -> f64 {
        self.0.tails(x).0
    }

    fn above(&self, x: f64) -> f64 {
        self.0.tails(x).1
    }

    fn density(&self, x: f64) -> f64 {
        self.0.mass(x + 0.5)
    }

    fn lower(&self, p: f64) -> f64 {
        let k = self.least_below(p);
        root(k - 1.0, k, k - 0.5, |x| {
            let below = self.0.tails(x).0;
            (libm::log(below / p), self.0.mass(x + 0.5) / below)
        })
    }

    fn upper(&self, q: f64) -> f64 {
        let k = self.least_above(q);
        root(k - 1.0, k, k - 0.5, |x| {
            let above = self.0.tails(x).1;
            (libm::log(q / above), self.0.mass(x + 0.5) / above)
        })
    }
}

/// The trial of the first success, from 1.
#[derive(Clone, Copy, Debug)]
pub struct Geometric {
    /// −ln(1 − p).
    rate: f64,
    /// The probability that the success falls into the interval.
    mass: f64,
    lo: f64,
    hi: f64,
}

impl Geometric {
    /// The geometric distribution of probability `p`, above 0 and at most 1, between the whole numbers `lo` and `hi`; `None` where it has
    /// no value there.
    pub fn new(p: f64, lo: f64, hi: f64) -> Option<Geometric> {
        let lo = lo.max(1.0);
        if lo > hi || p >= 1.0 && lo > 1.0 {
            return None;
        }
        let rate = -libm::log1p(-p);
        Some(Geometric { rate, mass: -libm::expm1(-rate * (hi - lo + 1.0)), lo, hi })
    }
}

impl Quantile for Geometric {
    fn at(&self, u: f64) -> f64 {
        // Without memory: what lies beyond the lower bound is distributed as the whole.
        (self.lo + libm::floor(-libm::log1p(-u * self.mass) / self.rate)).min(self.hi)
    }
}
