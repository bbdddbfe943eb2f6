//! The form of a schema: validates a JSON tree against the JSON Schema that is derived from the types, and collects every problem.
//!
//! serde stops at its first error and names only the enclosing object of a tagged one; a person wants all of them with their places. The
//! walk knows the part of JSON Schema that the derived document uses.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::Dataset;
use crate::problem::{Problem, nearest, pointer_step};

/// The JSON Schema of [`Dataset`].
pub(super) fn dataset() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Dataset>().to_value())
}

/// Validates `value` as a dataset; problems carry full pointers.
pub(super) fn validate(value: &Value) -> Vec<Problem> {
    let root = dataset();
    let mut walk = Walk { definitions: root.get("$defs").and_then(Value::as_object), problems: Vec::new() };
    walk.check(root, value, &mut String::new());
    walk.problems
}

struct Walk<'s> {
    definitions: Option<&'s Map<String, Value>>,
    problems: Vec<Problem>,
}

impl<'s> Walk<'s> {
    fn report(&mut self, pointer: &str, problem: Problem) {
        self.problems.push(problem.at(pointer));
    }

    fn resolve(&self, schema: &'s Value) -> &'s Value {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix("#/$defs/"));
        let target = name.and_then(|name| self.definitions?.get(&name.replace("~1", "/").replace("~0", "~")));
        target.map_or(schema, |target| self.resolve(target))
    }

