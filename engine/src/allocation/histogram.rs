//! How many parents have how many children: a shape, tilted to the mean and rounded, whose sum is exact.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use super::Shape;
use super::hypergeometric::{deviance, stirling_error};
use super::tree::Class;

/// Up to so many numbers of children each is a class of its own; above, some stand for their neighbours.
const CLASSES: u64 = 4096;

/// The least tail that matters, as −ln: of 2^63 parents none would have such a number of children.
const TAIL: f64 = 45.0;

/// What the classes must keep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) parents: u64,
    pub(super) min: u64,
    pub(super) max: Option<u64>,
    /// Between parents·min and parents·max.
    pub(super) total: u64,
    pub(super) shape: Shape,
}

/// The mean of the shape over [min, max] before any tilt.
pub(super) fn natural_mean(shape: Shape, min: u64, max: u64) -> f64 {
    match shape {
        Shape::Uniform | Shape::Poisson | Shape::Geometric => min as f64 + (max - min) as f64 * 0.5,
        Shape::Zipf => {
            let support = Support::between(min, max, Shape::Zipf, 0.0);
            support.mean_excess(0.0, 0.0, &mut Vec::new())
        }
    }
}

/// Classes in ascending order of their number of children; counts add up to `parents`, children to `total`, all within the bounds.
pub(super) fn fit(target: &Target) -> Vec<Class> {
    let Target { parents, min, max, total, shape } = *target;
    if parents == 0 {
        return Vec::new();
    }
    if u128::from(total) == u128::from(parents) * u128::from(min) {
        return vec![Class { value: min, count: parents }];
    }
    if max.is_some_and(|max| u128::from(total) == u128::from(parents) * u128::from(max)) {
        return vec![Class { value: total / parents, count: parents }];
    }
    let mean = total as f64 / parents as f64;
    let (low, high) = window(target, mean);
    let support = Support::between(low, high, shape, mean);
    let shares = support.tilted(mean);
    let mut counts = rounded(&support.values, &shares, parents);
    settle(&mut counts, total, min, max.unwrap_or(total));
    counts.into_iter().filter(|(_, count)| *count > 0).map(|(value, count)| Class { value, count }).collect()
}

/// The numbers of children that can occur at all, among them the whole numbers about the mean.
fn window(target: &Target, mean: f64) -> (u64, u64) {
    let Target { parents, min, max, total, shape } = *target;
    // One parent has at most what the others' minimum leaves.
    let most = max.unwrap_or(u64::MAX).min(total - (parents - 1) * min);
    // Of the two whole numbers about the mean both are possible, as the sum is not at a bound; in integers, since the quotient may round up.
    let floor = total / parents;
    let above = |reach: f64| min.saturating_add(reach as u64).clamp(floor + 1, most.max(floor + 1));
    let excess = mean - min as f64 + 1.0;
    match (shape, max) {
        (Shape::Uniform, None) => (min, above((2.0 * (mean - min as f64)).ceil())),
        (Shape::Uniform | Shape::Geometric, _) => {
            let low = max.map_or(min, |max| max.saturating_sub((TAIL * (max as f64 - mean + 1.0)) as u64).max(min));
            (low.min(floor), above(TAIL * excess))
        }
        (Shape::Poisson, _) => {
            let reach = 10.0 * mean.sqrt() + 60.0;
            (min.max((mean - reach) as u64), above(mean - min as f64 + reach))
        }
        // Where the bound is far, the tilt cuts the tail at about e·ln e.
        (Shape::Zipf, None) => (min, above(TAIL * excess * (libm::log(excess) + 2.0))),
        (Shape::Zipf, Some(_)) => (min, most),
    }
}

/// The numbers of children that have a class, with the logarithms of their weights.
struct Support {
    values: Vec<u64>,
    logs: Vec<f64>,
}

impl Support {
    fn between(low: u64, high: u64, shape: Shape, mean: f64) -> Support {
        let span = high - low;
        let mut support = Support { values: Vec::new(), logs: Vec::new() };
        let mut start = low;
        loop {
            // Runs that one class stands for: even ones where the middle carries the weight, else the finer the nearer to an end.
            let width = match shape {
                _ if span < CLASSES => 1,
                Shape::Poisson => span / CLASSES + 1,
                _ => ((start - low).min(high - start) / 128).max(1),
            };
            let end = start.saturating_add(width - 1).min(high);
            let value = start + (end - start) / 2;
            let log = match shape {
                Shape::Uniform | Shape::Geometric => 0.0,
                Shape::Poisson if value == 0 => -mean,
                Shape::Poisson => {
                    let k = value as f64;
                    -stirling_error(k) - deviance(k, mean) - 0.5 * libm::log(TAU * k)
                }
                Shape::Zipf => -libm::log((value - low) as f64 + 1.0),
            };
            support.values.push(value);
            support.logs.push(log + libm::log((end - start) as f64 + 1.0));
            if end == high {
                return support;
            }
            start = end + 1;
        }
    }

