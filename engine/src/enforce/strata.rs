//! Where rows stand in the cells of some conditions, and how many rows of its cell lie before each: what only a pass over the table can tell.
//!
//! A cell is the set of conditions that are true in a row. The pass keeps how many rows of each cell lie before every block, as 16 bits since
//! the mark before it and 64 bits a mark; beyond 64 MiB it keeps fewer marks alone. From there any rows are made alone.

use std::collections::HashMap;
use std::sync::OnceLock;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};

use crate::generators::{Rows, RunError};
use crate::plan::{BLOCK, Evaluation, Plan, SlotId};
use crate::run::blocks;

/// The most cells.
pub(crate) const CELLS: usize = 4_096;

/// The most conditions.
pub(crate) const CONDITIONS: usize = 60;

/// Blocks between marks.
const BLOCKS: u64 = 16;

/// Bytes that the pass keeps at most.
const BYTES: usize = 64 << 20;

/// Some conditions over the rows of a table.
pub(crate) struct Strata {
    table: usize,
    conditions: Vec<SlotId>,
    index: OnceLock<Result<Index, RunError>>,
}

/// What the pass found.
pub(crate) struct Index {
    /// The conditions that are true in each cell, a bit each; cells in the order in which they were first met.
    pub masks: Vec<u64>,
    /// The rows of each cell.
    pub counts: Vec<u64>,
    blocks_a_mark: u64,
    /// Rows of each cell before each mark; cells not yet met are missing.
    marks: Vec<Vec<u64>>,
    /// The same between a mark and a block, block by block; empty where that would be too much.
    within: Vec<Box<[u16]>>,
}

impl Strata {
    /// The most bytes that the pass keeps.
    pub fn most_bytes(&self, plan: &Plan) -> u64 {
        if self.conditions.is_empty() {
            return 0;
        }
        let blocks = plan.tables[self.table].rows.div_ceil(BLOCK);
        let cells = (1_u64 << self.conditions.len().min(CONDITIONS)).min(CELLS as u64);
        cells.saturating_mul(blocks * 2 + blocks.div_ceil(BLOCKS) * 8).min(BYTES as u64)
    }
}

impl Index {
    fn bytes(&self) -> usize {
        self.marks.iter().map(|mark| mark.len() * 8).sum::<usize>()
            + self.within.iter().map(|counts| counts.len() * 2).sum::<usize>()
    }

    /// Keeps less: first without the counts of single blocks, then every second mark.
    fn thin(&mut self) {
        if !self.within.is_empty() {
            self.within = Vec::new();
            return;
        }
        let mut even = false;
        self.marks.retain(|_| {
            even = !even;
            even
        });
        self.blocks_a_mark *= 2;
    }

    /// The last row from which counts are known at or before a row, and the counts there.
    fn before(&self, row: u64) -> (u64, Vec<u64>) {
        let block = row / BLOCK;
        let mark = block / self.blocks_a_mark;
        let mut counts = self.marks[mark as usize].clone();
        counts.resize(self.masks.len(), 0);
        match self.within.get(block as usize) {
            Some(within) => {
                counts.iter_mut().zip(within.iter()).for_each(|(count, more)| *count += u64::from(*more));
                (block * BLOCK, counts)
            }
            None => (mark * self.blocks_a_mark * BLOCK, counts),
        }
    }
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub cell: u32,
    /// How many rows of its cell lie before it.
    pub rank: u64,
}

impl Strata {
    pub fn new(table: usize, conditions: Vec<SlotId>) -> Strata {
        Strata { table, conditions, index: OnceLock::new() }
    }

    /// The conditions, in the order of their bits.
    pub fn conditions(&self) -> &[SlotId] {
        &self.conditions
    }

    /// The table.
    pub fn table(&self) -> usize {
        self.table
    }

    /// What a pass over the table finds, made by whoever asks first.
    pub fn index(&self, plan: &Plan) -> Result<&Index, RunError> {
        self.index.get_or_init(|| self.pass(plan)).as_ref().map_err(Clone::clone)
    }

    /// The cells that rows lie in.
    pub fn masks_of(&self, plan: &Plan, rows: Rows) -> Result<Vec<u64>, RunError> {
        let count = rows.len();
        let mut evaluation = Evaluation::new(plan, self.table, rows);
        let arrays =
            self.conditions.iter().map(|slot| evaluation.need(*slot)).collect::<Result<Vec<ArrayRef>, RunError>>()?;
        Ok(masks(&arrays, count))
    }

