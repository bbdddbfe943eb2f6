//! How the coefficient of two columns follows from the correlation of their scores: what a Gaussian copula must have so that the columns have
//! what is asked.

use super::coefficient::Method;
use super::marginal::{Profile, TERMS, score_of};

/// Points of a pair of scores, where the coefficient is counted.
const POINTS: usize = 2_048;

/// The share of one value above which ties count.
const TIES: f64 = 0.002;

/// The coefficient as a function of the correlation of the scores.
pub(crate) enum Link {
    /// By the products of the coefficients of both expansions (Mehler's formula), and what lies beyond them at the two ends.
    Series { products: Vec<f64>, beyond: (f64, f64) },
    /// 2/π times the arc sine: Kendall's τ of distributions without ties.
    Arcsine,
    /// Counted over evenly spread points.
    Counted { first: Profile, second: Profile },
}

impl Link {
    /// The link of two columns that are not constant.
    pub fn new(method: Method, first: &Profile, second: &Profile) -> Link {
        match method {
            Method::Pearson => Link::series(&first.standard(), &second.standard()),
            Method::Spearman => Link::series(&first.ranked().standard(), &second.ranked().standard()),
            Method::Kendall if first.heaviest() < TIES && second.heaviest() < TIES => Link::Arcsine,
            Method::Kendall => Link::Counted { first: first.clone(), second: second.clone() },
        }
    }

    fn series(first: &Profile, second: &Profile) -> Link {
        let products: Vec<f64> = first.hermite().iter().zip(second.hermite()).map(|(a, b)| a * b).collect();
        let sum = |sign: f64| {
            let mut power = 1.0;
            let term = |product: &f64| {
                power *= sign;
                product * power
            };
            products.iter().map(term).sum::<f64>()
        };
        let beyond = (first.product(second, true) - sum(-1.0), first.product(second, false) - sum(1.0));
        Link::Series { products, beyond }
    }

    /// The coefficient where the scores have a correlation.
    pub fn at(&self, latent: f64) -> f64 {
        match self {
            Link::Series { products, beyond } => {
                let sum = products.iter().rev().fold(0.0, |sum, product| (sum + product) * latent);
                let beyond = if latent < 0.0 { beyond.0 } else { beyond.1 };
                sum + beyond * libm::pow(latent.abs(), (TERMS + 1) as f64)
            }
            Link::Arcsine => std::f64::consts::FRAC_2_PI * libm::asin(latent.clamp(-1.0, 1.0)),
            Link::Counted { first, second } => counted(first, second, latent),
        }
    }

    /// The smallest and the largest coefficient.
    pub fn reach(&self) -> (f64, f64) {
        (self.at(-1.0), self.at(1.0))
    }

