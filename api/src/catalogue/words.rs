//! The catalogue: what the engine's list says of each generator, in words for people.

use engine::generators::{self, Entry};
use engine::problem::suggestion;
use serde_json::Value;

use crate::Failure;

/// A generator in words.
pub struct Explanation {
    /// Its `type`.
    pub name: String,
    /// Its group.
    pub group: String,
    /// What it makes.
    pub description: String,
    /// How a schema writes it.
    pub example: String,
    /// Its parameters, in the order of the language.
    pub parameters: Vec<Parameter>,
    /// Its JSON Schema; references lead into the definitions of the language's.
    pub schema: Value,
}

/// A parameter in words.
pub struct Parameter {
    /// Its key.
    pub name: String,
    /// The values that it takes: `a whole number or {sql}`.
    pub takes: String,
    /// Whether it has to be given.
    pub is_required: bool,
    /// What it means.
    pub description: String,
    /// What it does to the values: `location`, `spread`, `lower`, `upper`, `weight`, where it is one of these.
    pub role: Option<String>,
}

impl Explanation {
    /// The first sentence of the description, in one line.
    pub fn summary(&self) -> &str {
        let line = self.description.lines().next().unwrap_or_default();
        line.find(". ").map_or(line, |end| &line[..end]).trim_end_matches('.')
    }
}

/// All generators in the order of the list, which keeps groups together.
pub fn all() -> Vec<Explanation> {
    let language = engine::schema::json_schema();
    generators::list().iter().map(|entry| explain(entry, &language)).collect()
}

/// The generator of a name, or a failure that suggests the nearest.
pub fn find(name: &str) -> Result<Explanation, Failure> {
    match generators::by_name(name) {
        Some(entry) => Ok(explain(entry, &engine::schema::json_schema())),
        None => {
            let known: Vec<&str> = generators::list().iter().map(|entry| entry.name.as_str()).collect();
            let remedy = suggestion(name, known).map(|remedy| format!("; {remedy}")).unwrap_or_default();
            Err(Failure::Request(format!("unknown generator {name:?}{remedy}")))
        }
    }
}

fn explain(entry: &Entry, language: &Value) -> Explanation {
    let schema = variant(entry, language);
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let parameters = schema["properties"].as_object().into_iter().flatten().filter(|(name, _)| *name != "type");
    let parameters = parameters.map(|(name, property)| Parameter {
        name: name.clone(),
        takes: takes(property, language),
        is_required: required.contains(&name.as_str()),
        description: words(property),
        role: property["role"].as_str().map(str::to_owned),
    });
    Explanation {
        name: entry.name.clone(),
        group: entry.group.clone(),
        description: words(&schema),
        example: entry.example.to_owned(),
        parameters: parameters.collect(),
        schema: schema.clone(),
    }
}

/// What the language says of a generator. An entry's own schema would name definitions as it alone knows them.
fn variant(entry: &Entry, language: &Value) -> Value {
    let is_own =
        |variant: &&Value| variant.pointer("/properties/type/const").and_then(Value::as_str) == Some(&entry.name);
    let variants = language["$defs"]["Generator"]["oneOf"].as_array();
    variants.into_iter().flatten().find(is_own).cloned().unwrap_or_else(|| entry.json_schema())
}

fn words(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().to_owned()
}

/// The values that a schema takes, in words. Definitions that an element's own schema only names are looked up in the whole language's.
fn takes(schema: &Value, language: &Value) -> String {
    let mut kinds = Vec::new();
    gather(schema, language, 0, &mut kinds);
    match kinds.as_slice() {
        [] => "any value".to_owned(),
        [kind] => kind.clone(),
        [kinds @ .., last] => format!("{} or {last}", kinds.join(", ")),
    }
}

/// How deep definitions are followed; deeper, a definition's name has to do.
const MAX_DEPTH: usize = 4;

fn gather(schema: &Value, language: &Value, depth: usize, kinds: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        match language["$defs"].get(name) {
            // A generator inside a generator is too much to spell out.
            Some(definition) if depth < MAX_DEPTH && definition.get("oneOf").is_none_or(tagless) => {
                gather(definition, language, depth + 1, kinds);
            }
            _ => add(kinds, format!("a {}", name.to_lowercase())),
        }
        return;
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for variant in schema[key].as_array().into_iter().flatten() {
            gather(variant, language, depth + 1, kinds);
        }
    }
    if let Some(word) = schema.get("const") {
        add(kinds, plain(word));
    } else if let Some(words) = schema["enum"].as_array() {
        words.iter().filter(|word| !word.is_null()).for_each(|word| add(kinds, plain(word)));
    } else if let Some(title) = schema["title"].as_str().filter(|title| title.starts_with(char::is_lowercase)) {
        add(kinds, format!("a {title}"));
    } else {
        let types = match &schema["type"] {
            Value::String(kind) => vec![kind.as_str()],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        for kind in types {
            match kind {
                "null" => {}
                "array" => add(kinds, list_words(schema, language, depth)),
                "object" => add(kinds, object_words(schema)),
                "integer" => add(kinds, "a whole number".to_owned()),
                "boolean" => add(kinds, "true or false".to_owned()),
                kind => add(kinds, if kind.starts_with("str") { "a text".to_owned() } else { format!("a {kind}") }),
            }
        }
    }
}

/// Whether none of the variants is told by a constant `type`.
fn tagless(variants: &Value) -> bool {
    variants.as_array().into_iter().flatten().all(|variant| variant.pointer("/properties/type/const").is_none())
}

fn list_words(schema: &Value, language: &Value, depth: usize) -> String {
    let mut items = Vec::new();
    if depth < MAX_DEPTH {
        gather(&schema["items"], language, depth + 1, &mut items);
    }
    if items.is_empty() { "a list".to_owned() } else { format!("a list, each {}", items.join(" or ")) }
}

fn object_words(schema: &Value) -> String {
    match schema["properties"].as_object() {
        Some(keys) if !keys.is_empty() => format!("{{{}}}", keys.keys().cloned().collect::<Vec<_>>().join(", ")),
        _ => "a map".to_owned(),
    }
}

fn add(kinds: &mut Vec<String>, kind: String) {
    if !kinds.contains(&kind) {
        kinds.push(kind);
    }
}

fn plain(word: &Value) -> String {
    word.as_str().map_or_else(|| word.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_parameter_takes_is_said_in_words() {
        let language = json!({"$defs": {
            "Unit": {"enum": ["day", "hour"]},
            "Sql": {"type": "object", "properties": {"sql": {"type": "string"}}},
            "Generator": {"oneOf": [{"properties": {"type": {"const": "x"}}}]}
        }});
        for (schema, expected) in [
            (json!({"type": "integer"}), "a whole number"),
            (json!({"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/Sql"}]}), "a whole number or {sql}"),
            (json!({"anyOf": [{"$ref": "#/$defs/Unit"}, {"type": "null"}]}), "day or hour"),
            (json!({"type": "array", "items": {"$ref": "#/$defs/Generator"}}), "a list, each a generator"),
            (json!({"type": "string", "title": "date"}), "a date"),
            (json!({"type": "object", "additionalProperties": true}), "a map"),
            (json!(true), "any value"),
        ] {
            assert_eq!(takes(&schema, &language), expected, "{schema}");
        }
    }
}
