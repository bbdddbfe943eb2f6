//! Words and sentences of the locale's language, and the column that many short texts are written into.

mod sentence;

pub use sentence::Sentence;
pub(super) mod paragraph;

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringViewArray, make_view};
use datafusion::arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lists::from_locale;
use super::shape::{Factor, Shape};
use super::{Cells, Countable, Fill, Generator, Made, Problems, Rows, RunError};
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::{Alias, Cell, Key};
use crate::types::LogicalType;

/// Texts written one after another into one buffer, and the views on it.
pub(super) struct TextColumn {
    bytes: String,
    /// Where the text that is being written starts.
    start: usize,
    views: Vec<u128>,
    nulls: Vec<usize>,
    full: Vec<Buffer>,
}

/// Texts up to so many bytes lie in their view.
const INLINE: usize = 12;

/// A buffer is closed beyond so many bytes: offsets are read as 32-bit signed numbers by some readers.
const BUFFER_BYTES: usize = 1 << 30;

impl TextColumn {
    /// An empty column with room for so many texts of about so many bytes.
    pub fn with_capacity(texts: usize, bytes_each: usize) -> TextColumn {
        TextColumn {
            bytes: String::with_capacity(texts * bytes_each),
            start: 0,
            views: Vec::with_capacity(texts),
            nulls: Vec::new(),
            full: Vec::new(),
        }
    }

    /// Where the next text is appended; what stands there already is not to be touched.
    #[inline]
    pub fn out(&mut self) -> &mut String {
        &mut self.bytes
    }

    /// Closes the text that was appended.
    #[inline(always)]
    pub fn end(&mut self) {
        let text = &self.bytes.as_bytes()[self.start..];
        match text.first_chunk::<4>() {
            Some(prefix) if text.len() > INLINE => {
                // As `make_view` has it, which is no function for a loop.
                let head = u64::from(u32::from_le_bytes(*prefix)) << 32 | text.len() as u64;
                let place = u64::from(self.start as u32) << 32 | self.full.len() as u64;
                self.views.push(u128::from(place) << 64 | u128::from(head));
                self.start = self.bytes.len();
                if self.start > BUFFER_BYTES {
                    self.close_buffer();
                }
            }
            _ => self.end_inline(),
        }
    }

    /// Moves the text that was appended into its view.
    #[inline]
    fn end_inline(&mut self) {
        let text = &self.bytes.as_bytes()[self.start..];
        self.views.push(make_view(text, self.full.len() as u32, self.start as u32));
        self.bytes.truncate(self.start);
    }

    #[cold]
    fn close_buffer(&mut self) {
        self.full.push(Buffer::from_vec(std::mem::take(&mut self.bytes).into_bytes()));
        self.start = 0;
    }

    /// Drops what was appended and puts a null in its place.
    pub fn end_null(&mut self) {
        self.bytes.truncate(self.start);
        self.nulls.push(self.views.len());
        self.views.push(0);
    }

    /// The column.
    pub fn finish(mut self) -> StringViewArray {
        if !self.bytes.is_empty() {
            self.full.push(Buffer::from_vec(self.bytes.into_bytes()));
        }
        let nulls = (!self.nulls.is_empty()).then(|| {
            let mut valid = vec![true; self.views.len()];
            for null in &self.nulls {
                valid[*null] = false;
            }
            NullBuffer::from(valid)
        });
        // SAFETY: each view was made of a run of whole characters of a `String`, which became the buffer that the view names, with that
        // run at the view's offset; a null's view is that of an empty text.
        unsafe { StringViewArray::new_unchecked(ScalarBuffer::from(self.views), self.full, nulls) }
    }
}

/// A problem that says that nothing of a list has the column's lengths.
pub(super) fn nothing_fits(detail: impl Into<String>) -> Problem {
    Problem::new("nothing_fits", detail).remedy("widen min_length and max_length")
}

