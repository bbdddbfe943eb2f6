//! Parents that agree with what another key of the row decides, where two keys share a column: a sale of a company has a customer of that
//! company, and a product of it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, UInt64Type};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{self, RowConverter, SortField};

use super::pick::{By, Way, check_weight};
use super::quota::{Conflict, Fault};
use crate::generators::{Cells, Countable, Fill, Held, Rows, RunError};
use crate::permutation::{Permutation, WidePermutation};
use crate::plan::{Evaluation, Plan, SlotId};
use crate::random::{Key, unit};
use crate::run::blocks;

/// The parents of a key by their values of the columns that it shares with another key.
pub(crate) struct Candidates {
    /// The parents' table.
    pub parent: usize,
    pub parents: u64,
    /// What the shared columns refer to.
    pub columns: Vec<SlotId>,
    /// True in those that can be chosen.
    pub condition: Option<SlotId>,
    /// In proportion to which they are.
    pub weight: Option<SlotId>,
    /// For messages: the key, and the parents' table.
    pub names: (String, String),
    pub groups: OnceLock<Result<Groups, Fault>>,
}

/// The parents that can be chosen, those of equal values side by side.
pub(crate) struct Groups {
    places: HashMap<Box<[u8]>, Range<usize>>,
    rows: Vec<u32>,
    /// The weight of each and of those before it in its group; empty where all weigh alike.
    sums: Vec<f64>,
}

fn failed(error: ArrowError) -> RunError {
    RunError::new(error.to_string())
}

/// The bytes of the values of each row, equal where these are.
fn encoded(arrays: &[ArrayRef]) -> Result<row::Rows, RunError> {
    let fields = arrays.iter().map(|array| SortField::new(array.data_type().clone())).collect();
    RowConverter::new(fields).and_then(|converter| converter.convert_columns(arrays)).map_err(failed)
}

fn has_null(arrays: &[ArrayRef], at: usize) -> bool {
    arrays.iter().any(|array| array.is_null(at))
}

impl Candidates {
    /// Looks at the parents, once.
    pub fn groups(&self, plan: &Plan) -> Result<&Groups, Fault> {
        self.groups.get_or_init(|| self.look(plan).map_err(Fault::Run)).as_ref().map_err(Clone::clone)
    }

    /// All slots of the parents that are looked at.
    pub fn read(&self) -> impl Iterator<Item = (usize, SlotId)> + '_ {
        let slots = self.columns.iter().copied().chain(self.condition).chain(self.weight);
        slots.map(|slot| (self.parent, slot))
    }

    fn look(&self, plan: &Plan) -> Result<Groups, RunError> {
        let mut numbers: HashMap<Box<[u8]>, u32> = HashMap::new();
        let mut found: Vec<(u32, u32, f64)> = Vec::new();
        for block in blocks(0..self.parents) {
            let first = block.start;
            let mut evaluation = Evaluation::new(plan, self.parent, Rows::Range(block.clone()));
            let arrays = self.columns.iter().map(|slot| evaluation.need(*slot)).collect::<Result<Vec<_>, _>>()?;
            let condition = self.condition.map(|slot| evaluation.need(slot)).transpose()?;
            let condition = condition.as_ref().map(|condition| condition.as_boolean());
            let weights = self.weight.map(|slot| evaluation.need(slot)).transpose()?;
            let weights = weights.map(|weights| cast(&weights, &DataType::Float64)).transpose().map_err(failed)?;
            let weights = weights.as_ref().map(|weights| weights.as_primitive::<Float64Type>());
            let bytes = encoded(&arrays)?;
            for at in 0..(block.end - block.start) as usize {
                let holds = condition.is_none_or(|condition| condition.is_valid(at) && condition.value(at));
                let weight = match weights {
                    None => 1.0,
                    Some(weights) if weights.is_valid(at) => weights.value(at),
                    Some(_) => 0.0,
                };
                check_weight(weight, &self.names.1, first + at as u64)?;
                if !holds || weight == 0.0 || has_null(&arrays, at) {
                    continue;
                }
                let next = numbers.len() as u32;
                let number = match numbers.get(bytes.row(at).data()) {
                    Some(number) => *number,
                    None => *numbers.entry(bytes.row(at).data().into()).or_insert(next),
                };
                found.push((number, (first + at as u64) as u32, weight));
            }
        }
        // Stable: in each group in the order of the table.
        found.sort_by_key(|(number, _, _)| *number);
        let mut ranges = vec![0..0; numbers.len()];
        let mut sums = Vec::new();
        for (at, (number, _, weight)) in found.iter().enumerate() {
            let range = &mut ranges[*number as usize];
            let is_first = range.start == range.end;
            *range = if is_first { at..at + 1 } else { range.start..at + 1 };
            if self.weight.is_some() {
                let before = if is_first { 0.0 } else { sums[at - 1] };
                sums.push(before + weight);
            }
        }
        let places = numbers.into_iter().map(|(bytes, number)| (bytes, ranges[number as usize].clone())).collect();
        Ok(Groups { places, rows: found.into_iter().map(|(_, row, _)| row).collect(), sums })
    }

    /// The number of candidates of each row of these values; `None` where a value is null.
    pub fn counts(&self, plan: &Plan, arrays: &[ArrayRef]) -> Result<Vec<Option<u64>>, Fault> {
        self.groups(plan)?.counts(arrays).map_err(Fault::Run)
    }

    /// What the parents and their groups take, at most.
    fn bytes(&self) -> u64 {
        let group = size_of::<(Box<[u8]>, Range<usize>)>() + 9 * self.columns.len();
        self.parents * (size_of::<u32>() + size_of::<f64>() + group) as u64
    }
}

