//! What bodies, answers and parameters look like, as one story of a small shop: `examples.json`.
//!
//! Bodies stand there by operation and media type. Answers are made from the example of their type, so that a user, say, looks the same wherever one is
//! answered, and a list is a list of one; an answer that has no type of its own, or says more in one place, stands by operation and media type.
//! Parameters stand by their name; as `resource.name`, the resource being the first word of the path, or as `operation.name` where a name means
//! several things.

use serde_json::{Map, Value, json};

use crate::error::Code;

/// An id of a request.
pub(super) const REQUEST_ID: &str = "0f8e2d7c6b5a49388271605f4e3d2c1b";

const EXAMPLES: &str = include_str!("examples.json");

/// Adds an example to each body, answer and parameter of a document's operations that has one.
pub(super) fn fill(document: &mut Value) {
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let mut problems = Map::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (address, path) in paths.into_iter().flatten() {
        let resource = resource(address);
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
            let bodies = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
            for (media_type, body) in bodies.into_iter().flatten() {
                put(body, examples["bodies"][&id].get(media_type).cloned());
            }
            for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap_or_default().to_owned();
                let names = [format!("{id}.{name}"), format!("{resource}.{name}"), name];
                let known = names.iter().find_map(|name| examples["parameters"].get(name)).cloned();
                if parameter["example"].is_null() {
                    put(parameter, known);
                }
            }
            let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
            for (status, answer) in answers.into_iter().flatten() {
                let contents = answer.get_mut("content").and_then(Value::as_object_mut);
                for (media_type, content) in contents.into_iter().flatten() {
                    if !status.starts_with('2') {
                        content["examples"] = problem(status, &examples, &mut problems);
                        continue;
                    }
                    let typed = content.pointer("/schema/$ref").and_then(Value::as_str);
                    let typed = typed.and_then(|path| path.rsplit('/').next());
                    let own = examples["answers"][&id].get(media_type).cloned();
                    let example = own.or_else(|| typed.and_then(|name| of_type(&examples, name)));
                    put(content, example);
                }
            }
        }
    }
    document["components"]["examples"] = Value::Object(problems);
}

/// The first word of an address below the API's own.
fn resource(address: &str) -> &str {
    let below = address.strip_prefix("/api/v1/").unwrap_or_default();
    below.split('/').next().unwrap_or_default()
}

/// The example of a type, or of a list of it.
fn of_type(examples: &Value, name: &str) -> Option<Value> {
    let types = &examples["types"];
    types.get(name).cloned().or_else(|| {
        let item = types.get(name.strip_prefix("List_")?)?;
        Some(json!({"items": [item], "total": 1, "next": null}))
    })
}

/// A reference to the problem document of a status, as the first of its codes is told; the document itself is put to the others.
fn problem(status: &str, examples: &Value, problems: &mut Map<String, Value>) -> Value {
    let Some(code) = Code::ALL.iter().find(|code| code.status().as_str() == status) else { return json!({}) };
    problems.entry(code.word()).or_insert_with(|| {
        let mut document = json!({
            "type": "about:blank",
            "title": code.title(),
            "status": code.status().as_u16(),
            "code": code.word(),
            "detail": code.title(),
            "request_id": REQUEST_ID,
        });
        if *code == Code::InvalidInput {
            document["errors"] = json!([examples["types"]["Problem"]]);
        }
        json!({"summary": code.title(), "value": document})
    });
    json!({code.word(): {"$ref": format!("#/components/examples/{}", code.word())}})
}

