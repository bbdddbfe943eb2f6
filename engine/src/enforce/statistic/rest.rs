//! What is asked of all rows beside what is asked of some: the others make up for these.

use super::curve::Shape;
use super::{Asked, Measured};
use crate::enforce::quota::{Conflict, Want};
use crate::random::Key;

impl Measured {
    /// What is asked of all rows, by its place, where others are asked of some.
    pub(super) fn outer(&self) -> Option<usize> {
        self.asked.iter().position(|asked| asked.condition.is_none()).filter(|_| self.asked.len() > 1)
    }

    /// The values by rank of the rows of each condition, given how many rows each has and by which key these are dealt; the rows that no
    /// condition marks off are those of what is asked of all. `None` where there is no row.
    pub fn shapes(&self, rows: &[u64], key: impl Fn(usize) -> Key) -> Result<Vec<Option<Shape>>, Conflict> {
        let outer = self.outer();
        let shape = |(at, asked): (usize, &Asked)| match rows[at] {
            0 => Ok(None),
            _ if Some(at) == outer => Ok(None),
            rows => self.shape_of(asked, rows, key(at)).map(Some),
        };
        let mut shapes = self.asked.iter().enumerate().map(shape).collect::<Result<Vec<_>, Conflict>>()?;
        if let Some(outer) = outer {
            let rest = self.rest(outer, rows, &shapes)?;
            if rows[outer] > 0 {
                let shaped = self.shape_of(&rest, rows[outer], key(outer));
                shapes[outer] = Some(shaped.map_err(|conflict| self.beside(outer, &conflict.detail))?);
            }
        }
        Ok(shapes)
    }

    /// What is left to ask of the rows that no condition marks off.
    fn rest(&self, outer: usize, rows: &[u64], shapes: &[Option<Shape>]) -> Result<Asked, Conflict> {
        let known = || {
            let parts = shapes.iter().zip(rows).filter_map(|(shape, rows)| shape.as_ref().zip(Some(*rows)));
            parts.flat_map(|(shape, rows)| (0..rows).map(|rank| shape.value(&self.quantiles, rank)))
        };
        let (all, left) = (rows.iter().sum::<u64>(), rows[outer]);
        self.made_up(&self.asked[outer], (all, left), known).map_err(|detail| self.beside(outer, &detail))
    }

    /// What is left to ask of some of all rows where the values of the others are known; what it cannot be otherwise.
    pub(super) fn made_up<K: Iterator<Item = f64>>(
        &self,
        asked: &Asked,
        (all, left): (u64, u64),
        known: impl Fn() -> K,
    ) -> Result<Asked, String> {
        let named = || asked.rules.join(" and ");
        let mut rest = Asked { tolerance: asked.tolerance * all as f64 / left.max(1) as f64, ..asked.clone() };
        if let Some(mean) = asked.mean {
            let above: f64 = known().map(|value| value - mean).sum();
            let slack = 0.5 * self.quantiles.quantum.unwrap_or(0.0) + 1e-9 * mean.abs() * all as f64;
            if left == 0 && above.abs() > (asked.tolerance * all as f64).max(slack) {
                return Err(format!(
                    "{} asks for a mean of {}, and those of all rows together have one of {}",
                    named(),
                    self.quantiles.print(mean),
                    self.quantiles.print(mean + above / all.max(1) as f64)
                ));
            }
            rest.mean = Some(mean - above / left.max(1) as f64);
        }
        for within in &mut rest.within {
            let known = known().filter(|value| *value >= within.low && *value <= within.high).count() as u64;
            let (min, max) = within.want.between(all, within.tolerance);
            match max {
                Some(most) if most < known => {
                    return Err(format!(
                        "{} asks for at most {most} values, and there are {known} already",
                        within.rule
                    ));
                }
                _ if left == 0 && known < min => {
                    return Err(format!("{} asks for at least {min} values, and there are {known}", within.rule));
                }
                _ => {}
            }
            within.want = Want::Between(min.saturating_sub(known), max.map(|most| most - known));
        }
        Ok(rest)
    }

    /// What rows that others speak of leave no room for.
    pub(super) fn beside(&self, outer: usize, detail: &str) -> Conflict {
        let others = self.asked.iter().enumerate().filter(|(at, _)| *at != outer);
        let others: Vec<String> = others.flat_map(|(_, asked)| asked.rules.clone()).collect();
        let rules = self.asked[outer].rules.iter().chain(&others).cloned().collect();
        Conflict { rules, detail: format!("beside {}, {detail}", others.join(" and ")) }
    }
}
