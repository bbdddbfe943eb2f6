//! What stands behind the question mark of a request: the parameters that the document knows, each with a value of its kind. What is not known is
//! refused, since a filter that is passed over gives an answer to another question.

use std::collections::HashSet;

use engine::problem::Problem;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::{ApiError, Code};

/// A parameter of the query of an operation.
pub struct Parameter {
    name: String,
    kind: Kind,
    /// Whether it may stand there more than once: the document says that it is a list.
    is_list: bool,
}

/// What its values are.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// Whole numbers; whether from 0 on.
    Whole { is_from_zero: bool },
    /// `true` or `false`.
    Truth,
    /// One of these words.
    Words(Vec<String>),
    /// Ids.
    Id,
    /// Instants.
    Instant,
    /// What the operation reads itself.
    Text,
}

/// Those of an operation of a document.
pub fn of(operation: &Value, document: &Value) -> Vec<Parameter> {
    let given = operation["parameters"].as_array().into_iter().flatten();
    let given = given.filter(|parameter| parameter["in"] == "query");
    let read = given.filter_map(|parameter| {
        let name = parameter["name"].as_str()?.to_owned();
        let schema = &parameter["schema"];
        Some(Parameter { name, kind: kind(schema, document), is_list: is_of(schema, "array") })
    });
    read.collect()
}

/// A problem unless all of a query is known and can be read.
pub fn check(parameters: &[Parameter], query: &str) -> Result<(), ApiError> {
    if !is_text(query) {
        let sentence = "what stands behind the question mark is no UTF-8 text, its percent signs read";
        return Err(ApiError::new(Code::MalformedRequest, sentence));
    }
    let (mut problems, mut are_readable, mut seen) = (Vec::new(), true, HashSet::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let problem = match parameters.iter().find(|parameter| parameter.name == name) {
            None => {
                let known = parameters.iter().map(|parameter| parameter.name.as_str());
                let problem = Problem::new("unknown_parameter", format!("unknown parameter {name:?}"));
                Some(if parameters.is_empty() { problem } else { problem.hint(&name, known) })
            }
            Some(parameter) if !seen.insert(&parameter.name) && !parameter.is_list => {
                Some(Problem::new("invalid_value", format!("{name:?} is given more than once; leave one value")))
            }
            Some(parameter) => parameter.kind.wrong(&value).map(|what| Problem::new("invalid_value", what)),
        };
        let is_word = parameters.iter().any(|known| known.name == name && matches!(known.kind, Kind::Words(_)));
        are_readable &= problem.is_none() || is_word;
        problems.extend(problem.map(|problem| problem.at(format!("/{name}")).param("parameter", &*name)));
    }
    let Some(first) = problems.first() else { return Ok(()) };
    // A word that is not among those that are known is read, and refused.
    if are_readable {
        return Err(ApiError::invalid(problems));
    }
    let detail = if problems.len() == 1 { first.to_string() } else { format!("{} problems", problems.len()) };
    Err(ApiError::new(Code::MalformedRequest, detail).about(problems))
}

