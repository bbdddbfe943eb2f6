//! Limits of a measured column row by row: the values that hold what is asked are laid over the rows so that each lies inside what its row is
//! left ([`assign`]). Where too few values lie inside, and nothing stands at given ranks, so many are asked for (Hall's condition for intervals);
//! where even these do not do, each row takes a value of its own.

use datafusion::arrow::array::AsArray;

use super::curve::Shape;
use super::{Asked, Measured, Within};
use crate::enforce::assign::{Wanting, assign};
use crate::enforce::correlate::{By, Limit};
use crate::enforce::quota::{Conflict, Fault, Want};
use crate::enforce::within::Shares;
use crate::generators::{Quantiles, Rows};
use crate::plan::{Evaluation, Plan, Side, units_of};
use crate::random::open_unit;
use crate::run::blocks;

/// Ends of limits, as far as they are told apart, beside which values are asked for.
const ENDS: usize = 8;

/// What the values of some rows are by rank, where the same values do in another order, and those of each row.
pub(crate) type LaidPart = (Option<Shape>, Vec<f64>);

/// A row that is given a value: what puts it in order, and what it is left, both ends included, in units of the column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limited {
    pub score: f64,
    pub low: f64,
    pub high: f64,
}

impl Limited {
    /// A row inside of limits, whose bounds are read by their place; `unit` is what one of theirs is in those of the values.
    pub fn new(score: f64, limits: &[Limit], unit: f64, bound: impl Fn(usize, &Limit) -> Option<f64>) -> Limited {
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        for (at, limit) in limits.iter().enumerate() {
            let Some(bound) = bound(at, limit) else { continue };
            match limit.side {
                Side::Lower => low = low.max((bound + limit.gap) * unit),
                Side::Upper => high = high.min((bound + limit.gap) * unit),
            }
        }
        Limited { score, low, high }
    }

    /// Whether the row is left one value, which the distribution has hardly or not at all, or which is one of a list: it is put in beside those
    /// that are dealt.
    pub fn is_put(&self, quantiles: &Quantiles) -> bool {
        const HARDLY: f64 = 1e-6;
        let is_rare = || self.low < quantiles.at(HARDLY) || self.low > quantiles.at(1.0 - HARDLY);
        self.low == self.high && (quantiles.quantum.is_none() || quantiles.listed.is_some() || is_rare())
    }
}

/// Values laid over as many rows, in the order of their scores as far as limits let them; `None` where there is no way.
fn laid(values: &[f64], rows: &[Limited]) -> Option<Vec<f64>> {
    // Values ascend but for a unit here and there: of each rank the least behind it and the most before it.
    let (mut least, mut most) = (values.to_vec(), values.to_vec());
    for rank in (1..values.len()).rev() {
        least[rank - 1] = least[rank - 1].min(least[rank]);
    }
    for rank in 1..values.len() {
        most[rank] = most[rank].max(most[rank - 1]);
    }
    let wanting = |row: &Limited| Wanting {
        score: row.score,
        first: least.partition_point(|value| *value < row.low) as u32,
        end: most.partition_point(|value| *value <= row.high) as u32,
    };
    let wanting: Vec<Wanting> = rows.iter().map(wanting).collect();
    let ranks = assign(&wanting)?;
    Some(ranks.into_iter().map(|rank| values[rank as usize]).collect())
}

/// Values dealt to rows, of which those that have one of their own keep it; `None` where there is no way.
pub(crate) fn deal(quantiles: &Quantiles, values: &[f64], rows: &[Limited]) -> Option<Vec<f64>> {
    if values.len() == rows.len() {
        return laid(values, rows);
    }
    let free: Vec<Limited> = rows.iter().filter(|row| !row.is_put(quantiles)).copied().collect();
    Some(beside_those_put(quantiles, laid(values, &free)?, rows))
}

/// The values of all rows: those that have one of their own keep it, the others take theirs in order.
fn beside_those_put(quantiles: &Quantiles, values: Vec<f64>, rows: &[Limited]) -> Vec<f64> {
    let mut values = values.into_iter();
    rows.iter().filter_map(|row| if row.is_put(quantiles) { Some(row.low) } else { values.next() }).collect()
}

