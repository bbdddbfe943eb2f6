//! Values whose counts are exact under conditions: how many rows of each cell take each value, and which.
//!
//! The conditions of a column's rules split the rows into cells ([`super::strata`]). The column's own weights, fitted to the rules by
//! proportions, say how many rows of a cell would take each value; whole numbers near them that keep every rule exactly are found by rounding
//! and, where that does not do, at least deviation. A row takes the value at its permuted rank in its cell.

mod among;
mod groups;
mod part;
#[cfg(test)]
mod tests;
mod told;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::take;

use self::groups::Dealer;
use super::simplex::Program;
use super::strata::{Index, Strata};
use crate::allocation::largest_remainder;
use crate::generators::{Cells, Fill, Held, Rows, RunError};
use crate::permutation::Permutation;
use crate::plan::{BLOCK, Plan};
use crate::random::Key;

/// Numbers of a program that is solved at most: rows by variables.
const LARGEST: usize = 20_000_000;

/// What a rule asks of some values in some rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// Places of the values.
    pub values: Vec<usize>,
    pub want: Want,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Want {
    /// In this share of the rule's rows, to within one row.
    Share(f64),
    /// In at least and at most so many.
    Between(u64, Option<u64>),
}

impl Want {
    /// The share, 0 where a number is asked for.
    pub fn share(self) -> f64 {
        match self {
            Want::Share(share) => share,
            Want::Between(..) => 0.0,
        }
    }

    /// How many of so many rows at least and at most; a share may be missed by one row and by this part of them.
    pub fn between(self, rows: u64, tolerance: f64) -> (u64, Option<u64>) {
        match self {
            Want::Between(least, most) => (least, most),
            Want::Share(share) => {
                let (exact, slack) = (share * rows as f64, tolerance * rows as f64);
                let least = libm::floor(exact + 1e-6).min(libm::ceil(exact - slack - 1e-6)).max(0.0);
                let most = libm::ceil(exact - 1e-6).max(libm::floor(exact + slack + 1e-6));
                (least as u64, Some(most as u64))
            }
        }
    }
}

/// A rule about how often values stand.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub rule: String,
    /// The condition that limits it, by its bit; all rows where absent.
    pub condition: Option<usize>,
    /// The condition in words.
    pub when: Option<String>,
    pub parts: Vec<Part>,
    pub tolerance: f64,
    /// The values that mark off its rows, where these are some of the counted values themselves.
    pub among: Option<Vec<usize>>,
    /// How many these rows are, once that is settled.
    pub rows: Option<u64>,
}

/// A rule that leaves some values alone where a condition is true.
#[derive(Clone, Debug)]
pub(crate) struct Restriction {
    pub rule: String,
    pub condition: Option<usize>,
    pub when: Option<String>,
    pub allowed: Vec<bool>,
}

/// All that is asked of a column.
#[derive(Clone, Debug)]
pub(crate) struct System {
    pub column: String,
    /// The values as text.
    pub labels: Vec<String>,
    /// Their weights where no rule speaks.
    pub weights: Vec<f64>,
    pub statements: Vec<Statement>,
    pub restrictions: Vec<Restriction>,
    /// The bit of the rows that are null, and take no value.
    pub nulls: Option<usize>,
    /// Whether the rows are some of the table's alone.
    pub is_part: bool,
}

/// Rules that cannot hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub rules: Vec<String>,
    pub detail: String,
}

impl From<Conflict> for RunError {
    fn from(conflict: Conflict) -> RunError {
        RunError::new(conflict.detail)
    }
}

/// What a part comes to, once the rows of its rule are counted.
#[derive(Clone, Copy, Debug)]
struct Target {
    least: u64,
    most: u64,
    /// What it is to be where nothing stands against it; absent where anything between is as good.
    best: Option<u64>,
}

impl System {
    fn holds(&self, condition: Option<usize>, mask: u64) -> bool {
        condition.is_none_or(|bit| mask >> bit & 1 == 1)
    }

    fn is_null(&self, mask: u64) -> bool {
        self.nulls.is_some_and(|bit| mask >> bit & 1 == 1)
    }

