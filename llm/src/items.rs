//! Which answers are right, and which are the same.

use std::collections::HashSet;

use engine::llm;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::failure::{Code, Failure, excerpt};

/// The most characters of a text in an answer: a cell of a sheet holds no more.
const MAX_TEXT: usize = 32_767;

/// Checks answers against their schema.
#[derive(Debug)]
pub struct Items {
    check: llm::Items,
}

impl Items {
    /// The check of an item's JSON Schema. References to other documents are not followed.
    pub fn new(item: &Value) -> Result<Items, Failure> {
        llm::Items::new(item).map(|check| Items { check }).map_err(|reason| {
            let reason = excerpt(&reason, None);
            Failure::new(Code::BadAnswer, format!("the json_schema of the answers is no JSON Schema: {reason}"))
        })
    }

    /// The answer as it is kept (texts in Unicode's composed form, without spaces around them), or why it is wrong.
    pub fn accept(&self, answer: Value) -> Result<Value, String> {
        let answer = normal(answer);
        if longest(&answer) > MAX_TEXT {
            return Err(format!("a text is longer than {MAX_TEXT} characters"));
        }
        if answer.as_str().is_some_and(str::is_empty) {
            return Err("it is empty".to_owned());
        }
        match self.check.check(&answer) {
            Ok(()) => Ok(answer),
            Err(fault) => {
                let place = if fault.pointer.is_empty() { String::new() } else { format!("{}: ", fault.pointer) };
                Err(format!("{place}{}", excerpt(&fault.reason, None)))
            }
        }
    }
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
#[derive(Debug, Default)]
pub struct Distinct {
    keys: HashSet<String>,
    answers: Vec<Value>,
}

impl Distinct {
    /// Adds an answer, unless it is there.
    pub fn add(&mut self, answer: Value) -> bool {
        let mut sorted = answer.clone();
        sorted.sort_all_objects();
        let is_new = self.keys.insert(sorted.to_string());
        if is_new {
            self.answers.push(answer);
        }
        is_new
    }

    /// The answers.
    pub fn answers(&self) -> &[Value] {
        &self.answers
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.answers.len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

/// How many distinct answers a schema allows, where it is plain to see.
pub fn capacity(item: &Value) -> Option<u64> {
    if item.get("const").is_some() {
        return Some(1);
    }
    if let Some(values) = item["enum"].as_array() {
        return Some(values.iter().map(Value::to_string).collect::<HashSet<_>>().len() as u64);
    }
    match item["type"].as_str()? {
        "boolean" => Some(2),
        "null" => Some(1),
        "integer" => {
            let (least, most) = (item["minimum"].as_i64()?, item["maximum"].as_i64()?);
            u64::try_from(most.checked_sub(least)?.checked_add(1)?).ok()
        }
        "object" if item["additionalProperties"] == Value::Bool(false) => {
            let properties = item["properties"].as_object()?;
            let is_required =
                |name: &str| item["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
            properties.iter().try_fold(1_u64, |product, (name, property)| {
                // One that may be left away has one state more.
                product.checked_mul(capacity(property)?.checked_add(u64::from(!is_required(name)))?)
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_checked_against_the_schema() {
        let items = Items::new(&json!({"type": "string", "maxLength": 5, "pattern": "^[a-zé]+$"})).expect("a schema");
        assert_eq!(items.accept(json!(" cafe\u{301} ")), Ok(json!("café")));
        for wrong in [json!("too long"), json!(5), json!(""), json!("A"), json!(null)] {
            let reason = items.accept(wrong.clone()).expect_err("wrong");
            assert!(!reason.is_empty() && reason.len() < 200, "{wrong}: {reason}");
        }
        let items = Items::new(&json!({"$defs": {"n": {"type": "integer"}}, "type": "object",
            "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"format": "date", "type": "string"}}, "required": ["a"]}));
        let items = items.expect("a schema");
        assert!(items.accept(json!({"a": 1, "b": "2026-02-28"})).is_ok());
        assert!(items.accept(json!({"a": 1, "b": "2026-02-30"})).is_err());
        assert_eq!(items.accept(json!({"a": "1"})), Err("/a: it is not of type \"integer\"".to_owned()));
    }

    #[test]
    fn no_other_document_is_fetched() {
        for schema in [
            json!({"$ref": "http://127.0.0.1:1/schema.json"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"type": 5}),
        ] {
            let failure = Items::new(&schema).expect_err("no schema");
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

    #[test]
    fn small_schemas_know_how_many_answers_they_allow() {
        assert_eq!(capacity(&json!({"enum": ["a", "b", "a"]})), Some(2));
        assert_eq!(capacity(&json!({"type": "integer", "minimum": 1, "maximum": 5})), Some(5));
        assert_eq!(capacity(&json!({"type": "string"})), None);
        let object = json!({"type": "object", "additionalProperties": false, "required": ["a"],
            "properties": {"a": {"type": "boolean"}, "b": {"enum": [1, 2]}}});
        assert_eq!(capacity(&object), Some(6));
    }
}
