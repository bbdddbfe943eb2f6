//! Sentences and company names from templates with slots.
//!
//! All values of a slot have the same number of words, so a template has a known length; and no text comes from two templates, so
//! different ranks give different texts. Tests hold the data to both.

#[cfg(test)]
mod tests;

use super::lists::{WeightedList, rows, whole};

/// Templates, and the lists that fill their slots.
#[derive(Debug)]
pub(super) struct Grammar {
    slots: Vec<Slot>,
    templates: Vec<Template>,
}

#[derive(Debug)]
struct Slot {
    name: &'static str,
    values: Vec<&'static str>,
    /// Running totals of the weights.
    totals: Vec<u64>,
    words: usize,
}

#[derive(Debug)]
struct Template {
    pieces: Vec<Piece>,
    weight: u64,
    words: usize,
}

#[derive(Clone, Copy, Debug)]
enum Piece {
    Text(&'static str),
    Slot(usize),
}

impl Grammar {
    /// Takes rows of (slot, value, weight), where the slot `template` holds the templates: `{surname} & {partner} LLC`.
    ///
    /// All values of a slot have as many words, so that a template has a known length.
    fn new(rows: impl Iterator<Item = (&'static str, &'static str, u64)>) -> Self {
        let grammar = Self::of_any_words(rows);
        for slot in &grammar.slots {
            for value in &slot.values {
                assert_eq!(
                    slot.words,
                    word_count(value),
                    "all values of the slot {} have as many words as the first: {value}",
                    slot.name
                );
            }
        }
        grammar
    }

    /// The same where lengths do not matter.
    pub(super) fn of_any_words(rows: impl Iterator<Item = (&'static str, &'static str, u64)>) -> Self {
        let mut slots: Vec<Slot> = Vec::new();
        let mut texts = Vec::new();
        for (name, value, weight) in rows {
            if name == "template" {
                texts.push((value, weight));
                continue;
            }
            let words = word_count(value);
            match slots.iter_mut().find(|slot| slot.name == name) {
                Some(slot) => {
                    slot.totals.push(slot.total() + weight);
                    slot.values.push(value);
                }
                None => slots.push(Slot { name, values: vec![value], totals: vec![weight], words }),
            }
        }
        let templates = texts.into_iter().map(|(text, weight)| Template::parse(text, weight, &slots)).collect();
        Self { slots, templates }
    }

    /// Running totals of the templates' weights.
    pub(super) fn template_totals(&self) -> Vec<u64> {
        self.templates
            .iter()
            .scan(0, |total, template| {
                *total += template.weight;
                Some(*total)
            })
            .collect()
    }

    /// Appends a text of any template, drawn by weight; `totals` are those of [`Grammar::template_totals`].
    pub(super) fn write_any(&self, totals: &[u64], next: &mut dyn FnMut(u64) -> u64, out: &mut String) {
        let at = next(totals.last().copied().unwrap_or(0));
        let template = totals.partition_point(|total| *total <= at);
        self.write(&self.templates[template], next, out);
    }

    /// The most characters of a text.
    pub(super) fn longest(&self) -> usize {
        self.templates
            .iter()
            .map(|template| template.pieces.iter().map(|piece| self.longest_of(piece)).sum())
            .max()
            .unwrap_or(0)
    }

    fn longest_of(&self, piece: &Piece) -> usize {
        match *piece {
            Piece::Text(text) => text.chars().count(),
            Piece::Slot(slot) => self.slots[slot].values.iter().map(|value| value.chars().count()).max().unwrap_or(0),
        }
    }

    /// How many texts a template has.
    fn count(&self, template: &Template) -> u128 {
        template.slots().map(|slot| self.slots[slot].values.len() as u128).product()
    }

    /// Appends a text of the template, each slot drawn by weight.
    fn write(&self, template: &Template, next: &mut dyn FnMut(u64) -> u64, out: &mut String) {
        for piece in &template.pieces {
            match *piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Slot(slot) => out.push_str(self.slots[slot].draw(next)),
            }
        }
    }