    /// The rows that a statement speaks of.
    fn rows(&self, statement: &Statement, masks: &[u64], counts: &[u64]) -> u64 {
        let spoken = |(mask, _): &(&u64, &u64)| self.holds(statement.condition, **mask) && !self.is_null(**mask);
        if let Some(rows) = statement.rows {
            return rows;
        }
        masks.iter().zip(counts).filter(spoken).map(|(_, count)| count).sum()
    }

    fn targets(&self, statement: &Statement, rows: u64) -> Vec<Target> {
        let shares: Vec<f64> = statement.parts.iter().map(|part| part.want.share()).collect();
        let rest = (1.0 - shares.iter().sum::<f64>()).max(0.0);
        let rest = if rest < 1e-9 { 0.0 } else { rest };
        let dealt = largest_remainder(rows, &[shares.as_slice(), &[rest]].concat());
        let part = |(at, part): (usize, &Part)| {
            let (least, most) = part.want.between(rows, statement.tolerance);
            let most = most.unwrap_or(u64::MAX >> 2);
            let best = match part.want {
                Want::Share(_) => Some(dealt.as_ref().map_or(least, |dealt| dealt[at]).clamp(least, most)),
                Want::Between(..) => (least == most).then_some(least),
            };
            Target { least, most, best }
        };
        statement.parts.iter().enumerate().map(part).collect()
    }

    /// How many rows of each cell take each value.
    pub fn solve(&self, masks: &[u64], counts: &[u64]) -> Result<Vec<Vec<u64>>, Conflict> {
        match self.attempt(masks, counts) {
            Ok(found) => Ok(found),
            Err(Unsolved::TooLarge) => Err(Conflict {
                rules: self.statements.iter().map(|statement| statement.rule.clone()).collect(),
                detail: format!(
                    "the rules of {} make more numbers than can be weighed against each other",
                    self.column
                ),
            }),
            Err(Unsolved::Impossible) => Err(self.conflict(masks, counts)),
        }
    }

    /// Whether the rules can hold of so many rows whatever their conditions come to: those of all rows, and of the others what is asked at least.
    pub fn check_flat(&self, rows: u64) -> Result<(), Conflict> {
        if self.nulls.is_some() {
            return Ok(());
        }
        let mut flat = self.clone();
        flat.restrictions.retain(|restriction| restriction.condition.is_none());
        flat.statements.retain(|statement| statement.among.is_none());
        for statement in flat.statements.iter_mut().filter(|statement| statement.condition.is_some()) {
            // Values that stand so often somewhere stand so often in all.
            statement.parts.retain_mut(|part| match &mut part.want {
                Want::Between(least, most) => {
                    *most = None;
                    *least > 0
                }
                Want::Share(_) => false,
            });
            (statement.condition, statement.when) = (None, None);
        }
        flat.statements.retain(|statement| !statement.parts.is_empty());
        match flat.attempt(&[0], &[rows]) {
            Err(Unsolved::Impossible) => Err(flat.conflict(&[0], &[rows])),
            // Numbers too many to be weighed are told where the rows are counted.
            Ok(_) | Err(Unsolved::TooLarge) => Ok(()),
        }
    }

    /// What each part of each statement comes to.
    fn all_targets(&self, masks: &[u64], counts: &[u64]) -> Vec<(usize, usize, Target)> {
        let of = |(at, statement): (usize, &Statement)| {
            let targets = self.targets(statement, self.rows(statement, masks, counts));
            targets.into_iter().enumerate().map(move |(part, target)| (at, part, target)).collect::<Vec<_>>()
        };
        self.statements.iter().enumerate().flat_map(of).collect()
    }

    /// The weights in each cell, brought near what the rules ask.
    fn near(&self, masks: &[u64], counts: &[u64]) -> Vec<Vec<f64>> {
        let allowed: Vec<Vec<bool>> = masks.iter().map(|mask| self.allowed(*mask)).collect();
        self.fitted(masks, counts, &allowed, &self.all_targets(masks, counts))
    }

