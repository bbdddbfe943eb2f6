//! The OpenAPI document: what routes declare, completed with what all of them share and with the engine's own JSON Schemas.

pub mod errors;
mod examples;
mod headers;
mod lists;

use std::borrow::Cow;

use actix_web::http::StatusCode;
use engine::problem::Problem as EngineProblem;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{Object, Schema as OpenApiSchema, Type};
use utoipa::openapi::{OpenApi as Document, RefOr};
use utoipa::{OpenApi, PartialSchema, ToSchema};

use crate::access::{self, Access, Needs};

/// Types whose schemas the engine derives: here only their names, so that routes can speak of them.
macro_rules! lifted {
    ($($(#[doc = $doc:literal])+ $name:ident: $schema:expr;)+) => {
        $(
            $(#[doc = $doc])+
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<OpenApiSchema> {
                    RefOr::T(OpenApiSchema::Object(Object::new()))
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )+

        /// The engine's schemas by their names.
        #[cfg(test)]
        fn lifted() -> Vec<(&'static str, Value)> {
            vec![$((stringify!($name), $schema)),+]
        }

        /// Puts the engine's schemas in the place of the names.
        fn lift(components: &mut Map<String, Value>) {
            $(add(components, stringify!($name), $schema);)+
        }
    };
}

lifted! {
    /// A dataset's schema, in the schema language.
    Schema: engine::schema::json_schema();
    /// One thing to mend, with its place.
    Problem: schemars::schema_for!(EngineProblem).to_value();
    /// What a plan says: order, generators, capacities, how each rule is held.
    PlanReport: schemars::schema_for!(engine::plan::Report).to_value();
    /// The proof that rows obey a schema.
    Certificate: schemars::schema_for!(engine::verify::Certificate).to_value();
    /// What a person should know of columns.
    Note: schemars::schema_for!(engine::llm::Note).to_value();
    /// What the values of a table look like.
    TableProfile: schemars::schema_for!(engine::profile::TableProfile).to_value();
}

/// Why a request was refused (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// Always `about:blank`; `code` tells the kind.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: String,
    /// What the code says in general.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable word for what went wrong.
    #[schema(example = "not_found")]
    pub code: String,
    /// What went wrong this time, in one sentence.
    pub detail: String,
    /// The request's id, as in the server's log.
    pub request_id: String,
    /// All problems of the input, where it was read.
    #[schema(value_type = Option<Vec<Problem>>)]
    pub errors: Option<Value>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Synthetic Data",
        description = "Describe a dataset, get rows that are realistic, obey every rule and come with a certificate that says so.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "this server")),
    components(schemas(Schema, Problem, PlanReport, Certificate, Note, TableProfile, ProblemDocument)),
    tags(
        (name = "auth", description = "Set-up, sign-in and sessions"),
        (name = "users", description = "Who may sign in, and what each may do"),
        (name = "api-keys", description = "Keys with which programs call"),
        (name = "datasets", description = "Schemas with a name and a history"),
        (name = "plan", description = "What a schema would make"),
        (name = "catalogue", description = "Generators, formats, templates and the schema language"),
        (name = "generations", description = "Rows, made and proved"),
        (name = "exports", description = "Files of a generation"),
        (name = "assistant", description = "Words become schemas, columns and rules, as proposals"),
        (name = "llm", description = "Language models, and what they cost"),
        (name = "admin", description = "The server's state and who changed what"),
    ),
)]
struct Base;

/// The document without its paths.
pub fn base() -> Document {
    Base::openapi()
}

/// The whole document: the paths that routes declared, what all of them share, and the engine's schemas.
pub fn complete(declared: &Document) -> Value {
    let mut document = serde_json::to_value(declared).unwrap_or_default();
    document["components"]["securitySchemes"] = json!({"bearer": {"type": "http", "scheme": "bearer", "description": "an access token, or an API key (`sd_…`)"}});
    if let Some(components) = document["components"]["schemas"].as_object_mut() {
        lift(components);
        components.sort_keys();
    }
    for path in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            share(operation);
        }
    }
    lists::fill(&mut document);
    headers::fill(&mut document);
    examples::fill(&mut document);
    document
}

/// The document as the file at the root of the tree holds it.
pub fn yaml(document: &Value) -> String {
    let yaml = serde_saphyr::to_string(document).unwrap_or_default();
    if yaml.ends_with('\n') { yaml } else { format!("{yaml}\n") }
}

