//! Answers that satisfy a JSON Schema, a different one for each number.

use jiff::civil::{Date, Time};
use jiff::{Span, Timestamp};
use serde_json::{Map, Value, json};

/// Words that answers are made of: as in prose, most are short.
const WORDS: [&str; 24] = [
    "an",
    "bold",
    "calm",
    "day",
    "east",
    "fine",
    "greenhouse",
    "high",
    "in",
    "joy",
    "kind",
    "lighthouse",
    "moon",
    "new",
    "of",
    "place",
    "quiet",
    "river",
    "sunflower",
    "the",
    "up",
    "vineyard",
    "warm",
    "young",
];

/// What texts are of, and the words that one has at least and at most; what is named first in a request is meant.
const SHAPES: [(&str, u64, u64); 19] = [
    ("first name", 1, 1),
    ("full name", 2, 2),
    ("name", 2, 3),
    ("nombre", 2, 3),
    ("job", 2, 3),
    ("title", 3, 5),
    ("título", 3, 5),
    ("motto", 3, 5),
    ("slogan", 3, 5),
    ("lema", 3, 5),
    ("subject", 4, 6),
    ("comment", 7, 11),
    ("comentario", 7, 11),
    ("sentence", 8, 12),
    ("description", 9, 14),
    ("descripción", 9, 14),
    ("writes", 8, 13),
    ("review", 10, 15),
    ("reseña", 10, 15),
];

/// How deep a schema is followed.
const MAX_DEPTH: usize = 12;

/// The `number`th answer that satisfies `schema`, as long as what `asked` asks for; `root` is where references are looked up.
pub fn answer(schema: &Value, root: &Value, asked: &str, number: u64) -> Value {
    Asked { root, words: asked }.of(schema, number, 0)
}

struct Asked<'a> {
    root: &'a Value,
    words: &'a str,
}

impl Asked<'_> {
    fn of(&self, schema: &Value, number: u64, depth: usize) -> Value {
        let root = self.root;
        if depth > MAX_DEPTH {
            return Value::Null;
        }
        if let Some(path) = schema["$ref"].as_str() {
            let target = path.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
            return target.map_or(Value::Null, |target| self.of(target, number, depth + 1));
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(values) = schema["enum"].as_array().filter(|values| !values.is_empty()) {
            return values[number as usize % values.len()].clone();
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema[key].as_array().and_then(|variants| variants.first()) {
                return self.of(first, number, depth + 1);
            }
        }
        let kind = match &schema["type"] {
            Value::String(kind) => kind.as_str(),
            Value::Array(kinds) => {
                kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
            }
            _ if schema.get("properties").is_some() => "object",
            _ => "string",
        };
        match kind {
            "object" => {
                let properties = schema["properties"].as_object().into_iter().flatten();
                let filled = properties.map(|(name, property)| {
                    (name.clone(), Asked { words: name, ..*self }.of(property, number, depth + 1))
                });
                Value::Object(filled.collect::<Map<_, _>>())
            }
            "array" => {
                let least = schema["minItems"].as_u64().unwrap_or(2);
                (0..least).map(|place| self.of(&schema["items"], number * 7 + place, depth + 1)).collect()
            }
            "integer" => json!(whole(schema, number)),
            "number" => match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
                (Some(least), Some(most)) => json!(least + (most - least) * ((number % 1000) as f64 / 1000.0)),
                (least, _) => json!(least.unwrap_or(0.0) + number as f64 / 4.0),
            },
            "boolean" => json!(number.is_multiple_of(2)),
            "null" => Value::Null,
            _ => text(schema, self.words, number).into(),
        }
    }
}

fn whole(schema: &Value, number: u64) -> i64 {
    let least = schema["minimum"].as_i64().unwrap_or(0);
    match schema["maximum"].as_i64() {
        Some(most) if most >= least => least + (number % (most - least + 1) as u64) as i64,
        _ => least + number as i64,
    }
}

