//! Cross-origin requests of a studio that is served elsewhere, from the origins of `CORS_ALLOWED_ORIGINS` and no other.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

use crate::Config;

/// Headers of answers that a page may read.
pub(crate) const EXPOSED: &str =
    "ETag, Location, Retry-After, X-Request-Id, Content-Disposition, Content-Range, Idempotent-Replayed";

/// Headers that a page may send.
pub(crate) const ACCEPTED: &str = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, Range, If-Range, Accept, X-OpenAI-Api-Key";

/// The origin of a request, where it is one that may ask.
pub fn origin(config: &Config, request: &ServiceRequest) -> Option<HeaderValue> {
    let value = request.headers().get(header::ORIGIN)?;
    let origin = value.to_str().ok()?;
    config.cors_origins.iter().any(|known| known == origin).then(|| value.clone())
}

/// The answer to a browser that asks whether it may ask.
pub fn preflight(request: &ServiceRequest) -> Option<HttpResponse> {
    let asks =
        *request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    asks.then(|| {
        HttpResponse::NoContent()
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, ACCEPTED))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"))
            .finish()
    })
}

/// Tells a browser that the origin may read the answer, cookie or not.
pub fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}