impl Groups {
    fn of(&self, bytes: &[u8]) -> Option<Range<usize>> {
        self.places.get(bytes).cloned()
    }

    /// The number of candidates of each row of these values; `None` where a value is null.
    fn counts(&self, arrays: &[ArrayRef]) -> Result<Vec<Option<u64>>, RunError> {
        let bytes = encoded(arrays)?;
        let count = |at: usize| self.of(bytes.row(at).data()).map_or(0, |range| range.len() as u64);
        Ok((0..bytes.num_rows()).map(|at| (!has_null(arrays, at)).then(|| count(at))).collect())
    }
}

/// The parent's row, of those that agree with the row's shared columns; null where one of these is. Inputs: the shared columns; with
/// `siblings`, behind them the parent's row of the key that decides them and the child's number among its siblings, of whom no two choose one.
pub(crate) struct Among {
    pub candidates: Arc<Candidates>,
    /// The stream of choices.
    pub key: Key,
    /// The stream of the order in which parents are heavy.
    pub position: Key,
    pub by: By,
    pub siblings: bool,
}

impl Fill for Among {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let groups = self.candidates.groups(cells.plan)?;
        let key = cells.key(&self.key);
        let (shared, rest) = cells.inputs.split_at(self.candidates.columns.len());
        let bytes = encoded(shared)?;
        let siblings = match rest {
            [parents, numbers] if self.siblings => {
                Some((parents.as_primitive::<UInt64Type>(), numbers.as_primitive::<UInt64Type>()))
            }
            _ => None,
        };
        let choose = |at: usize, row: u64| -> Result<Option<u64>, RunError> {
            if has_null(shared, at) {
                return Ok(None);
            }
            let Some(range) = groups.of(bytes.row(at).data()) else {
                let (name, parent) = &self.candidates.names;
                let error = RunError::new(format!("no row of {parent} can be chosen by {name} here"));
                return Err(RunError { row: Some(row), ..error });
            };
            let count = range.len() as u64;
            let place = match (siblings, self.by) {
                (Some((parents, numbers)), _) => {
                    let order = Permutation::new(self.position.child(parents.value(at)), count);
                    order.at(numbers.value(at) % count)
                }
                (None, By::Weight) => {
                    let sums = &groups.sums[range.clone()];
                    let aim = unit(key.word(row)) * sums.last().copied().unwrap_or_default();
                    (sums.partition_point(|sum| *sum <= aim) as u64).min(count - 1)
                }
                (None, by) => Way::new(by, &self.position.child(range.start as u64), count).choose(&key, row, row),
            };
            Ok(Some(u64::from(groups.rows[range.start + place as usize])))
        };
        let chosen = rows.iter().enumerate().map(|(at, row)| choose(at, row));
        Ok(Arc::new(chosen.collect::<Result<UInt64Array, RunError>>()?))
    }

    fn hold(&self, held: &mut Held<'_>) {
        held.add(&*self.candidates, self.candidates.bytes());
    }
}

/// Whether a parent of the key that decides shared columns has candidates for the other keys. Inputs: for each of these what its shared columns
/// are; at last a condition, where there is one.
pub(crate) struct Suits {
    pub asked: Vec<Arc<Candidates>>,
    pub has_condition: bool,
}

impl Fill for Suits {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut holds = vec![true; rows.len()];
        let mut inputs = cells.inputs;
        for candidates in &self.asked {
            let (own, rest) = inputs.split_at(candidates.columns.len());
            inputs = rest;
            let counts = candidates.groups(cells.plan)?.counts(own)?;
            holds.iter_mut().zip(counts).for_each(|(holds, count)| *holds &= count != Some(0));
        }
        if let Some(condition) = inputs.first().filter(|_| self.has_condition) {
            let condition = condition.as_boolean();
            holds
                .iter_mut()
                .enumerate()
                .for_each(|(at, holds)| *holds &= condition.is_valid(at) && condition.value(at));
        }
        Ok(Arc::new(BooleanArray::from(holds)))
    }

    fn hold(&self, held: &mut Held<'_>) {
        self.asked.iter().for_each(|candidates| held.add(&**candidates, candidates.bytes()));
    }
}

