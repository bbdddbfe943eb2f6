//! Values whose statistics are given: the values of the rows of a rule are the quantiles of the column's own distribution at evenly spaced
//! shares, dealt by a permutation of their ranks.
//!
//! Smallest, largest and middle values are placed at their ranks. Between them the shares are bent, by a factor of their odds for a mean and by an affine
//! map of their normal scores where a standard deviation is asked as well, so that no value leaves the distribution's bounds. What is then missing
//! of the sum is spread evenly, a unit a rank, over ranks off their bounds: the mean is exact to half a unit in all.

mod curve;
mod cut;
mod limited;
mod listed;
mod met;
mod own;
mod rest;
mod settle;
mod stretch;

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::compute::interleave;

pub(crate) use curve::Shape;
use curve::{Bend, Curve, Segment, Spread};
pub(crate) use cut::Within;
pub(crate) use limited::{Limited, deal};
use listed::Runs;

use super::correlate::Limit;
use super::quota::{Conflict, Fault};
use super::strata::{CONDITIONS, Standing, Strata};
use crate::generators::{Cells, Fill, Held, Quantiles, Rows, RunError};
use crate::permutation::Permutation;
use crate::plan::{Plan, SlotId};
use crate::random::Key;

/// Ranks by which bends are found.
const SAMPLED: u64 = 2_048;

/// Steps of a bisection.
const STEPS: usize = 40;

/// What is asked of the rows of one condition, in units of the column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// The condition's bit; all rows where absent.
    pub condition: Option<usize>,
    pub rules: Vec<String>,
    pub mean: Option<f64>,
    /// How far from it the mean may be.
    pub tolerance: f64,
    pub std: Option<f64>,
    /// How far from it the standard deviation may be.
    pub std_tolerance: f64,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Shares and the values at them.
    pub quantiles: Vec<(f64, f64)>,
    /// How many values lie in intervals.
    pub within: Vec<Within>,
}

/// A column with statistics. Inputs: the column as it is drawn, then the conditions in the order of their bits.
pub(crate) struct Measured {
    pub column: String,
    pub asked: Vec<Asked>,
    /// What other rules leave the column in each row, and these; of such a column the values of all rows are kept.
    pub limits: Vec<Limit>,
    pub limited_by: Vec<String>,
    pub nulls: Option<usize>,
    pub strata: Strata,
    pub quantiles: Arc<Quantiles>,
    pub key: Key,
    pub laid: OnceLock<Result<Laid, Fault>>,
}

/// The part of rows that no rule about a column's values speaks of.
pub(crate) const NO_PART: usize = usize::MAX;

fn is_true(truth: &BooleanArray, row: usize) -> bool {
    truth.is_valid(row) && truth.value(row)
}

/// The values of a measured column.
pub(crate) enum Laid {
    /// By cell of the conditions and rank in it; where nothing is asked the column is what is drawn.
    Ranks(Vec<Option<Shape>>),
    /// By row; not a number where it is null.
    Rows(Vec<f64>),
}

impl Measured {
    /// The values of rows; `None` where one is what is drawn. Beside them the conditions in the order of their bits.
    pub fn values(&self, plan: &Plan, rows: &Rows, conditions: &[ArrayRef]) -> Result<Vec<Option<f64>>, RunError> {
        let shapes = match self.laid(plan)? {
            Laid::Ranks(shapes) => shapes,
            Laid::Rows(values) => {
                let value = |row: u64| values.get(row as usize).copied().filter(|value| !value.is_nan());
                return Ok(rows.iter().map(value).collect());
            }
        };
        let standings = self.strata.standings(plan, rows, conditions)?;
        let value = |standing: Standing| {
            let shape = shapes[standing.cell as usize].as_ref()?;
            Some(shape.value(&self.quantiles, shape.order.at(standing.rank)))
        };
        Ok(standings.into_iter().map(value).collect())
    }
}

impl Measured {
    /// Whether the rules can hold, by the pass over the whole table.
    pub fn check(&self, plan: &Plan) -> Result<Vec<(String, String)>, Fault> {
        self.laid(plan).map(|_| Vec::new())
    }

    /// Whether the value of every row is kept: it depends on more than the place of the row in its cell, or cells cannot tell so many conditions
    /// apart.
    pub fn is_by_row(&self) -> bool {
        !self.limits.is_empty() || self.strata.conditions().len() > CONDITIONS
    }

