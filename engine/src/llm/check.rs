//! Whether an answer is what the JSON Schema of its item asks: the part of draft 2020-12 that schemas of answers are written in.

use std::fmt;

use serde_json::{Map, Value};

use crate::problem::{Problem, pointer_step};

/// The types of JSON.
const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "null", "array", "object"];

/// The most references that are followed one into the other.
const DEEPEST: usize = 32;

/// Where an answer is not what its schema asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The place in the answer, as a JSON Pointer; empty: the answer itself.
    pub pointer: String,
    /// The keyword of the schema that it breaks.
    pub keyword: &'static str,
    /// What the keyword asks.
    pub asked: Value,
    /// What stands there.
    pub value: Value,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, keyword, asked) = (shortened(&self.value), self.keyword, shortened(&self.asked));
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

/// Checks an answer against the schema of its item. Keywords that say nothing of values (`description`, `format`) are passed over.
pub fn check(item: &Value, answer: &Value) -> Result<(), Fault> {
    Check { root: item, depth: 0 }.value(item, answer, "")
}

/// Problems of a schema that no answer could be checked against, each at its place in the schema.
pub(crate) fn unreadable(schema: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    read(schema, schema, "", &mut problems);
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
                let target = reference.as_str().and_then(|reference| root.pointer(reference.strip_prefix('#')?));
                if target.is_none() {
                    refuse(format!("nothing stands at {reference} of the schema"));
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

struct Check<'s> {
    root: &'s Value,
    depth: usize,
}

/// Breaks a keyword at a place.
fn fault(keyword: &'static str, asked: &Value, value: &Value, pointer: &str) -> Fault {
    Fault { pointer: pointer.to_owned(), keyword, asked: asked.clone(), value: value.clone() }
}

impl<'s> Check<'s> {
    fn value(&self, schema: &'s Value, value: &Value, pointer: &str) -> Result<(), Fault> {
        let Value::Object(keywords) = schema else {
            return if *schema == Value::Bool(false) { Err(fault("false", schema, value, pointer)) } else { Ok(()) };
        };
        if self.depth > DEEPEST {
            return Err(fault("$ref", &Value::from(DEEPEST), value, pointer));
        }
        for (name, asked) in keywords {
            self.keyword(name, asked, keywords, value, pointer)?;
        }
        Ok(())
    }

    fn keyword(
        &self,
        name: &str,
        asked: &'s Value,
        keywords: &'s Map<String, Value>,
        value: &Value,
        pointer: &str,
    ) -> Result<(), Fault> {
        let broken = |keyword: &'static str| Err(fault(keyword, asked, value, pointer));
        let length = || value.as_str().map(|text| text.chars().count() as u64);
        let below = |least: bool, strict: bool| {
            let (Some(number), Some(bound)) = (value.as_f64(), asked.as_f64()) else { return false };
            let outside = if least { number < bound } else { number > bound };
            outside || (strict && number == bound)
        };
        match name {
            "type" if !has_type(asked, value) => broken("type"),
            "enum" if asked.as_array().is_some_and(|list| !list.iter().any(|one| alike(one, value))) => broken("enum"),
            "const" if !alike(asked, value) => broken("const"),
            "minLength" if length().zip(asked.as_u64()).is_some_and(|(length, least)| length < least) => {
                broken("minLength")
            }
            "maxLength" if length().zip(asked.as_u64()).is_some_and(|(length, most)| length > most) => {
                broken("maxLength")
            }
            "minimum" if below(true, false) => broken("minimum"),
            "maximum" if below(false, false) => broken("maximum"),
            "exclusiveMinimum" if below(true, true) => broken("exclusiveMinimum"),
            "exclusiveMaximum" if below(false, true) => broken("exclusiveMaximum"),
            "multipleOf" if is_no_multiple(value, asked) => broken("multipleOf"),
            "pattern" if misses(value, asked) => broken("pattern"),
            "items" => self.each(asked, value, pointer, keywords.get("prefixItems").and_then(Value::as_array)),
            "minItems" if items(value).zip(asked.as_u64()).is_some_and(|(count, least)| count < least) => {
                broken("minItems")
            }
            "maxItems" if items(value).zip(asked.as_u64()).is_some_and(|(count, most)| count > most) => {
                broken("maxItems")
            }
            "uniqueItems" if asked.as_bool() == Some(true) && repeats(value) => broken("uniqueItems"),
            "required" => {
                let names = asked.as_array().into_iter().flatten().filter_map(Value::as_str);
                match (value, names) {
                    (Value::Object(entries), mut names) => match names.find(|name| !entries.contains_key(*name)) {
                        Some(missing) => Err(fault("required", &Value::from(missing), value, pointer)),
                        None => Ok(()),
                    },
                    _ => Ok(()),
                }
            }
            "properties" => self.properties(asked, value, pointer),
            "additionalProperties" => self.additional(asked, keywords, value, pointer),
            "$ref" => {
                let target = asked.as_str().and_then(|reference| self.root.pointer(reference.strip_prefix('#')?));
                match target {
                    Some(target) => Check { root: self.root, depth: self.depth + 1 }.value(target, value, pointer),
                    None => broken("$ref"),
                }
            }
            "allOf" => asked.as_array().into_iter().flatten().try_for_each(|schema| self.value(schema, value, pointer)),
            "anyOf" if self.fitting(asked, value, pointer) == 0 => broken("anyOf"),
            "oneOf" if self.fitting(asked, value, pointer) != 1 => broken("oneOf"),
            "not" if self.value(asked, value, pointer).is_ok() => broken("not"),
            _ => Ok(()),
        }
    }

    /// How many of several schemas a value fits.
    fn fitting(&self, schemas: &'s Value, value: &Value, pointer: &str) -> usize {
        let schemas = schemas.as_array().into_iter().flatten();
        schemas.filter(|schema| self.value(schema, value, pointer).is_ok()).count()
    }

    fn each(
        &self,
        schema: &'s Value,
        value: &Value,
        pointer: &str,
        before: Option<&'s Vec<Value>>,
    ) -> Result<(), Fault> {
        for (at, item) in value.as_array().into_iter().flatten().enumerate() {
            let own = before.and_then(|before| before.get(at)).unwrap_or(schema);
            self.value(own, item, &format!("{pointer}/{at}"))?;
        }
        Ok(())
    }

    fn properties(&self, asked: &'s Value, value: &Value, pointer: &str) -> Result<(), Fault> {
        let (Value::Object(schemas), Value::Object(entries)) = (asked, value) else { return Ok(()) };
        for (name, schema) in schemas {
            if let Some(entry) = entries.get(name) {
                self.value(schema, entry, &format!("{pointer}{}", pointer_step(name)))?;
            }
        }
        Ok(())
    }

    fn additional(
        &self,
        asked: &'s Value,
        keywords: &'s Map<String, Value>,
        value: &Value,
        pointer: &str,
    ) -> Result<(), Fault> {
        let Value::Object(entries) = value else { return Ok(()) };
        let known = keywords.get("properties").and_then(Value::as_object);
        for (name, entry) in entries.iter().filter(|(name, _)| !known.is_some_and(|known| known.contains_key(*name))) {
            let place = format!("{pointer}{}", pointer_step(name));
            if *asked == Value::Bool(false) {
                return Err(fault("additionalProperties", asked, entry, &place));
            }
            self.value(asked, entry, &place)?;
        }
        Ok(())
    }
}

fn has_type(asked: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "string" => value.is_string(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| libm::trunc(number) == number)
        }
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    match asked {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

/// Equal as JSON Schema has it: 1 and 1.0 are one number.
fn alike(left: &Value, right: &Value) -> bool {
    left == right || (left.is_number() && left.as_f64() == right.as_f64())
}

fn is_no_multiple(value: &Value, of: &Value) -> bool {
    let (Some(number), Some(of)) = (value.as_f64(), of.as_f64()) else { return false };
    let quotient = number / of;
    // Decimal steps such as 0.01 are no binary numbers: what lies next to a whole number is one.
    (quotient - libm::round(quotient)).abs() > 1e-9 * quotient.abs().max(1.0)
}

fn misses(value: &Value, pattern: &Value) -> bool {
    let (Some(text), Some(pattern)) = (value.as_str(), pattern.as_str()) else { return false };
    regex::Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(text))
}

fn items(value: &Value) -> Option<u64> {
    value.as_array().map(|items| items.len() as u64)
}

fn repeats(value: &Value) -> bool {
    let Some(items) = value.as_array() else { return false };
    items.iter().enumerate().any(|(at, item)| items[..at].contains(item))
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
        let broken = |answer: Value| check(&item, &answer).err().map(|fault| fault.to_string());
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
        let item = json!({"$ref": "#"});
        assert_eq!(check(&item, &json!(1)).expect_err("no end").keyword, "$ref");
        let either = json!({"anyOf": [{"type": "string"}, {"type": "null"}], "not": {"const": ""}});
        assert!(check(&either, &json!("x")).is_ok() && check(&either, &Value::Null).is_ok());
        assert!(check(&either, &json!("")).is_err() && check(&either, &json!(1)).is_err());
        let one = json!({"oneOf": [{"minimum": 1}, {"minimum": 5}]});
        assert!(check(&one, &json!(3)).is_ok() && check(&one, &json!(7)).is_err());
    }
}
