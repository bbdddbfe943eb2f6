//! Columns of words: extremes, mean and standard deviation, order, different values, and a sample.
//!
//! Sums of whole numbers are whole and so exact in any order. Squares of distances are added up as floats: within a block in eight lanes by
//! place, blocks in their order by the formula of Chan, Golub & LeVeque (1979).

use datafusion::arrow::array::{Array, ArrayRef};

use super::ColumnProfile;
use super::distinct::{BlockKeys, Bound, Distinct};
use super::shape::{self, Points};
use super::words::{Meaning, Word};

/// What a block says about a column of words.
#[derive(Debug)]
pub(super) struct NumberPiece<W> {
    /// Values that are not null.
    count: u64,
    moments: Moments,
    extremes: Option<(W, W)>,
    order: Order<W>,
    keys: BlockKeys,
    /// The value of each key.
    values: Vec<W>,
}

impl<W: Word> NumberPiece<W> {
    /// Reads the values of a block that are not null. Of names, which have no distances, nothing is measured.
    pub(super) fn read(words: &[W], is_name: bool, bound: &Bound) -> NumberPiece<W> {
        let mut keys = BlockKeys::new(bound);
        words.iter().enumerate().for_each(|(place, word)| keys.add(word.hash(), place));
        let values = keys.places().iter().map(|place| words[*place as usize]).collect();
        let count = words.len() as u64;
        if is_name {
            let (moments, order) = (Moments::of::<W>(&[]), Order::none());
            return NumberPiece { count, moments, extremes: extremes(words), order, keys, values };
        }
        let order = Order::of(words);
        let is_finite = words.iter().all(|word| word.is_finite());
        let (moments, extremes) = match is_finite {
            true => (Moments::of(words), extremes(words)),
            false => {
                let finite: Vec<W> = words.iter().copied().filter(|word| word.is_finite()).collect();
                (Moments::of(&finite), extremes(&finite))
            }
        };
        NumberPiece { count, moments, extremes, order, keys, values }
    }
}

fn extremes<W: Word>(words: &[W]) -> Option<(W, W)> {
    let first = *words.first()?;
    let smaller = |a: W, b: W| if b < a { b } else { a };
    let larger = |a: W, b: W| if b > a { b } else { a };
    Some((words.iter().copied().fold(first, smaller), words.iter().copied().fold(first, larger)))
}

/// A column of words so far.
pub(super) struct Numbers<W> {
    meaning: Meaning,
    count: u64,
    moments: Moments,
    extremes: Option<(W, W)>,
    order: Order<W>,
    distinct: Distinct<W>,
    sample: Vec<W>,
}

