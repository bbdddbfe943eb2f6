//! A column's distribution as correlations need it: the value at a share, and what its steps are in the scores of a normal one.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, UInt32Array};
use datafusion::arrow::compute::{cast, nullif, take};
use datafusion::arrow::datatypes::{DataType, Float64Type};

use crate::generators::{Choices, Quantiles, RunError};
use crate::quantile::{normal_cdf, normal_quantile};

/// Scores beyond this are not drawn: open units of 52 bits end there.
const FARTHEST: f64 = 8.2;

/// Cells into which the scores are split.
const CELLS: usize = 4_096;

/// Coefficients of an expansion.
pub(super) const TERMS: usize = 200;

/// A column's distribution.
pub(crate) enum Marginal {
    /// By its quantiles.
    Drawn(Arc<Quantiles>),
    /// Values in ascending order.
    Listed {
        values: ArrayRef,
        /// The values as numbers.
        numbers: Vec<f64>,
        /// The share of the rows that have a value or one before it.
        up_to: Vec<f64>,
    },
}

impl Marginal {
    /// Values by their weights, where they have an order that numbers tell: numbers, dates, times, booleans.
    pub fn listed(choices: &Choices) -> Option<Marginal> {
        let numbers = numbers_of(&choices.values)?;
        let mut order: Vec<u32> =
            (0..numbers.len() as u32).filter(|place| choices.weights[*place as usize] > 0.0).collect();
        order.sort_by(|a, b| numbers[*a as usize].total_cmp(&numbers[*b as usize]));
        let all: f64 = order.iter().map(|place| choices.weights[*place as usize]).sum();
        let mut sum = 0.0;
        let mut share = |place: &u32| {
            sum += choices.weights[*place as usize];
            sum / all
        };
        let up_to = order.iter().map(&mut share).collect();
        let numbers = order.iter().map(|place| numbers[*place as usize]).collect();
        let values = take(&choices.values, &UInt32Array::from(order), None).ok()?;
        Some(Marginal::Listed { values, numbers, up_to })
    }

    /// What a written number is multiplied by to be one of the distribution.
    pub fn units_of_one(&self) -> f64 {
        match self {
            Marginal::Drawn(quantiles) => quantiles.units_of_one(),
            Marginal::Listed { .. } => 1.0,
        }
    }

    /// The value as a number at a share of the distribution.
    pub fn at(&self, share: f64) -> f64 {
        match self {
            Marginal::Drawn(quantiles) => quantiles.at(share),
            Marginal::Listed { numbers, up_to, .. } => numbers[place(up_to, share)],
        }
    }

    /// The values at shares.
    pub fn array(&self, shares: &[f64]) -> Result<ArrayRef, RunError> {
        match self {
            Marginal::Drawn(quantiles) => {
                quantiles.array(&shares.iter().map(|share| quantiles.at(*share)).collect::<Vec<_>>())
            }
            Marginal::Listed { values, up_to, .. } => {
                let places: UInt32Array = shares.iter().map(|share| Some(place(up_to, *share) as u32)).collect();
                take(values, &places, None).map_err(|error| RunError::new(error.to_string()))
            }
        }
    }

    /// Numbers as the values that they stand for; what is not a number is null.
    pub fn array_of(&self, numbers: &[f64]) -> Result<ArrayRef, RunError> {
        let failed = |error: datafusion::arrow::error::ArrowError| RunError::new(error.to_string());
        let holes: BooleanArray = numbers.iter().map(|number| Some(number.is_nan())).collect();
        let values = match self {
            Marginal::Drawn(quantiles) => quantiles.array(numbers)?,
            Marginal::Listed { values, .. } => {
                // A value that a rule puts in need not be one of the list.
                let floats: ArrayRef = Arc::new(
                    numbers
                        .iter()
                        .map(|number| Some(*number).filter(|number| !number.is_nan()))
                        .collect::<Float64Array>(),
                );
                let to = values.data_type();
                match to {
                    DataType::Boolean => {
                        Arc::new(numbers.iter().map(|number| Some(*number != 0.0)).collect::<BooleanArray>())
                    }
                    DataType::Date32 => cast(&cast(&floats, &DataType::Int32).map_err(failed)?, to).map_err(failed)?,
                    DataType::Timestamp(..) | DataType::Time64(_) => {
                        cast(&cast(&floats, &DataType::Int64).map_err(failed)?, to).map_err(failed)?
                    }
                    _ => cast(&floats, to).map_err(failed)?,
                }
            }
        };
        nullif(&values, &holes).map_err(failed)
    }

    /// Its steps.
    pub fn profile(&self) -> Profile {
        let edge = |cell: usize| FARTHEST * (2.0 * cell as f64 / CELLS as f64 - 1.0);
        let value = |score: f64| self.at(share_of(score));
        let known: Vec<f64> = (0..=CELLS).map(|cell| value(edge(cell))).collect();
        let (mut ends, mut values) = (Vec::new(), vec![known[0]]);
        for cell in 0..CELLS {
            if known[cell + 1] <= known[cell] {
                continue;
            }
            let (mut low, mut high) = (edge(cell), edge(cell + 1));
            // A step that stands alone is found; of many small ones the middle does.
            let alone = (cell == 0 || known[cell] == known[cell - 1])
                && (cell + 2 > CELLS || known[cell + 2] == known[cell + 1]);
            for _ in 0..if alone { 30 } else { 0 } {
                let middle = 0.5 * (low + high);
                if value(middle) <= known[cell] { low = middle } else { high = middle }
            }
            ends.push(0.5 * (low + high));
            values.push(known[cell + 1]);
        }
        Profile { ends, values }
    }
}

