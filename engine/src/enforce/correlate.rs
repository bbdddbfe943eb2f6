//! Columns that move together: a Gaussian copula under the columns' own distributions (NORTA, Cario & Nelson 1997).
//!
//! The word that would draw a cell is turned into a score of the normal distribution; the scores of a row are mixed by the factor of a
//! correlation matrix, and what comes of that draws the cell by the column's own quantiles. So each column keeps its distribution, the first
//! one its very values, and a cell is a function of its row. The matrix is such that the columns, not the scores, have the coefficients that
//! are asked ([`link`]). Tables of some thousands of rows have coefficients by chance that are as far off as a tolerance: of them all rows are
//! measured before the first is made, and the matrix is moved until the rows have what is asked. The same is done, over the first rows of
//! larger tables, where other rules put in values or bounds afterwards.

mod coefficient;
mod follow;
mod link;
mod marginal;
mod matrix;
mod ranked;
mod sample;
mod trials;

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};

pub(crate) use coefficient::Method;
use coefficient::ranks;
pub(crate) use follow::{Follow, Read};
pub(crate) use link::Link;
pub(crate) use marginal::{Marginal, Profile, numbers_of};
use marginal::{score_of, share_of};
pub(crate) use matrix::{Square, factor, identity, nearest};
use ranked::Ranked;
use sample::Sample;
use trials::attempts_of;
pub(crate) use trials::{AttemptsFill, Trial};

use super::quota::{Conflict, Fault};
use super::redraw::{NEARLY_NEVER, chance_of_none};
use super::statistic::Measured;
use super::within::Shares;
use crate::generators::{Cells, Fill, Held, Rows, RunError};
use crate::plan::{Plan, Side, SlotId, units_of};
use crate::random::{Key, open_unit};

/// Bytes that a sample keeps at most.
const BYTES: u64 = 64 << 20;

/// Times that the matrix is moved at most.
const ROUNDS: usize = 20;

/// What pairs have, and in how many rows.
type Found = Vec<(Option<f64>, usize)>;

/// A bound that another rule sets.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    pub by: By,
    pub side: Side,
    /// Added to it, in units.
    pub gap: f64,
}

/// What bounds a value.
#[derive(Clone, Debug)]
pub(crate) enum By {
    Constant(f64),
    /// A column that moves together with this one.
    Member(usize),
    /// Another column of the row.
    Slot(SlotId),
}

/// A column that moves together with others.
pub(crate) struct Member {
    pub column: String,
    /// The stream of its words.
    pub key: Key,
    pub marginal: Marginal,
    pub limits: Vec<Limit>,
    /// Where it is null.
    pub nulls: Option<SlotId>,
    /// Where rules put in a value, and the value as a number.
    pub forced: Vec<(SlotId, f64)>,
    /// The cells of the first rows that are given as numbers, not a number where null is, infinite where none is.
    pub given: Vec<f64>,
    /// Values that rules put in because of what columns of the system have.
    pub follows: Vec<Follow>,
    /// What rules ask of its values over all rows together: these are given by rank.
    pub ranked: Option<Measured>,
}

/// What a rule asks of two columns.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub rule: String,
    pub members: (usize, usize),
    pub method: Method,
    pub coefficient: f64,
    pub tolerance: f64,
    /// How fast the coefficient rises with the correlation of the scores.
    pub slope: f64,
}

/// Columns that move together.
pub(crate) struct Correlated {
    pub table: usize,
    pub members: Vec<Member>,
    pub pairs: Vec<Pair>,
    /// The condition that limits the rules; all rows where absent.
    pub when: Option<SlotId>,
    /// The correlations of the scores that the distributions ask for.
    pub scores: Square,
    /// Conditions that the columns are drawn again for, all together.
    pub trials: Vec<Trial>,
    pub settled: OnceLock<Result<Settled, Fault>>,
}

/// The matrix that rows are made with.
pub(crate) struct Settled {
    factor: Square,
    /// The coefficients that all rows have, where they were measured, and the rows of each.
    found: Vec<(f64, usize)>,
    /// Of columns whose values are given by rank, these, and the scores of all rows in ascending order.
    ranked: Vec<Option<Ranked>>,
    /// The share of the draws that obeyed the conditions, and the rows in which that was seen.
    acceptance: (f64, usize),
}

impl Correlated {
    fn settled(&self, plan: &Plan) -> Result<&Settled, Fault> {
        self.settled.get_or_init(|| self.settle(plan)).as_ref().map_err(Clone::clone)
    }

