//! Whether values by rank have the statistics that are asked, counted as who proves the rows will count them.

use super::{Asked, Measured, Shape};
use crate::enforce::quota::Conflict;

impl Measured {
    /// A bend may come no nearer than it does: what is missed is told before the first row, with what the column can have.
    pub(super) fn check_met(&self, asked: &Asked, shape: &Shape, rows: u64) -> Result<(), Conflict> {
        // The sum of other values than those of a list is exact.
        let mean = asked.mean.filter(|_| shape.runs.is_some());
        if rows == 0 || (mean.is_none() && asked.std.is_none()) {
            return Ok(());
        }
        let value = |rank: u64| shape.value(&self.quantiles, rank);
        let middle = value(rows / 2);
        let (mut sum, mut squares) = (0.0, 0.0);
        for rank in 0..rows {
            let off = value(rank) - middle;
            sum += off;
            squares += off * off;
        }
        let count = rows as f64;
        let found = middle + sum / count;
        let asks = asked.rules.join(" and ");
        let print = |value: f64| self.quantiles.print(value);
        if let Some(mean) = mean {
            // As near as single steps of the last place bring the sum.
            let allowed = asked.tolerance.max(0.5 / count * self.quantiles.quantum.unwrap_or(0.0));
            if (found - mean).abs() > allowed + 1e-9 * mean.abs().max(1.0) {
                let detail = format!(
                    "{asks} asks for a mean of {}, and the nearest that {} can have in these {rows} rows is {}",
                    print(mean),
                    self.column,
                    print(found)
                );
                return Err(self.conflict(asked, detail));
            }
        }
        let Some(std) = asked.std.filter(|_| rows > 1) else { return Ok(()) };
        let variance = (squares - sum * sum / count) / (count - 1.0);
        let found = variance.max(0.0).sqrt();
        if (found - std).abs() > asked.std_tolerance + 1e-9 * std.max(1.0) {
            let detail = format!(
                "{asks} asks for a standard deviation of {}, and the nearest that {} can have in these {rows} rows is {}",
                print(std),
                self.column,
                print(found)
            );
            return Err(self.conflict(asked, detail));
        }
        Ok(())
    }
}