fn put(holder: &mut Value, example: Option<Value>) {
    if let (Some(holder), Some(example)) = (holder.as_object_mut(), example) {
        holder.insert("example".to_owned(), example);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name for people who read the failure.
    fn operations(document: &Value) -> Vec<(String, &Value)> {
        let paths = document["paths"].as_object().expect("paths");
        let all = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods");
            methods.iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
        });
        all.collect()
    }

    /// Whether a file of this media type is one that nobody reads as text.
    fn is_binary(media_type: &str, content: &Value) -> bool {
        let is_text = media_type.starts_with("text/") || media_type.contains("json");
        content["schema"]["format"] == "binary" && !is_text
    }

    #[track_caller]
    fn fits(document: &Value, schema: &Value, example: &Value, place: &str) {
        let schema = json!({"allOf": [schema], "components": document["components"]});
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
        let told: Vec<String> = validator.iter_errors(example).map(|error| error.to_string()).collect();
        assert!(told.is_empty(), "{place}: {}", told.join("; "));
    }

    #[test]
    fn every_operation_has_words_and_every_body_answer_and_parameter_an_example_that_fits() {
        let document = crate::server::document();
        for (place, operation) in operations(&document) {
            for word in ["operationId", "summary"] {
                let text = operation[word].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{place} has no {word}");
            }
            let bodies = operation.pointer("/requestBody/content").and_then(Value::as_object);
            for (media_type, body) in bodies.into_iter().flatten() {
                let place = format!("the body of {place} as {media_type}");
                assert!(!body["example"].is_null(), "{place} has no example");
                // The parts of a form are bytes, whatever they say.
                fits(&document, &body["schema"], &body["example"], &place);
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let (schema, name) = (&parameter["schema"], &parameter["name"]);
                let is_text = schema["type"] == "string"
                    || schema["type"].as_array().is_some_and(|types| types.contains(&json!("string")));
                let is_plain = !is_text || !schema["enum"].is_null();
                let place = format!("{name} of {place}");
                assert!(is_plain || !parameter["example"].is_null(), "{place} has no example");
                if !parameter["example"].is_null() {
                    fits(&document, schema, &parameter["example"], &place);
                }
            }
            for (status, answer) in operation["responses"].as_object().expect("answers") {
                for (media_type, content) in answer["content"].as_object().into_iter().flatten() {
                    let place = format!("{status} of {place} as {media_type}");
                    if status.starts_with('2') {
                        let example = &content["example"];
                        assert!(!example.is_null() || is_binary(media_type, content), "{place} has no example");
                        if !example.is_null() {
                            fits(&document, &content["schema"], example, &place);
                        }
                        continue;
                    }
                    let told = content["examples"].as_object().and_then(|told| told.keys().next());
                    let code = told.unwrap_or_else(|| panic!("{place} has no example"));
                    let value = &document["components"]["examples"][code]["value"];
                    assert_eq!(value["status"].to_string(), *status, "{place}");
                    fits(&document, &content["schema"], value, &place);
                }
            }
        }
    }

    #[test]
    fn no_example_stands_for_something_that_is_not_there() {
        let document = crate::server::document();
        let examples: Value = serde_json::from_str(EXAMPLES).expect("JSON");
        let operations = operations(&document);
        let find = |id: &str| operations.iter().find(|(_, operation)| operation["operationId"] == id).map(|(_, o)| *o);
        for kind in ["bodies", "answers"] {
            for (id, by_media_type) in examples[kind].as_object().expect("examples") {
                let operation = find(id).unwrap_or_else(|| panic!("{kind}: there is no operation {id}"));
                for media_type in by_media_type.as_object().expect("media types").keys() {
                    let body = &operation["requestBody"]["content"][media_type]["example"];
                    let mut answers = operation["responses"].as_object().into_iter().flatten();
                    let is_used = match kind {
                        "bodies" => !body.is_null(),
                        _ => answers.any(|(_, answer)| !answer["content"][media_type]["example"].is_null()),
                    };
                    assert!(is_used, "{kind}: {id} knows no {media_type}");
                }
            }
        }
        for name in examples["types"].as_object().expect("examples").keys() {
            assert!(!document["components"]["schemas"][name].is_null(), "there is no type {name}");
        }
        for name in examples["parameters"].as_object().expect("examples").keys() {
            let (scope, name) = name.split_once('.').map_or((None, name.as_str()), |(scope, name)| (Some(scope), name));
            let mut asked = operations.iter().filter(|(place, operation)| {
                let own = place.split_once(' ').map(|(_, address)| resource(address));
                scope.is_none_or(|scope| operation["operationId"] == scope || own == Some(scope))
            });
            let is_known = asked.any(|(_, operation)| {
                operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == name)
            });
            assert!(is_known, "there is no parameter {name}");
        }
    }
}
