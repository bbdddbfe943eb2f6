//! Values that stand so often in all, and of which each group of rows has so many: where a group has too many of them, rows exchange their values
//! with rows of other groups that are alike in everything that else decides the column, so that whatever is counted of it stays.
//!
//! How many rows of each cell (those alike) and group have such a value is a flow: surplus leaves a group by a cell for another group with room
//! in it, if need be over further cells and groups. It is augmented along shortest paths (Dinitz 1970), a value a group and phase, so that it
//! spreads; only what is too much or too little moves.

use std::collections::HashMap;
use std::sync::OnceLock;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::interleave;

use super::grouping::numbers_of;
use super::quota::{Conflict, Fault};
use super::steer::is_true;
use super::strata::Strata;
use crate::generators::{Cells, Fill, Held, Rows, RunError};
use crate::plan::{Evaluation, Plan, SlotId};
use crate::random::Key;
use crate::run::blocks;

/// A column whose values are counted, of which each group has so many.
pub(crate) struct Regrouped {
    pub table: usize,
    /// The rule about groups, and those that count the column's values.
    pub rule: String,
    pub others: Vec<String>,
    /// Its condition, for people.
    pub words: String,
    /// The column as it is counted, and the condition over it.
    pub base: SlotId,
    pub condition: SlotId,
    /// Limits the rule to some rows, and takes those out that are null.
    pub when: Option<SlotId>,
    pub nulls: Option<SlotId>,
    /// What tells apart rows that cannot exchange their values.
    pub strata: Strata,
    pub per: Vec<SlotId>,
    pub min: u64,
    pub max: Option<u64>,
    pub key: Key,
    pub partners: OnceLock<Result<HashMap<u64, u64>, Fault>>,
}

impl Regrouped {
    /// Whether the rule can hold, by the pass over the whole table.
    pub fn check(&self, plan: &Plan) -> Result<Vec<(String, String)>, Fault> {
        self.partners(plan).map(|_| Vec::new())
    }

    /// The row whose value each row takes that does not keep its own.
    fn partners(&self, plan: &Plan) -> Result<&HashMap<u64, u64>, Fault> {
        self.partners.get_or_init(|| self.exchange(plan)).as_ref().map_err(Clone::clone)
    }

    fn exchange(&self, plan: &Plan) -> Result<HashMap<u64, u64>, Fault> {
        let rows = plan.tables[self.table].rows;
        let (mut flow, mut cells, mut known, mut groups) = (Flow::default(), HashMap::new(), HashMap::new(), 0);
        let mut members: Vec<Member> = Vec::new();
        for block in blocks(0..rows) {
            let masks = self.strata.masks_of(plan, Rows::Range(block.clone())).map_err(Fault::Run)?;
            let mut evaluation = Evaluation::new(plan, self.table, Rows::Range(block.clone()));
            let mut truths = |slot: SlotId| evaluation.need(slot).map_err(Fault::Run);
            let condition = truths(self.condition)?;
            let when = self.when.map(&mut truths).transpose()?;
            let nulls = self.nulls.map(&mut truths).transpose()?;
            let numbers = numbers_of(&self.per, &self.rule, &mut evaluation, &mut known, groups)?;
            groups = known.len().max(groups);
            for (position, row) in block.enumerate() {
                let speaks = when.as_ref().is_none_or(|when| is_true(when, position))
                    && nulls.as_ref().is_none_or(|nulls| !is_true(nulls, position));
                if speaks {
                    let next = cells.len() as u32;
                    let cell = *cells.entry(masks[position]).or_insert(next);
                    let group = numbers.as_ref().map_or(0, |numbers| numbers[position]);
                    let holds = is_true(&condition, position);
                    members.push(Member { row, pair: flow.count(cell, group, holds), holds });
                }
            }
        }
        let before: Vec<u32> = flow.pairs.iter().map(|pair| pair.held).collect();
        flow.balance(self.min, self.max, &self.key).map_err(|(group, is_over)| {
            let held = flow_total(&flow, group);
            Fault::Conflict(self.conflict(held, is_over))
        })?;
        // Which rows of a pair change is chosen by their words; those that lose and those that gain meet in the order of theirs.
        let mut moved: HashMap<(u32, bool), Vec<(u64, u64)>> = HashMap::new();
        for member in members {
            let (before, after) = (before[member.pair as usize], flow.pairs[member.pair as usize].held);
            if (member.holds && after < before) || (!member.holds && after > before) {
                moved.entry((member.pair, member.holds)).or_default().push((self.key.word(member.row), member.row));
            }
        }
        let mut sides: HashMap<u32, [Vec<(u64, u64)>; 2]> = HashMap::new();
        for ((pair, holds), mut rows) in moved {
            rows.sort_unstable();
            rows.truncate(before[pair as usize].abs_diff(flow.pairs[pair as usize].held) as usize);
            sides.entry(flow.pairs[pair as usize].cell).or_default()[usize::from(holds)].extend(rows);
        }
        let mut partners = HashMap::new();
        for [mut gaining, mut losing] in sides.into_values() {
            gaining.sort_unstable();
            losing.sort_unstable();
            for ((_, one), (_, other)) in gaining.iter().zip(&losing) {
                partners.extend([(*one, *other), (*other, *one)]);
            }
        }
        Ok(partners)
    }

