//! Paragraphs: several sentences, one after another.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use super::sentence::USUAL_WORDS;
use super::{TextColumn, WordCount, WordSpan, between, fits, nothing_fits};
use crate::locale::SentenceGrammar;
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::Key;
use crate::types::LogicalType;

/// Several sentences of the locale's language, each of 4 to 9 words.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paragraph {
    /// How many sentences: a number, or `{min, max}`; between 3 and 6 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sentences: Option<WordCount>,
}

/// Sentences of a paragraph where the schema says nothing.
const USUAL_SENTENCES: (u32, u32) = (3, 6);

/// The most sentences of a paragraph.
const MOST_SENTENCES: u32 = 1_000;

impl Generator for Paragraph {
    const EXAMPLE: &'static str = "{type: paragraph, sentences: {min: 2, max: 4}}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (min, max) = match &self.sentences {
            None => USUAL_SENTENCES,
            Some(WordCount::Exactly(count)) => (*count, *count),
            Some(WordCount::Between(WordSpan { min, max })) => (*min, *max),
        };
        if min == 0 || max > MOST_SENTENCES {
            let wrong = if min == 0 { min } else { max };
            let detail =
                format!("a paragraph of {wrong} sentences is not between 1 and {MOST_SENTENCES} sentences long");
            return Err(vec![Problem::new("out_of_range", detail).at("/sentences")]);
        }
        if max < min {
            let detail = format!("{max} is below min {min}");
            return Err(vec![Problem::new("empty_interval", detail).at("/sentences/max").propose(min)]);
        }
        let limit = cx.lengths().1;
        if limit.is_some_and(|limit| limit < SHORTEST) {
            return Err(vec![nothing_fits(format!("no sentence here has at most {} characters", limit.unwrap_or(0)))]);
        }
        let grammar = cx.locale().sentences();
        Ok(Made::drawn(LogicalType::Text, Paragraphs { key: cx.key("value"), grammar, min, max, limit }))
    }
}

/// The characters that a sentence of one word needs at least.
const SHORTEST: u32 = 2;

struct Paragraphs {
    key: Key,
    grammar: &'static SentenceGrammar,
    min: u32,
    max: u32,
    /// The most characters.
    limit: Option<u32>,
}

impl Fill for Paragraphs {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let mut column = TextColumn::with_capacity(rows.len(), 45 * self.max.min(16) as usize);
        for row in rows.iter() {
            let mut cell = key.cell(row);
            let sentences = between(&mut cell, self.min, self.max);
            let out = column.out();
            let start = out.len();
            for index in 0..sentences {
                let whole = out.len();
                if index > 0 && self.grammar.spaced() {
                    out.push(' ');
                }
                let words = between(&mut cell, USUAL_WORDS.0, USUAL_WORDS.1);
                self.grammar.write_sentence(words, &mut |n| cell.below(n), out);
                // Sentences that do not fit are left out; the first is cut at a word by the column.
                if index > 0 && !fits(&out[start..], self.limit) {
                    out.truncate(whole);
                    break;
                }
            }
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}
