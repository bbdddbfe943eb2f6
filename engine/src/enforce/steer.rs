//! Conditions that so many rows satisfy, in all or per group: rows that are too few or too many take another value of one column.
//!
//! A pass over the table counts the rows that satisfy the condition by themselves, and picks those that change, each set of so many equally
//! likely (selection sampling, Fan, Muller & Rezucha 1962): one bit a row. Such a row's column is drawn again, by child keys, until the
//! condition is what it must be there, which is the column's own distribution under that condition; at once where the plan knows a way to draw
//! nothing else, however rare such values are.

use std::collections::HashMap;
use std::sync::OnceLock;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array, new_null_array};
use datafusion::arrow::compute::interleave;

use super::grouping::numbers_of;
use super::quota::{Conflict, Fault};
use super::redraw::ATTEMPTS;
use crate::generators::{Cells, Fill, Held, Rows, RunError};
use crate::plan::{Evaluation, Plan, SlotId, take_rows};
use crate::random::Key;
use crate::run::blocks;

/// The attempt whose value a row takes, and its place there; `None` where none is of use.
type Taken = Option<(usize, usize)>;

/// A way to draw the column for rows that change.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// Whether the condition holds of what it draws.
    pub holds: bool,
    /// The attempt from which on it is taken.
    pub after: u32,
    /// What is made anew, in the order of filling, and the last of them, which stands for the column as it is drawn.
    pub members: Vec<SlotId>,
    pub base: SlotId,
}

impl Way {
    /// Attempts by the column's own distribution before a way is taken that leaves it.
    pub const PATIENCE: u32 = 64;
}

/// A condition that so many rows satisfy.
pub(crate) struct Steered {
    pub ways: Vec<Way>,
    pub table: usize,
    pub rule: String,
    /// The condition, for people.
    pub words: String,
    /// Limits the rule to some rows.
    pub when: Option<SlotId>,
    /// The condition over the column as it is drawn.
    pub condition: SlotId,
    /// Rows that cannot change are those in which one of these is true.
    pub fast: Vec<SlotId>,
    /// Columns that make the groups.
    pub per: Vec<SlotId>,
    pub min: u64,
    pub max: Option<u64>,
    /// What is made anew for another value, in the order of filling; the condition is the last. Nothing where the column is whether another
    /// one is null, which has one other value alone.
    pub members: Vec<SlotId>,
    /// The column as it is drawn.
    pub base: SlotId,
    /// Whether what the column can be differs from row to row, so that rows are tried before any of them is chosen.
    pub is_uneven: bool,
    pub key: Key,
    pub changed: OnceLock<Result<Bits, Fault>>,
}

/// One bit a row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    fn of(rows: u64) -> Bits {
        Bits(vec![0; rows.div_ceil(64) as usize])
    }

    fn set(&mut self, row: u64) {
        self.0[(row / 64) as usize] |= 1 << (row % 64);
    }

    fn clear(&mut self, row: u64) {
        self.0[(row / 64) as usize] &= !(1 << (row % 64));
    }

    fn get(&self, row: u64) -> bool {
        self.0.get((row / 64) as usize).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }
}

/// A group, counted.
#[derive(Clone, Copy, Default)]
struct Group {
    /// Rows that satisfy the condition.
    satisfied: u64,
    /// Those of them that can change.
    loose: u64,
    /// Rows that do not, and can change.
    others: u64,
}

/// What is still to change in a group.
#[derive(Clone, Copy)]
struct Open {
    /// Whether rows that satisfy the condition change, or those that do not.
    satisfied: bool,
    needed: u64,
    left: u64,
}

impl Steered {
    /// Whether the rule can hold, by the pass over the whole table.
    pub fn check(&self, plan: &Plan) -> Result<Vec<(String, String)>, Fault> {
        self.changed(plan).map(|_| Vec::new())
    }

    fn changed(&self, plan: &Plan) -> Result<&Bits, Fault> {
        self.changed.get_or_init(|| self.choose(plan)).as_ref().map_err(Clone::clone)
    }

