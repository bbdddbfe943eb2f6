//! What is open to everybody.

use engine::generators;
use serde_json::Value;

use crate::support::Api;

#[actix_web::test]
async fn the_catalogue_is_the_lists() {
    let api = Api::new();
    let all = api.get("/api/v1/generators", "").await.is(200).json();
    assert_eq!(all["total"].as_u64(), Some(generators::list().len() as u64));
    let language = engine::schema::json_schema();
    for item in all["items"].as_array().expect("items") {
        let name = item["name"].as_str().expect("a name");
        assert_eq!(item["schema"]["properties"]["type"]["const"], name);
        assert!(item["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        let mut found = Vec::new();
        references(&item["schema"], &mut found);
        for reference in found {
            let path = reference.strip_prefix('#').expect("a reference into the language");
            assert!(language.pointer(path).is_some(), "{name}: {reference}");
        }
    }
    let one = api.get("/api/v1/generators/normal", "").await.is(200).json();
    let roles: Vec<&str> =
        one["parameters"].as_array().into_iter().flatten().filter_map(|parameter| parameter["role"].as_str()).collect();
    assert_eq!(roles, ["location", "spread", "lower", "upper"]);
    let told = api.get("/api/v1/generators/nromal", "").await.problem(404, "not_found").json();
    assert!(told["detail"].as_str().is_some_and(|text| text.contains("normal")), "{told}");

    let formats = api.get("/api/v1/formats", "").await.is(200).json();
    assert_eq!(formats["total"].as_u64(), Some(formats::FORMATS.len() as u64));
    let templates = api.get("/api/v1/templates", "").await.is(200).json();
    for item in templates["items"].as_array().expect("items") {
        let path = format!("/api/v1/templates/{}", item["name"].as_str().expect("a name"));
        assert_eq!(&api.get(&path, "").await.is(200).json(), item);
    }
    api.get("/api/v1/templates/none", "").await.problem(404, "not_found");
    assert_eq!(api.get("/api/v1/schema.json", "").await.is(200).json(), engine::schema::json_schema());
}

/// References of a document, wherever they stand.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[actix_web::test]
async fn the_document_describes_every_operation_and_leads_nowhere_else() {
    let api = Api::new();
    let document = api.get("/openapi.json", "").await.is(200).json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        let path = reference.strip_prefix('#').expect("a reference inside the document");
        assert!(document.pointer(path).is_some(), "{reference}");
    }
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let id = operation["operationId"].as_str().expect("an operation id");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{id}");
            assert!(!operations.contains(&id), "{id} is there twice");
            operations.push(id);
            for (status, response) in operation["responses"].as_object().expect("responses") {
                assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{id} {status}");
            }
        }
    }
    assert!(operations.len() > 30);
}
