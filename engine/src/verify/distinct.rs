//! Whether keys repeat, in memory that does not grow with the rows: the same answer as `GROUP BY … HAVING count(*) > 1`, to which a test holds it.
//!
//! Three ways, chosen by what a first reading sees and not by what is known of how rows were made: ascending keys are compared with their
//! neighbours; whole numbers in a narrow range are marked in a bit set; else hashes are sorted, part by part, and keys of equal hashes, which
//! are candidates and no more, are compared themselves.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use serde_json::{Map, Value};

use super::VerifyError;
use super::few::Few;
use super::reader::{KeyReader, Keys, Means, part_of, parts_for};
use super::rows::truth;
use super::source::Source;
use crate::expr::Expression;

/// Numbers of a bit set for each key that it is to hold.
const SPARSENESS: u64 = 64;

/// What a key that was counted costs beside its bytes.
const ENTRY_BYTES: u64 = 64;

/// Which keys are asked about.
#[derive(Clone)]
pub(super) struct Asked {
    /// Id of the statement, for errors.
    pub id: String,
    /// Columns of the source.
    pub columns: Vec<usize>,
    /// Limits the question to some rows.
    pub when: Option<Expression>,
}

/// The answer.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// Rows that were asked about.
    pub rows: u64,
    /// Those with a null in their key.
    pub nulls: u64,
    /// Rows with a key that an earlier row has.
    pub repeats: u64,
    /// Keys with a null.
    pub null_examples: Vec<Map<String, Value>>,
    /// Keys that repeat.
    pub examples: Vec<Map<String, Value>>,
}

impl Asked {
    fn reader(&self, source: &Source) -> Result<KeyReader, VerifyError> {
        let types: Vec<DataType> =
            self.columns.iter().map(|&column| source.schema().field(column).data_type().clone()).collect();
        KeyReader::new(self.columns.clone(), types).map_err(|error| self.wrong(&error))
    }

    fn names(&self, source: &Source) -> Vec<String> {
        self.columns.iter().map(|&column| source.schema().field(column).name().clone()).collect()
    }

    fn keys(&self, reader: &KeyReader, batch: &RecordBatch) -> Result<Keys, VerifyError> {
        let selected: Option<BooleanArray> = match &self.when {
            Some(when) => Some(truth(&self.id, when, batch.num_rows(), |column| Ok(Arc::clone(batch.column(column))))?),
            None => None,
        };
        reader.read(batch, selected.as_ref()).map_err(|error| self.wrong(&error))
    }

    fn wrong(&self, error: &ArrowError) -> VerifyError {
        VerifyError::sql(&self.id, error.to_string())
    }
}

/// Finds the keys that repeat.
pub(super) async fn repeats(source: &Source, asked: &Asked, means: &Means) -> Result<Repeats, VerifyError> {
    let reader = Arc::new(asked.reader(source)?);
    let survey = survey(source, asked, &reader).await?;
    let names = asked.names(source);
    let shown = |few: &Few<()>| reader.json(few.keys(), &names).map_err(|error| asked.wrong(&error));
    let mut answer = Repeats {
        rows: survey.rows + survey.nulls,
        nulls: survey.nulls,
        null_examples: shown(&survey.null_few)?,
        ..Repeats::default()
    };
    let (repeats, few) = if survey.ascending {
        (survey.repeats, survey.few)
    } else if let Some((least, span)) = survey.dense(means) {
        marked(source, asked, &reader, means, least, span).await?
    } else {
        hashed(source, asked, &reader, means, &survey).await?
    };
    answer.repeats = repeats;
    answer.examples = shown(&few)?;
    Ok(answer)
}

/// What a first reading sees.
struct Survey {
    /// Rows without a null.
    rows: u64,
    nulls: u64,
    null_few: Few<()>,
    bytes: u64,
    ascending: bool,
    /// Rows like the one before them, and their keys; complete where the keys ascend.
    repeats: u64,
    few: Few<()>,
    ends: Option<(Vec<u8>, Vec<u8>)>,
    /// Smallest and largest of whole numbers.
    range: Option<(i64, i64)>,
    integer: bool,
}

