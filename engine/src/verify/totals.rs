//! Statements about how many rows there are: `share` and `count`, read once, in memory that grows with the groups alone.
//!
//! What breaks such a statement is no row but a number: as many rows count as broken as the number lies outside its bounds.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use serde_json::{Map, Value};

use super::certificate::{EXAMPLES, Measure};
use super::correlation::{self, Correlation};
use super::few::Few;
use super::joins::{Joins, Place};
use super::reader::Means;
use super::rows::{absent, compile, truth};
use super::source::{Database, Source};
use super::statement::limited;
use super::statistic::{self, Statistic};
use super::{Outcome, VerifyError, values};
use crate::expr::{Expression, Parsed};
use crate::schema::{Dataset, SharesOrCounts, Table};
use crate::types::plain_number;

/// Bytes that a group takes beside its key.
const GROUP_BYTES: usize = 96;

/// A statement about how many rows there are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Total<'a> {
    /// The rule `share`.
    Share { column: &'a str, parts: &'a SharesOrCounts, tolerance: f64 },
    /// The rule `count`.
    Count { condition: &'a str, least: u64, most: Option<u64>, per: &'a [String] },
    /// The rule `statistic`.
    Statistic(Statistic<'a>),
    /// The rule `correlation`.
    Correlation(Correlation<'a>),
}

/// What a number of rows is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bounds {
    /// This share of all rows, to within one row and a tolerance.
    Share { share: f64, tolerance: f64 },
    /// At least and at most so many.
    Between { least: u64, most: Option<u64> },
}

impl Bounds {
    /// The bounds among so many rows.
    pub(super) fn of(self, rows: u64) -> (u64, Option<u64>) {
        match self {
            Bounds::Between { least, most } => (least, most),
            Bounds::Share { share, tolerance } => {
                let rows = rows as f64;
                let mut least = libm::floor(rows * share + SLACK);
                let mut most = libm::ceil(rows * share - SLACK);
                if tolerance > 0.0 {
                    least = least.min(libm::ceil(rows * (share - tolerance) - SLACK));
                    most = most.max(libm::floor(rows * (share + tolerance) + SLACK));
                }
                (least.max(0.0) as u64, Some(most as u64))
            }
        }
    }
}

/// What a product of a share and a number of rows may be off by its rounding.
pub(super) const SLACK: f64 = 0.000_001;

impl<'a> Total<'a> {
    /// The statement for people.
    pub(super) fn says(&self, when: Option<&str>) -> String {
        let says = match self {
            Total::Share { column, parts, tolerance } => {
                let (shares, counts) = (parts.shares.iter().flatten(), parts.counts.iter().flatten());
                let near = if *tolerance > 0.0 { format!(" ± {}", rounded(tolerance * 100.0)) } else { String::new() };
                let parts: Vec<String> = shares
                    .map(|(value, share)| format!("{value}: {}{near} %", rounded(share * 100.0)))
                    .chain(counts.map(|(value, count)| format!("{value}: {count}")))
                    .collect();
                format!("the values of {column} are {}", parts.join(", "))
            }
            Total::Count { condition, least, most, per } => {
                let says = match most {
                    Some(most) if most == least => format!("exactly {least} rows have {condition}"),
                    Some(most) if *least == 0 => format!("at most {most} rows have {condition}"),
                    Some(most) => format!("{least} to {most} rows have {condition}"),
                    None => format!("at least {least} rows have {condition}"),
                };
                if per.is_empty() { says } else { format!("{says}, for each {}", per.join(", ")) }
            }
            Total::Statistic(statistic) => statistic.says(),
            Total::Correlation(correlation) => correlation.says(),
        };
        limited(says, when)
    }

    /// The values of a share, and what each is to be.
    pub(super) fn values(&self) -> Vec<(&'a str, Bounds)> {
        let Total::Share { parts, tolerance, .. } = *self else { return Vec::new() };
        let shares = parts.shares.iter().flatten();
        let counts = parts.counts.iter().flatten();
        shares
            .map(|(value, share)| (value.as_str(), Bounds::Share { share: *share, tolerance }))
            .chain(counts.map(|(value, count)| (value.as_str(), Bounds::Between { least: *count, most: Some(*count) })))
            .collect()
    }
}

