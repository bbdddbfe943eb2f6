//! Quantiles, histograms and the most frequent values, from all values with their counts or from a sample.

use std::cmp::Ordering;

use serde_json::Value;

use super::words::{Meaning, Word};
use super::{Bin, ColumnProfile, DistinctCount, Histogram, Quantile, Quantiles, TopValue, TopValues};

/// The shares whose quantiles are told.
pub const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// Ranges of a histogram at most.
pub const BINS: usize = 20;

/// The most frequent values that are told at most.
pub const TOP_VALUES: usize = 10;

/// How often a value has to stand in a sample for its count to be told: fewer would be off by more than a third (one standard error).
const MIN_SAMPLED: u64 = 10;

pub(super) fn distinct((count, is_exact): (u64, bool)) -> DistinctCount {
    DistinctCount { count, approximate: !is_exact }
}

/// The profile of truth values.
pub(super) fn of_truths(empty: ColumnProfile, count: u64, trues: u64) -> ColumnProfile {
    let falses = count - trues;
    let mut values: Vec<TopValue> = [(false, falses), (true, trues)]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(value, count)| TopValue { value: value.into(), count })
        .collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.count));
    let share = (count > 0).then(|| trues as f64 / count as f64);
    ColumnProfile {
        count,
        distinct: Some(distinct((values.len() as u64, true))),
        min: (count > 0).then(|| (falses == 0).into()),
        max: (count > 0).then(|| (trues > 0).into()),
        mean: share.and_then(serde_json::Number::from_f64).map(Value::Number),
        top: (count > 0).then_some(TopValues { approximate: false, values }),
        ..empty
    }
}

/// The most frequent of the values: all of them counted, or those of a sample that stands for `count` values.
pub(super) fn top<V: Clone>(
    counted: Option<&[(V, u64)]>,
    sample: &[V],
    count: u64,
    order: impl Fn(&V, &V) -> Ordering,
    spell: impl Fn(&[V]) -> Vec<Value>,
) -> Option<TopValues> {
    let by_count = |a: &(V, u64), b: &(V, u64)| b.1.cmp(&a.1).then_with(|| order(&a.0, &b.0));
    let (approximate, mut found) = match counted {
        Some(counted) => (false, counted.to_vec()),
        None => {
            let mut sorted = sample.to_vec();
            sorted.sort_unstable_by(&order);
            let runs = sorted.chunk_by(|a, b| order(a, b) == Ordering::Equal);
            let often = runs.filter(|run| run.len() as u64 >= MIN_SAMPLED);
            let scale = |times: usize| (times as f64 * (count as f64 / sample.len() as f64)).round() as u64;
            (true, often.map(|run| (run[0].clone(), scale(run.len()))).collect())
        }
    };
    if found.is_empty() || (found.len() > TOP_VALUES && found.iter().all(|(_, count)| *count == 1)) {
        return None;
    }
    found.sort_by(by_count);
    found.truncate(TOP_VALUES);
    let (values, counts): (Vec<V>, Vec<u64>) = found.into_iter().unzip();
    let values = spell(&values).into_iter().zip(counts).map(|(value, count)| TopValue { value, count }).collect();
    Some(TopValues { approximate, values })
}

/// Finite values, ascending, each with how often it stands.
pub(super) struct Points<W> {
    points: Vec<(W, u64)>,
    total: u64,
    /// How many values each point's count stands for.
    scale: f64,
    approximate: bool,
}

impl<W: Word> Points<W> {
    /// All values.
    pub(super) fn counted(mut points: Vec<(W, u64)>) -> Points<W> {
        points.retain(|(word, _)| word.is_finite());
        points.sort_unstable_by(|a, b| a.0.order(&b.0));
        let total = points.iter().map(|(_, count)| count).sum();
        Points { points, total, scale: 1.0, approximate: false }
    }

