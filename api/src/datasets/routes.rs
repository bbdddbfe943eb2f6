//! `/datasets`: datasets, their schemas and versions.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};
use engine::schema::Overrides;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::service::{self, Draft};
use super::store::{self, Filter, Order};
use super::{Dataset, Version};
use crate::App;
use crate::db::off_thread;
use crate::error::{ApiError, Code};
use crate::generations::table_index;
use crate::http::accept;
use crate::http::body::Object;
use crate::http::caller::Caller;
use crate::http::page::{List, Page};
use crate::http::precondition::{etag, if_match_any, if_match_start, is_known};
use crate::http::rows::{AskedTable, RowList, RowsQuery, Source, answer};
use crate::http::schema_source::{SchemaBody, SchemaSource, media_type_of, text_of};
use crate::idempotency::Work;
use crate::llm::store as llm;
use crate::openapi::errors::{
    ChangedMeanwhile, Forbidden, Invalid, NotAcceptable, NotFound, PreconditionRequired, UnsupportedMediaType,
};
use crate::plan::routes::{Overriding, looked_at};
use crate::plan::settings::setting;

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_datasets)
        .service(create_dataset)
        .service(get_dataset)
        .service(update_dataset)
        .service(delete_dataset)
        .service(restore_dataset)
        .service(get_schema)
        .service(save_schema)
        .service(list_versions)
        .service(get_version)
        .service(list_dataset_rows);
}

/// Which datasets.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DatasetsQuery {
    /// Part of the name or the description, in any case and with or without accents.
    #[serde(default)]
    pub search: String,
    /// `updated_at`, `created_at` or `name`, with `desc` or `asc` behind it, and `, id` for equal ones.
    #[serde(default)]
    #[param(
        example = "updated_at desc",
        pattern = "^((updated_at|created_at|name)( (asc|desc))?(, ?id( (asc|desc))?)?)?$"
    )]
    pub order_by: String,
    /// Deleted datasets instead of the others.
    #[serde(default)]
    pub deleted: bool,
    /// Items of a page, at most 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<u32>,
    /// Items to pass over.
    #[param(maximum = 2147483647)]
    pub offset: Option<u32>,
    /// Where the page begins, in place of `offset`: from `next` of the page before.
    #[param(
        pattern = "^((updated_at|created_at|name)-(asc|desc|asc-desc|desc-asc):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:.*)?$"
    )]
    pub cursor: Option<String>,
}

/// A dataset to create: its schema as an object, or as text with its media type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDataset {
    /// Its name; the schema's where absent.
    #[schema(example = "hiring", min_length = 1, max_length = 200, pattern = r"\S")]
    pub name: Option<String>,
    /// What it is about; the schema's where absent.
    pub description: Option<String>,
    /// The schema as an object, in the language of `/schema.json` (component `Schema`).
    #[schema(value_type = Option<serde_json::Value>)]
    pub schema: Option<serde_json::Value>,
    /// The schema as text, comments kept.
    pub schema_text: Option<String>,
    /// `application/yaml` (the default) or `application/json`, of the text.
    pub media_type: Option<String>,
}

/// What changes of a dataset; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetPatch {
    /// Its name.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub name: Option<String>,
    /// What it is about; null removes it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
}

/// Tells an absent value from null.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VersionQuery {
    /// Its number; the current one where absent.
    pub version: Option<i32>,
}

/// List datasets
#[utoipa::path(operation_id = "list_datasets", tag = "datasets", params(DatasetsQuery), responses(
    (status = 200, body = List<Dataset>),
    Invalid,
))]
#[get("/datasets")]
async fn list_datasets(
    app: web::Data<App>,
    _: Caller,
    query: web::Query<DatasetsQuery>,
) -> Result<web::Json<List<Dataset>>, ApiError> {
    let query = query.into_inner();
    let page = Page { limit: query.limit, offset: query.offset, cursor: query.cursor };
    let slice = page.slice(&query.order_by, &Order::KNOWN, true)?;
    let filter = Filter { search: query.search.trim().to_owned(), deleted: query.deleted };
    let (items, total, next, slice, filter) = app
        .db
        .read(move |c| {
            let (rows, total) = store::list(c, &filter, &slice)?;
            let (rows, next) = slice.cut(rows, |row| slice.order.place(row));
            let items = rows.into_iter().map(|row| service::shown(c, row)).collect::<Result<Vec<_>, _>>()?;
            Ok((items, total, next, slice, filter))
        })
        .await?;
    let deleted = if filter.deleted { "true".to_owned() } else { String::new() };
    let parameters = [("search", filter.search), ("order_by", query.order_by), ("deleted", deleted)];
    Ok(web::Json(List::of_slice(items, total, &slice, next.as_ref(), "/api/v1/datasets", &parameters)))
}

