//! Parents that agree with what another key of the row decides, where two keys share a column: a sale of a company has a customer of that
//! company, and a product of it. Among those that agree, a column may be compared too: a booking is of a class after its member joined.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{self, RowConverter, SortField};

use super::pick::{By, Way, check_weight};
use super::quota::{Conflict, Fault};
use crate::expr::Op;
use crate::generators::{Cells, Countable, Fill, Held, Rows, RunError};
use crate::permutation::{Permutation, WidePermutation};
use crate::plan::{Evaluation, Plan, SlotId};
use crate::random::{Key, unit};
use crate::run::blocks;
use crate::schema::DAY_US;

/// The parents of a key by their values of the columns that it shares with another key.
pub(crate) struct Candidates {
    /// The parents' table.
    pub parent: usize,
    pub parents: u64,
    /// What the shared columns refer to.
    pub columns: Vec<SlotId>,
    /// What is compared beside.
    pub beside: Option<Beside>,
    /// True in those that can be chosen.
    pub condition: Option<SlotId>,
    /// In proportion to which they are.
    pub weight: Option<SlotId>,
    /// For messages: the key, and the parents' table.
    pub names: (String, String),
    pub groups: OnceLock<Result<Groups, Fault>>,
}

/// A column of the parents that is compared with one of the row, of numbers, dates or times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beside {
    pub column: SlotId,
    /// How the parent's value compares with the row's.
    pub op: Op,
    /// The decimal places that numbers are compared by.
    pub places: u32,
}

impl Beside {
    /// Numbers in the order of the values of an array, the same for one type as for another that it is compared with.
    fn numbers(self, array: &ArrayRef) -> Result<Vec<i128>, RunError> {
        let scaled = |number: i128, places: u32| number.saturating_mul(10_i128.saturating_pow(self.places - places));
        if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
            return Ok(numbers.values().iter().map(|number| scaled(i128::from(*number), 0)).collect());
        }
        if let Some(numbers) = array.as_primitive_opt::<Decimal128Type>() {
            let own = u32::from(numbers.scale().unsigned_abs()).min(self.places);
            return Ok(numbers.values().iter().map(|number| scaled(*number, own)).collect());
        }
        if let Some(days) = array.as_primitive_opt::<Date32Type>() {
            return Ok(days.values().iter().map(|day| i128::from(*day) * i128::from(DAY_US)).collect());
        }
        if let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() {
            return Ok(times.values().iter().map(|time| i128::from(*time)).collect());
        }
        let floats = array.as_primitive_opt::<Float64Type>().ok_or_else(|| {
            RunError::new(format!("values of {} are not compared between parents", array.data_type()))
        })?;
        // The bits of floats order as numbers do once those of negative ones are turned round.
        let ordered = |float: &f64| {
            let bits = (float + 0.0).to_bits().cast_signed();
            i128::from(bits ^ (((bits >> 63).cast_unsigned() >> 1).cast_signed()))
        };
        Ok(floats.values().iter().map(ordered).collect())
    }

    /// Where in ascending numbers those stand that compare so with another.
    fn range(self, ascending: &[i128], other: i128) -> Range<usize> {
        let (below, up_to) = (|known: &i128| *known < other, |known: &i128| *known <= other);
        let all = ascending.len();
        match self.op {
            Op::Less => 0..ascending.partition_point(below),
            Op::LessOrEqual => 0..ascending.partition_point(up_to),
            Op::Greater => ascending.partition_point(up_to)..all,
            Op::GreaterOrEqual => ascending.partition_point(below)..all,
            Op::Equal => ascending.partition_point(below)..ascending.partition_point(up_to),
            Op::NotEqual => 0..all,
        }
    }
}

/// The parents that can be chosen, those of equal values side by side, in the order of what is compared.
pub(crate) struct Groups {
    places: HashMap<Box<[u8]>, Range<usize>>,
    rows: Vec<u32>,
    /// What is compared, and the number of each by it; empty where nothing is.
    beside: Option<Beside>,
    numbers: Vec<i128>,
    /// The weight of each and of those before it in its group; empty where all weigh alike.
    sums: Vec<f64>,
}

fn failed(error: ArrowError) -> RunError {
    RunError::new(error.to_string())
}

/// The bytes of the values of each row, equal where these are; all rows are alike where nothing is shared.
struct Encoded(Option<row::Rows>);

impl Encoded {
    fn of(arrays: &[ArrayRef]) -> Result<Encoded, RunError> {
        if arrays.is_empty() {
            return Ok(Encoded(None));
        }
        let fields = arrays.iter().map(|array| SortField::new(array.data_type().clone())).collect();
        let rows = RowConverter::new(fields).and_then(|converter| converter.convert_columns(arrays));
        rows.map(|rows| Encoded(Some(rows))).map_err(failed)
    }