    /// Appends the text at `rank`, which is below the template's count.
    fn unrank(&self, template: &Template, mut rank: u128, out: &mut String) {
        let mut below = self.count(template);
        for piece in &template.pieces {
            match *piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Slot(slot) => {
                    let values = &self.slots[slot].values;
                    below /= values.len() as u128;
                    out.push_str(values[(rank / below) as usize]);
                    rank %= below;
                }
            }
        }
    }
}

impl Slot {
    fn total(&self) -> u64 {
        self.totals.last().copied().unwrap_or(0)
    }

    fn draw(&self, next: &mut dyn FnMut(u64) -> u64) -> &'static str {
        let at = next(self.total());
        self.values[self.totals.partition_point(|total| *total <= at)]
    }
}

impl Template {
    fn parse(text: &'static str, weight: u64, slots: &[Slot]) -> Self {
        let mut pieces = Vec::new();
        let mut words = word_count(text);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                pieces.push(Piece::Text(before));
            }
            let (name, after) = after.split_once('}').expect("a slot in a template is closed");
            let slot = slots.iter().position(|slot| slot.name == name).expect("a slot in a template has a list");
            // The template's own text counts the slot as one word.
            words += slots[slot].words - 1;
            pieces.push(Piece::Slot(slot));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
        Self { pieces, weight, words }
    }

    fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Slot(slot) => Some(*slot),
            Piece::Text(_) => None,
        })
    }
}

/// Words are what stands between spaces; a sign that stands alone, as in `A & B`, counts.
fn word_count(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Sentences that read like the language: people who do things, things that are so, some when and somewhere.
#[derive(Debug)]
pub struct SentenceGrammar {
    grammar: Grammar,
    /// The templates of each number of words, from 0; only the first is empty.
    by_words: Vec<Vec<usize>>,
    /// What stands between the clauses of a long sentence; one word.
    join: &'static str,
    /// Whether words stand apart.
    spaced: bool,
    /// What ends a sentence.
    full_stop: char,
}

/// A part of a clause's template.
pub enum ClausePart<'a> {
    /// Always this text.
    Fixed(&'a str),
    /// One of these, each equally likely.
    OneOf(&'a [&'a str]),
}

/// Words of a clause that is followed by another.
const CLAUSE_WORDS: u32 = 7;

impl SentenceGrammar {
    pub(super) fn parse(text: &'static str, spaced: bool, full_stop: char) -> Self {
        let join = rows(text)
            .find_map(|[slot, value]| (slot == "join").then_some(value))
            .expect("sentences have a conjunction");
        let grammar =
            Grammar::new(rows(text).filter(|[slot, _]| *slot != "join").map(|[slot, value]| (slot, value, 1)));
        let longest = grammar.templates.iter().map(|template| template.words).max().unwrap_or(0);
        let by_words = (0..=longest)
            .map(|words| {
                (0..grammar.templates.len()).filter(|index| grammar.templates[*index].words == words).collect()
            })
            .collect();
        Self { grammar, by_words, join, spaced, full_stop }
    }

    /// The longest sentence of one clause. Longer ones are made of several.
    pub fn longest_clause(&self) -> u32 {
        self.by_words.len() as u32 - 1
    }

    /// How many templates a clause of so many words can follow; zero beyond [`SentenceGrammar::longest_clause`].
    pub fn template_count(&self, words: u32) -> u64 {
        self.by_words.get(words as usize).map_or(0, |templates| templates.len() as u64)
    }

