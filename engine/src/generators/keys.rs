//! Identifiers and codes.

mod check_digit;
mod hashes;
mod timed;

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, Int64Array, StringViewBuilder};
use datafusion::arrow::datatypes::UInt64Type;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::check_digit::CheckDigit;
pub use self::hashes::{Bytes, HashOf};
pub use self::timed::{Ulid, UuidV7};
use super::{Cells, Countable, Fill, Generator, Made, Problems, Progression, Rows, RunError};
use crate::automaton::{Automaton, Mask};
use crate::plan::{Context, below};
use crate::problem::Problem;
use crate::random::{Cell, Key};
use crate::types::LogicalType;

type Text = std::string::String;

/// Whole numbers in steps, from the first row on, or within each group of `per`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// The first value; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    /// Distance of the values, not 0; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<i64>,
    /// Makes text of so many digits, with zeros before the number; a number when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 18))]
    padding: Option<u32>,
    /// Columns within whose groups it starts anew; the whole table when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    per: Vec<Text>,
}

impl Generator for Sequence {
    const EXAMPLE: &'static str = "{type: sequence, start: 1000, step: 10}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (start, step) = (self.start.unwrap_or(1), self.step.unwrap_or(1));
        if step == 0 {
            return Err(vec![Problem::new("too_small", "a step of 0 never leaves the start").at("/step")]);
        }
        let rows = cx.rows()?;
        let last = i128::from(start) + i128::from(step) * i128::from(rows.saturating_sub(1));
        if i64::try_from(last).is_err() {
            return Err(vec![
                Problem::new("too_large", format!("the last of {rows} values would be {last}, beyond 64 bits"))
                    .at("/start"),
            ]);
        }
        let index = if self.per.is_empty() { None } else { Some(cx.index_per(&self.per)?) };
        let padding = self.padding.map(|padding| padding as usize);
        let logical = if padding.is_some() { LogicalType::String } else { LogicalType::Integer };
        let longest = i64::try_from(last)
            .map(|last| last.to_string().len().max(start.to_string().len()).max(padding.unwrap_or(0)) as u64);
        let made = Made::computed(logical, Numbers { start, step, padding, index });
        let made = Made { longest: longest.ok(), ..made };
        Ok(if self.per.is_empty() { made.all_distinct() } else { made })
    }

    fn distinct_per(&self) -> Option<&[Text]> {
        Some(&self.per)
    }
}

struct Numbers {
    start: i64,
    step: i64,
    padding: Option<usize>,
    index: Option<usize>,
}

impl Fill for Numbers {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let number = |place: u64| self.start.wrapping_add(self.step.wrapping_mul(place as i64));
        let numbers: Vec<i64> = match self.index {
            None => rows.iter().map(number).collect(),
            Some(input) => {
                cells.inputs[input].as_primitive::<UInt64Type>().values().iter().map(|place| number(*place)).collect()
            }
        };
        Ok(match self.padding {
            None => Arc::new(Int64Array::from(numbers)),
            Some(width) => {
                let mut texts = StringViewBuilder::with_capacity(numbers.len());
                for number in numbers {
                    // The sign stands before the zeros and counts as a digit.
                    texts.append_value(format!("{number:0width$}"));
                }
                Arc::new(texts.finish())
            }
        })
    }

    fn progression(&self) -> Option<Progression> {
        (self.padding.is_none() && self.index.is_none()).then_some(Progression { start: self.start, step: self.step })
    }
}

/// A random UUID of version 4 (RFC 9562); no two rows are alike.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UuidV4 {}

impl Generator for UuidV4 {
    const EXAMPLE: &'static str = "{type: uuid_v4}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let fill = Uuids { high: cx.key("value"), low: cx.key("component") };
        Ok(Made::computed(LogicalType::Uuid, fill).all_distinct())
    }

    fn distinct_per(&self) -> Option<&[Text]> {
        Some(&[])
    }
}

/// All 64 bits of one word and 58 of another: the word is a bijection of the row, so rows differ by construction.
struct Uuids {
    high: Key,
    low: Key,
}

impl Fill for Uuids {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let (first, second) = (cells.words(&self.high, rows), cells.words(&self.low, rows));
        let mut bytes = Vec::with_capacity(rows.len() * 16);
        for (a, b) in first.into_iter().zip(second) {
            // Twelve bits of `a` stand behind the version, its last four behind the variant and two bits of `b`.
            let high = (a >> 16 << 16) | 0x4000 | (a >> 4 & 0x0FFF);
            let low = (0b10 << 62) | ((a & 0xF) << 58) | (b & 0x03FF_FFFF_FFFF_FFFF);
            bytes.extend_from_slice(&high.to_be_bytes());
            bytes.extend_from_slice(&low.to_be_bytes());
        }
        FixedSizeBinaryArray::try_new(16, bytes.into(), None)
            .map(|array| Arc::new(array) as ArrayRef)
            .map_err(|error| RunError::new(error.to_string()))
    }
}