    /// Measures the rows, where that is to be done, and says what they have.
    pub fn check(&self, plan: &Plan) -> Result<Vec<(String, String)>, Fault> {
        let settled = self.settled(plan)?;
        let mut notes: Vec<(String, String)> = Vec::new();
        for (pair, (found, rows)) in self.pairs.iter().zip(&settled.found) {
            let (first, second) = self.names(pair);
            let pair_found = format!("{first}, {second}: {}", rounded(*found));
            match notes.iter_mut().find(|(rule, _)| *rule == pair.rule) {
                Some((_, known)) => *known = format!("{known}; {pair_found}"),
                None => notes.push((pair.rule.clone(), format!("measured in {rows} rows: {pair_found}"))),
            }
        }
        let (share, rows) = settled.acceptance;
        if rows > 0 {
            let note = format!("{:.1} % of {rows} sampled draws obey at once", share * 100.0);
            notes.extend(self.trials.iter().map(|trial| (trial.rule.clone(), note.clone())));
        }
        Ok(notes)
    }

    fn names(&self, pair: &Pair) -> (&str, &str) {
        (&self.members[pair.members.0].column, &self.members[pair.members.1].column)
    }

    /// The most rows that are measured: so many that what chance gives beyond them is a small part of every tolerance.
    pub fn most_rows(pairs: &[Pair], members: usize) -> u64 {
        const LEAST: f64 = if cfg!(test) { 4_096.0 } else { 65_536.0 };
        let tolerance = pairs.iter().map(|pair| pair.tolerance).fold(1.0, f64::min);
        let wanted = libm::pow(if cfg!(test) { 2.0 } else { 16.0 } / tolerance, 2.0).max(LEAST);
        (wanted as u64).min(BYTES / 8 / members.max(1) as u64)
    }

    /// Whether nothing changes a value after it is drawn.
    fn is_plain(&self) -> bool {
        let is_plain = |member: &Member| {
            member.is_plain() && member.forced.is_empty() && member.given.is_empty() && member.follows.is_empty()
        };
        self.trials.is_empty() && self.members.iter().all(is_plain)
    }

    fn settle(&self, plan: &Plan) -> Result<Settled, Fault> {
        let of = |scores: &Square| factor(scores).unwrap_or_else(|| identity(scores.len()));
        let mut settled =
            Settled { factor: of(&self.scores), found: Vec::new(), ranked: Vec::new(), acceptance: (1.0, 0) };
        let sample = self.sample(plan)?;
        let shapes = self.shapes(plan, &sample)?;
        if sample.rows < 2 || (!sample.is_whole && self.is_plain()) {
            settled.ranked = self.ranked(plan, &sample, &shapes, &settled.factor)?;
            return Ok(settled);
        }
        let mut scores = self.scores.clone();
        let mut slopes: Vec<f64> = self.pairs.iter().map(|pair| pair.slope).collect();
        let mut before: Option<(Square, Found)> = None;
        let mut best: Option<(f64, Square, Found, f64)> = None;
        for round in 0..ROUNDS {
            let lower = of(&scores);
            let drawn = self.drawn(&sample, &shapes, &lower).map_err(Fault::Run)?;
            let (values, acceptance) = (&drawn.values, drawn.acceptance());
            let ranks = self.ranks(values);
            let found: Found = self.pairs.iter().map(|pair| measured(pair, values, &ranks)).collect();
            let off = |(pair, (found, rows)): (&Pair, &(Option<f64>, usize))| match found {
                Some(found) => (found - pair.coefficient).abs() / pair.tolerance,
                // One row has no coefficient, and none is asked of it.
                None if *rows < 2 => 0.0,
                None => f64::INFINITY,
            };
            let worst = self.pairs.iter().zip(&found).map(off).fold(0.0, f64::max);
            if best.as_ref().is_none_or(|(known, ..)| worst < *known) {
                best = Some((worst, lower, found.clone(), acceptance));
            }
            // A matrix of many pairs may take long to come as near as one.
            if worst <= if round < ROUNDS / 4 { 0.05 } else { 0.25 } {
                break;
            }
            let mut moved = scores.clone();
            for (at, pair) in self.pairs.iter().enumerate() {
                let ((a, b), Some(now)) = (pair.members, found[at].0) else { continue };
                if let Some((known, known_found)) = &before
                    && let Some(then) = known_found[at].0
                    && (scores[a][b] - known[a][b]).abs() > 1e-9
                {
                    let slope = (now - then) / (scores[a][b] - known[a][b]);
                    if slope > 0.1 * pair.slope && slope < 10.0 * pair.slope {
                        slopes[at] = slope;
                    }
                }
                let part = if round < ROUNDS / 2 { 1.0 } else { 0.5 };
                let step = part * (pair.coefficient - now) / slopes[at];
                moved[a][b] = (scores[a][b] + step).clamp(-1.0, 1.0);
                moved[b][a] = moved[a][b];
            }
            before = Some((scores, found));
            scores = if factor(&moved).is_some() { moved } else { nearest(&moved, |_, _| false) };
        }
        let Some((worst, lower, found, acceptance)) = best else { return Ok(settled) };
        settled.ranked = self.ranked(plan, &sample, &shapes, &lower)?;
        if sample.is_whole && worst > 1.0 {
            return Err(Fault::Conflict(self.out_of_reach(&found)));
        }
        let rows = plan.tables[self.table].rows;
        // What all rows were drawn for needs no guess.
        if !sample.is_whole && !self.trials.is_empty() && chance_of_none(acceptance, rows) >= NEARLY_NEVER {
            return Err(Fault::Conflict(self.too_few(acceptance, rows)));
        }
        (settled.factor, settled.acceptance) = (lower, (acceptance, sample.rows));
        if sample.is_whole {
            settled.found = found.into_iter().map(|(found, rows)| (found.unwrap_or(f64::NAN), rows)).collect();
        }
        Ok(settled)
    }