/// A parent of the deciding key and a candidate of the other: combinations of which no two rows have the same.
pub(crate) struct Pairs {
    /// The deciding key's parents: their table, number, and what the shared columns refer to there.
    pub parent: usize,
    pub parents: u64,
    pub columns: Vec<SlotId>,
    /// True in those that have candidates for all keys.
    pub suits: SlotId,
    pub candidates: Arc<Candidates>,
    /// How many combinations each pair stands in, by columns beside the keys.
    pub times: u128,
    pub key: Key,
    /// How many rows each take one.
    pub rows: u64,
    pub rule: String,
    pub ready: OnceLock<Result<Ready, Fault>>,
}

/// The combinations, counted.
pub(crate) struct Ready {
    /// Where those of each parent begin, and behind them all.
    starts: Vec<u64>,
    order: WidePermutation,
}

impl Pairs {
    /// Counts the combinations, once.
    pub fn ready(&self, plan: &Plan) -> Result<&Ready, Fault> {
        self.ready.get_or_init(|| self.count(plan)).as_ref().map_err(Clone::clone)
    }

    fn count(&self, plan: &Plan) -> Result<Ready, Fault> {
        let groups = self.candidates.groups(plan)?;
        let (mut starts, mut all) = (vec![0], 0_u64);
        for block in blocks(0..self.parents) {
            let mut evaluation = Evaluation::new(plan, self.parent, Rows::Range(block));
            let need = |slot: &SlotId| evaluation.need(*slot);
            let arrays = self.columns.iter().map(need).collect::<Result<Vec<_>, _>>().map_err(Fault::Run)?;
            let suits = evaluation.need(self.suits).map_err(Fault::Run)?;
            let counts = groups.counts(&arrays).map_err(Fault::Run)?;
            for (count, suits) in counts.into_iter().zip(suits.as_boolean()) {
                all += count.filter(|_| suits == Some(true)).unwrap_or(0);
                starts.push(all);
            }
        }
        let all = u128::from(all).saturating_mul(self.times);
        if all < u128::from(self.rows) {
            let detail = format!("{} needs {} combinations and there are {all}", self.rule, self.rows);
            return Err(Fault::Conflict(Conflict { rules: vec![self.rule.clone()], detail }));
        }
        Ok(Ready { starts, order: WidePermutation::new(self.key, all.max(1)) })
    }
}

/// One key's part of [`Pairs`]: the deciding key's parent, or with the shared columns as inputs the other's.
pub(crate) struct OfPair {
    pub pairs: Arc<Pairs>,
    pub is_decided: bool,
}

impl Fill for OfPair {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let ready = self.pairs.ready(cells.plan)?;
        let place = |row: u64| {
            let position = (ready.order.at(row) / self.pairs.times) as u64;
            let parent = ready.starts.partition_point(|start| *start <= position) - 1;
            (parent, position - ready.starts[parent])
        };
        if !self.is_decided {
            let parents = rows.iter().map(|row| place(row).0 as u64);
            return Ok(Arc::new(UInt64Array::from_iter_values(parents)));
        }
        let groups = self.pairs.candidates.groups(cells.plan)?;
        let bytes = encoded(cells.inputs)?;
        let of = |(at, row): (usize, u64)| {
            let range = groups.of(bytes.row(at).data())?;
            Some(u64::from(*groups.rows.get(range.start + place(row).1 as usize)?))
        };
        Ok(Arc::new(rows.iter().enumerate().map(of).collect::<UInt64Array>()))
    }

    fn hold(&self, held: &mut Held<'_>) {
        held.add(&*self.pairs.candidates, self.pairs.candidates.bytes());
        held.add(&*self.pairs, self.pairs.parents * size_of::<u64>() as u64);
    }
}

/// A column of combinations that [`Pairs`] are part of: what tells apart those of one pair.
pub(crate) struct BesidePair {
    pub pairs: Arc<Pairs>,
    pub countable: Arc<dyn Countable>,
    /// How many of a pair's combinations share a value of the column side by side.
    pub stride: u128,
}

impl Fill for BesidePair {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let ready = self.pairs.ready(cells.plan)?;
        let count = self.countable.count();
        let digit = |row: u64| ready.order.at(row) % self.pairs.times / self.stride % count;
        Ok(self.countable.unrank(&rows.iter().map(digit).collect::<Vec<u128>>()))
    }
}
