//! The lists: the texts that the engine draws from, so that all programs write values of the same lengths.

use crate::cursor::Slot;
use crate::{DAYS, FIRST_DAY, civil};

const FIRST_NAMES: &str = include_str!("../../../../engine/data/en_US/first_names.tsv");
const LAST_NAMES: &str = include_str!("../../../../engine/data/en_US/last_names.tsv");
const WORDS: &str = include_str!("../../../../engine/data/en_US/words.tsv");

/// First names, each once.
pub fn first_names() -> Vec<&'static str> {
    plain(FIRST_NAMES)
}

/// Last names, each once.
pub fn last_names() -> Vec<&'static str> {
    plain(LAST_NAMES)
}

/// Words: 512, so that nine bits of a draw choose one, and of at most eight letters, so that a sentence is as long as the engine's.
pub fn words() -> Vec<&'static str> {
    let mut words = plain(WORDS);
    words.retain(|word| word.len() <= 8);
    words.truncate(512);
    words
}

/// The first field of each line where it is one word of ASCII letters.
fn plain(lines: &'static str) -> Vec<&'static str> {
    let fields = lines.lines().filter_map(|line| line.split('\t').next());
    fields.filter(|word| word.len() < 15 && word.bytes().all(|byte| byte.is_ascii_alphabetic())).collect()
}

/// Texts in slots, with something behind each.
pub fn slots(texts: &[&str], behind: &str) -> Vec<Slot> {
    texts.iter().map(|text| Slot::new(&format!("{text}{behind}"))).collect()
}

/// Texts in lower case in slots.
pub fn lower(texts: &[&str], behind: &str) -> Vec<Slot> {
    texts.iter().map(|text| Slot::new(&format!("{}{behind}", text.to_lowercase()))).collect()
}

/// The first letter of each text in lower case, in slots.
pub fn initials(texts: &[&str]) -> Vec<Slot> {
    texts.iter().map(|text| Slot::new(&text[..1].to_lowercase())).collect()
}

/// Texts that start with a capital letter, in slots.
pub fn capitalised(texts: &[&str], behind: &str) -> Vec<Slot> {
    let capital = |text: &str| format!("{}{}{behind}", text[..1].to_uppercase(), &text[1..]);
    texts.iter().map(|text| Slot::new(&capital(text))).collect()
}

/// All days of the column `signed_on` as ISO dates in slots.
pub fn dates(behind: &str) -> Vec<Slot> {
    (FIRST_DAY..FIRST_DAY + DAYS)
        .map(|day| {
            let (year, month, day) = civil(day);
            Slot::new(&format!("{year}-{month:02}-{day:02}{behind}"))
        })
        .collect()
}
