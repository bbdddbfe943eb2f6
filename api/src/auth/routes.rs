//! `/auth`: set-up, sign-in and sessions.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, SESSION_DAYS, SignedIn};
use super::throttle::Attempt;
use super::tokens;
use crate::App;
use crate::config;
use crate::db::off_thread;
use crate::error::{ApiError, Code};
use crate::http::body::Object;
use crate::http::caller::Caller;
use crate::http::client::{self, Client};
use crate::http::context;
use crate::openapi::errors::{Forbidden, Invalid, TooManyAttempts, Unauthenticated};
use crate::users::service::{self as users, NewUser};
use crate::users::{Role, User, store as user_store};

/// The cookie of the refresh token, sent to the paths below only.
const COOKIE: &str = "refresh_token";
const COOKIE_PATH: &str = "/api/v1/auth";

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(get_setup)
        .service(create_first_user)
        .service(login)
        .service(refresh_session)
        .service(logout)
        .service(get_me);
}

/// Whether the first user is still to be created.
#[derive(Debug, Serialize, ToSchema)]
pub struct Setup {
    /// True while no user exists.
    pub needed: bool,
}

/// The first user, with the token of the set-up link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstUser {
    /// What stands behind `#token=` in the link that the server prints.
    pub token: String,
    /// The e-mail address to sign in with.
    #[schema(example = "ana@example.com")]
    pub email: String,
    /// A password of at least 12 characters.
    #[schema(format = Password, min_length = 12, max_length = 1024, example = "correct horse battery")]
    pub password: String,
    /// How the user is called.
    #[serde(default)]
    #[schema(example = "Ana Quispe", max_length = 200)]
    pub name: String,
}

/// What one signs in with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The e-mail address.
    #[schema(example = "ana@example.com")]
    pub email: String,
    /// The password.
    #[schema(example = "correct horse battery")]
    pub password: String,
}

/// A session: the access token for the next quarter of an hour. The refresh token comes as a cookie.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// Sent with each request as `Authorization: Bearer`.
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Seconds for which the access token holds.
    #[schema(example = 900)]
    pub expires_in: i64,
    /// Who signed in.
    pub user: User,
}

/// Whether set-up is needed
#[utoipa::path(operation_id = "get_setup", tag = "auth", responses((status = 200, body = Setup)), security(()))]
#[get("/auth/setup")]
async fn get_setup(app: web::Data<App>) -> Result<web::Json<Setup>, ApiError> {
    let count = app.db.read(|c| Ok(user_store::count(c)?)).await?;
    Ok(web::Json(Setup { needed: count == 0 }))
}

/// Create the first user
///
/// Takes the token of the set-up link, which the server prints while no user exists. The user is an admin and is signed in.
#[utoipa::path(operation_id = "create_first_user", tag = "auth", request_body = FirstUser, security(()), responses(
    (status = 201, body = Session),
    Forbidden,
    Invalid,
))]
#[post("/auth/setup")]
async fn create_first_user(
    app: web::Data<App>,
    request: HttpRequest,
    body: web::Json<Object<FirstUser>>,
) -> Result<HttpResponse, ApiError> {
    check_origin(&app, &request)?;
    let FirstUser { token, email, password, name } = body.into_inner().0;
    let state = app.clone();
    let signed_in = off_thread(move || {
        let user = NewUser { email, name, role: Role::Admin, password };
        let row = service::prepare_first_user(&state.setup, &token, user)?;
        state.db.write_now(|c| service::add_first_user(c, &state.setup, &token, &row))
    })
    .await?;
    session(&app, signed_in, HttpResponse::Created())
}

/// Sign in
///
/// From one address an account can be tried ten times at once and then every 30 seconds, and all accounts 30 times and then every 5 seconds.
/// Addresses from which nobody has signed in to an account share a hundred attempts at it, and then one every 10 seconds. What is beyond is
/// answered with 429 and `Retry-After`.
#[utoipa::path(operation_id = "login", tag = "auth", request_body = Credentials, security(()), responses(
    (status = 200, body = Session),
    Unauthenticated,
    Forbidden,
    Invalid,
    TooManyAttempts,
))]
#[post("/auth/login")]
async fn login(
    app: web::Data<App>,
    request: HttpRequest,
    body: web::Json<Object<Credentials>>,
) -> Result<HttpResponse, ApiError> {
    check_origin(&app, &request)?;
    let Credentials { email, password } = body.into_inner().0;
    let attempt = take_attempt(&app, &request, &email)?;
    // Hashing takes memory: a few at a time.
    let _turn = app.hashing.acquire().await.map_err(ApiError::internal)?;
    let state = app.clone();
    let signed_in = off_thread(move || {
        let found = state.db.read_now(|c| Ok::<_, ApiError>(user_store::by_email(c, &email)?))?;
        if let Some(user) = &found {
            context::acts_as(&user.id);
        }
        let fits = users::verify(found.as_ref(), &password);
        let wrong = || ApiError::new(Code::InvalidCredentials, "no user has this e-mail address and password");
        let user = found.filter(|_| fits).ok_or_else(wrong)?;
        state.throttle.succeeded(&attempt);
        state.db.write_now(|c| {
            // The password may have been changed while it was checked.
            let now = user_store::by_id(c, user_store::uuid(&user.id))?;
            let now = now.filter(|now| now.password_hash == user.password_hash).ok_or_else(wrong)?;
            service::begin(c, &now)
        })
    })
    .await?;
    session(&app, signed_in, HttpResponse::Ok())
}

/// Takes an attempt at an account's password, if one is left.
pub fn take_attempt(app: &App, request: &HttpRequest, account: &str) -> Result<Attempt, ApiError> {
    let taken = app.throttle.take(account, &Client::of_request(request).block());
    taken.map_err(|seconds| {
        app.metrics.login_was_throttled();
        ApiError::new(Code::TooManyAttempts, format!("try again in {seconds} seconds")).retry_after(seconds)
    })
}

