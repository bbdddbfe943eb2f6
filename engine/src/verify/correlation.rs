//! `correlation`: coefficients of pairs of columns in the rows that `when` selects, rows with a null in the pair aside.
//!
//! Pearson's is read in two passes: means first, then products of distances from them. Ranks want all rows at once; where these do not fit into
//! memory they are taken in equal parts, every so many rows one, and the coefficients of the parts are averaged: each is what the whole has but
//! for a few millionths.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::error::ArrowError;
use serde_json::Map;

use super::certificate::{EXAMPLES, Measure};
use super::reader::{Means, parts_for};
use super::source::Source;
use super::totals::{is_true, rounded, selected, shown};
use super::values::is_ordered;
use super::{Outcome, VerifyError};
use crate::expr::Expression;
use crate::schema::CORRELATION_TOLERANCE;

/// Bytes that a row of a pair takes while its ranks are counted.
const PAIR_BYTES: u64 = 48;

/// What is asked of columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Correlation<'a> {
    pub columns: &'a [String],
    pub coefficient: Option<f64>,
    pub matrix: Option<&'a [Vec<f64>]>,
    pub method: &'a str,
    pub tolerance: f64,
}

/// Two of the columns and what their coefficient is to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub first: usize,
    pub second: usize,
    pub coefficient: f64,
}

impl<'a> Correlation<'a> {
    pub(super) fn new(
        columns: &'a [String],
        (coefficient, matrix): (Option<f64>, Option<&'a [Vec<f64>]>),
        method: Option<&'a str>,
        tolerance: Option<f64>,
    ) -> Correlation<'a> {
        let tolerance = tolerance.unwrap_or(CORRELATION_TOLERANCE);
        Correlation { columns, coefficient, matrix, method: method.unwrap_or("pearson"), tolerance }
    }

    /// Each two columns that the rule speaks of.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        let of = |first: usize, second: usize| {
            let entry = self.matrix.and_then(|matrix| matrix.get(first)?.get(second).copied());
            Some(Pair { first, second, coefficient: entry.or(self.coefficient)? })
        };
        let count = self.columns.len();
        (0..count).flat_map(|first| (first + 1..count).filter_map(move |second| of(first, second))).collect()
    }

    /// A pair by its names.
    pub(super) fn name(&self, pair: &Pair) -> String {
        format!("{}, {}", self.columns[pair.first], self.columns[pair.second])
    }

    /// The statement for people.
    pub(super) fn says(&self) -> String {
        let mut method = self.method.to_owned();
        method[..1].make_ascii_uppercase();
        let pairs: Vec<String> =
            self.pairs().iter().map(|pair| format!("{}: {}", self.name(pair), rounded(pair.coefficient))).collect();
        format!("{method}'s coefficients are {}, each ± {}", pairs.join("; "), rounded(self.tolerance))
    }
}

/// Checks a correlation; the columns are the first of the source.
pub(super) async fn check(
    source: &Source,
    id: &str,
    when: Option<Expression>,
    correlation: &Correlation<'_>,
    means: &Means,
) -> Result<Outcome, VerifyError> {
    for (at, column) in correlation.columns.iter().enumerate() {
        let kind = source.schema().field(at).data_type().clone();
        if !is_ordered(&kind) && kind != DataType::Boolean {
            return Ok(Outcome::unproved(format!("{column} holds no numbers, dates, times or booleans")));
        }
    }
    let pairs = correlation.pairs();
    let reading = Reading { source, id, when, columns: correlation.columns.len() };
    let sums = reading.sums(&pairs).await?;
    let found = match correlation.method {
        "pearson" => reading.pearson(&pairs, &sums).await?,
        method => reading.of_ranks(method, &pairs, &sums, means).await?,
    };
    let mut outcome = Outcome { checked: sums.iter().map(|sum| sum.count).max().unwrap_or(0), ..Outcome::default() };
    for ((pair, sum), found) in pairs.iter().zip(&sums).zip(found) {
        // One row has no coefficient, and none is asked of it.
        if sum.count < 2 {
            continue;
        }
        let measure = Measure {
            what: correlation.name(pair),
            asked: format!("{} ± {}", rounded(pair.coefficient), rounded(correlation.tolerance)),
            measured: found.map_or_else(|| "none".to_owned(), |found| rounded(found).to_string()),
        };
        let fits = |found: f64| (found - pair.coefficient).abs() <= correlation.tolerance + SLACK;
        if !found.is_some_and(fits) {
            outcome.broken += 1;
            if outcome.examples.len() < EXAMPLES {
                let mut example = Map::new();
                example.insert("columns".to_owned(), measure.what.as_str().into());
                outcome.examples.push(shown(example, &measure));
            }
        }
        outcome.measures.push(measure);
    }
    Ok(outcome)
}

/// What a coefficient may be off by its rounding.
pub(super) const SLACK: f64 = 1e-9;

/// Values as numbers in their order: of dates days, of times microseconds.
fn numbers(values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let whole = match values.data_type() {
        DataType::Date32 => cast(values, &DataType::Int32)?,
        DataType::Timestamp(..) | DataType::Time64(_) => cast(values, &DataType::Int64)?,
        DataType::Boolean => cast(values, &DataType::Int8)?,
        _ => Arc::clone(values),
    };
    cast(&whole, &DataType::Float64)
}