impl Survey {
    fn new() -> Survey {
        Survey {
            rows: 0,
            nulls: 0,
            null_few: Few::default(),
            bytes: 0,
            ascending: true,
            repeats: 0,
            few: Few::default(),
            ends: None,
            range: None,
            integer: true,
        }
    }

    /// The smallest number and how many a bit set would have to hold, where it is worth while.
    fn dense(&self, means: &Means) -> Option<(i64, u64)> {
        let (least, most) = self.range.filter(|_| self.integer)?;
        let span = most.abs_diff(least).checked_add(1)?;
        let fits = span <= self.rows.saturating_mul(SPARSENESS) && span / 8 < means.budget_bytes as u64;
        fits.then_some((least, span))
    }

    fn add(&mut self, reader: &KeyReader, keys: &Keys) -> Result<(), ArrowError> {
        self.nulls += keys.with_null.len() as u64;
        if !keys.with_null.is_empty() {
            for key in &reader.bytes(keys, &keys.with_null)? {
                self.null_few.offer(key.as_ref(), || ());
            }
        }
        if keys.rows.is_empty() || self.add_ascending(reader, keys)? {
            return Ok(());
        }
        self.rows += keys.rows.len() as u64;
        match keys.integers() {
            Some(numbers) if self.integer => {
                for &row in &keys.rows {
                    let number = numbers.value(row as usize);
                    let (least, most) = self.range.get_or_insert((number, number));
                    (*least, *most) = ((*least).min(number), (*most).max(number));
                }
            }
            _ => self.integer = false,
        }
        let bytes = reader.bytes(keys, &keys.rows)?;
        let first = bytes.row(0);
        let last = bytes.row(bytes.num_rows() - 1);
        if self.ascending {
            let before = self.ends.as_ref().map(|(_, last)| last.clone());
            let mut previous: Option<&[u8]> = before.as_deref();
            for index in 0..bytes.num_rows() {
                let key = bytes.row(index).data();
                if let Some(previous) = previous {
                    self.ascending &= previous <= key;
                    if previous == key {
                        self.repeats += 1;
                        self.few.offer(key, || ());
                    }
                }
                previous = Some(key);
            }
        }
        self.bytes += (0..bytes.num_rows()).map(|index| bytes.row(index).data().len() as u64).sum::<u64>();
        let ends = self.ends.get_or_insert_with(|| (first.data().to_vec(), Vec::new()));
        ends.1 = last.data().to_vec();
        Ok(())
    }

    /// Takes in keys that are whole numbers, each greater than all before, as those of most tables are; says whether they were such.
    fn add_ascending(&mut self, reader: &KeyReader, keys: &Keys) -> Result<bool, ArrowError> {
        let Some(numbers) = keys.integers().filter(|numbers| {
            self.ascending
                && self.integer
                && keys.rows.len() == numbers.len()
                && numbers.values().is_sorted_by(|a, b| a < b)
        }) else {
            return Ok(false);
        };
        let (Some(&first), Some(&last)) = (numbers.values().first(), numbers.values().last()) else { return Ok(false) };
        if self.range.is_some_and(|(_, most)| most >= first) {
            return Ok(false);
        }
        let ends = reader.bytes(keys, &[0, keys.rows.len() as u32 - 1])?;
        let [first_bytes, last_bytes] = [0, 1].map(|row| ends.row(row).data().to_vec());
        self.rows += keys.rows.len() as u64;
        self.bytes += keys.rows.len() as u64 * last_bytes.len() as u64;
        self.range = Some((self.range.map_or(first, |(least, _)| least), last));
        self.ends.get_or_insert_with(|| (first_bytes, Vec::new())).1 = last_bytes;
        Ok(true)
    }

