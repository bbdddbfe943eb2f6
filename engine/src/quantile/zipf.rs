//! Ranks by Zipf's law.

use super::Quantile;
use crate::random::{Guide, open_unit};

/// Ranks that have a table.
const HEAD: u64 = 65_536;

/// The ranks 1 to n with probabilities in proportion to k^−s. The first 65,536 have a table; those beyond it are found from the integral of
/// the law with its correction by Euler and Maclaurin, which leaves an error below the last digit of a sum there. One word a rank, monotone.
#[derive(Clone, Debug)]
pub struct Zipf {
    /// The weights of the first ranks and, last, of all beyond them.
    guide: Guide,
    tail: Option<Tail>,
    n: f64,
}

#[derive(Clone, Copy, Debug)]
struct Tail {
    s: f64,
    /// The share of the ranks of the table.
    head: f64,
    /// The weight of the ranks beyond it, in units of `from`^(1 − s).
    weight: f64,
    /// Half a rank beyond the table.
    from: f64,
}

impl Tail {
    /// The integral of x^−s from `from` to y, in units of `from`^(1 − s).
    fn integral(&self, y: f64) -> f64 {
        let logarithm = libm::log(y / self.from);
        let power = 1.0 - self.s;
        if power == 0.0 { logarithm } else { libm::expm1(power * logarithm) / power }
    }

    /// Where the integral is `v`.
    fn inverse(&self, v: f64) -> f64 {
        let power = 1.0 - self.s;
        let logarithm = if power == 0.0 { v } else { libm::log1p((power * v).max(-1.0)) / power };
        self.from * libm::exp(logarithm)
    }

    /// The slope of x^−s at y, in the same units.
    fn slope(&self, y: f64) -> f64 {
        -self.s * libm::pow(y / self.from, -self.s - 1.0) / (self.from * self.from)
    }

    /// The weight of the ranks beyond the table whose upper half lies below y.
    fn sum(&self, y: f64) -> f64 {
        self.integral(y) - (self.slope(y) - self.slope(self.from)) / 24.0
    }

    fn rank(&self, share: f64) -> f64 {
        let v = share * self.weight;
        let y = self.inverse(v);
        let density = libm::pow(y / self.from, -self.s) / self.from;
        let corrected = y - (self.sum(y) - v) / density;
        libm::ceil(if corrected.is_finite() { corrected } else { y } - 0.5)
    }
}

impl Zipf {
    /// The law of exponent `s`, at least 0, over `n` ranks, at least one. `None` where the weights add up to no number.
    pub fn new(n: u64, s: f64) -> Option<Zipf> {
        let head = n.min(HEAD);
        let mut weights: Vec<f64> = (1..=head).map(|rank| libm::pow(rank as f64, -s)).collect();
        let mut tail = None;
        if n > HEAD {
            let sum = weights.iter().rev().fold(0.0, |sum, weight| sum + weight);
            let from = HEAD as f64 + 0.5;
            let bare = Tail { s, head: 1.0, weight: 0.0, from };
            let weight = bare.sum(n as f64 + 0.5);
            let beyond = weight * libm::pow(from, 1.0 - s);
            weights.push(beyond);
            tail = Some(Tail { head: sum / (sum + beyond), weight, ..bare });
        }
        Some(Zipf { guide: Guide::new(&weights)?, tail, n: n as f64 })
    }
}

impl Quantile for Zipf {
    fn at(&self, u: f64) -> f64 {
        self.of_word((u * 18_446_744_073_709_551_616.0) as u64)
    }

    fn of_word(&self, word: u64) -> f64 {
        let index = self.guide.pick(word);
        match &self.tail {
            Some(tail) if index as u64 == HEAD => {
                let share = ((open_unit(word) - tail.head) / (1.0 - tail.head)).clamp(0.0, 1.0);
                tail.rank(share).clamp(HEAD as f64 + 1.0, self.n)
            }
            _ => (index + 1) as f64,
        }
    }
}
