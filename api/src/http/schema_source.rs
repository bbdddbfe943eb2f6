//! Schemas in requests: an object or a text, in YAML or JSON.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::future::LocalBoxFuture;
use serde_json::Value;

use crate::datasets::service::{JSON, MAX_SCHEMA_BYTES, YAML};
use crate::error::{ApiError, Code};

/// A schema in a request: one of the two.
#[derive(Debug, Default)]
pub struct SchemaSource {
    /// The schema as an object.
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
            return Err(too_large());
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

/// A body that is a schema's text, bounded.
pub struct SchemaBody(pub Bytes);

impl FromRequest for SchemaBody {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<SchemaBody, ApiError>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut payload = payload.take();
        Box::pin(async move {
            let mut body = BytesMut::new();
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|error| ApiError::new(Code::MalformedRequest, error.to_string()))?;
                if body.len() + chunk.len() > MAX_SCHEMA_BYTES {
                    return Err(too_large());
                }
                body.extend_from_slice(&chunk);
            }
            Ok(SchemaBody(body.freeze()))
        })
    }
}

fn too_large() -> ApiError {
    ApiError::new(Code::TooLarge, format!("the schema is larger than {} MB", MAX_SCHEMA_BYTES >> 20))
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
