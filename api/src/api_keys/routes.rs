//! `/api-keys`: keys of one's own.

use actix_web::http::header;
use actix_web::{HttpResponse, delete, get, post, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::service::{self, NewKey};
use super::{ApiKey, CreatedApiKey, store};
use crate::App;
use crate::error::ApiError;
use crate::http::body::Object;
use crate::http::caller::Caller;
use crate::http::context;
use crate::http::page::{List, Page};
use crate::openapi::errors::{Conflict, Invalid, NotFound};
use crate::users::Role;

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_api_keys).service(create_api_key).service(get_api_key).service(delete_api_key);
}

/// Which of my keys.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApiKeysQuery {
    /// Part of the name, in any case and with or without accents.
    #[serde(default)]
    pub search: String,
    /// `created_at`, `expires_at` or `name`, with `desc` or `asc` behind it, and `, id` for equal ones; the newest first where absent.
    #[serde(default)]
    #[param(
        example = "expires_at asc",
        pattern = "^((created_at|expires_at|name)( (asc|desc))?(, ?id( (asc|desc))?)?)?$"
    )]
    pub order_by: String,
    /// Items of a page, at most 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<u32>,
    /// Items to pass over.
    #[param(maximum = 2147483647)]
    pub offset: Option<u32>,
    /// Where the page begins, in place of `offset`: from `next` of the page before.
    #[param(
        pattern = "^((created_at|expires_at|name)-(asc|desc|asc-desc|desc-asc):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:.*)?$"
    )]
    pub cursor: Option<String>,
}

/// The key that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What it is for.
    #[schema(example = "nightly build", min_length = 1, max_length = 200, pattern = r"\S")]
    pub name: String,
    /// What it may do, at most what you may; yours where absent. Where you may do less later, so may the key.
    pub role: Option<Role>,
    /// When it ends; after 90 days where absent.
    #[schema(format = DateTime, example = "2027-01-31T00:00:00Z")]
    pub expires_at: Option<String>,
    /// The resources that it is limited to, such as `datasets` or `generations`; all where absent.
    #[schema(example = json!(["datasets", "generations"]), min_items = 1)]
    pub scopes: Option<Vec<String>>,
}

/// List my API keys, newest first
#[utoipa::path(operation_id = "list_api_keys", tag = "api-keys", params(ApiKeysQuery), responses(
    (status = 200, body = List<ApiKey>),
    Invalid,
))]
#[get("/api-keys")]
async fn list_api_keys(
    app: web::Data<App>,
    caller: Caller,
    query: web::Query<ApiKeysQuery>,
) -> Result<web::Json<List<ApiKey>>, ApiError> {
    let ApiKeysQuery { search, order_by, limit, offset, cursor } = query.into_inner();
    let slice = Page { limit, offset, cursor }.slice(&order_by, &store::Order::KNOWN, true)?;
    let (wanted, part) = (search.trim().to_owned(), slice.clone());
    let (rows, total) = app.db.read(move |c| Ok(store::list(c, caller.id, &wanted, &part)?)).await?;
    let (rows, next) = slice.cut(rows, |row| slice.order.place(row));
    let items = rows.into_iter().map(store::ApiKeyRow::shown).collect();
    let parameters = [("search", search), ("order_by", order_by)];
    Ok(web::Json(List::of_slice(items, total, &slice, next.as_ref(), "/api/v1/api-keys", &parameters)))
}

/// Make an API key
///
/// The key itself is in this answer and nowhere else: only its hash is kept.
#[utoipa::path(operation_id = "create_api_key", tag = "api-keys", request_body = NewApiKey, responses(
    (status = 201, body = CreatedApiKey, headers(("Location" = String))),
    Conflict,
    Invalid,
))]
#[post("/api-keys")]
async fn create_api_key(
    app: web::Data<App>,
    caller: Caller,
    body: web::Json<Object<NewApiKey>>,
) -> Result<HttpResponse, ApiError> {
    let NewApiKey { name, role, expires_at, scopes } = body.into_inner().0;
    let wanted = NewKey { name, role, expires_at, scopes };
    let made = app
        .db
        .write(move |c| {
            let made = service::create(c, &caller, wanted)?;
            context::concerns(&path(made.api_key.id));
            Ok(made)
        })
        .await?;
    Ok(HttpResponse::Created().insert_header((header::LOCATION, path(made.api_key.id))).json(made))
}

/// Get an API key
#[utoipa::path(operation_id = "get_api_key", tag = "api-keys", params(("id" = Uuid, Path)), responses(
    (status = 200, body = ApiKey),
    NotFound,
))]
#[get("/api-keys/{id}")]
async fn get_api_key(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<web::Json<ApiKey>, ApiError> {
    let id = id.into_inner();
    Ok(web::Json(app.db.read(move |c| service::own(c, caller.id, id)).await?.shown()))
}

/// Revoke an API key
///
/// It does not work any more, at once.
#[utoipa::path(operation_id = "delete_api_key", tag = "api-keys", params(("id" = Uuid, Path)), responses(
    (status = 204, description = "it is revoked"),
    NotFound,
))]
#[delete("/api-keys/{id}")]
async fn delete_api_key(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    app.db
        .write(move |c| {
            let row = service::own(c, caller.id, id)?;
            Ok(store::remove(c, &row.id)?)
        })
        .await?;
    app.directory.forget();
    Ok(HttpResponse::NoContent().finish())
}

fn path(id: Uuid) -> String {
    format!("/api/v1/api-keys/{id}")
}
