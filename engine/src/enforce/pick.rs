//! Which parent each row chooses: any, by weight, in turn; among all parents, or among those of which a condition is true.

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};

use super::quota::{Conflict, Fault};
use crate::allocation::Allocation;
use crate::generators::{Cells, Fill, Held, Rows, RunError};
use crate::permutation::Permutation;
use crate::plan::{BLOCK, Evaluation, Plan, SlotId};
use crate::random::{Alias, Cell, Key, unit};
use crate::run::blocks;

/// How a choice among so many falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// All alike.
    Uniform,
    /// Few often.
    Zipf,
    /// One after the other.
    Turn,
    /// By a weight of the parent.
    Weight,
}

/// What says which parents can be chosen, and how likely.
pub(crate) struct Limits {
    /// The parents' table.
    pub parent: usize,
    /// True in those that can be chosen.
    pub condition: Option<SlotId>,
    /// In proportion to which they are.
    pub weight: Option<SlotId>,
    /// For messages: the key, and the parents' table.
    pub names: (String, String),
}

/// The parent's row, of rows that choose it.
pub(crate) struct Picks {
    /// The stream of choices.
    pub key: Key,
    /// The stream of the order in which parents are heavy, or have their turn.
    pub position: Key,
    pub by: By,
    pub parents: u64,
    pub limits: Option<Limits>,
    pub ready: OnceLock<Result<Ready, Fault>>,
}

/// What is known once the parents were looked at.
pub(crate) struct Ready {
    way: Way,
    among: Option<Bits>,
}

impl Fill for Arc<Picks> {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let ready = self.ready(cells.plan).map_err(RunError::from)?;
        let key = cells.key(&self.key);
        let of = |place: u64| ready.among.as_ref().map_or(place, |bits| bits.select(place));
        let picked = rows.iter().map(|row| of(ready.way.choose(&key, row, row)));
        Ok(Arc::new(UInt64Array::from_iter_values(picked)))
    }

    fn hold(&self, held: &mut Held<'_>) {
        let Some(limits) = &self.limits else { return };
        // A bit a parent and a count every few words; a slot of the table of weights.
        let words = self.parents.div_ceil(64);
        let bits = (words + words.div_ceil(WORDS as u64)) * 8;
        let weights = self.parents.min(HELD) * size_of::<(u64, u32)>() as u64;
        let bytes = limits.condition.map_or(0, |_| bits) + limits.weight.map_or(0, |_| weights);
        held.add(&**self, bytes);
    }
}

impl Picks {
    /// Looks at the parents where that is needed, once.
    pub fn ready(&self, plan: &Plan) -> Result<&Ready, Fault> {
        self.ready.get_or_init(|| self.look(plan)).as_ref().map_err(Clone::clone)
    }

    fn look(&self, plan: &Plan) -> Result<Ready, Fault> {
        let Some(limits) = &self.limits else {
            return Ok(Ready { way: Way::new(self.by, &self.position, self.parents.max(1)), among: None });
        };
        let nothing = || {
            let (key, parent) = &limits.names;
            Fault::Conflict(Conflict {
                rules: Vec::new(),
                detail: format!("no row of {parent} can be chosen by {key}"),
            })
        };
        let mut bits = Bits::default();
        let mut weights: Vec<f64> = Vec::new();
        for block in blocks(0..self.parents) {
            let first = block.start;
            let mut evaluation = Evaluation::new(plan, limits.parent, Rows::Range(block.clone()));
            let condition = limits.condition.map(|slot| evaluation.need(slot)).transpose().map_err(Fault::Run)?;
            let condition = condition.as_ref().map(|condition| condition.as_boolean());
            let holds = |at: usize| condition.is_none_or(|condition| condition.is_valid(at) && condition.value(at));
            let count = (block.end - block.start) as usize;
            let Some(slot) = limits.weight else {
                (0..count).for_each(|at| bits.push(holds(at)));
                continue;
            };
            let values = evaluation.need(slot).map_err(Fault::Run)?;
            let values =
                cast(&values, &DataType::Float64).map_err(|error| Fault::Run(RunError::new(error.to_string())))?;
            let values = values.as_primitive::<Float64Type>();
            for at in 0..count {
                let weight = if values.is_valid(at) && holds(at) { values.value(at) } else { 0.0 };
                check_weight(weight, &limits.names.1, first + at as u64).map_err(Fault::Run)?;
                weights.push(weight);
            }
        }
        if limits.weight.is_some() {
            let alias = Alias::new(&weights).ok_or_else(nothing)?;
            return Ok(Ready { way: Way::Weighted(alias), among: None });
        }
        if bits.count == 0 {
            return Err(nothing());
        }
        Ok(Ready { way: Way::new(self.by, &self.position, bits.count), among: Some(bits) })
    }
}

/// Refuses what a row of a parent, by its name, cannot weigh.
pub(super) fn check_weight(weight: f64, parent: &str, row: u64) -> Result<(), RunError> {
    if (0.0..f64::INFINITY).contains(&weight) {
        return Ok(());
    }
    let detail = format!("the weight of a row of {parent} is {weight}, and weights are 0 or more");
    Err(RunError { row: Some(row), ..RunError::new(detail) })
}

