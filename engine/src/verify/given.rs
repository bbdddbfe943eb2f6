//! Given rows: each is there with all that is given of it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{RowConverter, SortField};
use indexmap::IndexMap;
use serde_json::Value;

use super::joins::{Joins, Place};
use super::rows::absent;
use super::source::Database;
use super::{EXAMPLES, Outcome, VerifyError, values};
use crate::schema::{Dataset, Table};

/// A given row.
pub(super) type Row = IndexMap<String, Value>;

/// Checks that given rows are there.
pub(super) async fn check(
    database: &Database,
    dataset: &Dataset,
    table: &Table,
    (id, rows): (&str, &[Row]),
) -> Result<Outcome, VerifyError> {
    let wrong = |detail: String| VerifyError::sql(id, detail);
    // Rows that fill the same columns are looked for together.
    let mut groups: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let mut names: Vec<&str> = row.keys().map(String::as_str).collect();
        names.sort_unstable();
        if !names.is_empty() {
            groups.entry(names).or_default().push(at);
        }
    }
    let mut missing: Vec<usize> = Vec::new();
    for (names, group) in groups {
        let mut joins = Joins::new(dataset, table);
        let places: Result<Vec<Place<'_>>, String> = names.iter().map(|name| joins.own(name)).collect();
        let places = places.map_err(wrong)?;
        if let Some(reason) = absent(database, &joins, &places) {
            return Ok(Outcome::unproved(reason));
        }
        let source = database.source(&joins, table, &places, false).await?;
        let failed = |error: ArrowError| wrong(error.to_string());
        let fields = source.schema().fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
        let converter = Arc::new(RowConverter::new(fields).map_err(failed)?);
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (name, field) in names.iter().zip(source.schema().fields()) {
            let text = |at: &usize| match &rows[*at][*name] {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            };
            let texts: ArrayRef = Arc::new(group.iter().map(text).collect::<StringViewArray>());
            columns.push(values::convert(&texts, field.data_type()).map_err(failed)?);
        }
        let wanted = converter.convert_columns(&columns).map_err(failed)?;
        let mut known: HashMap<Box<[u8]>, Vec<usize>> = HashMap::new();
        for (key, at) in wanted.iter().zip(&group) {
            known.entry(key.data().into()).or_default().push(*at);
        }
        let (known, by, id) = (Arc::new(known), Arc::clone(&converter), id.to_owned());
        let held = Arc::clone(&known);
        let step = move |found: &mut HashSet<Box<[u8]>>, batch: &RecordBatch, _| {
            let keys = by.convert_columns(batch.columns()).map_err(|error| VerifyError::sql(&id, error.to_string()))?;
            for key in &keys {
                if held.contains_key(key.data()) && !found.contains(key.data()) {
                    found.insert(key.data().into());
                }
            }
            Ok(())
        };
        let parts = source.fold_made(HashSet::new, step).await?;
        let there = |key: &[u8]| parts.iter().any(|part| part.state.contains(key));
        missing.extend(known.iter().filter(|(key, _)| !there(key)).flat_map(|(_, rows)| rows));
    }
    missing.sort_unstable();
    let examples = missing.iter().take(EXAMPLES).map(|at| serde_json::to_value(&rows[*at]).unwrap_or_default());
    Ok(Outcome {
        checked: rows.len() as u64,
        broken: missing.len() as u64,
        examples: examples.collect(),
        ..Outcome::default()
    })
}