    /// Shares in proportion to e^(log + tilt·(value − origin)), and the mean of value − origin under them.
    fn mean_excess(&self, tilt: f64, origin: f64, shares: &mut Vec<f64>) -> f64 {
        let exponent = |i: usize| self.logs[i] + tilt * (self.values[i] as f64 - origin);
        let largest = (0..self.values.len()).map(exponent).fold(f64::NEG_INFINITY, f64::max);
        shares.clear();
        shares.extend((0..self.values.len()).map(|i| libm::exp(exponent(i) - largest)));
        let (mut sum, mut moment) = (0.0, 0.0);
        for (share, value) in shares.iter().zip(&self.values) {
            sum += share;
            moment += share * (*value as f64 - origin);
        }
        shares.iter_mut().for_each(|share| *share /= sum);
        moment / sum
    }

    /// The shares whose mean is the given one, by bisection of the tilt: the mean rises with it.
    fn tilted(&self, mean: f64) -> Vec<f64> {
        let mut shares = Vec::with_capacity(self.values.len());
        let mut excess = |tilt| self.mean_excess(tilt, mean, &mut shares);
        let mut reach = 1e-3;
        let (mut low, mut high) = (0.0, 0.0);
        if excess(0.0) < 0.0 {
            while excess(reach) < 0.0 && reach < 1e6 {
                low = reach;
                reach *= 2.0;
            }
            high = reach;
        } else {
            while excess(-reach) > 0.0 && reach < 1e6 {
                high = -reach;
                reach *= 2.0;
            }
            low = -reach;
        }
        for _ in 0..100 {
            let middle = low + (high - low) * 0.5;
            if middle == low || middle == high {
                break;
            }
            if excess(middle) < 0.0 { low = middle } else { high = middle }
        }
        excess(low);
        shares
    }
}

/// Whole counts that add up to `parents`: every prefix of them is within half a parent of its share, so that a long thin tail keeps its weight.
fn rounded(values: &[u64], shares: &[f64], parents: u64) -> BTreeMap<u64, u64> {
    let mut running = 0.0;
    let mut before = 0;
    let mut counts = BTreeMap::new();
    for (index, (value, share)) in values.iter().zip(shares).enumerate() {
        running += share;
        let upto = if index + 1 == values.len() {
            parents
        } else {
            ((running * parents as f64).round_ties_even() as u64).clamp(before, parents)
        };
        if upto > before {
            counts.insert(*value, upto - before);
        }
        before = upto;
    }
    counts
}

