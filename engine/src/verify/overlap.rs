//! `no_overlap`: no interval starts before an earlier one of its group has ended; one may start where another ends, and rows with a null among
//! group, start and end are left out.
//!
//! The intervals are sorted by group and start, in as many parts, each with a reading of the rows, as memory asks for; a group lies in one part
//! by its hash, and groups are compared themselves.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion::arrow::error::ArrowError;
use serde_json::{Map, Value};

use super::few::Few;
use super::joins::{Joins, Place};
use super::keys::common;
use super::reader::{KeyReader, Means, part_of, parts_for};
use super::rows::{absent, compile};
use super::source::{Database, Source};
use super::totals::selected;
use super::{Outcome, VerifyError, values};
use crate::expr::{Expression, Parsed};
use crate::schema::{Dataset, Table};

/// Bytes of an interval while its part is sorted.
const INTERVAL_BYTES: u64 = 96;

/// The rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overlap<'a> {
    pub per: &'a [String],
    pub start: &'a str,
    pub end: &'a str,
}

impl<'a> Overlap<'a> {
    /// The columns: those of the groups, the start, the end.
    pub(super) fn columns(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.per.iter().map(String::as_str).chain([self.start, self.end])
    }

    /// The statement for people.
    pub(super) fn says(&self) -> String {
        format!(
            "no {} lies before the {} of an earlier interval of the same {}",
            self.start,
            self.end,
            self.per.join(", ")
        )
    }
}

/// Checks the rule.
pub(super) async fn check(
    database: &Database,
    dataset: &Dataset,
    table: &Table,
    means: &Means,
    (id, when, overlap): (&str, Option<&str>, &Overlap<'_>),
) -> Result<Outcome, VerifyError> {
    let wrong = |detail: String| VerifyError::sql(id, detail);
    let mut joins = Joins::new(dataset, table);
    let mut places: Vec<Place<'_>> = Vec::new();
    for column in overlap.columns() {
        places.push(joins.own(column).map_err(wrong)?);
    }
    let when = when.map(Parsed::parse).transpose().map_err(|problem| wrong(problem.to_string()))?;
    joins.add_read(&mut places, when.iter().flat_map(Parsed::references)).map_err(wrong)?;
    if let Some(reason) = absent(database, &joins, &places) {
        return Ok(Outcome::unproved(reason));
    }
    let source = database.source(&joins, table, &places, false).await?;
    let when = match &when {
        Some(parsed) => Some(compile(id, parsed, source.schema(), dataset.reference_time_us())?),
        None => None,
    };
    let count = overlap.per.len();
    let kind = |column: usize| source.schema().field(column).data_type().clone();
    let ends = common(&kind(count), &kind(count + 1)).filter(values::is_ordered);
    let Some(ends) = ends else {
        return Ok(Outcome::unproved(format!("{} and {} hold no numbers, dates or times", overlap.start, overlap.end)));
    };
    let groups = KeyReader::new((0..count).collect(), (0..count).map(kind).collect());
    let groups = groups.map_err(|error| wrong(error.to_string()))?;
    Reading { source: &source, id, when, groups: Arc::new(groups), count, ends }.outcome(overlap, means).await
}

/// The rows, to be read several times.
struct Reading<'s> {
    source: &'s Source,
    id: &'s str,
    when: Option<Expression>,
    groups: Arc<KeyReader>,
    /// How many columns make the groups; start and end stand behind them.
    count: usize,
    /// The type in which starts and ends are compared.
    ends: DataType,
}

/// The intervals of a part: each group by a number.
#[derive(Default)]
struct Intervals {
    numbers: HashMap<Vec<u8>, u32>,
    all: Vec<(u32, i128, i128)>,
}

