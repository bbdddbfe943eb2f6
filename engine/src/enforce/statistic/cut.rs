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
    pub want: Want,
    /// By how much a share may be missed.
    pub tolerance: f64,
    /// The rows that the rule speaks of, in words; all where absent.
    pub when: Option<String>,
}

impl Within {
    fn is_share(&self) -> bool {
        matches!(self.want, Want::Share(_))
    }
}

/// A part of a distribution between two cuts.
struct Cell {
    shares: (f64, f64),
    values: (f64, f64),
}

impl Measured {
    /// The ranks between the ends of intervals.
    pub(super) fn cut(&self, asked: &Asked, placed: &[(u64, f64)], rows: u64) -> Result<Vec<Segment>, Conflict> {
        if let Some((_, value)) = placed.first()
            && self.quantiles.quantum.is_none()
            && self.quantiles.listed.is_none()
        {
            let detail = format!(
                "{} ask for {} of {} and count its values, which cannot be held together yet",
                asked.rules.join(" and "),
                self.quantiles.print(*value),
                self.column
            );
            return Err(self.conflict(asked, detail));
        }
        let within: Vec<Within> = asked.within.iter().cloned().chain(self.counted_up_to(asked, placed)).collect();
        let cells = self.cells(&within);
        let label = |cell: &Cell| {
            let end = |value: f64| if value.is_finite() { self.quantiles.print(value) } else { "…".to_owned() };
            let (low, high) = (end(cell.values.0), end(cell.values.1));
            if low == high { low } else { format!("{low} to {high}") }
        };
        let inside = |within: &Within| {
            let is_inside = |cell: &Cell| cell.values.0 >= within.low && cell.values.1 <= within.high;
            (0..cells.len()).filter(|at| is_inside(&cells[*at])).collect::<Vec<usize>>()
        };
        let statement = |parts: &[Within]| {
            let of = |within: &Within| Part { values: inside(within), want: within.want };
            let mut all: Vec<Part> = parts.iter().map(of).collect();
            let rest: Vec<usize> =
                (0..cells.len()).filter(|cell| !all.iter().any(|part| part.values.contains(cell))).collect();
            // Shares that make the whole leave nothing to other values.
            if !rest.is_empty() && (parts.iter().map(|part| part.want.share()).sum::<f64>() - 1.0).abs() < 1e-9 {
                all.push(Part { values: rest, want: Want::Between(0, Some(0)) });
            }
            let first = &parts[0];
            Statement {
                rule: first.rule.clone(),
                condition: None,
                when: first.when.clone(),
                parts: all,
                tolerance: first.tolerance,
                among: None,
                rows: None,
            }
        };
        // The shares of one rule are rounded together.
        let together = |one: &Within, other: &Within| one.rule == other.rule && one.is_share() && other.is_share();
        let system = System {
            column: self.column.clone(),
            labels: cells.iter().map(label).collect(),
            weights: cells.iter().map(|cell| cell.shares.1 - cell.shares.0).collect(),
            statements: within.chunk_by(together).map(statement).collect(),
            restrictions: Vec::new(),
            nulls: None,
            is_part: false,
        };
        let solved = system.solve(&[0], &[rows]).map_err(|conflict| match placed.is_empty() {
            true => conflict,
            false => Conflict { rules: asked.rules.clone(), ..conflict },
        });
        let counts = solved?.pop().unwrap_or_default();
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

    /// Values at ranks as counts: at most as many values lie below one as its rank, and more than that lie not above it.
    fn counted_up_to<'m>(&'m self, asked: &'m Asked, placed: &'m [(u64, f64)]) -> impl Iterator<Item = Within> + 'm {
        let up_to = |high: f64, want: Want| Within {
            rule: asked.rules.join(" and "),
            low: f64::NEG_INFINITY,
            high,
            want,
            tolerance: 0.0,
            when: None,
        };
        placed.iter().flat_map(move |(rank, value)| {
            [up_to(value.next_down(), Want::Between(0, Some(*rank))), up_to(*value, Want::Between(rank + 1, None))]
        })
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
