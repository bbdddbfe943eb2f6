//! Whether whoever asked for an answer that goes on for long may still hear it.

use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest, web};

use crate::App;
use crate::access::{self, Access};
use crate::api_keys;
use crate::auth::tokens::{self, AccessClaims};
use crate::error::ApiError;
use crate::http::caller::bearer;
use crate::http::gate::Answered;
use crate::users::Role;

/// How often is looked.
const LOOK: Duration = Duration::from_secs(2);

/// Whoever asked, and the role that the answer needs.
pub struct Standing {
    app: web::Data<App>,
    token: String,
    /// What the token says, unless it is an API key.
    claims: Option<AccessClaims>,
    needed: Role,
}

impl Standing {
    /// That of a request which the gate let through.
    pub fn of(app: &web::Data<App>, request: &HttpRequest) -> Standing {
        let token = bearer(request.headers()).unwrap_or_default().to_owned();
        let claims = tokens::read_access(&app.secret, &token);
        let operation = request.extensions().get::<Answered>().and_then(|answered| access::of(answered.0));
        let needed = operation.and_then(Access::role).unwrap_or(Role::Viewer);
        Standing { app: app.clone(), token, claims, needed }
    }

    /// Returns once nothing more may be heard: the user or the key is gone, the session, the key or the access token has ended, or the role is
    /// not enough any more.
    pub async fn lost(self) {
        loop {
            let rest = self.claims.as_ref().map_or(LOOK, AccessClaims::rest);
            tokio::time::sleep(rest.min(LOOK)).await;
            if rest.is_zero() || self.is_lost().await {
                return;
            }
        }
    }

    /// The same for an answer that nobody can take up again: an access token that ends in the middle, its session going on, does not end it.
    pub async fn lost_for_good(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            if self.is_lost().await {
                return;
            }
        }
    }

    /// A database that does not answer says nothing of who asked.
    async fn is_lost(&self) -> bool {
        self.role().await.is_ok_and(|role| role.is_none_or(|role| role < self.needed))
    }

    /// What may be done now; nothing where the token is none any more.
    async fn role(&self) -> Result<Option<Role>, ApiError> {
        let Some(claims) = &self.claims else {
            return Ok(api_keys::service::caller(&self.app, &self.token).await?.map(|caller| caller.role));
        };
        let known = self.app.directory.user(&self.app.db, claims.sub).await?;
        Ok(known.filter(|known| known.session_version == claims.ver).map(|known| known.role))
    }
}