    fn weigh(&self, masks: &[u64], counts: &[u64]) -> Result<Vec<Vec<u64>>, Unsolved> {
        let allowed: Vec<Vec<bool>> = masks.iter().map(|mask| self.allowed(*mask)).collect();
        let targets = self.all_targets(masks, counts);
        let near = self.fitted(masks, counts, &allowed, &targets);
        let alike = self.alike();
        let (mut found, mut dealer) = (Vec::with_capacity(masks.len()), Dealer::new(&alike));
        for ((mask, count), near) in masks.iter().zip(counts).zip(&near) {
            if self.is_null(*mask) {
                found.push(vec![0; self.weights.len()]);
                continue;
            }
            // Numbers of single values are rounded apart: those of all that one statement speaks of come near it first.
            let weights: Vec<f64> =
                alike.iter().map(|values| values.iter().map(|value| near[*value]).sum::<f64>()).collect();
            let rows = largest_remainder(*count, &weights).ok_or(Unsolved::Impossible)?;
            found.push(dealer.deal(&rows, near).ok_or(Unsolved::Impossible)?);
        }
        let sum = |found: &[Vec<u64>], statement: usize, part: usize| -> u64 {
            let statement = &self.statements[statement];
            masks
                .iter()
                .zip(found)
                .filter(|(mask, _)| self.holds(statement.condition, **mask))
                .flat_map(|(_, found)| statement.parts[part].values.iter().map(|value| found[*value]))
                .sum()
        };
        let is_met = |(statement, part, target): &(usize, usize, Target)| {
            let sum = sum(&found, *statement, *part);
            target.best.map_or(target.least <= sum && sum <= target.most, |best| sum == best)
        };
        if targets.iter().all(is_met) {
            return Ok(found);
        }
        let (rows, moves) = (masks.len() + targets.len(), masks.len().saturating_mul(2 * self.weights.len()));
        if rows.saturating_mul(moves + 2 * targets.len()) > LARGEST {
            return Err(Unsolved::TooLarge);
        }
        let mut program = Program { sums: vec![0.0; masks.len()], ..Program::default() };
        for (statement, part, target) in &targets {
            let sum = sum(&found, *statement, *part);
            let best = target.best.unwrap_or_else(|| sum.clamp(target.least, target.most.max(target.least)));
            program.sums.push(best as f64 - sum as f64);
        }
        let mut moves = Vec::new();
        for (cell, mask) in masks.iter().enumerate() {
            for value in (0..self.weights.len()).filter(|value| allowed[cell][*value]) {
                let mut rows = vec![(cell, 1.0)];
                for (row, (statement, part, _)) in targets.iter().enumerate() {
                    let statement = &self.statements[*statement];
                    if self.holds(statement.condition, *mask) && statement.parts[*part].values.contains(&value) {
                        rows.push((masks.len() + row, 1.0));
                    }
                }
                let own = found[cell][value];
                // Of two moves, the one towards the fitted number is the cheaper.
                let lean = (near[cell][value] - own as f64).clamp(-0.99, 0.99);
                let less = rows.iter().map(|(row, times)| (*row, -times)).collect();
                moves.push((cell, value, 1, program.add(1.0 - lean, counts[cell] as f64, rows)));
                if own > 0 {
                    moves.push((cell, value, -1, program.add(1.0 + lean, own as f64, less)));
                }
            }
        }
        for (row, (_, _, target)) in targets.iter().enumerate() {
            let sum = program.sums[masks.len() + row] + sum(&found, targets[row].0, targets[row].1) as f64;
            // Another number than the best of a share costs more than any way to reach it.
            let cost = if target.best.is_some() { 1_000.0 } else { 0.0 };
            program.add(cost, (target.most as f64 - sum).max(0.0), vec![(masks.len() + row, -1.0)]);
            program.add(cost, (sum - target.least as f64).max(0.0), vec![(masks.len() + row, 1.0)]);
        }
        let solution = program.whole().ok_or(Unsolved::Impossible)?;
        for (cell, value, sign, variable) in moves {
            let moved = solution[variable] as u64;
            let own = &mut found[cell][value];
            *own = if sign > 0 { *own + moved } else { own.saturating_sub(moved) };
        }
        // What was moved to one value could as well be that of all alike.
        let mut dealer = Dealer::new(&alike);
        for (found, near) in found.iter_mut().zip(&near) {
            let rows: Vec<u64> =
                alike.iter().map(|values| values.iter().map(|value| found[*value]).sum::<u64>()).collect();
            if let Some(dealt) = dealer.deal(&rows, near) {
                *found = dealt;
            }
        }
        Ok(found)
    }