    fn conflict(&self, held: u64, is_over: bool) -> Conflict {
        let asked = match (is_over, self.max) {
            (true, Some(max)) => format!("≤ {max}"),
            _ => format!("≥ {}", self.min),
        };
        let (rule, words) = (&self.rule, &self.words);
        let detail = match self.others.join(" and ") {
            none if none.is_empty() => format!(
                "{rule} asks in each group for {asked} rows where {words}, and there is a group with {held} that no other can take or give"
            ),
            others => format!(
                "{rule} asks in each group for {asked} rows where {words}, and {others} leaves a group with {held} that no other can take or give"
            ),
        };
        let rules = std::iter::once(&self.rule).chain(&self.others).cloned().collect();
        Conflict { rules, detail }
    }
}

fn flow_total(flow: &Flow, group: u32) -> u64 {
    flow.pairs.iter().filter(|pair| pair.group == group).map(|pair| u64::from(pair.held)).sum()
}

/// A row that the rule speaks of.
struct Member {
    row: u64,
    pair: u32,
    holds: bool,
}

/// The rows of one cell in one group, and how many of them have such a value.
#[derive(Clone, Copy, Debug)]
struct Pair {
    cell: u32,
    group: u32,
    rows: u32,
    held: u32,
}

/// Cells and groups, and what lies between them.
#[derive(Default)]
struct Flow {
    pairs: Vec<Pair>,
    places: HashMap<(u32, u32), u32>,
}

impl Flow {
    /// Counts a row, and gives the place of its pair.
    fn count(&mut self, cell: u32, group: u32, holds: bool) -> u32 {
        let next = self.pairs.len() as u32;
        let place = *self.places.entry((cell, group)).or_insert(next);
        if place == next {
            self.pairs.push(Pair { cell, group, rows: 0, held: 0 });
        }
        let pair = &mut self.pairs[place as usize];
        pair.rows += 1;
        pair.held += u32::from(holds);
        place
    }

    /// Moves values between groups until each has `min` to `max` of them and each cell as many as before; `Err` is a group that cannot, and
    /// whether it has too many.
    fn balance(&mut self, min: u64, max: Option<u64>, key: &Key) -> Result<(), (u32, bool)> {
        let mut phase = Phase::new(&self.pairs, key);
        let most = max.unwrap_or(u64::MAX);
        for (source, sink) in [(most, min), (most, most), (min, min)] {
            while phase.run(&mut self.pairs, source, sink) {}
        }
        let over = phase.totals.iter().position(|total| *total > most).map(|group| (group as u32, true));
        let under = phase.totals.iter().zip(&phase.of_groups);
        let under = under.map(|(total, own)| *total < min && !own.is_empty()).position(|is_under| is_under);
        over.or(under.map(|group| (group as u32, false))).map_or(Ok(()), Err)
    }
}

/// One search for paths after another.
struct Phase {
    of_groups: Vec<Vec<u32>>,
    of_cells: Vec<Vec<u32>>,
    totals: Vec<u64>,
    levels: [Vec<u32>; 2],
    next: [Vec<usize>; 2],
    /// Groups that have taken a value in this phase.
    taken: Vec<bool>,
}

const UNSEEN: u32 = u32::MAX;

