//! Values without repetition that are not equally likely: systematic sampling (Madow 1949).
//!
//! Of a domain with probabilities P, N rows take N different values so that each is taken with the probability min(1, λP): the shape of the
//! distribution, as far as no value is taken twice, flattened from its top where rows near the capacity. λ makes these probabilities add up to
//! N; laid end to end they are a line of length N, and row r takes the value on which the point k + u lies, k being the row's place in a
//! permutation of all rows and u the same for all. No probability exceeds 1, so no value has two points. Lengths are whole numbers of a fixed
//! part of 1: nothing here rounds two rows onto one value.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::UInt64Type;

use crate::generators::shape::{Shape, Steps};
use crate::generators::{Cells, Countable, Fill, Rows, RunError};
use crate::permutation::{Deck, Permutation};
use crate::random::Key;

/// A line of so many parts holds all rows.
const LENGTH: u64 = 1 << 62;

/// The line on which values lie.
pub(crate) struct Spread {
    steps: Steps,
    /// Where each step ends, in parts.
    ends: Vec<u64>,
    /// How many points the line has, one for each row.
    rows: u64,
    /// The parts of a length of 1.
    one: u64,
}

/// How far a shape gives way so that no value repeats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Flattening {
    /// The share of the rows whose values are all taken, however likely they were.
    pub saturated: f64,
    /// The largest difference of the shares of values up to any value: the distance of Kolmogorov and Smirnov.
    pub distance: f64,
}

impl Spread {
    /// The line of a shape for so many rows, at most its positions; `None` where its values are all alike, or too many to be dealt so.
    pub fn new(shape: Shape, rows: u64) -> Option<Spread> {
        if shape.is_flat() || u128::from(rows) > shape.count() {
            return None;
        }
        let steps = shape.steps()?;
        let rows = rows.max(1);
        // A power of two, so that products with it are exact.
        let one = 1 << (LENGTH / rows).ilog2();
        let wanted = u128::from(rows) * u128::from(one);
        let total = |lambda: f64| -> u128 {
            let parts = steps.widths.iter().zip(&steps.weights);
            parts.map(|(width, weight)| u128::from(length(*width, *weight, lambda, one))).sum()
        };
        let least = steps.weights.iter().copied().fold(f64::INFINITY, f64::min);
        // The bits of numbers above 0 ascend with them: bisection ends at the smallest λ that is large enough.
        let (mut low, mut high) = (0, (2.0 / least).min(f64::MAX).to_bits());
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if total(f64::from_bits(middle)) >= wanted { high = middle } else { low = middle }
        }
        let lambda = f64::from_bits(high);
        let mut end = 0;
        let lengths = steps.widths.iter().zip(&steps.weights);
        let ends = lengths.map(|(width, weight)| {
            end += length(*width, *weight, lambda, one);
            end
        });
        let ends: Vec<u64> = ends.collect();
        (ends.last().is_some_and(|end| u128::from(*end) >= wanted)).then_some(Spread { steps, ends, rows, one })
    }

    /// How far the values' shares differ from those of the shape.
    pub fn flattening(&self) -> Flattening {
        let masses = self.steps.widths.iter().zip(&self.steps.weights).map(|(width, weight)| *width as f64 * weight);
        let mass = masses.clone().fold(0.0, |sum, mass| sum + mass);
        let whole = self.ends.last().map_or(1.0, |end| *end as f64);
        let (mut before, mut running) = (0, 0.0);
        let mut found = Flattening { saturated: 0.0, distance: 0.0 };
        for ((end, width), own) in self.ends.iter().zip(&self.steps.widths).zip(masses) {
            running += own / mass;
            found.distance = found.distance.max((*end as f64 / whole - running).abs());
            if u128::from(end - before) == u128::from(*width) * u128::from(self.one) {
                found.saturated += (end - before) as f64 / whole;
            }
            before = *end;
        }
        found
    }

    /// The step and the place in it on which a row's point lies; `start` is a word.
    fn locate(&self, point: u64, start: u64) -> (usize, u64) {
        let at = point * self.one + (start & (self.one - 1));
        let step = self.ends.partition_point(|end| *end <= at);
        let from = if step == 0 { 0 } else { self.ends[step - 1] };
        let parts = self.ends[step] - from;
        // Points are a length of 1 or more apart, and no place is longer: no two points share a place.
        let place = u128::from(at - from) * u128::from(self.steps.widths[step]) / u128::from(parts);
        (step, place as u64)
    }
}

/// The parts of a step whose positions are taken with probability min(1, λ·weight) each.
fn length(width: u64, weight: f64, lambda: f64, one: u64) -> u64 {
    let chance = lambda * weight;
    let most = u128::from(width) * u128::from(one);
    let parts = if chance >= 1.0 { most } else { ((width as f64 * chance * one as f64) as u128).min(most) };
    // More than the line holds is as good as the line.
    u64::try_from(parts).unwrap_or(u64::MAX >> 1).min(u64::MAX >> 1)
}

/// Each row takes a value of its own; this column shows the digits of its position that the factors from `from` to before `to` span.
pub(crate) struct ByLikelihood {
    pub spread: Arc<Spread>,
    pub permutation: Arc<Permutation>,
    /// Where the points lie.
    pub start: u64,
    pub countable: Arc<dyn Countable>,
    pub from: usize,
    pub to: usize,
}