    /// Takes in the survey of the partition that follows.
    fn merge(&mut self, next: Survey) {
        self.rows += next.rows;
        self.nulls += next.nulls;
        self.bytes += next.bytes;
        self.repeats += next.repeats;
        self.ascending &= next.ascending;
        self.integer &= next.integer;
        self.null_few.merge(next.null_few);
        self.few.merge(next.few);
        self.range = match (self.range, next.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        self.ends = match (self.ends.take(), next.ends) {
            (Some((first, end)), Some((start, last))) => {
                self.ascending &= end <= start;
                if end == start {
                    self.repeats += 1;
                    self.few.offer(&start, || ());
                }
                Some((first, last))
            }
            (one, other) => one.or(other),
        };
    }
}

async fn survey(source: &Source, asked: &Asked, reader: &Arc<KeyReader>) -> Result<Survey, VerifyError> {
    let (asked, reader) = (asked.clone(), Arc::clone(reader));
    let parts = source
        .fold_made(Survey::new, move |survey: &mut Survey, batch, _| {
            let keys = asked.keys(&reader, batch)?;
            survey.add(&reader, &keys).map_err(|error| asked.wrong(&error))
        })
        .await?;
    let mut whole = Survey::new();
    for part in parts {
        whole.merge(part.state);
    }
    Ok(whole)
}

/// By a bit for each number of the range.
async fn marked(
    source: &Source,
    asked: &Asked,
    reader: &Arc<KeyReader>,
    means: &Means,
    least: i64,
    span: u64,
) -> Result<(u64, Few<()>), VerifyError> {
    let words = usize::try_from(span.div_ceil(64)).unwrap_or(usize::MAX);
    let (_held, _) = means.take(span.div_ceil(8)).map_err(|error| VerifyError::memory(&asked.id, error))?;
    let marks: Arc<Vec<AtomicU64>> = Arc::new((0..words).map(|_| AtomicU64::new(0)).collect());
    let (asked, reader) = (asked.clone(), Arc::clone(reader));
    let parts = source
        .fold(<(u64, Few<()>)>::default, move |(repeats, few), batch, _| {
            let keys = asked.keys(&reader, batch)?;
            let Some(numbers) = keys.integers() else { return Ok(()) };
            let repeated: Vec<u32> = keys
                .rows
                .iter()
                .copied()
                .filter(|&row| {
                    let slot = numbers.value(row as usize).abs_diff(least);
                    let bit = 1 << (slot % 64);
                    let word = usize::try_from(slot / 64).ok().and_then(|word| marks.get(word));
                    word.is_some_and(|word| word.fetch_or(bit, Ordering::Relaxed) & bit != 0)
                })
                .collect();
            *repeats += repeated.len() as u64;
            if !repeated.is_empty() {
                let bytes = reader.bytes(&keys, &repeated).map_err(|error| asked.wrong(&error))?;
                bytes.iter().for_each(|key| few.offer(key.as_ref(), || ()));
            }
            Ok(())
        })
        .await?;
    let mut sum = (0, Few::default());
    for part in parts {
        sum.0 += part.state.0;
        sum.1.merge(part.state.1);
    }
    Ok(sum)
}

/// By sorted hashes, in as many readings as memory asks for.
async fn hashed(
    source: &Source,
    asked: &Asked,
    reader: &Arc<KeyReader>,
    means: &Means,
    survey: &Survey,
) -> Result<(u64, Few<()>), VerifyError> {
    let memory = |error| VerifyError::memory(&asked.id, error);
    let (mut repeats, mut few) = (0, Few::default());
    let bytes = survey.rows.saturating_mul(8);
    let (held, budget) = means.take(bytes).map_err(memory)?;
    // Shares of hashes are equal only about: several are made a little smaller than what they may fill.
    let parts = if bytes <= budget as u64 { 1 } else { parts_for(bytes + bytes / 8, budget) };
    for part in 0..parts {
        let hashes = hashes_of(source, asked, reader, means.hash, (part, parts), budget / 8).await?;
        let candidates = repeated(hashes);
        if candidates.is_empty() {
            continue;
        }
        let each = survey.bytes / survey.rows.max(1) + ENTRY_BYTES;
        let (_held, budget) = means.take((candidates.len() as u64).saturating_mul(each)).map_err(memory)?;
        let at_once = usize::try_from(budget as u64 / each).unwrap_or(usize::MAX).max(1);
        for candidates in candidates.chunks(at_once) {
            let settled = settled(source, asked, reader, means.hash, Arc::new(candidates.to_vec())).await?;
            for (key, times) in settled {
                if times > 1 {
                    repeats += times - 1;
                    few.offer(&key, || ());
                }
            }
        }
    }
    drop(held);
    Ok((repeats, few))
}

async fn hashes_of(
    source: &Source,
    asked: &Asked,
    reader: &Arc<KeyReader>,
    hash: fn(&[u8]) -> u64,
    (part, parts): (u64, u64),
    expected: usize,
) -> Result<Vec<u64>, VerifyError> {
    let hashes: Arc<Mutex<Vec<u64>>> = Arc::new(Mutex::new(Vec::with_capacity(expected)));
    let (asked, reader, all) = (asked.clone(), Arc::clone(reader), Arc::clone(&hashes));
    source
        .fold(Vec::new, move |hashes: &mut Vec<u64>, batch, _| {
            let keys = asked.keys(&reader, batch)?;
            let bytes = reader.bytes(&keys, &keys.rows).map_err(|error| asked.wrong(&error))?;
            hashes.extend(bytes.iter().map(|key| hash(key.as_ref())).filter(|&hash| part_of(hash, parts) == part));
            all.lock().unwrap_or_else(PoisonError::into_inner).append(hashes);
            Ok(())
        })
        .await?;
    Ok(std::mem::take(&mut *hashes.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// The hashes that stand more than once, ascending, each once.
fn repeated(mut hashes: Vec<u64>) -> Vec<u64> {
    hashes.sort_unstable();
    let mut kept = 0;
    for index in 1..hashes.len() {
        let hash = hashes[index];
        // What was kept lies before the index, so that the neighbour may have been overwritten only by itself or by an equal one.
        if hash == hashes[index - 1] && (kept == 0 || hashes[kept - 1] != hash) {
            hashes[kept] = hash;
            kept += 1;
        }
    }
    hashes.truncate(kept);
    hashes
}

/// How often each key occurs whose hash is among the candidates.
async fn settled(
    source: &Source,
    asked: &Asked,
    reader: &Arc<KeyReader>,
    hash: fn(&[u8]) -> u64,
    candidates: Arc<Vec<u64>>,
) -> Result<HashMap<Vec<u8>, u64>, VerifyError> {
    let counts: Arc<Mutex<HashMap<Vec<u8>, u64>>> = Arc::default();
    let (asked, reader, all) = (asked.clone(), Arc::clone(reader), Arc::clone(&counts));
    source
        .fold(
            || (),
            move |(), batch, _| {
                let keys = asked.keys(&reader, batch)?;
                let bytes = reader.bytes(&keys, &keys.rows).map_err(|error| asked.wrong(&error))?;
                let mut counts = all.lock().unwrap_or_else(PoisonError::into_inner);
                for key in &bytes {
                    let key = key.as_ref();
                    if candidates.binary_search(&hash(key)).is_err() {
                        continue;
                    }
                    match counts.get_mut(key) {
                        Some(count) => *count += 1,
                        None => {
                            counts.insert(key.to_vec(), 1);
                        }
                    }
                }
                Ok(())
            },
        )
        .await?;
    Ok(std::mem::take(&mut *counts.lock().unwrap_or_else(PoisonError::into_inner)))
}
