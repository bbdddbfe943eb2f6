//! `/datasets/{id}/generations` and `/generations`: rows made as jobs, followed, read and proved.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use engine::schema::Overrides;
use engine::verify::{Dialect, verify_sql};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::events;
use super::query::{self, Query, QueryAnswer};
use super::store::{self, Filter, Order};
use super::worker::plan_of;
use super::{Generation, State, mending, service, table_index};
use crate::App;
use crate::datasets::service as datasets;
use crate::db::off_thread;
use crate::error::{ApiError, Code};
use crate::http::accept;
use crate::http::body::{Object, null_is_absent, whole};
use crate::http::caller::Caller;
use crate::http::headers::SANDBOX;
use crate::http::model_key::{ModelKey, ModelKeyHeader};
use crate::http::page::{List, Page};
use crate::http::rows::{AskedTable, RowList, RowsQuery, Source, answer};
use crate::idempotency::Work;
use crate::openapi::errors::{Conflict, Forbidden, Gone, Invalid, NotAcceptable, NotFound};
use crate::openapi::{Certificate, TableProfile};
use crate::plan::routes::Overriding;
use crate::users::store::uuid;

/// Forms of a certificate beside the plain one, each with its media type.
const FORMS: [(&str, &str); 2] = [("html", "text/html"), ("sql", "application/sql")];

/// The plain form of a certificate.
fn plain_form() -> &'static str {
    datasets::JSON.trim_start_matches("application/")
}

/// The forms of a certificate.
pub fn certificate_forms() -> Vec<&'static str> {
    [plain_form()].into_iter().chain(FORMS.map(|(word, _)| word)).collect()
}

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(create_generation)
        .service(list_dataset_generations)
        .service(list_generations)
        .service(get_generation)
        .service(cancel_generation)
        .service(resume_generation)
        .service(delete_generation)
        .service(events::stream_generation_events)
        .service(list_generation_tables)
        .service(list_generation_rows)
        .service(get_profile)
        .service(query_generation)
        .service(get_certificate);
}

/// What to generate; the schema decides what is absent.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGeneration {
    /// The version of the schema; the current one where absent.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
    /// Seed in place of the schema's, 0 to 2^53 − 1; the same one gives the same rows.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 0, maximum = 9007199254740991_u64)]
    pub seed: Option<u64>,
    /// Rows by table, in place of the schema's.
    #[serde(default, deserialize_with = "null_is_absent")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, u64>>)]
    pub rows: IndexMap<String, u64>,
    /// Multiplies the rows of every table that is not `scaled: false`.
    #[schema(exclusive_minimum = 0)]
    pub scale: Option<f64>,
    /// Values of the schema's parameters.
    #[serde(default, deserialize_with = "null_is_absent")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, serde_json::Value>>)]
    pub parameters: Overrides,
    /// US dollars that the language model may cost for this generation at most, beside the server's own limit.
    #[schema(minimum = 0)]
    pub llm_ceiling_usd: Option<f64>,
}

/// Which generations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GenerationsQuery {
    /// In this state only.
    #[param(inline)]
    pub state: Option<State>,
    /// Part of the dataset's name, in any case and with or without accents.
    #[serde(default)]
    pub search: String,
    /// `created_at` or `state`, with `desc` or `asc` behind it, and `, id` for equal ones; the newest first where absent.
    #[serde(default)]
    #[param(example = "created_at desc", pattern = "^((created_at|state)( (asc|desc))?(, ?id( (asc|desc))?)?)?$")]
    pub order_by: String,
    /// Items of a page, at most 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<u32>,
    /// Items to pass over.
    #[param(maximum = 2147483647)]
    pub offset: Option<u32>,
    /// Where the page begins, in place of `offset`: from `next` of the page before.
    #[param(
        pattern = "^((created_at|state)-(asc|desc|asc-desc|desc-asc):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:.*)?$"
    )]
    pub cursor: Option<String>,
}