    /// The ranks of the columns whose ranks are asked for, once for all their pairs; empty where some are null, so that each pair has its own.
    fn ranks(&self, values: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let asked = |at: usize| {
            let of = |pair: &Pair| pair.method == Method::Spearman && (pair.members.0 == at || pair.members.1 == at);
            self.pairs.iter().any(of) && values[at].iter().all(|value| !value.is_nan())
        };
        values.iter().enumerate().map(|(at, values)| if asked(at) { ranks(values) } else { Vec::new() }).collect()
    }

    /// Says of the pair that is furthest from what is asked how near its rows come.
    fn out_of_reach(&self, found: &[(Option<f64>, usize)]) -> Conflict {
        let off = |at: &usize| found[*at].0.map_or(f64::INFINITY, |found| (found - self.pairs[*at].coefficient).abs());
        let worst = (0..self.pairs.len()).max_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(0);
        let (pair, (found, rows)) = (&self.pairs[worst], &found[worst]);
        let (first, second) = self.names(pair);
        let asked =
            format!("{} asks for a coefficient of {} of {first} and {second}", pair.rule, rounded(pair.coefficient));
        let detail = match found {
            Some(found) => format!("{asked}, and these {rows} rows come no nearer than {}", rounded(*found)),
            None => format!("{asked}, and one of them has a single value in these {rows} rows"),
        };
        let mut rules = vec![pair.rule.clone()];
        rules.extend(self.trials.iter().map(|trial| trial.rule.clone()));
        Conflict { rules, detail }
    }

    /// Says of conditions that too few draws obey.
    fn too_few(&self, acceptance: f64, rows: u64) -> Conflict {
        let rules: Vec<String> = self.trials.iter().map(|trial| trial.rule.clone()).collect();
        let (share, names) = (acceptance * 100.0, rules.join(" and "));
        Conflict { detail: format!("only {share:.2} % of the draws obey {names}, too few for {rows} rows"), rules }
    }

    fn hold(&self, held: &mut Held<'_>) {
        let all = held.plan.tables[self.table].rows;
        let rows = Correlated::most_rows(&self.pairs, self.members.len()).min(all);
        // Scores and what stands in their place, while the coefficients are measured.
        let beside = self.read_beside().len();
        let ranked = self.members.iter().filter(|member| member.ranked.is_some()).count() as u64;
        held.add(
            self,
            all * ranked * size_of::<(f64, u64)>() as u64
                + 2 * rows * ((self.members.len() + beside) * size_of::<f64>()) as u64,
        );
    }
}

impl Member {
    /// Whether its values are drawn by its distribution alone.
    pub fn is_plain(&self) -> bool {
        self.limits.is_empty() && self.ranked.is_none()
    }

    /// The tightest bounds of a row.
    fn bounds(&self, value: impl Fn(usize, &Limit) -> Option<f64>) -> (f64, f64) {
        let mut bounds = (f64::NEG_INFINITY, f64::INFINITY);
        for (at, limit) in self.limits.iter().enumerate() {
            let Some(value) = value(at, limit) else { continue };
            match limit.side {
                Side::Lower => bounds.0 = bounds.0.max(value + limit.gap),
                Side::Upper => bounds.1 = bounds.1.min(value + limit.gap),
            }
        }
        bounds
    }
}

fn is_true(truth: &BooleanArray, row: usize) -> bool {
    truth.is_valid(row) && truth.value(row)
}