impl Phase {
    fn new(pairs: &[Pair], key: &Key) -> Phase {
        let groups = pairs.iter().map(|pair| pair.group as usize + 1).max().unwrap_or(0);
        let cells = pairs.iter().map(|pair| pair.cell as usize + 1).max().unwrap_or(0);
        let (mut of_groups, mut of_cells) = (vec![Vec::new(); groups], vec![Vec::new(); cells]);
        let mut totals = vec![0; groups];
        for (place, pair) in pairs.iter().enumerate() {
            of_groups[pair.group as usize].push(place as u32);
            of_cells[pair.cell as usize].push(place as u32);
            totals[pair.group as usize] += u64::from(pair.held);
        }
        // Who takes first is chance.
        for own in of_groups.iter_mut().chain(&mut of_cells) {
            own.sort_by_key(|place| key.word(u64::from(*place)));
        }
        let levels = [vec![UNSEEN; groups], vec![UNSEEN; cells]];
        let next = [vec![0; groups], vec![0; cells]];
        Phase { of_groups, of_cells, totals, levels, next, taken: vec![false; groups] }
    }

    /// Moves values along shortest paths from groups with more than `source` to groups with less than `sink`; whether any was.
    fn run(&mut self, pairs: &mut [Pair], source: u64, sink: u64) -> bool {
        if !self.find(pairs, source, sink) {
            return false;
        }
        for next in &mut self.next {
            next.fill(0);
        }
        self.taken.fill(false);
        let mut any = false;
        for group in 0..self.totals.len() {
            while self.totals[group] > source && self.leave_group(pairs, group, sink, true) {
                self.totals[group] -= 1;
                any = true;
                // One that may keep its values gives one at a time.
                if source == sink {
                    break;
                }
            }
        }
        any
    }

    /// Sets the distances from groups with too many; whether a group with room is reached.
    fn find(&mut self, pairs: &[Pair], source: u64, sink: u64) -> bool {
        for levels in &mut self.levels {
            levels.fill(UNSEEN);
        }
        let mut open: Vec<usize> = (0..self.totals.len()).filter(|group| self.totals[*group] > source).collect();
        for group in &open {
            self.levels[0][*group] = 0;
        }
        let mut level = 0;
        while !open.is_empty() {
            let mut cells = Vec::new();
            for place in open.iter().flat_map(|group| &self.of_groups[*group]) {
                let pair = &pairs[*place as usize];
                let seen = &mut self.levels[1][pair.cell as usize];
                if pair.held > 0 && *seen == UNSEEN {
                    *seen = level + 1;
                    cells.push(pair.cell as usize);
                }
            }
            let (mut groups, mut is_reached) = (Vec::new(), false);
            for place in cells.iter().flat_map(|cell| &self.of_cells[*cell]) {
                let pair = &pairs[*place as usize];
                let seen = &mut self.levels[0][pair.group as usize];
                if pair.held < pair.rows && *seen == UNSEEN {
                    *seen = level + 2;
                    is_reached |= self.totals[pair.group as usize] < sink;
                    groups.push(pair.group as usize);
                }
            }
            if is_reached {
                return true;
            }
            (open, level) = (groups, level + 2);
        }
        false
    }

    /// Sends a value on from a group, or leaves it there.
    fn leave_group(&mut self, pairs: &mut [Pair], group: usize, sink: u64, is_source: bool) -> bool {
        if !is_source && self.totals[group] < sink && !self.taken[group] {
            self.taken[group] = true;
            self.totals[group] += 1;
            return true;
        }
        while let Some(place) = self.of_groups[group].get(self.next[0][group]).copied() {
            let pair = pairs[place as usize];
            let is_ahead = self.levels[1][pair.cell as usize] == self.levels[0][group].saturating_add(1);
            if pair.held > 0 && is_ahead && self.leave_cell(pairs, pair.cell as usize, sink) {
                pairs[place as usize].held -= 1;
                return true;
            }
            self.next[0][group] += 1;
        }
        false
    }

