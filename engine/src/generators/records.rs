//! Records of the locale, such as places and products: one row of a table is drawn for each row of the dataset, and every attribute that a
//! column shows is a part of that one.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewArray};
use datafusion::arrow::datatypes::Int64Type;

use super::lists::{Draw, FromList, List, distinct, likely};
use super::text::{fits, nothing_fits};
use super::{Cells, Fill, Made, Problems, Rows, RunError};
use crate::plan::Context;
use crate::random::{Alias, Key};
use crate::types::LogicalType;

/// A table of the locale.
pub(super) struct Record {
    /// How likely each row is, in proportion.
    pub weights: Vec<f64>,
    /// What its rows show, the attribute that says most of a row first.
    pub parts: Vec<RecordPart>,
    /// What a row is, for a sentence.
    pub noun: &'static str,
}

/// A text of each row of a record, shown by the generator of that name.
pub(super) struct RecordPart {
    /// The generator.
    pub attribute: &'static str,
    /// A text for each row.
    pub texts: Vec<&'static str>,
}

/// As many parts of a record may be decided by other columns.
const MOST_ANCHORS: usize = 3;

/// A text that is in no row of the record.
const UNKNOWN: u32 = u32::MAX;

impl Record {
    /// Compiles the hidden attribute that holds the record's row: drawn by weight among the rows whose texts fit the columns that show them,
    /// and among those that have the texts of the columns that something else decides.
    pub fn made(mut self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        for part in &self.parts {
            let (min, max) = cx.lengths_of(&[part.attribute]);
            if min == 0 && max.is_none() {
                continue;
            }
            for (weight, text) in self.weights.iter_mut().zip(&part.texts) {
                if !fits(text, max) || text.chars().count() < min as usize {
                    *weight = 0.0;
                }
            }
        }
        let Some(anywhere) = Alias::new(&self.weights) else {
            return Err(vec![nothing_fits(format!("no {} here has the lengths of the columns", self.noun))]);
        };
        let mut anchors = Vec::new();
        for part in &self.parts {
            if anchors.len() == MOST_ANCHORS {
                break;
            }
            // What the first rows are given decides in them what belongs to it.
            let decides = match cx.fixed(part.attribute)? {
                Some(input) => Some(input),
                None => cx.given(part.attribute)?,
            };
            if let Some(input) = decides {
                anchors.push(Anchor::new(input, &part.texts));
            }
        }
        let key = cx.key("value");
        if anchors.is_empty() {
            return Ok(Made::drawn(LogicalType::Integer, DrawnRow { key, anywhere }));
        }
        let groups = groups(&anchors, &self.weights);
        let anchors = anchors.into_iter().map(|anchor| (anchor.input, anchor.ids)).collect();
        Ok(Made::drawn(LogicalType::Integer, AnchoredRow { key, anchors, groups, anywhere }))
    }
}

/// A row of the record by weight.
struct DrawnRow {
    key: Key,
    anywhere: Alias,
}

impl Fill for DrawnRow {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let words = cells.words(&self.key, rows).into_iter();
        Ok(Arc::new(Int64Array::from_iter_values(words.map(|word| self.anywhere.pick(word) as i64))))
    }
}

/// A column that decides a part of the record.
struct Anchor {
    input: usize,
    /// A number for each text.
    ids: HashMap<&'static str, u32>,
    /// The number of each row's text.
    rows: Vec<u32>,
}