/// How the certificate is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CertificateQuery {
    /// `html` is a page, `sql` are the statements that repeat the proof in a database.
    #[param(example = "html")]
    pub format: Option<String>,
    /// The database that the statements are for.
    #[param(example = "postgres")]
    pub dialect: Option<String>,
}

/// A stored table.
#[derive(Debug, Serialize, ToSchema)]
pub struct GeneratedTable {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its columns.
    pub columns: Vec<GeneratedColumn>,
}

/// A column of a stored table.
#[derive(Debug, Serialize, ToSchema)]
pub struct GeneratedColumn {
    /// Its name.
    pub name: String,
    /// Its logical type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether its values are numbers, which stand to the right.
    pub is_number: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether it belongs to the primary key.
    pub key: bool,
    /// The column of a parent that it refers to.
    pub references: Option<ColumnReference>,
}

/// A column of another table.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnReference {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// Start a generation
///
/// It waits in a queue, makes its rows, stores and proves them. A generation that a stopped server was working on goes on at the next start.
///
/// Where the dataset asks a language model, the answers that are not kept yet are collected first, within what they may cost. Without a key
/// it waits as `needs_key`, until it is resumed with one.
#[utoipa::path(operation_id = "create_generation", tag = "generations",
    params(("id" = Uuid, Path, description = "the dataset"), ModelKeyHeader),
    request_body = NewGeneration, responses(
    (status = 202, body = Generation, headers(("Location" = String))),
    Forbidden,
    NotFound,
    Invalid,
))]
#[post("/datasets/{id}/generations")]
async fn create_generation(
    app: web::Data<App>,
    caller: Caller,
    work: Work,
    key: ModelKey,
    id: web::Path<Uuid>,
    body: web::Json<Object<NewGeneration>>,
) -> Result<HttpResponse, ApiError> {
    let NewGeneration { version, seed, rows, scale, parameters, llm_ceiling_usd } = body.into_inner().0;
    let overriding = Overriding { seed, rows, scale, parameters };
    let (state, id) = (app.clone(), id.into_inner());
    let generation = off_thread(move || {
        let row = service::prepare(&state, id, version, &overriding, llm_ceiling_usd, caller.id)?;
        let own = uuid(&row.id);
        // Its turn may come before this returns.
        state.model.hold_key(own, key.0.filter(|_| row.llm_model.is_some()));
        let recorded = state.db.write_now(|c| {
            store::insert(c, &row)?;
            let generation = service::shown(&state, c, row)?;
            work.done(c, 202, &path_of(generation.id), None, &generation)?;
            Ok::<_, ApiError>(generation)
        });
        if recorded.is_err() {
            state.model.take_key(own);
        }
        recorded
    })
    .await?;
    app.generations.ring();
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, path_of(generation.id))).json(generation))
}

fn path_of(id: Uuid) -> String {
    format!("/api/v1/generations/{id}")
}

/// List a dataset's generations, newest first
#[utoipa::path(operation_id = "list_dataset_generations", tag = "generations", params(("id" = Uuid, Path), GenerationsQuery), responses(
    (status = 200, body = List<Generation>),
    NotFound,
    Invalid,
))]
#[get("/datasets/{id}/generations")]
async fn list_dataset_generations(
    app: web::Data<App>,
    _: Caller,
    id: web::Path<Uuid>,
    query: web::Query<GenerationsQuery>,
) -> Result<web::Json<List<Generation>>, ApiError> {
    list(&app, Some(id.into_inner()), query.into_inner()).await
}

/// List generations, newest first
#[utoipa::path(operation_id = "list_generations", tag = "generations", params(GenerationsQuery), responses(
    (status = 200, body = List<Generation>),
    Invalid,
))]
#[get("/generations")]
async fn list_generations(
    app: web::Data<App>,
    _: Caller,
    query: web::Query<GenerationsQuery>,
) -> Result<web::Json<List<Generation>>, ApiError> {
    list(&app, None, query.into_inner()).await
}

