//! Quantile functions: one uniform makes one number, never decreasing in it (but for the rounding of the last digit), which is what
//! correlations and truncation rest on.
//!
//! A truncated draw is x = Q(F(a) + u·(F(b) − F(a))), taken from the upper tail by survival functions beyond the median. Where that has a
//! closed form ([`closed`]) it is used as it stands; gamma, beta and Student's t ([`tails`]) are inverted numerically and tabled by cubics
//! ([`table`]) where one distribution serves a whole column; counts ([`discrete`]) have tables of their probabilities. Only the four
//! operations, square roots and `libm` are used, so that every machine gives the same bits.

mod closed;
mod discrete;
mod normal;
mod special;
mod table;
mod tails;
#[cfg(test)]
mod tests;
mod zipf;

pub use closed::{Exponential, Histogram, LogNormal, Pareto, Triangular, Weibull};
pub use discrete::{Binomial, Counts, Geometric, Poisson};
pub use normal::{TruncatedNormal, normal_cdf, normal_quantile};
pub use tails::{Beta, Gamma, Inverted, StudentT};
pub use zipf::Zipf;

use crate::random::open_unit;

/// The probability that a chi-square variable with so many degrees of freedom exceeds a value.
pub(crate) fn chi_square_above(value: f64, degrees: u64) -> f64 {
    special::gamma_tails(0.5 * degrees as f64, 0.5 * value).1
}

/// A distribution on an interval, by the inverse of its distribution function.
pub trait Quantile {
    /// The value below which the share `u` of the distribution lies; never decreasing in `u`, and always within the bounds.
    fn at(&self, u: f64) -> f64;

    /// The value that a random word draws.
    fn of_word(&self, word: u64) -> f64 {
        self.at(open_unit(word))
    }

    /// The values that random words draw, each as [`Quantile::of_word`] gives it; `values` is as long as `words`.
    fn of_words(&self, words: &[u64], values: &mut [f64]) {
        for (value, word) in values.iter_mut().zip(words) {
            *value = self.of_word(*word);
        }
    }

    /// Intervals of whole numbers, their ends included and in ascending order, that lie between values and are none.
    fn gaps(&self) -> Vec<(f64, f64)> {
        Vec::new()
    }
}
