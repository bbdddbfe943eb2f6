//! Columns that move with others while statistics or counts of their values are given: the values stand by rank ([`super::super::statistic`]), and
//! the rows take them in the order of their scores, which keeps every coefficient of ranks, and nearly that of numbers, for which the matrix
//! makes up. All rows are measured.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};

use super::super::quota::Fault;
use super::super::statistic::Shape;
use super::{Correlated, CorrelatedFill, Member, Sample, Square, is_true};
use crate::generators::{Cells, Quantiles, Rows, RunError};

/// The values of a column by the ranks of its rows' scores.
pub(super) struct Ranked {
    shape: Arc<Shape>,
    /// Each score with its row.
    scores: Vec<(f64, u64)>,
}

impl Ranked {
    fn value(&self, quantiles: &Quantiles, score: f64, row: u64) -> f64 {
        let is_before = |known: &(f64, u64)| known.0.total_cmp(&score).then(known.1.cmp(&row)).is_lt();
        let rank = self.scores.partition_point(is_before).min(self.scores.len().saturating_sub(1));
        self.shape.value(quantiles, rank as u64)
    }
}

impl Correlated {
    /// The values by rank of each column that is given them so.
    pub(super) fn shapes(&self, sample: &Sample) -> Result<Vec<Option<Arc<Shape>>>, Fault> {
        let shape = |(at, member): (usize, &Member)| {
            let Some(ranked) = &member.ranked else { return Ok(None) };
            let is_null = |row: &usize| sample.put[at].get(*row).is_some_and(|put| put.is_nan());
            let rows = sample.rows - (0..sample.rows).filter(is_null).count();
            Ok(ranked.ranked(rows as u64).map_err(Fault::Conflict)?.map(Arc::new))
        };
        self.members.iter().enumerate().map(shape).collect()
    }

    /// The scores of a sample's rows of a column by a matrix, each with its row, nulls left out, in ascending order.
    pub(super) fn ascending(&self, at: usize, sample: &Sample, lower: &Square) -> Vec<(f64, u64, usize)> {
        let drawn = |row: &usize| !sample.put[at].get(*row).is_some_and(|put| put.is_nan());
        let score = |row: usize| mixed(at, &lower[at], |other| sample.scores[other][row]);
        let mut scores: Vec<(f64, u64, usize)> =
            (0..sample.rows).filter(drawn).map(|row| (score(row), sample.numbers[row], row)).collect();
        scores.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        scores
    }

    /// What rows are made of that take their values by rank.
    pub(super) fn ranked(&self, sample: &Sample, shapes: &[Option<Arc<Shape>>], lower: &Square) -> Vec<Option<Ranked>> {
        let of = |(at, shape): (usize, &Option<Arc<Shape>>)| {
            let shape = shape.as_ref()?;
            let scores = self.ascending(at, sample, lower).into_iter().map(|(score, number, _)| (score, number));
            Some(Ranked { shape: Arc::clone(shape), scores: scores.collect() })
        };
        shapes.iter().enumerate().map(of).collect()
    }
}

/// The score of a row's cell: its own, or those of the columns before it mixed by their weights.
pub(super) fn mixed(at: usize, weights: &[f64], score: impl Fn(usize) -> f64) -> f64 {
    if at == 0 {
        return score(0);
    }
    let other = |(other, weight): (usize, &f64)| weight * score(other);
    weights[..=at].iter().enumerate().filter(|(_, weight)| **weight != 0.0).map(other).fold(0.0, |sum, one| sum + one)
}

impl CorrelatedFill {
    /// The values of rows by the ranks of their scores; of others those at their shares.
    pub(super) fn by_rank(
        &self,
        cells: &Cells<'_>,
        rows: &Rows,
        (quantiles, ranked): (&Quantiles, &Ranked),
        shares: &[f64],
    ) -> Result<ArrayRef, RunError> {
        let weights = &self.system.settled(cells.plan)?.factor[self.member];
        let scores: Vec<Vec<f64>> = (0..=self.member).map(|other| self.scores(other, rows, &[])).collect();
        let when = self.system.when.map(|_| cells.inputs[0].as_boolean());
        let value = |(position, row): (usize, u64)| match when.is_none_or(|when| is_true(when, position)) {
            true => ranked.value(quantiles, mixed(self.member, weights, |other| scores[other][position]), row),
            false => quantiles.at(shares[position]),
        };
        quantiles.array(&rows.iter().enumerate().map(value).collect::<Vec<_>>())
    }
}