/// Create a dataset
///
/// The schema has to plan; its problems are the answer where it does not, and nothing is saved.
#[utoipa::path(operation_id = "create_dataset", tag = "datasets", request_body = NewDataset, responses(
    (status = 201, body = Dataset, headers(("ETag" = String), ("Location" = String))),
    Forbidden,
    Invalid,
))]
#[post("/datasets")]
async fn create_dataset(
    app: web::Data<App>,
    caller: Caller,
    work: Work,
    body: web::Json<Object<NewDataset>>,
) -> Result<HttpResponse, ApiError> {
    let NewDataset { name, description, schema, schema_text, media_type } = body.into_inner().0;
    let source = SchemaSource { schema, schema_text };
    let state = app.clone();
    let dataset = off_thread(move || {
        let media_type = match (&source.schema, media_type.as_deref()) {
            (Some(_), _) => service::JSON,
            (None, None) => service::YAML,
            (None, Some(named)) => {
                media_type_of(named).map_err(|error| ApiError::invalid_at("/media_type", error.to_string()))?
            }
        };
        let draft = Draft::new(source.text()?, media_type)?;
        state.db.write_now(|c| {
            let dataset = service::create(c, &draft, name, description, caller.id)?;
            let tag = etag(&service::dataset_tag(&dataset));
            work.done(c, 201, &path_of(dataset.id), Some(&tag), &dataset)?;
            Ok::<_, ApiError>(dataset)
        })
    })
    .await?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, path_of(dataset.id)))
        .insert_header((header::ETAG, etag(&service::dataset_tag(&dataset))))
        .json(dataset))
}

fn path_of(id: Uuid) -> String {
    format!("/api/v1/datasets/{id}")
}

/// Get a dataset
#[utoipa::path(operation_id = "get_dataset", tag = "datasets", params(("id" = Uuid, Path)), responses(
    (status = 200, body = Dataset, headers(("ETag" = String))),
    (status = 304, description = "the client's copy is the current one"),
    NotFound,
))]
#[get("/datasets/{id}")]
async fn get_dataset(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let dataset = app
        .db
        .read(move |c| {
            let row = service::living(c, id)?;
            service::shown(c, row)
        })
        .await?;
    let tag = service::dataset_tag(&dataset);
    if is_known(&request, &tag) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag(&tag))).finish());
    }
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag(&tag))).json(dataset))
}

/// Change name or description
#[utoipa::path(operation_id = "update_dataset", tag = "datasets", request_body = DatasetPatch,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "the ETag that the change starts from, or `*`; without it the answer is 428")), responses(
    (status = 200, body = Dataset, headers(("ETag" = String))),
    Forbidden,
    NotFound,
    ChangedMeanwhile,
    Invalid,
    PreconditionRequired,
))]
#[patch("/datasets/{id}")]
async fn update_dataset(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<Uuid>,
    body: web::Json<Object<DatasetPatch>>,
) -> Result<HttpResponse, ApiError> {
    let (id, patch) = (id.into_inner(), body.into_inner().0);
    let name = patch.name.map(service::checked_name).transpose()?;
    let given = request.headers().get(header::IF_MATCH).cloned();
    let dataset = app
        .db
        .write(move |c| {
            let row = service::living(c, id)?;
            if_match_start(given.as_ref(), &row.updated_at)?;
            service::update(c, row, name, patch.description, caller.id)
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag(&service::dataset_tag(&dataset)))).json(dataset))
}