/// What every operation may answer, and what the table of access says of it: who may call it, and whether it is done once for a key.
fn share(operation: &mut Value) {
    let access = operation["operationId"].as_str().and_then(access::of);
    let needs = access.map_or(Needs::Nobody, |access| access.needs);
    if let Some(role) = access.and_then(Access::role) {
        let security = match needs {
            Needs::LinkOr(_) => json!([{"bearer": []}, {}]),
            _ => json!([{"bearer": []}]),
        };
        operation["security"] = security;
        operation["x-required-role"] = json!(role.word());
        let sentence = match needs {
            Needs::OwnOr(_) => format!("For the user itself, and for the role `{}`.", role.word()),
            Needs::Session(_) => format!("For the role `{}`, signed in: not with an API key.", role.word()),
            Needs::LinkOr(_) => format!("For the role `{}`, or with the token of a link.", role.word()),
            Needs::Role(_) | Needs::Nobody => format!("For the role `{}`.", role.word()),
        };
        let said = operation["description"].as_str().unwrap_or_default();
        operation["description"] = json!([said, &sentence].join("\n\n").trim());
    }
    if access.is_some_and(|access| access.is_idempotent) {
        let parameter = json!({
            "name": "Idempotency-Key",
            "in": "header",
            "description": "a word of one's own: for 24 hours the same request with it is answered the same and done once",
            "required": false,
            "schema": idempotency_key()
        });
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(parameter),
            None => operation["parameters"] = json!([parameter]),
        }
    }
    let has_body = !operation["requestBody"].is_null();
    let problem = |description: &str| {
        json!({
            "description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
        })
    };
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    responses.entry("400").or_insert_with(|| problem("The request cannot be read"));
    if needs != Needs::Nobody {
        responses.entry("401").or_insert_with(|| problem("Signing in is required"));
        responses.entry("403").or_insert_with(|| problem("The role or the API key does not allow this"));
    }
    if has_body {
        responses.entry("408").or_insert_with(|| problem("The request did not arrive in time"));
        responses.entry("413").or_insert_with(|| problem("The request is too large"));
        responses.entry("415").or_insert_with(|| problem("This media type is not read here"));
    }
    for (status, response) in responses.iter_mut() {
        if let Some(content) = response.pointer_mut("/content/application~1problem+json") {
            *content = json!({"schema": {"$ref": "#/components/schemas/ProblemDocument"}});
        }
        if response["description"].as_str().is_none_or(str::is_empty) {
            let said = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
            response["description"] = json!(said.and_then(|status| status.canonical_reason()).unwrap_or("Done"));
        }
    }
    responses.entry("500").or_insert_with(|| problem("The server failed"));
    responses.entry("503").or_insert_with(|| problem("The server cannot do this now"));
    responses.sort_keys();
}

/// What an `Idempotency-Key` is.
fn idempotency_key() -> Object {
    let key = Object::builder().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
    key.pattern(Some("^[!-~]+$")).build()
}

/// Adds a JSON Schema as a component, and its definitions beside it.
fn add(components: &mut Map<String, Value>, name: &str, mut schema: Value) {
    let definitions = schema.as_object_mut().and_then(|schema| {
        schema.remove("$schema");
        schema.remove("title");
        schema.remove("$defs")
    });
    for (name, mut definition) in
        definitions.and_then(|definitions| definitions.as_object().cloned()).into_iter().flatten()
    {
        point_at_components(&mut definition);
        // The wire's own types come first: a definition of the same name is the same type.
        components.entry(name).or_insert(definition);
    }
    point_at_components(&mut schema);
    components.insert(name.to_owned(), schema);
}

/// References into a schema's own definitions lead to the document's components instead. A schema that lets everything pass is written `{}`:
/// many readers of OpenAPI know no `true` there; what is no word of JSON Schema is an extension.
fn point_at_components(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            // A word of ours beside those of JSON Schema; a property of this name is an object.
            if let Some(role) = map.shift_remove("role") {
                map.insert(if role.is_string() { "x-role" } else { "role" }.to_owned(), role);
            }
            for (key, value) in map {
                match value {
                    Value::Bool(true) if key == "items" => *value = json!({}),
                    Value::Object(properties) if key == "properties" => {
                        for property in properties.values_mut() {
                            if property == &Value::Bool(true) {
                                *property = json!({});
                            }
                            point_at_components(property);
                        }
                    }
                    Value::String(path) if key == "$ref" => *path = path.replace("#/$defs/", "#/components/schemas/"),
                    value => point_at_components(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(point_at_components),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_schema() {
        let mut known: Map<String, Value> = Map::new();
        for (name, mut schema) in lifted() {
            let definitions = schema.as_object_mut().and_then(|schema| {
                schema.remove("$schema");
                schema.remove("title");
                schema.remove("$defs")
            });
            let definitions = definitions.and_then(|definitions| definitions.as_object().cloned()).unwrap_or_default();
            for (name, schema) in definitions.into_iter().chain([(name.to_owned(), schema)]) {
                assert!(
                    known.get(&name).is_none_or(|other| *other == schema),
                    "two types of the engine are called {name}"
                );
                known.insert(name, schema);
            }
        }
    }
}
