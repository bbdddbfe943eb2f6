//! Foreign keys: whether each exists in the parent, and how many children each parent has, in memory that does not grow with the rows.
//!
//! The parents' keys are held with a count each, as slots of a range where they are whole numbers lying close together, else themselves, found
//! by their hash; in as many parts, each with a reading of both tables, as memory asks for. Keys are compared themselves, never by hash alone:
//! the answer is that of `NOT EXISTS` and `GROUP BY`, to which a test holds it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::arrow::compute::{CastOptions, can_cast_types, cast_with_options};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use datafusion::logical_expr_common::type_coercion::binary::comparison_coercion;
use serde_json::{Map, Value};

use super::VerifyError;
use super::few::Few;
use super::reader::{KeyReader, Keys, Means, part_of, parts_for};
use super::source::Source;
use super::totals::selected;
use super::values;
use crate::expr::Expression;
use crate::schema::Children;

/// Slots of a range for each parent that it is to hold.
const SPARSENESS: u64 = 4;

/// Bytes of parents that may be held while the children's rows are made, when other statements hold theirs as well.
const LIGHT_BYTES: u64 = 16 << 20;

/// What a parent costs beside its key's bytes.
const ENTRY_BYTES: u64 = 32;

/// What is asked: whether the keys of one source exist in another.
pub(super) struct Asked<'a> {
    /// Id of the statement, for errors.
    pub id: &'a str,
    /// The referring rows: the key's columns first, then what examples show.
    pub children: &'a Source,
    /// The referenced rows: the key's columns.
    pub parents: &'a Source,
    /// Limits the referenced rows.
    pub limit: Option<Expression>,
    /// How many columns the key has.
    pub columns: usize,
    /// Columns of the children's source that an example shows, what tells rows apart first.
    pub shown: Vec<usize>,
    /// Bounds on the number of children.
    pub bounds: Option<&'a Children>,
}

/// The answer.
#[derive(Debug, Default)]
pub(super) struct Relation {
    /// Keys that are not null.
    pub keys: u64,
    /// Those that no parent has.
    pub orphans: u64,
    pub orphan_examples: Vec<Map<String, Value>>,
    /// Parents with different keys.
    pub parents: u64,
    /// Parents with too few or too many children.
    pub out_of_bounds: u64,
    pub bounds_examples: Vec<Map<String, Value>>,
}

/// Finds orphans, and parents outside the bounds.
pub(super) async fn relate(asked: &Asked<'_>, means: &Means) -> Result<Relation, VerifyError> {
    let types = common_types(asked)?;
    let reader = || KeyReader::new((0..asked.columns).collect(), types.clone());
    let reader = Arc::new(reader().map_err(|error| wrong(asked.id, &error))?);
    let survey = survey(asked, &reader).await?;
    let memory = |error| VerifyError::memory(asked.id, error);
    let mut relation = Relation::default();
    let mut orphans = Few::default();
    let mut bounds = Few::default();
    let dense = survey.dense();
    let bytes = match dense {
        Some((_, span)) => span.saturating_mul(4),
        None => survey.bytes.saturating_add(survey.rows.saturating_mul(ENTRY_BYTES)),
    };
    let (held, budget) = means.take(bytes).map_err(memory)?;
    let parts = if bytes <= budget as u64 { 1 } else { parts_for(bytes + bytes / 8, budget) };
    for part in 0..parts {
        let parents = match dense {
            Some((least, span)) => Parents::Slots(slots(asked, &reader, least, span, (part, parts)).await?),
            None => Parents::Index(index(asked, &reader, means.hash, (part, parts)).await?),
        };
        let parents = Arc::new(parents);
        count(asked, &reader, &parents, bytes <= LIGHT_BYTES, &mut relation, &mut orphans).await?;
        parents.judge(&reader, asked, &types, &mut relation, &mut bounds).map_err(|error| wrong(asked.id, &error))?;
    }
    drop(held);
    relation.orphan_examples = orphans.into_values();
    relation.bounds_examples = bounds.into_values();
    Ok(relation)
}

fn wrong(id: &str, error: &ArrowError) -> VerifyError {
    VerifyError::sql(id, error.to_string())
}

/// Types in which the keys of both sides are compared.
fn common_types(asked: &Asked<'_>) -> Result<Vec<DataType>, VerifyError> {
    let side = |source: &Source, column: usize| source.schema().field(column).data_type().clone();
    (0..asked.columns)
        .map(|column| {
            let (own, theirs) = (side(asked.children, column), side(asked.parents, column));
            common(&own, &theirs)
                .ok_or_else(|| VerifyError::sql(asked.id, format!("{own} and {theirs} cannot be compared")))
        })
        .collect()
}

