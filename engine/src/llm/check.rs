//! Whether an answer is what the JSON Schema of its item asks, draft 2020-12. Who collects answers and who makes rows of them ask the same
//! check, so that nothing is paid for that no row may hold.

use std::borrow::Cow;
use std::fmt;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, ValidationOptions, Validator};
use serde_json::{Map, Value};

use super::item::{Holds, without_zone};
use crate::problem::{Problem, pointer_step};
use crate::schema::{parse_datetime, parse_time};

/// The types of JSON.
const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "null", "array", "object"];

/// Characters of a date: what has no more says no time.
const DATE: usize = 10;

/// The most references that are followed one straight into the other.
const DEEPEST: usize = 32;

/// Where an answer is not what its schema asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The place in the answer, as a JSON Pointer; empty: the answer itself.
    pub pointer: String,
    /// The keyword of the schema that it breaks.
    pub keyword: String,
    /// What the keyword asks.
    pub asked: Value,
    /// What stands there.
    pub value: Value,
    /// What is wrong without what stands there, so that answers that are wrong alike are told alike.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, keyword, asked) = (shortened(&self.value), &self.keyword, shortened(&self.asked));
        match self.pointer.as_str() {
            "" => write!(f, "{value} breaks {keyword} {asked}"),
            pointer => write!(f, "{value} at {pointer} breaks {keyword} {asked}"),
        }
    }
}

/// A value in a sentence.
fn shortened(value: &Value) -> String {
    const MOST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Checks answers against the schema of their item.
#[derive(Debug)]
pub struct Items {
    schema: Value,
    validator: Validator,
    holds: Holds,
}

impl Items {
    /// The check of an item's schema. References to other documents are not followed.
    ///
    /// # Errors
    /// Why it is no JSON Schema.
    pub fn new(schema: &Value) -> Result<Items, String> {
        let validator = options().build(schema).map_err(|error| error.to_string())?;
        Ok(Items { schema: schema.clone(), validator, holds: Holds::default() })
    }

    /// The same, which also refuses what rows cannot hold.
    #[must_use]
    pub fn holding(self, holds: Holds) -> Items {
        Items { holds, ..self }
    }

    /// Checks an answer: against its schema, and whether rows can hold it.
    pub fn check(&self, answer: &Value) -> Result<(), Fault> {
        self.validator.validate(answer).map_err(|error| self.fault(&error))?;
        self.holds.check(answer)
    }

    fn fault(&self, error: &ValidationError<'_>) -> Fault {
        let keyword = error.schema_path().as_str().rsplit('/').next().unwrap_or_default();
        let asked = || self.schema.pointer(error.schema_path().as_str()).cloned().unwrap_or_default();
        let (mut pointer, mut value) = (error.instance_path().to_string(), Cow::Borrowed(error.instance().as_ref()));
        let asked = match error.kind() {
            ValidationErrorKind::Required { property } => property.clone(),
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                if let Some(name) = unexpected.first() {
                    pointer.push_str(&pointer_step(name));
                    value = Cow::Owned(value.get(name).cloned().unwrap_or_default());
                }
                asked()
            }
            _ => asked(),
        };
        let reason = error.masked_with("it").to_string();
        Fault { pointer, keyword: keyword.to_owned(), asked, value: value.into_owned(), reason }
    }
}

fn options() -> ValidationOptions<'static> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        // The standard asks for a zone that columns have no use for, and that models leave away.
        .with_format("time", |text: &str| parse_time(without_zone(text)).is_some())
        .with_format("date-time", |text: &str| text.len() > DATE && parse_datetime(text).is_some())
}

/// Whether a schema allows null.
pub(super) fn allows_null(schema: &Map<String, Value>) -> bool {
    Items::new(&Value::Object(schema.clone())).is_ok_and(|items| items.check(&Value::Null).is_ok())
}

