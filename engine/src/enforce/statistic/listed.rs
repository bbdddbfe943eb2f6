//! Statistics of columns that draw from a list: every value is one of the list, so a sum is settled by taking ranks from a value to the next.

use super::curve::{Curve, Segment};
use crate::generators::Quantiles;

/// The values by rank: where each begins, ascending.
pub(super) struct Runs(Vec<(u64, f64)>);

impl Runs {
    /// The value at a rank.
    pub fn at(&self, rank: u64) -> f64 {
        let run = self.0.partition_point(|(first, _)| *first <= rank);
        self.0[run.max(1) - 1].1
    }

    /// The runs of a curve over so many ranks, with the sum of their values as near to `sum` as single steps from a value of the list to its
    /// neighbour bring it; placed ranks stay. The curve's own where no sum is asked.
    pub fn of(curve: &Curve, quantiles: &Quantiles, values: &[f64], rows: u64, sum: Option<f64>) -> Runs {
        let counts: Vec<Vec<u64>> =
            curve.segments.iter().map(|segment| counts(curve, quantiles, values, segment)).collect();
        let mut runs = Counted { values, segments: &curve.segments, counts };
        if let Some(sum) = sum {
            runs.settle(sum);
        }
        let mut found: Vec<(u64, f64)> = Vec::new();
        let mut begin = |first: u64, value: f64| {
            if first < rows && found.last().is_none_or(|(_, last)| *last != value) {
                found.push((first, value));
            }
        };
        for (segment, counts) in curve.segments.iter().zip(&runs.counts) {
            let mut first = segment.first;
            for (value, count) in values.iter().zip(counts).filter(|(_, count)| **count > 0) {
                begin(first, *value);
                first += count;
            }
            if let Some(placed) = segment.placed {
                begin(first, placed);
            }
        }
        Runs(found)
    }
}

/// How many ranks of a segment have each value.
fn counts(curve: &Curve, quantiles: &Quantiles, values: &[f64], segment: &Segment) -> Vec<u64> {
    let up_to = |value: f64| {
        let (mut low, mut high) = (0, segment.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if curve.inside(quantiles, segment, middle) <= value { low = middle + 1 } else { high = middle }
        }
        low
    };
    let mut before = 0;
    let count = |value: &f64| {
        let here = up_to(*value);
        here - std::mem::replace(&mut before, here)
    };
    values.iter().map(count).collect()
}

/// How many ranks of each segment have each value of the list.
struct Counted<'a> {
    values: &'a [f64],
    segments: &'a [Segment],
    counts: Vec<Vec<u64>>,
}

impl Counted<'_> {
    fn sum(&self) -> f64 {
        let inside = |counts: &Vec<u64>| -> f64 {
            self.values.iter().zip(counts).map(|(value, count)| value * *count as f64).sum()
        };
        let placed: f64 = self.segments.iter().filter_map(|segment| segment.placed).sum();
        self.counts.iter().map(inside).sum::<f64>() + placed
    }

    /// Takes ranks from values to their neighbours, the widest steps first, until no step brings the sum nearer.
    fn settle(&mut self, wanted: f64) {
        let mut steps: Vec<usize> = (1..self.values.len()).collect();
        let gap = |values: &[f64], step: usize| values[step] - values[step - 1];
        steps.sort_by(|a, b| gap(self.values, *b).total_cmp(&gap(self.values, *a)));
        loop {
            let missing = wanted - self.sum();
            let mut left = missing.abs();
            for (at, step) in steps.iter().enumerate() {
                let gap = gap(self.values, *step);
                // Half of the narrowest step too far is as near as half of it too short.
                let nearly = if at + 1 == steps.len() { 0.5 } else { 1e-9 };
                let (from, to) = if missing > 0.0 { (step - 1, *step) } else { (*step, step - 1) };
                for (segment, counts) in self.segments.iter().zip(&mut self.counts) {
                    let inside = |place: usize| (segment.low..=segment.high).contains(&self.values[place]);
                    if !inside(from) || !inside(to) {
                        continue;
                    }
                    let taken = counts[from].min(libm::floor(left / gap + nearly) as u64);
                    counts[from] -= taken;
                    counts[to] += taken;
                    left -= taken as f64 * gap;
                }
            }
            if left >= missing.abs() || left <= 0.0 {
                return;
            }
        }
    }
}
