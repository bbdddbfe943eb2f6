//! What the document says of lists that grow elsewhere: formats with their options and media types, dialects, compressions, scopes.
//!
//! Routes leave a place for them: a parameter or property by its name, the media type `application/octet-stream` for a file in any format.

use engine::verify::Dialect;
use formats::{Compression, FORMATS};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{KnownFormat, Object, SchemaFormat, Type};

use crate::access;
use crate::generations::routes::certificate_forms;

/// What stands for a file in any format.
const ANY_FILE: &str = "application/octet-stream";

/// The archive of several files.
const ARCHIVE: &str = "application/zip";

/// Fills the lists of a document in.
pub(super) fn fill(document: &mut Value) {
    let scopes = scopes(document);
    let components = &mut document["components"]["schemas"];
    if let Some(scope) = components.pointer_mut("/NewApiKey/properties/scopes/items") {
        scope["enum"] = json!(scopes);
    }
    if let Some(form) = components.get_mut("NewExport") {
        export(form);
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for path in paths.into_iter().flat_map(Map::values_mut) {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            parameters(operation);
            files(operation);
        }
    }
}

/// The resources that API keys may be limited to, as [`access::Operations::scopes`] gives them.
fn scopes(document: &Value) -> Vec<String> {
    let operations = document["paths"].as_object().into_iter().flat_map(Map::values);
    let operations = operations.filter_map(Value::as_object).flat_map(Map::values);
    let mut scopes: Vec<String> = operations
        .filter(|operation| {
            let access = operation["operationId"].as_str().and_then(access::of);
            access.is_some_and(|access| access.role().is_some())
        })
        .filter_map(|operation| operation["tags"][0].as_str().filter(|tag| *tag != "auth").map(str::to_owned))
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// Formats, compressions, and the options of each format.
fn export(form: &mut Value) {
    form["properties"]["format"]["enum"] = json!(format_names());
    form["properties"]["format"]["example"] = json!(format_names().first());
    let compressions: Vec<Value> = Compression::ALL.iter().map(|compression| json!(compression.name())).collect();
    form["properties"]["compression"]["enum"] = json!([compressions, vec![Value::Null]].concat());
    let mut rest = json!({});
    for format in FORMATS.iter().rev() {
        let mut options = formats::choice::schema(*format);
        options["type"] = json!(["object", "null"]);
        // Null is the default of every choice.
        for choice in options.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
        {
            choice["type"] = json!([choice["type"], "null"]);
            if let Some(known) = choice.get_mut("enum").and_then(Value::as_array_mut) {
                known.push(Value::Null);
            }
        }
        let mut then = json!({"properties": {"options": options}});
        if format.kind().compresses_inside {
            then["properties"]["compression"] = json!({"type": "null"});
        }
        let is_it = json!({"properties": {"format": {"const": format.name()}}});
        rest = json!({"if": is_it, "then": then, "else": rest});
    }
    if let (Some(form), Value::Object(rest)) = (form.as_object_mut(), rest) {
        form.extend(rest);
    }
}

fn format_names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name()).collect()
}

/// The words that a parameter takes.
fn parameters(operation: &mut Value) {
    let is_certificate = operation["operationId"] == "get_certificate";
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let known = match parameter["name"].as_str() {
            Some("format") if is_certificate => json!(certificate_forms()),
            Some("format") => json!(format_names()),
            Some("dialect") => json!(Dialect::ALL.map(Dialect::name)),
            _ => continue,
        };
        parameter["schema"]["enum"] = known;
    }
}

/// The media types of files.
fn files(operation: &mut Value) {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for response in responses.into_iter().flat_map(Map::values_mut) {
        let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else { continue };
        if !content.contains_key(ANY_FILE) {
            continue;
        }
        let is_alone = content.len() == 1;
        let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
        let file = json!({"schema": Object::builder().schema_type(Type::String).format(Some(binary)).build()});
        content.insert(ANY_FILE.to_owned(), file.clone());
        let packed = Compression::ALL.iter().map(|compression| compression.media_type());
        let packed = packed.chain([ARCHIVE]).filter(|_| is_alone);
        for media_type in FORMATS.iter().map(|format| format.kind().media_type).chain(packed) {
            content.entry(media_type).or_insert_with(|| file.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_those_of_the_code() {
        let document = crate::server::document();
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["NewApiKey"]["properties"]["scopes"]["items"]["enum"], json!(access::operations().scopes()));
        assert_eq!(schemas["NewExport"]["properties"]["format"]["enum"], json!(format_names()));
        let content = &document["paths"]["/api/v1/exports/{id}/content"]["get"]["responses"]["206"]["content"];
        for format in FORMATS {
            let media_type = format.kind().media_type;
            assert_eq!(content[media_type]["schema"]["format"], "binary", "{media_type}");
        }
    }
}
