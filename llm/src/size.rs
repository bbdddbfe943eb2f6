//! How much one answer is likely to take, from the words that ask for it and its JSON Schema.

use serde_json::Value;

use crate::{length, tokens};

/// Characters of a token of text, between the counts of the usual vocabularies for English and for Spanish.
const PER_TOKEN: f64 = 4.4;

/// How deep a schema is followed.
const MAX_DEPTH: usize = 8;

/// What one answer of a list takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size {
    /// Tokens, with the mark before the next answer.
    pub tokens: f64,
    /// Characters of its JSON.
    pub characters: f64,
    /// Whether the length of a text is a guess in it.
    pub is_guess: bool,
}

impl Size {
    const fn known(tokens: f64, characters: f64) -> Size {
        Size { tokens, characters, is_guess: false }
    }

    /// Values of which one is given, on average.
    fn of_values(values: &[Value]) -> Size {
        let count = values.len().max(1) as f64;
        let spelled = || values.iter().map(Value::to_string);
        // The marks about a value stand with those beside it.
        let words = |text: String| tokens::estimate(text.trim_matches('"')).max(1) as f64;
        let characters = spelled().map(|text| text.chars().count() as f64).sum::<f64>();
        Size::known(spelled().map(words).sum::<f64>() / count, characters / count)
    }

    fn plus(self, other: Size) -> Size {
        Size {
            tokens: self.tokens + other.tokens,
            characters: self.characters + other.characters,
            is_guess: self.is_guess || other.is_guess,
        }
    }

    /// The same of so many tokens.
    #[must_use]
    pub fn with_tokens(self, tokens: f64) -> Size {
        Size { tokens, characters: self.characters * tokens / self.tokens.max(0.1), ..self }
    }
}

/// What an answer to `prompt` is likely to take, from its JSON Schema.
pub(crate) fn likely(prompt: &str, item: &Value) -> Size {
    of(item, item, &[prompt], 0).plus(Size::known(1.0, 1.0))
}

fn of(schema: &Value, root: &Value, words: &[&str], depth: usize) -> Size {
    if depth > MAX_DEPTH {
        return Size::known(1.0, 4.0);
    }
    if let Some(target) = schema["$ref"].as_str().and_then(|path| root.pointer(path.strip_prefix('#')?)) {
        return of(target, root, words, depth + 1);
    }
    if let Some(value) = schema.get("const") {
        return Size::of_values(std::slice::from_ref(value));
    }
    for key in ["enum", "examples"] {
        if let Some(values) = schema[key].as_array().filter(|values| !values.is_empty()) {
            return Size { is_guess: key == "examples", ..Size::of_values(values) };
        }
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        // Null is the rarer one.
        let is_null = |variant: &&Value| variant["type"] == "null";
        if let Some(variants) = schema[key].as_array()
            && let Some(first) = variants.iter().find(|variant| !is_null(variant)).or(variants.first())
        {
            return of(first, root, words, depth + 1);
        }
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null"),
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    };
    match kind {
        "object" => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let of_property = |(name, part): (&String, &Value)| {
                // `"name":"` and `",` are a mark each.
                let key = Size::known(tokens::estimate(name) as f64 + 2.0, name.chars().count() as f64 + 4.0);
                key.plus(of(part, root, &[&name.replace('_', " ")], depth + 1))
            };
            properties.map(of_property).fold(Size::known(0.5, 2.0), Size::plus)
        }
        "array" => {
            let (least, most) = (schema["minItems"].as_f64(), schema["maxItems"].as_f64());
            let count = match (least, most) {
                (Some(least), Some(most)) => (least + most) / 2.0,
                (least, most) => 3.0_f64.max(least.unwrap_or(0.0)).min(most.unwrap_or(f64::INFINITY)),
            };
            let each = of(&schema["items"], root, words, depth + 1).plus(Size::known(1.0, 1.0));
            Size { tokens: each.tokens * count, characters: each.characters * count, is_guess: true }
                .plus(Size::known(1.0, 2.0))
        }
        "integer" => of_number(schema, 0.0),
        "number" => of_number(schema, 2.0),
        "boolean" | "null" => Size::known(1.0, 4.5),
        _ => of_text(schema, words),
    }
}