/// Problems of a schema that no answer could be checked against, each at its place in the schema.
pub(crate) fn unreadable(schema: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    read(schema, schema, "", &mut problems);
    if problems.is_empty()
        && let Err(error) = options().build(schema)
    {
        let place = error.instance_path().to_string();
        problems.push(Problem::new("unknown_value", format!("this is no JSON Schema: {error}")).at(place));
    }
    problems
}

fn read(root: &Value, schema: &Value, pointer: &str, problems: &mut Vec<Problem>) {
    let Value::Object(keywords) = schema else { return };
    for (name, asked) in keywords {
        let place = format!("{pointer}{}", pointer_step(name));
        let mut refuse = |detail: String| problems.push(Problem::new("unknown_value", detail).at(place.clone()));
        match (name.as_str(), asked) {
            ("type", kinds) => {
                let names = kinds.as_array().map_or_else(|| vec![kinds], |list| list.iter().collect());
                for kind in names.into_iter().filter(|kind| !kind.as_str().is_some_and(|kind| TYPES.contains(&kind))) {
                    refuse(format!("{kind} is no type of JSON: {}", TYPES.join(", ")));
                }
            }
            ("pattern", Value::String(pattern)) if regex::Regex::new(pattern).is_err() => {
                refuse(format!("{asked} is no regular expression"));
            }
            ("$ref", reference) => {
                let target = |reference: &Value| root.pointer(reference.as_str()?.strip_prefix('#')?);
                let mut at = target(reference);
                for _ in 0..DEEPEST {
                    at = at.and_then(|at| at.get("$ref").map_or(Some(at), target));
                }
                match at {
                    None => refuse(format!("nothing stands at {reference} of the schema")),
                    Some(at) if at.get("$ref").is_some() => refuse(format!("{reference} refers back to itself")),
                    Some(_) => {}
                }
            }
            ("properties" | "$defs", Value::Object(schemas)) => {
                for (key, schema) in schemas {
                    read(root, schema, &format!("{place}{}", pointer_step(key)), problems);
                }
            }
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
                for (at, schema) in schemas.iter().enumerate() {
                    read(root, schema, &format!("{place}/{at}"), problems);
                }
            }
            ("items" | "additionalProperties" | "not", schema) => read(root, schema, &place, problems),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_schema_asks_is_checked_at_its_place() {
        let item = json!({
            "type": "object", "required": ["title", "stars"], "additionalProperties": false,
            "properties": {
                "title": {"type": "string", "minLength": 3, "maxLength": 8, "pattern": "^[A-Z]"},
                "stars": {"type": "integer", "minimum": 1, "maximum": 5},
                "price": {"type": "number", "multipleOf": 0.01, "exclusiveMinimum": 0},
                "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "uniqueItems": true, "maxItems": 2},
            },
            "$defs": {"tag": {"enum": ["new", "old"]}},
        });
        let items = Items::new(&item).expect("a schema");
        let broken = |answer: Value| items.check(&answer).err().map(|fault| fault.to_string());
        assert_eq!(broken(json!({"title": "Good", "stars": 5, "price": 19.99, "tags": ["new", "old"]})), None);
        assert_eq!(broken(json!({"title": "Good", "stars": 4.0})), None, "4.0 is a whole number");
        let cases = [
            (json!("Good"), "\"Good\" breaks type \"object\""),
            (json!({"title": "Good"}), "{\"title\":\"Good\"} breaks required \"stars\""),
            (json!({"title": "Go", "stars": 1}), "\"Go\" at /title breaks minLength 3"),
            (json!({"title": "Good enough", "stars": 1}), "\"Good enough\" at /title breaks maxLength 8"),
            (json!({"title": "good", "stars": 1}), "\"good\" at /title breaks pattern \"^[A-Z]\""),
            (json!({"title": "Good", "stars": 6}), "6 at /stars breaks maximum 5"),
            (json!({"title": "Good", "stars": 1.5}), "1.5 at /stars breaks type \"integer\""),
            (json!({"title": "Good", "stars": 1, "price": 0}), "0 at /price breaks exclusiveMinimum 0"),
            (json!({"title": "Good", "stars": 1, "price": 1.005}), "1.005 at /price breaks multipleOf 0.01"),
            (json!({"title": "Good", "stars": 1, "tags": ["odd"]}), "\"odd\" at /tags/0 breaks enum [\"new\",\"old\"]"),
            (json!({"title": "Good", "stars": 1, "more": 1}), "1 at /more breaks additionalProperties false"),
        ];
        for (answer, expected) in cases {
            assert_eq!(broken(answer.clone()).as_deref(), Some(expected), "{answer}");
        }
    }

    #[test]
    fn schemas_that_name_themselves_end() {
        for (schema, place) in [
            (json!({"$ref": "#"}), "/$ref"),
            (
                json!({"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"$ref": "#/$defs/b"}}}),
                "/properties/a/$ref",
            ),
        ] {
            let problems = unreadable(&schema);
            assert_eq!(problems[0].pointer, place, "{problems:?}");
            assert!(problems[0].detail.ends_with("refers back to itself"), "{problems:?}");
        }
        let within = Items::new(&json!({"allOf": [{"$ref": "#"}, {"type": "integer"}]})).expect("a schema");
        assert!(within.check(&json!(1)).is_ok() && within.check(&json!("1")).is_err());
        let tree = json!({"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}}});
        assert!(unreadable(&tree).is_empty());
        let tree = Items::new(&tree).expect("a schema");
        assert!(tree.check(&json!({"kids": [{"kids": []}]})).is_ok());
        assert_eq!(tree.check(&json!({"kids": [{"kids": 1}]})).expect_err("a number").pointer, "/kids/0/kids");
    }

    #[test]
    fn schemas_are_combined_and_keywords_of_all_kinds_are_known() {
        let items = |schema: Value| Items::new(&schema).expect("a schema");
        let either = items(json!({"anyOf": [{"type": "string"}, {"type": "null"}], "not": {"const": ""}}));
        assert!(either.check(&json!("x")).is_ok() && either.check(&Value::Null).is_ok());
        assert!(either.check(&json!("")).is_err() && either.check(&json!(1)).is_err());
        let one = items(json!({"oneOf": [{"minimum": 1}, {"minimum": 5}]}));
        assert!(one.check(&json!(3)).is_ok() && one.check(&json!(7)).is_err());
        let more = items(json!({"minProperties": 1, "patternProperties": {"^n": {"type": "integer"}}}));
        assert!(more.check(&json!({"n1": 1})).is_ok());
        assert!(more.check(&json!({})).is_err() && more.check(&json!({"n1": "1"})).is_err());
        let time = items(json!({"type": "string", "format": "time"}));
        assert!(
            ["10:30", "10:30:00", "10:30:00Z", "10:30:00+02:00"].iter().all(|text| time.check(&json!(text)).is_ok())
        );
        assert!(time.check(&json!("25:00")).is_err() && time.check(&json!("noon")).is_err());
        let instant = items(json!({"type": "string", "format": "date-time"}));
        let right = ["2026-02-28T10:00:00Z", "2026-02-28T10:00:00", "2026-02-28 10:00", "2026-02-28T10:00:00-05:00"];
        assert!(right.iter().all(|text| instant.check(&json!(text)).is_ok()));
        assert!(instant.check(&json!("2026-02-30T10:00:00Z")).is_err() && instant.check(&json!("2026-02-28")).is_err());
        let day = items(json!({"type": "string", "format": "date"}));
        assert!(day.check(&json!("2026-02-28")).is_ok() && day.check(&json!("2026-02-30")).is_err());
    }

    #[test]
    fn what_is_no_schema_is_told_before_anybody_is_asked() {
        let problems = unreadable(&json!({"properties": {"a": {"minLength": "two"}}}));
        assert_eq!(problems[0].pointer, "/properties/a/minLength", "{problems:?}");
        assert!(problems[0].detail.starts_with("this is no JSON Schema: "), "{problems:?}");
    }
}
