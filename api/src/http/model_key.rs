//! A key for the language model that a request brings along: for this request, and nobody else's eyes.

use std::future::{Ready, ready};

use ::llm::Secret;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;

use crate::error::{ApiError, Code};

/// The header of the key.
pub const HEADER: &str = "x-openai-api-key";

/// Bytes of a key at most.
const MAX_BYTES: usize = 1024;

/// The header in the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "declares a header")]
pub struct ModelKeyHeader {
    /// A key for the language model in the place of the server's, held in memory for this work alone.
    #[param(rename = "X-OpenAI-Api-Key", value_type = String, required = false, pattern = "^[!-~]+$", min_length = 1, max_length = 1024)]
    key: Option<String>,
}

/// The key that a request brings, where it brings one.
pub struct ModelKey(pub Option<Secret>);

impl FromRequest for ModelKey {
    type Error = ApiError;
    type Future = Ready<Result<ModelKey, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get(HEADER) else {
            return ready(Ok(ModelKey(None)));
        };
        let key = value.to_str().ok().filter(|text| text.len() <= MAX_BYTES).and_then(Secret::new);
        // No word of it: it may be a key with a space too many.
        let sentence = "X-OpenAI-Api-Key has 1 to 1024 visible ASCII characters and no spaces";
        ready(key.map(|key| ModelKey(Some(key))).ok_or_else(|| ApiError::new(Code::MalformedRequest, sentence)))
    }
}