/// Text of a fixed shape: # a digit, @ a lower and ^ an upper case letter, * a letter or digit; \ takes the next character as it is.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// The shape.
    mask: Text,
}

impl Generator for Pattern {
    const EXAMPLE: &'static str = "{type: pattern, mask: \"^^-####\"}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        masked(cx, &self.mask, "/mask")
    }
}

/// Texts of a mask; its problems stand at a place.
pub(super) fn masked(cx: &Context<'_>, mask: &str, place: &str) -> Result<Made, Problems> {
    let mask = Mask::new(mask).map_err(|error| vec![Problem::new("pattern", error.to_string()).at(place)])?;
    let longest = mask.length() as u64;
    Ok(Strings { of: Arc::new(mask), key: cx.key("value") }.made(Some(longest)))
}

/// Text that a regular expression matches; where the strings can be counted, each is equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Regex {
    /// The regular expression, in Rust's syntax without look-around.
    pattern: Text,
    /// How often `*`, `+` and `{n,}` repeat beyond their least; 8 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    max_repeat: Option<u32>,
}

impl Generator for Regex {
    const EXAMPLE: &'static str = "{type: regex, pattern: \"[A-Z]{2}[0-9]{3}\"}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let automaton = Automaton::new(&self.pattern, self.max_repeat.unwrap_or(8))
            .map_err(|error| vec![Problem::new("pattern", error.to_string()).at("/pattern")])?;
        let longest = automaton.max_len() as u64;
        Ok(Strings { of: Arc::new(automaton), key: cx.key("value") }.made(Some(longest)))
    }
}

/// Random text of some length over an alphabet; each length is equally likely, and each text of a length.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct String {
    /// Shortest text; 8 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<u32>,
    /// Longest text; the shortest when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 65_535))]
    max: Option<u32>,
    /// The characters, each once; letters and digits when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alphabet: Option<Text>,
}

const LETTERS_AND_DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Generator for String {
    const EXAMPLE: &'static str = "{type: string, min: 6, max: 10, alphabet: abcdef}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let min = self.min.unwrap_or(8);
        let max = self.max.unwrap_or(min.max(8));
        if max < min {
            return Err(vec![
                Problem::new("empty_interval", format!("{max} is below min {min}"))
                    .at("/max")
                    .propose(min)
                    .param("max", max)
                    .param("min", min),
            ]);
        }
        let alphabet: Vec<char> = self.alphabet.as_deref().unwrap_or(LETTERS_AND_DIGITS).chars().collect();
        if alphabet.is_empty() {
            return Err(vec![Problem::new("empty_list", "the alphabet is empty").at("/alphabet")]);
        }
        let mut sorted = alphabet.clone();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(vec![Problem::new("repeated_name", format!("{:?} stands twice", pair[0])).at("/alphabet")]);
        }
        let (least, most) = cx.lengths();
        let (low, high) = (min.max(least), most.map_or(max, |most| max.min(most)));
        if low > high {
            return Err(vec![Problem::new("nothing_fits", "no length fits min_length and max_length").at("/max")]);
        }
        Ok(Strings { of: Arc::new(Letters { min: low, max: high, alphabet }), key: cx.key("value") }
            .made(Some(u64::from(high))))
    }
}

/// Texts of several lengths over an alphabet.
struct Letters {
    min: u32,
    max: u32,
    alphabet: Vec<char>,
}

/// Texts that can be numbered, or at least drawn.
trait Language: Send + Sync + 'static {
    fn count(&self) -> Option<u128>;
    fn unrank(&self, rank: u128, out: &mut Text);
    fn draw(&self, cell: &mut Cell, out: &mut Text);
}

impl Language for Mask {
    fn count(&self) -> Option<u128> {
        Mask::count(self)
    }

    fn unrank(&self, rank: u128, out: &mut Text) {
        Mask::unrank(self, rank, out);
    }

    fn draw(&self, cell: &mut Cell, out: &mut Text) {
        Mask::draw(self, cell, out);
    }
}

impl Language for Automaton {
    fn count(&self) -> Option<u128> {
        Automaton::count(self)
    }

    fn unrank(&self, rank: u128, out: &mut Text) {
        Automaton::unrank(self, rank, out);
    }

    fn draw(&self, cell: &mut Cell, out: &mut Text) {
        Automaton::draw(self, cell, out);
    }
}

impl Language for Letters {
    fn count(&self) -> Option<u128> {
        let letters = self.alphabet.len() as u128;
        (self.min..=self.max).try_fold(0_u128, |sum, length| sum.checked_add(letters.checked_pow(length)?))
    }

    fn unrank(&self, mut rank: u128, out: &mut Text) {
        let letters = self.alphabet.len() as u128;
        let mut length = self.min;
        while length < self.max {
            let texts = letters.saturating_pow(length);
            if rank < texts {
                break;
            }
            rank -= texts;
            length += 1;
        }
        let mut digits = vec![0; length as usize];
        for digit in digits.iter_mut().rev() {
            *digit = (rank % letters) as usize;
            rank /= letters;
        }
        out.extend(digits.into_iter().map(|digit| self.alphabet[digit]));
    }