impl Reading<'_> {
    async fn outcome(&self, overlap: &Overlap<'_>, means: &Means) -> Result<Outcome, VerifyError> {
        let wrong = |error: ArrowError| VerifyError::sql(self.id, error.to_string());
        let mut checked = 0;
        let mut bytes = 0;
        for part in self
            .fold(|state: &mut (u64, u64), group, _, _| {
                state.0 += 1;
                state.1 += group.len() as u64 + INTERVAL_BYTES;
            })
            .await?
        {
            checked += part.0;
            bytes += part.1;
        }
        let (_held, budget) = means.take(bytes).map_err(|error| VerifyError::memory(self.id, error))?;
        let parts = if bytes <= budget as u64 { 1 } else { parts_for(bytes + bytes / 8, budget) };
        let (mut broken, mut few) = (0, Few::default());
        for part in 0..parts {
            let hash = means.hash;
            let read = self
                .fold(move |intervals: &mut Intervals, group, start, end| {
                    if part_of(hash(group), parts) != part {
                        return;
                    }
                    let next = intervals.numbers.len() as u32;
                    let number = match intervals.numbers.get(group) {
                        Some(number) => *number,
                        None => *intervals.numbers.entry(group.to_vec()).or_insert(next),
                    };
                    intervals.all.push((number, start, end));
                })
                .await?;
            let mut whole = Intervals::default();
            for read in read {
                whole.merge(read);
            }
            broken += whole.overlaps(&mut few);
        }
        let names: Vec<String> = overlap.per.to_vec();
        let keys: Vec<Vec<u8>> = few.keys().map(|key| key[..key.len() - 16].to_vec()).collect();
        let shown = self.groups.json(keys.iter().map(Vec::as_slice), &names).map_err(wrong)?;
        let mut examples = Vec::new();
        for (mut example, start) in shown.into_iter().zip(few.into_values()) {
            example.insert(overlap.start.to_owned(), self.json(start).map_err(wrong)?);
            examples.push(example);
        }
        let examples = examples.into_iter().map(|example: Map<String, Value>| Value::Object(example)).collect();
        Ok(Outcome { checked, broken, examples, ..Outcome::default() })
    }

    /// Folds the intervals: the group as bytes, and both ends as numbers in their order.
    async fn fold<S: Default + Send + 'static>(
        &self,
        step: impl Fn(&mut S, &[u8], i128, i128) + Send + Sync + 'static,
    ) -> Result<Vec<S>, VerifyError> {
        let (id, when, groups) = (self.id.to_owned(), self.when.clone(), Arc::clone(&self.groups));
        let (count, kind) = (self.count, self.ends.clone());
        let parts = self
            .source
            .fold(S::default, move |state: &mut S, batch, _| {
                let wrong = |error: ArrowError| VerifyError::sql(&id, error.to_string());
                let selected = selected(&id, when.as_ref(), batch)?;
                let (starts, ends) = (batch.column(count), batch.column(count + 1));
                let given = (0..batch.num_rows())
                    .map(|row| {
                        let of_when = selected.as_ref().is_none_or(|when| when.is_valid(row) && when.value(row));
                        Some(of_when && starts.is_valid(row) && ends.is_valid(row))
                    })
                    .collect::<BooleanArray>();
                let keys = groups.read(batch, Some(&given)).map_err(wrong)?;
                let bytes = groups.bytes(&keys, &keys.rows).map_err(wrong)?;
                let (starts, ends) = (numbers(starts, &kind).map_err(wrong)?, numbers(ends, &kind).map_err(wrong)?);
                for (row, group) in keys.rows.iter().zip(&bytes) {
                    step(state, group.as_ref(), starts[*row as usize], ends[*row as usize]);
                }
                Ok(())
            })
            .await?;
        Ok(parts.into_iter().map(|part| part.state).collect())
    }

    /// A start as it is written.
    fn json(&self, number: i128) -> Result<Value, ArrowError> {
        let values: ArrayRef = match &self.ends {
            DataType::Float64 => Arc::new(Float64Array::from(vec![of_ordered(number as i64)])),
            DataType::Decimal128(precision, scale) => {
                Arc::new(Decimal128Array::from(vec![number]).with_precision_and_scale(*precision, *scale)?)
            }
            DataType::Date32 => {
                let days = cast(&(Arc::new(Int64Array::from(vec![number as i64])) as ArrayRef), &DataType::Int32)?;
                cast(&days, &DataType::Date32)?
            }
            kind => cast(&(Arc::new(Int64Array::from(vec![number as i64])) as ArrayRef), kind)?,
        };
        Ok(values::json(&values, 0))
    }
}

impl Intervals {
    fn merge(&mut self, other: Intervals) {
        let mut numbers = vec![0; other.numbers.len()];
        for (group, number) in other.numbers {
            let next = self.numbers.len() as u32;
            numbers[number as usize] = *self.numbers.entry(group).or_insert(next);
        }
        self.all.extend(other.all.into_iter().map(|(group, start, end)| (numbers[group as usize], start, end)));
    }

    /// How many intervals start before an earlier one of their group has ended; the first of them, by group and start.
    fn overlaps(mut self, few: &mut Few<i128>) -> u64 {
        self.all.sort_unstable();
        let mut broken = 0;
        let mut starts: Vec<(u32, i128)> = Vec::new();
        for group in self.all.chunk_by(|a, b| a.0 == b.0) {
            let mut taken = i128::MIN;
            for (number, start, end) in group {
                if taken > *start {
                    broken += 1;
                    starts.push((*number, *start));
                }
                taken = taken.max(*end);
            }
        }
        let mut groups: Vec<&[u8]> = vec![&[]; self.numbers.len()];
        for (group, number) in &self.numbers {
            groups[*number as usize] = group;
        }
        for (number, start) in starts {
            let mut key = groups[number as usize].to_vec();
            // In the order of the numbers, whatever their sign.
            key.extend((start as u128 ^ 1 << 127).to_be_bytes());
            few.offer(&key, || start);
        }
        broken
    }
}

/// Ends as numbers in their order; what stands for a null is not read.
fn numbers(ends: &ArrayRef, kind: &DataType) -> Result<Vec<i128>, ArrowError> {
    let ends = cast_with_options(ends, kind, &CastOptions { safe: false, ..CastOptions::default() })?;
    let whole = match kind {
        DataType::Decimal128(..) => {
            return Ok(ends.as_primitive::<Decimal128Type>().values().iter().copied().collect());
        }
        DataType::Float64 => {
            let floats = ends.as_primitive::<Float64Type>();
            return Ok(floats.values().iter().map(|float| i128::from(ordered(*float))).collect());
        }
        DataType::Date32 => cast(&cast(&ends, &DataType::Int32)?, &DataType::Int64)?,
        _ => cast(&ends, &DataType::Int64)?,
    };
    Ok(whole.as_primitive::<Int64Type>().values().iter().map(|number| i128::from(*number)).collect())
}

/// A float's bits in the order of the floats.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

fn of_ordered(key: i64) -> f64 {
    f64::from_bits((if key < 0 { key ^ i64::MAX } else { key }) as u64)
}
