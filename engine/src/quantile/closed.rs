//! Distributions whose truncated quantile function has a closed form. Each is written so that no probability is subtracted from another
//! that is nearly equal: intervals may be narrow, and lie as far out as they like.

use super::{Quantile, TruncatedNormal};

/// The share `u` of an exponential distribution of mean 1 on [0, `width`]: −ln(1 − u·(1 − e^−width)).
#[derive(Clone, Copy, Debug, PartialEq)]
struct Decay {
    mass: f64,
}

impl Decay {
    fn over(width: f64) -> Decay {
        Decay { mass: -libm::expm1(-width) }
    }

    #[inline]
    fn at(self, u: f64) -> f64 {
        -libm::log1p(-u * self.mass)
    }
}

/// The waiting time with a mean, between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    mean: f64,
    lo: f64,
    hi: f64,
    decay: Decay,
}

impl Exponential {
    /// The exponential distribution of this mean, above 0, between `lo` and `hi`; it begins at 0.
    pub fn new(mean: f64, lo: f64, hi: f64) -> Exponential {
        let lo = lo.max(0.0);
        Exponential { mean, lo, hi, decay: Decay::over((hi - lo) / mean) }
    }
}

impl Quantile for Exponential {
    fn at(&self, u: f64) -> f64 {
        (self.lo + self.mean * self.decay.at(u)).min(self.hi)
    }
}

/// A power of a waiting time (Weibull 1951), between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weibull {
    scale: f64,
    power: f64,
    from: f64,
    lo: f64,
    hi: f64,
    decay: Decay,
}

impl Weibull {
    /// The Weibull distribution of this shape and scale, both above 0, between `lo` and `hi`; it begins at 0.
    pub fn new(shape: f64, scale: f64, lo: f64, hi: f64) -> Weibull {
        let lo = lo.max(0.0);
        // Beyond f64 the cumulated hazard of the lower bound leaves all the mass there.
        let from = libm::pow(lo / scale, shape).min(f64::MAX);
        let width = (libm::pow(hi / scale, shape) - from).max(0.0);
        Weibull { scale, power: 1.0 / shape, from, lo, hi, decay: Decay::over(width) }
    }
}

impl Quantile for Weibull {
    fn at(&self, u: f64) -> f64 {
        (self.scale * libm::pow(self.from + self.decay.at(u), self.power)).max(self.lo).min(self.hi)
    }
}

/// The power law of Pareto (1896), between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pareto {
    power: f64,
    lo: f64,
    hi: f64,
    decay: Decay,
}

impl Pareto {
    /// The Pareto distribution whose survival function is (scale / x)^alpha from `scale` on, between `lo` and `hi`.
    pub fn new(alpha: f64, scale: f64, lo: f64, hi: f64) -> Pareto {
        let lo = lo.max(scale);
        Pareto { power: 1.0 / alpha, lo, hi, decay: Decay::over(alpha * (libm::log(hi) - libm::log(lo)).max(0.0)) }
    }
}

impl Quantile for Pareto {
    fn at(&self, u: f64) -> f64 {
        (self.lo * libm::exp(self.power * self.decay.at(u))).min(self.hi)
    }
}

/// A number whose logarithm is normal, between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogNormal {
    logarithm: TruncatedNormal,
    lo: f64,
    hi: f64,
}

impl LogNormal {
    /// The distribution of e^Z, Z normal with mean ln `median` and standard deviation `sigma`, between `lo` and `hi`.
    pub fn new(median: f64, sigma: f64, lo: f64, hi: f64) -> LogNormal {
        let lo = lo.max(0.0);
        // The logarithm of zero is −∞, which binds nothing.
        let logarithm = TruncatedNormal::new(libm::log(median), sigma, libm::log(lo), libm::log(hi));
        LogNormal { logarithm, lo, hi }
    }
}

impl Quantile for LogNormal {
    fn at(&self, u: f64) -> f64 {
        libm::exp(self.logarithm.at(u)).max(self.lo).min(self.hi)
    }
}

/// A density that rises straight to a mode and falls straight to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Triangular {
    min: f64,
    mode: f64,
    max: f64,
}

impl Triangular {
    /// The triangular distribution of these three; the mode lies between the others.
    pub fn new(min: f64, mode: f64, max: f64) -> Triangular {
        Triangular { min, mode: mode.max(min).min(max), max }
    }
}

impl Quantile for Triangular {
    fn at(&self, u: f64) -> f64 {
        let width = self.max - self.min;
        let rising = self.mode - self.min;
        if u * width < rising {
            (self.min + (u * width).sqrt() * rising.sqrt()).min(self.mode)
        } else {
            (self.max - ((1.0 - u) * width).sqrt() * (self.max - self.mode).sqrt()).max(self.mode)
        }
    }
}

/// Bins of even density, each with a weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    edges: Vec<f64>,
    /// The share of the weights below each edge.
    shares: Vec<f64>,
    whole: bool,
}

impl Histogram {
    /// The bins between ascending `edges`, with one weight fewer than there are edges, none below 0 and their sum above 0. With `whole` the
    /// edges are whole and so are the values; a bin then holds its lower edge and not its upper one.
    pub fn new(edges: Vec<f64>, weights: &[f64], whole: bool) -> Option<Histogram> {
        let (weights, sum) = crate::random::proportions(weights)?;
        if edges.len() != weights.len() + 1 {
            return None;
        }
        let mut running = 0.0;
        let mut shares = vec![0.0];
        shares.extend(weights.iter().map(|weight| {
            running += weight;
            (running / sum).min(1.0)
        }));
        // What rounding leaves belongs to the last bin that weighs anything.
        let last = weights.iter().rposition(|weight| *weight > 0.0)?;
        shares[last + 1..].fill(1.0);
        Some(Histogram { edges, shares, whole })
    }
}

impl Quantile for Histogram {
    fn at(&self, u: f64) -> f64 {
        // The first bin whose upper share exceeds u; those without weight are passed over.
        let bin = self.shares[1..].partition_point(|share| *share <= u).min(self.shares.len() - 2);
        let (from, to) = (self.edges[bin], self.edges[bin + 1]);
        let span = self.shares[bin + 1] - self.shares[bin];
        let inside = if span > 0.0 { ((u - self.shares[bin]) / span).clamp(0.0, 1.0) } else { 1.0 };
        let x = (from * (1.0 - inside) + to * inside).clamp(from, to);
        if self.whole { libm::floor(x).min(to - 1.0) } else { x }
    }

    fn gaps(&self) -> Vec<(f64, f64)> {
        let empty = |bin: &usize| self.shares[*bin] == self.shares[bin + 1];
        (0..self.edges.len() - 1).filter(empty).map(|bin| (self.edges[bin], self.edges[bin + 1] - 1.0)).collect()
    }
}
