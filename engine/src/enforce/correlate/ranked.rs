//! Columns that move with others while statistics or counts of their values are given: the values stand by rank ([`super::super::statistic`]), and
//! the rows take them in the order of their scores, which keeps every coefficient of ranks, and nearly that of numbers, for which the matrix
//! makes up. In tables too long to be measured as a whole the first rows stand for all, and the scores of all rows say which rank each has.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};

use super::super::quota::Fault;
use super::super::statistic::Shape;
use super::{Correlated, CorrelatedFill, Member, Sample, Square, is_true};
use crate::generators::{Cells, Quantiles, Rows, RunError};
use crate::plan::Plan;
use crate::run::blocks;

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

/// What a column's values are by rank, and how many rows have one.
pub(super) struct Shaped {
    shape: Arc<Shape>,
    rows: u64,
}

impl Shaped {
    /// The value of a rank among some of the rows, which stand for all.
    pub(super) fn value(&self, quantiles: &Quantiles, rank: u64, among: u64) -> f64 {
        let rank = u128::from(rank) * u128::from(self.rows) / u128::from(among.max(1));
        self.shape.value(quantiles, rank as u64)
    }
}

impl Correlated {
    /// The most rows of which columns take their values by rank, for the memory that all scores take.
    pub fn most_ranked(members: &[Member]) -> u64 {
        const ROWS: u64 = if cfg!(test) { 1 << 15 } else { 1 << 22 };
        let ranked = members.iter().filter(|member| member.ranked.is_some()).count().max(1) as u64;
        ROWS / ranked
    }

    /// The values by rank of each column that is given them so.
    pub(super) fn shapes(&self, plan: &Plan, sample: &Sample) -> Result<Vec<Option<Shaped>>, Fault> {
        let shape = |(at, member): (usize, &Member)| {
            let Some(ranked) = &member.ranked else { return Ok(None) };
            let mut rows = 0;
            match sample.is_whole {
                true => rows = sample.filled(at).count() as u64,
                false => self.each_block(plan, at, |sample| rows += sample.filled(at).count() as u64)?,
            }
            let shape = ranked.ranked(rows).map_err(Fault::Conflict)?;
            Ok(shape.map(|shape| Shaped { shape: Arc::new(shape), rows }))
        };
        self.members.iter().enumerate().map(shape).collect()
    }

    /// Shows all rows of the table that the rules speak of, block by block, as far as one column is made of them.
    fn each_block(&self, plan: &Plan, at: usize, mut show: impl FnMut(&Sample)) -> Result<(), Fault> {
        for block in blocks(0..plan.tables[self.table].rows) {
            show(&self.block(plan, block, at).map_err(Fault::Run)?);
        }
        Ok(())
    }

    /// The scores of a sample's rows of a column by a matrix, each with its row, nulls left out, in ascending order.
    pub(super) fn ascending(&self, at: usize, sample: &Sample, lower: &Square) -> Vec<(f64, u64, usize)> {
        let score = |row: usize| mixed(at, &lower[at], |other| sample.scores[other][row]);
        let mut scores: Vec<(f64, u64, usize)> =
            sample.filled(at).map(|row| (score(row), sample.numbers[row], row)).collect();
        scores.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        scores
    }

    /// What rows are made of that take their values by rank: of a sample that is not whole, all rows are gone through.
    pub(super) fn ranked(
        &self,
        plan: &Plan,
        sample: &Sample,
        shapes: &[Option<Shaped>],
        lower: &Square,
    ) -> Result<Vec<Option<Ranked>>, Fault> {
        let of = |(at, shaped): (usize, &Option<Shaped>)| {
            let Some(shaped) = shaped else { return Ok(None) };
            let mut scores = Vec::new();
            let mut take = |sample: &Sample| {
                let of_row =
                    |row: usize| (mixed(at, &lower[at], |other| sample.scores[other][row]), sample.numbers[row]);
                scores.extend(sample.filled(at).map(of_row));
            };
            match sample.is_whole {
                true => take(sample),
                false => self.each_block(plan, at, take)?,
            }
            scores.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
            Ok(Some(Ranked { shape: Arc::clone(&shaped.shape), scores }))
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