/// The share of a normal distribution below a score, within what a random word gives.
pub(super) fn share_of(score: f64) -> f64 {
    const LEAST: f64 = 1.0 / (1_u64 << 53) as f64;
    normal_cdf(score).clamp(LEAST, 1.0 - LEAST)
}

fn place(up_to: &[f64], share: f64) -> usize {
    up_to.partition_point(|end| *end <= share).min(up_to.len() - 1)
}

/// Values as numbers that are in the same order, where the type has one.
pub(crate) fn numbers_of(values: &ArrayRef) -> Option<Vec<f64>> {
    let whole = match values.data_type() {
        DataType::Int64 | DataType::Float64 | DataType::Decimal128(..) => Arc::clone(values),
        DataType::Date32 => cast(values, &DataType::Int32).ok()?,
        DataType::Timestamp(..) | DataType::Time64(_) => cast(values, &DataType::Int64).ok()?,
        DataType::Boolean => cast(values, &DataType::Int8).ok()?,
        _ => return None,
    };
    let numbers = cast(&whole, &DataType::Float64).ok()?;
    let numbers = numbers.as_primitive::<Float64Type>();
    (numbers.null_count() == 0).then(|| numbers.values().to_vec())
}

/// A distribution as steps over the scores of a normal one: the value before the first end, between each two, and behind the last.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    ends: Vec<f64>,
    values: Vec<f64>,
}

impl Profile {
    /// Whether it has one value alone.
    pub fn is_constant(&self) -> bool {
        self.ends.is_empty()
    }

    /// The share of the rows up to each end, 0 before the first and 1 at the last.
    fn shares(&self) -> Vec<f64> {
        let ends = self.ends.iter().map(|end| normal_cdf(*end));
        std::iter::once(0.0).chain(ends).chain([1.0]).collect()
    }

    /// The same with each value's place among all in its stead, equal ones in the middle of theirs.
    pub fn ranked(&self) -> Profile {
        let values = self.shares().windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect();
        Profile { ends: self.ends.clone(), values }
    }

    /// The largest share of the rows that one value has.
    pub fn heaviest(&self) -> f64 {
        self.shares().windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    }

    /// The same with mean 0 and standard deviation 1.
    pub fn standard(&self) -> Profile {
        let weights: Vec<f64> = self.shares().windows(2).map(|pair| pair[1] - pair[0]).collect();
        // Near to 0, so that squares keep their digits.
        let near = self.values[self.values.len() / 2];
        let mean: f64 = self.values.iter().zip(&weights).map(|(value, weight)| (value - near) * weight).sum();
        let square = |(value, weight): (&f64, &f64)| (value - near - mean) * (value - near - mean) * weight;
        let deviation = self.values.iter().zip(&weights).map(square).sum::<f64>().sqrt();
        let values = self.values.iter().map(|value| (value - near - mean) / deviation).collect();
        Profile { ends: self.ends.clone(), values }
    }

    /// The mean of the product with another one of the same scores, or of the opposite ones.
    pub fn product(&self, other: &Profile, opposite: bool) -> f64 {
        let other = if opposite { other.mirrored() } else { other.clone() };
        let (mut at, mut its, mut before, mut sum) = (0, 0, 0.0, 0.0);
        loop {
            let ends = (self.ends.get(at).copied(), other.ends.get(its).copied());
            let end = [ends.0, ends.1].into_iter().flatten().fold(f64::INFINITY, f64::min);
            let share = if end.is_finite() { normal_cdf(end) } else { 1.0 };
            sum += self.values[at] * other.values[its] * (share - before);
            before = share;
            if !end.is_finite() {
                return sum;
            }
            at += usize::from(ends.0 == Some(end));
            its += usize::from(ends.1 == Some(end));
        }
    }

    fn mirrored(&self) -> Profile {
        Profile {
            ends: self.ends.iter().rev().map(|end| -end).collect(),
            values: self.values.iter().rev().copied().collect(),
        }
    }

    /// The coefficients of its expansion by Hermite's polynomials, scaled to length 1, from the first on. By parts, the k-th is the sum of
    /// the steps, each times φ and the polynomial before at its end, by the root of k.
    pub fn hermite(&self) -> Vec<f64> {
        let mut sums = vec![0.0; TERMS];
        for (at, end) in self.ends.iter().enumerate() {
            let step = self.values[at + 1] - self.values[at];
            let density = libm::exp(-0.5 * end * end) / (2.0 * std::f64::consts::PI).sqrt();
            let (mut before, mut current) = (0.0, density);
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum += step * current;
                let next = (end * current - (k as f64).sqrt() * before) / ((k + 1) as f64).sqrt();
                (before, current) = (current, next);
            }
        }
        sums.iter().enumerate().map(|(k, sum)| sum / ((k + 1) as f64).sqrt()).collect()
    }

    /// The value at a score.
    pub fn at(&self, score: f64) -> f64 {
        self.values[self.ends.partition_point(|end| *end < score)]
    }
}

/// The score below which a share of a normal distribution lies.
pub(super) fn score_of(share: f64) -> f64 {
    normal_quantile(share)
}