/// How a choice among so many falls, ready to choose.
pub(super) enum Way {
    Uniform(u64),
    /// Heavy ranks lie anywhere.
    Zipf(Zipf, Permutation),
    Turn(Permutation),
    Weighted(Alias),
}

impl Way {
    pub(super) fn new(by: By, position: &Key, count: u64) -> Way {
        match by {
            By::Zipf => Way::Zipf(Zipf::new(count), Permutation::new(*position, count)),
            By::Turn => Way::Turn(Permutation::new(*position, count)),
            By::Uniform | By::Weight => Way::Uniform(count),
        }
    }

    /// What a row chooses; `turn` counts the rows that choose.
    pub(super) fn choose(&self, key: &Key, row: u64, turn: u64) -> u64 {
        match self {
            Way::Uniform(count) => key.below(row, *count),
            Way::Zipf(zipf, spread) => spread.at(zipf.draw(&mut key.cell(row))),
            Way::Turn(spread) => spread.at(turn % spread.len()),
            Way::Weighted(alias) => alias.pick(key.word(row)) as u64,
        }
    }
}

/// Ranks 0…n−1 with probabilities in proportion to 1/(rank+1), by rejection-inversion (Hörmann & Derflinger 1996, exponent 1).
pub(super) struct Zipf {
    ranks: f64,
    least: f64,
    most: f64,
    sure: f64,
}

impl Zipf {
    fn new(ranks: u64) -> Zipf {
        let ranks = ranks as f64;
        let integral = |x: f64| libm::log(x);
        Zipf {
            ranks,
            least: integral(1.5) - 1.0,
            most: integral(ranks + 0.5),
            sure: 2.0 - libm::exp(integral(2.5) - 0.5),
        }
    }

    fn draw(&self, cell: &mut Cell) -> u64 {
        loop {
            let u = self.most + unit(cell.next()) * (self.least - self.most);
            let x = libm::exp(u);
            let k = libm::floor(x + 0.5).clamp(1.0, self.ranks);
            if k - x <= self.sure || u >= libm::log(k + 0.5) - 1.0 / k {
                return k as u64 - 1;
            }
        }
    }
}

/// The parent of each row where every parent has its number of children and these lie anywhere: rows take the places of the children in a
/// permuted order.
pub(crate) struct Shares {
    allocation: Arc<Allocation>,
    places: Permutation,
    /// Where the children of each parent begin.
    firsts: OnceLock<Vec<u64>>,
}

impl Shares {
    pub fn new(position: Key, allocation: Arc<Allocation>) -> Shares {
        let places = Permutation::new(position, allocation.total().max(1));
        Shares { allocation, places, firsts: OnceLock::new() }
    }
}

impl Fill for Shares {
    fn fill(&self, _: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let firsts = self.firsts.get_or_init(|| {
            let mut cursor = self.allocation.cursor();
            (0..self.allocation.parents()).map(|parent| cursor.children_of(parent).start).collect()
        });
        let of = |row: u64| {
            let place = self.places.at(row);
            // The last of those that begin at or before it: the others have no children.
            firsts.partition_point(|first| *first <= place) as u64 - 1
        };
        Ok(Arc::new(UInt64Array::from_iter_values(rows.iter().map(of))))
    }

    fn hold(&self, held: &mut Held<'_>) {
        held.add(self, self.allocation.parents() * size_of::<u64>() as u64);
    }
}

/// Which rows of a table satisfy a condition, a bit each, and how many do before every 512 (Jacobson 1989).
#[derive(Default)]
struct Bits {
    words: Vec<u64>,
    before: Vec<u64>,
    rows: u64,
    count: u64,
}

/// Words between counts.
const WORDS: usize = 8;

impl Bits {
    fn push(&mut self, holds: bool) {
        if self.rows.is_multiple_of(64) {
            if self.words.len().is_multiple_of(WORDS) {
                self.before.push(self.count);
            }
            self.words.push(0);
        }
        if let Some(word) = self.words.last_mut() {
            *word |= u64::from(holds) << (self.rows % 64);
        }
        self.rows += 1;
        self.count += u64::from(holds);
    }

    /// The row of the satisfying one at a place, from 0; there is one.
    fn select(&self, place: u64) -> u64 {
        let group = self.before.partition_point(|before| *before <= place) - 1;
        let mut left = place - self.before[group];
        for at in group * WORDS..self.words.len() {
            let mut word = self.words[at];
            let ones = u64::from(word.count_ones());
            if left < ones {
                (0..left).for_each(|_| word &= word - 1);
                return at as u64 * 64 + u64::from(word.trailing_zeros());
            }
            left -= ones;
        }
        self.rows
    }
}

/// The most levels of a tree.
const LEVELS: u64 = 64;