    fn pass(&self, plan: &Plan) -> Result<Index, RunError> {
        if self.conditions.is_empty() {
            // One cell, in which each row stands at its own place.
            let rows = Some(plan.tables[self.table].rows).filter(|rows| *rows > 0);
            let masks = rows.iter().map(|_| 0).collect();
            let counts = rows.into_iter().collect();
            return Ok(Index { masks, counts, blocks_a_mark: BLOCKS, marks: Vec::new(), within: Vec::new() });
        }
        let mut index = Index {
            masks: Vec::new(),
            counts: Vec::new(),
            blocks_a_mark: BLOCKS,
            marks: Vec::new(),
            within: Vec::new(),
        };
        let mut cells = CellsByMask::new(self.conditions.len());
        let mut is_fine = true;
        for block in blocks(0..plan.tables[self.table].rows) {
            let number = block.start / BLOCK;
            if number.is_multiple_of(index.blocks_a_mark) {
                index.marks.push(index.counts.clone());
                if index.bytes() > BYTES {
                    index.thin();
                    is_fine = false;
                    // A mark that was dropped is no mark.
                }
            }
            if is_fine {
                let mark = index.marks.last().map(Vec::as_slice).unwrap_or_default();
                let since = |(cell, count): (usize, &u64)| (count - mark.get(cell).copied().unwrap_or(0)) as u16;
                index.within.push(index.counts.iter().enumerate().map(since).collect());
            }
            for mask in self.masks_of(plan, Rows::Range(block))? {
                let cell = cells.get(mask).unwrap_or_else(|| {
                    index.masks.push(mask);
                    index.counts.push(0);
                    cells.put(mask, index.masks.len() - 1);
                    index.masks.len() - 1
                });
                index.counts[cell] += 1;
            }
            if index.masks.len() > CELLS {
                let detail = format!("the conditions of rules split the rows into more than {CELLS} cells");
                return Err(RunError::new(detail));
            }
        }
        Ok(index)
    }

    /// Where rows stand. `known` are the conditions in these rows.
    pub fn standings(&self, plan: &Plan, rows: &Rows, known: &[ArrayRef]) -> Result<Vec<Standing>, RunError> {
        if self.conditions.is_empty() {
            return Ok(rows.iter().map(|row| Standing { cell: 0, rank: row }).collect());
        }
        let index = self.index(plan)?;
        let mut cells = CellsByMask::new(self.conditions.len());
        index.masks.iter().enumerate().for_each(|(cell, mask)| cells.put(*mask, cell));
        let known = masks(known, rows.len());
        let mut standings = Vec::with_capacity(rows.len());
        let cell_of = |mask: u64| {
            cells.get(mask).ok_or_else(|| RunError::new("a row changed after the conditions of rules were counted"))
        };
        let mut position = 0;
        while position < rows.len() {
            let block = rows.at(position) / BLOCK;
            let mut end = position + 1;
            while end < rows.len() && rows.at(end) / BLOCK == block {
                end += 1;
            }
            let (from, mut counts) = index.before(rows.at(position));
            let last = rows.at(end - 1);
            // All rows from where counts are known: nothing needs to be made again.
            let is_whole = rows.at(position) == from && last - from + 1 == (end - position) as u64;
            let masks = if is_whole { Vec::new() } else { self.masks_up_to(plan, from, last)? };
            let masks = if is_whole { &known[position..end] } else { masks.as_slice() };
            for (row, mask) in (from..=last).zip(masks) {
                let cell = cell_of(*mask)?;
                if position < end && rows.at(position) == row {
                    standings.push(Standing { cell: cell as u32, rank: counts[cell] });
                    position += 1;
                }
                counts[cell] += 1;
            }
        }
        Ok(standings)
    }

    fn masks_up_to(&self, plan: &Plan, from: u64, last: u64) -> Result<Vec<u64>, RunError> {
        let mut masks = Vec::with_capacity((last - from + 1) as usize);
        for block in blocks(from..last + 1) {
            masks.extend(self.masks_of(plan, Rows::Range(block))?);
        }
        Ok(masks)
    }
}

/// Cells by their masks: a table by the mask itself for so few conditions, or a map.
enum CellsByMask {
    Table(Vec<Option<u32>>),
    Map(HashMap<u64, usize>),
}

impl CellsByMask {
    fn new(conditions: usize) -> CellsByMask {
        const MOST: usize = 12;
        if conditions <= MOST {
            CellsByMask::Table(vec![None; 1 << conditions])
        } else {
            CellsByMask::Map(HashMap::new())
        }
    }

    #[inline]
    fn get(&self, mask: u64) -> Option<usize> {
        match self {
            CellsByMask::Table(cells) => cells[mask as usize].map(|cell| cell as usize),
            CellsByMask::Map(cells) => cells.get(&mask).copied(),
        }
    }

    fn put(&mut self, mask: u64, cell: usize) {
        match self {
            CellsByMask::Table(cells) => cells[mask as usize] = Some(cell as u32),
            CellsByMask::Map(cells) => drop(cells.insert(mask, cell)),
        }
    }
}

/// The conditions that are true in each row, a bit each; null is not true.
fn masks(conditions: &[ArrayRef], rows: usize) -> Vec<u64> {
    let mut masks = vec![0_u64; rows];
    for (bit, condition) in conditions.iter().enumerate() {
        let condition = condition.as_boolean();
        let truths = match condition.nulls() {
            Some(nulls) => condition.values() & nulls.inner(),
            None => condition.values().clone(),
        };
        for (mask, is_true) in masks.iter_mut().zip(&truths) {
            *mask |= u64::from(is_true) << bit;
        }
    }
    masks
}