    /// The correlation of the scores that gives a coefficient, or the end that is nearest to it.
    pub fn solve(&self, coefficient: f64) -> f64 {
        const STEPS: usize = 40;
        let (least, most) = self.reach();
        if coefficient <= least || coefficient >= most {
            return if coefficient <= least { -1.0 } else { 1.0 };
        }
        let (mut low, mut high) = (-1.0, 1.0);
        let steps = if matches!(self, Link::Counted { .. }) { STEPS / 2 } else { STEPS };
        for _ in 0..steps {
            let middle = 0.5 * (low + high);
            if self.at(middle) < coefficient { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// How fast the coefficient rises with the correlation of the scores.
    pub fn slope(&self, latent: f64) -> f64 {
        let (low, high) = ((latent - 0.05).max(-1.0), (latent + 0.05).min(1.0));
        ((self.at(high) - self.at(low)) / (high - low)).max(0.05)
    }
}

/// Kendall's τ-b over evenly spread points (the sequence of the plastic number).
fn counted(first: &Profile, second: &Profile, latent: f64) -> f64 {
    let rest = (1.0 - latent * latent).max(0.0).sqrt();
    let (mut xs, mut ys) = (Vec::with_capacity(POINTS), Vec::with_capacity(POINTS));
    for point in 0..POINTS {
        let spread = |step: f64| {
            let place = 0.5 + point as f64 * step;
            score_of((place - libm::floor(place)).clamp(1e-9, 1.0 - 1e-9))
        };
        let (own, other) = (spread(0.754_877_666_246_692_7), spread(0.569_840_290_998_053_2));
        xs.push(first.at(own));
        ys.push(second.at(latent * own + rest * other));
    }
    Method::Kendall.of(&xs, &ys).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array};

    use super::super::marginal::Marginal;
    use super::*;
    use crate::generators::{Choices, Quantiles};
    use crate::quantile::{normal_cdf, normal_quantile};
    use crate::types::LogicalType;

    fn drawn(at: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Profile {
        let ends = (f64::NEG_INFINITY, f64::INFINITY);
        Marginal::Drawn(Arc::new(Quantiles::new(LogicalType::Float, ends, None, at).expect("a distribution"))).profile()
    }

    fn listed(weights: &[f64]) -> Profile {
        let values: ArrayRef = Arc::new((0..weights.len() as i64).collect::<Int64Array>());
        Marginal::listed(&Choices { values, weights: weights.to_vec(), exact: false }).expect("numbers").profile()
    }

    #[test]
    fn links_of_known_distributions_are_the_published_ones() {
        let near = |found: f64, wanted: f64, by: f64| assert!((found - wanted).abs() < by, "{found} {wanted}");
        let (normal, uniform) = (drawn(normal_quantile), drawn(|share| share));
        let lognormal = drawn(|share| libm::exp(0.8 * normal_quantile(share)));
        for latent in [-0.95, -0.4, 0.0, 0.3, 0.7, 0.99] {
            near(Link::new(Method::Pearson, &normal, &normal).at(latent), latent, 1e-5);
            let uniforms = 6.0 / std::f64::consts::PI * libm::asin(latent / 2.0);
            near(Link::new(Method::Pearson, &uniform, &uniform).at(latent), uniforms, 1e-4);
            near(Link::new(Method::Spearman, &normal, &lognormal).at(latent), uniforms, 1e-4);
            let logs = (libm::exp(0.64 * latent) - 1.0) / (libm::exp(0.64) - 1.0);
            near(Link::new(Method::Pearson, &lognormal, &lognormal).at(latent), logs, 1e-4);
            near(
                Link::new(Method::Kendall, &normal, &uniform).at(latent),
                2.0 / std::f64::consts::PI * libm::asin(latent),
                1e-9,
            );
        }
        // Of two fair coins: 2/π times the arc sine.
        let coin = listed(&[1.0, 1.0]);
        for latent in [-0.9, 0.5, 0.8] {
            near(
                Link::new(Method::Pearson, &coin, &coin).at(latent),
                2.0 / std::f64::consts::PI * libm::asin(latent),
                2e-3,
            );
            near(
                Link::new(Method::Kendall, &coin, &coin).at(latent),
                2.0 / std::f64::consts::PI * libm::asin(latent),
                0.02,
            );
        }
    }

    #[test]
    fn ends_are_those_of_the_frechet_bounds() {
        // Of two exponential distributions the least is 1 − π²/6, of coins of 1/2 and 1/4 the largest √(1/3).
        let exponential = drawn(|share| -libm::log1p(-share));
        let (least, most) = Link::new(Method::Pearson, &exponential, &exponential).reach();
        assert!(
            (least - (1.0 - std::f64::consts::PI * std::f64::consts::PI / 6.0)).abs() < 1e-3
                && (most - 1.0).abs() < 1e-9,
            "{least}"
        );
        let (least, most) = Link::new(Method::Pearson, &listed(&[1.0, 1.0]), &listed(&[3.0, 1.0])).reach();
        assert!((most - (1.0_f64 / 3.0).sqrt()).abs() < 1e-6 && (least + most).abs() < 1e-6, "{least} {most}");
    }

    #[test]
    fn a_solution_gives_what_was_asked() {
        let values: ArrayRef = Arc::new(Float64Array::from(vec![3.0, 1.0, 10.0]));
        let uneven = Marginal::listed(&Choices { values, weights: vec![1.0, 5.0, 2.0], exact: false })
            .expect("numbers")
            .profile();
        let skewed = drawn(|share| libm::exp(normal_quantile(share)));
        for method in [Method::Pearson, Method::Spearman, Method::Kendall] {
            let link = Link::new(method, &uneven, &skewed);
            let (least, most) = link.reach();
            for part in [0.1, 0.5, 0.9] {
                let asked = least + part * (most - least);
                assert!((link.at(link.solve(asked)) - asked).abs() < 2e-3, "{method:?} {part}");
            }
        }
        assert!(normal_cdf(score_of(0.3)) - 0.3 < 1e-12);
    }
}
