//! Columns that move with others while statistics or counts of their values are given: the values stand by rank ([`super::super::statistic`]), and
//! the rows take them in the order of their scores, which keeps every coefficient of ranks, and nearly that of numbers, for which the matrix
//! makes up. In tables too long to be measured as a whole the first rows stand for all, and the scores of all rows say which rank each has.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};

use super::super::quota::Fault;
use super::super::statistic::{Measured, Shape};
use super::{Correlated, CorrelatedFill, Member, Sample, Square, is_true};
use crate::generators::{Cells, Quantiles, Rows, RunError};
use crate::plan::{Plan, SlotId};
use crate::run::blocks;

/// The values of a column by the ranks of its rows' scores, by the part of the rows in which they lie.
pub(super) struct Ranked(Vec<Option<RankedPart>>);

/// Scores, each with its row.
type Scores = Vec<(f64, u64)>;

/// Rows that rules speak of together.
struct RankedPart {
    shape: Arc<Shape>,
    scores: Scores,
}

impl Ranked {
    /// The value of a row of a part, `None` where no rule gives any.
    fn value(&self, quantiles: &Quantiles, part: usize, score: f64, row: u64) -> Option<f64> {
        let part = self.0.get(part)?.as_ref()?;
        let is_before = |known: &(f64, u64)| known.0.total_cmp(&score).then(known.1.cmp(&row)).is_lt();
        let rank = part.scores.partition_point(is_before).min(part.scores.len().saturating_sub(1));
        Some(part.shape.value(quantiles, rank as u64))
    }
}

/// What a column's values are by rank, and how many rows have one, by part of the rows.
pub(super) struct Shaped(Vec<Option<(Arc<Shape>, u64)>>);

impl Shaped {
    /// The value of a rank among some rows of a part, which stand for all of it; `None` where no rule gives any.
    pub(super) fn value(&self, quantiles: &Quantiles, part: usize, rank: u64, among: u64) -> Option<f64> {
        let (shape, rows) = self.0.get(part)?.as_ref()?;
        let rank = u128::from(rank) * u128::from(*rows) / u128::from(among.max(1));
        Some(shape.value(quantiles, rank as u64))
    }
}

/// The part of rows that no rule about a column's values speaks of.
const NO_PART: usize = usize::MAX;

impl Measured {
    /// Which of the conditions each row meets, by its place; those of a column whose rules speak of all rows are of the first part.
    ///
    /// # Errors
    ///
    /// Two conditions that hold in one row.
    pub(super) fn parts(
        &self,
        rows: usize,
        mut condition: impl FnMut(SlotId) -> Result<ArrayRef, RunError>,
    ) -> Result<Vec<usize>, Fault> {
        let of_all = self.asked.iter().position(|asked| asked.condition.is_none()).unwrap_or(NO_PART);
        let mut parts = vec![of_all; rows];
        for (at, asked) in self.asked.iter().enumerate() {
            let Some(bit) = asked.condition else { continue };
            let holds = condition(self.strata.conditions()[bit])?;
            let holds = holds.as_boolean();
            for (_, part) in parts.iter_mut().enumerate().filter(|(row, _)| is_true(holds, *row)) {
                if *part != of_all {
                    return Err(Fault::Conflict(self.shared(&self.asked[*part], asked)));
                }
                *part = at;
            }
        }
        Ok(parts)
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
            let mut rows = vec![0; ranked.asked.len()];
            self.each_row(plan, sample, at, |sample, row| {
                if let Some(count) = rows.get_mut(sample.part(at, row)) {
                    *count += 1;
                }
            })?;
            let shapes = ranked.shapes(&rows, |_| ranked.key).map_err(Fault::Conflict)?;
            let with_rows = |(shape, rows): (Option<Shape>, u64)| shape.map(|shape| (Arc::new(shape), rows));
            Ok(Some(Shaped(shapes.into_iter().zip(rows).map(with_rows).collect())))
        };
        self.members.iter().enumerate().map(shape).collect()
    }

    /// Shows all rows of the table that the rules speak of and in which a column has a value, as far as that is made of them: those of the
    /// sample, or where this is not whole block by block.
    fn each_row(
        &self,
        plan: &Plan,
        sample: &Sample,
        at: usize,
        mut show: impl FnMut(&Sample, usize),
    ) -> Result<(), Fault> {
        if sample.is_whole {
            sample.filled(at).for_each(|row| show(sample, row));
            return Ok(());
        }
        for block in blocks(0..plan.tables[self.table].rows) {
            let sample = self.block(plan, block, at)?;
            sample.filled(at).for_each(|row| show(&sample, row));
        }
        Ok(())
    }

    /// The scores of a sample's rows of a column by a matrix, each with its row, by part of the rows and in ascending order.
    pub(super) fn ascending(
        &self,
        at: usize,
        sample: &Sample,
        lower: &Square,
    ) -> BTreeMap<usize, Vec<(f64, u64, usize)>> {
        let mut parts: BTreeMap<usize, Vec<(f64, u64, usize)>> = BTreeMap::new();
        for row in sample.filled(at) {
            let score = mixed(at, &lower[at], |other| sample.scores[other][row]);
            parts.entry(sample.part(at, row)).or_default().push((score, sample.numbers[row], row));
        }
        for scores in parts.values_mut() {
            scores.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        }
        parts
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
            let Some(Shaped(shapes)) = shaped else { return Ok(None) };
            let mut scores = vec![Vec::new(); shapes.len()];
            self.each_row(plan, sample, at, |sample, row| {
                if let Some(scores) = scores.get_mut(sample.part(at, row)) {
                    let score = mixed(at, &lower[at], |other| sample.scores[other][row]);
                    scores.push((score, sample.numbers[row]));
                }
            })?;
            let part = |(shape, mut scores): (&Option<(Arc<Shape>, u64)>, Scores)| {
                scores.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
                shape.as_ref().map(|(shape, _)| RankedPart { shape: Arc::clone(shape), scores })
            };
            Ok(Some(Ranked(shapes.iter().zip(scores).map(part).collect())))
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
        (measured, ranked): (&Measured, &Ranked),
        shares: &[f64],
    ) -> Result<ArrayRef, RunError> {
        let weights = &self.system.settled(cells.plan)?.factor[self.member];
        let scores: Vec<Vec<f64>> = (0..=self.member).map(|other| self.scores(other, rows, &[])).collect();
        let when = self.system.when.map(|_| cells.inputs[0].as_boolean());
        let mut conditions = cells.inputs[self.before()..].iter();
        let mut next = |_| {
            conditions.next().cloned().ok_or_else(|| RunError::new("a column that moving ones wait for is missing"))
        };
        let parts = measured.parts(rows.len(), &mut next)?;
        let quantiles = &measured.quantiles;
        let value = |(position, row): (usize, u64)| {
            let is_spoken_of = when.is_none_or(|when| is_true(when, position));
            let score = || mixed(self.member, weights, |other| scores[other][position]);
            let by_rank = is_spoken_of.then(|| ranked.value(quantiles, parts[position], score(), row)).flatten();
            by_rank.unwrap_or_else(|| quantiles.at(shares[position]))
        };
        quantiles.array(&rows.iter().enumerate().map(value).collect::<Vec<_>>())
    }
}