    /// The templates of a clause of so many words, in the order in which [`SentenceGrammar::write_sentence`] counts them.
    pub fn clauses_of(&self, words: u32) -> impl Iterator<Item = Vec<ClausePart<'_>>> {
        self.by_words.get(words as usize).into_iter().flatten().map(|template| {
            let pieces = self.grammar.templates[*template].pieces.iter();
            pieces
                .map(|piece| match *piece {
                    Piece::Text(text) => ClausePart::Fixed(text),
                    Piece::Slot(slot) => ClausePart::OneOf(&self.grammar.slots[slot].values),
                })
                .collect()
        })
    }

    /// How many sentences of so many words there are, at most 2^128 − 1. Zero words are taken for one.
    pub fn sentence_count(&self, words: u32) -> u128 {
        let mut total = 1_u128;
        for clause in self.clauses(words) {
            total = total.saturating_mul(self.clause_count(clause));
            if total == u128::MAX {
                break;
            }
        }
        total
    }

    /// Appends a sentence of exactly so many words, with a capital letter and a full stop. `next(n)` is a uniform integer below `n`: one
    /// is asked for the template, then one for each slot. Zero words are taken for one.
    pub fn write_sentence(&self, words: u32, next: &mut dyn FnMut(u64) -> u64, out: &mut String) {
        self.write_with(words, out, |clause, out| {
            let templates = &self.by_words[clause as usize];
            let template = templates[next(templates.len() as u64) as usize];
            self.grammar.write(&self.grammar.templates[template], next, out);
        });
    }

    /// Appends the sentence of so many words at `rank`, which is below [`SentenceGrammar::sentence_count`]. Different ranks give
    /// different sentences.
    pub fn unrank_sentence(&self, words: u32, mut rank: u128, out: &mut String) {
        self.write_with(words, out, |clause, out| {
            let count = self.clause_count(clause);
            let mut digit = rank % count;
            rank /= count;
            for template in &self.by_words[clause as usize] {
                let template = &self.grammar.templates[*template];
                let count = self.grammar.count(template);
                if digit < count {
                    self.grammar.unrank(template, digit, out);
                    return;
                }
                digit -= count;
            }
        });
    }

    fn write_with(&self, words: u32, out: &mut String, mut write_clause: impl FnMut(u32, &mut String)) {
        let start = out.len();
        for (index, clause) in self.clauses(words).enumerate() {
            if index > 0 {
                out.push_str(self.join);
                out.push(' ');
            }
            write_clause(clause, out);
        }
        if self.spaced {
            capitalize(out, start);
        } else {
            drop_spaces(out, start);
        }
        out.push(self.full_stop);
    }

    /// Whether words stand apart.
    pub fn spaced(&self) -> bool {
        self.spaced
    }

    /// What ends a sentence.
    pub fn full_stop(&self) -> char {
        self.full_stop
    }

    fn clause_count(&self, words: u32) -> u128 {
        self.by_words[words as usize]
            .iter()
            .map(|template| self.grammar.count(&self.grammar.templates[*template]))
            .sum()
    }

    /// The lengths of the clauses of a sentence; conjunctions make up the rest.
    fn clauses(&self, words: u32) -> impl Iterator<Item = u32> {
        let longest = self.longest_clause();
        let mut left = Some(words.max(1));
        std::iter::from_fn(move || {
            let words = left?;
            if words <= longest {
                left = None;
                return Some(words);
            }
            left = Some(words - CLAUSE_WORDS - 1);
            Some(CLAUSE_WORDS)
        })
    }
}

/// Takes the spaces out of what stands from `start` on, in place.
fn drop_spaces(out: &mut String, start: usize) {
    let mut at = start;
    while let Some(space) = out[at..].find(' ') {
        at += space;
        out.remove(at);
    }
}

/// Makes the letter at `start` a capital.
pub fn capitalize(out: &mut String, start: usize) {
    if let Some(first) = out[start..].chars().next()
        && first.is_lowercase()
    {
        let mut capital = first.to_uppercase();
        // Languages of ours have one capital for a letter; others would keep the small one.
        if let (Some(capital), None) = (capital.next(), capital.next()) {
            out.replace_range(start..start + first.len_utf8(), capital.encode_utf8(&mut [0; 4]));
        }
    }
}

/// Company names in the manner of the country.
#[derive(Debug)]
pub struct CompanyNames {
    grammar: Grammar,
    /// Running totals of the templates' weights.
    totals: Vec<u64>,
}

