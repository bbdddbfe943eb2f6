//! `ETag` and `If-Match`: a change says which state it starts from, so that none is lost.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderValue};

use crate::error::{ApiError, Code};

/// An entity tag as a header spells it.
pub fn etag(value: &str) -> String {
    format!("\"{value}\"")
}

/// Checks an `If-Match` header against the current tag. `*` fits any; without the header the answer is 428, with another tag 412.
pub fn if_match(given: Option<&HeaderValue>, current: &str) -> Result<(), ApiError> {
    if_match_any(given, current, &[])
}

/// The same where the thing has other representations too, with tags of their own.
pub fn if_match_any(given: Option<&HeaderValue>, current: &str, others: &[&str]) -> Result<(), ApiError> {
    let Some(given) = given else {
        return Err(ApiError::new(Code::PreconditionRequired, "send the ETag that the change starts from as If-Match"));
    };
    let given = given.to_str().unwrap_or_default();
    // A weak tag says that something is alike, which is too little to change it (RFC 9110, section 13.1.1).
    let mut tags = given.split(',').map(str::trim).filter(|tag| !tag.starts_with("W/"));
    let fits = tags.any(|tag| {
        let named = tag.trim_matches('"');
        tag == "*" || named == current || others.contains(&named)
    });
    if fits { Ok(()) } else { Err(ApiError::new(Code::ChangedMeanwhile, format!("the ETag is {} now", etag(current)))) }
}

/// The same where a tag is what a change starts from, a hyphen, and what is shown beside it: that may be another by now.
pub fn if_match_start(given: Option<&HeaderValue>, start: &str) -> Result<(), ApiError> {
    let starts = given.and_then(|given| given.to_str().ok()).unwrap_or_default().split(',').map(str::trim);
    let shown = starts.filter_map(|tag| tag.strip_prefix('"')?.strip_prefix(start)?.strip_prefix('-'));
    if shown.count() > 0 { Ok(()) } else { if_match(given, start) }
}

/// The same where the header may be left out: what is removed needs no state to start from, but one that is named has to be the current one.
pub fn if_match_given(given: Option<&HeaderValue>, current: &str) -> Result<(), ApiError> {
    if given.is_some() { if_match(given, current) } else { Ok(()) }
}

/// Whether the client's copy (`If-None-Match`) is the current one.
pub fn is_known(request: &HttpRequest, current: &str) -> bool {
    let given = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/").trim_matches('"') == current)
}
