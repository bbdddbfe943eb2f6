//! Bodies of requests.

use std::fmt;
use std::fmt::Write;
use std::marker::PhantomData;

use engine::problem::Problem;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// A body that is a JSON object. A list of a struct's values would be read as one too, which no document says.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        deserializer.deserialize_map(Members(PhantomData)).map(Object)
    }
}

/// Reads a value from the members of an object.
struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        let read = serde_path_to_error::deserialize(MapAccessDeserializer::new(members));
        // A reader's error has no room for a place but its text.
        read.map_err(|error| A::Error::custom(format!("{}{PLACE}{}", pointer(error.path()), error.inner())))
    }
}

/// What stands between the place of a fault and its sentence; no text of ours has it.
const PLACE: char = '\u{1}';

/// A path as a JSON Pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            // Words of the program's own types.
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        let _ = write!(pointer, "/{step}");
    }
    pointer
}

/// How a reader's sentences begin about a text that is no JSON at all.
const NO_JSON: [&str; 13] = [
    "EOF while",
    "expected ",
    "invalid escape",
    "invalid number",
    "number out of range",
    "invalid unicode",
    "control character",
    "key must be a string",
    "lone leading surrogate",
    "trailing comma",
    "trailing characters",
    "unexpected end of hex escape",
    "recursion limit exceeded",
];

/// What a reader of JSON says of a text that is none; nothing where it is some, and something else is wrong with it.
pub fn no_json(said: &str) -> Option<&str> {
    let said = said.split_once(PLACE).map_or(said, |(_, said)| said);
    NO_JSON.iter().any(|start| said.starts_with(start)).then_some(said)
}

/// What a reader of JSON found wrong with a body, with its place and in words of ours.
pub fn problem(said: &str) -> Problem {
    let (pointer, said) = said.split_once(PLACE).unwrap_or(("", said));
    // The place in the text is a JSON reader's: what it says is of the place before it.
    let said = said.split(" at line ").next().unwrap_or_default();
    let quoted = || said.split('`').nth(1).unwrap_or_default();
    if said.starts_with("unknown field") {
        let known = said.split('`').skip(3).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        // The reader stands at the key that it does not know.
        let pointer = pointer.to_owned();
        let problem = Problem::new("unknown_key", format!("unknown key \"{}\"", quoted())).at(pointer);
        return problem.hint(quoted(), known.iter().map(String::as_str));
    }
    if said.starts_with("missing field") {
        return Problem::new("missing_key", format!("the key \"{}\" is missing", quoted())).at(pointer);
    }
    let sentence = match said.split_once(", expected ") {
        Some((found, wanted)) => {
            let found = found.trim_start_matches("invalid type: ").trim_start_matches("invalid value: ");
            let found = match found.strip_prefix("unknown variant ") {
                Some(word) => word.replace('`', "\""),
                None => in_words(found),
            };
            format!("{found} stands where {} is expected", in_words(wanted))
        }
        None if said.contains("untagged enum") => "this is of no kind that may stand here".to_owned(),
        None => said.trim_end_matches('.').to_owned(),
    };
    Problem::new("invalid_value", sentence).at(pointer)
}

/// Words of a reader's own as anybody knows them.
fn in_words(said: &str) -> String {
    let said = said.trim();
    let kind = match said {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" | "a JSON number" => "a number",
        "a string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" | "map" => "an object",
        "null" => "null",
        other if other.starts_with("struct ") => "an object",
        other if other.starts_with("tuple ") => "a list",
        other if other.starts_with("one of ") || other.contains("` or `") => return other.replace('`', "\""),
        other => {
            // What was found, with its value: `string "x"`, `integer `7``.
            let kinds = ["string ", "integer ", "floating point ", "boolean "];
            let bare = kinds.iter().find_map(|kind| other.strip_prefix(kind));
            return bare.unwrap_or(other).replace('`', "");
        }
    };
    kind.to_owned()
}

