//! All routes: the resources of the API, and what lies beside it.

use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, ResponseError, get, web};
use serde_json::Value;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::SwaggerUi;

use super::MAX_JSON_BYTES;
use crate::error::{ApiError, Code};
use crate::http::body;
use crate::http::gate::gate;
use crate::{
    admin, api_keys, assistant, auth, backups, catalogue, certificates, datasets, exports, generations, health, llm,
    openapi, plan, users,
};

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
        .service(SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json")))
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

/// What lies outside of the API: the studio, where it is built in.
async fn elsewhere(request: HttpRequest) -> HttpResponse {
    #[cfg(feature = "studio")]
    if let Some(answer) = crate::studio::answer(&request) {
        return answer;
    }
    if request.path() == "/" {
        return HttpResponse::SeeOther().insert_header((header::LOCATION, "/docs/")).finish();
    }
    ApiError::not_found("page", request.path()).error_response()
}

fn too_large(bytes: usize) -> ApiError {
    ApiError::new(Code::TooLarge, format!("the body is larger than {} MB", bytes >> 20))
}

/// A library's sentence in one line, without its full stop.
fn plain(sentence: &str) -> String {
    sentence.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}
