//! `/exports`: files of a generation, asked for, listed and fetched.

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, delete, get, post, web};
use formats::FORMATS;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::service::{self, Wanted};
use super::store::{Filter, Order};
use super::{Export, store};
use crate::App;
use crate::auth::tokens;
use crate::db::{self, off_thread};
use crate::error::{ApiError, Code};
use crate::generations::{State, service as generations};
use crate::http::body::{Object, null_is_absent};
use crate::http::caller::Caller;
use crate::http::files;
use crate::http::page::{List, Page};
use crate::http::precondition::{etag, is_known};
use crate::idempotency::Work;
use crate::openapi::errors::{Conflict, Forbidden, Invalid, NotFound, UnsatisfiableRange};

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(create_export)
        .service(list_generation_exports)
        .service(list_exports)
        .service(get_export)
        .service(delete_export)
        .service(create_export_link)
        .service(get_export_content);
}

/// The file that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExport {
    /// The name of a format.
    pub format: String,
    /// The tables; all where absent.
    #[schema(schema_with = table_names)]
    pub tables: Option<Vec<String>>,
    /// Choices of the format, as `/formats` describes them.
    #[serde(default, deserialize_with = "null_is_absent")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Value>>)]
    pub options: Map<String, Value>,
    /// How the files are compressed, where the format does not compress inside.
    #[schema(example = "gzip")]
    pub compression: Option<String>,
}

/// Names of tables, or null.
fn table_names() -> ArrayBuilder {
    let name = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .format(Some(SchemaFormat::Custom("table-name".to_owned())));
    ArrayBuilder::new().schema_type(SchemaType::from_iter([Type::Array, Type::Null])).items(name).min_items(Some(1))
}

/// An address that works without a token for some minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportLink {
    /// The address, relative to the server.
    pub url: String,
    /// Until when it works.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// Which exports.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportsQuery {
    /// In this state only.
    #[param(inline)]
    pub state: Option<State>,
    /// In this format only.
    pub format: Option<String>,
    /// Part of the file's name, in any case and with or without accents.
    #[serde(default)]
    pub search: String,
    /// `created_at`, `format` or `state`, with `desc` or `asc` behind it, and `, id` for equal ones; the newest first where absent.
    #[serde(default)]
    #[param(
        example = "created_at desc",
        pattern = "^((created_at|format|state)( (asc|desc))?(, ?id( (asc|desc))?)?)?$"
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
        pattern = "^((created_at|format|state)-(asc|desc|asc-desc|desc-asc):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:.*)?$"
    )]
    pub cursor: Option<String>,
}

/// What a link carries in the place of a bearer token.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LinkQuery {
    /// The token of a link.
    pub token: Option<String>,
}

/// Export a generation
///
/// Several tables in a format of one table a file become one zip archive. The same request finds the same file.
#[utoipa::path(operation_id = "create_export", tag = "exports", params(("id" = Uuid, Path, description = "the generation")),
    request_body = NewExport, responses(
    (status = 202, body = Export, headers(("Location" = String))),
    NotFound,
    Conflict,
    Invalid,
))]
#[post("/generations/{id}/exports")]
async fn create_export(
    app: web::Data<App>,
    caller: Caller,
    work: Work,
    id: web::Path<Uuid>,
    body: web::Json<Object<NewExport>>,
) -> Result<HttpResponse, ApiError> {
    let NewExport { format, tables, options, compression } = body.into_inner().0;
    let wanted = Wanted { format, tables, options, compression };
    let (state, id) = (app.clone(), id.into_inner());
    let export = off_thread(move || service::create(&state, id, wanted, caller.id, &work)).await?;
    app.exports.ring();
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, service::path_of(export.id))).json(export))
}

/// List a generation's exports, newest first
#[utoipa::path(operation_id = "list_generation_exports", tag = "exports", params(("id" = Uuid, Path), ExportsQuery), responses(
    (status = 200, body = List<Export>),
    NotFound,
    Invalid,
))]
#[get("/generations/{id}/exports")]
async fn list_generation_exports(
    app: web::Data<App>,
    _: Caller,
    id: web::Path<Uuid>,
    query: web::Query<ExportsQuery>,
) -> Result<web::Json<List<Export>>, ApiError> {
    list(&app, Some(id.into_inner()), query.into_inner()).await
}

/// List exports, newest first
#[utoipa::path(operation_id = "list_exports", tag = "exports", params(ExportsQuery), responses(
    (status = 200, body = List<Export>),
    Invalid,
))]
#[get("/exports")]
async fn list_exports(
    app: web::Data<App>,
    _: Caller,
    query: web::Query<ExportsQuery>,
) -> Result<web::Json<List<Export>>, ApiError> {
    list(&app, None, query.into_inner()).await
}