/// Reads null as if the key were absent.
pub fn null_is_absent<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a whole number however JSON spells it: `1.0` and `1e3` are some too. Null is none.
pub fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(deserializer)? else { return Ok(None) };
    let spelled = || {
        let value = number.as_f64()?;
        // Beyond this not every whole number has a spelling of its own.
        (value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0).then_some(value as i64)
    };
    let value = number.as_i64().or_else(spelled).and_then(|value| T::try_from(value).ok());
    value.map(Some).ok_or_else(|| Error::custom(format!("{number} is no whole number that is in range here")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Body {
        #[serde(default, deserialize_with = "whole")]
        count: Option<u32>,
    }

    #[test]
    fn a_list_is_no_object() {
        let read = |text: &str| serde_json::from_str::<Object<Body>>(text);
        assert_eq!(read(r#"{"count": 7}"#).expect("an object").0, Body { count: Some(7) });
        for text in ["[7]", "[]", "7", "null"] {
            let told = read(text).expect_err(text).to_string();
            assert!(told.contains("expected an object"), "{told}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_from_what_is_some() {
        let told = |text: &str| serde_json::from_str::<Object<Body>>(text).expect_err(text).to_string();
        for text in ["{", "{\"count\": ", "{\"count\": 1,}", "{\"count\": tru}", "{\"a\": \"\\x\"}"] {
            assert!(no_json(&told(text)).is_some_and(|said| !said.contains(PLACE)), "{text}: {}", told(text));
        }
        for text in ["{\"count\": \"x\"}", "{\"count\": 1.5}", "7"] {
            assert_eq!(no_json(&told(text)), None, "{text}: {}", told(text));
        }
    }

    #[test]
    fn what_is_wrong_with_a_body_has_its_place_and_no_word_of_the_program() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "read, not used")]
        struct Outer {
            scale: Option<f64>,
            #[serde(default)]
            rows: std::collections::BTreeMap<String, u64>,
            #[serde(default)]
            parts: Vec<Inner>,
            name: Option<String>,
        }
        #[derive(Debug, Deserialize)]
        #[allow(dead_code, reason = "read, not used")]
        struct Inner {
            kind: Kind,
        }
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Kind {
            Round,
            Square,
        }
        for (text, pointer, detail) in [
            (r#"{"rows": {"a/b": -1}}"#, "/rows/a~1b", "-1 stands where a whole number from 0 on is expected"),
            (r#"{"rows": {"t": "x"}}"#, "/rows/t", "\"x\" stands where a whole number from 0 on is expected"),
            (r#"{"scale": "much"}"#, "/scale", "\"much\" stands where a number is expected"),
            (r#"{"name": 7}"#, "/name", "7 stands where a text is expected"),
            (r#"{"name": true}"#, "/name", "true stands where a text is expected"),
            (r#"{"parts": {}}"#, "/parts", "an object stands where a list is expected"),
            (r#"{"parts": [{}]}"#, "/parts/0", "the key \"kind\" is missing"),
            (
                r#"{"parts": [{"kind": "round"}, {"kind": "flat"}]}"#,
                "/parts/1/kind",
                "\"flat\" stands where \"round\" or \"square\" is expected",
            ),
        ] {
            let problem = problem(&serde_json::from_str::<Object<Outer>>(text).expect_err(text).to_string());
            assert_eq!((problem.pointer.as_str(), problem.detail.as_str()), (pointer, detail), "{text}");
        }
        let told = serde_json::from_str::<Object<Outer>>(r#"{"nmae": "x"}"#).expect_err("a wrong key").to_string();
        let problem = problem(&told);
        assert_eq!(problem.detail, "unknown key \"nmae\"");
        assert_eq!(problem.remedy.as_deref(), Some("did you mean \"name\"?"));
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_spelled() {
        let read = |text: &str| serde_json::from_str::<Body>(text).map(|body| body.count);
        for (text, expected) in [
            ("{}", None),
            (r#"{"count": null}"#, None),
            (r#"{"count": 7}"#, Some(7)),
            (r#"{"count": 7.0}"#, Some(7)),
            (r#"{"count": 1e3}"#, Some(1000)),
        ] {
            assert_eq!(read(text).expect(text), expected, "{text}");
        }
        for text in [r#"{"count": 7.5}"#, r#"{"count": -1}"#, r#"{"count": 1e10}"#, r#"{"count": "7"}"#] {
            read(text).expect_err(text);
        }
    }
}