    fn allowed(&self, mask: u64) -> Vec<bool> {
        let mut allowed = vec![!self.is_null(mask); self.weights.len()];
        for restriction in self.restrictions.iter().filter(|restriction| self.holds(restriction.condition, mask)) {
            allowed.iter_mut().zip(&restriction.allowed).for_each(|(allowed, own)| *allowed &= own);
        }
        allowed
    }

    /// The column's own weights in each cell, brought near what the rules ask by proportions.
    fn fitted(
        &self,
        masks: &[u64],
        counts: &[u64],
        allowed: &[Vec<bool>],
        targets: &[(usize, usize, Target)],
    ) -> Vec<Vec<f64>> {
        const ROUNDS: usize = 200;
        let total: f64 = self.weights.iter().sum();
        let mut weights: Vec<f64> = self.weights.iter().map(|weight| weight / total).collect();
        for (statement, part, target) in targets {
            let share = self.statements[*statement].open_share(*part);
            if target.best.unwrap_or(target.least) > 0 || share.is_some_and(|share| share > 0.0) {
                for value in &self.statements[*statement].parts[*part].values {
                    // A value that the generator never draws can be asked for all the same.
                    weights[*value] = weights[*value].max(1e-9);
                }
            }
        }
        let scale = |cell: &mut Vec<f64>, count: u64| {
            let sum: f64 = cell.iter().sum();
            if sum > 0.0 {
                cell.iter_mut().for_each(|number| *number *= count as f64 / sum);
            }
        };
        let mut near: Vec<Vec<f64>> = allowed
            .iter()
            .zip(counts)
            .map(|(allowed, count)| {
                let pick = |(weight, allowed): (&f64, &bool)| if *allowed { *weight } else { 0.0 };
                let mut cell: Vec<f64> = weights.iter().zip(allowed).map(pick).collect();
                if cell.iter().all(|weight| *weight == 0.0) {
                    // What rules leave are values that the generator never draws.
                    cell = allowed.iter().map(|allowed| f64::from(u8::from(*allowed))).collect();
                }
                scale(&mut cell, *count);
                cell
            })
            .collect();
        for _ in 0..ROUNDS {
            let mut moved = 0.0_f64;
            for (statement, part, target) in targets {
                let statement = &self.statements[*statement];
                let values = &statement.parts[*part].values;
                let spoken: Vec<usize> =
                    (0..masks.len()).filter(|cell| self.holds(statement.condition, masks[*cell])).collect();
                let sum: f64 =
                    spoken.iter().map(|cell| values.iter().map(|value| near[*cell][*value]).sum::<f64>()).sum();
                let among = |values: &[usize]| -> f64 {
                    spoken.iter().map(|cell| values.iter().map(|value| near[*cell][*value]).sum::<f64>()).sum()
                };
                let wanted = match (statement.open_share(*part), &statement.among, target.best) {
                    (Some(share), Some(values), _) => share * among(values),
                    (_, _, Some(best)) => best as f64,
                    _ => sum.max(target.least as f64).min(target.most.max(target.least) as f64),
                };
                if sum <= 0.0 {
                    continue;
                }
                let factor = wanted / sum;
                moved = moved.max((factor - 1.0).abs());
                for cell in spoken {
                    for value in values {
                        near[cell][*value] *= factor;
                    }
                }
            }
            near.iter_mut().zip(counts).for_each(|(cell, count)| scale(cell, *count));
            if moved < 1e-9 {
                break;
            }
        }
        near
    }
}

/// Why there are no numbers.
enum Unsolved {
    Impossible,
    TooLarge,
}

/// A column that keeps its rules: inputs are the conditions, in the order of their bits.
pub(crate) struct Counted {
    pub system: System,
    pub strata: Strata,
    pub values: ArrayRef,
    pub key: Key,
    dealt: OnceLock<Result<Deal, Fault>>,
}

/// Why no values are dealt.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    Conflict(Conflict),
    Run(RunError),
}