    fn row(&self, at: usize) -> &[u8] {
        self.0.as_ref().map_or(&[], |rows| rows.row(at).data())
    }
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
        let beside = self.beside.map(|beside| beside.column);
        let slots = self.columns.iter().copied().chain(beside).chain(self.condition).chain(self.weight);
        slots.map(|slot| (self.parent, slot))
    }

    /// How many values of a row say which parents it is left.
    pub fn asks(&self) -> usize {
        self.columns.len() + usize::from(self.beside.is_some())
    }

    fn look(&self, plan: &Plan) -> Result<Groups, RunError> {
        let mut numbers: HashMap<Box<[u8]>, u32> = HashMap::new();
        let mut found: Vec<((u32, i128), u32, f64)> = Vec::new();
        for block in blocks(0..self.parents) {
            let first = block.start;
            let mut evaluation = Evaluation::new(plan, self.parent, Rows::Range(block.clone()));
            let arrays = self.columns.iter().map(|slot| evaluation.need(*slot)).collect::<Result<Vec<_>, _>>()?;
            let condition = self.condition.map(|slot| evaluation.need(slot)).transpose()?;
            let condition = condition.as_ref().map(|condition| condition.as_boolean());
            let weights = self.weight.map(|slot| evaluation.need(slot)).transpose()?;
            let weights = weights.map(|weights| cast(&weights, &DataType::Float64)).transpose().map_err(failed)?;
            let weights = weights.as_ref().map(|weights| weights.as_primitive::<Float64Type>());
            let compared = self.beside.map(|beside| evaluation.need(beside.column)).transpose()?;
            let ordered =
                self.beside.zip(compared.as_ref()).map(|(beside, array)| beside.numbers(array)).transpose()?;
            let bytes = Encoded::of(&arrays)?;
            for at in 0..(block.end - block.start) as usize {
                let holds = condition.is_none_or(|condition| condition.is_valid(at) && condition.value(at));
                let weight = match weights {
                    None => 1.0,
                    Some(weights) if weights.is_valid(at) => weights.value(at),
                    Some(_) => 0.0,
                };
                check_weight(weight, &self.names.1, first + at as u64)?;
                if !holds || weight == 0.0 || arrays.iter().chain(&compared).any(|array| array.is_null(at)) {
                    continue;
                }
                let next = numbers.len() as u32;
                let number = match numbers.get(bytes.row(at)) {
                    Some(number) => *number,
                    None => *numbers.entry(bytes.row(at).into()).or_insert(next),
                };
                let place = ordered.as_ref().map_or(0, |ordered| ordered[at]);
                found.push(((number, place), (first + at as u64) as u32, weight));
            }
        }
        // Stable: in each group in the order of the table.
        found.sort_by_key(|(place, _, _)| *place);
        let mut ranges = vec![0..0; numbers.len()];
        let mut sums = Vec::new();
        for (at, ((number, _), _, weight)) in found.iter().enumerate() {
            let range = &mut ranges[*number as usize];
            let is_first = range.start == range.end;
            *range = if is_first { at..at + 1 } else { range.start..at + 1 };
            if self.weight.is_some() {
                let before = if is_first { 0.0 } else { sums[at - 1] };
                sums.push(before + weight);
            }
        }
        let places = numbers.into_iter().map(|(bytes, number)| (bytes, ranges[number as usize].clone())).collect();
        let ascending = found.iter().filter(|_| self.beside.is_some()).map(|((_, number), _, _)| *number).collect();
        let rows = found.into_iter().map(|(_, row, _)| row).collect();
        Ok(Groups { places, rows, beside: self.beside, numbers: ascending, sums })
    }

    /// The number of candidates of each row of these values; `None` where a value is null.
    pub fn counts(&self, plan: &Plan, arrays: &[ArrayRef], rows: usize) -> Result<Vec<Option<u64>>, Fault> {
        self.groups(plan)?.counts(arrays, rows).map_err(Fault::Run)
    }

    /// How many parents can be chosen in all.
    pub fn count(&self, plan: &Plan) -> Result<u64, Fault> {
        self.groups(plan).map(|groups| groups.rows.len() as u64)
    }

    /// What the parents and their groups take, at most.
    fn bytes(&self) -> u64 {
        let compared = self.beside.map_or(0, |_| size_of::<i128>());
        let group = size_of::<(Box<[u8]>, Range<usize>)>() + 9 * self.columns.len() + compared;
        self.parents * (size_of::<u32>() + size_of::<f64>() + group) as u64
    }
}

