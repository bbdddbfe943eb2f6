//! `aggregate`: a column of a parent that is the sum, number, smallest, largest or mean value of its children, nulls aside.
//!
//! Both tables are read: what the children of each key come to is gathered, in as many parts as memory asks for, and held against the parents.
//! Whole units are added exactly, and floats so that the order in which they come does not show.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use serde_json::{Map, Value};

use super::exact::ExactSum;
use super::few::Few;
use super::joins::{Joins, Place};
use super::keys::common;
use super::reader::{KeyReader, Means, part_of, parts_for};
use super::rows::{absent, compile};
use super::source::{Database, Source};
use super::totals::{is_true, selected};
use super::{Outcome, VerifyError, values};
use crate::expr::{Expression, Parsed, resolve};
use crate::schema::{Column, DAY_US, Dataset, ForeignKey, Table};

/// What a parent costs in memory beside its key's bytes.
const ENTRY_BYTES: u64 = 192;

/// The rule `aggregate`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aggregate<'a> {
    pub column: &'a str,
    pub of: &'a str,
    pub by: &'a str,
    pub function: &'a str,
}

/// The children that it speaks of.
pub(super) struct Children<'a> {
    pub table: &'a Table,
    pub key: &'a ForeignKey,
    /// None where rows are counted.
    pub column: Option<&'a Column>,
}

impl<'a> Aggregate<'a> {
    /// The statement for people.
    pub(super) fn says(&self) -> String {
        let Aggregate { column, of, by, function } = self;
        match *function {
            "count" => format!("{column} is the number of {of} by {by}"),
            "min" => format!("{column} is the smallest {of} by {by}"),
            "max" => format!("{column} is the largest {of} by {by}"),
            function => format!("{column} is the {function} of {of} by {by}"),
        }
    }

    /// What the names lead to.
    pub(super) fn children(&self, dataset: &'a Dataset, parent: &Table) -> Result<Children<'a>, String> {
        let named = |name: &str| dataset.tables.iter().find(|table| table.name == name);
        let parts = self.of.rmatch_indices('.').map(|(at, _)| (&self.of[..at], Some(&self.of[at + 1..])));
        let (table, name) = std::iter::once((self.of, None))
            .chain(parts)
            .find_map(|(name, column)| Some((named(name)?, column)))
            .ok_or_else(|| format!("there is no table \"{}\"", self.of))?;
        let column = match name {
            Some(name) => {
                let found = resolve(name, table.columns.iter().map(|column| column.name.as_str()));
                let found = found.and_then(|index| table.columns.get(index));
                Some(found.ok_or_else(|| format!("table \"{}\" has no column \"{name}\"", table.name))?)
            }
            None if self.function == "count" => None,
            None => return Err(format!("{} needs a column of {}", self.function, table.name)),
        };
        let key = resolve(self.by, table.foreign_keys.iter().map(ForeignKey::name))
            .and_then(|index| table.foreign_keys.get(index))
            .filter(|key| key.references.table == parent.name)
            .ok_or_else(|| format!("table \"{}\" has no foreign key \"{}\" to {}", table.name, self.by, parent.name))?;
        Ok(Children { table, key, column })
    }
}

/// A value in units of its type, or a float.
#[derive(Clone, Copy, Debug)]
enum Number {
    Units(i128),
    Float(f64),
}

/// What a number's units are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Unit {
    /// Units of so many decimal places.
    Places(i8),
    Float,
    Days,
    Microseconds,
}

fn unit(kind: &DataType) -> Option<Unit> {
    Some(match kind {
        DataType::Int64 => Unit::Places(0),
        DataType::Decimal128(_, places) => Unit::Places(*places),
        DataType::Float64 => Unit::Float,
        DataType::Date32 => Unit::Days,
        DataType::Timestamp(..) | DataType::Time64(_) => Unit::Microseconds,
        _ => return None,
    })
}

