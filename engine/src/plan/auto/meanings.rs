//! What a name can mean, and the generator of each meaning: `names.tsv`, and the search for the meaning that fits a name best.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;

use super::words::{Concept, Lexicon, Phrase, telling};
use crate::schema::ColumnType;

const TABLE: &str = include_str!("names.tsv");

/// A row of `names.tsv`: what a name says, and the generator with its parameters that makes such values.
#[derive(Debug)]
pub(super) struct Meaning {
    /// The generator's name; one that this version has not is passed over.
    pub generator: &'static str,
    /// Its parameters, without `type`.
    pub parameters: Value,
    /// What the name says, for people.
    pub says: &'static str,
    /// How far it prevails over meanings with as many words.
    pub weight: i32,
    patterns: Vec<Vec<Part>>,
}

/// One word of a pattern.
#[derive(Debug)]
struct Part {
    concept: Concept,
    /// Whether it is a word of its own rather than a concept that many words have.
    is_word: bool,
}

/// The meaning that fits best.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub meaning: &'static Meaning,
    /// Words that say it.
    pub words: usize,
    /// Whether one of them is the name's most important word.
    pub has_head: bool,
    /// Places of the first and last of these words.
    pub span: (usize, usize),
    score: i32,
}

fn rows() -> impl Iterator<Item = [&'static str; 5]> {
    TABLE.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        Some([cells.next()?, cells.next()?, cells.next()?, cells.next()?, cells.next()?])
    })
}

/// Words of all patterns, each with whether it stands in Latin letters.
pub(super) fn pattern_words() -> BTreeMap<String, bool> {
    let mut words = BTreeMap::new();
    for pattern in rows().flat_map(|[.., patterns]| patterns.split(", ")) {
        for word in telling(pattern) {
            *words.entry(word).or_default() |= pattern.is_ascii();
        }
    }
    words
}

/// Names that suggest a generator, words joined by `_`.
pub(crate) fn suggestions(generator: &str) -> Vec<String> {
    let own = rows().filter(|row| row[0] == generator);
    own.flat_map(|[.., patterns]| patterns.split(", ")).map(|pattern| pattern.replace(' ', "_")).collect()
}

/// All meanings, and those of each concept that a pattern begins with.
struct Meanings {
    list: Vec<Meaning>,
    by_first: BTreeMap<Concept, Vec<(usize, usize)>>,
}

fn meanings() -> &'static Meanings {
    static MEANINGS: OnceLock<Meanings> = OnceLock::new();
    MEANINGS.get_or_init(|| {
        let lexicon = Lexicon::get();
        let part = |word: String| {
            let concept = lexicon.concept(&word);
            Part { concept, is_word: lexicon.is_single_word(concept) }
        };
        let list: Vec<Meaning> = rows()
            .map(|[generator, parameters, says, weight, patterns]| Meaning {
                generator,
                parameters: serde_json::from_str(parameters).unwrap_or_default(),
                says,
                weight: weight.parse().unwrap_or_default(),
                patterns: patterns
                    .split(", ")
                    .map(|pattern| telling(pattern).into_iter().map(part).collect())
                    .collect(),
            })
            .collect();
        let mut by_first: BTreeMap<Concept, Vec<(usize, usize)>> = BTreeMap::new();
        for (at, meaning) in list.iter().enumerate() {
            for (pattern, parts) in meaning.patterns.iter().enumerate() {
                if let Some(first) = parts.first() {
                    by_first.entry(first.concept).or_default().push((at, pattern));
                }
            }
        }
        Meanings { list, by_first }
    })
}

/// All rows.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static Meaning> {
    meanings().list.iter()
}