impl Measured {
    /// The values of all rows, one by one; not a number where a row is null.
    pub(super) fn by_row(&self, plan: &Plan) -> Result<Vec<f64>, Fault> {
        let table = self.strata.table();
        let rows = plan.tables[table].rows;
        let mut values = vec![f64::NAN; rows as usize];
        let mut parts: Vec<(Vec<u64>, Vec<Limited>)> = self.asked.iter().map(|_| (Vec::new(), Vec::new())).collect();
        let mut searched = Shares::default();
        for block in blocks(0..rows) {
            let first = block.start;
            let count = (block.end - block.start) as usize;
            let mut evaluation = Evaluation::new(plan, table, Rows::Range(block));
            let of = self.parts(count, |slot| evaluation.need(slot))?;
            let nulls = self.nulls.map(|bit| evaluation.need(self.strata.conditions()[bit])).transpose()?;
            let nulls = nulls.as_ref().map(|nulls| nulls.as_boolean());
            let (logical, unit) = (self.quantiles.limited_as(), self.quantiles.unit_of_limit());
            let mut bounds = Vec::with_capacity(self.limits.len());
            for limit in &self.limits {
                bounds.push(match limit.by {
                    By::Slot(slot) => units_of(&evaluation.need(slot)?, &logical, limit.side)?,
                    _ => Vec::new(),
                });
            }
            for row in 0..count {
                if nulls.is_some_and(|nulls| super::is_true(nulls, row)) {
                    continue;
                }
                let number = first + row as u64;
                let limited =
                    Limited::new(open_unit(self.key.word(number)), &self.limits, unit, |at, limit| match limit.by {
                        By::Constant(value) => Some(value),
                        _ => bounds[at][row].map(|value| value as f64),
                    });
                match parts.get_mut(of[row]) {
                    Some((numbers, rows)) => {
                        numbers.push(number);
                        rows.push(limited);
                    }
                    None => {
                        let ends = (limited.low, limited.high);
                        values[number as usize] = searched.within(&self.quantiles, limited.score, ends);
                    }
                }
            }
        }
        let rows: Vec<&[Limited]> = parts.iter().map(|(_, rows)| rows.as_slice()).collect();
        let found = self.laid_over(&rows).map_err(Fault::Conflict)?;
        for ((numbers, _), found) in parts.iter().zip(found) {
            let own = found.into_iter().flat_map(|(_, values)| values);
            numbers.iter().zip(own).for_each(|(number, value)| values[*number as usize] = value);
        }
        Ok(values)
    }

    /// The values of the rows of each condition, laid inside of their limits, and what they are by rank; `None` where there is no row.
    pub fn laid_over(&self, parts: &[&[Limited]]) -> Result<Vec<Option<LaidPart>>, Conflict> {
        let outer = self.outer();
        let mut shapes: Vec<Option<Shape>> = self.asked.iter().map(|_| None).collect();
        let mut found: Vec<Option<Vec<f64>>> = self.asked.iter().map(|_| None).collect();
        // What is asked of all rows is asked of those that others leave.
        let inner = (0..self.asked.len()).filter(|at| Some(*at) != outer);
        for at in inner.chain(outer) {
            let asked = match Some(at) == outer {
                true => {
                    let known = || found.iter().flatten().flatten().copied();
                    let rows = (parts.iter().map(|rows| rows.len() as u64).sum(), parts[at].len() as u64);
                    self.made_up(&self.asked[at], rows, known).map_err(|detail| self.beside(at, &detail))?
                }
                false => self.asked[at].clone(),
            };
            if !parts[at].is_empty() {
                let (shape, values) = self.inside(at, &asked, parts[at])?;
                (shapes[at], found[at]) = (shape, Some(values));
            }
        }
        Ok(shapes.into_iter().zip(found).map(|(shape, values)| Some((shape, values?))).collect())
    }

    /// The values of a shape dealt to rows, of which those that have one of their own keep it; `None` where there is no way.
    pub fn dealt(&self, shape: &Shape, rows: &[Limited]) -> Option<Vec<f64>> {
        let free = rows.iter().filter(|row| !row.is_put(&self.quantiles)).count() as u64;
        let values: Vec<f64> = (0..free).map(|rank| shape.value(&self.quantiles, rank)).collect();
        deal(&self.quantiles, &values, rows)
    }