/// The characters of a text, counted only where its bytes leave a doubt.
pub(super) fn fits(text: &str, max: Option<u32>) -> bool {
    max.is_none_or(|max| text.len() <= max as usize || text.chars().count() <= max as usize)
}

/// How many words a text has: always as many, or any number between two.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum WordCount {
    /// Always as many.
    Exactly(#[schemars(range(min = 1, max = 1000))] u32),
    /// Any number between two, each equally likely.
    Between(WordSpan),
}

/// The ends of a number of words.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WordSpan {
    /// Fewest words.
    #[schemars(range(min = 1, max = 1000))]
    min: u32,
    /// Most words.
    #[schemars(range(min = 1, max = 1000))]
    max: u32,
}

/// The most words of a text.
const MOST_WORDS: u32 = 1_000;

/// Refuses a number of words that cannot be; `min` and `max` are where their problems stand.
fn check_words(min: (u32, &str), max: (u32, &str)) -> Result<(), Problems> {
    for (words, place) in [min, max] {
        if words == 0 || words > MOST_WORDS {
            let detail = format!("a text of {words} words is not between 1 and {MOST_WORDS} words long");
            return Err(vec![Problem::new("out_of_range", detail).at(place)]);
        }
    }
    if max.0 < min.0 {
        return Err(vec![
            Problem::new("empty_interval", format!("{} is below min {}", max.0, min.0))
                .at(max.1)
                .propose(min.0)
                .param("max", max.0)
                .param("min", min.0),
        ]);
    }
    Ok(())
}

/// Words of the locale's language, in lower case, usual ones more often; several are joined by spaces.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// How many words: a number, or `{min, max}`; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<WordCount>,
}

impl Generator for Word {
    const EXAMPLE: &'static str = "{type: word, count: 2}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (min, max) = match &self.count {
            None => (1, 1),
            Some(WordCount::Exactly(count)) => {
                check_words((*count, "/count"), (*count, "/count"))?;
                (*count, *count)
            }
            Some(WordCount::Between(span)) => {
                check_words((span.min, "/count/min"), (span.max, "/count/max"))?;
                (span.min, span.max)
            }
        };
        let list = cx.locale().words();
        if max == 1 {
            return from_locale(cx, list);
        }
        let limit = cx.lengths().1;
        let mut texts = Vec::with_capacity(list.len());
        let mut weights = Vec::with_capacity(list.len());
        for (text, weight) in list.values.iter().zip(&list.weights).filter(|(text, _)| fits(text, limit)) {
            texts.push(*text);
            weights.push(*weight as f64);
        }
        let alias = Alias::new(&weights).ok_or_else(|| {
            vec![nothing_fits(format!("no word here has at most {} characters", limit.unwrap_or(u32::MAX)))]
        })?;
        let longest = texts.iter().map(|text| text.chars().count() as u64).max().unwrap_or(0);
        let joint = if cx.locale().spaced() { " " } else { "" };
        let joints = joint.len() as u64;
        let longest = (longest + joints) * u64::from(max) - joints;
        let domain = WordTexts { words: texts.clone(), weights, min, max };
        let fill = Words { key: cx.key("value"), words: texts, alias, joint, min, max, limit };
        let made = Made::drawn(LogicalType::String, fill);
        if joint.is_empty() {
            // Two choices of words may give one text.
            return Ok(Made { longest: Some(limit.map_or(longest, |limit| longest.min(u64::from(limit)))), ..made });
        }
        // What is cut to fit may repeat, so only texts that fit as they are can be counted.
        Ok(match limit.map(u64::from) {
            Some(limit) if longest > limit => Made { longest: Some(limit), ..made },
            _ => Made { longest: Some(longest), ..made }.counted(domain),
        })
    }
}

struct Words {
    key: Key,
    words: Vec<&'static str>,
    alias: Alias,
    /// What stands between two words.
    joint: &'static str,
    min: u32,
    max: u32,
    /// The most characters.
    limit: Option<u32>,
}