/// The rows of a pair that are not null: how many, and the means of both sides.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: u64,
    first: f64,
    second: f64,
}

/// Products of distances from the means.
#[derive(Clone, Copy, Debug, Default)]
struct Products {
    both: f64,
    first: f64,
    second: f64,
}

/// The columns, to be read several times.
struct Reading<'s> {
    source: &'s Source,
    id: &'s str,
    when: Option<Expression>,
    columns: usize,
}

impl Reading<'_> {
    /// Folds the rows that are selected: the numbers of all columns, the row's place in its batch, and the rows before that.
    async fn fold<S: Default + Send + 'static>(
        &self,
        step: impl Fn(&mut S, &[Float64Array], usize, u64) + Send + Sync + 'static,
    ) -> Result<Vec<S>, VerifyError> {
        let (id, when, columns) = (self.id.to_owned(), self.when.clone(), self.columns);
        let parts = self
            .source
            .fold(S::default, move |state: &mut S, batch, before| {
                let selected = selected(&id, when.as_ref(), batch)?;
                let wrong = |error: ArrowError| VerifyError::sql(&id, error.to_string());
                let mut all = Vec::with_capacity(columns);
                for column in 0..columns {
                    all.push(numbers(batch.column(column)).map_err(wrong)?.as_primitive::<Float64Type>().clone());
                }
                (0..batch.num_rows())
                    .filter(|row| is_true(selected.as_ref(), *row))
                    .for_each(|row| step(state, &all, row, before));
                Ok(())
            })
            .await?;
        Ok(parts.into_iter().map(|part| part.state).collect())
    }

    async fn sums(&self, pairs: &[Pair]) -> Result<Vec<Sum>, VerifyError> {
        let asked = pairs.to_vec();
        let parts = self
            .fold(move |sums: &mut Vec<Sum>, columns, row, _| {
                sums.resize(asked.len(), Sum::default());
                for (pair, sum) in asked.iter().zip(sums) {
                    if let Some((x, y)) = both(pair, columns, row) {
                        sum.count += 1;
                        sum.first += x;
                        sum.second += y;
                    }
                }
            })
            .await?;
        let mut all = vec![Sum::default(); pairs.len()];
        for (sum, more) in parts.iter().flat_map(|part| part.iter().enumerate()).map(|(at, more)| (at, *more)) {
            all[sum].count += more.count;
            all[sum].first += more.first;
            all[sum].second += more.second;
        }
        for sum in &mut all {
            let count = sum.count.max(1) as f64;
            (sum.first, sum.second) = (sum.first / count, sum.second / count);
        }
        Ok(all)
    }

    async fn pearson(&self, pairs: &[Pair], means: &[Sum]) -> Result<Vec<Option<f64>>, VerifyError> {
        let (asked, means) = (pairs.to_vec(), means.to_vec());
        let parts = self
            .fold(move |products: &mut Vec<Products>, columns, row, _| {
                products.resize(asked.len(), Products::default());
                for ((pair, mean), product) in asked.iter().zip(&means).zip(products) {
                    if let Some((x, y)) = both(pair, columns, row) {
                        let (x, y) = (x - mean.first, y - mean.second);
                        product.both += x * y;
                        product.first += x * x;
                        product.second += y * y;
                    }
                }
            })
            .await?;
        let of = |at: usize| {
            let products = parts.iter().filter_map(|part| part.get(at));
            let sum = products.fold(Products::default(), |sum, part| Products {
                both: sum.both + part.both,
                first: sum.first + part.first,
                second: sum.second + part.second,
            });
            let scale = sum.first.sqrt() * sum.second.sqrt();
            (scale > 0.0).then(|| sum.both / scale)
        };
        Ok((0..pairs.len()).map(of).collect())
    }

    /// Coefficients of ranks, pair by pair and part by part.
    async fn of_ranks(
        &self,
        method: &str,
        pairs: &[Pair],
        sums: &[Sum],
        means: &Means,
    ) -> Result<Vec<Option<f64>>, VerifyError> {
        let mut found = Vec::with_capacity(pairs.len());
        for (pair, sum) in pairs.iter().zip(sums) {
            let bytes = sum.count.saturating_mul(PAIR_BYTES);
            let (_held, budget) = means.take(bytes).map_err(|error| VerifyError::memory(self.id, error))?;
            let parts = parts_for(bytes, budget);
            let (mut weighted, mut rows) = (0.0, 0.0);
            for part in 0..parts {
                let (xs, ys) = self.values(pair, part, parts).await?;
                let coefficient = if method == "kendall" { kendall(&xs, &ys) } else { spearman(&xs, &ys) };
                if let Some(coefficient) = coefficient {
                    weighted += coefficient * xs.len() as f64;
                    rows += xs.len() as f64;
                }
            }
            found.push((rows > 0.0).then(|| weighted / rows));
        }
        Ok(found)
    }

    /// The values of a pair in one of the parts.
    async fn values(&self, pair: &Pair, part: u64, parts: u64) -> Result<(Vec<f64>, Vec<f64>), VerifyError> {
        let pair = *pair;
        let taken = self
            .fold(move |taken: &mut Vec<(f64, f64)>, columns, row, before| {
                if (before + row as u64) % parts == part {
                    taken.extend(both(&pair, columns, row));
                }
            })
            .await?;
        Ok(taken.into_iter().flatten().unzip())
    }
}

