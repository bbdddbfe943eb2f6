//! Limits of a measured column in some rows: the values that hold what is asked are laid over the rows so that each lies inside what its row's
//! rules leave.
//!
//! The rows of each set of limits are a cell, and the ends of all limits cut the ranks into zones. How many rows of a cell take values of a zone is
//! a transport between the two, solved as shares and counts are ([`System`]); inside of a zone the ranks are dealt by a permutation. Where the
//! values are too few inside some limits, and nothing stands at given ranks, so many are asked for (Hall's condition for intervals).

use super::curve::Shape;
use super::{Measured, Within};
use crate::enforce::quota::{Conflict, Part, Restriction, Statement, System, Want};
use crate::permutation::Permutation;
use crate::random::{Key, open_unit};

/// A rule that leaves a column an interval in the rows of a condition, both ends included, in units of the column.
#[derive(Clone, Debug)]
pub(crate) struct Wall {
    pub rule: String,
    /// The condition's bit.
    pub condition: usize,
    pub low: f64,
    pub high: f64,
}

/// The values of a column, cell by cell of its conditions.
pub(crate) struct Laid {
    /// By what is asked.
    shapes: Vec<Option<Shape>>,
    zones: Vec<Vec<Zone>>,
    pub(super) cells: Vec<Cell>,
}

/// Ranks between two ends of limits.
struct Zone {
    first: u64,
    order: Permutation,
}

/// What the rows of a cell have.
pub(super) enum Cell {
    /// What is drawn.
    Drawn,
    /// What is drawn between two shares, which lie at two values.
    Between((f64, f64), (f64, f64)),
    /// Values by rank, dealt in one order.
    Ranked(usize),
    /// Values by rank, so many of each zone: the rows in their order, and of each zone its place, the rows before it, and the ranks of it that
    /// other cells take before.
    Zoned(usize, Permutation, Vec<(usize, u64, u64)>),
}

/// The ranks at which limits end, and how many rows of each cell take values between two of them.
type Transport = (Vec<u64>, Vec<Vec<u64>>);

/// Rows that have the same limits.
#[derive(Clone, Copy)]
struct Limited {
    cell: usize,
    mask: u64,
    rows: u64,
    low: f64,
    high: f64,
}

impl Laid {
    pub(super) fn new(shapes: Vec<Option<Shape>>, cells: Vec<Cell>) -> Laid {
        Laid { zones: shapes.iter().map(|_| Vec::new()).collect(), shapes, cells }
    }

    /// The value of a row by its cell and its place in it; `None` where it is what is drawn.
    pub fn value(&self, measured: &Measured, (cell, place): (u32, u64), row: u64) -> Option<f64> {
        let quantiles = &measured.quantiles;
        match &self.cells[cell as usize] {
            Cell::Drawn => None,
            Cell::Between((from, to), (low, high)) => {
                let unit = open_unit(measured.key.child(u64::MAX).word(row));
                Some(quantiles.at((from + unit * (to - from)).clamp(1e-16, 1.0 - 1.2e-16)).clamp(*low, *high))
            }
            Cell::Ranked(part) => {
                self.shapes[*part].as_ref().map(|shape| shape.value(quantiles, shape.order.at(place)))
            }
            Cell::Zoned(part, order, zones) => {
                let place = order.at(place);
                let (zone, before, start) = zones[zones.partition_point(|zone| zone.1 <= place) - 1];
                let zone = &self.zones[*part][zone];
                let rank = zone.first + zone.order.at(start + place - before);
                self.shapes[*part].as_ref().map(|shape| shape.value(quantiles, rank))
            }
        }
    }
}

impl Measured {
    /// What the limits of a cell leave.
    fn limits(&self, mask: u64) -> (f64, f64) {
        let own = self.walls.iter().filter(|wall| mask >> wall.condition & 1 == 1);
        own.fold((self.quantiles.low, self.quantiles.high), |(low, high), wall| {
            (low.max(wall.low), high.min(wall.high))
        })
    }

    /// The bits of limits.
    pub(super) fn wall_bits(&self) -> u64 {
        self.walls.iter().fold(0, |bits, wall| bits | 1 << wall.condition)
    }

    /// Rows of which no rule asks anything, inside of their limits.
    pub(super) fn between(&self, mask: u64) -> Result<Cell, Conflict> {
        if mask & self.wall_bits() == 0 {
            return Ok(Cell::Drawn);
        }
        let (low, high) = self.limits(mask);
        let from = self.share_of(low, |value, end| value < end);
        let to = self.share_of(high, |value, end| value <= end);
        match low <= high && from < to {
            true => Ok(Cell::Between((from, to), (low, high))),
            false => Err(self.no_value(mask)),
        }
    }

    fn no_value(&self, mask: u64) -> Conflict {
        let own = self.walls.iter().filter(|wall| mask >> wall.condition & 1 == 1);
        let mut rules: Vec<String> = own.map(|wall| wall.rule.clone()).collect();
        rules.dedup();
        Conflict { detail: format!("{} leave {} no value in some rows", rules.join(" and "), self.column), rules }
    }

