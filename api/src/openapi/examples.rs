//! A body for each operation that takes one, as somebody would send it.

use serde_json::{Map, Value, json};

/// A schema that is small enough to be read at a glance.
const SCHEMA: &str = "\
name: shop
tables:
  - name: item
    rows: 3
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: price, generator: { type: integer, min: 1, max: 9 } }
";

/// Rows that obey it.
const ITEMS: &str = "id,price\n1,5\n2,6\n3,7\n";

/// Adds an example to each body of a document's operations.
pub(super) fn fill(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for path in paths.into_iter().flat_map(Map::values_mut) {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
            let bodies = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
            for (media_type, body) in bodies.into_iter().flatten() {
                if let Some(example) = example(&id, media_type) {
                    body["example"] = example;
                }
            }
        }
    }
}

/// The example of an operation's body in a media type.
fn example(operation: &str, media_type: &str) -> Option<Value> {
    let password = "correct horse battery";
    Some(match operation {
        "create_first_user" => {
            json!({"token": "what the link has behind #token=", "email": "ana@example.com", "password": password, "name": "Ana Quispe"})
        }
        "login" => json!({"email": "ana@example.com", "password": password}),
        "create_user" => {
            json!({"email": "eva@example.com", "password": password, "role": "editor", "name": "Eva Quispe"})
        }
        "update_user" => json!({"name": "Eva Quispe Mamani"}),
        "create_api_key" => json!({"name": "nightly build", "role": "viewer", "scopes": ["datasets", "generations"]}),
        "create_dataset" => json!({"schema_text": SCHEMA}),
        "update_dataset" => json!({"name": "shop", "description": "What is sold, and for how much"}),
        "save_schema" if media_type == crate::datasets::service::JSON => object(),
        "save_schema" => json!(SCHEMA),
        "create_plan" => json!({"schema": object(), "seed": 7}),
        "create_preview" => json!({"schema_text": SCHEMA, "table": "item", "limit": 3}),
        "verify_files" => json!({"schema": SCHEMA, "file": [ITEMS]}),
        "create_generation" => json!({"seed": 7, "rows": {"item": 20}}),
        "query_generation" => json!({"sql": "SELECT price, count(*) FROM item GROUP BY price ORDER BY price"}),
        "create_export" => json!({"format": formats::FORMATS[0].name(), "tables": ["item"]}),
        _ => return None,
    })
}

/// The schema as an object.
fn object() -> Value {
    engine::schema::canonical_document(SCHEMA).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
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
        assert_eq!(object()["name"], "shop");
    }
}