pub(super) fn common(own: &DataType, theirs: &DataType) -> Option<DataType> {
    if own == theirs {
        return Some(own.clone());
    }
    let alike = (own.is_numeric() && theirs.is_numeric()) || (own.is_temporal() && theirs.is_temporal());
    let coerced = alike.then(|| comparison_coercion(own, theirs)).flatten();
    // Unlike values are compared as they are written.
    coerced.or_else(|| {
        let text = DataType::Utf8View;
        (can_cast_types(own, &text) && can_cast_types(theirs, &text)).then_some(text)
    })
}

/// What a first reading of the parents sees.
#[derive(Default)]
struct Survey {
    rows: u64,
    bytes: u64,
    range: Option<(i64, i64)>,
    other: bool,
}

impl Survey {
    /// The smallest number and how many slots the range has, where it is worth while.
    fn dense(&self) -> Option<(i64, u64)> {
        let (least, most) = self.range.filter(|_| !self.other)?;
        let span = most.abs_diff(least).checked_add(1)?;
        (span <= self.rows.saturating_mul(SPARSENESS).max(64)).then_some((least, span))
    }

    fn add(&mut self, reader: &KeyReader, keys: &Keys) -> Result<(), ArrowError> {
        self.rows += keys.rows.len() as u64;
        match keys.integers() {
            Some(numbers) => {
                for &row in &keys.rows {
                    let number = numbers.value(row as usize);
                    let (least, most) = self.range.get_or_insert((number, number));
                    (*least, *most) = ((*least).min(number), (*most).max(number));
                }
                self.bytes += 9 * keys.rows.len() as u64;
            }
            None => {
                self.other = true;
                self.bytes += reader.bytes(keys, &keys.rows)?.iter().map(|key| key.as_ref().len() as u64).sum::<u64>();
            }
        }
        Ok(())
    }
}