/// Both values of a pair, where none is null.
fn both(pair: &Pair, columns: &[Float64Array], row: usize) -> Option<(f64, f64)> {
    let (first, second) = (&columns[pair.first], &columns[pair.second]);
    (first.is_valid(row) && second.is_valid(row)).then(|| (first.value(row), second.value(row)))
}

/// The places of values in their order, from the least on; equal ones have the middle of theirs.
fn places(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut places = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        for &row in &order[start..end] {
            places[row] = 0.5 * (start + end - 1) as f64;
        }
        start = end;
    }
    places
}

fn spearman(xs: &[f64], ys: &[f64]) -> Option<f64> {
    let middle = 0.5 * (xs.len() as f64 - 1.0);
    let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
    for (x, y) in places(xs).into_iter().zip(places(ys)) {
        let (x, y) = (x - middle, y - middle);
        both += x * y;
        first += x * x;
        second += y * y;
    }
    (first > 0.0 && second > 0.0).then(|| both / (first.sqrt() * second.sqrt()))
}

/// Kendall's τ-b. Rows stand by their first value, and a tree of counts over the places of the second tells of each how many before it are
/// smaller and larger.
fn kendall(xs: &[f64], ys: &[f64]) -> Option<f64> {
    let mut ranks: Vec<f64> = ys.to_vec();
    ranks.sort_unstable_by(f64::total_cmp);
    ranks.dedup();
    let mut order: Vec<(f64, usize)> = Vec::with_capacity(xs.len());
    for (x, y) in xs.iter().zip(ys) {
        order.push((*x, ranks.partition_point(|rank| rank < y)));
    }
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut counts = Counts(vec![0; ranks.len() + 1]);
    let (mut difference, mut before) = (0_i128, 0_u64);
    let mut in_second = vec![0_u64; ranks.len()];
    let mut tied = 0_u128;
    let pairs = |count: u64| u128::from(count) * u128::from(count.saturating_sub(1)) / 2;
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        for (_, rank) in group {
            let smaller = counts.before(*rank);
            let larger = before - smaller - in_second[*rank];
            difference += i128::from(smaller) - i128::from(larger);
        }
        for (_, rank) in group {
            counts.add(*rank);
            in_second[*rank] += 1;
        }
        before += group.len() as u64;
        tied += pairs(group.len() as u64);
    }
    let all = pairs(before);
    let differ_first = (all - tied) as f64;
    let differ_second = (all - in_second.iter().map(|count| pairs(*count)).sum::<u128>()) as f64;
    let scale = differ_first.sqrt() * differ_second.sqrt();
    (scale > 0.0).then(|| difference as f64 / scale)
}

/// Counts by place, and their sums up to one (Fenwick 1994).
struct Counts(Vec<u64>);

impl Counts {
    fn add(&mut self, place: usize) {
        let mut at = place + 1;
        while at < self.0.len() {
            self.0[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    fn before(&self, place: usize) -> u64 {
        let (mut at, mut sum) = (place, 0);
        while at > 0 {
            sum += self.0[at];
            at &= at - 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_of_ranks_are_those_counted_pair_by_pair() {
        let xs: Vec<f64> = (0..200_u32).map(|row| f64::from(row * 7919 % 53)).collect();
        let ys: Vec<f64> = (0..200_u32).map(|row| f64::from(row * 7919 % 53 / 7 + row * 104_729 % 11)).collect();
        let (mut difference, mut first, mut second) = (0.0, 0.0_f64, 0.0_f64);
        for a in 0..xs.len() {
            for b in 0..a {
                let sign = |one: f64, other: f64| f64::from(i8::from(one > other) - i8::from(one < other));
                let (x, y) = (sign(xs[a], xs[b]), sign(ys[a], ys[b]));
                difference += x * y;
                first += x * x;
                second += y * y;
            }
        }
        let found = kendall(&xs, &ys).expect("a coefficient");
        assert!((found - difference / (first * second).sqrt()).abs() < 1e-12, "{found}");
        // Ranks by counting smaller and equal ones.
        let rank = |values: &[f64], row: usize| {
            let of = |test: &dyn Fn(&f64) -> bool| values.iter().filter(|value| test(value)).count() as f64;
            of(&|value| *value < values[row]) + 0.5 * (of(&|value| *value == values[row]) - 1.0)
        };
        let ranked = |values: &[f64]| (0..values.len()).map(|row| rank(values, row)).collect::<Vec<_>>();
        assert_eq!(places(&ys), ranked(&ys));
        assert!((spearman(&xs, &xs).expect("a coefficient") - 1.0).abs() < 1e-12);
        assert_eq!(spearman(&xs, &vec![1.0; xs.len()]), None);
    }
}