impl CompanyNames {
    /// Reads the slots and templates, and the legal forms, which are the slot `form`.
    pub(super) fn parse(words: &'static str, forms: &'static str) -> Self {
        let forms = WeightedList::parse(forms);
        let forms = forms.values.into_iter().zip(forms.weights).map(|(form, weight)| ("form", form, weight));
        let grammar = Grammar::new(rows(words).map(|[slot, value, weight]| (slot, value, whole(weight))).chain(forms));
        let totals = grammar.template_totals();
        Self { grammar, totals }
    }

    /// How many names there are.
    pub fn company_name_count(&self) -> u128 {
        self.grammar.templates.iter().map(|template| self.grammar.count(template)).sum()
    }

    /// Appends a name; usual forms come more often. `next(n)` is a uniform integer below `n`.
    pub fn write_company_name(&self, next: &mut dyn FnMut(u64) -> u64, out: &mut String) {
        self.grammar.write_any(&self.totals, next, out);
    }

    /// Appends the name at `rank`, which is below [`CompanyNames::company_name_count`]. Different ranks give different names.
    pub fn unrank_company_name(&self, mut rank: u128, out: &mut String) {
        for template in &self.grammar.templates {
            let count = self.grammar.count(template);
            if rank < count {
                self.grammar.unrank(template, rank, out);
                return;
            }
            rank -= count;
        }
        unreachable!("a rank is below the count")
    }

    /// The names of at most so many characters.
    pub fn within(&self, max_chars: usize) -> FittingNames<'_> {
        FittingNames::new(&self.grammar, max_chars)
    }
}

/// The names of at most a number of characters, counted by what each choice leaves for the next.
#[derive(Debug)]
pub struct FittingNames<'a> {
    grammar: &'a Grammar,
    max_chars: usize,
    /// For each template, piece and number of characters left: in how many ways the pieces from there fit.
    ways: Vec<Vec<Vec<u64>>>,
}

impl<'a> FittingNames<'a> {
    fn new(grammar: &'a Grammar, max_chars: usize) -> Self {
        let max_chars = max_chars.min(grammar.longest());
        let ways = grammar.templates.iter().map(|template| ways(grammar, template, max_chars)).collect();
        Self { grammar, max_chars, ways }
    }

    /// How many such names there are.
    pub fn count(&self) -> u64 {
        self.ways.iter().map(|ways| ways[0][self.max_chars]).sum()
    }

    /// Appends the name at `rank`, which is below [`FittingNames::count`]. Different ranks give different names.
    pub fn unrank(&self, mut rank: u64, out: &mut String) {
        for (template, ways) in self.grammar.templates.iter().zip(&self.ways) {
            let count = ways[0][self.max_chars];
            if rank < count {
                return self.unrank_template(template, ways, rank, out);
            }
            rank -= count;
        }
        unreachable!("a rank is below the count")
    }

    fn unrank_template(&self, template: &Template, ways: &[Vec<u64>], mut rank: u64, out: &mut String) {
        let mut left = self.max_chars;
        for (index, piece) in template.pieces.iter().enumerate() {
            match *piece {
                Piece::Text(text) => {
                    left -= text.chars().count();
                    out.push_str(text);
                }
                Piece::Slot(slot) => {
                    for value in &self.grammar.slots[slot].values {
                        let Some(after) = left.checked_sub(value.chars().count()) else { continue };
                        let count = ways[index + 1][after];
                        if rank < count {
                            left = after;
                            out.push_str(value);
                            break;
                        }
                        rank -= count;
                    }
                }
            }
        }
    }
}

/// `ways[piece][left]`, the last piece's row being all ones.
fn ways(grammar: &Grammar, template: &Template, max_chars: usize) -> Vec<Vec<u64>> {
    let mut ways = vec![vec![1; max_chars + 1]];
    for piece in template.pieces.iter().rev() {
        let after = &ways[ways.len() - 1];
        let fits = |value: &str, left: usize| left.checked_sub(value.chars().count()).map_or(0, |rest| after[rest]);
        let row = (0..=max_chars)
            .map(|left| match *piece {
                Piece::Text(text) => fits(text, left),
                Piece::Slot(slot) => grammar.slots[slot].values.iter().map(|value| fits(value, left)).sum(),
            })
            .collect();
        ways.push(row);
    }
    ways.reverse();
    ways
}
