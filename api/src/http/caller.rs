//! Who calls: the user of an access token or of an API key, with what it may do now.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use uuid::Uuid;

use crate::App;
use crate::api_keys;
use crate::auth::tokens;
use crate::error::{ApiError, Code};
use crate::users::Role;

/// A user who signed in, or whose API key is used.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user.
    pub id: Uuid,
    /// What the user may do; with a key, what both may.
    pub role: Role,
    /// The API key.
    pub key: Option<Uuid>,
    /// The resources that the key is limited to.
    pub scopes: Option<Vec<String>>,
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Caller, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // The gate has put it there; without one nobody called.
        let found = request.extensions().get::<Caller>().cloned();
        ready(found.ok_or_else(|| ApiError::new(Code::Unauthenticated, "send a token as Authorization: Bearer")))
    }
}

/// The token of a request's headers.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who calls with these headers. A user who was removed, demoted or given another password since is known as such at once.
pub async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let refused = |sentence: &str| ApiError::new(Code::Unauthenticated, sentence);
    let token = bearer(headers).ok_or_else(|| refused("send a token as Authorization: Bearer"))?;
    if token.starts_with(api_keys::MARK) {
        let caller = api_keys::service::caller(app, token).await?;
        return caller.ok_or_else(|| refused("the API key has expired, was revoked or is none of ours"));
    }
    let claims = tokens::read_access(&app.secret, token)
        .ok_or_else(|| refused("the access token has expired or is none of ours"))?;
    let known = app.directory.user(&app.db, claims.sub).await?;
    match known.filter(|known| known.session_version == claims.ver) {
        Some(known) => Ok(Caller { id: claims.sub, role: known.role, key: None, scopes: None }),
        None => Err(refused("the session has ended; sign in again")),
    }
}