async fn survey(asked: &Asked<'_>, reader: &Arc<KeyReader>) -> Result<Survey, VerifyError> {
    let (id, reader, limit) = (asked.id.to_owned(), Arc::clone(reader), asked.limit.clone());
    let parts = asked
        .parents
        .fold(Survey::default, move |survey: &mut Survey, batch, _| {
            let selected = selected(&id, limit.as_ref(), batch)?;
            let keys = reader.read(batch, selected.as_ref()).map_err(|error| wrong(&id, &error))?;
            survey.add(&reader, &keys).map_err(|error| wrong(&id, &error))
        })
        .await?;
    let mut whole = Survey::default();
    for part in parts.into_iter().map(|part| part.state) {
        whole.rows += part.rows;
        whole.bytes += part.bytes;
        whole.other |= part.other;
        whole.range = match (whole.range, part.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
    }
    Ok(whole)
}

/// The parents of a part, with the number of children of each.
enum Parents {
    Slots(Slots),
    Index(Index),
}

/// Parents whose keys are whole numbers: 0 for a number that is none, else one more than its children.
struct Slots {
    /// The number of the first slot.
    least: i64,
    slots: Vec<AtomicU32>,
    /// Whether keys outside all parts are counted here as orphans: they belong to one part.
    first: bool,
    /// The range of all parts.
    whole: (i64, u64),
}

/// Parents of any keys, ascending by hash and bytes.
struct Index {
    hash: fn(&[u8]) -> u64,
    part: (u64, u64),
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Where the entries of each of as many equal shares of the part's hashes start, so that one is found without a search.
    starts: Vec<u32>,
    counts: Vec<AtomicU32>,
}

#[derive(Clone, Copy)]
struct Entry {
    hash: u64,
    start: usize,
    length: u32,
}

async fn slots(
    asked: &Asked<'_>,
    reader: &Arc<KeyReader>,
    least: i64,
    span: u64,
    (part, parts): (u64, u64),
) -> Result<Slots, VerifyError> {
    let each = span.div_ceil(parts);
    let start = (each * part).min(span);
    let length = usize::try_from(each.min(span - start)).unwrap_or(usize::MAX);
    let slots = Arc::new(Slots {
        least: least.wrapping_add_unsigned(start),
        slots: (0..length).map(|_| AtomicU32::new(0)).collect(),
        first: part == 0,
        whole: (least, span),
    });
    let (id, reader, marked) = (asked.id.to_owned(), Arc::clone(reader), Arc::clone(&slots));
    let limit = asked.limit.clone();
    asked
        .parents
        .fold(
            || (),
            move |(), batch, _| {
                let selected = selected(&id, limit.as_ref(), batch)?;
                let keys = reader.read(batch, selected.as_ref()).map_err(|error| wrong(&id, &error))?;
                let Some(numbers) = keys.integers() else { return Ok(()) };
                for &row in &keys.rows {
                    if let Some(slot) = marked.slot(numbers.value(row as usize)) {
                        slot.store(1, Ordering::Relaxed);
                    }
                }
                Ok(())
            },
        )
        .await?;
    Ok(Arc::into_inner(slots).expect("the reading that shared the slots has ended"))
}

impl Slots {
    fn slot(&self, number: i64) -> Option<&AtomicU32> {
        let slot = number.checked_sub(self.least)?;
        self.slots.get(usize::try_from(slot).ok()?)
    }

    fn is_outside(&self, number: i64) -> bool {
        let (least, span) = self.whole;
        number < least || number.abs_diff(least) >= span
    }
}

async fn index(
    asked: &Asked<'_>,
    reader: &Arc<KeyReader>,
    hash: fn(&[u8]) -> u64,
    (part, parts): (u64, u64),
) -> Result<Index, VerifyError> {
    let gathered: Arc<Mutex<(Vec<u8>, Vec<Entry>)>> = Arc::default();
    let (id, reader, all) = (asked.id.to_owned(), Arc::clone(reader), Arc::clone(&gathered));
    let limit = asked.limit.clone();
    asked
        .parents
        .fold(
            || (),
            move |(), batch, _| {
                let selected = selected(&id, limit.as_ref(), batch)?;
                let keys = reader.read(batch, selected.as_ref()).map_err(|error| wrong(&id, &error))?;
                let keys = reader.bytes(&keys, &keys.rows).map_err(|error| wrong(&id, &error))?;
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                let (bytes, entries) = &mut *all;
                for key in &keys {
                    let key = key.as_ref();
                    let hash = hash(key);
                    if part_of(hash, parts) == part {
                        let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
                        entries.push(Entry { hash, start: bytes.len(), length });
                        bytes.extend_from_slice(key);
                    }
                }
                Ok(())
            },
        )
        .await?;
    let (bytes, mut entries) = std::mem::take(&mut *gathered.lock().unwrap_or_else(PoisonError::into_inner));
    let key = |entry: &Entry| &bytes[entry.start..entry.start + entry.length as usize];
    entries.sort_unstable_by(|a, b| a.hash.cmp(&b.hash).then_with(|| key(a).cmp(key(b))));
    entries.dedup_by(|a, b| a.hash == b.hash && key(a) == key(b));
    let counts = entries.iter().map(|_| AtomicU32::new(0)).collect();
    let mut starts = vec![0_u32; entries.len() + 1];
    for entry in &entries {
        starts[share(entry.hash, parts, entries.len()) + 1] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    Ok(Index { hash, part: (part, parts), bytes, entries, starts, counts })
}

/// Which of `shares` equal shares of its part's hashes a hash belongs to; it ascends with the hash.
fn share(hash: u64, parts: u64, shares: usize) -> usize {
    let within = hash.wrapping_mul(parts);
    ((u128::from(within) * shares as u128) >> 64) as usize
}

impl Index {
    fn key(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.start..entry.start + entry.length as usize]
    }

    fn find(&self, hash: u64, key: &[u8]) -> Option<&AtomicU32> {
        let share = share(hash, self.part.1, self.entries.len());
        let (start, end) = (*self.starts.get(share)? as usize, *self.starts.get(share + 1)? as usize);
        let found = (start..end).find(|&at| self.entries[at].hash == hash && self.key(&self.entries[at]) == key)?;
        self.counts.get(found)
    }
}

/// One more child; the count stops where it can hold no more.
fn increment(count: &AtomicU32) {
    let _ = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_add(1));
}

/// Reads the children once: counts those whose parent is in this part, keeps those that have none.
async fn count(
    asked: &Asked<'_>,
    reader: &Arc<KeyReader>,
    parents: &Arc<Parents>,
    is_light: bool,
    relation: &mut Relation,
    orphans: &mut Few<Map<String, Value>>,
) -> Result<(), VerifyError> {
    #[derive(Default)]
    struct Found {
        keys: u64,
        orphans: u64,
        few: Few<Map<String, Value>>,
    }
    let (id, reader, parents) = (asked.id.to_owned(), Arc::clone(reader), Arc::clone(parents));
    let shown = asked.shown.clone();
    let told: Vec<DataType> =
        shown.iter().map(|&column| asked.children.schema().field(column).data_type().clone()).collect();
    let tell = KeyReader::new(shown.clone(), told).map_err(|error| wrong(asked.id, &error))?;
    let step = move |found: &mut Found, batch: &RecordBatch, _| {
        let read = |error| wrong(&id, &error);
        let keys = reader.read(batch, None).map_err(read)?;
        let (seen, missing) = parents.see(&reader, &keys).map_err(read)?;
        found.keys += seen;
        found.orphans += missing.len() as u64;
        if !missing.is_empty() {
            let rows = tell.read(batch, None).map_err(read)?;
            let bytes = tell.bytes(&rows, &missing).map_err(read)?;
            for (key, &row) in bytes.iter().zip(&missing) {
                found.few.offer(key.as_ref(), || {
                    let value = |&column: &usize| {
                        let name = batch.schema_ref().field(column).name().clone();
                        (name, values::json(batch.column(column), row as usize))
                    };
                    shown.iter().map(value).collect()
                });
            }
        }
        Ok(())
    };
    let parts = match is_light {
        true => asked.children.fold_made(Found::default, step).await?,
        false => asked.children.fold_late(Found::default, step).await?,
    };
    for part in parts {
        relation.keys += part.state.keys;
        relation.orphans += part.state.orphans;
        orphans.merge(part.state.few);
    }
    Ok(())
}

