//! Reads almost-JSON: what models put around it is taken away, what they leave behind at the most tokens is closed.

use serde::Deserialize;
use serde_json::Value;

use crate::protocol::{json_of, without_halves};

/// The JSON of an answer: as it is, in a code fence, between other words, with commas too many.
pub(crate) fn read(text: &str) -> Option<Value> {
    let text = text.trim().trim_start_matches('\u{feff}');
    if let Some(value) = json_of(text) {
        return Some(value);
    }
    let text = &without_halves(text);
    let fenced = text.split("```").nth(1).map(|inside| inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
    [fenced, Some(text)]
        .into_iter()
        .flatten()
        .find_map(|text| first(text).or_else(|| first(&without_spare_commas(text))))
}

/// The first object or list in a text, whatever follows it.
fn first(text: &str) -> Option<Value> {
    let starts = text.match_indices(['{', '[']).take(8);
    starts.map(|(start, _)| &text[start..]).find_map(|rest| {
        let value = Value::deserialize(&mut serde_json::Deserializer::from_str(rest)).ok()?;
        // An empty one is a piece of prose.
        let is_empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(|o| o.is_empty());
        (!is_empty).then_some(value)
    })
}

/// Commas before `]` and `}` taken away, outside of texts.
fn without_spare_commas(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_text, mut escaped) = (false, false);
    for c in text.chars() {
        if !in_text && (c == ']' || c == '}') {
            let end = out.trim_end();
            if end.ends_with(',') {
                out.truncate(end.len() - 1);
            }
        }
        out.push(c);
        (in_text, escaped) = step(c, in_text, escaped);
    }
    out
}

/// The list that was cut in its middle, up to its last whole item: `{"items": ["a", "b", "c` gives `{"items": ["a", "b"]}`.
pub(crate) fn salvage(text: &str) -> Option<Value> {
    let start = text.find(['{', '['])?;
    let text = &text[start..];
    let (mut in_text, mut escaped) = (false, false);
    let mut open = Vec::new();
    let mut end = None;
    for (place, c) in text.char_indices() {
        if !in_text {
            match c {
                '{' | '[' => open.push(c),
                '}' | ']' => drop(open.pop()),
                ',' if matches!(open.as_slice(), ['['] | ['{', '[']) => end = Some((place, open.clone())),
                _ => {}
            }
        }
        (in_text, escaped) = step(c, in_text, escaped);
    }
    let (end, open) = end?;
    let closed: String = open.iter().rev().map(|c| if *c == '{' { '}' } else { ']' }).collect();
    json_of(&format!("{}{closed}", &text[..end]))
}

/// Whether the next character is in a text, and whether it is escaped.
fn step(c: char, in_text: bool, escaped: bool) -> (bool, bool) {
    match c {
        _ if escaped => (in_text, false),
        '\\' if in_text => (true, true),
        '"' => (!in_text, false),
        _ => (in_text, false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_found_in_what_surrounds_it() {
        let wanted = json!({"items": ["a, ]", "b"]});
        for text in [
            r#"{"items": ["a, ]", "b"]}"#,
            "```json\n{\"items\": [\"a, ]\", \"b\"]}\n```",
            "Here you are {as asked}:\n```\n{\"items\": [\"a, ]\", \"b\",]}\n```\nBye [1]",
            "Sure! {\"items\": [\"a, ]\", \"b\"]} And more {}",
            "\u{feff}{\"items\": [\"a, ]\", \"b\",],}",
        ] {
            assert_eq!(read(text), Some(wanted.clone()), "{text}");
        }
        for none in ["", "I cannot", "{\"items\": [\"a", "[]{}"] {
            assert!(read(none).is_none_or(|value| value == json!([])), "{none}");
        }
    }

    #[test]
    fn a_list_that_was_cut_keeps_its_whole_items() {
        assert_eq!(salvage(r#"{"items": ["a", "b", "c"#), Some(json!({"items": ["a", "b"]})));
        assert_eq!(salvage(r#"{"items": [{"a": [1, 2]}, {"a": [3, "#), Some(json!({"items": [{"a": [1, 2]}]})));
        assert_eq!(salvage(r#"{"schema": "tables: ["#), None);
        assert_eq!(salvage(r#"{"items": ["a"#), None);
    }
}