    /// The values of all rows.
    pub fn laid(&self, plan: &Plan) -> Result<&Laid, Fault> {
        let find = || match self.is_by_row() {
            true => self.by_row(plan).map(Laid::Rows),
            false => self.by_cell(plan).map(Laid::Ranks),
        };
        self.laid.get_or_init(find).as_ref().map_err(Clone::clone)
    }

    /// The values of each cell of the conditions, by rank; `None` where no rule speaks.
    fn by_cell(&self, plan: &Plan) -> Result<Vec<Option<Shape>>, Fault> {
        let index = self.strata.index(plan).map_err(Fault::Run)?;
        let outer = self.asked.iter().position(|asked| asked.condition.is_none());
        let mut rows = vec![0; self.asked.len()];
        let mut cells = vec![None; index.masks.len()];
        for ((mask, count), cell) in index.masks.iter().zip(&index.counts).zip(&mut cells) {
            let holds = |bit: usize| mask >> bit & 1 == 1;
            if self.nulls.is_some_and(holds) {
                continue;
            }
            let mut spoken = (0..self.asked.len()).filter(|at| self.asked[*at].condition.is_some_and(holds));
            let (first, other) = (spoken.next(), spoken.next());
            if let (Some(first), Some(other)) = (first, other) {
                return Err(Fault::Conflict(self.shared(&self.asked[first], &self.asked[other])));
            }
            // Only one cell has the rows of one condition, or those of none.
            *cell = first.or(outer);
            if let Some(at) = *cell {
                rows[at] = *count;
            }
        }
        let mask_of = |at: usize| {
            let cell = cells.iter().position(|cell| *cell == Some(at));
            cell.map_or(0, |cell| index.masks[cell])
        };
        let mut shapes = self.shapes(&rows, |at| self.key.child(mask_of(at))).map_err(Fault::Conflict)?;
        Ok(cells.iter().map(|cell| cell.and_then(|at| shapes[at].take())).collect())
    }