impl Anchor {
    fn new(input: usize, texts: &[&'static str]) -> Anchor {
        let mut ids = HashMap::new();
        let rows = texts
            .iter()
            .map(|text| {
                let next = ids.len() as u32;
                *ids.entry(*text).or_insert(next)
            })
            .collect();
        Anchor { input, ids, rows }
    }
}

/// Rows of the record that share some texts.
enum Group {
    One(u32),
    Several(Vec<u32>, Alias),
}

type Texts = [u32; MOST_ANCHORS];

/// The rows of each combination of texts, and of each in which some are unknown.
fn groups(anchors: &[Anchor], weights: &[f64]) -> HashMap<Texts, Group> {
    let mut found: HashMap<Texts, (Vec<u32>, Vec<f64>)> = HashMap::new();
    for (row, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        for known in 1..1_usize << anchors.len() {
            let mut texts = [UNKNOWN; MOST_ANCHORS];
            for (at, anchor) in anchors.iter().enumerate() {
                if known >> at & 1 == 1 {
                    texts[at] = anchor.rows[row];
                }
            }
            let (rows, weights) = found.entry(texts).or_default();
            rows.push(row as u32);
            weights.push(*weight);
        }
    }
    let group = |(rows, weights): (Vec<u32>, Vec<f64>)| match Alias::new(&weights) {
        Some(alias) if rows.len() > 1 => Group::Several(rows, alias),
        _ => Group::One(rows[0]),
    };
    found.into_iter().map(|(texts, of)| (texts, group(of))).collect()
}

/// A row of the record that has the texts of other columns, as far as one has them all; later columns give way.
struct AnchoredRow {
    key: Key,
    /// An input, and the numbers of its texts.
    anchors: Vec<(usize, HashMap<&'static str, u32>)>,
    groups: HashMap<Texts, Group>,
    anywhere: Alias,
}

impl AnchoredRow {
    fn pick(&self, mut texts: Texts, word: u64) -> usize {
        for given in (0..self.anchors.len()).rev() {
            match self.groups.get(&texts) {
                Some(Group::One(row)) => return *row as usize,
                Some(Group::Several(rows, alias)) => return rows[alias.pick(word)] as usize,
                None => texts[given] = UNKNOWN,
            }
        }
        self.anywhere.pick(word)
    }
}

impl Fill for AnchoredRow {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut columns: Vec<(&StringViewArray, &HashMap<&str, u32>)> = Vec::with_capacity(self.anchors.len());
        for (input, ids) in &self.anchors {
            let texts = cells.inputs[*input].as_string_view_opt();
            columns.push((texts.ok_or_else(|| RunError::new("a part of a record that is no text"))?, ids));
        }
        let words = cells.words(&self.key, rows).into_iter().enumerate();
        Ok(Arc::new(Int64Array::from_iter_values(words.map(|(position, word)| {
            let mut texts = [UNKNOWN; MOST_ANCHORS];
            for (at, (column, ids)) in columns.iter().enumerate() {
                if column.is_valid(position) {
                    texts[at] = ids.get(column.value(position)).copied().unwrap_or(UNKNOWN);
                }
            }
            self.pick(texts, word) as i64
        }))))
    }
}

/// A column that shows a part of a record: a text of the row that the hidden attribute `record` holds, null where it is empty. Where the column's values are dealt or
/// put in by rules, they are drawn by `weights` and the record follows.
pub(super) fn part(
    cx: &mut Context<'_>,
    record: &str,
    texts: &[&'static str],
    weights: impl FnOnce() -> Vec<f64>,
    noun: &str,
) -> Result<Made, Problems> {
    let list = List::of_some_texts(texts.iter().map(|text| (!text.is_empty()).then_some(*text)));
    if !cx.is_fixed() {
        let row = cx.attribute(record)?;
        let (longest, domain) = (list.longest(), distinct(&list));
        let made = Made::computed(LogicalType::String, OfRecord { row, list });
        return Ok(Made { longest, ..made }.counted(domain));
    }
    let (min, max) = cx.lengths();
    let mut weights = weights();
    for (weight, text) in weights.iter_mut().zip(texts) {
        if text.is_empty() || !fits(text, max) || text.chars().count() < min as usize {
            *weight = 0.0;
        }
    }
    let Some(alias) = Alias::new(&weights) else {
        return Err(vec![nothing_fits(format!("no {noun} here has the lengths of the column"))]);
    };
    let domain = likely(&list, &weights);
    let longest = domain.list.longest();
    let fill = FromList { list, key: cx.key("value"), draw: Draw::Weighted(alias) };
    Ok(Made { longest, ..Made::drawn(LogicalType::String, fill) }.counted(domain))
}

/// A value of a list at the row of a record.
pub(super) struct OfRecord {
    /// The input that holds the row.
    pub row: usize,
    /// A value for each row of the record.
    pub list: List,
}

impl Fill for OfRecord {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        self.list.gather(record_rows(cells, self.row)?.iter().map(|row| *row as usize))
    }
}

/// The rows of a record that an input holds.
pub(super) fn record_rows<'c>(cells: &'c Cells<'_>, input: usize) -> Result<&'c [i64], RunError> {
    let rows = cells.inputs[input].as_primitive_opt::<Int64Type>();
    Ok(rows.ok_or_else(|| RunError::new("a record whose row is no number"))?.values())
}
