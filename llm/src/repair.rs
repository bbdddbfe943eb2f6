//! Reads almost-JSON: what models put around it is taken away, what they leave behind at the most tokens is closed.

use serde_json::Value;

use crate::protocol::{json_of, without_halves};

/// What stands behind what a model thought aloud.
const THOUGHT: [&str; 2] = ["</think>", "</thinking>"];

/// The most marks of one kind behind which an answer is looked for.
const MARKS: usize = 4;

/// The most places of a text at which JSON may begin.
const STARTS: usize = 64;

/// The JSON of an answer: as it is, in a code fence, between other words, with commas too many. Of several the first that `is_wanted`, else the
/// first.
pub(crate) fn read(text: &str, is_wanted: impl Fn(&Value) -> bool) -> Option<Value> {
    let text = text.trim().trim_start_matches('\u{feff}');
    if let Some(value) = json_of(text) {
        return Some(value);
    }
    let mut first = None;
    for said in without_thought(text) {
        let text = &without_halves(said);
        let fenced =
            text.split("```").nth(1).map(|inside| inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
        for text in [fenced, Some(text)].into_iter().flatten() {
            for mut found in [values(text), values(&without_spare_commas(text))] {
                if let Some(wanted) = found.iter().position(&is_wanted) {
                    return Some(found.swap_remove(wanted));
                }
                first = first.or_else(|| found.into_iter().next());
            }
        }
    }
    first
}

/// What a model says after it has thought aloud: what stands behind the last mark, and behind those before it, since an answer may hold one.
fn without_thought(text: &str) -> impl Iterator<Item = &str> {
    let mut ends: Vec<usize> = THOUGHT
        .iter()
        .flat_map(|mark| text.rmatch_indices(mark).take(MARKS).map(move |(at, _)| at + mark.len()))
        .collect();
    ends.sort_unstable_by(|one, other| other.cmp(one));
    // Where it did not end its thought, all that it says is of it.
    if ends.is_empty() {
        ends.push(0);
    }
    ends.into_iter().map(|end| &text[end..])
}

/// The objects and lists in a text, whatever stands between them.
fn values(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut rest = text;
    for _ in 0..STARTS {
        let Some(start) = rest.find(['{', '[']) else { break };
        rest = &rest[start..];
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(value)) = stream.next() else {
            rest = &rest[1..];
            continue;
        };
        rest = &rest[stream.byte_offset()..];
        // An empty one is a piece of prose.
        if !(value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(|object| object.is_empty())) {
            found.push(value);
        }
    }
    found
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
    let text = without_thought(text).next()?;
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
            assert_eq!(read(text, |_| false), Some(wanted.clone()), "{text}");
        }
        for none in ["", "I cannot", "{\"items\": [\"a", "[]{}"] {
            assert!(read(none, |_| true).is_none_or(|value| value == json!([])), "{none}");
        }
    }

    #[test]
    fn what_a_model_thinks_aloud_is_no_answer() {
        let wanted = json!({"items": ["a", "</think>"]});
        for text in [
            r#"<think>They want {"items": ["x"]} or [1, 2].</think>{"items": ["a", "</think>"]}"#,
            "<think>{\"items\": [\"x\"]}</think>\nHere: ```json\n{\"items\": [\"a\", \"</think>\"]}\n```",
            r#"no end of thought {"items": ["x"]} </thinking> {"items": ["a", "</think>"]}"#,
        ] {
            assert_eq!(read(text, |value| value.get("items").is_some()), Some(wanted.clone()), "{text}");
        }
        assert_eq!(salvage(r#"<think>["x", "y", "z"]</think>["a", "b", "c"#), Some(json!(["a", "b"])));
    }

    #[test]
    fn of_several_the_one_that_is_wanted_is_taken() {
        let text = r#"For {"example": 1} and [2] I say {"items": ["a"]} and {"items": ["b"]}."#;
        let has_items = |value: &Value| value.get("items").is_some();
        assert_eq!(read(text, has_items), Some(json!({"items": ["a"]})));
        assert_eq!(read(text, |_| false), Some(json!({"example": 1})));
        let many = format!("{}{{\"items\": [1]}}", "{a} ".repeat(30));
        assert_eq!(read(&many, has_items), Some(json!({"items": [1]})));
    }

    #[test]
    fn a_list_that_was_cut_keeps_its_whole_items() {
        assert_eq!(salvage(r#"{"items": ["a", "b", "c"#), Some(json!({"items": ["a", "b"]})));
        assert_eq!(salvage(r#"{"items": [{"a": [1, 2]}, {"a": [3, "#), Some(json!({"items": [{"a": [1, 2]}]})));
        assert_eq!(salvage(r#"{"schema": "tables: ["#), None);
        assert_eq!(salvage(r#"{"items": ["a"#), None);
    }
}
