//! Quantile functions by cubics: numerical inversion with a bounded error of the probability (Derflinger, Hörmann & Leydold 2010), here with
//! Hermite's polynomials between exact values and exact slopes.

use super::tails::{Cut, Tails};

/// The largest error in u.
const ERROR: f64 = 1e-10;

/// The same as a part of the distance to the nearer end, so that the tails are as good as the centre.
const RELATIVE: f64 = 1e-5;

/// Cells at first; halved where they miss the error.
const FIRST: u32 = 32;

/// No cell is narrower than this, nor than this part of its distance to the nearer end.
const LEAST: f64 = 1.0 / 1_048_576.0;
const PART: f64 = 1.0 / 1_024.0;

/// Cells of the unit interval, a cubic each.
#[derive(Clone, Debug)]
pub(super) struct Cubics {
    cells: Box<[Cell]>,
    /// By the leading part of u, the first cell that it can lie in (Chen & Asau 1974).
    starts: Box<[u32]>,
}

/// A polynomial in (u − from)·per; `per` is 0 where none keeps the error, and the value has to be found otherwise.
#[derive(Clone, Copy, Debug)]
struct Cell {
    from: f64,
    per: f64,
    coefficients: [f64; 4],
    last: f64,
}

impl Cell {
    #[inline]
    fn at(&self, u: f64) -> f64 {
        let t = (u - self.from) * self.per;
        let [c0, c1, c2, c3] = self.coefficients;
        (c0 + t * (c1 + t * (c2 + t * c3))).max(c0).min(self.last)
    }
}

/// The quantile function at a point.
#[derive(Clone, Copy)]
struct Node {
    u: f64,
    x: f64,
    slope: f64,
}

impl Cubics {
    /// The table of a distribution on an interval.
    pub fn of<T: Tails>(cut: &Cut<T>) -> Cubics {
        let node = |u: f64| {
            let x = if u <= 0.0 {
                cut.lo
            } else if u >= 1.0 {
                cut.hi
            } else {
                cut.at(u)
            };
            Node { u, x, slope: cut.share(x).1 }
        };
        let mut cells = Vec::new();
        for first in 0..FIRST {
            let end = |index: u32| node(f64::from(index) / f64::from(FIRST));
            let mut left = end(first);
            // The right ends that are still to be reached, the nearest last.
            let mut open = vec![end(first + 1)];
            while let Some(right) = open.last().copied() {
                if let Some(cell) = cubic(cut, left, right) {
                    cells.push(cell);
                } else {
                    let width = right.u - left.u;
                    let nearness = left.u.min(1.0 - right.u).max(0.0);
                    if width > LEAST.max(nearness * PART) {
                        open.push(node(0.5 * (left.u + right.u)));
                        continue;
                    }
                    cells.push(Cell { from: left.u, per: 0.0, coefficients: [0.0; 4], last: 0.0 });
                }
                left = right;
                open.pop();
            }
        }
        let count = 4 * cells.len().next_power_of_two();
        let mut index = 0;
        let starts = (0..count)
            .map(|lead| {
                let u = lead as f64 / count as f64;
                while index + 1 < cells.len() && cells[index + 1].from <= u {
                    index += 1;
                }
                index as u32
            })
            .collect();
        Cubics { cells: cells.into(), starts }
    }

    /// The value at u; `None` where the table keeps no error.
    #[inline]
    pub fn at(&self, u: f64) -> Option<f64> {
        let lead = (u * self.starts.len() as f64) as usize;
        let mut index = self.starts[lead.min(self.starts.len() - 1)] as usize;
        while self.cells.get(index + 1).is_some_and(|next| next.from <= u) {
            index += 1;
        }
        let cell = &self.cells[index];
        (cell.per > 0.0).then(|| cell.at(u))
    }

    /// How many cells there are, and the width of those without a polynomial.
    #[cfg(test)]
    pub fn size(&self) -> (usize, f64) {
        let ends = self.cells.iter().skip(1).map(|cell| cell.from).chain([1.0]);
        let left_out =
            self.cells.iter().zip(ends).filter(|(cell, _)| cell.per == 0.0).map(|(cell, end)| end - cell.from).sum();
        (self.cells.len(), left_out)
    }
}

/// Hermite's cubic between two nodes, if it ascends and keeps the error.
fn cubic<T: Tails>(cut: &Cut<T>, left: Node, right: Node) -> Option<Cell> {
    let width = right.u - left.u;
    let rise = right.x - left.x;
    let (first, last) = (left.slope * width, right.slope * width);
    // Slopes up to three times the secant's keep the cubic monotone (Fritsch & Carlson 1980).
    if !(rise.is_finite() && (0.0..=3.0 * rise).contains(&first) && (0.0..=3.0 * rise).contains(&last)) {
        return None;
    }
    let coefficients = [left.x, first, 3.0 * rise - 2.0 * first - last, first + last - 2.0 * rise];
    let cell = Cell { from: left.u, per: 1.0 / width, coefficients, last: right.x };
    let kept = [0.25, 0.5, 0.75].into_iter().all(|t| {
        let u = left.u + t * width;
        let x = cell.at(u);
        let (share, slope) = cut.share(x);
        // What the last digits of a value are worth is no error of the table.
        let digits = 4.0 * f64::EPSILON * x.abs() / slope;
        (share - u).abs() <= ERROR.min(RELATIVE * u.min(1.0 - u)) + digits
    });
    kept.then_some(cell)
}