    /// Values that hold what is asked, inside of the rows' limits.
    fn inside(&self, at: usize, asked: &Asked, rows: &[Limited]) -> Result<LaidPart, Conflict> {
        let key = self.key.child(at as u64);
        let put = || rows.iter().filter(|row| row.is_put(&self.quantiles)).map(|row| row.low);
        let (all, count) = (rows.len() as u64, (rows.len() - put().count()) as u64);
        let beside_put;
        let asked = match count == all {
            true => asked,
            false => {
                beside_put = self.beside_put(asked, (all, count), put)?;
                &beside_put
            }
        };
        let shape = self.shape_of(asked, count, key)?;
        if let Some(values) = self.dealt(&shape, rows) {
            return Ok((Some(shape), values));
        }
        let wider = self.wider(asked, rows);
        let found = self.shape_of(&wider, count, key).ok().and_then(|shape| {
            let values = self.dealt(&shape, rows)?;
            Some((Some(shape), values))
        });
        let own = || {
            let free: Vec<Limited> = rows.iter().filter(|row| !row.is_put(&self.quantiles)).copied().collect();
            let values = beside_those_put(&self.quantiles, self.own_values(asked, &free)?, rows);
            Some((None, values))
        };
        found.or_else(own).ok_or_else(|| self.too_few_inside(asked))
    }

    /// Says that values do not lie inside of what rows are left.
    pub fn too_few_inside(&self, asked: &Asked) -> Conflict {
        let rules = asked.rules.iter().chain(&self.limited_by).cloned().collect();
        let detail = format!(
            "{} asks for values of {} of which too few lie inside what {} leaves",
            asked.rules.join(" and "),
            self.column,
            self.limited_by.join(" and ")
        );
        Conflict { rules, detail }
    }

    /// What is asked, and as many values inside of some stretches as there are rows whose limits lie there (Hall's condition).
    fn wider(&self, asked: &Asked, rows: &[Limited]) -> Asked {
        let mut wider = asked.clone();
        let ends = |of: fn(&Limited) -> f64| {
            let mut ends: Vec<f64> = rows.iter().map(of).collect();
            ends.sort_unstable_by(f64::total_cmp);
            ends.dedup();
            let last = ends.len() - 1;
            let some: Vec<f64> = (0..ENDS).map(|place| ends[place * last / (ENDS - 1)]).collect();
            some
        };
        for low in ends(|row| row.low) {
            for high in ends(|row| row.high) {
                let is_inside = |row: &&Limited| row.low >= low && row.high <= high && !row.is_put(&self.quantiles);
                let needed = rows.iter().filter(is_inside).count() as u64;
                let is_known = wider.within.iter().any(|within| (within.low, within.high) == (low, high));
                let limits = low > self.quantiles.low || high < self.quantiles.high;
                if needed > 0 && low <= high && limits && !is_known {
                    let rule = asked.rules.join(" and ");
                    let (low, high) = (low.max(self.quantiles.low), high.min(self.quantiles.high));
                    let want = Want::Between(needed, None);
                    wider.within.push(Within { rule, low, high, want, tolerance: 0.0, when: None });
                }
            }
        }
        wider
    }

    /// What is asked of the rows beside those into which values are put.
    fn beside_put<K: Iterator<Item = f64>>(
        &self,
        asked: &Asked,
        rows: (u64, u64),
        put: impl Fn() -> K,
    ) -> Result<Asked, Conflict> {
        let conflict = |detail: String| {
            let rules = asked.rules.iter().chain(&self.limited_by).cloned().collect();
            Conflict { rules, detail: format!("beside {}, {detail}", self.limited_by.join(" and ")) }
        };
        let is_above = |end: f64| put().all(|value| value > end);
        let is_below = |end: f64| put().all(|value| value < end);
        let stays = asked.std.is_none()
            && asked.quantiles.is_empty()
            && asked.min.is_none_or(is_above)
            && asked.max.is_none_or(is_below)
            && rows.1 > 0;
        if !stays && rows.1 > 0 {
            let detail = format!("what {} asks of {} cannot be held yet", asked.rules.join(" and "), self.column);
            return Err(conflict(detail));
        }
        self.made_up(asked, rows, put).map_err(conflict)
    }
}