/// Rows of a tree, level by level, roots first.
pub(crate) struct Levels {
    /// Where each level begins, and at the end how many rows there are.
    pub starts: Vec<u64>,
}

impl Levels {
    /// So many rows of which so many are roots, in at most `depth` levels below these. The sizes of levels form a geometric sequence, as
    /// nearly as whole numbers do, and no level behind an empty one has rows.
    pub fn new(rows: u64, roots: u64, depth: u64) -> Levels {
        let below = rows - roots;
        let depth = depth.min(LEVELS).min(below);
        let wanted = below as f64 / roots.max(1) as f64;
        let sum = |ratio: f64| {
            let mut power = 1.0;
            (0..depth).fold(0.0, |sum, _| {
                power *= ratio;
                sum + power
            })
        };
        // Between these the sum passes what is wanted: one level alone would take it, and none takes less than nothing.
        let (mut low, mut high) = (0.0_f64, wanted.max(1.0));
        for _ in 0..200 {
            let middle = low + (high - low) / 2.0;
            if sum(middle) < wanted { low = middle } else { high = middle }
        }
        let mut size = roots as f64;
        let mut sizes: Vec<u64> = (0..depth)
            .map(|_| {
                size *= high;
                libm::floor(size).min(below as f64) as u64
            })
            .collect();
        let given: u64 = sizes.iter().sum();
        let levels = sizes.len().max(1) as u64;
        for (at, size) in sizes.iter_mut().enumerate() {
            // What rounding left goes to the first levels: these are followed by others.
            let rest = below.saturating_sub(given);
            *size += rest / levels + u64::from((at as u64) < rest % levels);
        }
        let mut starts = vec![0, roots];
        for size in sizes {
            let last = starts[starts.len() - 1];
            if size > 0 && last < rows {
                starts.push((last + size).min(rows));
            }
        }
        Levels { starts }
    }

    /// The level of a row, roots being on the first, 0.
    pub fn of(&self, row: u64) -> usize {
        self.starts.partition_point(|start| *start <= row).saturating_sub(1).min(self.starts.len().saturating_sub(2))
    }

    /// The rows of each level.
    pub fn sizes(&self) -> impl Iterator<Item = u64> + '_ {
        self.starts.windows(2).map(|pair| pair[1] - pair[0])
    }
}

/// The row of the level above that each row of a tree chooses; null in the first.
pub(crate) struct Ancestors {
    key: Key,
    levels: Levels,
    ways: Vec<Way>,
}

impl Ancestors {
    pub fn new(key: Key, position: &Key, by: By, levels: Levels) -> Ancestors {
        let way = |(level, size): (usize, u64)| Way::new(by, &position.child(level as u64), size.max(1));
        let ways = levels.sizes().enumerate().map(way).collect();
        Ancestors { key, levels, ways }
    }
}

impl Fill for Ancestors {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let starts = &self.levels.starts;
        let of = |row: u64| {
            let level = starts.partition_point(|start| *start <= row).min(self.ways.len());
            let above = level.checked_sub(2)?;
            Some(starts[above] + self.ways[above].choose(&key, row, row - starts[above + 1]))
        };
        Ok(Arc::new(rows.iter().map(of).collect::<UInt64Array>()))
    }
}

/// The most parents of which something is held for each.
pub(crate) const HELD: u64 = if cfg!(test) { BLOCK } else { 1 << 22 };

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_row_at_a_place_is_the_one_that_counting_finds(holds in prop::collection::vec(any::<bool>(), 1..2_000)) {
            let mut bits = Bits::default();
            holds.iter().for_each(|holds| bits.push(*holds));
            let rows: Vec<u64> = (0..holds.len() as u64).filter(|row| holds[*row as usize]).collect();
            prop_assert_eq!(bits.count, rows.len() as u64);
            prop_assert!(rows.iter().enumerate().all(|(place, row)| bits.select(place as u64) == *row));
        }

        #[test]
        fn levels_hold_all_rows_and_none_is_empty_before_the_last(rows in 1_u64..100_000, share in 0.000_01_f64..1.0, depth in 1_u64..100) {
            let roots = ((rows as f64 * share) as u64).clamp(1, rows);
            let levels = Levels::new(rows, roots, depth);
            let sizes: Vec<u64> = levels.sizes().collect();
            prop_assert_eq!(sizes[0], roots);
            prop_assert_eq!(sizes.iter().sum::<u64>(), rows);
            prop_assert!(sizes.iter().all(|size| *size > 0));
            prop_assert!(sizes.len() as u64 <= depth + 1);
        }
    }

    #[test]
    fn levels_grow_by_the_same_factor() {
        let sizes = |rows, roots, depth| Levels::new(rows, roots, depth).sizes().collect::<Vec<u64>>();
        assert_eq!(sizes(1 + 10 + 100 + 1000, 1, 3), [1, 10, 100, 1000]);
        assert_eq!(sizes(700, 400, 2), [400, 200, 100]);
        assert_eq!(sizes(5, 5, 9), [5]);
        assert_eq!(sizes(10, 9, 5), [9, 1]);
    }
}