    /// A sample that stands for `count` values of a table of `rows` rows.
    pub(super) fn sampled(mut sample: Vec<W>, count: u64, rows: u64) -> Points<W> {
        sample.sort_unstable_by(W::order);
        let total = sample.len() as u64;
        Points {
            points: sample.into_iter().map(|word| (word, 1)).collect(),
            total,
            scale: count as f64 / total.max(1) as f64,
            approximate: rows > super::SAMPLE_ROWS,
        }
    }

    pub(super) fn quantiles(&self, meaning: &Meaning) -> Option<Quantiles> {
        let mut words = Vec::with_capacity(QUANTILES.len());
        let (mut before, mut points) = (0, self.points.iter());
        let mut current = points.next()?;
        for share in QUANTILES {
            let rank = ((share * self.total as f64).ceil() as u64).clamp(1, self.total);
            while before + current.1 < rank {
                before += current.1;
                current = points.next()?;
            }
            words.push(current.0);
        }
        let values = QUANTILES.iter().zip(meaning.json(&words)).map(|(at, value)| Quantile { at: *at, value });
        Some(Quantiles { approximate: self.approximate, values: values.collect() })
    }

    /// The histogram between the extremes of all values.
    pub(super) fn histogram(&self, meaning: &Meaning, min: W, max: W) -> Option<Histogram> {
        self.points.first()?;
        let edges = match (min.whole(), max.whole()) {
            (Some(min), Some(max)) => Edges::whole(min, max),
            _ => Edges::Float { min: min.float(), width: (max.float() - min.float()) / BINS as f64, max: max.float() },
        };
        let mut counts = vec![0_u64; edges.bins()];
        for (word, count) in &self.points {
            counts[edges.bin(*word)] += count;
        }
        let ends: Vec<W> = (0..counts.len()).flat_map(|bin| edges.ends(bin)).collect();
        let ends = meaning.json(&ends);
        let bins = ends.chunks_exact(2).zip(counts).map(|(ends, count)| Bin {
            from: ends[0].clone(),
            to: ends[1].clone(),
            count: (count as f64 * self.scale).round() as u64,
        });
        Some(Histogram { approximate: self.approximate, bins: bins.collect() })
    }
}

/// The ranges of a histogram.
enum Edges {
    Whole { min: i128, max: i128, width: u128, bins: usize },
    Float { min: f64, width: f64, max: f64 },
}

impl Edges {
    fn whole(min: i128, max: i128) -> Edges {
        // Units of decimals and integers alike lie within ±10^38, so that the distance fits 128 bits.
        let distance = max.wrapping_sub(min) as u128;
        let width = distance / BINS as u128 + 1;
        Edges::Whole { min, max, width, bins: (distance / width) as usize + 1 }
    }

    fn bins(&self) -> usize {
        match self {
            Edges::Whole { bins, .. } => *bins,
            // Where all values are one, or so near that no float lies between.
            Edges::Float { min, width, .. } if min + width == *min => 1,
            Edges::Float { .. } => BINS,
        }
    }

    fn bin<W: Word>(&self, word: W) -> usize {
        let last = self.bins() - 1;
        match self {
            Edges::Whole { min, width, .. } => {
                let distance = word.whole().unwrap_or_default().wrapping_sub(*min) as u128;
                ((distance / width) as usize).min(last)
            }
            Edges::Float { min, width, .. } => (((word.float() - min) / width) as usize).min(last),
        }
    }

    fn ends<W: Word>(&self, bin: usize) -> [W; 2] {
        match self {
            Edges::Whole { min, max, width, .. } => {
                let edge = |bin: usize| min.wrapping_add((width * bin as u128) as i128);
                let end = if bin + 1 == self.bins() { *max } else { edge(bin + 1).wrapping_sub(1) };
                [W::of_whole(edge(bin)), W::of_whole(end)]
            }
            Edges::Float { min, width, max } => {
                let edge = |bin: usize| if bin == self.bins() { *max } else { min + width * bin as f64 };
                // Floats have edges of their own; whole words never come here.
                [edge(bin), edge(bin + 1)].map(|edge| W::of_float(edge).unwrap_or(W::of_whole(edge as i128)))
            }
        }
    }
}