/// The coefficient of a pair's rows that are not null, and how many these are.
fn measured(pair: &Pair, values: &[Vec<f64>], ranks: &[Vec<f64>]) -> (Option<f64>, usize) {
    let (first, second) = (pair.members.0, pair.members.1);
    if pair.method == Method::Spearman && !ranks[first].is_empty() && !ranks[second].is_empty() {
        return (Method::Pearson.of(&ranks[first], &ranks[second]), ranks[first].len());
    }
    let both = values[first].iter().copied().zip(values[second].iter().copied());
    let (xs, ys): (Vec<f64>, Vec<f64>) = both.filter(|(x, y)| !x.is_nan() && !y.is_nan()).unzip();
    (pair.method.of(&xs, &ys), xs.len())
}

/// A coefficient as people read it.
pub(crate) fn rounded(coefficient: f64) -> f64 {
    libm::rint(coefficient * 1e4) / 1e4
}

/// One of the columns as a fill. Inputs: the condition, where there is one, which draw of each row obeys, where some may not, then the columns of
/// its limits, or the conditions of what is asked of its values.
pub(crate) struct CorrelatedFill {
    pub system: Arc<Correlated>,
    pub member: usize,
}

impl CorrelatedFill {
    /// The draws of rows, where some may be drawn again.
    fn attempts(&self, cells: &Cells<'_>) -> Result<Vec<u32>, RunError> {
        if self.system.trials.is_empty() {
            return Ok(Vec::new());
        }
        attempts_of(&cells.inputs[usize::from(self.system.when.is_some())])
    }

    /// How many inputs stand before those of the column's own rules.
    fn before(&self) -> usize {
        usize::from(self.system.when.is_some()) + usize::from(!self.system.trials.is_empty())
    }

    /// The numbers that would draw a column in some rows.
    fn units(&self, member: usize, rows: &Rows, attempts: &[u32]) -> Vec<f64> {
        let member = &self.system.members[member];
        let word = |(position, row): (usize, u64)| match attempts.get(position) {
            Some(attempt) if *attempt > 0 => member.key_of(*attempt).word(row),
            _ => member.key.word(row),
        };
        rows.iter().enumerate().map(|row| open_unit(word(row))).collect()
    }

    fn scores(&self, member: usize, rows: &Rows, attempts: &[u32]) -> Vec<f64> {
        self.units(member, rows, attempts).into_iter().map(score_of).collect()
    }
}

impl Fill for CorrelatedFill {
    fn hold(&self, held: &mut Held<'_>) {
        self.system.hold(held);
    }

    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let system = &self.system;
        let member = &system.members[self.member];
        let attempts = self.attempts(cells)?;
        let mut shares = self.units(self.member, rows, &attempts);
        // The first one's own words, whatever the matrix.
        if self.member > 0 {
            let lower = &system.settled(cells.plan)?.factor[self.member];
            let mut mixed = vec![0.0; rows.len()];
            for (other, weight) in lower[..=self.member].iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                let scores = self.scores(other, rows, &attempts);
                mixed.iter_mut().zip(scores).for_each(|(mixed, score)| *mixed += weight * score);
            }
            let when = system.when.map(|_| cells.inputs[0].as_boolean());
            for (row, share) in shares.iter_mut().enumerate() {
                if when.is_none_or(|when| is_true(when, row)) {
                    *share = share_of(mixed[row]);
                }
            }
        }
        let Marginal::Drawn(quantiles) = &member.marginal else { return member.marginal.array(&shares) };
        let by_rank = match &member.ranked {
            Some(measured) => match system.settled(cells.plan)?.ranked.get(self.member) {
                Some(Some(ranked)) => self.by_rank(cells, rows, (measured, ranked))?,
                _ => Vec::new(),
            },
            None => Vec::new(),
        };
        if member.limits.is_empty() && by_rank.is_empty() {
            return member.marginal.array(&shares);
        }
        let mut inputs = cells.inputs[self.before()..].iter();
        let mut limits = Vec::with_capacity(member.limits.len());
        for limit in &member.limits {
            limits.push(match limit.by {
                By::Constant(_) => Vec::new(),
                _ => match inputs.next() {
                    Some(input) => units_of(input, quantiles.logical(), limit.side)?,
                    None => return Err(RunError::new("a column that bounds another one is missing")),
                },
            });
        }
        let mut searched = Shares::default();
        let value = |(row, share): (usize, f64)| {
            if let Some(Some(value)) = by_rank.get(row) {
                return *value;
            }
            let bounds = member.bounds(|at, limit| match limit.by {
                By::Constant(value) => Some(value),
                _ => limits[at][row].map(|value| value as f64),
            });
            searched.within(quantiles, share, bounds)
        };
        let values: Vec<f64> = shares.into_iter().enumerate().map(value).collect();
        quantiles.array(&values)
    }
}