fn text(schema: &Value, asked: &str, number: u64) -> String {
    let start = Date::constant(2020, 1, 1);
    let day = start.checked_add(Span::new().days((number % 3000) as i64)).unwrap_or(start);
    let second = Span::new().seconds((number * 37 % 86_400) as i64);
    match schema["format"].as_str() {
        Some("date") => return day.to_string(),
        Some("time") => return format!("{}Z", Time::midnight().checked_add(second).unwrap_or_default()),
        Some("date-time") => {
            let first = Timestamp::constant(1_577_836_800, 0);
            return first.checked_add(Span::new().hours((number * 13) as i64)).unwrap_or(first).to_string();
        }
        Some("uuid") => return format!("00000000-0000-4000-8000-{number:012x}"),
        Some("email") => return format!("person{number}@example.com"),
        _ => {}
    }
    let described = schema["description"].as_str().unwrap_or_default();
    let (fewest, most_words) = shape(described).or_else(|| shape(asked)).unwrap_or((2, 4));
    let count = fewest + number * 7 % (most_words - fewest + 1);
    let of = |count: u64| words(number, count) + if count > 6 { "." } else { "" };
    // Strict output knows no lengths, so that they are said in words.
    let bound = |key: &str, words: &str| {
        let said = described.split_once(words).and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        schema[key].as_u64().or(said)
    };
    let most = bound("maxLength", "at most ").unwrap_or(u64::MAX) as usize;
    // As many of the words as there is room for.
    let mut text = (1..=count).rev().map(of).find(|text| text.len() <= most).unwrap_or_else(|| of(1));
    if text.len() > most {
        // The number alone, in letters and digits, tells short answers apart.
        text = radix(number, most);
    }
    let least = bound("minLength", "at least ").unwrap_or(0) as usize;
    while text.len() < least {
        text.push_str(" and on");
    }
    text.truncate(most.max(1));
    text
}

/// The words of the thing that is named first.
fn shape(asked: &str) -> Option<(u64, u64)> {
    let asked = asked.to_lowercase();
    let found = SHAPES.iter().filter_map(|(name, fewest, most)| Some((asked.find(name)?, (*fewest, *most))));
    found.min_by_key(|(at, _)| *at).map(|(_, words)| words)
}

/// So many words, other ones for each number; a few more where it takes more to tell numbers apart.
fn words(number: u64, count: u64) -> String {
    let size = WORDS.len() as u64;
    let mut rest = number;
    let mut text = String::new();
    for place in 0.. {
        if place >= count && rest == 0 {
            break;
        }
        if place > 0 {
            text.push(' ');
        }
        text.push_str(WORDS[((rest + place * 5) % size) as usize]);
        rest /= size;
    }
    text
}

fn radix(mut number: u64, most: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut text = String::new();
    while text.len() < most.max(1) {
        text.insert(0, char::from(DIGITS[(number % 36) as usize]));
        number /= 36;
        if number == 0 {
            break;
        }
    }
    text
}

/// The same shape with the wrong types: numbers for texts and texts for all else.
pub fn wrong(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), wrong(value))).collect()),
        Value::Array(items) => items.iter().map(wrong).collect(),
        Value::String(text) => json!(text.len()),
        _ => json!("no such thing"),
    }
}

/// The same shape with texts that are too long for any bound.
pub fn too_long(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), too_long(value))).collect()),
        Value::Array(items) => items.iter().map(too_long).collect(),
        Value::String(text) => format!("{text}{}", " and on and on".repeat(100)).into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_thousand_answers_differ() {
        for schema in [
            json!({"type": "string"}),
            json!({"type": "string", "maxLength": 6}),
            json!({"type": "integer", "minimum": 5}),
            json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}}),
        ] {
            let answers: HashSet<String> = (0..1000).map(|n| answer(&schema, &schema, "", n).to_string()).collect();
            assert_eq!(answers.len(), 1000, "{schema}");
        }
    }

    #[test]
    fn a_text_is_as_long_as_what_is_asked_for() {
        let schema = json!({"type": "string"});
        let words = |asked: &str, number: u64| {
            let text = answer(&schema, &schema, asked, number);
            text.as_str().map_or(0, |text| text.split(' ').count())
        };
        for number in 0..20 {
            assert!((3..=5).contains(&words("The title of a review", number)));
            assert!((10..=15).contains(&words("A review of a title", number)));
            assert!((2..=4).contains(&words("x", number)));
            let said =
                json!({"type": "string", "description": "Words (at least 12 characters, at most 30 characters)"});
            let text = answer(&said, &said, "A review", number).as_str().map_or(0, str::len);
            assert!((12..=30).contains(&text), "{text}");
        }
        let distinct: HashSet<String> =
            (0..2000).map(|n| answer(&schema, &schema, "first name", n).to_string()).collect();
        assert_eq!(distinct.len(), 2000);
    }
}
