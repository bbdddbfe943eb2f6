//! Sentences.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::pieces::{Pieces, Span, append_each};
use super::super::{Cells, Countable, Fill, Generator, Made, Problems, Rows, RunError};
use super::{TextColumn, between, by_length, check_words, fits};
use crate::locale::{ClausePart, SentenceGrammar, capitalize};
use crate::plan::Context;
use crate::random::{Cell, Key};
use crate::types::LogicalType;

/// A sentence of the locale's language, with a capital letter and a full stop.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// Fewest words; 4 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    min: Option<u32>,
    /// Most words; 9 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    max: Option<u32>,
}

/// Words of a sentence where the schema says nothing.
pub(super) const USUAL_WORDS: (u32, u32) = (4, 9);

impl Generator for Sentence {
    const EXAMPLE: &'static str = "{type: sentence, min: 4, max: 9}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        // The end that is not given gives way to the one that is.
        let min = self.min.unwrap_or_else(|| USUAL_WORDS.0.min(self.max.unwrap_or(u32::MAX)));
        let max = self.max.unwrap_or_else(|| USUAL_WORDS.1.max(min));
        check_words((min, "/min"), (max, "/max"))?;
        let limit = cx.lengths().1;
        let grammar = cx.locale().sentences();
        let prepared = limit.is_none().then(|| Prepared::of(grammar, min, max)).flatten();
        let made =
            Made::drawn(LogicalType::Text, Sentences { key: cx.key("value"), grammar, min, max, limit, prepared });
        // A sentence that is shortened to fit may repeat.
        Ok(if limit.is_none() { made.counted(SentenceTexts { grammar, min, max }) } else { made })
    }
}

struct Sentences {
    key: Key,
    grammar: &'static SentenceGrammar,
    min: u32,
    max: u32,
    /// The most characters.
    limit: Option<u32>,
    /// The same sentences, ready to be copied.
    prepared: Option<Prepared>,
}

impl Sentences {
    /// Appends a sentence of so many words, or of the fewer that fit. Single words are drawn until one fits; after so many attempts the last
    /// stands however long it is, and the column's bound refuses it.
    fn write(&self, mut words: u32, cell: &mut Cell, out: &mut String) {
        const SINGLE_WORDS: u32 = 256;
        let start = out.len();
        let mut singles = 0;
        loop {
            self.grammar.write_sentence(words, &mut |n| cell.below(n), out);
            let Some(limit) = self.limit else { return };
            singles += u32::from(words == 1);
            if singles == SINGLE_WORDS || fits(&out[start..], self.limit) {
                return;
            }
            let length = out[start..].chars().count() as u64;
            out.truncate(start);
            let in_proportion = u64::from(words) * u64::from(limit) / length;
            words = (in_proportion as u32).clamp(1, (words - 1).max(1));
        }
    }
}