/// A number as long as those between its bounds, with decimal places where it is no whole one.
fn of_number(schema: &Value, places: f64) -> Size {
    let largest = ["maximum", "exclusiveMaximum"].iter().find_map(|key| schema[key].as_f64());
    let digits = largest.map_or(2.0, |most| (most.abs().max(1.0) / 2.0).log10().floor() + 1.0).max(1.0);
    let places = match schema["multipleOf"].as_f64() {
        Some(step) if step >= 1.0 => 0.0,
        Some(step) if step > 0.0 => (-step.log10()).ceil(),
        _ => places,
    };
    let fraction = if places > 0.0 { 1.0 + (places / 3.0).ceil() } else { 0.0 };
    Size::known((digits / 3.0).ceil() + fraction, digits + places + f64::from(u8::from(places > 0.0)))
}

fn of_text(schema: &Value, words: &[&str]) -> Size {
    let of_format = match schema["format"].as_str() {
        Some("date") => Some((6.0, 12.0)),
        Some("time") => Some((7.0, 11.0)),
        Some("date-time") => Some((13.0, 22.0)),
        Some("uuid") => Some((22.0, 38.0)),
        Some("ipv4") => Some((7.0, 14.0)),
        Some("ipv6") => Some((20.0, 32.0)),
        Some("email") => Some((7.0, 25.0)),
        Some("uri") => Some((9.0, 33.0)),
        Some("hostname") => Some((5.0, 18.0)),
        _ => None,
    };
    if let Some((tokens, characters)) = of_format {
        return Size::known(tokens, characters);
    }
    let mut words = words.to_vec();
    words.extend(schema["description"].as_str());
    if words.len() > 1 && schema.get("description").is_some() && words[0].split(' ').count() < 3 {
        // What a property is described as says more than its name.
        words.rotate_right(1);
    }
    let characters = length::likely(&words, schema["minLength"].as_f64().unwrap_or(0.0), schema["maxLength"].as_f64());
    Size { tokens: (characters / PER_TOKEN).max(1.0), characters: characters + 2.0, is_guess: true }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tokens(prompt: &str, item: Value) -> f64 {
        likely(prompt, &item).tokens
    }

    #[test]
    fn an_answer_is_as_long_as_what_it_is() {
        let motto = tokens("A motto", json!({"type": "string", "maxLength": 300}));
        let review = tokens("A review", json!({"type": "string", "maxLength": 300}));
        assert!(motto < 8.0 && review > 2.0 * motto, "{motto} {review}");
        let described = json!({"type": "object", "properties": {"text": {"type": "string", "description": "A motto"}}});
        assert!(tokens("x", described) < review);
        assert_eq!(tokens("x", json!({"enum": ["red", "green"]})), 2.0);
        assert_eq!(tokens("x", json!({"type": "string", "examples": ["red", "green"]})), 2.0);
        assert_eq!(tokens("x", json!({"type": "string", "format": "date"})), 7.0);
        assert_eq!(tokens("x", json!({"anyOf": [{"type": "null"}, {"type": "boolean"}]})), 2.0);
    }

    #[test]
    fn numbers_take_their_digits() {
        assert_eq!(tokens("x", json!({"type": "integer", "maximum": 99})), 2.0);
        assert_eq!(tokens("x", json!({"type": "integer", "maximum": 90000})), 3.0);
        assert_eq!(tokens("x", json!({"type": "number", "maximum": 99.0, "multipleOf": 0.01})), 4.0);
    }

    #[test]
    fn what_is_known_is_no_guess() {
        let is_guess = |item: Value| likely("x", &item).is_guess;
        assert!(is_guess(json!({"type": "string"})) && is_guess(json!({"properties": {"a": {"type": "string"}}})));
        assert!(!is_guess(json!({"enum": [1]})) && !is_guess(json!({"type": "integer"})));
        let tree = json!({"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}}});
        assert!(likely("x", &tree).tokens.is_finite());
    }
}