    fn draw(&self, cell: &mut Cell, out: &mut Text) {
        let length = self.min + cell.below(u64::from(self.max - self.min) + 1) as u32;
        for _ in 0..length {
            out.push(self.alphabet[cell.below(self.alphabet.len() as u64) as usize]);
        }
    }
}

struct Strings<L> {
    of: Arc<L>,
    key: Key,
}

impl<L: Language> Strings<L> {
    fn made(self, longest: Option<u64>) -> Made {
        let count = self.of.count();
        let language = Arc::clone(&self.of);
        let made = Made { longest, ..Made::drawn(LogicalType::String, self) };
        match count {
            Some(count) => made.counted(Texts { language, count }),
            None => made,
        }
    }
}

impl<L: Language> Fill for Strings<L> {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let mut texts = StringViewBuilder::with_capacity(rows.len());
        let mut text = Text::new();
        for row in rows.iter() {
            text.clear();
            self.of.draw(&mut key.cell(row), &mut text);
            texts.append_value(&text);
        }
        Ok(Arc::new(texts.finish()))
    }
}

struct Texts<L> {
    language: Arc<L>,
    count: u128,
}

impl<L: Language> Countable for Texts<L> {
    fn count(&self) -> u128 {
        self.count
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let mut texts = StringViewBuilder::with_capacity(positions.len());
        let mut text = Text::new();
        for position in positions {
            text.clear();
            self.language.unrank(*position, &mut text);
            texts.append_value(&text);
        }
        Arc::new(texts.finish())
    }
}

/// Text with other columns put in for {{column}}; it is null where one of them is.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The text.
    text: Text,
}

impl Generator for Template {
    const EXAMPLE: &'static str = "{type: template, text: \"ORD-{{number}}\"}";
    const EXAMPLE_BESIDE: &'static str = "{columns: [{name: number, generator: {type: sequence}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let mut pieces = Vec::new();
        let mut rest = self.text.as_str();
        let mut longest = Some(0_u64);
        let mut distinct = false;
        while let Some(at) = rest.find("{{") {
            let Some(end) = rest[at..].find("}}") else {
                let problem = Problem::new("unclosed", format!("{:?} opens {{{{ and does not close it", self.text));
                return Err(vec![problem.at("/text").remedy("write {{column}}")]);
            };
            let name = rest[at + 2..at + end].trim();
            let input = if name.contains('.') { cx.sql(name) } else { cx.column(name) };
            let input = input.map_err(|found| below(found, "text"))?;
            pieces.push(Piece::Text(rest[..at].to_owned()));
            pieces.push(Piece::Input(input));
            longest = longest.zip(cx.input_longest(input)).map(|(sum, length)| sum + length);
            distinct |= cx.input_distinct(input);
            rest = &rest[at + end + 2..];
        }
        pieces.push(Piece::Text(rest.to_owned()));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        let fixed: u64 = pieces
            .iter()
            .map(|piece| if let Piece::Text(text) = piece { text.chars().count() as u64 } else { 0 })
            .sum();
        // Two columns side by side can make one text in two ways; a single one cannot.
        let alone = pieces.iter().filter(|piece| matches!(piece, Piece::Input(_))).count() == 1;
        let made = Made {
            longest: longest.map(|longest| longest + fixed),
            ..Made::computed(LogicalType::String, Joined { pieces })
        };
        Ok(if distinct && alone { made.all_distinct() } else { made })
    }
}

enum Piece {
    Text(Text),
    Input(usize),
}

struct Joined {
    pieces: Vec<Piece>,
}

impl Fill for Joined {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut parts = Vec::with_capacity(cells.inputs.len());
        for input in cells.inputs {
            parts.push(crate::plan::as_text(input)?);
        }
        let mut texts = StringViewBuilder::with_capacity(rows.len());
        let mut text = Text::new();
        for position in 0..rows.len() {
            text.clear();
            let mut null = false;
            for piece in &self.pieces {
                match piece {
                    Piece::Text(fixed) => text.push_str(fixed),
                    Piece::Input(input) => {
                        let values = parts[*input].as_string_view();
                        null |= values.is_null(position);
                        if !null {
                            text.push_str(values.value(position));
                        }
                    }
                }
            }
            if null { texts.append_null() } else { texts.append_value(&text) }
        }
        Ok(Arc::new(texts.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_several_lengths_are_numbered_by_length() {
        let letters = Letters { min: 0, max: 2, alphabet: vec!['a', 'b'] };
        let count = letters.count().expect("few");
        let all: Vec<Text> = (0..count)
            .map(|rank| {
                let mut text = Text::new();
                letters.unrank(rank, &mut text);
                text
            })
            .collect();
        assert_eq!(all, ["", "a", "b", "aa", "ab", "ba", "bb"]);
    }
}
