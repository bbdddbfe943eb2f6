//! JSON Schemas as servers take them.
//!
//! Strict structured output knows a part of JSON Schema: every property is required, none beside them is allowed, and some bounds are not
//! understood. What is taken out here is said in words, and answers are validated against the whole schema afterwards.

use serde_json::{Map, Value, json};

use crate::attempt::Miss;
use crate::protocol::Shape;

/// Keywords that strict output understands.
const KNOWN: [&str; 18] = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "anyOf",
    "description",
    "title",
    "$ref",
    "$defs",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "format",
];

/// Keywords that are said in words where they are taken out.
const SAID: [(&str, &str); 7] = [
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("pattern", "matches the regular expression {}"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("default", "usually {}"),
    ("examples", "for example {}"),
];

/// Formats that strict output knows.
const FORMATS: [&str; 9] = ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

/// The schema for strict output; none where it uses what cannot be said in it.
pub(crate) fn strict(schema: &Value) -> Option<Value> {
    let Value::Object(map) = schema else { return None };
    let mut out = Map::new();
    let mut said = Vec::new();
    for (key, value) in map {
        match key.as_str() {
            "properties" | "$defs" => {
                let parts = value.as_object()?;
                let parts = parts.iter().map(|(name, part)| Some((name.clone(), strict(part)?)));
                out.insert(key.clone(), Value::Object(parts.collect::<Option<_>>()?));
            }
            "items" => drop(out.insert(key.clone(), strict(value)?)),
            "anyOf" => {
                let variants = value.as_array()?.iter().map(strict).collect::<Option<_>>()?;
                out.insert(key.clone(), Value::Array(variants));
            }
            "format" => match value.as_str() {
                Some(format) if FORMATS.contains(&format) => drop(out.insert(key.clone(), value.clone())),
                _ => said.push(format!("in the format {}", plain(value))),
            },
            "required" | "additionalProperties" => {}
            key if KNOWN.contains(&key) => drop(out.insert(key.to_owned(), value.clone())),
            "$schema" | "$id" | "$comment" => {}
            key => {
                let (_, words) = SAID.iter().find(|(known, _)| *known == key)?;
                said.push(words.replace("{}", &plain(value)));
            }
        }
    }
    if map.get("additionalProperties").is_some_and(|value| value.as_bool() != Some(false)) {
        return None;
    }
    if let Some(properties) = out.get_mut("properties").and_then(Value::as_object_mut) {
        let required = map.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
        for (name, property) in properties.iter_mut() {
            if !is_required(name) {
                *property = nullable(property.take());
            }
        }
        let names: Vec<Value> = properties.keys().map(|name| name.as_str().into()).collect();
        out.insert("required".to_owned(), names.into());
        out.insert("additionalProperties".to_owned(), false.into());
    } else if out.get("type").is_some_and(|kind| kind == "object") {
        // An object of any keys has no strict form.
        return None;
    }
    if !said.is_empty() {
        let words = said.join(", ");
        let description = match out.get("description").and_then(Value::as_str) {
            Some(description) => format!("{description} ({words})"),
            None => words,
        };
        out.insert("description".to_owned(), description.into());
    }
    Some(Value::Object(out))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn nullable(schema: Value) -> Value {
    if allows_null(&schema) { schema } else { json!({"anyOf": [schema, {"type": "null"}]}) }
}

fn allows_null(schema: &Value) -> bool {
    schema["type"] == "null"
        || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"))
        || schema["enum"].as_array().is_some_and(|values| values.contains(&Value::Null))
        || schema["anyOf"].as_array().is_some_and(|variants| variants.iter().any(allows_null))
        // Where nothing is said of it, anything may be.
        || schema.as_object().is_some_and(|map| map.keys().all(|key| key == "description" || key == "title"))
}

/// Takes out the nulls that stand for properties that are not there.
pub(crate) fn relax(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => {
            let Some(properties) = schema["properties"].as_object() else { return };
            let required = schema["required"].as_array();
            let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
            map.retain(|name, value| {
                !value.is_null() || is_required(name) || properties.get(name).is_none_or(allows_null)
            });
            for (name, value) in map.iter_mut() {
                if let Some(property) = properties.get(name) {
                    relax(value, property);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| relax(item, &schema["items"])),
        _ => {}
    }
}

/// What a server that knows no structured output is told instead; the schema stands alone in the last line.
pub(crate) fn instructions(schema: &Value) -> String {
    format!(
        "Answer with one JSON object and nothing else: no explanation, no code fence. It satisfies this JSON Schema:\n{schema}"
    )
}

/// What a model is told whose answer cannot be used.
pub(crate) fn again(reason: &str, schema: &Value) -> String {
    format!("That answer cannot be used: {reason}. Answer the same request again. {}", instructions(schema))
}

/// Whether a server's sentence is about how the schema of the answer is told.
pub(crate) fn is_about_shape(sentence: &str) -> bool {
    let sentence = sentence.to_lowercase();
    ["response_format", "json_schema", "json schema", "structured output", "invalid schema"]
        .iter()
        .any(|word| sentence.contains(word))
}

/// The field of the request that a server's sentence complains of, where it can be done without.
pub(crate) fn without(request: &Value, sentence: &str, shape: Shape) -> Option<Miss> {
    let sentence = sentence.to_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| sentence.contains(word));
    if shape == Shape::Structured && is_about_shape(&sentence) {
        // A schema that the server does not like is this request's; that it takes none is every request's.
        return Some(Miss::Without { field: "response_format", always: !sentence.contains("invalid schema") });
    }
    ["stream_options", "temperature", "max_completion_tokens", "max_tokens"].into_iter().find_map(|field| {
        // Some servers call the newer name by the older one, or count what has no room.
        let is_bound = field.starts_with("max_");
        let is_named =
            names(&[field]) || (is_bound && names(&["max_tokens", "in the completion", "completion tokens"]));
        let is_named = request.get(field).is_some() && is_named;
        is_named.then_some(Miss::Without { field, always: true })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_that_strict_output_does_not_know_become_words() {
        let schema = json!({"type": "object", "properties": {
            "name": {"type": "string", "maxLength": 20, "description": "A name"},
            "age": {"type": "integer", "minimum": 0}
        }, "required": ["name"]});
        assert_eq!(
            strict(&schema),
            Some(json!({"type": "object", "properties": {
                "name": {"type": "string", "description": "A name (at most 20 characters)"},
                "age": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}
            }, "required": ["name", "age"], "additionalProperties": false}))
        );
        let mut answer = json!({"name": "x", "age": null});
        relax(&mut answer, &schema);
        assert_eq!(answer, json!({"name": "x"}));
    }

    #[test]
    fn what_cannot_be_said_strictly_has_no_strict_form() {
        for schema in [
            json!({"type": "object"}),
            json!({"allOf": [{"type": "string"}]}),
            json!({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}),
            json!(true),
        ] {
            assert_eq!(strict(&schema), None, "{schema}");
        }
    }
}
