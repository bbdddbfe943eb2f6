//! A body for each operation that takes one, as somebody would send it: `examples.json`, by operation and media type.

use serde_json::{Map, Value};

const EXAMPLES: &str = include_str!("examples.json");

/// Adds an example to each body of a document's operations.
pub(super) fn fill(document: &mut Value) {
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for path in paths.into_iter().flat_map(Map::values_mut) {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let Some(own) = operation["operationId"].as_str().and_then(|id| examples.get(id)) else { continue };
            let bodies = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
            for (media_type, body) in bodies.into_iter().flatten() {
                if let Some(example) = own.get(media_type) {
                    body["example"] = example.clone();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_has_an_example_and_every_operation_its_words() {
        let document = crate::server::document();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                for word in ["operationId", "summary"] {
                    let text = operation[word].as_str().unwrap_or_default();
                    assert!(!text.is_empty(), "{method} {path} has no {word}");
                }
                let bodies = operation.pointer("/requestBody/content").and_then(Value::as_object);
                for (media_type, body) in bodies.into_iter().flatten() {
                    assert!(!body["example"].is_null(), "{method} {path} has no example of {media_type}");
                }
            }
        }
    }
}