/// Delete a dataset
///
/// It is kept for 30 days, in which it can be restored.
#[utoipa::path(operation_id = "delete_dataset", tag = "datasets",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "the ETag that the deletion starts from, or `*`; without it the dataset is deleted in any state")), responses(
    (status = 204, description = "it is deleted"),
    Forbidden,
    NotFound,
    ChangedMeanwhile,
))]
#[delete("/datasets/{id}")]
async fn delete_dataset(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let given = request.headers().get(header::IF_MATCH).cloned();
    app.db
        .write(move |c| {
            let row = service::living(c, id)?;
            if given.is_some() {
                if_match_start(given.as_ref(), &row.updated_at)?;
            }
            service::delete(c, row, caller.id)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Restore a deleted dataset
#[utoipa::path(operation_id = "restore_dataset", tag = "datasets", params(("id" = Uuid, Path)), responses(
    (status = 200, body = Dataset),
    Forbidden,
    NotFound,
))]
#[post("/datasets/{id}/restore")]
async fn restore_dataset(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Result<web::Json<Dataset>, ApiError> {
    let id = id.into_inner();
    Ok(web::Json(app.db.write(move |c| service::restore(c, id, caller.id)).await?))
}

/// Get the schema
///
/// The text as it was written, comments kept. With `Accept: application/json` a YAML text is given as its canonical JSON, whose ETag is its
/// SHA-256. The ETag of a text is the SHA-256 of its canonical JSON, a hyphen and the version.
#[utoipa::path(operation_id = "get_schema", tag = "datasets", params(("id" = Uuid, Path), VersionQuery), responses(
    (status = 200, content((serde_json::Value = "application/yaml"), (serde_json::Value = "application/json")), headers(("ETag" = String))),
    (status = 304, description = "the client's copy is the current one"),
    NotFound,
    NotAcceptable,
))]
#[get("/datasets/{id}/schema")]
async fn get_schema(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
    id: web::Path<Uuid>,
    query: web::Query<VersionQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, wanted) = (id.into_inner(), query.version);
    let row = app
        .db
        .read(move |c| {
            let row = service::living(c, id)?;
            service::version_row(c, &row, wanted.unwrap_or(row.version))
        })
        .await?;
    let offered: &[&str] =
        if row.media_type == service::YAML { &[service::YAML, service::JSON] } else { &[service::JSON] };
    let wanted = offered[accept::choose(&request, offered)?];
    let tag = service::tag(&row.etag, row.version);
    let (tag, text) = if wanted == row.media_type { (tag, row.text) } else { (row.etag, row.canonical) };
    if is_known(&request, &tag) {
        return Ok(HttpResponse::NotModified()
            .insert_header((header::ETAG, etag(&tag)))
            .insert_header((header::VARY, HeaderValue::from_static("accept")))
            .finish());
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, etag(&tag)))
        .insert_header((header::VARY, HeaderValue::from_static("accept")))
        .content_type(format!("{wanted}; charset=utf-8"))
        .body(text))
}

/// Save the schema
///
/// The body is the schema itself, in YAML or JSON. A change is a new version; what does not plan is refused with all its problems.
#[utoipa::path(operation_id = "save_schema", tag = "datasets",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "the ETag that the change starts from, or `*`; without it the answer is 428")),
    request_body(content((serde_json::Value = "application/yaml"), (serde_json::Value = "application/json")), description = "the schema, in the language of `/schema.json`"), responses(
    (status = 200, body = Version, headers(("ETag" = String))),
    Forbidden,
    NotFound,
    ChangedMeanwhile,
    UnsupportedMediaType,
    Invalid,
    PreconditionRequired,
))]
#[put("/datasets/{id}/schema")]
async fn save_schema(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<Uuid>,
    body: SchemaBody,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let named = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type_of(named)?;
    let given = request.headers().get(header::IF_MATCH).cloned();
    let state = app.clone();
    let version = off_thread(move || {
        let check = |c: &mut diesel::SqliteConnection| {
            let row = service::living(c, id)?;
            let current = service::version_row(c, &row, row.version)?;
            let tag = service::tag(&current.etag, current.version);
            // The tag of the canonical JSON says that it is still that, whatever the comments are.
            if let Err(error) = if_match_any(given.as_ref(), &tag, &[&current.etag]) {
                let is_stale = error.code() == Code::ChangedMeanwhile;
                let current = service::shown_version(c, current, false)?;
                return Err(if is_stale { error.with("current", json!(current)) } else { error });
            }
            Ok(row)
        };
        // Asked first, so that a stale change is told before its problems; asked again where it counts.
        state.db.read_now(check)?;
        let draft = Draft::new(text_of(&body.0)?, media_type)?;
        state.db.write_now(|c| {
            let row = check(c)?;
            service::save(c, row, &draft, caller.id)
        })
    })
    .await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag(&version.etag))).json(version))
}