async fn list(
    app: &web::Data<App>,
    dataset: Option<Uuid>,
    query: GenerationsQuery,
) -> Result<web::Json<List<Generation>>, ApiError> {
    let page = Page { limit: query.limit, offset: query.offset, cursor: query.cursor };
    let slice = page.slice(&query.order_by, &Order::KNOWN, true)?;
    let filter = Filter { dataset, state: query.state, search: query.search.trim().to_owned() };
    let state = app.clone();
    let read = move |c: &mut diesel::SqliteConnection| {
        if let Some(dataset) = filter.dataset {
            datasets::living(c, dataset)?;
        }
        let (rows, total) = store::list(c, &filter, &slice)?;
        let (rows, next) = slice.cut(rows, |row| slice.order.place(row));
        let items = rows.into_iter().map(|row| service::shown(&state, c, row)).collect::<Result<Vec<_>, _>>()?;
        Ok((items, total, next, slice))
    };
    let (items, total, next, slice) = app.db.read(read).await?;
    let path = match dataset {
        Some(id) => format!("/api/v1/datasets/{id}/generations"),
        None => "/api/v1/generations".to_owned(),
    };
    let state = query.state.map(State::word).unwrap_or_default().to_owned();
    let parameters = [("state", state), ("search", query.search), ("order_by", query.order_by)];
    Ok(web::Json(List::of_slice(items, total, &slice, next.as_ref(), &path, &parameters)))
}

/// Get a generation
#[utoipa::path(operation_id = "get_generation", tag = "generations", params(("id" = Uuid, Path)), responses(
    (status = 200, body = Generation),
    NotFound,
))]
#[get("/generations/{id}")]
async fn get_generation(
    app: web::Data<App>,
    _: Caller,
    id: web::Path<Uuid>,
) -> Result<web::Json<Generation>, ApiError> {
    let (state, id) = (app.clone(), id.into_inner());
    let read = move |c: &mut diesel::SqliteConnection| {
        let row = service::find(c, id)?;
        service::shown(&state, c, row)
    };
    Ok(web::Json(app.db.read(read).await?))
}

/// Cancel a generation
///
/// One that waits is cancelled at once, one that runs within a second. What it made is removed; what a language model answered is kept.
#[utoipa::path(operation_id = "cancel_generation", tag = "generations", params(("id" = Uuid, Path)), responses(
    (status = 202, body = Generation),
    Forbidden,
    NotFound,
    Conflict,
))]
#[post("/generations/{id}/cancel")]
async fn cancel_generation(app: web::Data<App>, _: Caller, id: web::Path<Uuid>) -> Result<HttpResponse, ApiError> {
    let (state, id) = (app.clone(), id.into_inner());
    let generation = off_thread(move || service::cancel(&state, id)).await?;
    Ok(HttpResponse::Accepted().json(generation))
}

/// Resume a generation that waits for a key
///
/// It goes on with the key of `X-OpenAI-Api-Key`, or with that of the server where one was set since; without either
/// it waits on (409 `llm_key_missing`). What was paid for before is kept.
#[utoipa::path(operation_id = "resume_generation", tag = "generations", params(("id" = Uuid, Path), ModelKeyHeader), responses(
    (status = 202, body = Generation),
    Forbidden,
    NotFound,
    Conflict,
))]
#[post("/generations/{id}/resume")]
async fn resume_generation(
    app: web::Data<App>,
    _: Caller,
    key: ModelKey,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let (state, id) = (app.clone(), id.into_inner());
    let generation = off_thread(move || service::resume(&state, id, key.0)).await?;
    Ok(HttpResponse::Accepted().json(generation))
}

