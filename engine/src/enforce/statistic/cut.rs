//! So many values inside intervals: ranks are cut where the intervals begin and end, and each part has so many of them as the rules let it,
//! near to what the distribution has there.

use super::curve::Segment;
use super::{Asked, Measured};
use crate::enforce::quota::{Conflict, Part, Statement, System, Want};

/// How many values lie from one to another, both included, in units of the column.
#[derive(Clone, Debug)]
pub(crate) struct Within {
    pub rule: String,
    pub low: f64,
    pub high: f64,
    pub min: u64,
    pub max: Option<u64>,
    /// The rows that the rule speaks of, in words; all where absent.
    pub when: Option<String>,
}

/// A part of a distribution between two cuts.
struct Cell {
    shares: (f64, f64),
    values: (f64, f64),
}

impl Measured {
    /// The ranks between the ends of intervals.
    pub(super) fn cut(&self, asked: &Asked, placed: &[(u64, f64)], rows: u64) -> Result<Vec<Segment>, Conflict> {
        if let Some((_, value)) = placed.first() {
            let detail = format!(
                "{} ask for {} of {} and count its values, which cannot be held together yet",
                asked.rules.join(" and "),
                self.quantiles.print(*value),
                self.column
            );
            return Err(self.conflict(asked, detail));
        }
        let cells = self.cells(&asked.within);
        let label = |cell: &Cell| {
            let end = |value: f64| if value.is_finite() { self.quantiles.print(value) } else { "…".to_owned() };
            let (low, high) = (end(cell.values.0), end(cell.values.1));
            if low == high { low } else { format!("{low} to {high}") }
        };
        let statement = |within: &Within| {
            let is_inside = |cell: &Cell| cell.values.0 >= within.low && cell.values.1 <= within.high;
            let values = (0..cells.len()).filter(|at| is_inside(&cells[*at])).collect();
            Statement {
                rule: within.rule.clone(),
                condition: None,
                when: within.when.clone(),
                parts: vec![Part { values, want: Want::Between(within.min, within.max) }],
                tolerance: 0.0,
                among: None,
                rows: None,
            }
        };
        let system = System {
            column: self.column.clone(),
            labels: cells.iter().map(label).collect(),
            weights: cells.iter().map(|cell| cell.shares.1 - cell.shares.0).collect(),
            statements: asked.within.iter().map(statement).collect(),
            restrictions: Vec::new(),
            nulls: None,
            is_part: false,
        };
        let counts = system.solve(&[0], &[rows])?.pop().unwrap_or_default();
        let mut first = 0;
        let segment = |(cell, count): (&Cell, u64)| {
            let segment = Segment {
                first,
                count,
                from: cell.shares.0,
                to: cell.shares.1,
                low: cell.values.0,
                high: cell.values.1,
                placed: None,
            };
            first += count;
            segment
        };
        Ok(cells.iter().zip(counts).map(segment).collect())
    }

    /// The parts into which the ends of intervals cut the distribution, ascending; none is without a value.
    fn cells(&self, within: &[Within]) -> Vec<Cell> {
        let quantiles = &self.quantiles;
        let mut cuts: Vec<(f64, f64, f64)> = Vec::new();
        for one in within {
            if one.low > quantiles.low {
                cuts.push(quantiles.edge(one.low, |value, low| value < low));
            }
            if one.high < quantiles.high {
                cuts.push(quantiles.edge(one.high, |value, high| value <= high));
            }
        }
        cuts.sort_by(|one, other| one.2.total_cmp(&other.2));
        let mut cells = Vec::new();
        let (mut from, mut low) = (0.0, quantiles.low);
        for (share, last, next) in cuts.into_iter().chain([(1.0, quantiles.high, f64::INFINITY)]) {
            if low <= last && from <= share {
                cells.push(Cell { shares: (from, share), values: (low, last) });
                (from, low) = (share, next);
            }
        }
        cells
    }
}