    fn check(&mut self, schema: &'s Value, value: &Value, pointer: &mut String) {
        let schema = self.resolve(schema);
        if schema.as_bool() == Some(true) {
            return;
        }
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            self.check_any(branches, value, pointer);
            return;
        }
        let is_union =
            schema.get("properties").is_none() && schema.get("type").is_none() && schema.get("const").is_none();
        if let Some(branches) = schema.get("oneOf").and_then(Value::as_array).filter(|_| is_union) {
            // Words, each with a description of its own.
            let words: Option<Vec<&Value>> = branches.iter().map(|branch| self.resolve(branch).get("const")).collect();
            if let (Some(words), Some(first)) = (words, branches.first()) {
                if self.check_kind(self.resolve(first), value, pointer) {
                    self.check_among(&words, value, pointer);
                }
                return;
            }
            if branches.iter().all(|branch| tag(self.resolve(branch)).is_some()) {
                self.check_object(schema, value, pointer);
            } else {
                self.check_any(branches, value, pointer);
            }
            return;
        }
        if !self.check_kind(schema, value, pointer) || !self.check_values(schema, value, pointer) {
            return;
        }
        match value {
            Value::Object(_) => self.check_object(schema, value, pointer),
            Value::Array(items) => self.check_list(schema, items, pointer),
            Value::Number(_) => self.check_bounds(schema, value, pointer),
            Value::String(text) => {
                let length = text.chars().count() as u64;
                if schema.get("minLength").and_then(Value::as_u64).is_some_and(|least| length < least) {
                    self.report(pointer, Problem::new("too_short", "this text is empty"));
                }
                if let Some(most) = schema.get("maxLength").and_then(Value::as_u64).filter(|most| length > *most) {
                    self.report(
                        pointer,
                        Problem::new("too_long", format!("this text has {length} characters, more than {most}")),
                    );
                }
            }
            _ => {}
        }
    }

    /// A value that may have one of several forms: the form of its own JSON type speaks, so that the problem named is the one meant.
    fn check_any(&mut self, branches: &'s [Value], value: &Value, pointer: &mut String) {
        let mut nearest: Option<Vec<Problem>> = None;
        let mut words = Vec::new();
        for branch in branches {
            let resolved = self.resolve(branch);
            let mut trial = Walk { definitions: self.definitions, problems: Vec::new() };
            trial.check(resolved, value, pointer);
            if trial.problems.is_empty() {
                return;
            }
            words.push(describe(resolved));
            if accepts(resolved, value) && nearest.as_ref().is_none_or(|found| trial.problems.len() < found.len()) {
                nearest = Some(trial.problems);
            }
        }
        match nearest {
            Some(problems) => self.problems.extend(problems),
            None => {
                words.retain(|word| word != "nothing");
                words.dedup();
                let detail = format!("{} stands where {} is expected", show(value), words.join(" or "));
                self.report(pointer, Problem::new("wrong_type", detail));
            }
        }
    }

    fn check_kind(&mut self, schema: &'s Value, value: &Value, pointer: &str) -> bool {
        if accepts(schema, value) {
            return true;
        }
        let detail = format!("{} stands where {} is expected", show(value), describe(schema));
        let mut problem = Problem::new("wrong_type", detail);
        if let (Some("string"), Value::Number(number)) = (schema.get("type").and_then(Value::as_str), value) {
            problem = problem.remedy(format!("write it in quotes: \"{number}\""));
        }
        self.report(pointer, problem);
        false
    }

    fn check_values(&mut self, schema: &'s Value, value: &Value, pointer: &str) -> bool {
        let allowed: Vec<&Value> = if let Some(list) = schema.get("enum").and_then(Value::as_array) {
            list.iter().collect()
        } else if let Some(one) = schema.get("const") {
            vec![one]
        } else {
            return true;
        };
        self.check_among(&allowed, value, pointer)
    }

    fn check_among(&mut self, allowed: &[&Value], value: &Value, pointer: &str) -> bool {
        if allowed.contains(&value) {
            return true;
        }
        let words: Vec<&str> = allowed.iter().filter_map(|word| word.as_str()).collect();
        let mut problem =
            Problem::new("unknown_value", format!("unknown value {}", show(value))).param("value", value.clone());
        problem = problem.suggest(value.as_str().unwrap_or_default(), words.iter().copied());
        self.report(pointer, problem);
        false
    }

    fn check_bounds(&mut self, schema: &'s Value, value: &Value, pointer: &str) {
        let Some(number) = value.as_f64() else { return };
        if let Some(least) = schema.get("minimum").filter(|least| least.as_f64().is_some_and(|least| number < least)) {
            let problem = Problem::new("too_small", format!("{value} is below the least allowed, {least}"));
            let problem = problem.param("value", value.clone()).param("least", least.clone());
            self.report(pointer, problem.propose(least.clone()));
        }
        if let Some(most) = schema.get("maximum").filter(|most| most.as_f64().is_some_and(|most| number > most)) {
            let problem = Problem::new("too_large", format!("{value} is above the most allowed, {most}"));
            let problem = problem.param("value", value.clone()).param("most", most.clone());
            self.report(pointer, problem.propose(most.clone()));
            return;
        }
        // What no bound of the schema says: a whole number is held in so many bits.
        let widest = match schema.get("format").and_then(Value::as_str) {
            Some("int64") => (i64::MIN as f64, i128::from(i64::MAX)),
            Some("uint64") => (0.0, i128::from(u64::MAX)),
            Some("uint32") => (0.0, i128::from(u32::MAX)),
            Some("uint8") => (0.0, i128::from(u8::MAX)),
            _ => return,
        };
        let written = value.to_string();
        if written.parse::<i128>().map_or(number.abs() > 1e38, |whole| whole > widest.1) {
            let detail = format!("{written} is above the most allowed, {}", widest.1);
            self.report(pointer, Problem::new("too_large", detail).param("value", value.clone()));
        } else if number < widest.0 {
            let detail = format!("{written} is below the least allowed, {}", widest.0);
            self.report(pointer, Problem::new("too_small", detail).param("value", value.clone()));
        }
    }

    fn check_list(&mut self, schema: &'s Value, items: &[Value], pointer: &mut String) {
        let depth = pointer.len();
        if let Some(least) =
            schema.get("minItems").and_then(Value::as_u64).filter(|least| (items.len() as u64) < *least)
        {
            self.report(
                pointer,
                Problem::new("too_few", format!("{} stand here, at least {least} are needed", items.len())),
            );
        }
        let Some(item_schema) = schema.get("items") else { return };
        for (index, item) in items.iter().enumerate() {
            pointer.push_str(&format!("/{index}"));
            self.check(item_schema, item, pointer);
            pointer.truncate(depth);
        }
    }

    fn check_object(&mut self, schema: &'s Value, value: &Value, pointer: &mut String) {
        let Value::Object(entries) = value else {
            let detail = format!("{} stands where an object is expected", show(value));
            self.report(pointer, Problem::new("wrong_type", detail));
            return;
        };
        let mut shape = Shape::default();
        if !self.gather(schema, entries, pointer, &mut shape) {
            return;
        }
        let depth = pointer.len();
        for (key, item) in entries {
            pointer.push_str(&pointer_step(key));
            if let Some((_, property)) = shape.properties.iter().find(|(name, _)| *name == key) {
                self.check(property, item, pointer);
            } else if let Some(additional) = shape.additional {
                self.check(additional, item, pointer);
            } else if !shape.open {
                let known: Vec<&str> = shape.properties.iter().map(|(name, _)| *name).collect();
                let mut problem =
                    Problem::new("unknown_key", format!("unknown key \"{key}\"")).param("key", key.as_str());
                problem = problem.suggest_key(key, known.iter().copied());
                self.report(pointer, problem);
            }
            pointer.truncate(depth);
        }
        for key in shape.required {
            if !entries.contains_key(key) {
                self.report(
                    pointer,
                    Problem::new("missing_key", format!("the key \"{key}\" is missing")).param("key", key),
                );
            }
        }
    }

    /// Collects what may and must stand in an object, over `$ref`, `allOf` and the variant that the tag chooses. False: reported already.
    fn gather(
        &mut self,
        schema: &'s Value,
        entries: &Map<String, Value>,
        pointer: &mut String,
        shape: &mut Shape<'s>,
    ) -> bool {
        let schema = self.resolve(schema);
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            shape.properties.extend(properties.iter().map(|(name, property)| (name.as_str(), property)));
        }
        if let Some(required) = schema.get("required").and_then(Value::as_array) {
            shape.required.extend(required.iter().filter_map(Value::as_str));
        }
        match schema.get("additionalProperties") {
            Some(Value::Bool(true)) => shape.open = true,
            Some(additional) if additional.is_object() => shape.additional = Some(additional),
            _ => {}
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            if !self.gather(part, entries, pointer, shape) {
                return false;
            }
        }
        let Some(variants) = schema.get("oneOf").and_then(Value::as_array) else { return true };
        let variants: Vec<&Value> = variants.iter().map(|variant| self.resolve(variant)).collect();
        let Some((key, _)) = variants.first().and_then(|variant| tag(variant)) else { return true };
        let words: Vec<&str> = variants.iter().filter_map(|variant| Some(tag(variant)?.1)).collect();
        let Some(word) = entries.get(key) else {
            let mut problem = Problem::new("missing_key", format!("the key \"{key}\" is missing")).param("key", key);
            if words.len() <= 24 {
                problem = problem.remedy(format!("known here: {}", words.join(", ")));
            }
            self.report(pointer, problem);
            return false;
        };
        let chosen = word
            .as_str()
            .and_then(|word| variants.iter().find(|variant| tag(variant).is_some_and(|(_, name)| name == word)));
        match chosen {
            Some(variant) => self.gather(variant, entries, pointer, shape),
            None => {
                let noun = if key == "type" { "generator" } else { key };
                let code = if key == "type" { "unknown_generator" } else { "unknown_value" };
                let mut problem =
                    Problem::new(code, format!("unknown {noun} {}", show(word))).param("value", word.clone());
                if key == "type" {
                    problem = problem.remedy("`synthetic-data generators` lists them");
                }
                let word = word.as_str().unwrap_or_default();
                // Another tool's name for a generator is often what somebody would call its column.
                let meant = if key == "type" && nearest(word, words.iter().copied()).is_none() {
                    crate::plan::suggested_generator(word)
                } else {
                    None
                };
                problem = problem.suggest(meant.unwrap_or(word), words.iter().copied());
                let place = format!("{pointer}{}", pointer_step(key));
                self.report(&place, problem);
                false
            }
        }
    }
}