    /// Which of the conditions each row meets, by its place; those of a column whose rules speak of all rows are of the first part.
    ///
    /// # Errors
    ///
    /// Two conditions that hold in one row.
    pub fn parts(
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

    /// The most bytes that is kept of the rows.
    pub fn most_bytes(&self, plan: &Plan) -> u64 {
        match self.is_by_row() {
            true => plan.tables[self.strata.table()].rows * size_of::<f64>() as u64,
            false => self.strata.most_bytes(plan),
        }
    }

    /// Says of two rules that they meet in some rows.
    fn shared(&self, one: &Asked, other: &Asked) -> Conflict {
        let rules: Vec<String> = one.rules.iter().chain(&other.rules).cloned().collect();
        let named = [one.rules.join(" and "), other.rules.join(" and ")].join(" and ");
        let detail = format!("{named} speak of the same rows, and only one can decide the values there");
        Conflict { rules, detail }
    }

    fn conflict(&self, asked: &Asked, detail: String) -> Conflict {
        Conflict { rules: asked.rules.clone(), detail }
    }

    /// Ranks whose values are given, ascending.
    fn placed(&self, asked: &Asked, rows: u64) -> Result<Vec<(u64, f64)>, Conflict> {
        let mut placed: Vec<(u64, f64)> = Vec::new();
        placed.extend(asked.min.map(|value| (0, value)));
        placed.extend(asked.max.map(|value| (rows - 1, value)));
        for (share, value) in &asked.quantiles {
            let place = share * (rows - 1) as f64;
            let below = libm::floor(place + 1e-9);
            let on_grid = |value: f64| self.quantiles.quantum.is_none_or(|quantum| libm::fmod(value, quantum) == 0.0);
            if let Some(between) = self.quantiles.listed_between(*value, place - below) {
                placed.extend(between.into_iter().enumerate().map(|(at, value)| (below as u64 + at as u64, value)));
            } else if place - below < 1e-9 {
                let value = self.quantiles.quantum.filter(|_| !on_grid(*value)).map_or(*value, |_| libm::rint(*value));
                placed.push((below as u64, value));
            } else if on_grid(*value) {
                placed.extend([(below as u64, *value), (below as u64 + 1, *value)]);
            } else {
                placed.extend([(below as u64, libm::floor(*value)), (below as u64 + 1, libm::ceil(*value))]);
            }
        }
        placed.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        placed.dedup();
        for pair in placed.windows(2) {
            if pair[1].1 < pair[0].1 || (pair[1].0 == pair[0].0 && pair[1].1 != pair[0].1) {
                let detail = format!(
                    "{} ask for {} and {} of {} in an order that {rows} values cannot have",
                    asked.rules.join(" and "),
                    self.quantiles.print(pair[0].1),
                    self.quantiles.print(pair[1].1),
                    self.column
                );
                return Err(self.conflict(asked, detail));
            }
        }
        if let Some(values) = &self.quantiles.listed
            && let Some((_, value)) = placed.iter().find(|(_, value)| !values.contains(value))
        {
            const NAMED: usize = 8;
            let mut known: Vec<String> = values.iter().take(NAMED).map(|value| self.quantiles.print(*value)).collect();
            if values.len() > NAMED {
                known.push("…".to_owned());
            }
            let detail = format!(
                "{} asks for {} of {}, which is one of {}",
                asked.rules.join(" and "),
                self.quantiles.print(*value),
                self.column,
                known.join(", ")
            );
            return Err(self.conflict(asked, detail));
        }
        if let Some((_, value)) =
            placed.iter().find(|(_, value)| *value < self.quantiles.low || *value > self.quantiles.high)
        {
            let detail = format!(
                "{} asks for {} of {}, whose values lie between {} and {}",
                asked.rules.join(" and "),
                self.quantiles.print(*value),
                self.column,
                self.quantiles.print(self.quantiles.low),
                self.quantiles.print(self.quantiles.high)
            );
            return Err(self.conflict(asked, detail));
        }
        Ok(placed)
    }

    /// The ranks between placed ones. Those below the largest value may have it as well; those below another placed value only where `is_wide`,
    /// for it stands above that rank too.
    fn segments(&self, placed: &[(u64, f64)], rows: u64, is_wide: bool) -> Vec<Segment> {
        let (low, high) = (self.quantiles.low, self.quantiles.high);
        let mut segments = Vec::new();
        let (mut first, mut from, mut bottom) = (0, 0.0, low);
        for (rank, value) in placed {
            let share = self.share_of(*value, |other, value| other < value);
            let to = match is_wide || *rank == rows - 1 {
                true => self.share_of(*value, |other, value| other <= value),
                false => share,
            };
            segments.push(Segment {
                first,
                count: rank - first,
                from,
                to: to.max(from),
                low: bottom,
                high: *value,
                placed: Some(*value),
            });
            (first, from, bottom) = (rank + 1, share.max(from), *value);
        }
        segments.push(Segment { first, count: rows - first, from, to: 1.0, low: bottom, high, placed: None });
        segments
    }

    /// The share of the distribution that lies before a value, by a comparison with it.
    fn share_of(&self, value: f64, is_before: fn(f64, f64) -> bool) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if is_before(self.quantiles.at(f64::clamp(middle, 1e-16, 1.0 - 1.2e-16)), value) {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }

    fn shape_of(&self, asked: &Asked, rows: u64, key: Key) -> Result<Shape, Conflict> {
        let placed = self.placed(asked, rows)?;
        if !asked.within.is_empty() {
            return self.shape_within(asked, self.cut(asked, &placed, rows)?, rows, key);
        }
        let narrow = self.shape_within(asked, self.segments(&placed, rows, false), rows, key);
        if narrow.is_ok() || !placed.iter().any(|(rank, _)| *rank > 0 && *rank < rows - 1) {
            return narrow;
        }
        self.shape_within(asked, self.segments(&placed, rows, true), rows, key)
    }

    fn shape_within(&self, asked: &Asked, segments: Vec<Segment>, rows: u64, key: Key) -> Result<Shape, Conflict> {
        let mut curve = Curve { segments, bend: Bend::Odds(1.0), shift: 0.0 };
        match (asked.mean, asked.std) {
            (None, None) => {}
            (Some(mean), None) => {
                curve.bend = self.bent(asked, &mut curve, rows, mean, |bend| Bend::Odds(libm::exp(bend)), 28.0)?;
            }
            (mean, Some(std)) => self.stretched(asked, &mut curve, rows, mean, std)?,
        }
        let shape = self.settled(asked, curve, rows, key)?;
        self.check_met(asked, &shape, rows)?;
        Ok(shape)
    }

    /// The values of a curve, with the mean that is asked.
    fn settled(&self, asked: &Asked, mut curve: Curve, rows: u64, key: Key) -> Result<Shape, Conflict> {
        let order = Permutation::new(key, rows);
        if let Some(values) = &self.quantiles.listed {
            let sum = asked.mean.map(|mean| mean * rows as f64);
            let runs = Runs::of(&curve, &self.quantiles, values, rows, sum);
            return Ok(Shape { order, curve, spread: Spread::default(), runs: Some(runs) });
        }
        let Some(mean) = asked.mean else {
            return Ok(Shape { order, curve, spread: Spread::default(), runs: None });
        };
        let (spread, missing) = self.settle(&mut curve, rows, mean);
        let missing = missing + self.between_steps(mean, rows, asked.tolerance);
        if missing.abs() > asked.tolerance * rows as f64 + 1e-9 * mean.abs() {
            let detail = format!(
                "{} asks for a mean of {}, and the nearest that {} can have in these {rows} rows is {}",
                asked.rules.join(" and "),
                self.quantiles.print(mean),
                self.column,
                self.quantiles.print(mean - missing / rows as f64)
            );
            return Err(self.conflict(asked, detail));
        }
        Ok(Shape { order, curve, spread, runs: None })
    }

    /// Mean and standard deviation of at most so many evenly spaced ranks.
    fn moments(&self, curve: &Curve, rows: u64, most: u64) -> (f64, f64) {
        let count = rows.min(most);
        let values: Vec<f64> = (0..count)
            .map(|place| {
                let rank = (u128::from(2 * place + 1) * u128::from(rows) / u128::from(2 * count)) as u64;
                curve.at(&self.quantiles, rank.min(rows - 1))
            })
            .collect();
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        (mean, (squares / (count.max(2) - 1) as f64).sqrt())
    }

    /// The bend, larger ones giving larger values, that brings the mean to what is asked.
    fn bent(
        &self,
        asked: &Asked,
        curve: &mut Curve,
        rows: u64,
        mean: f64,
        bend: impl Fn(f64) -> Bend,
        most: f64,
    ) -> Result<Bend, Conflict> {
        let mut of = |at: f64| {
            curve.bend = bend(at);
            self.moments(curve, rows, SAMPLED).0
        };
        let (least, largest) = (of(-most), of(most));
        // What is half a unit beyond is within what is spread; nothing lies beyond the ends of a list.
        let spread = self.quantiles.quantum.filter(|_| self.quantiles.listed.is_none());
        let slack = spread.unwrap_or(0.0) * 0.5 + 1e-9 * mean.abs();
        if mean < least - slack || mean > largest + slack {
            let detail = format!(
                "{} asks for a mean of {}, and {} can have one between {} and {} in these {rows} rows",
                asked.rules.join(" and "),
                self.quantiles.print(mean),
                self.column,
                self.quantiles.print(least),
                self.quantiles.print(largest)
            );
            return Err(self.conflict(asked, detail));
        }
        let (mut low, mut high) = (-most, most);
        let near = 1e-6 * (largest - least);
        for _ in 0..STEPS {
            let middle = 0.5 * (low + high);
            let off = of(middle) - mean;
            if off.abs() <= near {
                return Ok(bend(middle));
            }
            if off < 0.0 { low = middle } else { high = middle }
        }
        Ok(bend(0.5 * (low + high)))
    }
}

/// The column as a fill, shared with the plan's check.
pub(crate) struct MeasuredFill(pub Arc<Measured>);

impl Fill for MeasuredFill {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let measured = &self.0;
        let mut from = Vec::with_capacity(rows.len());
        let mut values = Vec::new();
        for (row, value) in measured.values(cells.plan, rows, &cells.inputs[1..])?.into_iter().enumerate() {
            match value {
                None => from.push((0, row)),
                Some(value) => {
                    from.push((1, values.len()));
                    values.push(value);
                }
            }
        }
        let values = measured.quantiles.array(&values)?;
        interleave(&[cells.inputs[0].as_ref(), values.as_ref()], &from)
            .map_err(|error| RunError::new(error.to_string()))
    }

    fn hold(&self, held: &mut Held<'_>) {
        held.add(&*self.0, self.0.most_bytes(held.plan));
    }
}
