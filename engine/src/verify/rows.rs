//! Statements about single rows: all of a table that need the same joins are checked in one reading.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{filter, take};
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::row::{RowConverter, SortField};
use serde_json::{Map, Value};

use super::condition::Condition;
use super::few::Few;
use super::joins::{Joins, Place};
use super::source::Database;
use super::{Outcome, VerifyError, values};
use crate::expr::{Expression, Parsed, Reference};
use crate::schema::{Dataset, Table};
use crate::types::LogicalType;

/// A statement about the rows of one table.
pub(super) struct RowStatement<'a> {
    pub id: &'a str,
    pub when: Option<&'a str>,
    pub condition: Condition<'a>,
}

/// Checks statements about rows of one table; outcomes in the order of the statements.
pub(super) async fn check(
    database: &Database,
    dataset: &Dataset,
    table: &Table,
    statements: &[RowStatement<'_>],
) -> Result<Vec<Outcome>, VerifyError> {
    let mut outcomes: Vec<Outcome> = statements.iter().map(|_| Outcome::default()).collect();
    let mut groups: BTreeMap<Vec<Vec<String>>, Vec<(usize, Read)>> = BTreeMap::new();
    for (index, statement) in statements.iter().enumerate() {
        let read = Read::of(statement, |column| {
            let column = table.column(column)?;
            let declared = column.logical_type();
            declared.or_else(|| LogicalType::of_arrow(&database.column_type(table, column)?))
        })?;
        let mut joins = Joins::new(dataset, table);
        let places = read.places(statement.id, &mut joins)?;
        match absent(database, &joins, &places) {
            Some(reason) => outcomes[index].unproved = Some(reason),
            None => groups.entry(joins.paths()).or_default().push((index, read)),
        }
    }
    for group in groups.into_values() {
        for (index, outcome) in check_group(database, dataset, table, statements, group).await? {
            outcomes[index] = outcome;
        }
    }
    Ok(outcomes)
}

/// The SQL of a statement, read.
struct Read {
    when: Option<Parsed>,
    condition: Parsed,
}

impl Read {
    fn of(statement: &RowStatement<'_>, kind: impl Fn(&str) -> Option<LogicalType>) -> Result<Read, VerifyError> {
        let wrong = |detail: String| VerifyError::sql(statement.id, detail);
        let parse = |sql: &str| Parsed::parse(sql).map_err(|problem| wrong(problem.to_string()));
        let condition = statement.condition.sql(kind).map_err(wrong)?;
        Ok(Read { when: statement.when.map(parse).transpose()?, condition: parse(&condition)? })
    }

    fn references(&self) -> impl Iterator<Item = &Reference> {
        self.when.iter().chain(Some(&self.condition)).flat_map(Parsed::references)
    }

    fn places<'a>(&self, id: &str, joins: &mut Joins<'a>) -> Result<Vec<Place<'a>>, VerifyError> {
        let mut places: Vec<Place<'a>> = Vec::new();
        joins.add_read(&mut places, self.references()).map_err(|detail| VerifyError::sql(id, detail))?;
        Ok(places)
    }
}

/// Why the statement cannot be proved from what was delivered, if it cannot.
pub(super) fn absent(database: &Database, joins: &Joins<'_>, places: &[Place<'_>]) -> Option<String> {
    let read = places.iter().map(|place| (place.table, place.column)).chain(joins.key_columns());
    for (table, column) in read {
        if database.delivered(table, column).is_none() {
            let why = if column.hidden == Some(true) { "hidden and therefore not delivered" } else { "missing" };
            return Some(format!("it reads {}.{}, which is {why}", table.name, column.name));
        }
    }
    None
}

/// A statement ready to be evaluated.
struct Ready {
    id: String,
    when: Option<Expression>,
    condition: Expression,
    /// Columns that its examples show.
    shown: Vec<usize>,
}

/// What tells broken rows apart in examples.
#[derive(Clone)]
enum Told {
    /// The primary key's columns.
    Key(Vec<usize>),
    /// The row number.
    Number,
    /// The shown columns, where there is no key and joins leave rows in no order.
    Shown,
}