/// List versions, newest first
#[utoipa::path(operation_id = "list_versions", tag = "datasets", params(("id" = Uuid, Path), Page), responses(
    (status = 200, body = List<Version>),
    NotFound,
    Invalid,
))]
#[get("/datasets/{id}/versions")]
async fn list_versions(
    app: web::Data<App>,
    _: Caller,
    id: web::Path<Uuid>,
    page: web::Query<Page>,
) -> Result<web::Json<List<Version>>, ApiError> {
    let id = id.into_inner();
    let (limit, before) = (page.limit()?, page.before()?);
    let offset = if before.is_some() { 0 } else { page.offset()? };
    let (mut items, total) = app
        .db
        .read(move |c| {
            let row = service::living(c, id)?;
            let (rows, total) = store::versions(c, &row.id, before, limit + 1, offset)?;
            let items = rows.into_iter().map(|row| service::shown_version(c, row, false));
            Ok((items.collect::<Result<Vec<_>, _>>()?, total))
        })
        .await?;
    let has_more = items.len() as i64 > limit;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| has_more).map(|last: &Version| last.version);
    let next = last.map(|last| format!("/api/v1/datasets/{id}/versions?limit={limit}&cursor={last}"));
    Ok(web::Json(List { items, total, next }))
}

/// Get a version with its text
#[utoipa::path(operation_id = "get_version", tag = "datasets", params(("id" = Uuid, Path), ("version" = i32, Path)), responses(
    (status = 200, body = Version),
    NotFound,
))]
#[get("/datasets/{id}/versions/{version}")]
async fn get_version(
    app: web::Data<App>,
    _: Caller,
    path: web::Path<(Uuid, i32)>,
) -> Result<web::Json<Version>, ApiError> {
    let (id, version) = path.into_inner();
    let version = app
        .db
        .read(move |c| {
            let row = service::living(c, id)?;
            let version = service::version_row(c, &row, version)?;
            service::shown_version(c, version, true)
        })
        .await?;
    Ok(web::Json(version))
}

/// Which rows of a dataset, made with which seed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeedQuery {
    /// Seed in place of the schema's, 0 to 2^53 − 1.
    #[param(maximum = 9007199254740991_u64)]
    pub seed: Option<u64>,
}

/// Read rows of a dataset
///
/// They are made while they are read; nothing is stored, and no language model is asked: what is not answered yet another generator fills.
#[utoipa::path(operation_id = "list_dataset_rows", tag = "datasets",
    params(("id" = Uuid, Path), ("table" = String, Path), RowsQuery, SeedQuery,
        ("set" = Option<Vec<String>>, Query, style = Form, explode, description = "value of a parameter of the schema, as `candidates=500`; once for each parameter", example = json!(["candidates=500"]))), responses(
    (status = 200, content((RowList = "application/json"), (Vec<u8> = "application/octet-stream"))),
    NotFound,
    NotAcceptable,
    Invalid,
))]
#[get("/datasets/{id}/tables/{table}/rows")]
async fn list_dataset_rows(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
    path: web::Path<(Uuid, String)>,
    query: web::Query<RowsQuery>,
    seed: web::Query<SeedQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, name) = path.into_inner();
    let parameters = parameters(request.query_string())?;
    let overriding = Overriding { seed: seed.seed, parameters, ..Overriding::default() };
    let state = app.clone();
    let asked = off_thread(move || {
        let row = state.db.read_now(|c| service::living(c, id))?;
        let key = format!("{id} {} {:?} {}", row.version, overriding.seed, json!(overriding.parameters));
        let look = || {
            let version = state.db.read_now(|c| service::version_row(c, &row, row.version))?;
            looked_at(&state, &version.text, &overriding).map(|(plan, _)| plan)
        };
        let mut plan = state.plans.get(&key, look)?;
        if plan.asks() {
            // What a language model has answered since is in the rows too.
            let last = state.db.read_now(|c| Ok::<_, ApiError>(llm::last_answer(c)?))?;
            plan = state.plans.get(&format!("{key} {last}"), look)?;
        }
        let table = table_index(&plan, &name).map_err(|failure| ApiError::new(Code::NotFound, failure.to_string()))?;
        Ok(AskedTable { source: Source::Planned, plan, table })
    })
    .await?;
    answer(&app, asked, query.into_inner(), &request).await
}

/// The values of the schema's parameters: each `set` of a query names one.
fn parameters(query: &str) -> Result<Overrides, ApiError> {
    let set = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "set");
    set.map(|(_, text)| setting(&text).map_err(|sentence| ApiError::invalid_at("/set", sentence))).collect()
}