/// The meaning of a phrase among those whose generator is known, for a column of a type.
pub(super) fn find(phrase: &Phrase, kind: Option<ColumnType>, known: &dyn Fn(&str) -> bool) -> Option<Found> {
    let all = meanings();
    let mut best: Option<Found> = None;
    let candidates: BTreeSet<(usize, usize)> = phrase
        .tokens
        .iter()
        .flat_map(|token| token.concepts.iter().filter_map(|concept| all.by_first.get(concept)).flatten().copied())
        .collect();
    for (at, pattern) in candidates {
        let meaning = &all.list[at];
        if known(meaning.generator)
            && let Some(found) = fit(phrase, meaning, &meaning.patterns[pattern], kind)
            && best.is_none_or(|best| found.score > best.score)
        {
            best = Some(found);
        }
    }
    if phrase.asks() {
        let boolean = all.list.iter().find(|meaning| meaning.generator == "boolean")?;
        let end = phrase.tokens.len() - 1;
        return Some(Found { meaning: boolean, words: 2, has_head: true, span: (0, end), score: i32::MAX });
    }
    let is_whole = |found: Found| {
        let says = found.meaning.says;
        natural(found.meaning.generator) == ColumnType::Integer && says != "number of a record"
    };
    if phrase.counts() && !best.is_some_and(is_whole) {
        let people = phrase.tokens.len() == 1;
        let says = if people { "count of people" } else { "count" };
        let count = all.list.iter().rfind(|meaning| meaning.says == says && meaning.generator == "integer")?;
        let span = (0, phrase.tokens.len() - 1);
        return Some(Found { meaning: count, words: span.1 + 1, has_head: true, span, score: i32::MAX });
    }
    best
}

/// Words that say what a name is, whatever else it names.
const KINDS: &[&str] = &["type", "format", "version", "url", "model"];

/// A pattern in a phrase: each of its parts in another word, in any order.
fn fit(phrase: &Phrase, meaning: &'static Meaning, parts: &[Part], kind: Option<ColumnType>) -> Option<Found> {
    let mut used: Vec<usize> = Vec::with_capacity(parts.len());
    for part in parts {
        let mut places = phrase.tokens.iter().enumerate();
        let (at, _) = places.find(|(at, token)| token.concepts.contains(&part.concept) && !used.contains(at))?;
        used.push(at);
    }
    let has_head = used.contains(&phrase.head());
    // A kind or a form of something is not that thing, however many words name it: tax_id_type.
    let lexicon = Lexicon::get();
    let is_other = !has_head
        && phrase.tokens.get(phrase.head()).is_some_and(|head| {
            let of = |word: &&str| head.concepts.contains(&lexicon.concept(word));
            KINDS.iter().any(of)
        });
    // What a customer has is not a customer: customer_segment.
    if !has_head && meaning.weight < 0 {
        return None;
    }
    let place = if has_head { 30 } else { 15 * i32::from(used.contains(&phrase.tail())) };
    let words = parts.iter().filter(|part| part.is_word).count() as i32;
    // A second word of the same meaning supports it: nota_avaliacao.
    let more =
        phrase.tokens.iter().enumerate().filter(|(at, token)| {
            !used.contains(at) && parts.iter().any(|part| token.concepts.contains(&part.concept))
        });
    let typed = kind.is_some_and(|kind| natural(meaning.generator) == kind);
    let score = 100 * parts.len() as i32 + 10 * meaning.weight + 5 * words + place + 15 * more.count() as i32
        - 100 * i32::from(is_other)
        + 40 * i32::from(typed);
    let span = (used.iter().copied().min().unwrap_or_default(), used.iter().copied().max().unwrap_or_default());
    Some(Found { meaning, words: parts.len(), has_head, span, score })
}

/// The type that a generator of the table makes.
pub(super) fn natural(generator: &str) -> ColumnType {
    match generator {
        "sequence" | "integer" | "unix_timestamp" | "duration" | "age_from" | "port" | "http_status" => {
            ColumnType::Integer
        }
        "decimal" | "price" => ColumnType::Decimal,
        "latitude" | "longitude" => ColumnType::Float,
        "boolean" => ColumnType::Boolean,
        "date" | "date_of_birth" => ColumnType::Date,
        "datetime" => ColumnType::Datetime,
        "time_of_day" => ColumnType::Time,
        "uuid_v4" | "uuid_v7" => ColumnType::Uuid,
        "bytes" => ColumnType::Bytes,
        "json_object" => ColumnType::Json,
        _ => ColumnType::String,
    }
}
