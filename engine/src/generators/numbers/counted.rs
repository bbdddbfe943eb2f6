//! The values of a distribution that are whole units, as a domain: what makes `unique` possible where they are not all alike.
//!
//! A draw has 2^52 words, evenly spaced in probability. So the values that can come are those between the first word's and the last one's,
//! and the distribution function at a value is the number of words that make no larger one, found by bisection: any distribution that has a
//! quantile function has it, truncated and rounded as its draws are.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use super::drawn::Ready;
use crate::generators::Countable;
use crate::generators::interval::array_of;
use crate::generators::shape::{Factor, Shape};
use crate::quantile::Quantile;
use crate::types::LogicalType;

/// How many words a draw has.
const WORDS: u64 = 1 << 52;

/// Up to so many values each has a step of its own.
const EACH: u64 = 1 << 16;

/// Steps that are evenly spaced in probability where values are more than that.
const EVEN: u64 = 1 << 15;

/// Steps of each doubling of the probability from either end, so that tails keep their shape.
const OF_A_DOUBLING: u64 = 64;

/// A word at its place among all.
fn word(place: u64) -> u64 {
    place << 12 | 1 << 11
}

/// The units that a distribution makes.
pub(super) struct Units<L> {
    ready: Arc<Ready<L>>,
    logical: LogicalType,
    /// Runs of neighbouring values: the position of the first and the value.
    runs: Vec<(u64, i64)>,
    count: u64,
}

impl<L: Quantile> Units<L> {
    /// The values of a distribution that is ready to be drawn from.
    pub fn new(ready: Arc<Ready<L>>, logical: LogicalType) -> Units<L> {
        let (first, last) = (ready.units(word(0)), ready.units(word(WORDS - 1)));
        let mut runs = Vec::new();
        let (mut count, mut from) = (0, first);
        for (start, end) in ready.gaps() {
            // Values end where a gap starts and go on behind it: what lies before the first or after the last is no gap.
            if end >= last {
                break;
            }
            if start > from {
                runs.push((count, from));
                count += start.abs_diff(from);
            }
            from = from.max(end + 1);
        }
        runs.push((count, from));
        count += last.abs_diff(from) + 1;
        Units { ready, logical, runs, count }
    }

    fn value(&self, position: u64) -> i64 {
        let (start, first) = self.runs[self.runs.partition_point(|run| run.0 <= position) - 1];
        // Values lie within 2^60 of zero.
        first + (position - start) as i64
    }

    /// The position of a value, or of the nearest below it.
    fn position(&self, value: i64) -> u64 {
        let at = self.runs.partition_point(|run| run.1 <= value).max(1) - 1;
        let end = self.runs.get(at + 1).map_or(self.count, |next| next.0);
        let (start, first) = self.runs[at];
        (start + value.saturating_sub(first).max(0).unsigned_abs()).min(end - 1)
    }

    /// Positions in ascending order, the last value's at the end: where steps end.
    fn ends(&self) -> Vec<u64> {
        if self.count <= EACH {
            return (0..self.count).collect();
        }
        let even = (1..EVEN).map(|step| step * (WORDS / EVEN));
        let doublings = WORDS.ilog2();
        let tails = (0..doublings).flat_map(|doubling| {
            let start = 1_u64 << doubling;
            (0..OF_A_DOUBLING)
                .map(move |step| start + (u128::from(start) * u128::from(step) / u128::from(OF_A_DOUBLING)) as u64)
        });
        let places = even.chain(tails.flat_map(|place| [place, WORDS - 1 - place])).chain([0, WORDS - 1]);
        let mut ends: Vec<u64> = places.map(|place| self.position(self.ready.units(word(place)))).collect();
        ends.push(self.count - 1);
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    /// How many words make no larger value, for positions in ascending order.
    fn below(&self, positions: &[u64]) -> Vec<u64> {
        let mut below = vec![0; positions.len()];
        // Halves of the positions with the words that their answers lie between: each answer narrows its neighbours' search.
        let mut open = vec![(0, positions.len(), 0, WORDS)];
        while let Some((from, to, low, high)) = open.pop() {
            if from == to {
                continue;
            }
            let middle = from + (to - from) / 2;
            let value = self.value(positions[middle]);
            let (mut least, mut most) = (low, high);
            while least < most {
                let place = least + (most - least) / 2;
                if self.ready.units(word(place)) <= value { least = place + 1 } else { most = place }
            }
            below[middle] = least;
            open.push((from, middle, low, least));
            open.push((middle + 1, to, least, high));
        }
        below
    }
}

impl<L: Quantile + Send + Sync> Countable for Units<L> {
    fn count(&self) -> u128 {
        u128::from(self.count)
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let values = positions.iter().map(|position| Some(self.value(*position as u64)));
        array_of(values, &self.logical).expect("units of a type that was checked when it was compiled")
    }

    fn shape(&self) -> Option<Shape> {
        let ends = self.ends();
        let below = self.below(&ends);
        let mut steps: Vec<(u64, f64)> = Vec::with_capacity(ends.len());
        let (mut start, mut words) = (0, 0);
        for (end, below) in ends.into_iter().zip(below) {
            // Values that no word makes share those of the next one: they are rarer than a word tells.
            if below > words {
                let width = end + 1 - start;
                steps.push((width, (below - words) as f64 / WORDS as f64 / width as f64));
                (start, words) = (end + 1, below);
            }
        }
        if start < self.count {
            let (width, weight) = steps.pop().unwrap_or((0, 1.0));
            let whole = width + (self.count - start);
            steps.push((whole, weight * width.max(1) as f64 / whole as f64));
        }
        Some(Shape::of(Factor::of_steps(steps)))
    }
}