/// Whether the bytes that a query spells are text. Its reader puts a character of its own for each that is none.
fn is_text(query: &str) -> bool {
    let (mut bytes, mut rest) = (Vec::with_capacity(query.len()), query.as_bytes());
    while let [byte, behind @ ..] = rest {
        let digits = behind.get(..2).filter(|digits| *byte == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let spelled = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(spelled.unwrap_or(*byte));
        rest = if spelled.is_some() { &behind[2..] } else { behind };
    }
    std::str::from_utf8(&bytes).is_ok()
}

impl Kind {
    /// What is wrong with a value.
    fn wrong(&self, value: &str) -> Option<String> {
        match self {
            Kind::Whole { is_from_zero } => match value.parse::<i128>() {
                Err(_) => Some(format!("{value:?} is no whole number")),
                Ok(number) if *is_from_zero && number < 0 => Some(format!("{number} is below 0")),
                Ok(number) if number > i128::from(u64::MAX) => Some(format!("{number} is above {}", u64::MAX)),
                Ok(_) => None,
            },
            Kind::Truth => (!matches!(value, "true" | "false")).then(|| format!("{value:?} is neither true nor false")),
            Kind::Words(words) => {
                (!words.iter().any(|word| word == value)).then(|| format!("{value:?} is none of {}", words.join(", ")))
            }
            Kind::Id => value.parse::<Uuid>().is_err().then(|| format!("{value:?} is no id")),
            Kind::Instant => value
                .parse::<Timestamp>()
                .is_err()
                .then(|| format!("{value:?} is no instant such as 2026-01-31T12:00:00Z")),
            Kind::Text => None,
        }
    }
}

fn kind(schema: &Value, document: &Value) -> Kind {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/components/schemas/")) {
        return kind(&document["components"]["schemas"][name], document);
    }
    for alternatives in ["oneOf", "anyOf"] {
        if let Some(own) = schema[alternatives].as_array() {
            let mut own = own.iter().filter(|schema| schema["type"] != "null");
            return own.next().map_or(Kind::Text, |schema| kind(schema, document));
        }
    }
    let words = schema["enum"].as_array().into_iter().flatten();
    let words: Vec<String> = words.filter_map(|word| word.as_str().map(str::to_owned)).collect();
    if !words.is_empty() {
        return Kind::Words(words);
    }
    match schema["format"].as_str() {
        _ if is_of(schema, "integer") => {
            Kind::Whole { is_from_zero: schema["minimum"].as_f64().is_some_and(|minimum| minimum >= 0.0) }
        }
        _ if is_of(schema, "boolean") => Kind::Truth,
        Some("uuid") => Kind::Id,
        Some("date-time") => Kind::Instant,
        _ => Kind::Text,
    }
}

/// Whether the values of a schema are of a type, alone or among others.
fn is_of(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(own) => own == name,
        Value::Array(own) => own.iter().any(|own| own == name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Found, operations};

    fn told(path: &str, query: &str) -> Option<String> {
        let Found::Operation(operation) = operations().find(&actix_web::http::Method::GET, path) else {
            panic!("{path} is an address")
        };
        check(&operation.query, query).err().map(|error| error.document()["errors"][0]["detail"].to_string())
    }

    #[test]
    fn every_parameter_is_known_and_has_a_kind() {
        for (path, query, expected) in [
            ("/api/v1/datasets", "limit=3&order_by=name&deleted=true&search=%20", None),
            ("/api/v1/datasets", "search=a%C3%A9%20%zz%", None),
            ("/api/v1/datasets", "order=name", Some("unknown parameter")),
            ("/api/v1/datasets", "limit=abc", Some("is no whole number")),
            ("/api/v1/datasets", "limit=-1", Some("-1 is below 0")),
            ("/api/v1/datasets", "offset=99999999999999999999", Some("is above")),
            ("/api/v1/datasets", "limit=3&limit=4", Some("is given more than once")),
            ("/api/v1/datasets", "search=a&limit=3&search=a", Some("is given more than once")),
            ("/api/v1/users", "role=viewer&role=editor", Some("is given more than once")),
            ("/api/v1/datasets", "deleted=1", Some("is neither true nor false")),
            ("/api/v1/users", "role=king", Some("is none of viewer, editor, admin")),
            ("/api/v1/users", "role=viewer", None),
            ("/api/v1/admin/audit", "since=yesterday", Some("is no instant")),
            ("/api/v1/admin/audit", "user=me&since=2026-01-01T00:00:00Z", Some("is no id")),
            ("/api/v1/admin/status", "a=b", Some("unknown parameter")),
            ("/api/v1/datasets/x/tables/t/rows", "set=a=1&set=b=2&where=n&seed=1", None),
        ] {
            let told = told(path, query);
            match expected {
                None => assert_eq!(told, None, "{path}?{query}"),
                Some(part) => {
                    assert!(told.as_ref().is_some_and(|told| told.contains(part)), "{path}?{query}: {told:?}")
                }
            }
        }
    }
}