fn number(values: &ArrayRef, row: usize) -> Option<Number> {
    if values.is_null(row) {
        return None;
    }
    let units = |units: i64| Number::Units(i128::from(units));
    Some(match values.data_type() {
        DataType::Int64 => units(values.as_primitive::<Int64Type>().value(row)),
        DataType::Decimal128(..) => Number::Units(values.as_primitive::<Decimal128Type>().value(row)),
        DataType::Float64 => Number::Float(values.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => units(i64::from(values.as_primitive::<Date32Type>().value(row))),
        DataType::Timestamp(..) => units(values.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::Time64(_) => units(values.as_primitive::<Time64MicrosecondType>().value(row)),
        // What is only counted has no number.
        _ => Number::Units(0),
    })
}

/// What some children come to.
#[derive(Clone, Debug, Default)]
struct State {
    count: u64,
    units: i128,
    floats: ExactSum,
    sizes: ExactSum,
    end: Option<f64>,
}

impl State {
    fn add(&mut self, function: &str, number: Number) -> Option<()> {
        let first = self.count == 0;
        self.count += 1;
        match (function, number) {
            ("count", _) => {}
            ("min" | "max", Number::Units(units)) => {
                let further = if function == "min" { units < self.units } else { units > self.units };
                self.units = if first || further { units } else { self.units };
            }
            ("min", Number::Float(float)) => self.end = Some(self.end.map_or(float, |end| end.min(float))),
            ("max", Number::Float(float)) => self.end = Some(self.end.map_or(float, |end| end.max(float))),
            (_, Number::Units(units)) => self.units = self.units.checked_add(units)?,
            (_, Number::Float(float)) => {
                self.floats.add(float);
                self.sizes.add(float.abs());
            }
        }
        Some(())
    }
}

/// What a sum of floats may be off, for each of its terms and as a share of their sizes.
pub(super) const ROUNDING: f64 = 1e-15;

/// A comparison of a delivered value with what the children come to.
struct Judge {
    function: String,
    /// The units of the children's column.
    of: Unit,
    /// Those of the parent's.
    own: Unit,
    /// Whether the children's are times of day.
    is_time: bool,
}

impl Judge {
    /// Whether the delivered value is that of the children.
    fn fits(&self, delivered: Option<Number>, state: &State) -> bool {
        let is_given = matches!(self.function.as_str(), "sum" | "count") || state.count > 0;
        let (delivered, is_given) = match (delivered, is_given) {
            (None, given) => return !given,
            (Some(delivered), given) => (delivered, given),
        };
        if !is_given {
            return false;
        }
        let slack = ROUNDING * (state.count as f64 + 10.0) * state.sizes.value();
        match self.function.as_str() {
            "count" => same(delivered, self.own, Number::Units(i128::from(state.count)), Unit::Places(0), 0.0),
            "sum" => match self.of {
                Unit::Float => same(delivered, self.own, Number::Float(state.floats.value()), Unit::Float, slack),
                of => same(delivered, self.own, Number::Units(state.units), of, 0.0),
            },
            "mean" => self.fits_mean(delivered, state, slack),
            _ => match self.of {
                Unit::Float => same(delivered, self.own, Number::Float(state.end.unwrap_or(0.0)), Unit::Float, 0.0),
                of => same(delivered, self.own, Number::Units(state.units), of, 0.0),
            },
        }
    }

    /// A mean of whole units that is rounded to places is the nearest of these; another is as exact as a float.
    fn fits_mean(&self, delivered: Number, state: &State, slack: f64) -> bool {
        let count = i128::from(state.count);
        if let (Number::Units(units), Unit::Places(own), Unit::Places(of)) = (delivered, self.own, self.of) {
            let power = |places: i8| 10_i128.checked_pow(u32::try_from(places).ok()?);
            let most = own.max(of);
            let scaled = || {
                let mean = units.checked_mul(count)?.checked_mul(power(most - own)?)?;
                let sum = state.units.checked_mul(power(most - of)?)?;
                let unit = count.checked_mul(power(most - own)?)?;
                mean.checked_sub(sum)?.abs().checked_mul(2).map(|off| off <= unit)
            };
            if let Some(fits) = scaled() {
                return fits;
            }
        }
        let factor = factor(self.of);
        let mean = (state.units as f64 / factor + state.floats.value()) / state.count as f64;
        let half = match self.own {
            Unit::Places(places) => 0.5 * 10_f64.powi(-i32::from(places)),
            _ => 0.0,
        };
        let off = (plain(delivered, self.own) - mean).abs();
        off <= half + slack / state.count as f64 + ROUNDING * 10.0 * mean.abs()
    }

    /// What the children come to, for an example.
    fn expected(&self, state: &State) -> Value {
        if state.count == 0 && !matches!(self.function.as_str(), "sum" | "count") {
            return Value::Null;
        }
        let whole = || i64::try_from(state.units).ok();
        let array: ArrayRef = match (self.function.as_str(), self.of) {
            ("count", _) => Arc::new(Int64Array::from(vec![state.count as i64])),
            ("mean", of) => {
                let sum = state.units as f64 / factor(of) + state.floats.value();
                Arc::new(Float64Array::from(vec![sum / state.count as f64]))
            }
            ("sum", Unit::Float) => Arc::new(Float64Array::from(vec![state.floats.value()])),
            (_, Unit::Float) => Arc::new(Float64Array::from(vec![state.end])),
            (_, Unit::Places(0)) => Arc::new(Int64Array::from(vec![whole()])),
            (_, Unit::Places(places)) => {
                match Decimal128Array::from(vec![state.units]).with_precision_and_scale(38, places) {
                    Ok(array) => Arc::new(array),
                    Err(_) => return Value::Null,
                }
            }
            (_, Unit::Days) => Arc::new(Date32Array::from(vec![whole().map(|days| days as i32)])),
            (_, Unit::Microseconds) if self.is_time => Arc::new(Time64MicrosecondArray::from(vec![whole()])),
            (_, Unit::Microseconds) => Arc::new(TimestampMicrosecondArray::from(vec![whole()])),
        };
        values::json(&array, 0)
    }
}

/// Units of one.
fn factor(unit: Unit) -> f64 {
    match unit {
        Unit::Places(places) => 10_f64.powi(i32::from(places)),
        _ => 1.0,
    }
}

fn plain(number: Number, unit: Unit) -> f64 {
    match number {
        Number::Units(units) => units as f64 / factor(unit),
        Number::Float(float) => float,
    }
}

/// Whether two numbers are the same: exactly where both are of whole units, else to within what floats may be off.
fn same(one: Number, one_unit: Unit, other: Number, other_unit: Unit, slack: f64) -> bool {
    let power = |places: i8| 10_i128.checked_pow(u32::try_from(places).ok()?);
    let scaled = |units: i128, unit: Unit| match (unit, one_unit, other_unit) {
        (Unit::Places(places), Unit::Places(a), Unit::Places(b)) => units.checked_mul(power(a.max(b) - places)?),
        (Unit::Days, a, b) if a != b => units.checked_mul(i128::from(DAY_US)),
        _ => Some(units),
    };
    if let (Number::Units(a), Number::Units(b)) = (one, other)
        && let (Some(a), Some(b)) = (scaled(a, one_unit), scaled(b, other_unit))
    {
        return a == b;
    }
    let (a, b) = (plain(one, one_unit), plain(other, other_unit));
    (a - b).abs() <= slack + 10.0 * ROUNDING * a.abs().max(b.abs())
}

/// Checks an aggregate.
pub(super) async fn check<'a>(
    database: &Database,
    dataset: &'a Dataset,
    table: &'a Table,
    means: &Means,
    (id, when, aggregate): (&str, Option<&str>, &Aggregate<'a>),
) -> Result<Outcome, VerifyError> {
    let wrong = |detail: String| VerifyError::sql(id, detail);
    let children = aggregate.children(dataset, table).map_err(wrong)?;
    let (mut own, mut theirs) = (Joins::new(dataset, table), Joins::new(dataset, children.table));
    let mut parents: Vec<Place<'_>> = Vec::new();
    let mut below: Vec<Place<'_>> = Vec::new();
    for (column, referenced) in children.key.columns.iter().zip(&children.key.references.columns) {
        parents.push(own.own(referenced).map_err(wrong)?);
        below.push(theirs.own(column).map_err(wrong)?);
    }
    let columns = parents.len();
    parents.push(own.own(aggregate.column).map_err(wrong)?);
    below.extend(children.column.map(|column| theirs.own(&column.name)).transpose().map_err(wrong)?);
    let when = when.map(Parsed::parse).transpose().map_err(|problem| wrong(problem.to_string()))?;
    own.add_read(&mut parents, when.iter().flat_map(Parsed::references)).map_err(wrong)?;
    let reason = absent(database, &own, &parents).or_else(|| absent(database, &theirs, &below));
    if let Some(reason) = reason {
        return Ok(Outcome::unproved(reason));
    }
    let parents = database.source(&own, table, &parents, false).await?;
    let below = database.source(&theirs, children.table, &below, false).await?;
    let of = match children.column {
        Some(_) => unit(below.schema().field(columns).data_type()),
        None => Some(Unit::Places(0)),
    };
    let of = if aggregate.function == "count" { Some(Unit::Places(0)) } else { of };
    let (Some(of), Some(own)) = (of, unit(parents.schema().field(columns).data_type())) else {
        return Ok(Outcome::unproved(format!(
            "{} or {} holds no numbers, dates or times",
            aggregate.column, aggregate.of
        )));
    };
    let is_time =
        below.schema().fields().get(columns).is_some_and(|field| matches!(field.data_type(), DataType::Time64(_)));
    let kind = |source: &Source, column: usize| source.schema().field(column).data_type().clone();
    let types: Option<Vec<DataType>> =
        (0..columns).map(|column| common(&kind(&below, column), &kind(&parents, column))).collect();
    let types = types.ok_or_else(|| wrong("the columns of the key cannot be compared".to_owned()))?;
    let reader = KeyReader::new((0..columns).collect(), types).map_err(|error| wrong(error.to_string()))?;
    let when =
        when.as_ref().map(|when| compile(id, when, parents.schema(), dataset.reference_time_us())).transpose()?;
    let asked = Arc::new(Asked {
        id: id.to_owned(),
        when,
        columns,
        counts_rows: children.column.is_none(),
        reader,
        judge: Judge { function: aggregate.function.to_owned(), of, own, is_time },
    });
    let rows = database.rows(&table.name).await?;
    let bytes = rows.saturating_mul(ENTRY_BYTES + 16 * columns as u64);
    let (held, budget) = means.take(bytes).map_err(|error| VerifyError::memory(id, error))?;
    let parts = parts_for(bytes, budget);
    let (mut outcome, mut few) = (Outcome::default(), Few::default());
    for part in 0..parts {
        let part = Part { part, parts, hash: means.hash };
        let known = asked.keys(&parents, part).await?;
        let known = asked.add_up(&below, part, known).await?;
        for found in asked.compare(&parents, part, known).await? {
            outcome.checked += found.checked;
            outcome.broken += found.broken;
            few.merge(found.few);
        }
    }
    drop(held);
    outcome.examples = few.into_values().into_iter().map(Value::Object).collect();
    Ok(outcome)
}

/// A share of all keys, by their hashes.
#[derive(Clone, Copy)]
struct Part {
    part: u64,
    parts: u64,
    hash: fn(&[u8]) -> u64,
}

impl Part {
    fn holds(self, key: &[u8]) -> bool {
        self.parts == 1 || part_of((self.hash)(key), self.parts) == self.part
    }
}

/// What the children of each key come to.
type Known = HashMap<Box<[u8]>, State>;

struct Asked {
    id: String,
    when: Option<Expression>,
    /// How many columns the key has; the value stands behind them.
    columns: usize,
    counts_rows: bool,
    reader: KeyReader,
    judge: Judge,
}

/// What was found of the parents of a partition.
#[derive(Default)]
struct Found {
    checked: u64,
    broken: u64,
    few: Few<Map<String, Value>>,
}

impl Asked {
    fn wrong(&self, detail: impl std::fmt::Display) -> VerifyError {
        VerifyError::sql(&self.id, detail.to_string())
    }

    /// The keys of the parents of a part.
    async fn keys(self: &Arc<Asked>, parents: &Source, part: Part) -> Result<Known, VerifyError> {
        let known: Arc<Mutex<Known>> = Arc::default();
        let (asked, all) = (Arc::clone(self), Arc::clone(&known));
        let step = move |(): &mut (), batch: &RecordBatch, _| {
            let keys = asked.reader.read(batch, None).map_err(|error| asked.wrong(error))?;
            let bytes = asked.reader.bytes(&keys, &keys.rows).map_err(|error| asked.wrong(error))?;
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            for key in bytes.iter().filter(|key| part.holds(key.as_ref())) {
                if !all.contains_key(key.as_ref()) {
                    all.insert(key.as_ref().into(), State::default());
                }
            }
            Ok(())
        };
        parents.fold(|| (), step).await?;
        Ok(std::mem::take(&mut *known.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Adds the children to the keys that they name.
    async fn add_up(self: &Arc<Asked>, children: &Source, part: Part, known: Known) -> Result<Known, VerifyError> {
        let known = Arc::new(Mutex::new(known));
        let (asked, all) = (Arc::clone(self), Arc::clone(&known));
        let step = move |(): &mut (), batch: &RecordBatch, _| {
            let keys = asked.reader.read(batch, None).map_err(|error| asked.wrong(error))?;
            let bytes = asked.reader.bytes(&keys, &keys.rows).map_err(|error| asked.wrong(error))?;
            let values = (!asked.counts_rows).then(|| batch.column(asked.columns));
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, row) in bytes.iter().zip(&keys.rows) {
                let number = values.map_or(Some(Number::Units(0)), |values| number(values, *row as usize));
                let Some(number) = number.filter(|_| part.holds(key.as_ref())) else { continue };
                if let Some(state) = all.get_mut(key.as_ref()) {
                    let added = state.add(&asked.judge.function, number);
                    added.ok_or_else(|| asked.wrong("a sum is larger than can be added"))?;
                }
            }
            Ok(())
        };
        children.fold(|| (), step).await?;
        Ok(std::mem::take(&mut *known.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Holds the parents of a part against what their children come to.
    async fn compare(self: &Arc<Asked>, parents: &Source, part: Part, known: Known) -> Result<Vec<Found>, VerifyError> {
        let asked = Arc::clone(self);
        let nothing = State::default();
        let step = move |found: &mut Found, batch: &RecordBatch, _| {
            let selected = selected(&asked.id, asked.when.as_ref(), batch)?;
            let failed = |error| asked.wrong(error);
            let keys = asked.reader.read(batch, None).map_err(failed)?;
            let values = batch.column(asked.columns);
            let mut judge = |key: &[u8], row: u32, state: &State| {
                if !is_true(selected.as_ref(), row as usize) {
                    return;
                }
                found.checked += 1;
                if asked.judge.fits(number(values, row as usize), state) {
                    return;
                }
                found.broken += 1;
                found.few.offer(key, || {
                    let schema = batch.schema_ref();
                    let cell = |column: usize| {
                        (schema.field(column).name().clone(), values::json(batch.column(column), row as usize))
                    };
                    let mut example: Map<String, Value> = (0..=asked.columns).map(cell).collect();
                    example.insert("expected".to_owned(), asked.judge.expected(state));
                    example
                });
            };
            let bytes = asked.reader.bytes(&keys, &keys.rows).map_err(failed)?;
            for (key, row) in bytes.iter().zip(&keys.rows) {
                if part.holds(key.as_ref()) {
                    judge(key.as_ref(), *row, known.get(key.as_ref()).unwrap_or(&nothing));
                }
            }
            // A row without a key is nobody's parent.
            if part.part == 0 {
                let bytes = asked.reader.bytes(&keys, &keys.with_null).map_err(failed)?;
                for (key, row) in bytes.iter().zip(&keys.with_null) {
                    judge(key.as_ref(), *row, &nothing);
                }
            }
            Ok(())
        };
        let parts = parents.fold(Found::default, step).await?;
        Ok(parts.into_iter().map(|part| part.state).collect())
    }
}
