//! Strings of a fixed sequence of character sets, numbered by mixed radix.

use std::ops::Range;

use super::charset::CharSet;
use crate::random::Cell;

/// Fixed text and characters drawn from sets, each position on its own.
#[derive(Clone, Debug, Default)]
pub(super) struct MixedRadix {
    steps: Vec<Step>,
    sets: Vec<CharSet>,
    chunks: Vec<Chunk>,
    length: usize,
}

#[derive(Clone, Debug)]
enum Step {
    Text(String),
    /// A set by its number, and how many strings the steps after it in the chunk have.
    Char {
        set: u32,
        weight: u64,
    },
}

/// Steps whose strings are counted by one word, so that only steps between chunks divide by more.
#[derive(Clone, Debug)]
struct Chunk {
    steps: Range<usize>,
    radix: u64,
    /// How many strings the chunks after it have; none beyond 2^128.
    weight: Option<u128>,
}

impl MixedRadix {
    /// Adds a set that positions can name.
    pub(super) fn add_set(&mut self, set: CharSet) -> u32 {
        self.sets.push(set);
        self.sets.len() as u32 - 1
    }

    /// Appends fixed text.
    pub(super) fn push_text(&mut self, c: char) {
        self.length += 1;
        match self.steps.last_mut() {
            Some(Step::Text(text)) => text.push(c),
            _ => self.steps.push(Step::Text(c.into())),
        }
    }

    /// Appends a character of a set that has at least one.
    pub(super) fn push_char(&mut self, set: u32) {
        let chars = &self.sets[set as usize];
        if chars.size() == 1 {
            return self.push_text(chars.nth(0));
        }
        self.length += 1;
        self.steps.push(Step::Char { set, weight: 1 });
    }

    /// Numbers the strings; call it once everything is appended.
    pub(super) fn finish(mut self) -> MixedRadix {
        let (mut start, mut radix) = (0, 1_u64);
        for at in 0..self.steps.len() {
            let Step::Char { set, .. } = self.steps[at] else { continue };
            let size = u64::from(self.sets[set as usize].size());
            radix = match radix.checked_mul(size) {
                Some(product) => product,
                None => {
                    self.chunks.push(Chunk { steps: start..at, radix, weight: None });
                    start = at;
                    size
                }
            };
        }
        self.chunks.push(Chunk { steps: start..self.steps.len(), radix, weight: None });
        let mut after = Some(1_u128);
        for chunk in self.chunks.iter_mut().rev() {
            chunk.weight = after;
            after = after.and_then(|after| after.checked_mul(u128::from(chunk.radix)));
            let mut within = 1;
            for step in self.steps[chunk.steps.clone()].iter_mut().rev() {
                if let Step::Char { set, weight } = step {
                    *weight = within;
                    within *= u64::from(self.sets[*set as usize].size());
                }
            }
        }
        self
    }

    /// How many characters each string has.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// How many strings there are, if a number of 128 bits holds it.
    pub(super) fn count(&self) -> Option<u128> {
        self.chunks.iter().try_fold(1_u128, |count, chunk| count.checked_mul(u128::from(chunk.radix)))
    }

    /// Appends the string of this number, which counts modulo the number of strings.
    pub(super) fn unrank(&self, mut rank: u128, out: &mut String) {
        for chunk in &self.chunks {
            let digit = match chunk.weight {
                Some(1) => rank % u128::from(chunk.radix),
                Some(weight) => {
                    let digit = rank / weight % u128::from(chunk.radix);
                    rank %= weight;
                    digit
                }
                None => 0,
            };
            self.write(chunk, digit as u64, out);
        }
    }

    fn write(&self, chunk: &Chunk, mut digit: u64, out: &mut String) {
        for step in &self.steps[chunk.steps.clone()] {
            match step {
                Step::Text(text) => out.push_str(text),
                Step::Char { set, weight } => {
                    let index = digit / weight;
                    digit -= index * weight;
                    out.push(self.sets[*set as usize].nth(index as u32));
                }
            }
        }
    }

    /// The number of a string, if it is one of them and has one.
    pub(super) fn rank(&self, mut text: &str) -> Option<u128> {
        let mut rank = 0_u128;
        for chunk in &self.chunks {
            let mut digit = 0;
            for step in &self.steps[chunk.steps.clone()] {
                match step {
                    Step::Text(fixed) => text = text.strip_prefix(fixed.as_str())?,
                    Step::Char { set, weight } => {
                        let c = text.chars().next()?;
                        digit += u64::from(self.sets[*set as usize].index_of(c)?) * weight;
                        text = &text[c.len_utf8()..];
                    }
                }
            }
            match chunk.weight {
                // The product is below the number of strings where that fits, else it can pass 2^128.
                Some(weight) => rank = rank.checked_add(weight.checked_mul(u128::from(digit))?)?,
                None if digit == 0 => {}
                None => return None,
            }
        }
        text.is_empty().then_some(rank)
    }

    /// Appends a string, each with the same probability.
    pub(super) fn draw(&self, cell: &mut Cell, out: &mut String) {
        for chunk in &self.chunks {
            // A chunk without choice takes no word.
            let digit = if chunk.radix > 1 { cell.below(chunk.radix) } else { 0 };
            self.write(chunk, digit, out);
        }
    }
}