impl ByLikelihood {
    /// The permutation of all rows and the place of their points, by the key of the statement.
    pub fn order(key: Key, spread: &Spread) -> (Arc<Permutation>, u64) {
        (Arc::new(Permutation::new(key, spread.rows)), key.child(0).word(0))
    }
}

impl Fill for ByLikelihood {
    fn fill(&self, _: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let positions = rows.iter().map(|row| {
            let (step, place) = self.spread.locate(self.permutation.at(row), self.start);
            u128::from(self.spread.steps.position(step, place, self.from, self.to))
        });
        Ok(self.countable.unrank(&positions.collect::<Vec<_>>()))
    }
}

/// Each child takes a value that none of its siblings has; the spread is for as many children as any parent has. Inputs: the parent's row,
/// the child's number among its siblings.
pub(crate) struct SiblingsByLikelihood {
    pub key: Key,
    pub spread: Arc<Spread>,
    pub countable: Arc<dyn Countable>,
    /// The digits of a position that the column shows, as in [`ByLikelihood`].
    pub from: usize,
    pub to: usize,
}

impl Fill for SiblingsByLikelihood {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let parents = cells.inputs[0].as_primitive::<UInt64Type>();
        let siblings = cells.inputs[1].as_primitive::<UInt64Type>();
        let mut deck = Deck::new(self.spread.rows);
        let mut current: Option<(u64, u64)> = None;
        let mut positions = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            let parent = parents.value(row);
            let start = match current {
                Some((known, start)) if known == parent => start,
                _ => {
                    let key = self.key.child(parent);
                    deck.shuffle(key);
                    current.insert((parent, key.child(0).word(0))).1
                }
            };
            let (step, place) = self.spread.locate(deck.at(siblings.value(row)), start);
            positions.push(u128::from(self.spread.steps.position(step, place, self.from, self.to)));
        }
        Ok(self.countable.unrank(&positions))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::generators::shape::Factor;
    use crate::random::Seeds;

    fn taken(shape: Shape, rows: u64, key: u64) -> Option<Vec<u64>> {
        let spread = Spread::new(shape, rows)?;
        let (permutation, start) = ByLikelihood::order(Seeds::new(key).key("t", "c", "position", 0), &spread);
        let place = |row| {
            let (step, place) = spread.locate(permutation.at(row), start);
            spread.steps.position(step, place, 0, usize::MAX)
        };
        Some((0..rows).map(place).collect())
    }

    proptest! {
        #[test]
        fn no_value_repeats_up_to_the_last(
            steps in prop::collection::vec((1_u64..50, 1e-18_f64..1e3), 2..60),
            share in 0.0_f64..=1.0,
            key in 0_u64..1000,
        ) {
            let count: u64 = steps.iter().map(|(width, _)| width).sum();
            for rows in [(count as f64 * share) as u64, count, 1] {
                let shape = Shape::of(Factor::of_steps(steps.iter().copied()));
                let Some(values) = taken(shape, rows, key) else { continue };
                prop_assert!(values.iter().all(|value| *value < count));
                prop_assert_eq!(values.iter().collect::<HashSet<_>>().len() as u64, rows);
            }
        }
    }

    #[test]
    fn a_value_is_taken_as_often_as_its_probability_says() {
        // Seven of ten values in 2,000 samples: the standard error of a share is at most 0.0112, and four of them are allowed.
        let weights = [40.0, 20.0, 10.0, 10.0, 6.0, 5.0, 4.0, 3.0, 1.5, 0.5];
        let rows = 5;
        let mut counts = [0; 10];
        for key in 0..2_000 {
            let values = taken(Shape::of(Factor::of_weights(&weights)), rows, key).expect("a shape");
            values.into_iter().for_each(|value| counts[value as usize] += 1);
        }
        // The heaviest are taken by all; λ spreads what is left: min(1, λw) adds up to 5.
        let mut lambda = 0.0;
        while weights.iter().map(|weight| (lambda * weight).min(1.0)).sum::<f64>() < 5.0 {
            lambda += 1e-5;
        }
        for (value, weight) in weights.iter().enumerate() {
            let expected = (lambda * weight).min(1.0);
            let share = f64::from(counts[value]) / 2_000.0;
            assert!((share - expected).abs() < 0.045, "{value}: {share} for {expected}");
        }
    }

    #[test]
    fn a_shape_flattens_only_where_rows_near_the_capacity() {
        let weights: Vec<f64> = (0..1_000)
            .map(|at| libm::exp(-0.5 * (f64::from(at - 500) / 150.0) * (f64::from(at - 500) / 150.0)))
            .collect();
        let of = |rows| Spread::new(Shape::of(Factor::of_weights(&weights)), rows).expect("a shape").flattening();
        let few = of(200);
        assert!(few.saturated == 0.0 && few.distance < 1e-6, "{few:?}");
        let many = of(900);
        assert!(many.saturated > 0.3 && many.distance > 0.05, "{many:?}");
        let all = of(1_000);
        assert!((all.saturated - 1.0).abs() < 1e-9, "{all:?}");
    }

    #[test]
    fn a_flat_shape_and_one_with_too_few_values_are_dealt_otherwise() {
        assert!(Spread::new(Shape::of(Factor::of_weights(&[2.0, 2.0])), 2).is_none());
        assert!(Spread::new(Shape::of(Factor::of_weights(&[2.0, 1.0])), 3).is_none());
    }
}