impl From<RunError> for Fault {
    fn from(error: RunError) -> Fault {
        Fault::Run(error)
    }
}

impl From<Fault> for RunError {
    fn from(fault: Fault) -> RunError {
        match fault {
            Fault::Conflict(conflict) => conflict.into(),
            Fault::Run(error) => error,
        }
    }
}

/// What the pass comes to.
struct Deal {
    cells: Vec<Dealt>,
    /// What each rule gets, by its id.
    notes: Vec<(String, String)>,
}

/// How the values of a cell lie: by permuted rank, one value after the other.
struct Dealt {
    permutation: Option<Permutation>,
    /// The rank at which the values behind each one begin.
    ends: Vec<u64>,
}

impl Counted {
    pub fn new(system: System, strata: Strata, values: ArrayRef, key: Key) -> Counted {
        Counted { system, strata, values, key, dealt: OnceLock::new() }
    }

    fn dealt(&self, plan: &Plan) -> Result<&Deal, Fault> {
        self.dealt.get_or_init(|| self.deal(plan)).as_ref().map_err(Clone::clone)
    }

    fn deal(&self, plan: &Plan) -> Result<Deal, Fault> {
        let index: &Index = self.strata.index(plan).map_err(Fault::Run)?;
        let counts = self.system.solve(&index.masks, &index.counts).map_err(Fault::Conflict)?;
        let notes = self.system.notes(&index.masks, &index.counts, &counts);
        let cells = counts
            .into_iter()
            .zip(&index.masks)
            .map(|(counts, mask)| {
                let rows: u64 = counts.iter().sum();
                let mut end = 0;
                let ends = counts
                    .iter()
                    .map(|count| {
                        end += count;
                        end
                    })
                    .collect();
                let mixed = counts.iter().filter(|count| **count > 0).count() > 1;
                Dealt { permutation: mixed.then(|| Permutation::new(self.key.child(*mask), rows)), ends }
            })
            .collect();
        Ok(Deal { cells, notes })
    }

    /// Whether the rules can hold of a few blocks of rows, for tables that are too long to be passed over while they are planned.
    pub fn check_part(&self, plan: &Plan) -> Result<Vec<(String, String)>, Fault> {
        let rows = plan.tables[self.strata.table()].rows;
        let length = BLOCK.min(rows);
        let mut cells: BTreeMap<u64, u64> = BTreeMap::new();
        for start in [0, rows / 2, rows].map(|start| start.min(rows - length)) {
            let masks = self.strata.masks_of(plan, Rows::Range(start..start + length)).map_err(Fault::Run)?;
            masks.into_iter().for_each(|mask| *cells.entry(mask).or_default() += 1);
        }
        let (masks, counts): (Vec<u64>, Vec<u64>) = cells.into_iter().unzip();
        self.system.check_part(&masks, &counts).map(|()| Vec::new()).map_err(Fault::Conflict)
    }

    /// What each rule gets, by the pass over the whole table, or why the rules cannot hold.
    pub fn check(&self, plan: &Plan) -> Result<Vec<(String, String)>, Fault> {
        self.dealt(plan).map(|deal| deal.notes.clone())
    }
}

/// The column as a fill, shared with the plan's check.
pub(crate) struct CountedFill(pub std::sync::Arc<Counted>);

impl Fill for CountedFill {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let counted = &self.0;
        let dealt = &counted.dealt(cells.plan)?.cells;
        let standings = counted.strata.standings(cells.plan, rows, cells.inputs)?;
        let places: UInt32Array = standings
            .into_iter()
            .map(|standing| {
                let dealt = &dealt[standing.cell as usize];
                let position = dealt.permutation.as_ref().map_or(standing.rank, |order| order.at(standing.rank));
                // Of a cell without values, all of whose rows are null, the first stands for nothing.
                let place = dealt.ends.partition_point(|end| *end <= position);
                Some(if place < dealt.ends.len() { place as u32 } else { 0 })
            })
            .collect();
        take(counted.values.as_ref(), &places, None).map_err(|error| RunError::new(error.to_string()))
    }

    fn hold(&self, held: &mut Held<'_>) {
        held.add(&*self.0, self.0.strata.most_bytes(held.plan));
    }
}
