//! A mean of values each inside of limits of its own: every row takes a share of what the distribution has between its limits, all of them bent
//! alike, and what is then missing of the sum is spread over the room that rows have.

use super::curve::Bend;
use super::limited::Limited;
use super::{Asked, Measured, STEPS};
use crate::enforce::within::Shares;

/// Rows by which the bend is found.
const SAMPLED: usize = 8_192;

/// How far shares are bent at most, as a logarithm of their odds.
const MOST_BENT: f64 = 28.0;

impl Measured {
    /// The values of rows inside of their limits, with the mean that is asked of these rows; `None` where they cannot have it, where more than a
    /// mean is asked, or where values come from a list.
    pub(super) fn own_values(&self, asked: &Asked, rows: &[Limited]) -> Option<Vec<f64>> {
        let is_mean_alone = asked.std.is_none()
            && asked.min.is_none()
            && asked.max.is_none()
            && asked.quantiles.is_empty()
            && asked.within.is_empty();
        let mean = asked.mean.filter(|_| is_mean_alone && self.quantiles.listed.is_none())?;
        let rows: Vec<Limited> = rows.iter().map(|row| self.on_grid(row)).collect();
        if rows.iter().any(|row| row.high < row.low) {
            return None;
        }
        let mut shares = Shares::default();
        let mut value = |row: &Limited, bend: f64| {
            let share = Bend::Odds(libm::exp(bend)).at(row.score);
            shares.within(&self.quantiles, share, (row.low, row.high))
        };
        let stride = rows.len().div_ceil(SAMPLED);
        let (mut low, mut high) = (-MOST_BENT, MOST_BENT);
        for _ in 0..STEPS {
            let middle = 0.5 * (low + high);
            let off: f64 = rows.iter().step_by(stride).map(|row| value(row, middle) - mean).sum();
            if off < 0.0 { low = middle } else { high = middle }
        }
        let bend = 0.5 * (low + high);
        let values: Vec<f64> = rows.iter().map(|row| value(row, bend)).collect();
        self.with_sum(values, &rows, (mean, asked.tolerance))
    }

    /// A row whose limits are values that the column can have.
    fn on_grid(&self, row: &Limited) -> Limited {
        let (low, high) = (row.low.max(self.quantiles.low), row.high.min(self.quantiles.high));
        let Some(quantum) = self.quantiles.quantum else { return Limited { low, high, ..*row } };
        let base = self.quantiles.at(0.5);
        Limited {
            low: base + libm::ceil((low - base) / quantum) * quantum,
            high: base + libm::floor((high - base) / quantum) * quantum,
            ..*row
        }
    }

    /// Values moved towards their limits, each by the same part of what room it has, until they have a mean.
    fn with_sum(&self, mut values: Vec<f64>, rows: &[Limited], (mean, tolerance): (f64, f64)) -> Option<Vec<f64>> {
        // A distribution without an end has one for this.
        const LAST: f64 = 1e-12;
        let missing: f64 = values.iter().map(|value| mean - value).sum();
        let rises = missing > 0.0;
        let end = self.quantiles.at(if rises { 1.0 - LAST } else { LAST });
        let room = |value: f64, row: &Limited| match rises {
            true if row.high.is_finite() => row.high - value,
            true => (end - value).max(0.0),
            false if row.low.is_finite() => value - row.low,
            false => (value - end).max(0.0),
        };
        let (unit, sign) = (self.quantiles.quantum, if rises { 1.0 } else { -1.0 });
        let left = match unit {
            Some(unit) => {
                let steps = |value: f64, row: &Limited| libm::floor(room(value, row) / unit) as u128;
                let all: u128 = values.iter().zip(rows).map(|(value, row)| steps(*value, row)).sum();
                let needed = (libm::rint(missing.abs() / unit) as u128).min(all);
                let (mut before, mut taken) = (0, 0);
                for (value, row) in values.iter_mut().zip(rows) {
                    before += steps(*value, row);
                    let upto = (before * needed).checked_div(all).unwrap_or(0);
                    *value += sign * unit * (upto - taken) as f64;
                    taken = upto;
                }
                missing.abs() - needed as f64 * unit
            }
            None => {
                let all: f64 = values.iter().zip(rows).map(|(value, row)| room(*value, row)).sum();
                let part = if all > 0.0 { (missing.abs() / all).min(1.0) } else { 0.0 };
                for (value, row) in values.iter_mut().zip(rows) {
                    *value += sign * part * room(*value, row);
                }
                missing.abs() - part * all
            }
        };
        let slack = 0.5 * unit.unwrap_or(0.0) + 1e-9 * mean.abs() * rows.len() as f64;
        (left.abs() <= (tolerance * rows.len() as f64).max(slack)).then_some(values)
    }
}