impl Parents {
    /// Counts the children of a batch that belong to this part: how many, and which rows of them have no parent.
    fn see(&self, reader: &KeyReader, keys: &Keys) -> Result<(u64, Vec<u32>), ArrowError> {
        let (mut seen, mut missing) = (0, Vec::new());
        match self {
            Parents::Slots(slots) => {
                let Some(numbers) = keys.integers() else { return Ok((0, missing)) };
                for &row in &keys.rows {
                    let number = numbers.value(row as usize);
                    match slots.slot(number) {
                        Some(slot) => {
                            seen += 1;
                            match slot.load(Ordering::Relaxed) {
                                0 => missing.push(row),
                                _ => increment(slot),
                            }
                        }
                        None if slots.first && slots.is_outside(number) => {
                            seen += 1;
                            missing.push(row);
                        }
                        None => {}
                    }
                }
            }
            Parents::Index(index) => {
                let bytes = reader.bytes(keys, &keys.rows)?;
                for (key, &row) in bytes.iter().zip(&keys.rows) {
                    let hash = (index.hash)(key.as_ref());
                    if part_of(hash, index.part.1) != index.part.0 {
                        continue;
                    }
                    seen += 1;
                    match index.find(hash, key.as_ref()) {
                        Some(count) => increment(count),
                        None => missing.push(row),
                    }
                }
            }
        }
        Ok((seen, missing))
    }

    /// Counts the parents of this part, and those with too few or too many children.
    fn judge(
        &self,
        reader: &KeyReader,
        asked: &Asked<'_>,
        types: &[DataType],
        relation: &mut Relation,
        few: &mut Few<Map<String, Value>>,
    ) -> Result<(), ArrowError> {
        let names: Vec<String> =
            asked.parents.schema().fields().iter().take(asked.columns).map(|field| field.name().clone()).collect();
        let (min, max) = asked.bounds.map_or((0, None), |bounds| (bounds.min.unwrap_or(0), bounds.max));
        let is_outside = |children: u32| u64::from(children) < min || max.is_some_and(|max| u64::from(children) > max);
        let mut failed = None;
        let mut offer = |order: &[u8], children: u32, key: &dyn Fn() -> Result<Map<String, Value>, ArrowError>| {
            relation.out_of_bounds += 1;
            few.offer(order, || {
                let mut example = key().unwrap_or_else(|error| {
                    failed = Some(error);
                    Map::new()
                });
                example.insert("children".to_owned(), children.into());
                example
            });
        };
        let mut parents = 0;
        match self {
            Parents::Slots(slots) => {
                for (number, slot) in (slots.least..).zip(&slots.slots) {
                    let Some(children) = slot.load(Ordering::Relaxed).checked_sub(1) else { continue };
                    parents += 1;
                    if is_outside(children) {
                        let order = (number as u64 ^ 1 << 63).to_be_bytes();
                        offer(&order, children, &|| number_json(number, &types[0], &names));
                    }
                }
            }
            Parents::Index(index) => {
                for (entry, count) in index.entries.iter().zip(&index.counts) {
                    parents += 1;
                    let children = count.load(Ordering::Relaxed);
                    if is_outside(children) {
                        let key = index.key(entry);
                        offer(key, children, &|| {
                            Ok(reader.json(std::iter::once(key), &names)?.pop().unwrap_or_default())
                        });
                    }
                }
            }
        }
        relation.parents += parents;
        failed.map_or(Ok(()), Err)
    }
}

/// A whole number as the value of a type that it stands for.
fn number_json(number: i64, kind: &DataType, names: &[String]) -> Result<Map<String, Value>, ArrowError> {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![number]));
    let value = cast_with_options(&numbers, kind, &CastOptions::default())?;
    Ok(names.iter().map(|name| (name.clone(), values::json(&value, 0))).collect())
}
