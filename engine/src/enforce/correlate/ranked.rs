//! Columns that move with others while statistics or counts of their values are given: the values stand by rank ([`super::super::statistic`]), and
//! the rows take them in the order of their scores, which keeps every coefficient of ranks, and nearly that of numbers, for which the matrix
//! makes up. In tables too long to be measured as a whole the first rows stand for all, and the scores of all rows say which rank each has.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::AsArray;

use super::super::quota::Fault;
use super::super::statistic::{Limited, Measured, Shape};
use super::{By, Correlated, CorrelatedFill, Member, Sample, Square, is_true};
use crate::generators::{Cells, Quantiles, Rows, RunError};
use crate::plan::Plan;
use crate::run::blocks;

/// The values of a column by the ranks of its rows' scores, by the part of the rows in which they lie.
pub(super) struct Ranked(Vec<Option<RankedPart>>);

/// Scores, each with its row.
type Scores = Vec<(f64, u64)>;

/// Rows that rules speak of together.
enum RankedPart {
    /// What their values are by the ranks of their scores.
    Scores(Arc<Shape>, Scores),
    /// The value of each row, in the order of the rows, where these are left some values alone.
    Rows(Vec<(u64, f64)>),
}

impl Ranked {
    /// The value of a row of a part, `None` where no rule gives any.
    fn value(&self, quantiles: &Quantiles, part: usize, score: f64, row: u64) -> Option<f64> {
        match self.0.get(part)?.as_ref()? {
            RankedPart::Scores(shape, scores) => {
                let is_before = |known: &(f64, u64)| known.0.total_cmp(&score).then(known.1.cmp(&row)).is_lt();
                let rank = scores.partition_point(is_before).min(scores.len().saturating_sub(1));
                Some(shape.value(quantiles, rank as u64))
            }
            RankedPart::Rows(values) => {
                values.binary_search_by_key(&row, |known| known.0).ok().map(|place| values[place].1)
            }
        }
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
            let mut parts: Vec<Vec<Limited>> = vec![Vec::new(); ranked.asked.len()];
            let mut rows = vec![0; ranked.asked.len()];
            self.each_row(plan, sample, at, |sample, row| {
                let part = sample.part(at, row);
                let Some(count) = rows.get_mut(part) else { return };
                *count += 1;
                if !member.limits.is_empty() {
                    parts[part].push(self.limited(at, sample, row, sample.scores[at][row]));
                }
            })?;
            let shapes = match member.limits.is_empty() {
                true => ranked.shapes(&rows, |_| ranked.key).map_err(Fault::Conflict)?,
                false => {
                    // Ranks are of the rows that values are dealt to.
                    for (count, part) in rows.iter_mut().zip(&parts) {
                        *count -= part.iter().filter(|row| row.is_put(&ranked.quantiles)).count() as u64;
                    }
                    let parts: Vec<&[Limited]> = parts.iter().map(Vec::as_slice).collect();
                    let laid = ranked.laid_over(&parts).map_err(Fault::Conflict)?;
                    let shape = |(laid, asked)| match laid {
                        None => Ok(None),
                        Some((Some(shape), _)) => Ok(Some(shape)),
                        // Values of single rows move with nothing.
                        Some((None, _)) => Err(Fault::Conflict(ranked.too_few_inside(asked))),
                    };
                    laid.into_iter().zip(&ranked.asked).map(shape).collect::<Result<_, Fault>>()?
                }
            };
            let with_rows = |(shape, rows): (Option<Shape>, u64)| shape.map(|shape| (Arc::new(shape), rows));
            Ok(Some(Shaped(shapes.into_iter().zip(rows).map(with_rows).collect())))
        };
        self.members.iter().enumerate().map(shape).collect()
    }

    /// A row of a sample inside of what a column is left there.
    pub(super) fn limited(&self, at: usize, sample: &Sample, row: usize, score: f64) -> Limited {
        Limited::new(score, &self.members[at].limits, 1.0, |_, limit| match limit.by {
            By::Constant(value) => Some(value),
            By::Slot(slot) => sample.bounds[&slot][row].map(|value| value as f64),
            By::Member(_) => None,
        })
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
            let member = &self.members[at];
            let mut scores: Vec<Scores> = vec![Vec::new(); shapes.len()];
            let mut limits: Vec<Vec<Limited>> = vec![Vec::new(); shapes.len()];
            self.each_row(plan, sample, at, |sample, row| {
                let part = sample.part(at, row);
                if let Some(scores) = scores.get_mut(part) {
                    let score = mixed(at, &lower[at], |other| sample.scores[other][row]);
                    scores.push((score, sample.numbers[row]));
                    if !member.limits.is_empty() {
                        limits[part].push(self.limited(at, sample, row, score));
                    }
                }
            })?;
            let part = |(at, mut scores): (usize, Scores)| {
                let Some((shape, _)) = &shapes[at] else { return Ok(None) };
                if member.limits.is_empty() {
                    scores.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
                    return Ok(Some(RankedPart::Scores(Arc::clone(shape), scores)));
                }
                let dealt = member.ranked.as_ref().and_then(|ranked| ranked.dealt(shape, &limits[at]));
                let values = dealt.ok_or_else(|| {
                    Fault::Run(RunError::new(format!("{} has too few values inside of its limits", member.column)))
                })?;
                Ok(Some(RankedPart::Rows(scores.iter().map(|(_, row)| *row).zip(values).collect())))
            };
            let parts = scores.into_iter().enumerate().map(part).collect::<Result<_, Fault>>()?;
            Ok(Some(Ranked(parts)))
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
    /// The values of rows that take them by rank; `None` where a row does not.
    pub(super) fn by_rank(
        &self,
        cells: &Cells<'_>,
        rows: &Rows,
        (measured, ranked): (&Measured, &Ranked),
    ) -> Result<Vec<Option<f64>>, RunError> {
        let weights = &self.system.settled(cells.plan)?.factor[self.member];
        let scores: Vec<Vec<f64>> = (0..=self.member).map(|other| self.scores(other, rows, &[])).collect();
        let when = self.system.when.map(|_| cells.inputs[0].as_boolean());
        let limits = &self.system.members[self.member].limits;
        let read = limits.iter().filter(|limit| !matches!(limit.by, By::Constant(_))).count();
        let mut conditions = cells.inputs[self.before() + read..].iter();
        let missing = || RunError::new("a column that moving ones wait for is missing");
        let parts = measured.parts(rows.len(), |_| conditions.next().cloned().ok_or_else(missing))?;
        let value = |(position, row): (usize, u64)| {
            let is_spoken_of = when.is_none_or(|when| is_true(when, position));
            let score = || mixed(self.member, weights, |other| scores[other][position]);
            is_spoken_of.then(|| ranked.value(&measured.quantiles, parts[position], score(), row)).flatten()
        };
        Ok(rows.iter().enumerate().map(value).collect())
    }
}