async fn check_group(
    database: &Database,
    dataset: &Dataset,
    table: &Table,
    statements: &[RowStatement<'_>],
    group: Vec<(usize, Read)>,
) -> Result<Vec<(usize, Outcome)>, VerifyError> {
    let mut joins = Joins::new(dataset, table);
    let mut places: Vec<Place<'_>> = Vec::new();
    let mut key: Vec<usize> = Vec::new();
    for column in &table.primary_key {
        match joins.own(column) {
            Ok(place) if database.delivered(place.table, place.column).is_some() => {
                key.push(position_of(place, &mut places))
            }
            _ => {}
        }
    }
    let whole_key = !key.is_empty() && key.len() == table.primary_key.len();
    let mut read: Vec<(usize, Read, Vec<usize>)> = Vec::new();
    for (index, statement) in group {
        let own = statement.places(statements[index].id, &mut joins)?;
        let shown = own.into_iter().map(|place| position_of(place, &mut places)).collect();
        read.push((index, statement, shown));
    }
    let source = database.source(&joins, table, &places, false).await?;
    let told = match (whole_key, joins.any()) {
        (true, _) => Told::Key(key.clone()),
        (false, false) => Told::Number,
        (false, true) => Told::Shown,
    };
    let mut ready = Vec::new();
    let mut indexes = Vec::new();
    for (index, read, mut shown) in read {
        let id = statements[index].id;
        let compile = |parsed: &Parsed| compile(id, parsed, source.schema(), dataset.reference_time_us());
        if let Told::Key(key) = &told {
            shown = key.iter().copied().chain(shown.into_iter().filter(|column| !key.contains(column))).collect();
        }
        let when = read.when.as_ref().map(compile).transpose()?;
        ready.push(Ready { id: id.to_owned(), when, condition: compile(&read.condition)?, shown });
        indexes.push(index);
    }
    let ready = Arc::new(ready);
    let count = ready.len();
    let parts = {
        let (ready, told) = (Arc::clone(&ready), told.clone());
        let init = move || (0..count).map(|_| Found::default()).collect::<Vec<Found>>();
        source
            .fold_made(init, move |found: &mut Vec<Found>, batch, before| {
                ready.iter().zip(found).try_for_each(|(statement, found)| found.add(statement, &told, batch, before))
            })
            .await?
    };
    let mut totals: Vec<Found> = (0..count).map(|_| Found::default()).collect();
    let mut before = 0;
    for (partition, part) in parts.into_iter().enumerate() {
        for (total, found) in totals.iter_mut().zip(part.state) {
            total.checked += found.checked;
            total.broken += found.broken;
            match told {
                Told::Number => {
                    for mut example in found.examples.into_values() {
                        let number = example.get(ROW_NUMBER).and_then(Value::as_u64).unwrap_or(0);
                        example.insert(ROW_NUMBER.to_owned(), (number + before).into());
                        let mut key = (partition as u64).to_be_bytes().to_vec();
                        key.extend(number.to_be_bytes());
                        total.examples.offer(&key, || example);
                    }
                }
                Told::Key(_) | Told::Shown => total.examples.merge(found.examples),
            }
        }
        before += part.rows;
    }
    let outcomes = totals.into_iter().map(|found| Outcome {
        checked: found.checked,
        broken: found.broken,
        examples: found.examples.into_values().into_iter().map(Value::Object).collect(),
        ..Outcome::default()
    });
    Ok(indexes.into_iter().zip(outcomes).collect())
}

/// The position of a place among others, added where it is not among them.
fn position_of<'a>(place: Place<'a>, places: &mut Vec<Place<'a>>) -> usize {
    places.iter().position(|other| other.name == place.name).unwrap_or_else(|| {
        places.push(place);
        places.len() - 1
    })
}

/// A condition over the columns of a source.
pub(super) fn compile(
    id: &str,
    parsed: &Parsed,
    schema: &Schema,
    reference_time_us: i64,
) -> Result<Expression, VerifyError> {
    Expression::condition(parsed, schema, reference_time_us)
        .map_err(|problem| VerifyError::sql(id, problem.to_string()))
}