/// A number without the last digits of its rounding.
pub(super) fn rounded(number: f64) -> f64 {
    libm::rint(number * 1e6) / 1e6
}

/// Checks a statement about how many rows there are.
pub(super) async fn check(
    database: &Database,
    dataset: &Dataset,
    table: &Table,
    means: &Means,
    (id, when, total): (&str, Option<&str>, &Total<'_>),
) -> Result<Outcome, VerifyError> {
    let wrong = |detail: String| VerifyError::sql(id, detail);
    let parse = |sql: &str| Parsed::parse(sql).map_err(|problem| wrong(problem.to_string()));
    let mut joins = Joins::new(dataset, table);
    let mut places: Vec<Place<'_>> = Vec::new();
    let mut condition = None;
    match total {
        Total::Share { column, .. } => places.push(joins.own(column).map_err(wrong)?),
        Total::Count { condition: sql, per, .. } => {
            for column in *per {
                places.push(joins.own(column).map_err(wrong)?);
            }
            condition = Some(parse(sql)?);
        }
        Total::Statistic(statistic) => places.push(joins.own(statistic.column).map_err(wrong)?),
        Total::Correlation(correlation) => {
            for column in correlation.columns {
                places.push(joins.own(column).map_err(wrong)?);
            }
        }
    }
    let own = places.len();
    let when = when.map(parse).transpose()?;
    joins.add_read(&mut places, when.iter().chain(&condition).flat_map(Parsed::references)).map_err(wrong)?;
    if let Some(reason) = absent(database, &joins, &places) {
        return Ok(Outcome::unproved(reason));
    }
    let source = database.source(&joins, table, &places, false).await?;
    let ready = |parsed: &Parsed| compile(id, parsed, source.schema(), dataset.reference_time_us());
    let when = when.as_ref().map(ready).transpose()?;
    match total {
        Total::Share { column, .. } => shares(&source, id, when, column, &total.values()).await,
        Total::Count { least, most, per, .. } => {
            let condition = condition.as_ref().map(ready).transpose()?;
            let asked = Asked { id: id.to_owned(), when, condition, groups: own };
            let bounds = Bounds::Between { least: *least, most: *most };
            numbers(&source, Arc::new(asked), bounds, per, means).await
        }
        Total::Statistic(statistic) => statistic::check(&source, id, when, statistic).await,
        Total::Correlation(correlation) => {
            database.turn().stand_back().await;
            correlation::check(&source, id, when, correlation, means).await
        }
    }
}

/// Compares the rows of a table with those that it is to have.
pub(super) fn rows(asked: u64, rows: u64) -> Outcome {
    let measure = Measure { what: String::new(), asked: asked.to_string(), measured: rows.to_string() };
    let broken = asked.abs_diff(rows);
    let examples = if broken > 0 { vec![shown(Map::new(), &measure)] } else { Vec::new() };
    Outcome { checked: rows, broken, examples, measures: vec![measure], ..Outcome::default() }
}

/// Which rows `when` selects.
pub(super) fn selected(
    id: &str,
    when: Option<&Expression>,
    batch: &RecordBatch,
) -> Result<Option<BooleanArray>, VerifyError> {
    let Some(when) = when else { return Ok(None) };
    truth(id, when, batch.num_rows(), |column| Ok(Arc::clone(batch.column(column)))).map(Some)
}

pub(super) fn is_true(truth: Option<&BooleanArray>, row: usize) -> bool {
    truth.is_none_or(|truth| truth.is_valid(row) && truth.value(row))
}

async fn shares(
    source: &Source,
    id: &str,
    when: Option<Expression>,
    column: &str,
    asked: &[(&str, Bounds)],
) -> Result<Outcome, VerifyError> {
    let places: HashMap<String, usize> =
        asked.iter().enumerate().map(|(place, (value, _))| ((*value).to_owned(), place)).collect();
    let plain = |(place, (value, _)): (usize, &(&str, Bounds))| Some((plain_number(value)?, place));
    let numbers: HashMap<String, usize> = asked.iter().enumerate().filter_map(plain).collect();
    let count = asked.len();
    let statement = id.to_owned();
    let parts = source
        .fold_made(
            move || (0_u64, vec![0_u64; count]),
            move |(all, counts), batch, _| {
                let selected = selected(&statement, when.as_ref(), batch)?;
                let values = batch.column(0);
                for row in (0..values.len()).filter(|row| values.is_valid(*row) && is_true(selected.as_ref(), *row)) {
                    *all += 1;
                    let place = match values.as_string_view_opt() {
                        Some(texts) => places.get(texts.value(row)),
                        // A number may be written with fewer places than the column has.
                        None => {
                            let label = label(values, row);
                            places.get(&label).or_else(|| numbers.get(&plain_number(&label)?))
                        }
                    };
                    if let Some(place) = place {
                        counts[*place] += 1;
                    }
                }
                Ok(())
            },
        )
        .await?;
    let (mut all, mut counts) = (0, vec![0_u64; count]);
    for part in parts {
        all += part.state.0;
        counts.iter_mut().zip(part.state.1).for_each(|(count, more)| *count += more);
    }
    let mut outcome = Outcome { checked: all, ..Outcome::default() };
    for ((value, bounds), count) in asked.iter().zip(counts) {
        let (least, most) = bounds.of(all);
        let measure =
            Measure { what: format!("{column} = {value}"), asked: between(least, most), measured: count.to_string() };
        let outside = outside(count, least, most);
        outcome.broken += outside;
        if outside > 0 && outcome.examples.len() < EXAMPLES {
            let mut example = Map::new();
            example.insert(column.to_owned(), Value::from(*value));
            outcome.examples.push(shown(example, &measure));
        }
        outcome.measures.push(measure);
    }
    Ok(outcome)
}

/// A value as the key of a share writes it.
pub(super) fn label(values: &ArrayRef, row: usize) -> String {
    if let Some(floats) = values.as_primitive_opt::<Float64Type>() {
        return floats.value(row).to_string();
    }
    super::score::plain(&values::json(values, row))
}

/// A number between bounds, in signs alone.
fn between(least: u64, most: Option<u64>) -> String {
    match most {
        Some(most) if most == least => least.to_string(),
        Some(most) if least == 0 => format!("≤ {most}"),
        Some(most) => format!("{least}–{most}"),
        None => format!("≥ {least}"),
    }
}

fn outside(count: u64, least: u64, most: Option<u64>) -> u64 {
    least.saturating_sub(count) + most.map_or(0, |most| count.saturating_sub(most))
}

pub(super) fn shown(mut example: Map<String, Value>, measure: &Measure) -> Value {
    example.insert("measured".to_owned(), measure.measured.as_str().into());
    example.insert("asked".to_owned(), measure.asked.as_str().into());
    Value::Object(example)
}

/// A count, ready to be read.
struct Asked {
    id: String,
    when: Option<Expression>,
    condition: Option<Expression>,
    /// How many of the first columns make the groups.
    groups: usize,
}

/// What was counted of a partition.
#[derive(Default)]
struct Counted {
    rows: u64,
    groups: HashMap<Vec<u8>, u64>,
    held: Option<MemoryReservation>,
}

async fn numbers(
    source: &Source,
    asked: Arc<Asked>,
    bounds: Bounds,
    per: &[String],
    means: &Means,
) -> Result<Outcome, VerifyError> {
    let id = asked.id.clone();
    let types: Vec<DataType> =
        (0..asked.groups).map(|column| source.schema().field(column).data_type().clone()).collect();
    let fields = types.iter().map(|data_type| SortField::new(data_type.clone())).collect();
    let converter = RowConverter::new(fields).map_err(|error| VerifyError::sql(&id, error.to_string()))?;
    let converter = Arc::new(converter);
    let parts = {
        let (asked, converter, pool) = (Arc::clone(&asked), Arc::clone(&converter), Arc::clone(&means.pool));
        let is_light = per.is_empty();
        let step = move |counted: &mut Counted, batch: &RecordBatch, _| {
            let held = counted.held.get_or_insert_with(|| MemoryConsumer::new("verify").register(&pool));
            let (bytes, rows) = asked.add(&converter, &mut counted.groups, batch)?;
            counted.rows += rows;
            held.try_grow(bytes).map_err(|error| VerifyError::memory(&asked.id, error))
        };
        match is_light {
            true => source.fold_made(Counted::default, step).await?,
            false => source.fold_late(Counted::default, step).await?,
        }
    };
    let (mut rows, mut groups, mut held) = (0, HashMap::<Vec<u8>, u64>::new(), Vec::new());
    for part in parts {
        rows += part.state.rows;
        held.extend(part.state.held);
        match groups.is_empty() {
            true => groups = part.state.groups,
            false => part.state.groups.into_iter().for_each(|(key, count)| *groups.entry(key).or_insert(0) += count),
        }
    }
    let (least, most) = bounds.of(rows);
    let mut outcome = Outcome { checked: rows, ..Outcome::default() };
    if per.is_empty() {
        let count: u64 = groups.into_values().sum();
        let measure = Measure { what: String::new(), asked: between(least, most), measured: count.to_string() };
        outcome.broken = outside(count, least, most);
        if outcome.broken > 0 {
            outcome.examples.push(shown(Map::new(), &measure));
        }
        outcome.measures.push(measure);
        return Ok(outcome);
    }
    let (mut few, mut least_found, mut most_found) = (Few::default(), u64::MAX, 0);
    for (key, count) in &groups {
        (least_found, most_found) = (least_found.min(*count), most_found.max(*count));
        let outside = outside(*count, least, most);
        outcome.broken += outside;
        if outside > 0 {
            few.offer(key, || *count);
        }
    }
    let keys: Vec<Vec<u8>> = few.keys().map(<[u8]>::to_vec).collect();
    let parser = converter.parser();
    let columns = converter
        .convert_rows(keys.iter().map(|key| parser.parse(key)))
        .map_err(|error| VerifyError::sql(&id, error.to_string()))?;
    for (row, count) in few.into_values().into_iter().enumerate() {
        let measure = Measure { what: String::new(), asked: between(least, most), measured: count.to_string() };
        let of = |(name, column): (&String, &ArrayRef)| (name.clone(), values::json(column, row));
        outcome.examples.push(shown(per.iter().zip(&columns).map(of).collect(), &measure));
    }
    if !groups.is_empty() {
        outcome.measures.push(Measure {
            what: per.join(", "),
            asked: between(least, most),
            measured: between_found(least_found, most_found),
        });
    }
    Ok(outcome)
}

fn between_found(least: u64, most: u64) -> String {
    if least == most { least.to_string() } else { format!("{least}–{most}") }
}

impl Asked {
    /// Adds the rows of a batch; the bytes that its new groups take, and its rows.
    fn add(
        &self,
        converter: &RowConverter,
        groups: &mut HashMap<Vec<u8>, u64>,
        batch: &RecordBatch,
    ) -> Result<(usize, u64), VerifyError> {
        let selected = selected(&self.id, self.when.as_ref(), batch)?;
        let of_selected: Vec<usize> = (0..batch.num_rows()).filter(|row| is_true(selected.as_ref(), *row)).collect();
        if of_selected.is_empty() {
            return Ok((0, 0));
        }
        // The condition may have no value where `when` is not true.
        let wrong = |error: datafusion::arrow::error::ArrowError| VerifyError::sql(&self.id, error.to_string());
        let places: datafusion::arrow::array::UInt32Array = of_selected.iter().map(|row| Some(*row as u32)).collect();
        let taken =
            |column: usize| datafusion::arrow::compute::take(batch.column(column), &places, None).map_err(wrong);
        let holds = match &self.condition {
            Some(condition) => Some(truth(&self.id, condition, of_selected.len(), taken)?),
            None => None,
        };
        let keys: Result<Vec<ArrayRef>, VerifyError> = (0..self.groups).map(taken).collect();
        let keys = match self.groups {
            0 => None,
            _ => Some(converter.convert_columns(&keys?).map_err(wrong)?),
        };
        let mut bytes = 0;
        for row in 0..of_selected.len() {
            let key = keys.as_ref().map_or(&[][..], |keys| keys.row(row).data());
            let more = u64::from(is_true(holds.as_ref(), row));
            match groups.get_mut(key) {
                Some(count) => *count += more,
                None => {
                    bytes += key.len() + GROUP_BYTES;
                    groups.insert(key.to_vec(), more);
                }
            }
        }
        Ok((bytes, of_selected.len() as u64))
    }
}
