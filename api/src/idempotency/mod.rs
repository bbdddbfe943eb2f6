//! `Idempotency-Key`: a `POST` of work that is sent again within a day is answered as the first time, and done once.
//!
//! Invariant: the answer is recorded in the transaction that does the work, so that neither is there without the other. Requests with the same
//! key wait for each other; there is one server on a database, so that waiting in memory is enough.

pub mod store;

use std::future::{Ready, ready};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use diesel::SqliteConnection;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use self::store::KeptRow;
use crate::App;
use crate::auth::tokens::hex;
use crate::db;
use crate::error::{ApiError, Code};
use crate::http::context;

/// The header of the key.
pub const HEADER: &str = "idempotency-key";

/// Characters of a key at most.
const MAX_LENGTH: usize = 255;

/// Hours for which an answer is kept.
pub const KEPT_HOURS: i64 = 24;

/// Requests whose keys fall on the same of these wait for each other.
const TURNS: usize = 256;

/// A turn to answer, until it is dropped.
pub type Turn = OwnedMutexGuard<()>;

/// Who is answering now.
pub struct Turns(Vec<Arc<Mutex<()>>>);

impl Default for Turns {
    fn default() -> Turns {
        Turns((0..TURNS).map(|_| Arc::default()).collect())
    }
}

impl Turns {
    /// Waits until nobody else answers a request with the same key.
    pub async fn turn(&self, claim: &Claim) -> Turn {
        let mut hasher = DefaultHasher::new();
        (claim.user, &claim.key).hash(&mut hasher);
        let place = hasher.finish() as usize % self.0.len();
        Arc::clone(&self.0[place]).lock_owned().await
    }
}

/// A request with a key.
#[derive(Clone, Debug)]
pub struct Claim {
    user: Uuid,
    key: String,
    request_hash: String,
}

impl Claim {
    /// A user's request under a key.
    pub fn new(user: Uuid, key: String, method: &Method, path: &str, body: &[u8]) -> Claim {
        let mut hash = Sha256::new();
        for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Claim { user, key, request_hash: hex(&hash.finalize()) }
    }
}

/// A key of a header, checked.
pub fn checked(value: &HeaderValue) -> Result<String, ApiError> {
    let text = value.to_str().unwrap_or_default();
    let is_fit = (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_fit {
        return Ok(text.to_owned());
    }
    let sentence = format!("an Idempotency-Key has 1 to {MAX_LENGTH} visible ASCII characters and no spaces");
    Err(ApiError::new(Code::MalformedRequest, sentence))
}

/// What is known of a claim.
pub enum Known {
    /// Nothing: it is to be answered.
    Nothing,
    /// Its answer.
    Answer(KeptRow),
    /// The key belongs to another request.
    Other,
}

/// Looks a claim up.
pub async fn look(app: &App, claim: &Claim) -> Result<Known, ApiError> {
    let claim = claim.clone();
    app.db
        .read(move |c| {
            let found = store::find(c, &claim.user.to_string(), &claim.key)?;
            Ok(match found.filter(|row| row.created_at > oldest()) {
                None => Known::Nothing,
                Some(row) if row.request_hash == claim.request_hash => Known::Answer(row),
                Some(_) => Known::Other,
            })
        })
        .await
}

/// The instant before which answers are forgotten.
pub fn oldest() -> String {
    db::spell(jiff::Timestamp::now() - jiff::SignedDuration::from_hours(KEPT_HOURS))
}

impl KeptRow {
    /// The answer of before.
    pub fn again(self) -> HttpResponse {
        let status = u16::try_from(self.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let mut answer = HttpResponse::build(status.unwrap_or(StatusCode::OK));
        answer.insert_header((header::LOCATION, self.location)).insert_header(("idempotent-replayed", "true"));
        if let Some(etag) = self.etag {
            answer.insert_header((header::ETAG, etag));
        }
        answer.content_type("application/json").body(self.body)
    }
}

/// A `POST` of work: its answer is recorded with what it made.
#[derive(Debug)]
pub struct Work(Option<Claim>);

impl FromRequest for Work {
    type Error = ApiError;
    type Future = Ready<Result<Work, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Work(request.extensions().get::<Claim>().cloned())))
    }
}

impl Work {
    /// Records, in the transaction that does the work, what was made and how the request is answered.
    pub fn done(
        &self,
        connection: &mut SqliteConnection,
        status: u16,
        location: &str,
        etag: Option<&str>,
        body: &impl Serialize,
    ) -> Result<(), ApiError> {
        context::concerns(location);
        let Some(claim) = &self.0 else { return Ok(()) };
        let row = KeptRow {
            user_id: claim.user.to_string(),
            key: claim.key.clone(),
            request_hash: claim.request_hash.clone(),
            status: status.into(),
            location: location.to_owned(),
            etag: etag.map(str::to_owned),
            body: serde_json::to_string(body).map_err(ApiError::internal)?,
            created_at: db::now(),
        };
        Ok(store::keep(connection, &row)?)
    }
}