/// Moves parents to neighbouring numbers of children until the sum is `total`.
fn settle(counts: &mut BTreeMap<u64, u64>, total: u64, min: u64, max: u64) {
    let sum: u128 = counts.iter().map(|(value, count)| u128::from(*value) * u128::from(*count)).sum();
    let up = sum < u128::from(total);
    let mut need = sum.abs_diff(u128::from(total));
    let room = |value: u64| if up { max.saturating_sub(value) } else { value.saturating_sub(min) };
    let moved = |value: u64, by: u64| if up { value + by } else { value - by };
    let shift = |counts: &mut BTreeMap<u64, u64>, value: u64, by: u64, number: u64| {
        *counts.entry(value).or_default() -= number;
        *counts.entry(moved(value, by)).or_default() += number;
    };
    // The largest classes feel a change least.
    let mut classes: Vec<(u64, u64)> = counts.iter().map(|(value, count)| (*value, *count)).collect();
    classes.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
    for (value, count) in classes {
        if need == 0 {
            return;
        }
        if room(value) > 0 {
            let number = count.div_ceil(2).min(u64::try_from(need).unwrap_or(u64::MAX));
            shift(counts, value, 1, number);
            need -= u128::from(number);
        }
    }
    // A mean that the tilt could not reach lies at a bound: whole classes go there, the nearest first.
    let mut classes: Vec<(u64, u64)> = counts.iter().map(|(value, count)| (*value, *count)).collect();
    if up {
        classes.reverse();
    }
    for (value, count) in classes {
        if count == 0 || need == 0 {
            continue;
        }
        let each = u64::try_from(need / u128::from(count)).unwrap_or(u64::MAX);
        if each >= room(value) {
            shift(counts, value, room(value), count);
            need -= u128::from(count) * u128::from(room(value));
        } else {
            let further = (need % u128::from(count)) as u64;
            shift(counts, value, each, count - further);
            shift(counts, value, each + 1, further);
            need = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parents: u64, min: u64, max: Option<u64>, total: u64, shape: Shape) -> Vec<Class> {
        let classes = fit(&Target { parents, min, max, total, shape });
        assert_eq!(classes.iter().map(|c| c.count).sum::<u64>(), parents);
        assert_eq!(classes.iter().map(|c| u128::from(c.value) * u128::from(c.count)).sum::<u128>(), total.into());
        assert!(classes.iter().all(|c| c.count > 0 && c.value >= min && max.is_none_or(|max| c.value <= max)));
        assert!(classes.is_sorted_by(|a, b| a.value < b.value));
        assert!(classes.len() as u64 <= 6 * CLASSES, "{} classes", classes.len());
        classes
    }

    const SHAPES: [Shape; 4] = [Shape::Uniform, Shape::Poisson, Shape::Geometric, Shape::Zipf];

    #[test]
    fn sums_and_bounds_are_exact_for_all_small_cases() {
        for shape in SHAPES {
            for parents in 0..7 {
                for min in 0..3 {
                    for max in min..min + 5 {
                        for total in parents * min..=parents * max {
                            check(parents, min, Some(max), total, shape);
                        }
                    }
                    for total in parents * min..if parents == 0 { 1 } else { 50 } {
                        check(parents, min, None, total, shape);
                    }
                }
            }
        }
    }

    #[test]
    fn sums_and_bounds_are_exact_for_large_and_lopsided_cases() {
        for shape in SHAPES {
            for (parents, min, max, total) in [
                (1_000_000_000, 0, None, 2_200_000_000),
                (1_000_000_000, 1, Some(4), 3_999_999_999),
                (1_000_000_000, 1, Some(4), 1_000_000_001),
                (1_000_000, 0, Some(1_000_000_000), 3_000_000),
                (1000, 0, Some(1_000_000_000), 999_999_000_000),
                (1000, 0, Some(1_000_000_000), 500_000_000_000),
                (3, 0, None, 1 << 62),
                (1, 0, None, 123_456_789),
                (1 << 61, 0, Some(3), (1 << 62) + 7),
                (1_000_000, 500_000, Some(500_001), 500_000_000_017),
                (10, 0, Some(u64::MAX), 5_000_000_000),
            ] {
                check(parents, min, max, total, shape);
            }
        }
    }

    #[test]
    fn the_default_shape_is_a_poisson_distribution_about_the_mean() {
        let classes = check(1_000_000, 0, None, 3_000_000, Shape::Poisson);
        let mut probability = libm::exp(-3.0);
        for class in classes.iter().take(8) {
            let share = class.count as f64 / 1e6;
            assert!((share - probability).abs() < 5e-6, "{class:?}");
            probability *= 3.0 / (class.value + 1) as f64;
        }
    }

    #[test]
    fn uniform_is_even_between_its_bounds() {
        let even = check(5000, 1, Some(5), 15_000, Shape::Uniform);
        assert!(even.iter().all(|class| class.count.abs_diff(1000) <= 1), "{even:?}");
        let about_the_mean = check(5000, 1, None, 15_000, Shape::Uniform);
        assert_eq!(about_the_mean, even);
    }

    #[test]
    fn geometric_falls_by_a_constant_ratio() {
        let classes = check(10_000_000, 0, None, 20_000_000, Shape::Geometric);
        for pair in classes[..6].windows(2) {
            assert!((pair[1].count as f64 / pair[0].count as f64 - 2.0 / 3.0).abs() < 1e-4, "{pair:?}");
        }
    }

    #[test]
    fn zipf_keeps_its_tail() {
        let natural = natural_mean(Shape::Zipf, 1, 1000);
        let classes = check(1000, 1, Some(1000), (natural * 1000.0) as u64, Shape::Zipf);
        assert!(classes.last().is_some_and(|class| class.value > 950), "{:?}", classes.last());
        assert!((natural - 1000.0 / 7.485_470_860_550_345).abs() < 1e-9, "{natural}");
    }
}
