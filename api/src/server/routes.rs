//! All routes: the resources of the API, and what lies beside it.

use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, ResponseError, get, web};
use serde_json::Value;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::SwaggerUi;

use super::MAX_JSON_BYTES;
use crate::error::{ApiError, Code};
use crate::http::body;
use crate::http::gate::{gate, other_method};
use crate::{
    admin, api_keys, assistant, auth, backups, catalogue, certificates, datasets, exports, generations, health, llm,
    openapi, plan, users,
};

/// Where the document is.
const DOCUMENT: &str = "/openapi.json";

/// What lies beside the API and is there without a studio too.
const BESIDE: [&str; 5] = ["/", "/health/live", "/health/ready", "/metrics", DOCUMENT];

/// All routes, the shared answers to what cannot be read, and the pages beside the API.
pub fn configure_all(config: &mut web::ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(MAX_JSON_BYTES).content_type_required(false).error_handler(
            |error, _| {
                use actix_web::error::JsonPayloadError;
                match error {
                    JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
                        too_large(MAX_JSON_BYTES).into()
                    }
                    JsonPayloadError::Deserialize(error) if error.is_data() => {
                        let said = plain(&error.to_string());
                        match body::no_json(&said) {
                            Some(said) => ApiError::new(Code::MalformedRequest, said).into(),
                            None => ApiError::invalid(vec![body::problem(&said)]).into(),
                        }
                    }
                    error => ApiError::new(Code::MalformedRequest, plain(&error.to_string())).into(),
                }
            },
        ))
        .app_data(
            web::QueryConfig::default()
                .error_handler(|error, _| ApiError::new(Code::MalformedRequest, plain(&error.to_string())).into()),
        )
        .app_data(web::PathConfig::default().error_handler(|_, request| {
            let sentence = format!("{} names no thing: ids are UUIDs, versions whole numbers", request.path());
            ApiError::new(Code::NotFound, sentence).into()
        }))
        .service(health::live)
        .service(health::ready)
        .service(health::metrics_text)
        .service(openapi_json)
        .service(web::redirect("/docs", "/docs/"))
        .service(SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from(DOCUMENT)))
        .service(
            web::scope("/api/v1")
                .configure(|config| routes(&mut ServiceConfig::new(config)))
                .default_service(web::to(no_route))
                .wrap(from_fn(gate)),
        )
        .default_service(web::to(elsewhere));
}

/// The resources, in the order in which the document shows them.
fn routes(config: &mut ServiceConfig<'_>) {
    auth::routes::configure(config);
    users::routes::configure(config);
    api_keys::routes::configure(config);
    datasets::routes::configure(config);
    plan::routes::configure(config);
    certificates::routes::configure(config);
    generations::routes::configure(config);
    exports::routes::configure(config);
    catalogue::routes::configure(config);
    assistant::routes::configure(config);
    llm::routes::configure(config);
    admin::routes::configure(config);
    backups::routes::configure(config);
}

/// The OpenAPI document of all routes.
pub fn document() -> Value {
    let (_, declared) = actix_web::App::new()
        .into_utoipa_app()
        .openapi(openapi::base())
        .service(utoipa_actix_web::scope("/api/v1").configure(routes))
        .split_for_parts();
    openapi::complete(&declared)
}

/// The document of the API.
#[get("/openapi.json")]
async fn openapi_json(document: web::Data<Value>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}

/// What the gate knows as no operation does not come here.
async fn no_route(request: HttpRequest) -> HttpResponse {
    ApiError::not_found("resource", request.path()).error_response()
}

/// What no route answers: pages of the studio, where it is built in, and methods that an address beside the API does not know.
async fn elsewhere(request: HttpRequest) -> HttpResponse {
    // The router's own reading of the path, so that no spelling of it leads to a page.
    let path = request.match_info().as_str();
    match page(path, &request) {
        None => ApiError::not_found("page", path).error_response(),
        // HEAD comes here as GET.
        Some(page) if *request.method() == Method::GET => page,
        Some(_) => other_method(request.method(), &[Method::GET.to_string()]),
    }
}

/// What GET gives where no route answers. Where a route answers GET alone, that there is something.
fn page(path: &str, request: &HttpRequest) -> Option<HttpResponse> {
    if path == "/api" || path.starts_with("/api/") {
        return None;
    }
    if let Some(file) = path.strip_prefix("/docs/") {
        let found = utoipa_swagger_ui::serve(file, Arc::new(utoipa_swagger_ui::Config::from(DOCUMENT)));
        return found.ok().flatten().map(|_| HttpResponse::Ok().finish());
    }
    #[cfg(feature = "studio")]
    if let Some(answer) = crate::studio::answer(request) {
        return Some(answer);
    }
    #[cfg(not(feature = "studio"))]
    let _ = request;
    BESIDE.contains(&path).then(|| HttpResponse::SeeOther().insert_header((header::LOCATION, "/docs/")).finish())
}

fn too_large(bytes: usize) -> ApiError {
    ApiError::new(Code::TooLarge, format!("the body is larger than {} MB", bytes >> 20))
}

/// A library's sentence in one line, without its full stop.
fn plain(sentence: &str) -> String {
    sentence.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}
