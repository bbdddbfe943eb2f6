//! Keys to the own table: whether following them ends, how soon, and how many rows have none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::execution::memory_pool::MemoryConsumer;
use serde_json::json;

use super::few::Few;
use super::joins::{Joins, Place};
use super::keys::common;
use super::reader::{KeyReader, Means};
use super::rows::absent;
use super::source::Database;
use super::{EXAMPLES, Outcome, VerifyError};
use crate::schema::{Dataset, ForeignKey, Table};

/// What a row costs in memory, its key included where that is short.
const ROW_BYTES: usize = 128;

/// No row.
const NONE: u32 = u32::MAX;

/// The rows of a tree, numbered as they come.
#[derive(Default)]
struct Rows {
    numbers: HashMap<Box<[u8]>, u32>,
    /// The row above each, where there is one.
    above: Vec<u32>,
}

/// Checks a key to the own table.
pub(super) async fn check(
    database: &Database,
    dataset: &Dataset,
    table: &Table,
    means: &Means,
    (id, key): (&str, &ForeignKey),
) -> Result<Outcome, VerifyError> {
    let wrong = |detail: String| VerifyError::sql(id, detail);
    let mut joins = Joins::new(dataset, table);
    let mut places: Vec<Place<'_>> = Vec::new();
    for column in key.references.columns.iter().chain(&key.columns) {
        places.push(joins.own(column).map_err(wrong)?);
    }
    if let Some(reason) = absent(database, &joins, &places) {
        return Ok(Outcome::unproved(reason));
    }
    let columns = key.columns.len();
    let source = database.source(&joins, table, &places, false).await?;
    let kind = |column: usize| source.schema().field(column).data_type().clone();
    let types: Option<Vec<DataType>> =
        (0..columns).map(|column| common(&kind(columns + column), &kind(column))).collect();
    let types = types.ok_or_else(|| wrong("the columns of the key cannot be compared".to_owned()))?;
    let reader = |first: usize| {
        let reader = KeyReader::new((first..first + columns).collect(), types.clone());
        reader.map(Arc::new).map_err(|error| wrong(error.to_string()))
    };
    let (theirs, own) = (reader(0)?, reader(columns)?);
    let rows = database.rows(&table.name).await?;
    let bytes = usize::try_from(rows).unwrap_or(usize::MAX).saturating_mul(ROW_BYTES);
    let held = MemoryConsumer::new("verify").register(&means.pool);
    if rows >= u64::from(NONE) || held.try_grow(bytes).is_err() {
        return Ok(Outcome::unproved(format!("{} has more rows than can be followed in memory", table.name)));
    }
    let known: Arc<Mutex<Rows>> = Arc::default();
    let failed = |id: &str| {
        let id = id.to_owned();
        move |error: datafusion::arrow::error::ArrowError| VerifyError::sql(&id, error.to_string())
    };
    let (all, by, error) = (Arc::clone(&known), Arc::clone(&theirs), failed(id));
    let number = move |(): &mut (), batch: &RecordBatch, _| {
        let keys = by.read(batch, None).map_err(&error)?;
        let bytes = by.bytes(&keys, &keys.rows).map_err(&error)?;
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &bytes {
            let next = all.numbers.len() as u32;
            all.numbers.entry(key.as_ref().into()).or_insert(next);
        }
        Ok(())
    };
    source.fold(|| (), number).await?;
    {
        let mut all = known.lock().unwrap_or_else(PoisonError::into_inner);
        all.above = vec![NONE; all.numbers.len()];
    }
    let (all, error) = (Arc::clone(&known), failed(id));
    let lead = move |roots: &mut u64, batch: &RecordBatch, _| {
        let (rows, parents) = (theirs.read(batch, None).map_err(&error)?, own.read(batch, None).map_err(&error)?);
        *roots += parents.with_null.len() as u64;
        // Rows that have both a key and one that it leads to.
        let mut wanted = rows.rows.clone();
        wanted.retain(|row| parents.rows.binary_search(row).is_ok());
        let (from, to) = (theirs.bytes(&rows, &wanted).map_err(&error)?, own.bytes(&parents, &wanted).map_err(&error)?);
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        let Rows { numbers, above } = &mut *all;
        for (from, to) in from.iter().zip(&to) {
            if let (Some(from), Some(to)) = (numbers.get(from.as_ref()), numbers.get(to.as_ref())) {
                above[*from as usize] = *to;
            }
        }
        Ok(())
    };
    let roots: u64 = source.fold(u64::default, lead).await?.into_iter().map(|part| part.state).sum();
    let all = std::mem::take(&mut *known.lock().unwrap_or_else(PoisonError::into_inner));
    let depths = depths(&all.above);
    let most = key.max_depth.unwrap_or(NONE - 1);
    let mut outcome = Outcome { checked: all.numbers.len() as u64, ..Outcome::default() };
    let mut few: Few<Vec<u8>> = Few::default();
    for (key, number) in &all.numbers {
        if depths[*number as usize] > most {
            outcome.broken += 1;
            few.offer(key, || key.to_vec());
        }
    }
    let reader = reader(0)?;
    let keys = few.into_values();
    let shown = reader.json(keys.iter().map(Vec::as_slice), &key.references.columns);
    outcome.examples = super::objects(shown.map_err(|error| wrong(error.to_string()))?);
    if let Some(rate) = key.root_rate.filter(|_| rows > 0) {
        let expected = rate * rows as f64;
        if (roots as f64 - expected).abs() > 0.500_001 && !(roots == 1 && expected < 1.0) {
            outcome.broken += 1;
            outcome.examples.insert(0, json!({ "roots": roots, "expected": libm::round(expected).max(1.0) as u64 }));
            outcome.examples.truncate(EXAMPLES);
        }
    }
    Ok(outcome)
}

/// How many steps lead from each row to one with none above it; [`NONE`] where they lead in a circle.
fn depths(above: &[u32]) -> Vec<u32> {
    const OPEN: u32 = NONE - 1;
    let mut depths = vec![OPEN; above.len()];
    let mut path: Vec<u32> = Vec::new();
    for start in 0..above.len() as u32 {
        let mut at = start;
        // While a row is on the path it counts as one of a circle; where the path ends otherwise this is mended.
        while at != NONE && depths[at as usize] == OPEN {
            depths[at as usize] = NONE;
            path.push(at);
            at = above[at as usize];
        }
        let mut depth = match at {
            NONE => Some(0),
            at => Some(depths[at as usize]).filter(|depth| *depth != NONE).map(|depth| depth + 1),
        };
        while let Some(row) = path.pop() {
            if let Some(known) = depth {
                depths[row as usize] = known;
                depth = Some(known + 1);
            }
        }
    }
    depths
}

#[cfg(test)]
mod tests {
    use super::{NONE, depths};

    #[test]
    fn depths_are_steps_to_a_root_and_none_where_there_is_none() {
        // 0 ← 1 ← 2, 3 ← 4, 5 → 6 → 5 ← 7.
        assert_eq!(depths(&[NONE, 0, 1, NONE, 3, 6, 5, 5]), [0, 1, 2, 0, 1, NONE, NONE, NONE]);
        assert_eq!(depths(&[1, 2, NONE]), [2, 1, 0]);
    }
}