async fn list(app: &App, generation: Option<Uuid>, query: ExportsQuery) -> Result<web::Json<List<Export>>, ApiError> {
    let ExportsQuery { state, format, search, order_by, limit, offset, cursor } = query;
    let slice = Page { limit, offset, cursor }.slice(&order_by, &Order::KNOWN, true)?;
    if let Some(name) = format.as_deref().filter(|name| formats::by_name(name).is_none()) {
        let known: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
        let sentence = format!("{name:?} is no format; known are {}", known.join(", "));
        return Err(ApiError::invalid_at("/format", sentence));
    }
    let filter = Filter { generation, state, format: format.clone(), search: search.trim().to_owned() };
    let read = move |c: &mut diesel::SqliteConnection| {
        if let Some(id) = generation {
            generations::find(c, id)?;
        }
        let (rows, total) = store::list(c, &filter, &slice)?;
        let (rows, next) = slice.cut(rows, |row| slice.order.place(row));
        let items = rows.into_iter().map(|row| service::shown(c, row)).collect::<Result<Vec<_>, _>>()?;
        Ok((items, total, next, slice))
    };
    let (items, total, next, slice) = app.db.read(read).await?;
    let path = match generation {
        Some(id) => format!("/api/v1/generations/{id}/exports"),
        None => "/api/v1/exports".to_owned(),
    };
    let state = state.map(State::word).unwrap_or_default().to_owned();
    let parameters = [
        ("state", state),
        (stringify!(format), format.unwrap_or_default()),
        ("search", search),
        ("order_by", order_by),
    ];
    Ok(web::Json(List::of_slice(items, total, &slice, next.as_ref(), &path, &parameters)))
}

/// Get an export
#[utoipa::path(operation_id = "get_export", tag = "exports", params(("id" = Uuid, Path)), responses(
    (status = 200, body = Export),
    NotFound,
))]
#[get("/exports/{id}")]
async fn get_export(app: web::Data<App>, _: Caller, id: web::Path<Uuid>) -> Result<web::Json<Export>, ApiError> {
    let id = id.into_inner();
    let read = move |c: &mut diesel::SqliteConnection| {
        let row = service::find(c, id)?;
        service::shown(c, row)
    };
    Ok(web::Json(app.db.read(read).await?))
}

/// Delete an export with its file
#[utoipa::path(operation_id = "delete_export", tag = "exports", params(("id" = Uuid, Path)), responses(
    (status = 204, description = "it is deleted"),
    Forbidden,
    NotFound,
))]
#[delete("/exports/{id}")]
async fn delete_export(app: web::Data<App>, _: Caller, id: web::Path<Uuid>) -> Result<HttpResponse, ApiError> {
    let (state, id) = (app.clone(), id.into_inner());
    off_thread(move || service::delete(&state, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Get a link to an export's file
///
/// It works for five minutes and for this one file, since a browser's download carries no header.
#[utoipa::path(operation_id = "create_export_link", tag = "exports", params(("id" = Uuid, Path)), responses(
    (status = 200, body = ExportLink),
    NotFound,
    Conflict,
))]
#[post("/exports/{id}/link")]
async fn create_export_link(
    app: web::Data<App>,
    _: Caller,
    id: web::Path<Uuid>,
) -> Result<web::Json<ExportLink>, ApiError> {
    let id = id.into_inner();
    app.db.read(move |c| service::succeeded(c, id)).await?;
    let (token, expires) = tokens::link(&app.secret, id)?;
    let expires = jiff::Timestamp::from_second(expires).map_err(ApiError::internal)?;
    Ok(web::Json(ExportLink {
        url: format!("/api/v1/exports/{id}/content?token={token}"),
        expires_at: db::spell(expires),
    }))
}

/// Fetch an export's file
///
/// By bearer token, or by the token of a link. Ranges are served, so that a download that was cut off goes on.
#[utoipa::path(operation_id = "get_export_content", tag = "exports", params(("id" = Uuid, Path), LinkQuery), security(("bearer" = []), ()), responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream", headers(("ETag" = String), ("Content-Disposition" = String))),
    (status = 206, body = Vec<u8>, content_type = "application/octet-stream", description = "a range of the file"),
    (status = 304, description = "the client's copy is the current one"),
    crate::openapi::errors::Unauthenticated,
    NotFound,
    Conflict,
    UnsatisfiableRange,
))]
#[get("/exports/{id}/content")]
async fn get_export_content(
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<Uuid>,
    query: web::Query<LinkQuery>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    match &query.token {
        Some(token) if tokens::read_link(&app.secret, token) == Some(id) => {}
        Some(_) => return Err(ApiError::new(Code::Unauthenticated, "the link has expired or belongs to another file")),
        None => {
            Caller::extract(&request).await?;
        }
    }
    let row = app.db.read(move |c| service::succeeded(c, id)).await?;
    let tag = row.content_hash.clone().unwrap_or_default();
    if is_known(&request, &tag) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag(&tag))).finish());
    }
    let name = row.file_name.clone().unwrap_or_else(|| "export".to_owned());
    let disposition = files::attachment(&name);
    let media_type = row.media_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
    let mut answer = files::answer(&service::file(&app, &row), &tag, &request).await?;
    if !answer.status().is_success() {
        return Ok(answer);
    }
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_DISPOSITION, disposition.to_string()),
        // The file is what it is: compressed on its way, a range of it would be another.
        (header::CONTENT_ENCODING, "identity".to_owned()),
    ] {
        if let Ok(value) = header::HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    Ok(answer)
}
