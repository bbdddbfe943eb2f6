//! `/users`: who may sign in, managed by admins; everybody changes their own name and password.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::service::{self, Change};
use super::store::{self, Filter, Order, UserRow};
use super::{Role, User};
use crate::App;
use crate::auth::routes::take_attempt;
use crate::db::off_thread;
use crate::error::ApiError;
use crate::http::body::Object;
use crate::http::caller::Caller;
use crate::http::page::{List, Page};
use crate::http::precondition::{etag, if_match, if_match_given};
use crate::idempotency::Work;
use crate::openapi::errors::{ChangedMeanwhile, Conflict, Invalid, NotFound, PreconditionRequired, TooManyAttempts};

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_users).service(create_user).service(get_user).service(update_user).service(delete_user);
}

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// Part of the e-mail address or the name, in any case and with or without accents.
    #[serde(default)]
    pub search: String,
    /// Of this role only.
    #[param(inline)]
    pub role: Option<Role>,
    /// `email`, `name`, `role` or `created_at`, with `desc` or `asc` behind it, and `, id` for equal ones.
    #[serde(default)]
    #[param(example = "name asc", pattern = "^((email|name|role|created_at)( (asc|desc))?(, ?id( (asc|desc))?)?)?$")]
    pub order_by: String,
    /// Items of a page, at most 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<u32>,
    /// Items to pass over.
    #[param(maximum = 2147483647)]
    pub offset: Option<u32>,
    /// Where the page begins, in place of `offset`: from `next` of the page before.
    #[param(
        pattern = "^((email|name|role|created_at)-(asc|desc|asc-desc|desc-asc):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:.*)?$"
    )]
    pub cursor: Option<String>,
}

/// A user to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The e-mail address to sign in with.
    #[schema(
        example = "eva@example.com",
        max_length = 254,
        pattern = r"^\s*[^@\s\x00-\x1f\x7f-\x9f]+@([^@.\s\x00-\x1f\x7f-\x9f]+\.)*[^@.\s\x00-\x1f\x7f-\x9f]+\s*$"
    )]
    pub email: String,
    /// A password of 12 to 1,024 characters; no repetition of a few, and not the e-mail address.
    #[schema(format = Password, min_length = 12, max_length = 1024, example = "correct horse battery")]
    pub password: String,
    /// What the user may do.
    pub role: Role,
    /// How the user is called; the address where absent.
    #[serde(default)]
    #[schema(example = "Eva Quispe", max_length = 200)]
    pub name: String,
}

/// What changes of a user; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// The e-mail address; admins only.
    #[schema(
        max_length = 254,
        pattern = r"^\s*[^@\s\x00-\x1f\x7f-\x9f]+@([^@.\s\x00-\x1f\x7f-\x9f]+\.)*[^@.\s\x00-\x1f\x7f-\x9f]+\s*$"
    )]
    pub email: Option<String>,
    /// How the user is called.
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// What the user may do; admins only.
    pub role: Option<Role>,
    /// Another password. All sessions of the user end; API keys stay.
    #[schema(format = Password, min_length = 12, max_length = 1024)]
    pub password: Option<String>,
    /// The password until now, to change one's own.
    pub current_password: Option<String>,
}

/// List users
#[utoipa::path(operation_id = "list_users", tag = "users", params(UsersQuery), responses(
    (status = 200, body = List<User>),
    Invalid,
))]
#[get("/users")]
async fn list_users(app: web::Data<App>, query: web::Query<UsersQuery>) -> Result<web::Json<List<User>>, ApiError> {
    let UsersQuery { search, role, order_by, limit, offset, cursor } = query.into_inner();
    let slice = Page { limit, offset, cursor }.slice(&order_by, &Order::KNOWN, false)?;
    let (filter, wanted) = (Filter { search: search.trim().to_owned(), role }, slice.clone());
    let (rows, total) = app.db.read(move |c| Ok(store::list(c, &filter, &wanted)?)).await?;
    let (rows, next) = slice.cut(rows, |row| slice.order.place(row));
    let items = rows.iter().map(UserRow::user).collect();
    let role = role.map(Role::word).unwrap_or_default().to_owned();
    let parameters = [("search", search), ("role", role), ("order_by", order_by)];
    Ok(web::Json(List::of_slice(items, total, &slice, next.as_ref(), "/api/v1/users", &parameters)))
}

