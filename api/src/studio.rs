//! The studio: static files, compiled in. Every address that is no file is the studio's own, so that a page can be opened by its URL.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
struct Files;

/// The studio's answer; `None` for a file that is not there.
pub fn answer(request: &HttpRequest) -> Option<HttpResponse> {
    let path = request.path().trim_start_matches('/');
    if let Some(file) = Files::get(path).filter(|_| !path.is_empty()) {
        return Some(respond(path, file, request));
    }
    // Files have names with a dot; pages have not.
    if path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return None;
    }
    Files::get("index.html").map(|file| respond("index.html", file, request))
}

fn respond(path: &str, file: EmbeddedFile, request: &HttpRequest) -> HttpResponse {
    let tag = crate::auth::tokens::hex(&file.metadata.sha256_hash());
    if crate::http::precondition::is_known(request, &tag) {
        return HttpResponse::NotModified().finish();
    }
    // Names under assets/ carry a hash of what they hold.
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    HttpResponse::Ok()
        .content_type(mime_guess::from_path(path).first_or_octet_stream().to_string())
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::ETAG, crate::http::precondition::etag(&tag)))
        .body(file.data)
}
