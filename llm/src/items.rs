//! Which answers are right, and which are the same.

use std::collections::HashSet;

use engine::llm;
use engine::llm::Holds;
pub use engine::llm::capacity;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::failure::{Code, Failure, excerpt};

/// The most characters of a text in an answer: a cell of a sheet holds no more.
const MAX_TEXT: usize = 32_767;

/// The most numbers of an answer that may stand in it as texts.
const MOST_UNQUOTED: usize = 16;

/// Checks answers against their schema.
#[derive(Debug)]
pub struct Items {
    check: llm::Items,
}

impl Items {
    /// The check of an item's JSON Schema, and of what rows can hold. References to other documents are not followed.
    pub fn new(item: &Value, holds: &Holds) -> Result<Items, Failure> {
        llm::Items::new(item).map(|check| Items { check: check.holding(holds.clone()) }).map_err(|reason| {
            let reason = excerpt(&reason, None);
            Failure::new(Code::BadAnswer, format!("the json_schema of the answers is no JSON Schema: {reason}"))
        })
    }

    /// The answer as it is kept (texts in Unicode's composed form, without spaces around them), or why it is wrong.
    pub fn accept(&self, answer: Value) -> Result<Value, String> {
        let mut answer = normal(answer);
        if longest(&answer) > MAX_TEXT {
            return Err(format!("a text is longer than {MAX_TEXT} characters"));
        }
        if answer.as_str().is_some_and(str::is_empty) {
            return Err("it is empty".to_owned());
        }
        if has_broken_text(&answer) {
            return Err("a text holds a control character, or one that was lost on its way".to_owned());
        }
        for _ in 0..MOST_UNQUOTED {
            let Err(fault) = self.check.check(&answer) else { return Ok(answer) };
            if !unquote(&mut answer, &fault) {
                let place = if fault.pointer.is_empty() { String::new() } else { format!("{}: ", fault.pointer) };
                return Err(format!("{place}{}", excerpt(&fault.reason, None)));
            }
        }
        Err("numbers stand in it as texts".to_owned())
    }
}

/// Puts the number or the truth value in the place of the text that spells it, where the schema asks for one: that is no reason to ask again.
fn unquote(answer: &mut Value, fault: &llm::Fault) -> bool {
    let asks_for = |kind: &str| {
        fault.asked == kind || fault.asked.as_array().is_some_and(|kinds| kinds.iter().any(|other| other == kind))
    };
    let Some(place) = answer.pointer_mut(&fault.pointer).filter(|_| fault.keyword == "type") else { return false };
    let Some(read) = place.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()) else { return false };
    let fits = match &read {
        Value::Number(number) => asks_for("number") || (asks_for("integer") && !number.is_f64()),
        Value::Bool(_) => asks_for("boolean"),
        _ => false,
    };
    if fits {
        *place = read;
    }
    fits
}

/// Whether a text holds what no file can hold and no person writes.
fn has_broken_text(value: &Value) -> bool {
    let is_broken =
        |c: char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || c == '\u{fffd}' || is_no_character(c);
    match value {
        Value::String(text) => text.chars().any(is_broken),
        Value::Array(items) => items.iter().any(has_broken_text),
        Value::Object(map) => map.values().any(has_broken_text),
        _ => false,
    }
}

fn is_no_character(c: char) -> bool {
    let code = u32::from(c);
    code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code)
}

fn normal(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.trim().nfc().collect()),
        Value::Array(items) => items.into_iter().map(normal).collect(),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, normal(value))).collect()),
        other => other,
    }
}

fn longest(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(longest).max().unwrap_or(0),
        Value::Object(map) => map.values().map(longest).max().unwrap_or(0),
        _ => 0,
    }
}

/// Answers without repetition, in the order in which they came.
///
/// Two answers are the same where the columns that show them would hold the same values; a column that never repeats makes two answers with one
/// value of it the same.
#[derive(Debug, Default)]
pub struct Distinct {
    keys: HashSet<String>,
    seen: llm::Seen,
    /// Whether what is kept counts only where it is new to each column that never repeats.
    never_repeats: bool,
    answers: Vec<Value>,
    /// How many answers there are up to and with each that counts.
    ends: Vec<usize>,
}

impl Distinct {
    /// Without answers, for columns that hold these values.
    pub fn of(holds: &Holds) -> Distinct {
        Distinct { seen: holds.seen(), never_repeats: holds.never_repeats(), ..Distinct::default() }
    }