    fn choose(&self, plan: &Plan) -> Result<Bits, Fault> {
        let rows = plan.tables[self.table].rows;
        let (mut satisfied, mut others) = (Bits::of(rows), Bits::of(rows));
        let mut known: HashMap<Box<[u8]>, u32> = HashMap::new();
        let mut groups = vec![Group::default(); usize::from(self.per.is_empty())];
        for block in blocks(0..rows) {
            let mut evaluation = Evaluation::new(plan, self.table, Rows::Range(block.clone()));
            let mut truths = |slot: SlotId| evaluation.need(slot).map_err(Fault::Run);
            let when = self.when.map(&mut truths).transpose()?;
            let condition = truths(self.condition)?;
            let fast = self.fast.iter().map(|slot| truths(*slot)).collect::<Result<Vec<_>, _>>()?;
            let numbers = self.groups(&mut evaluation, &mut known, groups.len())?;
            for (position, row) in block.enumerate() {
                if when.as_ref().is_some_and(|when| !is_true(when, position)) {
                    continue;
                }
                let number = numbers.as_ref().map_or(0, |numbers| numbers[position] as usize);
                if number >= groups.len() {
                    groups.resize(number + 1, Group::default());
                }
                let group = &mut groups[number];
                let is_loose = !fast.iter().any(|fast| is_true(fast, position));
                if is_true(&condition, position) {
                    group.satisfied += 1;
                    if is_loose {
                        group.loose += 1;
                        satisfied.set(row);
                    }
                } else if is_loose {
                    group.others += 1;
                    others.set(row);
                }
            }
        }
        if self.is_uneven && !self.members.is_empty() {
            self.leave_fast(plan, &mut known, &mut groups, (&mut satisfied, &mut others))?;
        }
        let mut open: Vec<Open> = Vec::with_capacity(groups.len());
        for group in &groups {
            open.push(self.open(group).map_err(Fault::Conflict)?);
        }
        if open.iter().all(|open| open.needed == 0) {
            return Ok(Bits::default());
        }
        let mut changed = Bits::of(rows);
        for block in blocks(0..rows) {
            let mut evaluation = Evaluation::new(plan, self.table, Rows::Range(block.clone()));
            let numbers = self.groups(&mut evaluation, &mut known, groups.len())?;
            for (position, row) in block.enumerate() {
                let number = numbers.as_ref().map_or(0, |numbers| numbers[position] as usize);
                let Some(open) = open.get_mut(number) else { continue };
                let is_candidate = if open.satisfied { satisfied.get(row) } else { others.get(row) };
                if is_candidate && open.needed > 0 {
                    if self.key.below(row, open.left) < open.needed {
                        changed.set(row);
                        open.needed -= 1;
                    }
                    open.left -= 1;
                }
            }
        }
        Ok(changed)
    }

    /// Leaves rows as they are, among those that may change, for which nothing else can be drawn.
    fn leave_fast(
        &self,
        plan: &Plan,
        known: &mut HashMap<Box<[u8]>, u32>,
        groups: &mut [Group],
        (satisfied, others): (&mut Bits, &mut Bits),
    ) -> Result<(), Fault> {
        for block in blocks(0..plan.tables[self.table].rows) {
            let mut evaluation = Evaluation::new(plan, self.table, Rows::Range(block.clone()));
            let numbers = self.groups(&mut evaluation, known, groups.len())?;
            let number = |position: usize| numbers.as_ref().map_or(0, |numbers| numbers[position] as usize);
            let is_tried = |(position, row): (usize, u64)| {
                // Of a group that no row of `when` is in nothing is asked.
                let group = groups.get(number(position))?;
                let (few, many) = (group.satisfied < self.min, self.max.is_some_and(|max| group.satisfied > max));
                ((few && others.get(row)) || (many && satisfied.get(row))).then_some(position as u32)
            };
            let tried: Vec<u32> = block.clone().enumerate().filter_map(is_tried).collect();
            if tried.is_empty() {
                continue;
            }
            let (_, taken) = self.redrawn(plan, &evaluation.rows().take(&tried)).map_err(Fault::Run)?;
            for (position, _) in tried.iter().zip(&taken).filter(|(_, taken)| taken.is_none()) {
                let (row, group) = (block.start + u64::from(*position), &mut groups[number(*position as usize)]);
                let of_group = if satisfied.get(row) { &mut group.loose } else { &mut group.others };
                *of_group -= 1;
                satisfied.clear(row);
                others.clear(row);
            }
        }
        Ok(())
    }