    fn leave_cell(&mut self, pairs: &mut [Pair], cell: usize, sink: u64) -> bool {
        while let Some(place) = self.of_cells[cell].get(self.next[1][cell]).copied() {
            let pair = pairs[place as usize];
            let is_ahead = self.levels[0][pair.group as usize] == self.levels[1][cell].saturating_add(1);
            if pair.held < pair.rows && is_ahead && self.leave_group(pairs, pair.group as usize, sink, false) {
                pairs[place as usize].held += 1;
                return true;
            }
            self.next[1][cell] += 1;
        }
        false
    }
}

/// The first input, the column as it is counted, with the values of other rows in those that exchange them.
pub(crate) struct RegroupedFill(pub std::sync::Arc<Regrouped>);

impl Fill for RegroupedFill {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let regrouped = &self.0;
        let partners = regrouped.partners(cells.plan)?;
        let changed = rows.iter().enumerate().filter_map(|(at, row)| Some((at, *partners.get(&row)?)));
        let mut changed: Vec<(usize, u64)> = changed.collect();
        if changed.is_empty() {
            return Ok(cells.inputs[0].clone());
        }
        changed.sort_unstable_by_key(|(_, partner)| *partner);
        let from = Rows::List(changed.iter().map(|(_, partner)| *partner).collect());
        let values = Evaluation::new(cells.plan, regrouped.table, from).need(regrouped.base)?;
        let mut places: Vec<(usize, usize)> = (0..rows.len()).map(|row| (0, row)).collect();
        for (place, (at, _)) in changed.iter().enumerate() {
            places[*at] = (1, place);
        }
        interleave(&[cells.inputs[0].as_ref(), values.as_ref()], &places)
            .map_err(|error| RunError::new(error.to_string()))
    }

    fn hold(&self, held: &mut Held<'_>) {
        // The rows that exchange values, and while these are found a pair of each row.
        held.add(&*self.0, held.plan.tables[self.0.table].rows * size_of::<Member>() as u64);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether some way gives every group its number, by trying all.
    fn is_possible(pairs: &[Pair], min: u64, max: u64) -> bool {
        let cells = pairs.iter().map(|pair| pair.cell as usize + 1).max().unwrap_or(0);
        let groups = pairs.iter().map(|pair| pair.group as usize + 1).max().unwrap_or(0);
        let mut left = vec![0_u32; cells];
        pairs.iter().for_each(|pair| left[pair.cell as usize] += pair.held);
        fn place(pairs: &[Pair], left: &mut [u32], totals: &mut [u64], bounds: (u64, u64)) -> bool {
            let Some((pair, rest)) = pairs.split_first() else {
                let fits = |total: &u64| (bounds.0..=bounds.1).contains(total);
                return left.iter().all(|left| *left == 0) && totals.iter().all(fits);
            };
            (0..=pair.rows.min(left[pair.cell as usize])).any(|held| {
                left[pair.cell as usize] -= held;
                totals[pair.group as usize] += u64::from(held);
                let found = place(rest, left, totals, bounds);
                left[pair.cell as usize] += held;
                totals[pair.group as usize] -= u64::from(held);
                found
            })
        }
        place(pairs, &mut left, &mut vec![0; groups], (min, max))
    }

    proptest! {
        #[test]
        fn values_move_between_groups_whenever_there_is_a_way(
            rows in prop::collection::vec((0_u32..3, 0_u32..3, any::<bool>()), 1..14),
            min in 0_u64..3,
            more in 0_u64..3,
        ) {
            let mut flow = Flow::default();
            // Groups have numbers in the order in which they are seen.
            let mut seen: Vec<u32> = Vec::new();
            for (cell, group, holds) in rows {
                let number = seen.iter().position(|known| *known == group).unwrap_or_else(|| {
                    seen.push(group);
                    seen.len() - 1
                });
                flow.count(cell, number as u32, holds);
            }
            let before = flow.pairs.clone();
            let found = flow.balance(min, Some(min + more), &crate::random::Seeds::new(7).key("t", "c", "count", 0));
            prop_assert_eq!(found.is_ok(), is_possible(&before, min, min + more), "{:?} {:?}", before, found);
            for cell in 0..3 {
                let held = |pairs: &[Pair]| pairs.iter().filter(|pair| pair.cell == cell).map(|pair| pair.held).sum::<u32>();
                prop_assert_eq!(held(&before), held(&flow.pairs));
            }
            prop_assert!(flow.pairs.iter().all(|pair| pair.held <= pair.rows));
        }
    }
}