impl Fill for Sentences {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let mut column = TextColumn::with_capacity(rows.len(), 8 * self.max.min(64) as usize);
        for row in rows.iter() {
            let mut cell = key.cell(row);
            let words = between(&mut cell, self.min, self.max);
            match &self.prepared {
                Some(prepared) => prepared.write(words, &mut cell, column.out()),
                None => self.write(words, &mut cell, column.out()),
            }
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

/// Sentences of one clause as pieces: what stands between two slots belongs to the piece before it, and what begins a sentence has its
/// capital, so that a row costs its draws and a copy a slot.
struct Prepared {
    pieces: Pieces,
    spans: Vec<Span>,
    min: u32,
    /// The first template of each number of words from `min`, and how many it has.
    by_words: Vec<(usize, u64)>,
    /// The choices of all templates, `slots` of each, the last of which may be of nothing: so rows differ in what they copy, not in how often.
    choices: Vec<Choice>,
    slots: usize,
}

/// Consecutive spans, one of which is taken.
#[derive(Clone, Copy)]
struct Choice {
    first: usize,
    count: u64,
    /// Whether a word is drawn for it; a fixed text takes none. What ends a template draws as it likes: nothing is drawn behind it.
    drawn: bool,
}

/// Where the texts of lists stand, each text and each list once: what is drawn from should stay in the nearest cache.
#[derive(Default)]
struct Spans {
    pieces: Pieces,
    all: Vec<Span>,
    of_texts: HashMap<String, Span>,
    of_lists: HashMap<Vec<String>, usize>,
}

impl Spans {
    /// The place of the first of some texts; none where one of them is too long.
    fn of(&mut self, texts: Vec<String>) -> Option<usize> {
        if let Some(first) = self.of_lists.get(&texts) {
            return Some(*first);
        }
        let first = self.all.len();
        for text in &texts {
            let span = match self.of_texts.get(text) {
                Some(span) => *span,
                None => self.pieces.add(text)?,
            };
            self.of_texts.insert(text.clone(), span);
            self.all.push(span);
        }
        self.of_lists.insert(texts, first);
        Some(first)
    }
}

impl Prepared {
    /// The sentences of `min` to `max` words; none where some are of several clauses or a text is longer than a piece.
    fn of(grammar: &SentenceGrammar, min: u32, max: u32) -> Option<Prepared> {
        if max > grammar.longest_clause() {
            return None;
        }
        let mut spans = Spans::default();
        let mut by_words = Vec::new();
        let mut templates = Vec::new();
        for words in min..=max {
            let first = templates.len();
            for parts in grammar.clauses_of(words) {
                templates.push(Prepared::template(&mut spans, grammar, &parts)?);
            }
            by_words.push((first, (templates.len() - first) as u64));
        }
        let slots = templates.iter().map(Vec::len).max()?;
        let nothing = Choice { first: spans.of(vec![String::new()])?, count: 1, drawn: true };
        let choices = templates.into_iter().flat_map(|mut template| {
            template.resize(slots, nothing);
            template
        });
        Some(Prepared { choices: choices.collect(), pieces: spans.pieces, spans: spans.all, min, by_words, slots })
    }

    fn template(spans: &mut Spans, grammar: &SentenceGrammar, parts: &[ClausePart<'_>]) -> Option<Vec<Choice>> {
        let mut choices = Vec::new();
        let mut parts = parts.iter().peekable();
        while let Some(part) = parts.next() {
            // What a sentence begins with belongs to its first word.
            let (before, part) = match (part, parts.peek().copied()) {
                (ClausePart::Fixed(text), Some(next @ ClausePart::OneOf(_))) => {
                    parts.next();
                    (*text, next)
                }
                _ => ("", part),
            };
            let (texts, drawn): (&[&str], bool) = match part {
                ClausePart::Fixed(text) => (&[*text], false),
                ClausePart::OneOf(values) => (values, true),
            };
            let mut behind = String::new();
            while let Some(ClausePart::Fixed(text)) = parts.peek() {
                behind.push_str(text);
                parts.next();
            }
            if parts.peek().is_none() {
                behind.push(grammar.full_stop());
            }
            let is_first = choices.is_empty();
            let whole = texts.iter().map(|text| {
                let mut whole = format!("{before}{text}{behind}");
                if !grammar.spaced() {
                    whole.retain(|c| c != ' ');
                } else if is_first {
                    capitalize(&mut whole, 0);
                }
                whole
            });
            choices.push(Choice { first: spans.of(whole.collect())?, count: texts.len() as u64, drawn });
        }
        Some(choices)
    }

    /// Appends a sentence of so many words, with the draws of [`SentenceGrammar::write_sentence`].
    #[inline(always)]
    fn write(&self, words: u32, cell: &mut Cell, out: &mut String) {
        let (first, count) = self.by_words[(words - self.min) as usize];
        let template = first + cell.below(count) as usize;
        let template = &self.choices[template * self.slots..][..self.slots];
        let pieces = template.iter().map(|choice| {
            let at = if choice.drawn { cell.below(choice.count) as usize } else { 0 };
            self.pieces.at(self.spans[choice.first + at])
        });
        append_each(pieces, out);
    }
}

/// All sentences of `min` to `max` words, the shortest first.
struct SentenceTexts {
    grammar: &'static SentenceGrammar,
    min: u32,
    max: u32,
}

impl Countable for SentenceTexts {
    fn count(&self) -> u128 {
        (self.min..=self.max).fold(0, |total, words| total.saturating_add(self.grammar.sentence_count(words)))
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let mut column = TextColumn::with_capacity(positions.len(), 8 * self.max.min(64) as usize);
        for position in positions {
            let (words, rank) = by_length(*position, self.min, self.max, |words| self.grammar.sentence_count(words));
            self.grammar.unrank_sentence(words, rank, column.out());
            column.end();
        }
        Arc::new(column.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Locale;
    use crate::random::Seeds;

    #[test]
    fn prepared_sentences_are_those_of_the_grammar() {
        for locale in Locale::names() {
            let grammar = Locale::named(locale).expect("a locale").sentences();
            let Some(prepared) = Prepared::of(grammar, 1, grammar.longest_clause()) else {
                // Long words, or letters of several bytes, may make a text longer than a piece.
                assert!(!["en_US", "es_PE"].contains(locale), "{locale}");
                continue;
            };
            let key = Seeds::new(3).key("t", "c", "value", 0);
            for row in 0..2_000 {
                let words = 1 + row as u32 % grammar.longest_clause();
                let (mut fast, mut plain) = ("before ".to_owned(), "before ".to_owned());
                prepared.write(words, &mut key.cell(row), &mut fast);
                let mut cell = key.cell(row);
                grammar.write_sentence(words, &mut |n| cell.below(n), &mut plain);
                assert_eq!(fast, plain, "{locale}");
            }
        }
        let grammar = Locale::named("en_US").expect("a locale").sentences();
        assert!(Prepared::of(grammar, 1, grammar.longest_clause() + 1).is_none());
    }

    #[test]
    fn a_sentence_has_fewer_words_where_it_would_not_fit() {
        let grammar = Locale::named("es_PE").expect("a locale").sentences();
        let key = Seeds::new(1).key("t", "c", "value", 0);
        let sentences = Sentences { key, grammar, min: 4, max: 40, limit: Some(30), prepared: None };
        for row in 0..2_000 {
            let mut out = "before ".to_owned();
            sentences.write(4 + (row % 37) as u32, &mut key.cell(row), &mut out);
            let sentence = out.strip_prefix("before ").expect("what stood before");
            assert!(sentence.ends_with('.') && sentence.chars().count() <= 30, "{sentence}");
        }
    }
}