    /// Whether so many rows can have it whatever the rows are, as far as that is known without looking at them: where the column's domain
    /// leaves the condition no value, or no other.
    pub fn check_flat(&self, rows: u64, holds: Option<bool>) -> Result<(), Conflict> {
        if self.min > rows {
            let (rule, words) = (&self.rule, &self.words);
            let asked = if self.max == Some(self.min) { self.min.to_string() } else { format!("≥ {}", self.min) };
            let detail = format!("{rule} asks for {asked} rows where {words}, and there are {rows}");
            return Err(Conflict { rules: vec![rule.clone()], detail });
        }
        match holds {
            Some(false) if rows > 0 => self.open(&Group::default()).map(drop),
            Some(true) if self.when.is_none() && self.per.is_empty() && self.fast.is_empty() => {
                self.open(&Group { satisfied: rows, ..Group::default() }).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn open(&self, group: &Group) -> Result<Open, Conflict> {
        let conflict = |asked: String, loose: u64| {
            let (rule, words, satisfied) = (&self.rule, &self.words, group.satisfied);
            let detail = match self.per.is_empty() {
                true => {
                    format!("{rule} asks for {asked} rows where {words}, {satisfied} have it and {loose} can change")
                }
                false => {
                    format!(
                        "{rule} asks in each group for {asked} rows where {words}, {satisfied} have it and {loose} can change"
                    )
                }
            };
            Conflict { rules: vec![rule.clone()], detail }
        };
        let is_exact = self.max == Some(self.min);
        if group.satisfied < self.min {
            let needed = self.min - group.satisfied;
            if needed > group.others {
                let asked = if is_exact { self.min.to_string() } else { format!("≥ {}", self.min) };
                return Err(conflict(asked, group.others));
            }
            return Ok(Open { satisfied: false, needed, left: group.others });
        }
        let surplus = self.max.map_or(0, |max| group.satisfied.saturating_sub(max));
        if surplus > group.loose {
            let max = self.max.unwrap_or(0);
            let asked = if is_exact { max.to_string() } else { format!("≤ {max}") };
            return Err(conflict(asked, group.loose));
        }
        Ok(Open { satisfied: true, needed: surplus, left: group.loose })
    }

    /// The number of each row's group, where there are groups.
    fn groups(
        &self,
        evaluation: &mut Evaluation<'_>,
        known: &mut HashMap<Box<[u8]>, u32>,
        count: usize,
    ) -> Result<Option<Vec<u32>>, Fault> {
        numbers_of(&self.per, &self.rule, evaluation, known, count)
    }

    /// Values for rows that change: drawn again until the condition is the other way round.
    fn drawn(&self, plan: &Plan, rows: &Rows) -> Result<ArrayRef, RunError> {
        if self.members.is_empty() {
            let natural = Evaluation::new(plan, self.table, rows.clone()).need(self.base)?;
            return Ok(std::sync::Arc::new(
                (0..rows.len()).map(|row| Some(!is_true(&natural, row))).collect::<BooleanArray>(),
            ));
        }
        let (attempts, taken) = self.redrawn(plan, rows)?;
        if let Some(row) = taken.iter().position(Option::is_none) {
            let detail = format!("no value was found in {ATTEMPTS} attempts that {} asks for", self.rule);
            let (table, row) = (plan.tables[self.table].name.clone(), Some(rows.at(row)));
            return Err(RunError { table, row, ..RunError::new(detail) });
        }
        let taken: Vec<(usize, usize)> = taken.into_iter().flatten().collect();
        let parts: Vec<&dyn Array> = attempts.iter().map(AsRef::as_ref).collect();
        interleave(&parts, &taken).map_err(|error| RunError::new(error.to_string()))
    }

    /// What was drawn in all attempts, and which of it each row takes; `None` where nothing was found.
    fn redrawn(&self, plan: &Plan, rows: &Rows) -> Result<(Vec<ArrayRef>, Vec<Taken>), RunError> {
        let table = &plan.tables[self.table];
        let mut first = Evaluation::new(plan, self.table, rows.clone());
        let mut outside: Vec<Option<ArrayRef>> = vec![None; table.slots.len()];
        let made: Vec<&Vec<SlotId>> =
            std::iter::once(&self.members).chain(self.ways.iter().map(|way| &way.members)).collect();
        for members in made {
            for input in members.iter().flat_map(|member| &table.slots[*member].inputs) {
                let is_made = self.members.contains(input) || members.contains(input);
                if !is_made && outside[*input].is_none() {
                    outside[*input] = Some(first.need(*input)?);
                }
            }
        }
        let natural = first.need(self.condition)?;
        let mut attempts: Vec<ArrayRef> = Vec::new();
        let mut taken: Vec<Option<(usize, usize)>> = vec![None; rows.len()];
        for holds in [true, false] {
            let mut open: Vec<u32> =
                (0..rows.len() as u32).filter(|row| is_true(&natural, *row as usize) != holds).collect();
            for attempt in 1..=ATTEMPTS {
                if open.is_empty() {
                    break;
                }
                let known = taken_of(&outside, &open)?;
                let (values, verdicts) = self.attempt(&first, rows.take(&open), attempt, known, holds)?;
                let mut left = Vec::new();
                for (position, (row, verdict)) in open.iter().zip(verdicts).enumerate() {
                    match verdict {
                        Some(true) => taken[*row as usize] = Some((attempts.len(), position)),
                        Some(false) => left.push(*row),
                        // No later attempt would do better.
                        None => {}
                    }
                }
                attempts.push(values);
                open = left;
            }
        }
        Ok((attempts, taken))
    }

    /// The column drawn once more, by the ways of this attempt where there are such, and whether the condition is as it must be in each row;
    /// `None` where no way has a value for the row.
    fn attempt(
        &self,
        first: &Evaluation<'_>,
        rows: Rows,
        attempt: u32,
        mut known: Vec<Option<ArrayRef>>,
        holds: bool,
    ) -> Result<(ArrayRef, Vec<Option<bool>>), RunError> {
        let verdicts = |condition: &ArrayRef| -> Vec<Option<bool>> {
            (0..condition.len()).map(|position| Some(is_true(condition, position) == holds)).collect()
        };
        let ways: Vec<&Way> = self.ways.iter().filter(|way| way.holds == holds && way.after <= attempt).collect();
        if ways.is_empty() {
            let mut trial = first.attempt(rows, attempt, known);
            for member in &self.members {
                trial.make(*member)?;
            }
            let condition = trial.need(self.condition)?;
            return Ok((trial.need(self.base)?, verdicts(&condition)));
        }
        let mut drawn: Vec<(ArrayRef, Vec<bool>)> = Vec::new();
        for (at, way) in ways.iter().enumerate() {
            match self.by_way(first, &rows, attempt, &known, way) {
                Ok(values) => drawn.push(values),
                // Of several one may lie beyond the column's own end.
                Err(error) if drawn.is_empty() && at + 1 == ways.len() && !self.is_uneven => return Err(error),
                Err(_) => {}
            }
        }
        if drawn.is_empty() {
            let nothing = new_null_array(&first.table_plan().slots[self.base].logical.arrow(), rows.len());
            return Ok((nothing, vec![None; rows.len()]));
        }
        // Each row takes one of those that have a value for it, whichever other rows are asked for beside it; its own word has chosen it already.
        let side = self.key.child(1);
        let mut having = Vec::with_capacity(drawn.len());
        let choose = |(at, row): (usize, u64)| {
            having.clear();
            having.extend((0..drawn.len()).filter(|way| drawn[*way].1[at]));
            (!having.is_empty()).then(|| (having[side.below(row, having.len() as u64) as usize], at))
        };
        let from: Vec<Option<(usize, usize)>> = rows.iter().enumerate().map(choose).collect();
        let parts: Vec<&dyn Array> = drawn.iter().map(|(values, _)| values.as_ref()).collect();
        let places: Vec<(usize, usize)> = from.iter().enumerate().map(|(at, from)| from.unwrap_or((0, at))).collect();
        let values = interleave(&parts, &places).map_err(|error| RunError::new(error.to_string()))?;
        known[self.base] = Some(std::sync::Arc::clone(&values));
        let mut judged = first.attempt(rows, attempt, known);
        for member in self.members.iter().filter(|member| **member > self.base) {
            judged.make(*member)?;
        }
        let mut verdicts = verdicts(&judged.need(self.condition)?);
        verdicts.iter_mut().zip(&from).filter(|(_, from)| from.is_none()).for_each(|(verdict, _)| *verdict = None);
        Ok((values, verdicts))
    }

    /// What a way draws for some rows, and for which of them it has a value.
    fn by_way(
        &self,
        first: &Evaluation<'_>,
        rows: &Rows,
        attempt: u32,
        known: &[Option<ArrayRef>],
        way: &Way,
    ) -> Result<(ArrayRef, Vec<bool>), RunError> {
        let draw = |rows: Rows, known: Vec<Option<ArrayRef>>| {
            let mut trial = first.attempt(rows, attempt, known);
            way.members.iter().try_for_each(|member| trial.make(*member).map(drop))?;
            trial.need(way.base)
        };
        let refused = match draw(rows.clone(), known.to_vec()) {
            Ok(values) => return Ok((values, vec![true; rows.len()])),
            Err(error) => error,
        };
        if !self.is_uneven || refused.row.is_none() {
            return Err(refused);
        }
        // A row without a value is told by its error; those around it are drawn without it, a few at a time.
        const FEW: usize = 64;
        let mut parts: Vec<ArrayRef> = Vec::new();
        let mut places: Vec<Option<(usize, usize)>> = vec![None; rows.len()];
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        let mut open: Vec<&[u32]> = all.chunks(FEW).rev().collect();
        while let Some(few) = open.pop() {
            match draw(rows.take(few), taken_of(known, few)?) {
                Ok(values) => {
                    for (position, row) in few.iter().enumerate() {
                        places[*row as usize] = Some((parts.len(), position));
                    }
                    parts.push(values);
                }
                Err(error) => {
                    let is_it = |row: &u32| error.row == Some(rows.at(*row as usize));
                    let Some(at) = few.iter().position(is_it) else { return Err(error) };
                    open.extend([&few[at + 1..], &few[..at]].into_iter().filter(|few| !few.is_empty()));
                }
            }
        }
        if parts.is_empty() {
            return Err(refused);
        }
        let has: Vec<bool> = places.iter().map(Option::is_some).collect();
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        let places: Vec<(usize, usize)> = places.into_iter().map(|place| place.unwrap_or((0, 0))).collect();
        let values = interleave(&parts, &places).map_err(|error| RunError::new(error.to_string()))?;
        Ok((values, has))
    }
}

/// Known arrays at some positions.
fn taken_of(known: &[Option<ArrayRef>], positions: &[u32]) -> Result<Vec<Option<ArrayRef>>, RunError> {
    let positions = UInt32Array::from(positions.to_vec());
    known.iter().map(|array| array.as_ref().map(|array| take_rows(array, &positions)).transpose()).collect()
}

pub(super) fn is_true(condition: &ArrayRef, position: usize) -> bool {
    let condition = condition.as_boolean();
    condition.is_valid(position) && condition.value(position)
}

/// The first input, the column as it is drawn, with other values in the rows that change.
pub(crate) struct SteeredFill(pub std::sync::Arc<Steered>);

impl Fill for SteeredFill {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let changed = self.0.changed(cells.plan)?;
        let positions: Vec<u32> =
            (0..rows.len() as u32).filter(|position| changed.get(rows.at(*position as usize))).collect();
        if positions.is_empty() {
            return Ok(cells.inputs[0].clone());
        }
        let values = self.0.drawn(cells.plan, &rows.take(&positions))?;
        let mut from: Vec<(usize, usize)> = (0..rows.len()).map(|row| (0, row)).collect();
        for (place, position) in positions.iter().enumerate() {
            from[*position as usize] = (1, place);
        }
        interleave(&[cells.inputs[0].as_ref(), values.as_ref()], &from)
            .map_err(|error| RunError::new(error.to_string()))
    }

    fn hold(&self, held: &mut Held<'_>) {
        // A bit a row for those that change, and one for those that may while the pass is made.
        held.add(&*self.0, held.plan.tables[self.0.table].rows.div_ceil(64) * 16);
    }
}
