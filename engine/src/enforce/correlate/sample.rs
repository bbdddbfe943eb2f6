//! Rows of columns that move together, column by column: the rows over which coefficients are measured, and those whose draws are tried.

use std::collections::HashMap;
use std::ops::Range;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::concat;

use super::follow::Beside;
use super::marginal::{score_of, share_of};
use super::ranked::Shaped;
use super::{By, Correlated, Marginal, Member, Square, is_true};
use crate::enforce::quota::Fault;
use crate::enforce::statistic::{Limited, deal};
use crate::enforce::within::Shares;
use crate::generators::{Rows, RunError};
use crate::plan::{Evaluation, Plan, SlotId, units_of};
use crate::random::open_unit;
use crate::run::blocks;

/// Rows of a system, column by column.
#[derive(Default)]
pub(super) struct Sample {
    pub rows: usize,
    /// Their numbers.
    pub numbers: Vec<u64>,
    /// Whether these are all rows.
    pub is_whole: bool,
    /// Which draw of the rows these are.
    pub attempt: u32,
    pub scores: Vec<Vec<f64>>,
    /// Whether a row lies outside of what limits the rules, so that its columns are drawn each by itself; empty where none does.
    pub apart: Vec<bool>,
    /// Not a number where the cell is null, a number where a rule puts it in, infinite where it is drawn; empty where all cells are drawn.
    pub put: Vec<Vec<f64>>,
    /// Which condition limits what is asked of the values of a column that takes them by rank; empty where none does.
    pub parts: Vec<Vec<usize>>,
    /// The columns that bound others.
    pub bounds: HashMap<SlotId, Vec<Option<i64>>>,
    /// What conditions read of other columns.
    pub beside: Beside,
}

impl Sample {
    fn new(members: usize) -> Sample {
        Sample {
            is_whole: true,
            scores: vec![Vec::new(); members],
            put: vec![Vec::new(); members],
            parts: vec![Vec::new(); members],
            ..Sample::default()
        }
    }

    /// The place of what is asked of a row's value of a column.
    pub fn part(&self, at: usize, row: usize) -> usize {
        self.parts[at].get(row).copied().unwrap_or(0)
    }

    /// The rows in which a column has a value.
    pub fn filled(&self, at: usize) -> impl Iterator<Item = usize> {
        (0..self.rows).filter(move |row| !self.put[at].get(*row).is_some_and(|put| put.is_nan()))
    }
}

impl Correlated {
    /// Reads the rows over which coefficients are measured.
    pub(super) fn sample(&self, plan: &Plan) -> Result<Sample, Fault> {
        let most = Correlated::most_rows(&self.pairs, self.members.len()) as usize;
        let rows = plan.tables[self.table].rows;
        let mut sample = Sample::new(self.members.len());
        if self.when.is_none() && self.is_plain() && rows > most as u64 {
            sample.is_whole = false;
            return Ok(sample);
        }
        let mut beside: HashMap<SlotId, Vec<ArrayRef>> = HashMap::new();
        for block in blocks(0..rows) {
            if sample.rows > most {
                sample.is_whole = false;
                break;
            }
            let (block, mut evaluation) = self.spoken_of(plan, block)?;
            self.read(&mut sample, &block, 0..self.members.len(), &mut |slot| evaluation.need(slot))?;
            for slot in self.read_beside() {
                beside.entry(slot).or_default().push(evaluation.need(slot)?);
            }
        }
        for (slot, parts) in beside {
            let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
            let joined = concat(&parts).map_err(|error| Fault::Run(RunError::new(error.to_string())))?;
            sample.beside.insert(slot, joined);
        }
        Ok(sample)
    }

