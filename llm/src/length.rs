//! How long a text is likely to be, from the words that ask for it.
//!
//! Nobody knows before the first call what a model will write; but a motto is a few words and a review is two sentences, whatever a column
//! could hold. So the thing that is asked for is looked for in the words, English or Spanish, and how many words or sentences are asked for.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Characters of a text of which nothing is known: a short phrase.
const PHRASE: f64 = 18.0;

/// Characters of a word with its space, of a sentence and of a paragraph.
const WORD: f64 = 6.3;
const SENTENCE: f64 = 63.0;
const PARAGRAPH: f64 = 380.0;

/// What texts are of, each with the characters that one usually has. Of things side by side the last is meant: a book title is a title.
static KINDS: LazyLock<HashMap<&str, f64>> = LazyLock::new(|| {
    let lines = include_str!("../data/lengths.txt").lines().filter(|line| !line.starts_with('#'));
    let of_line = |line: &'static str| {
        let (characters, names) = line.split_once(' ').expect("a number and names");
        let characters: f64 = characters.parse().expect("a number");
        names.split(' ').map(move |name| (name, characters))
    };
    lines.flat_map(of_line).collect()
});

/// Words that make a thing shorter, and longer.
const SHORT: [&str; 13] = [
    "short", "brief", "concise", "terse", "small", "quick", "corto", "corta", "breve", "concisa", "conciso",
    "sencilla", "sencillo",
];
const LONG: [&str; 10] =
    ["long", "detailed", "extensive", "elaborate", "thorough", "largo", "larga", "detallado", "detallada", "extensa"];
const SHORTER: f64 = 0.65;
const LONGER: f64 = 2.0;

/// How far from a thing these stand, in words.
const NEAR: usize = 3;

/// Words that say the most, and the least.
const MOST: [&str; 9] = ["most", "maximum", "max", "under", "below", "than", "maximo", "hasta", "menos"];
const LEAST: [&str; 3] = ["least", "minimum", "minimo"];

const NUMBERS: [&str; 20] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "uno", "dos", "tres", "cuatro",
    "cinco", "seis", "siete", "ocho", "nueve", "diez",
];

/// What stands between two numbers, so that the middle is meant.
const BETWEEN: [&str; 6] = ["to", "or", "and", "a", "o", "y"];

/// Characters that a text asked for by `words` is likely to have, between bounds of its length.
pub(crate) fn likely(words: &[&str], least: f64, most: Option<f64>) -> f64 {
    let usual = words.iter().find_map(|words| asked_for(words)).unwrap_or_else(|| {
        // Who knows nothing but a wide bound knows that a long text was thought of.
        PHRASE + most.map_or(0.0, |most| (most - 120.0).max(0.0) / 10.0)
    });
    // A bound is left some room, and no text is written towards one that lies far above it.
    let (from, to) = (least * 1.15, most.map_or(f64::INFINITY, |most| (most * 0.7).max(most - 30.0).min(most)));
    if from > to { (least + most.unwrap_or(least)) / 2.0 } else { usual.clamp(from, to.max(1.0)) }
}

/// Characters of what the words ask for, where they name something that is known.
fn asked_for(words: &str) -> Option<f64> {
    let words = split(words);
    counted(&words).or_else(|| named(&words))
}

/// The words in lower case, without accents.
fn split(words: &str) -> Vec<String> {
    let plain: String =
        words.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).flat_map(char::to_lowercase).collect();
    let plain = plain.replace('–', "-").replace("'s", "").replace('’', " ");
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    let parts = plain.split(|c| !is_part(c)).flat_map(|word| {
        // "2-3" are two numbers, "e-mail" is one word.
        let is_range = word.contains('-') && word.split('-').all(|part| number(part).is_some());
        if is_range { word.split('-').map(str::to_owned).collect() } else { vec![word.to_owned()] }
    });
    parts.filter(|word| !word.is_empty()).collect()
}

fn number(word: &str) -> Option<f64> {
    let of_word = || NUMBERS.iter().position(|known| *known == word).map(|place| (place % 10 + 1) as f64);
    word.parse::<u32>().ok().map(f64::from).or_else(of_word)
}

