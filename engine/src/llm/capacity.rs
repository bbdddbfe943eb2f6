//! How many distinct answers there can be to a question, so that nobody asks for more.

use std::collections::HashSet;

use serde_json::Value;

use super::Items;

/// How many distinct answers a schema allows, where it is plain to see; an empty text is none.
pub fn capacity(item: &Value) -> Option<u64> {
    let listed = item.get("const").map(std::slice::from_ref).or_else(|| item["enum"].as_array().map(Vec::as_slice));
    if let Some(values) = listed {
        let items = Items::new(item).ok();
        let is_one = |value: &&Value| *value != "" && items.as_ref().is_none_or(|items| items.check(value).is_ok());
        return Some(values.iter().filter(is_one).map(Value::to_string).collect::<HashSet<_>>().len() as u64);
    }
    match item["type"].as_str()? {
        "boolean" => Some(2),
        "null" => Some(1),
        "string" => {
            let most = item["maxLength"].as_u64()?;
            (most < item["minLength"].as_u64().unwrap_or(1).max(1)).then_some(0)
        }
        "integer" => {
            let (least, most) = (item["minimum"].as_i64()?, item["maximum"].as_i64()?);
            if most < least { Some(0) } else { most.abs_diff(least).checked_add(1) }
        }
        "object" if item["additionalProperties"] == Value::Bool(false) => {
            let properties = item["properties"].as_object()?;
            let is_required =
                |name: &str| item["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
            // One that may be left away has one state more.
            let states = |(name, property): (&String, &Value)| {
                capacity(property).map(|count| count.saturating_add(u64::from(!is_required(name))))
            };
            let counts: Vec<Option<u64>> = properties.iter().map(states).collect();
            match counts.contains(&Some(0)) {
                true => Some(0),
                false => counts.into_iter().try_fold(1_u64, |product, count| product.checked_mul(count?)),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn small_schemas_know_how_many_answers_they_allow() {
        assert_eq!(capacity(&json!({"enum": ["a", "b", "a"]})), Some(2));
        assert_eq!(capacity(&json!({"type": "integer", "minimum": 1, "maximum": 5})), Some(5));
        assert_eq!(capacity(&json!({"type": "string"})), None);
        let object = json!({"type": "object", "additionalProperties": false, "required": ["a"],
            "properties": {"a": {"type": "boolean"}, "b": {"enum": [1, 2]}}});
        assert_eq!(capacity(&object), Some(6));
        assert_eq!(capacity(&json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX})), None);
    }

    #[test]
    fn what_leaves_no_answer_is_seen() {
        for none in [
            json!({"enum": ["far too long", ""], "maxLength": 5}),
            json!({"type": "string", "maxLength": 0}),
            json!({"type": "string", "minLength": 9, "maxLength": 3}),
            json!({"type": "integer", "minimum": 5, "maximum": 4}),
            json!({"type": "object", "additionalProperties": false, "required": ["a"],
                "properties": {"a": {"type": "string", "maxLength": 0}, "b": {"type": "string"}}}),
        ] {
            assert_eq!(capacity(&none), Some(0), "{none}");
        }
        assert_eq!(capacity(&json!({"enum": ["long enough", "short", ""], "maxLength": 5})), Some(1));
    }
}