    /// Lays the values of what is asked over the cells that share them.
    pub(super) fn lay(
        &self,
        laid: &mut Laid,
        at: usize,
        cells: &[(usize, u64, u64)],
        key: Key,
    ) -> Result<(), Conflict> {
        if cells.iter().all(|(_, mask, _)| mask & self.wall_bits() == 0) {
            cells.iter().for_each(|(cell, ..)| laid.cells[*cell] = Cell::Ranked(at));
            return Ok(());
        }
        let limited = cells.iter().map(|(cell, mask, rows)| {
            let (low, high) = self.limits(*mask);
            Limited { cell: *cell, mask: *mask, rows: *rows, low, high }
        });
        let limited: Vec<Limited> = limited.collect();
        let all: u64 = limited.iter().map(|cell| cell.rows).sum();
        let Some(shape) = laid.shapes[at].take() else { return Ok(()) };
        let (shape, (cuts, found)) = match self.transport(&shape, all, &limited) {
            Some(transport) => (shape, transport),
            None => self.widened(at, all, &limited, key)?,
        };
        let order = |zone: usize| Permutation::new(key.child(1 + zone as u64), cuts[zone + 1] - cuts[zone]);
        laid.zones[at] = (0..cuts.len() - 1).map(|zone| Zone { first: cuts[zone], order: order(zone) }).collect();
        let mut taken = vec![0; cuts.len() - 1];
        for (cell, found) in limited.iter().zip(found) {
            let (mut before, mut zones) = (0, Vec::new());
            for (zone, rows) in found.into_iter().enumerate().filter(|(_, rows)| *rows > 0) {
                zones.push((zone, before, taken[zone]));
                before += rows;
                taken[zone] += rows;
            }
            let order = Permutation::new(key.child(cell.mask).child(u64::MAX), cell.rows);
            laid.cells[cell.cell] = Cell::Zoned(at, order, zones);
        }
        laid.shapes[at] = Some(shape);
        Ok(())
    }

    /// How many rows of each cell take which ranks; `None` where there is no way.
    fn transport(&self, shape: &Shape, rows: u64, cells: &[Limited]) -> Option<Transport> {
        // Of each cell the ranks inside of its limits, all of them.
        let mut inside = vec![(0, rows); cells.len()];
        for rank in 0..rows {
            let value = shape.value(&self.quantiles, rank);
            for (cell, inside) in cells.iter().zip(&mut inside) {
                if value < cell.low {
                    inside.0 = rank + 1;
                }
                if value > cell.high {
                    inside.1 = inside.1.min(rank);
                }
            }
        }
        let mut cuts: Vec<u64> = inside.iter().flat_map(|(first, end)| [*first, *end]).chain([0, rows]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let zones = cuts.len() - 1;
        let width = |zone: usize| cuts[zone + 1] - cuts[zone];
        let statement = |zone: usize| Statement {
            rule: String::new(),
            condition: None,
            when: None,
            parts: vec![Part { values: vec![zone], want: Want::Between(width(zone), Some(width(zone))) }],
            tolerance: 0.0,
            among: None,
            rows: None,
        };
        let restriction = |(at, (first, end)): (usize, &(u64, u64))| Restriction {
            rule: String::new(),
            condition: Some(at),
            when: None,
            allowed: (0..zones).map(|zone| cuts[zone] >= *first && cuts[zone + 1] <= *end).collect(),
        };
        let system = System {
            column: self.column.clone(),
            labels: (0..zones).map(|zone| zone.to_string()).collect(),
            weights: (0..zones).map(|zone| width(zone) as f64).collect(),
            statements: (0..zones).map(statement).collect(),
            restrictions: inside.iter().enumerate().map(restriction).collect(),
            nulls: None,
            is_part: false,
        };
        let masks: Vec<u64> = (0..cells.len()).map(|cell| 1_u64.checked_shl(cell as u32).unwrap_or(0)).collect();
        let counts: Vec<u64> = cells.iter().map(|cell| cell.rows).collect();
        let fits = cells.len() <= 60;
        let found = fits.then(|| system.solve(&masks, &counts).ok()).flatten()?;
        let sums = (0..zones).all(|zone| found.iter().map(|cell| cell[zone]).sum::<u64>() == width(zone));
        sums.then_some((cuts, found))
    }

    /// The same with as many values asked for inside of limits as rows have these.
    fn widened(&self, at: usize, rows: u64, cells: &[Limited], key: Key) -> Result<(Shape, Transport), Conflict> {
        let asked = &self.asked[at];
        let names: Vec<String> = self.walls.iter().map(|wall| wall.rule.clone()).collect();
        let conflict = || {
            let mut rules = asked.rules.clone();
            rules.extend(names.clone());
            rules.dedup();
            let detail = format!(
                "{} asks for values of {} of which too few lie inside what {} leaves",
                asked.rules.join(" and "),
                self.column,
                names.join(" and ")
            );
            Conflict { rules, detail }
        };
        // What others leave to be asked was found for the rows as they are.
        if asked.condition.is_none() && self.asked.len() > 1 {
            return Err(conflict());
        }
        let mut wider = asked.clone();
        for (low, high) in cells.iter().flat_map(|one| cells.iter().map(|other| (one.low, other.high))) {
            let is_inside = |cell: &&Limited| cell.low >= low && cell.high <= high;
            let needed: u64 = cells.iter().filter(is_inside).map(|cell| cell.rows).sum();
            let is_known = wider.within.iter().any(|within| (within.low, within.high) == (low, high));
            let limits = low > self.quantiles.low || high < self.quantiles.high;
            if needed > 0 && low <= high && limits && !is_known {
                let rule = names.join(" and ");
                wider.within.push(Within { rule, low, high, min: needed, max: None, when: None });
            }
        }
        let shape = self.shape_of(&wider, rows, key).map_err(|_| conflict())?;
        let transport = self.transport(&shape, rows, cells).ok_or_else(conflict)?;
        Ok((shape, transport))
    }
}