/// Renew the access token
///
/// Takes the cookie alone. The refresh token is replaced by its successor.
#[utoipa::path(operation_id = "refresh_session", tag = "auth", security(()), responses(
    (status = 200, body = Session),
    Unauthenticated,
    Forbidden,
))]
#[post("/auth/refresh")]
async fn refresh_session(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    check_origin(&app, &request)?;
    let token = cookie(&request).ok_or_else(|| ApiError::new(Code::NoSession, "sign in"))?;
    let secret = app.secret.clone();
    let signed_in = app.db.write(move |c| service::refresh(c, &secret, &token)).await?;
    match signed_in {
        Ok(signed_in) => session(&app, signed_in, HttpResponse::Ok()),
        Err(error) => {
            let mut answer = actix_web::ResponseError::error_response(&error);
            answer.add_cookie(&empty_cookie(&app)).map_err(ApiError::internal)?;
            Ok(answer)
        }
    }
}

/// Sign out
#[utoipa::path(operation_id = "logout", tag = "auth", security(()), responses(
    (status = 204, description = "the session has ended"),
    Forbidden,
))]
#[post("/auth/logout")]
async fn logout(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    check_origin(&app, &request)?;
    if let Some(token) = cookie(&request) {
        app.db.write(move |c| service::end(c, &token)).await?;
    }
    Ok(HttpResponse::NoContent().cookie(empty_cookie(&app)).finish())
}

/// Who I am
#[utoipa::path(operation_id = "get_me", tag = "auth", responses((status = 200, body = User)))]
#[get("/auth/me")]
async fn get_me(app: web::Data<App>, caller: Caller) -> Result<web::Json<User>, ApiError> {
    let found = app.db.read(move |c| Ok(user_store::by_id(c, caller.id)?)).await?;
    match found {
        Some(row) => Ok(web::Json(row.user())),
        None => Err(ApiError::new(Code::Unauthenticated, "the user is gone")),
    }
}

fn session(
    app: &App,
    signed_in: SignedIn,
    mut answer: actix_web::HttpResponseBuilder,
) -> Result<HttpResponse, ApiError> {
    let access_token = tokens::access(&app.secret, signed_in.user.id, signed_in.session_version)?;
    let mut cookie = empty_cookie(app);
    cookie.set_value(signed_in.refresh);
    cookie.set_max_age(Duration::days(SESSION_DAYS));
    Ok(answer.cookie(cookie).json(Session {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: tokens::ACCESS_SECONDS,
        user: signed_in.user,
    }))
}

fn cookie(request: &HttpRequest) -> Option<String> {
    request.cookie(COOKIE).map(|cookie| cookie.value().to_owned()).filter(|value| !value.is_empty())
}

/// The cookie with nothing in it, ended.
fn empty_cookie(app: &App) -> Cookie<'static> {
    Cookie::build(COOKIE, "")
        .path(COOKIE_PATH)
        .http_only(true)
        .secure(app.config.session_cookie_secure)
        .same_site(match app.config.session_cookie_same_site {
            config::SameSite::Strict => SameSite::Strict,
            config::SameSite::Lax => SameSite::Lax,
            config::SameSite::None => SameSite::None,
        })
        .max_age(Duration::ZERO)
        .finish()
}

/// A cookie travels by itself, so that another site could send it or have one set: where the browser says which site asks, it has to be the
/// one that is asked, or one of `CORS_ALLOWED_ORIGINS`.
fn check_origin(app: &App, request: &HttpRequest) -> Result<(), ApiError> {
    let text = |name: header::HeaderName| {
        request.headers().get(name).map(|value| value.to_str().unwrap_or_default().to_ascii_lowercase())
    };
    let foreign = |sentence: String| Err(ApiError::new(Code::ForeignOrigin, sentence));
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    match text(header::ORIGIN) {
        Some(origin) if app.config.cors_origins.contains(&origin) => Ok(()),
        // No page can write this header. A proxy may have left the port out of `Host`; a browser knows it.
        Some(_) if site.as_deref() == Some("same-origin") => Ok(()),
        Some(origin) if is_origin_of(&origin, &client::asked_host(request)) => Ok(()),
        Some(origin) => foreign(format!("{origin:?} is another site")),
        None if matches!(site.as_deref(), Some("cross-site" | "same-site")) => {
            foreign("the page that asks belongs to another site".to_owned())
        }
        None => Ok(()),
    }
}

/// Whether an origin is at a host and its port. The scheme is left out: behind a proxy it is another than the browser's.
fn is_origin_of(origin: &str, host: &str) -> bool {
    let Some((scheme, asking)) = origin.split_once("://") else { return false };
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    asking.strip_suffix(port).unwrap_or(asking) == host.strip_suffix(port).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::is_origin_of;

    #[test]
    fn an_origin_is_a_host_with_its_port() {
        for (origin, host, expected) in [
            ("http://localhost:8000", "localhost:8000", true),
            ("http://localhost", "localhost:80", true),
            ("https://data.example:443", "data.example", true),
            ("http://localhost:1", "localhost:8000", false),
            ("http://localhost:1", "localhost", false),
            ("http://localhost:443", "localhost", false),
            ("https://data.example.evil", "data.example", false),
            ("null", "null", false),
            ("file://localhost", "localhost", false),
            ("http://[::1]:8000", "[::1]:8000", true),
            ("http://[::1]:1", "[::1]:8000", false),
        ] {
            assert_eq!(is_origin_of(origin, host), expected, "{origin} {host}");
        }
    }
}