/// The truth of a condition, over the columns of a batch, each passed through `of`.
pub(super) fn truth(
    id: &str,
    condition: &Expression,
    rows: usize,
    of: impl Fn(usize) -> Result<ArrayRef, VerifyError>,
) -> Result<BooleanArray, VerifyError> {
    let columns: Result<Vec<ArrayRef>, VerifyError> = condition.columns().iter().map(|&column| of(column)).collect();
    condition.evaluate_condition(&columns?, rows).map_err(|error| VerifyError::sql(id, error.detail))
}

/// Key of the row number in an example.
pub(super) const ROW_NUMBER: &str = "row_number";

/// What was found about a statement so far.
#[derive(Default)]
struct Found {
    checked: u64,
    broken: u64,
    examples: Few<Map<String, Value>>,
}

impl Found {
    fn add(&mut self, statement: &Ready, told: &Told, batch: &RecordBatch, before: u64) -> Result<(), VerifyError> {
        let all = batch.num_rows();
        let selected = match &statement.when {
            None => None,
            Some(when) => {
                let truth = truth(&statement.id, when, all, |column| Ok(Arc::clone(batch.column(column))))?;
                // Null selects no row.
                Some(BooleanArray::new(values::true_rows(&truth), None))
            }
        };
        let rows = selected.as_ref().map_or(all, BooleanArray::true_count);
        if rows == 0 {
            return Ok(());
        }
        // The condition is evaluated only where `when` is true, for elsewhere it may have no value at all.
        let truth = truth(&statement.id, &statement.condition, rows, |column| match &selected {
            Some(selected) if rows < all => filter(batch.column(column), selected)
                .map_err(|error| VerifyError::sql(&statement.id, error.to_string())),
            _ => Ok(Arc::clone(batch.column(column))),
        })?;
        self.checked += rows as u64;
        // Broken is what is false; null passes. Mostly nothing is, which is told by counting bits.
        if truth.true_count() + truth.null_count() == truth.len() {
            return Ok(());
        }
        let broken = truth.iter().enumerate().filter(|(_, value)| *value == Some(false)).map(|(row, _)| row);
        let broken: Vec<u32> = match &selected {
            None => broken.filter_map(|row| u32::try_from(row).ok()).collect(),
            Some(selected) => {
                let places: Vec<usize> = selected.values().set_indices().collect();
                broken.filter_map(|row| u32::try_from(*places.get(row)?).ok()).collect()
            }
        };
        self.broken += broken.len() as u64;
        if broken.is_empty() {
            return Ok(());
        }
        self.show(statement, told, batch, before, broken)
            .map_err(|error| VerifyError::sql(&statement.id, error.to_string()))
    }

    fn show(
        &mut self,
        statement: &Ready,
        told: &Told,
        batch: &RecordBatch,
        before: u64,
        broken: Vec<u32>,
    ) -> Result<(), datafusion::arrow::error::ArrowError> {
        let schema = batch.schema();
        let example = |row: u32| {
            let mut example = Map::new();
            if matches!(told, Told::Number) {
                example.insert(ROW_NUMBER.to_owned(), (before + u64::from(row) + 1).into());
            }
            for &column in &statement.shown {
                example.insert(schema.field(column).name().clone(), values::json(batch.column(column), row as usize));
            }
            example
        };
        let told_by = match told {
            Told::Number => {
                for row in broken {
                    self.examples.offer(&(before + u64::from(row)).to_be_bytes(), || example(row));
                }
                return Ok(());
            }
            Told::Key(columns) => columns,
            Told::Shown => &statement.shown,
        };
        let fields = told_by.iter().map(|&column| SortField::new(schema.field(column).data_type().clone())).collect();
        let indices = UInt32Array::from(broken);
        let keys: Result<Vec<ArrayRef>, _> =
            told_by.iter().map(|&column| take(batch.column(column), &indices, None)).collect();
        let keys = RowConverter::new(fields)?.convert_columns(&keys?)?;
        for (key, &row) in keys.iter().zip(indices.values()) {
            self.examples.offer(key.as_ref(), || example(row));
        }
        Ok(())
    }
}
