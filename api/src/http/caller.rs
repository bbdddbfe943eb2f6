//! Who calls: the user of a bearer token, with a role.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use uuid::Uuid;

use crate::App;
use crate::auth::tokens;
use crate::error::{ApiError, Code};
use crate::users::Role;

/// A user who signed in.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user.
    pub id: Uuid,
    /// What the user may do.
    pub role: Role,
}

impl Caller {
    /// An error unless the caller may write datasets and generate.
    pub fn may_write(&self) -> Result<(), ApiError> {
        if self.role >= Role::Editor {
            return Ok(());
        }
        Err(ApiError::new(
            Code::Forbidden,
            format!("a {} reads; an editor also writes and generates", self.role.word()),
        ))
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Caller, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request))
    }
}

fn caller(request: &HttpRequest) -> Result<Caller, ApiError> {
    let app = request.app_data::<web::Data<App>>().ok_or_else(|| ApiError::internal("the app's state is missing"))?;
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(ApiError::new(Code::Unauthenticated, "send the access token as Authorization: Bearer")),
    };
    tokens::read_access(&app.secret, token)
        .ok_or_else(|| ApiError::new(Code::Unauthenticated, "the access token has expired or is none of ours"))
}