    /// The rows of a block that the rules speak of.
    fn spoken_of<'p>(&self, plan: &'p Plan, block: Range<u64>) -> Result<(Rows, Evaluation<'p>), RunError> {
        let block = Rows::Range(block);
        let mut evaluation = Evaluation::new(plan, self.table, block.clone());
        let Some(when) = self.when else { return Ok((block, evaluation)) };
        let when = evaluation.need(when)?;
        let when = when.as_boolean();
        let selected: Vec<u32> = (0..block.len()).filter(|row| is_true(when, *row)).map(|row| row as u32).collect();
        let rows = block.take(&selected);
        Ok((rows.clone(), Evaluation::new(plan, self.table, rows)))
    }

    /// The rows of a block that the rules speak of, as far as one column is made of them: its own cells, and the scores of those before it.
    pub(super) fn block(&self, plan: &Plan, block: Range<u64>, at: usize) -> Result<Sample, Fault> {
        let (rows, mut evaluation) = self.spoken_of(plan, block)?;
        let mut sample = Sample::new(self.members.len());
        self.read(&mut sample, &rows, 0..at + 1, &mut |slot| evaluation.need(slot))?;
        Ok(sample)
    }

    /// Some rows in their first draw. What the system reads of them is got by its slot.
    pub(super) fn of_rows(
        &self,
        rows: &Rows,
        need: &mut impl FnMut(SlotId) -> Result<ArrayRef, RunError>,
    ) -> Result<Sample, Fault> {
        let mut sample = Sample::new(self.members.len());
        self.read(&mut sample, rows, 0..self.members.len(), need)?;
        if let Some(when) = self.when {
            let when = need(when)?;
            let when = when.as_boolean();
            sample.apart = (0..rows.len()).map(|row| !is_true(when, row)).collect();
        }
        for slot in self.read_beside() {
            sample.beside.insert(slot, need(slot)?);
        }
        Ok(sample)
    }

    /// Adds rows of some columns to a sample, all but what conditions read beside the system.
    fn read(
        &self,
        sample: &mut Sample,
        rows: &Rows,
        members: Range<usize>,
        need: &mut impl FnMut(SlotId) -> Result<ArrayRef, RunError>,
    ) -> Result<(), Fault> {
        sample.rows += rows.len();
        sample.numbers.extend(rows.iter());
        for at in members {
            let member = &self.members[at];
            sample.scores[at].extend(rows.iter().map(|row| score_of(open_unit(member.key.word(row)))));
            if member.is_put() {
                sample.put[at].extend(member.put(rows, need)?);
            }
            if let Some(ranked) = member.ranked.as_ref().filter(|ranked| !ranked.strata.conditions().is_empty()) {
                sample.parts[at].extend(ranked.parts(rows.len(), &mut *need)?);
            }
            for limit in &member.limits {
                let By::Slot(slot) = limit.by else { continue };
                let Marginal::Drawn(quantiles) = &member.marginal else { continue };
                let known = units_of(&need(slot)?, quantiles.logical(), limit.side)?;
                let of_slot = sample.bounds.entry(slot).or_default();
                if of_slot.len() < sample.rows {
                    of_slot.extend(known);
                }
            }
        }
        Ok(())
    }

    /// Rows of a sample in another draw.
    pub(super) fn again(&self, sample: &Sample, rows: &[usize], attempt: u32) -> Result<Sample, RunError> {
        let numbers: Vec<u64> = rows.iter().map(|row| sample.numbers[*row]).collect();
        let scores = self.members.iter().map(|member| {
            let key = member.key.child(u64::from(attempt));
            numbers.iter().map(|number| score_of(open_unit(key.word(*number)))).collect()
        });
        fn taken<T: Copy>(known: &[T], rows: &[usize]) -> Vec<T> {
            if known.is_empty() { Vec::new() } else { rows.iter().map(|row| known[*row]).collect() }
        }
        let positions = rows.iter().map(|row| Some(*row as u32)).collect();
        let beside = |(slot, known): (&SlotId, &ArrayRef)| Ok((*slot, crate::plan::take_rows(known, &positions)?));
        let bounds =
            |(slot, known): (&SlotId, &Vec<Option<i64>>)| (*slot, rows.iter().map(|row| known[*row]).collect());
        Ok(Sample {
            rows: rows.len(),
            is_whole: false,
            attempt,
            scores: scores.collect(),
            apart: taken(&sample.apart, rows),
            put: sample.put.iter().map(|put| taken(put, rows)).collect(),
            parts: sample.parts.iter().map(|parts| taken(parts, rows)).collect(),
            bounds: sample.bounds.iter().map(bounds).collect(),
            beside: sample.beside.iter().map(beside).collect::<Result<_, RunError>>()?,
            numbers,
        })
    }

    /// The values of a sample as numbers; not a number where a cell is null.
    pub(super) fn values(
        &self,
        sample: &Sample,
        shapes: &[Option<Shaped>],
        lower: &Square,
    ) -> Result<Vec<Vec<f64>>, RunError> {
        let mut all: Vec<Vec<f64>> = vec![Vec::new(); self.members.len()];
        let mut open: Vec<usize> = (0..self.members.len()).collect();
        // A column stands behind those that bound it or that its values follow on.
        while let Some(place) = open.iter().position(|at| {
            let member = &self.members[*at];
            member.limits.iter().all(|limit| !matches!(limit.by, By::Member(other) if open.contains(&other)))
                && member.followed().all(|other| !open.contains(&other))
        }) {
            let at = open.remove(place);
            let member = &self.members[at];
            let key = member.key_of(sample.attempt);
            let mut shares = Shares::default();
            let value = |row: usize| {
                let drawn = match sample.put[at].get(row) {
                    Some(put) if !put.is_infinite() => return *put,
                    // To the last bit what the fill of the column makes.
                    _ if at == 0 || sample.apart.get(row).is_some_and(|apart| *apart) => {
                        open_unit(key.word(sample.numbers[row]))
                    }
                    _ => share_of((0..=at).map(|other| lower[at][other] * sample.scores[other][row]).sum()),
                };
                let Marginal::Drawn(quantiles) = &member.marginal else { return member.marginal.at(drawn) };
                if member.limits.is_empty() {
                    return quantiles.at(drawn);
                }
                let bounds = member.bounds(|_, limit| match limit.by {
                    By::Constant(value) => Some(value),
                    By::Member(other) => Some(all[other][row]).filter(|value| !value.is_nan()),
                    By::Slot(slot) => sample.bounds[&slot][row].map(|value| value as f64),
                });
                shares.within(quantiles, drawn, bounds)
            };
            let mut values: Vec<f64> = (0..sample.rows).map(value).collect();
            if let (Some(shape), Marginal::Drawn(quantiles)) = (&shapes[at], &member.marginal) {
                for (part, ascending) in self.ascending(at, sample, lower) {
                    let limited = |(score, _, row): &(f64, u64, usize)| self.limited(at, sample, *row, *score);
                    let limits: Vec<Limited> = match member.limits.is_empty() {
                        true => Vec::new(),
                        false => ascending.iter().map(limited).collect(),
                    };
                    let put = limits.iter().filter(|row| row.is_put(quantiles)).count();
                    let among = (ascending.len() - put) as u64;
                    let by_rank: Option<Vec<f64>> =
                        (0..among).map(|rank| shape.value(quantiles, part, rank, among)).collect();
                    let Some(by_rank) = by_rank else { continue };
                    let by_rank = match limits.is_empty() {
                        true => by_rank,
                        false => deal(quantiles, &by_rank, &limits).unwrap_or_else(|| {
                            let mut values = by_rank.into_iter();
                            let value = |row: &Limited| match row.is_put(quantiles) {
                                true => row.low,
                                false => values.next().unwrap_or(f64::NAN),
                            };
                            limits.iter().map(value).collect()
                        }),
                    };
                    ascending.into_iter().zip(by_rank).for_each(|((_, _, row), value)| values[row] = value);
                }
            }
            self.follow(at, sample, &all, &mut values)?;
            all[at] = values;
        }
        Ok(all)
    }
}

impl Member {
    /// Whether some of its cells are not drawn.
    fn is_put(&self) -> bool {
        self.nulls.is_some() || !self.forced.is_empty() || !self.given.is_empty()
    }

    /// What rules, nulls and given cells put into rows.
    fn put(
        &self,
        rows: &Rows,
        need: &mut impl FnMut(SlotId) -> Result<ArrayRef, RunError>,
    ) -> Result<Vec<f64>, RunError> {
        let mut put = vec![f64::INFINITY; rows.len()];
        let holes = self.nulls.map(|nulls| (nulls, f64::NAN));
        for (slot, value) in self.forced.iter().copied().chain(holes) {
            let holds = need(slot)?;
            for (row, put) in put.iter_mut().enumerate() {
                if is_true(holds.as_boolean(), row) {
                    *put = value;
                }
            }
        }
        for (put, row) in put.iter_mut().zip(rows.iter()) {
            if let Some(given) = self.given_at(row) {
                *put = given;
            }
        }
        Ok(put)
    }

    /// What a row is given: a number, or none where it is null.
    pub(super) fn given_at(&self, row: u64) -> Option<f64> {
        usize::try_from(row).ok().and_then(|row| self.given.get(row)).copied().filter(|given| !given.is_infinite())
    }
}
