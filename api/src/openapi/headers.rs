//! The headers of requests and answers: what they are is said once, and where they are used.

use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{Object, SchemaFormat, Type};

use super::examples::REQUEST_ID;
use crate::access;

/// A header of a request: its name, the operations that honour it, and what it does.
struct Asked {
    name: &'static str,
    operations: &'static [&'static str],
    description: &'static str,
    /// A format of our own, where not every text is one.
    format: Option<&'static str>,
}

/// Headers of requests that no route declares by itself.
const ASKED: &[Asked] = &[
    Asked {
        name: "If-None-Match",
        operations: &["get_dataset", "get_schema", "get_export_content"],
        description: "the ETag of the client's copy; while that is the current one the answer is 304",
        format: None,
    },
    Asked {
        name: "Range",
        operations: &["get_export_content"],
        description: "the one range of bytes that is wanted; several, and other units, are passed over, and the answer is the whole file",
        format: Some("byte-range"),
    },
    Asked {
        name: "If-Range",
        operations: &["get_export_content"],
        description: "the ETag of which the client has a part: the range is served while that is the current one, else the whole file",
        format: None,
    },
];

/// Headers of answers: name, what it says, an example.
const ANSWERED: &[(&str, &str, &str)] = &[
    ("Accept-Ranges", "that ranges of bytes are served", "bytes"),
    ("Content-Disposition", "that it is a file to keep, and its name", "attachment; filename=\"shop.csv\""),
    ("Content-Range", "the bytes that are sent, and how many there are", "bytes 0-9/2048"),
    ("ETag", "the state of the thing, for If-Match and If-None-Match", "\"2026-11-29T08:00:00.000Z\""),
    ("Idempotent-Replayed", "that this was answered before, to the same Idempotency-Key", "true"),
    (
        "Location",
        "where the new thing is, relative to the server",
        "/api/v1/exports/019aceb2-7d40-7000-8000-000000000004",
    ),
    ("Set-Cookie", "the refresh token, or its end", "refresh_token=…; HttpOnly; SameSite=Strict; Path=/api/v1/auth"),
    ("WWW-Authenticate", "how one signs in", "Bearer"),
    ("X-Request-Id", "the request's id, as in the server's log", REQUEST_ID),
];

/// Operations that set or end the cookie of a session.
const SESSIONS: &[&str] = &["create_first_user", "login", "refresh_session", "logout"];

/// Declares the headers of all operations.
pub(super) fn fill(document: &mut Value) {
    let mut components: Map<String, Value> = ANSWERED
        .iter()
        .map(|(name, description, example)| {
            ((*name).to_owned(), json!({"description": description, "schema": text(None), "example": example}))
        })
        .collect();
    let seconds = json!({"description": "seconds to wait", "schema": {"type": "integer", "minimum": 0}, "example": 5});
    components.insert("Retry-After".to_owned(), seconds);
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for path in paths.into_iter().flat_map(Map::values_mut) {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
            asked(&id, operation);
            answered(&id, operation);
        }
    }
    components.sort_keys();
    document["components"]["headers"] = Value::Object(components);
}

fn asked(id: &str, operation: &mut Value) {
    for header in ASKED.iter().filter(|header| header.operations.contains(&id)) {
        let schema = text(header.format);
        let parameter = json!({"name": header.name, "in": "header", "description": header.description, "required": false, "schema": schema});
        match operation["parameters"].as_array_mut() {
            Some(parameters) if parameters.iter().any(|known| known["name"] == header.name) => {}
            Some(parameters) => parameters.push(parameter),
            None => operation["parameters"] = json!([parameter]),
        }
    }
}

/// A text, of a format of ours where there is one.
fn text(format: Option<&str>) -> Object {
    let format = format.map(|name| SchemaFormat::Custom(name.to_owned()));
    Object::builder().schema_type(Type::String).format(format).build()
}

fn answered(id: &str, operation: &mut Value) {
    let is_idempotent = access::of(id).is_some_and(|access| access.is_idempotent);
    for (status, answer) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
        let declared = answer["headers"].as_object().into_iter().flat_map(Map::keys).cloned().collect::<Vec<_>>();
        let mut names: Vec<&str> = declared.iter().map(String::as_str).chain(["X-Request-Id"]).collect();
        let is_done = status.starts_with('2');
        if is_done && is_idempotent {
            names.push("Idempotent-Replayed");
        }
        if is_done && SESSIONS.contains(&id) {
            names.push("Set-Cookie");
        }
        match (id, status.as_str()) {
            (_, "304") => names.push("ETag"),
            (_, "401") => names.push("WWW-Authenticate"),
            (_, "416") => names.push("Content-Range"),
            (_, "429" | "503") => names.push("Retry-After"),
            ("get_export_content", "200") => names.push("Accept-Ranges"),
            ("get_export_content", "206") => {
                names.extend(["Accept-Ranges", "Content-Disposition", "Content-Range", "ETag"]);
            }
            _ => {}
        }
        names.sort_unstable();
        names.dedup();
        let named =
            names.into_iter().map(|name| (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")})));
        answer["headers"] = named.collect();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::cors;

    fn names(list: &str) -> BTreeSet<&str> {
        list.split(", ").collect()
    }

    #[test]
    fn headers_that_pages_of_other_sites_may_send_and_read_are_declared() {
        let document = crate::server::document();
        let operations = document["paths"].as_object().into_iter().flat_map(Map::values);
        let operations: Vec<&Value> =
            operations.flat_map(|methods| methods.as_object().expect("methods").values()).collect();
        let parameters =
            operations.iter().flat_map(|operation| operation["parameters"].as_array().into_iter().flatten());
        let asked: BTreeSet<&str> = parameters
            .filter(|parameter| parameter["in"] == "header")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        // The standard says elsewhere in a document what these are.
        let elsewhere = names("Accept, Authorization, Content-Type");
        assert_eq!(asked, names(cors::ACCEPTED).difference(&elsewhere).copied().collect());

        let known = document["components"]["headers"].as_object().expect("headers");
        let mut used = BTreeSet::new();
        for answer in
            operations.iter().flat_map(|operation| operation["responses"].as_object().expect("answers").values())
        {
            for (name, reference) in answer["headers"].as_object().expect("headers") {
                assert_eq!(reference["$ref"], format!("#/components/headers/{name}"));
                assert!(known.contains_key(name), "{name} is described nowhere");
                used.insert(name.as_str());
            }
        }
        assert_eq!(used, known.keys().map(String::as_str).collect());
        assert!(names(cors::EXPOSED).is_subset(&used), "{used:?}");
    }
}