/// Delete a generation with its rows and exports
#[utoipa::path(operation_id = "delete_generation", tag = "generations", params(("id" = Uuid, Path)), responses(
    (status = 204, description = "it is deleted"),
    Forbidden,
    NotFound,
    Conflict,
))]
#[delete("/generations/{id}")]
async fn delete_generation(app: web::Data<App>, _: Caller, id: web::Path<Uuid>) -> Result<HttpResponse, ApiError> {
    let (state, id) = (app.clone(), id.into_inner());
    off_thread(move || service::delete(&state, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List the tables of a generation
#[utoipa::path(operation_id = "list_generation_tables", tag = "generations", params(("id" = Uuid, Path)), responses(
    (status = 200, body = List<GeneratedTable>),
    NotFound,
    Conflict,
))]
#[get("/generations/{id}/tables")]
async fn list_generation_tables(
    app: web::Data<App>,
    _: Caller,
    id: web::Path<Uuid>,
) -> Result<web::Json<List<GeneratedTable>>, ApiError> {
    let (state, id) = (app.clone(), id.into_inner());
    let tables = off_thread(move || {
        let row = state.db.read_now(|c| service::succeeded(c, id))?;
        let plan = plan_of(&state, &row)?;
        Ok((0..plan.tables.len()).map(|table| generated(&plan, table)).collect())
    })
    .await?;
    Ok(web::Json(List::whole(tables)))
}

fn generated(plan: &engine::plan::Plan, table: usize) -> GeneratedTable {
    let planned = &plan.tables[table];
    let written = plan.dataset.table(&planned.name);
    let columns = crate::http::cells::columns(&planned.schema).into_iter().zip(planned.schema.fields());
    let columns = columns.map(|(column, field)| {
        let keys = written.into_iter().flat_map(|table| &table.foreign_keys);
        let mut pairs = keys.flat_map(|key| {
            key.columns.iter().zip(&key.references.columns).map(|(own, parent)| (own, &key.references.table, parent))
        });
        let found = pairs.find(|(own, ..)| **own == column.name);
        GeneratedColumn {
            key: written.is_some_and(|table| table.primary_key.contains(&column.name)),
            nullable: field.is_nullable(),
            references: found
                .map(|(_, table, column)| ColumnReference { table: table.clone(), column: column.clone() }),
            name: column.name,
            kind: column.kind,
            is_number: column.is_number,
        }
    });
    GeneratedTable { name: planned.name.clone(), rows: planned.rows, columns: columns.collect() }
}

/// Read rows of a generation
///
/// A page of objects, or a file in the format that `Accept` or `format` names, streamed.
#[utoipa::path(operation_id = "list_generation_rows", tag = "generations",
    params(("id" = Uuid, Path), ("table" = String, Path), RowsQuery), responses(
    (status = 200, content((RowList = "application/json"), (Vec<u8> = "application/octet-stream"))),
    NotFound,
    NotAcceptable,
    Conflict,
    Gone,
    Invalid,
))]
#[get("/generations/{id}/tables/{table}/rows")]
async fn list_generation_rows(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
    path: web::Path<(Uuid, String)>,
    query: web::Query<RowsQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, name) = path.into_inner();
    let state = app.clone();
    let asked = mending::for_request(move |cancellation| {
        let row = state.db.read_now(|c| service::succeeded(c, id))?;
        let plan = plan_of(&state, &row)?;
        let table = table_index(&plan, &name).map_err(|failure| ApiError::new(Code::NotFound, failure.to_string()))?;
        let stored = mending::stored_table(&state, &row, &plan, table, cancellation)?;
        Ok(AskedTable { source: Source::Stored(stored), plan, table })
    })
    .await?;
    answer(&app, asked, query.into_inner(), &request).await
}