impl Groups {
    /// The candidates of each row, by what it shares and behind that what is compared; `None` where a value is null.
    fn find(&self, arrays: &[ArrayRef], rows: usize) -> Result<Vec<Option<Found>>, RunError> {
        let (shared, compared) = arrays.split_at(arrays.len() - usize::from(self.beside.is_some()));
        let bytes = Encoded::of(shared)?;
        let ordered = self.beside.zip(compared.first());
        let numbers = ordered.map(|(beside, array)| beside.numbers(array)).transpose()?;
        let ordered = self.beside.zip(numbers);
        let find = |at: usize| {
            let group = self.places.get(bytes.row(at)).cloned().unwrap_or(0..0);
            let range = match &ordered {
                None => group.clone(),
                Some((beside, numbers)) => {
                    let inside = beside.range(&self.numbers[group.clone()], numbers[at]);
                    group.start + inside.start..group.start + inside.end
                }
            };
            Found { group: group.start, range }
        };
        Ok((0..rows).map(|at| (!has_null(arrays, at)).then(|| find(at))).collect())
    }

    /// The number of candidates of each row of these values; `None` where a value is null.
    fn counts(&self, arrays: &[ArrayRef], rows: usize) -> Result<Vec<Option<u64>>, RunError> {
        let found = self.find(arrays, rows)?.into_iter();
        Ok(found.map(|found| found.map(|found| found.range.len() as u64)).collect())
    }
}

/// Where a row's candidates stand, and where those begin whose values are equal to its own.
#[derive(Clone)]
struct Found {
    group: usize,
    range: Range<usize>,
}

/// The parent's row, of those that agree with the row's shared columns; null where one of these is. Inputs: the shared columns, and what is
/// compared; with `siblings`, behind them the parent's row of the key that decides them and the child's number among its siblings, of whom no two choose one.
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
        let (shared, rest) = cells.inputs.split_at(self.candidates.asks());
        let found = groups.find(shared, rows.len())?;
        let siblings = match rest {
            [parents, numbers] if self.siblings => {
                Some((parents.as_primitive::<UInt64Type>(), numbers.as_primitive::<UInt64Type>()))
            }
            _ => None,
        };
        let choose = |at: usize, row: u64| -> Result<Option<u64>, RunError> {
            let Some(Found { group, range }) = found[at].clone() else { return Ok(None) };
            if range.is_empty() {
                let (name, parent) = &self.candidates.names;
                let error = RunError::new(format!("no row of {parent} can be chosen by {name} here"));
                return Err(RunError { row: Some(row), ..error });
            }
            let count = range.len() as u64;
            let place = match (siblings, self.by) {
                (Some((parents, numbers)), _) => {
                    let order = Permutation::new(self.position.child(parents.value(at)), count);
                    order.at(numbers.value(at) % count)
                }
                (None, By::Weight) => {
                    let sums = &groups.sums[range.clone()];
                    let before = if range.start > group { groups.sums[range.start - 1] } else { 0.0 };
                    let aim = before + unit(key.word(row)) * (sums.last().copied().unwrap_or_default() - before);
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

/// A parent of its own for each row, of those that can be chosen.
pub(crate) struct OneEach {
    pub candidates: Arc<Candidates>,
    pub key: Key,
}

impl Fill for OneEach {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let groups = self.candidates.groups(cells.plan)?;
        let count = groups.rows.len() as u64;
        let order = Permutation::new(self.key, count.max(1));
        let chosen = rows.iter().map(|row| {
            if row >= count {
                let (name, parent) = &self.candidates.names;
                let error = RunError::new(format!("no row of {parent} is left to be chosen by {name}"));
                return Err(RunError { row: Some(row), ..error });
            }
            Ok(Some(u64::from(groups.rows[order.at(row) as usize])))
        });
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
            let (own, rest) = inputs.split_at(candidates.asks());
            inputs = rest;
            let counts = candidates.groups(cells.plan)?.counts(own, rows.len())?;
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
            let rows = (block.end - block.start) as usize;
            let mut evaluation = Evaluation::new(plan, self.parent, Rows::Range(block));
            let need = |slot: &SlotId| evaluation.need(*slot);
            let arrays = self.columns.iter().map(need).collect::<Result<Vec<_>, _>>().map_err(Fault::Run)?;
            let suits = evaluation.need(self.suits).map_err(Fault::Run)?;
            let counts = groups.counts(&arrays, rows).map_err(Fault::Run)?;
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
        let found = groups.find(cells.inputs, rows.len())?;
        let of = |(at, row): (usize, u64)| {
            let first = found[at].as_ref()?.range.start;
            Some(u64::from(*groups.rows.get(first + place(row).1 as usize)?))
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