impl<W: Word> Numbers<W> {
    pub(super) fn new(meaning: Meaning, bound: Bound) -> Numbers<W> {
        Numbers {
            meaning,
            count: 0,
            moments: Moments::of::<W>(&[]),
            extremes: None,
            order: Order::of(&[]),
            distinct: Distinct::new(bound),
            sample: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, piece: NumberPiece<W>, array: &ArrayRef, picked: &[usize]) {
        self.count += piece.count;
        self.moments.add(&piece.moments);
        self.extremes = match (self.extremes, piece.extremes) {
            (Some((min, max)), Some((low, high))) => {
                Some((if low < min { low } else { min }, if high > max { high } else { max }))
            }
            (known, new) => known.or(new),
        };
        self.order.add(piece.order);
        self.distinct.add(&piece.keys, |key| piece.values[key]);
        if self.meaning.has_distances() {
            let given = picked.iter().filter(|row| array.is_valid(**row)).map(|row| W::at(array, *row));
            self.sample.extend(given.filter(|word| word.is_finite()));
        }
    }

    pub(super) fn finish(self, empty: ColumnProfile, rows: u64) -> ColumnProfile {
        let meaning = self.meaning;
        let count = self.count;
        let distinct = match (self.distinct.count(count), self.order.distinct()) {
            ((_, false), Some(runs)) => (runs, true),
            (counted, _) => counted,
        };
        let counted = self.distinct.counted();
        let top = shape::top(counted.as_deref(), &self.sample, count, W::order, |words| meaning.json(words));
        let mut profile = ColumnProfile { count, distinct: Some(shape::distinct(distinct)), top, ..empty };
        let Some((min, max)) = self.extremes else { return profile };
        profile.min = meaning.json(&[min]).pop();
        profile.max = meaning.json(&[max]).pop();
        if !meaning.has_distances() {
            return profile;
        }
        profile.mean = meaning.mean(self.moments.mean);
        profile.standard_deviation = self.moments.deviation().and_then(|words| meaning.deviation(words));
        let finite = self.moments.count;
        let points = match counted {
            Some(counted) => Points::counted(counted),
            None => Points::sampled(self.sample, finite, rows),
        };
        profile.quantiles = points.quantiles(&meaning);
        profile.histogram = points.histogram(&meaning, min, max);
        profile
    }
}

/// Count, mean and squares of distances of finite words.
#[derive(Clone, Copy, Debug)]
struct Moments {
    count: u64,
    /// The exact sum of whole numbers, while it fits.
    sum: Option<i128>,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn of<W: Word>(words: &[W]) -> Moments {
        let count = words.len() as u64;
        if count == 0 {
            return Moments { count, sum: Some(0), mean: 0.0, squares: 0.0 };
        }
        let sum = W::sum(words);
        let mean = match sum {
            Some(sum) => sum as f64 / count as f64,
            None => lanes(words, W::float) / count as f64,
        };
        let squares = lanes(words, |word| (word.float() - mean) * (word.float() - mean));
        Moments { count, sum, mean, squares }
    }

    fn add(&mut self, other: &Moments) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (own, new) = (self.count as f64, other.count as f64);
        let (all, distance) = (own + new, other.mean - self.mean);
        self.squares += other.squares + distance * distance * (own * new / all);
        self.count += other.count;
        self.sum = self.sum.zip(other.sum).and_then(|(own, new)| own.checked_add(new));
        self.mean = match self.sum {
            Some(sum) => sum as f64 / all,
            None => self.mean + distance * (new / all),
        };
    }

    fn deviation(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.squares / (self.count - 1) as f64).sqrt())
    }
}

/// A sum in eight lanes, which go by the place in the block alone.
fn lanes<W: Word>(words: &[W], term: impl Fn(W) -> f64) -> f64 {
    let mut sums = [0.0; 8];
    let mut chunks = words.chunks_exact(8);
    for chunk in chunks.by_ref() {
        for (sum, word) in sums.iter_mut().zip(chunk) {
            *sum += term(*word);
        }
    }
    for (sum, word) in sums.iter_mut().zip(chunks.remainder()) {
        *sum += term(*word);
    }
    sums.into_iter().fold(0.0, |all, sum| all + sum)
}

/// Whether words never decrease, and how often they rise: a sorted column has one more value than rises.
#[derive(Clone, Copy, Debug)]
struct Order<W> {
    ends: Option<(W, W)>,
    rises: u64,
    is_sorted: bool,
}

impl<W: Word> Order<W> {
    fn of(words: &[W]) -> Order<W> {
        let ends = words.first().copied().zip(words.last().copied());
        let pairs = || words.iter().zip(words.iter().skip(1));
        let is_sorted = pairs().all(|(before, after)| before <= after);
        let rises = if is_sorted { pairs().filter(|(before, after)| before < after).count() as u64 } else { 0 };
        Order { ends, rises, is_sorted }
    }

    /// Of values that nobody looks through.
    fn none() -> Order<W> {
        Order { ends: None, rises: 0, is_sorted: false }
    }

    fn add(&mut self, next: Order<W>) {
        self.is_sorted &= next.is_sorted;
        let Some((first, last)) = next.ends else { return };
        self.rises += next.rises;
        self.ends = match self.ends {
            None => next.ends,
            Some((start, before)) => {
                self.is_sorted &= before <= first;
                self.rises += u64::from(before < first);
                Some((start, last))
            }
        };
    }

    /// How many different values a sorted column has.
    fn distinct(&self) -> Option<u64> {
        self.is_sorted.then(|| self.rises + u64::from(self.ends.is_some()))
    }
}