impl Fill for Words {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let mut column = TextColumn::with_capacity(rows.len(), 7 * self.max.min(16) as usize);
        for row in rows.iter() {
            let mut cell = key.cell(row);
            let count = between(&mut cell, self.min, self.max);
            let out = column.out();
            let mut room = self.limit;
            for index in 0..count {
                let word = self.words[self.alias.pick(cell.next())];
                if let Some(left) = room {
                    let joints = if index > 0 { self.joint.len() } else { 0 };
                    let length = (word.chars().count() + joints) as u32;
                    let Some(after) = left.checked_sub(length) else { break };
                    room = Some(after);
                }
                if index > 0 {
                    out.push_str(self.joint);
                }
                out.push_str(word);
            }
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

fn between(cell: &mut Cell, min: u32, max: u32) -> u32 {
    if min == max { min } else { min + cell.below(u64::from(max - min) + 1) as u32 }
}

/// All texts of `min` to `max` words, the shortest first. Words hold no spaces, so no text has two positions.
struct WordTexts {
    words: Vec<&'static str>,
    weights: Vec<f64>,
    min: u32,
    max: u32,
}

impl WordTexts {
    fn count_of(&self, words: u32) -> u128 {
        (self.words.len() as u128).saturating_pow(words)
    }
}

impl Countable for WordTexts {
    fn count(&self) -> u128 {
        (self.min..=self.max).fold(0, |total, words| total.saturating_add(self.count_of(words)))
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let mut column = TextColumn::with_capacity(positions.len(), 7 * self.max.min(16) as usize);
        let radix = self.words.len() as u128;
        for position in positions {
            let (words, mut rank) = by_length(*position, self.min, self.max, |words| self.count_of(words));
            for index in 0..words {
                if index > 0 {
                    column.out().push(' ');
                }
                column.out().push_str(self.words[(rank % radix) as usize]);
                rank /= radix;
            }
            column.end();
        }
        Arc::new(column.finish())
    }

    fn shape(&self) -> Option<Shape> {
        if self.count() > 1 << 62 {
            return None;
        }
        // Every number of words is equally likely.
        let of_length = |words: u32| Shape::product(vec![Factor::of_weights(&self.weights); words as usize]);
        Some((self.min + 1..=self.max).fold(of_length(self.min), |shape, words| shape.then(1.0, of_length(words), 1.0)))
    }
}

/// The number of words at a position among texts that stand by length, and the rank among those of that length.
fn by_length(mut rank: u128, min: u32, max: u32, count: impl Fn(u32) -> u128) -> (u32, u128) {
    let mut words = min;
    while words < max {
        let of_this_length = count(words);
        if rank < of_this_length {
            break;
        }
        rank -= of_this_length;
        words += 1;
    }
    (words, rank)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Array, AsArray};

    use super::*;

    #[test]
    fn a_column_of_texts_holds_short_and_long_ones_and_nulls() {
        let mut column = TextColumn::with_capacity(5, 8);
        let written = ["", "twelve bytes", "thirteen byte", "más de trece letras"];
        for text in written {
            column.out().push_str(text);
            column.end();
        }
        column.out().push_str("dropped, however long it is");
        column.end_null();
        column.out().push_str("the last one stands");
        column.end();
        let array = column.finish();
        assert_eq!(array.iter().take(4).flatten().collect::<Vec<_>>(), written);
        assert!(array.is_null(4));
        assert_eq!(array.value(5), "the last one stands");
        StringViewArray::try_new(array.views().clone(), array.data_buffers().to_vec(), array.nulls().cloned())
            .expect("views that hold for every reader");
    }

    #[test]
    fn texts_of_several_words_are_all_different() {
        let texts = WordTexts { words: vec!["a", "b", "c"], weights: vec![3.0, 2.0, 1.0], min: 1, max: 3 };
        assert_eq!(texts.count(), 3 + 9 + 27);
        let all = texts.unrank(&(0..texts.count()).collect::<Vec<_>>());
        let distinct: std::collections::HashSet<&str> = all.as_string_view().iter().flatten().collect();
        assert_eq!(distinct.len(), 39);
    }
}