/// Add a user
#[utoipa::path(operation_id = "create_user", tag = "users", request_body = NewUser, responses(
    (status = 201, body = User, headers(("ETag" = String), ("Location" = String))),
    Conflict,
    Invalid,
))]
#[post("/users")]
async fn create_user(
    app: web::Data<App>,
    work: Work,
    body: web::Json<Object<NewUser>>,
) -> Result<HttpResponse, ApiError> {
    let NewUser { email, password, role, name } = body.into_inner().0;
    let _turn = app.hashing.acquire().await.map_err(ApiError::internal)?;
    let state = app.clone();
    let (user, tag) = off_thread(move || {
        let row = service::NewUser { email, name, role, password }.prepare()?;
        let tag = etag(&row.updated_at);
        state.db.write_now(|c| {
            let user = service::add(c, &row)?;
            work.done(c, 201, &path(user.id), Some(&tag), &user)?;
            Ok::<_, ApiError>((user, tag))
        })
    })
    .await?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, path(user.id)))
        .insert_header((header::ETAG, tag))
        .json(user))
}

/// Get a user
#[utoipa::path(operation_id = "get_user", tag = "users", params(("id" = Uuid, Path)), responses(
    (status = 200, body = User, headers(("ETag" = String))),
    NotFound,
))]
#[get("/users/{id}")]
async fn get_user(app: web::Data<App>, id: web::Path<Uuid>) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let row = app.db.read(move |c| service::find(c, id)).await?;
    Ok(shown(&row))
}

/// Change a user
///
/// Everybody changes their own name and password, the latter with the one until now; an admin changes everything of everybody. The last admin
/// stays one.
#[utoipa::path(operation_id = "update_user", tag = "users", request_body = UserPatch,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "the ETag that the change starts from, or `*`; without it the answer is 428")), responses(
    (status = 200, body = User, headers(("ETag" = String))),
    NotFound,
    Conflict,
    ChangedMeanwhile,
    Invalid,
    PreconditionRequired,
    TooManyAttempts,
))]
#[patch("/users/{id}")]
async fn update_user(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<Uuid>,
    body: web::Json<Object<UserPatch>>,
) -> Result<HttpResponse, ApiError> {
    let UserPatch { email, name, role, password, current_password } = body.into_inner().0;
    let id = id.into_inner();
    let change = Change { email, name, role, password };
    change.check(&caller)?;
    // Before the precondition: what is wrong in itself is told whatever the state.
    change.check_form()?;
    let given = request.headers().get(header::IF_MATCH).cloned();
    let matched = move |row: UserRow| if_match(given.as_ref(), &row.updated_at).map(|()| row);
    let row = app.db.read(move |c| service::find(c, id)).await.and_then(&matched)?;
    let has_to_prove = change.password.is_some() && caller.id == id;
    let attempt = has_to_prove.then(|| take_attempt(&app, &request, &row.email)).transpose()?;
    let _turn = app.hashing.acquire().await.map_err(ApiError::internal)?;
    let state = app.clone();
    let row = off_thread(move || {
        if let Some(attempt) = &attempt {
            prove(&row, current_password.as_deref())?;
            state.throttle.succeeded(attempt);
        }
        let hash = change.prepare(&row)?;
        state.db.write_now(|c| {
            let row = matched(service::find(c, id)?)?;
            change.write(c, row, hash)
        })
    })
    .await?;
    app.directory.forget();
    Ok(shown(&row))
}

/// An error unless the password until now is the right one.
fn prove(row: &UserRow, current: Option<&str>) -> Result<(), ApiError> {
    let Some(current) = current else {
        return Err(ApiError::invalid_at("/current_password", "send the password until now as well"));
    };
    if service::verify(Some(row), current) {
        return Ok(());
    }
    Err(ApiError::invalid_at("/current_password", "this is not the password until now"))
}

/// Remove a user
///
/// With sessions and API keys; what the user made stays. The last admin cannot be removed.
#[utoipa::path(operation_id = "delete_user", tag = "users",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "the ETag that the removal starts from, or `*`; without it the user is removed in any state")), responses(
    (status = 204, description = "it is removed"),
    NotFound,
    Conflict,
    ChangedMeanwhile,
))]
#[delete("/users/{id}")]
async fn delete_user(app: web::Data<App>, request: HttpRequest, id: web::Path<Uuid>) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let given = request.headers().get(header::IF_MATCH).cloned();
    app.db
        .write(move |c| {
            if_match_given(given.as_ref(), &service::find(c, id)?.updated_at)?;
            service::remove(c, id)
        })
        .await?;
    app.directory.forget();
    Ok(HttpResponse::NoContent().finish())
}

fn shown(row: &UserRow) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::ETAG, etag(&row.updated_at))).json(row.user())
}

fn path(id: Uuid) -> String {
    format!("/api/v1/users/{id}")
}
