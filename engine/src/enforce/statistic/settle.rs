//! The sum of a column's values, brought to the mean that is asked: what a bent curve misses is spread over its ranks, a unit each.

use super::Measured;
use super::curve::{Curve, Spread};

impl Measured {
    /// What the nearest sum of values that lie several units apart misses of a mean, where that is more than anyone allows.
    pub(super) fn between_steps(&self, mean: f64, rows: u64, tolerance: f64) -> f64 {
        let Some(quantum) = self.quantiles.quantum else { return 0.0 };
        let exact = mean * rows as f64;
        let off = exact - libm::rint(exact / quantum) * quantum;
        if off.abs() > (tolerance * rows as f64).max(0.5) + 1e-9 * exact.abs() { off } else { 0.0 }
    }

    /// Brings the sum of all values to the mean times their number.
    pub(super) fn settle(&self, curve: &mut Curve, rows: u64, mean: f64) -> (Spread, f64) {
        const ROUNDS: usize = 24;
        for _ in 0..ROUNDS {
            let missing = match self.quantiles.quantum {
                Some(quantum) => {
                    let sum = self.sum(curve, rows, quantum);
                    let wanted = libm::rint(mean * rows as f64 / quantum) as i128 * quantum as i128;
                    (wanted - sum) as f64
                }
                None => mean * rows as f64 - (0..rows).map(|rank| curve.at(&self.quantiles, rank)).sum::<f64>(),
            };
            if missing == 0.0 {
                return (Spread::default(), 0.0);
            }
            let runs = self.room(curve, missing > 0.0);
            let room: u64 = runs.iter().map(|(_, count)| count).sum();
            if room == 0 {
                return (Spread::default(), if self.quantiles.quantum.is_some() { missing } else { 0.0 });
            }
            match self.quantiles.quantum {
                None => {
                    curve.shift += missing / room as f64;
                    if missing.abs() <= 1e-13 * mean.abs().max(1e-300) * rows as f64 {
                        return (Spread::default(), 0.0);
                    }
                }
                Some(quantum) => {
                    let units = libm::rint(missing.abs() / quantum);
                    if units <= room as f64 {
                        let mut before = 0;
                        let runs = runs.into_iter().map(|(first, count)| {
                            before += count;
                            (first, count, before - count)
                        });
                        let runs = runs.collect();
                        let unit = if missing > 0.0 { quantum } else { -quantum };
                        return (Spread { unit, runs, room, needed: units as u64 }, 0.0);
                    }
                    curve.shift += libm::trunc(missing / room as f64 / quantum) * quantum;
                }
            }
        }
        (Spread::default(), 0.0)
    }

    /// The sum of the values of all ranks, which are whole numbers.
    fn sum(&self, curve: &Curve, rows: u64, quantum: f64) -> i128 {
        let value = |rank: u64| curve.at(&self.quantiles, rank);
        // A rank costs an evaluation; a value, which stands at many ranks side by side, those of a bisection.
        const EVALUATIONS: f64 = 64.0;
        let values = (value(rows - 1) - value(0)) / quantum + 1.0;
        if values * EVALUATIONS > rows as f64 {
            return (0..rows).map(|rank| value(rank) as i128).sum();
        }
        let (mut first, mut sum) = (0, 0);
        while first < rows {
            let here = value(first);
            let (mut low, mut high) = (first, rows);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if value(middle) <= here { low = middle } else { high = middle }
            }
            sum += here as i128 * i128::from(high - first);
            first = high;
        }
        sum
    }

    /// Ranks whose values can rise (or fall) by a unit, run by run.
    fn room(&self, curve: &Curve, rises: bool) -> Vec<(u64, u64)> {
        let unit = self.quantiles.quantum.unwrap_or(0.0);
        let mut runs = Vec::new();
        for segment in curve.segments.iter().filter(|segment| segment.count > 0) {
            let value = |place: u64| curve.inside(&self.quantiles, segment, place);
            let fits = |place: u64| match rises {
                true => value(place) + unit <= segment.high && value(place) < segment.high,
                false => value(place) - unit >= segment.low && value(place) > segment.low,
            };
            // Values ascend: what can rise stands first, what can fall last.
            let (mut low, mut high) = (0, segment.count);
            while low < high {
                let middle = low + (high - low) / 2;
                if fits(middle) == rises { low = middle + 1 } else { high = middle }
            }
            let (first, count) = if rises { (0, low) } else { (low, segment.count - low) };
            if count > 0 {
                runs.push((segment.first + first, count));
            }
        }
        runs
    }
}