    /// Takes an answer that was kept. It stays in its place whether or not it counts, since others may count it, and rows are made of the first
    /// so many.
    pub fn keep(&mut self, answer: Value) {
        if !self.keys.insert(key(&answer)) {
            return;
        }
        let is_new = self.seen.add(&answer);
        self.answers.push(answer);
        if is_new || !self.never_repeats {
            self.ends.push(self.answers.len());
        }
    }

    /// Adds an answer, unless it is there.
    pub fn add(&mut self, answer: Value) -> bool {
        let key = key(&answer);
        let is_new = !self.keys.contains(&key) && self.seen.add(&answer);
        if is_new {
            self.keys.insert(key);
            self.answers.push(answer);
            self.ends.push(self.answers.len());
        }
        is_new
    }

    /// The answers, those that do not count among them.
    pub fn answers(&self) -> &[Value] {
        &self.answers
    }

    /// The first answers among which so many count; all where fewer do.
    pub fn first(&self, most: u64) -> &[Value] {
        let place = usize::try_from(most).unwrap_or(usize::MAX).checked_sub(1);
        let end = place.map_or(0, |place| self.ends.get(place).copied().unwrap_or(self.answers.len()));
        &self.answers[..end]
    }

    /// How many count.
    pub fn len(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Whether there are no answers.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

/// An answer, however its objects are ordered.
fn key(answer: &Value) -> String {
    let mut sorted = answer.clone();
    sorted.sort_all_objects();
    sorted.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(item: &Value) -> Result<Items, Failure> {
        Items::new(item, &Holds::default())
    }

    #[test]
    fn answers_are_checked_against_the_schema() {
        let items = checked(&json!({"type": "string", "maxLength": 5, "pattern": "^[a-zé]+$"})).expect("a schema");
        assert_eq!(items.accept(json!(" cafe\u{301} ")), Ok(json!("café")));
        for wrong in [json!("too long"), json!(5), json!(""), json!("A"), json!(null)] {
            let reason = items.accept(wrong.clone()).expect_err("wrong");
            assert!(!reason.is_empty() && reason.len() < 200, "{wrong}: {reason}");
        }
        let items = checked(&json!({"$defs": {"n": {"type": "integer"}}, "type": "object",
            "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"format": "date", "type": "string"}}, "required": ["a"]}));
        let items = items.expect("a schema");
        assert!(items.accept(json!({"a": 1, "b": "2026-02-28"})).is_ok());
        assert!(items.accept(json!({"a": 1, "b": "2026-02-30"})).is_err());
        assert!(items.accept(json!({"a": "x"})).is_err_and(|reason| reason.starts_with("/a: ")));
    }

    #[test]
    fn numbers_that_stand_as_texts_are_taken() {
        let items = checked(&json!({"type": "object", "properties": {
            "age": {"type": "integer", "minimum": 18}, "price": {"type": ["number", "null"]}, "new": {"type": "boolean"},
            "name": {"type": "string"}}}))
        .expect("a schema");
        let quoted = json!({"age": "20", "price": " 1.50 ", "new": "true", "name": "7"});
        assert_eq!(items.accept(quoted), Ok(json!({"age": 20, "price": 1.5, "new": true, "name": "7"})));
        for wrong in [json!({"age": "17"}), json!({"age": "1.5"}), json!({"age": "x"}), json!({"new": "1"})] {
            assert!(items.accept(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn texts_that_no_file_holds_are_wrong() {
        let items = checked(&json!({})).expect("a schema");
        for wrong in ["a\0b", "a\u{1b}[0m", "half a \u{fffd}", "\u{ffff}", "a\u{85}x"] {
            assert!(items.accept(json!([wrong])).is_err(), "{wrong:?}");
        }
        for right in ["two\nlines", "a\ttab", "\"quoted\", and more", "=1+1", "👩‍👩‍👧", "a\u{a0}b"] {
            assert_eq!(items.accept(json!(right)), Ok(json!(right)));
        }
    }

    #[test]
    fn no_other_document_is_fetched() {
        for schema in [
            json!({"$ref": "http://127.0.0.1:1/schema.json"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"type": 5}),
        ] {
            let failure = checked(&schema).expect_err("no schema");
            assert!(failure.code == Code::BadAnswer, "{failure}");
        }
    }

    #[test]
    fn the_same_answer_counts_once() {
        let mut distinct = Distinct::default();
        assert!(distinct.add(json!({"a": 1, "b": 2})) && !distinct.add(json!({"b": 2, "a": 1})));
        assert!(distinct.add(json!("1")) && distinct.add(json!(1)));
        assert_eq!(distinct.len(), 3);
    }
}