/// Get the profile of a table
///
/// Counts, nulls, different values, extremes, mean, standard deviation, quantiles, a histogram and the most frequent values of every column,
/// made while the rows were. What is estimated says so.
#[utoipa::path(operation_id = "get_profile", tag = "generations", params(("id" = Uuid, Path), ("table" = String, Path)), responses(
    (status = 200, body = TableProfile),
    NotFound,
    Conflict,
))]
#[get("/generations/{id}/tables/{table}/profile")]
async fn get_profile(
    app: web::Data<App>,
    _: Caller,
    path: web::Path<(Uuid, String)>,
) -> Result<web::Json<engine::profile::TableProfile>, ApiError> {
    let (state, (id, table)) = (app.clone(), path.into_inner());
    Ok(web::Json(off_thread(move || service::profile(&state, id, &table)).await?))
}

/// Query a generation
///
/// One statement that reads its tables, in SQL as PostgreSQL writes it, bounded in time, memory and rows.
#[utoipa::path(operation_id = "query_generation", tag = "generations", params(("id" = Uuid, Path)), request_body = Query, responses(
    (status = 200, body = QueryAnswer),
    NotFound,
    Conflict,
    Gone,
    Invalid,
))]
#[post("/generations/{id}/query")]
async fn query_generation(
    app: web::Data<App>,
    _: Caller,
    id: web::Path<Uuid>,
    body: web::Json<Object<Query>>,
) -> Result<web::Json<QueryAnswer>, ApiError> {
    let app = app.into_inner();
    Ok(web::Json(query::query(&app, id.into_inner(), body.into_inner().0).await?))
}

/// Get the certificate
///
/// As JSON, as a page, or as the SQL that repeats the proof.
#[utoipa::path(operation_id = "get_certificate", tag = "generations", params(("id" = Uuid, Path), CertificateQuery), responses(
    (status = 200, content((Certificate = "application/json"), (String = "text/html"), (String = "application/sql"))),
    NotFound,
    NotAcceptable,
    Conflict,
    Invalid,
))]
#[get("/generations/{id}/certificate")]
async fn get_certificate(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
    id: web::Path<Uuid>,
    query: web::Query<CertificateQuery>,
) -> Result<HttpResponse, ApiError> {
    let (state, id) = (app.clone(), id.into_inner());
    let proof = app.db.read(move |c| service::proof(c, id)).await?;
    // What is sent is taken at its word, and an empty word is no form.
    let wanted = match query.format.clone() {
        Some(wanted) => wanted,
        None => {
            let mut offered = vec![datasets::JSON];
            offered.extend(FORMS.iter().map(|(_, media_type)| *media_type));
            match accept::choose(&request, &offered)? {
                0 => plain_form().to_owned(),
                place => FORMS[place - 1].0.to_owned(),
            }
        }
    };
    let dialect = query.dialect.as_deref().unwrap_or(Dialect::ALL[0].name());
    let Some(dialect) = Dialect::by_name(dialect) else {
        let known = Dialect::ALL.map(Dialect::name).join(", ");
        return Err(ApiError::invalid_at("/dialect", format!("{dialect:?} is no dialect; known are {known}")));
    };
    match wanted.as_str() {
        "html" => Ok(HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX))
            .insert_header((header::VARY, "accept"))
            .body(proof.to_html())),
        "sql" => {
            let sql = off_thread(move || {
                let row = state.db.read_now(|c| service::succeeded(c, id))?;
                let plan = plan_of(&state, &row)?;
                Ok(verify_sql(&plan.dataset, &plan.expected(), dialect))
            })
            .await?;
            let mut answer = HttpResponse::Ok();
            answer.content_type("application/sql; charset=utf-8").insert_header((header::VARY, "accept"));
            Ok(answer.body(sql))
        }
        _ if wanted == plain_form() => Ok(HttpResponse::Ok().insert_header((header::VARY, "accept")).json(proof)),
        other => {
            let sentence = format!("{other:?} is no form of a certificate; leave it out for JSON, or send html or sql");
            Err(ApiError::invalid_at("/format", sentence))
        }
    }
}