/// What may and must stand in an object.
#[derive(Default)]
struct Shape<'s> {
    properties: Vec<(&'s str, &'s Value)>,
    required: Vec<&'s str>,
    additional: Option<&'s Value>,
    open: bool,
}

/// The tag of a variant: the key whose value is constant, and that value.
fn tag(variant: &Value) -> Option<(&str, &str)> {
    let properties = variant.get("properties")?.as_object()?;
    properties.iter().find_map(|(key, property)| Some((key.as_str(), property.get("const")?.as_str()?)))
}

fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ if schema.get("properties").is_some() => vec!["object"],
        // Words with descriptions, or objects.
        _ => match schema.get("oneOf").and_then(Value::as_array).map(|branches| branches.iter().map(kind_of_word)) {
            Some(kinds) => kinds
                .collect::<Option<Vec<_>>>()
                .map_or_else(|| vec!["object"], |kinds| kinds.into_iter().take(1).collect()),
            None => Vec::new(),
        },
    }
}

/// The JSON type of a branch that is one word.
fn kind_of_word(branch: &Value) -> Option<&str> {
    branch.get("const").and(branch.get("type")?.as_str())
}

/// Whether a value has a JSON type that the schema takes.
fn accepts(schema: &Value, value: &Value) -> bool {
    let kinds = kinds(schema);
    kinds.is_empty()
        || kinds.iter().any(|kind| match *kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            _ => true,
        })
}

/// What a schema takes, in words.
fn describe(schema: &Value) -> String {
    if let Some(title) =
        schema.get("title").and_then(Value::as_str).filter(|title| title.starts_with(char::is_lowercase))
    {
        return format!("a {title}");
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if properties.is_some_and(|keys| keys.len() == 1 && keys.contains_key("sql")) {
        return "{sql: …}".to_owned();
    }
    let words: Vec<&str> = kinds(schema)
        .into_iter()
        .filter_map(|kind| match kind {
            "object" => Some("an object"),
            "array" => Some("a list"),
            "string" => Some("a text"),
            "boolean" => Some("true or false"),
            "integer" => Some("a whole number"),
            "number" => Some("a number"),
            _ => None,
        })
        .collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(" or ") }
}

/// A value in a sentence, shortened.
fn show(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Null => "null".to_owned(),
        Value::String(text) if text.chars().count() > 60 => format!("{:?}…", text.chars().take(60).collect::<String>()),
        other => other.to_string(),
    }
}
