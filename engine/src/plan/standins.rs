//! What fills a column where a language model gave no answer: held to what its answers are asked to be, as far as generators can be.

use serde_json::{Map, Value, json};

use super::context::Nested;
use super::{Context, auto, convert};
use crate::generators::{GeneratorSpec, Problems};
use crate::llm::Items;
use crate::llm::item::{Field, type_of_schema, typed};
use crate::problem::Problem;
use crate::schema::Column;
use crate::types::LogicalType;

/// Why a generator was chosen that the answers' schema asks for.
const SAID: &str = "the json_schema says so";

/// How deep a schema is followed.
const DEEPEST: usize = 8;

/// Keywords that no value breaks.
const SILENT: [&str; 13] = [
    "type",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
    "$schema",
    "$id",
    "$defs",
    "definitions",
];

/// The generators of formats.
const FORMATS: [(&str, &str); 7] = [
    ("email", r#"{"type": "email"}"#),
    ("uri", r#"{"type": "url"}"#),
    ("hostname", r#"{"type": "domain_name"}"#),
    ("ipv4", r#"{"type": "ipv4"}"#),
    ("ipv6", r#"{"type": "ipv6"}"#),
    ("uuid", r#"{"type": "uuid_v4"}"#),
    ("date", r#"{"type": "date", "start": "2023-01-01", "end": "2025-12-31"}"#),
];

/// How far numbers spread from a bound that stands alone.
const SPREAD: i128 = 999;

/// The most decimal places of numbers that are bounded.
const PLACES: u32 = 9;

/// What is asked of a value.
pub(super) struct Asked<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type.
    pub logical: LogicalType,
    /// Bounds of its text that its column has.
    pub lengths: (u32, Option<u32>),
    /// What it holds.
    pub description: Option<String>,
    schema: Map<String, Value>,
    root: Value,
}

/// A generator that stands in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standin {
    /// As a schema writes it.
    pub generator: Value,
    /// Why it was chosen, where it was not the only one.
    pub reason: Option<String>,
    /// Keywords of the answers' schema that its values may break.
    pub unheld: Vec<String>,
}

/// Who knows what fits a column's name, type and description: the generator, and why.
pub(super) type Choose<'a> = &'a dyn Fn(&Asked<'_>) -> (Value, String);

impl<'a> Asked<'a> {
    /// Of a field of an answer.
    pub fn of(field: &'a Field) -> Asked<'a> {
        let root = field.schema();
        let schema = resolved(root.as_object().cloned().unwrap_or_default(), &root, 0);
        Asked {
            name: &field.name,
            logical: field.logical.clone(),
            lengths: field.lengths,
            description: field.description.clone(),
            schema,
            root,
        }
    }

    /// A column that holds it.
    fn column(&self) -> Value {
        let mut column = json!({ "name": self.name, "type": convert::type_word(&self.logical) });
        if let Some(description) = &self.description {
            column["description"] = json!(description);
        }
        if let LogicalType::Decimal { precision, scale } = self.logical {
            column["precision"] = json!(precision);
            column["scale"] = json!(scale);
        }
        if let (true, (min, max)) = (self.logical.is_text(), self.bounds()) {
            if min > 0 {
                column["min_length"] = json!(min);
            }
            if let Some(max) = max {
                column["max_length"] = json!(max);
            }
        }
        column
    }

    /// Generators that may stand in, the best first; the last is the one that has the fewest needs.
    pub fn standins(&self, choose: Choose<'_>) -> Vec<Standin> {
        if let Some(values) = self.listed() {
            return vec![Standin {
                generator: json!({"type": "choice", "values": values}),
                reason: None,
                unheld: Vec::new(),
            }];
        }
        match self.logical {
            LogicalType::Integer => vec![self.number(choose, 0, true)],
            LogicalType::Decimal { scale, .. } => vec![self.number(choose, u32::try_from(scale).unwrap_or(0), true)],
            LogicalType::Float => vec![self.number(choose, PLACES.min(6), false)],
            LogicalType::String | LogicalType::Text => self.texts(choose),
            LogicalType::Json => vec![self.json(choose, 0)],
            _ => vec![self.chosen(choose, &["format"])],
        }
    }

    /// What fits by name and type; of the schema it holds these keywords.
    fn chosen(&self, choose: Choose<'_>, held: &[&str]) -> Standin {
        let (generator, reason) = choose(self);
        Standin { generator, reason: Some(reason), unheld: self.unheld(held) }
    }

    fn said(&self, generator: Value, held: &[&str]) -> Standin {
        Standin { generator, reason: Some(SAID.to_owned()), unheld: self.unheld(held) }
    }

    /// The keywords of the schema that a value may break, but for these.
    fn unheld(&self, held: &[&str]) -> Vec<String> {
        let open = |key: &&String| !SILENT.contains(&key.as_str()) && !held.contains(&key.as_str());
        self.schema.keys().filter(open).cloned().collect()
    }

    /// The values that alone are allowed and of its type, without null.
    fn listed(&self) -> Option<Vec<Value>> {
        let values = match self.schema.get("const") {
            Some(value) => vec![value.clone()],
            None => self.schema.get("enum")?.as_array()?.clone(),
        };
        let mut whole = self.schema.clone();
        if let Some(definitions) = self.root.get("$defs") {
            whole.entry("$defs".to_owned()).or_insert_with(|| definitions.clone());
        }
        let items = Items::new(&Value::Object(whole)).ok();
        let fits = |value: &Value| {
            !value.is_null()
                && (value.is_string() || !self.logical.is_text())
                && items.as_ref().is_none_or(|items| items.check(value).is_ok())
                && typed(std::slice::from_ref(value), &self.logical).is_ok()
        };
        let values: Vec<Value> = values.into_iter().filter(fits).collect();
        (!values.is_empty()).then_some(values)
    }

    /// A number of so many decimal places, between the bounds of the schema.
    fn number(&self, choose: Choose<'_>, places: u32, is_exact: bool) -> Standin {
        const BOUNDS: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
        if !BOUNDS.iter().any(|bound| self.schema.contains_key(*bound)) {
            return self.chosen(choose, &["format"]);
        }
        let step = self.schema.get("multipleOf").and_then(Value::as_f64);
        // Places that the step leaves: 0.01 two, 0.5 one with a step of 5 units, which generators of fractions do not know.
        let mut places = places.min(PLACES);
        let mut units = 1_i128;
        let mut holds_step = true;
        if let Some(step) = step {
            let power =
                (0..=places).find(|power| libm::fabs(step * ten(*power) - libm::round(step * ten(*power))) < 1e-9);
            match power.map(|power| (power, libm::round(step * ten(power)) as i128)) {
                Some((0, whole)) if whole >= 1 => (places, units) = (0, whole),
                Some((power, 1)) => places = power,
                _ if places == 0 && libm::fabs(1.0 / step - libm::round(1.0 / step)) < 1e-9 => {}
                _ => holds_step = false,
            }
        }
        let scale = ten(places);
        let bound = |inclusive: &str, exclusive: &str, sign: f64| -> Option<i128> {
            // The bounds as though all were lower ones.
            let of = |key: &str| self.schema.get(key).and_then(Value::as_f64).map(|bound| bound * sign * scale);
            let near =
                |bound: f64| if libm::fabs(bound - libm::round(bound)) < 1e-6 { libm::round(bound) } else { bound };
            let inside = of(inclusive).map(|bound| libm::ceil(near(bound)) as i128);
            let beyond = of(exclusive).map(|bound| libm::floor(near(bound)) as i128 + 1);
            inside.max(beyond)
        };
        let low = bound("minimum", "exclusiveMinimum", 1.0);
        let high = bound("maximum", "exclusiveMaximum", -1.0).map(|bound| -bound);
        let (chosen, reason) = choose(self);
        let own = |key: &str| chosen[key].as_f64().map(|own| libm::round(own * scale) as i128);
        let spread = SPREAD * units * scale as i128;
        let (low, high) = match (low, high) {
            (Some(low), Some(high)) => (low, high),
            (Some(low), None) => (low, own("max").filter(|own| *own > low).unwrap_or(low + spread)),
            (None, Some(high)) => {
                let least = if high > 0 { 0 } else { high - spread };
                (own("min").filter(|own| *own < high).unwrap_or(least), high)
            }
            (None, None) => (own("min").unwrap_or(0), own("max").unwrap_or(spread)),
        };
        let (low, high) = (low.div_euclid(units) * units + if low.rem_euclid(units) > 0 { units } else { 0 }, high);
        let high = high.div_euclid(units) * units;
        if low > high {
            return Standin { generator: chosen, reason: Some(reason), unheld: self.unheld(&[]) };
        }
        let plain = |units: i128| decimal(units, places);
        let mut generator = if matches!(self.logical, LogicalType::Integer) || (places == 0 && units > 1) {
            json!({"type": "integer", "min": clamp(low), "max": clamp(high)})
        } else if is_exact {
            json!({"type": "decimal", "min": plain(low), "max": plain(high), "scale": places})
        } else {
            let number = |units: i128| units as f64 / scale;
            json!({"type": "float", "min": number(low), "max": number(high), "digits": places})
        };
        if units > 1 {
            generator["step"] = clamp(units).into();
        }
        let held = if holds_step { &BOUNDS[..] } else { &BOUNDS[..4] };
        let held: Vec<&str> = held.iter().copied().chain(["format"]).collect();
        self.said(generator, &held)
    }

    /// The lengths of a text: those of its column and of the schema.
    pub fn bounds(&self) -> (u64, Option<u64>) {
        let of = |key: &str| self.schema.get(key).and_then(Value::as_u64);
        let (min, max) = self.lengths;
        let max = max.map(u64::from).into_iter().chain(of("maxLength")).min();
        (u64::from(min).max(of("minLength").unwrap_or(0)), max)
    }

    /// Texts of a pattern, of a format, of what the name says, and of letters where only their number counts.
    fn texts(&self, choose: Choose<'_>) -> Vec<Standin> {
        let (min, max) = self.bounds();
        let lengths = ["minLength", "maxLength"];
        let text = |key: &str| self.schema.get(key).and_then(Value::as_str);
        let mut found = Vec::new();
        let pattern = text("pattern").filter(|pattern| min <= shortest(pattern));
        if let Some(pattern) = pattern {
            found.push(self.said(json!({"type": "regex", "pattern": pattern}), &["pattern", "minLength", "maxLength"]));
        }
        let format = text("format").and_then(|format| FORMATS.iter().find(|(name, _)| *name == format));
        if let (Some((_, generator)), true) = (format, min <= 1) {
            let generator: Value = serde_json::from_str(generator).unwrap_or_default();
            found.push(self.said(generator, &["format", "minLength", "maxLength"]));
        }
        if min <= 1 {
            found.push(self.chosen(choose, &lengths));
            if max.is_some() {
                for (generator, why) in
                    [(json!({"type": "sentence", "min": 2, "max": 4}), SAID), (json!({"type": "word"}), SAID)]
                {
                    found.push(Standin { generator, reason: Some(why.to_owned()), unheld: self.unheld(&lengths) });
                }
            }
        }
        if min > 1 || max.is_some() {
            let least = min.max(1).min(max.unwrap_or(u64::MAX));
            let most = max.unwrap_or(u64::MAX).min(least.saturating_add(12));
            let generator =
                json!({"type": "string", "min": least, "max": most, "alphabet": "abcdefghijklmnopqrstuvwxyz"});
            found.push(self.said(generator, &lengths));
        }
        found
    }

    /// An object of the schema's properties, or a list of its items.
    fn json(&self, choose: Choose<'_>, depth: usize) -> Standin {
        let object = self.schema.get("properties").and_then(Value::as_object).filter(|_| depth < DEEPEST);
        if let Some(properties) = object.filter(|properties| !properties.is_empty()) {
            let mut unheld = self.unheld(&["properties", "required", "additionalProperties"]);
            let mut fields = Map::new();
            for (name, schema) in properties {
                let made = self.part(name, schema, choose, depth);
                fields.insert(name.clone(), made.generator);
                unheld.extend(made.unheld);
            }
            unheld.dedup();
            let reason = Some(SAID.to_owned());
            return Standin { generator: json!({"type": "json_object", "fields": fields}), reason, unheld };
        }
        if let Some(items) = self.schema.get("items").filter(|items| items.is_object() && depth < DEEPEST) {
            let made = self.part(self.name, items, choose, depth);
            let of = |key: &str| self.schema.get(key).and_then(Value::as_u64);
            let least = of("minItems").unwrap_or(0);
            let most = of("maxItems").unwrap_or(least.max(1) + 2).min(least + 20);
            let generator = json!({"type": "array", "of": made.generator, "min": least, "max": most});
            let mut unheld = self.unheld(&["items", "minItems", "maxItems"]);
            unheld.extend(made.unheld);
            return Standin { generator, reason: Some(SAID.to_owned()), unheld };
        }
        let mut standin = self.chosen(choose, &["additionalProperties"]);
        if self.schema.get("type").is_some_and(|kind| kind != "object") {
            standin.unheld.push("type".to_owned());
        }
        standin
    }

    /// What stands in for a part of a value. Nobody can see how long what is nested is, so that bounds of its length make it letters.
    fn part(&self, name: &str, schema: &Value, choose: Choose<'_>, depth: usize) -> Standin {
        let schema = resolved(schema.as_object().cloned().unwrap_or_default(), &self.root, 0);
        let description = schema.get("description").and_then(Value::as_str).map(str::to_owned);
        let logical = type_of_schema(&schema, &self.root);
        let part = Asked { name, logical, lengths: (0, None), description, schema, root: self.root.clone() };
        if part.logical == LogicalType::Json {
            return part.json(choose, depth + 1);
        }
        let is_bounded = part.bounds() != (0, None);
        let mut standins = part.standins(choose);
        match is_bounded && part.logical.is_text() {
            true => standins.pop(),
            false => (!standins.is_empty()).then(|| standins.swap_remove(0)),
        }
        .unwrap_or_else(|| part.chosen(choose, &[]))
    }
}

/// What fills a field where there is no answer.
pub(crate) struct Fallback {
    pub nested: Nested,
    /// The generator, and why it was chosen.
    pub words: String,
    /// Keywords of the answers' schema that its values may break.
    pub unheld: Vec<String>,
}

impl Context<'_> {
    /// What fills a field where the language model gave no answer: what the schema of its answers asks for, else the generator that its name,
    /// type and description suggest. Where it `is_told` alone, nothing is read for it.
    pub(crate) fn fallback(&mut self, field: &Field, is_told: bool) -> Result<Fallback, Problems> {
        let (inputs, far) = (self.inputs.len(), self.far.len());
        let found = self.standing_in(field);
        if is_told {
            self.inputs.truncate(inputs);
            self.far.truncate(far);
        }
        found
    }

    fn standing_in(&mut self, field: &Field) -> Result<Fallback, Problems> {
        let dataset = std::sync::Arc::clone(&self.compiler.dataset);
        let table = self.table;
        let choose = |asked: &Asked<'_>| {
            let chosen = serde_json::from_value::<Column>(asked.column());
            let chosen = chosen.map(|column| auto::choose_for(&dataset, table, &column));
            chosen.map_or_else(|_| (json!({"type": "word"}), String::new()), |(made, reason)| (made.to_value(), reason))
        };
        let asked = Asked::of(field);
        let mut failed = Vec::new();
        let standins = asked.standins(&choose);
        let (last, (_, max)) = (standins.len().saturating_sub(1), asked.bounds());
        for (at, Standin { generator, reason, unheld }) in standins.into_iter().enumerate() {
            let (inputs, far) = (self.inputs.len(), self.far.len());
            let made = GeneratorSpec::from_value(generator).map_err(|detail| vec![Problem::new("run", detail)]);
            let made = made.and_then(|spec| {
                let name = spec.entry().name.clone();
                Ok((self.nested_as(&spec, "fallback", 0, field.logical.clone())?, name))
            });
            let fits = |nested: &Nested| {
                !field.logical.is_text() || max.is_none_or(|max| nested.longest.is_some_and(|longest| longest <= max))
            };
            match made {
                Ok((nested, name)) if at == last || fits(&nested) => {
                    let words = reason.map_or_else(|| name.clone(), |reason| format!("{name} ({reason})"));
                    return Ok(Fallback { nested, words, unheld });
                }
                Ok(_) => {}
                Err(found) => failed = found,
            }
            // What it would have read is not read.
            self.inputs.truncate(inputs);
            self.far.truncate(far);
        }
        Err(failed)
    }
}

/// The schema itself in the place of what leads to it: a reference within it, a choice of it or null, several of which all hold.
fn resolved(mut schema: Map<String, Value>, root: &Value, depth: usize) -> Map<String, Value> {
    if depth >= DEEPEST {
        return schema;
    }
    let inner = |value: &Value| value.as_object().cloned();
    let target =
        schema.get("$ref").and_then(Value::as_str).and_then(|path| inner(root.pointer(path.strip_prefix('#')?)?));
    let found = if let Some(target) = target {
        schema.shift_remove("$ref");
        vec![target]
    } else if let Some((key, variant)) = ["anyOf", "oneOf"].into_iter().find_map(|key| {
        let variants = schema.get(key)?.as_array()?;
        let mut others = variants.iter().filter(|variant| variant["type"] != "null");
        let variant = inner(others.next()?)?;
        others.next().is_none().then_some((key, variant))
    }) {
        schema.shift_remove(key);
        vec![variant]
    } else if let Some(all) = schema.get("allOf").and_then(Value::as_array).cloned() {
        let parts: Vec<Map<String, Value>> =
            all.iter().filter_map(inner).map(|part| resolved(part, root, depth + 1)).collect();
        let mut seen = std::collections::HashSet::new();
        let is_plain =
            parts.iter().flat_map(Map::keys).chain(schema.keys()).all(|key| key == "type" || seen.insert(key.clone()));
        if parts.len() < all.len() || !is_plain {
            return schema;
        }
        schema.shift_remove("allOf");
        parts
    } else {
        return schema;
    };
    for part in found {
        for (key, value) in part {
            schema.entry(key).or_insert(value);
        }
    }
    resolved(schema, root, depth + 1)
}

/// The fewest characters of what a pattern matches, as far as that is plain to see.
fn shortest(pattern: &str) -> u64 {
    let is_plain = pattern.is_ascii() && !["\\p", "\\P", "\\x", "\\u"].iter().any(|mark| pattern.contains(mark));
    let length = regex_syntax::parse(pattern).ok().and_then(|hir| hir.properties().minimum_len());
    // A character takes four bytes at most.
    length.map_or(0, |bytes| if is_plain { bytes as u64 } else { bytes as u64 / 4 })
}

fn ten(power: u32) -> f64 {
    10_f64.powi(power.min(18) as i32)
}

fn clamp(units: i128) -> i64 {
    units.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

/// Units of the last decimal place as text.
fn decimal(units: i128, places: u32) -> String {
    let scale = 10_i128.pow(places);
    let sign = if units < 0 { "-" } else { "" };
    let (whole, fraction) = (units.abs() / scale, units.abs() % scale);
    match places {
        0 => format!("{sign}{whole}"),
        places => format!("{sign}{whole}.{fraction:0width$}", width = places as usize),
    }
}

#[cfg(test)]
mod tests;
