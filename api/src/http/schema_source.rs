//! Schemas in requests: an object or a text, in YAML or JSON.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::datasets::service::{JSON, MAX_SCHEMA_BYTES, YAML};
use crate::error::{ApiError, Code};

/// A schema in a request: one of the two.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct SchemaSource {
    /// The schema as an object.
    #[schema(value_type = Option<crate::openapi::Schema>)]
    pub schema: Option<Value>,
    /// The schema as text, in YAML or JSON.
    pub schema_text: Option<String>,
}

impl SchemaSource {
    /// The text to read.
    pub fn text(self) -> Result<String, ApiError> {
        let text = match (self.schema, self.schema_text) {
            (Some(Value::String(text)), None) | (None, Some(text)) => text,
            (Some(schema), None) => schema.to_string(),
            (None, None) => {
                return Err(ApiError::invalid_at("/schema", "a schema is missing; send schema or schema_text"));
            }
            (Some(_), Some(_)) => {
                return Err(ApiError::invalid_at(
                    "/schema_text",
                    "schema and schema_text are both there; send one of them",
                ));
            }
        };
        if text.len() > MAX_SCHEMA_BYTES {
            return Err(ApiError::new(
                Code::TooLarge,
                format!("the schema is larger than {} MB", MAX_SCHEMA_BYTES >> 20),
            ));
        }
        Ok(text)
    }
}

/// The media type of a schema's text, by the name that a client gives it.
pub fn media_type_of(named: &str) -> Result<&'static str, ApiError> {
    match named.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        YAML | "application/x-yaml" | "text/yaml" | "text/x-yaml" => Ok(YAML),
        JSON => Ok(JSON),
        other => {
            Err(ApiError::new(Code::UnsupportedMediaType, format!("{other:?} is not read; send {YAML} or {JSON}")))
        }
    }
}

/// The text of a body.
pub fn text_of(body: &[u8]) -> Result<String, ApiError> {
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let at = error.valid_up_to();
            Err(ApiError::invalid_at("", format!("the schema is no UTF-8 text, byte {at} is no character")))
        }
    }
}