/// A number of words, sentences, paragraphs or characters.
fn counted(words: &[String]) -> Option<f64> {
    words.iter().enumerate().find_map(|(at, unit)| {
        let unit = match unit.as_str() {
            "word" | "words" | "palabra" | "palabras" => WORD,
            "sentence" | "sentences" | "frase" | "frases" | "oracion" | "oraciones" => SENTENCE,
            "paragraph" | "paragraphs" | "parrafo" | "parrafos" => PARAGRAPH,
            "character" | "characters" | "caracter" | "caracteres" | "letters" | "letras" | "chars" => 1.0,
            _ => return None,
        };
        let before = |back: usize| at.checked_sub(back).map(|at| words[at].as_str());
        let upper = number(before(1)?)?;
        let is_between = before(2).is_some_and(|word| BETWEEN.contains(&word));
        let lower = before(if is_between { 3 } else { 2 }).and_then(number);
        let count = lower.map_or(upper, |lower| (lower + upper) / 2.0);
        let said = words[at.saturating_sub(4)..at].iter();
        let share = match said.rev().find_map(|word| {
            let word = word.as_str();
            MOST.contains(&word).then_some(0.7).or(LEAST.contains(&word).then_some(1.3))
        }) {
            Some(share) if lower.is_none() => share,
            _ => 1.0,
        };
        Some(count * share * unit)
    })
}

/// The first thing that is named, with what makes it shorter or longer.
fn named(words: &[String]) -> Option<f64> {
    let (mut at, mut length, mut usual) =
        (0..words.len()).find_map(|at| kind(&words[at..]).map(|(n, usual)| (at, n, usual)))?;
    let first = at;
    while let Some((more, next)) = words.get(at + length..).and_then(kind) {
        (at, length, usual) = (at + length, more, next);
    }
    let near = || words[first.saturating_sub(NEAR)..(at + length + 1).min(words.len())].iter().map(String::as_str);
    Some(match () {
        () if near().any(|word| SHORT.contains(&word)) => usual * SHORTER,
        () if near().any(|word| LONG.contains(&word)) => usual * LONGER,
        () => usual,
    })
}

/// What the first words name: how many they are, and its characters.
fn kind(words: &[String]) -> Option<(usize, f64)> {
    (1..=4.min(words.len())).rev().find_map(|length| {
        let name = words[..length].join("-");
        let singular = name.strip_suffix("es").filter(|name| name.len() > 3);
        let names = [Some(name.as_str()), name.strip_suffix('s'), singular];
        let found = names.into_iter().flatten().find_map(|name| KINDS.get(name));
        found.map(|usual| (length, *usual))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &str) -> f64 {
        likely(&[words], 0.0, None)
    }

    #[test]
    fn what_is_asked_for_decides_and_not_what_it_is_about() {
        assert_eq!(of("The title of a review of a kettle with 5 stars"), of("A title"));
        assert_eq!(of("Book title"), of("A title"));
        assert_eq!(of("Título de una reseña de un hotel"), of("Title"));
        assert_eq!(of("A customer's full name"), of("Full name"));
        assert!(of("A short review of a book") < of("A review of a book") && of("A detailed review") > of("A review"));
        assert!(of("first name") < of("name") && of("motto") < of("review") && of("review") < of("cover letter"));
        assert_eq!(of("xyz"), PHRASE);
    }

    #[test]
    fn numbers_of_words_and_sentences_are_taken_at_their_word() {
        assert_eq!(of("A review in two sentences"), 2.0 * SENTENCE);
        assert_eq!(of("One or two sentences about a book"), 1.5 * SENTENCE);
        assert_eq!(of("Una reseña de 2-3 frases"), 2.5 * SENTENCE);
        assert_eq!(of("A summary of 20 to 40 words"), 30.0 * WORD);
        assert_eq!(of("A summary of at most 20 words"), 14.0 * WORD);
        assert_eq!(of("Un resumen de máximo 20 palabras"), 14.0 * WORD);
        assert_eq!(of("A code of exactly 8 characters"), 8.0);
    }

    #[test]
    fn bounds_cut_and_lift_and_do_not_lengthen() {
        assert_eq!(likely(&["A motto"], 0.0, Some(300.0)), of("A motto"));
        assert!(likely(&["A review"], 0.0, Some(40.0)) <= 40.0);
        assert!(likely(&["A motto"], 100.0, Some(200.0)) >= 100.0);
        assert!((100.0..=120.0).contains(&likely(&["A motto"], 100.0, Some(120.0))));
        assert!(likely(&["xyz"], 0.0, Some(2000.0)) > PHRASE && likely(&["xyz"], 0.0, Some(80.0)) == PHRASE);
        assert_eq!(likely(&["xyz", "A motto"], 0.0, None), of("A motto"));
        assert_eq!(likely(&[""], 5.0, Some(2.0)), 3.5);
    }
}
